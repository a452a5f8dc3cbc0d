//! Rows as views: the step between what is stored and what is shown, which notes what is shown as a dependency of the answer.

use pressroom_schema::Key;
use pressroom_schema::authors::WithAvatar;
use pressroom_schema::media::{ImageRow, MediaRow};
use pressroom_schema::posts::SummaryRow;
use pressroom_schema::site::SiteRow;
use pressroom_schema::tags::WithParent;
use pressroom_schema::{BodyFormat, Json, MediaType};
use serde::Deserialize;

use super::Service;
use crate::freshness::Reader;
use crate::view::{
    AuthorView, ImageView, MediaView, PostSummary, SocialView, TagParentView, TagView, TermsView, VariantView,
};

/// A smaller width as the media row keeps it.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(crate) struct StoredVariant {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) mime: MediaType,
    pub(crate) key: String,
}

#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(crate) struct StoredSocial {
    pub(crate) service: String,
    pub(crate) handle: String,
    pub(crate) url: String,
}

impl Service {
    /// The address under which the media store's `key` is served.
    pub(crate) fn media_url(&self, key: &str) -> String {
        format!("{}/media/{key}", self.config.api_base())
    }

    fn variants(&self, stored: &Json) -> Vec<VariantView> {
        stored
            .to::<Vec<StoredVariant>>()
            .unwrap_or_default()
            .into_iter()
            .map(|v| VariantView {
                url: self.media_url(&v.key),
                width: v.width,
                height: v.height,
                mime: v.mime,
            })
            .collect()
    }

    /// An image where it is shown; `alt` and `caption` of the place win over those of the media object.
    pub(crate) fn image(&self, row: &ImageRow, alt: Option<&str>, caption: Option<&str>) -> ImageView {
        ImageView {
            id: row.id,
            url: self.media_url(&row.storage_key),
            alt: alt.unwrap_or(&row.alt).to_owned(),
            caption: caption.or(row.caption.as_deref()).map(str::to_owned),
            width: u32::try_from(row.width).unwrap_or_default(),
            height: u32::try_from(row.height).unwrap_or_default(),
            mime: row.mime,
            color: row.color.clone(),
            variants: self.variants(&row.variants),
        }
    }

    /// An uploaded file as the media library shows it.
    pub(crate) fn media(&self, row: &MediaRow) -> MediaView {
        MediaView {
            id: row.id,
            url: self.media_url(&row.storage_key),
            mime: row.mime,
            filename: row.filename.clone(),
            byte_size: row.byte_size,
            width: u32::try_from(row.width).unwrap_or_default(),
            height: u32::try_from(row.height).unwrap_or_default(),
            alt: row.alt.clone(),
            caption: row.caption.clone(),
            color: row.color.clone(),
            animated: row.animated,
            state: row.state,
            variants: self.variants(&row.variants),
            sha256: row.sha256.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }

    /// An author's profile.
    pub(crate) fn author(&self, reader: &mut Reader<'_>, (row, avatar): &WithAvatar) -> AuthorView {
        reader.depend(Key::Author(row.id));
        AuthorView {
            id: row.id,
            slug: row.slug.clone(),
            name: row.name.clone(),
            bio_html: row.bio_html.clone(),
            bio_markdown: (row.bio_format == BodyFormat::Markdown).then(|| row.bio_source.clone()),
            avatar: avatar.as_ref().map(|media| self.image(media, None, None)),
            location: row.location.clone(),
            website: row.website.clone(),
            social: social(&row.social),
            post_count: row.post_count,
            first_published_at: row.first_published_at,
            last_published_at: row.last_published_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }

    /// The summary of a post.
    pub(crate) fn summary(&self, reader: &mut Reader<'_>, row: &SummaryRow) -> PostSummary {
        reader.depend(Key::Summary(row.id));
        PostSummary {
            id: row.id,
            slug: row.slug.clone(),
            url: self.config.post_url(&row.slug),
            title: row.title.clone(),
            excerpt: row.excerpt.clone(),
            published_at: row.published_at,
            language: row.language.clone(),
            listed: row.listed,
        }
    }
}

/// Stored profiles elsewhere.
pub(crate) fn social(json: &Json) -> Vec<SocialView> {
    json.to::<Vec<StoredSocial>>()
        .unwrap_or_default()
        .into_iter()
        .map(|s| SocialView { service: s.service, handle: s.handle, url: s.url })
        .collect()
}

/// A tag.
pub(crate) fn tag(reader: &mut Reader<'_>, (row, parent): &WithParent) -> TagView {
    reader.depend(Key::Tag(row.id));
    if let Some((above, _, _)) = parent {
        reader.depend(Key::Tag(*above));
    }
    TagView {
        id: row.id,
        slug: row.slug.clone(),
        name: row.name.clone(),
        kind: row.kind,
        description: row.description.clone(),
        parent: parent.as_ref().map(|(id, slug, name)| TagParentView {
            id: *id,
            slug: slug.clone(),
            name: name.clone(),
        }),
        post_count: row.post_count,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    }
}

/// The site's terms.
pub(crate) fn site_terms(reader: &mut Reader<'_>, site: &SiteRow) -> TermsView {
    reader.depend(Key::Site);
    TermsView { notice: site.terms_notice.clone(), url: site.terms_url.clone() }
}
