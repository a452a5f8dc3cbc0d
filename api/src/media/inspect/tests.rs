//! Files of every type, made here byte by byte where a writer would not make them so.

use image::codecs::gif::GifEncoder;
use image::{Frame, ImageDecoder, Rgb, RgbImage, Rgba, RgbaImage};

use super::container::png::crc32;
use super::*;

pub(in crate::media) fn as_file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub(in crate::media) fn animated_gif(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new(&mut out);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    for shade in [0, 120, 240] {
        let frame = RgbaImage::from_pixel(width, height, Rgba([shade, 80, 40, 255]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    out
}

/// A red left third, the rest blue.
fn flag(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| Rgb(if x < width / 3 { [220, 20, 20] } else { [20, 20, 220] }))
        .into()
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), data, &crc32(&[&kind, data]).to_be_bytes()].concat()
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], length.as_slice(), payload].concat()
}

fn riff(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let pad: &[u8] = if data.len() % 2 == 1 { &[0] } else { &[] };
    [kind.as_slice(), &length, data, pad].concat()
}

fn webp_file(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff(*b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

/// The one image chunk of a simple WebP file.
fn webp_picture(picture: &DynamicImage) -> Vec<u8> {
    as_file(picture, ImageFormat::WebP)[12..].to_vec()
}

/// A TIFF structure (Exif 2.32) with an orientation and a GPS directory that says 52° 31' north.
fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [tag.to_le_bytes().as_slice(), &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()]
            .concat()
    };
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation)));
    tiff.extend(entry(0x8825, 4, 1, 38));
    tiff.extend(0_u32.to_le_bytes());
    assert_eq!(tiff.len(), 38);
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x0001, 2, 2, u32::from(b'N')));
    tiff.extend(entry(0x0002, 5, 3, 68));
    tiff.extend(0_u32.to_le_bytes());
    assert_eq!(tiff.len(), 68);
    for part in [52_u32, 1, 31, 1, 7, 1] {
        tiff.extend(part.to_le_bytes());
    }
    tiff.extend(b"SECRETPLACE");
    tiff
}

/// A JPEG with everything in it that must go, and a profile that must stay.
fn loaded_jpeg(orientation: u16) -> Vec<u8> {
    let plain = as_file(&flag(96, 48), ImageFormat::Jpeg);
    let extra = [
        segment(0xE1, &[b"Exif\0\0".to_vec(), exif(orientation)].concat()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRETXMP</x:xmpmeta>"),
        segment(0xED, b"Photoshop 3.0\08BIM\x04\x04SECRETIPTC"),
        segment(0xFE, b"SECRETCOMMENT <script>alert(1)</script>"),
        segment(0xE2, b"MPF\0SECRETMPF"),
        segment(0xE2, &icc_segment()),
    ];
    [&plain[..2], &extra.concat(), &plain[2..]].concat()
}

/// A header of a profile for RGB; no decoder here looks further.
fn icc_segment() -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[16..20].copy_from_slice(b"RGB ");
    [b"ICC_PROFILE\0\x01\x01".as_slice(), &profile].concat()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn take(bytes: &[u8]) -> Result<Inspected, MediaError> {
    inspect(bytes, &Limits::default())
}

fn decoded(image: &Inspected) -> RgbaImage {
    image::load_from_memory(&image.bytes).unwrap().to_rgba8()
}

fn is_red(pixel: Rgba<u8>) -> bool {
    pixel.0[0] > 150 && pixel.0[2] < 100
}

#[test]
fn each_type_is_known_by_its_content_and_comes_out_the_same_picture() {
    for (format, mime, extension) in [
        (ImageFormat::Jpeg, "image/jpeg", "jpg"),
        (ImageFormat::Png, "image/png", "png"),
        (ImageFormat::Gif, "image/gif", "gif"),
        (ImageFormat::WebP, "image/webp", "webp"),
    ] {
        let file = as_file(&flag(90, 30), format);
        let image = take(&file).unwrap();
        assert_eq!(
            (image.mime.as_str(), image.mime.extension(), image.width, image.height),
            (mime, extension, 90, 30)
        );
        assert!(!image.animated);
        assert_eq!(image.sha256.len(), 64);
        assert_eq!(image.sha256, format!("{:x}", Sha256::digest(&image.bytes)));
        assert_eq!(decoded(&image), image::load_from_memory(&file).unwrap().to_rgba8());
        let colour = image.dominant_color.unwrap();
        assert!(colour.starts_with('#') && colour.len() == 7 && &colour[5..] > "c0", "mostly blue: {colour}");
        // What is clean stays as it is, byte for byte, so its address is stable.
        assert_eq!(take(&image.bytes).unwrap().sha256, image.sha256);
    }
}

#[test]
fn a_jpeg_loses_place_comments_and_previews_but_neither_quality_nor_profile() {
    let file = loaded_jpeg(1);
    assert!(contains(&file, b"SECRETPLACE"));
    let image = take(&file).unwrap();
    for gone in [&b"SECRET"[..], b"Exif", b"script", b"8BIM", b"adobe"] {
        assert!(!contains(&image.bytes, gone), "{}", String::from_utf8_lossy(gone));
    }
    assert!(contains(&image.bytes, b"ICC_PROFILE"));
    assert_eq!(decoded(&image), image::load_from_memory(&file).unwrap().to_rgba8());
}

#[test]
fn an_orientation_is_applied_and_then_gone() {
    let image = take(&loaded_jpeg(6)).unwrap();
    assert_eq!((image.width, image.height), (48, 96));
    // Turned clockwise, the red that was left is on top.
    let pixels = decoded(&image);
    assert!(is_red(*pixels.get_pixel(24, 5)) && !is_red(*pixels.get_pixel(24, 90)));
    assert!(!contains(&image.bytes, b"SECRET") && !contains(&image.bytes, b"Exif"));
    assert!(contains(&image.bytes, b"ICC_PROFILE"), "the colours are still described");
    let again = take(&image.bytes).unwrap();
    assert_eq!(again.bytes, image.bytes, "it is not turned twice");
}

#[test]
fn a_png_loses_texts_and_dates_and_is_turned_with_its_gamma() {
    let plain = as_file(&flag(96, 48), ImageFormat::Png);
    let gamma = chunk(*b"gAMA", &45_455_u32.to_be_bytes());
    let extra = [
        gamma.clone(),
        chunk(*b"tEXt", b"Comment\0SECRETTEXT"),
        chunk(*b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRETXMP"),
        chunk(*b"tIME", &[7, 221, 6, 24, 14, 5, 0]),
        chunk(*b"prVt", b"SECRETAPP"),
    ];
    let file = [&plain[..33], &extra.concat(), &plain[33..]].concat();
    let image = take(&file).unwrap();
    assert_eq!(image.bytes, [&plain[..33], &gamma, &plain[33..]].concat());

    let turned = [&plain[..33], &gamma, &chunk(*b"eXIf", &exif(8)), &plain[33..]].concat();
    let image = take(&turned).unwrap();
    assert_eq!((image.width, image.height), (48, 96));
    assert!(is_red(*decoded(&image).get_pixel(24, 90)), "counter-clockwise, left is below");
    assert!(contains(&image.bytes, &gamma) && !contains(&image.bytes, b"SECRET"));
}

#[test]
fn a_webp_loses_exif_and_xmp_and_is_turned() {
    let picture = webp_picture(&flag(96, 48));
    let with = |orientation: u16| {
        let header = riff(*b"VP8X", &[0x0C, 0, 0, 0, 95, 0, 0, 47, 0, 0]);
        webp_file(&[
            header,
            picture.clone(),
            riff(*b"EXIF", &exif(orientation)),
            riff(*b"XMP ", b"SECRETXMP"),
        ])
    };
    let image = take(&with(1)).unwrap();
    assert!(!contains(&image.bytes, b"SECRET") && !contains(&image.bytes, b"EXIF"));
    assert_eq!(image.bytes[20], 0, "the header no longer announces them");
    assert!(contains(&image.bytes, &picture));

    let image = take(&with(6)).unwrap();
    assert_eq!((image.mime.as_str(), image.width, image.height), ("image/webp", 48, 96));
    assert!(is_red(*decoded(&image).get_pixel(24, 5)));
}

#[test]
fn an_animated_gif_stays_animated_and_endless_and_loses_its_comment() {
    let plain = animated_gif(40, 20);
    let comment = b"\x21\xFE\x0DSECRETCOMMENT\0";
    let xmp = b"\x21\xFF\x0BXMP DataXMP\x09SECRETXMP\0";
    // The header is 13 bytes here: the encoder writes local colour tables.
    let start = 13 + if plain[10] & 0x80 == 0 { 0 } else { 3 << ((plain[10] & 7) + 1) };
    let file = [&plain[..start], comment, xmp, &plain[start..]].concat();
    let image = take(&file).unwrap();
    assert!(image.animated && contains(&image.bytes, b"NETSCAPE2.0\x03\x01\0\0\0"));
    assert!(!contains(&image.bytes, b"SECRET"));
    let frames = |bytes: &[u8]| {
        use image::AnimationDecoder;
        let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes.to_vec())).unwrap();
        decoder
            .into_frames()
            .collect_frames()
            .unwrap()
            .into_iter()
            .map(Frame::into_buffer)
            .collect::<Vec<_>>()
    };
    assert_eq!(frames(&image.bytes), frames(&plain));
    assert_eq!(frames(&plain).len(), 3);
}

#[test]
fn an_animated_webp_stays_animated() {
    let frame = |picture: &DynamicImage| {
        let mut data = vec![0; 6];
        data.extend([39, 0, 0, 19, 0, 0, 100, 0, 0, 0]);
        data.extend(webp_picture(picture));
        data.extend(riff(*b"junk", b"SECRET"));
        riff(*b"ANMF", &data)
    };
    let file = webp_file(&[
        riff(*b"VP8X", &[0x02, 0, 0, 0, 39, 0, 0, 19, 0, 0]),
        riff(*b"ANIM", &[0; 6]),
        frame(&flag(40, 20)),
        frame(&flag(40, 20).flipv().fliph()),
        riff(*b"XMP ", b"SECRET"),
    ]);
    let image = take(&file).unwrap();
    assert!(image.animated && !contains(&image.bytes, b"SECRET"));
    let decoder = image::codecs::webp::WebPDecoder::new(Cursor::new(image.bytes.clone())).unwrap();
    assert!(decoder.has_animation());
    assert_eq!(decoder.dimensions(), (40, 20));
}

#[test]
fn an_animated_png_stays_animated() {
    let plain = as_file(&flag(40, 20), ImageFormat::Png);
    let data = 33 + plain[33..].windows(4).position(|w| w == b"IDAT").unwrap() - 4;
    let length = u32::from_be_bytes(plain[data..data + 4].try_into().unwrap()) as usize;
    let pixels = &plain[data + 8..data + 8 + length];
    let control = |sequence: u32| {
        let sides = [sequence, 40, 20, 0, 0].map(u32::to_be_bytes).concat();
        chunk(*b"fcTL", &[sides.as_slice(), &[0, 10, 0, 100, 0, 0]].concat())
    };
    let file = [
        plain[..33].to_vec(),
        chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        control(0),
        chunk(*b"IDAT", pixels),
        control(1),
        chunk(*b"fdAT", &[&[0, 0, 0, 2], pixels].concat()),
        chunk(*b"IEND", &[]),
    ]
    .concat();
    let image = take(&file).unwrap();
    assert!(image.animated);
    assert_eq!(image.bytes, file);
}

#[test]
fn a_decompression_bomb_is_refused_by_its_header() {
    let header = [60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat();
    let png = [
        png::SIGNATURE.to_vec(),
        chunk(*b"IHDR", &[header.as_slice(), &[8, 6, 0, 0, 0]].concat()),
        chunk(*b"IDAT", &[0; 20]),
        chunk(*b"IEND", &[]),
    ]
    .concat();
    let limit = Limits::default().max_pixels;
    assert_eq!(take(&png), Err(MediaError::TooManyPixels { limit }));

    let mut gif = as_file(&flag(9, 9), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    assert_eq!(take(&gif), Err(MediaError::TooManyPixels { limit }));

    let mut jpeg = as_file(&flag(9, 9), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    assert_eq!(take(&jpeg), Err(MediaError::TooManyPixels { limit }));

    let canvas = riff(*b"VP8X", &[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(take(&webp_file(&[canvas])), Err(MediaError::TooManyPixels { limit }));
}

#[test]
fn an_animation_of_many_large_frames_is_refused() {
    let limits = Limits { max_pixels: 100, ..Limits::default() };
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new(&mut out);
    for _ in 0..21 {
        encoder.encode_frame(Frame::new(RgbaImage::new(10, 10))).unwrap();
    }
    drop(encoder);
    assert_eq!(inspect(&out, &limits), Err(MediaError::TooManyPixels { limit: 2000 }));
}

#[test]
fn a_side_or_a_file_over_the_limit_is_refused() {
    let file = as_file(&flag(300, 2), ImageFormat::Png);
    let limits = Limits { max_side: 299, ..Limits::default() };
    assert_eq!(inspect(&file, &limits), Err(MediaError::SideTooLong { limit: 299 }));
    let limits = Limits { max_bytes: file.len() - 1, ..Limits::default() };
    assert_eq!(inspect(&file, &limits), Err(MediaError::TooLarge { limit: file.len() - 1 }));
}

#[test]
fn a_file_cut_short_anywhere_is_refused_and_nothing_panics() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let file = as_file(&flag(24, 16), format);
        for length in 0..file.len() {
            let answer = take(&file[..length]);
            assert!(
                matches!(
                    answer,
                    Err(MediaError::Corrupt { .. } | MediaError::Empty | MediaError::UnsupportedType { .. })
                ),
                "{format:?} cut to {length} of {}: {answer:?}",
                file.len()
            );
        }
    }
}

#[test]
fn a_damaged_file_is_refused_or_read_and_never_panics() {
    let mut state = 1_u32;
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let file = as_file(&flag(24, 16), format);
        for at in 0..file.len() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut damaged = file.clone();
            damaged[at] ^= state.to_be_bytes()[0] | 1;
            if let Ok(image) = take(&damaged) {
                image::load_from_memory(&image.bytes).unwrap();
            }
        }
    }
    let mut png = as_file(&flag(24, 16), ImageFormat::Png);
    let middle = png.len() / 2;
    png[middle] ^= 1;
    assert!(matches!(take(&png), Err(MediaError::Corrupt { .. })));
}

#[test]
fn what_is_not_an_image_is_refused_by_the_name_of_what_it_is() {
    for (bytes, name) in [
        (b"just words, renamed photo.png".as_slice(), "a text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "an SVG drawing"),
        (b"\xEF\xBB\xBF \n<?xml version='1.0'?>\n<SVG/>", "an SVG drawing"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "an HTML page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "an AVIF image"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "a HEIC image"),
        (b"BM\0\0\0\0", "a BMP image"),
        (b"\x01\x02\x03\x04", "of a type that is not known here"),
    ] {
        assert_eq!(take(bytes), Err(MediaError::UnsupportedType { found: name }));
    }
    assert_eq!(take(b""), Err(MediaError::Empty));
    let said = take(b"<svg/>").unwrap_err().to_string();
    assert!(said.contains("SVG") && said.contains("JPEG, PNG, GIF or WebP"), "{said}");
}

#[test]
fn a_page_hidden_behind_an_image_is_cut_off() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let file = as_file(&flag(24, 16), format);
        let polyglot = [file.as_slice(), b"<html><script>alert(document.domain)</script></html>"].concat();
        let image = take(&polyglot).unwrap();
        assert!(!contains(&image.bytes, b"script"));
        assert_eq!(image.bytes, take(&file).unwrap().bytes);
    }
}

#[test]
fn a_picture_of_nothing_has_no_dominant_colour() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::new(8, 8));
    assert_eq!(take(&as_file(&clear, ImageFormat::Png)).unwrap().dominant_color, None);
}

/// A PNG with these bytes for its colour profile, packed as they are.
fn with_profiles(profiles: &[Vec<u8>]) -> Vec<u8> {
    let png = as_file(&flag(8, 4), ImageFormat::Png);
    let chunks: Vec<Vec<u8>> =
        profiles.iter().map(|packed| chunk(*b"iCCP", &[b"name\0\0".as_slice(), packed].concat())).collect();
    png::with_chunks(&png, &chunks.concat())
}

fn packed(bytes: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(&vec![0; bytes]).unwrap();
    writer.finish().unwrap()
}

#[test]
fn a_colour_profile_is_bounded_before_it_is_unpacked() {
    let refused = |file: &[u8]| match take(file) {
        Err(MediaError::Corrupt { detail }) => detail,
        other => panic!("{other:?}"),
    };
    let bomb = with_profiles(&[packed(64 << 20)]);
    assert!(bomb.len() < 100_000 && refused(&bomb).contains("colour profile"));
    assert!(refused(&with_profiles(&[packed(100), packed(100)])).contains("two colour profiles"));
    let fits = take(&with_profiles(&[packed(1 << 20)])).unwrap();
    assert!(contains(&fits.bytes, b"iCCP"));
    // What cannot be unpacked is no profile, however much of it could be.
    let mut broken = packed(64 << 20);
    broken.truncate(2_000);
    for broken in [broken, b"nonsense".to_vec(), Vec::new()] {
        assert!(!contains(&take(&with_profiles(&[broken])).unwrap().bytes, b"iCCP"));
    }

    let jpeg = as_file(&flag(8, 4), ImageFormat::Jpeg);
    let piece = segment(0xE2, &[super::container::jpeg::ICC, &[1, 80], &vec![0; 60_000]].concat());
    let with = |pieces: usize| [&jpeg[..2], &piece.repeat(pieces), &jpeg[2..]].concat();
    assert!(take(&with(60)).is_ok());
    assert!(refused(&with(80)).contains("colour profile"));

    let picture = webp_picture(&flag(8, 4));
    let head = riff(*b"VP8X", &[0x20, 0, 0, 0, 7, 0, 0, 3, 0, 0]);
    let with = |bytes: usize| webp_file(&[head.clone(), riff(*b"ICCP", &vec![0; bytes]), picture.clone()]);
    assert!(take(&with(4 << 20)).is_ok());
    assert!(refused(&with((4 << 20) + 1)).contains("colour profile"));
}

#[test]
fn a_jpeg_of_very_many_scans_is_refused() {
    let jpeg = as_file(&flag(8, 4), ImageFormat::Jpeg);
    let begin = jpeg.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let (head, rest) = jpeg.split_at(begin);
    let scan = &rest[..rest.len() - 2];
    let file = [head, &scan.repeat(65), &[0xFF, 0xD9]].concat();
    assert!(matches!(take(&file), Err(MediaError::Corrupt { detail }) if detail.contains("scans")));
}
