//! A corpus of any size, made by SQL: quick to make, and the same on both databases.

use std::fmt::Write as _;

use diesel::connection::SimpleConnection;
use pressroom::service::{Svc, search};
use pressroom_schema::Conn;
use uuid::Uuid;

/// How much there is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Published posts, one a minute.
    pub(crate) posts: usize,
    /// Authors, tags, images, accounts and API tokens; and of the first post its bylines, tags, links, comments, the replies to
    /// its first comment, and its revisions.
    pub(crate) many: usize,
}

/// The kinds of things that bear ids.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Author,
    Tag,
    Media,
    User,
    Token,
    Post,
    Link,
    Comment,
    Reply,
}

/// The id of the `n`th thing of its kind.
fn id(kind: Kind, n: usize) -> Uuid {
    Uuid::from_u128(0x018c_0000_0000_7000_8000_0000_0000_0000 | (kind as u128) << 40 | n as u128)
}

/// Puts the ids of the first things of their kinds in the places of `{post}` and the like.
pub(crate) fn address(template: &str) -> String {
    let names = [
        ("{post}", Kind::Post),
        ("{author}", Kind::Author),
        ("{tag}", Kind::Tag),
        ("{comment}", Kind::Comment),
        ("{user}", Kind::User),
        ("{media}", Kind::Media),
    ];
    names.iter().fold(template.to_owned(), |path, (name, kind)| {
        let first = id(*kind, 0);
        // The sitemap's files are named after ids without their hyphens.
        let first =
            if path.starts_with("/sitemaps/") { first.simple().to_string() } else { first.to_string() };
        path.replace(name, &first)
    })
}

struct Script {
    is_sqlite: bool,
    sql: String,
}

impl Script {
    fn id(&self, kind: Kind, n: usize) -> String {
        let id = id(kind, n);
        if self.is_sqlite { format!("x'{}'", id.simple()) } else { format!("'{id}'") }
    }

    fn rows(&mut self, table: &str, rows: &[String]) {
        for some in rows.chunks(200) {
            writeln!(self.sql, "INSERT INTO {table} VALUES {};", some.join(",\n")).unwrap();
        }
    }
}

fn minute(n: usize) -> String {
    let at = chrono::DateTime::from_timestamp(1_672_531_200 + 60 * i64::try_from(n).unwrap(), 0).unwrap();
    at.format("'%Y-%m-%dT%H:%M:%S.000000Z'").to_string()
}

/// Fills an empty database.
pub(crate) async fn fill(svc: &Svc, size: Size) {
    svc.db
        .raw(move |conn| {
            let sql = script(size, matches!(conn, Conn::Sqlite(_)));
            match conn {
                Conn::Sqlite(c) => c.batch_execute(&format!("BEGIN; {sql} COMMIT")),
                Conn::Pg(c) => c.batch_execute(&format!("BEGIN; {sql} COMMIT")),
            }
            .unwrap();
            Ok(())
        })
        .await
        .unwrap();
    search::reindex_all(svc).await.unwrap();
    svc.db
        .raw(|conn| {
            if let Conn::Pg(c) = conn {
                c.batch_execute("ANALYZE").unwrap();
            }
            Ok(())
        })
        .await
        .unwrap();
}

fn script(size: Size, is_sqlite: bool) -> String {
    let Size { posts, many } = size;
    let mut s = Script { is_sqlite, sql: String::new() };
    let now = minute(posts);
    let each = |count: usize, row: &dyn Fn(usize) -> String| (0..count).map(row).collect::<Vec<_>>();

    let rows = each(many, &|n| {
        format!(
            "({}, 'image/png', 10, 20, 30, 'Alt {n}', NULL, 'f.png', 'h{n}', 'k{n}', NULL, FALSE, '[]', 'ready', {}, {at}, {at}, 1)",
            s.id(Kind::Media, n),
            s.id(Kind::User, n % 3),
            at = minute(n)
        )
    });
    s.rows("media (id, mime, byte_size, width, height, alt, caption, filename, sha256, storage_key, color, animated, variants, \
     state, created_by, created_at, updated_at, version)", &rows);
    let rows = each(many, &|n| {
        format!(
            "({}, 'author-{n}', 'Author {n:05}', 'author {n:05}', 'markdown', '', '', {}, NULL, NULL, '[]', {}, {now}, {now}, 1, {now}, {now})",
            s.id(Kind::Author, n),
            s.id(Kind::Media, n),
            posts / many + 1
        )
    });
    s.rows("authors (id, slug, name, name_key, bio_format, bio_source, bio_html, avatar_media_id, location, website, social, \
     post_count, first_published_at, last_published_at, version, created_at, updated_at)", &rows);
    let rows = each(many, &|n| {
        let parent = if n == 0 { "NULL".to_owned() } else { s.id(Kind::Tag, 0) };
        let kind = if n % 2 == 0 { "tag" } else { "category" };
        format!(
            "({}, 'tag-{n}', 'Tag {n:05}', 'tag {n:05}', '{kind}', '', {parent}, {}, 1, {now}, {now}, TRUE)",
            s.id(Kind::Tag, n),
            posts / many + 1
        )
    });
    s.rows("tags (id, slug, name, name_key, kind, description, parent_id, post_count, version, created_at, updated_at, \
     is_public)", &rows);
    let rows = each(many, &|n| {
        format!(
            "({}, 'user{n}@example.org', 'user{n}@example.org', 'User {n}', 'x', 'author', {}, NULL, NULL, {at}, {at}, 1)",
            s.id(Kind::User, n),
            s.id(Kind::Author, n),
            at = minute(n)
        )
    });
    s.rows("users (id, email, email_key, name, password_hash, role, author_id, disabled_at, last_login_at, created_at, \
     updated_at, version)", &rows);
    let rows = each(many, &|n| {
        format!(
            "({}, {}, 'Token {n}', 'hash{n}', 'prk', '[\"posts:read\"]', {}, NULL, NULL, NULL)",
            s.id(Kind::Token, n),
            s.id(Kind::User, n),
            minute(n)
        )
    });
    s.rows("api_tokens (id, user_id, name, secret_hash, hint, scopes, created_at, expires_at, last_used_at, revoked_at)", &rows);

    // Every tenth post is a draft, and the last.
    let is_draft = |n: usize| n % 10 == 9 || n == posts - 1;
    let rows = each(posts, &|n| {
        let (status, listed) = if is_draft(n) { ("draft", "FALSE") } else { ("published", "TRUE") };
        let published = if is_draft(n) { "NULL".to_owned() } else { minute(n) };
        let live = if is_draft(n) { "NULL" } else { "1" };
        format!(
            "({id}, 'post-{n}', '{status}', 'public', {listed}, {featured}, {at}, {published}, {at}, {at}, NULL, 1, {revision}, {live}, {owner}, {comments}, 5, 1, 'en', \
             'Post {n:05}', 'post {n:05}', NULL, 'Excerpt', {media}, NULL, NULL, NULL, NULL, NULL, '{{}}', '{{}}', '<p>tide word{n}</p>', 'tide word{n}', 'markdown', 'tide word{n}', 0)",
            id = s.id(Kind::Post, n),
            featured = if n % 20 == 0 { "TRUE" } else { "FALSE" },
            at = minute(n),
            revision = if n == 0 { many } else { 1 },
            owner = s.id(Kind::User, n % many),
            comments = if n == 0 { 2 * many } else { 2 },
            media = s.id(Kind::Media, n % many),
        )
    });
    s.rows("posts (id, slug, status, visibility, listed, featured, sorted_at, published_at, created_at, \
     updated_at, deleted_at, version, revision, live_revision, owner_id, comment_count, word_count, reading_minutes, language, \
     title, title_key, subtitle, excerpt, image_media_id, image_alt, image_caption, terms_notice, terms_url, canonical_url, \
     seo, custom, html, text, body_format, body_source, preview_epoch)", &rows);
    let (mut revisions, mut bylines, mut marks, mut lists) = (vec![], vec![], vec![], vec![]);
    for n in 0..posts {
        let bearers: Vec<usize> = if n == 0 { (0..many).collect() } else { vec![n % many] };
        let authors: Vec<String> = bearers
            .iter()
            .map(|a| format!("{{\"author_id\": \"{}\", \"role\": \"author\"}}", id(Kind::Author, *a)))
            .collect();
        let tags: Vec<String> = bearers.iter().map(|t| format!("\"{}\"", id(Kind::Tag, *t))).collect();
        for number in 1..=(if n == 0 { many } else { 1 }) {
            let snapshot = format!(
                "{{\"title\": \"Post {n:05}\", \"slug\": \"post-{n}\", \"subtitle\": null, \"excerpt\": null, \"body_format\": \"markdown\", \"body_source\": \"tide word{n}\", \
                 \"image\": null, \"authors\": [{}], \"tags\": [{}], \"links\": [], \"featured\": false, \"visibility\": \"public\", \"language\": \"en\", \
                 \"terms_notice\": null, \"terms_url\": null, \"canonical_url\": null, \"seo\": {{}}, \"custom\": {{}}}}",
                authors.join(", "),
                tags.join(", ")
            );
            revisions.push(format!(
                "({}, {number}, {}, {}, 'saved', 'Post {n:05}', 5, '{snapshot}')",
                s.id(Kind::Post, n),
                minute(n),
                s.id(Kind::User, n % many)
            ));
        }
        for (position, of) in bearers.into_iter().enumerate() {
            let (post, author, tag) = (s.id(Kind::Post, n), s.id(Kind::Author, of), s.id(Kind::Tag, of));
            bylines.push(format!("({post}, {position}, {author}, 'author')"));
            marks.push(format!("({post}, {position}, {tag})"));
            if !is_draft(n) {
                lists.push(format!("({author}, {}, {post})", minute(n)));
                lists.push(format!("({tag}, {}, {post})", minute(n)));
            }
        }
    }
    s.rows(
        "revisions (post_id, number, created_at, created_by, reason, title, word_count, snapshot)",
        &revisions,
    );
    s.rows("post_authors (post_id, position, author_id, role)", &bylines);
    s.rows("post_tags (post_id, position, tag_id)", &marks);
    s.rows("post_lists (list_id, sorted_at, post_id)", &lists);

    // The first post leads to others, and every other leads to it.
    let mut links: Vec<String> = (1..posts)
        .map(|n| {
            format!(
                "({}, {}, 0, 'prior', NULL, {}, NULL, NULL, NULL, NULL, NULL, {now})",
                s.id(Kind::Link, n),
                s.id(Kind::Post, n),
                s.id(Kind::Post, 0)
            )
        })
        .collect();
    links.extend((1..posts.min(many + 1)).map(|n| {
        format!(
            "({}, {}, {n}, 'cites', NULL, {}, NULL, NULL, NULL, NULL, NULL, {now})",
            s.id(Kind::Link, posts + n),
            s.id(Kind::Post, 0),
            s.id(Kind::Post, n)
        )
    }));
    s.rows("links (id, post_id, position, relation, note, target_post_id, external_url, external_title, external_author, \
     external_publisher, external_published_at, created_at)", &links);
    let rows = each(posts, &|n| format!("({}, 0, 'post-0')", s.id(Kind::Post, n)));
    s.rows("body_links (post_id, position, slug)", &rows[1..]);
    let related: Vec<String> = (0..posts)
        .map(|n| {
            format!("({}, 0, {}, 500, '[\"tide\"]')", s.id(Kind::Post, n), s.id(Kind::Post, (n + 1) % posts))
        })
        .chain((1..posts.min(many).min(20)).map(|n| {
            format!("({}, {n}, {}, 400, '[\"tide\"]')", s.id(Kind::Post, 0), s.id(Kind::Post, n + 1))
        }))
        .collect();
    s.rows("related_posts (post_id, position, related_id, score, terms)", &related);
    let rows = each(posts, &|n| format!("('tide{}', {}, 5)", n % 50, s.id(Kind::Post, n)));
    s.rows("post_terms (term, post_id, weight)", &rows);
    let rows = each(posts, &|n| format!("('post', 'former-{n}', {}, {now})", s.id(Kind::Post, n)));
    s.rows("slug_redirects (kind, slug, target_id, created_at)", &rows);

    let comment = |s: &Script, id: String, post: usize, parent: Option<&str>, at: usize| {
        let (depth, root) = if parent.is_some() { (1, parent.unwrap_or_default()) } else { (0, id.as_str()) };
        format!(
            "({}, {id}, {}, {root}, {depth}, TRUE, 'approved', {}, NULL, 1, {}, 0, {}, {}, 'Name', NULL, 'n{at}@example.org', 'n{at}@example.org', '192.0.2.{}', NULL, NULL, NULL, 't{at}', 0, '[]', '<p>Yes</p>', 'Yes')",
            s.id(Kind::Post, post),
            parent.unwrap_or("NULL"),
            minute(at),
            usize::from(parent.is_none()) * if post == 0 { many } else { 1 },
            s.id(Kind::User, at % many),
            s.id(Kind::Author, at % many),
            at % 250,
        )
    };
    let mut comments = Vec::new();
    for n in 0..many {
        comments.push(comment(&s, s.id(Kind::Comment, n), 0, None, n));
        comments.push(comment(&s, s.id(Kind::Reply, n), 0, Some(&s.id(Kind::Comment, 0)), many + n));
    }
    for n in 1..posts {
        let root = s.id(Kind::Comment, many + n);
        comments.push(comment(&s, root.clone(), n, None, n));
        comments.push(comment(&s, s.id(Kind::Reply, many + n), n, Some(&root), n + 1));
    }
    s.rows("comments (post_id, id, parent_id, root_id, depth, shown, status, created_at, edited_at, version, reply_count, \
     score, user_id, author_id, author_name, author_url, author_email, author_email_key, ip, user_agent, edit_hash, \
     editable_until, text_hash, spam_score, spam_reasons, html, source)", &comments);
    let rows = each(posts, &|n| {
        format!(
            "({}, {now}, 'post', {}, 'published', 1, NULL, 'system', 'r', '[]')",
            n + 1000, // beyond what opening the application has noted
            s.id(Kind::Post, n)
        )
    });
    s.rows(
        "changes (seq, at, object_type, object_id, action, version, actor_id, actor_kind, request_id, keys)",
        &rows,
    );
    let published = (0..posts).filter(|n| !is_draft(*n)).count();
    for (name, value) in
        [("posts", published), ("authors", many), ("tags", many), ("comments", 2 * (many + posts - 1))]
    {
        writeln!(s.sql, "UPDATE counters SET value = {value} WHERE name = '{name}';").unwrap();
    }
    if !is_sqlite {
        s.sql += "SELECT setval(pg_get_serial_sequence('changes', 'seq'), (SELECT max(seq) FROM changes));";
    }
    s.sql
}
