//! GIF (version 89a, with the looping extension that every browser follows).

use image::metadata::Orientation;

use super::{Container, Frames, Scan};
use crate::media::{Limits, MediaError};

/// Walks the blocks and keeps frames, their timing, and how often the animation repeats.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Container, MediaError> {
    let mut scan = Scan::new(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    let screen = scan.take(13)?;
    let mut fields = Scan::new(screen.get(6..).unwrap_or_default());
    let (width, height) = (u32::from(fields.u16_le()?), u32::from(fields.u16_le()?));
    limits.check(width, height)?;
    kept.extend_from_slice(screen);
    kept.extend_from_slice(colour_table(&mut scan, fields.u8()?)?);
    let mut frames = Frames::default();
    // The timing of a frame stands before it. It is held back, because the block that follows may be a text, which
    // goes, and its timing with it.
    let mut timing: &[u8] = &[];
    loop {
        match scan.u8()? {
            0x21 => match scan.u8()? {
                0xF9 => timing = sub_blocks(&mut scan)?,
                0xFF => {
                    if let Some(repeat) = looping(sub_blocks(&mut scan)?) {
                        kept.extend_from_slice(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01");
                        kept.extend_from_slice(&repeat);
                        kept.push(0);
                    }
                }
                label => {
                    sub_blocks(&mut scan)?;
                    if label == 0x01 {
                        timing = &[];
                    }
                }
            },
            0x2C => {
                let descriptor = scan.take(9)?;
                let mut fields = Scan::new(descriptor);
                fields.u32_le()?;
                let (w, h) = (u32::from(fields.u16_le()?), u32::from(fields.u16_le()?));
                frames.add(w, h, limits)?;
                if !timing.is_empty() {
                    kept.extend_from_slice(&[0x21, 0xF9]);
                    kept.extend_from_slice(timing);
                    timing = &[];
                }
                kept.push(0x2C);
                kept.extend_from_slice(descriptor);
                kept.extend_from_slice(colour_table(&mut scan, fields.u8()?)?);
                kept.push(scan.u8()?);
                kept.extend_from_slice(sub_blocks(&mut scan)?);
            }
            0x3B => break,
            // Some writers pad between blocks with zeros.
            0x00 => {}
            _ => return Err(MediaError::corrupt("a block of unknown type")),
        }
    }
    kept.push(0x3B);
    if frames.count == 0 {
        return Err(MediaError::corrupt("there is no picture in it"));
    }
    let animated = frames.count > 1;
    Ok(Container { width, height, orientation: Orientation::NoTransforms, animated, bytes: kept })
}

/// The colour table that the packed field announces, empty where there is none.
fn colour_table<'a>(scan: &mut Scan<'a>, packed: u8) -> Result<&'a [u8], MediaError> {
    if packed & 0x80 == 0 {
        return Ok(&[]);
    }
    scan.take(3 << ((packed & 7) + 1))
}

/// A run of sub-blocks with its lengths and its closing zero.
fn sub_blocks<'a>(scan: &mut Scan<'a>) -> Result<&'a [u8], MediaError> {
    let mut before = scan.clone();
    let mut total = 0;
    loop {
        let size = usize::from(scan.u8()?);
        scan.take(size)?;
        total += size + 1;
        if size == 0 {
            return before.take(total);
        }
    }
}

/// How often an animation repeats (little-endian, 0 for ever), where this application block says so.
fn looping(block: &[u8]) -> Option<[u8; 2]> {
    let data = block.strip_prefix(b"\x0BNETSCAPE2.0").or_else(|| block.strip_prefix(b"\x0BANIMEXTS1.0"))?;
    let (repeat, _) = data.strip_prefix(&[3, 1])?.split_first_chunk()?;
    Some(*repeat)
}
