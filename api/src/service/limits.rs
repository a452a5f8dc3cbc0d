//! What the contract says of a member that [`Check`](super::check::Check) judges: each function here has the name of the rule there.
//! utoipa takes only literals for limits; these take the constants that the rules take, by the extension `x-is`. The limits of
//! lists, where it takes no extension, are held against the constants by the test below.

use pressroom_schema::LanguageTag;
use serde_json::{Value, json};

use super::check::{MAX_EMAIL, MAX_URL};
use pressroom_schema::Slug;

/// A line of text that must say something.
pub(crate) fn line(most: usize) -> Value {
    json!({ "minLength": 1, "maxLength": most })
}

/// Text that may be empty.
pub(crate) fn text(most: usize) -> Value {
    json!({ "maxLength": most })
}

/// A name in addresses.
pub(crate) fn slug() -> Value {
    json!({ "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": Slug::MAX_LENGTH })
}

/// RFC 5646, 2.1, without languages of more than three letters: language, script, region, variants, extensions, private use.
const LANGUAGE: &str = "^[A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?\
     (-([A-Za-z][A-Za-z0-9]{4,7}|[0-9][A-Za-z0-9]{3,7}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*(-[xX](-[A-Za-z0-9]{1,8})+)?$";

/// BCP 47.
pub(crate) fn language() -> Value {
    json!({ "pattern": LANGUAGE, "maxLength": LanguageTag::MAX_LENGTH })
}

/// An absolute http or https address.
pub(crate) fn url() -> Value {
    json!({ "format": "uri", "maxLength": MAX_URL })
}

/// An e-mail address.
pub(crate) fn email() -> Value {
    json!({ "format": "email", "maxLength": MAX_EMAIL })
}

/// A password.
pub(crate) fn password() -> Value {
    use crate::auth::password::{MAX_CHARACTERS, MIN_CHARACTERS};
    json!({ "minLength": MIN_CHARACTERS, "maxLength": MAX_CHARACTERS })
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;
    use utoipa::openapi::schema::Schema;
    use utoipa::openapi::{RefOr, schema};

    use crate::service::{authors, comments, links, posts, site, social, tags};

    fn most_items<T: PartialSchema>(member: &str) -> Option<usize> {
        let RefOr::T(Schema::Object(schema::Object { mut properties, .. })) = T::schema() else {
            return None;
        };
        match properties.shift_remove(member) {
            Some(RefOr::T(Schema::Array(array))) => array.max_items,
            _ => None,
        }
    }

    #[test]
    fn a_list_has_the_limit_in_the_contract_that_its_rule_has() {
        assert_eq!(most_items::<posts::CreatePost>("authors"), Some(posts::MAX_AUTHORS));
        assert_eq!(most_items::<posts::UpdatePost>("tags"), Some(tags::MAX_TAGS));
        assert_eq!(most_items::<authors::UpdateAuthor>("social"), Some(social::MAX));
        assert_eq!(most_items::<site::UpdateSite>("social"), Some(social::MAX));
        assert_eq!(most_items::<links::LinksInput>("links"), Some(links::MAX_LINKS));
        assert_eq!(most_items::<comments::ModerateComments>("ids"), Some(comments::MODERATED_AT_ONCE));
    }
}
