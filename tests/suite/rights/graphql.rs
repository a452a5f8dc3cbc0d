//! The same cells through GraphQL: what the table says of an operation, its field does.

use std::collections::{BTreeSet, HashSet};

use pressroom::auth::policy::Action;
use pressroom::error::Code;
use serde_json::{Value, json};

use super::cases::CASES;
use super::{Case, Face, On, Right, Scene, log_in_and_out, play};
use crate::support::app::{Answer, Ask, Store, TestApp, each};
use crate::support::graphql::{ask, camel, code, data, root_fields};

/// A root field that does what an operation of REST does.
#[derive(Debug)]
pub(super) struct Field {
    operation: &'static str,
    /// Where the operation has cases of several rights: which of them the field is for.
    right: Option<Right>,
    /// Where it is not for everything that the operation is done to: for what.
    on: Option<On>,
    /// What is asked, with words like `$post` where the scene's own are to stand.
    document: &'static str,
    /// Whether all refusals look as if there were nothing.
    silent: bool,
}

const fn field(operation: &'static str, document: &'static str) -> Field {
    Field { operation, right: None, on: None, document, silent: false }
}

const fn by(right: Right, operation: &'static str, document: &'static str) -> Field {
    Field { right: Some(right), ..field(operation, document) }
}

/// `node` takes an id of anything, so that it cannot say what kind of thing is closed to the caller.
const fn node(operation: &'static str, document: &'static str) -> Field {
    Field { silent: true, ..field(operation, document) }
}

impl Field {
    fn is_for(&self, case: &Case) -> bool {
        self.operation == case.operation
            && self.right.is_none_or(|right| right == case.right)
            && self.on.is_none_or(|on| on == case.on)
    }

    pub(super) fn ask<'a>(&self, app: &'a TestApp, scene: &Scene) -> Ask<'a> {
        let number = scene.number.to_string();
        let guest = format!(r#", author: {{name: "Bo", email: "bo{number}@example.org"}}"#);
        let guest = if scene.guest { guest } else { String::new() };
        let words = [
            ("$post", &scene.post),
            ("$comment", &scene.comment),
            ("$link", &scene.link),
            ("$author", &scene.author),
            ("$tag", &scene.tag),
            ("$media", &scene.media),
            ("$user", &scene.user),
            ("$token", &scene.token),
            ("$number", &number),
            ("$guest", &guest),
        ];
        let document =
            words.iter().fold(self.document.to_owned(), |text, (word, own)| text.replace(word, own));
        ask(app, &document, &Value::Null)
    }

    /// What this field answers where the operation must answer `want`. A token that is no good is refused before any field.
    pub(super) fn refusal(&self, want: Option<Code>) -> Option<Code> {
        want.map(|code| if self.silent && code != Code::InvalidToken { Code::NotFound } else { code })
    }
}

/// The code of an answer's error; none for a success. A field that may be null is null where there is nothing that the caller
/// may know of.
pub(super) fn refusal(answer: &Answer) -> Option<String> {
    let body = answer.json();
    if let Some(errors) = body["errors"].as_array() {
        assert_eq!(errors.len(), 1, "{body}");
        return Some(code(answer));
    }
    let data = body["data"].as_object().unwrap();
    assert_eq!(data.len(), 1, "{body}");
    data.values().next().unwrap().is_null().then(|| Code::NotFound.as_str().to_owned())
}

/// The fields. An operation stands here once for each of its fields.
const FIELDS: &[Field] = &[
    field("get_site", "{ site { title } }"),
    field("list_authors", "{ authors { nodes { name } } }"),
    field("get_author", r#"{ author(slug: "$author") { name } }"#),
    field("list_tags", "{ tags { nodes { name } } }"),
    field("get_tag", r#"{ tag(id: "$tag") { name } }"#),
    node("get_tag", r#"{ node(id: "$tag") { id } }"#),
    by(Right::Public, "list_posts", "{ posts { nodes { title } } }"),
    by(
        Right::SignedInMay(Action::ReadDraft),
        "list_posts",
        "{ posts(filter: {status: DRAFT}) { nodes { title } } }",
    ),
    field("search_posts", r#"{ search(q: "post") { nodes { snippet } } }"#),
    field("get_post", r#"{ post(id: "$post") { title } }"#),
    node("get_post", r#"{ node(id: "$post") { id } }"#),
    field("list_comments", r#"{ post(id: "$post") { comments { nodes { html } } } }"#),
    field("list_post_links", r#"{ post(id: "$post") { links { relation } } }"#),
    field("list_related_posts", r#"{ post(id: "$post") { related { reason { kind } } } }"#),
    field("list_revisions", r#"{ revisions(post: "$post") { nodes { number } } }"#),
    field("get_revision", r#"{ revision(post: "$post", number: 1) { title } }"#),
    field("diff_revisions", r#"{ revisionDiff(post: "$post", from: 1, to: 1) { from } }"#),
    field("preview_post", r#"mutation { previewPost(id: "$post") { url } }"#),
    field("revoke_previews", r#"mutation { revokePreviews(id: "$post") { id } }"#),
    field("create_post", r#"mutation { createPost(input: {title: "New title $number"}) { id } }"#),
    field(
        "update_post",
        r#"mutation { updatePost(id: "$post", input: {title: "New title $number"}) { id } }"#,
    ),
    by(Right::May(Action::TrashPost), "delete_post", r#"mutation { deletePost(id: "$post") { id } }"#),
    by(
        Right::May(Action::DeletePostForever),
        "delete_post",
        r#"mutation { deletePost(id: "$post", permanent: true) { id } }"#,
    ),
    field("restore_post", r#"mutation { restorePost(id: "$post") { id } }"#),
    field("publish_post", r#"mutation { publishPost(id: "$post") { id } }"#),
    Field {
        // What is live cannot be scheduled.
        on: Some(On::Draft),
        ..field(
            "publish_post",
            r#"mutation { publishPost(id: "$post", input: {at: "2025-01-01T00:00:00Z"}) { id } }"#,
        )
    },
    field("unpublish_post", r#"mutation { unpublishPost(id: "$post") { id } }"#),
    field("close_comments", r#"mutation { closeComments(id: "$post") { id } }"#),
    field("open_comments", r#"mutation { openComments(id: "$post") { id } }"#),
    field("hold_comments", r#"mutation { holdComments(id: "$post") { id } }"#),
    field("inherit_comments", r#"mutation { inheritComments(id: "$post") { id } }"#),
    field("archive_post", r#"mutation { archivePost(id: "$post") { id } }"#),
    field("restore_revision", r#"mutation { restoreRevision(post: "$post", number: 1) { id } }"#),
    field(
        "set_post_links",
        r#"mutation { setPostLinks(post: "$post", input: {links: [{relation: CITES, external: {url: "https://example.com/$number"}}]}) { version } }"#,
    ),
    field(
        "add_post_link",
        r#"mutation { addPostLink(post: "$post", input: {relation: CITES, external: {url: "https://example.com/$number"}}) { id } }"#,
    ),
    field("delete_post_link", r#"mutation { deletePostLink(post: "$post", id: "$link") { id } }"#),
    field(
        "add_comment",
        r#"mutation { addComment(post: "$post", input: {body: "One more word about number $number."$guest}) { id } }"#,
    ),
    field("get_comment", r#"{ comment(id: "$comment") { html } }"#),
    node("get_comment", r#"{ node(id: "$comment") { id } }"#),
    field("list_moderation_queue", "{ comments { nodes { html } } }"),
    field(
        "moderate_comments",
        r#"mutation { moderateComments(input: {ids: ["$comment"], action: APPROVE}) { changed } }"#,
    ),
    field("approve_comment", r#"mutation { approveComment(id: "$comment") { id } }"#),
    field("mark_comment_spam", r#"mutation { markCommentSpam(id: "$comment") { id } }"#),
    field("trash_comment", r#"mutation { trashComment(id: "$comment") { id } }"#),
    field(
        "update_comment",
        r#"mutation { updateComment(id: "$comment", input: {body: "Other words $number."}) { id } }"#,
    ),
    field("delete_comment", r#"mutation { deleteComment(id: "$comment") { id } }"#),
    field("create_author", r#"mutation { createAuthor(input: {name: "New name $number"}) { id } }"#),
    field("update_author", r#"mutation { updateAuthor(id: "$author", input: {location: "Lisbon"}) { id } }"#),
    field("delete_author", r#"mutation { deleteAuthor(id: "$author") { id } }"#),
    field("create_tag", r#"mutation { createTag(input: {name: "New name $number"}) { id } }"#),
    field("update_tag", r#"mutation { updateTag(id: "$tag", input: {name: "New name $number"}) { id } }"#),
    field("delete_tag", r#"mutation { deleteTag(id: "$tag") { id } }"#),
    field("list_media", "{ mediaLibrary { nodes { url } } }"),
    field("get_media", r#"{ media(id: "$media") { url } }"#),
    node("get_media", r#"{ node(id: "$media") { id } }"#),
    field(
        "update_media",
        r#"mutation { updateMedia(id: "$media", input: {alt: "What $number shows"}) { id } }"#,
    ),
    field("delete_media", r#"mutation { deleteMedia(id: "$media") { id } }"#),
    field("update_site", r#"mutation { updateSite(input: {title: "New title $number"}) { title } }"#),
    field("get_me", "{ me { email } }"),
    field("list_users", "{ users { nodes { email } } }"),
    field("get_user", r#"{ user(id: "$user") { email } }"#),
    node("get_user", r#"{ node(id: "$user") { id } }"#),
    field(
        "create_user",
        r#"mutation { createUser(input: {email: "new$number@example.org", name: "New", role: AUTHOR, password: "seven grey herons at low tide"}) { id } }"#,
    ),
    by(
        Right::May(Action::EditUser),
        "update_user",
        r#"mutation { updateUser(id: "$user", input: {name: "New name $number"}) { id } }"#,
    ),
    by(
        Right::May(Action::AssignRole),
        "update_user",
        r#"mutation { updateUser(id: "$user", input: {role: EDITOR}) { id } }"#,
    ),
    field("delete_user", r#"mutation { deleteUser(id: "$user") { id } }"#),
    field("list_tokens", "{ tokens { nodes { name } } }"),
    field(
        "create_token",
        r#"mutation { createToken(input: {name: "Token $number", scopes: ["tokens:write"]}) { secret } }"#,
    ),
    field("revoke_token", r#"mutation { revokeToken(id: "$token") { id } }"#),
];

/// Operations that have no field, and why.
const ONLY_REST: &[(&str, &str)] = &[
    ("get_jwks", "verifiers of tokens look for a file at a known address"),
    ("get_health", "is for whoever runs the server"),
    ("get_readiness", "is for whoever runs the server"),
    ("get_metrics", "is for whoever runs the server"),
    ("get_graphql_schema", "is introspection as a file"),
    ("get_openapi", "describes REST"),
    ("get_sitemap", "is a file for search engines"),
    ("get_sitemap_chunk", "is a file for search engines"),
    ("get_rss_feed", "is a file for feed readers"),
    ("get_atom_feed", "is a file for feed readers"),
    ("get_json_feed", "is a file for feed readers"),
    ("get_media_file", "is the image itself"),
    ("upload_media", "files come as forms, which GraphQL has not"),
];

/// The fields of a login and its end, by their operations in REST.
const SESSIONS: [(&str, &str); 4] = [
    ("login", "mutation($input: LoginInput!) { login(input: $input) { refreshToken } }"),
    ("refresh", "mutation($input: RefreshInput!) { refresh(input: $input) { refreshToken } }"),
    ("logout", "mutation { logout }"),
    ("change_password", "mutation($input: PasswordInput!) { changePassword(input: $input) }"),
];

/// The name of a document's root field.
fn root(document: &str) -> &str {
    let (_, inside) = document.split_once("{ ").unwrap();
    inside.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap()
}

fn faces(case: &Case) -> Vec<Face> {
    FIELDS.iter().filter(|field| field.is_for(case)).map(Face::GraphQl).collect()
}

async fn play_on_sqlite(belongs: impl Fn(&Case) -> bool) {
    let app = TestApp::open(Store::sqlite()).await;
    play(vec![app], |case| if belongs(case) { faces(case) } else { Vec::new() }).await;
}

#[actix_web::test]
async fn fields_read_and_change_posts_for_whom_the_table_names() {
    play_on_sqlite(Case::is_of_posts).await;
}

#[actix_web::test]
async fn fields_write_and_decide_on_comments_for_whom_the_table_names() {
    play_on_sqlite(Case::is_of_comments).await;
}

#[actix_web::test]
async fn fields_do_everything_else_for_whom_the_table_names() {
    play_on_sqlite(Case::is_of_the_rest).await;
}

/// The table is applied above the database, and what is whose is read from it: a query and a mutation for each thing that a right
/// is about.
#[actix_web::test]
async fn fields_know_on_postgresql_too_what_is_whose() {
    let Some(store) = Store::postgres() else { return };
    let app = TestApp::open(store).await;
    let mut seen = HashSet::new();
    play(vec![app], |case| {
        FIELDS
            .iter()
            .filter(|field| field.is_for(case) && case.right.action().is_some())
            .filter(|field| seen.insert((case.on, field.document.starts_with("mutation"))))
            .map(Face::GraphQl)
            .collect()
    })
    .await;
}

#[actix_web::test]
async fn a_login_and_its_end_are_each_ones_own_through_fields_too() {
    for app in each().await {
        log_in_and_out(&app, async |operation, token, body| {
            let (_, document) = SESSIONS.into_iter().find(|(name, _)| *name == operation).unwrap();
            let members = body.as_object().unwrap().iter();
            let input: Value = members.map(|(name, value)| (camel(name), value.clone())).collect();
            let ask = ask(&app, document, &json!({"input": input}));
            let answer = if let Some(token) = token { ask.token(token).await } else { ask.await };
            match answer.json().get("errors") {
                Some(_) => Err(code(&answer)),
                None => Ok(data(&answer)[root(document)]["refreshToken"].clone()),
            }
        })
        .await;
    }
}

#[actix_web::test]
async fn every_root_field_has_its_rights_tested() {
    let app = TestApp::open(Store::sqlite()).await;
    let fields: BTreeSet<String> = root_fields(&app).await.into_iter().flatten().collect();
    let documents = FIELDS.iter().map(|field| field.document).chain(SESSIONS.map(|(_, document)| document));
    let tested: BTreeSet<String> = documents.map(|document| root(document).to_owned()).collect();
    let untested: Vec<&String> = fields.difference(&tested).collect();
    assert!(untested.is_empty(), "add a field to tests/suite/rights/graphql.rs for {untested:?}");
}

/// `rights/mod.rs` sees to it that `CASES` has all operations.
#[test]
fn every_case_has_its_field_or_a_reason_to_have_none() {
    for case in CASES {
        let fields = faces(case).len();
        let reason = ONLY_REST.iter().find(|(operation, _)| *operation == case.operation);
        assert_eq!(fields == 0, reason.is_some(), "{} on {:?}: {fields} fields", case.operation, case.on);
    }
    for field in FIELDS {
        assert!(CASES.iter().any(|case| field.is_for(case)), "no case has {field:?}");
    }
    for (operation, _) in ONLY_REST {
        assert!(CASES.iter().any(|case| case.operation == *operation), "there is no {operation} any more");
    }
}
