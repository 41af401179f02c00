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
                // Kept with every booking, so that the database itself refuses one too many.
                required("places_booked")
                    .integer()
                    .default(0)
                    .check(Expr::cust(
                        "places_booked >= 0 AND (capacity IS NULL OR places_booked <= capacity)",
                    ))
                    .to_owned(),
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
                .col(word("mode", &["attended", "absent", "watched_recording", "not_watched"]))
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
            // Nobody is at the same place in the order as somebody else.
            unique("booking", &["event_id", "booked_at"]),
            index("booking", &["enrolment_id", "booked_at", "id"]),
            Index::create()
                .name("booking_one_live_key")
                .table("booking")
                .col("event_id")
                .col("enrolment_id")
                .unique()
                .and_where(Expr::col("state").ne("cancelled"))
                .to_owned(),
            one_attendance("event_attendance_one_presence_key", &["attended", "absent"]),
            one_attendance(
                "event_attendance_one_recording_key",
                &["watched_recording", "not_watched"],
            ),
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
                // Its check speaks of the capacity, so it goes first.
                "places_booked",
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

/// A partner has one row for having been there or not, and one for the recording.
fn one_attendance(name: &'static str, modes: &[&'static str]) -> IndexCreateStatement {
    Index::create()
        .name(name)
        .table("event_attendance")
        .col("event_id")
        .col("enrolment_id")
        .unique()
        .and_where(Expr::col("mode").is_in(modes.iter().copied()))
        .to_owned()
}
