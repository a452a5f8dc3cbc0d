//! What can be written: each authoring action of REST under the same name.

use async_graphql::{Context, Object, Result};

use super::request::Request;
use crate::service::accounts;

/// What can be written.
#[derive(Debug, Default)]
pub(crate) struct Mutation;

/// What can be written: each authoring action of REST under the same name, with the same rights and the same errors.
#[Object]
impl Mutation {
    /// Ends the login whose access token is sent.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool> {
        let request = Request::of(ctx)?;
        accounts::logout(&request.svc, &request.viewer).await?;
        Ok(true)
    }
}
