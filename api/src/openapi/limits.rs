//! How long, how many, of which form: what the code refuses, said in the schemas of what callers send.

use serde_json::{Map, Value, json};

use super::finish::each_schema;
use crate::auth::password::{MAX_CHARACTERS, MIN_CHARACTERS};
use crate::content::slug::MAX_SLUG;
use crate::service::{comments, links, posts, social, tags};

const SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
const LANGUAGE: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$";

/// What holds for a member.
enum Rule {
    /// Characters, from and to.
    Text(usize, usize),
    /// A name in addresses.
    Slug,
    /// BCP 47.
    Language,
    /// An absolute http or https address.
    Url,
    /// An e-mail address.
    Email,
    /// At most so many items.
    Items(usize),
    /// From one to so many items, each an id.
    Ids(usize),
    /// At most so many items of so many characters each.
    Lines(usize, usize),
    /// At least one item.
    Some,
}

/// Members that a change may leave out but not remove.
const LASTING: [(&str, &str); 8] = [
    ("UpdatePost", "title"),
    ("UpdateAuthor", "name"),
    ("UpdateTag", "name"),
    ("UpdateSite", "title"),
    ("UpdateUser", "email"),
    ("UpdateUser", "name"),
    ("UpdateUser", "role"),
    ("UpdateUser", "password"),
];

/// Adds them to the document.
pub(super) fn apply(document: &mut Value) {
    each_schema(document, |name, schema| {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (member, property) in properties.into_iter().flatten() {
            let Some(property) = property.as_object_mut() else { continue };
            if LASTING.contains(&(name, member.as_str())) {
                never_null(property);
            }
            if let Some(rule) = rule(name, member) {
                rule.describe(property);
            } else if counts(member) && property.get("type").is_some_and(|kind| kind == "integer") {
                property.insert("minimum".to_owned(), json!(i32::from(member == "version")));
            }
        }
    });
}

#[expect(clippy::match_same_arms, reason = "a line for each member, in the order of the code that judges it")]
fn rule(schema: &str, member: &str) -> Option<Rule> {
    use Rule::{Email, Ids, Items, Language, Lines, Slug, Some as AtLeastOne, Text, Url};
    Some(match (schema, member) {
        (
            "CreatePost" | "UpdatePost" | "CreateAuthor" | "UpdateAuthor" | "CreateTag" | "UpdateTag",
            "slug",
        ) => Slug,
        ("CreatePost" | "UpdatePost", "title") => Text(1, 300),
        ("CreatePost" | "UpdatePost", "subtitle") => Text(0, 500),
        ("CreatePost" | "UpdatePost", "excerpt") => Text(0, 2_000),
        ("CreatePost" | "UpdatePost", "authors") => Items(posts::MAX_AUTHORS),
        ("CreatePost" | "UpdatePost", "tags") => Lines(tags::MAX_TAGS, 100),
        ("CreatePost" | "UpdatePost" | "UpdateSite", "language") => Language,
        ("CreatePost" | "UpdatePost", "canonical_url") | ("CreateAuthor" | "UpdateAuthor", "website") => Url,
        ("TermsInput" | "SocialInput" | "ExternalInput" | "CommentAuthorInput", "url")
        | ("SeoInput", "image") => Url,
        ("ImageInput", "alt" | "caption") | ("SeoInput", "description") | ("LinkInput", "note") => {
            Text(0, 1_000)
        }
        ("BylineObject", "role") => Text(1, 60),
        ("TermsInput", "notice") => Text(0, 2_000),
        ("SeoInput", "title") => Text(0, 300),
        ("CreateAuthor" | "UpdateAuthor", "name") => Text(1, 200),
        ("CreateAuthor" | "UpdateAuthor", "location") => Text(0, 200),
        ("CreateAuthor" | "UpdateAuthor" | "UpdateSite", "social") => Items(social::MAX),
        ("SocialInput", "service") => Text(1, 40),
        ("SocialInput", "handle") => Text(1, 100),
        ("CreateTag" | "UpdateTag", "name") => Text(1, 100),
        ("CreateTag" | "UpdateTag", "description") => Text(0, 2_000),
        ("ExternalInput", "title" | "author" | "publisher") => Text(0, 500),
        ("LinksInput", "links") => Items(links::MAX_LINKS),
        ("AddComment" | "UpdateComment", "body") => Text(1, comments::BODY_LENGTH),
        ("CommentAuthorInput", "name") => Text(1, comments::NAME_LENGTH),
        ("CommentAuthorInput" | "CreateUser" | "UpdateUser", "email") => Email,
        ("ModerateComments", "ids") => Ids(comments::MODERATED_AT_ONCE),
        ("UpdateSite", "title") => Text(1, 200),
        ("UpdateSite", "description") => Text(0, 1_000),
        ("CreateUser" | "UpdateUser" | "CreateToken", "name") => Text(1, 120),
        ("CreateUser" | "UpdateUser", "password") | ("PasswordInput", "new_password") => {
            Text(MIN_CHARACTERS, MAX_CHARACTERS)
        }
        ("CreateToken", "scopes") => AtLeastOne,
        _ => return None,
    })
}

impl Rule {
    fn describe(&self, property: &mut Map<String, Value>) {
        let mut say = |key: &str, value: Value| property.insert(key.to_owned(), value);
        match *self {
            Self::Text(least, most) => {
                if least > 0 {
                    say("minLength", json!(least));
                }
                say("maxLength", json!(most));
            }
            Self::Slug => {
                say("pattern", json!(SLUG));
                say("maxLength", json!(MAX_SLUG));
            }
            Self::Language => {
                say("pattern", json!(LANGUAGE));
                say("maxLength", json!(35));
            }
            Self::Url => {
                say("format", json!("uri"));
                say("maxLength", json!(2_048));
            }
            Self::Email => {
                say("format", json!("email"));
                say("maxLength", json!(254));
            }
            Self::Items(most) => {
                say("maxItems", json!(most));
            }
            Self::Ids(most) => {
                say("minItems", json!(1));
                say("maxItems", json!(most));
                say("items", json!({ "type": "string", "format": "uuid" }));
            }
            Self::Lines(most, length) => {
                say("maxItems", json!(most));
                say("items", json!({ "type": "string", "minLength": 1, "maxLength": length }));
            }
            Self::Some => {
                say("minItems", json!(1));
            }
        }
    }
}

/// Whether a member of an answer is a number that is never below zero.
fn counts(member: &str) -> bool {
    matches!(
        member,
        "version" | "position" | "depth" | "byte_size" | "word_count" | "reading_minutes" | "total"
    ) || member.ends_with("_count")
}

fn never_null(property: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = property.get("type")
        && let Some(kind) = kinds.iter().find(|kind| *kind != "null").cloned()
    {
        property.insert("type".to_owned(), kind);
    }
    if let Some(words) = property.get_mut("enum").and_then(Value::as_array_mut) {
        words.retain(|word| !word.is_null());
    }
}
