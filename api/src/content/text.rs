//! Plain text of HTML, excerpts of text, and how long a text is to read.

use pressroom_schema::posts::Measures;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::sanitise::drops_content;
use super::script::{Script, script_of};
use super::tokens::{Token, attr, tokenise};

/// Words that a reader takes in per minute, in scripts that part words.
const WORDS_PER_MINUTE: u64 = 230;

/// Characters that a reader takes in per minute in Chinese and Japanese.
const CJK_PER_MINUTE: u64 = 500;

/// Letters in a Thai, Lao, Khmer or Burmese word, on average, not counting the marks above and below. These scripts part
/// no words, and a dictionary would be larger than this program.
const LETTERS_PER_WORD: u64 = 4;

/// The text of HTML: paragraphs parted by an empty line, list items and rows by a line end, code as it stands. Scripts,
/// styles, and the marks of footnotes are left out.
#[must_use]
pub fn plain_text(html: &str) -> String {
    flow(&tokenise(html), false)
}

/// The whole text of tokens, as [`plain_text`] gives it.
pub(super) fn flow_of(tokens: &[Token]) -> String {
    flow(tokens, false)
}

/// The text of running prose only: without headings, code, tables, captions and footnotes. For excerpts.
pub(super) fn prose(tokens: &[Token]) -> String {
    flow(tokens, true)
}

/// How two pieces of text are parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

fn gap_of(name: &str) -> Gap {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "figure" | "figcaption"
        | "table" | "div" | "section" | "article" | "details" | "summary" | "hr" | "dl" => Gap::Paragraph,
        "li" | "dt" | "dd" | "tr" | "br" | "caption" => Gap::Line,
        "td" | "th" => Gap::Space,
        _ => Gap::None,
    }
}

/// Whether an element's content is no text of the document: footnote marks, readings above characters, media fallbacks.
fn is_aside(name: &str, class: Option<&str>, prose: bool) -> bool {
    drops_content(name)
        || matches!(name, "rt" | "rp" | "audio" | "video")
        || matches!((name, class), ("sup", Some("footnote-ref")) | ("a", Some("footnote-backref")))
        || (prose
            && (matches!(
                name,
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "table" | "figcaption" | "summary"
            ) || (name == "section" && class == Some("footnotes"))))
}

/// Text as it grows, with the gap that the next word brings with it.
struct Flow {
    out: String,
    gap: Gap,
}

impl Flow {
    fn part(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn push(&mut self, c: char) {
        if !self.out.is_empty() {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.out.push(' '),
                Gap::Line => self.out.push('\n'),
                Gap::Paragraph => self.out.push_str("\n\n"),
            }
        }
        self.gap = Gap::None;
        self.out.push(c);
    }
}

fn flow(tokens: &[Token], prose: bool) -> String {
    let mut flow = Flow { out: String::new(), gap: Gap::None };
    let mut skipping: Option<(&str, usize)> = None;
    let (mut pre, mut lists) = (0_usize, 0_usize);
    for token in tokens {
        match token {
            Token::Open { name, attrs } => {
                if let Some((skipped, depth)) = &mut skipping {
                    *depth += usize::from(*skipped == &**name);
                } else if is_aside(name, attr(attrs, "class"), prose) {
                    flow.part(gap_of(name));
                    skipping = Some((name, 1));
                } else {
                    pre += usize::from(&**name == "pre");
                    if matches!(&**name, "ul" | "ol") {
                        flow.part(if lists == 0 { Gap::Paragraph } else { Gap::Line });
                        lists += 1;
                    }
                    flow.part(gap_of(name));
                }
            }
            Token::Close { name } => {
                if let Some((skipped, depth)) = &mut skipping {
                    if *skipped == &**name {
                        *depth -= 1;
                        if *depth == 0 {
                            skipping = None;
                            flow.part(gap_of(name));
                        }
                    }
                    continue;
                }
                if &**name == "pre" {
                    pre = pre.saturating_sub(1);
                }
                if matches!(&**name, "ul" | "ol") {
                    lists = lists.saturating_sub(1);
                    flow.part(if lists == 0 { Gap::Paragraph } else { Gap::Line });
                }
                flow.part(gap_of(name));
            }
            Token::Text(_) if skipping.is_some() => {}
            Token::Text(text) if pre > 0 => {
                for (number, line) in text.trim_end_matches('\n').split('\n').enumerate() {
                    if number > 0 {
                        flow.push('\n');
                    }
                    line.chars().for_each(|c| flow.push(c));
                }
                if text.ends_with('\n') {
                    flow.part(Gap::Line);
                }
            }
            Token::Text(text) => {
                for c in text.chars() {
                    if c.is_whitespace() {
                        flow.part(Gap::Space);
                    } else {
                        flow.push(c);
                    }
                }
            }
        }
    }
    flow.out.truncate(flow.out.trim_end().len());
    flow.out
}

/// Counts a text's words (Unicode Standard Annex #29) and the minutes that it takes to read.
pub(super) fn measures_of(text: &str) -> Measures {
    let (mut words, mut signs, mut run) = (0_u64, 0_u64, 0_u64);
    for segment in text.split_word_bounds() {
        let Some(first) = segment.chars().find(|c| c.is_alphanumeric()) else {
            words += run.div_ceil(LETTERS_PER_WORD);
            run = 0;
            continue;
        };
        let letters =
            segment.chars().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c)).count() as u64;
        if script_of(first) == Script::SouthEastAsian {
            run += letters;
            continue;
        }
        words += run.div_ceil(LETTERS_PER_WORD);
        run = 0;
        if script_of(first) == Script::Cjk {
            signs += letters;
        } else {
            words += 1;
        }
    }
    words += run.div_ceil(LETTERS_PER_WORD);
    let minutes =
        (words * CJK_PER_MINUTE + signs * WORDS_PER_MINUTE).div_ceil(WORDS_PER_MINUTE * CJK_PER_MINUTE);
    let minutes = if text.trim().is_empty() { 0 } else { minutes.max(1) };
    Measures {
        word_count: i32::try_from(words + signs).unwrap_or(i32::MAX),
        reading_minutes: i32::try_from(minutes).unwrap_or(i32::MAX),
    }
}

/// The beginning of a text in at most `max_chars` characters as people count them (grapheme clusters): whole sentences
/// where they fill at least half of that, otherwise cut at the end of a word, with `…`. White space becomes one space.
#[must_use]
pub fn excerpt_of(text: &str, max_chars: usize) -> String {
    // Reading a little more than is wanted is enough to know what is cut, and keeps long texts cheap.
    let enough = max_chars.saturating_mul(2).saturating_add(64);
    let mut flat = String::new();
    let (mut kept, mut spaced) = (0_usize, false);
    for cluster in text.trim_start().graphemes(true) {
        if cluster.starts_with(char::is_whitespace) {
            spaced = true;
            continue;
        }
        if spaced {
            flat.push(' ');
        }
        flat.push_str(cluster);
        kept += 1 + usize::from(spaced);
        spaced = false;
        if kept > enough {
            break;
        }
    }
    let offset = |count: usize| flat.grapheme_indices(true).nth(count).map(|(at, _)| at);
    let Some(end) = offset(max_chars) else { return flat };
    let Some(room) = max_chars.checked_sub(1).and_then(offset) else { return String::new() };
    let half = offset(max_chars / 2).unwrap_or_default();

    let sentence = flat
        .split_sentence_bound_indices()
        .map(|(at, sentence)| at + sentence.trim_end().len())
        .take_while(|at| *at <= end)
        .filter(|at| *at >= half && flat.get(..*at).is_some_and(ends_a_sentence))
        .last();
    if let Some(at) = sentence
        && let Some(whole) = flat.get(..at)
    {
        return whole.to_owned();
    }
    let word = flat.split_word_bound_indices().map(|(at, _)| at).take_while(|at| *at <= room).last();
    let cut = word.and_then(|at| flat.get(..at)).map(trim_tail).filter(|cut| !cut.is_empty());
    let cut = cut.or_else(|| flat.get(..room)).unwrap_or_default();
    format!("{cut}…")
}

/// Takes away what looks odd before an ellipsis.
fn trim_tail(text: &str) -> &str {
    text.trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';' | ':' | '.' | '-' | '–' | '—' | '(' | '[' | '“' | '‘' | '"' | '/' | '、' | '，'
            )
    })
}

/// Whether a text ends with a sentence, and not with an abbreviation, which the Unicode rules cannot tell.
fn ends_a_sentence(text: &str) -> bool {
    let body = text.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»', '」', '』']);
    if body.ends_with(['!', '?', '…', '。', '！', '？', '।', '؟', '።', '။']) {
        return true;
    }
    let Some(body) = body.strip_suffix('.') else { return false };
    let last = body.rsplit(char::is_whitespace).next().unwrap_or_default();
    let letters = last.chars().filter(|c| c.is_alphabetic()).count();
    let known = [
        "mrs", "prof", "gen", "sen", "rep", "gov", "col", "sgt", "rev", "inc", "ltd", "approx", "fig", "vol",
        "vs", "cf", "ca",
    ];
    // "Dr", "St", an initial; but "it" and "go" end sentences.
    let short = letters <= 2 && last.starts_with(char::is_uppercase);
    !(short || last.contains('.') || known.contains(&last.to_lowercase().as_str()))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
