//! JSON bodies that are refused by one of their members.

use serde_json::{Value, json};

use super::{Expected, INVALID};

/// JSON bodies: method, path, body, what must come back.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn bodies(other_comment: &str) -> Vec<(&'static str, &'static str, Value, Expected)> {
    let long = |n: usize| "x".repeat(n);
    let post = |more: Value| {
        let mut post = json!({ "title": "A title" });
        post.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post
    };
    let no_id = "018f3406-9e00-7000-8000-000000000000";
    let guest = |more: Value| {
        let mut input =
            json!({ "body": "A fine morning.", "author": { "name": "Ada", "email": "ada@example.org" } });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let posts = "/v1/posts";
    let links = "/v1/posts/one/links";
    let comments = "/v1/posts/one/comments";
    let mut cases = vec![
        ("POST", posts, json!([]), (422, INVALID, "")),
        ("POST", posts, json!("a title"), (422, INVALID, "")),
        ("POST", posts, json!(null), (422, INVALID, "")),
        ("POST", posts, json!({}), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": 5 }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": null }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": ["A"] }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "" }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": " \t " }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "\u{200b}\u{2060}" }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "\u{3164} \u{2800}" }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": long(301) }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "two\nlines" }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "two\u{2028}lines" }), (422, INVALID, "/title")),
        ("POST", posts, json!({ "title": "\u{202e}dnuor denrut" }), (422, INVALID, "/title")),
        ("POST", posts, post(json!({ "subtitle": "\u{2067}isolated\u{2069}" })), (422, INVALID, "/subtitle")),
        ("POST", posts, json!({ "title": "nul\u{0}" }), (422, INVALID, "/title")),
        ("POST", posts, post(json!({ "titel": "A" })), (422, INVALID, "/titel")),
        ("POST", posts, post(json!({ "status": "published" })), (422, INVALID, "/status")),
        ("POST", posts, post(json!({ "slug": "one" })), (409, "conflict", "/slug")),
        ("POST", posts, post(json!({ "slug": "Not A Slug" })), (422, INVALID, "/slug")),
        ("POST", posts, post(json!({ "slug": no_id })), (422, INVALID, "/slug")),
        ("POST", posts, post(json!({ "slug": "-a" })), (422, INVALID, "/slug")),
        ("POST", posts, post(json!({ "authors": ["nobody"] })), (422, INVALID, "/authors/0")),
        ("POST", posts, post(json!({ "authors": [no_id] })), (422, INVALID, "/authors/0")),
        ("POST", posts, post(json!({ "authors": "admin-0" })), (422, INVALID, "/authors")),
        ("POST", posts, post(json!({ "authors": [5] })), (422, INVALID, "/authors/0")),
        ("POST", posts, post(json!({ "authors": ["admin-0", "admin-0"] })), (422, INVALID, "/authors/1")),
        (
            "POST",
            posts,
            post(json!({ "authors": [{ "author": "admin-0", "rolle": "x" }] })),
            (422, INVALID, "/authors/0/rolle"),
        ),
        ("POST", posts, post(json!({ "tags": [no_id] })), (422, INVALID, "/tags/0")),
        ("POST", posts, post(json!({ "tags": [""] })), (422, INVALID, "/tags/0")),
        ("POST", posts, post(json!({ "tags": ["ok", 5] })), (422, INVALID, "/tags/1")),
        ("POST", posts, post(json!({ "body": "text" })), (422, INVALID, "/body")),
        (
            "POST",
            posts,
            post(json!({ "body": { "format": "rtf", "source": "" } })),
            (422, INVALID, "/body/format"),
        ),
        ("POST", posts, post(json!({ "body": { "format": "html" } })), (422, INVALID, "/body/source")),
        (
            "POST",
            posts,
            post(json!({ "body": { "format": "html", "source": long(1_048_577) } })),
            (422, INVALID, "/body/source"),
        ),
        ("POST", posts, post(json!({ "image": { "media_id": no_id } })), (422, INVALID, "/image/media_id")),
        (
            "POST",
            posts,
            post(json!({ "image": { "media_id": "picture.png" } })),
            (422, INVALID, "/image/media_id"),
        ),
        ("POST", posts, post(json!({ "image": {} })), (422, INVALID, "/image/media_id")),
        ("POST", posts, post(json!({ "featured": "yes" })), (422, INVALID, "/featured")),
        ("POST", posts, post(json!({ "visibility": "secret" })), (422, INVALID, "/visibility")),
        ("POST", posts, post(json!({ "language": "English please" })), (422, INVALID, "/language")),
        (
            "POST",
            posts,
            post(json!({ "canonical_url": "ftp://example.org" })),
            (422, INVALID, "/canonical_url"),
        ),
        (
            "POST",
            posts,
            post(json!({ "canonical_url": "javascript:alert(1)" })),
            (422, INVALID, "/canonical_url"),
        ),
        ("POST", posts, post(json!({ "terms": { "url": "/terms" } })), (422, INVALID, "/terms/url")),
        ("POST", posts, post(json!({ "seo": { "image": "x" } })), (422, INVALID, "/seo/image")),
        ("POST", posts, post(json!({ "seo": { "keywords": "x" } })), (422, INVALID, "/seo/keywords")),
        ("POST", posts, post(json!({ "custom": [1] })), (422, INVALID, "/custom")),
        (
            "POST",
            posts,
            post(json!({ "custom": { "a": { "b\u{0}": 1 } } })),
            (422, INVALID, "/custom/a/b\u{fffd}"),
        ),
        ("PATCH", "/v1/posts/one", json!({ "title": null }), (422, INVALID, "/title")),
        ("PATCH", "/v1/posts/one", json!({ "slug": "two" }), (409, "conflict", "/slug")),
        ("PATCH", "/v1/posts/one", json!({ "colour": "red" }), (422, INVALID, "/colour")),
        ("PATCH", "/v1/posts/one", json!([{ "op": "remove", "path": "/title" }]), (422, INVALID, "")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "yesterday" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": 1_700_000_000 }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "2024-02-30T00:00:00Z" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "2024-02-20" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "2024-02-20T00:00:00" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "0000-01-01T00:00:00Z" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "at": "99999-01-01T00:00:00Z" }), (422, INVALID, "/at")),
        ("POST", "/v1/posts/one/publish", json!({ "when": "now" }), (422, INVALID, "/when")),
        ("PUT", links, json!({}), (422, INVALID, "/links")),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "prior", "post": "one" }] }),
            (422, INVALID, "/links/0/post"),
        ),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "prior", "post": "nowhere" }] }),
            (422, INVALID, "/links/0/post"),
        ),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "enemy", "post": "two" }] }),
            (422, INVALID, "/links/0/relation"),
        ),
        ("PUT", links, json!({ "links": [{ "relation": "cites" }] }), (422, INVALID, "/links/0")),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "cites", "post": "two", "external": { "url": "https://a.example" } }] }),
            (422, INVALID, "/links/0"),
        ),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "cites", "external": { "url": "a.example" } }] }),
            (422, INVALID, "/links/0/external/url"),
        ),
        (
            "PUT",
            links,
            json!({ "links": [{ "relation": "cites", "external": { "url": "https://a.example", "published_at": "then" } }] }),
            (422, INVALID, "/links/0/external/published_at"),
        ),
        ("POST", links, json!({ "relation": "prior", "post": "one" }), (422, INVALID, "/post")),
        ("POST", comments, json!({}), (422, INVALID, "/body")),
        ("POST", comments, json!({ "body": "" }), (422, INVALID, "/body")),
        ("POST", comments, json!({ "body": "\n\n" }), (422, INVALID, "/body")),
        ("POST", comments, json!({ "body": "\u{2800}\n\u{3164}" }), (422, INVALID, "/body")),
        ("POST", comments, json!({ "body": long(20_001) }), (422, INVALID, "/body")),
        (
            "POST",
            comments,
            json!({ "body": "Yes.", "parent_id": other_comment }),
            (422, INVALID, "/parent_id"),
        ),
        ("POST", comments, json!({ "body": "Yes.", "parent_id": no_id }), (422, INVALID, "/parent_id")),
        ("POST", comments, json!({ "body": "Yes.", "parent_id": "first" }), (422, INVALID, "/parent_id")),
        ("POST", comments, guest(json!({})), (422, INVALID, "/author")),
        ("POST", comments, json!({ "body": "Yes.", "stars": 5 }), (422, INVALID, "/stars")),
        ("POST", "/v1/posts/nowhere/comments", json!({ "body": "Yes." }), (404, "not_found", "")),
        ("POST", "/v1/comments/moderate", json!({}), (422, INVALID, "")),
        (
            "POST",
            "/v1/comments/moderate",
            json!({ "ids": [other_comment], "action": "burn" }),
            (422, INVALID, "/action"),
        ),
        ("POST", "/v1/tags", json!({}), (422, INVALID, "/name")),
        ("POST", "/v1/tags", json!({ "name": " " }), (422, INVALID, "/name")),
        ("POST", "/v1/tags", json!({ "name": "Again", "slug": "maths" }), (409, "conflict", "/slug")),
        ("POST", "/v1/tags", json!({ "name": "New", "kind": "folder" }), (422, INVALID, "/kind")),
        ("POST", "/v1/tags", json!({ "name": "New", "parent": "nowhere" }), (422, INVALID, "/parent")),
        ("PATCH", "/v1/tags/maths", json!({ "parent": "maths" }), (422, INVALID, "/parent")),
        ("POST", "/v1/authors", json!({}), (422, INVALID, "/name")),
        ("POST", "/v1/authors", json!({ "name": "Ada", "slug": "admin-0" }), (409, "conflict", "/slug")),
        ("POST", "/v1/authors", json!({ "name": "Ada", "website": "ada" }), (422, INVALID, "/website")),
        (
            "POST",
            "/v1/authors",
            json!({ "name": "Ada", "bio": { "format": "doc", "source": "x" } }),
            (422, INVALID, "/bio/format"),
        ),
        (
            "POST",
            "/v1/authors",
            json!({ "name": "Ada", "social": [{ "service": "x" }] }),
            (422, INVALID, "/social/0/handle"),
        ),
        (
            "POST",
            "/v1/authors",
            json!({ "name": "Ada", "avatar": { "media_id": no_id } }),
            (422, INVALID, "/avatar/media_id"),
        ),
        (
            "POST",
            "/v1/users",
            json!({ "email": "x", "name": "X", "role": "author", "password": "seven grey herons" }),
            (422, INVALID, "/email"),
        ),
        (
            "POST",
            "/v1/users",
            json!({ "email": "x@example.org", "name": "X", "role": "king", "password": "seven grey herons" }),
            (422, INVALID, "/role"),
        ),
        (
            "POST",
            "/v1/users",
            json!({ "email": "x@example.org", "name": "X", "role": "author", "password": "short" }),
            (422, INVALID, "/password"),
        ),
        (
            "POST",
            "/v1/users",
            json!({ "email": "ADMIN-0@example.org", "name": "X", "role": "author", "password": "seven grey herons" }),
            (409, "conflict", "/email"),
        ),
        ("POST", "/v1/tokens", json!({ "name": "T", "scopes": ["posts:burn"] }), (422, INVALID, "/scopes/0")),
        ("POST", "/v1/tokens", json!({ "name": "T", "scopes": [] }), (422, INVALID, "/scopes")),
        (
            "POST",
            "/v1/tokens",
            json!({ "name": "T", "scopes": ["posts:read"], "expires_at": "2001-01-01T00:00:00Z" }),
            (422, INVALID, "/expires_at"),
        ),
        ("PATCH", "/v1/site", json!({ "title": null }), (422, INVALID, "/title")),
        ("PATCH", "/v1/site", json!({ "timezone": "Mars/Olympus" }), (422, INVALID, "/timezone")),
        ("PATCH", "/v1/site", json!({ "language": "?" }), (422, INVALID, "/language")),
        ("POST", "/v1/auth/login", json!({ "email": "a@example.org" }), (422, INVALID, "/password")),
        ("POST", "/v1/auth/login", json!({ "email": 1, "password": "x" }), (422, INVALID, "/email")),
        ("POST", "/v1/auth/refresh", json!({ "refresh_token": "nonsense" }), (401, "invalid_token", "")),
    ];
    cases.push(("POST", "/v1/posts/one/preview", json!({ "for": "ever" }), (422, INVALID, "/for")));
    cases
}
