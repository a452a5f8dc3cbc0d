//! Query plans: every filter and sort of the contract is answered from an index, on both databases. What is explained is what
//! the service really runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier, Mutex};

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use pressroom::service::Svc;
use pressroom_schema::db::Freshness;
use pressroom_schema::{Conn, StoreError};
use serde_json::json;

use crate::support::app::{Store, TestApp, text};
use crate::support::corpus::{Size, address, fill};

/// What was run, and the first request that ran it.
type Seen = Arc<Mutex<Recorded>>;

#[derive(Default)]
struct Recorded {
    request: String,
    statements: BTreeMap<String, String>,
}

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text)]
    line: String,
}

fn record(conn: &mut Conn, seen: &Seen) {
    let seen = Arc::clone(seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds: ").next().unwrap_or_default().to_owned();
            let mut seen = seen.lock().unwrap();
            let request = seen.request.clone();
            seen.statements.entry(sql).or_insert(request);
        }
    });
}

/// Listens to every connection of a service that has one reader and one writer.
async fn listen(svc: &Svc) -> Seen {
    let seen = Seen::default();
    let listener = Arc::clone(&seen);
    svc.db
        .read(Freshness::Replica, move |conn| {
            record(conn, &listener);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    // The slow lane has two connections on PostgreSQL: both are taken hold of at once.
    let lanes = if matches!(svc.db.backend(), pressroom_schema::Backend::Sqlite) { 1 } else { 2 };
    let both = Arc::new(Barrier::new(lanes));
    let slow = || {
        let (listener, both) = (Arc::clone(&seen), Arc::clone(&both));
        svc.db.read(Freshness::Slow, move |conn| {
            both.wait();
            record(conn, &listener);
            Ok::<_, StoreError>(())
        })
    };
    let (a, b) = tokio::join!(slow(), slow());
    a.unwrap();
    b.unwrap();
    let listener = Arc::clone(&seen);
    svc.db
        .raw(move |conn| {
            record(conn, &listener);
            Ok(())
        })
        .await
        .unwrap();
    seen
}

#[expect(clippy::disallowed_methods, reason = "EXPLAIN has no query builder")]
fn explain(conn: &mut Conn, sql: &str) -> Vec<String> {
    match conn {
        Conn::Sqlite(c) => {
            let lines: Vec<SqlitePlan> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"))
                .load(c)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
            lines.into_iter().map(|l| l.detail).collect()
        }
        Conn::Pg(c) => {
            let lines: Vec<PostgresPlan> = diesel::sql_query("SELECT line FROM pg_temp.plan_of($1) AS line")
                .bind::<Text, _>(sql)
                .load(c)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
            lines.into_iter().map(|l| l.line.trim().to_owned()).collect()
        }
    }
}

/// Plans as they are for any values, since prepared statements come to have such plans.
const PLAN_OF: &str = "
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  parameters int;
BEGIN
  EXECUTE 'PREPARE p AS ' || statement;
  SELECT coalesce(array_length(parameter_types, 1), 0) INTO parameters FROM pg_prepared_statements WHERE name = 'p';
  RETURN QUERY EXECUTE 'EXPLAIN EXECUTE p' || CASE WHEN parameters = 0 THEN ''
    ELSE '(' || array_to_string(array_fill('NULL'::text, ARRAY[parameters]), ', ') || ')' END;
  EXECUTE 'DEALLOCATE p';
END $$";

/// Tables of a row or a few, which are read whole.
const SMALL: [&str; 3] = ["site", "counters", "signing_keys"];

/// What is wrong with a plan. `ordered` says that the rows must come from an index in their order.
fn faults<'a>(is_sqlite: bool, sql: &str, plan: &'a [String], ordered: bool) -> Vec<String> {
    let limited = sql.contains("LIMIT");
    let sorts = |line: &String| {
        if is_sqlite {
            line.contains("TEMP B-TREE FOR ORDER BY")
        } else {
            line.starts_with("->  Sort") || line.starts_with("Sort")
        }
    };
    let sorted = plan.iter().any(sorts);
    // The rows of a part of the query that was made before, or of a recursive query so far.
    let part = |line: &'a String| line.strip_prefix("CO-ROUTINE ").or(line.strip_prefix("MATERIALIZE "));
    let parts: Vec<&str> = plan.iter().filter_map(part).collect();
    let mut faults: Vec<String> = plan
        .iter()
        .filter(|line| {
            if !is_sqlite {
                let table = line.split("Seq Scan on ").nth(1).and_then(|rest| rest.split(' ').next());
                return table.is_some_and(|table| !SMALL.contains(&table));
            }
            let Some(what) = line.strip_prefix("SCAN ") else { return false };
            let table = what.split(' ').next().unwrap_or_default();
            // A list from its beginning: read in the order of an index, as far as the page goes. The log has its key's order.
            let in_order = (what.contains(" USING ") || table == "changes") && limited && !sorted;
            !(in_order
                || what.contains("VIRTUAL TABLE")
                || what.contains("CONSTANT ROW")
                || what.starts_with('(')
                || SMALL.contains(&table)
                || parts.contains(&table))
        })
        .cloned()
        .collect();
    if ordered && limited && sorted && !sql.contains("search_index") {
        faults.push("sorts what an index has in order".to_owned());
    }
    let bounded = [" <= ", " >= "].iter().any(|bound| sql.contains(bound));
    let enters = |line: &String| {
        let condition =
            if is_sqlite { line.strip_prefix("SEARCH ") } else { line.strip_prefix("Index Cond: ") };
        condition.is_some_and(|condition| condition.contains(['<', '>']))
    };
    if ordered && limited && bounded && !plan.iter().any(enters) {
        faults.push("reads what lies before the page".to_owned());
    }
    faults
}

const SORTS: [&str; 5] = ["-published_at", "published_at", "-updated_at", "title", "-comment_count"];

/// Requests whose lists an index has in order.
fn ordered() -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for sort in SORTS {
        all.push((format!("/v1/posts?sort={sort}&limit=5"), false));
        all.push((format!("/v1/posts?sort={sort}&limit=5&status=all"), true));
    }
    for sort in &SORTS[..2] {
        for filter in ["author=author-1", "tag=tag-1", "tags_all=tag-1", "featured=true"] {
            all.push((format!("/v1/posts?sort={sort}&{filter}&limit=5"), false));
        }
        all.push((format!("/v1/posts?sort={sort}&published_after=2023-01-01T10:00:00Z&limit=5"), false));
        all.push((format!("/v1/posts?sort={sort}&published_before=2023-01-01T10:00:00Z&limit=5"), false));
        all.push((format!("/v1/posts?sort={sort}&status=draft&limit=5"), true));
    }
    all.push(("/v1/posts?sort=-updated_at&updated_since=2023-01-01T10:00:00Z&limit=5".to_owned(), false));
    for sort in ["name", "-post_count"] {
        all.push((format!("/v1/authors?sort={sort}&limit=5"), false));
        all.push((format!("/v1/tags?sort={sort}&limit=5"), false));
    }
    all.push(("/v1/tags?kind=category&limit=5".to_owned(), false));
    for sort in ["oldest", "newest", "top"] {
        for view in ["thread", "flat"] {
            all.push((format!("/v1/posts/post-0/comments?sort={sort}&view={view}&limit=5"), false));
        }
    }
    let closed = [
        "/v1/comments?limit=5",
        "/v1/comments?status=approved&limit=5",
        "/v1/media?limit=5",
        "/v1/users?limit=5",
        "/v1/tokens?limit=5",
        "/v1/posts/post-0/revisions?limit=5",
    ];
    all.extend(closed.map(|path| (path.to_owned(), true)));
    all
}

/// Requests that may sort what they have found, but must not read everything to find it.
fn found() -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for sort in SORTS {
        for filter in [
            "author=author-1,author-2",
            "author=author-1",
            "tag=tag-1,tag-2",
            "tags_all=tag-1,tag-0",
            "featured=true",
            "published_after=2023-01-01T10:00:00Z",
            "updated_since=2023-01-01T10:00:00Z",
            "language=en",
            "q=tide",
        ] {
            all.push((format!("/v1/posts?sort={sort}&{filter}&limit=5&count=true"), false));
        }
        for filter in [
            "status=draft,published",
            "status=all&visibility=public",
            "trashed=true",
            "perspective=draft&status=all",
        ] {
            all.push((format!("/v1/posts?sort={sort}&{filter}&limit=5"), true));
        }
    }
    for path in [
        "/v1/site",
        "/v1/posts?limit=5&include=html,text,links,related,adjacent,comments",
        "/v1/posts/post-0?include=links,related,adjacent,comments",
        "/v1/posts/former-1",
        "/v1/posts/post-0/links",
        "/v1/posts/post-0/related",
        "/v1/posts/post-0/comments?limit=5&count=true",
        "/v1/posts/post-0/comments?limit=5&parent={comment}",
        "/v1/comments/{comment}",
        "/v1/authors/author-0",
        "/v1/tags/tag-0",
        "/v1/tags?parent=tag-0&limit=5",
        "/v1/search?q=tide&limit=5&count=true",
        "/v1/search?q=%22tide%20word3%22&author=author-1&tag=tag-1&language=en",
        "/feed.xml",
        "/atom.xml?author=author-1",
        "/feed.json?tag=tag-1",
        "/feed.xml?post=post-0",
        "/sitemap.xml",
        "/sitemaps/posts-1.xml",
        "/sitemaps/authors-{author}.xml",
        "/sitemaps/tags-{tag}.xml",
        "/readyz",
    ] {
        all.push((path.to_owned(), false));
    }
    for path in [
        "/v1/auth/me",
        "/v1/posts/post-0?perspective=draft",
        "/v1/posts/post-0/revisions/1",
        "/v1/posts/post-0/revisions/diff?from=1&to=2",
        "/v1/comments?post=post-0&limit=5",
        "/v1/comments?author_email=n5@example.org&limit=5",
        "/v1/users?role=author&limit=5",
        "/v1/users/{user}",
        "/v1/media?owner={user}&limit=5",
        "/v1/media/{media}",
    ] {
        all.push((path.to_owned(), true));
    }
    all
}

async fn run(app: &TestApp, token: &str, seen: &Seen, requests: Vec<(String, bool)>) {
    for (path, signed) in requests {
        let path = address(&path);
        let ask = async |path: &str| {
            seen.lock().unwrap().request = path.to_owned();
            let ask = app.get(path);
            let answer = if signed { ask.token(token) } else { ask }.await;
            assert!([200, 308].contains(&answer.status()), "{path}: {}", answer.text());
            serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default()
        };
        // The first page, the one after it, and back again.
        let mut page = ask(&path).await["page"].take();
        for (name, place) in [("after", "next"), ("before", "previous")] {
            if let Some(cursor) = page[place].as_str() {
                page = ask(&format!("{path}&{name}={cursor}")).await["page"].take();
            }
        }
    }
}

/// Some of everything that writes, so that what it looks up and changes is explained as well.
async fn write(app: &TestApp, token: &str, seen: &Seen) {
    seen.lock().unwrap().request = "writing".to_owned();
    let post = app
        .post("/v1/posts?publish=true")
        .token(token)
        .header("Idempotency-Key", "plans-of-a-write")
        .json(&json!({ "title": "Written", "authors": ["author-1"], "tags": ["tag-1", "A new tag"], "body": { "format": "markdown", "source": "See [it](https://example.org/post-3), tide." } }))
        .await
        .ok();
    let slug = text(&post["slug"]);
    let at = |rest: &str| format!("/v1/posts/{slug}{rest}");
    app.patch(&at("?publish=true"))
        .token(token)
        .json(&json!({ "slug": "written-anew", "title": "Anew" }))
        .await
        .ok();
    let at = |rest: &str| format!("/v1/posts/written-anew{rest}");
    app.put(&at("/links"))
        .token(token)
        .json(&json!({ "links": [{ "relation": "prior", "post": "post-1" }] }))
        .await
        .ok();
    let guest =
        json!({ "body": "A fine morning to you.", "author": { "name": "Ada", "email": "n5@example.org" } });
    let comment = app.post(&at("/comments")).json(&guest).await.ok();
    let reply = json!({ "body": "And to you.", "parent_id": comment["id"] });
    app.post(&format!("/v1/comments/{}/approve", text(&comment["id"])))
        .token(token)
        .json(&json!({}))
        .await
        .ok();
    app.post(&at("/comments")).token(token).json(&reply).await.ok();
    app.delete(&format!("/v1/comments/{}", text(&comment["id"]))).token(token).await.ok();
    app.post(&at("/revisions/1/restore")).token(token).await.ok();
    app.post(&at("/unpublish")).token(token).await.ok();
    app.delete(&at("")).token(token).await.ok();
    app.post(&at("/restore")).token(token).await.ok();
    app.delete(&at("?permanent=true")).token(token).await.ok();
    app.patch("/v1/authors/author-1")
        .token(token)
        .json(&json!({ "name": "Renamed", "slug": "renamed" }))
        .await
        .ok();
    app.patch("/v1/tags/tag-1")
        .token(token)
        .json(&json!({ "name": "Renamed", "slug": "renamed" }))
        .await
        .ok();
    app.patch("/v1/site").token(token).json(&json!({ "title": "Renamed" })).await.ok();
}

#[actix_web::test]
async fn no_statement_reads_a_whole_table() {
    for store in std::iter::once(Store::sqlite()).chain(Store::postgres()) {
        let config = Config { readers: 1, cache_bytes: 0, ..store.config() };
        let app = TestApp::with(store, config).await;
        fill(app.svc(), Size { posts: 1200, many: 60 }).await;
        let admin = app.user(Role::Admin).await;
        let seen = listen(app.svc()).await;
        run(&app, &admin.token, &seen, ordered()).await;
        let in_order = std::mem::take(&mut seen.lock().unwrap().statements);
        run(&app, &admin.token, &seen, found()).await;
        write(&app, &admin.token, &seen).await;
        let rest = std::mem::take(&mut seen.lock().unwrap().statements);
        assert!(in_order.len() > 30 && rest.len() > 60, "{} and {}", in_order.len(), rest.len());
        let wrong = app
            .svc()
            .db
            .raw(move |conn| {
                let is_sqlite = match conn {
                    Conn::Sqlite(_) => true,
                    Conn::Pg(c) => {
                        c.batch_execute(PLAN_OF).unwrap();
                        false
                    }
                };
                // The test itself: what has no index is noticed.
                let seeks = "SELECT id FROM posts WHERE html = 'x'";
                assert!(!faults(is_sqlite, seeks, &explain(conn, seeks), false).is_empty());
                let sorts = "SELECT id FROM posts ORDER BY html LIMIT 1";
                assert!(!faults(is_sqlite, sorts, &explain(conn, sorts), true).is_empty());

                let mut wrong = Vec::new();
                // What is read of one post: ties, bylines and tags, the thread's beginning.
                let of_one = |sql: &&String| {
                    ["SELECT 0, l.", "SELECT 7, a."].iter().any(|begin| sql.starts_with(begin))
                        || ["(SELECT CAST($1 AS ", "\"depth\" <= "].iter().any(|part| sql.contains(part))
                };
                let page: Vec<String> = rest.keys().filter(of_one).cloned().collect();
                for (statements, ordered) in [(in_order, true), (rest, false)] {
                    if let Conn::Pg(c) = conn {
                        // A few rows are sorted faster than they are fetched in order; that they can be is what counts.
                        let can_sort = if ordered { "off" } else { "on" };
                        c.batch_execute(&format!("SET enable_sort = {can_sort}")).unwrap();
                    }
                    for (sql, request) in statements {
                        let reads = ["SELECT", "WITH", "UPDATE", "DELETE"].iter().any(|w| sql.starts_with(w));
                        if !reads || sql.starts_with("SELECT 1") || sql.contains("pg_advisory") {
                            continue;
                        }
                        let plan = explain(conn, &sql);
                        let mut faults = faults(is_sqlite, &sql, &plan, ordered);
                        // The sitemap's index is made of everything that there is.
                        faults.retain(|fault| request != "/sitemap.xml" || !fault.contains(" USING "));
                        // What is kept for retries has a bound, and is added up once for each sixteenth of it.
                        faults.retain(|fault| !fault.contains("idempotency_keys"));
                        if !faults.is_empty() {
                            let short: String =
                                sql.split(" FROM ").skip(1).collect::<Vec<_>>().join(" FROM ");
                            wrong.push(format!(
                                "{request}: {faults:?}\n  … FROM {short}\n  {}",
                                plan.join("\n  ")
                            ));
                        }
                    }
                }
                if let Conn::Pg(c) = conn {
                    // Left to itself PostgreSQL reads whole what it believes to need much of. Posts are few and short here.
                    c.batch_execute("SET enable_seqscan = on; SET enable_sort = on; ANALYZE").unwrap();
                    assert!(page.len() >= 4, "{page:?}");
                    let reads_whole = |line: &String| {
                        ["comments", "related_posts", "links"]
                            .iter()
                            .any(|table| line.contains(&format!("Seq Scan on {table} ")))
                    };
                    // The test itself: of a list in JSON it expects a hundred.
                    let of_list = "SELECT CAST(jsonb_array_elements_text(CAST($1 AS jsonb)) AS uuid)";
                    let listed = page.iter().map(|sql| sql.replace("SELECT CAST($1 AS uuid)", of_list));
                    assert!(listed.into_iter().any(|sql| explain(conn, &sql).iter().any(reads_whole)));
                    for sql in page {
                        let plan = explain(conn, &sql);
                        if plan.iter().any(reads_whole) {
                            wrong.push(format!("a page: {sql}\n  {}", plan.join("\n  ")));
                        }
                    }
                }
                Ok(wrong)
            })
            .await
            .unwrap();
        assert!(
            wrong.is_empty(),
            "{} plans on {:?}:\n{}",
            wrong.len(),
            app.svc().db.backend(),
            wrong.join("\n")
        );
    }
}
