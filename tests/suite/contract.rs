//! The published contracts: what stands in the repository is what the code says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

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

/// Members of an OpenAPI schema, by GraphQL's names.
fn members(schema: &Value) -> BTreeSet<String> {
    let camel = |name: &String| {
        let mut parts = name.split('_');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..])
    };
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| camel(name)).collect()
}

/// The fields of each object and input of GraphQL's schema.
fn fields(sdl: &str) -> BTreeMap<&str, BTreeSet<String>> {
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut open = None;
    for line in sdl.lines() {
        let begins = line.strip_prefix("type ").or_else(|| line.strip_prefix("input "));
        if let Some(name) = begins.and_then(|rest| rest.split(' ').next()) {
            open = Some(name);
        } else if line == "}" {
            open = None;
        } else if let (Some(name), Some(field)) = (open, line.strip_prefix('\t'))
            && field.starts_with(|c: char| c.is_ascii_lowercase())
        {
            let field = field.split(['(', ':']).next().unwrap_or_default();
            all.entry(name).or_default().insert(field.to_owned());
        }
    }
    all
}

#[test]
fn what_one_face_has_of_an_object_the_other_has_too() {
    // `previous` and `next` in GraphQL; a connection has its own way to go on.
    const OTHERWISE: [(&str, &str); 2] = [("Post", "adjacent"), ("Comment", "repliesNext")];
    let document: Value = serde_json::from_str(&pressroom::openapi::document()).unwrap();
    let sdl = pressroom::graphql::sdl();
    let graphql = fields(&sdl);
    let mut compared = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let rest = members(schema);
        if let Some(own) = graphql.get(name.as_str()).filter(|_| name != "PageInfo") {
            let forgotten: Vec<_> = rest
                .difference(own)
                .filter(|member| !OTHERWISE.contains(&(name.as_str(), member.as_str())))
                .collect();
            assert!(
                forgotten.is_empty() || name.ends_with("Input"),
                "{name} has not in GraphQL: {forgotten:?}"
            );
            compared += 1;
        }
        let sends = ["Create", "Update", "Add", "Moderate"].iter().any(|verb| name.starts_with(verb));
        let input = if sends { format!("{name}Input") } else { name.clone() };
        if let Some(own) = graphql.get(input.as_str()).filter(|_| input.ends_with("Input")) {
            assert_eq!(&rest, own, "{input}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} were compared");
}
