//! Seeing a year before it happens: what the simulation says, and that it touches nothing.

mod command;
mod wording;

use std::collections::BTreeSet;

use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, obligation};
use entity::people::{contact, person};
use entity::programme::{commitment_template, event, programme};
use entity::schools::school;
use entity::snapshot::{self, Column};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait, PrimaryKeyToColumn as _, QueryFilter as _,
    QueryOrder as _, Statement,
};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::pass;
use worker::simulate::copy::Copy;
use worker::simulate::report::Report;
use worker::simulate::walk::Pace;
use worker::simulate::{Request, simulate};

async fn demo(world: &World) {
    world.clock.set(at("2026-10-05T06:58:00Z"));
    api::commands::load_demo::load(&world.db, world.clock.now()).await.expect("the demo");
}

fn request(from: &str, to: &str) -> Request {
    Request { from: day(from), to: day(to), report: None }
}

async fn simulated(world: &World, from: &str, to: &str, pace: Pace) -> anyhow::Result<Report> {
    let stop = CancellationToken::new();
    let (config, now) = (world.config.clone(), world.clock.now());
    simulate(&world.db, config, now, &request(from, to), pace, &stop).await
}

async fn refused(world: &World, from: &str, to: &str) -> String {
    let report = simulated(world, from, to, Pace::Sparse).await;
    format!("{:#}", report.expect_err("it is refused"))
}

/// Every table with how many rows it has.
async fn sizes(db: &runtime::database::Database) -> Vec<(String, i64)> {
    let columns = snapshot::columns(db.reader()).await.expect("the catalogue");
    let tables: BTreeSet<String> = columns.into_iter().map(|column| column.table).collect();
    let mut sizes = Vec::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM \"{table}\"");
        let count = Statement::from_string(db.backend(), count);
        let row = db.reader().query_one_raw(count).await.expect("a read").expect("a row");
        sizes.push((table, row.try_get_by_index(0).expect("a count")));
    }
    sizes
}

/// Every row of one table, in the order of their ids.
async fn rows<E>(db: &runtime::database::Database) -> Vec<E::Model>
where
    E: EntityTrait,
    E::Model: Send + Sync,
{
    use sea_orm::Iterable as _;
    let keys = E::PrimaryKey::iter();
    let find = keys.fold(E::find(), |find, key| find.order_by_asc(key.into_column()));
    find.all(db.reader()).await.expect("rows")
}

#[tokio::test]
async fn the_copy_has_every_table_and_every_row() {
    both(async |world| {
        demo(&world).await;
        let copy = Copy::of(&world.db).await.expect("a copy");
        let names = |columns: Vec<Column>| -> Vec<_> {
            columns.into_iter().map(|column| (column.table, column.name)).collect()
        };
        let original = snapshot::columns(world.db.reader()).await.expect("the catalogue");
        let copied = snapshot::columns(copy.db.reader()).await.expect("the catalogue");
        let mut kinds = original.iter().filter(|column| snapshot::holds_a_moment(column));
        assert!(kinds.next().is_some(), "moments are known by their type");
        let (mut original, mut copied) = (names(original), names(copied));
        original.sort();
        copied.sort();
        assert_eq!(original, copied, "{}", world.name);
        assert_eq!(sizes(&world.db).await, sizes(&copy.db).await, "{}", world.name);
        let full = sizes(&copy.db).await.iter().filter(|(_, count)| *count > 0).count();
        assert!(full > 15, "only {full} tables hold anything");

        assert_eq!(rows::<school::Entity>(&world.db).await, rows::<school::Entity>(&copy.db).await);
        assert_eq!(rows::<person::Entity>(&world.db).await, rows::<person::Entity>(&copy.db).await);
        assert_eq!(rows::<event::Entity>(&world.db).await, rows::<event::Entity>(&copy.db).await);
        assert_eq!(
            rows::<contact::Entity>(&world.db).await,
            rows::<contact::Entity>(&copy.db).await
        );
        assert_eq!(
            rows::<programme::Entity>(&world.db).await,
            rows::<programme::Entity>(&copy.db).await
        );
        assert_eq!(
            rows::<commitment_template::Entity>(&world.db).await,
            rows::<commitment_template::Entity>(&copy.db).await
        );
        assert_eq!(
            rows::<enrolment::Entity>(&world.db).await,
            rows::<enrolment::Entity>(&copy.db).await
        );
        assert_eq!(
            rows::<obligation::Entity>(&world.db).await,
            rows::<obligation::Entity>(&copy.db).await
        );
        assert_eq!(
            rows::<engagement_alert::Entity>(&world.db).await,
            rows::<engagement_alert::Entity>(&copy.db).await
        );
        // Moments compare in the copy as they were written: as the product itself writes them.
        let column = Expr::col(obligation::Column::ChangedAt);
        for row in rows::<obligation::Entity>(&world.db).await.into_iter().take(20) {
            let same = obligation::Entity::find_by_id(row.id)
                .filter(column.clone().eq(row.changed_at))
                .filter(obligation::Column::DueOn.eq(row.due_on));
            assert!(same.one(copy.db.reader()).await.expect("a read").is_some(), "{}", row.id);
        }
    })
    .await;
}

#[tokio::test]
async fn a_simulation_foretells_what_the_worker_then_does_and_touches_nothing() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Elm School"]).await;
        let before = sizes(&world.db).await;
        let alerts = rows::<engagement_alert::Entity>(&world.db).await;
        let owed = rows::<obligation::Entity>(&world.db).await;
        let report = simulated(&world, "2026-10-05", "2026-10-07", Pace::Sparse).await;
        let report = report.expect("a report");
        assert_eq!(sizes(&world.db).await, before, "{}", world.name);
        assert_eq!(rows::<engagement_alert::Entity>(&world.db).await, alerts);
        assert_eq!(rows::<obligation::Entity>(&world.db).await, owed);
        assert!(!world.config.mail.folder.exists(), "no mail was written");

        let monday = &report.days[0];
        assert_eq!(monday.day, day("2026-10-05"));
        let ash = monday.mails.iter().find(|mail| mail.to.id == rise.partners[0].head);
        let ash = ash.expect("a mail to the head of Ash");
        assert_eq!((ash.at.as_str(), ash.kind.as_str()), ("08:00", "digest"));
        let whys: Vec<_> = ash.because.iter().map(|one| one.reason.as_str()).collect();
        assert!(
            whys.contains(&"The reminder 3 working days after it was due on 25 September 2026."),
            "{whys:?}"
        );
        // The worker, asked to do that day, does just so.
        let stop = CancellationToken::new();
        let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
        let app = app.expect("the worker opens");
        for moment in ["2026-10-04T23:05:00Z", "2026-10-05T06:58:00Z", "2026-10-05T07:00:00Z"] {
            world.clock.set(at(moment));
            pass::run(&app, &stop).await.into_result().expect("a pass");
        }
        let mut sent: Vec<String> = tests::mails::delivered(&world.config.mail.folder)
            .into_iter()
            .map(|mail| mail.subject)
            .collect();
        sent.sort();
        let mut foretold: Vec<String> =
            monday.mails.iter().map(|mail| mail.subject.clone()).collect();
        foretold.sort();
        assert_eq!(sent, foretold);
    })
    .await;
}

#[tokio::test]
async fn both_databases_foretell_the_same() {
    let reports = std::sync::Mutex::new(Vec::new());
    both(async |world| {
        demo(&world).await;
        let report = simulated(&world, "2026-10-05", "2026-10-16", Pace::Sparse).await;
        reports.lock().expect("whole").push(report.expect("a report").to_string());
    })
    .await;
    let reports = reports.into_inner().expect("whole");
    assert!(reports[0].contains("mail to"), "{}", reports[0]);
    assert!(reports.iter().all(|report| *report == reports[0]));
}

#[tokio::test]
async fn the_moments_visited_tell_as_much_as_all_the_timetable_of_a_fortnight() {
    // Over the end of summer time on 25 October and the half-term after it.
    let (from, to) = ("2026-10-19", "2026-11-03");
    // The walk is on a copy, which is the same from either database.
    let world = tests::world::sqlite().await;
    world.clock.set(at("2026-09-01T06:00:00Z"));
    let rise = Rise::seed(&world, &["Demo Ash School", "Demo Elm School"]).await;
    rise.want_summaries(&world).await;
    // One who reads mail at an hour of her own, and one who never does before ten.
    for (partner, minute) in rise.partners.iter().zip([575, 840]) {
        person::Entity::update_many()
            .col_expr(person::Column::DigestMinute, Expr::value(minute))
            .filter(person::Column::Id.eq(partner.head))
            .exec(world.db.migrator())
            .await
            .expect("a digest time");
    }
    let sparse = simulated(&world, from, to, Pace::Sparse).await.expect("a report");
    let full = simulated(&world, from, to, Pace::Full { minutes: 5 }).await.expect("a report");
    assert_eq!(sparse.to_string(), full.to_string());
    let mails: usize = sparse.days.iter().map(|day| day.mails.len()).sum();
    assert!(mails > 5, "{sparse}");
    assert!(sparse.days.iter().any(|day| !day.alerts.is_empty()), "{sparse}");
    let free = day("2026-10-24")..=day("2026-11-01");
    assert!(sparse.days.iter().all(|day| day.mails.is_empty() || !free.contains(&day.day)));
    assert!(sparse.days.iter().any(|day| day.mails.iter().any(|mail| mail.at == "09:35")));
}

#[tokio::test]
async fn days_that_cannot_be_are_refused_with_a_sentence() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        assert_eq!(
            refused(&world, "2026-10-06", "2026-10-05").await,
            "--to lies before --from: give the first day, then the last"
        );
        assert_eq!(
            refused(&world, "2026-10-05", "2029-10-06").await,
            "--to lies more than three years after --from: that far nothing can be foreseen"
        );
        let stop = CancellationToken::new();
        let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
        pass::run(&app.expect("opens"), &stop).await.into_result().expect("a pass");
        assert_eq!(
            refused(&world, "2026-10-04", "2026-10-09").await,
            "--from lies before Monday 5 October 2026 at 07:45, up to which the worker has done \
             its work: give that day or a later one"
        );
        assert_eq!(
            refused(&world, "2029-11-01", "2029-11-02").await,
            "--from lies more than three years after Monday 5 October 2026, up to which the \
             worker has done its work"
        );
        let report = simulated(&world, "2026-10-05", "2026-10-05", Pace::Sparse).await;
        assert_eq!(report.expect("a report").days.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_lies_between_the_worker_and_the_first_day_is_walked_without_a_word() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at("2026-10-05T12:00:00Z"));
        let stop = CancellationToken::new();
        let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
        pass::run(&app.expect("opens"), &stop).await.into_result().expect("a pass");
        let whole = simulated(&world, "2026-10-05", "2026-10-16", Pace::Sparse).await;
        let later = simulated(&world, "2026-10-12", "2026-10-16", Pace::Sparse).await;
        let (whole, later) = (whole.expect("a report"), later.expect("a report"));
        let mut days = whole.days;
        days.retain(|one| one.day >= day("2026-10-12"));
        // Ids made in two walks differ; what is said does not.
        let said = |days: Vec<worker::simulate::report::Day>| {
            let (from, to) = (day("2026-10-12"), day("2026-10-16"));
            Report { version: 1, from, to, paused: Vec::new(), days }.to_string()
        };
        assert!(!days.is_empty());
        assert_eq!(said(days), said(later.days));
    })
    .await;
}
