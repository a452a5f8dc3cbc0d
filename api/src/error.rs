//! What every use case may answer instead of its result: one error type, and the one table of codes that also
//! feeds the OpenAPI document and `docs/errors.md`.

use pressroom_schema::db::TxError;
use pressroom_schema::{BodyFormat, Id, StoreError, UnknownWord};
use serde::Serialize;
use utoipa::ToSchema;

/// What a use case answers.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of error. Each has a stable code, an HTTP status and a title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, in `snake_case`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status (RFC 9110) that answers bear.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// A few words for people; the detail of each error says more.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and how to mend it, for the documentation.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+),)+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read: malformed JSON, a bad query parameter, invalid UTF-8. `errors` names the place.
    BadRequest = "bad_request", 400, "Bad request";
    /// A cursor is damaged, or comes from another list. Take `page.next` or `page.previous` of the same list.
    InvalidCursor = "invalid_cursor", 400, "Invalid cursor";
    /// This needs a caller who is signed in. Send `Authorization: Bearer …` with an access token or an API token.
    Unauthenticated = "unauthenticated", 401, "Not signed in";
    /// The token is malformed, forged, expired or revoked. Log in again, refresh, or make a new API token.
    InvalidToken = "invalid_token", 401, "Invalid token";
    /// E-mail address and password do not belong together, or the account is disabled.
    InvalidCredentials = "invalid_credentials", 401, "Wrong e-mail address or password";
    /// The caller's role or the token's scopes do not allow this. The detail names what is needed.
    Forbidden = "forbidden", 403, "Not allowed";
    /// There is nothing here, or nothing that the caller may know of.
    NotFound = "not_found", 404, "Not found";
    /// The path exists but not with this method; `Allow` lists those that it has.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// None of the media types in `Accept` can be produced.
    NotAcceptable = "not_acceptable", 406, "Not acceptable";
    /// Something else bears this slug, e-mail address or name. Choose another.
    Conflict = "conflict", 409, "Conflict";
    /// The object's state does not allow this now, such as publishing what is in the trash.
    InvalidState = "invalid_state", 409, "Not possible in this state";
    /// A request with the same `Idempotency-Key` is still under way. Try again in a moment.
    IdempotencyInProgress = "idempotency_in_progress", 409, "Already under way";
    /// `If-Match` names a version that is no longer the present one; `version` tells which is. Read, merge, try again.
    VersionMismatch = "version_mismatch", 412, "Changed by somebody else";
    /// The body or the file is larger than the limit that the detail names.
    TooLarge = "too_large", 413, "Too large";
    /// The body's `Content-Type`, or a file's true type, is not one that this takes.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// `Range` asks for bytes that lie beyond the end; `Content-Range` tells the length.
    RangeNotSatisfiable = "range_not_satisfiable", 416, "Range not satisfiable";
    /// The request is well formed but a member is missing, unknown, of the wrong type or out of range; `errors` names each.
    ValidationFailed = "validation_failed", 422, "Validation failed";
    /// The `Idempotency-Key` was used before with another request. Use a new key for a new request.
    IdempotencyMismatch = "idempotency_mismatch", 422, "Key used for another request";
    /// Too many requests of this kind; `limit` names the limit and its setting, and `Retry-After` says how many seconds to wait.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// A defect on our side. The log has the details under the request's id, which `instance` bears.
    Internal = "internal", 500, "Internal error";
    /// So much is waiting for a processor already (texts to be rendered or compared) that this would wait too long. Nothing was done;
    /// `Retry-After` says when to try again.
    TooBusy = "too_busy", 503, "Too busy";
    /// The database or the media store is busy or out of reach; `Retry-After` says when to try again.
    Unavailable = "unavailable", 503, "Temporarily unavailable";
}

impl Code {
    /// The problem's `type` (RFC 9457): a stable URI for each kind.
    #[must_use]
    pub fn uri(self) -> String {
        format!("urn:pressroom:problem:{}", self.as_str())
    }
}

/// So many faults are named at most: a short request must not have a long answer.
pub(crate) const MOST_FAULTS: usize = 50;

/// One thing that is wrong with the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where in the body: a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/title")]
    pub pointer: Option<String>,
    /// Which query parameter or header, where it is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What kind of fault, in `snake_case`.
    #[schema(example = "required")]
    pub code: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

impl FieldError {
    /// A fault in the body, at the JSON pointer `pointer`.
    pub fn body(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, code: code.into(), detail: detail.into() }
    }

    /// A query parameter with a word that is none of those that it takes.
    #[must_use]
    pub fn unknown_word(name: &str, code: &str, odd: &UnknownWord) -> Self {
        let detail = format!("`{name}` does not know `{}`; it takes {}.", odd.word, odd.known.join(", "));
        Self::parameter(name, code, detail)
    }

    /// A word in the body, at the JSON pointer `pointer`, that is none of those that it takes.
    pub fn unknown_value(pointer: impl Into<String>, word: &str, known: &[&str]) -> Self {
        let detail = format!("`{word}` is not a value that this takes; it takes {}.", known.join(", "));
        Self::body(pointer, "invalid_value", detail)
    }

    /// A fault in a query parameter or header.
    pub fn parameter(name: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: None, parameter: Some(name.into()), code: code.into(), detail: detail.into() }
    }
}

/// A body that must be rendered before what was asked for can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyToRender {
    /// In what it is written.
    pub(crate) format: BodyFormat,
    /// The source.
    pub(crate) source: String,
    /// The saved revision whose body it is.
    pub(crate) revision: Option<(Id, i32)>,
}

/// A limit of rate that a caller has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitMet {
    /// What is limited; the name of the policy in `RateLimit`, where there is one.
    #[schema(example = "comments")]
    pub name: &'static str,
    /// The setting of the server that says how much it is.
    #[schema(example = "PRESSROOM_LIMIT_COMMENTS")]
    pub setting: &'static str,
    /// So many are taken...
    #[schema(example = 20)]
    pub quota: u32,
    /// ...in so many seconds.
    #[schema(example = 60)]
    pub window_seconds: u32,
    /// Seconds until one is taken again: `Retry-After`.
    #[schema(example = 42)]
    pub retry_after_seconds: u32,
}

/// Why a use case was refused or failed.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    limit: Option<LimitMet>,
    version: Option<i64>,
    internal: Option<String>,
    conflict: bool,
    bodies: Vec<BodyToRender>,
    text: Option<String>,
}

impl Error {
    /// An error with a sentence for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            limit: None,
            version: None,
            internal: None,
            conflict: false,
            bodies: Vec::new(),
            text: None,
        }))
    }

    /// `404`: nothing here that the caller may know of. `what` is a noun, such as "post".
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}."))
    }

    /// `422` with one fault in the body.
    pub fn invalid(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::body(pointer, code, detail)])
    }

    /// `422` with every fault that was found, up to [`MOST_FAULTS`].
    #[must_use]
    pub fn fields(mut errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.detail.clone(),
            many if many.len() >= MOST_FAULTS => {
                format!("Many members are not valid; see `errors` for the first {MOST_FAULTS}.")
            }
            many => format!("{} members are not valid; see `errors`.", many.len()),
        };
        errors.truncate(MOST_FAULTS);
        let mut error = Self::new(Code::ValidationFailed, detail);
        error.0.errors = errors;
        error
    }

    /// `400` with every query parameter that is at fault.
    #[must_use]
    pub fn parameters(errors: Vec<FieldError>) -> Self {
        let mut error = Self::fields(errors);
        error.0.code = Code::BadRequest;
        error
    }

    /// `412` that tells the present version.
    #[must_use]
    pub fn stale(version: i64) -> Self {
        let mut error = Self::new(
            Code::VersionMismatch,
            format!(
                "Somebody changed this meanwhile: the present version is {version}. Read it, merge your change, and send its ETag as If-Match (in GraphQL, its version as ifVersion)."
            ),
        );
        error.0.version = Some(version);
        error
    }

    /// `500`: `internal` goes to the log, never to the caller.
    pub fn internal(internal: impl Into<String>) -> Self {
        let mut error = Self::new(
            Code::Internal,
            "Something went wrong on our side. Quote the request's id when you report it.",
        );
        error.0.internal = Some(internal.into());
        error
    }

    /// `503`: `internal` goes to the log, never to the caller.
    pub fn unavailable(internal: impl Into<String>) -> Self {
        let mut error =
            Self::new(Code::Unavailable, "The service cannot answer this just now. Try again in a moment.");
        error.0.internal = Some(internal.into());
        error.0.retry_after = Some(1);
        error
    }

    /// `503` while there is no room for more, which is no fault and nothing for the log.
    pub fn full(detail: impl Into<String>) -> Self {
        let mut error = Self::new(Code::Unavailable, detail);
        error.0.retry_after = Some(1);
        error
    }

    /// `503`: too much waits already; to be tried again after `seconds`.
    pub fn too_busy(seconds: u32, detail: impl Into<String>) -> Self {
        let mut error = Self::new(Code::TooBusy, detail);
        error.0.retry_after = Some(seconds.max(1));
        error
    }

    /// These bodies must be rendered first: for whoever can do that and try again. To others it is 503.
    pub(crate) fn unrendered(bodies: Vec<BodyToRender>) -> Self {
        let mut error = Self::too_busy(1, "The text is being prepared. Try again in a moment.");
        error.0.bodies = bodies;
        error
    }

    /// This text must be made ready for search first; otherwise as [`Error::unrendered`].
    pub(crate) fn unindexed(text: &str) -> Self {
        let mut error = Self::unrendered(Vec::new());
        error.0.text = Some(text.to_owned());
        error
    }

    /// The text that must be made ready for search first.
    pub(crate) fn unindexed_text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// The bodies that must be rendered first.
    pub(crate) fn bodies(&self) -> &[BodyToRender] {
        &self.0.bodies
    }

    /// `429`: the caller has met `limit`.
    pub fn rate_limited(limit: LimitMet, detail: impl Into<String>) -> Self {
        let mut error = Self::new(Code::RateLimited, detail);
        error.0.retry_after = Some(limit.retry_after_seconds);
        error.0.limit = Some(limit);
        error
    }

    /// Names the faulty member as well.
    #[must_use]
    pub fn at(mut self, field: FieldError) -> Self {
        self.0.errors.push(field);
        self
    }

    /// The kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence for the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Every faulty member that was found.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Seconds until a retry has a chance.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// The limit that was met.
    #[must_use]
    pub fn limit(&self) -> Option<&LimitMet> {
        self.0.limit.as_ref()
    }

    /// The present version, where a stale one was sent.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        self.0.version
    }

    /// What the log is told.
    #[must_use]
    pub fn internal_detail(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)?;
        if let Some(internal) = &self.0.internal {
            write!(f, " ({internal})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(why) | StoreError::Unavailable(why) => Self::unavailable(why),
            StoreError::Conflict => {
                let mut error = Self::unavailable("serialization failure");
                error.0.conflict = true;
                error
            }
            StoreError::Constraint(name) if name.ends_with("slug_key") => Self::new(
                Code::Conflict,
                "This slug is taken. Choose another, or leave it out to have one made.",
            )
            .at(FieldError::body("/slug", "taken", "This slug is taken.")),
            StoreError::Constraint(name) if name == "users_email_key_key" => Self::new(
                Code::Conflict,
                "Another account has this e-mail address.",
            )
            .at(FieldError::body("/email", "taken", "Another account has this e-mail address.")),
            StoreError::Constraint(name) => Self::internal(format!("constraint {name}")),
            StoreError::Internal(why) => Self::internal(why),
        }
    }
}

impl TxError for Error {
    fn is_conflict(&self) -> bool {
        self.0.conflict
    }
}
