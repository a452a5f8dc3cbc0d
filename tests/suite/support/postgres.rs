//! A private PostgreSQL for the suite: found on the machine, made in a fresh folder, reached through a Unix socket only.
//!
//! `cargo test` runs every test in one process, which gets one cluster. nextest runs a process for each test; these share
//! one cluster for the whole run. Either way it is removed when the run has ended, however it ended: a small shell script
//! (`postgres.sh`) watches for that.
//!
//! ```ignore
//! let Some(cluster) = postgres::cluster() else { return }; // says once why not
//! cluster.template("migrated", |url| migrate(url));
//! let database = cluster.create_database_from_template("migrated");
//! connect(database.url()); // and the database goes when `database` does
//! ```

use std::collections::{BTreeSet, hash_map::RandomState};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::{Connection, ExpressionMethods, PgConnection, QueryDsl, QueryResult, RunQueryDsl};

/// Says whether the suite is to run on PostgreSQL: `required`, `off`, or unset for "where there is one".
const WISH: &str = "PRESSROOM_TEST_POSTGRES";

/// What the servers of a test run are set to. Nothing here has to survive a crash, so nothing waits for a disk.
const SETTINGS: &str = "
listen_addresses = ''
port = 5432
max_connections = 300
shared_buffers = 128MB
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
jit = off
# Far from UTC and off the whole hour, so that a time that is read or written without its zone shows.
timezone = 'Asia/Kathmandu'
";

/// An order far from that of the bytes, so that text that is sorted without its collation shows.
const NATURAL_ORDER: &str = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'";

diesel::table! {
    pg_catalog.pg_collation (oid) {
        oid -> Oid,
        collprovider -> CChar,
    }
}

diesel::table! {
    pg_catalog.pg_database (oid) {
        oid -> Oid,
        datname -> Text,
    }
}

diesel::define_sql_function! {
    /// A server's setting by its name.
    fn current_setting(name: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// A running PostgreSQL that only this test run uses.
pub(crate) struct Cluster {
    /// The folder that everything of the cluster lives in.
    root: PathBuf,
    /// Templates that this process knows to be there.
    templates: Mutex<BTreeSet<String>>,
    /// The server's version as one number, such as 150018.
    version: OnceLock<u32>,
    /// The script that removes the cluster; it waits for the end of its standard input, which this keeps open.
    keeper: Option<Child>,
}

/// A database of one test. Dropping it drops the database, whoever is still connected.
pub(crate) struct Database<'a> {
    cluster: &'a Cluster,
    name: String,
    url: String,
}

/// What `PRESSROOM_TEST_POSTGRES` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    IfThere,
    Required,
    Off,
}

/// The cluster of this test run, started at the first call.
///
/// `None` where there is no PostgreSQL on the machine or `PRESSROOM_TEST_POSTGRES=off`; one line on standard error says so.
///
/// # Panics
/// Where PostgreSQL is required (`PRESSROOM_TEST_POSTGRES=required`) and cannot be had.
pub(crate) fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let wish = Wish::parse(environment(WISH).as_deref()).unwrap_or_else(|why| panic!("{why}"));
    let found = CLUSTER.get_or_init(|| {
        let started = if wish == Wish::Off { Err(format!("{WISH}=off")) } else { start_or_join() };
        if let (Err(why), Wish::IfThere | Wish::Off) = (&started, wish) {
            // Not eprintln!, which the test harness would swallow.
            let line = format!("The PostgreSQL half of the suite is skipped: {}\n", why.trim_end());
            std::io::stderr().write_all(line.as_bytes()).ok();
        }
        started
    });
    match (found, wish) {
        (Ok(cluster), _) => Some(cluster),
        (Err(why), Wish::Required) => panic!("{WISH}=required, but {why}"),
        (Err(_), _) => None,
    }
}

/// A cluster for one test that stops and starts it; none where [`cluster`] has none.
pub(crate) fn own_cluster() -> Option<Cluster> {
    cluster()?;
    let root = root_named(&format!("{:016x}", random()));
    Some(start(&root, &find_bin()?, "stdin").unwrap_or_else(|why| panic!("{why}")))
}

impl Cluster {
    /// Stops the server, whoever is connected.
    pub(crate) fn stop(&self) {
        self.control(&["stop", "--mode=fast"]);
    }

    /// Starts it again.
    pub(crate) fn start_again(&self) {
        let log = format!("--log={}/pg/server.log", self.root.display());
        self.control(&["start", &log]);
    }

    fn control(&self, arguments: &[&str]) {
        let bin = find_bin().expect("who has started a cluster has its programs");
        let owner = fs::metadata(&self.root).expect("the cluster has a folder");
        let mut command = Command::new(bin.join("pg_ctl"));
        command.args(arguments).args(["--wait", "--silent", "--pgdata"]).arg(self.root.join("pg/data"));
        command.current_dir("/tmp").env("LC_ALL", "C").uid(owner.uid()).gid(owner.gid());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().is_ok_and(|status| status.success()), "pg_ctl {arguments:?}");
    }

    /// A URL for libpq that leads to `database`.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}/pg&port=5432&user=pressroom", self.root.display())
    }

    /// Makes the template database `name` unless this test run has it already. `prepare` gets the URL of an empty database to
    /// fill, and must have closed its connections when it returns.
    pub(crate) fn template(&self, name: &str, prepare: impl FnOnce(&str)) {
        let mut known = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(name) {
            return;
        }
        let _turn = lock(&self.root.join("templates.lock")).expect("the cluster's folder takes a lock file");
        let mut admin = self.admin();
        let is_there: i64 = pg_database::table
            .filter(pg_database::datname.eq(name))
            .count()
            .get_result(&mut admin)
            .expect("PostgreSQL lists its databases");
        if is_there == 0 {
            let making = format!("{name}_in_the_making");
            execute(&mut admin, &format!("DROP DATABASE IF EXISTS \"{making}\" WITH (FORCE)"));
            let collation = if self.has_icu(&mut admin) { NATURAL_ORDER } else { "" };
            execute(&mut admin, &format!("CREATE DATABASE \"{making}\" {collation}"));
            prepare(&self.url(&making));
            execute(&mut admin, &format!("ALTER DATABASE \"{making}\" RENAME TO \"{name}\""));
            execute(
                &mut admin,
                &format!("ALTER DATABASE \"{name}\" IS_TEMPLATE true ALLOW_CONNECTIONS false"),
            );
        }
        known.insert(name.to_owned());
    }

    /// A new database that is a copy of `template`.
    pub(crate) fn create_database_from_template(&self, template: &str) -> Database<'_> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Process ids come round again; the random part keeps a later process off what an earlier one left.
        let name = format!("test_{process}_{count}_{:08x}", random() & 0xffff_ffff);
        let mut admin = self.admin();
        // Since version 15 a log of the files is written instead, which takes twice as long here.
        let strategy = if self.version(&mut admin) >= 150_000 { "STRATEGY FILE_COPY" } else { "" };
        execute(&mut admin, &format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" {strategy}"));
        Database { cluster: self, url: self.url(&name), name }
    }

    /// Whether databases can have a natural language's order: since version 15, where ICU is built in.
    fn has_icu(&self, admin: &mut PgConnection) -> bool {
        let icu: QueryResult<i64> =
            pg_collation::table.filter(pg_collation::collprovider.eq(b'i')).count().get_result(admin);
        self.version(admin) >= 150_000 && icu.is_ok_and(|count| count > 0)
    }

    fn version(&self, admin: &mut PgConnection) -> u32 {
        *self.version.get_or_init(|| {
            let version = diesel::select(current_setting("server_version_num")).get_result::<String>(admin);
            version.ok().and_then(|number| number.parse().ok()).unwrap_or(0)
        })
    }

    fn admin(&self) -> PgConnection {
        PgConnection::establish(&self.url("postgres")).expect("the private PostgreSQL answers")
    }
}

impl Database<'_> {
    /// The URL that leads to this database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A test that fails is unwinding already, and a second panic would hide the first.
        if let Ok(mut admin) = PgConnection::establish(&self.cluster.url("postgres")) {
            admin.batch_execute(&format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name)).ok();
        }
    }
}

impl Wish {
    fn parse(said: Option<&str>) -> Result<Self, String> {
        match said {
            None | Some("") => Ok(Self::IfThere),
            Some("required") => Ok(Self::Required),
            Some("off") => Ok(Self::Off),
            Some(other) => Err(format!("{WISH} is `{other}`, and can be `required`, `off` or unset")),
        }
    }
}

/// Starts a cluster, or joins the one that another process of the same nextest run has started.
fn start_or_join() -> Result<Cluster, String> {
    let bin = find_bin().ok_or(
        "no `initdb` in PATH, in /usr/lib/postgresql/*/bin or where `pg_config --bindir` points. \
         To have it on Debian or Ubuntu: apt-get install postgresql",
    )?;
    match environment("NEXTEST_RUN_ID") {
        None => start(&root_named(&format!("{:016x}", random())), &bin, "stdin"),
        Some(run) => {
            let id: String = run.chars().filter(char::is_ascii_hexdigit).take(16).collect();
            start(&root_named(&id), &bin, &std::os::unix::process::parent_id().to_string())
        }
    }
}

/// Always below /tmp, which POSIX promises: the path of a Unix socket may be no longer than about a hundred bytes, and the
/// account that PostgreSQL runs as must be able to reach it.
fn root_named(id: &str) -> PathBuf {
    PathBuf::from(format!("/tmp/pressroom-tests-{id}"))
}

/// Starts a cluster in `root`, to live until `owner` (see `postgres.sh`) ends; or joins the one that runs there.
fn start(root: &Path, bin: &Path, owner: &str) -> Result<Cluster, String> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| format!("{what}: {error}")
    };
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(root)
        .map_err(failed("its folder cannot be made"))?;
    let _turn = lock(&root.join("start.lock")).map_err(failed("its folder cannot be locked"))?;
    let cluster = |keeper| Cluster {
        root: root.to_owned(),
        templates: Mutex::default(),
        version: OnceLock::new(),
        keeper,
    };
    let ready = root.join("ready");
    if ready.exists() {
        return Ok(cluster(None));
    }

    let sockets = format!("{SETTINGS}unix_socket_directories = '{}/pg'\n", root.display());
    fs::write(root.join("settings.conf"), sockets).map_err(failed("its settings cannot be written"))?;
    let mut command = Command::new("sh");
    command.arg("-c").arg(include_str!("postgres.sh")).arg("sh").arg(root).arg(bin).arg(owner);
    command.current_dir("/tmp").env("LC_ALL", "C").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name); // PGDATA, PGPORT and their like are about another cluster
    }
    // initdb refuses to run as root. The folder is our own, so its owner tells who we are.
    if fs::metadata(root).map_err(failed("its folder cannot be read"))?.uid() == 0 {
        let (user, group) =
            unprivileged().ok_or("there is no account `postgres` or `nobody` to run it as")?;
        command.uid(user).gid(group);
        for path in [root.to_owned(), root.join("settings.conf")] {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .map_err(failed("its folder cannot be given away"))?;
        }
    }
    let mut keeper = command.spawn().map_err(failed("sh does not start"))?;
    let mut said = String::new();
    if let Some(output) = keeper.stdout.take() {
        let mut output = BufReader::new(output);
        output.read_line(&mut said).map_err(failed("its keeper cannot be heard"))?;
        if said.trim() != "ready" {
            output.read_to_string(&mut said).map_err(failed("its keeper cannot be heard"))?;
            fs::remove_dir_all(root).ok();
            return Err(format!("{} does not start. It said:\n{said}", bin.join("postgres").display()));
        }
    }
    File::create(ready).map_err(failed("its folder cannot be written"))?;
    Ok(cluster(Some(keeper)))
}

/// The folder that holds PostgreSQL's programs, the newest where there are several.
fn find_bin() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort_by_key(|bin| std::cmp::Reverse(major(bin)));
    folders.extend(debian);
    if let Ok(answer) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()));
    }
    folders.into_iter().find_map(|folder| {
        // Through the link that a distribution may have put into PATH: initdb looks for postgres beside itself.
        let bin = fs::canonicalize(folder.join("initdb")).ok()?.parent()?.to_owned();
        (bin.join("pg_ctl").exists() && bin.join("postgres").exists()).then_some(bin)
    })
}

/// The major version in a path such as `/usr/lib/postgresql/15/bin`.
fn major(bin: &Path) -> u32 {
    bin.parent()
        .and_then(Path::file_name)
        .and_then(OsStr::to_str)
        .and_then(|name| name.parse().ok())
        .unwrap_or(0)
}

/// User and group of an account that may run PostgreSQL where the tests run as root.
fn unprivileged() -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].into_iter().find_map(|wanted| {
        accounts.lines().find_map(|line| {
            let mut parts = line.split(':');
            (parts.next() == Some(wanted)).then_some(())?;
            Some((parts.nth(1)?.parse().ok()?, parts.next()?.parse().ok()?))
        })
    })
}

/// Holds an exclusive lock on the file at `path`, made if missing, until the answer is dropped.
fn lock(path: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

fn execute(admin: &mut PgConnection, statement: &str) {
    admin.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[expect(
    clippy::disallowed_methods,
    reason = "these variables steer the suite, and are no settings of Pressroom"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    diesel::table! {
        notes (id) {
            id -> Integer,
        }
    }

    fn with_notes(cluster: &Cluster) {
        cluster.template("template_of_these_tests", |url| {
            let mut conn =
                PgConnection::establish(url).expect("the template in the making takes connections");
            execute(&mut conn, "CREATE TABLE notes (id integer PRIMARY KEY); INSERT INTO notes VALUES (1)");
        });
    }

    fn notes(url: &str) -> i64 {
        let mut conn = PgConnection::establish(url).expect("the database takes connections");
        notes::table.count().get_result(&mut conn).expect("the database has notes")
    }

    #[test]
    fn databases_of_one_template_begin_alike_and_share_nothing() {
        let Some(cluster) = cluster() else { return };
        with_notes(cluster);
        let one = cluster.create_database_from_template("template_of_these_tests");
        let other = cluster.create_database_from_template("template_of_these_tests");
        let mut conn = PgConnection::establish(one.url()).expect("the database takes connections");
        execute(&mut conn, "INSERT INTO notes VALUES (2)");
        assert_eq!((notes(one.url()), notes(other.url())), (2, 1));
    }

    #[test]
    fn a_template_is_prepared_once() {
        let Some(cluster) = cluster() else { return };
        with_notes(cluster);
        cluster.template("template_of_these_tests", |_| panic!("the template is there already"));
    }

    #[test]
    fn a_database_goes_with_its_owner_though_someone_is_connected() {
        let Some(cluster) = cluster() else { return };
        let database = cluster.create_database_from_template("template1");
        let url = database.url().to_owned();
        let _still_connected = PgConnection::establish(&url).expect("the database takes connections");
        drop(database);
        assert!(
            PgConnection::establish(&url).is_err_and(|error| error.to_string().contains("does not exist"))
        );
    }

    #[test]
    fn the_server_has_no_network_socket_and_speaks_utf_8() {
        let Some(cluster) = cluster() else { return };
        let mut conn = cluster.admin();
        for (name, value) in
            [("listen_addresses", ""), ("server_encoding", "UTF8"), ("lc_collate", "C"), ("fsync", "off")]
        {
            let set: String =
                diesel::select(current_setting(name)).get_result(&mut conn).expect("a setting is told");
            assert_eq!(set, value, "{name}");
        }
    }

    #[test]
    fn nothing_is_left_when_the_owner_has_ended() {
        let (Some(_), Some(bin)) = (cluster(), find_bin()) else { return };
        let root = root_named(&format!("{:016x}", random()));
        let started = start(&root, &bin, "stdin").expect("a second cluster starts beside the first");
        let url = started.url("postgres");
        assert!(PgConnection::establish(&url).is_ok());
        let mut keeper = started.keeper.expect("who starts a cluster has its keeper");
        drop(keeper.stdin.take()); // what the kernel does for a process that ends, or is killed
        keeper.wait().expect("the keeper ends");
        assert!(PgConnection::establish(&url).is_err());
        assert!(!root.exists());
    }

    #[test]
    fn a_server_that_does_not_start_says_why_and_leaves_nothing_running() {
        let root = root_named(&format!("{:016x}", random()));
        let failure = start(&root, Path::new("/nonexistent"), "stdin").err();
        assert!(failure.is_some_and(|why| why.contains("does not start") && why.contains("initdb")));
        assert!(!root.exists());
    }

    #[test]
    fn a_misspelt_wish_is_refused_by_name() {
        assert_eq!(Wish::parse(None), Ok(Wish::IfThere));
        assert_eq!(Wish::parse(Some("required")), Ok(Wish::Required));
        assert_eq!(Wish::parse(Some("off")), Ok(Wish::Off));
        assert!(Wish::parse(Some("yes")).is_err_and(|why| why.contains(WISH) && why.contains("`yes`")));
    }

    #[test]
    fn the_newest_of_several_versions_is_by_number_not_by_letter() {
        assert!(
            major(Path::new("/usr/lib/postgresql/15/bin")) > major(Path::new("/usr/lib/postgresql/9.6/bin"))
        );
        assert!(
            major(Path::new("/usr/lib/postgresql/100/bin")) > major(Path::new("/usr/lib/postgresql/15/bin"))
        );
    }
}
