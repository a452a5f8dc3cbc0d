//! The names of a view's members, from the view's own schema: what `fields` takes, and what the contract says that it takes.

use std::sync::LazyLock;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{AuthorView, CommentView, MediaView, PostView, SiteView, TagView};

/// A view of which a reader can ask for some members by name.
pub(crate) trait Fields {
    /// The names of all its members, in their order.
    fn names() -> &'static [String];
}

macro_rules! fields {
    ($($view:ident by $field:ident,)+) => {$(
        impl Fields for $view {
            fn names() -> &'static [String] {
                static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| members($view::schema()));
                &NAMES
            }
        }

        #[doc = concat!("In the contract, the name of a member of [`", stringify!($view), "`].")]
        pub(crate) struct $field;

        impl PartialSchema for $field {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($view::names().iter().map(String::as_str))).into()
            }
        }

        impl ToSchema for $field {}
    )+};
}

fields! {
    AuthorView by AuthorField,
    CommentView by CommentField,
    MediaView by MediaField,
    PostView by PostField,
    SiteView by SiteField,
    TagView by TagField,
}

fn members(schema: RefOr<Schema>) -> Vec<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.into_keys().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use pressroom_schema::posts::{Measures, PostContent};
    use serde::Serialize;

    use super::Fields;
    use crate::view::{AuthorView, CommentView, MediaView, PostView, Sample, SiteView, TagView};

    /// Holds the names against a value that has all its members: what is written is the truth.
    fn fields_are_members<V: Fields + Sample + Serialize>() {
        let written = serde_json::to_string(&V::sample()).unwrap();
        let mut names: Vec<&str> = V::names().iter().map(String::as_str).collect();
        let mut members: Vec<String> = serde_json::from_str::<serde_json::Map<_, _>>(&written)
            .unwrap()
            .into_iter()
            .map(|m| m.0)
            .collect();
        names.sort_unstable();
        members.sort_unstable();
        assert_eq!(names, members);
    }

    #[test]
    fn every_member_that_an_answer_has_can_be_asked_for_by_name() {
        fields_are_members::<AuthorView>();
        fields_are_members::<CommentView>();
        fields_are_members::<MediaView>();
        fields_are_members::<PostView>();
        fields_are_members::<SiteView>();
        fields_are_members::<TagView>();
    }

    #[test]
    fn what_is_stored_of_a_post_to_be_shown_is_shown() {
        let content = serde_json::to_value(PostContent::default()).unwrap();
        let measures = serde_json::to_value(Measures::default()).unwrap();
        for stored in content.as_object().unwrap().keys().chain(measures.as_object().unwrap().keys()) {
            let name = if stored.starts_with("terms_") { "terms" } else { stored };
            assert!(PostView::names().iter().any(|shown| shown == name), "{stored}");
        }
    }
}
