//! Subscriptions: which feed, which of its rows, from where on, and what to write of each.

use apollo_compiler::ast::OperationType;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::ExprTrait as _;

use super::Planner;
use super::connection::{condition, named};
use crate::read::code::Code;
use crate::read::feed::{Feed, Place};
use crate::read::gate::Refused;
use crate::read::plan::{ChangeOut, Subscription};
use crate::read::watch::AT_ONCE;

impl Planner<'_> {
    /// Plans a subscription asked for at `now`. Validation has seen to it that it has one field.
    ///
    /// # Errors
    /// An argument that cannot be used, or more than a request may ask for.
    pub fn subscription(
        mut self,
        feeds: &'static [Feed],
        now: DateTime<Utc>,
    ) -> Result<Subscription, Refused> {
        let fields = self.operation(OperationType::Subscription)?;
        let [(key, same)] = fields.as_slice() else {
            return Err(vec![Code::BadRequest.error("a subscription has one field")]);
        };
        let field = same[0];
        let name = field.name.as_str();
        let feed = feeds.iter().find(|feed| feed.name == name);
        let Some((feed, of)) = feed.and_then(|feed| Some((feed, self.map.named(feed.of)?))) else {
            return Err(self.not_mapped(field, name));
        };
        let given = self.arguments(field).map_err(|problem| self.refuse(field, problem))?;
        let given = |name: &str| given.get(name).filter(|value| !value.is_null());
        let (mut filters, mut names) = (Vec::new(), Vec::new());
        for filter in of.filters.iter().filter(|filter| feed.by.contains(&filter.name)) {
            if let Some(value) = given(filter.name) {
                let gone = feed.gone.as_ref().map(|gone| &gone.by);
                let gone = gone.filter(|gone| gone.name == filter.name);
                let asked = condition(of, filter, value, self.now).and_then(|asked| match gone {
                    Some(gone) => Ok(asked.or(condition(of, gone, value, self.now)?)),
                    None => Ok(asked),
                });
                filters.push(
                    asked.map_err(|problem| {
                        self.refuse(field, format!("{} {problem}", filter.name))
                    })?,
                );
                names.extend(named(self.map, filter, value));
            }
        }
        let after = given("after").map(|after| {
            let place = after.as_str().and_then(|text| Place::from_cursor(name, text, now));
            place.ok_or_else(|| {
                let message = format!("\"after\" is no cursor: use one that {name} gave you");
                self.refuse(field, message)
            })
        });
        let mut out = Vec::new();
        for (key, same) in self.fields(feed.change, same)? {
            let written = match same[0].name.as_str() {
                "cursor" => ChangeOut::Cursor,
                name if name == feed.node => {
                    ChangeOut::Node(Box::new(self.rows_of(of, &same, AT_ONCE)?))
                }
                _ => ChangeOut::Typename(feed.change),
            };
            out.push((key, written));
        }
        let after = after.transpose()?;
        Ok(Subscription { key: key.clone(), feed, of, filters, names, after, out })
    }
}
