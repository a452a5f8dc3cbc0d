//! What is wrong is said: stores that are gone or full, a second server on one file; and what a crash or a limit of time leaves behind.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _};
use pressroom::auth::viewer::{Role, Viewer};
use pressroom::clock::Clock;
use pressroom::config::Config;
use pressroom_schema::db::Conn;
use pressroom_schema::{JobKind, StoreError, jobs, migrate, tables};
use serde_json::json;

use crate::support::app::{Folder, Store, TestApp, on_both, text};
use crate::support::binary::{self, Server};
use crate::support::{postgres, upload};

fn stores() -> impl Iterator<Item = Store> {
    [Some(Store::sqlite()), Store::postgres()].into_iter().flatten()
}

#[actix_web::test]
async fn readiness_misses_the_media_store_and_sees_it_return() {
    on_both(async |app| {
        let (media, away) = (app.store.folder().join("media"), app.store.folder().join("away"));
        app.get("/readyz").await.ok();
        std::fs::rename(&media, &away).unwrap();
        app.advance(10);
        let why = app.get("/readyz").await.problem(503, "unavailable");
        assert_eq!(why["detail"], "The media store does not answer.");
        app.get("/healthz").await.ok();
        // Nor does an upload make another in its place.
        let admin = app.user(Role::Admin).await;
        let sent = app.post("/v1/media").by(&admin).body(upload::FORM, upload::form("a.png", 7)).await;
        sent.problem(503, "unavailable");
        assert!(!media.exists(), "an empty folder must not take its place");
        std::fs::rename(&away, &media).unwrap();
        app.advance(1);
        app.get("/readyz").await.ok();
        app.post("/v1/media").by(&admin).body(upload::FORM, upload::form("a.png", 7)).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn readiness_says_whose_disk_is_full() {
    for store in stores() {
        let whose = if store.url().starts_with("sqlite") { "database" } else { "media folder" };
        let config = Config { disk_reserve: u64::MAX, ..store.config() };
        let app = TestApp::with(store, config).await;
        let why = app.get("/readyz").await.problem(503, "unavailable");
        assert_eq!(why["detail"], format!("The disk of the {whose} is full, or nearly so."));
        // It is for whoever directs requests here, and refuses none.
        app.get("/v1/posts").await.ok();
        let config = Config { disk_reserve: 0, ..app.store.config() };
        let unlimited = TestApp::again(app.store.clone(), config, Clock::System).await;
        unlimited.get("/readyz").await.ok();
    }
}

#[actix_web::test]
async fn strangers_who_ask_for_readiness_write_nothing_each_time() {
    on_both(async |app| {
        app.get("/readyz").await.ok();
        // What is not looked at again is not missed yet.
        let media = app.store.folder().join("media");
        std::fs::rename(&media, app.store.folder().join("away")).unwrap();
        app.advance(9);
        app.get("/readyz").await.ok();
        // A clock that was set back keeps nothing longer.
        app.advance(-3600);
        app.get("/readyz").await.problem(503, "unavailable");
    })
    .await;
}

/// PostgreSQL itself refuses what would be run under a limit of time.
#[actix_web::test]
async fn migrations_have_no_limit_of_time_and_requests_have_theirs_again() {
    let Some(cluster) = postgres::cluster() else { return };
    let database = cluster.create_database_from_template("template0");
    let mut other = PgConnection::establish(database.url()).unwrap();
    other
        .batch_execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
               IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') <> '0' THEN
                 RAISE EXCEPTION 'this migration has a limit of time';
               END IF; END $$;
             CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse();",
        )
        .unwrap();
    let store = Store::At(database.url().to_owned(), Folder::new());
    let app = TestApp::open(store).await;
    let made = app
        .svc()
        .db
        .raw(|conn| {
            let Conn::Pg(conn) = conn else { unreachable!() };
            Ok(conn.batch_execute("CREATE TABLE odd ()").map_err(|e| e.to_string()))
        })
        .await
        .unwrap();
    assert!(made.is_err_and(|why| why.contains("limit of time")));
    // One that fails gives its connection back as it was.
    other.batch_execute("DELETE FROM __diesel_schema_migrations").unwrap();
    let again = app
        .svc()
        .db
        .raw(|conn| {
            assert!(migrate::up(conn).is_err(), "its tables are there already");
            let Conn::Pg(conn) = conn else { unreachable!() };
            Ok(conn.batch_execute("CREATE TABLE odd ()").map_err(|e| e.to_string()))
        })
        .await
        .unwrap();
    assert!(again.is_err_and(|why| why.contains("limit of time")));
}

fn server(folder: &Folder, url: &str, log: &str) -> Server {
    let mut command = binary::command(folder, &["serve"]);
    command.env("DATABASE_URL", url).env("PRESSROOM_DATA_DIR", folder.path()).env("PRESSROOM_LOG", "warn");
    let log = std::fs::File::create(folder.path().join(log)).unwrap();
    Server::logging(command, log.into())
}

async fn write<T: Send + 'static>(
    app: &TestApp,
    f: impl Fn(&mut Conn) -> pressroom_schema::Result<T> + Send + 'static,
) -> T {
    let actor = app.svc().actor(&Viewer::system());
    app.svc().db.write::<_, StoreError, _>(actor, move |tx| f(tx.conn)).await.unwrap()
}

/// The images' jobs that a process holds.
async fn held(app: &TestApp) -> i64 {
    app.svc()
        .db
        .raw(|conn| {
            use tables::jobs::dsl::{jobs, kind, locked_until};
            let images = jobs.filter(kind.eq(JobKind::MakeVariants.to_string()));
            Ok(images.filter(locked_until.is_not_null()).count().get_result(conn)?)
        })
        .await
        .unwrap()
}

/// The images' jobs that were not done.
async fn waiting(app: &TestApp) -> i64 {
    app.svc()
        .db
        .raw(|conn| {
            use tables::jobs::dsl::{jobs, kind};
            Ok(jobs.filter(kind.eq(JobKind::MakeVariants.to_string())).count().get_result(conn)?)
        })
        .await
        .unwrap()
}

/// An image's job that some process has taken and not ended.
async fn hold_a_job(app: &TestApp) -> String {
    let admin = app.user(Role::Admin).await;
    let image = upload::form_of("a.png", 7, 800);
    let made = app.post("/v1/media").by(&admin).body(upload::FORM, image).await.ok();
    let taken = write(app, |conn| {
        let now = Clock::System.now();
        jobs::claim(conn, now, now.plus(chrono::TimeDelta::hours(1)))
    })
    .await;
    assert!(taken.is_some());
    text(&made["id"])
}

#[actix_web::test]
async fn a_second_server_on_one_file_says_so_by_whatever_path_and_takes_no_job_of_the_first() {
    let app = TestApp::open(Store::sqlite()).await;
    let Store::Sqlite(folder) = &*app.store else { unreachable!() };
    let warning = |log: &str| {
        std::fs::read_to_string(folder.path().join(log))
            .unwrap()
            .contains("another process serves this SQLite file")
    };
    let mut first = server(folder, &app.store.url(), "first.log");
    assert!(!warning("first.log"));
    let linked = folder.path().join("linked.db");
    std::os::unix::fs::symlink(folder.path().join("pressroom.db"), &linked).unwrap();
    hold_a_job(&app).await;
    let second = server(folder, &format!("sqlite://{}", linked.display()), "second.log");
    assert!(warning("second.log"));
    assert_eq!(held(&app).await, 1, "it may be at work");
    // Whoever died serves it no longer.
    first.signal("KILL");
    first.wait();
    drop(second);
    let _third = server(folder, &app.store.url(), "third.log");
    assert!(!warning("third.log"));
}

#[actix_web::test]
async fn an_images_job_whose_process_died_is_taken_up_at_the_next_start_on_sqlite() {
    let app = TestApp::open(Store::sqlite()).await;
    let Store::Sqlite(folder) = &*app.store else { unreachable!() };
    let id = hold_a_job(&app).await;
    let server = server(folder, &app.store.url(), "server.log");
    let begun = Instant::now();
    while waiting(&app).await > 0 {
        // Less than any lease.
        assert!(begun.elapsed() < Duration::from_secs(25), "it waits for its lease");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let admin = app.user(Role::Admin).await;
    let image = app.get(&format!("/v1/media/{id}")).by(&admin).await.ok();
    assert_eq!(image["state"], "ready");
    drop(server);
}

#[actix_web::test]
async fn a_job_is_held_for_half_a_minute_and_for_longer_only_while_it_is_renewed() {
    on_both(async |app| {
        let now = Clock::System.now();
        let later = move |seconds| now.plus(chrono::TimeDelta::seconds(seconds));
        hold_a_job(&app).await;
        let attempts = write(&app, move |conn| {
            jobs::free_all(conn)?;
            let first = jobs::claim(conn, now, later(30))?;
            let job = first.ok_or_else(|| StoreError::Internal("none".into()))?;
            assert_eq!(jobs::claim(conn, later(29), later(60))?, None);
            assert!(jobs::renew(conn, &job, later(50))?);
            assert_eq!(jobs::claim(conn, later(31), later(60))?, None, "it is worked on");
            let second = jobs::claim(conn, later(50), later(80))?.map(|job| job.attempts);
            assert!(!jobs::renew(conn, &job, later(200))?, "it is another's");
            Ok((job.attempts, second))
        })
        .await;
        assert_eq!(attempts.1, Some(attempts.0 + 1));
    })
    .await;
}

#[test]
fn a_command_may_run_beside_a_server() {
    let folder = Folder::new();
    let url = format!("sqlite://{}/pressroom.db", folder.path().display());
    let server = server(&folder, &url, "server.log");
    let mut command = binary::command(&folder, &["user", "list"]);
    command.env("DATABASE_URL", &url);
    let (status, _, log) = binary::run(command, "");
    assert!(status.success(), "{log}");
    assert!(!log.contains("another process"), "{log}");
    let (status, _) = binary::request(server.address(), "GET", "/readyz", "", &json!(null)).unwrap();
    assert_eq!(status, 200);
}
