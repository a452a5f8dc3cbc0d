//! The published contracts: what stands in the repository is what the code says.

use std::path::Path;

/// Says where `printed` and the committed file part, and how to write the file anew.
fn assert_committed(file: &str, command: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if committed == printed {
        return;
    }
    let line = committed.lines().zip(printed.lines()).take_while(|(old, new)| old == new).count();
    panic!(
        "{file} is not what the code says, from line {} on:\n  committed: {}\n  the code:  {}\nWrite it anew with `{command} > {file}`, and look at the difference: clients rely on it.",
        line + 1,
        committed.lines().nth(line).unwrap_or("(end)"),
        printed.lines().nth(line).unwrap_or("(end)"),
    );
}

#[test]
fn the_committed_openapi_document_is_what_the_code_says() {
    assert_committed("openapi/openapi.json", "cargo run -- openapi", &pressroom::openapi::document());
}

#[test]
fn the_committed_graphql_schema_is_what_the_code_says() {
    assert_committed("schema/schema.graphql", "cargo run -- graphql-schema", &pressroom::graphql::sdl());
}

/// What is not bound by any right is started by the server itself, never by a caller.
#[test]
fn no_request_is_served_with_the_rights_of_the_system() {
    /// Where the server acts by itself: its jobs, its command line, its demo, and what these and its start use.
    const ITS_OWN: [&str; 10] = [
        "auth/viewer.rs",
        "commands/",
        "demo/",
        "jobs/",
        "service/accounts/keys.rs",
        "service/accounts/users.rs",
        "service/media/objects.rs",
        "service/media/variants.rs",
        "service/posts/publish.rs",
        "service/search.rs",
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/src");
    let mut found = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
            let text = std::fs::read_to_string(&path).unwrap();
            let acts = text.contains("Viewer::system()") || text.contains("who: Who::System");
            if acts && !is_test && !ITS_OWN.iter().any(|own| name.starts_with(own)) {
                found.push(name);
            }
        }
    }
    assert!(found.is_empty(), "these act as the system; give them the caller's viewer: {found:?}");
}
