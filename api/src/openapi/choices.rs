//! Members and parameters that take one of a few words, with the words from the code that judges them.

use pressroom_schema::{PostStatus, Word};
use serde_json::{Map, Value, json};

use super::finish::each_schema;
use crate::auth::scope::Scope;
use crate::auth::viewer::Role;
use crate::service::{comments, links, media};

const FORMATS: [&str; 2] = ["markdown", "html"];
const KINDS: [&str; 2] = ["tag", "category"];

/// Adds them to the document.
pub(super) fn apply(document: &mut Value) {
    each_schema(document, |name, schema| {
        members(name, schema);
        for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(part) = part.as_object_mut() {
                members(name, part);
            }
        }
    });
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) {
                    parameter_schema(&id, &name, schema);
                }
            }
        }
    }
}

fn members(schema: &str, of: &mut Map<String, Value>) {
    let properties = of.get_mut("properties").and_then(Value::as_object_mut);
    for (member, property) in properties.into_iter().flatten() {
        if let (Some(words), Some(property)) = (member_words(schema, member), property.as_object_mut()) {
            restrict(property, &words);
        }
    }
}

/// The words of a schema's member.
fn member_words(schema: &str, member: &str) -> Option<Vec<&'static str>> {
    Some(match (schema, member) {
        ("BodyInput" | "Body", "format") => FORMATS.to_vec(),
        ("Comment", "status") => comments::STATUSES.to_vec(),
        ("CreateTag" | "UpdateTag" | "Tag", "kind") => KINDS.to_vec(),
        ("CreateUser" | "UpdateUser", "role") => Role::ALL.map(Role::as_str).to_vec(),
        ("CreateToken" | "Token" | "Me", "scopes") => Scope::ALL.map(Scope::as_str).to_vec(),
        ("LinkInput" | "Link", "relation") => links::RELATIONS.to_vec(),
        ("Link", "origin") => vec!["curated", "body"],
        ("Reason", "kind") => vec!["curated", "similar"],
        ("DiffLine", "op") => vec!["same", "added", "removed"],
        ("Media", "state") => vec!["processing", "ready", "failed"],
        ("Media", "mime") => media::TYPES.to_vec(),
        ("Session", "token_type") => vec!["Bearer"],
        _ => return None,
    })
}

/// The words of an operation's parameter.
fn parameter_words(operation: &str, parameter: &str) -> Option<Vec<&'static str>> {
    Some(match (operation, parameter) {
        ("list_posts", "status") => with_all(PostStatus::WORDS),
        ("list_moderation_queue", "status") => with_all(&comments::STATUSES),
        ("list_posts" | "get_post", "perspective") => vec!["live", "draft"],
        ("list_tags", "kind") => KINDS.to_vec(),
        ("list_users", "role") => Role::ALL.map(Role::as_str).to_vec(),
        _ => return None,
    })
}

fn with_all(words: &[&'static str]) -> Vec<&'static str> {
    words.iter().copied().chain(["all"]).collect()
}

fn parameter_schema(operation: &str, name: &str, schema: &mut Map<String, Value>) {
    if let Some(words) = parameter_words(operation, name) {
        restrict(schema, &words);
    }
}

/// Lets a string, or each string of a list, be one of `words`; null stays possible where it was.
fn restrict(schema: &mut Map<String, Value>, words: &[&'static str]) {
    if let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) {
        return restrict(items, words);
    }
    let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    if schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.iter().any(|k| k == "null")) {
        all.push(Value::Null);
    }
    schema.insert("enum".to_owned(), Value::Array(all));
}
