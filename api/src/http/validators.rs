//! Validators (RFC 9110, 8.8) and the conditions that name them (13.1): entity tags and dates.

use actix_web::HttpRequest;
use actix_web::http::header::{self, EntityTag, Header as _, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pressroom_schema::Timestamp;
use twox_hash::XxHash3_128;

use super::negotiate::Coding;
use crate::error::{Error, FieldError, Result};
use crate::service::IfMatch;

/// A strong validator of `body`: `"v7-…"` for an object of version 7. It tells bodies apart and keeps no secret, so that no
/// cryptographic digest is needed, which would be a good part of what an uncached answer takes.
pub(crate) fn etag(version: Option<i64>, body: &[u8]) -> String {
    let hash = URL_SAFE_NO_PAD.encode(XxHash3_128::oneshot(body).to_be_bytes());
    match version {
        Some(version) => format!("\"v{version}-{hash}\""),
        None => format!("\"{hash}\""),
    }
}

/// The strong validators of one answer in each coding: they name bytes, and these differ (RFC 9110, 8.8.3.3). That of
/// `"v7-abc"` compressed by gzip is `"v7-abc-gzip"`.
pub(crate) struct Tags {
    pub(crate) identity: HeaderValue,
    pub(crate) gzip: HeaderValue,
    pub(crate) brotli: HeaderValue,
}

impl Tags {
    /// Those of the answer that is `identity` without a coding; none where that is no entity tag.
    pub(crate) fn of(identity: &str) -> Option<Self> {
        let inner = identity.strip_suffix('"')?;
        let tagged = |coding: Coding| HeaderValue::from_str(&format!("{inner}-{}\"", coding.name())).ok();
        Some(Self {
            identity: HeaderValue::from_str(identity).ok()?,
            gzip: tagged(Coding::Gzip)?,
            brotli: tagged(Coding::Brotli)?,
        })
    }

    /// That of one form.
    pub(crate) fn in_coding(&self, coding: Option<Coding>) -> &HeaderValue {
        match coding {
            None => &self.identity,
            Some(Coding::Gzip) => &self.gzip,
            Some(Coding::Brotli) => &self.brotli,
        }
    }

    /// That which `If-None-Match` names, by weak comparison (RFC 9110, 13.1.2); `*` names `own`.
    pub(crate) fn named<'a>(&'a self, headers: &HeaderMap, own: &'a HeaderValue) -> Option<&'a HeaderValue> {
        let ours = [&self.identity, &self.gzip, &self.brotli];
        headers.get_all(header::IF_NONE_MATCH).find_map(|field| {
            // What nearly everybody sends is one tag as it was given.
            if let Some(tag) = ours.into_iter().find(|tag| *tag == field) {
                return Some(tag);
            }
            let text = field.to_str().ok()?;
            if text.trim() == "*" {
                return Some(own);
            }
            text.split(',').find_map(|theirs| {
                let theirs = entity_tag(theirs)?;
                let is_named = |ours: &&HeaderValue| {
                    ours.to_str().ok().and_then(entity_tag).is_some_and(|ours| ours.weak_eq(&theirs))
                };
                ours.into_iter().find(is_named)
            })
        })
    }
}

fn entity_tag(text: &str) -> Option<EntityTag> {
    text.trim().parse().ok()
}

/// Whether `If-None-Match` names `etag`, in whatever coding.
pub(crate) fn matches_none(headers: &HeaderMap, etag: &str) -> bool {
    headers.contains_key(header::IF_NONE_MATCH)
        && Tags::of(etag).is_some_and(|tags| tags.named(headers, &tags.identity).is_some())
}

/// Whether `If-Range` names `etag`, by strong comparison (RFC 9110, 13.1.5); a date names none.
pub(crate) fn matches_range(if_range: &HeaderValue, etag: &str) -> bool {
    match (if_range.to_str().ok().and_then(entity_tag), entity_tag(etag)) {
        (Some(theirs), Some(ours)) => theirs.strong_eq(&ours),
        _ => false,
    }
}

/// The version that `If-Match` names, if the header is there.
///
/// `*` is any version; an entity tag that is not ours, or a weak one, can match nothing.
pub(crate) fn if_match(request: &HttpRequest) -> Result<Option<IfMatch>> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    match header::IfMatch::parse(request) {
        Ok(header::IfMatch::Any) => Ok(Some(IfMatch::Any)),
        Ok(header::IfMatch::Items(tags)) => {
            let version = |tag: &EntityTag| tag.tag().strip_prefix('v')?.split('-').next()?.parse().ok();
            let strong = tags.iter().filter(|tag| !tag.weak);
            Ok(Some(IfMatch::Versions(strong.filter_map(version).collect())))
        }
        Err(_) => Err(Error::parameters(vec![FieldError::parameter(
            "If-Match",
            "invalid",
            "If-Match is not readable.",
        )])),
    }
}

/// An HTTP date (RFC 9110, 5.6.7). It is written here because `httpdate` panics before 1970, and posts may be older.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The seconds since 1970 of an HTTP date, in any of its three forms.
pub(crate) fn seconds(date: &HeaderValue) -> Option<i64> {
    let at = httpdate::parse_http_date(date.to_str().ok()?).ok()?;
    i64::try_from(at.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// Whether `If-Modified-Since` says that the caller has what was last changed then, in seconds. `If-None-Match`, where given,
/// decides alone (RFC 9110, 13.1.3).
pub(crate) fn not_modified_since(headers: &HeaderMap, modified: i64) -> bool {
    !headers.contains_key(header::IF_NONE_MATCH)
        && headers.get(header::IF_MODIFIED_SINCE).and_then(seconds).is_some_and(|since| modified <= since)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn if_none_match_names_the_answer_in_any_coding_and_form() {
        let tags = Tags::of("\"v7-abc\"").unwrap();
        assert_eq!(
            (&tags.gzip, &tags.brotli),
            (&"\"v7-abc-gzip\"".parse().unwrap(), &"\"v7-abc-br\"".parse().unwrap())
        );
        for (values, expected) in [
            (&["\"v7-abc\""][..], Some(&tags.identity)),
            (&["W/\"v7-abc\""], Some(&tags.identity)),
            (&["\"x\", \"v7-abc-br\""], Some(&tags.brotli)),
            (&["\"x\"", "W/\"v7-abc-gzip\""], Some(&tags.gzip)),
            (&[" * "], Some(&tags.brotli)),
            (&["\"v7-abc-zstd\""], None),
            (&["v7-abc", "\"V7-abc\"", "W/", ""], None),
            (&[], None),
        ] {
            let headers = headers(values);
            assert_eq!(tags.named(&headers, &tags.brotli), expected, "{values:?}");
            assert_eq!(matches_none(&headers, "\"v7-abc\""), expected.is_some(), "{values:?}");
        }
    }

    #[test]
    fn if_match_and_if_range_compare_strongly() {
        let versions = |value: &str| {
            let request = TestRequest::default().insert_header((header::IF_MATCH, value)).to_http_request();
            if_match(&request).unwrap().unwrap()
        };
        assert_eq!(versions("*"), IfMatch::Any);
        assert_eq!(versions("\"v7-abc\", \"v9-x\""), IfMatch::Versions(vec![7, 9]));
        assert_eq!(versions("W/\"v7-abc\", \"7\", v7"), IfMatch::Versions(vec![]));
        assert_eq!(if_match(&TestRequest::default().to_http_request()).unwrap(), None);
        let range = |value: &str| matches_range(&HeaderValue::from_str(value).unwrap(), "\"abc\"");
        assert!(range("\"abc\""));
        assert!(!range("W/\"abc\"") && !range("abc") && !range("Sun, 06 Nov 1994 08:49:37 GMT"));
    }

    #[test]
    fn dates_are_read_in_their_three_forms_and_written_in_one() {
        let at = Timestamp::parse("1994-11-06T08:49:37Z").unwrap();
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(seconds(&HeaderValue::from_static(text)), Some(784_111_777), "{text}");
        }
        assert_eq!(seconds(&HeaderValue::from_static("1994-11-06T08:49:37Z")), None);
        assert_eq!(
            http_date(Timestamp::parse("1411-01-01T00:00:00Z").unwrap()),
            "Tue, 01 Jan 1411 00:00:00 GMT"
        );
    }
}
