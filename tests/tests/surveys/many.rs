//! Letters to many: written and read in as many statements as those to a few.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entity::id::new_id;
use entity::messages::message;
use entity::people::{contact, person};
use entity::programme::cohort;
use entity::scope::Scope;
use entity::surveys::campaigns::{CampaignWish, GroupWish, create};
use entity::surveys::launching::launch;
use entity::surveys::letters::{Asking, open};
use entity::surveys::questionnaires;
use rules::messages::MessageKind;
use rules::surveys::{QuestionnaireSetUp, RespondentGroup, SurveyWave};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, EntityTrait as _, QueryFilter as _, TransactionTrait as _,
};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

const NINE: &str = "2026-10-05T08:00:00Z";

/// A connection that counts the statements it is asked.
fn counting(db: &DatabaseConnection) -> (DatabaseConnection, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (mut db, counter) = (db.clone(), asked.clone());
    db.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (db, asked)
}

/// So many more senior leaders of a school.
async fn leaders(world: &World, setting: Uuid, count: usize) {
    let now = world.clock.now();
    let people: Vec<person::ActiveModel> = (0..count)
        .map(|number| person::ActiveModel {
            id: Set(new_id(now)),
            name: Set(format!("Demo Leader {number}")),
            email: Set(format!("leader-{number}-{setting}@example.org")),
            digest_minute: Set(None),
            optional_mail: Set(true),
            created_at: Set(now),
        })
        .collect();
    let contacts: Vec<contact::ActiveModel> = people
        .iter()
        .map(|person| contact::ActiveModel {
            id: Set(new_id(now)),
            person_id: person.id.clone(),
            setting_id: Set(setting),
            role: Set("senior_leader".to_owned()),
            created_at: Set(now),
            ended_at: Set(None),
        })
        .collect();
    let txn = world.db.write().await.expect("a transaction");
    person::Entity::insert_many(people).exec(&txn).await.expect("people");
    contact::Entity::insert_many(contacts).exec(&txn).await.expect("contacts");
    txn.commit().await.expect("commit");
}

/// A draft that asks pupils by code and leaders by links of their own.
async fn draft(world: &World, rise: &Rise, key: &str) -> Uuid {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let cohort = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026"));
    let cohort = cohort.one(&txn).await.expect("a read").expect("the cohort");
    let mut groups = Vec::new();
    for (group, text) in [
        (RespondentGroup::Pupils, include_str!("../../../questionnaires/pupil-perceptions.toml")),
        (RespondentGroup::Leaders, include_str!("../../../questionnaires/leader-evaluation.toml")),
    ] {
        let set_up: QuestionnaireSetUp = toml::from_str(text).expect("a questionnaire");
        let loaded = questionnaires::load(&txn, now, &set_up).await.expect("loaded");
        let by_personal_link = group == RespondentGroup::Leaders;
        groups.push(GroupWish { group, questionnaire_id: loaded.0.id, by_personal_link });
    }
    let wish = CampaignWish {
        programme_id: rise.id,
        key: key.to_owned(),
        title: "Perceptions of behaviour, autumn".to_owned(),
        wave: SurveyWave::Baseline,
        cohort_id: Some(cohort.id),
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
    txn.commit().await.expect("commit");
    made.id
}

/// Launches a draft; returns its letters and the statements that this took.
async fn launched(world: &World, id: Uuid) -> (Vec<Asking>, usize) {
    let before: Vec<Uuid> = letters(world).await.iter().map(|one| one.message).collect();
    let (db, asked) = counting(world.db.migrator());
    let txn = db.begin().await.expect("a transaction");
    let now = world.clock.now();
    launch(&txn, &Scope::System, now, id, None).await.expect("launched");
    txn.commit().await.expect("commit");
    let mut made = letters(world).await;
    made.retain(|one| !before.contains(&one.message));
    (made, asked.load(Ordering::Relaxed))
}

async fn letters(world: &World) -> Vec<Asking> {
    let rows = message::Entity::find()
        .filter(message::Column::Kind.is_in(["survey_invitation", "survey_link"]))
        .all(world.db.reader())
        .await
        .expect("messages");
    rows.into_iter()
        .map(|row| Asking {
            message: row.id,
            kind: row.kind.parse().expect("a kind"),
            about: row.about_id.expect("about something"),
            person: row.person_id,
        })
        .collect()
}

#[tokio::test]
async fn letters_to_hundreds_take_no_more_statements_than_letters_to_a_few() {
    both(async |world| {
        world.clock.set(at(NINE));
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        let few = draft(&world, &rise, "few").await;
        let (few, to_few) = launched(&world, few).await;
        for partner in &rise.partners {
            leaders(&world, partner.setting, 60).await;
        }
        let many = draft(&world, &rise, "many").await;
        let (many, to_many) = launched(&world, many).await;
        let links =
            |all: &[Asking]| all.iter().filter(|one| one.kind == MessageKind::SurveyLink).count();
        assert_eq!(links(&many), links(&few) + 120, "{}: each has a link", world.name);
        assert!(to_many <= to_few, "{}: {to_many} against {to_few} to write", world.name);

        let (db, asked) = counting(world.db.reader());
        let now = world.clock.now();
        open(&db, now, &few[..1]).await.expect("read");
        let of_one = asked.swap(0, Ordering::Relaxed);
        let opened = open(&db, now, &many).await.expect("read");
        let of_all = asked.load(Ordering::Relaxed);
        assert!(of_one > 0 && of_all <= of_one + 1, "{}: {of_all} against {of_one}", world.name);
        for one in &many {
            let letter = opened[&one.message].as_ref().expect("readable").as_ref().expect("wanted");
            assert_eq!(
                letter.personal.is_some(),
                one.kind == MessageKind::SurveyLink,
                "{}",
                world.name
            );
            assert_eq!(letter.personal.is_none(), letter.groups.len() == 2);
        }
    })
    .await;
}
