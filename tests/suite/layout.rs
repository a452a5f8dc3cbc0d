//! Which folder of `api/src` may name which: the layout in `docs/architecture.md`, kept.

use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The folders and single files of `api/src`, from the top down. Each names only what is on a floor below its own, so that none is
/// in a circle, and no face knows another. What is neither here nor one of the [`ROOTS`] is refused.
const FLOORS: [&[&str]; 14] = [
    &["commands"],
    &["app"],
    &["openapi"],
    &["routes", "reference"],
    &["rest", "graphql", "feeds"],
    &["answers", "jobs", "demo"],
    &["http"],
    &["service"],
    &["freshness"],
    &["view"],
    &["page"],
    &["config", "clock", "cpu"],
    &["auth", "content", "media"],
    &["error"],
];

/// Those that name less than the floors would allow.
const ONLY: [(&str, &[&str]); 5] = [
    ("answers", &["http", "freshness", "error"]),
    ("freshness", &["view", "cpu", "error"]),
    ("auth", &[]),
    ("content", &[]),
    ("media", &[]),
];

/// The two roots, which name everything.
const ROOTS: [&str; 2] = ["main.rs", "lib.rs"];

/// What stands for everything at once: the root itself, or all of its names.
const ROOT: &str = "*";

/// The module that a file is, as its path from the root: `service/posts.rs` is `service`, `posts`.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    stem.split('/').map(str::to_owned).collect()
}

/// Whether a file is compiled for tests only.
fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if *ident == word)
}

fn is_path_sign(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// Notes the paths of one tree of names, whose beginning is `base`, from `at` on.
fn follow(tokens: &[TokenTree], mut at: usize, mut base: Vec<String>, found: &mut Vec<Vec<String>>) {
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) if *word == "super" => drop(base.pop()),
            Some(TokenTree::Ident(word)) if *word == "self" => {}
            Some(TokenTree::Ident(word)) => base.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for branch in inner.split(|token| is_punct(Some(token), ',')).filter(|b| !b.is_empty()) {
                    follow(branch, 0, base.clone(), found);
                }
                return;
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => base.push(ROOT.to_owned()),
            _ => {}
        }
        if !is_path_sign(tokens, at + 1) {
            found.push(base);
            return;
        }
        at += 3;
    }
}

/// Notes every path from the root that `tokens` in `module` name; modules for tests are left out.
fn walk(tokens: TokenStream, module: &[String], found: &mut Vec<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut for_tests = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) => {
                let begins = at < 2 || !is_path_sign(&tokens, at - 2);
                let goes_on = is_path_sign(&tokens, at + 1) || is_word(tokens.get(at + 1), "as");
                let base = match word.to_string().as_str() {
                    "crate" | "pressroom" => Some(Vec::new()),
                    "self" => Some(module.to_vec()),
                    "super" => Some(module.split_last().map_or(Vec::new(), |(_, above)| above.to_vec())),
                    _ => None,
                };
                if let Some(base) = base.filter(|_| begins && goes_on) {
                    if is_path_sign(&tokens, at + 1) {
                        follow(&tokens, at + 3, base, found);
                    } else {
                        found.push(base);
                    }
                }
            }
            TokenTree::Group(group) => {
                let is_attribute =
                    group.delimiter() == Delimiter::Bracket && at > 0 && is_punct(tokens.get(at - 1), '#');
                if is_attribute {
                    for_tests |= group.stream().to_string().replace(' ', "") == "cfg(test)";
                    walk(group.stream(), module, found);
                    continue;
                }
                let is_module =
                    group.delimiter() == Delimiter::Brace && at > 1 && is_word(tokens.get(at - 2), "mod");
                match tokens.get(at.wrapping_sub(1)) {
                    Some(TokenTree::Ident(_)) if is_module && for_tests => {}
                    Some(TokenTree::Ident(name)) if is_module => {
                        walk(group.stream(), &[module, &[name.to_string()]].concat(), found);
                    }
                    _ => walk(group.stream(), module, found),
                }
                for_tests &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Literal(literal) => {
                // serde and others take paths as strings.
                let text = literal.to_string();
                let text = text.trim_matches('"');
                if ["crate::", "super::", "self::"].iter().any(|start| text.starts_with(start))
                    && let Ok(path) = TokenStream::from_str(text)
                {
                    walk(path, module, found);
                }
            }
            TokenTree::Punct(punct) => for_tests &= punct.as_char() != ';',
        }
    }
}

/// The folders and single files at the root that the text of `file` names, besides its own.
fn names(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let mut found = Vec::new();
    let tokens = TokenStream::from_str(text).unwrap_or_else(|e| panic!("{file} cannot be read: {e}"));
    walk(tokens, &module, &mut found);
    let mut names: Vec<String> =
        found.into_iter().map(|path| path.into_iter().next().unwrap_or_else(|| ROOT.to_owned())).collect();
    names.sort();
    names.dedup();
    names.retain(|name| Some(name) != module.first());
    names
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// What `file` names and may not, a sentence for each.
fn faults(file: &str, text: &str) -> Vec<String> {
    let room = module_of(file).swap_remove(0);
    let Some(floor) = floor_of(&room) else {
        return vec![format!("{file}: `{room}` has no floor in tests/suite/layout.rs")];
    };
    let allowed = |name: &str| {
        floor_of(name).is_some_and(|below| below > floor)
            && ONLY.iter().all(|(of, only)| *of != room || only.contains(&name))
    };
    let refused = names(file, text).into_iter().filter(|name| !allowed(name));
    refused.map(|name| format!("{file} names `{name}`")).collect()
}

/// Every file of the library under `folder`, as its path from `root`.
fn files(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if entry.is_dir() {
            files(root, &entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "rs")
            && !is_test(&name)
            && !ROOTS.contains(&name.split('/').next().unwrap_or_default())
        {
            found.push(name);
        }
    }
}

#[test]
fn no_folder_names_what_is_beside_or_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/src");
    let mut all = Vec::new();
    files(&root, &root, &mut all);
    assert!(all.len() > 100, "{all:?}");
    let text = |file: &String| std::fs::read_to_string(root.join(file)).unwrap();
    let faults: Vec<String> = all.iter().flat_map(|file| faults(file, &text(file))).collect();
    assert!(faults.is_empty(), "{}\nSee the layout in docs/architecture.md.", faults.join("\n"));
}

#[test]
fn every_way_to_name_a_folder_is_seen() {
    for (file, text, expected) in [
        ("service/links.rs", "use crate::rest::params::Params;", "rest"),
        (
            "service/links.rs",
            "use crate::{auth::viewer::{self, Viewer}, answers, page as p};",
            "answers auth page",
        ),
        ("service/links.rs", "fn f() -> crate::error::Result<()> { crate::graphql::sdl() }", "error graphql"),
        ("service/links.rs", "use super::{IfMatch, super::{feeds::{self, x}}};", "feeds"),
        ("service/posts/read.rs", "fn f() { super::super::super::http::respond::bytes() }", "http"),
        ("service/posts.rs", "mod inner { use super::super::super::rest; }", "rest"),
        (
            "service/mod.rs",
            "use super::view::PostView; use self::tasks::Task; pub(crate) use posts::get;",
            "view",
        ),
        ("service/links.rs", "use super::check::Check; fn f(&self) { self.svc.x(); Self::y(); }", ""),
        ("view/post.rs", "info!(target: \"pressroom::access\", page = crate::page::cursor());", "page"),
        ("view/post.rs", "macro_rules! m { () => { $crate::service::f() } }", "service"),
        ("view/post.rs", "#[serde(deserialize_with = \"crate::http::body::twice\")] struct S;", "http"),
        (
            "view/post.rs",
            "/// See [`crate::app`].\n// use crate::app;\nconst A: &str = \"use crate::app;\";",
            "",
        ),
        ("view/post.rs", "#[cfg(test)] mod tests { use crate::app::App; } use crate::jobs;", "jobs"),
        ("view/post.rs", "#[cfg(test)] use crate::clock; mod tests { use crate::app::App; }", "app clock"),
        ("view/post.rs", "use crate as root;", "*"),
        ("view/mod.rs", "use super::{self as root};", "*"),
        ("view/post.rs", "use crate::*;", "*"),
        ("view/post.rs", "use pressroom::app::App;", "app"),
    ] {
        assert_eq!(names(file, text).join(" "), expected, "{file}: {text}");
    }
}

#[test]
fn each_rule_refuses_a_line_that_breaks_it() {
    for (file, text) in [
        ("service/links.rs", "use crate::rest;"),
        ("service/links.rs", "use crate::answers;"),
        ("service/links.rs", "use crate::http::respond;"),
        ("service/links.rs", "use crate::jobs;"),
        ("freshness/follow.rs", "use crate::service::Service;"),
        ("freshness/follow.rs", "use crate::http;"),
        ("freshness/follow.rs", "use crate::config::Config;"),
        ("answers/entry.rs", "use crate::service::Service;"),
        ("rest/posts.rs", "use crate::graphql;"),
        ("graphql/route.rs", "use crate::feeds;"),
        ("feeds/mod.rs", "use crate::rest::posts;"),
        ("rest/ops.rs", "use crate::app::App;"),
        ("jobs/work.rs", "use crate::app::App;"),
        ("rest/mod.rs", "use crate::routes;"),
        ("answers/layer.rs", "use crate::routes;"),
        ("reference.rs", "use crate::routes;"),
        ("content/text.rs", "use crate::auth;"),
        ("auth/jwt.rs", "use crate::content;"),
        ("media/store.rs", "use crate::error::Error;"),
        ("desk/mod.rs", ""),
        ("view/post.rs", "use crate::PostView;"),
    ] {
        assert_eq!(faults(file, text).len(), 1, "{file}: {text}");
    }
    for (file, text) in [
        ("app.rs", "use crate::{routes, openapi, answers, http, service, freshness};"),
        ("openapi.rs", "use crate::routes;"),
        ("routes.rs", "use crate::{rest, graphql, feeds};"),
        ("answers/layer.rs", "use crate::{http::edge, freshness, error::Result};"),
        ("rest/posts.rs", "use super::respond; use crate::http::body;"),
    ] {
        assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
