//! The names of what public answers depend on: `Surrogate-Key` on answers, `keys` in the changes log.

use pressroom_schema::Id;

/// The site's settings.
pub(crate) const SITE: &str = "site";
/// Every list of posts.
pub(crate) const POSTS: &str = "posts";
/// Every list of authors.
pub(crate) const AUTHORS: &str = "authors";
/// Every list of tags.
pub(crate) const TAGS: &str = "tags";

/// One post.
pub(crate) fn post(id: Id) -> String {
    format!("post:{id}")
}

/// One author's profile.
pub(crate) fn author(id: Id) -> String {
    format!("author:{id}")
}

/// One tag.
pub(crate) fn tag(id: Id) -> String {
    format!("tag:{id}")
}

/// The thread under one post.
pub(crate) fn comments(post: Id) -> String {
    format!("comments:{post}")
}

/// One object of the media store, by its key: `file:` and the digest of the original, which variants share.
pub(crate) fn file(storage_key: &str) -> String {
    let name = storage_key.rsplit('/').next().unwrap_or_default();
    format!("file:{}", name.split(['-', '.']).next().unwrap_or_default())
}
