//! How many statements a read takes at most, where nothing is kept: a small fixed number, however many posts and comments there are.

use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::{Value, json};

use crate::support::app::{Store, TestApp, User, text};
use crate::support::builders::{Post, author, each_text};

/// Posts that link to each other, with two authors and three tags each.
async fn fill(app: &TestApp, editor: &User, from: usize, to: usize) {
    for n in from..to {
        let first = if n % 2 == 0 { "ada" } else { "bo" };
        let post = Post::titled(&format!("The harbour at low tide {n}"))
            .slug(&format!("p{n}"))
            .authors(&[first, "cy"])
            .tags(&["Rivers", "Boats", &format!("Tag {n}")])
            .markdown("Herons at the [first](/p0), in the harbour.");
        post.publish(app, editor, &format!("2024-01-{:02}T08:30:00Z", n + 1)).await;
        if n > 0 {
            let links = json!({ "links": [{ "relation": "prior", "post": format!("p{}", n - 1) }] });
            app.put(&format!("/v1/posts/p{n}/links")).by(editor).json(&links).await.ok();
        }
    }
}

/// A thread of `tops` comments, each with a reply that has a reply.
async fn converse(app: &TestApp, editor: &User, tops: usize) {
    for n in 0..tops {
        let mut parent = None;
        for depth in 0..3 {
            let body = format!("Word {n} of {tops} at {depth} of the thread.");
            parent = Some(text(&app.comment(editor, "p1", &body, parent.as_deref()).await["id"]));
        }
    }
}

async fn within(app: &TestApp, path: &str, budget: u32) -> Value {
    let answer = app.get(path).await;
    let body = answer.ok();
    assert!(answer.statements() <= budget, "{path} took {} statements, not {budget}", answer.statements());
    body
}

#[actix_web::test]
async fn a_post_with_everything_takes_five_statements_and_a_list_three() {
    const EVERYTHING: &str = "include=html,text,links,related,adjacent,comments";
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config { cache_bytes: 0, ..store.config() };
        let app = TestApp::with(store, config).await;
        let editor = app.user(Role::Editor).await;
        for (slug, name) in [("ada", "Ada"), ("bo", "Bo"), ("cy", "Cy")] {
            author(&app, &editor, slug, name).await;
        }
        let (mut before, mut tops) = (0, 1);
        for now in [3, 12] {
            fill(&app, &editor, before, now).await;
            converse(&app, &editor, tops).await;
            (before, tops) = (now, 25);

            let page = within(&app, &format!("/v1/posts/p1?{EVERYTHING}"), 5).await;
            let threads = page["comments"]["data"].as_array().unwrap();
            assert_eq!(threads.len(), if now == 3 { 1 } else { 20 });
            assert_eq!(threads[0]["replies"][0]["replies"].as_array().unwrap().len(), 1);
            let links = &page["links"];
            assert_eq!(links["outgoing"].as_array().unwrap().len(), 1, "the body links to the curated post");
            let incoming = links["incoming"].as_array().unwrap();
            assert!(incoming.iter().any(|link| link["post"]["slug"] == "p2"));
            assert_eq!(page["adjacent"]["previous"]["slug"], "p0");
            assert_eq!(page["adjacent"]["next"]["slug"], "p2");
            assert_eq!(page["related"][0]["reason"]["kind"], "curated");
            assert_eq!(each_text(&page["authors"], "slug"), ["bo", "cy"]);
            assert_eq!(each_text(&page["tags"], "slug"), ["rivers", "boats", "tag-1"]);
            assert!(page["text"].is_string() && page["body"].is_null());

            for (query, budget) in
                [("", 3), ("?sort=title", 3), ("?count=true", 4), ("?tag=rivers", 4), ("?author=bo", 4)]
            {
                let list = within(&app, &format!("/v1/posts{query}"), budget).await;
                let posts = list["data"].as_array().unwrap();
                assert!(posts.iter().all(|post| post["html"].is_null()));
                assert!(posts.iter().all(|post| post["tags"].as_array().unwrap().len() == 3));
            }
            let list = within(&app, &format!("/v1/posts?{EVERYTHING}"), 5).await;
            assert_eq!(list["data"].as_array().unwrap().len(), now);
            assert!(list["data"].as_array().unwrap().iter().all(|post| post["html"].is_string()));
        }
    }
}
