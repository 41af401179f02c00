//! What an operator looks at and does: jobs, mail lanes, pauses, replayed messages, and moments of
//! the timetable that passed while their job was paused.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, optional_word, references, required,
    sort_text, table, unique, word,
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
        let tables = vec![
            job(manager),
            table("mail_lane")
                .col(sort_text(manager, "name"))
                .col(required("about").text())
                .col(required("waiting").integer())
                .col(optional_moment("waiting_since"))
                .col(moment("changed_at"))
                .to_owned(),
            pause(),
            table("message_replay")
                .col(required("message_id").uuid())
                .col(required("replay_id").uuid())
                .col(required("why").text())
                .col(optional("by_person").uuid())
                .col(moment("replayed_at"))
                .foreign_key(&mut references("message_replay", "message_id", "message"))
                .foreign_key(&mut references("message_replay", "replay_id", "message"))
                .foreign_key(&mut references("message_replay", "by_person", "person"))
                .to_owned(),
        ];
        let indices = vec![
            unique("job", &["name"]),
            unique("mail_lane", &["name"]),
            index("pause", &["job_id", "since"]),
            index("pause", &["mail_lane_id", "since"]),
            index("pause", &["since", "id"]),
            unique("message_replay", &["message_id"]),
            unique("message_replay", &["replay_id"]),
        ];
        create(manager, tables, indices).await?;
        rebuild(manager, &["fired", "missed", "paused"], true).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DELETE FROM occurrence WHERE outcome = 'paused'").await?;
        rebuild(manager, &["fired", "missed"], false).await?;
        drop(manager, &["message_replay", "pause", "mail_lane", "job"]).await
    }
}

fn job(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("job")
        .col(sort_text(manager, "name"))
        .col(required("about").text())
        .col(required("timetable").text())
        .col(optional_moment("next_due_at"))
        .col(optional_moment("last_began_at"))
        .col(optional("last_took_ms").integer())
        .col(optional_word("last_outcome", &["done", "failed"]))
        .col(required("last_summary").text())
        .col(optional_moment("last_failed_at"))
        .col(optional("last_failure").text())
        .col(required("runs").integer())
        .col(required("failures").integer())
        .col(required("failures_in_a_row").integer())
        .col(required("missed").integer())
        .col(optional("waiting").integer())
        .col(optional_moment("waiting_since"))
        .col(moment("changed_at"))
        .to_owned()
}

fn pause() -> TableCreateStatement {
    table("pause")
        .col(optional("job_id").uuid())
        .col(optional("mail_lane_id").uuid())
        .col(moment("since"))
        .col(optional_moment("until"))
        .col(required("why").text())
        .col(optional("by_person").uuid())
        .col(optional_moment("ended_at"))
        .col(optional("ended_by").uuid())
        .col(optional("ended_why").text())
        .col(required("version").integer())
        .col(moment("changed_at"))
        .foreign_key(&mut references("pause", "job_id", "job"))
        .foreign_key(&mut references("pause", "mail_lane_id", "mail_lane"))
        .foreign_key(&mut references("pause", "by_person", "person"))
        .foreign_key(&mut references("pause", "ended_by", "person"))
        .to_owned()
}

/// Makes `occurrence` anew with these outcomes, since SQLite changes no check of a table that is
/// there; with an id for the graph, the time it took, and whether it was a trial, or without.
async fn rebuild(
    manager: &SchemaManager<'_>,
    outcomes: &[&'static str],
    whole: bool,
) -> Result<(), DbErr> {
    let mut next = Table::create();
    next.table("occurrence_next")
        .col(required("schedule_id").text())
        .col(moment("due_at"))
        .col(word("outcome", outcomes))
        .col(required("summary").text())
        .col(moment("recorded_at"))
        .primary_key(Index::create().col("schedule_id").col("due_at"));
    if whole {
        next.col(required("id").uuid())
            .col(optional("took_ms").integer())
            .col(required("trial").boolean().default(false));
    }
    manager.create_table(next).await?;
    let kept = "schedule_id, due_at, outcome, summary, recorded_at";
    let id = match manager.get_database_backend() {
        DbBackend::Sqlite => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let (more, made) = if whole { (", id", format!(", {id}")) } else { ("", String::new()) };
    let db = manager.get_connection();
    db.execute_unprepared(&format!(
        "INSERT INTO occurrence_next ({kept}{more}) SELECT {kept}{made} FROM occurrence"
    ))
    .await?;
    drop(manager, &["occurrence"]).await?;
    db.execute_unprepared("ALTER TABLE occurrence_next RENAME TO occurrence").await?;
    if whole {
        create(
            manager,
            vec![],
            vec![unique("occurrence", &["id"]), index("occurrence", &["due_at", "id"])],
        )
        .await?;
    }
    Ok(())
}
