//! Closing, opening and holding the comments of a post: an act of moderation, at once, beside the working copy.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use crate::support::app::{TestApp, on_both, text};
use crate::support::graphql::{ask, data};

fn guests(text: &str) -> Value {
    json!({"body": text, "author": {"name": "Ada", "email": "ada@example.org"}})
}

/// What the public reads of the post `p`: whether comments are taken, and what was decided.
async fn seen(app: &TestApp) -> (Value, Value) {
    let post = app.get("/v1/posts/p").await.ok();
    let asked = data(&ask(app, "{ post(slug: \"p\") { commentsOpen commentPolicy } }", &Value::Null).await);
    assert_eq!(asked["post"]["commentsOpen"], post["comments_open"], "both faces say the same");
    let policy = text(&post["comment_policy"]);
    assert_eq!(asked["post"]["commentPolicy"], json!(policy.to_uppercase()));
    let alone = app.get("/v1/posts/p?fields=comments_open").await.ok();
    assert_eq!(alone["comments_open"], post["comments_open"]);
    let listed = app.get("/v1/posts").await.ok();
    let row = listed["data"].as_array().unwrap().iter().find(|row| row["slug"] == "p").unwrap();
    assert_eq!(row["comments_open"], post["comments_open"]);
    (post["comments_open"].clone(), post["comment_policy"].clone())
}

#[actix_web::test]
async fn a_moderator_closes_opens_and_holds_a_thread_at_once_and_nothing_pending_goes_out() {
    on_both(async |app| {
        let (editor, moderator) = (app.user(Role::Editor).await, app.user(Role::Moderator).await);
        let reader = app.user(Role::Contributor).await;
        app.published(&editor, &json!({"title": "Live", "slug": "p"})).await;
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({"title": "Pending", "comments_open": null}))
            .await
            .ok();
        assert_eq!(seen(&app).await, (json!(true), json!("site")));
        let version = app.get("/v1/posts/p").await.ok()["version"].as_i64().unwrap();

        let closed = app.post("/v1/posts/p/comments/close").by(&moderator).await.ok();
        assert_eq!((&closed["title"], &closed["version"]), (&json!("Live"), &json!(version + 1)));
        assert_eq!(seen(&app).await, (json!(false), json!("closed")));
        assert_eq!(app.get("/v1/posts/p").await.ok()["title"], "Live");
        assert_eq!(app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok()["title"], "Pending");
        app.post("/v1/posts/p/comments").json(&guests("Hello.")).await.problem(409, "invalid_state");
        app.post("/v1/posts/p/comments")
            .by(&editor)
            .json(&json!({"body": "Hello."}))
            .await
            .problem(409, "invalid_state");
        let again = app.post("/v1/posts/p/comments/close").by(&moderator).await.ok();
        assert_eq!(again["version"], closed["version"], "what is so already changes nothing");

        app.post("/v1/posts/p/comments/hold").by(&moderator).await.ok();
        assert_eq!(seen(&app).await, (json!(true), json!("held")));
        let waits = app.post("/v1/posts/p/comments").by(&reader).json(&json!({"body": "I say."})).await.ok();
        assert_eq!(waits["status"], "pending", "an account's comment waits as well");
        let own =
            app.post("/v1/posts/p/comments").by(&moderator).json(&json!({"body": "We look."})).await.ok();
        assert_eq!(own["status"], "approved");
        assert_eq!(app.get("/v1/posts/p/comments").await.ok()["data"].as_array().unwrap().len(), 1);

        app.post("/v1/posts/p/comments/open").by(&moderator).await.ok();
        assert_eq!(seen(&app).await, (json!(true), json!("open")));
        let said = app.post("/v1/posts/p/comments").by(&reader).json(&json!({"body": "Again."})).await.ok();
        assert_eq!(said["status"], "approved");
        let ask_for = "mutation { inheritComments(id: \"p\") { title commentPolicy } }";
        let back = data(&ask(&app, ask_for, &Value::Null).by(&moderator).await);
        assert_eq!(back["inheritComments"], json!({"title": "Live", "commentPolicy": "SITE"}));
        let log = app.get("/v1/posts/p/revisions").by(&editor).await.ok();
        assert_eq!(log["data"].as_array().unwrap().len(), 2, "no revision is made of it");
    })
    .await;
}

#[actix_web::test]
async fn the_sites_setting_holds_for_every_post_that_does_not_say_otherwise() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "Open", "slug": "open", "comments_open": true})).await;
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        assert_eq!(seen(&app).await, (json!(true), json!("site")));
        app.patch("/v1/site").by(&editor).json(&json!({"comments_open": false})).await.ok();
        assert_eq!(seen(&app).await, (json!(false), json!("site")), "also of a post that was there before");
        app.post("/v1/posts/p/comments").json(&guests("Hello.")).await.problem(409, "invalid_state");
        app.post("/v1/posts/open/comments").json(&guests("Hello.")).await.ok();
        assert_eq!(app.get("/v1/posts/open").await.ok()["comments_open"], true);
        app.patch("/v1/site").by(&editor).json(&json!({"comments_open": null})).await.ok();
        assert_eq!(seen(&app).await, (json!(true), json!("site")));
        app.post("/v1/posts/p/comments").json(&guests("Hello.")).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn an_editor_decides_it_with_a_patch_that_publishes_nothing() {
    on_both(async |app| {
        let (editor, contributor) = (app.user(Role::Editor).await, app.user(Role::Contributor).await);
        app.published(&editor, &json!({"title": "Live", "slug": "p"})).await;
        let sent = json!({"title": "Pending", "comments_open": false});
        let saved = app.patch("/v1/posts/p").by(&editor).json(&sent).await.ok();
        assert_eq!((&saved["title"], &saved["comments_open"]), (&json!("Pending"), &json!(false)));
        assert_eq!(seen(&app).await, (json!(false), json!("closed")));
        assert_eq!(app.get("/v1/posts/p").await.ok()["title"], "Live");
        let version = saved["version"].as_i64().unwrap();
        let alone = app.patch("/v1/posts/p").by(&editor).json(&json!({"comments_open": true})).await.ok();
        assert_eq!(alone["version"], version + 1);
        assert_eq!(seen(&app).await, (json!(true), json!("open")));
        app.post("/v1/posts/p/revisions/1/restore").by(&editor).await.ok();
        app.post("/v1/posts/p/publish").by(&editor).await.ok();
        assert_eq!(
            seen(&app).await,
            (json!(true), json!("open")),
            "no revision has it, so none brings it back"
        );
        let revision = app.get("/v1/posts/p/revisions/1").by(&editor).await.ok();
        assert!(!revision.to_string().contains("comments_open"), "{revision}");

        let asked = json!({"name": "t", "scopes": ["posts:write"]});
        let token = text(&app.post("/v1/tokens").by(&editor).json(&asked).await.ok()["secret"]);
        app.patch("/v1/posts/p").token(&token).json(&json!({"title": "Fine"})).await.ok();
        app.patch("/v1/posts/p")
            .token(&token)
            .json(&json!({"comments_open": false}))
            .await
            .problem(403, "forbidden");
        assert_eq!(seen(&app).await, (json!(true), json!("open")));
        let own = json!({"title": "Own", "slug": "own", "comments_open": false});
        assert_eq!(app.post("/v1/posts").by(&contributor).json(&own).await.ok()["comment_policy"], "closed");
        let own =
            app.patch("/v1/posts/own").by(&contributor).json(&json!({"comments_open": null})).await.ok();
        assert_eq!(own["comment_policy"], "site");
        app.post("/v1/posts/p/comments/close").by(&contributor).await.problem(403, "forbidden");
    })
    .await;
}
