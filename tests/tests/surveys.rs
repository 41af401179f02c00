//! Survey campaigns: whom they ask, what they send, and what of the answers they tell.

use api::commands::load_questionnaire;
use chrono::{DateTime, NaiveDate, Utc};
use entity::enrolments::{settle_enrolment, withdraw};
use entity::id::new_id;
use entity::messages::message;
use entity::people::contact;
use entity::programme::loader;
use entity::scope::{Scope, Viewer};
use entity::surveys::closing::{close, close_due, delete_old_drafts};
use entity::surveys::launching::launch_due;
use entity::surveys::reminding::remind;
use entity::surveys::results::publish;
use entity::surveys::taking_part::rotate_code;
use entity::surveys::wanted::still_wanted;
use entity::surveys::{
    personal_invitation, survey_campaign, survey_code, survey_draft, survey_invitation,
    survey_response, survey_result,
};
use rules::messages::MessageKind;
use rules::programme::SetUp;
use rules::surveys::QuestionnaireSetUp;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

/// Loads the campaigns of RISE as they stood in July.
async fn campaigns(world: &World) {
    let set_up: SetUp = toml::from_str(include_str!("../../set-ups/rise.toml")).expect("RISE");
    let txn = world.db.write().await.expect("a transaction");
    let now = at("2026-07-06T08:00:00Z");
    load_questionnaire::ensure_shipped(&txn, now).await.expect("the questionnaires load");
    loader::load(&txn, now, &set_up).await.expect("the campaigns load");
    txn.commit().await.expect("commit");
}

/// Does what the worker does of a morning; returns the letters and reminders queued.
async fn morning(world: &World, programme: Uuid, now: &str) -> (usize, usize) {
    let now = at(now);
    let txn = world.db.write().await.expect("a transaction");
    close_due(&txn, now, programme).await.expect("closed");
    let (_, invited) = launch_due(&txn, now, programme).await.expect("launched");
    let reminded = remind(&txn, now, programme).await.expect("reminded");
    txn.commit().await.expect("commit");
    (invited.letters, reminded)
}

async fn baseline(world: &World) -> survey_campaign::Model {
    survey_campaign::Entity::find()
        .filter(survey_campaign::Column::Key.eq("september-2026-baseline"))
        .one(world.db.reader())
        .await
        .expect("a read")
        .expect("the campaign")
}

async fn invitations(world: &World, campaign: Uuid) -> Vec<survey_invitation::Model> {
    survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign))
        .order_by_asc(survey_invitation::Column::Id)
        .all(world.db.reader())
        .await
        .expect("a read")
}

/// Answers as so many respondents would, the first question of the questionnaire only.
async fn answer(
    world: &World,
    invitation: &survey_invitation::Model,
    how_many: i32,
    on: NaiveDate,
) {
    let txn = world.db.write().await.expect("a transaction");
    for number in 0..how_many {
        let response = survey_response::Model {
            id: Uuid::new_v4(),
            campaign_id: invitation.campaign_id,
            invitation_id: invitation.id,
            submission_hash: format!("{}-{number}", invitation.id),
            answers: json!({ "know-rules": "mostly", "vision": "agree" }),
        };
        response.into_active_model().insert(&txn).await.expect("an answer");
    }
    let mut row = invitation.clone().into_active_model();
    row.responses = Set(how_many);
    row.first_on = Set((how_many > 0).then_some(on));
    row.enough_on = Set((how_many >= 10).then_some(on));
    let row = row.update(&txn).await.expect("counted");
    settle_enrolment(&txn, at("2026-10-01T12:00:00Z"), row.enrolment_id).await.expect("settled");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn a_campaign_opens_on_its_day_and_invites_every_group_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        assert_eq!(morning(&world, rise.id, "2026-09-13T23:00:00Z").await.0, 2, "{}", world.name);
        let campaign = baseline(&world).await;
        assert_eq!((campaign.state.as_str(), campaign.version), ("open", 2));
        let asked = invitations(&world, campaign.id).await;
        let groups: Vec<&str> = asked.iter().map(|row| row.respondent_group.as_str()).collect();
        assert_eq!(groups, ["pupils", "staff", "pupils", "staff"]);
        let codes = survey_code::Entity::find().all(world.db.reader()).await.expect("codes");
        assert_eq!(codes.len(), 4);
        for code in &codes {
            assert_eq!(rules::surveys::code::normalise(&code.code).as_ref(), Some(&code.code));
        }
        // The letters wait for eight o'clock, and expire with the campaign.
        let letters = message::Entity::find().all(world.db.reader()).await.expect("letters");
        assert_eq!(letters.len(), 2);
        for letter in letters {
            assert_eq!(letter.kind, "survey_invitation");
            assert_eq!(letter.send_after, at("2026-09-14T07:00:00Z"));
            assert_eq!(letter.expires_at, at("2026-10-09T23:00:00Z"));
        }
        // A second pass finds nothing to do.
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await, (0, 0));
        assert_eq!(invitations(&world, campaign.id).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn leaders_get_links_of_their_own_and_no_letter_with_codes() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-11-02T08:10:00Z").await;
        let links =
            personal_invitation::Entity::find().all(world.db.reader()).await.expect("links");
        let [link] = &links[..] else { panic!("{links:?}") };
        assert_eq!(link.person_id, rise.partners[0].head);
        let letters = message::Entity::find().all(world.db.reader()).await.expect("letters");
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!((letter.kind.as_str(), letter.about_id), ("survey_link", Some(link.id)));

        // Answered, it is no longer wanted.
        let wanted = async |now: &str| {
            let (kind, person) = (MessageKind::SurveyLink, rise.partners[0].head);
            still_wanted(world.db.reader(), at(now), kind, link.id, person).await.expect("told")
        };
        assert_eq!(wanted("2026-11-02T08:10:00Z").await, None);
        assert_eq!(wanted("2026-12-19T00:00:00Z").await, Some("The survey is closed."));
        let txn = world.db.write().await.expect("a transaction");
        let mut row = link.clone().into_active_model();
        row.answered_on = Set(Some(day("2026-11-02")));
        row.update(&txn).await.expect("answered");
        txn.commit().await.expect("commit");
        assert_eq!(wanted("2026-11-02T08:10:00Z").await, Some("They have answered."));
    })
    .await;
}

#[tokio::test]
async fn schools_short_of_enough_are_reminded_once_a_step_and_who_answered_is_not() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let campaign = baseline(&world).await;
        for row in invitations(&world, campaign.id).await {
            if row.enrolment_id == rise.partners[0].enrolment {
                answer(&world, &row, 12, day("2026-09-18")).await;
            }
        }
        for (now, reminded) in [
            ("2026-09-24T08:10:00Z", 0),
            // Ten working days before Friday 9 October.
            ("2026-09-25T08:10:00Z", 1),
            ("2026-09-25T09:10:00Z", 0),
            ("2026-09-28T08:10:00Z", 0),
            ("2026-10-06T08:10:00Z", 1),
            ("2026-10-09T08:10:00Z", 0),
            ("2026-10-10T08:10:00Z", 0),
        ] {
            assert_eq!(morning(&world, rise.id, now).await.1, reminded, "{} {now}", world.name);
        }
        let letters = message::Entity::find()
            .filter(message::Column::Kind.eq("survey_reminder"))
            .all(world.db.reader())
            .await
            .expect("letters");
        assert!(letters.iter().all(|letter| letter.person_id == rise.partners[1].head));
        assert_eq!(baseline(&world).await.state, "closed");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_is_not_wanted_once_enough_answered_or_the_school_left() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let now = at("2026-10-06T08:10:00Z");
        let campaign = baseline(&world).await;
        let asked = invitations(&world, campaign.id).await;
        let of = |partner: usize| {
            let enrolment = rise.partners[partner].enrolment;
            asked.iter().filter(move |row| row.enrolment_id == enrolment)
        };
        let wanted = async |partner: usize, person: Uuid| {
            let about = of(partner).next().expect("an invitation").id;
            let kind = MessageKind::SurveyReminder;
            still_wanted(world.db.reader(), now, kind, about, person).await.expect("told")
        };
        let (ash, beech) = (rise.partners[0], rise.partners[1]);
        assert_eq!(wanted(0, ash.head).await, None);
        let stranger = Some("They are no longer a contact of the school.");
        assert_eq!(wanted(0, beech.head).await, stranger);
        let mut groups = of(0);
        answer(&world, groups.next().expect("pupils"), 10, day("2026-10-05")).await;
        assert_eq!(wanted(0, ash.head).await, None, "staff have not answered");
        answer(&world, groups.next().expect("staff"), 10, day("2026-10-05")).await;
        assert_eq!(wanted(0, ash.head).await, Some("Enough answers have come in."));
        let met = rise.obligation(&world, ash.enrolment, "perception_survey").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-05"))));

        let txn = world.db.write().await.expect("a transaction");
        let reason = "It joins another programme.";
        let ended = day("2026-10-02");
        withdraw(&txn, &Scope::System, None, now, beech.enrolment, None, ended, reason)
            .await
            .expect("withdrawn");
        txn.commit().await.expect("commit");
        let left = Some("The school does not take part at present.");
        assert_eq!(wanted(1, beech.head).await, left);
        // And it is not reminded again.
        assert_eq!(morning(&world, rise.id, "2026-10-06T09:10:00Z").await.1, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_joins_while_a_campaign_is_open_is_invited_by_the_next_pass() {
    both(async |world| {
        let mut rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        set_status(&world, rise.partners[1].enrolment, "paused").await;
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await.0, 1);
        let campaign = baseline(&world).await;
        assert_eq!(invitations(&world, campaign.id).await.len(), 2);
        set_status(&world, rise.partners[1].enrolment, "active").await;
        assert_eq!(morning(&world, rise.id, "2026-09-22T07:10:00Z").await.0, 1);
        let asked = invitations(&world, campaign.id).await;
        assert_eq!(asked.len(), 4);
        let late = rise.partners.remove(1).enrolment;
        let of_late: Vec<_> = asked.iter().filter(|row| row.enrolment_id == late).collect();
        assert!(of_late.iter().all(|row| row.created_at == at("2026-09-22T07:10:00Z")));
    })
    .await;
}

async fn set_status(world: &World, enrolment: Uuid, status: &str) {
    let txn = world.db.write().await.expect("a transaction");
    let row = entity::enrolments::enrolment::ActiveModel {
        id: sea_orm::ActiveValue::Unchanged(enrolment),
        status: Set(status.to_owned()),
        ..Default::default()
    };
    row.update(&txn).await.expect("changed");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn another_code_takes_the_place_of_the_old_one_even_when_two_ask_at_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let asked = invitations(&world, baseline(&world).await.id).await;
        let school = Scope::Viewer(Viewer {
            person_id: rise.partners[0].head,
            settings: vec![rise.partners[0].setting],
            ..Viewer::default()
        });
        let now = at("2026-09-15T09:00:00Z");
        let rotate = async || {
            let txn = world.db.write().await.expect("a transaction");
            let made = rotate_code(&txn, &school, now, asked[0].id).await.expect("a code");
            txn.commit().await.expect("commit");
            made.code
        };
        let (one, other) = tokio::join!(rotate(), rotate());
        assert_ne!(one, other);
        let in_use = survey_code::Entity::find()
            .filter(survey_code::Column::InvitationId.eq(asked[0].id))
            .filter(survey_code::Column::RetiredAt.is_null())
            .all(world.db.reader())
            .await
            .expect("codes");
        let [in_use] = &in_use[..] else { panic!("{}: {in_use:?}", world.name) };
        assert!([one, other].contains(&in_use.code));
    })
    .await;
}

#[tokio::test]
async fn results_are_frozen_once_and_leave_out_what_would_tell_of_a_few() {
    both(async |world| {
        let names = ["Demo Ash", "Demo Beech", "Demo Cedar"];
        let rise = Rise::seed(&world, &names).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let campaign = baseline(&world).await;
        for row in invitations(&world, campaign.id).await {
            let partner = rise.partners.iter().position(|one| one.enrolment == row.enrolment_id);
            let pupils = [30, 25, 4][partner.expect("a partner")];
            let how_many = if row.respondent_group == "pupils" { pupils } else { 3 };
            answer(&world, &row, how_many, day("2026-09-25")).await;
        }
        let now = at("2026-10-12T09:00:00Z");
        let step = async |publishing: bool, now: DateTime<Utc>| {
            let txn = world.db.write().await.expect("a transaction");
            let done = if publishing {
                publish(&txn, &Scope::System, now, campaign.id, None).await
            } else {
                close(&txn, &Scope::System, now, campaign.id, None).await
            };
            let done = done.map(|row| row.state).map_err(|error| error.to_string());
            txn.commit().await.expect("commit");
            done
        };
        let refusal = "Close the campaign first: results are frozen once.";
        assert_eq!(step(true, now).await, Err(refusal.to_owned()));
        assert_eq!(step(false, now).await.as_deref(), Ok("closed"));
        assert_eq!(step(true, now).await.as_deref(), Ok("published"));
        let again = "The results of this campaign are published already.";
        assert_eq!(step(true, now).await, Err(again.to_owned()));

        let results = survey_result::Entity::find()
            .order_by_asc(survey_result::Column::Id)
            .all(world.db.reader())
            .await
            .expect("results");
        let told = |group: &str| -> Vec<(String, Option<i32>)> {
            let of_group = results.iter().filter(|row| row.respondent_group == group);
            of_group.map(|row| (row.level.clone(), row.responses)).collect()
        };
        let school = |count| ("school".to_owned(), count);
        let pupils = vec![
            ("programme".to_owned(), Some(59)),
            ("hub".to_owned(), Some(59)),
            school(Some(30)),
            // Large enough, but it would give away the four.
            school(None),
            school(None),
        ];
        let mut sorted = told("pupils");
        sorted[2..].sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        assert_eq!(sorted, pupils, "{}", world.name);
        assert!(told("staff").iter().all(|(_, count)| count.is_none()), "nine in all");
        let first = &results[0].tallies[0];
        assert_eq!((&first["question"], &first["answered"]), (&json!("know-rules"), &json!(59)));
        assert_eq!(first["options"][1]["count"], 59);
        // Nobody answered the second question: too few to be told.
        assert_eq!(results[0].tallies[1]["answered"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn what_was_begun_and_never_sent_is_deleted() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let asked = invitations(&world, baseline(&world).await.id).await;
        let txn = world.db.write().await.expect("a transaction");
        for (number, changed_on) in [(0, "2026-09-14"), (1, "2026-09-28")] {
            let draft = survey_draft::Model {
                id: new_id(world.clock.now()),
                campaign_id: asked[0].campaign_id,
                invitation_id: asked[0].id,
                submission_hash: format!("draft-{number}"),
                answers: json!({}),
                changed_on: day(changed_on),
            };
            draft.into_active_model().insert(&txn).await.expect("a draft");
        }
        let deleted = delete_old_drafts(&txn, at("2026-09-30T00:10:00Z")).await.expect("deleted");
        assert_eq!(deleted, 1);
        txn.commit().await.expect("commit");
        morning(&world, rise.id, "2026-10-09T23:10:00Z").await;
        let left = survey_draft::Entity::find().count(world.db.reader()).await.expect("a count");
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn loading_a_set_up_again_changes_drafts_and_leaves_what_was_launched() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../set-ups/rise.toml")).expect("RISE");
        let txn = world.db.write().await.expect("a transaction");
        let now = at("2026-09-15T08:00:00Z");
        let report = loader::load(&txn, now, &set_up).await.expect("loads");
        assert_eq!(report.changes, []);
        for campaign in &mut set_up.campaigns {
            campaign.enough_responses = 20;
        }
        set_up.campaigns.retain(|campaign| campaign.key != "september-2026-final");
        let report = loader::load(&txn, now, &set_up).await.expect("loads");
        let changed: Vec<&str> =
            report.changes.iter().map(|change| change.place.as_str()).collect();
        assert!(changed.contains(&"campaign september-2026-final"), "{changed:?}");
        assert!(changed.contains(&"campaign january-2026-final"), "{changed:?}");
        txn.commit().await.expect("commit");
        assert_eq!(baseline(&world).await.enough_responses, 10);
    })
    .await;
}

#[tokio::test]
async fn a_changed_questionnaire_is_a_new_version_and_campaigns_keep_theirs() {
    both(async |world| {
        Rise::seed(&world, &[]).await;
        campaigns(&world).await;
        let (_, text) = load_questionnaire::SHIPPED[1];
        let set_up = load_questionnaire::parse(text).expect("it is free of faults");
        let changed = QuestionnaireSetUp { title: format!("{}!", set_up.title), ..set_up.clone() };
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        let load = async |set_up| {
            let loaded = entity::surveys::questionnaires::load(&txn, now, set_up).await;
            loaded.expect("loads").0.version
        };
        assert_eq!(load(&set_up).await, 1);
        assert_eq!(load(&changed).await, 2);
        assert_eq!(load(&changed).await, 2);
        txn.commit().await.expect("commit");
    })
    .await;
}

#[tokio::test]
async fn a_contact_who_left_gets_no_letter() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        contact::Entity::update_many()
            .set(contact::ActiveModel {
                ended_at: Set(Some(at("2026-09-01T00:00:00Z"))),
                ..Default::default()
            })
            .filter(contact::Column::PersonId.eq(rise.partners[0].head))
            .exec(&txn)
            .await
            .expect("ended");
        txn.commit().await.expect("commit");
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await, (0, 0));
        assert_eq!(invitations(&world, baseline(&world).await.id).await.len(), 2);
    })
    .await;
}
