//! Taking an image in: from any bytes to a picture that is safe to keep and to serve.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageEncoder, ImageFormat, ImageReader};
use pressroom_schema::MediaType;
use sha2::{Digest, Sha256};

use super::MediaError;
use super::container::{self, Container, png};

/// How much all frames of an animation may add up to, in pictures of the greatest size.
const ANIMATION_FACTOR: u64 = 20;

/// The quality (1 to 100) for a JPEG that has to be written anew because it was turned: high, since it is the
/// original that all variants are made from.
const TURNED_QUALITY: u8 = 93;

/// What an upload may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The greatest size of the file, in bytes.
    pub max_bytes: usize,
    /// The greatest width times height, in pixels; an animation may have twenty times as much in all its frames.
    pub max_pixels: u64,
    /// The greatest width and the greatest height, in pixels.
    pub max_side: u32,
}

impl Default for Limits {
    /// 20 MiB, 50 megapixels, 16384 pixels a side.
    fn default() -> Self {
        Self { max_bytes: 20 * 1024 * 1024, max_pixels: 50_000_000, max_side: 16_384 }
    }
}

impl Limits {
    /// Holds the dimensions of one picture against the limits, before anything is allocated for it.
    pub(super) fn check(&self, width: u32, height: u32) -> Result<(), MediaError> {
        if width == 0 || height == 0 {
            return Err(MediaError::corrupt("it has no width or no height"));
        }
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(MediaError::TooManyPixels { limit: self.max_pixels });
        }
        if width.max(height) > self.max_side {
            return Err(MediaError::SideTooLong { limit: self.max_side });
        }
        Ok(())
    }

    /// Holds the pixels of all frames together against the limits.
    pub(super) fn check_animation(&self, pixels: u64) -> Result<(), MediaError> {
        let limit = self.max_pixels.saturating_mul(ANIMATION_FACTOR);
        if pixels > limit { Err(MediaError::TooManyPixels { limit }) } else { Ok(()) }
    }

    /// The same for the decoders, as their own second line: sixteen bytes a pixel hold what the largest format
    /// needs with a working copy, and a fixed part their tables.
    fn for_decoder(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(self.max_side);
        limits.max_image_height = Some(self.max_side);
        limits.max_alloc = Some(self.max_pixels.saturating_mul(16).saturating_add(64 * 1024 * 1024));
        limits
    }
}

/// An image that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The media type, by content.
    pub mime: MediaType,
    /// Width in pixels, as shown.
    pub width: u32,
    /// Height in pixels, as shown.
    pub height: u32,
    /// The file to keep: upright, and without EXIF, GPS, XMP, IPTC, comments, thumbnails or trailing data. The
    /// colour profile is still there.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, in lower-case hexadecimal.
    pub sha256: String,
    /// More than one frame.
    pub animated: bool,
    /// The colour that a page may show while the image loads, as `#rrggbb`; none where nothing is opaque.
    pub dominant_color: Option<String>,
}

/// Judges an upload by its content, cleans it, and turns it upright.
///
/// The type comes from the first bytes; neither a file name nor a `Content-Type` has a say. Dimensions are read from
/// the headers and held against the limits before anything is decoded; then the picture (of an animation, its first
/// frame) is decoded once as proof that it is whole. Metadata is cut out of the container without touching the
/// picture; only an image that its EXIF wants turned or mirrored is encoded again (an animated one is not: no browser
/// turns those).
///
/// # Errors
/// [`MediaError::Empty`], [`MediaError::TooLarge`], [`MediaError::UnsupportedType`], [`MediaError::TooManyPixels`],
/// [`MediaError::SideTooLong`], [`MediaError::Corrupt`].
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspected, MediaError> {
    Opened::read(bytes, limits)?.inspect(limits)
}

/// An upload whose headers were read and held against the limits, and that is not decoded yet.
#[derive(Debug)]
pub struct Opened {
    format: ImageFormat,
    container: Container,
}

impl Opened {
    /// Reads the headers, and cuts out the metadata.
    ///
    /// # Errors
    /// Those of [`inspect`] that need no decoding.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, MediaError> {
        let (format, container) = open(bytes, limits)?;
        Ok(Self { format, container })
    }

    /// How many bytes of memory the rest takes, about.
    #[must_use]
    pub fn weight(&self) -> u64 {
        weight(self.container.width, self.container.height, self.container.bytes.len())
    }

    /// The rest of [`inspect`].
    ///
    /// # Errors
    /// Those of [`inspect`].
    pub fn inspect(self, limits: &Limits) -> Result<Inspected, MediaError> {
        finish(self.format, self.container, limits)
    }
}

/// How many bytes of memory a picture takes while it is worked on, about: its pixels as its decoder has them, at most eight bytes each,
/// a copy of four, and its file twice.
#[must_use]
pub fn weight(width: u32, height: u32, bytes: usize) -> u64 {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(2);
    u64::from(width).saturating_mul(u64::from(height)).saturating_mul(12).saturating_add(bytes)
}

fn finish(format: ImageFormat, container: Container, limits: &Limits) -> Result<Inspected, MediaError> {
    let mut picture = decode(format, &container, limits)?;
    let Container { mut width, mut height, orientation, animated, bytes: mut cleaned } = container;
    if orientation != Orientation::NoTransforms && !animated {
        picture.apply_orientation(orientation);
        (width, height) = picture.dimensions();
        cleaned = encode_again(format, &picture, &cleaned)?;
    }
    Ok(Inspected {
        mime: type_of(format),
        width,
        height,
        sha256: format!("{:x}", Sha256::digest(&cleaned)),
        bytes: cleaned,
        animated,
        dominant_color: dominant_color(&picture),
    })
}

/// Everything before decoding: the size of the file, its type, its container.
pub(super) fn open(bytes: &[u8], limits: &Limits) -> Result<(ImageFormat, Container), MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(MediaError::TooLarge { limit: limits.max_bytes });
    }
    let format = container::sniff(bytes)?;
    Ok((format, container::read(format, bytes, limits)?))
}

/// Decodes the (first) picture of a container that [`open`] has cleaned.
pub(super) fn decode(
    format: ImageFormat,
    container: &Container,
    limits: &Limits,
) -> Result<DynamicImage, MediaError> {
    let mut reader = ImageReader::with_format(Cursor::new(container.bytes.as_slice()), format);
    reader.limits(limits.for_decoder());
    // A decoder that panics on a strange file has a bug, but the upload is refused all the same, and the thread lives.
    let decoded = catch_unwind(AssertUnwindSafe(|| reader.decode()))
        .map_err(|_| MediaError::corrupt("its decoder gave up"))?
        .map_err(|error| match error {
            ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
                MediaError::TooManyPixels { limit: limits.max_pixels }
            }
            other => MediaError::corrupt(other.to_string()),
        })?;
    if decoded.dimensions() != (container.width, container.height) {
        return Err(MediaError::corrupt("its header and its picture do not agree on the size"));
    }
    Ok(decoded)
}

/// The media type of a format.
pub(super) fn type_of(format: ImageFormat) -> MediaType {
    match format {
        ImageFormat::Jpeg => MediaType::Jpeg,
        ImageFormat::Gif => MediaType::Gif,
        ImageFormat::WebP => MediaType::Webp,
        _ => MediaType::Png,
    }
}

/// Writes a turned picture in the format that it came in, with the colour description of the original.
fn encode_again(format: ImageFormat, picture: &DynamicImage, original: &[u8]) -> Result<Vec<u8>, MediaError> {
    match format {
        ImageFormat::Jpeg => jpeg_of(picture, TURNED_QUALITY, profile(format, original).as_deref()),
        ImageFormat::WebP => {
            let mut out = Vec::new();
            let mut encoder = WebPEncoder::new_lossless(&mut out);
            if let Some(profile) = profile(format, original) {
                // An encoder without support for profiles would leave the picture right but for its colours.
                let _ = encoder.set_icc_profile(profile);
            }
            picture.write_with_encoder(encoder).map_err(|error| MediaError::corrupt(error.to_string()))?;
            Ok(out)
        }
        _ => png_of(picture, &png::colour_chunks(original), None),
    }
}

/// Encodes as JPEG.
pub(super) fn jpeg_of(
    picture: &DynamicImage,
    quality: u8,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, MediaError> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
    if let Some(profile) = profile {
        let _ = encoder.set_icc_profile(profile.to_vec());
    }
    picture.write_with_encoder(encoder).map_err(|error| MediaError::corrupt(error.to_string()))?;
    Ok(out)
}

/// Encodes as PNG, with colours described by the chunks of another PNG or by a profile.
pub(super) fn png_of(
    picture: &DynamicImage,
    colour: &[u8],
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, MediaError> {
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
    if let Some(profile) = profile {
        let _ = encoder.set_icc_profile(profile.to_vec());
    }
    picture.write_with_encoder(encoder).map_err(|error| MediaError::corrupt(error.to_string()))?;
    Ok(if colour.is_empty() { out } else { png::with_chunks(&out, colour) })
}

/// The colour profile (ICC.1) of an image, where it describes red, green and blue. One for inks or greys would be
/// wrong for a picture that was decoded to RGB.
pub(super) fn profile(format: ImageFormat, bytes: &[u8]) -> Option<Vec<u8>> {
    use image::ImageDecoder;
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let profile = reader.into_decoder().ok()?.icc_profile().ok()??;
    (profile.get(16..20) == Some(b"RGB ")).then_some(profile)
}

/// The colour that most of the picture has: samples on a grid are put into 4096 boxes (16 steps a channel), and the
/// mean of the fullest box is taken. A mean of everything would be mud.
fn dominant_color(picture: &DynamicImage) -> Option<String> {
    const GRID: u32 = 64;
    let (width, height) = picture.dimensions();
    let at = |step: u32, steps: u32, side: u32| {
        let place = u64::from(side) * (u64::from(step) * 2 + 1) / (u64::from(steps) * 2);
        u32::try_from(place).unwrap_or(0).min(side.saturating_sub(1))
    };
    let (columns, rows) = (width.min(GRID), height.min(GRID));
    let mut boxes = std::collections::BTreeMap::<[u8; 3], [u32; 4]>::new();
    for row in 0..rows {
        for column in 0..columns {
            let [r, g, b, alpha] = picture.get_pixel(at(column, columns, width), at(row, rows, height)).0;
            if alpha < 128 {
                continue;
            }
            let [count, red, green, blue] = boxes.entry([r >> 4, g >> 4, b >> 4]).or_default();
            *count += 1;
            *red += u32::from(r);
            *green += u32::from(g);
            *blue += u32::from(b);
        }
    }
    let [count, red, green, blue] = boxes.into_values().max_by_key(|[count, ..]| *count)?;
    Some(format!("#{:02x}{:02x}{:02x}", red / count, green / count, blue / count))
}

#[cfg(test)]
pub(super) mod tests;
