//! Keyset pages: a place in an order, a direction, a number of rows.

use crate::types::{Id, Timestamp};

/// What an order sorts by, before the id that makes every order total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValue {
    /// A moment.
    Time(Timestamp),
    /// A stored sort key.
    Text(String),
    /// A count or score.
    Int(i64),
}

impl KeyValue {
    /// The moment; the epoch where the key is of another kind, which the cursor's list tag rules out.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Time(at) => *at,
            _ => Timestamp::new(chrono::DateTime::UNIX_EPOCH),
        }
    }

    /// The text; empty where the key is of another kind.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The number; 0 where the key is of another kind.
    #[must_use]
    pub fn int(&self) -> i64 {
        match self {
            Self::Int(n) => *n,
            _ => 0,
        }
    }
}

/// A row's place in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the order sorts by.
    pub key: KeyValue,
    /// The row's id.
    pub id: Id,
}

/// Which way a page goes from its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// From the beginning.
    First,
    /// From the end, backwards.
    Last,
    /// The rows that follow a place.
    After(Place),
    /// The rows that precede a place, nearest first.
    Before(Place),
}

/// Which rows of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// From where.
    pub start: Start,
    /// How many rows, at least 1.
    pub limit: i64,
}

impl Window {
    /// The first `limit` rows.
    #[must_use]
    pub fn first(limit: i64) -> Self {
        Self { start: Start::First, limit }
    }

    /// Whether the rows are fetched against the order, to be turned round afterwards.
    #[must_use]
    pub fn is_backward(&self) -> bool {
        matches!(self.start, Start::Before(_) | Start::Last)
    }

    /// The place that rows must lie beyond, if any.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match &self.start {
            Start::After(place) | Start::Before(place) => Some(place),
            Start::First | Start::Last => None,
        }
    }

    /// How many rows to ask for: one more than wanted, to see whether there are more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Makes a page of what was fetched with [`Self::fetch`].
    #[must_use]
    pub fn slice<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        if self.is_backward() {
            rows.reverse();
            let has_next = matches!(self.start, Start::Before(_));
            Slice { rows, has_previous: more, has_next }
        } else {
            Slice { rows, has_previous: matches!(self.start, Start::After(_)), has_next: more }
        }
    }
}

/// One page of rows, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether rows precede them.
    pub has_previous: bool,
    /// Whether rows follow them.
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// No rows.
    #[must_use]
    pub fn empty() -> Self {
        Self { rows: Vec::new(), has_previous: false, has_next: false }
    }

    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            rows: self.rows.into_iter().map(f).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

/// The key by which names and titles sort: compatibility-decomposed, without combining marks, lower case, so that
/// both databases put "Élan" beside "elan".
#[must_use]
pub fn sort_key(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let mut key: String =
        text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).nfc().collect();
    // An index entry has a largest size; what differs after this many letters is told apart by the id.
    if let Some((end, _)) = key.char_indices().nth(200) {
        key.truncate(end);
    }
    let start = key.find(|c: char| c.is_alphanumeric()).unwrap_or(0);
    key.drain(..start);
    key
}

/// Adds a keyset page to a boxed query: the rows beyond a place, in an order that ends in the id.
macro_rules! keyset {
    ($query:expr, $window:expr, $key:expr, $id:expr, $value:expr, descending: $descending:expr) => {{
        let mut query = $query;
        // Backwards, a falling order rises.
        let falls = $descending != $window.is_backward();
        if let Some(place) = $window.place() {
            let value = $value(&place.key);
            // An index can be entered at a bound of its first column, and not at a choice between two.
            query = if falls {
                query.filter($key.le(value.clone()).and($key.lt(value).or($id.lt(place.id))))
            } else {
                query.filter($key.ge(value.clone()).and($key.gt(value).or($id.gt(place.id))))
            };
        }
        query =
            if falls { query.order(($key.desc(), $id.desc())) } else { query.order(($key.asc(), $id.asc())) };
        query.limit($window.fetch())
    }};
}
pub(crate) use keyset;
