//! `/v1/auth`, and the keys with which others verify our access tokens.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get, post};

use crate::auth::keys::Jwks;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::http::body;
use crate::http::params::Params;
use crate::http::respond::{self, Meta};
use crate::http::viewer::SignedIn;
use crate::service::Service;
use crate::service::accounts::{self, LoginInput, MeView, PasswordInput, RefreshInput, SessionView};

/// Log in: a short-lived access token and a refresh token for the next.
///
/// An unknown address and a wrong password get the same answer in the same time, and too many tries have to wait.
#[utoipa::path(operation_id = "login", tag = "auth", extensions(("x-answer" = json!("unversioned"))), security((), ("token" = [])),
    request_body(content = LoginInput, description = "E-mail address and password."),
    responses((status = 200, description = "The login.", body = SessionView)))]
#[post("/auth/login")]
pub(crate) async fn login(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: LoginInput = body::json(&request, &bytes)?;
    let view = accounts::login(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::OK, None, None, &view)
}

/// Exchange a refresh token for the next pair of tokens. Using one twice ends its whole login.
///
/// A refresh token is good for one exchange. If it was stolen, the second use shows it, and both thief and owner have to log in
/// again.
#[utoipa::path(operation_id = "refresh", tag = "auth", extensions(("x-answer" = json!("unversioned"))), security((), ("token" = [])),
    request_body(content = RefreshInput, description = "The newest refresh token of the login."),
    responses((status = 200, description = "The next pair of tokens.", body = SessionView)))]
#[post("/auth/refresh")]
pub(crate) async fn refresh(
    svc: Data<Service>,
    viewer: Viewer,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: RefreshInput = body::json(&request, &bytes)?;
    let view = accounts::refresh(&svc.into_inner(), &viewer, &input).await?;
    respond::written(StatusCode::OK, None, None, &view)
}

/// End the login that the access token belongs to.
///
/// API tokens have no login to end; revoke them with `DELETE /v1/tokens/{token}`.
#[utoipa::path(operation_id = "logout", tag = "auth", security(("token" = [])),
    responses((status = 204, description = "The login has ended, with its refresh tokens.")))]
#[post("/auth/logout")]
pub(crate) async fn logout(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: body::UnexpectedBody,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    body::none(&request, &bytes)?;
    accounts::logout(&svc.into_inner(), &viewer).await?;
    Ok(respond::no_content())
}

/// Read who the token is.
///
/// The account, and the scopes where the token is an API token.
#[utoipa::path(operation_id = "get_me", tag = "auth", security(("token" = [])),
    responses((status = 200, description = "The caller's account.", body = MeView)))]
#[get("/auth/me")]
pub(crate) async fn get_me(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let view = accounts::me(&svc.into_inner(), &viewer).await?;
    let meta = Meta { version: Some(view.user.version), ..Meta::private() };
    respond::object(&request, &meta, &view, &[])
}

/// Change one's password. All other logins of the account end, and its API tokens.
///
/// The login that asks for it goes on. Too many wrong present passwords have to wait.
#[utoipa::path(operation_id = "change_password", tag = "auth", security(("token" = [])),
    request_body(content = PasswordInput, description = "The present password and the one to come."),
    responses((status = 204, description = "The password is changed.")))]
#[post("/auth/password")]
pub(crate) async fn change_password(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: PasswordInput = body::json(&request, &bytes)?;
    accounts::change_password(&svc.into_inner(), &viewer, input).await?;
    Ok(respond::no_content())
}

/// The public keys that verify our access tokens (RFC 7517).
///
/// A key that was replaced is listed for as long as tokens that it signed may still be good, and one that was revoked no more.
#[utoipa::path(operation_id = "get_jwks", tag = "auth", extensions(("x-answer" = json!("fixed"))),
    responses((status = 200, description = "The keys, the one in use first.", body = Jwks)))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn get_jwks(svc: Data<Service>, request: HttpRequest) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let mut answer = respond::object(&request, &Meta::private(), &accounts::jwks(&svc)?, &[])?;
    // It is for everybody, but nobody may give it when a key has been revoked meanwhile.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// The routes of this module under `/v1`.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(login).service(refresh).service(logout).service(get_me).service(change_password);
}

/// Those at the root.
pub(crate) fn configure_root(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_jwks);
}
