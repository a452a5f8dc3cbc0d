//! Column types that are stored alike on both databases: [`Id`], [`Timestamp`], [`Json`].

use chrono::{DateTime, Datelike, SubsecRound, Timelike, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write;
use std::str::FromStr;
use uuid::Uuid;

use crate::db::MultiBackend;

/// SQL type of an [`Id`]: `uuid` on PostgreSQL, sixteen bytes on SQLite. Both sort bytewise.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct IdSql;

/// SQL type of a [`Timestamp`]: `timestamptz` on PostgreSQL, text of fixed width on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Text"))]
pub struct TimeSql;

/// SQL type of a [`Json`]: `jsonb` on PostgreSQL, text on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct JsonSql;

macro_rules! on_both {
    ($sql:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }
    };
}
on_both!(IdSql);
on_both!(TimeSql);
on_both!(JsonSql);

/// Reads and writes a type through [`MultiBackend`] as its two backends do.
macro_rules! through_multi {
    ($rust:ty, $sql:ty, $value:expr) => {
        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(raw: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                raw.from_sql::<Self, $sql>()
            }
        }
        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($value, self));
                Ok(IsNull::No)
            }
        }
    };
}

pub(crate) use through_multi;

/// An object's identifier: a UUIDv7 (RFC 9562), opaque to clients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = IdSql)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl std::hash::Hash for Id {
    /// As one number: what the derived way makes of sixteen bytes is a list with its length.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(self.0.as_u128());
    }
}

impl Id {
    /// The sixteen zero bytes, below every true id.
    pub const NIL: Self = Self(Uuid::nil());
    /// Sixteen bytes of ones, above every true id.
    pub const MAX: Self = Self(Uuid::max());
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        // Only the usual text form: its other spellings would give one object many addresses.
        if s.len() == 36 { Uuid::try_parse(s).map(Self) } else { Uuid::try_parse("").map(Self) }
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromSql<IdSql, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<IdSql, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<IdSql, Sqlite> for Id {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?))
    }
}

impl ToSql<IdSql, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

through_multi!(Id, IdSql, IdSql);

/// A moment in UTC, to the microsecond as stored and to the millisecond on the wire (RFC 3339).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = TimeSql)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The earliest moment that content may bear: year 1 (RFC 3339 has no year before 0000).
    pub const EARLIEST_YEAR: i32 = 1;
    /// The latest year that content may bear.
    pub const LATEST_YEAR: i32 = 9999;

    /// Keeps whole microseconds, which is what both databases hold.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }

    /// The moment as chrono's type.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This moment and `by` later (or earlier, if negative); saturates at the calendar's ends.
    #[must_use]
    pub fn plus(self, by: chrono::TimeDelta) -> Self {
        Self(self.0.checked_add_signed(by).unwrap_or(self.0))
    }

    /// `2013-06-24T14:05:00.000Z`, as the wire contract writes it.
    #[must_use]
    pub fn to_wire(self) -> String {
        let text = self.digits();
        let (millis, _) = text.split_at(23);
        let mut wire = String::with_capacity(24);
        wire.push_str(std::str::from_utf8(millis).unwrap_or_default());
        wire.push('Z');
        wire
    }

    /// `2013-06-24T14:05:00.000000Z` in ASCII. Every answer has dozens of times: chrono's formatter would take half of it.
    fn digits(self) -> [u8; 27] {
        let date = self.0.date_naive();
        let year = u32::try_from(date.year()).unwrap_or(0);
        let (micros, second) = (self.0.timestamp_subsec_micros(), self.0.num_seconds_from_midnight());
        let digit = |n: u32, by: u32| {
            let [low, ..] = (n / by % 10).to_le_bytes();
            b'0' + low
        };
        let two = |n: u32| (digit(n, 10), digit(n, 1));
        let ((m1, m2), (d1, d2)) = (two(date.month()), two(date.day()));
        let ((h1, h2), (n1, n2), (s1, s2)) = (two(second / 3600), two(second / 60 % 60), two(second % 60));
        let [y1, y2, y3, y4] = [1000, 100, 10, 1].map(|by| digit(year, by));
        let [f1, f2, f3, f4, f5, f6] = [100_000, 10_000, 1000, 100, 10, 1].map(|by| digit(micros, by));
        [
            y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1,
            f2, f3, f4, f5, f6, b'Z',
        ]
    }

    /// Reads what [`Self::digits`] writes.
    fn of_digits(text: &[u8]) -> Option<Self> {
        let [
            y1,
            y2,
            y3,
            y4,
            b'-',
            m1,
            m2,
            b'-',
            d1,
            d2,
            b'T',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
            b'.',
            micros @ ..,
            b'Z',
        ] = text
        else {
            return None;
        };
        let number = |digits: &[&u8]| {
            digits.iter().try_fold(0_u32, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(**d - b'0')))
        };
        let [f1, f2, f3, f4, f5, f6] = micros else { return None };
        let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
        let date = chrono::NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)?;
        let time = chrono::NaiveTime::from_hms_micro_opt(
            number(&[h1, h2])?,
            number(&[n1, n2])?,
            number(&[s1, s2])?,
            number(&[f1, f2, f3, f4, f5, f6])?,
        )?;
        Some(Self(date.and_time(time).and_utc()))
    }

    /// Parses RFC 3339 with any offset; refuses years outside 1 to 9999.
    ///
    /// # Errors
    /// When the text is no RFC 3339 date-time or the year is out of range.
    pub fn parse(s: &str) -> Result<Self, BadTimestamp> {
        let at = DateTime::parse_from_rfc3339(s).map_err(|_| BadTimestamp)?.with_timezone(&Utc);
        if (Self::EARLIEST_YEAR..=Self::LATEST_YEAR).contains(&at.year()) {
            // The wire shows milliseconds: what is finer could not be read back, and would break `published_after=`.
            Ok(Self(at.trunc_subsecs(3)))
        } else {
            Err(BadTimestamp)
        }
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The moment at `micros` microseconds after the Unix epoch, if the calendar has it.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    fn to_sqlite(self) -> String {
        String::from_utf8_lossy(&self.digits()).into_owned()
    }
}

/// The text was no RFC 3339 date-time between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time between the years 1 and 9999, such as 2013-06-24T14:05:00Z")]
pub struct BadTimestamp;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_wire())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sqlite())
    }
}

impl FromStr for Timestamp {
    type Err = BadTimestamp;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = self.digits();
        let (wire, _) = text.split_at_mut(24);
        if let Some(end) = wire.last_mut() {
            *end = b'Z';
        }
        serializer.serialize_str(std::str::from_utf8(wire).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// PostgreSQL counts microseconds from 2000-01-01.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl FromSql<TimeSql, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = i64::from_be_bytes(value.as_bytes().try_into()?);
        let at = micros.checked_add(PG_EPOCH_MICROS).and_then(DateTime::from_timestamp_micros);
        Ok(Self(at.ok_or("timestamp out of range")?))
    }
}

impl ToSql<TimeSql, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(self.0.timestamp_micros() - PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<TimeSql, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Self::of_digits(value.read_text().as_bytes()).ok_or_else(|| "stored time".into())
    }
}

impl ToSql<TimeSql, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_sqlite());
        Ok(IsNull::No)
    }
}

through_multi!(Timestamp, TimeSql, TimeSql);

/// A JSON value. Members come back in the order of their names on both databases.
#[derive(Debug, Clone, PartialEq, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = JsonSql)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

impl Default for Json {
    fn default() -> Self {
        Self::object()
    }
}

impl Json {
    /// `{}`.
    #[must_use]
    pub fn object() -> Self {
        Self(serde_json::Value::Object(serde_json::Map::new()))
    }

    /// `[]`.
    #[must_use]
    pub fn list() -> Self {
        Self(serde_json::Value::Array(Vec::new()))
    }

    /// Any serialisable value as JSON; `null` where serialisation fails, which plain data cannot.
    #[must_use]
    pub fn of<T: Serialize>(value: &T) -> Self {
        Self(serde_json::to_value(value).unwrap_or_default())
    }

    /// Reads the value as `T`.
    ///
    /// # Errors
    /// When the stored value has another shape.
    pub fn to<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::StoreError> {
        T::deserialize(&self.0).map_err(|e| crate::StoreError::Internal(format!("stored JSON: {e}")))
    }
}

impl FromSql<JsonSql, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            // The binary form of jsonb is a version byte before the text.
            [1, text @ ..] => Ok(Self(serde_json::from_slice(text)?)),
            _ => Err("unknown jsonb version".into()),
        }
    }
}

impl ToSql<JsonSql, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[1])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl FromSql<JsonSql, Sqlite> for Json {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(value.read_text())?))
    }
}

/// Stored JSON that is read in one way only, as text: no tree is made of it first.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
pub struct JsonText(String);

impl JsonText {
    /// Reads the value as `T`.
    ///
    /// # Errors
    /// When the stored value has another shape.
    pub fn to<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::StoreError> {
        serde_json::from_str(&self.0).map_err(|e| crate::StoreError::Internal(format!("stored JSON: {e}")))
    }
}

impl FromSql<JsonSql, Pg> for JsonText {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            [1, text @ ..] => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("unknown jsonb version".into()),
        }
    }
}

impl FromSql<JsonSql, Sqlite> for JsonText {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_text().to_owned()))
    }
}

impl FromSql<JsonSql, MultiBackend> for JsonText {
    fn from_sql(raw: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        raw.from_sql::<Self, JsonSql>()
    }
}

/// Takes the sign off zeros, as `jsonb` does, whose numbers have no negative zero.
fn unsign_zeros(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Number(number) if number.as_f64().is_some_and(|n| n == 0.0 && n.is_sign_negative()) => {
            *value = Value::from(0.0);
        }
        Value::Array(items) => items.iter_mut().for_each(unsign_zeros),
        Value::Object(members) => members.values_mut().for_each(unsign_zeros),
        _ => {}
    }
}

impl ToSql<JsonSql, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let mut text = serde_json::to_string(&self.0)?;
        if text.contains("-0.0") {
            let mut value = self.0.clone();
            unsign_zeros(&mut value);
            text = serde_json::to_string(&value)?;
        }
        out.set_value(text);
        Ok(IsNull::No)
    }
}

through_multi!(Json, JsonSql, JsonSql);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_as_chrono_would() {
        for micros in [
            0,
            1,
            999_999,
            -1,
            -62_135_596_800_000_000,
            253_402_300_799_999_999,
            951_782_400_000_000,
            1_372_082_700_123_456,
        ] {
            let at = Timestamp::from_micros(micros).unwrap();
            let stored = at.to_sqlite();
            assert_eq!(stored, at.utc().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            assert_eq!(Timestamp::of_digits(stored.as_bytes()), Some(at));
            let wire = at.utc().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            assert_eq!(at.to_wire(), wire);
            assert_eq!(serde_json::to_value(at).unwrap(), serde_json::Value::String(wire));
        }
        for odd in
            ["", "2024-02-30T00:00:00.000000Z", "2024-01-01T00:00:00.00000xZ", "2024-01-01T25:00:00.000000Z"]
        {
            assert_eq!(Timestamp::of_digits(odd.as_bytes()), None, "{odd}");
        }
    }
}
