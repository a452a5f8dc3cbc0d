//! Safe retries: the first answer to a request that bears an `Idempotency-Key` is kept for a day and given again.
//!
//! Answers may hold secrets (tokens are shown once): they are kept encrypted under a key that is made from the caller's own
//! `Idempotency-Key`, of which the database has only a hash.

use pressroom_schema::Json;
use pressroom_schema::idempotency::{self, IdempotencyRow};
use ring::aead;
use sha2::{Digest, Sha256};

use super::Svc;
use crate::auth::viewer::{Viewer, Who};
use crate::error::{Code, Error, Result};

/// How long a first answer is kept, in hours.
const KEPT_HOURS: i64 = 24;
/// After so many seconds without an answer a request is taken to have died with its server.
const LOST_SECONDS: i64 = 120;

/// An answer as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// One request's key, bound to its caller.
#[derive(Clone)]
pub(crate) struct Key {
    id: String,
    secret: [u8; 32],
    request: String,
}

impl Key {
    /// `request` is a digest, in hexadecimal, of whatever makes two requests the same: address and body.
    pub(crate) fn new(viewer: &Viewer, key: &str, request: String) -> Self {
        let caller = match &viewer.who {
            Who::User(user) => user.user_id.to_string(),
            _ => viewer.ip.clone().unwrap_or_default(),
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
        Self { id: format!("{:x}", hash("id")), secret: hash("secret").into(), request }
    }

    fn cipher(&self) -> Result<aead::LessSafeKey> {
        aead::UnboundKey::new(&aead::AES_256_GCM, &self.secret)
            .map(aead::LessSafeKey::new)
            .map_err(|_| Error::internal("the cipher refused its key"))
    }

    /// Each key encrypts one answer, so that a fixed nonce is never used twice with it.
    fn seal(&self, mut body: Vec<u8>) -> Result<Vec<u8>> {
        let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
        self.cipher()?
            .seal_in_place_append_tag(nonce, aead::Aad::from(&self.request), &mut body)
            .map_err(|_| Error::internal("an answer could not be encrypted"))?;
        Ok(body)
    }

    fn open(&self, mut body: Vec<u8>) -> Result<Vec<u8>> {
        let nonce = aead::Nonce::assume_unique_for_key([0; 12]);
        self.cipher()?
            .open_in_place(nonce, aead::Aad::from(&self.request), &mut body)
            .map(|plain| plain.to_vec())
            .map_err(|_| Error::internal("a kept answer could not be decrypted"))
    }
}

/// Claims the key for a request that is about to be served, or answers what was answered before.
///
/// # Errors
/// 422 when the key was used for another request, 409 while the first is still under way.
pub(crate) async fn begin(svc: &Svc, key: &Key) -> Result<Option<Kept>> {
    let key2 = key.clone();
    let row = svc
        .write(&Viewer::system(), move |tx| {
            let now = tx.actor.now;
            if let Some(row) = idempotency::find(tx.conn, &key2.id)?.filter(|row| row.expires_at > now) {
                return Ok(Some(row));
            }
            idempotency::put(
                tx.conn,
                &IdempotencyRow {
                    key: key2.id.clone(),
                    request_hash: key2.request.clone(),
                    status: None,
                    headers: Json::list(),
                    body: Vec::new(),
                    created_at: now,
                    expires_at: now.plus(chrono::TimeDelta::seconds(LOST_SECONDS)),
                },
            )?;
            Ok(None)
        })
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.request_hash != key.request {
        return Err(Error::new(
            Code::IdempotencyMismatch,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        ));
    }
    let Some(status) = row.status else {
        return Err(Error::new(
            Code::IdempotencyInProgress,
            "The first request with this Idempotency-Key is still under way. Try again in a moment.",
        ));
    };
    Ok(Some(Kept {
        status: u16::try_from(status).unwrap_or(500),
        headers: row.headers.to()?,
        body: key.open(row.body)?,
    }))
}

/// Keeps the first answer.
///
/// # Errors
/// When the database fails.
pub(crate) async fn keep(svc: &Svc, key: &Key, answer: &Kept) -> Result<()> {
    let sealed = key.seal(answer.body.clone())?;
    let (key, headers, status) = (key.clone(), Json::of(&answer.headers), i32::from(answer.status));
    svc.write(&Viewer::system(), move |tx| {
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
    svc.write(&Viewer::system(), move |tx| Ok(idempotency::forget(tx.conn, &id)?)).await
}
