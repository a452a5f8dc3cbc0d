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

/// A row of [`push_branches`]: which branch, post, what hangs on it, place, nothing, role or notice, address.
pub(super) type Row = (i32, Option<Id>, Option<Id>, i32, Option<Id>, Option<String>, Option<String>);

/// The lowest number that a row of [`push_branches`] begins with.
pub(super) const FIRST: i32 = AUTHORS;
// As the text of `push_branches` has them: it is walked at each execution, when numbers would be written out for nothing.
const AUTHORS: i32 = 7;
const TAGS: i32 = 8;

/// Bylines, tags and terms of `posts`, as branches of a statement whose rows have `more` columns than a [`Row`].
pub(super) fn push_branches<'b, DB: Dialect>(
    posts: &'b impl Ids,
    more: &str,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    out.push_sql("SELECT 7, a.post_id, a.author_id, a.position, NULL, a.role, NULL");
    out.push_sql(more);
    posts.of("post_authors AS a", "a.post_id", out)?;
    out.push_sql(" UNION ALL SELECT 8, t.post_id, t.tag_id, t.position, NULL, NULL, NULL");
    out.push_sql(more);
    posts.of("post_tags AS t", "t.post_id", out)?;
    out.push_sql(" UNION ALL SELECT 9, NULL, NULL, 0, NULL, s.terms_notice, s.terms_url");
    out.push_sql(more);
    out.push_sql(" FROM site AS s WHERE s.id = 1");
    Ok(())
}

impl Refs {
    /// What the branches gave.
    pub(super) fn of(mut rows: Vec<Row>) -> Self {
        rows.sort_by_key(|(_, post, _, position, ..)| (*post, *position));
        let mut refs = Self::default();
        for row in rows {
            match row {
                (AUTHORS, Some(post), Some(author), _, _, role, _) => {
                    refs.authors.push((post, author, role.unwrap_or_default()));
                }
                (TAGS, Some(post), Some(tag), ..) => refs.tags.push((post, tag)),
                (.., notice, url) => refs.terms = (notice, url),
            }
        }
        refs
    }
}

/// One text for all values.
struct Statement<I> {
    posts: I,
}

impl<DB: Dialect, I: Ids> QueryFragment<DB> for Statement<I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.posts.begin(&mut out)?;
        push_branches(&self.posts, "", &mut out)
    }
}

type Columns =
    (Integer, Nullable<IdSql>, Nullable<IdSql>, Integer, Nullable<IdSql>, Nullable<Text>, Nullable<Text>);
kept!([I: Ids + 'static] Statement<I>, rows: Columns);

/// What hangs on these posts.
///
/// # Errors
/// When the database fails.
pub fn refs(conn: &mut Conn, posts: &[Id]) -> crate::Result<Refs> {
    Ok(Refs::of(if let [post] = posts {
        let statement = Statement { posts: One::of(*post) };
        on_inner!(conn, c => statement.load(c))?
    } else {
        let statement = Statement { posts: Many::of(posts) };
        on_inner!(conn, c => statement.load(c))?
    }))
}
