//! Lists as the wire shows them: cursors, page members, `Link` headers.

use std::borrow::Cow;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pressroom_schema::{Id, KeyValue, Place, Slice, Start, Timestamp, Window};
use serde::Serialize;
use twox_hash::XxHash3_128;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, RefBuilder};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{Code, Error, FieldError, Result};

/// Most rows in one answer.
pub const MAX_LIMIT: i64 = 100;
/// Rows in one answer where the caller does not say.
pub const DEFAULT_LIMIT: i64 = 20;

/// A place in a list, opaque to clients. It bears the list's tag, so that a cursor from elsewhere is refused rather than
/// misread.
#[must_use]
pub fn cursor(list: &str, key: &KeyValue, id: Id) -> String {
    let key = match key {
        KeyValue::Time(at) => format!("t{}", at.micros()),
        KeyValue::Int(n) => format!("i{n}"),
        KeyValue::Text(text) => format!("s{text}"),
    };
    let place = format!("{list}\n{}\n{key}", id.0.simple());
    URL_SAFE_NO_PAD.encode(format!("2\n{}\n{place}", checksum(&place)))
}

/// Tells a cursor that was cut or mistyped from one of ours; it keeps no secret.
fn checksum(place: &str) -> String {
    format!("{:08x}", XxHash3_128::oneshot(place.as_bytes()) & 0xffff_ffff)
}

/// A cursor that a client sent, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    list: String,
    place: Place,
}

/// A text that is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This cursor cannot be read. Send `page.next` or `page.previous` of an earlier answer as it was.")]
pub struct BadCursor;

impl BadCursor {
    /// The answer where it came in by `parameter`.
    #[must_use]
    pub fn of(self, parameter: &str) -> Error {
        refuse(parameter, &self.to_string())
    }
}

fn refuse(parameter: &str, why: &str) -> Error {
    Error::new(Code::InvalidCursor, why).at(FieldError::parameter(parameter, "invalid_cursor", why))
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> std::result::Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let plain = String::from_utf8(bytes).map_err(|_| BadCursor)?;
        let (sum, place) =
            plain.strip_prefix("2\n").and_then(|rest| rest.split_once('\n')).ok_or(BadCursor)?;
        if sum != checksum(place) {
            return Err(BadCursor);
        }
        let mut parts = place.splitn(3, '\n');
        let (Some(list), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadCursor);
        };
        let id = uuid::Uuid::try_parse(id).map(Id).map_err(|_| BadCursor)?;
        let key = match key.split_at_checked(1) {
            Some(("t", n)) => n.parse().ok().and_then(Timestamp::from_micros).map(KeyValue::Time),
            Some(("i", n)) => n.parse().ok().map(KeyValue::Int),
            Some(("s", text)) => Some(KeyValue::Text(text.to_owned())),
            _ => None,
        };
        Ok(Self { list: list.to_owned(), place: Place { key: key.ok_or(BadCursor)?, id } })
    }
}

impl Cursor {
    /// Its place in the list `list`; `parameter` is where it came in.
    fn place_in(&self, list: &str, parameter: &str) -> Result<Place> {
        if self.list == list {
            Ok(self.place.clone())
        } else {
            Err(refuse(
                parameter,
                "This cursor comes from another list or another sort. Begin that list anew.",
            ))
        }
    }
}

/// What a caller asks of a list, before it is known which list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, 1 to [`MAX_LIMIT`].
    pub limit: Option<i64>,
    /// After this cursor.
    pub after: Option<Cursor>,
    /// Before this cursor.
    pub before: Option<Cursor>,
    /// From the end (GraphQL's `last` without `before`).
    pub from_end: bool,
    /// Whether the total is wanted.
    pub count: bool,
}

impl PageRequest {
    /// The window of the list tagged `list`.
    ///
    /// # Errors
    /// When the limit is out of range, both cursors are given, or one is not of this list.
    pub fn window(&self, list: &str) -> Result<Window> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::parameters(vec![FieldError::parameter(
                "limit",
                "out_of_range",
                format!("`limit` is {limit}; it must be from 1 to {MAX_LIMIT}."),
            )]));
        }
        let start = match (&self.after, &self.before) {
            (Some(_), Some(_)) => {
                return Err(Error::parameters(vec![FieldError::parameter(
                    "before",
                    "exclusive",
                    "Send `after` or `before`, not both.",
                )]));
            }
            (Some(after), None) => Start::After(after.place_in(list, "after")?),
            (None, Some(before)) => Start::Before(before.place_in(list, "before")?),
            (None, None) if self.from_end => Start::Last,
            (None, None) => Start::First,
        };
        Ok(Window { start, limit })
    }
}

/// One page of a list as services answer it: each row with its cursor.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows and the cursor of each.
    pub items: Vec<(String, T)>,
    /// Whether rows precede them.
    pub has_previous: bool,
    /// Whether rows follow them.
    pub has_next: bool,
    /// How many rows the whole list has, where that was asked.
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// Gives each row of `slice` its cursor; `place` tells what the list sorts by.
    pub fn of(list: &str, slice: Slice<T>, total: Option<i64>, place: impl Fn(&T) -> (KeyValue, Id)) -> Self {
        let items = slice
            .rows
            .into_iter()
            .map(|row| {
                let (key, id) = place(&row);
                (cursor(list, &key, id), row)
            })
            .collect();
        Self { items, has_previous: slice.has_previous, has_next: slice.has_next, total }
    }

    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(|(cursor, row)| (cursor, f(row))).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
            total: self.total,
        }
    }

    /// Where the next page begins, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        if self.has_next { self.items.last().map(|(cursor, _)| cursor.as_str()) } else { None }
    }

    /// Where the previous page ends, if there is one.
    #[must_use]
    pub fn previous(&self) -> Option<&str> {
        if self.has_previous { self.items.first().map(|(cursor, _)| cursor.as_str()) } else { None }
    }

    /// The list as REST writes it.
    #[must_use]
    pub fn into_list(self) -> List<T> {
        let page = PageInfo {
            next: self.next().map(str::to_owned),
            previous: self.previous().map(str::to_owned),
            total: self.total,
        };
        List { data: self.items.into_iter().map(|(_, row)| row).collect(), page }
    }
}

/// A list: its rows and where it goes on.
#[derive(Debug, Clone, Serialize)]
pub struct List<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the list goes on.
    pub page: PageInfo,
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let rows = ArrayBuilder::new().items(Ref::from_schema_name(T::name())).description(Some("The rows."));
        let page = RefBuilder::new()
            .ref_location_from_schema_name(PageInfo::name())
            .description(Some("Where the list goes on."));
        ObjectBuilder::new()
            .description(Some("A list: its rows and where it goes on."))
            .property("data", rows)
            .required("data")
            .property("page", RefOr::Ref(page.build()))
            .required("page")
            .into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
        schemas.push((PageInfo::name().into_owned(), PageInfo::schema()));
    }
}

/// Where a list goes on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageInfo {
    /// Send as `after` for the next page; null at the end.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Send as `before` for the previous page; null at the beginning.
    #[schema(required = true)]
    pub previous: Option<String>,
    /// How many rows the whole list has, where `count=true` asked; else null.
    #[schema(minimum = 0, required = true)]
    pub total: Option<i64>,
}
