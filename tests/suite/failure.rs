//! Failure: a busy or vanished database is a 503 with `Retry-After`, and it recovers by itself; what was acknowledged is there
//! after a kill; a stop finishes what is under way.

use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl as _, SqliteConnection};
use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::Config;
use pressroom_schema::db::Freshness;
use pressroom_schema::{Db, DbSettings, Source, StoreError};
use serde_json::{Value, json};

use crate::support::app::{Answer, Folder, NOW, Store, TestApp, User, at, text};
use crate::support::binary::{self, Server};
use crate::support::postgres;

const ADMIN: &str = "admin@example.org";
const PASSWORD: &str = "seven grey herons at low tide";

/// A 503 that says when to come back, and nothing of what is within.
#[track_caller]
fn unavailable(answer: &Answer) {
    let problem = answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("cache-control"), "no-store");
    for secret in ["SELECT", "sqlite", "postgres", "/tmp", ".db", "locked", "socket"] {
        assert!(!problem.to_string().contains(secret), "{problem}");
    }
}

/// Comes back until it goes well, as `Retry-After` asks clients to.
async fn eventually(mut attempt: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !attempt().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn draft(app: &TestApp, by: &User, title: &str) -> impl Future<Output = Answer> {
    app.post("/v1/posts").by(by).json(&json!({ "title": title })).into_future()
}

async fn works(app: &TestApp, by: &User) -> bool {
    app.get("/v1/posts/one").await.status() == 200 && draft(app, by, "Again").await.status() == 201
}

async fn with_a_post(store: Store) -> (TestApp, User) {
    let app = TestApp::open(store).await;
    let admin = app.user(Role::Admin).await;
    app.published(&admin, &json!({ "title": "one", "slug": "one" })).await;
    (app, admin)
}

#[actix_web::test]
async fn a_sqlite_file_that_another_process_has_locked_is_busy_for_writers_only() {
    let (app, admin) = with_a_post(Store::sqlite()).await;
    let path = app.store.folder().join("pressroom.db");
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let (read, written) = tokio::join!(app.get("/v1/posts/one").into_future(), draft(&app, &admin, "Two"));
    read.ok();
    unavailable(&written);
    other.batch_execute("ROLLBACK").unwrap();
    draft(&app, &admin, "Two").await.ok();
}

#[actix_web::test]
async fn a_sqlite_file_that_vanishes_is_missed_and_not_made_anew() {
    let (app, admin) = with_a_post(Store::sqlite()).await;
    let folder = app.store.folder().to_owned();
    let away = folder.join("away");
    std::fs::create_dir(&away).unwrap();
    let files = || ["pressroom.db", "pressroom.db-wal", "pressroom.db-shm"].into_iter();
    for name in files().filter(|name| folder.join(name).exists()) {
        std::fs::rename(folder.join(name), away.join(name)).unwrap();
    }
    unavailable(&app.get("/v1/posts/one").await);
    unavailable(&draft(&app, &admin, "Two").await);
    unavailable(&app.get("/readyz").await);
    app.get("/healthz").await.ok();
    assert!(!folder.join("pressroom.db").exists(), "an empty database must not take its place");
    for name in files().filter(|name| away.join(name).exists()) {
        std::fs::rename(away.join(name), folder.join(name)).unwrap();
    }
    eventually(async || works(&app, &admin).await).await;
}

#[actix_web::test]
async fn a_server_that_drops_its_connections_is_connected_to_again() {
    let Some(store) = Store::postgres() else { return };
    let (app, admin) = with_a_post(store).await;
    for _ in 0..2 {
        let mut other = PgConnection::establish(&app.store.url()).unwrap();
        other
            .batch_execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            )
            .unwrap();
        assert!(works(&app, &admin).await, "a connection that died while idle is made anew unnoticed");
    }
}

/// The end of a read begins the transaction of the next that waits. Where there is none, none stays open.
#[expect(clippy::disallowed_methods, reason = "PostgreSQL is asked about its connections")]
#[actix_web::test]
async fn a_burst_of_reads_leaves_no_transaction_open() {
    let Some(store) = Store::postgres() else { return };
    let (app, _) = with_a_post(store).await;
    let mut watch = PgConnection::establish(&app.store.url()).unwrap();
    for round in 0..5 {
        let asks: Vec<_> = (1..=40)
            .map(|n| {
                let (app, path) =
                    (app.clone(), format!("/v1/posts?limit={n}&published_after=20{round}0-01-01T00:00:00Z"));
                actix_web::rt::spawn(async move { app.get(&path).await.status() })
            })
            .collect();
        for ask in asks {
            assert_eq!(ask.await.unwrap(), 200);
        }
        let open = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        eventually(async || diesel::sql_query(open).execute(&mut watch).unwrap() == 0).await;
    }
}

#[actix_web::test]
async fn a_server_that_stops_is_waited_for() {
    let Some(cluster) = postgres::own_cluster() else { return };
    let (app, admin) = with_a_post(Store::At(cluster.url("postgres"), Folder::new())).await;
    cluster.stop();
    unavailable(&app.get("/v1/posts/one").await);
    unavailable(&draft(&app, &admin, "Two").await);
    unavailable(&app.get("/readyz").await);
    app.get("/healthz").await.ok();
    cluster.start_again();
    eventually(async || works(&app, &admin).await).await;
}

#[actix_web::test]
async fn reads_fall_back_to_the_primary_while_a_replica_is_out_of_reach_and_return() {
    let (Some(store), Some(cluster)) = (Store::postgres(), postgres::cluster()) else { return };
    let replica = cluster.create_database_from_template("migrated");
    // What is read tells where it was read.
    for (url, title) in [(store.url(), "Primary"), (replica.url().to_owned(), "Replica")] {
        let config = Config { database_url: url.clone(), ..store.config() };
        let app = TestApp::again(Rc::new(Store::At(url, Folder::new())), config, Clock::fixed(at(NOW))).await;
        let admin = app.user(Role::Admin).await;
        app.patch("/v1/site").by(&admin).json(&json!({ "title": title })).await.ok();
    }
    let url = replica.url().to_owned();
    // Answers that are kept are made from the primary; here each is made anew.
    let config = Config { database_replica_urls: vec![url.clone()], cache_bytes: 0, ..store.config() };
    let app = TestApp::with(store, config).await;
    let title = async || text(&app.get("/v1/site").await.ok()["title"]);
    assert_eq!(title().await, "Replica");

    let name = url.split(['/', '?']).find(|part| part.starts_with("test_")).unwrap();
    let mut server = PgConnection::establish(&cluster.url("postgres")).unwrap();
    server
        .batch_execute(&format!(
            "ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .unwrap();
    for _ in 0..5 {
        assert_eq!(title().await, "Primary", "no reader may notice");
    }
    server.batch_execute(&format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS true")).unwrap();
    eventually(async || title().await == "Replica").await;
}

#[actix_web::test]
async fn a_full_queue_is_answered_busy_rather_than_queued_without_end() {
    let store = Store::sqlite();
    let source = Source::Sqlite(store.folder().join("pressroom.db"));
    let db = Db::open(DbSettings { source, readers: 1, queue: 2, durable: false }).unwrap();
    let (go, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    let blocking = tokio::spawn({
        let db = db.clone();
        async move {
            db.read(Freshness::Replica, move |_| {
                begun.send(()).unwrap();
                wait.recv().unwrap();
                Ok::<_, StoreError>(())
            })
            .await
        }
    });
    let blocking = async { blocking.await.unwrap() };
    let read = || db.read(Freshness::Replica, |_| Ok::<_, StoreError>(()));
    // The one reader is held up, two wait behind it, and there is no room for a third.
    let flood = async {
        while has_begun.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let waiting = futures(&db, 2);
        tokio::task::yield_now().await;
        let refused = read().await;
        go.send(()).unwrap();
        for waited in waiting {
            waited.await.unwrap().unwrap();
        }
        refused
    };
    let (held, refused) = tokio::join!(blocking, flood);
    held.unwrap();
    let refused = pressroom::error::Error::from(refused.unwrap_err());
    assert_eq!((refused.code().status(), refused.retry_after()), (503, Some(1)));
    read().await.unwrap();
}

/// Reads that wait for their turn.
fn futures(db: &Db, count: usize) -> Vec<tokio::task::JoinHandle<Result<(), StoreError>>> {
    let one = || {
        let db = db.clone();
        tokio::spawn(async move { db.read(Freshness::Replica, |_| Ok::<_, StoreError>(())).await })
    };
    (0..count).map(|_| one()).collect()
}

/// The program on this database, with an admin.
fn server(folder: &Folder, url: Option<&str>) -> Server {
    server_with(folder, url, &[])
}

fn server_with(folder: &Folder, url: Option<&str>, settings: &[(&str, &str)]) -> Server {
    let mut command = binary::command(folder, &["serve"]);
    command.envs(settings.iter().copied());
    command.env("PRESSROOM_ADMIN_EMAIL", ADMIN).env("PRESSROOM_ADMIN_PASSWORD", PASSWORD);
    command.env("PRESSROOM_RATE_LIMITS", "off").env("PRESSROOM_LOG", "error");
    if let Some(url) = url {
        command.env("DATABASE_URL", url);
    }
    Server::start(command)
}

fn login(server: &Server) -> String {
    let who = json!({ "email": ADMIN, "password": PASSWORD });
    let (status, session) = binary::request(server.address(), "POST", "/v1/auth/login", "", &who).unwrap();
    assert_eq!(status, 200, "{session}");
    text(&session["access_token"])
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let postgres = Store::postgres();
    for url in [None, postgres.as_ref().map(Store::url)].into_iter().take(1 + usize::from(postgres.is_some()))
    {
        let folder = Folder::new();
        let mut first = server(&folder, url.as_deref());
        let (token, address) = (login(&first), first.address());
        let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
        let is_killed = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (token, acknowledged, is_killed) =
                    (token.clone(), Arc::clone(&acknowledged), Arc::clone(&is_killed));
                std::thread::spawn(move || {
                    for n in 0.. {
                        let post = json!({ "title": format!("{writer} {n}"), "tags": [format!("Tag {n}")] });
                        match binary::request(address, "POST", "/v1/posts?publish=true", &token, &post) {
                            Ok((201, made)) => acknowledged.lock().unwrap().push(text(&made["slug"])),
                            // A connection that broke, which only the kill may do.
                            Err(_) if is_killed.load(Ordering::SeqCst) => return,
                            other => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        while acknowledged.lock().unwrap().len() < 40 {
            assert!(writers.iter().all(|w| !w.is_finished()), "a writer failed");
            std::thread::yield_now();
        }
        is_killed.store(true, Ordering::SeqCst);
        first.signal("KILL");
        assert!(!first.wait().success());
        for writer in writers {
            writer.join().unwrap();
        }

        let second = server(&folder, url.as_deref());
        let get = |path: &str| binary::request(second.address(), "GET", path, "", &Value::Null).unwrap();
        let acknowledged = acknowledged.lock().unwrap();
        for slug in acknowledged.iter() {
            assert_eq!(get(&format!("/v1/posts/{slug}")).0, 200, "{slug} was acknowledged");
        }
        // Whole writes only: what is counted is what is there.
        let counted = get("/v1/posts?count=true&limit=1").1["page"]["total"].as_u64().unwrap();
        assert!(counted >= acknowledged.len() as u64);
        let mut listed = 0;
        let mut path = "/v1/posts?limit=100".to_owned();
        loop {
            let page = get(&path).1;
            listed += page["data"].as_array().unwrap().len() as u64;
            match page["page"]["next"].as_str() {
                Some(next) => path = format!("/v1/posts?limit=100&after={next}"),
                None => break,
            }
        }
        assert_eq!(listed, counted);
    }
}

/// A head or a body that does not arrive holds its connection no longer than the settings say, and is told so.
#[test]
fn a_client_that_sends_slowly_is_cut() {
    let folder = Folder::new();
    let settings = [("PRESSROOM_HEAD_SECONDS", "1"), ("PRESSROOM_BODY_SECONDS", "1")];
    let server = server_with(&folder, None, &settings);
    let token = login(&server);
    let mut stream = binary::connect(server.address()).unwrap();
    stream.write_all(b"GET /v1/posts HTTP/1.1\r\nHost: example.org\r\nAcc").unwrap();
    let mut told = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut told).unwrap();
    assert!(told.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&told));
    for (path, token) in [("/v1/posts", token.as_str()), ("/graphql", token.as_str()), ("/graphql", "")] {
        let mut stream = binary::connect(server.address()).unwrap();
        stream.write_all(binary::head("POST", path, token, 100, "").as_bytes()).unwrap();
        stream.write_all(b"{").unwrap();
        let (status, problem) = binary::answer(&mut stream).unwrap();
        assert_eq!(status, 400, "{path}: {problem}");
    }
}

/// Whoever has not signed in is refused by a write's head alone: the body that it announces is not waited for.
#[test]
fn a_stranger_is_refused_before_their_body_comes() {
    let folder = Folder::new();
    let server = server_with(&folder, None, &[("PRESSROOM_BODY_SECONDS", "1")]);
    let contract: Value = serde_json::from_str(&pressroom::openapi::document()).unwrap();
    let mut refused = 0;
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !matches!(method.as_str(), "post" | "put" | "patch")
                || operation["security"] != json!([{ "token": [] }])
            {
                continue;
            }
            let mut stream = binary::connect(server.address()).unwrap();
            let head = binary::head(&method.to_uppercase(), &path.replace(['{', '}'], ""), "", 100, "");
            stream.write_all(head.as_bytes()).unwrap();
            let (status, problem) = binary::answer(&mut stream).unwrap();
            assert_eq!(status, 401, "{method} {path}: {problem}");
            refused += 1;
        }
    }
    assert!(refused >= 20, "{refused}");
}

/// A query whose body comes after its head is answered like any other, computed or kept.
#[test]
fn a_query_that_comes_in_pieces_is_answered() {
    let folder = Folder::new();
    let server = server(&folder, None);
    let query = json!({ "query": "{ site { title } }" }).to_string();
    let answers: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = binary::connect(server.address()).unwrap();
            let head = binary::head("POST", "/graphql", "", query.len(), "Expect: 100-continue\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut told = [0; 25];
            std::io::Read::read_exact(&mut stream, &mut told).unwrap();
            assert!(told.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&told));
            let (begin, end) = query.split_at(9);
            stream.write_all(begin.as_bytes()).unwrap();
            stream.write_all(end.as_bytes()).unwrap();
            binary::answer(&mut stream).unwrap()
        })
        .collect();
    assert_eq!(answers[0].0, 200);
    assert!(answers[0].1["data"]["site"]["title"].is_string(), "{}", answers[0].1);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn a_stop_finishes_what_is_under_way_and_ends_well() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let mut server = server(&folder, None);
        let token = login(&server);
        let body = json!({ "title": "Under way" }).to_string();
        let (begin, end) = body.split_at(8);
        let mut stream = binary::connect(server.address()).unwrap();
        let head =
            binary::head("POST", "/v1/posts?publish=true", &token, body.len(), "Expect: 100-continue\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // The handler has the head, and waits for the body.
        let mut told = [0; 25];
        std::io::Read::read_exact(&mut stream, &mut told).unwrap();
        assert!(told.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&told));
        stream.write_all(begin.as_bytes()).unwrap();
        server.signal(signal);
        // It takes no further connections.
        while binary::connect(server.address()).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(end.as_bytes()).unwrap();
        let (status, post) = binary::answer(&mut stream).unwrap();
        assert_eq!((status, &post["slug"]), (201, &json!("under-way")));
        drop(stream);
        assert_eq!(server.wait().code(), Some(0), "{signal}");
    }
}
