//! Related posts, computed when posts change: each listed post's telling terms, and for each post the best others that share
//! them. Integers throughout, so that both databases agree.

use std::cmp::Ordering;
use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::Conn;
use crate::tables::{counters, post_terms, related_posts};
use crate::types::{Id, Json};

/// Most posts that one post names as related.
const KEPT: usize = 20;
/// Where fewer than this are left after others went, a list is made anew.
const FEW: usize = 8;
/// Posts that are looked at for each term, the newest first: an older one that shares only words that many have is not missed.
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
    /// In thousandths. It is the same from both posts' sides, so that one list tells what stands in the other.
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
    let mut shared: HashMap<Id, Vec<(i64, &str)>> = HashMap::new();
    for (term, weight) in own {
        let with = post_terms::table.filter(post_terms::term.eq(term));
        let rows: Vec<(Id, i32)> = with
            .order(post_terms::post_id.desc())
            .limit(LOOKED_AT)
            .select((post_terms::post_id, post_terms::weight))
            .load(conn)?;
        let mut posts = i64::try_from(rows.len()).unwrap_or(LOOKED_AT);
        // How common a term is counts by its magnitude: whether four times as many have it, and so on.
        while (LOOKED_AT..COUNTED).contains(&posts) {
            let one = with.order(post_terms::post_id.desc()).offset(posts * 4).select(post_terms::post_id);
            if one.first::<Id>(conn).optional()?.is_none() {
                break;
            }
            posts *= 4;
        }
        let rarity = rarity(all, posts);
        for (id, other) in rows.into_iter().filter(|(id, _)| *id != post) {
            let points = i64::from(other.min(*weight)) * rarity;
            shared.entry(id).or_default().push((points, term));
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

fn list_of(conn: &mut Conn, post: Id) -> crate::Result<Vec<Candidate>> {
    let rows: Vec<(Id, i32, Json)> = related_posts::table
        .filter(related_posts::post_id.eq(post))
        .order(related_posts::position)
        .select((related_posts::related_id, related_posts::score, related_posts::terms))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, score, terms)| Candidate { id, score, terms }).collect())
}

/// Makes the list of `post`, which is `before`, that of the first of `best`. Answers whether it changed.
fn store(conn: &mut Conn, post: Id, before: &[Candidate], best: &[Candidate]) -> crate::Result<bool> {
    let best = best.get(..KEPT).unwrap_or(best);
    let same = before.iter().zip(best).take_while(|(a, b)| a == b).count();
    if same == before.len() && same == best.len() {
        return Ok(false);
    }
    let from = i32::try_from(same).unwrap_or_default();
    let list = related_posts::table.filter(related_posts::post_id.eq(post));
    diesel::delete(list.filter(related_posts::position.ge(from))).execute(conn)?;
    for (position, candidate) in (from..).zip(best.iter().skip(same)) {
        diesel::insert_into(related_posts::table)
            .values((
                related_posts::post_id.eq(post),
                related_posts::position.eq(position),
                related_posts::related_id.eq(candidate.id),
                related_posts::score.eq(candidate.score),
                related_posts::terms.eq(&candidate.terms),
            ))
            .execute(conn)?;
    }
    Ok(true)
}

/// Keeps a listed post's telling terms and brings its list, and those of the posts nearest to it, up to date. Answers the
/// others whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn refresh(conn: &mut Conn, post: Id, terms: &[(String, i32)]) -> crate::Result<Vec<Id>> {
    let known: HashMap<String, i32> = terms_of(conn, post)?.into_iter().collect();
    let wanted: HashMap<&str, i32> = terms.iter().map(|(term, weight)| (term.as_str(), *weight)).collect();
    let own = post_terms::table.filter(post_terms::post_id.eq(post));
    let mut same = true;
    for term in known.keys().filter(|term| !wanted.contains_key(term.as_str())) {
        diesel::delete(own.filter(post_terms::term.eq(term))).execute(conn)?;
        same = false;
    }
    for (term, weight) in terms {
        match known.get(term) {
            Some(known) if known == weight => continue,
            Some(_) => {
                diesel::update(own.filter(post_terms::term.eq(term)))
                    .set(post_terms::weight.eq(*weight))
                    .execute(conn)?;
            }
            None => {
                diesel::insert_into(post_terms::table)
                    .values((
                        post_terms::term.eq(term),
                        post_terms::post_id.eq(post),
                        post_terms::weight.eq(*weight),
                    ))
                    .execute(conn)?;
            }
        }
        same = false;
    }
    if same {
        return Ok(Vec::new());
    }
    let best = likest(conn, post, terms)?;
    let before = list_of(conn, post)?;
    store(conn, post, &before, &best)?;
    let nearest = best.get(..NEIGHBOURS).unwrap_or(&best);
    let mut changed = Vec::new();
    for neighbour in nearest {
        if place(conn, neighbour.id, post, Some(Candidate { id: post, ..neighbour.clone() }))? {
            changed.push(neighbour.id);
        }
    }
    for former in naming(conn, post)? {
        if nearest.iter().all(|neighbour| neighbour.id != former) && place(conn, former, post, None)? {
            changed.push(former);
        }
    }
    Ok(changed)
}

/// Forgets a post that is listed no more. Answers whose lists changed.
///
/// # Errors
/// When the database fails.
pub fn forget(conn: &mut Conn, post: Id) -> crate::Result<Vec<Id>> {
    diesel::delete(post_terms::table.filter(post_terms::post_id.eq(post))).execute(conn)?;
    diesel::delete(related_posts::table.filter(related_posts::post_id.eq(post))).execute(conn)?;
    let mut changed = Vec::new();
    for neighbour in naming(conn, post)? {
        if place(conn, neighbour, post, None)? {
            changed.push(neighbour);
        }
    }
    diesel::delete(related_posts::table.filter(related_posts::related_id.eq(post))).execute(conn)?;
    Ok(changed)
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

/// Puts `post` where it now belongs in the list of `of`, or takes it out. Answers whether the list changed.
fn place(conn: &mut Conn, of: Id, post: Id, now: Option<Candidate>) -> crate::Result<bool> {
    let before = list_of(conn, of)?;
    let mut list: Vec<Candidate> = before.iter().filter(|candidate| candidate.id != post).cloned().collect();
    let left = list.len() < before.len();
    list.extend(now);
    list.sort_by(Candidate::order);
    // What was crowded out earlier comes back.
    if left && list.len() < FEW {
        let own = terms_of(conn, of)?;
        list = likest(conn, of, &own)?;
    }
    store(conn, of, &before, &list)
}
