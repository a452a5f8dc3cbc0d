//! Signing keys: made at first start and kept in the database, or given in the settings; rotation; previews.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use pressroom_schema::{Conn, Id, Timestamp, accounts};

use crate::auth::jwt::{TokenError, Verifier};
use crate::auth::keys::{Jwks, KeyRing, SigningKey};
use crate::auth::preview::{self, Preview};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, Result};
use crate::service::{Service, Svc};

/// The longest that anything we sign is good for: a preview.
const LONGEST: TimeDelta = TimeDelta::days(31);
/// Access tokens whose signature is remembered.
const REMEMBERED: usize = 10_000;
/// An unknown key id makes an instance look at the stored keys again, but not more often than this: anybody can invent one.
const RELOAD_MICROS: i64 = 5_000_000;

/// The keys of a running server.
#[derive(Default)]
pub(crate) struct Keys {
    verifier: OnceLock<Verifier>,
    loaded_at: AtomicI64,
}

impl Keys {
    pub(crate) fn verifier(&self) -> Result<&Verifier> {
        self.verifier.get().ok_or_else(|| Error::internal("the signing keys are not loaded"))
    }
}

fn stored(conn: &mut Conn) -> Result<Vec<SigningKey>> {
    accounts::signing_keys(conn)?
        .into_iter()
        .map(|(_, pem, created_at, retired_at)| {
            SigningKey::parse(&pem, created_at.utc())
                .map(|key| key.with_retired_at(retired_at.map(Timestamp::utc)))
                .map_err(|e| Error::internal(format!("a stored signing key: {e}")))
        })
        .collect()
}

/// The keys to use: the one of the settings before all, then those stored; one is made where there is none at all.
async fn current(svc: &Service) -> Result<Vec<SigningKey>> {
    let now = svc.now();
    let given = match svc.config.signing_key.trim() {
        "" => None,
        text => Some(
            SigningKey::parse(text, now.utc())
                .map_err(|e| Error::internal(format!("PRESSROOM_SIGNING_KEY: {e}")))?,
        ),
    };
    let viewer = Viewer::system();
    let mut keys = svc.read(&viewer, stored).await?;
    if let Some(given) = given {
        keys = keys
            .into_iter()
            .filter(|key| key.kid() != given.kid())
            .map(|key| if key.retired_at().is_none() { key.with_retired_at(Some(now.utc())) } else { key })
            .collect();
        keys.push(given);
        return Ok(keys);
    }
    if keys.iter().any(|key| key.retired_at().is_none()) {
        return Ok(keys);
    }
    let made = SigningKey::generate(now.utc()).map_err(|e| Error::internal(e.to_string()))?;
    svc.write(&viewer, move |tx| {
        // Another instance may have made one meanwhile.
        let keys = stored(tx.conn)?;
        if keys.iter().any(|key| key.retired_at().is_none()) {
            return Ok(keys);
        }
        accounts::add_signing_key(tx.conn, made.kid(), &made.to_pem(), tx.actor.now)?;
        tx.record("signing_key", Id::NIL, "created", 1, Vec::new());
        stored(tx.conn)
    })
    .await
}

/// Loads the keys, making the first where there is none.
pub(crate) async fn load_keys(svc: &Service) -> Result<()> {
    let keys = current(svc).await?;
    svc.keys.loaded_at.store(svc.now().micros(), Ordering::Relaxed);
    if let Some(verifier) = svc.keys.verifier.get() {
        verifier.ring().replace(keys).map_err(|e| Error::internal(e.to_string()))
    } else {
        let ring = KeyRing::new(keys, LONGEST).map_err(|e| Error::internal(e.to_string()))?;
        let _ = svc.keys.verifier.set(Verifier::new(ring, svc.issuer(), REMEMBERED));
        Ok(())
    }
}

/// Looks at the stored keys again, unless that was done a moment ago.
pub(super) async fn reload_keys(svc: &Service) -> Result<bool> {
    let last = svc.keys.loaded_at.load(Ordering::Relaxed);
    if svc.now().micros().saturating_sub(last) < RELOAD_MICROS {
        return Ok(false);
    }
    load_keys(svc).await?;
    Ok(true)
}

/// Makes a new signing key; the present one goes on verifying until what it signed has expired.
///
/// # Errors
/// When the settings give the key, or the database fails.
pub async fn rotate_keys(svc: &Svc) -> Result<String> {
    if !svc.config.signing_key.trim().is_empty() {
        return Err(Error::new(Code::InvalidState, "PRESSROOM_SIGNING_KEY gives the key; change it there."));
    }
    let made = SigningKey::generate(svc.now().utc()).map_err(|e| Error::internal(e.to_string()))?;
    let kid = made.kid().to_owned();
    svc.write(&Viewer::system(), move |tx| {
        accounts::add_signing_key(tx.conn, made.kid(), &made.to_pem(), tx.actor.now)?;
        tx.record("signing_key", Id::NIL, "rotated", 1, Vec::new());
        Ok(())
    })
    .await?;
    load_keys(svc).await?;
    Ok(kid)
}

/// The public keys, for whoever wants to verify our access tokens (RFC 7517).
///
/// # Errors
/// When the keys are not loaded, which is a defect.
pub fn jwks(svc: &Service) -> Result<Jwks> {
    Ok(svc.keys.verifier()?.ring().jwks(svc.now().utc()))
}

/// A refused token as the caller is told.
pub(super) fn refused(error: TokenError) -> Error {
    Error::new(Code::InvalidToken, format!("The token cannot be used: {error}. Log in again, or refresh."))
}

impl Service {
    /// Who issues our tokens: this API's address.
    pub(crate) fn issuer(&self) -> String {
        self.config.api_base().to_owned()
    }

    pub(crate) fn sign_preview(&self, preview: &Preview) -> Result<String> {
        preview::issue(self.keys.verifier()?.ring(), preview).map_err(|e| Error::internal(e.to_string()))
    }

    pub(crate) fn read_preview(&self, token: &str) -> Result<Preview> {
        let ring = self.keys.verifier()?.ring();
        let refused = |error| {
            let detail = format!("The preview token cannot be used: {error}. Ask for a new preview link.");
            Error::new(Code::InvalidToken, detail)
        };
        preview::verify(ring, token, self.now().utc(), &self.issuer()).map_err(refused)
    }
}
