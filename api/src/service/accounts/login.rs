//! Logging in and out: short-lived access tokens, rotating refresh tokens, and who a request's token is.

use async_graphql::InputObject;
use pressroom_schema::accounts::{self, SessionRow, TokenRow, UserRow};
use pressroom_schema::{ChangeAction, Conn, EmailKey, Id, ObjectType, Timestamp, TokenType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::keys::{refused, reload_keys};
use super::tokens::end_tokens;
use super::users::{UserView, load_user, user_view};
use crate::auth::jwt::{self, Claims, TokenError};
use crate::auth::limit::Class;
use crate::auth::scope::{Scope, Scopes};
use crate::auth::secret::{self, Secret, SecretKind, hash_secret};
use crate::auth::throttle::{self, Attempts, Outcome, Rule};
use crate::auth::viewer::{UserViewer, Via, Viewer, Who};
use crate::error::{Code, Error, LimitMet, Result};
use crate::service::check::Check;
use crate::service::{Svc, limits, rates};

/// An API token's last use is noted once in this many seconds, so that reading does not become writing.
const NOTE_USE_SECONDS: i64 = 300;

/// E-mail address and password.
#[derive(Debug, Clone, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct LoginInput {
    /// The account's e-mail address.
    #[schema(example = "editor@example.org")]
    pub email: String,
    /// Its password.
    #[schema(format = Password, example = "a long sentence that nobody guesses")]
    pub password: String,
}

/// A refresh token.
#[derive(Debug, Clone, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "refresh_token": "the refresh token of the last answer" }))]
pub struct RefreshInput {
    /// The newest refresh token of the login. It is good once.
    pub refresh_token: String,
}

/// The present password and the one to come.
#[derive(Debug, Clone, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "current_password": "a long sentence that nobody guesses",
    "new_password": "another long sentence that nobody guesses",
}))]
pub struct PasswordInput {
    /// The present one.
    #[schema(format = Password)]
    pub current_password: String,
    /// The new one: 10 to 256 characters.
    #[schema(format = Password, extensions(("x-is" = json!(limits::password()))))]
    pub new_password: String,
}

/// A login.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Send as `Authorization: Bearer …`: a JWT (RFC 9068), verifiable with `/.well-known/jwks.json`.
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: TokenType,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    pub expires_in: u32,
    /// Good once, for the next pair of tokens. Using it twice ends the login.
    pub refresh_token: String,
    /// The account.
    pub user: UserView,
}

/// The caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeView {
    /// The account.
    #[serde(flatten)]
    pub user: UserView,
    /// What the token is good for; null for a login, which is good for all that the role allows.
    #[schema(required = true)]
    pub scopes: Option<Vec<Scope>>,
}

fn wrong() -> Error {
    Error::new(Code::InvalidCredentials, "E-mail address and password do not belong together.")
}

fn attempts(conn: &mut Conn, key: &str) -> Result<Option<Attempts>> {
    Ok(accounts::throttle(conn, key)?.map(|(failures, window, blocked)| Attempts {
        failures,
        window_started_at: window.utc(),
        blocked_until: blocked.map(Timestamp::utc),
    }))
}

fn note(conn: &mut Conn, key: &str, rule: Rule, now: Timestamp, outcome: Outcome) -> Result<()> {
    let next = rule.next(attempts(conn, key)?.as_ref(), now.utc(), outcome);
    accounts::set_throttle(
        conn,
        key,
        (next.failures, Timestamp::new(next.window_started_at), next.blocked_until.map(Timestamp::new)),
    )?;
    Ok(())
}

/// Under which keys an attempt is counted, and how patiently.
type Counters = [(String, Rule); 2];

/// How long an attempt has to wait for what was counted before, and by which rule.
fn wait(
    conn: &mut Conn,
    counters: &[(String, Rule)],
    now: Timestamp,
) -> Result<Option<(chrono::TimeDelta, Rule)>> {
    let mut longest = None;
    for (key, rule) in counters {
        let wait = attempts(conn, key)?.and_then(|attempts| rule.wait(&attempts, now.utc()));
        if let Some(wait) = wait
            && longest.is_none_or(|(longest, _)| wait > longest)
        {
            longest = Some((wait, *rule));
        }
    }
    Ok(longest)
}

fn too_many((wait, rule): (chrono::TimeDelta, Rule), name: &'static str) -> Error {
    let seconds = throttle::retry_after_seconds(wait);
    let limit = LimitMet {
        name,
        setting: "PRESSROOM_RATE_LIMITS",
        quota: rule.free(),
        window_seconds: rule.window_seconds(),
        retry_after_seconds: seconds,
    };
    let of = name.replace('_', " ");
    Error::rate_limited(
        limit,
        format!("Too many {of}: each further one takes longer. Try again in {seconds} seconds."),
    )
}

/// Counts an attempt as failed before it is judged, so that many at once do not all find the same count, or refuses it while it has
/// to wait. What succeeds is taken back.
async fn admit(svc: &Svc, counters: Counters, name: &'static str) -> Result<()> {
    let wait = svc
        .write_for_itself(move |tx| {
            let now = tx.actor.now;
            let wait = wait(tx.conn, &counters, now)?;
            if wait.is_none() {
                for (key, rule) in &counters {
                    note(tx.conn, key, *rule, now, Outcome::Failure)?;
                }
            }
            Ok(wait)
        })
        .await?;
    wait.map_or(Ok(()), |wait| Err(too_many(wait, name)))
}

/// Has a caller who has logged in show the present password, before what a stolen access token must not be enough for. Wrong ones
/// count as wrong ones at a login do.
///
/// # Errors
/// 422 when it is not the present password, 429 after too many failures, or too many tries.
pub(super) async fn prove(svc: &Svc, viewer: &Viewer, password: String, hash: String) -> Result<()> {
    svc.admit(viewer, Class::PasswordChanges).await?;
    let login = match viewer.user().map(|user| user.via) {
        Some(Via::Session(login)) => login,
        Some(Via::ApiToken(_)) | None => Uuid::nil(),
    };
    let counters = [
        (throttle::proof_key(login), Rule::ACCOUNT),
        (throttle::address_key(viewer.ip.as_deref()), Rule::ADDRESS),
    ];
    let limited = svc.config.rate_limits.is_on();
    if limited {
        admit(svc, counters.clone(), "wrong_passwords").await?;
    }
    if !svc.passwords.verify(password, Some(hash)).await? {
        return Err(not_the_present_password());
    }
    if limited {
        svc.write_for_itself(move |tx| {
            for (key, rule) in &counters {
                note(tx.conn, key, *rule, tx.actor.now, Outcome::Success)?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

pub(super) fn not_the_present_password() -> Error {
    Error::invalid("/current_password", "wrong", "This is not the present password.")
}

/// Begins a login. An unknown account and a wrong password cost the same time and get the same answer.
///
/// # Errors
/// 401 when they do not belong together or the account is disabled, 429 after too many failures.
pub async fn login(svc: &Svc, viewer: &Viewer, input: LoginInput) -> Result<SessionView> {
    let key = EmailKey::of(&input.email);
    let ip = viewer.ip.clone();
    let limited = svc.config.rate_limits.is_on();
    svc.admit_as(&rates::address(ip.as_deref()), Class::Logins).await?;
    svc.admit_as(&rates::account(&hash_secret(&key)), Class::Logins).await?;
    let counters = [
        (throttle::account_key(&key, ip.as_deref()), Rule::ACCOUNT),
        (throttle::address_key(ip.as_deref()), Rule::ADDRESS),
    ];
    let now = svc.now();
    if limited {
        admit(svc, counters.clone(), "failed_logins").await?;
    }
    let user = svc.read_for_itself(move |conn| Ok(accounts::find_by_email(conn, &key)?)).await?;
    // A longer password is none that we ever took; hashing it would only cost time.
    let password = if input.password.len() <= 4096 { input.password } else { String::new() };
    let hash = user.as_ref().map(|u| u.password_hash.clone());
    let right = svc.passwords.verify(password, hash).await?;
    let user = user.filter(|u| right && u.disabled_at.is_none());
    let refresh = Secret::generate(SecretKind::RefreshToken).map_err(|e| Error::internal(e.to_string()))?;
    let (refresh_hash, family, session) = (refresh.hash(), svc.clock.new_id(), svc.clock.new_id());
    let expires_at = refresh_ends(svc, now, now);
    let Some(user) = user else { return Err(wrong()) };
    let svc2 = svc.clone();
    let view = svc
        .write(viewer, move |tx| {
            if limited {
                for (key, rule) in &counters {
                    note(tx.conn, key, *rule, now, Outcome::Success)?;
                }
            }
            accounts::insert_session(
                tx.conn,
                &SessionRow {
                    id: session,
                    family_id: family,
                    user_id: user.id,
                    refresh_hash: refresh_hash.clone(),
                    created_at: now,
                    expires_at,
                    used_at: None,
                    revoked_at: None,
                    began_at: now,
                },
            )?;
            accounts::logged_in(tx.conn, user.id, now)?;
            tx.record(ObjectType::User, user.id, ChangeAction::LoggedIn, user.version, Vec::new());
            user_view(&svc2, tx.conn, UserRow { last_login_at: Some(now), ..user.clone() })
        })
        .await?;
    session_view(svc, view, family, now, &refresh)
}

/// When a login ends for good, however often it is refreshed.
fn login_ends(svc: &Svc, began_at: Timestamp) -> Timestamp {
    began_at.plus(chrono::TimeDelta::days(i64::from(svc.config.session_days)))
}

/// Until when a refresh token of a login is good that is made `now`.
fn refresh_ends(svc: &Svc, began_at: Timestamp, now: Timestamp) -> Timestamp {
    let unused = now.plus(chrono::TimeDelta::days(i64::from(svc.config.refresh_token_days)));
    unused.min(login_ends(svc, began_at))
}

fn session_view(
    svc: &Svc,
    user: UserView,
    family: Id,
    began_at: Timestamp,
    refresh: &Secret,
) -> Result<SessionView> {
    let now = svc.now();
    let left = login_ends(svc, began_at).utc().signed_duration_since(now.utc()).num_seconds();
    let seconds = svc.config.access_token_seconds.min(u32::try_from(left).unwrap_or(0));
    let now = now.utc();
    let claims = Claims {
        issuer: svc.issuer(),
        user_id: user.id.0,
        session_id: family.0,
        token_id: svc.clock.new_id().0,
        role: user.role,
        scopes: None,
        issued_at: now,
        expires_at: now + chrono::TimeDelta::seconds(i64::from(seconds)),
    };
    let access_token =
        jwt::issue(svc.keys.verifier()?.ring(), &claims).map_err(|e| Error::internal(e.to_string()))?;
    Ok(SessionView {
        access_token,
        token_type: TokenType::Bearer,
        expires_in: seconds,
        refresh_token: refresh.expose().to_owned(),
        user,
    })
}

/// Exchanges a refresh token for the next pair. One that was exchanged before has been copied: its whole login ends.
///
/// # Errors
/// 401 when it is unknown, expired, revoked or used before.
pub async fn refresh(svc: &Svc, viewer: &Viewer, input: &RefreshInput) -> Result<SessionView> {
    enum End {
        Next(Box<UserView>, Id, Timestamp),
        Reused(Id),
        Bad,
    }
    let counter = [(throttle::refresh_key(viewer.ip.as_deref()), Rule::ADDRESS)];
    let limited = svc.config.rate_limits.is_on();
    svc.admit_as(&rates::address(viewer.ip.as_deref()), Class::Refreshes).await?;
    let hash = hash_secret(&input.refresh_token);
    if limited {
        let (counter, hash, now) = (counter.clone(), hash.clone(), svc.now());
        let look = move |conn: &mut Conn| {
            Ok((wait(conn, &counter, now)?, accounts::find_session(conn, &hash)?.map(|known| known.user_id)))
        };
        let (wait, owner) = svc.read_for_itself(look).await?;
        if let Some(wait) = wait {
            return Err(too_many(wait, "bad_refresh_tokens"));
        }
        if let Some(owner) = owner {
            svc.admit_as(&rates::account(&owner.to_string()), Class::Refreshes).await?;
        }
    }
    let next = Secret::generate(SecretKind::RefreshToken).map_err(|e| Error::internal(e.to_string()))?;
    let (next_hash, next_id) = (next.hash(), svc.clock.new_id());
    let svc2 = svc.clone();
    let end = svc
        .write(viewer, move |tx| {
            let now = tx.actor.now;
            // Nobody guesses one, but each try costs a look.
            let bad = |conn: &mut Conn| {
                if limited {
                    for (key, rule) in &counter {
                        note(conn, key, *rule, now, Outcome::Failure)?;
                    }
                }
                Ok(End::Bad)
            };
            let Some(session) = accounts::find_session(tx.conn, &hash)? else { return bad(tx.conn) };
            if session.revoked_at.is_some()
                || session.expires_at <= now
                || login_ends(&svc2, session.began_at) <= now
            {
                return bad(tx.conn);
            }
            if session.used_at.is_some() {
                accounts::revoke_family(tx.conn, session.family_id, now)?;
                tx.record(ObjectType::User, session.user_id, ChangeAction::SessionRevoked, 0, Vec::new());
                return Ok(End::Reused(session.family_id));
            }
            let Some(user) = accounts::find(tx.conn, session.user_id)?.filter(|u| u.disabled_at.is_none())
            else {
                return bad(tx.conn);
            };
            accounts::use_session(tx.conn, session.id, now)?;
            accounts::insert_session(
                tx.conn,
                &SessionRow {
                    id: next_id,
                    family_id: session.family_id,
                    user_id: user.id,
                    refresh_hash: next_hash.clone(),
                    created_at: now,
                    expires_at: refresh_ends(&svc2, session.began_at, now),
                    used_at: None,
                    revoked_at: None,
                    began_at: session.began_at,
                },
            )?;
            tx.record(ObjectType::User, user.id, ChangeAction::SessionRefreshed, user.version, Vec::new());
            let view = user_view(&svc2, tx.conn, user)?;
            Ok(End::Next(Box::new(view), session.family_id, session.began_at))
        })
        .await?;
    match end {
        End::Next(user, family, began_at) => session_view(svc, *user, family, began_at, &next),
        End::Reused(family) => {
            svc.keys.verifier()?.forget_session(family.0);
            Err(Error::new(
                Code::InvalidToken,
                "This refresh token was used before, so that its login has been ended. Log in again.",
            ))
        }
        End::Bad => Err(Error::new(
            Code::InvalidToken,
            "This refresh token is not good, or not any more. Log in again.",
        )),
    }
}

/// Ends the login that the caller's access token belongs to.
///
/// # Errors
/// 401 for callers who are not signed in, 409 for an API token, which is revoked instead.
pub async fn logout(svc: &Svc, viewer: &Viewer) -> Result<()> {
    viewer.require_signed_in()?;
    let Some(UserViewer { via: Via::Session(family), user_id, .. }) = viewer.user() else {
        return Err(Error::new(
            Code::InvalidState,
            "An API token has no login to end; revoke it with DELETE /v1/tokens/{id}.",
        ));
    };
    let (family, user_id) = (*family, Id(*user_id));
    svc.write(viewer, move |tx| {
        accounts::revoke_family(tx.conn, Id(family), tx.actor.now)?;
        tx.record(ObjectType::User, user_id, ChangeAction::LoggedOut, 0, Vec::new());
        Ok(())
    })
    .await?;
    svc.keys.verifier()?.forget_session(family);
    Ok(())
}

/// The caller's account.
///
/// # Errors
/// 401 for callers who are not signed in.
pub async fn me(svc: &Svc, viewer: &Viewer) -> Result<MeView> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read_private(viewer, move |conn| me_in(&svc2, conn, &viewer2)).await
}

/// [`me`] inside a transaction.
pub(crate) fn me_in(svc: &crate::service::Service, conn: &mut Conn, viewer: &Viewer) -> Result<MeView> {
    viewer.require_signed_in()?;
    let user = viewer.user().ok_or_else(|| Error::not_found("account"))?;
    let view = load_user(svc, conn, Id(user.user_id))?;
    let scopes = user.scopes.map(|scopes| scopes.iter().collect());
    Ok(MeView { user: view, scopes })
}

/// Changes the caller's password and ends all other logins, and the account's API tokens.
///
/// # Errors
/// 401 for callers who are not signed in, 403 for API tokens, 422 when the present password is wrong or the new one too weak, 429
/// after too many wrong ones.
pub async fn change_password(svc: &Svc, viewer: &Viewer, input: PasswordInput) -> Result<()> {
    viewer.require_signed_in()?;
    let Some(UserViewer { via: Via::Session(family), user_id, .. }) = viewer.user() else {
        return Err(Error::new(
            Code::Forbidden,
            "A password is changed by somebody who logged in, not by an API token.",
        ));
    };
    let (family, id) = (Id(*family), Id(*user_id));
    let row = svc
        .read_private(viewer, move |conn| Ok(accounts::find(conn, id)?))
        .await?
        .ok_or_else(|| Error::not_found("account"))?;
    let mut check = Check::new();
    super::users::check_password(&mut check, "/new_password", &input.new_password, &row.email, &row.name);
    check.done()?;
    prove(svc, viewer, input.current_password, row.password_hash.clone()).await?;
    let hash = svc.passwords.hash(input.new_password).await?;
    let proven = row.password_hash;
    let ended = svc
        .write(viewer, move |tx| {
            let mut row = accounts::find(tx.conn, id)?.ok_or_else(|| Error::not_found("account"))?;
            if row.password_hash != proven {
                return Err(not_the_present_password());
            }
            row.password_hash.clone_from(&hash);
            row.version += 1;
            row.updated_at = tx.actor.now;
            accounts::update(tx.conn, &row)?;
            let ended = accounts::revoke_sessions(tx.conn, id, Some(family), tx.actor.now)?;
            tx.record(ObjectType::User, id, ChangeAction::PasswordChanged, row.version, Vec::new());
            end_tokens(tx, id)?;
            Ok(ended)
        })
        .await?;
    for family in ended {
        svc.keys.verifier()?.forget_session(family.0);
    }
    Ok(())
}

/// Who sends this bearer token: an access token or an API token.
///
/// # Errors
/// 401 when it is not good, or not any more.
pub async fn authenticate(svc: &Svc, bearer: &str, request_id: String, ip: Option<String>) -> Result<Viewer> {
    let user = match secret::recognise(bearer) {
        Some(SecretKind::ApiToken) => by_api_token(svc, bearer).await?,
        Some(_) => {
            return Err(Error::new(
                Code::InvalidToken,
                "This secret is not for signing requests; send an access token or an API token.",
            ));
        }
        None => by_access_token(svc, bearer).await?,
    };
    Ok(Viewer { who: Who::User(user), request_id, ip, is_kept: false })
}

async fn by_access_token(svc: &Svc, token: &str) -> Result<UserViewer> {
    let now = svc.now().utc();
    let mut verified = svc.keys.verifier()?.verify(token, now);
    if matches!(verified, Err(TokenError::UnknownKey)) && reload_keys(svc).await? {
        verified = svc.keys.verifier()?.verify(token, now);
    }
    let claims = verified.map_err(refused)?;
    let (user, family) = (Id(claims.user_id), Id(claims.session_id));
    let row = svc.read_for_itself(move |conn| Ok(accounts::of_session(conn, user, family)?)).await?;
    let row = row
        .filter(|u| u.disabled_at.is_none())
        .ok_or_else(|| Error::new(Code::InvalidToken, "The login of this token has ended. Log in again."))?;
    Ok(viewer_of(&row, Via::Session(claims.session_id), claims.scopes))
}

async fn by_api_token(svc: &Svc, secret: &str) -> Result<UserViewer> {
    let hash = hash_secret(secret);
    let found = svc.read_for_itself(move |conn| Ok(accounts::of_token(conn, &hash)?)).await?;
    let now = svc.now();
    let good = found.filter(|(token, user)| is_good(token, now) && user.disabled_at.is_none());
    let Some((token, user)) = good else {
        return Err(Error::new(
            Code::InvalidToken,
            "This API token is unknown, expired or revoked. Make a new one.",
        ));
    };
    let stale = token
        .last_used_at
        .is_none_or(|at| now.utc().signed_duration_since(at.utc()).num_seconds() >= NOTE_USE_SECONDS);
    if stale {
        let id = token.id;
        svc.write_for_itself(move |tx| Ok(accounts::token_used(tx.conn, id, now)?)).await?;
    }
    Ok(viewer_of(&user, Via::ApiToken(token.id.0), Some(token.scopes.to()?)))
}

/// An account as it may act at this moment through what it made earlier, by itself or with an API token; none where it is disabled,
/// or that token is no good any more.
pub(crate) fn standing(
    conn: &mut Conn,
    user: Id,
    token: Option<Id>,
    now: Timestamp,
) -> Result<Option<UserViewer>> {
    let Some(row) = accounts::find(conn, user)?.filter(|user| user.disabled_at.is_none()) else {
        return Ok(None);
    };
    let Some(token) = token else { return Ok(Some(viewer_of(&row, Via::Session(Uuid::nil()), None))) };
    match accounts::find_token(conn, token)?.filter(|token| is_good(token, now)) {
        Some(token) => Ok(Some(viewer_of(&row, Via::ApiToken(token.id.0), Some(token.scopes.to()?)))),
        None => Ok(None),
    }
}

pub(super) fn is_good(token: &TokenRow, now: Timestamp) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|at| at > now)
}

fn viewer_of(row: &UserRow, via: Via, scopes: Option<Scopes>) -> UserViewer {
    UserViewer {
        user_id: row.id.0,
        role: row.role,
        author_id: row.author_id.map(|id| id.0),
        via,
        scopes,
        name: row.name.clone(),
    }
}
