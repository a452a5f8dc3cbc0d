//! Links between posts and to elsewhere, seen from both ends; related posts.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{markdown, named};
use crate::support::app::{TestApp, on_both, text};

/// Relation, other end and origin of each link.
#[track_caller]
fn ends(links: &Value) -> Vec<(&str, &str, &str)> {
    let end = |link: &'_ Value| -> &'static str {
        let end = link["post"]["slug"].as_str().or(link["external"]["url"].as_str()).unwrap_or_default();
        Box::leak(end.to_owned().into_boxed_str())
    };
    links
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (link["relation"].as_str().unwrap(), end(link), link["origin"].as_str().unwrap()))
        .collect()
}

async fn links(app: &TestApp, post: &str) -> Value {
    app.get(&format!("/v1/posts/{post}/links")).await.ok()
}

#[actix_web::test]
async fn a_curated_link_appears_at_both_ends() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for slug in ["a", "b", "c"] {
            app.published(&editor, &json!({"title": slug, "slug": slug})).await;
        }
        let sent = json!({"links": [
            {"relation": "follow_up", "post": "b", "note": "Read on."},
            {"relation": "cites", "external": {"url": "https://example.com/x", "title": "X", "author": "Y", "publisher": "Z", "published_at": "2020-02-02T00:00:00Z"}},
            {"relation": "prior", "post": "c"},
        ]});
        let set = app.put("/v1/posts/a/links").by(&editor).json(&sent).await;
        assert!(set.header("etag").starts_with("\"v3-"), "{}", set.header("etag"));
        let shown = links(&app, "a").await;
        assert_eq!(
            ends(&shown["outgoing"]),
            [("follow_up", "b", "curated"), ("cites", "https://example.com/x", "curated"), ("prior", "c", "curated")]
        );
        assert_eq!(shown["outgoing"][0]["note"], "Read on.");
        assert_eq!(shown["outgoing"][1]["external"]["published_at"], "2020-02-02T00:00:00.000Z");
        assert_eq!(shown["outgoing"][1]["external"]["publisher"], "Z");
        assert_eq!(ends(&links(&app, "b").await["incoming"]), [("follow_up", "a", "curated")]);
        // In another order, one left out: those that stay keep their ids.
        let kept = text(&shown["outgoing"][2]["id"]);
        let sent = json!({"links": [{"relation": "prior", "post": "c"}, {"relation": "related", "post": "b"}]});
        app.put("/v1/posts/a/links").by(&editor).json(&sent).await.ok();
        let shown = links(&app, "a").await;
        assert_eq!(ends(&shown["outgoing"]), [("prior", "c", "curated"), ("related", "b", "curated")]);
        assert_eq!(text(&shown["outgoing"][0]["id"]), kept);
        let added = app.post("/v1/posts/a/links").by(&editor).json(&json!({"relation": "cites", "post": "b"})).await;
        assert_eq!(added.status(), 201);
        let place = added.header("location").to_owned();
        assert_eq!(app.delete(&place).by(&editor).await.status(), 204);
        app.delete(&place).by(&editor).await.problem(404, "not_found");
        assert_eq!(ends(&links(&app, "b").await["incoming"]), [("related", "a", "curated")]);
    })
    .await;
}

#[actix_web::test]
async fn a_link_in_a_body_is_a_back_link_of_the_post_that_it_leads_to() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "A", "slug": "a"})).await;
        let body = markdown(
            "As [said](https://example.org/a) and [again](/a), and [elsewhere](https://example.com/a).",
        );
        app.published(&editor, &json!({"title": "B", "slug": "b", "body": body})).await;
        assert_eq!(ends(&links(&app, "a").await["incoming"]), [("cites", "b", "body")]);
        assert_eq!(ends(&links(&app, "b").await["outgoing"]), [("cites", "a", "body")]);
        // Curated as well, it is told once.
        app.put("/v1/posts/b/links")
            .by(&editor)
            .json(&json!({"links": [{"relation": "response_to", "post": "a"}]}))
            .await
            .ok();
        assert_eq!(ends(&links(&app, "a").await["incoming"]), [("response_to", "b", "curated")]);
        app.put("/v1/posts/b/links").by(&editor).json(&json!({"links": []})).await.ok();
        app.patch("/v1/posts/b").by(&editor).json(&json!({"body": markdown("Nothing.")})).await.ok();
        assert_eq!(
            ends(&links(&app, "a").await["incoming"]),
            [("cites", "b", "body")],
            "what is live counts"
        );
        app.post("/v1/posts/b/publish").by(&editor).await.ok();
        assert_eq!(links(&app, "a").await["incoming"], json!([]));
    })
    .await;
}

#[actix_web::test]
async fn a_link_never_tells_of_a_post_that_its_reader_may_not_see() {
    on_both(async |app| {
        let (editor, other) = (app.user(Role::Editor).await, app.user(Role::Author).await);
        app.published(&editor, &json!({"title": "A", "slug": "a"})).await;
        app.post("/v1/posts")
            .by(&editor)
            .json(&json!({"title": "Hidden", "slug": "hidden", "body": markdown("See [A](/a).")}))
            .await
            .ok();
        app.put("/v1/posts/a/links")
            .by(&editor)
            .json(&json!({"links": [{"relation": "prior", "post": "hidden"}]}))
            .await
            .ok();
        for answer in [
            app.get("/v1/posts/a?include=links,related").await,
            app.get("/v1/posts/a/links").by(&other).await,
        ] {
            assert!(!answer.text().contains("idden"), "{}", answer.text());
        }
        let seen = app.get("/v1/posts/a/links").by(&editor).await.ok();
        assert_eq!(ends(&seen["outgoing"]), [("prior", "hidden", "curated")]);
        let refused = app.post("/v1/posts").by(&other).json(&json!({"title": "Mine", "slug": "mine"})).await;
        refused.ok();
        let refused = app
            .post("/v1/posts/mine/links")
            .by(&other)
            .json(&json!({"relation": "cites", "post": "hidden"}))
            .await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/post"]);
        app.post("/v1/posts/hidden/publish").by(&editor).await.ok();
        assert_eq!(ends(&links(&app, "a").await["outgoing"]), [("prior", "hidden", "curated")]);
        assert_eq!(ends(&links(&app, "hidden").await["incoming"]), [("prior", "a", "curated")]);
    })
    .await;
}

#[actix_web::test]
async fn a_post_that_no_list_shows_is_no_back_link_for_the_public() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "A", "slug": "a"})).await;
        let unlisted =
            json!({"title": "U", "slug": "u", "visibility": "unlisted", "body": markdown("See [A](/a).")});
        app.published(&editor, &unlisted).await;
        app.put("/v1/posts/u/links")
            .by(&editor)
            .json(&json!({"links": [{"relation": "prior", "post": "a"}]}))
            .await
            .ok();
        assert_eq!(links(&app, "a").await["incoming"], json!([]));
        assert_eq!(ends(&links(&app, "u").await["outgoing"]), [("prior", "a", "curated")]);
        let seen = app.get("/v1/posts/a/links").by(&editor).await.ok();
        assert_eq!(ends(&seen["incoming"]), [("prior", "u", "curated")]);
        let listed = json!({"visibility": "public"});
        app.patch("/v1/posts/u?publish=true").by(&editor).json(&listed).await.ok();
        assert_eq!(ends(&links(&app, "a").await["incoming"]), [("prior", "u", "curated")]);
    })
    .await;
}

#[actix_web::test]
async fn the_validator_of_links_is_good_for_changing_them() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "A", "slug": "a"})).await;
        let none = json!({"links": []});
        for _ in 0..2 {
            let read = app.get("/v1/posts/a/links").by(&editor).await;
            let link = json!({"links": [{"relation": "cites", "external": {"url": "https://example.com"}}]});
            let tag = read.header("etag").to_owned();
            let put = app.put("/v1/posts/a/links").by(&editor).header("If-Match", &tag).json(&link).await;
            put.ok();
            let stale = app.put("/v1/posts/a/links").by(&editor).header("If-Match", &tag).json(&none).await;
            stale.problem(412, "version_mismatch");
            app.put("/v1/posts/a/links").by(&editor).json(&none).await.ok();
        }
    })
    .await;
}

#[actix_web::test]
async fn a_link_that_cannot_be_is_refused_by_its_place() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for slug in ["a", "b", "binned"] {
            app.published(&editor, &json!({"title": slug, "slug": slug})).await;
        }
        app.delete("/v1/posts/binned").by(&editor).await;
        let link = json!({"relation": "cites", "post": "binned"});
        let refused = app.post("/v1/posts/a/links").by(&editor).json(&link).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/post"]);
        for (bad, pointer) in [
            (json!({"relation": "cites", "post": "a"}), "/links/1/post"),
            (json!({"relation": "cites", "post": "nowhere"}), "/links/1/post"),
            (json!({"relation": "cites", "post": "binned"}), "/links/1/post"),
            (json!({"relation": "loves", "post": "b"}), "/links/1/relation"),
            (json!({"relation": "cites"}), "/links/1"),
            (
                json!({"relation": "cites", "post": "b", "external": {"url": "https://example.com"}}),
                "/links/1",
            ),
            (
                json!({"relation": "cites", "external": {"url": "javascript:alert(1)"}}),
                "/links/1/external/url",
            ),
            (json!({"relation": "prior", "post": "b"}), "/links/1"),
        ] {
            let sent = json!({"links": [{"relation": "prior", "post": "b"}, bad]});
            let refused =
                app.put("/v1/posts/a/links").by(&editor).json(&sent).await.problem(422, "validation_failed");
            assert_eq!(named(&refused), [pointer], "{refused}");
        }
        assert_eq!(links(&app, "a").await["outgoing"], json!([]));
    })
    .await;
}

#[actix_web::test]
async fn related_posts_are_the_curated_ones_and_then_those_that_share_words_each_with_its_reason() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for (slug, words, tags) in [
            (
                "ferry",
                "The estuary ferry crosses the harbour past the dredger and the pilot cutter.",
                json!(["Harbours"]),
            ),
            (
                "dredger",
                "A dredger deepens the harbour of the estuary; the pilot cutter waits.",
                json!(["Harbours"]),
            ),
            ("bread", "Sourdough rises overnight in a warm kitchen.", json!(["Baking"])),
            ("type", "Lead type stands in wooden cases, letter by letter.", json!(["Printing"])),
        ] {
            app.published(
                &editor,
                &json!({"title": slug, "slug": slug, "tags": tags, "body": markdown(words)}),
            )
            .await;
        }
        app.put("/v1/posts/ferry/links")
            .by(&editor)
            .json(&json!({"links": [{"relation": "prior", "post": "type"}]}))
            .await
            .ok();
        let related = app.get("/v1/posts/ferry/related").await.ok();
        let slugs: Vec<&str> =
            related["data"].as_array().unwrap().iter().map(|r| r["post"]["slug"].as_str().unwrap()).collect();
        assert_eq!(slugs, ["type", "dredger"]);
        assert_eq!(related["data"][0]["reason"], json!({"kind": "curated", "relation": "prior"}));
        let reason = &related["data"][1]["reason"];
        assert_eq!(reason["kind"], "similar");
        assert!((0.0..=1.0).contains(&reason["score"].as_f64().unwrap()), "{reason}");
        assert!(reason["terms"].as_array().unwrap().iter().any(|t| t == "harbour"), "{reason}");
        assert_eq!(
            app.get("/v1/posts/ferry/related?limit=1").await.ok()["data"].as_array().unwrap().len(),
            1
        );
        app.get("/v1/posts/ferry/related?limit=21").await.problem(400, "bad_request");
        app.delete("/v1/posts/dredger").by(&editor).await.ok();
        let related = app.get("/v1/posts/ferry/related").await.ok();
        assert_eq!(related["data"].as_array().unwrap().len(), 1, "what is gone is not related");
    })
    .await;
}
