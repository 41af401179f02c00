//! Survey campaigns as the graph shows them.

use serde_json::json;
use tests::both;

use crate::seed::surveys::{CAMPAIGN, CODE, INVITATION, RESULT};
use crate::seed::{COHORT, Who, app, ask, data, global, id};

#[tokio::test]
async fn a_questionnaire_shows_its_pages_and_a_result_what_may_be_told() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ questionnaires(filter: { key: \"invented\" }) { nodes { version pages {
            title questions { key kind required options { label } } } } } }";
        let seen = data(&app, Who::Evaluator, query).await;
        let expected = json!({ "questionnaires": { "nodes": [{ "version": 1, "pages": [{
            "title": "Calm", "questions": [
                { "key": "calm", "kind": "CHOICE", "required": true,
                  "options": [{ "label": "Yes" }, { "label": "No" }] },
                { "key": "more", "kind": "TEXT", "required": false, "options": [] }
            ]
        }] }] } });
        assert_eq!(seen, expected);
        let query = "{ surveyResults(filter: { level: [HUB] }, orderBy: PUBLISHED_AT_ASC) { nodes {
            responses tallies { answered options { option count } } } } }";
        let seen = data(&app, Who::Admin, query).await;
        let expected = json!({ "surveyResults": { "nodes": [
            { "responses": 20, "tallies": [{ "answered": 20, "options": [
                { "option": "yes", "count": 11 }, { "option": "no", "count": 1 }] }] },
            { "responses": null, "tallies": [{ "answered": null, "options": [
                { "option": "yes", "count": null }, { "option": "no", "count": null }] }] }
        ] } });
        assert_eq!(seen, expected);
    })
    .await;
}

#[tokio::test]
async fn rates_add_up_what_a_hubs_partners_answered_and_non_responders_are_a_list() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ surveyCampaigns(filter: { state: [OPEN] }) { nodes { takesAnswers
            rates { nodes { asked started enough responses expected hub { name } } }
            invitations(filter: { enough: false }) { nodes { enrolment { partner { name } } } }
        } } }";
        let seen = data(&app, Who::HubLead, query).await;
        let campaign = &seen["surveyCampaigns"]["nodes"][0];
        assert_eq!(campaign["takesAnswers"], true);
        let rates = json!({ "nodes": [{ "asked": 2, "started": 1, "enough": 1, "responses": 12,
            "expected": 60, "hub": { "name": "North Hub" } }] });
        assert_eq!(campaign["rates"], rates);
        assert_eq!(campaign["invitations"]["nodes"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test]
async fn codes_are_shown_to_the_school_alone_and_links_to_their_person() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ surveyInvitations(orderBy: RESPONSES_DESC) { nodes {
            codes(filter: { inUse: true }) { totalCount }
            personalInvitations { totalCount } } } }";
        for (who, codes, links) in
            [(Who::HubLead, 0, 0), (Who::SchoolUser, 1, 1), (Who::Admin, 1, 1)]
        {
            let seen = data(&app, who, query).await;
            let first = &seen["surveyInvitations"]["nodes"][0];
            assert_eq!(first["codes"]["totalCount"], codes, "{who:?}");
            assert_eq!(first["personalInvitations"]["totalCount"], links, "{who:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn survey_rows_out_of_scope_answer_as_missing_ones() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($id: ID!) { node(id: $id) { id } }";
        for (of, row) in [
            ("SurveyCampaign", CAMPAIGN + 2),
            ("SurveyInvitation", INVITATION + 2),
            ("SurveyCode", CODE),
            ("PersonalInvitation", 432),
            ("SurveyCampaignGroup", 407),
            ("SurveyRate", INVITATION + 2),
            ("SurveyResult", RESULT + 2),
            // The pathway has no days of the lead's own time in it.
            ("SurveyResult", RESULT + 3),
            ("SurveyResult", RESULT + 4),
        ] {
            let variables = json!({ "id": global(of, id(row)) });
            let response = ask(&app, Who::HubLead, query, variables).await;
            assert_eq!(response, json!({ "data": { "node": null } }), "{of} {row}");
        }
    })
    .await;
}

const CREATE: &str = "mutation($input: SurveyCampaignCreateInput!) {
    done: surveyCampaignCreate(input: $input) {
        campaign { key state wave version groups { nodes { respondentGroup } } }
        userErrors { code field }
    }
}";

fn wish() -> serde_json::Value {
    json!({
        "programmeId": global("Programme", id(40)), "key": "by-hand", "title": "By hand",
        "wave": "FEEDBACK", "cohortId": global("Cohort", COHORT),
        "opensOn": "2026-10-05", "closesOn": "2026-10-20", "remindDays": [5],
        "groups": [{ "respondentGroup": "STAFF",
            "questionnaireId": global("Questionnaire", id(390)) }]
    })
}

/// The token of a preview of the campaign's launch, which writes to the heads of Birch alone: Cedar's
/// address takes no mail, and nobody is named at the trust.
async fn previewed(app: &api::app::App, campaign: &serde_json::Value) -> serde_json::Value {
    let query = "query($campaign: ID!) { surveyCampaignPreview(campaign: $campaign) {
        token recipients { person { name } } excluded { person { name } why } } }";
    let given = json!({ "campaign": campaign });
    for who in [Who::RegionalLead, Who::HubLead, Who::SchoolUser, Who::Evaluator] {
        let refused = ask(app, who, query, given.clone()).await;
        assert_eq!(refused["data"]["surveyCampaignPreview"], json!(null), "{who:?}: {refused}");
    }
    let shown = ask(app, Who::Admin, query, given).await;
    let shown = &shown["data"]["surveyCampaignPreview"];
    let recipients = json!([{ "person": { "name": "SchoolUser Example" } }]);
    assert_eq!(shown["recipients"], recipients, "{shown}");
    let why = "No mail goes to this address: mail to it came back for good.";
    let excluded = json!([{ "person": { "name": "Cedar Contact Example" }, "why": why }]);
    assert_eq!(shown["excluded"], excluded);
    shown["token"].clone()
}

#[tokio::test]
async fn an_admin_runs_a_campaign_from_draft_to_results_and_nobody_else_may() {
    both(async |world| {
        let app = app(&world).await;
        for who in [Who::RegionalLead, Who::HubLead, Who::SchoolUser, Who::Evaluator] {
            let refused = ask(&app, who, CREATE, json!({ "input": wish() })).await;
            let errors = json!([{ "code": "FORBIDDEN", "field": "programmeId" }]);
            assert_eq!(refused["data"]["done"]["userErrors"], errors, "{who:?}");
        }
        let made = ask(&app, Who::Admin, CREATE, json!({ "input": wish() })).await;
        let expected = json!({ "key": "by-hand", "state": "DRAFT", "wave": "FEEDBACK", "version": 1,
            "groups": { "nodes": [{ "respondentGroup": "STAFF" }] } });
        assert_eq!(made["data"]["done"]["campaign"], expected, "{made:#}");
        let found = "{ surveyCampaigns(filter: { key: \"by-hand\" }) { nodes { id } } }";
        let found = data(&app, Who::Admin, found).await;
        let campaign = found["surveyCampaigns"]["nodes"][0]["id"].clone();
        for (step, version, state) in
            [("Launch", 1, "OPEN"), ("Close", 2, "CLOSED"), ("Publish", 3, "PUBLISHED")]
        {
            let of = if step == "Launch" { "Launch" } else { "Step" };
            let query = format!(
                "mutation($input: SurveyCampaign{of}Input!) {{
                    done: surveyCampaign{step}(input: $input) {{
                        campaign {{ state invitations {{ totalCount }} results {{ totalCount }} }}
                        userErrors {{ code field }} }} }}"
            );
            let mut input =
                json!({ "input": { "campaignId": campaign, "expectedVersion": version } });
            if step == "Launch" {
                input["input"]["previewToken"] = previewed(&app, &campaign).await;
            }
            for who in [Who::RegionalLead, Who::HubLead, Who::SchoolUser, Who::Evaluator] {
                let refused = ask(&app, who, &query, input.clone()).await;
                let code = &refused["data"]["done"]["userErrors"][0]["code"];
                assert!(*code == "FORBIDDEN" || *code == "NOT_FOUND", "{who:?} {step}: {refused}");
            }
            let done = ask(&app, Who::Admin, &query, input.clone()).await;
            assert_eq!(done["data"]["done"]["campaign"]["state"], state, "{done:#}");
            let again = ask(&app, Who::Admin, &query, input).await;
            assert_eq!(again["data"]["done"]["userErrors"][0]["code"], "STALE", "{again:#}");
            if step == "Publish" {
                let campaign = &done["data"]["done"]["campaign"];
                assert_eq!(campaign["invitations"]["totalCount"], 3);
                // The programme's, two hubs' and three schools'.
                assert_eq!(campaign["results"]["totalCount"], 6);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_campaign_that_cannot_be_is_refused_by_its_field() {
    both(async |world| {
        let app = app(&world).await;
        for (field, value, code) in [
            ("key", json!("campaign-1"), "CONFLICT"),
            ("key", json!("No Key"), "INVALID"),
            ("title", json!(" "), "INVALID"),
            ("cohortId", json!(null), "INVALID"),
            ("cohortId", json!(global("Cohort", id(999))), "NOT_FOUND"),
            ("eventId", json!(global("Event", id(999))), "NOT_FOUND"),
            ("closesOn", json!("2026-10-01"), "INVALID"),
            ("enoughResponses", json!(0), "INVALID"),
            ("remindDays", json!([-3]), "INVALID"),
            ("groups", json!([]), "INVALID"),
            ("commitmentId", json!(global("Commitment", id(46))), "INVALID"),
        ] {
            let mut input = wish();
            input[field] = value;
            let refused = ask(&app, Who::Admin, CREATE, json!({ "input": input })).await;
            let errors = json!([{ "code": code, "field": field }]);
            assert_eq!(refused["data"]["done"]["userErrors"], errors, "{field}: {refused:#}");
        }
        let mut input = wish();
        input["groups"][0]["respondentGroup"] = json!("PUPILS");
        let refused = ask(&app, Who::Admin, CREATE, json!({ "input": input })).await;
        let errors = json!([{ "code": "INVALID", "field": "groups" }]);
        assert_eq!(refused["data"]["done"]["userErrors"], errors, "{refused:#}");
    })
    .await;
}

#[tokio::test]
async fn a_school_changes_its_code_and_says_how_many_it_expects_and_its_lead_may_not() {
    both(async |world| {
        let app = app(&world).await;
        let rotate =
            "mutation($input: SurveyCodeRotateInput!) { done: surveyCodeRotate(input: $input)
            { code { code retiredAt invitation { codes { totalCount } } } userErrors { code } } }";
        let input =
            json!({ "input": { "invitationId": global("SurveyInvitation", id(INVITATION)) } });
        for (who, code) in [(Who::HubLead, "FORBIDDEN"), (Who::Evaluator, "NOT_FOUND")] {
            let refused = ask(&app, who, rotate, input.clone()).await;
            assert_eq!(refused["data"]["done"]["userErrors"][0]["code"], code, "{who:?}");
        }
        let done = ask(&app, Who::SchoolUser, rotate, input).await;
        let code = &done["data"]["done"]["code"];
        assert_eq!(code["invitation"]["codes"]["totalCount"], 2, "{done:#}");
        let text = code["code"].as_str().expect("a code");
        assert_eq!(rules::surveys::code::normalise(text).as_deref(), Some(text));

        let expect = "mutation($input: SurveyExpectInput!) { done: surveyExpect(input: $input)
            { invitation { expected } userErrors { code field } } }";
        let expecting = |number: u128, expected: i32| {
            let invitation = global("SurveyInvitation", id(INVITATION + number));
            json!({ "input": { "invitationId": invitation, "expected": expected } })
        };
        let done = ask(&app, Who::SchoolUser, expect, expecting(0, 45)).await;
        assert_eq!(done["data"]["done"]["invitation"]["expected"], 45, "{done:#}");
        for (number, expected, code) in [(0, 0, "INVALID"), (2, 45, "NOT_FOUND")] {
            let refused = ask(&app, Who::SchoolUser, expect, expecting(number, expected)).await;
            assert_eq!(refused["data"]["done"]["userErrors"][0]["code"], code, "{refused:#}");
        }
    })
    .await;
}
