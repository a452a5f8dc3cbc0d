//! The bodies of requests that are in memory: together no more than a setting allows, and no more than half of that from one address,
//! so that nobody fills it alone.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use futures_util::StreamExt as _;

use crate::auth::throttle::network;
use crate::config::Config;
use crate::error::{Code, Error};

/// What an upload may have beside its file, in bytes: texts, headers of parts, boundaries.
pub(crate) const AROUND: usize = 64 * 1024;

/// The room that there is.
#[derive(Debug)]
pub(crate) struct Bodies {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Option<IpAddr>, usize>,
}

impl Bodies {
    pub(crate) fn new(config: &Config) -> Self {
        let all = config.bodies_bytes;
        // One upload always fits.
        let each = (all / 2).max(config.upload_limit.saturating_add(AROUND)).min(all);
        Self { all, each, taken: Mutex::default() }
    }

    /// A place for one request's body, empty so far.
    pub(crate) fn place(self: &Arc<Self>, from: Option<IpAddr>) -> Rc<Place> {
        let place = Place {
            bodies: Arc::clone(self),
            from: from.map(network),
            bytes: Cell::new(0),
            was_full: Cell::new(false),
        };
        Rc::new(place)
    }
}

/// What one request's body takes of the room, until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    bodies: Arc<Bodies>,
    from: Option<IpAddr>,
    bytes: Cell<usize>,
    was_full: Cell<bool>,
}

impl Place {
    /// Takes room for so many bytes more, if there is any.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), PayloadError> {
        let mut taken = self.bodies.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Taken { all, by } = &mut *taken;
        let ours = by.get(&self.from).copied().unwrap_or(0).saturating_add(bytes);
        if all.saturating_add(bytes) > self.bodies.all || ours > self.bodies.each {
            self.was_full.set(true);
            return Err(PayloadError::Io(std::io::Error::from(std::io::ErrorKind::QuotaExceeded)));
        }
        *all += bytes;
        by.insert(self.from, ours);
        self.bytes.set(self.bytes.get() + bytes);
        Ok(())
    }

    /// Whether there was no room for the body.
    pub(crate) fn was_full(&self) -> bool {
        self.was_full.get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.bodies.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = self.bytes.get();
        taken.all = taken.all.saturating_sub(bytes);
        if let Some(ours) = taken.by.get_mut(&self.from) {
            *ours = ours.saturating_sub(bytes);
            if *ours == 0 {
                taken.by.remove(&self.from);
            }
        }
    }
}

/// A body whose pieces take room as they come.
pub(crate) fn counted(payload: Payload, place: Rc<Place>) -> Payload {
    let pieces = payload.map(move |piece| {
        let piece = piece?;
        place.take(piece.len()).map(|()| piece)
    });
    Payload::Stream { payload: Box::pin(pieces) }
}

/// What is said of a body that there was no room for.
pub(crate) fn full() -> Error {
    Error::full("The server holds as many bodies of requests as it may. Try again in a moment.")
}

/// What is said of a body that cannot be read.
pub(crate) fn unread(error: &PayloadError) -> Error {
    match error {
        PayloadError::Io(why) if why.kind() == std::io::ErrorKind::QuotaExceeded => full(),
        _ => Error::new(Code::BadRequest, "The body broke off before its end."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_fills_the_room_alone_and_it_is_given_back() {
        let config = Config { bodies_bytes: 1000, upload_limit: 0, ..Config::defaults() };
        let bodies = Arc::new(Bodies { all: 1000, each: 500, ..Bodies::new(&config) });
        let at = |text: &str| bodies.place(text.parse().ok());
        let (one, same, other) = (at("2001:db8::1"), at("2001:db8::ffff"), at("192.0.2.7"));
        assert!(one.take(300).is_ok() && same.take(200).is_ok());
        assert!(same.take(1).is_err() && same.was_full() && one.take(1).is_err(), "half of it is theirs");
        assert!(other.take(500).is_ok() && at("192.0.2.8").take(1).is_err(), "all is taken");
        drop((one, same));
        assert!(at("192.0.2.8").take(500).is_ok() && at("::ffff:192.0.2.7").take(1).is_err());
        drop(other);
        assert_eq!(bodies.taken.lock().unwrap().all, 0);
        assert!(bodies.taken.lock().unwrap().by.is_empty());
    }
}
