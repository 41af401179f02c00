//! What was recorded in any area, as deeds that meet obligations: gathers what
//! [`rules::commitments::settle`] looks at and writes down what it answers.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::commitments::{
    CommitmentKind, Deed, DeedKind, DeedObligation, ObligationState, Settlement, TermFacts, settle,
};
use rules::events::AttendanceMode;
use rules::plans::{PlanKind, ReviewKind};
use rules::programme::{CommitmentRule, EventKind};
use rules::visits::VisitKind;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::facts;
use super::obligation;
use crate::events::event_attendance;
use crate::outcome::{StoreError, word};
use crate::plans::{plan, review, self_assessment};
use crate::programme::{commitment_template, event, programme_term};
use crate::surveys::{survey_campaign, survey_invitation};
use crate::visits::visit;

/// Whose obligations are settled.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// One enrolment's.
    Enrolment(Uuid),
    /// A hub's own in one cohort.
    Hub(Uuid, Uuid),
    /// Everybody's in the programme.
    Everybody,
}

/// What settling changed.
#[derive(Default)]
pub(super) struct Settled {
    /// Obligations met or owed again.
    pub changed: usize,
    /// Whether any is owed again.
    pub reopened: bool,
}

/// Meets obligations of a programme by what was recorded, and takes back what no longer stands.
pub(super) async fn settle_deeds(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Settled, StoreError> {
    let shared = Shared::load(txn, programme_id).await?;
    let mut settled = Settled::default();
    if !matches!(whose, Whose::Hub(..)) {
        let deeds = partners_deeds(txn, programme_id, whose).await?;
        let rows = obligations(txn, programme_id, whose, true).await?;
        write(txn, now, &shared, rows, &deeds, &mut settled).await?;
    }
    // A hub's duty to deliver follows from what its partners used, hence second.
    if !matches!(whose, Whose::Enrolment(_)) {
        let rows = obligations(txn, programme_id, whose, false).await?;
        let deeds = hubs_deeds(txn, now, programme_id, &rows).await?;
        write(txn, now, &shared, rows, &deeds, &mut settled).await?;
    }
    Ok(settled)
}

/// What all settling of one programme shares.
struct Shared {
    rules: HashMap<Uuid, CommitmentRule>,
    terms: HashMap<Uuid, Vec<TermFacts>>,
}

impl Shared {
    async fn load(txn: &DatabaseTransaction, programme_id: Uuid) -> Result<Self, StoreError> {
        let mut rules = HashMap::new();
        let templates = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(programme_id))
            .all(txn)
            .await?;
        for row in templates {
            rules.insert(row.id, facts::commitment(row)?.rule);
        }
        let mut terms: HashMap<Uuid, Vec<TermFacts>> = HashMap::new();
        let cohorts = Query::select()
            .column(("cohort", "id"))
            .from("cohort")
            .and_where(Expr::col(("cohort", "programme_id")).eq(programme_id))
            .to_owned();
        let rows = programme_term::Entity::find()
            .filter(programme_term::Column::CohortId.in_subquery(cohorts))
            .all(txn)
            .await?;
        for row in rows {
            terms.entry(row.cohort_id).or_default().push(facts::term(&row));
        }
        Ok(Self { rules, terms })
    }

    fn view(&self, row: &obligation::Model) -> Result<Option<DeedObligation>, StoreError> {
        let Some(rule) = self.rules.get(&row.template_id) else { return Ok(None) };
        let existing = facts::obligation(row)?;
        Ok(Some(DeedObligation {
            id: row.id,
            kind: existing.wanted.kind,
            template_id: row.template_id,
            rule: rule.clone(),
            state: existing.state,
            deed: row.deed_id,
            met_on: row.met_on,
            term_id: row.term_id,
            event_id: row.event_id,
            required_half_days: row.required_half_days,
            due_on: row.due_on,
        }))
    }
}

/// The rows that deeds can touch, locked.
async fn obligations(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
    partners: bool,
) -> Result<Vec<obligation::Model>, StoreError> {
    let by_deed = Condition::all()
        .add(obligation::Column::State.eq("met"))
        .add(obligation::Column::DeedId.is_not_null());
    let mut wanted = Condition::all()
        .add(obligation::Column::ProgrammeId.eq(programme_id))
        .add(Condition::any().add(obligation::Column::State.is_in(["open", "missed"])).add(by_deed))
        .add(if partners {
            obligation::Column::EnrolmentId.is_not_null()
        } else {
            obligation::Column::EnrolmentId.is_null()
        });
    match whose {
        Whose::Enrolment(id) => wanted = wanted.add(obligation::Column::SubjectId.eq(id)),
        Whose::Hub(hub, cohort) => {
            wanted = wanted
                .add(obligation::Column::SubjectId.eq(hub))
                .add(obligation::Column::CohortId.eq(cohort));
        }
        Whose::Everybody => {}
    }
    Ok(obligation::Entity::find()
        .filter(wanted)
        .order_by_asc(obligation::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?)
}

/// Enrolments looked at, as a subquery of their ids.
fn chosen(programme_id: Uuid, whose: Whose) -> SelectStatement {
    let mut select = Query::select();
    select
        .column(("enrolment", "id"))
        .from("enrolment")
        .and_where(Expr::col(("enrolment", "programme_id")).eq(programme_id));
    if let Whose::Enrolment(id) = whose {
        select.and_where(Expr::col(("enrolment", "id")).eq(id));
    }
    select
}

fn deed(kind: DeedKind, id: Uuid, on: NaiveDate) -> Deed {
    Deed { kind, id, on, half_days: 0, event: None, senior_leader: false, template_id: None }
}

/// Deeds by subject (enrolment or hub) and cohort; a partner's have no need of the cohort.
type Deeds = HashMap<(Uuid, Option<Uuid>), Vec<Deed>>;

async fn partners_deeds(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Deeds, StoreError> {
    let mut deeds: Deeds = HashMap::new();
    let mut add = |enrolment: Uuid, deed: Deed| {
        deeds.entry((enrolment, None)).or_default().push(deed);
    };
    let visits = visit::Entity::find()
        .filter(visit::Column::State.eq("recorded"))
        .filter(visit::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in visits {
        let kind = match word("visit", row.id, &row.kind)? {
            VisitKind::SupportDay => DeedKind::SupportDay,
            VisitKind::DeepDiveVisit => DeedKind::DeepDiveVisit,
        };
        if let (Some(on), Some(half_days)) = (row.held_on, row.half_days_used) {
            add(row.enrolment_id, Deed { half_days, ..deed(kind, row.id, on) });
        }
    }
    let attended = event_attendance::Entity::find()
        .filter(event_attendance::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    let kinds = event_kinds(txn, programme_id).await?;
    for row in attended {
        let kind = match word("event_attendance", row.id, &row.mode)? {
            AttendanceMode::Attended => DeedKind::Attended,
            AttendanceMode::WatchedRecording => DeedKind::WatchedRecording,
            AttendanceMode::Absent | AttendanceMode::NotWatched => continue,
        };
        let event = kinds.get(&row.event_id).map(|of| (row.event_id, *of));
        let senior_leader = row.senior_leader;
        add(row.enrolment_id, Deed { event, senior_leader, ..deed(kind, row.id, row.on_day) });
    }
    let assessed = self_assessment::Entity::find()
        .filter(self_assessment::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in assessed {
        if let Some(on) = row.completed_on {
            add(row.enrolment_id, deed(DeedKind::SelfAssessment, row.id, on));
        }
    }
    let plans = plan::Entity::find()
        .filter(plan::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in plans {
        let kind = match word("plan", row.id, &row.kind)? {
            PlanKind::Action => DeedKind::ActionPlan,
            PlanKind::Improvement => DeedKind::ImprovementPlan,
        };
        if let Some(on) = row.agreed_on {
            add(row.enrolment_id, deed(kind, row.id, on));
        }
    }
    let reviews = review::Entity::find()
        .filter(review::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in reviews {
        let kind = match word("review", row.id, &row.kind)? {
            ReviewKind::Progress => DeedKind::ProgressReview,
            ReviewKind::Final => DeedKind::FinalReview,
        };
        add(row.enrolment_id, deed(kind, row.id, row.held_on));
    }
    for (enrolment, answered) in answered_surveys(txn, programme_id, whose).await? {
        add(enrolment, answered);
    }
    Ok(deeds)
}

/// What each event is; a cancelled one is none that anybody attended.
async fn event_kinds(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<Uuid, EventKind>, StoreError> {
    let rows: Vec<(Uuid, String)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Id, event::Column::Kind])
        .filter(event::Column::ProgrammeId.eq(programme_id))
        .filter(event::Column::CancelledAt.is_null())
        .into_tuple()
        .all(txn)
        .await?;
    rows.into_iter().map(|(id, kind)| Ok((id, word("event", id, &kind)?))).collect()
}

/// Campaigns whose every group at a school has answered enough, as of the day the last one had.
async fn answered_surveys(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Vec<(Uuid, Deed)>, StoreError> {
    let campaigns: HashMap<Uuid, Uuid> = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::TemplateId.is_not_null())
        .all(txn)
        .await?
        .into_iter()
        .filter_map(|row| row.template_id.map(|template| (row.id, template)))
        .collect();
    let rows = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    let mut groups: HashMap<(Uuid, Uuid), Vec<survey_invitation::Model>> = HashMap::new();
    for row in rows {
        groups.entry((row.campaign_id, row.enrolment_id)).or_default().push(row);
    }
    let deeds = groups.into_iter().filter_map(|((campaign, enrolment), groups)| {
        let template_id = Some(*campaigns.get(&campaign)?);
        let days: Option<Vec<NaiveDate>> = groups.iter().map(|group| group.enough_on).collect();
        let (on, id) = (days?.into_iter().max()?, groups.iter().map(|group| group.id).min()?);
        Some((enrolment, Deed { template_id, ..deed(DeedKind::Survey, id, on) }))
    });
    Ok(deeds.collect())
}

/// What hubs have done for the duties in `rows`: events they hosted, and days they delivered.
async fn hubs_deeds(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    rows: &[obligation::Model],
) -> Result<Deeds, StoreError> {
    let mut deeds: Deeds = HashMap::new();
    let held = event::Entity::find()
        .filter(event::Column::ProgrammeId.eq(programme_id))
        .filter(event::Column::HubId.is_not_null())
        .filter(event::Column::PublishedAt.is_not_null())
        .filter(event::Column::CancelledAt.is_null())
        .filter(event::Column::EndsAt.lte(now))
        .all(txn)
        .await?;
    let used = support_days(txn, programme_id).await?;
    let mut subjects: Vec<(Uuid, Uuid)> =
        rows.iter().map(|row| (row.subject_id, row.cohort_id)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    for (hub, cohort) in subjects {
        let of_hub = deeds.entry((hub, Some(cohort))).or_default();
        for row in &held {
            if row.hub_id == Some(hub) && row.cohort_id.is_none_or(|of| of == cohort) {
                let kind = word("event", row.id, &row.kind)?;
                let on = local(row.starts_at).date();
                let event = Some((row.id, kind));
                of_hub.push(Deed { event, ..deed(DeedKind::HostedEvent, row.id, on) });
            }
        }
        for ((_, _, term), days) in used.iter().filter(|((a, b, _), _)| (*a, *b) == (hub, cohort)) {
            if let Some(on) = days.iter().copied().collect::<Option<Vec<_>>>()
                && let Some(on) = on.into_iter().max()
            {
                of_hub.push(deed(DeedKind::DeliveredSupportDays, *term, on));
            }
        }
    }
    Ok(deeds)
}

/// By hub, cohort and term: for each of the partners' support-days obligations the day on which it
/// was settled, or none while it is open.
async fn support_days(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<(Uuid, Uuid, Uuid), Vec<Option<NaiveDate>>>, StoreError> {
    let rows = obligation::Entity::find()
        .filter(obligation::Column::ProgrammeId.eq(programme_id))
        .filter(obligation::Column::Kind.eq(<&str>::from(CommitmentKind::SupportDays)))
        .filter(obligation::Column::State.ne("cancelled"))
        .all(txn)
        .await?;
    let mut days: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let state: ObligationState = word("obligation", row.id, &row.state)?;
        let recorded_on = row.recorded_at.map(|at| local(at).date());
        let on = state.is_settled().then(|| row.met_on.or(recorded_on).unwrap_or(row.due_on));
        if let Some(term) = row.term_id {
            days.entry((row.hub_id, row.cohort_id, term)).or_default().push(on);
        }
    }
    Ok(days)
}

async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    shared: &Shared,
    rows: Vec<obligation::Model>,
    deeds: &Deeds,
    settled: &mut Settled,
) -> Result<(), StoreError> {
    let mut subjects: HashMap<(Uuid, Uuid), Vec<obligation::Model>> = HashMap::new();
    for row in rows {
        subjects.entry((row.subject_id, row.cohort_id)).or_default().push(row);
    }
    for ((subject, cohort), rows) in subjects {
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            views.extend(shared.view(row)?);
        }
        let of_subject =
            deeds.get(&(subject, None)).or_else(|| deeds.get(&(subject, Some(cohort))));
        let terms = shared.terms.get(&cohort).map_or(&[][..], Vec::as_slice);
        let changes = settle(&views, of_subject.map_or(&[][..], Vec::as_slice), terms);
        for change in changes {
            let (id, set) = match change {
                Settlement::Meet { id, on, kind, deed } => (
                    id,
                    obligation::ActiveModel {
                        state: Set(<&str>::from(ObligationState::Met).to_owned()),
                        met_on: Set(Some(on)),
                        recorded_at: Set(Some(now)),
                        // What somebody wrote who had opened it again says nothing of the deed.
                        recorded_by: Set(None),
                        note: Set(None),
                        deed_kind: Set(Some(<&str>::from(kind).to_owned())),
                        deed_id: Set(Some(deed)),
                        ..Default::default()
                    },
                ),
                Settlement::Reopen { id } => {
                    settled.reopened = true;
                    let old = rows.iter().find(|row| row.id == id);
                    let revision = old.map_or(1, |row| row.revision + 1);
                    (
                        id,
                        obligation::ActiveModel {
                            state: Set(<&str>::from(ObligationState::Open).to_owned()),
                            met_on: Set(None),
                            recorded_at: Set(None),
                            deed_kind: Set(None),
                            deed_id: Set(None),
                            revision: Set(revision),
                            ..Default::default()
                        },
                    )
                }
            };
            let Some(old) = rows.iter().find(|row| row.id == id) else { continue };
            let set = obligation::ActiveModel {
                version: Set(old.version + 1),
                changed_at: Set(now),
                ..set
            };
            obligation::Entity::update_many()
                .set(set)
                .filter(obligation::Column::Id.eq(id))
                .exec(txn)
                .await?;
            settled.changed += 1;
        }
    }
    Ok(())
}
