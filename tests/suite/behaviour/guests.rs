//! Guests: by what they are known, what counts against them, and the names that they may not take.

use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use serde_json::{Value, json};

use super::named;
use crate::support::app::{Answer, Store, TestApp, User, on_both, text};
use crate::support::graphql::{ask, data};

async fn post(app: &TestApp) -> User {
    let editor = app.user(Role::Editor).await;
    app.published(&editor, &json!({"title": "Herons at low tide", "slug": "p"})).await;
    editor
}

fn by(name: &str, body: &str) -> Value {
    json!({"body": body, "author": {"name": name, "email": "ada@example.org"}})
}

async fn say(app: &TestApp, token: Option<&str>, sent: &Value) -> Answer {
    let ask = app.post("/v1/posts/p/comments").json(sent);
    match token {
        Some(token) => ask.header("X-Guest-Token", token).await,
        None => ask.await,
    }
}

/// A guest of whom a comment was approved: the token.
async fn known(app: &TestApp, editor: &User, name: &str) -> String {
    let first = say(app, None, &by(name, "The tide table was right about the herons.")).await.ok();
    app.post(&format!("/v1/comments/{}/approve", text(&first["id"]))).by(editor).await.ok();
    text(&first["guest_token"])
}

#[actix_web::test]
async fn a_guest_is_known_by_the_token_alone_and_the_answer_never_tells_of_an_address() {
    on_both(async |app| {
        let editor = post(&app).await;
        let token = known(&app, &editor, "Ada").await;
        assert!(token.starts_with("prg_"), "{token}");
        // Whoever knows name and address is told what a stranger is told.
        let forged = say(&app, None, &by("Ada", "The herons stood there at low tide again.")).await.ok();
        let sent = json!({"body": "And the curlews as well, at noon.", "author": {"name": "Zoe", "email": "zoe@example.org"}});
        let stranger = say(&app, None, &sent).await.ok();
        assert_eq!((&forged["status"], &stranger["status"]), (&json!("pending"), &json!("pending")));
        let members = |view: &Value| view.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&forged), members(&stranger));
        let same = say(&app, Some(&token), &by("Ada L.", "And about the curlews, one evening later.")).await.ok();
        assert_eq!((&same["status"], same.get("guest_token")), (&json!("approved"), None));
        let add = "mutation($input: AddCommentInput!, $token: String) { addComment(post: \"p\", input: $input, guestToken: $token) { status guestToken } }";
        let input = by("Ada", "By GraphQL the ferry is early as well.");
        let asked = data(&ask(&app, add, &json!({"input": input, "token": token})).await);
        assert_eq!(asked["addComment"], json!({"status": "APPROVED", "guestToken": null}));
        let asked = data(&ask(&app, add, &json!({"input": by("Ada", "A plain walk along the pier.")})).await);
        assert!(text(&asked["addComment"]["guestToken"]).starts_with("prg_"));
        for bad in ["prg_nonsense", "x", &format!("{token}x"), "pre_1a2b"] {
            say(&app, Some(bad), &by("Ada", "Hello there.")).await.problem(401, "invalid_token");
        }
    })
    .await;
}

/// That somebody has said the same would tell whose an address is.
#[actix_web::test]
async fn the_same_text_under_anothers_address_is_no_slip_of_theirs() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config { trusted_proxies: 1, ..store.config() };
        let app = TestApp::with(store, config).await;
        post(&app).await;
        let from = |address: &str| app.post("/v1/posts/p/comments").header("X-Forwarded-For", address);
        let said = by("Ada", "The herons stood there at low tide.");
        let token = text(&from("192.0.2.1").json(&said).await.ok()["guest_token"]);
        from("192.0.2.1").json(&said).await.problem(409, "conflict");
        from("198.51.100.1").header("X-Guest-Token", &token).json(&said).await.problem(409, "conflict");
        assert_eq!(from("198.51.100.1").json(&said).await.status(), 201);
    }
}

#[actix_web::test]
async fn a_known_guest_is_judged_like_anybody() {
    on_both(async |app| {
        let editor = post(&app).await;
        let token = known(&app, &editor, "Ada").await;
        let spam = "BUY CHEAP VIAGRA CASINO BONUS!!! http://win.example http://pills.example http://casino.example click here now";
        assert_eq!(say(&app, Some(&token), &by("Ada", spam)).await.ok()["status"], "pending");
        let held = app.get("/v1/comments?status=spam&count=true").by(&editor).await.ok();
        assert_eq!(held["page"]["total"], 1);
    })
    .await;
}

/// One approval was a pass for ever, and no number of marks took it back.
#[actix_web::test]
async fn what_moderators_mark_as_spam_counts_against_the_next_comment() {
    on_both(async |app| {
        let editor = post(&app).await;
        let token = known(&app, &editor, "Ada").await;
        let fine = say(&app, Some(&token), &by("Ada", "See [the chart](https://charts.example/a) of the ferry.")).await.ok();
        assert_eq!(fine["status"], "approved");
        app.post(&format!("/v1/comments/{}/spam", text(&fine["id"]))).by(&editor).await.ok();
        let next = say(&app, Some(&token), &by("Ada", "And about the curlews, one evening later.")).await.ok();
        assert_eq!(next["status"], "pending", "of the same guest");
        // Another guest, from another network, with a link to the same host.
        let reasons = async |sent: &Value| -> Vec<String> {
            let made = say(&app, None, sent).await.ok();
            let seen = app.get(&format!("/v1/comments/{}", text(&made["id"]))).by(&editor).await.ok();
            seen["spam"]["reasons"].as_array().unwrap().iter().map(|r| text(&r["code"])).collect()
        };
        let other = json!({"body": "Look at [this](https://charts.example/b), at the ferry.", "author": {"name": "Zoe", "email": "zoe@example.org"}});
        assert!(reasons(&other).await.contains(&"marked_before".to_owned()), "the same host");
        let address = json!({"body": "The door is green and not blue at all.", "author": {"name": "Bo", "email": "Ada@Example.org"}});
        assert!(reasons(&address).await.contains(&"marked_before".to_owned()), "the same address");
        app.post(&format!("/v1/comments/{}/approve", text(&fine["id"]))).by(&editor).await.ok();
        let pardoned = say(&app, Some(&token), &by("Ada", "On Wednesday the ferry was early again.")).await.ok();
        assert_eq!(pardoned["status"], "approved", "a mark that was taken back counts no more");
    })
    .await;
}

#[actix_web::test]
async fn neither_the_sites_own_host_nor_an_accounts_network_counts_against_guests() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config { trusted_proxies: 1, ..store.config() };
        let app = TestApp::with(store, config).await;
        let editor = post(&app).await;
        let reader = app.user(Role::Contributor).await;
        let from = |address: &str| app.post("/v1/posts/p/comments").header("X-Forwarded-For", address);
        let own = by("Ada", "Look at [this](https://example.org/p), at the ferry.");
        let first = from("198.51.100.1").json(&own).await.ok();
        let account = from("192.0.2.7").by(&reader).json(&json!({"body": "A dull remark."})).await.ok();
        for made in [&first, &account] {
            app.post(&format!("/v1/comments/{}/spam", text(&made["id"]))).by(&editor).await.ok();
        }
        let sent = json!({"body": "And [that](https://example.org/q) of the curlews.", "author": {"name": "Zoe", "email": "zoe@example.org"}});
        let next = from("192.0.2.8").json(&sent).await.ok();
        let seen = app.get(&format!("/v1/comments/{}", text(&next["id"]))).by(&editor).await.ok();
        assert!(!seen["spam"].to_string().contains("marked_before"), "{seen}");
    }
}

#[actix_web::test]
async fn a_name_that_looks_like_an_authors_or_an_accounts_is_held() {
    on_both(async |app| {
        let editor = post(&app).await;
        app.post("/v1/authors").by(&editor).json(&json!({"name": "Chief"})).await.ok();
        let token = known(&app, &editor, "Ada").await;
        for (n, name) in [
            "Chief",
            "Сhief",
            "CHIEF",
            "Chief\u{2060}",
            "Chief (editor)",
            "\u{202b}Chief\u{202c}",
            "Chiéf",
            "Editor",
            "Аdmin",
        ]
        .into_iter()
        .enumerate()
        {
            let made =
                say(&app, Some(&token), &by(name, &format!("I saw {n} herons at the pier."))).await.ok();
            assert_eq!(made["status"], "pending", "{name:?}");
            let seen = app.get(&format!("/v1/comments/{}", text(&made["id"]))).by(&editor).await.ok();
            assert!(seen["spam"].to_string().contains("taken_name"), "{name:?}: {seen}");
        }
        let fine =
            say(&app, Some(&token), &by("Chief Brody", "I saw a dozen herons at the pier.")).await.ok();
        assert_eq!(fine["status"], "approved");
        let list = app.get("/v1/authors").await.ok();
        let chief = list["data"].as_array().unwrap().iter().find(|a| a["name"] == "Chief").unwrap().clone();
        app.patch(&format!("/v1/authors/{}", text(&chief["slug"])))
            .by(&editor)
            .json(&json!({"name": "Orla"}))
            .await
            .ok();
        let free = say(&app, Some(&token), &by("Chief", "I saw two dozen herons at the pier.")).await.ok();
        assert_eq!(free["status"], "approved", "nobody has the name any more");
    })
    .await;
}

/// Keyboards for right-to-left scripts set marks around what is typed.
#[actix_web::test]
async fn marks_around_a_name_are_taken_off_and_the_name_is_taken() {
    on_both(async |app| {
        post(&app).await;
        let made = say(&app, None, &by("\u{202b}محمد علي\u{202c}", "I saw the herons.")).await.ok();
        assert_eq!(made["author"]["name"], "محمد علي");
        let refused = say(&app, None, &by("\u{202b}\u{202c}", "I saw them too."))
            .await
            .problem(422, "validation_failed");
        assert_eq!(named(&refused), ["/author/name"]);
    })
    .await;
}

#[actix_web::test]
async fn a_guests_address_on_the_web_is_written_as_the_standard_has_it() {
    on_both(async |app| {
        post(&app).await;
        let with = |url: &str, n: usize| {
            json!({"body": format!("I saw {n} herons."), "author": {"name": "Ada", "email": "a@b.example", "url": url}})
        };
        for (n, (url, shown)) in [
            ("https://e.example/\"><script>", "https://e.example/%22%3E%3Cscript%3E"),
            ("HTTPS://E.Example", "https://e.example/"),
            ("http://bücher.example/x", "http://xn--bcher-kva.example/x"),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(say(&app, None, &with(url, n)).await.ok()["author"]["url"], shown);
        }
        for url in ["http://user:pw@e.example/", "http://user@e.example/", "ftp://e.example/", "//e.example", "javascript:x"] {
            let refused = say(&app, None, &with(url, 9)).await.problem(422, "validation_failed");
            assert_eq!(named(&refused), ["/author/url"], "{url}");
        }
    })
    .await;
}
