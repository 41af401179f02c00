//! People and what they are at a setting.

use chrono::{DateTime, Utc};
use rules::people::ContactRole;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{contact, person};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::write::{Written, put};

/// Longest name and longest address, in characters.
const LONGEST: usize = 254;

/// Records a person by their address, under the name given last.
///
/// # Errors
/// A name or an address that cannot be (fields `name` and `email`), or a database fault.
pub async fn upsert_person(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    name: &str,
    email: &str,
) -> Result<(person::Model, Written), StoreError> {
    let (name, email) = (name.trim(), email.trim().to_lowercase());
    if let Some((field, problem)) = person_fault(name, &email) {
        return Err(StoreError::refused(RefusalCode::Invalid, Some(field), problem));
    }
    let old = person::Entity::find().filter(person::Column::Email.eq(&email)).one(txn).await?;
    let mut wanted = old.clone().unwrap_or_else(|| person::Model {
        id: new_id(now),
        name: String::new(),
        email,
        digest_minute: None,
        optional_mail: true,
        created_at: now,
    });
    name.clone_into(&mut wanted.name);
    let written = put(txn, old.as_ref(), wanted.clone()).await?;
    Ok((wanted, written))
}

/// What is wrong with a name or an address as the field and a sentence, if anything.
#[must_use]
pub fn person_fault(name: &str, email: &str) -> Option<(&'static str, &'static str)> {
    if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        return Some(("name", "Give a name of at most 254 characters, on one line."));
    }
    let shaped = email.len() <= LONGEST
        && email
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c))
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty())
        });
    (!shaped).then_some(("email", "This is not an e-mail address."))
}

/// Records that a person holds a role at a setting; one who left it holds it again.
///
/// # Errors
/// A database fault.
pub async fn upsert(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    setting_id: Uuid,
    role: ContactRole,
) -> Result<(contact::Model, Written), StoreError> {
    let role = <&str>::from(role);
    let old = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(setting_id))
        .filter(contact::Column::Role.eq(role))
        .one(txn)
        .await?;
    if let Some(old) = old {
        let wanted = contact::Model { ended_at: None, ..old.clone() };
        let written = put(txn, Some(&old), wanted.clone()).await?;
        return Ok((wanted, written));
    }
    let made = contact::Model {
        id: new_id(now),
        person_id,
        setting_id,
        role: role.to_owned(),
        created_at: now,
        ended_at: None,
    };
    contact::Entity::insert(made.clone().into_active_model()).exec_without_returning(txn).await?;
    Ok((made, Written::Added))
}

#[cfg(test)]
mod tests {
    use super::person_fault;

    #[test]
    fn an_address_needs_one_at_sign_and_a_dotted_domain() {
        for good in ["ada@school.example", "a.b+c@x.y.example", "o'neil@s.example"] {
            assert_eq!(person_fault("Ada Example", good), None, "{good}");
        }
        for bad in [
            "",
            "ada",
            "@x.example",
            "ada@",
            "ada@x",
            "ada@x..example",
            "a@b@c.example",
            "ada @x.example",
            "<ada@x.example>",
            "a@x.example,b@x.example",
            "ada@x.example\r\nBcc:z",
        ] {
            let field = person_fault("Ada Example", bad).map(|(field, _)| field);
            assert_eq!(field, Some("email"), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_one_line_and_not_empty() {
        for bad in ["", "Ada\nExample"] {
            let field = person_fault(bad, "ada@school.example").map(|(field, _)| field);
            assert_eq!(field, Some("name"), "{bad:?}");
        }
    }
}
