//! What is told of the answers to a survey, and what is not.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rules::surveys::campaign::enough;
use rules::surveys::tally::{Count, Published, SchoolCount, publish};
use rules::surveys::{AnswerOption, Question, QuestionKind, ResultLevel};
use serde_json::json;
use uuid::Uuid;

fn question(key: &str, kind: QuestionKind) -> Question {
    let option = |key: &str| AnswerOption { key: key.to_owned(), label: key.to_owned() };
    Question {
        key: key.to_owned(),
        text: key.to_owned(),
        kind,
        options: match kind {
            QuestionKind::Choice => vec![option("yes"), option("no")],
            QuestionKind::Text => Vec::new(),
        },
        required: false,
    }
}

#[test]
fn answers_are_counted_by_option_and_what_answers_nothing_is_not() {
    let (calm, more) =
        (question("calm", QuestionKind::Choice), question("more", QuestionKind::Text));
    let questions = [&calm, &more];
    let mut count = Count::of(&questions);
    for answers in [
        json!({ "calm": "yes", "more": "Shorter assemblies" }),
        json!({ "calm": "no", "more": " " }),
        json!({ "calm": "perhaps", "other": "yes" }),
        json!({ "calm": 3 }),
        json!([]),
    ] {
        count.add(&questions, &answers);
    }
    assert_eq!(count, Count { respondents: 5, questions: vec![vec![1, 1], vec![1]] });
}

fn schools(sizes: &[(u128, u32)]) -> Vec<SchoolCount> {
    let numbered = sizes.iter().enumerate();
    numbered
        .map(|(at, (hub, size))| SchoolCount {
            hub: Uuid::from_u128(*hub),
            enrolment: Uuid::from_u128(1_000 + at as u128),
            count: Count { respondents: *size, questions: vec![vec![*size, 0]] },
        })
        .collect()
}

/// Sizes as published: the programme's, the hubs' in order, the schools' in order.
fn told(published: &[Published]) -> Vec<Option<u32>> {
    published.iter().map(|row| row.responses).collect()
}

#[test]
fn what_would_let_a_small_group_be_worked_out_is_left_out_too() {
    let calm = question("calm", QuestionKind::Choice);
    for (name, sizes, expected) in [
        (
            "nobody is small",
            &[(1, 20), (1, 30), (2, 10)][..],
            vec![Some(60), Some(50), Some(10), Some(20), Some(30), Some(10)],
        ),
        (
            "one small school takes the smallest other with it",
            &[(1, 20), (1, 30), (1, 4)],
            vec![Some(54), Some(54), None, Some(30), None],
        ),
        (
            "two small ones hide each other",
            &[(1, 20), (1, 6), (1, 4)],
            vec![Some(30), Some(30), Some(20), None, None],
        ),
        (
            "a school without answers hides nobody and needs no hiding",
            &[(1, 20), (1, 30), (1, 0)],
            vec![Some(50), Some(50), Some(20), Some(30), None],
        ),
        (
            "a small hub takes another's row with it, and a school of that",
            &[(1, 20), (1, 30), (2, 4)],
            vec![Some(54), None, None, None, Some(30), None],
        ),
        (
            "a hub with hidden schools goes first",
            &[(1, 20), (1, 30), (2, 4), (3, 60), (3, 6), (3, 6)],
            vec![Some(126), Some(50), None, None, Some(20), Some(30), None, Some(60), None, None],
        ),
        ("everybody is few", &[(1, 3), (2, 4)], vec![None; 5]),
    ] {
        assert_eq!(told(&publish(&[&calm], &schools(sizes))), expected, "{name}");
    }
}

#[test]
fn a_question_that_few_answered_is_left_out_where_the_rest_is_told() {
    let (calm, safe) =
        (question("calm", QuestionKind::Choice), question("safe", QuestionKind::Choice));
    let school = |number, safe: u32| SchoolCount {
        hub: Uuid::from_u128(1),
        enrolment: Uuid::from_u128(number),
        count: Count { respondents: 40, questions: vec![vec![30, 10], vec![safe, 0]] },
    };
    let published = publish(&[&calm, &safe], &[school(1, 40), school(2, 3), school(3, 35)]);
    let answered = |at: usize, question: usize| published[at].tallies[question].answered;
    assert_eq!([answered(2, 0), answered(3, 0), answered(4, 0)], [Some(40); 3]);
    // The second school's three could be found out from the hub's and the others'.
    assert_eq!([answered(2, 1), answered(3, 1), answered(4, 1)], [Some(40), None, None]);
    assert_eq!(answered(1, 1), Some(78));
    assert!(published[3].tallies[1].options.iter().all(|option| option.count.is_none()));
}

/// Every number that sums and differences of published rows can give, as the schools it is about:
/// found by elimination, without knowing how rows nest.
fn smallest_derivable(published: &[Published], schools: &[SchoolCount], at: Option<usize>) -> u32 {
    let size = |school: &SchoolCount| match at {
        None => school.count.respondents,
        Some(question) => school.count.questions[question].iter().sum(),
    };
    let rows: Vec<Vec<i32>> = published
        .iter()
        .filter(|row| match at {
            None => row.responses.is_some(),
            Some(question) => row.tallies[question].answered.is_some(),
        })
        .map(|row| {
            let within = |school: &&SchoolCount| match row.level {
                ResultLevel::Programme => true,
                ResultLevel::Hub => row.hub == Some(school.hub),
                ResultLevel::School => row.enrolment == Some(school.enrolment),
            };
            // Schools without answers are no secret: they count for nothing.
            schools
                .iter()
                .filter(|school| size(school) > 0)
                .map(|one| i32::from(within(&one)))
                .collect()
        })
        .collect();
    let sizes: Vec<u32> = schools.iter().map(size).filter(|size| *size > 0).collect();
    let mut smallest = u32::MAX;
    // Coefficients of -1, 0 and 1 for each published row.
    for mut number in 0..3_usize.pow(u32::try_from(rows.len()).unwrap()) {
        let mut sum = vec![0_i32; sizes.len()];
        for row in &rows {
            let factor = i32::try_from(number % 3).unwrap() - 1;
            number /= 3;
            for (cell, more) in sum.iter_mut().zip(row) {
                *cell += factor * more;
            }
        }
        if sum.iter().all(|cell| *cell == 0 || *cell == 1) && sum.contains(&1) {
            let size = sum.iter().zip(&sizes).map(|(cell, size)| cell.unsigned_abs() * size).sum();
            smallest = smallest.min(size);
        }
    }
    smallest
}

#[test]
fn of_a_group_asked_by_links_no_more_answers_are_needed_than_it_has_links() {
    for (asked, links, expected) in [
        (10, None, 10),
        (10, Some(3), 3),
        (10, Some(10), 10),
        (10, Some(25), 10),
        (1, Some(3), 1),
        (10, Some(0), 1),
        (0, None, 1),
    ] {
        assert_eq!(enough(asked, links), expected, "{asked} of {links:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_about_fewer_than_ten_can_be_worked_out(
        sizes in prop::collection::vec((0..3_u128, 0..16_u32, 0..16_u32), 1..6)
    ) {
        let (calm, safe) =
            (question("calm", QuestionKind::Choice), question("safe", QuestionKind::Choice));
        let schools: Vec<SchoolCount> = sizes
            .iter()
            .enumerate()
            .map(|(at, (hub, size, skipped))| SchoolCount {
                hub: Uuid::from_u128(*hub),
                enrolment: Uuid::from_u128(1_000 + at as u128),
                count: Count {
                    respondents: *size,
                    questions: vec![vec![*size, 0], vec![size.saturating_sub(*skipped), 0]],
                },
            })
            .collect();
        let published = publish(&[&calm, &safe], &schools);
        for at in [None, Some(0), Some(1)] {
            let smallest = smallest_derivable(&published, &schools, at);
            prop_assert!(smallest >= 10, "{smallest} of {sizes:?}: {:?}", told(&published));
        }
        // What is told is true, and told of a question only where the row itself is told.
        let mut hubs: BTreeMap<Uuid, u32> = BTreeMap::new();
        for school in &schools {
            *hubs.entry(school.hub).or_default() += school.count.respondents;
        }
        for row in &published {
            if let (ResultLevel::Hub, Some(hub), Some(told)) = (row.level, row.hub, row.responses) {
                prop_assert_eq!(Some(&told), hubs.get(&hub));
            }
            for tally in &row.tallies {
                prop_assert!(tally.answered.is_none() || row.responses.is_some());
                let sum: Option<u32> = tally.options.iter().map(|option| option.count).sum();
                prop_assert_eq!(sum, tally.answered);
            }
        }
    }

    #[test]
    fn large_schools_are_all_told(sizes in prop::collection::vec((0..3_u128, 10..90_u32), 1..8)) {
        let calm = question("calm", QuestionKind::Choice);
        let published = publish(&[&calm], &schools(&sizes));
        prop_assert!(told(&published).iter().all(Option::is_some));
    }
}
