//! Requests that somebody made to hurt: small to send, and endless to whoever believes them.

use serde_json::Value;

/// A request and what is expected of it.
#[derive(Debug)]
pub struct Hostile {
    /// What it is, for messages.
    pub name: String,
    /// The body to send.
    pub body: String,
    /// The code of the error it gets; empty if it is answered.
    pub code: &'static str,
}

/// How deep brackets are nested.
pub const DEPTHS: [usize; 5] = [400, 1_500, 2_000, 5_000, 50_000];

/// All of them, each one JSON object or what pretends to be one.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table, best read at one go")]
pub fn requests() -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |name: String, query: &str, rest: &str, code: &'static str| {
        let query = Value::from(query);
        all.push(Hostile { name, body: format!("{{\"query\":{query}{rest}}}"), code });
    };
    for depth in DEPTHS {
        let nested = |open: &str, close: &str| open.repeat(depth) + &close.repeat(depth);
        let lists = nested("[", "]");
        let objects = nested("{a:", "}");
        for (place, query) in [
            ("selections", nested("{a", "}")),
            ("selections that never end", "{a".repeat(depth)),
            ("inline fragments", format!("{{{}}}", nested("...{", "}"))),
            ("a list argument", format!("{{ nodes(ids: {lists}) {{ id }} }}")),
            ("a list that never ends", format!("{{ nodes(ids: {}", "[".repeat(depth))),
            ("an object argument", format!("{{ hubs(filter: {objects}) {{ totalCount }} }}")),
            ("a default", format!("query($v: [ID!] = {lists}) {{ nodes(ids: $v) {{ id }} }}")),
            (
                "a type",
                format!(
                    "query($v: {}) {{ __typename }}",
                    nested("[", "]").replacen("[]", "[ID]", 1)
                ),
            ),
        ] {
            add(format!("{depth} brackets in {place}"), &query, "", "TOO_COMPLEX");
        }
        let query = "query($v: [ID!]!) { nodes(ids: $v) { id } }";
        let json_objects = nested("{\"a\":", "}").replacen(":}", ":1}", 1);
        for json in [&lists, &json_objects] {
            let rest = format!(",\"variables\":{{\"v\":{json}}}");
            add(format!("{depth} brackets in variables"), query, &rest, "BAD_REQUEST");
        }
    }
    let deep = "[".repeat(100) + &"]".repeat(100);
    let rest = format!(",\"variables\":{{\"v\":{deep}}}");
    add("100 brackets in variables".into(), "{ __typename }", &rest, "TOO_COMPLEX");
    let many = vec!["1"; 6_000].join(",");
    let rest = format!(",\"variables\":{{\"v\":[{many}]}}");
    add("6,000 values in variables".into(), "{ __typename }", &rest, "TOO_COMPLEX");

    let both_ways = |next: &str| {
        format!(
            "a: programme {{ hubs {{ nodes {{ {next} }} }} }} \
             b: programme {{ hubs {{ nodes {{ {next} }} }} }}"
        )
    };
    add("31 fragments in a chain".into(), &chain(31, |next| format!("{next} {next}")), "", "");
    add("31 fragments that double".into(), &chain(31, both_ways), "", "TOO_COMPLEX");
    let twenty = |one: &dyn Fn(usize, &str) -> String, next: &str| {
        (0..20).map(|number| one(number, next)).collect::<Vec<_>>().join(" ")
    };
    let plain = |_: usize, next: &str| next.to_owned();
    let inline = |_: usize, next: &str| format!("... on Hub {{ {next} }}");
    let keyed = |number: usize, next: &str| {
        format!("k{number}: programme {{ hubs {{ nodes {{ {next} }} }} }}")
    };
    let eleven = |one: &dyn Fn(usize, &str) -> String| chain(11, |next| twenty(one, next));
    add("11 fragments of 20 equal spreads".into(), &eleven(&plain), "", "");
    add("11 fragments of 20 wrapped spreads".into(), &eleven(&inline), "", "TOO_COMPLEX");
    add("11 fragments of 20 keyed spreads".into(), &eleven(&keyed), "", "TOO_COMPLEX");
    add("1,000 fragments in a chain".into(), &chain(1_000, str::to_owned), "", "TOO_COMPLEX");
    let circle =
        "{ hubs { nodes { ...a } } } fragment a on Hub { ...b } fragment b on Hub { ...a }";
    add("circular fragments".into(), circle, "", "GRAPHQL_VALIDATION_FAILED");
    let circle = "{ hubs { nodes { ...a } } } \
                  fragment a on Hub { programme { hubs { nodes { ...a } } } }";
    add("a fragment of itself".into(), circle, "", "GRAPHQL_VALIDATION_FAILED");

    let operations = join(1_000, |number| format!("query Q{number} {{ __typename }}"));
    add("1,000 operations".into(), &operations, "", "OPERATION_NOT_FOUND");
    add("one of 1,000 operations".into(), &operations, ",\"operationName\":\"Q7\"", "");
    let aliases = |count| format!("{{ {} }}", join(count, |at| format!("a{at}: __typename")));
    add("100 aliases".into(), &aliases(100), "", "");
    add("1,000 aliases".into(), &aliases(1_000), "", "TOO_COMPLEX");
    add("6,000 aliases".into(), &aliases(6_000), "", "TOO_COMPLEX");
    let same = format!("{{ {} }}", "__typename ".repeat(500));
    add("500 duplicate fields".into(), &same, "", "");
    let same = format!("{{ {} }}", "hubs { nodes { name } } ".repeat(500));
    add("500 duplicate lists".into(), &same, "", "");
    let skips = format!("{{ __typename {} }}", "@skip(if: false) ".repeat(500));
    add("500 directives on a field".into(), &skips, "", "GRAPHQL_VALIDATION_FAILED");
    let unknown = format!("{{ __typename {} }}", "@aa".repeat(500));
    add("500 unknown directives".into(), &unknown, "", "GRAPHQL_VALIDATION_FAILED");
    let skips = format!("{{ {} }}", "__typename @skip(if: false) ".repeat(500));
    add("500 fields with directives".into(), &skips, "", "TOO_COMPLEX");

    let fields = |inner: &str| format!("fields {{ type {{ {inner} }} }}");
    let circle = fields(&fields(&fields(&fields("name"))));
    let circle = format!("{{ __schema {{ types {{ {circle} }} }} }}");
    add("circular introspection".into(), &circle, "", "TOO_COMPLEX");
    let wide =
        |at| format!("a{at}: __schema {{ types {{ name fields {{ name args {{ name }} }} }} }}");
    let wide = format!("{{ {} }}", join(200, wide));
    add("200 introspections".into(), &wide, "", "TOO_COMPLEX");

    let wide = "{ hubs(first: 100) { nodes { enrolments(first: 100) { nodes { \
                obligations(first: 100) { nodes { reminders { nodes { id } } } } } } } } }";
    add("a billion rows".into(), wide, "", "TOO_COMPLEX");
    let long = format!("{{ node(id: \"{}\") {{ id }} }}", "a".repeat(1_000_000));
    add("a string of a megabyte".into(), &long, "", "");
    let blank = " ".repeat(1_000_000);
    add("a megabyte of nothing".into(), &blank, "", "GRAPHQL_PARSE_FAILED");
    add("no query".into(), "", "", "GRAPHQL_PARSE_FAILED");
    let one = "{\"query\":\"{ __typename }\"}";
    for (name, body) in [
        ("a batch", format!("[{one},{one}]")),
        ("a huge batch", format!("[{}]", vec![one; 2_000].join(","))),
        ("brackets instead of an object", "[".repeat(50_000)),
        ("objects instead of an object", "{\"a\":".repeat(15_000)),
        ("an extension without end", format!("{{\"extensions\":{}", "{\"a\":".repeat(15_000))),
        ("the query twice", format!("{{\"query\":\"a\",{}", &one[1..])),
        ("nothing", String::new()),
        ("no object", "\"{ __typename }\"".to_owned()),
        ("broken text", "{\"query\":\"\\ud800\"}".to_owned()),
    ] {
        all.push(Hostile { name: name.to_owned(), body, code: "BAD_REQUEST" });
    }
    all
}

/// A document of `count` fragments on `Hub`, each made of the spread of the next, and a last one.
fn chain(count: usize, fragment: impl Fn(&str) -> String) -> String {
    let fragments = join(count, |at| {
        let selection = fragment(&format!("...f{}", at + 1));
        format!("fragment f{at} on Hub {{ {selection} }}")
    });
    format!("{{ hubs {{ nodes {{ ...f0 }} }} }} {fragments} fragment f{count} on Hub {{ name }}")
}

fn join(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(" ")
}
