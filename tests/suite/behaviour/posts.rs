//! Posts: what they are, and the two copies that each has.

use image::ImageFormat;
use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::media::{picture, upload};
use super::{column, is_stale, markdown, named};
use crate::support::app::{on_both, text};

#[actix_web::test]
async fn a_title_is_all_that_a_post_needs() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let answer =
            app.post("/v1/posts").by(&editor).json(&json!({"title": "  Fog,  and other weather "})).await;
        assert_eq!(answer.status(), 201);
        let post = answer.ok();
        assert_eq!(answer.header("location"), format!("/v1/posts/{}", text(&post["id"])));
        assert_eq!(post["slug"], "fog-and-other-weather");
        assert_eq!(post["url"], "https://example.org/fog-and-other-weather");
        for (member, value) in [
            ("status", json!("draft")),
            ("visibility", json!("public")),
            ("featured", json!(false)),
            ("published_at", Value::Null),
            ("language", json!("en")),
            ("comments_open", json!(true)),
            ("comment_count", json!(0)),
            ("version", json!(1)),
            ("image", Value::Null),
            ("tags", json!([])),
            ("custom", json!({})),
            ("created_at", json!("2024-05-01T12:00:00.000Z")),
            ("updated_at", json!("2024-05-01T12:00:00.000Z")),
        ] {
            assert_eq!(post[member], value, "{member}");
        }
        assert_eq!(post["authors"][0]["slug"], editor.author.as_str(), "who writes it stands in the byline");
        assert_eq!(post["authors"][0]["role"], "author");
    })
    .await;
}

#[actix_web::test]
async fn every_member_that_an_editor_sets_comes_back() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let other = app.user(Role::Author).await;
        let sent = json!({
            "title": "Tides", "slug": "the-tides", "subtitle": "A table", "excerpt": "What a table tells.",
            "body": {"format": "html", "source": "<p>High <em>and</em> low.</p><script>alert(1)</script>"},
            "authors": [{"author": editor.author, "role": "translator"}, other.author],
            "tags": ["Sea and Shore", "Tables"], "featured": true, "visibility": "unlisted", "language": "pt-BR",
            "comments_open": false, "terms": {"notice": "Quote freely.", "url": "https://example.org/terms"},
            "canonical_url": "https://elsewhere.example/tides",
            "seo": {"title": "Tide tables", "description": "All of them.", "image": "https://example.org/t.png"},
            "custom": {"layout": "wide", "rank": 3, "nested": {"a": [1, null]}},
        });
        let post = app.published(&editor, &sent).await;
        let read = app.get("/v1/posts/the-tides").await.ok();
        for member in
            ["title", "slug", "subtitle", "excerpt", "featured", "visibility", "language", "comments_open", "canonical_url", "seo", "custom", "terms"]
        {
            assert_eq!(read[member], sent[member], "{member}");
            assert_eq!(post[member], sent[member], "{member}");
        }
        let bylines: Vec<(&str, &str)> = read["authors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| (a["slug"].as_str().unwrap(), a["role"].as_str().unwrap()))
            .collect();
        assert_eq!(bylines, [(editor.author.as_str(), "translator"), (other.author.as_str(), "author")]);
        let tags: Vec<&str> = read["tags"].as_array().unwrap().iter().map(|t| t["slug"].as_str().unwrap()).collect();
        assert_eq!(tags, ["sea-and-shore", "tables"], "tags that were not there are made, and keep their order");
        assert!(read.get("body").is_none() && read.get("markdown").is_none(), "the source is for those with rights");
        assert_eq!(post["body"], sent["body"], "and is kept as it was sent");
        assert_eq!(read["text"], "High and low.");
        assert_eq!(read["word_count"], 3);
        let html = text(&read["html"]);
        assert!(html.contains("<em>and</em>") && !html.contains("script"), "{html}");
    })
    .await;
}

#[actix_web::test]
async fn the_public_reads_what_was_published_while_the_working_copy_goes_on() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(
            &editor,
            &json!({"title": "One", "slug": "p", "body": markdown("First."), "tags": ["Old"]}),
        )
        .await;
        let change = json!({"title": "Two", "body": markdown("Second."), "tags": ["New"], "featured": true});
        let saved = app.patch("/v1/posts/p").by(&editor).json(&change).await.ok();
        assert_eq!((&saved["title"], &saved["has_unpublished_changes"]), (&json!("Two"), &json!(true)));
        assert_eq!(saved["status"], "published");

        let live = app.get("/v1/posts/p").await.ok();
        assert_eq!((&live["title"], &live["text"]), (&json!("One"), &json!("First.")));
        assert_eq!((&live["tags"][0]["name"], &live["featured"]), (&json!("Old"), &json!(false)));
        assert!(live.get("has_unpublished_changes").is_none());
        assert_eq!(column(&app.get("/v1/posts").await.ok(), "title"), ["One"]);
        assert_eq!(column(&app.get("/v1/posts?tag=new").await.ok(), "title"), [""; 0]);
        assert_eq!(app.get("/v1/search?q=Second").await.ok()["data"], json!([]));

        let seen = app.get("/v1/posts/p").by(&editor).await.ok();
        assert_eq!((&seen["title"], &seen["has_unpublished_changes"]), (&json!("One"), &json!(true)));
        let draft = app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok();
        assert_eq!((&draft["title"], &draft["text"]), (&json!("Two"), &json!("Second.")));
        assert_eq!((&draft["tags"][0]["name"], &draft["featured"]), (&json!("New"), &json!(true)));
        app.get("/v1/posts/p?perspective=draft").await.problem(401, "unauthenticated");

        let out = app.post("/v1/posts/p/publish").by(&editor).await.ok();
        assert_eq!((&out["title"], &out["has_unpublished_changes"]), (&json!("Two"), &json!(false)));
        let live = app.get("/v1/posts/p").await.ok();
        assert_eq!(
            (&live["title"], &live["text"], &live["tags"][0]["name"]),
            (&json!("Two"), &json!("Second."), &json!("New"))
        );
        assert_eq!(column(&app.get("/v1/posts?tag=new").await.ok(), "title"), ["Two"]);
        assert_eq!(column(&app.get("/v1/posts?tag=old").await.ok(), "title"), [""; 0]);
    })
    .await;
}

#[actix_web::test]
async fn saving_and_publishing_are_one_step_where_publish_is_true() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let post = app
            .post("/v1/posts?publish=true")
            .by(&editor)
            .json(&json!({"title": "One", "slug": "p"}))
            .await
            .ok();
        assert_eq!((&post["status"], &post["version"]), (&json!("published"), &json!(2)));
        app.advance(60);
        let post =
            app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({"title": "Two"})).await.ok();
        assert_eq!(post["has_unpublished_changes"], false);
        let live = app.get("/v1/posts/p").await.ok();
        assert_eq!(
            (&live["title"], &live["published_at"]),
            (&json!("Two"), &json!("2024-05-01T12:00:00.000Z"))
        );
        assert_eq!(live["updated_at"], "2024-05-01T12:01:00.000Z");
        // Neither half without the other.
        let author = app.user(Role::Contributor).await;
        app.post("/v1/posts?publish=true")
            .by(&author)
            .json(&json!({"title": "Mine"}))
            .await
            .problem(403, "forbidden");
        assert_eq!(app.get("/v1/posts?status=all&count=true").by(&editor).await.ok()["page"]["total"], 1);
    })
    .await;
}

#[actix_web::test]
async fn nothing_is_overwritten_unseen() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let made = app.post("/v1/posts").by(&editor).json(&json!({"title": "One", "slug": "p"})).await;
        let first = made.header("etag").to_owned();
        assert!(first.starts_with("\"v1-"), "{first} is a strong validator that names the version");
        let saved = app
            .patch("/v1/posts/p")
            .by(&editor)
            .header("If-Match", &first)
            .json(&json!({"title": "Two"}))
            .await;
        assert_eq!(saved.ok()["version"], 2);
        for ask in [
            app.patch("/v1/posts/p").json(&json!({"title": "Three"})),
            app.patch("/v1/posts/p?publish=true").json(&json!({"title": "Three"})),
            app.delete("/v1/posts/p"),
            app.delete("/v1/posts/p?permanent=true"),
            app.post("/v1/posts/p/publish"),
            app.post("/v1/posts/p/unpublish"),
            app.post("/v1/posts/p/archive"),
            app.post("/v1/posts/p/revisions/1/restore"),
            app.put("/v1/posts/p/links").json(&json!({"links": []})),
            app.post("/v1/posts/p/links")
                .json(&json!({"relation": "cites", "external": {"url": "https://example.com"}})),
        ] {
            let admin = app.user(Role::Admin).await;
            is_stale(&ask.by(&admin).header("If-Match", &first).await, 2);
        }
        let post = app.get("/v1/posts/p").by(&editor).await.ok();
        assert_eq!(
            (&post["title"], &post["version"], &post["status"]),
            (&json!("Two"), &json!(2), &json!("draft"))
        );
        assert_eq!(app.get("/v1/posts/p/revisions?count=true").by(&editor).await.ok()["page"]["total"], 2);
        // The tag of a read serves as well as that of a write, one of several may match, and * is any.
        let read = app.get("/v1/posts/p").by(&editor).await;
        for tag in [read.header("etag").to_owned(), format!("{first}, \"v3-x\""), "*".to_owned()] {
            app.patch("/v1/posts/p")
                .by(&editor)
                .header("If-Match", &tag)
                .json(&json!({"title": format!("After {tag}")}))
                .await
                .ok();
        }
        is_stale(
            &app.patch("/v1/posts/p")
                .by(&editor)
                .header("If-Match", "\"of-another-server\"")
                .json(&json!({}))
                .await,
            5,
        );
    })
    .await;
}

#[actix_web::test]
async fn a_merge_patch_changes_what_it_names_and_null_clears() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let sent = json!({
            "title": "One", "slug": "p", "subtitle": "S", "excerpt": "E", "tags": ["A"], "featured": true,
            "seo": {"title": "T"}, "terms": {"notice": "N"}, "custom": {"a": 1, "b": {"c": 2, "d": 3}},
        });
        app.post("/v1/posts").by(&editor).json(&sent).await.ok();
        let change = json!({"custom": {"b": {"c": null, "e": 4}, "f": 5}});
        let post = app.patch("/v1/posts/p").by(&editor).body("application/merge-patch+json", change.to_string()).await.ok();
        assert_eq!(post["custom"], json!({"a": 1, "b": {"d": 3, "e": 4}, "f": 5}));
        assert_eq!((&post["title"], &post["subtitle"], &post["tags"][0]["name"]), (&json!("One"), &json!("S"), &json!("A")));
        let change = json!({"subtitle": null, "excerpt": null, "tags": null, "seo": null, "terms": null, "custom": null, "featured": null});
        let post = app.patch("/v1/posts/p").by(&editor).json(&change).await.ok();
        assert_eq!((&post["subtitle"], &post["tags"], &post["custom"]), (&Value::Null, &json!([]), &json!({})));
        assert_eq!((&post["seo"]["title"], &post["featured"], &post["excerpt"]), (&Value::Null, &json!(false), &json!("")));
        let before = post["version"].clone();
        let refused = app.patch("/v1/posts/p").by(&editor).json(&json!({"title": null})).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/title"]);
        let same = app.patch("/v1/posts/p").by(&editor).json(&json!({"title": "One"})).await.ok();
        assert_eq!(same["version"], before, "what changes nothing makes no version");
    })
    .await;
}

/// RFC 7396 goes into objects: what a change of one member leaves out stays.
#[actix_web::test]
async fn a_merge_patch_changes_members_of_members_and_leaves_those_beside_them() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let picture = upload(&app, &editor, &picture(64, 64, ImageFormat::Png)).await.ok()["id"].clone();
        let sent = json!({
            "title": "One", "slug": "p", "body": {"format": "html", "source": "<p>Old &amp; *plain*.</p>"},
            "seo": {"title": "T", "description": "D"}, "terms": {"notice": "N", "url": "https://example.org/n"},
            "image": {"media_id": picture, "alt": "A", "caption": "C"}, "custom": {"a": null, "b": {"c": null}},
        });
        let made = app.post("/v1/posts").by(&editor).json(&sent).await.ok();
        assert_eq!(made["custom"], sent["custom"], "what is no patch is kept as it is");
        let changes = json!({
            "seo": {"title": "T2"}, "terms": {"url": null}, "image": {"caption": "C2"},
            "body": {"source": "<p>New &amp; *plain*.</p>"},
        });
        let post = app.patch("/v1/posts/p").by(&editor).json(&changes).await.ok();
        assert_eq!((&post["seo"]["title"], &post["seo"]["description"]), (&json!("T2"), &json!("D")));
        assert_eq!((&post["terms"]["notice"], &post["terms"]["url"]), (&json!("N"), &Value::Null));
        assert_eq!((&post["image"]["alt"], &post["image"]["caption"]), (&json!("A"), &json!("C2")));
        assert_eq!((&post["body"]["format"], &post["text"]), (&json!("html"), &json!("New & *plain*.")));
        let post = app.patch("/v1/posts/p").by(&editor).json(&json!({"body": {"source": null}})).await.ok();
        assert_eq!((&post["body"]["format"], &post["text"]), (&json!("html"), &json!("")));
        let input = json!({"seo": {"description": null}, "body": {"format": "MARKDOWN"}, "image": {"alt": null}});
        let asked = "mutation($post: ID!, $input: UpdatePostInput!) { updatePost(id: $post, input: $input) \
                     { seo { title description } body { format } image { alt caption } } }";
        let answer = app
            .post("/graphql")
            .by(&editor)
            .json(&json!({"query": asked, "variables": {"post": "p", "input": input}}))
            .await
            .ok();
        let post = &answer["data"]["updatePost"];
        assert_eq!(post["seo"], json!({"title": "T2", "description": null}), "{answer}");
        assert_eq!((&post["body"]["format"], &post["image"]["caption"]), (&json!("MARKDOWN"), &json!("C2")));
        for (change, place) in [
            (json!({"body": {"format": null}}), "/body/format"),
            (json!({"image": {"media_id": null}}), "/image/media_id"),
        ] {
            let refused = app.patch("/v1/posts/p").by(&editor).json(&change).await;
            assert_eq!(named(&refused.problem(422, "validation_failed")), [place]);
        }
        app.patch("/v1/posts/p").by(&editor).json(&json!({"image": null})).await.ok();
        let refused = app.patch("/v1/posts/p").by(&editor).json(&json!({"image": {"alt": "A"}})).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/image/media_id"]);
        let terms = json!({"terms": {"notice": "N", "url": "https://example.org/n"}});
        app.patch("/v1/site").by(&editor).json(&terms).await.ok();
        let site = app.patch("/v1/site").by(&editor).json(&json!({"terms": {"notice": "M"}})).await.ok();
        assert_eq!(site["terms"], json!({"notice": "M", "url": "https://example.org/n"}));
        let author = format!("/v1/authors/{}", editor.author);
        let bio = json!({"bio": {"format": "html", "source": "<p>Old.</p>"}});
        app.patch(&author).by(&editor).json(&bio).await.ok();
        let bio = json!({"bio": {"source": "<p>New.</p>"}});
        let profile = app.patch(&author).by(&editor).json(&bio).await.ok();
        assert_eq!((&profile["bio_html"], &profile["bio_markdown"]), (&json!("<p>New.</p>"), &Value::Null));
    })
    .await;
}

#[actix_web::test]
async fn a_former_slug_leads_on_until_another_post_takes_it() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "old"})).await;
        app.patch("/v1/posts/old?publish=true").by(&editor).json(&json!({"slug": "new"})).await.ok();
        for (path, place) in [
            ("/v1/posts/old", "/v1/posts/new"),
            ("/v1/posts/old?include=links", "/v1/posts/new?include=links"),
            ("/v1/posts/old/comments?sort=newest", "/v1/posts/new/comments?sort=newest"),
            ("/v1/posts/old/links", "/v1/posts/new/links"),
            ("/v1/posts/old/related", "/v1/posts/new/related"),
        ] {
            let moved = app.get(path).await;
            assert_eq!((moved.status(), moved.header("location")), (308, place));
        }
        assert_eq!(
            app.patch("/v1/posts/old").by(&editor).json(&json!({"subtitle": "S"})).await.ok()["slug"],
            "new"
        );
        let made = app.published(&editor, &json!({"title": "Old"})).await;
        assert_eq!(made["slug"], "old-2", "only an editor gives a former name to another");
        app.published(&editor, &json!({"title": "Two", "slug": "old"})).await;
        assert_eq!(app.get("/v1/posts/old").await.ok()["title"], "Two");
        assert_eq!(app.get("/v1/posts/new").await.ok()["title"], "One");
    })
    .await;
}

#[actix_web::test]
async fn the_slug_of_a_live_post_changes_when_its_working_copy_is_published() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "One", "slug": "old"})).await;
        app.patch("/v1/posts/old").by(&editor).json(&json!({"slug": "new"})).await.ok();
        assert_eq!(app.get("/v1/posts/old").await.ok()["slug"], "old");
        app.get("/v1/posts/new").await.problem(404, "not_found");
        app.post("/v1/posts/old/publish").by(&editor).await.ok();
        assert_eq!(app.get("/v1/posts/old").await.status(), 308);
        assert_eq!(app.get("/v1/posts/new").await.ok()["slug"], "new");
    })
    .await;
}

#[actix_web::test]
async fn slugs_are_made_from_titles_and_never_shared() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let mut made = Vec::new();
        for title in ["Kelp & Co", "Kelp, Co", "kelp co", "Über den Nebel", "日本", "???"] {
            made.push(text(
                &app.post("/v1/posts").by(&editor).json(&json!({"title": title})).await.ok()["slug"],
            ));
        }
        assert_eq!(made[..4], ["kelp-co", "kelp-co-2", "kelp-co-3", "uber-den-nebel"], "{made:?}");
        assert!(made.iter().all(|slug| !slug.is_empty()), "{made:?}");
        let mut unique = made.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), made.len(), "{made:?}");
        let taken = app.post("/v1/posts").by(&editor).json(&json!({"title": "X", "slug": "kelp-co"})).await;
        assert_eq!(named(&taken.problem(409, "conflict")), ["/slug"]);
        let taken = app.patch("/v1/posts/kelp-co-2").by(&editor).json(&json!({"slug": "kelp-co"})).await;
        assert_eq!(named(&taken.problem(409, "conflict")), ["/slug"]);
    })
    .await;
}

#[actix_web::test]
async fn a_draft_is_hidden_from_all_who_may_not_edit_it() {
    on_both(async |app| {
        let (owner, other) = (app.user(Role::Author).await, app.user(Role::Author).await);
        let post =
            app.post("/v1/posts").by(&owner).json(&json!({"title": "Draft", "slug": "draft"})).await.ok();
        let id = text(&post["id"]);
        for path in ["draft", &id, "draft/comments", "draft/links", "draft/related"] {
            let path = format!("/v1/posts/{path}");
            app.get(&path).await.problem(404, "not_found");
            app.get(&path).by(&other).await.problem(404, "not_found");
            app.get(&path).by(&owner).await.ok();
        }
        app.patch("/v1/posts/draft")
            .by(&other)
            .json(&json!({"title": "Mine"}))
            .await
            .problem(404, "not_found");
        app.get("/v1/posts?status=draft").await.problem(401, "unauthenticated");
        assert_eq!(app.get("/v1/posts?status=draft").by(&other).await.ok()["data"], json!([]));
        assert_eq!(column(&app.get("/v1/posts?status=draft").by(&owner).await.ok(), "title"), ["Draft"]);
        // There and not there look the same to a stranger.
        let (there, nowhere) =
            (app.get("/v1/posts/draft").await.json(), app.get("/v1/posts/nowhere").await.json());
        assert_eq!(there["detail"], nowhere["detail"]);
    })
    .await;
}

#[actix_web::test]
async fn an_unlisted_post_is_found_by_its_address_alone_and_a_private_one_by_nobody() {
    on_both(async |app| {
        let (editor, reader) = (app.user(Role::Editor).await, app.user(Role::Moderator).await);
        for visibility in ["public", "unlisted", "private"] {
            let post = json!({"title": format!("A {visibility} heron"), "slug": visibility, "visibility": visibility, "tags": ["Herons"]});
            app.published(&editor, &post).await;
        }
        app.get("/v1/posts/public").await.ok();
        app.get("/v1/posts/unlisted").await.ok();
        app.get("/v1/posts/private").await.problem(404, "not_found");
        app.get("/v1/posts/private").by(&reader).await.problem(404, "not_found");
        app.get("/v1/posts/private").by(&editor).await.ok();
        for path in ["/v1/posts?x=", "/v1/posts?tag=herons", "/v1/posts?q=heron"] {
            let path = path.replace("?x=", "");
            assert_eq!(column(&app.get(&path).await.ok(), "slug"), ["public"], "{path}");
        }
        let found = app.get("/v1/search?q=heron").await.ok();
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(app.get("/v1/tags/herons").await.ok()["post_count"], 1);
        let all = app.get("/v1/posts?status=published&sort=title").by(&editor).await.ok();
        assert_eq!(column(&all, "slug"), ["private", "public", "unlisted"]);
    })
    .await;
}

#[actix_web::test]
async fn what_is_in_the_trash_is_gone_until_it_is_taken_back() {
    on_both(async |app| {
        let (editor, admin) = (app.user(Role::Editor).await, app.user(Role::Admin).await);
        app.published(&editor, &json!({"title": "One", "slug": "p", "tags": ["T"]})).await;
        let gone = app.delete("/v1/posts/p").by(&editor).await;
        assert_eq!((gone.status(), gone.text()), (204, String::new()));
        app.get("/v1/posts/p").await.problem(404, "not_found");
        assert_eq!(app.get("/v1/tags/t").await.ok()["post_count"], 0);
        assert_eq!(column(&app.get("/v1/posts?trashed=true").by(&editor).await.ok(), "slug"), ["p"]);
        assert_eq!(column(&app.get("/v1/posts?status=all").by(&editor).await.ok(), "slug"), [""; 0]);
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({"title": "Two"}))
            .await
            .problem(409, "invalid_state");
        app.post("/v1/posts/p/publish").by(&editor).await.problem(409, "invalid_state");
        assert_eq!(app.delete("/v1/posts/p").by(&editor).await.status(), 204, "once more does no harm");
        let back = app.post("/v1/posts/p/restore").by(&editor).await.ok();
        assert_eq!((&back["status"], &back["title"]), (&json!("draft"), &json!("One")));
        app.get("/v1/posts/p").await.problem(404, "not_found");
        app.post("/v1/posts/p/restore").by(&editor).await.problem(409, "invalid_state");
        app.delete("/v1/posts/p?permanent=true").by(&editor).await.problem(403, "forbidden");
        assert_eq!(app.delete("/v1/posts/p?permanent=true").by(&admin).await.status(), 204);
        app.get("/v1/posts/p").by(&admin).await.problem(404, "not_found");
        app.post("/v1/posts").by(&editor).json(&json!({"title": "Again", "slug": "p"})).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn a_post_has_its_own_terms_or_the_sites() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        app.patch("/v1/site").by(&admin).json(&json!({"terms": {"notice": "The site's."}})).await.ok();
        app.published(&admin, &json!({"title": "A", "slug": "a"})).await;
        app.published(&admin, &json!({"title": "B", "slug": "b", "terms": {"notice": "Its own."}})).await;
        assert_eq!(app.get("/v1/posts/a").await.ok()["terms"]["notice"], "The site's.");
        assert_eq!(app.get("/v1/posts/b").await.ok()["terms"]["notice"], "Its own.");
    })
    .await;
}

#[actix_web::test]
async fn fields_keeps_the_members_that_it_names_and_include_adds_what_hangs_on_a_post() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for (day, slug) in [(1, "a"), (2, "b"), (3, "c")] {
            app.published(&editor, &json!({"title": slug, "slug": slug})).await;
            let at = json!({"at": format!("2024-01-0{day}T00:00:00Z")});
            app.post(&format!("/v1/posts/{slug}/publish")).by(&editor).json(&at).await.ok();
        }
        app.comment(&editor, "b", "Hello.", None).await;
        let thin = app.get("/v1/posts/b?fields=title,slug").await.ok();
        let mut members: Vec<&str> = thin.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["id", "slug", "title"]);
        let list = app.get("/v1/posts?fields=title").await.ok();
        assert_eq!(list["data"][0].as_object().unwrap().len(), 2, "{list}");
        let full = app.get("/v1/posts/b?include=adjacent,comments,links,related").await.ok();
        assert_eq!(full["adjacent"]["previous"]["slug"], "a");
        assert_eq!(full["adjacent"]["next"]["slug"], "c");
        assert_eq!(full["comments"]["data"][0]["html"], "<p>Hello.</p>");
        assert_eq!(full["links"], json!({"outgoing": [], "incoming": []}));
        assert!(full["related"].is_array());
        let bare = app.get("/v1/posts/b").await.ok();
        for member in ["adjacent", "comments", "links", "related"] {
            assert!(bare.get(member).is_none(), "{member}");
        }
        let ends = app.get("/v1/posts?include=adjacent&sort=published_at").await.ok();
        assert_eq!(ends["data"][0]["adjacent"]["previous"], Value::Null);
        assert_eq!(ends["data"][2]["adjacent"]["next"], Value::Null);
        assert!(list["data"][0].get("html").is_none(), "lists leave bodies out");
        assert!(app.get("/v1/posts?include=html").await.ok()["data"][0]["html"].is_string());
    })
    .await;
}

#[actix_web::test]
async fn a_name_that_is_not_known_is_refused_by_name() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        for (path, name) in [
            ("/v1/posts/p?include=everything", "include"),
            ("/v1/posts/p?fields=title,colour", "fields"),
            ("/v1/posts/p?colour=red", "colour"),
            ("/v1/posts?sort=colour", "sort"),
            ("/v1/posts?status=lost", "status"),
            ("/v1/posts?featured=perhaps", "featured"),
            ("/v1/posts?published_after=yesterday", "published_after"),
            ("/v1/posts/p/comments?view=round", "view"),
            ("/v1/authors?sort=age", "sort"),
            ("/v1/tags?kind=colour", "kind"),
            ("/v1/site?fields=colour", "fields"),
        ] {
            assert_eq!(named(&app.get(path).await.problem(400, "bad_request")), [name], "{path}");
        }
        for (method, path, body, pointer) in [
            ("POST", "/v1/posts", json!({"title": "A", "colour": "red"}), "/colour"),
            ("PATCH", "/v1/posts/p", json!({"seo": {"colour": "red"}}), "/seo/colour"),
            ("PATCH", "/v1/site", json!({"colour": "red"}), "/colour"),
            ("POST", "/v1/authors", json!({"name": "A", "colour": "red"}), "/colour"),
            ("POST", "/v1/posts/p/comments", json!({"body": "A", "colour": "red"}), "/colour"),
        ] {
            let refused =
                app.request(method, path).by(&editor).json(&body).await.problem(422, "validation_failed");
            assert_eq!(named(&refused), [pointer], "{refused}");
        }
    })
    .await;
}
