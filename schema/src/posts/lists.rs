//! Pages of the lists of many authors or tags at once, by one statement whose cost depends on what it answers.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::db::Conn;
use crate::page::{Slice, Window};
use crate::sql::{Dialect, Ids as _, Many, known_by_text, on_inner};
use crate::types::{Id, IdSql, TimeSql, Timestamp};

/// The first rows beyond a place in each of several lists: each is a range of the table of lists, read no further than the
/// page. diesel has neither `LATERAL` nor a correlated `IN` with a limit.
struct Pages {
    lists: Many,
    place: Option<(Timestamp, Id)>,
    falls: bool,
    fetch: i64,
}

impl Pages {
    fn rows<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("FROM post_lists AS r WHERE r.list_id = g.id");
        if let Some((at, id)) = &self.place {
            out.push_sql(if self.falls {
                " AND (r.sorted_at, r.post_id) < ("
            } else {
                " AND (r.sorted_at, r.post_id) > ("
            });
            DB::time(out, at)?;
            out.push_sql(", ");
            DB::id(out, id)?;
            out.push_sql(")");
        }
        out.push_sql(if self.falls {
            " ORDER BY r.sorted_at DESC, r.post_id DESC LIMIT "
        } else {
            " ORDER BY r.sorted_at, r.post_id LIMIT "
        });
        DB::big(out, &self.fetch)
    }
}

impl<DB: Dialect> QueryFragment<DB> for Pages {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let is_sqlite = out.backend().is_sqlite();
        out.push_sql("WITH g (id) AS (");
        self.lists.push(&mut out)?;
        out.push_sql(if is_sqlite {
            ") SELECT g.id, p.id, p.sorted_at FROM g CROSS JOIN posts AS p ON p.id IN (SELECT r.post_id "
        } else {
            ") SELECT g.id, p.post_id, p.sorted_at FROM g CROSS JOIN LATERAL (SELECT r.post_id, r.sorted_at "
        });
        self.rows(&mut out)?;
        out.push_sql(if is_sqlite { ")" } else { ") AS p" });
        Ok(())
    }
}

known_by_text!(Pages, rows: (IdSql, IdSql, TimeSql));

/// A list's id, and a page of it.
pub type PageOf<T> = (Id, Slice<T>);

/// One page of the public posts of each of these authors or tags, newest or oldest first: ids, and what the lists sort by. Each
/// list has an entry.
///
/// # Errors
/// When the database fails.
pub fn pages_of_lists(
    conn: &mut Conn,
    lists: &[Id],
    newest: bool,
    window: &Window,
) -> crate::Result<Vec<PageOf<(Id, Timestamp)>>> {
    if lists.is_empty() {
        return Ok(Vec::new());
    }
    let falls = newest != window.is_backward();
    let place = window.place().map(|place| (place.key.time(), place.id));
    let query = Pages { lists: Many::of(lists), place, falls, fetch: window.fetch() };
    let mut rows: Vec<(Id, Id, Timestamp)> = on_inner!(conn, c => query.load(c))?;
    // The statement finds the right rows of each list, in no order that is promised.
    rows.sort_by(|a, b| {
        let within = (a.2, a.1).cmp(&(b.2, b.1));
        if falls { within.reverse() } else { within }
    });
    let mut pages: Vec<(Id, Vec<(Id, Timestamp)>)> = lists.iter().map(|list| (*list, Vec::new())).collect();
    pages.sort_unstable_by_key(|(list, _)| *list);
    pages.dedup_by_key(|(list, _)| *list);
    for (list, post, at) in rows {
        if let Ok(n) = pages.binary_search_by_key(&list, |(list, _)| *list)
            && let Some((_, page)) = pages.get_mut(n)
        {
            page.push((post, at));
        }
    }
    Ok(pages.into_iter().map(|(list, rows)| (list, window.slice(rows))).collect())
}
