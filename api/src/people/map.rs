//! Settings and people in the graph.

use entity::enrolments::enrolment;
use entity::hubs::hub;
use entity::messages::{message, reminder};
use entity::people::{access_token, contact, person, role_grant, session, setting};
use entity::scope::Scope;
use rules::people::{ContactRole, Role, SettingKind};

use crate::read::map::{
    Type, Vocabulary, any_of, asc, column, contains, empty, is, many, one, refers, root, table,
    word,
};

impl Vocabulary for SettingKind {
    const NAME: &'static str = "SettingKind";
    const ABOUT: &'static str = "A taker of part in a programme is a school or a trust.";
}

impl Vocabulary for ContactRole {
    const NAME: &'static str = "ContactRole";
    const ABOUT: &'static str = "What somebody is at a setting.";
}

impl Vocabulary for Role {
    const NAME: &'static str = "Role";
    const ABOUT: &'static str = "What a signed-in person may see and do.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![setting(), person(), contact(), role_grant()]
}

fn setting() -> Type {
    use setting::Column as C;
    Type {
        name: "Setting",
        about: "A school or trust that takes part in a programme. A school stays the same setting \
                when a conversion changes its URN.",
        table: table(setting::Entity),
        scope: Scope::settings,
        root: root("settings", "The settings you may see."),
        fields: vec![
            word::<SettingKind>("kind", C::Kind, "School or trust."),
            column("name", C::Name, "Name."),
            column("createdAt", C::CreatedAt, "When it first took part."),
            one("school", "School", C::SchoolId, "The school it is today, if a school."),
            one("trust", "Trust", C::TrustId, "The trust it is, if a trust."),
            many("contacts", "Contact", contact::Column::SettingId, "Who is what there."),
            many(
                "enrolments",
                "Enrolment",
                enrolment::Column::PartnerSettingId,
                "Its places as a partner.",
            ),
            many("hubs", "Hub", hub::Column::LeadSettingId, "The hubs it leads."),
        ],
        filters: vec![
            any_of::<SettingKind>("kind", C::Kind, "Of one of these kinds."),
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
            refers("school", "School", C::SchoolId, "That is this school."),
            refers("trust", "Trust", C::TrustId, "That is this trust."),
        ],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn person() -> Type {
    use person::Column as C;
    Type {
        name: "Person",
        about: "Somebody at a school, a trust or the programme.",
        table: table(person::Entity),
        scope: Scope::people,
        root: root("people", "The people you may see."),
        fields: vec![
            column("name", C::Name, "Name as they write it."),
            column("email", C::Email, "Address, in lower case."),
            column(
                "digestMinute",
                C::DigestMinute,
                "Digest time they chose, in minutes after midnight in London; null for the programme's.",
            ),
            column("optionalMail", C::OptionalMail, "Whether mail that is not a duty may be sent."),
            column("createdAt", C::CreatedAt, "When first recorded."),
            many("contacts", "Contact", contact::Column::PersonId, "What they are, and where."),
            many(
                "roles",
                "RoleGrant",
                role_grant::Column::PersonId,
                "What they may see and do; shown to themselves and to programme admins.",
            ),
            many(
                "sessions",
                "Session",
                session::Column::PersonId,
                "The browsers they are or were signed in with; shown to nobody but themselves.",
            ),
            many(
                "accessTokens",
                "AccessToken",
                access_token::Column::PersonId,
                "The tokens that act as them; shown to themselves and programme admins.",
            ),
            many("reminders", "Reminder", reminder::Column::PersonId, "Reminders to them."),
            many("messages", "Message", message::Column::PersonId, "Messages to them."),
        ],
        filters: vec![
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
            is("email", C::Email, "With exactly this address, in lower case."),
        ],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn contact() -> Type {
    use contact::Column as C;
    Type {
        name: "Contact",
        about: "That a person is something at a setting.",
        table: table(contact::Entity),
        scope: Scope::contacts,
        root: root("contacts", "The contacts you may see."),
        fields: vec![
            word::<ContactRole>("role", C::Role, "What they are there."),
            column("createdAt", C::CreatedAt, "When recorded."),
            column("endedAt", C::EndedAt, "When they left the role."),
            one("person", "Person", C::PersonId, "Who."),
            one("setting", "Setting", C::SettingId, "Where."),
        ],
        filters: vec![
            any_of::<ContactRole>("role", C::Role, "Of one of these roles."),
            refers("setting", "Setting", C::SettingId, "At this setting."),
            refers("person", "Person", C::PersonId, "Of this person."),
            empty("current", C::EndedAt, "True: still in the role. False: left."),
        ],
        orders: vec![asc("CREATED_AT", C::CreatedAt)],
    }
}

fn role_grant() -> Type {
    use role_grant::Column as C;
    Type {
        name: "RoleGrant",
        about: "That a person has a role, and for what.",
        table: table(role_grant::Entity),
        scope: Scope::role_grants,
        root: None,
        fields: vec![
            word::<Role>("role", C::Role, "The role."),
            column("grantedAt", C::GrantedAt, "When granted."),
            column("revokedAt", C::RevokedAt, "When taken back."),
            one("person", "Person", C::PersonId, "Who has it."),
            one("region", "Region", C::RegionId, "The region, for a regional lead."),
            one("hub", "Hub", C::HubId, "The hub, for a hub lead."),
            one("setting", "Setting", C::SettingId, "The school or trust, for a school user."),
        ],
        filters: vec![empty("current", C::RevokedAt, "True: in force. False: taken back.")],
        orders: vec![asc("GRANTED_AT", C::GrantedAt)],
    }
}
