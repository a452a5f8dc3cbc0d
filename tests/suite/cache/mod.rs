//! The cache of answers: what is kept, in which forms, for whom, and that no write leaves it stale.
//!
//! Two applications stand on one database: one with the cache, and one without it that computes everything anew. Whatever
//! is written through the first, both must answer the same bytes.

#![expect(
    clippy::items_after_statements,
    clippy::float_cmp,
    clippy::needless_pass_by_value,
    clippy::disallowed_methods,
    reason = "documents stand beside what asks them, counters are whole numbers, an answer is used up, and PostgreSQL is told to cut a connection"
)]

mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::rc::Rc;

use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::Config;
use serde_json::{Value, json};

use crate::support::app::{Answer, NOW, Store, TestApp, User, at, each, text};

use self::world::{Dice, World};

/// The same database without a cache.
async fn without_cache(app: &TestApp) -> TestApp {
    let config = Config { cache_bytes: 0, ..app.store.config() };
    TestApp::again(Rc::clone(&app.store), config, Clock::fixed(at(NOW))).await
}

/// What must be the same of two answers. `Surrogate-Key` names what was looked at when the answer was read, which may be
/// more than would be looked at now, such as a hidden comment that is gone; and `Last-Modified` is the date of the last
/// write that could have changed something when the answer was read.
fn compared(answer: &Answer) -> Vec<String> {
    let names = ["etag", "content-type", "cache-control", "vary", "link"];
    let mut all: Vec<String> = names.iter().map(|name| format!("{name}: {}", answer.header(name))).collect();
    all.insert(0, answer.status().to_string());
    // A problem names the request that met it.
    all.insert(0, if answer.status() < 400 { answer.text() } else { answer.json()["code"].to_string() });
    all
}

/// Asks both, as anybody.
async fn assert_exact(cached: &TestApp, fresh: &TestApp, path: &str, after: &str) {
    assert_exact_for(cached, fresh, None, path, after).await;
}

/// Asks both: what is kept must be right, and nothing of it may be told to those who signed in where it is not.
async fn assert_exact_for(cached: &TestApp, fresh: &TestApp, by: Option<&User>, path: &str, after: &str) {
    let ask = async |app: &TestApp| match by {
        Some(user) => app.get(path).by(user).await,
        None => app.get(path).await,
    };
    let (told, right) = (compared(&ask(cached).await), compared(&ask(fresh).await));
    for (told, right) in told.iter().zip(&right) {
        assert_eq!(told, right, "{path} after {after}");
    }
}

/// A number that `/metrics` tells.
async fn metric(app: &TestApp, name: &str) -> f64 {
    let text = app.get("/metrics").await.text();
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// The address of a query by GET.
fn graphql_address(query: &str) -> String {
    let mut address = "/graphql?query=".to_owned();
    for byte in query.split_whitespace().collect::<Vec<_>>().join(" ").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => address.push(char::from(byte)),
            byte => write!(address, "%{byte:02X}").unwrap(),
        }
    }
    address
}

/// Writers and readers at once. Each writer reads its own post after each of its writes, and when all is quiet every kept
/// answer must be what a fresh computation gives: an answer that was read too early and kept too late would show.
#[actix_web::test]
async fn what_is_read_while_others_write_is_never_kept_stale() {
    for app in each().await {
        let fresh = without_cache(&app).await;
        let world = Rc::new(World::new(&app).await);
        let mut tasks = Vec::new();
        for writer in 0..3_usize {
            let (app, world) = (app.clone(), Rc::clone(&world));
            tasks.push(actix_web::rt::spawn(async move {
                let post = &world.posts[writer];
                for n in 0..25 {
                    let title = format!("Title {writer} {n}");
                    let change = json!({ "title": title, "visibility": "public" });
                    // Rivals may make PostgreSQL give up; what counts is what was acknowledged.
                    let path = format!("/v1/posts/{post}?publish=true");
                    while app.patch(&path).by(&world.admin).json(&change).await.status() == 503 {}
                    assert_eq!(app.get(&format!("/v1/posts/{post}")).await.ok()["title"], title);
                    let comment = loop {
                        let ask = app.post(&format!("/v1/posts/{post}/comments")).by(&world.admin);
                        let answer = ask.json(&json!({ "body": title })).await;
                        if answer.status() != 503 {
                            break answer.ok();
                        }
                    };
                    let path = format!("/v1/posts/{post}/comments?view=flat&limit=100&fields=id");
                    let thread = app.get(&path).await.text();
                    assert!(thread.contains(&text(&comment["id"])), "{thread}");
                }
            }));
        }
        for reader in 0..4_u64 {
            let (app, world) = (app.clone(), Rc::clone(&world));
            tasks.push(actix_web::rt::spawn(async move {
                let (mut dice, reads) = (Dice(77 + reader), world.reads());
                for _ in 0..150 {
                    let answer = app.get(dice.pick(&reads).as_str()).await;
                    assert!(answer.status() < 500, "{}", answer.text());
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        for path in world.reads() {
            assert_exact(&app, &fresh, &path, "many writers").await;
        }
    }
}

/// Asks until the answer comes in this encoding.
async fn encoded(app: &TestApp, path: &str, encoding: &str) -> Answer {
    for _ in 0..10_000 {
        let answer = app.get(path).header("Accept-Encoding", encoding).await;
        if answer.header("content-encoding") == encoding {
            return answer;
        }
        // It is compressed beside the workers.
        actix_web::rt::task::yield_now().await;
    }
    panic!("{path} is never answered in {encoding}");
}

#[actix_web::test]
async fn every_form_of_an_answer_says_the_same() {
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        let body = "The tide comes in twice a day, and the ferry with it. ".repeat(100);
        let post = json!({ "title": "A", "body": { "format": "markdown", "source": body } });
        app.published(&admin, &post).await;
        let plain = app.get("/v1/posts/a").await;
        let tag = plain.header("etag").to_owned();
        let mut gzip = String::new();
        let answer = encoded(&app, "/v1/posts/a", "gzip").await;
        flate2::read::GzDecoder::new(&*answer.body).read_to_string(&mut gzip).unwrap();
        let zipped_tag = answer.header("etag").to_owned();
        let mut brotli = String::new();
        let answer = encoded(&app, "/v1/posts/a", "br").await;
        brotli::Decompressor::new(&*answer.body, 4096).read_to_string(&mut brotli).unwrap();
        let names = ["content-type", "cache-control", "vary", "last-modified", "surrogate-key"];
        assert_eq!((plain.text(), plain.text()), (gzip, brotli));
        for name in names {
            assert_eq!(answer.header(name), plain.header(name), "{name}");
        }
        // Strong validators name bytes: each form has its own, and each is recognised whatever form is wanted.
        assert_eq!(BTreeSet::from([&*tag, &zipped_tag, answer.header("etag")]).len(), 3);
        for tag in [&tag, &zipped_tag, &format!("\"other\", W/{tag}"), &"*".to_owned()] {
            for encoding in ["identity", "gzip"] {
                let ask = app.get("/v1/posts/a").header("If-None-Match", tag);
                let answer = ask.header("Accept-Encoding", encoding).await;
                assert_eq!((answer.status(), answer.text().len()), (304, 0), "{tag}");
                assert_eq!(answer.header("cache-control"), plain.header("cache-control"));
                assert_eq!(answer.header("surrogate-key"), "", "it stands in the answer that the caller has");
            }
        }
        let other = app.get("/v1/posts/a").header("If-None-Match", "\"v1-other\"").await;
        assert_eq!((other.status(), other.text()), (200, plain.text()));
        let head = app.request("HEAD", "/v1/posts/a").await;
        assert_eq!((head.status(), head.header("etag")), (200, &*tag));
        // A tag of any form names the version that a change is based on.
        let change = app.patch("/v1/posts/a").by(&admin).header("If-Match", &zipped_tag);
        change.json(&json!({ "title": "B" })).await.ok();
        // And a form that was kept by a caller is stale as soon as the post is.
        let answer = app.get("/v1/posts/a").header("If-None-Match", &zipped_tag).await;
        assert_eq!(answer.status(), 200);
    }
}

/// What a write changes is dropped, and what only stands beside it is not.
#[actix_web::test]
async fn a_write_drops_what_shows_it_and_nothing_beside_it() {
    let text = |source: &str| json!({ "body": { "format": "markdown", "source": source } });
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        for (day, slug) in [(1, "first"), (2, "second"), (3, "third")] {
            // Nothing is shared, so that none is like another.
            let mut post = text(&format!("Paragraph{day}."));
            post["title"] = json!(slug);
            post["slug"] = json!(slug);
            post["excerpt"] = json!(format!("Excerpt{day}"));
            app.published(&admin, &post).await;
            app.advance(1);
        }
        let comment = json!({ "body": "Well said." });
        let (first, second, third) = ("first", "second", "third");
        let cites = |more: &str| text(&format!("See [it](/first){more}."));
        let writes = [
            (false, "PATCH", second, "", json!({ "title": "not yet" }), "a neighbour's working copy"),
            (true, "PATCH", second, "?publish=true", json!({ "title": "now" }), "a neighbour's title"),
            (false, "PATCH", second, "?publish=true", text("Sentence2."), "a neighbour's text"),
            (true, "PATCH", second, "?publish=true", json!({ "excerpt": "Other2" }), "a neighbour's excerpt"),
            (false, "POST", second, "/comments", comment.clone(), "a comment on a neighbour"),
            (true, "POST", first, "/comments", comment, "a comment on the post"),
            (false, "PATCH", third, "?publish=true", text("Sentence3."), "the text of a post elsewhere"),
            (true, "PATCH", third, "?publish=true", cites(""), "a link to the post"),
            (false, "PATCH", third, "?publish=true", cites(" again"), "the text beside the link"),
            (true, "PATCH", third, "?publish=true", json!({ "title": "x" }), "the title of what links to it"),
            (true, "PATCH", first, "?publish=true", text("Sentence1."), "the post's own text"),
            (true, "DELETE", second, "", Value::Null, "a neighbour that goes"),
        ];
        let page = "/v1/posts/first?include=links,related,adjacent,comments";
        app.get(page).await.ok();
        for (drops, method, slug, end, body, what) in writes {
            let ask = app.request(method, &format!("/v1/posts/{slug}{end}")).by(&admin);
            let answer = if body.is_null() { ask.await } else { ask.json(&body).await };
            assert!(answer.status() < 300, "{what}: {}", answer.text());
            assert_eq!(app.get(page).await.statements() > 0, drops, "{what}");
        }
    }
}

/// Whoever asks for little is not made to wait for changes of what they did not ask for.
#[actix_web::test]
async fn an_answer_depends_on_nothing_that_it_does_not_show() {
    const READS: [(&str, &str); 11] = [
        ("title", "/v1/posts/first?fields=title"),
        ("title by GraphQL", "{ post(slug: \"first\") { title } }"),
        ("authors", "/v1/posts/first?fields=authors"),
        ("tags", "/v1/posts/first?fields=tags"),
        ("terms", "{ post(slug: \"first\") { terms { notice } } }"),
        ("count", "/v1/posts/first?fields=comment_count"),
        ("links", "/v1/posts/first/links"),
        ("related", "{ post(slug: \"first\") { related { post { title } } } }"),
        ("neighbours", "/v1/posts/first?fields=adjacent"),
        ("thread", "/v1/posts/first/comments"),
        ("feed", "/feed.xml"),
    ];
    let address = |read: &str| if read.starts_with('{') { graphql_address(read) } else { read.to_owned() };
    let text = |source: &str| json!({ "body": { "format": "markdown", "source": source } });
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        for (day, slug) in [(1, "first"), (2, "second"), (3, "third")] {
            let mut post = text(&format!("Paragraph{day}."));
            post["title"] = json!(slug);
            post["excerpt"] = json!(format!("Excerpt{day}"));
            post["tags"] = json!([format!("Tag {day}")]);
            post["authors"] = json!([admin.author]);
            app.published(&admin, &post).await;
            app.advance(1);
        }
        let named = json!({ "name": "Renamed" });
        let author = format!("/v1/authors/{}", admin.author);
        let comment = json!({ "body": "Well said." });
        let terms = json!({ "terms": { "notice": "Ask first.", "url": null } });
        let fourth = json!({ "title": "fourth", "body": { "format": "markdown", "source": "Paragraph4." } });
        let second = "/v1/posts/second?publish=true";
        let writes: [(&str, &str, Value, &[&str]); 9] = [
            ("POST", "/v1/posts/first/comments", comment, &["count", "thread"]),
            ("PATCH", "/v1/site", json!({ "title": "Renamed" }), &["feed"]),
            ("PATCH", "/v1/site", terms, &["terms", "feed"]),
            ("PATCH", "/v1/tags/tag-1", named.clone(), &["tags", "feed"]),
            ("PATCH", &author, named, &["authors", "thread", "feed"]),
            ("PATCH", second, text("See [it](/first)."), &["links", "feed"]),
            ("PATCH", second, json!({ "title": "2nd" }), &["links", "neighbours", "feed"]),
            // A profile shows how many posts there are.
            ("POST", "/v1/posts?publish=true", fourth, &["authors", "thread", "feed"]),
            (
                "DELETE",
                "/v1/posts/second",
                Value::Null,
                &["authors", "links", "neighbours", "thread", "feed"],
            ),
        ];
        for (method, path, body, drops) in writes {
            for (_, read) in READS {
                app.get(&address(read)).await;
            }
            let ask = app.request(method, path).by(&admin);
            let answer = if body.is_null() { ask.await } else { ask.json(&body).await };
            assert!(answer.status() < 300, "{path}: {}", answer.text());
            let mut dropped = Vec::new();
            for (what, read) in READS {
                if app.get(&address(read)).await.statements() > 0 {
                    dropped.push(what);
                }
            }
            assert_eq!(dropped, drops, "{method} {path} {body} on {:?}", app.svc().db.backend());
        }
    }
}

/// Profiles, tags and neighbours are read once for all pages that show them, and never from before a write.
#[actix_web::test]
async fn what_pages_share_is_read_once_and_after_each_change_of_it() {
    for app in each().await {
        let editor = app.user(Role::Editor).await;
        let stranger = app.user(Role::Contributor).await;
        for n in 1..=4 {
            let post = json!({ "title": format!("Post {n}"), "slug": format!("p{n}"), "tags": ["Rivers"],
                "authors": [editor.author], "body": { "format": "markdown", "source": "Herons. See [it](/p1)." } });
            app.published(&editor, &post).await;
            app.advance(1);
        }
        let page = |slug: &str| format!("/v1/posts/{slug}?include=links,related,adjacent,comments");
        let of_stranger = app.get(&page("p4")).by(&stranger).await.statements();
        // One fewer than a page that somebody has commented on.
        assert_eq!(app.get(&page("p3")).await.statements(), 4);
        // The post before it has been named by it, the one after it not yet.
        assert_eq!(app.get(&page("p2")).await.statements(), 3);
        assert_eq!(app.get(&page("p4")).await.statements(), 2);
        // Whoever signed in may have written through another instance just now, and is given nothing that was kept.
        assert_eq!(app.get(&page("p4")).by(&stranger).await.statements(), of_stranger);
        let name = json!({ "name": "Renamed" });
        app.patch(&format!("/v1/authors/{}", editor.author)).by(&editor).json(&name).await.ok();
        app.patch("/v1/tags/rivers").by(&editor).json(&json!({ "name": "Streams" })).await.ok();
        app.patch("/v1/posts/p2?publish=true").by(&editor).json(&json!({ "title": "Other" })).await.ok();
        let first = app.get(&page("p1")).await.ok();
        assert_eq!(first["authors"][0]["name"], "Renamed");
        assert_eq!(first["tags"][0]["name"], "Streams");
        assert_eq!(first["adjacent"]["next"]["title"], "Other");
        // What has gone from the public is not shown from what was kept, but to those who may see it.
        app.post("/v1/posts/p1/unpublish").by(&editor).await.ok();
        let slugs = |post: &Value| {
            let links = post["links"]["outgoing"].as_array().unwrap();
            links.iter().map(|link| text(&link["post"]["slug"])).collect::<Vec<_>>()
        };
        assert_eq!(slugs(&app.get(&page("p4")).await.ok()), [""; 0]);
        assert_eq!(slugs(&app.get(&page("p4")).by(&stranger).await.ok()), [""; 0]);
        assert_eq!(slugs(&app.get(&page("p4")).by(&editor).await.ok()), ["p1"]);
        assert_eq!(slugs(&app.get(&page("p3")).await.ok()), [""; 0]);
    }
}

#[actix_web::test]
async fn a_hit_takes_no_statement_and_bears_an_id_of_its_own() {
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        app.published(&admin, &json!({ "title": "A" })).await;
        let (first, second) = (app.get("/v1/posts").await, app.get("/v1/posts").await);
        assert!(first.statements() > 0);
        assert_eq!(second.statements(), 0);
        assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
        assert_eq!(
            app.get("/v1/posts").header("X-Request-Id", "my-own-id").await.header("x-request-id"),
            "my-own-id"
        );
        assert_eq!(second.header("access-control-allow-origin"), "*");
        assert_eq!(second.header("x-content-type-options"), "nosniff");
    }
}

#[actix_web::test]
async fn what_depends_on_who_asks_is_neither_kept_nor_answered_from_what_is() {
    for app in each().await {
        let (admin, moderator) = (app.user(Role::Admin).await, app.user(Role::Moderator).await);
        let post = app.published(&admin, &json!({ "title": "A" })).await;
        app.patch("/v1/posts/a").by(&admin).json(&json!({ "title": "Draft" })).await.ok();
        let public = app.get("/v1/posts/a").await;
        for _ in 0..2 {
            let own = app.get("/v1/posts/a?perspective=draft").by(&admin).await;
            assert_eq!(own.ok()["title"], "Draft");
            assert_eq!(own.header("cache-control"), "private, no-cache");
            assert!(own.statements() > 0);
            let other = app.get("/v1/posts/a").by(&moderator).await;
            assert!(other.statements() > 0);
            assert_eq!(app.get("/v1/posts/a").await.text(), public.text());
        }
        app.get("/v1/posts/a?perspective=draft").await.problem(401, "unauthenticated");
        app.get("/v1/posts/a").token("nonsense").await.problem(401, "invalid_token");
        let preview = app.post("/v1/posts/a/preview").by(&admin).await.ok();
        let path = format!("/v1/posts/{}?preview={}", text(&post["id"]), text(&preview["token"]));
        for _ in 0..2 {
            let answer = app.get(&path).await;
            assert_eq!(answer.ok()["title"], "Draft");
            assert!(answer.statements() > 0);
        }
        // Neither are refusals, nor sign-posts.
        for _ in 0..2 {
            assert!(app.get("/v1/posts/nothing").await.statements() > 0);
        }
        assert_eq!(app.get("/v1/posts/nothing").await.status(), 404);
        app.published(&admin, &json!({ "title": "Nothing" })).await;
        app.get("/v1/posts/nothing").await.ok();
    }
}

#[actix_web::test]
async fn memory_is_bounded_by_the_setting_and_nothing_is_kept_where_it_is_0() {
    let store = Store::sqlite();
    let config = Config { cache_bytes: 100_000, ..store.config() };
    let app = TestApp::with(store, config).await;
    let admin = app.user(Role::Admin).await;
    app.published(&admin, &json!({ "title": "A" })).await;
    for n in 1..=300 {
        app.get(&format!("/v1/posts?limit={}&published_after=2020-01-01T00:00:{:02}Z", 1 + n % 100, n % 60))
            .await
            .ok();
    }
    let bytes = metric(&app, "pressroom_cache_bytes").await;
    assert!(bytes > 20_000.0 && bytes <= 100_000.0, "{bytes}");
    let fresh = without_cache(&app).await;
    for _ in 0..2 {
        assert!(fresh.get("/v1/posts").await.statements() > 0);
    }
}

#[actix_web::test]
async fn concurrent_misses_of_one_answer_are_computed_once() {
    for app in each().await {
        let world = World::new(&app).await;
        let admin = &world.admin;
        for round in 1..=5 {
            let terms = json!({ "terms": { "notice": format!("Round {round}") } });
            app.patch("/v1/site").by(admin).json(&terms).await.ok();
            let before = metric(&app, "pressroom_cache_computed_total").await;
            let asks: Vec<_> = (0..32)
                .map(|_| {
                    let app = app.clone();
                    actix_web::rt::spawn(
                        async move { app.get("/v1/posts?include=html,comments").await.text() },
                    )
                })
                .collect();
            let mut answers = BTreeSet::new();
            for ask in asks {
                answers.insert(ask.await.unwrap());
            }
            assert_eq!(answers.len(), 1);
            assert_eq!(metric(&app, "pressroom_cache_computed_total").await - before, 1.0);
        }
        // Where there is nothing to keep, nobody waits for ever, and all are told.
        let asks: Vec<_> = (0..8)
            .map(|_| {
                let app = app.clone();
                actix_web::rt::spawn(async move { app.get("/v1/posts/not-there").await.status() })
            })
            .collect();
        for ask in asks {
            assert_eq!(ask.await.unwrap(), 404);
        }
    }
}

#[actix_web::test]
async fn queries_are_kept_by_address_and_by_body_and_nothing_else_of_graphql_is() {
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        let post = app.published(&admin, &json!({ "title": "A" })).await;
        let query = json!({ "query": "query Q($slug: String) { post(slug: $slug) { title } }", "variables": { "slug": "a" } });
        let ask = async |body: &Value| app.post("/graphql").json(body).await;
        let title = |answer: &Answer| text(&answer.json()["data"]["post"]["title"]);
        let (first, second) = (ask(&query).await, ask(&query).await);
        assert!(first.statements() > 0);
        assert_eq!((second.statements(), second.text()), (0, first.text()));
        // Other variables, and another form, are another answer.
        let other = json!({ "query": query["query"], "variables": { "slug": "b" } });
        assert!(ask(&other).await.json()["data"]["post"].is_null());
        let form = "application/graphql-response+json";
        let answer = app.post("/graphql").header("Accept", form).json(&query).await;
        assert!(answer.statements() > 0 && answer.header("content-type").starts_with(form));
        // A POST is answered in full whatever its caller has.
        let answer = app.post("/graphql").header("If-None-Match", second.header("etag")).json(&query).await;
        assert_eq!((answer.status(), answer.statements()), (200, 0));
        // By GET it has a validator, and others may keep it.
        let address = graphql_address("{ post(slug: \"a\") { title } }");
        for _ in 0..2 {
            let answer = app.get(&address).await;
            assert!(
                answer.header("cache-control").contains("s-maxage"),
                "{:?}",
                answer.header("cache-control")
            );
            let again = app.get(&address).header("If-None-Match", answer.header("etag")).await;
            assert_eq!((again.status(), again.statements()), (304, 0));
        }
        // What a write changes is dropped, whichever way it was asked.
        app.patch("/v1/posts/a?publish=true").by(&admin).json(&json!({ "title": "New" })).await.ok();
        assert_eq!(
            (title(&ask(&query).await), title(&app.get(&address).await)),
            ("New".into(), "New".into())
        );
        // What was not there when it was asked for is found as soon as it is.
        app.published(&admin, &json!({ "title": "B" })).await;
        assert_eq!(title(&ask(&other).await), "B");
        // Errors, callers who signed in, and previews.
        for _ in 0..2 {
            assert!(ask(&json!({ "query": "{ users { nodes { id } } }" })).await.json()["errors"].is_array());
            assert!(app.post("/graphql").by(&admin).json(&query).await.statements() > 0);
        }
        app.patch("/v1/posts/a").by(&admin).json(&json!({ "title": "Draft" })).await.ok();
        let preview = app.post("/v1/posts/a/preview").by(&admin).await.ok();
        let hidden = json!({
            "query": "query Q($slug: String, $token: String) { post(slug: $slug, preview: $token) { title } }",
            "variables": { "slug": text(&post["slug"]), "token": text(&preview["token"]) },
        });
        for _ in 0..2 {
            let answer = ask(&hidden).await;
            assert!(answer.statements() > 0, "{}", answer.text());
            assert_eq!(title(&answer), "Draft");
        }
    }
}

/// The longest that one instance was seen to lag behind the other, and when it was exact again.
async fn lag(
    one: &TestApp,
    other: &TestApp,
    admin: &User,
    rounds: std::ops::Range<usize>,
) -> std::time::Duration {
    let mut longest = std::time::Duration::ZERO;
    for n in rounds {
        other.get("/v1/posts/a").await.ok();
        let title = format!("Title {n}");
        one.patch("/v1/posts/a?publish=true").by(admin).json(&json!({ "title": title })).await.ok();
        let written = std::time::Instant::now();
        while other.get("/v1/posts/a").await.json()["title"] != title {
            assert!(
                written.elapsed() < std::time::Duration::from_secs(4),
                "the other instance is stale for too long"
            );
            actix_web::rt::task::yield_now().await;
        }
        longest = longest.max(written.elapsed());
    }
    longest
}

#[actix_web::test]
async fn another_instance_is_exact_soon_also_after_its_connection_was_cut() {
    let Some(store) = Store::postgres() else { return };
    let store = Rc::new(store);
    let clock = || Clock::fixed(at(NOW));
    let one = TestApp::again(Rc::clone(&store), store.config(), clock()).await;
    let other = TestApp::again(Rc::clone(&store), store.config(), clock()).await;
    let admin = one.user(Role::Admin).await;
    one.published(&admin, &json!({ "title": "A" })).await;
    let calm = lag(&one, &other, &admin, 0..20).await;
    let mut cut = std::time::Duration::ZERO;
    for round in 0..4 {
        // Both listeners go, and a write comes before they are back.
        let ended = cut_listeners(&store.url());
        assert!(ended > 0, "nobody listens");
        cut = cut.max(lag(&one, &other, &admin, 100 + 3 * round..103 + 3 * round).await);
    }
    eprintln!(
        "another instance was exact after at most {calm:?}, and after at most {cut:?} where its connection was cut"
    );
    // Both keep answers again.
    for app in [&one, &other] {
        app.get("/v1/posts/a").await.ok();
        assert_eq!(app.get("/v1/posts/a").await.statements(), 0);
    }
}

/// Ends the connections that listen; answers how many.
fn cut_listeners(url: &str) -> usize {
    use diesel::{Connection as _, RunQueryDsl as _};
    let mut conn = diesel::PgConnection::establish(url).unwrap();
    let ended = diesel::sql_query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
         AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%\"changes\".\"seq\"%DESC%' OR query LIKE '%\"changes\".\"seq\" >%')",
    );
    ended.execute(&mut conn).unwrap()
}

/// A draft may take a name that a public post had before. Whoever follows the old name does not come to know of the draft.
#[actix_web::test]
async fn a_draft_that_takes_a_former_name_does_not_hide_where_it_leads() {
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        app.published(&admin, &json!({ "title": "Old", "slug": "old" })).await;
        app.patch("/v1/posts/old?publish=true").by(&admin).json(&json!({ "slug": "new" })).await.ok();
        let by_query = graphql_address("{ post(slug: \"old\") { slug } }");
        let found = async || text(&app.get(&by_query).await.json()["data"]["post"]["slug"]);
        assert_eq!((app.get("/v1/posts/old").await.status(), found().await), (308, "new".into()));
        let draft =
            app.post("/v1/posts").by(&admin).json(&json!({ "title": "Old", "slug": "old" })).await.ok();
        assert_eq!((app.get("/v1/posts/old").await.status(), found().await), (308, "new".into()));
        app.post(&format!("/v1/posts/{}/publish", text(&draft["id"]))).by(&admin).await.ok();
        assert_eq!((app.get("/v1/posts/old").await.status(), found().await), (200, "old".into()));
    }
}
