//! What is refused, through both faces.

use pressroom::auth::viewer::Role;
use pressroom::error::Code;
use serde_json::{Value, json};

use super::{is_only_rest, state};
use crate::support::app::{PASSWORD, TestApp, User, each, text};
use crate::support::faces::{Faces, Write, write};
use crate::support::graphql::camel;

/// A publication in which most things can go wrong.
struct Scene {
    app: TestApp,
    faces: Faces,
    admin: User,
    contributor: User,
    moderator: User,
    /// The admin, by an API token that is for tokens alone.
    narrow: User,
    /// Live, with a link elsewhere.
    one: String,
    link: String,
    /// Under another post.
    comment: String,
    draft: String,
    trashed: String,
    /// Used by `one`.
    image: String,
}

const NOBODY: &str = "018f3406-9e00-7000-8000-000000000000";

impl Scene {
    async fn set(app: TestApp) -> Self {
        let admin = app.user(Role::Admin).await;
        let contributor = app.user(Role::Contributor).await;
        let moderator = app.user(Role::Moderator).await;
        let image = super::session::upload(&app, &admin, "bay", 40).await;
        let make = async |path: &str, body: Value| {
            app.advance(1);
            text(&app.post(path).by(&admin).json(&body).await.ok()["id"])
        };
        make("/v1/tags", json!({"name": "Rivers"})).await;
        make("/v1/tags", json!({"name": "Tides", "parent": "rivers"})).await;
        let one =
            json!({"title": "One", "slug": "one", "image": {"media_id": image}, "authors": [admin.author]});
        let one = make("/v1/posts?publish=true", one).await;
        make("/v1/posts?publish=true", json!({"title": "Two", "slug": "two"})).await;
        make("/v1/posts?publish=true", json!({"title": "Shut", "slug": "shut", "comments_open": false}))
            .await;
        let link = json!({"relation": "cites", "external": {"url": "https://example.com/a"}});
        let link = make("/v1/posts/one/links", link).await;
        let draft =
            make("/v1/posts", json!({"title": "Draft", "slug": "draft", "authors": [contributor.author]}))
                .await;
        let trashed = make("/v1/posts", json!({"title": "Trashed"})).await;
        app.delete(&format!("/v1/posts/{trashed}")).by(&admin).await.ok();
        let comment = text(&app.comment(&admin, "two", "Well said.", None).await["id"]);
        let token = json!({"name": "narrow", "scopes": ["tokens:write"]});
        let token = text(&app.post("/v1/tokens").by(&admin).json(&token).await.ok()["secret"]);
        let narrow = User { token, ..admin.clone() };
        // When a token was last used is kept to within minutes: the first use must not look like a change.
        app.get("/v1/auth/me").by(&narrow).await.ok();
        let faces = Faces::of(&app).await;
        Self { app, faces, admin, contributor, moderator, narrow, one, link, comment, draft, trashed, image }
    }

    /// Sends a write through both faces, and gives back both refusals as `{code, detail, errors, version}`.
    async fn refused(&self, write: &Write, by: Option<&User>) -> [Value; 2] {
        let before = self.app.changes().await;
        let [rest, graphql] =
            [self.faces.rest(&self.app, write), self.faces.graphql(&self.app, write, &Value::Null)]
                .map(|ask| if let Some(user) = by { ask.by(user) } else { ask });
        let (rest, graphql) = (rest.await, graphql.await.json());
        let problem = rest.json();
        let code = problem["code"].as_str().unwrap_or_else(|| panic!("{write:?} was done: {problem}"));
        let status = Code::ALL.iter().find(|known| known.as_str() == code).unwrap().status();
        rest.problem(status, code);
        let error = &graphql["errors"][0];
        assert!(
            error.is_object() && graphql["errors"].as_array().unwrap().len() == 1,
            "{write:?}: {graphql}"
        );
        assert_eq!(self.app.changes().await, before, "{write:?} changed something");
        let said = |detail: &Value, rest: &Value| json!({"code": rest["code"], "detail": detail, "errors": rest["errors"], "version": rest["version"]});
        [said(&problem["detail"], &problem), said(&error["message"], &error["extensions"])]
    }
}

/// A write by whom, the code, and the member at fault if it is one's.
type Row<'a> = (Write, Option<&'a User>, &'static str, &'static str);

const INVALID: &str = "validation_failed";

/// What is wrong with posts and what hangs on them.
fn of_posts(s: &Scene) -> Vec<Row<'_>> {
    let post = |body: Value| {
        let mut all = json!({"title": "A title"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        write("create_post", &[]).json(all)
    };
    let edit = |body: Value| write("update_post", &[&s.one]).json(body);
    let link = |body: Value| write("add_post_link", &[&s.one]).json(body);
    let elsewhere = json!({"url": "https://example.com/"});
    let both = json!({"relation": "cites", "post": "two", "external": elsewhere});
    let admin = Some(&s.admin);
    let contributor = Some(&s.contributor);
    vec![
        (post(json!({"title": " \t"})), admin, INVALID, "/title"),
        (post(json!({"title": "two\nlines"})), admin, INVALID, "/title"),
        (post(json!({"title": "nul\u{0}"})), admin, INVALID, "/title"),
        (post(json!({"title": "x".repeat(301)})), admin, INVALID, "/title"),
        (post(json!({"slug": "one"})), admin, "conflict", "/slug"),
        (post(json!({"slug": "Not A Slug"})), admin, INVALID, "/slug"),
        (post(json!({"tags": [NOBODY]})), admin, INVALID, "/tags/0"),
        (post(json!({"authors": [{"author": "nobody"}]})), admin, INVALID, "/authors/0"),
        (post(json!({"image": {"media_id": NOBODY}})), admin, INVALID, "/image/media_id"),
        (post(json!({"image": {"alt": "A"}})), admin, INVALID, "/image/media_id"),
        (edit(json!({"body": {"format": null}})), admin, INVALID, "/body/format"),
        (post(json!({"language": "no language"})), admin, INVALID, "/language"),
        (post(json!({"canonical_url": "javascript:1"})), admin, INVALID, "/canonical_url"),
        (post(json!({"custom": [1]})), admin, INVALID, "/custom"),
        (post(json!({"status": "published"})), admin, INVALID, "/status"),
        (post(json!({})), None, "unauthenticated", ""),
        (post(json!({})), Some(&s.moderator), "forbidden", ""),
        (post(json!({})), Some(&s.narrow), "forbidden", ""),
        (post(json!({})).flag("publish"), contributor, "forbidden", ""),
        (post(json!({"authors": [{"author": s.admin.author}]})), contributor, "forbidden", ""),
        (edit(json!({"title": null})), admin, INVALID, "/title"),
        (edit(json!({"subtitle": "New"})), contributor, "forbidden", ""),
        (write("update_post", &[NOBODY]).json(json!({"title": "T"})), admin, "not_found", ""),
        (write("update_post", &[&s.draft]).json(json!({"title": "T"})), Some(&s.moderator), "not_found", ""),
        (write("delete_post", &[&s.draft]).flag("permanent"), contributor, "forbidden", ""),
        (write("restore_post", &[&s.one]), admin, "invalid_state", ""),
        (write("publish_post", &[&s.trashed]), admin, "invalid_state", ""),
        (
            write("publish_post", &[&s.one]).json(json!({"at": "2030-01-01T00:00:00Z"})),
            admin,
            "invalid_state",
            "",
        ),
        (write("unpublish_post", &[&s.draft]), admin, "invalid_state", ""),
        (write("archive_post", &[NOBODY]), admin, "not_found", ""),
        (write("restore_revision", &[&s.one, "99"]), admin, "not_found", ""),
        (write("preview_post", &[&s.one]).json(json!({"expires_in": 0})), admin, INVALID, "/expires_in"),
        (link(json!({"relation": "prior", "post": "one"})), admin, INVALID, "/post"),
        (link(json!({"relation": "prior", "post": "nowhere"})), admin, INVALID, "/post"),
        (link(both), admin, INVALID, ""),
        (link(json!({"relation": "cites"})), admin, INVALID, ""),
        (
            write("set_post_links", &["one"]).json(json!({"links": [{"relation": "prior", "post": s.one}]})),
            admin,
            INVALID,
            "/links/0/post",
        ),
        (write("delete_post_link", &[&s.one, NOBODY]), admin, "not_found", ""),
    ]
}

/// What is wrong with comments.
fn of_comments(s: &Scene) -> Vec<Row<'_>> {
    let say = |post: &str, body: Value| write("add_comment", &[post]).json(body);
    let guest = json!({"name": "Ada", "email": "no address"});
    let admin = Some(&s.admin);
    vec![
        (say("two", json!({"body": " "})), admin, INVALID, "/body"),
        (say("two", json!({"body": "Well."})), None, INVALID, "/author"),
        (say("two", json!({"body": "Well.", "author": guest})), None, INVALID, "/author/email"),
        (say("one", json!({"body": "Well.", "parent_id": s.comment})), admin, INVALID, "/parent_id"),
        (say("shut", json!({"body": "Well."})), admin, "invalid_state", ""),
        (say("nowhere", json!({"body": "Well."})), admin, "not_found", ""),
        (write("update_comment", &[&s.comment]).json(json!({"body": null})), admin, INVALID, "/body"),
        (
            write("update_comment", &[&s.comment]).json(json!({"body": "W."})).edit_token("nonsense"),
            None,
            "invalid_token",
            "",
        ),
        (write("delete_comment", &[&s.comment]).flag("permanent"), Some(&s.moderator), "forbidden", ""),
        (write("mark_comment_spam", &[NOBODY]), admin, "not_found", ""),
        (write("trash_comment", &[&s.comment]), Some(&s.contributor), "forbidden", ""),
        (write("moderate_comments", &[]).json(json!({"ids": [], "action": "spam"})), admin, INVALID, "/ids"),
        (
            write("moderate_comments", &[]).json(json!({"ids": [s.comment, NOBODY], "action": "spam"})),
            admin,
            INVALID,
            "/ids/1",
        ),
    ]
}

/// What is wrong with everything else.
fn of_the_rest(s: &Scene) -> Vec<Row<'_>> {
    let user = |email: &str, password: &str| {
        let user = json!({"email": email, "name": "N", "role": "author", "password": password});
        write("create_user", &[]).json(user)
    };
    let token = |scopes: Value| write("create_token", &[]).json(json!({"name": "n", "scopes": scopes}));
    let passwords = json!({"current_password": "wrong", "new_password": PASSWORD});
    let credentials = json!({"email": s.admin.email, "password": "wrong"});
    let admin = Some(&s.admin);
    vec![
        (
            write("create_author", &[]).json(json!({"name": "N", "slug": s.admin.author})),
            admin,
            "conflict",
            "/slug",
        ),
        (
            write("create_author", &[]).json(json!({"name": "N", "website": "ftp:"})),
            admin,
            INVALID,
            "/website",
        ),
        (write("delete_author", &[&s.admin.author]), admin, "invalid_state", ""),
        (
            write("create_tag", &[]).json(json!({"name": "Rivers", "slug": "rivers"})),
            admin,
            "conflict",
            "/slug",
        ),
        (write("create_tag", &[]).json(json!({"name": "N", "parent": "nothing"})), admin, INVALID, "/parent"),
        (write("update_tag", &["rivers"]).json(json!({"parent": "tides"})), admin, INVALID, "/parent"),
        (write("delete_media", &[&s.image]), admin, "invalid_state", ""),
        (write("update_media", &[&s.image]).json(json!({"alt": "x".repeat(5000)})), admin, INVALID, "/alt"),
        (write("update_site", &[]).json(json!({"timezone": "Mars/Olympus"})), admin, INVALID, "/timezone"),
        (write("update_site", &[]).json(json!({"title": "T"})), Some(&s.contributor), "forbidden", ""),
        (user(&s.admin.email, PASSWORD), admin, "conflict", "/email"),
        (user("new@example.org", "short"), admin, INVALID, "/password"),
        (write("update_user", &[&s.admin.id]).json(json!({"role": "editor"})), admin, "invalid_state", ""),
        (
            write("update_user", &[&s.contributor.id]).json(json!({"role": "admin"})),
            Some(&s.contributor),
            "forbidden",
            "",
        ),
        (write("delete_user", &[&s.admin.id]), admin, "invalid_state", ""),
        (token(json!(["everything"])), admin, INVALID, "/scopes/0"),
        (token(json!([])), admin, INVALID, "/scopes"),
        (token(json!(["users:admin"])), Some(&s.narrow), "forbidden", ""),
        (write("revoke_token", &[NOBODY]), admin, "not_found", ""),
        (write("login", &[]).json(credentials), None, "invalid_credentials", ""),
        (write("refresh", &[]).json(json!({"refresh_token": "nonsense"})), None, "invalid_token", ""),
        (write("change_password", &[]).json(passwords), admin, INVALID, "/current_password"),
    ]
}

/// Everything that may be done to one version alone, meant for another.
fn of_versions(s: &Scene) -> Vec<Row<'_>> {
    let cites = json!({"relation": "cites", "external": {"url": "https://example.com/"}});
    let writes = [
        write("add_post_link", &[&s.one]).json(cites.clone()),
        write("approve_comment", &[&s.comment]),
        write("archive_post", &[&s.one]),
        write("close_comments", &[&s.one]),
        write("delete_author", &[&s.moderator.author]),
        write("delete_comment", &[&s.comment]),
        write("delete_media", &[&s.image]),
        write("delete_post", &[&s.one]),
        write("delete_post_link", &[&s.one, &s.link]),
        write("delete_tag", &["rivers"]),
        write("delete_user", &[&s.contributor.id]),
        write("hold_comments", &[&s.one]),
        write("inherit_comments", &[&s.one]),
        write("mark_comment_spam", &[&s.comment]),
        write("open_comments", &[&s.one]),
        write("publish_post", &[&s.one]),
        write("restore_revision", &[&s.one, "1"]),
        write("set_post_links", &[&s.one]).json(json!({"links": [cites]})),
        write("trash_comment", &[&s.comment]),
        write("unpublish_post", &[&s.one]),
        write("update_author", &[&s.moderator.author]).json(json!({"location": "Faro"})),
        write("update_comment", &[&s.comment]).json(json!({"body": "Well."})),
        write("update_media", &[&s.image]).json(json!({"alt": "Fog"})),
        write("update_post", &[&s.one]).json(json!({"subtitle": "New"})),
        write("update_site", &[]).json(json!({"title": "New"})),
        write("update_tag", &["rivers"]).json(json!({"name": "Streams"})),
        write("update_user", &[&s.contributor.id]).json(json!({"name": "New"})),
    ];
    let takes_version = |operation: &&str| s.faces.taken(operation).1.contains("ifVersion");
    let writing = s.faces.operations().filter(|operation| !is_only_rest(operation));
    let of_versions: Vec<&str> = writing.filter(takes_version).collect();
    assert_eq!(writes.each_ref().map(|write| write.operation)[..], of_versions, "add what is missing");
    writes.into_iter().map(|write| (write.version(99), Some(&s.admin), "version_mismatch", "")).collect()
}

async fn all_refused(rows: impl Fn(&Scene) -> Vec<Row<'_>>) {
    for app in each().await {
        let scene = Scene::set(app).await;
        let before = state(&scene.app, &scene.admin).await;
        let mut wrong = Vec::new();
        for (write, by, code, place) in rows(&scene) {
            let [rest, graphql] = scene.refused(&write, by).await;
            let named = rest["errors"][0]["pointer"].as_str().unwrap_or_default();
            if rest["code"] != code || named != place {
                wrong.push(format!("{write:?}: {rest}, not {code} at {place:?}"));
            } else if rest != graphql {
                wrong.push(format!("{write:?}:\n  REST:    {rest}\n  GraphQL: {graphql}"));
            }
        }
        assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        assert_eq!(state(&scene.app, &scene.admin).await, before, "something was changed");
    }
}

#[actix_web::test]
async fn what_is_wrong_with_posts_is_refused_in_the_same_words() {
    all_refused(of_posts).await;
}

#[actix_web::test]
async fn what_is_wrong_with_comments_is_refused_in_the_same_words() {
    all_refused(of_comments).await;
}

#[actix_web::test]
async fn what_is_wrong_with_anything_else_is_refused_in_the_same_words() {
    all_refused(of_the_rest).await;
}

#[actix_web::test]
async fn what_is_meant_for_another_version_is_refused_in_the_same_words() {
    all_refused(of_versions).await;
}

/// GraphQL has types, so that it finds wrong ones before the mutation is called: under a code of its own, at the same member.
#[actix_web::test]
async fn what_is_of_the_wrong_type_is_refused_at_the_same_member() {
    for app in each().await {
        let s = Scene::set(app).await;
        let post = |body: Value| write("create_post", &[]).json(body);
        let link = |body: Value| write("add_post_link", &[&s.one]).json(body);
        for (write, place) in [
            (post(json!({})), "/title"),
            (post(json!({"title": null})), "/title"),
            (post(json!({"title": 5})), "/title"),
            (post(json!({"title": "T", "titel": "T"})), "/titel"),
            (post(json!({"title": "T", "featured": "yes"})), "/featured"),
            (post(json!({"title": "T", "visibility": "secret"})), "/visibility"),
            (post(json!({"title": "T", "tags": ["a", 5]})), "/tags/1"),
            (post(json!({"title": "T", "body": {"format": "rtf", "source": ""}})), "/body/format"),
            (
                post(json!({"title": "T", "authors": [{"author": "admin-0", "rolle": "r"}]})),
                "/authors/0/rolle",
            ),
            (link(json!({"relation": "likes", "post": "two"})), "/relation"),
            (
                link(
                    json!({"relation": "cites", "external": {"url": "https://example.com/", "published_at": "lately"}}),
                ),
                "/external/published_at",
            ),
            (write("publish_post", &[&s.draft]).json(json!({"at": "soon"})), "/at"),
            (write("moderate_comments", &[]).json(json!({"ids": [s.comment], "action": "burn"})), "/action"),
            (write("update_user", &[&s.contributor.id]).json(json!({"role": "owner"})), "/role"),
            (write("update_site", &[]).json(json!({"comments_open": "no"})), "/comments_open"),
        ] {
            let [rest, graphql] = s.refused(&write, Some(&s.admin)).await;
            assert_eq!(
                (&rest["code"], &rest["errors"][0]["pointer"]),
                (&json!(INVALID), &json!(place)),
                "{rest}"
            );
            let place = place.split('/').map(camel).collect::<Vec<_>>().join("/");
            let found = (&graphql["code"], &graphql["errors"][0]["pointer"]);
            let wanted = (&json!("bad_variables"), &json!(format!("/variables/input{place}")));
            assert_eq!(found, wanted, "{write:?}: {graphql}");
        }
    }
}
