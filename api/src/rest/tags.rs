//! `/v1/tags`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use pressroom_schema::posts::Ref;
use pressroom_schema::{TagKind, TagSort};

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::body;
use crate::http::parameters::PageParameters;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::tags::{self, CreateTag, TagQuery, UpdateTag};
use crate::service::{Found, Service};
use crate::view::{TagField, TagView};

type TagList = List<TagView>;

/// List tags and categories, by name unless another order is asked for.
///
/// `post_count` counts what is published and public.
#[utoipa::path(operation_id = "list_tags", tag = "tags",
    params(
        ("kind" = inline(Option<TagKind>), Query, description = "`tag` or `category`."),
        ("parent" = Option<String>, Query, description = "Slug or id: those directly below it."),
        ("sort" = inline(Option<TagSort>), Query, description = "`name` (default) or `-post_count`."),
        ("fields" = inline(Option<Vec<TagField>>), Query, description = "Only these members, and `id`."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of tags.", body = TagList)))]
#[get("/tags")]
pub(crate) async fn list_tags(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let kind = params.word("kind");
    let query = TagQuery { kind, parent: params.one("parent"), sort: params.sort(), page: params.page() };
    let fields = params.fields::<TagView>();
    params.finish()?;
    let Read { value: page, keys } = tags::list(&svc.into_inner(), &viewer, query).await?;
    respond::list(&request, &Meta::of(&viewer, keys), page, &fields)
}

/// Read a tag.
///
/// The tag or category, with the one above it.
#[utoipa::path(operation_id = "get_tag", tag = "tags",
    params(
        ("tag" = String, Path, description = "Slug or id. A former slug answers 308.", example = "harbours"),
        ("fields" = inline(Option<Vec<TagField>>), Query, description = "Only these members, and `id`."),
    ),
    responses((status = 200, description = "The tag.", body = TagView), (status = 308, description = "The tag was renamed; `Location` has its present address.")))]
#[get("/tags/{tag}")]
pub(crate) async fn get_tag(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let fields = params.fields::<TagView>();
    params.finish()?;
    let Read { value, keys } = tags::get(&svc.into_inner(), &viewer, &Ref::parse(&path)).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here(view) => respond::object(&request, &meta.version(view.version), &view, &fields),
    }
}

/// Make a tag.
///
/// A category is a tag of the kind `category`; either may stand below another.
#[utoipa::path(operation_id = "create_tag", tag = "tags", extensions(("x-right" = json!(Action::CreateTag.as_str()))),
    request_body(content = CreateTag, description = "Only `name` is required."),
    responses((status = 201, description = "The tag, as it is now.", body = TagView)))]
#[post("/tags")]
pub(crate) async fn create_tag(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: CreateTag = body::judged(&request, &bytes, tags::judge)?;
    let view = tags::create(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::CREATED, Some(view.version), Some(format!("/v1/tags/{}", view.id)), &view)
}

/// Change a tag.
///
/// A former slug goes on leading to the tag.
#[utoipa::path(operation_id = "update_tag", tag = "tags", extensions(("x-right" = json!(Action::EditTag.as_str()))),
    params(
        ("tag" = String, Path, description = "Slug or id.", example = "harbours"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdateTag, content_type = "application/merge-patch+json", description = "Changes (RFC 7396): what is left out stays, null clears."),
    responses((status = 200, description = "The tag, as it is now.", body = TagView)))]
#[patch("/tags/{tag}")]
pub(crate) async fn update_tag(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: UpdateTag = body::judged(&request, &bytes, tags::judge)?;
    let view =
        tags::update(&svc.into_inner(), &viewer, &Ref::parse(&path), input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Remove a tag.
///
/// It is taken from every post that bears it; the posts stay.
#[utoipa::path(operation_id = "delete_tag", tag = "tags", extensions(("x-right" = json!(Action::DeleteTag.as_str()))),
    params(
        ("tag" = String, Path, description = "Slug or id.", example = "harbours"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The tag is removed.")))]
#[delete("/tags/{tag}")]
pub(crate) async fn delete_tag(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    tags::delete(&svc.into_inner(), &viewer, &Ref::parse(&path), if_match(&request)?).await?;
    Ok(respond::no_content())
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_tags).service(create_tag).service(get_tag).service(update_tag).service(delete_tag);
}
