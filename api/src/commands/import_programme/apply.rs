//! Hubs, events and contacts: from a row to the tables.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use csv::StringRecord;
use entity::enrolments::settle_programme;
use entity::hubs::{HubWish, put_hub};
use entity::outcome::StoreError;
use entity::people::contacts;
use entity::people::grants::{Grant, grant};
use entity::programme::events::{EventWish, put_event};
use entity::write::Written;
use rules::messages::answers;
use rules::people::ContactRole;
use rules::programme::EventKind;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::Line;
use super::report::{Outcome, RowReport};
use super::row::Cells;

/// An import under way.
pub struct Importer<'a> {
    pub(super) txn: &'a DatabaseTransaction,
    pub(super) now: DateTime<Utc>,
    /// Lines of hubs that cannot be imported, by programme and key.
    pub(super) faulty_hubs: HashMap<(Uuid, String), u64>,
    /// Lines of enrolments, by partner setting and cohort.
    pub(super) enrolled: HashMap<(Uuid, Uuid), u64>,
    /// Programmes whose hubs or events changed.
    pub(super) touched: BTreeSet<Uuid>,
    /// Obligations added, moved or closed so far.
    pub obligations_changed: usize,
}

/// What a row came to, when it has no fault.
pub(super) type Done = Option<(Written, Vec<String>)>;

impl<'a> Importer<'a> {
    /// An import within the caller's transaction.
    pub fn new(txn: &'a DatabaseTransaction, now: DateTime<Utc>) -> Self {
        Self {
            txn,
            now,
            faulty_hubs: HashMap::new(),
            enrolled: HashMap::new(),
            touched: BTreeSet::new(),
            obligations_changed: 0,
        }
    }

    /// Imports one row.
    pub(super) async fn row(
        &mut self,
        kind: &str,
        header: &StringRecord,
        line: &Line,
    ) -> anyhow::Result<RowReport> {
        let mut cells = Cells::new(header, &line.record);
        let done = match kind {
            "hub" => self.hub_row(&mut cells, line.number).await,
            "event" => self.event_row(&mut cells).await,
            "enrolment" => self.enrolment_row(&mut cells, line.number).await,
            _ => self.contact_row(&mut cells).await,
        };
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                refusal(&mut cells, error)?;
                None
            }
        };
        let (outcome, warnings) = match done {
            Some((written, warnings)) if cells.faults.is_empty() => (written.into(), warnings),
            _ => (Outcome::Faulty(std::mem::take(&mut cells.faults)), vec![]),
        };
        Ok(RowReport { line: line.number, what: describe(kind, &cells), outcome, warnings })
    }

    /// Derives and assesses anew the programmes whose hubs, events or partners changed.
    pub(super) async fn settle_touched(&mut self) -> Result<(), StoreError> {
        for programme_id in std::mem::take(&mut self.touched) {
            self.obligations_changed += settle_programme(self.txn, self.now, programme_id).await?;
        }
        Ok(())
    }

    async fn hub_row(&mut self, cells: &mut Cells<'_>, line: u64) -> anyhow::Result<Done> {
        let programme = self.programme(cells).await?;
        let key = cells.key("hub");
        let name = cells.text("hub_name");
        let lead = self.place(cells, "lead").await?;
        let region = self.region(cells).await?;
        let capacity = (cells.number("capacity_min"), cells.number("capacity_max"));
        if let (Some(least), Some(most)) = capacity
            && least > most
        {
            cells.fault("capacity_max", format!("It is less than {least}."));
        }
        let opened_on = cells.day("opened_on");
        let email = cells.optional("hub_email").map(str::to_lowercase);
        let fault = email.as_deref().and_then(|email| {
            let shape = contacts::person_fault("A hub", email).map(|(_, problem)| problem);
            shape.or_else(|| answers::fault(email))
        });
        if let Some(problem) = fault {
            cells.fault("hub_email", problem);
        }
        let (Some(programme), Some(key)) = (programme, key) else {
            return Ok(None);
        };
        let (Some(name), Some((lead, lead_region)), Some(opened_on), true) =
            (name, lead, opened_on, cells.faults.is_empty())
        else {
            self.faulty_hubs.insert((programme.id, key.to_owned()), line);
            return Ok(None);
        };
        let wish = HubWish {
            programme_id: programme.id,
            key: key.to_owned(),
            name: name.to_owned(),
            lead_setting_id: lead.setting.id,
            region_id: region.or(lead_region),
            wave: cells.optional("wave").map(str::to_owned),
            capacity,
            opened_on,
            email,
        };
        let (_, written) = put_hub(self.txn, self.now, wish).await?;
        self.touch(programme.id, written);
        Ok(Some((written, Vec::new())))
    }

    async fn event_row(&mut self, cells: &mut Cells<'_>) -> anyhow::Result<Done> {
        let programme = self.programme(cells).await?;
        let hub = self.hub(cells, programme.as_ref()).await?;
        let key = cells.key("event");
        let kind: Option<EventKind> = cells.word("kind");
        let title = cells.text("title");
        let cohort_key = cells.optional("cohort");
        let cohort = self.cohort(cells, cohort_key, programme.as_ref()).await?;
        let (starts_at, ends_at) = (cells.time("starts_at"), cells.time("ends_at"));
        if starts_at.zip(ends_at).is_some_and(|(from, to)| from >= to) {
            cells.fault("ends_at", "It ends before it starts.");
        }
        let published_at = cells.optional_time("published_at");
        let cancelled = cells.yes("cancelled");
        let (Some(programme), Some(hub), Some(key), Some(kind), Some(title), true) =
            (programme, hub, key, kind, title, cells.faults.is_empty())
        else {
            return Ok(None);
        };
        let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at) else {
            return Ok(None);
        };
        let wish = EventWish {
            programme_id: programme.id,
            cohort_id: cohort.map(|cohort| cohort.id),
            hub_id: Some(hub.id),
            key: key.to_owned(),
            kind,
            title: title.to_owned(),
            starts_at,
            ends_at,
            published_at,
            cancelled,
        };
        let (_, written) = put_event(self.txn, self.now, wish).await?;
        self.touch(programme.id, written);
        Ok(Some((written, Vec::new())))
    }

    async fn contact_row(&mut self, cells: &mut Cells<'_>) -> anyhow::Result<Done> {
        let place = self.place(cells, "setting").await?;
        let (name, email) = (cells.text("person"), cells.text("email"));
        let role: Option<ContactRole> = cells.word("role");
        let leads = role == Some(ContactRole::HubLead);
        let hub = if leads {
            let programme = self.programme(cells).await?;
            self.hub(cells, programme.as_ref()).await?
        } else {
            None
        };
        if let (Some(name), Some(email)) = (name, email)
            && let Some((field, problem)) = contacts::person_fault(name, &email.to_lowercase())
        {
            cells.fault(column_of(field), problem);
        }
        let (Some((place, _)), Some(name), Some(email), Some(role)) = (place, name, email, role)
        else {
            return Ok(None);
        };
        let setting_id = place.setting.id;
        if let Some(hub) = &hub
            && hub.lead_setting_id != setting_id
        {
            cells.fault("setting", format!("It does not lead the hub {}.", hub.key));
        }
        if !cells.faults.is_empty() {
            return Ok(None);
        }
        let (person, person_written) =
            contacts::upsert_person(self.txn, self.now, name, email).await?;
        let (_, written) =
            contacts::upsert(self.txn, self.now, person.id, setting_id, role).await?;
        let wanted = match hub {
            Some(hub) => Grant::HubLead { hub_id: hub.id },
            None => Grant::SchoolUser { setting_id },
        };
        let granted = grant(self.txn, self.now, person.id, wanted).await?;
        let written = match written {
            Written::Unchanged if granted || person_written == Written::Changed => Written::Changed,
            written => written,
        };
        Ok(Some((written, Vec::new())))
    }

    fn touch(&mut self, programme_id: Uuid, written: Written) {
        if written != Written::Unchanged {
            self.touched.insert(programme_id);
        }
    }
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        match written {
            Written::Added => Self::Added,
            Written::Changed => Self::Changed,
            Written::Unchanged => Self::Unchanged,
        }
    }
}

/// Turns a store's refusal into a fault of the column it is about.
fn refusal(cells: &mut Cells<'_>, error: anyhow::Error) -> anyhow::Result<()> {
    match error.downcast::<StoreError>()? {
        StoreError::Refused(refusal) => {
            let column = refusal.field.map_or("record", column_of);
            cells.fault(column, refusal.message);
            Ok(())
        }
        other => Err(other.into()),
    }
}

/// The column behind a field of a store's input.
fn column_of(field: &str) -> &str {
    match field {
        "hubId" => "hub",
        "cohortId" => "cohort",
        "pathwayId" => "pathway",
        "partnerSettingId" => "partner",
        "academyIds" => "academies",
        "enrolledOn" => "enrolled_on",
        "name" => "person",
        field => field,
    }
}

/// What a row is about, by keys.
fn describe(kind: &str, cells: &Cells<'_>) -> String {
    let columns: &[&str] = match kind {
        "hub" => &["hub"],
        "event" => &["hub", "event"],
        "enrolment" => &["partner", "pathway", "cohort", "hub"],
        _ => &["setting", "role"],
    };
    let parts = columns.iter().filter_map(|column| cells.optional(column));
    std::iter::once(kind).chain(parts).collect::<Vec<_>>().join(" ")
}
