//! HTML as a flat list of tags and texts, cut by html5ever's tokenizer, and written back.
//!
//! A list rather than a tree: nothing here recurses, so no nesting can exhaust the stack. Comments, doctypes and
//! characters that no document may contain are gone after this step.

use std::cell::{Cell, RefCell};

use html5ever::LocalName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token as Raw, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
};

use super::budget::{ATTRIBUTES, ELEMENTS, TooMuch, in_time};
use super::turn::Turn;

/// How much is read between two looks at the clock. A single tag may be as long as the text, and its attributes are compared with
/// one another.
const STEP: usize = 4_096;

/// An attribute: its name in lower case and its decoded value.
pub(super) type Attr = (LocalName, String);

/// A piece of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `<name …>`. Void elements have no [`Token::Close`].
    Open {
        /// The element's name in lower case.
        name: LocalName,
        /// Its attributes, in order, each name once.
        attrs: Vec<Attr>,
    },
    /// `</name>`.
    Close {
        /// The element's name in lower case.
        name: LocalName,
    },
    /// Decoded text, never empty; two texts never follow one another.
    Text(String),
}

/// Elements that have no content and no end tag (HTML Living Standard, 13.1.2), among those that we know.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "input" | "wbr" | "source" | "track" | "col")
}

/// Drops what neither HTML nor XML 1.0 (feeds) may contain, and line ends that would change when read again.
pub(super) fn clean_chars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cr = false;
    for c in text.chars() {
        match c {
            '\r' => out.push('\n'),
            '\n' if after_cr => {}
            '\u{C}' => out.push(' '),
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FEFF}' | '\u{FDD0}'..='\u{FDEF}' => {}
            _ if u32::from(c) & 0xFFFE == 0xFFFE => {}
            _ => out.push(c),
        }
        after_cr = c == '\r';
    }
    out
}

/// Collects tokens; html5ever hands them over behind a shared reference.
#[derive(Default)]
struct Collector {
    list: RefCell<Vec<Token>>,
    elements: Cell<usize>,
    attributes: Cell<usize>,
}

impl Collector {
    fn text(&self, text: &StrTendril) {
        let mut list = self.list.borrow_mut();
        if let Some(Token::Text(last)) = list.last_mut() {
            last.push_str(text);
        } else {
            list.push(Token::Text(text.to_string()));
        }
    }
}

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Raw, _line: u64) -> TokenSinkResult<()> {
        match token {
            Raw::CharacterTokens(text) => self.text(&text),
            Raw::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let raw = raw_kind(&tag.name);
                let attrs =
                    tag.attrs.into_iter().map(|a| (a.name.local, clean_chars(&a.value))).collect::<Vec<_>>();
                // Foreign elements are the only ones in which `/>` ends the element (HTML Living Standard, 13.2.6.5).
                let ends = tag.self_closing && matches!(&*tag.name, "svg" | "math");
                self.elements.set(self.elements.get() + 1);
                self.attributes.set(self.attributes.get() + attrs.len());
                let mut list = self.list.borrow_mut();
                list.push(Token::Open { name: tag.name.clone(), attrs });
                if ends {
                    list.push(Token::Close { name: tag.name });
                }
                if let Some(kind) = raw {
                    return TokenSinkResult::RawData(kind);
                }
            }
            Raw::TagToken(tag) => self.list.borrow_mut().push(Token::Close { name: tag.name }),
            Raw::DoctypeToken(_)
            | Raw::CommentToken(_)
            | Raw::NullCharacterToken
            | Raw::EOFToken
            | Raw::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose content is text to the parser, so that markup-like text in a script is not taken for markup.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}

/// Cuts HTML into tokens. Takes anything; what is malformed is read as browsers read it. For HTML that is ours: what others
/// wrote is bounded by [`tokenise_within`].
pub(super) fn tokenise(html: &str) -> Vec<Token> {
    let input = BufferQueue::default();
    let tokenizer = tokenizer();
    input.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    cleaned(tokenizer.sink.list.into_inner())
}

/// [`tokenise`], as long as there are not too many.
pub(super) fn tokenise_within(turn: &Turn, html: &str) -> Result<Vec<Token>, TooMuch> {
    let input = BufferQueue::default();
    let tokenizer = tokenizer();
    let mut rest = html;
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP));
        input.push_back(StrTendril::from_slice(step));
        let _ = tokenizer.feed(&input);
        TooMuch::unless_within(tokenizer.sink.elements.get(), ELEMENTS, "elements")?;
        TooMuch::unless_within(tokenizer.sink.attributes.get(), ATTRIBUTES, "attributes")?;
        in_time(turn)?;
        rest = after;
    }
    tokenizer.end();
    Ok(cleaned(tokenizer.sink.list.into_inner()))
}

fn tokenizer() -> Tokenizer<Collector> {
    Tokenizer::new(Collector::default(), TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() })
}

fn cleaned(list: Vec<Token>) -> Vec<Token> {
    let mut out = Vec::with_capacity(list.len());
    for token in list {
        match token {
            Token::Text(text) => {
                let text = clean_chars(&text);
                if !text.is_empty() {
                    out.push(Token::Text(text));
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// Writes tokens as HTML, escaped as the HTML standard's serialisation algorithm says.
pub(super) fn write(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        match token {
            Token::Open { name, attrs } => {
                out.push('<');
                out.push_str(name);
                for (key, value) in attrs {
                    out.push(' ');
                    out.push_str(key);
                    out.push_str("=\"");
                    escape_into(&mut out, value);
                    out.push('"');
                }
                out.push('>');
            }
            Token::Close { name } => {
                out.push_str("</");
                out.push_str(name);
                out.push('>');
            }
            Token::Text(text) => escape_into(&mut out, text),
        }
    }
    out
}

/// Appends text to HTML so that it reads as that text, in content and in quoted attributes.
pub(super) fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            _ => "&quot;",
        });
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The value of an attribute.
pub(super) fn attr<'a>(attrs: &'a [Attr], name: &str) -> Option<&'a str> {
    attrs.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.as_str())
}
