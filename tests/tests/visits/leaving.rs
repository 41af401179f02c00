//! Visits of partners who leave their hub.

use entity::enrolments::{transfer, withdraw};
use entity::outcome::RefusalCode;
use entity::scope::{Scope, Viewer};
use entity::visits::visit;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::both;
use tests::rise::day;

use crate::{Story, agreement, on, other_hub, proposal, refusal};

#[tokio::test]
async fn a_transfer_asks_the_new_hub_about_what_the_partner_stands_by_and_drops_the_rest() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let lead = story.lead();
        let agreed = story.propose(&lead, proposal(partner, on("2026-10-13"))).await.expect("it");
        story.agree(&story.head(0), agreement(agreed.id)).await.expect("agreed");
        let wish = proposal(partner, on("2026-10-14"));
        let offered = story.propose(&lead, wish).await.expect("proposed");
        let wish = proposal(partner, on("2026-10-15"));
        let asked = story.propose(&story.head(0), wish).await.expect("proposed");
        let past = story.held(proposal(partner, on("2026-09-15")), 2).await;
        let to = other_hub(&story).await;
        let id = partner.enrolment;
        story
            .as_of(&Scope::System, async |txn, scope, by, now| {
                transfer(txn, scope, by, now, id, None, to, "Nearer").await
            })
            .await
            .expect("transferred");
        let find = async |id| {
            let row = visit::Entity::find_by_id(id).one(story.world.db.reader()).await;
            row.expect("a read").expect("the visit")
        };
        for (before, sequence) in [(&agreed, 2), (&asked, 1)] {
            let now = find(before.id).await;
            assert_eq!((now.state.as_str(), now.proposed_by.as_str()), ("proposed", "partner"));
            assert_eq!((now.hub_id, now.visitor_id, now.sequence), (to, None, sequence));
        }
        let fell_away = find(offered.id).await;
        assert_eq!((fell_away.state.as_str(), fell_away.cancelled_by), ("cancelled", None));
        assert_eq!(find(past.id).await, past, "what was held stays with who held it");
        // The new hub agrees, and so says who comes.
        let person_id = story.rise.lead;
        let scope = Scope::Viewer(Viewer { person_id, hubs: vec![to], ..Viewer::default() });
        let visit = story.agree(&scope, agreement(agreed.id)).await.expect("agreed");
        assert_eq!((visit.state.as_str(), visit.visitor_id), ("agreed", Some(person_id)));
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_cancels_visits_ahead_and_nothing_more_is_arranged() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let wish = proposal(partner, on("2026-10-13"));
        let ahead = story.propose(&story.lead(), wish.clone()).await.expect("proposed");
        let held = story.held(proposal(partner, on("2026-09-15")), 2).await;
        let id = partner.enrolment;
        story
            .as_of(&Scope::System, async |txn, scope, by, now| {
                let on = day("2026-10-05");
                withdraw(txn, scope, by, now, id, None, on, "Merging").await
            })
            .await
            .expect("withdrawn");
        let rows = visit::Entity::find().order_by_asc(visit::Column::Id);
        let rows = rows.all(story.world.db.reader()).await.expect("a read");
        let states: Vec<_> = rows.iter().map(|row| (row.id, row.state.as_str())).collect();
        assert_eq!(states, [(ahead.id, "cancelled"), (held.id, "recorded")]);
        let reason = rows[0].cancellation_reason.as_deref();
        assert_eq!(reason, Some("The enrolment ended: Merging"));
        let more = story.propose(&story.lead(), wish).await;
        assert_eq!(refusal(more), (RefusalCode::Conflict, "enrolmentId"));
    })
    .await;
}
