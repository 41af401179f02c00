//! Who asks, looked up with the first statement of every request: in one, past sea-orm, as it is
//! half the work of a small request.

use chrono::{DateTime, Utc};
use entity::people::principal::{self, Proof, Role, Unnoted};
use runtime::database::Database;
use runtime::reads::{Row, Rows};
use sea_orm::DbErr;

use super::run::Stopped;
use super::sql;
use super::watch::{Caller, sorted};

/// More roles than anybody has.
const MOST_ROLES: usize = 10_000;

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
