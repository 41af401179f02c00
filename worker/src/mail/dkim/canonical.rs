//! A mail as it is signed: in the relaxed forms of RFC 6376, in which only what its reader sees counts.

/// The headers of a mail, and its body.
pub(super) fn parts(mail: &[u8]) -> (&[u8], &[u8]) {
    const BLANK: &[u8] = b"\r\n\r\n";
    match mail.windows(BLANK.len()).position(|four| four == BLANK) {
        Some(at) => (&mail[..at + 2], &mail[at + BLANK.len()..]),
        None => (mail, &[]),
    }
}

/// The last header of that name, if there is one.
pub(super) fn header(headers: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut last = None;
    let mut rest = headers;
    while !rest.is_empty() {
        let end = end_of_header(rest);
        let (one, others) = rest.split_at(end);
        rest = others;
        let colon = one.iter().position(|byte| *byte == b':');
        if let Some(colon) = colon
            && one[..colon].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
        {
            last = Some(line(name, &one[colon + 1..]));
        }
    }
    last
}

/// Where the first header ends: at a line break after which the next line is not indented.
fn end_of_header(headers: &[u8]) -> usize {
    let mut breaks = headers.windows(2).enumerate().filter(|(_, two)| *two == b"\r\n");
    let end = breaks.find(|(at, _)| !matches!(headers.get(at + 2), Some(b' ' | b'\t')));
    end.map_or(headers.len(), |(at, _)| at + 2)
}

/// A header of that name and value.
pub(super) fn line(name: &str, value: &[u8]) -> Vec<u8> {
    let mut line = name.to_ascii_lowercase().into_bytes();
    line.push(b':');
    let unfolded: Vec<u8> = value.iter().copied().filter(|it| !b"\r\n".contains(it)).collect();
    let squeezed = squeezed(&unfolded);
    line.extend(squeezed.strip_prefix(b" ").unwrap_or(&squeezed));
    line.extend_from_slice(b"\r\n");
    line
}

/// A body.
pub(super) fn body(body: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(body.len());
    // Lines that are empty count once another follows.
    let mut empty = 0;
    for line in lines(body) {
        let line = squeezed(line);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            written.extend_from_slice(b"\r\n");
        }
        written.extend(line);
        written.extend_from_slice(b"\r\n");
    }
    written
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(2).position(|two| two == b"\r\n");
        let (line, others) = match end {
            Some(at) => (&text[..at], Some(&text[at + 2..])),
            None => (text, None),
        };
        rest = others;
        Some(line)
    })
}

/// With one space for each run of blanks, and none at the end.
fn squeezed(text: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' | b'\t' if written.last() == Some(&b' ') => {}
            b' ' | b'\t' => written.push(b' '),
            byte => written.push(*byte),
        }
    }
    if written.last() == Some(&b' ') {
        written.pop();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6376, section 3.4.5.
    const MAIL: &[u8] = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";

    #[test]
    fn the_example_of_the_standard_is_signed_as_the_standard_says() {
        let (headers, rest) = parts(MAIL);
        assert_eq!(header(headers, "A").as_deref(), Some(b"a:X\r\n".as_slice()));
        assert_eq!(header(headers, "B").as_deref(), Some(b"b:Y Z\r\n".as_slice()));
        assert_eq!(header(headers, "C"), None);
        assert_eq!(body(rest), b" C\r\nD E\r\n");
    }

    #[test]
    fn a_body_ends_with_one_line_break_and_an_empty_one_is_empty() {
        for (text, signed) in
            [("", ""), ("\r\n\r\n", ""), ("a", "a\r\n"), ("a\r\n\r\nb \r\n \r\n", "a\r\n\r\nb\r\n")]
        {
            assert_eq!(body(text.as_bytes()), signed.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn of_two_headers_of_a_name_the_last_is_signed() {
        let (headers, _) = parts(b"To: a\r\nTo: b\r\n\r\nTo: c\r\n");
        assert_eq!(header(headers, "TO").as_deref(), Some(b"to:b\r\n".as_slice()));
    }
}
