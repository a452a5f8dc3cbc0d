//! Which writing system a character belongs to, as far as counting, searching and judging need to know.
//!
//! Ranges follow the Unicode block chart (Unicode 16). Blocks rather than the Script property, because the few
//! characters in which the two differ (signs within letter blocks) are excluded by `char::is_alphabetic` where it matters.

/// A writing system, coarsely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Latin letters, with IPA and full-width forms.
    Latin,
    /// Greek.
    Greek,
    /// Cyrillic.
    Cyrillic,
    /// Hebrew.
    Hebrew,
    /// Arabic.
    Arabic,
    /// Han, Kana and Bopomofo: written without spaces, each sign about a word or half a word.
    Cjk,
    /// Thai, Lao, Khmer, Burmese and their kin: alphabets written without spaces between words.
    SouthEastAsian,
    /// Anything else.
    Other,
}

/// The writing system of `c`.
pub(super) fn script_of(c: char) -> Script {
    match u32::from(c) {
        0x41..=0x5A
        | 0x61..=0x7A
        | 0xAA
        | 0xBA
        | 0xC0..=0x2B8
        | 0x1D00..=0x1D7F
        | 0x1E00..=0x1EFF
        | 0x2C60..=0x2C7F
        | 0xA720..=0xA7FF
        | 0xAB30..=0xAB6F
        | 0xFB00..=0xFB06
        | 0xFF21..=0xFF3A
        | 0xFF41..=0xFF5A => Script::Latin,
        0x370..=0x3FF | 0x1F00..=0x1FFF => Script::Greek,
        0x400..=0x52F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Script::Cyrillic,
        0x590..=0x5FF | 0xFB1D..=0xFB4F => Script::Hebrew,
        0x600..=0x6FF | 0x750..=0x77F | 0x870..=0x8FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC => Script::Arabic,
        0x3005..=0x3007
        | 0x3021..=0x3029
        | 0x3031..=0x3035
        | 0x3038..=0x303C
        | 0x3041..=0x309F
        | 0x30A1..=0x30FA
        | 0x30FC..=0x312F
        | 0x31A0..=0x31BF
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F
        | 0x1AFF0..=0x1B16F
        | 0x20000..=0x3FFFD => Script::Cjk,
        0xE00..=0xEFF
        | 0x1000..=0x109F
        | 0x1780..=0x17FF
        | 0x1950..=0x19FF
        | 0x1A20..=0x1AAF
        | 0xA9E0..=0xA9FF
        | 0xAA60..=0xAADF => Script::SouthEastAsian,
        _ => Script::Other,
    }
}

/// Whether words of this writing system run together without spaces.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(script_of(c), Script::Cjk | Script::SouthEastAsian)
}

/// Characters that show nothing by themselves: joiners, direction marks, variation selectors, tags and the like
/// (the `Default_Ignorable_Code_Point` property, less fillers).
pub(super) fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
        | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE0FFF)
}

/// The apostrophes that people type, and the modifier letters that stand for them (U+02B9 to U+02BF).
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2B9}'..='\u{2BF}' | '\u{FF07}' | '`' | '\u{B4}'
    )
}
