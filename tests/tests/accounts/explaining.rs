//! `worker explain`, as people and programs read it.

use entity::enrolments;
use entity::scope::Scope;
use serde_json::Value;
use tests::programs::{at, program, refuse, run};
use tests::rise::Rise;
use tests::{World, both};

use crate::{EIGHT, message_to, pass_at};

/// What the worker answers on Monday at half past eight.
fn explained(world: &World, arguments: &[&str]) -> String {
    let arguments: Vec<&str> =
        std::iter::once("explain").chain(arguments.iter().copied()).collect();
    run(at(program(world, "worker", &arguments), "2026-10-05T08:30:00"))
}

#[tokio::test]
async fn the_story_of_a_message_names_its_steps_and_what_it_carried() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT, "").await;
        let message = message_to(&world, rise.partners[0].head).await;
        let id = message.id.to_string();
        let text = explained(&world, &["message", &id]);
        for part in [
            &format!("Message {id}: digest, accepted."),
            &format!("To person {}.", message.person_id),
            "Monday 5 October 2026, 08:00  handoff    Handed over as <",
            "The reminders in it:",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("example.org"), "no address is shown\n{text}");
        let json: Value =
            serde_json::from_str(&explained(&world, &["message", &id, "--json"])).expect("JSON");
        let states: Vec<_> = json["events"].as_array().expect("events").iter().collect();
        let states: Vec<_> = states.iter().map(|step| step["state"].as_str()).collect();
        assert_eq!(states, ["pending", "leased", "handoff", "accepted"].map(Some));
        assert_eq!(json["suppressed"], Value::Null);
        assert!(json["expiresAt"].is_string(), "as `worker jobs` writes it\n{json:#}");
        assert_eq!(json.get("name"), None);
        let named = explained(&world, &["message", &id, "--names"]);
        assert!(named.contains(&format!("To person {} (Head of ", message.person_id)), "{named}");

        let nobody = "0199b2f0-7c1e-7000-8000-00000000beef";
        let problem = refuse(program(&world, "worker", &["explain", "message", nobody]));
        assert!(problem.contains("there is no message"), "{problem}");
    })
    .await;
}

#[tokio::test]
async fn an_obligation_tells_whom_it_reminded_and_when_it_reminds_next() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        pass_at(&world, EIGHT, "").await;
        let of = rise.obligation(&world, partner.enrolment, "self_assessment").await;
        let (id, head) = (of.id.to_string(), partner.head.to_string());
        let all = explained(&world, &["obligation", &id]);
        for person in [partner.head, rise.lead, rise.admin] {
            assert!(all.contains(&format!("Person {person}")), "{all}");
        }
        let text = explained(&world, &["obligation", &id, "--person", &head]);
        assert!(!text.contains(&rise.lead.to_string()), "{text}");
        assert!(text.contains(": sent, Monday 5 October 2026, 08:00."), "{text}");
        assert!(text.contains("no reminder goes as things stand"), "{text}");
        assert!(!all.contains("(Head of "), "nobody is named unasked\n{all}");
        let named = explained(&world, &["obligation", &id, "--person", &head, "--names"]);
        assert!(named.contains(&format!("Person {head} (Head of ")), "{named}");
        let nobody = uuid::Uuid::from_u128(7).to_string();
        let asked = ["explain", "obligation", &id, "--person", &nobody];
        let problem = refuse(program(&world, "worker", &asked));
        assert!(problem.contains(&format!("there is no person {nobody}")), "{problem}");
        let next = format!("Person {}: the next reminder goes on", rise.lead);
        assert!(all.contains(&next), "the lead is told later\n{all}");

        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        enrolments::excuse(&txn, &Scope::System, None, now, of.id, None, "Closed by a flood")
            .await
            .expect("excused");
        txn.commit().await.expect("commit");
        let told = explained(&world, &["obligation", &id, "--person", &head, "--json"]);
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let person = &told["people"][0];
        assert_eq!((&told["state"], &person["next"]), (&"excused".into(), &Value::Null));
        let told = person["reminders"].as_array().expect("reminders");
        assert!(told.iter().any(|one| one["verdict"] == "sent"), "{told:#?}");
        assert!(
            told.iter().any(|one| one["verdict"] == "never" && one["why"] == "It was excused."),
            "{told:#?}"
        );
    })
    .await;
}
