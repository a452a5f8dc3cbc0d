//! The contract as the server gives it: the OpenAPI document, and what each path takes by it.

use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;
use serde_json::{Map, Value};

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
