//! JSON bodies: the type is checked, every fault is named with its JSON pointer, unknown members are refused.

use std::collections::HashSet;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;

use crate::error::{Code, Error, FieldError, MOST_FAULTS, Result};
use crate::service::check::refuse_nul;

/// Reads a JSON body as `T`.
pub(crate) fn json<T: DeserializeOwned>(request: &HttpRequest, body: &Bytes) -> Result<T> {
    judged(request, body, |_| Ok(()))
}

/// [`json`]; where the shape of the body is at fault, `judge` says what else is, so that a caller learns of every fault at once.
pub(crate) fn judged<T: DeserializeOwned>(
    request: &HttpRequest,
    body: &Bytes,
    judge: impl FnOnce(T) -> Result<()>,
) -> Result<T> {
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
    parse(body, judge)
}

/// Reads a JSON body that may be left out altogether.
pub(crate) fn optional_json<T: DeserializeOwned + Default>(request: &HttpRequest, body: &Bytes) -> Result<T> {
    if body.is_empty() { Ok(T::default()) } else { json(request, body) }
}

/// The body of a request to an action that takes none, as it came.
pub(crate) struct UnexpectedBody(Bytes);

impl FromRequest for UnexpectedBody {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async { bytes.await.map(Self) })
    }
}

/// Refuses a body that says something to an action that takes none: it would be dropped in silence.
pub(crate) fn none(request: &HttpRequest, body: &UnexpectedBody) -> Result<()> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    optional_json::<Nothing>(request, &body.0).map(|Nothing {}| ())
}

fn parse<T: DeserializeOwned>(body: &Bytes, judge: impl FnOnce(T) -> Result<()>) -> Result<T> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::new(Code::BadRequest, "The body is not valid UTF-8."))?;
    if text.trim().is_empty() {
        return Err(Error::new(Code::BadRequest, "The body is empty; send a JSON object."));
    }
    refuse_many_values(body)?;
    // Syntax first, so that "not JSON" and "not this shape" are told apart.
    let value: Value = serde_json::from_str(text)
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
    let rounds = (READ_AGAIN / text.len()).clamp(1, MOST_FAULTS);
    shaped(value, rounds, judge)
}

/// How many values a body may hold. Reading more takes a web worker for long: half a million small ones, some hundred milliseconds.
/// `custom`, the largest member that is not a text, can have 33,000.
const MOST_VALUES: usize = 50_000;
/// Where values are nested so deep `serde_json` reads no further, and says so.
const DEEPEST: usize = 128;

/// Refuses a JSON text that holds too many values, before it is read.
///
/// # Errors
/// 413.
pub(crate) fn refuse_many_values(json: &[u8]) -> Result<()> {
    let begins = |byte: &u8| matches!(byte, b',' | b'[' | b'{');
    if json.iter().filter(|byte| begins(byte)).count() <= MOST_VALUES {
        return Ok(());
    }
    // Texts may have as many commas as they like.
    let (mut within, mut escaped, mut values, mut depth) = (false, false, 0_usize, 0_usize);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            _ if within => {}
            b',' => values += 1,
            b'[' | b'{' => (values, depth) = (values + 1, depth + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if values > MOST_VALUES {
            let detail = format!(
                "The body holds more than {MOST_VALUES} JSON values, which are the most that are taken."
            );
            return Err(Error::new(Code::TooLarge, detail));
        }
        if depth >= DEEPEST {
            break;
        }
    }
    Ok(())
}

/// A body is read again for its next fault until so many bytes were read: a long one tells of fewer faults at once.
const READ_AGAIN: usize = 1 << 20;

/// Reads a value as `T`. serde stops at the first fault; what is at fault is mended, at most `rounds` times, so that a caller learns
/// of the others too.
fn shaped<T: DeserializeOwned>(
    mut value: Value,
    rounds: usize,
    judge: impl FnOnce(T) -> Result<()>,
) -> Result<T> {
    let mut faults: Vec<FieldError> = Vec::new();
    for _ in 0..rounds {
        let error = match serde_path_to_error::deserialize(Strict(&value)) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(read) => {
                let more = judge(read).err();
                let more = more.iter().flat_map(Error::errors).filter(|fault| !is_within(fault, &faults));
                let more: Vec<FieldError> = more.cloned().collect();
                faults.extend(more);
                break;
            }
            Err(error) => error,
        };
        let (fault, known) = shape_fault(&error);
        let place = fault.pointer.clone().unwrap_or_default();
        if faults.iter().any(|earlier| earlier.pointer.as_ref() == Some(&place)) {
            break;
        }
        faults.push(fault);
        if !mend(&mut value, &place, known) {
            break;
        }
    }
    let members = members_of::<T>();
    let place = |fault: &FieldError| {
        let pointer = fault.pointer.as_deref().unwrap_or_default();
        members.iter().position(|member| Some(*member) == pointer.split('/').nth(1)).unwrap_or(members.len())
    };
    faults.sort_by_key(place);
    Err(Error::fields(faults))
}

/// Whether a fault is of something that is named already, or of a part of it.
fn is_within(fault: &FieldError, named: &[FieldError]) -> bool {
    let pointer = fault.pointer.as_deref().unwrap_or_default();
    let outer = named.iter().filter_map(|earlier| earlier.pointer.as_deref());
    outer
        .into_iter()
        .any(|outer| pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The members of an object that is read as `T`, in the order in which they are declared.
fn members_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut members: &[&str] = &[];
    let _ = T::deserialize(Members(&mut members));
    members
}

/// Reads nothing: takes down what a struct asks for.
struct Members<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Members<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> std::result::Result<V::Value, Self::Error> {
        Err(Self::Error::custom("there is nothing"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Puts a word that is known in the place of one that is not, and takes a member that is at fault otherwise out. An element of a list
/// stays, since those behind it would have other places without it.
fn mend(value: &mut Value, place: &str, known: Option<String>) -> bool {
    if let Some(known) = known {
        return value.pointer_mut(place).map(|odd| *odd = Value::String(known)).is_some();
    }
    let Some((parent, name)) = place.rsplit_once('/') else { return false };
    let name = name.replace("~1", "/").replace("~0", "~");
    let members = value.pointer_mut(parent).and_then(Value::as_object_mut);
    members.is_some_and(|members| members.remove(&name).is_some())
}

/// A value where an object must be one: serde would take a list for it, its items for the members by their order.
#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Self))),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Self(value)));
                visitor.visit_map(MapDeserializer::new(members))
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        if self.0.is_object() {
            return self.deserialize_any(visitor);
        }
        let kind = match self.0 {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            _ => "a list",
        };
        Err(Self::Error::custom(format!("invalid type: {kind}, expected an object")))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
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

/// What is wrong with a value of the right syntax and the wrong shape; where it is an unknown word, also one that is known.
fn shape_fault(error: &serde_path_to_error::Error<serde_json::Error>) -> (FieldError, Option<String>) {
    let pointer = pointer_of(error.path());
    let message = error.inner().to_string();
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let name = rest.split('`').next().unwrap_or_default();
        let ends = pointer.rsplit('/').next() == Some(name);
        let place = if ends { pointer } else { format!("{pointer}/{name}") };
        let detail = format!("There is no member `{name}` here{}.", expected(rest));
        return (FieldError::body(place, "unknown_member", detail), None);
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        let name = rest.split('`').next().unwrap_or_default();
        let detail = format!("`{name}` is required.");
        return (FieldError::body(format!("{pointer}/{name}"), "required", detail), None);
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (word, known) = rest.rsplit_once("`, expected ").unwrap_or((rest, ""));
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let one = known.first().map(|word| (*word).to_owned());
        return (FieldError::unknown_value(pointer, word, &known), one);
    }
    (FieldError::body(pointer, "wrong_type", format!("{}.", capitalised(&in_words(&message)))), None)
}

/// serde's sentence, with JSON's words for what Rust's types are called.
fn in_words(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once("expected ") else { return message.to_owned() };
    let wanted = match expected {
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    };
    format!("{found}expected {wanted}")
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
