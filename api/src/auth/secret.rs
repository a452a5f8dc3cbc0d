//! Opaque secrets: a prefix that tells the kind, 256 bits from the operating system's randomness in base64url
//! (RFC 4648, section 5), and a checksum.
//!
//! The prefix lets scanners of source code find a leaked secret, and lets the server tell an API token from a JWT. The
//! checksum lets both tell a real one from a random string or a typing error without asking the database. It adds no
//! security and needs none: it is computed from the rest.

use std::fmt;
use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};

/// The operating system gave no randomness. There is nothing to do but to fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoEntropy;

/// `N` bytes from the operating system's randomness.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// An API token, `prt_…`.
    ApiToken,
    /// A refresh token, `prr_…`.
    RefreshToken,
    /// What lets a guest edit their comment for a while, `pre_…`.
    EditToken,
    /// By what a guest is known, `prg_…`.
    GuestToken,
}

const PREFIX_LENGTH: usize = 4;
const BODY_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

impl SecretKind {
    const ALL: [Self; 4] = [Self::ApiToken, Self::RefreshToken, Self::EditToken, Self::GuestToken];

    /// The four characters that each secret of this kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::ApiToken => "prt_",
            Self::RefreshToken => "prr_",
            Self::EditToken => "pre_",
            Self::GuestToken => "prg_",
        }
    }
}

/// A new secret. It is shown once and never kept: what is kept is [`Secret::hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret of this kind: 53 characters.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn generate(kind: SecretKind) -> Result<Self, NoEntropy> {
        Ok(Self::from_bytes(kind, &random_bytes()?))
    }

    fn from_bytes(kind: SecretKind, bytes: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(PREFIX_LENGTH + BODY_LENGTH + CHECKSUM_LENGTH);
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        let sum = checksum(&text);
        text.push_str(&sum);
        Self(text)
    }

    /// The secret itself, to be handed to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored: see [`hash_secret`].
    #[must_use]
    pub fn hash(&self) -> String {
        hash_secret(&self.0)
    }

    /// What lists show, so that an owner knows one token from another: prefix and four characters. It leaves 232 bits
    /// unknown.
    #[must_use]
    pub fn hint(&self) -> String {
        let shown: String = self.0.chars().take(PREFIX_LENGTH + 4).collect();
        format!("{shown}…")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What kind of secret `text` is, if it can be one at all: right prefix, length, alphabet and checksum. Says nothing
/// of whether it is a valid one.
#[must_use]
pub fn recognise(text: &str) -> Option<SecretKind> {
    let kind = SecretKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    if text.len() != PREFIX_LENGTH + BODY_LENGTH + CHECKSUM_LENGTH {
        return None;
    }
    let (rest, sum) = text.split_at_checked(PREFIX_LENGTH + BODY_LENGTH)?;
    let body = URL_SAFE_NO_PAD.decode(rest.get(PREFIX_LENGTH..)?).ok()?;
    (body.len() == 32 && checksum(rest) == sum).then_some(kind)
}

/// SHA-256 in lower-case hexadecimal: what is stored of an opaque secret, and what it is looked up by.
///
/// A fast hash is right here though it would be wrong for a password: the secret has 256 random bits, so that there is
/// nothing to guess, and a salt or a slow hash would only forbid the lookup by index. The lookup compares hashes, whose
/// matching prefix tells nothing about the secret.
#[must_use]
pub fn hash_secret(secret: &str) -> String {
    format!("{:x}", Sha256::digest(secret))
}

/// Whether two stored hashes (or other secrets of a known length) are equal, in a time that depends on their length
/// only.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // `black_box` keeps the compiler from stopping at the first difference.
    let difference = a.bytes().zip(b.bytes()).fold(0_u8, |acc, (x, y)| black_box(acc | (x ^ y)));
    black_box(difference) == 0
}

fn checksum(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(crc32(text.as_bytes()).to_be_bytes())
}

/// CRC-32/ISO-HDLC, the one of gzip (RFC 1952, section 8). Bit by bit: fifty bytes need no table.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_crc() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(hash_secret("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_secret_has_its_kind_and_is_recognised() {
        for kind in SecretKind::ALL {
            let secret = Secret::generate(kind).unwrap();
            assert_eq!(secret.expose().len(), 53);
            assert!(secret.expose().starts_with(kind.prefix()));
            assert_eq!(recognise(secret.expose()), Some(kind));
            assert_eq!(secret.hash(), hash_secret(secret.expose()));
        }
        assert_ne!(
            Secret::generate(SecretKind::ApiToken).unwrap(),
            Secret::generate(SecretKind::ApiToken).unwrap()
        );
    }

    #[test]
    fn any_single_wrong_character_is_noticed() {
        let secret = Secret::from_bytes(SecretKind::ApiToken, &[7; 32]);
        for at in 0..secret.expose().len() {
            let mut wrong: Vec<char> = secret.expose().chars().collect();
            wrong[at] = if wrong[at] == 'x' { 'y' } else { 'x' };
            let wrong: String = wrong.into_iter().collect();
            assert_eq!(recognise(&wrong), None, "{at}");
        }
    }

    #[test]
    fn other_things_are_not_secrets() {
        let good = Secret::from_bytes(SecretKind::RefreshToken, &[1; 32]);
        for text in [
            "",
            "prt_",
            "prr_é",
            "eyJhbGciOiJFZERTQSJ9.e30.AA",
            &good.expose()[1..],
            &format!("{} ", good.expose()),
        ] {
            assert_eq!(recognise(text), None, "{text:?}");
        }
        let multibyte = format!("prt_{}", "é".repeat(24)) + "x";
        assert_eq!(multibyte.len(), 53);
        assert_eq!(recognise(&multibyte), None);
    }

    #[test]
    fn a_secret_does_not_show_in_logs_and_its_hint_shows_little() {
        let secret = Secret::from_bytes(SecretKind::ApiToken, &[0xff; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.hint(), "prt_____…");
    }

    #[test]
    fn comparison_tells_equal_from_different() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("abc", "ab"));
        assert!(same("", ""));
    }
}
