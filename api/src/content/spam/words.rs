//! Words as the judge compares them.

use unicode_segmentation::UnicodeSegmentation;

use crate::content::search::fold;

/// The words of a text: folded like search tokens, apostrophes and dots within words gone.
pub(super) fn folded_words(text: &str) -> Vec<String> {
    text.unicode_words().map(fold).filter(|word| !word.is_empty()).collect()
}
