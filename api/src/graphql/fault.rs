//! What a use case's error is in GraphQL.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use pressroom_graphql::{Fault, Member};

use crate::error::{Code, Error, FieldError, LimitMet};

/// What a resolver answers: `?` makes a [`Fault`] of a use case's error.
pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// A fault that REST has too, with its code and status there.
pub(crate) fn fault(code: Code, message: impl Into<String>) -> Fault {
    Fault::from(&Error::new(code, message))
}

/// A use case's error as GraphQL tells it: the same code, sentence and members as in REST's problem documents. The
/// cause of an unexpected failure stays here, in the log.
impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        if let Some(cause) = error.internal_detail().filter(|cause| !cause.is_empty()) {
            tracing::error!(code = error.code().as_str(), cause, "a GraphQL request failed");
        }
        let members =
            error.errors().iter().cloned().map(|FieldError { pointer, parameter, code, detail }| Member {
                pointer,
                parameter,
                code,
                detail,
            });
        let mut fault = Self::new(error.code().as_str(), error.detail()).status(error.code().status());
        fault = fault.with_members(members);
        if let Some(seconds) = error.retry_after() {
            fault = fault.retry_after(seconds);
        }
        if let Some(limit) = error.limit() {
            fault = fault.extension("limit", limit_value(limit));
        }
        if let Some(version) = error.version() {
            fault = fault.extension("version", version);
        }
        fault
    }
}

/// The limit that was met, in GraphQL's names.
fn limit_value(limit: &LimitMet) -> Value {
    let mut members = IndexMap::new();
    members.insert(Name::new("name"), Value::from(limit.name));
    members.insert(Name::new("setting"), Value::from(limit.setting));
    members.insert(Name::new("quota"), Value::from(limit.quota));
    members.insert(Name::new("windowSeconds"), Value::from(limit.window_seconds));
    members.insert(Name::new("retryAfterSeconds"), Value::from(limit.retry_after_seconds));
    Value::Object(members)
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

#[cfg(test)]
mod tests {
    use pressroom_graphql::code;

    use super::*;

    #[test]
    fn the_engines_own_codes_are_those_of_the_table() {
        assert_eq!(code::BAD_REQUEST, Code::BadRequest.as_str());
        assert_eq!(code::METHOD_NOT_ALLOWED, Code::MethodNotAllowed.as_str());
        let (ours, engines) = (Fault::from(&Error::internal("")), Fault::internal());
        assert_eq!((ours.code(), ours.message()), (engines.code(), engines.message()));
        assert_eq!(ours.http_status(), engines.http_status());
    }
}
