//! Every route, in one place: the three faces, none of which knows another.

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{feeds, graphql, rest};

/// Every documented route. Those that are read most come first, since routes are tried in order.
pub(crate) fn configure(cfg: &mut ServiceConfig<'_>) {
    rest::configure(cfg);
    graphql::configure(cfg);
    rest::configure_root(cfg);
    feeds::configure(cfg);
}

/// The pages for people, which the contract does not have.
pub(crate) fn configure_pages(cfg: &mut web::ServiceConfig) {
    rest::configure_pages(cfg);
    graphql::configure_pages(cfg);
}
