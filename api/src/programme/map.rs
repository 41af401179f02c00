//! Programmes in the graph.

use entity::enrolments::enrolment;
use entity::hubs::hub;
use entity::programme::{cohort, commitment_template, event, pathway, programme, programme_term};
use entity::scope::Scope;
use rules::commitments::{CommitmentKind, OwedBy};
use rules::programme::PartnerKind;

use crate::read::map::{
    Type, Vocabulary, any_of, asc, before, column, contains, empty, from, is, many, one, refers,
    root, table, word,
};

impl Vocabulary for CommitmentKind {
    const NAME: &'static str = "CommitmentKind";
    const ABOUT: &'static str = "The kinds of commitment a programme can be made of.";
}

impl Vocabulary for OwedBy {
    const NAME: &'static str = "OwedBy";
    const ABOUT: &'static str = "Who owes an obligation.";
}

impl Vocabulary for PartnerKind {
    const NAME: &'static str = "PartnerKind";
    const ABOUT: &'static str = "Who can be a partner on a pathway.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![programme(), cohort(), programme_term(), pathway(), commitment()]
}

fn programme() -> Type {
    use programme::Column as C;
    Type {
        name: "Programme",
        about: "A support programme, such as the RISE attendance and behaviour hubs.",
        table: table(programme::Entity),
        scope: Scope::everyone,
        root: root("programmes", "All programmes."),
        fields: vec![
            column("key", C::Key, "Stable key of its set-up file."),
            column("name", C::Name, "Name."),
            column("description", C::Description, "What it is, in a sentence or two."),
            column("createdAt", C::CreatedAt, "When first loaded."),
            column("changedAt", C::ChangedAt, "When a set-up last changed it."),
            many("cohorts", "Cohort", cohort::Column::ProgrammeId, "Its cohorts."),
            many("pathways", "Pathway", pathway::Column::ProgrammeId, "Its pathways of support."),
            many(
                "commitments",
                "Commitment",
                commitment_template::Column::ProgrammeId,
                "All its commitments, partners' and hubs'.",
            ),
            many("hubs", "Hub", hub::Column::ProgrammeId, "Its hubs."),
            many(
                "events",
                "Event",
                event::Column::ProgrammeId,
                "Its events, the hubs' own included.",
            ),
            many(
                "enrolments",
                "Enrolment",
                enrolment::Column::ProgrammeId,
                "The enrolments in it.",
            ),
            many(
                "surveyCampaigns",
                "SurveyCampaign",
                entity::surveys::survey_campaign::Column::ProgrammeId,
                "Its survey campaigns.",
            ),
        ],
        filters: vec![
            is("key", C::Key, "With this key."),
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
        ],
        orders: vec![asc("NAME", C::Name), asc("CREATED_AT", C::CreatedAt)],
    }
}

fn cohort() -> Type {
    use cohort::Column as C;
    Type {
        name: "Cohort",
        about: "Partners that go through a programme together, in the same dated terms.",
        table: table(cohort::Entity),
        scope: Scope::everyone,
        root: root("cohorts", "All cohorts of all programmes."),
        fields: vec![
            column("key", C::Key, "Key within the programme."),
            column("name", C::Name, "Name."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            many(
                "terms",
                "ProgrammeTerm",
                programme_term::Column::CohortId,
                "Its terms, the first first.",
            ),
            many("events", "Event", event::Column::CohortId, "Events for this cohort only."),
            many(
                "enrolments",
                "Enrolment",
                enrolment::Column::CohortId,
                "Its partners' enrolments.",
            ),
        ],
        filters: vec![
            is("key", C::Key, "With this key."),
            refers("programme", "Programme", C::ProgrammeId, "Of this programme."),
        ],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn programme_term() -> Type {
    use programme_term::Column as C;
    Type {
        name: "ProgrammeTerm",
        about: "A dated term of a cohort. Term 1 need not be an autumn term.",
        table: table(programme_term::Entity),
        scope: Scope::everyone,
        root: root("programmeTerms", "All terms of all cohorts."),
        fields: vec![
            column("ordinal", C::Ordinal, "1 for the cohort's first."),
            column("name", C::Name, "Name."),
            column("startsOn", C::StartsOn, "First day."),
            column("endsOn", C::EndsOn, "Last day."),
            column(
                "halfTermStartsOn",
                C::HalfTermStartsOn,
                "First day of its half-term holiday, if it has one.",
            ),
            column(
                "halfTermEndsOn",
                C::HalfTermEndsOn,
                "Last day of its half-term holiday, if it has one.",
            ),
            one("cohort", "Cohort", C::CohortId, "Its cohort."),
        ],
        filters: vec![
            refers("cohort", "Cohort", C::CohortId, "Of this cohort."),
            from("startsFrom", C::StartsOn, "That start on this day or later."),
            before("startsBefore", C::StartsOn, "That start before this day."),
        ],
        orders: vec![asc("ORDINAL", C::Ordinal), asc("STARTS_ON", C::StartsOn)],
    }
}

fn pathway() -> Type {
    use pathway::Column as C;
    Type {
        name: "Pathway",
        about: "A way of being supported, such as Regional or Enhanced, with its commitments.",
        table: table(pathway::Entity),
        scope: Scope::everyone,
        root: root("pathways", "All pathways of all programmes."),
        fields: vec![
            column("key", C::Key, "Key within the programme."),
            column("name", C::Name, "Name."),
            column("description", C::Description, "What it offers."),
            word::<PartnerKind>("partnerKind", C::PartnerKind, "Who can be a partner on it."),
            column(
                "leadershipDaysMin",
                C::LeadershipDaysMin,
                "Least leadership days a partner can expect.",
            ),
            column(
                "leadershipDaysMax",
                C::LeadershipDaysMax,
                "Most leadership days a partner can expect.",
            ),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            many(
                "commitments",
                "Commitment",
                commitment_template::Column::PathwayId,
                "What its partners promise.",
            ),
            many("enrolments", "Enrolment", enrolment::Column::PathwayId, "The partners on it."),
        ],
        filters: vec![
            is("key", C::Key, "With this key."),
            refers("programme", "Programme", C::ProgrammeId, "Of this programme."),
        ],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn commitment() -> Type {
    use commitment_template::Column as C;
    Type {
        name: "Commitment",
        about: "What partners of a pathway, or hubs, promise; dated obligations follow from it.",
        table: table(commitment_template::Entity),
        scope: Scope::everyone,
        root: root("commitments", "All commitments of all programmes."),
        fields: vec![
            column("key", C::Key, "Key within the programme."),
            word::<CommitmentKind>("kind", C::Kind, "What kind of promise."),
            word::<OwedBy>("owedBy", C::OwedBy, "Who promises it."),
            column("title", C::Title, "What is to be done."),
            column("position", C::Position, "Its place in the set-up."),
            column("retiredAt", C::RetiredAt, "When a later set-up dropped it, if one did."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("pathway", "Pathway", C::PathwayId, "Its pathway; null for a hub's own duty."),
        ],
        filters: vec![
            any_of::<CommitmentKind>("kind", C::Kind, "Of one of these kinds."),
            any_of::<OwedBy>("owedBy", C::OwedBy, "Promised by one of these."),
            refers("programme", "Programme", C::ProgrammeId, "Of this programme."),
            refers("pathway", "Pathway", C::PathwayId, "Of this pathway."),
            empty("inForce", C::RetiredAt, "True: not dropped by a later set-up. False: dropped."),
        ],
        orders: vec![asc("POSITION", C::Position)],
    }
}
