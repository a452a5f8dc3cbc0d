//! What is one of a few words is a type: no public field or parameter of that kind is a text. Nor is what has a form of its own.

use std::path::Path;

/// What such fields are called.
const NAMES: [&str; 17] = [
    "status",
    "visibility",
    "kind",
    "role",
    "state",
    "relation",
    "format",
    "scope",
    "action",
    "object_type",
    "actor_kind",
    "mime",
    "sort",
    "perspective",
    "direction",
    "origin",
    "reason",
];

/// Fields of these names that are texts for a reason: file, field, why.
const TEXTS: [(&str, &str, &str); 12] = [
    (
        "schema/src/jobs.rs",
        "kind",
        "a newer version that shares the database may have written a word that this one does not know",
    ),
    ("schema/src/changes.rs", "object_type", "the same"),
    ("schema/src/changes.rs", "action", "the same"),
    ("schema/src/changes.rs", "actor_kind", "the same"),
    (
        "api/src/service/accounts/tokens.rs",
        "scope",
        "a fault of its own, `unknown_scope`, that is told after the right to make tokens",
    ),
    (
        "api/src/graphql/schema/mutation/input.rs",
        "scope",
        "GraphQL's names cannot have a colon: scopes are texts there",
    ),
    (
        "api/src/graphql/schema/arguments.rs",
        "mime",
        "GraphQL's names cannot have a slash: media types are texts there",
    ),
    ("schema/src/revisions.rs", "role", "an author's part in a post is said in the editor's own words"),
    ("api/src/service/posts/input.rs", "role", "the same"),
    ("api/src/view/author.rs", "role", "the same"),
    ("api/src/demo/mod.rs", "role", "the same"),
    ("api/src/http/problem.rs", "kind", "the address of a problem's type (RFC 9457)"),
];

/// What texts are called that have a form of their own, and a type that is made by reading them (`schema/src/values/text.rs`).
const FORMS: [&str; 1] = ["slug"];

/// Plain texts of these names, for a reason: file, name, why.
const PLAIN: [(&str, &str, &str); 3] = [
    ("api/src/demo/mod.rs", "slug", "a constant, which cannot be read before the program runs"),
    ("api/src/demo/content.rs", "slug", "the same"),
    ("api/src/demo/posts.rs", "slug", "the same"),
];

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The field that a line declares as a public text, if its name is one of [`NAMES`], also in the plural.
fn text_field(line: &str) -> Option<&'static str> {
    let declared = line.trim().strip_prefix("pub").filter(|rest| rest.starts_with([' ', '(']))?;
    let (left, kind) = declared.split_once(": ")?;
    let name = left.rsplit(' ').next()?;
    let mut inner = kind.trim_end_matches(',');
    while let Some((_, rest)) =
        inner.split_once('<').filter(|(of, _)| ["Option", "Vec", "MaybeUndefined"].contains(of))
    {
        inner = rest.strip_suffix('>')?;
    }
    let is_text = ["String", "&str", "&'static str", "&'a str"].contains(&inner);
    let is_named =
        |known: &&str| [Some(name), name.strip_suffix('s'), name.strip_suffix("es")].contains(&Some(*known));
    NAMES.into_iter().find(|known| is_text && is_named(known))
}

#[test]
fn no_public_field_of_words_is_a_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut paths, mut odd) = (Vec::new(), Vec::new());
    files(&root.join("schema/src"), &mut paths);
    files(&root.join("api/src"), &mut paths);
    for path in &paths {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        for (n, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
            let Some(field) = text_field(line) else { continue };
            if !TEXTS.iter().any(|(file, known, _)| *file == name && *known == field) {
                odd.push(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert!(paths.len() > 100, "the sources were not found");
    assert!(odd.is_empty(), "make these enums of `schema/src/values.rs`:\n{}", odd.join("\n"));
}

/// The name out of [`FORMS`] that a line declares as a plain text: as a field or a parameter, public or not.
fn plain_text(line: &str) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default();
    FORMS.into_iter().find(|name| {
        let declared = format!("{name}: ");
        code.match_indices(&declared).any(|(at, _)| {
            let is_whole = code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
            let mut kind = &code[at + declared.len()..];
            while let Some(inner) = ["Option<", "MaybeUndefined<"].iter().find_map(|of| kind.strip_prefix(of))
            {
                kind = inner;
            }
            let kind = kind.split([',', ')', '>', ';']).next().unwrap_or_default().trim();
            is_whole && (kind == "String" || (kind.starts_with('&') && kind.trim_end().ends_with("str")))
        })
    })
}

/// Whether a file is compiled for tests only.
fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("tests.rs")
}

#[test]
fn no_text_with_a_form_of_its_own_is_a_plain_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut paths, mut odd, mut used) = (Vec::new(), Vec::new(), Vec::new());
    files(&root.join("schema/src"), &mut paths);
    files(&root.join("api/src"), &mut paths);
    for path in &paths {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        for (n, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
            let Some(field) = plain_text(line).filter(|_| !is_test(&name)) else { continue };
            match PLAIN.iter().position(|(file, known, _)| *file == name && *known == field) {
                Some(known) => used.push(known),
                None => odd.push(format!("{name}:{}: {}", n + 1, line.trim())),
            }
        }
    }
    assert!(paths.len() > 100, "the sources were not found");
    assert!(odd.is_empty(), "make these types of `schema/src/values/text.rs`:\n{}", odd.join("\n"));
    let unused: Vec<_> = (0..PLAIN.len()).filter(|n| !used.contains(n)).map(|n| PLAIN[n]).collect();
    assert!(unused.is_empty(), "these are plain texts no longer: {unused:?}");
}

#[test]
fn a_plain_text_is_found_in_fields_and_in_parameters() {
    for line in [
        "    pub slug: String,",
        "slug: Option<String>,",
        "pub slug: MaybeUndefined<String>,",
        "fn find(conn: &mut Conn, slug: &str) -> Option<Id> {",
        "slug: &'static str,",
    ] {
        assert!(plain_text(line).is_some(), "{line}");
    }
    for line in [
        "pub slug: Slug,",
        "slug: Option<Given<Slug>>,",
        "own_slug: &str,",
        "slug: slug.clone(),",
        "// slug: String",
    ] {
        assert!(plain_text(line).is_none(), "{line}");
    }
}

#[test]
fn such_a_field_is_found_however_it_is_declared() {
    for line in [
        "pub status: String,",
        "    pub(crate) kind: Option<String>,",
        "pub statuses: Vec<String>,",
        "pub role: &'static str,",
        "pub scopes: MaybeUndefined<Option<Vec<String>>>,",
    ] {
        assert!(text_field(line).is_some(), "{line}");
    }
    for line in [
        "pub status: PostStatus,",
        "kind: String,",
        "pub title: String,",
        "/// pub status: String",
        "pub fn status(&self) -> &str {",
    ] {
        assert!(text_field(line).is_none(), "{line}");
    }
}
