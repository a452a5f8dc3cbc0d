//! Revisions: every saved version, who and when; the difference between two; going back.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::markdown;
use crate::support::app::on_both;

#[actix_web::test]
async fn every_save_is_kept_with_its_writer_and_its_time() {
    on_both(async |app| {
        let (editor, author) = (app.user(Role::Editor).await, app.user(Role::Author).await);
        app.post("/v1/posts").by(&author).json(&json!({"title": "One", "slug": "p"})).await.ok();
        app.advance(60);
        app.patch("/v1/posts/p?publish=true")
            .by(&editor)
            .json(&json!({"title": "Two", "body": markdown("Some words here.")}))
            .await
            .ok();
        app.advance(60);
        app.patch("/v1/posts/p").by(&author).json(&json!({"title": "Three"})).await.ok();
        let list = app.get("/v1/posts/p/revisions?count=true").by(&author).await.ok();
        assert_eq!(list["page"]["total"], 3);
        let rows: Vec<(i64, &str, &str, &str, bool, bool)> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                (
                    r["number"].as_i64().unwrap(),
                    r["title"].as_str().unwrap(),
                    r["created_by"]["name"].as_str().unwrap(),
                    r["created_at"].as_str().unwrap(),
                    r["is_live"].as_bool().unwrap(),
                    r["is_working_copy"].as_bool().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                (3, "Three", author.author.as_str(), "2024-05-01T12:02:00.000Z", false, true),
                (2, "Two", editor.author.as_str(), "2024-05-01T12:01:00.000Z", true, false),
                (1, "One", author.author.as_str(), "2024-05-01T12:00:00.000Z", false, false),
            ]
        );
        let first = app.get("/v1/posts/p/revisions?limit=2").by(&author).await.ok();
        let rest = format!("/v1/posts/p/revisions?limit=2&after={}", first["page"]["next"].as_str().unwrap());
        assert_eq!(app.get(&rest).by(&author).await.ok()["data"][0]["number"], 1);
        let one = app.get("/v1/posts/p/revisions/2").by(&author).await.ok();
        assert_eq!((&one["body"]["source"], &one["word_count"]), (&json!("Some words here."), &json!(3)));
        app.get("/v1/posts/p/revisions/4").by(&author).await.problem(404, "not_found");
        app.get("/v1/posts/p/revisions/0").by(&author).await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn two_revisions_are_compared_member_by_member_and_line_by_line() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts")
            .by(&editor)
            .json(&json!({"title": "One", "slug": "p", "body": markdown("a\nb\nc")}))
            .await
            .ok();
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({"title": "Two", "body": markdown("a\nB\nc")}))
            .await
            .ok();
        let diff = app.get("/v1/posts/p/revisions/diff?from=1&to=2").by(&editor).await.ok();
        assert_eq!(diff["fields"], json!([{"field": "title", "from": "One", "to": "Two"}]));
        let lines: Vec<(&str, &str)> = diff["body"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| (l["op"].as_str().unwrap(), l["text"].as_str().unwrap().trim_end()))
            .collect();
        assert_eq!(lines, [("same", "a"), ("removed", "b"), ("added", "B"), ("same", "c")]);
        let same = app.get("/v1/posts/p/revisions/diff?from=2&to=2").by(&editor).await.ok();
        assert_eq!((&same["fields"], &same["body"]), (&json!([]), &json!([])));
        app.get("/v1/posts/p/revisions/diff?from=1").by(&editor).await.problem(400, "bad_request");
        app.get("/v1/posts/p/revisions/diff?from=1&to=9").by(&editor).await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn going_back_makes_a_new_revision_and_leaves_what_is_live() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let first =
            json!({"title": "One", "slug": "p", "body": markdown("Old."), "tags": ["A"], "custom": {"k": 1}});
        app.published(&editor, &first).await;
        let change = json!({"title": "Two", "body": markdown("New."), "tags": ["B"], "custom": null});
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&change).await.ok();
        let link = json!({"relation": "cites", "external": {"url": "https://example.com"}});
        app.post("/v1/posts/p/links").by(&editor).json(&link).await.ok();
        let back = app.post("/v1/posts/p/revisions/1/restore").by(&editor).await.ok();
        assert_eq!(
            (&back["title"], &back["text"], &back["custom"]),
            (&json!("One"), &json!("Old."), &json!({"k": 1}))
        );
        assert_eq!((&back["tags"][0]["name"], &back["has_unpublished_changes"]), (&json!("A"), &json!(true)));
        assert_eq!(app.get("/v1/posts/p").await.ok()["title"], "Two");
        let list = app.get("/v1/posts/p/revisions").by(&editor).await.ok();
        let reasons: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|r| &r["reason"]).collect();
        assert_eq!(reasons, ["restored", "links", "saved", "created"]);
        app.post("/v1/posts/p/publish").by(&editor).await.ok();
        let post = app.get("/v1/posts/p?include=links").await.ok();
        assert_eq!(post["text"], "Old.");
        assert_eq!(post["links"]["outgoing"][0]["relation"], "cites", "links are live at once, and stay");
        app.post("/v1/posts/p/revisions/9/restore").by(&editor).await.problem(404, "not_found");
    })
    .await;
}
