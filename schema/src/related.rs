//! Related posts, computed when posts change: each listed post's telling terms, and for each post the best others that share
//! them. Integers throughout, so that both databases agree.

use std::cmp::Ordering;
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Integer, Text};

use crate::db::Conn;
use crate::sql::{Dialect, cached_statement, id_in, text_in};
use crate::tables::{counters, post_terms, related_posts};
use crate::types::{Id, IdSql, Json};

/// Most posts that one post names as related.
const KEPT: usize = 20;
/// Where this many were left and one of them goes, a list is made anew, once on its way down.
const FEW: usize = 8;
/// Posts that are looked at for each term, the newest first: an older one that shares only words that many have is passed over.
const LOOKED_AT: i64 = 250;
/// How far the posts that have a term are counted, roughly.
const COUNTED: i64 = 4_000;
/// Most posts whose own lists one change updates.
const NEIGHBOURS: usize = 40;
/// Points that make a score of a half.
const HALF: i64 = 200;
/// The lowest score, in thousandths, that is a relation.
const LOWEST: i32 = 50;

/// How telling a term is that `posts` of `all` posts have: the integer binary logarithm of the ratio, at least 1.
fn rarity(all: i64, posts: i64) -> i64 {
    i64::from((all.max(1) / posts.max(1)).max(1).ilog2()) + 1
}

/// Another post, how much it has in common, and what.
#[derive(Debug, Clone, PartialEq)]
struct Candidate {
    id: Id,
    /// In thousandths. It is the same from both posts' sides, so that one list tells what stands in the other; each keeps the
    /// score of the day when the later of the two was written.
    score: i32,
    terms: Json,
}

impl Candidate {
    /// Best first.
    fn order(&self, other: &Self) -> Ordering {
        other.score.cmp(&self.score).then_with(|| other.id.cmp(&self.id))
    }
}

/// The posts that have most in common with `post`, best first.
fn likest(conn: &mut Conn, post: Id, own: &[(String, i32)]) -> crate::Result<Vec<Candidate>> {
    let all: i64 = counters::table
        .filter(counters::name.eq("posts"))
        .select(counters::value)
        .first(conn)
        .optional()?
        .unwrap_or(1);
    let asked: Vec<&str> = own.iter().map(|(term, _)| term.as_str()).collect();
    let found: Vec<(String, Id, i32)> = Holders { terms: Json::of(&asked).0.to_string() }.load(conn)?;
    let mut holders: HashMap<&str, Vec<(Id, i32)>> = HashMap::new();
    for (term, id, weight) in &found {
        holders.entry(term).or_default().push((*id, *weight));
    }
    let mut shared: HashMap<Id, Vec<(i64, &str)>> = HashMap::new();
    for (term, weight) in own {
        let Some(holders) = holders.get(term.as_str()) else { continue };
        let mut posts = i64::try_from(holders.len()).unwrap_or(LOOKED_AT);
        // How common a term is counts by its magnitude: whether four times as many have it, and so on.
        while (LOOKED_AT..COUNTED).contains(&posts) {
            let one = post_terms::table
                .filter(post_terms::term.eq(term))
                .order(post_terms::post_id.desc())
                .offset(posts * 4)
                .select(post_terms::post_id);
            if one.first::<Id>(conn).optional()?.is_none() {
                break;
            }
            posts *= 4;
        }
        let rarity = rarity(all, posts);
        for (id, other) in holders.iter().filter(|(id, _)| *id != post) {
            let points = i64::from((*other).min(*weight)) * rarity;
            shared.entry(*id).or_default().push((points, term));
        }
    }
    let mut best: Vec<Candidate> = shared
        .into_iter()
        .map(|(id, mut terms)| {
            let points: i64 = terms.iter().map(|(points, _)| points).sum();
            terms.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            let named: Vec<&str> = terms.iter().take(6).map(|(_, term)| display(term)).collect();
            let score = i32::try_from(points * 1000 / (points + HALF)).unwrap_or(1000);
            Candidate { id, score, terms: Json::of(&named) }
        })
        .filter(|candidate| candidate.score >= LOWEST)
        .collect();
    best.sort_by(Candidate::order);
    Ok(best)
}

/// Tags are kept with a mark before them, so that the tag "sea" and the word are two terms.
fn display(term: &str) -> &str {
    term.strip_prefix('#').unwrap_or(term)
}

fn terms_of(conn: &mut Conn, post: Id) -> crate::Result<Vec<(String, i32)>> {
    Ok(post_terms::table
        .filter(post_terms::post_id.eq(post))
        .order((post_terms::weight.desc(), post_terms::term.asc()))
        .select((post_terms::term, post_terms::weight))
        .load(conn)?)
}

/// The lists of these posts.
fn lists_of(conn: &mut Conn, posts: &[Id]) -> crate::Result<HashMap<Id, Vec<Candidate>>> {
    let rows: Vec<(Id, Id, i32, Json)> = related_posts::table
        .filter(id_in(related_posts::post_id, posts))
        .order((related_posts::post_id, related_posts::position))
        .select((
            related_posts::post_id,
            related_posts::related_id,
            related_posts::score,
            related_posts::terms,
        ))
        .load(conn)?;
    let mut lists: HashMap<Id, Vec<Candidate>> = HashMap::new();
    for (of, id, score, terms) in rows {
        lists.entry(of).or_default().push(Candidate { id, score, terms });
    }
    Ok(lists)
}

/// Makes each post's list what stands beside it.
fn store(conn: &mut Conn, lists: &[(Id, Vec<Candidate>)]) -> crate::Result<()> {
    let posts: Vec<Id> = lists.iter().map(|(post, _)| *post).collect();
    let mut rows = Vec::new();
    for (post, list) in lists {
        for (position, candidate) in list.iter().enumerate() {
            let (of, id) = (post.0.simple().to_string(), candidate.id.0.simple().to_string());
            rows.push(serde_json::json!([of, position, id, candidate.score, candidate.terms.0]));
        }
    }
    diesel::delete(related_posts::table.filter(id_in(related_posts::post_id, &posts))).execute(conn)?;
    AddRelated { rows: serde_json::Value::Array(rows).to_string() }.execute(conn)?;
    Ok(())
}

/// Keeps a listed post's telling terms and brings its list, and those of the posts nearest to it, up to date. Answers the
/// others whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn refresh(conn: &mut Conn, post: Id, terms: &[(String, i32)]) -> crate::Result<Vec<Id>> {
    let known = terms_of(conn, post)?;
    let gone: Vec<&str> =
        known.iter().filter(|had| !terms.contains(had)).map(|(term, _)| term.as_str()).collect();
    let new: Vec<_> = terms.iter().filter(|now| !known.contains(now)).collect();
    if gone.is_empty() && new.is_empty() {
        return Ok(Vec::new());
    }
    let own = post_terms::table.filter(post_terms::post_id.eq(post));
    diesel::delete(own.filter(text_in(post_terms::term, &gone))).execute(conn)?;
    AddTerms { post, terms: Json::of(&new).0.to_string() }.execute(conn)?;
    let mut best = likest(conn, post, terms)?;
    best.truncate(NEIGHBOURS);
    let mut moved: Vec<(Id, Option<Candidate>)> =
        best.iter().map(|near| (near.id, Some(Candidate { id: post, ..near.clone() }))).collect();
    for former in naming(conn, post)? {
        if best.iter().all(|near| near.id != former) {
            moved.push((former, None));
        }
    }
    best.truncate(KEPT);
    let mut lists = changed(conn, post, moved)?;
    let changed = lists.iter().map(|(id, _)| *id).collect();
    lists.push((post, best));
    store(conn, &lists)?;
    Ok(changed)
}

/// Forgets a post that is listed no more. Answers whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn forget(conn: &mut Conn, post: Id) -> crate::Result<Vec<Id>> {
    diesel::delete(post_terms::table.filter(post_terms::post_id.eq(post))).execute(conn)?;
    diesel::delete(related_posts::table.filter(related_posts::post_id.eq(post))).execute(conn)?;
    let moved = naming(conn, post)?.into_iter().map(|former| (former, None)).collect();
    let lists = changed(conn, post, moved)?;
    store(conn, &lists)?;
    diesel::delete(related_posts::table.filter(related_posts::related_id.eq(post))).execute(conn)?;
    Ok(lists.into_iter().map(|(id, _)| id).collect())
}

/// The posts whose lists name this one.
fn naming(conn: &mut Conn, post: Id) -> crate::Result<Vec<Id>> {
    Ok(related_posts::table
        .filter(related_posts::related_id.eq(post))
        .order(related_posts::post_id)
        .limit(i64::try_from(NEIGHBOURS).unwrap_or(40))
        .select(related_posts::post_id)
        .load(conn)?)
}

/// The lists of those others in which `post` moved, comes or goes; what it is in each of them now stands beside the id.
fn changed(
    conn: &mut Conn,
    post: Id,
    moved: Vec<(Id, Option<Candidate>)>,
) -> crate::Result<Vec<(Id, Vec<Candidate>)>> {
    let ids: Vec<Id> = moved.iter().map(|(id, _)| *id).collect();
    let mut lists = lists_of(conn, &ids)?;
    let mut changed = Vec::new();
    for (of, now) in moved {
        let before = lists.remove(&of).unwrap_or_default();
        let mut list: Vec<Candidate> =
            before.iter().filter(|candidate| candidate.id != post).cloned().collect();
        let goes = now.is_none();
        list.extend(now);
        list.sort_by(Candidate::order);
        // What was crowded out earlier comes back; where nothing was, looking again each time would find nothing each time.
        if goes && before.len() == FEW {
            let own = terms_of(conn, of)?;
            list = likest(conn, of, &own)?;
        }
        list.truncate(KEPT);
        if list != before {
            changed.push((of, list));
        }
    }
    Ok(changed)
}

/// Who has each of these terms, a JSON list: the newest [`LOOKED_AT`] posts of each.
struct Holders {
    terms: String,
}

impl<DB: Dialect> QueryFragment<DB> for Holders {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (open, middle, close) = if out.backend().is_sqlite() {
            (
                "SELECT p.term, p.post_id, p.weight FROM json_each(",
                ") AS g CROSS JOIN post_terms AS p ON p.term = g.value AND p.post_id IN \
                 (SELECT r.post_id FROM post_terms AS r WHERE r.term = g.value ORDER BY r.post_id DESC LIMIT ",
                ")",
            )
        } else {
            (
                "SELECT p.term, p.post_id, p.weight FROM jsonb_array_elements_text(CAST(",
                " AS jsonb)) AS g (value) CROSS JOIN LATERAL \
                 (SELECT r.* FROM post_terms AS r WHERE r.term = g.value ORDER BY r.post_id DESC LIMIT ",
                ") AS p",
            )
        };
        out.push_sql(open);
        DB::text(&mut out, &self.terms)?;
        out.push_sql(middle);
        DB::big(&mut out, &LOOKED_AT)?;
        out.push_sql(close);
        Ok(())
    }
}

cached_statement!(Holders, rows: (Text, IdSql, Integer));

/// Adds the rows of a JSON list: post, position, related post, score and terms of each.
struct AddRelated {
    rows: String,
}

impl<DB: Dialect> QueryFragment<DB> for AddRelated {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (open, close) = if out.backend().is_sqlite() {
            (
                "INSERT INTO related_posts (post_id, position, related_id, score, terms) SELECT unhex(g.value ->> 0), \
                 g.value ->> 1, unhex(g.value ->> 2), g.value ->> 3, g.value -> 4 FROM json_each(",
                ") AS g",
            )
        } else {
            (
                "INSERT INTO related_posts (post_id, position, related_id, score, terms) SELECT CAST(g.value ->> 0 AS uuid), \
                 CAST(g.value ->> 1 AS integer), CAST(g.value ->> 2 AS uuid), CAST(g.value ->> 3 AS integer), g.value -> 4 \
                 FROM jsonb_array_elements(CAST(",
                " AS jsonb)) AS g (value)",
            )
        };
        out.push_sql(open);
        DB::text(&mut out, &self.rows)?;
        out.push_sql(close);
        Ok(())
    }
}

cached_statement!(AddRelated);

/// Adds the terms of a JSON list, each with its weight, to a post.
struct AddTerms {
    post: Id,
    terms: String,
}

impl<DB: Dialect> QueryFragment<DB> for AddTerms {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (list, end) = if out.backend().is_sqlite() {
            (", g.value ->> 1 FROM json_each(", ") AS g")
        } else {
            (", CAST(g.value ->> 1 AS integer) FROM jsonb_array_elements(CAST(", " AS jsonb)) AS g (value)")
        };
        out.push_sql("INSERT INTO post_terms (term, post_id, weight) SELECT g.value ->> 0, ");
        DB::id(&mut out, &self.post)?;
        out.push_sql(list);
        DB::text(&mut out, &self.terms)?;
        out.push_sql(end);
        Ok(())
    }
}

cached_statement!(AddTerms);
