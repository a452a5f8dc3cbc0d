//! Names for addresses, made of titles.

use deunicode::deunicode_char;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::script::{is_apostrophe, is_invisible};

/// The greatest length of a slug, in bytes, which are characters.
pub const MAX_SLUG: usize = 96;

/// A title as a slug: lower-case ASCII letters and digits, `-` between words, at most [`MAX_SLUG`] characters, cut at
/// the end of a word where that is possible. Letters of other scripts are transliterated; apostrophes and quotation
/// marks vanish, so that "don’t" stays one word.
///
/// The answer satisfies [`is_slug`], or is empty where the title has nothing that can be spelt.
#[must_use]
pub fn slugify(title: &str) -> String {
    let mut slug = spell(title, char::is_alphanumeric);
    if slug.is_empty() {
        // Nothing but signs: better an emoji's name than nothing.
        slug = spell(title, |_| true);
    }
    if slug.len() > MAX_SLUG {
        let cut = slug.as_bytes().get(MAX_SLUG) != Some(&b'-');
        slug.truncate(MAX_SLUG);
        if cut && let Some(at) = slug.rfind('-') {
            slug.truncate(at);
        }
    }
    if is_uuid(&slug) {
        // Paths take an id or a slug, so a slug must never look like an id.
        slug.insert_str(0, "id-");
    }
    slug
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

/// Whether a text is a slug: `[a-z0-9]+(-[a-z0-9]+)*`, 1 to [`MAX_SLUG`] characters, and not of the form of a UUID,
/// with or without hyphens, since a path takes either.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    (1..=MAX_SLUG).contains(&text.len())
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
        && !is_uuid(text)
}

fn is_uuid(text: &str) -> bool {
    matches!(text.len(), 32 | 36) && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(slugify(title), slug, "{title}");
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
            let slug = slugify(title);
            assert!(is_slug(&slug), "{title} gave {slug:?}");
        }
        assert!(is_slug(&slugify("🎉")));
    }

    #[test]
    fn long_titles_are_cut_at_a_word() {
        let slug = slugify(&"word ".repeat(60));
        assert!(slug.len() <= MAX_SLUG && slug.ends_with("word") && is_slug(&slug), "{slug}");
        assert_eq!(slugify(&"a".repeat(500)).len(), MAX_SLUG);
        let exact = format!("{} b", "a".repeat(MAX_SLUG));
        assert_eq!(slugify(&exact), "a".repeat(MAX_SLUG));
    }

    #[test]
    fn a_slug_is_not_mistaken_for_an_id() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        assert!(!is_slug(id));
        assert!(!is_slug("0190163d8694739baea5966c26f8ad91"));
        assert_eq!(slugify(id), format!("id-{id}"));
        assert!(is_slug(&slugify(id)));
    }

    #[test]
    fn only_the_canonical_form_is_a_slug() {
        for good in ["a", "a-b", "2024", "x".repeat(96).as_str()] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a b", "é", "a/b", "x".repeat(97).as_str()] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
