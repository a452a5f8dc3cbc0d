//! `/v1/posts/{post}/links` and `/v1/posts/{post}/related`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use pressroom_schema::posts::Ref;

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::body;
use crate::http::parameters::{limit, parameter_type};
use crate::http::params::Params;
use crate::http::problem::Conflict;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::{List, Page};
use crate::service::links::{self, LinkInput, LinksInput};
use crate::service::{Found, Service, posts, related};
use crate::view::{LinkView, LinksView, RelatedView, SAMPLE_ID};

type RelatedList = List<RelatedView>;

parameter_type! {
    /// How many related posts.
    RelatedLimit = limit(related::MAX_LIMIT, related::DEFAULT_LIMIT)
}

/// List a post's typed links: from it, and to it from other posts (back-links).
///
/// Links that only the body contains are there as well, with the origin `body`.
#[utoipa::path(operation_id = "list_post_links", tag = "links",
    params(
        ("post" = String, Path, description = "Slug or id. A former slug answers 308.", example = "the-tide-table-on-the-chandlers-door"),
        ("preview" = Option<String>, Query, description = "A preview token: of a post that is not live."),
    ),
    responses((status = 200, description = "The links in both directions.", body = LinksView), (status = 308, description = "The post was renamed; `Location` has the present address.")))]
#[get("/posts/{post}/links")]
pub(crate) async fn list_post_links(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let preview = params.one("preview");
    params.finish()?;
    let svc = svc.into_inner();
    let viewer = posts::by_preview(&svc, viewer, preview.as_deref()).await?;
    let Read { value, keys } = links::list(&svc, &viewer, &Ref::parse(&path)).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here(curated) => {
            respond::object(&request, &meta.version(curated.version), &curated.links, &[])
        }
    }
}

/// Replace a post's curated links. They are live at once, and part of the working copy.
///
/// What is left out is removed; the order of the list is the order of the links.
#[utoipa::path(operation_id = "set_post_links", tag = "links", extensions(("x-right" = json!(Action::EditLinks.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the post that the change is based on."),
    ),
    request_body(content = LinksInput, description = "All curated links, in order."),
    responses((status = 200, description = "The links as they now stand.", body = LinksView)))]
#[put("/posts/{post}/links")]
pub(crate) async fn set_post_links(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: LinksInput = body::judged(&request, &bytes, links::judge)?;
    let curated =
        links::set(&svc.into_inner(), &viewer, &Ref::parse(&path), input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(curated.version), None, &curated.links)
}

/// Add a curated link at the end.
///
/// It may lead to another post of the site, by slug or id, or elsewhere.
#[utoipa::path(operation_id = "add_post_link", tag = "links", extensions(("x-answer" = json!("unversioned")), ("x-right" = json!(Action::EditLinks.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the post that the change is based on."),
    ),
    request_body(content = LinkInput, description = "The link."),
    responses((status = 201, description = "The link, as it is now.", body = LinkView)))]
#[post("/posts/{post}/links")]
pub(crate) async fn add_post_link(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: LinkInput = body::judged(&request, &bytes, links::judge_one)?;
    let view = links::add(&svc.into_inner(), &viewer, &Ref::parse(&path), input, if_match(&request)?).await?;
    respond::written(StatusCode::CREATED, None, Some(format!("/v1/posts/{path}/links/{}", view.id)), &view)
}

/// Remove a curated link.
///
/// A link that the body contains goes when the body no longer contains it, not here.
#[utoipa::path(operation_id = "delete_post_link", tag = "links", extensions(("x-right" = json!(Action::EditLinks.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("link" = String, Path, format = Uuid, description = "The link's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the post that is meant."),
    ),
    responses((status = 204, description = "The link is removed."), (status = 409, response = Conflict)))]
#[delete("/posts/{post}/links/{link}")]
pub(crate) async fn delete_post_link(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let (post, link) = path.into_inner();
    links::remove(&svc.into_inner(), &viewer, &Ref::parse(&post), &link, if_match(&request)?).await?;
    Ok(respond::no_content())
}

/// List related posts: curated ones first, then those that share words and tags, each with its reason.
///
/// A reason of the kind `curated` names the relation, one of the kind `similar` the score and the words that both share.
#[utoipa::path(operation_id = "list_related_posts", tag = "links",
    params(
        ("post" = String, Path, description = "Slug or id. A former slug answers 308.", example = "the-tide-table-on-the-chandlers-door"),
        ("limit" = inline(Option<RelatedLimit>), Query, description = "How many at most; 6 where it is left out."),
        ("preview" = Option<String>, Query, description = "A preview token: of a post that is not live."),
    ),
    responses((status = 200, description = "Related posts, best first.", body = RelatedList), (status = 308, description = "The post was renamed; `Location` has the present address.")))]
#[get("/posts/{post}/related")]
pub(crate) async fn list_related_posts(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let limit = params
        .parsed("limit", "a whole number from 1 to 20", |t| {
            t.parse().ok().filter(|n| (1..=related::MAX_LIMIT).contains(n))
        })
        .unwrap_or(related::DEFAULT_LIMIT);
    let preview = params.one("preview");
    params.finish()?;
    let svc = svc.into_inner();
    let viewer = posts::by_preview(&svc, viewer, preview.as_deref()).await?;
    let Read { value, keys } = related::list(&svc, &viewer, &Ref::parse(&path), limit).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here((_, list)) => {
            let items = list.into_iter().map(|r| (String::new(), r)).collect();
            respond::list(
                &request,
                &meta,
                Page { items, has_previous: false, has_next: false, total: None },
                &[],
            )
        }
    }
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_post_links)
        .service(set_post_links)
        .service(add_post_link)
        .service(delete_post_link)
        .service(list_related_posts);
}
