//! What mutations answer where that is not an object that can also be read.

use async_graphql::{Context, ID, Object};

use super::Call;
use crate::graphql::schema::objects::{ApiToken, Comment, Link, User};
use crate::graphql::schema::scalars::DateTime;
use crate::graphql::{Fault, Result, response_key};
use crate::service::accounts::{CreatedTokenView, SessionView};
use crate::service::links::Curated;
use crate::service::posts::PreviewView;
use crate::view::{LinksView, ModeratedView};
use pressroom_schema::LinkDirection;

/// What was loaded for the aliases of a payload's field.
type ByKey<T> = Vec<(String, Vec<T>)>;

fn under<'a, T>(loaded: &'a ByKey<T>, ctx: &Context<'_>) -> Result<&'a [T]> {
    let found = loaded.iter().find(|(key, _)| key == response_key(ctx));
    found.map(|(_, list)| list.as_slice()).ok_or_else(Fault::internal)
}

/// A login.
#[derive(Debug)]
pub(crate) struct Session(pub(super) SessionView);

/// A login.
#[Object(serial)]
impl Session {
    /// Send as `Authorization: Bearer …`: a JWT (RFC 9068), verifiable with `/.well-known/jwks.json`.
    async fn access_token(&self) -> &str {
        &self.0.access_token
    }

    /// `Bearer`.
    async fn token_type(&self) -> &str {
        self.0.token_type.as_str()
    }

    /// Seconds until the access token ends.
    async fn expires_in(&self) -> u32 {
        self.0.expires_in
    }

    /// Good once, for the next pair of tokens. Using it twice ends the login.
    async fn refresh_token(&self) -> &str {
        &self.0.refresh_token
    }

    /// The account.
    async fn user(&self) -> User {
        User::of(self.0.user.clone())
    }
}

/// A new API token.
#[derive(Debug)]
pub(crate) struct CreatedToken(pub(super) CreatedTokenView);

/// A new API token, with its secret.
#[Object(serial)]
impl CreatedToken {
    /// The token.
    async fn token(&self) -> ApiToken {
        ApiToken::of(self.0.token.clone())
    }

    /// Send as `Authorization: Bearer …`. It is shown this once.
    async fn secret(&self) -> &str {
        &self.0.secret
    }
}

/// A preview.
#[derive(Debug)]
pub(crate) struct Preview(pub(super) PreviewView);

/// A preview of a post's working copy.
#[Object(serial)]
impl Preview {
    /// Send as `preview` to `post`, or to `GET /v1/posts/{post}`.
    async fn token(&self) -> &str {
        &self.0.token
    }

    /// REST's address of the preview.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// Until when it is good.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }
}

/// A post's links.
#[derive(Debug)]
pub(crate) struct PostLinks {
    post_id: ID,
    version: i64,
    outgoing: ByKey<Link>,
    incoming: ByKey<Link>,
}

impl PostLinks {
    /// With what is asked of the posts at the other ends.
    pub(super) async fn load(call: &Call<'_>, curated: Curated) -> crate::error::Result<Self> {
        let Curated { post_id, version, links } = curated;
        let mut outgoing = Vec::new();
        for field in call.field.named("PostLinks", "outgoing") {
            let (key, way) = (field.key.clone(), LinkDirection::Outgoing);
            let links = LinksView { outgoing: links.outgoing.clone(), incoming: Vec::new() };
            outgoing.push((key, call.request.links(field, links, Some(way)).await?));
        }
        let mut incoming = Vec::new();
        for field in call.field.named("PostLinks", "incoming") {
            let (key, way) = (field.key.clone(), LinkDirection::Incoming);
            let links = LinksView { outgoing: Vec::new(), incoming: links.incoming.clone() };
            incoming.push((key, call.request.links(field, links, Some(way)).await?));
        }
        Ok(Self { post_id: post_id.to_string().into(), version, outgoing, incoming })
    }
}

/// A post's links in both directions.
#[Object(serial)]
impl PostLinks {
    /// The post.
    async fn post_id(&self) -> &ID {
        &self.post_id
    }

    /// The post's version after the change.
    async fn version(&self) -> i64 {
        self.version
    }

    /// From this post, in the editor's order.
    async fn outgoing(&self, ctx: &Context<'_>) -> Result<&[Link]> {
        under(&self.outgoing, ctx)
    }

    /// From other posts to this one (back-links), oldest first; `post` is the one that links here.
    async fn incoming(&self, ctx: &Context<'_>) -> Result<&[Link]> {
        under(&self.incoming, ctx)
    }
}

/// What a decision on several comments did.
#[derive(Debug)]
pub(crate) struct ModeratedComments {
    changed: Vec<ID>,
    comments: ByKey<Comment>,
}

impl ModeratedComments {
    /// With what is asked of the comments.
    pub(super) async fn load(call: &Call<'_>, view: ModeratedView) -> crate::error::Result<Self> {
        let mut comments = Vec::new();
        for field in call.field.named("ModeratedComments", "comments") {
            let key = field.key.clone();
            comments.push((key, call.request.comments(field, view.comments.clone()).await?));
        }
        Ok(Self { changed: view.changed.iter().map(|id| id.to_string().into()).collect(), comments })
    }
}

/// What a moderator's decision on several comments did.
#[Object(serial)]
impl ModeratedComments {
    /// The ids of those whose state changed; the others were in it already.
    async fn changed(&self) -> &[ID] {
        &self.changed
    }

    /// All of them as they now stand, in the order in which they were named.
    async fn comments(&self, ctx: &Context<'_>) -> Result<&[Comment]> {
        under(&self.comments, ctx)
    }
}
