//! Markdown to HTML: `CommonMark` 0.31 with GitHub's extensions, through comrak. The answer is *not* safe yet; it goes
//! through [`super::sanitise`].

use comrak::nodes::{Ast, AstNode, NodeValue, Sourcepos};
use comrak::{Arena, Options, format_html, parse_document};

use super::tokens::clean_chars;

/// How deep quotes and lists may nest; what stands deeper is laid flat at this depth. Without it a line of a million `>`
/// would be written as a million nested elements.
const MAX_CONTAINERS: usize = 32;

/// The Markdown of posts and biographies: tables, footnotes, task lists, strikethrough, autolinks, and raw HTML.
pub(super) fn post(source: &str) -> String {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.cjk_friendly_emphasis = true;
    options.render.tasklist_classes = true;
    options.render.r#unsafe = true;
    let arena = Arena::new();
    let root = parse_document(&arena, &clean_chars(source), &options);
    flatten(root);
    html_of(root, &options)
}

/// The narrow Markdown of comments: no images, headings or raw HTML; line breaks are kept as typed.
pub(super) fn comment(source: &str) -> String {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.cjk_friendly_emphasis = true;
    options.render.hardbreaks = true;
    let arena = Arena::new();
    let root = parse_document(&arena, &clean_chars(source), &options);
    flatten(root);
    narrow(&arena, root);
    html_of(root, &options)
}

fn html_of<'a>(root: &'a AstNode<'a>, options: &Options) -> String {
    let mut html = String::new();
    // Writing into a String cannot fail; should it ever, what was written is what there is.
    let _ = format_html(root, options, &mut html);
    html
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
