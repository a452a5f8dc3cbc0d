//! Every operation, with what it needs to succeed.

use pressroom::auth::policy::Action;
use pressroom::error::Code;
use serde_json::{Value, json};

use super::{Case, On, Right, Scene};
use crate::support::app::{Ask, PASSWORD, TestApp};
use crate::support::upload::{FORM, form};

type AskFor = for<'a> fn(&'a TestApp, &Scene) -> Ask<'a>;

const fn case(operation: &'static str, on: On, right: Right, ask: AskFor) -> Case {
    Case { operation, on, right, hidden: Code::NotFound, ask }
}

const fn may(operation: &'static str, on: On, action: Action, ask: AskFor) -> Case {
    case(operation, on, Right::May(action), ask)
}

const fn reads_draft(operation: &'static str, on: On, ask: AskFor) -> Case {
    case(operation, on, Right::SignedInMay(Action::ReadDraft), ask)
}

fn title(s: &Scene) -> Value {
    json!({"title": format!("New title {}", s.number)})
}

fn name(s: &Scene) -> Value {
    json!({"name": format!("New name {}", s.number)})
}

fn link(s: &Scene) -> Value {
    json!({"relation": "cites", "external": {"url": format!("https://example.com/{}", s.number)}})
}

fn read_post<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}", s.post))
}

fn read_comments<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/comments", s.post))
}

fn read_links<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/links", s.post))
}

fn read_related<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/related", s.post))
}

fn read_comment<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/comments/{}", s.comment))
}

fn revisions<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/revisions", s.post))
}

fn revision<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/revisions/1", s.post))
}

fn diff<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.get(&format!("/v1/posts/{}/revisions/diff?from=1&to=1", s.post))
}

fn preview<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/posts/{}/preview", s.post))
}

fn revoke_previews<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.delete(&format!("/v1/posts/{}/preview", s.post))
}

fn update_post<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.patch(&format!("/v1/posts/{}", s.post)).json(&title(s))
}

fn delete_post<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.delete(&format!("/v1/posts/{}", s.post))
}

fn delete_post_for_good<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.delete(&format!("/v1/posts/{}?permanent=true", s.post))
}

fn restore_post<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/posts/{}/restore", s.post))
}

fn publish<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/posts/{}/publish", s.post))
}

fn schedule<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    publish(app, s).json(&json!({"at": "2025-01-01T00:00:00Z"}))
}

fn restore_revision<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/posts/{}/revisions/1/restore", s.post))
}

fn set_links<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.put(&format!("/v1/posts/{}/links", s.post)).json(&json!({"links": [link(s)]}))
}

fn add_link<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/posts/{}/links", s.post)).json(&link(s))
}

fn delete_link<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.delete(&format!("/v1/posts/{}/links/{}", s.post, s.link))
}

fn add_comment<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    let mut comment = json!({"body": format!("One more word about number {}.", s.number)});
    if s.guest {
        comment["author"] = json!({"name": "Bo", "email": format!("bo{}@example.org", s.number)});
    }
    app.post(&format!("/v1/posts/{}/comments", s.post)).json(&comment)
}

fn update_comment<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.patch(&format!("/v1/comments/{}", s.comment))
        .json(&json!({"body": format!("Other words {}.", s.number)}))
}

fn delete_comment<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.delete(&format!("/v1/comments/{}", s.comment))
}

fn moderate<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post("/v1/comments/moderate").json(&json!({"ids": [s.comment], "action": "approve"}))
}

fn approve<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/comments/{}/approve", s.comment))
}

fn mark_spam<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/comments/{}/spam", s.comment))
}

fn trash<'a>(app: &'a TestApp, s: &Scene) -> Ask<'a> {
    app.post(&format!("/v1/comments/{}/trash", s.comment))
}

/// The operations. Where one's right depends on the state of what it is done to, it stands here once for each state.
pub(super) const CASES: &[Case] = &[
    case("get_jwks", On::Nothing, Right::Open, |app, _| app.get("/.well-known/jwks.json")),
    case("get_health", On::Nothing, Right::Open, |app, _| app.get("/healthz")),
    case("get_readiness", On::Nothing, Right::Open, |app, _| app.get("/readyz")),
    case("get_metrics", On::Nothing, Right::Open, |app, _| app.get("/metrics")),
    case("get_graphql_schema", On::Nothing, Right::Open, |app, _| app.get("/schema.graphql")),
    case("get_openapi", On::Nothing, Right::Open, |app, _| app.get("/openapi.json")),
    case("get_sitemap", On::Live, Right::Open, |app, _| app.get("/sitemap.xml")),
    case("get_sitemap_chunk", On::Live, Right::Open, |app, _| app.get("/sitemaps/site.xml")),
    case("get_rss_feed", On::Live, Right::Public, |app, _| app.get("/feed.xml")),
    case("get_atom_feed", On::Live, Right::Public, |app, _| app.get("/atom.xml")),
    case("get_json_feed", On::Live, Right::Public, |app, _| app.get("/feed.json")),
    case("get_media_file", On::Image, Right::Open, |app, s| app.get(&s.file)),
    case("get_site", On::Nothing, Right::Public, |app, _| app.get("/v1/site")),
    case("list_authors", On::Profile, Right::Public, |app, _| app.get("/v1/authors")),
    case("get_author", On::Profile, Right::Public, |app, s| app.get(&format!("/v1/authors/{}", s.author))),
    case("list_tags", On::Loose, Right::Public, |app, _| app.get("/v1/tags")),
    case("get_tag", On::Loose, Right::Public, |app, s| app.get(&format!("/v1/tags/{}", s.tag))),
    case("list_posts", On::Live, Right::Public, |app, _| app.get("/v1/posts")),
    case("list_posts", On::List, Right::SignedInMay(Action::ReadDraft), |app, _| {
        app.get("/v1/posts?status=draft")
    }),
    case("search_posts", On::Live, Right::Public, |app, _| app.get("/v1/search?q=post")),
    case("get_post", On::Live, Right::Public, read_post),
    may("get_post", On::Draft, Action::ReadDraft, read_post),
    case("list_comments", On::Live, Right::Public, read_comments),
    may("list_comments", On::Draft, Action::ReadDraft, read_comments),
    case("list_post_links", On::Live, Right::Public, read_links),
    may("list_post_links", On::Draft, Action::ReadDraft, read_links),
    case("list_related_posts", On::Live, Right::Public, read_related),
    may("list_related_posts", On::Draft, Action::ReadDraft, read_related),
    reads_draft("list_revisions", On::Draft, revisions),
    reads_draft("list_revisions", On::Live, revisions),
    reads_draft("get_revision", On::Draft, revision),
    reads_draft("get_revision", On::Live, revision),
    reads_draft("diff_revisions", On::Draft, diff),
    reads_draft("diff_revisions", On::Live, diff),
    may("preview_post", On::Draft, Action::PreviewPost, preview),
    may("preview_post", On::Live, Action::PreviewPost, preview),
    may("revoke_previews", On::Draft, Action::PreviewPost, revoke_previews),
    may("revoke_previews", On::Live, Action::PreviewPost, revoke_previews),
    may("create_post", On::Nothing, Action::CreatePost, |app, s| app.post("/v1/posts").json(&title(s))),
    may("update_post", On::Draft, Action::EditPost, update_post),
    may("update_post", On::Live, Action::EditPost, update_post),
    may("delete_post", On::Draft, Action::TrashPost, delete_post),
    may("delete_post", On::Live, Action::TrashPost, delete_post),
    may("delete_post", On::Draft, Action::DeletePostForever, delete_post_for_good),
    may("delete_post", On::Live, Action::DeletePostForever, delete_post_for_good),
    may("restore_post", On::Trashed, Action::TrashPost, restore_post),
    may("publish_post", On::Draft, Action::PublishPost, publish),
    may("publish_post", On::Draft, Action::PublishPost, schedule),
    may("publish_post", On::Live, Action::PublishPost, publish),
    may("unpublish_post", On::Live, Action::PublishPost, |app, s| {
        app.post(&format!("/v1/posts/{}/unpublish", s.post))
    }),
    may("close_comments", On::Live, Action::ModerateThread, |app, s| {
        app.post(&format!("/v1/posts/{}/comments/close", s.post))
    }),
    may("close_comments", On::Draft, Action::ModerateThread, |app, s| {
        app.post(&format!("/v1/posts/{}/comments/close", s.post))
    }),
    may("open_comments", On::Live, Action::ModerateThread, |app, s| {
        app.post(&format!("/v1/posts/{}/comments/open", s.post))
    }),
    may("hold_comments", On::Live, Action::ModerateThread, |app, s| {
        app.post(&format!("/v1/posts/{}/comments/hold", s.post))
    }),
    may("inherit_comments", On::Live, Action::ModerateThread, |app, s| {
        app.post(&format!("/v1/posts/{}/comments/inherit", s.post))
    }),
    may("archive_post", On::Live, Action::ArchivePost, |app, s| {
        app.post(&format!("/v1/posts/{}/archive", s.post))
    }),
    may("restore_revision", On::Draft, Action::RestoreRevision, restore_revision),
    may("restore_revision", On::Live, Action::RestoreRevision, restore_revision),
    may("set_post_links", On::Draft, Action::EditLinks, set_links),
    may("set_post_links", On::Live, Action::EditLinks, set_links),
    may("add_post_link", On::Draft, Action::EditLinks, add_link),
    may("add_post_link", On::Live, Action::EditLinks, add_link),
    may("delete_post_link", On::Draft, Action::EditLinks, delete_link),
    may("delete_post_link", On::Live, Action::EditLinks, delete_link),
    may("add_comment", On::Live, Action::AddComment, add_comment),
    case("get_comment", On::Shown, Right::Public, read_comment),
    case("get_comment", On::Waiting, Right::Sees(Action::ModerateComment), read_comment),
    may("list_moderation_queue", On::List, Action::ReadQueue, |app, _| app.get("/v1/comments")),
    may("moderate_comments", On::Shown, Action::ModerateComment, moderate),
    Case {
        operation: "moderate_comments",
        on: On::Waiting,
        right: Right::May(Action::ModerateComment),
        hidden: Code::ValidationFailed,
        ask: moderate,
    },
    may("approve_comment", On::Shown, Action::ModerateComment, approve),
    may("approve_comment", On::Waiting, Action::ModerateComment, approve),
    may("mark_comment_spam", On::Shown, Action::ModerateComment, mark_spam),
    may("mark_comment_spam", On::Waiting, Action::ModerateComment, mark_spam),
    may("trash_comment", On::Shown, Action::ModerateComment, trash),
    may("trash_comment", On::Waiting, Action::ModerateComment, trash),
    may("update_comment", On::Shown, Action::EditComment, update_comment),
    may("update_comment", On::Waiting, Action::EditComment, update_comment),
    may("update_comment", On::Written, Action::EditComment, update_comment),
    may("delete_comment", On::Shown, Action::DeleteComment, delete_comment),
    may("delete_comment", On::Waiting, Action::DeleteComment, delete_comment),
    may("delete_comment", On::Written, Action::DeleteComment, delete_comment),
    may("create_author", On::Nothing, Action::CreateAuthor, |app, s| app.post("/v1/authors").json(&name(s))),
    may("update_author", On::Profile, Action::EditAuthor, |app, s| {
        app.patch(&format!("/v1/authors/{}", s.author)).json(&json!({"location": "Lisbon"}))
    }),
    may("delete_author", On::Loose, Action::DeleteAuthor, |app, s| {
        app.delete(&format!("/v1/authors/{}", s.author))
    }),
    may("create_tag", On::Nothing, Action::CreateTag, |app, s| app.post("/v1/tags").json(&name(s))),
    may("update_tag", On::Loose, Action::EditTag, |app, s| {
        app.patch(&format!("/v1/tags/{}", s.tag)).json(&name(s))
    }),
    may("delete_tag", On::Loose, Action::DeleteTag, |app, s| app.delete(&format!("/v1/tags/{}", s.tag))),
    may("list_media", On::Image, Action::ListMedia, |app, _| app.get("/v1/media")),
    may("get_media", On::Image, Action::ListMedia, |app, s| app.get(&format!("/v1/media/{}", s.media))),
    may("upload_media", On::Nothing, Action::UploadMedia, |app, _| {
        app.post("/v1/media").body(FORM, form("a.png", 0))
    }),
    may("update_media", On::Image, Action::EditMedia, |app, s| {
        app.patch(&format!("/v1/media/{}", s.media)).json(&json!({"alt": format!("What {} shows", s.number)}))
    }),
    may("delete_media", On::Image, Action::DeleteMedia, |app, s| {
        app.delete(&format!("/v1/media/{}", s.media))
    }),
    may("update_site", On::Nothing, Action::EditSite, |app, s| app.patch("/v1/site").json(&title(s))),
    case("get_me", On::Oneself, Right::SignedIn, |app, _| app.get("/v1/auth/me")),
    may("list_users", On::List, Action::ListUsers, |app, _| app.get("/v1/users")),
    may("get_user", On::User, Action::ListUsers, |app, s| app.get(&format!("/v1/users/{}", s.user))),
    may("create_user", On::Nothing, Action::CreateUser, |app, s| {
        let email = format!("new{}@example.org", s.number);
        app.post("/v1/users")
            .json(&json!({"email": email, "name": "New", "role": "author", "password": PASSWORD}))
    }),
    may("update_user", On::User, Action::EditUser, |app, s| {
        app.patch(&format!("/v1/users/{}", s.user)).json(&name(s))
    }),
    may("update_user", On::Stranger, Action::AssignRole, |app, s| {
        app.patch(&format!("/v1/users/{}", s.user)).json(&json!({"role": "editor"}))
    }),
    may("delete_user", On::Stranger, Action::DeleteUser, |app, s| {
        app.delete(&format!("/v1/users/{}", s.user))
    }),
    may("list_tokens", On::List, Action::ListTokens, |app, _| app.get("/v1/tokens")),
    may("create_token", On::Oneself, Action::CreateToken, |app, s| {
        app.post("/v1/tokens")
            .json(&json!({"name": format!("Token {}", s.number), "scopes": ["tokens:write"]}))
    }),
    may("revoke_token", On::Token, Action::RevokeToken, |app, s| {
        app.delete(&format!("/v1/tokens/{}", s.token))
    }),
];
