//! The organisation that somebody signs in for at DfE Sign-in, as its claim tells it.

use serde_json::Value;

/// What the claim says of an organisation, cut to what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// What DfE Sign-in calls it.
    pub id: String,
    /// What the register calls it.
    pub named: Named,
}

/// By which number the register knows an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A school, by its URN, which may have closed since.
    School(i32),
    /// A trust, by its UID: the group code of the register.
    Trust(String),
    /// Neither: a local authority, say, or a provider of another kind.
    Other,
}

/// Categories of DfE Sign-in that are trusts of academies: of several, of one, and secure ones.
const TRUSTS: [&str; 3] = ["010", "013", "014"];

/// Reads the claim `organisation`: an object, or the text of one. Nothing when there is none, or
/// nobody chose one.
#[must_use]
pub fn read(claim: &Value) -> Option<Organisation> {
    if let Value::String(text) = claim {
        let value = serde_json::from_str::<Value>(text).ok()?;
        return value.is_object().then(|| read(&value)).flatten();
    }
    let id = text(claim, "id")?;
    let category = claim.get("category").and_then(|category| text(category, "id"));
    let is_trust = category.is_some_and(|category| TRUSTS.contains(&category.as_str()));
    let urn = text(claim, "urn").and_then(|urn| urn.parse().ok()).filter(|urn| *urn > 0);
    let named = match (urn, text(claim, "uid")) {
        (_, Some(uid)) if is_trust => Named::Trust(uid),
        (Some(urn), _) if !is_trust => Named::School(urn),
        _ => Named::Other,
    };
    Some(Organisation { id, named })
}

/// A part of the claim, which is text or a number, without what surrounds it.
fn text(claim: &Value, name: &str) -> Option<String> {
    let text = match claim.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_school_is_known_by_its_urn_and_a_trust_by_its_uid() {
        let school = json!({ "id": "1" });
        let of = |category: &str, urn: Value, uid: Value| {
            let mut claim = school.clone();
            claim["category"] = json!({ "id": category, "name": "Some category" });
            claim["urn"] = urn;
            claim["uid"] = uid;
            claim["ukprn"] = json!("10099999");
            read(&claim).map(|organisation| organisation.named)
        };
        for (category, urn, uid, named) in [
            ("001", json!("900002"), json!(null), Named::School(900_002)),
            ("001", json!(900_002), json!(null), Named::School(900_002)),
            ("001", json!(" 900002 "), json!("77"), Named::School(900_002)),
            ("010", json!(null), json!("77"), Named::Trust("77".to_owned())),
            ("013", json!(null), json!(77), Named::Trust("77".to_owned())),
            ("010", json!("900002"), json!("77"), Named::Trust("77".to_owned())),
            // Never read a trust's number as a school's, nor a local authority as either.
            ("010", json!("900002"), json!(null), Named::Other),
            ("002", json!(null), json!("301"), Named::Other),
            ("001", json!(null), json!("77"), Named::Other),
            ("001", json!("-5"), json!(null), Named::Other),
            ("001", json!("900002; --"), json!(null), Named::Other),
            ("001", json!(["900002"]), json!(null), Named::Other),
            ("001", json!("99999999999999"), json!(null), Named::Other),
        ] {
            assert_eq!(
                of(category, urn.clone(), uid.clone()),
                Some(named),
                "{category} {urn} {uid}"
            );
        }
    }

    #[test]
    fn nobody_who_chose_no_organisation_has_one() {
        for none in [
            json!(null),
            json!({}),
            json!({ "id": "", "urn": "900002" }),
            json!({ "id": null, "urn": "900002" }),
            json!([]),
            json!(""),
            json!("\"{}\""),
            json!("not an object"),
        ] {
            assert_eq!(read(&none), None, "{none}");
        }
    }

    #[test]
    fn a_claim_that_comes_as_text_is_read_as_what_it_says() {
        let claim = json!(r#"{ "id": "1", "category": { "id": "001" }, "urn": "900002" }"#);
        let expected = Organisation { id: "1".to_owned(), named: Named::School(900_002) };
        assert_eq!(read(&claim), Some(expected));
    }
}
