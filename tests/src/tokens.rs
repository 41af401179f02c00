//! Bearer tokens for programs under test.

use std::fmt::Write as _;

use chrono::TimeDelta;
use entity::people::grants::{self, Grant};
use entity::people::{contacts, tokens};
use sha2::{Digest as _, Sha256};

use crate::World;

/// Makes somebody with this address and role, and a token that signs them in for a year.
///
/// # Panics
/// The database refuses.
pub async fn token_for(world: &World, email: &str, role: Grant) -> String {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let (person, _) =
        contacts::upsert_person(&txn, now, "Somebody Invented", email).await.expect("a person");
    grants::grant(&txn, now, person.id, role).await.expect("a role");
    let token = format!("journey-{}", person.id.simple());
    let hash = Sha256::digest(&token).iter().fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let expires_at = now + TimeDelta::days(365);
    tokens::issue(&txn, now, person.id, &hash, "journey", expires_at).await.expect("a token");
    txn.commit().await.expect("the commit");
    token
}
