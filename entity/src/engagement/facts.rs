//! What the rules look at, read from the tables in a few statements, for one subject or for all of a
//! programme alike. A row that cannot be read is a fault of the enrolment or hub it belongs to, and
//! of nobody else.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use rules::calendar::local;
use rules::engagement::{ObligationEvidence, SurveyFacts, VisitFacts};
use sea_orm::sea_query::{Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use uuid::Uuid;

use crate::enrolments::{enrolment, obligation};
use crate::outcome::{StoreError, word};
use crate::people::setting;
use crate::schools::school;
use crate::surveys::{survey_campaign, survey_invitation};
use crate::visits::visit;

/// Whom an assessment is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    /// Everybody in a programme.
    Programme(Uuid),
    /// One enrolment.
    Enrolment(Uuid),
    /// One hub, with its partners as far as its own duties depend on them.
    Hub(Uuid),
}

impl Whose {
    /// The enrolments looked at.
    pub fn enrolments(self) -> SimpleExpr {
        match self {
            Self::Programme(id) => enrolment::Column::ProgrammeId.eq(id),
            Self::Enrolment(id) => enrolment::Column::Id.eq(id),
            Self::Hub(id) => enrolment::Column::HubId.eq(id),
        }
    }

    /// One column of those of them that have not ended.
    pub fn running(self, column: enrolment::Column) -> SelectStatement {
        Query::select()
            .column((enrolment::Entity, column))
            .from(enrolment::Entity)
            .and_where(self.enrolments())
            .and_where(enrolment::Column::Status.is_in(["active", "paused"]))
            .to_owned()
    }
}

/// Rows by whose they are, and the faults found among them.
pub(super) struct Sorted<T> {
    of: HashMap<Uuid, Vec<T>>,
}

impl<T> Sorted<T> {
    pub fn new() -> Self {
        Self { of: HashMap::new() }
    }

    pub fn add(&mut self, owner: Uuid, read: Result<T, StoreError>, faults: &mut Faults) {
        match read {
            Ok(fact) => self.of.entry(owner).or_default().push(fact),
            Err(fault) => faults.note(owner, &fault),
        }
    }

    /// Those of one owner.
    pub fn of(&self, owner: Uuid) -> &[T] {
        self.of.get(&owner).map_or(&[], Vec::as_slice)
    }
}

/// Rows that cannot be read, by the enrolment or hub they belong to: the first of each.
#[derive(Default)]
pub(super) struct Faults(pub HashMap<Uuid, String>);

impl Faults {
    pub fn note(&mut self, owner: Uuid, fault: &StoreError) {
        self.0.entry(owner).or_insert_with(|| fault.to_string());
    }
}

/// Settings whose school is not open: closed, or not opened yet.
pub(crate) async fn closed_settings(
    db: &impl ConnectionTrait,
) -> Result<HashSet<Uuid>, StoreError> {
    let not_open = Query::select()
        .column(school::Column::Id)
        .from(school::Entity)
        .and_where(school::Column::Status.is_not_in(["open", "proposed_to_close"]))
        .to_owned();
    let ids: Vec<Uuid> = setting::Entity::find()
        .select_only()
        .column(setting::Column::Id)
        .filter(setting::Column::SchoolId.in_subquery(not_open))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Obligations that a rule could have something to say about: late ones, missed ones, and whatever
/// has to do with support days and open days.
pub(super) async fn obligations(
    db: &impl ConnectionTrait,
    whose: Whose,
    today: NaiveDate,
    faults: &mut Faults,
) -> Result<Sorted<ObligationEvidence>, StoreError> {
    use obligation::Column as C;
    let told = ["support_days", "attend_open_day", "host_open_day", "deliver_support_days"];
    let telling = Condition::any()
        .add(Condition::all().add(C::State.eq("open")).add(C::DueOn.lt(today)))
        .add(C::State.eq("missed"))
        .add(Condition::all().add(C::Kind.is_in(told)).add(C::State.ne("cancelled")));
    let owned = match whose {
        Whose::Programme(id) => Condition::all().add(C::ProgrammeId.eq(id)),
        Whose::Enrolment(id) => Condition::all().add(C::SubjectId.eq(id)),
        Whose::Hub(id) => Condition::any().add(C::SubjectId.eq(id)).add(
            Condition::all()
                .add(C::Kind.eq("support_days"))
                .add(C::SubjectId.in_subquery(whose.running(enrolment::Column::Id))),
        ),
    };
    let rows = obligation::Entity::find().filter(owned).filter(telling).all(db).await?;
    let mut sorted = Sorted::new();
    for row in rows {
        sorted.add(row.subject_id, obligation_evidence(&row), faults);
    }
    Ok(sorted)
}

fn obligation_evidence(row: &obligation::Model) -> Result<ObligationEvidence, StoreError> {
    Ok(ObligationEvidence {
        id: row.id,
        kind: word("obligation", row.id, &row.kind)?,
        template_id: row.template_id,
        term_id: row.term_id,
        title: row.title.clone(),
        state: word("obligation", row.id, &row.state)?,
        by_hand: row.deed_id.is_none(),
        due_on: row.due_on,
        half_days: row.required_half_days.unwrap_or(1),
    })
}

/// All visits, whatever became of them.
pub(super) async fn visits(
    db: &impl ConnectionTrait,
    whose: Whose,
    faults: &mut Faults,
) -> Result<Sorted<VisitFacts>, StoreError> {
    let rows = visit::Entity::find()
        .filter(visit::Column::EnrolmentId.in_subquery(whose.running(enrolment::Column::Id)))
        .all(db)
        .await?;
    let mut sorted = Sorted::new();
    for row in rows {
        // A time that was over when it was named was an offer to nobody.
        let offered = row.state != "proposed" || row.created_at < row.starts_at;
        if offered {
            sorted.add(row.enrolment_id, visit_facts(&row), faults);
        }
    }
    Ok(sorted)
}

fn visit_facts(row: &visit::Model) -> Result<VisitFacts, StoreError> {
    let cancelled_by = row.cancelled_by.as_deref();
    Ok(VisitFacts {
        id: row.id,
        kind: word("visit", row.id, &row.kind)?,
        state: word("visit", row.id, &row.state)?,
        on: row.held_on.unwrap_or_else(|| local(row.starts_at).date()),
        starts_at: row.starts_at,
        half_days: row.half_days_used.unwrap_or(row.half_days),
        proposed_by: word("visit", row.id, &row.proposed_by)?,
        changed_at: row.changed_at,
        cancelled_by: cancelled_by.map(|party| word("visit", row.id, party)).transpose()?,
    })
}

/// Groups asked in the surveys that are open.
pub(super) async fn surveys(
    db: &impl ConnectionTrait,
    programme_id: Uuid,
    whose: Whose,
    faults: &mut Faults,
) -> Result<Sorted<SurveyFacts>, StoreError> {
    let campaigns: HashMap<Uuid, survey_campaign::Model> = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::State.eq("open"))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let open = Query::select()
        .column((survey_campaign::Entity, survey_campaign::Column::Id))
        .from(survey_campaign::Entity)
        .and_where(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .and_where(survey_campaign::Column::State.eq("open"))
        .to_owned();
    let rows = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.in_subquery(open))
        .filter(
            survey_invitation::Column::EnrolmentId
                .in_subquery(whose.running(enrolment::Column::Id)),
        )
        .all(db)
        .await?;
    let mut sorted = Sorted::new();
    for row in rows {
        let Some(campaign) = campaigns.get(&row.campaign_id) else { continue };
        sorted.add(row.enrolment_id, survey_facts(&row, campaign), faults);
    }
    Ok(sorted)
}

fn survey_facts(
    row: &survey_invitation::Model,
    campaign: &survey_campaign::Model,
) -> Result<SurveyFacts, StoreError> {
    Ok(SurveyFacts {
        invitation_id: row.id,
        campaign_id: campaign.id,
        template_id: campaign.template_id,
        title: campaign.title.clone(),
        group: word("survey_invitation", row.id, &row.respondent_group)?,
        opens_on: campaign.opens_on,
        closes_on: campaign.closes_on,
        expected: row.expected.and_then(|expected| u32::try_from(expected).ok()),
        responses: u32::try_from(row.responses).unwrap_or(0),
    })
}

/// Names of the partners' settings.
pub(super) async fn names(
    db: &impl ConnectionTrait,
    whose: Whose,
) -> Result<HashMap<Uuid, String>, StoreError> {
    let rows: Vec<(Uuid, String)> = setting::Entity::find()
        .select_only()
        .columns([setting::Column::Id, setting::Column::Name])
        .filter(setting::Column::Id.in_subquery(whose.running(enrolment::Column::PartnerSettingId)))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
