//! Ed25519 signing keys (RFC 8032, RFC 8037), the ring of those in use, and the JWKS document (RFC 7517) that lets
//! others verify what this server signs.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::secret::{NoEntropy, random_bytes};

/// The PKCS#8 form (RFC 8410, section 7) of an Ed25519 key is always these bytes, then the seed of 32. Written here by
/// hand because `ed25519-dalek` writes the newer form with the public key in it, which older OpenSSL cannot read.
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_TAIL: &str = "-----END PRIVATE KEY-----";

/// How far the clocks of two instances may differ, in seconds.
pub const LEEWAY_SECONDS: i64 = 30;

/// The same as a span of time.
pub(crate) fn leeway() -> TimeDelta {
    TimeDelta::seconds(LEEWAY_SECONDS)
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither a PEM nor a base64 seed.
    #[error(
        "not an Ed25519 key: expected PKCS#8 PEM (`openssl genpkey -algorithm ed25519`) or the base64 of a 32-byte seed"
    )]
    Unreadable,
    /// A ring needs one key that is not retired.
    #[error("there is no signing key in use")]
    NoneActive,
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// A signing key. Cheap to clone; the secret part is wiped from memory with the last clone and never shown by `Debug`.
#[derive(Clone)]
pub struct SigningKey {
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
    pair: Arc<Pair>,
}

struct Pair {
    kid: String,
    x: String,
    secret: ed25519_dalek::SigningKey,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyError::NoEntropy`].
    pub fn generate(created_at: DateTime<Utc>) -> Result<Self, KeyError> {
        Ok(Self::from_seed(&random_bytes()?, created_at))
    }

    /// Reads a key from PKCS#8 PEM, or from the base64 (any alphabet, padded or not) of the 32-byte seed. In PEM, `\n`
    /// may be written out as two characters, as environment files often need it.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], which does not repeat the text.
    pub fn parse(text: &str, created_at: DateTime<Utc>) -> Result<Self, KeyError> {
        let text = text.replace("\\n", "\n");
        let text = text.trim();
        if let Some(armoured) = text.strip_prefix(PEM_HEAD) {
            let body: String = armoured
                .trim()
                .strip_suffix(PEM_TAIL)
                .ok_or(KeyError::Unreadable)?
                .split_whitespace()
                .collect();
            let der = STANDARD.decode(body).map_err(|_| KeyError::Unreadable)?;
            let secret = ed25519_dalek::SigningKey::from_pkcs8_der(&der).map_err(|_| KeyError::Unreadable)?;
            return Ok(Self::from_seed(secret.as_bytes(), created_at));
        }
        let url_safe: String = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let seed = URL_SAFE_NO_PAD.decode(url_safe).map_err(|_| KeyError::Unreadable)?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| KeyError::Unreadable)?;
        Ok(Self::from_seed(&seed, created_at))
    }

    fn from_seed(seed: &[u8; 32], created_at: DateTime<Utc>) -> Self {
        // Before the first key is used, and so in every process that has one.
        super::ed25519::install();
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = secret.verifying_key();
        let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
        let pair = Pair {
            kid: thumbprint(&x),
            encoding: EncodingKey::from_ed_der(&pkcs8(seed)),
            // What jsonwebtoken calls the DER of a public Ed25519 key is its 32 bytes as they are.
            decoding: DecodingKey::from_ed_der(public.as_bytes()),
            x,
            secret,
        };
        Self { created_at, retired_at: None, pair: Arc::new(pair) }
    }

    /// The same key, retired at this time (or not): how a stored key is put together again.
    #[must_use]
    pub fn with_retired_at(mut self, retired_at: Option<DateTime<Utc>>) -> Self {
        self.retired_at = retired_at;
        self
    }

    /// The key's id: its RFC 7638 thumbprint, so that the same key has the same id wherever it is read.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.pair.kid
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When another took its place; from then on it only verifies.
    #[must_use]
    pub fn retired_at(&self) -> Option<DateTime<Utc>> {
        self.retired_at
    }

    /// The secret key as PKCS#8 PEM (RFC 7468, section 10), to be stored. [`Self::parse`] and OpenSSL read it.
    #[must_use]
    pub fn to_pem(&self) -> String {
        format!("{PEM_HEAD}\n{}\n{PEM_TAIL}\n", STANDARD.encode(pkcs8(self.pair.secret.as_bytes())))
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            use_: "sig".into(),
            kid: self.pair.kid.clone(),
            x: self.pair.x.clone(),
        }
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.pair.encoding
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.pair.decoding
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("created_at", &self.created_at)
            .field("retired_at", &self.retired_at)
            .finish_non_exhaustive()
    }
}

fn pkcs8(seed: &[u8; 32]) -> Vec<u8> {
    [PKCS8_HEAD.as_slice(), seed].concat()
}

/// RFC 7638 over the members that RFC 8037, section 2 requires, in their order, without white space.
fn thumbprint(x: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// The kind of key: always `OKP`.
    #[schema(example = "OKP")]
    pub kty: String,
    /// The curve: always `Ed25519`.
    #[schema(example = "Ed25519")]
    pub crv: String,
    /// The algorithm that it is for: always `EdDSA`.
    #[schema(example = "EdDSA")]
    pub alg: String,
    /// What it is for: always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub use_: String,
    /// The id that tokens name: the key's RFC 7638 thumbprint.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    pub kid: String,
    /// The public key itself, in base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

/// The public keys that verify tokens of this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwks {
    /// The keys, the one in use first.
    pub keys: Vec<Jwk>,
}

/// What a rotation changed, so that it can be stored.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The keys that were in use until now, with their time of retirement.
    pub retired: Vec<SigningKey>,
    /// The ids of keys that verify nothing any more and are gone from the ring.
    pub dropped: Vec<String>,
}

/// The key that signs, and older ones that still verify. Clones share one ring: a rotation is seen by all of them.
///
/// A retired key verifies for as long as a token that it signed may live, and the leeway, and then drops out. Of several
/// keys that are not retired the newest signs (the highest id among equals), so that every instance that has read the
/// same keys picks the same one. An instance that meets a `kid` it does not know should read the stored keys again
/// ([`KeyRing::replace`]), but not more than once every few seconds, since anyone may invent a `kid`.
#[derive(Clone)]
pub struct KeyRing {
    keys: Arc<RwLock<Arc<Keys>>>,
    longest_lifetime: TimeDelta,
}

struct Keys {
    active: SigningKey,
    /// Newest first, the active one included.
    all: Vec<SigningKey>,
}

impl Keys {
    fn new(mut all: Vec<SigningKey>) -> Result<Self, KeyError> {
        all.sort_by(|a, b| (b.created_at, b.kid()).cmp(&(a.created_at, a.kid())));
        all.dedup_by(|a, b| a.kid() == b.kid());
        let active = all.iter().find(|key| key.retired_at.is_none()).ok_or(KeyError::NoneActive)?.clone();
        Ok(Self { active, all })
    }
}

impl KeyRing {
    /// A ring of these keys. `longest_lifetime` is that of the tokens they sign: retired keys verify that long.
    ///
    /// # Errors
    /// [`KeyError::NoneActive`] where every key is retired.
    pub fn new(keys: Vec<SigningKey>, longest_lifetime: TimeDelta) -> Result<Self, KeyError> {
        Ok(Self { keys: Arc::new(RwLock::new(Arc::new(Keys::new(keys)?))), longest_lifetime })
    }

    fn snapshot(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> SigningKey {
        self.snapshot().active.clone()
    }

    /// Every key of the ring, newest first.
    #[must_use]
    pub fn keys(&self) -> Vec<SigningKey> {
        self.snapshot().all.clone()
    }

    /// The key of this id, if it still verifies.
    #[must_use]
    pub fn verifying(&self, kid: &str, now: DateTime<Utc>) -> Option<SigningKey> {
        self.snapshot().all.iter().find(|key| key.kid() == kid && self.is_valid(key, now)).cloned()
    }

    fn is_valid(&self, key: &SigningKey, now: DateTime<Utc>) -> bool {
        let Some(retired_at) = key.retired_at else { return true };
        retired_at
            .checked_add_signed(self.longest_lifetime)
            .and_then(|end| end.checked_add_signed(leeway()))
            .is_none_or(|end| now < end)
    }

    /// Lets `new_key` sign from now on. What signed until now is retired; what was retired long enough ago is dropped.
    ///
    /// Store the new key before this, so that other instances can find it.
    pub fn rotate(&self, now: DateTime<Utc>, new_key: SigningKey) -> Rotation {
        let mut guard = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let active = new_key.with_retired_at(None);
        let mut rotation = Rotation { retired: Vec::new(), dropped: Vec::new() };
        let mut all = vec![active.clone()];
        for key in guard.all.iter().filter(|key| key.kid() != active.kid()) {
            if key.retired_at.is_none() {
                let key = key.clone().with_retired_at(Some(now));
                rotation.retired.push(key.clone());
                all.push(key);
            } else if self.is_valid(key, now) {
                all.push(key.clone());
            } else {
                rotation.dropped.push(key.kid().to_owned());
            }
        }
        *guard = Arc::new(Keys { active, all });
        rotation
    }

    /// Puts the stored keys in the place of those of the ring.
    ///
    /// # Errors
    /// [`KeyError::NoneActive`], and the ring stays as it was.
    pub fn replace(&self, keys: Vec<SigningKey>) -> Result<(), KeyError> {
        self.set(Keys::new(keys)?);
        Ok(())
    }

    /// The public keys that verify at this time, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn jwks(&self, now: DateTime<Utc>) -> Jwks {
        let keys = self.snapshot();
        let others = keys.all.iter().filter(|key| key.kid() != keys.active.kid() && self.is_valid(key, now));
        Jwks { keys: std::iter::once(&keys.active).chain(others).map(SigningKey::jwk).collect() }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("keys", &self.snapshot().all).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.1.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    /// RFC 8037, appendix A.3.
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    /// RFC 8410, section 10.3.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    /// RFC 8410, section 10.3: the same key with its public key and an attribute.
    const PEM_V2: &str = "-----BEGIN PRIVATE KEY-----\nMHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\noB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PRIVATE KEY-----\n";

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
    }

    fn key(seed: u8, minute: i64) -> SigningKey {
        SigningKey::from_seed(&[seed; 32], at(minute))
    }

    fn minutes(n: i64) -> TimeDelta {
        TimeDelta::minutes(n)
    }

    fn kids(jwks: &Jwks) -> Vec<&str> {
        jwks.keys.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn the_key_of_rfc_8037_has_its_public_part_and_its_thumbprint() {
        let key = SigningKey::parse(D, at(0)).unwrap();
        assert_eq!(key.kid(), THUMBPRINT);
        assert_eq!(
            serde_json::to_value(key.jwk()).unwrap(),
            serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": THUMBPRINT, "x": X})
        );
    }

    #[test]
    fn the_key_of_rfc_8037_signs_as_in_rfc_8037() {
        let signer = SigningKey::parse(D, at(0)).unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature =
            jsonwebtoken::crypto::sign(message, signer.encoding(), jsonwebtoken::Algorithm::EdDSA).unwrap();
        assert_eq!(
            signature,
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn both_pem_forms_of_rfc_8410_are_read_and_the_first_is_written() {
        let key = SigningKey::parse(PEM, at(0)).unwrap();
        assert_eq!(key.jwk().x, "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
        assert_eq!(key.to_pem(), PEM);
        assert_eq!(SigningKey::parse(&PEM.replace('\n', "\\n"), at(0)).unwrap().kid(), key.kid());
        assert_eq!(SigningKey::parse(&PEM.replace('\n', "\r\n"), at(0)).unwrap().kid(), key.kid());
        assert_eq!(SigningKey::parse(PEM_V2, at(0)).map(|key| key.to_pem()).as_deref(), Ok(PEM));
    }

    #[test]
    fn a_stored_key_reads_back_the_same() {
        let key = SigningKey::generate(at(3)).unwrap();
        let again = SigningKey::parse(&key.to_pem(), at(3)).unwrap().with_retired_at(Some(at(4)));
        assert_eq!(again.kid(), key.kid());
        assert_eq!((again.created_at(), again.retired_at()), (at(3), Some(at(4))));
        assert_ne!(key.kid(), SigningKey::generate(at(3)).unwrap().kid());
    }

    #[test]
    fn a_seed_is_read_in_either_alphabet_padded_or_not() {
        let seed = [0xfb_u8; 32];
        for text in
            [STANDARD.encode(seed), URL_SAFE_NO_PAD.encode(seed), format!(" {}\n", STANDARD.encode(seed))]
        {
            assert_eq!(SigningKey::parse(&text, at(0)).unwrap().kid(), key(0xfb, 0).kid(), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let rsa = "-----BEGIN PRIVATE KEY-----\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA\n-----END PRIVATE KEY-----";
        let half = PEM.replace(PEM_TAIL, "");
        for text in [
            "",
            "secret",
            rsa,
            &half,
            &STANDARD.encode([1; 31]),
            &STANDARD.encode([1; 64]),
            "-----BEGIN PRIVATE KEY-----",
        ] {
            let error = SigningKey::parse(text, at(0)).unwrap_err();
            assert_eq!(error, KeyError::Unreadable);
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }

    #[test]
    fn a_key_does_not_show_its_secret() {
        let key = SigningKey::parse(D, at(0)).unwrap();
        let ring = KeyRing::new(vec![key.clone()], minutes(15)).unwrap();
        for text in [format!("{key:?}"), format!("{ring:?}")] {
            assert!(text.contains(THUMBPRINT));
            assert!(!text.contains("9d61b1") && !text.contains("157, 97") && !text.contains(D), "{text}");
        }
    }

    #[test]
    fn the_newest_key_that_is_not_retired_signs() {
        let retired = key(3, 9).with_retired_at(Some(at(10)));
        for keys in [vec![key(1, 1), key(2, 2), retired.clone()], vec![retired.clone(), key(2, 2), key(1, 1)]]
        {
            let ring = KeyRing::new(keys, minutes(15)).unwrap();
            assert_eq!(ring.active().kid(), key(2, 2).kid());
        }
        assert_eq!(KeyRing::new(vec![retired], minutes(15)).unwrap_err(), KeyError::NoneActive);
        assert_eq!(KeyRing::new(vec![], minutes(15)).unwrap_err(), KeyError::NoneActive);
    }

    #[test]
    fn a_rotated_key_verifies_for_a_tokens_life_and_the_leeway_and_then_drops_out() {
        let ring = KeyRing::new(vec![key(1, 0)], minutes(15)).unwrap();
        let shared = ring.clone();
        let rotation = ring.rotate(at(100), key(2, 100));
        assert_eq!(rotation.retired.len(), 1);
        assert_eq!(rotation.retired[0].retired_at(), Some(at(100)));
        assert!(rotation.dropped.is_empty());

        let (old, new) = (key(1, 0), key(2, 0));
        assert_eq!(shared.active().kid(), new.kid(), "clones share the ring");
        let last = at(115) + leeway() - TimeDelta::milliseconds(1);
        assert!(shared.verifying(old.kid(), last).is_some());
        assert!(shared.verifying(old.kid(), at(115) + leeway()).is_none());
        assert_eq!(kids(&shared.jwks(at(115))), [new.kid(), old.kid()]);
        assert_eq!(kids(&shared.jwks(at(116))), [new.kid()]);

        let next = ring.rotate(at(200), key(3, 200));
        assert_eq!(next.dropped, [old.kid()]);
        assert_eq!(ring.keys().len(), 2);
    }

    #[test]
    fn an_unknown_key_verifies_nothing_until_the_stored_keys_are_read_again() {
        let ring = KeyRing::new(vec![key(1, 0)], minutes(15)).unwrap();
        assert!(ring.verifying(key(2, 5).kid(), at(6)).is_none());
        ring.replace(vec![key(1, 0).with_retired_at(Some(at(5))), key(2, 5)]).unwrap();
        assert!(ring.verifying(key(2, 5).kid(), at(6)).is_some());
        assert_eq!(ring.active().kid(), key(2, 5).kid());
        assert_eq!(ring.replace(vec![]), Err(KeyError::NoneActive));
        assert_eq!(ring.active().kid(), key(2, 5).kid(), "a bad set leaves the ring as it was");
    }

    #[test]
    fn rotating_to_the_key_in_use_changes_nothing() {
        let ring = KeyRing::new(vec![key(1, 0)], minutes(15)).unwrap();
        let rotation = ring.rotate(at(1), key(1, 0));
        assert!(rotation.retired.is_empty() && rotation.dropped.is_empty());
        assert_eq!(ring.keys().len(), 1);
    }
}
