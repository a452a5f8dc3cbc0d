//! What hangs on comments.

use std::collections::HashMap;
use std::sync::Arc;

use pressroom_schema::comments::Below;
use pressroom_schema::{CommentSort, Id, ThreadView};

use super::shown::shown;
use super::{Loader, distinct};
use crate::error::Result;
use crate::graphql::PlanField;
use crate::graphql::schema::arguments::{PageArguments, RepliesArguments, ThreadArguments};
use crate::graphql::schema::connection::{page_of, rows_of};
use crate::graphql::schema::objects::PostData;
use crate::page::{DEFAULT_LIMIT, Page, PageRequest};
use crate::service::comments;
use crate::service::posts;
use crate::view::{AuthorView, CommentView, Shared};

/// Comments that stand under a field.
type FieldComments = (Arc<PlanField>, Vec<Arc<CommentView>>);

/// A page of comments as it is kept.
type CommentPage = Arc<Page<Arc<CommentView>>>;

/// Whether a field asks for some comments from the beginning, oldest first, without their number.
fn is_plain(page: &PageArguments, sort: CommentSort, field: &PlanField) -> bool {
    page.last.is_none()
        && !page.asked().none
        && page.after.is_none()
        && page.before.is_none()
        && sort == CommentSort::Oldest
        && !field.selects("CommentConnection", "totalCount")
        && page_of(page, field, "CommentConnection").is_ok()
}

/// How many comments a plain field asks for.
fn first_of(page: &PageArguments) -> usize {
    page.first.map_or(DEFAULT_LIMIT, i64::from).try_into().unwrap_or_default()
}

/// Whether a field of a post asks for no more of its thread than the first page that a post may be loaded with.
fn is_embedded(args: &ThreadArguments, field: &PlanField) -> bool {
    is_plain(&args.page, args.sort, field)
        && args.page.first.is_none_or(|first| i64::from(first) <= DEFAULT_LIMIT)
        && args.view == ThreadView::Thread
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

impl Loader<'_, '_> {
    /// How much of its thread one post is to be loaded with, in the statements that read the page: where it is asked for the first
    /// page, and the replies are bound to be few enough. Else a thread is read level by level.
    pub(super) fn embedding(&mut self, post: &PlanField) -> Option<Below> {
        let threads = post.named("Post", "comments");
        let [thread] = threads.as_slice() else { return None };
        let args = self.loaded.args::<ThreadArguments>(thread)?;
        if !is_embedded(&args, thread) {
            return None;
        }
        let (mut level, mut levels, mut per_parent) = (vec![(Arc::clone(thread), args.page.clone())], 0, 0);
        loop {
            let rows = level
                .iter()
                .flat_map(|(field, page)| rows_of(page, field, "CommentConnection", "CommentEdge"));
            let replies: Vec<_> = rows.flat_map(|row| row.named("Comment", "replies")).collect();
            let plain = |field: Arc<PlanField>| {
                let args = self.loaded.args::<RepliesArguments>(&field)?;
                is_plain(&args.page, args.sort, &field).then(|| (field, args.page.clone()))
            };
            level = replies.into_iter().filter_map(plain).collect();
            let Some(most) = level.iter().map(|(_, page)| first_of(page)).max() else { break };
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

    /// A page of the comments under each of these posts.
    pub(super) fn threads(&mut self, field: &PlanField, posts: &[PostData]) -> Result<()> {
        let Some(args) = self.loaded.args::<ThreadArguments>(field) else { return Ok(()) };
        if is_embedded(&args, field)
            && let Some(pages) = embedded(posts, first_of(&args.page))
        {
            return self.pages(field, &args.page, pages);
        }
        let posts = &distinct(posts.iter().map(PostData::id));
        let page = page_of(&args.page, field, "CommentConnection");
        let found = page.and_then(|page| {
            let (order, flat) = (args.sort, args.view == ThreadView::Flat);
            comments::load_threads(self.svc, self.reader, self.viewer, posts, order, &page, flat)
        });
        match found {
            Ok(pages) => self.pages(field, &args.page, pages),
            Err(error) => self.refuse::<CommentPage>(field, posts, &error),
        }
    }

    /// Keeps a page for each owner, and loads what is asked of its comments.
    fn pages(
        &mut self,
        field: &PlanField,
        args: &PageArguments,
        pages: HashMap<Id, Page<CommentView>>,
    ) -> Result<()> {
        let mut all = Vec::new();
        for (owner, page) in pages {
            let page: CommentPage = Arc::new(page.map(Arc::new));
            all.extend(page.items.iter().map(|(_, comment)| Arc::clone(comment)));
            self.keep(field, owner, Ok(page))?;
        }
        let rows = rows_of(args, field, "CommentConnection", "CommentEdge");
        let stands: Vec<FieldComments> = rows.into_iter().map(|row| (row, all.clone())).collect();
        self.below_comments(&stands)
    }

    /// What is asked of comments.
    pub(super) fn below_comments(&mut self, stands: &[FieldComments]) -> Result<()> {
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
        let Some(args) = self.loaded.args::<RepliesArguments>(field) else { return Ok(()) };
        let mut nested: HashMap<Id, Page<CommentView>> = HashMap::new();
        if is_plain(&args.page, args.sort, field) {
            let page = |comment: &Arc<CommentView>| comments::page_of_nested(comment, first_of(&args.page));
            nested.extend(comments.iter().filter_map(|comment| Some((comment.id, page(comment)?))));
        }
        let answered =
            |comment: &&Arc<CommentView>| comment.reply_count > 0 && !nested.contains_key(&comment.id);
        let parents = distinct(comments.iter().filter(answered).map(|comment| comment.id));
        let found = page_of(&args.page, field, "CommentConnection").and_then(|page| {
            let order = args.sort;
            let pages = comments::load_replies(self.svc, self.reader, self.viewer, &parents, order, &page)?;
            Ok((pages, page))
        });
        match found {
            Ok((mut pages, page)) => {
                pages.extend(nested);
                for comment in comments {
                    pages.entry(comment.id).or_insert_with(|| none(&page));
                }
                self.pages(field, &args.page, pages)
            }
            Err(error) => {
                let owners = distinct(comments.iter().map(|comment| comment.id));
                self.refuse::<CommentPage>(field, &owners, &error)
            }
        }
    }

    fn parents(&mut self, field: &Arc<PlanField>, comments: &[Arc<CommentView>]) -> Result<()> {
        let ids = distinct(comments.iter().filter_map(|comment| comment.parent_id));
        let found = comments::load_comments(self.svc, self.reader, self.viewer, &ids)?;
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
        let found = posts::load_visible(self.svc, self.reader, self.viewer, &ids, shown)?;
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
