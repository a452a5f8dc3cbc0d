//! The four image files as containers: which chunks there are, how large the picture says it is, and a copy
//! without anything that is not the picture. Nothing is decoded here, so nothing here can lose quality or be made
//! to allocate more than the file itself.
//!
//! Each format has an allow-list of what stays. Whatever is not on it goes: EXIF (and the place where the picture
//! was taken with it), XMP, IPTC, comments, thumbnails, editing histories, and anything after the end of the image,
//! where a page or an archive might hide.

use image::ImageFormat;
use image::metadata::Orientation;

use super::{Limits, MediaError};

pub(super) mod gif;
pub(super) mod jpeg;
pub(super) mod png;
pub(super) mod webp;

/// What the container says of itself, and the bytes that are worth keeping.
#[derive(Debug)]
pub(super) struct Container {
    /// Width in pixels, as stored (before the orientation is applied).
    pub(super) width: u32,
    /// Height in pixels, as stored.
    pub(super) height: u32,
    /// How the picture is to be turned for showing.
    pub(super) orientation: Orientation,
    /// More than one frame.
    pub(super) animated: bool,
    /// The file without its metadata.
    pub(super) bytes: Vec<u8>,
}

/// Judges the type by the first bytes.
///
/// # Errors
/// [`MediaError::UnsupportedType`], naming what the bytes look like, for everything but the four types.
pub(super) fn sniff(bytes: &[u8]) -> Result<ImageFormat, MediaError> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Ok(ImageFormat::Jpeg);
    }
    if bytes.starts_with(png::SIGNATURE) {
        return Ok(ImageFormat::Png);
    }
    if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        return Ok(ImageFormat::Gif);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(ImageFormat::WebP);
    }
    Err(MediaError::UnsupportedType { found: describe(bytes) })
}

/// A name for content that is refused, so that the sender sees what went wrong.
fn describe(bytes: &[u8]) -> &'static str {
    let brand = bytes.get(4..12).unwrap_or_default();
    if let Some(brand) = brand.strip_prefix(b"ftyp") {
        return match brand {
            b"avif" | b"avis" => "an AVIF image",
            b"heic" | b"heix" | b"mif1" | b"msf1" | b"heim" | b"hevc" => "a HEIC image",
            _ => "a video",
        };
    }
    let known: [(&[u8], &str); 9] = [
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"BM", "a BMP image"),
        (b"II*\0", "a TIFF image"),
        (b"MM\0*", "a TIFF image"),
        (b"\0\0\x01\0", "an icon file"),
        (b"8BPS", "a Photoshop document"),
        (b"\xFF\x0A", "a JPEG XL image"),
        (b"\0\0\0\x0CJXL ", "a JPEG XL image"),
    ];
    if let Some((_, name)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return name;
    }
    let head =
        String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default()).to_ascii_lowercase();
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if head.starts_with('<') {
        if head.contains("<svg") {
            return "an SVG drawing";
        }
        if head.contains("<!doctype html") || head.contains("<html") || head.contains("<script") {
            return "an HTML page";
        }
        return "a text with markup";
    }
    let text =
        !head.is_empty() && !head.chars().any(|c| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()));
    if text { "a text" } else { "of a type that is not known here" }
}

/// Reads the container of the given format.
///
/// # Errors
/// [`MediaError::TooManyPixels`] and [`MediaError::SideTooLong`] as soon as the dimensions are known,
/// [`MediaError::Corrupt`] where the structure does not hold to the end of the image.
pub(super) fn read(format: ImageFormat, bytes: &[u8], limits: &Limits) -> Result<Container, MediaError> {
    match format {
        ImageFormat::Jpeg => jpeg::read(bytes, limits),
        ImageFormat::Png => png::read(bytes, limits),
        ImageFormat::Gif => gif::read(bytes, limits),
        ImageFormat::WebP => webp::read(bytes, limits),
        _ => Err(MediaError::UnsupportedType { found: describe(bytes) }),
    }
}

/// The longest colour profile, in bytes: more than those of printers, which are the longest, have.
pub(super) const LONGEST_PROFILE: usize = 4 * 1024 * 1024;

/// What is said of a longer one.
fn long_profile() -> MediaError {
    MediaError::corrupt("its colour profile has more than 4 MiB")
}

/// Keeps count of what the frames of an animation add up to.
#[derive(Debug, Default)]
struct Frames {
    count: u32,
    pixels: u64,
}

impl Frames {
    /// One frame more; refuses it where it is too large by itself or all are too many together.
    fn add(&mut self, width: u32, height: u32, limits: &Limits) -> Result<(), MediaError> {
        limits.check(width, height)?;
        self.count = self.count.saturating_add(1);
        self.pixels = self.pixels.saturating_add(u64::from(width) * u64::from(height));
        limits.check_animation(self.pixels)
    }
}

/// Reads forward through bytes and never past their end.
#[derive(Debug, Clone)]
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes, or the error of a file that ends too early.
    fn take(&mut self, count: usize) -> Result<&'a [u8], MediaError> {
        let Some((head, tail)) = self.rest.split_at_checked(count) else {
            return Err(MediaError::corrupt("it is cut short"));
        };
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MediaError> {
        let Some((head, tail)) = self.rest.split_first_chunk::<N>() else {
            return Err(MediaError::corrupt("it is cut short"));
        };
        self.rest = tail;
        Ok(*head)
    }

    fn u8(&mut self) -> Result<u8, MediaError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn u16_be(&mut self) -> Result<u16, MediaError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u16_le(&mut self) -> Result<u16, MediaError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u24_le(&mut self) -> Result<u32, MediaError> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    fn u32_be(&mut self) -> Result<u32, MediaError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u32_le(&mut self) -> Result<u32, MediaError> {
        Ok(u32::from_le_bytes(self.array()?))
    }
}

/// A length read from a file as an index.
fn length(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
