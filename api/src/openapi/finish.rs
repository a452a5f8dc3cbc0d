//! What is true of all operations of a kind, added to what each says of itself.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that is not there is null when read, and made when written"
)]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{choices, examples, limits, names, problems};
use crate::service::media;

/// Writes that anybody may do.
const OPEN_WRITES: [&str; 6] =
    ["login", "refresh", "add_comment", "update_comment", "delete_comment", "graphql_post"];
/// Reads that need a token.
const CLOSED_READS: [&str; 10] = [
    "list_revisions",
    "get_revision",
    "diff_revisions",
    "get_me",
    "list_tokens",
    "list_users",
    "get_user",
    "list_media",
    "get_media",
    "list_moderation_queue",
];
/// Reads that are made anew each time, with no validators.
const UNVALIDATED: [&str; 3] = ["get_health", "get_readiness", "get_metrics"];
/// Reads that tell when what they show last changed.
const DATED: [&str; 5] = ["get_post", "get_media", "get_rss_feed", "get_atom_feed", "get_json_feed"];
/// Writes whose answer bears the version of what it shows.
const UNVERSIONED_WRITES: [&str; 6] =
    ["login", "refresh", "create_token", "preview_post", "moderate_comments", "add_post_link"];
/// Objects that are made without an address of their own.
const UNADDRESSED: [&str; 1] = ["preview_post"];

/// An operation, as far as the rules ask.
pub(super) struct Operation<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) has_body: bool,
    parameters: Vec<String>,
}

impl Operation<'_> {
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|p| p == name)
    }

    pub(super) fn is_feed(&self) -> bool {
        matches!(self.id, "get_rss_feed" | "get_atom_feed" | "get_json_feed")
    }

    fn is_api(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    pub(super) fn is_graphql(&self) -> bool {
        self.path == "/graphql"
    }

    /// Whether it takes an `Idempotency-Key`.
    fn is_retried(&self) -> bool {
        self.method == "post" && (self.is_api() || self.is_graphql())
    }

    fn reads(&self) -> bool {
        self.method == "get"
    }

    /// Whether a token changes what it answers, so that a bad one is refused.
    pub(super) fn takes_token(&self) -> bool {
        self.is_api() || self.is_graphql() || self.is_feed()
    }

    fn needs_token(&self) -> bool {
        let known =
            if self.reads() { CLOSED_READS.contains(&self.id) } else { !OPEN_WRITES.contains(&self.id) };
        self.is_api() && known
    }

    fn is_conditional(&self) -> bool {
        self.reads() && !self.is_graphql() && !UNVALIDATED.contains(&self.id)
    }

    /// The headers of an answer that is no problem.
    fn headers(&self, status: &str, is_list: bool) -> Vec<&'static str> {
        let mut names = vec!["X-Request-Id"];
        names.push(if self.is_graphql() { "Vary" } else { "Cache-Control" });
        if self.is_conditional() && matches!(status, "200" | "206" | "304") {
            names.extend(["ETag", "Vary"]);
            if !CLOSED_READS.contains(&self.id)
                && !matches!(self.id, "get_openapi" | "get_jwks" | "get_graphql_schema")
            {
                names.push("Surrogate-Key");
            }
            if DATED.contains(&self.id) {
                names.push("Last-Modified");
            }
            if is_list && status == "200" {
                names.push("Link");
            }
        }
        if self.is_api()
            && !self.reads()
            && matches!(status, "200" | "201")
            && !UNVERSIONED_WRITES.contains(&self.id)
        {
            names.push("ETag");
        }
        if (status == "201" && !UNADDRESSED.contains(&self.id)) || status == "308" {
            names.push("Location");
        }
        if status == "308" {
            names.extend(["Vary", "Surrogate-Key"]);
        }
        if self.is_retried() {
            names.push("Idempotent-Replayed");
        }
        names
    }
}

/// A reference to a header among the components.
pub(super) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// Completes the document.
pub(super) fn finish(document: &mut Value) {
    document["servers"] = json!([{ "url": "/", "description": "This server." }]);
    document["info"]["contact"] = json!({ "name": "Pressroom", "url": env!("CARGO_PKG_REPOSITORY") });
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from POST /v1/auth/login (a JWT), or an API token from POST /v1/tokens.",
        }
    });
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = parameters();
    document["components"]["responses"] = problems::components();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths.iter_mut() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                complete(path, method, operation);
            }
        }
    }
    names::settle(document);
    choices::apply(document);
    limits::apply(document);
    examples::apply(document);
    prune(document);
}

fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    json!({
        "X-Request-Id": text("The request's id; also `instance` of a problem.", "0190a5d8-7c3e-7cc0-8000-000000000001"),
        "ETag": text("A strong validator of this answer (RFC 9110); send it as If-None-Match, or as If-Match to change what it shows.", "\"v7-1yKzBvh8Zk0Qw3Rb\""),
        "Last-Modified": text("When the publication was last written to: nothing that is shown has changed since.", "Mon, 24 Jun 2013 14:05:00 GMT"),
        "Cache-Control": text("How long the answer may be kept, and by whom.", "public, max-age=0, s-maxage=60, stale-while-revalidate=600"),
        "Allow": text("The methods that this path has.", "GET, HEAD, POST, OPTIONS"),
        "Vary": text("The request's headers that the answer depends on.", "Authorization, Accept-Encoding"),
        "Surrogate-Key": text("What a public answer depends on, for purging a CDN by object.", "posts site"),
        "Link": text("The next and the previous page (RFC 8288).", "</v1/posts?limit=20&after=CURSOR>; rel=\"next\""),
        "Location": text("Where the new object is, or where the old one went.", "/v1/posts/the-tide-table-on-the-chandlers-door"),
        "Retry-After": { "description": "Seconds until another try has a chance.", "schema": { "type": "integer", "minimum": 0 }, "example": 1 },
        "WWW-Authenticate": text("How to sign in (RFC 6750).", "Bearer realm=\"pressroom\""),
        "Idempotent-Replayed": { "description": "`true` where this is the first answer to the same Idempotency-Key, given again.", "schema": { "type": "string", "enum": ["true"] } },
    })
}

fn parameters() -> Value {
    json!({
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The ETag of the answer that the caller has; 304 where it is still right.",
            "schema": { "type": "string" },
        },
        "IfModifiedSince": {
            "name": "If-Modified-Since", "in": "header", "required": false,
            "description": "The Last-Modified of the answer that the caller has; If-None-Match, where given, decides alone.",
            "schema": { "type": "string" },
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes a retry safe: the same key and body returns the first answer for a day.",
            "schema": { "type": "string", "minLength": 8, "maxLength": 255, "pattern": "^[!-~]{8,255}$" },
        },
    })
}

/// Adds to an operation what is true of all of its kind.
fn complete(path: &str, method: &str, value: &mut Value) {
    let id = value["operationId"].as_str().unwrap_or_default().to_owned();
    let own: Vec<Value> = value["parameters"].as_array().cloned().unwrap_or_default();
    let operation = Operation {
        id: &id,
        method,
        path,
        has_body: value.get("requestBody").is_some(),
        parameters: own.iter().filter_map(|p| p["name"].as_str()).map(str::to_owned).collect(),
    };
    value["security"] = if operation.needs_token() {
        json!([{ "token": [] }])
    } else if operation.takes_token() {
        json!([{}, { "token": [] }])
    } else {
        json!([])
    };
    let mut added = Vec::new();
    if operation.is_conditional() {
        added.push("IfNoneMatch");
        if DATED.contains(&operation.id) {
            added.push("IfModifiedSince");
        }
    }
    if operation.is_retried() {
        added.push("IdempotencyKey");
    }
    let added = added.into_iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    let all: Vec<Value> = own.into_iter().chain(added).collect();
    if !all.is_empty() {
        value["parameters"] = Value::Array(all);
    }
    if method == "patch"
        && let Some(content) = value["requestBody"]["content"].as_object_mut()
        && let Some(patch) = content.get("application/merge-patch+json").cloned()
    {
        content.insert("application/json".to_owned(), patch);
    }
    if operation.id == "upload_media" {
        value["requestBody"]["content"]["multipart/form-data"]["encoding"] =
            json!({ "file": { "contentType": media::TYPES.join(", ") } });
    }
    let is_list = value["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|name| name.contains("/List_"));
    let Some(responses) = value["responses"].as_object_mut() else { return };
    for (status, problem) in problems::of(&operation) {
        responses.entry(status).or_insert(problem);
    }
    if operation.is_conditional() {
        responses
            .entry("304")
            .or_insert_with(|| json!({ "description": "What the caller has is still right." }));
    }
    for (status, response) in responses.iter_mut() {
        if response.get("$ref").is_none() {
            for name in operation.headers(status, is_list) {
                response["headers"][name] = header(name);
            }
        }
    }
}

/// Takes out the components that nothing refers to.
fn prune(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        let Some(kinds) = document["components"].as_object_mut() else { return };
        let mut found = false;
        for (kind, components) in kinds.iter_mut().filter(|(kind, _)| *kind != "securitySchemes") {
            if let Some(components) = components.as_object_mut() {
                let before = components.len();
                components.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                found |= components.len() < before;
            }
        }
        if !found {
            return;
        }
    }
}

fn references(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            used.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, used));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, used)),
        _ => {}
    }
}

/// Calls `change` with each schema of the components and its name.
pub(super) fn each_schema(document: &mut Value, mut change: impl FnMut(&str, &mut Map<String, Value>)) {
    let schemas = document["components"]["schemas"].as_object_mut().into_iter().flatten();
    for (name, schema) in schemas {
        if let Some(schema) = schema.as_object_mut() {
            change(name, schema);
        }
    }
}
