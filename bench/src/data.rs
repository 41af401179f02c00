//! The data: invented, and the same every time.

mod cell;
mod places;
mod programme;
mod work;

use programme::programme;

pub use cell::{Cell, Of, id};

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

/// The token of the `number`th hub lead, and of the regional leads after them.
pub fn token(number: usize) -> String {
    format!("bench-{number}")
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
}
