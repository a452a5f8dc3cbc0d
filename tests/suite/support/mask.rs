//! What is different in every run, and therefore left out of comparisons.

use std::collections::HashMap;

/// Numbers ids in the order in which they appear.
#[derive(Default)]
pub(crate) struct Mask {
    ids: HashMap<String, usize>,
}

impl Mask {
    /// Puts numbers in the place of ids, in either of their two forms, and a word in the place of cursors.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            out.push_str(&self.word(word));
            let end = after.find(is_part).unwrap_or(after.len());
            let (between, after) = after.split_at(end);
            out.push_str(between);
            rest = after;
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        // What all cursors begin with: their version and a digit, or a letter, of their checksum.
        if word.len() > 40 && (word.starts_with("Mgo") || word.starts_with("Mgp")) {
            return "CURSOR".to_owned();
        }
        for length in [36, 32] {
            let Some(at) = word.len().checked_sub(length) else { continue };
            let (before, id) = word.split_at(at);
            let digits: String = id.chars().filter(|c| *c != '-').collect();
            let is_id = digits.len() == 32
                && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                // Version 8 are those of links that stand in a body, made from two others.
                && digits[12..].starts_with(['7', '8']);
            if is_id {
                let next = self.ids.len();
                return format!("{before}ID{}", self.ids.entry(digits).or_insert(next));
            }
        }
        word.to_owned()
    }
}
