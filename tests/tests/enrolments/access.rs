//! Who may see and change what.

use entity::enrolments::{Enrol, excuse, record_met, transfer, withdraw};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::contact;
use entity::people::contacts::{upsert, upsert_person};
use entity::scope::{Scope, Viewer};
use rules::people::ContactRole;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use tests::both;
use tests::refusal::refusal;
use tests::rise::day;

use crate::Programme;

#[tokio::test]
async fn where_a_setting_is_enrolled_is_told_only_to_whoever_may_see_it() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let wish = programme.wish().await;
        let other_cohort = programme.cohort("january-2026").await;
        let elsewhere = Enrol { hub_id: programme.hubs[1].id, ..wish.clone() };
        programme.enrol(&Scope::System, elsewhere).await.expect("enrolled");
        let viewer = Viewer { hubs: vec![programme.hubs[0].id], ..Viewer::default() };
        let both_hubs = vec![programme.hubs[0].id, programme.hubs[1].id];
        let of_both = Viewer { hubs: both_hubs, ..Viewer::default() };
        let mut heard = std::collections::BTreeSet::new();
        for wish in [wish.clone(), Enrol { cohort_id: other_cohort, ..wish }] {
            let seeing = programme.enrol(&Scope::Viewer(of_both.clone()), wish.clone()).await;
            assert_eq!(refusal(seeing), (RefusalCode::Conflict, Some("partnerSettingId")));
            match programme.enrol(&Scope::Viewer(viewer.clone()), wish).await {
                Err(StoreError::Refused(refusal)) => heard.insert(format!("{refusal:?}")),
                outcome => panic!("{outcome:?}"),
            };
        }
        assert_eq!(heard.len(), 1, "the cohort is not told either: {heard:?}");
        let heard = heard.pop_first().expect("one");
        assert!(heard.contains("Forbidden") && heard.contains("ask the programme team"), "{heard}");
    })
    .await;
}

#[tokio::test]
async fn only_those_who_run_a_hub_change_its_partners() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let region = programme.hubs[0].region_id.expect("it has one");
        let lead = Viewer { hubs: vec![programme.hubs[0].id], ..Viewer::default() };
        let other = Viewer { hubs: vec![programme.hubs[1].id], ..Viewer::default() };
        let regional = Viewer { regions: vec![region], ..Viewer::default() };
        let partner = Viewer { settings: vec![programme.partners[0]], ..Viewer::default() };
        let evaluator = Viewer { evaluator: true, ..Viewer::default() };
        let wish = programme.wish().await;
        for outsider in [&other, &partner, &evaluator] {
            let scope = Scope::Viewer(outsider.clone());
            let refused = refusal(programme.enrol(&scope, wish.clone()).await);
            assert_eq!(refused, (RefusalCode::NotFound, Some("hubId")));
        }
        let row = programme.enrol(&Scope::Viewer(lead.clone()), wish).await.expect("the lead may");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let to = programme.hubs[1].id;
        for (who, viewer) in [("lead", &lead), ("regional lead of one", &regional)] {
            let scope = Scope::Viewer(viewer.clone());
            let moved = programme
                .write(async |txn, now| {
                    transfer(txn, &scope, None, now, row.id, None, to, "Nearer").await
                })
                .await;
            assert_eq!(refusal(moved), (RefusalCode::NotFound, Some("toHubId")), "{who}");
        }
        let scope = Scope::Viewer(partner);
        let excused = programme
            .write(async |txn, now| excuse(txn, &scope, None, now, owed.id, None, "Busy").await)
            .await;
        assert_eq!(refusal(excused).0, RefusalCode::Forbidden, "a school cannot excuse itself");
        let met = programme
            .write(async |txn, now| {
                let on = day("2026-10-01");
                record_met(txn, &scope, None, now, owed.id, None, on, "").await
            })
            .await;
        assert!(met.is_ok(), "a school reports what it did");
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_what_changed_since_it_was_read_is_refused() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let mut rewritten = owed.clone().into_active_model();
        rewritten.version = sea_orm::ActiveValue::Set(owed.version + 1);
        rewritten.due_on = sea_orm::ActiveValue::Set(day("2026-09-24"));
        let txn = programme.world.db.write().await.expect("a transaction");
        rewritten.update(&txn).await.expect("another write");
        txn.commit().await.expect("commit");
        let stale = programme
            .write(async |txn, now| {
                let on = day("2026-09-21");
                let version = Some(owed.version);
                record_met(txn, &Scope::System, None, now, owed.id, version, on, "").await
            })
            .await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, Some("expectedVersion")));
    })
    .await;
}

#[tokio::test]
async fn a_hub_lead_sees_a_partners_contacts_only_while_they_work_together() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let partner = programme.partners[0];
        let now = programme.world.clock.now();
        let txn = programme.world.db.write().await.expect("a transaction");
        let email = "ash@demo-ash-school.example";
        let (person, _) = upsert_person(&txn, now, "Ash Example", email).await.expect("a person");
        let role = ContactRole::BehaviourLead;
        upsert(&txn, now, person.id, partner, role).await.expect("a contact");
        txn.commit().await.expect("commit");
        let lead = Viewer { hubs: vec![programme.hubs[0].id], ..Viewer::default() };
        let lead = Scope::Viewer(lead);
        let seen = async || {
            let rows = contact::Entity::find().filter(lead.contacts());
            rows.all(programme.world.db.reader()).await.expect("a read").len()
        };
        assert_eq!(seen().await, 1);
        programme
            .write(async |txn, now| {
                let on = day("2026-10-05");
                withdraw(txn, &Scope::System, None, now, row.id, None, on, "Merging").await
            })
            .await
            .expect("withdrawn");
        assert_eq!(seen().await, 0);
    })
    .await;
}
