//! From what an editor, an author or a reader sent to what is shown.

use std::collections::HashSet;

use pressroom_schema::BodyFormat;
use pressroom_schema::posts::Measures;
use serde::{Deserialize, Serialize};

use super::budget::{TooMuch, in_time};
use super::markdown;
use super::sanitise::{Policy, sanitise};
use super::text::{excerpt_of, flow_of, measures_of, prose};
use super::tokens::{Token, attr, clean_chars, escape_into, tokenise};
use super::turn::Turn;

/// The greatest length of a derived excerpt, in characters.
pub const EXCERPT_CHARS: usize = 300;

/// A heading of a body, for tables of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The anchor: the `id` of the element, unique in the body.
    pub id: String,
    /// Its text, on one line.
    pub text: String,
}

/// All that is derived from a post's body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rendered {
    /// Safe HTML.
    pub html: String,
    /// Plain text; paragraphs are parted by an empty line.
    pub text: String,
    /// What is counted in it.
    pub measures: Measures,
    /// The first sentences, in at most [`EXCERPT_CHARS`] characters.
    pub excerpt: String,
    /// Where the body links to, in order, each once. Links within the body itself (`#…`) are not among them.
    pub links: Vec<String>,
    /// The headings, in order.
    pub headings: Vec<Heading>,
}

/// Which rules these are. It rises whenever they make something else of the same source: what was kept before is made anew.
const RULES: u32 = 1;

impl Rendered {
    /// As it is kept.
    #[must_use]
    pub fn to_stored(&self) -> String {
        // Texts, numbers and lists of them always make JSON; were it not so, it would be rendered again when it is needed.
        serde_json::to_string(&(RULES, self)).unwrap_or_default()
    }

    /// What was kept, unless by other rules.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let (rules, rendered): (u32, Self) = serde_json::from_str(text).ok()?;
        (rules == RULES).then_some(rendered)
    }

    /// The source as it was typed, where it cannot be rendered.
    #[must_use]
    pub fn as_typed(source: &str) -> Self {
        let text = clean_chars(source);
        let mut html = String::from("<pre>");
        escape_into(&mut html, text.trim_start_matches('\n'));
        html.push_str("</pre>");
        let excerpt = excerpt_of(&text, EXCERPT_CHARS);
        Self { html, measures: measures_of(&text), excerpt, text, ..Self::default() }
    }
}

/// Renders the body of a post. What is not allowed is left out.
///
/// # Errors
/// [`TooMuch`], where it makes more of itself than a text may.
pub fn render_post(turn: &Turn, format: BodyFormat, source: &str) -> Result<Rendered, TooMuch> {
    let html = safe_html(turn, Policy::Post, format, source)?;
    let tokens = tokenise(&html);
    in_time(turn)?;
    let text = flow_of(&tokens);
    let running = prose(&tokens);
    let excerpt = excerpt_of(if running.is_empty() { &text } else { &running }, EXCERPT_CHARS);
    Ok(Rendered {
        links: links_of(&tokens),
        headings: headings_of(&tokens),
        html,
        measures: measures_of(&text),
        text,
        excerpt,
    })
}

/// Renders a comment: paragraphs, line breaks as typed, emphasis, code, quotes, lists and links
/// (`rel="nofollow ugc noopener"`). HTML in it is shown as it was typed.
///
/// # Errors
/// [`TooMuch`].
pub fn render_comment(turn: &Turn, source: &str) -> Result<String, TooMuch> {
    Ok(sanitise(turn, Policy::Comment, &markdown::comment(turn, source)?)?.trim().to_owned())
}

/// Renders the biography of an author: paragraphs, lists, links and words; no headings, images or tables.
///
/// # Errors
/// [`TooMuch`].
pub fn render_bio(turn: &Turn, format: BodyFormat, source: &str) -> Result<String, TooMuch> {
    safe_html(turn, Policy::Bio, format, source)
}

fn safe_html(turn: &Turn, policy: Policy, format: BodyFormat, source: &str) -> Result<String, TooMuch> {
    let made;
    let html = match format {
        BodyFormat::Markdown => {
            made = markdown::post(turn, source)?;
            &made
        }
        BodyFormat::Html => source,
    };
    Ok(sanitise(turn, policy, html)?.trim_matches(|c: char| c.is_ascii_whitespace()).to_owned())
}

fn links_of(tokens: &[Token]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut links = Vec::new();
    for token in tokens {
        if let Token::Open { name, attrs } = token
            && &**name == "a"
            && let Some(href) = attr(attrs, "href")
            && !href.starts_with('#')
            && seen.insert(href)
        {
            links.push(href.to_owned());
        }
    }
    links
}

fn headings_of(tokens: &[Token]) -> Vec<Heading> {
    let mut headings = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Open { name, attrs } = token else { continue };
        let level = match &**name {
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            "h4" => 4,
            "h5" => 5,
            "h6" => 6,
            _ => continue,
        };
        let end = |token: &Token| matches!(token, Token::Close { name: closed } if closed == name);
        let inside: Vec<Token> =
            tokens.iter().skip(at + 1).take_while(|token| !end(token)).cloned().collect();
        let text = flow_of(&inside).split_whitespace().collect::<Vec<_>>().join(" ");
        headings.push(Heading { level, id: attr(attrs, "id").unwrap_or_default().to_owned(), text });
    }
    headings
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
