//! `api issue-token`: lets somebody in, with a role where they have none from being a contact.

use std::io::Write as _;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum;
use entity::people::contacts::upsert_person;
use entity::people::grants::{Grant, grant};
use entity::people::tokens::NewToken;
use entity::people::{person, tokens};
use entity::schools::region;
use rand::TryRngCore as _;
use rules::sign_in::{TokenKind, TokenScope};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use sha2::{Digest as _, Sha256};

use crate::app::App;

/// Arguments of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Address of the person.
    pub email: String,
    /// Their name; needed for somebody not known yet.
    #[arg(long)]
    pub name: Option<String>,
    /// A role to give them. Hub leads and school users have theirs from `import-programme`.
    #[arg(long, value_enum)]
    pub role: Option<GivenRole>,
    /// Region of a regional lead, by name.
    #[arg(long, required_if_eq("role", "regional-lead"))]
    pub region: Option<String>,
    /// Days for which the token is good.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// What the token may do.
    #[arg(long, value_enum, default_value_t = GivenScope::Write)]
    pub scope: GivenScope,
    /// It is for a program, which may neither issue tokens nor end sessions.
    #[arg(long)]
    pub machine: bool,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GivenScope {
    /// Read and subscribe.
    Read,
    /// Change things as well.
    Write,
}

/// The roles that nobody has from being a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GivenRole {
    /// Sees and does everything.
    ProgrammeAdmin,
    /// Sees the hubs of a region.
    RegionalLead,
    /// Reads results.
    ExternalEvaluator,
}

/// Issues a token and prints it, once.
///
/// # Errors
/// An unknown person without a name, an unknown region, an address that is none, or a database
/// fault; then nothing is changed.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    let now = app.clock.now();
    let txn = app.db.write().await?;
    let token = issue(&txn, now, arguments).await?;
    txn.commit().await?;
    writeln!(std::io::stdout(), "{token}").context("the token cannot be written")
}

/// Issues a token and returns its text, of which only the hash is kept.
///
/// # Errors
/// As [`run`].
pub async fn issue(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    arguments: &Arguments,
) -> anyhow::Result<String> {
    let email = arguments.email.trim().to_lowercase();
    let known = person::Entity::find().filter(person::Column::Email.eq(&email)).one(txn).await?;
    let name = arguments.name.clone().or_else(|| known.map(|person| person.name));
    let name = name.context("nobody is known by that address: give --name too")?;
    let (person, _) = upsert_person(txn, now, &name, &email).await?;
    if let Some(role) = arguments.role {
        let role = match role {
            GivenRole::ProgrammeAdmin => Grant::ProgrammeAdmin,
            GivenRole::ExternalEvaluator => Grant::ExternalEvaluator,
            GivenRole::RegionalLead => {
                let name = arguments.region.as_deref().unwrap_or_default();
                let region = region::Entity::find()
                    .filter(region::Column::Name.eq(name))
                    .one(txn)
                    .await?
                    .with_context(|| format!("--region: there is no region \"{name}\""))?;
                Grant::RegionalLead { region_id: region.id }
            }
        };
        grant(txn, now, person.id, role).await?;
    }
    let (token, hash) = new_token()?;
    let until = now + TimeDelta::days(i64::from(arguments.days));
    let new = NewToken {
        person_id: person.id,
        token_hash: &hash,
        label: "command line",
        kind: if arguments.machine { TokenKind::Machine } else { TokenKind::Person },
        scopes: match arguments.scope {
            GivenScope::Read => &[TokenScope::Read],
            GivenScope::Write => &[TokenScope::Read, TokenScope::Write],
        },
        expires_at: until,
        by: None,
    };
    tokens::keep(txn, now, new).await?;
    Ok(token)
}

/// A token of 256 random bits and the SHA-256 of its text, hexadecimal.
pub(crate) fn new_token() -> anyhow::Result<(String, String)> {
    let mut random = [0_u8; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut random)?;
    let token = format!("hubs_{}", URL_SAFE_NO_PAD.encode(random));
    let hash = format!("{:x}", Sha256::digest(&token));
    Ok((token, hash))
}
