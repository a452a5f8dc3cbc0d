//! `/media/…`: what the store holds, served as it is. A name is made from the digest of what it names, so that an
//! answer is good for ever (RFC 8246).

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, get};
use pressroom_schema::Key;
use utoipa::ToSchema;

use crate::error::{Code, Error, Result};
use crate::http::headers::SURROGATE_KEY;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::validators::{matches_none, matches_range};
use crate::media::{is_valid_key, mime_for_key};
use crate::service::Service;

/// The bytes of an image.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the answer for OpenAPI")]
pub(crate) struct ImageFile(Vec<u8>);

/// Get an image, or one of its smaller widths, from the address that a media object gives.
///
/// Addresses are made from the digest of the content, so that an answer may be kept for ever. Ranges of bytes are served.
#[utoipa::path(operation_id = "get_media_file", tag = "media",
    params(
        ("a" = String, Path, description = "First two digits of the file's digest.", example = "3a"),
        ("b" = String, Path, description = "Next two digits of the file's digest.", example = "7b"),
        ("file" = String, Path, description = "The digest, the width of a smaller copy, and the ending.", example = "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b-640w.jpg"),
        ("Range" = Option<String>, Header, nullable = false, description = "One range of bytes (RFC 9110, 14.2), such as `bytes=0-1023`."),
        ("If-Range" = Option<String>, Header, nullable = false, description = "The ETag that `Range` belongs to; the whole file comes where it is another."),
    ),
    responses(
        (status = 200, description = "The file.",
            content((ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/gif"), (ImageFile = "image/webp"))),
        (status = 206, description = "The bytes that `Range` asks for.",
            content((ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/gif"), (ImageFile = "image/webp")),
            headers(("Content-Range" = String, description = "Which bytes these are, and of how many."))),
        (status = 304, description = "The caller has it already."),
        (status = 416, description = "The range lies beyond the end of the file.", body = Problem, content_type = "application/problem+json",
            headers(("Content-Range" = String, description = "How many bytes the file has."))),
    ))]
#[get("/media/{a}/{b}/{file}")]
pub(crate) async fn get_media_file(
    svc: Data<Service>,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    serve(svc, path.into_inner(), request).await
}

async fn serve(
    svc: Data<Service>,
    (a, b, file): (String, String, String),
    request: HttpRequest,
) -> Result<HttpResponse> {
    Params::of(&request).finish()?;
    let key = format!("{a}/{b}/{file}");
    let Some(mime) = mime_for_key(&key).filter(|_| is_valid_key(&key)) else {
        return Err(Error::not_found("file"));
    };
    let missing = || Error::not_found("file");
    let etag = etag(&file);
    if matches_none(request.headers(), &etag) {
        svc.media.size(&key).await?.ok_or_else(missing)?;
        return Ok(answer(StatusCode::NOT_MODIFIED, &key, &etag).finish());
    }
    if request.method() == actix_web::http::Method::HEAD {
        let length = svc.media.size(&key).await?.ok_or_else(missing)?;
        let nothing = futures_util::stream::empty::<std::result::Result<Bytes, std::io::Error>>();
        return Ok(answer(StatusCode::OK, &key, &etag)
            .content_type(mime.as_str())
            .body(SizedStream::new(length, nothing)));
    }
    let Some(wanted) = asked_range(request.headers(), &etag) else {
        let object = svc.media.get(&key).await?.ok_or_else(missing)?;
        return Ok(answer(StatusCode::OK, &key, &etag).content_type(mime.as_str()).body(object.bytes));
    };
    let length = svc.media.size(&key).await?.ok_or_else(missing)?;
    let Some(range) = wanted.within(length) else {
        return Ok(beyond(length));
    };
    let bytes = svc.media.get_range(&key, range.clone()).await?.ok_or_else(missing)?;
    Ok(answer(StatusCode::PARTIAL_CONTENT, &key, &etag)
        .insert_header((
            header::CONTENT_RANGE,
            format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1)),
        ))
        .content_type(mime.as_str())
        .body(bytes))
}

/// The headers that every good answer bears.
fn answer(status: StatusCode, key: &str, etag: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_DISPOSITION, "inline"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        // Images are for pages of any site, also of those that isolate themselves.
        .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"));
    if let Ok(name) = HeaderValue::from_str(&Key::of_file(key).to_string()) {
        answer.insert_header((SURROGATE_KEY, name));
    }
    answer
}

/// The name without its ending: digest and width say all about the content.
fn etag(file: &str) -> String {
    format!("\"{}\"", file.split('.').next().unwrap_or_default())
}

fn beyond(length: u64) -> HttpResponse {
    let error = Error::new(
        Code::RangeNotSatisfiable,
        format!("The file has {length} bytes, and `Range` asks for others."),
    );
    let mut answer = error.error_response();
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{length}")) {
        answer.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    answer
}

/// One range of bytes, as a request writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// From here to the end.
    From(u64),
    /// From here to there, both included.
    Between(u64, u64),
    /// So many from the end.
    Last(u64),
}

impl Wanted {
    /// Reads `Range` (RFC 9110, 14.1.1 and 14.2). What is malformed, of another unit, or of several parts is none:
    /// the whole file is a right answer to those.
    fn parse(text: &str) -> Option<Self> {
        let (unit, set) = text.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = set.trim().split_once('-')?;
        let number = |text: &str| {
            // More digits than a u64 has still mean "beyond the end".
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        match (first, last) {
            ("", last) => number(last).map(Self::Last),
            (first, "") => number(first).map(Self::From),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// The bytes of a file of `length` that this means; `None` where there are none.
    fn within(self, length: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first) => first..length,
            Self::Between(first, last) => first..last.saturating_add(1).min(length),
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// The range that a request asks for, if its condition holds (RFC 9110, 13.1.5: compared strongly; a date matches
/// nothing, since these answers have none).
fn asked_range(headers: &HeaderMap, etag: &str) -> Option<Wanted> {
    if headers.get(header::IF_RANGE).is_some_and(|value| !matches_range(value, etag)) {
        return None;
    }
    Wanted::parse(headers.get(header::RANGE)?.to_str().ok()?)
}

/// The route of this module, at the root.
pub(crate) fn configure(cfg: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    cfg.service(get_media_file);
}

#[cfg(test)]
mod tests;
