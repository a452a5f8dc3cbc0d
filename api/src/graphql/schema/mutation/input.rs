//! Inputs of REST with GraphQL's types: words are enums, and moments are `DateTime`. Members and rules are those of REST.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::{BodyFormat, DraftStatus, PostStatus, Relation, Role, TagKind, Visibility};

use crate::error::{Error, Result};
use crate::graphql::schema::scalars::DateTime;
use crate::service::site::MediaRefInput;
use crate::service::social::SocialInput;
use crate::service::{accounts, authors, links, posts, tags};

/// A text as its editor wrote it. Both members are required, but for changes to one that is there: what is left out stays.
#[derive(Debug, InputObject)]
pub(crate) struct BodyInput {
    /// In what it is written.
    format: MaybeUndefined<BodyFormat>,
    /// The source; null clears.
    source: MaybeUndefined<String>,
}

impl From<BodyInput> for posts::BodyInput {
    fn from(body: BodyInput) -> Self {
        Self { format: body.format, source: body.source }
    }
}

fn draft_status(status: PostStatus) -> Result<DraftStatus> {
    DraftStatus::try_from(status).map_err(|odd| Error::unknown_word("/status", &odd.word, odd.known))
}

macro_rules! post_input {
    ($(#[doc = $doc:tt])+ $name:ident => $made:ident, title: $title:ty) => {
        $(#[doc = $doc])+
        #[derive(Debug, InputObject)]
        pub(crate) struct $name {
            /// The title: one line, at most 300 characters.
            title: $title,
            /// The name in addresses; made from the title where it is left out. A former slug goes on leading here.
            slug: MaybeUndefined<String>,
            /// A line under the title.
            subtitle: MaybeUndefined<String>,
            /// What lists show; made from the text where it is left out.
            excerpt: MaybeUndefined<String>,
            /// The body.
            body: MaybeUndefined<BodyInput>,
            /// The image at the head.
            image: MaybeUndefined<posts::ImageInput>,
            /// The byline in order. The caller's own profile where it is left out.
            authors: MaybeUndefined<Vec<posts::BylineInput>>,
            /// Slugs or names; a name that no tag has yet makes one, of which the public hears when a post with it goes out.
            tags: MaybeUndefined<Vec<String>>,
            /// Whether the editors put it forward.
            featured: MaybeUndefined<bool>,
            /// Who finds it once it is published; everybody where it is left out.
            visibility: MaybeUndefined<Visibility>,
            /// BCP 47; the site's where it is left out.
            language: MaybeUndefined<String>,
            /// Whether new comments are taken; as the site says where it is left out.
            comments_open: MaybeUndefined<bool>,
            /// Own terms; the site's where it is left out.
            terms: MaybeUndefined<posts::TermsInput>,
            /// Where it first appeared, if elsewhere.
            canonical_url: MaybeUndefined<String>,
            /// What search engines are told.
            seo: MaybeUndefined<posts::SeoInput>,
            /// An object of the editors' own, at most 64 KiB as JSON.
            custom: MaybeUndefined<serde_json::Value>,
            /// `DRAFT` or `IN_REVIEW`, for a post that is neither live nor scheduled. Publishing has mutations of its own.
            status: MaybeUndefined<PostStatus>,
        }

        impl TryFrom<$name> for posts::$made {
            type Error = Error;
            fn try_from(input: $name) -> Result<Self> {
                Ok(Self {
                    title: input.title,
                    slug: input.slug,
                    subtitle: input.subtitle,
                    excerpt: input.excerpt,
                    body: input.body.map_value(Into::into),
                    image: input.image,
                    authors: input.authors,
                    tags: input.tags,
                    featured: input.featured,
                    visibility: input.visibility,
                    language: input.language,
                    comments_open: input.comments_open,
                    terms: input.terms,
                    canonical_url: input.canonical_url,
                    seo: input.seo,
                    custom: input.custom,
                    status: input.status.map_value(draft_status).transpose()?,
                })
            }
        }
    };
}

post_input! {
    /// A post to begin. Only `title` is required.
    CreatePostInput => CreatePost, title: String
}

post_input! {
    /// Changes to a post's working copy: what is left out stays, null clears.
    UpdatePostInput => UpdatePost, title: MaybeUndefined<String>
}

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

macro_rules! author_input {
    ($(#[doc = $doc:tt])+ $name:ident => $made:ident, name: $title:ty) => {
        $(#[doc = $doc])+
        #[derive(Debug, InputObject)]
        pub(crate) struct $name {
            /// The byline: one line, at most 200 characters.
            name: $title,
            /// The name in addresses; made from the name where it is left out.
            slug: MaybeUndefined<String>,
            /// The biography.
            bio: MaybeUndefined<BodyInput>,
            /// A portrait.
            avatar: MaybeUndefined<MediaRefInput>,
            /// Where the author is based.
            location: MaybeUndefined<String>,
            /// The author's own site.
            website: MaybeUndefined<String>,
            /// Profiles elsewhere.
            social: MaybeUndefined<Vec<SocialInput>>,
        }

        impl From<$name> for authors::$made {
            fn from(input: $name) -> Self {
                Self {
                    name: input.name,
                    slug: input.slug,
                    bio: input.bio.map_value(Into::into),
                    avatar: input.avatar,
                    location: input.location,
                    website: input.website,
                    social: input.social,
                }
            }
        }
    };
}

author_input! {
    /// A profile to make. Only `name` is required.
    CreateAuthorInput => CreateAuthor, name: String
}

author_input! {
    /// Changes to a profile: what is left out stays, null clears.
    UpdateAuthorInput => UpdateAuthor, name: MaybeUndefined<String>
}

/// A tag to make. Only `name` is required.
#[derive(Debug, InputObject)]
pub(crate) struct CreateTagInput {
    /// The name: one line, at most 100 characters.
    name: String,
    /// The name in addresses; made from the name where it is left out.
    slug: Option<String>,
    /// What it is; a tag where it is left out.
    kind: Option<TagKind>,
    /// What it is about.
    description: Option<String>,
    /// Slug or id of the one above it.
    parent: Option<String>,
}

impl From<CreateTagInput> for tags::CreateTag {
    fn from(input: CreateTagInput) -> Self {
        Self {
            name: input.name,
            slug: input.slug,
            kind: input.kind,
            description: input.description,
            parent: input.parent,
        }
    }
}

/// Changes to a tag: what is left out stays, null clears.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateTagInput {
    /// The name.
    name: MaybeUndefined<String>,
    /// The name in addresses. The former one goes on leading here.
    slug: MaybeUndefined<String>,
    /// What it is.
    kind: MaybeUndefined<TagKind>,
    /// What it is about.
    description: MaybeUndefined<String>,
    /// Slug or id of the one above it; null for none.
    parent: MaybeUndefined<String>,
}

impl From<UpdateTagInput> for tags::UpdateTag {
    fn from(input: UpdateTagInput) -> Self {
        Self {
            name: input.name,
            slug: input.slug,
            kind: input.kind,
            description: input.description,
            parent: input.parent,
        }
    }
}

/// An account to make.
#[derive(Debug, InputObject)]
pub(crate) struct CreateUserInput {
    /// Its e-mail address.
    email: String,
    /// Its name.
    name: String,
    /// Its role.
    role: Role,
    /// Its password: 10 to 256 characters.
    password: String,
    /// Slug or id of its author profile.
    author: Option<String>,
}

impl From<CreateUserInput> for accounts::CreateUser {
    fn from(input: CreateUserInput) -> Self {
        Self {
            email: input.email,
            name: input.name,
            role: input.role,
            password: input.password,
            author: input.author,
        }
    }
}

/// Changes to an account: what is left out stays.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateUserInput {
    /// Its e-mail address.
    email: MaybeUndefined<String>,
    /// Its name.
    name: MaybeUndefined<String>,
    /// Its role: for admins.
    role: MaybeUndefined<Role>,
    /// Slug or id of its author profile, null for none: for admins.
    author: MaybeUndefined<String>,
    /// Whether it may not log in: for admins.
    disabled: MaybeUndefined<bool>,
    /// A new password for somebody else: for admins. One's own is changed with `changePassword`, or here with `currentPassword`.
    password: MaybeUndefined<String>,
    /// One's present password: needed for another e-mail address or password of one's own.
    current_password: Option<String>,
}

impl From<UpdateUserInput> for accounts::UpdateUser {
    fn from(input: UpdateUserInput) -> Self {
        Self {
            email: input.email,
            name: input.name,
            role: input.role,
            author: input.author,
            disabled: input.disabled,
            password: input.password,
            current_password: input.current_password,
        }
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
