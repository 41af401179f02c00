//! Every mutation by every part that somebody can have: what they are told, and that what was done
//! is in the audit, once, and what was refused is not.

use api::app::App;
use api::read::gate::Gate;
use entity::audit::audit_entry;
use entity::people::principal;
use entity::scope::Viewer;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use tests::both;
use uuid::Uuid;

use crate::seed::events::{ATTENDANCE_BIRCH, BOOKING_BIRCH, OPEN_DAY, SESSION};
use crate::seed::support::{ACTION, OBJECTIVE, PLAN, REVIEW, SELF_ASSESSMENT, VISIT};
use crate::seed::surveys::{CAMPAIGN, INVITATION};
use crate::seed::{
    ALERT_NORTH, COHORT, ENROLMENT_BIRCH, ENROLMENT_TRUST, HUB_LONDON, HUB_NORTH, OBLIGATION,
    PARTNER_CEDAR, PATHWAY, Who, app, bytes, global, id,
};

/// The parts, in the order of the table below.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// As in the seed; the hub lead is of the north, the head of Birch.
    Of(Who),
    /// The lead of the London hub.
    OtherLead,
    /// The head of Cedar, whom the London hub supports.
    OtherHead,
    /// Somebody who is signed in and has no part in anything.
    Nobody,
}

pub const PARTS: [Part; 8] = [
    Part::Of(Who::Admin),
    Part::Of(Who::RegionalLead),
    Part::Of(Who::HubLead),
    Part::Of(Who::SchoolUser),
    Part::OtherLead,
    Part::OtherHead,
    Part::Of(Who::Evaluator),
    Part::Nobody,
];

impl Part {
    pub async fn viewer(self, app: &App) -> Viewer {
        let nobody = Viewer { person_id: id(99), ..Viewer::default() };
        match self {
            Self::Of(who) => principal::viewer(app.db.reader(), who.person()).await.expect("roles"),
            Self::OtherLead => Viewer { hubs: vec![HUB_LONDON], ..nobody },
            Self::OtherHead => Viewer { settings: vec![PARTNER_CEDAR], ..nobody },
            Self::Nobody => nobody,
        }
    }
}

/// What the parts are told: nothing is refused (`ok`), or why. `NF` is `NOT_FOUND`, `F` is
/// `FORBIDDEN`, `C` is `CONFLICT`.
type Told = &'static str;

/// Every mutation, what each part is told, in the order of [`PARTS`], and an input about the north
/// hub and Birch. Each part begins with the seed and goes from top to bottom.
#[expect(clippy::too_many_lines, reason = "a table, best read at one go")]
pub fn deeds() -> Vec<(&'static str, Told, Value)> {
    let enrolment = global("Enrolment", ENROLMENT_BIRCH);
    let obligation = |number| global("Obligation", id(OBLIGATION + number));
    let visit = global("Visit", id(VISIT));
    let assessment = global("SelfAssessment", id(SELF_ASSESSMENT));
    let plan = global("Plan", id(PLAN));
    let objective = global("Objective", id(OBJECTIVE));
    let action = global("AgreedAction", id(ACTION));
    let alert = global("EngagementAlert", ALERT_NORTH);
    let (programme, hub) = (global("Programme", id(40)), global("Hub", HUB_NORTH));
    let (session, open_day) = (global("Event", SESSION), global("Event", OPEN_DAY));
    let draft = global("Event", id(56));
    let booking = global("Booking", BOOKING_BIRCH);
    let attendance = global("EventAttendance", ATTENDANCE_BIRCH);
    let campaign = |number| global("SurveyCampaign", id(CAMPAIGN + number));
    let invitation = global("SurveyInvitation", id(INVITATION));
    let (starts, ends) = ("2026-10-14T08:00:00Z", "2026-10-14T14:00:00Z");
    let says = json!({ "title": "Calm", "successMeasure": "Seen" });
    let does = json!({
        "title": "Greet", "ownerParty": "PARTNER", "ownerName": "Bea", "dueOn": "2026-11-20"
    });
    let found = json!({ "heldOn": "2026-09-19", "summary": "Good", "nextSteps": "More" });
    vec![
        (
            "obligationRecordMet",
            "ok ok ok ok NF NF NF NF",
            json!({
            "obligationId": obligation(0), "metOn": "2026-10-02" }),
        ),
        (
            "obligationExcuse",
            "ok ok ok F NF NF NF NF",
            json!({
            "obligationId": obligation(2), "reason": "Flood" }),
        ),
        (
            "obligationReopen",
            "ok ok ok F NF NF NF NF",
            json!({
            "obligationId": obligation(1), "reason": "It was another" }),
        ),
        // Birch's pathway has neither support days nor a plan.
        (
            "visitPropose",
            "C C C C NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "kind": "SUPPORT_DAY", "startsAt": starts, "endsAt": ends,
            "halfDays": 2, "purpose": "Walk" }),
        ),
        // The hub named its time.
        ("visitAgree", "F F F ok NF NF NF NF", json!({ "visitId": visit, "expectedVersion": 1 })),
        (
            "visitReschedule",
            "ok ok ok ok NF NF NF NF",
            json!({
            "visitId": visit, "startsAt": starts, "endsAt": ends }),
        ),
        (
            "visitRecord",
            "ok ok ok F NF NF NF NF",
            json!({
            "visitId": visit, "halfDaysUsed": 1, "attendees": [{ "name": "Ada" }],
            "startsAt": "2026-09-29T08:00:00Z", "endsAt": "2026-09-29T11:00:00Z",
            "summary": "Good", "agreedActions": [does] }),
        ),
        // Recorded by now, but by the head's.
        ("visitCancel", "C C C ok NF NF NF NF", json!({ "visitId": visit, "reason": "Flood" })),
        ("selfAssessmentStart", "C F F C NF NF NF NF", json!({ "enrolmentId": enrolment })),
        (
            "selfAssessmentRate",
            "ok F F ok NF NF NF NF",
            json!({
            "selfAssessmentId": assessment, "themeKey": "culture", "level": 1 }),
        ),
        (
            "selfAssessmentComplete",
            "ok F F ok NF NF NF NF",
            json!({
            "selfAssessmentId": assessment }),
        ),
        (
            "planStart",
            "C C C C NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "summary": "Calm" }),
        ),
        // An action plan is the partner's own.
        ("planAgree", "F F F ok NF NF NF NF", json!({ "planId": plan, "expectedVersion": 1 })),
        ("planEdit", "ok ok ok C NF NF NF NF", json!({ "planId": plan, "summary": "Calm" })),
        ("objectiveAdd", "ok ok ok C NF NF NF NF", json!({ "planId": plan, "objective": says })),
        (
            "objectiveEdit",
            "ok ok ok C NF NF NF NF",
            json!({
            "objectiveId": objective, "objective": says }),
        ),
        (
            "agreedActionAdd",
            "ok ok ok C NF NF NF NF",
            json!({
            "objectiveId": objective, "action": does }),
        ),
        (
            "agreedActionEdit",
            "ok ok ok C NF NF NF NF",
            json!({
            "agreedActionId": action, "action": does }),
        ),
        (
            "agreedActionSetState",
            "ok ok ok ok NF NF NF NF",
            json!({
            "agreedActionId": action, "state": "DONE" }),
        ),
        (
            "objectiveSetState",
            "ok ok ok ok NF NF NF NF",
            json!({
            "objectiveId": objective, "state": "DROPPED" }),
        ),
        (
            "reviewRecord",
            "ok ok ok F NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "kind": "PROGRESS", "review": found }),
        ),
        (
            "reviewCorrect",
            "ok ok ok F NF NF NF NF",
            json!({
            "reviewId": global("Review", id(REVIEW)), "review": found }),
        ),
        // A school does not see what is flagged about it.
        ("alertAcknowledge", "ok ok ok NF NF NF NF NF", json!({ "alertId": alert })),
        (
            "alertSnooze",
            "ok ok ok NF NF NF NF NF",
            json!({
            "alertId": alert, "until": "2026-10-19", "reason": "Inspected" }),
        ),
        ("alertWake", "ok ok ok NF NF NF NF NF", json!({ "alertId": alert })),
        // Birch's people see its hub.
        (
            "eventCreate",
            "ok ok ok F NF NF NF NF",
            json!({
            "programmeId": programme, "hubId": hub, "kind": "OPEN_DAY", "title": "Demo day",
            "startsAt": "2026-10-12T08:00:00Z", "endsAt": "2026-10-12T10:00:00Z" }),
        ),
        ("eventEdit", "ok ok ok NF NF NF NF NF", json!({ "eventId": draft, "title": "Demo" })),
        ("eventPublish", "ok ok ok NF NF NF NF NF", json!({ "eventId": draft })),
        (
            "bookingCreate",
            "C C C C NF NF NF NF",
            json!({
            "eventId": open_day, "enrolmentId": enrolment, "places": 1 }),
        ),
        (
            "bookingChange",
            "ok ok ok ok NF NF NF NF",
            json!({
            "bookingId": booking, "places": 2 }),
        ),
        (
            "bookingCancel",
            "ok ok ok ok NF NF NF NF",
            json!({
            "bookingId": booking, "reason": "Ill" }),
        ),
        (
            "eventAttendanceRecord",
            "ok ok ok NF NF NF NF NF",
            json!({
            "eventId": session, "enrolmentId": global("Enrolment", ENROLMENT_TRUST),
            "attended": true, "people": 2 }),
        ),
        (
            "eventAttendanceCorrect",
            "ok ok ok F NF NF NF NF",
            json!({
            "eventAttendanceId": attendance, "attended": false }),
        ),
        (
            "eventRecordingWatched",
            "ok ok ok ok NF NF NF NF",
            json!({
            "eventId": session, "enrolmentId": enrolment, "watchedOn": "2026-10-02",
            "people": 3, "seniorLeader": false }),
        ),
        (
            "eventCancel",
            "ok ok ok F NF NF NF NF",
            json!({
            "eventId": open_day, "reason": "Flood" }),
        ),
        // That there are programmes and campaigns is no secret.
        (
            "surveyCampaignCreate",
            "ok F F F F F F F",
            json!({
            "programmeId": programme, "key": "by-hand", "title": "By hand", "wave": "FEEDBACK",
            "cohortId": global("Cohort", COHORT), "opensOn": "2026-10-05",
            "closesOn": "2026-10-20",
            "groups": [{ "respondentGroup": "STAFF",
                "questionnaireId": global("Questionnaire", id(390)) }] }),
        ),
        (
            "surveyCampaignEdit",
            "ok NF NF NF NF NF NF NF",
            json!({
            "campaignId": campaign(2), "title": "Other" }),
        ),
        ("surveyCampaignLaunch", "ok NF NF NF NF NF NF NF", json!({ "campaignId": campaign(2) })),
        ("surveyCodeRotate", "ok F F ok NF NF NF NF", json!({ "invitationId": invitation })),
        (
            "surveyExpect",
            "ok F F ok NF NF NF NF",
            json!({
            "invitationId": invitation, "expected": 50 }),
        ),
        ("surveyCampaignClose", "ok F F F F F F F", json!({ "campaignId": campaign(0) })),
        ("surveyCampaignPublish", "ok F F F F F F F", json!({ "campaignId": campaign(0) })),
        (
            "enrolmentCreate",
            "ok ok ok F NF NF NF NF",
            json!({
            "hubId": hub, "cohortId": global("Cohort", COHORT),
            "pathwayId": global("Pathway", PATHWAY), "schoolId": global("School", id(14)),
            "enrolledOn": "2026-10-05" }),
        ),
        (
            "enrolmentPause",
            "ok ok ok F NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "reason": "Flood" }),
        ),
        (
            "enrolmentResume",
            "ok ok ok F NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "reason": "Dry" }),
        ),
        // The leads of the north see no other hub.
        (
            "enrolmentTransfer",
            "ok NF NF F NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "toHubId": global("Hub", HUB_LONDON), "reason": "Moved" }),
        ),
        (
            "enrolmentWithdraw",
            "ok ok ok F NF NF NF NF",
            json!({
            "enrolmentId": enrolment, "endedOn": "2026-10-05", "reason": "Closing" }),
        ),
        // The hub lead's own. An admin's eyes end at other people's sessions.
        (
            "sessionRevoke",
            "NF NF ok NF NF NF NF NF",
            json!({ "sessionId": global("Session", id(0x5e00 + Who::HubLead as u128)) }),
        ),
        (
            "accessTokenRevoke",
            "ok NF ok NF NF NF NF NF",
            json!({ "accessTokenId": global("AccessToken", id(110 + Who::HubLead as u128)) }),
        ),
        (
            "accessTokenIssue",
            "ok F F F F F F F",
            json!({ "personId": global("Person", id(99)), "label": "Demo report",
            "scopes": ["READ"], "days": 30 }),
        ),
    ]
}

/// A document that does one mutation.
pub fn document(gate: &Gate, name: &str) -> String {
    let field = gate.schema().type_field("Mutation", name).expect("a mutation");
    let input = &field.arguments.first().expect("an input").ty;
    let payload = gate.schema().get_object(field.ty.inner_named_type()).expect("a payload");
    let node = payload
        .fields
        .keys()
        .find(|field| !["userErrors", "token"].contains(&field.as_str()))
        .expect("a node");
    format!(
        "mutation($input: {input}) {{ done: {name}(input: $input) {{ \
         node: {node} {{ id __typename }} userErrors {{ code field message }} }} }}"
    )
}

pub fn gate() -> Gate {
    Gate::new(&api::schema::sdl()).expect("the SDL is valid")
}

fn told(code: &str) -> &str {
    match code {
        "" => "ok",
        "NOT_FOUND" => "NF",
        "FORBIDDEN" => "F",
        "CONFLICT" => "C",
        other => other,
    }
}

async fn last_entry(app: &App) -> Option<audit_entry::Model> {
    let entries = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Id);
    entries.one(app.db.reader()).await.expect("a read")
}

#[tokio::test]
async fn every_mutation_tells_each_part_what_it_may_and_writes_down_what_it_did() {
    let gate = gate();
    for (number, part) in PARTS.into_iter().enumerate() {
        both(async |world| {
            let app = app(&world).await;
            let viewer = part.viewer(&app).await;
            let mut wrong = Vec::new();
            for (name, expected, input) in deeds() {
                let before = last_entry(&app).await.map(|entry| entry.id);
                let variables = json!({ "input": input });
                let body = bytes(&app, viewer.clone(), &document(&gate, name), variables).await;
                let answer: Value = serde_json::from_slice(&body).expect("JSON");
                let done = &answer["data"]["done"];
                let code = done["userErrors"][0]["code"].as_str().unwrap_or_default();
                let expected = expected.split(' ').nth(number).expect("eight");
                if told(code) != expected || answer.get("errors").is_some() {
                    wrong.push(format!("{name}: not {expected} but {answer}"));
                }
                let entry = last_entry(&app).await.expect("entries of the seed");
                if told(code) != "ok" {
                    assert_eq!(Some(entry.id), before, "{name} as {part:?} was refused");
                    continue;
                }
                assert_ne!(Some(entry.id), before, "{name} as {part:?} is not in the audit");
                let (of, row) = (entry.node_type.unwrap_or_default(), entry.node_id);
                let node = (json!(of), json!(global(&of, row.unwrap_or_default())));
                let shown = (done["node"]["__typename"].clone(), done["node"]["id"].clone());
                // Who moves an enrolment away may not see it any more.
                if !done["node"].is_null() {
                    assert_eq!(node, shown, "{name} as {part:?}");
                }
                assert_eq!(
                    (entry.action.as_str(), entry.by_person),
                    (name, Some(viewer.person_id))
                );
                assert_eq!(entry.happened_at, app.clock.now());
                assert_ne!(entry.changes, json!([]), "{name} as {part:?} changed nothing");
            }
            assert!(wrong.is_empty(), "{part:?} on {}: {wrong:#?}", world.name);
        })
        .await;
    }
}

#[test]
fn every_mutation_of_the_schema_has_a_row_in_the_table() {
    let gate = gate();
    let mutations = gate.schema().get_object("Mutation").expect("Mutation");
    let tried = deeds();
    let untried: Vec<_> = mutations
        .fields
        .keys()
        .filter(|name| tried.iter().all(|(at, ..)| *at != name.as_str()))
        .collect();
    assert!(untried.is_empty(), "no access is stated for {untried:?}");
    for (name, told, _) in tried {
        assert_eq!(told.split(' ').count(), PARTS.len(), "{name}");
    }
}

/// An edit is what names the row that the payload answers with.
#[test]
fn every_edit_takes_the_version_that_was_read_and_everything_made_anew_takes_a_key() {
    let gate = gate();
    let schema = gate.schema();
    for (name, _, input) in deeds() {
        let field = schema.type_field("Mutation", name).expect("a mutation");
        let payload = schema.get_object(field.ty.inner_named_type()).expect("a payload");
        let node = payload.fields.iter().find(|(field, _)| *field != "userErrors").expect("it").1;
        let node = node.ty.inner_named_type().as_str();
        let given = field.arguments.first().expect("an input").ty.inner_named_type();
        let fields = &schema.get_input_object(given).expect("an input object").fields;
        let named = input.as_object().expect("an object").values().filter_map(Value::as_str);
        let edits = named
            .filter_map(api::read::ids::parse_global)
            .any(|(of, _): (String, Uuid)| of == node);
        // What is ended is only ended: there is nothing that one could have read wrongly.
        if ["sessionRevoke", "accessTokenRevoke"].contains(&name) {
            continue;
        }
        let takes = if edits { "expectedVersion" } else { "idempotencyKey" };
        assert!(fields.contains_key(takes), "{name} takes no {takes}");
    }
}
