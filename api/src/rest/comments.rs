//! `/v1/posts/{post}/comments` and `/v1/comments`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, USER_AGENT};
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use pressroom_schema::posts::Ref;
use pressroom_schema::{CommentStatus, Word};

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::headers::{EDIT_TOKEN, GUEST_TOKEN};
use crate::http::parameters::{Cursor, Flag, PageLimit, PageParameters, one_of, parameter_type};
use crate::http::params::{ALL, Params};
use crate::http::problem::RateLimited;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::http::{body, contract};
use crate::page::List;
use crate::service::comments::{
    self, AddComment, CommentSort, EditAccess, ModerateComments, Moderation, Origin, QueueQuery, ThreadQuery,
    ThreadView, UpdateComment,
};
use crate::service::{Found, Service, posts};
use crate::view::{CommentField, CommentView, ModeratedView, SAMPLE_ID};

type CommentList = List<CommentView>;

parameter_type! {
    /// A state, or all of them.
    StatusOrAll = one_of(CommentStatus::WORDS.iter().copied().chain([ALL]))
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<String> {
    request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

fn access(request: &HttpRequest) -> Result<EditAccess> {
    Ok(EditAccess { edit_token: text(request, EDIT_TOKEN), if_match: if_match(request)? })
}

/// Read the comments of a post, as a thread or side by side.
///
/// A thread is paged by comments that answer none; each has its replies nested: at most 10 replies of one comment, 4 levels deep
/// and 1000 in one answer, oldest first. Where there are more, `replies_next` leads to the rest with `parent`. A removed comment
/// that was answered stays, empty, with `is_tombstone`.
#[utoipa::path(operation_id = "list_comments", tag = "comments",
    params(
        ("post" = String, Path, description = "Slug or id. A former slug answers 308.", example = "the-tide-table-on-the-chandlers-door"),
        ("view" = inline(Option<ThreadView>), Query, description = "`thread` (default) or `flat`: all comments side by side, without `replies`."),
        ("sort" = inline(Option<CommentSort>), Query, description = "`oldest` (default), `newest`, or `top`: what drew most replies first. It orders the page's own comments; nested replies are oldest first."),
        ("parent" = Option<String>, Query, format = Uuid, description = "The id of a comment: lists its replies instead, paged and nested in the same way."),
        ("fields" = inline(Option<Vec<CommentField>>), Query, description = "Only these members, and `id`."),
        ("limit" = inline(Option<PageLimit>), Query, description = "Rows of a page; 20 where it is left out."),
        ("after" = inline(Option<Cursor>), Query, description = "`page.next` of the page before, or with `parent` a comment's `replies_next`."),
        ("before" = inline(Option<Cursor>), Query, description = "`page.previous` of the page after."),
        ("count" = inline(Option<Flag>), Query, description = "Whether `page.total` is wanted: comments at the top of the thread, direct replies with `parent`, all that are shown with `view=flat`."),
        ("preview" = Option<String>, Query, description = "A preview token: of a post that is not live."),
    ),
    responses(
        (status = 200, description = "A page of comments.", body = CommentList),
        (status = 308, description = "The post was renamed; `Location` has the present address of its comments."),
    ))]
#[get("/posts/{post}/comments")]
pub(crate) async fn list_comments(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let query = ThreadQuery {
        view: params.word("view").unwrap_or_default(),
        sort: params.word("sort").unwrap_or_default(),
        parent: params.one("parent"),
        page: params.page(),
    };
    let fields = params.fields::<CommentView>();
    let preview = params.one("preview");
    params.finish()?;
    let svc = svc.into_inner();
    let viewer = posts::by_preview(&svc, viewer, preview.as_deref()).await?;
    let Read { value, keys } = comments::list(&svc, &viewer, &Ref::parse(&path), query).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here(thread) => respond::list(&request, &meta, thread.page, &fields),
    }
}

/// Write a comment, as a guest or signed in.
///
/// An account's comment is shown at once, where the spam judge finds nothing. A guest's waits for a moderator until one was approved, and the guest is known by the
/// `guest_token` of that answer, which is given once and sent as `X-Guest-Token` with later comments. The answer has an
/// `edit_token` too: for as long as the edit window lasts it may be sent as `X-Edit-Token` to change or remove the comment.
#[utoipa::path(operation_id = "add_comment", tag = "comments", extensions(("x-right" = json!(Action::AddComment.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("X-Guest-Token" = Option<String>, Header, nullable = false, description = "The `guest_token` that the guest was given with an earlier comment."),
    ),
    request_body(content = AddComment, description = "The comment; guests say who they are in `author`.",
        example = json!({"body": "A *fine* morning.", "author": {"name": "Ada", "email": "ada@example.org"}})),
    responses((status = 201, description = "The comment as its writer sees it.", body = CommentView)))]
#[post("/posts/{post}/comments")]
pub(crate) async fn add_comment(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: AddComment = body::json(&request, &bytes)?;
    let origin = Origin { user_agent: text(&request, USER_AGENT), guest_token: text(&request, GUEST_TOKEN) };
    let view = comments::add(&svc.into_inner(), &viewer, &Ref::parse(&path), input, origin).await?;
    let location = format!("/v1/comments/{}", view.id);
    respond::written(StatusCode::CREATED, Some(view.version), Some(location), &view)
}

/// Read the moderation queue: comments of any state, newest first, of the posts that one looks after.
///
/// Each comes with what the spam judge thought of it and why.
#[utoipa::path(operation_id = "list_moderation_queue", tag = "comments", extensions(("x-right" = json!(Action::ReadQueue.as_str()))),
    params(
        ("status" = inline(Option<Vec<StatusOrAll>>), Query, description = "`pending` (default), `approved`, `spam`, `trash` or `all`. Repeat it or separate by commas."),
        ("post" = Option<String>, Query, description = "Only under this post: slug or id."),
        ("author_email" = Option<String>, Query, description = "Only from this address: for those who may see addresses."),
        ("fields" = inline(Option<Vec<CommentField>>), Query, description = "Only these members, and `id`."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of comments.", body = CommentList)))]
#[get("/comments")]
pub(crate) async fn list_moderation_queue(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let query = QueueQuery {
        statuses: params.words_or_all("status"),
        post: params.one("post"),
        author_email: params.one("author_email"),
        page: params.page(),
    };
    let fields = params.fields::<CommentView>();
    params.finish()?;
    let page = comments::queue(&svc.into_inner(), &viewer, query).await?;
    respond::list(&request, &Meta::private(), page, &fields)
}

/// Decide on many comments at once: on all of them or, where one cannot be, on none.
///
/// For those who may moderate the posts in question. What has the state already is left alone.
#[utoipa::path(operation_id = "moderate_comments", tag = "comments", extensions(("x-answer" = json!("unversioned")), ("x-right" = json!(Action::ModerateComment.as_str()))),
    request_body(content = ModerateComments, description = "The comments, at most 100, and what becomes of them: `approve`, `spam`, `trash` or `pending`.",
        example = json!({"ids": ["0190a5d8-7c3e-7cc0-8000-000000000001"], "action": "spam"})),
    responses((status = 200, description = "Which of them changed, and all as they now stand.", body = ModeratedView)))]
#[post("/comments/moderate")]
pub(crate) async fn moderate_comments(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: ModerateComments = body::json(&request, &bytes)?;
    let view = comments::moderate(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::OK, None, None, &view)
}

/// Read one comment, with its place in the thread: the comments above it, and its replies.
///
/// A comment that waits for a moderator is there for its writer and for moderators only.
#[utoipa::path(operation_id = "get_comment", tag = "comments",
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("fields" = inline(Option<Vec<CommentField>>), Query, description = "Only these members, and `id`."),
        ("X-Edit-Token" = Option<String>, Header, nullable = false, description = "The `edit_token` that the guest was given: shows their comment while it waits."),
    ),
    responses((status = 200, description = "The comment.", body = CommentView), (status = 429, response = RateLimited)))]
#[get("/comments/{id}")]
pub(crate) async fn get_comment(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let fields = params.fields::<CommentView>();
    params.finish()?;
    let token = text(&request, EDIT_TOKEN);
    let Read { value: view, keys } =
        comments::get(&svc.into_inner(), &viewer, &path, token.as_deref()).await?;
    respond::object(&request, &Meta::of(&viewer, keys).version(view.version), &view, &fields)
}

/// Change a comment's text: by its writer within the edit window, or by a moderator.
///
/// A guest sends the edit token of the answer to the first request.
#[utoipa::path(operation_id = "update_comment", tag = "comments", extensions(("x-right" = json!(Action::EditComment.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("X-Edit-Token" = Option<String>, Header, nullable = false, description = "The `edit_token` that the guest was given."),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdateComment, content_type = "application/merge-patch+json", description = "Changes (RFC 7396).",
        example = json!({"body": "A *fine* morning, and a long one."})),
    responses((status = 200, description = "The comment, as it is now.", body = CommentView)))]
#[patch("/comments/{id}")]
pub(crate) async fn update_comment(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: UpdateComment = body::json(&request, &bytes)?;
    let view = comments::update(&svc.into_inner(), &viewer, &path, input, access(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Remove a comment: by its writer, or by a moderator. A tombstone stays where it has replies.
///
/// With `permanent` nothing of it stays but its place in the thread.
#[utoipa::path(operation_id = "delete_comment", tag = "comments", extensions(("x-right" = json!(Action::DeleteComment.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("permanent" = inline(Option<Flag>), Query, description = "Whether to remove it for good, with all that is known of its writer: for admins."),
        ("X-Edit-Token" = Option<String>, Header, nullable = false, description = "The `edit_token` that the guest was given."),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The comment is removed.")))]
#[delete("/comments/{id}")]
pub(crate) async fn delete_comment(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let permanent = params.flag("permanent").unwrap_or(false);
    params.finish()?;
    comments::delete(&svc.into_inner(), &viewer, &path, permanent, access(&request)?).await?;
    Ok(respond::no_content())
}

async fn moderated(
    svc: Data<Service>,
    viewer: &Viewer,
    id: &str,
    request: &HttpRequest,
    bytes: &body::UnexpectedBody,
    decision: Moderation,
) -> Result<HttpResponse> {
    Params::of(request).finish()?;
    body::none(request, bytes)?;
    let view = comments::moderate_one(&svc.into_inner(), viewer, id, decision, if_match(request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Approve a comment: everybody may read it, and its guest is known from now on.
///
/// It joins the thread and the post's count.
#[utoipa::path(operation_id = "approve_comment", tag = "comments", extensions(("x-right" = json!(Action::ModerateComment.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The comment, as it is now.", body = CommentView)))]
#[post("/comments/{id}/approve")]
pub(crate) async fn approve_comment(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    moderated(svc, &viewer, &path, &request, &bytes, Moderation::Approve).await
}

/// Mark a comment as spam.
///
/// It leaves the thread; a tombstone stays where it has replies.
#[utoipa::path(operation_id = "mark_comment_spam", tag = "comments", extensions(("x-right" = json!(Action::ModerateComment.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The comment, as it is now.", body = CommentView)))]
#[post("/comments/{id}/spam")]
pub(crate) async fn mark_comment_spam(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    moderated(svc, &viewer, &path, &request, &bytes, Moderation::Spam).await
}

/// Move a comment to the trash.
///
/// It leaves the thread; a tombstone stays where it has replies.
#[utoipa::path(operation_id = "trash_comment", tag = "comments", extensions(("x-right" = json!(Action::ModerateComment.as_str()))),
    params(
        ("id" = String, Path, format = Uuid, description = "The comment's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The comment, as it is now.", body = CommentView)))]
#[post("/comments/{id}/trash")]
pub(crate) async fn trash_comment(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    moderated(svc, &viewer, &path, &request, &bytes, Moderation::Trash).await
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_comments)
        .service(add_comment)
        .service(list_moderation_queue)
        .service(moderate_comments)
        // Else its other methods would find `/comments/{id}`.
        .map(|cfg| cfg.route("/comments/moderate", web::to(contract::fallback)))
        .service(get_comment)
        .service(update_comment)
        .service(delete_comment)
        .service(approve_comment)
        .service(mark_comment_spam)
        .service(trash_comment);
}
