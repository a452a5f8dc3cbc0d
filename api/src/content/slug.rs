//! Names for addresses, made of titles.

use deunicode::deunicode_char;
use pressroom_schema::Slug;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::script::{is_apostrophe, is_invisible};

/// A title as a slug, cut at the end of a word where that is possible; none where the title has nothing that can be spelt. Letters of other scripts are transliterated; apostrophes and quotation
/// marks vanish, so that "don’t" stays one word.
#[must_use]
pub fn slugify(title: &str) -> Option<Slug> {
    let mut slug = spell(title, char::is_alphanumeric);
    if slug.is_empty() {
        // Nothing but signs: better an emoji's name than nothing.
        slug = spell(title, |_| true);
    }
    if slug.len() > Slug::MAX_LENGTH {
        let cut = slug.as_bytes().get(Slug::MAX_LENGTH) != Some(&b'-');
        slug.truncate(Slug::MAX_LENGTH);
        if cut && let Some(at) = slug.rfind('-') {
            slug.truncate(at);
        }
    }
    // Paths take an id or a slug: what looks like an id is none.
    slug.parse().or_else(|_| format!("id-{slug}").parse()).ok()
}

/// Spells the `wanted` characters of a text in ASCII, with one `-` wherever others stand between them.
fn spell(text: &str, wanted: impl Fn(char) -> bool) -> String {
    let mut slug = String::new();
    for c in text.nfc() {
        if is_apostrophe(c)
            || is_invisible(c)
            || matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '‚')
        {
            continue;
        }
        if !wanted(c) && !is_combining_mark(c) {
            part(&mut slug);
            continue;
        }
        // Han characters come with a space after each syllable; the one before is ours to add.
        let spelt = deunicode_char(c).unwrap_or_default();
        if spelt.ends_with(' ') {
            part(&mut slug);
        }
        for letter in spelt.chars() {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter.to_ascii_lowercase());
            } else if !matches!(letter, '\'' | '"' | '`') {
                part(&mut slug);
            }
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn part(slug: &mut String) {
    if !slug.is_empty() && !slug.ends_with('-') {
        slug.push('-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(title: &str) -> String {
        slugify(title).map(String::from).unwrap_or_default()
    }

    #[test]
    fn titles_become_readable_slugs() {
        let cases = [
            (
                "“Ask Me, Ask You”: Anglo-U.S. Trade in Hard Times",
                "ask-me-ask-you-anglo-u-s-trade-in-hard-times",
            ),
            ("Ines Duarte", "ines-duarte"),
            ("don’t", "dont"),
            ("It's 5 o'clock", "its-5-oclock"),
            ("  --Hello,   World!--  ", "hello-world"),
            ("Crème brûlée à la carte", "creme-brulee-a-la-carte"),
            ("Cre\u{300}me", "creme"),
            ("Straße & Weg", "strasse-weg"),
            ("Łódź / Øresund / Þingvellir", "lodz-oresund-thingvellir"),
            ("Привет, мир", "privet-mir"),
            ("北京", "bei-jing"),
            ("2024年の夏", "2024-nian-no-xia"),
            ("foo_bar.baz", "foo-bar-baz"),
            ("AT&T’s 100% plan", "at-ts-100-plan"),
            ("Launch 🎉 day", "launch-day"),
            ("soft\u{AD}ware zero\u{200B}width", "software-zerowidth"),
            ("", ""),
            ("   ", ""),
            ("—…—", ""),
        ];
        for (title, slug) in cases {
            assert_eq!(spelt(title), slug, "{title}");
        }
    }

    #[test]
    fn letters_of_any_script_give_a_slug() {
        for title in [
            "Ελληνικά",
            "日本語",
            "한국어",
            "العربية",
            "עברית",
            "हिन्दी",
            "ไทย",
            "ქართული",
            "Հայերեն",
            "தமிழ்",
            "አማርኛ",
            "မြန်မာ",
            "ខ្មែរ",
            "বাংলা",
            "١٢٣",
            "½",
        ] {
            assert!(slugify(title).is_some(), "{title}");
        }
        assert!(slugify("🎉").is_some());
    }

    #[test]
    fn long_titles_are_cut_at_a_word() {
        let slug = spelt(&"word ".repeat(60));
        assert!(slug.ends_with("word"), "{slug}");
        assert_eq!(spelt(&"a".repeat(500)).len(), Slug::MAX_LENGTH);
        let exact = format!("{} b", "a".repeat(Slug::MAX_LENGTH));
        assert_eq!(spelt(&exact), "a".repeat(Slug::MAX_LENGTH));
    }

    #[test]
    fn a_slug_is_not_mistaken_for_an_id() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        assert_eq!(spelt(id), format!("id-{id}"));
    }
}
