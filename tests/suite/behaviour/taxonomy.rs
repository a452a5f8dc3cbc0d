//! Authors, tags and the site's settings.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{column, is_stale, markdown, named, walk};
use crate::support::app::{on_both, text};

#[actix_web::test]
async fn an_author_has_a_profile_with_counts_that_follow_their_posts() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let sent = json!({
            "name": "Ada Byron", "bio": markdown("Counts *tides*."), "location": "Lisbon", "website": "https://ada.example",
            "social": [{"service": "mastodon", "handle": "@ada@tides.example"}, {"service": "twitter", "handle": "ada"}],
        });
        let made = app.post("/v1/authors").by(&editor).json(&sent).await;
        assert_eq!((made.status(), &made.ok()["slug"]), (201, &json!("ada-byron")));
        app.published(&editor, &json!({"title": "One", "slug": "one", "authors": ["ada-byron"]})).await;
        app.post("/v1/posts").by(&editor).json(&json!({"title": "Two", "slug": "two", "authors": ["ada-byron", editor.author]})).await.ok();
        app.post("/v1/posts/two/publish").by(&editor).json(&json!({"at": "2020-01-01T00:00:00Z"})).await.ok();
        let ada = app.get("/v1/authors/ada-byron").await.ok();
        assert_eq!((&ada["post_count"], &ada["location"]), (&json!(2), &json!("Lisbon")));
        assert_eq!((&ada["first_published_at"], &ada["last_published_at"]), (&json!("2020-01-01T00:00:00.000Z"), &json!("2024-05-01T12:00:00.000Z")));
        assert!(ada["bio_html"].as_str().unwrap().contains("<em>tides</em>"), "{ada}");
        assert_eq!(ada["bio_markdown"], "Counts *tides*.");
        assert_eq!(ada["social"][1], json!({"service": "twitter", "handle": "ada", "url": ada["social"][1]["url"]}));
        assert!(ada["social"].as_array().unwrap().iter().all(|s| s["url"].as_str().unwrap().starts_with("https://")), "{ada}");
        app.delete("/v1/authors/ada-byron").by(&editor).await.problem(409, "invalid_state");
        app.post("/v1/posts/two/unpublish").by(&editor).await.ok();
        let ada = app.get("/v1/authors/ada-byron").await.ok();
        assert_eq!((&ada["post_count"], &ada["first_published_at"]), (&json!(1), &json!("2024-05-01T12:00:00.000Z")));
    })
    .await;
}

#[actix_web::test]
async fn a_renamed_author_or_tag_leads_on_and_is_found_by_either_slug() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/authors").by(&editor).json(&json!({"name": "Ada", "slug": "ada"})).await.ok();
        app.published(&editor, &json!({"title": "One", "slug": "one", "authors": ["ada"], "tags": ["Sea"]}))
            .await;
        for (kind, old, new) in [("authors", "ada", "ada-byron"), ("tags", "sea", "the-sea")] {
            let read = app.get(&format!("/v1/{kind}/{old}")).await;
            let changed = app
                .patch(&format!("/v1/{kind}/{old}"))
                .by(&editor)
                .header("If-Match", read.header("etag"))
                .json(&json!({"slug": new}))
                .await;
            assert_eq!(changed.ok()["slug"], new);
            is_stale(
                &app.patch(&format!("/v1/{kind}/{new}"))
                    .by(&editor)
                    .header("If-Match", read.header("etag"))
                    .json(&json!({"name": "X"}))
                    .await,
                2,
            );
            let moved = app.get(&format!("/v1/{kind}/{old}")).await;
            assert_eq!(
                (moved.status(), moved.header("location")),
                (308, format!("/v1/{kind}/{new}").as_str())
            );
            let name = kind.trim_end_matches('s');
            for slug in [old, new] {
                assert_eq!(
                    column(&app.get(&format!("/v1/posts?{name}={slug}")).await.ok(), "slug"),
                    ["one"],
                    "{name}={slug}"
                );
            }
        }
        let post = app.get("/v1/posts/one").await.ok();
        assert_eq!(
            (&post["authors"][0]["slug"], &post["tags"][0]["slug"]),
            (&json!("ada-byron"), &json!("the-sea"))
        );
    })
    .await;
}

/// A tag that a draft made would tell of the draft.
#[actix_web::test]
async fn a_tag_that_only_drafts_bear_is_nobody_elses_business() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/tags").by(&editor).json(&json!({"name": "Maps"})).await.ok();
        let draft = json!({"title": "Draft", "slug": "draft", "tags": ["Merger", "Maps"]});
        app.post("/v1/posts").by(&editor).json(&draft).await.ok();
        app.published(&editor, &json!({"title": "Live", "slug": "live", "tags": ["Sea"]})).await;
        app.patch("/v1/posts/live").by(&editor).json(&json!({"tags": ["Sea", "Embargo"]})).await.ok();
        let asked =
            "/graphql?query={tags{totalCount nodes{slug}}site{counts{tags}}tag(slug:\"merger\"){name}}"
                .replace('{', "%7B")
                .replace('}', "%7D")
                .replace('"', "%22")
                .replace(' ', "%20");
        let seen = async |by: &[&str]| {
            assert_eq!(walk(&app, "/v1/tags?limit=1", "slug").await, by);
            let list = app.get("/v1/tags?count=true").await.ok();
            assert_eq!(list["page"]["total"], by.len(), "{list}");
            let data = app.get(&asked).await.json()["data"].clone();
            assert_eq!(column(&json!({"data": data["tags"]["nodes"]}), "slug"), by);
            assert_eq!(
                (&data["tags"]["totalCount"], &data["site"]["counts"]["tags"]),
                (&json!(by.len()), &json!(by.len()))
            );
            assert_eq!(data["tag"].is_null(), !by.contains(&"merger"), "{data}");
        };
        seen(&["maps", "sea"]).await;
        for path in ["/v1/tags/merger", "/v1/tags/embargo", "/feed.xml?tag=merger"] {
            app.get(path).await.problem(404, "not_found");
        }
        assert_eq!(app.get("/v1/tags/merger").by(&editor).await.ok()["name"], "Merger");
        let all = app.get("/v1/tags?count=true").by(&editor).await.ok();
        assert_eq!((column(&all, "slug").len(), &all["page"]["total"]), (4, &json!(4)));
        app.post("/v1/posts/draft/publish").by(&editor).await.ok();
        seen(&["maps", "merger", "sea"]).await;
        // What everybody has seen stays.
        app.post("/v1/posts/draft/unpublish").by(&editor).await.ok();
        seen(&["maps", "merger", "sea"]).await;
        assert_eq!(app.delete("/v1/tags/embargo").by(&editor).await.status(), 204);
        assert_eq!(app.delete("/v1/tags/merger").by(&editor).await.status(), 204);
        seen(&["maps", "sea"]).await;
    })
    .await;
}

/// A profile that only a working copy bears is not taken from under it, and what an old revision names may be gone.
#[actix_web::test]
async fn a_profile_that_a_working_copy_bears_stays_and_one_that_an_old_revision_bears_may_go() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        app.post("/v1/authors").by(&admin).json(&json!({"name": "Guest"})).await.ok();
        for (slug, live) in [("live", true), ("draft", false)] {
            let post = json!({"title": slug, "slug": slug});
            let path = if live { "/v1/posts?publish=true" } else { "/v1/posts" };
            app.post(path).by(&admin).json(&post).await.ok();
            let place = format!("/v1/posts/{slug}");
            app.patch(&place).by(&admin).json(&json!({"authors": ["guest"]})).await.ok();
        }
        let kept = app.delete("/v1/authors/guest").by(&admin).await.problem(409, "invalid_state");
        assert!(kept["detail"].as_str().unwrap().starts_with("2 posts"), "{kept}");
        for slug in ["live", "draft"] {
            let place = format!("/v1/posts/{slug}");
            app.patch(&place).by(&admin).json(&json!({"authors": []})).await.ok();
        }
        assert_eq!(app.delete("/v1/authors/guest").by(&admin).await.status(), 204);
        for slug in ["live", "draft"] {
            let back = app.post(&format!("/v1/posts/{slug}/revisions/2/restore")).by(&admin).await.ok();
            assert_eq!(back["authors"], json!([]), "{slug}");
            let out = app.post(&format!("/v1/posts/{slug}/publish")).by(&admin).await.ok();
            assert_eq!((&out["status"], &out["authors"]), (&json!("published"), &json!([])), "{slug}");
            assert_eq!(app.delete(&format!("/v1/posts/{slug}")).by(&admin).await.status(), 204);
        }
    })
    .await;
}

#[actix_web::test]
async fn tags_stand_under_one_another_but_never_in_a_ring() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for (name, parent) in [("Places", None), ("Rivers", Some("places")), ("Estuaries", Some("rivers"))] {
            let sent = json!({"name": name, "kind": "category", "parent": parent});
            assert_eq!(app.post("/v1/tags").by(&editor).json(&sent).await.status(), 201);
        }
        assert_eq!(app.get("/v1/tags/rivers").await.ok()["parent"]["slug"], "places");
        assert_eq!(column(&app.get("/v1/tags?parent=places&kind=category").await.ok(), "slug"), ["rivers"]);
        let ring = app.patch("/v1/tags/places").by(&editor).json(&json!({"parent": "estuaries"})).await;
        assert_eq!(named(&ring.problem(422, "validation_failed")), ["/parent"]);
        let itself = app.patch("/v1/tags/places").by(&editor).json(&json!({"parent": "places"})).await;
        assert_eq!(named(&itself.problem(422, "validation_failed")), ["/parent"]);
        app.patch("/v1/tags/rivers").by(&editor).json(&json!({"parent": null})).await.ok();
        assert_eq!(app.get("/v1/tags/rivers").await.ok()["parent"], Value::Null);
        let clash = app.post("/v1/tags").by(&editor).json(&json!({"name": "Other", "slug": "rivers"})).await;
        assert_eq!(named(&clash.problem(409, "conflict")), ["/slug"]);
    })
    .await;
}

#[actix_web::test]
async fn a_removed_tag_goes_from_the_posts_that_bear_it() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "one", "tags": ["Sea", "Maps"]})).await;
        assert_eq!(app.delete("/v1/tags/sea").by(&editor).await.status(), 204);
        app.get("/v1/tags/sea").await.problem(404, "not_found");
        let names = |post: &Value| -> Vec<String> {
            post["tags"].as_array().unwrap().iter().map(|t| text(&t["slug"])).collect()
        };
        assert_eq!(names(&app.get("/v1/posts/one").await.ok()), ["maps"]);
        let saved =
            app.patch("/v1/posts/one?publish=true").by(&editor).json(&json!({"title": "Two"})).await.ok();
        assert_eq!(names(&saved), ["maps"]);
    })
    .await;
}

#[actix_web::test]
async fn authors_and_tags_are_listed_by_name_or_by_what_they_have() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for (n, tags) in [json!(["Zeta", "alpha"]), json!(["Zeta", "Émile"])].iter().enumerate() {
            app.published(&editor, &json!({"title": format!("P{n}"), "tags": tags})).await;
        }
        assert_eq!(walk(&app, "/v1/tags?limit=1", "name").await, ["alpha", "Émile", "Zeta"]);
        assert_eq!(column(&app.get("/v1/tags?sort=-post_count&limit=1").await.ok(), "name"), ["Zeta"]);
        let idle = app.user(Role::Author).await;
        assert_eq!(
            walk(&app, "/v1/authors?limit=1&sort=-post_count", "slug").await,
            [editor.author.clone(), idle.author.clone()]
        );
        assert_eq!(
            walk(&app, "/v1/authors?limit=1", "slug").await,
            [idle.author.clone(), editor.author.clone()]
        );
        assert_eq!(column(&app.get("/v1/authors?fields=slug").await.ok(), "slug").len(), 2);
    })
    .await;
}

#[actix_web::test]
async fn the_site_has_settings_that_an_editor_changes_unless_somebody_else_did() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let before = app.get("/v1/site").await;
        assert_eq!((&before.ok()["title"], &before.ok()["url"]), (&json!("Pressroom"), &json!("https://example.org")));
        assert_eq!(before.ok()["subscribe"]["rss"], "https://example.org/feed.xml");
        let sent = json!({
            "title": "Fathom & Furrow", "description": "Slow reading.", "language": "pt", "timezone": "Europe/Lisbon",
            "terms": {"notice": "Quote freely.", "url": "https://example.org/terms"},
            "social": [{"service": "mastodon", "handle": "@ff@example.social"}], "comments_open": false,
        });
        let changed = app.patch("/v1/site").by(&editor).header("If-Match", before.header("etag")).json(&sent).await.ok();
        for member in ["title", "description", "language", "timezone", "terms", "comments_open"] {
            assert_eq!(changed[member], sent[member], "{member}");
        }
        assert_eq!(app.get("/v1/site").await.ok(), changed);
        is_stale(&app.patch("/v1/site").by(&editor).header("If-Match", before.header("etag")).json(&json!({"title": "X"})).await, changed["version"].as_i64().unwrap());
        let post = app.published(&editor, &json!({"title": "P"})).await;
        assert_eq!((&post["language"], &post["comments_open"]), (&json!("pt"), &json!(false)), "posts follow the site");
        let bad = json!({"timezone": "Mars/Olympus", "language": "not a tag", "terms": {"url": "ftp://x"}});
        let mut members = named(&app.patch("/v1/site").by(&editor).json(&bad).await.problem(422, "validation_failed"));
        members.sort();
        assert_eq!(members, ["/language", "/terms/url", "/timezone"]);
    })
    .await;
}
