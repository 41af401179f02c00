//! What was done: to Birch's enrolment, to Cedar's, and a sign-in.

use entity::audit::{Change, Deed, record};
use sea_orm::DatabaseTransaction;

use super::{ENROLMENT_BIRCH, ENROLMENT_CEDAR, Who, at};

pub async fn entries(txn: &DatabaseTransaction) {
    let change = Change {
        field: "status".to_owned(),
        before: Some("ACTIVE".to_owned()),
        after: Some("PAUSED".to_owned()),
        withheld: false,
    };
    let admin = Some(Who::Admin.person());
    for enrolment in [ENROLMENT_BIRCH, ENROLMENT_CEDAR] {
        let deed = Deed {
            action: "enrolmentPause",
            node: Some(("Enrolment", enrolment)),
            changes: vec![change.clone()],
            detail: "",
        };
        record(txn, admin, at("2026-09-28T09:00:00Z"), deed).await.expect("an entry");
    }
    let deed = Deed { action: "signedIn", detail: "By a link", ..Deed::default() };
    record(txn, admin, at("2026-09-29T09:00:00Z"), deed).await.expect("an entry");
}
