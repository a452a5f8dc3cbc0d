//! One connection: made by URL scheme, prepared for our use, its statements counted.
#![expect(missing_docs, reason = "diesel's derive writes items without documentation")]

use std::cell::Cell;
use std::path::Path;
use std::sync::Once;

use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use crate::error::StoreError;

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// The statements run on this thread since it was last asked.
pub(super) fn take_count() -> u32 {
    COUNT.with(|count| count.replace(0))
}

#[expect(clippy::needless_pass_by_value, reason = "diesel hands its events over")]
fn count(event: InstrumentationEvent<'_>) {
    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
        COUNT.with(|count| count.set(count.get() + 1));
    }
}

/// `BEGIN IMMEDIATE`, since a transaction that reads first and then writes can lose its turn half-way.
pub(crate) fn immediate<T>(
    conn: &mut SqliteConnection,
    f: impl FnOnce(&mut SqliteConnection) -> crate::Result<T>,
) -> crate::Result<T> {
    conn.immediate_transaction(f)
}

/// Turns on the query planner stability guarantee for every connection to come: without it SQLite prepares each
/// statement with a bound LIMIT anew at every execution, which costs more than the query.
#[expect(
    unsafe_code,
    reason = "SQLite has no other door to this switch than its C interface, and diesel hides the handle"
)]
fn stable_plans() {
    use libsqlite3_sys as ffi;
    static ONCE: Once = Once::new();

    unsafe extern "C" fn on_open(
        db: *mut ffi::sqlite3,
        _message: *mut *mut std::os::raw::c_char,
        _api: *const ffi::sqlite3_api_routines,
    ) -> std::os::raw::c_int {
        // SAFETY: SQLite calls this with a handle that it has just opened; the option takes an int and a pointer
        // that may be null.
        unsafe {
            ffi::sqlite3_db_config(
                db,
                ffi::SQLITE_DBCONFIG_ENABLE_QPSG,
                1,
                std::ptr::null_mut::<std::os::raw::c_int>(),
            )
        }
    }

    ONCE.call_once(|| {
        // SAFETY: registered once, before the first connection; the function lives as long as the process.
        unsafe {
            ffi::sqlite3_auto_extension(Some(on_open));
        }
    });
}

/// Makes a folder, and those above it that are missing, into which nobody but the account that the server runs as can look. One that
/// is there already stays as it is.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Opens a file for writing, and makes it where it is missing: nobody but its owner can read it.
pub(super) fn open_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create(true).truncate(false).open(path)
}

/// Makes the file and its folder where they are missing, and sets what stays with the file.
pub(super) fn create_sqlite(path: &Path, durable: bool) -> crate::Result<()> {
    stable_plans();
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        private_folder(folder).map_err(|e| {
            StoreError::Unavailable(format!("cannot make the folder {}: {e}", folder.display()))
        })?;
    }
    // It has the signing keys in it. SQLite gives the files beside it the same rights, and says better what is wrong with it.
    let _ = open_private(path);
    sqlite(path, durable, true).map(drop)
}

/// Opens the file; makes it only where `create` says so, since a file that vanished while serving must not come
/// back empty.
pub(super) fn sqlite(path: &Path, durable: bool, create: bool) -> crate::Result<Conn> {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            '%' => uri.push_str("%25"),
            c => uri.push(c),
        }
    }
    uri.push_str(if create { "?mode=rwc" } else { "?mode=rw" });
    let mut conn = SqliteConnection::establish(&uri)?;
    // The time-out comes first: setting the journal mode needs a lock that another connection may hold.
    conn.batch_execute("PRAGMA busy_timeout = 5000")?;
    if create {
        conn.batch_execute("PRAGMA journal_mode = WAL")?;
    }
    conn.batch_execute(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA mmap_size = 1073741824; PRAGMA trusted_schema = OFF;",
    )?;
    conn.batch_execute(if durable { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" })?;
    conn.set_instrumentation(|event: InstrumentationEvent<'_>| count(event));
    Ok(Conn::Sqlite(conn))
}

/// How long PostgreSQL lets a statement of a request run, and wait for a lock.
const TIME_LIMITS: &str = "SET statement_timeout = '20s'; SET lock_timeout = '10s'";
const NO_TIME_LIMITS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

/// Runs `f` without the limits of time that statements of requests have: a migration of a large table takes as long as it takes,
/// and another instance waits for it. The limits hold again afterwards, however it went.
///
/// # Errors
/// What `f` answers, or that the database fails.
pub(crate) fn without_time_limits<T>(
    conn: &mut PgConnection,
    f: impl FnOnce(&mut PgConnection) -> crate::Result<T>,
) -> crate::Result<T> {
    conn.batch_execute(NO_TIME_LIMITS)?;
    let answer = f(conn);
    let restored = conn.batch_execute(TIME_LIMITS);
    let answer = answer?;
    restored?;
    Ok(answer)
}

/// Connects to PostgreSQL.
pub(super) fn postgres(url: &str) -> crate::Result<Conn> {
    let mut url = url.to_owned();
    if !url.contains("connect_timeout=") {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str("connect_timeout=5");
    }
    let mut conn = PgConnection::establish(&url).map_err(|e| StoreError::Unavailable(without_secrets(&e)))?;
    conn.batch_execute(
        "SET application_name = 'pressroom'; SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '30s';",
    )?;
    conn.batch_execute(TIME_LIMITS)?;
    conn.set_instrumentation(|event: InstrumentationEvent<'_>| count(event));
    Ok(Conn::Pg(conn))
}

/// libpq repeats an invalid URL in its message, password and all.
fn without_secrets(error: &diesel::ConnectionError) -> String {
    let message = error.to_string();
    if message.contains("://") { "the URL cannot be used".into() } else { message }
}
