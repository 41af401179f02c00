//! Mutations: one action after another.

use tracing::Instrument as _;
use tracing::field::Empty;

use super::{Answer, told};
use crate::app::App;
use crate::read::code::Code;
use crate::read::marks::Meaning;
use crate::read::plan::{Action, PayloadOut};
use crate::read::run::{Fetched, Stopped, fetch};
use crate::read::write::{Payload, Writer};
use crate::schema::Graph;

/// Does the actions one after another, each answered as it then stands.
pub(super) async fn act(
    app: &App,
    graph: &Graph,
    meaning: &Meaning<'_>,
    actions: &[(apollo_compiler::Name, Action)],
) -> Answer {
    let mut done = Vec::new();
    for (_, action) in actions {
        if action.name == "__typename" {
            done.push(None);
            continue;
        }
        let name = action.name.as_str();
        let span = tracing::debug_span!("mutation", name, outcome = Empty);
        let outcome = do_one(app, graph, meaning, action).instrument(span.clone()).await;
        span.record(
            "outcome",
            match &outcome {
                Ok((payload, _)) if payload.errors.is_empty() => "done",
                Ok(_) => "refused",
                Err(_) => "failed",
            },
        );
        done.push(Some(outcome));
    }
    let fields: Vec<_> = actions.iter().map(|(key, action)| (key.clone(), action)).collect();
    let mut writer = Writer::new(meaning.now).of_session(meaning.scope.session());
    let mut done = done.into_iter();
    // A field of `Mutation` is nullable, so this object is always whole.
    let _ = writer.object(&fields, |writer, _, action| {
        let outcome = done.next().flatten();
        writer.nullable(|writer| match outcome {
            None => {
                writer.text("Mutation");
                Ok(())
            }
            Some(Ok((payload, fetched))) => writer.payload(&action.out, &payload, &fetched),
            Some(Err((code, message))) => Err(writer.fail_as(code, message)),
        });
        Ok(())
    });
    Answer::executed(writer)
}

/// Does one action and fetches the rows of its payload. An error is a message for the client.
async fn do_one(
    app: &App,
    graph: &Graph,
    meaning: &Meaning<'_>,
    action: &Action,
) -> Result<(Payload, Vec<Fetched>), (Code, String)> {
    let done = graph.mutate(app, meaning.scope, meaning.now, action).await;
    let payload = done.map_err(|undone| (Code::from(&undone), undone.to_string()))?;
    let mut wanted = Vec::new();
    for (_, out) in &action.out {
        if let PayloadOut::Node(name, rows) = out {
            let id = payload.row(name);
            wanted.push((&rows.level, id.into_iter().collect()));
        }
    }
    let reading = async {
        let mut snapshot = app.db.reads().snapshot().await?;
        fetch(&mut snapshot, meaning, wanted).await
    };
    let fetched = reading.await.map_err(|stopped: Stopped| told(&stopped))?;
    Ok((payload, fetched))
}
