//! Where somebody was heading when they had to sign in, if that is a page of ours.

/// Longest path that somebody goes back to, in characters.
const LONGEST_PATH: usize = 500;

/// Where somebody lands who headed nowhere: the page that says who they are.
pub const LANDING: &str = "/sign-in";

/// Where somebody goes once signed in, if they say so: a page of ours, and no other site's. The
/// pages of signing in are no destination.
#[must_use]
pub fn return_path(wanted: &str) -> Option<&str> {
    // Browsers read "\" as "/", and drop tabs and line ends from the middle of an address.
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    if wanted.len() > LONGEST_PATH || !wanted.chars().all(plain) {
        return None;
    }
    let path = wanted.split(['?', '#']).next()?.strip_prefix('/')?;
    let (steps, last) = path.rsplit_once('/').map_or((None, path), |(s, last)| (Some(s), last));
    // "//" begins the name of another site, and ".." leads to where it might.
    let mut steps = steps.into_iter().flat_map(|steps| steps.split('/'));
    if !steps.all(|step| !step.is_empty() && is_plain_step(step)) || !is_plain_step(last) {
        return None;
    }
    let first = decoded(path.split('/').next()?)?;
    (first != b"sign-in" && first != b"sign-out").then_some(wanted)
}

/// Whether a step of a path is still one step, and no step back, to whoever decodes it, be it twice.
fn is_plain_step(step: &str) -> bool {
    decoded(step).is_some_and(|bytes| {
        let plain = |byte: &u8| !byte.is_ascii_control() && !b"/\\%".contains(byte);
        bytes != b"." && bytes != b".." && bytes.iter().all(plain)
    })
}

/// A step of a path with its `%..` replaced by what they stand for; none if one stands for nothing.
fn decoded(step: &str) -> Option<Vec<u8>> {
    let mut parts = step.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        if !code.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_ours_is_gone_back_to() {
        for wanted in [
            "/",
            "/hubs?first=2#top",
            "/hubs/",
            "/app/hubs/12?next=%2F%2Fother.example&at=../..",
            "/caf%C3%A9/a%20b",
            "/sign-in-help",
            "/..hidden/a..b",
            "/:80/@other.example",
        ] {
            assert_eq!(return_path(wanted), Some(wanted), "{wanted:?}");
        }
    }

    #[test]
    fn what_is_no_page_of_ours_is_not_gone_to() {
        for wanted in [
            "",
            "hubs",
            "?a=b",
            "@other.example",
            // Other sites, however they are written.
            "https://other.example/",
            "https:other.example",
            "//other.example",
            "///other.example",
            "/hubs//other.example",
            "/\\other.example",
            "\\\\other.example",
            "/a\\..\\other.example",
            "javascript:alert(1)",
            "data:text/html,x",
            // What becomes one for whoever decodes it, or leaves out what browsers do.
            "/%2Fother.example",
            "/%2f%2fother.example",
            "/%5cother.example",
            "/%252f%252fother.example",
            "/.//other.example",
            "/%2e%2e//other.example",
            "/../other.example",
            "/a/%2E%2e/b",
            "/a/.",
            "/%09/other.example",
            "/\t/other.example",
            "/\n/other.example",
            " //other.example",
            // What would end a line of the answer's head.
            "/hubs\r\nSet-Cookie: a=b",
            "/hubs%0d%0aSet-Cookie:a=b",
            "/hubs%00",
            "/hubs?a\u{7f}",
            "/a b",
            "/caf\u{e9}",
            "/\u{ff0f}other.example",
            // No character at all.
            "/100%",
            "/%zz",
            "/%+9",
            // The pages of signing in lead round in circles, or out.
            "/sign-in",
            "/sign-in?return_to=/",
            "/sign-in/oidc/staff",
            "/sign-out",
            "/%73ign-out",
        ] {
            assert_eq!(return_path(wanted), None, "{wanted:?}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        assert_eq!(return_path(&long), None);
        assert!(return_path(&long[..LONGEST_PATH]).is_some());
    }
}
