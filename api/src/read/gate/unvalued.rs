//! The one mistake in syntax that the library's parser passes over: an argument, or a field of an
//! object, that has a name and no value. It drops them.

use super::tokens::{is_name, tokens};

/// The first name without a value in a document that was parsed.
pub(super) fn unvalued(document: &str) -> Option<&str> {
    // What is open: `(`, `[`, a selection's `{`, or an object's `o`.
    let mut open: Vec<u8> = Vec::new();
    let mut last = b' ';
    let mut named = None;
    for (_, token) in tokens(document) {
        let first = token.bytes().next()?;
        if named.is_some() && first != b':' {
            return named;
        }
        named = None;
        let inside = open.last().copied().unwrap_or(b'{');
        match first {
            b'{' if inside != b'{' => open.push(b'o'),
            b'(' | b'[' | b'{' => open.push(first),
            b')' | b']' | b'}' => {
                open.pop();
            }
            _ if !is_name(first) => {}
            _ if matches!(inside, b'(' | b'o') && !matches!(last, b':' | b'$' | b'@' | b'=') => {
                named = Some(token);
            }
            _ => {}
        }
        last = first;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unvalued;

    #[test]
    fn a_name_without_a_value_is_found_and_nothing_else() {
        for (document, found) in [
            ("{ hubs(first) { id } }", Some("first")),
            ("{ hubs(first: 1, orderBy NAME_ASC) { id } }", Some("orderBy")),
            ("{ hubs(filter: { open: true key }) { id } }", Some("key")),
            ("{ hubs(filter: [{ key }]) @skip(if) { id } }", Some("key")),
            ("{ hubs @skip(if) { id } }", Some("if")),
            (
                "query($a: [Int!]! = 1 @x $b: O = A) { hubs(a: $a b: [A B] c: A d: {}) { id } }",
                None,
            ),
            ("{ a: hubs(key: \"x) { y\" # (first)\n last: -1.5e3) { first last ...f } }", None),
            (
                "{ a(b: \"\"\"c \\\"\"\" (d) \"\"\" e: \"\" f: \"\\\"(g\\\\\") { h(i: true) } }",
                None,
            ),
            ("\u{feff}{ a(b: \"é\u{1F333}\", c: null) { d } } fragment e on F { g }", None),
        ] {
            assert_eq!(unvalued(document), found, "{document}");
        }
    }
}
