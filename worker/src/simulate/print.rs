//! A report as text.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use super::report::{Alert, Because, Mail, NotSent, Report};

fn long(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (long(self.from), long(self.to));
        writeln!(out, "What would happen from {from} to {to} if nobody did anything more.")?;
        for day in &self.days {
            writeln!(out, "\n{}", long(day.day))?;
            for mail in &day.mails {
                write!(out, "{mail}")?;
            }
            for not_sent in &day.not_sent {
                write!(out, "{not_sent}")?;
            }
            for alert in &day.alerts {
                write!(out, "{alert}")?;
            }
        }
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
        let (change, rule) = (change.replace('_', " "), rule.replace('_', " "));
        writeln!(out, "  {at}  alert {change}: {rule} at {}. {summary}", subject.name)
    }
}
