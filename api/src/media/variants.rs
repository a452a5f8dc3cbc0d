//! Smaller copies of an image, for pages that show it narrower than it is.
//!
//! The type of a variant follows from the original and needs no setting:
//!
//! | original | variants |
//! | --- | --- |
//! | JPEG | JPEG |
//! | PNG or WebP with any transparency | PNG |
//! | PNG or WebP, opaque, at most 4096 colours (drawings, charts, screenshots) | PNG |
//! | PNG or WebP, opaque, more colours (photographs, paintings) | JPEG |
//! | GIF | PNG |
//! | any animation | none: a still copy would be another picture, and moving ones are not made |

use std::collections::HashSet;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GenericImageView, ImageFormat};

use super::MediaError;
use super::container::png;
use super::inspect::{Limits, decode, jpeg_of, open, png_of, profile, type_of};
use pressroom_schema::MediaType;

/// The widths that variants are made in, in pixels; those that the original exceeds.
pub const WIDTHS: [u32; 4] = [320, 640, 1024, 1600];

/// The quality (1 to 100) of JPEG variants.
const QUALITY: u8 = 82;

/// An opaque picture with more colours than this is taken for a photograph.
const DRAWING_COLOURS: usize = 4096;

/// A smaller copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Width in pixels, one of [`WIDTHS`].
    pub width: u32,
    /// Height in pixels, in proportion.
    pub height: u32,
    /// JPEG or PNG.
    pub mime: MediaType,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Whether an image has variants at all: it is wider than the narrowest of them and does not move.
#[must_use]
pub fn has_variants(width: u32, animated: bool) -> bool {
    !animated && WIDTHS.into_iter().any(|wanted| wanted < width)
}

/// Makes the variants of an image that [`super::inspect()`] has cleaned, narrowest first; none where the original is
/// too narrow or animated.
///
/// # Errors
/// Those of [`super::inspect()`], since the original may have been changed where it was kept.
pub fn make_variants(original: &[u8], limits: &Limits) -> Result<Vec<Variant>, MediaError> {
    let (format, container) = open(original, limits)?;
    let widths = || WIDTHS.into_iter().filter(|width| *width < container.width);
    if container.animated || widths().next().is_none() {
        return Ok(Vec::new());
    }
    let mut picture = decode(format, &container, limits)?;
    picture.apply_orientation(container.orientation);
    let (width, height) = picture.dimensions();

    let transparent = has_transparency(&picture);
    let as_jpeg = match format {
        ImageFormat::Jpeg => true,
        ImageFormat::Gif => false,
        _ => !transparent && has_more_colours_than(&picture, DRAWING_COLOURS),
    };
    let kind = if as_jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
    let mime = type_of(kind);
    // From PNG to PNG all that describes the colours can be carried over; otherwise the profile.
    let colour = if format == kind { png::colour_chunks(&container.bytes) } else { Vec::new() };
    let icc = if colour.is_empty() { profile(format, &container.bytes) } else { None };

    // Eight bits a channel are enough for a copy. Colours are multiplied with their opacity while scaling, or those
    // of invisible pixels would bleed into the edges.
    let mut picture = match (transparent, &picture) {
        (true, _) => {
            let mut rgba = picture.into_rgba8();
            rgba.pixels_mut().for_each(|pixel| pixel.0 = multiplied(pixel.0));
            DynamicImage::ImageRgba8(rgba)
        }
        (false, DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_)) => picture.into_luma8().into(),
        (false, _) => picture.into_rgb8().into(),
    };

    // The widest first, and each from the one before it: as good to the eye, and the large original is scaled once.
    let mut variants = Vec::new();
    for wanted in WIDTHS.into_iter().rev().filter(|wanted| *wanted < width) {
        let tall = (u64::from(height) * u64::from(wanted) + u64::from(width) / 2) / u64::from(width);
        let tall = u32::try_from(tall).unwrap_or(u32::MAX).max(1);
        picture = scaled(&picture, wanted, tall);
        let bytes = if as_jpeg {
            jpeg_of(&picture, QUALITY, icc.as_deref())?
        } else if transparent {
            let mut rgba = picture.to_rgba8();
            rgba.pixels_mut().for_each(|pixel| pixel.0 = divided(pixel.0));
            png_of(&DynamicImage::ImageRgba8(rgba), &colour, icc.as_deref())?
        } else {
            png_of(&picture, &colour, icc.as_deref())?
        };
        variants.push(Variant { width: wanted, height: tall, mime, bytes });
    }
    variants.reverse();
    Ok(variants)
}

fn scaled(picture: &DynamicImage, width: u32, height: u32) -> DynamicImage {
    match picture {
        DynamicImage::ImageLuma8(luma) => imageops::resize(luma, width, height, FilterType::Lanczos3).into(),
        DynamicImage::ImageRgb8(rgb) => imageops::resize(rgb, width, height, FilterType::Lanczos3).into(),
        other => imageops::resize(&other.to_rgba8(), width, height, FilterType::Lanczos3).into(),
    }
}

/// Whether any pixel lets through what is behind it. An alpha channel alone does not say so.
fn has_transparency(picture: &DynamicImage) -> bool {
    match picture {
        DynamicImage::ImageRgba8(rgba) => rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX),
        other => other.color().has_alpha() && other.pixels().any(|(_, _, pixel)| pixel.0[3] < u8::MAX),
    }
}

fn has_more_colours_than(picture: &DynamicImage, limit: usize) -> bool {
    let mut seen = HashSet::with_capacity(limit + 1);
    picture.pixels().any(|(_, _, pixel)| seen.insert(pixel.0) && seen.len() > limit)
}

/// A colour times its opacity.
fn multiplied([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let by = |channel: u8| {
        let product = (u16::from(channel) * u16::from(a) + 127) / 255;
        u8::try_from(product).unwrap_or(u8::MAX)
    };
    [by(r), by(g), by(b), a]
}

/// The reverse of [`multiplied`]. The filter may overshoot, so the result is held to what a channel can say.
fn divided([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let by = |channel: u8| {
        let whole = (u16::from(channel) * 255 + u16::from(a) / 2).checked_div(u16::from(a)).unwrap_or(0);
        u8::try_from(whole).unwrap_or(u8::MAX)
    };
    [by(r), by(g), by(b), a]
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;
    use crate::media::inspect::tests::{animated_gif, as_file};

    fn photograph(width: u32, height: u32) -> DynamicImage {
        let mut state = 7_u32;
        RgbImage::from_fn(width, height, |x, y| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = state.to_be_bytes()[0] / 4;
            Rgb([(x % 190) as u8 + noise, (y % 190) as u8 + noise, noise])
        })
        .into()
    }

    fn drawing(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| {
            Rgb(if (x / 8 + y / 8) % 2 == 0 { [250, 240, 220] } else { [20, 60, 90] })
        })
        .into()
    }

    fn made(picture: &DynamicImage, format: ImageFormat) -> Vec<Variant> {
        make_variants(&as_file(picture, format), &Limits::default()).unwrap()
    }

    fn pixels_of(variant: &Variant) -> DynamicImage {
        image::load_from_memory(&variant.bytes).unwrap()
    }

    #[test]
    fn only_widths_smaller_than_the_original_are_made_and_the_shape_is_kept() {
        let variants = made(&photograph(1024, 683), ImageFormat::Jpeg);
        let sizes: Vec<_> = variants.iter().map(|v| (v.width, v.height)).collect();
        assert_eq!(sizes, [(320, 213), (640, 427)]);
        for variant in &variants {
            assert_eq!(variant.mime, MediaType::Jpeg);
            assert_eq!(pixels_of(variant).dimensions(), (variant.width, variant.height));
        }
        assert!(made(&photograph(320, 200), ImageFormat::Jpeg).is_empty());
    }

    #[test]
    fn a_very_flat_image_keeps_a_height() {
        let variants = made(&photograph(900, 1), ImageFormat::Png);
        assert_eq!(variants.iter().map(|v| v.height).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn drawings_and_photographs_in_png_and_webp_become_what_suits_them() {
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            assert_eq!(made(&drawing(400, 200), format)[0].mime, MediaType::Png);
            assert_eq!(made(&photograph(400, 200), format)[0].mime, MediaType::Jpeg);
        }
    }

    #[test]
    fn transparency_is_kept_and_hidden_colours_do_not_bleed_into_edges() {
        let picture =
            RgbaImage::from_fn(
                400,
                100,
                |x, _| {
                    if x < 199 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
                },
            );
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let small = pixels_of(&made(&DynamicImage::ImageRgba8(picture.clone()), format)[0]).to_rgba8();
            assert_eq!(small.get_pixel(10, 10).0, [255, 0, 0, 255]);
            assert_eq!(small.get_pixel(310, 10).0[3], 0);
            let edge = small.pixels().filter(|p| p.0[3] > 8 && p.0[3] < 250).collect::<Vec<_>>();
            assert!(!edge.is_empty(), "the edge falls between two pixels of the small picture");
            assert!(edge.iter().all(|p| p.0[1] < 8), "green was invisible: {edge:?}");
        }
    }

    #[test]
    fn a_still_gif_gives_png_and_an_animation_gives_none() {
        assert_eq!(made(&drawing(400, 200), ImageFormat::Gif)[0].mime, MediaType::Png);
        assert!(make_variants(&animated_gif(400, 200), &Limits::default()).unwrap().is_empty());
    }

    #[test]
    fn grey_stays_grey() {
        let grey = photograph(400, 200).to_luma8();
        let variants = made(&DynamicImage::ImageLuma8(grey), ImageFormat::Jpeg);
        assert_eq!(pixels_of(&variants[0]).color(), image::ColorType::L8);
    }
}
