//! `api load-questionnaire`: what a survey asks, as data.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use entity::audit;
use entity::surveys::questionnaires;
use entity::write::Written;
use rules::surveys::QuestionnaireSetUp;
use sea_orm::DatabaseTransaction;

use crate::app::App;

/// The shipped questionnaires, under the names of their files.
pub const SHIPPED: &[(&str, &str)] = &[
    ("pupil-perceptions.toml", include_str!("../../../questionnaires/pupil-perceptions.toml")),
    ("staff-perceptions.toml", include_str!("../../../questionnaires/staff-perceptions.toml")),
    ("event-feedback.toml", include_str!("../../../questionnaires/event-feedback.toml")),
    ("leader-evaluation.toml", include_str!("../../../questionnaires/leader-evaluation.toml")),
];

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file, such as questionnaires/staff-perceptions.toml.
    pub file: PathBuf,
    /// Report the faults of the file, and load nothing.
    #[arg(long)]
    pub check: bool,
}

/// Runs the command. A questionnaire that changed becomes a new version; campaigns keep theirs.
///
/// # Errors
/// A file that cannot be read, or its faults; nothing is loaded then.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    let name = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("{name} cannot be read"))?;
    let set_up = parse(&text).with_context(|| format!("{name} was not loaded"))?;
    let mut out = std::io::stdout();
    if arguments.check {
        let questions: usize = set_up.pages.iter().map(|page| page.questions.len()).sum();
        let pages = set_up.pages.len();
        writeln!(out, "{name} has no faults: {questions} question(s) on {pages} page(s).")?;
        return Ok(());
    }
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let (row, written) = questionnaires::load(&txn, now, &set_up).await?;
    let (key, version) = (&row.key, row.version);
    let came_to = match written {
        Written::Unchanged => format!("Nothing changed: {key} is version {version}."),
        Written::Added | Written::Changed => format!("Loaded {key} as version {version}."),
    };
    let node = Some(("Questionnaire", row.id));
    audit::record_command(&txn, now, "load-questionnaire", node, &came_to).await?;
    txn.commit().await?;
    app.signal.changed().await;
    writeln!(out, "{came_to}")?;
    Ok(())
}

/// Reads a questionnaire.
///
/// # Errors
/// Text that is no TOML or not of the right shape (with line and column), or the list of faults.
pub fn parse(text: &str) -> anyhow::Result<QuestionnaireSetUp> {
    let set_up: QuestionnaireSetUp = toml::from_str(text)?;
    let faults = set_up.faults().into_iter();
    let faults: Vec<String> =
        faults.map(|fault| format!("{}: {}", fault.place, fault.problem)).collect();
    if faults.is_empty() {
        return Ok(set_up);
    }
    anyhow::bail!("it has {} fault(s):\n  {}", faults.len(), faults.join("\n  "))
}

/// Loads the shipped questionnaires that are not there in any version. One loaded since under the
/// same key stays the newest.
///
/// # Errors
/// A database fault.
pub async fn ensure_shipped(txn: &DatabaseTransaction, now: DateTime<Utc>) -> anyhow::Result<()> {
    for (name, text) in SHIPPED {
        let set_up = parse(text).with_context(|| format!("the shipped questionnaire {name}"))?;
        if questionnaires::newest(txn, &set_up.key).await?.is_none() {
            questionnaires::load(txn, now, &set_up).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{SHIPPED, parse};

    #[test]
    fn the_shipped_questionnaires_are_free_of_faults() {
        for (name, text) in SHIPPED {
            let problem = parse(text).err().map(|error| error.to_string());
            assert_eq!(problem, None, "{name}");
        }
    }

    #[test]
    fn a_misspelt_key_of_a_questionnaire_is_named() {
        let wrong = SHIPPED[0].1.replacen("introduction =", "introducing =", 1);
        let problem = parse(&wrong).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(problem.contains("introducing"), "{problem}");
    }

    #[test]
    fn pupils_are_not_asked_for_free_text() {
        let staff = SHIPPED[1].1.replace("[\"staff\"]", "[\"pupils\"]");
        let problem = parse(&staff).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(problem.contains("question.one-change.kind: pupils"), "{problem}");
    }
}
