//! One kept answer: bytes as they go on the wire, in each encoding, with their validators.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::body::BoxBody;
use actix_web::dev::Response;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use crate::http::headers::REQUEST_ID;
use crate::http::metrics::RouteCounters;
use crate::http::negotiate::{self, Coding};
use crate::http::validators::{Tags, not_modified_since, seconds};

/// Shorter answers than this fit into one packet with their head, compressed or not.
const WORTH_COMPRESSING: usize = 1024;
/// How many answers may be compressed at a time: it shares the processor with the workers.
const COMPRESSING: usize = 2;
static COMPRESSING_NOW: AtomicUsize = AtomicUsize::new(0);

/// What a request says of the form in which it wants an answer.
pub(crate) struct Asked<'a> {
    headers: &'a HeaderMap,
    /// Whether its conditions count. Only reads are conditional in this way (RFC 9110, 13.2.1): a query by POST is answered in
    /// full.
    reads: bool,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(headers: &'a HeaderMap, reads: bool) -> Self {
        Self { headers, reads }
    }
}

/// Level 6 and quality 5: beyond those the time grows much faster than the size falls.
fn compress(coding: Coding, body: &[u8]) -> std::io::Result<Vec<u8>> {
    match coding {
        Coding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(
                Vec::with_capacity(body.len() / 2),
                flate2::Compression::new(6),
            );
            encoder.write_all(body)?;
            encoder.finish()
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
            encoder.write_all(body)?;
            encoder.flush()?;
            Ok(encoder.into_inner())
        }
    }
}

/// A compressed form of an answer, made when it is first wanted again.
#[derive(Default)]
struct Variant {
    begun: AtomicBool,
    /// `None` inside where compressing gains too little.
    made: OnceLock<Option<Bytes>>,
}

/// A kept answer.
pub(crate) struct Entry {
    /// The version at which it was read, and the slots of what it depends on.
    pub(crate) version: u64,
    pub(crate) slots: Box<[u16]>,
    /// After how many writes it was last seen to hold; see [`crate::freshness::VersionTable::generation`].
    pub(crate) held_at: AtomicU64,
    pub(crate) body: Bytes,
    tags: Tags,
    content_type: HeaderValue,
    /// All other headers; those that a 304 bears as well come first.
    headers: Box<[(HeaderName, HeaderValue)]>,
    /// How many a 304 bears.
    on_304: usize,
    /// `Last-Modified` in seconds, where it can be relied on.
    modified: Option<i64>,
    hits: AtomicU32,
    gzip: Variant,
    brotli: Variant,
    /// How often it was answered, counted without a look-up.
    pub(crate) counters: RouteCounters,
    weight: u64,
}

/// What an entry occupies besides its bytes: its parts, its place in the map, and what the allocator rounds up.
const OVERHEAD: u64 = 1024;

/// What a 304 bears besides its `ETag`: what keeps a stored answer fresh (RFC 9110, 15.4.5), and what lets a script see it.
/// The rest stands in the answer that the caller has.
const ON_304: [HeaderName; 3] = [header::CACHE_CONTROL, header::VARY, header::ACCESS_CONTROL_ALLOW_ORIGIN];

impl Entry {
    /// Keeps a whole answer. `None` where it lacks what it must have.
    pub(crate) fn new(
        (version, slots): (u64, Box<[u16]>),
        headers: &HeaderMap,
        body: Bytes,
        exact: bool,
        common: &[(HeaderName, HeaderValue)],
        counters: RouteCounters,
    ) -> Option<Self> {
        let content_type = headers.get(header::CONTENT_TYPE)?;
        let tags = Tags::of(headers.get(header::ETAG)?.to_str().ok()?)?;
        let apart = [header::ETAG, header::CONTENT_TYPE, header::CONTENT_LENGTH];
        let own: Vec<(&HeaderName, &HeaderValue)> = headers
            .iter()
            .filter(|(name, _)| !apart.contains(name) && common.iter().all(|(known, _)| known != *name))
            .collect();
        let texts = [&tags.identity, &tags.gzip, &tags.brotli, content_type]
            .into_iter()
            .chain(own.iter().map(|(_, value)| *value));
        let mut values = packed(&texts.collect::<Vec<_>>())?.into_iter();
        let (identity, gzip, brotli) = (values.next()?, values.next()?, values.next()?);
        let content_type = values.next()?;
        let mut headers: Vec<(HeaderName, HeaderValue)> =
            own.into_iter().map(|(name, _)| name.clone()).zip(values).chain(common.iter().cloned()).collect();
        headers.sort_by_key(|(name, _)| !ON_304.contains(name));
        let on_304 = headers.partition_point(|(name, _)| ON_304.contains(name));
        let modified = headers
            .iter()
            .find(|(name, _)| exact && *name == header::LAST_MODIFIED)
            .and_then(|(_, value)| seconds(value));
        let text: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 72).sum();
        // Each compressed form is at most half as long, see `make`.
        let size = body.len() * 2 + text + slots.len() * 2;
        Some(Self {
            version,
            slots,
            held_at: AtomicU64::new(u64::MAX),
            tags: Tags { identity, gzip, brotli },
            body,
            content_type,
            headers: headers.into(),
            on_304,
            modified,
            hits: AtomicU32::new(0),
            gzip: Variant::default(),
            brotli: Variant::default(),
            counters,
            weight: u64::try_from(size).unwrap_or(u64::MAX).saturating_add(OVERHEAD),
        })
    }

    /// How many bytes it may occupy with all its forms.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// The answer to a request: 304 where the caller has it already, else the bytes in the best encoding that there is.
    /// The body is there for HEAD too: the connection knows not to send it.
    pub(crate) fn answer(self: &Arc<Self>, asked: &Asked<'_>, id: HeaderValue) -> Response<BoxBody> {
        let (coding, body) = self.form(asked);
        let own_tag = self.tags.in_coding(coding);
        let known = if asked.reads { self.known(asked.headers, own_tag) } else { None };
        let mut answer = match known {
            Some(_) => Response::with_body(StatusCode::NOT_MODIFIED, BoxBody::new(Bytes::new())),
            None => Response::with_body(StatusCode::OK, BoxBody::new(body.clone())),
        };
        let headers = answer.headers_mut();
        headers.insert(header::ETAG, known.unwrap_or(own_tag).clone());
        if known.is_none() {
            headers.insert(header::CONTENT_TYPE, self.content_type.clone());
            if let Some(coding) = coding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            }
        }
        let borne =
            if known.is_some() { self.headers.get(..self.on_304).unwrap_or_default() } else { &self.headers };
        for (name, value) in borne {
            headers.append(name.clone(), value.clone());
        }
        headers.insert(REQUEST_ID, id);
        answer
    }

    /// The best form that there is; begins to make one where this is not the first time that it is wanted.
    fn form(self: &Arc<Self>, asked: &Asked<'_>) -> (Option<Coding>, &Bytes) {
        let Some(value) = asked.headers.get(header::ACCEPT_ENCODING) else { return (None, &self.body) };
        if self.body.len() < WORTH_COMPRESSING {
            return (None, &self.body);
        }
        let Some(coding) = negotiate::coding(value) else { return (None, &self.body) };
        let variant = self.variant(coding);
        match variant.made.get() {
            Some(Some(bytes)) => return (Some(coding), bytes),
            Some(None) => {}
            None if self.hits.load(Ordering::Relaxed) > 0 => self.make(coding),
            None => self.hits.store(1, Ordering::Relaxed),
        }
        (None, &self.body)
    }

    fn variant(&self, coding: Coding) -> &Variant {
        match coding {
            Coding::Gzip => &self.gzip,
            Coding::Brotli => &self.brotli,
        }
    }

    /// Compresses beside the workers, once.
    fn make(self: &Arc<Self>, coding: Coding) {
        if COMPRESSING_NOW.fetch_add(1, Ordering::AcqRel) >= COMPRESSING
            || self.variant(coding).begun.swap(true, Ordering::AcqRel)
        {
            COMPRESSING_NOW.fetch_sub(1, Ordering::AcqRel);
            return;
        }
        let entry = Arc::clone(self);
        // Nobody waits for it.
        drop(actix_web::rt::task::spawn_blocking(move || {
            let made = compress(coding, &entry.body).ok().filter(|made| made.len() * 2 <= entry.body.len());
            let _ = entry.variant(coding).made.set(made.map(Bytes::from));
            COMPRESSING_NOW.fetch_sub(1, Ordering::AcqRel);
        }));
    }

    /// The validator under which the caller has it already; `own` where they have it by its date.
    fn known<'a>(&'a self, headers: &HeaderMap, own: &'a HeaderValue) -> Option<&'a HeaderValue> {
        let is_as_of = || self.modified.is_some_and(|modified| not_modified_since(headers, modified));
        self.tags.named(headers, own).or_else(|| is_as_of().then_some(own))
    }

    /// Whether it has a date that can be relied on.
    pub(crate) fn is_dated(&self) -> bool {
        self.modified.is_some()
    }
}

/// The same values in one piece of memory: an answer then counts its users and reads its text in one place rather than in ten.
fn packed(values: &[&HeaderValue]) -> Option<Vec<HeaderValue>> {
    let all = Bytes::from(values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>().concat());
    let mut from = 0;
    let part = |value: &&HeaderValue| {
        let to = from + value.len();
        let part = HeaderValue::from_maybe_shared(all.slice(from..to)).ok();
        from = to;
        part
    };
    values.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_reads_back() {
        use std::io::Read as _;
        let body = "a clock with one hand ".repeat(400);
        let gzip = compress(Coding::Gzip, body.as_bytes()).unwrap();
        let mut back = String::new();
        flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut back).unwrap();
        assert_eq!(back, body);
        let br = compress(Coding::Brotli, body.as_bytes()).unwrap();
        let mut back = String::new();
        brotli::Decompressor::new(&*br, 4096).read_to_string(&mut back).unwrap();
        assert_eq!(back, body);
    }
}
