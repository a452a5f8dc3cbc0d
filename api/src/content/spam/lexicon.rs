//! The vocabulary of comment spam: short words and phrase fragments that are known to anybody who keeps a site.
//!
//! All words are folded: lower case, without accents, as [`super::words::folded_words`] gives them.

use std::sync::LazyLock;

use super::words::folded_words;
use crate::content::script::is_unspaced;

/// A phrase with its variants: one word from each slot, in this order, within `span` words. `*` ends a word stem.
#[derive(Debug)]
pub(super) struct Template {
    /// What it is, for moderators.
    pub(super) name: &'static str,
    /// Its weight in log-odds.
    pub(super) weight: f64,
    /// Whether it is praise, which people say too: it counts only where nothing of substance is said.
    pub(super) praise: bool,
    /// How many words it may stretch over.
    pub(super) span: usize,
    /// The words.
    pub(super) slots: &'static [&'static [&'static str]],
}

const fn trade(
    name: &'static str,
    weight: f64,
    span: usize,
    slots: &'static [&'static [&'static str]],
) -> Template {
    Template { name, weight, praise: false, span, slots }
}

const fn praise(
    name: &'static str,
    weight: f64,
    span: usize,
    slots: &'static [&'static [&'static str]],
) -> Template {
    Template { name, weight, praise: true, span, slots }
}

const GOOD: &[&str] = &[
    "great",
    "nice",
    "awesome",
    "excellent",
    "amazing",
    "wonderful",
    "fantastic",
    "superb",
    "magnificent",
    "good",
    "cool",
    "lovely",
    "brilliant",
    "valuable",
    "helpful",
    "outstanding",
    "impressive",
    "informative",
    "interesting",
    "pleasant",
    "perfect",
    "incredible",
    "marvelous",
    "terrific",
    "useful",
];
const PAGE: &[&str] = &[
    "blog",
    "site",
    "website",
    "weblog",
    "webpage",
    "page",
    "post",
    "posts",
    "article",
    "articles",
    "info",
    "information",
    "content",
    "writeup",
    "share",
    "read",
    "blogs",
    "posting",
];
const SITE: &[&str] = &["blog", "site", "website", "weblog", "webpage", "page"];

/// The phrases. A rule of thumb for weights: 1 is "people say it too", 2 "hardly anybody", 3 "nobody else".
#[rustfmt::skip]
pub(super) static TEMPLATES: &[Template] = &[
    // spun comments
    trade("grasping the feed", 3.0, 9, &[&["immediately", "instantly", "straight", "right", "promptly", "quickly"], &["grasp", "snatch", "seize", "clutch", "grab", "take", "catch"], &["rss", "feed", "feeds"]]),
    trade("looking for a subscription link", 2.0, 11, &[&["email", "mail", "subscription"], &["link", "hyperlink", "subscription"], &["newsletter", "enewsletter"], &["service", "subscription"]]),
    trade("let me know so that I may subscribe", 2.6, 14, &[&["let", "allow", "permit"], &["me"], &["recognise", "recognize", "realise", "realize", "understand", "recognized"], &["subscribe"]]),
    trade("let me know so that I may subscribe", 1.2, 14, &[&["let"], &["me"], &["know"], &["so"], &["just", "could", "may"], &["subscribe"]]),
    trade("unambiguity", 2.6, 9, &[&["what"], &["stuff", "data", "material", "information"], &["of"], &["unambiguity", "ambiguity"]]),
    trade("believe that which you said", 2.8, 10, &[&["believe", "consider", "imagine"], &["that"], &["which"], &["you"], &["stated", "said"]]),
    trade("goods from you", 2.4, 6, &[GOOD, &["goods", "items"], &["from"], &["you"]]),
    trade("tips for aspiring writers", 2.0, 10, &[&["tips", "advice", "suggestions", "recommendations", "hints"], &["aspiring", "novice", "newbie", "rookie"], &["writers", "bloggers", "blog", "writer", "blogger"]]),
    trade("off topic about your blog", 2.0, 30, &[&["off"], &["topic"], &["blog", "wordpress", "platform", "captcha", "plugin", "theme", "iphone"]]),
    trade("what platform is this", 1.8, 14, &[&["what", "which"], &["blog", "cms", "platform", "theme", "template"], &["platform", "using", "use", "site"], &["wordpress", "platform", "using", "good", "site"]]),
    trade("skilled blogger", 2.0, 4, &[&["skilled", "professional", "excessively", "talented"], &["blogger", "blogging"]]),
    trade("read so many articles", 1.8, 14, &[&["read"], &["so", "many"], &["articles", "posts", "content", "articles"], &["lovers", "blogger", "topic", "regarding", "concerning"]]),
    trade("simply wish to say", 2.0, 14, &[&["simply", "just", "merely"], &["wish", "want", "desire", "wanted"], &["say", "tell"], &["article", "blog", "post"], &["amazing", "astonishing", "astounding", "surprising", "surprised"]]),
    trade("pretty component of content", 2.8, 7, &[&["pretty", "good", "nice"], &["component", "section", "element", "portion"], &["of", "to"], &["content"]]),
    trade("I do not even know how", 1.8, 12, &[&["even"], &["know", "understand"], &["how"], &["ended", "stopped", "finished"], &["up", "here"]]),
    trade("your page loads oddly", 1.4, 14, &[&["your"], SITE, &["loading", "loads", "opening", "rendering", "compat*", "explorer", "safari", "browser"]]),
    trade("content stolen from you", 1.6, 18, &[&["problems", "issues", "trouble"], &["plagorism", "plagiarism", "copyright"]]),
    // praise
    praise("praise of the page", 0.8, 4, &[GOOD, PAGE]),
    praise("keep it up", 0.8, 8, &[&["keep"], &["up", "it", "posting"], &["work", "writing", "up", "works", "posting"]]),
    praise("thanks for sharing", 0.6, 6, &[&["thanks", "thank", "thx"], &["for", "you"], &["sharing", "share", "posting", "info"]]),
    praise("bookmarked", 1.2, 8, &[&["bookmarked", "bookmarking", "bookmark", "saved", "favorited"], &["blog", "site", "website", "page", "webpage", "weblog", "you", "favorites", "bookmarks", "it", "this"]]),
    praise("stumbled upon", 0.9, 9, &[&["stumbled", "stumble", "came", "found", "discovered"], &["upon", "across", "this", "your"], SITE]),
    praise("writing style", 0.9, 3, &[&["writing"], &["style", "taste"]]),
    praise("will come back", 0.8, 8, &[&["will", "ill", "definitely", "certainly", "gonna"], &["come", "be", "return", "revisit", "visit", "coming"], &["back", "again", "returning", "often"]]),
    praise("a friend recommended", 1.0, 10, &[&["cousin", "friend", "brother", "sister", "colleague", "roommate", "boss"], &["suggested", "recommended", "told", "forwarded"], SITE]),
    praise("glad to read", 0.9, 9, &[&["happy", "glad", "satisfied", "pleased", "delighted"], &["to"], &["look", "see", "peer", "read", "find"], &["your", "this"], PAGE]),
    praise("piece of writing", 1.0, 4, &[&["piece", "paragraph"], &["of"], &["writing"]]),
    praise("things here", 0.7, 4, &[GOOD, &["things", "issues", "stuff"], &["here"]]),
    praise("learned a lot", 0.5, 8, &[&["helped", "learned", "learnt"], &["lot", "alot", "much"], &["this", "your"]]),
    // calls
    trade("look at my site", 1.6, 6, &[&["check", "visit", "click", "see", "browse", "surf", "feel"], &["out", "my", "our", "free", "here", "also"], &["site", "website", "blog", "link", "page", "webpage", "shop", "store", "profile", "channel", "homepage"]]),
    trade("click here", 1.4, 4, &[&["click", "clicking", "tap"], &["here", "below", "link"]]),
    trade("limited offer", 1.2, 4, &[&["limited", "special", "exclusive"], &["time", "offer", "offers", "deal", "deals", "discount"]]),
    trade("guaranteed", 1.0, 4, &[&["100", "money", "fully"], &["guarantee", "guaranteed", "legit", "back"]]),
    trade("free shipping", 1.2, 3, &[&["free", "worldwide", "overnight", "discreet"], &["shipping", "delivery"]]),
    trade("no prescription", 3.0, 3, &[&["no", "without"], &["prescription", "rx"]]),
    // money
    trade("money from home", 2.4, 30, &[&["earn*", "make", "making", "made", "paid", "income", "earning"], &["hour", "day", "week", "month", "daily", "weekly", "monthly", "hourly", "hr"], &["home", "online", "internet", "laptop", "site", "link", "website", "job"]]),
    trade("work from home", 1.0, 3, &[&["work*", "job", "jobs"], &["from", "at"], &["home"]]),
    trade("easy money", 1.6, 3, &[&["easy", "extra", "fast", "quick", "passive"], &["money", "cash", "income"]]),
    trade("recovery of coins", 2.4, 14, &[&["recover*", "retriev*", "hack*", "hacker"], &["bitcoin", "bitcoins", "crypto*", "btc", "wallet", "funds", "usdt", "ethereum", "whatsapp", "account"]]),
    trade("trading signals", 1.8, 4, &[&["forex", "binary", "crypto", "bitcoin", "fx", "option", "options"], &["trading", "trader", "traders", "trade", "investment", "broker", "brokers", "signals", "mining", "invest", "expert", "manager"]]),
    trade("sure profit", 1.8, 18, &[&["invest*"], &["profit*", "returns", "roi", "earn*", "weekly", "withdraw*"]]),
    trade("loans", 2.0, 4, &[&["payday", "personal", "business", "quick", "cash", "instant", "urgent", "fast", "cheap", "unsecured"], &["loan", "loans", "lender", "lenders"]]),
    trade("loan offer", 2.0, 20, &[&["loan", "loans"], &["interest", "apply", "approval", "approved", "credit", "lender", "offer"]]),
    // goods
    trade("followers for sale", 2.8, 5, &[&["buy", "order", "purchase", "cheap", "get", "real", "instagram", "twitter", "tiktok", "youtube", "facebook", "free", "gain", "1000"], &["followers", "subscribers", "likes", "views", "retweets"]]),
    trade("search ranking", 2.4, 7, &[&["seo", "backlink", "backlinks", "ranking", "rankings", "rank"], &["service*", "expert", "package*", "agency", "company", "google", "traffic", "website", "pages", "backlinks"]]),
    trade("guest posting", 2.0, 8, &[&["guest"], &["post", "posting", "posts"], &["site", "sites", "accept", "opportunity", "da", "link", "price", "service", "niche"]]),
    trade("more traffic", 1.8, 6, &[&["increase", "boost", "improve", "drive", "more", "targeted", "organic"], &["traffic", "ranking", "rankings", "sales", "visitors", "leads"]]),
    trade("first on Google", 2.0, 7, &[&["first", "top", "1", "page"], &["page", "of", "on", "results"], &["google"]]),
    trade("online gambling", 2.4, 4, &[&["online", "live", "best", "mobile", "crypto", "real"], &["casino", "casinos", "slots", "slot", "poker", "betting", "gambling", "roulette", "blackjack", "pokies"]]),
    trade("free spins", 2.4, 5, &[&["free", "no", "welcome", "deposit"], &["spins", "deposit", "bonus"], &["bonus", "casino", "spins", "deposit"]]),
    trade("online pharmacy", 2.8, 4, &[&["online", "canadian", "cheap", "generic", "buy", "order", "discount"], &["pharmacy", "pharmacies", "viagra", "cialis", "pills", "meds", "medication", "levitra", "xanax", "tramadol"]]),
    trade("weight loss", 1.4, 5, &[&["lose", "losing", "burn", "weight"], &["weight", "pounds", "fat", "belly", "loss", "lbs"], &["fast", "days", "weeks", "pills", "product", "secret", "supplement*", "keto", "gummies"]]),
    trade("enhancement", 3.0, 3, &[&["male", "penis", "breast"], &["enhancement", "enlargement"]]),
    trade("replicas", 2.4, 5, &[&["cheap", "replica", "fake", "discount", "authentic", "outlet", "wholesale"], &["watches", "handbags", "bags", "shoes", "jerseys", "sunglasses", "jordans", "rolex", "nike", "louis", "gucci", "ugg", "uggs", "purses", "oakley"]]),
    trade("essays for sale", 2.6, 5, &[&["essay", "dissertation", "thesis", "assignment", "homework", "paper", "write"], &["writing", "my", "help", "writer", "writers"], &["service*", "essay", "paper", "help", "online", "cheap", "uk", "usa"]]),
    trade("documents for sale", 2.4, 8, &[&["buy", "obtain", "fake", "registered", "purchase", "genuine", "get"], &["passport", "passports", "ielts", "certificate", "certificates", "degree", "diploma", "license", "licence", "banknotes", "bills"]]),
    trade("spell casting", 3.6, 4, &[&["spell", "love", "powerful"], &["caster", "casters", "spell", "spells"]]),
    trade("brought my lover back", 2.8, 16, &[&["brought", "bring", "restore*", "got", "get", "returned"], &["ex", "lover", "husband", "wife", "marriage"], &["back", "spell", "dr", "hours", "relationship"]]),
    trade("miracle cure", 2.4, 22, &[&["cure", "cured", "herbal", "herbs", "healed"], &["herpes", "hiv", "cancer", "diabetes", "hepatitis", "fibroid", "herbal", "doctor", "dr", "medicine"]]),
    trade("pornography", 2.8, 4, &[&["hot", "sexy", "nude", "naked", "lonely", "single", "horny", "xxx"], &["girls", "girl", "women", "woman", "ladies", "moms", "wives", "singles", "videos", "pics", "photos", "chat"]]),
    trade("escorts", 2.8, 5, &[&["escort", "escorts", "callgirls", "callgirl", "massage"], &["service*", "girls", "agency", "in", "available", "independent", "parlour"]]),
    trade("premium for nothing", 2.0, 5, &[&["free", "cracked", "unlimited", "hack", "generator"], &["vbucks", "robux", "gems", "coins", "netflix", "spotify", "giftcard", "gift", "apk", "download", "keygen", "keys"]]),
];

/// Goods that are hardly ever mentioned otherwise.
#[rustfmt::skip]
const HARD: &[&str] = &[
    "viagra", "cialis", "levitra", "kamagra", "sildenafil", "tadalafil", "phentermine", "tramadol", "xanax", "oxycontin",
    "modafinil", "judi", "togel", "gacor", "sbobet", "pokies", "sportsbook", "payday", "backlinks", "backlink", "porn",
    "porno", "xxx", "escorts", "hentai", "louboutin", "casino", "casinos", "baccarat", "callgirls", "ejaculation",
    "followersshop", "onlyfans", "poker", "pharmacy", "robux", "vbucks",
];

/// Goods that people speak of too.
#[rustfmt::skip]
const SOFT: &[&str] = &[
    "loan", "loans", "betting", "slots", "roulette", "jackpot", "seo", "followers", "replica", "replicas", "rolex",
    "pharmacies", "forex", "crypto", "cryptocurrency", "bitcoin", "cbd", "keto", "escort", "webcam", "coupon", "coupons",
    "promo", "outlet", "steroids", "airdrop", "gambling", "pills", "wholesale", "jerseys", "handbags", "nft",
];

/// Words that no person is called, though a business may be.
#[rustfmt::skip]
const BUSINESS: &[&str] = &[
    "site", "website", "online", "service", "services", "shop", "store", "agency", "reviews", "review", "free", "download",
    "best", "top", "software", "games", "website", "hotel", "hotels", "plumber", "plumbing", "lawyer", "lawyers", "attorney",
    "attorneys", "dentist", "repair", "marketing", "hosting", "dating", "cheap", "buy", "discount", "insurance", "mortgage",
    "credit", "click", "here", "near", "deals", "sale", "traffic", "roofing", "cleaning", "movers", "essay", "supplements",
    "likes", "subscribers", "converter", "apk", "proxy", "vpn", "sex",
];

/// Words that make an address an offer, besides [`HARD`] and [`SOFT`].
const OFFER: &[&str] = &[
    "buy",
    "cheap",
    "discount",
    "order",
    "sale",
    "deals",
    "likes",
    "subscribers",
    "dating",
    "sex",
    "pills",
    "essay",
    "essays",
    "traffic",
    "insurance",
    "mortgage",
    "credit",
    "bonus",
    "bet",
    "slot",
    "win",
    "earn",
    "profit",
    "apk",
];

/// What a commenter's name says: its weight and the words that gave it.
pub(super) fn name_weight(words: &[String]) -> (f64, Vec<String>) {
    let mut sum = 0.0;
    let mut found = Vec::new();
    for word in words {
        let weight = match word.as_str() {
            word if HARD.contains(&word) => 3.0,
            word if SOFT.contains(&word) => 2.2,
            word if BUSINESS.contains(&word) => 1.2,
            _ => 0.0,
        };
        if weight > 0.0 {
            sum += weight;
            found.push(word.clone());
        }
    }
    (f64::min(sum, 3.4), found)
}

/// What a word of the text says. Digits that stand for letters (`v1agra`) are read as those.
pub(super) fn goods_weight(word: &str) -> f64 {
    let plain: String = word
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            _ => c,
        })
        .collect();
    if HARD.contains(&word) {
        1.8
    } else if plain != word && HARD.contains(&plain.as_str()) {
        3.0
    } else if SOFT.contains(&word) {
        0.6
    } else {
        0.0
    }
}

/// What a word of an address says, in words of the trade. Host names run words together, so long ones are found within.
pub(super) fn address_weight(word: &str) -> f64 {
    if HARD.contains(&word) || HARD.iter().any(|hard| hard.len() >= 5 && word.contains(hard)) {
        2.0
    } else if SOFT.contains(&word) || SOFT.iter().any(|soft| soft.len() >= 6 && word.contains(soft)) {
        1.2
    } else if OFFER.contains(&word) {
        0.8
    } else {
        0.0
    }
}

/// The same goods in other languages, folded: beginnings of words (they inflect), led by a space, or runs of characters
/// where words are not parted.
pub(super) fn foreign_goods() -> &'static [String] {
    static TERMS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let terms = [
            // Russian
            "казино",
            "займ онлайн",
            "займы",
            "микрозайм",
            "ставки на спорт",
            "купить диплом",
            "диплом о высшем",
            "накрутка",
            "порно",
            "проститутки",
            "эскорт услуги",
            "виагра",
            "продвижение сайтов",
            "букмекер",
            "игровые автоматы",
            "слоты",
            // Chinese
            "博彩",
            "娱乐城",
            "赌场",
            "彩票",
            "代开发票",
            "色情",
            "加微信",
            "私服",
            "六合彩",
            "真人荷官",
            "代写论文",
            "办证",
            // Japanese
            "スーパーコピー",
            "ブランドコピー",
            "激安",
            "出会い系",
            "カジノ",
            "副業で",
            // Korean
            "카지노",
            "카지노사이트",
            "토토사이트",
            "바카라",
            "출장안마",
            "먹튀",
            // Arabic, Persian, Hebrew, Hindi
            "كازينو",
            "کازینو",
            "شرط بندی",
            "קזינו",
            "कैसीनो",
            // Western Europe
            "prestamos rapidos",
            "comprar seguidores",
            "apuestas online",
            "casino en linea",
            "emprestimo rapido",
            "acheter viagra",
            "pret rapide",
            "pret entre particulier",
            "offre de pret",
            "voyance gratuite",
            "kredit ohne schufa",
            "potenzmittel",
            "viagra kaufen",
            "online kaufen ohne rezept",
            "acquistare viagra",
            // Indonesian, Turkish, Vietnamese, Polish
            "judi online",
            "slot gacor",
            "agen bola",
            "bahis sitesi",
            "casino siteleri",
            "escort bayan",
            "kacak bahis",
            "nha cai",
            "ca cuoc",
            "lo de online",
            "pozyczka online",
            "chwilowki",
        ];
        let lead = |term: &str| if term.starts_with(is_unspaced) { "" } else { " " };
        terms.iter().map(|term| format!("{}{}", lead(term), folded_words(term).join(" "))).collect()
    });
    &TERMS
}

/// Domains that give away mailboxes for minutes.
pub(super) const DISPOSABLE_MAIL: &[&str] = &[
    "mailinator.com",
    "guerrillamail.com",
    "guerrillamail.info",
    "sharklasers.com",
    "grr.la",
    "10minutemail.com",
    "10minutemail.net",
    "yopmail.com",
    "yopmail.fr",
    "trashmail.com",
    "trash-mail.com",
    "getnada.com",
    "maildrop.cc",
    "dispostable.com",
    "throwawaymail.com",
    "temp-mail.org",
    "tempmail.com",
    "tempmailo.com",
    "fakeinbox.com",
    "mintemail.com",
    "moakt.com",
    "emailondeck.com",
    "1secmail.com",
    "1secmail.net",
    "spamgourmet.com",
    "mohmal.com",
    "mailnesia.com",
    "mytemp.email",
    "burnermail.io",
    "tempr.email",
    "discard.email",
    "spam4.me",
    "mailcatch.com",
];

/// Programs that are no browsers. They may be honest, hence the small weight.
pub(super) const PROGRAMS: &[&str] = &[
    "curl",
    "wget",
    "python",
    "libwww",
    "go-http",
    "java/",
    "scrapy",
    "httpclient",
    "okhttp",
    "phantomjs",
    "headless",
    "winhttp",
    "xrumer",
    "scrapebox",
];

/// Services that hide an address behind a short one.
pub(super) const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "t.ly",
    "cutt.ly",
    "rb.gy",
    "shorturl.at",
    "rebrand.ly",
    "adf.ly",
    "tiny.cc",
    "v.gd",
    "s.id",
    "bl.ink",
    "clck.ru",
    "u.to",
];

/// Top-level domains most of whose comment links are spam.
pub(super) const DOUBTFUL_ENDINGS: &[&str] = &[
    "xyz", "top", "click", "loan", "icu", "buzz", "win", "bid", "men", "date", "racing", "review", "stream",
    "download", "gdn", "cam", "rest", "bar", "monster", "cyou", "sbs", "cfd", "tk", "ml", "ga", "cf", "gq",
    "bet", "casino", "vip",
];

/// Endings by which an address without a scheme is known.
pub(super) const COMMON_ENDINGS: &[&str] = &[
    "com", "net", "org", "info", "biz", "ru", "cn", "de", "uk", "fr", "eu", "io", "co", "in", "us", "online",
    "site", "shop", "store", "website", "ua", "pl", "br", "id", "vn", "tr", "ir", "me", "tv", "cc", "pro",
    "club",
];

/// Words that say nothing about a subject: too short, or of everyday English. Other languages have none here: what they
/// share with a post is then a little more than it should be, which harms nobody.
#[rustfmt::skip]
const EVERYDAY: &[&str] = &[
    "about", "after", "again", "also", "always", "another", "article", "articles", "because", "been", "before",
    "being", "blog", "cannot", "come", "comment", "comments", "could", "does", "doing", "done", "each", "email",
    "even", "ever", "every", "find", "first", "from", "good", "great", "have", "having", "help", "here",
    "himself", "information", "into", "its", "just", "keep", "know", "last", "like", "link", "links", "little",
    "made", "mail", "make", "many", "more", "most", "much", "must", "need", "never", "newsletter", "nice", "only",
    "other", "over", "page", "part", "people", "please", "point", "post", "posts", "read", "reading", "really",
    "right", "said", "same", "seen", "service", "should", "site", "some", "something", "soon", "still",
    "subscribe", "such", "sure", "take", "than", "thank", "thanks", "that", "their", "them", "then", "there",
    "these", "they", "thing", "things", "think", "this", "those", "through", "time", "today", "upon", "very",
    "want", "wants", "website", "week", "well", "went", "were", "what", "when", "where", "which", "while", "will",
    "with", "without", "work", "world", "would", "write", "writes", "writing", "written", "year", "years", "your",
    "yours",
];

/// Whether a folded word can be what a text is about: of four letters or more, and not an everyday word.
pub(super) fn has_substance(word: &str) -> bool {
    word.chars().count() >= 4 && !EVERYDAY.contains(&word)
}
