//! The text form of `OpenMetrics`, read strictly.

use std::collections::{BTreeMap, BTreeSet};

/// What was read: the value of every sample, by its name with its labels.
pub type Samples = BTreeMap<String, f64>;

/// Reads a whole answer.
///
/// # Panics
/// It is not as the specification has it, with the line that is not.
#[must_use]
pub fn read(text: &str) -> Samples {
    let mut samples = Samples::new();
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    for line in body.lines() {
        if let Some(told) = line.strip_prefix("# ") {
            let mut words = told.splitn(3, ' ');
            let (what, name) = (words.next().expect("a word"), words.next().expect("a name"));
            let rest = words.next().unwrap_or_default();
            assert!(is_name(name), "{line}");
            match what {
                "HELP" => assert!(helped.insert(name) && !rest.is_empty(), "{line}"),
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram"].contains(&rest), "{line}");
                    assert!(kinds.insert(name, rest).is_none(), "told twice: {line}");
                }
                _ => panic!("no such comment: {line}"),
            }
            continue;
        }
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        let bare = name.split('{').next().expect("a name");
        assert!(is_name(bare), "{line}");
        let of = kinds.iter().any(|(family, kind)| {
            let endings: &[&str] = match *kind {
                "counter" => &["_total"],
                "gauge" => &[""],
                _ => &["_bucket", "_sum", "_count"],
            };
            bare.strip_prefix(family).is_some_and(|ending| endings.contains(&ending))
        });
        assert!(of, "of no family: {line}");
        if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
            let labels = labels.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            for label in labels.expect("labels in braces").split("\",") {
                let (name, value) = label.split_once("=\"").expect("a label and its value");
                assert!(is_name(name), "{line}");
                assert!(!value.contains('@'), "an address in a label: {line}");
            }
        }
        let value = value.parse().expect("a number");
        assert!(samples.insert(name.to_owned(), value).is_none(), "told twice: {line}");
    }
    samples
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
