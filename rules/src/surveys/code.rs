//! Codes by which a group of a school answers: printed, read out, typed on a phone.
//!
//! Eight letters, shown as `BCDF-GHJK`. The alphabet has no vowels, so that no code spells a word,
//! and no letter that is taken for a digit. Nineteen letters make its size a prime number, which
//! lets the last letter notice every single wrong letter and every two letters changed about.

/// The letters codes are made of.
const LETTERS: &[u8; 19] = b"BCDFGHJKMNPQRSTVWXZ";
/// Letters in a code, the check letter included.
const LENGTH: usize = 8;
/// Longest text that is looked at: a code with a blank or dash after every letter, and some more.
const LONGEST_TYPED: usize = 64;

/// A code made of random bits, in capitals without a dash. Of its 893,871,739 values all are as
/// likely as makes no difference.
#[must_use]
pub fn from_random(random: u128) -> String {
    let mut rest = random;
    let mut digits = [0_u8; LENGTH - 1];
    for digit in &mut digits {
        *digit = u8::try_from(rest % 19).unwrap_or(0);
        rest /= 19;
    }
    let mut code: String = digits.iter().map(|digit| letter(*digit)).collect();
    code.push(letter(check(&digits)));
    code
}

/// What somebody typed, as it is stored: capitals, without blanks and dashes. Nothing, when it
/// cannot be a code at all, wherever the fault lies: who guesses learns no more than who mistyped.
#[must_use]
pub fn normalise(typed: &str) -> Option<String> {
    if typed.len() > LONGEST_TYPED {
        return None;
    }
    let mut digits = Vec::with_capacity(LENGTH);
    for typed in typed.chars().filter(|typed| !is_between(*typed)) {
        let capital = u8::try_from(typed.to_ascii_uppercase()).ok()?;
        let digit = LETTERS.iter().position(|letter| *letter == capital)?;
        digits.push(u8::try_from(digit).ok()?);
    }
    let (last, digits) = digits.split_last()?;
    if digits.len() + 1 != LENGTH || check(digits) != *last {
        return None;
    }
    Some(digits.iter().chain([last]).map(|digit| letter(*digit)).collect())
}

/// A stored code as it is shown and printed: two halves with a dash.
#[must_use]
pub fn shown(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((first, second)) if !second.is_empty() => format!("{first}-{second}"),
        _ => code.to_owned(),
    }
}

/// What may stand between the letters.
fn is_between(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '_' | '.')
}

fn letter(digit: u8) -> char {
    char::from(LETTERS[usize::from(digit) % LETTERS.len()])
}

/// The check digit: weights that differ, modulo a prime.
fn check(digits: &[u8]) -> u8 {
    let sum: u32 =
        digits.iter().zip(2_u32..).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    u8::try_from(sum % 19).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of numbers that fall on every letter in every place.
    fn codes() -> impl Iterator<Item = String> {
        (0..400_u128).map(|number| from_random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c)))
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = from_random(20_261_005);
        for typed in [
            code.clone(),
            shown(&code),
            shown(&code).to_lowercase(),
            format!("  {} ", shown(&code).replace('-', " – ")),
        ] {
            assert_eq!(normalise(&typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(shown(&code).len(), 9);
    }

    #[test]
    fn one_wrong_letter_is_always_noticed() {
        for code in codes() {
            for place in 0..LENGTH {
                for letter in LETTERS {
                    let mut wrong = code.clone().into_bytes();
                    if wrong[place] != *letter {
                        wrong[place] = *letter;
                        let wrong = String::from_utf8(wrong).unwrap_or_default();
                        assert_eq!(normalise(&wrong), None, "{code} as {wrong}");
                    }
                }
            }
        }
    }

    #[test]
    fn two_letters_changed_about_are_always_noticed() {
        for code in codes() {
            for (one, other) in (0..LENGTH).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let mut wrong = code.clone().into_bytes();
                wrong.swap(one, other);
                let wrong = String::from_utf8(wrong).unwrap_or_default();
                if wrong != code {
                    assert_eq!(normalise(&wrong), None, "{code} as {wrong}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        let code = from_random(7);
        let long = "B".repeat(10_000);
        for typed in ["", "-", "BCDF", "ÄÖÜ", "\0", &code[1..], &format!("{code}B"), &long] {
            assert_eq!(normalise(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn different_numbers_make_different_codes() {
        let codes: std::collections::BTreeSet<_> = (0..2_000).map(from_random).collect();
        assert_eq!(codes.len(), 2_000);
    }
}
