//! Queries: everything fetched in one snapshot, then written.

use std::sync::Arc;

use uuid::Uuid;

use super::{Answer, told};
use crate::app::App;
use crate::read::code::Code;
use crate::read::marks::Meaning;
use crate::read::plan::{Level, Plan, RootField};
use crate::read::run::{Fetched, Stopped, fetch};
use crate::read::write::Writer;

/// What was fetched for a root field.
enum Found {
    Nothing,
    One(Fetched),
    Several(Vec<Fetched>),
}

pub(super) async fn read(app: &App, meaning: &Meaning<'_>, plan: &Arc<Plan>) -> Answer {
    let mut writer = Writer::new(meaning.now).of_session(meaning.scope.session());
    let (found, problem) = match fetch_all(app, meaning, plan).await {
        Ok(found) => (found, (Code::Internal, String::new())),
        Err(stopped) => (Vec::new(), told(&stopped)),
    };
    let mut found = found.into_iter();
    // A field of `Query` is nullable or writes null itself, so this object is always whole.
    let _ = writer.object(plan.as_ref(), |writer, _, field| {
        let found = found.next();
        writer.nullable(|writer| match (field, found) {
            (RootField::Typename, _) => {
                writer.text("Query");
                Ok(())
            }
            (RootField::Ready(json), _) => {
                writer.out.extend_from_slice(json);
                Ok(())
            }
            (RootField::Wrong(message), _) => {
                Err(writer.fail_as(Code::BadUserInput, message.as_str()))
            }
            (RootField::Node(None), _) => {
                writer.null();
                Ok(())
            }
            (RootField::Node(Some((id, rows))), Some(Found::One(fetched))) => {
                writer.row_by_id(rows, &fetched, meaning.id(*id));
                Ok(())
            }
            (RootField::Nodes(wanted, rows), Some(Found::Several(fetched))) => {
                let meant = |(id, at): &(Uuid, usize)| (meaning.id(*id), *at);
                let wanted: Vec<_> =
                    wanted.iter().map(|wanted| wanted.as_ref().map(meant)).collect();
                writer.row_list(&wanted, rows, &fetched)
            }
            (RootField::Connection(connection), Some(Found::One(fetched))) => {
                writer.connection(&connection.out, &connection.level, &fetched, Uuid::nil())
            }
            _ => Err(writer.fail_as(problem.0, problem.1.as_str())),
        });
        Ok(())
    });
    Answer::executed(writer)
}

/// What the root fields need fetched.
fn wanted<'p>(plan: &'p Plan, meaning: &Meaning<'_>) -> Vec<(&'p Level, Vec<Uuid>)> {
    let mut wanted = Vec::new();
    for (_, field) in plan {
        match field {
            RootField::Typename
            | RootField::Ready(_)
            | RootField::Wrong(_)
            | RootField::Node(None) => {}
            RootField::Connection(connection) => wanted.push((&connection.level, Vec::new())),
            RootField::Node(Some((id, rows))) => {
                wanted.push((&rows.level, vec![meaning.id(*id)]));
            }
            RootField::Nodes(ids, parts) => {
                for (at, rows) in parts.iter().enumerate() {
                    let of_type = ids.iter().flatten().filter(|(_, of)| *of == at);
                    let mut ids: Vec<Uuid> = of_type.map(|(id, _)| meaning.id(*id)).collect();
                    ids.sort_unstable();
                    ids.dedup();
                    wanted.push((&rows.level, ids));
                }
            }
        }
    }
    wanted
}

/// Fetches what all root fields need, in one snapshot.
async fn fetch_all(
    app: &App,
    meaning: &Meaning<'_>,
    plan: &Arc<Plan>,
) -> Result<Vec<Found>, Stopped> {
    let mut fetched = Vec::new();
    if !wanted(plan, meaning).is_empty() {
        let (scope, now, ids) = (meaning.scope.clone(), meaning.now, meaning.ids.to_vec());
        let plan = Arc::clone(plan);
        let reading = app.db.reads().within(move |mut snapshot| async move {
            let meaning = Meaning { scope: &scope, now, ids: &ids };
            fetch(&mut snapshot, &meaning, wanted(&plan, &meaning)).await
        });
        fetched = reading.await??;
    }
    let mut fetched = fetched.into_iter();
    let found = plan.iter().map(|(_, field)| match field {
        RootField::Connection(_) | RootField::Node(Some(_)) => {
            fetched.next().map_or(Found::Nothing, Found::One)
        }
        RootField::Nodes(_, parts) => Found::Several(fetched.by_ref().take(parts.len()).collect()),
        _ => Found::Nothing,
    });
    Ok(found.collect())
}
