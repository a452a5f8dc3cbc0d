//! The site's own tokenizer, so that both databases index the same tokens and find the same posts, and the snippets
//! that show where a post was found.
//!
//! **Tokens.** Text is decomposed (NFKD), case-folded, and freed of the marks that people leave out when they search:
//! accents on Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic. Marks that carry meaning
//! (the vowel signs of Indic scripts, Thai tones, Japanese voicing) stay. Words are those of Unicode Standard Annex #29, cut
//! further into letters and digits. Scripts that part no words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) become
//! overlapping pairs of characters, a single one where it stands alone.
//!
//! **Form.** A token is 1 to [`MAX_TOKEN`] bytes of `[0-9a-z]`, so that any tokenizer keeps it whole: `FTS5`'s `unicode61`
//! and `ascii`, and PostgreSQL's `simple` and `array_to_tsvector`. A token of ASCII letters and digits is itself. Any
//! other is written in ASCII: `0`, then per character three digits in base 36, or `z` and four digits for code points
//! from 45360 on. The code of a prefix is a prefix of the code, so prefix search works in every script.

use std::collections::HashSet;

use deunicode::deunicode_char;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

use super::script::{Script, is_apostrophe, is_invisible, is_unspaced, script_of};
use super::tokens::escape_into;

/// The greatest length of a token, in bytes. What is longer is cut, in the index and in the query alike.
pub const MAX_TOKEN: usize = 64;

/// Code points below this are written with three digits.
const SHORT_CODES: u32 = 35 * 36 * 36;

/// The tokens of a text, in order, with repetitions.
#[must_use]
pub fn search_tokens(text: &str) -> Vec<String> {
    spans(text).into_iter().map(|span| span.token).collect()
}

/// The tokens under which a text is found: those of [`search_tokens`], and the last character of each run of a script that
/// parts no words by itself too, since no pair begins with it.
#[must_use]
pub fn index_tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut spans = spans(text).into_iter().peekable();
    while let Some(span) = spans.next() {
        let ends = spans.peek().is_none_or(|next| next.start >= span.end);
        let last = text.get(span.start..span.end).and_then(|pair| {
            let mut clusters = pair.graphemes(true);
            let last = clusters.next_back().filter(|last| last.starts_with(is_unspaced))?;
            clusters.next_back().map(|_| encode(&fold(last)))
        });
        out.push(span.token);
        if ends {
            out.extend(last);
        }
    }
    out
}

/// A token and where it stands in the text, in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    token: String,
    start: usize,
    end: usize,
}

fn spans(text: &str) -> Vec<Span> {
    let mut out = Vec::new();
    let mut run: Vec<Span> = Vec::new();
    for (at, segment) in text.split_word_bound_indices() {
        match segment.chars().find(|c| c.is_alphanumeric()) {
            None => pairs(&mut out, &mut run),
            Some(first) if is_unspaced(first) => {
                for (offset, cluster) in segment.grapheme_indices(true) {
                    let token = fold(cluster);
                    if !token.is_empty() {
                        let start = at + offset;
                        run.push(Span { token, start, end: start + cluster.len() });
                    }
                }
            }
            Some(_) => {
                pairs(&mut out, &mut run);
                word(&mut out, segment, at);
            }
        }
    }
    pairs(&mut out, &mut run);
    out
}

/// Makes overlapping pairs of a run of characters, and empties it.
fn pairs(out: &mut Vec<Span>, run: &mut Vec<Span>) {
    if let [only] = run.as_slice() {
        out.push(Span { token: encode(&only.token), ..*only });
    }
    for pair in run.windows(2) {
        if let [a, b] = pair {
            out.push(Span { token: encode(&format!("{}{}", a.token, b.token)), start: a.start, end: b.end });
        }
    }
    run.clear();
}

/// The tokens of one word: its parts between signs. An acronym with dots is one token (`U.S.` is `us`), and the single
/// letter that an apostrophe cuts off is none (`Lisbon’s` is `lisbon`, `l’amour` is `amour`).
fn word(out: &mut Vec<Span>, segment: &str, at: usize) {
    let inner = |c: char| c.is_alphanumeric() || is_combining_mark(c) || is_invisible(c);
    let mut parts: Vec<(usize, &str)> = Vec::new();
    let mut offset = 0;
    for piece in segment.split_inclusive(|c| !inner(c) || is_apostrophe(c)) {
        let part = piece.trim_end_matches(|c| !inner(c) || is_apostrophe(c));
        if !part.is_empty() {
            parts.push((at + offset, part));
        }
        offset += piece.len();
    }
    let letters = |part: &str| part.graphemes(true).count();
    let dotted = parts.len() > 1
        && parts.iter().all(|(_, part)| letters(part) == 1)
        && !segment.contains(is_apostrophe);
    if dotted && segment.contains('.') {
        let joined: String = parts.iter().map(|(_, part)| fold(part)).collect();
        push_word(out, &joined, at, at + segment.len());
        return;
    }
    let elided = segment.contains(is_apostrophe) && parts.iter().any(|(_, part)| letters(part) > 1);
    for (start, part) in parts {
        if !(elided && letters(part) == 1) {
            push_word(out, &fold(part), start, start + part.len());
        }
    }
}

fn push_word(out: &mut Vec<Span>, folded: &str, start: usize, end: usize) {
    if !folded.is_empty() {
        out.push(Span { token: encode(folded), start, end });
    }
}

/// Folds a word: what differs only in case, accents or compatibility forms becomes equal. Letters, digits and meaningful
/// marks only.
pub(super) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut base = Script::Other;
    for c in word.nfkd() {
        if is_combining_mark(c) {
            let pointed = matches!(
                base,
                Script::Latin | Script::Greek | Script::Cyrillic | Script::Hebrew | Script::Arabic
            );
            if !pointed && !out.is_empty() {
                out.push(c);
            }
            continue;
        }
        // U+0640 stretches an Arabic word and means nothing.
        if !c.is_alphanumeric() || is_invisible(c) || is_apostrophe(c) || c == '\u{640}' {
            continue;
        }
        base = script_of(c);
        // Upper and back to lower is full case folding for all but a few letters: ß and ss, ς and σ become equal.
        for c in c.to_uppercase().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
            let plain = (!c.is_ascii() && (script_of(c) == Script::Latin || c.is_numeric()))
                .then(|| deunicode_char(c))
                .flatten()
                .filter(|plain| !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric()));
            match plain {
                Some(plain) if script_of(c) != Script::Cjk => out.push_str(&plain.to_ascii_lowercase()),
                _ => out.push(c),
            }
        }
    }
    out.nfc().collect()
}

/// Writes a folded word as a token; see the head of this module.
fn encode(folded: &str) -> String {
    if folded.is_ascii() {
        let mut token = folded.to_owned();
        token.truncate(MAX_TOKEN);
        return token;
    }
    let digit = |n: u32| char::from_digit(n % 36, 36).unwrap_or('0');
    let mut token = String::from("0");
    for c in folded.chars() {
        let code = u32::from(c);
        let width = if code < SHORT_CODES { 3 } else { 5 };
        if token.len() + width > MAX_TOKEN {
            break;
        }
        if width == 5 {
            token.push('z');
            token.push(digit(code / (36 * 36 * 36)));
        }
        token.push(digit(code / (36 * 36)));
        token.push(digit(code / 36));
        token.push(digit(code));
    }
    token
}

/// A snippet of `text` of about `max_chars` characters round the best cluster of what was sought: safe HTML, hits in
/// `<mark>`, `…` where it was cut. `query_tokens` come from [`search_tokens`]; with `prefix_last` the last of them also
/// finds words that begin with it. Where nothing is found the beginning of the text is given.
#[must_use]
pub fn highlight(text: &str, query_tokens: &[String], prefix_last: bool, max_chars: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted: HashSet<&str> = query_tokens.iter().map(String::as_str).collect();
    let prefix = query_tokens.last().filter(|last| prefix_last && !last.is_empty());
    let hits: Vec<Span> = spans(&text)
        .into_iter()
        .filter(|span| {
            wanted.contains(span.token.as_str())
                || prefix.is_some_and(|prefix| span.token.starts_with(prefix.as_str()))
        })
        .collect();
    let bounds: Vec<usize> =
        text.grapheme_indices(true).map(|(at, _)| at).chain(std::iter::once(text.len())).collect();
    let (start, end) = window(&text, &bounds, &hits, max_chars);

    let mut out = String::new();
    if start > 0 {
        out.push('…');
    }
    let mut at = start;
    let mut hits = hits.iter().filter(|hit| hit.start >= start && hit.end <= end).peekable();
    while let Some(hit) = hits.next() {
        // Pairs of one run overlap: they are one mark.
        let mut last = hit.end;
        while let Some(next) = hits.next_if(|next| next.start < last || next.start == hit.start) {
            last = last.max(next.end);
        }
        escape_into(&mut out, text.get(at..hit.start).unwrap_or_default());
        out.push_str("<mark>");
        escape_into(&mut out, text.get(hit.start.max(at)..last).unwrap_or_default());
        out.push_str("</mark>");
        at = last;
    }
    escape_into(&mut out, text.get(at..end).unwrap_or_default());
    if end < text.len() {
        out.push('…');
    }
    out
}

/// Chooses what part of the text to show, in bytes: the stretch with the most different hits, then the most hits, then
/// the first, with what room is left on either side, cut between words.
fn window(text: &str, bounds: &[usize], hits: &[Span], max_chars: usize) -> (usize, usize) {
    let total = bounds.len().saturating_sub(1);
    if total <= max_chars {
        return (0, text.len());
    }
    let number = |at: usize| bounds.partition_point(|bound| *bound < at);
    let mut best = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut first = 0;
    let mut inside: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for (last, hit) in hits.iter().enumerate() {
        *inside.entry(&hit.token).or_default() += 1;
        while let Some(from) = hits.get(first)
            && first < last
            && number(hit.end).saturating_sub(number(from.start)) > max_chars
        {
            if let Some(count) = inside.get_mut(from.token.as_str()) {
                *count -= 1;
                if *count == 0 {
                    inside.remove(from.token.as_str());
                }
            }
            first += 1;
        }
        if (inside.len(), last - first + 1) > (best.0, best.1) {
            let from = hits.get(first).map_or(hit.start, |from| from.start);
            best = (inside.len(), last - first + 1, number(from), number(hit.end));
        }
    }
    let (_, _, from, to) = best;
    let spare = max_chars.saturating_sub(to - from);
    // A third of the room before the hits, the rest after; what one side cannot use the other may.
    let from_char = from.saturating_sub(spare / 3).min(total - max_chars);
    let to_char = (from_char + max_chars).max(to).min(total);
    let at = |n: usize| bounds.get(n).copied().unwrap_or(text.len());
    let (from, to) = (at(from), at(to));
    let (mut start, mut end) = (at(from_char), at(to_char));
    let words: Vec<usize> = text
        .get(start..)
        .unwrap_or_default()
        .split_word_bound_indices()
        .map(|(offset, _)| start + offset)
        .take_while(|at| *at <= end)
        .collect();
    if start > 0 {
        // The first boundary is the cut itself, which may lie within a word.
        let next = words.iter().copied().find(|at| *at > start && !starts_with_space(text, *at));
        start = next.filter(|at| *at <= from || to == 0).unwrap_or(start);
    }
    if end < text.len()
        && let Some(last) = words.iter().copied().rev().find(|at| *at <= end && *at >= to.max(start + 1))
    {
        end = text.get(..last).map_or(last, |kept| kept.trim_end().len()).max(start);
    }
    (start, end)
}

fn starts_with_space(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
