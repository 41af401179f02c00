//! What may be told of the answers: tallies for schools, hubs and the programme, with every number
//! left out from which the answers of fewer than [`SUPPRESSION_THRESHOLD`] people could be worked
//! out.
//!
//! Schools, hubs and the programme nest, so whatever can be got by adding and subtracting published
//! numbers is made of *remainders*: a published row less the published rows directly inside it. A
//! row of fewer than ten respondents is left out; and while a remainder holds between one and nine,
//! one more row inside it is left out too, the smallest that will do. The same is done for each
//! question by how many answered it, since not everybody answers every question. Groups of
//! respondents are never added together: this is done for each alone.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::{
    OptionTally, Question, QuestionKind, QuestionTally, ResultLevel, SUPPRESSION_THRESHOLD,
};

/// The answers of one group of one school, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolCount {
    /// The hub that supports the school.
    pub hub: Uuid,
    /// The school's enrolment.
    pub enrolment: Uuid,
    /// What its respondents answered.
    pub count: Count,
}

/// Answers counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many answered.
    pub respondents: u32,
    /// For each question in order, how often each option was chosen; for a text, how many wrote one.
    pub questions: Vec<Vec<u32>>,
}

impl Count {
    /// No answers yet to these questions.
    #[must_use]
    pub fn of(questions: &[&Question]) -> Self {
        let cells = |question: &&Question| match question.kind {
            QuestionKind::Choice => vec![0; question.options.len()],
            QuestionKind::Text => vec![0],
        };
        Self { respondents: 0, questions: questions.iter().map(cells).collect() }
    }

    /// Counts one respondent's answers: an object of option keys and texts by question key. What
    /// answers none of the questions is not counted for any.
    pub fn add(&mut self, questions: &[&Question], answers: &Value) {
        self.respondents += 1;
        for (question, cells) in questions.iter().zip(&mut self.questions) {
            let Some(answer) = answers.get(&question.key).and_then(Value::as_str) else { continue };
            let cell = match question.kind {
                QuestionKind::Choice => question.options.iter().position(|one| one.key == answer),
                QuestionKind::Text => (!answer.trim().is_empty()).then_some(0),
            };
            if let Some(cell) = cell.and_then(|cell| cells.get_mut(cell)) {
                *cell += 1;
            }
        }
    }

    fn answered(&self, question: usize) -> u32 {
        self.questions.get(question).map_or(0, |cells| cells.iter().sum())
    }

    fn merge(&mut self, other: &Self) {
        self.respondents += other.respondents;
        self.questions.resize(self.questions.len().max(other.questions.len()), Vec::new());
        for (cells, more) in self.questions.iter_mut().zip(&other.questions) {
            cells.resize(cells.len().max(more.len()), 0);
            for (cell, more) in cells.iter_mut().zip(more) {
                *cell += more;
            }
        }
    }
}

/// A row of results as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What it adds up.
    pub level: ResultLevel,
    /// The hub, at the levels school and hub.
    pub hub: Option<Uuid>,
    /// The school's enrolment, at the level school.
    pub enrolment: Option<Uuid>,
    /// How many answered; none where the row is suppressed.
    pub responses: Option<u32>,
    /// One for each question, in order.
    pub tallies: Vec<QuestionTally>,
}

/// The results of one group: a row for the programme, for each hub and for each school, suppressed
/// ones with empty cells.
#[must_use]
pub fn publish(questions: &[&Question], schools: &[SchoolCount]) -> Vec<Published> {
    let respondents = Sizes::of(schools, |count| count.respondents);
    let rows = Shown::all(&respondents).less_what_tells(&respondents);
    let cells: Vec<Shown> = (0..questions.len())
        .map(|at| {
            let answered = Sizes::of(schools, |count| count.answered(at));
            rows.clone().less_what_tells(&answered)
        })
        .collect();
    let row =
        |level, hub: Option<Uuid>, enrolment, count: &Count, is_shown: &dyn Fn(&Shown) -> bool| {
            let tallies = questions.iter().enumerate().map(|(at, question)| {
                let shown = cells.get(at).is_some_and(is_shown);
                question_tally(question, at, count, shown)
            });
            Published {
                level,
                hub,
                enrolment,
                responses: is_shown(&rows).then_some(count.respondents),
                tallies: tallies.collect(),
            }
        };
    let mut whole = Count::of(questions);
    let mut hubs: BTreeMap<Uuid, Count> = BTreeMap::new();
    for school in schools {
        whole.merge(&school.count);
        hubs.entry(school.hub).or_insert_with(|| Count::of(questions)).merge(&school.count);
    }
    let mut published = vec![row(ResultLevel::Programme, None, None, &whole, &|of| of.programme)];
    for (hub, count) in &hubs {
        let is_shown = |of: &Shown| of.hubs.get(hub).copied().unwrap_or(false);
        published.push(row(ResultLevel::Hub, Some(*hub), None, count, &is_shown));
    }
    for (at, school) in schools.iter().enumerate() {
        let is_shown = |of: &Shown| of.schools.get(at).copied().unwrap_or(false);
        let (hub, enrolment) = (Some(school.hub), Some(school.enrolment));
        published.push(row(ResultLevel::School, hub, enrolment, &school.count, &is_shown));
    }
    published
}

fn question_tally(question: &Question, at: usize, count: &Count, shown: bool) -> QuestionTally {
    let cells = count.questions.get(at);
    let options = question.options.iter().enumerate().map(|(number, option)| OptionTally {
        option: option.key.clone(),
        label: option.label.clone(),
        count: cells.and_then(|cells| cells.get(number)).copied().filter(|_| shown),
    });
    QuestionTally {
        question: question.key.clone(),
        text: question.text.clone(),
        answered: shown.then(|| count.answered(at)),
        options: options.collect(),
    }
}

/// How many people stand behind each row.
struct Sizes {
    /// Hub and number of each school.
    schools: Vec<(Uuid, u32)>,
    hubs: BTreeMap<Uuid, u32>,
    programme: u32,
}

impl Sizes {
    fn of(schools: &[SchoolCount], size: impl Fn(&Count) -> u32) -> Self {
        let schools: Vec<_> =
            schools.iter().map(|school| (school.hub, size(&school.count))).collect();
        let mut hubs = BTreeMap::new();
        for (hub, size) in &schools {
            *hubs.entry(*hub).or_insert(0) += size;
        }
        let programme = hubs.values().sum();
        Self { schools, hubs, programme }
    }
}

/// Few enough to be found out, and not nobody.
fn tells(size: u32) -> bool {
    (1..SUPPRESSION_THRESHOLD).contains(&size)
}

/// Which rows are shown.
#[derive(Clone)]
struct Shown {
    schools: Vec<bool>,
    hubs: BTreeMap<Uuid, bool>,
    programme: bool,
}

impl Shown {
    fn all(sizes: &Sizes) -> Self {
        Self {
            schools: vec![true; sizes.schools.len()],
            hubs: sizes.hubs.keys().map(|hub| (*hub, true)).collect(),
            programme: true,
        }
    }

    /// Leaves out the rows that are too small, then those that would let one be worked out.
    fn less_what_tells(mut self, sizes: &Sizes) -> Self {
        let enough = |size: u32| size >= SUPPRESSION_THRESHOLD;
        for (shown, (_, size)) in self.schools.iter_mut().zip(&sizes.schools) {
            *shown &= enough(*size);
        }
        for (hub, shown) in &mut self.hubs {
            *shown &= sizes.hubs.get(hub).is_some_and(|size| enough(*size));
        }
        self.programme &= enough(sizes.programme);
        let hubs: Vec<Uuid> = self.hubs.keys().copied().collect();
        for hub in hubs {
            while self.hubs.get(&hub) == Some(&true) && tells(self.rest_of_hub(sizes, hub)) {
                if !self.leave_out_school(sizes, |of| of == hub) {
                    self.hubs.insert(hub, false);
                }
            }
        }
        while self.programme && tells(self.rest_of_programme(sizes)) {
            if !self.leave_out_hub(sizes) && !self.leave_out_school(sizes, |_| true) {
                self.programme = false;
            }
        }
        self
    }

    /// What a hub's row tells beyond its schools' rows.
    fn rest_of_hub(&self, sizes: &Sizes, hub: Uuid) -> u32 {
        let hidden = self.schools.iter().zip(&sizes.schools).filter(|(shown, _)| !**shown);
        hidden.filter(|(_, (of, _))| *of == hub).map(|(_, (_, size))| size).sum()
    }

    /// What the programme's row tells beyond the hubs' rows, and the rows of schools whose hub has
    /// none.
    fn rest_of_programme(&self, sizes: &Sizes) -> u32 {
        let without_row = self.hubs.iter().filter(|(_, shown)| !**shown);
        without_row.map(|(hub, _)| self.rest_of_hub(sizes, *hub)).sum()
    }

    /// Leaves out the smallest row of a school that stands for anybody.
    fn leave_out_school(&mut self, sizes: &Sizes, whose: impl Fn(Uuid) -> bool) -> bool {
        let shown = self.schools.iter().enumerate().filter(|(_, shown)| **shown);
        let ours = shown.filter_map(|(at, _)| {
            let (hub, size) = sizes.schools.get(at)?;
            (whose(*hub) && *size > 0).then_some((*size, at))
        });
        let Some((_, at)) = ours.min() else { return false };
        self.schools[at] = false;
        true
    }

    /// Leaves out the row of the smallest hub, preferring one with schools that have no row: their
    /// answers then hide each other's.
    fn leave_out_hub(&mut self, sizes: &Sizes) -> bool {
        let shown = self.hubs.iter().filter(|(_, shown)| **shown);
        let best = shown
            .filter_map(|(hub, _)| {
                let size = sizes.hubs.get(hub)?;
                (*size > 0).then(|| (self.rest_of_hub(sizes, *hub) == 0, *size, *hub))
            })
            .min();
        let Some((all_schools_shown, _, hub)) = best else { return false };
        self.hubs.insert(hub, false);
        if all_schools_shown {
            self.leave_out_school(sizes, |of| of == hub);
        }
        true
    }
}
