//! Pictures made by code: the images of the demo publication, so that the repository holds no binary files and
//! `serve --demo` needs no network.
//!
//! The same kind, seed and size give the same bytes on every machine of one architecture. Scenes are drawn in a
//! measure of 1200 units across, so a small picture is the large one scaled, not a part of it.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "geometry: all numbers are sides of a picture, far from any border of their types"
)]

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use canvas::{Canvas, Rng};

mod canvas;
mod land;
mod map;
mod marks;
mod town;

/// The quality (1 to 100) of the JPEG files.
const QUALITY: u8 = 88;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Illustration {
    /// Ridges one behind the other under a low sun.
    Hills,
    /// Cranes, containers and a ship at dusk.
    Harbour,
    /// Windows of a town across a river.
    CityNight,
    /// A hiking map: tints by height, contour lines, a path.
    ContourMap,
    /// A forme of ornamental type.
    TypeBlocks,
    /// A sea of scalloped waves.
    Waves,
    /// Rows of fruit trees that meet at the horizon.
    Orchard,
    /// The scale of an old wireless.
    RadioDial,
    /// A portrait in place of one: four shapes on a ground.
    Avatar,
}

impl Illustration {
    /// Every kind, in the order above.
    pub const ALL: [Self; 9] = [
        Self::Hills,
        Self::Harbour,
        Self::CityNight,
        Self::ContourMap,
        Self::TypeBlocks,
        Self::Waves,
        Self::Orchard,
        Self::RadioDial,
        Self::Avatar,
    ];
}

/// Draws a picture and returns it as a file: JPEG, but PNG for [`Illustration::Avatar`], which is flat and small.
/// Width and height are in pixels, and held to 16 to 4096. Landscapes look best at 3:2 to 2:1, avatars square.
#[must_use]
pub fn illustration(kind: Illustration, seed: u64, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.clamp(16, 4096), height.clamp(16, 4096));
    let mut canvas = Canvas::new(width, height);
    let mut chance = Rng::new(kind, seed);
    let draw = match kind {
        Illustration::Hills => land::hills,
        Illustration::Harbour => town::harbour,
        Illustration::CityNight => town::city_night,
        Illustration::ContourMap => map::contour_map,
        Illustration::TypeBlocks => marks::type_blocks,
        Illustration::Waves => land::waves,
        Illustration::Orchard => land::orchard,
        Illustration::RadioDial => marks::radio_dial,
        Illustration::Avatar => marks::avatar,
    };
    draw(&mut canvas, &mut chance);
    let mut file = Vec::new();
    // Both encoders write to memory and are given as many bytes as the size says; neither can fail.
    let written = if kind == Illustration::Avatar {
        PngEncoder::new(&mut file).write_image(
            &canvas.into_bytes(0.0),
            width,
            height,
            ExtendedColorType::Rgb8,
        )
    } else {
        JpegEncoder::new_with_quality(&mut file, QUALITY).write_image(
            &canvas.into_bytes(0.022),
            width,
            height,
            ExtendedColorType::Rgb8,
        )
    };
    debug_assert!(written.is_ok(), "{written:?}");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Limits, inspect};

    #[test]
    fn every_kind_is_a_sound_image_of_the_size_asked_for() {
        for kind in Illustration::ALL {
            let image = inspect(&illustration(kind, 3, 240, 160), &Limits::default()).unwrap();
            assert_eq!((image.width, image.height), (240, 160), "{kind:?}");
            let expected = if kind == Illustration::Avatar { "image/png" } else { "image/jpeg" };
            assert_eq!(image.mime, expected);
        }
    }

    #[test]
    fn a_seed_gives_the_same_picture_again_and_another_seed_another_one() {
        for kind in Illustration::ALL {
            let first = illustration(kind, 1, 120, 80);
            assert_eq!(first, illustration(kind, 1, 120, 80), "{kind:?}");
            assert_ne!(first, illustration(kind, 2, 120, 80), "{kind:?}");
        }
    }

    #[test]
    fn no_size_makes_it_fail() {
        for kind in Illustration::ALL {
            for (width, height) in [(0, 0), (16, 300), (300, 16), (33, 17)] {
                assert!(
                    inspect(&illustration(kind, 9, width, height), &Limits::default()).is_ok(),
                    "{kind:?}"
                );
            }
        }
    }
}
