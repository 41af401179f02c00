//! Notices of visits.

use entity::enrolments::transfer;
use entity::hubs::{HubWish, put_hub};
use entity::scope::Scope;
use tests::both;
use tests::notices::{messages, pass_at, sent};
use tests::rise::{Rise, at, day};

use super::support::{
    NINE, VISITS, agree_by, cancel_by, first, head, kinds, lead, morning, move_by, propose_by,
    shown,
};

#[tokio::test]
async fn both_sides_hear_of_every_step_and_their_calendars_follow() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let (school, hub) = (rise.partners[0].head, rise.lead);

        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &VISITS).await;
        assert_eq!(kinds(&mails), [("visit_proposed", school)], "{}", world.name);
        assert!(mails[0].calendar.is_none() && mails[0].header("In-Reply-To").is_none());
        shown(&mails[0]);

        agree_by(&world, head(&world, &rise, 0), visit.id).await;
        pass_at(&world, "2026-10-05T08:01:00Z").await;
        let mails = sent(&world, &VISITS).await;
        let mut agreed: Vec<_> = kinds(&mails)[1..].to_vec();
        agreed.sort_unstable();
        let mut wanted = vec![("visit_agreed", school), ("visit_agreed", hub)];
        wanted.sort_unstable();
        assert_eq!(agreed, wanted, "who agreed gets the calendar entry too");
        shown(first(&mails, "visit_agreed", school));

        move_by(&world, lead(&world, &rise), visit.id, morning("2026-10-21")).await;
        pass_at(&world, "2026-10-05T08:02:00Z").await;
        let mails = sent(&world, &VISITS).await;
        assert_eq!(mails.len(), 5, "who moved it has it in their calendar");
        shown(first(&mails, "visit_moved", school));
        let own = first(&mails, "visit_moved", hub);
        assert!(own.text.contains("The other side is asked to agree."), "{}", own.text);

        agree_by(&world, head(&world, &rise, 0), visit.id).await;
        cancel_by(&world, lead(&world, &rise), visit.id).await;
        pass_at(&world, "2026-10-05T08:03:00Z").await;
        let mails = sent(&world, &VISITS).await;
        assert_eq!(mails.len(), 7, "what was agreed to and cancelled at once is cancelled");
        shown(first(&mails, "visit_cancelled", school));

        for (person, methods) in [
            (school, &["REQUEST", "REQUEST", "CANCEL"][..]),
            (hub, &["REQUEST", "REQUEST", "CANCEL"][..]),
        ] {
            let own: Vec<_> = mails.iter().filter(|mail| mail.person == person).collect();
            let entries = own.iter().filter_map(|mail| mail.calendar.as_ref());
            let found: Vec<_> = entries.map(|(method, _)| method.as_str()).collect();
            assert_eq!(found, methods);
            for mail in &own[1..] {
                for header in ["In-Reply-To", "References"] {
                    assert_eq!(mail.header(header).as_deref(), Some(own[0].message_id.as_str()));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_the_past_is_not_told_of() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-01")).await;
        assert_eq!(messages(&world).await, []);
    })
    .await;
}

#[tokio::test]
async fn when_a_partner_moves_the_old_hub_clears_its_calendar_and_the_new_one_is_asked() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let now = world.clock.now();
        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        pass_at(&world, NINE).await;
        agree_by(&world, head(&world, &rise, 0), visit.id).await;
        pass_at(&world, NINE).await;
        let before = sent(&world, &VISITS).await.len();

        let txn = world.db.write().await.expect("a transaction");
        let setting = tests::rise::setting(&txn, now, 900_100, "Demo Other Lead", "open").await;
        let wish = HubWish {
            programme_id: rise.id,
            key: "other".to_owned(),
            name: "Demo Other Hub".to_owned(),
            lead_setting_id: setting,
            region_id: None,
            wave: None,
            capacity: (None, None),
            opened_on: day("2026-06-01"),
            email: None,
        };
        let other = put_hub(&txn, now, wish).await.expect("a hub").0;
        let id = rise.partners[0].enrolment;
        transfer(&txn, &Scope::System, None, now, id, None, other.id, "Nearer")
            .await
            .expect("moved");
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;

        let mails = sent(&world, &VISITS).await;
        let to_lead = first(&mails[before..], "visit_cancelled", rise.lead);
        assert!(to_lead.text.contains("You have no part any more"), "{}", to_lead.text);
        assert_eq!(to_lead.calendar.as_ref().map(|(method, _)| method.as_str()), Some("CANCEL"));
        let asked = first(&mails[before..], "visit_proposed", rise.partners[0].head);
        let (method, text) = asked.calendar.as_ref().expect("its entry follows");
        assert!(method == "REQUEST" && text.contains("STATUS:TENTATIVE"), "{text}");
        assert_eq!(mails.len(), before + 2);
    })
    .await;
}
