//! Work that takes long of a processor: what is done where, how often, and what is refused.

use std::sync::{Arc, Mutex, mpsc};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use pressroom::auth::viewer::Role;
use pressroom::cpu::{Turn, Work};
use pressroom::freshness::Reader;
use pressroom_schema::tables::revisions;
use serde_json::{Value, json};

use crate::support::app::{TestApp, User, on_both, text};
use crate::support::graphql::{ask, code, data};

fn body(format: &str, source: &str) -> Value {
    json!({ "format": format, "source": source })
}

fn rendered(app: &TestApp) -> u64 {
    app.svc().cpu.done(Work::Render)
}

/// Texts that ask for far more than their bytes are worth.
fn hostile() -> Vec<(&'static str, &'static str, String)> {
    let table = |rows: &str| format!("{}|\n{}|\n{rows}", "|a".repeat(1000), "|-".repeat(1000));
    vec![
        ("footnotes", "markdown", format!("[^a]: x\n\n{}", "[^a]".repeat(2_001))),
        ("short rows of a wide table", "markdown", table(&"|b\n".repeat(20))),
        ("cells", "markdown", table(&format!("{}|\n", "|b".repeat(1000)).repeat(20))),
        ("blank lines in deep lists", "markdown", "- ".repeat(1_000) + &"\n".repeat(1_100)),
        ("line breaks", "html", "<br>".repeat(50_001)),
        ("attributes", "html", format!("<p {}>", (0..100_001).map(|n| format!("a{n} ")).collect::<String>())),
    ]
}

#[actix_web::test]
async fn a_text_that_makes_too_much_of_itself_is_refused_with_the_limit_that_it_breaks() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.post("/v1/posts").by(&editor).json(&json!({ "title": "P", "slug": "p" })).await.ok();
        for (name, format, source) in hostile() {
            let sent = json!({ "title": "A", "body": body(format, &source) });
            for ask in [app.post("/v1/posts").by(&editor), app.patch("/v1/posts/p").by(&editor)] {
                let problem = ask.json(&sent).await.problem(422, "validation_failed");
                let fault = &problem["errors"][0];
                assert_eq!(
                    (&fault["pointer"], &fault["code"]),
                    (&json!("/body/source"), &json!("too_complex")),
                    "{name}"
                );
                let detail = text(&fault["detail"]);
                assert!(
                    detail.chars().any(|c| c.is_ascii_digit()) && detail.contains("split"),
                    "{name}: {detail}"
                );
            }
        }
        let (_, _, source) = &hostile()[0];
        let mutation = "mutation($input: CreatePostInput!) { createPost(input: $input) { id } }";
        let input = json!({ "input": { "title": "A", "body": { "format": "MARKDOWN", "source": source } } });
        assert_eq!(code(&ask(&app, mutation, &input).by(&editor).await), "validation_failed");
    })
    .await;
}

#[actix_web::test]
async fn biographies_and_comments_have_the_same_limits() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        app.published(&admin, &json!({ "title": "P", "slug": "p" })).await;
        // At most 20,000 bytes of a biography and characters of a comment are taken: what is in them stays small.
        let nested = ">".repeat(9_900) + &"\n\n>".repeat(3_300);
        let bio = json!({ "name": "A", "bio": body("markdown", &"[^a]".repeat(4_990)) });
        app.post("/v1/authors").by(&admin).json(&bio).await.ok();
        let noted = format!("[^a]: x\n\n{}", "[^a]".repeat(4_900));
        let bio = json!({ "name": "A", "bio": body("markdown", &noted) });
        let problem = app.post("/v1/authors").by(&admin).json(&bio).await.problem(422, "validation_failed");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/bio/source"), &json!("too_complex"))
        );
        app.post("/v1/posts/p/comments").by(&admin).json(&json!({ "body": nested + "a" })).await.ok();
    })
    .await;
}

/// Occupies the thread for short work and that for long work, and fills their queues, until what is answered is dropped.
async fn occupy(app: &TestApp) -> mpsc::Sender<()> {
    let (go, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for bytes in [0, 1 << 20] {
        let (began, running) = mpsc::channel::<()>();
        for n in 0..1_000 {
            let (cpu, gate, began) = (app.svc().cpu.clone(), gate.clone(), began.clone());
            let wait = move |_: &Turn| {
                began.send(()).ok();
                gate.lock().unwrap().recv().ok();
            };
            actix_web::rt::spawn(async move { cpu.run(Work::Rank, bytes, wait).await });
            actix_web::rt::task::yield_now().await;
            if n == 0 {
                running.recv().unwrap();
            }
        }
    }
    go
}

#[actix_web::test]
async fn where_too_much_waits_a_text_is_refused_at_once_and_readers_and_sign_in_notice_nothing() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({ "title": "P", "slug": "p", "body": body("markdown", "One.") })).await;
        let go = occupy(&app).await;
        let sent = json!({ "title": "A", "body": body("markdown", "Two.") });
        let refused = app.post("/v1/posts").by(&editor).json(&sent).await;
        refused.problem(503, "too_busy");
        assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
        let comment = json!({ "body": "Yes." });
        app.post("/v1/posts/p/comments").by(&editor).json(&comment).await.problem(503, "too_busy");
        app.get("/v1/posts/p?include=comments").await.ok();
        app.login(&editor.email).await;
        app.patch("/v1/posts/p").by(&editor).json(&json!({ "title": "Q" })).await.ok();
        // What search needs of a text is made before the transaction that makes it public.
        app.post("/v1/posts/p/publish").by(&editor).await.problem(503, "too_busy");
        app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        app.get("/healthz").await.ok();
        drop(go);
    })
    .await;
}

/// Takes all places for searches, until what is answered is dropped.
async fn search_without_end(app: &TestApp) -> mpsc::Sender<()> {
    let (go, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    for _ in 0..100 {
        let (svc, gate) = (app.svc().clone(), gate.clone());
        let wait = move |_: &mut Reader<'_>| Ok(gate.lock().unwrap().recv().is_ok());
        actix_web::rt::spawn(async move { svc.read_slow(wait).await.is_ok() });
        actix_web::rt::task::yield_now().await;
    }
    go
}

#[actix_web::test]
async fn where_too_many_search_another_is_refused_at_once_and_the_rest_notices_nothing() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({ "title": "P", "slug": "p", "body": body("markdown", "One.") })).await;
        let search = "{ search(q: \"one\") { nodes { score } } }";
        let list = "{ posts(filter: { q: \"one\" }) { nodes { slug } } }";
        let go = search_without_end(&app).await;
        for path in ["/v1/search?q=one", "/v1/posts?q=one", "/v1/posts?q=one&include=authors"] {
            for ask in [app.get(path), app.get(path).by(&editor)] {
                let refused = ask.await;
                refused.problem(503, "too_busy");
                assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
            }
        }
        for query in [search, list] {
            assert_eq!(code(&ask(&app, query, &Value::Null).await), "too_busy");
        }
        app.get("/v1/posts").await.ok();
        app.get("/v1/posts/p?include=comments,related").by(&editor).await.ok();
        app.login(&editor.email).await;
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({ "title": "Q" })).await.ok();
        data(&ask(&app, "{ posts { nodes { slug } } }", &Value::Null).await);
        drop(go);
        // Its answers are gone once it has its turn.
        while app.get("/v1/search?q=one").await.status() == 503 {
            actix_web::rt::task::yield_now().await;
        }
        assert_eq!(app.get("/v1/posts?q=one").await.ok()["data"][0]["slug"], "p");
        assert_eq!(
            data(&ask(&app, search, &Value::Null).await)["search"]["nodes"].as_array().unwrap().len(),
            1
        );
        assert_eq!(data(&ask(&app, list, &Value::Null).await)["posts"]["nodes"][0]["slug"], "p");
    })
    .await;
}

async fn draft_of_a_live_post(app: &TestApp, editor: &User) -> String {
    app.published(editor, &json!({ "title": "P", "slug": "p", "body": body("markdown", "*One.*") })).await;
    app.patch("/v1/posts/p").by(editor).json(&json!({ "body": body("markdown", "**Two.**") })).await.ok();
    let made = app.post("/v1/posts/p/preview").by(editor).json(&json!({})).await.ok();
    text(&made["token"])
}

const DRAFT: &str = "{ post(slug: \"p\", perspective: DRAFT) { html } }";

#[actix_web::test]
async fn a_working_copy_is_rendered_when_it_is_saved_and_never_again() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let token = draft_of_a_live_post(&app, &editor).await;
        assert_eq!(rendered(&app), 2);
        let two = json!("<p><strong>Two.</strong></p>");
        assert_eq!(app.get(&format!("/v1/posts/p?preview={token}")).await.ok()["html"], two);
        assert_eq!(app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok()["html"], two);
        assert_eq!(
            app.get("/v1/posts?perspective=draft&fields=html").by(&editor).await.ok()["data"][0]["html"],
            two
        );
        let draft = data(&ask(&app, DRAFT, &Value::Null).by(&editor).await);
        assert_eq!(draft["post"]["html"], two);
        app.patch("/v1/posts/p").by(&editor).json(&json!({ "title": "Q" })).await.ok();
        assert_eq!(app.post("/v1/posts/p/publish").by(&editor).await.ok()["html"], two);
        assert_eq!(app.get("/v1/posts/p").await.ok()["html"], two);
        app.post("/v1/posts/p/revisions/1/restore").by(&editor).await.ok();
        let one = json!("<p><em>One.</em></p>");
        assert_eq!(app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok()["html"], one);
        app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        app.delete("/v1/posts/p").by(&editor).await.ok();
        assert_eq!(app.post("/v1/posts/p/restore").by(&editor).await.ok()["html"], one);
        assert_eq!(rendered(&app), 2);
    })
    .await;
}

#[actix_web::test]
async fn a_text_is_made_ready_for_search_once_whenever_it_goes_live_and_not_before() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let made = || app.svc().cpu.done(Work::Index);
        let sent = json!({ "title": "P", "slug": "p", "body": body("markdown", "An otter.") });
        app.post("/v1/posts").by(&editor).json(&sent).await.ok();
        app.patch("/v1/posts/p")
            .by(&editor)
            .json(&json!({ "body": body("markdown", "A heron.") }))
            .await
            .ok();
        assert_eq!(made(), 0);
        let found = async |word: &str| {
            app.get(&format!("/v1/search?q={word}&count=true")).await.ok()["page"]["total"].clone()
        };
        app.post("/v1/posts/p/publish").by(&editor).await.ok();
        assert_eq!((made(), found("heron").await), (1, json!(1)));
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({ "title": "Wading" })).await.ok();
        assert_eq!((made(), found("heron+wading").await), (2, json!(1)));
        let swan = json!({ "body": { "source": "A swan." } });
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&swan).await.ok();
        assert_eq!((made(), found("swan").await, found("heron").await), (3, json!(1), json!(0)));
        app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        assert_eq!((made(), found("swan").await), (3, json!(0)));
        let later = json!({ "at": "2024-05-01T12:00:30Z" });
        app.post("/v1/posts/p/publish").by(&editor).json(&later).await.ok();
        app.advance(60);
        pressroom::service::posts::publish_due(app.svc()).await.unwrap();
        assert_eq!(found("swan").await, json!(1));
    })
    .await;
}

#[actix_web::test]
async fn what_older_programs_saved_is_rendered_when_it_is_needed_and_kept() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let token = draft_of_a_live_post(&app, &editor).await;
        let two = json!("<p><strong>Two.</strong></p>");
        let preview = format!("/v1/posts/p?preview={token}");
        let forget = async || {
            let all = diesel::update(revisions::table).set(revisions::rendered.eq(None::<String>));
            app.svc().db.raw(move |conn| Ok(all.execute(conn)?)).await.unwrap();
        };
        for face in ["rest", "list", "preview", "graphql", "write"] {
            forget().await;
            let before = rendered(&app);
            for _ in 0..2 {
                let html =
                    match face {
                        "rest" => {
                            app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok()["html"].clone()
                        }
                        "list" => {
                            app.get("/v1/posts?perspective=draft&fields=html").by(&editor).await.ok()["data"]
                                [0]["html"]
                                .clone()
                        }
                        "preview" => app.get(&preview).await.ok()["html"].clone(),
                        "graphql" => {
                            data(&ask(&app, DRAFT, &Value::Null).by(&editor).await)["post"]["html"].clone()
                        }
                        _ => {
                            app.patch("/v1/posts/p").by(&editor).json(&json!({ "featured": true })).await.ok()
                                ["html"]
                                .clone()
                        }
                    };
                assert_eq!(html, two, "{face}");
            }
            assert_eq!(rendered(&app), before + 1, "{face}");
        }
        forget().await;
        assert_eq!(app.post("/v1/posts/p/publish").by(&editor).await.ok()["html"], two);
        forget().await;
        app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
        forget().await;
        app.post("/v1/posts/p/revisions/1/restore").by(&editor).await.ok();
        assert_eq!(app.get("/v1/posts/p").by(&editor).await.ok()["html"], "<p><em>One.</em></p>");
        forget().await;
        app.delete("/v1/posts/p").by(&editor).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn what_was_saved_before_there_were_limits_is_shown_as_it_was_typed() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        draft_of_a_live_post(&app, &editor).await;
        let hostile = format!("[^a]: <b>\n\n{}", "[^a]".repeat(2_001));
        let kept: String = app
            .svc()
            .db
            .raw(|conn| {
                let two = revisions::table.filter(revisions::number.eq(2));
                let json: pressroom_schema::Json = two.select(revisions::snapshot).first(conn)?;
                Ok(json.0.to_string())
            })
            .await
            .unwrap();
        let mut snapshot: Value = serde_json::from_str(&kept).unwrap();
        snapshot["body_source"] = hostile.into();
        app.svc()
            .db
            .raw(move |conn| {
                let two = revisions::table.filter(revisions::number.eq(2));
                let new = (
                    revisions::snapshot.eq(pressroom_schema::Json(snapshot.clone())),
                    revisions::rendered.eq(None::<String>),
                );
                Ok(diesel::update(two).set(new).execute(conn)?)
            })
            .await
            .unwrap();
        let draft = app.get("/v1/posts/p?perspective=draft").by(&editor).await.ok();
        assert!(text(&draft["html"]).starts_with("<pre>[^a]: &lt;b&gt;\n\n[^a][^a]"));
        app.post("/v1/posts/p/unpublish").by(&editor).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn a_change_of_a_part_of_a_text_is_rendered_as_the_whole_that_it_makes() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let source = "*One* <i>two</i>";
        app.published(&admin, &json!({ "title": "P", "slug": "p", "body": body("markdown", source) })).await;
        let html = json!({ "body": { "format": "html" } });
        let changed = app.patch("/v1/posts/p?publish=true").by(&admin).json(&html).await.ok();
        assert_eq!((&changed["html"], rendered(&app)), (&json!("*One* <i>two</i>"), 2));
        let input = json!({ "name": "A", "slug": "a", "bio": body("markdown", source) });
        app.post("/v1/authors").by(&admin).json(&input).await.ok();
        let html = json!({ "bio": { "format": "html" } });
        app.patch("/v1/authors/a").by(&admin).json(&html).await.ok();
        let shown = app.get("/v1/authors/a").await.ok();
        assert_eq!((&shown["bio_html"], rendered(&app)), (&json!("*One* <i>two</i>"), 4));
        let cleared = app.patch("/v1/authors/a").by(&admin).json(&json!({ "bio": null })).await.ok();
        assert_eq!((&cleared["bio_html"], rendered(&app)), (&json!(""), 4));
    })
    .await;
}

#[actix_web::test]
async fn long_revisions_are_compared_by_pieces_and_short_ones_by_lines() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let lines = |word: &str| (0..12_000).map(|n| format!("{word} {n}\n")).collect::<String>();
        let (old, new) = (format!("same\n{}end", lines("old")), format!("same\n{}end", lines("new")));
        app.post("/v1/posts")
            .by(&editor)
            .json(&json!({ "title": "P", "slug": "p", "body": body("markdown", &old) }))
            .await
            .ok();
        app.patch("/v1/posts/p").by(&editor).json(&json!({ "body": { "source": new } })).await.ok();
        let found = app.get("/v1/posts/p/revisions/diff?from=1&to=2").by(&editor).await.ok();
        let ops = |lines: &Value| {
            lines.as_array().unwrap().iter().map(|l| text(&l["op"]).to_lowercase()).collect::<Vec<_>>()
        };
        assert_eq!(
            (&found["is_coarse"], ops(&found["body"])),
            (&json!(true), ["same", "removed", "added", "same"].map(str::to_owned).to_vec())
        );
        let query = "{ revisionDiff(post: \"p\", from: 1, to: 2) { isCoarse body { op text } } }";
        let shown = &data(&ask(&app, query, &Value::Null).by(&editor).await)["revisionDiff"];
        assert_eq!((&shown["isCoarse"], ops(&shown["body"])), (&json!(true), ops(&found["body"])));
        assert_eq!(shown["body"][1]["text"], found["body"][1]["text"]);
        app.patch("/v1/posts/p").by(&editor).json(&json!({ "body": { "source": "a\nb" } })).await.ok();
        app.patch("/v1/posts/p").by(&editor).json(&json!({ "body": { "source": "a\nc" } })).await.ok();
        let found = app.get("/v1/posts/p/revisions/diff?from=3&to=4").by(&editor).await.ok();
        assert_eq!(
            (&found["is_coarse"], ops(&found["body"])),
            (&json!(false), ["same", "removed", "added"].map(str::to_owned).to_vec())
        );
        assert_eq!(app.svc().cpu.done(Work::Diff), 3);
    })
    .await;
}

#[actix_web::test]
async fn the_words_of_a_post_are_taken_once_for_all_comments_under_it() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let source = "The harbour was built when the railway reached the coast. ".repeat(20);
        app.published(&editor, &json!({ "title": "P", "slug": "p", "body": body("markdown", &source) }))
            .await;
        let say = async |what: &str| {
            let author = json!({ "name": "Ada", "email": "ada@example.org" });
            let sent = json!({ "body": what, "author": author });
            app.post("/v1/posts/p/comments").json(&sent).await.ok()
        };
        for what in ["The railway reached the coast late.", "Who built the harbour then?", "My uncle did."] {
            let said = say(what).await;
            let change = json!({ "body": format!("{what} Or so they say.") });
            let path = format!("/v1/comments/{}", text(&said["id"]));
            app.patch(&path).header("X-Edit-Token", &text(&said["edit_token"])).json(&change).await.ok();
        }
        let taken = || (app.svc().cpu.done(Work::Index), app.svc().cpu.done(Work::Judge));
        assert_eq!(taken(), (1, 6));
        app.patch("/v1/posts/p?publish=true")
            .by(&editor)
            .json(&json!({ "body": body("markdown", "Sheep.") }))
            .await
            .ok();
        say("What a short text.").await;
        say("Not a word too many.").await;
        assert_eq!(taken(), (2, 8));
        let queue = app.get("/v1/comments?status=pending").by(&editor).await.ok();
        let reasons: Vec<String> = queue["data"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|c| c["spam"]["reasons"].as_array().cloned().unwrap_or_default())
            .map(|reason| text(&reason["code"]))
            .collect();
        assert!(
            reasons.contains(&"on_topic".to_owned()),
            "what is shared with the post is still seen: {reasons:?}"
        );
    })
    .await;
}
