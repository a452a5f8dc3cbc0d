//! What is served at the root for feed readers and crawlers: RSS 2.0, Atom, JSON Feed, the sitemap.

mod atom_feed;
mod json_feed;
mod rss_feed;
mod sitemap;
mod text;

#[cfg(test)]
mod tests;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};

use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::parameters::PageLimit;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::service::Service;
use crate::service::feeds::{self, Feed, FeedQuery};

const RSS: &str = "application/rss+xml; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const JSON: &str = "application/feed+json";
const XML: &str = "application/xml; charset=utf-8";

/// Reads a feed, writes it with `write`, and answers it with its validators.
async fn answer(
    svc: Data<Service>,
    viewer: &Viewer,
    request: &HttpRequest,
    (path, media_type): (&str, &str),
    write: fn(&Feed, &str) -> Result<Vec<u8>>,
) -> Result<HttpResponse> {
    let mut params = Params::of(request);
    let query = FeedQuery {
        author: params.one("author"),
        tag: params.one("tag"),
        post: params.one("post"),
        limit: params.parsed("limit", "a whole number from 1 to 100", |t| t.parse().ok()),
    };
    params.finish()?;
    let svc = svc.into_inner();
    let Read { value: feed, keys } = feeds::get_feed(&svc, viewer, query).await?;
    let body = write(&feed, &format!("{}{path}", svc.config.api_base()))?;
    Ok(respond::bytes(request, &Meta { keys, ..Meta::default() }, media_type, body))
}

/// The address of a feed with these parameters.
fn address(base: &str, query: &str) -> String {
    if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }
}

/// The newest posts, or the comments of one, as RSS 2.0.
///
/// With `author` or `tag` only their posts. Entries have the whole body, the authors, the tags and the image.
#[utoipa::path(operation_id = "get_rss_feed", tag = "feeds", extensions(("x-answer" = json!("dated"))),
    params(
        ("author" = Option<String>, Query, description = "Slug or id: only posts with this byline."),
        ("tag" = Option<String>, Query, description = "Slug or id: only posts with this tag."),
        ("post" = Option<String>, Query, description = "Slug or id: the approved comments of this post, instead of posts."),
        ("limit" = inline(Option<PageLimit>), Query, description = "Entries; 20 where it is left out."),
    ),
    responses((status = 200, description = "The feed.", body = String, content_type = "application/rss+xml")))]
#[get("/feed.xml")]
pub(crate) async fn get_rss_feed(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    answer(svc, &viewer, &request, ("/feed.xml", RSS), rss_feed::write).await
}

/// The newest posts, or the comments of one, as Atom (RFC 4287).
///
/// With `author` or `tag` only their posts. Entries have the whole body, the authors, the tags and the image.
#[utoipa::path(operation_id = "get_atom_feed", tag = "feeds", extensions(("x-answer" = json!("dated"))),
    params(
        ("author" = Option<String>, Query, description = "Slug or id: only posts with this byline."),
        ("tag" = Option<String>, Query, description = "Slug or id: only posts with this tag."),
        ("post" = Option<String>, Query, description = "Slug or id: the approved comments of this post, instead of posts."),
        ("limit" = inline(Option<PageLimit>), Query, description = "Entries; 20 where it is left out."),
    ),
    responses((status = 200, description = "The feed.", body = String, content_type = "application/atom+xml")))]
#[get("/atom.xml")]
pub(crate) async fn get_atom_feed(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    answer(svc, &viewer, &request, ("/atom.xml", ATOM), atom_feed::write).await
}

/// The newest posts, or the comments of one, as JSON Feed 1.1.
///
/// With `author` or `tag` only their posts. Entries have the whole body, the authors, the tags and the image.
#[utoipa::path(operation_id = "get_json_feed", tag = "feeds", extensions(("x-answer" = json!("dated"))),
    params(
        ("author" = Option<String>, Query, description = "Slug or id: only posts with this byline."),
        ("tag" = Option<String>, Query, description = "Slug or id: only posts with this tag."),
        ("post" = Option<String>, Query, description = "Slug or id: the approved comments of this post, instead of posts."),
        ("limit" = inline(Option<PageLimit>), Query, description = "Entries; 20 where it is left out."),
    ),
    responses((status = 200, description = "The feed.", body = json_feed::JsonFeed, content_type = "application/feed+json")))]
#[get("/feed.json")]
pub(crate) async fn get_json_feed(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    answer(svc, &viewer, &request, ("/feed.json", JSON), json_feed::write).await
}

/// The index of the sitemap.
///
/// Each file that it lists holds at most ten thousand addresses.
#[utoipa::path(operation_id = "get_sitemap", tag = "feeds",
    responses((status = 200, description = "The index: a list of files.", body = String, content_type = "application/xml")))]
#[get("/sitemap.xml")]
pub(crate) async fn get_sitemap(svc: Data<Service>, request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let svc = svc.into_inner();
    let Read { value: files, keys } = feeds::get_sitemap(&svc).await?;
    let body = sitemap::index(&files, svc.config.api_base())?;
    let meta = Meta { keys, ..Meta::default() };
    Ok(respond::bytes(&request, &meta, XML, body))
}

/// One file of the sitemap: at most ten thousand addresses.
///
/// Posts come with the time of their last change.
#[utoipa::path(operation_id = "get_sitemap_chunk", tag = "feeds",
    params(("chunk" = String, Path, description = "The file's name as the index gives it.", example = "posts-1")),
    responses((status = 200, description = "The addresses.", body = String, content_type = "application/xml")))]
#[get("/sitemaps/{chunk}.xml")]
pub(crate) async fn get_sitemap_chunk(
    svc: Data<Service>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let Read { value: urls, keys } = feeds::get_sitemap_file(&svc.into_inner(), &path).await?;
    let body = sitemap::file(&urls)?;
    let meta = Meta { keys, ..Meta::default() };
    Ok(respond::bytes(&request, &meta, XML, body))
}

/// The routes of this module. They stand at the root, outside `/v1`.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_rss_feed)
        .service(get_atom_feed)
        .service(get_json_feed)
        .service(get_sitemap)
        .service(get_sitemap_chunk);
}
