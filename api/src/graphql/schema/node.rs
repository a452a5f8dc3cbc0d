//! Everything that has an id, by its id alone.

use std::sync::Arc;

use async_graphql::{ID, Interface};

use super::at::At;
use super::objects::{Author, Comment, Media, Post, PostData, Tag, User};
use crate::service::accounts::UserView;
use crate::view::{AuthorView, CommentView, MediaView, Shared, TagView};

/// What was found under an id.
#[derive(Debug, Clone)]
pub(crate) enum NodeData {
    Post(PostData),
    Author(Shared<AuthorView>),
    Tag(Shared<TagView>),
    Comment(Arc<CommentView>),
    Media(Arc<MediaView>),
    User(Arc<UserView>),
}

/// An object with an id of its own, which `node(id)` finds.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id, different from that of everything else."))]
pub(crate) enum Node {
    Post(Post),
    Author(Author),
    Tag(Tag),
    Comment(Comment),
    Media(Media),
    User(User),
}

impl Node {
    pub(super) fn new(data: NodeData, at: At) -> Self {
        match data {
            NodeData::Post(data) => Post::new(data, at).into(),
            NodeData::Author(view) => Author::new(view, at).into(),
            NodeData::Tag(view) => Tag::new(view, at).into(),
            NodeData::Comment(view) => Comment::new(view, at).into(),
            NodeData::Media(view) => Media::new(view, at).into(),
            NodeData::User(view) => User::new(view, at).into(),
        }
    }
}
