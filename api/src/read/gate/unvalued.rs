//! The one mistake in syntax that the library's parser passes over: an argument, or a field of an
//! object, that has a name and no value. It drops them.

/// The first name without a value in a document that was parsed.
pub(super) fn unvalued(document: &str) -> Option<&str> {
    let mut rest = document;
    // What is open: `(`, `[`, a selection's `{`, or an object's `o`.
    let mut open: Vec<u8> = Vec::new();
    let mut last = b' ';
    let mut named = None;
    while let Some(first) = rest.bytes().next() {
        let length = token(rest, first);
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        if matches!(first, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'#') || !first.is_ascii() {
            continue;
        }
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

fn is_name(letter: u8) -> bool {
    letter.is_ascii_alphabetic() || letter == b'_'
}

/// How long the token or the ignored part is that the text begins with.
fn token(text: &str, first: u8) -> usize {
    let until = |ends: fn(char) -> bool| text.find(ends).unwrap_or(text.len());
    match first {
        b'#' => until(|letter| matches!(letter, '\n' | '\r')),
        b'"' => string(text),
        b'-' | b'0'..=b'9' => until(|letter| {
            !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+' | '.'))
        }),
        _ if is_name(first) => until(|letter| !(letter.is_ascii_alphanumeric() || letter == '_')),
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
}

/// How long the string or block string is that the text begins with.
fn string(text: &str) -> usize {
    const BLOCK: &str = "\"\"\"";
    let (from, quote) = if text.starts_with(BLOCK) { (3, BLOCK) } else { (1, "\"") };
    let mut at = from;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest.as_bytes() {
            _ if rest.starts_with(quote) => return at + quote.len(),
            [b'\\', ..] if quote == BLOCK && rest[1..].starts_with(BLOCK) => 4,
            [b'\\', ..] if quote == BLOCK => 1,
            [b'\\', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    text.len()
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
