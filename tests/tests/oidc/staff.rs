//! The staff of the programme, from a service of their own.

use axum::http::StatusCode;
use entity::people::role_grant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::oidc::{Browser, Door, Service};
use tests::rise::Rise;
use tests::{both, node};

use crate::{accounts, counts, signed_in};

#[tokio::test]
async fn staff_come_in_with_a_role_they_have_already_and_a_verified_address() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let before = counts(&world).await.0;
        for account in ["unproved", "stranger", "head_as_staff"] {
            let seen = Browser::default().sign_in(&door, "staff", account).await;
            assert_eq!(seen.status, StatusCode::FORBIDDEN, "{account}: {}", seen.text);
            assert!(seen.text.contains("You have no access to Hubs yet"), "{}", seen.text);
        }
        for account in ["admin", "lead", "admin"] {
            let seen = Browser::default().sign_in(&door, "staff", account).await;
            assert_eq!(seen.status, StatusCode::SEE_OTHER, "{account}: {}", seen.text);
        }
        assert_eq!(counts(&world).await, (before, 2), "nobody was made");
        let who: Vec<_> = signed_in(&world).await.into_iter().map(|(email, _)| email).collect();
        let (admin, lead) = ("demo.admin@example.org", "demo.lead@example.org");
        assert_eq!(who, [admin, lead, admin]);

        role_grant::Entity::update_many()
            .col_expr(role_grant::Column::RevokedAt, Expr::value(world.clock.now()))
            .filter(role_grant::Column::PersonId.eq(rise.admin))
            .exec(world.db.migrator())
            .await
            .expect("taken back");
        let seen = Browser::default().sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{}", seen.text);
    })
    .await;
}
