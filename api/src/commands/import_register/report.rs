//! What an import did, as data and in words.

use std::fmt::{self, Display, Formatter};

use uuid::Uuid;

/// Rejected rows that are kept with their reason; the rest are counted.
const KEPT: usize = 20;

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// Why, naming the column and its value.
    pub reason: String,
}

/// The rows that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// The first 20.
    pub first: Vec<Rejection>,
    /// All of them.
    pub count: usize,
}

impl Rejections {
    pub(super) fn add(&mut self, line: u64, reason: String) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(Rejection { line, reason });
        }
    }
}

/// What became of the rows of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Data rows read.
    pub rows: usize,
    /// Not known before.
    pub added: usize,
    /// Known and different now, closures not counted.
    pub changed: usize,
    /// Not closed before, closed now.
    pub closed: usize,
    /// As before.
    pub unchanged: usize,
    /// Left out.
    pub rejected: Rejections,
    /// Known before and not in the file; left as they are.
    pub absent: usize,
}

impl Counts {
    fn in_brief(&self) -> String {
        format!(
            "{} added, {} changed, {} closed, {} unchanged, {} rejected",
            self.added, self.changed, self.closed, self.unchanged, self.rejected.count
        )
    }

    fn is_quiet(&self) -> bool {
        self.added + self.changed + self.closed == 0
    }
}

/// A setting whose school closed and that is its successor now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The setting.
    pub setting_id: Uuid,
    /// URN it had.
    pub from_urn: i32,
    /// URN it has.
    pub to_urn: i32,
}

/// A setting whose school closed and that was left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsPerson {
    /// The setting.
    pub setting_id: Uuid,
    /// URN of its closed school.
    pub urn: i32,
    /// Why no successor was chosen.
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The establishments.
    pub schools: Counts,
    /// The links, when a links file was given.
    pub links: Option<Counts>,
    /// Trusts added.
    pub trusts_added: usize,
    /// Trusts whose name or kind changed.
    pub trusts_changed: usize,
    /// Local authorities added.
    pub authorities_added: usize,
    /// Local authorities whose name or region changed.
    pub authorities_changed: usize,
    /// Settings that follow a converted school.
    pub moved: Vec<Moved>,
    /// Settings that a person has to look at.
    pub needs_person: Vec<NeedsPerson>,
    /// Settings whose name was brought up to date.
    pub settings_renamed: u64,
}

impl Report {
    /// What was done, in counts.
    #[must_use]
    pub fn in_brief(&self) -> String {
        let links = self.links.as_ref();
        let links =
            links.map_or_else(String::new, |links| format!("; links: {}", links.in_brief()));
        let (moved, schools) = (self.moved.len(), self.schools.in_brief());
        format!("establishments: {schools}{links}; {moved} setting(s) follow a converted school")
    }

    /// Whether the database already held what the files say.
    #[must_use]
    pub fn changed_nothing(&self) -> bool {
        let directories = self.trusts_added
            + self.trusts_changed
            + self.authorities_added
            + self.authorities_changed;
        self.schools.is_quiet()
            && self.links.as_ref().is_none_or(Counts::is_quiet)
            && directories == 0
            && self.moved.is_empty()
            && self.settings_renamed == 0
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.changed_nothing() {
            writeln!(f, "Nothing changed: everything is already as the file says.")?;
        }
        file(f, "Schools", &self.schools)?;
        if let Some(links) = &self.links {
            file(f, "Links", links)?;
        }
        writeln!(
            f,
            "Trusts: {} added, {} changed. Local authorities: {} added, {} changed.",
            self.trusts_added,
            self.trusts_changed,
            self.authorities_added,
            self.authorities_changed
        )?;
        for it in &self.moved {
            let Moved { setting_id, from_urn, to_urn } = it;
            writeln!(
                f,
                "Setting {setting_id} moved from URN {from_urn} to its successor {to_urn}."
            )?;
        }
        for it in &self.needs_person {
            let NeedsPerson { setting_id, urn, reason } = it;
            writeln!(f, "Setting {setting_id} needs a person: URN {urn} {reason}.")?;
        }
        write!(f, "Settings renamed: {}.", self.settings_renamed)
    }
}

fn file(f: &mut Formatter<'_>, what: &str, counts: &Counts) -> fmt::Result {
    writeln!(
        f,
        "{what}: {} rows: {} added, {} changed, {} closed, {} unchanged, {} rejected.",
        counts.rows,
        counts.added,
        counts.changed,
        counts.closed,
        counts.unchanged,
        counts.rejected.count
    )?;
    if counts.absent > 0 {
        writeln!(
            f,
            "  {} known ones are not in the file and were left as they are.",
            counts.absent
        )?;
    }
    for rejection in &counts.rejected.first {
        writeln!(f, "  line {}: {}", rejection.line, rejection.reason)?;
    }
    let untold = counts.rejected.count - counts.rejected.first.len();
    if untold > 0 {
        writeln!(f, "  and {untold} more rejected rows")?;
    }
    Ok(())
}
