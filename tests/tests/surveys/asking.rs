//! Whom campaigns ask, and when.

use entity::enrolments::withdraw;
use entity::messages::message;
use entity::people::contact;
use entity::scope::{Scope, Viewer};
use entity::surveys::taking_part::rotate_code;
use entity::surveys::{personal_invitation, survey_code};
use rules::messages::MessageKind;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

use crate::{answer, baseline, campaigns, invitations, morning, unwanted};

#[tokio::test]
async fn a_campaign_opens_on_its_day_and_invites_every_group_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        assert_eq!(morning(&world, rise.id, "2026-09-13T23:00:00Z").await.0, 2, "{}", world.name);
        let campaign = baseline(&world).await;
        assert_eq!((campaign.state.as_str(), campaign.version), ("open", 2));
        let asked = invitations(&world, campaign.id).await;
        let groups: Vec<&str> = asked.iter().map(|row| row.respondent_group.as_str()).collect();
        assert_eq!(groups, ["pupils", "staff", "pupils", "staff"]);
        let codes = survey_code::Entity::find().all(world.db.reader()).await.expect("codes");
        assert_eq!(codes.len(), 4);
        for code in &codes {
            assert_eq!(rules::surveys::code::normalise(&code.code).as_ref(), Some(&code.code));
        }
        // The letters wait for eight o'clock, and expire with the campaign.
        let letters = message::Entity::find().all(world.db.reader()).await.expect("letters");
        assert_eq!(letters.len(), 2);
        for letter in letters {
            assert_eq!(letter.kind, "survey_invitation");
            assert_eq!(letter.send_after, at("2026-09-14T07:00:00Z"));
            assert_eq!(letter.expires_at, at("2026-10-09T23:00:00Z"));
        }
        // A second pass finds nothing to do.
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await, (0, 0));
        assert_eq!(invitations(&world, campaign.id).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn leaders_get_links_of_their_own_and_no_letter_with_codes() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-11-02T08:10:00Z").await;
        let links =
            personal_invitation::Entity::find().all(world.db.reader()).await.expect("links");
        let [link] = &links[..] else { panic!("{links:?}") };
        assert_eq!(link.person_id, rise.partners[0].head);
        let letters = message::Entity::find().all(world.db.reader()).await.expect("letters");
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!((letter.kind.as_str(), letter.about_id), ("survey_link", Some(link.id)));

        // Answered, it is no longer wanted.
        let wanted = async |now: &str| {
            let (kind, person) = (MessageKind::SurveyLink, rise.partners[0].head);
            unwanted(&world, at(now), kind, link.id, person).await
        };
        assert_eq!(wanted("2026-11-02T08:10:00Z").await, None);
        assert_eq!(wanted("2026-12-19T00:00:00Z").await, Some("The survey is closed."));
        let txn = world.db.write().await.expect("a transaction");
        let mut row = link.clone().into_active_model();
        row.answered_on = Set(Some(day("2026-11-02")));
        row.update(&txn).await.expect("answered");
        txn.commit().await.expect("commit");
        assert_eq!(wanted("2026-11-02T08:10:00Z").await, Some("They have answered."));
    })
    .await;
}

#[tokio::test]
async fn schools_short_of_enough_are_reminded_once_a_step_and_who_answered_is_not() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let campaign = baseline(&world).await;
        for row in invitations(&world, campaign.id).await {
            if row.enrolment_id == rise.partners[0].enrolment {
                answer(&world, &row, 12, day("2026-09-18")).await;
            }
        }
        for (now, reminded) in [
            ("2026-09-24T08:10:00Z", 0),
            // Ten working days before Friday 9 October.
            ("2026-09-25T08:10:00Z", 1),
            ("2026-09-25T09:10:00Z", 0),
            ("2026-09-28T08:10:00Z", 0),
            ("2026-10-06T08:10:00Z", 1),
            ("2026-10-09T08:10:00Z", 0),
            ("2026-10-10T08:10:00Z", 0),
        ] {
            assert_eq!(morning(&world, rise.id, now).await.1, reminded, "{} {now}", world.name);
        }
        let letters = message::Entity::find()
            .filter(message::Column::Kind.eq("survey_reminder"))
            .all(world.db.reader())
            .await
            .expect("letters");
        assert!(letters.iter().all(|letter| letter.person_id == rise.partners[1].head));
        assert_eq!(baseline(&world).await.state, "closed");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_is_not_wanted_once_enough_answered_or_the_school_left() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let now = at("2026-10-06T08:10:00Z");
        let campaign = baseline(&world).await;
        let asked = invitations(&world, campaign.id).await;
        let of = |partner: usize| {
            let enrolment = rise.partners[partner].enrolment;
            asked.iter().filter(move |row| row.enrolment_id == enrolment)
        };
        let wanted = async |partner: usize, person: Uuid| {
            let about = of(partner).next().expect("an invitation").id;
            let kind = MessageKind::SurveyReminder;
            unwanted(&world, now, kind, about, person).await
        };
        let (ash, beech) = (rise.partners[0], rise.partners[1]);
        assert_eq!(wanted(0, ash.head).await, None);
        let stranger = Some("They are no longer a contact of the school.");
        assert_eq!(wanted(0, beech.head).await, stranger);
        let mut groups = of(0);
        answer(&world, groups.next().expect("pupils"), 10, day("2026-10-05")).await;
        assert_eq!(wanted(0, ash.head).await, None, "staff have not answered");
        answer(&world, groups.next().expect("staff"), 10, day("2026-10-05")).await;
        assert_eq!(wanted(0, ash.head).await, Some("Enough answers have come in."));
        let met = rise.obligation(&world, ash.enrolment, "perception_survey").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-05"))));

        let txn = world.db.write().await.expect("a transaction");
        let reason = "It joins another programme.";
        let ended = day("2026-10-02");
        withdraw(&txn, &Scope::System, None, now, beech.enrolment, None, ended, reason)
            .await
            .expect("withdrawn");
        txn.commit().await.expect("commit");
        let left = Some("The school does not take part at present.");
        assert_eq!(wanted(1, beech.head).await, left);
        // And it is not reminded again.
        assert_eq!(morning(&world, rise.id, "2026-10-06T09:10:00Z").await.1, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_joins_while_a_campaign_is_open_is_invited_by_the_next_pass() {
    both(async |world| {
        let mut rise = Rise::seed(&world, &["Demo Ash", "Demo Beech"]).await;
        campaigns(&world).await;
        set_status(&world, rise.partners[1].enrolment, "paused").await;
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await.0, 1);
        let campaign = baseline(&world).await;
        assert_eq!(invitations(&world, campaign.id).await.len(), 2);
        set_status(&world, rise.partners[1].enrolment, "active").await;
        assert_eq!(morning(&world, rise.id, "2026-09-22T07:10:00Z").await.0, 1);
        let asked = invitations(&world, campaign.id).await;
        assert_eq!(asked.len(), 4);
        let late = rise.partners.remove(1).enrolment;
        let of_late: Vec<_> = asked.iter().filter(|row| row.enrolment_id == late).collect();
        assert!(of_late.iter().all(|row| row.created_at == at("2026-09-22T07:10:00Z")));
    })
    .await;
}

async fn set_status(world: &World, enrolment: Uuid, status: &str) {
    let txn = world.db.write().await.expect("a transaction");
    let row = entity::enrolments::enrolment::ActiveModel {
        id: sea_orm::ActiveValue::Unchanged(enrolment),
        status: Set(status.to_owned()),
        ..Default::default()
    };
    row.update(&txn).await.expect("changed");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn another_code_takes_the_place_of_the_old_one_even_when_two_ask_at_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let asked = invitations(&world, baseline(&world).await.id).await;
        let school = Scope::Viewer(Viewer {
            person_id: rise.partners[0].head,
            settings: vec![rise.partners[0].setting],
            ..Viewer::default()
        });
        let now = at("2026-09-15T09:00:00Z");
        let rotate = async || {
            let txn = world.db.write().await.expect("a transaction");
            let made = rotate_code(&txn, &school, now, asked[0].id).await.expect("a code");
            txn.commit().await.expect("commit");
            made.code
        };
        let (one, other) = tokio::join!(rotate(), rotate());
        assert_ne!(one, other);
        let in_use = survey_code::Entity::find()
            .filter(survey_code::Column::InvitationId.eq(asked[0].id))
            .filter(survey_code::Column::RetiredAt.is_null())
            .all(world.db.reader())
            .await
            .expect("codes");
        let [in_use] = &in_use[..] else { panic!("{}: {in_use:?}", world.name) };
        assert!([one, other].contains(&in_use.code));
    })
    .await;
}

#[tokio::test]
async fn a_contact_who_left_gets_no_letter() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        contact::Entity::update_many()
            .set(contact::ActiveModel {
                ended_at: Set(Some(at("2026-09-01T00:00:00Z"))),
                ..Default::default()
            })
            .filter(contact::Column::PersonId.eq(rise.partners[0].head))
            .exec(&txn)
            .await
            .expect("ended");
        txn.commit().await.expect("commit");
        assert_eq!(morning(&world, rise.id, "2026-09-14T07:10:00Z").await, (0, 0));
        assert_eq!(invitations(&world, baseline(&world).await.id).await.len(), 2);
    })
    .await;
}
