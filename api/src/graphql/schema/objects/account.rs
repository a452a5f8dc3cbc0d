//! Accounts and API tokens.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};

use crate::graphql::schema::at::At;
use crate::graphql::schema::connection::connection;
use crate::graphql::schema::scalars::DateTime;
use crate::service::accounts::{MeView, TokenView, UserAuthorView, UserView};
use pressroom_schema::{Role, Scope};

connection! {
    /// A page of accounts.
    UserConnection, UserEdge, User, Arc<UserView>
}

/// An account.
#[derive(Debug)]
pub(crate) struct User {
    view: Arc<UserView>,
}

impl User {
    pub(crate) fn new(view: Arc<UserView>, _at: At) -> Self {
        Self { view }
    }

    /// Where nothing hangs on it that would have to be loaded.
    pub(crate) fn of(view: UserView) -> Self {
        Self { view: Arc::new(view) }
    }
}

/// An account.
#[Object(serial)]
impl User {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// Its e-mail address.
    async fn email(&self) -> &str {
        &self.view.email
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.view.name
    }

    /// Its role.
    async fn role(&self) -> Role {
        self.view.role
    }

    /// Its author profile.
    async fn author(&self) -> Option<&UserAuthorView> {
        self.view.author.as_ref()
    }

    /// Whether it may not log in.
    async fn disabled(&self) -> bool {
        self.view.disabled
    }

    /// When it last logged in.
    async fn last_login_at(&self) -> Option<DateTime> {
        self.view.last_login_at.map(DateTime)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        self.view.updated_at.into()
    }

    /// Rises with every change.
    async fn version(&self) -> i64 {
        self.view.version
    }
}

fn words_of(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.as_str()).collect()
}

/// The caller.
#[derive(Debug)]
pub(crate) struct Me {
    view: Arc<MeView>,
}

impl Me {
    pub(crate) fn new(view: Arc<MeView>) -> Self {
        Self { view }
    }
}

/// The caller's account.
#[Object(serial)]
impl Me {
    /// What the token is good for; null for a login, which is good for all that the role allows.
    async fn scopes(&self) -> Option<Vec<&'static str>> {
        self.view.scopes.as_deref().map(words_of)
    }

    /// The account.
    async fn user(&self) -> User {
        User::of(self.view.user.clone())
    }

    #[graphql(flatten)]
    async fn account(&self, _ctx: &Context<'_>) -> User {
        User::of(self.view.user.clone())
    }
}

connection! {
    /// A page of API tokens.
    TokenConnection, TokenEdge, ApiToken, Arc<TokenView>
}

/// An API token.
#[derive(Debug)]
pub(crate) struct ApiToken {
    view: Arc<TokenView>,
}

impl ApiToken {
    pub(crate) fn new(view: Arc<TokenView>, _at: At) -> Self {
        Self { view }
    }

    /// Where nothing hangs on it that would have to be loaded.
    pub(crate) fn of(view: TokenView) -> Self {
        Self { view: Arc::new(view) }
    }
}

/// An API token, without its secret.
#[Object(serial)]
impl ApiToken {
    /// Its id.
    async fn id(&self) -> ID {
        self.view.id.to_string().into()
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.view.name
    }

    /// The account that it acts as.
    async fn user_id(&self) -> ID {
        self.view.user_id.to_string().into()
    }

    /// The beginning of the secret, to recognise it by.
    async fn hint(&self) -> &str {
        &self.view.hint
    }

    /// What it may be used for.
    async fn scopes(&self) -> Vec<&'static str> {
        words_of(&self.view.scopes)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.view.created_at.into()
    }

    /// Until when it is good; null for no end.
    async fn expires_at(&self) -> Option<DateTime> {
        self.view.expires_at.map(DateTime)
    }

    /// When it was last used, to within five minutes.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.view.last_used_at.map(DateTime)
    }
}
