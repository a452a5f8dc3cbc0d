//! `/v1/authors`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use pressroom_schema::AuthorSort;
use pressroom_schema::posts::Ref;

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::body;
use crate::http::parameters::PageParameters;
use crate::http::params::Params;
use crate::http::problem::Conflict;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::authors::{self, CreateAuthor, UpdateAuthor};
use crate::service::{Found, Service};
use crate::view::{AuthorField, AuthorView};

type AuthorList = List<AuthorView>;

/// List author profiles, by name unless another order is asked for.
///
/// Authors are profiles, not accounts: a guest author needs none.
#[utoipa::path(operation_id = "list_authors", tag = "authors",
    params(
        ("sort" = inline(Option<AuthorSort>), Query, description = "`name` (default) or `-post_count`."),
        ("fields" = inline(Option<Vec<AuthorField>>), Query, description = "Only these members, and `id`."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of authors.", body = AuthorList)))]
#[get("/authors")]
pub(crate) async fn list_authors(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let sort = params.sort();
    let page = params.page();
    let fields = params.fields::<AuthorView>();
    params.finish()?;
    let Read { value: page, keys } = authors::list(&svc.into_inner(), &viewer, sort, page).await?;
    respond::list(&request, &Meta::of(&viewer, keys), page, &fields)
}

/// Read an author's profile.
///
/// The profile, with how many posts bear it and when the first and the last came out.
#[utoipa::path(operation_id = "get_author", tag = "authors",
    params(
        ("author" = String, Path, description = "Slug or id. A former slug answers 308.", example = "odhran-pellew"),
        ("fields" = inline(Option<Vec<AuthorField>>), Query, description = "Only these members, and `id`."),
    ),
    responses((status = 200, description = "The author.", body = AuthorView), (status = 308, description = "The author was renamed; `Location` has its present address.")))]
#[get("/authors/{author}")]
pub(crate) async fn get_author(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let fields = params.fields::<AuthorView>();
    params.finish()?;
    let Read { value, keys } = authors::get(&svc.into_inner(), &viewer, &Ref::parse(&path)).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here(view) => respond::object(&request, &meta.version(view.version), &view, &fields),
    }
}

/// Make an author's profile.
///
/// The slug is made from the name where it is left out.
#[utoipa::path(operation_id = "create_author", tag = "authors", extensions(("x-right" = json!(Action::CreateAuthor.as_str()))),
    request_body(content = CreateAuthor, description = "Only `name` is required."),
    responses((status = 201, description = "The author, as it is now.", body = AuthorView)))]
#[post("/authors")]
pub(crate) async fn create_author(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let judge = |input: CreateAuthor| authors::judge(input, true);
    let input = body::judged(&request, &bytes, judge)?;
    let view = authors::create(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::CREATED, Some(view.version), Some(format!("/v1/authors/{}", view.id)), &view)
}

/// Change an author's profile.
///
/// A former slug goes on leading to the profile.
#[utoipa::path(operation_id = "update_author", tag = "authors", extensions(("x-right" = json!(Action::EditAuthor.as_str()))),
    params(
        ("author" = String, Path, description = "Slug or id.", example = "odhran-pellew"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdateAuthor, content_type = "application/merge-patch+json", description = "Changes (RFC 7396): what is left out stays, null clears."),
    responses((status = 200, description = "The author, as it is now.", body = AuthorView)))]
#[patch("/authors/{author}")]
pub(crate) async fn update_author(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let judge = |input: UpdateAuthor| authors::judge(input, false);
    let input = body::judged(&request, &bytes, judge)?;
    let view =
        authors::update(&svc.into_inner(), &viewer, &Ref::parse(&path), input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Remove an author's profile.
///
/// A profile that a post still bears cannot be removed.
#[utoipa::path(operation_id = "delete_author", tag = "authors", extensions(("x-right" = json!(Action::DeleteAuthor.as_str()))),
    params(
        ("author" = String, Path, description = "Slug or id.", example = "odhran-pellew"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The author is removed."), (status = 409, response = Conflict)))]
#[delete("/authors/{author}")]
pub(crate) async fn delete_author(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    authors::delete(&svc.into_inner(), &viewer, &Ref::parse(&path), if_match(&request)?).await?;
    Ok(respond::no_content())
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_authors)
        .service(create_author)
        .service(get_author)
        .service(update_author)
        .service(delete_author);
}
