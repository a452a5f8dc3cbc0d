//! Publishing: now, later, with a date in the past; taking back; previews.

use std::sync::Arc;

use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::jobs::run_due_once;
use serde_json::{Value, json};

use super::{column, markdown, named};
use crate::support::app::{NOW, TestApp, at, on_both, text};

/// How often it was written down that a post was published.
async fn publications(app: &TestApp) -> usize {
    app.log().await.iter().filter(|change| change.action == "published").count()
}

#[actix_web::test]
async fn a_post_goes_out_now_or_with_a_date_in_the_past() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for slug in ["now", "then"] {
            app.post("/v1/posts").by(&editor).json(&json!({"title": slug, "slug": slug})).await.ok();
        }
        let now = app.post("/v1/posts/now/publish").by(&editor).await.ok();
        assert_eq!(
            (&now["status"], &now["published_at"]),
            (&json!("published"), &json!("2024-05-01T12:00:00.000Z"))
        );
        let then = app
            .post("/v1/posts/then/publish")
            .by(&editor)
            .json(&json!({"at": "1963-02-01T08:00:00+01:00"}))
            .await
            .ok();
        assert_eq!(then["published_at"], "1963-02-01T07:00:00.000Z");
        assert_eq!(column(&app.get("/v1/posts").await.ok(), "slug"), ["now", "then"]);
        assert_eq!(column(&app.get("/v1/posts?sort=published_at").await.ok(), "slug"), ["then", "now"]);
        // A live post is dated anew in the same way, and keeps its date where none is given.
        app.post("/v1/posts/now/publish").by(&editor).json(&json!({"at": "1950-01-01T00:00:00Z"})).await.ok();
        app.advance(60);
        let again = app.post("/v1/posts/now/publish").by(&editor).await.ok();
        assert_eq!(again["published_at"], "1950-01-01T00:00:00.000Z");
        assert_eq!(column(&app.get("/v1/posts").await.ok(), "slug"), ["then", "now"]);
    })
    .await;
}

#[actix_web::test]
async fn a_scheduled_post_is_hidden_until_its_time_and_then_goes_out_by_itself() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts")
            .by(&editor)
            .json(&json!({"title": "Soon", "slug": "soon", "tags": ["T"]}))
            .await
            .ok();
        let post = app
            .post("/v1/posts/soon/publish")
            .by(&editor)
            .json(&json!({"at": "2024-05-01T13:00:00Z"}))
            .await
            .ok();
        assert_eq!(
            (&post["status"], &post["published_at"]),
            (&json!("scheduled"), &json!("2024-05-01T13:00:00.000Z"))
        );
        app.get("/v1/posts/soon").await.problem(404, "not_found");
        app.advance(3599);
        run_due_once(app.svc()).await.unwrap();
        app.get("/v1/posts/soon").await.problem(404, "not_found");
        app.advance(1);
        run_due_once(app.svc()).await.unwrap();
        let live = app.get("/v1/posts/soon").await.ok();
        assert_eq!(
            (&live["status"], &live["published_at"]),
            (&json!("published"), &json!("2024-05-01T13:00:00.000Z"))
        );
        assert_eq!(app.get("/v1/tags/t").await.ok()["post_count"], 1);
        assert_eq!(column(&app.get("/v1/posts").await.ok(), "slug"), ["soon"]);
    })
    .await;
}

#[actix_web::test]
async fn two_instances_on_one_database_publish_a_scheduled_post_once() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for n in 0..5 {
            let slug = format!("p{n}");
            app.post("/v1/posts").by(&editor).json(&json!({"title": slug, "slug": slug})).await.ok();
            let when = json!({"at": "2024-05-01T13:00:00Z"});
            app.post(&format!("/v1/posts/{slug}/publish")).by(&editor).json(&when).await.ok();
        }
        let other = TestApp::again(app.store.clone(), app.store.config(), Clock::fixed(at(NOW))).await;
        app.advance(7200);
        other.advance(7200);
        let (one, two) = (Arc::clone(app.svc()), Arc::clone(other.svc()));
        let (one, two) = tokio::join!(run_due_once(&one), run_due_once(&two));
        one.unwrap();
        two.unwrap();
        assert_eq!(publications(&app).await, 5);
        let list = other.get("/v1/posts?count=true").await.ok();
        assert_eq!((&list["page"]["total"], list["data"].as_array().unwrap().len()), (&json!(5), 5));
        assert!(list["data"].as_array().unwrap().iter().all(|post| post["version"] == 3), "{list}");
    })
    .await;
}

#[actix_web::test]
async fn a_schedule_can_be_moved_brought_forward_and_called_off() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts").by(&editor).json(&json!({"title": "P", "slug": "p"})).await.ok();
        let publish = async |body: Value| app.post("/v1/posts/p/publish").by(&editor).json(&body).await.ok();
        publish(json!({"at": "2024-05-02T00:00:00Z"})).await;
        assert_eq!(
            publish(json!({"at": "2024-05-03T00:00:00Z"})).await["published_at"],
            "2024-05-03T00:00:00.000Z"
        );
        let off = app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        assert_eq!((&off["status"], &off["published_at"]), (&json!("draft"), &Value::Null));
        publish(json!({"at": "2024-05-03T00:00:00Z"})).await;
        let early = publish(json!({})).await;
        assert_eq!(
            (&early["status"], &early["published_at"]),
            (&json!("published"), &json!("2024-05-01T12:00:00.000Z"))
        );
        app.post("/v1/posts/p/publish")
            .by(&editor)
            .json(&json!({"at": "2024-05-03T00:00:00Z"}))
            .await
            .problem(409, "invalid_state");
    })
    .await;
}

#[actix_web::test]
async fn a_scheduled_post_that_was_trashed_is_not_dated_to_come_when_it_goes_out_after_all() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts").by(&editor).json(&json!({"title": "P", "slug": "p"})).await.ok();
        app.post("/v1/posts/p/publish").by(&editor).json(&json!({"at": "2024-06-01T00:00:00Z"})).await.ok();
        app.delete("/v1/posts/p").by(&editor).await.ok();
        assert_eq!(app.post("/v1/posts/p/restore").by(&editor).await.ok()["published_at"], Value::Null);
        let out = app.post("/v1/posts/p/publish").by(&editor).await.ok();
        assert_eq!(
            (&out["status"], &out["published_at"]),
            (&json!("published"), &json!("2024-05-01T12:00:00.000Z"))
        );
    })
    .await;
}

#[actix_web::test]
async fn a_scheduled_post_in_the_trash_does_not_go_out() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts").by(&editor).json(&json!({"title": "P", "slug": "p"})).await.ok();
        app.post("/v1/posts/p/publish").by(&editor).json(&json!({"at": "2024-05-01T13:00:00Z"})).await.ok();
        app.delete("/v1/posts/p").by(&editor).await.ok();
        app.advance(7200);
        run_due_once(app.svc()).await.unwrap();
        app.get("/v1/posts/p").await.problem(404, "not_found");
        assert_eq!(publications(&app).await, 0);
    })
    .await;
}

#[actix_web::test]
async fn a_post_that_is_taken_back_keeps_its_date_and_its_words() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "P", "slug": "p", "body": markdown("Words.")})).await;
        app.patch("/v1/posts/p").by(&editor).json(&json!({"title": "Q"})).await.ok();
        app.advance(60);
        let back = app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        assert_eq!(
            (&back["status"], &back["title"], &back["text"]),
            (&json!("draft"), &json!("Q"), &json!("Words."))
        );
        app.get("/v1/posts/p").await.problem(404, "not_found");
        assert_eq!(app.get("/v1/search?q=words").await.ok()["data"], json!([]));
        app.post("/v1/posts/p/unpublish").by(&editor).await.problem(409, "invalid_state");
        let again = app.post("/v1/posts/p/publish").by(&editor).await.ok();
        assert_eq!(again["published_at"], "2024-05-01T12:00:00.000Z");
        let kept = app.post("/v1/posts/p/archive").by(&editor).await.ok();
        assert_eq!(kept["status"], "archived");
        app.get("/v1/posts/p").await.problem(404, "not_found");
        app.post("/v1/posts/p/archive").by(&editor).await.problem(409, "invalid_state");
        assert_eq!(column(&app.get("/v1/posts?status=archived").by(&editor).await.ok(), "slug"), ["p"]);
        assert_eq!(app.post("/v1/posts/p/publish").by(&editor).await.ok()["status"], "published");
    })
    .await;
}

#[actix_web::test]
async fn a_draft_can_be_handed_in_for_review_but_not_declared_published() {
    on_both(async |app| {
        let (editor, writer) = (app.user(Role::Editor).await, app.user(Role::Contributor).await);
        app.post("/v1/posts").by(&writer).json(&json!({"title": "P", "slug": "p"})).await.ok();
        let post = app.patch("/v1/posts/p").by(&writer).json(&json!({"status": "in_review"})).await.ok();
        assert_eq!(post["status"], "in_review");
        assert_eq!(column(&app.get("/v1/posts?status=in_review").by(&editor).await.ok(), "slug"), ["p"]);
        let refused = app.patch("/v1/posts/p").by(&editor).json(&json!({"status": "published"})).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/status"]);
        app.post("/v1/posts/p/publish").by(&writer).await.problem(403, "forbidden");
        app.post("/v1/posts/p/publish").by(&editor).await.ok();
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({"status": "draft"}))
            .await
            .problem(409, "invalid_state");
        app.patch("/v1/posts/p").by(&writer).json(&json!({"title": "Q"})).await.problem(403, "forbidden");
    })
    .await;
}

#[actix_web::test]
async fn a_preview_shows_the_working_copy_to_whoever_holds_it_until_it_expires() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "Live", "slug": "p", "body": markdown("Old.")})).await;
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({"title": "Draft", "body": markdown("New.")}))
            .await
            .ok();
        app.post("/v1/posts").by(&editor).json(&json!({"title": "Other", "slug": "other"})).await.ok();
        let made = app.post("/v1/posts/p/preview").by(&editor).json(&json!({"expires_in": 600})).await;
        assert_eq!(made.status(), 201);
        let made = made.ok();
        assert_eq!(made["expires_at"], "2024-05-01T12:10:00.000Z");
        let token = text(&made["token"]);
        let shown = app.get(&format!("/v1/posts/p?preview={token}")).await;
        assert_eq!((&shown.ok()["title"], &shown.ok()["text"]), (&json!("Draft"), &json!("New.")));
        assert!(shown.ok().get("body").is_none(), "whoever holds it reads as a reader would");
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        app.patch("/v1/posts/p").by(&editor).json(&json!({"title": "Later draft"})).await.ok();
        assert_eq!(app.get(&format!("/v1/posts/p?preview={token}")).await.ok()["title"], "Later draft");
        app.get(&format!("/v1/posts/other?preview={token}")).await.problem(404, "not_found");
        assert_eq!(app.get("/v1/posts/p").await.ok()["title"], "Live");
        app.get(&format!("/v1/posts/p?preview={token}x")).await.problem(401, "invalid_token");
        app.get("/v1/auth/me").token(&token).await.problem(401, "invalid_token");
        let access = editor.token.clone();
        app.get(&format!("/v1/posts/p?preview={access}")).await.problem(401, "invalid_token");
        app.advance(630);
        app.get(&format!("/v1/posts/p?preview={token}")).await.problem(401, "invalid_token");
    })
    .await;
}
