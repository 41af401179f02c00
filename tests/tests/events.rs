//! Events from draft to attendance, and what partners owe in consequence.

use chrono::{DateTime, Utc};
use entity::engagement::engagement_alert;
use entity::enrolments::{obligation, transfer, withdraw};
use entity::events::{
    self, Book, Details, Edit, EventEdit, NewEvent, Presence, Watching, attendance, booking,
    event_attendance,
};
use entity::hubs::{HubWish, hub, put_hub};
use entity::messages::{facts, reminder, reminders};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::principal;
use entity::programme::{cohort, event};
use entity::scope::{Scope, Viewer};
use rules::events::TrainingModule;
use rules::programme::EventKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tests::rise::{Rise, at, day, setting};
use tests::{World, both};
use uuid::Uuid;

/// A hub with partners, and its events.
struct Hub {
    world: World,
    rise: Rise,
}

impl Hub {
    async fn new(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        Self { world, rise }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.clock.now()
    }

    async fn viewer(&self, person: Uuid) -> Scope {
        let viewer = principal::viewer(self.world.db.reader(), person).await.expect("roles");
        Scope::Viewer(viewer).at(self.now())
    }

    async fn lead(&self) -> Scope {
        self.viewer(self.rise.lead).await
    }

    /// Somebody of a partner school.
    fn school(&self, partner: usize) -> Scope {
        let settings = vec![self.rise.partners[partner].setting];
        let person_id = self.rise.partners[partner].head;
        Scope::Viewer(Viewer { person_id, settings, ..Viewer::default() })
    }

    fn enrolment(&self, partner: usize) -> Uuid {
        self.rise.partners[partner].enrolment
    }

    /// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
    async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&DatabaseTransaction, DateTime<Utc>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let txn = self.world.db.write().await?;
        let done = deed(&txn, self.now()).await?;
        txn.commit().await?;
        Ok(done)
    }

    fn open_day(&self) -> NewEvent {
        NewEvent {
            programme_id: self.rise.id,
            hub_id: Some(self.rise.hub.id),
            cohort_id: None,
            key: None,
            kind: EventKind::OpenDay,
            title: "Demo open day".to_owned(),
            starts_at: at("2026-10-08T08:30:00Z"),
            ends_at: at("2026-10-08T13:30:00Z"),
            details: Details {
                place: Some("Demo Lead School".to_owned()),
                joining_details: Some("Ask at the gate for the demo room".to_owned()),
                capacity: Some(5),
                ..Details::default()
            },
        }
    }

    /// An open day of the hub, planned and published now.
    async fn published(&self, wish: NewEvent) -> event::Model {
        self.write(async |txn, now| {
            let row = events::create(txn, &Scope::System, now, wish).await?;
            events::publish(txn, &Scope::System, now, row.id, None, None).await
        })
        .await
        .expect("published")
    }

    async fn book(
        &self,
        scope: &Scope,
        event: Uuid,
        partner: usize,
        places: i32,
    ) -> Result<booking::Model, StoreError> {
        let wish = Book { event_id: event, enrolment_id: self.enrolment(partner), places };
        self.write(async |txn, now| events::book(txn, scope, None, now, wish).await).await
    }

    async fn record(
        &self,
        scope: &Scope,
        event: Uuid,
        partner: usize,
        presence: Presence,
    ) -> Result<event_attendance::Model, StoreError> {
        let of = (event, self.enrolment(partner));
        self.write(async |txn, now| attendance::record(txn, scope, None, now, of, presence).await)
            .await
    }

    async fn event(&self, id: Uuid) -> event::Model {
        let row = event::Entity::find_by_id(id).one(self.world.db.reader()).await;
        row.expect("a read").expect("the event")
    }

    async fn keyed(&self, key: &str) -> event::Model {
        let rows = event::Entity::find().filter(event::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the event")
    }

    /// Bookings of an event in their order: partner, places, state.
    async fn list(&self, event: Uuid) -> Vec<(usize, i32, String)> {
        let rows = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event))
            .order_by_asc(booking::Column::BookedAt)
            .all(self.world.db.reader())
            .await
            .expect("a read");
        let number = |id| self.rise.partners.iter().position(|one| one.enrolment == id);
        rows.into_iter()
            .map(|row| (number(row.enrolment_id).expect("a partner"), row.places, row.state))
            .collect()
    }

    /// What a partner owes of a kind, by occurrence: state, action, due day.
    async fn owed(&self, partner: usize, occurrence: &str, kind: &str) -> obligation::Model {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(self.enrolment(partner)))
            .filter(obligation::Column::Kind.eq(kind))
            .filter(obligation::Column::Occurrence.eq(occurrence));
        let row = rows.one(self.world.db.reader()).await.expect("a read");
        row.unwrap_or_else(|| panic!("{kind} {occurrence} is not owed"))
    }
}

fn came(people: i32, senior_leader: bool) -> Presence {
    Presence { attended: true, people, senior_leader, note: None }
}

fn stayed_away() -> Presence {
    Presence { attended: false, people: 0, senior_leader: false, note: None }
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, Option<&'static str>) {
    match outcome {
        Err(StoreError::Refused(refusal)) => (refusal.code, refusal.field),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// Plans reminders and calls off what is no longer wanted, as before each digest.
async fn plan(hub: &Hub) {
    hub.write(async |txn, now| {
        let book = facts::Book::load(txn).await?;
        reminders::plan_programme(txn, now, &book, hub.rise.id).await?;
        reminders::call_off_unwanted(txn, now, &book).await
    })
    .await
    .expect("planned");
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("Demo Partner {number:02}")).collect()
}

#[tokio::test]
async fn an_event_is_seen_by_its_host_alone_until_its_publication_and_owed_from_then_on() {
    both(async |world| {
        let hub = Hub::new(world, &["Demo Ash", "Demo Birch"]).await;
        let lead = hub.lead().await;
        let wish = hub.open_day();
        let row = hub
            .write(async |txn, now| events::create(txn, &lead, now, wish).await)
            .await
            .expect("planned");
        assert_eq!(row.key, "demo-open-day-2026-10-08");
        let sees = async |hub: &Hub, scope: Scope| {
            let rows = event::Entity::find().filter(scope.at(hub.now()).events());
            let rows = rows.filter(event::Column::Id.eq(row.id));
            rows.one(hub.world.db.reader()).await.expect("a read").is_some()
        };
        assert!(sees(&hub, lead.clone()).await);
        assert!(!sees(&hub, hub.school(0)).await, "a draft");
        let unseen = refusal(hub.book(&hub.school(0), row.id, 0, 1).await);
        assert_eq!(unseen, (RefusalCode::NotFound, Some("eventId")));
        let later = at("2026-10-06T08:00:00Z");
        hub.write(async |txn, now| {
            events::publish(txn, &lead, now, row.id, Some(1), Some(later)).await
        })
        .await
        .expect("scheduled");
        assert!(!sees(&hub, hub.school(0)).await, "it is published tomorrow");
        assert!(sees(&hub, lead.clone()).await);
        let early = refusal(hub.book(&lead, row.id, 0, 1).await);
        assert_eq!(early, (RefusalCode::Conflict, Some("eventId")));
        hub.world.clock.set(later);
        assert!(sees(&hub, hub.school(0)).await);
        hub.write(async |txn, now| entity::enrolments::settle_event(txn, now, &row).await)
            .await
            .expect("the night comes");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "open");
        hub.book(&hub.school(0), row.id, 0, 1).await.expect("booked");
    })
    .await;
}

#[tokio::test]
async fn a_full_event_has_a_waiting_list_that_is_served_in_order_and_whole() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar", "Damson", "Elder"]).await;
        let event = hub.published(hub.open_day()).await;
        for (partner, places) in [(0, 3), (1, 2), (2, 3), (3, 1), (4, 1)] {
            hub.book(&hub.school(partner), event.id, partner, places).await.expect("listed");
        }
        let states = async |event| {
            let list = hub.list(event).await;
            list.into_iter().map(|(partner, _, state)| (partner, state)).collect::<Vec<_>>()
        };
        let said = |words: [&str; 5]| {
            words.iter().map(|word| (*word).to_owned()).enumerate().collect::<Vec<_>>()
        };
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "booked", "waiting", "waiting", "waiting"]));
        assert_eq!(hub.event(event.id).await.places_booked, 5);
        // Two places come free: not enough for who waits first, so nobody overtakes.
        let mine = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event.id))
            .order_by_asc(booking::Column::BookedAt)
            .all(hub.world.db.reader())
            .await
            .expect("a read");
        let school = hub.school(1);
        let given_up = hub
            .write(async |txn, now| {
                let reason = " Staff are ill ";
                events::cancel_booking(txn, &school, now, mine[1].id, Some(1), reason).await
            })
            .await
            .expect("given up");
        assert_eq!(given_up.cancellation_reason.as_deref(), Some("Staff are ill"));
        assert_eq!(hub.event(event.id).await.places_booked, 3);
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "waiting", "waiting", "waiting"]));
        // A sixth place serves the first, and nobody else.
        let lead = hub.lead().await;
        hub.write(async |txn, now| {
            let wish = EventEdit { capacity: Edit::Set(Some(6)), ..EventEdit::default() };
            events::edit(txn, &lead, now, event.id, None, wish).await
        })
        .await
        .expect("more places");
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "booked", "waiting", "waiting"]));
        // One who comes fewer leaves a place to the next.
        let school = hub.school(0);
        let changed = hub
            .write(async |txn, now| {
                events::change_booking(txn, &school, now, mine[0].id, None, 2).await
            })
            .await
            .expect("fewer");
        assert_eq!((changed.places, changed.version), (2, 2));
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "booked", "booked", "waiting"]));
        // Nobody gets more while somebody waits.
        let more = hub
            .write(async |txn, now| {
                events::change_booking(txn, &school, now, mine[0].id, None, 3).await
            })
            .await;
        assert_eq!(refusal(more), (RefusalCode::Conflict, Some("places")));
        // The capacity does not go below what is booked; without a limit everybody comes.
        let edit = async |capacity| {
            let wish = EventEdit { capacity: Edit::Set(capacity), ..EventEdit::default() };
            hub.write(async |txn, now| events::edit(txn, &lead, now, event.id, None, wish).await)
                .await
        };
        assert_eq!(refusal(edit(Some(5)).await), (RefusalCode::Conflict, Some("capacity")));
        edit(None).await.expect("no limit");
        assert_eq!(states(event.id).await[4].1, "booked");
        let back = hub.book(&hub.school(1), event.id, 1, 2).await.expect("booked again");
        assert_eq!(back.state, "booked");
    })
    .await;
}

#[tokio::test]
async fn a_booking_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        let event = hub.published(hub.open_day()).await;
        let nobody = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        let nowhere = Uuid::from_u128(7);
        let cases = [
            (refusal(hub.book(&hub.school(0), nowhere, 0, 1).await), "eventId"),
            (refusal(hub.book(&hub.school(0), event.id, 1, 1).await), "enrolmentId"),
            (refusal(hub.book(&nobody, event.id, 0, 1).await), "enrolmentId"),
            (refusal(hub.book(&hub.school(0), event.id, 0, 0).await), "places"),
            (refusal(hub.book(&hub.school(0), event.id, 0, 6).await), "places"),
        ];
        for ((_, field), expected) in cases {
            assert_eq!(field, Some(expected));
        }
        assert!(hub.list(event.id).await.is_empty());
        let row = hub.book(&hub.school(0), event.id, 0, 1).await.expect("booked");
        let twice = refusal(hub.book(&hub.lead().await, event.id, 0, 1).await);
        assert_eq!(twice, (RefusalCode::Conflict, Some("enrolmentId")));
        let other = hub.school(1);
        let change = async |scope: &Scope, version, places| {
            let id = row.id;
            hub.write(async |txn, now| {
                events::change_booking(txn, scope, now, id, version, places).await
            })
            .await
        };
        let unseen = refusal(change(&other, None, 2).await);
        assert_eq!(unseen, (RefusalCode::NotFound, Some("bookingId")));
        let stale = refusal(change(&hub.school(0), Some(7), 2).await);
        assert_eq!(stale, (RefusalCode::Stale, Some("expectedVersion")));
        assert_eq!(hub.list(event.id).await, [(0, 1, "booked".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn twenty_who_book_five_places_at_once_get_five_and_a_waiting_list_of_fifteen() {
    both(async |world| {
        let names = names(20);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hub = Hub::new(world, &names).await;
        let event = hub.published(hub.open_day()).await;
        let mut bookings = tokio::task::JoinSet::new();
        for partner in &hub.rise.partners {
            let (db, now) = (hub.world.db.clone(), hub.now());
            let wish = Book { event_id: event.id, enrolment_id: partner.enrolment, places: 1 };
            let settings = vec![partner.setting];
            let scope = Scope::Viewer(Viewer { settings, ..Viewer::default() });
            bookings.spawn(async move {
                let txn = db.write().await.expect("a transaction");
                let row = events::book(&txn, &scope, None, now, wish).await.expect("listed");
                txn.commit().await.expect("commit");
                row.state
            });
        }
        let states = bookings.join_all().await;
        let booked = |states: &[String]| states.iter().filter(|state| *state == "booked").count();
        assert_eq!(booked(&states), 5, "{}", hub.world.name);
        let rows = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event.id))
            .order_by_asc(booking::Column::BookedAt)
            .all(hub.world.db.reader())
            .await
            .expect("a read");
        let kept: Vec<String> = rows.iter().map(|row| row.state.clone()).collect();
        assert_eq!(booked(&kept[..5]), 5, "the first five of the order have the places");
        assert!(kept[5..].iter().all(|state| state == "waiting"));
        assert_eq!(kept.len(), 20);
        assert!(rows.is_sorted_by(|one, next| one.booked_at < next.booked_at), "no two at once");
        assert_eq!(hub.event(event.id).await.places_booked, 5);
        // The database refuses one too many by itself.
        let txn = hub.world.db.write().await.expect("a transaction");
        let forced = event::Entity::update_many()
            .col_expr(event::Column::PlacesBooked, 6.into())
            .filter(event::Column::Id.eq(event.id))
            .exec(&txn)
            .await;
        assert!(forced.is_err());
    })
    .await;
}

#[tokio::test]
async fn giving_up_at_once_serves_the_list_once() {
    both(async |world| {
        let names = names(12);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hub = Hub::new(world, &names).await;
        let event = hub.published(hub.open_day()).await;
        let mut rows = Vec::new();
        for partner in 0..12 {
            rows.push(hub.book(&Scope::System, event.id, partner, 1).await.expect("listed"));
        }
        let mut racing = tokio::task::JoinSet::new();
        for row in rows.iter().take(4) {
            let (db, now, id) = (hub.world.db.clone(), hub.now(), row.id);
            racing.spawn(async move {
                let txn = db.write().await.expect("a transaction");
                events::cancel_booking(&txn, &Scope::System, now, id, None, "Ill").await?;
                txn.commit().await.map_err(StoreError::from)
            });
        }
        // A hub lead adds a place meanwhile.
        let (db, now, lead) = (hub.world.db.clone(), hub.now(), hub.lead().await);
        racing.spawn(async move {
            let txn = db.write().await.expect("a transaction");
            let wish = EventEdit { capacity: Edit::Set(Some(6)), ..EventEdit::default() };
            events::edit(&txn, &lead, now, event.id, None, wish).await?;
            txn.commit().await.map_err(StoreError::from)
        });
        for done in racing.join_all().await {
            done.expect("everybody gets a turn");
        }
        let states: Vec<String> =
            hub.list(event.id).await.into_iter().map(|(_, _, state)| state).collect();
        let expected: Vec<&str> =
            [["cancelled"; 4].as_slice(), &["booked"; 6], &["waiting"; 2]].concat();
        assert_eq!(states, expected, "{}", hub.world.name);
        assert_eq!(hub.event(event.id).await.places_booked, 6);
    })
    .await;
}

#[tokio::test]
async fn an_event_attended_with_a_senior_leader_is_met_and_without_one_is_not() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar"]).await;
        let event = hub.published(hub.open_day()).await;
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "open");
        let lead = hub.lead().await;
        let early = refusal(hub.record(&lead, event.id, 0, came(2, true)).await);
        assert_eq!(early, (RefusalCode::Conflict, Some("eventId")));
        hub.world.clock.set(at("2026-10-08T15:00:00Z"));
        let own = refusal(hub.record(&hub.school(0), event.id, 0, came(2, true)).await);
        assert_eq!(own.0, RefusalCode::Forbidden, "a school does not keep the register");
        let row = hub.record(&lead, event.id, 0, came(2, true)).await.expect("recorded");
        let met = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-08"))));
        assert_eq!((met.deed_kind.as_deref(), met.deed_id), (Some("attended"), Some(row.id)));
        let again = hub.record(&lead, event.id, 0, came(2, true)).await.expect("the same");
        assert_eq!(again, row);
        let other = refusal(hub.record(&lead, event.id, 0, stayed_away()).await);
        assert_eq!(other, (RefusalCode::Conflict, Some("enrolmentId")));
        hub.record(&lead, event.id, 1, came(1, false)).await.expect("recorded");
        assert_eq!(hub.owed(1, "term-1", "attend_open_day").await.state, "open");
        for (wrong, field) in [
            (came(0, true), "people"),
            (Presence { people: 3, ..stayed_away() }, "people"),
            (Presence { senior_leader: true, ..stayed_away() }, "seniorLeader"),
        ] {
            let refused = refusal(hub.record(&lead, event.id, 2, wrong).await);
            assert_eq!(refused, (RefusalCode::Invalid, Some(field)));
        }
        // The hub's duty of the term is done too.
        let duty = hub.rise.obligation(&hub.world, hub.rise.hub.id, "host_open_day").await;
        assert_eq!(duty.state, "met");
        // Putting it right takes it back, and puts it right for the other.
        let correct = async |row: &event_attendance::Model, version, presence| {
            let id = row.id;
            hub.write(async |txn, now| {
                attendance::correct(txn, &lead, None, now, id, version, presence).await
            })
            .await
        };
        let stale = refusal(correct(&row, Some(9), stayed_away()).await);
        assert_eq!(stale, (RefusalCode::Stale, Some("expectedVersion")));
        let row = correct(&row, Some(1), stayed_away()).await.expect("corrected");
        assert_eq!((row.mode.as_str(), row.version), ("absent", 2));
        let owed = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((owed.state.as_str(), owed.deed_id, owed.met_on), ("open", None, None));
        assert!(owed.revision > met.revision, "reminders are planned anew");
    })
    .await;
}

#[tokio::test]
async fn an_open_day_that_closed_as_missed_is_met_when_its_register_comes_late_and_missed_again_when_corrected()
 {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let event = hub.published(hub.open_day()).await;
        hub.world.clock.set(at("2027-01-11T10:00:00Z"));
        let enrolment = hub.enrolment(0);
        hub.write(async |txn, now| entity::enrolments::settle_enrolment(txn, now, enrolment).await)
            .await
            .expect("settled");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "missed");
        let lead = hub.lead().await;
        let row = hub.record(&lead, event.id, 0, came(1, true)).await.expect("recorded late");
        let met = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-08"))));
        hub.write(async |txn, now| {
            attendance::correct(txn, &lead, None, now, row.id, None, stayed_away()).await
        })
        .await
        .expect("corrected");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "missed");
    })
    .await;
}

#[tokio::test]
async fn watching_the_recording_meets_a_session_that_was_missed() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        // It took place on 17 September.
        let session = hub.keyed("september-2026-cpd-1").await;
        let owed = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        let watched = |on: &str, people| Watching {
            watched_on: day(on),
            people,
            senior_leader: false,
            note: None,
        };
        let watch = async |scope: &Scope, event: Uuid, watching: Watching| {
            let of = (event, hub.enrolment(0));
            hub.write(async |txn, now| {
                attendance::record_watching(txn, scope, None, now, of, watching).await
            })
            .await
        };
        let school = hub.school(0);
        for (watching, field) in [
            (watched("2026-09-16", 2), "watchedOn"),
            (watched("2026-10-06", 2), "watchedOn"),
            (watched("2026-10-02", 0), "people"),
        ] {
            let refused = refusal(watch(&school, session.id, watching).await);
            assert_eq!(refused, (RefusalCode::Invalid, Some(field)));
        }
        let coming = hub.keyed("september-2026-cpd-2").await;
        let refused = refusal(watch(&school, coming.id, watched("2026-10-05", 2)).await);
        assert_eq!(refused, (RefusalCode::Conflict, Some("eventId")));
        let other = refusal(watch(&hub.school(1), session.id, watched("2026-10-02", 2)).await);
        assert_eq!(other, (RefusalCode::NotFound, Some("enrolmentId")));
        let row = watch(&school, session.id, watched("2026-10-02", 2)).await.expect("recorded");
        let met = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-02"))));
        hub.write(async |txn, now| {
            attendance::correct(txn, &school, None, now, row.id, None, stayed_away()).await
        })
        .await
        .expect("it was another session");
        let owed = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        // Watched after all.
        let row = watch(&school, session.id, watched("2026-10-05", 1)).await.expect("recorded");
        assert_eq!((row.mode.as_str(), row.version), ("watched_recording", 3));
        assert_eq!(hub.owed(0, &session.key, "attend_cpd_session").await.state, "met");
    })
    .await;
}

#[tokio::test]
async fn a_moved_event_moves_what_is_owed_and_its_reminders() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let session = hub.keyed("september-2026-cpd-2").await;
        let before = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!(before.due_on, day("2026-10-08"));
        plan(&hub).await;
        let pending = async || {
            let rows = reminder::Entity::find()
                .filter(reminder::Column::ObligationId.eq(before.id))
                .filter(reminder::Column::State.eq("planned"));
            rows.all(hub.world.db.reader()).await.expect("a read")
        };
        assert!(pending().await.iter().any(|row| row.send_on == day("2026-10-05")));
        let admin = hub.viewer(hub.rise.admin).await;
        let to = |starts: &str, ends: &str| EventEdit {
            starts_at: Some(at(starts)),
            ends_at: Some(at(ends)),
            ..EventEdit::default()
        };
        let edit = async |scope: &Scope, wish| {
            let id = session.id;
            hub.write(async |txn, now| events::edit(txn, scope, now, id, None, wish).await).await
        };
        let back = to("2026-10-01T12:30:00Z", "2026-10-01T14:30:00Z");
        let refused = refusal(edit(&admin, back).await);
        assert_eq!(refused, (RefusalCode::Invalid, Some("startsAt")));
        let forward = to("2026-11-12T13:30:00Z", "2026-11-12T15:30:00Z");
        let lead = hub.lead().await;
        let refused = refusal(edit(&lead, forward.clone()).await);
        assert_eq!(refused, (RefusalCode::Forbidden, Some("eventId")), "it is the programme's");
        edit(&admin, forward).await.expect("moved");
        let after = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!(after.due_on, day("2026-11-12"));
        assert_eq!(after.revision, before.revision + 1);
        plan(&hub).await;
        let left = pending().await;
        assert!(
            left.iter()
                .all(|row| row.revision == after.revision && row.send_on > day("2026-10-20")),
            "nobody is reminded of the old day: {left:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_event_ends_its_bookings_and_is_owed_by_nobody() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        let event = hub.published(hub.open_day()).await;
        hub.book(&hub.school(0), event.id, 0, 4).await.expect("booked");
        hub.book(&hub.school(1), event.id, 1, 4).await.expect("waiting");
        let lead = hub.lead().await;
        let cancel = async |scope: &Scope, reason: &str| {
            let id = event.id;
            hub.write(async |txn, now| events::cancel(txn, scope, now, id, None, reason).await)
                .await
        };
        let refused = refusal(cancel(&hub.school(0), "No").await);
        assert_eq!(refused, (RefusalCode::Forbidden, Some("eventId")));
        assert_eq!(refusal(cancel(&lead, " ").await), (RefusalCode::Invalid, Some("reason")));
        let row = cancel(&lead, "The hall is flooded.").await.expect("cancelled");
        assert_eq!((row.places_booked, row.cancelled_at), (0, Some(hub.now())));
        let ended = ("cancelled".to_owned(), "cancelled".to_owned());
        let list = hub.list(event.id).await;
        assert_eq!((list[0].2.clone(), list[1].2.clone()), ended);
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "cancelled");
        assert_eq!(cancel(&lead, "Again").await.expect("it is already"), row);
        let booked = refusal(hub.book(&hub.school(0), event.id, 0, 1).await);
        assert_eq!(booked, (RefusalCode::Conflict, Some("eventId")));
        let alerts = engagement_alert::Entity::find().all(hub.world.db.reader()).await;
        let about = |row: &engagement_alert::Model| row.evidence.to_string().contains("open day");
        assert!(!alerts.expect("a read").iter().any(about));
    })
    .await;
}

#[tokio::test]
async fn an_event_that_cannot_be_is_refused_by_its_field() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let good = hub.open_day();
        let details = good.details.clone();
        let other = Uuid::from_u128(7);
        let cases = [
            ("programmeId", NewEvent { programme_id: other, ..good.clone() }),
            ("hubId", NewEvent { hub_id: Some(other), ..good.clone() }),
            ("cohortId", NewEvent { cohort_id: Some(other), ..good.clone() }),
            ("key", NewEvent { key: Some("Open day".to_owned()), ..good.clone() }),
            ("key", NewEvent { key: Some("september-2026-cpd-1".to_owned()), ..good.clone() }),
            ("title", NewEvent { title: "  ".to_owned(), ..good.clone() }),
            ("endsAt", NewEvent { ends_at: good.starts_at, ..good.clone() }),
            ("endsAt", NewEvent { ends_at: at("2026-12-08T13:30:00Z"), ..good.clone() }),
            (
                "startsAt",
                NewEvent {
                    starts_at: at("2036-10-08T08:30:00Z"),
                    ends_at: at("2036-10-08T09:30:00Z"),
                    ..good.clone()
                },
            ),
            ("module", NewEvent { kind: EventKind::TrainingModule, ..good.clone() }),
            (
                "module",
                NewEvent {
                    details: Details { module: Some(TrainingModule::Essential), ..details.clone() },
                    ..good.clone()
                },
            ),
            (
                "capacity",
                NewEvent {
                    details: Details { capacity: Some(0), ..details.clone() },
                    ..good.clone()
                },
            ),
            (
                "recordingUrl",
                NewEvent {
                    details: Details {
                        recording_url: Some("javascript:alert(1)".to_owned()),
                        ..details.clone()
                    },
                    ..good.clone()
                },
            ),
        ];
        for (field, wish) in cases {
            let refused = hub
                .write(async |txn, now| events::create(txn, &Scope::System, now, wish).await)
                .await;
            assert_eq!(refusal(refused).1, Some(field));
        }
        let lead = hub.lead().await;
        let school = hub.school(0);
        for (scope, wish, code) in [
            (&lead, NewEvent { hub_id: None, ..good.clone() }, RefusalCode::Forbidden),
            (&school, good.clone(), RefusalCode::Forbidden),
            (&school, NewEvent { hub_id: None, ..good.clone() }, RefusalCode::Forbidden),
        ] {
            let refused =
                hub.write(async |txn, now| events::create(txn, scope, now, wish).await).await;
            assert_eq!(refusal(refused), (code, Some("hubId")));
        }
        let rows = event::Entity::find().filter(event::Column::HubId.eq(hub.rise.hub.id));
        assert!(rows.all(hub.world.db.reader()).await.expect("a read").is_empty());
        let admin = hub.viewer(hub.rise.admin).await;
        hub.write(async |txn, now| {
            events::create(txn, &admin, now, NewEvent { hub_id: None, ..good }).await
        })
        .await
        .expect("an admin plans the programme's");
    })
    .await;
}

#[tokio::test]
async fn how_to_join_is_for_those_who_have_places_their_lead_and_the_host() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar"]).await;
        let mut wish = hub.open_day();
        wish.details.capacity = Some(1);
        let event = hub.published(wish).await;
        hub.book(&hub.school(0), event.id, 0, 1).await.expect("booked");
        hub.book(&hub.school(1), event.id, 1, 1).await.expect("waiting");
        let evaluator = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        for (scope, expected) in [
            (hub.school(0), true),
            (hub.school(1), false),
            (hub.school(2), false),
            (hub.lead().await, true),
            (hub.viewer(hub.rise.admin).await, true),
            (evaluator, false),
        ] {
            let rows = event::Entity::find()
                .filter(scope.joinings())
                .filter(event::Column::Id.eq(event.id));
            let seen = rows.one(hub.world.db.reader()).await.expect("a read").is_some();
            assert_eq!(seen, expected, "{scope:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_leaves_or_moves_to_another_hub_leaves_its_places_to_those_who_wait() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar", "Damson"]).await;
        let mut wish = hub.open_day();
        wish.details.capacity = Some(2);
        let event = hub.published(wish).await;
        for partner in 0..4 {
            hub.book(&Scope::System, event.id, partner, 1).await.expect("listed");
        }
        let (first, second) = (hub.enrolment(0), hub.enrolment(1));
        hub.write(async |txn, now| {
            let on = day("2026-10-05");
            withdraw(txn, &Scope::System, None, now, first, None, on, "Merging").await
        })
        .await
        .expect("withdrawn");
        hub.write(async |txn, now| {
            let other = another_hub(txn, now, &hub).await;
            transfer(txn, &Scope::System, None, now, second, None, other.id, "Nearer").await
        })
        .await
        .expect("moved");
        let list: Vec<String> = hub.list(event.id).await.into_iter().map(|one| one.2).collect();
        assert_eq!(list, ["cancelled", "cancelled", "booked", "booked"], "{}", hub.world.name);
    })
    .await;
}

async fn another_hub(txn: &DatabaseTransaction, now: DateTime<Utc>, hub: &Hub) -> hub::Model {
    let lead = setting(txn, now, 900_090, "Demo Other Lead School", "open").await;
    let wish = HubWish {
        programme_id: hub.rise.id,
        key: "other".to_owned(),
        name: "Demo Other Hub".to_owned(),
        lead_setting_id: lead,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
    };
    put_hub(txn, now, wish).await.expect("a hub").0
}

#[tokio::test]
async fn an_event_published_after_it_took_place_is_owed_as_its_recording() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let cohort = cohort::Entity::find()
            .filter(cohort::Column::Key.eq("september-2026"))
            .one(hub.world.db.reader())
            .await
            .expect("a read")
            .expect("the cohort");
        let wish = NewEvent {
            hub_id: None,
            cohort_id: Some(cohort.id),
            kind: EventKind::CpdSession,
            key: Some("extra-session".to_owned()),
            starts_at: at("2026-09-29T12:30:00Z"),
            ends_at: at("2026-09-29T14:30:00Z"),
            details: Details {
                recording_url: Some("https://example.org/film".to_owned()),
                ..Details::default()
            },
            ..hub.open_day()
        };
        hub.published(wish).await;
        let owed = hub.owed(0, "extra-session", "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        assert_eq!(owed.due_on, day("2026-10-19"), "ten working days from its publication");
    })
    .await;
}
