//! One thing to know of a visit or an event, as mails and pages show it.

/// One thing to know.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is, such as `When`.
    pub label: &'static str,
    /// Its lines, each in pieces.
    pub lines: Vec<Vec<Piece>>,
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is an address of the web.
    pub is_link: bool,
}

impl Fact {
    /// A fact as somebody wrote it, line by line, its links as links.
    #[must_use]
    pub fn new(label: &'static str, text: &str) -> Self {
        let piece = |word: &str| Piece { text: word.to_owned(), is_link: is_link(word) };
        let line = |line: &str| -> Vec<Piece> {
            let mut pieces: Vec<Piece> = Vec::new();
            for word in line.split_whitespace() {
                match pieces.last_mut() {
                    Some(last) if !last.is_link && !is_link(word) => {
                        last.text.push(' ');
                        last.text.push_str(word);
                    }
                    _ => pieces.push(piece(word)),
                }
            }
            pieces
        };
        let lines = text.lines().map(line).filter(|line| !line.is_empty());
        Self { label, lines: lines.collect() }
    }
}

/// Whether a word is an address of the web.
fn is_link(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

/// The first address of the web in a text, if there is one.
#[must_use]
pub fn first_link(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| is_link(word)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_are_told_apart_line_by_line() {
        let fact = Fact::new("How to join", "Come  early.\n\nOr see https://example.org/a now");
        let pieces = |line: &Vec<Piece>| -> Vec<(String, bool)> {
            line.iter().map(|piece| (piece.text.clone(), piece.is_link)).collect()
        };
        let lines: Vec<_> = fact.lines.iter().map(pieces).collect();
        let plain = |text: &str| (text.to_owned(), false);
        let link = ("https://example.org/a".to_owned(), true);
        assert_eq!(lines, [vec![plain("Come early.")], vec![plain("Or see"), link, plain("now")]]);
    }
}
