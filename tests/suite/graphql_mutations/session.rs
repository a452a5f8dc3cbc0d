//! A working week, through one face or the other.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{Said, log, state};
use crate::support::app::{PASSWORD, TestApp, User, text};
use crate::support::faces::{Faces, Write, write};
use crate::support::graphql::data;
use crate::support::upload::{FORM, form};

struct Session<'a> {
    app: &'a TestApp,
    faces: &'a Faces,
    /// What REST answered to the same: through GraphQL, which is asked for no less.
    shapes: Option<&'a [Value]>,
    admin: User,
    said: Vec<Said>,
}

impl Session<'_> {
    async fn by(&mut self, token: Option<&str>, write: Write) -> Value {
        // Nothing is of the same moment, so that no order falls to the ids.
        self.app.advance(1);
        let ask = match self.shapes {
            None => self.faces.rest(self.app, &write),
            Some(shapes) => self.faces.graphql(self.app, &write, &shapes[self.said.len()]),
        };
        let answer = if let Some(token) = token { ask.token(token).await } else { ask.await };
        assert!(answer.status() < 400, "{write:?}: {}", answer.text());
        let told = match self.shapes {
            None => answer.ok(),
            Some(_) => self.faces.in_rests_words(&write, &data(&answer)),
        };
        self.said.push((write.operation.to_owned(), told.clone()));
        told
    }

    /// By the admin.
    async fn does(&mut self, write: Write) -> Value {
        let token = self.admin.token.clone();
        self.by(Some(&token), write).await
    }

    /// Makes something, and answers its id.
    async fn makes(&mut self, operation: &'static str, path: &[&str], body: Value) -> String {
        text(&self.does(write(operation, path).json(body)).await["id"])
    }

    async fn names_and_images(&mut self) -> (String, String) {
        let image = upload(self.app, &self.admin, "bay", 40).await;
        let unused = upload(self.app, &self.admin, "fog", 200).await;
        self.does(write("update_media", &[&image]).json(json!({"alt": "The bay", "caption": "At *four*."})))
            .await;
        self.does(write("update_media", &[&image]).version(2).json(json!({"caption": null}))).await;
        self.does(write("delete_media", &[&unused])).await;
        let noor = json!({
            "name": "Noor Haddad", "slug": "noor", "location": "Porto", "website": "https://noor.example",
            "bio": {"format": "markdown", "source": "Writes about *tides*."}, "avatar": {"media_id": image},
            "social": [{"service": "mastodon", "handle": "noor@example.social"},
                       {"service": "github", "handle": "noor"}],
        });
        let noor = self.makes("create_author", &[], noor).await;
        let moved = json!({"location": "Lisbon", "website": null, "social": [],
                           "bio": {"format": "html", "source": "<p>Writes.</p><script>1</script>"}});
        self.does(write("update_author", &[&noor]).json(moved)).await;
        let gone = self.makes("create_author", &[], json!({"name": "Émile, for a day"})).await;
        self.does(write("delete_author", &[&gone]).version(1)).await;
        let rivers = json!({"name": "Rivers", "kind": "category", "description": "Where they end."});
        let rivers = self.makes("create_tag", &[], rivers).await;
        let tides = self.makes("create_tag", &[], json!({"name": "Tides", "parent": rivers})).await;
        let renamed =
            json!({"name": "Ebb & flow", "slug": "ebb", "kind": "category", "description": "In and out."});
        self.does(write("update_tag", &[&tides]).json(renamed)).await;
        self.does(write("update_tag", &["ebb"]).version(2).json(json!({"parent": null}))).await;
        let gone = self.makes("create_tag", &[], json!({"name": "Fog"})).await;
        self.does(write("delete_tag", &[&gone])).await;
        let site = json!({
            "title": "Fathom & Furrow", "description": "Slow news.", "language": "pt", "timezone": "Europe/Lisbon",
            "logo": {"media_id": image}, "terms": {"notice": "Ask first.", "url": "https://example.org/terms"},
            "social": [{"service": "mastodon", "handle": "fathom@example.social"}], "comments_open": true,
        });
        self.does(write("update_site", &[]).json(site)).await;
        self.does(write("update_site", &[]).json(json!({"logo": null, "terms": {"notice": null}}))).await;
        (image, noor)
    }

    /// Answers a post that is live.
    async fn posts(&mut self, image: &str, noor: &str) -> String {
        let all = json!({
            "title": "The harbour at four", "slug": "harbour", "subtitle": "And at five", "excerpt": "Early.",
            "body": {"format": "markdown", "source": "A *fine* morning, see [the tide](https://example.org/tide)."},
            "image": {"media_id": image, "alt": "Boats", "caption": "Before dawn"},
            "authors": [{"author": noor, "role": "photographer"}, {"author": "admin-0"}],
            "tags": ["Rivers", "ebb", "Brand new"], "featured": true, "visibility": "unlisted", "language": "pt-BR",
            "comments_open": false, "terms": {"notice": "No reprints.", "url": "https://example.org/none"},
            "canonical_url": "https://elsewhere.example/harbour", "status": "in_review",
            "seo": {"title": "Harbour", "description": "At four.", "image": "https://example.org/h.png"},
            "custom": {"Some_key": {"camelCase": [1, 0.5, null, "é"]}, "UPPER": true},
        });
        let harbour = self.makes("create_post", &[], all).await;
        let tide = json!({"title": "The tide", "slug": "tide", "body": {"format": "html", "source": "<p>It <b>comes</b>.</p>"}});
        let tide = text(&self.does(write("create_post", &[]).flag("publish").json(tide)).await["id"]);
        let less = json!({
            "subtitle": null, "excerpt": null, "image": null, "seo": null, "terms": null, "canonical_url": null,
            "visibility": "public", "tags": ["ebb"], "custom": {"UPPER": null, "more": {}}, "comments_open": true,
        });
        self.does(write("update_post", &[&harbour]).version(1).json(less)).await;
        let more = json!({"title": "The tide, again", "featured": true});
        self.does(write("update_post", &["tide"]).flag("publish").json(more)).await;
        self.does(write("preview_post", &[&harbour]).json(json!({"expires_in": 600}))).await;
        self.does(write("preview_post", &[&tide])).await;
        self.does(write("revoke_previews", &[&harbour])).await;
        self.does(write("publish_post", &[&harbour]).json(json!({"at": "2024-02-03T04:05:06.5+01:00"})))
            .await;
        let links = json!({"links": [
            {"relation": "follow_up", "post": "tide", "note": "Read this after"},
            {"relation": "cites", "external": {"url": "https://example.com/a", "title": "A", "author": "B",
                "publisher": "C", "published_at": "1999-12-31T23:59:59Z"}}]});
        self.does(write("set_post_links", &["harbour"]).json(links)).await;
        let link = json!({"relation": "translation_of", "external": {"url": "https://example.com/b"}});
        let link = self.makes("add_post_link", &[&harbour], link).await;
        self.does(write("add_post_link", &["tide"]).json(json!({"relation": "prior", "post": harbour})))
            .await;
        self.does(write("delete_post_link", &[&harbour, &link])).await;
        self.does(write("restore_revision", &[&harbour, "1"])).await;
        self.does(write("publish_post", &[&harbour])).await;
        self.does(write("hold_comments", &[&harbour])).await;
        self.does(write("close_comments", &[&harbour])).await;
        self.does(write("open_comments", &[&harbour])).await;
        self.does(write("inherit_comments", &[&harbour])).await;
        self.does(write("unpublish_post", &[&harbour])).await;
        self.does(write("delete_post", &[&harbour])).await;
        self.does(write("restore_post", &[&harbour])).await;
        let later = self.makes("create_post", &[], json!({"title": "Later"})).await;
        self.does(write("publish_post", &[&later]).version(1).json(json!({"at": "2030-01-01T00:00:00Z"})))
            .await;
        self.does(write("unpublish_post", &[&later]).version(2)).await;
        let gone = self.makes("create_post", &[], json!({"title": "Gone"})).await;
        self.does(write("delete_post", &[&gone]).flag("permanent").version(1)).await;
        let old = json!({"title": "Of last year", "slug": "old"});
        let old = text(&self.does(write("create_post", &[]).flag("publish").json(old)).await["id"]);
        self.does(write("archive_post", &[&old]).version(2)).await;
        tide
    }

    async fn comments(&mut self, post: &str) {
        let top = self.makes("add_comment", &[post], json!({"body": "A *fine* morning."})).await;
        let reply = json!({"body": "And a long one.", "parent_id": top});
        self.makes("add_comment", &["tide"], reply).await;
        let ada = json!({"body": "I was there, and it rained.",
            "author": {"name": "Ada", "email": "Ada@example.org", "url": "https://ada.example"}});
        let guest = self.by(None, write("add_comment", &[post]).json(ada)).await;
        let (id, key) = (text(&guest["id"]), text(&guest["edit_token"]));
        let other = json!({"body": "I was there, and it snowed."});
        self.by(None, write("update_comment", &[&id]).edit_token(&key).json(other)).await;
        for operation in ["approve_comment", "mark_comment_spam", "trash_comment", "approve_comment"] {
            self.does(write(operation, &[&id])).await;
        }
        let later = json!({"body": "And on Wednesday the ferry was early.",
            "author": {"name": "Ada", "email": "Ada@example.org"}});
        let known = text(&guest["guest_token"]);
        self.by(None, write("add_comment", &[post]).guest_token(&known).json(later)).await;
        let words = json!({"body": "It snowed."});
        self.does(write("update_comment", &[&id]).version(6).json(words)).await;
        for action in ["pending", "spam", "approve", "trash"] {
            let decision = json!({"ids": [id, top], "action": action});
            self.does(write("moderate_comments", &[]).json(decision)).await;
        }
        self.does(write("moderate_comments", &[]).json(json!({"ids": [top], "action": "approve"}))).await;
        self.does(write("delete_comment", &[&top])).await;
        let bo =
            json!({"body": "Not what I meant to say.", "author": {"name": "Bo", "email": "bo@example.org"}});
        let guest = self.by(None, write("add_comment", &[post]).json(bo)).await;
        let (bo, key) = (text(&guest["id"]), text(&guest["edit_token"]));
        self.by(None, write("delete_comment", &[&bo]).edit_token(&key)).await;
        self.does(write("delete_comment", &[&id]).flag("permanent")).await;
    }

    async fn accounts(&mut self) {
        let lin = json!({"email": "lin@example.org", "name": "Lin", "role": "contributor", "password": PASSWORD, "author": "noor"});
        let lin = self.makes("create_user", &[], lin).await;
        let login = |password: &str| {
            write("login", &[]).json(json!({"email": "lin@example.org", "password": password}))
        };
        let session = self.by(None, login(PASSWORD)).await;
        let refresh = json!({"refresh_token": session["refresh_token"]});
        let session = self.by(None, write("refresh", &[]).json(refresh)).await;
        let token = text(&session["access_token"]);
        let new = "nine brown curlews at high tide";
        let passwords = json!({"current_password": PASSWORD, "new_password": new});
        self.by(Some(&token), write("change_password", &[]).json(passwords)).await;
        let session = self.by(None, login(new)).await;
        let token = text(&session["access_token"]);
        let named = json!({"name": "Lin Two", "email": "Lin2@example.org", "current_password": new});
        self.by(Some(&token), write("update_user", &[&lin]).json(named)).await;
        let key = json!({"name": "import", "scopes": ["posts:write", "posts:read"], "expires_at": "2025-01-01T00:00:00Z"});
        let key = text(&self.by(Some(&token), write("create_token", &[]).json(key)).await["id"]);
        self.by(Some(&token), write("revoke_token", &[&key])).await;
        self.makes("create_token", &[], json!({"name": "for ever", "scopes": ["site:write"]})).await;
        self.by(Some(&token), write("logout", &[])).await;
        let more = json!({"role": "editor", "author": null, "disabled": true, "password": PASSWORD});
        self.does(write("update_user", &[&lin]).json(more)).await;
        let other = json!({"email": "o@example.org", "name": "O", "role": "moderator", "password": PASSWORD});
        let other = self.makes("create_user", &[], other).await;
        self.does(write("delete_user", &[&other]).version(1)).await;
    }
}

/// An image, of one shade of grey. Files come through REST alone.
pub(super) async fn upload(app: &TestApp, by: &User, name: &str, shade: u8) -> String {
    app.advance(1);
    let form = form(&format!("{name}.png"), shade);
    let answer = app.post("/v1/media").by(by).body(FORM, form).await;
    text(&answer.ok()["id"])
}

/// Plays the session, and reads what it came to.
pub(super) async fn play(app: &TestApp, faces: &Faces, shapes: Option<&[Value]>) -> Vec<Said> {
    let admin = app.user(Role::Admin).await;
    let mut session = Session { app, faces, shapes, admin, said: Vec::new() };
    let (image, noor) = session.names_and_images().await;
    let post = session.posts(&image, &noor).await;
    session.comments(&post).await;
    session.accounts().await;
    let Session { admin, mut said, .. } = session;
    said.extend(state(app, &admin).await);
    said.extend(log(app).await);
    said
}
