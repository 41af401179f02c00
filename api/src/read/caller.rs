//! Who asks. They are looked up with the first statement of every request: in one, past sea-orm, as
//! it is half the work of a small request.

use chrono::{DateTime, Utc};
use entity::people::principal::{self, Proof, Role, Unnoted};
use entity::scope::{Scope, Viewer};
use runtime::database::Database;
use runtime::reads::{Row, Rows};
use sea_orm::{ConnectionTrait, DbErr};

use super::run::Stopped;
use super::sql;
use super::watch::Ended;

/// More roles than anybody has.
const MOST_ROLES: usize = 10_000;

/// A person whose token or session was in force when last looked at, and what they could see then.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What they came with.
    pub proof: Proof,
    /// What they could see.
    pub viewer: Viewer,
}

impl Caller {
    /// The caller who came with this, if it is in force, and what of it is to be noted.
    ///
    /// # Errors
    /// A database fault.
    pub async fn find(
        db: &impl ConnectionTrait,
        proof: Proof,
        now: DateTime<Utc>,
    ) -> Result<Option<(Self, Option<Unnoted>)>, DbErr> {
        let Some(found) = principal::prove(db, &proof, now).await? else { return Ok(None) };
        Ok(Some((Self { proof, viewer: sorted(found.viewer) }, found.unnoted)))
    }

    /// Whether the caller is still who they were.
    ///
    /// # Errors
    /// A database fault.
    pub async fn check(
        &self,
        db: &impl ConnectionTrait,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Ended>, DbErr> {
        let found = principal::prove(db, &self.proof, now).await?;
        Ok(match found.map(|found| sorted(found.viewer)) {
            None => Err(Ended::SignedOut),
            Some(viewer) if viewer != self.viewer => Err(Ended::OtherRights),
            Some(_) => Ok(()),
        })
    }

    /// The caller's scope.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::Viewer(self.viewer.clone())
    }
}

/// The same viewer, comparable: grants come in no order, and at any moment.
fn sorted(mut viewer: Viewer) -> Viewer {
    viewer.now = DateTime::UNIX_EPOCH;
    for list in [&mut viewer.regions, &mut viewer.hubs, &mut viewer.settings] {
        list.sort_unstable();
        list.dedup();
    }
    viewer
}

/// As [`Caller::find`]: the caller who came with this, and what of it is to be noted.
///
/// # Errors
/// A database fault.
pub async fn find(
    db: &Database,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<Option<(Caller, Option<Unnoted>)>, Stopped> {
    let Proof::Token(hash) = &proof else {
        return Ok(Caller::find(db.reader(), proof, now).await?);
    };
    let mut snapshot = db.reads().snapshot().await?;
    let ask = sql::token(snapshot.backend(), hash, now);
    let found = snapshot.ask(vec![ask], MOST_ROLES, true).await?;
    drop(snapshot);
    let roles = found.iter().flat_map(Rows::iter).map(role).collect::<Result<Vec<_>, _>>()?;
    let Some(mut principal) = principal::of_roles(&roles, now) else {
        return Ok(None);
    };
    if !principal.viewer.settings.is_empty() {
        principal.viewer = principal::with_schools(db.reader(), principal.viewer).await?;
    }
    let viewer = sorted(principal.viewer);
    Ok(Some((Caller { proof, viewer }, principal.unnoted)))
}

/// A row of [`principal::of_token`].
fn role(row: Row<'_>) -> Result<Role<'_>, DbErr> {
    Ok(Role {
        person_id: row.id(0)?.unwrap_or_default(),
        token_id: row.id(1)?.unwrap_or_default(),
        kind: row.text(2)?.unwrap_or_default(),
        scopes: row.text(3)?.unwrap_or_default(),
        last_used_at: row.moment(4)?,
        role: row.text(5)?,
        region_id: row.id(6)?,
        hub_id: row.id(7)?,
        setting_id: row.id(8)?,
    })
}
