//! Which school stands for one that somebody named by its number, perhaps years ago.

use std::collections::{BTreeMap, BTreeSet};

use rules::register::{Lineage, LinkKind, SchoolStatus, Successor};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
};

use super::{school, school_by_urn, school_link};

/// Rounds of links that are followed, in both directions; a chain of more schools than that is
/// for a person to look at.
const ROUNDS: usize = 8;

/// The school that stands for this URN today: itself unless it has closed, or the one that plainly
/// followed it. None for a school the register does not know, and for one whose successor it does
/// not plainly say.
///
/// # Errors
/// A database fault.
pub async fn standing_for(
    db: &impl ConnectionTrait,
    urn: i32,
) -> Result<Option<school::Model>, DbErr> {
    let closed = <&str>::from(SchoolStatus::Closed);
    let Some(found) = school_by_urn(db, urn).await? else { return Ok(None) };
    if found.status != closed {
        return Ok(Some(found));
    }
    let mut lineage = Lineage::default();
    let (mut around, mut next) = (BTreeSet::from([urn]), vec![urn]);
    for _ in 0..ROUNDS {
        let touching = Condition::any()
            .add(school_link::Column::Urn.is_in(next.iter().copied()))
            .add(school_link::Column::LinkUrn.is_in(next.iter().copied()));
        let links = school_link::Entity::find().filter(touching).all(db).await?;
        next.clear();
        for link in links {
            lineage.add(link.urn, link.link_urn, LinkKind::from_text(&link.link_type));
            next.extend([link.urn, link.link_urn].into_iter().filter(|urn| around.insert(*urn)));
        }
        if next.is_empty() {
            break;
        }
    }
    if !next.is_empty() {
        return Ok(None);
    }
    let mut schools: BTreeMap<i32, school::Model> = school::Entity::find()
        .filter(school::Column::Urn.is_in(around))
        .all(db)
        .await?
        .into_iter()
        .map(|school| (school.urn, school))
        .collect();
    let is_closed = |urn| schools.get(&urn).is_some_and(|school| school.status == closed);
    let today = match lineage.successor(urn, is_closed) {
        Successor::Same => urn,
        Successor::One(next) => next,
        Successor::Ambiguous(_) | Successor::Cycle => return Ok(None),
    };
    Ok(schools.remove(&today))
}
