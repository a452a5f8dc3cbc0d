//! E-mail addresses.

use unicode_normalization::UnicodeNormalization as _;

/// What an e-mail address is found by.
pub(super) fn email_key(email: &str) -> String {
    email.trim().nfkc().collect::<String>().to_lowercase()
}
