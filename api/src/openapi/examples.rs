//! Examples: of each request's body, and of the members of answers. They are taken from the demo publication.

use serde_json::{Map, Value, json};

use super::finish::each_schema;

const ID: &str = "0190a5d8-7c3e-7cc0-8000-000000000001";
const TIME: &str = "2013-06-24T14:05:00.000Z";

/// Adds them to the document, where there are none yet.
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
            for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                let is_required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
                if let Some(example) = of_parameter(name).filter(|_| is_required) {
                    parameter.entry("example").or_insert(example);
                }
            }
            let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
            for (_, media) in content.into_iter().flatten() {
                if let (Some(example), Some(media)) = (of_body(&id), media.as_object_mut()) {
                    media.entry("example").or_insert(example);
                }
            }
        }
    }
}

fn members(schema: &str, of: &mut Map<String, Value>) {
    let properties = of.get_mut("properties").and_then(Value::as_object_mut);
    for (member, property) in properties.into_iter().flatten() {
        let Some(property) = property.as_object_mut() else { continue };
        if property.contains_key("example") {
            continue;
        }
        if let Some(example) = of_member(schema, member, property) {
            property.insert("example".to_owned(), example);
        }
    }
}

fn of_member(schema: &str, member: &str, property: &Map<String, Value>) -> Option<Value> {
    if let Some(first) = property.get("enum").and_then(Value::as_array).and_then(|words| words.first()) {
        return Some(first.clone());
    }
    match property.get("format").and_then(Value::as_str) {
        Some("uuid") => return Some(json!(ID)),
        Some("date-time") => return Some(json!(TIME)),
        _ => {}
    }
    Some(match (schema, member) {
        (_, "ancestors" | "changed" | "ids") => json!([ID]),
        (_, "scopes") => json!(["posts:read", "posts:write"]),
        ("CreatePost" | "UpdatePost", "tags") => json!(["Harbours", "Tides"]),
        ("Reason", "terms") | ("JsonItem", "tags") => json!(["harbour", "tide"]),
        (
            "Author" | "CreateAuthor" | "UpdateAuthor" | "User" | "UpdateUser" | "UserAuthor"
            | "RevisionAuthor" | "CommentAuthor" | "JsonAuthor",
            "name",
        ) => {
            json!("Noor Haddad")
        }
        ("Author" | "CreateAuthor" | "UpdateAuthor" | "UserAuthor", "slug") => json!("noor-haddad"),
        ("Tag" | "UpdateTag" | "TagParent", "name") => json!("Cartography"),
        ("Tag" | "CreateTag" | "UpdateTag" | "TagParent", "slug") => json!("cartography"),
        ("Token", "name") => json!("nightly import"),
        (_, "slug") => json!("the-tide-table-on-the-chandlers-door"),
        ("Site" | "JsonFeed", "title") => json!("Fathom & Furrow"),
        (_, "title") => json!("The Tide Table on the Chandler’s Door"),
        (_, "title_highlighted") => json!("The <mark>Tide</mark> Table on the Chandler’s Door"),
        (_, "role") => json!("author"),
        (_, "email" | "author_email") => json!("editor@example.org"),
        (_, "language") => json!("en"),
        (_, "timezone") => json!("Europe/Lisbon"),
        (_, "location") => json!("Porto"),
        (_, "website" | "canonical_url") => json!("https://example.org/"),
        (_, "color") => json!("#7a8b99"),
        (_, "mime") => json!("image/jpeg"),
        (_, "width") => json!(1600),
        (_, "height") => json!(900),
        (_, "version" | "number" | "from" | "to") if is_number(property) => json!(7),
        (_, "word_count") => json!(843),
        (_, "reading_minutes") => json!(4),
        (_, "service") => json!("mastodon"),
        (_, "handle") => json!("ada@example.social"),
        (_, "html" | "bio_html" | "content_html") => json!("<p>A <em>fine</em> morning.</p>"),
        (_, "markdown" | "bio_markdown" | "source") => json!("A *fine* morning."),
        (_, "text" | "excerpt" | "summary") => json!("A fine morning."),
        (_, "alt") => json!("A clock with one hand"),
        (_, "caption") => json!("The town hall, in the morning."),
        (_, "filename") => json!("clock.jpg"),
        (_, "hint") => json!("prt_1a2b"),
        _ => return None,
    })
}

fn is_number(property: &Map<String, Value>) -> bool {
    matches!(property.get("type").and_then(Value::as_str), Some("integer" | "number"))
}

/// The example of a parameter that must be there. /docs writes an example into its form, and a list that were asked for all
/// filters at once would be empty: what may be left out has none.
fn of_parameter(name: &str) -> Option<Value> {
    Some(match name {
        "post" => json!("the-tide-table-on-the-chandlers-door"),
        "author" => json!("odhran-pellew"),
        "tag" => json!("harbours"),
        "id" | "user" | "token" | "link" => json!(ID),
        "from" => json!(1),
        "to" => json!(2),
        _ => return None,
    })
}

fn of_body(operation: &str) -> Option<Value> {
    Some(match operation {
        "create_post" => json!({
            "title": "The harbour at four in the morning",
            "body": { "format": "markdown", "source": "A *fine* morning." },
            "tags": ["Harbours"],
        }),
        "update_post" => json!({ "subtitle": "And at five", "excerpt": null }),
        "publish_post" => json!({ "at": "2026-12-24T18:00:00Z" }),
        "preview_post" => json!({ "expires_in": 3600 }),
        "update_site" => json!({ "title": "Fathom & Furrow", "language": "en" }),
        "create_author" => json!({ "name": "Noor Haddad", "location": "Porto" }),
        "update_author" => json!({ "location": "Lisbon", "website": null }),
        "create_tag" => json!({ "name": "Cartography", "kind": "tag" }),
        "update_tag" => json!({ "description": "Maps, and those who draw them." }),
        "set_post_links" => json!({
            "links": [
                { "relation": "related", "post": "the-tide-table-on-the-chandlers-door" },
                { "relation": "cites", "external": { "url": "https://example.org/small" } },
            ],
        }),
        "add_post_link" => json!({ "relation": "cites", "external": { "url": "https://example.org/small" } }),
        "login" => {
            json!({ "email": "editor@example.org", "password": "a long sentence that nobody guesses" })
        }
        "refresh" => json!({ "refresh_token": "the refresh token of the last answer" }),
        "change_password" => json!({
            "current_password": "a long sentence that nobody guesses",
            "new_password": "another long sentence, known to nobody",
        }),
        "create_token" => json!({ "name": "nightly import", "scopes": ["posts:read", "posts:write"] }),
        "create_user" => json!({
            "email": "author@example.org",
            "name": "Noor Haddad",
            "role": "author",
            "password": "a long sentence that nobody guesses",
        }),
        "update_user" => json!({ "name": "Noor Haddad" }),
        "update_media" => json!({ "alt": "A clock with one hand", "caption": null }),
        "moderate_comments" => json!({ "ids": [ID], "action": "spam" }),
        "graphql_post" => json!({ "query": "{ posts(first: 3) { nodes { title slug } } }" }),
        "update_comment" => json!({ "body": "A *fine* morning, and a long one." }),
        _ => return None,
    })
}
