//! Previews: what their holder sees, and what not.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::markdown;
use crate::support::app::{TestApp, User, on_both, text};
use crate::support::graphql::{ask, code, data};

/// What a post shows, and what hangs on that as far as the limits let one go: each by a query of its own.
const EDGES: [&str; 5] = [
    "links { id relation direction position note origin external { url title }
        post { ...Whole links { id direction post { ...Whole } } comments(first: 3) { nodes { ...Said } } } }",
    "related { reason { kind relation score terms } post { ...Whole links { id post { ...Whole } } } }",
    "previous { ...Whole links { id post { ...Whole } } } next { ...Whole links { id post { ...Whole } } }",
    "comments(first: 5) { nodes { ...Said post { ...Whole } replies(first: 5) { nodes { ...Said parent { ...Said } } } } }",
    "authors { author { name posts(first: 3) { nodes { ...Whole links { id post { ...Whole } } } } } }
        tags { parent { name } posts(first: 3) { nodes { ...Whole links { id post { ...Whole } } } } }",
];

const WHOLE: &str = "
    fragment Whole on Post {
        id slug url title subtitle excerpt html text markdown body { format source } status visibility featured publishedAt updatedAt
        createdAt version wordCount readingMinutes language image { url } commentCount commentsOpen terms { notice url } canonicalUrl
        seo { title } custom hasUnpublishedChanges deletedAt authors { name role } tags { name postCount }
    }";

const SAID: &str = "
    fragment Said on Comment {
        id postId parentId depth html markdown status isTombstone createdAt editedAt replyCount permalink score version
        spam { score } authorEmail editToken editableUntil author { name url isPostAuthor profile { name } }
    }";

/// All that GraphQL shows of a post and beside it.
async fn fields(app: &TestApp, id: &str, token: Option<&str>, by: Option<&User>) -> Vec<Value> {
    let mut all = Vec::new();
    for edge in EDGES {
        let said = if edge.contains("...Said") { SAID } else { "" };
        let query = format!(
            "query($id: ID!, $token: String) {{ post(id: $id, preview: $token) {{ ...Whole {edge} }} }} {WHOLE} {said}"
        );
        let asked = ask(app, &query, &json!({"id": id, "token": token}));
        let answer = if let Some(user) = by { asked.by(user).await } else { asked.await };
        all.push(data(&answer)["post"].clone());
    }
    all
}

/// All that REST shows of a post beside its own members.
async fn beside(app: &TestApp, id: &str, token: Option<&str>) -> Vec<Value> {
    let token = token.map(|token| format!("&preview={token}")).unwrap_or_default();
    let mut all = Vec::new();
    for path in [
        "?include=links,related,comments&fields=links,related,comments",
        "/links?",
        "/related?limit=20",
        "/comments?view=thread",
        "/comments?view=flat&count=true",
    ] {
        all.push(app.get(&format!("/v1/posts/{id}{path}{token}").replace("?&", "?")).await.ok());
    }
    all
}

/// Posts of others that are not for everybody, tied to `post` in both directions, and comments in every state under it.
async fn surround(app: &TestApp, admin: &User, post: &str) {
    let own = text(&app.get(&format!("/v1/posts/{post}")).by(admin).await.ok()["slug"]);
    let mut ends = Vec::new();
    for (name, visibility, publish) in [
        ("open", "public", true),
        ("unlisted", "unlisted", true),
        ("private", "private", true),
        ("draft", "public", false),
        ("trashed", "public", true),
    ] {
        let slug = format!("other-{name}");
        let body =
            format!("Secret of the {name} one. See [it](/{own}) and [that](https://example.org/{own}).");
        let input = json!({"title": format!("Other {name}"), "slug": slug, "visibility": visibility, "body": markdown(&body)});
        let path = if publish { "/v1/posts?publish=true" } else { "/v1/posts" };
        app.post(path).by(admin).json(&input).await.ok();
        let back = json!({"relation": "related", "post": post});
        app.post(&format!("/v1/posts/{slug}/links")).by(admin).json(&back).await.ok();
        ends.push(json!({"relation": "cites", "post": slug, "note": "N"}));
    }
    ends.push(json!({"relation": "cites", "external": {"url": "https://example.com/x", "title": "X"}}));
    app.put(&format!("/v1/posts/{post}/links")).by(admin).json(&json!({"links": ends})).await.ok();
    app.delete("/v1/posts/other-trashed").by(admin).await.ok();
}

/// Comments in every state under a post that is live.
async fn discuss(app: &TestApp, admin: &User, post: &str) {
    let comments = format!("/v1/posts/{post}/comments");
    let first = app.comment(admin, post, "A word of the house.", None).await;
    for (n, decision) in ["approve", "spam", "trash", ""].into_iter().enumerate() {
        let author = json!({"name": format!("Guest {n}"), "email": format!("guest{n}@secret.example")});
        let said =
            json!({"body": format!("Thought number {n}."), "parent_id": first["id"], "author": author});
        let said = app.post(&comments).json(&said).await.ok();
        if !decision.is_empty() {
            app.post(&format!("/v1/comments/{}/{decision}", text(&said["id"]))).by(admin).await.ok();
        }
    }
}

async fn preview(app: &TestApp, by: &User, post: &str) -> String {
    text(&app.post(&format!("/v1/posts/{post}/preview")).by(by).await.ok()["token"])
}

/// The same with the working copy's title in the place of the live one: what a preview must show of a post whose title has
/// changed.
fn renamed(live: &Value) -> Value {
    serde_json::from_str(&live.to_string().replace("\"Live\"", "\"Changed\"")).unwrap()
}

#[actix_web::test]
async fn a_preview_shows_of_everything_beside_the_post_what_anybody_sees() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let post = app.published(&admin, &json!({"title": "Live", "slug": "p", "tags": ["Sea"], "body": markdown("See [one](/other-draft), [two](/other-private).")})).await;
        let id = text(&post["id"]);
        surround(&app, &admin, &id).await;
        discuss(&app, &admin, &id).await;
        app.patch("/v1/posts/p").by(&admin).json(&json!({"title": "Changed"})).await.ok();
        let token = preview(&app, &admin, "p").await;

        let rest = format!("/v1/posts/{id}?include=links,related,adjacent,comments");
        let live = app.get(&rest).await.ok();
        assert_eq!((&live["title"], live["links"]["outgoing"].as_array().unwrap().len()), (&json!("Live"), 3));
        for (who, shown) in [
            ("anybody", app.get(&format!("{rest}&preview={token}")).await.ok()),
            ("an admin", app.get(&format!("{rest}&preview={token}")).by(&admin).await.ok()),
        ] {
            assert_eq!(shown, renamed(&live), "{who}");
        }
        assert_eq!(beside(&app, &id, Some(&token)).await, beside(&app, &id, None).await);
        let live = Value::Array(fields(&app, &id, None, None).await);
        assert!(live.to_string().contains("Thought number 0"), "{live}");
        for by in [None, Some(&admin)] {
            // Wherever the post is met, it is the working copy.
            assert_eq!(Value::Array(fields(&app, &id, Some(&token), by).await), renamed(&live));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_preview_of_a_draft_shows_beside_it_what_anybody_will_see_when_it_is_out() {
    on_both(async |app| {
        let (admin, writer) = (app.user(Role::Admin).await, app.user(Role::Contributor).await);
        let body = markdown("See [one](/other-draft), [two](/other-private), [three](/other-open).");
        let made = app
            .post("/v1/posts")
            .by(&writer)
            .json(&json!({"title": "Live", "slug": "p", "body": body}))
            .await
            .ok();
        let id = text(&made["id"]);
        surround(&app, &admin, &id).await;
        let token = preview(&app, &writer, "p").await;
        let titles = |shown: &Value| {
            let links = shown["links"].as_array().unwrap().iter();
            links.map(|link| link["post"]["title"].clone()).collect::<Vec<_>>()
        };
        let before = beside(&app, &id, Some(&token)).await;
        let links = titles(&fields(&app, &id, Some(&token), None).await[0]);
        app.post("/v1/posts/p/publish").by(&admin).await.ok();
        assert_eq!(before, beside(&app, &id, None).await);
        assert_eq!(links, titles(&fields(&app, &id, None, None).await[0]));
    })
    .await;
}

#[actix_web::test]
async fn a_preview_is_read_under_the_id_and_any_slug_of_its_post() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let made = app.published(&editor, &json!({"title": "Live", "slug": "first"})).await;
        app.patch("/v1/posts/first?publish=true").by(&editor).json(&json!({"slug": "second"})).await.ok();
        app.patch("/v1/posts/second")
            .by(&editor)
            .json(&json!({"slug": "third", "title": "Changed"}))
            .await
            .ok();
        app.published(&editor, &json!({"title": "Other", "slug": "other"})).await;
        let token = preview(&app, &editor, "second").await;
        let id = text(&made["id"]);
        for name in [id.as_str(), "first", "second", "third"] {
            for path in ["", "/links", "/related", "/comments"] {
                app.get(&format!("/v1/posts/{name}{path}?preview={token}")).await.ok();
            }
            let shown = app.get(&format!("/v1/posts/{name}?preview={token}")).await.ok();
            assert_eq!((&shown["title"], &shown["slug"]), (&json!("Changed"), &json!("third")), "{name}");
            let by = if name == id { "id: $name" } else { "slug: $name" };
            let kind = if name == id { "ID" } else { "String" };
            let query = format!(
                "query($name: {kind}!, $token: String) {{ post({by}, preview: $token) {{ title slug }} }}"
            );
            let shown = data(&ask(&app, &query, &json!({"name": name, "token": token})).await);
            assert_eq!(shown["post"], json!({"title": "Changed", "slug": "third"}), "{name}");
        }
        for path in ["", "/links", "/related", "/comments"] {
            app.get(&format!("/v1/posts/other{path}?preview={token}")).await.problem(404, "not_found");
        }
        let query = r#"query($token: String) { post(slug: "other", preview: $token) { title } }"#;
        assert_eq!(data(&ask(&app, query, &json!({"token": token})).await)["post"], Value::Null);
    })
    .await;
}

/// A preview that is over, on all its paths.
async fn has_ended(app: &TestApp, post: &str, token: &str, why: &str) {
    for path in ["", "/links", "/related", "/comments"] {
        let answer = app.get(&format!("/v1/posts/{post}{path}?preview={token}")).await;
        assert_eq!(answer.status(), 401, "{why}: {}", answer.text());
        answer.problem(401, "invalid_token");
        assert_eq!(answer.header("x-robots-tag"), "noindex", "{why}");
    }
    let query = "query($post: String, $token: String) { post(slug: $post, preview: $token) { title } }";
    let answer = ask(app, query, &json!({"post": post, "token": token})).await;
    assert_eq!(code(&answer), "invalid_token", "{why}");
}

#[actix_web::test]
async fn a_preview_ends_when_it_is_revoked() {
    on_both(async |app| {
        let (editor, writer) = (app.user(Role::Editor).await, app.user(Role::Contributor).await);
        app.post("/v1/posts").by(&writer).json(&json!({"title": "P", "slug": "p"})).await.ok();
        app.post("/v1/posts").by(&editor).json(&json!({"title": "Q", "slug": "q"})).await.ok();
        let tokens = [preview(&app, &writer, "p").await, preview(&app, &editor, "p").await];
        let other = preview(&app, &editor, "q").await;
        assert_eq!(app.delete("/v1/posts/p/preview").by(&writer).await.status(), 204);
        for token in &tokens {
            has_ended(&app, "p", token, "revoked").await;
        }
        app.get(&format!("/v1/posts/q?preview={other}")).await.ok();
        let token = preview(&app, &writer, "p").await;
        app.get(&format!("/v1/posts/p?preview={token}")).await.ok();
        let revoked =
            ask(&app, r#"mutation { revokePreviews(id: "p") { id } }"#, &Value::Null).by(&editor).await;
        data(&revoked);
        has_ended(&app, "p", &token, "revoked by a field").await;
        app.delete("/v1/posts/q/preview").by(&writer).await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn a_preview_ends_when_its_maker_may_no_longer_read_the_post() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let change = async |user: &User, body: Value| {
            app.patch(&format!("/v1/users/{}", user.id)).by(&admin).json(&body).await.ok();
        };
        let [disabled, demoted, crossed] =
            [app.user(Role::Editor).await, app.user(Role::Editor).await, app.user(Role::Author).await];
        let by = json!({"title": "P", "slug": "p", "authors": [crossed.author]});
        app.post("/v1/posts").by(&admin).json(&by).await.ok();
        let mut tokens = Vec::new();
        for user in [&disabled, &demoted, &crossed] {
            tokens.push(preview(&app, user, "p").await);
        }
        let scoped = app
            .post("/v1/tokens")
            .by(&admin)
            .json(&json!({"name": "n", "scopes": ["posts:read"]}))
            .await
            .ok();
        let made = app.post("/v1/posts/p/preview").token(&text(&scoped["secret"])).await.ok();
        tokens.push(text(&made["token"]));
        for token in &tokens {
            app.get(&format!("/v1/posts/p?preview={token}")).await.ok();
        }
        change(&disabled, json!({"disabled": true})).await;
        has_ended(&app, "p", &tokens[0], "disabled").await;
        change(&demoted, json!({"role": "author"})).await;
        has_ended(&app, "p", &tokens[1], "demoted").await;
        change(&demoted, json!({"role": "editor"})).await;
        app.get(&format!("/v1/posts/p?preview={}", tokens[1])).await.ok();
        app.patch("/v1/posts/p").by(&admin).json(&json!({"authors": [admin.author]})).await.ok();
        has_ended(&app, "p", &tokens[2], "no longer on the byline").await;
        app.delete(&format!("/v1/tokens/{}", text(&scoped["id"]))).by(&admin).await;
        has_ended(&app, "p", &tokens[3], "made by a token that is revoked").await;
        app.delete("/v1/posts/p").by(&admin).await.ok();
        app.get(&format!("/v1/posts/p?preview={}", tokens[1])).await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn answers_to_previews_are_kept_by_nobody_and_stay_out_of_search_engines() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "Live", "slug": "p"})).await;
        let token = preview(&app, &editor, "p").await;
        let query = format!("{{ post(slug: \"p\", preview: \"{token}\") {{ title }} }}");
        let signs = [(' ', "%20"), ('"', "%22"), ('{', "%7B"), ('}', "%7D")];
        let encoded = signs.iter().fold(query.clone(), |text, (sign, code)| text.replace(*sign, code));
        let mut answers =
            vec![app.get(&format!("/graphql?query={encoded}")).await, ask(&app, &query, &Value::Null).await];
        for path in ["", "/links", "/related", "/comments"] {
            answers.push(app.get(&format!("/v1/posts/p{path}?preview={token}")).await);
        }
        for answer in answers {
            answer.ok();
            assert_eq!(answer.header("x-robots-tag"), "noindex", "{}", answer.text());
            assert!(answer.header("cache-control").starts_with("private"), "{}", answer.text());
            assert_eq!(answer.header("surrogate-key"), "");
        }
        assert_eq!(app.get("/v1/posts/p").await.header("x-robots-tag"), "");
    })
    .await;
}
