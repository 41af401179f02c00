use rules::programme::{CommitmentRule, DueRule, EventKind, SetUp, SetUpFault, TermChoice};

const GOOD: &str = include_str!("good_set_up.toml");

fn faults(text: &str) -> Vec<SetUpFault> {
    toml::from_str::<SetUp>(text).unwrap().faults()
}

#[test]
fn a_good_set_up_has_no_faults() {
    assert_eq!(faults(GOOD), []);
}

/// A good line, a bad one in its place, and the fault that must be found: place and a word of it.
type Case = (&'static str, &'static str, &'static str, &'static str);

const STRUCTURE_AND_PROMISES: &[Case] = &[
    (r#"key = "rise""#, r#"key = "Rise!""#, "programme.key", "no key"),
    (
        r#"key = "autumn-2026"
name"#,
        r#"key = ""
name"#,
        "cohort..key",
        "no key",
    ),
    (r#"name = "Regional""#, r#"name = " ""#, "pathway.regional.name", "empty"),
    (r#"key = "regional""#, r#"key = "hub""#, "pathway.hub.key", "kept"),
    (
        r#"key = "cpd""#,
        r#"key = "self-assessment""#,
        "pathway.regional.commitment.self-assessment.key",
        "twice",
    ),
    ("[5, 10]", "[10, 5]", "pathway.regional.leadership_days", "before"),
    (
        r#"ends_on = "2026-12-18", half_term"#,
        r#"ends_on = "2027-01-04", half_term"#,
        "cohort.autumn-2026.term.2.starts_on",
        "term before",
    ),
    (
        r#"ends_on = "2027-03-25" },
]

[[pathway]]"#,
        r#"ends_on = "2027-01-04" },
]

[[pathway]]"#,
        "cohort.autumn-2026.term.2.ends_on",
        "not after",
    ),
    (
        r#"["2026-10-26", "2026-10-30"]"#,
        r#"["2026-10-30", "2026-10-26"]"#,
        "cohort.autumn-2026.term.1.half_term",
        "before it starts",
    ),
    (
        r#"["2026-10-26", "2026-10-30"]"#,
        r#"["2026-12-17", "2026-12-30"]"#,
        "cohort.autumn-2026.term.1.half_term",
        "not inside",
    ),
    ("number = 1", "number = 3", "pathway.regional.commitment.self-assessment.term", "no term 3"),
    ("number = 1", "number = 0", "pathway.regional.commitment.self-assessment.term", "no term 0"),
    (
        "end_of_week = 4",
        "end_of_week = 0",
        "pathway.regional.commitment.self-assessment.due",
        "week 0",
    ),
    (
        "end_of_week = 4",
        "last_weeks = 52",
        "pathway.regional.commitment.self-assessment.due",
        "week 52",
    ),
    ("event = \"cpd_session\"\n", "", "pathway.regional.commitment.cpd.event", "must be given"),
    (
        r#"event = "cpd_session""#,
        r#"event = "open_day""#,
        "pathway.regional.commitment.cpd.event",
        "not about",
    ),
    (
        r#"due = "event""#,
        r#"due = "end_of_term""#,
        "pathway.regional.commitment.cpd.recording_within",
        "only with",
    ),
    (
        "recording_within = 10",
        "recording_within = 0",
        "pathway.regional.commitment.cpd.recording_within",
        "1 to",
    ),
    ("days = 2.5", "days = 2.25", "hub_commitment.deliver-days.days", "half days"),
    ("days = 2.5", "days = 0.0", "hub_commitment.deliver-days.days", "half days"),
    ("days = 2.5", "days = -1.0", "hub_commitment.deliver-days.days", "half days"),
    ("days = 2.5", "days = nan", "hub_commitment.deliver-days.days", "half days"),
];

const POLICY_EVENTS_AND_CALENDARS: &[Case] = &[
    (r#""18:00:00""#, r#""07:30:00""#, "policy.quiet_until", "differ"),
    (r#""08:00:00""#, r#""19:00:00""#, "policy.digest_at", "quiet"),
    (r#"["headteacher", "behaviour_lead"]"#, "[]", "policy.recipients", "nobody"),
    (
        r#"["headteacher", "behaviour_lead"]"#,
        r#"["headteacher", "headteacher"]"#,
        "policy.recipients",
        "twice",
    ),
    ("[10, 3]", "[10, 10]", "policy.remind_before", "twice"),
    ("[10, 3]", "[10, 0]", "policy.remind_before", "0"),
    ("remind_after = [3]", "remind_after = [300]", "policy.remind_after", "at most"),
    ("programme_after = 20", "programme_after = 10", "policy.escalate_to_programme_after", "first"),
    ("quiet_from", "stop_after = 0\nquiet_from", "policy.stop_after", "at least"),
    ("overdue_by = 5", "overdue_by = 0", "policy.alert_when_overdue_by", "at least"),
    (
        r#"ends_at = "2026-10-05T17:30:00""#,
        r#"ends_at = "2026-10-05T15:30:00""#,
        "event.cpd-1.ends_at",
        "not after",
    ),
    (r#"cohort = "autumn-2026""#, r#"cohort = "spring""#, "event.cpd-1.cohort", "no cohort"),
    (
        r#"starts_at = "2026-10-05T15:30:00""#,
        r#"starts_at = "2026-08-05T15:30:00""#,
        "event.cpd-1.starts_at",
        "no term",
    ),
    (r"{ local_authority = 999 }", r#""default""#, "calendar.default.applies_to", "two"),
    (
        r#"name = "Autumn half-term", starts_on = "2026-10-26""#,
        r#"name = "Autumn half-term", starts_on = "2026-11-26""#,
        "calendar.default.span.2.ends_on",
        "before the start",
    ),
    (
        r#"starts_on = "2026-10-26", ends_on = "2026-10-30" },
    { kind"#,
        r#"starts_on = "2026-12-26", ends_on = "2026-12-30" },
    { kind"#,
        "calendar.default.span",
        "inside no term",
    ),
    (
        r#"name = "Spring", starts_on = "2027-01-04""#,
        r#"name = "Spring", starts_on = "2026-12-18""#,
        "calendar.default.span",
        "overlap",
    ),
];

const SELF_ASSESSMENT: &[Case] = &[
    (r#"title = "Where we stand""#, r#"title = " ""#, "self_assessment.title", "empty"),
    (r#"key = "routines""#, r#"key = "culture""#, "self_assessment.theme.culture.key", "twice"),
    (r#"key = "routines""#, r#"key = "Day!""#, "self_assessment.theme.Day!.key", "no key"),
    (
        r#"prompt = "Are there routines?""#,
        r#"prompt = """#,
        "self_assessment.theme.routines.prompt",
        "empty",
    ),
    (
        r#"    { title = "Secure", description = "Everywhere." },
"#,
        "",
        "self_assessment.theme.routines.levels",
        "2 to",
    ),
    (
        r#"title = "Secure", description = "Everywhere.""#,
        r#"title = "Emerging", description = "Everywhere.""#,
        "self_assessment.theme.routines.levels.2.title",
        "twice",
    ),
    (
        r#"description = "Everywhere.""#,
        r#"description = """#,
        "self_assessment.theme.routines.levels.2.description",
        "empty",
    ),
];

#[test]
fn every_fault_is_named_with_its_place() {
    let cases = [STRUCTURE_AND_PROMISES, POLICY_EVENTS_AND_CALENDARS, SELF_ASSESSMENT];
    for (good, bad, place, word) in cases.concat() {
        assert!(GOOD.contains(good), "{good} is in the good set-up");
        let found = faults(&GOOD.replacen(good, bad, 1));
        assert!(
            found.iter().any(|fault| fault.place == place && fault.problem.contains(word)),
            "{bad} should be a fault of {place}: {found:?}"
        );
    }
}

#[test]
fn what_is_said_of_one_kind_is_checked_with_what_is_said_of_all() {
    for (line, name, word) in [
        ("", "", "says nothing"),
        ("remind_before = [300]", ".remind_before", "at most"),
        ("remind_after = [0]", ".remind_after", "0"),
        ("recipients = []", ".recipients", "nobody"),
        (r#"recipients = ["headteacher", "headteacher"]"#, ".recipients", "twice"),
        ("stop_after = 0", ".stop_after", "at least"),
        ("escalate_to_hub_after = 20", ".escalate_to_hub_after", "after 20"),
        ("escalate_to_programme_after = 10", ".escalate_to_programme_after", "first"),
    ] {
        let found = faults(&with_kind("action_plan", line));
        let place = format!("policy.kind.action_plan{name}");
        assert!(
            matches!(&found[..], [one] if one.place == place && one.problem.contains(word)),
            "{line}: {found:?}"
        );
    }
    let both = "escalate_to_hub_after = 20\nescalate_to_programme_after = 30";
    assert_eq!(faults(&with_kind("action_plan", both)), []);
    let unknown = toml::from_str::<SetUp>(&with_kind("action_pln", both)).unwrap_err();
    assert!(unknown.to_string().contains("action_pln"), "{unknown}");
}

/// The good set-up with a line about one kind.
fn with_kind(kind: &str, line: &str) -> String {
    let next = "[policy.kind.evaluation_survey]";
    assert!(GOOD.contains(next));
    GOOD.replacen(next, &format!("[policy.kind.{kind}]\n{line}\n\n{next}"), 1)
}

#[test]
fn a_set_up_without_cohorts_pathways_and_themes_says_so() {
    let mut set_up: SetUp = toml::from_str(GOOD).unwrap();
    set_up.cohorts.clear();
    set_up.pathways.clear();
    set_up.self_assessment.as_mut().unwrap().themes.clear();
    let places: Vec<_> = set_up.faults().into_iter().map(|fault| fault.place).collect();
    for place in ["cohort", "pathway", "self_assessment.theme"] {
        assert!(places.contains(&place.to_owned()), "{place}: {places:?}");
    }
}

#[test]
fn a_misspelt_word_in_a_commitment_is_refused_by_name() {
    for (good, bad) in [("recording_within", "recordings_within"), ("days = 2.5", "day = 2.5")] {
        let problem = toml::from_str::<SetUp>(&GOOD.replace(good, bad)).unwrap_err().to_string();
        let word = bad.split(' ').next().unwrap();
        assert!(problem.contains(&format!("unknown field `{word}`")), "{problem}");
    }
}

#[test]
fn a_rule_survives_being_stored_as_json() {
    let rule = CommitmentRule {
        term: TermChoice::Each,
        due: DueRule::Event,
        event: Some(EventKind::CpdSession),
        recording_within: Some(10),
        closes_as_missed: false,
        days: Some(0.5),
        senior_leader: false,
    };
    let json = serde_json::to_value(&rule).unwrap();
    assert_eq!(serde_json::from_value::<CommitmentRule>(json).unwrap(), rule);
}

#[test]
fn a_whole_set_up_survives_being_written_and_read() {
    let set_up: SetUp = toml::from_str(GOOD).unwrap();
    let json = serde_json::to_string(&set_up).unwrap();
    assert_eq!(serde_json::from_str::<SetUp>(&json).unwrap(), set_up);
}

#[test]
fn the_set_ups_that_are_shipped_have_no_faults() {
    for text in [
        include_str!("../../../set-ups/rise.toml"),
        include_str!("../../../set-ups/behaviour-hubs.toml"),
    ] {
        assert_eq!(faults(text), []);
    }
}
