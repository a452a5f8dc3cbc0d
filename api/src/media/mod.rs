//! Images: what is taken in, what is made of them, where they are kept.
//!
//! An upload goes through [`inspect()`], which judges it by its content and hands back clean bytes; those are kept in
//! a [`MediaStore`] under a name made from their digest ([`key_for`]), and [`make_variants`] derives smaller widths
//! in the background. All but the store is pure computation: call it away from the threads that answer requests,
//! and bound how many run at once, since one picture of 50 megapixels takes some 200 MiB while it is decoded.

use thiserror::Error;

mod container;
pub mod inspect;
pub mod store;
pub mod variants;
pub mod work;

pub use inspect::{Inspected, Limits, Opened, inspect, weight};
pub use store::{MediaStore, S3Settings, StoredObject, is_valid_key, key_for, mime_for_key};
pub use variants::{Variant, WIDTHS, has_variants, make_variants};
pub use work::ImageWork;

/// What can go wrong with an image. Each says how to mend it in words that may go to the person who uploaded,
/// except [`MediaError::Store`], which is for the log and for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MediaError {
    /// The bytes are not one of the four types of image that are taken in.
    #[error("The file is {found}, which cannot be taken in. Send a JPEG, PNG, GIF or WebP image.")]
    UnsupportedType {
        /// What the content looks like, with its article: "an SVG drawing".
        found: &'static str,
    },
    /// The file has too many bytes.
    #[error(
        "The file is larger than {limit} bytes. Save the image smaller or compress it more, and send it again."
    )]
    TooLarge {
        /// The greatest size, in bytes.
        limit: usize,
    },
    /// Width times height, or for an animation that of all its frames, is too much to decode safely.
    #[error(
        "The image has more than {limit} pixels in all. Scale it down (or shorten the animation) and send it again."
    )]
    TooManyPixels {
        /// The greatest number of pixels.
        limit: u64,
    },
    /// One side alone is too long.
    #[error(
        "A side of the image is longer than {limit} pixels. Scale it down or crop it, and send it again."
    )]
    SideTooLong {
        /// The greatest width and height, in pixels.
        limit: u32,
    },
    /// The file begins like an image but is cut short or damaged.
    #[error(
        "The image cannot be read: {detail}. Open it in an image editor, save it again, and send the new file."
    )]
    Corrupt {
        /// What is wrong with it.
        detail: String,
    },
    /// No bytes came.
    #[error("The file is empty. Choose an image and send it again.")]
    Empty,
    /// The folder or bucket cannot be used, or was set up wrongly.
    #[error("The media store failed: {0}")]
    Store(String),
}

impl MediaError {
    /// A [`MediaError::Corrupt`] with this detail.
    fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt { detail: detail.into() }
    }
}
