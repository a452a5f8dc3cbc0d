//! No dependency that nothing uses: each that a `Cargo.toml` names is named by the crate's source too. And no unsafe
//! code but where it is known.

use std::fs;
use std::path::{Path, PathBuf};

/// What no line of source names, and what it is for.
const BY_MANIFEST: [(&str, &str); 3] = [
    ("pq-sys", "its feature builds libpq in"),
    ("openssl-sys", "its feature builds libpq's TLS in"),
    ("reqwest", "its feature gives object_store TLS"),
];

/// The lint that a file must allow to hold unsafe code; in two parts, so that this file does not name it.
const LINT: &str = concat!("unsafe", "_code");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names that the tables of a manifest whose heads end so give, in order.
fn named(manifest: &str, table: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if let Some(head) = line.strip_prefix('[') {
            inside = head.trim_end().ends_with(&format!("{table}]"));
        } else if let Some((name, _)) =
            line.split_once('=').filter(|(name, _)| inside && !name.starts_with('#'))
        {
            names.push(name.trim().trim_end_matches(".workspace").to_owned());
        }
    }
    names
}

/// The Rust files below a folder, each with its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Whether source names a crate: as the first part of a path, or as a whole in a `use`.
fn names(source: &str, crate_name: &str) -> bool {
    let name = crate_name.replace('-', "_");
    source.match_indices(&name).any(|(at, _)| {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let before = source[..at].chars().next_back();
        let after = &source[at + name.len()..];
        !before.is_some_and(inside)
            && (after.starts_with("::") || after.starts_with(" as ") || after.starts_with(';'))
    })
}

#[test]
fn every_dependency_is_used() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = workspace.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let mut unused = Vec::new();
    let mut wanted = Vec::new();
    for member in members.split('"').skip(1).step_by(2).chain(["benches"]) {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
        let text: String = files(&root().join(member)).into_iter().map(|(_, text)| text).collect();
        for name in named(&manifest, "dependencies") {
            if !names(&text, &name) && !BY_MANIFEST.iter().any(|(known, _)| *known == name) {
                unused.push(format!("{member}: {name}"));
            }
            wanted.push(name);
        }
    }
    for name in named(&workspace, "workspace.dependencies") {
        if !wanted.contains(&name) {
            unused.push(format!("the workspace: {name}"));
        }
    }
    assert!(wanted.len() > 60, "the manifests were read");
    assert_eq!(unused, [""; 0], "take them out, or say in BY_MANIFEST what their features do");
}

#[test]
fn what_is_unsafe_is_where_it_is_known() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains(&format!("{LINT} = \"deny\"")), "the lint is on");
    let mut allowing = Vec::new();
    for member in ["api", "graphql", "schema", "tests"] {
        let manifest = fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member} takes the workspace's lints");
        for (path, text) in files(&root().join(member)) {
            if text.contains(LINT) {
                allowing.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    assert_eq!(allowing, [PathBuf::from("schema/src/db/conn.rs")], "it needs a reason, and a line here");
}
