//! `/v1/posts`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use pressroom_schema::posts::Ref;
use pressroom_schema::{CommentPolicy, Perspective, PostInclude, PostSort, PostStatus, Visibility, Word};

use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::body;
use crate::http::parameters::{Flag, PageParameters, SearchText, one_of, parameter_type};
use crate::http::params::{ALL, Params};
use crate::http::problem::{Conflict, RateLimited};
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::posts::{
    self, Columns, CreatePost, PostQuery, ProjectedMembers, Projection, PublishInput, UpdatePost,
};
use crate::service::{Found, Service};
use crate::view::{PostField, PostView};

type PostList = List<PostView>;

parameter_type! {
    /// How far a post has come, or all of it.
    StatusOrAll = one_of(PostStatus::WORDS.iter().copied().chain([ALL]))
}

/// What a read shows: what `include` or `fields` names. `single` posts show their body without being asked.
fn shown(includes: &[PostInclude], fields: &[&str], single: bool) -> Projection {
    let wants = |name: &str| includes.iter().any(|word| word.as_str() == name) || fields.contains(&name);
    let whole = fields.is_empty();
    let all = single && whole;
    Projection {
        body: Columns {
            html: all || wants("html"),
            text: all || wants("text"),
            source: all || wants("markdown") || wants("body"),
        },
        members: ProjectedMembers {
            authors: whole || wants("authors"),
            tags: whole || wants("tags"),
            terms: whole || wants("terms"),
            comment_count: whole || wants("comment_count"),
            comment_policy: whole || wants("comments_open") || wants("comment_policy"),
        },
        links: wants("links"),
        related: wants("related"),
        adjacent: wants("adjacent"),
        comments: wants("comments"),
        below: None,
    }
}

/// List posts, newest first unless another order is asked for. The public sees published, public posts.
///
/// A page is found by a cursor, so that posts that are published while a reader turns pages neither repeat nor vanish. Callers
/// who may read drafts see them with `status`; everybody else sees what is published and public, whatever is asked for.
#[utoipa::path(operation_id = "list_posts", tag = "posts",
    params(
        ("author" = Option<Vec<String>>, Query, description = "Slugs or ids of authors; posts of any of them. Repeat it or separate by commas."),
        ("tag" = Option<Vec<String>>, Query, description = "Slugs or ids of tags; posts with any of them."),
        ("tags_all" = Option<Vec<String>>, Query, description = "Slugs or ids of tags; posts with all of them."),
        ("q" = inline(Option<SearchText>), Query, description = "Words to find in posts that the public lists show; `/v1/search` ranks and highlights."),
        ("featured" = Option<bool>, Query, description = "Only those that the editors put forward, or only the others."),
        ("published_after" = Option<String>, Query, format = DateTime, description = "Published at or after this moment (RFC 3339)."),
        ("published_before" = Option<String>, Query, format = DateTime, description = "Published before this moment (RFC 3339)."),
        ("updated_since" = Option<String>, Query, format = DateTime, description = "Changed at or after this moment (RFC 3339)."),
        ("language" = Option<String>, Query, description = "In this language (BCP 47)."),
        ("status" = inline(Option<Vec<StatusOrAll>>), Query, description = "`draft`, `in_review`, `scheduled`, `published`, `archived` or `all`: for those who may read drafts, and then unlisted and private posts too."),
        ("visibility" = inline(Option<Visibility>), Query, description = "`public`, `unlisted` or `private`: for those who may read drafts."),
        ("trashed" = inline(Option<Flag>), Query, description = "What is in the trash: for those who may read drafts."),
        ("perspective" = inline(Option<Perspective>), Query, description = "`live` or `draft`: `draft` shows working copies to those who may edit."),
        ("sort" = inline(Option<PostSort>), Query, description = "`-published_at` (default), `published_at`, `-updated_at`, `title` or `-comment_count`."),
        ("include" = inline(Option<Vec<PostInclude>>), Query, description = "`html`, `text`, `links`, `related`, `adjacent`, `comments`; authors and tags are there anyway."),
        ("fields" = inline(Option<Vec<PostField>>), Query, description = "Only these members, and `id`."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of posts.", body = PostList), (status = 429, response = RateLimited)))]
#[get("/posts")]
pub(crate) async fn list_posts(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let query = PostQuery {
        authors: params.many("author"),
        tags: params.many("tag"),
        tags_all: params.many("tags_all"),
        q: params.one("q"),
        featured: params.flag("featured"),
        published_after: params.time("published_after"),
        published_before: params.time("published_before"),
        updated_since: params.time("updated_since"),
        language: params.one("language"),
        visibility: params.word("visibility"),
        statuses: params.words_or_all("status"),
        trashed: params.flag("trashed").unwrap_or(false),
        sort: params.sort(),
        perspective: params.word("perspective"),
        page: params.page(),
    };
    let includes = params.words("include", "unknown_name");
    let fields = params.fields::<PostView>();
    params.finish()?;
    let shown = shown(&includes, &fields, false);
    let svc = svc.into_inner();
    // The list that pages of a publication ask for again and again is put together from kept parts.
    if !viewer.is_signed_in() && shown == Projection::default() {
        let Read { value: page, keys } = posts::list_items(&svc, &viewer, query).await?;
        return respond::list(&request, &Meta::of(&viewer, keys), page, &fields);
    }
    let Read { value: page, keys } = posts::list(&svc, &viewer, query, shown).await?;
    respond::list(&request, &Meta::of(&viewer, keys), page, &fields)
}

/// Read a post.
///
/// Whoever may not know that a post exists gets 404. The `ETag` names the version, and goes back as `If-Match` with a change.
#[utoipa::path(operation_id = "get_post", tag = "posts", extensions(("x-answer" = json!("dated"))),
    params(
        ("post" = String, Path, description = "Slug or id. A former slug answers 308.", example = "the-tide-table-on-the-chandlers-door"),
        ("include" = inline(Option<Vec<PostInclude>>), Query, description = "`links`, `related`, `adjacent` (previous and next), `comments`; authors, tags and the body are there anyway."),
        ("fields" = inline(Option<Vec<PostField>>), Query, description = "Only these members, and `id`."),
        ("perspective" = inline(Option<Perspective>), Query, description = "`live` (default for a post that is live) or `draft`: the working copy, for those who may edit."),
        ("preview" = Option<String>, Query, description = "A preview token: shows the working copy, and of everything else what everybody sees."),
    ),
    responses((status = 200, description = "The post.", body = PostView), (status = 308, description = "The post was renamed; `Location` has its present address.")))]
#[get("/posts/{post}")]
pub(crate) async fn get_post(
    svc: Data<Service>,
    viewer: Viewer,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let includes = params.words("include", "unknown_name");
    let fields = params.fields::<PostView>();
    let perspective = params.word("perspective");
    let preview = params.one("preview");
    params.finish()?;
    let svc = svc.into_inner();
    let viewer = posts::by_preview(&svc, viewer, preview.as_deref()).await?;
    let shown = shown(&includes, &fields, true);
    let Read { value, keys } = posts::get(&svc, &viewer, &Ref::parse(&path), perspective, shown).await?;
    let meta = Meta::of(&viewer, keys);
    match value {
        Found::Moved(slug) => Ok(respond::moved(&request, &meta, &path, &slug)),
        Found::Here(view) => respond::object(&request, &meta.version(view.version), &view, &fields),
    }
}

/// Begin a post. It is a draft until it is published.
///
/// The caller's own profile is its author where `authors` is left out. Names of tags that do not exist yet make them.
#[utoipa::path(operation_id = "create_post", tag = "posts", extensions(("x-right" = json!(Action::CreatePost.as_str()))),
    params(("publish" = inline(Option<Flag>), Query, description = "Whether to publish it in the same transaction.")),
    request_body(content = CreatePost, description = "The post; only `title` is required."),
    responses((status = 201, description = "The post, as it is now.", body = PostView)))]
#[post("/posts")]
pub(crate) async fn create_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let publish = params.flag("publish").unwrap_or(false);
    params.finish()?;
    let judge = |input: CreatePost| posts::judge(&svc, input, true);
    let input = body::judged(&request, &bytes, judge)?;
    let view = posts::create(&svc.into_inner(), &viewer, input, publish).await?;
    respond::written(StatusCode::CREATED, Some(view.version), Some(format!("/v1/posts/{}", view.id)), &view)
}

/// Change a post's working copy. What is live stays until it is published.
///
/// Every change is kept as a revision. With `publish=true` the change goes live in the same transaction.
#[utoipa::path(operation_id = "update_post", tag = "posts", extensions(("x-right" = json!(Action::EditPost.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("publish" = inline(Option<Flag>), Query, description = "Whether to publish it in the same transaction."),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdatePost, content_type = "application/merge-patch+json", description = "Changes (RFC 7396): what is left out stays, null clears."),
    responses((status = 200, description = "The working copy, as it is now.", body = PostView)))]
#[patch("/posts/{post}")]
pub(crate) async fn update_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let publish = params.flag("publish").unwrap_or(false);
    params.finish()?;
    let judge = |input: UpdatePost| posts::judge(&svc, input, false);
    let input = body::judged(&request, &bytes, judge)?;
    let view =
        posts::update(&svc.into_inner(), &viewer, &Ref::parse(&path), input, if_match(&request)?, publish)
            .await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Move a post to the trash, or remove it for good.
///
/// What is in the trash is shown to nobody but those who may edit it, and can be restored until it is removed for good.
#[utoipa::path(operation_id = "delete_post", tag = "posts", extensions(("x-right" = json!(Action::TrashPost.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("permanent" = inline(Option<Flag>), Query, description = "Whether to remove it for good, with its revisions and comments: for admins."),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The post is in the trash, or removed for good."), (status = 409, response = Conflict)))]
#[delete("/posts/{post}")]
pub(crate) async fn delete_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let permanent = params.flag("permanent").unwrap_or(false);
    params.finish()?;
    let (svc, post, wanted) = (svc.into_inner(), Ref::parse(&path), if_match(&request)?);
    if permanent {
        posts::delete(&svc, &viewer, &post, wanted).await?;
    } else {
        posts::trash(&svc, &viewer, &post, wanted).await?;
    }
    Ok(respond::no_content())
}

/// Take a post out of the trash, as a draft.
///
/// What was removed for good cannot be restored.
#[utoipa::path(operation_id = "restore_post", tag = "posts", extensions(("x-right" = json!(Action::TrashPost.as_str()))),
    params(("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door")),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/restore")]
pub(crate) async fn restore_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    body::none(&request, &bytes)?;
    let view = posts::restore(&svc.into_inner(), &viewer, &Ref::parse(&path)).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Publish a post's working copy: now, at a time to come, or with a date in the past.
///
/// A post with a time to come is `scheduled` and goes out by itself. Publishing a post that is live makes its working copy
/// live.
#[utoipa::path(operation_id = "publish_post", tag = "posts", extensions(("x-right" = json!(Action::PublishPost.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    request_body(content = Option<PublishInput>, description = "When; now where it is left out."),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/publish")]
pub(crate) async fn publish_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: PublishInput = body::optional_json(&request, &bytes)?;
    let view = posts::publish(
        &svc.into_inner(),
        &viewer,
        &Ref::parse(&path),
        input.at.as_deref(),
        if_match(&request)?,
    )
    .await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Take a post back to a draft.
///
/// Its address answers 404 until it is published again.
#[utoipa::path(operation_id = "unpublish_post", tag = "posts", extensions(("x-right" = json!(Action::PublishPost.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/unpublish")]
pub(crate) async fn unpublish_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    body::none(&request, &bytes)?;
    let view = posts::unpublish(&svc.into_inner(), &viewer, &Ref::parse(&path), if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Take a post off the site, but keep it.
///
/// It leaves lists, feeds and search, and its address answers 404; publishing brings it back.
#[utoipa::path(operation_id = "archive_post", tag = "posts", extensions(("x-right" = json!(Action::ArchivePost.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/archive")]
pub(crate) async fn archive_post(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    body::none(&request, &bytes)?;
    let view = posts::archive(&svc.into_inner(), &viewer, &Ref::parse(&path), if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Take no more comments under a post.
///
/// What is there stays. It holds at once, and nothing of the working copy goes out with it.
#[utoipa::path(operation_id = "close_comments", tag = "comments", extensions(("x-right" = json!(Action::ModerateThread.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/comments/close")]
pub(crate) async fn close_comments(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    decided(svc, &viewer, &path, &request, &bytes, CommentPolicy::Closed).await
}

/// Take comments under a post, whatever the site's settings say.
///
/// It holds at once, and nothing of the working copy goes out with it.
#[utoipa::path(operation_id = "open_comments", tag = "comments", extensions(("x-right" = json!(Action::ModerateThread.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/comments/open")]
pub(crate) async fn open_comments(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    decided(svc, &viewer, &path, &request, &bytes, CommentPolicy::Open).await
}

/// Take comments under a post, and show none before a moderator approves it.
///
/// Those of accounts wait as well, but for those who may moderate here.
#[utoipa::path(operation_id = "hold_comments", tag = "comments", extensions(("x-right" = json!(Action::ModerateThread.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/comments/hold")]
pub(crate) async fn hold_comments(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    decided(svc, &viewer, &path, &request, &bytes, CommentPolicy::Held).await
}

/// Let a post follow the site's settings for comments again.
///
/// Posts do until something else is decided of them.
#[utoipa::path(operation_id = "inherit_comments", tag = "comments", extensions(("x-right" = json!(Action::ModerateThread.as_str()))),
    params(
        ("post" = String, Path, description = "Slug or id.", example = "the-tide-table-on-the-chandlers-door"),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 200, description = "The post, as it is now.", body = PostView)))]
#[post("/posts/{post}/comments/inherit")]
pub(crate) async fn inherit_comments(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    decided(svc, &viewer, &path, &request, &bytes, CommentPolicy::Site).await
}

async fn decided(
    svc: Data<Service>,
    viewer: &Viewer,
    post: &str,
    request: &HttpRequest,
    bytes: &body::UnexpectedBody,
    policy: CommentPolicy,
) -> Result<HttpResponse> {
    Params::of(request).finish()?;
    body::none(request, bytes)?;
    let post = Ref::parse(post);
    let view =
        posts::set_comment_policy(&svc.into_inner(), viewer, &post, policy, if_match(request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_posts)
        .service(create_post)
        .service(get_post)
        .service(update_post)
        .service(delete_post)
        .service(restore_post)
        .service(publish_post)
        .service(unpublish_post)
        .service(archive_post)
        .service(close_comments)
        .service(open_comments)
        .service(hold_comments)
        .service(inherit_comments);
}
