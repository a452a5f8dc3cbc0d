//! GraphQL's read side over HTTP, on both databases.

#![expect(clippy::items_after_statements, reason = "a document stands beside what asks it")]

use pressroom::app::App;
use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::Config;
use serde_json::{Value, json};

use crate::support::app::{Answer, NOW, Store, TestApp, User, at, on_both, text};
use crate::support::graphql::{ask, code, data};

const PAGE: &str = "query Page($slug: String!) {
  site { title terms { notice url } }
  post(slug: $slug) {
    title slug publishedAt commentCount html
    authors { name slug role postCount bioHtml social { service handle url } }
    tags { slug name }
    links(direction: OUTGOING) { relation note post { slug } external { title author publisher url } }
    related(limit: 3) { post { slug } reason { kind } }
    previous { slug } next { slug }
    comments(first: 20) { pageInfo { hasNextPage endCursor } edges { cursor node {
      author { name isPostAuthor } html replies(first: 20) { edges { node { html author { name } } } } } } }
  } }";

/// A query in the settings' folder is answered by its hash to the first who asks, and one that is none keeps the server from starting.
#[actix_web::test]
async fn registered_queries_are_known_from_the_start() {
    let store = Store::sqlite();
    let folder = store.folder().join("queries");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("title.graphql"),
        "query Title($slug: String!) { post(slug: $slug) { title } }\n",
    )
    .unwrap();
    std::fs::write(folder.join("README.md"), "No query.").unwrap();
    let config = Config { graphql_queries: folder.display().to_string(), ..store.config() };
    let app = TestApp::with(store, config.clone()).await;
    let editor = app.user(Role::Editor).await;
    app.published(&editor, &json!({ "title": "Tides", "slug": "tides" })).await;
    // Of the file, and of the text without the line's end.
    for hash in [
        "05f3e45752b34d40a2bb79b4951caddb1fa043e3c3b16b32b8e5010f63c3dbe9",
        "1951ac61d683d08527574e4d549a72d3ba79c6d2f2348b69a66c693edb4c682b",
    ] {
        let address = format!(
            "/graphql?variables=%7B%22slug%22%3A%22tides%22%7D&extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{hash}%22%7D%7D"
        );
        let first = app.get(&address).await;
        assert_eq!(data(&first)["post"]["title"], "Tides");
        assert!(first.header("cache-control").starts_with("public"));
        assert_eq!(app.get(&address).await.statements(), 0, "it is kept");
    }

    std::fs::write(folder.join("wrong.graphql"), "{ post(slug: \"tides\") {\n  heading } }").unwrap();
    let told = App::open(config, Clock::fixed(at(NOW))).await.err().unwrap().to_string();
    assert!(told.contains("wrong.graphql") && told.contains("heading") && told.contains("line 2"), "{told}");
}

async fn send(app: &TestApp, by: Option<&User>, query: &str, variables: Value) -> Answer {
    let ask = ask(app, query, &variables);
    match by {
        Some(user) => ask.by(user).await,
        None => ask.await,
    }
}

/// The data of an answer without errors.
async fn read(app: &TestApp, query: &str) -> Value {
    data(&send(app, None, query, Value::Null).await)
}

/// Posts `p1` to `p5`, one a day; `p3` is linked and discussed.
async fn fill(app: &TestApp) -> User {
    let editor = app.user(Role::Editor).await;
    for n in 1..=5 {
        let post = json!({
            "slug": format!("p{n}"), "title": format!("Post {n}"), "tags": ["Rivers"], "authors": [editor.author],
            "body": { "format": "markdown", "source": format!("Herons at low tide, number {n}.") },
        });
        let made = app.post("/v1/posts").by(&editor).json(&post).await.ok();
        let path = format!("/v1/posts/{}/publish", text(&made["id"]));
        let at = json!({ "at": format!("2024-01-0{n}T08:00:00Z") });
        app.post(&path).by(&editor).json(&at).await.ok();
    }
    let links = json!({ "links": [
        { "relation": "prior", "post": "p1", "note": "before" },
        { "relation": "cites", "external": { "url": "https://example.org/x", "title": "X" } } ] });
    app.put("/v1/posts/p3/links").by(&editor).json(&links).await.ok();
    for n in 1..=3 {
        // Comments of one moment sort by their ids, which are random.
        app.advance(1);
        let top = app.comment(&editor, "p3", &format!("Comment {n}"), None).await;
        app.comment(&editor, "p3", &format!("Reply to {n}"), Some(&text(&top["id"]))).await;
    }
    editor
}

#[actix_web::test]
async fn a_whole_page_is_one_query_and_few_statements() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config { cache_bytes: 0, ..store.config() };
        let app = TestApp::with(store, config).await;
        fill(&app).await;
        let answer = send(&app, None, PAGE, json!({ "slug": "p3" })).await;
        let post = data(&answer)["post"].clone();
        assert!(answer.statements() <= 6, "{} statements", answer.statements());
        let rest = app.get("/v1/posts/p3").await.ok();
        assert_eq!(post["html"], rest["html"]);
        assert_eq!(post["publishedAt"], rest["published_at"]);
        assert_eq!(post["authors"][0]["postCount"], 5);
        assert_eq!(post["authors"][0]["role"], "author");
        assert_eq!(post["tags"], json!([{ "slug": "rivers", "name": "Rivers" }]));
        assert_eq!(post["links"][0]["relation"], "PRIOR");
        assert_eq!(post["links"][0]["post"]["slug"], "p1");
        assert_eq!(post["links"][1]["external"]["title"], "X");
        assert_eq!(post["related"][0], json!({ "post": { "slug": "p1" }, "reason": { "kind": "CURATED" } }));
        assert_eq!((&post["previous"]["slug"], &post["next"]["slug"]), (&json!("p2"), &json!("p4")));
        assert_eq!(post["commentCount"], 6);
        let edges = post["comments"]["edges"].as_array().unwrap();
        assert_eq!(edges.len(), 3);
        assert_eq!(edges[0]["node"]["author"]["isPostAuthor"], true);
        assert_eq!(edges[1]["node"]["replies"]["edges"][0]["node"]["html"], "<p>Reply to 2</p>");
    }
}

#[actix_web::test]
async fn lists_are_paged_from_both_ends_by_the_cursors_of_rest() {
    on_both(async |app| {
        fill(&app).await;
        const LIST: &str = "query($f: Int, $a: String, $l: Int, $b: String) {
            posts(first: $f, after: $a, last: $l, before: $b) {
              totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { slug } } } }";
        let page = async |variables: Value| data(&send(&app, None, LIST, variables).await)["posts"].clone();
        let slugs = |page: &Value| -> Vec<String> {
            page["edges"].as_array().unwrap().iter().map(|edge| text(&edge["node"]["slug"])).collect()
        };
        let first = page(json!({ "f": 2 })).await;
        assert_eq!(slugs(&first), ["p5", "p4"]);
        assert_eq!(first["totalCount"], 5);
        let info = &first["pageInfo"];
        assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
        assert_eq!(info["endCursor"], first["edges"][1]["cursor"]);
        assert_eq!(app.get("/v1/posts?limit=2").await.ok()["page"]["next"], info["endCursor"]);
        let second = page(json!({ "f": 2, "a": info["endCursor"] })).await;
        assert_eq!(slugs(&second), ["p3", "p2"]);
        assert_eq!(second["pageInfo"]["hasPreviousPage"], true);
        let back = page(json!({ "l": 2, "b": second["pageInfo"]["startCursor"] })).await;
        assert_eq!(slugs(&back), ["p5", "p4"]);
        assert_eq!(back["pageInfo"]["hasPreviousPage"], false);
        let end = page(json!({ "l": 2 })).await;
        assert_eq!(slugs(&end), ["p2", "p1"]);
        assert_eq!(end["pageInfo"]["hasNextPage"], false);
        let wrong = send(&app, None, LIST, json!({ "f": 1, "l": 1 })).await;
        assert_eq!(code(&wrong), "bad_request");
        assert_eq!(wrong.json()["errors"][0]["extensions"]["errors"][0]["parameter"], "last");
        let foreign = read(&app, "{ authors { pageInfo { endCursor } } }").await;
        let foreign = foreign["authors"]["pageInfo"]["endCursor"].clone();
        assert_eq!(code(&send(&app, None, LIST, json!({ "f": 1, "a": foreign })).await), "invalid_cursor");
    })
    .await;
}

#[actix_web::test]
async fn a_page_of_no_rows_has_its_total_and_tells_whether_there_are_any() {
    on_both(async |app| {
        let editor = fill(&app).await;
        const ALL: &str =
            "totalCount nodes { __typename } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
        let none = |page: &Value, total: i64, next: bool, previous: bool| {
            let ends = json!({ "hasNextPage": next, "hasPreviousPage": previous, "startCursor": null, "endCursor": null });
            assert_eq!(page, &json!({ "totalCount": total, "nodes": [], "edges": [], "pageInfo": ends }));
        };
        let query = format!(
            "{{ posts(first: 0) {{ {ALL} }} last: posts(last: 0) {{ {ALL} }} tags(first: 0) {{ {ALL} }}
               nothing: posts(first: 0, filter: {{ tag: \"no-such-tag\" }}) {{ {ALL} }}
               found: search(q: \"herons\", first: 0) {{ {ALL} }} queue: comments(first: 0, status: [APPROVED]) {{ {ALL} }}
               tag(slug: \"rivers\") {{ posts(first: 0) {{ {ALL} }} last: posts(last: 0) {{ {ALL} }} }}
               post(slug: \"p3\") {{
                 authors {{ posts(first: 0) {{ {ALL} }} }} related(limit: 0) {{ post {{ slug }} }}
                 comments(first: 0) {{ {ALL} }} last: comments(last: 0) {{ {ALL} }}
                 some: comments(first: 1) {{ nodes {{ replies(first: 0) {{ {ALL} }} last: replies(last: 0) {{ {ALL} }} }} }} }} }}"
        );
        let all = data(&send(&app, Some(&editor), &query, Value::Null).await);
        none(&all["posts"], 5, true, false);
        none(&all["last"], 5, false, true);
        none(&all["tags"], 1, true, false);
        none(&all["nothing"], 0, false, false);
        none(&all["found"], 5, true, false);
        none(&all["queue"], 6, true, false);
        none(&all["tag"]["posts"], 5, true, false);
        none(&all["tag"]["last"], 5, false, true);
        let post = &all["post"];
        none(&post["authors"][0]["posts"], 5, true, false);
        none(&post["comments"], 3, true, false);
        none(&post["last"], 3, false, true);
        none(&post["some"]["nodes"][0]["replies"], 1, true, false);
        none(&post["some"]["nodes"][0]["last"], 1, false, true);
        assert_eq!(post["related"], json!([]));

        // Where the thread is read with its post, and where a page is asked for after another.
        let ends = "pageInfo { hasNextPage hasPreviousPage } nodes { html }";
        let query = format!("{{ post(slug: \"p3\") {{ comments(first: 0) {{ {ends} }} }} posts {{ edges {{ cursor }} }} authors(first: 0) {{ {ALL} }} }}");
        let read = read(&app, &query).await;
        let info = json!({ "hasNextPage": true, "hasPreviousPage": false });
        assert_eq!(read["post"]["comments"], json!({ "pageInfo": info, "nodes": [] }));
        assert_eq!((&read["authors"]["nodes"], &read["authors"]["pageInfo"]["hasNextPage"]), (&json!([]), &json!(true)));
        let after = "query($c: String) { posts(first: 0, after: $c) { pageInfo { hasNextPage hasPreviousPage } } }";
        for (n, next) in [(3, true), (4, false)] {
            let cursor = json!({ "c": read["posts"]["edges"][n]["cursor"] });
            let info = data(&send(&app, None, after, cursor).await)["posts"]["pageInfo"].clone();
            assert_eq!(info, json!({ "hasNextPage": next, "hasPreviousPage": true }), "after row {n}");
        }

        for (query, parameter) in [
            ("{ posts(first: -1) { nodes { slug } } }", "first"),
            ("{ tags(last: -1) { nodes { slug } } }", "last"),
            ("{ post(slug: \"p3\") { related(limit: -1) { post { slug } } } }", "limit"),
        ] {
            let answer = send(&app, None, query, Value::Null).await;
            assert_eq!(code(&answer), "bad_request", "{query}");
            assert_eq!(answer.json()["errors"][0]["extensions"]["errors"][0]["parameter"], parameter);
        }
        app.get("/v1/posts?limit=0").await.problem(400, "bad_request");
    })
    .await;
}

#[actix_web::test]
async fn comments_and_the_posts_of_authors_and_tags_have_pages_of_their_own() {
    on_both(async |app| {
        fill(&app).await;
        let query = "query($after: String) {
            author(slug: \"the-author\") { id }
            tag(slug: \"rivers\") { posts(last: 2) { totalCount nodes { slug } pageInfo { hasPreviousPage } } }
            post(slug: \"p3\") {
              authors { slug posts(first: 2, sort: PUBLISHED_AT_ASC) { totalCount nodes { slug } } author { name } }
              comments(first: 2, after: $after) { totalCount edges { cursor node { html replyCount
                parent { id } post { slug } replies(first: 1) { totalCount nodes { depth parent { html } } } } } } } }";
        let all = data(&send(&app, None, query, Value::Null).await);
        assert_eq!(all["author"], Value::Null);
        let tag = &all["tag"]["posts"];
        assert_eq!(tag["nodes"], json!([{ "slug": "p2" }, { "slug": "p1" }]));
        assert_eq!((&tag["totalCount"], &tag["pageInfo"]["hasPreviousPage"]), (&json!(5), &json!(true)));
        let own = &all["post"]["authors"][0]["posts"];
        assert_eq!(own["nodes"], json!([{ "slug": "p1" }, { "slug": "p2" }]));
        assert_eq!(own["totalCount"], 5);
        let comments = &all["post"]["comments"];
        assert_eq!(comments["totalCount"], 3);
        assert_eq!(comments["edges"][0]["node"]["html"], "<p>Comment 1</p>");
        assert_eq!(comments["edges"][0]["node"]["parent"], Value::Null);
        assert_eq!(comments["edges"][0]["node"]["post"]["slug"], "p3");
        let replies = &comments["edges"][0]["node"]["replies"];
        let reply = json!({ "depth": 1, "parent": { "html": "<p>Comment 1</p>" } });
        assert_eq!(replies, &json!({ "totalCount": 1, "nodes": [reply] }));
        let after = json!({ "after": comments["edges"][1]["cursor"] });
        let rest = data(&send(&app, None, query, after).await);
        assert_eq!(rest["post"]["comments"]["edges"].as_array().unwrap().len(), 1);
        assert_eq!(rest["post"]["comments"]["edges"][0]["node"]["html"], "<p>Comment 3</p>");
    })
    .await;
}

#[actix_web::test]
async fn a_thread_reads_the_same_whether_its_replies_are_nested_or_read_level_by_level() {
    on_both(async |app| {
        let editor = fill(&app).await;
        let top = text(&app.comment(&editor, "p2", "Top", None).await["id"]);
        for n in 0..13 {
            app.advance(1);
            let reply = app.comment(&editor, "p2", &format!("Reply {n}"), Some(&top)).await;
            app.comment(&editor, "p2", &format!("Answer {n}"), Some(&text(&reply["id"]))).await;
        }
        // `totalCount` keeps the page from being read with its replies nested.
        let thread = async |count: &str| {
            let replies = "edges { cursor node { html replyCount replies(first: 3) { nodes { html } } } }";
            let query = format!(
                "{{ post(slug: \"p2\") {{ title comments(first: 5) {{ {count} nodes {{ html replies(first: 4) {{ pageInfo {{ hasNextPage endCursor }} {replies} }} }} }} }} }}"
            );
            let mut post = read(&app, &query).await["post"].clone();
            post["comments"].as_object_mut().unwrap().remove("totalCount");
            post
        };
        let (nested, by_level) = (thread("").await, thread("totalCount").await);
        assert_eq!(nested, by_level);
        let replies = &nested["comments"]["nodes"][0]["replies"];
        assert_eq!(replies["edges"].as_array().unwrap().len(), 4);
        assert_eq!(replies["pageInfo"]["hasNextPage"], true);
        assert_eq!(replies["edges"][3]["node"]["replies"]["nodes"][0]["html"], "<p>Answer 3</p>");
    })
    .await;
}

#[actix_web::test]
async fn there_is_nothing_before_the_first_post_and_after_the_last() {
    on_both(async |app| {
        fill(&app).await;
        let ends = read(
            &app,
            "{ first: post(slug: \"p1\") { previous { slug } next { title subtitle } }
               last: post(slug: \"p5\") { previous { slug authors { name } } next { slug } } }",
        )
        .await;
        assert_eq!(ends["first"]["previous"], Value::Null);
        assert_eq!(ends["first"]["next"]["title"], "Post 2");
        assert_eq!(ends["last"]["next"], Value::Null);
        assert_eq!(ends["last"]["previous"]["slug"], "p4");
    })
    .await;
}

#[actix_web::test]
async fn drafts_and_closed_lists_are_for_those_with_the_right() {
    on_both(async |app| {
        let editor = fill(&app).await;
        let draft = app.post("/v1/posts").by(&editor).json(&json!({ "title": "Unseen" })).await.ok();
        let id = text(&draft["id"]);
        let by_id = format!(
            "{{ post(id: \"{id}\") {{ title status hasUnpublishedChanges }} node(id: \"{id}\") {{ id }} }}"
        );
        let other = app.user(Role::Author).await;
        for viewer in [None, Some(&other)] {
            let seen = data(&send(&app, viewer, &by_id, Value::Null).await);
            assert_eq!(seen, json!({ "post": null, "node": null }));
        }
        let seen = data(&send(&app, Some(&editor), &by_id, Value::Null).await);
        assert_eq!(seen["post"]["status"], "DRAFT");
        assert_eq!(seen["node"]["id"], json!(id));
        let list = "{ posts(filter: { status: [DRAFT] }) { nodes { title } } }";
        assert_eq!(code(&send(&app, None, list, Value::Null).await), "unauthenticated");
        let seen = data(&send(&app, Some(&editor), list, Value::Null).await);
        assert_eq!(seen["posts"]["nodes"], json!([{ "title": "Unseen" }]));
        let queue = "{ comments { nodes { id } } me { email role } }";
        assert_eq!(code(&send(&app, None, queue, Value::Null).await), "unauthenticated");
        let seen = data(&send(&app, Some(&editor), queue, Value::Null).await);
        assert_eq!(seen["me"]["role"], "EDITOR");
        let revisions =
            "query($p: String!) { revisions(post: $p) { totalCount nodes { number reason isWorkingCopy } } }";
        let seen = data(&send(&app, Some(&editor), revisions, json!({ "p": id })).await);
        assert_eq!(seen["revisions"]["nodes"][0]["reason"], "CREATED");
        let live = "{ post(slug: \"p1\", perspective: DRAFT) { title } }";
        let refused = send(&app, None, live, Value::Null).await;
        assert_eq!(code(&refused), "unauthenticated", "{}", refused.text());
    })
    .await;
}

#[actix_web::test]
async fn a_bad_token_is_refused_as_rest_refuses_it() {
    let app = TestApp::open(Store::sqlite()).await;
    let answer = app.post("/graphql").token("nonsense").json(&json!({ "query": "{ site { title } }" })).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(code(&answer), "invalid_token");
    assert!(answer.header("WWW-Authenticate").contains("invalid_token"));
}

#[actix_web::test]
async fn a_former_slug_finds_the_post() {
    on_both(async |app| {
        let editor = fill(&app).await;
        app.patch("/v1/posts/p2?publish=true").by(&editor).json(&json!({ "slug": "renamed" })).await.ok();
        let found = read(&app, "{ post(slug: \"p2\") { slug } }").await;
        assert_eq!(found["post"]["slug"], "renamed");
    })
    .await;
}

#[actix_web::test]
async fn everything_with_an_id_is_found_by_it() {
    on_both(async |app| {
        let editor = fill(&app).await;
        let post = app.get("/v1/posts/p3").await.ok();
        let comment = app.get("/v1/posts/p3/comments").await.ok()["data"][0].clone();
        let ids = [
            (&post["id"], "Post"),
            (&post["authors"][0]["id"], "Author"),
            (&post["tags"][0]["id"], "Tag"),
            (&comment["id"], "Comment"),
        ];
        for (id, kind) in ids {
            let found = read(&app, &format!("{{ node(id: {id}) {{ __typename id }} }}")).await;
            assert_eq!(found["node"], json!({ "__typename": kind, "id": id }));
        }
        let own = format!("{{ node(id: \"{}\") {{ __typename ... on User {{ email }} }} }}", editor.id);
        let found = data(&send(&app, Some(&editor), &own, Value::Null).await);
        assert_eq!(found["node"], json!({ "__typename": "User", "email": editor.email }));
        assert_eq!(read(&app, &own).await["node"], Value::Null);
    })
    .await;
}

#[actix_web::test]
async fn hits_of_a_search_are_full_posts() {
    on_both(async |app| {
        fill(&app).await;
        let found = read(
            &app,
            "{ search(q: \"number 3\") { totalCount nodes { snippet post { slug tags { name } } } } }",
        )
        .await;
        assert_eq!(found["search"]["totalCount"], 1);
        let hit = &found["search"]["nodes"][0];
        assert_eq!(hit["post"], json!({ "slug": "p3", "tags": [{ "name": "Rivers" }] }));
        assert!(text(&hit["snippet"]).contains("<mark>"));
    })
    .await;
}

#[actix_web::test]
async fn limits_come_from_the_settings() {
    let store = Store::sqlite();
    let config = Config {
        graphql_depth: 4,
        graphql_complexity: 500,
        graphql_aliases: 2,
        graphql_introspection: pressroom::config::Switch::Off,
        ..store.config()
    };
    let app = TestApp::with(store, config).await;
    let code_of = async |query: &str| code(&send(&app, None, query, Value::Null).await);
    assert_eq!(code_of("{ posts { nodes { tags { parent { name } } } } }").await, "query_too_deep");
    assert_eq!(code_of("{ posts(first: 100) { nodes { tags { name } } } }").await, "query_too_complex");
    assert_eq!(code_of("{ a: me { id } b: me { id } c: me { id } }").await, "too_many_aliases");
    assert_eq!(code_of("{ posts(first: 101) { nodes { id } } }").await, "list_too_long");
    assert_eq!(code_of("{ __schema { types { name } } }").await, "introspection_disabled");
    app.get("/schema.graphql").await.problem(404, "not_found");
    read(&app, "{ site { title } }").await;
}

#[actix_web::test]
async fn bad_variables_are_refused_before_anything_runs() {
    let app = TestApp::open(Store::sqlite()).await;
    let query = "query($at: DateTime) { posts(filter: { publishedAfter: $at }) { nodes { id } } }";
    let answer = send(&app, None, query, json!({ "at": "yesterday" })).await;
    assert_eq!(code(&answer), "bad_variables");
    assert_eq!(answer.json()["errors"][0]["extensions"]["errors"][0]["pointer"], "/variables/at");
    assert_eq!(answer.json().get("data"), None);
    for fraction in [json!(1.5), json!(1.0)] {
        let answer = send(
            &app,
            None,
            "query($f: Int) { tags(first: $f) { nodes { slug } } }",
            json!({ "f": fraction }),
        )
        .await;
        assert_eq!(code(&answer), "bad_variables");
        assert_eq!(answer.json()["errors"][0]["extensions"]["errors"][0]["pointer"], "/variables/f");
    }
}

#[actix_web::test]
async fn values_out_of_place_are_refused_with_their_document() {
    let app = TestApp::open(Store::sqlite()).await;
    let answer = async |query: &str, variables: Value| {
        ask(&app, query, &variables).header("Accept", "application/graphql-response+json").await
    };
    for (query, variables) in [
        ("{ tags(first: 1.5) { nodes { slug } } }", json!({})),
        ("{ tags(sort: \"NAME_ASC\") { nodes { slug } } }", json!({})),
        ("{ posts(filter: { status: [\"PUBLISHED\"] }) { nodes { slug } } }", json!({})),
        ("query($s: TagSort = \"NAME_ASC\") { tags(sort: $s) { nodes { slug } } }", json!({})),
        ("query($s: Int) { search(q: $s) { totalCount } }", json!({ "s": 1 })),
        ("query($s: String) { search(q: $s) { totalCount } }", json!({ "s": "x" })),
        ("query($s: Boolean) { site @include(if: $s) { title } }", json!({ "s": true })),
        ("query($i: TagKind) { tags(sort: $i, first: 1) { nodes { slug } } }", json!({ "i": "TAG" })),
        ("query($t: Int) { posts(filter: { tag: [\"a\", $t] }) { nodes { slug } } }", json!({ "t": 1 })),
        ("query($f: String) { posts(filter: { featured: $f }) { nodes { slug } } }", json!({ "f": "x" })),
        ("query($f: Boolean) { posts(filter: { featurd: $f }) { nodes { slug } } }", json!({ "f": true })),
        (
            "query($s: String) { ...F } fragment F on Query { search(q: $s) { totalCount } }",
            json!({ "s": "x" }),
        ),
    ] {
        let refused = answer(query, variables).await;
        assert_eq!(
            (refused.status(), code(&refused).as_str()),
            (400, "graphql_validation_failed"),
            "{query}"
        );
        assert_eq!(refused.json().get("data"), None, "{query}");
    }
    for (query, variables) in [
        ("query($s: String = \"x\") { search(q: $s) { totalCount } }", json!({})),
        ("query($s: TagSort) { tags(sort: $s) { nodes { slug } } }", json!({})),
        ("query($s: TagSort) { tags(sort: $s) { nodes { slug } } }", json!({ "s": "POST_COUNT_DESC" })),
        (
            "query($t: String!) { posts(filter: { tag: [\"a\", $t] }) { nodes { slug } } }",
            json!({ "t": "b" }),
        ),
        ("query($t: [String!]) { posts(filter: { tag: $t }) { nodes { slug } } }", json!({ "t": "b" })),
        ("query($s: Boolean = true) { site @include(if: $s) { title } }", json!({})),
        ("query($n: String!) { __type(name: $n) { name } }", json!({ "n": "Post" })),
    ] {
        data(&answer(query, variables).await);
    }
}

#[actix_web::test]
async fn mutations_need_post_and_browsers_get_a_page() {
    let app = TestApp::open(Store::sqlite()).await;
    let answer = app
        .get("/graphql?query=mutation%7Blogout%7D")
        .header("Accept", "application/graphql-response+json")
        .await;
    assert_eq!((answer.status(), answer.header("Allow")), (405, "GET, HEAD, POST, OPTIONS"));
    let page = app.get("/graphql").header("Accept", "text/html").await;
    assert_eq!(page.status(), 200);
    assert!(page.header("Content-Security-Policy").contains("default-src 'none'"));
    assert!(page.text().contains("graphiql"));
    for path in ["/docs/", "/docs/index.html", "/graphiql"] {
        let page = app.get(path).await;
        assert_eq!((page.status(), page.header("x-content-type-options")), (200, "nosniff"), "{path}");
        let policy = page.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(
            !page.text().contains("<script>") && !page.text().contains("<style>"),
            "{path} has none inside"
        );
    }
    let schema = app.get("/schema.graphql").await.text();
    assert!(schema.contains("type Post implements Node"));
    assert!(schema.contains("scalar DateTime @specifiedBy(url: \"https://"), "{schema}");
}

#[actix_web::test]
async fn public_answers_are_kept_until_what_they_show_changes() {
    on_both(async |app| {
        let editor = fill(&app).await;
        let ask = async |query: &str| send(&app, None, query, Value::Null).await;
        let list =
            "{ posts(first: 1) { nodes { title } } post(slug: \"p4\") { comments { nodes { html } } } }";
        let first = ask(list).await;
        assert!(first.statements() > 0);
        assert!(first.header("Surrogate-Key").contains("posts"));
        assert_eq!(ask(list).await.statements(), 0);
        let later = json!({ "title": "Newest", "slug": "newest" });
        app.published(&editor, &later).await;
        app.comment(&editor, "p4", "First", None).await;
        let seen = data(&ask(list).await);
        assert_eq!(seen["posts"]["nodes"][0]["title"], "Newest");
        assert_eq!(seen["post"]["comments"]["nodes"][0]["html"], "<p>First</p>");
        // What is not there may come.
        let missing = "{ site { title } post(slug: \"to-come\") { title } }";
        assert_eq!(data(&ask(missing).await)["post"], Value::Null);
        app.published(&editor, &json!({ "title": "Here", "slug": "to-come" })).await;
        assert_eq!(data(&ask(missing).await)["post"]["title"], "Here");
        // What a caller with rights reads is nobody else's.
        let own = send(&app, Some(&editor), list, Value::Null).await;
        assert_eq!(own.header("Cache-Control"), "private, no-cache");
    })
    .await;
}
