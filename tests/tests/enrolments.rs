//! From an enrolment to its obligations, and what changes them.

use chrono::{DateTime, Days, Utc};
use entity::enrolments::{
    Enrol, enrol, enrolment, excuse, obligation, record_met, rederive_programme, reopen, transfer,
    withdraw,
};
use entity::hubs::{HubWish, hub, put_hub};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::contact;
use entity::people::contacts::{upsert, upsert_person};
use entity::programme::{cohort, loader, pathway};
use entity::schools::region;
use entity::scope::{Scope, Viewer};
use rules::people::ContactRole;
use rules::programme::SetUp;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use tests::rise::{at, day, setting};
use tests::{World, both};
use uuid::Uuid;

/// Two hubs of RISE in two regions, and three schools that may be partners of either.
struct Programme {
    world: World,
    set_up: SetUp,
    id: Uuid,
    hubs: [hub::Model; 2],
    partners: [Uuid; 3],
}

impl Programme {
    async fn new(world: World) -> Self {
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../set-ups/rise.toml")).expect("RISE");
        set_up.campaigns.clear();
        let now = world.clock.now();
        let regions = region::Entity::find().all(world.db.reader()).await.expect("regions");
        let txn = world.db.write().await.expect("a transaction");
        let report = loader::load(&txn, now, &set_up).await.expect("the set-up loads");
        let mut settings = Vec::new();
        for (urn, name) in (900_001..).zip(["Ash", "Birch", "Cedar", "Damson", "Elder"]) {
            let name = format!("Demo {name} School");
            settings.push(setting(&txn, now, urn, &name, "open").await);
        }
        let mut hubs = Vec::new();
        for number in 0..2 {
            let wish = HubWish {
                programme_id: report.programme_id,
                key: format!("hub-{number}"),
                name: format!("Demo hub {number}"),
                lead_setting_id: settings[number],
                region_id: Some(regions[number].id),
                wave: None,
                capacity: (None, None),
                opened_on: day("2026-01-05"),
            };
            hubs.push(put_hub(&txn, now, wish).await.expect("a hub").0);
        }
        txn.commit().await.expect("commit");
        Self {
            world,
            set_up,
            id: report.programme_id,
            hubs: hubs.try_into().expect("two hubs"),
            partners: [settings[2], settings[3], settings[4]],
        }
    }

    /// A wish that can be granted: the first partner, Enhanced, September 2026, under the first hub.
    async fn wish(&self) -> Enrol {
        Enrol {
            hub_id: self.hubs[0].id,
            cohort_id: self.cohort("september-2026").await,
            pathway_id: self.pathway("enhanced").await,
            partner_setting_id: self.partners[0],
            enrolled_on: day("2026-07-06"),
            academies: Vec::new(),
        }
    }

    async fn cohort(&self, key: &str) -> Uuid {
        let rows = cohort::Entity::find().filter(cohort::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the cohort").id
    }

    async fn pathway(&self, key: &str) -> Uuid {
        let rows = pathway::Entity::find().filter(pathway::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the pathway").id
    }

    /// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
    async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&sea_orm::DatabaseTransaction, DateTime<Utc>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let txn = self.world.db.write().await?;
        let done = deed(&txn, self.world.clock.now()).await?;
        txn.commit().await?;
        Ok(done)
    }

    async fn enrol(&self, scope: &Scope, wish: Enrol) -> Result<enrolment::Model, StoreError> {
        self.write(async |txn, now| enrol(txn, scope, None, now, wish).await).await
    }

    async fn obligations(&self, subject: Uuid) -> Vec<obligation::Model> {
        let rows = obligation::Entity::find().filter(obligation::Column::SubjectId.eq(subject));
        rows.all(self.world.db.reader()).await.expect("a read")
    }

    async fn obligation(&self, subject: Uuid, kind: &str) -> obligation::Model {
        let rows = self.obligations(subject).await;
        rows.into_iter().find(|row| row.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
    }

    async fn rederive(&self) -> usize {
        let id = self.id;
        self.write(async |txn, now| rederive_programme(txn, now, id).await).await.expect("derives")
    }
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, Option<&'static str>) {
    match outcome {
        Err(StoreError::Refused(refusal)) => (refusal.code, refusal.field),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[tokio::test]
async fn enrolling_writes_down_what_the_partner_and_its_hub_owe() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let wish = programme.wish().await;
        let row = programme.enrol(&Scope::System, wish).await.expect("enrolled");
        let assessment = programme.obligation(row.id, "self_assessment").await;
        assert_eq!(assessment.due_on, day("2026-09-25"), "the end of week 4 of term 1");
        assert_eq!(assessment.due_at, at("2026-09-25T23:00:00Z"), "midnight in London, in summer");
        let dive = programme.obligation(row.id, "deep_dive_visit").await;
        assert_eq!(dive.due_on, day("2026-10-23"), "the Friday before half-term");
        let duty = programme.obligation(programme.hubs[0].id, "host_open_day").await;
        assert_eq!((duty.owed_by.as_str(), duty.enrolment_id), ("hub", None));
        let kinds: Vec<_> =
            programme.obligations(row.id).await.into_iter().map(|o| o.kind).collect();
        assert!(!kinds.contains(&"attend_open_day".to_owned()), "the hub has published none");
        assert!(!kinds.contains(&"action_plan".to_owned()), "the improvement plan is in its place");
        assert_eq!(programme.rederive().await, 0, "deriving again changes nothing");
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let closed = programme
            .write(async |txn, now| {
                Ok(setting(txn, now, 900_099, "Demo Closed School", "closed").await)
            })
            .await
            .expect("a setting");
        let good = programme.wish().await;
        let nowhere = Uuid::from_u128(7);
        let cases = [
            ("hubId", Enrol { hub_id: nowhere, ..good.clone() }),
            ("cohortId", Enrol { cohort_id: nowhere, ..good.clone() }),
            ("pathwayId", Enrol { pathway_id: nowhere, ..good.clone() }),
            ("partnerSettingId", Enrol { partner_setting_id: nowhere, ..good.clone() }),
            ("partnerSettingId", Enrol { partner_setting_id: closed, ..good.clone() }),
            (
                "partnerSettingId",
                Enrol { partner_setting_id: programme.hubs[0].lead_setting_id, ..good.clone() },
            ),
            ("enrolledOn", Enrol { enrolled_on: day("2027-08-01"), ..good.clone() }),
            ("enrolledOn", Enrol { enrolled_on: day("2016-07-06"), ..good.clone() }),
            ("academyIds", Enrol { academies: vec![nowhere], ..good.clone() }),
        ];
        for (field, wish) in cases {
            assert_eq!(refusal(programme.enrol(&Scope::System, wish).await).1, Some(field));
        }
        let count = enrolment::Entity::find().all(programme.world.db.reader()).await.expect("rows");
        assert!(count.is_empty());
        programme.enrol(&Scope::System, good.clone()).await.expect("enrolled");
        let other_cohort = programme.cohort("january-2026").await;
        for wish in [good.clone(), Enrol { cohort_id: other_cohort, ..good }] {
            let twice = refusal(programme.enrol(&Scope::System, wish).await);
            assert_eq!(twice, (RefusalCode::Conflict, Some("partnerSettingId")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_cancels_what_is_open_and_keeps_what_was_achieved() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let done = programme.obligation(row.id, "self_assessment").await;
        let done = programme
            .write(async |txn, now| {
                let on = day("2026-09-21");
                record_met(txn, &Scope::System, None, now, done.id, Some(1), on, " All staff ")
                    .await
            })
            .await
            .expect("recorded");
        assert_eq!(done.note.as_deref(), Some("All staff"));
        let hub = programme.hubs[0].id;
        assert!(programme.obligations(hub).await.iter().any(|duty| duty.state == "open"));
        let left = programme
            .write(async |txn, now| {
                let on = day("2026-10-02");
                withdraw(txn, &Scope::System, None, now, row.id, Some(1), on, "Merging").await
            })
            .await
            .expect("withdrawn");
        assert_eq!((left.status.as_str(), left.ended_on), ("withdrawn", Some(day("2026-10-02"))));
        for obligation in programme.obligations(row.id).await {
            let kept = obligation.id == done.id;
            assert_eq!(obligation.state, if kept { "met" } else { "cancelled" });
        }
        let duties = programme.obligations(hub).await;
        assert!(duties.iter().all(|duty| duty.state == "cancelled"), "no partner is left to serve");
        let again = programme.enrol(&Scope::System, programme.wish().await).await;
        assert!(again.is_ok(), "who left may come back");
        assert!(programme.obligations(hub).await.iter().any(|duty| duty.state == "open"));
    })
    .await;
}

#[tokio::test]
async fn a_transfer_takes_everything_achieved_and_owed_to_the_new_hub() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let before = programme.obligations(row.id).await;
        let to = programme.hubs[1].id;
        let moved = programme
            .write(async |txn, now| {
                transfer(txn, &Scope::System, None, now, row.id, None, to, "Nearer").await
            })
            .await
            .expect("transferred");
        assert_eq!((moved.hub_id, moved.version), (to, 2));
        let after = programme.obligations(row.id).await;
        assert_eq!(after.len(), before.len());
        assert!(after.iter().all(|obligation| obligation.hub_id == to));
        let left = programme.obligations(programme.hubs[0].id).await;
        assert!(left.iter().all(|duty| duty.state == "cancelled"));
        assert!(programme.obligations(to).await.iter().any(|duty| duty.state == "open"));
        let again = programme
            .write(async |txn, now| {
                transfer(txn, &Scope::System, None, now, row.id, Some(1), to, "Nearer").await
            })
            .await;
        assert_eq!(refusal(again).0, RefusalCode::Stale);
    })
    .await;
}

#[tokio::test]
async fn a_moved_term_moves_what_is_open_raises_its_revision_and_leaves_what_was_met() {
    both(async |world| {
        let mut programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let met = programme.obligation(row.id, "initial_actions").await;
        programme
            .write(async |txn, now| {
                let on = day("2026-09-10");
                record_met(txn, &Scope::System, None, now, met.id, None, on, "").await
            })
            .await
            .expect("recorded");
        let met = programme.obligation(row.id, "initial_actions").await;
        let open = programme.obligation(row.id, "self_assessment").await;
        let cohorts = &mut programme.set_up.cohorts;
        let term =
            &mut cohorts.iter_mut().find(|c| c.key == "september-2026").expect("it").terms[0];
        term.starts_on = term.starts_on + Days::new(7);
        let set_up = programme.set_up.clone();
        let report = programme
            .write(async |txn, now| loader::load(txn, now, &set_up).await)
            .await
            .expect("loads");
        assert!(report.obligations_changed > 0);
        let moved = programme.obligation(row.id, "self_assessment").await;
        assert_eq!(moved.due_on, open.due_on + Days::new(7));
        assert_eq!((moved.id, moved.revision), (open.id, open.revision + 1));
        assert_eq!(programme.obligation(row.id, "initial_actions").await, met);
    })
    .await;
}

#[tokio::test]
async fn the_day_after_a_cpd_session_its_recording_is_owed() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let session = async || {
            let rows = programme.obligations(row.id).await;
            rows.into_iter().find(|o| o.occurrence == "september-2026-cpd-2").expect("the session")
        };
        let before = session().await;
        assert_eq!((before.action.as_str(), before.due_on), ("attend", day("2026-10-08")));
        let early = programme
            .write(async |txn, now| {
                let on = day("2026-10-05");
                record_met(txn, &Scope::System, None, now, before.id, None, on, "").await
            })
            .await;
        assert_eq!(
            refusal(early),
            (RefusalCode::Conflict, Some("obligationId")),
            "it has not taken place"
        );
        programme.world.clock.set(at("2026-10-08T23:05:00Z"));
        assert!(programme.rederive().await > 0);
        let after = session().await;
        assert_eq!((after.action.as_str(), after.due_on), ("watch_recording", day("2026-10-22")));
        assert_eq!((after.id, after.revision), (before.id, before.revision + 1));
    })
    .await;
}

#[tokio::test]
async fn recording_checks_the_day_and_replaces_the_first_record_only_knowingly() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let record_as = async |on: &str, note: &str, version: Option<i32>| {
            let on = day(on);
            programme
                .write(async |txn, now| {
                    record_met(txn, &Scope::System, None, now, owed.id, version, on, note).await
                })
                .await
        };
        let record = async |on: &str, note: &str| record_as(on, note, None).await;
        assert_eq!(refusal(record("2026-10-06", "").await).1, Some("metOn"), "in the future");
        assert_eq!(refusal(record("2025-01-01", "").await).1, Some("metOn"), "long ago");
        assert_eq!(refusal(record("2026-10-01", &"x".repeat(2_001)).await).1, Some("note"));
        assert_eq!(refusal(record("2026-10-01", "a\0b").await).1, Some("note"), "no NUL");
        let first = record("2026-10-01", "first").await.expect("recorded");
        let stale = record_as("2026-10-01", " first ", Some(1)).await;
        assert_eq!(stale.expect("the same again is harmless"), first);
        for (on, note) in [("2026-10-02", "first"), ("2026-10-01", "second"), ("2026-10-01", "")] {
            let Err(StoreError::Refused(why)) = record(on, note).await else {
                panic!("{on} {note} was not refused")
            };
            assert_eq!((why.code, why.field), (RefusalCode::Conflict, Some("metOn")));
            let begins = "This was recorded as met on 1 October 2026 already. ";
            assert!(why.message.starts_with(begins), "{}", why.message);
        }
        let stale = record_as("2026-10-02", "first", Some(1)).await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, Some("expectedVersion")));
        assert_eq!(programme.obligation(row.id, "self_assessment").await, first);
        let corrected = record_as("2026-10-02", "second", Some(first.version)).await;
        let corrected = corrected.expect("corrected");
        assert_eq!((corrected.state.as_str(), corrected.version), ("met", first.version + 1));
        assert_eq!(corrected.met_on, Some(day("2026-10-02")));
        assert_eq!(corrected.note.as_deref(), Some("second"));
        let excused = programme
            .write(async |txn, now| {
                excuse(txn, &Scope::System, None, now, owed.id, None, "Too late").await
            })
            .await;
        assert_eq!(refusal(excused).0, RefusalCode::Conflict);
    })
    .await;
}

#[tokio::test]
async fn what_was_recorded_by_hand_or_excused_in_error_is_opened_again_by_who_runs_the_hub() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let hub = programme.hubs[0].id;
        let lead = Scope::Viewer(Viewer { hubs: vec![hub], ..Viewer::default() });
        let school = Viewer { settings: vec![programme.partners[0]], ..Viewer::default() };
        let school = Scope::Viewer(school);
        let evaluator = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        let reopen_as = async |scope: &Scope, id: Uuid, version: Option<i32>, reason: &str| {
            programme
                .write(async |txn, now| reopen(txn, scope, None, now, id, version, reason).await)
                .await
        };
        let open = refusal(reopen_as(&lead, owed.id, None, "Wrong school").await);
        assert_eq!(open, (RefusalCode::Conflict, Some("obligationId")), "it is open");
        let met = programme
            .write(async |txn, now| {
                let on = day("2026-10-01");
                record_met(txn, &school, None, now, owed.id, None, on, "All staff").await
            })
            .await
            .expect("recorded");
        for (scope, version, reason, expected) in [
            (&school, None, "Oops", (RefusalCode::Forbidden, Some("obligationId"))),
            (&evaluator, None, "Oops", (RefusalCode::NotFound, Some("obligationId"))),
            (&lead, None, " ", (RefusalCode::Invalid, Some("reason"))),
            (&lead, Some(1), "Oops", (RefusalCode::Stale, Some("expectedVersion"))),
        ] {
            assert_eq!(refusal(reopen_as(scope, owed.id, version, reason).await), expected);
        }
        assert_eq!(programme.obligation(row.id, "self_assessment").await, met);
        let again = reopen_as(&lead, owed.id, Some(met.version), " Wrong school ").await;
        let again = again.expect("opened again");
        assert_eq!((again.state.as_str(), again.met_on), ("open", None));
        assert_eq!(again.note.as_deref(), Some("Wrong school"));
        assert_eq!(again.revision, met.revision + 1, "reminders are planned anew");
        let excused = programme
            .write(async |txn, now| excuse(txn, &lead, None, now, owed.id, None, "Flood").await)
            .await
            .expect("excused");
        let again = reopen_as(&lead, owed.id, Some(excused.version), "It was dry").await;
        assert_eq!(again.expect("opened again").state, "open");
        // A hub does not let itself off, so it does not take that back either.
        let duty = programme.obligation(hub, "host_open_day").await;
        programme
            .write(async |txn, now| {
                excuse(txn, &Scope::System, None, now, duty.id, None, "Building work").await
            })
            .await
            .expect("excused");
        let own = refusal(reopen_as(&lead, duty.id, None, "Done").await);
        assert_eq!(own, (RefusalCode::Forbidden, Some("obligationId")));
        let region = programme.hubs[0].region_id.expect("it has one");
        let above = Scope::Viewer(Viewer { regions: vec![region], ..Viewer::default() });
        let again = reopen_as(&above, duty.id, None, "Done earlier").await.expect("opened again");
        assert_eq!((again.state.as_str(), again.revision), ("open", duty.revision + 1));
    })
    .await;
}

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
async fn a_hub_owes_only_what_its_partners_need_and_nothing_from_before_they_came() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let late = Enrol {
            cohort_id: programme.cohort("january-2026").await,
            pathway_id: programme.pathway("regional").await,
            enrolled_on: day("2026-10-05"),
            ..programme.wish().await
        };
        programme.enrol(&Scope::System, late).await.expect("enrolled");
        let duties = programme.obligations(programme.hubs[0].id).await;
        let today = day("2026-10-05");
        assert!(duties.iter().all(|duty| duty.due_on > today), "no duty of a term gone by");
        assert!(duties.iter().any(|duty| duty.kind == "keep_in_touch"));
        assert!(
            duties.iter().all(|duty| duty.kind != "deliver_support_days"),
            "Regional partners have no support days"
        );
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
async fn what_cannot_be_done_yet_cannot_be_recorded() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let today = day("2026-10-05");
        let rows = programme.obligations(row.id).await;
        let later = rows.iter().find(|one| one.opens_on.is_some_and(|first| first > today));
        let later = later.expect("the final surveys open in the last weeks").id;
        let recorded = programme
            .write(async |txn, now| {
                record_met(txn, &Scope::System, None, now, later, None, today, "").await
            })
            .await;
        assert_eq!(refusal(recorded), (RefusalCode::Invalid, Some("metOn")));
    })
    .await;
}

#[tokio::test]
async fn who_leaves_before_the_first_day_leaves_today_and_owes_nothing() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let wish = Enrol { enrolled_on: day("2026-11-02"), ..programme.wish().await };
        let row = programme.enrol(&Scope::System, wish).await.expect("enrolled");
        programme
            .write(async |txn, now| {
                let on = day("2026-10-05");
                withdraw(txn, &Scope::System, None, now, row.id, None, on, "Changed plans").await
            })
            .await
            .expect("withdrawn");
        let left = programme.obligations(row.id).await;
        assert!(left.iter().all(|one| one.state == "cancelled"));
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
