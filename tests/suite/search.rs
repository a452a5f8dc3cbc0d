//! Search: the same hits, order, snippets and totals on both databases, in any script.

use std::fmt::Write as _;

use pressroom::auth::viewer::Role;
use pressroom::service::search;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, encoded, on_both, text};
use crate::support::builders::{Post, author};
use crate::support::corpus::{self, Size};

/// The hits for `q`; `rest` are further parameters, each with its `&`.
async fn find(app: &TestApp, q: &str, rest: &str) -> Answer {
    app.get(&format!("/v1/search?q={}{rest}", encoded(q))).await
}

fn slugs(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|hit| text(&hit["post"]["slug"])).collect()
}

async fn slugs_of(app: &TestApp, q: &str) -> Vec<String> {
    slugs(&find(app, q, "&limit=100").await.ok())
}

/// Everything that an answer says but ids.
async fn transcript(app: &TestApp, q: &str) -> String {
    let answer = find(app, q, "&limit=100&count=true").await;
    let page = answer.json();
    if answer.status() != 200 {
        return format!("{q:?}: {} {}\n", page["code"], page["errors"]);
    }
    let mut out = format!("{q:?}: {}\n", page["page"]["total"]);
    for hit in page["data"].as_array().unwrap() {
        let post = &hit["post"]["slug"];
        writeln!(out, "  {} {post} | {} | {}", hit["score"], hit["title_highlighted"], hit["snippet"])
            .unwrap();
    }
    out
}

fn post(slug: &str, language: &str, title: &str, source: &str) -> Post {
    Post::titled(title).slug(slug).with("language", language).markdown(source)
}

/// A post in each of many scripts, each a day after the one before.
async fn fill(app: &TestApp) {
    let editor = app.user(Role::Editor).await;
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
        post.publish(app, &editor, &format!("2024-01-{day:02}T10:00:00Z")).await;
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

#[actix_web::test]
async fn posts_are_found_alike_on_both_databases_in_every_script() {
    on_both(async |app| {
        fill(&app).await;
        let (mut all, mut wrong) = (String::new(), String::new());
        for (q, expected) in FINDS {
            let line = transcript(&app, q).await;
            if slugs_of(&app, q).await != *expected {
                writeln!(wrong, "not {expected:?} but {line}").unwrap();
            }
            all += &line;
        }
        assert!(wrong.is_empty(), "{wrong}");
        for q in ODD {
            let line = transcript(&app, q).await;
            assert!(!line.contains("internal"), "{line}");
            all += &line;
        }
        let long = "word ".repeat(2_000);
        for q in [long.as_str(), &"é".repeat(10_000), &"a b c d e f g h ".repeat(30), &"x".repeat(500)] {
            all += &transcript(&app, q).await;
        }
        assert_eq!(search::reindex_all(app.svc()).await.unwrap(), 15);
        let mut again = String::new();
        for (q, _) in FINDS {
            again += &transcript(&app, q).await;
        }
        assert!(all.starts_with(&again), "an index made anew answers as the one that grew");
        all
    })
    .await;
}

#[actix_web::test]
async fn an_index_made_anew_has_the_ends_of_long_texts_too() {
    on_both(async |app| {
        let source = format!("{} Zanzibar.", "Nothing of note. ".repeat(4_500));
        let editor = app.user(Role::Editor).await;
        let post =
            json!({ "title": "Long", "slug": "long", "body": { "format": "markdown", "source": source } });
        app.post("/v1/posts").by(&editor).json(&post).await.ok();
        app.post("/v1/posts/long/publish").by(&editor).await.ok();
        assert_eq!(slugs_of(&app, "zanzibar").await, ["long"]);
        search::reindex_all(app.svc()).await.unwrap();
        assert_eq!(slugs_of(&app, "zanzibar").await, ["long"], "after the index was made anew");
    })
    .await;
}

#[actix_web::test]
async fn hits_are_marked_in_escaped_snippets() {
    on_both(async |app| {
        fill(&app).await;
        let first = find(&app, "clock", "").await.ok()["data"][0].clone();
        assert_eq!(first["title_highlighted"], "The <mark>Clock</mark> with One Hand");
        let snippet = text(&first["snippet"]);
        assert!(snippet.contains("Its <mark>clock</mark> is"), "{snippet}");
        assert!(snippet.contains("blue &amp; "), "{snippet}");
        let korean = find(&app, "서울 날씨", "").await.ok();
        assert_eq!(korean["data"][0]["snippet"], "<mark>서울의</mark> <mark>날씨가</mark> 좋다.");
    })
    .await;
}

#[actix_web::test]
async fn a_blank_or_endless_search_is_refused_by_name() {
    on_both(async |app| {
        let many: String = (0..33).map(|n| format!("w{n} ")).collect();
        for (q, code) in
            [("", "blank"), (" \n", "blank"), (&*"x".repeat(501), "too_long"), (&*many, "too_many_words")]
        {
            let problem = find(&app, q, "").await.problem(400, "bad_request");
            assert_eq!(
                (&problem["errors"][0]["parameter"], &problem["errors"][0]["code"]),
                (&json!("q"), &json!(code))
            );
        }
        find(&app, &"a b ".repeat(17), "").await.ok();
    })
    .await;
}

#[actix_web::test]
async fn only_what_the_public_lists_show_is_found() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        post("a", "en", "Lantern one", "x").publish(&app, &editor, "2024-01-01T00:00:00Z").await;
        let unlisted = post("b", "en", "Lantern two", "x").with("visibility", "unlisted");
        unlisted.publish(&app, &editor, "2024-01-02T00:00:00Z").await;
        post("c", "en", "Lantern three", "x").save(&app, &editor).await;
        post("d", "en", "Lantern to come", "x").publish(&app, &editor, "2025-01-02T00:00:00Z").await;
        assert_eq!(slugs_of(&app, "lantern").await, ["a"]);
        app.patch("/v1/posts/a").by(&editor).json(&json!({ "title": "Candle" })).await.ok();
        assert_eq!(slugs_of(&app, "lantern").await, ["a"], "the working copy is not live");
        app.post("/v1/posts/a/publish").by(&editor).await.ok();
        assert_eq!(slugs_of(&app, "lantern").await, Vec::<String>::new());
        assert_eq!(slugs_of(&app, "candle").await, ["a"]);
        app.post("/v1/posts/a/unpublish").by(&editor).await.ok();
        assert_eq!(slugs_of(&app, "candle").await, Vec::<String>::new());
    })
    .await;
}

#[actix_web::test]
async fn searches_are_narrowed_by_author_tag_and_language() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        author(&app, &editor, "ada", "Ada").await;
        author(&app, &editor, "bo", "Bo").await;
        let posts = [("ada", "Rivers", "en"), ("ada", "Roads", "de"), ("bo", "Rivers", "de")];
        for (n, (who, tag, language)) in posts.into_iter().enumerate() {
            let post =
                post(&format!("p{n}"), language, "Stone", "A bridge of stone").authors(&[who]).tags(&[tag]);
            post.publish(&app, &editor, &format!("2024-01-0{}T00:00:00Z", n + 1)).await;
        }
        for (rest, expected) in [
            ("", &["p2", "p1", "p0"][..]),
            ("&author=ada", &["p1", "p0"]),
            ("&author=ada&author=bo&tag=rivers", &["p2", "p0"]),
            ("&author=ada&tag=rivers", &["p0"]),
            ("&language=de", &["p2", "p1"]),
            ("&author=nobody", &[]),
        ] {
            assert_eq!(slugs(&find(&app, "stone", rest).await.ok()), expected, "{rest}");
        }
        // A tag's name is found too.
        assert_eq!(slugs_of(&app, "roads").await, ["p1"]);
        transcript(&app, "stone").await
    })
    .await;
}

#[actix_web::test]
async fn pages_follow_one_another_in_both_directions_and_keep_their_place() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        for n in 1..=7 {
            let post = post(&format!("p{n}"), "en", "Light", &"lamp ".repeat(8 - n));
            post.publish(&app, &editor, &format!("2024-01-{n:02}T00:00:00Z")).await;
        }
        let all = slugs_of(&app, "lamp").await;
        assert_eq!(all.len(), 7);
        let page = async |direction: &str, cursor: &Value| {
            find(&app, "lamp", &format!("&limit=3&{direction}={}", text(cursor))).await.ok()
        };
        let first = find(&app, "lamp", "&limit=3").await.ok();
        assert!(first["page"]["previous"].is_null() && first["page"]["total"].is_null());
        let second = page("after", &first["page"]["next"]).await;
        let third = page("after", &second["page"]["next"]).await;
        assert!(third["page"]["next"].is_null());
        assert_eq!([slugs(&first), slugs(&second), slugs(&third)].concat(), all);
        assert_eq!(slugs(&page("before", &third["page"]["previous"]).await), slugs(&second));
        // What is new and better than all else moves nothing that follows.
        post("new", "en", "Lamp", "lamp").publish(&app, &editor, "2024-02-01T00:00:00Z").await;
        assert_eq!(slugs(&page("after", &first["page"]["next"]).await), slugs(&second));
        // A hit that is gone leaves its place.
        let last = text(&second["data"][2]["post"]["id"]);
        app.post(&format!("/v1/posts/{last}/unpublish")).by(&editor).await.ok();
        assert_eq!(slugs(&page("after", &second["page"]["next"]).await), slugs(&third));
        let foreign = format!("&after={}", text(&first["page"]["next"]));
        find(&app, "light", &foreign).await.problem(400, "invalid_cursor");
    })
    .await;
}

#[actix_web::test]
async fn long_texts_are_searched_to_the_same_end() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        // Beyond what a tsvector can number: 256 places of a word, and the 16,383rd place.
        let words: String = (0..17_000).map(|n| format!("the w{} ", n % 97)).collect();
        let long = post("long", "en", "Long", &format!("{words} the silver needle end"));
        long.publish(&app, &editor, "2024-01-01T00:00:00Z").await;
        for q in [
            "\"silver needle\"",
            "\"the silver needle\"",
            "\"the silver needle end\"",
            "\"w96 the w0\"",
            "silver",
        ] {
            assert_eq!(slugs_of(&app, q).await, ["long"], "{q}");
        }
        for q in
            ["\"needle silver\"", "\"the needle\"", "\"the silver end\"", "silver -\"the silver needle\""]
        {
            assert_eq!(slugs_of(&app, q).await, Vec::<String>::new(), "{q}");
        }
        // The longest tokens that there are, as many as a post can hold.
        let wide: String = (0..14_000).map(|n| format!("{n:0>63} ")).collect();
        post("wide", "en", "Wide", &wide).publish(&app, &editor, "2024-01-02T00:00:00Z").await;
        assert_eq!(slugs_of(&app, &format!("{:0>63}", 7)).await, ["wide"]);
        assert_eq!(slugs_of(&app, &format!("{:0>63}", 13_999)).await, Vec::<String>::new());
        transcript(&app, "wide").await
    })
    .await;
}

#[actix_web::test]
async fn of_too_many_matches_titles_and_then_the_newest_are_kept() {
    on_both(async |app| {
        // Of 1,250 posts 1,124 are published, and all say the word.
        corpus::fill(app.svc(), Size { posts: 1_250, many: 3 }).await;
        let editor = app.user(Role::Editor).await;
        post("old", "en", "Tide in the title", "x").publish(&app, &editor, "2001-01-01T00:00:00Z").await;
        let one = find(&app, "tide", "&limit=1&count=true").await;
        let many = find(&app, "tide", "&limit=100&count=true").await;
        assert_eq!(one.statements(), many.statements(), "whatever the number of hits");
        let (one, many) = (one.ok(), many.ok());
        assert_eq!(one["page"]["total"], 1_000);
        assert_eq!(one["data"][0]["post"]["slug"], "old");
        assert_eq!(many["data"][1]["post"]["slug"], "post-1248");
        let query = "{ search(q: \"tide\", last: 1) { nodes { post { slug } } } }";
        let end = app.post("/graphql").json(&json!({ "query": query })).await.ok();
        let newest = (0..1_249).rev().filter(|n| n % 10 != 9);
        let last = format!("post-{}", newest.take(999).last().unwrap());
        assert_eq!(end["data"]["search"]["nodes"][0]["post"]["slug"], last);
    })
    .await;
}
