//! What hangs on comments.

use std::collections::HashMap;
use std::sync::Arc;

use pressroom_schema::Id;
use pressroom_schema::comments::Below;

use super::shown::shown;
use super::{Loader, arg, distinct};
use crate::error::Result;
use crate::graphql::PlanField;
use crate::graphql::schema::connection::{asks_for_none, page_of, rows_of};
use crate::graphql::schema::objects::PostData;
use crate::graphql::schema::words::{CommentSort, ThreadView};
use crate::page::{DEFAULT_LIMIT, Page, PageRequest};
use crate::service::comments::{self, Order};
use crate::service::posts;
use crate::view::{AuthorView, CommentView, Shared};

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

/// Whether a field asks for some comments from the beginning, oldest first, without their number.
fn is_plain(field: &PlanField) -> bool {
    let args = &field.args;
    args.int("last").is_none()
        && !asks_for_none(field)
        && args.string("after").is_none()
        && args.string("before").is_none()
        && args.enum_name("sort").is_none_or(|sort| sort == "OLDEST")
        && !field.selects("CommentConnection", "totalCount")
        && page_of(field, "CommentConnection").is_ok()
}

/// How many comments a plain field asks for.
fn first_of(field: &PlanField) -> usize {
    field.args.int("first").unwrap_or(DEFAULT_LIMIT).try_into().unwrap_or_default()
}

/// How much of its thread one post is to be loaded with, in the statements that read the page: where it is asked for the first
/// page, and the replies are bound to be few enough. Else a thread is read level by level.
pub(super) fn embedding(post: &PlanField) -> Option<Below> {
    let threads = post.named("Post", "comments");
    let [thread] = threads.as_slice() else { return None };
    if !is_embedded(thread) {
        return None;
    }
    let (mut level, mut levels, mut per_parent) = (vec![Arc::clone(thread)], 0, 0);
    loop {
        let rows = level.iter().flat_map(|field| rows_of(field, "CommentConnection", "CommentEdge"));
        level =
            rows.flat_map(|row| row.named("Comment", "replies")).filter(|field| is_plain(field)).collect();
        let Some(most) = level.iter().map(|field| first_of(field)).max() else { break };
        per_parent = per_parent.max(i64::try_from(most).unwrap_or(i64::MAX));
        levels += 1;
    }
    let mut bound = 0_i64;
    for _ in 0..levels {
        bound = bound.saturating_add(DEFAULT_LIMIT).saturating_mul(per_parent);
    }
    let most = comments::REPLIES_PER_ANSWER;
    (bound < most).then_some(Below { per_parent, levels, most })
}

/// Whether a field of a post asks for no more of its thread than the first page that a post may be loaded with.
fn is_embedded(field: &PlanField) -> bool {
    is_plain(field)
        && field.args.int("first").is_none_or(|first| first <= DEFAULT_LIMIT)
        && field.args.enum_name("view").is_none_or(|view| view == "THREAD")
}

/// The threads that posts were loaded with; `None` where one was not.
fn embedded(posts: &[PostData], limit: usize) -> Option<HashMap<Id, Page<CommentView>>> {
    let thread = |post: &PostData| match post {
        PostData::Full(view) => {
            Some((view.id, comments::page_of_embedded(view.id, view.comments.as_ref()?, limit)))
        }
        PostData::Brief(_) => None,
    };
    posts.iter().map(thread).collect()
}

impl Loader<'_> {
    /// A page of the comments under each of these posts.
    pub(super) fn threads(&mut self, field: &PlanField, posts: &[PostData]) -> Result<()> {
        if is_embedded(field)
            && let Some(pages) = embedded(posts, first_of(field))
        {
            return self.pages(field, pages);
        }
        let posts = &distinct(posts.iter().map(PostData::id));
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
        let mut nested: HashMap<Id, Page<CommentView>> = HashMap::new();
        if is_plain(field) {
            let page = |comment: &Arc<CommentView>| comments::page_of_nested(comment, first_of(field));
            nested.extend(comments.iter().filter_map(|comment| Some((comment.id, page(comment)?))));
        }
        let answered =
            |comment: &&Arc<CommentView>| comment.reply_count > 0 && !nested.contains_key(&comment.id);
        let parents = distinct(comments.iter().filter(answered).map(|comment| comment.id));
        let found = page_of(field, "CommentConnection").and_then(|page| {
            let order = order_of(field)?;
            let pages = comments::load_replies(self.svc, self.conn, self.viewer, &parents, order, &page)?;
            Ok((pages, page))
        });
        match found {
            Ok((mut pages, page)) => {
                pages.extend(nested);
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
            match comment.parent_id.map(|id| found.get(&id)) {
                Some(Some(parent)) => drop(self.keep(field, comment.id, Ok(Arc::clone(parent)))?),
                Some(None) => self.loaded.lacks = true,
                None => {}
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
            match found.get(&comment.post_id) {
                Some(post) => drop(self.keep(field, comment.id, Ok(post.clone()))?),
                None => self.loaded.lacks = true,
            }
        }
        self.below_posts(&[(Arc::clone(field), found.into_values().collect())])
    }
}

/// The page of a comment that nobody answered.
fn none(page: &PageRequest) -> Page<CommentView> {
    Page { items: Vec::new(), has_previous: false, has_next: false, total: page.count.then_some(0) }
}

/// The profiles of those who wrote these comments.
fn profiles(comments: &[Arc<CommentView>]) -> Vec<Shared<AuthorView>> {
    let mut profiles: HashMap<Id, Shared<AuthorView>> = HashMap::new();
    for comment in comments {
        if let Some(profile) = comment.author.as_ref().and_then(|author| author.profile.as_ref()) {
            profiles.entry(profile.id).or_insert_with(|| profile.clone());
        }
    }
    profiles.into_values().collect()
}
