//! `/v1/media`.

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, delete, get, patch, post};
use pressroom_schema::MediaType;
use serde::Deserialize;
use utoipa::ToSchema;

use super::upload;
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::http::bodies::AROUND;
use crate::http::body;
use crate::http::parameters::PageParameters;
use crate::http::params::Params;
use crate::http::problem::Conflict;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::Service;
use crate::service::media::{self, Admitted, MediaQuery, UpdateMedia};
use crate::view::{MediaField, MediaView, SAMPLE_ID};

type MediaList = List<MediaView>;

/// The longest body that the request's route takes from this caller, in bytes: longer than others where it is a file, which is read
/// only of those who may upload one, while there is room.
pub(super) fn body_limit(request: &ServiceRequest, svc: &Service, viewer: &Viewer) -> Result<usize> {
    if request.match_pattern().as_deref() != Some("/v1/media") {
        return Ok(svc.config.body_limit);
    }
    let room = media::admit(svc, viewer)?;
    request.extensions_mut().insert(room);
    Ok(svc.config.upload_limit.saturating_add(AROUND))
}

/// An upload: a form with a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the form for OpenAPI; `upload::read` reads it")]
pub(crate) struct UploadForm {
    /// The image: JPEG, PNG, GIF or WebP, judged by its content.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// What it shows, for those who cannot see it; empty where it is decoration.
    #[schema(required = false, max_length = 1000, example = "A clock with one hand")]
    alt: String,
    /// A line under it.
    #[schema(required = false, max_length = 1000, example = "The town hall, in the morning.")]
    caption: String,
}

/// List the media library, newest first.
///
/// A file whose smaller widths are still being made has the state `processing`.
#[utoipa::path(operation_id = "list_media", tag = "media", extensions(("x-right" = json!(Action::ListMedia.as_str()))),
    params(
        ("owner" = Option<String>, Query, description = "Only files that this account uploaded: its id, or `me`."),
        ("mime" = inline(Option<Vec<MediaType>>), Query, description = "Only these types: `image/jpeg`, `image/png`, `image/gif`, `image/webp`. Repeat it or separate by commas."),
        ("fields" = inline(Option<Vec<MediaField>>), Query, description = "Only these members, and `id`."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of the media library.", body = MediaList)))]
#[get("/media")]
pub(crate) async fn list_media(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let query = MediaQuery {
        owner: params.one("owner"),
        mimes: params.words("mime", "invalid"),
        page: params.page(),
    };
    let fields = params.fields::<MediaView>();
    params.finish()?;
    let page = media::list(&svc.into_inner(), &viewer, query).await?;
    respond::list(&request, &Meta::private(), page, &fields)
}

/// Upload an image. Metadata such as the place where a photograph was taken is removed; smaller widths are made in the background.
///
/// JPEG, PNG, GIF and WebP are taken, judged by content. The picture is stored under the digest of what is kept.
#[utoipa::path(operation_id = "upload_media", tag = "media", extensions(("x-right" = json!(Action::UploadMedia.as_str()))),
    request_body(content = UploadForm, content_type = "multipart/form-data", description = "The image, and what is said about it."),
    responses((status = 201, description = "The file as the library has it; `state` tells whether its smaller widths are made.", body = MediaView,
        headers(("Location" = String, description = "Where the media object is.")))))]
#[post("/media")]
pub(crate) async fn upload_media(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let svc = svc.into_inner();
    // Rights and room first: nobody sends megabytes in vain.
    let room = request.extensions_mut().remove::<Admitted>();
    let _room = room.map_or_else(|| media::admit(&svc, &viewer), Ok)?;
    let form = upload::read(request.headers(), payload, svc.config.upload_limit).await?;
    let view = media::upload(&svc, &viewer, form).await?;
    respond::written(StatusCode::CREATED, Some(view.version), Some(format!("/v1/media/{}", view.id)), &view)
}

/// Read a media object.
///
/// The object says what the file is and where its widths are; the bytes are at `url`.
#[utoipa::path(operation_id = "get_media", tag = "media", extensions(("x-answer" = json!("dated")), ("x-right" = json!(Action::ListMedia.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The media object's id.", example = json!(SAMPLE_ID)),
        ("fields" = inline(Option<Vec<MediaField>>), Query, description = "Only these members, and `id`."),
    ),
    responses((status = 200, description = "The media object.", body = MediaView)))]
#[get("/media/{id}")]
pub(crate) async fn get_media(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let fields = params.fields::<MediaView>();
    params.finish()?;
    let view = media::get(&svc.into_inner(), &viewer, &path).await?;
    let mut meta = Meta::private();
    meta.version = Some(view.version);
    respond::object(&request, &meta, &view, &fields)
}

/// Change what is said about a file.
///
/// Posts that show the file without words of their own show the new ones at once.
#[utoipa::path(operation_id = "update_media", tag = "media", extensions(("x-right" = json!(Action::EditMedia.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The media object's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdateMedia, content_type = "application/merge-patch+json", description = "Changes (RFC 7396): what is left out stays, null clears."),
    responses((status = 200, description = "The media object, as it is now.", body = MediaView)))]
#[patch("/media/{id}")]
pub(crate) async fn update_media(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: UpdateMedia = body::json(&request, &bytes)?;
    let view = media::update(&svc.into_inner(), &viewer, &path, input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Remove a file that nothing uses any more.
///
/// A file that a post, a profile or the site still shows cannot be removed.
#[utoipa::path(operation_id = "delete_media", tag = "media", extensions(("x-right" = json!(Action::DeleteMedia.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The media object's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The file is removed."), (status = 409, response = Conflict)))]
#[delete("/media/{id}")]
pub(crate) async fn delete_media(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    media::delete(&svc.into_inner(), &viewer, &path, if_match(&request)?).await?;
    Ok(respond::no_content())
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_media)
        .service(upload_media)
        .service(get_media)
        .service(update_media)
        .service(delete_media);
}
