//! The names of the schemas, as a generated client has them: `Post` and `PostList`, not what the code calls them.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that is not there is null when read, and made when written"
)]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::finish::each_schema;

const SCHEMAS: &str = "#/components/schemas/";

/// Gives each schema its public name, and lets lists refer to their rows.
pub(super) fn settle(document: &mut Value) {
    each_schema(document, |name, schema| {
        // utoipa writes the row of a generic type out where it stands.
        if let Some(row) = name.strip_prefix("List_") {
            schema["properties"]["data"]["items"] = json!({ "$ref": format!("{SCHEMAS}{row}") });
        }
    });
    // What a post embeds is a list of comments, which utoipa names by the generic type alone.
    document["components"]["schemas"]["PostView"]["properties"]["comments"]["oneOf"][0]["$ref"] =
        json!(format!("{SCHEMAS}List_CommentView"));
    let Some(old) = document["components"]["schemas"].as_object_mut().map(std::mem::take) else { return };
    let renamed: BTreeMap<String, String> = old.keys().map(|name| (name.clone(), public(name))).collect();
    let new: Map<String, Value> =
        old.into_iter().map(|(name, schema)| (renamed[&name].clone(), schema)).collect();
    document["components"]["schemas"] = Value::Object(new);
    follow(document, &renamed);
}

fn public(name: &str) -> String {
    match name.strip_prefix("List_") {
        Some(row) => format!("{}List", public(row)),
        None => name.strip_suffix("View").unwrap_or(name).to_owned(),
    }
}

fn follow(value: &mut Value, renamed: &BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(new) = reference.strip_prefix(SCHEMAS).and_then(|name| renamed.get(name))
            {
                *reference = format!("{SCHEMAS}{new}");
            }
            members.values_mut().for_each(|member| follow(member, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| follow(item, renamed)),
        _ => {}
    }
}
