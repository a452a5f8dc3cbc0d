//! Passwords: Argon2id (RFC 9106) in PHC strings.

use std::hint::black_box;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization as _;

use super::secret::{NoEntropy, random_bytes};
pub use super::strength::{MAX_CHARACTERS, MIN_CHARACTERS, Weakness, check_strength};

/// No password that passed [`check_strength`] is longer, in bytes. A longer text is wrong without being hashed.
pub(super) const MAX_BYTES: usize = 4096;
/// Stored hashes may come from elsewhere. One that asks for more than this would be an attack on the server's memory.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 19 MiB, two passes, one lane: the OWASP recommendation; about 15 ms of a core.
    #[must_use]
    pub const fn standard() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }

    /// The least that Argon2 can do, so that tests do not wait. Never for real accounts.
    #[must_use]
    pub const fn for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    fn hasher(self) -> Result<Argon2<'static>, HashError> {
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(|_| HashError::Unusable)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Why a password cannot be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Longer than any password that [`check_strength`] lets pass.
    #[error("the password is too long")]
    TooLong,
    /// Argon2 refused: a defect.
    #[error("the password could not be hashed")]
    Unusable,
    /// The operating system gave no randomness for the salt.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

/// The form in which a password is hashed and counted: NFKC, so that one keyboard's "é" is another's (NIST SP 800-63B,
/// section 5.1.1.2).
pub(super) fn normalise(password: &str) -> String {
    password.nfkc().collect()
}

/// Hashes a password, with a new salt, into a PHC string. Takes the time that `cost` says: a server has a pool of threads
/// for it.
///
/// # Errors
/// [`HashError`]; nothing that a password which passed [`check_strength`] can cause.
pub fn hash(password: &str, cost: Cost) -> Result<String, HashError> {
    hash_with_salt(password, cost, &random_bytes()?)
}

fn hash_with_salt(password: &str, cost: Cost, salt: &[u8; 16]) -> Result<String, HashError> {
    if password.len() > MAX_BYTES {
        return Err(HashError::TooLong);
    }
    let salt = SaltString::encode_b64(salt).map_err(|_| HashError::Unusable)?;
    let hash = cost.hasher()?.hash_password(normalise(password).as_bytes(), &salt);
    Ok(hash.map_err(|_| HashError::Unusable)?.to_string())
}

/// Whether the password is the one that was hashed. A hash that cannot be read, is not Argon2id, or asks for an absurd
/// amount of work matches nothing. The comparison takes constant time.
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let Some((parsed, _)) = read(phc) else { return false };
    Argon2::default().verify_password(normalise(password).as_bytes(), &parsed).is_ok()
}

/// Does the work of [`verify`] for an account that there is not, so that the time of the answer does not tell. Never matches.
#[must_use]
pub fn verify_dummy(password: &str, cost: Cost) -> bool {
    // The result is thrown away, but only after it was computed.
    let _ = black_box(hash_with_salt(password, cost, &[0; 16]));
    false
}

/// Whether a hash that just matched should be made anew, since it was made with another cost (or cannot be read).
#[must_use]
pub fn needs_rehash(phc: &str, cost: Cost) -> bool {
    read(phc).is_none_or(|(_, made_with)| made_with != cost)
}

fn read(phc: &str) -> Option<(PasswordHash<'_>, Cost)> {
    let hash = PasswordHash::new(phc).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm).ok()?;
    if algorithm != Algorithm::Argon2id || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    if hash.hash.map(|output| output.len()) != Some(Params::DEFAULT_OUTPUT_LEN) {
        return None;
    }
    let params = Params::try_from(&hash).ok()?;
    let cost = Cost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
    let sane = cost.memory_kib <= MAX_MEMORY_KIB && cost.passes <= MAX_PASSES && cost.lanes <= MAX_LANES;
    sane.then_some((hash, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost::for_tests();

    #[test]
    fn the_standard_cost_is_that_of_rfc_9106_with_19_mib() {
        let phc = hash("correct horse battery staple", Cost::standard()).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse battery staple", &phc));
        assert!(!verify("correct horse battery stapler", &phc));
    }

    #[test]
    fn a_hash_of_another_argon2id_verifies() {
        // phc-winner-argon2's own test vector: `test(0x13, 2, 8, 1, "password", "somesalt", …)` for Argon2id.
        let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(verify("password", phc));
        assert!(!verify("Password", phc));
    }

    #[test]
    fn each_hash_has_its_own_salt() {
        assert_ne!(hash("correct horse", COST).unwrap(), hash("correct horse", COST).unwrap());
    }

    #[test]
    fn a_password_is_the_same_however_its_accents_were_typed() {
        let phc = hash("cafe\u{301} au lait", COST).unwrap();
        assert!(verify("caf\u{e9} au lait", &phc));
        assert!(!verify("cafe au lait", &phc));
    }

    #[test]
    fn a_hash_that_is_unreadable_foreign_or_absurd_matches_nothing() {
        let good = hash("correct horse", COST).unwrap();
        let absurd = good.replace("m=8,", "m=4194304,");
        let argon2i = good.replace("argon2id", "argon2i");
        let old = good.replace("v=19", "v=16");
        for phc in [
            "",
            "correct horse",
            "$argon2id$",
            "$2y$10$abcdefghijklmnopqrstuv",
            &absurd,
            &argon2i,
            &old,
            &good[..good.len() - 4],
        ] {
            assert!(!verify("correct horse", phc), "{phc}");
            assert!(needs_rehash(phc, COST), "{phc}");
        }
    }

    #[test]
    fn an_unknown_account_never_matches() {
        assert!(!verify_dummy("correct horse", COST));
        assert!(!verify_dummy(&"x".repeat(10_000), COST));
    }

    #[test]
    fn an_endless_password_is_refused_before_it_is_hashed() {
        let phc = hash("correct horse", COST).unwrap();
        assert_eq!(hash(&"x".repeat(MAX_BYTES + 1), COST), Err(HashError::TooLong));
        assert!(!verify(&"x".repeat(MAX_BYTES + 1), &phc));
        assert!(hash(&"x".repeat(MAX_BYTES), COST).is_ok());
    }

    #[test]
    fn a_hash_is_made_anew_when_the_cost_changes() {
        let phc = hash("correct horse", COST).unwrap();
        assert!(!needs_rehash(&phc, COST));
        assert!(needs_rehash(&phc, Cost::standard()));
    }
}
