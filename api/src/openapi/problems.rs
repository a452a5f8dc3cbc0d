//! The answers that say that something is wrong, and which operation can give which.

use serde_json::{Map, Value, json};

use super::finish::{Operation, header};

/// Status, name among the components, and what it means.
const PROBLEMS: [(&str, &str, &str); 13] = [
    ("400", "BadRequest", "The request cannot be read: malformed, a bad query parameter, a bad cursor."),
    ("401", "Unauthenticated", "No token where one is needed, or one that is not good."),
    ("403", "Forbidden", "The caller's role or token does not allow this."),
    ("404", "NotFound", "Nothing here, or nothing that the caller may know of."),
    ("406", "NotAcceptable", "None of the types in Accept can be produced."),
    ("409", "Conflict", "Something else has this name, or the object's state forbids it."),
    ("412", "PreconditionFailed", "Changed by somebody else since; `version` is the present one."),
    ("413", "TooLarge", "Larger than this server takes."),
    ("415", "UnsupportedMediaType", "Not a type that this takes."),
    ("422", "ValidationFailed", "Well formed, but not valid; `errors` names each member."),
    (
        "429",
        "RateLimited",
        "Too many of these; `limit` names the limit and its setting, and Retry-After says how long to wait.",
    ),
    ("500", "Internal", "A defect on our side; the log has more under the request's id."),
    ("503", "Unavailable", "Busy, or a store is out of reach; try again after Retry-After."),
];

/// Reads that a caller can ask for too often; of what writes, all.
const LIMITED_READS: [&str; 3] = ["search", "list_posts", "get_comment"];
/// Removals that the state of something else can forbid.
const HINDERED: [&str; 5] =
    ["delete_author", "delete_media", "delete_user", "delete_post", "delete_post_link"];
/// What answers without looking at a store.
const SELF_CONTAINED: [&str; 3] = ["get_health", "get_metrics", "get_openapi"];

/// Every problem as a component.
pub(super) fn components() -> Value {
    let mut all = Map::new();
    for (status, name, description) in PROBLEMS {
        let mut headers = Map::new();
        let more = match status {
            "401" => vec!["WWW-Authenticate"],
            "429" => vec!["Retry-After", "RateLimit", "RateLimit-Policy"],
            "503" => vec!["Retry-After"],
            _ => vec![],
        };
        for name in ["X-Request-Id", "Cache-Control"].into_iter().chain(more) {
            headers.insert(name.to_owned(), header(name));
        }
        all.insert(
            name.to_owned(),
            json!({
                "description": description,
                "headers": headers,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            }),
        );
    }
    Value::Object(all)
}

/// The statuses that an operation can answer with when something is wrong, besides those that it declares itself.
pub(super) fn of(operation: &Operation<'_>) -> Vec<(&'static str, Value)> {
    let Operation { id, method, path, .. } = *operation;
    let api = path.starts_with("/v1/");
    let writes = method != "get";
    if operation.is_graphql() {
        return of_graphql(operation);
    }
    let can = |status: &str| match status {
        "400" | "500" => true,
        "401" => operation.takes_token(),
        "403" => api,
        "404" => path.contains('{') || operation.is_feed() || id == "get_graphql_schema",
        "409" => api && (matches!(method, "post" | "put" | "patch") || HINDERED.contains(&id)),
        "412" => operation.has_parameter("If-Match"),
        // The idempotency key of a POST is kept with a digest of its body.
        "413" | "422" => operation.has_body || (api && method == "post"),
        "415" => operation.has_body,
        "429" => api && (writes || LIMITED_READS.contains(&id)),
        "503" => !SELF_CONTAINED.contains(&id),
        _ => false,
    };
    PROBLEMS
        .into_iter()
        .filter(|(status, _, _)| can(status))
        .map(|(status, name, _)| (status, json!({ "$ref": format!("#/components/responses/{name}") })))
        .collect()
}

/// GraphQL tells what is wrong in its own form, whatever the status.
fn of_graphql(operation: &Operation<'_>) -> Vec<(&'static str, Value)> {
    let body = json!({ "schema": { "$ref": "#/components/schemas/GraphqlResponse" } });
    let statuses: &[&str] = if operation.has_body {
        &["400", "401", "406", "409", "413", "415", "422", "429", "500", "503"]
    } else {
        &["400", "401", "405", "406", "429", "500", "503"]
    };
    let known = |status: &str| PROBLEMS.into_iter().find(|(known, _, _)| *known == status);
    statuses
        .iter()
        .map(|status| {
            let description = match *status {
                "405" => "A mutation, which needs POST.",
                "409" => "The first request with this Idempotency-Key is still under way.",
                "422" => "The Idempotency-Key was used for another request.",
                status => known(status).map_or("It was refused.", |(_, _, description)| description),
            };
            let mut headers = Map::new();
            match *status {
                "401" => headers.insert("WWW-Authenticate".to_owned(), header("WWW-Authenticate")),
                "405" => headers.insert("Allow".to_owned(), header("Allow")),
                "429" | "503" => headers.insert("Retry-After".to_owned(), header("Retry-After")),
                _ => None,
            };
            let answer = json!({
                "description": description,
                "headers": headers,
                "content": { "application/graphql-response+json": body, "application/json": body },
            });
            (*status, answer)
        })
        .collect()
}
