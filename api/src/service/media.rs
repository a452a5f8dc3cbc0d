//! Images: taking them in, describing, listing and removing them.

mod input;
mod objects;
mod variants;

use std::time::Duration;

use bytes::Bytes;
use pressroom_schema::media::{self, Filter, MediaRow, PostUse, References};
use pressroom_schema::{ChangeAction, Conn, Id, Json, Key, KeyValue, MediaState, ObjectType, Tx, jobs};
use tokio::sync::{OwnedSemaphorePermit, watch};

pub use input::{MediaQuery, UpdateMedia, Upload};
pub(crate) use objects::remove_objects;
pub(crate) use variants::{give_up_variants, make_variants};

use crate::auth::limit::Class;
use crate::auth::policy::{Action, Target};
use crate::auth::viewer::Viewer;
use crate::config::Config;
use crate::error::{Code, Error, FieldError, Result};
use crate::media::{Inspected, Limits, MediaError, MediaStore, Opened, S3Settings, has_variants, key_for};
use crate::page::Page;
use crate::service::tasks::Task;
use crate::service::{IfMatch, Service, Svc, require};
use crate::view::MediaView;

/// The tag of this list's cursors.
const LIST: &str = "media";
/// Posts and authors that are named where a file cannot be removed.
const NAMED: i64 = 4;
/// How long an upload waits for its smaller widths: some times what a photograph takes. Whoever shows the picture at
/// once then shows all of it, and no page changes under its first readers.
const PATIENCE: Duration = Duration::from_secs(1);
/// Posts and authors whose answers are named one by one when a file changes; where there are more, all are.
const KEYED: i64 = 200;

impl From<MediaError> for Error {
    fn from(error: MediaError) -> Self {
        let detail = error.to_string();
        let field = |code: &str| FieldError::body("/file", code, detail.clone());
        match &error {
            MediaError::Store(why) => Self::unavailable(format!("media store: {why}")),
            MediaError::TooLarge { .. } => Self::new(Code::TooLarge, &detail).at(field("too_large")),
            MediaError::UnsupportedType { .. } => {
                Self::new(Code::UnsupportedMediaType, &detail).at(field("unsupported_type"))
            }
            MediaError::Empty => Self::fields(vec![field("empty")]),
            MediaError::Corrupt { .. } => Self::fields(vec![field("invalid_image")]),
            MediaError::TooManyPixels { .. } | MediaError::SideTooLong { .. } => {
                Self::fields(vec![field("too_many_pixels")])
            }
        }
    }
}

impl Service {
    /// Opens the media store that the settings name. Nothing is read or written yet, but for a folder that is made.
    ///
    /// # Errors
    /// When the settings name nothing that can be used.
    pub fn media_store(config: &Config) -> std::result::Result<MediaStore, MediaError> {
        let s3 = S3Settings::from_texts(
            &config.s3_endpoint,
            &config.s3_region,
            &config.s3_access_key_id,
            &config.s3_secret_access_key,
        );
        MediaStore::open(&config.media_location(), s3)
    }

    fn upload_limits(&self) -> Limits {
        Limits {
            max_bytes: self.config.upload_limit,
            max_pixels: self.config.pixel_limit,
            ..Limits::default()
        }
    }
}

/// Room for an upload, to be held until it is answered.
#[derive(Debug)]
pub struct Admitted(#[expect(dead_code, reason = "dropping it frees the room")] OwnedSemaphorePermit);

/// Whether `viewer` may upload, and whether there is room now: asked before the bytes are read.
///
/// # Errors
/// 401 and 403 by rights, 503 while too many uploads are under way.
pub fn admit(svc: &Service, viewer: &Viewer) -> Result<Admitted> {
    require(viewer, Action::UploadMedia, &Target::None, "media object")?;
    svc.images
        .upload_slot()
        .map(Admitted)
        .ok_or_else(|| Error::full("Too many uploads are under way. Try again in a moment."))
}

/// Takes an image in: judged by its content, cleaned of metadata, kept, and described. Its smaller widths are made in
/// the background; the answer waits for them a moment ([`PATIENCE`]), so that most pictures are complete in it.
///
/// # Errors
/// 401 and 403 by rights, 413 when it has too many bytes, 415 when it is no image of a known type, 422 when it is
/// damaged or has too many pixels or its description is not valid, 429 after too many, 503 when the store fails.
pub async fn upload(svc: &Svc, viewer: &Viewer, input: Upload) -> Result<MediaView> {
    require(viewer, Action::UploadMedia, &Target::None, "media object")?;
    let (alt, caption) = input.check()?;
    svc.admit(viewer, Class::Uploads).await?;
    let (limits, original) = (svc.upload_limits(), input.bytes);
    let size = u64::try_from(original.len()).unwrap_or(u64::MAX);
    let opened = svc.images.run(size.saturating_mul(2), move || Opened::read(&original, &limits)).await?;
    let mut image = svc.images.run(opened.weight(), move || opened.inspect(&limits)).await?;
    let bytes = Bytes::from(std::mem::take(&mut image.bytes));
    let row = new_row(
        svc,
        viewer,
        &image,
        &bytes,
        input::filename(input.filename.as_deref(), image.mime.extension()),
    )?;
    let row = MediaRow { alt, caption, ..row };
    svc.media.put(&row.storage_key, bytes.clone(), image.mime).await?;
    let (svc2, row2, job) = (svc.clone(), row.clone(), svc.clock.new_id());
    let done = svc.jobs.done();
    let view = svc
        .write(viewer, move |tx| {
            let row = insert(tx, row2.clone(), job)?;
            Ok(svc2.media(&row))
        })
        .await?;
    svc.jobs.notify();
    // The same picture may have been removed between the two steps above, and its object with it.
    if !svc.media.exists(&row.storage_key).await? {
        svc.media.put(&row.storage_key, bytes, image.mime).await?;
    }
    let processed = tokio::time::timeout(PATIENCE, processed(svc, viewer, &view, done)).await;
    Ok(processed.ok().flatten().unwrap_or(view))
}

/// The file as it is when its smaller widths are made; `None` where there is nothing to wait for, nobody here who makes
/// them, or no way to see. `done` is of a moment before the job was there, so that its end cannot be missed.
async fn processed(
    svc: &Svc,
    viewer: &Viewer,
    view: &MediaView,
    mut done: watch::Receiver<Option<u64>>,
) -> Option<MediaView> {
    if view.state != MediaState::Processing {
        return None;
    }
    while done.borrow().is_some() {
        done.changed().await.ok()?;
        let now = get(svc, viewer, &view.id.to_string()).await.ok()?;
        if now.state != MediaState::Processing {
            return Some(now);
        }
    }
    None
}

fn new_row(
    svc: &Service,
    viewer: &Viewer,
    image: &Inspected,
    bytes: &Bytes,
    filename: String,
) -> Result<MediaRow> {
    let now = svc.now();
    let pixels = |n: u32| i32::try_from(n).map_err(|_| Error::internal("an image has too many pixels"));
    let state =
        if has_variants(image.width, image.animated) { MediaState::Processing } else { MediaState::Ready };
    Ok(MediaRow {
        id: svc.clock.new_id(),
        mime: image.mime,
        byte_size: i64::try_from(bytes.len()).map_err(|_| Error::internal("an image has too many bytes"))?,
        width: pixels(image.width)?,
        height: pixels(image.height)?,
        alt: String::new(),
        caption: None,
        filename,
        sha256: image.sha256.clone(),
        storage_key: key_for(&image.sha256, None, image.mime.extension()),
        color: image.dominant_color.clone(),
        animated: image.animated,
        variants: Json::list(),
        state,
        created_by: viewer.user().map(|user| Id(user.user_id)),
        created_at: now,
        updated_at: now,
        version: 1,
    })
}

/// Adds the row, and the job that makes its smaller widths unless an equal picture has them already.
fn insert(tx: &mut Tx<'_>, mut row: MediaRow, job: Id) -> Result<MediaRow> {
    if row.state == MediaState::Processing {
        if let Some(twin) = media::ready_by_sha256(tx.conn, &row.storage_key, &row.sha256)? {
            row.state = twin.state;
            row.variants = twin.variants;
        } else {
            jobs::enqueue(tx.conn, &Task::MakeVariants(row.id).job(job, tx.actor.now))?;
        }
    }
    media::insert(tx.conn, &row)?;
    tx.record(ObjectType::Media, row.id, ChangeAction::Created, row.version, Vec::new());
    Ok(row)
}

/// The media library, newest first.
///
/// # Errors
/// 401 and 403 by rights, 400 for a bad filter or cursor.
pub async fn list(svc: &Svc, viewer: &Viewer, query: MediaQuery) -> Result<Page<MediaView>> {
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.read_private(viewer, move |conn| list_in(&svc2, conn, &viewer2, &query)).await
}

/// [`list`] inside a transaction.
pub(crate) fn list_in(
    svc: &Service,
    conn: &mut Conn,
    viewer: &Viewer,
    query: &MediaQuery,
) -> Result<Page<MediaView>> {
    require(viewer, Action::ListMedia, &Target::None, "media object")?;
    let filter: Filter = query.filter(viewer)?;
    let slice = media::list(conn, &filter, &query.page.window(LIST)?)?;
    let total = if query.page.count { Some(media::count(conn, &filter)?) } else { None };
    let page = Page::of(LIST, slice, total, |row| (KeyValue::Time(row.created_at), row.id));
    Ok(page.map(|row| svc.media(&row)))
}

/// One file of the media library.
///
/// # Errors
/// 401 and 403 by rights, 404.
pub async fn get(svc: &Svc, viewer: &Viewer, id: &str) -> Result<MediaView> {
    let (svc2, viewer2, id) = (svc.clone(), viewer.clone(), id.to_owned());
    svc.read_private(viewer, move |conn| get_in(&svc2, conn, &viewer2, &id)).await
}

/// [`get`] inside a transaction.
pub(crate) fn get_in(svc: &Service, conn: &mut Conn, viewer: &Viewer, id: &str) -> Result<MediaView> {
    require(viewer, Action::ListMedia, &Target::None, "media object")?;
    Ok(svc.media(&find(conn, parse(id)?)?))
}

/// Changes what is said about a file. Places with words of their own keep those.
///
/// # Errors
/// 401, 403 and 404, 412 when `if_match` is stale, 422 with every fault of the input.
pub async fn update(
    svc: &Svc,
    viewer: &Viewer,
    id: &str,
    input: UpdateMedia,
    if_match: Option<IfMatch>,
) -> Result<MediaView> {
    require(viewer, Action::UploadMedia, &Target::None, "media object")?;
    let (id, change) = (parse(id)?, input.check()?);
    let (svc2, viewer2) = (svc.clone(), viewer.clone());
    svc.write(viewer, move |tx| {
        let before = find(tx.conn, id)?;
        require(&viewer2, Action::EditMedia, &owned(&before), "media object")?;
        IfMatch::check(if_match.as_ref(), before.version)?;
        let mut row = before.clone();
        change.apply(&mut row);
        if row.alt != before.alt || row.caption != before.caption {
            row.version += 1;
            row.updated_at = tx.actor.now;
            media::describe(tx.conn, &row)?;
            let keys = shown_in(tx.conn, id)?;
            tx.record(ObjectType::Media, id, ChangeAction::Updated, row.version, keys);
        }
        Ok(svc2.media(&row))
    })
    .await
}

/// Removes a file that nothing uses; what is stored of it goes in the background, unless an equal file needs it.
///
/// # Errors
/// 401, 403 and 404, 412 when `if_match` is stale, 409 when something uses it.
pub async fn delete(svc: &Svc, viewer: &Viewer, id: &str, if_match: Option<IfMatch>) -> Result<()> {
    require(viewer, Action::UploadMedia, &Target::None, "media object")?;
    let (id, job, viewer2) = (parse(id)?, svc.clock.new_id(), viewer.clone());
    // Bodies are looked through before, since no other write should wait for that: what is published meanwhile is not seen.
    let viewer1 = viewer.clone();
    let shown = svc
        .read_slow(move |reader| {
            let row = find(reader, id)?;
            require(&viewer1, Action::DeleteMedia, &owned(&row), "media object")?;
            Ok(media::in_bodies(reader, &row.sha256, NAMED)?)
        })
        .await?
        .value;
    if !shown.is_empty() {
        return Err(in_use(&References { posts: shown, ..References::default() }));
    }
    svc.write(viewer, move |tx| {
        let row = find(tx.conn, id)?;
        require(&viewer2, Action::DeleteMedia, &owned(&row), "media object")?;
        IfMatch::check(if_match.as_ref(), row.version)?;
        let uses = media::references(tx.conn, id, NAMED)?;
        if !uses.is_empty() {
            return Err(in_use(&uses));
        }
        media::delete(tx.conn, id)?;
        jobs::enqueue(tx.conn, &Task::RemoveObjects(objects::keys_of(&row)).job(job, tx.actor.now))?;
        tx.record(
            ObjectType::Media,
            id,
            ChangeAction::Deleted,
            row.version + 1,
            vec![Key::of_file(&row.storage_key)],
        );
        Ok(())
    })
    .await?;
    svc.jobs.notify();
    Ok(())
}

fn parse(id: &str) -> Result<Id> {
    id.parse().map_err(|_| Error::not_found("media object"))
}

fn find(conn: &mut Conn, id: Id) -> Result<MediaRow> {
    media::find(conn, id)?.ok_or_else(|| Error::not_found("media object"))
}

fn owned(row: &MediaRow) -> Target<'static> {
    Target::Media { owner: row.created_by.map(|id| id.0) }
}

/// What public answers show the file.
fn shown_in(conn: &mut Conn, id: Id) -> Result<Vec<Key>> {
    let uses = media::references(conn, id, KEYED)?;
    let live: Vec<&PostUse> = uses.posts.iter().filter(|post| post.live).collect();
    let full = |count: usize| i64::try_from(count).is_ok_and(|n| n >= KEYED);
    // More places than are looked for: then it may show anywhere.
    if full(uses.posts.len()) || full(uses.authors.len()) {
        return Ok(vec![Key::All]);
    }
    let mut names = Vec::new();
    if !live.is_empty() {
        names.push(Key::Posts);
    }
    if uses.site {
        names.push(Key::Site);
    }
    names.extend(live.iter().map(|post| Key::Post(post.id)));
    names.extend(uses.authors.iter().map(|(id, _)| Key::Author(*id)));
    Ok(names)
}

/// Says what has to let go of the file first.
fn in_use(uses: &References) -> Error {
    let mut commented: Vec<String> = uses
        .posts
        .iter()
        .map(|post| match post {
            PostUse { trashed: true, title, .. } => format!("the post “{title}” (in the trash)"),
            PostUse { live: true, title, .. } => format!("the post “{title}”"),
            PostUse { title, .. } => format!("the working copy of the post “{title}”"),
        })
        .collect();
    commented.extend(uses.authors.iter().map(|(_, name)| format!("the author “{name}”")));
    if uses.site {
        commented.push("the site, as its logo".to_owned());
    }
    let named = usize::try_from(NAMED).unwrap_or(usize::MAX);
    let more = commented.len() > named;
    commented.truncate(named);
    let rest = if more { ", and more" } else { "" };
    Error::new(
        Code::InvalidState,
        format!("This file is in use by {}{rest}. Take it out there, then remove it.", commented.join(", ")),
    )
}

#[cfg(test)]
pub(crate) mod tests;
