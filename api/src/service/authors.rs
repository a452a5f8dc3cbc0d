//! Author profiles.

use async_graphql::{InputObject, MaybeUndefined};
use pressroom_schema::authors::{self, AuthorRow};
use pressroom_schema::page::sort_key;
use pressroom_schema::posts::Ref;
use pressroom_schema::{
    AuthorSort, ChangeAction, Conn, Given, Id, Json, Key, KeyValue, ObjectType, Slug, SlugKind, Total, Tx,
    site,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::Check;
use super::site::{MediaRefInput, media_of};
use super::social::{SocialInput, check_social};
use super::{Found, IfMatch, Service, Svc, limits, require, slugs};
use crate::auth::policy::{Action, Target};
use crate::auth::viewer::Viewer;
use crate::content::{BodyFormat, render_bio};
use crate::cpu::{Turn, Work};
use crate::error::{BodyToRender, Code, Error, Result};
use crate::freshness::{Read, Reader};
use crate::page::{Page, PageRequest};
use crate::service::posts::{ATTEMPTS, BodyInput, too_much};
use crate::view::AuthorView;

/// Most characters of a name.
const NAME: usize = 200;
/// Most characters of where an author is based.
const LOCATION: usize = 200;
/// Largest source of a biography in bytes.
const MAX_BIO: usize = 20_000;

macro_rules! author_input {
    ($(#[$meta:meta])* $name:ident, title: $title:ty, $(#[$title_meta:meta])*) => {
        #[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The byline: one line, at most 200 characters.
            $(#[$title_meta])*
            pub name: $title,
            /// The name in addresses; made from the name where it is left out.
            #[serde(default)]
            #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::slug()))))]
            pub slug: MaybeUndefined<Given<Slug>>,
            /// The biography.
            #[serde(default)]
            #[schema(value_type = Option<BodyInput>)]
            pub bio: MaybeUndefined<BodyInput>,
            /// A portrait.
            #[serde(default)]
            #[schema(value_type = Option<MediaRefInput>)]
            pub avatar: MaybeUndefined<MediaRefInput>,
            /// Where the author is based.
            #[serde(default)]
            #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(LOCATION)))))]
            pub location: MaybeUndefined<String>,
            /// The author's own site.
            #[serde(default)]
            #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::url()))))]
            pub website: MaybeUndefined<String>,
            /// Profiles elsewhere.
            #[serde(default)]
            #[schema(value_type = Option<Vec<SocialInput>>, max_items = 20)]
            pub social: MaybeUndefined<Vec<SocialInput>>,
        }
    };
}

author_input! {
    /// A profile to make. Only `name` is required.
    #[graphql(name = "CreateAuthorInput")]
    #[schema(example = json!({ "name": "Noor Haddad", "location": "Porto" }))]
    CreateAuthor, title: String, #[schema(extensions(("x-is" = json!(limits::line(NAME)))))]
}
author_input! {
    /// Changes to a profile (RFC 7396): what is left out stays, null clears.
    #[graphql(name = "UpdateAuthorInput")]
    #[schema(example = json!({ "location": "Lisbon", "website": null }))]
    UpdateAuthor, title: MaybeUndefined<String>, #[serde(default)] #[schema(value_type = String, extensions(("x-is" = json!(limits::line(NAME)))))]
}

impl From<CreateAuthor> for UpdateAuthor {
    fn from(new: CreateAuthor) -> Self {
        Self {
            name: MaybeUndefined::Value(new.name),
            slug: new.slug,
            bio: new.bio,
            avatar: new.avatar,
            location: new.location,
            website: new.website,
            social: new.social,
        }
    }
}

/// A rendered biography.
#[derive(Clone)]
struct Bio {
    format: BodyFormat,
    source: String,
    html: String,
}

/// An input whose values were checked, with its biography rendered.
#[derive(Clone)]
struct Checked {
    input: UpdateAuthor,
    /// The biography as it was rendered before any lock was taken.
    bio: Option<Bio>,
    social: Option<Json>,
}

/// Judges what needs neither rights nor the database.
///
/// # Errors
/// 422 with every fault.
pub(crate) fn judge(input: impl Into<UpdateAuthor>, is_new: bool) -> Result<()> {
    check(input.into(), is_new).map(drop)
}

fn check(mut input: UpdateAuthor, is_new: bool) -> Result<Checked> {
    let mut check = Check::new();
    match &mut input.name {
        MaybeUndefined::Value(name) => *name = check.line("/name", name, NAME),
        MaybeUndefined::Null => check.fault("/name", "required", "`name` cannot be removed."),
        MaybeUndefined::Undefined => {}
    }
    if let MaybeUndefined::Value(slug) = &input.slug {
        check.slug("/slug", slug);
    }
    if let MaybeUndefined::Value(text) = &mut input.location {
        *text = check.short("/location", text, LOCATION);
    }
    if let MaybeUndefined::Value(url) = &mut input.website {
        *url = check.url("/website", url);
    }
    if let MaybeUndefined::Value(bio) = &input.bio {
        bio.check(&mut check, "/bio", MAX_BIO, is_new);
    }
    let social = match &input.social {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Json::list()),
        MaybeUndefined::Value(list) => Some(Json::of(&check_social(&mut check, list))),
    };
    check.done()?;
    Ok(Checked { input, bio: None, social })
}

/// Writes with the biography rendered on the pool. What a change of a part of it makes is known only inside of the transaction,
/// which then ends, and is run again when that is rendered.
async fn write_rendered<F>(svc: &Svc, viewer: &Viewer, mut checked: Checked, f: F) -> Result<AuthorView>
where
    F: Fn(&mut Tx<'_>, &Checked) -> Result<AuthorView> + Clone + Send + 'static,
{
    let whole = checked.input.bio.value().and_then(BodyInput::whole);
    let mut wanted = whole.map(|(format, source)| (format, source.to_owned()));
    for _ in 0..ATTEMPTS {
        if let Some((format, source)) = wanted.take() {
            let text = source.clone();
            let work = move |turn: &Turn| render_bio(turn, format, &text);
            let html = svc.cpu.run(Work::Render, source.len(), work).await?;
            let html = html.map_err(|why| too_much("/bio/source", why))?;
            checked.bio = Some(Bio { format, source, html });
        }
        let (f, held) = (f.clone(), checked.clone());
        match svc.write(viewer, move |tx| f(tx, &held)).await {
            Err(error) if !error.bodies().is_empty() => {
                wanted = error.bodies().first().map(|body| (body.format, body.source.clone()));
            }
            done => return done,
        }
    }
    Err(Error::unavailable("a biography changed again and again while it was rendered"))
}

impl Checked {
    fn apply(&self, conn: &mut Conn, row: &mut AuthorRow) -> Result<()> {
        if let MaybeUndefined::Value(name) = &self.input.name {
            row.name.clone_from(name);
            row.name_key = sort_key(name);
        }
        match &self.input.bio {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => {
                row.bio_format = BodyFormat::Markdown;
                row.bio_source.clear();
            }
            MaybeUndefined::Value(bio) => bio.apply(&mut row.bio_format, &mut row.bio_source),
        }
        if !self.input.bio.is_undefined() {
            let known = self.bio.as_ref();
            row.bio_html = match known.filter(|b| (b.format, &b.source) == (row.bio_format, &row.bio_source))
            {
                Some(bio) => bio.html.clone(),
                None if row.bio_source.is_empty() => String::new(),
                None => {
                    let (format, source) = (row.bio_format, row.bio_source.clone());
                    return Err(Error::unrendered(vec![BodyToRender { format, source, revision: None }]));
                }
            };
        }
        match &self.input.avatar {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => row.avatar_media_id = None,
            MaybeUndefined::Value(avatar) => row.avatar_media_id = Some(media_of(conn, "/avatar", avatar)?),
        }
        for (target, value) in
            [(&mut row.location, &self.input.location), (&mut row.website, &self.input.website)]
        {
            match value {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => *target = None,
                MaybeUndefined::Value(text) => *target = Some(text.clone()).filter(|t| !t.is_empty()),
            }
        }
        if let Some(social) = &self.social {
            row.social = social.clone();
        }
        Ok(())
    }
}

/// One page of the profiles.
///
/// # Errors
/// 400 for a bad parameter or cursor.
pub async fn list(
    svc: &Svc,
    viewer: &Viewer,
    sort: AuthorSort,
    page: PageRequest,
) -> Result<Read<Page<AuthorView>>> {
    let svc2 = svc.clone();
    svc.read(viewer, move |reader| list_in(&svc2, reader, sort, &page)).await
}

/// [`list`] inside a transaction.
pub(crate) fn list_in(
    svc: &Service,
    reader: &mut Reader<'_>,
    sort: AuthorSort,
    page: &PageRequest,
) -> Result<Page<AuthorView>> {
    reader.depend(Key::Authors);
    let tag = format!("authors:{sort}");
    let slice = authors::list(reader, sort, &page.window(&tag)?)?;
    let total = if page.count { Some(site::total(reader, Total::Authors)?) } else { None };
    let page = Page::of(&tag, slice, total, |(row, _)| match sort {
        AuthorSort::NameAsc => (KeyValue::Text(row.name_key.clone()), row.id),
        AuthorSort::PostCountDesc => (KeyValue::Int(row.post_count), row.id),
    });
    Ok(page.map(|author| svc.author(reader, &author)))
}

/// One profile, or the slug that it now has.
///
/// # Errors
/// 404 where there is none.
pub async fn get(svc: &Svc, viewer: &Viewer, author: &Ref) -> Result<Read<Found<AuthorView>>> {
    let (svc2, author) = (svc.clone(), author.clone());
    svc.read(viewer, move |reader| load_author(&svc2, reader, &author)).await
}

/// [`get`] inside a transaction.
pub(crate) fn load_author(svc: &Service, reader: &mut Reader<'_>, author: &Ref) -> Result<Found<AuthorView>> {
    if let Some(found) = authors::find(reader, author)? {
        return Ok(Found::Here(svc.author(reader, &found)));
    }
    // Any author may come to bear the name.
    reader.depend(Key::Authors);
    if let Ref::Slug(slug) = author
        && let Some(id) = site::redirect_target(reader, SlugKind::Author, slug)?
        && let Some((row, _)) = authors::find(reader, &Ref::Id(id))?
    {
        reader.depend(Key::Author(id));
        return Ok(Found::Moved(row.slug));
    }
    Err(Error::not_found("author"))
}

fn find(conn: &mut Conn, author: &Ref) -> Result<AuthorRow> {
    let mut found = authors::find(conn, author)?;
    if found.is_none()
        && let Ref::Slug(slug) = author
        && let Some(id) = site::redirect_target(conn, SlugKind::Author, slug)?
    {
        found = authors::find(conn, &Ref::Id(id))?;
    }
    found.map(|(row, _)| row).ok_or_else(|| Error::not_found("author"))
}

fn reload(svc: &Service, conn: &mut Conn, id: Id) -> Result<AuthorView> {
    let found = authors::find(conn, &Ref::Id(id))?.ok_or_else(|| Error::not_found("author"))?;
    Ok(svc.author(&mut Reader::new(conn), &found))
}

/// Makes a profile.
///
/// # Errors
/// 401 and 403 by rights, 422 with every fault, 409 when a chosen slug is taken.
pub async fn create(svc: &Svc, viewer: &Viewer, input: CreateAuthor) -> Result<AuthorView> {
    require(viewer, Action::CreateAuthor, &Target::None, "author")?;
    let checked = check(input.into(), true)?;
    let id = svc.clock.new_id();
    let svc2 = svc.clone();
    write_rendered(svc, viewer, checked, move |tx, checked| {
        let now = tx.actor.now;
        let mut row = AuthorRow {
            id,
            slug: Slug::default(),
            name: String::new(),
            name_key: String::new(),
            bio_format: BodyFormat::Markdown,
            bio_source: String::new(),
            bio_html: String::new(),
            avatar_media_id: None,
            location: None,
            website: None,
            social: Json::list(),
            post_count: 0,
            first_published_at: None,
            last_published_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        checked.apply(tx.conn, &mut row)?;
        row.slug = match checked.input.slug.value().and_then(Given::good) {
            Some(slug) if authors::slug_taken(tx.conn, slug, None)? => return Err(slugs::taken()),
            Some(slug) => slug.clone(),
            None => slugs::free(tx.conn, SlugKind::Author, &row.name, id)?,
        };
        authors::insert(tx.conn, &row)?;
        site::add_to_total(tx.conn, Total::Authors, 1)?;
        tx.record(
            ObjectType::Author,
            id,
            ChangeAction::Created,
            1,
            vec![Key::Authors, Key::Author(id), Key::Totals],
        );
        reload(&svc2, tx.conn, id)
    })
    .await
}

/// Changes a profile.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 422 with every fault, 409 when a slug is taken.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    author: &Ref,
    input: UpdateAuthor,
    if_match: Option<IfMatch>,
) -> Result<AuthorView> {
    viewer.require_signed_in()?;
    let checked = check(input, false)?;
    let (svc2, viewer2, author) = (svc.clone(), viewer.clone(), author.clone());
    write_rendered(svc, viewer, checked, move |tx, checked| {
        let mut row = find(tx.conn, &author)?;
        require(&viewer2, Action::EditAuthor, &Target::Author(row.id.0), "author")?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        checked.apply(tx.conn, &mut row)?;
        if let Some(slug) = checked.input.slug.value().and_then(Given::good)
            && *slug != row.slug
        {
            if authors::slug_taken(tx.conn, slug, Some(row.id))? {
                return Err(slugs::taken());
            }
            site::remember_slug(tx.conn, SlugKind::Author, row.id, &row.slug, slug, tx.actor.now)?;
            row.slug.clone_from(slug);
        }
        row.version += 1;
        row.updated_at = tx.actor.now;
        authors::update(tx.conn, &row)?;
        tx.record(
            ObjectType::Author,
            row.id,
            ChangeAction::Updated,
            row.version,
            vec![Key::Authors, Key::Author(row.id)],
        );
        reload(&svc2, tx.conn, row.id)
    })
    .await
}

/// Removes a profile that no post bears. Answers the id that it had.
///
/// # Errors
/// 401, 403 and 404 by rights, 412 when `if_match` is stale, 409 while posts bear it.
pub async fn delete(svc: &Svc, viewer: &Viewer, author: &Ref, if_match: Option<IfMatch>) -> Result<Id> {
    require(viewer, Action::DeleteAuthor, &Target::None, "author")?;
    let author = author.clone();
    svc.write(viewer, move |tx| {
        let row = find(tx.conn, &author)?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        let posts = authors::posts_with(tx.conn, row.id)?;
        if posts > 0 {
            return Err(Error::new(
                Code::InvalidState,
                format!("{posts} posts bear this byline (drafts and trash too); change them first."),
            ));
        }
        site::forget_slugs(tx.conn, SlugKind::Author, row.id)?;
        authors::delete(tx.conn, row.id)?;
        site::add_to_total(tx.conn, Total::Authors, -1)?;
        tx.record(
            ObjectType::Author,
            row.id,
            ChangeAction::Deleted,
            row.version + 1,
            vec![Key::Authors, Key::Author(row.id), Key::Totals],
        );
        Ok(row.id)
    })
    .await
}
