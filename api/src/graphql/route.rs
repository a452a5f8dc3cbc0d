//! `/graphql` and `/schema.graphql`.

use std::cell::Cell;

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::Payload as AnyPayload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, get, post};
use async_graphql::parser::types::OperationType;
use pressroom_graphql::{Engine, Fault};
use pressroom_schema::Key;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::graphiql::graphiql_page;
use super::http::{FACE, HttpParts, Wrote, respond};
use super::refusals::{GetRefusals, PostRefusals};
use super::schema;
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::AsOf;
use crate::http::cors::Writer;
use crate::http::edge::Edge;
use crate::http::headers::{ROBOTS, SURROGATE_KEY};
use crate::http::problem::NotFound;
use crate::http::respond::{self as answers, Public};
use crate::http::{idempotency, params, validators};
use crate::service::{Service, Svc};

/// A GraphQL request.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "query": "{ posts(first: 3) { nodes { title slug } } }" }))]
pub(crate) struct GraphqlRequest {
    /// The document; may be left out where `extensions.persistedQuery` names one that the server has.
    query: Option<String>,
    /// Which of the document's operations, where it has several.
    operation_name: Option<String>,
    /// Values of the operation's variables.
    #[schema(value_type = Option<Object>)]
    variables: Option<Value>,
    /// `persistedQuery: {version: 1, sha256Hash}` names a document by its hash.
    #[schema(value_type = Option<Object>)]
    extensions: Option<Value>,
}

/// Where in the document something is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphqlLocation {
    /// The line, from 1.
    line: u32,
    /// The column, from 1.
    column: u32,
}

/// Why a request was refused, or why a field has no value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphqlError {
    /// A sentence.
    message: String,
    /// Where in the document.
    locations: Option<Vec<GraphqlLocation>>,
    /// Where in `data`.
    #[schema(value_type = Option<Vec<Value>>)]
    path: Option<Value>,
    /// `code`, a stable name, as in problem documents; `errors`, each member at fault; `retryAfter`; `version`.
    #[schema(value_type = Option<Object>)]
    extensions: Option<Value>,
}

/// A GraphQL answer. `data` is absent where nothing was executed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphqlResponse {
    /// What was asked for.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// What went wrong, if anything did.
    errors: Option<Vec<GraphqlError>>,
}

/// Run a GraphQL operation.
///
/// With `Accept: application/graphql-response+json` the status tells whether it was executed; with `application/json` a
/// well-formed request is answered with 200. The schema is at `/schema.graphql`.
#[utoipa::path(operation_id = "graphql_post", tag = "graphql", security((), ("token" = [])),
    request_body(content = GraphqlRequest, content_type = "application/json"),
    responses(PostRefusals, (status = 200, description = "What came of it; `errors` tells what did not.",
        content((GraphqlResponse = "application/graphql-response+json"), (GraphqlResponse = "application/json")))))]
#[post("/graphql", wrap = "from_fn(idempotency::once(FACE))")]
pub(crate) async fn graphql_post(
    svc: Data<Service>,
    engine: Data<Engine>,
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    run(&svc.into_inner(), &engine, &edge, &request, payload).await
}

/// Run a GraphQL query.
///
/// Mutations need POST. A browser that opens this without a query gets GraphiQL.
#[utoipa::path(operation_id = "graphql_get", tag = "graphql",
    params(
        ("query" = Option<String>, Query, description = "The document.", example = "{ site { title } }"),
        ("operationName" = Option<String>, Query, description = "Which of the document's operations, where it has several."),
        ("variables" = Option<String>, Query, description = "Values of the operation's variables, as a JSON object."),
        ("extensions" = Option<String>, Query, description = "A JSON object; `persistedQuery` names a document by its hash."),
    ),
    responses(GetRefusals, (status = 200, description = "What came of it; `errors` tells what did not.",
        content((GraphqlResponse = "application/graphql-response+json"), (GraphqlResponse = "application/json"), (String = "text/html")))))]
#[get("/graphql")]
pub(crate) async fn graphql_get(
    svc: Data<Service>,
    engine: Data<Engine>,
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    run(&svc.into_inner(), &engine, &edge, &request, payload).await
}

/// The mutations that a guest may send.
const GUESTS: [&str; 3] = ["addComment", "updateComment", "deleteComment"];

async fn run(
    svc: &Svc,
    engine: &Engine,
    edge: &Edge,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let parts = match HttpParts::read(request, payload, engine.limits()).await {
        Ok(parts) => parts,
        Err(refusal) => return refusal,
    };
    if parts.wants_page() && svc.config.graphql_introspection.is_on() {
        return graphiql_page();
    }
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (public_keys, is_write, previews) = (Cell::new(None), Cell::new(false), Cell::new(false));
    let mut answer = respond(engine, parts, async |plan| {
        is_write.set(plan.operation == OperationType::Mutation);
        if is_write.get() {
            let is_guests = plan.fields.iter().all(|field| GUESTS.contains(&field.name.as_str()));
            let writer =
                if is_guests { Writer::of_guests_operation(request.head()) } else { Writer::Account };
            edge.origins.admit(request.head(), writer).map_err(Fault::from)?;
        }
        let viewer = Viewer::from_request(request, &mut AnyPayload::None).await.map_err(Fault::from)?;
        let prepared = schema::prepare(svc, viewer, user_agent, &plan).await?;
        public_keys.set(prepared.public_keys);
        previews.set(prepared.previews);
        Ok(prepared.data)
    })
    .await;
    if is_write.get() {
        answer.extensions_mut().insert(Wrote);
    }
    if previews.get() {
        answer.headers_mut().insert(ROBOTS, HeaderValue::from_static("noindex"));
    }
    match public_keys.take() {
        Some(keys) => public(request, answer, keys),
        None => private(answer),
    }
}

/// What a caller with rights reads is nobody else's. Errors and mutations have said no-store.
fn private(mut answer: HttpResponse) -> HttpResponse {
    if !answer.headers().contains_key(header::CACHE_CONTROL) {
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(answers::PRIVATE));
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization, Accept-Encoding"));
    }
    answer
}

/// A query's answer without errors is the same for everybody who did not sign in: it may be kept, and by GET by others too.
fn public(request: &HttpRequest, answer: HttpResponse, keys: Vec<Key>) -> HttpResponse {
    if answer.status() != StatusCode::OK || answer.headers().contains_key(header::CACHE_CONTROL) {
        return answer;
    }
    let (mut answer, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(body) => return answer.set_body(body),
    };
    let as_of = request.extensions().get::<AsOf>().copied();
    let surrogate_keys = answers::surrogate_keys(&keys);
    if let Some(as_of) = as_of {
        answer.extensions_mut().insert(Public { as_of, keys });
    }
    let headers = answer.headers_mut();
    if let Some(keys) = surrogate_keys {
        headers.insert(SURROGATE_KEY, keys);
    }
    if request.method() == Method::POST {
        return answer.set_body(BoxBody::new(body));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(answers::PUBLIC));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization, Accept-Encoding"));
    let modified = as_of.and_then(|as_of| HeaderValue::from_str(&validators::http_date(as_of.modified)).ok());
    if let Some(modified) = modified {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    let tag = validators::etag(None, &body);
    let known = validators::matches_none(request.headers(), &tag);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if known {
        headers.remove(header::CONTENT_TYPE);
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer.set_body(BoxBody::new(()));
    }
    answer.set_body(BoxBody::new(body))
}

/// Read the schema in GraphQL's schema definition language.
///
/// It is what `pressroom graphql-schema` prints. Where introspection is switched off there is none.
#[utoipa::path(operation_id = "get_graphql_schema", tag = "graphql", extensions(("x-answer" = json!("fixed"))),
    responses((status = 200, description = "The schema.", body = String, content_type = "text/plain"), (status = 404, response = NotFound)))]
#[get("/schema.graphql")]
pub(crate) async fn get_graphql_schema(
    svc: Data<Service>,
    engine: Data<Engine>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    params::Params::of(&request).finish()?;
    if !svc.config.graphql_introspection.is_on() {
        return Err(Error::not_found("schema"));
    }
    let sdl = engine.sdl().as_bytes().to_vec();
    Ok(answers::bytes(&request, &answers::Meta::default(), "text/plain; charset=utf-8", sdl))
}

/// The routes of this module.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(graphql_post).service(graphql_get).service(get_graphql_schema);
}
