//! The tokens of a document, as far as its text has to be looked at before or after the library's
//! parser.

/// The tokens of a document, each with the byte it begins at, and every character that begins none;
/// what is ignored is left out.
pub(super) fn tokens(document: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = document.get(at..)?;
            let first = rest.bytes().next()?;
            let start = at;
            at += token(rest, first);
            let ignored = matches!(first, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'#');
            if !ignored && !rest.starts_with('\u{feff}') {
                return Some((start, document.get(start..at)?));
            }
        }
    })
}

/// Whether a name can begin so.
pub(super) fn is_name(letter: u8) -> bool {
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
