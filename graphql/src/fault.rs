//! What a GraphQL error says to a client (section 7.1.2): a stable code, a sentence, and the members at fault. async-graphql's errors
//! have none of these but by convention; this is the convention, and stays.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use async_graphql::{ErrorExtensionValues, Name, Pos, ServerError, Value};

/// `extensions.code`.
pub mod code {
    /// The request cannot be read.
    pub const BAD_REQUEST: &str = "bad_request";
    /// A mutation needs POST.
    pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
    /// A failure that is nobody's business but the operator's.
    pub const INTERNAL: &str = "internal";

    macro_rules! codes {
        ($($(#[doc = $help:literal])+ $name:ident = $code:literal;)+) => {
            $($(#[doc = $help])+ pub const $name: &str = $code;)+

            /// The codes that only GraphQL has, and what they mean, for the documentation.
            pub const ALL: &[(&str, &str)] = &[$(($code, concat!($($help),+)),)+];
        };
    }

    codes! {
        /// The document is not GraphQL; `locations` says where it stops being so.
        PARSE_FAILED = "graphql_parse_failed";
        /// The document does not fit the schema: an unknown field, a missing argument, a circular fragment.
        VALIDATION_FAILED = "graphql_validation_failed";
        /// A variable is missing or of the wrong type; `errors` names the place, as in `/variables/input/title`.
        BAD_VARIABLES = "bad_variables";
        /// An argument has the right type and a value that is not allowed.
        BAD_ARGUMENTS = "bad_arguments";
        /// `operationName` names no operation of the document, or is needed and absent.
        UNKNOWN_OPERATION = "unknown_operation";
        /// Fields are nested deeper than the limit. Ask in several queries.
        TOO_DEEP = "query_too_deep";
        /// The query asks for more fields than the limit, each counted as often as its lists may repeat it.
        TOO_COMPLEX = "query_too_complex";
        /// The query has more aliases than the limit.
        TOO_MANY_ALIASES = "too_many_aliases";
        /// The operation has more root fields than the limit.
        TOO_MANY_ROOT_FIELDS = "too_many_root_fields";
        /// The query has more directives than the limit.
        TOO_MANY_DIRECTIVES = "too_many_directives";
        /// `first`, `last` or `limit` is larger than the limit. Ask page by page.
        LIST_TOO_LONG = "list_too_long";
        /// The document is longer, or nested deeper, than the limit. Texts belong in the variables.
        DOCUMENT_TOO_LARGE = "document_too_large";
        /// The variables are larger than the limit.
        VARIABLES_TOO_LARGE = "variables_too_large";
        /// `__schema` and `__type` are switched off on this server.
        INTROSPECTION_DISABLED = "introspection_disabled";
        /// The body is a list of requests. Send one at a time.
        BATCHING_UNSUPPORTED = "batching_not_supported";
        /// No persisted query has this hash; send the text with it. Spelled as Apollo's clients expect.
        PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND";
        /// Persisted queries are known in version 1 alone. Spelled as Apollo's clients expect.
        PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED";
        /// The text of a persisted query does not have the hash that was sent with it.
        PERSISTED_QUERY_MISMATCH = "persisted_query_mismatch";
    }
}

/// Why a request was refused, or why a field has no value.
///
/// A resolver may return one with `?`; the engine turns it into `message` and `extensions` of the GraphQL error.
#[derive(Debug, Clone)]
pub struct Fault(Box<Parts>);

/// A member at fault, in a request's body or its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where in the body: a JSON pointer (RFC 6901).
    pub pointer: Option<String>,
    /// Which argument or parameter, where it is not in the body.
    pub parameter: Option<String>,
    /// What kind of fault, in `snake_case`.
    pub code: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

#[derive(Debug, Clone)]
struct Parts {
    code: Cow<'static, str>,
    message: String,
    status: u16,
    retry_after: Option<u32>,
    locations: Vec<Pos>,
    members: Vec<Member>,
    extensions: BTreeMap<Cow<'static, str>, Value>,
}

impl Fault {
    /// A fault of the client's: status 400 where the response's media type lets the status speak.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code: code.into(),
            message: message.into(),
            status: 400,
            retry_after: None,
            locations: Vec::new(),
            members: Vec::new(),
            extensions: BTreeMap::new(),
        }))
    }

    /// The answer to a failure that is nobody's business but the operator's: no word of the cause.
    #[must_use]
    pub fn internal() -> Self {
        let sentence = "Something went wrong on our side. Quote the request's id when you report it.";
        Self::new(code::INTERNAL, sentence).status(500)
    }

    /// The HTTP status for a request that is refused with this fault. With `application/json`, 400 is sent as 200
    /// (GraphQL over HTTP, appendix A); other statuses are sent as they are.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    /// Seconds after which the same request may succeed (RFC 9110 `Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Where in the document the fault is.
    #[must_use]
    pub fn at(mut self, position: Pos) -> Self {
        self.0.locations.push(position);
        self
    }

    /// Adds a member at fault, by the JSON pointer to it.
    #[must_use]
    pub fn member(
        self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let (pointer, code, detail) = (Some(pointer.into()), code.into(), detail.into());
        self.with_members([Member { pointer, parameter: None, code, detail }])
    }

    /// Adds members at fault.
    #[must_use]
    pub fn with_members(mut self, members: impl IntoIterator<Item = Member>) -> Self {
        self.0.members.extend(members);
        self
    }

    /// Adds one more entry to `extensions`, for instance the present `version` of an object that was changed meanwhile.
    #[must_use]
    pub fn extension(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.0.extensions.insert(name.into(), value.into());
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The sentence for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The members at fault.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.0.members
    }

    /// The HTTP status, see [`Fault::status`].
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.0.status
    }

    /// See [`Fault::retry_after`].
    #[must_use]
    pub fn seconds_to_wait(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// Writes message and extensions over those of `error`; its path and locations stay.
    pub(crate) fn write_onto(&self, error: &mut ServerError) {
        let mut extensions = error.extensions.take().unwrap_or_default();
        self.fill(&mut extensions);
        error.message.clone_from(&self.0.message);
        error.extensions = Some(extensions);
    }

    /// The error of a request that was refused as a whole.
    #[must_use]
    pub fn to_request_error(&self) -> ServerError {
        let mut error = ServerError::new(self.0.message.clone(), None);
        error.locations.clone_from(&self.0.locations);
        let mut extensions = ErrorExtensionValues::default();
        self.fill(&mut extensions);
        error.extensions = Some(extensions);
        error
    }

    fn fill(&self, extensions: &mut ErrorExtensionValues) {
        extensions.set("code", self.0.code.as_ref());
        if !self.0.members.is_empty() {
            let members = self.0.members.iter().map(|member| {
                let mut object = vec![("code", &member.code), ("detail", &member.detail)];
                object.extend(member.pointer.as_ref().map(|pointer| ("pointer", pointer)));
                object.extend(member.parameter.as_ref().map(|parameter| ("parameter", parameter)));
                Value::Object(object.into_iter().map(|(name, text)| (Name::new(name), text.into())).collect())
            });
            extensions.set("errors", Value::List(members.collect()));
        }
        if let Some(seconds) = self.0.retry_after {
            extensions.set("retryAfter", seconds);
        }
        for (name, value) in &self.0.extensions {
            extensions.set(name, value.clone());
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// A pointer's next step, escaped as RFC 6901 asks.
pub(crate) fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The name of a value's kind, for messages.
#[must_use]
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Boolean(_) => "a boolean",
        Value::Enum(_) => "an enum value",
        Value::List(_) => "a list",
        Value::Object(_) | Value::Binary(_) => "an object",
    }
}
