//! `/v1/search`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::freshness::Read;
use crate::http::parameters::{Cursor, Flag, PageLimit, SearchText};
use crate::http::params::Params;
use crate::http::problem::RateLimited;
use crate::http::respond::{self, Meta};
use crate::page::List;
use crate::service::Service;
use crate::service::search::{self, SearchQuery};
use crate::view::SearchHitView;

type SearchHitList = List<SearchHitView>;

/// Search public posts, best match first. All words must be there; the last may be unfinished.
///
/// Hits bear the passage that was found, with the words in `<mark>`; the same words find the same posts on both databases.
#[utoipa::path(operation_id = "search_posts", tag = "search",
    params(
        ("q" = inline(SearchText), Query, description = "What to find, in any script. All words must be there; `\"several words\"` together; `-word` not at all. Case and accents do not matter.", example = "tide"),
        ("author" = Option<Vec<String>>, Query, description = "Slugs or ids of authors; posts of any of them. Repeat it or separate by commas."),
        ("tag" = Option<Vec<String>>, Query, description = "Slugs or ids of tags; posts with any of them."),
        ("language" = Option<String>, Query, description = "In this language (BCP 47)."),
        ("limit" = inline(Option<PageLimit>), Query, description = "Hits of a page; 20 where it is left out."),
        ("after" = inline(Option<Cursor>), Query, description = "`page.next` of the page before."),
        ("before" = inline(Option<Cursor>), Query, description = "`page.previous` of the page after."),
        ("count" = inline(Option<Flag>), Query, description = "Whether `page.total` is wanted. At most a thousand posts are found: those with all words in the title, then the newest."),
    ),
    responses((status = 200, description = "A page of hits.", body = SearchHitList), (status = 429, response = RateLimited)))]
#[get("/search")]
pub(crate) async fn search_posts(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let q = params.required("q", "the words to find", |text| Some(text.to_owned()));
    let query = SearchQuery {
        q: q.unwrap_or_default(),
        authors: params.many("author"),
        tags: params.many("tag"),
        language: params.one("language"),
        page: params.page(),
    };
    params.finish()?;
    let Read { value: page, keys } = search::search(&svc.into_inner(), &viewer, query).await?;
    respond::list(&request, &Meta::of(&viewer, keys), page, &[])
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(search_posts);
}
