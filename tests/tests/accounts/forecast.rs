//! What is told of the days ahead is what the worker then does.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, Utc};
use entity::enrolments::obligation;
use entity::messages::suppressions::{Ground, suppress};
use entity::messages::upcoming::Upcoming;
use entity::messages::{message, reminder};
use entity::people::person;
use entity::scope::{Scope, Viewer};
use rules::messages::suppression::SuppressionReason;
use rules::reminders::Verdict;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

use crate::{EIGHT, outlook, pass_at};

/// A reminder as both sides name it: about what, which one, to whom, and when.
type Named = (Uuid, String, Uuid, DateTime<Utc>);

fn named(one: &Upcoming) -> Option<Named> {
    let step = one.account.step.to_string();
    Some((one.obligation_id, step, one.person_id, one.account.at?))
}

/// When it is asked: noon on Monday 5 October 2026 in London, all mail of the morning being out.
const NOON: &str = "2026-10-05T11:00:00Z";

/// What was sent after that, each at the moment at which its digest was made.
async fn sent(world: &World) -> BTreeSet<Named> {
    let rows = reminder::Entity::find().filter(reminder::Column::State.eq("sent"));
    let rows = rows.all(world.db.reader()).await.expect("reminders");
    let sent = rows.into_iter().filter(|row| row.changed_at > at(NOON));
    sent.map(|row| (row.obligation_id, row.step, row.person_id, row.changed_at)).collect()
}

#[tokio::test]
async fn what_is_forecast_for_a_month_is_what_is_then_sent_and_nothing_else() {
    both(async |world| {
        let names = ["Demo Ash School", "Demo Birch School", "Demo Cedar School"];
        let rise = Rise::seed(&world, &names).await;
        person::Entity::update_many()
            .col_expr(person::Column::DigestMinute, Expr::value(10 * 60 + 30))
            .filter(person::Column::Id.eq(rise.partners[1].head))
            .exec(world.db.migrator())
            .await
            .expect("a later hour");
        let txn = world.db.write().await.expect("a transaction");
        let reason = SuppressionReason::HardBounce;
        let ground = Ground { reason, note: "test", message_id: None, by: None };
        let listed = "head.of.demo.cedar.school@example.org";
        suppress(&txn, world.clock.now(), listed, ground).await.expect("on the list");
        txn.commit().await.expect("commit");
        for moment in [EIGHT, "2026-10-05T09:30:00Z", NOON] {
            pass_at(&world, moment, "").await;
        }

        let (from, to) = (day("2026-10-06"), day("2026-11-05"));
        let db = world.db.reader();
        let now = world.clock.now();
        let told = outlook(&world, &Scope::System, (from, to)).await;
        let going: BTreeSet<Named> = told.going.iter().filter_map(named).collect();
        assert_eq!(going.len(), told.going.len(), "{}: each once, with its moment", world.name);
        assert!(going.len() >= 5, "{}: {going:#?}", world.name);
        let cedar = rise.partners[2].head;
        assert!(told.excluded.iter().any(|one| one.person_id == cedar));
        assert!(told.excluded.iter().all(|one| !one.account.why.is_empty()));
        let kept_back = |one: &&Upcoming| one.account.verdict == Verdict::KeptBack;
        assert!(told.excluded.iter().filter(kept_back).all(|one| one.person_id == cedar));

        // A head is told of their own, all of them, and of nobody else's.
        let head = rise.partners[0].head;
        let viewer = Viewer { person_id: head, now, ..Viewer::default() };
        let viewer = Viewer { settings: vec![rise.partners[0].setting], ..viewer };
        let own = outlook(&world, &Scope::Viewer(viewer), (from, to)).await;
        let own: BTreeSet<Named> = own.going.iter().filter_map(named).collect();
        let of_head = going.iter().filter(|one| one.2 == head).cloned().collect();
        assert_eq!(own, of_head, "{}", world.name);

        // Nobody does anything: the worker alone goes on, through half-term and the clock change.
        for date in from.iter_days().take_while(|date| *date <= to) {
            for time in ["07:50", "08:00", "10:30"] {
                let moment =
                    rules::calendar::moment(date.and_time(time.parse().expect("a time of day")));
                pass_at(&world, &moment.to_rfc3339(), "").await;
            }
        }
        // A session that passed unattended is to be watched by a later day: what follows from that is for
        // the simulation to say, not for a forecast from the facts as they are.
        let moved = obligation::Entity::find().filter(obligation::Column::Revision.gt(1));
        let moved = moved.all(db).await.expect("obligations");
        assert!(moved.iter().all(|row| row.kind == "attend_cpd_session"), "{moved:#?}");
        let moved: BTreeSet<Uuid> = moved.iter().map(|row| row.id).collect();
        let stands = |one: &Named| !moved.contains(&one.0);
        let going: BTreeSet<Named> = going.into_iter().filter(stands).collect();
        assert!(going.len() >= 20, "{}: {going:#?}", world.name);
        let sent: BTreeSet<Named> = sent(&world).await.into_iter().filter(stands).collect();
        let forecast: Vec<_> = going.difference(&sent).collect();
        assert!(forecast.is_empty(), "{}: told and not sent: {forecast:#?}", world.name);
        let was_sent = |one: &&Upcoming| {
            let step = one.account.step.to_string();
            let same =
                |of: &&Named| (of.0, &of.1, of.2) == (one.obligation_id, &step, one.person_id);
            sent.iter().any(|of| same(&of))
        };
        let excluded: Vec<_> = told.excluded.iter().filter(was_sent).collect();
        assert!(excluded.is_empty(), "{}: excluded and sent: {excluded:#?}", world.name);
        let surprises: Vec<_> = sent.difference(&going).collect();
        assert!(surprises.is_empty(), "{}: sent and not told: {surprises:#?}", world.name);
        let late = message::Entity::find().filter(message::Column::State.eq("pending"));
        let late = late.all(db).await.expect("messages");
        let end = end_of(to);
        assert!(late.iter().all(|row| row.send_after >= end), "{late:#?}");
    })
    .await;
}

fn end_of(day: chrono::NaiveDate) -> DateTime<Utc> {
    rules::calendar::moment((day + Days::new(1)).and_time(chrono::NaiveTime::MIN))
}
