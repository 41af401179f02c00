use super::*;

const SETTING: Option<Uuid> = Some(Uuid::from_u128(1));

#[expect(clippy::unnecessary_wraps, reason = "what is known of somebody may be nothing")]
fn known(id: u128, reach: Reach) -> Option<Known> {
    Some(Known { id: Uuid::from_u128(id), reach })
}

fn let_in(id: u128, grants: bool) -> Admission {
    Admission::Admitted { person: Some(Uuid::from_u128(id)), grants }
}

/// Somebody new, with a verified address that Hubs does not know.
const STRANGER: FromSchool = FromSchool {
    setting: SETTING,
    said: Said::SchoolUser,
    linked: None,
    by_address: None,
    is_contact: false,
    has_address: true,
};

#[test]
fn somebody_of_a_school_is_let_in_by_what_is_known_of_them() {
    use Admission::{Admitted, Refused};
    use Reach::{Beyond, Hub, Nowhere, School};
    use Reason::{NoAddress, NoRole, NotInProgramme, OtherService};
    let new = Admitted { person: None, grants: true };
    let (says, silent, alone) = (Said::SchoolUser, Said::Nothing, Said::Unasked);
    // Roles API, linked account, person with the address, contact here: what becomes of it.
    let table = [
        (says, None, None, false, new),
        (says, None, known(2, Nowhere), true, let_in(2, true)),
        (says, None, known(2, Nowhere), false, let_in(2, true)),
        (says, None, known(2, School), true, let_in(2, true)),
        (says, None, known(2, School), false, let_in(2, true)),
        (says, None, known(2, Hub), true, let_in(2, true)),
        (says, None, known(2, Beyond), true, Refused(OtherService)),
        (says, None, known(2, Beyond), false, Refused(OtherService)),
        (says, known(3, School), None, false, let_in(3, true)),
        (says, known(3, Beyond), None, false, Refused(OtherService)),
        // The account decides, not an address that moved to somebody else.
        (says, known(3, School), known(2, Beyond), true, let_in(3, true)),
        (says, known(3, Beyond), known(2, School), true, Refused(OtherService)),
        (silent, None, None, false, Refused(NoRole)),
        (silent, None, known(2, School), true, Refused(NoRole)),
        (silent, known(3, School), None, false, Refused(NoRole)),
        (silent, known(3, Hub), known(3, Hub), true, Refused(NoRole)),
        (alone, None, None, false, Refused(NoRole)),
        (alone, None, known(2, School), true, let_in(2, false)),
        (alone, None, known(2, Hub), true, let_in(2, false)),
        // An address alone is no membership of the organisation.
        (alone, None, known(2, School), false, Refused(NoRole)),
        (alone, None, known(2, Nowhere), true, Refused(NoRole)),
        (alone, known(3, School), None, false, let_in(3, false)),
        (alone, known(3, Nowhere), None, false, Refused(NoRole)),
        (alone, known(3, Beyond), None, false, Refused(OtherService)),
    ];
    for (said, linked, by_address, is_contact, expected) in table {
        let facts = FromSchool { said, linked, by_address, is_contact, ..STRANGER };
        assert_eq!(of_school(&facts), expected, "{facts:?}");
        let elsewhere = FromSchool { setting: None, ..facts };
        assert_eq!(of_school(&elsewhere), Refused(NotInProgramme), "{elsewhere:?}");
    }
    let unnamed = FromSchool { has_address: false, ..STRANGER };
    assert_eq!(of_school(&unnamed), Refused(NoAddress));
    let linked = FromSchool { linked: known(3, School), ..unnamed };
    assert_eq!(of_school(&linked), let_in(3, true), "who was here before needs none");
}

#[test]
fn staff_are_let_in_with_a_role_that_reaches_beyond_a_school_and_get_none() {
    use Reach::{Beyond, Hub, Nowhere, School};
    let refused = Admission::Refused;
    for (linked, by_address, expected) in [
        (None, None, refused(Reason::NoRole)),
        (None, known(2, Nowhere), refused(Reason::NoRole)),
        (None, known(2, School), refused(Reason::OtherService)),
        (None, known(2, Hub), let_in(2, false)),
        (None, known(2, Beyond), let_in(2, false)),
        (known(3, Beyond), None, let_in(3, false)),
        // A role that was taken back is not had again by an address.
        (known(3, Nowhere), known(2, Beyond), refused(Reason::NoRole)),
        (known(3, School), known(2, Beyond), refused(Reason::OtherService)),
    ] {
        assert_eq!(of_staff(linked, by_address), expected, "{linked:?} {by_address:?}");
    }
}

#[test]
fn the_widest_role_says_how_far_somebody_reaches() {
    use Role::{ExternalEvaluator, HubLead, ProgrammeAdmin, RegionalLead, SchoolUser};
    for (roles, expected) in [
        (&[][..], Reach::Nowhere),
        (&[SchoolUser], Reach::School),
        (&[SchoolUser, HubLead], Reach::Hub),
        (&[ExternalEvaluator], Reach::Beyond),
        (&[RegionalLead, SchoolUser], Reach::Beyond),
        (&[ProgrammeAdmin], Reach::Beyond),
    ] {
        assert_eq!(reach(roles), expected, "{roles:?}");
    }
}
