//! What an import did, or would do, row by row.

use std::fmt;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each row, in the order of the file.
    pub rows: Vec<RowReport>,
    /// Obligations added, moved or closed in consequence.
    pub obligations_changed: usize,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReport {
    /// Line of the file, the header being 1.
    pub line: u64,
    /// What the row is about, by keys, without names of people.
    pub what: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What somebody should look at, though it stops nothing.
    pub warnings: Vec<String>,
}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Added,
    /// It was there and differed.
    Changed,
    /// It was there, just so.
    Unchanged,
    /// It cannot be: nothing of the file is imported.
    Faulty(Vec<Fault>),
}

/// One thing wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column to look at.
    pub column: String,
    /// What is wrong, in a sentence.
    pub problem: String,
}

impl Report {
    /// Number of faults; with any, nothing is imported.
    #[must_use]
    pub fn faults(&self) -> usize {
        let count = |row: &RowReport| match &row.outcome {
            Outcome::Faulty(faults) => faults.len(),
            _ => 0,
        };
        self.rows.iter().map(count).sum()
    }

    /// Whether the database already was as the file says.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.rows.iter().all(|row| row.outcome == Outcome::Unchanged)
    }

    fn count(&self, outcome: &Outcome) -> usize {
        let same = |row: &&RowReport| row.outcome == *outcome;
        self.rows.iter().filter(same).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RowReport { line, what, outcome, warnings } in &self.rows {
            match outcome {
                Outcome::Added => writeln!(f, "line {line}: added {what}")?,
                Outcome::Changed => writeln!(f, "line {line}: changed {what}")?,
                Outcome::Unchanged => writeln!(f, "line {line}: unchanged {what}")?,
                Outcome::Faulty(faults) => {
                    for Fault { column, problem } in faults {
                        writeln!(f, "line {line}: FAULT in {column} ({what}): {problem}")?;
                    }
                }
            }
            for warning in warnings {
                writeln!(f, "line {line}: warning: {warning}")?;
            }
        }
        writeln!(
            f,
            "{} added, {} changed, {} unchanged, {} fault(s); {} obligation(s) added, moved or closed.",
            self.count(&Outcome::Added),
            self.count(&Outcome::Changed),
            self.count(&Outcome::Unchanged),
            self.faults(),
            self.obligations_changed
        )
    }
}
