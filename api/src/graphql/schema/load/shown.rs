//! What is asked of a post, whatever field it is under.

use std::sync::Arc;

use pressroom_schema::posts::Columns;

use crate::graphql::PlanField;
use crate::service::posts::{ProjectedMembers, Projection};

/// What is shown of the posts that stand under these fields.
pub(super) fn shown<'a>(rows: impl IntoIterator<Item = &'a Arc<PlanField>>) -> Projection {
    let mut shown =
        Projection { body: Columns::NONE, members: ProjectedMembers::NONE, ..Projection::default() };
    let Projection { body, members, .. } = &mut shown;
    for field in rows {
        for child in field.children("Post").iter() {
            match child.name.as_str() {
                "html" => body.html = true,
                "text" => body.text = true,
                "markdown" | "body" => body.source = true,
                "authors" => members.authors = true,
                "tags" => members.tags = true,
                "terms" => members.terms = true,
                "commentCount" => members.comment_count = true,
                "commentsOpen" | "commentPolicy" => members.comment_policy = true,
                _ => {}
            }
        }
    }
    shown
}
