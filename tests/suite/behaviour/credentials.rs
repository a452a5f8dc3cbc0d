//! What it takes to change a password, an address or a role, and what ends with what: through both faces.

use std::time::{Duration, Instant};

use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom::config::{Config, Switch};
use pressroom::service::accounts;
use serde_json::{Value, json};

use super::named;
use crate::support::app::{Answer, NOW, PASSWORD, Store, TestApp, User, at, on_both, text};
use crate::support::graphql::ask;

const OTHER: &str = "nine brown curlews at high tide";

const UPDATE: &str =
    "mutation($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id email role } }";
const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) { id role } }";
const CHANGE: &str = "mutation($input: PasswordInput!) { changePassword(input: $input) }";

/// The names of members and of roles as GraphQL has them.
fn in_graphql(input: &Value) -> Value {
    let members = input.as_object().unwrap().iter().map(|(name, value)| {
        let value = if name == "role" { json!(text(value).to_uppercase()) } else { value.clone() };
        (crate::support::graphql::camel(name), value)
    });
    Value::Object(members.collect())
}

/// What came of a change: nothing where it was made, else the code of the refusal and the members that it names.
fn outcome(answer: &Answer) -> String {
    let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    let problem = match body.get("errors") {
        Some(errors) if body.get("code").is_none() => errors[0]["extensions"].clone(),
        _ if answer.status() >= 400 => body,
        _ => return String::new(),
    };
    let members = problem["errors"].as_array().into_iter().flatten();
    let members =
        members.map(|member| text(&member["pointer"]).replace("/input/currentPassword", "/current_password"));
    [text(&problem["code"])].into_iter().chain(members).collect::<Vec<_>>().join(" ")
}

/// Asks for a change of an account by either face, which must answer the same.
async fn update(app: &TestApp, token: &str, id: &str, input: &Value) -> String {
    let rest = app.patch(&format!("/v1/users/{id}")).token(token).json(input).await;
    let graphql = ask(app, UPDATE, &json!({"id": id, "input": in_graphql(input)})).token(token).await;
    assert_eq!(outcome(&graphql), outcome(&rest), "{input}");
    outcome(&rest)
}

async fn token(app: &TestApp, by: &str, scopes: &[&str]) -> (String, String) {
    let made = app.post("/v1/tokens").token(by).json(&json!({"name": "n", "scopes": scopes})).await.ok();
    (text(&made["id"]), text(&made["secret"]))
}

async fn is_good(app: &TestApp, token: &str) -> bool {
    let answer = app.get("/v1/auth/me").token(token).await;
    let mutation = ask(app, "{ me { id } }", &Value::Null).token(token).await;
    assert_eq!(answer.status(), mutation.status(), "{}", mutation.text());
    answer.status() == 200
}

const ALL: [&str; 11] = [
    "posts:read",
    "posts:write",
    "posts:publish",
    "comments:write",
    "comments:moderate",
    "media:write",
    "taxonomy:write",
    "site:write",
    "users:admin",
    "tokens:write",
    "changes:read",
];

#[actix_web::test]
async fn no_token_touches_a_password_or_its_owners_address_whatever_its_scopes() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Author).await);
        for scopes in [&["users:admin"][..], &ALL[..]] {
            let (_, secret) = token(&app, &admin.token, scopes).await;
            for id in [&admin.id, &ada.id] {
                for proof in [json!({}), json!({"current_password": PASSWORD})] {
                    let mut input = proof;
                    input["password"] = json!(OTHER);
                    assert_eq!(update(&app, &secret, id, &input).await, "forbidden");
                }
            }
            let address = json!({"email": "mine@example.org", "current_password": PASSWORD});
            assert_eq!(update(&app, &secret, &admin.id, &address).await, "forbidden");
            assert_eq!(update(&app, &secret, &admin.id, &json!({"name": "Renamed"})).await, "");
            assert_eq!(update(&app, &secret, &ada.id, &json!({"name": "Renamed"})).await, "");
            let change = json!({"current_password": PASSWORD, "new_password": OTHER});
            app.post("/v1/auth/password").token(&secret).json(&change).await.problem(403, "forbidden");
            let change = ask(&app, CHANGE, &json!({"input": in_graphql(&change)})).token(&secret).await;
            assert_eq!(outcome(&change), "forbidden");
        }
        app.login(&admin.email).await;
        app.login(&ada.email).await;
    })
    .await;
}

#[actix_web::test]
async fn a_token_gives_and_takes_no_role_that_may_do_what_its_scopes_do_not_open() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let (_, narrow) = token(&app, &admin.token, &["users:admin"]).await;
        let (_, content) = token(
            &app,
            &admin.token,
            &["users:admin", "posts:write", "comments:write", "media:write", "taxonomy:write"],
        )
        .await;
        let (_, whole) = token(&app, &admin.token, &ALL).await;
        let mut number = 0;
        let mut create = async |secret: &str, role: Role| {
            let mut both = Vec::new();
            for graphql in [false, true] {
                number += 1;
                let input = json!({"email": format!("n{number}@example.org"), "name": "N", "role": role.as_str(), "password": PASSWORD});
                let answer = if graphql {
                    ask(&app, CREATE, &json!({"input": in_graphql(&input)})).token(secret).await
                } else {
                    app.post("/v1/users").token(secret).json(&input).await
                };
                both.push(outcome(&answer));
            }
            assert_eq!(both[0], both[1]);
            both.pop().unwrap()
        };
        for role in Role::ALL {
            assert_eq!(create(&narrow, role).await, "forbidden", "{role}");
            let covered = if role == Role::Contributor { "" } else { "forbidden" };
            assert_eq!(create(&content, role).await, covered, "{role}");
            assert_eq!(create(&whole, role).await, "", "{role}");
        }
        let (ada, bo) = (app.user(Role::Contributor).await, app.user(Role::Editor).await);
        let no = "forbidden";
        for role in ["admin", "editor", "author", "moderator"] {
            assert_eq!(update(&app, &content, &ada.id, &json!({"role": role})).await, no, "{role}");
        }
        // What is above it is not its to take away either.
        assert_eq!(update(&app, &content, &bo.id, &json!({"role": "contributor"})).await, no);
        assert_eq!(update(&app, &narrow, &ada.id, &json!({"author": bo.author})).await, no);
        assert_eq!(update(&app, &content, &ada.id, &json!({"author": bo.author})).await, "");
        // It may shut an account, and not open it again.
        assert_eq!(update(&app, &narrow, &bo.id, &json!({"disabled": true})).await, "");
        assert_eq!(update(&app, &narrow, &bo.id, &json!({"disabled": false})).await, no);
        assert_eq!(update(&app, &whole, &bo.id, &json!({"disabled": false})).await, "");
        assert_eq!(update(&app, &whole, &bo.id, &json!({"role": "admin"})).await, "");
    })
    .await;
}

#[actix_web::test]
async fn ones_own_address_and_password_take_the_present_password() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Author).await);
        for user in [&admin, &ada] {
            let address = |proof: Option<&str>| json!({"email": format!("new-{}", user.email), "current_password": proof});
            assert_eq!(
                update(&app, &user.token, &user.id, &address(None)).await,
                "validation_failed /current_password"
            );
            assert_eq!(
                update(&app, &user.token, &user.id, &address(Some("wrong"))).await,
                "validation_failed /current_password"
            );
            assert_eq!(update(&app, &user.token, &user.id, &address(Some(PASSWORD))).await, "");
            // What stays as it is takes nothing.
            let same = json!({"email": format!("new-{}", user.email), "name": "New"});
            assert_eq!(update(&app, &user.token, &user.id, &same).await, "");
            app.login(&format!("new-{}", user.email)).await;
        }
        let password = json!({"password": OTHER});
        assert_eq!(
            update(&app, &admin.token, &admin.id, &password).await,
            "validation_failed /current_password"
        );
        let proven = json!({"password": OTHER, "current_password": PASSWORD});
        app.patch(&format!("/v1/users/{}", admin.id)).token(&admin.token).json(&proven).await.ok();
        // Others' are an admin's to give.
        let second = app.user(Role::Admin).await;
        app.patch(&format!("/v1/users/{}", ada.id)).by(&second).json(&password).await.ok();
        app.patch(&format!("/v1/users/{}", ada.id)).by(&second).json(&json!({"email": "a@example.org"})).await.ok();
        let login = json!({"email": "a@example.org", "password": OTHER});
        app.post("/v1/auth/login").json(&login).await.ok();
    })
    .await;
}

#[actix_web::test]
async fn a_new_password_ends_the_api_tokens_of_its_account_and_no_others() {
    on_both(async |app| {
        let (admin, ada) = (app.user(Role::Admin).await, app.user(Role::Author).await);
        let (_, of_admin) = token(&app, &admin.token, &["posts:read"]).await;
        for by_admin in [true, false] {
            let fresh = app.login(&ada.email).await;
            let (_, secret) = token(&app, &fresh, &["posts:read", "tokens:write"]).await;
            let (_, child) = token(&app, &secret, &["posts:read"]).await;
            assert!(is_good(&app, &secret).await && is_good(&app, &child).await);
            if by_admin {
                let input = json!({"password": PASSWORD});
                app.patch(&format!("/v1/users/{}", ada.id)).by(&admin).json(&input).await.ok();
            } else {
                let change = json!({"current_password": PASSWORD, "new_password": OTHER});
                app.post("/v1/auth/password").token(&fresh).json(&change).await.ok();
            }
            assert!(!is_good(&app, &secret).await && !is_good(&app, &child).await, "{by_admin}");
            assert_eq!(is_good(&app, &fresh).await, !by_admin);
        }
        assert!(is_good(&app, &of_admin).await);
    })
    .await;
}

#[actix_web::test]
async fn a_token_that_is_revoked_takes_its_branch_with_it() {
    on_both(async |app| {
        let ada = app.user(Role::Editor).await;
        let scopes = ["tokens:write", "posts:read", "posts:write"];
        for graphql in [false, true] {
            let (root, first) = token(&app, &ada.token, &scopes).await;
            let (middle, second) = token(&app, &first, &scopes).await;
            let (_, third) = token(&app, &second, &scopes).await;
            let (_, beside) = token(&app, &first, &scopes).await;
            let (_, other) = token(&app, &ada.token, &scopes).await;
            let slug = format!("p{graphql}");
            app.post("/v1/posts").token(&third).json(&json!({"title": "P", "slug": slug})).await.ok();
            let made = app.post(&format!("/v1/posts/{slug}/preview")).token(&third).await.ok();
            let preview = format!("/v1/posts/{slug}?preview={}", text(&made["token"]));
            app.get(&preview).await.ok();
            let revoke = async |id: &str| {
                if graphql {
                    let query = "mutation($id: ID!) { revokeToken(id: $id) { id } }";
                    crate::support::graphql::data(&ask(&app, query, &json!({"id": id})).by(&ada).await);
                } else {
                    app.delete(&format!("/v1/tokens/{id}")).by(&ada).await.ok();
                }
            };
            revoke(&middle).await;
            for (secret, good) in
                [(&first, true), (&second, false), (&third, false), (&beside, true), (&other, true)]
            {
                assert_eq!(is_good(&app, secret).await, good);
            }
            app.get(&preview).await.problem(401, "invalid_token");
            revoke(&root).await;
            for (secret, good) in [(&first, false), (&beside, false), (&other, true)] {
                assert_eq!(is_good(&app, secret).await, good);
            }
        }
        let listed = app.get("/v1/tokens?count=true").by(&ada).await.ok();
        assert_eq!(listed["page"]["total"], 2, "the two beside the branches: {listed}");
    })
    .await;
}

#[actix_web::test]
async fn a_login_ends_for_good_however_often_it_is_refreshed() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let config = Config { session_days: 10, refresh_token_days: 4, ..store.config() };
        let app = TestApp::with(store, config).await;
        let ada = app.user(Role::Author).await;
        let login = app.post("/v1/auth/login").json(&json!({"email": ada.email, "password": PASSWORD})).await;
        let mut session = login.ok();
        for _ in 0..3 {
            app.advance(3 * 86_400);
            session = app
                .post("/v1/auth/refresh")
                .json(&json!({"refresh_token": session["refresh_token"]}))
                .await
                .ok();
        }
        app.advance(86_400 - 60);
        let query = "mutation($input: RefreshInput!) { refresh(input: $input) { expiresIn refreshToken accessToken } }";
        let asked = json!({"input": {"refreshToken": session["refresh_token"]}});
        let last = crate::support::graphql::data(&ask(&app, query, &asked).await)["refresh"].clone();
        assert_eq!(last["expiresIn"], 60, "its access token ends with it");
        assert!(is_good(&app, &text(&last["accessToken"])).await);
        app.advance(91);
        assert!(!is_good(&app, &text(&last["accessToken"])).await);
        let over = app.post("/v1/auth/refresh").json(&json!({"refresh_token": last["refreshToken"]})).await;
        over.problem(401, "invalid_token");
        app.login(&ada.email).await;
    }
}

async fn limited(store: Store) -> TestApp {
    let config = Config { rate_limits: Switch::On, ..store.config() };
    TestApp::with(store, config).await
}

/// Changes the password, or the address, of a caller who has logged in.
async fn guess(app: &TestApp, user: &User, password: &str, address: bool) -> Answer {
    if address {
        let input = json!({"email": format!("new-{}", user.email), "current_password": password});
        return app.patch(&format!("/v1/users/{}", user.id)).by(user).json(&input).await;
    }
    let input = json!({"current_password": password, "new_password": OTHER});
    app.post("/v1/auth/password").by(user).json(&input).await
}

#[actix_web::test]
async fn whoever_has_a_login_does_not_guess_its_password() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let app = limited(store).await;
        let ada = app.user(Role::Author).await;
        for n in 0..6 {
            let wrong = guess(&app, &ada, "wrong", n % 2 == 0).await;
            assert_eq!(named(&wrong.problem(422, "validation_failed")), ["/current_password"]);
        }
        for address in [true, false] {
            let slowed = guess(&app, &ada, PASSWORD, address).await;
            slowed.problem(429, "rate_limited");
            assert_eq!(slowed.header("retry-after"), "2");
        }
        // The owner, who logs in anew, is not kept out by whoever guesses in another login.
        let again = User { token: app.login(&ada.email).await, ..ada.clone() };
        assert_eq!(guess(&app, &again, PASSWORD, false).await.status(), 204);
        assert!(!is_good(&app, &ada.token).await);
    }
}

#[actix_web::test]
async fn refresh_tokens_that_are_no_good_are_not_tried_without_end() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let app = limited(store).await;
        let ada = app.user(Role::Author).await;
        let login = app.post("/v1/auth/login").json(&json!({"email": ada.email, "password": PASSWORD})).await;
        let good = json!({"refresh_token": login.ok()["refresh_token"]});
        for n in 0..31 {
            let bad = json!({"refresh_token": format!("prr_{n}")});
            app.post("/v1/auth/refresh").json(&bad).await.problem(401, "invalid_token");
        }
        let slowed = app.post("/v1/auth/refresh").json(&good).await;
        slowed.problem(429, "rate_limited");
        let wait = slowed.header("retry-after").parse().unwrap();
        app.advance(wait);
        app.post("/v1/auth/refresh").json(&good).await.ok();
    }
}

#[actix_web::test]
async fn a_clock_that_was_ahead_for_a_moment_keeps_nobody_out() {
    for store in [Some(Store::sqlite()), Store::postgres()].into_iter().flatten() {
        let app = limited(store).await;
        let ada = app.user(Role::Author).await;
        app.advance(2 * 86_400);
        for _ in 0..7 {
            app.post("/v1/auth/login").json(&json!({"email": ada.email, "password": "wrong"})).await;
        }
        let login = app.post("/v1/auth/login").json(&json!({"email": ada.email, "password": PASSWORD})).await;
        login.problem(429, "rate_limited");
        app.advance(-2 * 86_400);
        app.login(&ada.email).await;
    }
}

/// The ids of the public keys, the one in use first.
async fn kids(app: &TestApp) -> Vec<String> {
    let answer = app.get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), "no-cache");
    answer.ok()["keys"].as_array().unwrap().iter().map(|key| text(&key["kid"])).collect()
}

/// Waits until an instance says these keys, which it must in seconds, though nobody shows it a token of a new one.
async fn hears(app: &TestApp, keys: &[String]) {
    let begun = Instant::now();
    while kids(app).await != keys {
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?} is not {keys:?}", kids(app).await);
        actix_web::rt::task::yield_now().await;
    }
}

#[actix_web::test]
async fn a_key_that_is_rotated_or_revoked_elsewhere_is_heard_by_running_servers_in_seconds() {
    on_both(async |app| {
        let ada = app.user(Role::Editor).await;
        app.post("/v1/posts").by(&ada).json(&json!({"title": "P", "slug": "p"})).await.ok();
        let shown = text(&app.post("/v1/posts/p/preview").by(&ada).await.ok()["token"]);
        let preview = format!("/v1/posts/p?preview={shown}");
        let query = "query($token: String) { post(slug: \"p\", preview: $token) { title } }";
        let first = kids(&app).await;
        // As the command does it: beside the servers.
        let other = TestApp::again(app.store.clone(), app.store.config(), Clock::fixed(at(NOW))).await;
        for clock in [&app, &other] {
            clock.advance(60);
        }
        let second = accounts::rotate_keys(other.svc(), false).await.unwrap();
        hears(&app, &[second.clone(), first[0].clone()]).await;
        assert!(is_good(&app, &ada.token).await, "what the old key signed is good until it ends");
        app.get(&preview).await.ok();
        let bo = app.user(Role::Author).await;
        for clock in [&app, &other] {
            clock.advance(60);
        }
        let login = json!({"email": bo.email, "password": PASSWORD});
        let refresh = app.post("/v1/auth/login").json(&login).await.ok()["refresh_token"].clone();
        let third = accounts::rotate_keys(other.svc(), true).await.unwrap();
        hears(&app, std::slice::from_ref(&third)).await;
        for instance in [&app, &other] {
            assert_eq!(kids(instance).await, std::slice::from_ref(&third));
            assert!(!is_good(instance, &ada.token).await && !is_good(instance, &bo.token).await);
            instance.get(&preview).await.problem(401, "invalid_token");
            let answer = ask(instance, query, &json!({"token": shown})).await;
            assert_eq!(crate::support::graphql::code(&answer), "invalid_token");
        }
        let token = app.login(&ada.email).await;
        assert!(is_good(&other, &token).await);
        // A login goes on: its refresh token is signed by nothing.
        app.post("/v1/auth/refresh").json(&json!({"refresh_token": refresh})).await.ok();
    })
    .await;
}
