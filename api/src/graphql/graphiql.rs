//! GraphiQL, the page for people who try queries, from the binary, so that it works with no internet.

use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, get};

use crate::error::{Error, Result};
use crate::service::Service;

const PAGE: &str = include_str!("../../assets/graphiql/index.html");
const PAGE_STYLE: &str = include_str!("../../assets/graphiql/page.css");
const STYLE: &[u8] = include_bytes!("../../assets/graphiql/graphiql.css.gz");
const SCRIPT: &[u8] = include_bytes!("../../assets/graphiql/graphiql.js.gz");

/// GraphiQL's page.
pub(super) fn graphiql_page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type("text/html; charset=utf-8")
        .body(PAGE)
}

#[get("/graphiql")]
async fn graphiql(svc: Data<Service>) -> Result<HttpResponse> {
    if svc.config.graphql_introspection.is_on() { Ok(graphiql_page()) } else { Err(Error::not_found("page")) }
}

#[get("/graphiql/{file}")]
async fn graphiql_file(file: web::Path<String>) -> Result<HttpResponse> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "public, max-age=86400"));
    match file.as_str() {
        "page.css" => Ok(answer.content_type("text/css; charset=utf-8").body(PAGE_STYLE)),
        "graphiql.css" => Ok(answer
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .content_type("text/css; charset=utf-8")
            .body(STYLE)),
        "graphiql.js" => Ok(answer
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .content_type("text/javascript; charset=utf-8")
            .body(SCRIPT)),
        _ => Err(Error::not_found("file")),
    }
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(graphiql).service(graphiql_file);
}
