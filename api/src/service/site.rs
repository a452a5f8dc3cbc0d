//! The site's settings.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::site::{self, SiteRow};
use pressroom_schema::{ChangeAction, Conn, Id, Json, Key, LanguageTag, ObjectType, Timestamp, Total, media};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::Check;
use super::limits;
use super::social::{SocialInput, check_social};
use super::{IfMatch, Service, Svc, present, require};
use crate::auth::policy::{Action, Target};
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::freshness::{Read, Reader};
use crate::service::posts::TermsInput;
use crate::view::{CountsView, FeedsView, SiteView};

/// Most characters of the title.
const TITLE: usize = 200;
/// Most characters of the sentence on what the site is.
const DESCRIPTION: usize = 1_000;

/// An image of the media library.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct MediaRefInput {
    /// The uploaded file.
    #[schema(format = Uuid)]
    pub media_id: String,
}

/// Changes to the site's settings (RFC 7396).
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[graphql(name = "UpdateSiteInput")]
#[schema(example = json!({ "title": "Fathom & Furrow", "language": "en" }))]
pub struct UpdateSite {
    /// Its name.
    #[serde(default)]
    #[schema(value_type = String, extensions(("x-is" = json!(limits::line(TITLE)))))]
    pub title: MaybeUndefined<String>,
    /// A sentence on what it is.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(DESCRIPTION)))))]
    pub description: MaybeUndefined<String>,
    /// The language of new posts (BCP 47).
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::language()))))]
    pub language: MaybeUndefined<String>,
    /// The time zone in which it shows dates (IANA).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Europe/Lisbon")]
    pub timezone: MaybeUndefined<String>,
    /// Its logo.
    #[serde(default)]
    #[schema(value_type = Option<MediaRefInput>)]
    pub logo: MaybeUndefined<MediaRefInput>,
    /// What a reader may reproduce.
    #[serde(default)]
    #[schema(value_type = Option<TermsInput>)]
    pub terms: MaybeUndefined<TermsInput>,
    /// Its profiles elsewhere.
    #[serde(default)]
    #[schema(value_type = Option<Vec<SocialInput>>, max_items = 20)]
    pub social: MaybeUndefined<Vec<SocialInput>>,
    /// Whether new posts take comments.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub comments_open: MaybeUndefined<bool>,
}

/// The site's settings, or those that hold until somebody sets them.
pub(crate) fn settings(conn: &mut Conn, now: Timestamp) -> Result<SiteRow> {
    Ok(site::get(conn)?.unwrap_or_else(|| SiteRow {
        id: 1,
        title: "Pressroom".into(),
        description: String::new(),
        language: LanguageTag::english(),
        timezone: "UTC".into(),
        logo_media_id: None,
        terms_notice: None,
        terms_url: None,
        social: Json::list(),
        comments_open: true,
        version: 0,
        updated_at: now,
    }))
}

/// What of the site takes a statement of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SiteParts {
    /// The logo.
    pub(crate) logo: bool,
    /// How much there is.
    pub(crate) counts: bool,
}

/// The site as everybody sees it.
pub(crate) fn load_site(svc: &Service, reader: &mut Reader<'_>) -> Result<SiteView> {
    load_parts(svc, reader, SiteParts { logo: true, counts: true })
}

/// [`load_site`], less what is not asked for.
pub(crate) fn load_parts(svc: &Service, reader: &mut Reader<'_>, parts: SiteParts) -> Result<SiteView> {
    // Before the first change there is no row; the epoch keeps the answer the same from read to read.
    let row = settings(reader, Timestamp::new(chrono::DateTime::UNIX_EPOCH))?;
    reader.depend(Key::Site);
    let logo = if parts.logo { site::logo(reader, &row)? } else { None };
    let totals = if parts.counts {
        reader.depend(Key::Totals);
        site::totals(reader)?
    } else {
        Vec::new()
    };
    let total = |wanted: Total| totals.iter().find(|(n, _)| *n == wanted).map_or(0, |(_, v)| *v);
    let api = svc.config.api_base();
    Ok(SiteView {
        terms: present::site_terms(reader, &row),
        social: present::social(&row.social),
        logo: logo.as_ref().map(|m| svc.image(m, None, None)),
        title: row.title,
        description: row.description,
        url: svc.config.site_url.trim_end_matches('/').to_owned(),
        language: row.language,
        timezone: row.timezone,
        subscribe: FeedsView {
            rss: format!("{api}/feed.xml"),
            atom: format!("{api}/atom.xml"),
            json: format!("{api}/feed.json"),
            sitemap: format!("{api}/sitemap.xml"),
        },
        comments_open: row.comments_open,
        counts: CountsView {
            posts: total(Total::Posts),
            authors: total(Total::Authors),
            tags: total(Total::Tags),
            comments: total(Total::Comments),
        },
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// The site.
///
/// # Errors
/// When the database fails.
pub async fn get(svc: &Svc, viewer: &Viewer) -> Result<Read<SiteView>> {
    let svc2 = svc.clone();
    svc.read(viewer, move |reader| load_site(&svc2, reader)).await
}

/// The media object that an input names.
pub(crate) fn media_of(conn: &mut Conn, pointer: &str, input: &MediaRefInput) -> Result<Id> {
    let unknown = || {
        Error::invalid(
            format!("{pointer}/media_id"),
            "unknown_media",
            format!("There is no media object `{}`; upload it with POST /v1/media first.", input.media_id),
        )
    };
    let id: Id = input.media_id.parse().map_err(|_| unknown())?;
    if media::by_ids(conn, &[id])?.is_empty() { Err(unknown()) } else { Ok(id) }
}

/// Changes the site's settings.
///
/// # Errors
/// 401 and 403 by rights, 412 when `if_match` is stale, 422 with every fault.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    mut input: UpdateSite,
    if_match: Option<IfMatch>,
) -> Result<SiteView> {
    require(viewer, Action::EditSite, &Target::None, "site")?;
    let mut check = Check::new();
    match &mut input.title {
        MaybeUndefined::Value(title) => *title = check.line("/title", title, TITLE),
        MaybeUndefined::Null => check.fault("/title", "required", "`title` cannot be removed."),
        MaybeUndefined::Undefined => {}
    }
    if let MaybeUndefined::Value(text) = &mut input.description {
        *text = check.text("/description", text, DESCRIPTION).unwrap_or_default();
    }
    let language = match &input.language {
        MaybeUndefined::Value(tag) => check.language("/language", tag),
        MaybeUndefined::Null => Some(LanguageTag::english()),
        MaybeUndefined::Undefined => None,
    };
    if let MaybeUndefined::Value(zone) = &input.timezone
        && zone.parse::<chrono_tz::Tz>().is_err()
    {
        check.fault(
            "/timezone",
            "invalid_timezone",
            "`timezone` must be an IANA name, such as Europe/Lisbon or UTC.",
        );
    }
    if let MaybeUndefined::Value(terms) = &mut input.terms {
        terms.check(&mut check);
    }
    let social = match &input.social {
        MaybeUndefined::Value(list) => Some(check_social(&mut check, list)),
        MaybeUndefined::Null => Some(Vec::new()),
        MaybeUndefined::Undefined => None,
    };
    check.done()?;
    let svc2 = svc.clone();
    svc.write(viewer, move |tx| {
        let mut row = settings(tx.conn, tx.actor.now)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        let defaults_before = (row.terms_notice.clone(), row.terms_url.clone(), row.comments_open);
        if let MaybeUndefined::Value(title) = &input.title {
            row.title.clone_from(title);
        }
        match &input.description {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.description.clear(),
            MaybeUndefined::Value(text) => row.description.clone_from(text),
        }
        if let Some(language) = &language {
            row.language.clone_from(language);
        }
        match &input.timezone {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.timezone = "UTC".into(),
            MaybeUndefined::Value(zone) => row.timezone.clone_from(zone),
        }
        match &input.logo {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.logo_media_id = None,
            MaybeUndefined::Value(logo) => row.logo_media_id = Some(media_of(tx.conn, "/logo", logo)?),
        }
        match &input.terms {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => (row.terms_notice, row.terms_url) = (None, None),
            MaybeUndefined::Value(terms) => terms.apply(&mut row.terms_notice, &mut row.terms_url),
        }
        if let Some(social) = &social {
            row.social = Json::of(social);
        }
        match input.comments_open {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.comments_open = true,
            MaybeUndefined::Value(open) => row.comments_open = open,
        }
        row.version += 1;
        row.updated_at = tx.actor.now;
        site::put(tx.conn, &row)?;
        let mut names = vec![Key::Site];
        if defaults_before != (row.terms_notice, row.terms_url, row.comments_open) {
            names.push(Key::Defaults);
        }
        tx.record(ObjectType::Site, Id::NIL, ChangeAction::Updated, row.version, names);
        load_site(&svc2, &mut Reader::new(tx.conn))
    })
    .await
}
