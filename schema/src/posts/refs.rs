//! What hangs on posts: bylines, tags, and the site's terms, by one statement.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Integer, Nullable, Text};

use crate::db::Conn;
use crate::sql::{Dialect, Ids, Many, One, kept, on_inner};
use crate::types::{Id, IdSql};

/// Bylines and tags of posts as they are live, by id, and what the site lets readers reproduce.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// Post, author, role: by post, in the order of the byline.
    pub authors: Vec<(Id, Id, String)>,
    /// Post, tag: by post, in the editor's order.
    pub tags: Vec<(Id, Id)>,
    /// The site's terms: notice, address.
    pub terms: (Option<String>, Option<String>),
}

/// One text for all values, with the posts bound once.
struct Statement<I> {
    posts: I,
}

impl<DB: Dialect, I: Ids> QueryFragment<DB> for Statement<I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("WITH g (id) AS (");
        self.posts.push(&mut out)?;
        out.push_sql(
            ") SELECT 0, a.post_id, a.position, a.author_id, a.role, CAST(NULL AS text) \
             FROM g CROSS JOIN post_authors AS a WHERE a.post_id = g.id \
             UNION ALL SELECT 1, t.post_id, t.position, t.tag_id, NULL, NULL \
             FROM g CROSS JOIN post_tags AS t WHERE t.post_id = g.id \
             UNION ALL SELECT 2, NULL, 0, NULL, s.terms_notice, s.terms_url FROM site AS s WHERE s.id = 1",
        );
        Ok(())
    }
}

type Columns = (Integer, Nullable<IdSql>, Integer, Nullable<IdSql>, Nullable<Text>, Nullable<Text>);
kept!(Statement<One>, rows: Columns);
kept!(Statement<Many>, rows: Columns);

type Row = (i32, Option<Id>, i32, Option<Id>, Option<String>, Option<String>);

/// What hangs on these posts.
///
/// # Errors
/// When the database fails.
pub fn refs(conn: &mut Conn, posts: &[Id]) -> crate::Result<Refs> {
    let mut rows: Vec<Row> = if let [post] = posts {
        let statement = Statement { posts: One::of(*post) };
        on_inner!(conn, c => statement.load(c))?
    } else {
        let statement = Statement { posts: Many::of(posts) };
        on_inner!(conn, c => statement.load(c))?
    };
    rows.sort_by_key(|(_, post, position, ..)| (*post, *position));
    let mut refs = Refs::default();
    for row in rows {
        match row {
            (0, Some(post), _, Some(author), role, _) => {
                refs.authors.push((post, author, role.unwrap_or_default()));
            }
            (1, Some(post), _, Some(tag), ..) => refs.tags.push((post, tag)),
            (_, _, _, _, notice, url) => refs.terms = (notice, url),
        }
    }
    Ok(refs)
}
