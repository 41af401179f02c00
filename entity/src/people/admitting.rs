//! Letting somebody in by the word of a sign-in service: the facts for `rules::people::admission`,
//! and what follows from its decision.

use chrono::{DateTime, Utc};
use rules::people::admission::{Admission, FromSchool, Reason, Said, of_school, of_staff};
use rules::people::organisation::Named;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use serde_json::json;
use uuid::Uuid;

use super::grants::{Grant, grant, take_back};
use super::{contact, contacts, identity, known, person, setting};
use crate::audit::{Change, Deed, record};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::write::put;

/// What a sign-in service says of somebody.
#[derive(Clone, Copy, Debug)]
pub struct Vouched<'a> {
    /// The service, as its tokens name it.
    pub issuer: &'a str,
    /// Their account there.
    pub subject: &'a str,
    /// Their address in small letters, if the service has verified it.
    pub address: Option<&'a str>,
    /// Their name.
    pub name: &'a str,
}

/// What somebody's organisation says of them.
#[derive(Clone, Copy, Debug)]
pub struct Membership<'a> {
    /// The organisation that they chose.
    pub organisation: &'a Named,
    /// What it says they are.
    pub said: Said,
}

/// Lets somebody of a school in, or says why not. Of the roles they had by signing in for another
/// organisation before, or for this one, none is left that it does not stand for today.
///
/// # Errors
/// A database fault, or a name that cannot be one.
pub async fn of_a_school(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    vouched: Vouched<'_>,
    membership: Membership<'_>,
) -> Result<Result<Uuid, Reason>, StoreError> {
    let setting = known::setting_of(txn, now, membership.organisation).await?;
    if let Some(setting) = setting {
        // One at a time for each setting, so that one account is not two people.
        setting::Entity::find_by_id(setting).lock_exclusive().one(txn).await?;
    }
    let linked = account(txn, vouched).await?;
    let by_address = by_address(txn, vouched).await?;
    let facts = FromSchool {
        setting,
        said: membership.said,
        linked: known::reach_of(txn, linked.as_ref().map(|account| account.person_id)).await?,
        by_address: known::reach_of(txn, by_address).await?,
        is_contact: is_contact(txn, by_address, setting).await?,
        has_address: vouched.address.is_some(),
    };
    let decided = of_school(&facts);
    let (person_id, given) = match (decided, setting) {
        (Admission::Admitted { person, grants }, Some(setting)) => {
            let person_id = match (person, vouched.address) {
                (Some(person), _) => person,
                (None, Some(address)) => {
                    contacts::upsert_person(txn, now, vouched.name, address).await?.0.id
                }
                (None, None) => return Ok(Err(Reason::NoAddress)),
            };
            (person_id, grants.then_some(setting))
        }
        (Admission::Refused(reason), _) => {
            // Its word was what they had their role by; it says something else now.
            if let Some(account) = linked.filter(|_| membership.said == Said::Nothing) {
                let kept = setting_given(&account).filter(|given| Some(*given) != setting);
                settle(txn, now, &account, kept).await?;
            }
            return Ok(Err(reason));
        }
        (Admission::Admitted { .. }, None) => return Ok(Err(Reason::NotInProgramme)),
    };
    let before = linked.as_ref().and_then(setting_given);
    if let Some(account) = linked.as_ref().filter(|_| membership.said != Said::Unasked) {
        settle(txn, now, account, given).await?;
    }
    let mut by_this = before.filter(|before| given.is_none() || given == Some(*before));
    if let Some(setting_id) = given
        && grant(txn, now, person_id, Grant::SchoolUser { setting_id }).await?
    {
        let changes =
            vec![Change::came("role", &"school_user"), Change::came("settingId", &setting_id)];
        let node = Some(("Person", person_id));
        let deed = Deed { action: "roleGranted", node, changes, ..Deed::default() };
        record(txn, Some(person_id), now, deed).await?;
        by_this = Some(setting_id);
    }
    link(txn, now, linked, person_id, vouched, by_this).await?;
    Ok(Ok(person_id))
}

/// Lets somebody of the staff in, or says why not.
///
/// # Errors
/// A database fault.
pub async fn of_the_staff(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    vouched: Vouched<'_>,
) -> Result<Result<Uuid, Reason>, StoreError> {
    let by_address = by_address(txn, vouched).await?;
    if let Some(person) = by_address {
        person::Entity::find_by_id(person).lock_exclusive().one(txn).await?;
    }
    let linked = account(txn, vouched).await?;
    let known = known::reach_of(txn, linked.as_ref().map(|account| account.person_id)).await?;
    match of_staff(known, known::reach_of(txn, by_address).await?) {
        Admission::Admitted { person: Some(person), .. } => {
            link(txn, now, linked, person, vouched, None).await?;
            Ok(Ok(person))
        }
        Admission::Admitted { person: None, .. } => Ok(Err(Reason::NoRole)),
        Admission::Refused(reason) => Ok(Err(reason)),
    }
}

/// The account, if it signed somebody in before.
async fn account(
    txn: &DatabaseTransaction,
    vouched: Vouched<'_>,
) -> Result<Option<identity::Model>, StoreError> {
    let found = identity::Entity::find()
        .filter(identity::Column::Issuer.eq(vouched.issuer))
        .filter(identity::Column::Subject.eq(vouched.subject))
        .one(txn)
        .await?;
    Ok(found)
}

async fn by_address(
    txn: &DatabaseTransaction,
    vouched: Vouched<'_>,
) -> Result<Option<Uuid>, StoreError> {
    let Some(address) = vouched.address else { return Ok(None) };
    let found = person::Entity::find().filter(person::Column::Email.eq(address)).one(txn).await?;
    Ok(found.map(|person| person.id))
}

async fn is_contact(
    txn: &DatabaseTransaction,
    person: Option<Uuid>,
    setting: Option<Uuid>,
) -> Result<bool, StoreError> {
    let (Some(person), Some(setting)) = (person, setting) else { return Ok(false) };
    let found = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person))
        .filter(contact::Column::SettingId.eq(setting))
        .filter(contact::Column::EndedAt.is_null())
        .one(txn)
        .await?;
    Ok(found.is_some())
}

/// The setting whose school user an account made its person.
fn setting_given(account: &identity::Model) -> Option<Uuid> {
    account.claims.get("given")?.as_str()?.parse().ok()
}

/// Takes back the role that an account gave its person, unless it is for `kept`.
async fn settle(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    account: &identity::Model,
    kept: Option<Uuid>,
) -> Result<(), StoreError> {
    let Some(setting_id) = setting_given(account).filter(|given| Some(*given) != kept) else {
        return Ok(());
    };
    let person_id = account.person_id;
    if take_back(txn, now, person_id, Grant::SchoolUser { setting_id }).await? {
        let changes =
            vec![Change::went("role", &"school_user"), Change::went("settingId", &setting_id)];
        let node = Some(("Person", person_id));
        let deed = Deed { action: "roleTakenBack", node, changes, ..Deed::default() };
        record(txn, None, now, deed).await?;
    }
    let wanted = identity::Model { claims: json!({}), ..account.clone() };
    put(txn, Some(account), wanted).await?;
    Ok(())
}

/// Notes whose account it is, that it was here, and what it gave them.
async fn link(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    old: Option<identity::Model>,
    person_id: Uuid,
    vouched: Vouched<'_>,
    given: Option<Uuid>,
) -> Result<(), StoreError> {
    let mut wanted = old.clone().unwrap_or_else(|| identity::Model {
        id: new_id(now),
        person_id,
        issuer: vouched.issuer.to_owned(),
        subject: vouched.subject.to_owned(),
        claims: json!({}),
        created_at: now,
        last_signed_in_at: now,
    });
    wanted.claims = given.map_or_else(|| json!({}), |setting| json!({ "given": setting }));
    wanted.last_signed_in_at = now;
    put(txn, old.as_ref(), wanted).await?;
    Ok(())
}
