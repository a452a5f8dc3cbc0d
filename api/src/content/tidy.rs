//! Brings tokens into the order that an HTML parser would leave alone: every element closed, in its place, nested no
//! deeper than [`MAX_DEPTH`], with allowed names and attributes only.
//!
//! Why before ammonia and not by it: an HTML parser repairs misnested markup by copying elements, so that a megabyte of
//! hostile tags can become gigabytes, and its walks up the open elements are quadratic in their depth. After this pass
//! both are bounded. It also makes sanitising stable: what is written here reads back as the same tree. The rules
//! follow "The rules for parsing tokens in HTML content" (HTML Living Standard, 13.2.6.4) for the elements we allow.
//!
//! Headings get their anchors here, links their `rel`, and links to a heading's former id are turned to its anchor.

use std::collections::{HashMap, HashSet};

use html5ever::LocalName;

use super::anchors::{ANCHOR_CHARS, anchor_of, percent_decode};
use super::sanitise::{Policy, attribute_value, drops_content};
use super::tokens::{Attr, Token, attr, is_void};

/// How deep elements may nest. Tags below that are left out; their text stays.
const MAX_DEPTH: usize = 64;

/// Tidies tokens under `policy`. Takes anything, gives well-formed tokens.
pub(super) fn tidy(policy: Policy, input: Vec<Token>) -> Vec<Token> {
    let mut last_close = HashMap::new();
    for (at, token) in input.iter().enumerate() {
        if let Token::Close { name } = token
            && drops_content(name)
        {
            last_close.insert(name.clone(), at);
        }
    }
    let mut tidy = Tidy::new(policy);
    for (at, token) in input.into_iter().enumerate() {
        match token {
            Token::Open { name, attrs } => {
                // An unclosed <svg> must not swallow the rest of an article.
                let closed_later = last_close.get(&name).is_some_and(|close| *close > at);
                tidy.start(&name, &attrs, closed_later);
            }
            Token::Close { name } => tidy.end(&name),
            Token::Text(text) => tidy.text(&text),
        }
    }
    tidy.finish()
}

/// An element that is open.
struct Open {
    name: LocalName,
    /// Whether its tag was written. A link without an address is followed, but not written.
    shown: bool,
    /// For a heading: where its opening tag stands in the output, the id it came with, and its text so far.
    heading: Option<(usize, Option<String>, String)>,
    /// Whether its text is no part of a heading's text.
    mark: bool,
}

struct Tidy {
    policy: Policy,
    out: Vec<Token>,
    stack: Vec<Open>,
    /// The element whose content is being dropped, and how many of its kind are open.
    dropping: Option<(LocalName, usize)>,
    /// Directly after `<pre>` a line end would not survive being read.
    pre_starts: bool,
    ids: HashSet<String>,
    anchors: HashSet<String>,
    next_number: HashMap<String, u32>,
    former_ids: HashMap<String, String>,
}

impl Tidy {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            out: Vec::new(),
            stack: Vec::new(),
            dropping: None,
            pre_starts: false,
            ids: HashSet::new(),
            anchors: HashSet::new(),
            next_number: HashMap::new(),
            former_ids: HashMap::new(),
        }
    }

    fn text(&mut self, text: &str) {
        if self.dropping.is_some() {
            return;
        }
        if text.contains(|c: char| !c.is_ascii_whitespace()) {
            self.ensure_flow();
        }
        let text = if self.pre_starts { text.trim_start_matches('\n') } else { text };
        if text.is_empty() {
            return;
        }
        if !self.stack.iter().any(|open| open.mark) {
            for (_, _, heading) in self.stack.iter_mut().filter_map(|open| open.heading.as_mut()) {
                if heading.len() < ANCHOR_CHARS * 8 {
                    heading.push_str(text);
                }
            }
        }
        self.pre_starts = false;
        if let Some(Token::Text(last)) = self.out.last_mut() {
            last.push_str(text);
        } else {
            self.out.push(Token::Text(text.to_owned()));
        }
    }

    fn start(&mut self, given: &str, attrs: &[Attr], closed_later: bool) {
        if let Some((name, depth)) = &mut self.dropping {
            *depth += usize::from(**name == *given);
            return;
        }
        if drops_content(given) {
            if closed_later
                || !matches!(given, "svg" | "math" | "template" | "select" | "datalist" | "canvas")
            {
                self.dropping = Some((LocalName::from(given), 1));
            }
            return;
        }
        let name = present_name(self.policy, given);
        if self.policy.attributes(name).is_none() {
            if matches!(name, "td" | "th" | "hr") {
                self.text(" ");
            }
            return;
        }
        if matches!(name, "caption" | "colgroup" | "col" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th") {
            self.table_part(name, attrs);
            return;
        }
        self.ensure_flow();
        if closes_paragraph(name) {
            self.close_nearest(|open| open == "p", is_cell);
        }
        if !self.make_room_for(name) {
            return;
        }
        let kept = self.attributes(name, attrs);
        let useless = match name {
            "input" => attr(&kept, "type").is_none(),
            "img" | "source" => attr(&kept, "src").is_none() && attr(&kept, "srcset").is_none(),
            "track" => attr(&kept, "src").is_none(),
            _ => false,
        };
        if useless {
            return;
        }
        if is_void(name) {
            self.push_open(name, kept);
            return;
        }
        if self.stack.len() >= MAX_DEPTH {
            if closes_paragraph(name) {
                self.text("\n");
            }
            return;
        }
        let shown = match name {
            "a" => attr(&kept, "href").is_some() || attr(&kept, "id").is_some(),
            "span" => !kept.is_empty(),
            _ => true,
        };
        let mark = name == "sup" && attr(&kept, "class") == Some("footnote-ref");
        let heading = (is_heading(name) && self.policy == Policy::Post).then(|| {
            let former = attr(attrs, "id").filter(|id| !id.is_empty()).map(str::to_owned);
            (self.out.len(), former, String::new())
        });
        if shown {
            self.push_open(name, kept);
        }
        self.pre_starts |= name == "pre";
        self.stack.push(Open { name: LocalName::from(name), shown, heading, mark });
    }

    fn end(&mut self, given: &str) {
        if let Some((name, depth)) = &mut self.dropping {
            if **name == *given {
                *depth -= 1;
                if *depth == 0 {
                    self.dropping = None;
                }
            }
            return;
        }
        let name = present_name(self.policy, given);
        if name == "br" {
            self.start("br", &[], false);
            return;
        }
        match name {
            "table" => self.close_nearest(|open| open == "table", |_| false),
            "caption" | "colgroup" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => {
                self.close_nearest(|open| open == name, |open| open == "table");
            }
            "li" => {
                self.close_nearest(|open| open == "li", |open| is_cell(open) || matches!(open, "ul" | "ol"));
            }
            "dt" | "dd" => self.close_nearest(|open| open == name, |open| is_cell(open) || open == "dl"),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.close_nearest(is_heading, is_cell),
            _ => self.close_nearest(|open| open == name, is_cell),
        }
    }

    fn finish(mut self) -> Vec<Token> {
        self.close_to(0);
        for token in &mut self.out {
            if let Token::Open { name, attrs } = token
                && &**name == "a"
                && let Some((_, href)) = attrs.iter_mut().find(|(key, _)| &**key == "href")
                && let Some(fragment) = href.strip_prefix('#')
            {
                let wanted = percent_decode(fragment);
                let prefixed = format!("h-{wanted}");
                let anchor = self.former_ids.get(&wanted).or_else(|| self.anchors.get(&wanted));
                if let Some(anchor) = anchor.or_else(|| self.anchors.get(&prefixed)) {
                    *href = format!("#{anchor}");
                }
            }
        }
        self.out
    }

    /// Closes what `name` cannot stand in. False where it cannot stand here at all.
    fn make_room_for(&mut self, name: &str) -> bool {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.close_nearest(is_heading, is_cell),
            "li" => self.close_nearest(|open| open == "li", stops_items),
            "dt" | "dd" => self.close_nearest(|open| matches!(open, "dt" | "dd"), stops_items),
            "a" => {
                self.close_nearest(|open| open == "a", is_cell);
                return !self.stack.iter().any(|open| &*open.name == "a");
            }
            "rt" | "rp" => {
                let ruby = self.stack.iter().rposition(|open| &*open.name == "ruby" || is_cell(&open.name));
                match ruby.filter(|at| self.is_at(*at, |open| open == "ruby")) {
                    Some(at) => self.close_to(at + 1),
                    None => return false,
                }
            }
            "source" | "track" => {
                return self
                    .stack
                    .last()
                    .is_some_and(|open| matches!(&*open.name, "picture" | "audio" | "video"));
            }
            _ => {}
        }
        true
    }

    /// Text and ordinary elements stand in cells, not between the parts of a table: makes the parts that are missing.
    fn ensure_flow(&mut self) {
        while let Some(open) = self.stack.last() {
            match &*open.name {
                "colgroup" => self.close_to(self.stack.len() - 1),
                "table" => self.push_part("tbody", Vec::new()),
                "thead" | "tbody" | "tfoot" => self.push_part("tr", Vec::new()),
                "tr" => self.push_part("td", Vec::new()),
                _ => break,
            }
        }
    }

    fn table_part(&mut self, name: &str, attrs: &[Attr]) {
        let Some(table) = self.stack.iter().rposition(|open| &*open.name == "table") else { return };
        let in_section = self.is_at(table + 1, |open| matches!(open, "thead" | "tbody" | "tfoot"));
        let kept = self.attributes(name, attrs);
        match name {
            "col" => {
                if self.is_at(table + 1, |open| open == "colgroup") {
                    self.close_to(table + 2);
                } else {
                    self.close_to(table + 1);
                    self.push_part("colgroup", Vec::new());
                }
                self.push_open(name, kept);
                return;
            }
            "tr" | "td" | "th" => {
                if in_section {
                    let row = name != "tr" && self.is_at(table + 2, |open| open == "tr");
                    self.close_to(table + 2 + usize::from(row));
                } else {
                    self.close_to(table + 1);
                    self.push_part("tbody", Vec::new());
                }
                if name != "tr" && self.stack.len() == table + 2 {
                    self.push_part("tr", Vec::new());
                }
            }
            _ => self.close_to(table + 1),
        }
        self.push_part(name, kept);
    }

    fn push_part(&mut self, name: &str, attrs: Vec<Attr>) {
        self.push_open(name, attrs);
        self.stack.push(Open { name: LocalName::from(name), shown: true, heading: None, mark: false });
    }

    fn push_open(&mut self, name: &str, attrs: Vec<Attr>) {
        self.pre_starts = false;
        self.out.push(Token::Open { name: LocalName::from(name), attrs });
    }

    fn is_at(&self, at: usize, wanted: impl Fn(&str) -> bool) -> bool {
        self.stack.get(at).is_some_and(|open| wanted(&open.name))
    }

    /// Closes the innermost open element that is `wanted` with all in it, unless a `barrier` stands before it.
    fn close_nearest(&mut self, wanted: impl Fn(&str) -> bool, barrier: impl Fn(&str) -> bool) {
        for at in (0..self.stack.len()).rev() {
            if self.is_at(at, &wanted) {
                self.close_to(at);
                return;
            }
            if self.is_at(at, &barrier) {
                return;
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            let Some(open) = self.stack.pop() else { return };
            if let Some((at, former, text)) = open.heading {
                self.anchor(at, former, &text);
            }
            if !open.shown {
                continue;
            }
            let opens =
                |token: &Token, wanted: &str| matches!(token, Token::Open { name, .. } if &**name == wanted);
            if &*open.name == "p" && self.out.last().is_some_and(|last| opens(last, "p")) {
                // An empty paragraph says nothing; editors and repaired markup are full of them.
                self.out.pop();
                self.pre_starts = self.out.last().is_some_and(|last| opens(last, "pre"));
            } else {
                self.pre_starts = false;
                self.out.push(Token::Close { name: open.name });
            }
        }
    }

    /// Gives the heading whose opening tag stands at `at` its anchor.
    fn anchor(&mut self, at: usize, former: Option<String>, text: &str) {
        let base = format!("h-{}", anchor_of(text));
        let mut anchor = base.clone();
        let number = self.next_number.entry(base.clone()).or_insert(1);
        while self.ids.contains(&anchor) {
            *number += 1;
            anchor = format!("{base}-{number}");
        }
        self.ids.insert(anchor.clone());
        self.anchors.insert(anchor.clone());
        if let Some(former) = former {
            self.former_ids.entry(former).or_insert_with(|| anchor.clone());
        }
        if let Some(Token::Open { attrs, .. }) = self.out.get_mut(at) {
            attrs.insert(0, (LocalName::from("id"), anchor));
        }
    }

    fn attributes(&mut self, element: &str, given: &[Attr]) -> Vec<Attr> {
        let allowed = self.policy.attributes(element).unwrap_or_default();
        let mut kept: Vec<Attr> = Vec::new();
        for (key, value) in given {
            let known = allowed.contains(&&**key) || matches!(&**key, "dir" | "lang");
            let made_by_us = &**key == "rel" || (&**key == "id" && is_heading(element));
            if !known || made_by_us {
                continue;
            }
            let Some(value) = attribute_value(element, key, value) else { continue };
            if &**key != "id" || self.ids.insert(value.to_string()) {
                kept.push((key.clone(), value.into_owned()));
            }
        }
        match element {
            "a" => {
                if let Some(href) = attr(&kept, "href")
                    && let Some(rel) = self.policy.rel(href, attr(given, "rel").unwrap_or_default())
                {
                    kept.push((LocalName::from("rel"), rel));
                }
            }
            "input" => ensure(&mut kept, "disabled"),
            "audio" | "video" => ensure(&mut kept, "controls"),
            _ => {}
        }
        kept
    }
}

/// Sets an attribute without a value where it is missing.
fn ensure(attrs: &mut Vec<Attr>, name: &str) {
    if attr(attrs, name).is_none() {
        attrs.push((LocalName::from(name), String::new()));
    }
}

/// What an element is called here: obsolete names become present ones, and what a narrow policy has no use for becomes
/// a paragraph, so that words of neighbouring blocks do not run together.
fn present_name(policy: Policy, name: &str) -> &str {
    let name = match name {
        "article" | "main" | "header" | "footer" | "aside" | "nav" | "address" | "center" | "form"
        | "fieldset" | "legend" | "hgroup" | "search" => "div",
        "strike" => "s",
        "tt" => "code",
        "acronym" => "abbr",
        "image" => "img",
        "menu" | "dir" => "ul",
        "listing" => "pre",
        _ => name,
    };
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "div" | "section" | "figure" | "figcaption" | "details"
        | "summary" | "pre" | "dl" | "dt" | "dd" | "table" | "caption" | "tr"
            if policy.attributes(name).is_none() =>
        {
            "p"
        }
        _ => name,
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// What the standard calls scope, for the elements that we allow.
fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th" | "caption" | "table")
}

/// The "special" elements that end the search for an open list item, which passes `div` and `p`.
fn stops_items(name: &str) -> bool {
    is_cell(name)
        || is_heading(name)
        || matches!(
            name,
            "ul" | "ol"
                | "dl"
                | "li"
                | "dt"
                | "dd"
                | "blockquote"
                | "section"
                | "figure"
                | "figcaption"
                | "details"
                | "summary"
                | "pre"
        )
}

fn closes_paragraph(name: &str) -> bool {
    is_heading(name)
        || matches!(
            name,
            "p" | "div"
                | "section"
                | "blockquote"
                | "details"
                | "summary"
                | "ul"
                | "ol"
                | "li"
                | "dl"
                | "dt"
                | "dd"
                | "figure"
                | "figcaption"
                | "pre"
                | "hr"
                | "table"
        )
}
