//! `/v1/users` and `/v1/tokens`.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};

use crate::auth::policy::Action;
use crate::auth::viewer::Role;
use crate::error::Result;
use crate::http::body;
use crate::http::parameters::PageParameters;
use crate::http::params::Params;
use crate::http::problem::Conflict;
use crate::http::respond::{self, Meta};
use crate::http::validators::if_match;
use crate::http::viewer::SignedIn;
use crate::page::List;
use crate::service::Service;
use crate::service::accounts::{
    self, CreateToken, CreateUser, CreatedTokenView, TokenView, UpdateUser, UserView,
};
use crate::view::SAMPLE_ID;

type UserList = List<UserView>;
type TokenList = List<TokenView>;

/// List accounts, oldest first: all for admins, else one's own.
///
/// Accounts are those who log in; what readers see of an author is a profile under `/v1/authors`.
#[utoipa::path(operation_id = "list_users", tag = "users", extensions(("x-right" = json!(Action::ListUsers.as_str()))),
    params(
        ("role" = inline(Option<Role>), Query, description = "Only accounts with this role."),
        PageParameters,
    ),
    responses((status = 200, description = "A page of accounts.", body = UserList)))]
#[get("/users")]
pub(crate) async fn list_users(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let role = params.word("role");
    let page = params.page();
    params.finish()?;
    let page = accounts::list_users(&svc.into_inner(), &viewer, role, page).await?;
    respond::list(&request, &Meta::private(), page, &[])
}

/// Make an account.
///
/// `author` ties the account to a profile, whose posts it may then edit as its own.
#[utoipa::path(operation_id = "create_user", tag = "users", extensions(("x-right" = json!(Action::CreateUser.as_str()))),
    request_body(content = CreateUser, description = "The account."),
    responses((status = 201, description = "The account, as it is now.", body = UserView)))]
#[post("/users")]
pub(crate) async fn create_user(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let judge = |input: CreateUser| accounts::judge_new(&input);
    let input = body::judged(&request, &bytes, judge)?;
    let view = accounts::create_user(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::CREATED, Some(view.version), Some(format!("/v1/users/{}", view.id)), &view)
}

/// Read an account.
///
/// One's own account, or any for admins.
#[utoipa::path(operation_id = "get_user", tag = "users", extensions(("x-right" = json!(Action::ListUsers.as_str()))),
    params(("user" = String, Path, format = Uuid, description = "The account's id.", example = json!(SAMPLE_ID))),
    responses((status = 200, description = "The account.", body = UserView)))]
#[get("/users/{user}")]
pub(crate) async fn get_user(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let view = accounts::get_user(&svc.into_inner(), &viewer, &path).await?;
    let meta = Meta { version: Some(view.version), ..Meta::private() };
    respond::object(&request, &meta, &view, &[])
}

/// Change an account. Disabling it, or giving it another password, ends its logins; another password ends its API tokens too.
///
/// One's own name and address, or anything for admins. One's own address or password takes `current_password`, and no API token changes
/// either. The last admin cannot be disabled or given another role.
#[utoipa::path(operation_id = "update_user", tag = "users", extensions(("x-right" = json!(Action::EditUser.as_str()))),
    params(
        ("user" = String, Path, format = Uuid, description = "The account's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that the change is based on."),
    ),
    request_body(content = UpdateUser, content_type = "application/merge-patch+json", description = "Changes (RFC 7396)."),
    responses((status = 200, description = "The account, as it is now.", body = UserView)))]
#[patch("/users/{user}")]
pub(crate) async fn update_user(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let judge = |input: UpdateUser| accounts::judge_changes(&input);
    let input = body::judged(&request, &bytes, judge)?;
    let view = accounts::update_user(&svc.into_inner(), &viewer, &path, input, if_match(&request)?).await?;
    respond::written(StatusCode::OK, Some(view.version), None, &view)
}

/// Remove an account. What it wrote stays.
///
/// Its logins and API tokens end at once. The last admin cannot be removed.
#[utoipa::path(operation_id = "delete_user", tag = "users", extensions(("x-right" = json!(Action::DeleteUser.as_str()))),
    params(
        ("user" = String, Path, format = Uuid, description = "The account's id.", example = json!(SAMPLE_ID)),
        ("If-Match" = Option<String>, Header, nullable = false, description = "The ETag of the version that is meant."),
    ),
    responses((status = 204, description = "The account is removed."), (status = 409, response = Conflict)))]
#[delete("/users/{user}")]
pub(crate) async fn delete_user(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    accounts::delete_user(&svc.into_inner(), &viewer, &path, if_match(&request)?).await?;
    Ok(respond::no_content())
}

/// List API tokens, newest first: all for admins, else one's own. Never their secrets.
///
/// The hint is the beginning of the secret, to tell tokens apart.
#[utoipa::path(operation_id = "list_tokens", tag = "auth", extensions(("x-right" = json!(Action::ListTokens.as_str()))),
    params(
        PageParameters,
    ),
    responses((status = 200, description = "A page of tokens.", body = TokenList)))]
#[get("/tokens")]
pub(crate) async fn list_tokens(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut params = Params::of(&request);
    let page = params.page();
    params.finish()?;
    let page = accounts::list_tokens(&svc.into_inner(), &viewer, page).await?;
    respond::list(&request, &Meta::private(), page, &[])
}

/// Make an API token for oneself. Its secret is shown this once.
///
/// A token can never do more than its owner: its scopes narrow what the owner's role allows.
#[utoipa::path(operation_id = "create_token", tag = "auth", extensions(("x-answer" = json!("unversioned")), ("x-right" = json!(Action::CreateToken.as_str()))),
    request_body(content = CreateToken, description = "What it is for, and what it may do."),
    responses((status = 201, description = "The token, with its secret.", body = CreatedTokenView)))]
#[post("/tokens")]
pub(crate) async fn create_token(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let input: CreateToken = body::json(&request, &bytes)?;
    let view = accounts::create_token(&svc.into_inner(), &viewer, input).await?;
    respond::written(StatusCode::CREATED, None, Some(format!("/v1/tokens/{}", view.token.id)), &view)
}

/// Revoke an API token, and with it those that it made.
///
/// Requests that bear one of them are answered with 401 from now on.
#[utoipa::path(operation_id = "revoke_token", tag = "auth", extensions(("x-right" = json!(Action::RevokeToken.as_str()))),
    params(("token" = String, Path, format = Uuid, description = "The token's id.", example = json!(SAMPLE_ID))),
    responses((status = 204, description = "The token is revoked.")))]
#[delete("/tokens/{token}")]
pub(crate) async fn revoke_token(
    svc: Data<Service>,
    SignedIn(viewer): SignedIn,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    accounts::revoke_token(&svc.into_inner(), &viewer, &path).await?;
    Ok(respond::no_content())
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(list_users)
        .service(create_user)
        .service(get_user)
        .service(update_user)
        .service(delete_user)
        .service(list_tokens)
        .service(create_token)
        .service(revoke_token);
}
