//! A programme of one's own, and files with faults in them.

use entity::programme::loader::Deed;
use entity::programme::{cohort, programme, programme_term};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::both;

use super::load;

/// A small programme of existing kinds, for a single cohort.
const READING: &str = r#"
[programme]
key = "reading-hubs"
name = "Demo Reading Hubs"
description = "Invented: schools that teach reading well help others."

[policy]
grace_working_days = 5
remind_before = [5]
remind_after = [2]
escalate_to_hub_after = 5
escalate_to_programme_after = 10
recipients = ["headteacher"]
digest_at = "08:00:00"
quiet_from = "18:00:00"
quiet_until = "07:30:00"
alert_when_overdue_by = 3

[[cohort]]
key = "autumn-2026"
name = "Autumn 2026"
term = [{ name = "Autumn", starts_on = "2026-09-03", ends_on = "2026-12-18" }]

[[cohort]]
key = "spring-2027"
name = "Spring 2027"
term = [{ name = "Spring", starts_on = "2027-01-04", ends_on = "2027-03-25" }]

[[pathway]]
key = "partner"
name = "Partner"
description = "One term of support."
partner_kind = "any"

[[pathway.commitment]]
key = "audit"
kind = "audit"
title = "Audit how reading is taught, with your lead"
term = { number = 1 }
due = "mid_term"

[[hub_commitment]]
key = "keep-in-touch"
kind = "keep_in_touch"
title = "Be in touch with every partner"
term = "each"
due = "end_of_term"
"#;

#[tokio::test]
async fn a_third_programme_of_known_kinds_needs_only_a_file() {
    both(async |world| {
        let report = load(&world, READING).await.expect("it loads");
        assert_eq!(report.changes.len(), 8, "{:?}", report.changes);
        let db = world.db.reader();
        assert_eq!(cohort::Entity::find().count(db).await.expect("a read"), 2);
        let start = READING.find("[[cohort]]\nkey = \"spring-2027\"").expect("there");
        let end = READING.find("[[pathway]]").expect("there");
        let fewer = format!("{}{}", &READING[..start], &READING[end..]);
        let report = load(&world, &fewer).await.expect("nothing hangs on the second cohort");
        assert_eq!(report.changes.len(), 1);
        assert_eq!(report.changes[0].deed, Deed::Removed);
        assert_eq!(programme_term::Entity::find().count(db).await.expect("a read"), 1);
    })
    .await;
}

#[tokio::test]
async fn every_fault_of_a_file_is_listed_and_nothing_is_loaded() {
    both(async |world| {
        let wrong = READING
            .replacen("key = \"spring-2027\"", "key = \"autumn-2026\"", 1)
            .replacen("ends_on = \"2026-12-18\"", "ends_on = \"2026-08-18\"", 1)
            .replacen("due = \"mid_term\"", "due = \"event\"", 1);
        let problem = load(&world, &wrong).await.expect_err("faults");
        for named in ["autumn-2026", "audit"] {
            assert!(problem.contains(named), "{named}: {problem}");
        }
        assert!(problem.lines().count() >= 4, "{problem}");
        let count = programme::Entity::find().count(world.db.reader()).await.expect("a read");
        assert_eq!(count, 0);
    })
    .await;
}

#[tokio::test]
async fn a_calendar_of_an_unknown_local_authority_is_refused() {
    both(async |world| {
        let text = format!(
            "{READING}\n[[calendar]]\napplies_to = {{ local_authority = 981 }}\nname = \"Demo\"\nspan = [{{ kind = \"term\", name = \"Autumn\", starts_on = \"2026-09-07\", ends_on = \"2026-12-18\" }}]\n"
        );
        let problem = load(&world, &text).await.expect_err("a refusal");
        assert!(problem.contains("local authority 981"), "{problem}");
    })
    .await;
}
