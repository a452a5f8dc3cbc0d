//! Pages of threads: for one post or many, for one comment's replies or many, each by one statement whose cost depends on what
//! it answers and not on how long the threads are.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "a bound value must outlive the statement")]

use diesel::QueryResult;
use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::Integer;

use super::CommentRow;
use crate::db::{Conn, MultiBackend};
use crate::page::{KeyValue, Slice, Window};
use crate::sql::{Dialect, Ids, Many, One, cached_statement, id_in, known_by_text, on_inner};
use crate::tables::comments;
use crate::types::{Id, Timestamp};
use crate::values::CommentSort;

/// What a page is a page of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThreadPart {
    /// A post's comments that answer none.
    Roots,
    /// All of a post's comments, whatever they answer.
    Flat,
    /// A comment's direct replies.
    Replies,
}

type Selection = <CommentRow as Selectable<MultiBackend>>::SelectExpression;

/// The columns of a [`CommentRow`], of a table or subquery named `comments`.
fn selection() -> Selection {
    <CommentRow as Selectable<MultiBackend>>::construct_selection()
}

/// The first rows beyond a place, of each of several groups, in one statement: each group is a range of an index, read no
/// further than the page. diesel has neither `LATERAL` nor a correlated `IN` with a limit, and the databases differ in which of
/// the two they can answer from the index.
struct Pages<I> {
    kind: ThreadPart,
    order: CommentSort,
    groups: I,
    place: Option<(KeyOf, Id)>,
    falls: bool,
    fetch: i64,
    below: Option<Below>,
    columns: Selection,
}

/// How much of what hangs on comments is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Below {
    /// Most replies of one comment, oldest first.
    pub per_parent: i64,
    /// How many levels.
    pub levels: i32,
    /// Most replies in all; the deepest are left out first.
    pub most: i64,
}

/// A place's key, as the column has it.
pub(super) enum KeyOf {
    Time(Timestamp),
    Int(i32),
}

impl<I: Ids> Pages<I> {
    /// The rows of the group `g.id`.
    fn rows<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(" FROM comments AS r WHERE ");
        out.push_sql(if self.kind == ThreadPart::Replies {
            "r.parent_id = g.id"
        } else {
            "r.post_id = g.id"
        });
        out.push_sql(match self.kind {
            ThreadPart::Roots => " AND r.parent_id IS NULL AND r.shown = TRUE",
            ThreadPart::Flat | ThreadPart::Replies => " AND r.shown = TRUE",
        });
        let key = if self.order == CommentSort::Top { "r.score" } else { "r.created_at" };
        if let Some((value, place)) = &self.place {
            out.push_sql(" AND (");
            out.push_sql(key);
            out.push_sql(if self.falls { ", r.id) < (" } else { ", r.id) > (" });
            match value {
                KeyOf::Time(at) => DB::time(out, at)?,
                KeyOf::Int(n) => DB::int(out, n)?,
            }
            out.push_sql(", ");
            DB::id(out, place)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY ");
        out.push_sql(key);
        out.push_sql(if self.falls { " DESC, r.id DESC LIMIT " } else { ", r.id LIMIT " });
        DB::big(out, &self.fetch)
    }

    /// The page, its comments' replies, the replies to those, and so on.
    fn with_replies<'b, DB: Dialect>(
        &'b self,
        below: &'b Below,
        out: &mut AstPass<'_, 'b, DB>,
    ) -> QueryResult<()>
    where
        Selection: QueryFragment<DB>,
    {
        let is_sqlite = out.backend().is_sqlite();
        out.push_sql("WITH RECURSIVE g (id) AS (");
        self.groups.push(out)?;
        out.push_sql(
            "), t (post_id, id, level, replies) AS (SELECT c.post_id, c.id, 0, c.reply_count FROM g ",
        );
        if is_sqlite {
            out.push_sql("CROSS JOIN comments AS c ON ");
            if self.kind != ThreadPart::Replies {
                out.push_sql("c.post_id = g.id AND ");
            }
            out.push_sql("c.id IN (SELECT r.id");
            self.rows(out)?;
            out.push_sql(")");
        } else {
            out.push_sql("CROSS JOIN LATERAL (SELECT r.post_id, r.id, r.reply_count");
            self.rows(out)?;
            out.push_sql(") AS c");
        }
        push_branches(&below.per_parent, &below.levels, &below.most, out)?;
        out.push_sql(") SELECT t.level, ");
        self.columns.walk_ast(out.reborrow())?;
        push_from(&below.most, out)
    }
}

/// The recursive half of a statement over `t (post_id, id, level, replies)`, which its first half begins with the comments at the top.
fn push_branches<'b, DB: Dialect>(
    per_parent: &'b i64,
    levels: &'b i32,
    most: &'b i64,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    let is_sqlite = out.backend().is_sqlite();
    out.push_sql(" UNION ALL SELECT n.post_id, n.id, t.level + 1, n.reply_count FROM t CROSS JOIN ");
    out.push_sql(if is_sqlite {
        "comments AS n ON n.post_id = t.post_id AND n.id IN (SELECT r.id"
    } else {
        "LATERAL (SELECT r.post_id, r.id, r.reply_count"
    });
    out.push_sql(
        " FROM comments AS r WHERE r.post_id = t.post_id AND r.parent_id = t.id AND r.shown = TRUE \
         ORDER BY r.created_at, r.id LIMIT ",
    );
    DB::big(out, per_parent)?;
    // A comment that nobody answered is not looked into.
    out.push_sql(if is_sqlite { ")" } else { ") AS n" });
    out.push_sql(" WHERE t.replies > 0 AND t.level < ");
    DB::int(out, levels)?;
    // SQLite stops a recursion by a limit inside it; PostgreSQL stops when nobody asks for more.
    if is_sqlite {
        out.push_sql(" LIMIT ");
        DB::big(out, most)?;
    }
    Ok(())
}

/// Where the columns of the comments in `t` come from.
fn push_from<'b, DB: Dialect>(most: &'b i64, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
    if out.backend().is_sqlite() {
        out.push_sql(" FROM t CROSS JOIN");
    } else {
        out.push_sql(" FROM (SELECT t.post_id, t.id, t.level FROM t LIMIT ");
        DB::big(out, most)?;
        out.push_sql(") AS t JOIN");
    }
    out.push_sql(" comments ON comments.post_id = t.post_id AND comments.id = t.id");
    Ok(())
}

impl<DB: Dialect, I: Ids> QueryFragment<DB> for Pages<I>
where
    Selection: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if let Some(below) = &self.below {
            return self.with_replies(below, &mut out);
        }
        out.push_sql("WITH g (id) AS (");
        self.groups.push(&mut out)?;
        out.push_sql(") SELECT 0, ");
        self.columns.walk_ast(out.reborrow())?;
        if out.backend().is_sqlite() {
            out.push_sql(" FROM g CROSS JOIN comments ON ");
            if self.kind != ThreadPart::Replies {
                out.push_sql("comments.post_id = g.id AND ");
            }
            out.push_sql("comments.id IN (SELECT r.id");
            self.rows(&mut out)?;
            out.push_sql(")");
        } else {
            out.push_sql(" FROM g CROSS JOIN LATERAL (SELECT r.*");
            self.rows(&mut out)?;
            out.push_sql(") AS comments");
        }
        Ok(())
    }
}

known_by_text!(Pages<One>, rows: (Integer, SqlTypeOf<Selection>));
known_by_text!(Pages<Many>, rows: (Integer, SqlTypeOf<Selection>));

/// How SQLite means to answer a page, line by line.
#[cfg(test)]
pub(super) fn plan(
    conn: &mut Conn,
    kind: ThreadPart,
    order: CommentSort,
    place: (KeyOf, Id),
) -> crate::Result<Vec<String>> {
    struct Explain(Pages<Many>);
    impl<DB: Dialect> QueryFragment<DB> for Explain
    where
        Pages<Many>: QueryFragment<DB>,
    {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
            out.push_sql("EXPLAIN QUERY PLAN ");
            self.0.walk_ast(out)
        }
    }
    known_by_text!(Explain, rows: (Integer, Integer, Integer, diesel::sql_types::Text));
    let (falls, place) = (order != CommentSort::Oldest, Some(place));
    let query = Pages {
        kind,
        order,
        groups: Many::of(&[]),
        place,
        falls,
        fetch: 4,
        below: None,
        columns: selection(),
    };
    let lines: Vec<(i32, i32, i32, String)> = Explain(query).load(conn)?;
    Ok(lines.into_iter().map(|(_, _, _, line)| line).collect())
}

/// A page of each group that has rows, and the replies that hang on those rows.
pub type Threads = (Vec<(Id, Slice<CommentRow>)>, Vec<CommentRow>);

/// One page of each group, in `order`: of each post's comments, or of each comment's replies, as `kind` says. A group without
/// rows has no entry. With them, in no particular order, what is shown `below` them; where that is more than its `most`, perhaps
/// some of one comment's replies without the others.
///
/// # Errors
/// When the database fails.
pub fn pages(
    conn: &mut Conn,
    kind: ThreadPart,
    groups: &[Id],
    order: CommentSort,
    window: &Window,
    below: Option<Below>,
) -> crate::Result<Threads> {
    if groups.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let falls = falls(order, window);
    let place = window.place().map(|place| {
        let key = match (order, &place.key) {
            (CommentSort::Top, key) => KeyOf::Int(crate::posts::page_int(key)),
            (_, key) => KeyOf::Time(key.time()),
        };
        (key, place.id)
    });
    // The comments of the pages are part of the recursion.
    let top = window.fetch().saturating_mul(i64::try_from(groups.len()).unwrap_or(i64::MAX));
    let below = below.map(|b| Below { most: b.most.saturating_add(top), ..b });
    let (fetch, columns) = (window.fetch(), selection());
    let all: Vec<(i32, CommentRow)> = if let [group] = groups {
        let pages = Pages { kind, order, groups: One::of(*group), place, falls, fetch, below, columns };
        on_inner!(conn, c => pages.load(c))?
    } else {
        let pages = Pages { kind, order, groups: Many::of(groups), place, falls, fetch, below, columns };
        on_inner!(conn, c => pages.load(c))?
    };
    let (mut rows, mut replies) = (Vec::new(), Vec::new());
    for (level, row) in all {
        if level == 0 { rows.push(row) } else { replies.push(row) }
    }
    Ok((slices(rows, kind, order, window), replies))
}

/// A page of each group that is among `rows`, which the statements find in no order that is promised.
fn slices(
    mut rows: Vec<CommentRow>,
    kind: ThreadPart,
    order: CommentSort,
    window: &Window,
) -> Vec<(Id, Slice<CommentRow>)> {
    let falls = falls(order, window);
    let group = |row: &CommentRow| match kind {
        ThreadPart::Roots | ThreadPart::Flat => row.post_id,
        ThreadPart::Replies => row.parent_id.unwrap_or(Id::NIL),
    };
    rows.sort_by(|a, b| {
        let within = match (order, a.key(order), b.key(order)) {
            (CommentSort::Top, KeyValue::Int(a), KeyValue::Int(b)) => a.cmp(&b),
            _ => a.created_at.cmp(&b.created_at),
        }
        .then(a.id.cmp(&b.id));
        group(a).cmp(&group(b)).then(if falls { within.reverse() } else { within })
    });
    let mut found: Vec<(Id, Vec<CommentRow>)> = Vec::new();
    for row in rows {
        let of = group(&row);
        match found.last_mut() {
            Some((last, rows)) if *last == of => rows.push(row),
            _ => found.push((of, vec![row])),
        }
    }
    found.into_iter().map(|(of, rows)| (of, window.slice(rows))).collect()
}

/// Whether a window is read from the last row of the order to the first.
fn falls(order: CommentSort, window: &Window) -> bool {
    (order != CommentSort::Oldest) != window.is_backward()
}

/// [`pages`] of the comments that answer none under each of these posts, from either end, with all that hangs on any of them
/// down to so many levels: short threads are read whole, which takes a third of what following them takes.
///
/// # Errors
/// When the database fails.
pub fn whole(
    conn: &mut Conn,
    posts: &[Id],
    order: CommentSort,
    window: &Window,
    levels: i32,
) -> crate::Result<Threads> {
    let shown = comments::table
        .filter(comments::shown.eq(true))
        .filter(comments::depth.le(levels))
        .select(selection());
    let rows: Vec<CommentRow> = if let [post] = posts {
        on_inner!(conn, c => shown.filter(comments::post_id.eq(*post)).load(c))?
    } else {
        on_inner!(conn, c => shown.filter(id_in(comments::post_id, posts)).load(c))?
    };
    let (top, replies) = rows.into_iter().partition(|row| row.parent_id.is_none());
    Ok((slices(top, ThreadPart::Roots, order, window), replies))
}

/// Replies, the replies to those, and so on, of comments that are known. See [`Pages`] for why this is not diesel's own.
struct Descendants {
    of: Many,
    below: Below,
    columns: Selection,
}

impl<DB: Dialect> QueryFragment<DB> for Descendants
where
    Selection: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("WITH RECURSIVE g (id) AS (");
        self.of.push(&mut out)?;
        out.push_sql(
            "), t (post_id, id, level, replies) AS (SELECT c.post_id, c.id, 0, c.reply_count \
             FROM g CROSS JOIN comments AS c WHERE c.id = g.id",
        );
        let Below { per_parent, levels, most } = &self.below;
        push_branches(per_parent, levels, most, &mut out)?;
        out.push_sql(") SELECT ");
        self.columns.walk_ast(out.reborrow())?;
        push_from(most, &mut out)?;
        out.push_sql(" WHERE t.level > 0");
        Ok(())
    }
}

cached_statement!(Descendants, rows: SqlTypeOf<Selection>);

/// What is shown below these comments, in no particular order. Where there is more than `below.most` in all, perhaps some of one
/// comment's replies without the others.
///
/// # Errors
/// When the database fails.
pub fn descendants(conn: &mut Conn, of: &[Id], below: Below) -> crate::Result<Vec<CommentRow>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    // The comments themselves are part of the recursion.
    let most = below.most.saturating_add(i64::try_from(of.len()).unwrap_or(i64::MAX));
    Ok(Descendants { of: Many::of(of), below: Below { most, ..below }, columns: selection() }.load(conn)?)
}

/// How many comments that answer none are shown under each of these posts; none is no entry.
///
/// # Errors
/// When the database fails.
pub fn count_roots(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<(Id, i64)>> {
    Ok(comments::table
        .filter(id_in(comments::post_id, posts))
        .filter(comments::parent_id.is_null())
        .filter(comments::shown.eq(true))
        .group_by(comments::post_id)
        .select((comments::post_id, diesel::dsl::count_star()))
        .load(conn)?)
}

/// How many comments are shown under each of these posts, tombstones among them; none is no entry.
///
/// # Errors
/// When the database fails.
pub fn count_shown(conn: &mut Conn, posts: &[Id]) -> crate::Result<Vec<(Id, i64)>> {
    Ok(comments::table
        .filter(id_in(comments::post_id, posts))
        .filter(comments::shown.eq(true))
        .group_by(comments::post_id)
        .select((comments::post_id, diesel::dsl::count_star()))
        .load(conn)?)
}
