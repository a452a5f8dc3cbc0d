//! Every save of a post, as a full snapshot; the newest is the working copy.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::page::{Slice, Window};
use crate::posts::{PostContent, page_int};
use crate::site::SiteRow;
use crate::tables::{revisions, users};
use crate::types::{Id, Json, Timestamp};
use crate::values::{BodyFormat, Relation, RevisionReason};

/// A byline in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotByline {
    /// The author.
    pub author_id: Id,
    /// The author's part.
    pub role: String,
}

/// An image in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotImage {
    /// The media object.
    pub media_id: Id,
    /// What it shows here, if other than the media object says.
    pub alt: Option<String>,
    /// A line under it here, if other than the media object says.
    pub caption: Option<String>,
}

/// A link in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotLink {
    /// Its id, kept when the snapshot becomes live.
    pub id: Id,
    /// What it means.
    pub relation: Relation,
    /// The editor's remark.
    pub note: Option<String>,
    /// The post at the other end.
    pub target_post_id: Option<Id>,
    /// Or something elsewhere.
    pub external: Option<SnapshotExternal>,
}

/// The far end of a link to another site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotExternal {
    /// Where.
    pub url: String,
    /// Title.
    pub title: Option<String>,
    /// Writer.
    pub author: Option<String>,
    /// Publisher.
    pub publisher: Option<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// Everything about a post that an editor decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What the post's row has as it is here.
    #[serde(flatten)]
    pub content: PostContent,
    /// The editor's excerpt; made from the text where there is none.
    pub excerpt: Option<String>,
    /// In what the body is written.
    pub body_format: BodyFormat,
    /// Body as sent.
    pub body_source: String,
    /// Image at its head.
    pub image: Option<SnapshotImage>,
    /// Bylines in order.
    pub authors: Vec<SnapshotByline>,
    /// Tags in order.
    pub tags: Vec<Id>,
    /// Curated links in order.
    pub links: Vec<SnapshotLink>,
}

impl Snapshot {
    /// Of a post that begins: by `author`, if anybody, and as the site has it.
    #[must_use]
    pub fn begin(site: &SiteRow, author: Option<Id>) -> Self {
        let byline = |author_id| SnapshotByline { author_id, role: "author".into() };
        Self {
            content: PostContent { language: site.language.clone(), ..PostContent::default() },
            excerpt: None,
            body_format: BodyFormat::Markdown,
            body_source: String::new(),
            image: None,
            authors: author.map(byline).into_iter().collect(),
            tags: Vec::new(),
            links: Vec::new(),
        }
    }
}

/// A revision without its snapshot.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = revisions)]
pub struct RevisionRow {
    /// Whose.
    pub post_id: Id,
    /// 1, 2, 3, …
    pub number: i32,
    /// When it was saved.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Option<Id>,
    /// Why it was saved.
    pub reason: RevisionReason,
    /// Title at that time.
    pub title: String,
    /// Words at that time.
    pub word_count: i32,
}

/// A revision and the name of who saved it.
pub type WithName = (RevisionRow, Option<String>);

/// Saves a snapshot as revision `row.number`, with what its body was rendered to.
///
/// # Errors
/// When the database fails.
pub fn insert(
    conn: &mut Conn,
    row: &RevisionRow,
    snapshot: &Snapshot,
    rendered: Option<&str>,
) -> crate::Result<()> {
    diesel::insert_into(revisions::table)
        .values((
            revisions::post_id.eq(row.post_id),
            revisions::number.eq(row.number),
            revisions::created_at.eq(row.created_at),
            revisions::created_by.eq(row.created_by),
            revisions::reason.eq(row.reason),
            revisions::title.eq(&row.title),
            revisions::word_count.eq(row.word_count),
            revisions::snapshot.eq(Json::of(snapshot)),
            revisions::rendered.eq(rendered),
        ))
        .execute(conn)?;
    Ok(())
}

/// The snapshot of one revision.
///
/// # Errors
/// When the database fails.
pub fn snapshot(conn: &mut Conn, post: Id, number: i32) -> crate::Result<Option<Snapshot>> {
    let json: Option<Json> = revisions::table
        .filter(revisions::post_id.eq(post))
        .filter(revisions::number.eq(number))
        .select(revisions::snapshot)
        .first(conn)
        .optional()?;
    json.map(|json| json.to()).transpose()
}

/// What the body of one revision was rendered to, where that is kept.
///
/// # Errors
/// When the database fails.
pub fn rendered(conn: &mut Conn, post: Id, number: i32) -> crate::Result<Option<String>> {
    let found: Option<Option<String>> = revisions::table
        .filter(revisions::post_id.eq(post))
        .filter(revisions::number.eq(number))
        .select(revisions::rendered)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// Keeps what the body of one revision was rendered to.
///
/// # Errors
/// When the database fails.
pub fn keep_rendered(conn: &mut Conn, post: Id, number: i32, rendered: &str) -> crate::Result<()> {
    diesel::update(revisions::table.filter(revisions::post_id.eq(post)).filter(revisions::number.eq(number)))
        .set(revisions::rendered.eq(rendered))
        .execute(conn)?;
    Ok(())
}

/// One revision.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, post: Id, number: i32) -> crate::Result<Option<WithName>> {
    Ok(revisions::table
        .left_join(users::table)
        .filter(revisions::post_id.eq(post))
        .filter(revisions::number.eq(number))
        .select((RevisionRow::as_select(), users::name.nullable()))
        .first(conn)
        .optional()?)
}

/// A post's revisions, newest first.
///
/// # Errors
/// When the database fails.
pub fn list(conn: &mut Conn, post: Id, window: &Window) -> crate::Result<Slice<WithName>> {
    let falls = !window.is_backward();
    let mut query = revisions::table
        .left_join(users::table)
        .filter(revisions::post_id.eq(post))
        .into_boxed::<crate::db::MultiBackend>();
    if let Some(place) = window.place() {
        let number = page_int(&place.key);
        query = if falls {
            query.filter(revisions::number.lt(number))
        } else {
            query.filter(revisions::number.gt(number))
        };
    }
    query = if falls { query.order(revisions::number.desc()) } else { query.order(revisions::number.asc()) };
    let rows =
        query.limit(window.fetch()).select((RevisionRow::as_select(), users::name.nullable())).load(conn)?;
    Ok(window.slice(rows))
}

/// A post, its working copy, and what the body of that was rendered to, where that is kept.
pub type WorkingCopy = (Id, i32, Snapshot, Option<String>);

/// The working copies of these posts, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn working_copies(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<WorkingCopy>> {
    use crate::tables::posts as p;
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Id, i32, Json, Option<String>)> = revisions::table
        .inner_join(p::table.on(p::id.eq(revisions::post_id).and(p::revision.eq(revisions::number))))
        .filter(crate::sql::id_in(revisions::post_id, posts))
        .select((revisions::post_id, revisions::number, revisions::snapshot, revisions::rendered))
        .load(conn)?;
    rows.into_iter().map(|(id, number, json, rendered)| Ok((id, number, json.to()?, rendered))).collect()
}

#[cfg(test)]
mod tests {
    use super::Snapshot;

    #[test]
    fn revisions_that_the_first_version_stored_are_still_read() {
        let stored = r#"{
            "title": "T", "slug": "t", "subtitle": null, "excerpt": "E",
            "body_format": "markdown", "body_source": "*fine*",
            "image": { "media_id": "0190a5d8-7c3e-7cc0-8000-000000000001", "alt": "A", "caption": null },
            "authors": [{ "author_id": "0190a5d8-7c3e-7cc0-8000-000000000002", "role": "author" }],
            "tags": ["0190a5d8-7c3e-7cc0-8000-000000000003"],
            "links": [{
                "id": "0190a5d8-7c3e-7cc0-8000-000000000004", "relation": "cites", "note": null, "target_post_id": null,
                "external": { "url": "https://example.org/", "title": null, "author": null, "publisher": null, "published_at": null }
            }],
            "featured": true, "visibility": "unlisted", "language": "en",
            "terms_notice": "N", "terms_url": null, "canonical_url": null, "seo": { "title": "S" }, "custom": { "a": 1 }
        }"#;
        let snapshot: Snapshot = serde_json::from_str(stored).unwrap();
        assert_eq!((snapshot.content.title.as_str(), snapshot.content.featured), ("T", true));
        assert_eq!((snapshot.authors.len(), snapshot.tags.len(), snapshot.links.len()), (1, 1, 1));
    }
}
