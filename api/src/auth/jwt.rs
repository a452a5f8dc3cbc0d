//! Access tokens: short-lived JWTs (RFC 7519) in the manner of RFC 9068, signed with Ed25519 (RFC 8037).
//!
//! A token proves who asked for it and when. It does not prove that the session still stands or what the account's
//! role is by now: the service reads both from the database with the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::keys::{KeyRing, leeway};
use super::scope::Scopes;
use super::viewer::Role;

/// Whom access tokens are for (`aud`).
pub const AUDIENCE: &str = "pressroom";
/// The header's `typ` of an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// A longer text is no token of ours; it is refused before any of it is decoded.
pub const MAX_BYTES: usize = 4096;
/// What an access token says. Times are whole seconds on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it (`iss`): the site's address.
    pub issuer: String,
    /// The account (`sub`).
    pub user_id: Uuid,
    /// The session (`sid`): the family of refresh tokens that a login began.
    pub session_id: Uuid,
    /// The token's own id (`jti`).
    pub token_id: Uuid,
    /// The account's role when the token was made. For others to read; this server reads the present one.
    pub role: Role,
    /// What the token may be used for, where it is less than the role allows.
    pub scopes: Option<Scopes>,
    /// When it was made (`iat`).
    pub issued_at: DateTime<Utc>,
    /// When it ends (`exp`).
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    iss: String,
    sub: Uuid,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: Uuid,
    sid: Uuid,
    client_id: String,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// RFC 7519, section 4.1.3: one name, or a list.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    pub(super) fn names(&self, whom: &str) -> bool {
        match self {
            Self::One(name) => name == whom,
            Self::Many(names) => names.iter().any(|name| name == whom),
        }
    }
}

/// Why a token is refused. None of them tells more than the caller may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time is yet to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It is no token of this kind, or longer than 4 KiB.
    #[error("this is not a token")]
    Malformed,
    /// It was altered, or signed by somebody else.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// It names a key that this server does not have, or no longer.
    #[error("the token was signed with an unknown key")]
    UnknownKey,
    /// It is not signed with `EdDSA` (`alg: none` included).
    #[error("the token is signed with the wrong algorithm")]
    WrongAlgorithm,
    /// Another server made it.
    #[error("the token was issued by somebody else")]
    WrongIssuer,
    /// It is for something else, such as a preview.
    #[error("the token is for another use")]
    WrongAudience,
}

/// A token could not be signed: a defect, not the caller's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the token could not be signed: {0}")]
pub struct IssueError(String);

/// Signs an access token with the ring's active key.
///
/// # Errors
/// [`IssueError`], which is a defect.
pub fn issue(ring: &KeyRing, claims: &Claims) -> Result<String, IssueError> {
    let wire = Wire {
        iss: claims.issuer.clone(),
        sub: claims.user_id,
        aud: Audience::One(AUDIENCE.into()),
        exp: claims.expires_at.timestamp(),
        iat: claims.issued_at.timestamp(),
        nbf: None,
        jti: claims.token_id,
        sid: claims.session_id,
        client_id: AUDIENCE.into(),
        role: claims.role,
        scope: claims.scopes.map(|scopes| scopes.to_string()),
    };
    seal(ring, TYPE, &wire)
}

/// Checks an access token: length, algorithm, type, key, signature, audience, issuer, times (with 30 s of leeway).
///
/// # Errors
/// The first of these that is wrong.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>, issuer: &str) -> Result<Claims, TokenError> {
    verify_with_key(ring, token, now, issuer).map(|(claims, _)| claims)
}

fn verify_with_key(
    ring: &KeyRing,
    token: &str,
    now: DateTime<Utc>,
    issuer: &str,
) -> Result<(Claims, String), TokenError> {
    let (wire, kid) = open::<Wire>(ring, token, now, TYPE)?;
    if !wire.aud.names(AUDIENCE) {
        return Err(TokenError::WrongAudience);
    }
    if wire.iss != issuer {
        return Err(TokenError::WrongIssuer);
    }
    if let Some(not_before) = wire.nbf {
        check_begin(moment(not_before)?, now)?;
    }
    let scopes =
        wire.scope.as_deref().map(str::parse::<Scopes>).transpose().map_err(|_| TokenError::Malformed)?;
    let claims = Claims {
        issuer: wire.iss,
        user_id: wire.sub,
        session_id: wire.sid,
        token_id: wire.jti,
        role: wire.role,
        scopes,
        issued_at: moment(wire.iat)?,
        expires_at: moment(wire.exp)?,
    };
    check_times(&claims, now)?;
    Ok((claims, kid))
}

fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), TokenError> {
    check_begin(claims.issued_at, now)?;
    check_end(claims.expires_at, now)
}

fn check_begin(begin: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), TokenError> {
    if begin.signed_duration_since(now) > leeway() { Err(TokenError::NotYetValid) } else { Ok(()) }
}

pub(super) fn check_end(end: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), TokenError> {
    if now.signed_duration_since(end) >= leeway() { Err(TokenError::Expired) } else { Ok(()) }
}

pub(super) fn moment(seconds: i64) -> Result<DateTime<Utc>, TokenError> {
    DateTime::from_timestamp(seconds, 0).ok_or(TokenError::Malformed)
}

/// Signs `claims` as a token of this type.
pub(super) fn seal<T: Serialize>(ring: &KeyRing, typ: &str, claims: &T) -> Result<String, IssueError> {
    let key = ring.active();
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(typ.to_owned());
    header.kid = Some(key.kid().to_owned());
    jsonwebtoken::encode(&header, claims, key.encoding()).map_err(|error| IssueError(error.to_string()))
}

/// What of the header is looked at before the signature is. Whatever else it holds (`jwk`, `jku`, `x5u`: keys that the
/// token brings itself) is never used.
#[derive(Deserialize)]
struct Head {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

/// The claims of a token of type `typ` whose signature holds, and its key. Times, issuer and audience are the caller's to check.
pub(super) fn open<T: DeserializeOwned>(
    ring: &KeyRing,
    token: &str,
    now: DateTime<Utc>,
    typ: &str,
) -> Result<(T, String), TokenError> {
    if token.len() > MAX_BYTES {
        return Err(TokenError::Malformed);
    }
    let (head, rest) = token.split_once('.').ok_or(TokenError::Malformed)?;
    if rest.matches('.').count() != 1 {
        return Err(TokenError::Malformed);
    }
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError::Malformed)?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| TokenError::Malformed)?;
    if head.alg != "EdDSA" {
        return Err(TokenError::WrongAlgorithm);
    }
    // RFC 7515, section 4.1.11: what is marked critical and not understood (here, all of it) must be refused.
    if head.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    // RFC 9068, section 4: the type keeps one kind of token from being taken for another.
    let given = head.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
    if given.strip_prefix("application/").unwrap_or(&given) != typ {
        return Err(TokenError::WrongAudience);
    }
    let kid = head.kid.ok_or(TokenError::UnknownKey)?;
    let key = ring.verifying(&kid, now).ok_or(TokenError::UnknownKey)?;

    let mut validation = Validation::new(Algorithm::EdDSA);
    // The library would read the machine's clock; here time is an argument.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<T>(token, key.decoding(), &validation).map(|data| (data.claims, kid)).map_err(
        |error| match error.kind() {
            ErrorKind::InvalidSignature => TokenError::BadSignature,
            ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
            _ => TokenError::Malformed,
        },
    )
}

const SHARDS: usize = 16;

/// Verifies access tokens, and remembers for which ones the signature held: that check costs some 35 µs of a core, and a
/// caller sends the same token many times over.
///
/// Only tokens that were found good are kept, under the SHA-256 of their whole text, so strangers cannot fill the memory. Each
/// hit checks the times and that the key still verifies, so that nothing outlives its `exp` or its key.
pub struct Verifier {
    ring: KeyRing,
    issuer: String,
    per_shard: usize,
    shards: [Mutex<Shard>; SHARDS],
}

type Shard = HashMap<[u8; 32], VerifiedToken>;

struct VerifiedToken {
    claims: Arc<Claims>,
    kid: String,
}

impl Verifier {
    /// Verifies tokens of `issuer` with the keys of `ring`, and keeps up to about `capacity` of them (at least 16); a
    /// kept token takes about half a kilobyte.
    #[must_use]
    pub fn new(ring: KeyRing, issuer: impl Into<String>, capacity: usize) -> Self {
        Self {
            ring,
            issuer: issuer.into(),
            per_shard: (capacity / SHARDS).max(1),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// The ring that it verifies with.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The same as [`verify`], faster from the second time on.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some((claims, kid)) = self.kept(&digest) {
            let valid = check_times(&claims, now)
                .and_then(|()| self.ring.verifying(&kid, now).map(|_| ()).ok_or(TokenError::UnknownKey));
            return match valid {
                Ok(()) => Ok(claims),
                Err(error) => {
                    self.with_shard(&digest, |shard| shard.remove(&digest));
                    Err(error)
                }
            };
        }
        let (claims, kid) = verify_with_key(&self.ring, token, now, &self.issuer)?;
        let claims = Arc::new(claims);
        self.keep(digest, VerifiedToken { claims: claims.clone(), kid }, now);
        Ok(claims)
    }

    /// Forgets every kept token of a session, when it was revoked. A token that is shown again is then verified afresh,
    /// and its signature still holds: whether the session stands is the service's question to the database.
    pub fn forget_session(&self, session_id: Uuid) {
        for shard in &self.shards {
            lock(shard).retain(|_, kept| kept.claims.session_id != session_id);
        }
    }

    /// How many tokens are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Whether no token is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self, digest: &[u8; 32]) -> Option<(Arc<Claims>, String)> {
        self.with_shard(digest, |shard| {
            shard.get(digest).map(|kept| (kept.claims.clone(), kept.kid.clone()))
        })?
    }

    fn keep(&self, digest: [u8; 32], kept: VerifiedToken, now: DateTime<Utc>) {
        self.with_shard(&digest, |shard| {
            if shard.len() >= self.per_shard {
                shard.retain(|_, kept| check_end(kept.claims.expires_at, now).is_ok());
            }
            if shard.len() >= self.per_shard {
                // The one that ends first has the least to lose.
                let first =
                    shard.iter().min_by_key(|(_, kept)| kept.claims.expires_at).map(|(digest, _)| *digest);
                if let Some(first) = first {
                    shard.remove(&first);
                }
            }
            shard.insert(digest, kept);
        });
    }

    fn with_shard<T>(&self, digest: &[u8; 32], f: impl FnOnce(&mut Shard) -> T) -> Option<T> {
        let [first, ..] = digest;
        self.shards.get(usize::from(*first) % SHARDS).map(|shard| f(&mut lock(shard)))
    }
}

fn lock(shard: &Mutex<Shard>) -> std::sync::MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
