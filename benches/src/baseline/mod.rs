//! The same post page and the same list as somebody would write them by hand over rusqlite, and the page over libpq: typed
//! rows, prepared statements that are kept, serde. The bytes are the same as the server's; a check says so before anything
//! is measured.

mod rows;
mod shapes;

use std::collections::HashMap;

use pressroom_schema::{Id, KeyValue, Timestamp};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::rows::Moment;
pub use self::rows::{Column, Key, Row, Source, Value};
use self::shapes::{
    Adjacent, Author, Comment, Image, Link, Links, List, PageInfo, Parent, Post, Reason, Related,
    StoredVariant, Summary, Tag, Terms, Variant, Writer,
};
use crate::Answer;

const SITE: &str = "https://example.org";

fn media_url(key: &str) -> String {
    format!("{SITE}/media/{key}")
}

/// Nine columns from `at` on.
fn image(row: &impl Row, at: usize) -> Answer<Option<Image>> {
    let Some(id) = row.get::<Option<Key>>(at)? else { return Ok(None) };
    let variants: Vec<StoredVariant> = row.json(at + 8)?;
    Ok(Some(Image {
        id,
        url: media_url(row.text(at + 1)?),
        alt: row.get(at + 2)?,
        caption: row.get(at + 3)?,
        width: row.get(at + 4)?,
        height: row.get(at + 5)?,
        mime: row.get(at + 6)?,
        color: row.get(at + 7)?,
        variants: variants
            .into_iter()
            .map(|v| Variant { url: media_url(&v.key), width: v.width, height: v.height, mime: v.mime })
            .collect(),
    }))
}

const IMAGE: &str = "m.id, m.storage_key, m.alt, m.caption, m.width, m.height, m.mime, m.color, m.variants";
const AUTHOR: &str = "a.id, a.slug, a.name, a.bio_html, CASE WHEN a.bio_format = 'markdown' THEN a.bio_source END, a.location, a.website, \
     a.social, a.post_count, a.first_published_at, a.last_published_at, a.created_at, a.updated_at, a.version";
const SUMMARY: &str = "p.id, p.slug, p.title, p.excerpt, p.published_at, p.language";
const CARD: &str = "p.id, p.slug, p.title, p.subtitle, p.excerpt, p.status, p.visibility, p.featured, p.published_at, p.updated_at, \
     p.created_at, p.version, p.word_count, p.reading_minutes, p.language, p.comment_count, \
     coalesce((SELECT c.policy FROM comment_policies AS c WHERE c.post_id = p.id), \
     CASE WHEN s.comments_open THEN 'site' ELSE 'none' END), p.terms_notice, p.terms_url, \
     p.canonical_url, p.seo, p.custom, p.image_alt, p.image_caption";

/// Fourteen columns from `at` on, and the portrait's nine.
fn author(row: &impl Row, at: usize) -> Answer<Author> {
    Ok(Author {
        id: row.get(at)?,
        slug: row.get(at + 1)?,
        name: row.get(at + 2)?,
        bio_html: row.get(at + 3)?,
        bio_markdown: row.get(at + 4)?,
        location: row.get(at + 5)?,
        website: row.get(at + 6)?,
        social: row.json(at + 7)?,
        post_count: row.get(at + 8)?,
        first_published_at: row.get(at + 9)?,
        last_published_at: row.get(at + 10)?,
        created_at: row.get(at + 11)?,
        updated_at: row.get(at + 12)?,
        version: row.get(at + 13)?,
        avatar: image(row, at + 14)?,
        role: None,
    })
}

fn summary(row: &impl Row, at: usize) -> Answer<Summary> {
    let slug: String = row.get(at + 1)?;
    Ok(Summary {
        id: row.get(at)?,
        url: format!("{SITE}/{slug}"),
        slug,
        title: row.get(at + 2)?,
        excerpt: row.get(at + 3)?,
        published_at: row.get(at + 4)?,
        language: row.get(at + 5)?,
    })
}

/// The columns of `CARD`, then the image's nine, then the site's terms.
fn card(row: &impl Row) -> Answer<Post> {
    let slug: String = row.get(1)?;
    let mut shown = image(row, 24)?;
    if let Some(image) = &mut shown {
        if let Some(alt) = row.get(22)? {
            image.alt = alt;
        }
        if let Some(caption) = row.get(23)? {
            image.caption = Some(caption);
        }
    }
    let mut terms = Terms { notice: row.get(17)?, url: row.get(18)? };
    if terms.notice.is_none() && terms.url.is_none() {
        terms = Terms { notice: row.get(33)?, url: row.get(34)? };
    }
    let policy: String = row.get(16)?;
    Ok(Post {
        id: row.get(0)?,
        url: format!("{SITE}/{slug}"),
        slug,
        title: row.get(2)?,
        subtitle: row.get(3)?,
        excerpt: row.get(4)?,
        html: None,
        text: None,
        status: row.get(5)?,
        visibility: row.get(6)?,
        featured: row.get(7)?,
        published_at: row.get(8)?,
        updated_at: row.get(9)?,
        created_at: row.get(10)?,
        version: row.get(11)?,
        word_count: row.get(12)?,
        reading_minutes: row.get(13)?,
        language: row.get(14)?,
        image: shown,
        authors: Vec::new(),
        tags: Vec::new(),
        comment_count: row.get(15)?,
        comments_open: !matches!(policy.as_str(), "closed" | "none"),
        comment_policy: if policy == "none" { "site".to_owned() } else { policy },
        terms,
        canonical_url: row.get(19)?,
        seo: row.json(20)?,
        custom: row.json(21)?,
        links: None,
        related: None,
        adjacent: None,
        comments: None,
    })
}

fn tag(row: &impl Row, at: usize) -> Answer<Tag> {
    let parent = match row.get::<Option<Key>>(at + 5)? {
        Some(id) => Some(Parent { id, slug: row.get(at + 6)?, name: row.get(at + 7)? }),
        None => None,
    };
    Ok(Tag {
        id: row.get(at)?,
        slug: row.get(at + 1)?,
        name: row.get(at + 2)?,
        kind: row.get(at + 3)?,
        description: row.get(at + 4)?,
        parent,
        post_count: row.get(at + 8)?,
        created_at: row.get(at + 9)?,
        updated_at: row.get(at + 10)?,
        version: row.get(at + 11)?,
    })
}

const TAG: &str = "t.id, t.slug, t.name, t.kind, t.description, u.id, u.slug, u.name, t.post_count, t.created_at, t.updated_at, t.version";

/// A connection as the server has them.
pub fn open(path: &std::path::Path) -> Answer<Connection> {
    let conn = Connection::open(path)?;
    conn.execute_batch(
        "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA mmap_size = 1073741824;",
    )?;
    // As the server does; without it each statement with a bound LIMIT is prepared again each time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// `GET /v1/posts/{slug}?include=links,related,adjacent,comments`.
pub fn page(conn: &impl Source, slug: &str) -> Answer<Vec<u8>> {
    let sql = format!(
        "SELECT {CARD}, {IMAGE}, s.terms_notice, s.terms_url, p.html, p.text, p.sorted_at FROM posts p \
         LEFT JOIN media m ON m.id = p.image_media_id LEFT JOIN site s ON s.id = 1 WHERE p.slug = $1"
    );
    let found = conn.rows(&sql, &[Value::Text(slug)], |row| {
        let mut post = card(row)?;
        post.html = row.get(35)?;
        post.text = row.get(36)?;
        Ok((post, row.get(37)?))
    })?;
    let (mut post, Moment(sorted)) = found.into_iter().next().ok_or("there is no such post")?;
    let id = post.id;
    let sql = format!(
        "SELECT {AUTHOR}, {IMAGE}, pa.role FROM post_authors pa JOIN authors a ON a.id = pa.author_id \
         LEFT JOIN media m ON m.id = a.avatar_media_id WHERE pa.post_id = $1 ORDER BY pa.position"
    );
    post.authors =
        conn.rows(&sql, &[Value::Id(id)], |row| Ok(Author { role: row.get(23)?, ..author(row, 0)? }))?;
    let sql = format!(
        "SELECT {TAG} FROM post_tags pt JOIN tags t ON t.id = pt.tag_id LEFT JOIN tags u ON u.id = t.parent_id \
         WHERE pt.post_id = $1 ORDER BY pt.position"
    );
    post.tags = conn.rows(&sql, &[Value::Id(id)], |row| tag(row, 0))?;
    post.links = Some(links(conn, id)?);
    post.related = Some(related(conn, id, post.links.as_ref())?);
    let neighbour = |sql: &str| -> Answer<Option<Summary>> {
        Ok(conn.rows(sql, &[Value::Text(&sorted), Value::Id(id)], |row| summary(row, 0))?.pop())
    };
    post.adjacent = Some(Adjacent {
        previous: neighbour(&format!(
            "SELECT {SUMMARY} FROM posts p WHERE p.listed = TRUE AND (p.sorted_at, p.id) < ($1, $2) ORDER BY p.sorted_at DESC, p.id DESC LIMIT 1"
        ))?,
        next: neighbour(&format!(
            "SELECT {SUMMARY} FROM posts p WHERE p.listed = TRUE AND (p.sorted_at, p.id) > ($1, $2) ORDER BY p.sorted_at, p.id LIMIT 1"
        ))?,
    });
    post.comments = Some(comments(conn, &post)?);
    Ok(serde_json::to_vec(&post)?)
}

fn links(conn: &impl Source, id: Key) -> Answer<Links> {
    let curated = |sql: &str| {
        conn.rows(sql, &[Value::Id(id)], |row| {
            Ok(Link {
                id: row.get(0)?,
                relation: row.get(1)?,
                position: row.get(2)?,
                note: row.get(3)?,
                origin: "curated",
                post: summary(row, 4)?,
            })
        })
    };
    let mut outgoing = curated(&format!(
        "SELECT l.id, l.relation, l.position, l.note, {SUMMARY} FROM links l JOIN posts p ON p.id = l.target_post_id \
         WHERE l.post_id = $1 AND p.listed = TRUE ORDER BY l.position, l.id"
    ))?;
    let mut incoming = curated(&format!(
        "SELECT l.id, l.relation, l.position, l.note, {SUMMARY} FROM links l JOIN posts p ON p.id = l.post_id \
         WHERE l.target_post_id = $1 AND p.listed = TRUE ORDER BY l.created_at, l.id"
    ))?;
    let body = |sql: &str| conn.rows(sql, &[Value::Id(id)], |row| summary(row, 0));
    for post in body(&format!(
        "SELECT {SUMMARY} FROM body_links b JOIN posts p ON p.slug = b.slug WHERE b.post_id = $1 AND p.listed = TRUE ORDER BY b.position"
    ))? {
        push_body(&mut outgoing, id, post.id, post);
    }
    for post in body(&format!(
        "SELECT {SUMMARY} FROM posts me JOIN body_links b ON b.slug = me.slug JOIN posts p ON p.id = b.post_id \
         WHERE me.id = $1 AND p.listed = TRUE ORDER BY b.post_id"
    ))? {
        push_body(&mut incoming, post.id, id, post);
    }
    Ok(Links { outgoing, incoming })
}

fn push_body(links: &mut Vec<Link>, from: Key, to: Key, post: Summary) {
    if links.iter().any(|l| l.post.id == post.id) {
        return;
    }
    let digest = Sha256::new().chain_update(from.0.as_bytes()).chain_update(to.0.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    links.push(Link {
        id: Key(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
        relation: "cites".to_owned(),
        position: i32::try_from(links.len()).unwrap_or(i32::MAX),
        note: None,
        origin: "body",
        post,
    });
}

fn related(conn: &impl Source, id: Key, links: Option<&Links>) -> Answer<Vec<Related>> {
    let mut found: Vec<Related> = Vec::new();
    let curated = links.into_iter().flat_map(|l| &l.outgoing).filter(|l| l.origin == "curated");
    for link in curated {
        let reason =
            Reason { kind: "curated", relation: Some(link.relation.clone()), score: None, terms: None };
        found.push(Related { post: link.post.clone(), reason });
    }
    let sql = format!(
        "SELECT r.score, r.terms, {SUMMARY} FROM related_posts r JOIN posts p ON p.id = r.related_id \
         WHERE r.post_id = $1 AND p.listed = TRUE ORDER BY r.position LIMIT 6"
    );
    let all = conn.rows(&sql, &[Value::Id(id)], |row| {
        let score: i32 = row.get(0)?;
        Ok(Related {
            reason: Reason {
                kind: "similar",
                relation: None,
                score: Some(f64::from(score / 10) / 100.0),
                terms: Some(row.json(1)?),
            },
            post: summary(row, 2)?,
        })
    })?;
    for similar in all {
        if found.len() < 6 && !found.iter().any(|r| r.post.id == similar.post.id) {
            found.push(similar);
        }
    }
    Ok(found)
}

struct Below {
    comment: Comment,
    author_id: Option<Key>,
}

fn comment(row: &impl Row, permalinks: &str) -> Answer<Below> {
    let id: Key = row.get(0)?;
    Ok(Below {
        author_id: row.get(8)?,
        comment: Comment {
            id,
            post_id: row.get(1)?,
            parent_id: row.get(2)?,
            depth: row.get(3)?,
            author: Writer {
                name: row.get(9)?,
                url: row.get(10)?,
                avatar_url: None,
                is_post_author: false,
                profile: None,
            },
            html: row.get(11)?,
            is_tombstone: false,
            created_at: row.get(4)?,
            edited_at: row.get(5)?,
            reply_count: row.get(6)?,
            replies: Vec::new(),
            replies_next: None,
            permalink: format!("{permalinks}#comment-{}", id.0),
            score: row.get(7)?,
            version: row.get(12)?,
        },
    })
}

const COMMENT: &str = "c.id, c.post_id, c.parent_id, c.depth, c.created_at, c.edited_at, c.reply_count, c.score, c.author_id, c.author_name, \
     c.author_url, c.html, c.version";

fn cursor(list: &str, at: &Moment, id: Key) -> String {
    let at = Timestamp::parse(&at.0).unwrap_or(Timestamp::from_micros(0).unwrap());
    pressroom::page::cursor(list, &KeyValue::Time(at), Id(id.0))
}

fn comments(conn: &impl Source, post: &Post) -> Answer<List<Comment>> {
    let sql = format!(
        "SELECT {COMMENT} FROM comments c WHERE c.post_id = $1 AND c.parent_id IS NULL AND c.shown = TRUE ORDER BY c.created_at, c.id LIMIT 21"
    );
    let mut top = conn.rows(&sql, &[Value::Id(post.id)], |row| comment(row, &post.url))?;
    let more = top.len() > 20;
    top.truncate(20);
    let last = top.last().map_or(i32::MAX, |_| 4);
    let sql = format!(
        "SELECT {COMMENT} FROM comments c WHERE c.post_id = $1 AND c.shown = TRUE AND c.depth BETWEEN 1 AND $2"
    );
    let replies =
        conn.rows(&sql, &[Value::Id(post.id), Value::Number(last)], |row| comment(row, &post.url))?;
    let mut below: HashMap<Key, Vec<Below>> = HashMap::new();
    for reply in replies {
        if let Some(parent) = reply.comment.parent_id {
            below.entry(parent).or_default().push(reply);
        }
    }
    let mut profiles: HashMap<Key, Author> = HashMap::new();
    let sql = format!(
        "SELECT {AUTHOR}, {IMAGE} FROM authors a LEFT JOIN media m ON m.id = a.avatar_media_id WHERE a.id = $1"
    );
    for id in top.iter().chain(below.values().flatten()).filter_map(|c| c.author_id) {
        if let std::collections::hash_map::Entry::Vacant(entry) = profiles.entry(id) {
            let known = post.authors.iter().find(|a| a.id == id);
            entry.insert(match known {
                Some(known) => Author { role: None, ..known.clone() },
                None => conn
                    .rows(&sql, &[Value::Id(id)], |row| author(row, 0))?
                    .pop()
                    .ok_or("a comment's author is gone")?,
            });
        }
    }
    let next = top.last().filter(|_| more).map(|c| {
        cursor(&format!("comments:thread:{}:oldest", post.id.0), &c.comment.created_at, c.comment.id)
    });
    let data = top.into_iter().map(|c| nested(c, &mut below, &profiles, post)).collect();
    Ok(List { data, page: PageInfo { next, previous: None, total: None } })
}

fn nested(
    found: Below,
    below: &mut HashMap<Key, Vec<Below>>,
    profiles: &HashMap<Key, Author>,
    post: &Post,
) -> Comment {
    let Below { mut comment, author_id } = found;
    if let Some(profile) = author_id.and_then(|id| profiles.get(&id)) {
        comment.author = Writer {
            name: profile.name.clone(),
            url: profile.website.clone().or(comment.author.url),
            avatar_url: profile.avatar.as_ref().map(|image| image.url.clone()),
            is_post_author: post.authors.iter().any(|a| a.id == profile.id),
            profile: Some(profile.clone()),
        };
    }
    let mut replies = below.remove(&comment.id).unwrap_or_default();
    replies.sort_by(|a, b| {
        (&a.comment.created_at.0, a.comment.id.0).cmp(&(&b.comment.created_at.0, b.comment.id.0))
    });
    replies.truncate(10);
    if i32::try_from(replies.len()).unwrap_or(i32::MAX) < comment.reply_count {
        let list = format!("comments:replies:{}:oldest", comment.id.0);
        comment.replies_next = Some(match replies.last() {
            Some(last) => cursor(&list, &last.comment.created_at, last.comment.id),
            None => cursor(&list, &Moment("0001-01-01T00:00:00.000000Z".to_owned()), Key(Uuid::nil())),
        });
    }
    comment.replies = replies.into_iter().map(|reply| nested(reply, below, profiles, post)).collect();
    comment
}

/// `GET /v1/posts?limit=…`.
pub fn list(conn: &Connection, limit: usize) -> Answer<Vec<u8>> {
    let mut newest = conn.prepare_cached(&format!(
        "SELECT {CARD}, {IMAGE}, s.terms_notice, s.terms_url, p.sorted_at FROM posts p LEFT JOIN media m ON m.id = p.image_media_id \
         LEFT JOIN site s ON s.id = 1 WHERE p.listed = 1 ORDER BY p.sorted_at DESC, p.id DESC LIMIT ?"
    ))?;
    let mut posts: Vec<(Post, Moment)> = newest
        .query_and_then([i64::try_from(limit + 1)?], |row| Ok((card(row)?, row.get(35)?)))?
        .collect::<Answer<_>>()?;
    let more = posts.len() > limit;
    posts.truncate(limit);
    let ids =
        serde_json::to_string(&posts.iter().map(|(p, _)| p.id.0.simple().to_string()).collect::<Vec<_>>())?;
    let places: HashMap<Key, usize> = posts.iter().enumerate().map(|(n, (p, _))| (p.id, n)).collect();
    let mut authors = conn.prepare_cached(&format!(
        "SELECT {AUTHOR}, {IMAGE}, pa.role, pa.post_id FROM post_authors pa JOIN authors a ON a.id = pa.author_id \
         LEFT JOIN media m ON m.id = a.avatar_media_id WHERE pa.post_id IN (SELECT unhex(value) FROM json_each(?)) \
         ORDER BY pa.post_id, pa.position"
    ))?;
    let mut rows = authors.query([&ids])?;
    while let Some(row) = rows.next()? {
        if let Some((post, _)) = places.get(&row.get(24)?).and_then(|n| posts.get_mut(*n)) {
            post.authors.push(Author { role: row.get(23)?, ..author(row, 0)? });
        }
    }
    let mut tags = conn.prepare_cached(&format!(
        "SELECT {TAG}, pt.post_id FROM post_tags pt JOIN tags t ON t.id = pt.tag_id LEFT JOIN tags u ON u.id = t.parent_id \
         WHERE pt.post_id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY pt.post_id, pt.position"
    ))?;
    let mut rows = tags.query([&ids])?;
    while let Some(row) = rows.next()? {
        if let Some((post, _)) = places.get(&row.get(12)?).and_then(|n| posts.get_mut(*n)) {
            post.tags.push(tag(row, 0)?);
        }
    }
    let next = posts.last().filter(|_| more).map(|(post, at)| cursor("posts:-published_at", at, post.id));
    let data = posts.into_iter().map(|(post, _)| post).collect();
    Ok(serde_json::to_vec(&List { data, page: PageInfo { next, previous: None, total: None } })?)
}
