//! Two publications of different size and the same shape: bodies of about 4 KB, 40 authors, 60 tags, three curated links a
//! post, threads to depth 3 and more. Made once and kept.

use std::collections::HashMap;
use std::path::PathBuf;

use pressroom_schema::{Db, DbSettings, Id, Source, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde_json::json;
use uuid::Uuid;

use crate::Answer;
use crate::libpq::Client;

/// Rises when what is made changes: older files are made anew.
const EDITION: i64 = 4;
/// When the first post was published, in microseconds.
const BEGIN: i64 = 1_420_106_400_000_000;
/// Between one post and the next, in microseconds.
const STEP: i64 = 1_800_000_000;
const AUTHORS: usize = 40;
const TAGS: usize = 60;
const IMAGES: usize = 200;

/// A publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 2,000 posts, 20,000 comments.
    S,
    /// 100,000 posts, 1,000,000 comments.
    L,
}

impl Size {
    pub fn posts(self) -> usize {
        match self {
            Self::S => 2_000,
            Self::L => 100_000,
        }
    }

    pub fn path(self) -> PathBuf {
        crate::target().join(match self {
            Self::S => "corpus-s.db",
            Self::L => "corpus-l.db",
        })
    }
}

/// The slug of post number `n`.
pub fn slug(n: usize) -> String {
    format!("the-{}-{}-{n}", word(n * 7), word(n * 13 + 5))
}

/// When post number `n` was published.
pub fn published(n: usize) -> Timestamp {
    at(BEGIN + i64::try_from(n).unwrap() * STEP)
}

/// The id of post number `n`.
pub fn post(n: usize) -> Id {
    id(1, n, published(n))
}

pub fn author_slug(n: usize) -> String {
    format!("author-{n}")
}

pub fn tag_slug(n: usize) -> String {
    format!("tag-{n}")
}

/// The authors of post number `n`: two of every fifth.
fn authors_of(n: usize) -> Vec<usize> {
    let first = n * 17 % AUTHORS;
    if n.is_multiple_of(5) { vec![first, (first + 11) % AUTHORS] } else { vec![first] }
}

/// Three tags, or fewer where they coincide.
fn tags_of(n: usize) -> Vec<usize> {
    let mut tags = Vec::new();
    for tag in [n % TAGS, (n / 3 + 20) % TAGS, (n / 7 + 40) % TAGS] {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

fn stored(at: Timestamp) -> String {
    let wire = at.to_wire();
    format!("{}000Z", &wire[..23])
}

/// An id of kind `kind` with number `n`, made at a moment, so that ids sort as things were made.
fn id(kind: u8, n: usize, when: Timestamp) -> Id {
    let mut rest = [0; 10];
    rest[0] = kind;
    rest[2..].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
    let millis = u64::try_from(when.micros() / 1000).unwrap();
    Id(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
}

fn bytes(id: Id) -> Vec<u8> {
    let id: Uuid = id.0;
    id.as_bytes().to_vec()
}

const WORDS: [&str; 64] = [
    "harbour", "heron", "tide", "clock", "tower", "letter", "river", "bridge", "lantern", "orchard",
    "winter", "market", "ferry", "garden", "kitchen", "violin", "copper", "meadow", "station", "island",
    "library", "window", "thunder", "pencil", "candle", "anchor", "barley", "chimney", "cobble", "compass",
    "coral", "cradle", "ember", "feather", "fiddle", "flint", "forge", "furrow", "glacier", "granite",
    "hammer", "hollow", "juniper", "kettle", "ladder", "linen", "maple", "marble", "mirror", "mosaic",
    "needle", "oyster", "paper", "pebble", "pepper", "quarry", "ribbon", "saddle", "salt", "silver",
    "spindle", "timber", "velvet", "willow",
];

fn word(n: usize) -> &'static str {
    WORDS[n % WORDS.len()]
}

/// With these the words of a text are 2,048, few of them common, as in any language.
const ENDINGS: [&str; 32] = [
    "", "s", "ing", "ed", "er", "less", "ful", "ly", "ward", "like", "age", "ness", "ery", "ist", "dom",
    "side", "land", "folk", "work", "house", "stone", "light", "song", "craft", "field", "water", "wind",
    "ship", "way", "root", "leaf", "moss",
];

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn sentence(&mut self, words: usize) -> String {
        let mut text = String::new();
        for n in 0..words {
            if n > 0 {
                text.push(' ');
            }
            // The product of two chances makes low numbers common and high ones rare.
            let all = WORDS.len() * ENDINGS.len();
            let n = (self.next() % all) * (self.next() % all) / all;
            text.push_str(word(n));
            text.push_str(ENDINGS[n / WORDS.len()]);
        }
        text.push('.');
        text[..1].make_ascii_uppercase();
        text
    }
}

/// A post like those of the publication, as an editor writes it: 420 words, an author, three tags.
pub fn new_post(n: usize) -> serde_json::Value {
    let mut dice = Dice(u64::try_from(n).unwrap() + 1_000_003);
    let paragraphs: Vec<String> = (0..6).map(|_| dice.sentence(70)).collect();
    let title = dice.sentence(4);
    serde_json::json!({
        "title": title.trim_end_matches('.'),
        "slug": format!("new-{n}"),
        "body": { "format": "markdown", "source": paragraphs.join("\n\n") },
        "authors": [{ "author": author_slug(n % AUTHORS) }],
        "tags": tags_of(n).into_iter().map(tag_slug).collect::<Vec<_>>(),
    })
}

/// A number of comments: ten on average, more than a page under every fourth post.
fn comments_of(n: usize) -> usize {
    if n.is_multiple_of(4) { 25 } else { 5 }
}

/// Makes the publication where it is missing, and says where it is.
pub fn make(size: Size) -> Answer<PathBuf> {
    let path = size.path();
    if path.exists() {
        let edition: i64 = Connection::open(&path)?.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if edition == EDITION {
            return Ok(path);
        }
    }
    let started = std::time::Instant::now();
    eprintln!("making {} ({} posts)…", path.display(), size.posts());
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    migrate(Source::Sqlite(path.clone()))?;
    let mut conn = Connection::open(&path)?;
    // The threads that migrated close their connections in their own time.
    while conn.execute_batch("PRAGMA journal_mode = OFF").is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    conn.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -4000000; PRAGMA foreign_keys = OFF; \
         PRAGMA locking_mode = EXCLUSIVE;",
    )?;
    let tx = conn.transaction()?;
    fill(&tx, size)?;
    tx.commit()?;
    conn.execute_batch(&format!("ANALYZE; PRAGMA user_version = {EDITION};"))?;
    conn.execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;")?;
    drop(conn);
    if size == Size::S {
        let app = crate::app::open(&path, 0)?;
        tokio::runtime::Builder::new_current_thread()
            .build()?
            .block_on(pressroom::service::search::reindex_all(app.service()))
            .map_err(|e| e.to_string())?;
    }
    eprintln!("made in {:.0} s", started.elapsed().as_secs_f64());
    Ok(path)
}

fn migrate(source: Source) -> Answer<()> {
    let settings = DbSettings { source, readers: 1, queue: 16, durable: false };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async { Db::open(settings)?.raw(pressroom_schema::migrate::up).await })?;
    Ok(())
}

/// What a publication consists of, each table after those that it refers to. The index of the search is not among them: no row
/// on PostgreSQL asks it.
const TABLES: [&str; 15] = [
    "site",
    "counters",
    "media",
    "authors",
    "tags",
    "posts",
    "revisions",
    "post_authors",
    "post_tags",
    "post_lists",
    "links",
    "body_links",
    "related_posts",
    "post_terms",
    "comments",
];

/// Copies the small publication, row for row, to an empty database of PostgreSQL.
pub fn copy(url: &str) -> Answer<()> {
    let from = Connection::open(make(Size::S)?)?;
    migrate(Source::Postgres { primary: url.to_owned(), replicas: Vec::new() })?;
    let to = Client::connect(url)?;
    to.run("TRUNCATE counters")?;
    for table in TABLES {
        let mut statement = from.prepare(&format!("SELECT * FROM {table}"))?;
        let names = statement.column_names().join(", ");
        let count = statement.column_count();
        let (mut rows, mut lines) = (statement.query([])?, String::new());
        while let Some(row) = rows.next()? {
            let fields = (0..count).map(|n| field(row.get_ref(n)?)).collect::<Answer<Vec<_>>>()?;
            lines.push_str(&fields.join("\t"));
            lines.push('\n');
        }
        to.copy(&format!("COPY {table} ({names}) FROM STDIN"), &lines)?;
    }
    to.run("VACUUM ANALYZE")
}

/// A value as `COPY` reads it.
fn field(value: ValueRef<'_>) -> Answer<String> {
    Ok(match value {
        ValueRef::Null => "\\N".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => {
            std::str::from_utf8(text)?.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
        }
        ValueRef::Blob(id) => Uuid::from_slice(id)?.to_string(),
    })
}

fn fill(conn: &Connection, size: Size) -> Answer<()> {
    let posts = size.posts();
    let early = stored(at(BEGIN - STEP));
    let mut dice = Dice(7);
    conn.execute(
        "INSERT INTO site (id, title, description, language, timezone, logo_media_id, terms_notice, terms_url, social, \
         comments_open, version, updated_at) VALUES (1, 'Fathom & Furrow', 'A magazine of land and sea.', 'en', 'UTC', NULL, \
         'You may quote up to 200 words.', 'https://example.org/terms', '[]', 1, 1, ?)",
        [&early],
    )?;
    let image = |n: usize| id(2, n, at(BEGIN - STEP));
    for n in 0..IMAGES {
        let digest = format!("{n:064x}");
        let variants: Vec<_> = [(480, 320), (960, 640), (1440, 960)]
            .iter()
            .map(|(w, h)| json!({"width": w, "height": h, "mime": "image/jpeg", "key": format!("{digest}-{w}.jpg")}))
            .collect();
        conn.prepare_cached(
            "INSERT INTO media (id, mime, byte_size, width, height, alt, caption, filename, sha256, storage_key, color, \
             animated, variants, state, created_by, created_at, updated_at, version) \
             VALUES (?, 'image/jpeg', 240000, 1920, 1280, ?, NULL, ?, ?, ?, '#a0b0c0', 0, ?, 'ready', NULL, ?, ?, 1)",
        )?
        .execute(params![
            bytes(image(n)),
            dice.sentence(8),
            format!("image-{n}.jpg"),
            digest,
            format!("{digest}.jpg"),
            serde_json::to_string(&variants)?,
            early,
            early
        ])?;
    }
    let author = |n: usize| id(3, n, at(BEGIN - STEP));
    let tag = |n: usize| id(4, n, at(BEGIN - STEP));
    let (mut by, mut tagged) = (vec![Vec::new(); AUTHORS], vec![0_i64; TAGS]);
    for n in 0..posts {
        for a in authors_of(n) {
            by[a].push(n);
        }
        for t in tags_of(n) {
            tagged[t] += 1;
        }
    }
    for (n, own) in by.iter().enumerate() {
        let bio = dice.sentence(40);
        let social = json!([{"service": "mastodon", "handle": format!("@author{n}"), "url": format!("https://example.social/@author{n}")}]);
        conn.execute(
            "INSERT INTO authors (id, slug, name, name_key, bio_format, bio_source, bio_html, avatar_media_id, location, \
             website, social, post_count, first_published_at, last_published_at, version, created_at, updated_at) \
             VALUES (?, ?, ?, ?, 'markdown', ?, ?, ?, 'Lisbon', ?, ?, ?, ?, ?, 1, ?, ?)",
            params![
                bytes(author(n)),
                author_slug(n),
                format!("Author {n}"),
                format!("author {n}"),
                bio,
                format!("<p>{bio}</p>"),
                n.is_multiple_of(2).then(|| bytes(image(n))),
                format!("https://example.com/author-{n}"),
                social.to_string(),
                i64::try_from(own.len())?,
                own.first().map(|n| stored(published(*n))),
                own.last().map(|n| stored(published(*n))),
                early,
                early
            ],
        )?;
    }
    for (n, count) in tagged.iter().enumerate() {
        conn.execute(
            "INSERT INTO tags (id, slug, name, name_key, kind, description, parent_id, post_count, version, created_at, \
             updated_at, is_public) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, TRUE)",
            params![
                bytes(tag(n)),
                tag_slug(n),
                format!("Tag {n}"),
                format!("tag {n}"),
                if n < 10 { "category" } else { "tag" },
                dice.sentence(12),
                (n >= 10).then(|| bytes(tag(n % 10))),
                count,
                early,
                early
            ],
        )?;
    }
    let mut comments = 0_i64;
    for n in 0..posts {
        write_post(conn, n, posts, &mut dice, &image, &author, &tag)?;
        comments += write_thread(conn, n, &mut dice, &author)?;
        if n % 10_000 == 9_999 {
            eprintln!("  {} posts", n + 1);
        }
    }
    for (name, value) in [
        ("posts", i64::try_from(posts)?),
        ("authors", i64::try_from(AUTHORS)?),
        ("tags", i64::try_from(TAGS)?),
        ("comments", comments),
    ] {
        conn.execute("UPDATE counters SET value = ? WHERE name = ?", params![value, name])?;
    }
    Ok(())
}

fn write_post(
    conn: &Connection,
    n: usize,
    posts: usize,
    dice: &mut Dice,
    image: &dyn Fn(usize) -> Id,
    author: &dyn Fn(usize) -> Id,
    tag: &dyn Fn(usize) -> Id,
) -> Answer<()> {
    let (own, when) = (bytes(post(n)), stored(published(n)));
    let title = format!("The {} and the {} {n}", word(n * 7), word(n * 13 + 5));
    let paragraphs: Vec<String> = (0..6).map(|_| dice.sentence(70)).collect();
    let (source, html) =
        (paragraphs.join("\n\n"), paragraphs.iter().map(|p| format!("<p>{p}</p>\n")).collect::<String>());
    let text = paragraphs.join("\n");
    let excerpt: String = text.chars().take(200).collect();
    let shows = n.is_multiple_of(2).then(|| image(n % IMAGES));
    conn.prepare_cached(
        "INSERT INTO posts (id, slug, status, visibility, listed, featured, sorted_at, published_at, created_at, \
         updated_at, deleted_at, version, revision, live_revision, owner_id, comment_count, word_count, reading_minutes, \
         language, title, title_key, subtitle, excerpt, image_media_id, image_alt, image_caption, terms_notice, terms_url, \
         canonical_url, seo, custom, html, text, body_format, body_source) \
         VALUES (?1, ?2, 'published', 'public', 1, ?3, ?4, ?4, ?4, ?4, NULL, 2, 1, 1, NULL, ?5, 420, 2, 'en', ?6, \
         ?7, 'A line under the title', ?8, ?9, NULL, NULL, NULL, NULL, NULL, '{}', '{}', ?10, ?11, 'markdown', ?12)",
    )?
    .execute(params![
        own,
        slug(n),
        n.is_multiple_of(50),
        when,
        i64::try_from(comments_of(n))?,
        title,
        title.to_lowercase(),
        excerpt,
        shows.map(bytes),
        html,
        text,
        source
    ])?;
    let links: Vec<(&str, usize)> = [("prior", 1), ("related", 7), ("cites", 31)]
        .into_iter()
        .filter_map(|(relation, back)| n.checked_sub(back).map(|to| (relation, to)))
        .collect();
    let link_id = |place: usize| id(5, n * 4 + place, published(n));
    let snapshot = json!({
        "title": title, "slug": slug(n), "subtitle": "A line under the title", "excerpt": null, "body_format": "markdown",
        "body_source": source, "image": shows.map(|m| json!({"media_id": m, "alt": null, "caption": null})),
        "authors": authors_of(n).iter().map(|a| json!({"author_id": author(*a), "role": "author"})).collect::<Vec<_>>(),
        "tags": tags_of(n).into_iter().map(tag).collect::<Vec<_>>(),
        "links": links.iter().enumerate().map(|(place, (relation, to))| json!({
            "id": link_id(place), "relation": relation, "note": null, "target_post_id": post(*to), "external": null,
        })).collect::<Vec<_>>(),
        "featured": n.is_multiple_of(50), "visibility": "public", "language": "en", "terms_notice": null,
        "terms_url": null, "canonical_url": null, "seo": {}, "custom": {},
    });
    conn.prepare_cached("INSERT INTO revisions (post_id, number, created_at, created_by, reason, title, word_count, snapshot) \
     VALUES (?, 1, ?, NULL, 'created', ?, 420, ?)")?
        .execute(params![own, when, title, snapshot.to_string()])?;
    let mut lists = Vec::new();
    for (place, a) in authors_of(n).into_iter().enumerate() {
        conn.prepare_cached(
            "INSERT INTO post_authors (post_id, position, author_id, role) VALUES (?, ?, ?, 'author')",
        )?
        .execute(params![own, i64::try_from(place)?, bytes(author(a))])?;
        lists.push(bytes(author(a)));
    }
    for (place, t) in tags_of(n).into_iter().enumerate() {
        conn.prepare_cached("INSERT INTO post_tags (post_id, position, tag_id) VALUES (?, ?, ?)")?
            .execute(params![own, i64::try_from(place)?, bytes(tag(t))])?;
        lists.push(bytes(tag(t)));
    }
    for list in lists {
        conn.prepare_cached("INSERT INTO post_lists (list_id, sorted_at, post_id) VALUES (?, ?, ?)")?
            .execute(params![list, when, own])?;
    }
    for (place, (relation, to)) in links.iter().enumerate() {
        conn.prepare_cached(
            "INSERT INTO links (id, post_id, position, relation, note, target_post_id, external_url, external_title, \
             external_author, external_publisher, external_published_at, created_at) \
             VALUES (?, ?, ?, ?, NULL, ?, NULL, NULL, NULL, NULL, NULL, ?)",
        )?
        .execute(params![
            bytes(link_id(place)),
            own,
            i64::try_from(place)?,
            relation,
            bytes(post(*to)),
            when
        ])?;
    }
    if let Some(to) = n.checked_sub(2) {
        conn.prepare_cached("INSERT INTO body_links (post_id, position, slug) VALUES (?, 0, ?)")?
            .execute(params![own, slug(to)])?;
    }
    for place in 0..6 {
        let other = (n + 101 * (place + 1)) % posts;
        let terms = serde_json::to_string(&[word(n), word(n + 1), word(other)])?;
        conn.prepare_cached(
            "INSERT INTO related_posts (post_id, position, related_id, score, terms) \
         VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            own,
            i64::try_from(place)?,
            bytes(post(other)),
            900 - 50 * i64::try_from(place)?,
            terms
        ])?;
    }
    if posts <= 10_000 {
        for (term, weight) in terms(n, &title, &text) {
            conn.prepare_cached("INSERT INTO post_terms (term, post_id, weight) VALUES (?, ?, ?)")?
                .execute(params![term, own, weight])?;
        }
    }
    Ok(())
}

/// The terms by which the service would judge what the post is related to.
fn terms(n: usize, title: &str, text: &str) -> Vec<(String, i64)> {
    let mut weights: HashMap<String, i64> = HashMap::new();
    for (from, weight) in [(title, 6), (text, 1)] {
        for word in from.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase) {
            if word.len() >= 3 && word != "the" && word != "and" {
                let entry = weights.entry(word).or_default();
                *entry = (*entry + weight).min(20);
            }
        }
    }
    weights.extend(tags_of(n).into_iter().map(|t| (format!("#tag {t}"), 12)));
    let mut terms: Vec<_> = weights.into_iter().collect();
    terms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.truncate(24);
    terms
}

/// Every third comment begins a branch; the others answer one of the three before them, so that branches grow deep.
fn write_thread(conn: &Connection, n: usize, dice: &mut Dice, author: &dyn Fn(usize) -> Id) -> Answer<i64> {
    let count = comments_of(n);
    let own = bytes(post(n));
    let mut parents: Vec<Option<usize>> = Vec::new();
    for c in 0..count {
        parents.push(if c % 3 == 0 { None } else { Some(c - 1 - dice.next() % c.min(2)) });
    }
    let ids: Vec<Id> = (0..count)
        .map(|c| id(6, n * 32 + c, at(published(n).micros() + i64::try_from(c + 1).unwrap() * 60_000_000)))
        .collect();
    let (mut depth, mut root) = (vec![0_i64; count], (0..count).collect::<Vec<_>>());
    let (mut replies, mut below) = (vec![0_i64; count], vec![0_i64; count]);
    for c in 0..count {
        if let Some(parent) = parents[c] {
            (depth[c], root[c]) = (depth[parent] + 1, root[parent]);
            replies[parent] += 1;
            let mut up = Some(parent);
            while let Some(above) = up {
                below[above] += 1;
                up = parents[above];
            }
        }
    }
    for c in 0..count {
        let when = stored(at(published(n).micros() + i64::try_from(c + 1)? * 60_000_000));
        let text = dice.sentence(24);
        let profile = (c % 5 == 4).then(|| bytes(author(authors_of(n)[0])));
        conn.prepare_cached(
            "INSERT INTO comments (post_id, id, parent_id, root_id, depth, shown, status, created_at, edited_at, version, \
             reply_count, score, user_id, author_id, author_name, author_url, author_email, author_email_key, ip, user_agent, \
             edit_hash, editable_until, text_hash, spam_score, spam_reasons, html, source) \
             VALUES (?, ?, ?, ?, ?, 1, 'approved', ?, NULL, 1, ?, ?, NULL, ?, ?, NULL, ?, ?, NULL, NULL, NULL, NULL, \
             ?, 20, '[]', ?, ?)",
        )?
        .execute(params![
            own,
            bytes(ids[c]),
            parents[c].map(|p| bytes(ids[p])),
            bytes(ids[root[c]]),
            depth[c],
            when,
            replies[c],
            below[c],
            profile,
            format!("Reader {}", dice.next() % 5000),
            format!("reader{n}-{c}@example.org"),
            format!("reader{n}-{c}@example.org"),
            format!("{:016x}", n * 32 + c),
            format!("<p>{text}</p>\n"),
            text
        ])?;
    }
    Ok(i64::try_from(count)?)
}
