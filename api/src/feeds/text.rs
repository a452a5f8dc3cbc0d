//! Text that XML can hold.

use crate::error::Error;

/// Drops what XML 1.0 (section 2.2) has no way to write, not even escaped.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| match c {
            '\t' | '\n' | '\r' => true,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
            _ => true,
        })
        .collect()
}

/// Plain text as HTML, for members that readers take for HTML.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// A writer into memory does not fail, and what we write is well formed.
pub(super) fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("writing a feed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_everything_else_stays() {
        assert_eq!(clean("a\u{0}\u{b}\u{1b}b\t\n\u{fffe}ü\u{1f600}"), "ab\t\nü\u{1f600}");
    }

    #[test]
    fn text_reads_as_itself_in_html() {
        assert_eq!(html("1 < 2 && \u{1}<b>"), "1 &lt; 2 &amp;&amp; &lt;b&gt;");
    }
}
