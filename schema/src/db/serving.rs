//! Which process serves an SQLite file.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::conn::open_private;

/// Who serves a database.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub enum Serving {
    /// This process alone: others that ask hear so while this is kept. It ends with the process, however that ends.
    Alone(File),
    /// Another process does already.
    Another,
    /// Any number may (PostgreSQL), or it cannot be known (a folder without locks).
    Shared,
}

/// Locks a file beside the database, not the database itself: on some systems that would meet SQLite's own locks.
pub(super) fn begin(database: &Path) -> Serving {
    // One file may be named by several paths.
    let path = database.canonicalize().unwrap_or_else(|_| database.to_owned());
    let mut name = path.into_os_string();
    name.push("-serve");
    let Ok(file) = open_private(Path::new(&name)) else { return Serving::Shared };
    match file.try_lock() {
        Ok(()) => Serving::Alone(file),
        Err(TryLockError::WouldBlock) => Serving::Another,
        Err(TryLockError::Error(_)) => Serving::Shared,
    }
}
