//! Connections: pages of rows, and where they go on.

use runtime::reads::Row;
use sea_orm::DbErr;
use uuid::Uuid;

use super::{Writer, Written};
use crate::read::ids;
use crate::read::plan::{ConnectionOut, EdgeOut, Keyed, Level, Page, PageOut};
use crate::read::run::Fetched;

impl<'p> Writer<'p> {
    /// Writes a connection to the rows of a parent.
    pub fn connection(
        &mut self,
        out: &'p Keyed<ConnectionOut>,
        level: &'p Level,
        fetched: &Fetched,
        parent: Uuid,
    ) -> Written {
        let Some(page) = &level.page else {
            return Err(self.fail("this list has no page"));
        };
        let mut rows: Vec<Row<'_>> = fetched.rows_of(parent).collect();
        let more = rows.len() > page.limit;
        rows.truncate(page.limit);
        if page.backward {
            rows.reverse();
        }
        self.object(out, |writer, _, out| match out {
            ConnectionOut::Typename(name) => {
                writer.text(name);
                Ok(())
            }
            ConnectionOut::Total => {
                writer.number(fetched.totals.get(&parent).copied().unwrap_or(0));
                Ok(())
            }
            ConnectionOut::PageInfo(fields) => writer
                .object(fields, |writer, _, field| writer.page_info(*field, page, more, &rows)),
            ConnectionOut::Nodes(object) => writer
                .list(rows.iter().copied(), |writer, row| writer.row(object, level, fetched, row)),
            ConnectionOut::Edges(fields) => writer.list(rows.iter().copied(), |writer, row| {
                writer.object(fields, |writer, _, field| match field {
                    EdgeOut::Typename(name) => {
                        writer.text(name);
                        Ok(())
                    }
                    EdgeOut::Cursor => writer.cursor(page, row),
                    EdgeOut::Node(object) => writer.row(object, level, fetched, row),
                })
            }),
        })
    }

    fn page_info(&mut self, field: PageOut, page: &Page, more: bool, rows: &[Row<'_>]) -> Written {
        let edge = match field {
            PageOut::Typename => {
                self.text("PageInfo");
                return Ok(());
            }
            // What lies on the side a cursor came from is known to be there, not counted again.
            PageOut::HasNext => {
                self.boolean(if page.backward { page.before.is_some() } else { more });
                return Ok(());
            }
            PageOut::HasPrevious => {
                self.boolean(if page.backward { more } else { page.after.is_some() });
                return Ok(());
            }
            PageOut::Start => rows.first(),
            PageOut::End => rows.last(),
        };
        if let Some(row) = edge.copied() {
            return self.cursor(page, row);
        }
        self.null();
        Ok(())
    }

    fn cursor(&mut self, page: &Page, row: Row<'_>) -> Written {
        let cursor = match page.cursor {
            Some((key, id)) => {
                row.id(id).and_then(|id| ids::cursor(page.order, row, key, id.unwrap_or_default()))
            }
            None => Err(DbErr::Type("the sort column was not fetched".into())),
        };
        let cursor = cursor.map_err(|error| self.unreadable(&error))?;
        self.text(&cursor);
        Ok(())
    }
}
