//! Addresses that take no mail, one at Birch, one at Cedar and one nobody's, and a message to the
//! partners of each hub.

use entity::messages::{bulletin, suppression};
use sea_orm::DatabaseTransaction;

use super::rows::put;
use super::*;

pub const SUPPRESSION: u128 = 900;
pub const BULLETIN: u128 = 910;

pub async fn rows(txn: &DatabaseTransaction) {
    for (number, address, reason) in [
        (0, "schooluser@people.example", "complaint"),
        (1, "cedar@people.example", "hard_bounce"),
        (2, "gone@people.example", "refused"),
    ] {
        let row = suppression::Model {
            id: id(SUPPRESSION + number),
            address: address.to_owned(),
            reason: reason.to_owned(),
            note: "5.1.1".to_owned(),
            since: at("2026-10-02T09:00:00Z"),
            message_id: (number == 0).then(|| id(130)),
            by_person: (number == 2).then(|| Who::Admin.person()),
            released_at: (number == 2).then(|| at("2026-10-03T09:00:00Z")),
            released_by: (number == 2).then(|| Who::Admin.person()),
            release_reason: (number == 2).then(|| "It works again".to_owned()),
            changed_at: at("2026-10-03T09:00:00Z"),
            version: 1,
        };
        put(txn, row).await;
    }
    for (number, hub_id) in [(0, HUB_NORTH), (1, HUB_LONDON)] {
        let row = bulletin::Model {
            id: id(BULLETIN + number),
            hub_id,
            subject: "The hall is open".to_owned(),
            text: "From Monday on.".to_owned(),
            sent_by: Who::HubLead.person(),
            sent_at: at("2026-10-01T09:00:00Z"),
            recipients: 2,
            excluded: 1,
            preview: None,
        };
        put(txn, row).await;
    }
}
