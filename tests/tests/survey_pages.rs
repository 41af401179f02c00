//! The pages on which a survey is answered.

use std::collections::BTreeSet;

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use entity::audit::audit_entry;
use entity::people::{contact, secrets};
use entity::surveys::{
    answering, personal_invitation, survey_campaign, survey_code, survey_draft, survey_invitation,
    survey_response,
};
use rules::links::{Link, Purpose};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, Statement, sea_query::Expr,
};
use tests::rise::{Rise, at, day};
use tests::survey::Survey;
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

const SECRET: &str = "a secret of the tests, long enough to be one";

/// The pages over a survey of one school, at 09:00 on 5 October 2026.
struct Pages {
    world: World,
    rise: Rise,
    survey: Survey,
    router: Router,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    location: String,
    retry_after: Option<String>,
    text: String,
}

impl Pages {
    async fn new(world: World, enough: i32) -> Self {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at("2026-10-05T08:00:00Z"));
        let survey = Survey::seed(&world, &rise, enough).await;
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        secrets::shared(&txn, now, secrets::LINKS, SECRET.to_owned()).await.expect("a secret");
        txn.commit().await.expect("commit");
        let mut app =
            App::open(world.config.clone(), CancellationToken::new()).await.expect("opens");
        app.clock = world.clock.clone();
        let router = api::http::pages::router().with_state(app);
        Self { world, rise, survey, router }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let headers = response.headers().clone();
        let header = |name: header::HeaderName| {
            headers.get(name).map(|value| value.to_str().expect("text").to_owned())
        };
        let policy = header(header::CONTENT_SECURITY_POLICY).expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
        assert_eq!(header(header::CACHE_CONTROL).as_deref(), Some("no-store"));
        assert_eq!(header(header::SET_COOKIE), None);
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        assert!(!text.contains("<script"), "{text}");
        let location = header(header::LOCATION).unwrap_or_default();
        Answer { status, location, retry_after: header(header::RETRY_AFTER), text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        self.ask(request).await
    }

    fn by_code(&self) -> String {
        format!("/survey/{}", self.survey.code)
    }

    fn by_link(&self) -> String {
        self.link(Purpose::Survey(self.survey.personal), self.rise.partners[0].head)
    }

    fn link(&self, purpose: Purpose, person: Uuid) -> String {
        let link = Link::mailed(purpose, person, self.world.clock.now());
        format!("/s/{}", link.seal(SECRET.as_bytes()))
    }

    /// Begins a submission and returns its address, without a step.
    async fn begin(&self, base: &str) -> String {
        let begun = self.post(base, "").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let address = begun.location.strip_suffix("/1").expect("the first page").to_owned();
        assert!(address.starts_with(base));
        address
    }

    /// Answers all of the pupils' questions and stops before sending.
    async fn fill_in(&self) -> String {
        let address = self.begin(&self.by_code()).await;
        let next = self.post(&format!("{address}/1"), "calm=often&fair=rarely").await;
        assert_eq!(next.location, format!("{address}/2"));
        let next = self.post(&format!("{address}/2"), "safe=always").await;
        assert_eq!(next.location, format!("{address}/check"));
        address
    }

    /// Answers all of the leaders' questions by `base` and stops before sending.
    async fn fill_in_as_leader(&self, base: &str) -> String {
        let address = self.begin(base).await;
        self.post(&format!("{address}/1"), "useful=often").await;
        self.post(&format!("{address}/2"), "best=The+visits&more=").await;
        address
    }

    async fn responses(&self) -> Vec<survey_response::Model> {
        survey_response::Entity::find().all(self.world.db.reader()).await.expect("a read")
    }

    async fn drafts(&self) -> Vec<survey_draft::Model> {
        survey_draft::Entity::find().all(self.world.db.reader()).await.expect("a read")
    }

    async fn set_campaign(&self, column: survey_campaign::Column, value: &str) {
        let txn = self.world.db.write().await.expect("a transaction");
        survey_campaign::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .exec(&txn)
            .await
            .expect("changed");
        txn.commit().await.expect("commit");
    }

    async fn retire_codes(&self) {
        let txn = self.world.db.write().await.expect("a transaction");
        survey_code::Entity::update_many()
            .col_expr(survey_code::Column::RetiredAt, Expr::value(Some(self.world.clock.now())))
            .exec(&txn)
            .await
            .expect("retired");
        txn.commit().await.expect("commit");
    }
}

#[tokio::test]
async fn a_pupil_answers_by_code_and_only_the_sending_counts() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let shown = rules::surveys::code::shown(&pages.survey.code);
        assert_eq!(pages.get("/survey").await.status, StatusCode::OK);
        let found = pages.post("/survey", &format!("code=+{}", shown.to_lowercase())).await;
        assert_eq!(found.location, pages.by_code());
        let welcome = pages.get(&pages.by_code()).await;
        assert_eq!(welcome.status, StatusCode::OK);
        for part in [
            "Demo Ash School: Pupils",
            "How school feels to pupils",
            "Autumn 2026",
            "Tell us",
            &shown,
            "4 questions on 2 pages",
            "9 October 2026",
        ] {
            assert!(welcome.text.contains(part), "{part}: {}", welcome.text);
        }
        assert!(pages.drafts().await.is_empty(), "looking begins nothing");

        let address = pages.begin(&pages.by_code()).await;
        let first = pages.get(&format!("{address}/1")).await;
        for part in ["Page 1 of 2", "In lessons", "1. My lessons are calm", "Hardly ever or never"]
        {
            assert!(first.text.contains(part), "{part}: {}", first.text);
        }
        // Nobody can read ahead of what was asked, nor send it.
        for ahead in ["2", "3", "check", "sent", "0", "-1", "x"] {
            let answer = pages.get(&format!("{address}/{ahead}")).await;
            assert_eq!(answer.location, format!("{address}/1"), "{ahead}");
        }
        let early = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.text.contains("Question 3: Choose one answer."), "{}", early.text);

        let next = pages.post(&format!("{address}/1"), "calm=often&fair=rarely&made=up").await;
        assert_eq!(next.location, format!("{address}/2"));
        assert_eq!(pages.get(&address).await.location, format!("{address}/2"), "goes on there");
        let back = pages.get(&format!("{address}/1")).await;
        assert!(back.text.contains("value=\"often\" checked"), "{}", back.text);
        let next = pages.post(&format!("{address}/2"), "safe=always").await;
        assert_eq!(next.location, format!("{address}/check"));
        let check = pages.get(&next.location).await;
        for part in ["Check your answers", "on the way out", "Always", "Not answered", "/1?check"] {
            assert!(check.text.contains(part), "{part}: {}", check.text);
        }
        let changed = pages.post(&format!("{address}/1?check"), "calm=always&fair=rarely").await;
        assert_eq!(changed.location, format!("{address}/check"));
        assert!(pages.responses().await.is_empty());

        let sent = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(sent.location, format!("{address}/sent"));
        let thanks = pages.get(&sent.location).await;
        assert_eq!(thanks.status, StatusCode::OK);
        assert!(thanks.text.contains("Thank you") && thanks.text.contains("an adult you trust"));
        let responses = pages.responses().await;
        assert_eq!(responses.len(), 1);
        let expected = serde_json::json!({ "calm": "always", "fair": "rarely", "safe": "always" });
        assert_eq!(responses[0].answers, expected);
        assert!(pages.drafts().await.is_empty());
        let [group, leaders] = pages.survey.invitations(&pages.world).await;
        assert_eq!((group.responses, group.first_on), (1, Some(day("2026-10-05"))));
        assert_eq!((group.enough_on, leaders.responses), (None, 0));

        // Whatever is done with the address afterwards, the answers stay as they were sent.
        for (step, form) in [("check", ""), ("1", "calm=rarely&fair=rarely"), ("sent", "")] {
            let again = pages.post(&format!("{address}/{step}"), form).await;
            assert_eq!(again.location, format!("{address}/sent"), "{step}");
        }
        for step in ["", "/1", "/2", "/check"] {
            let again = pages.get(&format!("{address}{step}")).await;
            assert_eq!(again.location, format!("{address}/sent"), "{step}");
        }
        assert_eq!(pages.responses().await, responses);
        assert_eq!(pages.survey.invitations(&pages.world).await[0].responses, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_question_and_in_a_summary_and_nothing_entered_is_lost() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.begin(&pages.by_code()).await;
        let first = format!("{address}/1");
        let answer = pages.post(&first, "calm=often&fair=").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [
            "<title>Error: In lessons",
            "href=\"#fair-always\"",
            "Question 2: Choose one answer.",
            "aria-describedby=\"fair-problem\"",
            "id=\"fair-problem\"",
            "value=\"often\" checked",
            "tabindex=\"-1\" autofocus",
        ] {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
        assert!(!answer.text.contains("calm-problem"));
        let kept = pages.get(&first).await;
        assert!(kept.text.contains("value=\"often\" checked"), "what was right is saved");
        let answer = pages.post(&first, "calm=sometimes&fair=always").await;
        assert!(answer.text.contains("Question 1: Choose one of the answers shown."));

        let address = pages.begin(&pages.by_link()).await;
        pages.post(&format!("{address}/1"), "useful=often").await;
        let second = format!("{address}/2");
        let long = "é".repeat(2_001);
        for (best, problem) in [
            ("+%0D%0A", "Question 2: Write an answer."),
            (long.as_str(), "Use at most 2,000 characters. You have used 2001."),
            ("a%00b", "a character that cannot be kept"),
        ] {
            let answer = pages.post(&second, &format!("best={best}&more=%3Cb%3Ekept")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains(problem), "{problem}");
            assert!(answer.text.contains("aria-describedby=\"best-hint best-problem\""));
            assert!(answer.text.contains("#60;b") && !answer.text.contains("<b>kept"));
            if best == long {
                assert!(answer.text.contains(&long), "too much is shown again");
            }
        }
        for form in ["", "best", "%ff=%fe", "best=x&best=y"] {
            let answer = pages.post(&second, form).await;
            assert!(!answer.status.is_server_error(), "{form}: {}", answer.status);
        }
        let huge = pages.post(&second, &"x".repeat(300_000)).await;
        assert!(huge.status.is_client_error());
        assert!(pages.responses().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn enough_answers_meet_what_the_school_owes_in_the_same_moment() {
    both(async |world| {
        let pages = Pages::new(world, 1).await;
        let enrolment = pages.rise.partners[0].enrolment;
        let owed = async || {
            pages.rise.obligation(&pages.world, enrolment, "perception_survey").await.state
        };
        let address = pages.fill_in().await;
        pages.post(&format!("{address}/check"), "").await;
        assert_eq!(owed().await, "open", "the leaders have not answered");
        let address = pages.fill_in_as_leader(&pages.by_link()).await;
        pages.post(&format!("{address}/check"), "").await;
        let groups = pages.survey.invitations(&pages.world).await;
        assert!(groups.iter().all(|group| group.enough_on == Some(day("2026-10-05"))));
        assert_eq!(owed().await, "met");
        // Neither answering nor what follows from it says in the audit who answered, or when.
        let entries = audit_entry::Entity::find().all(pages.world.db.reader()).await;
        assert_eq!(entries.expect("a read"), []);
    })
    .await;
}

#[tokio::test]
async fn a_group_asked_by_links_has_enough_once_each_of_its_links_was_used() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        pages.post(&format!("{address}/check"), "").await;
        let address = pages.fill_in_as_leader(&pages.by_link()).await;
        pages.post(&format!("{address}/check"), "").await;
        let [pupils, leaders] = pages.survey.invitations(&pages.world).await;
        assert_eq!(leaders.enough_on, Some(day("2026-10-05")), "one link, one answer");
        assert_eq!((pupils.responses, pupils.enough_on), (1, None), "pupils are as many as come");
    })
    .await;
}

#[tokio::test]
async fn a_personal_link_works_once_and_opening_it_does_not_spend_it() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let link = pages.by_link();
        for _ in 0..3 {
            assert_eq!(pages.get(&link).await.status, StatusCode::OK);
        }
        // Begun on two machines; only one of them can send.
        let one = pages.fill_in_as_leader(&link).await;
        let other = pages.fill_in_as_leader(&link).await;
        assert_ne!(one, other);
        let sent = pages.post(&format!("{one}/check"), "").await;
        assert_eq!(sent.location, format!("{one}/sent"));
        let answered = |answer: &Answer| {
            assert_eq!(answer.status, StatusCode::GONE);
            assert!(answer.text.contains("You have answered this survey"), "{}", answer.text);
        };
        answered(&pages.get(&link).await);
        answered(&pages.post(&link, "").await);
        answered(&pages.post(&format!("{other}/check"), "").await);
        answered(&pages.get(&format!("{other}/check")).await);
        let again = pages.post(&format!("{one}/check"), "").await;
        assert_eq!(again.location, format!("{one}/sent"));
        assert_eq!(pages.get(&again.location).await.status, StatusCode::OK);
        assert_eq!(pages.responses().await.len(), 1);
        assert_eq!(pages.survey.invitations(&pages.world).await[1].responses, 1);
        let row = personal_invitation::Entity::find_by_id(pages.survey.personal);
        let row = row.one(pages.world.db.reader()).await.expect("a read").expect("the row");
        assert_eq!(row.answered_on, Some(day("2026-10-05")));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_not_for_this_opens_nothing() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let head = pages.rise.partners[0].head;
        let good = pages.by_link();
        let address = pages.begin(&good).await;
        for (path, status) in [
            ("/s/garbled".to_owned(), StatusCode::NOT_FOUND),
            (good[..good.len() - 2].to_owned(), StatusCode::NOT_FOUND),
            ("/s/%ff%00".to_owned(), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Preferences, head), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Obligation(pages.survey.personal), head), StatusCode::NOT_FOUND),
            (good.replace("/s/", "/o/"), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Survey(pages.survey.personal), pages.rise.lead), StatusCode::GONE),
            (pages.link(Purpose::Survey(pages.survey.leaders), head), StatusCode::GONE),
            (format!("{good}/AAAAAAAAAAAAAAAAAAAAAA/1"), StatusCode::GONE),
            (format!("{good}/short/1"), StatusCode::NOT_FOUND),
            // A submission is known where it was begun, and nowhere else.
            (format!("{}/1", address.replace(&good, &pages.by_code())), StatusCode::GONE),
        ] {
            assert_eq!(pages.get(&path).await.status, status, "{path}");
            assert_eq!(pages.post(&path, "").await.status, status, "{path}");
        }
        let row = contact::Entity::find().one(pages.world.db.reader()).await.expect("a read");
        let mut row = row.expect("the contact").into_active_model();
        row.ended_at = sea_orm::ActiveValue::Set(Some(pages.world.clock.now()));
        let txn = pages.world.db.write().await.expect("a transaction");
        row.update(&txn).await.expect("ended");
        txn.commit().await.expect("commit");
        let gone = pages.get(&good).await;
        assert_eq!(gone.status, StatusCode::GONE, "who left the school does not speak for it");
        pages.world.clock.set(at("2026-12-05T09:00:00Z"));
        assert!(pages.get(&good).await.text.contains("expired"));
    })
    .await;
}

#[tokio::test]
async fn a_survey_takes_answers_only_on_its_days() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let base = pages.by_code();
        let address = pages.fill_in().await;
        for (now, status, words) in [
            ("2026-09-30T22:59:59Z", StatusCode::FORBIDDEN, "opens on 1 October 2026"),
            ("2026-09-30T23:00:00Z", StatusCode::OK, "Start"),
            ("2026-10-09T22:59:59Z", StatusCode::OK, "Start"),
            ("2026-10-09T23:00:00Z", StatusCode::GONE, "This survey is closed"),
        ] {
            pages.world.clock.set(at(now));
            let seen = pages.get(&base).await;
            assert_eq!(seen.status, status, "{now}");
            assert!(seen.text.contains(words), "{words}: {}", seen.text);
            if status != StatusCode::OK {
                for path in [&base, &format!("{address}/1"), &format!("{address}/check")] {
                    assert_eq!(pages.post(path, "calm=always&fair=often").await.status, status);
                }
                assert_eq!(pages.get(&format!("{address}/check")).await.status, status);
            }
        }
        let half_done = pages.get(&format!("{address}/1")).await;
        assert_eq!(half_done.status, StatusCode::GONE);
        for part in ["This survey has closed", "Your answers were not sent."] {
            assert!(half_done.text.contains(part), "{part}: {}", half_done.text);
        }
        pages.world.clock.set(at("2026-10-05T08:00:00Z"));
        pages.set_campaign(survey_campaign::Column::State, "closed").await;
        assert_eq!(pages.get(&base).await.status, StatusCode::GONE);
        // Closing forgets drafts, and how a submission that was sent was known.
        let forgotten = pages.get(&format!("{base}/AAAAAAAAAAAAAAAAAAAAAA/1")).await;
        assert_eq!(forgotten.status, StatusCode::GONE);
        for part in ["This survey has closed", "were not sent, unless you sent them before"] {
            assert!(forgotten.text.contains(part), "{part}: {}", forgotten.text);
        }
        for answer in [half_done, forgotten] {
            let main = answer.text.split_once("<main").expect("the page").1;
            assert!(!main.contains("href") && !main.contains("tart again"), "{main}");
        }
        assert_eq!(pages.post(&format!("{address}/check"), "").await.status, StatusCode::GONE);
        assert!(pages.responses().await.is_empty());

        pages.set_campaign(survey_campaign::Column::State, "open").await;
        let (scope, ended_on) = (entity::scope::Scope::System, day("2026-10-05"));
        let txn = pages.world.db.write().await.expect("a transaction");
        let (now, id) = (pages.world.clock.now(), pages.rise.partners[0].enrolment);
        entity::enrolments::withdraw(&txn, &scope, None, now, id, None, ended_on, "Moved away")
            .await
            .expect("withdrawn");
        txn.commit().await.expect("commit");
        assert_eq!(pages.post(&format!("{address}/check"), "").await.status, StatusCode::GONE);
        assert!(pages.responses().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_code_that_opens_nothing_says_the_same_whatever_it_is() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        let good = pages.survey.code.clone();
        let unknown = rules::surveys::code::from_random(99);
        let mistyped = format!("{}{}", &good[..7], if good.ends_with('B') { 'C' } else { 'B' });
        pages.retire_codes().await;
        let mut seen = BTreeSet::new();
        for code in [good.as_str(), &unknown, &mistyped, "x", "%00", &"B".repeat(500)] {
            for answer in [
                pages.get(&format!("/survey/{code}")).await,
                pages.post(&format!("/survey/{code}"), "").await,
            ] {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{code}");
                let (before, after) = answer.text.split_once("value=\"").expect("the field");
                let rest = after.split_once('"').expect("its end").1;
                seen.insert(format!("{before}{rest}"));
            }
        }
        assert_eq!(seen.len(), 1, "{seen:#?}");
        for part in ["your school may have a new one", "ask the teacher who gave it to you"] {
            assert!(seen.iter().all(|text| text.contains(part)), "{part}: {seen:#?}");
        }
        // Who began before the code was changed may finish.
        let sent = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(sent.location, format!("{address}/sent"));
    })
    .await;
}

#[tokio::test]
async fn who_has_a_code_and_no_mail_is_led_back_to_the_form_for_codes() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.begin(&pages.by_code()).await;
        for astray in [
            pages.get(&format!("{}/AAAA/1", pages.by_code())).await,
            pages.get(&format!("{}/AAAA", pages.by_code())).await,
            pages.post(&format!("{}/AAAA/1", pages.by_code()), "calm=often").await,
            pages.get("/survey/%ff").await,
            pages.post(&format!("{address}/9"), "calm=often").await,
            pages.post(&format!("{address}/x"), "calm=often").await,
        ] {
            assert_eq!(astray.status, StatusCode::NOT_FOUND);
            let link = "href=\"/survey\">Enter your code again</a>";
            assert!(astray.text.contains(link), "{}", astray.text);
            assert!(!astray.text.contains("mail"), "{}", astray.text);
        }
        let by_link = pages.get(&format!("{}/AAAA/1", pages.by_link())).await;
        assert!(by_link.text.contains("from the mail"), "{}", by_link.text);

        for nothing in ["", "code=", "code=+%0D%0A"] {
            let empty = pages.post("/survey", nothing).await;
            assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{nothing}");
            assert_eq!(empty.text.matches("Enter your code.").count(), 2, "{}", empty.text);
            assert!(!empty.text.contains("may have a new one"), "{}", empty.text);
        }
        assert!(!pages.get("/survey").await.text.contains("Enter your code."));
    })
    .await;
}

#[tokio::test]
async fn who_tries_out_codes_has_to_wait_and_others_do_not() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        let from = async |host: u8, path: &str| {
            let connected: std::net::SocketAddr = ([192, 0, 2, host], 4_711).into();
            let request = Request::get(path).extension(ConnectInfo(connected));
            pages.ask(request.body(Body::empty()).expect("a request")).await
        };
        // A class that mistypes its code is not slowed down: nothing can be learnt that way.
        for _ in 0..60 {
            assert_eq!(from(1, "/survey/BBBB-BBBC").await.status, StatusCode::NOT_FOUND);
        }
        let guess = |number: u128| format!("/survey/{}", rules::surveys::code::from_random(number));
        for number in 0..20 {
            assert_eq!(from(1, &guess(number)).await.status, StatusCode::NOT_FOUND);
        }
        let slowed = from(1, &guess(20)).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(slowed.retry_after.as_deref(), Some("600"));
        let refused = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(from(1, &pages.by_code()).await.status, refused, "a true code tells nothing");
        let made_up = format!("{}/AAAAAAAAAAAAAAAAAAAAAA/1", pages.by_code());
        assert_eq!(from(1, &made_up).await.status, refused);
        let made_up = format!("{}/AAAAAAAAAAAAAAAAAAAAAA/1", guess(21));
        assert_eq!(from(1, &made_up).await.status, refused);
        assert_eq!(from(1, &format!("{address}/check")).await.status, StatusCode::OK);
        assert_eq!(from(2, &pages.by_code()).await.status, StatusCode::OK);
        pages.world.clock.set(at("2026-10-05T08:10:00Z"));
        assert_eq!(from(1, &pages.by_code()).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn sending_at_once_counts_each_submission_once() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let mut addresses = Vec::new();
        for _ in 0..4 {
            addresses.push(format!("{}/check", pages.fill_in().await));
        }
        let mut sending = tokio::task::JoinSet::new();
        for address in addresses.iter().chain(&addresses).chain(&addresses) {
            let (router, address) = (pages.router.clone(), address.clone());
            sending.spawn(async move {
                let request = Request::post(&address)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                let request = request.body(Body::empty()).expect("a request");
                router.oneshot(request).await.expect("an answer").status()
            });
        }
        while let Some(status) = sending.join_next().await {
            assert_eq!(status.expect("no panic"), StatusCode::SEE_OTHER);
        }
        let responses = pages.responses().await;
        let different: BTreeSet<_> = responses.iter().map(|row| &row.submission_hash).collect();
        assert_eq!((responses.len(), different.len()), (4, 4));
        assert_eq!(pages.survey.invitations(&pages.world).await[0].responses, 4);
        assert!(pages.drafts().await.is_empty());

        // One personal link, two submissions, both sent at once: one counts.
        let link = pages.by_link();
        let one = pages.fill_in_as_leader(&link).await;
        let other = pages.fill_in_as_leader(&link).await;
        let (first, second) = (format!("{one}/check"), format!("{other}/check"));
        let (first, second) = tokio::join!(pages.post(&first, ""), pages.post(&second, ""));
        let statuses = BTreeSet::from([first.status, second.status]);
        assert_eq!(statuses, BTreeSet::from([StatusCode::SEE_OTHER, StatusCode::GONE]));
        assert_eq!(pages.survey.invitations(&pages.world).await[1].responses, 1);
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story: from the first answer to the close")]
async fn nothing_ties_an_answer_to_who_gave_it_or_when() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let mut sent = Vec::new();
        for minute in 0..6 {
            pages.world.clock.set(at(&format!("2026-10-05T08:{minute:02}:00Z")));
            let address = pages.fill_in().await;
            pages.post(&format!("{address}/check"), "").await;
            sent.push(address.rsplit('/').next().expect("an id").to_owned());
        }
        let invitation = pages.survey.invitations(&pages.world).await[0].clone();
        let changed = invitation.changed_at;
        assert!(changed <= at("2026-10-05T08:00:00Z"), "no moment of an answer is kept");
        assert_eq!(invitation.told_at, Some(at("2026-10-05T09:00:00Z")), "but its hour");
        let db = pages.world.db.reader();
        let columns = match db.get_database_backend() {
            DbBackend::Sqlite => "SELECT name FROM pragma_table_info('survey_response')",
            _ => {
                "SELECT column_name AS name FROM information_schema.columns \
                  WHERE table_name = 'survey_response'"
            }
        };
        let rows = db
            .query_all_raw(Statement::from_string(db.get_database_backend(), columns))
            .await
            .expect("a read");
        let columns: BTreeSet<String> =
            rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
        let known = ["answers", "campaign_id", "id", "invitation_id", "submission_hash"];
        assert_eq!(columns, known.map(str::to_owned).into());
        for row in pages.responses().await {
            assert_eq!(row.id.get_version_num(), 4, "random, so that it tells no time");
            assert!(sent.iter().all(|id| !row.submission_hash.contains(id.as_str())));
        }
        let order = async || {
            let listed = "SELECT id FROM survey_response";
            let listed = Statement::from_string(db.get_database_backend(), listed);
            let rows = db.query_all_raw(listed).await.expect("a read");
            rows.iter().map(|row| row.try_get("", "id").expect("an id")).collect::<Vec<Uuid>>()
        };
        if db.get_database_backend() == DbBackend::Sqlite {
            assert!(order().await.is_sorted(), "rows lie in the order of their random ids");
            assert!(db.execute_unprepared("SELECT rowid FROM survey_response").await.is_err());
            assert!(db.execute_unprepared("SELECT rowid FROM survey_draft").await.is_err());
        }

        // Personal links: many leaders, one transaction number for all of their answers.
        let mut people = Vec::new();
        for number in 0..5 {
            let now = pages.world.clock.now();
            let txn = pages.world.db.write().await.expect("a transaction");
            let row = entity::people::person::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                name: sea_orm::ActiveValue::Set(format!("Demo Leader {number}")),
                email: sea_orm::ActiveValue::Set(format!("leader{number}@example.org")),
                digest_minute: sea_orm::ActiveValue::Set(None),
                optional_mail: sea_orm::ActiveValue::Set(true),
                created_at: sea_orm::ActiveValue::Set(now),
            };
            let person = row.insert(&txn).await.expect("a person").id;
            let row = contact::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                person_id: sea_orm::ActiveValue::Set(person),
                setting_id: sea_orm::ActiveValue::Set(pages.rise.partners[0].setting),
                role: sea_orm::ActiveValue::Set("senior_leader".to_owned()),
                created_at: sea_orm::ActiveValue::Set(now),
                ended_at: sea_orm::ActiveValue::Set(None),
            };
            row.insert(&txn).await.expect("a contact");
            let row = personal_invitation::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                campaign_id: sea_orm::ActiveValue::Set(pages.survey.campaign),
                invitation_id: sea_orm::ActiveValue::Set(pages.survey.leaders),
                person_id: sea_orm::ActiveValue::Set(person),
                answered_on: sea_orm::ActiveValue::Set(None),
                created_at: sea_orm::ActiveValue::Set(now),
            };
            let id = row.insert(&txn).await.expect("an invitation").id;
            txn.commit().await.expect("commit");
            people.push(pages.link(Purpose::Survey(id), person));
        }
        for link in &people {
            let address = pages.fill_in_as_leader(link).await;
            let sent = pages.post(&format!("{address}/check"), "").await;
            assert_eq!(sent.location, format!("{address}/sent"));
        }
        if db.get_database_backend() == DbBackend::Postgres {
            let count = |table: &str, which: &str| {
                format!("SELECT count(DISTINCT xmin::text) AS n FROM {table} WHERE {which}")
            };
            let of_group = format!("invitation_id = '{}'", pages.survey.leaders);
            for (sql, expected) in [
                (count("survey_response", &of_group), 1),
                (count("personal_invitation", "answered_on IS NOT NULL"), 5),
            ] {
                let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
                let row = row.await.expect("a read").expect("a count");
                assert_eq!(row.try_get::<i64>("", "n").expect("a number"), expected);
            }
        }

        // Once closed, not even the address in somebody's history leads to an answer.
        let before = pages.responses().await;
        let txn = pages.world.db.write().await.expect("a transaction");
        answering::seal_responses(&txn, pages.survey.campaign).await.expect("sealed");
        txn.commit().await.expect("commit");
        let after = pages.responses().await;
        let answers = |rows: &[survey_response::Model]| {
            let mut all: Vec<_> =
                rows.iter().map(|row| (row.id, row.answers.to_string())).collect();
            all.sort();
            all
        };
        assert_eq!(answers(&before), answers(&after));
        let hashes = |rows: &[survey_response::Model]| -> BTreeSet<String> {
            rows.iter().map(|row| row.submission_hash.clone()).collect()
        };
        assert!(hashes(&before).is_disjoint(&hashes(&after)));
        let pupils = survey_invitation::Entity::find_by_id(pages.survey.pupils);
        let pupils = pupils.one(db).await.expect("a read").expect("the group");
        assert_eq!(pupils.responses, 6);
        let left = survey_draft::Entity::find()
            .filter(survey_draft::Column::CampaignId.eq(pages.survey.campaign));
        assert!(left.all(db).await.expect("a read").is_empty());
        assert!(order().await.len() == 11);
    })
    .await;
}
