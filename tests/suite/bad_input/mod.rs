//! Bad input: a problem document of the right status that names the member and says how to mend it, and nothing is changed.

mod bodies;

use std::io::Write as _;

use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::{Value, json};

use self::bodies::bodies;
use crate::support::app::{Answer, Ask, Store, TestApp, User, each, on_both, text};
use crate::support::upload;

/// A publication with two posts, a comment under each, a tag and an author.
struct Scene {
    app: TestApp,
    admin: User,
    /// The comment under `two`.
    other_comment: String,
}

impl Scene {
    async fn set(app: TestApp) -> Self {
        let admin = app.user(Role::Admin).await;
        for slug in ["one", "two"] {
            app.published(&admin, &json!({ "title": slug, "slug": slug, "tags": ["Maths"] })).await;
            app.comment(&admin, slug, "Well said.", None).await;
        }
        let thread = app.get("/v1/posts/two/comments").await.ok();
        Self { other_comment: text(&thread["data"][0]["id"]), app, admin }
    }
}

/// What must come back: status, code, and what `errors` names: `/title` in the body or `limit` in the address; nothing where
/// the request as a whole is at fault.
type Expected = (u16, &'static str, &'static str);

const INVALID: &str = "validation_failed";

/// Says what is wrong with an answer, if anything.
fn judge(answer: &Answer, (status, code, member): Expected) -> Result<(), String> {
    let body = answer.text();
    if (answer.status(), answer.header("content-type")) != (status, "application/problem+json") {
        return Err(format!("{} {body}, and {status} was expected", answer.status()));
    }
    let problem = answer.json();
    let detail = problem["detail"].as_str().unwrap_or_default();
    if problem["code"] != code
        || problem["instance"] != answer.header("x-request-id")
        || !detail.ends_with('.')
    {
        return Err(format!("{body}, and the code {code} was expected, with a sentence"));
    }
    if member.is_empty() {
        return Ok(());
    }
    let kind = if member.starts_with('/') { "pointer" } else { "parameter" };
    let names = |fault: &&Value| {
        fault[kind] == member
            && fault["code"].as_str().is_some_and(|c| c.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
            && fault["detail"].as_str().is_some_and(|d| d.ends_with('.'))
    };
    match problem["errors"].as_array().and_then(|errors| errors.iter().find(names)) {
        Some(_) => Ok(()),
        None => Err(format!("{body}, and {member} was to be named, with a sentence")),
    }
}

/// Sends each request and collects what went wrong. Nothing may be changed by any.
async fn all_refused<'a>(scene: &'a Scene, cases: Vec<(String, Ask<'a>, Expected)>) {
    let before = scene.app.changes().await;
    let mut wrong = Vec::new();
    for (name, ask, expected) in cases {
        if let Err(why) = judge(&ask.await, expected) {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them on {:?}:\n{}",
        wrong.len(),
        scene.app.svc().db.backend(),
        wrong.join("\n")
    );
    assert_eq!(scene.app.changes().await, before, "something was changed");
}

#[actix_web::test]
async fn a_bad_body_is_refused_by_its_member_and_changes_nothing() {
    for app in each().await {
        let scene = Scene::set(app).await;
        let cases = bodies(&scene.other_comment)
            .into_iter()
            .map(|(method, path, body, expected)| {
                let shown: String = body.to_string().chars().take(120).collect();
                let ask = scene.app.request(method, path).by(&scene.admin).json(&body);
                (format!("{method} {path} {shown}"), ask, expected)
            })
            .collect();
        all_refused(&scene, cases).await;
    }
}

#[actix_web::test]
async fn a_body_with_many_faults_is_told_of_all_of_them() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        let body = json!({
            "title": 5,
            "titel": "A",
            "visibility": "secret",
            "status": "published",
            "featured": "yes",
            "body": { "format": "rtf", "source": [] },
            "authors": [{ "author": "admin-0", "rolle": "x" }],
        });
        let before = scene.app.changes().await;
        let answer = scene.app.post("/v1/posts").by(&scene.admin).json(&body).await;
        let problem = answer.problem(422, INVALID);
        let mut named: Vec<String> =
            problem["errors"].as_array().unwrap().iter().map(|fault| text(&fault["pointer"])).collect();
        named.sort_unstable();
        let all = [
            "/authors/0/rolle",
            "/body/format",
            "/body/source",
            "/featured",
            "/status",
            "/titel",
            "/title",
            "/visibility",
        ];
        assert_eq!(named, all, "{problem}");
        assert_eq!(scene.app.changes().await, before);
    })
    .await;
}

#[actix_web::test]
async fn a_guest_must_say_who_writes() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        let author = |author: Value| json!({ "body": "A fine morning.", "author": author });
        let called = |name: &str| author(json!({ "name": name, "email": "ada@example.org" }));
        let cases = [
            (json!({ "body": "A fine morning." }), "/author"),
            (author(json!({})), "/author/name"),
            (author(json!({ "name": "Ada" })), "/author/email"),
            (author(json!({ "name": " ", "email": "ada@example.org" })), "/author/name"),
            (author(json!({ "name": "Ada", "email": "ada" })), "/author/email"),
            (
                author(json!({ "name": "Ada", "email": "ada@example.org", "url": "javascript:x" })),
                "/author/url",
            ),
            (called("Ada\nByron"), "/author/name"),
            (called("Ada\u{2028}Byron"), "/author/name"),
            (called("Ada\u{2029}Byron"), "/author/name"),
            (called("\u{202e}norybAda"), "/author/name"),
            (called("Ada \u{2066}Byron\u{2069}"), "/author/name"),
            (called("\u{202e}\u{202c}"), "/author/name"),
            (called("\u{3164}"), "/author/name"),
            (called("\u{2800}"), "/author/name"),
            (called("\u{115f} \u{1160}\u{ffa0}"), "/author/name"),
            (called("\u{200d}\u{fe0f}"), "/author/name"),
            (author(json!({ "name": "Ada", "email": "ada@example.org", "admin": true })), "/author/admin"),
        ];
        let ask = |body: &Value| scene.app.post("/v1/posts/one/comments").json(body);
        let cases = cases.iter().map(|(body, member)| (body.to_string(), ask(body), (422, INVALID, *member)));
        all_refused(&scene, cases.collect()).await;
    })
    .await;
}

#[actix_web::test]
async fn a_decision_on_a_comment_takes_no_body_but_an_empty_one() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        let ask = |action: &str| {
            scene.app.post(&format!("/v1/comments/{}/{action}", scene.other_comment)).by(&scene.admin)
        };
        let mut cases = Vec::new();
        for action in ["approve", "spam", "trash"] {
            for (body, expected) in
                [("{\"reason\": \"x\"}", (422, INVALID, "/reason")), ("{not json", (400, "bad_request", ""))]
            {
                cases.push((
                    format!("{action} {body}"),
                    ask(action).body("application/json", body),
                    expected,
                ));
            }
        }
        all_refused(&scene, cases).await;
        for action in ["spam", "trash", "approve"] {
            ask(action).await.ok();
            ask(action).body("application/json", "").await.ok();
            ask(action).json(&json!({})).await.ok();
        }
    })
    .await;
}

#[actix_web::test]
async fn what_is_no_json_is_refused_as_such() {
    let deep = |open: &str, close: &str| {
        let depth = 100_000;
        format!("{{\"title\": \"A\", \"custom\": {{\"a\": {}1{}}}}}", open.repeat(depth), close.repeat(depth))
            .into_bytes()
    };
    let bad: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("nothing", b"".to_vec(), (400, "bad_request", "")),
        ("blanks", b" \n ".to_vec(), (400, "bad_request", "")),
        ("half an object", b"{\"title\": \"A\"".to_vec(), (400, "bad_request", "")),
        ("two objects", b"{\"title\": \"A\"} {}".to_vec(), (400, "bad_request", "")),
        ("a trailing comma", b"{\"title\": \"A\",}".to_vec(), (400, "bad_request", "")),
        ("invalid UTF-8", b"{\"title\": \"caf\xe9\"}".to_vec(), (400, "bad_request", "")),
        ("an overlong encoding", b"{\"title\": \"\xc0\xaf\"}".to_vec(), (400, "bad_request", "")),
        (
            "UTF-16",
            "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            (400, "bad_request", ""),
        ),
        ("a lone surrogate", b"{\"title\": \"\\ud800\"}".to_vec(), (400, "bad_request", "")),
        ("a raw NUL", b"{\"title\": \"a\0\"}".to_vec(), (400, "bad_request", "")),
        (
            "a number beyond all bounds",
            b"{\"title\": \"A\", \"custom\": {\"n\": 1e999}}".to_vec(),
            (400, "bad_request", ""),
        ),
        ("NaN", b"{\"title\": \"A\", \"custom\": {\"n\": NaN}}".to_vec(), (400, "bad_request", "")),
        ("deep lists", deep("[", "]"), (400, "bad_request", "")),
        ("deep objects", deep("{\"a\":", "}"), (400, "bad_request", "")),
        ("a member twice", b"{\"title\": \"A\", \"title\": \"B\"}".to_vec(), (422, INVALID, "/title")),
        (
            "too much",
            format!("{{\"title\": \"{}\"}}", "x".repeat(2_100_000)).into_bytes(),
            (413, "too_large", ""),
        ),
    ];
    let scene = Scene::set(TestApp::open(Store::sqlite()).await).await;
    let ask = |body: &[u8]| scene.app.post("/v1/posts").by(&scene.admin).body("application/json", body);
    let cases = bad.iter().map(|(name, body, expected)| ((*name).to_owned(), ask(body), *expected)).collect();
    all_refused(&scene, cases).await;

    let send = |mime: &str| scene.app.post("/v1/posts").by(&scene.admin).body(mime, "{\"title\": \"A\"}");
    let refused = (415, "unsupported_media_type", "");
    let cases =
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""];
    all_refused(&scene, cases.map(|mime| (mime.to_owned(), send(mime), refused)).into()).await;
}

#[actix_web::test]
async fn a_bad_address_is_refused_by_its_parameter() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        for n in 0..3 {
            scene.app.published(&scene.admin, &json!({ "title": format!("More {n}") })).await;
        }
        let cursor = text(&scene.app.get("/v1/posts?limit=1").await.ok()["page"]["next"]);
        let bad = "bad_request";
        let cases: Vec<(String, Expected)> = [
            ("/v1/posts?limit=0", (400, bad, "limit")),
            ("/v1/posts?limit=-1", (400, bad, "limit")),
            ("/v1/posts?limit=101", (400, bad, "limit")),
            ("/v1/posts?limit=ten", (400, bad, "limit")),
            ("/v1/posts?limit=", (400, bad, "limit")),
            ("/v1/posts?limit=1.5", (400, bad, "limit")),
            ("/v1/posts?limit=99999999999999999999", (400, bad, "limit")),
            ("/v1/posts?limit=5&limit=6", (400, bad, "limit")),
            ("/v1/posts?after=nonsense", (400, "invalid_cursor", "after")),
            ("/v1/posts?before=", (400, "invalid_cursor", "before")),
            ("/v1/posts?after=%F0%9F%8E%89", (400, "invalid_cursor", "after")),
            ("/v1/posts?sort=colour", (400, bad, "sort")),
            ("/v1/posts?sort=-title", (400, bad, "sort")),
            ("/v1/posts?include=everything", (400, bad, "include")),
            ("/v1/posts?fields=title,colour", (400, bad, "fields")),
            ("/v1/posts?colour=red", (400, bad, "colour")),
            ("/v1/posts?Limit=5", (400, bad, "Limit")),
            ("/v1/posts?featured=maybe", (400, bad, "featured")),
            ("/v1/posts?featured=1", (400, bad, "featured")),
            ("/v1/posts?author=", (400, bad, "author")),
            ("/v1/posts?fields=title,", (400, bad, "fields")),
            ("/v1/posts?count=perhaps", (400, bad, "count")),
            ("/v1/posts?published_after=yesterday", (400, bad, "published_after")),
            ("/v1/posts?published_before=2024-13-01T00:00:00Z", (400, bad, "published_before")),
            ("/v1/posts?updated_since=10000-01-01T00:00:00Z", (400, bad, "updated_since")),
            ("/v1/posts?status=lost", (400, bad, "status")),
            ("/v1/posts?visibility=x", (400, bad, "visibility")),
            ("/v1/posts?perspective=future", (400, bad, "perspective")),
            ("/v1/posts?q=%00", (400, bad, "q")),
            ("/v1/posts?q=%FF", (400, bad, "q")),
            ("/v1/posts?%FF=1", (400, bad, "\u{fffd}")),
            ("/v1/posts?q=%20", (400, bad, "q")),
            ("/v1/posts?q=%20&author=nobody", (400, bad, "q")),
            ("/v1/search", (400, bad, "q")),
            ("/v1/search?q=", (400, bad, "q")),
            ("/v1/search?q=tide&sort=title", (400, bad, "sort")),
            ("/v1/posts/one?preview=nonsense", (401, "invalid_token", "")),
            ("/v1/posts/one?limit=5", (400, bad, "limit")),
            ("/v1/posts/one/comments?view=tree", (400, bad, "view")),
            ("/v1/posts/one/comments?sort=best", (400, bad, "sort")),
            ("/v1/posts/one/comments?parent=first", (404, "not_found", "")),
            ("/v1/posts/one/related?limit=21", (400, bad, "limit")),
            ("/v1/posts/one/revisions/diff", (400, bad, "from")),
            ("/v1/posts/one/revisions/diff?from=0&to=1", (400, bad, "from")),
            ("/v1/posts/one/revisions/first", (404, "not_found", "")),
            ("/v1/posts/one/revisions/99999999999", (404, "not_found", "")),
            ("/v1/posts/one/revisions/99", (404, "not_found", "")),
            ("/v1/comments?status=lost", (400, bad, "status")),
            ("/v1/tags?kind=folder", (400, bad, "kind")),
            ("/v1/authors?sort=age", (400, bad, "sort")),
            ("/v1/users?role=king", (400, bad, "role")),
            ("/v1/media?mime=text/plain", (400, bad, "mime")),
            ("/feed.xml?author=nobody", (404, "not_found", "")),
            ("/feed.xml?limit=0", (400, bad, "limit")),
            ("/sitemaps/posts-01.xml", (404, "not_found", "")),
            ("/v1/posts/nowhere", (404, "not_found", "")),
            ("/v1/posts/018f3406-9e00-7000-8000-000000000000", (404, "not_found", "")),
            ("/v1/posts/%00", (404, "not_found", "")),
            ("/v1/posts/%FF", (404, "not_found", "")),
            ("/v1/comments/first", (404, "not_found", "")),
            ("/v1/users/me", (404, "not_found", "")),
            ("/v1/media/picture.png", (404, "not_found", "")),
            ("/media/..%2F..%2Fsecret/b/c.png", (404, "not_found", "")),
            ("/v1/nothing", (404, "not_found", "")),
            ("/v2/posts", (404, "not_found", "")),
            ("/V1/posts", (404, "not_found", "")),
            ("/v1/posts/", (404, "not_found", "")),
            ("/v1/posts/one/two/three/four", (404, "not_found", "")),
        ]
        .map(|(path, expected)| (path.to_owned(), expected))
        .into_iter()
        .chain([
            // A cursor of another list, and of another sort of the same.
            (format!("/v1/tags?after={cursor}"), (400, "invalid_cursor", "after")),
            (format!("/v1/posts?sort=title&after={cursor}"), (400, "invalid_cursor", "after")),
            (format!("/v1/posts/one/comments?before={cursor}"), (400, "invalid_cursor", "before")),
            (format!("/v1/posts?after={cursor}&before={cursor}"), (400, bad, "before")),
        ])
        .collect();
        let ask = |path: &str| scene.app.get(path).by(&scene.admin);
        all_refused(
            &scene,
            cases.iter().map(|(path, expected)| (path.clone(), ask(path), *expected)).collect(),
        )
        .await;
    })
    .await;
}

#[actix_web::test]
async fn a_bad_header_is_refused() {
    let scene = Scene::set(TestApp::open(Store::sqlite()).await).await;
    let patch = |name: &str, value: &str| {
        scene.app.patch("/v1/posts/one").by(&scene.admin).header(name, value).json(&json!({ "title": "B" }))
    };
    let post = |key: &str| {
        scene
            .app
            .post("/v1/posts")
            .by(&scene.admin)
            .header("Idempotency-Key", key)
            .json(&json!({ "title": "B" }))
    };
    let cases = vec![
        ("a weak validator".to_owned(), patch("If-Match", "W/\"1-x\""), (412, "version_mismatch", "")),
        (
            "a validator of another version".to_owned(),
            patch("If-Match", "\"99-x\""),
            (412, "version_mismatch", ""),
        ),
        ("a short key".to_owned(), post("short"), (400, "bad_request", "Idempotency-Key")),
        ("a key with blanks".to_owned(), post("nine blanks here"), (400, "bad_request", "Idempotency-Key")),
        ("a long key".to_owned(), post(&"x".repeat(256)), (400, "bad_request", "Idempotency-Key")),
    ];
    all_refused(&scene, cases).await;
}

/// Base 64 for addresses (RFC 4648, 5), as tokens are written.
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    out
}

#[actix_web::test]
async fn a_token_that_is_not_good_opens_nothing() {
    let scene = Scene::set(TestApp::open(Store::sqlite()).await).await;
    let good = scene.admin.token.clone();
    scene.app.get("/v1/auth/me").token(&good).await.ok();
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good} is no JWT")
    };

    let stranger = TestApp::open(Store::sqlite()).await;
    let theirs = stranger.user(Role::Admin).await.token;
    let [_, their_claims, their_signature] = theirs.split('.').collect::<Vec<_>>()[..] else {
        panic!("{theirs}")
    };
    let preview = scene.app.post("/v1/posts/one/preview").by(&scene.admin).json(&json!({})).await.ok();
    let login = json!({ "email": scene.admin.email, "password": crate::support::app::PASSWORD });
    let session = scene.app.post("/v1/auth/login").json(&login).await.ok();
    let none = base64url(br#"{"alg":"none","typ":"JWT"}"#);
    let symmetric = base64url(br#"{"alg":"HS256","typ":"JWT"}"#);
    let mut flipped = signature.to_owned();
    flipped.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });

    let bad = [
        ("alg: none", format!("{none}.{claims}.")),
        ("alg: none with a signature", format!("{none}.{claims}.{signature}")),
        ("alg: HS256", format!("{symmetric}.{claims}.{signature}")),
        ("another key", theirs.clone()),
        ("another key under our kid", format!("{head}.{their_claims}.{their_signature}")),
        ("a forged signature", format!("{head}.{claims}.{flipped}")),
        ("no signature", format!("{head}.{claims}.")),
        ("two parts", format!("{head}.{claims}")),
        ("another audience: a preview", text(&preview["token"])),
        ("a refresh token", text(&session["refresh_token"])),
        ("an unknown API token", "pr_0000000000000000000000000000000000000000000".to_owned()),
        ("nonsense", "nonsense".to_owned()),
        ("a long one", "x".repeat(20_000)),
    ];
    let refused = (401, "invalid_token", "");
    let read = |token: &str| scene.app.get("/v1/auth/me").token(token);
    let write = |token: &str| scene.app.post("/v1/posts").token(token).json(&json!({ "title": "Forged" }));
    all_refused(&scene, bad.iter().map(|(name, token)| ((*name).to_owned(), read(token), refused)).collect())
        .await;
    all_refused(
        &scene,
        bad.iter().map(|(name, token)| ((*name).to_owned(), write(token), refused)).collect(),
    )
    .await;
    // What anybody may read is no reason to let a bad token pass.
    all_refused(
        &scene,
        vec![("a public read".to_owned(), scene.app.get("/v1/posts").token("nonsense"), refused)],
    )
    .await;
    for header in ["Bearer", "Bearer ", "Basic YTpi", &good] {
        let answer = scene.app.get("/v1/auth/me").header("Authorization", header).await;
        answer.problem(401, "invalid_token");
        assert!(answer.header("www-authenticate").starts_with("Bearer "), "{header}");
    }

    scene.app.advance(3600);
    let answer = scene.app.get("/v1/auth/me").token(&good).await;
    answer.problem(401, "invalid_token");
    assert!(answer.header("www-authenticate").contains("invalid_token"));
    // And none at all, where one is needed.
    scene.app.get("/v1/auth/me").await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_have_is_told_from_a_path_that_is_not_there() {
    let app = TestApp::open(Store::sqlite()).await;
    let document = app.get("/openapi.json").await.ok();
    for (path, item) in document["paths"].as_object().unwrap() {
        let item = item.as_object().unwrap();
        let real = path.replace("{number}", "1").replace(['{', '}'], "x");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            if item.contains_key(&method.to_lowercase()) {
                continue;
            }
            let answer = app.request(method, &real).json(&json!({})).await;
            // Another route may take what looks like one of its names: `/posts/{post}/revisions/diff`.
            if answer.status() != 405
                && document["paths"].as_object().unwrap().keys().any(|p| p != path && alike(p, &real))
            {
                continue;
            }
            answer.problem(405, "method_not_allowed");
            let allowed = answer.header("allow").split(", ").map(str::to_lowercase).collect::<Vec<_>>();
            for known in
                item.keys().filter(|k| ["get", "post", "put", "patch", "delete"].contains(&k.as_str()))
            {
                assert!(allowed.contains(known), "{method} {path}: Allow has {allowed:?}, not {known}");
            }
            assert!(!allowed.contains(&method.to_lowercase()));
            assert_eq!(allowed.contains(&"head".to_owned()), item.contains_key("get"), "{path}");
        }
    }
}

/// Whether `path` could be taken for `pattern`.
fn alike(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(a, b)| a.contains('{') || a == b)
}

#[actix_web::test]
async fn a_file_that_is_no_image_is_refused() {
    let scene = Scene::set(TestApp::open(Store::sqlite()).await).await;
    let part = |name: &str, mime: &str, file: &[u8]| {
        let mut body = format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: {mime}\r\n\r\n").into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        body
    };
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let send = |mime: &str, body: Vec<u8>| scene.app.post("/v1/media").by(&scene.admin).body(mime, body);
    let multipart = "multipart/form-data; boundary=cut";
    let cases = vec![
        ("JSON".to_owned(), send("application/json", b"{}".to_vec()), (415, "unsupported_media_type", "")),
        ("no file".to_owned(), send(multipart, b"--cut--\r\n".to_vec()), (422, INVALID, "/file")),
        (
            "a text".to_owned(),
            send(multipart, part("file", "image/png", b"I am an image.")),
            (415, "unsupported_media_type", "/file"),
        ),
        (
            "a script".to_owned(),
            send(
                multipart,
                part("file", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
            ),
            (415, "unsupported_media_type", "/file"),
        ),
        (
            "a truncated image".to_owned(),
            send(multipart, part("file", "image/png", png)),
            (422, INVALID, "/file"),
        ),
        (
            "an unknown part".to_owned(),
            send(multipart, part("picture", "image/png", png)),
            (422, INVALID, "/picture"),
        ),
        (
            "an unfinished body".to_owned(),
            send(multipart, part("file", "image/png", png)[..120].to_vec()),
            (400, "bad_request", ""),
        ),
    ];
    all_refused(&scene, cases).await;
}

#[actix_web::test]
async fn graphql_refuses_what_cannot_be_read_and_never_fails_within() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        let before = scene.app.changes().await;
        let deep = format!("{{{}", " site {".repeat(5000));
        let queries = [
            "",
            "{",
            "{ site { title }",
            "query { }",
            "{ nothing }",
            "{ site { title(loud: true) } }",
            "{ post(slug: 5) { slug } }",
            "{ post(slug: \"a\\u0000b\") { slug } }",
            "{ author(slug: \"\\u0000\") { slug } }",
            "{ posts(first: -1) { nodes { slug } } }",
            "{ posts(first: 5, after: \"nonsense\") { nodes { slug } } }",
            deep.as_str(),
        ];
        for query in queries {
            let answer = scene.app.post("/graphql").by(&scene.admin).json(&json!({ "query": query })).await;
            let shown: String = query.chars().take(60).collect();
            assert!(answer.status() < 500, "{shown}: {}", answer.text());
            let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
            assert!(!errors.is_empty(), "{shown}: {}", answer.text());
            for error in errors {
                let code = error["extensions"]["code"].as_str().unwrap_or_default();
                assert!(!code.is_empty() && code != "internal", "{shown}: {error}");
            }
        }
        let find = json!({ "query": "query ($s: String) { post(slug: $s) { slug } }", "variables": { "s": "a\u{0}" } });
        let answer = scene.app.post("/graphql").json(&find).await;
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "bad_request", "{}", answer.text());
        assert_eq!(scene.app.changes().await, before);
    })
    .await;
}

#[actix_web::test]
async fn nothing_has_a_name_with_nul_in_it_whoever_asks() {
    on_both(async |app| {
        let scene = Scene::set(app).await;
        let before = scene.app.changes().await;
        let contract = scene.app.get("/openapi.json").await.ok();
        let paths = contract["paths"].as_object().unwrap();
        let mut asked = 0;
        for (path, methods) in paths.iter().filter(|(path, _)| path.contains('{')) {
            let names: Vec<String> =
                path.split('/').map(|part| part.replace('{', "a%00").replace('}', "")).collect();
            for method in ["get", "head", "post", "put", "patch", "delete"] {
                if methods.get(if method == "head" { "get" } else { method }).is_none() {
                    continue;
                }
                for user in [None, Some(&scene.admin)] {
                    let mut ask =
                        scene.app.request(&method.to_uppercase(), &names.join("/")).json(&json!({}));
                    if let Some(user) = user {
                        ask = ask.by(user);
                    }
                    ask.await.problem(404, "not_found");
                    asked += 1;
                }
            }
        }
        assert!(asked > 100, "{asked} requests");
        // In the query, of each read that anybody may make, and of GraphQL's.
        for path in [
            "/v1/posts?q=%00",
            "/v1/search?q=%00",
            "/v1/posts?author=%00",
            "/v1/tags?after=%00",
            "/feed.xml?tag=%00",
            "/v1/posts/one?preview=%00",
        ] {
            let status = scene.app.get(path).await.status();
            assert!((400..404).contains(&status), "{path}: {status}");
        }
        for query in ["{post(slug:\"%00\"){id}}", "{post(slug:\"%5Cu0000\"){id}}"] {
            let answer = scene
                .app
                .get(&format!(
                    "/graphql?query={}",
                    query.replace('{', "%7B").replace('}', "%7D").replace('"', "%22")
                ))
                .await;
            assert!(answer.json()["errors"][0]["extensions"]["code"] != "internal", "{}", answer.text());
        }
        // In a form.
        let part = |head: &str, text: &[u8]| {
            [
                b"--line\r\nContent-Disposition: form-data; ".as_slice(),
                head.as_bytes(),
                b"\r\n\r\n",
                text,
                b"\r\n",
            ]
            .concat()
        };
        let send = |more: Vec<u8>| {
            let body = [more, upload::form("a.png", 9)].concat();
            scene.app.post("/v1/media").by(&scene.admin).body(upload::FORM, body)
        };
        for name in ["alt", "caption"] {
            send(part(&format!("name=\"{name}\""), b"a\0b")).await.problem(422, "validation_failed");
        }
        assert!((400..500).contains(&send(part("name=\"a\0b\"", b"x")).await.status()));
        assert_eq!(scene.app.changes().await, before);
        for name in ["a\0b.png", "a%00b.png", "a.png\"; filename*=\"UTF-8''a%00b.png"] {
            let body = upload::form(name, 9);
            let answer = scene.app.post("/v1/media").by(&scene.admin).body(upload::FORM, body).await;
            assert!(
                answer.status() < 500 && !answer.text().contains("\\u0000"),
                "{name:?}: {}",
                answer.text()
            );
        }
    })
    .await;
}

fn under<'a>(key: Option<&str>, ask: Ask<'a>) -> Ask<'a> {
    match key {
        Some(key) => ask.header("Idempotency-Key", key),
        None => ask,
    }
}

#[actix_web::test]
async fn bodies_have_room_in_memory_or_are_refused_for_now() {
    let store = Store::sqlite();
    let config = Config { bodies_bytes: 1 << 20, ..store.config() };
    let app = TestApp::with(store, config).await;
    let admin = app.user(Role::Admin).await;
    let long = |bytes: usize| json!({ "title": "A", "query": "x".repeat(bytes) });
    for key in [None, Some("a-key-of-mine")] {
        for path in ["/v1/posts", "/v1/auth/login", "/v1/posts/none/comments"] {
            let answer = under(key, app.post(path).by(&admin).json(&long(1_100_000))).await;
            answer.problem(503, "unavailable");
            assert_eq!(
                (answer.header("retry-after"), answer.header("cache-control")),
                ("1", "no-store"),
                "{path}"
            );
        }
        let answer = under(key, app.post("/graphql").json(&long(1_100_000))).await;
        assert_eq!((answer.status(), answer.header("retry-after")), (503, "1"), "{}", answer.text());
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "unavailable");
        let upload =
            under(key, app.post("/v1/media").by(&admin).body(upload::FORM, vec![b'\n'; 1_100_000])).await;
        assert!([400, 413, 503].contains(&upload.status()), "{}", upload.text());
    }
    app.patch("/v1/site").by(&admin).json(&long(1_100_000)).await.problem(503, "unavailable");
    // The room is given back, whatever came of it.
    for _ in 0..3 {
        assert_eq!(app.post("/v1/posts").by(&admin).json(&long(900_000)).await.status(), 422);
        assert_eq!(app.post("/v1/posts").json(&long(900_000)).await.status(), 401);
        assert!(app.post("/graphql").json(&long(900_000)).await.status() < 500);
        assert!(app.post("/graphql").json(&long(60_000)).await.status() < 500);
        assert_eq!(app.post("/v1/nothing").json(&long(900_000)).await.status(), 404);
    }
}

#[actix_web::test]
async fn a_body_of_too_many_values_is_refused_before_it_is_read_and_a_long_text_is_not() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let (many, members) = ("x,".repeat(60_000), (0..60_000).map(|n| (n.to_string(), json!(n))).collect());
        let numbers: Vec<u32> = (0..60_000).collect();
        for odd in [json!({ "title": "T", "tags": numbers }), json!({ "title": "T", "custom": Value::Object(members) })]
        {
            app.post("/v1/posts").by(&editor).json(&odd).await.problem(413, "too_large");
            let graphql = json!({ "query": "{ site { title } }", "variables": odd });
            let refused = app.post("/graphql").json(&graphql).await;
            assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "too_large");
        }
        let source = format!("[{{\"{many}\\");
        let sent = json!({ "title": "T", "body": { "format": "markdown", "source": source } });
        app.post("/v1/posts").by(&editor).json(&sent).await.ok();
        let query = "mutation($input: CreatePostInput!) { createPost(input: $input) { slug } }";
        let input = json!({ "title": "T", "body": { "format": "MARKDOWN", "source": source } });
        let sent = json!({ "query": query, "variables": { "input": input } });
        assert_eq!(app.post("/graphql").by(&editor).json(&sent).await.ok()["errors"], Value::Null);
        let long = json!({ "email": "a@".repeat(400_000), "password": "seventeen quiet herons" });
        app.post("/v1/auth/login").json(&long).await.problem(401, "invalid_credentials");
        let long = json!({ "email": "n@example.org", "name": "N", "role": "author", "password": "\u{344}".repeat(200_000) });
        let admin = app.user(Role::Admin).await;
        let problem = app.post("/v1/users").by(&admin).json(&long).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["code"], "weak_password");
        assert!(text(&problem["errors"][0]["detail"]).contains("too long"), "{problem}");
    })
    .await;
}

#[actix_web::test]
async fn a_packed_body_is_refused_before_it_is_unpacked() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(&vec![b' '; 16 << 20]).unwrap();
        let gzip = writer.finish().unwrap();
        for coding in ["gzip", "br", "deflate", "zstd", "GZIP", "identity, gzip"] {
            for path in ["/v1/auth/login", "/v1/posts", "/v1/posts/p/comments", "/v1/media", "/graphql"] {
                for key in [None, Some("a-key-of-mine")] {
                    let mut ask = app.post(path).by(&admin).header("Content-Encoding", coding);
                    if let Some(key) = key {
                        ask = ask.header("Idempotency-Key", key);
                    }
                    let answer = ask.body("application/json", gzip.clone()).await;
                    assert_eq!(answer.status(), 415, "{coding} {path}: {}", answer.text());
                }
            }
        }
        app.post("/v1/posts")
            .by(&admin)
            .header("Content-Encoding", "identity")
            .json(&json!({"title": "A"}))
            .await
            .ok();
    })
    .await;
}

#[actix_web::test]
async fn a_short_address_has_no_long_answer() {
    let app = TestApp::open(Store::sqlite()).await;
    let many = |separator: &str, end: &str| {
        (0..7_000).map(|n| format!("{n:x}{end}")).collect::<Vec<_>>().join(separator)
    };
    for query in [
        many("&", "="),
        format!("fields={}", many(",", "")),
        format!("include={}", many(",", "")),
        many("&", "=%FF"),
    ] {
        for path in ["/v1/posts", "/v1/search", "/v1/posts/none/comments"] {
            let answer = app.get(&format!("{path}?{query}")).await;
            let problem = answer.problem(400, "bad_request");
            assert!(answer.body.len() < 64 * 1024, "{} bytes", answer.body.len());
            assert!(problem["errors"].as_array().unwrap().len() <= 50, "{}", problem["detail"]);
        }
    }
}
