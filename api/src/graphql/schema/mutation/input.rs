//! Inputs that GraphQL has types of its own for: moments are `DateTime`. Members and rules are those of REST. All other inputs are the
//! services' own.

use async_graphql::InputObject;
use pressroom_schema::Relation;

use crate::graphql::schema::scalars::DateTime;
use crate::service::{accounts, links};

/// When to publish.
#[derive(Debug, InputObject)]
pub(crate) struct PublishInput {
    /// Left out: now. To come: the post is scheduled and goes out by itself. Past: it is dated so.
    pub(super) at: Option<DateTime>,
}

/// Something elsewhere that a post refers to.
#[derive(Debug, InputObject)]
pub(crate) struct ExternalInput {
    /// Where it is.
    url: String,
    /// Its title.
    title: Option<String>,
    /// Who wrote it.
    author: Option<String>,
    /// Who published it.
    publisher: Option<String>,
    /// When it was published.
    published_at: Option<DateTime>,
}

/// A link to make. Either `post` or `external` must be there.
#[derive(Debug, InputObject)]
pub(crate) struct LinkInput {
    /// What it means.
    relation: Relation,
    /// Slug or id of a post of this site.
    post: Option<String>,
    /// Or something elsewhere.
    external: Option<ExternalInput>,
    /// A remark.
    note: Option<String>,
}

impl From<LinkInput> for links::LinkInput {
    fn from(input: LinkInput) -> Self {
        Self {
            relation: input.relation,
            post: input.post,
            external: input.external.map(|external| links::ExternalInput {
                url: external.url,
                title: external.title,
                author: external.author,
                publisher: external.publisher,
                published_at: external.published_at.map(|at| at.0.to_wire()),
            }),
            note: input.note,
        }
    }
}

/// A post's curated links, in order.
#[derive(Debug, InputObject)]
pub(crate) struct LinksInput {
    /// All of them: what is not here is removed.
    links: Vec<LinkInput>,
}

impl From<LinksInput> for links::LinksInput {
    fn from(input: LinksInput) -> Self {
        Self { links: input.links.into_iter().map(Into::into).collect() }
    }
}

/// An API token to make.
#[derive(Debug, InputObject)]
pub(crate) struct CreateTokenInput {
    /// What it is for.
    name: String,
    /// What it may be used for, within what its owner's role allows, such as `posts:read`.
    scopes: Vec<String>,
    /// Until when it is good; until it is revoked where this is left out.
    expires_at: Option<DateTime>,
}

impl From<CreateTokenInput> for accounts::CreateToken {
    fn from(input: CreateTokenInput) -> Self {
        Self {
            name: input.name,
            scopes: input.scopes,
            expires_at: input.expires_at.map(|at| at.0.to_wire()),
            owner: None,
        }
    }
}
