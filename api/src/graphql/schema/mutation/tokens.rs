use async_graphql::{Context, ID, Object};

use super::input::CreateTokenInput;
use super::payload::CreatedToken;
use super::{Call, Deleted};
use crate::graphql::Result;
use crate::service::accounts;

/// What may be done with API tokens.
#[derive(Debug, Default)]
pub(crate) struct TokenMutations;

#[Object(serial)]
impl TokenMutations {
    /// Make an API token for oneself. Its secret is shown this once.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is for, and what it may do.")] input: CreateTokenInput,
    ) -> Result<CreatedToken> {
        let call = Call::of(ctx)?;
        Ok(CreatedToken(accounts::create_token(call.svc(), call.viewer(), input.into()).await?))
    }

    /// Revoke an API token, and with it those that it made.
    async fn revoke_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the token.")] id: ID,
    ) -> Result<Deleted> {
        let call = Call::of(ctx)?;
        accounts::revoke_token(call.svc(), call.viewer(), &id).await?;
        Ok(Deleted { id })
    }
}
