//! A form with a file (multipart/form-data, RFC 7578), read as it comes in and cut off when it grows too large.

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, ContentDisposition, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};

use crate::error::{Code, Error, FieldError, Result};
use crate::http::bodies::AROUND;
use crate::media::MediaError;
use crate::service::media::Upload;

/// Longest text part, in bytes: more than the longest text that is taken.
const TEXT_LIMIT: usize = 16 * 1024;
/// How long nothing may come before the upload is given up.
const IDLE: Duration = Duration::from_secs(30);
/// The parts that the form has.
const PARTS: &str = "file, alt and caption";

/// Reads an upload. `limit` is the largest file, in bytes.
pub(super) async fn read<S>(headers: &HeaderMap, body: S, limit: usize) -> Result<Upload>
where
    S: Stream<Item = std::result::Result<Bytes, PayloadError>> + 'static,
{
    check_type(headers)?;
    let most = limit.saturating_add(AROUND);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(MediaError::TooLarge { limit }.into());
    }
    // Whatever the form looks like inside, no more than this is ever read of it.
    let mut total = 0_usize;
    let counted = body.map(move |chunk| {
        let chunk = chunk?;
        total = total.saturating_add(chunk.len());
        if total > most { Err(PayloadError::Overflow) } else { Ok(chunk) }
    });
    let mut form = Multipart::new(headers, counted);
    let (mut file, mut alt, mut caption) = (None, None, None);
    while let Some(part) = next(&mut form, limit).await? {
        let mut part = part;
        let name = part.name().unwrap_or_default().to_owned();
        let known = match name.as_str() {
            "file" => file.is_none(),
            "alt" => alt.is_none(),
            "caption" => caption.is_none(),
            _ => return Err(unknown(&name)),
        };
        if !known {
            return Err(Error::invalid(
                format!("/{name}"),
                "repeated",
                format!("There is more than one part `{name}`; send one."),
            ));
        }
        match name.as_str() {
            "alt" => alt = Some(text(&mut part, "alt", limit).await?),
            "caption" => caption = Some(text(&mut part, "caption", limit).await?),
            _ => {
                let filename = part.content_disposition().and_then(filename);
                let bytes = content(&mut part, limit, limit).await?;
                file = Some((bytes.ok_or(MediaError::TooLarge { limit })?, filename));
            }
        }
    }
    let Some((bytes, filename)) = file else {
        return Err(Error::invalid(
            "/file",
            "required",
            "There is no part `file`; send the image as a part of this name.",
        ));
    };
    Ok(Upload { bytes, filename, alt, caption })
}

fn check_type(headers: &HeaderMap) -> Result<()> {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if mime.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data") {
        return Ok(());
    }
    Err(Error::new(
        Code::UnsupportedMediaType,
        "Send the image as multipart/form-data, in a part named `file`; `alt` and `caption` may go with it.",
    ))
}

/// The next part, or the next piece of one, within the time that there is.
async fn next<T>(
    stream: &mut (impl Stream<Item = std::result::Result<T, MultipartError>> + Unpin),
    limit: usize,
) -> Result<Option<T>> {
    match tokio::time::timeout(IDLE, stream.next()).await {
        Ok(item) => item.transpose().map_err(|error| refused(&error, limit)),
        Err(_) => Err(Error::new(
            Code::BadRequest,
            format!(
                "Nothing more came for {} seconds; the upload was given up. Send it again.",
                IDLE.as_secs()
            ),
        )),
    }
}

/// All of a part; `None` where it has more than `most` bytes.
async fn content(part: &mut Field, most: usize, limit: usize) -> Result<Option<Bytes>> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = next(part, limit).await? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes.freeze()))
}

async fn text(part: &mut Field, name: &str, limit: usize) -> Result<String> {
    let bytes = content(part, TEXT_LIMIT, limit).await?.ok_or_else(|| {
        let detail = format!("The part `{name}` is longer than {TEXT_LIMIT} bytes.");
        Error::new(Code::TooLarge, &detail).at(FieldError::body(format!("/{name}"), "too_long", &detail))
    })?;
    String::from_utf8(bytes.into()).map_err(|_| {
        let detail = format!("The part `{name}` is not valid UTF-8.");
        Error::new(Code::BadRequest, &detail).at(FieldError::body(
            format!("/{name}"),
            "invalid_utf8",
            &detail,
        ))
    })
}

/// The name that the file had: `filename*` (RFC 5987), which some clients send, before `filename`. Browsers write a
/// quotation mark as `%22` (HTML standard, multipart/form-data encoding algorithm).
fn filename(disposition: &ContentDisposition) -> Option<String> {
    let extended = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
    extended.or_else(|| disposition.get_filename().map(|name| name.replace("%22", "\"")))
}

fn unknown(name: &str) -> Error {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    Error::invalid(
        format!("/{}", shown.replace('~', "~0").replace('/', "~1")),
        "unknown_member",
        format!("There is no part `{shown}` here; the form takes {PARTS}."),
    )
}

/// Says what is wrong with a form that cannot be read.
fn refused(error: &MultipartError, limit: usize) -> Error {
    let bad = |detail: &str| Error::new(Code::BadRequest, detail);
    match error {
        MultipartError::Payload(PayloadError::Overflow) => MediaError::TooLarge { limit }.into(),
        MultipartError::Incomplete
        | MultipartError::Payload(PayloadError::Incomplete(_) | PayloadError::Io(_)) => {
            bad("The upload ended before the form did. Send it again, whole.")
        }
        MultipartError::BoundaryMissing => bad(
            "The form's boundary is missing: in `Content-Type`, or where a part should begin. Let your HTTP library write both.",
        ),
        MultipartError::ContentDispositionMissing | MultipartError::ContentDispositionNameMissing => {
            bad("A part has no name: each needs `Content-Disposition: form-data; name=\"…\"`.")
        }
        MultipartError::Nested => bad("A part is a form of its own, which is not taken."),
        other => bad(&format!("The form cannot be read: {other}.")),
    }
}

#[cfg(test)]
mod tests;
