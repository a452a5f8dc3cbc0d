//! What editors send for a post, the same through REST and GraphQL.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::{DraftStatus, Given, PostStatus, Slug, Visibility};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::content::BodyFormat;
use crate::service::check::Check;
use crate::service::{limits, tags};

/// Most characters of a post's title, and of the one for search engines.
pub(super) const TITLE: usize = 300;
/// Most characters of the line under a title.
pub(super) const SUBTITLE: usize = 500;
/// Most characters of an excerpt.
pub(super) const EXCERPT: usize = 2_000;
/// Most characters of what is said of an image, and to search engines of a post.
pub(super) const DESCRIPTION: usize = 1_000;
/// Most characters of an author's part in a post.
pub(super) const ROLE: usize = 60;
/// Most characters of a sentence on what a reader may reproduce.
const NOTICE: usize = 2_000;
/// Most authors of a post.
pub(crate) const MAX_AUTHORS: usize = 20;

/// A text as its editor wrote it. Both members are required, but for changes to one that is there: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct BodyInput {
    /// In what it is written. Markdown is CommonMark with GitHub's extensions.
    #[serde(default)]
    #[schema(value_type = Option<BodyFormat>)]
    pub format: MaybeUndefined<BodyFormat>,
    /// The source; null clears.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "A *fine* morning.")]
    pub source: MaybeUndefined<String>,
}

impl BodyInput {
    /// A whole one.
    #[must_use]
    pub fn new(format: BodyFormat, source: impl Into<String>) -> Self {
        Self { format: MaybeUndefined::Value(format), source: MaybeUndefined::Value(source.into()) }
    }

    /// Format and source, where neither is left out: what needs nothing that is there already.
    pub(crate) fn whole(&self) -> Option<(BodyFormat, &str)> {
        self.format.value().copied().zip(source_of(&self.source))
    }

    /// The changes to a text that is there.
    pub(crate) fn apply(&self, format: &mut BodyFormat, source: &mut String) {
        if let Some(new) = self.format.value() {
            *format = *new;
        }
        if let Some(new) = source_of(&self.source) {
            new.clone_into(source);
        }
    }

    /// The faults of a text at `pointer` of at most so many bytes; `is_new` where there is none yet that it could change.
    pub(crate) fn check(&self, check: &mut Check, pointer: &str, most: usize, is_new: bool) {
        let required = |member: &str| (format!("{pointer}/{member}"), format!("`{member}` is required."));
        match self.format {
            MaybeUndefined::Value(_) => {}
            MaybeUndefined::Undefined if !is_new => {}
            _ => {
                let (place, detail) = required("format");
                check.fault(&place, "required", detail);
            }
        }
        match &self.source {
            MaybeUndefined::Value(source) if source.len() > most => {
                let detail = format!("The text has {} bytes; at most {most} are taken.", source.len());
                check.fault(&format!("{pointer}/source"), "too_long", detail);
            }
            MaybeUndefined::Undefined if is_new => {
                let (place, detail) = required("source");
                check.fault(&place, "required", detail);
            }
            _ => {}
        }
    }
}

fn source_of(source: &MaybeUndefined<String>) -> Option<&str> {
    match source {
        MaybeUndefined::Value(text) => Some(text),
        MaybeUndefined::Null => Some(""),
        MaybeUndefined::Undefined => None,
    }
}

/// The image at a post's head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct ImageInput {
    /// The uploaded file. Left out, the texts of the present image change; another file begins with its own.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub media_id: MaybeUndefined<String>,
    /// What it shows here; the file's own text where there is none.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub alt: MaybeUndefined<String>,
    /// A line under it here; the file's own where there is none.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub caption: MaybeUndefined<String>,
}

/// An author on a post, with the part that the author had in it.
#[derive(Debug, Clone, PartialEq, Eq, InputObject)]
pub struct BylineInput {
    /// Slug or id of the profile.
    pub author: String,
    /// `author` where it is left out.
    pub role: Option<String>,
}

/// The long form of a byline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BylineObject {
    /// Slug or id of the profile.
    author: String,
    /// `author`, `photographer`, `translator`, …; `author` where it is left out.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::line(ROLE)))))]
    role: Option<String>,
}

/// Slug or id of an author, or an object that also names the author's part.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum BylineForm {
    /// Slug or id.
    Name(String),
    /// With a role.
    Object(BylineObject),
}

impl<'de> Deserialize<'de> for BylineInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = BylineInput;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a slug or id, or an object {author, role}")
            }
            fn visit_str<E>(self, author: &str) -> Result<BylineInput, E> {
                Ok(BylineInput { author: author.to_owned(), role: None })
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<BylineInput, A::Error> {
                let BylineObject { author, role } =
                    BylineObject::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(BylineInput { author, role })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What a reader may reproduce. Of changes: what is left out stays, null clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct TermsInput {
    /// A sentence.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(NOTICE)))))]
    pub notice: MaybeUndefined<String>,
    /// Where the whole text is.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::url()))))]
    pub url: MaybeUndefined<String>,
}

impl TermsInput {
    /// Tidies the members and notes their faults.
    pub(crate) fn check(&mut self, check: &mut Check) {
        if let MaybeUndefined::Value(notice) = &mut self.notice {
            *notice = check.text("/terms/notice", notice, NOTICE).unwrap_or_default();
        }
        if let MaybeUndefined::Value(url) = &mut self.url {
            *url = check.url("/terms/url", url);
        }
    }

    /// The changes to terms that are there.
    pub(crate) fn apply(&self, notice: &mut Option<String>, url: &mut Option<String>) {
        set_text(notice, &self.notice);
        set_text(url, &self.url);
    }
}

/// What search engines and social networks are told. Of changes: what is left out stays, null clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct SeoInput {
    /// Title.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(TITLE)))))]
    pub title: MaybeUndefined<String>,
    /// Description.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub description: MaybeUndefined<String>,
    /// Address of an image.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::url()))))]
    pub image: MaybeUndefined<String>,
}

/// A member of a merge patch (RFC 7396): what is left out stays, null clears.
pub(crate) fn set<T: Clone>(target: &mut Option<T>, value: &MaybeUndefined<T>) {
    match value {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *target = None,
        MaybeUndefined::Value(value) => *target = Some(value.clone()),
    }
}

/// [`set`], where an empty text is none.
pub(crate) fn set_text(target: &mut Option<String>, value: &MaybeUndefined<String>) {
    set(target, value);
    if target.as_deref() == Some("") {
        *target = None;
    }
}

/// Reads a status as an editor may set it, so that another is named among all faults of the body.
fn draft_status<'de, D: Deserializer<'de>>(from: D) -> Result<MaybeUndefined<PostStatus>, D::Error> {
    Ok(MaybeUndefined::<DraftStatus>::deserialize(from)?.map_value(Into::into))
}

/// Makes both inputs of a post of one list of members, all of which may be left out.
macro_rules! post_inputs {
    ($($(#[$meta:meta])+ $member:ident: $type:ty,)+) => {
        /// A post to begin. Only `title` is required.
        #[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
        #[serde(deny_unknown_fields)]
        #[graphql(name = "CreatePostInput")]
        #[schema(example = json!({
            "title": "The harbour at four in the morning",
            "body": { "format": "markdown", "source": "A *fine* morning." },
            "tags": ["Harbours"],
        }))]
        pub struct CreatePost {
            /// The title: one line, at most 300 characters.
            #[schema(extensions(("x-is" = json!(limits::line(TITLE)))))]
            pub title: String,
            $($(#[$meta])+ #[serde(default)] pub $member: MaybeUndefined<$type>,)+
        }

        /// Changes to a post's working copy (RFC 7396): what is left out stays, null clears.
        #[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
        #[serde(deny_unknown_fields)]
        #[graphql(name = "UpdatePostInput")]
        #[schema(example = json!({ "subtitle": "And at five", "excerpt": null }))]
        pub struct UpdatePost {
            /// The title: one line, at most 300 characters.
            #[serde(default)]
            #[schema(value_type = String, extensions(("x-is" = json!(limits::line(TITLE)))))]
            pub title: MaybeUndefined<String>,
            $($(#[$meta])+ #[serde(default)] pub $member: MaybeUndefined<$type>,)+
        }

        impl From<CreatePost> for UpdatePost {
            fn from(new: CreatePost) -> Self {
                Self { title: MaybeUndefined::Value(new.title), $($member: new.$member,)+ }
            }
        }
    };
}

post_inputs! {
    /// The name in addresses; made from the title where it is left out. A former slug goes on leading here.
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::slug()))))]
    slug: Given<Slug>,
    /// A line under the title.
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(SUBTITLE)))))]
    subtitle: String,
    /// What lists show; made from the text where it is left out.
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(EXCERPT)))))]
    excerpt: String,
    /// The body.
    #[schema(value_type = Option<BodyInput>)]
    body: BodyInput,
    /// The image at the head.
    #[schema(value_type = Option<ImageInput>)]
    image: ImageInput,
    /// The byline in order. The caller's own profile where it is left out.
    #[schema(value_type = Option<Vec<BylineForm>>, max_items = 20)]
    authors: Vec<BylineInput>,
    /// Slugs or names; a name that no tag has yet makes one, of which the public hears when a post with it goes out.
    #[schema(value_type = Option<Vec<String>>, max_items = 50, extensions(("x-is" = json!(limits::line(tags::NAME)))))]
    tags: Vec<String>,
    /// Whether the editors put it forward.
    #[schema(value_type = Option<bool>)]
    featured: bool,
    /// Who finds it once it is published; everybody where it is left out.
    #[schema(value_type = Option<Visibility>)]
    visibility: Visibility,
    /// BCP 47; the site's where it is left out.
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::language()))))]
    language: String,
    /// Whether new comments are taken, at once; as the site says where it is left out, or null.
    #[schema(value_type = Option<bool>)]
    comments_open: bool,
    /// Own terms; the site's where it is left out.
    #[schema(value_type = Option<TermsInput>)]
    terms: TermsInput,
    /// Where it first appeared, if elsewhere.
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::url()))))]
    canonical_url: String,
    /// What search engines are told.
    #[schema(value_type = Option<SeoInput>)]
    seo: SeoInput,
    /// An object of the editors' own, at most 64 KiB as JSON.
    #[schema(value_type = Option<Object>)]
    custom: serde_json::Value,
    /// A draft or in review: for a post that is neither live nor scheduled. Publishing has operations of its own.
    #[schema(value_type = Option<DraftStatus>)]
    #[serde(deserialize_with = "draft_status")]
    status: PostStatus,
}

/// When to publish.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(example = json!({ "at": "2026-12-24T18:00:00Z" }))]
#[serde(deny_unknown_fields)]
pub struct PublishInput {
    /// RFC 3339. Left out: now. To come: the post is scheduled and goes out by itself. Past: it is dated so.
    #[serde(default)]
    #[schema(format = DateTime, example = "2026-12-24T18:00:00Z")]
    pub at: Option<String>,
}
