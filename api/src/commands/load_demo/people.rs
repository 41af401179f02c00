//! One person for each role, and their tokens.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use entity::people::contacts::upsert_person;
use entity::people::grants::{Grant, grant};
use entity::people::person;
use entity::people::tokens::{self, NewToken};
use entity::schools::region;
use rules::people::Role;
use rules::sign_in::{TokenKind, TokenScope};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};

use crate::commands::issue_token::new_token;

/// Address of the demo's admin, by which a loaded demo is known.
pub const ADMIN: &str = "avery@demo-programme.example";
const REGIONAL_LEAD: &str = "robin@demo-programme.example";
const EVALUATOR: &str = "evelyn@demo-evaluation.example";
/// Contacts of `demo/programme.csv`: the lead of the Elm Park hub, and a partner's behaviour lead
/// whose self-assessment is late.
const HUB_LEAD: &str = "ada@demo-elm-park-primary-school.example";
const SCHOOL_USER: &str = "rosa@demo-rowan-mill-high-school.example";
const REGION: &str = "North West";

/// Whom a token is printed for.
const SHOWN: &[(Role, &str)] = &[
    (Role::ProgrammeAdmin, ADMIN),
    (Role::RegionalLead, REGIONAL_LEAD),
    (Role::HubLead, HUB_LEAD),
    (Role::SchoolUser, SCHOOL_USER),
    (Role::ExternalEvaluator, EVALUATOR),
];

/// Label of the demo's tokens, by which earlier ones are taken back.
const LABEL: &str = "demo";
/// How long a demo token is good for.
const GOOD_FOR: TimeDelta = TimeDelta::days(30);

/// A fresh token, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoToken {
    /// What its bearer may see and do.
    pub role: Role,
    /// Whom it signs in.
    pub name: String,
    /// Its text.
    pub token: String,
}

/// Adds the people who are nobody's contact.
pub(super) async fn add(txn: &DatabaseTransaction, now: DateTime<Utc>) -> anyhow::Result<()> {
    let region = region::Entity::find()
        .filter(region::Column::Name.eq(REGION))
        .one(txn)
        .await?
        .context("the regions are there from the first migration")?;
    let roles = [
        ("Avery Example", ADMIN, Grant::ProgrammeAdmin),
        ("Robin Example", REGIONAL_LEAD, Grant::RegionalLead { region_id: region.id }),
        ("Evelyn Example", EVALUATOR, Grant::ExternalEvaluator),
    ];
    for (name, email, role) in roles {
        let (person, _) = upsert_person(txn, now, name, email).await?;
        grant(txn, now, person.id, role).await?;
    }
    Ok(())
}

/// Takes back the demo tokens there are and issues one for each role.
pub(super) async fn issue_tokens(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<DemoToken>> {
    tokens::revoke_labelled(txn, now, LABEL).await?;
    let mut issued = Vec::with_capacity(SHOWN.len());
    for &(role, email) in SHOWN {
        let person = person::Entity::find()
            .filter(person::Column::Email.eq(email))
            .one(txn)
            .await?
            .context("the demo's people are in its data")?;
        let (token, hash) = new_token()?;
        let new = NewToken {
            person_id: person.id,
            token_hash: &hash,
            label: LABEL,
            kind: TokenKind::Demo,
            scopes: &[TokenScope::Read, TokenScope::Write],
            expires_at: now + GOOD_FOR,
            by: None,
        };
        tokens::keep(txn, now, new).await?;
        issued.push(DemoToken { role, name: person.name, token });
    }
    Ok(issued)
}
