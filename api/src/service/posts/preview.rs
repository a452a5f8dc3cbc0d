//! Previews: a signed, expiring token that shows a post's working copy to whoever holds it.

use async_graphql::InputObject;
use pressroom_schema::posts::{self, Ref};
use pressroom_schema::{ChangeAction, Id, Key, ObjectType, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{find, may_do};
use crate::auth::policy::Action;
use crate::auth::preview::Preview;
use crate::auth::viewer::{PreviewViewer, Via, Viewer, Who};
use crate::error::{Code, Error, Result};
use crate::freshness::Reader;
use crate::service::{Service, Svc, accounts};

/// How long a preview lasts where the caller does not say: a day.
const DEFAULT_SECONDS: u32 = 86_400;
/// The longest: thirty days.
const MAX_SECONDS: u32 = 30 * 86_400;

/// How long a preview is good for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct PreviewInput {
    /// Seconds from now: 60 to 2592000 (thirty days); a day where it is left out.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 2_592_000, example = 3600)]
    pub expires_in: Option<u32>,
}

/// A preview.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewView {
    /// Send as `preview` to `GET /v1/posts/{post}`.
    pub token: String,
    /// The API's address of the preview.
    pub url: String,
    /// Until when it is good.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Makes a preview of a post.
///
/// # Errors
/// 401, 403 and 404 by rights, 422 for a bad lifetime.
pub async fn preview(svc: &Svc, viewer: &Viewer, post: &Ref, input: &PreviewInput) -> Result<PreviewView> {
    viewer.require_signed_in()?;
    let seconds = input.expires_in.unwrap_or(DEFAULT_SECONDS);
    if !(60..=MAX_SECONDS).contains(&seconds) {
        return Err(Error::invalid(
            "/expires_in",
            "out_of_range",
            format!("`expires_in` must be from 60 to {MAX_SECONDS} seconds."),
        ));
    }
    let maker = viewer
        .user()
        .ok_or_else(|| Error::new(Code::Forbidden, "A preview link needs an account that makes it."))?;
    let token = match maker.via {
        Via::ApiToken(token) => Some(token),
        Via::Session(_) => None,
    };
    let (viewer2, post) = (viewer.clone(), post.clone());
    let (id, epoch) = svc
        .read_private(viewer, move |conn| {
            let row = find(conn, &viewer2, &post, Action::PreviewPost)?;
            Ok((row.id, posts::preview_epoch(conn, row.id)?.ok_or_else(|| Error::not_found("post"))?))
        })
        .await?;
    let expires_at = svc.now().plus(chrono::TimeDelta::seconds(i64::from(seconds)));
    let token = svc.sign_preview(&Preview {
        issuer: svc.issuer(),
        post_id: id.0,
        maker: maker.user_id,
        token,
        epoch,
        expires_at: expires_at.utc(),
    })?;
    let url = format!("{}/v1/posts/{id}?preview={token}", svc.config.api_base());
    Ok(PreviewView { token, url, expires_at })
}

/// Ends every preview link of a post at once, whoever made it.
///
/// # Errors
/// 401, 403 and 404 by rights.
pub async fn revoke_previews(svc: &Svc, viewer: &Viewer, post: &Ref) -> Result<Id> {
    viewer.require_signed_in()?;
    let (viewer2, post) = (viewer.clone(), post.clone());
    svc.write(viewer, move |tx| {
        let row = find(tx.conn, &viewer2, &post, Action::PreviewPost)?;
        posts::revoke_previews(tx.conn, row.id)?;
        tx.record(ObjectType::Post, row.id, ChangeAction::PreviewsRevoked, row.version, Vec::new());
        Ok(row.id)
    })
    .await
}

/// Whoever comes by a preview link, if `token` is there: an account that follows one sees by it what everybody does who holds it.
///
/// # Errors
/// 401 when the token is forged, expired, revoked, or its maker may no longer read the post; 404 when the post is gone.
pub async fn by_preview(svc: &Svc, viewer: Viewer, token: Option<&str>) -> Result<Viewer> {
    let Some(token) = token.map(str::to_owned) else { return Ok(viewer) };
    let svc2 = svc.clone();
    // A replica may not have heard yet that it was revoked.
    Ok(svc.read_newest(move |reader| by_preview_in(&svc2, reader, &viewer, &token)).await?.value)
}

/// [`by_preview`] inside a transaction.
pub(crate) fn by_preview_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    token: &str,
) -> Result<Viewer> {
    reader.depend(Key::Caller);
    let preview = svc.read_preview(token)?;
    let post = Id(preview.post_id);
    let (row, _) = posts::find(reader, &Ref::Id(post))?.ok_or_else(|| Error::not_found("post"))?;
    let maker = accounts::standing(reader, Id(preview.maker), preview.token.map(Id), svc.now())?;
    let holds = match maker {
        Some(maker) if posts::preview_epoch(reader, post)? == Some(preview.epoch) => {
            let maker = Viewer { who: Who::User(maker), ..viewer.clone() };
            may_do(reader, &maker, Action::PreviewPost, &row)?
        }
        _ => false,
    };
    if !holds {
        return Err(Error::new(
            Code::InvalidToken,
            "This preview has ended: it was revoked, or whoever made it may no longer read the post. Ask for a new preview link.",
        ));
    }
    Ok(Viewer { who: Who::Preview(PreviewViewer { post_id: preview.post_id }), ..viewer.clone() })
}
