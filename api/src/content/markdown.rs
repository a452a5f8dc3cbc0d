//! Markdown to HTML: `CommonMark` 0.31 with GitHub's extensions, through comrak. The answer is *not* safe yet; it goes
//! through [`super::sanitise`].

use std::fmt;

use comrak::nodes::{Ast, AstNode, NodeValue, Sourcepos};
use comrak::{Arena, Options, format_html, parse_document};

use super::budget::{CELLS, FOOTNOTE_REFERENCES, HTML_BYTES, NESTED_LINES, PARTS, TooMuch, in_time};
use super::tokens::clean_chars;
use super::turn::Turn;

/// How deep quotes and lists may nest; what stands deeper is laid flat at this depth. Without it a line of a million `>`
/// would be written as a million nested elements.
const MAX_CONTAINERS: usize = 32;

/// The Markdown of posts and biographies: tables, footnotes, task lists, strikethrough, autolinks, and raw HTML.
pub(super) fn post(turn: &Turn, source: &str) -> Result<String, TooMuch> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.cjk_friendly_emphasis = true;
    options.render.tasklist_classes = true;
    options.render.r#unsafe = true;
    let source = clean_chars(source);
    check_nesting(&source)?;
    let arena = Arena::new();
    let root = parse_document(&arena, &source, &options);
    check_parts(turn, root)?;
    flatten(root);
    html_of(turn, root, &options)
}

/// The narrow Markdown of comments: no images, headings or raw HTML; line breaks are kept as typed.
pub(super) fn comment(turn: &Turn, source: &str) -> Result<String, TooMuch> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.cjk_friendly_emphasis = true;
    options.render.hardbreaks = true;
    let source = clean_chars(source);
    check_nesting(&source)?;
    let arena = Arena::new();
    let root = parse_document(&arena, &source, &options);
    check_parts(turn, root)?;
    flatten(root);
    narrow(&arena, root);
    html_of(turn, root, &options)
}

/// HTML of at most [`HTML_BYTES`].
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > HTML_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

fn html_of<'a>(turn: &Turn, root: &'a AstNode<'a>, options: &Options) -> Result<String, TooMuch> {
    in_time(turn)?;
    let mut html = Bounded(String::new());
    // Only its bound can make the writing fail.
    format_html(root, options, &mut html)
        .map_err(|fmt::Error| TooMuch::Many { what: "bytes of HTML", limit: HTML_BYTES })?;
    in_time(turn)?;
    Ok(html.0)
}

/// Refuses a text whose lines stand in so many quotes and lists that reading it takes too long: the parser goes through all that
/// are open at each line. An upper bound is counted, by what stands before the words of a line.
fn check_nesting(source: &str) -> Result<(), TooMuch> {
    let (mut open, mut steps, mut was_blank) = (0_usize, 0_usize, true);
    for line in source.split('\n') {
        let words = line.trim_start_matches(|c: char| {
            matches!(c, ' ' | '\t' | '>' | '-' | '+' | '*' | '.' | ')') || c.is_ascii_digit()
        });
        let before = line.len() - words.len();
        let is_blank = line.trim_ascii().is_empty();
        // A line without words keeps lists open; one that goes on with a paragraph keeps all open.
        open = match (is_blank, was_blank) {
            (true, _) => open,
            (false, true) => before,
            (false, false) => open.max(before),
        };
        steps = steps.saturating_add(open.min(before.saturating_add(if is_blank { open } else { 1 })));
        was_blank = is_blank;
    }
    TooMuch::unless_within(steps, NESTED_LINES, "lines times the quotes and lists that they stand in")
}

/// Refuses a text of too many parts, before anything is written of it.
fn check_parts<'a>(turn: &Turn, root: &'a AstNode<'a>) -> Result<(), TooMuch> {
    let (mut parts, mut cells, mut references) = (0, 0, 0);
    for node in root.descendants() {
        parts += 1;
        match node.data().value {
            NodeValue::TableCell => cells += 1,
            NodeValue::FootnoteReference(_) => references += 1,
            _ => {}
        }
        if parts > PARTS {
            break;
        }
    }
    TooMuch::unless_within(cells, CELLS, "table cells")?;
    TooMuch::unless_within(references, FOOTNOTE_REFERENCES, "references to footnotes")?;
    TooMuch::unless_within(parts, PARTS, "paragraphs, links, breaks and words in another style")?;
    in_time(turn)
}

/// Lays flat what stands deeper than [`MAX_CONTAINERS`]: its leaves (paragraphs, code, headings) stay, in order.
fn flatten<'a>(root: &'a AstNode<'a>) {
    let mut queue: Vec<(&'a AstNode<'a>, usize)> = vec![(root, 0)];
    while let Some((node, depth)) = queue.pop() {
        let holds_blocks = matches!(
            node.data().value,
            NodeValue::BlockQuote
                | NodeValue::Item(_)
                | NodeValue::TaskItem(_)
                | NodeValue::FootnoteDefinition(_)
        );
        if depth >= MAX_CONTAINERS && holds_blocks {
            let leaves: Vec<_> = node.descendants().skip(1).filter(|below| is_leaf(below)).collect();
            let children: Vec<_> = node.children().collect();
            for child in children {
                child.detach();
            }
            for leaf in leaves {
                leaf.detach();
                node.append(leaf);
            }
        } else {
            queue.extend(node.children().map(|child| (child, depth + 1)));
        }
    }
}

fn is_leaf<'a>(node: &'a AstNode<'a>) -> bool {
    matches!(
        node.data().value,
        NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::CodeBlock(_)
            | NodeValue::HtmlBlock(_)
            | NodeValue::ThematicBreak
            | NodeValue::Table(_)
    )
}

/// Turns what a comment may not have into what it may: headings into bold paragraphs, images into links to them, raw
/// HTML into the text that was typed, a rule into nothing.
fn narrow<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>) {
    let nodes: Vec<_> = root.descendants().collect();
    for node in nodes {
        let value = node.data().value.clone();
        match value {
            NodeValue::Heading(_) => {
                let strong = new_node(arena, NodeValue::Strong);
                let children: Vec<_> = node.children().collect();
                for child in children {
                    child.detach();
                    strong.append(child);
                }
                node.data_mut().value = NodeValue::Paragraph;
                node.append(strong);
            }
            NodeValue::Image(link) => {
                node.data_mut().value = if in_link(node) { NodeValue::Emph } else { NodeValue::Link(link) };
            }
            NodeValue::HtmlInline(literal) => node.data_mut().value = NodeValue::Text(literal.into()),
            NodeValue::HtmlBlock(block) => {
                node.data_mut().value = NodeValue::Paragraph;
                for (number, line) in block.literal.trim_end().lines().enumerate() {
                    if number > 0 {
                        node.append(new_node(arena, NodeValue::LineBreak));
                    }
                    node.append(new_node(arena, NodeValue::Text(line.trim().to_owned().into())));
                }
            }
            NodeValue::ThematicBreak => node.detach(),
            _ => {}
        }
    }
}

fn in_link<'a>(node: &'a AstNode<'a>) -> bool {
    node.ancestors()
        .skip(1)
        .take(MAX_CONTAINERS)
        .any(|above| matches!(above.data().value, NodeValue::Link(_)))
}

fn new_node<'a>(arena: &'a Arena<'a>, value: NodeValue) -> &'a AstNode<'a> {
    arena.alloc(Ast::new_with_sourcepos(value, Sourcepos::from((1, 1, 1, 1))).into())
}
