//! Full-text search over public posts: the same hits, order, snippets and totals on both databases, in any script.
//!
//! The application makes the tokens ([`crate::content::search`]), the databases match them (`pressroom_schema::search`), and
//! the application ranks what matched. A search reads at most a thousand posts' tokens, whatever is sought.

mod query;
mod rank;

use std::collections::HashMap;

use pressroom_schema::db::Backend;
use pressroom_schema::posts::PostRow;
use pressroom_schema::search::{self as store, Body, GAP, Head, Match};
use pressroom_schema::{
    Conn, Id, Key, KeyValue, Place, Slice, Start, Timestamp, Window, posts, revisions, tags,
};
use sha2::{Digest, Sha256};

pub(crate) use self::query::MAX_CHARS;
use self::query::Words;
use self::rank::Hit;
use super::posts::{author_ids, language_of, tag_ids};
use super::{Service, Svc};
use crate::auth::limit::Class;
use crate::auth::viewer::Viewer;
use crate::content::{highlight, index_tokens};
use crate::cpu::{Late, Turn, Work};
use crate::error::{Error, Result};
use crate::freshness::{Read, Reader};
use crate::page::{Page, PageRequest};
use crate::view::{SearchHitView, Shared};

/// Length of a snippet, in characters.
const SNIPPET: usize = 240;

/// How many posts [`reindex_all`] takes at a time.
const BATCH: i64 = 20;

/// What stands about a post's text, as far as it can be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// Its title, which weighs most.
    pub(crate) title: &'a str,
    /// The line under it.
    pub(crate) subtitle: Option<&'a str>,
    /// The editor's own excerpt; one made from the text would count the text twice.
    pub(crate) excerpt: Option<&'a str>,
    /// The names of its tags.
    pub(crate) tags: &'a [String],
}

impl About<'_> {
    fn head(&self) -> Head {
        // The order in which tags are read is the database's affair; what is stored may not depend on it.
        let mut tags: Vec<&str> = self.tags.iter().map(String::as_str).collect();
        tags.sort_unstable();
        let mut meta: Vec<String> = Vec::new();
        for text in self.subtitle.into_iter().chain(self.excerpt).chain(tags) {
            if !meta.is_empty() {
                meta.push(GAP.to_owned());
            }
            meta.extend(index_tokens(text));
        }
        Head { title: index_tokens(self.title), meta }
    }
}

/// A text as the index holds it.
pub(crate) fn body(_: &Turn, backend: Backend, text: &str) -> Body {
    Body::of(backend, &index_tokens(text))
}

/// Puts a listed post into the index, or renews its entry: a part of the transaction that changes the post.
///
/// # Errors
/// When the database fails.
pub(crate) fn index(
    conn: &mut Conn,
    post: Id,
    sorted_at: Timestamp,
    about: &About<'_>,
    body: &Body,
) -> Result<()> {
    Ok(store::index(conn, post, sorted_at, &about.head(), body)?)
}

/// Takes a post out of the index, if it is there.
///
/// # Errors
/// When the database fails.
pub(crate) fn remove(conn: &mut Conn, post: Id) -> Result<()> {
    Ok(store::remove(conn, post)?)
}

/// The public posts that match `q`, at most a thousand: those that match in the title first, then the newest.
///
/// # Errors
/// 400 when `q` is blank, too long or has too many words.
pub(crate) fn matching_ids(conn: &mut Conn, q: &str) -> Result<Vec<Id>> {
    let sought = Words::parse(q)?.sought();
    Ok(store::matching(conn, &sought)?)
}

/// Which posts, as a caller asks. Authors and tags are ids or slugs.
#[derive(Debug, Clone, Default)]
pub struct SearchQuery {
    /// Words, `"phrases"` and `-exclusions`; the last word may be unfinished.
    pub q: String,
    /// Bears one of these bylines.
    pub authors: Vec<String>,
    /// Bears one of these tags.
    pub tags: Vec<String>,
    /// In this language.
    pub language: Option<String>,
    /// Which hits.
    pub page: PageRequest,
}

impl SearchQuery {
    /// The name of the list that cursors belong to: a place among the hits of one search is none in another's.
    fn list(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |kind: &str, parts: &[String]| {
            for part in parts {
                hash.update(format!("{kind}{}:{part}", part.len()));
            }
        };
        add("q", std::slice::from_ref(&self.q));
        add("author", &self.authors);
        add("tag", &self.tags);
        add("language", self.language.as_slice());
        let digest = hash.finalize();
        let short = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("search:{short:016x}")
    }
}

/// One page of the hits, best first.
///
/// # Errors
/// 400 when `q` is blank, too long or has too many words, or for a bad cursor; 429 after too many searches; 503 where too many are
/// made at once.
pub async fn search(svc: &Svc, viewer: &Viewer, query: SearchQuery) -> Result<Read<Page<SearchHitView>>> {
    svc.admit(viewer, Class::Search).await?;
    let (svc2, viewer) = (svc.clone(), viewer.clone());
    svc.read_slow(move |reader| load_search(&svc2, reader, &viewer, &query)).await
}

/// [`search`] inside a transaction. Everybody finds the same: what is public.
///
/// # Errors
/// As [`search`].
pub(crate) fn load_search(
    svc: &Service,
    reader: &mut Reader<'_>,
    _viewer: &Viewer,
    query: &SearchQuery,
) -> Result<Page<SearchHitView>> {
    reader.depend(Key::Posts);
    let words = Words::parse(&query.q)?;
    let list = query.list();
    let window = query.page.window(&list)?;
    let mut sought = words.sought();
    sought.authors = author_ids(reader, &query.authors)?;
    sought.tags = tag_ids(reader, &query.tags)?;
    sought.language = language_of(query.language.as_deref())?;
    // A name that nothing bears leaves no post; saying so tells nobody anything.
    let nobody = (sought.authors.is_empty() && !query.authors.is_empty())
        || (sought.tags.is_empty() && !query.tags.is_empty());
    let found = if nobody { Vec::new() } else { store::matches(reader, &sought)? };
    let hits = rank::rank(reader.turn(), &found, words.terms()).map_err(late)?;
    let total = query.page.count.then(|| i64::try_from(hits.len()).unwrap_or(i64::MAX));
    let slice = slice(&hits, &window);
    let views = load_hits(svc, reader, &words, &found, &slice.rows)?;
    let places: HashMap<Id, KeyValue> = slice.rows.iter().map(|hit| (hit.post, key(hit))).collect();
    let slice = Slice { rows: views, has_previous: slice.has_previous, has_next: slice.has_next };
    Ok(Page::of(&list, slice, total, |view| {
        let id = view.post.id;
        (places.get(&id).cloned().unwrap_or(KeyValue::Int(0)), id)
    }))
}

/// Why a search that uses too much of a processor is given up.
fn late(_: Late) -> Error {
    Error::too_busy(
        1,
        "The search took too long. Ask for fewer hits at a time, or for fewer words, or try again in a moment.",
    )
}

/// What a hit sorts by, in a cursor: its score and its time.
fn key(hit: &Hit) -> KeyValue {
    KeyValue::Text(format!("{} {}", hit.score, hit.sorted_at.micros()))
}

/// Where `place` stands among the hits: how many precede it, and whether it is still there itself.
///
/// A hit keeps its place by its id. Only when it is gone do score and time tell where it stood.
fn position(hits: &[Hit], place: &Place) -> (usize, bool) {
    if let Some(at) = hits.iter().position(|hit| hit.post == place.id) {
        return (at, true);
    }
    let mut parts = place.key.text().split(' ').map(|n| n.parse::<i64>().unwrap_or_default());
    let key = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), place.id);
    let precedes = |hit: &Hit| (i64::from(hit.score), hit.sorted_at.micros(), hit.post) > key;
    (hits.partition_point(precedes), false)
}

fn slice(hits: &[Hit], window: &Window) -> Slice<Hit> {
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let (start, end) = match &window.start {
        Start::First => (0, limit),
        Start::Last => (hits.len().saturating_sub(limit), hits.len()),
        Start::After(place) => {
            let (at, there) = position(hits, place);
            let start = at + usize::from(there);
            (start, start.saturating_add(limit))
        }
        Start::Before(place) => {
            let (at, _) = position(hits, place);
            (at.saturating_sub(limit), at)
        }
    };
    let end = end.min(hits.len());
    Slice {
        rows: hits.get(start..end).unwrap_or_default().to_vec(),
        has_previous: start > 0,
        has_next: end < hits.len(),
    }
}

/// The hits of one page as they are shown.
fn load_hits(
    svc: &Service,
    reader: &mut Reader<'_>,
    words: &Words,
    found: &[Match],
    hits: &[Hit],
) -> Result<Vec<SearchHitView>> {
    let ids: Vec<Id> = hits.iter().map(|hit| hit.post).collect();
    let mut rows: HashMap<Id, PostRow> =
        posts::by_ids(reader, &ids)?.into_iter().map(|(row, _)| (row.id, row)).collect();
    let texts: HashMap<Id, String> = store::texts(reader, &ids)?.into_iter().collect();
    let mut views = Vec::with_capacity(hits.len());
    for hit in hits {
        reader.turn().check().map_err(late)?;
        // What is indexed is listed; should it ever not be, it is not shown.
        let Some(row) = rows.remove(&hit.post).filter(|row| row.listed) else { continue };
        let tokens = found.get(hit.index).map(|m| words.seen_in(m)).unwrap_or_default();
        let text = texts.get(&row.id).map(String::as_str).unwrap_or_default();
        views.push(SearchHitView {
            snippet: snippet(text, &row, &tokens),
            title_highlighted: highlight(&row.content.title, &tokens, false, usize::MAX),
            score: hit.score,
            post: Shared::new(svc.summary(reader, &posts::SummaryRow::from(&row))),
        });
    }
    Ok(views)
}

/// The stretch of the text that shows why it was found, or of what stands about it, or the beginning.
fn snippet(text: &str, row: &PostRow, tokens: &[String]) -> String {
    let own = highlight(text, tokens, false, SNIPPET);
    if own.contains("<mark>") {
        return own;
    }
    [row.content.subtitle.as_deref().unwrap_or_default(), &row.excerpt]
        .into_iter()
        .map(|about| highlight(about, tokens, false, SNIPPET))
        .find(|about| about.contains("<mark>"))
        .unwrap_or(own)
}

/// Makes the whole index anew, a few posts a transaction, while the server may go on serving; answers how many posts it has.
/// Needed after the rules for tokens have changed, or should the index ever be damaged.
///
/// # Errors
/// When the database fails; what has been renewed until then stays.
pub async fn reindex_all(svc: &Svc) -> Result<u64> {
    let system = Viewer::system();
    svc.write(&system, |tx| Ok(store::prune(tx.conn)?)).await?;
    let (mut after, mut count) = (Id::NIL, 0);
    loop {
        let found = svc.read_for_itself(move |conn| listed_after(conn, after)).await?;
        let Some(last) = found.last() else { return Ok(count) };
        after = last.row.id;
        count += found.len() as u64;
        let backend = svc.db.backend();
        let bytes = found.iter().map(|listed| listed.text.len()).sum();
        let work = move |turn: &Turn| -> Vec<(Listed, Body)> {
            let made = |listed: Listed| (body(turn, backend, &listed.text), listed);
            found.into_iter().map(made).map(|(body, listed)| (listed, body)).collect()
        };
        let made = svc.cpu.run(Work::Index, bytes, work).await?;
        svc.write(&system, move |tx| made.iter().try_for_each(|(listed, body)| renew(tx.conn, listed, body)))
            .await?;
    }
}

/// A listed post as it was read to be indexed.
#[derive(Debug, Clone)]
struct Listed {
    row: PostRow,
    excerpt: Option<String>,
    tags: Vec<String>,
    text: String,
}

fn listed_after(conn: &mut Conn, after: Id) -> Result<Vec<Listed>> {
    let ids = store::listed_after(conn, after, BATCH)?;
    let mut texts: HashMap<Id, String> = store::whole_texts(conn, &ids)?.into_iter().collect();
    let mut names: HashMap<Id, Vec<String>> = HashMap::new();
    for (post, (tag, _)) in tags::of_posts(conn, &ids)? {
        names.entry(post).or_default().push(tag.name);
    }
    let mut rows: Vec<PostRow> = posts::by_ids(conn, &ids)?.into_iter().map(|(row, _)| row).collect();
    rows.sort_by_key(|row| row.id);
    let mut found = Vec::new();
    for row in rows {
        // The row's excerpt may have been made from the text; the revision has the editor's own, if there is one.
        let live = row.live_revision.unwrap_or(row.revision);
        let excerpt = revisions::snapshot(conn, row.id, live)?.and_then(|snapshot| snapshot.excerpt);
        let (tags, text) =
            (names.remove(&row.id).unwrap_or_default(), texts.remove(&row.id).unwrap_or_default());
        found.push(Listed { row, excerpt, tags, text });
    }
    Ok(found)
}

/// Renews the entry of a post, unless it changed since it was read: then whoever changed it has done so.
fn renew(conn: &mut Conn, listed: &Listed, body: &Body) -> Result<()> {
    let row = &listed.row;
    let now = posts::by_ids(conn, &[row.id])?.pop().map(|(now, _)| now);
    if now.is_none_or(|now| (now.version, now.listed) != (row.version, row.listed)) {
        return Ok(());
    }
    let about = About {
        title: &row.content.title,
        subtitle: row.content.subtitle.as_deref(),
        excerpt: listed.excerpt.as_deref(),
        tags: &listed.tags,
    };
    index(conn, row.id, row.sorted_at, &about, body)
}
