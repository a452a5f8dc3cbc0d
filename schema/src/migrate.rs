//! The schema's migrations, embedded, one tree for each database with the same names in both.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::{Conn, immediate};
use crate::error::StoreError;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// Two instances that start at once: the second waits for this lock and finds nothing to do.
const LOCK: &str = "SELECT pg_advisory_lock(7240160)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7240160)";

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> StoreError {
    StoreError::Internal(format!("migration: {error}"))
}

/// Brings the schema up to date and names the migrations that were run.
///
/// # Errors
/// When the database fails or a migration does; what had been migrated before stays.
pub fn up(conn: &mut Conn) -> crate::Result<Vec<String>> {
    match conn {
        Conn::Sqlite(c) => immediate(c, |c| {
            let ran = c.run_pending_migrations(SQLITE).map_err(|e| failed(&*e))?;
            Ok(ran.iter().map(ToString::to_string).collect())
        }),
        Conn::Pg(c) => {
            c.batch_execute(LOCK)?;
            let ran = c
                .run_pending_migrations(POSTGRES)
                .map(|ran| ran.iter().map(ToString::to_string).collect())
                .map_err(|e| failed(&*e));
            c.batch_execute(UNLOCK)?;
            ran
        }
    }
}

/// Reverts every migration: what a test of up and down needs.
///
/// # Errors
/// When the database fails or a migration does.
pub fn down(conn: &mut Conn) -> crate::Result<()> {
    match conn {
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop).map_err(|e| failed(&*e)),
        Conn::Pg(c) => c.revert_all_migrations(POSTGRES).map(drop).map_err(|e| failed(&*e)),
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
/// When the database fails.
pub fn status(conn: &mut Conn) -> crate::Result<Vec<Status>> {
    fn list<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
        conn: &mut C,
        source: &impl MigrationSource<DB>,
    ) -> crate::Result<Vec<Status>> {
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
