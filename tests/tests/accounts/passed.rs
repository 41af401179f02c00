//! Why a reminder's time passed without it, from what was really written down.

use std::collections::BTreeSet;

use entity::enrolments::obligation;
use entity::id::new_id;
use entity::messages::upcoming::story;
use entity::operations::pauses::{self, What};
use entity::people::contact;
use entity::programme::{loader, programme};
use entity::scope::Scope;
use rules::programme::SetUp;
use rules::reminders::{Account, PassedReason};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

use crate::paused::register;
use crate::{EIGHT, pass_at};

/// What is told at `moment` of reminders to a person whose time passed, of all that a partner owes.
async fn passed(world: &World, subject: Uuid, person: Uuid, moment: &str) -> Vec<Account> {
    world.clock.set(at(moment));
    let (db, now) = (world.db.reader(), world.clock.now());
    let owed = obligation::Entity::find().filter(obligation::Column::SubjectId.eq(subject));
    let mut all = Vec::new();
    for row in owed.all(db).await.expect("obligations") {
        let told = story(db, &Scope::System, now, row.id, Some(person)).await.expect("told");
        all.extend(told.expect("seen").into_iter().map(|one| one.account));
    }
    // What the worker itself moved, as when a session passed, is another story.
    all.retain(|one| one.passed.is_some() && one.revision == 1);
    all
}

fn reasons<'a>(all: impl IntoIterator<Item = &'a Account>) -> BTreeSet<PassedReason> {
    all.into_iter().filter_map(|one| one.passed).collect()
}

#[tokio::test]
async fn a_time_before_the_promise_was_written_down_or_without_a_worker_is_told_as_that() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        pass_at(&world, EIGHT, "").await;
        let early = passed(&world, partner.enrolment, partner.head, EIGHT).await;
        assert_eq!(reasons(&early), [PassedReason::NotOwedYet].into(), "{early:#?}");
        assert!(early[0].why.ends_with("since 5 October 2026."), "{early:#?}");
        // No worker runs for weeks.
        let late = passed(&world, partner.enrolment, partner.head, "2026-11-21T09:00:00Z").await;
        let slept = late.iter().filter(|one| one.day > day("2026-10-06"));
        let slept: Vec<_> = slept.filter(|one| one.passed != Some(PassedReason::NoDay)).collect();
        assert_eq!(reasons(slept.iter().copied()), [PassedReason::NoWorker].into(), "{slept:#?}");
        assert!(slept.iter().all(|one| one.why.ends_with("No worker looked in it.")));
    })
    .await;
}

#[tokio::test]
async fn a_time_in_which_planning_was_paused_is_told_as_that() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        register(&world).await;
        pass_at(&world, EIGHT, "").await;
        let txn = world.db.write_facts().await.expect("a transaction");
        let what = What::named(&txn, "plan_reminders").await.expect("a read").expect("the job");
        let now = world.clock.now();
        let paused = pauses::pause(&txn, &Scope::System, None, now, what, "Mended", None).await;
        paused.expect("paused");
        txn.commit().await.expect("a commit");
        for moment in ["2026-10-26T09:00:00Z", "2026-11-20T18:30:00Z"] {
            pass_at(&world, moment, "").await;
        }
        let told = passed(&world, partner.enrolment, partner.head, "2026-11-21T09:00:00Z").await;
        let paused = told.iter().filter(|one| one.day > day("2026-10-06"));
        let paused: Vec<_> = paused.filter(|one| one.passed != Some(PassedReason::NoDay)).collect();
        assert_eq!(reasons(paused.iter().copied()), [PassedReason::Paused].into(), "{paused:#?}");
    })
    .await;
}

#[tokio::test]
async fn somebody_new_is_told_that_they_were_nobody_to_tell_then() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        pass_at(&world, EIGHT, "").await;
        let joined = at("2026-11-20T09:00:00Z");
        let row = contact::ActiveModel {
            id: Set(new_id(joined)),
            person_id: Set(rise.admin),
            setting_id: Set(partner.setting),
            role: Set("headteacher".to_owned()),
            created_at: Set(joined),
            ended_at: Set(None),
        };
        row.insert(world.db.migrator()).await.expect("a contact");
        let told = passed(&world, partner.enrolment, rise.admin, "2026-11-21T09:00:00Z").await;
        let to_heads = told.iter().filter(|one| one.step.to_string().starts_with("before"));
        let later = to_heads.filter(|one| one.day > day("2026-10-06"));
        let later: Vec<_> = later.filter(|one| one.passed != Some(PassedReason::NoDay)).collect();
        let expected = [PassedReason::NobodyToTell].into();
        assert_eq!(reasons(later.iter().copied()), expected, "{later:#?}");
    })
    .await;
}

#[tokio::test]
async fn since_when_a_policy_is_as_it_is_follows_from_the_set_ups_that_were_loaded() {
    both(async |world| {
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
        set_up.campaigns.clear();
        let since = async |set_up: &SetUp, moment: &str| {
            let txn = world.db.write().await.expect("a transaction");
            loader::load(&txn, at(moment), set_up).await.expect("it loads");
            txn.commit().await.expect("a commit");
            let row = programme::Entity::find().one(world.db.reader()).await.expect("a read");
            row.expect("the programme").policy_since.expect("it is known")
        };
        let first = "2026-09-01T09:00:00Z";
        assert_eq!(since(&set_up, first).await, at(first));
        set_up.programme.name.push_str(" of schools");
        assert_eq!(since(&set_up, "2026-09-02T09:00:00Z").await, at(first), "another name alone");
        set_up.policy.escalate_to_hub_after += 1;
        let changed = "2026-09-03T09:00:00Z";
        assert_eq!(since(&set_up, changed).await, at(changed), "{}", world.name);
    })
    .await;
}
