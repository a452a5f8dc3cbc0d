use async_graphql::{Context, ID, Object};

use super::payload::Session;
use super::{Call, Deleted, if_version};
use crate::graphql::Result;
use crate::graphql::schema::objects::User;
use crate::service::accounts::{self, CreateUser, LoginInput, PasswordInput, RefreshInput, UpdateUser};

/// What may be done with accounts and their logins.
#[derive(Debug, Default)]
pub(crate) struct AccountMutations;

#[Object(serial)]
impl AccountMutations {
    /// Log in: a short-lived access token and a refresh token for the next.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "E-mail address and password.")] input: LoginInput,
    ) -> Result<Session> {
        let call = Call::of(ctx)?;
        let view = accounts::login(call.svc(), call.viewer(), input).await?;
        Ok(Session(view))
    }

    /// Exchange a refresh token for the next pair of tokens. Using one twice ends its whole login.
    async fn refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The newest refresh token of the login.")] input: RefreshInput,
    ) -> Result<Session> {
        let call = Call::of(ctx)?;
        let view = accounts::refresh(call.svc(), call.viewer(), &input).await?;
        Ok(Session(view))
    }

    /// End the login that the access token belongs to. Answers true.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool> {
        let call = Call::of(ctx)?;
        accounts::logout(call.svc(), call.viewer()).await?;
        Ok(true)
    }

    /// Change one's password. All other logins of the account end, and its API tokens. Answers true.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password and the one to come.")] input: PasswordInput,
    ) -> Result<bool> {
        let call = Call::of(ctx)?;
        accounts::change_password(call.svc(), call.viewer(), input).await?;
        Ok(true)
    }

    /// Make an account.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreateUser,
    ) -> Result<User> {
        let call = Call::of(ctx)?;
        let view = accounts::create_user(call.svc(), call.viewer(), input).await?;
        Ok(User::of(view))
    }

    /// Change an account. Disabling it, or giving it another password, ends its logins; another password ends its API tokens too.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the account.")] id: ID,
        #[graphql(desc = "Changes: what is left out stays.")] input: UpdateUser,
        #[graphql(
            desc = "The version that the change is based on; refused where it is no longer the present one."
        )]
        if_version: Option<i64>,
    ) -> Result<User> {
        let call = Call::of(ctx)?;
        let view = accounts::update_user(call.svc(), call.viewer(), &id, input, self::if_version(if_version))
            .await?;
        Ok(User::of(view))
    }

    /// Remove an account. What it wrote stays.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the account.")] id: ID,
        #[graphql(desc = "The version that is meant; refused where it is no longer the present one.")]
        if_version: Option<i64>,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        accounts::delete_user(call.svc(), call.viewer(), &id, self::if_version(if_version)).await?;
        Ok(Deleted { id })
    }
}
