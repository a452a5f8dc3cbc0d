//! The OpenAPI 3.1 document: what the routes say of themselves, and what is true of all of them.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that is not there is null when read, and made when written"
)]

use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::problem::Problem;

/// What holds for the whole API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pressroom",
        description = "A headless CMS for publications: posts, author profiles, related-post links and comment threads. Read without a token; write with one.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "site", description = "The site itself."),
        (name = "posts", description = "Posts, their revisions and previews."),
        (name = "links", description = "Typed links between posts and to elsewhere; related posts."),
        (name = "comments", description = "Comment threads and their moderation."),
        (name = "authors", description = "Author profiles."),
        (name = "tags", description = "Tags and categories."),
        (name = "media", description = "Images."),
        (name = "search", description = "Full-text search."),
        (name = "auth", description = "Logging in, tokens."),
        (name = "users", description = "Accounts and roles."),
        (name = "feeds", description = "RSS, Atom, JSON Feed, sitemap."),
        (name = "graphql", description = "The same content and the same actions through GraphQL."),
        (name = "operations", description = "For machines that watch the server."),
    ),
    components(schemas(Problem))
)]
struct Base;

/// The document as JSON text, indented, with a line break at its end: what stands in `openapi/openapi.json`.
#[must_use]
pub fn document() -> String {
    let (_, api) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(crate::rest::configure)
        .split_for_parts();
    let mut value = serde_json::to_value(&api).unwrap_or_default();
    finish(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// Operations that anybody may call, besides all that only read public content.
const OPEN_WRITES: [&str; 5] = ["login", "refresh", "add_comment", "graphql_post", "graphql_get"];
/// Feeds, which can be asked for an author or a tag that is not there.
const FEEDS: [&str; 3] = ["/feed.xml", "/atom.xml", "/feed.json"];
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

fn finish(document: &mut Value) {
    document["servers"] = json!([{ "url": "/", "description": "This server." }]);
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from POST /v1/auth/login (a JWT), or an API token from POST /v1/tokens.",
        }
    });
    document["components"]["headers"] = headers();
    document["components"]["responses"] = problems();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths.iter_mut() {
        let Some(operations) = item.as_object_mut() else { continue };
        for (method, operation) in operations.iter_mut() {
            complete(path, method, operation);
        }
    }
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "X-Request-Id": text("The request's id; also `instance` of a problem."),
        "ETag": text("A strong validator of this answer (RFC 9110); send it as If-None-Match, or as If-Match to change what it shows."),
        "Last-Modified": text("When what is shown last changed."),
        "Cache-Control": text("How long the answer may be kept."),
        "Surrogate-Key": text("What the answer depends on, for purging a CDN by object."),
        "Link": text("The next and previous page (RFC 8288)."),
        "Location": text("Where the new object is, or where the old one went."),
        "Retry-After": text("Seconds until another try has a chance."),
        "WWW-Authenticate": text("How to sign in (RFC 6750)."),
    })
}

const PROBLEMS: [(&str, &str, &str); 12] = [
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
    ("429", "RateLimited", "Too many of these; wait for as long as Retry-After says."),
    ("503", "Unavailable", "Busy, or a store is out of reach; try again after Retry-After."),
];

fn problems() -> Value {
    let mut all = Map::new();
    for (status, name, description) in
        PROBLEMS.into_iter().chain([("500", "Internal", "A defect on our side.")])
    {
        let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
        if matches!(status, "429" | "503") {
            headers["Retry-After"] = json!({ "$ref": "#/components/headers/Retry-After" });
        }
        if status == "401" {
            headers["WWW-Authenticate"] = json!({ "$ref": "#/components/headers/WWW-Authenticate" });
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

/// Adds to an operation what is true of all of its kind.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let api = path.starts_with("/v1/");
    let reads = method == "get";
    let needs_token =
        api && if reads { CLOSED_READS.contains(&id.as_str()) } else { !OPEN_WRITES.contains(&id.as_str()) };
    let takes_token = api || path == "/graphql";
    let has_body = operation.get("requestBody").is_some();
    if needs_token {
        operation["security"] = json!([{ "token": [] }]);
    } else if takes_token {
        operation["security"] = json!([{}, { "token": [] }]);
    } else {
        operation["security"] = json!([]);
    }
    if method == "post" && api {
        let key = json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Makes a retry safe: the same key and body returns the first answer for a day.",
            "schema": { "type": "string", "minLength": 8, "maxLength": 255, "pattern": "^[!-~]{8,255}$" },
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let mut add = |status: &str| {
        if let Some((_, name, _)) = PROBLEMS.iter().find(|(s, _, _)| *s == status) {
            responses
                .entry(status.to_owned())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    };
    add("400");
    if takes_token {
        add("401");
    }
    if api {
        add("403");
        add("404");
        if !reads {
            for status in ["409", "412", "422", "429"] {
                add(status);
            }
        }
    } else if path.contains('{') || FEEDS.contains(&path) {
        add("404");
    }
    if has_body {
        for status in ["413", "415", "422"] {
            add(status);
        }
    }
    add("503");
    responses.entry("500").or_insert_with(|| json!({ "$ref": "#/components/responses/Internal" }));
    for (status, response) in responses.iter_mut() {
        if response.get("$ref").is_none() {
            let mut names = vec!["X-Request-Id", "Cache-Control"];
            if reads && status == "200" && path != "/graphql" {
                names.extend(["ETag", "Surrogate-Key"]);
            }
            if status == "201" || status == "308" {
                names.push("Location");
            }
            for name in names {
                response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
            }
        }
    }
    if reads
        && path != "/graphql"
        && let Some(responses) = operation["responses"].as_object_mut()
    {
        responses.entry("304").or_insert_with(
            || json!({ "description": "What the caller has is still right (If-None-Match)." }),
        );
    }
}

/// Which methods each path has: what `Allow` lists.
pub struct Routes(Vec<(ResourceDef, Vec<String>)>);

impl Routes {
    /// Reads the routes from the document.
    #[must_use]
    pub fn of(document: &str) -> Self {
        let value: Value = serde_json::from_str(document).unwrap_or_default();
        let mut routes = Vec::new();
        for (path, item) in value["paths"].as_object().into_iter().flatten() {
            let mut methods = BTreeSet::new();
            for method in item.as_object().into_iter().flat_map(Map::keys) {
                methods.insert(method.to_uppercase());
                if method == "get" {
                    methods.insert("HEAD".to_owned());
                }
            }
            methods.insert("OPTIONS".to_owned());
            routes.push((ResourceDef::new(path.as_str()), methods.into_iter().collect()));
        }
        Self(routes)
    }

    /// The methods of a path; empty where there is none.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<String> {
        let mut found: Vec<String> =
            self.0.iter().filter(|(def, _)| def.is_match(path)).flat_map(|(_, m)| m.clone()).collect();
        found.sort();
        found.dedup();
        found
    }
}
