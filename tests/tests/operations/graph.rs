//! The same through the graph.

use entity::audit::audit_entry;
use entity::people::grants::Grant;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tests::both;
use tests::rise::Rise;
use tests::server::{self, Server};
use tests::tokens::token_for;

use super::rejected;

#[tokio::test]
async fn an_admin_pauses_and_replays_through_the_graph_and_the_audit_knows() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let server = Server::of(server::app(&world).await).await;
        let ask = async |query: &str, input: Value| -> Value {
            let body = json!({ "query": query, "variables": { "input": input } });
            let answer: Value = server.post(&token, body).await.json().await.expect("JSON");
            assert!(answer.get("errors").is_none(), "{answer:#}");
            answer["data"].clone()
        };
        let jobs = ask(
            "{ jobs(filter: { name: \"plan_reminders\" }) { nodes { id lastSummary
            timetable nextDueAt runs } } mailLanes { nodes { id name } } }",
            json!({}),
        )
        .await;
        let job = &jobs["jobs"]["nodes"][0];
        assert_eq!(job["nextDueAt"], "2026-10-05T07:15:00Z", "{job:#}");
        assert!(job["timetable"].as_str().is_some_and(|it| it.starts_with("every 15 minutes")));
        let lanes = jobs["mailLanes"]["nodes"].as_array().expect("lanes");
        let names: Vec<_> = lanes.iter().map(|lane| lane["name"].as_str().expect("text")).collect();
        assert_eq!(names, ["immediate", "routine", "survey"]);

        let pause = "mutation M($input: JobPauseInput!) { jobPause(input: $input) {
            pause { id isInForce why job { name } by { email } } userErrors { message } } }";
        let far = json!({ "jobId": job["id"], "why": "Mended", "until": "2999-01-01T00:00:00Z" });
        let body = json!({ "query": pause, "variables": { "input": far } });
        let told: Value = server.post(&token, body).await.json().await.expect("JSON");
        let why = "input.until is of a year from 1900 to 2199, not \"2999-01-01T00:00:00Z\"";
        assert_eq!(told["errors"][0]["message"], why, "{told:#}");
        let input = json!({ "jobId": job["id"], "why": "Mended", "idempotencyKey": "a" });
        let first = ask(pause, input.clone()).await;
        assert_eq!(first["jobPause"]["pause"]["isInForce"], true, "{first:#}");
        assert_eq!(ask(pause, input).await, first, "a double click pauses once");
        let resume = "mutation M($input: ResumeInput!) { jobResume(input: $input) {
            pause { isInForce endedWhy } userErrors { message } } }";
        let input = json!({ "pauseId": first["jobPause"]["pause"]["id"], "why": "Done" });
        // A lane is not resumed by the pause of a job.
        let of_lane = "mutation M($input: ResumeInput!) { mailLaneResume(input: $input) {
            pause { id } userErrors { code field message } } }";
        let told = ask(of_lane, input.clone()).await;
        let wrong = json!([{ "code": "INVALID", "field": "pauseId",
            "message": "This is the pause of a job, not of a mail lane." }]);
        assert_eq!(told["mailLaneResume"], json!({ "pause": null, "userErrors": wrong }));
        let told = ask(resume, input).await;
        let over = json!({ "isInForce": false, "endedWhy": "Done" });
        assert_eq!(told["jobResume"]["pause"], over, "{told:#}");

        let replay = "mutation M($input: MessageReplayInput!) { messageReplay(input: $input) {
            message { state replayOf { nodes { state replays { totalCount } } } }
            userErrors { message } } }";
        let input =
            json!({ "messageId": api::read::ids::global("Message", old.id), "why": "Mended" });
        let told = ask(replay, input).await;
        let new = &told["messageReplay"]["message"];
        assert_eq!(new["state"], "PENDING", "{told:#}");
        let of = json!([{ "state": "REJECTED", "replays": { "totalCount": 1 } }]);
        assert_eq!(new["replayOf"]["nodes"], of);
        let entries = audit_entry::Entity::find().all(world.db.reader()).await.expect("entries");
        for action in ["jobPause", "jobResume", "messageReplay"] {
            let told = entries.iter().filter(|entry| entry.action == action).count();
            assert_eq!(told, 1, "{action}");
        }
    })
    .await;
}
