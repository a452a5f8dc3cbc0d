use super::*;

fn render_post(format: BodyFormat, source: &str) -> Rendered {
    super::render_post(&Turn::here(), format, source).unwrap()
}

fn render_comment(source: &str) -> String {
    super::render_comment(&Turn::here(), source).unwrap()
}

fn render_bio(format: BodyFormat, source: &str) -> String {
    super::render_bio(&Turn::here(), format, source).unwrap()
}

fn markdown(source: &str) -> Rendered {
    render_post(BodyFormat::Markdown, source)
}

fn html(source: &str) -> Rendered {
    render_post(BodyFormat::Html, source)
}

#[test]
fn commonmark_and_its_extensions_are_rendered() {
    let page = markdown(
        "# Title\n\nA *para* with ~~old~~ **new** `code` and www.example.org.\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```rust\nlet x = 1 < 2;\n```\n",
    );
    for part in [
        "<h1 id=\"h-title\">Title</h1>",
        "<em>para</em>",
        "<del>old</del>",
        "<strong>new</strong>",
        "<a href=\"http://www.example.org\" rel=\"noopener\">www.example.org</a>.",
        "<ul class=\"contains-task-list\">",
        "<li class=\"task-list-item\"><input type=\"checkbox\" class=\"task-list-item-checkbox\" checked=\"\" disabled=\"\"> done</li>",
        "<th align=\"right\">b</th>",
        "<pre><code class=\"language-rust\">let x = 1 &lt; 2;\n</code></pre>",
    ] {
        assert!(page.html.contains(part), "{part} in {}", page.html);
    }
    assert_eq!(page.links, ["http://www.example.org"]);
    assert_eq!(
        page.text,
        "Title\n\nA para with old new code and www.example.org.\n\ndone\nopen\n\na b\n1 2\n\nlet x = 1 < 2;"
    );
}

#[test]
fn footnotes_link_there_and_back() {
    let page = markdown("A claim.[^note] Again.[^note]\n\n[^note]: The *source*.\n");
    for part in [
        "<sup class=\"footnote-ref\"><a href=\"#fn-note\" id=\"fnref-note\" data-footnote-ref=\"\">1</a></sup>",
        "id=\"fnref-note-2\"",
        "<section class=\"footnotes\" data-footnotes=\"\">",
        "<li id=\"fn-note\">",
        "<a href=\"#fnref-note\" class=\"footnote-backref\" data-footnote-backref=\"\" aria-label=\"Back to reference 1\">↩</a>",
    ] {
        assert!(page.html.contains(part), "{part} in {}", page.html);
    }
    assert_eq!(page.text, "A claim. Again.\n\nThe source.");
    assert_eq!(page.excerpt, "A claim. Again.");
    assert!(page.links.is_empty());
}

#[test]
fn headings_get_the_same_anchors_from_either_format() {
    let expected = [
        (1, "h-über-uns", "Über uns"),
        (2, "h-北京-и-мир", "北京 и мир"),
        (2, "h-its-c-java", "It’s C++ & Java!"),
        (2, "h-same", "Same"),
        (3, "h-same-2", "Same"),
        (2, "h-section", "🙂"),
        (2, "h-مرحبا", "مرحبا"),
    ];
    let from_markdown = markdown(
        "# Über uns\n\n## 北京 *и* мир\n\n## It’s C++ & Java!\n\n## Same\n\n### Same\n\n## 🙂\n\n## مرحبا\n",
    );
    let from_html = html(
        "<h1>Über uns</h1><h2 id=x>北京 <em>и</em> мир</h2><h2>It’s C++ &amp; Java!</h2><h2>Same</h2><h3>Same</h3><h2>🙂</h2><h2>مرحبا</h2>",
    );
    for page in [from_markdown, from_html] {
        let seen: Vec<(u8, &str, &str)> =
            page.headings.iter().map(|h| (h.level, h.id.as_str(), h.text.as_str())).collect();
        assert_eq!(seen, expected);
        for (_, id, _) in expected {
            assert!(page.html.contains(&format!("id=\"{id}\"")), "{id} in {}", page.html);
        }
    }
}

#[test]
fn links_within_the_body_follow_the_anchors() {
    let page = html(
        "<a href=\"#intro\">a</a><a href=\"#h-the-end\">b</a><h2 id=intro>The beginning</h2><h2>The end</h2>",
    );
    assert!(
        page.html.starts_with("<a href=\"#h-the-beginning\">a</a><a href=\"#h-the-end\">b</a>"),
        "{}",
        page.html
    );
    let page = markdown("[x](#über-uns) [y](#nowhere)\n\n# Über uns\n");
    assert!(page.html.contains("<a href=\"#h-über-uns\">x</a> <a href=\"#nowhere\">y</a>"), "{}", page.html);
    assert_eq!(html(&page.html).html, page.html);
}

#[test]
fn raw_html_in_markdown_is_allowed_and_made_safe() {
    let page = markdown(
        "Press <kbd>Ctrl</kbd><script>alert(1)</script>\n\n<div onclick=\"x()\">\n\n*in*\n\n</div>\n",
    );
    assert_eq!(page.html, "<p>Press <kbd>Ctrl</kbd></p>\n<div>\n<p><em>in</em></p>\n</div>");
}

#[test]
fn links_are_listed_once_in_order() {
    let page = markdown(
        "[b](/b) [a](https://a.example/x) [b again](/b) <c@d.example> [in](#in) [bad](javascript:x)\n",
    );
    assert_eq!(page.links, ["/b", "https://a.example/x", "mailto:c@d.example"]);
}

#[test]
fn the_excerpt_is_prose() {
    let page = markdown(
        "# Heading\n\n![alt](/i.png)\n\n```\ncode\n```\n\nThe first words.\n\n| t |\n|---|\n| u |\n",
    );
    assert_eq!(page.excerpt, "The first words.");
    assert_eq!(markdown("# Only a heading\n").excerpt, "Only a heading");
    let long = markdown(&"A sentence of some words. ".repeat(40));
    assert!(long.excerpt.chars().count() <= EXCERPT_CHARS && long.excerpt.ends_with("words."));
}

#[test]
fn an_empty_body_has_nothing() {
    for source in ["", " \n\t ", "\u{FEFF}"] {
        for format in [BodyFormat::Markdown, BodyFormat::Html] {
            assert_eq!(render_post(format, source), Rendered::default(), "{source:?}");
        }
    }
}

#[test]
fn rendering_what_was_rendered_changes_nothing() {
    let source = "# A & B\n\nText[^1] with `a < b` and\nlines  \nbroken.\n\n1. one\n   - two\n\n     ```c\n\n     x\n     ```\n\n> quote\n> > deeper\n\n- [ ] t\n\n<details><summary>s</summary>\n\n<table><tr><td>x</table></details>\n\n[^1]: Note\n\n    with two paragraphs.\n";
    let once = markdown(source);
    let twice = html(&once.html);
    assert_eq!(twice, once);
}

#[test]
fn right_to_left_text_and_emoji_pass_through() {
    let page = markdown("مرحبا *بالعالم* 👩‍👩‍👧‍👦 שלום\n");
    assert_eq!(page.html, "<p>مرحبا <em>بالعالم</em> 👩‍👩‍👧‍👦 שלום</p>");
    assert_eq!((page.measures.word_count, page.measures.reading_minutes), (3, 1));
}

#[test]
fn a_megabyte_of_one_sign_is_rendered_or_refused() {
    let all = ["[", "*", ">"].map(|sign| (sign, 1 << 20));
    let some =
        ["> ", "- ", "`", "_a ", "![", "<b>", "[a](", "|", "1. ", "<", "&", "\\"].map(|sign| (sign, 1 << 16));
    for (sign, size) in all.into_iter().chain(some) {
        // Comments are rendered too: whatever limit stands before this must not be the only one.
        let source = sign.repeat(size / sign.len());
        let post = super::render_post(&Turn::here(), BodyFormat::Markdown, &source).map(|page| page.html);
        for html in [post, super::render_comment(&Turn::here(), &source)] {
            match html {
                Ok(html) => assert!(html.len() < 8 << 20, "{sign}: {}", html.len()),
                Err(why) => assert!(size > 1 << 16 && matches!(why, TooMuch::Many { .. }), "{sign}: {why}"),
            }
        }
    }
}

#[test]
fn deep_quotes_are_laid_flat_without_losing_words() {
    let source = format!("{} deep words\n\n{} more\n", ">".repeat(500), "- ".repeat(300));
    let page = markdown(&source);
    assert!(page.text.contains("deep words") && page.text.contains("more"), "{}", page.text);
    assert!(page.html.matches("<blockquote>").count() <= 40);
}

#[test]
fn comments_keep_lines_and_little_markup() {
    let cases = [
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <del>d</del></p>"),
        ("> q\n\n- a\n- b", "<blockquote>\n<p>q</p>\n</blockquote>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# Loud", "<p><strong>Loud</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p>\n<p>b</p>"),
        (
            "<b>hi</b> <script>alert(1)</script>",
            "<p>&lt;b&gt;hi&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>",
        ),
        (
            "<div>\n<img src=x onerror=y>\n</div>",
            "<p>&lt;div&gt;<br>\n&lt;img src=x onerror=y&gt;<br>\n&lt;/div&gt;</p>",
        ),
        ("2 < 3 & 4 > 1", "<p>2 &lt; 3 &amp; 4 &gt; 1</p>"),
        ("[x](javascript:alert(1))", "<p>x</p>"),
        ("Cheers 🙂", "<p>Cheers 🙂</p>"),
        ("", ""),
    ];
    for (source, html) in cases {
        assert_eq!(render_comment(source), html, "{source}");
    }
}

#[test]
fn links_in_comments_pass_on_no_credit() {
    let rel = "rel=\"nofollow ugc noopener\"";
    assert_eq!(
        render_comment("see https://a.example/x and [y](/y)"),
        format!(
            "<p>see <a href=\"https://a.example/x\" {rel}>https://a.example/x</a> and <a href=\"/y\" {rel}>y</a></p>"
        )
    );
    assert_eq!(
        render_comment("![cat](https://a.example/cat.png)"),
        format!("<p><a href=\"https://a.example/cat.png\" {rel}>cat</a></p>")
    );
    assert_eq!(
        render_comment("[![cat](/cat.png)](/page)"),
        format!("<p><a href=\"/page\" {rel}><em>cat</em></a></p>")
    );
}

#[test]
fn a_biography_is_narrow() {
    assert_eq!(
        render_bio(
            BodyFormat::Markdown,
            "# Ada\n\nWrites **code**. See [me](https://ada.example).\n\n![x](/x.png)"
        ),
        "<p>Ada</p>\n<p>Writes <strong>code</strong>. See <a href=\"https://ada.example\" rel=\"noopener\">me</a>.</p>"
    );
    assert_eq!(
        render_bio(BodyFormat::Html, "<table><tr><td>a<td>b</table><div>c</div>"),
        "<p> a b</p><p>c</p>"
    );
    assert_eq!(render_bio(BodyFormat::Html, ""), "");
}
