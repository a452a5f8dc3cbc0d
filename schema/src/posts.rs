//! Posts as they are live (or, while they are not, as their working copy is): rows and queries.

mod list;
mod lists;
mod refs;
mod relations;
mod store;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::{Conn, MultiBackend};
use crate::media::ImageRow;
use crate::sql::{Wanted, id_in, on_inner, wanted};
use crate::tables::{media, post_authors, posts};
use crate::types::{Id, Json, Timestamp};
use crate::values::{BodyFormat, LanguageTag, PostStatus, Slug, Visibility};

pub use list::{Filter, count, list, places};
pub use lists::{PageOf, pages_of_lists};
pub use refs::{Refs, SiteDefaults, refs};
pub use relations::{
    PostRelation, RelationKind, SummaryRow, WantedRelations, refs_and_relations, relations, summaries,
};
pub use store::{
    NewPost, delete, due, insert, next_due, preview_epoch, relist, revoke_previews, set_comment_count,
    set_slug, update,
};

/// What editors decide of a post, and what is stored as they set it: in the post's row and in each revision. A revision that was
/// stored before a member was there has the member's default.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset,
)]
#[diesel(table_name = posts)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
#[serde(default)]
pub struct PostContent {
    /// Title.
    pub title: String,
    /// Name in addresses.
    pub slug: Slug,
    /// A line under the title.
    pub subtitle: Option<String>,
    /// Whether the editors put it forward.
    pub featured: bool,
    /// Who finds it.
    pub visibility: Visibility,
    /// BCP 47.
    pub language: LanguageTag,
    /// Own terms.
    pub terms_notice: Option<String>,
    /// Own terms.
    pub terms_url: Option<String>,
    /// Where it first appeared.
    pub canonical_url: Option<String>,
    /// `{title, description, image}`.
    pub seo: Json,
    /// The editors' own object.
    pub custom: Json,
}

/// What is counted in a post's body.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
)]
#[diesel(table_name = posts)]
pub struct Measures {
    /// Words; each Chinese or Japanese character counts as one.
    pub word_count: i32,
    /// Minutes to read it, rounded up: at least 1 where there is text, 0 where there is none.
    pub reading_minutes: i32,
}

/// A post without its long columns.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = posts)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct PostRow {
    /// Its id.
    pub id: Id,
    /// What editors decide of it.
    #[diesel(embed)]
    pub content: PostContent,
    /// What is counted in its body.
    #[diesel(embed)]
    pub measures: Measures,
    /// How far it has come.
    pub status: PostStatus,
    /// Whether the public lists show it: published, public, not in the trash.
    pub listed: bool,
    /// What lists sort by: when it was published, or begun.
    pub sorted_at: Timestamp,
    /// When it was, or will be, published.
    pub published_at: Option<Timestamp>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When what is shown last changed.
    pub updated_at: Timestamp,
    /// When it was moved to the trash.
    pub deleted_at: Option<Timestamp>,
    /// Rises with every change, of the working copy too.
    pub version: i64,
    /// Number of the newest revision, which is the working copy.
    pub revision: i32,
    /// Number of the revision that is live.
    pub live_revision: Option<i32>,
    /// The account that began it.
    pub owner_id: Option<Id>,
    /// Approved comments.
    pub comment_count: i64,
    /// What the title sorts by.
    pub title_key: String,
    /// The editor's, or made from the text.
    pub excerpt: String,
    /// Image at its head.
    pub image_media_id: Option<Id>,
    /// What the image shows, if other than the media object says.
    pub image_alt: Option<String>,
    /// A line under the image, if other than the media object says.
    pub image_caption: Option<String>,
}

impl PostRow {
    /// A draft that begins now and has nothing yet.
    #[must_use]
    pub fn begin(id: Id, owner_id: Option<Id>, now: Timestamp) -> Self {
        Self {
            id,
            content: PostContent::default(),
            measures: Measures::default(),
            status: PostStatus::Draft,
            listed: false,
            sorted_at: now,
            published_at: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            version: 1,
            revision: 0,
            live_revision: None,
            owner_id,
            comment_count: 0,
            title_key: String::new(),
            excerpt: String::new(),
            image_media_id: None,
            image_alt: None,
            image_caption: None,
        }
    }

    /// Whether readers can see it under its address.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status == PostStatus::Published && self.deleted_at.is_none()
    }

    /// Whether the working copy differs from what is live.
    #[must_use]
    pub fn has_unpublished_changes(&self) -> bool {
        self.live_revision.is_some_and(|live| live != self.revision)
    }
}

/// Which of the long columns are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Columns {
    /// Body rendered and sanitised.
    pub html: bool,
    /// Body as plain text.
    pub text: bool,
    /// Body as sent, and its format.
    pub source: bool,
}

impl Columns {
    /// None of them.
    pub const NONE: Self = Self { html: false, text: false, source: false };
    /// All of them.
    pub const ALL: Self = Self { html: true, text: true, source: true };
}

/// The long columns, as far as they were wanted.
#[derive(Debug, Clone, Default, Queryable)]
pub struct PostBody {
    /// Body rendered and sanitised.
    pub html: Option<String>,
    /// Body as plain text.
    pub text: Option<String>,
    /// In what it is written.
    pub format: Option<BodyFormat>,
    /// Body as sent.
    pub source: Option<String>,
}

/// The columns of a [`PostBody`].
type Body =
    (Wanted<posts::html>, Wanted<posts::text>, Wanted<posts::body_format>, Wanted<posts::body_source>);

fn body(columns: Columns) -> Body {
    (
        wanted(posts::html, columns.html),
        wanted(posts::text, columns.text),
        wanted(posts::body_format, columns.source),
        wanted(posts::body_source, columns.source),
    )
}

/// The columns of a [`WithImage`], which are the same on both databases.
type Row = (
    <PostRow as Selectable<MultiBackend>>::SelectExpression,
    <Option<ImageRow> as Selectable<MultiBackend>>::SelectExpression,
);

fn row() -> Row {
    (
        <PostRow as Selectable<MultiBackend>>::construct_selection(),
        <Option<ImageRow> as Selectable<MultiBackend>>::construct_selection(),
    )
}

/// A post with its image, and what was wanted of its long columns.
#[derive(Debug, Clone, Queryable)]
pub struct FullPost {
    /// The post.
    pub post: PostRow,
    /// The image at its head.
    pub image: Option<ImageRow>,
    /// The long columns.
    pub body: PostBody,
}

impl From<WithImage> for FullPost {
    fn from((post, image): WithImage) -> Self {
        Self { post, image, body: PostBody::default() }
    }
}

/// A post and its image.
pub type WithImage = (PostRow, Option<ImageRow>);

/// A post by id or slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ref {
    /// By id.
    Id(Id),
    /// By slug.
    Slug(Slug),
    /// By a text that can be neither: nothing is found by it.
    Nothing,
}

impl Ref {
    /// Ids have the form of a UUID, which no slug may have.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let slug = || text.parse().map_or(Self::Nothing, Self::Slug);
        text.parse().map_or_else(|_| slug(), Self::Id)
    }
}

/// The post and its image, whatever its state.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, post: &Ref) -> crate::Result<Option<WithImage>> {
    let base = posts::table.left_join(media::table).select(row());
    Ok(match post {
        Ref::Id(id) => on_inner!(conn, c => base.filter(posts::id.eq(*id)).first(c)).optional()?,
        Ref::Slug(slug) => on_inner!(conn, c => base.filter(posts::slug.eq(slug)).first(c)).optional()?,
        Ref::Nothing => None,
    })
}

/// The posts with these ids, in no particular order, whatever their state.
///
/// # Errors
/// When the database fails.
pub fn by_ids(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<WithImage>> {
    Ok(match ids {
        [] => Vec::new(),
        // The one that changed among many that are kept: no list need be taken apart for it.
        [id] => find(conn, &Ref::Id(*id))?.into_iter().collect(),
        _ => {
            let query = posts::table.left_join(media::table).filter(id_in(posts::id, ids)).select(row());
            on_inner!(conn, c => query.load(c))?
        }
    })
}

/// The post with its image and the long columns that are wanted, whatever its state.
///
/// # Errors
/// When the database fails.
pub fn find_full(conn: &mut Conn, post: &Ref, columns: Columns) -> crate::Result<Option<FullPost>> {
    if columns == Columns::NONE {
        return Ok(find(conn, post)?.map(FullPost::from));
    }
    let (post_columns, image_columns) = row();
    let base = posts::table.left_join(media::table).select((post_columns, image_columns, body(columns)));
    Ok(match post {
        Ref::Id(id) => on_inner!(conn, c => base.filter(posts::id.eq(*id)).first(c)).optional()?,
        Ref::Slug(slug) => on_inner!(conn, c => base.filter(posts::slug.eq(slug)).first(c)).optional()?,
        Ref::Nothing => None,
    })
}

/// [`by_ids`], with the long columns that are wanted.
///
/// # Errors
/// When the database fails.
pub fn full_by_ids(conn: &mut Conn, ids: &[Id], columns: Columns) -> crate::Result<Vec<FullPost>> {
    if columns == Columns::NONE {
        return Ok(by_ids(conn, ids)?.into_iter().map(FullPost::from).collect());
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (post_columns, image_columns) = row();
    let query = posts::table.left_join(media::table).filter(id_in(posts::id, ids)).select((
        post_columns,
        image_columns,
        body(columns),
    ));
    Ok(on_inner!(conn, c => query.load(c))?)
}

/// Ids of the posts' authors as they are live, for questions of rights.
///
/// # Errors
/// When the database fails.
pub fn author_ids(conn: &mut Conn, post: Id) -> crate::Result<Vec<Id>> {
    Ok(post_authors::table
        .filter(post_authors::post_id.eq(post))
        .order(post_authors::position)
        .select(post_authors::author_id)
        .load(conn)?)
}

/// The bylines of posts as they are live, as pairs of post and author: for questions of rights about many.
///
/// # Errors
/// When the database fails.
pub fn bylines(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<(Id, Id)>> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(post_authors::table
        .filter(id_in(post_authors::post_id, posts))
        .order((post_authors::post_id, post_authors::position))
        .select((post_authors::post_id, post_authors::author_id))
        .load(conn)?)
}

/// Summaries of these posts, each with its authors in the order of the byline; in no particular order of posts.
///
/// # Errors
/// When the database fails.
pub fn with_bylines(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<(SummaryRow, Vec<Id>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(SummaryRow, Option<Id>)> = posts::table
        .left_join(post_authors::table)
        .filter(id_in(posts::id, ids))
        .order((posts::id, post_authors::position))
        .select((SummaryRow::as_select(), post_authors::author_id.nullable()))
        .load(conn)?;
    let mut found: Vec<(SummaryRow, Vec<Id>)> = Vec::with_capacity(ids.len());
    for (row, author) in rows {
        match found.last_mut() {
            Some((last, authors)) if last.id == row.id => authors.extend(author),
            _ => found.push((row, author.into_iter().collect())),
        }
    }
    Ok(found)
}

/// Whether any post, in whatever state, bears this slug.
///
/// # Errors
/// When the database fails.
pub fn slug_taken(conn: &mut Conn, slug: &Slug, except: Option<Id>) -> crate::Result<bool> {
    let found: Option<Id> =
        posts::table.filter(posts::slug.eq(slug)).select(posts::id).first(conn).optional()?;
    Ok(found.is_some_and(|id| Some(id) != except))
}

/// A place's number as a revision's.
pub(crate) fn page_int(key: &crate::page::KeyValue) -> i32 {
    i32::try_from(key.int()).unwrap_or(i32::MAX)
}
