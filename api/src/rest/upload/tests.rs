use actix_web::http::header::HeaderValue;
use futures_util::stream;

use super::*;

const BOUNDARY: &str = "x7Kd";

fn headers(content_type: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
    headers
}

fn form_headers() -> HeaderMap {
    headers(&format!("multipart/form-data; boundary={BOUNDARY}"))
}

fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn end() -> Vec<u8> {
    format!("--{BOUNDARY}--\r\n").into_bytes()
}

/// A body that comes in pieces of `size` bytes.
fn pieces(body: &[u8], size: usize) -> impl Stream<Item = std::result::Result<Bytes, PayloadError>> + use<> {
    let chunks: Vec<_> = body.chunks(size).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    stream::iter(chunks)
}

async fn read_form(parts: &[Vec<u8>], limit: usize) -> Result<Upload> {
    read(&form_headers(), pieces(&parts.concat(), 7), limit).await
}

#[actix_web::test]
async fn a_form_is_read_however_its_bytes_are_cut_into_pieces() {
    let picture: Vec<u8> = (0..=255).chain(*b"\r\n--x7K no boundary \r\n--").collect();
    let body = [
        part("name=\"alt\"", "Ein Bild – schön".as_bytes()),
        part("name=\"file\"; filename=\"C:\\\\a \\\"b\\\".png\"", &picture),
        part("name=\"caption\"", b""),
        end(),
    ]
    .concat();
    for size in [1, 2, 3, 5, 64, 100_000] {
        let upload = read(&form_headers(), pieces(&body, size), 1000).await.unwrap();
        assert_eq!(upload.bytes, picture, "pieces of {size}");
        assert_eq!(upload.alt.as_deref(), Some("Ein Bild – schön"));
        assert_eq!(upload.caption.as_deref(), Some(""));
        assert_eq!(upload.filename.as_deref(), Some("C:\\a \"b\".png"));
    }
}

#[actix_web::test]
async fn file_names_come_in_three_spellings() {
    for (disposition, name) in [
        ("name=\"file\"; filename=\"Stadtplan – Süd.png\"", Some("Stadtplan – Süd.png")),
        ("name=\"file\"; filename=\"a.png\"; filename*=UTF-8''%E5%9C%B0%E5%9B%B3.png", Some("地図.png")),
        ("name=\"file\"; filename=\"a%22b.png\"", Some("a\"b.png")),
        ("name=\"file\"", None),
    ] {
        let upload = read_form(&[part(disposition, b"x"), end()], 10).await.unwrap();
        assert_eq!(upload.filename.as_deref(), name);
    }
}

#[actix_web::test]
async fn faults_name_the_part() {
    let file = || part("name=\"file\"; filename=\"a\"", b"x");
    for (parts, code, pointer, kind) in [
        (vec![end()], Code::ValidationFailed, "/file", "required"),
        (
            vec![file(), part("name=\"title\"", b"x"), end()],
            Code::ValidationFailed,
            "/title",
            "unknown_member",
        ),
        (vec![part("name=\"a/b~\"", b"x"), end()], Code::ValidationFailed, "/a~1b~0", "unknown_member"),
        (vec![file(), file(), end()], Code::ValidationFailed, "/file", "repeated"),
        (vec![part("name=\"alt\"", b"\xff"), end()], Code::BadRequest, "/alt", "invalid_utf8"),
        (vec![part("name=\"alt\"", &[b'a'; TEXT_LIMIT + 1]), end()], Code::TooLarge, "/alt", "too_long"),
    ] {
        let error = read_form(&parts, 100_000).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.errors()[0].pointer.as_deref(), Some(pointer));
        assert_eq!(error.errors()[0].code, kind);
    }
}

#[actix_web::test]
async fn an_upload_that_is_cut_off_anywhere_is_refused() {
    let body = [part("name=\"file\"; filename=\"a.png\"", b"0123456789"), end()].concat();
    // All that may be missing is the line break after the last boundary.
    for length in 0..body.len() - 2 {
        let error = read(&form_headers(), pieces(&body[..length], 9), 100).await.unwrap_err();
        assert_eq!(error.code(), Code::BadRequest, "{length} of {}: {error}", body.len());
    }
    let broken = stream::iter([Ok(Bytes::copy_from_slice(&body[..60])), Err(PayloadError::Incomplete(None))]);
    assert_eq!(read(&form_headers(), broken, 100).await.unwrap_err().code(), Code::BadRequest);
}

#[actix_web::test]
async fn a_file_may_have_as_many_bytes_as_are_allowed_and_not_one_more() {
    let file = |length: usize| [part("name=\"file\"", &vec![7; length]), end()];
    assert_eq!(read_form(&file(50), 50).await.unwrap().bytes.len(), 50);
    let error = read_form(&file(51), 50).await.unwrap_err();
    assert_eq!(error.code(), Code::TooLarge);
    assert!(error.detail().contains("50 bytes"), "{error}");
}

#[actix_web::test]
async fn what_is_too_large_is_not_read_to_its_end() {
    use std::cell::Cell;
    use std::rc::Rc;
    let limit = 1000;
    for opening in [
        "junk without a boundary ".to_owned(),
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"),
    ] {
        let taken = Rc::new(Cell::new(0_usize));
        let counter = Rc::clone(&taken);
        // A body without end.
        let endless = stream::iter(
            std::iter::once(Bytes::from(opening))
                .chain(std::iter::repeat(Bytes::from_static(&[b'\n'; 1024]))),
        )
        .map(move |chunk| {
            counter.set(counter.get() + chunk.len());
            Ok(chunk)
        });
        let error = read(&form_headers(), endless, limit).await.unwrap_err();
        assert_eq!(error.code(), Code::TooLarge, "{error}");
        assert!(taken.get() <= limit + AROUND + 2 * 1024, "{} bytes were read", taken.get());
    }
    let mut announced = form_headers();
    announced.insert(header::CONTENT_LENGTH, HeaderValue::from_static("99999999999999"));
    let untouched = stream::once(async { panic!("nothing is to be read") });
    assert_eq!(read(&announced, untouched, limit).await.unwrap_err().code(), Code::TooLarge);
}

#[actix_web::test]
async fn other_types_and_forms_without_a_boundary_are_refused() {
    for (content_type, code) in [
        ("application/json", Code::UnsupportedMediaType),
        ("multipart/mixed; boundary=x7Kd", Code::UnsupportedMediaType),
        ("image/png", Code::UnsupportedMediaType),
        ("multipart/form-data", Code::BadRequest),
        ("multipart/form-data; boundary=", Code::BadRequest),
        ("multipart/form-data; boundary=other", Code::BadRequest),
    ] {
        let body = [part("name=\"file\"", b"x"), end()].concat();
        let error = read(&headers(content_type), pieces(&body, 100), 100).await.unwrap_err();
        assert_eq!(error.code(), code, "{content_type}: {error}");
    }
    let none = read(&HeaderMap::new(), pieces(b"", 1), 100).await.unwrap_err();
    assert_eq!(none.code(), Code::UnsupportedMediaType);
}
