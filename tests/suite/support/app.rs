//! The whole application in process, on a fresh database, with a clock that stands still.
//!
//! ```ignore
//! on_both(async |app| {
//!     let editor = app.user(Role::Editor).await;
//!     let post = app.post("/v1/posts?publish=true").by(&editor).json(&json!({"title": "A"})).await.ok();
//!     app.get("/v1/posts/a").await.ok();
//!     app.get("/v1/posts/b").await.problem(404, "not_found");
//! })
//! .await;
//! ```

use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::dev::{AppConfig, Service as _, ServiceFactory as _};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use diesel::{Connection, PgConnection, SqliteConnection};
use pressroom::app::App;
use pressroom::auth::limit::Limit;
use pressroom::auth::viewer::{Role, Viewer};
use pressroom::clock::Clock;
use pressroom::config::{Config, Switch};
use pressroom::service::accounts::{self, CreateUser};
use pressroom::service::{Svc, authors};
use pressroom_schema::changes::{self, ChangeRow};
use pressroom_schema::{Conn, Timestamp, migrate};
use serde_json::{Value, json};

use super::postgres::{self, Database};

/// When the tests take place.
pub(crate) const NOW: &str = "2024-05-01T12:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The password of every account that [`TestApp::user`] makes.
pub(crate) const PASSWORD: &str = "seven grey herons at low tide";

type Served = Pin<Box<dyn Future<Output = Answer>>>;
type Door = dyn Fn(TestRequest) -> Served;

/// A folder that goes with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("pressroom-suite-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A fresh database, its schema up to date.
pub(crate) enum Store {
    Sqlite(Folder),
    Postgres(Database<'static>, Folder),
    /// A database that somebody else keeps, under its URL.
    At(String, Folder),
}

impl Store {
    /// A copy of a file that was migrated once.
    pub(crate) fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let folder = Folder::new();
        let template = TEMPLATE.get_or_init(|| {
            let path = folder.path().join("template.db");
            let conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
            migrate::up(&mut Conn::Sqlite(conn)).unwrap();
            std::fs::read(path).unwrap()
        });
        std::fs::write(folder.path().join("pressroom.db"), template).unwrap();
        Self::Sqlite(folder)
    }

    /// A copy of a database that was migrated once; none where there is no PostgreSQL.
    pub(crate) fn postgres() -> Option<Self> {
        let cluster = postgres::cluster()?;
        cluster.template("migrated", |url| {
            migrate::up(&mut Conn::Pg(PgConnection::establish(url).unwrap())).unwrap();
        });
        Some(Self::Postgres(cluster.create_database_from_template("migrated"), Folder::new()))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}/pressroom.db", folder.path().display()),
            Self::Postgres(database, _) => database.url().to_owned(),
            Self::At(url, _) => url.clone(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Sqlite(folder) | Self::Postgres(_, folder) | Self::At(_, folder) => folder.path(),
        }
    }

    /// The settings of the tests: quick, and with limits of rate that no test meets by accident.
    pub(crate) fn config(&self) -> Config {
        let wide = Limit { quota: 1_000_000, seconds: 3_600 };
        Config {
            database_url: self.url(),
            data_dir: self.folder().to_owned(),
            site_url: "https://example.org".to_owned(),
            limit_comments: wide,
            limit_comment_edits: wide,
            limit_logins: wide,
            limit_password_changes: wide,
            limit_refreshes: wide,
            limit_search: wide,
            limit_uploads: wide,
            limit_writes: wide,
            server_timing: Switch::On,
            durable: Switch::Off,
            readers: 2,
            cpu_threads: 1,
            weak_passwords: true,
            ..Config::defaults()
        }
    }
}

/// An account, logged in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    /// Its access token.
    pub(crate) token: String,
    /// The slug of its author profile.
    pub(crate) author: String,
}

/// The application, in process.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) app: App,
    door: Rc<Door>,
    accounts: Rc<AtomicU32>,
    // Last, so that it outlives the connections to it.
    pub(crate) store: Rc<Store>,
}

impl TestApp {
    pub(crate) async fn open(store: Store) -> Self {
        let config = store.config();
        Self::with(store, config).await
    }

    /// The same with settings of one's own.
    pub(crate) async fn with(store: Store, config: Config) -> Self {
        Self::again(Rc::new(store), config, Clock::fixed(at(NOW))).await
    }

    /// Another instance on a database that is there already.
    pub(crate) async fn again(store: Rc<Store>, config: Config, clock: Clock) -> Self {
        let app = App::open(config, clock).await.unwrap();
        let service = Rc::new(app.factory().new_service(AppConfig::default()).await.unwrap());
        let door = move |request: TestRequest| -> Served {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let response = match service.call(request.to_request()).await {
                    Ok(response) => response,
                    Err(error) => error.error_response().into(),
                };
                let (head, body) = response.into_parts();
                let body = actix_web::body::to_bytes(body).await.unwrap_or_default();
                Answer { status: head.status(), headers: head.headers().clone(), body }
            })
        };
        Self { app, door: Rc::new(door), accounts: Rc::default(), store }
    }

    pub(crate) fn svc(&self) -> &Svc {
        self.app.service()
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, seconds: i64) {
        self.svc().clock.advance(chrono::TimeDelta::seconds(seconds));
    }

    /// An account with this role and an author profile of its own, logged in.
    pub(crate) async fn user(&self, role: Role) -> User {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        let author = format!("{}-{number}", role.as_str());
        let email = format!("{author}@example.org");
        let profile = json!({ "slug": author, "name": format!("Byline {author}") });
        let profile = serde_json::from_value(profile).unwrap();
        authors::create(self.svc(), &Viewer::system(), profile).await.unwrap();
        let input = CreateUser {
            email: email.clone(),
            name: author.clone(),
            role,
            password: PASSWORD.to_owned(),
            author: Some(author.clone()),
        };
        let made = accounts::create_user(self.svc(), &Viewer::system(), input).await.unwrap();
        let token = self.login(&email).await;
        User { id: made.id.to_string(), email, token, author }
    }

    /// An access token.
    pub(crate) async fn login(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        text(&self.post("/v1/auth/login").json(&body).await.ok()["access_token"])
    }

    /// The number of the newest line of the log of changes.
    pub(crate) async fn changes(&self) -> i64 {
        self.svc().db.raw(changes::newest).await.unwrap()
    }

    /// The log of changes, oldest first.
    pub(crate) async fn log(&self) -> Vec<ChangeRow> {
        self.svc().db.raw(|conn| changes::after(conn, 0, i64::MAX)).await.unwrap()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Ask<'_> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let uri: Uri = path.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        Ask { app: self, request: TestRequest::with_uri(&uri.to_string()).method(method) }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.request("POST", path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask<'_> {
        self.request("PUT", path)
    }

    pub(crate) fn patch(&self, path: &str) -> Ask<'_> {
        self.request("PATCH", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask<'_> {
        self.request("DELETE", path)
    }

    /// A post that is live, as `by` makes it.
    pub(crate) async fn published(&self, by: &User, post: &Value) -> Value {
        self.post("/v1/posts?publish=true").by(by).json(post).await.ok()
    }

    /// An approved comment by `by`.
    pub(crate) async fn comment(&self, by: &User, post: &str, body: &str, parent: Option<&str>) -> Value {
        let mut input = json!({ "body": body });
        if let Some(parent) = parent {
            input["parent_id"] = parent.into();
        }
        self.post(&format!("/v1/posts/{post}/comments")).by(by).json(&input).await.ok()
    }
}

/// A request about to be sent: `.await` sends it.
pub(crate) struct Ask<'a> {
    app: &'a TestApp,
    request: TestRequest,
}

impl Ask<'_> {
    pub(crate) fn by(self, user: &User) -> Self {
        self.token(&user.token)
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.request = self.request.insert_header((name, HeaderValue::from_str(value).unwrap()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(mut self, mime: &str, body: impl Into<Vec<u8>>) -> Self {
        self = self.header("Content-Type", mime);
        self.request = self.request.set_payload(body.into());
        self
    }
}

impl IntoFuture for Ask<'_> {
    type Output = Answer;
    type IntoFuture = Served;
    fn into_future(self) -> Served {
        (self.app.door)(self.request)
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The body of an answer that must be a success; null where it has none.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem document that the answer must be (RFC 9457).
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type")),
            (status, "application/problem+json"),
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:pressroom:problem:{code}"), "{problem}");
        assert_eq!(problem["instance"], self.header("x-request-id"), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }

    /// How many SQL statements it took, as `Server-Timing` tells.
    #[track_caller]
    pub(crate) fn statements(&self) -> u32 {
        let told = self.header("server-timing");
        let number = told.split_once("desc=\"").and_then(|(_, rest)| rest.split(' ').next());
        number.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no count of statements in {told:?}"))
    }
}

/// A value as an address writes it: percent-encoded.
pub(crate) fn encoded(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A member that must be a text.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// An application on each database that this machine has, SQLite first.
pub(crate) async fn each() -> Vec<TestApp> {
    let mut apps = vec![TestApp::open(Store::sqlite()).await];
    if let Some(store) = Store::postgres() {
        apps.push(TestApp::open(store).await);
    }
    apps
}

/// Runs `test` on each database. Each must answer the same.
pub(crate) async fn on_both<T: PartialEq + Debug>(test: impl AsyncFn(TestApp) -> T) {
    let mut answers = Vec::new();
    for app in each().await {
        answers.push(test(app).await);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "the databases differ: {answers:#?}");
}
