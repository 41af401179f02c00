//! What goes to many goes to exactly those whom its preview showed, and not at all when they are
//! others by then.

use std::collections::BTreeSet;

use entity::enrolments::enrolment;
use entity::id::new_id;
use entity::messages::suppressions::{Ground, suppress};
use entity::messages::{bulletin, message};
use entity::people::grants::Grant;
use entity::people::{contact, person};
use entity::programme::cohort;
use entity::surveys::{personal_invitation, questionnaire, survey_campaign, survey_invitation};
use rules::messages::suppression::SuppressionReason;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::rise::{Rise, at};
use tests::server::{self, Server};
use tests::tokens::token_for;
use tests::{World, both};
use uuid::Uuid;

/// Somebody, and the partner they get something for.
type Pairs = BTreeSet<(Uuid, Uuid)>;

/// Five partners: Ash's head takes mail under capitals, Birch's address is on the list in small
/// letters, Cedar is paused, Elm's head is Ash's too, and Fir's wants no mail that is no duty.
struct Stage {
    rise: Rise,
    server: Server,
    token: String,
}

impl Stage {
    async fn new(world: &World) -> Self {
        world.clock.set(at("2026-10-05T09:00:00Z"));
        let names =
            ["Ash", "Birch", "Cedar", "Elm", "Fir"].map(|tree| format!("Demo {tree} School"));
        let rise = Rise::seed(world, &names.each_ref().map(String::as_str)).await;
        for partner in &rise.partners[..4] {
            set(world, person::Column::OptionalMail, true, partner.head).await;
        }
        for (at, email) in [(0, "Head.Of.Ash@Example.ORG"), (1, "Head.Of.Birch@Example.ORG")] {
            set(world, person::Column::Email, email, rise.partners[at].head).await;
        }
        list(world, "head.of.birch@example.org").await;
        enrolment::Entity::update_many()
            .col_expr(enrolment::Column::Status, Expr::value("paused"))
            .filter(enrolment::Column::Id.eq(rise.partners[2].enrolment))
            .exec(world.db.migrator())
            .await
            .expect("paused");
        name(world, rise.partners[0].head, rise.partners[3].setting).await;
        let token = token_for(world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let server = Server::of(server::app(world).await).await;
        Self { rise, server, token }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.server.post(&self.token, body).await;
        let answer: Value = answer.json().await.expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"]["told"].clone()
    }
}

async fn set(world: &World, column: person::Column, value: impl Into<sea_orm::Value>, id: Uuid) {
    person::Entity::update_many()
        .col_expr(column, Expr::value(value.into()))
        .filter(person::Column::Id.eq(id))
        .exec(world.db.migrator())
        .await
        .expect("set");
}

/// Puts an address on the list of those that take no mail.
async fn list(world: &World, address: &str) {
    let txn = world.db.write().await.expect("a transaction");
    let reason = SuppressionReason::HardBounce;
    let ground = Ground { reason, note: "test", message_id: None, by: None };
    suppress(&txn, world.clock.now(), address, ground).await.expect("on the list");
    txn.commit().await.expect("commit");
}

/// Names somebody as headteacher of one more partner.
async fn name(world: &World, person: Uuid, setting: Uuid) {
    let now = world.clock.now();
    let row = contact::ActiveModel {
        id: Set(new_id(now)),
        person_id: Set(person),
        setting_id: Set(setting),
        role: Set("headteacher".to_owned()),
        created_at: Set(now),
        ended_at: Set(None),
    };
    let txn = world.db.write().await.expect("a transaction");
    row.insert(&txn).await.expect("a contact");
    txn.commit().await.expect("commit");
}

fn local(of: &str, id: &Value) -> Uuid {
    let id = id["id"].as_str().expect("an id");
    api::read::ids::parse(of, id).expect("an id of ours")
}

/// The people a preview shows under a key, each with the partner.
fn shown(preview: &Value, key: &str) -> Pairs {
    let all = preview[key].as_array().expect("a list").iter();
    let all: Vec<_> = all
        .map(|one| (local("Person", &one["person"]), local("Setting", &one["setting"])))
        .collect();
    let pairs: Pairs = all.iter().copied().collect();
    assert_eq!(pairs.len(), all.len(), "nobody twice: {preview:#}");
    pairs
}

async fn letters(world: &World, kinds: &[&str]) -> Vec<message::Model> {
    message::Entity::find()
        .filter(message::Column::Kind.is_in(kinds.iter().copied()))
        .all(world.db.reader())
        .await
        .expect("messages")
}

const LISTS: &str = "token recipients { person { id } setting { id } }
    excluded { person { id } setting { id } why }";

#[tokio::test]
async fn a_message_to_a_hub_is_queued_for_exactly_those_whom_its_preview_showed() {
    both(async |world| {
        let stage = Stage::new(&world).await;
        let hub = api::read::ids::global("Hub", stage.rise.hub.id);
        let given = json!({ "hub": hub });
        let query = format!(
            "query($hub: ID!) {{ told: bulletinPreview(hub: $hub, subject: \"Hall\", \
             text: \"Open\") {{ {LISTS} }} }}"
        );
        let send = "mutation($input: BulletinSendInput!) { told: bulletinSend(input: $input) {
            bulletin { id recipients } userErrors { code field } } }";
        let input = |preview: &Value| {
            json!({ "input": { "hubId": hub, "subject": "Hall", "text": "Open",
                "previewToken": preview["token"] } })
        };
        let [ash, birch, cedar, elm, fir] = [0, 1, 2, 3, 4].map(|at| stage.rise.partners[at]);
        let first = stage.ask(&query, given.clone()).await;
        let heads: BTreeSet<Uuid> =
            shown(&first, "recipients").into_iter().map(|(person, _)| person).collect();
        assert_eq!(heads, [ash.head, elm.head].into(), "{}: {first:#}", world.name);
        let heads: BTreeSet<Uuid> =
            shown(&first, "excluded").into_iter().map(|(person, _)| person).collect();
        assert_eq!(heads, [birch.head, cedar.head, fir.head].into(), "{first:#}");

        // Somebody changes their mind in between: nothing goes.
        set(&world, person::Column::OptionalMail, true, fir.head).await;
        let told = stage.ask(send, input(&first)).await;
        let refused = json!([{ "code": "CONFLICT", "field": "previewToken" }]);
        assert_eq!(told, json!({ "bulletin": null, "userErrors": refused }), "{}", world.name);
        assert!(letters(&world, &["bulletin"]).await.is_empty());
        let all = bulletin::Entity::find().all(world.db.reader()).await.expect("bulletins");
        assert!(all.is_empty(), "{}", world.name);

        let second = stage.ask(&query, given).await;
        let told = stage.ask(send, input(&second)).await;
        assert_eq!(told["bulletin"]["recipients"], 3, "{told:#}");
        let queued: Vec<Uuid> =
            letters(&world, &["bulletin"]).await.iter().map(|row| row.person_id).collect();
        let wanted: BTreeSet<Uuid> =
            shown(&second, "recipients").into_iter().map(|(person, _)| person).collect();
        assert_eq!(queued.len(), wanted.len(), "{}", world.name);
        assert_eq!(queued.into_iter().collect::<BTreeSet<_>>(), wanted, "{}", world.name);

        // A second click is answered with the same, and nobody gets it twice.
        assert_eq!(stage.ask(send, input(&second)).await, told, "{}", world.name);
        assert_eq!(letters(&world, &["bulletin"]).await.len(), 3, "{}", world.name);
        let mut other = input(&second);
        other["input"]["text"] = "Shut".into();
        let refused = json!([{ "code": "CONFLICT", "field": "previewToken" }]);
        assert_eq!(stage.ask(send, other).await["userErrors"], refused, "{}", world.name);
    })
    .await;
}

/// A campaign of the cohort, from the fifth of October to a day: staff by a code, leaders by links.
async fn campaign(world: &World, stage: &Stage, closes: &str) -> String {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let row = questionnaire::ActiveModel {
        id: Set(new_id(now)),
        key: Set("demo-all".to_owned()),
        version: Set(1),
        title: Set("How school feels".to_owned()),
        introduction: Set("Tell us how it is.".to_owned()),
        groups: Set(json!(["staff", "leaders"])),
        pages: Set(json!([])),
        created_at: Set(now),
    };
    let asked = row.insert(&txn).await.expect("a questionnaire").id;
    let cohort = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026"));
    let cohort = cohort.one(&txn).await.expect("a read").expect("the cohort").id;
    txn.commit().await.expect("commit");
    let global = api::read::ids::global;
    let group = |group: &str| json!({ "respondentGroup": group, "questionnaireId": global("Questionnaire", asked) });
    let input = json!({ "input": {
        "programmeId": global("Programme", stage.rise.id), "key": "by-hand", "title": "By hand",
        "wave": "FEEDBACK", "cohortId": global("Cohort", cohort),
        "opensOn": "2026-10-05", "closesOn": closes, "remindDays": [],
        "groups": [group("STAFF"), group("LEADERS")] } });
    let create = "mutation($input: SurveyCampaignCreateInput!) {
        told: surveyCampaignCreate(input: $input) { campaign { id } userErrors { field message } } }";
    let told = stage.ask(create, input).await;
    told["campaign"]["id"].as_str().unwrap_or_else(|| panic!("{told:#}")).to_owned()
}

/// Whom the letters about surveys were queued for.
async fn surveyed(world: &World) -> Pairs {
    let db = world.db.reader();
    let asked = survey_invitation::Entity::find().all(db).await.expect("invitations");
    let own = personal_invitation::Entity::find().all(db).await.expect("links");
    let enrolments = enrolment::Entity::find().all(db).await.expect("enrolments");
    let setting = |about: Uuid| {
        let of = own.iter().find(|row| row.id == about).map_or(about, |row| row.invitation_id);
        let of = asked.iter().find(|row| row.id == of).expect("an invitation").enrolment_id;
        enrolments.iter().find(|row| row.id == of).expect("an enrolment").partner_setting_id
    };
    let rows = letters(world, &["survey_invitation", "survey_link"]).await;
    rows.iter().map(|row| (row.person_id, setting(row.about_id.expect("a subject")))).collect()
}

const LAUNCH: &str = "mutation($input: SurveyCampaignLaunchInput!) {
    told: surveyCampaignLaunch(input: $input) { campaign { state } userErrors { code field } } }";

#[tokio::test]
async fn a_campaign_writes_to_exactly_those_whom_the_preview_of_its_launch_showed() {
    both(async |world| {
        let stage = Stage::new(&world).await;
        let campaign = campaign(&world, &stage, "2026-10-20").await;
        let query = format!(
            "query($campaign: ID!) {{ told: surveyCampaignPreview(campaign: $campaign) \
             {{ {LISTS} }} }}"
        );
        let given = json!({ "campaign": campaign });
        let input = |preview: &Value| {
            json!({ "input": { "campaignId": campaign, "previewToken": preview["token"] } })
        };
        let [ash, birch, _, elm, fir] = [0, 1, 2, 3, 4].map(|at| stage.rise.partners[at]);
        let first = stage.ask(&query, given.clone()).await;
        let wanted: Pairs =
            [(ash.head, ash.setting), (ash.head, elm.setting), (elm.head, elm.setting)].into();
        let wanted: Pairs = wanted.into_iter().chain([(fir.head, fir.setting)]).collect();
        assert_eq!(shown(&first, "recipients"), wanted, "{}: {first:#}", world.name);
        assert_eq!(shown(&first, "excluded"), [(birch.head, birch.setting)].into(), "{first:#}");

        // Somebody is named at one more school in between: nothing is launched.
        name(&world, elm.head, fir.setting).await;
        let told = stage.ask(LAUNCH, input(&first)).await;
        let refused = json!([{ "code": "CONFLICT", "field": "previewToken" }]);
        assert_eq!(told, json!({ "campaign": null, "userErrors": refused }), "{}", world.name);
        let all = survey_campaign::Entity::find().all(world.db.reader()).await.expect("campaigns");
        assert!(all.iter().all(|row| row.state == "draft"), "{}: {all:#?}", world.name);
        assert!(surveyed(&world).await.is_empty(), "{}", world.name);

        let second = stage.ask(&query, given).await;
        let told = stage.ask(LAUNCH, input(&second)).await;
        assert_eq!(told["campaign"]["state"], "OPEN", "{told:#}");
        // Of those whom it names as kept back too, nobody is written to in the end.
        let mut queued = surveyed(&world).await;
        assert!(queued.remove(&(birch.head, birch.setting)), "kept back when it is sent");
        assert_eq!(queued, shown(&second, "recipients"), "{}", world.name);
        assert!(queued.contains(&(elm.head, fir.setting)));
    })
    .await;
}

#[tokio::test]
async fn a_campaign_that_closes_before_anybodys_next_hour_shows_nobody_and_can_be_launched() {
    both(async |world| {
        let stage = Stage::new(&world).await;
        let campaign = campaign(&world, &stage, "2026-10-05").await;
        // Its last evening: no hour for mail is left.
        world.clock.set(at("2026-10-05T21:00:00Z"));
        let query = format!(
            "query($campaign: ID!) {{ told: surveyCampaignPreview(campaign: $campaign) \
             {{ {LISTS} }} }}"
        );
        let shows = stage.ask(&query, json!({ "campaign": campaign })).await;
        assert_eq!(shows["recipients"], json!([]), "{}: {shows:#}", world.name);
        let why = "The survey closes before their next hour for mail.";
        let excluded = shows["excluded"].as_array().expect("a list");
        assert!(excluded.iter().any(|one| one["why"] == why), "{shows:#}");
        let input = json!({ "campaignId": campaign, "previewToken": shows["token"] });
        let told = stage.ask(LAUNCH, json!({ "input": input })).await;
        assert_eq!(told["campaign"]["state"], "OPEN", "for its codes: {told:#}");
        assert!(surveyed(&world).await.is_empty(), "{}", world.name);
    })
    .await;
}
