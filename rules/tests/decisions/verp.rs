//! Return paths that name their message.

use rules::messages::verp::{ReturnPath, opened};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(0x0192_5f00_0000_7abc_8def_0123_4567_89ab);

#[test]
fn a_return_path_names_its_message_and_no_other_is_taken_for_one() {
    let path = ReturnPath::parse("bounces+{token}@example.org").unwrap();
    let address = path.of(b"secret", ID);
    assert!(address.starts_with("bounces+01925f0000007abc8def0123456789ab-"), "{address}");
    assert_eq!(address.len(), "bounces+@example.org".len() + 49);
    assert_eq!(path.message(b"secret", &address), Some(ID));
    assert_eq!(path.message(b"secret", &address.to_uppercase()), Some(ID), "case is lost");
    assert_eq!(path.message(b"another", &address), None);
    for at in 0..49 {
        let mut changed = address.clone().into_bytes();
        let place = "bounces+".len() + at;
        changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(path.message(b"secret", &changed), None, "{changed}");
    }
    for other in ["", "bounces+@example.org", "bounces+{token}@example.org", "a@example.org"] {
        assert_eq!(path.message(b"secret", other), None, "{other}");
    }
}

#[test]
fn no_text_makes_a_token_panic() {
    for text in ["ü".repeat(24) + "x", "+".repeat(49), "-".repeat(49), "0".repeat(49)] {
        assert_eq!(opened(b"secret", &text), None, "{text}");
    }
}

#[test]
fn a_setting_without_room_for_the_token_is_none() {
    for text in [
        "",
        "bounces@example.org",
        "{token}@example.org",
        "bounces+{token}",
        "bounces+@{token}.example.org",
        "bounces+{token}@",
        "bounces+{token}{token}@example.org",
        "bounces of our hubs+{token}@example.org",
        "a-very-long-name-for-bounces+{token}@example.org",
    ] {
        assert_eq!(ReturnPath::parse(text), None, "{text}");
    }
}
