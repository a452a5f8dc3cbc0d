//! What storage can answer instead of rows: both databases' violations as one enum.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::values::{BadSlug, UnknownWord};

/// Why storage did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A uniqueness, foreign key or check constraint forbids it; the name follows `<table>_<columns>_{key,fkey,check}`.
    /// SQLite does not name a violated foreign key: the name is empty then.
    #[error("constraint {0} is violated")]
    Constraint(String),
    /// The database is there but cannot take this now (locked, too many conflicts, queue full). Try again soon.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached or has gone. It is tried anew at the next request.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Two transactions could not be put in an order; the caller of the transaction runs it again.
    #[error("serialization failure")]
    Conflict,
    /// A defect on our side.
    #[error("{0}")]
    Internal(String),
}

impl StoreError {
    /// Whether the violated constraint is `name`.
    #[must_use]
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(violated) if violated == name)
    }

    /// Whether the connection that gave this error must not be used again.
    #[must_use]
    pub fn breaks_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Diesel> for StoreError {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::DatabaseError(kind, info) => {
                let message = info.message();
                match kind {
                    DatabaseErrorKind::UniqueViolation => Self::Constraint(
                        info.constraint_name().map_or_else(|| sqlite_unique(message), str::to_owned),
                    ),
                    DatabaseErrorKind::ForeignKeyViolation => {
                        Self::Constraint(info.constraint_name().unwrap_or_default().to_owned())
                    }
                    DatabaseErrorKind::CheckViolation => Self::Constraint(
                        info.constraint_name()
                            .or_else(|| message.strip_prefix("CHECK constraint failed: "))
                            .unwrap_or_default()
                            .to_owned(),
                    ),
                    DatabaseErrorKind::SerializationFailure => Self::Conflict,
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                        Self::Unavailable(message.to_owned())
                    }
                    _ => of_message(message),
                }
            }
            Diesel::BrokenTransactionManager => Self::Unavailable("transaction state is lost".into()),
            Diesel::DeserializationError(e) => Self::Internal(format!("reading a row: {}", with_causes(&*e))),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<UnknownWord> for StoreError {
    fn from(word: UnknownWord) -> Self {
        Self::Internal(format!("reading a row: {word}"))
    }
}

impl From<BadSlug> for StoreError {
    fn from(_: BadSlug) -> Self {
        Self::Internal("reading a row: a slug that is none".to_owned())
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What an error says, and then each of its causes: diesel's own names the column, its cause what was wrong there.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// SQLite says `UNIQUE constraint failed: posts.slug`, PostgreSQL names the constraint.
fn sqlite_unique(message: &str) -> String {
    let columns = message.strip_prefix("UNIQUE constraint failed: ").unwrap_or(message);
    let mut name = String::new();
    for column in columns.split(", ") {
        let (table, column) = column.split_once('.').unwrap_or(("", column));
        if name.is_empty() {
            name.push_str(table);
        }
        name.push('_');
        name.push_str(column);
    }
    name + "_key"
}

/// Errors to which diesel gives no kind of their own.
fn of_message(message: &str) -> StoreError {
    const BUSY: [&str; 4] =
        ["database is locked", "database table is locked", "due to lock timeout", "due to statement timeout"];
    const GONE: [&str; 11] = [
        "disk I/O error",
        "unable to open database file",
        "readonly database",
        "database or disk is full",
        "not a database",
        "disk image is malformed",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "the database system is",
        "connection to server",
    ];
    let has = |list: &[&str]| list.iter().any(|part| message.contains(part));
    if message.contains("could not serialize access") || message.contains("deadlock detected") {
        StoreError::Conflict
    } else if has(&BUSY) {
        StoreError::Busy(message.to_owned())
    } else if has(&GONE) || message.contains("SSL connection has been closed") {
        StoreError::Unavailable(message.to_owned())
    } else {
        StoreError::Internal(message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_names_become_postgres_names() {
        assert_eq!(sqlite_unique("UNIQUE constraint failed: posts.slug"), "posts_slug_key");
        assert_eq!(
            sqlite_unique("UNIQUE constraint failed: post_tags.post_id, post_tags.tag_id"),
            "post_tags_post_id_tag_id_key"
        );
    }
}
