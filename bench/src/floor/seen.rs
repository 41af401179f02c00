//! What each role may see, as SQL. `who` is the place of the viewer's hub or region: `$2`, `?1`. An `OR FALSE` keeps PostgreSQL from joining
//! for every row where it can work out a list of ids once.

use super::Role;

/// The hubs that the viewer answers for: a condition on the columns of `table`.
fn led(role: Role, table: &str, who: &str) -> String {
    match role {
        Role::HubLead => format!("{table}.id = {who}"),
        Role::RegionalLead => format!("{table}.region_id = {who}"),
    }
}

/// Rows of `hub`.
pub fn hub(role: Role, table: &str, who: &str) -> String {
    format!("({} OR FALSE)", led(role, table, who))
}

/// Rows that name a hub in the column `hub_id`: enrolments, what is owed, alerts.
pub fn of_hub(role: Role, table: &str, who: &str) -> String {
    let led = led(role, "hub", who);
    format!("({table}.hub_id IN (SELECT hub.id FROM hub WHERE {led}) OR FALSE)")
}

/// Rows of `setting`.
pub fn setting(role: Role, table: &str, who: &str) -> String {
    let led = led(role, "hub", who);
    format!(
        "({table}.id IN (SELECT hub.lead_setting_id FROM hub WHERE {led}) \
         OR {table}.id IN (SELECT enrolment.partner_setting_id FROM enrolment \
         WHERE enrolment.hub_id IN (SELECT hub.id FROM hub WHERE {led})))"
    )
}

/// Rows that name an enrolment in the column `enrolment_id`: visits.
pub fn of_enrolment(role: Role, table: &str, who: &str) -> String {
    let seen = of_hub(role, "enrolment", who);
    format!("{table}.enrolment_id IN (SELECT enrolment.id FROM enrolment WHERE {seen})")
}
