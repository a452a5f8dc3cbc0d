//! Query parameters: strict, all faults at once, nothing dropped in silence.

use std::collections::{BTreeSet, HashSet};

use actix_web::HttpRequest;
use pressroom_schema::values::alternatives;
use pressroom_schema::{Timestamp, Word};

use crate::error::{Error, FieldError, MOST_FAULTS, Result};
use crate::page::{Cursor, MAX_LIMIT, PageRequest};
use crate::view::Fields;

/// What stands for every word.
pub(crate) const ALL: &str = "all";

/// The query string of a request, taken apart. Read what the operation knows, then call [`Params::finish`].
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    known: BTreeSet<&'static str>,
    errors: Vec<FieldError>,
    /// A fault with a code of its own, which is answered where it is the only one.
    bad_cursor: Option<Error>,
}

impl Params {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let mut errors = Vec::new();
        let mut pairs = Vec::new();
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            // Invalid UTF-8 arrives as U+FFFD; NUL can be stored by neither database.
            if value.contains(['\u{0}', '\u{fffd}']) || name.contains(['\u{0}', '\u{fffd}']) {
                if errors.len() >= MOST_FAULTS {
                    continue;
                }
                errors.push(FieldError::parameter(
                    name.replace('\u{0}', "\u{fffd}"),
                    "invalid_text",
                    "The query string is not valid UTF-8, or holds a NUL character.",
                ));
            } else {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Self { pairs, known: BTreeSet::new(), errors, bad_cursor: None }
    }

    pub(crate) fn fault(&mut self, name: &str, code: &str, detail: impl Into<String>) {
        if self.errors.len() < MOST_FAULTS {
            self.errors.push(FieldError::parameter(name, code, detail));
        }
    }

    /// Every value of a parameter that may be repeated or be a list separated by commas.
    pub(crate) fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.insert(name);
        let values: Vec<String> = self
            .pairs
            .iter()
            .filter(|(n, _)| n == name)
            .flat_map(|(_, v)| v.split(','))
            .map(|v| v.trim().to_owned())
            .collect();
        if values.iter().any(String::is_empty) {
            self.fault(name, "blank", format!("`{name}` has an empty value; leave it out instead."));
        }
        values
    }

    /// The value of a parameter that may stand once.
    pub(crate) fn one(&mut self, name: &'static str) -> Option<String> {
        self.known.insert(name);
        let mut values = self.pairs.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone());
        let first = values.next();
        if values.next().is_some() {
            self.fault(name, "repeated", format!("`{name}` may be given once."));
        }
        first
    }

    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.one(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(name, "invalid", format!("`{name}` must be {expected}."));
        }
        value
    }

    /// A parameter that must be there; [`Params::finish`] refuses where it is not.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if !self.pairs.iter().any(|(n, _)| n == name) {
            self.known.insert(name);
            self.fault(name, "required", format!("`{name}` is required: {expected}."));
            return None;
        }
        self.parsed(name, expected, parse)
    }

    /// A parameter that is one of the words of a type.
    pub(crate) fn word<W: Word>(&mut self, name: &'static str) -> Option<W> {
        self.parsed(name, &alternatives(W::WORDS), |text| text.parse().ok())
    }

    /// Words of a type, as [`Params::many`] finds them; `code` is the fault of another.
    pub(crate) fn words<W: Word>(&mut self, name: &'static str, code: &str) -> Vec<W> {
        let mut found = Vec::new();
        for text in self.many(name).iter().filter(|text| !text.is_empty()) {
            match text.parse() {
                Ok(word) => found.push(word),
                Err(odd) => self.fault(name, code, FieldError::unknown_word(name, code, &odd).detail),
            }
        }
        found
    }

    /// What a list is sorted by; its usual order where nothing is said.
    pub(crate) fn sort<W: Word + Default>(&mut self) -> W {
        let Some(text) = self.one("sort") else { return W::default() };
        text.parse().unwrap_or_else(|_| {
            let known = W::WORDS.join(", ");
            self.fault("sort", "unknown_name", format!("There is no sort `{text}`; it is one of {known}."));
            W::default()
        })
    }

    /// Words of a type, as [`Params::many`] finds them; `all` is every one.
    pub(crate) fn words_or_all<W: Word>(&mut self, name: &'static str) -> Vec<W> {
        let mut found = Vec::new();
        for text in self.many(name).iter().filter(|text| !text.is_empty()) {
            match text.parse() {
                Ok(word) => found.push(word),
                Err(_) if text == ALL => found.extend(W::VALUES),
                Err(_) => {
                    let known = W::WORDS.join(", ");
                    let detail = format!("There is no {name} `{text}`; it is one of {known} or {ALL}.");
                    self.fault(name, "unknown_name", detail);
                }
            }
        }
        found
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.parsed(name, "true or false", |t| match t {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.parsed(name, "an RFC 3339 date-time, such as 2013-06-24T14:05:00Z", |t| Timestamp::parse(t).ok())
    }

    fn cursor(&mut self, name: &'static str) -> Option<Cursor> {
        let read = self.one(name)?.parse::<Cursor>();
        self.bad_cursor = read.as_ref().err().map(|bad| bad.of(name)).or(self.bad_cursor.take());
        read.ok()
    }

    pub(crate) fn page(&mut self) -> PageRequest {
        let expected = format!("a whole number from 1 to {MAX_LIMIT}");
        let limit =
            self.parsed("limit", &expected, |t| t.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n)));
        PageRequest {
            limit,
            after: self.cursor("after"),
            before: self.cursor("before"),
            from_end: false,
            count: self.flag("count").unwrap_or(false),
        }
    }

    /// The names of `include`, each of which must be among `known`.
    pub(crate) fn names(&mut self, name: &'static str, known: &[&'static str]) -> Vec<&'static str> {
        let mut found = Vec::new();
        for wanted in self.many(name) {
            match known.iter().find(|k| **k == wanted) {
                Some(k) if found.contains(k) => {}
                Some(k) => found.push(*k),
                None => self.fault(
                    name,
                    "unknown_name",
                    format!("`{name}` does not know `{wanted}`; it takes {}.", known.join(", ")),
                ),
            }
        }
        found
    }

    /// The members of a view that are asked for; empty where the whole of it is.
    pub(crate) fn fields<V: Fields>(&mut self) -> Vec<&'static str> {
        let known: Vec<&'static str> = V::names().iter().map(String::as_str).collect();
        self.names("fields", &known)
    }

    /// Answers with every fault, unknown parameters among them.
    pub(crate) fn finish(mut self) -> Result<()> {
        let mut seen = HashSet::new();
        let unknown = self.pairs.iter().map(|(name, _)| name.as_str());
        for name in unknown.filter(|name| !self.known.contains(name) && seen.insert(*name)).take(MOST_FAULTS)
        {
            let known = if self.known.is_empty() {
                "no query parameters are taken here".to_owned()
            } else {
                format!("known are {}", self.known.iter().copied().collect::<Vec<_>>().join(", "))
            };
            self.errors.push(FieldError::parameter(
                name,
                "unknown_parameter",
                format!("There is no query parameter `{name}` here; {known}."),
            ));
        }
        match self.bad_cursor {
            Some(bad) if self.errors.is_empty() => return Err(bad),
            bad => self.errors.extend(bad.iter().flat_map(Error::errors).cloned()),
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Error::parameters(self.errors)) }
    }
}
