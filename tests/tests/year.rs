//! A programme year of scripted schools: who is mailed what on which day and why, and what is
//! flagged and cleared.
//!
//! `INSTA_UPDATE=always cargo test -p tests --test year` writes the table anew; read the difference
//! against the policy in `set-ups/rise.toml` before it is committed. What to look at:
//!
//! - Days are working days: `before_10` on Friday 4 December is of what is due on the 18th, and what
//!   was due on the last day of a term is reminded of, or flagged, in the next.
//! - Only the slow school gets `after_3` and has alerts of its own. Each falls on the fifth day
//!   after the due day, and clears at four in the afternoon, when the thing is done.
//! - The hub is flagged for the support days it did not offer the slow school, and for nobody else:
//!   two working days after they were due, until five after they were reported.
//! - The final things of the slow school are due when the last term ends; nobody works after that,
//!   so nothing more is said in July.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDate, Weekday};
use entity::enrolments::{enrolment, obligation};
use entity::people::setting;
use rules::calendar::local;
use sea_orm::EntityTrait as _;
use tests::World;
use tests::mails::delivered;
use tests::rise::day;
use tests::script::{
    CONVERTED, CONVERTER, DROP_OUT, JOINS, LATE, LEAVES, MODEL, SLOW, YEAR, Year, live,
};
use tests::world::{on_postgres, sqlite};
use uuid::Uuid;
use worker::simulate::report::{Because, Mail, Report};

/// One line per mail and thing in it, and per change of an alert, by school or hub.
fn table(report: &Report) -> String {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    for one in &report.days {
        let date = one.day.format("%Y-%m-%d %a");
        for mail in &one.mails {
            for Because { whose, what, step, reason, .. } in &mail.because {
                let section = sections.entry(whose.clone().unwrap_or_default()).or_default();
                let (at, to) = (&mail.at, &mail.to.name);
                let what = what.as_deref().unwrap_or(reason);
                let step = step.as_deref().unwrap_or(&mail.kind);
                let _ = writeln!(section, "{date} {at} {step:<18} {what} -> {to}");
            }
        }
        for alert in &one.alerts {
            let section = sections.entry(alert.subject.name.clone()).or_default();
            let (at, change, rule) = (&alert.at, &alert.change, &alert.rule);
            let _ = writeln!(section, "{date} {at} ALERT {change:<12} {rule}: {}", alert.summary);
        }
    }
    let sections = sections.into_iter().map(|(name, lines)| format!("## {name}\n{lines}"));
    sections.collect::<Vec<_>>().join("\n")
}

/// Whether no school works on a day: written out here, apart from what the product thinks.
fn is_free(today: NaiveDate) -> bool {
    let holidays = [
        ("2026-08-01", "2026-09-02"),
        ("2026-10-26", "2026-10-30"),
        ("2026-12-19", "2027-01-03"),
        ("2027-02-15", "2027-02-19"),
        ("2027-03-26", "2027-04-11"),
        ("2027-05-03", "2027-05-03"),
        ("2027-05-31", "2027-06-04"),
    ];
    matches!(today.weekday(), Weekday::Sat | Weekday::Sun)
        || holidays.iter().any(|(first, last)| day(first) <= today && today <= day(last))
}

fn mails(year: &Year) -> impl Iterator<Item = (NaiveDate, &Mail)> {
    year.report.days.iter().flat_map(|day| day.mails.iter().map(|mail| (day.day, mail)))
}

/// The days, mails and reasons about one school.
fn about<'a>(year: &'a Year, name: &'a str) -> Vec<(NaiveDate, &'a Mail, &'a Because)> {
    mails(year)
        .flat_map(|(day, mail)| mail.because.iter().map(move |because| (day, mail, because)))
        .filter(|(.., because)| because.whose.as_deref() == Some(name))
        .collect()
}

/// The days, hours, changes and rules of the alerts about one school.
fn alerts<'a>(year: &'a Year, name: &str) -> Vec<(NaiveDate, &'a str, &'a str, &'a str)> {
    let all = year.report.days.iter();
    all.flat_map(|day| day.alerts.iter().map(|alert| (day.day, alert)))
        .filter(|(_, alert)| alert.subject.name == name)
        .map(|(day, alert)| (day, &*alert.at, &*alert.change, &*alert.rule))
        .collect()
}

// Two tests, which run beside each other.
#[tokio::test]
async fn a_programme_year_of_five_schools_and_their_hub_on_sqlite() {
    Box::pin(is_as_it_should_be(&sqlite().await)).await;
}

#[tokio::test]
async fn a_programme_year_of_five_schools_and_their_hub_on_postgresql() {
    on_postgres(async |world| Box::pin(is_as_it_should_be(&world)).await).await;
}

async fn is_as_it_should_be(world: &World) {
    let year = Box::pin(live(world)).await;
    every_mail_comes_at_its_hour_and_on_a_school_day(&year);
    nothing_is_said_twice_and_one_digest_a_day(&year);
    nothing_is_said_of_what_is_done(world, &year).await;
    each_school_hears_what_its_habits_deserve(&year);
    the_converted_school_went_on_as_before(world, &year).await;
    assert_eq!(delivered(&world.config.mail.folder).len(), mails(&year).count());
    insta::assert_snapshot!("programme_year", table(&year.report));
}

fn every_mail_comes_at_its_hour_and_on_a_school_day(year: &Year) {
    for (day, mail) in mails(year) {
        // Whoever books is told at once, when they do.
        assert!(!is_free(day) || mail.kind == "event_booked", "{day}: {mail}");
        assert!(("07:30".."18:00").contains(&mail.at.as_str()), "{day}: {mail}");
        if mail.kind == "digest" {
            assert_eq!(mail.at, "08:00", "{day}: {mail}");
        }
    }
    // Both sides of both clock changes are among them.
    let days: BTreeSet<NaiveDate> = mails(year).map(|(day, _)| day).collect();
    for (from, to) in [
        ("2026-10-12", "2026-10-23"),
        ("2026-11-02", "2026-11-13"),
        ("2027-03-08", "2027-03-25"),
        ("2027-04-12", "2027-04-23"),
    ] {
        assert!(days.range(day(from)..=day(to)).next().is_some(), "no mail from {from} to {to}");
    }
}

fn nothing_is_said_twice_and_one_digest_a_day(year: &Year) {
    let (mut digests, mut said) = (BTreeSet::new(), BTreeSet::new());
    for (day, mail) in mails(year) {
        if mail.kind == "digest" {
            assert!(digests.insert((day, mail.to.id)), "{day}: {mail}");
        }
        for because in mail.because.iter().filter(|because| because.step.is_some()) {
            assert!(said.insert((mail.to.id, because)), "{day}: {mail}");
        }
    }
}

async fn nothing_is_said_of_what_is_done(world: &World, year: &Year) {
    let rows = obligation::Entity::find().all(world.db.reader()).await.expect("obligations");
    let settled: HashMap<Uuid, NaiveDate> = rows
        .into_iter()
        .filter(|row| row.state == "met")
        .filter_map(|row| Some((row.id, local(row.recorded_at?).date())))
        .collect();
    assert!(settled.len() > 100, "{}", settled.len());
    for (day, mail) in mails(year) {
        for because in &mail.because {
            let done = because.obligation_id.and_then(|id| settled.get(&id));
            assert!(done.is_none_or(|done| day <= *done), "{day}: {mail}");
        }
    }
}

fn each_school_hears_what_its_habits_deserve(year: &Year) {
    let steps = |name| -> BTreeSet<String> {
        let about = about(year, name).into_iter();
        about.filter_map(|(.., because)| because.step.clone()).collect()
    };
    for name in [MODEL, DROP_OUT, CONVERTER, CONVERTED, LATE] {
        let steps = steps(name);
        assert!(!steps.is_empty(), "{name}");
        assert!(steps.iter().all(|step| step.starts_with("before_")), "{name}: {steps:?}");
        assert_eq!(alerts(year, name), [], "{name}");
    }
    assert!(steps(SLOW).contains("after_3") && !steps(SLOW).contains("escalate_hub"));
    let slow = alerts(year, SLOW);
    assert!(slow.iter().any(|(_, _, change, _)| *change == "raised"));
    assert_eq!(slow.last().map(|(_, _, change, _)| *change), Some("cleared"));

    let last = about(year, DROP_OUT).last().map(|(day, ..)| *day);
    assert!(last.is_some_and(|last| last <= day(LEAVES)), "{last:?}");
    let late = about(year, LATE);
    assert!(late.iter().all(|(on, ..)| day(JOINS) < *on));
    let attended = |event: &str| {
        let mut titles = late.iter().filter_map(|(.., because)| because.what.as_deref());
        titles.any(|title| title.starts_with("Attend the CPD") && title.ends_with(event))
    };
    assert!(!attended("Leadership and vision") && !attended("Using data to target action"));
    assert!(attended("Relationships"));
}

async fn the_converted_school_went_on_as_before(world: &World, year: &Year) {
    let converted = year.schools[3].partner;
    let db = world.db.reader();
    let row = enrolment::Entity::find_by_id(converted.enrolment).one(db).await.expect("a read");
    let row = row.expect("the enrolment");
    assert_eq!((row.partner_setting_id, row.status.as_str()), (converted.setting, "active"));
    let setting = setting::Entity::find_by_id(converted.setting).one(db).await.expect("a read");
    assert_eq!(setting.map(|row| row.name), Some(CONVERTED.to_owned()));
    let new_year = day("2027-01-01");
    assert!(about(year, CONVERTER).iter().all(|(day, ..)| *day < new_year));
    let after = about(year, CONVERTED);
    assert!(after.iter().all(|(day, ..)| *day >= new_year));
    assert!(
        after
            .iter()
            .all(|(_, mail, _)| mail.to.id == converted.head || mail.to.id == year.rise.lead)
    );
    // What it heard is what the model school heard on the same days.
    let heard = |all: Vec<(NaiveDate, &Mail, &Because)>| -> Vec<_> {
        let all = all.into_iter().filter(|(_, mail, _)| mail.kind == "digest");
        all.map(|(day, _, because)| (day, because.what.clone(), because.step.clone())).collect()
    };
    let both_names = [about(year, CONVERTER), after].concat();
    assert_eq!(heard(both_names), heard(about(year, MODEL)));
    assert!(day(YEAR.0) < new_year);
}
