//! Signing in at a real sign-in service: npm's oidc-provider, whose accounts are invented.

mod attempts;
mod schools;
mod services;
mod staff;
mod tokens;

use entity::audit::audit_entry;
use entity::people::{identity, person, role_grant, session};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value, json};
use tests::World;
use tests::oidc::of_school;

/// The accounts of the service. The first partner's URN is 900002, its head's address
/// `head.of.demo.ash.school@example.org`.
fn accounts() -> Value {
    let head = "Head.of.Demo.Ash.School@example.org";
    let mut unverified = of_school(head, "001", "900002", "");
    unverified["email_verified"] = json!(false);
    let mut nowhere = of_school("nobody@example.org", "001", "900002", "");
    nowhere["organisation"] = json!(null);
    json!({
        "head": of_school(head, "001", "900002", ""),
        "deputy": of_school("deputy@example.org", "001", "900002", ""),
        "old_urn": of_school("deputy@example.org", "001", "900090", ""),
        "elsewhere": of_school("deputy@example.org", "001", "900003", ""),
        "council": of_school("council@example.org", "002", "", "301"),
        "outside": of_school("outside@example.org", "001", "900099", ""),
        "trust": of_school("trust@example.org", "010", "", "77"),
        "admin_of_school": of_school("demo.admin@example.org", "001", "900002", ""),
        "unverified": unverified,
        "nowhere": nowhere,
        "admin": { "email": "demo.admin@example.org", "email_verified": true, "name": "A" },
        "lead": { "email": "demo.lead@example.org", "email_verified": true, "name": "L" },
        "unproved": { "email": "demo.admin@example.org", "email_verified": false, "name": "A" },
        "stranger": { "email": "stranger@example.org", "email_verified": true, "name": "S" },
        "head_as_staff": { "email": head.to_lowercase(), "email_verified": true, "name": "H" },
    })
}

/// Whose sessions are in force, by address, and the service that each names.
async fn signed_in(world: &World) -> Vec<(String, Option<String>)> {
    let sessions = session::Entity::find()
        .filter(session::Column::RevokedAt.is_null())
        .order_by_asc(session::Column::Id)
        .all(world.db.reader())
        .await
        .expect("a read");
    let mut found = Vec::new();
    for session in sessions {
        assert_eq!(session.method, "oidc");
        let person = person::Entity::find_by_id(session.person_id).one(world.db.reader()).await;
        found.push((person.expect("a read").expect("the person").email, session.issuer));
    }
    found
}

/// What signing in was audited as, in order: action and detail.
async fn audited(world: &World) -> Vec<(String, String)> {
    let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    let rows = rows.all(world.db.reader()).await.expect("a read");
    let signing = ["signedIn", "signInRefused", "roleGranted", "roleTakenBack"];
    let rows = rows.into_iter().filter(|row| signing.contains(&&*row.action));
    rows.map(|row| (row.action, row.detail)).collect()
}

/// The settings that somebody with this address is a school user of today.
async fn school_user_of(world: &World, email: &str) -> Vec<uuid::Uuid> {
    let person = person::Entity::find().filter(person::Column::Email.eq(email));
    let Some(person) = person.one(world.db.reader()).await.expect("a read") else {
        return Vec::new();
    };
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person.id))
        .filter(role_grant::Column::Role.eq("school_user"))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(world.db.reader())
        .await
        .expect("a read");
    grants.into_iter().filter_map(|grant| grant.setting_id).collect()
}

/// How many people and accounts there are.
async fn counts(world: &World) -> (usize, usize) {
    let people = person::Entity::find().all(world.db.reader()).await.expect("a read");
    let accounts = identity::Entity::find().all(world.db.reader()).await.expect("a read");
    (people.len(), accounts.len())
}
