//! After an import: whoever stood for a school that has closed stands for its successor, when
//! there is exactly one and nothing speaks against it. Enrolments, obligations, contacts and
//! reminders belong to the setting, so they come along.

use std::collections::{HashMap, HashSet};

use entity::enrolments::enrolment_academy;
use entity::people::setting;
use entity::programme::school_calendar;
use entity::schools::{KnownSchool, school_link};
use rules::register::{Lineage, LinkKind, Successor};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{DatabaseTransaction, QuerySelect as _};

use super::report::{Moved, NeedsPerson, Report};

/// Moves what can be moved and notes the rest for a person.
pub async fn follow(
    txn: &DatabaseTransaction,
    schools: &HashMap<i32, KnownSchool>,
    report: &mut Report,
) -> Result<(), DbErr> {
    let settings: Vec<(Uuid, Uuid)> = setting::Entity::find()
        .filter(setting::Column::SchoolId.is_not_null())
        .select_only()
        .columns([setting::Column::Id, setting::Column::SchoolId])
        .into_tuple()
        .all(txn)
        .await?;
    let academies = enrolment_academy::Entity::find().all(txn).await?;
    let stand_for = settings.iter().map(|(_, school)| *school);
    let concerned: HashSet<Uuid> =
        stand_for.chain(academies.iter().map(|it| it.school_id)).collect();
    let closed: HashMap<Uuid, i32> = schools
        .iter()
        .filter(|(_, school)| school.closed && concerned.contains(&school.id))
        .map(|(urn, school)| (school.id, *urn))
        .collect();
    if closed.is_empty() {
        return Ok(());
    }
    let lineage = lineage(txn).await?;
    let choices: HashMap<Uuid, Result<(i32, Uuid), String>> =
        closed.iter().map(|(id, urn)| (*id, choose(&lineage, schools, *urn))).collect();

    // How many settings stand for a school, or would.
    let mut wanted: HashMap<Uuid, usize> = HashMap::new();
    for (_, school_id) in &settings {
        *wanted.entry(*school_id).or_default() += 1;
        if let Some(Ok((_, next_id))) = choices.get(school_id) {
            *wanted.entry(*next_id).or_default() += 1;
        }
    }
    for (setting_id, school_id) in settings {
        let (Some(urn), Some(choice)) = (closed.get(&school_id), choices.get(&school_id)) else {
            continue;
        };
        let problem = match choice {
            Ok((next, next_id)) if wanted.get(next_id) == Some(&1) => {
                move_setting(txn, setting_id, *next_id).await?;
                move_calendar(txn, (*urn, school_id), (*next, *next_id)).await?;
                report.moved.push(Moved { setting_id, from_urn: *urn, to_urn: *next });
                continue;
            }
            Ok((next, _)) => {
                format!("closed, and another setting stands for its successor {next}, or would")
            }
            Err(problem) => problem.clone(),
        };
        report.needs_person.push(NeedsPerson { setting_id, urn: *urn, reason: problem });
    }
    move_academies(txn, &academies, &choices).await
}

/// The one school that a closed one is today, or why there is none to choose.
fn choose(
    lineage: &Lineage,
    schools: &HashMap<i32, KnownSchool>,
    urn: i32,
) -> Result<(i32, Uuid), String> {
    let is_closed = |urn| schools.get(&urn).is_some_and(|it: &KnownSchool| it.closed);
    match lineage.successor(urn, is_closed) {
        Successor::Same => Err("closed, and no successor is known".to_owned()),
        Successor::Cycle => Err("closed, and its links lead in a circle".to_owned()),
        Successor::Ambiguous(candidates) => {
            let candidates: Vec<_> = candidates.iter().map(ToString::to_string).collect();
            Err(format!(
                "closed by a merger, a split or into several schools; in question: {}",
                candidates.join(", ")
            ))
        }
        Successor::One(next) => match schools.get(&next) {
            None => Err(format!("closed, and its successor {next} is not in the register yet")),
            Some(school) if school.closed => {
                Err(format!("closed, and its successor {next} has closed too"))
            }
            Some(school) => Ok((next, school.id)),
        },
    }
}

async fn lineage(txn: &DatabaseTransaction) -> Result<Lineage, DbErr> {
    use school_link::Column;
    let links: Vec<(i32, i32, String)> = school_link::Entity::find()
        .select_only()
        .columns([Column::Urn, Column::LinkUrn, Column::LinkType])
        .into_tuple()
        .all(txn)
        .await?;
    let mut lineage = Lineage::default();
    for (urn, other, kind) in links {
        lineage.add(urn, other, LinkKind::from_text(&kind));
    }
    Ok(lineage)
}

/// The name follows when all settings are renamed at the end.
async fn move_setting(txn: &DatabaseTransaction, id: Uuid, to: Uuid) -> Result<(), DbErr> {
    setting::Entity::update_many()
        .col_expr(setting::Column::SchoolId, Expr::value(to))
        .filter(setting::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}

/// A school's own calendar comes along, unless the successor has one already.
async fn move_calendar(
    txn: &DatabaseTransaction,
    from: (i32, Uuid),
    to: (i32, Uuid),
) -> Result<(), DbErr> {
    let key = format!("school:{}", to.0);
    let there = school_calendar::Entity::find()
        .filter(school_calendar::Column::Key.eq(&key))
        .count(txn)
        .await?;
    if there > 0 {
        return Ok(());
    }
    school_calendar::Entity::update_many()
        .col_expr(school_calendar::Column::Key, Expr::value(key))
        .col_expr(school_calendar::Column::SchoolId, Expr::value(to.1))
        .filter(school_calendar::Column::SchoolId.eq(from.1))
        .exec(txn)
        .await?;
    Ok(())
}

/// The academies named in a trust's enrolment follow too, unless the successor is named already.
async fn move_academies(
    txn: &DatabaseTransaction,
    academies: &[enrolment_academy::Model],
    choices: &HashMap<Uuid, Result<(i32, Uuid), String>>,
) -> Result<(), DbErr> {
    let mut named: HashSet<(Uuid, Uuid)> =
        academies.iter().map(|it| (it.enrolment_id, it.school_id)).collect();
    for academy in academies {
        if let Some(Ok((_, next))) = choices.get(&academy.school_id)
            && named.insert((academy.enrolment_id, *next))
        {
            enrolment_academy::Entity::update_many()
                .col_expr(enrolment_academy::Column::SchoolId, Expr::value(*next))
                .filter(enrolment_academy::Column::Id.eq(academy.id))
                .exec(txn)
                .await?;
        }
    }
    Ok(())
}
