//! Related posts, computed when posts change: each listed post's telling terms, and for each post the best others that share
//! them. Integers throughout, so that both databases agree.

use std::cmp::Ordering;
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{BigInt, Integer, Text};

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
/// How far apart the rows of a list begin, so that many can come between two without moving one.
const STEP: i32 = 1 << 20;
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
    let common: Vec<&str> = holders
        .iter()
        .filter(|(_, posts)| i64::try_from(posts.len()).is_ok_and(|posts| posts >= LOOKED_AT))
        .map(|(term, _)| *term)
        .collect();
    let common = counted(conn, &common)?;
    let mut shared: HashMap<Id, Vec<(i64, &str)>> = HashMap::new();
    for (term, weight) in own {
        let Some(holders) = holders.get(term.as_str()) else { continue };
        let mut posts = i64::try_from(holders.len()).unwrap_or(LOOKED_AT);
        // How common a term is counts by its magnitude: whether four times as many have it, and so on.
        let found = common.get(term).copied().unwrap_or_default();
        while (LOOKED_AT..COUNTED).contains(&posts) && found > posts * 4 {
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

/// How many posts have each of these terms, counted no further than it matters.
fn counted(conn: &mut Conn, terms: &[&str]) -> crate::Result<HashMap<String, i64>> {
    if terms.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = Count { terms: Json::of(&terms).0.to_string() }.load(conn)?;
    Ok(rows.into_iter().collect())
}

/// A post's list as it is stored: places, which only rise, and what is at each.
type Stored = Vec<(i32, Candidate)>;

/// The lists of these posts.
fn lists_of(conn: &mut Conn, posts: &[Id]) -> crate::Result<HashMap<Id, Stored>> {
    let rows: Vec<(Id, i32, Id, i32, Json)> = related_posts::table
        .filter(id_in(related_posts::post_id, posts))
        .order((related_posts::post_id, related_posts::position))
        .select((
            related_posts::post_id,
            related_posts::position,
            related_posts::related_id,
            related_posts::score,
            related_posts::terms,
        ))
        .load(conn)?;
    let mut lists: HashMap<Id, Stored> = HashMap::new();
    for (of, place, id, score, terms) in rows {
        lists.entry(of).or_default().push((place, Candidate { id, score, terms }));
    }
    Ok(lists)
}

/// Places for a list: what was there keeps its own, and what is new comes between. `None` where there is no room, or what was there
/// is in another order.
fn between(before: &[(i32, Candidate)], after: &[Candidate]) -> Option<Vec<i32>> {
    let mut places = Vec::with_capacity(after.len());
    let mut new = 0_i32;
    let mut last: Option<i32> = None;
    let kept =
        after.iter().map(|candidate| before.iter().find(|(_, had)| had == candidate).map(|(at, _)| *at));
    for at in kept.chain([None]) {
        let is_end = places.len() + usize::try_from(new).ok()? == after.len();
        if at.is_none() && !is_end {
            new += 1;
            continue;
        }
        let (begin, step) = match (last, at) {
            (None, None) => (0, STEP),
            (Some(low), None) => (low.checked_add(STEP)?, STEP),
            (None, Some(high)) => (high.checked_sub(STEP.checked_mul(new)?)?, STEP),
            (Some(low), Some(high)) => {
                let gap = high.checked_sub(low)? / (new + 1);
                if gap < 1 {
                    return None;
                }
                (low + gap, gap)
            }
        };
        for n in 0..std::mem::take(&mut new) {
            places.push(begin.checked_add(step.checked_mul(n)?)?);
        }
        places.extend(at);
        last = at;
    }
    Some(places)
}

/// Places for a list, as few of them new as can be.
fn places(before: &[(i32, Candidate)], after: &[Candidate]) -> Vec<i32> {
    between(before, after).unwrap_or_else(|| (0..).take(after.len()).map(|n: i32| n * STEP).collect())
}

/// A list that changes.
struct Changed {
    of: Id,
    before: Stored,
    after: Vec<Candidate>,
}

/// Makes each list what it is to be, by the rows that differ.
fn store(conn: &mut Conn, lists: &[Changed]) -> crate::Result<()> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for Changed { of, before, after } in lists {
        let places = places(before, after);
        let of = of.0.simple().to_string();
        for (place, candidate) in before {
            let stays = places.iter().zip(after).any(|now| now == (place, candidate));
            if !stays {
                gone.push(serde_json::json!([of, place]));
            }
        }
        for (place, candidate) in places.iter().zip(after) {
            let was = before.iter().any(|(at, had)| (at, had) == (place, candidate));
            if !was {
                let id = candidate.id.0.simple().to_string();
                new.push(serde_json::json!([of, place, id, candidate.score, candidate.terms.0]));
            }
        }
    }
    if !gone.is_empty() {
        RemoveRelated { rows: serde_json::Value::Array(gone).to_string() }.execute(conn)?;
    }
    if !new.is_empty() {
        AddRelated { rows: serde_json::Value::Array(new).to_string() }.execute(conn)?;
    }
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
    let (mut lists, own) = changed(conn, post, moved)?;
    let changed = lists.iter().map(|list| list.of).collect();
    lists.push(Changed { of: post, before: own, after: best });
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
    let (lists, _) = changed(conn, post, moved)?;
    store(conn, &lists)?;
    diesel::delete(related_posts::table.filter(related_posts::related_id.eq(post))).execute(conn)?;
    Ok(lists.into_iter().map(|list| list.of).collect())
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

/// The lists of those others in which `post` moved, comes or goes; what it is in each of them now stands beside the id. And its own,
/// as it is stored.
fn changed(
    conn: &mut Conn,
    post: Id,
    moved: Vec<(Id, Option<Candidate>)>,
) -> crate::Result<(Vec<Changed>, Stored)> {
    let ids: Vec<Id> = moved.iter().map(|(id, _)| *id).chain([post]).collect();
    let mut lists = lists_of(conn, &ids)?;
    let mut changed = Vec::new();
    for (of, now) in moved {
        let before = lists.remove(&of).unwrap_or_default();
        let others = before.iter().filter(|(_, candidate)| candidate.id != post);
        let mut after: Vec<Candidate> = others.map(|(_, candidate)| candidate.clone()).collect();
        let goes = now.is_none();
        after.extend(now);
        after.sort_by(Candidate::order);
        // What was crowded out earlier comes back; where nothing was, looking again each time would find nothing each time.
        if goes && before.len() == FEW {
            let own = terms_of(conn, of)?;
            after = likest(conn, of, &own)?;
        }
        after.truncate(KEPT);
        if !before.iter().map(|(_, candidate)| candidate).eq(&after) {
            changed.push(Changed { of, before, after });
        }
    }
    Ok((changed, lists.remove(&post).unwrap_or_default()))
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

/// How many posts have each of these terms, a JSON list; no further than one beyond [`COUNTED`].
struct Count {
    terms: String,
}

impl<DB: Dialect> QueryFragment<DB> for Count {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (from, close) = if out.backend().is_sqlite() {
            (" FROM json_each(", ") AS g")
        } else {
            (" FROM jsonb_array_elements_text(CAST(", " AS jsonb)) AS g (value)")
        };
        out.push_sql(
            "SELECT g.value, (SELECT count(*) FROM (SELECT 1 FROM post_terms AS r WHERE r.term = g.value LIMIT ",
        );
        DB::big(&mut out, &(COUNTED + 1))?;
        out.push_sql(") AS n)");
        out.push_sql(from);
        DB::text(&mut out, &self.terms)?;
        out.push_sql(close);
        Ok(())
    }
}

cached_statement!(Count, rows: (Text, BigInt));

/// Removes the rows of a JSON list: post and position of each.
struct RemoveRelated {
    rows: String,
}

impl<DB: Dialect> QueryFragment<DB> for RemoveRelated {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (open, close) = if out.backend().is_sqlite() {
            (
                "DELETE FROM related_posts WHERE (post_id, position) IN (SELECT unhex(g.value ->> 0), g.value ->> 1 FROM json_each(",
                ") AS g)",
            )
        } else {
            (
                "DELETE FROM related_posts AS r USING jsonb_array_elements(CAST(",
                " AS jsonb)) AS g (value) WHERE r.post_id = CAST(g.value ->> 0 AS uuid) AND r.position = CAST(g.value ->> 1 AS integer)",
            )
        };
        out.push_sql(open);
        DB::text(&mut out, &self.rows)?;
        out.push_sql(close);
        Ok(())
    }
}

cached_statement!(RemoveRelated);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(score: i32) -> Candidate {
        Candidate { id: Id(uuid::Uuid::nil()), score, terms: Json::of(&["sea"]) }
    }

    fn list(scores: &[i32]) -> Vec<Candidate> {
        scores.iter().map(|score| candidate(*score)).collect()
    }

    #[test]
    fn a_list_that_changes_moves_as_few_rows_as_can_be() {
        let stored: Stored = vec![(0, candidate(900)), (STEP, candidate(500)), (2 * STEP, candidate(100))];
        assert_eq!(places(&[], &list(&[9, 8])), [0, STEP]);
        assert_eq!(places(&stored, &list(&[950, 900, 500, 100])), [-STEP, 0, STEP, 2 * STEP]);
        assert_eq!(
            places(&stored, &list(&[900, 800, 700, 500, 50])),
            [0, STEP / 3, STEP / 3 * 2, STEP, 2 * STEP]
        );
        assert_eq!(places(&stored, &[]), [0; 0]);
        // Rows as they were stored once, without room between them, are laid out anew.
        let close: Stored = vec![(0, candidate(900)), (1, candidate(500))];
        assert_eq!(places(&close, &list(&[900, 700, 500])), [0, STEP, 2 * STEP]);
        assert_eq!(places(&close, &list(&[900, 500, 100])), [0, 1, 1 + STEP]);
    }
}
