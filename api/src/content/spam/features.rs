//! What can be measured of a comment, before anything is concluded from it.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;
use url::{Host, Url};

use super::lexicon::{self, Template};
use super::words::folded_words;
use crate::content::script::{Script, script_of};

/// The measures of a comment's text.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations, not a state")]
pub(super) struct Body {
    /// Folded words, in order, addresses left out.
    pub(super) words: Vec<String>,
    /// Addresses in the text, with or without a scheme.
    pub(super) links: Vec<String>,
    /// Words that are no part of an address.
    pub(super) words_beside_links: usize,
    /// Whether there are links in `BBCode`.
    pub(super) bbcode: bool,
    /// Whether there are links in HTML.
    pub(super) html_links: bool,
    /// Whether it asks to be contacted by messenger, telephone or e-mail.
    pub(super) contact: bool,
    /// Words with letters of Latin and of a look-alike alphabet.
    pub(super) mixed_words: u32,
    /// Characters that cannot be seen and have no work to do.
    pub(super) hidden: u32,
    /// Letters of the mathematical, enclosed or full-width alphabets.
    pub(super) styled: u32,
    /// Whether nearly all letters are capitals.
    pub(super) shouting: bool,
    /// Exclamation and money signs beyond what is usual.
    pub(super) marks: u32,
    /// The share of the words that are the most frequent one, or repeat a whole line.
    pub(super) repeated_share: f64,
    /// Whether there is a pictograph.
    pub(super) has_emoji: bool,
}

impl Body {
    pub(super) fn read(text: &str) -> Self {
        // Zero-width spaces part words for the Unicode rules, and hide them from us.
        let visible: String = text.chars().filter(|c| !is_hidden(*c)).collect();
        let lower = visible.to_lowercase();
        let (links, prose) = take_links(&visible);
        let words = folded_words(&prose);
        let mut body = Self {
            words_beside_links: words.len(),
            bbcode: ["[url", "[link", "[img]"].iter().any(|tag| lower.contains(tag)),
            html_links: lower.contains("<a ") && lower.contains("href"),
            repeated_share: repeated_share(&words, text),
            contact: contact(&words, text),
            links,
            words,
            ..Self::default()
        };
        body.letters(text);
        body
    }

    fn letters(&mut self, text: &str) {
        let (mut upper, mut cased, mut cjk) = (0_usize, 0_usize, 0_usize);
        let (mut exclamations, mut money, mut wide) = (0_u32, 0_u32, 0_u32);
        // The flags of England, Scotland and Wales are spelt in tags; Thai and Khmer mark the ends of words with U+200B.
        let flag = text.contains('\u{1F3F4}');
        let unparted = text.contains(|c| script_of(c) == Script::SouthEastAsian);
        for c in text.chars() {
            upper += usize::from(c.is_uppercase());
            cased += usize::from(c.is_uppercase() || c.is_lowercase());
            cjk += usize::from(script_of(c) == Script::Cjk);
            match u32::from(c) {
                0x21 | 0xFF01 => exclamations += 1,
                0x24 | 0x20AC | 0xA3 => money += 1,
                0xE0000..=0xE007F if flag => {}
                0x200B if unparted => {}
                _ if is_hidden(c) => self.hidden += 1,
                0x1D400..=0x1D7FF | 0x1F130..=0x1F189 | 0x24B6..=0x24E9 => self.styled += 1,
                0xFF21..=0xFF3A | 0xFF41..=0xFF5A => wide += 1,
                0x2600..=0x27BF | 0x1F300..=0x1FAFF => self.has_emoji = true,
                _ => {}
            }
        }
        if cjk == 0 {
            self.styled += wide;
        }
        self.shouting = cased >= 20 && upper * 10 > cased * 7;
        self.marks = exclamations.saturating_sub(3) + money.saturating_sub(2);
        for word in text.unicode_words() {
            let has = |script| word.chars().any(|c| c.is_alphabetic() && script_of(c) == script);
            if has(Script::Latin) && (has(Script::Cyrillic) || has(Script::Greek)) {
                self.mixed_words += 1;
            }
        }
    }
}

/// Characters that cannot be seen and that honest text has no use for. Joiners and direction marks have their uses.
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0x200B | 0x2060..=0x2064 | 0x202A..=0x202E | 0x2066..=0x2069 | 0x180E | 0xFEFF | 0xAD | 0xE0000..=0xE007F)
}

/// Whether a text is or holds a web address.
pub(super) fn looks_like_address(text: &str) -> bool {
    !take_links(text).0.is_empty()
}

/// Parts a text into its addresses and the rest.
fn take_links(text: &str) -> (Vec<String>, String) {
    let mut links = Vec::new();
    let mut prose = String::with_capacity(text.len());
    let separators = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>' | '"' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '“' | '”' | '，' | '。'
            )
    };
    for piece in text.split_inclusive(separators) {
        let mut word = piece.trim_matches(|c: char| {
            separators(c) || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '`')
        });
        let lower = word.to_ascii_lowercase();
        if let Some(at) = lower.find("http://").or_else(|| lower.find("https://"))
            && let Some(address) = word.get(at..)
        {
            // `[url=http://…` and `href=http://…` start within a word.
            prose.push_str(word.get(..at).unwrap_or_default());
            word = address;
            links.push(word.trim_matches('\'').to_owned());
            prose.push(' ');
        } else if lower.starts_with("www.") || is_bare_domain(&lower) {
            links.push(word.to_owned());
            prose.push(' ');
        } else {
            prose.push_str(piece);
        }
    }
    (links, prose)
}

/// `example.com` and `example.com/path`: a known ending and no `@`.
fn is_bare_domain(word: &str) -> bool {
    let host = word.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((name, ending)) = host.rsplit_once('.') else { return false };
    name.chars().count() >= 2
        && !word.contains('@')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'))
        && (lexicon::COMMON_ENDINGS.contains(&ending) || lexicon::DOUBTFUL_ENDINGS.contains(&ending))
}

/// What an address says about its owner.
#[derive(Debug, Clone, Default)]
pub(super) struct UrlSigns {
    /// How many words of the trade it holds, the worst twice.
    pub(super) promotional: f64,
    /// Those words.
    pub(super) words: Vec<String>,
    /// The weight of its outward form.
    pub(super) shape: f64,
    /// What is odd about that.
    pub(super) why: &'static str,
}

impl UrlSigns {
    pub(super) fn of(address: &str) -> Self {
        let address = address.trim();
        let full = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let mut signs = Self::default();
        let Ok(url) = Url::parse(&full) else {
            signs.shape = 0.5;
            signs.why = "the address cannot be read";
            return signs;
        };
        let host = url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
        let spelt = format!("{host} {}", url.path()).to_lowercase();
        for word in spelt.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let weight = lexicon::address_weight(word);
            if weight > 0.0 && !signs.words.iter().any(|known| known == word) {
                signs.promotional += weight;
                signs.words.push(word.to_owned());
            }
        }
        let ending = host.rsplit('.').next().unwrap_or_default();
        let mut odd = |weight: f64, why: &'static str| {
            if weight > signs.shape {
                signs.shape = weight;
                signs.why = why;
            }
        };
        if lexicon::SHORTENERS.contains(&host.as_str()) {
            odd(1.3, "a shortened address hides where it leads");
        }
        if lexicon::DOUBTFUL_ENDINGS.contains(&ending) {
            odd(0.9, "an ending that is mostly used for spam");
        }
        if matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
            odd(1.2, "an address of numbers");
        }
        if host.split('.').any(|label| label.starts_with("xn--") && label.len() > 4) && host.is_ascii() {
            odd(0.3, "an internationalised host name");
        }
        if host.split('.').any(|label| !label.starts_with("xn--") && label.matches('-').count() >= 2) {
            odd(0.7, "a host name made of keywords");
        }
        signs
    }
}

/// Whether the words of a template occur in their order within its span.
pub(super) fn matches(words: &[String], template: &Template) -> bool {
    let fits = |word: &str, slot: &[&str]| {
        slot.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => word.starts_with(start),
            None => word == *wanted,
        })
    };
    let Some((first, rest)) = template.slots.split_first() else { return false };
    words.iter().enumerate().filter(|(_, word)| fits(word, first)).any(|(at, _)| {
        let mut near = words.iter().skip(at + 1).take(template.span.saturating_sub(1));
        rest.iter().all(|slot| near.any(|word| fits(word, slot)))
    })
}

/// Shorter words are not asked whether they can be said.
const LONG: usize = 6;

/// The share of longer Latin words that no one could say.
pub(super) fn gibberish_share(words: &[String]) -> f64 {
    let long: Vec<&String> =
        words.iter().filter(|w| w.len() >= LONG && w.bytes().any(|b| b.is_ascii_alphabetic())).collect();
    let odd = long.iter().filter(|word| is_unspeakable(word)).count();
    let odd = u32::try_from(odd).unwrap_or(u32::MAX);
    let all = words.iter().filter(|w| w.chars().count() >= 3).count().max(1);
    f64::from(odd) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
}

fn is_unspeakable(word: &str) -> bool {
    if !word.is_ascii() {
        return false;
    }
    let vowel = |b: u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let word = unstretched(word.as_bytes());
    if word.len() < LONG {
        return false;
    }
    let letters: Vec<u8> = word.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    let digits = word.len() - letters.len();
    let vowels = letters.iter().filter(|b| vowel(**b)).count();
    let longest_run = letters.split(|b| vowel(*b)).map(<[u8]>::len).max().unwrap_or_default();
    // Names such as "covid19" end in digits; "x7k2p9qz" alternates.
    let changes =
        word.windows(2).filter(|w| matches!(w, [a, b] if a.is_ascii_digit() != b.is_ascii_digit())).count();
    longest_run >= 6 || vowels * 6 < letters.len() || (digits >= 2 && changes >= 3)
}

/// A word without what people stretch it by: "wowwwww" is "wow", and laughter as "hahaha", "xdxdxd" or "wkwkwk" one breath of it.
fn unstretched(word: &[u8]) -> Vec<u8> {
    let short: Vec<u8> = word
        .chunk_by(|a, b| a == b)
        .flat_map(|run| run.iter().take(if run.len() > 2 { 1 } else { 2 }))
        .copied()
        .collect();
    let breath = (1..=3).find(|n| {
        let first = short.get(..*n).unwrap_or_default();
        short.len() >= 3 * n && short.chunks(*n).all(|next| first.starts_with(next))
    });
    breath.map_or(short.clone(), |n| short.iter().take(n).copied().collect())
}

/// How much of a text is one word, or one line, said again.
fn repeated_share(words: &[String], text: &str) -> f64 {
    let share = |count: usize, all: usize| {
        f64::from(u32::try_from(count).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX))
    };
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in words.iter().filter(|word| lexicon::has_substance(word)) {
        *counts.entry(word).or_default() += 1;
    }
    let word = counts.values().copied().max().filter(|_| words.len() >= 8).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| line.len() > 12).collect();
    let mut same: HashMap<&str, usize> = HashMap::new();
    for line in &lines {
        *same.entry(line).or_default() += 1;
    }
    let line = same.values().copied().max().filter(|_| lines.len() >= 3).unwrap_or_default();
    let line_share = if line >= 3 { share(line, lines.len()) } else { 0.0 };
    share(word, words.len()).max(line_share)
}

/// A messenger with a number, or a call to write to somebody elsewhere.
fn contact(words: &[String], text: &str) -> bool {
    let messenger = words.iter().any(|w| {
        matches!(
            w.as_str(),
            "whatsapp"
                | "whatsap"
                | "watsapp"
                | "telegram"
                | "viber"
                | "wechat"
                | "kakaotalk"
                | "hangout"
                | "hangouts"
        )
    });
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let mail = text.split_whitespace().any(|word| {
        word.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    });
    let asks = words.iter().any(|w| matches!(w.as_str(), "contact" | "reach" | "email" | "mail" | "apply"));
    (messenger && (digits >= 8 || text.contains('@'))) || (mail && asks)
}
