//! Events, bookings and event attendance over GraphQL.

use serde_json::{Value, json};
use tests::both;

use crate::seed::events::{
    ATTENDANCE_BIRCH, BOOKING_BIRCH, BOOKING_CEDAR, BOOKING_TRUST, DRAFT, OPEN_DAY, SCHEDULED,
    SESSION,
};
use crate::seed::{
    ALL, ENROLMENT_BIRCH, ENROLMENT_CEDAR, ENROLMENT_TRUST, HUB_NORTH, Who, app, ask, data, global,
    id,
};

#[tokio::test]
async fn what_is_not_published_yet_is_read_by_its_host_alone() {
    both(async |world| {
        let app = app(&world).await;
        for (event, expected) in [
            (DRAFT, [true, false, false, false, false]),
            (SCHEDULED, [true, true, true, false, false]),
            (SESSION, [true; 5]),
        ] {
            let query = "query($id: ID!) { node(id: $id) { ... on Event { state } } }";
            for (who, expected) in ALL.into_iter().zip(expected) {
                let variables = json!({ "id": global("Event", event) });
                let response = ask(&app, who, query, variables).await;
                let seen = response["data"]["node"] != Value::Null;
                assert_eq!(seen, expected, "{event} as {who:?}: {response}");
            }
        }
        let query = "{ events(filter: { published: false }) { nodes { key state } } }";
        let seen = data(&app, Who::HubLead, query).await;
        let drafts = json!([
            { "key": "north-open-day", "state": "DRAFT" }, { "key": "scheduled", "state": "SCHEDULED" }
        ]);
        assert_eq!(seen["events"]["nodes"], drafts);
        let query = "{ events(filter: { over: true }) { nodes { key state } } }";
        let seen = data(&app, Who::SchoolUser, query).await;
        assert_eq!(seen["events"]["nodes"], json!([{ "key": "session", "state": "OVER" }]));
    })
    .await;
}

#[tokio::test]
async fn an_event_tells_its_places_and_only_those_who_have_some_how_to_join() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Event {
            state capacity placesBooked placesLeft joining { details }
            bookings { nodes { state places enrolment { id } } }
        } } }";
        let variables = json!({ "id": global("Event", OPEN_DAY) });
        let birch = json!({
            "state": "BOOKED", "places": 3, "enrolment": { "id": global("Enrolment", ENROLMENT_BIRCH) }
        });
        let seen = ask(&app, Who::SchoolUser, query, variables.clone()).await;
        let expected = json!({
            "state": "PUBLISHED", "capacity": 5, "placesBooked": 3, "placesLeft": 2,
            "joining": { "details": "Ask at the gate" }, "bookings": { "nodes": [birch] }
        });
        assert_eq!(seen["data"]["node"], expected);
        let seen = ask(&app, Who::HubLead, query, variables).await;
        let states = &seen["data"]["node"]["bookings"]["nodes"];
        assert_eq!(states.as_array().map(Vec::len), Some(2), "in their order: {states}");
        assert_eq!(states[1]["state"], "WAITING");
        // Without places one is not told how to join; without a limit there is no number left.
        let variables = json!({ "id": global("Event", SESSION) });
        let seen = ask(&app, Who::SchoolUser, query, variables).await;
        let session = &seen["data"]["node"];
        assert_eq!((&session["joining"], &session["placesLeft"]), (&json!(null), &json!(null)));
        let query = format!(
            r#"{{ open: events(filter: {{ openTo: "{0}" }}) {{ nodes {{ key }} }}
                 mine: events(filter: {{ bookedBy: "{0}" }}) {{ nodes {{ key }} }} }}"#,
            global("Enrolment", ENROLMENT_BIRCH)
        );
        let seen = data(&app, Who::SchoolUser, &query).await;
        assert_eq!(seen["mine"]["nodes"], json!([{ "key": "open-day" }]));
        let open = json!([{ "key": "session" }, { "key": "open-day" }, { "key": "cpd-1" }]);
        assert_eq!(seen["open"]["nodes"], open);
    })
    .await;
}

#[tokio::test]
async fn an_event_goes_from_draft_to_waiting_list_to_cancelled() {
    both(async |world| {
        let app = app(&world).await;
        let create = "mutation($input: EventCreateInput!) { eventCreate(input: $input) {
            event { id key kind state module version } userErrors { code field }
        } }";
        let input = json!({ "input": {
            "programmeId": global("Programme", id(40)), "hubId": global("Hub", HUB_NORTH),
            "kind": "TRAINING_MODULE", "module": "SPECIALIST", "title": "Demo module",
            "startsAt": "2026-10-12T09:00:00+01:00", "endsAt": "2026-10-12T10:00:00Z", "capacity": 2
        } });
        let made = ask(&app, Who::HubLead, create, input.clone()).await;
        let event = &made["data"]["eventCreate"]["event"];
        assert_eq!(event["key"], "north-training-module-2026-10-12", "{made:#}");
        assert_eq!((&event["state"], &event["module"]), (&json!("DRAFT"), &json!("SPECIALIST")));
        let event = event["id"].clone();
        let mut wrong = input;
        wrong["input"]["kind"] = json!("PARTY");
        assert_eq!(ask(&app, Who::HubLead, create, wrong).await.get("data"), None);
        let publish = format!(
            "mutation {{ eventPublish(input: {{ eventId: {event} }}) {{
                event {{ state startsAt }} userErrors {{ code field message }} }} }}"
        );
        let refused = ask(&app, Who::SchoolUser, &publish, json!({})).await;
        let why = &refused["data"]["eventPublish"]["userErrors"][0]["code"];
        assert_eq!(why, "NOT_FOUND", "a draft: {refused:#}");
        let done = ask(&app, Who::HubLead, &publish, json!({})).await;
        let expected = json!({ "state": "PUBLISHED", "startsAt": "2026-10-12T08:00:00Z" });
        assert_eq!(done["data"]["eventPublish"]["event"], expected, "{done:#}");
        let book = |enrolment, places| {
            let enrolment = global("Enrolment", enrolment);
            format!(
                r#"mutation {{ bookingCreate(input: {{
                    eventId: {event}, enrolmentId: "{enrolment}", places: {places}
                }}) {{ booking {{ id state bookedBy {{ name }} event {{ placesLeft }} }}
                      userErrors {{ code field }} }} }}"#
            )
        };
        let done = ask(&app, Who::SchoolUser, &book(ENROLMENT_BIRCH, 2), json!({})).await;
        let first = done["data"]["bookingCreate"]["booking"].clone();
        let by = json!({ "name": "SchoolUser Example" });
        assert_eq!((&first["state"], &first["bookedBy"]), (&json!("BOOKED"), &by), "{done:#}");
        assert_eq!(first["event"]["placesLeft"], 0);
        let done = ask(&app, Who::HubLead, &book(ENROLMENT_TRUST, 1), json!({})).await;
        assert_eq!(done["data"]["bookingCreate"]["booking"]["state"], "WAITING", "{done:#}");
        for (who, enrolment) in
            [(Who::SchoolUser, ENROLMENT_TRUST), (Who::Evaluator, ENROLMENT_BIRCH)]
        {
            let refused = ask(&app, who, &book(enrolment, 1), json!({})).await;
            let why = &refused["data"]["bookingCreate"]["userErrors"];
            assert_eq!(why, &json!([{ "code": "NOT_FOUND", "field": "enrolmentId" }]));
        }
        let edit = format!(
            r#"mutation {{ eventEdit(input: {{
                eventId: {event}, expectedVersion: 2, capacity: null, place: "Demo hall"
            }}) {{ event {{ capacity placesBooked place title version }}
                  userErrors {{ code field message }} }} }}"#
        );
        let done = ask(&app, Who::HubLead, &edit, json!({})).await;
        let expected = json!({
            "capacity": null, "placesBooked": 3, "place": "Demo hall", "title": "Demo module",
            "version": 3
        });
        assert_eq!(done["data"]["eventEdit"]["event"], expected, "{done:#}");
        let stale = ask(&app, Who::HubLead, &edit, json!({})).await;
        assert_eq!(stale["data"]["eventEdit"]["userErrors"][0]["code"], "STALE");
        let booking = &first["id"];
        let query = format!(
            r#"mutation {{
                change: bookingChange(input: {{ bookingId: {booking}, places: 1 }}) {{
                    booking {{ places version }} userErrors {{ code }} }}
                bookingCancel(input: {{ bookingId: {booking}, reason: "Ill" }}) {{
                    booking {{ state cancellationReason }} userErrors {{ code }} }}
                eventCancel(input: {{ eventId: {event}, reason: "Flood" }}) {{
                    event {{ state cancellationReason placesBooked }} userErrors {{ code }} }}
            }}"#
        );
        let done = ask(&app, Who::HubLead, &query, json!({})).await["data"].take();
        assert_eq!(done["change"]["booking"], json!({ "places": 1, "version": 2 }), "{done:#}");
        let given_up = json!({ "state": "CANCELLED", "cancellationReason": "Ill" });
        assert_eq!(done["bookingCancel"]["booking"], given_up);
        let ended =
            json!({ "state": "CANCELLED", "cancellationReason": "Flood", "placesBooked": 0 });
        assert_eq!(done["eventCancel"]["event"], ended, "{done:#}");
    })
    .await;
}

#[tokio::test]
async fn a_register_is_kept_by_the_lead_and_a_recording_reported_by_the_school() {
    both(async |world| {
        let app = app(&world).await;
        let session = global("Event", SESSION);
        let record = |enrolment| {
            format!(
                r#"mutation {{ done: eventAttendanceRecord(input: {{
                    eventId: "{session}", enrolmentId: "{}", attended: true, people: 2,
                    seniorLeader: true, note: "Online"
                }}) {{ eventAttendance {{ mode people seniorLeader onDay note recordedBy {{ name }} }}
                      userErrors {{ code field }} }} }}"#,
                global("Enrolment", enrolment)
            )
        };
        for (who, enrolment, code, field) in [
            (Who::SchoolUser, ENROLMENT_BIRCH, "FORBIDDEN", "eventId"),
            (Who::Evaluator, ENROLMENT_BIRCH, "NOT_FOUND", "enrolmentId"),
            (Who::HubLead, ENROLMENT_CEDAR, "NOT_FOUND", "enrolmentId"),
            (Who::HubLead, ENROLMENT_BIRCH, "CONFLICT", "enrolmentId"),
        ] {
            let refused = ask(&app, who, &record(enrolment), json!({})).await;
            let why = &refused["data"]["done"]["userErrors"];
            assert_eq!(why, &json!([{ "code": code, "field": field }]), "{who:?}: {refused:#}");
        }
        let done = ask(&app, Who::RegionalLead, &record(ENROLMENT_TRUST), json!({})).await;
        let expected = json!({
            "mode": "ATTENDED", "people": 2, "seniorLeader": true, "onDay": "2026-09-24",
            "note": "Online", "recordedBy": { "name": "RegionalLead Example" }
        });
        assert_eq!(done["data"]["done"]["eventAttendance"], expected, "{done:#}");
        let query = format!(
            r#"mutation {{
                watched: eventRecordingWatched(input: {{
                    eventId: "{session}", enrolmentId: "{}", watchedOn: "2026-10-02", people: 3,
                    seniorLeader: false
                }}) {{ eventAttendance {{ mode onDay people }} userErrors {{ code field message }} }}
                eventAttendanceCorrect(input: {{
                    eventAttendanceId: "{}", expectedVersion: 1, attended: false
                }}) {{ eventAttendance {{ mode people }} userErrors {{ code field }} }}
            }}"#,
            global("Enrolment", ENROLMENT_BIRCH),
            global("EventAttendance", ATTENDANCE_BIRCH)
        );
        let done = ask(&app, Who::SchoolUser, &query, json!({})).await["data"].take();
        let watched = json!({ "mode": "WATCHED_RECORDING", "onDay": "2026-10-02", "people": 3 });
        assert_eq!(done["watched"]["eventAttendance"], watched, "{done:#}");
        let why = &done["eventAttendanceCorrect"]["userErrors"];
        assert_eq!(why, &json!([{ "code": "FORBIDDEN", "field": "eventAttendanceId" }]));
        let done = ask(&app, Who::HubLead, &query, json!({})).await["data"].take();
        let absent = json!({ "mode": "ABSENT", "people": 0 });
        assert_eq!(done["eventAttendanceCorrect"]["eventAttendance"], absent, "{done:#}");
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_another_hub_is_nobodys() {
    both(async |world| {
        let app = app(&world).await;
        for (who, id) in [
            (Who::HubLead, global("Booking", BOOKING_CEDAR)),
            (Who::SchoolUser, global("Booking", BOOKING_TRUST)),
            (Who::Evaluator, global("Booking", BOOKING_BIRCH)),
            (Who::Evaluator, global("EventAttendance", ATTENDANCE_BIRCH)),
            (Who::Evaluator, global("EventJoining", OPEN_DAY)),
            (Who::SchoolUser, global("EventJoining", SESSION)),
        ] {
            let query = "query($id: ID!) { node(id: $id) { __typename } }";
            let response = ask(&app, who, query, json!({ "id": id })).await;
            assert_eq!(response, json!({ "data": { "node": null } }), "{who:?} {id}");
        }
    })
    .await;
}
