//! A read takes as many SQL statements for many rows as for few: every GET route of the OpenAPI document, and GraphQL.

use std::collections::BTreeSet;

use pressroom::auth::viewer::Role;
use pressroom::config::Config;

use crate::support::app::{Store, TestApp, User, encoded, text};
use crate::support::corpus::{Size, address, fill};

/// For each route, the addresses that show it at its widest. `{post}` and the like stand for the first thing of its kind.
const CASES: &[(&str, &[&str])] = &[
    ("/v1/site", &["/v1/site"]),
    (
        "/v1/posts",
        &[
            "/v1/posts?limit=100&count=true",
            "/v1/posts?limit=100&include=html,text,links,related,adjacent,comments",
            "/v1/posts?limit=100&author=author-0,author-1&tag=tag-0,tag-1&sort=title&count=true",
            "/v1/posts?limit=100&tags_all=tag-0&q=tide&featured=true&published_after=2020-01-01T00:00:00Z",
        ],
    ),
    (
        "/v1/posts/{post}",
        &[
            "/v1/posts/{post}",
            "/v1/posts/post-0?include=authors,tags,links,related,adjacent,comments",
            "/v1/posts/post-0?perspective=draft&include=links,related,adjacent,comments",
        ],
    ),
    ("/v1/posts/{post}/links", &["/v1/posts/post-0/links"]),
    ("/v1/posts/{post}/related", &["/v1/posts/post-0/related?limit=20"]),
    (
        "/v1/posts/{post}/comments",
        &[
            "/v1/posts/post-0/comments?limit=100&count=true",
            "/v1/posts/post-0/comments?limit=100&view=flat",
            "/v1/posts/post-0/comments?limit=100&sort=top",
            "/v1/posts/post-0/comments?limit=100&parent={comment}",
        ],
    ),
    ("/v1/posts/{post}/revisions", &["/v1/posts/post-0/revisions?limit=100&count=true"]),
    ("/v1/posts/{post}/revisions/diff", &["/v1/posts/post-0/revisions/diff?from=1&to=2"]),
    ("/v1/posts/{post}/revisions/{number}", &["/v1/posts/post-0/revisions/1"]),
    ("/v1/authors", &["/v1/authors?limit=100&count=true", "/v1/authors?limit=100&sort=-post_count"]),
    ("/v1/authors/{author}", &["/v1/authors/author-0", "/v1/authors/{author}"]),
    (
        "/v1/tags",
        &["/v1/tags?limit=100&count=true&sort=-post_count", "/v1/tags?limit=100&parent=tag-0&kind=category"],
    ),
    ("/v1/tags/{tag}", &["/v1/tags/tag-0", "/v1/tags/{tag}"]),
    (
        "/v1/comments",
        &["/v1/comments?limit=100&count=true", "/v1/comments?limit=100&status=approved&post=post-0"],
    ),
    ("/v1/comments/{id}", &["/v1/comments/{comment}"]),
    (
        "/v1/search",
        &["/v1/search?q=tide&limit=100&count=true", "/v1/search?q=tide&author=author-0&tag=tag-0"],
    ),
    ("/v1/users", &["/v1/users?limit=100&count=true"]),
    ("/v1/users/{user}", &["/v1/users/{user}"]),
    ("/v1/tokens", &["/v1/tokens?limit=100&count=true"]),
    ("/v1/auth/me", &["/v1/auth/me"]),
    ("/v1/media", &["/v1/media?limit=100&count=true"]),
    ("/v1/media/{id}", &["/v1/media/{media}"]),
    ("/media/{a}/{b}/{file}", &["/media/aa/bb/none.png"]),
    ("/feed.xml", &["/feed.xml?limit=100", "/feed.xml?post=post-0&limit=100", "/feed.xml?author=author-0"]),
    ("/atom.xml", &["/atom.xml?limit=100", "/atom.xml?post=post-0&limit=100", "/atom.xml?tag=tag-0"]),
    ("/feed.json", &["/feed.json?limit=100", "/feed.json?post=post-0&limit=100"]),
    ("/sitemap.xml", &["/sitemap.xml"]),
    (
        "/sitemaps/{chunk}.xml",
        &[
            "/sitemaps/posts-1.xml",
            "/sitemaps/site.xml",
            "/sitemaps/authors-{author}.xml",
            "/sitemaps/tags-{tag}.xml",
        ],
    ),
    // The queries of `QUERIES`, as an address writes them.
    ("/graphql", &["/graphql?query={0}", "/graphql?query={1}", "/graphql?query={2}"]),
    ("/schema.graphql", &["/schema.graphql"]),
    ("/.well-known/jwks.json", &["/.well-known/jwks.json"]),
    (
        "/graphql",
        &[
            "/graphql?query={posts(first:100){totalCount,nodes{title,html,authors{name,role},tags{name,parent{name}},links{post{title,authors{name}}},related{post{slug,subtitle}},previous{title},next{slug,tags{name}}}}}",
            "/graphql?query={posts(first:8){nodes{comments(first:9){totalCount,nodes{html,post{title,tags{name}},parent{html},author{name,profile{name,posts(first:1){nodes{title}}}},replies(first:3){nodes{html,replies(first:2){nodes{html}}}}}}}}}",
            "/graphql?query={post(slug:%22post-0%22){html,previous{title},comments(first:20){edges{cursor,node{html,author{name},replies(first:20){edges{node{html}}}}}}}}",
            "/graphql?query={authors(first:20){totalCount,nodes{name,posts(last:5){totalCount,nodes{title,authors{name}}}}}}",
            "/graphql?query={tags(first:20){nodes{name,parent{name},posts(first:5,sort:PUBLISHED_AT_ASC){pageInfo{hasNextPage},nodes{html}}}}}",
            "/graphql?query={site{title,counts{posts},logo{url}},search(q:%22tide%22,first:50){totalCount,nodes{snippet,post{title,subtitle}}}}",
            "/graphql?query={node(id:%22{comment}%22){id,...on%20Comment{ancestors,replies{nodes{html}}}}}",
            "/graphql?query={me{email},users{nodes{name}},tokens{nodes{name}},mediaLibrary{nodes{url}},comments(status:APPROVED){nodes{html,post{title}}},revisions(post:%22post-0%22){nodes{title}}}",
        ],
    ),
    ("/schema.graphql", &["/schema.graphql"]),
    ("/healthz", &["/healthz"]),
    ("/readyz", &["/readyz"]),
    ("/metrics", &["/metrics"]),
    ("/openapi.json", &["/openapi.json"]),
];

/// GraphQL's widest: the lists with what hangs on their rows, and with what hangs on that.
const QUERIES: [&str; 3] = [
    "{ posts(first: 60) { totalCount nodes { slug authors { name } tags { name } links { relation post { slug } } related(limit: 5) { post { slug } }
       previous { slug } next { slug } comments(first: 5) { totalCount nodes { id replies(first: 5) { nodes { id } } } } } } }",
    "{ post(slug: \"post-0\") { slug authors { name } tags { name } links { relation post { slug } } related(limit: 20) { post { slug } }
       previous { slug } next { slug } comments(first: 60) { totalCount nodes { id replies(first: 60) { nodes { id } } } } } }",
    "{ authors(first: 60) { nodes { name posts(first: 3) { nodes { slug } } } } tags(first: 60) { nodes { name parent { name } posts(first: 3) { nodes { slug } } } } }",
];

/// Routes that answer 404 here, since no image was truly uploaded.
const MISSING: &[&str] = &["/media/{a}/{b}/{file}"];

#[actix_web::test]
async fn every_get_route_has_a_case() {
    let app = TestApp::open(Store::sqlite()).await;
    let document = app.get("/openapi.json").await.ok();
    let paths = document["paths"].as_object().unwrap();
    let reads = paths.iter().filter(|(_, item)| item.get("get").is_some()).map(|(path, _)| path.as_str());
    let reads: BTreeSet<&str> = reads.collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|(route, _)| *route).collect();
    assert_eq!(reads.difference(&cases).collect::<Vec<_>>(), Vec::<&&str>::new(), "routes without a case");
    assert_eq!(cases.difference(&reads).collect::<Vec<_>>(), Vec::<&&str>::new(), "cases without a route");
}

async fn filled(store: Store, size: Size) -> (TestApp, User) {
    let config = Config { cache_bytes: 0, ..store.config() };
    let app = TestApp::with(store, config).await;
    fill(app.svc(), size).await;
    let admin = app.user(Role::Admin).await;
    (app, admin)
}

#[actix_web::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_rows() {
    let (few, many) = (Size { posts: 3, many: 2 }, Size { posts: 60, many: 55 });
    let mut pairs = vec![(filled(Store::sqlite(), few).await, filled(Store::sqlite(), many).await)];
    if let (Some(small), Some(large)) = (Store::postgres(), Store::postgres()) {
        pairs.push((filled(small, few).await, filled(large, many).await));
    }
    let mut wrong = Vec::new();
    for ((small, small_admin), (large, large_admin)) in &pairs {
        for (route, paths) in CASES {
            for path in paths.iter().map(|path| {
                let place = |path: String, n: usize| path.replace(&format!("{{{n}}}"), &encoded(QUERIES[n]));
                (0..QUERIES.len()).fold(address(path), place)
            }) {
                for by in [None, Some((small_admin, large_admin))] {
                    let ask = async |app: &TestApp, user: Option<&User>| {
                        let ask = app.get(&path);
                        let answer = if let Some(user) = user { ask.by(user) } else { ask }.await;
                        // Not every read is for everybody.
                        let known = answer.status() == 200
                            || (user.is_none() && [401, 403].contains(&answer.status()))
                            || MISSING.contains(route);
                        assert!(known, "{path}: {} {}", answer.status(), answer.text());
                        let errors =
                            user.is_some() && *route == "/graphql" && answer.json().get("errors").is_some();
                        assert!(!errors, "{}", answer.text());
                        (answer.statements(), answer.body.len())
                    };
                    let (a, _) = ask(small, by.map(|b| b.0)).await;
                    let (b, _) = ask(large, by.map(|b| b.1)).await;
                    if a != b {
                        wrong.push(format!("{path}: {a} statements for few rows, {b} for many"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Were the lists empty, or as long, there would be no proof in this.
    let ((small, _), (large, _)) = &pairs[0];
    for (list, length) in [("/v1/posts?limit=100", 54), ("/v1/posts/post-0/comments?limit=100", 55)] {
        let rows = async |app: &TestApp| app.get(list).await.ok()["data"].as_array().unwrap().len();
        assert!(rows(small).await >= 1);
        assert_eq!(rows(large).await, length);
    }
    assert_eq!(text(&large.get("/v1/posts/post-0").await.ok()["slug"]), "post-0");
}
