//! How much a text may make of itself. A few bytes can ask for much more output, or time, than they are worth: references to
//! footnotes, short rows of wide tables, tags with thousands of attributes, deep nesting.

use super::turn::{Late, Turn};

/// Most elements of a rendered text.
pub(super) const ELEMENTS: usize = 50_000;
/// Most attributes of a rendered text's elements, before those that are not allowed are taken out.
pub(super) const ATTRIBUTES: usize = 100_000;
/// Most cells of a text's Markdown tables.
pub(super) const CELLS: usize = 20_000;
/// Most references to footnotes.
pub(super) const FOOTNOTE_REFERENCES: usize = 2_000;
/// Most parts of a Markdown text: paragraphs, words in another style, links, breaks, …
pub(super) const PARTS: usize = 200_000;
/// Most bytes of HTML.
pub(super) const HTML_BYTES: usize = 8 << 20;
/// Most lines, each counted once for every quote and list that it may stand in.
pub(super) const NESTED_LINES: usize = 2_000_000;

/// Why a text is not rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// It makes too many of something.
    #[error("The text makes more than {limit} {what}. Simplify it, or split it.")]
    Many {
        /// What, in the plural.
        what: &'static str,
        /// How many it may make.
        limit: usize,
    },
    /// It takes too long.
    #[error(
        "The text takes more than {seconds} s to be worked on. Simplify it (nesting, tables, footnotes, links), or split it."
    )]
    Late {
        /// How long it may take.
        seconds: u64,
    },
}

impl TooMuch {
    /// Refuses where there are more than `limit` of `what`.
    pub(super) fn unless_within(count: usize, limit: usize, what: &'static str) -> Result<(), Self> {
        if count > limit { Err(Self::Many { what, limit }) } else { Ok(()) }
    }
}

/// Refuses where the turn is over.
pub(super) fn in_time(turn: &Turn) -> Result<(), TooMuch> {
    turn.check().map_err(|Late| TooMuch::Late { seconds: turn.limit().as_secs() })
}
