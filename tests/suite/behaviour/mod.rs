//! What the contract promises of REST, one sentence a test, on both databases.

mod auth;
mod comment_policies;
mod comments;
mod counts;
mod credentials;
mod cross_origin;
mod guests;
mod http;
mod limits;
mod links;
mod lists;
mod media;
mod posts;
mod previews;
mod publishing;
mod retries;
mod revisions;
mod taxonomy;
mod users;

use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, text};

/// A body in Markdown.
fn markdown(source: &str) -> Value {
    json!({ "format": "markdown", "source": source })
}

/// The `name` of each row of a list.
#[track_caller]
fn column(list: &Value, name: &str) -> Vec<String> {
    let rows = list["data"].as_array().unwrap_or_else(|| panic!("{list} is no list"));
    rows.iter().map(|row| text(&row[name])).collect()
}

/// The `name` of every row of a list, read page by page from its beginning.
async fn walk(app: &TestApp, path: &str, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut page = app.get(path).await.ok();
    loop {
        all.extend(column(&page, name));
        let Some(cursor) = page["page"]["next"].as_str() else { return all };
        page = app.get(&format!("{path}&after={cursor}")).await.ok();
    }
}

/// The members that a problem document names.
#[track_caller]
fn named(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{problem} names nothing"));
    errors
        .iter()
        .map(|e| e["pointer"].as_str().or(e["parameter"].as_str()).unwrap_or_default().to_owned())
        .collect()
}

/// Refused because somebody else has changed it; the problem tells the present version.
#[track_caller]
fn is_stale(answer: &Answer, present: i64) {
    assert_eq!(answer.problem(412, "version_mismatch")["version"], present);
}
