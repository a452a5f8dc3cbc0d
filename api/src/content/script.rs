//! What kind of character a character is, by the Unicode Character Database (`icu_properties`): its writing system, as far as
//! counting, searching and judging need to know, and whether it shows.

use icu_properties::props::{
    BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, Script as Property,
};
use icu_properties::script::ScriptWithExtensions;

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
    /// Anything else, and what several writing systems share.
    Other,
}

/// The writing system of `c`.
pub(super) fn script_of(c: char) -> Script {
    match Property::for_char(c) {
        Property::Latin => Script::Latin,
        Property::Greek => Script::Greek,
        Property::Cyrillic => Script::Cyrillic,
        Property::Hebrew => Script::Hebrew,
        Property::Arabic => Script::Arabic,
        Property::Han | Property::Hiragana | Property::Katakana | Property::Bopomofo => Script::Cjk,
        Property::Thai
        | Property::Lao
        | Property::Khmer
        | Property::Myanmar
        | Property::TaiLe
        | Property::NewTaiLue
        | Property::TaiTham
        | Property::TaiViet => Script::SouthEastAsian,
        // Letters that Han and Kana share, such as the mark of a long vowel.
        Property::Common if c.is_alphabetic() => {
            let scripts = ScriptWithExtensions::new();
            let shared =
                [Property::Han, Property::Katakana].into_iter().any(|script| scripts.has_script(c, script));
            if shared { Script::Cjk } else { Script::Other }
        }
        _ => Script::Other,
    }
}

/// Whether words of this writing system run together without spaces.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(script_of(c), Script::Cjk | Script::SouthEastAsian)
}

/// Whether a character shows nothing and takes no room: joiners, direction marks, variation selectors, tags, fillers and the
/// like (the `Default_Ignorable_Code_Point` property).
pub(crate) fn is_invisible(c: char) -> bool {
    DefaultIgnorableCodePoint::for_char(c)
}

/// Whether a reader sees nothing of a text: white space, what is invisible, and the Braille pattern without a dot.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c) || c == '\u{2800}')
}

/// Whether a character ends a line or a paragraph (U+2028, U+2029), or embeds, overrides or isolates a direction and so turns
/// round what is beside it (U+202A to U+202E, U+2066 to U+2069). The marks U+200E and U+200F and the joiners do neither: some
/// scripts and many emoji need them.
pub(crate) fn upsets_a_line(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The apostrophes that people type, and the modifier letters that stand for them (U+02B9 to U+02BF).
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2B9}'..='\u{2BF}' | '\u{FF07}' | '`' | '\u{B4}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_belong_to_their_writing_system_and_what_is_shared_to_none() {
        for (script, letters) in [
            (Script::Latin, "aZßɐＡﬁ"),
            (Script::Greek, "αἀ"),
            (Script::Cyrillic, "яѣ"),
            (Script::Hebrew, "שׁ"),
            (Script::Arabic, "عﷲ"),
            (Script::Cjk, "漢字かカｶー〆々ㄅ𠀀"),
            (Script::SouthEastAsian, "กລកမ"),
            (Script::Other, "1-、。한न\u{301}\u{640}\u{1F600}"),
        ] {
            for c in letters.chars() {
                assert_eq!(script_of(c), script, "{c} U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn a_text_is_blank_where_nothing_of_it_shows() {
        for text in [
            "",
            " \t\u{2003}",
            "\u{200b}\u{2060}\u{feff}",
            "\u{3164}",
            "\u{115f}\u{1160} \u{ffa0}",
            "\u{2800}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "\u{200d}.", "⠃", "한", "\u{fffd}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
