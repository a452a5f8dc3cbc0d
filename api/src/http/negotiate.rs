//! What a caller wants of several forms of an answer (RFC 9110, 12): media types and codings, and whether a body is JSON.
//!
//! actix-web's `Accept` and `AcceptEncoding` are stricter than we want to be: they drop what has a malformed weight, and of two
//! codings with equal weights they take the one that is written first.

use actix_web::http::header::HeaderValue;

/// The media types of GraphQL's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
    /// `application/json`: 200 for every GraphQL request, executed or not.
    Json,
}

impl Media {
    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// A compressed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Brotli,
}

impl Coding {
    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// Whether a `Content-Type` is JSON in UTF-8, which JSON is where nothing else is said.
pub(crate) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    essence.eq_ignore_ascii_case("application/json") && parts.all(utf8)
}

/// The best of the media types that `accept` allows. Where it leaves the choice open (absent, `*/*`), that is
/// `application/json`, which every client reads; between the two at equal weight it is the newer one.
pub(crate) fn negotiate(accept: Option<&str>) -> Option<Media> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Some(Media::Json) };
    // What nearly everybody sends.
    if matches!(accept, "*/*" | "application/json") {
        return Some(Media::Json);
    }
    let graphql = quality(accept, "application", "graphql-response+json").filter(|found| found.q > 0);
    let json = quality(accept, "application", "json").filter(|found| found.q > 0);
    match (graphql, json) {
        (None, None) => None,
        (Some(_), None) => Some(Media::GraphqlResponse),
        (Some(graphql), Some(json)) if graphql.q > json.q || (graphql.specific && graphql.q == json.q) => {
            Some(Media::GraphqlResponse)
        }
        (_, Some(_)) => Some(Media::Json),
    }
}

/// How much a media type is wanted.
pub(crate) struct Quality {
    /// In thousandths.
    pub(crate) q: u16,
    /// Whether it was named in full.
    pub(crate) specific: bool,
}

/// What `accept` says of a media type; the most specific range that matches it counts (RFC 9110, section 12.5.1).
pub(crate) fn quality(accept: &str, kind: &str, subtype: &str) -> Option<Quality> {
    let mut best: Option<(u8, u16)> = None;
    for (range, q) in weighted(accept) {
        let Some((range_kind, range_subtype)) = range.split_once('/') else { continue };
        let rank = match (range_kind.eq_ignore_ascii_case(kind), range_subtype.eq_ignore_ascii_case(subtype))
        {
            (true, true) => 2,
            (true, false) if range_subtype == "*" => 1,
            _ if range_kind == "*" && range_subtype == "*" => 0,
            _ => continue,
        };
        if best.is_none_or(|best| (rank, q) > best) {
            best = Some((rank, q));
        }
    }
    best.map(|(rank, q)| Quality { q, specific: rank == 2 })
}

/// The coding that `Accept-Encoding` wants most of those that there are (RFC 9110, 12.5.3); Brotli where it likes both
/// alike.
pub(crate) fn coding(accept_encoding: &HeaderValue) -> Option<Coding> {
    let mut best: Option<(u16, Coding)> = None;
    for (name, q) in weighted(accept_encoding.to_str().ok()?) {
        let coding = match name {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => Coding::Gzip,
            name if name.eq_ignore_ascii_case("br") => Coding::Brotli,
            _ => continue,
        };
        let better = match best {
            None => q > 0,
            Some((most, _)) => q > most || (q == most && coding == Coding::Brotli),
        };
        if better {
            best = Some((q, coding));
        }
    }
    best.map(|(_, coding)| coding)
}

/// The items of a list, each with its weight in thousandths (RFC 9110, 12.4.2).
fn weighted(list: &str) -> impl Iterator<Item = (&str, u16)> {
    list.split(',').map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        (name, weight.unwrap_or(1000))
    })
}

/// A weight such as `0.8`; what is not one counts as 1, so that a client's slip does not cost it its answer.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|digits| digits.parse::<u16>().ok())) {
        ("0" | "", Some(thousandths)) => thousandths,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_between_the_two_media_types() {
        use Media::{GraphqlResponse, Json};
        for (accept, expected) in [
            (None, Some(Json)),
            (Some(""), Some(Json)),
            (Some("*/*"), Some(Json)),
            (Some("application/*"), Some(Json)),
            (Some("application/json"), Some(Json)),
            (Some("APPLICATION/JSON; charset=utf-8"), Some(Json)),
            (Some("application/graphql-response+json"), Some(GraphqlResponse)),
            (
                Some("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"),
                Some(GraphqlResponse),
            ),
            (Some("application/json, application/graphql-response+json"), Some(GraphqlResponse)),
            (Some("application/graphql-response+json;q=0.5, application/json;q=0.9"), Some(Json)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(GraphqlResponse)),
            (Some("application/graphql-response+json;q=0, */*"), Some(Json)),
            (Some("application/json;q=0, */*;q=0.1"), Some(GraphqlResponse)),
            (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), Some(Json)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("nonsense"), None),
        ] {
            assert_eq!(negotiate(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn weights_are_read_in_thousandths() {
        for (weight, expected) in
            [("1", 1000), ("0.5", 500), ("0.25", 250), ("0.001", 1), ("0", 0), ("1.000", 1000), ("x", 1000)]
        {
            assert_eq!(thousandths(weight), expected, "{weight}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_json() {
        for yes in [
            "application/json",
            "Application/JSON;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json; x=y",
        ] {
            assert!(is_json(yes), "{yes}");
        }
        for no in [
            "text/plain",
            "application/json; charset=utf-16",
            "application/jsonx",
            "",
            "multipart/form-data; boundary=application/json",
        ] {
            assert!(!is_json(no), "{no}");
        }
    }

    #[test]
    fn the_coding_is_the_one_that_the_caller_likes_best() {
        let of = |text: &'static str| coding(&HeaderValue::from_static(text)).map(Coding::name);
        assert_eq!(of("gzip"), Some("gzip"));
        assert_eq!(of("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(of("br;q=0.5, GZIP;q=0.8"), Some("gzip"));
        assert_eq!(of("br;q=0, gzip;q=0.001"), Some("gzip"));
        assert_eq!(of("gzip;q=0"), None);
        assert_eq!(of("identity, deflate"), None);
    }
}
