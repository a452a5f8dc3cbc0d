//! What is true of all operations of a kind, added to what each says of itself. Besides what OpenAPI has words for, an operation says
//! which right it takes (`x-right`), and what is special of its answers, by some of these words (`x-answer`):
//!
//! - `unvalidated`: a read that is made anew each time, with no validators;
//! - `fixed`: a read that does not depend on what the publication has;
//! - `dated`: a read that says when what it shows last changed;
//! - `stateless`: a read that looks at no store;
//! - `unversioned`: a write whose answer has no version of what it shows.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that is not there is null when read, and made when written"
)]

use std::collections::BTreeSet;

use pressroom_schema::{MediaType, Word};
use serde_json::{Map, Value, json};

use crate::auth::policy;
use crate::http::problem::{self, STATUSES};

/// Headers, parameters and security schemes that operations refer to.
const COMPONENTS: &str = include_str!("components.json");

/// Completes the document.
pub(super) fn finish(document: &mut Value) {
    document["servers"] = json!([{ "url": "/", "description": "This server." }]);
    document["info"]["contact"] = json!({ "name": "Pressroom", "url": env!("CARGO_PKG_REPOSITORY") });
    let fixed: Map<String, Value> = serde_json::from_str(COMPONENTS).unwrap_or_default();
    for (kind, components) in fixed {
        document["components"][kind] = components;
    }
    document["components"]["responses"] = problem::components();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
        }
    }
    merge_rules(document);
    prune(document);
}

/// Writes what the rules say of a member (`x-is`, see [`limits`](crate::service::limits)) beside the rest of its schema.
fn merge_rules(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(rules)) = members.remove("x-is") {
                members.extend(rules);
            }
            members.values_mut().for_each(merge_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(merge_rules),
        _ => {}
    }
}

/// An operation, as far as the rules ask.
struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    id: String,
    /// What it says of its answers.
    words: String,
    needs_token: bool,
    has_body: bool,
    takes_version: bool,
}

impl<'a> Operation<'a> {
    /// Reads it, and takes out what is for us alone.
    fn of(path: &'a str, method: &'a str, value: &mut Value) -> Self {
        let mut take = |name: &str| {
            let word = value.as_object_mut().and_then(|members| members.remove(name));
            word.as_ref().and_then(Value::as_str).map(str::to_owned)
        };
        let (right, words) = (take("x-right"), take("x-answer").unwrap_or_default());
        let needs_token = match value.get("security") {
            Some(own) => *own == json!([{ "token": [] }]),
            // A write that says nothing of who may do it needs a token.
            None => right.as_deref().map_or(path.starts_with("/v1/") && method != "get", policy::needs_token),
        };
        let mut parameters = value["parameters"].as_array().into_iter().flatten();
        let takes_version = parameters.any(|parameter| parameter["name"] == "If-Match");
        let has_body = value.get("requestBody").is_some();
        let id = value["operationId"].as_str().unwrap_or_default().to_owned();
        Self { path, method, id, words, needs_token, has_body, takes_version }
    }

    fn says(&self, word: &str) -> bool {
        self.words.split(' ').any(|own| own == word)
    }

    fn is_api(&self) -> bool {
        self.path.starts_with("/v1/")
    }

    fn is_graphql(&self) -> bool {
        self.path == "/graphql"
    }

    fn is_feed(&self) -> bool {
        self.id.ends_with("_feed")
    }

    /// Whether a token changes what it answers, so that a bad one is refused.
    fn takes_token(&self) -> bool {
        self.is_api() || self.is_graphql() || self.is_feed()
    }

    /// Whether it takes an `Idempotency-Key`.
    fn is_retried(&self) -> bool {
        self.method == "post" && (self.is_api() || self.is_graphql())
    }

    fn is_conditional(&self) -> bool {
        self.method == "get" && !self.is_graphql() && !self.says("unvalidated")
    }

    /// Whether it can answer with this status when something is wrong. GraphQL tells it in its own form.
    fn can(&self, status: &str) -> bool {
        !self.is_graphql()
            && match status {
                "400" | "500" => true,
                "401" => self.takes_token(),
                "403" => self.is_api(),
                "404" => self.path.contains('{') || self.is_feed(),
                "409" => self.is_api() && matches!(self.method, "post" | "put" | "patch"),
                "412" => self.takes_version,
                // The idempotency key of a POST is kept with a digest of its body.
                "413" | "422" => self.has_body || self.is_retried(),
                "415" => self.has_body,
                "429" => self.is_api() && self.method != "get",
                "503" => !self.says("stateless"),
                _ => false,
            }
    }

    /// The headers of an answer that is no problem.
    fn headers(&self, status: &str, is_list: bool) -> impl Iterator<Item = &'static str> {
        let is_validated = self.is_conditional() && matches!(status, "200" | "206" | "304");
        let is_shared = is_validated && !self.needs_token && !self.says("fixed");
        let is_write = self.is_api() && self.method != "get" && !self.says("unversioned");
        let has_place = status == "201" && self.id != "preview_post";
        [
            ("X-Request-Id", true),
            ("Cache-Control", !self.is_graphql()),
            ("ETag", is_validated || (is_write && matches!(status, "200" | "201"))),
            ("Vary", self.is_graphql() || is_validated || status == "308"),
            ("Surrogate-Key", is_shared || status == "308"),
            ("Last-Modified", is_validated && self.says("dated")),
            ("Link", is_list && status == "200"),
            ("Location", has_place || status == "308"),
            ("Idempotent-Replayed", self.is_retried()),
        ]
        .into_iter()
        .filter_map(|(name, is_there)| is_there.then_some(name))
    }
}

/// Adds to an operation what is true of all of its kind.
fn complete(path: &str, method: &str, value: &mut Value) {
    let operation = Operation::of(path, method, value);
    value["security"] = if operation.needs_token {
        json!([{ "token": [] }])
    } else if operation.takes_token() {
        json!([{}, { "token": [] }])
    } else {
        json!([])
    };
    let mut parameters = value["parameters"].as_array().cloned().unwrap_or_default();
    for (name, is_there) in [
        ("IfNoneMatch", operation.is_conditional()),
        ("IfModifiedSince", operation.is_conditional() && operation.says("dated")),
        ("IdempotencyKey", operation.is_retried()),
    ] {
        parameters.extend(is_there.then(|| reference("parameters", name)));
    }
    if !parameters.is_empty() {
        value["parameters"] = Value::Array(parameters);
    }
    if method == "patch" {
        let content = &mut value["requestBody"]["content"];
        content["application/json"] = content["application/merge-patch+json"].clone();
    }
    if operation.id == "upload_media" {
        value["requestBody"]["content"]["multipart/form-data"]["encoding"] =
            json!({ "file": { "contentType": MediaType::WORDS.join(", ") } });
    }
    let is_list = value["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|name| name.ends_with("List"));
    let Some(responses) = value["responses"].as_object_mut() else { return };
    for (status, name, _) in STATUSES.into_iter().filter(|(status, ..)| operation.can(status)) {
        responses.entry(status).or_insert_with(|| reference("responses", name));
    }
    if operation.is_conditional() {
        responses
            .entry("304")
            .or_insert_with(|| json!({ "description": "What the caller has is still right." }));
    }
    for (status, response) in responses.iter_mut().filter(|(_, response)| response.get("$ref").is_none()) {
        for name in operation.headers(status, is_list) {
            response["headers"][name] = reference("headers", name);
        }
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// Takes out the components that nothing refers to.
fn prune(document: &mut Value) {
    let mut found = true;
    while found {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        found = false;
        for (kind, components) in document["components"].as_object_mut().into_iter().flatten() {
            let components = components.as_object_mut().filter(|_| kind != "securitySchemes");
            if let Some(components) = components {
                let before = components.len();
                components.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                found |= components.len() < before;
            }
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
