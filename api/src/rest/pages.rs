//! The page for people that shows the API's documentation, from the binary, so that it works with no internet.

use actix_web::http::header;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::SwaggerUi;

#[get("/docs")]
async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(docs)
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::new(["/openapi.json"])));
}
