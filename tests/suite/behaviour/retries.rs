//! `Idempotency-Key`: a retry that is safe.

use pressroom::auth::viewer::Role;
use serde_json::json;

use super::named;
use crate::support::app::{on_both, text};

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
