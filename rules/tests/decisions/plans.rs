use rules::commitments::CommitmentKind;
use rules::plans::{
    ActionState, Level, NotReady, PlanKind, RatingFault, Theme, agreed_on, check_rating,
    is_overdue, kind_of, missing, needs, ready,
};
use rules::visits::Party;

use crate::support::{at, day};

fn theme(key: &str, levels: usize) -> Theme {
    let level = Level { title: "Some".to_owned(), description: "Somewhat.".to_owned() };
    Theme {
        key: key.to_owned(),
        title: key.to_uppercase(),
        prompt: "Think.".to_owned(),
        levels: vec![level; levels],
    }
}

#[test]
fn a_pathway_asks_for_the_plan_it_names_and_the_improvement_plan_stands_in_for_the_action_plan() {
    use CommitmentKind::{ActionPlan, ImprovementPlan, SupportDays};
    for (commitments, expected) in [
        (&[ActionPlan, SupportDays][..], Some(PlanKind::Action)),
        (&[SupportDays, ImprovementPlan], Some(PlanKind::Improvement)),
        (&[ActionPlan, ImprovementPlan], Some(PlanKind::Improvement)),
        (&[SupportDays], None),
        (&[], None),
    ] {
        assert_eq!(kind_of(commitments), expected, "{commitments:?}");
    }
}

#[test]
fn an_improvement_plan_is_agreed_when_the_second_side_agrees_and_an_action_plan_by_the_partner() {
    let (early, late) = (Some(day("2026-11-02")), Some(day("2026-11-09")));
    for (kind, partner, hub, expected) in [
        (PlanKind::Action, None, None, None),
        (PlanKind::Action, early, None, early),
        (PlanKind::Action, None, early, None),
        (PlanKind::Improvement, early, None, None),
        (PlanKind::Improvement, None, early, None),
        (PlanKind::Improvement, early, late, late),
        (PlanKind::Improvement, late, early, late),
    ] {
        assert_eq!(agreed_on(kind, partner, hub), expected, "{kind:?} {partner:?} {hub:?}");
    }
    assert!(needs(PlanKind::Improvement, Party::Hub) && !needs(PlanKind::Action, Party::Hub));
    assert!(
        needs(PlanKind::Improvement, Party::Partner) && needs(PlanKind::Action, Party::Partner)
    );
}

#[test]
fn a_plan_needs_an_objective_with_an_action_before_anybody_agrees() {
    for (actions, expected) in [
        (&[][..], Err(NotReady::NoObjective)),
        (&[0], Err(NotReady::NoAction)),
        (&[0, 0], Err(NotReady::NoAction)),
        (&[0, 1], Ok(())),
        (&[3], Ok(())),
    ] {
        assert_eq!(ready(actions), expected, "{actions:?}");
    }
}

#[test]
fn an_action_is_overdue_from_the_end_of_its_london_day_while_it_is_open() {
    let due = day("2026-10-05");
    for (state, now, expected) in [
        (ActionState::Open, "2026-10-05T23:59", false),
        (ActionState::Open, "2026-10-06T00:00", true),
        (ActionState::Done, "2026-10-06T00:00", false),
        (ActionState::Dropped, "2026-10-06T00:00", false),
    ] {
        assert_eq!(is_overdue(state, due, at(now)), expected, "{state:?} at {now}");
    }
}

#[test]
fn a_rating_names_a_theme_and_one_of_its_levels() {
    let themes = [theme("culture", 2), theme("routines", 4)];
    for (key, level, expected) in [
        ("culture", 1, Ok(())),
        ("culture", 2, Ok(())),
        ("culture", 3, Err(RatingFault::Level(2))),
        ("culture", 0, Err(RatingFault::Level(2))),
        ("culture", -1, Err(RatingFault::Level(2))),
        ("routines", 4, Ok(())),
        ("Culture", 1, Err(RatingFault::Theme("Culture".to_owned()))),
    ] {
        assert_eq!(check_rating(&themes, key, level), expected, "{key} {level}");
    }
}

#[test]
fn themes_without_a_rating_are_missing_in_their_order() {
    let themes = [theme("a", 2), theme("b", 2), theme("c", 2)];
    let keys = |rated: &[&str]| -> Vec<String> {
        missing(&themes, rated).into_iter().map(|theme| theme.key.clone()).collect()
    };
    assert_eq!(keys(&[]), ["a", "b", "c"]);
    assert_eq!(keys(&["b"]), ["a", "c"]);
    assert_eq!(keys(&["c", "a", "b", "gone"]), [""; 0]);
}
