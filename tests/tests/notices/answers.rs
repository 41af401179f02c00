//! Where an answer to a mail goes, and that its foot says so.

use entity::hubs::hub;
use rules::visits::Slot;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::notices::{Sent, sent};
use tests::programs::{program, refuse};
use tests::rise::{Rise, at};
use tests::working::pass_at;
use tests::{World, both};

use super::support::{
    BOOKINGS, NINE, VISITS, agree_by, book_two, head, lead, morning, propose_by, session,
};

const HUB: &str = "demo.hub@example.org";
const SUPPORT: &str = "Demo Support <support@example.org>";

/// Mails of a day to schools, the hub's lead and an admin.
async fn mails(world: &World, rise: &Rise) -> Vec<Sent> {
    rise.want_summaries(world).await;
    world.clock.set(at("2026-10-02T08:00:00Z"));
    let slot: Slot = morning("2026-10-08");
    let visit = propose_by(world, rise, lead(world, rise), slot).await;
    pass_at(world, "2026-10-02T08:00:01Z").await;
    agree_by(world, head(world, rise, 0), visit.id).await;
    let event = session(world, rise, morning("2026-11-19")).await;
    book_two(world, rise, event.id, 0).await;
    pass_at(world, "2026-10-05T07:00:00Z").await;
    let kinds = [&VISITS[..], &BOOKINGS, &["digest", "hub_week", "alert_digest"]].concat();
    sent(world, &kinds).await
}

#[tokio::test]
async fn schools_reach_their_hub_and_those_who_run_it_reach_the_programme() {
    both(async |mut world| {
        world.config.mail.reply_to = SUPPORT.to_owned();
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let mails = mails(&world, &rise).await;
        let ash = rise.partners[0].head;
        let mut seen: Vec<(&str, bool)> = Vec::new();
        for mail in &mails {
            let goes = mail.header("Reply-To").unwrap_or_default();
            let (address, name) = if mail.person == ash {
                (HUB, "Demo Hub")
            } else {
                ("support@example.org", "Demo Support")
            };
            assert!(goes.contains(&format!("<{address}>")), "{}: {goes}", mail.kind);
            let foot = format!("Reply to this mail to reach {name}.");
            assert!(mail.text.contains(&foot), "{}: {}", mail.kind, mail.text);
            assert!(mail.html.contains(&foot), "{}: {}", mail.kind, mail.html);
            // Nobody's own address goes to somebody else.
            for other in ["demo.lead@example.org", "demo.admin@example.org"] {
                let to = mail.header("To").unwrap_or_default();
                assert!(to.contains(other) || !mail.raw.contains(other), "{}", mail.kind);
            }
            seen.push((mail.kind.as_str(), mail.person == ash));
        }
        seen.sort_unstable();
        seen.dedup();
        let wanted = [
            ("alert_digest", false),
            ("digest", true),
            ("event_booked", true),
            ("hub_week", false),
            ("visit_agreed", false),
            ("visit_agreed", true),
            ("visit_proposed", true),
        ];
        for kind in wanted {
            assert!(seen.contains(&kind), "{}: {kind:?} in {seen:?}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_hub_without_an_address_leaves_it_to_the_programme_and_without_one_no_mail_speaks_of_it()
{
    both(async |mut world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        hub::Entity::update_many()
            .col_expr(hub::Column::Email, Expr::value(Option::<String>::None))
            .filter(hub::Column::Id.eq(rise.hub.id))
            .exec(world.db.migrator())
            .await
            .expect("changed");
        pass_at(&world, NINE).await;
        let quiet = sent(&world, &["digest"]).await;
        assert!(!quiet.is_empty());
        for mail in &quiet {
            assert_eq!(mail.header("Reply-To"), None, "{}", mail.kind);
            assert!(!mail.text.contains("Reply to this mail"), "{}", mail.text);
        }
        world.config.mail.reply_to = "support@example.org".to_owned();
        pass_at(&world, "2026-10-12T08:00:00Z").await;
        let all = sent(&world, &["digest"]).await;
        assert!(all.len() > quiet.len(), "{}: the next day has its own", world.name);
        for mail in &all[quiet.len()..] {
            assert_eq!(mail.header("Reply-To").as_deref(), Some("support@example.org"));
            assert!(mail.text.contains("Reply to this mail to reach support@example.org."));
        }
    })
    .await;
}

#[tokio::test]
async fn a_hostile_name_of_a_hub_makes_no_header_of_its_own() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        hub::Entity::update_many()
            .col_expr(
                hub::Column::Name,
                Expr::value("Démo \"Hub\", <x@y.example>\r\nBcc: z@z.example"),
            )
            .filter(hub::Column::Id.eq(rise.hub.id))
            .exec(world.db.migrator())
            .await
            .expect("changed");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &["digest"]).await;
        let mail =
            mails.iter().find(|mail| mail.person == rise.partners[0].head).expect("a digest");
        assert_eq!(mail.header("Bcc"), None);
        let head = mail.raw.split("\r\n\r\n").next().unwrap_or_default();
        assert!(head.is_ascii(), "no server has to take more: {head}");
        let parsed = mail_parser::MessageParser::default().parse(&mail.raw).expect("a mail");
        let goes = parsed.reply_to().and_then(|to| to.as_list()).expect("addresses");
        let [one] = goes else { panic!("{}: {goes:?}", world.name) };
        assert_eq!(one.address.as_deref(), Some(HUB));
        let name = "Démo \"Hub\", <x@y.example> Bcc: z@z.example";
        assert_eq!(one.name.as_deref(), Some(name));
    })
    .await;
}

#[tokio::test]
async fn a_setting_that_is_no_address_for_everybody_stops_the_start() {
    both(async |world| {
        for setting in ["nobody", "Demo <süpport@example.org>", "a@example.org, b@example.org"] {
            let mut worker = program(&world, "worker", &["run", "--once"]);
            worker.env("HUBS__MAIL__REPLY_TO", setting);
            let words = refuse(worker);
            assert!(words.contains("mail.reply_to"), "{words}");
        }
    })
    .await;
}
