//! The working copy: an editor's changes applied to a snapshot, checked, and its references resolved.

use async_graphql::MaybeUndefined;
use pressroom_schema::revisions::{Snapshot, SnapshotByline, SnapshotImage};
use pressroom_schema::{
    BodyFormat, CommentPolicy, Conn, DraftStatus, Given, Id, Json, LanguageTag, Slug, Tx, Visibility,
    authors, media,
};

use super::input::{self, BylineInput, ImageInput, MAX_AUTHORS, UpdatePost, set, set_text};
use crate::error::{Error, FieldError, Result};
use crate::service::Service;
use crate::service::check::Check;
use crate::view::SeoView;

/// Most bytes of `custom` as JSON.
const MAX_CUSTOM: usize = 65_536;

/// An input whose single values have been checked: all that needs no database.
#[derive(Clone)]
pub(super) struct Checked {
    input: UpdatePost,
    /// Whether it is of a post that begins with it.
    is_new: bool,
    /// How far it has come, where the input says so.
    pub(super) status: Option<DraftStatus>,
    /// In what language it is, where the input says so.
    language: Option<LanguageTag>,
}

/// Judges what needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge(svc: &Service, input: impl Into<UpdatePost>, is_new: bool) -> Result<()> {
    check(svc, input.into(), is_new).map(drop)
}

/// Checks what can be checked without the database.
pub(super) fn check(svc: &Service, mut input: UpdatePost, is_new: bool) -> Result<Checked> {
    let mut check = Check::new();
    match &mut input.title {
        MaybeUndefined::Value(title) => *title = check.line("/title", title, input::TITLE),
        MaybeUndefined::Null => check.fault("/title", "required", "`title` cannot be removed."),
        MaybeUndefined::Undefined => {}
    }
    if let MaybeUndefined::Value(slug) = &input.slug {
        check.slug("/slug", slug);
    }
    if let MaybeUndefined::Value(text) = &mut input.subtitle {
        *text = check.short("/subtitle", text, input::SUBTITLE);
    }
    if let MaybeUndefined::Value(text) = &mut input.excerpt {
        *text = check.text("/excerpt", text, input::EXCERPT).unwrap_or_default();
    }
    if let MaybeUndefined::Value(body) = &mut input.body {
        body.check(&mut check, "/body", svc.config.post_limit, is_new);
    }
    if let MaybeUndefined::Value(image) = &mut input.image {
        if let MaybeUndefined::Value(alt) = &mut image.alt {
            *alt = check.short("/image/alt", alt, input::DESCRIPTION);
        }
        if let MaybeUndefined::Value(caption) = &mut image.caption {
            *caption = check.short("/image/caption", caption, input::DESCRIPTION);
        }
    }
    if let MaybeUndefined::Value(authors) = &mut input.authors {
        if authors.len() > MAX_AUTHORS {
            check.fault("/authors", "too_many", format!("A post has at most {MAX_AUTHORS} authors."));
        }
        for (n, byline) in authors.iter_mut().enumerate() {
            if let Some(role) = &mut byline.role {
                *role = check.line(&format!("/authors/{n}/role"), role, input::ROLE);
            }
        }
    }
    let language = input.language.value().and_then(|tag| check.language("/language", tag));
    let status = input.status.value().and_then(|status| check.draft_status("/status", *status));
    if let MaybeUndefined::Value(terms) = &mut input.terms {
        terms.check(&mut check);
    }
    if let MaybeUndefined::Value(url) = &mut input.canonical_url {
        *url = check.url("/canonical_url", url);
    }
    if let MaybeUndefined::Value(seo) = &mut input.seo {
        if let MaybeUndefined::Value(title) = &mut seo.title {
            *title = check.short("/seo/title", title, input::TITLE);
        }
        if let MaybeUndefined::Value(description) = &mut seo.description {
            *description = check.short("/seo/description", description, input::DESCRIPTION);
        }
        if let MaybeUndefined::Value(image) = &mut seo.image {
            *image = check.url("/seo/image", image);
        }
    }
    if let MaybeUndefined::Value(custom) = &mut input.custom {
        if !custom.is_object() {
            check.fault("/custom", "wrong_type", "`custom` must be an object.");
        }
        let length = custom.to_string().len();
        if length > MAX_CUSTOM {
            check.fault(
                "/custom",
                "too_long",
                format!("`custom` has {length} bytes as JSON; at most {MAX_CUSTOM} are taken."),
            );
        }
    }
    check.done()?;
    Ok(Checked { input, is_new, status, language })
}

impl Checked {
    /// The slug that the editor chose, if any.
    pub(super) fn slug(&self) -> Option<&Slug> {
        self.input.slug.value().and_then(Given::good)
    }

    /// Format and source of the body, where the input has a whole one.
    pub(super) fn body(&self) -> Option<(BodyFormat, String)> {
        let (format, source) = self.input.body.value()?.whole()?;
        Some((format, source.to_owned()))
    }

    /// Whether the input changes the body, or a part of it.
    pub(super) fn changes_body(&self) -> bool {
        !self.input.body.is_undefined()
    }

    /// The bylines that the editor chose, if any.
    pub(super) fn names_authors(&self) -> bool {
        !self.input.authors.is_undefined()
    }

    /// What the editor decided of comments, if anything.
    pub(super) fn comment_policy(&self) -> Option<CommentPolicy> {
        match self.input.comments_open {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(CommentPolicy::Site),
            MaybeUndefined::Value(true) => Some(CommentPolicy::Open),
            MaybeUndefined::Value(false) => Some(CommentPolicy::Closed),
        }
    }

    /// Applies the changes to `snapshot`, all but the slug and what is decided of comments, which no revision has. New tags are made
    /// in `tx`.
    pub(super) fn apply(
        &self,
        svc: &Service,
        tx: &mut Tx<'_>,
        viewer: &crate::auth::viewer::Viewer,
        snapshot: &mut Snapshot,
    ) -> Result<()> {
        let UpdatePost {
            title,
            slug: _,
            subtitle,
            excerpt,
            body,
            image,
            authors,
            tags,
            featured,
            visibility,
            language: _,
            comments_open: _,
            terms,
            canonical_url,
            seo,
            custom,
            status: _,
        } = &self.input;
        let content = &mut snapshot.content;
        if let MaybeUndefined::Value(title) = title {
            content.title.clone_from(title);
        }
        set_text(&mut content.subtitle, subtitle);
        set_text(&mut snapshot.excerpt, excerpt);
        match body {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => snapshot.body_source.clear(),
            MaybeUndefined::Value(body) => body.apply(&mut snapshot.body_format, &mut snapshot.body_source),
        }
        match image {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => snapshot.image = None,
            MaybeUndefined::Value(image) => {
                snapshot.image = Some(resolve_image(tx.conn, image, snapshot.image.take())?);
            }
        }
        match authors {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => snapshot.authors = Vec::new(),
            MaybeUndefined::Value(bylines) => snapshot.authors = resolve_authors(tx.conn, bylines)?,
        }
        match tags {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => snapshot.tags = Vec::new(),
            MaybeUndefined::Value(names) => {
                snapshot.tags = crate::service::tags::resolve_or_create(svc, tx, viewer, names)?;
            }
        }
        content.featured = choose(featured, content.featured, false);
        content.visibility = choose(visibility, content.visibility, Visibility::Public);
        if let Some(language) = &self.language {
            content.language.clone_from(language);
        }
        match terms {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => (content.terms_notice, content.terms_url) = (None, None),
            MaybeUndefined::Value(terms) => {
                terms.apply(&mut content.terms_notice, &mut content.terms_url);
            }
        }
        set(&mut content.canonical_url, canonical_url);
        match seo {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => content.seo = Json::object(),
            MaybeUndefined::Value(seo) => {
                let present: SeoView = content.seo.to().unwrap_or_default();
                let mut changed = present.clone();
                set_text(&mut changed.title, &seo.title);
                set_text(&mut changed.description, &seo.description);
                set_text(&mut changed.image, &seo.image);
                if changed != present {
                    content.seo = Json::of(&changed);
                }
            }
        }
        match custom {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => content.custom = Json::object(),
            MaybeUndefined::Value(custom) if self.is_new => content.custom.0.clone_from(custom),
            MaybeUndefined::Value(custom) => merge(&mut content.custom.0, custom),
        }
        Ok(())
    }
}

/// JSON merge patch (RFC 7396), which `custom` follows member by member.
fn merge(target: &mut serde_json::Value, patch: &serde_json::Value) {
    use serde_json::Value;
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                members.remove(name);
            } else {
                merge(members.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

fn choose<T: Clone>(value: &MaybeUndefined<T>, present: T, cleared: T) -> T {
    match value {
        MaybeUndefined::Undefined => present,
        MaybeUndefined::Null => cleared,
        MaybeUndefined::Value(value) => value.clone(),
    }
}

/// The image as it is after a change of the `present` one.
fn resolve_image(
    conn: &mut Conn,
    image: &ImageInput,
    present: Option<SnapshotImage>,
) -> Result<SnapshotImage> {
    let mut changed = match (image.media_id.value(), present) {
        (None, Some(present)) if image.media_id.is_undefined() => present,
        (None, _) => return Err(Error::invalid("/image/media_id", "required", "`media_id` is required.")),
        (Some(media), present) => {
            let known = media.parse().ok().filter(|id| present.as_ref().is_some_and(|p| p.media_id == *id));
            match (known, present) {
                (Some(_), Some(present)) => present,
                _ => SnapshotImage { media_id: known_media(conn, media)?, alt: None, caption: None },
            }
        }
    };
    set(&mut changed.alt, &image.alt);
    set(&mut changed.caption, &image.caption);
    Ok(changed)
}

fn known_media(conn: &mut Conn, named: &str) -> Result<Id> {
    let unknown = || {
        Error::invalid(
            "/image/media_id",
            "unknown_media",
            format!("There is no media object `{named}`; upload it with POST /v1/media first."),
        )
    };
    let id: Id = named.parse().map_err(|_| unknown())?;
    if media::by_ids(conn, &[id])?.is_empty() { Err(unknown()) } else { Ok(id) }
}

fn resolve_authors(conn: &mut Conn, bylines: &[BylineInput]) -> Result<Vec<SnapshotByline>> {
    let (mut ids, mut slugs) = (Vec::new(), Vec::new());
    for byline in bylines {
        match byline.author.parse::<Id>() {
            Ok(id) => ids.push(id),
            Err(_) => slugs.extend(byline.author.parse::<Slug>()),
        }
    }
    let by_slug = authors::ids_by_slugs(conn, &slugs)?;
    let known: Vec<Id> = authors::by_ids(conn, &ids)?.into_iter().map(|(row, _)| row.id).collect();
    let mut resolved: Vec<SnapshotByline> = Vec::new();
    let mut errors = Vec::new();
    for (n, byline) in bylines.iter().enumerate() {
        let id = byline
            .author
            .parse::<Id>()
            .ok()
            .filter(|id| known.contains(id))
            .or_else(|| by_slug.iter().find(|(slug, _)| **slug == *byline.author).map(|(_, id)| *id));
        match id {
            None => errors.push(FieldError::body(
                format!("/authors/{n}"),
                "unknown_author",
                format!(
                    "There is no author `{}`; create the profile with POST /v1/authors first.",
                    byline.author
                ),
            )),
            Some(id) if resolved.iter().any(|b| b.author_id == id) => errors.push(FieldError::body(
                format!("/authors/{n}"),
                "repeated",
                format!("The author `{}` stands in the byline twice.", byline.author),
            )),
            Some(id) => resolved.push(SnapshotByline {
                author_id: id,
                role: byline.role.clone().unwrap_or_else(|| "author".to_owned()),
            }),
        }
    }
    if errors.is_empty() { Ok(resolved) } else { Err(Error::fields(errors)) }
}
