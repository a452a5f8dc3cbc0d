//! What changed between two revisions.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use pressroom_schema::DiffOp;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp as Op, capture_diff_slices_deadline};
use unicode_segmentation::UnicodeSegmentation;

use super::turn::Turn;

/// Most lines, of both texts together, that are compared one by one.
pub const MAX_LINES: usize = 20_000;
/// How long the shortest difference is looked for; what is found after that is correct, but may be longer.
const LONGEST: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(5) } else { Duration::from_millis(500) };

/// A line, or in [`word_diff`] a run of words, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What became of it.
    pub op: DiffOp,
    /// The text, without its line end.
    pub text: String,
}

/// What differs between two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDiff {
    /// The lines; where it is coarse, pieces of any number of lines.
    pub lines: Vec<DiffLine>,
    /// Whether the texts are too long to be compared line by line.
    pub is_coarse: bool,
}

/// Compares line by line. The lines that are `same` or `removed`, in order, are the old text; those that are `same` or
/// `added` the new. `\r\n` and `\n` are the same line end.
///
/// Of texts of more than [`MAX_LINES`] lines together only the beginning and the end that both share are told from what lies
/// between, each as one piece.
#[must_use]
pub fn line_diff(turn: &Turn, old: &str, new: &str) -> LineDiff {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old.len() + new.len() > MAX_LINES {
        return LineDiff { lines: coarse(&old, &new), is_coarse: true };
    }
    LineDiff { lines: compare(&old, &new, Some(turn.left().min(LONGEST))), is_coarse: false }
}

fn coarse(old: &[&str], new: &[&str]) -> Vec<DiffLine> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.iter().skip(head), new.iter().skip(head));
    let tail = old_rest.rev().zip(new_rest.rev()).take_while(|(a, b)| a == b).count();
    let piece = |op, lines: &[&str], from: usize, to: usize| {
        let lines = lines.get(from..to).unwrap_or_default();
        (!lines.is_empty()).then(|| DiffLine { op, text: lines.join("\n") })
    };
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let pieces = [
        piece(DiffOp::Same, old, 0, head),
        piece(DiffOp::Removed, old, head, old_end),
        piece(DiffOp::Added, new, head, new_end),
        piece(DiffOp::Same, old, old_end, old.len()),
    ];
    pieces.into_iter().flatten().collect()
}

/// Compares word by word, for showing what changed within a paragraph. Neighbouring words of the same fate are one
/// piece; all `same` and `removed` pieces joined are the old text, all `same` and `added` ones the new.
#[must_use]
pub fn word_diff(old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_word_bounds().collect(), new.split_word_bounds().collect());
    let mut pieces: Vec<DiffLine> = Vec::new();
    for piece in compare(&old, &new, None) {
        match pieces.last_mut() {
            Some(last) if last.op == piece.op => last.text.push_str(&piece.text),
            _ => pieces.push(piece),
        }
    }
    pieces
}

fn compare(old: &[&str], new: &[&str], longest: Option<Duration>) -> Vec<DiffLine> {
    // Long lines that differ at their ends would be read again and again: each is compared by its number.
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for text in old.iter().chain(new) {
        let next = numbers.len();
        numbers.entry(text).or_insert(next);
    }
    let numbered = |list: &[&str]| -> Vec<usize> {
        list.iter().map(|text| numbers.get(text).copied().unwrap_or_default()).collect()
    };
    let deadline = longest.map(|longest| Instant::now() + longest);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &numbered(old), &numbered(new), deadline);
    let mut lines = Vec::with_capacity(old.len().max(new.len()));
    let mut push = |op: DiffOp, list: &[&str], from: usize, count: usize| {
        let texts = list.iter().skip(from).take(count);
        lines.extend(texts.map(|text| DiffLine { op, text: (*text).to_owned() }));
    };
    for op in ops {
        match op {
            Op::Equal { old_index, len, .. } => push(DiffOp::Same, old, old_index, len),
            Op::Delete { old_index, old_len, .. } => push(DiffOp::Removed, old, old_index, old_len),
            Op::Insert { new_index, new_len, .. } => push(DiffOp::Added, new, new_index, new_len),
            Op::Replace { old_index, old_len, new_index, new_len } => {
                push(DiffOp::Removed, old, old_index, old_len);
                push(DiffOp::Added, new, new_index, new_len);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_diff(old: &str, new: &str) -> Vec<DiffLine> {
        super::line_diff(&Turn::here(), old, new).lines
    }

    #[test]
    fn long_texts_are_compared_in_few_pieces_that_hold_them_whole() {
        let text = |middle: &str| format!("a\n{}b", format!("{middle}\n").repeat(MAX_LINES));
        let (old, new) = (text("x"), text("y"));
        let found = super::line_diff(&Turn::here(), &old, &new);
        assert!(found.is_coarse);
        let ops: Vec<DiffOp> = found.lines.iter().map(|line| line.op).collect();
        assert_eq!(ops, [DiffOp::Same, DiffOp::Removed, DiffOp::Added, DiffOp::Same]);
        assert_eq!(side(&found.lines, DiffOp::Added, "\n"), old);
        assert_eq!(side(&found.lines, DiffOp::Removed, "\n"), new);
        assert!(super::line_diff(&Turn::here(), &old, "").is_coarse);
        assert!(!super::line_diff(&Turn::here(), "a\nb", "a").is_coarse);
    }

    fn shown(lines: &[DiffLine]) -> Vec<String> {
        let sign = |op| match op {
            DiffOp::Same => ' ',
            DiffOp::Added => '+',
            DiffOp::Removed => '-',
        };
        lines.iter().map(|line| format!("{}{}", sign(line.op), line.text)).collect()
    }

    fn side(lines: &[DiffLine], other: DiffOp, join: &str) -> String {
        let kept: Vec<&str> = lines.iter().filter(|l| l.op != other).map(|l| l.text.as_str()).collect();
        kept.join(join)
    }

    #[test]
    fn lines_are_kept_added_and_removed() {
        assert_eq!(shown(&line_diff("a\nb\nc\n", "a\nB\nc\nd\n")), [" a", "-b", "+B", " c", "+d"]);
        assert_eq!(shown(&line_diff("", "a")), ["+a"]);
        assert_eq!(shown(&line_diff("a", "")), ["-a"]);
        assert_eq!(shown(&line_diff("a\r\nb", "a\nb")), [" a", " b"]);
        assert!(line_diff("", "").is_empty());
    }

    #[test]
    fn words_are_compared_within_a_line() {
        let pieces = word_diff("The quick brown fox", "The slow brown fox");
        assert_eq!(shown(&pieces), [" The ", "-quick", "+slow", "  brown fox"]);
    }

    #[test]
    fn both_texts_can_be_read_off_the_comparison() {
        let cases =
            [("one two\n\nthree 🙂", "one\n\ntwo three 🙃"), ("北京\n上海", "北京\n广州"), ("x", "y")];
        for (old, new) in cases {
            let lines = line_diff(old, new);
            assert_eq!(side(&lines, DiffOp::Added, "\n"), old);
            assert_eq!(side(&lines, DiffOp::Removed, "\n"), new);
            let words = word_diff(old, new);
            assert_eq!(side(&words, DiffOp::Added, ""), old);
            assert_eq!(side(&words, DiffOp::Removed, ""), new);
        }
    }

    #[test]
    fn the_wire_name_of_each_operation_is_its_own() {
        for op in [DiffOp::Same, DiffOp::Added, DiffOp::Removed] {
            assert_eq!(serde_json::to_value(op).unwrap(), op.as_str());
        }
    }

    #[test]
    fn wholly_different_large_texts_are_compared_quickly() {
        let old = (0..10_000).map(|n| format!("old {n}\n")).collect::<Vec<_>>().concat();
        let new = (0..10_000).map(|n| format!("new {n}\n")).collect::<Vec<_>>().concat();
        assert_eq!(line_diff(&old, &new).len(), 20_000);
    }
}
