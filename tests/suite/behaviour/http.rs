//! HTTP itself: conditional requests, HEAD, CORS, request ids, what is kept and for how long.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::json;

use crate::support::app::{Store, TestApp, on_both, text};

#[actix_web::test]
async fn who_has_an_answer_already_is_told_so() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "p", "tags": ["T"]})).await;
        let author = format!("/v1/authors/{}", editor.author);
        for path in [
            "/v1/posts/p",
            "/v1/posts",
            "/v1/site",
            "/v1/tags/t",
            "/v1/tags",
            &author,
            "/v1/authors",
            "/v1/posts/p/comments",
            "/v1/posts/p/links",
            "/v1/search?q=one",
            "/feed.xml",
            "/atom.xml",
            "/feed.json",
            "/sitemap.xml",
            "/openapi.json",
            "/.well-known/jwks.json",
        ] {
            let first = app.get(path).await;
            let tag = first.header("etag").to_owned();
            assert!(tag.starts_with('"') && tag.len() > 10, "{path} has the strong validator {tag:?}");
            assert_eq!(app.get(path).await.header("etag"), tag, "{path}");
            for sent in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
                let again = app.get(path).header("If-None-Match", &sent).await;
                assert_eq!(
                    (again.status(), again.text(), again.header("etag")),
                    (304, String::new(), tag.as_str()),
                    "{path}"
                );
                assert_eq!(again.header("cache-control"), first.header("cache-control"), "{path}");
            }
            assert_eq!(app.get(path).header("If-None-Match", "\"other\"").await.status(), 200, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_change_of_what_is_shown_changes_its_validator() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "p", "tags": ["T"]})).await;
        let tags = async || {
            let mut tags = Vec::new();
            for path in ["/v1/posts/p", "/v1/posts"] {
                tags.push(app.get(path).await.header("etag").to_owned());
            }
            tags
        };
        let mut before = tags().await;
        let changes = [
            ("PATCH", "/v1/posts/p?publish=true", json!({"title": "Two"})),
            ("PATCH", "/v1/tags/t", json!({"name": "Tea"})),
            ("POST", "/v1/posts/p/comments", json!({"body": "Hello."})),
            ("PATCH", "/v1/site", json!({"terms": {"notice": "Ask."}})),
        ];
        for (method, path, body) in changes {
            app.request(method, path).by(&editor).json(&body).await.ok();
            let after = tags().await;
            assert!(before.iter().zip(&after).all(|(a, b)| a != b), "{method} {path}");
            before = after;
        }
    })
    .await;
}

#[actix_web::test]
async fn what_has_not_changed_since_a_date_is_not_sent_again() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "p"})).await;
        for path in
            ["/v1/posts/p", "/v1/posts", "/feed.xml", "/graphql?query=%7Bposts%7Bnodes%7Btitle%7D%7D%7D"]
        {
            let since = async |date: &str| app.get(path).header("If-Modified-Since", date).await;
            let new = app.get(path).await.header("last-modified").to_owned();
            assert_eq!(since(&new).await.status(), 200, "{path}: a write may yet follow in the same second");
            app.advance(5);
            // An instance gives a date only when it has heard of all that others wrote.
            let date = loop {
                let date = since(&new).await.header("last-modified").to_owned();
                if date != new {
                    break date;
                }
                actix_web::rt::task::yield_now().await;
            };
            let same = since(&date).await;
            assert_eq!((same.status(), &*same.body), (304, &b""[..]), "{path}");
            let both =
                app.get(path).header("If-Modified-Since", &date).header("If-None-Match", "\"other\"").await;
            assert_eq!(both.status(), 200, "{path}: If-None-Match decides where both are sent");
            assert_eq!(since("yesterday").await.status(), 200, "{path}");
            if path.starts_with("/v1/") {
                let mine = app.get(path).by(&editor).header("If-Modified-Since", &date).await;
                assert_eq!(mine.status(), 200, "{path}: what one may see has no date");
            }
            app.advance(60);
            app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({"title": path})).await.ok();
            assert_eq!(since(&date).await.status(), 200, "{path}: it changed");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_page_is_as_new_as_the_newest_of_what_it_shows() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "p"})).await;
        let _ = app.get("/v1/posts/p").await;
        app.advance(60);
        let date = "Wed, 01 May 2024 12:01:00 GMT";
        app.patch(&format!("/v1/authors/{}", editor.author))
            .by(&editor)
            .json(&json!({"name": "New Name"}))
            .await
            .ok();
        app.advance(60);
        let page = app.get("/v1/posts/p").header("If-Modified-Since", date).await;
        assert_eq!((page.status(), &page.json()["authors"][0]["name"]), (200, &json!("New Name")));
    })
    .await;
}

#[actix_web::test]
async fn what_is_public_may_be_kept_and_purged_by_object_and_what_is_not_may_not() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let post = app.published(&editor, &json!({"title": "One", "slug": "p"})).await;
        let public = app.get("/v1/posts/p").await;
        assert!(public.header("cache-control").starts_with("public"), "{}", public.header("cache-control"));
        assert!(public.header("vary").contains("Authorization"));
        let keys: Vec<&str> = public.header("surrogate-key").split(' ').collect();
        assert!(keys.iter().any(|key| key.contains(&text(&post["id"]))), "{keys:?}");
        let private = app.get("/v1/posts/p").by(&editor).await;
        assert_eq!(
            (private.header("cache-control"), private.header("surrogate-key")),
            ("private, no-cache", "")
        );
        assert_eq!(app.get("/v1/posts/nowhere").await.header("cache-control"), "no-store");
        let written = app.patch("/v1/posts/p").by(&editor).json(&json!({"title": "Two"})).await;
        assert_eq!(written.header("cache-control"), "no-store");
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({"slug": "q"})).await.ok();
        let moved = app.get("/v1/posts/p").await;
        assert!(moved.header("cache-control").starts_with("public"), "{}", moved.header("cache-control"));
        assert_eq!((moved.status(), moved.header("vary")), (308, "Authorization"));
        assert!(
            moved.header("surrogate-key").contains(&text(&post["id"])),
            "{}",
            moved.header("surrogate-key")
        );
        // What is not out yet and has taken the name is named nowhere, and takes its place when it comes out.
        let draft =
            app.post("/v1/posts").by(&editor).json(&json!({"title": "Draft", "slug": "p"})).await.ok();
        let query = |slug: &str| app.get(&format!("/graphql?query=%7Bpost(slug:%22{slug}%22)%7Btitle%7D%7D"));
        for answer in [app.get("/v1/posts/p").await, app.get("/v1/posts/p/comments").await, query("p").await]
        {
            let keys = answer.header("surrogate-key");
            assert!(!keys.is_empty() && !keys.contains(&text(&draft["id"])), "{}: {keys}", answer.text());
        }
        app.patch("/v1/posts/p").by(&editor).json(&json!({"slug": "draft"})).await.ok();
        let nothing = query("draft").await;
        assert_eq!(nothing.json()["data"]["post"], json!(null));
        assert!(
            !nothing.header("surrogate-key").contains(&text(&draft["id"])),
            "{}",
            nothing.header("surrogate-key")
        );
        app.post("/v1/posts/draft/publish").by(&editor).await.ok();
        assert_eq!(query("draft").await.json()["data"]["post"]["title"], "Draft");
        // Where it went may be nobody else's business.
        let hidden = json!({"visibility": "private"});
        app.patch("/v1/posts/q?publish=true").by(&editor).json(&hidden).await.ok();
        let moved = app.get("/v1/posts/p").by(&editor).await;
        assert_eq!((moved.status(), moved.header("cache-control")), (308, "private, no-cache"));
        assert_eq!((moved.header("vary"), moved.header("surrogate-key")), ("Authorization", ""));
        app.get("/v1/posts/p").await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn every_answer_bears_the_requests_id() {
    on_both(async |app| {
        let given = app.get("/v1/site").header("X-Request-Id", "trace-0123456789").await;
        assert_eq!(given.header("x-request-id"), "trace-0123456789");
        for path in ["/v1/site", "/v1/nothing", "/healthz", "/v1/posts?colour=red"] {
            let made = app.get(path).await;
            assert!(made.header("x-request-id").len() >= 8, "{path}");
            assert_ne!(made.header("x-request-id"), app.get(path).await.header("x-request-id"), "{path}");
        }
        for bad in ["short", "with a space in it", &"x".repeat(65), "<script>alert(1)</script>"] {
            let made = app.get("/v1/site").header("X-Request-Id", bad).await;
            assert_ne!(made.header("x-request-id"), bad, "only a harmless form is taken over");
        }
        let problem = app.get("/v1/posts/none").header("X-Request-Id", "trace-0123456789").await;
        assert_eq!(problem.problem(404, "not_found")["instance"], "trace-0123456789");
    })
    .await;
}

#[actix_web::test]
async fn a_browser_elsewhere_may_read_and_writes_where_the_settings_name_its_origin() {
    let store = Store::sqlite();
    let config = Config { cors_origins: vec!["https://desk.example".to_owned()], ..store.config() };
    let app = TestApp::with(store, config).await;
    let editor = app.user(Role::Editor).await;
    let read = app.get("/v1/site").header("Origin", "https://reader.example").await;
    assert_eq!(read.header("access-control-allow-origin"), "*");
    for header in ["ETag", "Link", "X-Request-Id"] {
        assert!(read.header("access-control-expose-headers").contains(header), "{header}");
    }
    let preflight = async |origin: &str, method: &str| {
        app.request("OPTIONS", "/v1/posts")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", method)
            .await
    };
    let may = preflight("https://desk.example", "POST").await;
    assert_eq!((may.status(), may.header("access-control-allow-origin")), (204, "https://desk.example"));
    assert!(may.header("access-control-allow-headers").contains("Authorization"));
    assert!(may.header("access-control-allow-methods").contains("POST"));
    let may_not = preflight("https://reader.example", "POST").await;
    assert_eq!(
        (may_not.header("access-control-allow-origin"), may_not.header("access-control-allow-methods")),
        ("", "")
    );
    assert_eq!(preflight("https://reader.example", "GET").await.header("access-control-allow-origin"), "*");
    let write = async |origin: &str| {
        app.post("/v1/posts").by(&editor).header("Origin", origin).json(&json!({"title": "T"})).await
    };
    let mine = write("https://desk.example").await;
    assert_eq!(mine.header("access-control-allow-origin"), "https://desk.example");
    assert!(mine.header("vary").contains("Origin"));
    assert_eq!(write("https://reader.example").await.header("access-control-allow-origin"), "");
    assert_eq!(
        read.header("access-control-allow-credentials"),
        "",
        "tokens are sent by scripts, never by cookie"
    );
}

/// What a plain connection hears for `request`, to its end.
fn hear(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    heard
}

#[actix_web::test]
async fn head_tells_of_an_answer_what_get_would_but_its_body() {
    let app = TestApp::open(Store::sqlite()).await;
    let editor = app.user(Role::Editor).await;
    app.published(&editor, &json!({"title": "One", "slug": "p"})).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = app.app.serve(listener, 1).unwrap();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let ask = move |method: &str, path: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    };
    for path in ["/v1/posts/p", "/v1/posts", "/feed.xml", "/healthz", "/v1/posts/none"] {
        let (head, get) = (ask("HEAD", path), ask("GET", path));
        let heard =
            tokio::task::spawn_blocking(move || (hear(address, &head), hear(address, &get))).await.unwrap();
        let (head, body) = heard.0.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "", "{path}");
        let (full, body) = heard.1.split_once("\r\n\r\n").unwrap();
        assert!(!body.is_empty(), "{path}");
        // All but what differs from request to request.
        let lines = |head: &str| -> Vec<String> {
            let mut lines: Vec<String> = head
                .lines()
                .map(str::to_lowercase)
                .filter(|l| {
                    !["date:", "x-request-id:", "server-timing:"].iter().any(|name| l.starts_with(name))
                })
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(head), lines(full), "{path}");
        assert!(full.to_lowercase().contains(&format!("content-length: {}", body.len())), "{path}: {full}");
    }
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}
