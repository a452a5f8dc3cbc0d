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
