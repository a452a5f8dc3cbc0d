//! What hangs on comments.

use std::collections::HashMap;
use std::sync::Arc;

use pressroom_schema::Id;

use super::roots::shown;
use super::{Loader, arg, distinct};
use crate::error::Result;
use crate::graphql::PlanField;
use crate::graphql::schema::connection::{page_of, rows_of};
use crate::graphql::schema::objects::PostData;
use crate::graphql::schema::words::{CommentSort, ThreadView};
use crate::page::{Page, PageRequest};
use crate::service::comments::{self, Order};
use crate::service::posts;
use crate::view::{AuthorView, CommentView};

/// Comments that stand under a field.
type Stand = (Arc<PlanField>, Vec<Arc<CommentView>>);

/// A page of comments as it is kept.
type Kept = Arc<Page<Arc<CommentView>>>;

fn order_of(field: &PlanField) -> Result<Order> {
    Ok(match arg::<CommentSort>(field, "sort")? {
        CommentSort::Oldest => Order::Oldest,
        CommentSort::Newest => Order::Newest,
        CommentSort::Top => Order::Top,
    })
}

impl Loader<'_> {
    /// A page of the comments under each of these posts.
    pub(super) fn threads(&mut self, field: &PlanField, posts: &[Id]) -> Result<()> {
        let page = page_of(field, "CommentConnection");
        let found = page.and_then(|page| {
            let (order, view) = (order_of(field)?, arg::<ThreadView>(field, "view")?);
            let flat = view == ThreadView::Flat;
            comments::load_threads(self.svc, self.conn, self.viewer, posts, order, &page, flat)
        });
        match found {
            Ok(pages) => self.pages(field, pages),
            Err(error) => self.refuse::<Kept>(field, posts, &error),
        }
    }

    /// Keeps a page for each owner, and loads what is asked of its comments.
    fn pages(&mut self, field: &PlanField, pages: HashMap<Id, Page<CommentView>>) -> Result<()> {
        let mut all = Vec::new();
        for (owner, page) in pages {
            let page: Kept = Arc::new(page.map(Arc::new));
            all.extend(page.items.iter().map(|(_, comment)| Arc::clone(comment)));
            self.keep(field, owner, Ok(page))?;
        }
        let rows = rows_of(field, "CommentConnection", "CommentEdge");
        let stands: Vec<Stand> = rows.into_iter().map(|row| (row, all.clone())).collect();
        self.below_comments(&stands)
    }

    /// What is asked of comments.
    pub(super) fn below_comments(&mut self, stands: &[Stand]) -> Result<()> {
        for (field, comments) in stands {
            if comments.is_empty() {
                continue;
            }
            for child in field.children("Comment").iter() {
                match child.name.as_str() {
                    "replies" => self.replies(child, comments)?,
                    "parent" => self.parents(child, comments)?,
                    "post" => self.posts_of(child, comments)?,
                    "author" => {
                        let profiles = profiles(comments);
                        for profile in child.named("CommentAuthor", "profile") {
                            self.below_authors(&profile, "Author", &profiles)?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn replies(&mut self, field: &PlanField, comments: &[Arc<CommentView>]) -> Result<()> {
        let answered = |comment: &&Arc<CommentView>| comment.reply_count > 0;
        let parents = distinct(comments.iter().filter(answered).map(|comment| comment.id));
        let found = page_of(field, "CommentConnection").and_then(|page| {
            let order = order_of(field)?;
            let pages = comments::load_replies(self.svc, self.conn, self.viewer, &parents, order, &page)?;
            Ok((pages, page))
        });
        match found {
            Ok((mut pages, page)) => {
                for comment in comments {
                    pages.entry(comment.id).or_insert_with(|| none(&page));
                }
                self.pages(field, pages)
            }
            Err(error) => {
                let owners = distinct(comments.iter().map(|comment| comment.id));
                self.refuse::<Kept>(field, &owners, &error)
            }
        }
    }

    fn parents(&mut self, field: &Arc<PlanField>, comments: &[Arc<CommentView>]) -> Result<()> {
        let ids = distinct(comments.iter().filter_map(|comment| comment.parent_id));
        let found = comments::load_comments(self.svc, self.conn, self.viewer, &ids)?;
        let found: HashMap<Id, Arc<CommentView>> =
            found.into_iter().map(|(id, comment)| (id, Arc::new(comment))).collect();
        for comment in comments {
            if let Some(parent) = comment.parent_id.and_then(|id| found.get(&id)) {
                self.keep(field, comment.id, Ok(Arc::clone(parent)))?;
            }
        }
        self.below_comments(&[(Arc::clone(field), found.into_values().collect())])
    }

    fn posts_of(&mut self, field: &Arc<PlanField>, comments: &[Arc<CommentView>]) -> Result<()> {
        let ids = distinct(comments.iter().map(|comment| comment.post_id));
        let shown = shown([field]);
        let found = posts::load_visible(self.svc, self.conn, self.viewer, &ids, shown)?;
        let found: HashMap<Id, PostData> =
            found.into_iter().map(|(id, view)| (id, PostData::from(view))).collect();
        for comment in comments {
            if let Some(post) = found.get(&comment.post_id) {
                self.keep(field, comment.id, Ok(post.clone()))?;
            }
        }
        self.below_posts(vec![(Arc::clone(field), found.into_values().collect())])
    }
}

/// The page of a comment that nobody answered.
fn none(page: &PageRequest) -> Page<CommentView> {
    Page { items: Vec::new(), has_previous: false, has_next: false, total: page.count.then_some(0) }
}

/// The profiles of those who wrote these comments.
fn profiles(comments: &[Arc<CommentView>]) -> Vec<Arc<AuthorView>> {
    let mut profiles: HashMap<Id, Arc<AuthorView>> = HashMap::new();
    for comment in comments {
        if let Some(profile) = comment.author.as_ref().and_then(|author| author.profile.as_ref()) {
            profiles.entry(profile.id).or_insert_with(|| Arc::new(profile.clone()));
        }
    }
    profiles.into_values().collect()
}
