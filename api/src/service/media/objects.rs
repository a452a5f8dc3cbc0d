//! What the store holds of a file, and when it may go.

use pressroom_schema::media::{self, MediaRow};

use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::service::Svc;
use crate::service::present::StoredVariant;

/// The store's keys of a file: the original first, then its smaller widths.
pub(super) fn keys_of(row: &MediaRow) -> Vec<String> {
    let variants = row.variants.to::<Vec<StoredVariant>>().unwrap_or_default();
    std::iter::once(row.storage_key.clone()).chain(variants.into_iter().map(|v| v.key)).collect()
}

async fn is_stored(svc: &Svc, key: &str) -> Result<bool> {
    let key = key.to_owned();
    svc.read_private(&Viewer::system(), move |conn| Ok(media::is_stored(conn, &key)?)).await
}

/// Removes the objects of a file that is gone, the original's key first, unless another file needs them.
///
/// # Errors
/// When the store or the database fails; it can be done again.
pub(crate) async fn remove_objects(svc: &Svc, keys: &[String]) -> Result<()> {
    let Some(original) = keys.first() else { return Ok(()) };
    if is_stored(svc, original).await? {
        return Ok(());
    }
    let mut removed = Vec::new();
    for key in keys {
        if let Some(object) = svc.media.get(key).await? {
            svc.media.delete(key).await?;
            removed.push((key, object.bytes));
        }
    }
    // The same picture may have been uploaded between the look and the removal, and have found its object there.
    if is_stored(svc, original).await? {
        for (key, bytes) in removed {
            if let Some(mime) = crate::media::mime_for_key(key) {
                svc.media.put(key, bytes, mime).await?;
            }
        }
    }
    Ok(())
}
