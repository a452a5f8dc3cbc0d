//! The names of places within a text.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::script::is_invisible;

/// How much of a heading's text its anchor may use, in characters.
pub(super) const ANCHOR_CHARS: usize = 80;

/// A heading's text as an anchor: lower case, letters, digits and marks of any script, `-` between words.
pub(super) fn anchor_of(text: &str) -> String {
    let mut out = String::new();
    for c in text.nfc().flat_map(char::to_lowercase).nfc().filter(|c| !is_invisible(*c)) {
        if c.is_alphanumeric() || is_combining_mark(c) || c == '_' {
            out.push(c);
        } else if (c.is_whitespace() || matches!(c, '-' | '/' | '\u{2010}'..='\u{2015}'))
            && !out.is_empty()
            && !out.ends_with('-')
        {
            out.push('-');
        }
    }
    let short: String = out.chars().take(ANCHOR_CHARS).collect();
    let short = short.trim_end_matches('-');
    if short.is_empty() { "section".to_owned() } else { short.to_owned() }
}

/// Undoes percent-encoding (RFC 3986, section 2.1); what does not decode to UTF-8 is kept as it was.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit =
            |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next()))
        {
            bytes.push(high << 4 | low);
            rest = ahead;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
