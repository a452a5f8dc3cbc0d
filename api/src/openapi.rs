//! The OpenAPI 3.1 document: what the routes say of themselves, and what is true of all of them.

mod finish;

use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::http::problem::Problem;

/// What holds for the whole API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pressroom",
        description = "A headless CMS for publications: posts, author profiles, related-post links and comment threads. Read without a token; write with one.\n\nWherever GET is, HEAD is, and answers the same without the body. An unknown query parameter or member is refused by name. With `fields` an answer has only the members that are named, and `id`; the schemas describe the answers that have them all. Errors are problem documents (RFC 9457). Lists are paged by cursors (RFC 8288). Reads can be made conditional with `If-None-Match`, changes with `If-Match` (RFC 9110).",
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
        .configure(crate::routes::configure)
        .split_for_parts();
    let mut value = serde_json::to_value(&api).unwrap_or_default();
    finish::finish(&mut value);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
