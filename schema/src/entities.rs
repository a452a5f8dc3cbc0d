//! Authors and tags together, by one statement: what bylines, tags and comments of one answer name.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Integer, Nullable};

use crate::authors::{self, AuthorRow, WithAvatar};
use crate::db::{Conn, MultiBackend};
use crate::media::ImageRow;
use crate::sql::{Dialect, Ids as _, Many, cached_statement, on_inner};
use crate::tags::{self, TagRow, WithParent};
use crate::types::Id;

type AuthorColumns = <AuthorRow as Selectable<MultiBackend>>::SelectExpression;
type ImageColumns = <ImageRow as Selectable<MultiBackend>>::SelectExpression;

/// One text for all values. Tags travel in the columns of authors: their description as the biography's source, their kind as its
/// HTML, their parent's id as the portrait's, its slug and name as location and website.
struct Statement {
    authors: Many,
    tags: Many,
    author_columns: AuthorColumns,
    image_columns: ImageColumns,
}

impl<DB: Dialect> QueryFragment<DB> for Statement
where
    AuthorColumns: QueryFragment<DB>,
    ImageColumns: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("WITH a (id) AS (");
        self.authors.push(&mut out)?;
        out.push_sql("), t (id) AS (");
        self.tags.push(&mut out)?;
        out.push_sql(") SELECT 0, ");
        self.author_columns.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.image_columns.walk_ast(out.reborrow())?;
        out.push_sql(
            " FROM a CROSS JOIN authors LEFT JOIN media ON media.id = authors.avatar_media_id WHERE authors.id = a.id \
             UNION ALL SELECT 1, tags.id, tags.slug, tags.name, tags.name_key, 'markdown', tags.description, tags.kind, tags.parent_id, \
             parents.slug, parents.name, '[]', tags.post_count, NULL, NULL, tags.version, tags.created_at, tags.updated_at, \
             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL \
             FROM t CROSS JOIN tags LEFT JOIN tags AS parents ON parents.id = tags.parent_id WHERE tags.id = t.id",
        );
        Ok(())
    }
}

cached_statement!(Statement, rows: (Integer, SqlTypeOf<AuthorColumns>, Nullable<SqlTypeOf<ImageColumns>>));

/// The profiles and tags with these ids, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn by_ids(
    conn: &mut Conn,
    authors: &[Id],
    tags: &[Id],
) -> crate::Result<(Vec<WithAvatar>, Vec<WithParent>)> {
    if authors.is_empty() || tags.is_empty() {
        return Ok((authors::by_ids(conn, authors)?, tags::by_ids(conn, tags)?));
    }
    let statement = Statement {
        authors: Many::of(authors),
        tags: Many::of(tags),
        author_columns: <AuthorRow as Selectable<MultiBackend>>::construct_selection(),
        image_columns: <ImageRow as Selectable<MultiBackend>>::construct_selection(),
    };
    let rows: Vec<(i32, AuthorRow, Option<ImageRow>)> = on_inner!(conn, c => statement.load(c))?;
    let mut found = (Vec::new(), Vec::new());
    for (kind, row, avatar) in rows {
        if kind == 0 {
            found.0.push((row, avatar));
        } else {
            found.1.push(tag(row)?);
        }
    }
    Ok(found)
}

fn tag(row: AuthorRow) -> crate::Result<WithParent> {
    let parent = match (row.avatar_media_id, row.location, row.website) {
        (Some(id), Some(slug), Some(name)) => Some((id, slug.parse()?, name)),
        _ => None,
    };
    let tag = TagRow {
        id: row.id,
        slug: row.slug,
        name: row.name,
        name_key: row.name_key,
        kind: row.bio_html.parse()?,
        description: row.bio_source,
        parent_id: row.avatar_media_id,
        post_count: row.post_count,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok((tag, parent))
}
