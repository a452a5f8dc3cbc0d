//! Answers: bytes with validators (RFC 9110), cache headers and surrogate keys; `fields` and conditional requests.

use std::fmt::{self, Write as _};

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use pressroom_schema::Key;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::headers::SURROGATE_KEY;
use super::validators::{etag, http_date, matches_none, not_modified_since};
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::AsOf;
use crate::page::{List, Page};

/// `Cache-Control` of what depends on who asks.
pub(crate) const PRIVATE: &str = "private, no-cache";
/// `Cache-Control` of what everybody gets: browsers ask again each time, shared caches may keep it for a minute.
pub(crate) const PUBLIC: &str = "public, max-age=0, s-maxage=60, stale-while-revalidate=600";

/// `Cache-Control` of what leads everybody from a former address to the present one.
const MOVED: &str = "public, max-age=0, s-maxage=60";

/// Marks an answer that everybody would get, and that may be kept.
#[derive(Debug, Clone)]
pub(crate) struct Public {
    /// How old what it shows can be said to be.
    pub(crate) as_of: AsOf,
    /// What it depends on.
    pub(crate) keys: Vec<Key>,
}

/// What an answer depends on and how long it may be kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meta {
    /// The object's version, which becomes part of the `ETag` so that `If-Match` can name it.
    pub(crate) version: Option<i64>,
    /// Whether the answer depends on who asks.
    pub(crate) private: bool,
    /// What it depends on otherwise: none where it shows nothing that is stored.
    pub(crate) keys: Vec<Key>,
}

impl Meta {
    pub(crate) fn private() -> Self {
        Self { private: true, ..Self::default() }
    }

    /// Of an answer that is for everybody unless the caller signed in, and depends on `keys`.
    pub(crate) fn of(viewer: &Viewer, keys: Vec<Key>) -> Self {
        let private = !viewer.is_anybody() || keys.contains(&Key::Caller);
        Self { version: None, private, keys }
    }

    /// The same, of an object that has a version.
    pub(crate) fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }
}

/// Answers a read with `body`, or with 304 where the caller has it already.
pub(crate) fn bytes(
    request: &HttpRequest,
    meta: &Meta,
    content_type: &str,
    body: impl Into<Bytes>,
) -> HttpResponse {
    let body = body.into();
    let etag = etag(meta.version, &body);
    let as_of = request.extensions().get::<AsOf>().copied();
    // What one caller may see changes with their rights too, which have no date.
    let unchanged = matches_none(request.headers(), &etag)
        || as_of.is_some_and(|as_of| {
            !meta.private
                && as_of.exact
                && not_modified_since(request.headers(), as_of.modified.utc().timestamp())
        });
    let mut answer = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    answer.insert_header((header::ETAG, etag));
    let cache = if meta.private { PRIVATE } else { PUBLIC };
    answer.insert_header((header::CACHE_CONTROL, cache));
    answer.insert_header((header::VARY, "Authorization, Accept-Encoding"));
    if unchanged {
        return answer.finish();
    }
    if let Some(as_of) = as_of {
        answer.insert_header((header::LAST_MODIFIED, http_date(as_of.modified)));
    }
    if !meta.private
        && let Some(keys) = surrogate_keys(&meta.keys)
    {
        answer.insert_header((SURROGATE_KEY, keys));
        if let Some(as_of) = as_of {
            answer.extensions_mut().insert(Public { as_of, keys: meta.keys.clone() });
        }
    }
    answer.insert_header((header::CONTENT_TYPE, content_type));
    if request.method() == Method::HEAD {
        answer.no_chunking(body.len() as u64);
    }
    answer.body(body)
}

/// The names of what an answer depends on as the outside knows them, each once; `None` where it shows nothing that is stored.
pub(crate) fn surrogate_keys(keys: &[Key]) -> Option<HeaderValue> {
    if keys.is_empty() {
        return None;
    }
    let mut keys: Vec<Key> = keys.iter().cloned().map(Key::of_object).collect();
    keys.push(Key::All);
    keys.sort_unstable();
    keys.dedup();
    let mut text = String::with_capacity(keys.len() * 48);
    for key in &keys {
        if !text.is_empty() {
            text.push(' ');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{key}");
    }
    HeaderValue::from_str(&text).ok()
}

/// A value as JSON, in as much memory as it takes: it may be kept for long.
fn json<T: Serialize>(value: &T) -> serde_json::Result<Bytes> {
    Ok(Bytes::from(serde_json::to_vec(value)?.into_boxed_slice()))
}

/// Answers a read with one object as JSON.
pub(crate) fn object<T: Serialize>(
    request: &HttpRequest,
    meta: &Meta,
    value: &T,
    fields: &[&'static str],
) -> Result<HttpResponse> {
    let body =
        if fields.is_empty() { json(value) } else { project(value, fields).and_then(|rest| json(&rest)) }
            .map_err(|e| Error::internal(e.to_string()))?;
    Ok(bytes(request, meta, "application/json", body))
}

/// Answers a read with one page of a list as JSON, with its `Link` header (RFC 8288).
pub(crate) fn list<T: Serialize>(
    request: &HttpRequest,
    meta: &Meta,
    page: Page<T>,
    fields: &[&'static str],
) -> Result<HttpResponse> {
    let link = link_header(request, page.next(), page.previous());
    let List { data, page } = page.into_list();
    let body = if fields.is_empty() {
        json(&List { data, page })
    } else {
        let data: serde_json::Result<Vec<_>> = data.iter().map(|row| project(row, fields)).collect();
        data.and_then(|data| json(&List { data, page }))
    }
    .map_err(|e| Error::internal(e.to_string()))?;
    let mut answer = bytes(request, meta, "application/json", body);
    if let Some(link) = link.and_then(|l| HeaderValue::from_str(&l).ok()) {
        answer.headers_mut().insert(header::LINK, link);
    }
    Ok(answer)
}

/// Answers a write with the object as it now stands.
pub(crate) fn written<T: Serialize>(
    status: StatusCode,
    version: Option<i64>,
    location: Option<String>,
    value: &T,
) -> Result<HttpResponse> {
    let body = serde_json::to_vec(value).map_err(|e| Error::internal(e.to_string()))?;
    let mut answer = HttpResponse::build(status);
    if version.is_some() {
        answer.insert_header((header::ETAG, etag(version, &body)));
    }
    if let Some(location) = location {
        answer.insert_header((header::LOCATION, location));
    }
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(answer.content_type("application/json").body(body))
}

/// Answers a write that leaves nothing to show.
pub(crate) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

/// Answers a read under a former slug: the present one is at `location`, which may be for this caller alone to know.
pub(crate) fn moved(request: &HttpRequest, meta: &Meta, from: &str, to: &str) -> HttpResponse {
    let path = request.path().replacen(&format!("/{from}"), &format!("/{to}"), 1);
    let location =
        if request.query_string().is_empty() { path } else { format!("{path}?{}", request.query_string()) };
    let mut answer = HttpResponse::PermanentRedirect();
    answer
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, if meta.private { PRIVATE } else { MOVED }))
        .insert_header((header::VARY, "Authorization"));
    if !meta.private
        && let Some(keys) = surrogate_keys(&meta.keys)
    {
        answer.insert_header((SURROGATE_KEY, keys));
    }
    answer.finish()
}

fn link_header(request: &HttpRequest, next: Option<&str>, previous: Option<&str>) -> Option<String> {
    let others: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "after" && name != "before")
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    let target = |name: &str, cursor: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&others).append_pair(name, cursor);
        format!("{}?{}", request.path(), query.finish())
    };
    let links: Vec<String> = [
        next.map(|c| format!("<{}>; rel=\"next\"", target("after", c))),
        previous.map(|c| format!("<{}>; rel=\"prev\"", target("before", c))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if links.is_empty() { None } else { Some(links.join(", ")) }
}

/// The members of a JSON object as they stand, in their order.
struct Members<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Of an object `id` and the members named by `fields`, as bytes: they are looked for, not taken apart.
fn project<T: Serialize>(value: &T, fields: &[&'static str]) -> serde_json::Result<Box<RawValue>> {
    let whole = to_raw_value(value)?;
    let mut members: Members<'_> = serde_json::from_str(whole.get())?;
    members.0.retain(|(name, _)| *name == "id" || fields.contains(name));
    to_raw_value(&members)
}
