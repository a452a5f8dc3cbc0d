//! Related posts, computed when posts change: each listed post's telling terms, and for each post the best others that share
//! them. Integers throughout, so that both databases agree.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::sql::text_in;
use crate::tables::{counters, post_terms, related_posts};
use crate::types::{Id, Json};

/// Most posts that one post names as related.
const KEPT: usize = 20;
/// Most rows of shared terms that one refresh looks at.
const LOOKED_AT: i64 = 4_000;
/// Most posts whose own lists one change updates.
const NEIGHBOURS: usize = 40;

/// How telling a term is that `posts` of `all` posts have: the integer binary logarithm of the ratio, at least 1.
fn rarity(all: i64, posts: i64) -> i64 {
    i64::from((all.max(1) / posts.max(1)).max(1).ilog2()) + 1
}

struct Candidate {
    id: Id,
    score: i64,
    terms: Vec<(i64, String)>,
}

/// The posts that share most with `post`, best first, with how much and what.
fn likest(conn: &mut Conn, post: Id, own: &[(String, i32)]) -> crate::Result<Vec<Candidate>> {
    let words: Vec<&str> = own.iter().map(|(term, _)| term.as_str()).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let all: i64 = counters::table
        .filter(counters::name.eq("posts"))
        .select(counters::value)
        .first(conn)
        .optional()?
        .unwrap_or(1);
    let mut frequency: HashMap<String, i64> = HashMap::new();
    let rows: Vec<(String, Id, i32)> = post_terms::table
        .filter(text_in(post_terms::term, &words))
        .order((post_terms::weight.desc(), post_terms::post_id.desc(), post_terms::term.asc()))
        .limit(LOOKED_AT)
        .select((post_terms::term, post_terms::post_id, post_terms::weight))
        .load(conn)?;
    for (term, _, _) in &rows {
        *frequency.entry(term.clone()).or_default() += 1;
    }
    let weights: HashMap<&str, i64> = own.iter().map(|(t, w)| (t.as_str(), i64::from(*w))).collect();
    let most: i64 = own
        .iter()
        .map(|(t, w)| i64::from(*w) * rarity(all, frequency.get(t).copied().unwrap_or(1)))
        .sum::<i64>()
        .max(1);
    let mut found: HashMap<Id, Candidate> = HashMap::new();
    for (term, id, weight) in rows {
        if id == post {
            continue;
        }
        let shared = weights.get(term.as_str()).copied().unwrap_or(0).min(i64::from(weight));
        let points = shared * rarity(all, frequency.get(&term).copied().unwrap_or(1));
        let candidate = found.entry(id).or_insert(Candidate { id, score: 0, terms: Vec::new() });
        candidate.score += points;
        candidate.terms.push((points, term));
    }
    let mut best: Vec<Candidate> = found.into_values().collect();
    for candidate in &mut best {
        candidate.score = (candidate.score * 1000 / most).min(1000);
        candidate.terms.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        candidate.terms.truncate(6);
    }
    best.retain(|c| c.score >= 20);
    best.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| b.id.cmp(&a.id)));
    Ok(best)
}

fn store(conn: &mut Conn, post: Id, best: &[Candidate]) -> crate::Result<()> {
    diesel::delete(related_posts::table.filter(related_posts::post_id.eq(post))).execute(conn)?;
    for (position, candidate) in (0_i32..).zip(best.iter().take(KEPT)) {
        let terms: Vec<&str> = candidate.terms.iter().map(|(_, t)| display(t)).collect();
        diesel::insert_into(related_posts::table)
            .values((
                related_posts::post_id.eq(post),
                related_posts::position.eq(position),
                related_posts::related_id.eq(candidate.id),
                related_posts::score.eq(i32::try_from(candidate.score).unwrap_or(1000)),
                related_posts::terms.eq(Json::of(&terms)),
            ))
            .execute(conn)?;
    }
    Ok(())
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

/// Keeps a post's telling terms and brings its list, and those of the posts nearest to it, up to date. Answers whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn refresh(conn: &mut Conn, post: Id, terms: &[(String, i32)]) -> crate::Result<Vec<Id>> {
    let mut neighbours = naming(conn, post)?;
    diesel::delete(post_terms::table.filter(post_terms::post_id.eq(post))).execute(conn)?;
    for (term, weight) in terms {
        diesel::insert_into(post_terms::table)
            .values((post_terms::term.eq(term), post_terms::post_id.eq(post), post_terms::weight.eq(*weight)))
            .execute(conn)?;
    }
    let best = likest(conn, post, terms)?;
    store(conn, post, &best)?;
    neighbours.extend(best.iter().take(NEIGHBOURS).map(|c| c.id));
    renew(conn, neighbours)
}

/// Forgets a post that is listed no more. Answers whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn forget(conn: &mut Conn, post: Id) -> crate::Result<Vec<Id>> {
    let neighbours = naming(conn, post)?;
    diesel::delete(post_terms::table.filter(post_terms::post_id.eq(post))).execute(conn)?;
    diesel::delete(related_posts::table.filter(related_posts::post_id.eq(post))).execute(conn)?;
    diesel::delete(related_posts::table.filter(related_posts::related_id.eq(post))).execute(conn)?;
    renew(conn, neighbours)
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

fn renew(conn: &mut Conn, mut posts: Vec<Id>) -> crate::Result<Vec<Id>> {
    posts.sort_unstable();
    posts.dedup();
    for post in &posts {
        let own = terms_of(conn, *post)?;
        let best = likest(conn, *post, &own)?;
        store(conn, *post, &best)?;
    }
    Ok(posts)
}
