//! `Subscription`: registered from the feeds, followed by [`crate::read::watch`], never by
//! async-graphql.

use std::borrow::Cow;
use std::pin::Pin;

use async_graphql::registry::{MetaField, Registry};
use async_graphql::{Context, Response, SubscriptionType};
use futures::Stream;

use super::Registered;
use super::meta::{field, input, object, with};
use crate::read::feed::Feed;
use crate::read::map::Map;

/// `Subscription`, for the registry.
#[derive(Debug)]
pub struct Subscription;

impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let mut all = Registered { registry };
        let map = crate::schema::map();
        let feeds = crate::schema::feeds();
        let fields: Vec<MetaField> = feeds.iter().map(|feed| all.feed(map, feed)).collect();
        let about = "What can be followed as it happens, over graphql-transport-ws or an event \
                     stream.";
        all.insert(object("Subscription", about, fields));
        Self::qualified_type_name()
    }

    fn create_field_stream<'a>(
        &'a self,
        _context: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        None
    }
}

impl Registered<'_> {
    /// Registers the type of a feed's events, and returns the feed's field.
    fn feed(&mut self, map: &Map, feed: &Feed) -> MetaField {
        let node = "The row as it is now, having changed once or more. Null where there is none to \
                    show, so load your lists then: in the event that follows all that was missed, \
                    from which on you are up to date, and when a row left what you may see.";
        let cursor = "Where you are: after a break, give it as `after` and nothing is missed.";
        let about = format!("An event of `{}`.", feed.name);
        let fields = [field(feed.node, feed.of, node), field("cursor", "String!", cursor)];
        self.insert(object(feed.change, &about, fields));
        let mut arguments = Vec::new();
        if let Some(of) = map.named(feed.of) {
            let offered = of.filters.iter().filter(|filter| feed.by.contains(&filter.name));
            for filter in offered {
                let ty = self.filter(&filter.test);
                arguments.push(input(filter.name, &ty, filter.about));
            }
        }
        let about = "First what changed after this cursor, then what changes. Without it, what \
                     changes from now on.";
        arguments.push(input("after", "String", about));
        with(field(feed.name, &format!("{}!", feed.change), feed.about), arguments)
    }
}
