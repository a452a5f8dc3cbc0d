//! Who gets GraphiQL's page.

use super::*;

#[test]
fn only_a_browser_that_brings_no_query_gets_the_page() {
    let page = |accept: &str, query_string: &str| {
        let parts = HttpParts {
            method: Method::GET,
            query_string: query_string.to_owned(),
            accept: Some(accept.to_owned()),
            content_type: None,
            content_encoding: None,
            body: Bytes::new(),
        };
        parts.wants_page()
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    assert!(page(browser, "") && page(browser, "theme=dark"));
    assert!(!page(browser, "query=%7Ba%7D") && !page(browser, "extensions=%7B%7D"));
    assert!(
        !page("*/*", "") && !page("application/json", "") && !page("application/json, text/html;q=0.9", "")
    );
}
