//! JPEG (ITU-T T.81, JFIF, and Adobe's marker): segments and entropy-coded scans.

use image::metadata::Orientation;

use super::{Container, LONGEST_PROFILE, Scan, long_profile};
use crate::media::{Limits, MediaError};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
/// Scans of a progressive picture: encoders make about ten, and each, however short, is a walk over the whole picture.
const MOST_SCANS: u32 = 64;
/// What begins the payload of the APP0 segment that most files have.
const JFIF: &[u8] = b"JFIF\0";
/// What begins the payload of an APP1 segment with EXIF in it; a TIFF structure follows.
const EXIF: &[u8] = b"Exif\0\0";
/// What begins the payload of an APP2 segment with a piece of a colour profile (ICC.1, annex B.4).
pub(in crate::media) const ICC: &[u8] = b"ICC_PROFILE\0";

/// Walks the segments and keeps those that the picture needs: tables, frames, scans, JFIF without its thumbnail,
/// the colour profile, and Adobe's APP14, which says how the colours are coded.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Container, MediaError> {
    let mut scan = Scan::new(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    let mut size = None;
    let mut orientation = None;
    let mut scans = 0;
    let mut profile = 0;
    kept.extend_from_slice(scan.take(2)?);
    loop {
        let marker = next_marker(&mut scan)?;
        match marker {
            EOI => break,
            // Restart and temporary markers have no length; outside a scan they mean nothing.
            0x01 | 0xD0..=0xD7 => continue,
            SOI => return Err(MediaError::corrupt("a second image begins inside the first")),
            _ => {}
        }
        let length = usize::from(scan.u16_be()?);
        let payload =
            scan.take(length.checked_sub(2).ok_or_else(|| MediaError::corrupt("a segment has no length"))?)?;
        match marker {
            // SOF0 to SOF15 but for DHT, JPG and DAC, which share the range.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if size.is_some() {
                    return Err(MediaError::corrupt("it has two frames"));
                }
                let mut frame = Scan::new(payload);
                frame.u8()?;
                let (height, width) = (u32::from(frame.u16_be()?), u32::from(frame.u16_be()?));
                limits.check(width, height)?;
                size = Some((width, height));
                keep(&mut kept, marker, payload);
            }
            // DHT, DAC, DQT, DNL, DRI.
            0xC4 | 0xCC | 0xDB..=0xDD => keep(&mut kept, marker, payload),
            0xE0 => {
                // The JFIF header proper is 14 bytes; a thumbnail, which may show what was cropped away, follows.
                if let Some((fixed, _)) =
                    payload.strip_prefix(JFIF).and_then(|rest| rest.split_first_chunk::<7>())
                {
                    let mut header = JFIF.to_vec();
                    header.extend_from_slice(fixed);
                    header.extend_from_slice(&[0, 0]);
                    keep(&mut kept, marker, &header);
                }
            }
            0xE1 if orientation.is_none() => {
                orientation = payload.strip_prefix(EXIF).and_then(Orientation::from_exif_chunk);
            }
            0xE2 if payload.starts_with(ICC) => {
                profile += payload.len();
                if profile > LONGEST_PROFILE {
                    return Err(long_profile());
                }
                keep(&mut kept, marker, payload);
            }
            0xEE if payload.starts_with(b"Adobe") => keep(&mut kept, marker, payload),
            SOS => {
                scans += 1;
                if scans > MOST_SCANS {
                    return Err(MediaError::corrupt("its picture comes in too many scans"));
                }
                keep(&mut kept, marker, payload);
                kept.extend_from_slice(entropy_coded(&mut scan)?);
            }
            _ => {}
        }
    }
    kept.extend_from_slice(&[0xFF, EOI]);
    let Some((width, height)) = size.filter(|_| scans > 0) else {
        return Err(MediaError::corrupt("there is no picture in it"));
    };
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Container { width, height, orientation, animated: false, bytes: kept })
}

fn keep(kept: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    kept.extend_from_slice(&[0xFF, marker]);
    // The payload came from a segment, so its length fits one.
    kept.extend_from_slice(&u16::try_from(payload.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    kept.extend_from_slice(payload);
}

/// Finds the next marker. Stray bytes before it are passed over, as every decoder does, and not kept.
fn next_marker(scan: &mut Scan<'_>) -> Result<u8, MediaError> {
    loop {
        while scan.u8()? != 0xFF {}
        let mut marker = scan.u8()?;
        while marker == 0xFF {
            marker = scan.u8()?;
        }
        if marker != 0 {
            return Ok(marker);
        }
    }
}

/// The bytes of a scan: up to the next marker that is neither a stuffed zero nor a restart.
fn entropy_coded<'a>(scan: &mut Scan<'a>) -> Result<&'a [u8], MediaError> {
    let mut at = 0;
    loop {
        let rest = scan.rest.get(at..).unwrap_or_default();
        let Some(found) = rest.iter().position(|byte| *byte == 0xFF) else {
            return Err(MediaError::corrupt("it is cut short"));
        };
        match rest.get(found + 1) {
            Some(0x00 | 0xD0..=0xD7) => at += found + 2,
            Some(0xFF) => at += found + 1,
            Some(_) => return scan.take(at + found),
            None => return Err(MediaError::corrupt("it is cut short")),
        }
    }
}
