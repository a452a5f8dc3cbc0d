//! Rows of either database, and what their columns are read as.

use std::fmt::Write as _;

use pressroom_schema::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Answer, libpq};

/// What a column of either database is read as.
pub trait Column: rusqlite::types::FromSql + libpq::Column {}

impl<T: rusqlite::types::FromSql + libpq::Column> Column for T {}

/// A row of either database.
pub trait Row {
    fn get<T: Column>(&self, at: usize) -> Answer<T>;
    fn text(&self, at: usize) -> Answer<&str>;
    fn json<T: DeserializeOwned>(&self, at: usize) -> Answer<T>;
}

/// What a statement is given.
pub enum Value<'a> {
    Id(Key),
    Text(&'a str),
    Number(i32),
}

/// A connection to either database.
pub trait Source {
    type Row<'a>: Row;

    /// Runs a statement, which is prepared once and kept, and reads what it answers.
    fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Self::Row<'_>) -> Answer<T>,
    ) -> Answer<Vec<T>>;
}

impl Row for rusqlite::Row<'_> {
    fn get<T: Column>(&self, at: usize) -> Answer<T> {
        Ok(self.get(at)?)
    }

    fn text(&self, at: usize) -> Answer<&str> {
        Ok(self.get_ref(at)?.as_str()?)
    }

    fn json<T: DeserializeOwned>(&self, at: usize) -> Answer<T> {
        Ok(serde_json::from_str(self.text(at)?)?)
    }
}

impl Source for Connection {
    type Row<'a> = rusqlite::Row<'a>;

    fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Self::Row<'_>) -> Answer<T>,
    ) -> Answer<Vec<T>> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Id(Key(id)) => {
                Ok(rusqlite::types::ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Blob(id.as_bytes())))
            }
            Self::Text(text) => text.to_sql(),
            Self::Number(number) => number.to_sql(),
        }
    }
}

/// A moment as it is stored, cut to the milliseconds of the wire.
#[derive(Clone)]
pub(super) struct Moment(pub(super) String);

impl libpq::Column for Moment {
    fn read(bytes: &[u8]) -> Answer<Self> {
        // Microseconds since the beginning of the year 2000.
        let micros = i64::from_be_bytes(bytes.try_into()?) + 946_684_800_000_000;
        let mut text = Timestamp::from_micros(micros).ok_or("a time beyond the calendar")?.to_wire();
        text.truncate(23);
        write!(text, "{:03}Z", micros.rem_euclid(1000))?;
        Ok(Self(text))
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = self.0.get(..23).unwrap_or_default().to_owned();
        wire.push('Z');
        serializer.serialize_str(&wire)
    }
}

impl rusqlite::types::FromSql for Moment {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        Ok(Self(value.as_str()?.to_owned()))
    }
}

/// An id as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Key(pub Uuid);

impl libpq::Column for Key {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(Self(Uuid::from_slice(bytes)?))
    }
}

impl rusqlite::types::FromSql for Key {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        Uuid::from_slice(value.as_blob()?)
            .map(Self)
            .map_err(|e| rusqlite::types::FromSqlError::Other(e.into()))
    }
}
