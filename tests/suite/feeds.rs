//! Feeds and the sitemap, on both databases.

use std::fmt::Write as _;

use pressroom::auth::viewer::Viewer;
use pressroom::error::Code;
use pressroom::service::feeds::{self, Feed, FeedQuery};
use pressroom::service::{Svc, posts};
use pressroom_schema::db::STATEMENTS;
use pressroom_schema::posts::Ref;
use serde_json::{Value, json};

use crate::support::publication::{author, on_both, publish};

async fn feed(svc: &Svc, query: FeedQuery) -> pressroom::error::Result<Feed> {
    feeds::get_feed(svc, &Viewer::system(), query).await
}

fn post(slug: &str, title: &str) -> Value {
    json!({
        "slug": slug, "title": title, "authors": ["ada"], "tags": ["Rivers"],
        "body": { "format": "markdown", "source": "See [the other](/other) and ![a map](map.png).\n\nNote.[^1]\n\n[^1]: So." },
    })
}

fn urls(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|e| e.url.as_str()).collect()
}

async fn fill(svc: &Svc) {
    author(svc, "ada", "Ada Byron").await;
    author(svc, "bo", "Bo").await;
    for n in 1..=3 {
        publish(svc, &format!("2024-01-0{n}T08:30:00Z"), post(&format!("p{n}"), &format!("Post {n}"))).await;
    }
    let mut others = post("q", "By Bo");
    others["authors"] = json!(["bo"]);
    others["tags"] = json!(["Roads"]);
    publish(svc, "2024-01-04T08:30:00Z", others).await;
    for (slug, visibility) in [("unlisted", "unlisted"), ("private", "private")] {
        let mut hidden = post(slug, slug);
        hidden["visibility"] = json!(visibility);
        publish(svc, "2024-01-05T08:30:00Z", hidden).await;
    }
    let draft = serde_json::from_value(post("draft", "Draft")).unwrap();
    posts::create(svc, &Viewer::system(), draft, false).await.unwrap();
    publish(svc, "2025-01-05T08:30:00Z", post("scheduled", "To come")).await;
}

#[tokio::test]
async fn feeds_have_the_newest_public_posts_of_the_site_an_author_or_a_tag() {
    on_both(async |svc| {
        fill(&svc).await;
        let site = feed(&svc, FeedQuery::default()).await.unwrap();
        let page = |slug: &str| format!("https://example.org/{slug}");
        assert_eq!(urls(&site), ["q", "p3", "p2", "p1"].map(page));
        assert_eq!(site.updated, site.entries.iter().map(|e| e.updated).max().unwrap());
        let ada = feed(&svc, FeedQuery { author: Some("ada".into()), ..FeedQuery::default() }).await.unwrap();
        assert_eq!(urls(&ada), ["p3", "p2", "p1"].map(page));
        assert_eq!(
            (ada.home.as_str(), ada.query.as_str()),
            ("https://example.org/authors/ada", "author=ada")
        );
        assert!(ada.title.starts_with("Ada Byron – "));
        let roads = FeedQuery { tag: Some("roads".into()), limit: Some(1), ..FeedQuery::default() };
        let roads = feed(&svc, roads).await.unwrap();
        assert_eq!(urls(&roads), ["q"].map(page));
        assert_eq!(roads.query, "tag=roads&limit=1");
        let both =
            FeedQuery { tag: Some("roads".into()), author: Some("ada".into()), ..FeedQuery::default() };
        assert!(feed(&svc, both).await.unwrap().entries.is_empty());
        let mut out = String::new();
        for entry in &site.entries {
            writeln!(
                out,
                "{} {} {:?} {:?} {}",
                entry.title, entry.published, entry.authors, entry.tags, entry.html
            )
            .unwrap();
        }
        let html = &site.entries[1].html;
        assert!(html.contains("href=\"https://example.org/other\""), "{html}");
        assert!(html.contains("src=\"https://example.org/map.png\""), "{html}");
        assert!(html.contains("href=\"https://example.org/p3#"), "{html}");
        out
    })
    .await;
}

#[tokio::test]
async fn a_feed_of_nobody_is_not_found_and_bad_limits_are_named() {
    on_both(async |svc| {
        fill(&svc).await;
        let one = |name: &str| Some(name.to_owned());
        for query in [
            FeedQuery { author: one("nobody"), ..FeedQuery::default() },
            FeedQuery { tag: one("nothing"), ..FeedQuery::default() },
            FeedQuery { post: one("nowhere"), ..FeedQuery::default() },
            FeedQuery { post: one("unlisted"), ..FeedQuery::default() },
            FeedQuery { post: one("private"), ..FeedQuery::default() },
            FeedQuery { post: one("draft"), ..FeedQuery::default() },
            FeedQuery { author: one("ada' OR 1=1"), ..FeedQuery::default() },
        ] {
            assert_eq!(feed(&svc, query.clone()).await.unwrap_err().code(), Code::NotFound, "{query:?}");
        }
        for (query, name) in [
            (FeedQuery { limit: Some(0), ..FeedQuery::default() }, "limit"),
            (FeedQuery { limit: Some(101), ..FeedQuery::default() }, "limit"),
            (FeedQuery { post: one("p1"), tag: one("roads"), ..FeedQuery::default() }, "post"),
        ] {
            let error = feed(&svc, query).await.unwrap_err();
            assert_eq!(error.errors()[0].parameter.as_deref(), Some(name));
        }
        String::new()
    })
    .await;
}

#[tokio::test]
async fn a_renamed_post_keeps_the_feed_of_its_comments() {
    on_both(async |svc| {
        fill(&svc).await;
        let change = serde_json::from_value(json!({ "slug": "renamed" })).unwrap();
        posts::update(&svc, &Viewer::system(), &Ref::Slug("p1".into()), change, None, true).await.unwrap();
        let found = feed(&svc, FeedQuery { post: Some("p1".into()), ..FeedQuery::default() }).await.unwrap();
        assert_eq!(found.home, "https://example.org/renamed");
        assert_eq!(found.query, "post=renamed");
        assert!(found.entries.is_empty());
        String::new()
    })
    .await;
}

#[tokio::test]
async fn a_feed_takes_the_same_number_of_statements_whatever_its_length() {
    on_both(async |svc| {
        fill(&svc).await;
        let count = |limit| {
            let svc = svc.clone();
            STATEMENTS.scope(std::cell::Cell::new(0), async move {
                feed(&svc, FeedQuery { limit: Some(limit), ..FeedQuery::default() }).await.unwrap();
                STATEMENTS.with(std::cell::Cell::get)
            })
        };
        assert_eq!(count(1).await, count(4).await);
        String::new()
    })
    .await;
}

#[tokio::test]
async fn the_sitemap_leads_to_every_public_page_and_to_no_other() {
    on_both(async |svc| {
        fill(&svc).await;
        let mut found = Vec::new();
        for file in feeds::get_sitemap(&svc).await.unwrap() {
            let urls = feeds::get_sitemap_file(&svc, &file.name).await.unwrap();
            assert!(urls.iter().all(|u| u.changed.is_some()));
            found.extend(urls.into_iter().map(|u| u.url));
        }
        found.sort();
        let page = |path: &str| format!("https://example.org/{path}");
        let expected =
            ["", "authors/ada", "authors/bo", "p1", "p2", "p3", "q", "tags/rivers", "tags/roads"].map(page);
        assert_eq!(found, expected);
        for name in [
            "posts-0",
            "posts-01",
            "posts-2",
            "posts-x",
            "authors-1",
            "posts",
            "nothing",
            "",
            "posts-9223372036854775807",
        ] {
            assert_eq!(
                feeds::get_sitemap_file(&svc, name).await.unwrap_err().code(),
                Code::NotFound,
                "{name}"
            );
        }
        found.join("\n")
    })
    .await;
}
