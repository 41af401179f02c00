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

    /// What was done, in counts.
    #[must_use]
    pub fn in_brief(&self) -> String {
        format!(
            "{} added, {} changed, {} unchanged; {} obligation(s) added, moved or closed",
            self.count(&Outcome::Added),
            self.count(&Outcome::Changed),
            self.count(&Outcome::Unchanged),
            self.obligations_changed,
        )
    }

    fn count(&self, outcome: &Outcome) -> usize {
        let same = |row: &&RowReport| row.outcome == *outcome;
        self.rows.iter().filter(same).count()
    }
}

/// A report as it is printed: of an import that was done, or of one that was not.
#[derive(Debug)]
pub struct Told<'a> {
    report: &'a Report,
    done: bool,
}

impl Report {
    /// The report of an import that is not done, whatever it finds: what would come of it.
    #[must_use]
    pub fn of_check(&self) -> Told<'_> {
        Told { report: self, done: false }
    }
}

/// As of an import that is done unless there are faults.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Told { report: self, done: self.faults() == 0 }.fmt(f)
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, done } = self;
        let [added, changed, would_be] = if *done {
            ["added", "changed", ""]
        } else {
            ["would add", "would change", "would be "]
        };
        for RowReport { line, what, outcome, warnings } in &report.rows {
            match outcome {
                Outcome::Added => writeln!(f, "line {line}: {added} {what}")?,
                Outcome::Changed => writeln!(f, "line {line}: {changed} {what}")?,
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
        write!(
            f,
            "{} {would_be}added, {} {would_be}changed, {} unchanged, {} fault(s)",
            report.count(&Outcome::Added),
            report.count(&Outcome::Changed),
            report.count(&Outcome::Unchanged),
            report.faults(),
        )?;
        // With faults it is not worked out what would follow.
        if report.faults() == 0 {
            let changed = report.obligations_changed;
            write!(f, "; {changed} obligation(s) {would_be}added, moved or closed")?;
        }
        writeln!(f, "{}", if *done { "." } else { ": nothing was changed." })
    }
}
