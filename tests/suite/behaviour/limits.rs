//! Limits of rate: for whom, for what, how they are told, and that instances share them.

use pressroom::auth::limit::Limit;
use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::{Config, Switch};
use pressroom_schema::tables::throttles;
use serde_json::{Value, json};

use crate::support::app::{Answer, Ask, NOW, PASSWORD, Store, TestApp, User, at, text};
use crate::support::graphql::{ask, data};
use crate::support::upload::{FORM, form};

fn limit(quota: u32) -> Limit {
    Limit { quota, seconds: 60 }
}

/// An application on each database, behind one proxy, with these settings besides.
async fn each_with(settings: impl Fn(Config) -> Config) -> Vec<TestApp> {
    let mut apps = Vec::new();
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = settings(Config { trusted_proxies: 1, rate_limits: Switch::On, ..store.config() });
        apps.push(TestApp::with(store, config).await);
    }
    apps
}

fn from<'a>(ask: Ask<'a>, address: &str) -> Ask<'a> {
    ask.header("X-Forwarded-For", address)
}

fn comment(n: usize) -> Value {
    json!({"body": format!("What I think, for the time {n}."), "author": {"name": "Ada", "email": "ada@example.org"}})
}

const ADD: &str =
    "mutation($post: ID!, $input: AddCommentInput!) { addComment(post: $post, input: $input) { id } }";

/// A post with open comments.
async fn post(app: &TestApp) -> User {
    let editor = app.user(Role::Editor).await;
    app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
    editor
}

/// The number that a field of the draft says of a policy.
fn number(header: &str, policy: &str, name: &str) -> u32 {
    let item = header.split(", ").find(|item| item.starts_with(&format!("\"{policy}\";")));
    let item = item.unwrap_or_else(|| panic!("nothing of {policy} in {header:?}"));
    let value = item.split(';').find_map(|part| part.strip_prefix(&format!("{name}=")));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {item:?}"))
}

/// That the answer is a refusal which says which limit it is, for how long, and which setting.
#[track_caller]
fn says(answer: &Answer, name: &str, setting: &str, quota: u32) {
    let body = answer.json();
    let (limit, detail) = if body.get("errors").is_some() && body.get("code").is_none() {
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "rate_limited", "{body}");
        let limit = &error["extensions"]["limit"];
        let names = [("windowSeconds", "window_seconds"), ("retryAfterSeconds", "retry_after_seconds")];
        let mut said = limit.clone();
        for (theirs, ours) in names {
            said[ours] = limit[theirs].clone();
        }
        (said, text(&error["message"]))
    } else {
        let problem = answer.problem(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), problem["limit"]["retry_after_seconds"].to_string());
        (problem["limit"].clone(), text(&problem["detail"]))
    };
    assert_eq!(
        (&limit["name"], &limit["setting"], &limit["quota"]),
        (&json!(name), &json!(setting), &json!(quota))
    );
    let wait = limit["retry_after_seconds"].as_u64().unwrap();
    assert!((1..=limit["window_seconds"].as_u64().unwrap()).contains(&wait), "{limit}");
    assert!(detail.contains(setting) && detail.contains(&wait.to_string()), "{detail}");
    assert_eq!(number(answer.header("ratelimit"), name, "r"), 0);
    assert_eq!(u64::from(number(answer.header("ratelimit"), name, "t")), wait);
    assert_eq!(number(answer.header("ratelimit-policy"), name, "q"), quota);
}

fn is_refused(answer: &Answer) -> bool {
    answer.status() == 429 || answer.text().contains("\"rate_limited\"")
}

#[actix_web::test]
async fn a_guests_comments_are_limited_by_address_and_every_answer_says_what_is_left() {
    for app in each_with(|config| Config { limit_comments: limit(4), ..config }).await {
        post(&app).await;
        let rest = async |n: usize, address: &str| {
            from(app.post("/v1/posts/p/comments").json(&comment(n)), address).await
        };
        let graphql = async |n: usize, address: &str| {
            from(ask(&app, ADD, &json!({"post": "p", "input": comment(n)})), address).await
        };
        // One address, however its proxy writes it.
        for (n, hop) in
            ["198.51.100.7", "198.51.100.7:5678", "::ffff:198.51.100.7", "[::ffff:198.51.100.7]:443"]
                .into_iter()
                .enumerate()
        {
            let answer = if n % 2 == 0 { rest(n, hop).await } else { graphql(n, hop).await };
            assert!(!is_refused(&answer), "{hop}: {}", answer.text());
            assert_eq!(answer.header("ratelimit-policy"), "\"comments\";q=4;w=60");
            assert_eq!(answer.header("ratelimit"), format!("\"comments\";r={};t=60", 3 - n));
        }
        app.advance(20);
        for answer in [rest(5, "198.51.100.7").await, graphql(5, "198.51.100.7:1").await] {
            says(&answer, "comments", "PRESSROOM_LIMIT_COMMENTS", 4);
        }
        assert_eq!(rest(6, "198.51.100.7").await.header("retry-after"), "40");
        // Another address is another guest; of IPv6 a /64 is one.
        assert_eq!(rest(7, "198.51.100.8").await.status(), 201);
        for (n, hop) in ["2001:db8::1", "[2001:db8::2]:443", "2001:db8:0:0:ffff::1", "[2001:db8::5]"]
            .into_iter()
            .enumerate()
        {
            assert_eq!(rest(10 + n, hop).await.status(), 201, "{hop}");
        }
        says(&rest(20, "[2001:db8::9]:1").await, "comments", "PRESSROOM_LIMIT_COMMENTS", 4);
        assert_eq!(rest(21, "2001:db8:0:1::1").await.status(), 201);
        app.advance(40);
        assert_eq!(rest(22, "198.51.100.7").await.status(), 201);
    }
}

#[actix_web::test]
async fn an_account_is_limited_wherever_it_comes_from_and_who_moderates_is_not_by_comments() {
    for app in each_with(|config| Config { limit_comments: limit(3), limit_writes: limit(9), ..config }).await
    {
        post(&app).await;
        let (writer, moderator) = (app.user(Role::Contributor).await, app.user(Role::Moderator).await);
        let say = async |by: &User, n: usize| {
            let body = json!({"body": format!("A word of the house, number {n}.")});
            from(app.post("/v1/posts/p/comments").by(by).json(&body), &format!("198.51.100.{n}")).await
        };
        for n in 0..3 {
            assert_eq!(say(&writer, n).await.status(), 201);
        }
        says(&say(&writer, 4).await, "comments", "PRESSROOM_LIMIT_COMMENTS", 3);
        for n in 10..18 {
            let answer = say(&moderator, n).await;
            assert_eq!(answer.status(), 201, "{}", answer.text());
            assert_eq!(number(answer.header("ratelimit"), "writes", "r"), u32::try_from(18 - n).unwrap());
        }
        assert_eq!(say(&moderator, 18).await.status(), 201);
        says(&say(&moderator, 19).await, "writes", "PRESSROOM_LIMIT_WRITES", 9);
        // Thirty in one request are thirty.
        let editor = app.user(Role::Editor).await;
        let many: String =
            (0..12).map(|n| format!("m{n}: createTag(input: {{name: \"Tag {n}\"}}) {{ id }} ")).collect();
        let answer = ask(&app, &format!("mutation {{ {many} }}"), &Value::Null).by(&editor).await;
        let errors = answer.json()["errors"].as_array().map_or(0, Vec::len);
        assert!((1..12).contains(&errors), "{}", answer.text());
    }
}

#[actix_web::test]
async fn instances_share_what_is_left() {
    for app in each_with(|config| Config {
        limit_comments: limit(6),
        limit_search: limit(8),
        limit_logins: limit(6),
        ..config
    })
    .await
    {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        let config = app.svc().config.clone();
        let other = TestApp::again(app.store.clone(), config, Clock::fixed(at(NOW))).await;
        let address = "198.51.100.7";
        let mut comments = Vec::new();
        let mut searches = Vec::new();
        let mut logins = Vec::new();
        for n in 0..30 {
            let instance = if n % 2 == 0 { &app } else { &other };
            comments.push(from(instance.post("/v1/posts/p/comments").json(&comment(n)), address).await);
            searches.push(from(instance.get(&format!("/v1/search?q=word{n}")), address).await);
            let login = json!({"email": editor.email, "password": PASSWORD});
            logins.push(from(instance.post("/v1/auth/login").json(&login), &format!("198.51.100.{n}")).await);
        }
        let let_in = |answers: &[Answer]| answers.iter().filter(|answer| !is_refused(answer)).count();
        assert_eq!(let_in(&comments), 6);
        // One was made before, when the editor logged in.
        assert_eq!(let_in(&logins), 5);
        // Of reads each instance gives a quarter before it asks.
        assert!((8..=10).contains(&let_in(&searches)), "{}", let_in(&searches));
        for (answers, name, setting, quota) in [
            (&comments, "comments", "PRESSROOM_LIMIT_COMMENTS", 6),
            (&searches, "search", "PRESSROOM_LIMIT_SEARCH", 8),
            (&logins, "logins", "PRESSROOM_LIMIT_LOGINS", 6),
        ] {
            says(&answers[28], name, setting, quota);
            says(&answers[29], name, setting, quota);
        }
    }
}

#[actix_web::test]
async fn searches_are_limited_by_every_way_to_search_and_cached_ones_are_free() {
    for app in each_with(|config| Config { limit_search: limit(8), ..config }).await {
        post(&app).await;
        let search = async |n: usize, address: &str| {
            let word = format!("word{n}");
            let ask = match n % 4 {
                0 => app.get(&format!("/v1/search?q={word}")),
                1 => app.get(&format!("/v1/posts?q={word}")),
                2 => ask(
                    &app,
                    "query($q: String!) { search(q: $q) { nodes { post { id } } } }",
                    &json!({"q": word}),
                ),
                _ => ask(
                    &app,
                    "query($q: String) { posts(filter: {q: $q}) { nodes { id } } }",
                    &json!({"q": word}),
                ),
            };
            from(ask, address).await
        };
        for n in 0..8 {
            let answer = search(n, "198.51.100.7").await;
            assert!(!is_refused(&answer), "{n}: {}", answer.text());
            assert_eq!(number(answer.header("ratelimit"), "search", "r"), u32::try_from(7 - n).unwrap());
        }
        for n in 8..12 {
            let answer = search(n, "198.51.100.7").await;
            assert_eq!(answer.status(), 429, "{n}");
            says(&answer, "search", "PRESSROOM_LIMIT_SEARCH", 8);
            assert_ne!(answer.header("retry-after"), "", "{n}");
        }
        // What is kept is for everybody.
        let again = search(0, "198.51.100.7").await;
        assert_eq!((again.status(), again.header("ratelimit")), (200, ""));
        app.get("/v1/posts").header("X-Forwarded-For", "198.51.100.7").await.ok();
        assert!(!is_refused(&search(100, "198.51.100.8").await));
    }
}

#[actix_web::test]
async fn a_few_searches_each_of_many_addresses_write_nothing() {
    for app in each_with(|config| config).await {
        for n in 0..40 {
            let search = app.get(&format!("/v1/search?q=word{n}"));
            from(search, &format!("2001:db8:{n:x}::1")).await.ok();
        }
        let counted: i64 = app
            .svc()
            .db
            .raw(|conn| {
                use diesel::{QueryDsl as _, RunQueryDsl as _};
                Ok(throttles::table.count().get_result(conn)?)
            })
            .await
            .unwrap();
        assert_eq!(counted, 0);
    }
}

#[actix_web::test]
async fn edit_tokens_are_not_guessed_without_end() {
    for app in each_with(|config| Config { limit_comment_edits: limit(8), ..config }).await {
        post(&app).await;
        let made = app.post("/v1/posts/p/comments").json(&comment(0)).await.ok();
        let (id, token) = (text(&made["id"]), text(&made["edit_token"]));
        let path = format!("/v1/comments/{id}");
        let query = "query($id: ID!, $token: String) { comment(id: $id, editToken: $token) { status } }";
        let guess = async |n: usize, token: &str, address: &str| {
            let ask = match n % 4 {
                0 => app
                    .patch(&path)
                    .header("X-Edit-Token", token)
                    .json(&json!({"body": "Mine now, all of it."})),
                1 => app.get(&path).header("X-Edit-Token", token),
                2 => app.delete(&path).header("X-Edit-Token", token),
                _ => ask(&app, query, &json!({"id": id, "token": token})),
            };
            from(ask, address).await
        };
        for n in 0..8 {
            assert!(!is_refused(&guess(n, "pre_nonsense", "198.51.100.7").await), "{n}");
        }
        for n in 8..12 {
            says(
                &guess(n, &token, "198.51.100.7").await,
                "comment_edits",
                "PRESSROOM_LIMIT_COMMENT_EDITS",
                8,
            );
        }
        assert_eq!(guess(0, &token, "198.51.100.8").await.status(), 200);
    }
}

#[actix_web::test]
async fn logins_refreshes_password_changes_and_uploads_have_limits_of_their_own() {
    let settings = |config| Config {
        limit_logins: limit(4),
        limit_refreshes: limit(3),
        limit_password_changes: limit(2),
        limit_uploads: limit(2),
        ..config
    };
    for app in each_with(settings).await {
        let editor = app.user(Role::Editor).await;
        let login = async |email: &str, address: &str| {
            from(app.post("/v1/auth/login").json(&json!({"email": email, "password": PASSWORD})), address)
                .await
        };
        // By address, whoever it is...
        for n in 0..4 {
            login(&format!("nobody{n}@example.org"), "198.51.100.7")
                .await
                .problem(401, "invalid_credentials");
        }
        says(&login("ada@example.org", "198.51.100.7").await, "logins", "PRESSROOM_LIMIT_LOGINS", 4);
        // ...and by account, wherever it comes from: this one has logged in once.
        let mut session = Value::Null;
        for n in 0..3 {
            session = login(&editor.email, &format!("198.51.100.{n}")).await.ok();
        }
        says(&login(&editor.email, "198.51.100.9").await, "logins", "PRESSROOM_LIMIT_LOGINS", 4);

        let refresh = async |token: &Value, address: &str| {
            from(app.post("/v1/auth/refresh").json(&json!({"refresh_token": token})), address).await
        };
        for n in 0..3 {
            refresh(&json!(format!("guess{n}")), "203.0.113.1").await.problem(401, "invalid_token");
        }
        says(&refresh(&json!("guess"), "203.0.113.1").await, "refreshes", "PRESSROOM_LIMIT_REFRESHES", 3);
        for n in 2..5 {
            session = refresh(&session["refresh_token"], &format!("203.0.113.{n}")).await.ok();
        }
        let query = "mutation($input: RefreshInput!) { refresh(input: $input) { expiresIn } }";
        let asked = ask(&app, query, &json!({"input": {"refreshToken": session["refresh_token"]}}));
        says(&from(asked, "203.0.113.9").await, "refreshes", "PRESSROOM_LIMIT_REFRESHES", 3);

        let token = text(&session["access_token"]);
        let change = json!({"current_password": "wrong", "new_password": "nine brown curlews at high tide"});
        for _ in 0..2 {
            app.post("/v1/auth/password").token(&token).json(&change).await.problem(422, "validation_failed");
        }
        let proven = json!({"email": "e@example.org", "current_password": PASSWORD});
        let answer = app.patch(&format!("/v1/users/{}", editor.id)).token(&token).json(&proven).await;
        says(&answer, "password_changes", "PRESSROOM_LIMIT_PASSWORD_CHANGES", 2);

        for n in 0..2 {
            app.post("/v1/media").token(&token).body(FORM, form("a.png", n)).await.ok();
        }
        let answer = app.post("/v1/media").token(&token).body(FORM, form("a.png", 3)).await;
        says(&answer, "uploads", "PRESSROOM_LIMIT_UPLOADS", 2);
    }
}

#[actix_web::test]
async fn keys_of_retries_are_no_way_round_a_limit() {
    for app in each_with(|config| Config { limit_writes: limit(3), ..config }).await {
        post(&app).await;
        let login = json!({"email": "nobody@example.org", "password": PASSWORD});
        let ask = async |n: usize| {
            let ask =
                app.post("/v1/auth/login").header("Idempotency-Key", &format!("a-key-of-{n}")).json(&login);
            from(ask, "198.51.100.7").await
        };
        for n in 0..3 {
            ask(n).await.problem(401, "invalid_credentials");
        }
        says(&ask(4).await, "writes", "PRESSROOM_LIMIT_WRITES", 3);
    }
}

#[actix_web::test]
async fn the_defaults_let_a_newsrooms_script_work_and_stop_a_flood() {
    let settings = |config: Config| {
        let defaults = Config::defaults();
        Config {
            limit_comments: defaults.limit_comments,
            limit_comment_edits: defaults.limit_comment_edits,
            limit_search: defaults.limit_search,
            limit_uploads: defaults.limit_uploads,
            limit_writes: defaults.limit_writes,
            ..config
        }
    };
    for app in each_with(settings).await {
        let editor = post(&app).await;
        let scopes = ["posts:write", "posts:publish", "comments:write", "media:write", "taxonomy:write"];
        let made =
            app.post("/v1/tokens").by(&editor).json(&json!({"name": "import", "scopes": scopes})).await.ok();
        let token = text(&made["secret"]);
        // The clock stands still: all of this happens at once.
        for n in 0..60 {
            let slug = format!("old-{n}");
            app.get(&format!("/v1/posts?q=old{n}")).token(&token).await.ok();
            let old = json!({"title": format!("Old {n}"), "slug": slug, "tags": [format!("Tag {n}")]});
            app.post("/v1/posts?publish=true").token(&token).json(&old).await.ok();
            app.post("/v1/media")
                .token(&token)
                .body(FORM, form("a.png", u8::try_from(n).unwrap()))
                .await
                .ok();
            let said = json!({"body": format!("What was said under number {n}.")});
            app.post(&format!("/v1/posts/{slug}/comments")).token(&token).json(&said).await.ok();
        }
        let mut statuses = Vec::new();
        for n in 0..60 {
            let said = app.post("/v1/posts/p/comments").json(&comment(n));
            statuses.push(from(said, "198.51.100.7").await.status());
        }
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 20, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 40, "{statuses:?}");
    }
}

#[actix_web::test]
async fn a_clock_that_was_ahead_limits_nobody_when_it_is_right_and_off_is_off() {
    for app in each_with(|config| Config { limit_comments: limit(1), ..config }).await {
        post(&app).await;
        let say = async |n: usize| app.post("/v1/posts/p/comments").json(&comment(n)).await.status();
        app.advance(2 * 86_400);
        assert_eq!([say(0).await, say(1).await], [201, 429]);
        app.advance(-2 * 86_400);
        assert_eq!([say(2).await, say(3).await], [201, 429]);
    }
    let off = |config| Config { limit_comments: limit(1), rate_limits: Switch::Off, ..config };
    for app in each_with(off)
        .await
        .into_iter()
        .chain(each_with(|config| Config { limit_comments: Limit::OFF, ..config }).await)
    {
        post(&app).await;
        for n in 0..3 {
            let answer = app.post("/v1/posts/p/comments").json(&comment(n)).await;
            assert_eq!((answer.status(), answer.header("ratelimit")), (201, ""));
        }
        data(&ask(&app, ADD, &json!({"post": "p", "input": comment(4)})).await);
    }
}
