//! A worker in the process of the test, and its passes.

use entity::messages::message;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::pass::{self, Pass};

use crate::World;
use crate::rise::at;

/// A worker over a world.
///
/// # Panics
/// It does not open.
pub async fn app(world: &World) -> App {
    let app = App::open(world.config.clone(), world.clock.clone(), CancellationToken::new());
    app.await.expect("the worker opens")
}

/// A pass of a worker at a moment, in which every job succeeds.
///
/// # Panics
/// A job failed.
pub async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    let pass = pass::run(&app(world).await, &CancellationToken::new()).await;
    for (job, _, done) in &pass.ran {
        if let Err(error) = done {
            panic!("{}: {job:?}: {error:#}", world.name);
        }
    }
    pass
}

/// Every message, oldest first.
///
/// # Panics
/// The database fails.
pub async fn messages(world: &World) -> Vec<message::Model> {
    let rows = message::Entity::find().order_by_asc(message::Column::Id).all(world.db.reader());
    rows.await.expect("messages")
}
