//! Accounts and roles.

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{column, is_stale, named};
use crate::support::app::{PASSWORD, on_both, text};

#[actix_web::test]
async fn an_admin_makes_changes_and_removes_accounts() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let sent = json!({"email": "Noor@Example.org", "name": "Noor Haddad", "role": "editor", "password": PASSWORD, "author": admin.author});
        let made = app.post("/v1/users").by(&admin).json(&sent).await;
        assert_eq!(made.status(), 201);
        let user = made.ok();
        assert!(!made.text().contains("password"), "{}", made.text());
        assert_eq!((&user["role"], &user["author"]["slug"], &user["disabled"]), (&json!("editor"), &json!(admin.author), &json!(false)));
        let path = format!("/v1/users/{}", text(&user["id"]));
        let again = json!({"email": "noor@example.ORG", "name": "N", "role": "author", "password": PASSWORD});
        assert_eq!(named(&app.post("/v1/users").by(&admin).json(&again).await.problem(409, "conflict")), ["/email"]);
        let changed = app.patch(&path).by(&admin).header("If-Match", made.header("etag")).json(&json!({"role": "author", "author": null})).await;
        assert_eq!((&changed.ok()["role"], &changed.ok()["author"]), (&json!("author"), &Value::Null));
        is_stale(&app.patch(&path).by(&admin).header("If-Match", made.header("etag")).json(&json!({"name": "N"})).await, 2);
        assert_eq!(column(&app.get("/v1/users?role=author").by(&admin).await.ok(), "name"), ["Noor Haddad"]);
        assert_eq!(app.get("/v1/users?count=true").by(&admin).await.ok()["page"]["total"], 2);
        let token = app.login("noor@example.org").await;
        app.post("/v1/posts").token(&token).json(&json!({"title": "Kept", "slug": "kept"})).await.ok();
        is_stale(&app.delete(&path).by(&admin).header("If-Match", made.header("etag")).await, 2);
        assert_eq!(app.delete(&path).by(&admin).await.status(), 204);
        app.get("/v1/auth/me").token(&token).await.problem(401, "invalid_token");
        assert_eq!(app.get("/v1/posts/kept").by(&admin).await.ok()["title"], "Kept", "what it wrote stays");
        app.get(&path).by(&admin).await.problem(404, "not_found");
    })
    .await;
}

#[actix_web::test]
async fn the_last_admin_stays() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let path = format!("/v1/users/{}", admin.id);
        app.delete(&path).by(&admin).await.problem(409, "invalid_state");
        for change in [json!({"role": "editor"}), json!({"disabled": true})] {
            app.patch(&path).by(&admin).json(&change).await.problem(409, "invalid_state");
        }
        let second = app.user(Role::Admin).await;
        app.patch(&path).by(&second).json(&json!({"disabled": true})).await.ok();
        // A disabled admin does not count.
        app.patch(&format!("/v1/users/{}", second.id))
            .by(&second)
            .json(&json!({"role": "author"}))
            .await
            .problem(409, "invalid_state");
    })
    .await;
}

#[actix_web::test]
async fn everybody_sees_and_names_themselves_but_gives_themselves_nothing() {
    on_both(async |app| {
        let (ada, bo) = (app.user(Role::Editor).await, app.user(Role::Author).await);
        assert_eq!(column(&app.get("/v1/users").by(&ada).await.ok(), "id"), std::slice::from_ref(&ada.id));
        let own = format!("/v1/users/{}", ada.id);
        assert_eq!(app.patch(&own).by(&ada).json(&json!({"name": "Ada B."})).await.ok()["name"], "Ada B.");
        for change in [
            json!({"role": "admin"}),
            json!({"disabled": false}),
            json!({"author": bo.author}),
            json!({"password": "nine brown curlews at high tide"}),
        ] {
            app.patch(&own).by(&ada).json(&change).await.problem(403, "forbidden");
        }
        app.get(&format!("/v1/users/{}", bo.id)).by(&ada).await.problem(403, "forbidden");
        app.patch(&format!("/v1/users/{}", bo.id))
            .by(&ada)
            .json(&json!({"name": "X"}))
            .await
            .problem(403, "forbidden");
        let admin = json!({"email": "x@example.org", "name": "X", "role": "admin", "password": PASSWORD});
        app.post("/v1/users").by(&ada).json(&admin).await.problem(403, "forbidden");
    })
    .await;
}

#[actix_web::test]
async fn an_account_that_cannot_be_is_refused_member_by_member() {
    on_both(async |app| {
        let admin = app.user(Role::Admin).await;
        let bad = json!({"email": "nowhere", "name": " ", "role": "king", "password": "short"});
        let refused = app.post("/v1/users").by(&admin).json(&bad).await.problem(422, "validation_failed");
        assert_eq!(named(&refused), ["/email", "/name", "/role", "/password"]);
        let unknown = json!({"email": "x@example.org", "name": "X", "role": "author", "password": PASSWORD, "author": "nobody"});
        assert_eq!(named(&app.post("/v1/users").by(&admin).json(&unknown).await.problem(422, "validation_failed")), ["/author"]);
        assert_eq!(app.get("/v1/users?count=true").by(&admin).await.ok()["page"]["total"], 1);
    })
    .await;
}
