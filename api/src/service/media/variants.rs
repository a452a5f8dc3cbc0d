//! Smaller widths, made in the background after an upload.

use bytes::Bytes;
use pressroom_schema::{ChangeAction, Id, Json, MediaState, ObjectType, media};

use super::{objects, shown_in};
use crate::auth::viewer::Viewer;
use crate::error::{Error, Result};
use crate::media::{Limits, MediaError, key_for, make_variants as scale, weight};
use crate::service::Svc;
use crate::service::present::StoredVariant;

/// Makes the smaller widths of a file that waits for them, and of every file with the same content.
///
/// # Errors
/// When the store or the database fails: then it is worth another attempt. A picture that cannot be scaled is no
/// error; its file's state becomes `failed`, and the original serves.
pub(crate) async fn make_variants(svc: &Svc, id: Id) -> Result<()> {
    let found = svc.read_private(&Viewer::system(), move |conn| Ok(media::find(conn, id)?)).await?;
    let Some(row) = found.filter(|row| row.state == MediaState::Processing) else { return Ok(()) };
    let original = svc.media.get(&row.storage_key).await?.ok_or_else(|| {
        Error::internal(format!("the store has no {} for media object {id}", row.storage_key))
    })?;
    // It was taken in under the limits of its time; only what guards the memory still counts.
    let limits = Limits { max_bytes: usize::MAX, max_pixels: svc.config.pixel_limit, ..Limits::default() };
    let side = |n: i32| u32::try_from(n).unwrap_or(u32::MAX);
    let weight = weight(side(row.width), side(row.height), original.bytes.len());
    let made = match svc.images.run(weight, move || scale(&original.bytes, &limits)).await {
        Ok(made) => made,
        Err(MediaError::Store(why)) => return Err(Error::unavailable(why)),
        Err(why) => {
            tracing::warn!(media = %id, %why, "no smaller widths can be made of an image");
            return settle(svc, &row.storage_key, Json::list(), MediaState::Failed).await.map(drop);
        }
    };
    let mut stored = Vec::new();
    for variant in made {
        let key = key_for(&row.sha256, Some(variant.width), variant.mime.extension());
        svc.media.put(&key, Bytes::from(variant.bytes), variant.mime).await?;
        stored.push(StoredVariant { width: variant.width, height: variant.height, mime: variant.mime, key });
    }
    if settle(svc, &row.storage_key, Json::of(&stored), MediaState::Ready).await? == 0 {
        // The file was removed meanwhile.
        let keys: Vec<String> =
            std::iter::once(row.storage_key).chain(stored.into_iter().map(|v| v.key)).collect();
        objects::remove_objects(svc, &keys).await?;
    }
    Ok(())
}

/// Marks a file whose smaller widths could not be made as failed, after the last attempt.
///
/// # Errors
/// When the database fails.
pub(crate) async fn give_up_variants(svc: &Svc, id: Id) -> Result<()> {
    let found = svc.read_private(&Viewer::system(), move |conn| Ok(media::find(conn, id)?)).await?;
    match found {
        Some(row) => settle(svc, &row.storage_key, Json::list(), MediaState::Failed).await.map(drop),
        None => Ok(()),
    }
}

/// Ends the processing of all files under this key, and tells the caches. Answers how many there were.
async fn settle(svc: &Svc, key: &str, variants: Json, state: MediaState) -> Result<usize> {
    let key = key.to_owned();
    svc.write(&Viewer::system(), move |tx| {
        let settled = media::settle(tx.conn, &key, &variants, state)?;
        for (id, version) in &settled {
            let keys = if state == MediaState::Ready { shown_in(tx.conn, *id)? } else { Vec::new() };
            // The version stays: what an editor wrote is as it was, and must not become stale under their hands.
            let action =
                if state == MediaState::Ready { ChangeAction::Processed } else { ChangeAction::Failed };
            tx.record(ObjectType::Media, *id, action, *version, keys);
        }
        Ok(settled.len())
    })
    .await
}
