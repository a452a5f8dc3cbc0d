//! Accounts, their sessions, API tokens, signing keys and throttles: rows and queries.

use diesel::prelude::*;

use crate::db::{Conn, MultiBackend};
use crate::names;
use crate::page::{KeyValue, Slice, Window};
use crate::sql::id_in;
use crate::tables::{api_tokens, sessions, signing_keys, throttles, users};
use crate::types::{Id, Json, Timestamp};
use crate::values::{EmailKey, Role};

/// An account.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct UserRow {
    /// Its id.
    pub id: Id,
    /// E-mail address as given.
    pub email: String,
    /// What it is found by.
    pub email_key: EmailKey,
    /// Name.
    pub name: String,
    /// Argon2id (PHC string).
    pub password_hash: String,
    /// `admin`, `editor`, `author`, `contributor` or `moderator`.
    pub role: Role,
    /// Its author profile.
    pub author_id: Option<Id>,
    /// Since when it may not log in.
    pub disabled_at: Option<Timestamp>,
    /// When it last logged in.
    pub last_login_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// A refresh token. All of one login are a family.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
#[diesel(treat_none_as_default_value = false)]
pub struct SessionRow {
    /// Its id.
    pub id: Id,
    /// The login's.
    pub family_id: Id,
    /// Whose.
    pub user_id: Id,
    /// SHA-256 of the token, in hexadecimal.
    pub refresh_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When it was exchanged for the next.
    pub used_at: Option<Timestamp>,
    /// When its family was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When its login began.
    pub began_at: Timestamp,
}

/// An API token.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens)]
#[diesel(treat_none_as_default_value = false)]
pub struct TokenRow {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_hash: String,
    /// The beginning of the secret, to recognise it by.
    pub hint: String,
    /// A list of names.
    pub scopes: Json,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good; for ever where there is none.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour or so.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The token that made it: it ends with that.
    pub parent_id: Option<Id>,
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut Conn) -> crate::Result<i64> {
    Ok(users::table.count().get_result(conn)?)
}

/// How many accounts with this role may log in.
///
/// # Errors
/// When the database fails.
pub fn count_enabled(conn: &mut Conn, role: Role) -> crate::Result<i64> {
    Ok(users::table
        .filter(users::role.eq(role))
        .filter(users::disabled_at.is_null())
        .count()
        .get_result(conn)?)
}

/// Adds an account.
///
/// # Errors
/// `users_email_key_key` when the address is taken, or when the database fails.
pub fn insert(conn: &mut Conn, user: &UserRow) -> crate::Result<()> {
    diesel::insert_into(users::table).values(user.clone()).execute(conn)?;
    names::keep(conn, user.id, &user.name)
}

/// Writes an account's columns.
///
/// # Errors
/// `users_email_key_key` when the address is taken, or when the database fails.
pub fn update(conn: &mut Conn, user: &UserRow) -> crate::Result<()> {
    diesel::update(users::table.filter(users::id.eq(user.id))).set(user.clone()).execute(conn)?;
    names::keep(conn, user.id, &user.name)
}

/// Removes an account, with its sessions and tokens; what it wrote stays.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, user: Id) -> crate::Result<()> {
    diesel::delete(users::table.filter(users::id.eq(user))).execute(conn)?;
    names::forget(conn, user)
}

/// An account by id.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, user: Id) -> crate::Result<Option<UserRow>> {
    Ok(users::table.filter(users::id.eq(user)).select(UserRow::as_select()).first(conn).optional()?)
}

/// An account by its address in lower case.
///
/// # Errors
/// When the database fails.
pub fn find_by_email(conn: &mut Conn, email_key: &EmailKey) -> crate::Result<Option<UserRow>> {
    Ok(users::table
        .filter(users::email_key.eq(email_key))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?)
}

/// Accounts, oldest first; only `only`, where it is given.
///
/// # Errors
/// When the database fails.
pub fn list(
    conn: &mut Conn,
    role: Option<Role>,
    only: Option<Id>,
    window: &Window,
) -> crate::Result<Slice<UserRow>> {
    let mut query = users::table.into_boxed::<MultiBackend>();
    if let Some(role) = role {
        query = query.filter(users::role.eq(role));
    }
    if let Some(only) = only {
        query = query.filter(users::id.eq(only));
    }
    let time = |key: &KeyValue| key.time();
    let query = crate::page::keyset!(query, window, users::created_at, users::id, time, descending: false);
    let rows = query.select(UserRow::as_select()).load(conn)?;
    Ok(window.slice(rows))
}

/// Notes a login.
///
/// # Errors
/// When the database fails.
pub fn logged_in(conn: &mut Conn, user: Id, now: Timestamp) -> crate::Result<()> {
    diesel::update(users::table.filter(users::id.eq(user)))
        .set(users::last_login_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Adds a refresh token.
///
/// # Errors
/// When the database fails.
pub fn insert_session(conn: &mut Conn, session: &SessionRow) -> crate::Result<()> {
    diesel::insert_into(sessions::table).values(session.clone()).execute(conn)?;
    Ok(())
}

/// A refresh token by its hash.
///
/// # Errors
/// When the database fails.
pub fn find_session(conn: &mut Conn, refresh_hash: &str) -> crate::Result<Option<SessionRow>> {
    Ok(sessions::table
        .filter(sessions::refresh_hash.eq(refresh_hash))
        .select(SessionRow::as_select())
        .first(conn)
        .optional()?)
}

/// Notes that a refresh token was exchanged.
///
/// # Errors
/// When the database fails.
pub fn use_session(conn: &mut Conn, session: Id, now: Timestamp) -> crate::Result<()> {
    diesel::update(sessions::table.filter(sessions::id.eq(session)))
        .set(sessions::used_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Revokes a login: none of its tokens is good any more.
///
/// # Errors
/// When the database fails.
pub fn revoke_family(conn: &mut Conn, family: Id, now: Timestamp) -> crate::Result<()> {
    diesel::update(
        sessions::table.filter(sessions::family_id.eq(family)).filter(sessions::revoked_at.is_null()),
    )
    .set(sessions::revoked_at.eq(now))
    .execute(conn)?;
    Ok(())
}

/// Revokes every login of an account, but for `except`. Answers the logins that ended.
///
/// # Errors
/// When the database fails.
pub fn revoke_sessions(
    conn: &mut Conn,
    user: Id,
    except: Option<Id>,
    now: Timestamp,
) -> crate::Result<Vec<Id>> {
    let families: Vec<Id> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::family_id.ne(except.unwrap_or(Id::NIL)))
        .select(sessions::family_id)
        .distinct()
        .load(conn)?;
    diesel::update(
        sessions::table
            .filter(sessions::user_id.eq(user))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::family_id.ne(except.unwrap_or(Id::NIL))),
    )
    .set(sessions::revoked_at.eq(now))
    .execute(conn)?;
    Ok(families)
}

/// The account of a login, if the login still stands: what every request with an access token asks.
///
/// # Errors
/// When the database fails.
pub fn of_session(conn: &mut Conn, user: Id, family: Id) -> crate::Result<Option<UserRow>> {
    Ok(users::table
        .filter(users::id.eq(user))
        .filter(diesel::dsl::exists(
            sessions::table
                .filter(sessions::family_id.eq(family))
                .filter(sessions::user_id.eq(user))
                .filter(sessions::revoked_at.is_null()),
        ))
        .select(UserRow::as_select())
        .first(conn)
        .optional()?)
}

/// Adds an API token.
///
/// # Errors
/// When the database fails.
pub fn insert_token(conn: &mut Conn, token: &TokenRow) -> crate::Result<()> {
    diesel::insert_into(api_tokens::table).values(token.clone()).execute(conn)?;
    Ok(())
}

/// An API token by its secret's hash, and its owner.
///
/// # Errors
/// When the database fails.
pub fn of_token(conn: &mut Conn, secret_hash: &str) -> crate::Result<Option<(TokenRow, UserRow)>> {
    Ok(api_tokens::table
        .inner_join(users::table)
        .filter(api_tokens::secret_hash.eq(secret_hash))
        .select((TokenRow::as_select(), UserRow::as_select()))
        .first(conn)
        .optional()?)
}

/// An API token by id.
///
/// # Errors
/// When the database fails.
pub fn find_token(conn: &mut Conn, token: Id) -> crate::Result<Option<TokenRow>> {
    Ok(api_tokens::table
        .filter(api_tokens::id.eq(token))
        .select(TokenRow::as_select())
        .first(conn)
        .optional()?)
}

/// API tokens that are not revoked, newest first; only those of `owner`, where one is given.
///
/// # Errors
/// When the database fails.
pub fn list_tokens(conn: &mut Conn, owner: Option<Id>, window: &Window) -> crate::Result<Slice<TokenRow>> {
    let mut query = api_tokens::table.filter(api_tokens::revoked_at.is_null()).into_boxed::<MultiBackend>();
    if let Some(owner) = owner {
        query = query.filter(api_tokens::user_id.eq(owner));
    }
    let time = |key: &KeyValue| key.time();
    let query =
        crate::page::keyset!(query, window, api_tokens::created_at, api_tokens::id, time, descending: true);
    let rows = query.select(TokenRow::as_select()).load(conn)?;
    Ok(window.slice(rows))
}

/// Notes that an API token was used.
///
/// # Errors
/// When the database fails.
pub fn token_used(conn: &mut Conn, token: Id, now: Timestamp) -> crate::Result<()> {
    diesel::update(api_tokens::table.filter(api_tokens::id.eq(token)))
        .set(api_tokens::last_used_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Revokes an API token and its branch: those that it made, those that they made, and so on. Answers all that ended.
///
/// # Errors
/// When the database fails.
pub fn revoke_token(conn: &mut Conn, token: Id, now: Timestamp) -> crate::Result<Vec<Id>> {
    let mut ended = Vec::new();
    let mut level = vec![token];
    while !level.is_empty() {
        diesel::update(api_tokens::table.filter(id_in(api_tokens::id, &level)))
            .set(api_tokens::revoked_at.eq(now))
            .execute(conn)?;
        ended.append(&mut level);
        level = api_tokens::table
            .filter(id_in(api_tokens::parent_id, &ended))
            .filter(api_tokens::revoked_at.is_null())
            .select(api_tokens::id)
            .load(conn)?;
    }
    Ok(ended)
}

/// Revokes every API token of an account. Answers those that ended.
///
/// # Errors
/// When the database fails.
pub fn revoke_tokens(conn: &mut Conn, user: Id, now: Timestamp) -> crate::Result<Vec<Id>> {
    let live =
        api_tokens::table.filter(api_tokens::user_id.eq(user)).filter(api_tokens::revoked_at.is_null());
    let ended: Vec<Id> = live.select(api_tokens::id).load(conn)?;
    diesel::update(api_tokens::table.filter(id_in(api_tokens::id, &ended)))
        .set(api_tokens::revoked_at.eq(now))
        .execute(conn)?;
    Ok(ended)
}

/// A signing key as it is kept: id, PKCS#8 PEM, when it was made and retired.
pub type KeyRow = (String, String, Timestamp, Option<Timestamp>);

/// The signing keys, oldest first, and the ids of those whose rows cannot be read. Each is read by itself, so that a damaged one does
/// not hide the others.
///
/// # Errors
/// When the database fails.
pub fn signing_keys(conn: &mut Conn) -> crate::Result<(Vec<KeyRow>, Vec<String>)> {
    let kids: Vec<String> = signing_keys::table
        .order((signing_keys::created_at.asc(), signing_keys::kid.asc()))
        .select(signing_keys::kid)
        .load(conn)?;
    let (mut rows, mut damaged) = (Vec::new(), Vec::new());
    for kid in kids {
        let row = signing_keys::table.filter(signing_keys::kid.eq(&kid)).select((
            signing_keys::kid,
            signing_keys::private_key,
            signing_keys::created_at,
            signing_keys::retired_at,
        ));
        match row.first(conn) {
            Ok(row) => rows.push(row),
            Err(diesel::result::Error::DeserializationError(_)) => damaged.push(kid),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((rows, damaged))
}

/// Removes every signing key but `kept`.
///
/// # Errors
/// When the database fails.
pub fn remove_signing_keys(conn: &mut Conn, kept: Option<&str>) -> crate::Result<()> {
    diesel::delete(signing_keys::table.filter(signing_keys::kid.ne(kept.unwrap_or_default())))
        .execute(conn)?;
    Ok(())
}

/// Adds a signing key; retires those that signed until now.
///
/// # Errors
/// When the database fails.
pub fn add_signing_key(conn: &mut Conn, kid: &str, pem: &str, now: Timestamp) -> crate::Result<()> {
    diesel::update(signing_keys::table.filter(signing_keys::retired_at.is_null()))
        .set(signing_keys::retired_at.eq(now))
        .execute(conn)?;
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::kid.eq(kid),
            signing_keys::private_key.eq(pem),
            signing_keys::created_at.eq(now),
            signing_keys::retired_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// A throttle's counters: failures, when its window began, until when it blocks.
pub type ThrottleRow = (i32, Timestamp, Option<Timestamp>);

/// The counters of one throttle.
///
/// # Errors
/// When the database fails.
pub fn throttle(conn: &mut Conn, key: &str) -> crate::Result<Option<ThrottleRow>> {
    Ok(throttles::table
        .filter(throttles::key.eq(key))
        .select((throttles::failures, throttles::window_started_at, throttles::blocked_until))
        .first(conn)
        .optional()?)
}

/// Keeps the counters of one throttle.
///
/// # Errors
/// When the database fails.
pub fn set_throttle(conn: &mut Conn, key: &str, row: ThrottleRow) -> crate::Result<()> {
    let values = (
        throttles::failures.eq(row.0),
        throttles::window_started_at.eq(row.1),
        throttles::blocked_until.eq(row.2),
    );
    let changed =
        diesel::update(throttles::table.filter(throttles::key.eq(key))).set(values).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(throttles::table).values((throttles::key.eq(key), values)).execute(conn)?;
    }
    Ok(())
}

/// How many accounts have this role, or how many there are.
///
/// # Errors
/// When the database fails.
pub fn count_of(conn: &mut Conn, role: Option<Role>) -> crate::Result<i64> {
    match role {
        Some(role) => Ok(users::table.filter(users::role.eq(role)).count().get_result(conn)?),
        None => count(conn),
    }
}

/// How many API tokens are not revoked, of one account or of all.
///
/// # Errors
/// When the database fails.
pub fn count_tokens(conn: &mut Conn, owner: Option<Id>) -> crate::Result<i64> {
    let live = api_tokens::table.filter(api_tokens::revoked_at.is_null());
    match owner {
        Some(owner) => Ok(live.filter(api_tokens::user_id.eq(owner)).count().get_result(conn)?),
        None => Ok(live.count().get_result(conn)?),
    }
}
