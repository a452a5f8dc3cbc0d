//! Search: the same hits, order, snippets and totals on both databases, in any script.

use std::fmt::Write as _;

use pressroom::auth::viewer::Viewer;
use pressroom::error::Code;
use pressroom::page::{Page, PageRequest};
use pressroom::service::Svc;
use pressroom::service::posts;
use pressroom::service::search::{self, SearchQuery};
use pressroom::view::SearchHitView;
use pressroom_schema::db::STATEMENTS;
use pressroom_schema::posts::Ref;
use pressroom_schema::search as store;
use serde_json::{Value, json};

use crate::support::publication::{author, on_both, publish};

async fn find(svc: &Svc, query: SearchQuery) -> pressroom::error::Result<Page<SearchHitView>> {
    search::search(svc, &Viewer::system(), query).await
}

fn query(q: &str) -> SearchQuery {
    let page = PageRequest { limit: Some(100), count: true, ..PageRequest::default() };
    SearchQuery { q: q.to_owned(), page, ..SearchQuery::default() }
}

fn slugs(page: &Page<SearchHitView>) -> Vec<String> {
    page.items.iter().map(|(_, hit)| hit.post.slug.clone()).collect()
}

async fn slugs_of(svc: &Svc, q: &str) -> Vec<String> {
    slugs(&find(svc, query(q)).await.unwrap())
}

/// Everything that an answer says but ids.
async fn transcript(svc: &Svc, q: &str) -> String {
    let page = match find(svc, query(q)).await {
        Ok(page) => page,
        Err(error) => return format!("{q:?}: {error} {:?}\n", error.errors()),
    };
    let mut out = format!("{q:?}: {:?}\n", page.total);
    for (_, hit) in &page.items {
        writeln!(out, "  {} {} | {} | {}", hit.score, hit.post.slug, hit.title_highlighted, hit.snippet)
            .unwrap();
    }
    out
}

fn post(slug: &str, language: &str, title: &str, text: &str) -> Value {
    json!({ "slug": slug, "language": language, "title": title, "body": { "format": "markdown", "source": text } })
}

/// A post in each of many scripts, each a day after the one before.
async fn fill(svc: &Svc) {
    let library = [
        post(
            "clock",
            "en",
            "The Clock with One Hand",
            "The tower keeps time, to be or not to be. Its clock is state-of-the-art; the *clock* face is blue & <b>old</b>.",
        ),
        post(
            "bells",
            "en",
            "Bells",
            "Not to be rung, or to be rung with the clock. Clocks differ, clockmakers too. It is a state of mind and an art.",
        ),
        post(
            "cafe",
            "fr",
            "Un café crème à Besançon",
            "L’horloger de l’école est naïf. Aujourd’hui il dort.",
        ),
        post(
            "strasse",
            "de",
            "Die große Straße",
            "Über die Brücke nach Göttingen; Fußgänger grüßen die Löwen.",
        ),
        post("chasy", "ru", "Часы на башне", "Ёлка и часы в Москве. Всё идёт своим ходом."),
        post("roloi", "el", "Το ρολόι της Αθήνας", "Ὁ ΧΡΌΝΟΣ περνάει, ο χρόνος μένει."),
        post("saa", "ar", "الساعة في البرج", "مَدْرَسَة قديمة في القاهرة"),
        post("shaon", "he", "השעון במגדל", "שָׁלוֹם עולם, צה\"ל ורק אז הלאה"),
        post("ghari", "hi", "घड़ी और समय", "हिन्दी में समय की कहानी"),
        post("nalika", "th", "นาฬิกาบนหอคอย", "ประเทศไทยมีหอนาฬิกาเก่า"),
        post("zhonglou", "zh", "钟楼的时间", "北京大学在北京。我喜欢猫。"),
        post("tokei", "ja", "時計塔の話", "東京都に住む。カタカナとひらがな。"),
        post("kyoto", "ja", "京都の寺", "東京と京都は違う。"),
        post("sigye", "ko", "시계탑 이야기", "서울의 날씨가 좋다."),
        post("party", "en", "Party 🎉", "🎉🎉 only joy, in 2013 and on 2014-06-24."),
    ];
    for (day, post) in (1..).zip(library) {
        publish(svc, &format!("2024-01-{day:02}T10:00:00Z"), post).await;
    }
}

/// What is sought, and which posts must be found, best first.
const FINDS: &[(&str, &[&str])] = &[
    ("clock", &["clock", "bells"]),
    ("CLOCK", &["clock", "bells"]),
    ("clock tower", &["clock"]),
    ("clo", &["clock", "bells"]),
    ("c", &[]),
    ("cloc tower", &[]),
    ("tower cloc", &["clock"]),
    ("\"to be or not to be\"", &["clock"]),
    ("\"not to be\"", &["bells", "clock"]),
    ("“not to be”", &["bells", "clock"]),
    ("\"to be or not to", &["clock"]),
    ("state-of-the-art", &["clock"]),
    ("state of art", &["bells", "clock"]),
    ("clock -bells", &["clock"]),
    ("clock -tower", &["bells"]),
    ("clock -\"state of the art\"", &["bells"]),
    ("clock -\"state of\"", &[]),
    ("-clock", &[]),
    ("blue & old", &["clock"]),
    ("cafe", &["cafe"]),
    ("CAFÉ Creme", &["cafe"]),
    ("horloger ecole naif", &["cafe"]),
    ("aujourd'hui", &["cafe"]),
    ("besancon", &["cafe"]),
    ("straße", &["strasse"]),
    ("STRASSE", &["strasse"]),
    ("fussganger loewen", &[]),
    ("fussganger lowen", &["strasse"]),
    ("ГÖTTINGEN", &[]),
    ("göttin", &["strasse"]),
    ("часы", &["chasy"]),
    ("ЧАСЫ елка", &["chasy"]),
    ("моск", &["chasy"]),
    ("χρονος", &["roloi"]),
    ("ΡΟΛΌΙ", &["roloi"]),
    ("مدرسة", &["saa"]),
    ("الساعة القاهرة", &["saa"]),
    ("שלום", &["shaon"]),
    ("צה\"ל", &["shaon"]),
    ("השעון במגדל", &["shaon"]),
    ("समय", &["ghari"]),
    ("हिन्दी कहानी", &["ghari"]),
    ("นาฬิกา", &["nalika"]),
    ("ประเทศไทย", &["nalika"]),
    ("北京大学", &["zhonglou"]),
    ("大学北京", &[]),
    ("钟楼 喜欢", &["zhonglou"]),
    ("钟楼 猫", &["zhonglou"]),
    ("猫 钟楼", &["zhonglou"]),
    ("北", &["zhonglou"]),
    ("東京都", &["tokei"]),
    ("東京", &["kyoto", "tokei"]),
    ("時計塔 カタカナ", &["tokei"]),
    ("京都の寺", &["kyoto"]),
    ("서울", &["sigye"]),
    ("서울 날씨", &["sigye"]),
    ("시계", &["sigye"]),
    ("2014-06-24", &["party"]),
    ("2013", &["party"]),
    ("🎉", &[]),
    ("party 🎉", &["party"]),
];

/// What must be no error of the databases, whatever it finds.
const ODD: &[&str] = &[
    "",
    "   ",
    "!!!",
    "\"",
    "\"\"",
    "-",
    "--",
    "-\"",
    "*",
    "clock*",
    "cloc*",
    "title:clock",
    "{title}: clock",
    "^clock",
    "NEAR(clock tower, 5)",
    "clock AND tower",
    "clock OR tower",
    "NOT clock",
    "clock & !tower",
    "clock <-> tower",
    "'clock' | 'x':*",
    "a:*",
    ":A",
    "\\",
    "\\'",
    "'",
    "';DROP TABLE posts;--",
    "(((",
    ")))",
    "clock)",
    "+clock",
    "+clock tower",
    ".clock",
    "·",
    "clock·tower",
    "clock \u{0} tower",
    "\u{fffd}",
    "a\u{301}\u{301}\u{301}",
    "\u{202e}clock",
    "\u{feff}",
    "👩‍👩‍👧‍👦",
    "ﷺ",
    "𝓬𝓵𝓸𝓬𝓴",
    "Ⅳ ½ ①",
    "%",
    "_",
    "cl_ck",
    "cl%",
    "0",
    "00",
    "z",
    "the",
    "of the",
    "\"the the the\"",
    "-the -of",
    "ß",
    "ı İ i I",
    "ﬁn",
    "ǆ",
];

#[tokio::test]
async fn posts_are_found_alike_on_both_databases_in_every_script() {
    on_both(async |svc| {
        fill(&svc).await;
        let (mut all, mut wrong) = (String::new(), String::new());
        for (q, expected) in FINDS {
            let line = transcript(&svc, q).await;
            if slugs_of(&svc, q).await != *expected {
                writeln!(wrong, "not {expected:?} but {line}").unwrap();
            }
            all += &line;
        }
        assert!(wrong.is_empty(), "on {:?}\n{wrong}", svc.db.backend());
        for q in ODD {
            let line = transcript(&svc, q).await;
            assert!(!line.contains("internal"), "{line}");
            all += &line;
        }
        let long = "word ".repeat(2_000);
        for q in [long.as_str(), &"é".repeat(10_000), &"a b c d e f g h ".repeat(30), &"x".repeat(500)] {
            all += &transcript(&svc, q).await;
        }
        assert_eq!(search::reindex_all(&svc).await.unwrap(), 15);
        let mut again = String::new();
        for (q, _) in FINDS {
            again += &transcript(&svc, q).await;
        }
        assert!(all.starts_with(&again), "an index made anew answers as the one that grew");
        all
    })
    .await;
}

#[tokio::test]
async fn hits_are_marked_in_escaped_snippets() {
    on_both(async |svc| {
        fill(&svc).await;
        let page = find(&svc, query("clock")).await.unwrap();
        let first = &page.items[0].1;
        assert_eq!(first.title_highlighted, "The <mark>Clock</mark> with One Hand");
        assert!(first.snippet.contains("Its <mark>clock</mark> is"), "{}", first.snippet);
        assert!(first.snippet.contains("blue &amp; "), "{}", first.snippet);
        let korean = find(&svc, query("서울 날씨")).await.unwrap();
        assert_eq!(korean.items[0].1.snippet, "<mark>서울의</mark> <mark>날씨가</mark> 좋다.");
        String::new()
    })
    .await;
}

#[tokio::test]
async fn a_blank_or_endless_search_is_refused_by_name() {
    on_both(async |svc| {
        for (q, code) in
            [("", "blank"), (" \n", "blank"), (&"x".repeat(501), "too_long"), (&"a b ".repeat(17), "ok")]
        {
            match find(&svc, query(q)).await {
                Ok(_) => assert_eq!(code, "ok"),
                Err(error) => {
                    assert_eq!(error.code(), Code::BadRequest);
                    assert_eq!(error.errors()[0].parameter.as_deref(), Some("q"));
                    assert_eq!(error.errors()[0].code, code);
                }
            }
        }
        let many: String = (0..33).map(|n| format!("w{n} ")).collect();
        assert_eq!(find(&svc, query(&many)).await.unwrap_err().errors()[0].code, "too_many_words");
        String::new()
    })
    .await;
}

#[tokio::test]
async fn only_what_the_public_lists_show_is_found() {
    on_both(async |svc| {
        let system = Viewer::system();
        let shown = publish(&svc, "2024-01-01T00:00:00Z", post("a", "en", "Lantern one", "x")).await;
        let mut unlisted = post("b", "en", "Lantern two", "x");
        unlisted["visibility"] = json!("unlisted");
        publish(&svc, "2024-01-02T00:00:00Z", unlisted).await;
        let draft = serde_json::from_value(post("c", "en", "Lantern three", "x")).unwrap();
        posts::create(&svc, &system, draft, false).await.unwrap();
        publish(&svc, "2025-01-02T00:00:00Z", post("d", "en", "Lantern to come", "x")).await;
        assert_eq!(slugs_of(&svc, "lantern").await, ["a"]);
        let change = serde_json::from_value(json!({ "title": "Candle" })).unwrap();
        posts::update(&svc, &system, &Ref::Id(shown.id), change, None, false).await.unwrap();
        assert_eq!(slugs_of(&svc, "lantern").await, ["a"], "the working copy is not live");
        posts::publish(&svc, &system, &Ref::Id(shown.id), None, None).await.unwrap();
        assert_eq!(slugs_of(&svc, "lantern").await, Vec::<String>::new());
        assert_eq!(slugs_of(&svc, "candle").await, ["a"]);
        posts::unpublish(&svc, &system, &Ref::Id(shown.id), None).await.unwrap();
        assert_eq!(slugs_of(&svc, "candle").await, Vec::<String>::new());
        String::new()
    })
    .await;
}

#[tokio::test]
async fn searches_are_narrowed_by_author_tag_and_language() {
    on_both(async |svc| {
        author(&svc, "ada", "Ada").await;
        author(&svc, "bo", "Bo").await;
        for (n, (who, tag, language)) in
            [("ada", "Rivers", "en"), ("ada", "Roads", "de"), ("bo", "Rivers", "de")].into_iter().enumerate()
        {
            let mut value = post(&format!("p{n}"), language, "Stone", "A bridge of stone");
            value["authors"] = json!([who]);
            value["tags"] = json!([tag]);
            publish(&svc, &format!("2024-01-0{}T00:00:00Z", n + 1), value).await;
        }
        let list = |authors: &[&str], tags: &[&str], language: Option<&str>| {
            let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
            let query = SearchQuery {
                authors: own(authors),
                tags: own(tags),
                language: language.map(str::to_owned),
                ..query("stone")
            };
            let svc = svc.clone();
            async move { slugs(&find(&svc, query).await.unwrap()) }
        };
        assert_eq!(list(&[], &[], None).await, ["p2", "p1", "p0"]);
        assert_eq!(list(&["ada"], &[], None).await, ["p1", "p0"]);
        assert_eq!(list(&["ada", "bo"], &["rivers"], None).await, ["p2", "p0"]);
        assert_eq!(list(&["ada"], &["rivers"], None).await, ["p0"]);
        assert_eq!(list(&[], &[], Some("de")).await, ["p2", "p1"]);
        assert_eq!(list(&["nobody"], &[], None).await, Vec::<String>::new());
        // A tag's name is found too.
        assert_eq!(slugs_of(&svc, "roads").await, ["p1"]);
        transcript(&svc, "stone").await
    })
    .await;
}

#[tokio::test]
async fn pages_follow_one_another_in_both_directions_and_keep_their_place() {
    on_both(async |svc| {
        for n in 1..=7 {
            let text = "lamp ".repeat(8 - n);
            publish(&svc, &format!("2024-01-{n:02}T00:00:00Z"), post(&format!("p{n}"), "en", "Light", &text))
                .await;
        }
        let all = slugs_of(&svc, "lamp").await;
        assert_eq!(all.len(), 7);
        let page = |after: Option<String>, before: Option<String>| {
            let page = PageRequest { limit: Some(3), after, before, ..PageRequest::default() };
            find(&svc, SearchQuery { page, ..query("lamp") })
        };
        let first = page(None, None).await.unwrap();
        assert!(first.previous().is_none() && first.total.is_none());
        let second = page(first.next().map(str::to_owned), None).await.unwrap();
        let third = page(second.next().map(str::to_owned), None).await.unwrap();
        assert!(third.next().is_none());
        assert_eq!([slugs(&first), slugs(&second), slugs(&third)].concat(), all);
        let back = page(None, third.previous().map(str::to_owned)).await.unwrap();
        assert_eq!(slugs(&back), slugs(&second));
        // What is new and better than all else moves nothing that follows.
        publish(&svc, "2024-02-01T00:00:00Z", post("new", "en", "Lamp", "lamp")).await;
        let again = page(first.next().map(str::to_owned), None).await.unwrap();
        assert_eq!(slugs(&again), slugs(&second));
        // A hit that is gone leaves its place.
        let last = second.items[2].1.post.id;
        posts::unpublish(&svc, &Viewer::system(), &Ref::Id(last), None).await.unwrap();
        let rest = page(second.next().map(str::to_owned), None).await.unwrap();
        assert_eq!(slugs(&rest), slugs(&third));
        let foreign = SearchQuery {
            page: PageRequest { after: first.next().map(str::to_owned), ..PageRequest::default() },
            ..query("light")
        };
        assert_eq!(find(&svc, foreign).await.unwrap_err().code(), Code::InvalidCursor);
        String::new()
    })
    .await;
}

#[tokio::test]
async fn long_texts_are_searched_to_the_same_end() {
    on_both(async |svc| {
        // Beyond what a tsvector can number: 256 places of a word, and the 16,383rd place.
        let words: String = (0..17_000).map(|n| format!("the w{} ", n % 97)).collect();
        let text = format!("{words} the silver needle end");
        publish(&svc, "2024-01-01T00:00:00Z", post("long", "en", "Long", &text)).await;
        for q in [
            "\"silver needle\"",
            "\"the silver needle\"",
            "\"the silver needle end\"",
            "\"w96 the w0\"",
            "silver",
        ] {
            assert_eq!(slugs_of(&svc, q).await, ["long"], "{q}");
        }
        for q in
            ["\"needle silver\"", "\"the needle\"", "\"the silver end\"", "silver -\"the silver needle\""]
        {
            assert_eq!(slugs_of(&svc, q).await, Vec::<String>::new(), "{q}");
        }
        // The longest tokens that there are, as many as a post can hold.
        let wide: String = (0..14_000).map(|n| format!("{n:0>63} ")).collect();
        publish(&svc, "2024-01-02T00:00:00Z", post("wide", "en", "Wide", &wide)).await;
        assert_eq!(slugs_of(&svc, &format!("{:0>63}", 7)).await, ["wide"]);
        assert_eq!(slugs_of(&svc, &format!("{:0>63}", 13_999)).await, Vec::<String>::new());
        transcript(&svc, "wide").await
    })
    .await;
}

#[tokio::test]
async fn of_too_many_matches_titles_and_then_the_newest_are_kept() {
    on_both(async |svc| {
        let old = publish(&svc, "2001-01-01T00:00:00Z", post("old", "en", "Ember in the title", "x")).await;
        let model = svc
            .read(&Viewer::system(), move |conn| {
                Ok(pressroom_schema::posts::by_ids(conn, &[old.id])?.remove(0).0)
            })
            .await
            .unwrap();
        svc.write(&Viewer::system(), move |tx| {
            for n in 0..1_005_i64 {
                let id = pressroom_schema::Id(uuid::Uuid::from_u128(1 + u128::from(n.unsigned_abs())));
                let at =
                    pressroom_schema::Timestamp::from_micros(1_600_000_000_000_000 + n * 1_000_000).unwrap();
                let new = pressroom_schema::posts::NewPost {
                    id,
                    slug: format!("n{n}"),
                    status: model.status.clone(),
                    visibility: model.visibility.clone(),
                    listed: true,
                    featured: false,
                    comments_open: true,
                    sorted_at: at,
                    published_at: Some(at),
                    created_at: at,
                    updated_at: at,
                    deleted_at: None,
                    version: 1,
                    revision: 1,
                    live_revision: Some(1),
                    owner_id: None,
                    comment_count: 0,
                    word_count: 1,
                    reading_minutes: 1,
                    language: "en".into(),
                    title: format!("N {n}"),
                    title_key: format!("n {n}"),
                    subtitle: None,
                    excerpt: String::new(),
                    image_media_id: None,
                    image_alt: None,
                    image_caption: None,
                    terms_notice: None,
                    terms_url: None,
                    canonical_url: None,
                    seo: model.seo.clone(),
                    custom: model.custom.clone(),
                    html: String::new(),
                    text: "ember".into(),
                    body_format: "markdown".into(),
                    body_source: String::new(),
                };
                pressroom_schema::posts::insert(tx.conn, &new)?;
                let fields = store::Fields { body: vec!["ember".into()], ..store::Fields::default() };
                store::index(tx.conn, id, at, &fields)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let count = |limit| {
            let svc = svc.clone();
            let page = PageRequest { limit: Some(limit), count: true, ..PageRequest::default() };
            STATEMENTS.scope(std::cell::Cell::new(0), async move {
                let page = find(&svc, SearchQuery { page, ..query("ember") }).await.unwrap();
                (page, STATEMENTS.with(std::cell::Cell::get))
            })
        };
        let (one, few) = count(1).await;
        let (many, more) = count(100).await;
        assert_eq!(few, more, "the number of statements does not depend on the number of hits");
        assert_eq!(one.total, Some(1_000));
        assert_eq!(one.items[0].1.post.slug, "old");
        assert_eq!(many.items[1].1.post.slug, "n1004");
        let last = PageRequest { limit: Some(1), from_end: true, ..PageRequest::default() };
        let end = find(&svc, SearchQuery { page: last, ..query("ember") }).await.unwrap();
        assert_eq!(slugs(&end), ["n6"]);
        String::new()
    })
    .await;
}
