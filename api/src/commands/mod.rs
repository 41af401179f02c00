//! What the api can be told on the command line: one file per command.

pub mod import_attendance;
pub mod import_bank_holidays;
pub mod import_programme;
pub mod import_register;
pub mod issue_token;
pub mod load_demo;
pub mod load_questionnaire;
pub mod schema;
pub mod serve;
pub mod set_up;
pub mod trust_documents;

use clap::Subcommand;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve GraphQL and the pages that links in mails open.
    Serve,
    /// Print the GraphQL schema.
    Schema,
    /// Make a manifest of a client's documents, so that it can name them by their hashes.
    TrustDocuments(trust_documents::Arguments),
    /// Load the register of schools from a GIAS extract.
    ImportRegister(import_register::Arguments),
    /// Load or change a programme: cohorts, terms, pathways, commitments, events, calendars.
    SetUp(set_up::Arguments),
    /// Load or change a questionnaire: what a survey asks of whom.
    LoadQuestionnaire(load_questionnaire::Arguments),
    /// Load hubs, enrolments and contacts of a programme from a CSV file, all or nothing.
    ImportProgramme(import_programme::Arguments),
    /// Load who attended events, or watched their recordings, from a CSV file, all or nothing.
    ImportAttendance(import_attendance::Arguments),
    /// Load the bank holidays of England and Wales from the gov.uk JSON feed.
    ImportBankHolidays(import_bank_holidays::Arguments),
    /// Let somebody in: print a token for them, once, and give them a role if asked.
    IssueToken(issue_token::Arguments),
    /// Load the invented demo programme into an empty database and print a token per role.
    LoadDemo,
}

/// Runs a command to its end.
///
/// # Errors
/// The command's own, as a sentence for the person who gave it.
pub async fn run(app: App, command: Command, stop: CancellationToken) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::run(app, stop).await,
        Command::Schema => schema::run(),
        Command::TrustDocuments(arguments) => trust_documents::run(&arguments, &app.config.limits),
        Command::ImportRegister(arguments) => import_register::run(&app, &arguments).await,
        Command::SetUp(arguments) => set_up::run(&app, &arguments).await,
        Command::LoadQuestionnaire(arguments) => load_questionnaire::run(&app, &arguments).await,
        Command::ImportProgramme(arguments) => import_programme::run(&app, &arguments).await,
        Command::ImportAttendance(arguments) => import_attendance::run(&app, &arguments).await,
        Command::ImportBankHolidays(arguments) => import_bank_holidays::run(&app, &arguments).await,
        Command::IssueToken(arguments) => issue_token::run(&app, &arguments).await,
        Command::LoadDemo => load_demo::run(&app).await,
    }
}
