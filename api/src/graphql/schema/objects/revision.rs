//! Saved versions of a post, and what differs between two.

use std::sync::Arc;

use async_graphql::{ID, Object};

use super::post::Body;
use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::service::posts::{DiffLineView, FieldDiffView, RevisionAuthor, RevisionDiffView, RevisionView};
use pressroom_schema::{DiffOp, RevisionReason};

/// A revision as the loading step keeps it.
pub(crate) type RevisionData = Arc<RevisionView>;

connection! {
    /// A page of a post's saved versions, newest first.
    RevisionConnection, RevisionEdge, Revision, Arc<RevisionView>
}

/// A saved version of a post.
#[derive(Debug)]
pub(crate) struct Revision {
    view: RevisionData,
}

impl Revision {
    pub(crate) fn new(view: RevisionData, _at: At) -> Self {
        Self { view }
    }
}

/// A saved version of a post.
#[Object(serial)]
impl Revision {
    /// 1, 2, 3, …
    async fn number(&self) -> i32 {
        self.view.number
    }

    /// When it was saved.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// Who saved it; null where the account is gone.
    async fn created_by(&self) -> Option<Saver<'_>> {
        self.view.created_by.as_ref().map(Saver)
    }

    /// Why it was saved.
    async fn reason(&self) -> RevisionReason {
        self.view.reason
    }

    /// The title at that time.
    async fn title(&self) -> &str {
        &self.view.title
    }

    /// Words of the body at that time.
    async fn word_count(&self) -> i32 {
        self.view.word_count
    }

    /// Whether this one is live.
    async fn is_live(&self) -> bool {
        self.view.is_live
    }

    /// Whether this one is the working copy.
    async fn is_working_copy(&self) -> bool {
        self.view.is_working_copy
    }

    /// The body as it was sent: only where one revision is read, else null.
    async fn body(&self) -> Option<Body<'_>> {
        self.view.body.as_ref().map(Body::from)
    }

    /// Everything else that was saved: only where one revision is read, else null.
    async fn content(&self) -> Option<serde_json::Value> {
        self.view.content.clone()
    }
}

/// Who saved a revision.
#[derive(Debug)]
pub(crate) struct Saver<'a>(&'a RevisionAuthor);

/// Who saved a revision.
#[Object(name = "RevisionAuthor", serial)]
impl Saver<'_> {
    /// The account.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

/// What differs between two revisions.
#[derive(Debug)]
pub(crate) struct RevisionDiff {
    view: Arc<RevisionDiffView>,
}

impl RevisionDiff {
    pub(crate) fn new(view: Arc<RevisionDiffView>) -> Self {
        Self { view }
    }
}

/// What differs between two revisions.
#[Object(serial)]
impl RevisionDiff {
    /// Number of the one.
    async fn from(&self) -> i32 {
        self.view.from
    }

    /// Number of the other.
    async fn to(&self) -> i32 {
        self.view.to
    }

    /// Members other than the body that differ, by name.
    async fn fields(&self) -> Vec<FieldDiff<'_>> {
        self.view.fields.iter().map(FieldDiff).collect()
    }

    /// The body's source, line by line; empty where it is the same.
    async fn body(&self) -> Vec<DiffLine<'_>> {
        self.view.body.iter().map(DiffLine).collect()
    }

    /// Whether the two sources have too many lines (20,000 together) to be compared line by line: `body` then has pieces of many
    /// lines, what both begin with, what was removed, what was added, and what both end with.
    async fn is_coarse(&self) -> bool {
        self.view.is_coarse
    }
}

/// A member that differs.
#[derive(Debug)]
pub(crate) struct FieldDiff<'a>(&'a FieldDiffView);

/// A member that differs.
#[Object(serial)]
impl FieldDiff<'_> {
    /// Which, as REST names it.
    async fn field(&self) -> &str {
        &self.0.field
    }

    /// Its value in the earlier revision.
    async fn from(&self) -> &serde_json::Value {
        &self.0.from
    }

    /// Its value in the later one.
    async fn to(&self) -> &serde_json::Value {
        &self.0.to
    }
}

/// One line of a difference.
#[derive(Debug)]
pub(crate) struct DiffLine<'a>(&'a DiffLineView);

/// One line of a difference.
#[Object(serial)]
impl DiffLine<'_> {
    /// What happened to it.
    async fn op(&self) -> DiffOp {
        self.0.op
    }

    /// The line.
    async fn text(&self) -> &str {
        &self.0.text
    }
}
