//! What is not for everybody, member by member: who is shown it, through REST and through GraphQL.
//!
//! The callers are everybody who may ask: nobody in particular, holders of a preview link and of a comment's edit token, each
//! role, and API tokens of each single scope.

use pressroom::auth::policy::Action;
use pressroom::auth::scope::{Scope, Scopes};
use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::{Value, json};

use super::{Caller, On};
use crate::support::app::{Answer, Store, TestApp, User, text};
use crate::support::graphql::ask;
use crate::support::upload::{FORM, form};

/// Where all requests come from.
const ADDRESS: &str = "203.0.113.77";

/// Who asks, and by what they are known.
struct Asker {
    name: String,
    token: Option<String>,
    role: Option<Role>,
    scopes: Option<Scopes>,
    /// Whether the post is theirs.
    owns: bool,
    /// Whether they came by the post's preview link.
    previews: bool,
    /// Whether they show the edit token of the comment that waits.
    wrote: bool,
}

impl Asker {
    fn may(&self, action: Action, on: On, own: bool) -> bool {
        Caller { role: self.role, scopes: self.scopes, own }.may(action, on)
    }

    /// Whether they may read the post's draft and what goes with it.
    fn edits(&self) -> bool {
        self.may(Action::ReadDraft, On::Draft, self.owns)
    }

    fn reads_drafts_of_others(&self) -> bool {
        self.may(Action::ReadDraft, On::Draft, false)
    }

    fn moderates(&self) -> bool {
        self.may(Action::ModerateComment, On::Shown, self.owns)
    }

    fn sees_private(&self) -> bool {
        self.may(Action::SeeCommentPrivate, On::Shown, self.owns)
    }
}

/// A member that is not for everybody.
struct Member {
    name: &'static str,
    /// Where REST shows it: words like `$post` stand for the scene's own.
    path: &'static str,
    /// The same of GraphQL.
    field: &'static str,
    /// Whether an answer, in the names of REST, shows it.
    shows: fn(&Value) -> bool,
    /// Who is shown it.
    right: fn(&Asker) -> bool,
}

fn has(name: &'static str, value: &Value) -> bool {
    value.get(name).is_some_and(|member| !member.is_null())
}

/// Whether one of the links that go this way leads to a post of this title.
fn leads(links: &Value, way: &str, title: &str) -> bool {
    let of_rest = links[way].as_array();
    let of_fields = links.as_array();
    let all = of_rest.or(of_fields).into_iter().flatten();
    all.into_iter().any(|link| {
        let goes =
            link.get("direction").is_none_or(|to| to.as_str().unwrap_or_default().eq_ignore_ascii_case(way));
        goes && link["post"]["title"] == title
    })
}

const LINKS: &str = r#"{ post(id: "$post"$preview) { links { direction post { title } } } }"#;
const COMMENT: &str =
    r#"{ comment(id: "$shown"$edit) { authorEmail status markdown spam { score } editableUntil } }"#;
const WAITING: &str =
    r#"{ comment(id: "$waiting"$edit) { html authorEmail status markdown spam { score } editableUntil } }"#;
const POST: &str =
    r#"{ post(id: "$post"$preview) { title markdown body { source } hasUnpublishedChanges } }"#;

const MEMBERS: &[Member] = &[
    Member {
        name: "a post's source in Markdown",
        path: "/v1/posts/$post",
        field: POST,
        shows: |post| has("markdown", post),
        right: Asker::edits,
    },
    Member {
        name: "a post's source",
        path: "/v1/posts/$post",
        field: POST,
        shows: |post| has("body", post),
        right: Asker::edits,
    },
    Member {
        name: "whether there are changes",
        path: "/v1/posts/$post",
        field: POST,
        shows: |post| has("has_unpublished_changes", post) || has("hasUnpublishedChanges", post),
        right: Asker::edits,
    },
    Member {
        name: "the working copy",
        path: "/v1/posts/$post?perspective=draft",
        field: r#"{ post(id: "$post", perspective: DRAFT$preview) { title } }"#,
        shows: |post| post["title"] == "Changed",
        right: |asker| asker.edits() || asker.previews,
    },
    Member {
        name: "the post in the trash",
        path: "/v1/posts/$trashed",
        field: r#"{ post(id: "$trashed") { title } }"#,
        shows: |post| has("title", post),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "another's draft",
        path: "/v1/posts/$draft",
        field: r#"{ node(id: "$draft") { ... on Post { title } } }"#,
        shows: |post| has("title", post),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "another's private post",
        path: "/v1/posts/$private",
        field: r#"{ node(id: "$private") { ... on Post { title } } }"#,
        shows: |post| has("title", post),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "a link to another's draft",
        path: "/v1/posts/$post/links",
        field: LINKS,
        shows: |links| leads(links, "outgoing", "Draft"),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "a link from another's draft",
        path: "/v1/posts/$post/links",
        field: LINKS,
        shows: |links| leads(links, "incoming", "Draft"),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "an embedded link to another's draft",
        path: "/v1/posts/$post?include=links",
        field: LINKS,
        shows: |post| leads(post.get("links").unwrap_or(post), "outgoing", "Draft"),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "a link to another's private post",
        path: "/v1/posts/$post/links",
        field: LINKS,
        shows: |links| leads(links, "outgoing", "Private"),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "a link from another's private post",
        path: "/v1/posts/$post/links",
        field: LINKS,
        shows: |links| leads(links, "incoming", "Private"),
        right: Asker::reads_drafts_of_others,
    },
    Member {
        name: "a link from what stands in no list",
        path: "/v1/posts/$post/links",
        field: LINKS,
        shows: |links| leads(links, "incoming", "Unlisted"),
        right: |asker| asker.role.is_some(),
    },
    Member {
        name: "a revision",
        path: "/v1/posts/$post/revisions/1",
        field: r#"{ revision(post: "$post", number: 1) { title } }"#,
        shows: |revision| has("title", revision),
        right: Asker::edits,
    },
    Member {
        name: "a tag that only a draft has",
        path: "/v1/tags/$tag",
        field: r#"{ tag(slug: "$tag") { name } }"#,
        shows: |tag| has("name", tag),
        right: |asker| asker.role.is_some(),
    },
    Member {
        name: "an image in the library",
        path: "/v1/media/$media",
        field: r#"{ media(id: "$media") { url } }"#,
        shows: |media| has("url", media),
        right: |asker| asker.may(Action::ListMedia, On::Image, false),
    },
    Member {
        name: "an account",
        path: "/v1/users/$user",
        field: r#"{ user(id: "$user") { email } }"#,
        shows: |user| has("email", user),
        right: |asker| asker.may(Action::ListUsers, On::Stranger, false),
    },
    Member {
        name: "a guest's e-mail address",
        path: "/v1/comments/$shown",
        field: COMMENT,
        shows: |comment| has("author_email", comment) || has("authorEmail", comment),
        right: Asker::sees_private,
    },
    Member {
        name: "the judgement of a comment",
        path: "/v1/comments/$shown",
        field: COMMENT,
        shows: |comment| has("spam", comment),
        right: Asker::sees_private,
    },
    Member {
        name: "the state of a comment",
        path: "/v1/comments/$shown",
        field: COMMENT,
        shows: |comment| has("status", comment),
        right: |asker| asker.moderates() || asker.sees_private(),
    },
    Member {
        name: "the source of a comment",
        path: "/v1/comments/$shown",
        field: COMMENT,
        shows: |comment| has("markdown", comment),
        right: |asker| asker.moderates() || asker.sees_private(),
    },
    Member {
        name: "until when a comment may be changed",
        path: "/v1/comments/$shown",
        field: COMMENT,
        shows: |comment| has("editable_until", comment) || has("editableUntil", comment),
        right: |_| false,
    },
    Member {
        name: "a comment that waits",
        path: "/v1/comments/$waiting",
        field: WAITING,
        shows: |comment| comment["html"].as_str().is_some_and(|html| html.contains("awaits")),
        right: |asker| asker.moderates() || asker.wrote,
    },
    Member {
        name: "the state of a comment that waits",
        path: "/v1/comments/$waiting",
        field: WAITING,
        shows: |comment| has("status", comment),
        right: |asker| asker.moderates() || asker.wrote,
    },
    Member {
        name: "the source of a comment that waits",
        path: "/v1/comments/$waiting",
        field: WAITING,
        shows: |comment| has("markdown", comment),
        right: |asker| asker.moderates() || asker.wrote,
    },
    Member {
        name: "the address and the judgement of a comment that waits",
        path: "/v1/comments/$waiting",
        field: WAITING,
        shows: |comment| has("spam", comment) || has("author_email", comment) || has("authorEmail", comment),
        right: |asker| asker.moderates() && asker.sees_private(),
    },
    Member {
        name: "an embedded comment's e-mail address",
        path: "/v1/posts/$post?include=comments",
        field: r#"{ post(id: "$post"$preview) { comments { nodes { authorEmail spam { score } } } } }"#,
        shows: |post| post.to_string().contains("@secret.example"),
        right: Asker::sees_private,
    },
    Member {
        name: "the embedded judgement of a comment",
        path: "/v1/posts/$post?include=comments",
        field: r#"{ post(id: "$post"$preview) { comments { nodes { authorEmail spam { score } } } } }"#,
        shows: |post| post.to_string().contains("\"score\":0."),
        right: Asker::sees_private,
    },
    Member {
        name: "a comment that waits, in the thread",
        path: "/v1/posts/$post/comments?view=flat",
        field: r#"{ post(id: "$post"$preview) { comments(view: FLAT) { nodes { html } } } }"#,
        shows: |thread| thread.to_string().contains("awaits"),
        right: |_| false,
    },
    Member {
        name: "the queue",
        path: "/v1/comments",
        field: "{ comments { nodes { html } } }",
        shows: |queue| queue.to_string().contains("awaits"),
        right: |asker| {
            asker.may(Action::ReadQueue, On::List, asker.owns)
                && (asker.may(Action::ReadQueue, On::Shown, asker.owns))
        },
    },
];

/// A publication in which much is hidden.
struct World {
    app: TestApp,
    words: Vec<(&'static str, String)>,
    preview: String,
    edit: String,
    askers: Vec<Asker>,
}

impl World {
    async fn make(store: Store) -> Self {
        let config = Config { trusted_proxies: 1, ..store.config() };
        let app = TestApp::with(store, config).await;
        let (admin, owner) = (app.user(Role::Admin).await, app.user(Role::Author).await);
        let make = async |path: &str, by: &User, body: Value| app.post(path).by(by).json(&body).await.ok();
        let body = json!({"format": "markdown", "source": "Words."});
        let post = make("/v1/posts?publish=true", &owner, json!({"title": "Live", "body": body})).await;
        let post = text(&post["id"]);
        let mut words = vec![("$post", post.clone())];
        let (mut links, mut trashed) = (Vec::new(), String::new());
        for (title, visibility, publish) in [
            ("Draft", "public", "false"),
            ("Private", "private", "true"),
            ("Unlisted", "unlisted", "true"),
            ("Trashed", "public", "true"),
        ] {
            let input = json!({"title": title, "visibility": visibility, "tags": if title == "Draft" { vec!["Secret"] } else { vec![] }});
            let other = make(&format!("/v1/posts?publish={publish}"), &admin, input).await;
            let other = text(&other["id"]);
            make(&format!("/v1/posts/{other}/links"), &admin, json!({"relation": "cites", "post": post}))
                .await;
            links.push(json!({"relation": "cites", "post": other}));
            match title {
                "Draft" => words.push(("$draft", other)),
                "Private" => words.push(("$private", other)),
                "Trashed" => trashed = other,
                _ => {}
            }
        }
        app.put(&format!("/v1/posts/{post}/links")).by(&admin).json(&json!({"links": links})).await.ok();
        app.delete(&format!("/v1/posts/{trashed}")).by(&admin).await.ok();
        let mut said = Vec::new();
        for what in ["was approved", "awaits a look"] {
            let guest = json!({"name": "Ada", "email": format!("{}@secret.example", &what[..3])});
            let comment = json!({"body": format!("This {what}."), "author": guest});
            let path = format!("/v1/posts/{post}/comments");
            said.push(app.post(&path).header("X-Forwarded-For", ADDRESS).json(&comment).await.ok());
        }
        let [shown, waiting] = said.try_into().unwrap();
        app.post(&format!("/v1/comments/{}/approve", text(&shown["id"]))).by(&admin).await.ok();
        app.patch(&format!("/v1/posts/{post}")).by(&owner).json(&json!({"title": "Changed"})).await.ok();
        let media = app.post("/v1/media").by(&admin).body(FORM, form("a.png", 0)).await.ok();
        words.extend([
            ("$trashed", trashed),
            ("$tag", "secret".to_owned()),
            ("$media", text(&media["id"])),
            ("$user", admin.id.clone()),
            ("$shown", text(&shown["id"])),
            ("$waiting", text(&waiting["id"])),
        ]);
        let preview = text(&app.post(&format!("/v1/posts/{post}/preview")).by(&owner).await.ok()["token"]);
        let edit = text(&waiting["edit_token"]);
        let nobody = |name: &str| Asker {
            name: name.to_owned(),
            token: None,
            role: None,
            scopes: None,
            owns: false,
            previews: false,
            wrote: false,
        };
        let mut askers = vec![
            nobody("anybody"),
            Asker { previews: true, ..nobody("the holder of a preview link") },
            Asker { wrote: true, ..nobody("the guest who wrote") },
            Asker {
                token: Some(owner.token.clone()),
                role: Some(Role::Author),
                owns: true,
                ..nobody("the post's author")
            },
        ];
        for role in Role::ALL {
            let user = app.user(role).await;
            askers.push(Asker { token: Some(user.token), role: Some(role), ..nobody(role.as_str()) });
        }
        let keeper = app.user(Role::Admin).await;
        for scope in Scope::ALL {
            let asked = json!({"name": "n", "scopes": [scope]});
            let secret = text(&make("/v1/tokens", &keeper, asked).await["secret"]);
            let scopes = Some(Scopes::of(&[scope]));
            let name = format!("a token for {scope}");
            askers.push(Asker { token: Some(secret), role: Some(Role::Admin), scopes, ..nobody(&name) });
        }
        Self { app, words, preview, edit, askers }
    }

    fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, own)| text.replace(word, own))
    }

    async fn by_rest(&self, member: &Member, asker: &Asker) -> Answer {
        let mut path = self.fill(member.path);
        let takes_it = path.starts_with("/v1/posts/") && !path.contains("/revisions");
        if asker.previews && takes_it {
            let mark = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{mark}preview={}", self.preview);
        }
        let mut ask = self.app.get(&path);
        if asker.wrote {
            ask = ask.header("X-Edit-Token", &self.edit);
        }
        if let Some(token) = &asker.token { ask.token(token).await } else { ask.await }
    }

    async fn by_field(&self, member: &Member, asker: &Asker) -> Answer {
        let argument = |name: &str, token: &str, is_shown: bool| {
            if is_shown { format!(", {name}: \"{token}\"") } else { String::new() }
        };
        let document = member
            .field
            .replace("$preview", &argument("preview", &self.preview, asker.previews))
            .replace("$edit", &argument("editToken", &self.edit, asker.wrote));
        let ask = ask(&self.app, &self.fill(&document), &Value::Null);
        if let Some(token) = &asker.token { ask.token(token).await } else { ask.await }
    }
}

/// What an answer of GraphQL shows under its root field, and under that where it asks for one field of a post.
fn under_root(answer: &Value) -> Value {
    let root = answer["data"].as_object().and_then(|data| data.values().next()).cloned().unwrap_or_default();
    root.get("links").cloned().unwrap_or(root)
}

async fn compare(store: Store) {
    let world = World::make(store).await;
    let mut wrong = Vec::new();
    for member in MEMBERS {
        for asker in &world.askers {
            let want = (member.right)(asker);
            let rest = world.by_rest(member, asker).await;
            let field = world.by_field(member, asker).await;
            for (face, answer) in [("REST", &rest), ("GraphQL", &field)] {
                assert!(!answer.text().contains(ADDRESS), "{} tells {face} an address", asker.name);
                let body = answer.json();
                assert!(!answer.text().contains("\"internal\""), "{} by {}: {body}", member.name, asker.name);
                let shown = match face {
                    "REST" => answer.status() < 400 && (member.shows)(&body),
                    _ => (member.shows)(&under_root(&body)),
                };
                if shown != want {
                    wrong
                        .push(format!("{face} to {}: {} is shown: {shown}: {body}", asker.name, member.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn what_is_not_public_is_shown_to_whom_the_table_names() {
    compare(Store::sqlite()).await;
}

#[actix_web::test]
async fn what_is_not_public_is_shown_on_postgresql_to_whom_the_table_names() {
    if let Some(store) = Store::postgres() {
        compare(store).await;
    }
}
