//! `/v1/posts/{post}/revisions` and previews.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use pressroom_schema::posts::Ref;

use crate::auth::policy::Action;
use crate::error::{Error, Result};
use crate::http::body;
use crate::http::parameters::PageParameters;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::Service;
use crate::service::posts::{self, PreviewInput, PreviewView, RevisionDiffView, RevisionView};
use crate::view::PostView;

type RevisionList = List<RevisionView>;

fn number(text: &str) -> Result<i32> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| Error::not_found("revision"))
}

/// List a post's saved versions, newest first.
///
/// Every save is a revision: who, when, and whether it is live or the working copy.
#[utoipa::path(operation_id = "list_revisions", tag = "posts", extensions(("x-right" = json!(Action::ReadDraft.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        PageParameters,
    ),
    responses((status = 200, description = "A page of revisions.", body = RevisionList)))]
#[get("/posts/{post}/revisions")]
pub(crate) async fn list_revisions(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let page = params.page();
    params.finish()?;
    let page = posts::list_revisions(&svc.into_inner(), &viewer, &Ref::parse(&path), page).await?;
    respond::list(&request, &Meta::private(), page, &[])
}

/// Compare two saved versions of a post.
///
/// Members that differ come with both values, the body line by line.
#[utoipa::path(operation_id = "diff_revisions", tag = "posts", extensions(("x-right" = json!(Action::ReadDraft.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("from" = i32, Query, minimum = 1, description = "Number of the one.", example = 1),
        ("to" = i32, Query, minimum = 1, description = "Number of the other.", example = 2),
    ),
    responses((status = 200, description = "What differs.", body = RevisionDiffView)))]
#[get("/posts/{post}/revisions/diff")]
pub(crate) async fn diff_revisions(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let positive = |t: &str| t.parse::<i32>().ok().filter(|n| *n > 0);
    let from = params.required("from", "the number of a revision", positive);
    let to = params.required("to", "the number of a revision", positive);
    params.finish()?;
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    let diff = posts::diff_revisions(&svc.into_inner(), &viewer, &Ref::parse(&path), from, to).await?;
    respond::object(&request, &Meta::private(), &diff, &[])
}

/// Read a saved version of a post.
///
/// A revision is kept as it was saved, with the source of its body.
#[utoipa::path(operation_id = "get_revision", tag = "posts", extensions(("x-right" = json!(Action::ReadDraft.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("number" = i32, Path, minimum = 1, description = "Number of the revision.", example = 1),
    ),
    responses((status = 200, description = "The revision with its content.", body = RevisionView)))]
#[get("/posts/{post}/revisions/{number}")]
pub(crate) async fn get_revision(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let (post, n) = path.into_inner();
    let view = posts::get_revision(&svc.into_inner(), &viewer, &Ref::parse(&post), number(&n)?).await?;
    respond::object(&request, &Meta::private(), &view, &[])
}

/// Make an earlier version the working copy again.
///
/// The restored content becomes a new revision, so that nothing is lost. What is live stays until it is published.
#[utoipa::path(operation_id = "restore_revision", tag = "posts", extensions(("x-right" = json!(Action::RestoreRevision.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("number" = i32, Path, minimum = 1, description = "Number of the revision.", example = 1),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The working copy, as it is now.", body = PostView)))]
#[post("/posts/{post}/revisions/{number}/restore")]
pub(crate) async fn restore_revision(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<(String, String)>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    body::none(&request, &bytes)?;
    let (post, n) = path.into_inner();
    let view = posts::restore_revision(
        &svc.into_inner(),
        &viewer,
        &Ref::parse(&post),
        number(&n)?,
        if_match(&request)?,
    )
    .await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Make a link that shows a post's working copy to whoever holds it, for a while.
///
/// A frontend that is given the token reads the post with `GET /v1/posts/{post}?preview=TOKEN`, with no account.
#[utoipa::path(operation_id = "preview_post", tag = "posts", extensions(("x-answer" = json!("unversioned")), ("x-right" = json!(Action::PreviewPost.as_str()))),
    params(("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door")),
    request_body(content = Option<PreviewInput>, description = "How long it is good for."),
    responses((status = 201, description = "The token and the address that it opens.", body = PreviewView)))]
#[post("/posts/{post}/preview")]
pub(crate) async fn preview_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: PreviewInput = body::optional_json(&request, &bytes)?;
    let view = posts::preview(&svc.into_inner(), &viewer, &Ref::parse(&path), &input).await?;
    respond::written(StatusCode::CREATED, None, None, &view)
}

/// End a post's preview links, whoever made them.
///
/// A preview ends besides when it expires, and when the account that made it may no longer read the post.
#[utoipa::path(operation_id = "revoke_previews", tag = "posts",
    params(("post" = String, Path, description = "Slug or id.")),
    responses((status = 204, description = "The preview links are revoked.")))]
#[delete("/posts/{post}/preview")]
pub(crate) async fn revoke_previews(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    posts::revoke_previews(&svc.into_inner(), &viewer, &Ref::parse(&path)).await?;
    Ok(respond::no_content())
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_revisions)
        .service(diff_revisions)
        .service(get_revision)
        .service(restore_revision)
        .service(preview_post)
        .service(revoke_previews);
}
