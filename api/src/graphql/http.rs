//! GraphQL over HTTP, by its draft (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! A body must be `application/json`: a form or plain text could be sent by any page of the web without asking
//! first (CSRF), and JSON cannot. Parameters that the draft does not name are ignored, as it demands.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Response, ServerError, Value, Variables};
use bytes::Bytes;
use memchr::memmem;
use pressroom_graphql::{Call, Engine, Fault, Limits, Outcome, Plan, code, kind_of};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::fault::fault;
use crate::error::{Code, Error};
use crate::http::bodies::unread;
use crate::http::body::refuse_many_values;
use crate::http::idempotency::{Face, WriteOutcome};
use crate::http::negotiate::{Media, is_json, negotiate, quality};

/// The methods of the endpoint, for `Allow`.
const METHODS: &str = "GET, HEAD, POST, OPTIONS";

/// What of an HTTP request GraphQL needs.
#[derive(Debug, Clone)]
pub struct HttpParts {
    /// GET, HEAD, POST or OPTIONS; others are refused.
    pub method: Method,
    /// The query component of the URL, still encoded.
    pub query_string: String,
    /// The value of `Accept`.
    pub accept: Option<String>,
    /// The value of `Content-Type`.
    pub content_type: Option<String>,
    /// The value of `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// The body, empty but for POST.
    pub body: Bytes,
}

/// A refusal, and whether its status may be softened for `application/json`.
struct Refusal {
    faults: Vec<Fault>,
    well_formed: bool,
}

impl HttpParts {
    /// Reads a request, and its body up to what `limits` allow.
    ///
    /// # Errors
    /// The finished answer: 413 for a body that is too large, 400 for one that breaks off.
    pub async fn read(
        request: &HttpRequest,
        payload: web::Payload,
        limits: &Limits,
    ) -> Result<Self, HttpResponse> {
        let text = |name: header::HeaderName| {
            let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
            let joined = values.collect::<Vec<_>>().join(", ");
            if joined.is_empty() { None } else { Some(joined) }
        };
        let mut parts = Self {
            method: request.method().clone(),
            query_string: request.query_string().to_owned(),
            accept: text(header::ACCEPT),
            content_type: text(header::CONTENT_TYPE),
            content_encoding: text(header::CONTENT_ENCODING),
            body: Bytes::new(),
        };
        if parts.method != Method::POST {
            return Ok(parts);
        }
        let most = limits.body_bytes;
        let too_large = || {
            let sentence = format!("The body is larger than {most} bytes.");
            Refusal::malformed(fault(Code::TooLarge, sentence))
        };
        let media = negotiate(parts.accept.as_deref()).unwrap_or(Media::Json);
        let declared = request.headers().get(header::CONTENT_LENGTH);
        let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > u64::try_from(most).unwrap_or(u64::MAX)) {
            return Err(too_large().answer(media));
        }
        match payload.to_bytes_limited(most).await {
            Ok(Ok(body)) => parts.body = body,
            Ok(Err(error)) => {
                let fault = match error.as_error::<PayloadError>() {
                    Some(error) => Fault::from(unread(error)),
                    None => fault(Code::BadRequest, "The body broke off before its end."),
                };
                return Err(Refusal::malformed(fault).answer(media));
            }
            Err(_) => return Err(too_large().answer(media)),
        }
        Ok(parts)
    }

    /// Whether this is a browser that opens the endpoint as a page, to be given GraphiQL: a GET without a query
    /// that would rather have HTML than JSON.
    #[must_use]
    pub fn wants_page(&self) -> bool {
        if self.method != Method::GET && self.method != Method::HEAD {
            return false;
        }
        let asks = url::form_urlencoded::parse(self.query_string.as_bytes())
            .any(|(name, _)| matches!(&*name, "query" | "extensions"));
        let accept = self.accept.as_deref().unwrap_or_default();
        let html = quality(accept, "text", "html").filter(|found| found.specific);
        let json = ["graphql-response+json", "json"].map(|subtype| quality(accept, "application", subtype));
        let json = json.into_iter().flatten().map(|found| found.q).max().unwrap_or(0);
        !asks && html.is_some_and(|html| html.q > 0 && html.q >= json)
    }
}

/// Answers a request over HTTP.
///
/// `load` is given the plan of the query and gives the data for the resolvers, see [`Engine::execute`]. It is not
/// called for requests that are refused before execution.
pub async fn respond<L>(engine: &Engine, parts: HttpParts, load: L) -> HttpResponse
where
    L: AsyncFnOnce(Arc<Plan>) -> Result<Data, Fault>,
{
    if parts.method == Method::OPTIONS {
        return HttpResponse::NoContent().insert_header((header::ALLOW, METHODS)).finish();
    }
    let Some(media) = negotiate(parts.accept.as_deref()) else {
        let sentence = "The answer can be application/graphql-response+json or application/json.";
        let fault = fault(Code::NotAcceptable, sentence);
        return Refusal::malformed(fault).answer(Media::Json);
    };
    let call = if parts.method == Method::POST {
        call_of_body(&parts)
    } else if parts.method == Method::GET || parts.method == Method::HEAD {
        call_of_url(&parts.query_string)
    } else {
        let sentence = format!("{} is not a method of this endpoint.", parts.method);
        Err(fault(Code::MethodNotAllowed, sentence))
    };
    let call = match call {
        Ok(call) => call,
        Err(fault) => return Refusal::malformed(fault).answer(media),
    };
    match engine.execute(call, load).await {
        Outcome::Refused(faults) => {
            let well_formed = faults.iter().all(|fault| fault.code() != Code::BadRequest.as_str());
            Refusal { faults, well_formed }.answer(media)
        }
        Outcome::Answered { operation, response } => answer(media, operation, &response),
    }
}

/// What serving a POST once needs to know of GraphQL.
pub(super) const FACE: Face =
    Face { refuse, limit: |_, svc, _| Ok(svc.config.body_limit), may_write: may_be_mutation, outcome };

/// In the answer to a mutation, whose status and method are those of a query.
pub(super) struct Wrote;

/// Whether a body may name a mutation: in its document, which JSON may have escaped, or by a hash.
fn may_be_mutation(body: &[u8]) -> bool {
    ["mutation", "\\u", "persistedQuery"].iter().any(|word| memmem::find(body, word.as_bytes()).is_some())
}

/// The answer to a request that is refused before it is looked into.
fn refuse(headers: &header::HeaderMap, error: &Error) -> HttpResponse {
    let accept = headers.get(header::ACCEPT);
    let media = negotiate(accept.and_then(|value| value.to_str().ok())).unwrap_or(Media::Json);
    Refusal::malformed(Fault::from(error)).answer(media)
}

/// What came of a mutation: the status of its answer says little.
fn outcome(head: &HttpResponse<()>, body: &[u8]) -> Option<WriteOutcome> {
    #[derive(Deserialize)]
    struct Answer {
        data: Option<HashMap<String, Option<IgnoredAny>>>,
        #[serde(default)]
        errors: Vec<Failure>,
    }
    #[derive(Deserialize)]
    struct Failure {
        extensions: Option<Extensions>,
    }
    #[derive(Deserialize)]
    struct Extensions {
        code: Option<String>,
    }
    head.extensions().get::<Wrote>()?;
    let Answer { data, errors } = serde_json::from_slice(body).ok()?;
    let codes = errors.into_iter().filter_map(|error| error.extensions?.code);
    let known = codes.filter_map(|name| Code::ALL.iter().find(|code| code.as_str() == name));
    Some(WriteOutcome {
        did: data.is_some_and(|data| data.values().any(Option::is_some)),
        failed: known.filter_map(|code| StatusCode::from_u16(code.status()).ok()).collect(),
    })
}

/// The parameters of a POST.
fn call_of_body(parts: &HttpParts) -> Result<Call, Fault> {
    let unsupported = |sentence: &str| Err(fault(Code::UnsupportedMediaType, sentence));
    match parts.content_type.as_deref().map(is_json) {
        Some(true) => {}
        Some(false) => return unsupported("The body must be application/json in UTF-8."),
        None => return unsupported("Content-Type is missing; the body must be application/json in UTF-8."),
    }
    if parts
        .content_encoding
        .as_deref()
        .is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"))
    {
        return unsupported("The body must not be compressed.");
    }
    if parts.body.is_empty() {
        return Err(bad_request("The body is empty; send a JSON object with \"query\"."));
    }
    refuse_many_values(&parts.body).map_err(Fault::from)?;
    let body: Value = serde_json::from_slice(&parts.body)
        .map_err(|error| bad_request(&format!("The body is not JSON: {error}.")))?;
    let mut members = match body {
        Value::Object(members) => members,
        Value::List(_) => {
            let sentence =
                "The body is a list. Send one request at a time; aliases can ask for many things at once.";
            return Err(Fault::new(code::BATCHING_UNSUPPORTED, sentence));
        }
        other => {
            return Err(bad_request(&format!("The body must be a JSON object, and is {}.", kind_of(&other))));
        }
    };
    let mut take = |name: &str| members.swap_remove(name);
    Ok(Call {
        query: text_parameter("query", take("query"))?,
        operation_name: text_parameter("operationName", take("operationName"))?
            .filter(|name| !name.is_empty()),
        variables: variables_of(take("variables"))?,
        persisted: persisted_of(take("extensions"))?,
        read_only: false,
    })
}

/// The parameters of a GET, `application/x-www-form-urlencoded`; an empty optional parameter is an absent one.
fn call_of_url(query_string: &str) -> Result<Call, Fault> {
    let (mut query, mut name, mut variables, mut extensions) = (None, None, None, None);
    for (key, value) in url::form_urlencoded::parse(query_string.as_bytes()) {
        let slot = match &*key {
            "query" => &mut query,
            "operationName" => &mut name,
            "variables" => &mut variables,
            "extensions" => &mut extensions,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(parameter_fault(&key, "is given more than once"));
        }
    }
    let json = |name: &str, text: Option<String>| match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => serde_json::from_str::<Value>(&text)
            .map(Some)
            .map_err(|error| parameter_fault(name, &format!("is not JSON: {error}"))),
    };
    Ok(Call {
        query,
        operation_name: name.filter(|name: &String| !name.is_empty()),
        variables: variables_of(json("variables", variables)?)?,
        persisted: persisted_of(json("extensions", extensions)?)?,
        read_only: true,
    })
}

fn text_parameter(name: &str, value: Option<Value>) -> Result<Option<String>, Fault> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(parameter_fault(name, &format!("must be a string, and is {}", kind_of(&other)))),
    }
}

fn variables_of(value: Option<Value>) -> Result<Variables, Fault> {
    match value {
        None | Some(Value::Null) => Ok(Variables::default()),
        Some(value @ Value::Object(_)) => Ok(Variables::from_value(value)),
        Some(other) => {
            Err(parameter_fault("variables", &format!("must be an object, and is {}", kind_of(&other))))
        }
    }
}

fn persisted_of(extensions: Option<Value>) -> Result<Option<Value>, Fault> {
    match extensions {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(mut members)) => Ok(members.swap_remove("persistedQuery")),
        Some(other) => {
            Err(parameter_fault("extensions", &format!("must be an object, and is {}", kind_of(&other))))
        }
    }
}

fn bad_request(sentence: &str) -> Fault {
    fault(Code::BadRequest, sentence)
}

fn parameter_fault(name: &str, problem: &str) -> Fault {
    let sentence = format!("\"{name}\" {problem}.");
    bad_request(&sentence).member(format!("/{name}"), "type", sentence)
}

impl Refusal {
    fn malformed(fault: Fault) -> Self {
        Self { faults: vec![fault], well_formed: false }
    }

    fn answer(&self, media: Media) -> HttpResponse {
        #[derive(Serialize)]
        struct Body {
            errors: Vec<ServerError>,
        }
        let status = self.faults.first().map_or(400, Fault::http_status);
        // With application/json only 200 tells a client that the answer is GraphQL's and not that of something
        // in between, so a request that was well-formed gets it.
        let status = if self.well_formed && media == Media::Json && status == 400 { 200 } else { status };
        let mut response =
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST));
        if status == 405 {
            response.insert_header((header::ALLOW, METHODS));
        }
        if status == 401 {
            // RFC 6750, section 3.1.
            let forged = self.faults.iter().any(|fault| fault.code() == Code::InvalidToken.as_str());
            let problem = if forged { ", error=\"invalid_token\"" } else { "" };
            response
                .insert_header((header::WWW_AUTHENTICATE, format!("Bearer realm=\"pressroom\"{problem}")));
        }
        if let Some(seconds) = self.faults.first().and_then(Fault::seconds_to_wait) {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        let errors = self.faults.iter().map(Fault::to_request_error).collect();
        write(response, media, &Body { errors })
    }
}

fn answer(media: Media, operation: OperationType, response: &Response) -> HttpResponse {
    #[derive(Serialize)]
    struct Body<'a> {
        data: &'a Value,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        errors: &'a [ServerError],
    }
    let mut http = HttpResponse::Ok();
    if operation != OperationType::Query || !response.errors.is_empty() {
        http.insert_header((header::CACHE_CONTROL, "no-store"));
    }
    write(http, media, &Body { data: &response.data, errors: &response.errors })
}

fn write(mut response: actix_web::HttpResponseBuilder, media: Media, body: &impl Serialize) -> HttpResponse {
    response.insert_header((header::VARY, "Accept"));
    match serde_json::to_vec(body) {
        Ok(bytes) => response.insert_header((header::CONTENT_TYPE, media.content_type())).body(bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[cfg(test)]
#[path = "tests/negotiation.rs"]
mod tests;
