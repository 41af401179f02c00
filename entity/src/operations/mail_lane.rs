//! Kinds of mail that are paused and looked after together.

use sea_orm::entity::prelude::*;

/// Kinds of mail that are paused and looked after together. Written by the workers after each pass.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_lane")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `rules::lanes::MailLane` as text.
    pub name: String,
    /// What travels in it.
    pub about: String,
    /// Messages whose time had come when it was last looked at.
    pub waiting: i32,
    /// Since when the first of them could have gone.
    pub waiting_since: Option<DateTimeUtc>,
    /// Messages that waited for a person to decide when it was last looked at.
    pub held: i32,
    /// Since when the first of them has.
    pub held_since: Option<DateTimeUtc>,
    /// When this row was last written.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
