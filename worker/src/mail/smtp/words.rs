//! What the mail server's answers mean, in words for a message's story.

use std::error::Error as _;

use lettre::transport::smtp::response::Response;
use rules::messages::replies::{Asked, Refused, judge};

use super::Fault;
use crate::mail::Setback;

pub(super) type SmtpError = lettre::transport::smtp::Error;

pub(super) fn code(reply: &Response) -> u16 {
    reply.code().into()
}

/// What an error of the library means. The server's own words are left out, since they may repeat
/// an address.
pub(super) fn fault(error: &SmtpError) -> Fault {
    if let Some(code) = error.status() {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        return Fault::Reply(code.into(), enhanced(&words));
    }
    Fault::Broken(if error.is_response() || error.is_client() {
        // Among these is a mechanism to sign in that it lacks.
        "it does not speak SMTP as we do".to_owned()
    } else {
        error.to_string()
    })
}

/// The enhanced status (RFC 3463) that a reply begins with, as in `5.1.1 No such user`.
fn enhanced(words: &str) -> Option<(u16, u16, u16)> {
    let mut parts = words.split_whitespace().next()?.splitn(3, '.').map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(class)), Some(Ok(subject)), Some(Ok(detail))) => Some((class, subject, detail)),
        _ => None,
    }
}

pub(super) fn setback(asked: Asked, fault: &Fault) -> Setback {
    match fault {
        Fault::Reply(code, status) => {
            let shown = match status {
                Some((class, subject, detail)) => format!("{code} {class}.{subject}.{detail}"),
                None => code.to_string(),
            };
            let what = match (asked, status) {
                (Asked::Opening, _) => "The mail server does not let us in",
                (Asked::Sender, _) => "The mail server refused the sender",
                (Asked::Recipient, Some((5, 1, 1..))) => "There is no such address",
                (Asked::Recipient, _) => "The mail server refused the recipient",
                (Asked::Message, _) => "The mail server refused the message",
            };
            Setback { refused: judge(asked, *code, *status), reason: format!("{what}: {shown}.") }
        }
        Fault::Unable(why) => Setback { refused: Refused::ForGood, reason: (*why).to_owned() },
        Fault::Broken(problem) => Setback {
            refused: if asked == Asked::Opening { Refused::All } else { Refused::ForNow },
            reason: format!("The mail server cannot be used: {problem}."),
        },
    }
}

/// That the server took it, with its own name for it if it told one.
pub(super) fn taken(reply: &Response) -> String {
    let words = reply.message().collect::<Vec<_>>().join(" ");
    let name = words.split("queued as ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let name = name.filter(|name| {
        name.len() <= 40
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    });
    match name {
        Some(name) => format!("Taken by the mail server as {name}."),
        None => "Taken by the mail server.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_status_is_read_where_there_is_one() {
        assert_eq!(enhanced("5.1.1 No such user"), Some((5, 1, 1)));
        assert_eq!(enhanced("4.7.650 wait"), Some((4, 7, 650)));
        for words in ["", "No such user", "5.1", "10.0.0.1.2 blocked", "5.x.1 what"] {
            assert_eq!(enhanced(words), None, "{words}");
        }
    }

    #[test]
    fn what_is_told_of_a_refusal_does_not_repeat_the_servers_words() {
        let told = setback(Asked::Recipient, &Fault::Reply(550, Some((5, 1, 1))));
        assert_eq!(told.reason, "There is no such address: 550 5.1.1.");
        assert_eq!(told.refused, Refused::NoAddress);
    }
}
