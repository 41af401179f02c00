//! Something that was done.

use sea_orm::entity::prelude::*;

/// Something that was done. Rows are only ever added.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When.
    pub happened_at: DateTimeUtc,
    /// Who did it; none for the system and for somebody not signed in.
    pub by_person: Option<Uuid>,
    /// What: the name of a mutation, as `visitRecord`, a step of signing in, as `signedIn`, what a
    /// page behind a link does, as `obligationReported`, or a command, as `import-programme`.
    pub action: String,
    /// GraphQL type of what it was done to.
    pub node_type: Option<String>,
    /// Its row.
    pub node_id: Option<Uuid>,
    /// What it changed of that row: a list of [`super::Change`].
    pub changes: Json,
    /// A sentence more, without names or addresses of people; empty if there is nothing to add.
    pub detail: String,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
