//! Comments as their viewer may see them.

use std::collections::HashMap;

use pressroom_schema::comments::{self, CommentPrivate, CommentRow};
use pressroom_schema::{CommentStatus, Id, Timestamp};

use super::commented::{CommentedPost, CommentedPosts, is_writer};
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Reader;
use crate::service::parts::People;
use crate::service::{Service, allowed};
use crate::view::{AuthorView, CommentAuthorView, CommentView, Shared, SpamReasonView, SpamView};

/// Where comments are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Viewpoint {
    /// In a thread, which has the same shape for everybody: removed comments are tombstones.
    Thread,
    /// One by one: who may moderate reads removed ones too.
    Single,
}

/// What a viewer sees of a comment.
#[expect(clippy::struct_excessive_bools, reason = "four answers that do not follow from each other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CommentAccess {
    /// The writer, by account or edit token.
    writes: bool,
    /// Who decides on it.
    moderates: bool,
    /// Who sees e-mail address and judgement.
    private: bool,
    /// Only that something stood there.
    masked: bool,
}

impl CommentAccess {
    fn of(
        viewer: &Viewer,
        place: &CommentedPost,
        row: &CommentRow,
        viewpoint: Viewpoint,
        now: Timestamp,
    ) -> Self {
        let target = place.comment(row, now);
        let may = |action| viewer.is_signed_in() && allowed(viewer, action, &target);
        let writes = is_writer(viewer, row);
        let moderates = may(Action::ModerateComment);
        // Its own writer reads what waits for a moderator, but not what was removed.
        let waits = row.status == CommentStatus::Pending || row.status == CommentStatus::Spam;
        let open = row.is_approved() || (viewpoint != Viewpoint::Thread && (moderates || (writes && waits)));
        Self { writes, moderates, private: may(Action::SeeCommentPrivate), masked: !open }
    }

    /// Whether anything is to be read from the comment's private side.
    fn looks_behind(self) -> bool {
        self.writes || self.moderates || self.private
    }

    /// The state as the viewer is told it. Who writes spam is not told so: to them it waits for a moderator.
    fn status(self, row: &CommentRow) -> Option<CommentStatus> {
        if self.moderates || self.private {
            Some(row.status)
        } else if self.writes {
            Some(if row.status == CommentStatus::Spam { CommentStatus::Pending } else { row.status })
        } else {
            None
        }
    }
}

/// Comments as views by id, by at most two statements: writers' profiles, and for those who may see it the private side.
pub(super) fn load_views<'a>(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    commented: &CommentedPosts,
    rows: impl IntoIterator<Item = &'a CommentRow>,
    viewpoint: Viewpoint,
) -> Result<HashMap<Id, CommentView>> {
    let rows: Vec<&CommentRow> = rows.into_iter().collect();
    let people = svc.people(reader, rows.iter().filter_map(|row| row.author_id).collect())?;
    show(svc, reader, viewer, commented, rows, viewpoint, &people)
}

/// [`load_views`] where the writers' profiles are known.
pub(super) fn show<'a>(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    commented: &CommentedPosts,
    rows: impl IntoIterator<Item = &'a CommentRow>,
    viewpoint: Viewpoint,
    people: &People,
) -> Result<HashMap<Id, CommentView>> {
    let now = svc.now();
    let mut seen = Vec::new();
    for row in rows {
        let place = commented.get(row.post_id)?;
        seen.push((row, place, CommentAccess::of(viewer, place, row, viewpoint, now)));
    }
    let behind: Vec<Id> =
        seen.iter().filter(|(_, _, s)| s.looks_behind()).map(|(row, _, _)| row.id).collect();
    let behind: HashMap<Id, CommentPrivate> =
        comments::private(reader, &behind)?.into_iter().map(|found| (found.id, found)).collect();
    Ok(seen
        .into_iter()
        .map(|(row, place, sight)| {
            // Of a comment that is not shown, nobody's profile is.
            let writer = row.author_id.filter(|_| !sight.masked);
            let profile = writer.and_then(|id| people.show(reader, id));
            (row.id, view(row, place, sight, profile, behind.get(&row.id)))
        })
        .collect())
}

fn view(
    row: &CommentRow,
    place: &CommentedPost,
    sight: CommentAccess,
    profile: Option<Shared<AuthorView>>,
    private: Option<&CommentPrivate>,
) -> CommentView {
    let tells_text = !sight.masked || sight.moderates;
    CommentView {
        id: row.id,
        post_id: row.post_id,
        parent_id: row.parent_id,
        depth: row.depth,
        author: (!sight.masked).then(|| author(row, place, profile)),
        html: if sight.masked { String::new() } else { row.html.clone() },
        markdown: private
            .filter(|_| tells_text && (sight.writes || sight.moderates || sight.private))
            .map(|p| p.source.clone()),
        status: sight.status(row),
        is_tombstone: sight.masked,
        created_at: row.created_at,
        edited_at: row.edited_at.filter(|_| !sight.masked),
        reply_count: row.reply_count,
        replies: None,
        replies_next: None,
        ancestors: None,
        permalink: format!("{}#comment-{}", place.url, row.id),
        score: row.score,
        version: row.version,
        spam: private.filter(|_| sight.private).map(spam),
        author_email: private.filter(|_| sight.private).and_then(|p| p.author_email.clone()),
        edit_token: None,
        guest_token: None,
        editable_until: row.editable_until.filter(|_| sight.writes && !sight.masked),
    }
}

/// Whoever has a profile goes by it, so that a new name or portrait shows everywhere.
fn author(row: &CommentRow, place: &CommentedPost, own: Option<Shared<AuthorView>>) -> CommentAuthorView {
    CommentAuthorView {
        name: own.as_ref().map_or_else(|| row.author_name.clone(), |p| p.name.clone()),
        url: own.as_ref().and_then(|p| p.website.clone()).or_else(|| row.author_url.clone()),
        avatar_url: own.as_ref().and_then(|p| p.avatar.as_ref()).map(|image| image.url.clone()),
        is_post_author: place.has_author(row.author_id),
        profile: own,
    }
}

fn spam(private: &CommentPrivate) -> SpamView {
    SpamView {
        score: f64::from(private.spam_score) / 1000.0,
        reasons: private.spam_reasons.to::<Vec<SpamReasonView>>().unwrap_or_default(),
    }
}
