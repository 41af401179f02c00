//! Who oversees hears of other schools on the working days of their own.

use std::collections::BTreeSet;

use entity::messages::account;
use entity::messages::facts::Book;
use entity::programme::programme;
use rules::reminders::{Verdict, next};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use tests::rise::{Rise, at, half_term};
use tests::{World, both};
use uuid::Uuid;

use crate::{EIGHT, mails, pass_at, reminders, to_head};

/// The hub lead is told of whatever is three days late.
async fn escalate_soon(world: &World, rise: &Rise) {
    let row = programme::Entity::find_by_id(rise.id).one(world.db.reader()).await;
    let mut policy = row.expect("a read").expect("the programme").policy;
    policy["escalate_to_hub_after"] = json!(1);
    programme::Entity::update_many()
        .col_expr(programme::Column::Policy, Expr::value(policy))
        .filter(programme::Column::Id.eq(rise.id))
        .exec(world.db.migrator())
        .await
        .expect("another policy");
}

/// What somebody is told to expect of partners' obligations, and when the first of it goes.
async fn foretold(world: &World, rise: &Rise, person: Uuid) -> BTreeSet<String> {
    let db = world.db.reader();
    let book = Book::load(db).await.expect("the book");
    let now = world.clock.now();
    let all =
        account::of_obligations(db, &book, now, Condition::all(), false).await.expect("accounts");
    let partners: Vec<Uuid> = rise.partners.iter().map(|one| one.enrolment).collect();
    let of_partners = all.into_iter().filter(|one| {
        one.fact.row.enrolment_id.is_some_and(|enrolment| partners.contains(&enrolment))
    });
    of_partners
        .filter_map(|mut one| {
            let accounts = one.people.remove(&person)?;
            let due = accounts
                .into_iter()
                .filter(|one| matches!(one.verdict, Verdict::Due | Verdict::OnItsWay));
            next(&due.collect::<Vec<_>>()).map(|at| at.to_rfc3339())
        })
        .collect()
}

#[tokio::test]
async fn a_hub_lead_on_half_term_hears_of_a_partner_elsewhere_when_back() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        escalate_soon(&world, &rise).await;
        half_term(&world, rise.hub.lead_setting_id, "2026-10-05", "2026-10-09").await;
        let to_lead = |world: &World| {
            let mails = mails(world).into_iter();
            mails.filter(|mail| mail.to == "demo.lead@example.org").count()
        };
        for moment in ["2026-10-05T06:58:00Z", EIGHT, "2026-10-07T07:00:00Z"] {
            pass_at(&world, moment).await;
            assert_eq!(to_lead(&world), 0, "{}: {moment}", world.name);
        }
        // The school that owes it works, and hears of it.
        assert!(to_head(&mails(&world)[..1], "Demo Ash School").text.contains("* "));
        let back = BTreeSet::from([at("2026-10-12T07:00:00Z").to_rfc3339()]);
        assert_eq!(foretold(&world, &rise, rise.lead).await, back, "{}", world.name);
        pass_at(&world, "2026-10-12T06:59:00Z").await;
        assert_eq!(to_lead(&world), 0, "{}", world.name);
        pass_at(&world, "2026-10-12T07:00:00Z").await;
        assert_eq!(to_lead(&world), 1, "{}", world.name);
        let told = reminders(&world, rise.lead).await;
        let escalated = told.iter().filter(|row| row.step == "escalate_hub");
        let states: BTreeSet<&str> = escalated.map(|row| row.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["sent"]), "{}", world.name);
    })
    .await;
}
