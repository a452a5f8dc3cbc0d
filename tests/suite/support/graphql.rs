//! GraphQL, as clients speak it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::app::{Answer, Ask, TestApp, text};

pub(crate) fn ask<'a>(app: &'a TestApp, query: &str, variables: &Value) -> Ask<'a> {
    app.post("/graphql").json(&json!({ "query": query, "variables": variables }))
}

/// The data of an answer without errors.
#[track_caller]
pub(crate) fn data(answer: &Answer) -> Value {
    let body = answer.ok();
    assert_eq!(body.get("errors"), None, "{body}");
    body["data"].clone()
}

/// The code of the first error.
#[track_caller]
pub(crate) fn code(answer: &Answer) -> String {
    text(&answer.json()["errors"][0]["extensions"]["code"])
}

/// The name that a member of REST has in GraphQL.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

/// The root fields, of queries and of mutations.
pub(crate) async fn root_fields(app: &TestApp) -> [BTreeSet<String>; 2] {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let schema = data(&ask(app, query, &Value::Null).await);
    ["queryType", "mutationType"].map(|kind| {
        let fields = schema["__schema"][kind]["fields"].as_array().unwrap();
        fields.iter().map(|field| text(&field["name"])).collect()
    })
}
