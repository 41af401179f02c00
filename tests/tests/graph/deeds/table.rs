//! Every mutation, with what each part is told and an input to try it with.

use serde_json::{Value, json};

use crate::seed::events::{ATTENDANCE_BIRCH, BOOKING_BIRCH, OPEN_DAY, SESSION};
use crate::seed::mail::SUPPRESSION;
use crate::seed::operations::{JOB, MAIL_LANE, PAUSE};
use crate::seed::support::{ACTION, OBJECTIVE, PLAN, REVIEW, SELF_ASSESSMENT, VISIT};
use crate::seed::surveys::{CAMPAIGN, INVITATION};
use crate::seed::{
    ALERT_NORTH, COHORT, ENROLMENT_BIRCH, ENROLMENT_TRUST, HUB_LONDON, HUB_NORTH, OBLIGATION,
    PATHWAY, Who, global, id,
};

/// What the parts are told: nothing is refused (`ok`), or why. `NF` is `NOT_FOUND`, `F` is
/// `FORBIDDEN`, `C` is `CONFLICT`.
type Told = &'static str;

/// Every mutation, what each part is told, in the order of [`super::PARTS`], and an input about the north
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
        // A school knows of its hub, and not who else there gets no mail.
        (
            "suppressionRelease",
            "ok ok ok NF NF NF NF NF",
            json!({ "suppressionId": global("Suppression", id(SUPPRESSION)), "reason": "Mended" }),
        ),
        (
            "suppressionCreate",
            "ok F F F NF NF NF NF",
            json!({ "personId": global("Person", Who::SchoolUser.person()), "reason": "Asked" }),
        ),
        // That it goes with the token of a preview, `tellings.rs` tries.
        (
            "bulletinSend",
            "C C C F NF NF NF NF",
            json!({ "hubId": hub, "subject": "Hall", "text": "Open", "previewToken": "none" }),
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
        // That it goes with the token of a preview, `surveys.rs` tries.
        (
            "surveyCampaignLaunch",
            "C NF NF NF NF NF NF NF",
            json!({ "campaignId": campaign(2), "previewToken": "none" }),
        ),
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
        // Who is of the north sees no other hub.
        (
            "enrolmentTransfer",
            "ok NF NF NF NF NF NF NF",
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
        // The worker is the admins' to look after.
        (
            "jobPause",
            "ok NF NF NF NF NF NF NF",
            json!({ "jobId": global("Job", id(JOB)), "why": "Mended" }),
        ),
        (
            "jobResume",
            "ok NF NF NF NF NF NF NF",
            json!({ "pauseId": global("Pause", id(PAUSE)), "why": "Mended" }),
        ),
        (
            "mailLanePause",
            "ok NF NF NF NF NF NF NF",
            json!({ "mailLaneId": global("MailLane", id(MAIL_LANE)), "why": "Mended" }),
        ),
        (
            "mailLaneResume",
            "ok NF NF NF NF NF NF NF",
            json!({ "pauseId": global("Pause", id(PAUSE + 1)), "why": "Mended" }),
        ),
        // It arrived. Who it was to sees it, and who runs the hub it is about.
        (
            "messageReplay",
            "C F F F NF NF NF NF",
            json!({ "messageId": global("Message", id(130)), "why": "Mended" }),
        ),
        (
            "messageSettle",
            "C F F F NF NF NF NF",
            json!({ "messageId": global("Message", id(130)), "outcome": "ARRIVED", "why": "Seen" }),
        ),
        (
            "accessTokenIssue",
            "ok F F F F F F F",
            json!({ "personId": global("Person", id(99)), "label": "Demo report",
            "scopes": ["READ"], "days": 30 }),
        ),
    ]
}
