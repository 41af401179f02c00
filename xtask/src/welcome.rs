//! What `cargo up` tells its reader once everything runs.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::wrapper::quoted;

/// A query that reads a good part of the programme at once.
const QUERY: &str = "{ hubs(first: 2) { nodes { name leadSetting { name } \
enrolments(first: 3) { nodes { partner { name } pathway { name } \
obligations(first: 3, filter: { overdue: true }) { nodes { title dueOn state } } } } } } }";
/// How long the api may take to say whether it is ready.
const LIMIT: Duration = Duration::from_secs(2);

/// Whether the api at `address` says that it is ready.
pub fn is_ready(address: &str) -> bool {
    ask(address).is_some_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

fn ask(address: &str) -> Option<String> {
    let address: SocketAddr = address.parse().ok()?;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..read]).into_owned())
}

/// The text. `clock` is what the demonstration's clock shows and the seconds until its next
/// digests; `graphiql` says whether it is served; `wrapper` runs commands on the demonstration;
/// `tokens` are lines of role, name and token, divided by tabs.
pub fn text(
    address: &str,
    graphiql: bool,
    [wrapper, mail]: [&Path; 2],
    clock: &(String, u64),
    tokens: &str,
) -> String {
    let (shown, until) = clock;
    let rows: Vec<[&str; 3]> = tokens
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some([cells.next()?, cells.next()?, cells.next()?])
        })
        .collect();
    let graphiql = match (graphiql, rows.first()) {
        (true, Some([role, _, token])) => {
            format!("  GraphiQL  http://{address}/graphiql#token={token} (as {role})\n")
        }
        _ => String::new(),
    };
    let mut text = format!(
        "\nHubs is running, with an invented programme.\n\n  \
         GraphQL   http://{address}/graphql\n\
         {graphiql}  \
         Health    http://{address}/healthz  http://{address}/readyz\n  \
         Mail      {}\n  \
         Clock     {shown}; the next digests go out at 08:00, in {}\n\n",
        mail.display(),
        duration(*until),
    );
    let width = |cell: usize| rows.iter().map(|row| row[cell].chars().count()).max().unwrap_or(0);
    let (roles, names) = (width(0), width(1));
    for [role, name, token] in &rows {
        let _ = writeln!(text, "  {role:roles$}  {name:names$}  {token}");
    }
    if !rows.is_empty() {
        text.push_str("\nTo sign in with a browser, open:\n\n");
    }
    for [role, _, token] in &rows {
        let _ = writeln!(text, "  {role:roles$}  http://{address}/sign-in/demo/{token}");
    }
    if let Some([role, _, token]) = rows.first() {
        let _ = write!(
            text,
            "\nTo read the programme as {role}, paste:\n\n\
             curl -s http://{address}/graphql -H 'authorization: Bearer {token}' \\\n  \
             -H 'content-type: application/json' -d '{{\"query\": \"{QUERY}\"}}'\n\n\
             To run a command on it, with its database and its clock: when is each job due, how does it \
             do, and what would be mailed and flagged in November?\n\n\
             {0} worker jobs\n\
             {0} worker simulate --from 2026-11-01 --to 2026-11-30\n\n\
             Ctrl-C stops both programs. The next `cargo up` goes on from there; \
             `cargo up --fresh` starts over.\n",
            quoted(wrapper),
        );
    }
    text
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} seconds"),
        60..3600 => format!("about {} minutes", seconds.div_ceil(60)),
        _ => format!("about {} hours", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_paste_carries_the_first_token() {
        let clock = ("Monday".to_owned(), 113);
        let tokens = "admin\tAsha Fernsby\tsecret-1\nhub_lead\tBen Oakhollow\tsecret-2\n";
        let places = ["demo/run", "mail"].map(Path::new);
        let text = text("127.0.0.1:8000", true, places, &clock, tokens);
        assert!(text.contains("Bearer secret-1'"), "{text}");
        assert!(text.contains("\n'demo/run' worker simulate --from"), "{text}");
        let page = "\n  GraphiQL  http://127.0.0.1:8000/graphiql#token=secret-1 (as admin)\n";
        assert!(text.contains(page), "{text}");
        assert!(text.contains("in about 2 minutes"), "{text}");
        assert!(text.contains("hub_lead  Ben Oakhollow  secret-2"), "{text}");
        let link = "hub_lead  http://127.0.0.1:8000/sign-in/demo/secret-2\n";
        assert!(text.contains(link), "{text}");
    }
}
