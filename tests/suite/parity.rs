//! The two databases as one: the same session gives the same bytes on both, ids and cursors aside.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use crate::support::app::{TestApp, User, each, text};
use crate::support::mask::Mask;

/// What a session answered, line by line. Ids are numbered and cursors left out.
struct Transcript<'a> {
    app: &'a TestApp,
    admin: User,
    mask: Mask,
    lines: Vec<String>,
}

impl Transcript<'_> {
    /// Sends a request and writes down what came back.
    async fn note(&mut self, method: &str, path: &str, signed: bool, body: &Value) -> Value {
        self.app.advance(1);
        let mut ask = self.app.request(method, path);
        if signed {
            ask = ask.by(&self.admin);
        }
        if !body.is_null() {
            ask = ask.json(body);
        }
        let answer = ask.await;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let mut shown = answer.text();
        if answer.status() >= 400 {
            shown = shown.replace(answer.header("x-request-id"), "REQUEST");
        }
        let heads = ["content-type", "cache-control", "surrogate-key", "link", "location"]
            .map(|name| answer.header(name).to_owned())
            .join(" | ");
        let line = format!("{method} {path} {}\n  {heads}\n  {shown}", answer.status());
        let line = self.mask.text(&line);
        self.lines.push(line);
        json
    }

    async fn write(&mut self, method: &str, path: &str, body: Value) -> Value {
        self.note(method, path, true, &body).await
    }

    /// Reads a list from its beginning to its end and back.
    async fn list(&mut self, path: &str, signed: bool) {
        let mut page = self.note("GET", path, signed, &Value::Null).await;
        for (direction, place) in [("after", "next"), ("before", "previous")] {
            let mut pages = 0;
            while let Some(cursor) = page["page"][place].as_str().map(str::to_owned) {
                page = self.note("GET", &format!("{path}&{direction}={cursor}"), signed, &Value::Null).await;
                pages += 1;
                assert!(pages < 100, "{path} does not end");
            }
        }
    }

    async fn get(&mut self, path: &str) {
        self.note("GET", path, false, &Value::Null).await;
    }
}

const AUTHORS: [&str; 9] =
    ["Zoë", "zoe", "ZOE", "Émile", "E\u{301}mile Two", "ada", "李白", "אבי", "Øre Ægir"];
const TAGS: [&str; 10] = [
    "Straße",
    "100%",
    "under_score",
    "🎉 Party",
    "b",
    "B side",
    "Ünïcode",
    "日本",
    "عربى",
    "e\u{301}te\u{301}",
];

/// Titles whose sort keys are equal, near, or far from their bytes.
const POSTS: [(&str, &str); 22] = [
    ("Élan", "A café on the naïve façade."),
    ("elan", "Cafe society, 100% true_story."),
    ("ELAN", "CAFÉ IN CAPITALS."),
    ("E\u{301}lan", "Cafe\u{301}, decomposed."),
    ("Zebra", "Stripes. `%` and `_` and \\ and ' and \"."),
    ("zebra", "More stripes."),
    ("éclair", "Ein Éclair für die Straße."),
    ("Éclair", "EIN ÉCLAIR FÜR DIE STRASSE."),
    ("10% off_now", "It is 10% off_now, not 10x off-now."),
    ("100", "One hundred."),
    ("9", "Nine."),
    ("👩‍👩‍👧 family", "Emoji 👩‍👩‍👧 🎉 and flags 🇳🇴."),
    ("🎉", "Only joy 🎉."),
    ("שלום עולם", "שָׁלוֹם עולם, tide."),
    ("مرحبا", "مرحبا بالعالم tide"),
    ("日本語のタイトル", "東京都に住む。tide"),
    ("ﬁligree", "A ligature: ﬁ, and ½, and ①."),
    ("İstanbul", "İstanbul and ıstanbul and Istanbul."),
    ("ıstanbul", "Dotless."),
    ("ß", "Sharp."),
    ("_under", "<b>Bold</b> & <i>brave</i> <script>alert(1)</script>"),
    ("Ωmega", "Ὁ χρόνος ΧΡΌΝΟΣ."),
];

/// Numbers and names that the two databases keep each in its own way.
fn custom(n: usize) -> Value {
    serde_json::from_str(&format!(
        "{{\"zz\": {n}, \"a\": 1.0, \"bb\": 1e2, \"é\": -0.0, \"B\": 0.1, \"big\": 9007199254740993, \"most\": 18446744073709551615, \
          \"huge\": 1e300, \"tiny\": 1e-7, \"list\": [null, true, \"\\u00e9\", {{}}], \"nested\": {{\"y\": 1, \"x\": 2}}, \"third\": 0.3333333333333333}}"
    ))
    .unwrap()
}

async fn fill(t: &mut Transcript<'_>) {
    for (n, name) in AUTHORS.iter().enumerate() {
        let author = json!({ "name": name, "bio": { "format": "markdown", "source": format!("*{name}* writes.") }, "website": "https://example.org/ä",
            "social": [{ "service": "mastodon", "handle": format!("@a{n}@example.social"), "url": "https://example.social/@a" }] });
        t.write("POST", "/v1/authors", author).await;
    }
    for (n, name) in TAGS.iter().enumerate() {
        let kind = if n % 3 == 0 { "category" } else { "tag" };
        t.write("POST", "/v1/tags", json!({ "name": name, "kind": kind, "description": name })).await;
    }
    let authors: Vec<String> = t.app.get("/v1/authors?limit=100").await.ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| text(&a["slug"]))
        .collect();
    let languages = ["en", "de", "ar", "ja"];
    for (n, (title, body)) in POSTS.iter().enumerate() {
        let post = json!({
            "title": title,
            "subtitle": if n % 2 == 0 { Value::Null } else { format!("Sub {title}").into() },
            "slug": format!("post-{n}"),
            "body": { "format": if n % 5 == 4 { "html" } else { "markdown" }, "source": format!("{body}\n\nSee [another](https://example.org/post-{}).", (n + 1) % POSTS.len()) },
            "authors": [authors[n % authors.len()], { "author": authors[(n + 1) % authors.len()], "role": "translator" }],
            "tags": [TAGS[n % TAGS.len()], TAGS[(n * 3 + 1) % TAGS.len()]],
            "featured": n % 4 == 0,
            "language": languages[n % 4],
            "visibility": if n == 20 { "unlisted" } else { "public" },
            "custom": custom(n),
        });
        t.write("POST", "/v1/posts", post).await;
        // Three at each moment; the ids part them.
        let at =
            format!("2023-0{}-01T10:00:00.{}Z", n / 3 % 9 + 1, if n % 2 == 0 { "000" } else { "000000" });
        if n < 20 {
            t.write("POST", &format!("/v1/posts/post-{n}/publish"), json!({ "at": at })).await;
        }
    }
    t.write("POST", "/v1/posts/post-20/publish", json!({ "at": "2030-01-01T00:00:00+05:45" })).await;
    t.write(
        "PATCH",
        "/v1/posts/post-0",
        json!({ "title": "Élan vital", "slug": "elan-vital", "excerpt": "Kept short…" }),
    )
    .await;
    t.write(
        "PATCH",
        "/v1/posts/post-1?publish=true",
        json!({ "subtitle": "Second thoughts", "custom": { "zz": null } }),
    )
    .await;
    t.write("PUT", "/v1/posts/post-2/links", json!({ "links": [
        { "relation": "prior", "post": "post-1", "note": "Read “this” first" },
        { "relation": "cites", "external": { "url": "https://example.com/ü?a=1&b=2", "title": "Extern — ✓", "published_at": "1999-12-31T23:59:59.999+00:00" } },
    ] })).await;
    t.write("POST", "/v1/posts/post-2/publish", json!({})).await;
    for (n, body) in
        ["First!", "Zweiter — schön 🎉", "שלישי", "*Fourth* with `code`", "Fifth", "Sixth"].iter().enumerate()
    {
        let made = t.write("POST", "/v1/posts/post-3/comments", json!({ "body": body })).await;
        for reply in 0..(n % 4) {
            t.write(
                "POST",
                "/v1/posts/post-3/comments",
                json!({ "body": format!("Reply {reply} to {body}"), "parent_id": made["id"] }),
            )
            .await;
        }
        if n == 3 {
            t.write("DELETE", &format!("/v1/comments/{}", text(&made["id"])), Value::Null).await;
        }
    }
    let guest = json!({ "body": "Buy cheap pills http://a.example http://b.example http://c.example", "author": { "name": "Ünknown", "email": "X@Example.org" } });
    t.app.advance(1);
    t.app.post("/v1/posts/post-3/comments").json(&guest).await.ok();
    t.write("PATCH", "/v1/site", json!({ "title": "Parität ✓", "description": "Zwei als eine" })).await;
}

async fn read(t: &mut Transcript<'_>) {
    let filters = [
        "",
        "&featured=true",
        "&featured=false",
        "&author=ada",
        "&tag=b,b-side",
        "&language=de",
        "&q=tide",
        "&q=cafe",
        "&published_after=2023-03-01T10:00:00Z",
        "&published_before=2023-03-01T10:00:00Z",
        "&updated_since=2024-05-01T12:00:40Z",
    ];
    for sort in ["-published_at", "published_at", "-updated_at", "title", "-comment_count"] {
        for filter in filters {
            t.list(&format!("/v1/posts?limit=7&count=true&fields=slug,title&sort={sort}{filter}"), false)
                .await;
        }
        t.list(
            &format!("/v1/posts?limit=9&count=true&status=all&fields=slug,status,title&sort={sort}"),
            true,
        )
        .await;
    }
    t.list("/v1/posts?limit=6", false).await;
    t.list("/v1/posts?limit=8&include=html,text,links,related,adjacent,comments", false).await;
    t.list("/v1/posts?limit=9&status=all&perspective=draft", true).await;
    for n in 0..POSTS.len() {
        t.get(&format!("/v1/posts/post-{n}?include=links,related,adjacent,comments")).await;
        t.get(&format!("/v1/posts/post-{n}/related?limit=5")).await;
        t.get(&format!("/v1/posts/post-{n}/links")).await;
    }
    for path in [
        "/v1/posts/elan-vital?perspective=draft",
        "/v1/posts/post-1/revisions/1",
        "/v1/posts/post-1/revisions/diff?from=1&to=2",
        "/v1/auth/me",
    ] {
        t.note("GET", path, true, &Value::Null).await;
    }
    t.list("/v1/posts/post-1/revisions?limit=1&count=true", true).await;
    for sort in ["name", "-post_count"] {
        t.list(&format!("/v1/authors?limit=4&count=true&sort={sort}"), false).await;
        t.list(&format!("/v1/tags?limit=4&count=true&sort={sort}"), false).await;
        t.list(&format!("/v1/tags?limit=2&kind=category&sort={sort}"), false).await;
    }
    for sort in ["oldest", "newest", "top"] {
        for view in ["thread", "flat"] {
            t.list(&format!("/v1/posts/post-3/comments?limit=2&count=true&sort={sort}&view={view}"), false)
                .await;
        }
    }
    for path in [
        "/v1/comments?limit=3&count=true",
        "/v1/comments?limit=3&status=approved",
        "/v1/comments?limit=3&author_email=x@EXAMPLE.org",
        "/v1/users?limit=2",
        "/v1/media?limit=2",
        "/v1/tokens?limit=2",
    ] {
        t.list(path, true).await;
    }
    for q in [
        "cafe",
        "CAF%C3%89",
        "caf%C3%A9",
        "cafe%CC%81",
        "stra%C3%9Fe",
        "STRASSE",
        "10%25",
        "off_now",
        "_",
        "%25",
        "tide",
        "tid",
        "%F0%9F%8E%89",
        "%D7%A9%D7%9C%D7%95%D7%9D",
        "%D9%85%D8%B1%D8%AD%D8%A8%D8%A7",
        "%E6%9D%B1%E4%BA%AC",
        "istanbul",
        "%C4%B0stanbul",
        "filigree",
        "%22naive+facade%22",
        "cafe+-capitals",
        "zebra",
        "%CF%87%CF%81%CE%BF%CE%BD%CE%BF%CF%83",
        "'",
        "%5C",
        "*",
        "NEAR(a+b)",
        "a:b",
    ] {
        t.list(&format!("/v1/search?limit=3&count=true&q={q}"), false).await;
    }
    for path in [
        "/v1/site",
        "/feed.xml",
        "/atom.xml",
        "/feed.json",
        "/feed.json?author=ada",
        "/feed.xml?tag=b",
        "/atom.xml?post=post-3",
        "/sitemap.xml",
        "/sitemaps/posts-1.xml",
        "/sitemaps/site.xml",
    ] {
        t.get(path).await;
    }
}

#[actix_web::test]
async fn one_session_gives_the_same_bytes_on_both_databases() {
    let mut transcripts = Vec::new();
    for app in each().await {
        let admin = app.user(Role::Admin).await;
        let mut t = Transcript { app: &app, admin, mask: Mask::default(), lines: Vec::new() };
        fill(&mut t).await;
        let written = t.lines.len();
        read(&mut t).await;
        let failed =
            |line: &&String| line.lines().next().is_some_and(|l| l.ends_with(" 500") || l.ends_with(" 503"));
        assert_eq!(t.lines.iter().find(failed), None);
        let refused: Vec<_> = t.lines[..written]
            .iter()
            .filter(|l| l.lines().next().is_some_and(|l| l.ends_with("422") || l.ends_with("400")))
            .collect();
        assert!(refused.is_empty(), "{refused:#?}");
        assert!(t.lines.len() > 300, "{}", t.lines.len());
        transcripts.push(t.lines);
    }
    let [sqlite, postgres] = &transcripts[..] else { return };
    let different: Vec<String> = sqlite
        .iter()
        .zip(postgres)
        .filter(|(a, b)| a != b)
        .take(12)
        .map(|(a, b)| {
            let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
            let near = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..(at + 120).min(text.len())])
                    .into_owned()
            };
            format!(
                "{}\n  SQLite:     …{}…\n  PostgreSQL: …{}…",
                a.lines().next().unwrap_or_default(),
                near(a),
                near(b)
            )
        })
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!(sqlite.len(), postgres.len());
}
