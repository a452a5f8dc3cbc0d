//! Lists of posts: filters, orders, keyset pages, neighbours, totals.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::{Columns, FullPost, PostRow, WithImage, body};
use crate::db::{Conn, MultiBackend};
use crate::media::ImageRow;
use crate::page::{KeyValue, Place, Slice, Start, Window, keyset};
use crate::sql::{id_in, on_inner, text_in};
use crate::tables::{media, post_authors, post_lists, post_tags, posts};
use crate::types::{Id, Timestamp};
use crate::values::{LanguageTag, PostSort, PostStatus, Visibility};

/// Which posts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what the public lists show. Otherwise `statuses` and `mine` decide.
    pub listed: bool,
    /// Only these states; empty for all.
    pub statuses: Vec<PostStatus>,
    /// Only posts begun by this account or bearing this byline.
    pub mine: Option<(Id, Option<Id>)>,
    /// In the trash, rather than out of it.
    pub trashed: bool,
    /// Only these ids.
    pub ids: Option<Vec<Id>>,
    /// Bears one of these bylines; empty for any.
    pub authors: Vec<Id>,
    /// Bears one of these tags; empty for any.
    pub tags_any: Vec<Id>,
    /// Bears each of these tags.
    pub tags_all: Vec<Id>,
    /// Put forward or not.
    pub featured: Option<bool>,
    /// Published at or after this moment.
    pub published_after: Option<Timestamp>,
    /// Published before this moment.
    pub published_before: Option<Timestamp>,
    /// Changed at or after this moment.
    pub updated_since: Option<Timestamp>,
    /// In this language.
    pub language: Option<LanguageTag>,
    /// Of this visibility.
    pub visibility: Option<Visibility>,
}

impl Filter {
    /// The one list of [`post_lists`] that this filter is, if it is no more than that.
    fn one_list(&self) -> Option<Id> {
        let plain = self.listed
            && !self.trashed
            && self.statuses.is_empty()
            && self.mine.is_none()
            && self.ids.is_none()
            && self.featured.is_none()
            && self.published_after.is_none()
            && self.published_before.is_none()
            && self.updated_since.is_none()
            && self.language.is_none()
            && self.visibility.is_none();
        let lists: Vec<Id> =
            self.authors.iter().chain(&self.tags_any).chain(&self.tags_all).copied().collect();
        match lists.as_slice() {
            [list] if plain => Some(*list),
            _ => None,
        }
    }
}

impl PostSort {
    /// What a row sorts by.
    #[must_use]
    pub fn key(self, post: &PostRow) -> KeyValue {
        match self {
            Self::PublishedAtDesc | Self::PublishedAtAsc => KeyValue::Time(post.sorted_at),
            Self::UpdatedAtDesc => KeyValue::Time(post.updated_at),
            Self::TitleAsc => KeyValue::Text(post.title_key.clone()),
            Self::CommentCountDesc => KeyValue::Int(post.comment_count),
        }
    }
}

type Boxed<'a> = diesel::dsl::IntoBoxed<'a, diesel::dsl::LeftJoin<posts::table, media::table>, MultiBackend>;

fn filtered(filter: &Filter) -> Boxed<'_> {
    let mut query = posts::table.left_join(media::table).into_boxed::<MultiBackend>();
    if filter.listed {
        query = query.filter(posts::listed.eq(true));
    } else if filter.trashed {
        query = query.filter(posts::deleted_at.is_not_null());
    } else {
        query = query.filter(posts::deleted_at.is_null());
    }
    match filter.statuses.as_slice() {
        [] => {}
        [one] => query = query.filter(posts::status.eq(one)),
        many => query = query.filter(text_in(posts::status, many)),
    }
    if let Some((user, author)) = filter.mine {
        let own = posts::owner_id.eq(user).assume_not_null();
        query = match author {
            Some(author) => query.filter(
                own.or(exists(
                    post_authors::table
                        .filter(post_authors::post_id.eq(posts::id))
                        .filter(post_authors::author_id.eq(author)),
                )),
            ),
            None => query.filter(own),
        };
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(id_in(posts::id, ids));
    }
    if !filter.authors.is_empty() {
        query = query.filter(exists(
            post_authors::table
                .filter(post_authors::post_id.eq(posts::id))
                .filter(id_in(post_authors::author_id, &filter.authors)),
        ));
    }
    if !filter.tags_any.is_empty() {
        query = query.filter(exists(
            post_tags::table
                .filter(post_tags::post_id.eq(posts::id))
                .filter(id_in(post_tags::tag_id, &filter.tags_any)),
        ));
    }
    for tag in &filter.tags_all {
        query = query.filter(exists(
            post_tags::table.filter(post_tags::post_id.eq(posts::id)).filter(post_tags::tag_id.eq(*tag)),
        ));
    }
    if let Some(featured) = filter.featured {
        query = query.filter(posts::featured.eq(featured));
    }
    if let Some(at) = filter.published_after {
        query = query.filter(posts::published_at.ge(at));
        // A listed post stands where it was published: there the index is entered.
        if filter.listed {
            query = query.filter(posts::sorted_at.ge(at));
        }
    }
    if let Some(at) = filter.published_before {
        query = query.filter(posts::published_at.lt(at));
        if filter.listed {
            query = query.filter(posts::sorted_at.lt(at));
        }
    }
    if let Some(at) = filter.updated_since {
        query = query.filter(posts::updated_at.ge(at));
    }
    if let Some(language) = &filter.language {
        query = query.filter(posts::language.eq(language));
    }
    if let Some(visibility) = filter.visibility {
        query = query.filter(posts::visibility.eq(visibility));
    }
    query
}

/// The rows of a boxed query over posts and media. Lists seldom show bodies: then their columns are not named at all.
macro_rules! rows {
    ($query:expr, $conn:expr, $columns:expr) => {
        if $columns == Columns::NONE {
            let rows: Vec<WithImage> =
                $query.select((PostRow::as_select(), Option::<ImageRow>::as_select())).load($conn)?;
            rows.into_iter().map(FullPost::from).collect()
        } else {
            $query
                .select((PostRow::as_select(), Option::<ImageRow>::as_select(), body($columns)))
                .load($conn)?
        }
    };
}

/// One page of the posts that `filter` leaves, in `order`, with the long columns that are wanted.
///
/// # Errors
/// When the database fails.
pub fn list(
    conn: &mut Conn,
    filter: &Filter,
    order: PostSort,
    window: &Window,
    columns: Columns,
) -> crate::Result<Slice<FullPost>> {
    if let (Some(list), PostSort::PublishedAtDesc | PostSort::PublishedAtAsc) = (filter.one_list(), order) {
        return of_list(conn, list, order == PostSort::PublishedAtDesc, window, columns);
    }
    let query = filtered(filter);
    let time = |key: &KeyValue| key.time();
    let text = |key: &KeyValue| key.text().to_owned();
    let int = |key: &KeyValue| key.int();
    let query = match order {
        PostSort::PublishedAtDesc => {
            keyset!(query, window, posts::sorted_at, posts::id, time, descending: true)
        }
        PostSort::PublishedAtAsc => {
            keyset!(query, window, posts::sorted_at, posts::id, time, descending: false)
        }
        PostSort::UpdatedAtDesc => {
            keyset!(query, window, posts::updated_at, posts::id, time, descending: true)
        }
        PostSort::TitleAsc => keyset!(query, window, posts::title_key, posts::id, text, descending: false),
        PostSort::CommentCountDesc => {
            keyset!(query, window, posts::comment_count, posts::id, int, descending: true)
        }
    };
    Ok(window.slice(rows!(query, conn, columns)))
}

/// The ids and places of one page of the posts that `filter` leaves, in `order`: read from an index alone where it has all that
/// the filter asks for.
///
/// # Errors
/// When the database fails.
pub fn places(
    conn: &mut Conn,
    filter: &Filter,
    order: PostSort,
    window: &Window,
) -> crate::Result<Slice<Place>> {
    let time = |key: &KeyValue| key.time();
    if let (Some(list), PostSort::PublishedAtDesc | PostSort::PublishedAtAsc) = (filter.one_list(), order) {
        let query = post_lists::table.filter(post_lists::list_id.eq(list)).into_boxed::<MultiBackend>();
        let newest = order == PostSort::PublishedAtDesc;
        let query =
            keyset!(query, window, post_lists::sorted_at, post_lists::post_id, time, descending: newest);
        let rows = query.select((post_lists::post_id, post_lists::sorted_at)).load(conn)?;
        return Ok(window.slice(rows).map(|(id, at)| Place { key: KeyValue::Time(at), id }));
    }
    if order == PostSort::PublishedAtDesc && *filter == (Filter { listed: true, ..Filter::default() }) {
        // The list that everybody asks for: statements that diesel need not even write down again.
        let listed = posts::table
            .filter(posts::listed.eq(true))
            .order((posts::sorted_at.desc(), posts::id.desc()))
            .select((posts::id, posts::sorted_at))
            .limit(window.fetch());
        let rows: Option<Vec<(Id, Timestamp)>> = match &window.start {
            Start::First => Some(on_inner!(conn, c => listed.load(c))?),
            Start::After(place) => {
                let at = place.key.time();
                let beyond = posts::sorted_at.le(at).and(posts::sorted_at.lt(at).or(posts::id.lt(place.id)));
                let query = listed.filter(beyond);
                Some(on_inner!(conn, c => query.load(c))?)
            }
            _ => None,
        };
        if let Some(rows) = rows {
            return Ok(window.slice(rows).map(|(id, at)| Place { key: KeyValue::Time(at), id }));
        }
    }
    let query = filtered(filter);
    let text = |key: &KeyValue| key.text().to_owned();
    let int = |key: &KeyValue| key.int();
    macro_rules! by {
        ($column:expr, $value:expr, $kind:expr, descending: $descending:expr) => {{
            let query = keyset!(query, window, $column, posts::id, $value, descending: $descending);
            let rows = query.select((posts::id, $column)).load(conn)?;
            window.slice(rows).map(|(id, key)| Place { key: $kind(key), id })
        }};
    }
    Ok(match order {
        PostSort::PublishedAtDesc => by!(posts::sorted_at, time, KeyValue::Time, descending: true),
        PostSort::PublishedAtAsc => by!(posts::sorted_at, time, KeyValue::Time, descending: false),
        PostSort::UpdatedAtDesc => by!(posts::updated_at, time, KeyValue::Time, descending: true),
        PostSort::TitleAsc => by!(posts::title_key, text, KeyValue::Text, descending: false),
        PostSort::CommentCountDesc => by!(posts::comment_count, int, KeyValue::Int, descending: true),
    })
}

/// A page of one author's or one tag's list costs the same at any depth: it is a range of a table that is in order.
fn of_list(
    conn: &mut Conn,
    list: Id,
    newest: bool,
    window: &Window,
    columns: Columns,
) -> crate::Result<Slice<FullPost>> {
    let query = post_lists::table
        .inner_join(posts::table.left_join(media::table))
        .filter(post_lists::list_id.eq(list))
        .into_boxed::<MultiBackend>();
    let time = |key: &KeyValue| key.time();
    let query = keyset!(query, window, post_lists::sorted_at, post_lists::post_id, time, descending: newest);
    Ok(window.slice(rows!(query, conn, columns)))
}

/// How many posts `filter` leaves.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut Conn, filter: &Filter) -> crate::Result<i64> {
    Ok(filtered(filter).count().get_result(conn)?)
}
