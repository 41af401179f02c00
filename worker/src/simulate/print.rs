//! A report as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;

use super::report::{Alert, Because, Day, Mail, Named, NotSent, Report};

fn long(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (long(self.from), long(self.to));
        writeln!(out, "What would happen from {from} to {to} if nobody did anything more.")?;
        if !self.paused.is_empty() {
            writeln!(
                out,
                "\nPaused now, and here as if it were not. In truth nothing of it goes:"
            )?;
        }
        for one in &self.paused {
            writeln!(out, "  {one}")?;
        }
        let mut told = BTreeMap::new();
        for day in &self.days {
            let lines = lines(day, &mut told);
            if !lines.is_empty() {
                writeln!(out, "\n{}", long(day.day))?;
            }
            for (_, line) in lines {
                out.write_str(&line)?;
            }
        }
        write_kept_back(out, &told)?;
        let mails: Vec<&Mail> = self.days.iter().flat_map(|day| &day.mails).collect();
        let people: BTreeSet<_> = mails.iter().map(|mail| mail.to.id).collect();
        let not_sent = self.days.iter().map(|day| day.not_sent.len()).sum::<usize>();
        let changes = |change: &str| {
            let alerts = self.days.iter().flat_map(|day| &day.alerts);
            alerts.filter(|alert| alert.change == change).count()
        };
        writeln!(
            out,
            "\nIn all: {} to {}, {} not sent, {} raised, {} cleared.",
            count(mails.len(), "mail", "mails"),
            count(people.len(), "person", "people"),
            count(not_sent, "mail", "mails"),
            count(changes("raised"), "alert", "alerts"),
            changes("cleared"),
        )
    }
}

/// Mails that do not go out, by person and reason, with how often that was so.
type KeptBack<'a> = BTreeMap<(&'a Named, &'a str, &'a str), usize>;

/// The lines of a day in the order of their times. That mails to somebody do not go out for a reason
/// is a line once, and counted in `told`.
fn lines<'a>(day: &'a Day, told: &mut KeptBack<'a>) -> Vec<(&'a str, String)> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    lines.extend(day.mails.iter().map(|mail| (mail.at.as_str(), mail.to_string())));
    for one in &day.not_sent {
        let times = told.entry((&one.to, &one.state, &one.reason)).or_default();
        *times += 1;
        if *times == 1 {
            lines.push((one.at.as_str(), one.to_string()));
        }
    }
    lines.extend(day.alerts.iter().map(|alert| (alert.at.as_str(), alert.to_string())));
    // Stable: mails, then alerts, where their times are the same.
    lines.sort_by_key(|(at, _)| *at);
    lines
}

fn write_kept_back(out: &mut fmt::Formatter<'_>, told: &KeptBack<'_>) -> fmt::Result {
    let mut again = told.iter().filter(|(_, times)| **times > 1).peekable();
    if again.peek().is_some() {
        writeln!(out, "\nNot sent again and again, of which only the first is told above:")?;
    }
    again.try_for_each(|((to, state, reason), times)| {
        writeln!(out, "  {} to {} ({state}): {reason}", count(*times, "mail", "mails"), to.name)
    })
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

impl fmt::Display for Mail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, to, subject, because, .. } = self;
        writeln!(out, "  {at}  mail to {}: {subject}", to.name)?;
        for Because { whose, what, reason, .. } in because {
            match (whose, what) {
                (Some(whose), Some(what)) => writeln!(out, "         - {whose}: {what}. {reason}")?,
                _ => writeln!(out, "         - {reason}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind, to, state, reason } = self;
        let kind = kind.replace('_', " ");
        writeln!(out, "  {at}  {kind} to {} not sent ({state}): {reason}", to.name)
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, change, rule, subject, summary, .. } = self;
        // Otherwise it reads as if it were over twice.
        let change = if change == "clearing" { "seems over" } else { change };
        let (change, rule) = (change.replace('_', " "), rule.replace('_', " "));
        writeln!(out, "  {at}  alert {change}: {rule} at {}. {summary}", subject.name)
    }
}
