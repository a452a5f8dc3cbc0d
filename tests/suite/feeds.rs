//! Feeds and the sitemap, on both databases.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use crate::support::app::{TestApp, User, on_both, text};
use crate::support::builders::{Post, author, each_text};

fn post(slug: &str, title: &str) -> Post {
    let body = "See [the other](/other) and ![a map](map.png).\n\nNote.[^1]\n\n[^1]: So.";
    Post::titled(title).slug(slug).authors(&["ada"]).tags(&["Rivers"]).markdown(body)
}

/// Three posts by Ada and one by Bo; and one of each kind that no feed shows.
async fn fill(app: &TestApp) -> User {
    let admin = app.user(Role::Admin).await;
    author(app, &admin, "ada", "Ada Byron").await;
    author(app, &admin, "bo", "Bo").await;
    for n in 1..=3 {
        let (slug, title, at) = (format!("p{n}"), format!("Post {n}"), format!("2024-01-0{n}T08:30:00Z"));
        post(&slug, &title).publish(app, &admin, &at).await;
    }
    post("q", "By Bo").authors(&["bo"]).tags(&["Roads"]).publish(app, &admin, "2024-01-04T08:30:00Z").await;
    for hidden in ["unlisted", "private"] {
        post(hidden, hidden).with("visibility", hidden).publish(app, &admin, "2024-01-05T08:30:00Z").await;
    }
    post("draft", "Draft").save(app, &admin).await;
    post("scheduled", "To come").publish(app, &admin, "2025-01-05T08:30:00Z").await;
    admin
}

async fn feed(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/feed.json{query}")).await.ok()
}

fn pages(slugs: &[&str]) -> Vec<String> {
    slugs.iter().map(|slug| format!("https://example.org/{slug}")).collect()
}

/// The text of every `element` of an XML document without attributes on it.
fn texts(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned())).collect()
}

#[actix_web::test]
async fn feeds_have_the_newest_public_posts_of_the_site_an_author_or_a_tag() {
    on_both(async |app| {
        fill(&app).await;
        let site = feed(&app, "").await;
        assert_eq!(each_text(&site["items"], "url"), pages(&["q", "p3", "p2", "p1"]));
        let ada = feed(&app, "?author=ada").await;
        assert_eq!(each_text(&ada["items"], "url"), pages(&["p3", "p2", "p1"]));
        assert_eq!(ada["home_page_url"], "https://example.org/authors/ada");
        assert!(text(&ada["feed_url"]).ends_with("/feed.json?author=ada"), "{ada}");
        assert!(text(&ada["title"]).starts_with("Ada Byron – "));
        let roads = feed(&app, "?limit=1&tag=roads").await;
        assert_eq!(each_text(&roads["items"], "url"), pages(&["q"]));
        assert!(text(&roads["feed_url"]).ends_with("/feed.json?tag=roads&limit=1"), "{roads}");
        assert_eq!(feed(&app, "?tag=roads&author=ada").await["items"], json!([]));
        let html = text(&site["items"][1]["content_html"]);
        for address in [
            "href=\"https://example.org/other\"",
            "src=\"https://example.org/map.png\"",
            "href=\"https://example.org/p3#",
        ] {
            assert!(html.contains(address), "{html}");
        }
        // The three formats say the same, and when the newest entry changed.
        let (rss, atom) = (app.get("/feed.xml").await.text(), app.get("/atom.xml").await.text());
        assert_eq!(texts(&rss, "title")[1..], texts(&atom, "title")[1..], "{rss}\n{atom}");
        assert_eq!(texts(&rss, "title")[1..], each_text(&site["items"], "title"));
        let changed = each_text(&site["items"], "date_modified").into_iter().max().unwrap();
        assert_eq!(texts(&atom, "updated")[0][..19], changed[..19]);
        site["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                ["title", "date_published", "authors", "tags", "content_html"]
                    .map(|member| item[member].clone())
            })
            .collect::<Vec<_>>()
    })
    .await;
}

#[actix_web::test]
async fn a_feed_of_nobody_is_not_found_and_bad_limits_are_named() {
    on_both(async |app| {
        fill(&app).await;
        for path in ["/feed.xml", "/atom.xml", "/feed.json"] {
            for query in [
                "author=nobody",
                "tag=nothing",
                "post=nowhere",
                "post=unlisted",
                "post=private",
                "post=draft",
                "author=ada%27%20OR%201=1",
            ] {
                app.get(&format!("{path}?{query}")).await.problem(404, "not_found");
            }
            for (query, name) in [("limit=0", "limit"), ("limit=101", "limit"), ("post=p1&tag=roads", "post")]
            {
                let problem = app.get(&format!("{path}?{query}")).await.problem(400, "bad_request");
                assert_eq!(problem["errors"][0]["parameter"], name);
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn a_renamed_post_keeps_the_feed_of_its_comments() {
    on_both(async |app| {
        let admin = fill(&app).await;
        app.patch("/v1/posts/p1?publish=true").by(&admin).json(&json!({ "slug": "renamed" })).await.ok();
        let found = feed(&app, "?post=p1").await;
        assert_eq!(found["home_page_url"], "https://example.org/renamed");
        assert!(text(&found["feed_url"]).ends_with("?post=renamed"), "{found}");
        assert_eq!(found["items"], json!([]));
    })
    .await;
}

#[actix_web::test]
async fn the_sitemap_leads_to_every_public_page_and_to_no_other() {
    on_both(async |app| {
        fill(&app).await;
        let mut found = Vec::new();
        for file in texts(&app.get("/sitemap.xml").await.text(), "loc") {
            let path = file.find("/sitemaps/").map(|at| &file[at..]).unwrap();
            let file = app.get(path).await;
            assert_eq!(file.status(), 200, "{path}");
            let urls = texts(&file.text(), "loc");
            assert_eq!(urls.len(), texts(&file.text(), "lastmod").len());
            found.extend(urls);
        }
        found.sort();
        // The bylines of the tests' own accounts have no posts.
        found.retain(|url| !url.contains("/authors/admin"));
        let expected = ["", "authors/ada", "authors/bo", "p1", "p2", "p3", "q", "tags/rivers", "tags/roads"];
        assert_eq!(found, pages(&expected));
        for name in [
            "posts-0",
            "posts-01",
            "posts-2",
            "posts-x",
            "authors-1",
            "posts",
            "nothing",
            "posts-9223372036854775807",
        ] {
            app.get(&format!("/sitemaps/{name}.xml")).await.problem(404, "not_found");
        }
        found
    })
    .await;
}
