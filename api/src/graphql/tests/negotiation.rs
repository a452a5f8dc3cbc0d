//! Content negotiation, header by header.

use super::*;

#[test]
fn accept_chooses_between_the_two_media_types() {
    use Media::{GraphqlResponse, Json};
    for (accept, expected) in [
        (None, Some(Json)),
        (Some(""), Some(Json)),
        (Some("*/*"), Some(Json)),
        (Some("application/*"), Some(Json)),
        (Some("application/json"), Some(Json)),
        (Some("APPLICATION/JSON; charset=utf-8"), Some(Json)),
        (Some("application/graphql-response+json"), Some(GraphqlResponse)),
        (
            Some("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"),
            Some(GraphqlResponse),
        ),
        (Some("application/json, application/graphql-response+json"), Some(GraphqlResponse)),
        (Some("application/graphql-response+json;q=0.5, application/json;q=0.9"), Some(Json)),
        (Some("application/graphql-response+json, application/json;q=0.9"), Some(GraphqlResponse)),
        (Some("application/graphql-response+json;q=0, */*"), Some(Json)),
        (Some("application/json;q=0, */*;q=0.1"), Some(GraphqlResponse)),
        (Some("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"), Some(Json)),
        (Some("text/html"), None),
        (Some("application/json;q=0"), None),
        (Some("nonsense"), None),
    ] {
        assert_eq!(negotiate(accept), expected, "{accept:?}");
    }
}

#[test]
fn weights_are_read_in_thousandths() {
    for (weight, expected) in
        [("1", 1000), ("0.5", 500), ("0.25", 250), ("0.001", 1), ("0", 0), ("1.000", 1000), ("x", 1000)]
    {
        assert_eq!(thousandths(weight), expected, "{weight}");
    }
}

#[test]
fn only_json_in_utf_8_is_json() {
    for yes in [
        "application/json",
        "Application/JSON;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json; x=y",
    ] {
        assert!(is_json(yes), "{yes}");
    }
    for no in [
        "text/plain",
        "application/json; charset=utf-16",
        "application/jsonx",
        "",
        "multipart/form-data; boundary=application/json",
    ] {
        assert!(!is_json(no), "{no}");
    }
}

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
