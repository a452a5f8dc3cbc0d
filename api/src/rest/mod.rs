//! The REST face: handlers of a few lines that turn requests into use cases and what they answer into bytes.

pub(crate) mod auth;
pub(crate) mod authors;
pub(crate) mod comments;
pub(crate) mod files;
pub(crate) mod links;
pub(crate) mod media;
pub mod ops;
mod pages;
pub(crate) mod posts;
pub(crate) mod revisions;
pub(crate) mod search;
pub(crate) mod site;
pub(crate) mod tags;
mod upload;
pub(crate) mod users;

use actix_web::ResponseError as _;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::idempotency::{self, Face, WriteOutcome};
pub(crate) use pages::configure as configure_pages;

/// What serving a POST once needs to know of REST: its statuses say all.
const FACE: Face = Face {
    refuse: |_, error| error.error_response(),
    limit: media::body_limit,
    may_write: |_| true,
    outcome: |head, _| Some(WriteOutcome { did: head.status().is_success(), failed: vec![head.status()] }),
};

/// The routes under `/v1`.
pub(crate) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(
        scope("/v1").wrap(actix_web::middleware::from_fn(idempotency::once(FACE))).configure(configure_v1),
    );
}

/// The documented routes at the root.
pub(crate) fn configure_root(cfg: &mut ServiceConfig<'_>) {
    auth::configure_root(cfg);
    files::configure(cfg);
    ops::configure(cfg);
}

fn configure_v1(cfg: &mut ServiceConfig<'_>) {
    // `/posts/{post}` and what hangs on it, then the rest by how often it is read.
    revisions::configure(cfg);
    posts::configure(cfg);
    comments::configure(cfg);
    search::configure(cfg);
    links::configure(cfg);
    site::configure(cfg);
    authors::configure(cfg);
    tags::configure(cfg);
    auth::configure(cfg);
    users::configure(cfg);
    media::configure(cfg);
}
