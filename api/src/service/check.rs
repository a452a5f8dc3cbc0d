//! Rules on single values that several use cases share. Each collects its fault and lets the rest be checked too, so
//! that a caller learns of everything at once.

use crate::content::script::{is_blank, upsets_a_line};
use crate::error::{Error, FieldError, Result};
use pressroom_schema::{BadSlug, DraftStatus, Given, LanguageTag, PostStatus, Slug};

/// Longest address in bytes.
pub(crate) const MAX_URL: usize = 2_048;
/// Longest e-mail address in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub(crate) const MAX_EMAIL: usize = 254;

/// Collects what is wrong with an input.
#[derive(Debug, Default)]
pub(crate) struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A status that an editor may set by itself.
    pub(crate) fn draft_status(&mut self, pointer: &str, status: PostStatus) -> Option<DraftStatus> {
        let odd = match DraftStatus::try_from(status) {
            Ok(status) => return Some(status),
            Err(odd) => odd,
        };
        self.errors.push(FieldError::unknown_value(pointer, &odd.word, odd.known));
        None
    }

    pub(crate) fn fault(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::body(pointer, code, detail));
    }

    /// A line of text that must say something: trimmed, on one line, in its own direction, at most `max` characters.
    pub(crate) fn line(&mut self, pointer: &str, text: &str, max: usize) -> String {
        let trimmed = text.trim();
        if is_blank(trimmed) {
            self.fault(pointer, "blank", format!("`{}` must not be blank.", name(pointer)));
        }
        self.short(pointer, text, max)
    }

    /// A line of text that may be empty.
    pub(crate) fn short(&mut self, pointer: &str, text: &str, max: usize) -> String {
        let trimmed = text.trim();
        self.length(pointer, text, max);
        if trimmed.chars().any(|c| c.is_control() || upsets_a_line(c)) {
            self.fault(
                pointer,
                "control_character",
                format!(
                    "`{}` is one line of text: line breaks, control characters and marks that turn text round cannot stand in it.",
                    name(pointer)
                ),
            );
        }
        trimmed.to_owned()
    }

    /// Text of any number of lines; empty becomes `None`.
    pub(crate) fn text(&mut self, pointer: &str, text: &str, max: usize) -> Option<String> {
        let trimmed = text.trim();
        self.length(pointer, text, max);
        if trimmed.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.fault(
                pointer,
                "control_character",
                format!("`{}` holds control characters.", name(pointer)),
            );
        }
        if trimmed.is_empty() { None } else { Some(trimmed.to_owned()) }
    }

    fn length(&mut self, pointer: &str, text: &str, max: usize) {
        let length = text.chars().count();
        if length > max {
            self.fault(
                pointer,
                "too_long",
                format!("`{}` has {length} characters; at most {max} are taken.", name(pointer)),
            );
        }
    }

    /// An absolute http or https address.
    pub(crate) fn url(&mut self, pointer: &str, text: &str) -> String {
        let trimmed = text.trim();
        let good = trimmed.len() <= MAX_URL
            && !trimmed.chars().any(|c| c.is_whitespace() || c.is_control())
            && url::Url::parse(trimmed).is_ok_and(|u| {
                matches!(u.scheme(), "http" | "https") && u.host_str().is_some_and(|h| !h.is_empty())
            });
        if !good {
            self.fault(
                pointer,
                "invalid_url",
                format!(
                    "`{}` must be an absolute http or https address of at most {MAX_URL} characters.",
                    name(pointer)
                ),
            );
        }
        trimmed.to_owned()
    }

    /// A stranger's own address on the web, as the URL Standard writes it: http or https, without a name and password.
    pub(crate) fn guest_url(&mut self, pointer: &str, text: &str) -> String {
        let given = self.url(pointer, text);
        let Ok(url) = url::Url::parse(&given) else { return given };
        if !url.username().is_empty() || url.password().is_some() {
            let detail = format!("`{}` must not hold a name or password.", name(pointer));
            self.fault(pointer, "invalid_url", detail);
        }
        url.into()
    }

    /// A stranger's name: a line, without the marks that keyboards for right-to-left scripts set around it.
    pub(crate) fn guest_name(&mut self, pointer: &str, text: &str, max: usize) -> String {
        let is_around =
            |c: char| c.is_whitespace() || matches!(c, '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}');
        self.line(pointer, text.trim_matches(is_around), max)
    }

    /// A slug that the caller chose.
    pub(crate) fn slug(&mut self, pointer: &str, given: &Given<Slug>) {
        if given.good().is_none() {
            self.fault(pointer, "invalid_slug", format!("`{}` is {BadSlug}.", name(pointer)));
        }
    }

    /// A language tag (BCP 47); none where it is no good one.
    pub(crate) fn language(&mut self, pointer: &str, text: &str) -> Option<LanguageTag> {
        let tag = text.parse::<LanguageTag>();
        if let Err(odd) = &tag {
            let told = odd.to_string();
            let detail = format!("`{}` must be {}.", name(pointer), told.trim_start_matches("not "));
            self.fault(pointer, "invalid_language", detail);
        }
        tag.ok()
    }

    /// An e-mail address: something, one `@`, a host. Whether it takes mail only mail can tell.
    pub(crate) fn email(&mut self, pointer: &str, text: &str) -> String {
        let trimmed = text.trim();
        let good = trimmed.len() <= MAX_EMAIL
            && trimmed.split_once('@').is_some_and(|(local, host)| {
                !local.is_empty()
                    && local.len() <= 64
                    && !host.is_empty()
                    && !host.contains('@')
                    && !host.starts_with('.')
                    && !host.ends_with('.')
                    && !host.contains("..")
            })
            && !trimmed
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ','));
        if !good {
            self.fault(
                pointer,
                "invalid_email",
                format!("`{}` must be an e-mail address, such as name@example.org.", name(pointer)),
            );
        }
        trimmed.to_owned()
    }

    pub(crate) fn done(self) -> Result<()> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::fields(self.errors)) }
    }
}

/// What a sentence calls the member at `pointer`: its name; of an element of an array, the array's name and its place.
fn name(pointer: &str) -> &str {
    let is_place = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let parts = pointer.rmatch_indices('/').map(|(at, _)| pointer.get(at + 1..).unwrap_or_default());
    let mut named = parts.skip_while(|rest| rest.split('/').all(is_place));
    named.next().unwrap_or(pointer)
}

/// Refuses the NUL character (U+0000) anywhere in an input: neither database stores it in a text. `told` makes the pointer that
/// the caller is told of the one into `input`.
pub(crate) fn refuse_nul(input: &serde_json::Value, told: impl FnOnce(String) -> String) -> Result<()> {
    match nul_in(input, &mut String::new()) {
        Some(place) => {
            Err(Error::invalid(told(place), "invalid_text", "Text may not hold the NUL character (U+0000)."))
        }
        None => Ok(()),
    }
}

/// The JSON pointer (RFC 6901) of the first text that holds NUL.
fn nul_in(value: &serde_json::Value, pointer: &mut String) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) if text.contains('\u{0}') => Some(pointer.clone()),
        Value::Array(items) => items.iter().enumerate().find_map(|(n, item)| {
            let length = pointer.len();
            pointer.push('/');
            pointer.push_str(&n.to_string());
            let found = nul_in(item, pointer);
            pointer.truncate(length);
            found
        }),
        Value::Object(members) => members.iter().find_map(|(name, item)| {
            let length = pointer.len();
            pointer.push('/');
            pointer.push_str(&name.replace('\u{0}', "\u{fffd}").replace('~', "~0").replace('/', "~1"));
            let found = if name.contains('\u{0}') { Some(pointer.clone()) } else { nul_in(item, pointer) };
            pointer.truncate(length);
            found
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, name};

    fn faults(line: &str) -> Vec<String> {
        let mut check = Check::new();
        check.line("/name", line, 100);
        check.errors.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn a_line_of_nothing_that_shows_is_blank() {
        for text in [
            "",
            " \t\u{2003}",
            "\u{200b}\u{2060}\u{feff}",
            "\u{3164}",
            "\u{115f}\u{1160} \u{ffa0}",
            "\u{2800}",
            "\u{fe0f}\u{e0100}\u{34f}",
            "\u{e0041}\u{200d}",
        ] {
            assert_eq!(faults(text), ["blank"], "{text:?}");
        }
        assert_eq!(faults("\u{202e}\u{202c}"), ["blank", "control_character"]);
    }

    #[test]
    fn nothing_in_a_line_breaks_it_or_turns_it_round() {
        for text in ["a\nb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "\u{202e}evil", "a\u{2066}b\u{2069}"] {
            assert_eq!(faults(text), ["control_character"], "{text:?}");
        }
        for text in
            ["محمد علي", "נרגס\u{200c} \u{200f}(דוד)\u{200e}", "👩\u{200d}🔬 Ada", "❤\u{fe0f}", "⠃⠗", "한글"]
        {
            assert_eq!(faults(text), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn a_sentence_names_a_member_and_an_element_with_its_array() {
        let names = ["/title", "/authors/0/role", "/tags/0", "/rows/1/2", ""].map(name);
        assert_eq!(names, ["title", "role", "tags/0", "rows/1/2", ""]);
    }
}
