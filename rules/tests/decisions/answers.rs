//! What of a respondent's answers is kept, and where they go on.

use chrono::NaiveDate;
use proptest::prelude::*;
use rules::enrolments::EnrolmentStatus;
use rules::surveys::answers::{
    Answers, Problem, Standing, check_all, check_page, page_to_go_on_with, standing, submission,
    submission_hash,
};
use rules::surveys::{AnswerOption, CampaignState, Page, Question, QuestionKind};

fn question(key: &str, kind: QuestionKind, required: bool) -> Question {
    let option = |key: &str| AnswerOption { key: key.to_owned(), label: key.to_owned() };
    let options = match kind {
        QuestionKind::Choice => vec![option("yes"), option("no")],
        QuestionKind::Text => Vec::new(),
    };
    Question { key: key.to_owned(), text: format!("{key}?"), kind, options, required }
}

fn pages() -> Vec<Page> {
    let page = |questions| Page { title: "A page".to_owned(), questions };
    vec![
        page(vec![question("calm", QuestionKind::Choice, true)]),
        page(vec![
            question("safe", QuestionKind::Choice, false),
            question("why", QuestionKind::Text, true),
            question("more", QuestionKind::Text, false),
        ]),
    ]
}

fn answers(pairs: &[(&str, &str)]) -> Answers {
    pairs.iter().map(|(key, answer)| ((*key).to_owned(), (*answer).to_owned())).collect()
}

#[test]
fn each_answer_is_kept_or_named_with_what_is_wrong() {
    let long = "é".repeat(2_000);
    let too_long = format!("{long}x");
    let lines = format!("{}\r\n{}", "a".repeat(1_000), "b".repeat(999));
    let kept_lines = lines.replace("\r\n", "\n");
    for (question, entered, expected) in [
        ("calm", "yes", Ok("yes")),
        ("calm", "", Err(Problem::NothingChosen)),
        ("calm", "maybe", Err(Problem::UnknownOption)),
        ("calm", "YES", Err(Problem::UnknownOption)),
        ("safe", "", Ok("")),
        ("safe", "\0", Err(Problem::UnknownOption)),
        ("why", " because\n", Ok("because")),
        ("why", " \r\n\t", Err(Problem::NothingWritten)),
        ("why", &long, Ok(&long)),
        ("why", &too_long, Err(Problem::TooLong(2_001))),
        ("why", &lines, Ok(&kept_lines)),
        ("why", "a\0b", Err(Problem::Unkeepable)),
        ("more", "  ", Ok("")),
    ] {
        let page = pages().into_iter().flat_map(|page| page.questions);
        let questions = page.filter(|one| one.key == question).collect();
        let page = Page { title: String::new(), questions };
        let checked = check_page(3, &page, &answers(&[(question, entered)]));
        match expected {
            Ok(kept) => {
                assert_eq!(checked.kept, answers(&[(question, kept)]));
                assert!(checked.faults.is_empty(), "{question} {entered:.20}");
            }
            Err(problem) => {
                assert!(checked.kept.is_empty(), "{question} {entered:.20}");
                let fault = &checked.faults[0];
                assert_eq!((fault.page, fault.question.as_str()), (3, question));
                assert_eq!(fault.problem, problem);
            }
        }
    }
}

#[test]
fn a_key_of_no_question_is_ignored() {
    let entered = answers(&[("calm", "yes"), ("nobody", "asked"), ("why", "x")]);
    let first = check_page(0, &pages()[0], &entered);
    assert_eq!(first.kept, answers(&[("calm", "yes")]));
    assert!(first.faults.is_empty());
}

#[test]
fn what_is_sent_are_the_answers_given_and_all_faults_are_told_in_order() {
    let sent = check_all(&pages(), &answers(&[("calm", "no"), ("why", "so"), ("more", "")]));
    assert_eq!(sent.kept, answers(&[("calm", "no"), ("why", "so")]));
    assert!(sent.faults.is_empty());

    let nothing = check_all(&pages(), &Answers::new());
    let faults: Vec<_> =
        nothing.faults.iter().map(|fault| (fault.page, fault.question.as_str())).collect();
    assert_eq!(faults, [(0, "calm"), (1, "why")]);
}

#[test]
fn a_respondent_goes_on_with_the_first_page_not_done() {
    for (given, expected) in [
        (answers(&[]), 0),
        (answers(&[("calm", "yes")]), 1),
        (answers(&[("safe", ""), ("why", "x"), ("more", "")]), 0),
        (answers(&[("calm", "yes"), ("why", "x")]), 1),
        (answers(&[("calm", "yes"), ("why", "x"), ("safe", ""), ("more", "")]), 2),
        // An answer that a newer version of the form would not take is asked for again.
        (answers(&[("calm", "gone"), ("why", "x"), ("safe", ""), ("more", "")]), 0),
    ] {
        assert_eq!(page_to_go_on_with(&pages(), &given), expected, "{given:?}");
    }
}

#[test]
fn a_survey_takes_answers_from_its_first_day_to_the_end_of_its_last() {
    use CampaignState::{Closed, Draft, Open, Published};
    use EnrolmentStatus::{Active, Completed, Paused, Withdrawn};
    let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap_or_default();
    for (state, school, today, expected) in [
        (Open, Active, 4, Standing::NotYet),
        (Open, Active, 5, Standing::Open),
        (Open, Active, 9, Standing::Open),
        (Open, Active, 10, Standing::Closed),
        (Open, Paused, 5, Standing::Open),
        (Open, Withdrawn, 5, Standing::Closed),
        (Open, Completed, 5, Standing::Closed),
        (Draft, Active, 5, Standing::NotYet),
        (Draft, Active, 10, Standing::Closed),
        (Closed, Active, 5, Standing::Closed),
        (Published, Active, 4, Standing::Closed),
    ] {
        let found = standing(state, (day(5), day(9)), school, day(today));
        assert_eq!(found, expected, "{state:?} {school:?} {today}");
    }
}

#[test]
fn only_a_whole_submission_id_has_a_hash() {
    let id = submission([7; 16]);
    assert_eq!(submission_hash(&id).map(|hash| hash.len()), Some(64));
    for wrong in
        ["", "x", &id[1..], &format!("{id}A"), "../../etc/passwd", "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"]
    {
        assert_eq!(submission_hash(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn whatever_is_entered_what_is_kept_is_kept_again(
        entered in proptest::collection::btree_map("calm|safe|why|more|other", ".{0,40}|yes|no", 0..6)
    ) {
        let pages = pages();
        let mut kept = Answers::new();
        let mut clean = true;
        for (number, page) in pages.iter().enumerate() {
            let checked = check_page(number, page, &entered);
            clean &= checked.faults.is_empty();
            prop_assert!(checked.kept.len() + checked.faults.len() == page.questions.len());
            kept.extend(checked.kept);
        }
        prop_assert_eq!(page_to_go_on_with(&pages, &kept) == pages.len(), clean);
        let all = check_all(&pages, &kept);
        prop_assert!(all.faults.is_empty() || !clean);
        for answer in all.kept.values() {
            prop_assert!(!answer.is_empty() && !answer.contains('\0'));
        }
    }
}
