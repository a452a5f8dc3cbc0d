//! Accounts and their roles.

use async_graphql::{InputObject, MaybeUndefined, SimpleObject};
use pressroom_schema::accounts::{self, UserRow};
use pressroom_schema::posts::Ref;
use pressroom_schema::{ChangeAction, Conn, EmailKey, Id, KeyValue, ObjectType, Slug, Timestamp, authors};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::login::{not_the_present_password, prove};
use super::tokens::end_tokens;
use crate::auth::password::{Weakness, check_strength};
use crate::auth::policy::{self, Action, Reach, Target};
use crate::auth::scope::Scope;
use crate::auth::viewer::{Role, Viewer};
use crate::error::{Code, Error, Result};
use crate::page::{Page, PageRequest};
use crate::service::check::Check;
use crate::service::{IfMatch, Service, Svc, limits, require};
use crate::view::sample::{self, Sample};

/// Most characters of a name.
const NAME: usize = 120;

/// An account's author profile, as a summary.
#[derive(Debug, Clone, Serialize, ToSchema, SimpleObject)]
#[graphql(name = "UserAuthor", serial)]
#[schema(as = UserAuthor)]
pub struct UserAuthorView {
    /// Its slug.
    #[schema(value_type = String)]
    pub slug: Slug,
    /// Its name.
    pub name: String,
}

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = User, example = UserView::sample)]
pub struct UserView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its e-mail address.
    pub email: String,
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Its author profile.
    #[schema(required = true)]
    pub author: Option<UserAuthorView>,
    /// Whether it may not log in.
    pub disabled: bool,
    /// When it last logged in.
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub last_login_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Rises with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

impl Sample for UserView {
    fn sample() -> Self {
        Self {
            id: sample::ID,
            email: "noor@example.org".into(),
            name: "Noor Haddad".into(),
            role: Role::Editor,
            author: Some(UserAuthorView { slug: sample::text("noor-haddad"), name: "Noor Haddad".into() }),
            disabled: false,
            last_login_at: Some(sample::time()),
            created_at: sample::time(),
            updated_at: sample::time(),
            version: 7,
        }
    }
}

/// An account to make.
#[derive(Debug, Clone, Deserialize, ToSchema, InputObject)]
#[graphql(name = "CreateUserInput")]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "email": "author@example.org",
    "name": "Noor Haddad",
    "role": "author",
    "password": "a long sentence that nobody guesses",
}))]
pub struct CreateUser {
    /// Its e-mail address.
    #[schema(extensions(("x-is" = json!(limits::email()))))]
    pub email: String,
    /// Its name.
    #[schema(extensions(("x-is" = json!(limits::line(NAME)))))]
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Its password: 10 to 256 characters.
    #[schema(format = Password, extensions(("x-is" = json!(limits::password()))))]
    pub password: String,
    /// Slug or id of its author profile.
    #[serde(default)]
    pub author: Option<String>,
}

/// Changes to an account (RFC 7396): what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[graphql(name = "UpdateUserInput")]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Noor Haddad" }))]
pub struct UpdateUser {
    /// Its e-mail address.
    #[serde(default)]
    #[schema(value_type = String, extensions(("x-is" = json!(limits::email()))))]
    pub email: MaybeUndefined<String>,
    /// Its name.
    #[serde(default)]
    #[schema(value_type = String, extensions(("x-is" = json!(limits::line(NAME)))))]
    pub name: MaybeUndefined<String>,
    /// Its role: for admins.
    #[serde(default)]
    #[schema(value_type = Role)]
    pub role: MaybeUndefined<Role>,
    /// Slug or id of its author profile, null for none: for admins.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub author: MaybeUndefined<String>,
    /// Whether it may not log in: for admins.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub disabled: MaybeUndefined<bool>,
    /// A new password: for somebody else by admins, for oneself together with the present one.
    #[serde(default)]
    #[schema(value_type = String, format = Password, extensions(("x-is" = json!(limits::password()))))]
    pub password: MaybeUndefined<String>,
    /// One's present password: needed for another e-mail address or password of one's own.
    #[serde(default)]
    #[schema(format = Password)]
    pub current_password: Option<String>,
}

pub(super) fn user_view(svc: &Service, conn: &mut Conn, row: UserRow) -> Result<UserView> {
    let _ = svc;
    let author = authors::by_ids(conn, row.author_id.as_slice())?
        .pop()
        .map(|(a, _)| UserAuthorView { slug: a.slug, name: a.name });
    Ok(view(row, author))
}

fn view(row: UserRow, author: Option<UserAuthorView>) -> UserView {
    UserView {
        role: row.role,
        id: row.id,
        email: row.email,
        name: row.name,
        author,
        disabled: row.disabled_at.is_some(),
        last_login_at: row.last_login_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    }
}

pub(super) fn load_user(svc: &Service, conn: &mut Conn, id: Id) -> Result<UserView> {
    let row = accounts::find(conn, id)?.ok_or_else(|| Error::not_found("account"))?;
    user_view(svc, conn, row)
}

pub(super) fn check_password(check: &mut Check, pointer: &str, password: &str, email: &str, name: &str) {
    if let Err(weakness) = check_strength(password, email, name) {
        let weakness: Weakness = weakness;
        check.fault(pointer, "weak_password", format!("{weakness}"));
    }
}

fn parse_id(text: &str) -> Result<Id> {
    text.parse().map_err(|_| Error::not_found("account"))
}

fn resolve_author(conn: &mut Conn, name: &str) -> Result<Id> {
    let unknown = || Error::invalid("/author", "unknown_author", format!("There is no author `{name}`."));
    authors::find(conn, &Ref::parse(name))?.map(|(author, _)| author.id).ok_or_else(unknown)
}

/// The accounts that the caller may see: all for admins, else one's own.
///
/// # Errors
/// 401 and 403 by rights, 400 for a bad cursor.
pub async fn list_users(
    svc: &Svc,
    viewer: &Viewer,
    role: Option<Role>,
    page: PageRequest,
) -> Result<Page<UserView>> {
    let viewer2 = viewer.clone();
    svc.read_private(viewer, move |conn| list_users_in(conn, &viewer2, role, &page)).await
}

/// [`list_users`] inside a transaction.
pub(crate) fn list_users_in(
    conn: &mut Conn,
    viewer: &Viewer,
    role: Option<Role>,
    page: &PageRequest,
) -> Result<Page<UserView>> {
    viewer.require_signed_in()?;
    let only = match policy::reach(viewer, Action::ListUsers) {
        Reach::Everything => None,
        Reach::Own => Some(viewer.user().map_or(Id::NIL, |u| Id(u.user_id))),
        Reach::Nothing => {
            require(viewer, Action::ListUsers, &Target::None, "account")?;
            None
        }
    };
    let slice = accounts::list(conn, role, only, &page.window("users")?)?;
    let ids: Vec<Id> = slice.rows.iter().filter_map(|u| u.author_id).collect();
    let profiles = authors::by_ids(conn, &ids)?;
    let total = if page.count {
        Some(if only.is_some() { 1 } else { accounts::count_of(conn, role)? })
    } else {
        None
    };
    let page = Page::of("users", slice, total, |u: &UserRow| (KeyValue::Time(u.created_at), u.id));
    let mut items = Vec::new();
    for (cursor, row) in page.items {
        let author = profiles
            .iter()
            .find(|(a, _)| Some(a.id) == row.author_id)
            .map(|(a, _)| UserAuthorView { slug: a.slug.clone(), name: a.name.clone() });
        items.push((cursor, view(row, author)));
    }
    Ok(Page { items, has_previous: page.has_previous, has_next: page.has_next, total })
}

/// One account.
///
/// # Errors
/// 401, 403 and 404 by rights.
pub async fn get_user(svc: &Svc, viewer: &Viewer, user: &str) -> Result<UserView> {
    let (svc2, viewer2, user) = (svc.clone(), viewer.clone(), user.to_owned());
    svc.read_private(viewer, move |conn| get_user_in(&svc2, conn, &viewer2, &user)).await
}

/// [`get_user`] inside a transaction.
pub(crate) fn get_user_in(svc: &Service, conn: &mut Conn, viewer: &Viewer, user: &str) -> Result<UserView> {
    viewer.require_signed_in()?;
    let id = parse_id(user)?;
    require(viewer, Action::ListUsers, &Target::User(id.0), "account")?;
    load_user(svc, conn, id)
}

/// Judges a new account's values, which needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge_new(input: &CreateUser) -> Result<()> {
    check_new(input).map(drop)
}

/// [`judge_new`], with the address and the name as they are kept.
fn check_new(input: &CreateUser) -> Result<(String, String)> {
    let mut check = Check::new();
    let email = check.email("/email", &input.email);
    let name = check.line("/name", &input.name, NAME);
    check_password(&mut check, "/password", &input.password, &email, &name);
    check.done()?;
    Ok((email, name))
}

/// Makes an account.
///
/// # Errors
/// 401 and 403 by rights, 422 with every fault, 409 when the address is taken.
pub async fn create_user(svc: &Svc, viewer: &Viewer, input: CreateUser) -> Result<UserView> {
    viewer.require_signed_in()?;
    require(viewer, Action::CreateUser, &Target::None, "account")?;
    let (email, name) = check_new(&input)?;
    let role = input.role;
    require_role(viewer, role)?;
    let password_hash = svc.passwords.hash(input.password).await?;
    let id = svc.clock.new_id();
    let svc2 = svc.clone();
    svc.write(viewer, move |tx| {
        let author_id = match &input.author {
            Some(name) => Some(resolve_author(tx.conn, name)?),
            None => None,
        };
        let row = UserRow {
            id,
            email: email.clone(),
            email_key: EmailKey::of(&email),
            name: name.clone(),
            password_hash: password_hash.clone(),
            role,
            author_id,
            disabled_at: None,
            last_login_at: None,
            created_at: tx.actor.now,
            updated_at: tx.actor.now,
            version: 1,
        };
        accounts::insert(tx.conn, &row)?;
        tx.record(ObjectType::User, id, ChangeAction::Created, 1, Vec::new());
        user_view(&svc2, tx.conn, row)
    })
    .await
}

/// Refuses to give, or to take away, a role that reaches further than the caller.
fn require_role(viewer: &Viewer, role: Role) -> Result<()> {
    if policy::may_grant_role(viewer, role) {
        return Ok(());
    }
    let lacks = viewer.user().map(|user| policy::scopes_short_of(user, role)).unwrap_or_default();
    let why = if lacks.is_empty() {
        "it reaches further than yours".to_owned()
    } else {
        let names: Vec<&str> = lacks.into_iter().map(Scope::as_str).collect();
        format!("it may do what this token's scopes do not open; the token lacks {}", names.join(", "))
    };
    Err(Error::new(Code::Forbidden, format!("You cannot give or take away the role {role}: {why}.")))
}

/// Refuses to leave the publication without anybody who runs it.
fn keep_an_admin(conn: &mut Conn, before: &UserRow) -> Result<()> {
    if before.role == Role::Admin
        && before.disabled_at.is_none()
        && accounts::count_enabled(conn, Role::Admin)? < 2
    {
        return Err(Error::new(
            Code::InvalidState,
            "This is the last admin; make another one before this one is demoted, disabled or removed.",
        ));
    }
    Ok(())
}

/// Judges changes of an account as far as that needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge_changes(input: &UpdateUser) -> Result<()> {
    let mut check = Check::new();
    check_changes(&mut check, input, "", "");
    check.done()
}

/// Judges changes of an account that has this address and name; the new address and name as they are kept.
fn check_changes(
    check: &mut Check,
    input: &UpdateUser,
    known_email: &str,
    known_name: &str,
) -> (Option<String>, Option<String>) {
    let email = input.email.value().map(|email| check.email("/email", email));
    let name = input.name.value().map(|name| check.line("/name", name, NAME));
    for (pointer, is_null) in [
        ("/email", input.email.is_null()),
        ("/name", input.name.is_null()),
        ("/role", input.role.is_null()),
        ("/password", input.password.is_null()),
    ] {
        if is_null {
            check.fault(
                pointer,
                "required",
                format!("`{}` cannot be removed.", pointer.trim_start_matches('/')),
            );
        }
    }
    if let Some(password) = input.password.value() {
        let (email, name) = (email.as_deref().unwrap_or(known_email), name.as_deref().unwrap_or(known_name));
        check_password(check, "/password", password, email, name);
    }
    (email, name)
}

/// Changes an account. Disabling it, or giving it another password, ends its logins; another password ends its API tokens too.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault, 409 for the last admin or a taken address, 429
/// after too many wrong present passwords.
pub async fn update_user(
    svc: &Svc,
    viewer: &Viewer,
    user: &str,
    input: UpdateUser,
    if_match: Option<IfMatch>,
) -> Result<UserView> {
    viewer.require_signed_in()?;
    let id = parse_id(user)?;
    require(viewer, Action::EditUser, &Target::User(id.0), "account")?;
    let assigns = !input.role.is_undefined()
        || !input.author.is_undefined()
        || !input.disabled.is_undefined()
        || !input.password.is_undefined();
    if assigns {
        require(viewer, Action::AssignRole, &Target::User(id.0), "account")?;
    }
    let is_oneself = viewer.user().is_some_and(|user| user.user_id == id.0);
    if viewer.user().is_some_and(|user| user.scopes.is_some())
        && (!input.password.is_undefined() || (is_oneself && !input.email.is_undefined()))
    {
        return Err(Error::new(
            Code::Forbidden,
            "A password, and an account's own e-mail address, is changed by somebody who logged in, not by an API token.",
        ));
    }
    let known = svc.read_private(viewer, move |conn| load_row(conn, id)).await?;
    let mut check = Check::new();
    let (email, name) = check_changes(&mut check, &input, &known.email, &known.name);
    let (role, password) = (input.role.value().copied(), input.password.value().cloned());
    let is_proven = is_oneself && (password.is_some() || email.as_ref().is_some_and(|e| *e != known.email));
    if is_proven && input.current_password.is_none() {
        check.fault(
            "/current_password",
            "required",
            "Your own e-mail address or password is changed with your present password: send `current_password`.",
        );
    }
    check.done()?;
    if let Some(role) = role {
        require_role(viewer, role)?;
    }
    if let Some(given) = input.current_password.filter(|_| is_proven) {
        prove(svc, viewer, given, known.password_hash.clone()).await?;
    }
    let hash = match password {
        Some(password) => Some(svc.passwords.hash(password).await?),
        None => None,
    };
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    let (view, ended) = svc
        .write(viewer, move |tx| {
            let before = load_row(tx.conn, id)?;
            IfMatch::check(if_match.as_ref(), before.version)?;
            if is_proven && before.password_hash != known.password_hash {
                return Err(not_the_present_password());
            }
            let mut row = before.clone();
            if let Some(email) = &email {
                row.email.clone_from(email);
                row.email_key = EmailKey::of(email);
            }
            if let Some(name) = &name {
                row.name.clone_from(name);
            }
            if let Some(role) = role {
                row.role = role;
            }
            match &input.author {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => row.author_id = None,
                MaybeUndefined::Value(name) => row.author_id = Some(resolve_author(tx.conn, name)?),
            }
            match input.disabled {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Value(true) => row.disabled_at = row.disabled_at.or(Some(tx.actor.now)),
                MaybeUndefined::Null | MaybeUndefined::Value(false) => row.disabled_at = None,
            }
            if let Some(hash) = &hash {
                row.password_hash.clone_from(hash);
            }
            let gives = row.role != before.role
                || (row.author_id != before.author_id && row.author_id.is_some())
                || (row.disabled_at.is_none() && before.disabled_at.is_some());
            if gives {
                require_role(&viewer2, before.role)?;
            }
            if row.role != Role::Admin || row.disabled_at.is_some() {
                keep_an_admin(tx.conn, &before)?;
            }
            row.version += 1;
            row.updated_at = tx.actor.now;
            accounts::update(tx.conn, &row)?;
            let ended = if hash.is_some() || (row.disabled_at.is_some() && before.disabled_at.is_none()) {
                accounts::revoke_sessions(tx.conn, id, None, tx.actor.now)?
            } else {
                Vec::new()
            };
            tx.record(ObjectType::User, id, ChangeAction::Updated, row.version, Vec::new());
            if hash.is_some() {
                end_tokens(tx, id)?;
            }
            Ok((user_view(&svc2, tx.conn, row)?, ended))
        })
        .await?;
    for family in ended {
        svc.keys.verifier()?.forget_session(family.0);
    }
    Ok(view)
}

fn load_row(conn: &mut Conn, id: Id) -> Result<UserRow> {
    accounts::find(conn, id)?.ok_or_else(|| Error::not_found("account"))
}

/// Removes an account. What it wrote stays.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 for the last admin.
pub async fn delete_user(svc: &Svc, viewer: &Viewer, user: &str, if_match: Option<IfMatch>) -> Result<()> {
    viewer.require_signed_in()?;
    let id = parse_id(user)?;
    require(viewer, Action::DeleteUser, &Target::User(id.0), "account")?;
    svc.write(viewer, move |tx| {
        let row = load_row(tx.conn, id)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        keep_an_admin(tx.conn, &row)?;
        accounts::delete(tx.conn, id)?;
        tx.record(ObjectType::User, id, ChangeAction::Deleted, row.version + 1, Vec::new());
        Ok(())
    })
    .await
}

/// Makes the first admin, if there is no account yet. Answers whether it did.
///
/// # Errors
/// 422 when address or password will not do.
pub async fn create_first_admin(svc: &Svc, email: &str, password: &str) -> Result<bool> {
    let system = Viewer::system();
    if svc.read_private(&system, |conn| Ok(accounts::count(conn)?)).await? > 0 {
        return Ok(false);
    }
    let input = CreateUser {
        email: email.to_owned(),
        name: "Admin".to_owned(),
        role: Role::Admin,
        password: password.to_owned(),
        author: None,
    };
    match create_user(svc, &system, input).await {
        Ok(_) => Ok(true),
        // Another instance was quicker.
        Err(e) if e.code() == Code::Conflict => Ok(false),
        Err(e) => Err(e),
    }
}

/// The account with this e-mail address: for the command line.
///
/// # Errors
/// 404 where there is none.
pub async fn find_user_by_email(svc: &Svc, viewer: &Viewer, email: &str) -> Result<UserView> {
    let key = EmailKey::of(email);
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read_private(viewer, move |conn| {
        let row = accounts::find_by_email(conn, &key)?.ok_or_else(|| Error::not_found("account"))?;
        require(&viewer2, Action::ListUsers, &Target::User(row.id.0), "account")?;
        user_view(&svc2, conn, row)
    })
    .await
}

/// Gives an account another password: for the command line.
///
/// # Errors
/// 404 where there is none, 422 when the password is too weak.
pub async fn set_password(svc: &Svc, viewer: &Viewer, user: Id, password: String) -> Result<()> {
    let input = UpdateUser { password: MaybeUndefined::Value(password), ..UpdateUser::default() };
    update_user(svc, viewer, &user.to_string(), input, None).await.map(drop)
}
