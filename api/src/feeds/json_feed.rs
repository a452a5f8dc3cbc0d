//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use pressroom_schema::{LanguageTag, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::address;
use super::text::failed;
use crate::error::Result;
use crate::service::feeds::{Entry, Feed, Person};

/// A feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JsonFeed {
    /// Which version of the format.
    #[schema(example = "https://jsonfeed.org/version/1.1")]
    version: &'static str,
    /// The name.
    title: String,
    /// The page that shows the same.
    home_page_url: String,
    /// Its own address.
    feed_url: String,
    /// What it is; absent where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The site's logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// Who publishes it.
    authors: Vec<JsonAuthor>,
    /// The language (BCP 47).
    #[schema(value_type = String)]
    language: LanguageTag,
    /// The entries, newest first.
    items: Vec<JsonItem>,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JsonItem {
    /// `urn:uuid:` and the id.
    id: String,
    /// Its page.
    url: String,
    /// The title.
    title: String,
    /// The text.
    content_html: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    /// The image at its head.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// When it was published.
    #[schema(value_type = String, format = DateTime)]
    date_published: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    date_modified: Timestamp,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    authors: Vec<JsonAuthor>,
    /// The names of its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<String>,
    /// The language (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    language: Option<LanguageTag>,
}

/// Who wrote or publishes something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JsonAuthor {
    /// The name.
    name: String,
    /// A page about the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// A picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
}

pub(super) fn write(feed: &Feed, base: &str) -> Result<Vec<u8>> {
    let json = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title.clone(),
        home_page_url: feed.home.clone(),
        feed_url: address(base, &feed.query),
        description: Some(feed.description.clone()).filter(|d| !d.trim().is_empty()),
        icon: feed.logo.clone(),
        authors: vec![JsonAuthor {
            name: feed.publisher.clone(),
            url: Some(feed.publisher_url.clone()),
            avatar: None,
        }],
        language: feed.language.clone(),
        items: feed.entries.iter().map(item).collect(),
    };
    serde_json::to_vec(&json).map_err(failed)
}

fn item(entry: &Entry) -> JsonItem {
    JsonItem {
        id: format!("urn:uuid:{}", entry.id),
        url: entry.url.clone(),
        title: entry.title.clone(),
        content_html: entry.html.clone(),
        summary: entry.summary.clone(),
        image: entry.image.as_ref().map(|image| image.url.clone()),
        date_published: entry.published,
        date_modified: entry.updated,
        authors: entry.authors.iter().map(author).collect(),
        tags: entry.tags.iter().map(|(_, name)| name.clone()).collect(),
        language: entry.language.clone(),
    }
}

fn author(person: &Person) -> JsonAuthor {
    JsonAuthor { name: person.name.clone(), url: person.url.clone(), avatar: person.avatar.clone() }
}
