//! What the contract says of query parameters: types for those that take one of some words, or a number within bounds.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema};

use crate::page::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::service::search::MAX_CHARS;

/// Makes a type that stands for a parameter's schema.
macro_rules! parameter_type {
    ($(#[$about:meta])+ $name:ident = $schema:expr) => {
        $(#[$about])+
        pub(crate) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use parameter_type;

/// One of some words.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// How many at most.
pub(crate) fn limit(most: i64, usual: i64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .maximum(Some(most))
        .default(Some(usual.into()))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1))
}

parameter_type! {
    /// `true` or `false`, which it is where it is left out.
    Flag = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into()))
}
parameter_type! {
    /// A cursor of an earlier page.
    Cursor = text()
}
parameter_type! {
    /// How many rows a page has.
    PageLimit = limit(MAX_LIMIT, DEFAULT_LIMIT)
}
parameter_type! {
    /// Words to find.
    SearchText = text().max_length(Some(MAX_CHARS))
}

/// The parameters of every list that has pages.
pub(crate) struct PageParameters;

impl IntoParams for PageParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, about: &str, schema: RefOr<Schema>| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(about))
                .schema(Some(schema))
                .build()
        };
        vec![
            parameter("limit", "Rows of a page; 20 where it is left out.", PageLimit::schema()),
            parameter("after", "`page.next` of the page before.", Cursor::schema()),
            parameter("before", "`page.previous` of the page after.", Cursor::schema()),
            parameter("count", "Whether `page.total` is wanted.", Flag::schema()),
        ]
    }
}
