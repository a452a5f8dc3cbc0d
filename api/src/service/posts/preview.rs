//! Previews: a signed, expiring token that shows a post's working copy to whoever holds it.

use async_graphql::InputObject;
use pressroom_schema::posts::Ref;
use pressroom_schema::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::find;
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::service::{Service, Svc};

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
    let (viewer2, post) = (viewer.clone(), post.clone());
    let row = svc.read(viewer, move |conn| find(conn, &viewer2, &post, Action::PreviewPost)).await?;
    let expires_at = svc.now().plus(chrono::TimeDelta::seconds(i64::from(seconds)));
    let token = svc.sign_preview(row.id, expires_at)?;
    let url = format!("{}/v1/posts/{}?preview={token}", svc.config.api_base(), row.id);
    Ok(PreviewView { token, url, expires_at })
}

/// The post that a preview token shows.
///
/// # Errors
/// 401 when the token is forged or expired.
pub fn preview_target(svc: &Service, token: &str) -> Result<Id> {
    svc.read_preview(token)
}
