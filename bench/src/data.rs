//! The data: invented, and the same every time.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A value as both databases take it.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A row's id.
    Id(Uuid),
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
}

/// Rows of one table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Columns, separated by commas.
    pub columns: &'static str,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Hubs; two thirds have 41 partners, the others 28.
    pub hubs: usize,
    /// Visits.
    pub visits: usize,
    /// Bookings.
    pub bookings: usize,
    /// Alerts.
    pub alerts: usize,
}

/// As large as the programme is to be: 5,500 enrolments.
pub const FULL: Size = Size { hubs: 150, visits: 28_000, bookings: 12_000, alerts: 3_000 };
/// To try the benchmark itself.
pub const QUICK: Size = Size { hubs: 27, visits: 2_000, bookings: 500, alerts: 600 };

/// Obligations of a term, for each enrolment.
const PER_TERM: usize = 5;
/// Terms.
pub const TERMS: usize = 3;
/// Regions, as the migrations lay them.
pub const REGIONS: usize = 9;

/// What a row is; part of its id.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Of {
    Programme = 10,
    Pathway,
    Cohort,
    Term,
    Template,
    School,
    Setting,
    Hub,
    Event,
    Enrolment,
    Obligation,
    Visit,
    Booking,
    Alert,
    Person,
    Contact,
    Grant,
    Token,
    Authority,
}

/// The id of the `number`th row of a kind, like those the product makes: rising.
pub fn id(of: Of, number: usize) -> Uuid {
    let moment = 1_790_000_000_000_u128 + number as u128;
    let bits = (moment << 80) | (0x7 << 76) | (0b10 << 62) | ((of as u128) << 40) | number as u128;
    Uuid::from_u128(bits)
}

/// The id of a region.
pub fn region(number: usize) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + 1 + number as u128)
}

/// The token of the `number`th hub lead, and of the regional leads after them.
pub fn token(number: usize) -> String {
    format!("bench-{number}")
}

fn at(of: Of, number: usize) -> Cell {
    Cell::Id(id(of, number))
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn int(number: usize) -> Cell {
    Cell::Int(i64::try_from(number).unwrap_or_default())
}

fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 1).unwrap_or_default()
}

fn day(after: usize) -> NaiveDate {
    start() + Days::new(after as u64)
}

fn date(after: usize) -> Cell {
    text(day(after).to_string())
}

/// So many days and minutes after the start.
fn moment(days: usize, minutes: usize) -> Cell {
    let moment: DateTime<Utc> = day(days).and_hms_opt(8, 0, 0).unwrap_or_default().and_utc();
    let moment = moment + TimeDelta::minutes(i64::try_from(minutes).unwrap_or_default());
    text(moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false))
}

/// Spreads numbers, always in the same way.
fn spread(number: usize, over: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from((mixed >> 33) % over.max(1) as u64).unwrap_or_default()
}

impl Size {
    /// Partners of a hub.
    pub fn partners(self, hub: usize) -> usize {
        if hub < self.hubs * 2 / 3 { 41 } else { 28 }
    }

    /// The number of the first enrolment of a hub.
    pub fn first_enrolment(self, hub: usize) -> usize {
        (0..hub).map(|hub| self.partners(hub)).sum()
    }

    fn hub_of(self, enrolment: usize) -> usize {
        let large = self.hubs * 2 / 3;
        if enrolment < large * 41 { enrolment / 41 } else { large + (enrolment - large * 41) / 28 }
    }

    /// All enrolments.
    pub fn enrolments(self) -> usize {
        self.first_enrolment(self.hubs)
    }

    /// All rows, parents before children.
    pub fn tables(self) -> Vec<Table> {
        let mut tables = programme();
        tables.extend(self.people_and_places());
        tables.extend(self.work());
        tables
    }

    #[expect(clippy::too_many_lines, reason = "one table after another")]
    fn people_and_places(self) -> Vec<Table> {
        let schools = self.hubs + self.enrolments();
        let name = |number: usize| format!("Demo School {:05}", spread(number, 100_000));
        let leads = self.hubs + REGIONS;
        vec![
            Table {
                name: "local_authority",
                columns: "id, code, name, region_id",
                rows: (0..150)
                    .map(|n| {
                        let region = Cell::Id(region(n % REGIONS));
                        vec![
                            at(Of::Authority, n),
                            int(n),
                            text(format!("Demo Area {n:03}")),
                            region,
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "school",
                columns: "id, urn, name, local_authority_id, type_code, type_name, status, phase, \
                          town, postcode, region_id, pupils, register_hash, changed_at",
                rows: (0..schools)
                    .map(|n| {
                        vec![
                            at(Of::School, n),
                            int(200_000 + n),
                            text(name(n)),
                            at(Of::Authority, n % 150),
                            int(34),
                            text("Academy converter"),
                            text("open"),
                            text(["primary", "secondary"][n % 2]),
                            text(format!("Demotown {}", n % 700)),
                            text(format!("ZZ{} {}ZZ", n % 90 + 10, n % 9)),
                            Cell::Id(region(n % REGIONS)),
                            int(100 + n % 900),
                            int(n),
                            moment(0, 0),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "setting",
                columns: "id, kind, name, school_id, created_at",
                rows: (0..schools)
                    .map(|n| {
                        let school = at(Of::School, n);
                        vec![
                            at(Of::Setting, n),
                            text("school"),
                            text(name(n)),
                            school,
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "hub",
                columns: "id, programme_id, key, name, lead_setting_id, region_id, capacity_max, \
                          opened_on, version",
                rows: (0..self.hubs)
                    .map(|n| {
                        vec![
                            at(Of::Hub, n),
                            at(Of::Programme, 0),
                            text(format!("hub-{n:03}")),
                            text(format!("Demo Hub {n:03}")),
                            at(Of::Setting, n),
                            Cell::Id(region(n % REGIONS)),
                            int(50),
                            date(0),
                            int(1),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "person",
                columns: "id, name, email, optional_mail, created_at",
                rows: (0..leads)
                    .map(|n| {
                        vec![
                            at(Of::Person, n),
                            text(format!("Demo Person {n}")),
                            text(format!("person-{n}@example.org")),
                            Cell::Flag(true),
                            moment(0, 0),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "contact",
                columns: "id, person_id, setting_id, role, created_at",
                rows: (0..self.hubs)
                    .map(|n| {
                        let role = text("hub_lead");
                        vec![
                            at(Of::Contact, n),
                            at(Of::Person, n),
                            at(Of::Setting, n),
                            role,
                            moment(0, 0),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "role_grant",
                columns: "id, person_id, role, region_id, hub_id, granted_at",
                rows: (0..leads)
                    .map(|n| {
                        let (role, of_region, hub) = if n < self.hubs {
                            ("hub_lead", Cell::Null, at(Of::Hub, n))
                        } else {
                            ("regional_lead", Cell::Id(region(n - self.hubs)), Cell::Null)
                        };
                        let person = at(Of::Person, n);
                        vec![at(Of::Grant, n), person, text(role), of_region, hub, moment(0, 0)]
                    })
                    .collect(),
            },
            Table {
                name: "access_token",
                columns: "id, person_id, token_hash, label, created_at, expires_at",
                rows: (0..leads)
                    .map(|n| {
                        let hash = format!("{:x}", Sha256::digest(token(n).as_bytes()));
                        vec![
                            at(Of::Token, n),
                            at(Of::Person, n),
                            text(hash),
                            text("bench"),
                            moment(0, 0),
                            moment(5_000, 0),
                        ]
                    })
                    .collect(),
            },
        ]
    }

    #[expect(clippy::too_many_lines, reason = "one table after another")]
    fn work(self) -> Vec<Table> {
        let enrolments = self.enrolments();
        vec![
            Table {
                name: "enrolment",
                columns: "id, programme_id, hub_id, cohort_id, pathway_id, partner_setting_id, \
                          status, enrolled_on, version, created_at, changed_at",
                rows: (0..enrolments)
                    .map(|n| {
                        vec![
                            at(Of::Enrolment, n),
                            at(Of::Programme, 0),
                            at(Of::Hub, self.hub_of(n)),
                            at(Of::Cohort, 0),
                            at(Of::Pathway, 0),
                            at(Of::Setting, self.hubs + n),
                            text(if n % 41 == 40 { "paused" } else { "active" }),
                            date(spread(n, 20)),
                            int(1),
                            moment(0, n),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "obligation",
                columns: "id, programme_id, cohort_id, hub_id, enrolment_id, subject_id, \
                          template_id, occurrence, owed_by, kind, action, title, term_id, \
                          opens_on, due_on, due_at, state, met_on, revision, version, created_at, \
                          changed_at",
                rows: (0..enrolments * PER_TERM * TERMS)
                    .map(|n| {
                        let (enrolment, turn) = (n / (PER_TERM * TERMS), n % (PER_TERM * TERMS));
                        let (term, kind) = (turn / PER_TERM, turn % PER_TERM);
                        let due = term * 100 + 30 + kind * 12 + spread(n, 9);
                        let met = due < 90 && spread(n, 3) > 0;
                        vec![
                            at(Of::Obligation, n),
                            at(Of::Programme, 0),
                            at(Of::Cohort, 0),
                            at(Of::Hub, self.hub_of(enrolment)),
                            at(Of::Enrolment, enrolment),
                            at(Of::Enrolment, enrolment),
                            at(Of::Template, kind),
                            text(format!("term-{}", term + 1)),
                            text("partner"),
                            text(KINDS[kind]),
                            text("do"),
                            text(format!("Demo duty {} of term {}", KINDS[kind], term + 1)),
                            at(Of::Term, term),
                            date(term * 100),
                            date(due),
                            moment(due, 0),
                            text(if met { "met" } else { "open" }),
                            if met { date(due - 3) } else { Cell::Null },
                            int(1),
                            int(1),
                            moment(0, 0),
                            moment(0, spread(n, 100_000)),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "visit",
                columns: "id, programme_id, enrolment_id, hub_id, kind, state, visitor_id, \
                          purpose, starts_at, ends_at, half_days, proposed_by, attendees, \
                          sequence, version, created_at, changed_at",
                rows: (0..self.visits)
                    .map(|n| {
                        let enrolment = n % enrolments;
                        let hub = self.hub_of(enrolment);
                        let on = spread(n, 280);
                        vec![
                            at(Of::Visit, n),
                            at(Of::Programme, 0),
                            at(Of::Enrolment, enrolment),
                            at(Of::Hub, hub),
                            text("support_day"),
                            text(if on < 80 { "recorded" } else { "agreed" }),
                            at(Of::Person, hub),
                            text("Walk the corridors at the change of lessons."),
                            moment(on, spread(n, 300)),
                            moment(on, spread(n, 300) + 180),
                            int(1),
                            text("hub"),
                            text("[]"),
                            int(0),
                            int(1),
                            moment(0, n),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "booking",
                columns: "id, event_id, enrolment_id, places, state, booked_at, version, changed_at",
                rows: (0..self.bookings)
                    .map(|n| {
                        vec![
                            at(Of::Booking, n),
                            at(Of::Event, n / enrolments),
                            at(Of::Enrolment, n % enrolments),
                            int(1),
                            text("booked"),
                            moment(0, n),
                            int(1),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "engagement_alert",
                columns: "id, rule, rule_version, subject_kind, subject_id, enrolment_id, hub_id, \
                          period, state, summary, threshold, evidence, raised_at, changed_at, \
                          version",
                rows: (0..self.alerts).map(|n| self.alert(n)).collect(),
            },
        ]
    }

    fn alert(self, n: usize) -> Vec<Cell> {
        let enrolment = spread(n, self.enrolments());
        let state = ["firing", "firing", "acknowledged", "resolved", "resolved"][n % 5];
        vec![
            at(Of::Alert, n),
            text("overdue_obligation"),
            int(1),
            text("enrolment"),
            at(Of::Enrolment, enrolment),
            at(Of::Enrolment, enrolment),
            at(Of::Hub, self.hub_of(enrolment)),
            text(format!("period-{n}")),
            text(state),
            text(format!("\"Demo duty\" is {} working days late.", 5 + n % 20)),
            text("5 working days"),
            text("[{\"fact\":\"It was due.\"}]"),
            moment(n % 90, spread(n, 600)),
            moment(n % 90, spread(n, 600)),
            int(1),
        ]
    }
}

/// Kinds of commitment, one for each obligation of a term.
const KINDS: [&str; PER_TERM] =
    ["attend_open_day", "support_days", "action_plan", "self_assessment", "attend_cpd_session"];

fn programme() -> Vec<Table> {
    let of = at(Of::Programme, 0);
    vec![
        Table {
            name: "programme",
            columns: "id, key, name, description, policy, created_at, changed_at",
            rows: vec![vec![
                of.clone(),
                text("demo"),
                text("Demo Programme"),
                text("Invented."),
                text("{}"),
                moment(0, 0),
                moment(0, 0),
            ]],
        },
        Table {
            name: "pathway",
            columns: "id, programme_id, key, name, description, partner_kind",
            rows: vec![vec![
                at(Of::Pathway, 0),
                of.clone(),
                text("demo"),
                text("Demo Pathway"),
                text("Invented."),
                text("any"),
            ]],
        },
        Table {
            name: "cohort",
            columns: "id, programme_id, key, name",
            rows: vec![vec![at(Of::Cohort, 0), of.clone(), text("demo"), text("Demo Cohort")]],
        },
        Table {
            name: "programme_term",
            columns: "id, cohort_id, ordinal, name, starts_on, ends_on",
            rows: (0..TERMS)
                .map(|n| {
                    let (from, to) = (date(n * 100), date(n * 100 + 90));
                    let name = text(format!("Term {}", n + 1));
                    vec![at(Of::Term, n), at(Of::Cohort, 0), int(n + 1), name, from, to]
                })
                .collect(),
        },
        Table {
            name: "commitment_template",
            columns: "id, programme_id, key, kind, owed_by, title, rule, position",
            rows: KINDS
                .iter()
                .enumerate()
                .map(|(n, kind)| {
                    vec![
                        at(Of::Template, n),
                        of.clone(),
                        text(*kind),
                        text(*kind),
                        text("partner"),
                        text(*kind),
                        text("{}"),
                        int(n),
                    ]
                })
                .collect(),
        },
        Table {
            name: "event",
            columns: "id, programme_id, key, kind, title, starts_at, ends_at, published_at, version",
            rows: (0..30)
                .map(|n| {
                    vec![
                        at(Of::Event, n),
                        of.clone(),
                        text(format!("event-{n}")),
                        text("open_day"),
                        text(format!("Demo Event {n}")),
                        moment(n * 9, 60),
                        moment(n * 9, 240),
                        moment(0, 0),
                        int(1),
                    ]
                })
                .collect(),
        },
    ]
}
