//! Safe retries: the first answer to a request that bears an `Idempotency-Key` is kept for a day and given again.
//!
//! Answers may hold secrets (tokens are shown once): they are kept encrypted under a key that is made from the caller's own
//! `Idempotency-Key`, of which the database has only a hash.

use pressroom_schema::Json;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use pressroom_schema::idempotency::{self, IdempotencyRow, ROW_BYTES};
use ring::aead;
use sha2::{Digest, Sha256};

use super::Svc;
use crate::auth::keys::leeway;
use crate::auth::limit::Class;
use crate::auth::secret::random_bytes;
use crate::auth::throttle::network;
use crate::auth::viewer::{Viewer, Who};
use crate::error::{Code, Error, Result};

/// How long a first answer is kept, in hours.
const KEPT_HOURS: i64 = 24;
/// After so many seconds without an answer a request is taken to have died with its server.
const LOST_SECONDS: i64 = 120;

/// An answer as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// One request's key, bound to its caller.
#[derive(Clone)]
pub(crate) struct Key {
    id: String,
    /// With what the keys of its caller, or of a guest's network, begin.
    owner: String,
    secret: [u8; 32],
    request: String,
}

impl Key {
    /// `request` is a digest, in hexadecimal, of whatever makes two requests the same: address and body.
    pub(crate) fn new(viewer: &Viewer, key: &str, request: String) -> Self {
        let guest = viewer.ip.clone().unwrap_or_default();
        let (caller, owner) = match &viewer.who {
            Who::User(user) => (user.user_id.to_string(), user.user_id.to_string()),
            _ => (guest.clone(), guest.parse().map_or(guest, |ip| network(ip).to_string())),
        };
        let hash = |purpose: &str| {
            Sha256::new()
                .chain_update(purpose)
                .chain_update([0])
                .chain_update(&caller)
                .chain_update([0])
                .chain_update(key)
                .finalize()
        };
        let owner = format!(
            "{:x}",
            Sha256::new().chain_update("caller").chain_update([0]).chain_update(owner).finalize()
        );
        let owner: String = owner.chars().take(idempotency::CALLER).collect();
        Self { id: format!("{owner}{:x}", hash("id")), owner, secret: hash("secret").into(), request }
    }

    fn cipher(&self) -> Result<aead::LessSafeKey> {
        aead::UnboundKey::new(&aead::AES_256_GCM, &self.secret)
            .map(aead::LessSafeKey::new)
            .map_err(|_| Error::internal("the cipher refused its key"))
    }

    /// A caller may use a key again when a day is over, so that each answer has a nonce of its own: random, and kept in front.
    fn seal(&self, mut body: Vec<u8>) -> Result<Vec<u8>> {
        let nonce: [u8; aead::NONCE_LEN] = random_bytes().map_err(|e| Error::internal(e.to_string()))?;
        let unique = aead::Nonce::assume_unique_for_key(nonce);
        self.cipher()?
            .seal_in_place_append_tag(unique, aead::Aad::from(&self.request), &mut body)
            .map_err(|_| Error::internal("an answer could not be encrypted"))?;
        Ok([&nonce[..], &body].concat())
    }

    /// The body that was sealed; none where another version of the server did so in another way.
    fn open(&self, mut body: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let Some((nonce, sealed)) = body.split_at_mut_checked(aead::NONCE_LEN) else { return Ok(None) };
        let Ok(nonce) = aead::Nonce::try_assume_unique_for_key(nonce) else { return Ok(None) };
        let opened = self.cipher()?.open_in_place(nonce, aead::Aad::from(&self.request), sealed);
        Ok(opened.ok().map(|plain| plain.to_vec()))
    }
}

/// Claims the key for a request that is about to be served, or answers what was answered before.
///
/// # Errors
/// 422 when the key was used for another request, 409 while the first is still under way, 429 after too many of a guest's.
pub(crate) async fn begin(svc: &Svc, viewer: &Viewer, key: &Key) -> Result<Option<KeptAnswer>> {
    // An account's write is counted when it is done. Whoever has none is counted here, where the first row is written for them.
    if viewer.user().is_none() {
        svc.admit(viewer, Class::Writes).await?;
    }
    let Some(row) = claim(svc, key, None).await? else { return Ok(None) };
    if row.request_hash != key.request {
        return Err(Error::new(
            Code::IdempotencyMismatch,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        ));
    }
    let under_way = || {
        Error::new(
            Code::IdempotencyInProgress,
            "The first request with this Idempotency-Key is still under way. Try again in a moment.",
        )
    };
    let status = row.status.ok_or_else(under_way)?;
    let sealed = row.body.clone();
    if let (Ok(status), Ok(headers), Some(body)) =
        (u16::try_from(status), row.headers.to(), key.open(row.body)?)
    {
        return Ok(Some(KeptAnswer { status, headers, body }));
    }
    // What another version of the server kept in another way is as good as not kept.
    match claim(svc, key, Some(sealed)).await? {
        None => Ok(None),
        Some(_) => Err(under_way()),
    }
}

/// The row of whoever has the key, or none where it is the caller's now. A row with a body that cannot be read is in nobody's way.
async fn claim(svc: &Svc, key: &Key, unread: Option<Vec<u8>>) -> Result<Option<IdempotencyRow>> {
    let key = key.clone();
    svc.write_for_itself(move |tx| {
        let now = tx.actor.now;
        let lost = now.plus(chrono::TimeDelta::seconds(LOST_SECONDS));
        // No claim ends later than one that is made now, but for one made while the clock was ahead.
        let holds = |row: &IdempotencyRow| {
            let in_time = row.status.is_some() || row.expires_at <= lost.plus(leeway());
            row.expires_at > now && in_time && (row.status.is_none() || Some(&row.body) != unread.as_ref())
        };
        if let Some(row) = idempotency::find(tx.conn, &key.id)?.filter(holds) {
            return Ok(Some(row));
        }
        idempotency::put(
            tx.conn,
            &IdempotencyRow {
                key: key.id.clone(),
                request_hash: key.request.clone(),
                status: None,
                headers: Json::list(),
                body: Vec::new(),
                created_at: now,
                expires_at: lost,
            },
        )?;
        Ok(None)
    })
    .await
}

/// How much has been kept by this instance since all was last added up; at first nobody knows.
#[derive(Debug)]
pub(crate) struct Since(AtomicU64);

impl Default for Since {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

/// Rows that are forgotten in one transaction.
const FORGOTTEN: i64 = 500;

/// The oldest keys of `owner`, or of all, that must go so that `more` bytes have room, and some beside, so that this is seldom.
async fn excess(svc: &Svc, owner: Option<String>, more: u64, room: u64) -> Result<Vec<String>> {
    svc.read_for_itself(move |conn| {
        let (rows, bytes) = idempotency::sum(conn, owner.as_deref())?;
        let taken = rows.saturating_mul(ROW_BYTES).saturating_add(bytes).saturating_add(more);
        if taken <= room {
            return Ok(Vec::new());
        }
        let mut over = (taken - room).saturating_add(room / 8);
        let mut gone = Vec::new();
        for (key, bytes) in idempotency::oldest(conn, owner.as_deref(), FORGOTTEN)? {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(bytes.saturating_add(ROW_BYTES));
            gone.push(key);
        }
        Ok(gone)
    })
    .await
}

/// Forgets the oldest of `owner`, or of all, until `more` bytes have room.
async fn make_room(svc: &Svc, owner: Option<&str>, more: u64, room: u64) -> Result<()> {
    loop {
        let gone = excess(svc, owner.map(str::to_owned), more, room).await?;
        if gone.is_empty() {
            return Ok(());
        }
        svc.write_for_itself(move |tx| Ok(idempotency::forget_all(tx.conn, &gone)?)).await?;
    }
}

/// Keeps the first answer, if it has room among its caller's; the oldest make room for it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn keep(svc: &Svc, key: &Key, answer: &KeptAnswer) -> Result<()> {
    let bytes = u64::try_from(answer.body.len()).unwrap_or(u64::MAX).saturating_add(ROW_BYTES);
    let (all, each) = (svc.config.retry_bytes, svc.config.retry_caller_bytes);
    if bytes > all.min(each) {
        return release(svc, key).await;
    }
    make_room(svc, Some(&key.owner), bytes, each).await?;
    // Adding all up takes a while; what the instances add between is a sixteenth of it each, at most.
    let before = svc.retries.0.fetch_update(Relaxed, Relaxed, |since| Some(since.saturating_add(bytes)));
    if before.unwrap_or(u64::MAX) >= all / 16 {
        svc.retries.0.store(0, Relaxed);
        make_room(svc, None, bytes, all).await?;
    }
    let sealed = key.seal(answer.body.clone())?;
    let (key, headers, status) = (key.clone(), Json::of(&answer.headers), i32::from(answer.status));
    svc.write_for_itself(move |tx| {
        let now = tx.actor.now;
        Ok(idempotency::put(
            tx.conn,
            &IdempotencyRow {
                key: key.id.clone(),
                request_hash: key.request.clone(),
                status: Some(status),
                headers: headers.clone(),
                body: sealed.clone(),
                created_at: now,
                expires_at: now.plus(chrono::TimeDelta::hours(KEPT_HOURS)),
            },
        )?)
    })
    .await
}

/// Lets a request that came to nothing be tried again under its key.
///
/// # Errors
/// When the database fails.
pub(crate) async fn release(svc: &Svc, key: &Key) -> Result<()> {
    let id = key.id.clone();
    svc.write_for_itself(move |tx| Ok(idempotency::forget(tx.conn, &id)?)).await
}
