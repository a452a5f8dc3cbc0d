//! Pages of other origins: one rule for REST and GraphQL, on preflights and on what browsers send without asking.

use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::{Value, json};

use crate::support::app::{Answer, Store, TestApp, User, text};

const DESK: &str = "https://desk.example";
const SITE: &str = "https://site.example";
const ELSEWHERE: &str = "https://elsewhere.example";

async fn both() -> Vec<TestApp> {
    let mut apps = Vec::new();
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config {
            // As people write them.
            cors_origins: vec![" https://DESK.example:443/ ".to_owned()],
            site_url: format!("{SITE}/blog/"),
            ..store.config()
        };
        apps.push(TestApp::with(store, config).await);
    }
    apps
}

async fn preflight(app: &TestApp, origin: &str, method: &str, path: &str) -> Answer {
    app.request("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .await
}

fn comment() -> Value {
    json!({ "body": "The ferry was late again.", "author": { "name": "Ada", "email": "ada@example.org" } })
}

async fn mutate(app: &TestApp, origin: &str, user: Option<&User>, mutation: &str) -> Answer {
    let mut ask = app.post("/graphql").header("Origin", origin).header("Accept", "application/json");
    if let Some(user) = user {
        ask = ask.by(user);
    }
    ask.json(&json!({ "query": mutation })).await
}

const ADD: &str = r#"mutation { addComment(post: "p", input: {body: "The ferry was late.", author: {name: "Ada", email: "ada@example.org"}}) { id editToken } }"#;
const CREATE: &str = r#"mutation { createPost(input: {title: "T"}) { id } }"#;

#[actix_web::test]
async fn a_guests_page_may_comment_from_the_sites_origin_and_from_those_named_and_nowhere_else() {
    for app in both().await {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({ "title": "P", "slug": "p" })).await;
        let comments = "/v1/posts/p/comments";
        for (origin, may) in [(SITE, true), (DESK, true), (ELSEWHERE, false), ("null", false)] {
            let asked = preflight(&app, origin, "POST", comments).await;
            let expected = if may { origin } else { "" };
            assert_eq!((asked.status(), asked.header("access-control-allow-origin")), (204, expected));
            assert_eq!(
                asked.header("access-control-allow-headers").contains("X-Edit-Token"),
                may,
                "{origin}"
            );
            assert_eq!(asked.header("vary"), "Origin", "{origin}");
            let mut said = comment();
            said["body"] = format!("Late again, says {origin}.").into();
            let sent = app.post(comments).header("Origin", origin).json(&said).await;
            let said = ADD.replace("late", &format!("late, says {origin}"));
            let by_graphql = mutate(&app, origin, None, &said).await;
            if !may {
                let why = sent.problem(403, "forbidden");
                assert!(text(&why["detail"]).contains("PRESSROOM_CORS_ORIGINS"), "{why}");
                assert_eq!(by_graphql.status(), 403);
                let error = &by_graphql.json()["errors"][0];
                assert_eq!(error["extensions"]["code"], "forbidden");
                assert!(text(&error["message"]).contains("PRESSROOM_CORS_ORIGINS"), "{error}");
                continue;
            }
            let sent_too = by_graphql.ok();
            assert!(sent_too["errors"].is_null(), "{sent_too}");
            let (sent, read) = (sent.ok(), sent.header("access-control-allow-origin"));
            assert_eq!(read, origin);
            // What a guest may do with the own comment, it may do from there too.
            let own = format!("/v1/comments/{}", text(&sent["id"]));
            for method in ["PATCH", "DELETE"] {
                let asked = preflight(&app, origin, method, &own).await;
                assert_eq!(asked.header("access-control-allow-origin"), origin, "{method}");
            }
            let token = text(&sent["edit_token"]);
            let changed = app.patch(&own).header("Origin", origin).header("X-Edit-Token", &token);
            changed.json(&json!({ "body": "The ferry was on time." })).await.ok();
        }
    }
}

#[actix_web::test]
async fn a_token_is_for_pages_of_the_named_origins_by_rest_and_graphql() {
    for app in both().await {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({ "title": "P", "slug": "p" })).await;
        for (origin, may) in [(DESK, true), (SITE, false), (ELSEWHERE, false), ("null", false)] {
            let before = app.changes().await;
            let by_rest =
                app.post("/v1/posts").by(&editor).header("Origin", origin).json(&json!({ "title": "T" }));
            assert_eq!(by_rest.await.status(), if may { 201 } else { 403 }, "{origin}");
            let by_graphql = mutate(&app, origin, Some(&editor), CREATE).await;
            assert_eq!(by_graphql.status(), if may { 200 } else { 403 }, "{origin}: {}", by_graphql.text());
            // A guest's operation with a token is an account's, and one beside an account's is too.
            let comment = app.post("/v1/posts/p/comments").by(&editor).header("Origin", origin);
            let comment = comment.json(&json!({ "body": "Well seen." })).await;
            assert_eq!(comment.status(), if may { 201 } else { 403 }, "{origin}");
            let add = ADD.replace(", author: {name: \"Ada\", email: \"ada@example.org\"}", "");
            assert_eq!(mutate(&app, origin, Some(&editor), &add).await.status(), if may { 200 } else { 403 });
            let mixed = ADD.replace("mutation {", "mutation { logout ");
            let mixed = mutate(&app, origin, None, &mixed).await;
            assert_eq!(mixed.status() == 403, !may, "{origin}: {}", mixed.text());
            // Nor is a token given to one.
            let login = json!({ "email": editor.email, "password": "no matter" });
            let login = app.post("/v1/auth/login").header("Origin", origin).json(&login).await;
            assert_eq!(login.status(), if may { 401 } else { 403 }, "{origin}");
            let asked = preflight(&app, origin, "POST", "/v1/posts/p/comments").await;
            let names = asked.header("access-control-allow-headers");
            assert_eq!(names.contains("Authorization"), may, "{origin}: {names}");
            assert_eq!(app.changes().await > before, may, "{origin}: refused before anything is done");
        }
    }
}

#[actix_web::test]
async fn what_browsers_send_without_asking_writes_nothing_from_elsewhere() {
    for app in both().await {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({ "title": "P", "slug": "p" })).await;
        let before = app.changes().await;
        let (rest, graphql) = (comment().to_string(), json!({ "query": ADD }).to_string());
        for mime in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let sent = app.post("/v1/posts/p/comments").header("Origin", ELSEWHERE).body(mime, rest.clone());
            sent.await.problem(403, "forbidden");
            let sent = app.post("/graphql").header("Origin", ELSEWHERE).body(mime, graphql.clone()).await;
            assert_eq!(sent.status(), 415, "{mime}: {}", sent.text());
        }
        let by_get = format!("/graphql?query={}", crate::support::app::encoded(ADD));
        for origin in [ELSEWHERE, SITE, DESK] {
            let sent = app.get(&by_get).header("Origin", origin).await;
            assert!(!sent.json()["errors"].is_null(), "{}", sent.text());
        }
        // Twice the header, or none that can be read, is no way around.
        let twice = app.post("/v1/posts/p/comments").header("Origin", "\u{ff}").json(&comment()).await;
        twice.problem(403, "forbidden");
        assert_eq!(app.changes().await, before);
    }
}

#[actix_web::test]
async fn pages_of_the_servers_own_and_programs_need_no_setting() {
    for app in both().await {
        let editor = app.user(Role::Editor).await;
        let post = async |headers: &[(&str, &str)]| {
            let mut ask = app.post("/v1/posts").by(&editor);
            for (name, value) in headers {
                ask = ask.header(name, value);
            }
            ask.json(&json!({ "title": "T" })).await.status()
        };
        assert_eq!(post(&[]).await, 201, "no browser");
        assert_eq!(post(&[("Host", "api.example:8080"), ("Origin", "http://api.example:8080")]).await, 201);
        let proxied =
            [("Host", "10.0.0.2"), ("X-Forwarded-Host", "api.example"), ("Origin", "https://api.example")];
        assert_eq!(post(&proxied).await, 201);
        assert_eq!(post(&[("Host", "api.example:8080"), ("Origin", "http://api.example:9090")]).await, 403);
        let asked = preflight(&app, ELSEWHERE, "POST", "/graphql").await;
        let names = asked.header("access-control-allow-headers").to_lowercase();
        assert!(!names.contains("forwarded"), "a script could else pretend to be of the server's own");
    }
}

#[actix_web::test]
async fn everybody_may_read_with_the_headers_of_tracing_and_graphql_libraries() {
    for app in both().await {
        for path in ["/v1/site", "/graphql", "/feed.xml"] {
            let method = if path == "/graphql" { "POST" } else { "GET" };
            let asked = preflight(&app, ELSEWHERE, method, path).await;
            assert_eq!(asked.header("access-control-allow-origin"), "*", "{path}");
            let names = asked.header("access-control-allow-headers").to_lowercase();
            for name in [
                "traceparent",
                "tracestate",
                "sentry-trace",
                "baggage",
                "x-requested-with",
                "apollo-require-preflight",
                "authorization",
            ] {
                assert!(names.split(", ").any(|n| n == name), "{path}: {name} in {names}");
            }
        }
        let query =
            app.post("/graphql").header("Origin", ELSEWHERE).json(&json!({ "query": "{ site { title } }" }));
        let read = query.await;
        assert_eq!((read.status(), read.header("access-control-allow-origin")), (200, "*"));
    }
}
