use super::*;

fn words(text: &str) -> i32 {
    measures_of(text).word_count
}

#[test]
fn blocks_become_paragraphs_and_lines() {
    let html = "<h2>Title</h2>\n<p>One\n  two<br>three</p><ul>\n<li>a</li>\n<li>b<ul><li>c</li></ul></li>\n</ul>\
                <blockquote><p>quote</p></blockquote><table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>";
    assert_eq!(plain_text(html), "Title\n\nOne two\nthree\n\na\nb\nc\n\nquote\n\n1 2\n3");
}

#[test]
fn words_are_neither_joined_nor_split_by_markup() {
    assert_eq!(plain_text("<p>un<em>believ</em>able &amp; <b>true</b></p>"), "unbelievable & true");
    assert_eq!(plain_text("<div>a</div><div>b</div>"), "a\n\nb");
    assert_eq!(plain_text("a&nbsp;b"), "a b");
}

#[test]
fn code_keeps_its_lines() {
    assert_eq!(
        plain_text("<p>x</p><pre><code>if a {\n    b\n}\n</code></pre><p>y</p>"),
        "x\n\nif a {\n    b\n}\n\ny"
    );
}

#[test]
fn what_is_no_text_is_left_out() {
    assert_eq!(plain_text("a<script>b</script><style>c</style><!-- d -->e"), "ae");
    assert_eq!(plain_text("<ruby>漢<rt>かん</rt></ruby>字"), "漢字");
    assert_eq!(plain_text("x<sup class=\"footnote-ref\"><a href=\"#fn-1\">1</a></sup>."), "x.");
    assert_eq!(plain_text("<video controls><p>no video</p></video>after"), "after");
    assert_eq!(plain_text(""), "");
    assert_eq!(plain_text("<p> </p>"), "");
}

#[test]
fn words_are_counted_in_every_script() {
    assert_eq!(words("Don't count U.S. as two, or 3.14 as more than one."), 11);
    assert_eq!(words("Ελληνικά και русский"), 3);
    assert_eq!(words("مرحبا بالعالم"), 2);
    assert_eq!(words("नमस्ते दुनिया"), 2);
    assert_eq!(words("北京的天气"), 5);
    assert_eq!(words("日本語とEnglishの混在"), 8);
    assert_eq!(words("カタカナ"), 4);
    assert_eq!(words("안녕하세요 세계"), 2);
    assert_eq!(words("สวัสดีชาวโลก"), 3);
    assert_eq!(words("— … 🙂 !"), 0);
    assert_eq!(words(""), 0);
}

#[test]
fn reading_takes_at_least_a_minute_where_there_is_text() {
    let minutes = |text: &str| measures_of(text).reading_minutes;
    assert_eq!(minutes(""), 0);
    assert_eq!(minutes(" \n"), 0);
    assert_eq!(minutes("🙂"), 1);
    assert_eq!(minutes("word"), 1);
    assert_eq!(minutes(&"word ".repeat(230)), 1);
    assert_eq!(minutes(&"word ".repeat(231)), 2);
    assert_eq!(minutes(&"字".repeat(500)), 1);
    assert_eq!(minutes(&"字".repeat(501)), 2);
    assert_eq!(minutes(&format!("{}{}", "word ".repeat(115), "字".repeat(250))), 1);
}

#[test]
fn a_short_text_is_its_own_excerpt() {
    assert_eq!(excerpt_of("One.\n\nTwo  three.", 300), "One. Two three.");
    assert_eq!(excerpt_of("", 300), "");
    assert_eq!(excerpt_of("exactly", 7), "exactly");
    assert_eq!(excerpt_of(&format!(" a{}b ", " ".repeat(5_000)), 10), "a b");
}

#[test]
fn an_excerpt_prefers_whole_sentences() {
    let text =
        "The first sentence is here. The second one follows it. And the third is longer than what is left.";
    assert_eq!(excerpt_of(text, 60), "The first sentence is here. The second one follows it.");
}

#[test]
fn an_excerpt_is_cut_between_words() {
    let text = "A sentence that goes on, and on, and on without any end in sight for a long while";
    assert_eq!(excerpt_of(text, 25), "A sentence that goes on…");
    assert_eq!(excerpt_of(text, 27), "A sentence that goes on…");
    assert_eq!(excerpt_of(&"x".repeat(50), 10), format!("{}…", "x".repeat(9)));
    assert_eq!(excerpt_of("word", 1), "…");
    assert_eq!(excerpt_of("word", 0), "");
}

#[test]
fn an_abbreviation_does_not_end_a_sentence() {
    let text = "The talks between Lisbon and the U.S. Congress went on for a very long time indeed";
    assert!(excerpt_of(text, 45).ends_with('…'), "{}", excerpt_of(text, 45));
}

#[test]
fn an_excerpt_never_breaks_a_character() {
    let family = "👩‍👩‍👧‍👦 ";
    for limit in 1..20 {
        for text in [
            family.repeat(30),
            "e\u{301}a\u{308} ".repeat(30),
            "नमस्ते ".repeat(20),
            "北京的天气很好".repeat(9),
        ] {
            let excerpt = excerpt_of(&text, limit);
            assert!(excerpt.graphemes(true).count() <= limit, "{excerpt}");
            let kept = excerpt.trim_end_matches('…');
            assert!(text.starts_with(kept) && text.is_char_boundary(kept.len()));
            assert!(text.grapheme_indices(true).any(|(at, _)| at == kept.len()));
        }
    }
}

#[test]
fn a_long_text_is_not_read_to_its_end_for_an_excerpt() {
    assert!(excerpt_of(&"word ".repeat(1 << 18), 300).ends_with('…'));
    assert!(excerpt_of(&"字".repeat(1 << 16), 300).chars().count() <= 300);
}
