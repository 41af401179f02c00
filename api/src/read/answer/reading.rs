//! Queries: everything fetched in one snapshot, then written.

use std::sync::Arc;

use uuid::Uuid;

use super::{Answer, told};
use crate::app::App;
use crate::read::code::Code;
use crate::read::marks::Meaning;
use crate::read::plan::{Level, Plan, RootField};
use crate::read::run::{Fetched, Stopped, fetch};
use crate::read::telling::{self, Answer as Telling};
use crate::read::write::Writer;

/// What was fetched for a root field.
enum Found {
    Nothing,
    One(Fetched),
    Several(Vec<Fetched>),
}

pub(super) async fn read(app: &App, meaning: &Meaning<'_>, plan: &Arc<Plan>) -> Answer {
    let mut writer = Writer::new(meaning.now).of_session(meaning.scope.session());
    let all_told: Arc<Vec<Telling>> = Arc::new(telling::tell_all(app, meaning, plan).await);
    let mut tellings = all_told.iter();
    let (found, problem) = match fetch_all(app, meaning, plan, &all_told).await {
        Ok(found) => (found, (Code::Internal, String::new())),
        Err(stopped) => (Vec::new(), told(&stopped)),
    };
    let mut found = found.into_iter();
    // A field of `Query` is nullable or writes null itself, so this object is always whole.
    let _ = writer.object(plan.as_ref(), |writer, _, field| {
        let found = found.next();
        let telling = match field {
            RootField::Told(_) => tellings.next(),
            _ => None,
        };
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
            (RootField::Told(told), Some(Found::Several(fetched))) => match telling {
                Some(Ok(value)) => writer.told(told, value, fetched),
                Some(Err(problem)) => Err(writer.fail_telling(problem)),
                None => Err(writer.fail("this was not worked out")),
            },
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
fn wanted<'p>(
    plan: &'p Plan,
    meaning: &Meaning<'_>,
    told: &[Telling],
) -> Vec<(&'p Level, Vec<Uuid>)> {
    let mut told = told.iter();
    let mut wanted = Vec::new();
    for (_, field) in plan {
        match field {
            RootField::Typename
            | RootField::Ready(_)
            | RootField::Wrong(_)
            | RootField::Node(None) => {}
            RootField::Told(field) => {
                let value = told.next().and_then(|told| told.as_ref().ok());
                wanted.extend(field.level.children.iter().map(|child| {
                    let ids = value.map(|value| telling::ids_in(value, child.key));
                    (&child.level, ids.unwrap_or_default())
                }));
            }
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
    told: &Arc<Vec<Telling>>,
) -> Result<Vec<Found>, Stopped> {
    let mut fetched = Vec::new();
    if !wanted(plan, meaning, told).is_empty() {
        let (scope, now, ids) = (meaning.scope.clone(), meaning.now, meaning.ids.to_vec());
        let (plan, told) = (Arc::clone(plan), Arc::clone(told));
        let reading = app.db.reads().within(move |mut snapshot| async move {
            let meaning = Meaning { scope: &scope, now, ids: &ids };
            fetch(&mut snapshot, &meaning, wanted(&plan, &meaning, &told)).await
        });
        fetched = reading.await??;
    }
    let mut fetched = fetched.into_iter();
    let found = plan.iter().map(|(_, field)| match field {
        RootField::Connection(_) | RootField::Node(Some(_)) => {
            fetched.next().map_or(Found::Nothing, Found::One)
        }
        RootField::Nodes(_, parts) => Found::Several(fetched.by_ref().take(parts.len()).collect()),
        RootField::Told(told) => {
            Found::Several(fetched.by_ref().take(told.level.children.len()).collect())
        }
        _ => Found::Nothing,
    });
    Ok(found.collect())
}
