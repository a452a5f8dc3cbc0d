//! API tokens: scoped, expiring, kept as a hash; never good for more than their owner is.

use pressroom_schema::accounts::{self, TokenRow};
use pressroom_schema::{ChangeAction, Conn, Id, Json, KeyValue, ObjectType, Timestamp, Tx, UnknownWord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::login::is_good;
use crate::auth::policy::{self, Action, Reach, Target};
use crate::auth::scope::{Scope, Scopes};
use crate::auth::secret::{Secret, SecretKind};
use crate::auth::viewer::{Via, Viewer};
use crate::error::{Code, Error, Result};
use crate::page::{Page, PageRequest};
use crate::service::check::Check;
use crate::service::{Svc, limits, require};
use crate::view::sample::{self, Sample};

/// Most characters of a name.
const NAME: usize = 120;
/// Most tokens of one account.
const MAX_TOKENS: i64 = 100;

/// An API token to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for.
    #[schema(example = "nightly import", extensions(("x-is" = json!(limits::line(NAME)))))]
    pub name: String,
    /// What it may be used for, within what its owner's role allows; `docs/rights.md` lists them.
    #[schema(min_items = 1, example = json!(["posts:read", "posts:write"]), value_type = Vec<Scope>)]
    pub scopes: Vec<String>,
    /// Until when it is good (RFC 3339); until it is revoked where this is left out.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// The account that it acts as, where that is not the caller's: for the server's command line.
    #[serde(skip)]
    pub owner: Option<String>,
}

/// An API token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Token, example = TokenView::sample)]
pub struct TokenView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// What it is for.
    pub name: String,
    /// The account that it acts as.
    #[schema(value_type = String, format = Uuid)]
    pub user_id: Id,
    /// The beginning of the secret, to recognise it by.
    pub hint: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Until when it is good; null for no end.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within five minutes.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl Sample for TokenView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            name: "nightly import".into(),
            user_id: sample::ID,
            hint: "prt_1a2b".into(),
            scopes: vec![Scope::PostsRead, Scope::PostsWrite],
            created_at: sample::time(),
            expires_at: Some(sample::time()),
            last_used_at: Some(sample::time()),
        }
    }
}

/// A new API token, with its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub struct CreatedTokenView {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// Send as `Authorization: Bearer …`. It is shown this once.
    pub secret: String,
}

fn view(row: TokenRow) -> Result<TokenView> {
    Ok(TokenView {
        scopes: row.scopes.to()?,
        id: row.id,
        name: row.name,
        user_id: row.user_id,
        hint: row.hint,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    })
}

/// The API tokens that the caller may see: all for admins, else one's own.
///
/// # Errors
/// 401 and 403 by rights, 400 for a bad cursor.
pub async fn list_tokens(svc: &Svc, viewer: &Viewer, page: PageRequest) -> Result<Page<TokenView>> {
    let viewer2 = viewer.clone();
    svc.read_private(viewer, move |conn| list_tokens_in(conn, &viewer2, &page)).await
}

/// [`list_tokens`] inside a transaction.
pub(crate) fn list_tokens_in(
    conn: &mut Conn,
    viewer: &Viewer,
    page: &PageRequest,
) -> Result<Page<TokenView>> {
    viewer.require_signed_in()?;
    let owner = match policy::reach(viewer, Action::ListTokens) {
        Reach::Everything => None,
        Reach::Own => Some(viewer.user().map_or(Id::NIL, |u| Id(u.user_id))),
        Reach::Nothing => {
            require(viewer, Action::ListTokens, &Target::None, "token")?;
            None
        }
    };
    let slice = accounts::list_tokens(conn, owner, &page.window("tokens")?)?;
    let total = if page.count { Some(accounts::count_tokens(conn, owner)?) } else { None };
    let page = Page::of("tokens", slice, total, |t: &TokenRow| (KeyValue::Time(t.created_at), t.id));
    let mut items = Vec::new();
    for (cursor, row) in page.items {
        items.push((cursor, view(row)?));
    }
    Ok(Page { items, has_previous: page.has_previous, has_next: page.has_next, total })
}

/// Makes an API token for the caller.
///
/// # Errors
/// 401 and 403 by rights and scopes, 422 with every fault.
pub async fn create_token(svc: &Svc, viewer: &Viewer, input: CreateToken) -> Result<CreatedTokenView> {
    viewer.require_signed_in()?;
    let owner = match (&input.owner, viewer.user()) {
        (Some(owner), None) => owner.parse().map_err(|_| Error::not_found("account"))?,
        (_, Some(user)) => Id(user.user_id),
        (None, None) => return Err(Error::not_found("account")),
    };
    require(viewer, Action::CreateToken, &Target::Token { owner: owner.0 }, "token")?;
    let mut check = Check::new();
    let name = check.line("/name", &input.name, NAME);
    let mut scopes = Scopes::NONE;
    for (n, text) in input.scopes.iter().enumerate() {
        match text.parse() {
            Ok(scope) => scopes = scopes.with(scope),
            Err(UnknownWord { known, .. }) => check.fault(
                &format!("/scopes/{n}"),
                "unknown_scope",
                format!("There is no scope `{text}`; there are {}.", known.join(", ")),
            ),
        }
    }
    if input.scopes.is_empty() {
        check.fault("/scopes", "required", "A token without a scope is good for nothing; name at least one.");
    }
    let now = svc.now();
    let mut expires_at = None;
    if let Some(text) = &input.expires_at {
        match Timestamp::parse(text) {
            Ok(at) if at > now => expires_at = Some(at),
            Ok(_) => check.fault("/expires_at", "out_of_range", "`expires_at` must lie in the future."),
            Err(e) => check.fault("/expires_at", "invalid_time", format!("`expires_at` is {e}.")),
        }
    }
    check.done()?;
    if !policy::may_grant_scopes(viewer, scopes) {
        return Err(Error::new(
            Code::Forbidden,
            "A token cannot give another token scopes that it lacks itself.",
        ));
    }
    let secret = Secret::generate(SecretKind::ApiToken).map_err(|e| Error::internal(e.to_string()))?;
    let row = TokenRow {
        id: svc.clock.new_id(),
        user_id: owner,
        name,
        secret_hash: secret.hash(),
        hint: secret.hint(),
        scopes: Json::of(&scopes),
        created_at: now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
        parent_id: viewer.user().and_then(|user| match user.via {
            Via::ApiToken(id) => Some(Id(id)),
            Via::Session(_) => None,
        }),
    };
    let row = svc
        .write(viewer, move |tx| {
            let mut row = row.clone();
            if let Some(parent) = row.parent_id {
                row.expires_at = no_longer_than(tx, parent, row.expires_at)?;
            }
            if accounts::count_tokens(tx.conn, Some(owner))? >= MAX_TOKENS {
                return Err(Error::new(
                    Code::InvalidState,
                    format!("An account has at most {MAX_TOKENS} tokens; revoke some."),
                ));
            }
            accounts::insert_token(tx.conn, &row)?;
            tx.record(ObjectType::Token, row.id, ChangeAction::Created, 1, Vec::new());
            Ok(row)
        })
        .await?;
    Ok(CreatedTokenView { token: view(row)?, secret: secret.expose().to_owned() })
}

/// How long a token is good that `parent` makes: no longer than that itself.
fn no_longer_than(tx: &mut Tx<'_>, parent: Id, wanted: Option<Timestamp>) -> Result<Option<Timestamp>> {
    let now = tx.actor.now;
    // It may have been revoked since the caller was let in.
    let parent = accounts::find_token(tx.conn, parent)?.filter(|parent| is_good(parent, now));
    let parent = parent.ok_or_else(|| {
        Error::new(Code::InvalidToken, "This API token is expired or revoked. Make a new one.")
    })?;
    let Some(end) = parent.expires_at else { return Ok(wanted) };
    if wanted.is_some_and(|wanted| wanted > end) {
        return Err(Error::invalid(
            "/expires_at",
            "out_of_range",
            format!(
                "A token cannot give another a longer life than its own, which ends at {}.",
                end.to_wire()
            ),
        ));
    }
    Ok(Some(wanted.unwrap_or(end)))
}

/// Revokes an API token, and with it those that it made.
///
/// # Errors
/// 401, 403 and 404 by rights.
pub async fn revoke_token(svc: &Svc, viewer: &Viewer, token: &str) -> Result<()> {
    viewer.require_signed_in()?;
    let id: Id = token.parse().map_err(|_| Error::not_found("token"))?;
    let viewer2 = viewer.clone();
    svc.write(viewer, move |tx| {
        let row = accounts::find_token(tx.conn, id)?
            .filter(|t| t.revoked_at.is_none())
            .ok_or_else(|| Error::not_found("token"))?;
        require(&viewer2, Action::RevokeToken, &Target::Token { owner: row.user_id.0 }, "token")?;
        for ended in accounts::revoke_token(tx.conn, id, tx.actor.now)? {
            tx.record(ObjectType::Token, ended, ChangeAction::Revoked, 2, Vec::new());
        }
        Ok(())
    })
    .await
}

/// Revokes every API token of an account: whoever has its password changed wants nobody in who came before.
pub(super) fn end_tokens(tx: &mut Tx<'_>, user: Id) -> Result<()> {
    for ended in accounts::revoke_tokens(tx.conn, user, tx.actor.now)? {
        tx.record(ObjectType::Token, ended, ChangeAction::Revoked, 2, Vec::new());
    }
    Ok(())
}
