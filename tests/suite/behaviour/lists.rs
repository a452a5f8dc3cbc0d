//! Lists of posts: filters, orders, cursors, totals.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{column, named, walk};
use crate::support::app::{TestApp, User, on_both, text};

/// Posts that were published on these days of January.
async fn dated(app: &TestApp, by: &User, posts: &[(&str, u32)]) {
    for (slug, day) in posts {
        app.post("/v1/posts").by(by).json(&json!({"title": slug, "slug": slug})).await.ok();
        let at = json!({"at": format!("2024-01-{day:02}T00:00:00Z")});
        app.post(&format!("/v1/posts/{slug}/publish")).by(by).json(&at).await.ok();
    }
}

#[actix_web::test]
async fn a_list_is_paged_in_both_directions() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        dated(&app, &editor, &[("a", 7), ("b", 6), ("c", 5), ("d", 4), ("e", 3), ("f", 2), ("g", 1)]).await;
        let first = app.get("/v1/posts?limit=3&count=true").await;
        let page = first.ok();
        assert_eq!(column(&page, "slug"), ["a", "b", "c"]);
        assert_eq!((&page["page"]["previous"], &page["page"]["total"]), (&Value::Null, &json!(7)));
        let after = text(&page["page"]["next"]);
        assert_eq!(
            first.header("link"),
            format!("</v1/posts?limit=3&count=true&after={after}>; rel=\"next\"")
        );
        let second = app.get(&format!("/v1/posts?limit=3&after={after}")).await.ok();
        assert_eq!(column(&second, "slug"), ["d", "e", "f"]);
        assert_eq!(second["page"]["total"], Value::Null, "a total is counted where it is asked for");
        let third = app.get(&format!("/v1/posts?limit=3&after={}", text(&second["page"]["next"]))).await.ok();
        assert_eq!(column(&third, "slug"), ["g"]);
        assert_eq!(third["page"]["next"], Value::Null);
        let back =
            app.get(&format!("/v1/posts?limit=3&before={}", text(&third["page"]["previous"]))).await.ok();
        assert_eq!(column(&back, "slug"), ["d", "e", "f"]);
        let back =
            app.get(&format!("/v1/posts?limit=3&before={}", text(&back["page"]["previous"]))).await.ok();
        assert_eq!(column(&back, "slug"), ["a", "b", "c"]);
        assert_eq!(back["page"]["previous"], Value::Null);
    })
    .await;
}

#[actix_web::test]
async fn a_page_stays_in_step_while_posts_come_and_go() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        dated(&app, &editor, &[("a", 20), ("b", 15), ("c", 10), ("d", 5)]).await;
        let first = app.get("/v1/posts?limit=2").await.ok();
        assert_eq!(column(&first, "slug"), ["a", "b"]);
        dated(&app, &editor, &[("newest", 25), ("between", 12), ("last", 1)]).await;
        // The very post that the cursor stands on goes.
        app.delete("/v1/posts/b").by(&editor).await.ok();
        let rest = app.get(&format!("/v1/posts?limit=9&after={}", text(&first["page"]["next"]))).await.ok();
        assert_eq!(column(&rest, "slug"), ["between", "c", "d", "last"]);
        let before =
            app.get(&format!("/v1/posts?limit=9&before={}", text(&rest["page"]["previous"]))).await.ok();
        assert_eq!(column(&before, "slug"), ["newest", "a"]);
    })
    .await;
}

#[actix_web::test]
async fn every_order_is_total_though_what_it_sorts_by_is_the_same() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for n in 0..7 {
            app.published(
                &editor,
                &json!({"title": if n % 2 == 0 { "Same" } else { "same" }, "slug": format!("p{n}")}),
            )
            .await;
        }
        for sort in ["-published_at", "published_at", "-updated_at", "title", "-comment_count"] {
            let whole = column(&app.get(&format!("/v1/posts?sort={sort}")).await.ok(), "id");
            assert_eq!(whole.len(), 7);
            assert_eq!(walk(&app, &format!("/v1/posts?limit=2&sort={sort}"), "id").await, whole, "{sort}");
        }
        let newest = column(&app.get("/v1/posts").await.ok(), "id");
        let mut oldest = column(&app.get("/v1/posts?sort=published_at").await.ok(), "id");
        oldest.reverse();
        assert_eq!(newest, oldest, "each is the other turned round");
    })
    .await;
}

#[actix_web::test]
async fn each_order_puts_first_what_it_says() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        dated(&app, &editor, &[("zebra", 3), ("armel", 1), ("apfel", 2)]).await;
        app.advance(60);
        app.patch("/v1/posts/apfel?publish=true").by(&editor).json(&json!({"title": "Äpfel"})).await.ok();
        app.comment(&editor, "armel", "Hello.", None).await;
        for (sort, slugs) in [
            ("-published_at", ["zebra", "apfel", "armel"]),
            ("published_at", ["armel", "apfel", "zebra"]),
            ("title", ["apfel", "armel", "zebra"]),
        ] {
            assert_eq!(
                column(&app.get(&format!("/v1/posts?sort={sort}")).await.ok(), "slug"),
                slugs,
                "{sort}"
            );
        }
        assert_eq!(column(&app.get("/v1/posts?sort=-updated_at").await.ok(), "slug")[0], "apfel");
        assert_eq!(column(&app.get("/v1/posts?sort=-comment_count").await.ok(), "slug")[0], "armel");
    })
    .await;
}

#[actix_web::test]
async fn a_cursor_of_one_list_is_refused_by_another() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        dated(&app, &editor, &[("a", 1), ("b", 2)]).await;
        let cursor = text(&app.get("/v1/posts?limit=1").await.ok()["page"]["next"]);
        for path in [
            format!("/v1/posts?sort=title&after={cursor}"),
            format!("/v1/authors?after={cursor}"),
            "/v1/posts?after=nonsense".to_owned(),
            format!("/v1/posts?after={cursor}x"),
            format!("/v1/posts?after={}", &cursor[..cursor.len() - 1]),
            format!("/v1/posts?after={}", &cursor[..cursor.len() - 4]),
            format!("/v1/posts?after={}", &cursor[..cursor.len() - 8]),
        ] {
            app.get(&path).await.problem(400, "invalid_cursor");
        }
        for path in ["/v1/posts?limit=0", "/v1/posts?limit=101", "/v1/posts?limit=many"] {
            assert_eq!(named(&app.get(path).await.problem(400, "bad_request")), ["limit"], "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn filters_narrow_the_list_and_its_total() {
    on_both(async |app| {
        let (ada, bo) = (app.user(Role::Editor).await, app.user(Role::Editor).await);
        for (slug, by, tags, featured, language) in [
            ("a", &ada, json!(["Sea", "Maps"]), true, "en"),
            ("b", &ada, json!(["Sea"]), false, "pt"),
            ("c", &bo, json!(["Maps"]), false, "en"),
            ("d", &bo, json!([]), false, "en"),
        ] {
            app.advance(60);
            let post = json!({"title": format!("Heron {slug}"), "slug": slug, "tags": tags, "featured": featured, "language": language});
            app.published(by, &post).await;
        }
        let (ada, bo) = (&ada.author, &bo.author);
        let bo_id = text(&app.get(&format!("/v1/authors/{bo}")).await.ok()["id"]);
        for (query, slugs) in [
            (format!("author={ada}"), vec!["b", "a"]),
            (format!("author={ada}&author={bo}"), vec!["d", "c", "b", "a"]),
            (format!("author={bo_id}"), vec!["d", "c"]),
            ("tag=sea".to_owned(), vec!["b", "a"]),
            ("tag=sea&tag=maps".to_owned(), vec!["c", "b", "a"]),
            ("tag=sea,maps".to_owned(), vec!["c", "b", "a"]),
            ("tags_all=sea&tags_all=maps".to_owned(), vec!["a"]),
            (format!("tag=maps&author={bo}"), vec!["c"]),
            ("featured=true".to_owned(), vec!["a"]),
            ("featured=false".to_owned(), vec!["d", "c", "b"]),
            ("language=pt".to_owned(), vec!["b"]),
            ("language=PT".to_owned(), vec!["b"]),
            ("published_after=2024-05-01T12:03:00Z".to_owned(), vec!["d", "c"]),
            ("published_before=2024-05-01T12:03:00Z".to_owned(), vec!["b", "a"]),
            ("published_after=2024-05-01T12:02:00Z&published_before=2024-05-01T12:03:00Z".to_owned(), vec!["b"]),
            ("updated_since=2024-05-01T12:04:00Z".to_owned(), vec!["d"]),
            ("q=heron".to_owned(), vec!["d", "c", "b", "a"]),
            ("q=heron&tag=sea".to_owned(), vec!["b", "a"]),
            ("author=nobody".to_owned(), vec![]),
            ("tag=nothing".to_owned(), vec![]),
            ("tags_all=sea&tags_all=nothing".to_owned(), vec![]),
        ] {
            let list = app.get(&format!("/v1/posts?count=true&{query}")).await.ok();
            assert_eq!(column(&list, "slug"), slugs, "{query}");
            assert_eq!(list["page"]["total"], slugs.len(), "{query}");
            assert_eq!(walk(&app, &format!("/v1/posts?limit=1&{query}"), "slug").await, slugs, "{query}");
        }
        for path in ["/v1/posts?language=", "/v1/posts?language=no+language", "/v1/search?q=heron&language="] {
            app.get(path).await.problem(400, "bad_request");
        }
    })
    .await;
}
