//! Documents that were parsed and validated before, and queries that clients name by their hash.
//!
//! async-graphql 7.2 parses and validates every request anew, which takes longer than to load a page (row 9 of
//! `docs/performance.md`), so what was parsed and found valid is kept under its full text; it needs no validation again. (Issue 919
//! asked for that; what came of it keeps the parsed document alone, and only for persisted queries.)
//!
//! Its parser is recursive without a limit, so that a few thousand brackets end the process by an overflow of the stack (no issue known; still
//! so in 8.0.0-rc.5): brackets are counted before. And it takes a surrogate pair (section 2.9.4, September 2025) for an error of syntax
//! (no issue known; still so in 8.0.0-rc.5). Unneeded once the parser has a limit, knows pairs, and validation can be had by itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Value;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::{Error as ParserError, parse_query};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::fault::{Fault, code};
use crate::limits::Limits;

/// What is said to text that neither database stores.
pub(super) const NO_NUL: &str = "Text may not hold the NUL character (U+0000).";

/// Brackets may be nested this deep in a document: the parser is recursive and has no limit of its own for values.
const MAX_BRACKETS: usize = 100;

/// A document as it was parsed.
#[derive(Debug)]
pub(crate) struct Document {
    /// The source.
    pub text: Arc<str>,
    /// What the parser made of it.
    pub parsed: ExecutableDocument,
}

impl Document {
    /// Whether any of its operations declares a variable.
    #[must_use]
    pub(crate) fn takes_variables(&self) -> bool {
        self.parsed.operations.iter().any(|(_, operation)| !operation.node.variable_definitions.is_empty())
    }
}

/// The parsed documents and the persisted queries of one server.
#[derive(Debug)]
pub(crate) struct Documents {
    /// By their text in full, so that no clash of hashes can answer one query with another.
    parsed: Cache<Arc<str>, Arc<Document>, ByBytes>,
    /// The texts of automatic persisted queries by their hash.
    persisted: Cache<Arc<str>, Arc<str>, ByBytes>,
    /// The texts that were registered at start by their hash; these are never dropped.
    registered: HashMap<String, Arc<str>>,
}

/// Weighs by the source. Each entry costs something, however short its text.
#[derive(Debug, Clone)]
struct ByBytes;

/// Bytes that an entry costs beside its text.
const ENTRY: usize = 256;

/// Bytes that an entry is expected to weigh. The store is cut into parts of at least 32 such, and what is heavier than a part is not
/// kept: the longest documents that are let in are not.
const EXPECTED: usize = 4 * 1024;

impl Weighter<Arc<str>, Arc<Document>> for ByBytes {
    fn weight(&self, text: &Arc<str>, _: &Arc<Document>) -> u64 {
        u64::try_from(text.len() + ENTRY).unwrap_or(u64::MAX)
    }
}

impl Weighter<Arc<str>, Arc<str>> for ByBytes {
    fn weight(&self, _: &Arc<str>, text: &Arc<str>) -> u64 {
        u64::try_from(text.len() + ENTRY).unwrap_or(u64::MAX)
    }
}

/// A query's text, and its hash where the client wants it kept under that.
#[derive(Debug)]
pub(crate) struct Source {
    /// The document.
    pub text: Arc<str>,
    /// To be given to [`Documents::persist`] once the document is known to be valid.
    pub hash: Option<String>,
}

impl Documents {
    /// A store that keeps up to about `bytes` of documents, and as much of persisted queries, and knows the
    /// `registered` ones from the start. A parsed document takes some ten times its source in memory.
    #[must_use]
    pub(crate) fn new(bytes: usize, registered: &[String]) -> Self {
        let registered = registered.iter().map(|text| (sha256(text), Arc::from(text.as_str()))).collect();
        let (expected, capacity) = (bytes / EXPECTED, u64::try_from(bytes).unwrap_or(u64::MAX));
        Self {
            parsed: Cache::with_weighter(expected, capacity, ByBytes),
            persisted: Cache::with_weighter(expected, capacity, ByBytes),
            registered,
        }
    }

    /// The document with this text, if it was found valid before.
    #[must_use]
    pub(crate) fn find(&self, text: &str) -> Option<Arc<Document>> {
        self.parsed.get(text)
    }

    /// Keeps a document that was found valid.
    pub(crate) fn keep(&self, document: &Arc<Document>) {
        self.parsed.insert(Arc::clone(&document.text), Arc::clone(document));
    }

    /// Keeps the text of a persisted query under its hash.
    pub(crate) fn persist(&self, hash: &str, text: &Arc<str>) {
        if !self.registered.contains_key(hash) {
            self.persisted.insert(Arc::from(hash), Arc::clone(text));
        }
    }

    /// The text that a request means: its `query`, or the one persisted under the hash in
    /// `extensions.persistedQuery` (Apollo's automatic persisted queries, version 1).
    ///
    /// # Errors
    /// Neither is there; the extension is malformed or of another version; the hash is unknown, or not that of the
    /// text that came with it.
    pub(crate) fn source(&self, query: Option<String>, persisted: Option<&Value>) -> Result<Source, Fault> {
        let hash = match persisted {
            None | Some(Value::Null) => None,
            Some(extension) => Some(persisted_hash(extension)?),
        };
        match (query, hash) {
            (Some(query), None) => Ok(Source { text: query.into(), hash: None }),
            (Some(query), Some(hash)) if sha256(&query) == hash => {
                Ok(Source { text: query.into(), hash: Some(hash) })
            }
            (Some(_), Some(_)) => {
                let sentence = "\"sha256Hash\" is not the SHA-256 of \"query\".";
                Err(Fault::new(code::PERSISTED_QUERY_MISMATCH, sentence))
            }
            (None, Some(hash)) => {
                let text = self.registered.get(&hash).cloned().or_else(|| self.persisted.get(hash.as_str()));
                // The sentence is part of Apollo's protocol.
                text.map(|text| Source { text, hash: None })
                    .ok_or_else(|| Fault::new(code::PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound"))
            }
            (None, None) => {
                let sentence = "\"query\" is missing: send the GraphQL document as a string.";
                Err(Fault::new(code::BAD_REQUEST, sentence).member(
                    "/query",
                    "required",
                    "\"query\" is missing.",
                ))
            }
        }
    }
}

/// Parses a document.
///
/// # Errors
/// It is longer or deeper than allowed, or not GraphQL; the fault says where.
pub(crate) fn parse(text: &Arc<str>, limits: &Limits) -> Result<Document, Fault> {
    if text.len() > limits.document_bytes {
        let sentence = format!(
            "The document has {} bytes; at most {} are allowed. Texts belong in the variables.",
            text.len(),
            limits.document_bytes
        );
        return Err(Fault::new(code::DOCUMENT_TOO_LARGE, sentence));
    }
    if deepest_bracket(text) > MAX_BRACKETS {
        let sentence = format!("The document has brackets nested more than {MAX_BRACKETS} deep.");
        return Err(Fault::new(code::DOCUMENT_TOO_LARGE, sentence));
    }
    // PostgreSQL takes no text with NUL, not even to look for it.
    if text.contains('\u{0}') || text.contains("\\u0000") {
        return Err(Fault::new(code::BAD_REQUEST, NO_NUL));
    }
    match parse_query(join_surrogates(text)) {
        Ok(parsed) => Ok(Document { text: Arc::clone(text), parsed }),
        Err(error) => Err(parse_fault(&error)),
    }
}

fn parse_fault(error: &ParserError) -> Fault {
    let message = error.to_string();
    // The parser draws the source under its sentence; the sentence is what a client wants in `message`.
    let sentence = match message.rsplit_once("= ") {
        Some((_, expected)) if matches!(error, ParserError::Syntax { .. }) => {
            format!("Syntax error: {}", expected.trim())
        }
        _ => message,
    };
    error.positions().fold(Fault::new(code::PARSE_FAILED, sentence), Fault::at)
}

/// How deep brackets of any kind are nested, those in strings and comments aside. Ends of strings and comments are
/// taken exactly as the grammar takes them: to believe a bracket hidden that the parser sees would defeat the count.
fn deepest_bracket(text: &str) -> usize {
    let mut rest = text.as_bytes();
    let (mut depth, mut deepest) = (0usize, 0usize);
    loop {
        rest = match rest {
            [] => return deepest,
            [b'#', comment @ ..] => after(comment, comment_step).unwrap_or_default(),
            [b'"', b'"', b'"', block @ ..] => match after(block, block_step) {
                Some(next) => next,
                // Without an end the parser takes the first two quotes for an empty string and reads on.
                None => return deepest.max(depth + block.iter().filter(|b| b"{[(".contains(b)).count()),
            },
            [b'"', string @ ..] => after(string, string_step).unwrap_or_default(),
            [b'{' | b'[' | b'(', inside @ ..] => {
                depth += 1;
                deepest = deepest.max(depth);
                inside
            }
            [b'}' | b']' | b')', outside @ ..] => {
                depth = depth.saturating_sub(1);
                outside
            }
            [_, next @ ..] => next,
        };
    }
}

/// What the next bytes of a string or comment are.
enum Step {
    Inside(usize),
    End(usize),
}

fn comment_step(tail: &[u8]) -> Step {
    match tail {
        [b'\n' | b'\r', ..] => Step::End(1),
        _ => Step::Inside(1),
    }
}

fn block_step(tail: &[u8]) -> Step {
    match tail {
        [b'"', b'"', b'"', ..] => Step::End(3),
        [b'\\', b'"', b'"', b'"', ..] => Step::Inside(4),
        _ => Step::Inside(1),
    }
}

fn string_step(tail: &[u8]) -> Step {
    match tail {
        [b'"' | b'\n' | b'\r', ..] => Step::End(1),
        [b'\\', ..] => Step::Inside(2),
        _ => Step::Inside(1),
    }
}

/// The bytes after the end of a string or comment, if it has one.
fn after(mut rest: &[u8], step: impl Fn(&[u8]) -> Step) -> Option<&[u8]> {
    while !rest.is_empty() {
        match step(rest) {
            Step::Inside(length) => rest = rest.get(length..).unwrap_or_default(),
            Step::End(length) => return rest.get(length..),
        }
    }
    None
}

/// How many bytes the escapes of a surrogate pair have, as in `\uD83D\uDE00`.
const PAIR: usize = 12;

/// The document with the characters that surrogate pairs mean in place of their escapes: the parser knows no such escapes.
fn join_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\uD") && !text.contains("\\ud") {
        return Cow::Borrowed(text);
    }
    let (mut joined, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['"', '#']) {
        let (before, from_here) = rest.split_at(at);
        let (is_string, next) = match from_here.as_bytes() {
            [b'#', comment @ ..] => (false, after(comment, comment_step)),
            [b'"', b'"', b'"', block @ ..] => (false, after(block, block_step)),
            [_, string @ ..] => (true, after(string, string_step)),
            [] => (false, None),
        };
        let (whole, next) = from_here.split_at(from_here.len() - next.map_or(0, <[u8]>::len));
        joined.push_str(before);
        if is_string {
            join_string(whole, &mut joined);
        } else {
            joined.push_str(whole);
        }
        rest = next;
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

/// Adds one string to `joined`, and after it as many spaces as it has become shorter, so that what follows keeps its place.
fn join_string(string: &str, joined: &mut String) {
    let (mut rest, mut lost) = (string, 0);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        joined.push_str(before);
        if let Some(character) = surrogate_pair(escape) {
            joined.push(character);
            lost += PAIR - 1;
            rest = escape.get(PAIR..).unwrap_or_default();
        } else {
            // With what it escapes: a backslash that is escaped begins nothing.
            let end = escape.char_indices().nth(2).map_or(escape.len(), |(at, _)| at);
            let (whole, next) = escape.split_at(end);
            joined.push_str(whole);
            rest = next;
        }
    }
    joined.push_str(rest);
    joined.extend(std::iter::repeat_n(' ', lost));
}

/// The character that the two escapes mean with which a text begins, if it begins with such a pair.
fn surrogate_pair(text: &str) -> Option<char> {
    let unit = |from: usize| {
        let digits = text.get(from..from + PAIR / 2)?.strip_prefix("\\u")?;
        // A sign would pass for a digit.
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    };
    let mut units = char::decode_utf16([unit(0)?, unit(PAIR / 2)?]);
    let first = units.next()?.ok()?;
    units.next().is_none().then_some(first)
}

fn persisted_hash(extension: &Value) -> Result<String, Fault> {
    let malformed = |pointer: &str, detail: &str| {
        let pointer = format!("/extensions/persistedQuery{pointer}");
        Fault::new(code::BAD_REQUEST, detail).member(pointer, "type", detail)
    };
    let Value::Object(members) = extension else {
        return Err(malformed("", "\"persistedQuery\" must be an object."));
    };
    if members.get("version") != Some(&Value::from(1)) {
        // The sentence is part of Apollo's protocol.
        return Err(Fault::new(code::PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported"));
    }
    match members.get("sha256Hash") {
        Some(Value::String(hash)) if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(hash.to_ascii_lowercase())
        }
        _ => Err(malformed("/sha256Hash", "\"sha256Hash\" must be a SHA-256 in 64 hexadecimal digits.")),
    }
}

fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn text(source: &str) -> Arc<str> {
        Arc::from(source)
    }

    #[test]
    fn brackets_are_counted_outside_of_strings_and_comments() {
        assert_eq!(deepest_bracket("{ a(b: [1, {c: 2}]) }"), 4);
        assert_eq!(deepest_bracket(r#"{ a(b: "[[[[\"[[[") }"#), 2);
        assert_eq!(deepest_bracket("{ a(b: \"\"\"[[ \\\"\"\" [[ \" [[\"\"\") } # {{{{\r{ {"), 2);
        assert_eq!(deepest_bracket("\"unterminated {{{"), 0);
        assert_eq!(deepest_bracket("[\"\"\"\" [[[ "), 4, "a block string without an end hides nothing");
        assert_eq!(deepest_bracket("# a backslash hides nothing \\\n[[["), 3);
        assert_eq!(deepest_bracket(r#"{ a(b: """ \\""" [[[ """) }"#), 2);
        assert_eq!(deepest_bracket(r#"{ a(b: """ \"""" [[[ """, c: [[1]]) }"#), 4);
    }

    #[test]
    fn a_deeply_nested_value_is_refused_before_the_recursive_parser_sees_it() {
        let limits = Limits::default();
        let bomb = format!("{{ a(b: {}", "[".repeat(60_000));
        assert_eq!(parse(&text(&bomb), &limits).unwrap_err().code(), code::DOCUMENT_TOO_LARGE);
        let long = format!("{{ a }} #{}", "x".repeat(limits.document_bytes));
        assert_eq!(parse(&text(&long), &limits).unwrap_err().code(), code::DOCUMENT_TOO_LARGE);
        assert!(parse(&text("{ a(b: [[[1]]]) }"), &limits).is_ok());
    }

    #[test]
    fn a_syntax_error_is_a_sentence_with_a_place() {
        let fault = parse(&text("{ a\n b( }"), &Limits::default()).unwrap_err();
        assert_eq!(fault.code(), code::PARSE_FAILED);
        assert!(fault.message().starts_with("Syntax error: expected"), "{}", fault.message());
        assert!(!fault.message().contains('\n'), "{}", fault.message());
        assert_eq!(fault.to_request_error().locations.first().unwrap().line, 2);
        let twice = parse(&text("{ a } { b }"), &Limits::default()).unwrap_err();
        assert_eq!(twice.code(), code::PARSE_FAILED);
    }

    #[test]
    fn surrogate_pairs_are_joined_in_strings_alone() {
        let joined = |source: &str| join_surrogates(source).into_owned();
        let pad = " ".repeat(PAIR - 1);
        assert_eq!(joined(r#"{ a(b: "x\uD83D\uDE00y") c }"#), format!("{{ a(b: \"x\u{1F600}y\"{pad}) c }}"));
        assert_eq!(joined(r#"["\ud83d\ude00\uD83D\uDE00"]"#), format!("[\"\u{1F600}\u{1F600}\"{pad}{pad}]"));
        for same in [
            r#"{ a(b: """\uD83D\uDE00""") }"#,
            r#"{ a(b: """ \""" "\uD83D\uDE00" """) }"#,
            r#"{ a(b: "\\uD83D\uDE00") }"#,
            r#"{ a(b: "\uD83D") c(d: "\uDE00\uD83D\u0041\uD83D\u+E00") }"#,
            "{ a # \"\\uD83D\\uDE00\"\n }",
            r#"{ a(b: "\uD83Dé\é\uD83D"#,
            r#"{ a(b: """ "\uD83D\uDE00") }"#,
        ] {
            assert_eq!(joined(same), same);
        }
        let parsed = |source: &str| parse(&text(source), &Limits::default());
        assert!(parsed(r#"{ a(b: "\uD83D\uDE00") }"#).is_ok());
        assert_eq!(parsed(r#"{ a(b: "\uD83D") }"#).unwrap_err().code(), code::PARSE_FAILED);
        let fault = parsed(r#"{ a(b: "\uD83D\uDE00", c: ?) }"#).unwrap_err();
        let at = fault.to_request_error().locations[0];
        assert_eq!((at.line, at.column), (1, 27), "places after a pair are those of the text that was sent");
    }

    #[test]
    fn documents_that_are_used_stay_and_the_store_never_outgrows_its_capacity() {
        let capacity = 20 * 300;
        let documents = Documents::new(capacity, &[]);
        let keep = |name: &str| {
            documents.keep(&Arc::new(parse(&text(&format!("{{ {name} }}")), &Limits::default()).unwrap()));
        };
        keep("kept");
        for round in 0..100 {
            keep(&format!("k{round}"));
            assert!(documents.find("{ kept }").is_some(), "what is used stays");
            assert!(documents.parsed.weight() <= u64::try_from(capacity).unwrap());
        }
        assert!(documents.find("{ k0 }").is_none());
        keep(&"huge".repeat(capacity));
        assert!(documents.find(&format!("{{ {} }}", "huge".repeat(capacity))).is_none());
        assert!(documents.find("{ kept }").is_some());
    }

    #[test]
    fn a_persisted_query_is_found_by_its_hash_after_it_was_kept() {
        let documents = Documents::new(100_000, &[]);
        let hash = sha256("{ a }");
        let extension = value!({"version": 1, "sha256Hash": hash.clone()});
        let missing = documents.source(None, Some(&extension)).unwrap_err();
        assert_eq!(
            (missing.code(), missing.message()),
            ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        );
        let source = documents.source(Some("{ a }".into()), Some(&extension)).unwrap();
        documents.persist(source.hash.as_deref().unwrap(), &source.text);
        assert_eq!(&*documents.source(None, Some(&extension)).unwrap().text, "{ a }");
    }

    #[test]
    fn registered_queries_are_known_from_the_start() {
        let documents = Documents::new(1_000, &["{ b }".to_owned()]);
        let extension = value!({"version": 1, "sha256Hash": sha256("{ b }").to_uppercase()});
        assert_eq!(&*documents.source(None, Some(&extension)).unwrap().text, "{ b }");
    }

    #[test]
    fn a_wrong_hash_version_or_shape_is_refused() {
        let documents = Documents::new(1_000, &[]);
        let code_of = |query: Option<&str>, extension: Value| {
            documents.source(query.map(str::to_owned), Some(&extension)).unwrap_err().code().to_owned()
        };
        let other = sha256("{ other }");
        assert_eq!(
            code_of(Some("{ a }"), value!({"version": 1, "sha256Hash": other})),
            code::PERSISTED_QUERY_MISMATCH
        );
        assert_eq!(
            code_of(None, value!({"version": 2, "sha256Hash": "x"})),
            code::PERSISTED_QUERY_NOT_SUPPORTED
        );
        assert_eq!(code_of(None, value!({"version": 1, "sha256Hash": "x"})), code::BAD_REQUEST);
        assert_eq!(code_of(None, value!(7)), code::BAD_REQUEST);
        assert_eq!(documents.source(None, None).unwrap_err().code(), code::BAD_REQUEST);
        assert!(documents.source(Some("{ a }".into()), Some(&Value::Null)).is_ok());
    }
}
