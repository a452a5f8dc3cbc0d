//! The contract as the server gives it: the OpenAPI document, what each path takes by it, and the answer to all else.

use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;
use actix_web::http::{Method, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};

/// The document, and which methods each path has: what `Allow` lists.
pub(crate) struct Contract {
    pub(crate) text: String,
    routes: Vec<(ResourceDef, Vec<String>)>,
}

impl Contract {
    /// Reads the routes from the document.
    pub(crate) fn of(text: String) -> Self {
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut routes = Vec::new();
        for (path, item) in value.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let mut methods = BTreeSet::new();
            for method in item.as_object().into_iter().flat_map(Map::keys) {
                methods.insert(method.to_uppercase());
                if method == "get" {
                    methods.insert("HEAD".to_owned());
                }
            }
            methods.insert("OPTIONS".to_owned());
            routes.push((ResourceDef::new(path.as_str()), methods.into_iter().collect()));
        }
        // `/comments/moderate` also has the form of `/comments/{id}`: a path belongs to the route with the fewest placeholders.
        routes.sort_by_key(|(route, _)| route.pattern().unwrap_or_default().matches('{').count());
        Self { text, routes }
    }

    /// The methods of a path; empty where there is none.
    pub(crate) fn methods(&self, path: &str) -> Vec<String> {
        self.routes.iter().find(|(route, _)| route.is_match(path)).map(|(_, m)| m.clone()).unwrap_or_default()
    }
}

/// Answers what no route takes: 405 where the path has other methods, else 404.
pub(crate) async fn fallback(contract: Data<Contract>, request: HttpRequest) -> Result<HttpResponse> {
    let methods = contract.methods(request.path());
    if methods.is_empty() {
        return Err(Error::new(
            Code::NotFound,
            "There is nothing under this path; /openapi.json lists what there is.",
        ));
    }
    let allow = methods.join(", ");
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    let error = Error::new(
        Code::MethodNotAllowed,
        format!("{} is not possible here; this path takes {allow}.", request.method()),
    );
    let mut answer = actix_web::ResponseError::error_response(&error);
    if let Ok(value) = header::HeaderValue::from_str(&allow) {
        answer.headers_mut().insert(header::ALLOW, value);
    }
    Ok(answer)
}
