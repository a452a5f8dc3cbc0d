//! What the answers consist of.

use serde::{Deserialize, Serialize};

use super::rows::{Key, Moment};

#[derive(Deserialize)]
pub(super) struct StoredVariant {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) mime: String,
    pub(super) key: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Variant {
    pub(super) url: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) mime: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Image {
    pub(super) id: Key,
    pub(super) url: String,
    pub(super) alt: String,
    pub(super) caption: Option<String>,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) mime: String,
    pub(super) color: Option<String>,
    pub(super) variants: Vec<Variant>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Social {
    pub(super) service: String,
    pub(super) handle: String,
    pub(super) url: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Author {
    pub(super) id: Key,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) bio_html: String,
    pub(super) bio_markdown: Option<String>,
    pub(super) avatar: Option<Image>,
    pub(super) location: Option<String>,
    pub(super) website: Option<String>,
    pub(super) social: Vec<Social>,
    pub(super) post_count: i64,
    pub(super) first_published_at: Option<Moment>,
    pub(super) last_published_at: Option<Moment>,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Parent {
    pub(super) id: Key,
    pub(super) slug: String,
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct Tag {
    pub(super) id: Key,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) parent: Option<Parent>,
    pub(super) post_count: i64,
    pub(super) created_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) version: i64,
}

#[derive(Serialize)]
pub(super) struct Terms {
    pub(super) notice: Option<String>,
    pub(super) url: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seo {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) image: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct Summary {
    pub(super) id: Key,
    pub(super) slug: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) excerpt: String,
    pub(super) published_at: Option<Moment>,
    pub(super) language: String,
}

#[derive(Serialize)]
pub(super) struct Link {
    pub(super) id: Key,
    pub(super) relation: String,
    pub(super) position: i32,
    pub(super) note: Option<String>,
    pub(super) origin: &'static str,
    pub(super) post: Summary,
}

#[derive(Serialize)]
pub(super) struct Links {
    pub(super) outgoing: Vec<Link>,
    pub(super) incoming: Vec<Link>,
}

#[derive(Serialize)]
pub(super) struct Reason {
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terms: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(super) struct Related {
    pub(super) post: Summary,
    pub(super) reason: Reason,
}

#[derive(Serialize)]
pub(super) struct Adjacent {
    pub(super) previous: Option<Summary>,
    pub(super) next: Option<Summary>,
}

#[derive(Serialize)]
pub(super) struct Writer {
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) avatar_url: Option<String>,
    pub(super) is_post_author: bool,
    pub(super) profile: Option<Author>,
}

#[derive(Serialize)]
pub(super) struct Comment {
    pub(super) id: Key,
    pub(super) post_id: Key,
    pub(super) parent_id: Option<Key>,
    pub(super) depth: i32,
    pub(super) author: Writer,
    pub(super) html: String,
    pub(super) is_tombstone: bool,
    pub(super) created_at: Moment,
    pub(super) edited_at: Option<Moment>,
    pub(super) reply_count: i32,
    pub(super) replies: Vec<Comment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replies_next: Option<String>,
    pub(super) permalink: String,
    pub(super) score: i32,
    pub(super) version: i64,
}

#[derive(Serialize)]
pub(super) struct PageInfo {
    pub(super) next: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) total: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    pub(super) page: PageInfo,
}

#[derive(Serialize)]
pub(super) struct Post {
    pub(super) id: Key,
    pub(super) slug: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) subtitle: Option<String>,
    pub(super) excerpt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    pub(super) status: String,
    pub(super) visibility: String,
    pub(super) featured: bool,
    pub(super) published_at: Option<Moment>,
    pub(super) updated_at: Moment,
    pub(super) created_at: Moment,
    pub(super) version: i64,
    pub(super) word_count: i32,
    pub(super) reading_minutes: i32,
    pub(super) language: String,
    pub(super) image: Option<Image>,
    pub(super) authors: Vec<Author>,
    pub(super) tags: Vec<Tag>,
    pub(super) comment_count: i64,
    pub(super) comments_open: bool,
    pub(super) comment_policy: String,
    pub(super) terms: Terms,
    pub(super) canonical_url: Option<String>,
    pub(super) seo: Seo,
    pub(super) custom: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<Links>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) related: Option<Vec<Related>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) adjacent: Option<Adjacent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comments: Option<List<Comment>>,
}
