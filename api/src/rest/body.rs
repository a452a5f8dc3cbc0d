//! JSON bodies: the type is checked, every fault is named with its JSON pointer, unknown members are refused.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::Bytes;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{Code, Error, FieldError, Result};
use crate::service::check::refuse_nul;

/// Reads a JSON body as `T`.
pub(crate) fn json<T: DeserializeOwned>(request: &HttpRequest, body: &Bytes) -> Result<T> {
    let mime = request
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .map(|v| v.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match mime.as_deref() {
        Some("application/json") => {}
        Some("application/merge-patch+json") if request.method() == Method::PATCH => {}
        None if body.is_empty() => {}
        _ => {
            return Err(Error::new(
                Code::UnsupportedMediaType,
                "Send the body as application/json (or application/merge-patch+json for PATCH).",
            ));
        }
    }
    parse(body)
}

/// Reads a JSON body that may be left out altogether.
pub(crate) fn optional_json<T: DeserializeOwned + Default>(request: &HttpRequest, body: &Bytes) -> Result<T> {
    if body.is_empty() { Ok(T::default()) } else { json(request, body) }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::new(Code::BadRequest, "The body is not valid UTF-8."))?;
    if text.trim().is_empty() {
        return Err(Error::new(Code::BadRequest, "The body is empty; send a JSON object."));
    }
    // Syntax first, so that "not JSON" and "not this shape" are told apart.
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|e| Error::new(Code::BadRequest, format!("The body is not JSON: {e}.")))?;
    // A map keeps the last of two members of one name, and the other would be dropped in silence.
    let mut again = serde_json::Deserializer::from_str(text);
    if let Err(e) = serde_path_to_error::deserialize::<_, Unique>(&mut again) {
        let (parent, message) = (pointer_of(e.path()), e.inner().to_string());
        let name = message.strip_prefix(TWICE).and_then(|rest| rest.split('`').next()).unwrap_or_default();
        let ends = parent.rsplit('/').next() == Some(name);
        let place = if ends { parent } else { format!("{parent}/{name}") };
        return Err(Error::invalid(place, "repeated", format!("`{name}` stands twice; send it once.")));
    }
    refuse_nul(&value, |place| place)?;
    serde_path_to_error::deserialize(value).map_err(|e| shape_error(&e))
}

/// How the error begins that [`Unique`] gives.
const TWICE: &str = "twice: `";

/// Any JSON whose objects have no member twice (RFC 8259, 4: the names should be unique).
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> std::result::Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Unique, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(serde::de::Error::custom(format!("{TWICE}{name}`")));
            }
            members.next_value::<Unique>()?;
            names.insert(name);
        }
        Ok(Unique)
    }
}

/// Says what is wrong with a value of the right syntax and the wrong shape.
pub(crate) fn shape_error(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let pointer = pointer_of(error.path());
    let message = error.inner().to_string();
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let name = rest.split('`').next().unwrap_or_default();
        let ends = pointer.rsplit('/').next() == Some(name);
        let place = if ends { pointer } else { format!("{pointer}/{name}") };
        return Error::invalid(
            place,
            "unknown_member",
            format!("There is no member `{name}` here{}.", expected(rest)),
        );
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let name = rest.split('`').next().unwrap_or_default();
        return Error::invalid(format!("{pointer}/{name}"), "required", format!("`{name}` is required."));
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let name = rest.split('`').next().unwrap_or_default();
        return Error::fields(vec![FieldError::body(
            pointer,
            "invalid_value",
            format!("`{name}` is not a value that this takes{}.", expected(rest)),
        )]);
    }
    Error::invalid(pointer, "wrong_type", format!("{}.", capitalised(&message)))
}

/// The part of serde's sentence that lists what would have been right.
fn expected(rest: &str) -> String {
    rest.split_once("expected ")
        .map_or_else(String::new, |(_, list)| format!("; it takes {}", list.replace("one of ", "")))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A path as a JSON pointer (RFC 6901).
fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}
