//! What people type, taken apart: words, `"phrases"`, `-exclusions`, and a last word that may be unfinished.
//!
//! There is no syntax that could be wrong. A word that is made of several tokens (`state-of-the-art`, `東京都`) is found
//! where these stand together, as a phrase is.

use std::collections::HashSet;

use pressroom_schema::search::{self as store, Match, Term, is_token};

use crate::content::script::is_unspaced;
use crate::content::search_tokens;
use crate::error::{Error, FieldError, Result};

/// Longest search, in characters.
pub(crate) const MAX_CHARS: usize = 500;

/// Most tokens of a search.
pub(super) const MAX_TOKENS: usize = 32;

/// A search, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    all: Vec<Term>,
    none: Vec<Term>,
}

/// A stretch of what was typed.
struct Chunk<'a> {
    text: &'a str,
    excluded: bool,
    quoted: bool,
}

impl Words {
    /// Takes `q` apart. What has no letter or digit in it yields no words, and finds nothing.
    ///
    /// # Errors
    /// 400 that names `q` when it is blank, too long, or has too many words.
    pub(super) fn parse(q: &str) -> Result<Self> {
        let refuse = |code: &str, detail: String| {
            Err(Error::parameters(vec![FieldError::parameter("q", code, detail)]))
        };
        if q.trim().is_empty() {
            return refuse("blank", "`q` is blank; give the words to find.".to_owned());
        }
        let length = q.chars().count();
        if length > MAX_CHARS {
            return refuse(
                "too_long",
                format!("`q` has {length} characters; at most {MAX_CHARS} are taken."),
            );
        }
        let mut words = Self::default();
        let mut unfinished = None;
        for chunk in chunks(q) {
            let tokens: Vec<String> = search_tokens(chunk.text).into_iter().filter(|t| is_token(t)).collect();
            if tokens.is_empty() {
                continue;
            }
            unfinished = None;
            let list = if chunk.excluded { &mut words.none } else { &mut words.all };
            // Korean words take endings, and one Chinese character is seldom the whole of a pair: either may be the
            // beginning of what is written.
            let prefix = !chunk.excluded
                && !chunk.quoted
                && (is_hangul(chunk.text) || is_one_unspaced_sign(chunk.text));
            let term = Term { tokens, prefix };
            let at = list.iter().position(|t| *t == term).unwrap_or(list.len());
            if at == list.len() {
                list.push(term);
            }
            if !chunk.excluded && !chunk.quoted && may_be_unfinished(chunk.text) {
                unfinished = Some(at);
            }
        }
        if let Some(term) = unfinished.and_then(|at| words.all.get_mut(at)) {
            term.prefix = true;
        }
        let count: usize = words.all.iter().chain(&words.none).map(|t| t.tokens.len()).sum();
        if count > MAX_TOKENS {
            return refuse(
                "too_many_words",
                format!("`q` has {count} words; at most {MAX_TOKENS} are taken."),
            );
        }
        Ok(words)
    }

    /// What must match.
    pub(super) fn terms(&self) -> &[Term] {
        &self.all
    }

    /// The search as the store takes it.
    pub(super) fn sought(&self) -> store::Query {
        store::Query { all: self.all.clone(), none: self.none.clone(), ..store::Query::default() }
    }

    /// The tokens of `found` that were sought: each as it stands there, where only its beginning was given.
    pub(super) fn seen_in(&self, found: &Match) -> Vec<String> {
        let mut exact: HashSet<&str> = HashSet::new();
        let mut beginnings: Vec<&str> = Vec::new();
        for term in &self.all {
            let last = term.tokens.len().saturating_sub(1);
            for (n, token) in term.tokens.iter().enumerate() {
                if term.prefix && n == last {
                    beginnings.push(token);
                } else {
                    exact.insert(token);
                }
            }
        }
        let mut seen: Vec<String> = exact.iter().map(|t| (*t).to_owned()).collect();
        let fields = [&found.title, &found.meta, &found.body];
        seen.extend(
            fields
                .into_iter()
                .flat_map(|field| field.split_ascii_whitespace())
                .filter(|token| beginnings.iter().any(|b| token.starts_with(b)))
                .map(str::to_owned),
        );
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '＂')
}

/// Cuts at spaces, but keeps what is quoted together. A mark within a word (`צה"ל`) is a part of the word.
fn chunks(q: &str) -> Vec<Chunk<'_>> {
    let mut out = Vec::new();
    let mut rest = q.trim_start();
    while let Some(first) = rest.chars().next() {
        let signed = matches!(first, '-' | '\u{2212}');
        let body = if signed { rest.get(first.len_utf8()..).unwrap_or_default() } else { rest };
        let excluded = signed && body.chars().next().is_some_and(|c| c.is_alphanumeric() || is_quote(c));
        if let Some(mark) = body.chars().next().filter(|c| is_quote(*c)) {
            let inner = body.get(mark.len_utf8()..).unwrap_or_default();
            let end = closing(inner).unwrap_or(inner.len());
            let (text, after) = inner.split_at(end);
            out.push(Chunk { text, excluded, quoted: true });
            let mut after = after.chars();
            after.next();
            rest = after.as_str().trim_start();
        } else {
            let end = body.find(char::is_whitespace).unwrap_or(body.len());
            let (text, after) = body.split_at(end);
            out.push(Chunk { text, excluded, quoted: false });
            rest = after.trim_start();
        }
    }
    out
}

/// Where the quotation ends: at the next mark, unless it is a plain one between two letters.
fn closing(inner: &str) -> Option<usize> {
    let mut before: Option<char> = None;
    let mut chars = inner.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_quote(c) {
            let after = chars.peek().map(|(_, c)| *c);
            // Only the plain mark is also written inside of words.
            let within = c == '"'
                && before.is_some_and(char::is_alphanumeric)
                && after.is_some_and(char::is_alphanumeric);
            if !within {
                return Some(at);
            }
        }
        before = Some(c);
    }
    None
}

/// Whether a word is long enough to be the beginning of one: two letters, or one sign of a script that parts no words.
fn may_be_unfinished(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphanumeric());
    match (letters.next(), letters.next()) {
        (Some(_), Some(_)) => true,
        (Some(only), None) => is_hangul_syllable(only) || is_unspaced(only),
        _ => false,
    }
}

/// Whether a word is one character of a script that parts no words.
fn is_one_unspaced_sign(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.next().is_some_and(is_unspaced) && letters.next().is_none()
}

fn is_hangul_syllable(c: char) -> bool {
    matches!(u32::from(c), 0xAC00..=0xD7A3)
}

/// Whether a word is Korean and more than one syllable.
fn is_hangul(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| c.is_alphanumeric()).peekable();
    letters.peek().is_some()
        && letters.clone().count() > 1
        && letters.all(|c| matches!(u32::from(c), 0x1100..=0x11FF | 0xAC00..=0xD7A3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(q: &str) -> String {
        let words = Words::parse(q).unwrap();
        let one = |t: &Term| format!("{}{}", t.tokens.join("+"), if t.prefix { "*" } else { "" });
        let all: Vec<String> = words.all.iter().map(one).collect();
        let none: Vec<String> = words.none.iter().map(|t| format!("-{}", one(t))).collect();
        [all, none].concat().join(" ")
    }

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        for (q, expected) in [
            ("one two", "one two*"),
            ("two two", "two*"),
            ("One ONE", "one*"),
            ("one t", "one t"),
            ("\"one two\" three", "one+two three*"),
            ("three \"one two\"", "three one+two"),
            ("“one two”three", "one+two three*"),
            ("\"one two", "one+two"),
            ("one -two", "one -two"),
            ("-\"one two\" three", "three* -one+two"),
            ("one - two", "one two*"),
            ("one --two", "one two*"),
            ("state-of-the-art", "state+of+the+art*"),
            ("one ! two", "one two*"),
            ("one two !", "one two*"),
            ("12\" pipe", "12 pipe*"),
            ("-one", "-one"),
            ("!!! 🎉", ""),
        ] {
            assert_eq!(shown(q), expected, "{q}");
        }
    }

    #[test]
    fn a_quotation_mark_within_a_word_belongs_to_it() {
        let words = Words::parse("צה\"ל אחד").unwrap();
        assert_eq!(words.all.len(), 2);
    }

    #[test]
    fn only_what_is_blank_long_or_many_is_refused() {
        let code = |q: &str| Words::parse(q).map_err(|e| e.errors()[0].code.clone());
        assert_eq!(code(" \t"), Err("blank".into()));
        assert_eq!(code(&"x".repeat(501)), Err("too_long".into()));
        assert_eq!(
            code(&(0..33).fold(String::new(), |text, n| text + "w" + &n.to_string() + " ")),
            Err("too_many_words".into())
        );
        assert_eq!(code(&"w ".repeat(200)).map(|w| w.all.len()), Ok(1));
        assert!(code("\u{0}").is_ok());
    }
}
