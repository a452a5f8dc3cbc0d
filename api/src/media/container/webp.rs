//! WebP (RFC 9649): a RIFF file with one picture, or an extended one with profile, alpha and animation.

use image::metadata::Orientation;

use super::{Container, Frames, LONGEST_PROFILE, Scan, length, long_profile};
use crate::media::{Limits, MediaError};

const FLAG_ANIMATION: u8 = 0x02;
const FLAG_ALPHA: u8 = 0x10;
const FLAG_PROFILE: u8 = 0x20;

/// What the chunks of a file, or of one frame of an animation, add up to.
#[derive(Default)]
struct Parts {
    size: Option<(u32, u32)>,
    lossy: bool,
    alpha: bool,
    kept: Vec<u8>,
}

impl Parts {
    /// Takes an alpha or image chunk; anything else is not its business.
    fn take(&mut self, kind: [u8; 4], data: &[u8], limits: &Limits) -> Result<(), MediaError> {
        match &kind {
            b"ALPH" if !self.alpha && self.size.is_none() => self.alpha = true,
            b"VP8 " | b"VP8L" if self.size.is_none() => {
                self.lossy = &kind == b"VP8 ";
                let (width, height) = if self.lossy { lossy_size(data)? } else { lossless_size(data)? };
                limits.check(width, height)?;
                self.size = Some((width, height));
            }
            _ => return Ok(()),
        }
        keep(&mut self.kept, kind, data);
        Ok(())
    }
}

/// Walks the chunks and keeps picture, alpha, animation and colour profile.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Container, MediaError> {
    let mut head = Scan::new(bytes);
    head.take(4)?;
    let size = length(head.u32_le()?);
    // Whatever stands after the RIFF chunk is not part of the image.
    let mut scan = Scan::new(head.take(size)?);
    scan.take(4)?;

    let mut canvas = None;
    let mut flags = 0;
    let mut orientation = Orientation::NoTransforms;
    let (mut profile, mut animation) = (Vec::new(), Vec::new());
    let mut still = Parts::default();
    let mut frames = Frames::default();
    let mut first = true;
    while !scan.is_empty() {
        let (kind, data) = chunk(&mut scan)?;
        match &kind {
            b"VP8X" if first => {
                let mut body = Scan::new(data);
                flags = body.u8()?;
                body.take(3)?;
                let (width, height) = (body.u24_le()? + 1, body.u24_le()? + 1);
                limits.check(width, height)?;
                canvas = Some((width, height));
            }
            b"ICCP" if data.len() > LONGEST_PROFILE => return Err(long_profile()),
            b"ICCP" if profile.is_empty() => keep(&mut profile, kind, data),
            b"EXIF" => {
                // The specification wants a bare TIFF structure; some writers put JPEG's prefix before it.
                let tiff = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
                orientation = Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms);
            }
            b"ANIM" if flags & FLAG_ANIMATION != 0 && animation.is_empty() => {
                keep(&mut animation, kind, data);
            }
            b"ANMF" if flags & FLAG_ANIMATION != 0 => {
                let frame = read_frame(data, canvas.unwrap_or_default(), &mut frames, limits)?;
                keep(&mut animation, kind, &frame);
            }
            _ if flags & FLAG_ANIMATION == 0 => still.take(kind, data, limits)?,
            _ => {}
        }
        first = false;
    }

    let moving = flags & FLAG_ANIMATION != 0;
    let (width, height) =
        canvas.or(still.size).ok_or_else(|| MediaError::corrupt("there is no picture in it"))?;
    if moving && (frames.count == 0 || !animation.starts_with(b"ANIM")) {
        return Err(MediaError::corrupt("an animation without frames"));
    }
    if !moving && still.size != Some((width, height)) {
        return Err(MediaError::corrupt("its picture has another size than its canvas"));
    }

    let mut body = b"WEBP".to_vec();
    if canvas.is_some() {
        // A lossy still picture that announces transparency and has none would be refused by strict decoders.
        let alpha = if moving || !still.lossy || still.alpha { flags & FLAG_ALPHA } else { 0 };
        let icc = if profile.is_empty() { 0 } else { FLAG_PROFILE };
        let mut header = vec![alpha | icc | (flags & FLAG_ANIMATION), 0, 0, 0];
        for side in [width, height] {
            header.extend(side.saturating_sub(1).to_le_bytes().into_iter().take(3));
        }
        keep(&mut body, *b"VP8X", &header);
        body.extend_from_slice(&profile);
    }
    body.extend_from_slice(if moving { &animation } else { &still.kept });
    let mut kept = Vec::with_capacity(body.len() + 8);
    kept.extend_from_slice(b"RIFF");
    kept.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend_from_slice(&body);
    Ok(Container { width, height, orientation, animated: frames.count > 1, bytes: kept })
}

/// A frame of an animation without chunks that are none of its picture.
fn read_frame(
    data: &[u8],
    canvas: (u32, u32),
    frames: &mut Frames,
    limits: &Limits,
) -> Result<Vec<u8>, MediaError> {
    let mut scan = Scan::new(data);
    let header = scan.take(16)?;
    let mut fields = Scan::new(header);
    // Offsets are stored halved.
    let (x, y) = (fields.u24_le()? * 2, fields.u24_le()? * 2);
    let size = (fields.u24_le()? + 1, fields.u24_le()? + 1);
    frames.add(size.0, size.1, limits)?;
    if x + size.0 > canvas.0 || y + size.1 > canvas.1 {
        return Err(MediaError::corrupt("a frame lies outside the canvas"));
    }
    let mut parts = Parts::default();
    while !scan.is_empty() {
        let (kind, data) = chunk(&mut scan)?;
        parts.take(kind, data, limits)?;
    }
    if parts.size != Some(size) {
        return Err(MediaError::corrupt("a frame has no picture of its size"));
    }
    let mut frame = header.to_vec();
    frame.extend_from_slice(&parts.kept);
    Ok(frame)
}

/// The next chunk: its type and its data, without the byte that pads it to an even length.
fn chunk<'a>(scan: &mut Scan<'a>) -> Result<([u8; 4], &'a [u8]), MediaError> {
    let kind = scan.array()?;
    let size = length(scan.u32_le()?);
    let data = scan.take(size)?;
    // A writer that forgets the last pad byte harms nobody.
    if size % 2 == 1 && !scan.is_empty() {
        scan.take(1)?;
    }
    Ok((kind, data))
}

fn keep(kept: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    kept.extend_from_slice(&kind);
    kept.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    kept.extend_from_slice(data);
    if data.len() % 2 == 1 {
        kept.push(0);
    }
}

/// The dimensions in the header of a VP8 key frame (RFC 6386, section 9.1).
fn lossy_size(data: &[u8]) -> Result<(u32, u32), MediaError> {
    let mut scan = Scan::new(data);
    if scan.u24_le()? & 1 == 1 || scan.take(3)? != [0x9D, 0x01, 0x2A] {
        return Err(MediaError::corrupt("its picture does not begin as one"));
    }
    Ok((u32::from(scan.u16_le()? & 0x3FFF), u32::from(scan.u16_le()? & 0x3FFF)))
}

/// The dimensions in the header of a lossless picture (RFC 9649, section 3.4).
fn lossless_size(data: &[u8]) -> Result<(u32, u32), MediaError> {
    let mut scan = Scan::new(data);
    if scan.u8()? != 0x2F {
        return Err(MediaError::corrupt("its picture does not begin as one"));
    }
    let header = scan.u32_le()?;
    Ok(((header & 0x3FFF) + 1, ((header >> 14) & 0x3FFF) + 1))
}
