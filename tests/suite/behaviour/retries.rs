//! `Idempotency-Key`: a retry that is safe.

use std::time::{Duration, Instant};

use diesel::{QueryDsl as _, RunQueryDsl as _};
use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use pressroom_schema::Json;
use pressroom_schema::idempotency::{self, IdempotencyRow};
use pressroom_schema::tables::idempotency_keys;
use serde_json::json;

use super::named;
use crate::support::app::{Store, TestApp, on_both, text};
use crate::support::upload;

/// How many requests something is kept of.
async fn kept(app: &TestApp) -> i64 {
    app.svc().db.raw(|conn| Ok(idempotency_keys::table.count().get_result(conn)?)).await.unwrap()
}

#[actix_web::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let ask = || {
            app.post("/v1/posts")
                .by(&editor)
                .header("Idempotency-Key", "a-key-of-mine")
                .json(&json!({"title": "Once"}))
        };
        let first = ask().await;
        app.advance(3600);
        let token = app.login(&editor.email).await;
        let again = app
            .post("/v1/posts")
            .token(&token)
            .header("Idempotency-Key", "a-key-of-mine")
            .json(&json!({"title": "Once"}))
            .await;
        assert_eq!((first.status(), again.status()), (201, 201));
        assert_eq!(first.text(), again.text());
        for name in ["etag", "location", "content-type"] {
            assert_eq!(first.header(name), again.header(name), "{name}");
        }
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        let all = app.get("/v1/posts?status=all&count=true").token(&token).await.ok();
        assert_eq!(all["page"]["total"], 1);
        // A day later the key is free.
        app.advance(86_400);
        let token = app.login(&editor.email).await;
        let later = app
            .post("/v1/posts")
            .token(&token)
            .header("Idempotency-Key", "a-key-of-mine")
            .json(&json!({"title": "Once"}))
            .await;
        assert_ne!(later.ok()["id"], first.ok()["id"]);
    })
    .await;
}

#[actix_web::test]
async fn a_mutation_runs_once_under_one_key() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let mutation = |title: &str| json!({"query": format!("mutation {{ createPost(input: {{title: \"{title}\"}}) {{ id slug }} }}")});
        let ask = |sent: serde_json::Value| {
            app.post("/graphql").header("Idempotency-Key", "a-key-of-mine").by(&editor).json(&sent)
        };
        // Who did not sign in has not been answered on the merits.
        let refused = app.post("/graphql").header("Idempotency-Key", "a-key-of-mine").json(&mutation("Once")).await;
        assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "unauthenticated", "{}", refused.text());
        let (first, again) = (ask(mutation("Once")).await, ask(mutation("Once")).await);
        assert_eq!(first.json()["data"]["createPost"]["slug"], "once", "{}", first.text());
        assert_eq!(first.text(), again.text());
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        let other = ask(mutation("Twice")).await;
        assert_eq!((other.status(), &other.json()["errors"][0]["extensions"]["code"]), (422, &json!("idempotency_mismatch")));
        let bad = app.post("/graphql").header("Idempotency-Key", "short").json(&mutation("Once")).await;
        assert_eq!((bad.status(), &bad.json()["errors"][0]["extensions"]["code"]), (400, &json!("bad_request")));
        let all = app.get("/v1/posts?status=all&count=true").by(&editor).await.ok();
        assert_eq!(all["page"]["total"], 1);
    })
    .await;
}

#[actix_web::test]
async fn a_key_that_was_used_for_another_request_is_refused() {
    on_both(async |app| {
        let (editor, other) = (app.user(Role::Editor).await, app.user(Role::Editor).await);
        app.post("/v1/posts")
            .by(&editor)
            .header("Idempotency-Key", "a-key-of-mine")
            .json(&json!({"title": "One"}))
            .await
            .ok();
        for ask in [
            app.post("/v1/posts").json(&json!({"title": "Two"})),
            app.post("/v1/posts?publish=true").json(&json!({"title": "One"})),
            app.post("/v1/tags").json(&json!({"name": "One"})),
        ] {
            ask.by(&editor)
                .header("Idempotency-Key", "a-key-of-mine")
                .await
                .problem(422, "idempotency_mismatch");
        }
        // It is each caller's own.
        app.post("/v1/posts")
            .by(&other)
            .header("Idempotency-Key", "a-key-of-mine")
            .json(&json!({"title": "Two"}))
            .await
            .ok();
        assert_eq!(app.get("/v1/posts?status=all&count=true").by(&editor).await.ok()["page"]["total"], 2);
        for bad in ["short", "with a space in it", &"x".repeat(256)] {
            let refused = app
                .post("/v1/posts")
                .by(&editor)
                .header("Idempotency-Key", bad)
                .json(&json!({"title": "T"}))
                .await;
            assert_eq!(named(&refused.problem(400, "bad_request")), ["Idempotency-Key"]);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_refusal_is_kept_but_what_was_not_decided_may_be_tried_again() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let key = "a-key-of-mine";
        let ask =
            || app.post("/v1/posts").header("Idempotency-Key", key).json(&json!({"title": "T", "slug": "t"}));
        ask().await.problem(401, "unauthenticated");
        ask().by(&editor).await.ok();
        let clash = || {
            app.post("/v1/posts")
                .by(&editor)
                .header("Idempotency-Key", "another-key")
                .json(&json!({"title": "U", "slug": "t"}))
        };
        let first = clash().await;
        first.problem(409, "conflict");
        let path = format!("/v1/posts/{}", text(&app.get("/v1/posts/t").by(&editor).await.ok()["id"]));
        app.patch(&path).by(&editor).json(&json!({"slug": "free"})).await.ok();
        let again = clash().await;
        assert_eq!((again.status(), again.header("idempotent-replayed")), (409, "true"));
        assert_eq!(again.text(), first.text());
    })
    .await;
}

#[actix_web::test]
async fn a_guests_comment_arrives_once_with_its_edit_token() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        let body = json!({"body": "Hello there.", "author": {"name": "Ada", "email": "ada@example.org"}});
        let ask = || app.post("/v1/posts/p/comments").header("Idempotency-Key", "a-guests-key").json(&body);
        let (first, again) = (ask().await.ok(), ask().await.ok());
        assert_eq!(first, again);
        assert!(first["edit_token"].is_string());
        assert_eq!(app.get("/v1/comments?count=true").by(&editor).await.ok()["page"]["total"], 1);
    })
    .await;
}

#[actix_web::test]
async fn only_a_forms_own_boundary_makes_no_difference() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let send = |mime: &str, body: Vec<u8>, path: &'static str| {
            app.post(path).by(&editor).header("Idempotency-Key", "a-key-of-mine").body(mime, body)
        };
        let form = |boundary: &str| {
            let bytes = upload::form("a.png", 7);
            let end = bytes.len() - b"--line--\r\n".len();
            [
                format!("--{boundary}").as_bytes(),
                &bytes[b"--line".len()..end],
                format!("--{boundary}--\r\n").as_bytes(),
            ]
            .concat()
        };
        let first = send("multipart/form-data; boundary=one", form("one"), "/v1/media").await;
        let again =
            send("multipart/form-data; charset=utf-8; Boundary=\"two\"", form("two"), "/v1/media").await;
        assert_eq!((first.ok(), again.header("idempotent-replayed")), (again.ok(), "true"));
        // JSON has no boundary, whatever its type says.
        let post = |title: &str| json!({ "title": title }).to_string().into_bytes();
        let send = |title: &str| {
            let ask = app.post("/v1/posts").by(&editor).header("Idempotency-Key", "another-key");
            ask.body("application/json; boundary=x", post(title))
        };
        send("One").await.ok();
        send("Onex").await.problem(422, "idempotency_mismatch");
    })
    .await;
}

#[actix_web::test]
async fn a_long_boundary_takes_no_longer() {
    on_both(async |app| {
        let begun = Instant::now();
        let body = vec![b'a'; 2 * 1024 * 1024 - 1];
        let long = format!("{}b", "a".repeat(50_000));
        for mime in ["x", "multipart/form-data", "application/json"] {
            for boundary in [&long, &long[49_931..]] {
                app.post("/v1/auth/login")
                    .header("Idempotency-Key", "a-key-of-mine")
                    .body(&format!("{mime}; boundary={boundary}"), body.clone())
                    .await;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    })
    .await;
}

#[actix_web::test]
async fn a_key_lets_no_longer_body_in() {
    on_both(async |app| {
        let (editor, moderator) = (app.user(Role::Editor).await, app.user(Role::Moderator).await);
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        let long = json!({ "query": "x".repeat(3 * 1024 * 1024) });
        for path in ["/v1/posts", "/v1/posts/p/comments", "/v1/auth/login", "/graphql"] {
            for key in [None, Some("a-key-of-mine")] {
                let mut ask = app.post(path).by(&editor).json(&long);
                if let Some(key) = key {
                    ask = ask.header("Idempotency-Key", key);
                }
                assert_eq!(ask.await.status(), 413, "{path} {key:?}");
            }
        }
        // A file is read only of those who may upload one.
        let file = [
            b"--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n".as_slice(),
            &vec![0; 3 << 20],
            b"\r\n--line--\r\n",
        ]
        .concat();
        let upload = || {
            app.post("/v1/media").header("Idempotency-Key", "a-key-of-mine").body(upload::FORM, file.clone())
        };
        upload().await.problem(401, "unauthenticated");
        upload().by(&moderator).await.problem(403, "forbidden");
        upload().by(&editor).await.problem(415, "unsupported_media_type");
    })
    .await;
}

#[actix_web::test]
async fn nothing_is_kept_but_answers_to_writes_that_were_allowed() {
    on_both(async |app| {
        let (editor, moderator) = (app.user(Role::Editor).await, app.user(Role::Moderator).await);
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        let guest = |name: &str| json!({"body": "Hello.", "author": {"name": name, "email": "ada@example.org"}});
        let query = |text: &str| json!({ "query": text });
        let asks = [
            ("/v1/nothing", json!({}), 404),
            ("/v1/posts/none/comments", guest("Ada"), 404),
            ("/v1/posts/p/comments", guest(""), 422),
            ("/v1/posts", json!({"title": "T"}), 401),
            ("/v1/auth/login", json!({"email": "a@example.org", "password": "wrong wrong wrong"}), 401),
            ("/graphql", query("{ posts { nodes { title } } }"), 200),
            ("/graphql", query("query mutation { site { title } }"), 200),
            ("/graphql", query("{ post(slug: \"mutation\") { title } }"), 200),
            ("/graphql", query("mutation { createPost(input: {title: \"T\"}) { id } }"), 200),
            ("/graphql", query("mutation { nothing }"), 200),
            ("/graphql", query("mutation {"), 200),
        ];
        for (n, (path, body, status)) in asks.iter().enumerate() {
            for user in [None, Some(&moderator)] {
                let mut ask = app.post(path).header("Idempotency-Key", &format!("a-key-of-mine-{n}")).json(body);
                if let Some(user) = user {
                    ask = ask.by(user);
                }
                let before = kept(&app).await;
                let answer = ask.await;
                assert!(user.is_some() || answer.status() == *status, "{path} {body}: {}", answer.text());
                assert!(user.is_some() || kept(&app).await == before, "{path} {body}: {}", answer.text());
            }
        }
        let ours = kept(&app).await;
        // An account's answers are kept where something was decided.
        let ask = || app.post("/v1/posts/p/comments").header("Idempotency-Key", "a-key-of-mine").json(&guest("Ada"));
        ask().await.ok();
        assert_eq!(kept(&app).await, ours + 1);
        assert_eq!(ask().await.header("idempotent-replayed"), "true");
        // What was done of a mutation is not done again, though a part of it was refused.
        let both = query("mutation { addComment(post: \"p\", input: {body: \"Hi.\", author: {name: \"Bea\", email: \"bea@example.org\"}}) { id } }");
        let ask = || app.post("/graphql").header("Idempotency-Key", "a-key-of-bea").json(&both);
        ask().await.ok();
        assert_eq!(ask().await.header("idempotent-replayed"), "true", "{}", ask().await.text());
    })
    .await;
}

#[actix_web::test]
async fn what_is_kept_has_a_bound_for_each_caller_and_for_all() {
    let stores = [Some(Store::sqlite()), Store::postgres()];
    for store in stores.into_iter().flatten() {
        let config = Config { retry_caller_bytes: 32_768, retry_bytes: 60_000, ..store.config() };
        let app = TestApp::with(store, config).await;
        let users =
            [app.user(Role::Editor).await, app.user(Role::Editor).await, app.user(Role::Editor).await];
        let ask = |user: usize, n: usize| {
            let post = json!({"title": format!("{user} {n}"), "excerpt": "x".repeat(400)});
            app.post("/v1/posts")
                .by(&users[user])
                .header("Idempotency-Key", &format!("a-key-of-mine-{n}"))
                .json(&post)
        };
        ask(1, 0).await.ok();
        for n in 0..40 {
            app.advance(1);
            ask(0, n).await.ok();
        }
        assert!((5..=33).contains(&kept(&app).await), "{}", kept(&app).await);
        for (user, n) in [(0, 39), (1, 0)] {
            assert_eq!(ask(user, n).await.header("idempotent-replayed"), "true", "{user} {n}");
        }
        assert_eq!(ask(0, 0).await.header("idempotent-replayed"), "", "the oldest made room");
        for (user, n) in (1..3).flat_map(|user| (1..40).map(move |n| (user, n))) {
            app.advance(1);
            ask(user, n).await.ok();
        }
        assert!((5..=68).contains(&kept(&app).await), "{}", kept(&app).await);
        assert_eq!(ask(2, 39).await.header("idempotent-replayed"), "true");
        assert_eq!(ask(0, 39).await.header("idempotent-replayed"), "", "the oldest of all made room");
    }
}

#[actix_web::test]
async fn an_answer_that_has_no_room_is_not_kept_and_given_all_the_same() {
    let store = Store::sqlite();
    let config = Config { retry_caller_bytes: 2_000, ..store.config() };
    let app = TestApp::with(store, config).await;
    let editor = app.user(Role::Editor).await;
    let post = json!({"title": "Long", "excerpt": "x".repeat(400), "body": {"format": "markdown", "source": "x ".repeat(2_000)}});
    let ask = || app.post("/v1/posts").by(&editor).header("Idempotency-Key", "a-key-of-mine").json(&post);
    assert_eq!((ask().await.status(), kept(&app).await), (201, 0));
}

#[actix_web::test]
async fn a_request_that_died_while_the_clock_was_ahead_is_no_longer_under_way_when_it_is_right() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let ask = async || {
            let post = app.post("/v1/posts").token(&app.login(&editor.email).await);
            post.header("Idempotency-Key", "a-key-of-then").json(&json!({"title": "T"})).await
        };
        app.advance(2 * 86_400);
        ask().await.ok();
        // As if its server had died before the answer.
        let until = app.svc().now().plus(chrono::TimeDelta::seconds(60));
        app.svc()
            .db
            .raw(move |conn| {
                let (key, _) = idempotency::oldest(conn, None, 1)?.remove(0);
                let row = idempotency::find(conn, &key)?.unwrap();
                idempotency::put(conn, &IdempotencyRow { status: None, expires_at: until, ..row })
            })
            .await
            .unwrap();
        ask().await.problem(409, "idempotency_in_progress");
        app.advance(-2 * 86_400);
        assert_eq!(ask().await.status(), 201);
    })
    .await;
}

#[actix_web::test]
async fn a_key_that_is_used_again_after_its_day_hides_its_answer_in_another_way() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let ask = async || {
            let post = app.post("/v1/tokens").token(&app.login(&editor.email).await);
            post.header("Idempotency-Key", "the-same-key")
                .json(&json!({"name": "n", "scopes": ["posts:read"]}))
                .await
        };
        let mut kept = Vec::new();
        for _ in 0..2 {
            let first = ask().await;
            assert_eq!(first.status(), 201);
            assert_eq!(ask().await.text(), first.text());
            let body: Vec<u8> = app
                .svc()
                .db
                .raw(|conn| Ok(idempotency_keys::table.select(idempotency_keys::body).first(conn)?))
                .await
                .unwrap();
            let plain = first.text().into_bytes();
            assert!(!body.windows(12).any(|part| plain.windows(12).any(|known| known == part)));
            kept.push((plain, body));
            app.advance(25 * 3_600);
        }
        // With one nonce for both, what differs in them would differ as their plain texts do.
        let differs =
            |one: &[u8], other: &[u8]| -> Vec<u8> { one.iter().zip(other).map(|(a, b)| a ^ b).collect() };
        let [(plain, body), (other_plain, other_body)] = kept.as_slice() else { panic!("two were kept") };
        let (plain, sealed) = (differs(plain, other_plain), differs(body, other_body));
        assert!(!sealed.windows(plain.len()).any(|part| part == plain));
        assert_ne!(body[..12], other_body[..12]);
    })
    .await;
}

#[actix_web::test]
async fn an_answer_that_an_older_version_kept_in_another_way_is_as_good_as_not_kept() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let ask = async || {
            let post = app.post("/v1/posts").by(&editor).header("Idempotency-Key", "kept-in-another-way");
            post.json(&json!({"title": "Again"})).await
        };
        for way in 0..3 {
            let first = ask().await.ok();
            app.svc()
                .db
                .raw(move |conn| {
                    let (key, _) = idempotency::oldest(conn, None, 1)?.remove(0);
                    let mut row = idempotency::find(conn, &key)?.unwrap();
                    match way {
                        0 => row.body = b"{}".to_vec(),
                        1 => row.body.reverse(),
                        _ => row.headers = Json::object(),
                    }
                    idempotency::put(conn, &row)
                })
                .await
                .unwrap();
            let again = ask().await;
            assert_eq!((again.status(), again.header("idempotent-replayed")), (201, ""), "{way}");
            assert_ne!(again.ok()["id"], first["id"], "{way}");
            // And that one is kept.
            assert_eq!(ask().await.header("idempotent-replayed"), "true", "{way}");
        }
    })
    .await;
}
