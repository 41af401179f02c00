//! Where an answer to a mail goes: its `Reply-To`.

use entity::messages::notices::Notice;
use entity::messages::parcels::{Content, Parcel};
use lettre::message::Mailbox;
use rules::messages::answers::{Concerned, read_by};
use rules::visits::Party;

use super::render::one_line;

/// The hub that a mail is about, or else `programme`, whom the settings name; none if they name
/// nobody. Bounces do not go there: they follow the envelope.
pub(crate) fn to(parcel: &Parcel, programme: Option<&Mailbox>) -> Option<Mailbox> {
    let reader = parcel.person.id;
    let of_hub = match &parcel.content {
        Content::Digest(reminders) => read_by(reminders.items.iter().map(|(_, fact)| Concerned {
            hub: fact.row.hub_id,
            name: &fact.hub_name,
            email: fact.hub_email.as_deref(),
            is_readers_own: fact.rules.hub_leads.contains(&reader),
        })),
        Content::Survey(letter) => read_by([Concerned {
            hub: letter.hub_id,
            name: &letter.hub,
            email: letter.hub_email.as_deref(),
            is_readers_own: false,
        }]),
        Content::Bulletin(letter) => read_by([Concerned {
            hub: letter.bulletin.hub_id,
            name: &letter.hub,
            email: letter.hub_email.as_deref(),
            is_readers_own: false,
        }]),
        Content::Notice(notice) => match &**notice {
            Notice::Visit(notice) => read_by([Concerned {
                hub: notice.view.visit.hub_id,
                name: &notice.view.hub,
                email: notice.view.hub_email.as_deref(),
                is_readers_own: notice.view.reader == Some(Party::Hub),
            }]),
            Notice::Booking(notice) => {
                let view = &notice.view;
                let host = view.event.hub_id.zip(view.host.as_deref());
                read_by(host.map(|(hub, name)| Concerned {
                    hub,
                    name,
                    email: view.host_email.as_deref(),
                    is_readers_own: false,
                }))
            }
            Notice::HubWeek(_) | Notice::Alerts(_) | Notice::Critical(_) => None,
        },
        Content::SignIn(_) | Content::Unwanted(_) => None,
    };
    // An address that cannot be written to is no reason to send no mail.
    let of_hub = of_hub
        .and_then(|(name, email)| Some(Mailbox::new(Some(one_line(name)), email.parse().ok()?)));
    of_hub.or_else(|| programme.cloned())
}

/// What the foot of a mail calls them.
pub(crate) fn name(mailbox: &Mailbox) -> String {
    mailbox.name.clone().unwrap_or_else(|| mailbox.email.to_string())
}
