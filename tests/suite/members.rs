//! What the contract says of the members that editors send, held against what the server does with them.

use pressroom::auth::viewer::Role;
use serde_json::{Map, Value, json};

use crate::support::app::{Store, TestApp, on_both};

/// The members of an input by the contract.
fn members(input: &str) -> Map<String, Value> {
    let document: Value = serde_json::from_str(&pressroom::openapi::document()).unwrap();
    let schema = &document["components"]["schemas"][input];
    schema["properties"].as_object().unwrap_or_else(|| panic!("{input} has no members")).clone()
}

/// Whether a member is of this type, or null.
fn is(member: &Value, kind: &str) -> bool {
    member["type"] == kind || member["type"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
}

/// The last word of those that a member takes.
fn word(member: &Value) -> Option<Value> {
    member["enum"].as_array()?.iter().rfind(|word| !word.is_null()).cloned()
}

/// A text that a member takes, but for its length: of so many characters, or a few where that is too short.
fn of_length(member: &Value, length: usize) -> String {
    let start = match (member["format"].as_str(), member["pattern"].as_str()) {
        (Some("uri"), _) => "https://example.org/",
        (Some("email"), _) => "ada@example.org.",
        (_, Some(language)) if language.contains("{2,3}") => "pt-",
        _ => "",
    };
    start.chars().chain(std::iter::repeat('x')).take(length.max(start.len() + 3)).collect()
}

#[actix_web::test]
async fn what_is_sent_of_a_post_is_shown_of_it() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let post = app.published(&editor, &json!({ "title": "A title" })).await;
        let path = format!("/v1/posts/{}", post["id"].as_str().unwrap());
        let mut tried = 0;
        for (name, member) in members("UpdatePost") {
            // Only for a post that is not live.
            if name == "status" {
                continue;
            }
            let value = if is(&member, "boolean") {
                json!(!post[&name].as_bool().unwrap())
            } else if is(&member, "string") {
                word(&member).unwrap_or_else(|| json!(of_length(&member, 0)))
            } else {
                continue;
            };
            let answer = app.patch(&path).by(&editor).json(&json!({ &name: value })).await.ok();
            assert_eq!(answer[&name], value, "{name} as the answer has it");
            let published = app.post(&format!("{path}/publish")).by(&editor).await.ok();
            assert_eq!(published[&name], value, "{name}, published");
            tried += 1;
        }
        assert!(tried >= 8, "only {tried} were tried");
    })
    .await;
}

#[actix_web::test]
async fn a_text_that_is_longer_than_the_contract_says_is_refused_by_its_member() {
    // Names of things that are there, or are checked by what they name.
    const NO_LIMIT: [&str; 5] = ["timezone", "author", "parent", "media_id", "parent_id"];
    let app = TestApp::open(Store::sqlite()).await;
    let admin = app.user(Role::Admin).await;
    let author = format!("/v1/authors/{}", admin.author);
    app.published(&admin, &json!({ "title": "One", "slug": "one", "tags": ["Maths"] })).await;
    let inputs = [
        ("CreatePost", "POST", "/v1/posts", json!({ "title": "A title" })),
        ("UpdatePost", "PATCH", "/v1/posts/one", json!({})),
        ("CreateAuthor", "POST", "/v1/authors", json!({ "name": "Ada" })),
        ("UpdateAuthor", "PATCH", author.as_str(), json!({})),
        ("CreateTag", "POST", "/v1/tags", json!({ "name": "Tides" })),
        ("UpdateTag", "PATCH", "/v1/tags/maths", json!({})),
        ("UpdateSite", "PATCH", "/v1/site", json!({})),
        ("AddComment", "POST", "/v1/posts/one/comments", json!({ "body": "Well said." })),
    ];
    let mut wrong = Vec::new();
    for (input, method, path, least) in inputs {
        for (name, member) in members(input) {
            if !is(&member, "string") || member.get("enum").is_some() || NO_LIMIT.contains(&name.as_str()) {
                continue;
            }
            let Some(most) = member["maxLength"].as_u64() else {
                wrong.push(format!("{input}.{name} has no limit in the contract"));
                continue;
            };
            let mut body = least.clone();
            body[&name] = json!(of_length(&member, usize::try_from(most).unwrap() + 1));
            let answer = app.request(method, path).by(&admin).json(&body).await;
            let pointer = format!("/{name}");
            let names = |fault: &Value| fault["pointer"] == pointer.as_str();
            let is_named = answer.status() == 422
                && answer.json()["errors"].as_array().is_some_and(|faults| faults.iter().any(names));
            if !is_named {
                wrong.push(format!("{input}.{name} of {} characters: {}", most + 1, answer.status()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
