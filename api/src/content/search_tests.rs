use super::*;

fn tokens(text: &str) -> Vec<String> {
    search_tokens(text)
}

#[test]
fn plain_words_are_themselves() {
    assert_eq!(tokens("Hello, World! 42 foo_bar"), ["hello", "world", "42", "foo", "bar"]);
    assert!(tokens("").is_empty());
    assert!(tokens("— … ! 🙂").is_empty());
}

#[test]
fn case_accents_and_forms_do_not_matter() {
    for (a, b) in [
        ("Crème", "creme"),
        ("cre\u{300}me", "CRÈME"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Øresund", "oresund"),
        ("İstanbul", "istanbul"),
        ("ﬁnal", "final"),
        ("Ｆｕｌｌ", "full"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("Чёрный", "черныи"),
        ("МИР", "мир"),
        ("שָׁלוֹם", "שלום"),
        ("مَرْحَبًا", "مرحبا"),
        ("مـرحبا", "مرحبا"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("한국어", "한국어"),
        ("١٢٣", "123"),
        ("soft\u{AD}ware", "software"),
    ] {
        assert_eq!(tokens(a), tokens(b), "{a} {b}");
        assert!(!tokens(a).is_empty());
    }
}

#[test]
fn marks_that_carry_meaning_are_kept() {
    assert_ne!(tokens("कि"), tokens("का"));
    assert_ne!(tokens("が"), tokens("か"));
    assert_ne!(tokens("ใกล้"), tokens("ใกล"));
    assert_ne!(tokens("بيت"), tokens("بنت"));
}

#[test]
fn words_are_cut_where_a_reader_would() {
    assert_eq!(tokens("Anglo-U.S. trade"), ["anglo", "us", "trade"]);
    assert_eq!(tokens("Lisbon’s don't l'amour O’Neil"), ["lisbon", "don", "amour", "neil"]);
    assert_eq!(tokens("we’re example.com 3.14"), ["we", "re", "example", "com", "3", "14"]);
    assert_eq!(tokens("@InesWrites C++"), ["ineswrites", "c"]);
}

#[test]
fn unspaced_scripts_become_overlapping_pairs() {
    let pair = |text: &str| encode(&fold(text));
    assert_eq!(tokens("北京大学"), [pair("北京"), pair("京大"), pair("大学")]);
    assert_eq!(tokens("猫"), [pair("猫")]);
    assert_eq!(tokens("北京, 上海"), [pair("北京"), pair("上海")]);
    assert_eq!(tokens("カタ"), [pair("カタ")]);
    assert_eq!(tokens("AI入門"), ["ai".to_owned(), pair("入門")]);
    assert_eq!(tokens("กา").len(), 1);
    assert_eq!(tokens("ภาษาไทย").len(), tokens("ภาษา").len() + tokens("ไทย").len() + 1);
    assert!(tokens("東京大学の学生").contains(&pair("大学")));
}

#[test]
fn the_last_character_of_a_run_is_found_by_itself_too() {
    let pair = |text: &str| encode(&fold(text));
    assert_eq!(index_tokens("喜欢猫。猫"), [pair("喜欢"), pair("欢猫"), pair("猫"), pair("猫")]);
    assert_eq!(
        index_tokens("AI入門 and more"),
        ["ai".into(), pair("入門"), pair("門"), "and".into(), "more".into()]
    );
    assert_eq!(index_tokens("Café U.S."), tokens("Café U.S."));
}

#[test]
fn every_token_survives_any_tokenizer() {
    let text = "Hello Привет мир 北京大学 नमस्ते ไทย 한국어 עברית العربية ქართული 𐐷𐑌 🙂 Zürich naïve ßẞ ŉ ½ ﷺ \u{1F1E9}\u{1F1EA} ʻokina a\u{301}\u{302}";
    let long = format!("{text} {} {}", "x".repeat(500), "ж".repeat(500));
    for token in tokens(&long) {
        assert!((1..=MAX_TOKEN).contains(&token.len()), "{token}");
        assert!(token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{token}");
    }
}

#[test]
fn the_code_of_a_prefix_is_a_prefix_of_the_code() {
    for word in ["Привет", "καλημέρα", "العربية", "नमस्ते", "한국어", "𐐷𐑌𐐷"]
    {
        let folded = fold(word);
        let whole = encode(&folded);
        for (at, _) in folded.char_indices().skip(1) {
            assert!(whole.starts_with(&encode(&folded[..at])), "{word}");
        }
    }
}

#[test]
fn a_snippet_marks_what_was_found() {
    assert_eq!(
        highlight("Ships & the Harbour <plan>", &tokens("harbour"), false, 80),
        "Ships &amp; the <mark>Harbour</mark> &lt;plan&gt;"
    );
    assert_eq!(highlight("Crème brûlée", &tokens("creme"), false, 80), "<mark>Crème</mark> brûlée");
    assert_eq!(
        highlight("The U.S. and us", &tokens("U.S."), false, 80),
        "The <mark>U.S</mark>. and <mark>us</mark>"
    );
    assert_eq!(highlight("nothing here", &tokens("absent"), false, 80), "nothing here");
    assert_eq!(highlight("", &tokens("x"), true, 80), "");
    assert_eq!(highlight("text", &[], true, 80), "text");
}

#[test]
fn the_last_word_may_be_a_beginning() {
    assert_eq!(highlight("Harbour haven", &tokens("ha harb"), true, 80), "<mark>Harbour</mark> haven");
    assert_eq!(highlight("Приветствие", &tokens("прив"), true, 80), "<mark>Приветствие</mark>");
    assert_eq!(highlight("Приветствие", &tokens("прив"), false, 80), "Приветствие");
}

#[test]
fn overlapping_pairs_are_one_mark() {
    assert_eq!(
        highlight("我在北京大学读书", &tokens("北京大学"), false, 80),
        "我在<mark>北京大学</mark>读书"
    );
}

#[test]
fn a_long_text_is_cut_round_the_best_cluster() {
    let text = format!(
        "{}alpha far away. {}alpha beta gamma{} end",
        "one two ".repeat(50),
        "three four ".repeat(50),
        " five six".repeat(50)
    );
    let snippet = highlight(&text, &tokens("alpha beta gamma"), false, 120);
    assert!(snippet.contains("<mark>alpha</mark> <mark>beta</mark> <mark>gamma</mark>"), "{snippet}");
    assert!(snippet.starts_with('…') && snippet.ends_with('…'), "{snippet}");
    let plain = snippet.replace("<mark>", "").replace("</mark>", "");
    assert!(plain.graphemes(true).count() <= 122, "{plain}");
    for word in plain.trim_matches('…').split_whitespace() {
        assert!(
            ["alpha", "beta", "gamma", "three", "four", "five", "six"].contains(&word),
            "{word} in {snippet}"
        );
    }
}

#[test]
fn a_snippet_without_hits_is_the_beginning() {
    let snippet = highlight(&"word ".repeat(100), &tokens("absent"), false, 30);
    assert_eq!(snippet, "word word word word word word…");
}

#[test]
fn a_snippet_is_always_safe_and_never_breaks_a_character() {
    let text = "👩‍👩‍👧‍👦 <b>नमस्ते</b> \"x\" & é北京大学 ".repeat(40);
    for query in ["नमस्ते", "x", "北京", "é", "b"] {
        for limit in [0, 1, 5, 17, 60, 500] {
            let snippet = highlight(&text, &tokens(query), true, limit);
            let bare = snippet.replace("<mark>", "").replace("</mark>", "");
            assert!(!bare.contains(['<', '>']), "{snippet}");
            assert_eq!(snippet.matches("<mark>").count(), snippet.matches("</mark>").count());
        }
    }
}

#[test]
fn a_long_text_is_searched_quickly() {
    let text = "alpha beta 北京大学 ".repeat(8_000);
    assert!(highlight(&text, &tokens("beta 大学"), true, 200).contains("<mark>"));
}
