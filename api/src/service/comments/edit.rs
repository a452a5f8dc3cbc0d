//! Changing and removing comments: by the guest who holds the edit token, by the account, by a moderator.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::comments::{self, CommentPrivate, Sender, Text};
use pressroom_schema::{ChangeAction, CommentStatus, Conn, Json, ObjectType, Timestamp, Tx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::BODY_LENGTH;
use super::access::Viewpoint;
use super::commented::{Known, is_writer, require_text, touched};
use super::guests::{From, MarkKey};
use super::read::load_one;
use super::write::{Evidence, Guest, check_body, judged, moderates, rendered, text, thousandths};
use crate::auth::limit::Class;
use crate::auth::policy::Action;
use crate::auth::secret::hash_secret;
use crate::auth::viewer::{Role, Viewer, Who};
use crate::content::spam::{Judgement, Verdict};
use crate::error::{Code, Error, Result};
use crate::freshness::Reader;
use crate::service::check::Check;
use crate::service::{IfMatch, Service, Svc, limits, require};
use crate::view::CommentView;

/// Changes to a comment (RFC 7396).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[graphql(name = "UpdateCommentInput")]
#[schema(example = json!({ "body": "A *fine* morning, and a long one." }))]
pub struct UpdateComment {
    /// The text, in Markdown: at most 20,000 characters. It cannot be cleared.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, extensions(("x-is" = json!(limits::line(BODY_LENGTH)))))]
    pub body: MaybeUndefined<String>,
}

/// What a caller shows to change a comment.
#[derive(Debug, Clone, Default)]
pub struct EditAccess {
    /// The token that its guest was given.
    pub edit_token: Option<String>,
    /// The version that the change is based on.
    pub if_match: Option<IfMatch>,
}

/// Refuses unless the viewer may do `action` to the comment.
fn authorise(
    viewer: &Viewer,
    action: Action,
    known: &Known,
    token_hash: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    // To whoever removed it, or had it removed, it is gone.
    if known.row.status == CommentStatus::Trash
        && is_writer(viewer, &known.row)
        && !known.allows(viewer, Action::ModerateComment, now)?
    {
        return Err(Error::not_found("comment"));
    }
    match require(viewer, action, &known.commented()?.comment(&known.row, now), "comment") {
        Err(e) if e.code() == Code::Unauthenticated && token_hash.is_some() => {
            Err(Error::new(Code::InvalidToken, "This edit token is not this comment's, or its time is over."))
        }
        answer => answer,
    }
}

/// Finds a comment that is to be changed, and who changes it: the caller, or whoever its edit token shows them to be.
fn open(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    id: &str,
    action: Action,
    token_hash: Option<&str>,
    now: Timestamp,
) -> Result<(Known, CommentPrivate, Viewer)> {
    let known = Known::find(svc, &mut Reader::new(conn), id)?;
    let private = comments::private(conn, &[known.row.id])?.pop();
    let private = private.ok_or_else(|| Error::not_found("comment"))?;
    // Who may do it anyhow, does it by their own rights.
    let guest = if known.allows(viewer, action, now)? {
        None
    } else {
        known.guest(viewer, private.edit_hash.as_deref(), token_hash)
    };
    let viewer = guest.unwrap_or_else(|| viewer.clone());
    authorise(&viewer, action, &known, token_hash, now)?;
    Ok((known, private, viewer))
}

/// Changes a comment's text: by its guest with the edit token, by its account, or by a moderator. A new text
/// by who does not moderate the thread is judged anew: it may have to wait, but an edit never brings back what is held.
///
/// # Errors
/// 401 for a bad token, 403 and 404 by rights, 409 where nothing is left of it to change, 412 when `if_match` is stale, 422 with
/// every fault of the input.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    id: &str,
    input: UpdateComment,
    access: EditAccess,
) -> Result<CommentView> {
    let mut check = Check::new();
    let body = match &input.body {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Value(body) => Some(check_body(&mut check, body)),
        MaybeUndefined::Null => {
            check.fault(
                "/body",
                "required",
                "A comment's text can be changed but not cleared; delete it instead.",
            );
            None
        }
    };
    check.done()?;
    super::admit(svc, viewer, Class::CommentEdits).await?;
    let new = match body {
        Some(body) => {
            let shown = rendered(svc, &body).await?;
            Some(text(body, shown, None))
        }
        None => None,
    };
    let token_hash = access.edit_token.as_deref().map(hash_secret);
    let now = svc.now();
    let key = MarkKey::of(svc).await?;
    let (svc2, viewer2, id2, hash2, new2) =
        (svc.clone(), viewer.clone(), id.to_owned(), token_hash.clone(), new.clone());
    // As in `add`, the judge works outside the transaction that writes.
    let evidence: Option<(Evidence, Guest, String)> = svc
        .read_newest(move |reader| {
            let (known, private, writer) =
                open(&svc2, reader, &viewer2, &id2, Action::EditComment, hash2.as_deref(), now)?;
            if moderates(&writer, &known.commented, known.row.post_id)? {
                return Ok(None);
            }
            let Some(new) = new2 else { return Ok(None) };
            let marks = key.marks(&From {
                guest_hash: private.guest_hash.as_deref(),
                email_key: private.author_email_key.as_ref(),
                ip: viewer2.ip.as_deref().filter(|_| !writer.is_signed_in()),
                url: known.row.author_url.as_deref(),
                html: &new.html,
            });
            let sender = Sender {
                email_key: private.author_email_key.as_ref(),
                guest_hash: private.guest_hash.as_deref(),
                marks: &marks,
                ip: viewer2.ip.as_deref(),
                text_hash: &new.text_hash,
                shingles: &new.shingles,
                except: Some(known.row.id),
            };
            let evidence = Evidence::gather(reader, &known.post, &sender, &known.row.author_name, now)?;
            let guest = Guest {
                name: known.row.author_name,
                email: private.author_email.unwrap_or_default(),
                url: known.row.author_url,
            };
            Ok(Some((evidence, guest, private.user_agent.unwrap_or_default())))
        })
        .await?
        .value;
    let verdict = match (&evidence, &new) {
        (Some((evidence, guest, agent)), Some(new)) => {
            Some(judged(svc, evidence, &new.source, guest, Some(agent)).await?)
        }
        _ => None,
    };
    let change = Change { new, verdict, token_hash, if_match: access.if_match };
    let (svc2, viewer2, id) = (svc.clone(), viewer.clone(), id.to_owned());
    svc.write(viewer, move |tx| update_in(&svc2, tx, &viewer2, &id, &change)).await
}

struct Change {
    new: Option<Text>,
    verdict: Option<Verdict>,
    token_hash: Option<String>,
    if_match: Option<IfMatch>,
}

fn update_in(
    svc: &Service,
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    id: &str,
    change: &Change,
) -> Result<CommentView> {
    let now = tx.actor.now;
    let token = change.token_hash.as_deref();
    let (known, private, viewer) = open(svc, tx.conn, viewer, id, Action::EditComment, token, now)?;
    let row = &known.row;
    IfMatch::check(change.if_match.as_ref(), row.version)?;
    require_text(row, "change")?;
    let Some(new) = change.new.as_ref().filter(|new| new.source != private.source) else {
        return load_one(
            svc,
            &mut Reader::new(tx.conn),
            &viewer,
            &known.commented,
            row.id,
            Viewpoint::Single,
        );
    };
    let mut new = new.clone();
    (new.spam_score, new.spam_reasons) = match &change.verdict {
        Some(verdict) => (thousandths(verdict.score), Json::of(&verdict.reasons)),
        None => (private.spam_score, private.spam_reasons),
    };
    comments::set_text(tx.conn, row.id, &new, now)?;
    let mut counted = 0;
    let status = change.verdict.as_ref().map_or(row.status, |v| rejudged(row.status, v.judgement));
    if status != row.status {
        counted = comments::set_status(tx.conn, row, status)?;
    }
    let after = comments::by_ids(tx.conn, &[row.id])?.pop().ok_or_else(|| Error::not_found("comment"))?;
    tx.record(
        ObjectType::Comment,
        row.id,
        ChangeAction::Edited,
        after.version,
        touched(row.post_id, row.shown, after.shown, counted),
    );
    load_one(svc, &mut Reader::new(tx.conn), &viewer, &known.commented, row.id, Viewpoint::Single)
}

/// The state of a comment after its guest changed it. What a moderator or the judge held stays held.
fn rejudged(present: CommentStatus, judgement: Judgement) -> CommentStatus {
    match (present, judgement) {
        (CommentStatus::Spam | CommentStatus::Trash, _) | (_, Judgement::Ham) => present,
        (_, Judgement::Spam) => CommentStatus::Spam,
        (_, Judgement::Unsure) => CommentStatus::Pending,
    }
}

/// Moves a comment to the trash, by its writer or a moderator; a tombstone stays where it has replies. With `permanent`, which is
/// for admins, removes it for good.
///
/// # Errors
/// 401 for a bad token, 403 and 404 by rights, 412 when `if_match` is stale.
pub async fn delete(svc: &Svc, viewer: &Viewer, id: &str, permanent: bool, access: EditAccess) -> Result<()> {
    super::admit(svc, viewer, Class::CommentEdits).await?;
    let (svc2, viewer2, id) = (svc.clone(), viewer.clone(), id.to_owned());
    let token_hash = access.edit_token.as_deref().map(hash_secret);
    svc.write(viewer, move |tx| {
        let token = token_hash.as_deref();
        let now = tx.actor.now;
        let (known, _, viewer) = open(&svc2, tx.conn, &viewer2, &id, Action::DeleteComment, token, now)?;
        let row = &known.row;
        if permanent {
            require_admin(&viewer)?;
        }
        IfMatch::check(access.if_match.as_ref(), row.version)?;
        let (counted, action) = if permanent {
            (comments::erase(tx.conn, row)?, ChangeAction::Deleted)
        } else if row.status == CommentStatus::Trash {
            return Ok(());
        } else {
            (comments::set_status(tx.conn, row, CommentStatus::Trash)?, ChangeAction::Trashed)
        };
        tx.record(
            ObjectType::Comment,
            row.id,
            action,
            row.version + 1,
            touched(row.post_id, row.shown, false, counted),
        );
        Ok(())
    })
    .await
}

/// Removing for good leaves nothing to restore: as for posts, only admins may.
fn require_admin(viewer: &Viewer) -> Result<()> {
    match &viewer.who {
        Who::System => Ok(()),
        Who::User(user) if user.role == Role::Admin => Ok(()),
        _ => Err(Error::new(
            Code::Forbidden,
            "Removing a comment for good is not allowed to you; it needs the role admin.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_never_brings_back_what_is_held() {
        for (present, judgement, after) in [
            (CommentStatus::Approved, Judgement::Ham, CommentStatus::Approved),
            (CommentStatus::Approved, Judgement::Unsure, CommentStatus::Pending),
            (CommentStatus::Approved, Judgement::Spam, CommentStatus::Spam),
            (CommentStatus::Pending, Judgement::Ham, CommentStatus::Pending),
            (CommentStatus::Pending, Judgement::Spam, CommentStatus::Spam),
            (CommentStatus::Spam, Judgement::Ham, CommentStatus::Spam),
            (CommentStatus::Spam, Judgement::Unsure, CommentStatus::Spam),
            (CommentStatus::Trash, Judgement::Spam, CommentStatus::Trash),
        ] {
            assert_eq!(rejudged(present, judgement), after, "{present} {judgement:?}");
        }
    }
}
