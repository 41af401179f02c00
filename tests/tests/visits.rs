//! Visits from proposal to record, and the obligations they meet.

use chrono::{DateTime, Utc};
use entity::enrolments::{obligation, record_met, reopen, transfer, withdraw};
use entity::hubs::{HubWish, put_hub};
use entity::outcome::{RefusalCode, StoreError};
use entity::plans::actions::ActionWish;
use entity::plans::agreed_action;
use entity::scope::{Scope, Viewer};
use entity::visits::{self, Agree, Cancel, Proposal, Record, Reschedule, visit, visit_change};
use rules::visits::{Attendee, Party, Slot, VisitKind};
use runtime::database::Database;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use tests::rise::{Partner, Rise, at, day, setting};
use tests::{World, both};
use tokio::task::JoinSet;
use uuid::Uuid;

fn slot(starts_at: &str, ends_at: &str) -> Slot {
    Slot { starts_at: at(starts_at), ends_at: at(ends_at) }
}

/// A working day of six hours.
fn on(day: &str) -> Slot {
    slot(&format!("{day}T09:00:00Z"), &format!("{day}T15:00:00Z"))
}

fn proposal(partner: Partner, slot: Slot) -> Proposal {
    Proposal {
        enrolment_id: partner.enrolment,
        kind: VisitKind::SupportDay,
        slot,
        half_days: 2,
        purpose: "Walk the corridors together".to_owned(),
        visitor_id: None,
    }
}

fn agreement(visit_id: Uuid) -> Agree {
    Agree { visit_id, expected_version: None, visitor_id: None }
}

fn cancellation(visit_id: Uuid, called_off_by: Option<Party>) -> Cancel {
    Cancel { visit_id, expected_version: None, called_off_by, reason: "Flood".to_owned() }
}

fn move_to(visit_id: Uuid, slot: Slot) -> Reschedule {
    Reschedule {
        visit_id,
        expected_version: None,
        slot,
        half_days: None,
        visitor_id: None,
        reason: String::new(),
    }
}

fn record_of(visit_id: Uuid, half_days_used: i32) -> Record {
    let somebody =
        |name: &str, role: &str| Attendee { name: name.to_owned(), role: role.to_owned() };
    Record {
        visit_id,
        expected_version: None,
        slot: None,
        half_days_used,
        attendees: vec![somebody("Ada Example", "Lead"), somebody("Bea Example", "Headteacher")],
        summary: "Looked at arrival and the first lesson.".to_owned(),
        actions: Vec::new(),
    }
}

/// RISE with partners, and everybody who acts in it.
struct Story {
    world: World,
    rise: Rise,
}

impl Story {
    async fn new(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        Self { world, rise }
    }

    fn lead(&self) -> Scope {
        let hubs = vec![self.rise.hub.id];
        Scope::Viewer(Viewer { person_id: self.rise.lead, hubs, ..Viewer::default() })
    }

    fn head(&self, number: usize) -> Scope {
        let Partner { head, setting, .. } = self.rise.partners[number];
        Scope::Viewer(Viewer { person_id: head, settings: vec![setting], ..Viewer::default() })
    }

    /// Runs a write as somebody: committed when it succeeds, else rolled back.
    async fn as_of<T>(
        &self,
        scope: &Scope,
        deed: impl AsyncFnOnce(
            &DatabaseTransaction,
            &Scope,
            Option<Uuid>,
            DateTime<Utc>,
        ) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        act(&self.world.db, scope, self.world.clock.now(), deed).await
    }

    async fn propose(&self, scope: &Scope, wish: Proposal) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::propose(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn agree(&self, scope: &Scope, wish: Agree) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::agree(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn reschedule(
        &self,
        scope: &Scope,
        wish: Reschedule,
    ) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::reschedule(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn cancel(&self, scope: &Scope, wish: Cancel) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::cancel(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn record(&self, scope: &Scope, wish: Record) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::record(txn, scope, by, now, wish).await
        })
        .await
    }

    /// A visit proposed by the lead, who also records it, having used so many half days.
    async fn held(&self, wish: Proposal, half_days: i32) -> visit::Model {
        let visit = self.propose(&self.lead(), wish).await.expect("proposed");
        self.record(&self.lead(), record_of(visit.id, half_days)).await.expect("recorded")
    }

    async fn story_of(&self, visit: Uuid) -> Vec<(String, Option<String>)> {
        visit_change::Entity::find()
            .filter(visit_change::Column::VisitId.eq(visit))
            .order_by_asc(visit_change::Column::Id)
            .all(self.world.db.reader())
            .await
            .expect("a read")
            .into_iter()
            .map(|change| (change.what, change.by_party))
            .collect()
    }

    /// The first partner's obligations of a kind as due day, state and the kind of deed.
    async fn owed(&self, kind: &str) -> Vec<(String, String, Option<String>)> {
        obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(self.rise.partners[0].enrolment))
            .filter(obligation::Column::Kind.eq(kind))
            .order_by_asc(obligation::Column::DueOn)
            .all(self.world.db.reader())
            .await
            .expect("a read")
            .into_iter()
            .map(|row| (row.due_on.to_string(), row.state, row.deed_kind))
            .collect()
    }

    async fn states(&self, kind: &str) -> Vec<String> {
        self.owed(kind).await.into_iter().map(|(_, state, _)| state).collect()
    }

    async fn visits(&self) -> u64 {
        visit::Entity::find().count(self.world.db.reader()).await.expect("a read")
    }
}

async fn act<T>(
    db: &Database,
    scope: &Scope,
    now: DateTime<Utc>,
    deed: impl AsyncFnOnce(
        &DatabaseTransaction,
        &Scope,
        Option<Uuid>,
        DateTime<Utc>,
    ) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let by = match scope {
        Scope::Viewer(viewer) => Some(viewer.person_id),
        Scope::System => None,
    };
    let txn = db.write().await?;
    let done = deed(&txn, scope, by, now).await?;
    txn.commit().await?;
    Ok(done)
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, &'static str) {
    match outcome {
        Err(StoreError::Refused(refusal)) => (refusal.code, refusal.field.unwrap_or_default()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn steps(story: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    story.iter().map(|(what, by)| ((*what).to_owned(), by.map(str::to_owned))).collect()
}

#[tokio::test]
async fn one_side_names_a_time_and_only_the_other_agrees() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let visit = story.propose(&story.lead(), proposal(partner, on("2026-10-13"))).await;
        let visit = visit.expect("proposed");
        assert_eq!((visit.state.as_str(), visit.sequence), ("proposed", 0));
        assert_eq!(visit.visitor_id, Some(story.rise.lead), "who proposes for the hub comes");
        let own = story.agree(&story.lead(), agreement(visit.id)).await;
        assert_eq!(refusal(own), (RefusalCode::Forbidden, "visitId"));
        // The partner would rather come another day; now the hub is asked.
        let wish = move_to(visit.id, on("2026-10-14"));
        let visit = story.reschedule(&story.head(0), wish).await.expect("moved");
        assert_eq!((visit.state.as_str(), visit.proposed_by.as_str()), ("proposed", "partner"));
        let own = story.agree(&story.head(0), agreement(visit.id)).await;
        assert_eq!(refusal(own), (RefusalCode::Forbidden, "visitId"));
        let wish = Agree { expected_version: Some(1), ..agreement(visit.id) };
        let stale = story.agree(&story.lead(), wish).await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, "expectedVersion"));
        let wish = Agree { expected_version: Some(2), ..agreement(visit.id) };
        let visit = story.agree(&story.lead(), wish).await.expect("agreed");
        assert_eq!((visit.state.as_str(), visit.sequence, visit.version), ("agreed", 2, 3));
        assert_eq!(visit.agreed_at, Some(story.world.clock.now()));
        let again = story.agree(&story.head(0), agreement(visit.id)).await;
        assert_eq!(refusal(again), (RefusalCode::Conflict, "visitId"));
        assert_eq!(
            story.story_of(visit.id).await,
            steps(&[
                ("proposed", Some("hub")),
                ("rescheduled", Some("partner")),
                ("agreed", Some("hub")),
            ])
        );
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let partner = story.rise.partners[0];
        let good = proposal(partner, on("2026-10-13"));
        let deep = VisitKind::DeepDiveVisit;
        let (lead, head) = (story.lead(), story.head(0));
        let stranger = Some(story.rise.partners[1].head);
        for (who, field, wish) in [
            (
                &lead,
                "endsAt",
                Proposal {
                    slot: slot("2026-10-13T09:00:00Z", "2026-10-13T09:00:00Z"),
                    ..good.clone()
                },
            ),
            (&lead, "startsAt", Proposal { slot: on("2026-12-22"), ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 3, ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 0, kind: deep, ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 1, kind: deep, ..good.clone() }),
            (&head, "halfDays", Proposal { half_days: 1, kind: deep, ..good.clone() }),
            (&lead, "purpose", Proposal { purpose: " ".to_owned(), ..good.clone() }),
            (&lead, "visitorId", Proposal { visitor_id: stranger, ..good.clone() }),
            (&head, "visitorId", Proposal { visitor_id: Some(story.rise.lead), ..good.clone() }),
            (&head, "startsAt", Proposal { slot: on("2026-10-02"), ..good.clone() }),
            (&head, "enrolmentId", proposal(story.rise.partners[1], on("2026-10-13"))),
        ] {
            let outcome = story.propose(who, wish.clone()).await;
            assert_eq!(refusal(outcome).1, field, "{wish:?}");
        }
        assert_eq!(story.visits().await, 0);
        // A pathway without support days.
        let txn = story.world.db.write().await.expect("a transaction");
        let now = story.world.clock.now();
        let regional = tests::rise::enrol_on(&txn, now, &story.rise, "regional").await;
        txn.commit().await.expect("commit");
        let wish = Proposal { enrolment_id: regional, ..good.clone() };
        assert_eq!(refusal(story.propose(&lead, wish).await), (RefusalCode::Conflict, "kind"));
        // What took place without having been arranged can be named by who records it.
        let past = Proposal { slot: on("2026-10-02"), ..good };
        story.propose(&lead, past).await.expect("the lead names a day that has passed");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_part_in_it_finds_no_visit() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let wish = proposal(story.rise.partners[0], on("2026-10-13"));
        let visit = story.propose(&story.head(0), wish.clone()).await.expect("proposed");
        let nobody = Viewer { person_id: story.rise.admin, ..Viewer::default() };
        for scope in [
            story.head(1),
            Scope::Viewer(Viewer { evaluator: true, ..nobody.clone() }),
            Scope::Viewer(Viewer { hubs: vec![story.rise.id], ..nobody }),
        ] {
            let missing = (RefusalCode::NotFound, "visitId");
            let id = visit.id;
            assert_eq!(refusal(story.agree(&scope, agreement(id)).await), missing);
            assert_eq!(refusal(story.cancel(&scope, cancellation(id, None)).await), missing);
            assert_eq!(refusal(story.record(&scope, record_of(id, 1)).await), missing);
            let moved = story.reschedule(&scope, move_to(id, on("2026-10-15"))).await;
            assert_eq!(refusal(moved), missing);
            let proposed = story.propose(&scope, wish.clone()).await;
            assert_eq!(refusal(proposed), (RefusalCode::NotFound, "enrolmentId"));
        }
        assert_eq!(story.story_of(visit.id).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn half_days_fill_the_first_half_of_the_term_and_a_correction_downwards_owes_it_again() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        assert_eq!(story.states("support_days").await, ["open"; 6]);
        story.held(proposal(partner, on("2026-09-15")), 2).await;
        assert_eq!(story.states("support_days").await, ["open"; 6], "three half days are asked");
        let second = story.held(proposal(partner, on("2026-09-22")), 1).await;
        let owed = story.owed("support_days").await;
        assert_eq!((owed[0].1.as_str(), owed[0].2.as_deref()), ("met", Some("support_day")));
        assert_eq!(owed[1].1, "open");
        // One half day more was used than written down: four of five by the end of term.
        let wish = Record { expected_version: Some(second.version), ..record_of(second.id, 2) };
        let second = story.record(&story.lead(), wish).await.expect("corrected");
        assert_eq!(story.states("support_days").await[..2], ["met", "open"]);
        let two_days = slot("2026-09-29T09:00:00Z", "2026-09-30T15:00:00Z");
        story.held(Proposal { half_days: 4, ..proposal(partner, two_days) }, 4).await;
        assert_eq!(story.states("support_days").await[..3], ["met", "met", "open"]);
        // Put right downwards, the second obligation is owed again; another half day makes it up.
        let wish = Record { expected_version: Some(second.version), ..record_of(second.id, 1) };
        story.record(&story.lead(), wish).await.expect("corrected");
        let owed = story.owed("support_days").await;
        assert_eq!((owed[0].1.as_str(), owed[1].1.as_str()), ("met", "open"));
        assert_eq!(owed[1].2, None);
        let third = story.held(proposal(partner, on("2026-10-01")), 1).await;
        assert_eq!(third.held_on, Some(day("2026-10-01")));
        assert_eq!(story.states("support_days").await[..2], ["met", "met"]);
        let wish = Record { expected_version: None, ..record_of(third.id, 1) };
        let blind = story.record(&story.lead(), wish).await;
        assert_eq!(refusal(blind), (RefusalCode::Conflict, "expectedVersion"));
        let owner = story.rise.hub.id;
        let duty = story.rise.obligation(&story.world, owner, "deliver_support_days").await;
        assert_eq!(duty.state, "met", "the hub's only partner has had all its days of term 1");
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_the_second_term_meets_none_of_the_first_and_a_deep_dive_counts_once() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let deep = |day| Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on(day)) };
        let dive = story.held(deep("2026-09-24"), 2).await;
        story.held(deep("2026-10-01"), 2).await;
        let owed = story.owed("deep_dive_visit").await;
        assert_eq!(owed.len(), 1);
        assert_eq!((owed[0].1.as_str(), owed[0].2.as_deref()), ("met", Some("deep_dive_visit")));
        let met = story.rise.obligation(&story.world, partner.enrolment, "deep_dive_visit").await;
        assert_eq!((met.deed_id, met.met_on), (Some(dive.id), Some(day("2026-09-24"))));
        assert_eq!(story.states("support_days").await, ["open"; 6], "it is no support day");
        story.world.clock.set(at("2027-01-14T18:00:00Z"));
        story.held(proposal(partner, on("2027-01-12")), 2).await;
        story.held(proposal(partner, on("2027-01-13")), 2).await;
        assert_eq!(story.states("support_days").await[..4], ["open", "open", "met", "open"]);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_recorded_by_the_lead_once_it_has_begun_with_what_was_agreed_at_it() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let wish = proposal(story.rise.partners[0], on("2026-10-05"));
        let visit = story.propose(&story.head(0), wish).await.expect("proposed");
        let action = ActionWish {
            title: "Greet pupils at the gate".to_owned(),
            owner_party: Party::Partner,
            owner_name: "Bea Example".to_owned(),
            due_on: day("2026-10-12"),
        };
        let good = Record { actions: vec![action.clone()], ..record_of(visit.id, 2) };
        let early = story.record(&story.lead(), good.clone()).await;
        assert_eq!(refusal(early), (RefusalCode::Conflict, "visitId"), "it is before eight");
        story.world.clock.set(at("2026-10-05T16:00:00Z"));
        let by_partner = story.record(&story.head(0), good.clone()).await;
        assert_eq!(refusal(by_partner), (RefusalCode::Forbidden, "visitId"));
        let before = ActionWish { due_on: day("2026-10-04"), ..action.clone() };
        let nobody = Attendee { name: " ".to_owned(), role: String::new() };
        for (field, wish) in [
            ("halfDaysUsed", Record { half_days_used: 3, ..good.clone() }),
            ("attendees", Record { attendees: Vec::new(), ..good.clone() }),
            ("attendees", Record { attendees: vec![nobody], ..good.clone() }),
            ("summary", Record { summary: String::new(), ..good.clone() }),
            ("dueOn", Record { actions: vec![action, before], ..good.clone() }),
            ("visitId", Record { slot: Some(on("2026-10-06")), ..good.clone() }),
        ] {
            let outcome = story.record(&story.lead(), wish.clone()).await;
            assert_eq!(refusal(outcome).1, field, "{wish:?}");
        }
        let visit = story.record(&story.lead(), good.clone()).await.expect("nobody had agreed");
        assert_eq!((visit.state.as_str(), visit.sequence), ("recorded", 1));
        assert_eq!(visit.attendees[1]["name"], "Bea Example");
        let actions = agreed_action::Entity::find().all(story.world.db.reader()).await;
        let actions = actions.expect("a read");
        assert_eq!(actions.len(), 1, "what was refused left none behind");
        assert_eq!((actions[0].visit_id, actions[0].objective_id), (Some(visit.id), None));
        // It was another morning: the time moves, and what was agreed stays.
        let wish = Record {
            slot: Some(slot("2026-10-02T08:00:00Z", "2026-10-02T11:00:00Z")),
            expected_version: Some(visit.version),
            actions: Vec::new(),
            ..record_of(visit.id, 1)
        };
        let visit = story.record(&story.lead(), wish).await.expect("corrected");
        assert_eq!((visit.held_on, visit.half_days_used), (Some(day("2026-10-02")), Some(1)));
        assert_eq!(visit.sequence, 2);
        let late = story.cancel(&story.head(0), cancellation(visit.id, None)).await;
        assert_eq!(refusal(late), (RefusalCode::Conflict, "visitId"));
        let expected =
            [("proposed", Some("partner")), ("recorded", Some("hub")), ("corrected", Some("hub"))];
        assert_eq!(story.story_of(visit.id).await, steps(&expected));
    })
    .await;
}

#[tokio::test]
async fn a_visit_recorded_by_mistake_is_cancelled_by_the_lead_and_what_it_met_is_owed_again() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let wish =
            Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on("2026-09-24")) };
        let visit = story.propose(&story.lead(), wish).await.expect("proposed");
        let action = ActionWish {
            title: "Greet pupils at the gate".to_owned(),
            owner_party: Party::Partner,
            owner_name: "Bea Example".to_owned(),
            due_on: day("2026-10-12"),
        };
        let wish = Record { actions: vec![action], ..record_of(visit.id, 2) };
        let visit = story.record(&story.lead(), wish).await.expect("recorded");
        let owed = async || {
            story.rise.obligation(&story.world, partner.enrolment, "deep_dive_visit").await
        };
        let met = owed().await;
        assert_eq!((met.state.as_str(), met.deed_id), ("met", Some(visit.id)));
        // What a visit met is put right there, and nowhere else.
        let elsewhere = story.as_of(&Scope::System, async |txn, scope, by, now| {
            let (on, version) = (day("2026-09-25"), Some(met.version));
            record_met(txn, scope, by, now, met.id, version, on, "").await
        });
        assert_eq!(refusal(elsewhere.await), (RefusalCode::Conflict, "metOn"));
        let lead = story.lead();
        let elsewhere = story.as_of(&lead, async |txn, scope, by, now| {
            reopen(txn, scope, by, now, met.id, Some(met.version), "It was another school").await
        });
        assert_eq!(refusal(elsewhere.await), (RefusalCode::Conflict, "obligationId"));
        let versioned = |version, reason: &str| Cancel {
            expected_version: version,
            reason: reason.to_owned(),
            ..cancellation(visit.id, None)
        };
        let why = "It was another school";
        let (conflict, stale) = (RefusalCode::Conflict, RefusalCode::Stale);
        for (scope, wish, expected) in [
            (story.head(0), versioned(Some(visit.version), why), (conflict, "visitId")),
            (story.lead(), versioned(None, why), (conflict, "expectedVersion")),
            (story.lead(), versioned(Some(1), why), (stale, "expectedVersion")),
            (story.lead(), versioned(Some(visit.version), " "), (RefusalCode::Invalid, "reason")),
        ] {
            assert_eq!(refusal(story.cancel(&scope, wish).await), expected);
        }
        assert_eq!(owed().await, met);
        let gone = story.cancel(&story.lead(), versioned(Some(visit.version), why)).await;
        let gone = gone.expect("cancelled");
        assert_eq!((gone.state.as_str(), gone.cancelled_by.as_deref()), ("cancelled", Some("hub")));
        assert_eq!((gone.held_on, gone.half_days_used, gone.summary), (None, None, None));
        let again = owed().await;
        assert_eq!((again.state.as_str(), again.deed_id), ("open", None));
        assert_eq!(again.revision, met.revision + 1);
        let actions = agreed_action::Entity::find().all(story.world.db.reader()).await;
        assert_eq!(actions.expect("a read")[0].state, "dropped");
        let told =
            [("proposed", Some("hub")), ("recorded", Some("hub")), ("cancelled", Some("hub"))];
        assert_eq!(story.story_of(visit.id).await, steps(&told));
        // Reported by hand and opened again, it is met by the visit as soon as there is one.
        story
            .as_of(&story.head(0), async |txn, scope, by, now| {
                record_met(txn, scope, by, now, met.id, None, day("2026-09-24"), "Came").await
            })
            .await
            .expect("recorded by hand");
        let held = story
            .held(
                Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on("2026-09-29")) },
                2,
            )
            .await;
        assert_eq!(owed().await.deed_id, None, "what was reported by hand stands");
        let met = story
            .as_of(&story.lead(), async |txn, scope, by, now| {
                reopen(txn, scope, by, now, met.id, None, "It was the week after").await
            })
            .await
            .expect("opened again");
        assert_eq!((met.state.as_str(), met.deed_id), ("met", Some(held.id)));
        assert_eq!((met.note, met.recorded_by), (None, None));
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_visit_says_which_side_called_it_off_and_frees_its_time() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let (lead, head) = (story.lead(), story.head(0));
        let propose = async || {
            let wish = proposal(partner, on("2026-10-13"));
            story.propose(&lead, wish).await.expect("the time is free").id
        };
        let first = propose().await;
        let twice = story.propose(&head, proposal(partner, on("2026-10-13"))).await;
        assert_eq!(refusal(twice), (RefusalCode::Conflict, "startsAt"));
        let wish = Cancel { reason: " ".to_owned(), ..cancellation(first, None) };
        assert_eq!(refusal(story.cancel(&head, wish).await), (RefusalCode::Invalid, "reason"));
        let blame = story.cancel(&head, cancellation(first, Some(Party::Hub))).await;
        assert_eq!(refusal(blame), (RefusalCode::Forbidden, "calledOffBy"));
        let declined = story.cancel(&head, cancellation(first, None)).await.expect("declined");
        assert_eq!(declined.cancelled_by.as_deref(), Some("partner"));
        let second = propose().await;
        let own = story.cancel(&lead, cancellation(second, None)).await.expect("cancelled");
        assert_eq!(own.cancelled_by.as_deref(), Some("hub"));
        let third = propose().await;
        let missed = story.cancel(&lead, cancellation(third, Some(Party::Partner))).await;
        assert_eq!(missed.expect("cancelled").cancelled_by.as_deref(), Some("partner"));
        let told = [("proposed", Some("hub")), ("cancelled", Some("hub"))];
        assert_eq!(story.story_of(third).await, steps(&told), "the lead wrote it down");
        let gone = story.agree(&head, agreement(third)).await;
        assert_eq!(refusal(gone), (RefusalCode::Conflict, "visitId"));
        let gone = story.record(&lead, record_of(third, 1)).await;
        assert_eq!(refusal(gone), (RefusalCode::Conflict, "visitId"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_at_two_visits_at_a_time() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let [ash, birch] = [story.rise.partners[0], story.rise.partners[1]];
        let morning = slot("2026-10-13T09:00:00Z", "2026-10-13T12:00:00Z");
        let lunch = slot("2026-10-13T11:00:00Z", "2026-10-13T14:00:00Z");
        let afternoon = slot("2026-10-13T12:00:00Z", "2026-10-13T15:00:00Z");
        let lead = story.lead();
        // A proposal stands in nobody's way but its own partner's.
        let first = story.propose(&lead, proposal(ash, morning)).await.expect("proposed");
        let second = story.propose(&lead, proposal(birch, lunch)).await.expect("proposed");
        story.agree(&story.head(0), agreement(first.id)).await.expect("agreed");
        let clash = (RefusalCode::Conflict, "startsAt");
        assert_eq!(refusal(story.agree(&story.head(1), agreement(second.id)).await), clash);
        let third = story.propose(&lead, proposal(birch, on("2026-10-13"))).await;
        assert_eq!(refusal(third), clash);
        let moved = story.reschedule(&story.head(1), move_to(second.id, morning)).await;
        assert_eq!(refusal(moved), clash);
        // One may follow on the other's heels.
        story.reschedule(&story.head(1), move_to(second.id, afternoon)).await.expect("moved");
        story.agree(&lead, agreement(second.id)).await.expect("agreed");
        // A record cannot say that the lead was at both.
        story.world.clock.set(at("2026-10-13T18:00:00Z"));
        let wish = Record { slot: Some(lunch), ..record_of(second.id, 1) };
        assert_eq!(refusal(story.record(&lead, wish).await), clash);
        story.record(&lead, record_of(second.id, 1)).await.expect("recorded");
    })
    .await;
}

/// Runs all of them at once, each in a transaction of its own, and counts who succeeded. Whoever did
/// not must have been refused as a clash of times.
async fn race<F>(attempts: Vec<F>) -> usize
where
    F: Future<Output = Result<visit::Model, StoreError>> + Send + 'static,
{
    let mut running = JoinSet::new();
    for attempt in attempts {
        running.spawn(attempt);
    }
    let mut won = 0;
    while let Some(outcome) = running.join_next().await {
        match outcome.expect("it ran") {
            Ok(_) => won += 1,
            refused => assert_eq!(refusal(refused), (RefusalCode::Conflict, "startsAt")),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_propose_to_one_partner_at_once_exactly_one_wins() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let attempts = (0..8).map(|number| {
            let (db, now) = (story.world.db.clone(), story.world.clock.now());
            let scope = if number % 2 == 0 { story.lead() } else { story.head(0) };
            // No two at the very same time, all overlapping.
            let slot = slot(&format!("2026-10-13T0{number}:00:00Z"), "2026-10-13T15:00:00Z");
            async move {
                let wish = proposal(partner, slot);
                act(&db, &scope, now, async |txn, scope, by, now| {
                    visits::propose(txn, scope, by, now, wish).await
                })
                .await
            }
        });
        assert_eq!(race(attempts.collect()).await, 1, "{}", story.world.name);
        assert_eq!(story.visits().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_partners_who_agree_at_once_to_one_visitor_exactly_one_wins() {
    both(async |world| {
        let names: Vec<String> = (1..=8).map(|number| format!("Demo School {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let story = Story::new(world, &names).await;
        // Four of them belong to another hub, led by the same person, so that no lock on a hub or
        // an enrolment alone keeps them apart.
        let other = other_hub(&story).await;
        for partner in &story.rise.partners[4..] {
            let id = partner.enrolment;
            let moved = story.as_of(&Scope::System, async |txn, scope, by, now| {
                transfer(txn, scope, by, now, id, None, other, "Nearer").await
            });
            moved.await.expect("transferred");
        }
        let person_id = story.rise.lead;
        let hubs = vec![story.rise.hub.id, other];
        let lead = Scope::Viewer(Viewer { person_id, hubs, ..Viewer::default() });
        let mut attempts = Vec::new();
        for (number, partner) in story.rise.partners.iter().enumerate() {
            let wish = proposal(*partner, on("2026-10-13"));
            let visit = story.propose(&lead, wish).await.expect("proposals do not clash");
            assert_eq!(visit.visitor_id, Some(person_id));
            let (db, now) = (story.world.db.clone(), story.world.clock.now());
            let scope = story.head(number);
            attempts.push(async move {
                act(&db, &scope, now, async |txn, scope, by, now| {
                    visits::agree(txn, scope, by, now, agreement(visit.id)).await
                })
                .await
            });
        }
        assert_eq!(race(attempts).await, 1, "{}", story.world.name);
        let agreed = visit::Entity::find().filter(visit::Column::State.eq("agreed"));
        assert_eq!(agreed.count(story.world.db.reader()).await.expect("a read"), 1);
    })
    .await;
}

/// A second hub, which the lead of the first leads too.
async fn other_hub(story: &Story) -> Uuid {
    let (now, lead) = (story.world.clock.now(), story.rise.lead);
    let txn = story.world.db.write().await.expect("a transaction");
    let wish = HubWish {
        programme_id: story.rise.id,
        key: "other".to_owned(),
        name: "Demo Other Hub".to_owned(),
        lead_setting_id: setting(&txn, now, 900_090, "Demo Other Lead School", "open").await,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
    };
    let hub = put_hub(&txn, now, wish).await.expect("a hub").0.id;
    let role = entity::people::grants::Grant::HubLead { hub_id: hub };
    entity::people::grants::grant(&txn, now, lead, role).await.expect("a grant");
    txn.commit().await.expect("commit");
    hub
}

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
