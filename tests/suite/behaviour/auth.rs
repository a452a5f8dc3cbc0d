//! Logging in, staying logged in, and what a token is good for.

use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::{Config, Switch};
use pressroom::service::accounts;
use serde_json::{Value, json};

use super::named;
use crate::support::app::{Answer, NOW, PASSWORD, Store, TestApp, at, on_both, text};

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.post("/v1/auth/login").json(&json!({"email": email, "password": password})).await
}

async fn refresh(app: &TestApp, token: &Value) -> Answer {
    app.post("/v1/auth/refresh").json(&json!({"refresh_token": token})).await
}

async fn limited(store: Store) -> TestApp {
    let config = Config { rate_limits: Switch::On, ..store.config() };
    TestApp::with(store, config).await
}

#[actix_web::test]
async fn a_login_gives_a_token_that_says_who_one_is() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let answer = log_in(&app, &format!("  {} ", ada.email.to_uppercase()), PASSWORD).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let login = answer.ok();
        assert_eq!((&login["token_type"], &login["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!((&login["user"]["id"], &login["user"]["role"]), (&json!(ada.id), &json!("author")));
        assert!(!answer.text().contains("hash"), "{}", answer.text());
        let me = app.get("/v1/auth/me").token(&text(&login["access_token"])).await;
        assert_eq!((&me.ok()["email"], &me.ok()["scopes"]), (&json!(ada.email), &Value::Null));
        assert_eq!(me.header("cache-control"), "private, no-cache");
    })
    .await;
}

#[actix_web::test]
async fn an_unknown_account_a_wrong_password_and_a_disabled_account_get_the_same_answer() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Author).await);
        let mut unknown =
            log_in(&app, "nobody@example.org", PASSWORD).await.problem(401, "invalid_credentials");
        let mut wrong =
            log_in(&app, &ada.email, "six grey herons at low tide").await.problem(401, "invalid_credentials");
        app.patch(&format!("/v1/users/{}", ada.id)).by(&admin).json(&json!({"disabled": true})).await.ok();
        let mut disabled = log_in(&app, &ada.email, PASSWORD).await.problem(401, "invalid_credentials");
        for problem in [&mut unknown, &mut wrong, &mut disabled] {
            problem["instance"] = Value::Null;
        }
        assert_eq!(unknown, wrong);
        assert_eq!(unknown, disabled);
    })
    .await;
}

#[actix_web::test]
async fn an_access_token_ends_and_a_refresh_token_gets_the_next() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let login = log_in(&app, &ada.email, PASSWORD).await.ok();
        app.advance(929);
        app.get("/v1/auth/me").token(&text(&login["access_token"])).await.ok();
        app.advance(1);
        let over = app.get("/v1/auth/me").token(&text(&login["access_token"])).await;
        over.problem(401, "invalid_token");
        assert!(over.header("www-authenticate").contains("error=\"invalid_token\""));
        let next = refresh(&app, &login["refresh_token"]).await.ok();
        app.get("/v1/auth/me").token(&text(&next["access_token"])).await.ok();
        assert_ne!(next["refresh_token"], login["refresh_token"]);
        app.advance(31 * 86_400);
        refresh(&app, &next["refresh_token"]).await.problem(401, "invalid_token");
        refresh(&app, &json!("nonsense")).await.problem(401, "invalid_token");
    })
    .await;
}

#[actix_web::test]
async fn a_refresh_token_that_is_used_twice_ends_its_whole_login_and_no_other() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let first = log_in(&app, &ada.email, PASSWORD).await.ok();
        let second = refresh(&app, &first["refresh_token"]).await.ok();
        let third = refresh(&app, &second["refresh_token"]).await.ok();
        refresh(&app, &first["refresh_token"]).await.problem(401, "invalid_token");
        refresh(&app, &third["refresh_token"]).await.problem(401, "invalid_token");
        for login in [&first, &second, &third] {
            app.get("/v1/auth/me").token(&text(&login["access_token"])).await.problem(401, "invalid_token");
        }
        app.get("/v1/auth/me").by(&ada).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn logging_out_ends_this_login_and_a_new_password_all_others() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let (one, two) =
            (log_in(&app, &ada.email, PASSWORD).await.ok(), log_in(&app, &ada.email, PASSWORD).await.ok());
        let token = text(&one["access_token"]);
        assert_eq!(app.post("/v1/auth/logout").token(&token).await.status(), 204);
        app.get("/v1/auth/me").token(&token).await.problem(401, "invalid_token");
        refresh(&app, &one["refresh_token"]).await.problem(401, "invalid_token");
        let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
        let token = text(&two["access_token"]);
        let password = "nine brown curlews at high tide";
        let wrong = app.post("/v1/auth/password").token(&token).json(&change("wrong", password)).await;
        assert_eq!(named(&wrong.problem(422, "validation_failed")), ["/current_password"]);
        for weak in ["short", "aaaaaaaaaaaaaa", "password123", &ada.email] {
            let refused = app.post("/v1/auth/password").token(&token).json(&change(PASSWORD, weak)).await;
            assert_eq!(named(&refused.problem(422, "validation_failed")), ["/new_password"], "{weak}");
        }
        assert_eq!(
            app.post("/v1/auth/password").token(&token).json(&change(PASSWORD, password)).await.status(),
            204
        );
        app.get("/v1/auth/me").token(&token).await.ok();
        app.get("/v1/auth/me").by(&ada).await.problem(401, "invalid_token");
        log_in(&app, &ada.email, PASSWORD).await.problem(401, "invalid_credentials");
        log_in(&app, &ada.email, password).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn disabling_an_account_ends_everything_that_it_could_do_at_once() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Editor).await);
        let login = log_in(&app, &ada.email, PASSWORD).await.ok();
        let made =
            app.post("/v1/tokens").by(&ada).json(&json!({"name": "n", "scopes": ["posts:write"]})).await.ok();
        let secret = text(&made["secret"]);
        app.get("/v1/auth/me").token(&secret).await.ok();
        let path = format!("/v1/users/{}", ada.id);
        app.patch(&path).by(&admin).json(&json!({"disabled": true})).await.ok();
        for token in [&ada.token, &secret] {
            app.get("/v1/auth/me").token(token).await.problem(401, "invalid_token");
            app.post("/v1/posts")
                .token(token)
                .json(&json!({"title": "T"}))
                .await
                .problem(401, "invalid_token");
        }
        refresh(&app, &login["refresh_token"]).await.problem(401, "invalid_token");
        app.patch(&path).by(&admin).json(&json!({"disabled": false})).await.ok();
        app.get("/v1/auth/me").token(&secret).await.ok();
        app.get("/v1/auth/me").by(&ada).await.problem(401, "invalid_token");
    })
    .await;
}

#[actix_web::test]
async fn an_api_token_does_what_its_scopes_and_its_owners_role_both_allow() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Editor).await);
        let make = async |scopes: Value| {
            let made = app.post("/v1/tokens").by(&ada).json(&json!({"name": "n", "scopes": scopes})).await;
            assert_eq!(made.status(), 201);
            text(&made.ok()["secret"])
        };
        let (reads, writes, publishes) = (
            make(json!(["posts:read"])).await,
            make(json!(["posts:write"])).await,
            make(json!(["posts:write", "posts:publish"])).await,
        );
        let title = json!({"title": "T", "slug": "p"});
        let refused = app.post("/v1/posts").token(&reads).json(&title).await.problem(403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("posts:write"), "{refused}");
        app.post("/v1/posts?publish=true").token(&writes).json(&title).await.problem(403, "forbidden");
        app.post("/v1/posts").token(&writes).json(&title).await.ok();
        app.get("/v1/posts/p").token(&reads).await.ok();
        app.patch("/v1/site").token(&publishes).json(&json!({"title": "T"})).await.problem(403, "forbidden");
        app.post("/v1/posts/p/publish").token(&publishes).await.ok();
        assert_eq!(app.get("/v1/auth/me").token(&reads).await.ok()["scopes"], json!(["posts:read"]));
        // Its owner comes down, and it with them.
        app.patch(&format!("/v1/users/{}", ada.id))
            .by(&admin)
            .json(&json!({"role": "contributor"}))
            .await
            .ok();
        app.post("/v1/posts/p/publish").token(&publishes).await.problem(403, "forbidden");
        app.post("/v1/auth/password")
            .token(&writes)
            .json(&json!({"current_password": PASSWORD, "new_password": "nine brown curlews at high tide"}))
            .await
            .problem(403, "forbidden");
        app.post("/v1/auth/logout").token(&writes).await.problem(409, "invalid_state");
    })
    .await;
}

#[actix_web::test]
async fn a_token_makes_no_token_that_can_do_more() {
    on_both(async |app| {
        let ada = app.user(Role::Editor).await;
        let scopes = json!(["tokens:write", "posts:read"]);
        let made = app.post("/v1/tokens").by(&ada).json(&json!({"name": "n", "scopes": scopes})).await.ok();
        let secret = text(&made["secret"]);
        let narrow = json!({"name": "m", "scopes": ["posts:read"]});
        app.post("/v1/tokens").token(&secret).json(&narrow).await.ok();
        let wide = json!({"name": "m", "scopes": ["posts:read", "site:write"]});
        app.post("/v1/tokens").token(&secret).json(&wide).await.problem(403, "forbidden");
        let end = "2024-09-01T00:00:00.000Z";
        let brief = json!({"name": "b", "scopes": scopes, "expires_at": end});
        let secret = text(&app.post("/v1/tokens").by(&ada).json(&brief).await.ok()["secret"]);
        assert_eq!(app.post("/v1/tokens").token(&secret).json(&narrow).await.ok()["expires_at"], end);
        let longer = json!({"name": "m", "scopes": ["posts:read"], "expires_at": "2024-09-01T00:00:01Z"});
        let refused = app.post("/v1/tokens").token(&secret).json(&longer).await;
        assert_eq!(named(&refused.problem(422, "validation_failed")), ["/expires_at"]);
        let odd = app
            .post("/v1/tokens")
            .by(&ada)
            .json(&json!({"name": "m", "scopes": ["posts:read", "all"]}))
            .await;
        assert_eq!(named(&odd.problem(422, "validation_failed")), ["/scopes/1"]);
    })
    .await;
}

#[actix_web::test]
async fn the_secret_of_an_api_token_is_shown_once_and_good_until_it_ends() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let asked =
            json!({"name": "nightly", "scopes": ["posts:read"], "expires_at": "2024-05-01T13:00:00Z"});
        let made = app.post("/v1/tokens").by(&ada).json(&asked).await.ok();
        let (id, secret) = (text(&made["id"]), text(&made["secret"]));
        let listed = app.get("/v1/tokens").by(&ada).await;
        assert!(!listed.text().contains(&secret));
        assert_eq!(
            (&listed.ok()["data"][0]["name"], &listed.ok()["data"][0]["last_used_at"]),
            (&json!("nightly"), &Value::Null)
        );
        app.get("/v1/auth/me").token(&secret).await.ok();
        assert_eq!(
            app.get("/v1/tokens").by(&ada).await.ok()["data"][0]["last_used_at"],
            "2024-05-01T12:00:00.000Z"
        );
        app.advance(3600);
        app.get("/v1/auth/me").token(&secret).await.problem(401, "invalid_token");
        let token = app.login(&ada.email).await;
        let lasting = app
            .post("/v1/tokens")
            .token(&token)
            .json(&json!({"name": "lasting", "scopes": ["posts:read"]}))
            .await
            .ok();
        let path = format!("/v1/tokens/{}", text(&lasting["id"]));
        app.delete(&path).by(&app.user(Role::Editor).await).await.problem(404, "not_found");
        assert_eq!(app.delete(&path).token(&token).await.status(), 204);
        app.delete(&path).token(&token).await.problem(404, "not_found");
        app.get("/v1/auth/me").token(&text(&lasting["secret"])).await.problem(401, "invalid_token");
        let late = json!({"name": "n", "scopes": ["posts:read"], "expires_at": "2024-05-01T12:59:00Z"});
        assert_eq!(
            named(&app.post("/v1/tokens").token(&token).json(&late).await.problem(422, "validation_failed")),
            ["/expires_at"]
        );
        assert_ne!(id, secret);
    })
    .await;
}

#[actix_web::test]
async fn what_an_old_key_signed_is_good_until_it_expires() {
    on_both(async |app| {
        let ada = app.user(Role::Author).await;
        let keys = |answer: &Answer| -> Vec<String> {
            answer.ok()["keys"].as_array().unwrap().iter().map(|k| text(&k["kid"])).collect()
        };
        let before = keys(&app.get("/.well-known/jwks.json").await);
        assert_eq!(before.len(), 1);
        let other = TestApp::again(app.store.clone(), app.store.config(), Clock::fixed(at(NOW))).await;
        app.advance(60);
        other.advance(60);
        accounts::rotate_keys(app.svc(), false).await.unwrap();
        let answer = app.get("/.well-known/jwks.json").await;
        let after = keys(&answer);
        assert_eq!((after.len(), &after[1]), (2, &before[0]), "the one in use first");
        for key in answer.ok()["keys"].as_array().unwrap() {
            assert_eq!(
                (&key["kty"], &key["crv"], key.get("d")),
                (&json!("OKP"), &json!("Ed25519"), None),
                "{key}"
            );
        }
        app.get("/v1/auth/me").by(&ada).await.ok();
        // An instance that has not heard of the new key looks for it.
        let token = app.login(&ada.email).await;
        other.get("/v1/auth/me").token(&token).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn too_many_wrong_passwords_are_slowed_down_whether_the_account_is_there_or_not() {
    let mut answers = Vec::new();
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let app = limited(store).await;
        let ada = app.user(Role::Author).await;
        let mut told = Vec::new();
        for email in [ada.email.as_str(), "nobody@example.org"] {
            for _ in 0..6 {
                log_in(&app, email, "wrong").await.problem(401, "invalid_credentials");
            }
            let slowed = log_in(&app, email, "wrong").await;
            slowed.problem(429, "rate_limited");
            told.push(slowed.header("retry-after").to_owned());
        }
        assert_eq!(told, ["2", "2"]);
        // The right password must wait as well, and then clears the account.
        log_in(&app, &ada.email, PASSWORD).await.problem(429, "rate_limited");
        app.advance(2);
        log_in(&app, &ada.email, PASSWORD).await.ok();
        log_in(&app, &ada.email, "wrong").await.problem(401, "invalid_credentials");
        answers.push(told);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[actix_web::test]
async fn many_wrong_passwords_at_once_are_counted_each() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let app = limited(store).await;
        let ada = app.user(Role::Author).await;
        let guesses = (0..20).map(|_| log_in(&app, &ada.email, "wrong"));
        let mut seen = Vec::new();
        for guess in futures_util::future::join_all(guesses).await {
            seen.push(guess.status());
        }
        let tried = seen.iter().filter(|status| **status == 401).count();
        assert!(tried <= 6, "{tried} guesses were judged: {seen:?}");
        assert!(seen.iter().all(|status| [401, 429].contains(status)), "{seen:?}");
    }
}
