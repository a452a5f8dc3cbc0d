//! PNG (W3C, third edition, which includes APNG): a signature and chunks with checksums.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use image::metadata::Orientation;

use super::{Container, Frames, LONGEST_PROFILE, Scan, length, long_profile};
use crate::media::{Limits, MediaError};

/// The eight bytes that begin every PNG file.
pub(in crate::media) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that say what colours the numbers mean. They go before the image data, so they can be carried over into
/// another PNG of the same picture.
const COLOUR: [[u8; 4]; 7] = [*b"gAMA", *b"cHRM", *b"sRGB", *b"iCCP", *b"cICP", *b"mDCV", *b"cLLI"];

/// The other chunks that stay: the critical ones, transparency, precision, background, aspect, animation.
const STRUCTURE: [[u8; 4]; 11] = [
    *b"IHDR", *b"PLTE", *b"IDAT", *b"IEND", *b"tRNS", *b"sBIT", *b"bKGD", *b"pHYs", *b"acTL", *b"fcTL",
    *b"fdAT",
];

/// Walks the chunks, checks each one's checksum and keeps those on the two lists.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Container, MediaError> {
    let mut scan = Scan::new(bytes);
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(scan.take(SIGNATURE.len())?);
    let mut size = None;
    let mut orientation = Orientation::NoTransforms;
    let mut announced = 0;
    let mut frames = Frames::default();
    let (mut has_data, mut has_profile) = (false, false);
    loop {
        let (kind, data, whole) = chunk(&mut scan)?;
        if (kind == *b"IHDR") == size.is_some() {
            return Err(MediaError::corrupt("its header is missing or doubled"));
        }
        let mut body = Scan::new(data);
        match &kind {
            b"IHDR" => {
                let (width, height) = (body.u32_be()?, body.u32_be()?);
                limits.check(width, height)?;
                size = Some((width, height));
            }
            b"IDAT" => has_data = true,
            b"iCCP" if has_profile => return Err(MediaError::corrupt("it has two colour profiles")),
            b"iCCP" => {
                has_profile = true;
                // What no decoder could read is not kept either.
                if !is_profile(data)? {
                    continue;
                }
            }
            b"eXIf" => orientation = Orientation::from_exif_chunk(data).unwrap_or(Orientation::NoTransforms),
            b"acTL" => announced = body.u32_be()?,
            b"fcTL" => {
                body.u32_be()?;
                let (width, height) = (body.u32_be()?, body.u32_be()?);
                frames.add(width, height, limits)?;
            }
            _ => {}
        }
        if COLOUR.contains(&kind) || STRUCTURE.contains(&kind) {
            kept.extend_from_slice(whole);
        } else if kind.first().is_some_and(u8::is_ascii_uppercase) {
            return Err(MediaError::corrupt("it has a part that no standard describes"));
        }
        if &kind == b"IEND" {
            break;
        }
    }
    let Some((width, height)) = size.filter(|_| has_data) else {
        return Err(MediaError::corrupt("there is no picture in it"));
    };
    let animated = announced > 1 && frames.count > 1;
    Ok(Container { width, height, orientation, animated, bytes: kept })
}

/// Whether a chunk holds a colour profile that can be read: a name, the method, and what zlib packed, which is unpacked here piece
/// by piece and kept nowhere, since a thousandth of the bytes may be enough for what it claims to be.
fn is_profile(data: &[u8]) -> Result<bool, MediaError> {
    let Some(name) = data.iter().take(80).position(|byte| *byte == 0).filter(|length| *length > 0) else {
        return Ok(false);
    };
    let Some([0, packed @ ..]) = data.get(name + 1..) else { return Ok(false) };
    let most = u64::try_from(LONGEST_PROFILE).unwrap_or(u64::MAX);
    let mut unpacked = ZlibDecoder::new(packed).take(most + 1);
    match std::io::copy(&mut unpacked, &mut std::io::sink()) {
        Ok(bytes) if bytes > most => Err(long_profile()),
        result => Ok(result.is_ok()),
    }
}

/// A chunk: its type, its data, and all of it as it stands in the file.
type Chunk<'a> = ([u8; 4], &'a [u8], &'a [u8]);

/// The next chunk, if its checksum fits.
fn chunk<'a>(scan: &mut Scan<'a>) -> Result<Chunk<'a>, MediaError> {
    let before = scan.clone();
    let size = length(scan.u32_be()?);
    let kind: [u8; 4] = scan.array()?;
    let data = scan.take(size)?;
    if scan.u32_be()? != crc32(&[&kind, data]) {
        return Err(MediaError::corrupt("a checksum does not fit"));
    }
    let whole = before.clone().take(size.saturating_add(12))?;
    Ok((kind, data, whole))
}

/// The chunks of a clean PNG that describe its colours, as they stand in the file.
pub(in crate::media) fn colour_chunks(bytes: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut scan = Scan::new(bytes.strip_prefix(SIGNATURE).unwrap_or_default());
    while let Ok((kind, _, whole)) = chunk(&mut scan) {
        if COLOUR.contains(&kind) {
            found.extend_from_slice(whole);
        }
    }
    found
}

/// Puts chunks from [`colour_chunks`] after the header of a PNG that has none of its own.
pub(in crate::media) fn with_chunks(png: &[u8], chunks: &[u8]) -> Vec<u8> {
    // The signature and IHDR, whose length is fixed: 8 + 4 + 4 + 13 + 4 bytes.
    let (head, tail) = png.split_at_checked(33).unwrap_or((png, &[]));
    [head, chunks, tail].concat()
}

/// The checksum of ISO 3309, as PNG wants it, over several pieces.
pub(in crate::media) fn crc32(pieces: &[&[u8]]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut value = index;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            #[expect(clippy::indexing_slicing, reason = "in a constant: a wrong index would not compile")]
            {
                table[index as usize] = value;
            }
            index += 1;
        }
        table
    };
    let mut crc = u32::MAX;
    for byte in pieces.iter().copied().flatten() {
        let [low, ..] = crc.to_le_bytes();
        crc = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or_default() ^ (crc >> 8);
    }
    !crc
}
