//! Writing a row as it should be, and only when it is not so already.

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, ModelTrait,
};

/// What writing a row came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was not there.
    Added,
    /// It was there and differed.
    Changed,
    /// It was there, just so.
    Unchanged,
}

/// Makes the row be `wanted`, whose id is that of `old` when there is one.
///
/// # Errors
/// The database fails, or the row clashes with another.
pub async fn put<M, A>(
    txn: &DatabaseTransaction,
    old: Option<&M>,
    wanted: M,
) -> Result<Written, DbErr>
where
    M: ModelTrait + IntoActiveModel<A> + PartialEq + Sync,
    M::Entity: EntityTrait<Model = M, ActiveModel = A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    if old == Some(&wanted) {
        return Ok(Written::Unchanged);
    }
    let row = wanted.into_active_model().reset_all();
    if old.is_some() {
        row.update_without_returning(txn).await?;
        return Ok(Written::Changed);
    }
    M::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(Written::Added)
}
