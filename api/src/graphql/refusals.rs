//! What the contract says of requests that are refused: GraphQL tells what is wrong in its own form, whatever the status.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::http::problem::STATUSES;

/// The refusals of a POST.
pub(super) struct PostRefusals;

/// The refusals of a GET.
pub(super) struct GetRefusals;

impl IntoResponses for PostRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&["400", "401", "406", "409", "413", "415", "422", "429", "500", "503"])
    }
}

impl IntoResponses for GetRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        responses(&["400", "401", "405", "406", "429", "500", "503"])
    }
}

fn responses(statuses: &[&str]) -> BTreeMap<String, RefOr<Response>> {
    let response = |status: &str| {
        let description = match status {
            "405" => "A mutation, which needs POST.",
            "409" => "The first request with this Idempotency-Key is still under way.",
            "422" => "The Idempotency-Key was used for another request.",
            _ => STATUSES.iter().find(|(known, ..)| *known == status).map_or("", |(_, _, means)| *means),
        };
        let mut response = ResponseBuilder::new().description(description);
        for kind in ["application/graphql-response+json", "application/json"] {
            let schema = Ref::from_schema_name("GraphqlResponse");
            response = response.content(kind, ContentBuilder::new().schema(Some(schema)).build());
        }
        let header = match status {
            "401" => "WWW-Authenticate",
            "405" => "Allow",
            "429" | "503" => "Retry-After",
            _ => return response.into(),
        };
        response.header_ref(header, Ref::new(format!("#/components/headers/{header}"))).into()
    };
    statuses.iter().map(|status| ((*status).to_owned(), response(status))).collect()
}
