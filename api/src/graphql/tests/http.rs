//! GraphQL over HTTP, request by request.

use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::test::{self, TestRequest};
use actix_web::{App, HttpRequest, HttpResponse, web};
use pressroom_graphql::{Engine, Limits};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::toy::{Database, engine, preload};
use crate::graphql::{HttpParts, respond};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    engine: web::Data<Engine>,
    db: web::Data<Arc<Database>>,
) -> HttpResponse {
    let parts = match HttpParts::read(&request, payload, engine.limits()).await {
        Ok(parts) => parts,
        Err(refusal) => return refusal,
    };
    if parts.wants_page() {
        return HttpResponse::Ok().content_type("text/html").body("a page");
    }
    respond(&engine, parts, async |plan| preload(&db, &plan)).await
}

/// The toy as an app, for tests over HTTP.
fn app(
    engine: &web::Data<Engine>,
    db: &Arc<Database>,
) -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(engine.clone())
        .app_data(web::Data::new(Arc::clone(db)))
        .route("/graphql", web::route().to(handle))
}

async fn send_to(limits: Limits, requests: Vec<TestRequest>) -> Vec<(u16, ServiceHeaders, Value)> {
    let engine = web::Data::new(engine(limits));
    let service = test::init_service(app(&engine, &Arc::new(Database::default()))).await;
    let mut answers = Vec::new();
    for request in requests {
        let response = test::call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), ServiceHeaders::of(&response));
        let body = test::read_body(response).await;
        answers.push((status, headers, serde_json::from_slice(&body).unwrap_or(Value::Null)));
    }
    answers
}

async fn send(request: TestRequest) -> (u16, ServiceHeaders, Value) {
    send_to(Limits::default(), vec![request]).await.remove(0)
}

/// The headers that matter here.
#[derive(Debug)]
struct ServiceHeaders {
    content_type: String,
    allow: String,
    cache_control: String,
    vary: String,
    retry_after: String,
    challenge: String,
}

impl ServiceHeaders {
    fn of<B>(response: &ServiceResponse<B>) -> Self {
        let text = |name: header::HeaderName| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        Self {
            content_type: text(header::CONTENT_TYPE),
            allow: text(header::ALLOW),
            cache_control: text(header::CACHE_CONTROL),
            vary: text(header::VARY),
            retry_after: text(header::RETRY_AFTER),
            challenge: text(header::WWW_AUTHENTICATE),
        }
    }
}

fn post(body: &Value) -> TestRequest {
    raw(&body.to_string()).insert_header((header::CONTENT_TYPE, JSON))
}

fn raw(body: &str) -> TestRequest {
    TestRequest::post().uri("/graphql").set_payload(body.to_owned())
}

fn get(parameters: &[(&str, &str)]) -> TestRequest {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    TestRequest::get().uri(&format!("/graphql?{query}"))
}

fn accept(request: TestRequest, media: &str) -> TestRequest {
    request.insert_header((header::ACCEPT, media))
}

#[actix_web::test]
async fn a_query_is_answered_in_the_media_type_that_was_asked_for() {
    for (asked, got) in [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON)] {
        let (status, headers, body) = send(accept(post(&json!({"query": "{ echo }"})), asked)).await;
        assert_eq!((status, body), (200, json!({"data": {"echo": "nothing!"}})));
        assert_eq!(headers.content_type, format!("{got}; charset=utf-8"));
        assert_eq!((headers.vary.as_str(), headers.cache_control.as_str()), ("Accept", ""));
    }
    let (status, headers, body) = send(accept(post(&json!({"query": "{ echo }"})), "text/css")).await;
    assert_eq!((status, headers.content_type.as_str()), (406, "application/json; charset=utf-8"));
    assert_eq!(body["errors"][0]["extensions"]["code"], "not_acceptable");
}

#[actix_web::test]
async fn all_parameters_work_by_get_and_by_post() {
    let query = "query A { echo } query B($t: String) { b: echo(text: $t) }";
    let expected = json!({"data": {"b": "hé!"}});
    let body = json!({"query": query, "operationName": "B", "variables": {"t": "hé"}, "extensions": {"x": 1}, "more": 1});
    assert_eq!(send(post(&body)).await.2, expected);
    let by_get = get(&[
        ("query", query),
        ("operationName", "B"),
        ("variables", "{\"t\":\"hé\"}"),
        ("extensions", "{}"),
    ]);
    assert_eq!(send(by_get).await.2, expected);
    let empty = get(&[("query", "{ echo }"), ("operationName", ""), ("variables", ""), ("extensions", "")]);
    assert_eq!(send(empty).await.2, json!({"data": {"echo": "nothing!"}}));
    let nulls = json!({"query": "{ echo }", "operationName": null, "variables": null, "extensions": null});
    assert_eq!(send(post(&nulls)).await.0, 200);
}

#[actix_web::test]
async fn the_status_of_a_refused_query_depends_on_the_media_type() {
    for (body, code) in [
        (json!({"query": "{"}), "graphql_parse_failed"),
        (json!({"query": "{ nothing }"}), "graphql_validation_failed"),
        (
            json!({"query": "query($id: ID!) { post(id: $id) { id } }", "variables": {"id": null}}),
            "bad_variables",
        ),
        (json!({"query": "query A { echo }", "operationName": "B"}), "unknown_operation"),
        (json!({"query": "{ posts(first: 1000) { count } }"}), "list_too_long"),
    ] {
        for (media, expected) in [(GRAPHQL, 400), (JSON, 200)] {
            let (status, headers, answer) = send(accept(post(&body), media)).await;
            assert_eq!(
                (status, &answer["errors"][0]["extensions"]["code"]),
                (expected, &json!(code)),
                "{body}"
            );
            assert!(answer.get("data").is_none(), "{answer}");
            assert_eq!(headers.cache_control, "no-store");
        }
    }
}

#[actix_web::test]
async fn an_answer_with_errors_in_fields_is_200_for_both() {
    for media in [GRAPHQL, JSON] {
        let (status, headers, body) =
            send(accept(post(&json!({"query": "{ post(id: 1) { secret id } }"})), media)).await;
        assert_eq!((status, &body["data"]), (200, &json!({"post": {"secret": null, "id": "1"}})));
        assert_eq!(
            (headers.cache_control.as_str(), body["errors"].as_array().unwrap().len()),
            ("no-store", 1)
        );
    }
}

#[actix_web::test]
async fn what_is_no_graphql_request_is_400_for_both() {
    let invalid = [
        (raw("{ \"not a JSON"), None),
        (raw(""), None),
        (raw("7"), None),
        (raw("{\"qeury\": \"{ echo }\"}"), Some("/query")),
        (raw("{\"query\": 7}"), Some("/query")),
        (raw("{\"query\": null}"), Some("/query")),
        (raw("{\"query\": \"{ echo }\", \"variables\": [1]}"), Some("/variables")),
        (raw("{\"query\": \"{ echo }\", \"variables\": \"{}\"}"), Some("/variables")),
        (raw("{\"query\": \"{ echo }\", \"operationName\": {}}"), Some("/operationName")),
        (raw("{\"query\": \"{ echo }\", \"extensions\": false}"), Some("/extensions")),
    ];
    for (request, pointer) in invalid {
        let (status, _, body) = send(request.insert_header((header::CONTENT_TYPE, JSON))).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (400, &json!("bad_request")),
            "{body}"
        );
        if let Some(pointer) = pointer {
            assert_eq!(body["errors"][0]["extensions"]["errors"][0]["pointer"], pointer);
        }
    }
    for request in [
        get(&[]),
        get(&[("query", "{ echo }"), ("query", "{ echo }")]),
        get(&[("query", "{ echo }"), ("variables", "[")]),
    ] {
        assert_eq!(send(accept(request, GRAPHQL)).await.0, 400);
    }
    let invalid_utf8 = TestRequest::post().uri("/graphql").insert_header((header::CONTENT_TYPE, JSON));
    let invalid_utf8 = invalid_utf8.set_payload(&b"{\"query\": \"{ echo(text: \\\"\xff\\\") }\"}"[..]);
    assert_eq!(send(invalid_utf8).await.0, 400);
}

#[actix_web::test]
async fn batches_are_refused_in_so_many_words() {
    let (status, _, body) = send(post(&json!([{"query": "{ echo }"}]))).await;
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("batching_not_supported")));
}

#[actix_web::test]
async fn a_body_that_a_web_page_could_send_unasked_is_refused() {
    let body = json!({"query": "{ echo }"}).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ] {
        let (status, _, answer) = send(raw(&body).insert_header((header::CONTENT_TYPE, content_type))).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (415, &json!("unsupported_media_type"))
        );
    }
    assert_eq!(send(raw(&body)).await.0, 415, "without Content-Type");
    let compressed = post(&json!({"query": "{ echo }"})).insert_header((header::CONTENT_ENCODING, "gzip"));
    assert_eq!(send(compressed).await.0, 415);
}

#[actix_web::test]
async fn only_post_carries_mutations() {
    let mutation = "mutation { patch(input: {title: \"x\"}) }";
    for media in [GRAPHQL, JSON] {
        let (status, headers, body) = send(accept(get(&[("query", mutation)]), media)).await;
        assert_eq!((status, headers.allow.as_str()), (405, "GET, HEAD, POST, OPTIONS"));
        assert_eq!(body["errors"][0]["extensions"]["code"], "method_not_allowed");
    }
    let (status, headers, body) = send(post(&json!({"query": mutation}))).await;
    assert_eq!(
        (status, body, headers.cache_control.as_str()),
        (200, json!({"data": {"patch": "leave"}}), "no-store")
    );
}

#[actix_web::test]
async fn other_methods_are_told_what_there_is() {
    let (status, headers, _) =
        send(TestRequest::default().method(actix_web::http::Method::OPTIONS).uri("/graphql")).await;
    assert_eq!((status, headers.allow.as_str()), (204, "GET, HEAD, POST, OPTIONS"));
    let (status, headers, _) = send(TestRequest::put().uri("/graphql")).await;
    assert_eq!((status, headers.allow.as_str()), (405, "GET, HEAD, POST, OPTIONS"));
    let head = TestRequest::default().method(actix_web::http::Method::HEAD).uri("/graphql?query=%7Becho%7D");
    assert_eq!(send(head).await.0, 200);
}

#[actix_web::test]
async fn bodies_documents_and_variables_have_their_sizes() {
    let limits = Limits { body_bytes: 4_000, document_bytes: 100, variables_bytes: 200, ..Limits::default() };
    let long = format!("{{ echo }} #{}", "x".repeat(100));
    let text = |length: usize| json!({"query": "query($t: String) { echo(text: $t) }", "variables": {"t": "x".repeat(length)}});
    let answers = send_to(
        limits,
        vec![
            accept(post(&json!({"query": long})), GRAPHQL),
            accept(post(&text(300)), GRAPHQL),
            accept(post(&text(100)), GRAPHQL),
            accept(post(&text(5_000)), GRAPHQL),
        ],
    )
    .await;
    let got: Vec<_> = answers
        .iter()
        .map(|(status, _, body)| (*status, body["errors"][0]["extensions"]["code"].as_str()))
        .collect();
    let expected = [
        (400, Some("document_too_large")),
        (400, Some("variables_too_large")),
        (200, None),
        (413, Some("too_large")),
    ];
    assert_eq!(got, expected);
}

#[actix_web::test]
async fn a_service_that_is_busy_says_when_to_come_back() {
    for media in [GRAPHQL, JSON] {
        let (status, headers, body) = send(accept(post(&json!({"query": "{ busy: echo }"})), media)).await;
        assert_eq!((status, headers.retry_after.as_str()), (503, "1"));
        assert_eq!(body["errors"][0]["extensions"], json!({"code": "unavailable", "retryAfter": 1}));
    }
}

#[actix_web::test]
async fn a_request_that_is_not_let_in_is_401_with_a_challenge() {
    let (status, headers, body) = send(accept(post(&json!({"query": "{ me: echo }"})), GRAPHQL)).await;
    assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (401, &json!("invalid_token")));
    assert_eq!(headers.challenge, "Bearer realm=\"pressroom\", error=\"invalid_token\"");
}

#[actix_web::test]
async fn apollos_persisted_queries_work_by_get_and_by_post() {
    let query = "query($t: String) { echo(text: $t) }";
    let hash = format!("{:x}", Sha256::digest(query));
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let by_hash = || get(&[("extensions", &extensions.to_string()), ("variables", "{\"t\":\"hi\"}")]);
    let register = post(&json!({"query": query, "extensions": extensions, "variables": {"t": "first"}}));
    let wrong = post(&json!({"query": "{ echo }", "extensions": extensions}));
    let answers = send_to(Limits::default(), vec![by_hash(), wrong, register, by_hash()]).await;
    assert_eq!(answers[0].2["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(answers[0].2["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(answers[1].2["errors"][0]["extensions"]["code"], "persisted_query_mismatch");
    assert_eq!(answers[2].2, json!({"data": {"echo": "first!"}}));
    assert_eq!(answers[3].2, json!({"data": {"echo": "hi!"}}));
}

#[actix_web::test]
async fn an_invalid_query_is_not_persisted() {
    let hash = format!("{:x}", Sha256::digest("{ nothing }"));
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let register = post(&json!({"query": "{ nothing }", "extensions": extensions}));
    let answers = send_to(Limits::default(), vec![register, post(&json!({"extensions": extensions}))]).await;
    assert_eq!(answers[1].2["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
}

#[actix_web::test]
async fn a_browser_gets_the_page_and_a_client_does_not() {
    let (status, headers, _) = send(accept(TestRequest::get().uri("/graphql"), "text/html,*/*;q=0.8")).await;
    assert_eq!((status, headers.content_type.as_str()), (200, "text/html"));
    assert_eq!(
        send(accept(get(&[("query", "{ echo }")]), "text/html,*/*;q=0.8")).await.2["data"]["echo"],
        "nothing!"
    );
}
