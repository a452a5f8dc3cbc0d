//! `/v1/site`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get, patch};

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::body;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::service::Service;
use crate::service::site::{self, UpdateSite};
use crate::view::{SiteField, SiteView};

/// Read the site's settings.
///
/// Title, language, what readers may reproduce, and where the feeds are.
#[utoipa::path(operation_id = "get_site", tag = "site",
    params(("fields" = inline(Option<Vec<SiteField>>), Query, description = "Only these members.")),
    responses((status = 200, description = "The site.", body = SiteView)))]
#[get("/site")]
pub(crate) async fn get_site(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let fields = params.fields::<SiteView>();
    params.finish()?;
    let Read { value: view, keys } = site::get(&svc.into_inner(), &viewer).await?;
    respond::object(&request, &Meta::of(&viewer, keys).version(view.version), &view, &fields)
}

/// Change the site's settings.
///
/// Feeds and answers that show a setting follow at once.
#[utoipa::path(operation_id = "update_site", tag = "site", extensions(("x-right" = json!(Action::EditSite.as_str()))),
    params(("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on.")),
    request_body(content = UpdateSite, content_type = "application/merge-patch+json", description = "Changes (RFC 7396): what is left out stays, null clears."),
    responses((status = 200, description = "The site, as it is now.", body = SiteView)))]
#[patch("/site")]
pub(crate) async fn update_site(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: UpdateSite = body::json(&request, &bytes)?;
    let view = site::update(&svc.into_inner(), &viewer, input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_site).service(update_site);
}
