use super::*;

fn hostile(size: usize) -> Vec<(&'static str, BodyFormat, String)> {
    use BodyFormat::{Html, Markdown};
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let numbered = |f: fn(usize) -> String| {
        let mut out = String::new();
        let mut n = 0;
        while out.len() < size {
            out.push_str(&f(n));
            n += 1;
        }
        out
    };
    let columns = |rows: &str| {
        let head = "|a".repeat(1000);
        let rule = "|-".repeat(1000);
        format!("{head}|\n{rule}|\n{}", rows.repeat(size / rows.len()))
    };
    vec![
        ("footnote refs", Markdown, format!("[^a]: x\n\n{}", fill("[^a]"))),
        ("footnote defs", Markdown, numbered(|n| format!("[^{n}]: x\n\n[^{n}]\n"))),
        ("footnote refs in defs", Markdown, numbered(|n| format!("[^{n}]: [^{}]\n\n", n + 1)) + "[^0]"),
        ("wide table short rows", Markdown, columns("|b\n")),
        ("wide table full rows", Markdown, columns(&("|b".repeat(1000) + "|\n"))),
        ("many tables", Markdown, fill("|a|\n|-|\n\n")),
        ("attributes distinct", Markdown, format!("<a {}>", numbered(|n| format!("a{n} ")))),
        ("attributes html", Html, format!("<a {}>", numbered(|n| format!("a{n} ")))),
        ("attributes same", Html, format!("<a {}>", fill("a "))),
        ("tags with attributes", Html, fill("<p lang=en dir=ltr>")),
        ("quotes one line", Markdown, fill(">")),
        ("quotes then lines", Markdown, fill(">").split_at(size / 2).0.to_owned() + &"\na".repeat(size / 4)),
        ("quote ladder", Markdown, numbered(|n| format!("{}a\n", ">".repeat(n % 1500)))),
        ("lists one line", Markdown, fill("- ")),
        ("lists then blank", Markdown, "- ".repeat(size / 4) + &"\n".repeat(size / 2)),
        ("lists then text", Markdown, "- ".repeat(size / 4) + "a" + &"\n\na".repeat(size / 6)),
        ("list ladder", Markdown, numbered(|n| format!("{}- a\n", " ".repeat(2 * (n % 1200))))),
        ("ordered one line", Markdown, fill("1. ")),
        ("many items", Markdown, fill("- a\n")),
        ("many items blank", Markdown, fill("- a\n\n")),
        ("task items", Markdown, fill("- [ ] a\n")),
        ("emphasis nested", Markdown, fill("*a ") + &fill("a* ")),
        ("emphasis mixed", Markdown, fill("*a _b **c __d ")),
        ("emphasis pairs", Markdown, fill("*a*")),
        ("emphasis open", Markdown, fill("a**b")),
        ("strong", Markdown, fill("**a **a*")),
        ("strike", Markdown, fill("~~a ~b ")),
        ("link refs same", Markdown, fill("[a]: b\n")),
        ("link refs distinct", Markdown, numbered(|n| format!("[{n}]: b\n"))),
        ("link refs used", Markdown, format!("[a]: {}\n\n{}", "b".repeat(size / 20), fill("[a]"))),
        ("link ref long label", Markdown, fill("[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa][")),
        ("brackets", Markdown, fill("[")),
        ("brackets closed", Markdown, fill("[").split_at(size / 2).0.to_owned() + &"]".repeat(size / 2)),
        ("links nested", Markdown, fill("[a](")),
        ("links", Markdown, fill("[a](b)")),
        ("images", Markdown, fill("![a](b)")),
        ("images nested", Markdown, fill("![").split_at(size / 2).0.to_owned() + &"](b)".repeat(size / 8)),
        ("link angle", Markdown, fill("[a](<b")),
        ("backticks", Markdown, numbered(|n| format!("{} a ", "`".repeat(n % 1000 + 1)))),
        ("backticks same", Markdown, fill("``a`")),
        ("autolinks", Markdown, fill("http://a.b ")),
        ("autolinks www", Markdown, fill("www.a")),
        ("autolinks mail", Markdown, fill("a@b.c ")),
        ("autolinks mail runs", Markdown, fill("a@")),
        ("autolink angle", Markdown, fill("<http:a>")),
        ("autolink parens", Markdown, format!("http://a.b/{}", fill(")"))),
        ("autolink dots", Markdown, format!("http://a.b/{}", fill("&a;"))),
        ("html open", Markdown, fill("<b>")),
        ("html lt", Markdown, fill("<")),
        ("html comments", Markdown, fill("<!--")),
        ("html comment ends", Markdown, fill("a <!-- ")),
        ("html cdata", Markdown, fill("a <![CDATA[ ")),
        ("html pi", Markdown, fill("a <? ")),
        ("html decl", Markdown, fill("a <!A ")),
        ("html quotes", Markdown, fill("a <a b=\" ")),
        ("html blocks", Markdown, fill("<div>\n\n")),
        ("headings", Markdown, fill("# a\n")),
        ("headings same long", Markdown, numbered(|n| format!("# {}\n", n % 10))),
        ("headings setext", Markdown, fill("a\n=\n")),
        ("rules", Markdown, fill("---\n\n")),
        ("rules spaced", Markdown, fill("- - - ")),
        ("entities", Markdown, fill("&amp;")),
        ("escapes", Markdown, fill("\\*")),
        ("ampersands", Markdown, fill("&")),
        ("hard breaks", Markdown, fill("a\\\n")),
        ("blank lines", Markdown, fill("\n")),
        ("spaces", Markdown, fill(" ")),
        ("tabs", Markdown, fill("\t")),
        ("fences", Markdown, fill("```\n")),
        ("fence long", Markdown, numbered(|n| format!("{}\n", "`".repeat(n % 1000 + 3)))),
        ("indented", Markdown, fill("    a\n\n")),
        ("pipes", Markdown, fill("|")),
        ("pipes rows", Markdown, fill("|\n")),
        (
            "paragraph then table",
            Markdown,
            fill("a\n").split_at(size / 2).0.to_owned() + "|-|\n" + &fill("|a|\n"),
        ),
        ("paragraph lines with rule", Markdown, fill("a | b\n- | -\n")),
        ("deep html", Html, fill("<div>")),
        ("deep html p", Html, fill("<p><b>")),
        ("misnest", Html, fill("<a><b></a>")),
        ("misnest tables", Html, fill("<table><td>")),
        ("misnest tables b", Html, fill("<table><b>")),
        ("cells", Html, format!("<table>{}", fill("<td>"))),
        ("rows", Html, format!("<table>{}", fill("<tr>"))),
        ("brs", Html, fill("<br>")),
        ("spans", Html, fill("<span lang=en>")),
        ("links html", Html, numbered(|n| format!("<a href=/{n}>"))),
        ("ids html", Html, numbered(|n| format!("<h1 id={n}>a</h1>"))),
        ("headings open", Html, fill("<h1>")),
        ("headings deep", Html, fill("<h1><i>")),
        ("svg", Html, fill("<svg>")),
        ("svg closed", Html, fill("<svg>").split_at(size / 2).0.to_owned() + &"</svg>".repeat(size / 12)),
        ("script", Html, fill("<script>")),
        ("script comment", Html, fill("<script><!--")),
        ("textarea", Html, fill("<textarea>")),
        ("ruby", Html, fill("<ruby><rt>")),
        ("lists html", Html, fill("<ul><li>")),
        ("dl html", Html, fill("<dl><dt>")),
        ("closes", Html, fill("</b>")),
        ("srcset", Html, format!("<img srcset=\"{}\">", fill("a 1x,"))),
        ("srcsets", Html, fill(&format!("<img src=a srcset=\"{}\">", "a 1x,".repeat(32)))),
        ("nbsp", Html, fill("\u{a0}")),
        ("amp html", Html, fill("&amp;")),
        ("references", Html, fill("&#38")),
        ("combining", Html, format!("<h1>{}", fill("\u{301}"))),
        ("emoji", Markdown, fill("\u{1F468}\u{200D}")),
        ("cjk", Markdown, fill("港")),
        ("cjk emphasis", Markdown, fill("**港。**")),
    ]
}

/// What became of it, and how long that took of a processor.
fn tried(format: BodyFormat, source: &str) -> (Result<Rendered, TooMuch>, std::time::Duration) {
    let turn = Turn::here();
    let page = render_post(&turn, format, source);
    (page, turn.limit().saturating_sub(turn.left()))
}

#[test]
fn whatever_a_text_asks_for_it_is_rendered_or_refused_in_time() {
    for (name, format, source) in hostile(1 << 14) {
        let (page, used) = tried(format, &source);
        assert!(!matches!(page, Err(TooMuch::Late { .. })), "{name}: {used:?}");
    }
}

#[test]
#[ignore = "prints how long the largest texts take: --ignored --nocapture"]
fn times() {
    for (name, format, source) in hostile(1 << 20) {
        let (page, used) = tried(format, &source);
        let told = page.map_or_else(|e| e.to_string(), |page| format!("{} bytes", page.html.len()));
        println!("{:6} ms  {name:30} {told}", used.as_millis());
    }
}
