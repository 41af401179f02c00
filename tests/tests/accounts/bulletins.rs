//! A message to a hub's partners: to whom it goes, once each, and what is looked at when it goes.

use entity::messages::bulletin_hours::waits;
use entity::messages::bulletins::{audience_of, send};
use entity::messages::suppressions::{Ground, suppress};
use entity::people::person;
use entity::programme::{calendar_span, school_calendar};
use rules::messages::suppression::SuppressionReason;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use tests::mails::{Mail, delivered, read_by_python};
use tests::moves::leaves;
use tests::notices;
use tests::rise::{Rise, day};
use tests::{World, both};
use uuid::Uuid;

use crate::{messages_to, pass_at, story};

const SUBJECT: &str = "The hall is open again";
const TEXT: &str = "Dear all,\n\nthe hall is open <again>\nfrom Monday & on.\n\nSee you there";
/// Monday 5 October 2026, half past seven in the evening: no hour for what can wait.
const EVENING: &str = "2026-10-05T18:30:00Z";
/// Tuesday, eight in the morning.
const MORNING: &str = "2026-10-06T07:00:00Z";

async fn sent(world: &World, rise: &Rise) {
    world.clock.set(EVENING.parse().expect("a moment"));
    for partner in &rise.partners {
        set(world, person::Column::OptionalMail, true, partner.head).await;
    }
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    let audience = audience_of(&txn, now, &rise.hub).await.expect("an audience");
    let words = (SUBJECT, TEXT);
    send(&txn, now, rise.lead, &rise.hub, words, &audience, "a").await.expect("sent");
    txn.commit().await.expect("commit");
}

async fn set(world: &World, column: person::Column, value: bool, id: Uuid) {
    person::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(person::Column::Id.eq(id))
        .exec(world.db.migrator())
        .await
        .expect("set");
}

async fn bulletin_to(world: &World, person: Uuid) -> (String, String) {
    let row = messages_to(world, person).await.into_iter().find(|row| row.kind == "bulletin");
    let row = row.expect("a bulletin");
    let told = story(world, row.id).await;
    (row.state, told.last().map(|step| step.1.clone()).unwrap_or_default())
}

fn one(world: &World) -> Mail {
    let mut mails = delivered(&world.config.mail.folder);
    mails.retain(|mail| mail.subject == SUBJECT);
    assert_eq!(mails.len(), 1, "{}: {mails:#?}", world.name);
    mails.remove(0)
}

#[tokio::test]
async fn each_contact_gets_one_mail_that_says_what_was_written_and_by_whom() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        sent(&world, &rise).await;
        pass_at(&world, EVENING, "").await;
        let early = delivered(&world.config.mail.folder);
        assert!(early.iter().all(|mail| mail.subject != SUBJECT), "{}: {early:#?}", world.name);
        pass_at(&world, MORNING, "").await;
        pass_at(&world, "2026-10-06T07:01:00Z", "").await;
        let mail = one(&world);
        assert_eq!(mail.to, "head.of.demo.ash.school@example.org");
        let html = mail.html.replace("&lt;again&gt;", "<again>").replace("&#38;", "&");
        assert!(
            html.contains("the hall is open &#60;again&#62;<br>") || html.contains("<again><br>")
        );
        let whole = &notices::sent(&world, &["bulletin"]).await[0];
        insta::assert_snapshot!("bulletin", whole.settled());
        if let Some(read) = read_by_python(&mail.file) {
            assert_eq!(read["defects"], serde_json::json!([]), "{read}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_before_the_longest_holiday_arrives_after_it() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        terms(&world, &[("2026-09-01", "2026-10-05"), ("2026-11-20", "2026-12-18")]).await;
        sent(&world, &rise).await;
        let db = world.db.reader();
        let audience = audience_of(db, world.clock.now(), &rise.hub).await.expect("an audience");
        let told = waits(db, world.clock.now(), &rise.hub, &audience).await.expect("a look");
        let wanted = "Nobody gets it before their school works again, the last on \
                      20 November 2026.";
        assert_eq!(told.as_deref(), Some(wanted));
        for holiday in ["2026-10-06T07:00:00Z", "2026-11-16T08:00:00Z"] {
            pass_at(&world, holiday, "").await;
            let (state, _) = bulletin_to(&world, rise.partners[0].head).await;
            assert_eq!(state, "pending", "{} {holiday}", world.name);
        }
        pass_at(&world, "2026-11-20T08:00:00Z", "").await;
        assert_eq!(one(&world).to, "head.of.demo.ash.school@example.org");
    })
    .await;
}

/// Gives every school these terms.
async fn terms(world: &World, all: &[(&str, &str)]) {
    let db = world.db.migrator();
    let id = Uuid::from_u128(1);
    let owner = school_calendar::Model {
        id,
        key: "demo".to_owned(),
        name: "Demo calendar".to_owned(),
        local_authority_id: None,
        school_id: None,
    };
    let owner = school_calendar::Entity::insert(owner.into_active_model());
    owner.exec_without_returning(db).await.expect("a calendar");
    for (number, (first, last)) in (2..).zip(all) {
        let span = calendar_span::Model {
            id: Uuid::from_u128(number),
            calendar_id: id,
            kind: "term".to_owned(),
            name: "Demo term".to_owned(),
            starts_on: day(first),
            ends_on: day(last),
        };
        let span = calendar_span::Entity::insert(span.into_active_model());
        span.exec_without_returning(db).await.expect("a term");
    }
}

#[tokio::test]
async fn it_is_looked_at_once_more_before_it_goes() {
    both(async |world| {
        let names =
            ["Demo Ash School", "Demo Birch School", "Demo Cedar School", "Demo Elm School"];
        let rise = Rise::seed(&world, &names).await;
        sent(&world, &rise).await;
        let [left, refuses, gone, stays] = [0, 1, 2, 3].map(|at| rise.partners[at].head);
        leaves(&world, left).await;
        set(&world, person::Column::OptionalMail, false, refuses).await;
        let txn = world.db.write().await.expect("a transaction");
        let (reason, now) = (SuppressionReason::Complaint, world.clock.now());
        let ground = Ground { reason, note: "", message_id: None, by: None };
        suppress(&txn, now, "head.of.demo.cedar.school@example.org", ground).await.expect("listed");
        txn.commit().await.expect("commit");
        pass_at(&world, MORNING, "").await;
        for (person, state, why) in [
            (left, "cancelled", "They are no longer a contact of a partner that takes part."),
            (refuses, "cancelled", "They do not want this kind of mail."),
            (
                gone,
                "suppressed",
                "No mail goes to this address: its reader marked a mail as unwanted.",
            ),
        ] {
            let told = bulletin_to(&world, person).await;
            assert_eq!(told, (state.to_owned(), why.to_owned()), "{}", world.name);
        }
        assert_eq!(bulletin_to(&world, stays).await.0, "accepted");
        assert_eq!(one(&world).to, "head.of.demo.elm.school@example.org");
    })
    .await;
}
