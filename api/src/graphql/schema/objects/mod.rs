//! The object types: each holds the view that REST shows, and its place in the plan.

mod account;
mod author;
mod comment;
mod link;
mod media;
mod post;
mod revision;
mod search;
mod site;
mod tag;

pub(crate) use account::{ApiToken, Me, TokenConnection, User, UserConnection};
pub(crate) use author::{Author, AuthorConnection, Byline};
pub(crate) use comment::{Comment, CommentConnection};
pub(crate) use link::{Link, Related};
pub(crate) use media::{Image, Media, MediaConnection};
pub(crate) use post::{Post, PostConnection, PostData};
pub(crate) use revision::{Revision, RevisionConnection, RevisionData, RevisionDiff};
pub(crate) use search::SearchConnection;
pub(crate) use site::Site;
pub(crate) use tag::{Tag, TagConnection};
