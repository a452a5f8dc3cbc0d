//! The schema's migrations, embedded, one tree for each database with the same names in both.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::{Conn, immediate, without_time_limits};
use crate::error::StoreError;
use crate::names;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Two instances that start at once: the second waits for this lock and finds nothing to do.
const LOCK: &str = "SELECT pg_advisory_lock(7240160)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7240160)";

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> StoreError {
    StoreError::Internal(format!("migration: {error}"))
}

/// Refuses a database that a newer program has migrated: this one does not know what its tables mean.
fn refuse_newer<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    conn: &mut C,
    source: &impl MigrationSource<DB>,
) -> crate::Result<()> {
    let own = source.migrations().map_err(|e| failed(&*e))?;
    let applied = conn.applied_migrations().map_err(|e| failed(&*e))?;
    match applied.iter().find(|version| own.iter().all(|m| m.name().version() != **version)) {
        Some(version) => Err(StoreError::Internal(format!(
            "the database has migration {version}, which this program does not know; run the newer pressroom that made it"
        ))),
        None => Ok(()),
    }
}

fn run<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    conn: &mut C,
    source: &EmbeddedMigrations,
) -> crate::Result<Vec<String>>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    refuse_newer(conn, source)?;
    let ran = conn.run_pending_migrations(SourceRef(source)).map_err(|e| failed(&*e))?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

/// Brings the schema up to date and names the migrations that were run.
///
/// # Errors
/// When the database fails or a migration does (what had been migrated before stays), or has migrations that this
/// program does not know.
pub fn up(conn: &mut Conn) -> crate::Result<Vec<String>> {
    let ran = match conn {
        Conn::Sqlite(c) => immediate(c, |c| run(c, &SQLITE)),
        Conn::Pg(c) => without_time_limits(c, |c| {
            c.batch_execute(LOCK)?;
            let ran = run(c, &POSTGRES);
            let unlocked = c.batch_execute(UNLOCK);
            // Why a migration failed is worth more than that the connection is lost.
            let ran = ran?;
            unlocked?;
            Ok(ran)
        }),
    }?;
    if !ran.is_empty() {
        names::complete(conn)?;
    }
    Ok(ran)
}

/// Reverts every migration: what a test of up and down needs.
///
/// # Errors
/// When the database fails or a migration does.
pub fn down(conn: &mut Conn) -> crate::Result<()> {
    match conn {
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop).map_err(|e| failed(&*e)),
        Conn::Pg(c) => {
            without_time_limits(c, |c| c.revert_all_migrations(POSTGRES).map(drop).map_err(|e| failed(&*e)))
        }
    }
}

/// One migration of this binary, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The migration's name.
    pub name: String,
    /// Whether it has been run.
    pub applied: bool,
}

/// Every migration in order. Empty-handed databases have none applied.
///
/// # Errors
/// When the database fails, or has migrations that this program does not know.
pub fn status(conn: &mut Conn) -> crate::Result<Vec<Status>> {
    fn list<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
        conn: &mut C,
        source: &impl MigrationSource<DB>,
    ) -> crate::Result<Vec<Status>> {
        refuse_newer(conn, source)?;
        let pending: Vec<String> = conn
            .pending_migrations(SourceRef(source))
            .map_err(|e| failed(&*e))?
            .iter()
            .map(|m| m.name().to_string())
            .collect();
        let mut all: Vec<String> =
            source.migrations().map_err(|e| failed(&*e))?.iter().map(|m| m.name().to_string()).collect();
        all.sort();
        Ok(all.into_iter().map(|name| Status { applied: !pending.contains(&name), name }).collect())
    }
    match conn {
        Conn::Sqlite(c) => list(c, &SQLITE),
        Conn::Pg(c) => list(c, &POSTGRES),
    }
}

struct SourceRef<'a, S>(&'a S);

impl<DB: diesel::backend::Backend, S: MigrationSource<DB>> MigrationSource<DB> for SourceRef<'_, S> {
    fn migrations(&self) -> diesel::migration::Result<Vec<Box<dyn diesel::migration::Migration<DB>>>> {
        self.0.migrations()
    }
}
