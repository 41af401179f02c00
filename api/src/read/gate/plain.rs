//! What the specification has and the library's parser does not read yet: descriptions of
//! operations, fragments and variables (September 2025), and commas where few people write them, as
//! before a colon.

use std::borrow::Cow;

use apollo_compiler::parser::Parser;

use super::MAX_TOKENS;
use super::tokens::tokens;

/// The document with spaces in place of descriptions and commas, so that all else keeps its line and
/// column. Neither means anything to who executes it.
pub(crate) fn plain(document: &str) -> Cow<'_, str> {
    let found = unread(document);
    if found.is_empty() {
        return Cow::Borrowed(document);
    }
    let mut plain = String::with_capacity(document.len());
    let mut end = 0;
    for (start, text) in found {
        plain.push_str(&document[end..start]);
        plain.extend(text.chars().map(|letter| match letter {
            '\n' | '\r' => letter,
            _ => ' ',
        }));
        end = start + text.len();
    }
    plain.push_str(&document[end..]);
    Cow::Owned(plain)
}

/// The strings that stand where only a description can, and what is ignored around a comma, each with
/// the byte it begins at.
fn unread(document: &str) -> Vec<(usize, &str)> {
    let (mut found, mut described) = (Vec::new(), String::new());
    // How many of each are open.
    let (mut braces, mut parentheses, mut brackets) = (0_usize, 0_usize, 0_usize);
    let mut last = "}";
    let mut end = 0;
    let mut pending: Option<(usize, &str, &[&str])> = None;
    for (at, token) in tokens(document) {
        if let Some((start, text, before)) = pending.take()
            && before.contains(&token)
        {
            found.push((start, text));
            described.extend([text, " scalar Described "]);
        }
        if document[end..at].contains(',') {
            found.push((end, &document[end..at]));
        }
        match token {
            "{" => braces += 1,
            "}" => braces = braces.saturating_sub(1),
            "(" => parentheses += 1,
            ")" => parentheses = parentheses.saturating_sub(1),
            "[" => brackets += 1,
            "]" => brackets = brackets.saturating_sub(1),
            _ if !token.starts_with('"') => {}
            // A definition follows another, a variable's is one of a list.
            _ => {
                pending = match (braces, parentheses, brackets) {
                    (0, 0, 0) if last == "}" => Some((at, token, &DEFINITIONS)),
                    (0, 1, 0) if !matches!(last, "=" | ":") => Some((at, token, &["$"])),
                    _ => None,
                };
            }
        }
        last = token;
        end = at + token.len();
    }
    // One with an escape that there is not is a mistake, which the library is to find.
    let mut strings = Parser::new().token_limit(MAX_TOKENS);
    if described.is_empty() || strings.parse_ast(described, "descriptions").is_ok() {
        found
    } else {
        Vec::new()
    }
}

/// What begins a definition that may have a description.
const DEFINITIONS: [&str; 4] = ["query", "mutation", "subscription", "fragment"];

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn descriptions_and_commas_are_left_out_and_nothing_else_is() {
        for (document, expected) in [
            ("\"a\" query Q { b }", "    query Q { b }"),
            (
                "query Q { b } \"\"\"a\n\u{e9}\"\"\" fragment F on T { c }",
                "query Q { b }     \n     fragment F on T { c }",
            ),
            (
                "query Q(\"a\" $b: Int = 1 \"c\" $d: [S] \"\" $e: S) { f }",
                "query Q(    $b: Int = 1     $d: [S]    $e: S) { f }",
            ),
            ("query Q($a: S = \"b\" \"c\" $d: S) { e }", "query Q($a: S = \"b\"     $d: S) { e }"),
            (
                "query Q($a: S = {b: \"c\"} \"d\" $e: S) { f }",
                "query Q($a: S = {b: \"c\"}     $e: S) { f }",
            ),
            ("{ a , # b, c\n,: d(e,: \",:\") }", "{ a         \n : d(e : \",:\") }"),
            ("{ a ,\u{feff}: b }", "{ a   : b }"),
            (
                "{ a(b: [1,2], c: \"d, e\"), ... , on f }",
                "{ a(b: [1 2]  c: \"d, e\")  ...   on f }",
            ),
        ] {
            assert_eq!(plain(document), expected, "{document}");
        }
        for document in [
            "query Q($a: S = \"b\" $c: S @d(e: \"f\")) { g(h: \"i\" j: $c) { k } }",
            "query Q($a: [S] = [\"b\" \"c\"] $d: S) { e(f: [\"g\" $d]) }",
            // Mistakes stay what they are.
            "\"a\" { b }",
            "\"a\" type B { c: D }",
            "\"a\" \"b\" { c }",
            "query \"a\" query { b }",
            "query Q(\"a\") { b }",
            "query Q($a: \"b\" $c: S) { d }",
            "query Q { a(\"b\" $c: 1) }",
            "{ \"a\" query { b } }",
            "\"\\q\" query Q { a }",
            "\"a\nb\" query Q { a }",
            "\"open query Q { a }",
            "{ a \u{e9}: b }",
        ] {
            assert_eq!(plain(document), document);
        }
    }
}
