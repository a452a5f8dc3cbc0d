//! Deciding on comments, one or many at once.

use std::collections::HashMap;

use async_graphql::InputObject;
use pressroom_schema::comments::{self, CommentRow};
use pressroom_schema::{ChangeAction, Conn, Id, Moderation, ObjectType, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::MODERATED_AT_ONCE;
use super::access::{Viewpoint, load_views};
use super::commented::{CommentedPosts, Known, require_text, touched};
use super::guests::{self, MarkKey};
use super::read::load_one;
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::Reader;
use crate::service::check::Check;
use crate::service::{IfMatch, Service, Svc, require};
use crate::view::{CommentView, ModeratedView, SAMPLE_ID};

/// What the log calls a decision.
fn recorded(decision: Moderation) -> ChangeAction {
    match decision {
        Moderation::Approve => ChangeAction::Approved,
        Moderation::Spam => ChangeAction::MarkedSpam,
        Moderation::Trash => ChangeAction::Trashed,
        Moderation::Pending => ChangeAction::Held,
    }
}

/// One decision on many comments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[graphql(name = "ModerateCommentsInput")]
#[schema(example = json!({ "ids": [SAMPLE_ID], "action": "spam" }))]
pub struct ModerateComments {
    /// The comments: 1 to 100 ids.
    #[schema(format = Uuid, min_items = 1, max_items = 100)]
    pub ids: Vec<String>,
    /// What becomes of them.
    pub action: Moderation,
}

/// Decides on one comment. A decision that it has already had changes nothing.
///
/// # Errors
/// 401, 403 and 404 by rights, 409 where nothing is left of it to approve, 412 when `if_match` is stale.
pub async fn moderate_one(
    svc: &Svc,
    viewer: &Viewer,
    id: &str,
    decision: Moderation,
    if_match: Option<IfMatch>,
) -> Result<CommentView> {
    viewer.require_signed_in()?;
    let key = MarkKey::of(svc).await?;
    let (svc2, viewer2, id) = (svc.clone(), viewer.clone(), id.to_owned());
    svc.write(viewer, move |tx| {
        let known = Known::find(&svc2, &mut Reader::new(tx.conn), &id)?;
        let target = known.commented()?.comment(&known.row, tx.actor.now);
        require(&viewer2, Action::ModerateComment, &target, "comment")?;
        IfMatch::check(if_match.as_ref(), known.row.version)?;
        decide(tx, &key, &known.row, decision)?;
        load_one(
            &svc2,
            &mut Reader::new(tx.conn),
            &viewer2,
            &known.commented,
            known.row.id,
            Viewpoint::Single,
        )
    })
    .await
}

/// Decides on many comments in one transaction: on all of them or, where one cannot be, on none.
///
/// # Errors
/// 401 and 403 by rights, 409 where nothing is left of one to approve, 422 that names each id that the viewer knows nothing of.
pub async fn moderate(svc: &Svc, viewer: &Viewer, input: ModerateComments) -> Result<ModeratedView> {
    viewer.require_signed_in()?;
    let ids = check(&input)?;
    let decision = input.action;
    let key = MarkKey::of(svc).await?;
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.write(viewer, move |tx| moderate_in(&svc2, tx, &viewer2, &key, &ids, decision)).await
}

fn check(input: &ModerateComments) -> Result<Vec<Id>> {
    let mut check = Check::new();
    let count = input.ids.len();
    if !(1..=MODERATED_AT_ONCE).contains(&count) {
        check.fault(
            "/ids",
            "out_of_range",
            format!("`ids` has {count} entries; it takes 1 to {MODERATED_AT_ONCE}."),
        );
        check.done()?;
        return Ok(Vec::new());
    }
    let mut ids: Vec<Id> = Vec::with_capacity(count);
    for (n, text) in input.ids.iter().enumerate() {
        match text.parse() {
            Ok(id) if ids.contains(&id) => {
                check.fault(&format!("/ids/{n}"), "repeated", "This comment is named twice.");
            }
            Ok(id) => ids.push(id),
            Err(_) => check.fault(&format!("/ids/{n}"), "invalid_id", "This is not the id of a comment."),
        }
    }
    check.done()?;
    Ok(ids)
}

fn moderate_in(
    svc: &Service,
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    key: &MarkKey,
    ids: &[Id],
    decision: Moderation,
) -> Result<ModeratedView> {
    let commented = permitted(svc, tx, viewer, ids)?;
    let mut changed = Vec::new();
    for id in ids {
        // Read anew: an earlier decision of this list may have moved its counts.
        let row = comments::by_ids(tx.conn, &[*id])?.pop().ok_or_else(|| Error::not_found("comment"))?;
        if decide(tx, key, &row, decision)? {
            changed.push(*id);
        }
    }
    Ok(ModeratedView { changed, comments: views(svc, tx.conn, viewer, &commented, ids)? })
}

/// The posts of these comments, if the viewer may decide on all of them.
fn permitted(svc: &Service, tx: &mut Tx<'_>, viewer: &Viewer, ids: &[Id]) -> Result<CommentedPosts> {
    let rows: HashMap<Id, CommentRow> =
        comments::by_ids(tx.conn, ids)?.into_iter().map(|row| (row.id, row)).collect();
    let commented =
        CommentedPosts::of_ids(svc, &mut Reader::new(tx.conn), rows.values().map(|row| row.post_id))?;
    let mut unknown = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let verdict = match rows.get(id) {
            None => Err(Error::not_found("comment")),
            Some(row) => {
                let target = commented.get(row.post_id)?.comment(row, tx.actor.now);
                require(viewer, Action::ModerateComment, &target, "comment")
            }
        };
        match verdict {
            Ok(()) => {}
            Err(e) if e.code() == Code::NotFound => unknown.push(FieldError::body(
                format!("/ids/{n}"),
                "unknown_comment",
                format!("There is no comment {id}."),
            )),
            Err(e) => return Err(e),
        }
    }
    if unknown.is_empty() { Ok(commented) } else { Err(Error::fields(unknown)) }
}

fn views(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    commented: &CommentedPosts,
    ids: &[Id],
) -> Result<Vec<CommentView>> {
    let rows = comments::by_ids(conn, ids)?;
    let mut views = load_views(svc, &mut Reader::new(conn), viewer, commented, &rows, Viewpoint::Single)?;
    Ok(ids.iter().filter_map(|id| views.remove(id)).collect())
}

/// Gives a comment the state of the decision, and says whether it had another before.
fn decide(tx: &mut Tx<'_>, key: &MarkKey, row: &CommentRow, decision: Moderation) -> Result<bool> {
    // That a moderator takes for spam what the judge has held as spam counts as well.
    match decision {
        Moderation::Spam => guests::mark(tx.conn, key, row, tx.actor.now)?,
        Moderation::Approve | Moderation::Pending => comments::unmark(tx.conn, row.id)?,
        Moderation::Trash => {}
    }
    if row.status == decision.status() {
        return Ok(false);
    }
    if decision == Moderation::Approve {
        require_text(row, "approve")?;
    }
    let counted = comments::set_status(tx.conn, row, decision.status())?;
    let is_shown = decision == Moderation::Approve || row.reply_count > 0;
    tx.record(
        ObjectType::Comment,
        row.id,
        recorded(decision),
        row.version + 1,
        touched(row.post_id, row.shown, is_shown, counted),
    );
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(ids: &[&str]) -> Vec<(String, String)> {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        check(&ModerateComments { ids, action: Moderation::Spam }).map_or_else(
            |e| {
                let named = |f: &FieldError| (f.pointer.clone().unwrap_or_default(), f.code.clone());
                e.errors().iter().map(named).collect()
            },
            |_| Vec::new(),
        )
    }

    #[test]
    fn each_bad_id_is_named_by_its_place() {
        let good = "0190a5d8-7c3e-7cc0-8000-000000000001";
        assert_eq!(faults(&[good]), []);
        let found = faults(&[good, "nonsense", good]);
        let expected = [("/ids/1", "invalid_id"), ("/ids/2", "repeated")];
        assert_eq!(found, expected.map(|(p, c)| (p.to_owned(), c.to_owned())));
    }

    #[test]
    fn a_list_has_one_to_a_hundred_ids() {
        let expected = [("/ids".to_owned(), "out_of_range".to_owned())];
        assert_eq!(faults(&[]), expected);
        assert_eq!(faults(&["x"; MODERATED_AT_ONCE + 1]), expected);
    }
}
