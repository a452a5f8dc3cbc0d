//! An explainable judgement on a comment, made locally from what was sent and what is known about the sender.
//!
//! Each sign adds a weight in log-odds, positive towards spam; the sum goes through the logistic function. So the reasons
//! that are given are the whole of the judgement: nothing else counts. No sign alone condemns a comment of substance;
//! what condemns is that several agree.

mod features;
mod lexicon;
mod words;

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::search::search_tokens;
use super::turn::Turn;
use features::{Body, UrlSigns};
use words::folded_words;

/// What the sum of weights must outweigh for spam to be as likely as not.
const BIAS: f64 = 3.0;

/// From this score on a comment is spam.
const SPAM_FROM: f64 = 0.75;

/// From this score on a comment is for a moderator to look at.
const UNSURE_FROM: f64 = 0.30;

/// Most different words of a post that a comment is compared with.
const POST_WORDS: usize = 4_000;

/// How many words are hashed together.
const RUN: usize = 4;

/// How many hashes are kept of a text.
const SHINGLES: usize = 16;

/// The words of a post's text that comments under it are compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostWords {
    /// Its folded words.
    words: HashSet<String>,
    /// Those of its search tokens that have substance.
    substance: HashSet<String>,
}

impl PostWords {
    /// Those of a text; of a long one those that come first.
    #[must_use]
    pub fn of(_: &Turn, text: &str) -> Self {
        Self { words: first(folded_words(text)), substance: first(substance(text)) }
    }
}

/// The different ones among these words, as far as they are kept.
fn first(all: impl IntoIterator<Item = String>) -> HashSet<String> {
    let mut kept = HashSet::new();
    for word in all {
        if kept.len() >= POST_WORDS {
            break;
        }
        kept.insert(word);
    }
    kept
}

/// The search tokens of a text that have substance.
fn substance(text: &str) -> impl Iterator<Item = String> {
    search_tokens(text).into_iter().filter(|word| lexicon::has_substance(word))
}

/// What is known about a comment when it is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpamInput<'a> {
    /// The comment as it was typed.
    pub body: &'a str,
    /// The name that its author gave.
    pub name: Option<&'a str>,
    /// The e-mail address that its author gave.
    pub email: Option<&'a str>,
    /// The web address that its author gave.
    pub url: Option<&'a str>,
    /// The `User-Agent` of the request; `None` where that is not known, empty where none was sent.
    pub user_agent: Option<&'a str>,
    /// The title of the post.
    pub post_title: &'a str,
    /// The words of its text.
    pub post: Option<&'a PostWords>,
    /// How long the post has been live, in days.
    pub post_age_days: Option<i64>,
    /// Comments that moderators took for spam: by the same guest, address or network, or with links to the same hosts.
    pub marked_before: i64,
    /// Whether the name is that of an author or account, or looks like it.
    pub name_is_taken: bool,
    /// Comments with the same [`fingerprint`], or nearly the same [`shingles`], on this site in the last days.
    pub same_text_seen: i64,
    /// Comments from the same source (address or session) in the last minutes.
    pub recent_from_same_source: i64,
    /// Whether its author is signed in.
    pub is_signed_in: bool,
    /// How many links a comment may hold before they count against it.
    pub links_allowed: usize,
}

/// What to do with a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Nothing speaks against it.
    Ham,
    /// A moderator should look.
    Unsure,
    /// Not to be shown.
    Spam,
}

impl Judgement {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Judgement::Ham => "ham",
            Judgement::Unsure => "unsure",
            Judgement::Spam => "spam",
        }
    }
}

/// One sign, for a moderator to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// A stable name of the sign, `snake_case`.
    pub code: &'static str,
    /// What was seen, in English.
    pub detail: String,
    /// Its weight in log-odds: positive towards spam, negative towards ham.
    pub weight: f64,
}

/// A judgement and all that led to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// 0 (surely ham) to 1 (surely spam), to three decimals.
    pub score: f64,
    /// What follows from the score.
    pub judgement: Judgement,
    /// Why, the heaviest first.
    pub reasons: Vec<Reason>,
}

/// What two comments have in common when they say the same in other case, spacing, accents or punctuation: a SHA-256 in
/// hexadecimal of the folded words. For [`SpamInput::same_text_seen`].
#[must_use]
pub fn fingerprint(body: &str) -> String {
    format!("{:x}", Sha256::digest(folded_words(body).join(" ")))
}

/// What a text has in common with one that says nearly the same, however it begins or ends: the least of the hashes of all its runs of
/// [`RUN`] words. Those of quoted lines are left out: many quote the same post. A text of a few words has few or none.
#[must_use]
pub fn shingles(body: &str) -> Vec<i64> {
    let own = body.lines().filter(|line| !line.trim_start().starts_with('>'));
    let words: Vec<String> = own.flat_map(folded_words).collect();
    let hashes: BTreeSet<i64> = words.windows(RUN).map(|run| hash(&run.join(" "))).collect();
    hashes.into_iter().take(SHINGLES).collect()
}

/// Eight bytes of SHA-256.
fn hash(text: &str) -> i64 {
    Sha256::digest(text).iter().take(8).fold(0, |sum, byte| (sum << 8) | i64::from(*byte))
}

/// Judges a comment. The same input always gets the same verdict.
#[must_use]
pub fn judge(input: &SpamInput<'_>) -> Verdict {
    let body = Body::read(input.body);
    let none = PostWords::default();
    let title = first(folded_words(input.post_title));
    let mut signs = Signs { input, body, title, post: input.post.unwrap_or(&none), reasons: Vec::new() };
    signs.sender();
    let shared = signs.relation_to_post();
    let offers = signs.templates(shared) | signs.vocabulary();
    signs.links(offers);
    signs.writing();
    signs.repetition();
    signs.reputation();

    let mut reasons = signs.reasons;
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let sum: f64 = reasons.iter().map(|reason| reason.weight).sum();
    let score = (1000.0 / (1.0 + (BIAS - sum).exp())).round() / 1000.0;
    let judgement = match score {
        _ if score >= SPAM_FROM => Judgement::Spam,
        _ if score >= UNSURE_FROM => Judgement::Unsure,
        _ => Judgement::Ham,
    };
    Verdict { score, judgement, reasons }
}

struct Signs<'a> {
    input: &'a SpamInput<'a>,
    body: Body,
    /// The folded words of the post's title.
    title: HashSet<String>,
    post: &'a PostWords,
    reasons: Vec<Reason>,
}

impl Signs<'_> {
    fn add(&mut self, code: &'static str, weight: f64, detail: impl Into<String>) {
        // Rounded, so that what is shown adds up to what was counted.
        let weight = (weight * 100.0).round() / 100.0;
        if weight != 0.0 {
            self.reasons.push(Reason { code, detail: detail.into(), weight });
        }
    }

    /// Whether the post uses a word itself.
    fn has(&self, word: &str) -> bool {
        self.title.contains(word) || self.post.words.contains(word)
    }

    /// The name, the addresses and the program that sent it.
    fn sender(&mut self) {
        if let Some(name) = self.input.name.filter(|name| !name.trim().is_empty()) {
            let words = folded_words(name);
            let (weight, found) = lexicon::name_weight(&words);
            if weight > 0.0 {
                self.add("commercial_name", weight, format!("the name holds {}", quoted(&found)));
            }
            if features::looks_like_address(name) {
                self.add("name_is_address", 2.4, "the name is a web address");
            } else if words.len() > 5 {
                self.add("long_name", 0.8, format!("the name has {} words", words.len()));
            } else if features::gibberish_share(&words) > 0.6 {
                self.add("gibberish_name", 1.4, "the name looks typed at random");
            }
        }
        if let Some(url) = self.input.url.filter(|url| !url.trim().is_empty()) {
            let signs = UrlSigns::of(url);
            if signs.promotional > 0.0 {
                let weight = (1.3 * signs.promotional).min(3.2);
                self.add(
                    "promotional_website",
                    weight,
                    format!("the website speaks of {}", quoted(&signs.words)),
                );
            }
            if signs.shape > 0.0 {
                self.add("doubtful_website", signs.shape, signs.why);
            }
        }
        if let Some((local, domain)) = self.input.email.and_then(|email| email.trim().rsplit_once('@')) {
            let domain = domain.to_ascii_lowercase();
            if lexicon::DISPOSABLE_MAIL.iter().any(|d| domain == *d || domain.ends_with(&format!(".{d}"))) {
                self.add("disposable_email", 1.3, format!("{domain} gives throw-away addresses"));
            }
            let (weight, found) = lexicon::name_weight(&folded_words(&local.replace(['.', '_', '+'], " ")));
            if weight > 0.0 {
                self.add(
                    "commercial_email",
                    (weight / 2.0).min(0.9),
                    format!("the e-mail holds {}", quoted(&found)),
                );
            }
        }
        if let Some(agent) = self.input.user_agent {
            let agent = agent.to_ascii_lowercase();
            if agent.trim().is_empty() {
                self.add("no_user_agent", 0.5, "the program did not name itself");
            } else if lexicon::PROGRAMS.iter().any(|program| agent.contains(program)) {
                self.add("program", 0.5, "sent by a script or library");
            }
        }
    }

    /// What the comment has in common with the post: the number of words of substance in both.
    fn relation_to_post(&mut self) -> usize {
        let own: HashSet<String> = substance(self.input.body).collect();
        let (text, title) = (&self.post.substance, first(substance(self.input.post_title)));
        // Whoever repeats the title need not have read the post: all of its words together are one.
        let in_text = own.iter().filter(|word| text.contains(*word) && !title.contains(*word)).count();
        let shared = in_text + usize::from(own.iter().any(|word| title.contains(word)));
        if shared >= 5 {
            self.add("on_topic", -1.4, format!("shares {shared} words of substance with the post"));
        } else if shared >= 2 {
            self.add("on_topic", -0.8, format!("shares {shared} words of substance with the post"));
        } else if shared == 0 && own.len() >= 4 && text.len() + title.len() >= 12 {
            self.add("off_topic", 0.9, "shares no word of substance with the post");
        }
        shared
    }

    /// Phrases of the trade, in whatever words a spinner has put. Tells whether there were any, beside praise.
    fn templates(&mut self, shared: usize) -> bool {
        let mut praise = 0.0_f64;
        let mut phrases = Vec::new();
        for template in lexicon::TEMPLATES {
            if features::matches(&self.body.words, template) {
                if template.praise {
                    praise += template.weight;
                } else {
                    phrases.push((template.weight, template.name));
                }
            }
        }
        phrases.sort_by(|a, b| b.0.total_cmp(&a.0));
        let any = !phrases.is_empty();
        for (weight, name) in phrases.into_iter().take(6) {
            self.add("known_phrase", weight, format!("a phrase of comment spam: {name}"));
        }
        if praise > 0.0 && shared < 2 {
            let with_link =
                self.input.url.is_some_and(|url| !url.trim().is_empty()) || !self.body.links.is_empty();
            self.add("praise_without_substance", praise.min(2.4), "praises without saying what");
            if with_link {
                self.add("praise_with_link", 0.9, "and leaves a link");
            }
        }
        any
    }

    /// Goods that comment spam sells. A word that the post itself uses says nothing. Tells whether there were any.
    fn vocabulary(&mut self) -> bool {
        let mut seen = HashSet::new();
        let (mut sum, mut found) = (0.0_f64, Vec::new());
        for word in &self.body.words {
            let weight = lexicon::goods_weight(word);
            if weight > 0.0 && seen.insert(word.as_str()) && !self.has(word) {
                sum += weight;
                found.push(word.clone());
            }
        }
        if sum > 0.0 {
            self.add("goods", sum.min(4.8), format!("speaks of {}", quoted(&found)));
        }
        let joined = format!(" {} ", self.body.words.join(" "));
        let foreign: Vec<String> = lexicon::foreign_goods()
            .iter()
            .filter(|term| joined.contains(term.as_str()))
            .map(|term| term.trim().to_owned())
            .collect();
        let new = foreign.iter().filter(|term| !term.split(' ').all(|word| self.has(word))).count();
        if new > 0 {
            self.add("goods", if new == 1 { 2.6 } else { 4.4 }, format!("speaks of {}", quoted(&foreign)));
        }
        sum > 0.0 || new > 0
    }

    fn links(&mut self, offers: bool) {
        let (count, allowed) = (self.body.links.len(), self.input.links_allowed);
        if count > allowed {
            let over = u32::try_from(count - allowed).unwrap_or(u32::MAX);
            self.add(
                "many_links",
                (0.9 * f64::from(over)).min(3.6),
                format!("{count} links, {allowed} are usual"),
            );
        }
        if count > 0 && self.body.words_beside_links == 0 {
            self.add("only_a_link", 2.4, "nothing but a link");
        } else if count > 0 && self.body.words_beside_links < 4 * count {
            self.add("link_density", 1.0, "more link than text");
        }
        if count > 0 && offers {
            self.add("offer_with_link", 0.9, "an offer, and a link to it");
        }
        if self.body.bbcode {
            self.add("bbcode", 3.4, "links in BBCode, which this site never had");
        }
        if self.body.html_links {
            self.add("html_link", 1.8, "links written in HTML");
        }
        let signs: Vec<UrlSigns> = self.body.links.iter().take(20).map(|link| UrlSigns::of(link)).collect();
        let promotional: f64 = signs.iter().map(|s| s.promotional).sum();
        if promotional > 0.0 {
            let words: Vec<String> = signs.iter().flat_map(|s| s.words.clone()).collect();
            self.add(
                "promotional_link",
                (1.3 * promotional).min(3.6),
                format!("links to {}", quoted(&words)),
            );
        }
        if let Some(worst) = signs.iter().max_by(|a, b| a.shape.total_cmp(&b.shape))
            && worst.shape > 0.0
        {
            self.add("doubtful_link", worst.shape, worst.why);
        }
        if self.body.contact {
            self.add("contact", 2.0, "asks to be written to or called elsewhere");
        }
    }

    /// How it is written: letters that deceive, shout or mean nothing.
    fn writing(&mut self) {
        let body = &self.body;
        let (mixed, hidden, styled) = (body.mixed_words, body.hidden, body.styled);
        let (shouting, marks) = (body.shouting, body.marks);
        let (gibberish, repeated) = (features::gibberish_share(&body.words), body.repeated_share);
        if mixed > 0 {
            let weight = (1.8 * f64::from(mixed)).min(4.2);
            self.add("mixed_scripts", weight, format!("{mixed} words of letters from two alphabets"));
        }
        if hidden > 0 {
            let weight = (1.0 + 0.5 * f64::from(hidden)).min(3.2);
            self.add("hidden_characters", weight, format!("{hidden} characters that cannot be seen"));
        }
        if styled >= 5 {
            self.add("styled_letters", 2.4, "letters from the mathematical alphabets");
        }
        if shouting {
            self.add("shouting", 0.9, "written in capitals");
        }
        if marks > 0 {
            self.add(
                "excited_marks",
                (0.25 * f64::from(marks)).min(1.2),
                "rows of exclamation or money signs",
            );
        }
        if gibberish > 0.6 {
            self.add("gibberish", 4.4, "looks typed at random");
        } else if gibberish > 0.35 {
            self.add("gibberish", 1.8, "half of it looks typed at random");
        }
        if repeated > 0.5 {
            self.add("repeated_words", 2.0, "says the same words again and again");
        } else if repeated > 0.3 {
            self.add("repeated_words", 0.9, "says the same word often");
        }
        if body_is_empty(&self.body) {
            self.add("empty", 1.5, "says nothing");
        }
    }

    fn repetition(&mut self) {
        let seen = self.input.same_text_seen;
        let weight = match seen {
            ..=0 => 0.0,
            1 => 1.6,
            2..=3 => 2.8,
            _ => 4.6,
        };
        // Short thanks are said by many.
        let short = self.body.words.len() < 5;
        self.add(
            "seen_before",
            if short { weight / 3.0 } else { weight },
            format!("the same text, or nearly, came {seen} times before"),
        );
        let recent = self.input.recent_from_same_source;
        let weight = match recent {
            ..=3 => 0.0,
            4..=7 => 0.8,
            8..=19 => 1.8,
            _ => 3.2,
        };
        self.add("flood", weight, format!("{recent} comments from the same source in a short time"));
    }

    fn reputation(&mut self) {
        match self.input.post_age_days.unwrap_or_default() {
            366.. => self.add("old_post", 0.6, "the post is more than a year old"),
            91..=365 => self.add("old_post", 0.3, "the post is some months old"),
            _ => {}
        }
        let marked = self.input.marked_before;
        let weight = match marked {
            ..=0 => 0.0,
            1 => 1.5,
            2..=4 => 2.4,
            _ => 3.6,
        };
        self.add(
            "marked_before",
            weight,
            format!("{marked} comments from the same guest, address or network, or with the same links, were marked as spam"),
        );
        if self.input.name_is_taken {
            self.add("taken_name", 1.2, "the name is, or looks like, that of an author or an account");
        }
        if self.input.is_signed_in {
            self.add("signed_in", -2.0, "the author is signed in");
        }
    }
}

fn body_is_empty(body: &Body) -> bool {
    body.words.is_empty() && body.links.is_empty() && !body.has_emoji
}

fn quoted(words: &[String]) -> String {
    let mut list: Vec<String> = Vec::new();
    for word in words {
        let word = format!("“{word}”");
        if !list.contains(&word) && list.len() < 6 {
            list.push(word);
        }
    }
    list.join(", ")
}

#[cfg(test)]
mod tests;
