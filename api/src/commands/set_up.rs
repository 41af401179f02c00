//! `api set-up`: a programme as data.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use entity::audit;
use entity::programme::loader::{self, SetUpReport};
use rules::programme::SetUp;
use sea_orm::DatabaseTransaction;

use super::load_questionnaire;
use crate::app::App;

/// The shipped set-ups, under the names of their files.
pub const SHIPPED: &[(&str, &str)] = &[
    ("rise.toml", include_str!("../../../set-ups/rise.toml")),
    ("behaviour-hubs.toml", include_str!("../../../set-ups/behaviour-hubs.toml")),
];

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file, such as set-ups/rise.toml.
    pub file: PathBuf,
}

/// Runs the command: everything in the file, or nothing.
///
/// # Errors
/// A file that cannot be read, its faults, or a refusal; the database is then as it was.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    let name = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("{name} cannot be read"))?;
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let report = load(&txn, now, &text).await.with_context(|| format!("{name} was not loaded"))?;
    let came_to = format!(
        "{} change(s); {} obligation(s) added, moved or closed",
        report.changes.len(),
        report.obligations_changed
    );
    let node = Some(("Programme", report.programme_id));
    audit::record_command(&txn, now, "set-up", node, &came_to).await?;
    txn.commit().await?;
    app.signal.changed().await;
    std::io::stdout().write_all(describe(&report).as_bytes())?;
    Ok(())
}

/// Loads the text of a set-up file within the caller's transaction.
///
/// # Errors
/// Every fault of the file at once, or a refusal of what loading it would take away.
pub async fn load(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    text: &str,
) -> anyhow::Result<SetUpReport> {
    let set_up = parse(text)?;
    load_questionnaire::ensure_shipped(txn, now).await?;
    Ok(loader::load(txn, now, &set_up).await?)
}

/// Reads a set-up file.
///
/// # Errors
/// Text that is no TOML or not of the right shape (with line and column), or the list of faults.
pub fn parse(text: &str) -> anyhow::Result<SetUp> {
    let mut unknown = Vec::new();
    let file = toml::Deserializer::parse(text)?;
    let set_up: SetUp = serde_ignored::deserialize(file, |path| unknown.push(path.to_string()))?;
    anyhow::ensure!(unknown.is_empty(), "it has unknown fields: {}", unknown.join(", "));
    let faults = set_up.faults().into_iter();
    let faults: Vec<String> =
        faults.map(|fault| format!("{}: {}", fault.place, fault.problem)).collect();
    if faults.is_empty() {
        return Ok(set_up);
    }
    anyhow::bail!("it has {} fault(s):\n  {}", faults.len(), faults.join("\n  "))
}

/// The report as text, one line per change.
fn describe(report: &SetUpReport) -> String {
    let mut text = String::new();
    for change in &report.changes {
        let _ = writeln!(text, "{}: {}", <&str>::from(change.deed), change.place);
    }
    let obligations = report.obligations_changed;
    let _ = match (report.changes.len(), obligations) {
        (0, 0) => writeln!(text, "Nothing changed: everything is as the file says."),
        (changes, _) => writeln!(
            text,
            "{changes} change(s); {obligations} obligation(s) added, moved or closed in consequence."
        ),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::{SHIPPED, parse};

    #[test]
    fn the_shipped_set_ups_are_free_of_faults() {
        for (name, text) in SHIPPED {
            let problem = parse(text).err().map(|error| error.to_string());
            assert_eq!(problem, None, "{name}");
        }
    }

    #[test]
    fn a_misspelt_word_of_a_policy_is_refused_by_name() {
        for (good, bad, place) in [
            ("digest_at", "digest_a", "policy.digest_a"),
            ("remind_after = [3]", "remind_after = [3]\nremind_aftr = [5]", "policy.remind_aftr"),
            ("[policy.alerts]", "[policy.alert]", "policy.alert"),
        ] {
            let text = SHIPPED[0].1.replacen(good, bad, 1);
            assert_ne!(text, SHIPPED[0].1);
            let problem = parse(&text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(problem.contains(place) || problem.contains("digest_at"), "{bad}: {problem}");
        }
    }

    #[test]
    fn the_shipped_set_ups_agree_on_the_default_calendar() -> anyhow::Result<()> {
        let calendars: Vec<_> = SHIPPED
            .iter()
            .map(|(_, text)| parse(text).map(|set_up| set_up.calendars))
            .collect::<Result<_, _>>()?;
        assert!(calendars.iter().all(|calendar| !calendar.is_empty()));
        assert!(calendars.windows(2).all(|pair| pair[0] == pair[1]));
        Ok(())
    }

    #[test]
    fn the_enhanced_pathway_uses_the_five_three_and_two_days_of_the_lead() -> anyhow::Result<()> {
        let rise = parse(SHIPPED[0].1)?;
        let enhanced = rise.pathways.iter().find(|pathway| pathway.key == "enhanced");
        let days = |term: u32| -> f64 {
            let commitments = enhanced.map_or(&[][..], |pathway| &pathway.commitments);
            let of_term = commitments.iter().filter(|commitment| {
                commitment.rule.term == rules::programme::TermChoice::Number(term)
            });
            of_term.filter_map(|commitment| commitment.rule.days).sum()
        };
        assert_eq!([1, 2, 3].map(|term| days(term).to_string()), ["5", "3", "2"]);
        Ok(())
    }

    #[test]
    fn a_misspelt_key_is_named_wherever_it_stands() {
        let rise = SHIPPED[0].1;
        for (right, wrong, named) in [
            ("closes_as_missed = true", "close_as_missed = true", "close_as_missed"),
            ("grace_working_days = 15", "grace_days = 15", "grace"),
            ("starts_on = \"2026-01-05\"", "begins_on = \"2026-01-05\"", "begins_on"),
        ] {
            let problem = parse(&rise.replacen(right, wrong, 1)).err();
            let problem = problem.map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(problem.contains(named), "{wrong}: {problem}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_names_the_line() {
        let problem = parse("[programme]\nkey = rise\n").err().map(|error| error.to_string());
        assert!(problem.is_some_and(|problem| problem.contains("line 2")));
    }
}
