//! Full-text search: the one module with two SQL texts, for FTS5 and for `tsvector`.
//!
//! Neither database's own analysis is used. The application makes the tokens, of ASCII letters and digits only, so that
//! both keep them whole, and both answer by the same rules:
//!
//! - The index holds the tokens of each listed post in three fields: title and meta, up to [`MAX_HEAD_BYTES`] together, and body, up
//!   to [`MAX_BYTES`].
//! - A query asks for terms, all of which must match. A term is a run of tokens that stand next to one another in one
//!   field, mostly a run of one; the last token may be a prefix.
//! - FTS5 knows positions. A `tsvector` forgets them (256 a lexeme, none beyond 16,383), so there pairs of neighbours
//!   are lexemes themselves (`+a b`), tokens of titles too (`.a`), and longer runs are confirmed in the stored text.
//! - Of all matches at most [`MAX_MATCHES`] are answered: those that match in the title first, then the newest.
//!
//! Nothing that a caller sends can be a syntax error: what is not ASCII letters and digits is no token ([`is_token`]).

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Text};

use crate::db::{Backend, Conn, MultiBackend};
use crate::sql::{IdIn, id_in, known_by_text};
use crate::tables::{post_lists, posts, search_docs};
use crate::types::{Id, IdSql, TimeSql, Timestamp};
use crate::values::LanguageTag;

/// Between texts that do not run on into one another: no term matches across it.
pub const GAP: &str = "\u{b7}";

/// How much of a post's text is found: bytes of its tokens, each with the space after it. A `tsvector` takes a megabyte, of
/// which each token may need four times its length.
pub const MAX_BYTES: usize = 192 * 1024;

/// The same of its title and of what stands about it.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Most posts that one search answers.
pub const MAX_MATCHES: i64 = 1_000;

/// How much of a body's tokens a search hands out for ranking, in bytes. It bounds the memory of one search.
const RANKED_BYTES: i32 = 24 * 1024;

/// How much of a post's text a search hands out for its snippets, in characters.
const SNIPPET_CHARS: usize = 64 * 1024;

/// The same of all posts of a page together: it takes longer of a processor to look through it than to find them.
const PAGE_CHARS: usize = 1024 * 1024;

/// Whether the index can keep this token whole.
#[must_use]
pub fn is_token(token: &str) -> bool {
    !token.is_empty() && token.len() <= 64 && token.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The tokens of what stands about a post's text, in order; [`GAP`] parts them where they do not run on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Of the title.
    pub title: Vec<String>,
    /// Of subtitle, excerpt and tags.
    pub meta: Vec<String>,
}

/// A post's text as the index holds it. It takes long of a processor to make one of a long text: not inside a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Its tokens.
    line: String,
    /// What a `tsvector` holds of them; empty for SQLite.
    lexemes: String,
}

impl Body {
    /// Of these tokens, in order.
    #[must_use]
    pub fn of(backend: Backend, tokens: &[String]) -> Self {
        let mut left = MAX_BYTES;
        let line = line(tokens, &mut left);
        let lexemes = match backend {
            Backend::Sqlite => String::new(),
            Backend::Postgres => written(&lexemes(&[&line])),
        };
        Self { line, lexemes }
    }
}

/// Tokens that must stand next to one another in one field, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The tokens, at least one.
    pub tokens: Vec<String>,
    /// Whether the last token need only be the beginning of one.
    pub prefix: bool,
}

/// What is sought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Each of these must be in the post.
    pub all: Vec<Term>,
    /// None of these may be in the post.
    pub none: Vec<Term>,
    /// The post must bear one of these bylines; empty for any.
    pub authors: Vec<Id>,
    /// The post must bear one of these tags; empty for any.
    pub tags: Vec<Id>,
    /// The post must be in this language.
    pub language: Option<LanguageTag>,
}

/// A post that matches, with the tokens by which it is ranked: each followed by a space, the first preceded by one too.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Match {
    /// Which post.
    pub post: Id,
    /// What lists sort it by.
    pub sorted_at: Timestamp,
    /// Tokens of the title.
    pub title: String,
    /// Tokens of what stands about it.
    pub meta: String,
    /// Tokens of the beginning of its text; the last may be cut.
    pub body: String,
}

/// Tokens as they are stored: padded with spaces, and no more than there is room for.
fn line(tokens: &[String], left: &mut usize) -> String {
    let mut out = String::from(" ");
    for token in tokens.iter().filter(|t| is_token(t) || *t == GAP) {
        if token.len() >= *left {
            // What follows is left out too: a text is cut, never thinned.
            *left = 0;
            break;
        }
        *left -= token.len() + 1;
        out.push_str(token);
        out.push(' ');
    }
    out
}

/// What a `tsvector` holds of these lines: their tokens and their pairs of neighbours.
fn lexemes(lines: &[&str]) -> BTreeSet<String> {
    let mut lexemes = BTreeSet::new();
    for line in lines {
        let mut before: Option<&str> = None;
        for token in line.split_ascii_whitespace() {
            if token == GAP {
                before = None;
                continue;
            }
            lexemes.insert(token.to_owned());
            if let Some(before) = before {
                lexemes.insert(format!("+{before} {token}"));
            }
            before = Some(token);
        }
    }
    lexemes
}

/// Lexemes as PostgreSQL reads a `tsvector`, in any order and more than once. Tokens need no escaping.
fn written(lexemes: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for lexeme in lexemes {
        text.push('\'');
        text.push_str(lexeme);
        text.push_str("' ");
    }
    text
}

/// The lexemes of what stands about a text.
fn head(title: &str, meta: &str) -> String {
    let mut lexemes = lexemes(&[title, meta]);
    lexemes.extend(title.split_ascii_whitespace().filter(|t| *t != GAP).map(|t| format!(".{t}")));
    written(&lexemes)
}

#[derive(Debug, Clone, QueryId)]
struct InsertEntry {
    id: i64,
    title: String,
    meta: String,
    body: String,
    document: Option<String>,
}

impl QueryFragment<MultiBackend> for InsertEntry {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(match out.backend() {
            MultiBackend::Pg(_) => "INSERT INTO search_index (rowid, title, meta, body, document) VALUES (",
            MultiBackend::Sqlite(_) => "INSERT INTO search_index (rowid, title, meta, body) VALUES (",
        });
        out.push_bind_param::<BigInt, _>(&self.id)?;
        for text in [&self.title, &self.meta, &self.body] {
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(text)?;
        }
        if let Some(document) = &self.document {
            out.push_sql(", CAST(");
            out.push_bind_param::<Text, _>(document)?;
            out.push_sql(" AS tsvector)");
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<Conn> for InsertEntry {}

#[derive(Debug, Clone, QueryId)]
struct DeleteEntry {
    id: i64,
}

impl QueryFragment<MultiBackend> for DeleteEntry {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("DELETE FROM search_index WHERE rowid = ");
        out.push_bind_param::<BigInt, _>(&self.id)
    }
}

impl RunQueryDsl<Conn> for DeleteEntry {}

/// What the index holds of posts that are gone or out of the public lists.
#[derive(Debug, Clone, Copy, QueryId)]
struct DeleteStale<const ENTRIES: bool>;

impl<const ENTRIES: bool> QueryFragment<MultiBackend> for DeleteStale<ENTRIES> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(if ENTRIES {
            "DELETE FROM search_index WHERE rowid NOT IN (SELECT id FROM search_docs)"
        } else {
            "DELETE FROM search_docs WHERE post_id NOT IN (SELECT id FROM posts WHERE listed)"
        });
        Ok(())
    }
}

impl<const ENTRIES: bool> RunQueryDsl<Conn> for DeleteStale<ENTRIES> {}

fn number(conn: &mut Conn, post: Id) -> crate::Result<Option<i64>> {
    Ok(search_docs::table
        .filter(search_docs::post_id.eq(post))
        .select(search_docs::id)
        .first(conn)
        .optional()?)
}

/// Puts a listed post into the index, or renews its entry. Its number stays as long as it is listed.
///
/// # Errors
/// When the database fails.
pub fn index(
    conn: &mut Conn,
    post: Id,
    sorted_at: Timestamp,
    about: &Head,
    body: &Body,
) -> crate::Result<()> {
    let id = if let Some(id) = number(conn, post)? {
        diesel::update(search_docs::table.filter(search_docs::id.eq(id)))
            .set(search_docs::sorted_at.eq(sorted_at))
            .execute(conn)?;
        DeleteEntry { id }.execute(conn)?;
        id
    } else {
        diesel::insert_into(search_docs::table)
            .values((search_docs::post_id.eq(post), search_docs::sorted_at.eq(sorted_at)))
            .returning(search_docs::id)
            .get_result(conn)?
    };
    let mut left = MAX_HEAD_BYTES;
    let (title, meta) = (line(&about.title, &mut left), line(&about.meta, &mut left));
    let document = matches!(conn, Conn::Pg(_)).then(|| head(&title, &meta) + &body.lexemes);
    InsertEntry { id, title, meta, body: body.line.clone(), document }.execute(conn)?;
    Ok(())
}

/// Takes a post out of the index, if it is there.
///
/// # Errors
/// When the database fails.
pub fn remove(conn: &mut Conn, post: Id) -> crate::Result<()> {
    if let Some(id) = number(conn, post)? {
        DeleteEntry { id }.execute(conn)?;
        diesel::delete(search_docs::table.filter(search_docs::id.eq(id))).execute(conn)?;
    }
    Ok(())
}

/// Removes what the index holds of posts that are gone or not listed.
///
/// # Errors
/// When the database fails.
pub fn prune(conn: &mut Conn) -> crate::Result<()> {
    DeleteStale::<false>.execute(conn)?;
    DeleteStale::<true>.execute(conn)?;
    Ok(())
}

/// Ids of listed posts after `after`, in order of id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub fn listed_after(conn: &mut Conn, after: Id, limit: i64) -> crate::Result<Vec<Id>> {
    Ok(posts::table
        .filter(posts::listed.eq(true))
        .filter(posts::id.gt(after))
        .order(posts::id.asc())
        .limit(limit)
        .select(posts::id)
        .load(conn)?)
}

diesel::define_sql_function! {
    /// Part of a text, by characters from 1.
    fn substr(text: Text, from: Integer, count: Integer) -> Text;
}

/// These posts' plain texts, for the index.
///
/// # Errors
/// When the database fails.
pub fn whole_texts(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<(Id, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(posts::table.filter(id_in(posts::id, ids)).select((posts::id, posts::text)).load(conn)?)
}

/// The beginnings of these posts' plain texts, for snippets: shorter ones where there are many posts.
///
/// # Errors
/// When the database fails.
pub fn texts(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<(Id, String)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let chars = i32::try_from(SNIPPET_CHARS.min(PAGE_CHARS / ids.len())).unwrap_or(i32::MAX);
    Ok(posts::table
        .filter(id_in(posts::id, ids))
        .select((posts::id, substr(posts::text, 1, chars)))
        .load(conn)?)
}

/// The matches of `query`, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn matches(conn: &mut Conn, query: &Query) -> crate::Result<Vec<Match>> {
    match Select::of(conn, query) {
        Some(select) => Ok(Ranked(select).load(conn)?),
        None => Ok(Vec::new()),
    }
}

/// The posts that [`matches()`] would answer.
///
/// # Errors
/// When the database fails.
pub fn matching(conn: &mut Conn, query: &Query) -> crate::Result<Vec<Id>> {
    match Select::of(conn, query) {
        Some(select) => Ok(Ids(select).load(conn)?),
        None => Ok(Vec::new()),
    }
}

/// The choice of matches as SQL.
#[derive(Debug)]
struct Select {
    /// What to match, in the engine's language.
    document: String,
    /// The same within titles.
    title: String,
    /// Runs that must, or must not, be confirmed in the stored text.
    runs: Vec<(bool, String)>,
    authors: Option<IdIn<post_lists::list_id>>,
    tags: Option<IdIn<post_lists::list_id>>,
    language: Option<LanguageTag>,
}

impl Select {
    /// `None` where nothing is sought, and so nothing found.
    fn of(conn: &Conn, query: &Query) -> Option<Self> {
        let sound = |terms: &[Term]| -> Vec<Term> {
            let is_sound = |t: &&Term| !t.tokens.is_empty() && t.tokens.iter().all(|t| is_token(t));
            terms.iter().filter(is_sound).cloned().collect()
        };
        let (all, none) = (sound(&query.all), sound(&query.none));
        if all.is_empty() {
            return None;
        }
        let (document, title, runs) = match conn {
            Conn::Sqlite(_) => (fts5::document(&all, &none), fts5::title(&all), Vec::new()),
            Conn::Pg(_) => (tsquery::document(&all, &none), tsquery::title(&all), tsquery::runs(&all, &none)),
        };
        let list = |ids: &[Id]| (!ids.is_empty()).then(|| id_in(post_lists::list_id, ids));
        Some(Self {
            document,
            title,
            runs,
            authors: list(&query.authors),
            tags: list(&query.tags),
            language: query.language.clone(),
        })
    }

    /// Numbers and posts of the chosen matches.
    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let postgres = matches!(out.backend(), MultiBackend::Pg(_));
        out.push_sql("SELECT d.id AS id, d.post_id AS post_id, d.sorted_at AS sorted_at, d.id IN (SELECT rowid FROM search_index");
        out.push_sql(if postgres { " WHERE document @@ CAST(" } else { "(" });
        out.push_bind_param::<Text, _>(&self.title)?;
        out.push_sql(if postgres { " AS tsquery)" } else { ")" });
        out.push_sql(") AS in_title FROM search_index");
        if postgres {
            out.push_sql(" s INNER JOIN search_docs d ON d.id = s.rowid WHERE s.document @@ CAST(");
            out.push_bind_param::<Text, _>(&self.document)?;
            out.push_sql(" AS tsquery)");
        } else {
            // CROSS keeps SQLite from asking the index once for each post.
            out.push_sql("(");
            out.push_bind_param::<Text, _>(&self.document)?;
            out.push_sql(") s CROSS JOIN search_docs d ON d.id = s.rowid WHERE 1");
        }
        for (wanted, run) in &self.runs {
            out.push_sql(if *wanted { " AND (" } else { " AND NOT (" });
            for (n, field) in ["title", "meta", "body"].into_iter().enumerate() {
                out.push_sql(if n == 0 { "strpos(s." } else { " OR strpos(s." });
                out.push_sql(field);
                out.push_sql(", ");
                out.push_bind_param::<Text, _>(run)?;
                out.push_sql(") > 0");
            }
            out.push_sql(")");
        }
        for list in [&self.authors, &self.tags].into_iter().flatten() {
            out.push_sql(" AND EXISTS (SELECT 1 FROM post_lists WHERE post_lists.post_id = d.post_id AND ");
            list.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        if let Some(language) = &self.language {
            out.push_sql(" AND EXISTS (SELECT 1 FROM posts p WHERE p.id = d.post_id AND p.language = ");
            out.push_bind_param::<Text, _>(language)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY in_title DESC, d.sorted_at DESC, d.post_id DESC LIMIT ");
        out.push_bind_param::<BigInt, _>(&MAX_MATCHES)
    }
}

/// The chosen matches with their tokens. These are joined afterwards, so that only the chosen ones are read.
#[derive(Debug)]
struct Ranked(Select);

impl QueryFragment<MultiBackend> for Ranked {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT c.post_id, c.sorted_at, t.title, substr(t.meta, 1, ");
        out.push_bind_param::<Integer, _>(&RANKED_BYTES)?;
        out.push_sql("), substr(t.body, 1, ");
        out.push_bind_param::<Integer, _>(&RANKED_BYTES)?;
        out.push_sql(") FROM (");
        self.0.walk(out.reborrow())?;
        out.push_sql(") c INNER JOIN search_index t ON t.rowid = c.id");
        Ok(())
    }
}

known_by_text!(Ranked, rows: (IdSql, TimeSql, Text, Text, Text));

/// The chosen matches alone.
#[derive(Debug)]
struct Ids(Select);

impl QueryFragment<MultiBackend> for Ids {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT c.post_id FROM (");
        self.0.walk(out.reborrow())?;
        out.push_sql(") c");
        Ok(())
    }
}

known_by_text!(Ids, rows: IdSql);

/// The query language of FTS5 (<https://www.sqlite.org/fts5.html>, section 3).
mod fts5 {
    use super::Term;

    fn term(term: &Term) -> String {
        format!("\"{}\"{}", term.tokens.join(" "), if term.prefix { " *" } else { "" })
    }

    fn joined(terms: &[Term], by: &str) -> String {
        terms.iter().map(term).collect::<Vec<_>>().join(by)
    }

    pub(super) fn document(all: &[Term], none: &[Term]) -> String {
        let all = joined(all, " AND ");
        if none.is_empty() { all } else { format!("({all}) NOT ({})", joined(none, " OR ")) }
    }

    /// Every token, wherever in the title.
    pub(super) fn title(all: &[Term]) -> String {
        format!("title : ({})", joined(&super::single(all), " AND "))
    }
}

/// The query language of PostgreSQL (<https://www.postgresql.org/docs/15/datatype-textsearch.html>).
mod tsquery {
    use super::Term;

    fn quoted(lexeme: &str, prefix: bool) -> String {
        format!("'{lexeme}'{}", if prefix { ":*" } else { "" })
    }

    fn term(term: &Term) -> String {
        let pairs: Vec<&[String]> = term.tokens.windows(2).collect();
        let [only] = term.tokens.as_slice() else {
            let last = pairs.len().saturating_sub(1);
            let lexemes = pairs
                .iter()
                .enumerate()
                .map(|(n, pair)| quoted(&format!("+{}", pair.join(" ")), term.prefix && n == last));
            return lexemes.collect::<Vec<_>>().join(" & ");
        };
        quoted(only, term.prefix)
    }

    pub(super) fn document(all: &[Term], none: &[Term]) -> String {
        let wanted = all.iter().map(term);
        // Longer runs than pairs are refused in the stored text: their pairs alone are no proof.
        let unwanted = none.iter().filter(|t| t.tokens.len() < 3).map(|t| format!("!{}", term(t)));
        wanted.chain(unwanted).collect::<Vec<_>>().join(" & ")
    }

    pub(super) fn title(all: &[Term]) -> String {
        let in_title =
            |t: &Term| t.tokens.iter().map(|k| quoted(&format!(".{k}"), t.prefix)).collect::<String>();
        super::single(all).iter().map(in_title).collect::<Vec<_>>().join(" & ")
    }

    /// The runs of more than two, as they stand in the stored text.
    pub(super) fn runs(all: &[Term], none: &[Term]) -> Vec<(bool, String)> {
        let text = |t: &Term| format!(" {}{}", t.tokens.join(" "), if t.prefix { "" } else { " " });
        let long = |t: &&Term| t.tokens.len() > 2;
        let wanted = all.iter().filter(long).map(|t| (true, text(t)));
        wanted.chain(none.iter().filter(long).map(|t| (false, text(t)))).collect()
    }
}

/// The tokens of runs as terms of their own.
fn single(terms: &[Term]) -> Vec<Term> {
    let mut out: Vec<Term> = Vec::new();
    for term in terms {
        let last = term.tokens.len().saturating_sub(1);
        for (n, token) in term.tokens.iter().enumerate() {
            let one = Term { tokens: vec![token.clone()], prefix: term.prefix && n == last };
            if !out.contains(&one) {
                out.push(one);
            }
        }
    }
    out
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
