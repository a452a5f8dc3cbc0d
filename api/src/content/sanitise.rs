//! The allow-list: which elements and attributes a publication's HTML may have, and what their values may be.
//!
//! There is one list, [`ELEMENTS`], and one judge of values, [`attribute_value`]. Both are applied twice: first by the
//! tidying pass, which also balances and bounds the markup, and last by ammonia on the tree that a browser would build.
//! The second is the lock: what it lets out is what is served.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::budget::{TooMuch, in_time};
use super::turn::Turn;
use super::{tidy, tokens};

/// Whose HTML it is, from the widest to the narrowest rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The body of a post.
    Post,
    /// The biography of an author: paragraphs, lists and words.
    Bio,
    /// A comment by anybody.
    Comment,
}

/// The elements that a post may have, each with the attributes that it may have beside `dir` and `lang`.
#[rustfmt::skip]
const ELEMENTS: &[(&str, &[&str])] = &[
    // structure
    ("h1", &["id"]), ("h2", &["id"]), ("h3", &["id"]), ("h4", &["id"]), ("h5", &["id"]), ("h6", &["id"]),
    ("p", &[]), ("div", &[]), ("section", &["class", "data-footnotes"]), ("hr", &[]), ("br", &[]), ("wbr", &[]),
    ("blockquote", &["cite"]), ("details", &["open"]), ("summary", &[]),
    ("ul", &["class"]), ("ol", &["class", "start", "reversed", "type"]), ("li", &["class", "id", "value"]),
    ("dl", &[]), ("dt", &[]), ("dd", &[]),
    ("pre", &["class"]), ("code", &["class"]),
    ("input", &["type", "class", "checked", "disabled"]),
    // pictures and sound
    ("figure", &[]), ("figcaption", &[]),
    ("img", &["src", "srcset", "sizes", "alt", "title", "width", "height", "loading", "decoding"]),
    ("picture", &[]), ("source", &["src", "srcset", "sizes", "media", "type", "width", "height"]),
    ("audio", &["src", "controls", "preload", "loop", "muted"]),
    ("video", &["src", "controls", "preload", "loop", "muted", "poster", "width", "height", "playsinline"]),
    ("track", &["src", "kind", "srclang", "label", "default"]),
    // tables
    ("table", &[]), ("caption", &[]), ("colgroup", &["span"]), ("col", &["span"]),
    ("thead", &[]), ("tbody", &[]), ("tfoot", &[]), ("tr", &[]),
    ("th", &["colspan", "rowspan", "scope", "abbr", "align"]), ("td", &["colspan", "rowspan", "align"]),
    // words
    ("a", &["href", "title", "hreflang", "rel", "class", "id", "aria-label", "data-footnote-ref", "data-footnote-backref"]),
    ("em", &[]), ("strong", &[]), ("b", &[]), ("i", &[]), ("u", &[]), ("s", &[]), ("small", &[]), ("mark", &[]),
    ("sub", &[]), ("sup", &["class"]), ("del", &["cite", "datetime"]), ("ins", &["cite", "datetime"]),
    ("abbr", &["title"]), ("dfn", &["title"]), ("cite", &[]), ("q", &["cite"]), ("kbd", &[]), ("samp", &[]), ("var", &[]),
    ("time", &["datetime"]), ("bdi", &[]), ("bdo", &[]), ("span", &[]),
    ("ruby", &[]), ("rt", &[]), ("rp", &[]),
];

/// What of [`ELEMENTS`] a biography keeps.
const BIO: &[&str] = &[
    "p",
    "br",
    "em",
    "strong",
    "b",
    "i",
    "u",
    "s",
    "a",
    "code",
    "kbd",
    "ul",
    "ol",
    "li",
    "blockquote",
    "del",
    "ins",
    "sub",
    "sup",
    "mark",
    "small",
    "abbr",
    "q",
    "cite",
    "time",
    "bdi",
    "bdo",
    "span",
];

/// What of [`ELEMENTS`] a comment keeps.
const COMMENT: &[&str] =
    &["p", "br", "em", "strong", "a", "code", "pre", "ul", "ol", "li", "blockquote", "del"];

/// Elements that go with all that they contain: what is in them is not prose.
pub(super) fn drops_content(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "template"
            | "iframe"
            | "noembed"
            | "noframes"
            | "xmp"
            | "title"
            | "textarea"
            | "svg"
            | "math"
            | "select"
            | "datalist"
            | "canvas"
    )
}

/// The longest value of an attribute, in bytes.
const MAX_ATTRIBUTE: usize = 8_192;

/// The longest list of addresses in a `srcset` that is read.
const SRCSET_CANDIDATES: usize = 32;

/// The greatest width or height that an attribute may ask for, in CSS pixels.
const MAX_PIXELS: u32 = 99_999;

/// The greatest number of columns or rows that a cell may span (the limit of the HTML standard for columns).
const MAX_SPAN: u32 = 1_000;

impl Policy {
    /// The attributes of an element, or `None` where the element is not allowed.
    pub(super) fn attributes(self, element: &str) -> Option<&'static [&'static str]> {
        let kept = match self {
            Policy::Post => true,
            Policy::Bio => BIO.contains(&element),
            Policy::Comment => COMMENT.contains(&element),
        };
        kept.then(|| ELEMENTS.iter().find(|(name, _)| *name == element).map(|(_, attrs)| *attrs)).flatten()
    }

    /// The `rel` that a link must have: what its author wrote, as far as it is harmless, and what the policy asks.
    pub(super) fn rel(self, href: &str, written: &str) -> Option<String> {
        if self == Policy::Comment {
            return Some("nofollow ugc noopener".to_owned());
        }
        let mut words: Vec<&str> = Vec::new();
        for word in written.split_ascii_whitespace() {
            let known = ["author", "license", "me", "nofollow", "noreferrer", "sponsored", "ugc"]
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(word));
            if let Some(word) = known
                && !words.contains(&word)
            {
                words.push(word);
            }
        }
        if is_external(href) {
            words.push("noopener");
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn builder(self) -> &'static Builder<'static> {
        static POST: LazyLock<Builder<'static>> = LazyLock::new(|| build(Policy::Post));
        static BIO: LazyLock<Builder<'static>> = LazyLock::new(|| build(Policy::Bio));
        static COMMENT: LazyLock<Builder<'static>> = LazyLock::new(|| build(Policy::Comment));
        match self {
            Policy::Post => &POST,
            Policy::Bio => &BIO,
            Policy::Comment => &COMMENT,
        }
    }
}

fn build(policy: Policy) -> Builder<'static> {
    let allowed = ELEMENTS.iter().filter_map(|(name, _)| policy.attributes(name).map(|attrs| (*name, attrs)));
    let attributes: HashMap<&str, HashSet<&str>> =
        allowed.map(|(name, attrs)| (name, attrs.iter().copied().collect())).collect();
    let mut builder = Builder::empty();
    builder
        .tags(attributes.keys().copied().collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::from(["dir", "lang"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .attribute_filter(attribute_value);
    builder
}

/// Makes HTML safe under `policy`. The answer is well-formed, its nesting is bounded, and making it safe again does
/// not change it.
pub(super) fn sanitise(turn: &Turn, policy: Policy, html: &str) -> Result<String, TooMuch> {
    let mut present = pass(turn, policy, html)?;
    // The tidying pass writes what the parser reads back unchanged, so the second round is a check and not a repair.
    // Should a round ever change something, it is the later one that holds.
    for _ in 0..4 {
        let next = pass(turn, policy, &present)?;
        if next == present {
            break;
        }
        present = next;
    }
    Ok(present)
}

fn pass(turn: &Turn, policy: Policy, html: &str) -> Result<String, TooMuch> {
    let mut tidied = tidy::tidy(policy, tokens::tokenise_within(turn, html)?);
    in_time(turn)?;
    for token in &mut tidied {
        if let tokens::Token::Text(text) = token {
            shield(text);
        }
    }
    Ok(unshield(&policy.builder().clean(&tokens::write(&tidied)).to_string()))
}

/// What stands for `&`, `<` and `>` while ammonia reads and writes; the 32 characters from U+00A0 on are stood for by
/// those from U+FDD0 on.
const AMPERSAND: char = '\u{FFFE}';
const LESS: char = '\u{FFFF}';
const GREATER: char = '\u{1FFFE}';

/// Puts noncharacters, of which tokens have none, in the place of characters that html5ever would stop at.
///
/// Its serialiser, at each `&` and at each character that begins with the byte `C2`, searches all of the remaining text
/// for `<` again: a megabyte of ampersands would take minutes. Its parser handles each character reference as a text of
/// its own. As a side effect no text can ever be taken for a tag.
fn shield(text: &mut String) {
    if text.contains(|c| matches!(c, '&' | '<' | '>' | '\u{A0}'..='\u{BF}')) {
        let stand_in = |c: char| match c {
            '&' => AMPERSAND,
            '<' => LESS,
            '>' => GREATER,
            '\u{A0}'..='\u{BF}' => char::from_u32(u32::from(c) - 0xA0 + 0xFDD0).unwrap_or(c),
            _ => c,
        };
        *text = text.chars().map(stand_in).collect();
    }
}

/// Puts back what [`shield`] took away, as the serialiser would have written it.
fn unshield(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    for c in html.chars() {
        match c {
            AMPERSAND => out.push_str("&amp;"),
            LESS => out.push_str("&lt;"),
            GREATER => out.push_str("&gt;"),
            '\u{FDD0}' => out.push_str("&nbsp;"),
            '\u{FDD1}'..='\u{FDEF}' => out.extend(char::from_u32(u32::from(c) - 0xFDD0 + 0xA0)),
            _ => out.push(c),
        }
    }
    out
}

/// The value that an allowed attribute may keep, or `None` where it must go. Used by the tidying pass and by ammonia.
pub(super) fn attribute_value<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    if value.len() > MAX_ATTRIBUTE {
        return None;
    }
    let is = |list: &[&str]| list.contains(&value).then_some(Cow::Borrowed(value));
    match name {
        "href" => web_address(value, &["http", "https", "mailto", "tel"]),
        "src" | "poster" | "cite" => web_address(value, &["http", "https"]),
        "srcset" => srcset(value),
        "id" => is_id(element, value).then_some(Cow::Borrowed(value)),
        "class" => is_class(element, value).then_some(Cow::Borrowed(value)),
        "type" => match element {
            "input" => is(&["checkbox"]),
            "ol" => is(&["1", "a", "A", "i", "I"]),
            _ => is_media_type(value).then_some(Cow::Borrowed(value)),
        },
        "dir" => is(&["ltr", "rtl", "auto"]),
        "lang" | "hreflang" | "srclang" => is_language_tag(value).then_some(Cow::Borrowed(value)),
        "loading" => is(&["lazy", "eager"]),
        "decoding" => is(&["async", "sync", "auto"]),
        "preload" => is(&["none", "metadata", "auto", ""]),
        "kind" => is(&["subtitles", "captions", "descriptions", "chapters", "metadata"]),
        "align" => is(&["left", "center", "right"]),
        "scope" => is(&["row", "col", "rowgroup", "colgroup"]),
        "width" | "height" => in_range(value, 1, MAX_PIXELS),
        "colspan" | "span" => in_range(value, 1, MAX_SPAN),
        "rowspan" => in_range(value, 0, MAX_SPAN),
        "start" | "value" => value.parse::<i32>().ok().map(|_| Cow::Borrowed(value)),
        "controls"
        | "loop"
        | "muted"
        | "playsinline"
        | "open"
        | "reversed"
        | "checked"
        | "disabled"
        | "default"
        | "data-footnotes"
        | "data-footnote-ref"
        | "data-footnote-backref" => Some(Cow::Borrowed("")),
        // Text for people, or for the parser of sizes, media queries and dates: harmless whatever it says.
        "alt" | "title" | "abbr" | "label" | "aria-label" | "sizes" | "media" | "datetime" | "rel" => {
            Some(Cow::Borrowed(value))
        }
        _ => None,
    }
}

fn in_range(value: &str, least: u32, most: u32) -> Option<Cow<'_, str>> {
    let digits = !value.is_empty() && value.len() <= 6 && value.bytes().all(|b| b.is_ascii_digit());
    let number: u32 = digits.then(|| value.parse().ok()).flatten()?;
    (least..=most).contains(&number).then_some(Cow::Borrowed(value))
}

/// BCP 47 by its outline: letters and digits in parts of one to eight, joined by hyphens.
pub(super) fn is_language_tag(value: &str) -> bool {
    value.len() <= 35
        && value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_media_type(value: &str) -> bool {
    value.len() <= 100
        && ["image/", "audio/", "video/", "text/vtt"].iter().any(|start| value.starts_with(start))
        && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// Ids are names that scripts and links of the surrounding page can see, so ours all begin with a prefix of their own:
/// `h-` on headings, `fn-` on footnotes, `fnref-` on references to them.
fn is_id(element: &str, value: &str) -> bool {
    let prefixed = match element {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => value.strip_prefix("h-"),
        "li" => value.strip_prefix("fn-"),
        "a" => value.strip_prefix("fnref-"),
        _ => None,
    };
    prefixed.is_some_and(|rest| {
        !rest.is_empty()
            && value.len() <= 400
            && !value.chars().any(|c| {
                c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '&' | '`' | '=')
            })
    })
}

/// The classes that our own renderer makes, and `language-…` on code.
fn is_class(element: &str, value: &str) -> bool {
    match element {
        "code" | "pre" => value.strip_prefix("language-").is_some_and(|language| {
            (1..=40).contains(&language.len())
                && language.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-_.#".contains(&b))
        }),
        "section" => value == "footnotes",
        "sup" => value == "footnote-ref",
        "a" => value == "footnote-backref",
        "ul" | "ol" => value == "contains-task-list",
        "li" => value == "task-list-item",
        "input" => value == "task-list-item-checkbox",
        _ => false,
    }
}

/// An address as browsers read it (without the white space that they ignore), if its scheme is allowed or it is relative.
fn web_address<'v>(value: &'v str, schemes: &[&str]) -> Option<Cow<'v, str>> {
    let trimmed = value.trim_matches(|c: char| c <= ' ');
    let address = if trimmed.contains(['\t', '\n', '\r']) {
        Cow::Owned(trimmed.replace(['\t', '\n', '\r'], ""))
    } else {
        Cow::Borrowed(trimmed)
    };
    if address.is_empty() {
        return None;
    }
    match Url::parse(&address) {
        Ok(url) => schemes.contains(&url.scheme()).then_some(address),
        Err(url::ParseError::RelativeUrlWithoutBase) => Some(address),
        Err(_) => None,
    }
}

/// Whether a link leads to another host, as far as can be told without knowing our own.
fn is_external(href: &str) -> bool {
    let mut start = href.chars();
    let slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
    (slash(start.next()) && slash(start.next()))
        || href.split_once(':').is_some_and(|(scheme, _)| {
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        })
}

/// A `srcset` (`address [descriptor], …`) with every address judged like `src`; candidates that do not fit are left out.
fn srcset(value: &str) -> Option<Cow<'_, str>> {
    let mut kept = Vec::new();
    let mut words = value.split_ascii_whitespace();
    let mut next = words.next();
    while let Some(word) = next.take() {
        let address = word.trim_matches(',');
        let mut descriptor = None;
        if word.ends_with(',') || address.is_empty() {
            next = words.next();
        } else if let Some(second) = words.next() {
            // `1x,b.jpg 2x` is good grammar: a comma may stand directly between two candidates.
            let (before, after) = second.split_once(',').unwrap_or((second, ""));
            descriptor = (!before.is_empty()).then_some(before);
            next = if after.is_empty() { words.next() } else { Some(after) };
        }
        if kept.len() < SRCSET_CANDIDATES
            && descriptor.is_none_or(is_descriptor)
            && let Some(address) = web_address(address, &["http", "https"])
        {
            kept.push(descriptor.map_or_else(|| address.to_string(), |d| format!("{address} {d}")));
        }
    }
    (!kept.is_empty()).then(|| Cow::Owned(kept.join(", ")))
}

/// `480w` or `1.5x`.
fn is_descriptor(text: &str) -> bool {
    let number = text.strip_suffix('w').or_else(|| text.strip_suffix('x'));
    number.is_some_and(|n| {
        (1..=8).contains(&n.len())
            && n.starts_with(|c: char| c.is_ascii_digit())
            && n.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

#[cfg(test)]
#[path = "sanitise_tests.rs"]
mod tests;
