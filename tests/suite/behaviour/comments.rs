//! Comments: threads, guests, judgement and moderation.

use std::rc::Rc;

use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::Config;
use serde_json::{Value, json};

use super::{column, is_stale, named};
use crate::support::app::{Answer, NOW, Store, TestApp, User, at, on_both, text};
use crate::support::graphql::{ask, data};

/// A post that takes comments, by an editor.
async fn post(app: &TestApp) -> User {
    let editor = app.user(Role::Editor).await;
    app.published(&editor, &json!({"title": "Herons at low tide", "slug": "p"})).await;
    editor
}

async fn say(app: &TestApp, by: &User, body: &str, parent: Option<&Value>) -> Value {
    app.comment(by, "p", body, parent.and_then(|c| c["id"].as_str())).await
}

async fn guest(app: &TestApp, name: &str, body: &str) -> Answer {
    let author = json!({"name": name, "email": format!("{name}@example.org")});
    app.post("/v1/posts/p/comments").json(&json!({"body": body, "author": author})).await
}

async fn thread(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/posts/p/comments{query}")).await.ok()
}

fn html(text: &str) -> String {
    format!("<p>{text}</p>")
}

/// Short threads are read whole and long ones followed: nobody can tell which.
#[actix_web::test]
async fn a_thread_that_grows_long_begins_as_it_began() {
    on_both(async |app| {
        let editor = post(&app).await;
        let mut all = Vec::new();
        for n in 0..100 {
            // More replies than are nested, more levels than are nested, a removed comment with a reply, and more than a page.
            let parent = match n {
                1..=12 => all.first(),
                13..=19 => all.last(),
                30 => all.get(25),
                _ => None,
            };
            let made = say(&app, &editor, &format!("Remark {n}."), parent).await;
            all.push(made);
            app.advance(1);
        }
        app.post(&format!("/v1/comments/{}/trash", text(&all[25]["id"]))).by(&editor).await.ok();
        let begin = async || {
            let page = app.get("/v1/posts/p?fields=comments").await.ok()["comments"].clone();
            let graphql = "{ post(slug: \"p\") { comments(first: 9) { nodes { html replyCount replies(first: 4) { nodes { html } } } } } }";
            let graphql = app.post("/graphql").json(&json!({ "query": graphql })).await.ok();
            [page, thread(&app, "").await, thread(&app, "?limit=1").await, graphql]
        };
        let short = begin().await;
        let first = &short[0]["data"][0];
        assert_eq!((first["replies"].as_array().unwrap().len(), &first["reply_count"]), (10, &json!(12)));
        assert_eq!(short[0]["data"].as_array().unwrap().len(), 20);
        for n in 100..103 {
            say(&app, &editor, &format!("Remark {n}."), None).await;
            app.advance(1);
        }
        let long = begin().await;
        for (short, long) in short.iter().zip(&long) {
            assert_eq!(short, long);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_thread_nests_replies_and_a_flat_list_puts_them_side_by_side() {
    on_both(async |app| {
        let editor = post(&app).await;
        let a = say(&app, &editor, "a", None).await;
        app.advance(1);
        let b = say(&app, &editor, "b", None).await;
        app.advance(1);
        let a1 = say(&app, &editor, "a1", Some(&a)).await;
        app.advance(1);
        let a11 = say(&app, &editor, "a11", Some(&a1)).await;
        app.advance(1);
        say(&app, &editor, "a2", Some(&a)).await;
        let nested = thread(&app, "?count=true").await;
        assert_eq!(nested["page"]["total"], 2);
        assert_eq!(column(&nested, "html"), [html("a"), html("b")]);
        let first = &nested["data"][0];
        assert_eq!(
            (&first["reply_count"], &first["depth"], &first["parent_id"]),
            (&json!(2), &json!(0), &Value::Null)
        );
        assert_eq!(first["replies"][0]["html"], html("a1"));
        assert_eq!(first["replies"][0]["replies"][0]["html"], html("a11"));
        assert_eq!(first["replies"][0]["replies"][0]["depth"], 2);
        assert_eq!(first["replies"][1]["html"], html("a2"));
        let flat = thread(&app, "?view=flat&count=true").await;
        assert_eq!(column(&flat, "html"), ["a", "b", "a1", "a11", "a2"].map(html));
        assert_eq!(flat["page"]["total"], 5);
        assert_eq!(column(&thread(&app, "?sort=newest").await, "html"), [html("b"), html("a")]);
        assert_eq!(column(&thread(&app, "?sort=top").await, "html"), [html("a"), html("b")]);
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 5);
        let one = app.get(&format!("/v1/comments/{}", text(&a11["id"]))).await.ok();
        assert_eq!(one["ancestors"], json!([a["id"], a1["id"]]));
        assert_eq!(one["permalink"], format!("https://example.org/p#comment-{}", text(&a11["id"])));
        assert_eq!(
            (&one["author"]["is_post_author"], &one["author"]["profile"]["slug"]),
            (&json!(true), &json!(editor.author))
        );
        assert_eq!(b["post_id"], a["post_id"]);
    })
    .await;
}

/// What a comment changes above itself is bounded by that.
#[actix_web::test]
async fn an_answer_to_a_comment_of_the_last_level_stands_beside_it() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = store.config();
        let deep = TestApp::with(store, Config { comment_levels: 1_000, ..config.clone() }).await;
        let editor = post(&deep).await;
        let mut chain: Vec<Value> = Vec::new();
        for level in 0..6 {
            let made = say(&deep, &editor, &format!("c{level}"), chain.last()).await;
            assert_eq!(
                (&made["depth"], &made["parent_id"]),
                (&json!(level), &json!(chain.last().map(|c| &c["id"])))
            );
            chain.push(made);
            deep.advance(1);
        }
        // Nor is what was deeper before the setting was lowered answered any deeper.
        let config = Config { comment_levels: 2, ..config };
        let app = TestApp::again(Rc::clone(&deep.store), config, Clock::fixed(at(NOW))).await;
        for (n, answered) in chain.iter().enumerate() {
            let made = say(&app, &editor, &format!("to c{n}"), Some(answered)).await;
            let above = n.min(1);
            assert_eq!(
                (&made["depth"], &made["parent_id"]),
                (&json!(above + 1), &chain[above]["id"]),
                "an answer to c{n}"
            );
        }
        let query = "mutation ($to: String) { addComment(post: \"p\", input: { body: \"by GraphQL\", parentId: $to }) { depth parentId } }";
        let answer = ask(&app, query, &json!({ "to": chain[5]["id"] })).by(&editor).await;
        assert_eq!(data(&answer)["addComment"], json!({ "depth": 2, "parentId": chain[1]["id"] }));
        let faults = app.svc().db.raw(pressroom_schema::comments::recount).await.unwrap();
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[actix_web::test]
async fn where_there_are_more_replies_than_are_shown_a_cursor_leads_to_the_rest() {
    on_both(async |app| {
        let editor = post(&app).await;
        let top = say(&app, &editor, "top", None).await;
        for n in 0..13 {
            app.advance(1);
            say(&app, &editor, &format!("r{n}"), Some(&top)).await;
        }
        let shown = thread(&app, "").await;
        let first = &shown["data"][0];
        let mut all: Vec<String> =
            first["replies"].as_array().unwrap().iter().map(|r| text(&r["html"])).collect();
        assert_eq!((first["reply_count"].as_i64(), all.len()), (Some(13), 10));
        let rest =
            thread(&app, &format!("?parent={}&after={}", text(&top["id"]), text(&first["replies_next"])))
                .await;
        all.extend(column(&rest, "html"));
        assert_eq!(all, (0..13).map(|n| html(&format!("r{n}"))).collect::<Vec<_>>());
        assert_eq!(rest["page"]["next"], Value::Null);
    })
    .await;
}

#[actix_web::test]
async fn pages_of_a_thread_stay_in_step_while_comments_come_in() {
    on_both(async |app| {
        let editor = post(&app).await;
        for n in 0..5 {
            app.advance(1);
            say(&app, &editor, &format!("c{n}"), None).await;
        }
        for sort in ["oldest", "newest", "top"] {
            let whole = column(&thread(&app, &format!("?sort={sort}")).await, "id");
            let first = thread(&app, &format!("?sort={sort}&limit=2")).await;
            let second =
                thread(&app, &format!("?sort={sort}&limit=9&after={}", text(&first["page"]["next"]))).await;
            assert_eq!([column(&first, "id"), column(&second, "id")].concat(), whole, "{sort}");
            let back =
                thread(&app, &format!("?sort={sort}&limit=9&before={}", text(&second["page"]["previous"])))
                    .await;
            assert_eq!(column(&back, "id"), column(&first, "id"), "{sort}");
        }
        let first = thread(&app, "?sort=newest&limit=2").await;
        app.advance(1);
        say(&app, &editor, "late", None).await;
        let rest =
            thread(&app, &format!("?sort=newest&limit=9&after={}", text(&first["page"]["next"]))).await;
        assert_eq!(column(&rest, "html"), ["c2", "c1", "c0"].map(html));
    })
    .await;
}

#[actix_web::test]
async fn a_guests_first_comment_waits_and_later_ones_of_an_approved_guest_do_not() {
    on_both(async |app| {
        let editor = post(&app).await;
        let first = guest(&app, "ada", "The tide table was right about the herons.").await;
        assert_eq!(first.status(), 201);
        let first = first.ok();
        assert_eq!(first["status"], "pending");
        let id = text(&first["id"]);
        assert_eq!(thread(&app, "").await["data"], json!([]));
        app.get(&format!("/v1/comments/{id}")).await.problem(404, "not_found");
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 0);
        let queue = app.get("/v1/comments?status=pending&count=true").by(&editor).await.ok();
        assert_eq!((column(&queue, "id"), &queue["page"]["total"]), (vec![id.clone()], &json!(1)));
        assert_eq!(queue["data"][0]["author_email"], "ada@example.org");
        let approved = app.post(&format!("/v1/comments/{id}/approve")).by(&editor).await.ok();
        assert_eq!(approved["status"], "approved");
        app.advance(3600);
        let author = json!({"name": "ada", "email": "ada@example.org"});
        let second = json!({"body": "And about the curlews, one evening later.", "author": author});
        let known = text(&first["guest_token"]);
        let second =
            app.post("/v1/posts/p/comments").header("X-Guest-Token", &known).json(&second).await.ok();
        assert_eq!((&second["status"], second.get("guest_token")), (&json!("approved"), None));
        assert_eq!(thread(&app, "").await["data"].as_array().unwrap().len(), 2);
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 2);
    })
    .await;
}

/// Joiners, variation selectors and marks of direction belong to names.
#[actix_web::test]
async fn the_name_of_a_guest_may_be_of_any_script() {
    on_both(async |app| {
        post(&app).await;
        let names =
            ["محمد علي", "נרגס\u{200c} \u{200f}(דוד)\u{200e}", "👩\u{200d}🔬 Ada", "❤\u{fe0f}", "한글"];
        for (n, name) in names.into_iter().enumerate() {
            let author = json!({"name": name, "email": format!("guest-{n}@example.org")});
            let input = json!({"body": format!("I saw {n} herons."), "author": author});
            let made = app.post("/v1/posts/p/comments").json(&input).await.ok();
            assert_eq!(made["author"]["name"], name);
        }
    })
    .await;
}

#[actix_web::test]
async fn spam_is_held_with_its_reasons_and_its_writer_is_not_told() {
    on_both(async |app| {
        let editor = post(&app).await;
        let body = "BUY CHEAP VIAGRA CASINO BONUS!!! http://win.example http://pills.example http://casino.example http://loans.example click here now";
        let answer = guest(&app, "winner", body).await.ok();
        assert_eq!(answer["status"], "pending", "its writer is told no more than anybody whose comment waits");
        assert!(answer.get("spam").is_none());
        let held = app.get("/v1/comments?status=spam").by(&editor).await.ok();
        let spam = &held["data"][0]["spam"];
        assert!(spam["score"].as_f64().unwrap() > 0.5, "{held}");
        let reasons = spam["reasons"].as_array().unwrap();
        assert!(!reasons.is_empty() && reasons.iter().all(|r| r["code"].is_string() && r["detail"].is_string() && r["weight"].is_number()), "{spam}");
        assert_eq!(thread(&app, "").await["data"], json!([]));
        assert_eq!(app.get("/v1/comments?status=pending").by(&editor).await.ok()["data"], json!([]));
    })
    .await;
}

/// What the judge says of the comments in a state, oldest first: the reasons' names of each.
async fn reasons(app: &TestApp, moderator: &User, status: &str) -> Vec<Vec<String>> {
    let held = app.get(&format!("/v1/comments?status={status}")).by(moderator).await.ok();
    let comments = held["data"].as_array().unwrap().iter().rev();
    comments
        .map(|c| c["spam"]["reasons"].as_array().unwrap().iter().map(|r| text(&r["code"])).collect())
        .collect()
}

#[actix_web::test]
async fn a_text_that_came_before_with_another_end_or_beginning_is_known_again() {
    on_both(async |app| {
        let editor = post(&app).await;
        let core = "Our team of engineers restores old clocks and gates in all towns of the coast for a very small price this week only";
        for (n, body) in [format!("{core} one"), format!("{core} two"), format!("three {core}"), format!("{core}\n\nzq17 ab38")].iter().enumerate() {
            guest(&app, &format!("guest{n}"), body).await.ok();
            app.advance(1);
        }
        guest(&app, "ada", "The herons stood in the water all morning and did not move at all.").await.ok();
        let mut all = reasons(&app, &editor, "pending").await;
        all.extend(reasons(&app, &editor, "spam").await);
        let known = all.iter().filter(|codes| codes.iter().any(|code| code == "seen_before")).count();
        assert_eq!((all.len(), known), (5, 3), "{all:?}");
        app.advance(8 * 24 * 60 * 60);
        let editor = app.user(Role::Editor).await;
        guest(&app, "late", &format!("{core} five")).await.ok();
        let late = reasons(&app, &editor, "pending").await.pop().unwrap();
        assert!(!late.contains(&"seen_before".to_owned()), "after a week it is as good as new: {late:?}");
    })
    .await;
}

#[actix_web::test]
async fn accounts_are_judged_but_for_who_moderates_the_thread() {
    on_both(async |app| {
        let editor = post(&app).await;
        let spam = "BUY CHEAP VIAGRA CASINO BONUS!!! http://win.example http://pills.example http://casino.example http://loans.example click here now";
        let contributor = app.user(Role::Contributor).await;
        let held = say(&app, &contributor, spam, None).await;
        assert_eq!(held["status"], "pending", "its writer is told no more than anybody whose comment waits");
        assert_eq!(reasons(&app, &editor, "spam").await.len(), 1);
        let fine = say(&app, &contributor, "The herons were there at noon as well.", None).await;
        assert_eq!(fine["status"], "approved");
        let path = format!("/v1/comments/{}", text(&fine["id"]));
        app.patch(&path).by(&contributor).json(&json!({ "body": format!("{spam} again") })).await.ok();
        assert_eq!(reasons(&app, &editor, "spam").await.len(), 2, "an edit is judged as well");
        assert_eq!(thread(&app, "").await["data"], json!([]));
        let moderated = say(&app, &editor, &format!("{spam}, they write."), None).await;
        assert_eq!(moderated["status"], "approved");
    })
    .await;
}

#[actix_web::test]
async fn e_mail_and_address_are_never_shown_to_the_public() {
    on_both(async |app| {
        let editor = post(&app).await;
        let made = guest(&app, "ada", "The tide table was right.").await;
        assert!(!made.text().contains("ada@example.org"), "{}", made.text());
        let id = text(&made.ok()["id"]);
        app.post(&format!("/v1/comments/{id}/approve")).by(&editor).await.ok();
        let author = app.user(Role::Author).await;
        for path in [
            "/v1/posts/p/comments".to_owned(),
            format!("/v1/comments/{id}"),
            "/v1/posts/p?include=comments".to_owned(),
        ] {
            for answer in [app.get(&path).await, app.get(&path).by(&author).await] {
                assert!(answer.text().contains(&id), "{path}");
                for secret in ["ada@example.org", "\"ip\"", "127.0.0.1", "spam"] {
                    assert!(!answer.text().contains(secret), "{path} tells {secret}: {}", answer.text());
                }
            }
        }
        assert_eq!(
            app.get(&format!("/v1/comments/{id}")).by(&editor).await.ok()["author_email"],
            "ada@example.org"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_guest_may_change_and_remove_a_comment_within_the_edit_window() {
    on_both(async |app| {
        post(&app).await;
        let made = guest(&app, "ada", "The tide table was right.").await.ok();
        let (id, token) = (text(&made["id"]), text(&made["edit_token"]));
        assert_eq!(made["editable_until"], "2024-05-01T12:15:00.000Z");
        let path = format!("/v1/comments/{id}");
        let change = json!({"body": "The tide table was nearly right."});
        app.patch(&path).json(&change).await.problem(404, "not_found");
        let forged = app.patch(&path).header("X-Edit-Token", "nonsense").json(&change).await;
        assert!([401, 404].contains(&forged.status()), "{}", forged.text());
        app.advance(60);
        let changed = app.patch(&path).header("X-Edit-Token", &token).json(&change).await.ok();
        assert_eq!(
            (&changed["html"], &changed["edited_at"]),
            (&json!(html("The tide table was nearly right.")), &json!("2024-05-01T12:01:00.000Z"))
        );
        is_stale(
            &app.patch(&path)
                .header("X-Edit-Token", &token)
                .header("If-Match", "\"v1-x\"")
                .json(&json!({"body": "No."}))
                .await,
            2,
        );
        let other = guest(&app, "bo", "Mine is another one about the birds.").await.ok();
        let stranger =
            app.patch(&path).header("X-Edit-Token", &text(&other["edit_token"])).json(&change).await;
        assert!([401, 404].contains(&stranger.status()), "{}", stranger.text());
        app.advance(15 * 60);
        let late = app.patch(&path).header("X-Edit-Token", &token).json(&json!({"body": "Too late."})).await;
        assert!([401, 403, 404].contains(&late.status()), "{}", late.text());
        let third = guest(&app, "cy", "A third one that will be taken back.").await.ok();
        let gone = app
            .delete(&format!("/v1/comments/{}", text(&third["id"])))
            .header("X-Edit-Token", &text(&third["edit_token"]))
            .await;
        assert_eq!(gone.status(), 204);
    })
    .await;
}

#[actix_web::test]
async fn a_removed_comment_with_replies_stays_as_a_tombstone_and_one_without_goes() {
    on_both(async |app| {
        let editor = post(&app).await;
        let a = say(&app, &editor, "a secret", None).await;
        app.advance(1);
        let a1 = say(&app, &editor, "a1", Some(&a)).await;
        app.advance(1);
        let b = say(&app, &editor, "b", None).await;
        for comment in [&a, &b] {
            assert_eq!(
                app.delete(&format!("/v1/comments/{}", text(&comment["id"]))).by(&editor).await.status(),
                204
            );
        }
        let shown = thread(&app, "").await;
        assert_eq!(column(&shown, "id"), [text(&a["id"])]);
        let stone = &shown["data"][0];
        assert_eq!(
            (&stone["is_tombstone"], &stone["html"], &stone["author"]),
            (&json!(true), &json!(""), &Value::Null)
        );
        assert_eq!(stone["replies"][0]["id"], a1["id"]);
        assert!(!shown.to_string().contains("secret"));
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 1);
        // The last reply takes the stone with it.
        app.delete(&format!("/v1/comments/{}", text(&a1["id"]))).by(&editor).await.ok();
        assert_eq!(thread(&app, "").await["data"], json!([]));
        // And what is taken back stands where it stood.
        app.post(&format!("/v1/comments/{}/approve", text(&a1["id"]))).by(&editor).await.ok();
        assert_eq!(thread(&app, "").await["data"][0]["replies"][0]["id"], a1["id"]);
    })
    .await;
}

#[actix_web::test]
async fn what_was_removed_for_good_is_neither_changed_nor_shown_again() {
    on_both(async |app| {
        let (editor, admin) = (post(&app).await, app.user(Role::Admin).await);
        let top = say(&app, &editor, "a secret", None).await;
        let reply = say(&app, &editor, "a reply", Some(&top)).await;
        let id = text(&top["id"]);
        let path = format!("/v1/comments/{id}");
        app.delete(&format!("{path}?permanent=true")).by(&admin).await.ok();
        let mutation =
            format!("mutation {{ updateComment(id: \"{id}\", input: {{body: \"New words.\"}}) {{ id }} }}");
        let mutation = json!({ "query": mutation });
        for state in ["trash", "spam"] {
            app.post(&format!("{path}/{state}")).by(&editor).await.ok();
            let before = app.changes().await;
            for change in [json!({"body": "New words."}), json!({})] {
                app.patch(&path).by(&editor).json(&change).await.problem(409, "invalid_state");
            }
            let told = app.post("/graphql").by(&editor).json(&mutation).await.json();
            assert_eq!(told["errors"][0]["extensions"]["code"], "invalid_state", "{told}");
            app.post(&format!("{path}/approve")).by(&editor).await.problem(409, "invalid_state");
            assert_eq!(app.changes().await, before);
        }
        let shown = thread(&app, "").await;
        let stone = &shown["data"][0];
        assert_eq!(
            (&stone["is_tombstone"], &stone["html"], &stone["author"]),
            (&json!(true), &json!(""), &Value::Null)
        );
        assert_eq!(stone["replies"][0]["id"], reply["id"]);
    })
    .await;
}

#[actix_web::test]
async fn the_same_words_are_a_slip_in_the_same_place_and_while_they_stand() {
    on_both(async |app| {
        let editor = post(&app).await;
        let a = say(&app, &editor, "a", None).await;
        let b = say(&app, &editor, "b", None).await;
        let thank = async |parent: &Value| {
            let input = json!({"body": "Thank you!", "parent_id": parent});
            app.post("/v1/posts/p/comments").by(&editor).json(&input).await
        };
        let first = thank(&a["id"]).await.ok();
        thank(&b["id"]).await.ok();
        thank(&Value::Null).await.ok();
        for place in [&a["id"], &b["id"], &Value::Null] {
            let refused = thank(place).await.problem(409, "conflict");
            assert_eq!(
                (named(&refused), &refused["errors"][0]["code"]),
                (vec!["/body".to_owned()], &json!("duplicate"))
            );
        }
        // What was taken back or removed may be said again.
        app.delete(&format!("/v1/comments/{}", text(&first["id"]))).by(&editor).await.ok();
        let again = thank(&a["id"]).await.ok();
        app.post(&format!("/v1/comments/{}/trash", text(&again["id"]))).by(&editor).await.ok();
        thank(&a["id"]).await.ok();
        thank(&a["id"]).await.problem(409, "conflict");

        let words = "The tide table was right.";
        let mine = guest(&app, "ada", words).await.ok();
        guest(&app, "ada", words).await.problem(409, "conflict");
        app.delete(&format!("/v1/comments/{}", text(&mine["id"])))
            .header("X-Edit-Token", &text(&mine["edit_token"]))
            .await
            .ok();
        guest(&app, "ada", words).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn many_comments_are_decided_on_at_once_or_none() {
    on_both(async |app| {
        let editor = post(&app).await;
        let mut ids = Vec::new();
        for name in ["ada", "bo", "cy"] {
            ids.push(text(
                &guest(&app, name, &format!("What {name} has to say about herons.")).await.ok()["id"],
            ));
        }
        let decided = app
            .post("/v1/comments/moderate")
            .by(&editor)
            .json(&json!({"ids": ids, "action": "approve"}))
            .await
            .ok();
        assert_eq!(decided["changed"], json!(ids));
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 3);
        let decided = app
            .post("/v1/comments/moderate")
            .by(&editor)
            .json(&json!({"ids": ids, "action": "approve"}))
            .await
            .ok();
        assert_eq!(decided["changed"], json!([]), "the same again changes nothing");
        let with_stranger = json!({"ids": [ids[0], editor.id], "action": "spam"});
        let refused = app.post("/v1/comments/moderate").by(&editor).json(&with_stranger).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/ids/1"]);
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 3);
        app.post("/v1/comments/moderate")
            .by(&editor)
            .json(&json!({"ids": ids[..2], "action": "spam"}))
            .await
            .ok();
        assert_eq!(app.get("/v1/posts/p").await.ok()["comment_count"], 1);
        let bad =
            app.post("/v1/comments/moderate").by(&editor).json(&json!({"ids": ids, "action": "burn"})).await;
        assert_eq!(named(&bad.problem(422, "validation_failed")), ["/action"]);
    })
    .await;
}

#[actix_web::test]
async fn an_author_moderates_under_their_own_posts_alone() {
    on_both(async |app| {
        let (author, other) = (app.user(Role::Author).await, app.user(Role::Author).await);
        app.published(&author, &json!({"title": "Mine", "slug": "p"})).await;
        let id = text(&guest(&app, "ada", "What a fine piece about the weather.").await.ok()["id"]);
        assert_eq!(column(&app.get("/v1/comments").by(&author).await.ok(), "id"), std::slice::from_ref(&id));
        assert_eq!(app.get("/v1/comments").by(&other).await.ok()["data"], json!([]));
        app.post(&format!("/v1/comments/{id}/approve")).by(&other).await.problem(404, "not_found");
        let seen = app.post(&format!("/v1/comments/{id}/approve")).by(&author).await.ok();
        assert!(seen.get("author_email").is_none(), "addresses are for moderators");
    })
    .await;
}

#[actix_web::test]
async fn comments_are_taken_where_they_are_open_and_the_post_is_out() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "Closed", "slug": "closed", "comments_open": false})).await;
        app.published(&editor, &json!({"title": "Open", "slug": "p"})).await;
        app.post("/v1/posts").by(&editor).json(&json!({"title": "Draft", "slug": "draft"})).await.ok();
        let body = json!({"body": "Hello there."});
        app.post("/v1/posts/closed/comments").by(&editor).json(&body).await.problem(409, "invalid_state");
        app.post("/v1/posts/draft/comments").by(&editor).json(&body).await.problem(409, "invalid_state");
        let author = json!({"name": "Ada", "email": "ada@example.org"});
        app.post("/v1/posts/draft/comments").json(&json!({"body": "Hi.", "author": author})).await.problem(404, "not_found");
        for (body, pointer) in [
            (json!({"body": "Hi."}), "/author"),
            (json!({"body": " \n ", "author": author}), "/body"),
            (json!({"body": "Hi.", "author": {"name": "", "email": "ada@example.org"}}), "/author/name"),
            (json!({"body": "Hi.", "author": {"name": "Ada", "email": "nowhere"}}), "/author/email"),
            (json!({"body": "Hi.", "author": {"name": "Ada", "email": "a@b.example", "url": "javascript:x"}}), "/author/url"),
            (json!({"body": "Hi.", "author": author, "parent_id": editor.id}), "/parent_id"),
        ] {
            let refused = app.post("/v1/posts/p/comments").json(&body).await.problem(422, "validation_failed");
            assert_eq!(named(&refused), [pointer], "{refused}");
        }
        let disguised = json!({"body": "Hi.", "author": author});
        let refused = app.post("/v1/posts/p/comments").by(&editor).json(&disguised).await.problem(422, "validation_failed");
        assert_eq!(named(&refused), ["/author"], "an account does not speak under another name");
        let twice = json!({"body": "Said twice."});
        app.post("/v1/posts/p/comments").by(&editor).json(&twice).await.ok();
        app.post("/v1/posts/p/comments").by(&editor).json(&twice).await.problem(409, "conflict");
    })
    .await;
}

#[actix_web::test]
async fn the_markup_of_a_comment_is_tame() {
    on_both(async |app| {
        let editor = post(&app).await;
        let body = "*Fine* <script>alert(1)</script> <img src=x onerror=alert(1)> [link](https://example.com) [bad](javascript:alert(1))";
        let shown = text(&say(&app, &editor, body, None).await["html"]);
        assert!(shown.contains("<em>Fine</em>"), "{shown}");
        assert!(shown.contains("nofollow") && shown.contains("ugc"), "{shown}");
        for bad in ["<script", "<img", "javascript"] {
            assert!(!shown.contains(bad), "{shown}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_guest_reads_the_own_comment_with_its_edit_token_while_it_waits() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        app.published(&editor, &json!({"title": "P", "slug": "p"})).await;
        let author = json!({"name": "Ada", "email": "ada@example.org"});
        let said = json!({"body": "My *first* word.", "author": author});
        let made = app.post("/v1/posts/p/comments").json(&said).await.ok();
        let (id, token) = (text(&made["id"]), text(&made["edit_token"]));
        let path = format!("/v1/comments/{id}");
        let own = async || app.get(&path).header("X-Edit-Token", &token).await;
        let query = "query($id: ID!, $token: String) { comment(id: $id, editToken: $token) { status markdown authorEmail spam { score } post { title } } }";
        let by_field = async |token: &str| data(&ask(&app, query, &json!({"id": id, "token": token})).await)["comment"].clone();

        app.get(&path).await.problem(404, "not_found");
        app.get(&path).header("X-Edit-Token", "pre_wrong").await.problem(404, "not_found");
        assert_eq!(by_field("pre_wrong").await, Value::Null);
        let shown = own().await;
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        let shown = shown.ok();
        assert_eq!((&shown["status"], &shown["markdown"]), (&json!("pending"), &json!("My *first* word.")));
        assert!(shown.get("author_email").is_none() && shown.get("spam").is_none(), "{shown}");
        let waits = json!({"status": "PENDING", "markdown": "My *first* word.", "authorEmail": null, "spam": null, "post": {"title": "P"}});
        assert_eq!(by_field(&token).await, waits);
        app.post(&format!("{path}/spam")).by(&editor).await.ok();
        assert_eq!(own().await.ok()["status"], "pending", "whose comment is taken for spam is not told so");
        app.advance(86_400);
        assert_eq!(own().await.ok()["status"], "pending", "waiting may take longer than the edit window");
        let editor = User { token: app.login(&editor.email).await, ..editor.clone() };
        app.post(&format!("{path}/approve")).by(&editor).await.ok();
        assert_eq!(own().await.ok()["status"], "approved");
        assert!(app.get(&path).await.ok().get("status").is_none());
        app.post(&format!("{path}/trash")).by(&editor).await.ok();
        own().await.problem(404, "not_found");
        assert_eq!(by_field(&token).await, Value::Null);
    })
    .await;
}
