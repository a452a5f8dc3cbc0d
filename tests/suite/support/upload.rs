//! Images to upload.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// The media type of [`form`].
pub(crate) const FORM: &str = "multipart/form-data; boundary=line";

/// A form with a small image of one shade of grey (RFC 7578).
pub(crate) fn form(filename: &str, shade: u8) -> Vec<u8> {
    form_of(filename, shade, 2)
}

/// The same with an image of so many pixels on each side.
pub(crate) fn form_of(filename: &str, shade: u8, side: u32) -> Vec<u8> {
    let mut image = Cursor::new(Vec::new());
    RgbImage::from_pixel(side, side, Rgb([shade; 3])).write_to(&mut image, ImageFormat::Png).unwrap();
    let head =
        format!("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\r\n");
    [head.as_bytes(), image.get_ref(), b"\r\n--line--\r\n"].concat()
}
