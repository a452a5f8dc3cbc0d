//! The mutations as the writes of REST: each is there, takes and gives the same, and is refused for the same reasons.

mod refusals;
mod session;

use std::collections::BTreeSet;

use pressroom_schema::changes::ChangeRow;
use serde_json::{Value, json};

use crate::support::app::{Store, TestApp, User, each, text};
use crate::support::faces::Faces;
use crate::support::graphql::camel;
use crate::support::mask::Mask;

/// Writes of REST that have no mutation, and why.
const ONLY_REST: [(&str, &str); 2] = [
    ("graphql_post", "is how mutations come"),
    ("upload_media", "files come as forms, which GraphQL has not"),
];

fn is_only_rest(operation: &str) -> bool {
    ONLY_REST.iter().any(|(name, _)| *name == operation)
}

/// Something that was done or read, and what came back.
type Said = (String, Value);

/// All that there is, as an admin reads it.
async fn state(app: &TestApp, admin: &User) -> Vec<Said> {
    let mut said = Vec::new();
    for path in [
        "/v1/site",
        "/v1/posts?status=all&perspective=draft&include=html,text,links,related,comments",
        "/v1/posts?trashed=true",
        "/v1/posts?include=html,links,related,adjacent,comments",
        "/v1/comments?status=pending,approved,spam,trash",
        "/v1/authors",
        "/v1/tags",
        "/v1/media",
        "/v1/users",
        "/v1/tokens",
    ] {
        said.push((path.to_owned(), app.get(path).by(admin).await.ok()));
    }
    let posts = said[1].1["data"].as_array().unwrap().clone();
    for post in &posts {
        let path = format!("/v1/posts/{}/revisions", text(&post["id"]));
        said.push(("revisions".to_owned(), app.get(&path).by(admin).await.ok()));
    }
    said
}

/// What the log says was done, with the names of the public answers that it touched.
async fn log(app: &TestApp) -> Vec<Said> {
    let line = |change: ChangeRow| {
        let ChangeRow { action, object_type, version, actor_kind, keys, .. } = change;
        (format!("{action} {object_type} {version} by {actor_kind}"), json!({ "keys": keys.0 }))
    };
    app.log().await.into_iter().map(line).collect()
}

/// Secrets are of one run, and what is null may be left out.
fn settled(value: Value) -> Value {
    const SECRETS: [&str; 7] =
        ["access_token", "refresh_token", "secret", "edit_token", "guest_token", "token", "hint"];
    match value {
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            let settled =
                members.map(|(name, value)| match value.as_str().map(|text| text.split_once("?preview=")) {
                    Some(_) if SECRETS.contains(&name.as_str()) => (name, json!("SECRET")),
                    Some(Some((address, _))) => (name, json!(address)),
                    _ => (name, settled(value)),
                });
            settled.collect()
        }
        one => one,
    }
}

/// Line by line, with numbers for ids.
fn lines(said: &[Said]) -> Vec<String> {
    let mut mask = Mask::default();
    let mut line = |(name, value): &Said| {
        let mut value = settled(value.clone());
        // The log's names have no order of their own.
        if let Some(keys) = value.get_mut("keys").and_then(Value::as_array_mut) {
            let mut masked: Vec<String> = keys.iter().map(|key| mask.text(&text(key))).collect();
            masked.sort_unstable();
            *keys = masked.into_iter().map(Value::from).collect();
        }
        mask.text(&format!("{name} {value}"))
    };
    said.iter().map(&mut line).collect()
}

#[track_caller]
fn same(what: &str, one: &[String], other: &[String]) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other, "{what}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
}

#[actix_web::test]
async fn a_session_through_mutations_does_what_it_does_through_rest() {
    let mut on_each = Vec::new();
    for (rest, graphql) in each().await.into_iter().zip(each().await) {
        let faces = Faces::of(&rest).await;
        let by_rest = session::play(&rest, &faces, None).await;
        let answers: Vec<Value> = by_rest.iter().map(|(_, answer)| answer.clone()).collect();
        let by_graphql = session::play(&graphql, &faces, Some(&answers)).await;
        let by_rest_lines = lines(&by_rest);
        same("REST on the left, GraphQL on the right", &by_rest_lines, &lines(&by_graphql));
        on_each.push(by_rest_lines);
        let done: BTreeSet<&str> = by_rest.iter().map(|(operation, _)| operation.as_str()).collect();
        let left: Vec<&str> =
            faces.operations().filter(|name| !done.contains(name) && !is_only_rest(name)).collect();
        assert!(left.is_empty(), "add {left:?} to the session");
    }
    if let [sqlite, postgres] = &on_each[..] {
        same("SQLite on the left, PostgreSQL on the right", sqlite, postgres);
    }
}

#[actix_web::test]
async fn every_write_of_rest_has_its_mutation() {
    let app = TestApp::open(Store::sqlite()).await;
    let faces = Faces::of(&app).await;
    let mutations: BTreeSet<String> = faces.mutations().map(str::to_owned).collect();
    for (operation, _) in ONLY_REST {
        assert!(faces.operations().any(|name| name == operation), "there is no {operation} any more");
    }
    let wanted = faces.operations().filter(|operation| !is_only_rest(operation)).map(camel);
    assert_eq!(mutations, wanted.collect());
}

#[actix_web::test]
async fn a_mutation_takes_all_that_its_operation_takes() {
    let app = TestApp::open(Store::sqlite()).await;
    let faces = Faces::of(&app).await;
    for operation in faces.operations().filter(|operation| !is_only_rest(operation)) {
        let (by_rest, by_graphql) = faces.taken(operation);
        assert_eq!(by_rest, by_graphql, "{operation}: REST on the left, GraphQL on the right");
    }
}
