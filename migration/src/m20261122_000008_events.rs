//! Events that can be booked, and who was there.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, create, drop, index, moment, optional, optional_moment, optional_word, references, remove,
    required, table, unique, word,
};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(
            manager,
            "event",
            vec![
                optional("summary").text().to_owned(),
                optional("place").text().to_owned(),
                optional("joining_details").text().to_owned(),
                optional_word("module", &["induction", "essential", "optional", "specialist"]),
                optional("capacity").integer().to_owned(),
                optional("recording_url").text().to_owned(),
                optional("cancellation_reason").text().to_owned(),
                optional_moment("changed_at"),
            ],
        )
        .await?;
        let tables = vec![
            table("booking")
                .col(required("event_id").uuid())
                .col(required("enrolment_id").uuid())
                .col(required("places").integer())
                .col(word("state", &["booked", "waiting", "cancelled"]))
                .col(optional("booked_by").uuid())
                .col(moment("booked_at"))
                .col(optional_moment("promoted_at"))
                .col(optional_moment("cancelled_at"))
                .col(optional("cancellation_reason").text())
                .col(required("version").integer())
                .col(moment("changed_at"))
                .foreign_key(&mut references("booking", "event_id", "event"))
                .foreign_key(&mut references("booking", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("booking", "booked_by", "person"))
                .to_owned(),
            table("event_attendance")
                .col(required("event_id").uuid())
                .col(required("enrolment_id").uuid())
                .col(word("mode", &["attended", "absent", "watched_recording"]))
                .col(required("on_day").date())
                .col(required("people").integer())
                .col(required("senior_leader").boolean())
                .col(optional("note").text())
                .col(optional("recorded_by").uuid())
                .col(moment("recorded_at"))
                .col(required("version").integer())
                .foreign_key(&mut references("event_attendance", "event_id", "event"))
                .foreign_key(&mut references("event_attendance", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("event_attendance", "recorded_by", "person"))
                .to_owned(),
        ];
        let indices = vec![
            index("booking", &["event_id", "booked_at", "id"]),
            index("booking", &["enrolment_id", "booked_at", "id"]),
            Index::create()
                .name("booking_one_live_key")
                .table("booking")
                .col("event_id")
                .col("enrolment_id")
                .unique()
                .and_where(Expr::col("state").ne("cancelled"))
                .to_owned(),
            unique("event_attendance", &["event_id", "enrolment_id", "mode"]),
            index("event_attendance", &["enrolment_id", "on_day", "id"]),
            index("event_attendance", &["recorded_at", "id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["event_attendance", "booking"]).await?;
        remove(
            manager,
            "event",
            &[
                "summary",
                "place",
                "joining_details",
                "module",
                "capacity",
                "recording_url",
                "cancellation_reason",
                "changed_at",
            ],
        )
        .await?;
        Ok(())
    }
}
