use pressroom_schema::{CommentStatus, Id, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::sample::{self, Sample};
use super::{AuthorView, Shared};
use crate::page::List;

/// Who wrote a comment. Never an e-mail or IP address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CommentAuthor, example = CommentAuthorView::sample)]
pub struct CommentAuthorView {
    /// The name given.
    pub name: String,
    /// The site given.
    #[schema(required = true)]
    pub url: Option<String>,
    /// A picture.
    #[schema(required = true)]
    pub avatar_url: Option<String>,
    /// Whether this is one of the post's authors.
    pub is_post_author: bool,
    /// The author's profile, where the writer has one.
    #[schema(required = true, value_type = Option<AuthorView>)]
    pub profile: Option<Shared<AuthorView>>,
}

impl Sample for CommentAuthorView {
    fn sample() -> Self {
        Self {
            name: "Noor Haddad".into(),
            url: Some("https://example.org/noor".into()),
            avatar_url: Some("https://example.org/noor.jpg".into()),
            is_post_author: false,
            profile: Some(Shared::new(AuthorView::sample())),
        }
    }
}

/// One reason of a spam judgement.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "SpamReason", serial)]
#[schema(as = SpamReason)]
pub struct SpamReasonView {
    /// A stable name.
    pub code: String,
    /// What was seen.
    pub detail: String,
    /// How much it counted; negative speaks for the comment.
    pub weight: f64,
}

/// What the spam judge thought.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, async_graphql::SimpleObject)]
#[graphql(name = "Spam", serial)]
#[schema(as = Spam, example = SpamView::sample)]
pub struct SpamView {
    /// From 0 (surely not) to 1 (surely spam).
    pub score: f64,
    /// Why, weightiest first.
    pub reasons: Vec<SpamReasonView>,
}

impl Sample for SpamView {
    fn sample() -> Self {
        let reason =
            SpamReasonView { code: "links".into(), detail: "3 links in 20 words.".into(), weight: 1.5 };
        Self { score: 0.75, reasons: vec![reason] }
    }
}

/// A comment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Comment, example = CommentView::sample)]
pub struct CommentView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The post it stands under.
    #[schema(value_type = String, format = Uuid)]
    pub post_id: Id,
    /// The comment that it answers; null at the top.
    #[schema(required = true, value_type = Option<String>, format = Uuid)]
    pub parent_id: Option<Id>,
    /// 0 at the top.
    #[schema(minimum = 0)]
    pub depth: i32,
    /// Who wrote it; null on a tombstone.
    #[schema(required = true)]
    pub author: Option<CommentAuthorView>,
    /// The text, rendered and sanitised; empty on a tombstone.
    pub html: String,
    /// The text as written: for its writer and moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// Its state: for its writer and moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CommentStatus>,
    /// Whether it was removed and stands only to keep the thread's shape.
    pub is_tombstone: bool,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its text last changed.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub edited_at: Option<Timestamp>,
    /// How many direct replies are shown.
    #[schema(minimum = 0)]
    pub reply_count: i32,
    /// The replies, oldest first, down to the stated depth and number; absent where they were not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub replies: Option<Vec<CommentView>>,
    /// Send as `after` with `parent={id}` for the replies beyond those given; absent where all are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub replies_next: Option<String>,
    /// The ids of the comments above it, from the top down: only where one comment is read by itself, at most the nearest 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    pub ancestors: Option<Vec<Id>>,
    /// Where the comment is on the post's page.
    pub permalink: String,
    /// How much it is worth to readers: replies that it drew.
    pub score: i32,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
    /// The spam judgement: for moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spam: Option<SpamView>,
    /// The writer's e-mail address: for moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_email: Option<String>,
    /// Good for editing and deleting until the edit window ends; shown once, to the guest who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_token: Option<String>,
    /// By what this guest is known from now on: sent as `X-Guest-Token` with later comments. Shown once, to a guest who sent none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_token: Option<String>,
    /// When the edit window ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub editable_until: Option<Timestamp>,
}

impl Sample for CommentView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            post_id: sample::ID,
            parent_id: Some(sample::ID),
            depth: 1,
            author: Some(CommentAuthorView::sample()),
            html: "<p>A <em>fine</em> morning.</p>\n".into(),
            markdown: Some("A *fine* morning.".into()),
            status: Some(CommentStatus::Approved),
            is_tombstone: false,
            created_at: sample::time(),
            edited_at: Some(sample::time()),
            reply_count: 0,
            replies: Some(Vec::new()),
            replies_next: Some("MgpmNzA2".into()),
            ancestors: Some(vec![sample::ID]),
            permalink: "https://example.org/the-tide-table#comment-7".into(),
            score: 2,
            version: 7,
            spam: Some(SpamView::sample()),
            author_email: Some("noor@example.org".into()),
            edit_token: Some("pre_1a2b".into()),
            guest_token: Some("prg_3c4d".into()),
            editable_until: Some(sample::time()),
        }
    }
}

/// What a moderator's decision on several comments did.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Moderated)]
pub struct ModeratedView {
    /// The ids of those whose state changed; the others were in it already.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<Id>,
    /// All of them as they now stand, in the order in which they were named.
    pub comments: Vec<CommentView>,
}

/// A page of comments inside a post.
pub(super) type CommentList = List<CommentView>;
