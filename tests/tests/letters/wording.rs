//! What letters say, and to whom they give a code.

use entity::people::contact;
use entity::surveys::answering::find_by_code;
use entity::surveys::survey_invitation;
use rules::surveys::RespondentGroup::Leaders;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use tests::both;
use tests::mails::read_by_python;
use tests::moves::leaves;
use tests::rise::{Rise, day};
use tests::working::pass_at;

use super::{
    NINE, end_of, launched, letters, mail_of, no_senior_leader, open, remind, remind_about,
};

/// Without tokens and codes, which differ every time.
fn settled(text: &str) -> String {
    let is_code = |word: &str| {
        word.len() == 9
            && word.as_bytes()[4] == b'-'
            && word
                .bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let mut out = String::new();
    for piece in text.split_inclusive(['/', ' ', '"', '\n', '<', '>']) {
        let (word, end) = piece.split_at(piece.len() - 1);
        let is_token = word.len() > 40 && !word.contains([';', ':', '.']);
        out.push_str(if is_token {
            "TOKEN"
        } else if is_code(word) {
            "CODE-CODE"
        } else {
            word
        });
        out.push_str(end);
    }
    out
}

#[tokio::test]
async fn letters_say_what_to_do_by_when_the_same_in_text_and_html() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        for kind in ["survey_invitation", "survey_link", "survey_reminder"] {
            assert_eq!(end_of(&world, kind).await.0, "accepted", "{}", world.name);
            let mail = mail_of(&world, kind).await;
            assert_eq!(mail.to, "head.of.demo.ash.school@example.org");
            assert!(mail.links().count() > 0);
            for link in mail.links() {
                assert!(mail.html.contains(link), "{kind}: {link}");
            }
            if let Some(read) = read_by_python(&mail.file) {
                assert_eq!(read["to"], json!([mail.to]));
                assert_eq!(read["subject"], json!(mail.subject));
                assert_eq!(read["defects"], json!([]));
                let text = read["text"].as_str().unwrap_or_default();
                assert_eq!(text.replace('\r', "").trim(), mail.text.replace('\r', "").trim());
            }
            let whole = format!("Subject: {}\n\n{}\n\n{}", mail.subject, mail.text, mail.html);
            insta::assert_snapshot!(kind, settled(&whole.replace('\r', "")));
        }
    })
    .await;
}

#[tokio::test]
async fn where_no_link_reaches_anybody_the_letter_and_its_reminder_have_the_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        no_senior_leader(&world, rise.partners[0].head).await;
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        assert!(letters(&world, "survey_link").await.is_empty(), "{}", world.name);
        for kind in ["survey_invitation", "survey_reminder"] {
            let mail = mail_of(&world, kind).await;
            assert_eq!(mail.text.matches("Enter the code").count(), 1, "{}", mail.text);
            assert!(!mail.text.contains("link of their own"), "{}", mail.text);
            for word in ["senior leaders", "their code", "at least 1 answer is needed"] {
                assert!(mail.text.contains(word), "{word}: {}", mail.text);
            }
            let code = mail.text.lines().find(|line| line.contains("Enter the code"));
            let code = code.and_then(|line| line.split_whitespace().last()).unwrap_or_default();
            let (reader, code) = (world.db.reader(), code.replace('-', ""));
            let found = find_by_code(reader, world.clock.now(), &code).await.expect("a read");
            let found = found.expect("the code opens the survey");
            assert!(found.may_begin && found.group == Leaders, "{}", world.name);
            let name = format!("{kind}_of_leaders_by_code");
            let whole = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            insta::assert_snapshot!(name, settled(&whole.replace('\r', "")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_whose_reader_left_is_none_and_the_reminder_has_the_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        // Somebody at the school who is written to, and is no senior leader.
        let [ash, birch] = [rise.partners[0], rise.partners[1]];
        no_senior_leader(&world, birch.head).await;
        contact::Entity::update_many()
            .col_expr(contact::Column::SettingId, Expr::value(ash.setting))
            .filter(contact::Column::PersonId.eq(birch.head))
            .exec(world.db.migrator())
            .await
            .expect("moved");
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        pass_at(&world, NINE).await;
        assert_eq!(letters(&world, "survey_link").await.len(), 1, "{}", world.name);
        assert!(letters(&world, "survey_invitation").await.is_empty(), "a link is enough");
        leaves(&world, ash.head).await;
        remind_about(&world, birch.head, &campaign, ash.enrolment).await;
        pass_at(&world, "2026-10-05T08:05:00Z").await;
        let mail = mail_of(&world, "survey_reminder").await;
        assert_eq!(mail.text.matches("Enter the code").count(), 1, "{}", mail.text);
    })
    .await;
}

#[tokio::test]
async fn a_reminder_of_links_alone_gives_out_no_code() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let campaign = open(&world, &rise, &[(Leaders, true)]).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        assert!(letters(&world, "survey_invitation").await.is_empty(), "{}", world.name);
        let mail = mail_of(&world, "survey_reminder").await;
        assert!(!mail.text.contains("code"), "{}", mail.text);
        let whole = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        insta::assert_snapshot!("survey_reminder_of_links", settled(&whole.replace('\r', "")));
    })
    .await;
}

#[tokio::test]
async fn a_reminder_leaves_out_groups_that_have_enough() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        survey_invitation::Entity::update_many()
            .col_expr(survey_invitation::Column::EnoughOn, Expr::value(day("2026-10-05")))
            .col_expr(survey_invitation::Column::Responses, Expr::value(12))
            .filter(survey_invitation::Column::RespondentGroup.eq("staff"))
            .exec(world.db.migrator())
            .await
            .expect("enough");
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, NINE).await;
        let mail = mail_of(&world, "survey_reminder").await;
        assert!(mail.text.contains("Of the pupils, nobody has answered yet"), "{}", mail.text);
        assert!(mail.text.contains("Staff: enough have answered."), "{}", mail.text);
        assert_eq!(mail.text.matches("Enter the code").count(), 1);
    })
    .await;
}
