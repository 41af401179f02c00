//! Letters: what they say, and that they are looked at once more before they go.

use chrono::TimeDelta;
use entity::messages::letters::{LetterWish, queue};
use entity::messages::{message, message_event};
use entity::people::contact;
use entity::scope::Scope;
use entity::surveys::answering::find_by_code;
use entity::surveys::campaigns::{CampaignWish, GroupWish, create};
use entity::surveys::launching::launch;
use entity::surveys::{questionnaires, survey_campaign, survey_invitation};
use rules::messages::{About, MessageKind};
use rules::surveys::RespondentGroup::{Leaders, Pupils, Staff};
use rules::surveys::{QuestionnaireSetUp, RespondentGroup, SurveyWave};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;
use tests::mails::{Mail, delivered, read_by_python};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::app::App;
use worker::pass;

/// Monday 5 October 2026, 09:00 in London.
const NINE: &str = "2026-10-05T08:00:00Z";

async fn pass_at(world: &World, moment: &str) {
    world.clock.set(at(moment));
    let stop = CancellationToken::new();
    let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
    let pass = pass::run(&app.expect("the worker opens"), &stop).await;
    for (job, _, done) in &pass.ran {
        if let Err(error) = done {
            panic!("{}: {job:?}: {error:#}", world.name);
        }
    }
}

/// A campaign of pupils and staff by code and leaders by link, launched at nine.
async fn launched(world: &World) -> (Rise, survey_campaign::Model) {
    let rise = Rise::seed(world, &["Demo Ash School"]).await;
    let campaign = open(world, &rise, &[(Pupils, false), (Staff, false), (Leaders, true)]).await;
    (rise, campaign)
}

/// A campaign of these groups, each by links of their own or not, launched at nine.
async fn open(
    world: &World,
    rise: &Rise,
    asked: &[(RespondentGroup, bool)],
) -> survey_campaign::Model {
    world.clock.set(at(NINE));
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let mut groups = Vec::new();
    for (group, by_personal_link) in asked.iter().copied() {
        let text = match group {
            Pupils => include_str!("../../questionnaires/pupil-perceptions.toml"),
            Leaders => include_str!("../../questionnaires/leader-evaluation.toml"),
            _ => include_str!("../../questionnaires/staff-perceptions.toml"),
        };
        let set_up: QuestionnaireSetUp = toml::from_str(text).expect("a questionnaire");
        let loaded = questionnaires::load(&txn, now, &set_up).await.expect("loaded");
        groups.push(GroupWish { group, questionnaire_id: loaded.0.id, by_personal_link });
    }
    let wish = CampaignWish {
        programme_id: rise.id,
        key: "letters".to_owned(),
        title: "Perceptions of behaviour, autumn".to_owned(),
        wave: SurveyWave::Baseline,
        cohort_id: Some(cohort(&txn).await),
        pathway_id: None,
        template_id: None,
        event_id: None,
        enough_responses: 10,
        remind_days: vec![3],
        opens_on: day("2026-10-05"),
        closes_on: day("2026-10-16"),
        groups,
    };
    let made = create(&txn, &Scope::System, now, wish).await.expect("a campaign");
    let (campaign, _) = launch(&txn, &Scope::System, now, made.id, None).await.expect("launched");
    txn.commit().await.expect("commit");
    campaign
}

/// The head of a school becomes its behaviour lead, who is no senior leader.
async fn no_senior_leader(world: &World, person: Uuid) {
    contact::Entity::update_many()
        .col_expr(contact::Column::Role, Expr::value("behaviour_lead"))
        .filter(contact::Column::PersonId.eq(person))
        .exec(world.db.migrator())
        .await
        .expect("another role");
}

async fn cohort(txn: &sea_orm::DatabaseTransaction) -> Uuid {
    use entity::programme::cohort;
    let row = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026")).one(txn);
    row.await.expect("a read").expect("the cohort").id
}

/// Queues a reminder about the school's survey, as the campaign's own job does.
async fn remind(world: &World, person: Uuid, campaign: &survey_campaign::Model) {
    let first = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .one(world.db.reader());
    let enrolment = first.await.expect("a read").expect("an invitation").enrolment_id;
    remind_about(world, person, campaign, enrolment).await;
}

/// Queues a reminder about the survey of one school.
async fn remind_about(
    world: &World,
    person: Uuid,
    campaign: &survey_campaign::Model,
    enrolment: Uuid,
) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let about = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .filter(survey_invitation::Column::EnrolmentId.eq(enrolment))
        .order_by_desc(survey_invitation::Column::RespondentGroup)
        .one(&txn)
        .await
        .expect("a read")
        .expect("an invitation");
    let wish = LetterWish {
        kind: MessageKind::SurveyReminder,
        person_id: person,
        about: About::SurveyInvitation,
        about_id: about.id,
        dedupe_key: "survey-reminder:test".to_owned(),
        send_after: now,
        expires_at: now + TimeDelta::days(9),
    };
    assert!(queue(&txn, now, wish).await.expect("queued"));
    txn.commit().await.expect("commit");
}

async fn letters(world: &World, kind: &str) -> Vec<message::Model> {
    message::Entity::find()
        .filter(message::Column::Kind.eq(kind))
        .order_by_asc(message::Column::Id)
        .all(world.db.reader())
        .await
        .expect("messages")
}

/// The last step in the story of the one letter of a kind.
async fn end_of(world: &World, kind: &str) -> (String, String) {
    let [letter] = &letters(world, kind).await[..] else { panic!("one {kind}") };
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(letter.id))
        .order_by_desc(message_event::Column::HappenedAt)
        .one(world.db.reader());
    let last = events.await.expect("a read").expect("a story");
    assert_eq!(last.state, letter.state);
    (last.state, last.detail)
}

/// The mail of the one letter of a kind.
async fn mail_of(world: &World, kind: &str) -> Mail {
    let [letter] = &letters(world, kind).await[..] else { panic!("one {kind}") };
    let id = letter.id.to_string();
    let mails = delivered(&world.config.mail.folder).into_iter();
    let mut mails = mails.filter(|mail| mail.file.contains(&id));
    mails.next().unwrap_or_else(|| panic!("{kind} was not sent"))
}

/// Without tokens and codes, which differ every time.
fn settled(text: &str) -> String {
    let is_code = |word: &str| {
        word.len() == 9
            && word.as_bytes()[4] == b'-'
            && word
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let mut out = String::new();
    for piece in text.split_inclusive(['/', ' ', '"', '\n', '<', '>']) {
        let (word, end) = piece.split_at(piece.len() - 1);
        let is_token = word.len() > 40 && !word.contains([';', ':', '.']);
        out.push_str(if is_token {
            "TOKEN"
        } else if is_code(word) {
            "CODE-CODE"
        } else {
            word
        });
        out.push_str(end);
    }
    out
}

#[tokio::test]
async fn letters_say_what_to_do_by_when_the_same_in_text_and_html() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        for kind in ["survey_invitation", "survey_link", "survey_reminder"] {
            assert_eq!(end_of(&world, kind).await.0, "accepted", "{}", world.name);
            let mail = mail_of(&world, kind).await;
            assert_eq!(mail.to, "head.of.demo.ash.school@example.org");
            assert!(mail.links().count() > 0);
            for link in mail.links() {
                assert!(mail.html.contains(link), "{kind}: {link}");
            }
            if let Some(read) = read_by_python(&mail.file) {
                assert_eq!(read["to"], json!([mail.to]));
                assert_eq!(read["subject"], json!(mail.subject));
                assert_eq!(read["defects"], json!([]));
                let text = read["text"].as_str().unwrap_or_default();
                assert_eq!(text.replace('\r', "").trim(), mail.text.replace('\r', "").trim());
            }
            let whole = format!("Subject: {}\n\n{}\n\n{}", mail.subject, mail.text, mail.html);
            insta::assert_snapshot!(kind, settled(&whole.replace('\r', "")));
        }
    })
    .await;
}

#[tokio::test]
async fn where_no_link_reaches_anybody_the_letter_and_its_reminder_have_the_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        no_senior_leader(&world, rise.partners[0].head).await;
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        assert!(letters(&world, "survey_link").await.is_empty(), "{}", world.name);
        for kind in ["survey_invitation", "survey_reminder"] {
            let mail = mail_of(&world, kind).await;
            assert_eq!(mail.text.matches("Enter the code").count(), 1, "{}", mail.text);
            assert!(!mail.text.contains("link of their own"), "{}", mail.text);
            for word in ["senior leaders", "their code", "at least 1 answer is needed"] {
                assert!(mail.text.contains(word), "{word}: {}", mail.text);
            }
            let code = mail.text.lines().find(|line| line.contains("Enter the code"));
            let code = code.and_then(|line| line.split_whitespace().last()).unwrap_or_default();
            let (reader, code) = (world.db.reader(), code.replace('-', ""));
            let found = find_by_code(reader, world.clock.now(), &code).await.expect("a read");
            let found = found.expect("the code opens the survey");
            assert!(found.may_begin && found.group == Leaders, "{}", world.name);
            let name = format!("{kind}_of_leaders_by_code");
            let whole = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            insta::assert_snapshot!(name, settled(&whole.replace('\r', "")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_whose_reader_left_is_none_and_the_reminder_has_the_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        // Somebody at the school who is written to, and is no senior leader.
        let [ash, birch] = [rise.partners[0], rise.partners[1]];
        no_senior_leader(&world, birch.head).await;
        contact::Entity::update_many()
            .col_expr(contact::Column::SettingId, Expr::value(ash.setting))
            .filter(contact::Column::PersonId.eq(birch.head))
            .exec(world.db.migrator())
            .await
            .expect("moved");
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        pass_at(&world, NINE).await;
        assert_eq!(letters(&world, "survey_link").await.len(), 1, "{}", world.name);
        assert!(letters(&world, "survey_invitation").await.is_empty(), "a link is enough");
        contact::Entity::update_many()
            .col_expr(contact::Column::EndedAt, Expr::value(world.clock.now()))
            .filter(contact::Column::PersonId.eq(ash.head))
            .exec(world.db.migrator())
            .await
            .expect("left");
        remind_about(&world, birch.head, &campaign, ash.enrolment).await;
        pass_at(&world, "2026-10-05T08:05:00Z").await;
        let mail = mail_of(&world, "survey_reminder").await;
        assert_eq!(mail.text.matches("Enter the code").count(), 1, "{}", mail.text);
    })
    .await;
}

#[tokio::test]
async fn a_reminder_of_links_alone_gives_out_no_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        assert!(letters(&world, "survey_invitation").await.is_empty(), "{}", world.name);
        let mail = mail_of(&world, "survey_reminder").await;
        assert!(!mail.text.contains("code"), "{}", mail.text);
        let whole = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        insta::assert_snapshot!("survey_reminder_of_links", settled(&whole.replace('\r', "")));
    })
    .await;
}

#[tokio::test]
async fn a_reminder_leaves_out_groups_that_have_enough() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        survey_invitation::Entity::update_many()
            .col_expr(survey_invitation::Column::EnoughOn, Expr::value(day("2026-10-05")))
            .col_expr(survey_invitation::Column::Responses, Expr::value(12))
            .filter(survey_invitation::Column::RespondentGroup.eq("staff"))
            .exec(world.db.migrator())
            .await
            .expect("enough");
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        let mail = mail_of(&world, "survey_reminder").await;
        assert!(mail.text.contains("Of the pupils, nobody has answered yet"), "{}", mail.text);
        assert!(mail.text.contains("Staff: enough have answered."), "{}", mail.text);
        assert_eq!(mail.text.matches("Enter the code").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_letter_about_a_survey_that_closed_meanwhile_is_cancelled_with_its_reason() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        survey_campaign::Entity::update_many()
            .col_expr(survey_campaign::Column::State, Expr::value("closed"))
            .filter(survey_campaign::Column::Id.eq(campaign.id))
            .exec(world.db.migrator())
            .await
            .expect("closed");
        pass_at(&world, NINE).await;
        for kind in ["survey_invitation", "survey_link", "survey_reminder"] {
            let (state, reason) = end_of(&world, kind).await;
            assert_eq!((state.as_str(), reason.as_str()), ("cancelled", "The survey is closed."));
        }
    })
    .await;
}

#[tokio::test]
async fn a_letter_to_somebody_who_left_the_school_is_cancelled() {
    both(async |world| {
        let (rise, _) = launched(&world).await;
        contact::Entity::update_many()
            .col_expr(contact::Column::EndedAt, Expr::value(world.clock.now()))
            .filter(contact::Column::PersonId.eq(rise.partners[0].head))
            .exec(world.db.migrator())
            .await
            .expect("left");
        pass_at(&world, NINE).await;
        let (state, reason) = end_of(&world, "survey_invitation").await;
        assert_eq!(state, "cancelled");
        assert!(reason.contains("no longer a contact"), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_of_a_survey_waits_for_the_schools_hours() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        pass_at(&world, NINE).await;
        world.clock.set(at("2026-10-05T19:00:00Z"));
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, "2026-10-05T19:00:00Z").await;
        let (state, reason) = end_of(&world, "survey_reminder").await;
        assert_eq!(state, "pending", "{reason}");
        let letter = &letters(&world, "survey_reminder").await[0];
        assert_eq!((letter.send_after, letter.attempts), (at("2026-10-06T07:00:00Z"), 0));
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        assert_eq!(end_of(&world, "survey_reminder").await.0, "accepted");
    })
    .await;
}
