//! The posts that comments stand under, as far as rights and addresses need them.

use std::collections::HashMap;

use pressroom_schema::comments::{self, CommentRow};
use pressroom_schema::posts::{self, PostRow};
use pressroom_schema::{Id, Key, Slug, Timestamp};
use uuid::Uuid;

use crate::auth::policy::{Action, CommentTarget, PostTarget, Target, reads_by_preview};
use crate::auth::secret;
use crate::auth::viewer::{GuestViewer, Viewer, Who};
use crate::error::{Code, Error, Result};
use crate::freshness::Reader;
use crate::service::posts::{AccessFacts, is_public, is_released};
use crate::service::{Service, allowed};

/// A post, as far as its comments need it.
#[derive(Debug, Clone)]
pub(crate) struct CommentedPost {
    id: Uuid,
    pub(super) url: String,
    owner: Option<Uuid>,
    authors: Vec<Uuid>,
    pub(super) is_live: bool,
    is_released: bool,
}

impl CommentedPost {
    fn of(svc: &Service, slug: &Slug, post: &impl AccessFacts, authors: &[Id]) -> Self {
        Self {
            id: post.id().0,
            url: svc.config.post_url(slug),
            owner: post.owner(),
            authors: authors.iter().map(|id| id.0).collect(),
            is_live: is_public(post),
            is_released: is_released(post),
        }
    }

    /// The post, for questions of rights.
    pub(super) fn post(&self) -> PostTarget<'_> {
        PostTarget {
            owner_id: self.owner,
            author_ids: &self.authors,
            is_live: self.is_live,
            is_released: self.is_released,
        }
    }

    /// One of its comments, for questions of rights.
    pub(super) fn comment(&self, row: &CommentRow, now: Timestamp) -> Target<'_> {
        Target::Comment(CommentTarget {
            id: row.id.0,
            user_id: row.user_id.map(|id| id.0),
            post: self.post(),
            is_approved: row.is_approved(),
            in_edit_window: row.editable_until.is_some_and(|until| now < until),
        })
    }

    pub(super) fn has_author(&self, author: Option<Id>) -> bool {
        author.is_some_and(|id| self.authors.contains(&id.0))
    }
}

/// Comments show their post's address and who of them wrote it.
fn depend_on_thread(reader: &mut Reader<'_>, post: Id) {
    reader.depend(Key::Post(post));
    reader.depend(Key::Comments(post));
}

/// Posts by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommentedPosts(HashMap<Id, CommentedPost>);

impl CommentedPosts {
    /// Posts whose authors are known.
    pub(crate) fn known<'a>(
        svc: &Service,
        reader: &mut Reader<'_>,
        rows: impl IntoIterator<Item = (&'a PostRow, &'a [Id])>,
    ) -> Self {
        let rows = rows.into_iter().inspect(|(row, _)| depend_on_thread(reader, row.id));
        Self(rows.map(|(row, by)| (row.id, CommentedPost::of(svc, &row.content.slug, row, by))).collect())
    }

    /// One statement.
    pub(super) fn of_row(svc: &Service, reader: &mut Reader<'_>, row: &PostRow) -> Result<Self> {
        let authors = posts::author_ids(reader, row.id)?;
        Ok(Self::known(svc, reader, [(row, authors.as_slice())]))
    }

    /// One statement for any number of posts.
    pub(super) fn of_ids(
        svc: &Service,
        reader: &mut Reader<'_>,
        ids: impl IntoIterator<Item = Id>,
    ) -> Result<Self> {
        let mut ids: Vec<Id> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = posts::with_bylines(reader, &ids)?;
        for id in ids {
            depend_on_thread(reader, id);
        }
        Ok(Self(rows.iter().map(|(row, by)| (row.id, CommentedPost::of(svc, &row.slug, row, by))).collect()))
    }

    pub(super) fn get(&self, post: Id) -> Result<&CommentedPost> {
        // A comment's post is a foreign key: only a defect could lose it.
        self.0.get(&post).ok_or_else(|| Error::internal(format!("the post {post} was not loaded")))
    }
}

/// A comment, whatever its state, with its post.
pub(super) struct Known {
    pub(super) row: CommentRow,
    pub(super) post: PostRow,
    pub(super) commented: CommentedPosts,
}

impl Known {
    /// The comment under `id`; 404 where there is none.
    pub(super) fn find(svc: &Service, reader: &mut Reader<'_>, id: &str) -> Result<Self> {
        let id: Id = id.parse().map_err(|_| Error::not_found("comment"))?;
        let (row, post) = comments::find(reader, id)?.ok_or_else(|| Error::not_found("comment"))?;
        let commented = CommentedPosts::of_row(svc, reader, &post)?;
        Ok(Self { row, post, commented })
    }

    pub(super) fn commented(&self) -> Result<&CommentedPost> {
        self.commented.get(self.post.id)
    }

    /// Its guest, where `token_hash` is what is `stored` of its edit token.
    pub(super) fn guest(
        &self,
        viewer: &Viewer,
        stored: Option<&str>,
        token_hash: Option<&str>,
    ) -> Option<Viewer> {
        let fits = matches!((stored, token_hash), (Some(stored), Some(shown)) if secret::same(stored, shown));
        fits.then(|| guest_of(viewer, self.row.id))
    }

    /// Whether `viewer` may do `action` to it.
    pub(super) fn allows(&self, viewer: &Viewer, action: Action, now: Timestamp) -> Result<bool> {
        Ok(viewer.is_signed_in() && allowed(viewer, action, &self.commented()?.comment(&self.row, now)))
    }

    /// Whether `viewer` may read the post.
    pub(super) fn post_is_readable(&self, viewer: &Viewer) -> Result<bool> {
        let place = self.commented()?;
        Ok(place.is_live
            || reads_by_preview(viewer, place.id)
            || (viewer.is_signed_in() && allowed(viewer, Action::ReadDraft, &Target::Post(place.post()))))
    }
}

/// The caller as the guest who wrote this comment.
pub(super) fn guest_of(viewer: &Viewer, comment: Id) -> Viewer {
    Viewer { who: Who::Guest(GuestViewer { comment_id: comment.0 }), ..viewer.clone() }
}

/// Whether `viewer` wrote the comment: by their account, or by its edit token.
pub(super) fn is_writer(viewer: &Viewer, row: &CommentRow) -> bool {
    viewer.guest_of() == Some(row.id.0)
        || viewer.user().is_some_and(|user| row.user_id == Some(Id(user.user_id)))
}

/// Refuses what is left of a comment that was removed for good: it holds its place in the thread, and nothing to `act` on.
pub(super) fn require_text(row: &CommentRow, act: &str) -> Result<()> {
    // Text is never empty but where it was removed for good.
    if row.html.is_empty() {
        return Err(Error::new(
            Code::InvalidState,
            format!("The comment {} was removed for good; nothing is left of it to {act}.", row.id),
        ));
    }
    Ok(())
}

/// What public answers a change of a comment touches: none where nobody saw it before and nobody sees it now.
pub(super) fn touched(post: Id, was_shown: bool, is_shown: bool, counted: i64) -> Vec<Key> {
    if !was_shown && !is_shown {
        return Vec::new();
    }
    let mut names = vec![Key::Comments(post)];
    if counted != 0 {
        // Some lists sort by it.
        names.extend([Key::CommentCount(post), Key::Discussed, Key::Totals]);
    }
    names
}
