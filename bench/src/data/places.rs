//! Schools, hubs and their people.

use sha2::{Digest as _, Sha256};

use super::cell::{Cell, Of, at, date, int, moment, region, spread, text};
use super::{REGIONS, Size, Table, token};

impl Size {
    #[expect(clippy::too_many_lines, reason = "one table after another")]
    pub(super) fn people_and_places(self) -> Vec<Table> {
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
}
