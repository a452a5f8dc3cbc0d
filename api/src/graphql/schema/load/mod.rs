//! The loading step: goes through a plan level by level, and fetches for all objects of a level at once. The number of
//! statements depends on the shape of the query and never on how many rows it finds; what is not selected is not read.

mod comments;
mod posts;
mod roots;
mod shown;

use std::sync::Arc;

use pressroom_schema::Id;

use super::at::{Loaded, Stored};
use super::objects::PostData;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::Reader;
use crate::graphql::PlanField;
use crate::service::Service;
use crate::view::{AuthorView, CommentView, LinksView, Shared, TagView};

/// Loads what these root fields of a query ask for.
///
/// # Errors
/// Failures of the database. What one field is refused is kept as that field's error.
pub(crate) fn load(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    fields: &[Arc<PlanField>],
) -> Result<Loaded> {
    let mut loader = Loader { svc, reader, viewer, loaded: Loaded::default() };
    for field in fields {
        loader.root(field)?;
    }
    Ok(loader.loaded)
}

/// What was written, before its answer is put together.
#[derive(Debug)]
pub(crate) enum Written {
    /// Posts.
    Posts(Vec<PostData>),
    /// Comments.
    Comments(Vec<Arc<CommentView>>),
    /// An author.
    Authors(Vec<Shared<AuthorView>>),
    /// A tag.
    Tags(Vec<Shared<TagView>>),
    /// Links of a post.
    Links(Arc<LinksView>),
}

impl Written {
    /// Whether the selection below `field` has all that it asks for in what the write answered.
    pub(crate) fn needs_nothing(&self, field: &PlanField) -> bool {
        let selects = |type_name: &str, names: &[&str]| {
            field.children(type_name).iter().any(|child| names.contains(&child.name.as_str()))
        };
        !match self {
            Self::Posts(_) => {
                let nested = |name: &str, type_name: &str, names: &[&str]| {
                    field
                        .named("Post", name)
                        .iter()
                        .any(|child| names.iter().any(|name| child.selects(type_name, name)))
                };
                selects("Post", &["links", "related", "previous", "next", "comments"])
                    || nested("authors", "Byline", &["posts", "author"])
                    || nested("tags", "Tag", &["posts", "parent"])
            }
            Self::Comments(_) => selects("Comment", &["replies", "parent", "post", "author"]),
            Self::Authors(_) => selects("Author", &["posts"]),
            Self::Tags(_) => selects("Tag", &["posts", "parent"]),
            Self::Links(_) => selects("Link", &["post"]),
        }
    }
}

/// Loads what the selection below `field` asks of objects that are there already: those that a mutation has written.
///
/// # Errors
/// Failures of the database.
pub(crate) fn load_below(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    field: &Arc<PlanField>,
    kind: Written,
) -> Result<Loaded> {
    let mut loader = Loader { svc, reader, viewer, loaded: Loaded::default() };
    let field = Arc::clone(field);
    match kind {
        Written::Posts(posts) => loader.below_posts(&[(field, posts)])?,
        Written::Comments(comments) => loader.below_comments(&[(field, comments)])?,
        Written::Authors(authors) => loader.below_authors(&field, "Author", &authors)?,
        Written::Tags(tags) => loader.below_tags(&field, &tags)?,
        Written::Links(links) => loader.below_links(&field, &links)?,
    }
    Ok(loader.loaded)
}

struct Loader<'a, 'c> {
    svc: &'a Service,
    reader: &'a mut Reader<'c>,
    viewer: &'a Viewer,
    loaded: Loaded,
}

impl Loader<'_, '_> {
    /// Loads as another caller sees it.
    fn seen_by(
        &mut self,
        viewer: &Viewer,
        load: impl FnOnce(&mut Loader<'_, '_>) -> Result<()>,
    ) -> Result<()> {
        let mut other =
            Loader { svc: self.svc, reader: self.reader, viewer, loaded: std::mem::take(&mut self.loaded) };
        let done = load(&mut other);
        self.loaded = other.loaded;
        done
    }

    /// Keeps what was found, or why not. A failure of ours ends the whole request instead.
    fn keep<T: Stored>(&mut self, field: &PlanField, owner: Id, found: Result<T>) -> Result<Option<T>> {
        match found {
            Err(error) if error.code().status() >= 500 => Err(error),
            found => {
                let value = found.as_ref().ok().cloned();
                self.loaded.put(field, owner, found);
                Ok(value)
            }
        }
    }

    /// Keeps one refusal for each of these owners.
    fn refuse<T: Stored>(&mut self, field: &PlanField, owners: &[Id], error: &Error) -> Result<()> {
        for owner in owners {
            self.keep::<T>(field, *owner, Err(error.clone()))?;
        }
        Ok(())
    }
}

/// A list of ids without repetitions.
fn distinct(ids: impl IntoIterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
