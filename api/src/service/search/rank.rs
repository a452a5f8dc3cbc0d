//! How good a match is. After BM25F (Robertson and Zaragoza, 2009), in whole numbers, so that every machine agrees:
//! a word counts eight times in the title and four times in what stands about it, less with each repetition, less in a
//! long text, and more the fewer times the matches have it in all.

use pressroom_schema::search::{Match, Term};
use pressroom_schema::{Id, Timestamp};

use crate::cpu::{Late, Turn};

const IN_TITLE: i64 = 8;
const IN_META: i64 = 4;

/// How many tokens of texts one search looks through, once for each of its terms: the texts of the newest matches. Of those beyond
/// only what stands about the text counts.
const LOOKED_AT: usize = 20_000_000;

/// A match and its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) post: Id,
    pub(super) sorted_at: Timestamp,
    /// Means something beside the scores of the same search only.
    pub(super) score: i32,
    /// Which of the matches.
    pub(super) index: usize,
}

/// How often a term stands in a post, in halves: a word that the term only begins counts half.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    title: i64,
    meta: i64,
    body: i64,
}

impl Count {
    fn sum(self) -> i64 {
        self.title + self.meta + self.body
    }

    fn weighted(self) -> i64 {
        IN_TITLE * self.title + IN_META * self.meta + self.body
    }
}

/// The matches, best first; of equals the newest first.
///
/// # Errors
/// [`Late`] once the turn is over.
pub(super) fn rank(turn: &Turn, found: &[Match], terms: &[Term]) -> Result<Vec<Hit>, Late> {
    let measured = measured(turn, found, terms)?;
    let total: i64 = measured.iter().map(|(_, length)| length).sum();
    let average = (total / i64::try_from(found.len().max(1)).unwrap_or(1)).max(1);
    let weights: Vec<i64> = (0..terms.len())
        .map(|n| {
            let times: i64 = measured.iter().filter_map(|(counts, _)| counts.get(n)).map(|c| c.sum()).sum();
            log2(1 + 2 * total / times.max(1))
        })
        .collect();
    let newest = found.iter().map(|m| m.sorted_at.micros()).max().unwrap_or_default();
    let mut hits: Vec<Hit> = found
        .iter()
        .zip(&measured)
        .enumerate()
        .map(|(index, (found, (counts, length)))| {
            let base = relevance(counts, &weights, *length, average);
            Hit {
                post: found.post,
                sorted_at: found.sorted_at,
                score: i32::try_from(fresh(base, newest, found.sorted_at.micros())).unwrap_or(i32::MAX),
                index,
            }
        })
        .collect();
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse((hit.score, hit.sorted_at, hit.post)));
    Ok(hits)
}

fn relevance(counts: &[Count], weights: &[i64], length: i64, average: i64) -> i64 {
    // In thousandths, with k1 = 1.2 and b = 0.75: 1.2 × (0.25 + 0.75 × length / average).
    let norm = 300 + 900 * length / average;
    let sum: i64 = counts
        .iter()
        .zip(weights)
        .map(|(count, weight)| {
            let times = 500 * count.weighted();
            weight * (2_200 * times / (times + norm).max(1)) / 256
        })
        .sum();
    // A title that has all that was sought is most likely what was meant.
    if counts.iter().all(|c| c.title > 0) { sum * 5 / 4 } else { sum }
}

/// Up to a tenth more for what is as new as the newest match, half of that for what is a year older.
fn fresh(base: i64, newest: i64, at: i64) -> i64 {
    const DAY: i64 = 86_400_000_000;
    let age = newest.saturating_sub(at).max(0) / DAY;
    base + base * 365 / (365 + age) / 10
}

/// 256 times the binary logarithm, interpolated between powers of two.
fn log2(n: i64) -> i64 {
    let n = n.max(1);
    let whole = n.ilog2();
    let rest = n - (1 << whole);
    // Less than 256, since what is left is less than the power.
    i64::from(whole) * 256 + i64::try_from((i128::from(rest) << 8) >> whole).unwrap_or(0)
}

/// The counts of each match, as far as they may be looked for.
fn measured(turn: &Turn, found: &[Match], terms: &[Term]) -> Result<Vec<(Vec<Count>, i64)>, Late> {
    let mut newest: Vec<usize> = (0..found.len()).collect();
    newest.sort_unstable_by_key(|at| std::cmp::Reverse(found.get(*at).map(|m| (m.sorted_at, m.post))));
    let mut left = LOOKED_AT;
    let mut all = vec![(Vec::new(), 0); found.len()];
    for at in newest {
        turn.check()?;
        if let (Some(slot), Some(found)) = (all.get_mut(at), found.get(at)) {
            *slot = measure(found, terms, left > 0);
            let looked = usize::try_from(slot.1).unwrap_or(usize::MAX).saturating_mul(terms.len());
            left = left.saturating_sub(looked);
        }
    }
    Ok(all)
}

fn measure(found: &Match, terms: &[Term], with_text: bool) -> (Vec<Count>, i64) {
    let mut counts = vec![Count::default(); terms.len()];
    let mut length = 0;
    let mut add = |field: &str, slot: fn(&mut Count) -> &mut i64| {
        let tokens: Vec<&str> = field.split_ascii_whitespace().collect();
        length += i64::try_from(tokens.len()).unwrap_or(i64::MAX);
        for (term, count) in terms.iter().zip(&mut counts) {
            *slot(count) += halves(&tokens, term);
        }
    };
    add(&found.title, |c| &mut c.title);
    add(&found.meta, |c| &mut c.meta);
    if with_text {
        add(&found.body, |c| &mut c.body);
    }
    (counts, length)
}

/// How often `term` stands among `tokens`, in halves.
fn halves(tokens: &[&str], term: &Term) -> i64 {
    let Some((last, rest)) = term.tokens.split_last() else { return 0 };
    tokens
        .windows(term.tokens.len())
        .map(|run| match run.split_last() {
            Some((end, begin)) if begin.iter().zip(rest).all(|(a, b)| *a == b) => {
                if *end == last {
                    2
                } else {
                    i64::from(term.prefix && end.starts_with(last.as_str()))
                }
            }
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(n: u128, days: i64, title: &str, body: &str) -> Match {
        Match {
            post: Id(uuid::Uuid::from_u128(n)),
            sorted_at: Timestamp::from_micros(days * 86_400_000_000).unwrap(),
            title: title.into(),
            meta: String::new(),
            body: body.into(),
        }
    }

    fn words(text: &str) -> Vec<Term> {
        text.split(' ').map(|t| Term { tokens: vec![t.into()], prefix: false }).collect()
    }

    fn order(found: &[Match], terms: &[Term]) -> Vec<u128> {
        rank(&Turn::here(), found, terms).unwrap().iter().map(|hit| hit.post.0.as_u128()).collect()
    }

    #[test]
    fn a_word_in_the_title_outweighs_the_same_word_in_the_text() {
        let found = [
            post(1, 9, "on towers", "clock and bell and rope"),
            post(2, 1, "the clock", "bells and ropes of it"),
        ];
        assert_eq!(order(&found, &words("clock")), [2, 1]);
    }

    #[test]
    fn ranking_ends_with_its_turn() {
        let found = [post(1, 1, "a", "clock")];
        let over = Turn::of(std::time::Duration::ZERO);
        while over.check().is_ok() {}
        assert_eq!(rank(&over, &found, &words("clock")), Err(Late));
    }

    #[test]
    fn more_mentions_in_a_shorter_text_are_better() {
        let found = [
            post(1, 1, "a", "clock b c d e f g h i j k l m"),
            post(2, 1, "a", "clock clock b c"),
            post(3, 1, "a", "clock b c d"),
        ];
        assert_eq!(order(&found, &words("clock")), [2, 3, 1]);
    }

    #[test]
    fn of_equals_the_newest_comes_first_and_then_the_greater_id() {
        let found = [post(1, 1, "a", "clock"), post(2, 900, "a", "clock"), post(3, 900, "a", "clock")];
        assert_eq!(order(&found, &words("clock")), [3, 2, 1]);
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        let common = "the the the the the clock";
        let found = [
            post(1, 1, "a", &format!("{common} the the the b c")),
            post(2, 1, "a", &format!("{common} clock b c d e")),
        ];
        assert_eq!(order(&found, &words("the clock")), [2, 1]);
    }

    #[test]
    fn beginnings_count_half_and_runs_must_stand_together() {
        let tokens = ["clock", "clocks", "face", "clock", "face"];
        let term =
            |tokens: &[&str], prefix| Term { tokens: tokens.iter().map(|t| (*t).into()).collect(), prefix };
        assert_eq!(halves(&tokens, &term(&["clock"], false)), 4);
        assert_eq!(halves(&tokens, &term(&["clock"], true)), 5);
        assert_eq!(halves(&tokens, &term(&["clock", "face"], false)), 2);
        assert_eq!(halves(&tokens, &term(&["clock", "fa"], true)), 1);
        assert_eq!(halves(&tokens, &term(&["face", "face"], false)), 0);
    }

    #[test]
    fn the_logarithm_rises_and_hits_powers_of_two() {
        assert_eq!(log2(1), 0);
        assert_eq!(log2(1024), 2560);
        assert!((1..5000).all(|n| log2(n) <= log2(n + 1)));
        assert_eq!(log2(i64::MAX) / 256, 62);
    }
}
