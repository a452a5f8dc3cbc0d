//! How many statements a read takes: a small fixed number, however many posts and comments it answers.

use std::cell::Cell;
use std::fmt::Write as _;

use pressroom::auth::viewer::Viewer;
use pressroom::page::PageRequest;
use pressroom::service::comments::{self, AddComment, Moderation, Origin};
use pressroom::service::posts::{self, Columns, Members, PostQuery, Shown};
use pressroom::service::{Found, Svc};
use pressroom_schema::db::STATEMENTS;
use pressroom_schema::posts::Ref;
use serde_json::json;

use crate::support::publication::{author, on_both, publish};

const ALL: Shown = Shown {
    body: Columns::ALL,
    members: Members::ALL,
    links: true,
    related: true,
    adjacent: true,
    comments: true,
    below: None,
};

async fn counted<T>(work: impl Future<Output = T>) -> (T, u32) {
    STATEMENTS
        .scope(Cell::new(0), async {
            let answer = work.await;
            (answer, STATEMENTS.with(Cell::get))
        })
        .await
}

/// Posts that name each other, with two authors and three tags each.
async fn fill(svc: &Svc, from: usize, to: usize) {
    for n in from..to {
        let other =
            if n == 0 { json!([]) } else { json!([{ "relation": "prior", "post": format!("p{}", n - 1) }]) };
        let post = publish(
            svc,
            &format!("2024-01-{:02}T08:30:00Z", n + 1),
            json!({
                "slug": format!("p{n}"), "title": format!("The harbour at low tide {n}"),
                "authors": [if n % 2 == 0 { "ada" } else { "bo" }, "cy"], "tags": ["Rivers", "Boats", format!("Tag {n}")],
                "body": { "format": "markdown", "source": "Herons at the [first](/p0), in the harbour." },
            }),
        )
        .await;
        let links = serde_json::from_value(json!({ "links": other })).unwrap();
        pressroom::service::links::set(svc, &Viewer::system(), &Ref::Id(post.id), links, None).await.unwrap();
    }
}

/// A thread of `tops` comments, each with a reply that has a reply.
async fn converse(svc: &Svc, post: &str, tops: usize) {
    for n in 0..tops {
        let n = tops * 100 + n;
        let mut parent = None;
        for depth in 0..3 {
            let input: AddComment = serde_json::from_value(json!({
                "body": format!("Word {n} at {depth} of the thread."), "parent_id": parent,
                "author": { "name": "Guest", "email": format!("guest{n}@example.org") },
            }))
            .unwrap();
            let guest = Viewer::anonymous("test", None);
            let made =
                comments::add(svc, &guest, &Ref::Slug(post.into()), input, Origin::default()).await.unwrap();
            comments::moderate_one(svc, &Viewer::system(), &made.id.to_string(), Moderation::Approve, None)
                .await
                .unwrap();
            parent = Some(made.id.to_string());
        }
    }
}

#[tokio::test]
async fn a_post_with_everything_takes_five_statements_and_a_list_three() {
    on_both(async |svc| {
        for (slug, name) in [("ada", "Ada"), ("bo", "Bo"), ("cy", "Cy")] {
            author(&svc, slug, name).await;
        }
        let reader = Viewer::anonymous("test", None);
        let mut out = String::new();
        let (mut posts_before, mut tops) = (0, 1);
        for posts_now in [3, 12] {
            fill(&svc, posts_before, posts_now).await;
            converse(&svc, "p1", tops).await;
            (posts_before, tops) = (posts_now, 25);
            let post = Ref::Slug("p1".into());
            let (page, statements) = counted(posts::get(&svc, &reader, &post, None, None, ALL)).await;
            let Ok(Found::Here(page)) = page else { panic!("p1 is there") };
            assert!(statements <= 5, "a post with everything took {statements} statements");
            let threads = page.comments.unwrap();
            assert_eq!(threads.data.len(), if posts_now == 3 { 1 } else { 20 });
            assert_eq!(threads.data[0].replies.as_ref().unwrap()[0].replies.as_ref().unwrap().len(), 1);
            let links = page.links.unwrap();
            assert_eq!(links.outgoing.len(), 1, "the body's link is to the post that is curated");
            assert!(links.incoming.iter().any(|l| l.post.as_ref().unwrap().slug == "p2"));
            let adjacent = page.adjacent.unwrap();
            assert_eq!(adjacent.previous.unwrap().slug, "p0");
            assert_eq!(adjacent.next.unwrap().slug, "p2");
            assert_eq!(page.related.as_ref().unwrap()[0].reason.kind, "curated");
            assert_eq!(page.authors.iter().map(|a| a.author.slug.as_str()).collect::<Vec<_>>(), ["bo", "cy"]);
            assert_eq!(
                page.tags.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(),
                ["rivers", "boats", "tag-1"]
            );
            assert!(page.text.is_some() && page.body.is_none());

            let whole = PostQuery::default();
            let counts =
                PostQuery { page: PageRequest { count: true, ..PageRequest::default() }, ..whole.clone() };
            let by_tag = PostQuery { tags: vec!["rivers".into()], ..whole.clone() };
            let by_author = PostQuery { authors: vec!["bo".into()], ..whole.clone() };
            let by_title = PostQuery { sort: Some("title".into()), ..whole.clone() };
            for (query, budget) in [(&whole, 3), (&by_title, 3), (&counts, 4), (&by_tag, 4), (&by_author, 4)]
            {
                let (list, statements) =
                    counted(posts::list(&svc, &reader, query.clone(), Shown::default())).await;
                let list = list.unwrap();
                assert!(statements <= budget, "{query:?} took {statements} statements, not {budget}");
                for (_, post) in &list.items {
                    write!(out, "{} {} {}, ", post.slug, post.authors.len(), post.tags.len()).unwrap();
                }
                assert!(list.items.iter().all(|(_, post)| post.html.is_none()));
            }
            let (list, statements) = counted(posts::list(&svc, &reader, whole, ALL)).await;
            assert!(statements <= 5, "a list with everything took {statements} statements");
            for (_, post) in list.unwrap().items {
                let next = post.adjacent.and_then(|a| a.next).map(|p| p.slug.clone());
                writeln!(out, "{next:?} {:?} {}", post.html, post.links.unwrap().incoming.len()).unwrap();
            }
        }
        out
    })
    .await;
}
