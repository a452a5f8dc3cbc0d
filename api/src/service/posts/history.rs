//! A post's revisions: every saved version, who and when; the difference between two; going back to one.

use pressroom_schema::posts::Ref;
use pressroom_schema::revisions::{self, RevisionRow, Snapshot};
use pressroom_schema::{
    ChangeAction, Conn, DiffOp, Id, KeyValue, ObjectType, Perspective, RevisionReason, Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{find, open, require_on};
use super::live;
use super::read::load_one;
use super::rendering::{Renderings, write_rendered};
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::content::{DiffLine, line_diff};
use crate::cpu::{Turn, Work};
use crate::error::{Error, Result};
use crate::freshness::Reader;
use crate::page::{Page, PageRequest};
use crate::service::{IfMatch, Svc};
use crate::view::sample::{self, Sample};
use crate::view::{BodyView, PostView};

/// A saved version of a post.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Revision, example = RevisionView::sample)]
pub struct RevisionView {
    /// 1, 2, 3, …
    pub number: i32,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who saved it; null where the account is gone.
    #[schema(required = true)]
    pub created_by: Option<RevisionAuthor>,
    /// Why it was saved.
    pub reason: RevisionReason,
    /// The title at that time.
    pub title: String,
    /// Words of the body at that time.
    #[schema(minimum = 0)]
    pub word_count: i32,
    /// Whether this one is live.
    pub is_live: bool,
    /// Whether this one is the working copy.
    pub is_working_copy: bool,
    /// The body as it was sent; only where one revision is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyView>,
    /// Everything else that was saved; only where one revision is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub content: Option<serde_json::Value>,
}

impl Sample for RevisionView {
    fn sample() -> Self {
        Self {
            number: 7,
            created_at: sample::time(),
            created_by: Some(RevisionAuthor { id: sample::ID, name: "Noor Haddad".into() }),
            reason: RevisionReason::Saved,
            title: "The Tide Table on the Chandler’s Door".into(),
            word_count: 843,
            is_live: true,
            is_working_copy: true,
            body: Some(BodyView::sample()),
            content: Some(serde_json::json!({ "title": "The Tide Table on the Chandler’s Door" })),
        }
    }
}

/// Who saved a revision.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RevisionAuthor {
    /// The account.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its name.
    pub name: String,
}

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DiffLine)]
pub struct DiffLineView {
    /// What happened to it.
    pub op: DiffOp,
    /// The line.
    pub text: String,
}

/// A member that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FieldDiff)]
pub struct FieldDiffView {
    /// Which.
    pub field: String,
    /// Its value in the earlier revision.
    #[schema(value_type = Value)]
    pub from: serde_json::Value,
    /// Its value in the later one.
    #[schema(value_type = Value)]
    pub to: serde_json::Value,
}

/// What differs between two revisions.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RevisionDiff)]
pub struct RevisionDiffView {
    /// Number of the one.
    pub from: i32,
    /// Number of the other.
    pub to: i32,
    /// Members other than the body that differ, by name.
    pub fields: Vec<FieldDiffView>,
    /// The body's source, line by line; empty where it is the same.
    pub body: Vec<DiffLineView>,
    /// Whether the two sources have too many lines (20,000 together) to be compared line by line: `body` then has pieces of many
    /// lines, what both begin with, what was removed, what was added, and what both end with.
    pub is_coarse: bool,
}

/// Two saved versions, to be compared.
#[derive(Debug, Clone)]
pub(crate) struct RevisionPair {
    from: i32,
    to: i32,
    fields: Vec<FieldDiffView>,
    old: String,
    new: String,
}

fn view(
    row: RevisionRow,
    name: Option<String>,
    post: &pressroom_schema::posts::PostRow,
    snapshot: Option<Snapshot>,
) -> RevisionView {
    let created_by = row.created_by.zip(name).map(|(id, name)| RevisionAuthor { id, name });
    let (body, content) = match snapshot {
        None => (None, None),
        Some(snapshot) => {
            let body = BodyView { format: snapshot.body_format, source: snapshot.body_source.clone() };
            (Some(body), Some(without_body(&snapshot)))
        }
    };
    RevisionView {
        is_live: post.live_revision == Some(row.number),
        is_working_copy: post.revision == row.number,
        number: row.number,
        created_at: row.created_at,
        created_by,
        reason: row.reason,
        title: row.title,
        word_count: row.word_count,
        body,
        content,
    }
}

fn without_body(snapshot: &Snapshot) -> serde_json::Value {
    let mut value = serde_json::to_value(snapshot).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("body_source");
        members.remove("body_format");
    }
    value
}

/// The saved versions of a post, newest first.
///
/// # Errors
/// 401, 403 and 404 by rights, 400 for a bad cursor.
pub async fn list_revisions(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    page: PageRequest,
) -> Result<Page<RevisionView>> {
    viewer.require_signed_in()?;
    let (viewer2, post) = (viewer.clone(), post.clone());
    svc.read_private(viewer, move |conn| list_revisions_in(conn, &viewer2, &post, &page)).await
}

/// [`list_revisions`] inside a transaction.
pub(crate) fn list_revisions_in(
    conn: &mut Conn,
    viewer: &Viewer,
    post: &Ref,
    page: &PageRequest,
) -> Result<Page<RevisionView>> {
    viewer.require_signed_in()?;
    let row = find(conn, viewer, post, Action::ReadDraft)?;
    let tag = format!("revisions:{}", row.id);
    let slice = revisions::list(conn, row.id, &page.window(&tag)?)?;
    let total = page.count.then(|| i64::from(row.revision));
    let listed = Page::of(&tag, slice, total, |(r, _)| (KeyValue::Int(i64::from(r.number)), Id::NIL));
    Ok(listed.map(|(r, name)| view(r, name, &row, None)))
}

fn snapshot_of(conn: &mut Conn, post: Id, number: i32) -> Result<Snapshot> {
    revisions::snapshot(conn, post, number)?.ok_or_else(|| Error::not_found("revision"))
}

/// One saved version, with its content.
///
/// # Errors
/// 401, 403 and 404 by rights.
pub async fn get_revision(svc: &Svc, viewer: &Viewer, post: &Ref, number: i32) -> Result<RevisionView> {
    viewer.require_signed_in()?;
    let (viewer2, post) = (viewer.clone(), post.clone());
    svc.read_private(viewer, move |conn| get_revision_in(conn, &viewer2, &post, number)).await
}

/// [`get_revision`] inside a transaction.
pub(crate) fn get_revision_in(
    conn: &mut Conn,
    viewer: &Viewer,
    post: &Ref,
    number: i32,
) -> Result<RevisionView> {
    viewer.require_signed_in()?;
    let row = find(conn, viewer, post, Action::ReadDraft)?;
    let (found, name) = revisions::find(conn, row.id, number)?.ok_or_else(|| Error::not_found("revision"))?;
    let snapshot = snapshot_of(conn, row.id, number)?;
    Ok(view(found, name, &row, Some(snapshot)))
}

/// What differs between two saved versions.
///
/// # Errors
/// 401, 403 and 404 by rights.
pub async fn diff_revisions(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    from: i32,
    to: i32,
) -> Result<RevisionDiffView> {
    viewer.require_signed_in()?;
    let (viewer2, post) = (viewer.clone(), post.clone());
    let pair =
        svc.read_private(viewer, move |conn| revision_pair_in(conn, &viewer2, &post, from, to)).await?;
    compare_revisions(svc, pair).await
}

/// What differs between two saved versions that were read.
///
/// # Errors
/// 503 where too much is being compared.
pub(crate) async fn compare_revisions(svc: &Svc, pair: RevisionPair) -> Result<RevisionDiffView> {
    let RevisionPair { from, to, fields, old, new } = pair;
    let bytes = old.len() + new.len();
    let (body, is_coarse) = if old == new {
        (Vec::new(), false)
    } else {
        let work = move |turn: &Turn| {
            let found = line_diff(turn, &old, &new);
            let view = |line: DiffLine| DiffLineView { op: line.op, text: line.text };
            (found.lines.into_iter().map(view).collect(), found.is_coarse)
        };
        svc.cpu.run(Work::Diff, bytes, work).await?
    };
    Ok(RevisionDiffView { from, to, fields, body, is_coarse })
}

/// The two versions for [`diff_revisions`], inside a transaction.
pub(crate) fn revision_pair_in(
    conn: &mut Conn,
    viewer: &Viewer,
    post: &Ref,
    from: i32,
    to: i32,
) -> Result<RevisionPair> {
    viewer.require_signed_in()?;
    let row = find(conn, viewer, post, Action::ReadDraft)?;
    let (old, new) = (snapshot_of(conn, row.id, from)?, snapshot_of(conn, row.id, to)?);
    let mut fields = Vec::new();
    let (a, b) = (without_body(&old), without_body(&new));
    if let (Some(a), Some(b)) = (a.as_object(), b.as_object()) {
        for (name, value) in b {
            let before = a.get(name).cloned().unwrap_or_default();
            if before != *value {
                fields.push(FieldDiffView { field: name.clone(), from: before, to: value.clone() });
            }
        }
    }
    if old.body_format != new.body_format {
        fields.push(FieldDiffView {
            field: "body_format".into(),
            from: old.body_format.as_str().into(),
            to: new.body_format.as_str().into(),
        });
    }
    Ok(RevisionPair { from, to, fields, old: old.body_source, new: new.body_source })
}

/// Makes an earlier version the working copy again, as a new revision. What is live stays.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 in the trash or when its slug is taken meanwhile.
pub async fn restore_revision(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    number: i32,
    if_match: Option<IfMatch>,
) -> Result<PostView> {
    viewer.require_signed_in()?;
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    write_rendered(svc, viewer, Renderings::default(), move |tx, known| {
        let (mut row, present) = open(tx, &viewer2, &post, Action::RestoreRevision, if_match.as_ref())?;
        require_on(tx.conn, &viewer2, Action::EditPost, &row)?;
        let before = row.clone();
        let mut snapshot = snapshot_of(tx.conn, row.id, number)?;
        if pressroom_schema::posts::slug_taken(tx.conn, &snapshot.content.slug, Some(row.id))? {
            snapshot.content.slug = present.content.slug;
        }
        // Files that no working copy shows may be removed, and the old revision does without.
        if let Some(image) = &snapshot.image
            && pressroom_schema::media::find(tx.conn, image.media_id)?.is_none()
        {
            snapshot.image = None;
        }
        // Curated links are live at once, and not by publishing: what went out of them since does not come back unseen.
        if before.is_live() {
            snapshot.links = present.links;
        }
        let rendered = known.of_revision(tx.conn, row.id, number, &snapshot)?;
        row.version += 1;
        live::save_revision(tx, &mut row, &snapshot, Some(&rendered), RevisionReason::Restored)?;
        let keys = if before.is_live() {
            live::touch(tx, &row)?
        } else {
            row.updated_at = tx.actor.now;
            live::apply(&svc2, tx, &before, &mut row, &snapshot, &rendered, known)?
        };
        tx.record(ObjectType::Post, row.id, ChangeAction::RestoredRevision, row.version, keys);
        load_one(&svc2, &mut Reader::new(tx.conn), &viewer2, row.id, Perspective::Draft)
    })
    .await
}
