//! Signing keys: made at first start and kept in the database, or given in the settings; rotation; previews.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{OnceLock, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::{ChangeAction, Conn, Id, ObjectType, Timestamp, accounts};
use tokio::sync::watch;

use crate::auth::jwt::{TokenError, Verifier};
use crate::auth::keys::{Jwks, KeyRing, SigningKey};
use crate::auth::preview::{self, Preview};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, Result};
use crate::service::{Service, Svc};

/// How long to wait before keys are read again that could not be.
const AGAIN: Duration = Duration::from_secs(2);
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

/// The keys of the database.
#[derive(Clone)]
struct Stored {
    keys: Vec<SigningKey>,
    /// The ids of rows that hold no key, or not the one that they name.
    damaged: Vec<String>,
}

impl Stored {
    fn of(conn: &mut Conn) -> Result<Self> {
        let (rows, mut damaged) = accounts::signing_keys(conn)?;
        let mut keys = Vec::new();
        for (kid, pem, created_at, retired_at) in rows {
            match SigningKey::parse(&pem, created_at.utc()) {
                Ok(key) if key.kid() == kid => {
                    keys.push(key.with_retired_at(retired_at.map(Timestamp::utc)));
                }
                _ => damaged.push(kid),
            }
        }
        Ok(Self { keys, damaged })
    }

    /// Whether there is a key to sign with.
    ///
    /// # Errors
    /// When there is none, and a damaged row may be the one.
    fn has_active(&self) -> Result<bool> {
        let is_active = self.keys.iter().any(|key| key.retired_at().is_none());
        if !is_active && !self.damaged.is_empty() {
            return Err(Error::internal(format!(
                "the signing key {} in the database cannot be read, and no other is in use; `pressroom rotate-key --revoke` makes a new one",
                self.damaged.join(", ")
            )));
        }
        Ok(is_active)
    }
}

/// The keys to use: the one of the settings before all, then those stored; one is made where there is none at all.
async fn current(svc: &Service) -> Result<Stored> {
    let now = svc.now();
    let given = match svc.config.signing_key.trim() {
        "" => None,
        text => Some(
            SigningKey::parse(text, now.utc())
                .map_err(|e| Error::internal(format!("PRESSROOM_SIGNING_KEY: {e}")))?,
        ),
    };
    let viewer = Viewer::system();
    let mut stored = svc.read_private(&viewer, Stored::of).await?;
    if let Some(given) = given {
        stored.keys = stored
            .keys
            .into_iter()
            .filter(|key| key.kid() != given.kid())
            .map(|key| if key.retired_at().is_none() { key.with_retired_at(Some(now.utc())) } else { key })
            .collect();
        stored.keys.push(given);
        return Ok(stored);
    }
    if stored.has_active()? {
        return Ok(stored);
    }
    let made = SigningKey::generate(now.utc()).map_err(|e| Error::internal(e.to_string()))?;
    svc.write(&viewer, move |tx| {
        // Another instance may have made one meanwhile.
        let stored = Stored::of(tx.conn)?;
        if stored.has_active()? {
            return Ok(stored);
        }
        accounts::add_signing_key(tx.conn, made.kid(), &made.to_pem(), tx.actor.now)?;
        tx.record(ObjectType::SigningKey, Id::NIL, ChangeAction::Created, 1, Vec::new());
        Stored::of(tx.conn)
    })
    .await
}

/// Loads the keys, making the first where there is none. Answers the ids of stored ones that cannot be read.
pub(crate) async fn load_keys(svc: &Service) -> Result<Vec<String>> {
    let Stored { keys, damaged } = current(svc).await?;
    svc.keys.loaded_at.store(svc.now().micros(), Ordering::Relaxed);
    if let Some(verifier) = svc.keys.verifier.get() {
        verifier.ring().replace(keys).map_err(|e| Error::internal(e.to_string()))?;
    } else {
        let ring = KeyRing::new(keys, LONGEST).map_err(|e| Error::internal(e.to_string()))?;
        let _ = svc.keys.verifier.set(Verifier::new(ring, svc.issuer(), REMEMBERED));
    }
    Ok(damaged)
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

/// Makes a new signing key; the present one goes on verifying until what it signed has expired, or, with `revoke`, verifies nothing
/// any more, nor do those before it. Every running instance takes this up within seconds, from the log of changes. Answers the id
/// of the key that signs.
///
/// # Errors
/// When the settings give the key (then there is only something to revoke), or the database fails.
pub async fn rotate_keys(svc: &Svc, revoke: bool) -> Result<String> {
    let is_given = !svc.config.signing_key.trim().is_empty();
    if is_given && !revoke {
        return Err(Error::new(Code::InvalidState, "PRESSROOM_SIGNING_KEY gives the key; change it there."));
    }
    let made = if is_given {
        None
    } else {
        Some(SigningKey::generate(svc.now().utc()).map_err(|e| Error::internal(e.to_string()))?)
    };
    svc.write(&Viewer::system(), move |tx| {
        if let Some(made) = &made {
            accounts::add_signing_key(tx.conn, made.kid(), &made.to_pem(), tx.actor.now)?;
        }
        if revoke {
            accounts::remove_signing_keys(tx.conn, made.as_ref().map(SigningKey::kid))?;
        }
        let action = if revoke { ChangeAction::Revoked } else { ChangeAction::Rotated };
        tx.record(ObjectType::SigningKey, Id::NIL, action, 1, Vec::new());
        Ok(())
    })
    .await?;
    load_keys(svc).await?;
    Ok(svc.keys.verifier()?.ring().active().kid().to_owned())
}

/// Takes the keys up again whenever `heard` says that they have changed, until nobody can say so any more.
pub(crate) async fn follow_keys(svc: Weak<Service>, mut heard: watch::Receiver<()>) {
    while heard.changed().await.is_ok() {
        while let Some(svc) = svc.upgrade() {
            let Err(error) = load_keys(&svc).await else { break };
            tracing::warn!(%error, "the signing keys have changed and cannot be read yet");
            drop(svc);
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// The stored keys that cannot be read, by their ids.
///
/// # Errors
/// When none is left to sign with, or the database fails.
pub async fn damaged_keys(svc: &Svc) -> Result<Vec<String>> {
    load_keys(svc).await
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
