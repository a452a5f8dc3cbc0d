//! What is true of all operations of a kind, added to what each says of itself.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that is not there is null when read, and made when written"
)]

use std::collections::BTreeSet;

use pressroom_schema::{MediaType, Word};
use serde_json::{Map, Value, json};

use super::problems;
use crate::auth::policy;

/// Headers, parameters and security schemes that operations refer to.
const COMPONENTS: &str = include_str!("components.json");
/// Reads that are made anew each time, with no validators.
const UNVALIDATED: [&str; 3] = ["get_health", "get_readiness", "get_metrics"];
/// Reads that do not depend on what the publication has.
const FIXED: [&str; 3] = ["get_openapi", "get_jwks", "get_graphql_schema"];
/// Reads that say when what they show last changed.
const DATED: [&str; 5] = ["get_post", "get_media", "get_rss_feed", "get_atom_feed", "get_json_feed"];
/// Writes whose answer has no version of what it shows.
const UNVERSIONED_WRITES: [&str; 6] =
    ["login", "refresh", "create_token", "preview_post", "moderate_comments", "add_post_link"];

/// An operation, as far as the rules ask.
pub(super) struct Operation<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) has_body: bool,
    needs_token: bool,
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

    fn is_conditional(&self) -> bool {
        self.reads() && !self.is_graphql() && !UNVALIDATED.contains(&self.id)
    }

    /// The headers of an answer that is no problem.
    fn headers(&self, status: &str, is_list: bool) -> Vec<&'static str> {
        let mut names = vec!["X-Request-Id"];
        names.push(if self.is_graphql() { "Vary" } else { "Cache-Control" });
        if self.is_conditional() && matches!(status, "200" | "206" | "304") {
            names.extend(["ETag", "Vary"]);
            if !self.needs_token && !FIXED.contains(&self.id) {
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
        if (status == "201" && self.id != "preview_post") || status == "308" {
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
    let fixed: Map<String, Value> = serde_json::from_str(COMPONENTS).unwrap_or_default();
    for (kind, components) in fixed {
        document["components"][kind] = components;
    }
    document["components"]["responses"] = problems::components();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths.iter_mut() {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                complete(path, method, operation);
            }
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

/// Adds to an operation what is true of all of its kind.
fn complete(path: &str, method: &str, value: &mut Value) {
    let id = value["operationId"].as_str().unwrap_or_default().to_owned();
    let own: Vec<Value> = value["parameters"].as_array().cloned().unwrap_or_default();
    let right = value.as_object_mut().and_then(|members| members.remove("x-right"));
    let needs_right = right.as_ref().and_then(Value::as_str).is_some_and(policy::needs_token);
    // A write that says nothing of who may do it needs a token.
    let says_nothing = right.is_none() && method != "get" && path.starts_with("/v1/");
    let needs_token = match value.get("security") {
        Some(own) => *own == json!([{ "token": [] }]),
        None => needs_right || says_nothing,
    };
    let operation = Operation {
        id: &id,
        needs_token,
        method,
        path,
        has_body: value.get("requestBody").is_some(),
        parameters: own.iter().filter_map(|p| p["name"].as_str()).map(str::to_owned).collect(),
    };
    value["security"] = if needs_token {
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
            json!({ "file": { "contentType": MediaType::WORDS.join(", ") } });
    }
    let is_list = value["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|name| name.ends_with("List"));
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
