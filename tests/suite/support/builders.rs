//! What tests fill a publication with, through REST: each begins with what is required and says only what matters to the test.

use serde_json::{Value, json};

use super::app::{TestApp, User, text};

/// A post to be made.
#[derive(Debug, Clone)]
pub(crate) struct Post(Value);

impl Post {
    pub(crate) fn titled(title: &str) -> Self {
        Self(json!({ "title": title }))
    }

    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0[member] = value.into();
        self
    }

    pub(crate) fn slug(self, slug: &str) -> Self {
        self.with("slug", slug)
    }

    pub(crate) fn markdown(self, source: &str) -> Self {
        self.with("body", json!({ "format": "markdown", "source": source }))
    }

    pub(crate) fn authors(self, slugs: &[&str]) -> Self {
        self.with("authors", slugs)
    }

    pub(crate) fn tags(self, names: &[&str]) -> Self {
        self.with("tags", names)
    }

    /// Saved as a draft.
    pub(crate) async fn save(self, app: &TestApp, by: &User) -> Value {
        app.post("/v1/posts").by(by).json(&self.0).await.ok()
    }

    /// Published with this date, in the past or to come.
    pub(crate) async fn publish(self, app: &TestApp, by: &User, at: &str) -> Value {
        let post = self.save(app, by).await;
        let path = format!("/v1/posts/{}/publish", text(&post["id"]));
        app.post(&path).by(by).json(&json!({ "at": at })).await.ok()
    }
}

/// An author's profile.
pub(crate) async fn author(app: &TestApp, by: &User, slug: &str, name: &str) -> Value {
    app.post("/v1/authors").by(by).json(&json!({ "slug": slug, "name": name })).await.ok()
}

/// A member of each of the things in a list.
#[track_caller]
pub(crate) fn each_text(list: &Value, member: &str) -> Vec<String> {
    list.as_array()
        .unwrap_or_else(|| panic!("{list} is no list"))
        .iter()
        .map(|one| text(&one[member]))
        .collect()
}
