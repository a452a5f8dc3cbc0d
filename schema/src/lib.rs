//! What Pressroom stores, and all of its SQL.
//!
//! Queries are functions `fn f(conn: &mut Conn, …) -> Result<T, StoreError>`; transactions are [`Db::read`] and
//! [`Db::write`]. No other crate knows diesel.

pub mod accounts;
pub mod authors;
pub mod changes;
pub mod comments;
pub mod db;
pub mod entities;
pub mod error;
pub mod feeds;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod links;
pub mod maintenance;
pub mod media;
pub mod migrate;
pub mod names;
pub mod page;
pub mod post_words;
pub mod posts;
pub mod related;
pub mod revisions;
pub mod search;
pub mod secrets;
pub mod site;
mod sql;
pub mod tables;
pub mod tags;
pub mod types;
pub mod values;

pub use changes::{Actor, Change};
pub use db::{Backend, Conn, Db, DbSettings, Source, Tx};
pub use error::StoreError;
pub use keys::Key;
pub use page::{KeyValue, Place, Slice, Start, Window};
pub use types::{BadTimestamp, Id, Json, JsonText, Timestamp};
pub use values::{
    ActorKind, AuthorSort, BadLanguageTag, BadSlug, BodyFormat, ChangeAction, CommentPolicy, CommentSort,
    CommentStatus, DiffOp, DraftStatus, EmailKey, Given, JobKind, LanguageTag, LinkDirection, LinkOrigin,
    MediaState, MediaType, Moderation, ObjectType, Perspective, PostInclude, PostListSort, PostSort,
    PostStatus, ReasonKind, Relation, RevisionReason, Role, Scope, Slug, SlugKind, TagKind, TagSort,
    ThreadView, TokenType, Total, UnknownWord, Visibility, Word,
};

/// What a query answers.
pub type Result<T> = std::result::Result<T, StoreError>;
