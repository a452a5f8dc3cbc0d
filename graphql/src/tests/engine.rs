//! What the engine promises, without HTTP.

use async_graphql::{Value, value};
use serde_json::json;

use super::toy::{ask, ask_counting, engine};
use pressroom_graphql::Limits;

fn text(answer: &serde_json::Value) -> String {
    answer.to_string()
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_query() {
    let engine = engine(Limits::default());
    let query =
        "{ post(id: 4) { comments(first: 1) author { name } id title } posts(first: 1) { count } echo }";
    let call = pressroom_graphql::Call { query: Some(query.into()), ..Default::default() };
    let db = std::sync::Arc::default();
    let outcome = engine.execute(call, async |plan| super::toy::preload(&db, &plan)).await;
    let pressroom_graphql::Outcome::Answered { response, .. } = outcome else { panic!("{outcome:?}") };
    // Compared as text: a parsed object would not tell the order.
    assert_eq!(
        serde_json::to_string(&response).unwrap(),
        r#"{"data":{"post":{"comments":["comment 1 on 4"],"author":{"name":"grace"},"id":"4","title":"Post 4"},"posts":{"count":1},"echo":"nothing!"}}"#
    );
}

#[tokio::test]
async fn aliases_with_different_arguments_get_their_own_values() {
    let engine = engine(Limits::default());
    let query = "query($n: Int) {
        few: posts(first: 1) { edges { node { a: comments(first: 1) b: comments(first: $n) c: comments } } }
        more: posts { edges { cursor } }
    }";
    let answer = ask(&engine, query, value!({"n": 3})).await;
    let node = &answer["data"]["few"]["edges"][0]["node"];
    assert_eq!(node["a"].as_array().unwrap().len(), 1);
    assert_eq!(node["b"].as_array().unwrap().len(), 3);
    assert_eq!(node["c"].as_array().unwrap().len(), 2, "the schema's default");
    assert_eq!(answer["data"]["more"]["edges"].as_array().unwrap().len(), 0, "edges without node");
    assert!(answer.get("errors").is_none(), "{answer}");
}

#[tokio::test]
async fn statements_do_not_depend_on_how_many_rows_there_are() {
    let engine = engine(Limits { complexity: 1_000_000, ..Limits::default() });
    let query =
        "query($n: Int!) { posts(first: $n) { edges { node { author { name } comments(first: $n) } } } }";
    let (_, few) = ask_counting(&engine, query, value!({"n": 1})).await;
    let (answer, many) = ask_counting(&engine, query, value!({"n": 100})).await;
    assert_eq!(answer["data"]["posts"]["edges"].as_array().unwrap().len(), 100);
    assert_eq!((few, many), (3, 3));
}

#[tokio::test]
async fn a_mutation_loads_after_its_write_and_mutations_run_in_order() {
    let engine = engine(Limits::default());
    let query = "mutation($t: String!) {
        a: createPost(input: {title: $t}) { author { name } comments(first: 1) }
        b: patch(input: {title: $t})
    }";
    let answer = ask(&engine, query, value!({"t": "x"})).await;
    let expected = r#"{"data":{"a":{"author":{"name":"ada"},"comments":["comment 1 on 7"]},"b":"leave"}}"#;
    assert_eq!(answer, serde_json::from_str::<serde_json::Value>(expected).unwrap());
}

#[tokio::test]
async fn an_omitted_variable_is_not_null() {
    let engine = engine(Limits::default());
    let query = "mutation($s: String) { patch(input: {title: \"x\", subtitle: $s}) }";
    assert_eq!(ask(&engine, query, value!({})).await["data"]["patch"], "leave");
    assert_eq!(ask(&engine, query, value!({"s": null})).await["data"]["patch"], "clear");
    assert_eq!(ask(&engine, query, value!({"s": "y"})).await["data"]["patch"], "set y");
    let query = "query($n: Int, $loud: Boolean) { posts(first: $n) { count } echo(loud: $loud) }";
    let answer = ask(&engine, query, value!({})).await;
    assert_eq!(
        answer,
        json!({"data": {"posts": {"count": 3}, "echo": "nothing!"}}),
        "defaults of the schema"
    );
}

#[tokio::test]
async fn skip_and_include_see_the_defaults_of_variables() {
    let engine = engine(Limits::default());
    let query =
        "query($s: Boolean = true) { a: echo @skip(if: $s) b: echo @include(if: $s) ...F @skip(if: $s) }
        fragment F on Query { c: echo }";
    assert_eq!(ask(&engine, query, value!({})).await, json!({"data": {"b": "nothing!"}}));
    let answer = ask(&engine, query, value!({"s": false})).await;
    assert_eq!(answer, json!({"data": {"a": "nothing!", "c": "nothing!"}}));
}

#[tokio::test]
async fn an_object_of_which_nothing_was_selected_is_empty_and_not_null() {
    let engine = engine(Limits::default());
    let query = "{ post(id: 1) { title @skip(if: true) } node(id: 1) { ... on Page { path } } }";
    assert_eq!(ask(&engine, query, value!({})).await, json!({"data": {"post": {}, "node": {}}}));
    assert_eq!(ask(&engine, "{ echo @include(if: false) }", value!({})).await, json!({"data": {}}));
    // The same where fragments are all that is selected: such as apply to every object there, to none, and within one another.
    let query = "{ ...Q } fragment Q on Query { post(id: 1) { ...P } node(id: 1) { ...N } hits { ...P } }
        fragment P on Post { ...T ... @skip(if: true) { id } } fragment T on Post { title @skip(if: true) }
        fragment N on Node { ... on Page { path } ...P }";
    let expected = json!({"data": {"post": {}, "node": {}, "hits": [{}, {}]}});
    assert_eq!(ask(&engine, query, value!({})).await, expected);
    let query = "{ post(id: 1) { ...P } node(id: 1) { ...N } } fragment P on Post { ...T } fragment T on Post { title }
        fragment N on Node { ...P ... on Page { path } }";
    let expected = json!({"data": {"post": {"title": "Post 1"}, "node": {"title": "Post 1"}}});
    assert_eq!(ask(&engine, query, value!({})).await, expected);
}

#[tokio::test]
async fn interfaces_and_unions_get_the_fields_of_their_type() {
    let engine = engine(Limits::default());
    let query = "{ node(id: 2) { __typename ...N ... on Post { author { name } } } hits { ... on Page { path } ... on Post { title } } }
        fragment N on Node { id }";
    let answer = ask(&engine, query, value!({})).await;
    let expected = json!({"data": {
        "node": {"__typename": "Post", "id": "2", "author": {"name": "grace"}},
        "hits": [{"path": "/about"}, {"title": "Post 1"}],
    }});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_failed_nullable_field_is_null_in_its_place() {
    let engine = engine(Limits::default());
    let answer = ask(&engine, "{ post(id: 1) { id secret title } }", value!({})).await;
    assert_eq!(text(&answer["data"]), r#"{"post":{"id":"1","secret":null,"title":"Post 1"}}"#);
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["post", "secret"]));
    assert_eq!(error["extensions"]["code"], "forbidden");
    assert_eq!(error["message"], "You may not see that.");
    let answer = ask(&engine, "{ post(id: 1) { secret } }", value!({})).await;
    assert_eq!(
        answer["data"],
        json!({"post": {"secret": null}}),
        "the object stays where all its fields failed"
    );
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_non_null_field_takes_what_holds_it() {
    let engine = engine(Limits::default());
    let answer = ask(&engine, "{ post(id: 1) { id promised } echo }", value!({})).await;
    assert_eq!(answer["data"], json!({"post": null, "echo": "nothing!"}));
    let query = "{ posts(first: 2) { count edges { node { id promised secret } } } echo }";
    let answer = ask(&engine, query, value!({})).await;
    assert_eq!(answer["data"], Value::Null.into_json().unwrap(), "posts, edges and nodes are all promised");
    let answer = ask(&engine, "mutation { createPost(input: {title: \" \"}) { id } }", value!({})).await;
    assert_eq!(answer["data"], serde_json::Value::Null);
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "validation_failed");
    assert_eq!(
        extensions["errors"],
        json!([{"pointer": "/title", "code": "required", "detail": "Give a title."}])
    );
}

#[tokio::test]
async fn an_unknown_failure_tells_nothing_and_bad_arguments_tell_all() {
    let engine = engine(Limits::default());
    let answer = ask(&engine, "{ post(id: 1) { crash } }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "internal");
    assert!(!text(&answer).contains("SELECT") && !text(&answer).contains("/srv"), "{answer}");
    let answer = ask(&engine, "{ firstLetter(of: 99999999999) }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "bad_arguments", "{answer}");
    assert_eq!(answer["data"], json!({"firstLetter": null}));
}

#[tokio::test]
async fn requests_are_refused_with_a_code_before_anything_is_loaded() {
    let engine = engine(Limits::default());
    for (query, variables, code) in [
        ("{", value!({}), "graphql_parse_failed"),
        ("{ nothing }", value!({}), "graphql_validation_failed"),
        ("{ post(id: {}) { id } }", value!({}), "graphql_validation_failed"),
        ("{ ...A } fragment A on Query { ...A }", value!({}), "graphql_validation_failed"),
        ("query($id: ID!) { post(id: $id) { id } }", value!({}), "bad_variables"),
        ("query($id: ID!) { post(id: $id) { id } }", value!({"id": {}}), "bad_variables"),
        ("query A { echo } query B { echo }", value!({}), "unknown_operation"),
        ("{ posts(first: 101) { count } }", value!({}), "list_too_long"),
        ("{ posts(first: 1.5) { count } }", value!({}), "graphql_validation_failed"),
        ("{ posts(first: 1e30) { count } }", value!({}), "graphql_validation_failed"),
        ("{ posts(first: 99999999999999999999) { count } }", value!({}), "graphql_validation_failed"),
        ("query($n: Int) { posts(first: $n) { count } }", value!({"n": 1.5}), "bad_variables"),
        ("query($n: Int) { posts(first: $n) { count } }", value!({"n": 1.0}), "bad_variables"),
        ("query($id: Int!) { post(id: $id) { id } }", value!({"id": 1}), "graphql_validation_failed"),
        ("query($s: Boolean) { echo @skip(if: $s) }", value!({"s": true}), "graphql_validation_failed"),
        (
            "mutation($t: String!) { patch(input: {title: \"x\", subtitel: $t}) }",
            value!({"t": "x"}),
            "graphql_validation_failed",
        ),
        ("subscription { a }", value!({}), "graphql_validation_failed"),
    ] {
        let (answer, statements) = ask_counting(&engine, query, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query} {answer}");
        assert!(answer.get("data").is_none() && statements == 0, "{query} {answer}");
    }
}

#[tokio::test]
async fn a_document_known_to_be_valid_still_has_its_variables_and_limits_checked() {
    let engine = engine(Limits::default());
    let query = "query($n: Int!) { posts(first: $n) { count } }";
    for _ in 0..2 {
        assert_eq!(ask(&engine, query, value!({"n": 2})).await["data"]["posts"]["count"], 2);
        let answer = ask(&engine, query, value!({"n": "2"})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "bad_variables");
        let answer = ask(&engine, query, value!({"n": 1000})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "list_too_long");
    }
}

#[tokio::test]
async fn a_document_with_a_value_out_of_place_is_refused_each_time() {
    let engine = engine(Limits::default());
    let query = "query($t: Int) { echo(text: $t) }";
    for _ in 0..2 {
        let answer = ask(&engine, query, value!({})).await;
        assert_eq!(
            answer["errors"][0]["message"],
            "\"text\" must be of type String, and \"$t\" is of type Int."
        );
        let places = json!([{"line": 1, "column": 7}, {"line": 1, "column": 29}]);
        assert_eq!(answer["errors"][0]["locations"], places);
    }
    assert!(engine.check(query).await.unwrap_err().contains("\"$t\" is of type Int"));
    let emoji = r#"{ echo(text: "\uD83D\uDE00") }"#;
    assert_eq!(ask(&engine, emoji, value!({})).await, json!({"data": {"echo": "\u{1F600}!"}}));
}

#[tokio::test]
async fn introspection_answers_or_is_refused() {
    let open = engine(Limits::default());
    let answer = ask(&open, "{ __schema { queryType { name } } __typename }", value!({})).await;
    assert_eq!(
        answer,
        json!({"data": {"__schema": {"queryType": {"name": "Query"}}, "__typename": "Query"}})
    );
    let closed = engine(Limits { introspection: false, ..Limits::default() });
    let answer =
        ask(&closed, "{ ...A } fragment A on Query { s: __schema { queryType { name } } }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "introspection_disabled");
    assert_eq!(ask(&closed, "{ __typename }", value!({})).await, json!({"data": {"__typename": "Query"}}));
    let answer = ask(&closed, "{ ech }", value!({})).await;
    assert!(!text(&answer).contains("echo"), "no suggestions: {answer}");
}

#[tokio::test]
async fn the_deepest_values_and_fragments_that_are_let_in_are_answered() {
    let engine = engine(Limits::default());
    let nested = format!("{{ post(id: {}1{}) {{ id }} }}", "[".repeat(90), "]".repeat(90));
    let answer = ask(&engine, &nested, value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "graphql_validation_failed");
    let chain = |length: usize| {
        let links = (1..length).map(|n| format!("fragment F{n} on Query {{ ...F{} }}", n + 1));
        let links = links.collect::<Vec<_>>().concat();
        format!("{{ ...F1 }} {links} fragment F{length} on Query {{ echo }}")
    };
    assert_eq!(ask(&engine, &chain(60), value!({})).await, json!({"data": {"echo": "nothing!"}}));
    let answer = ask(&engine, &chain(500), value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "query_too_deep");
    let unused = chain(500).replacen("...F1", "echo", 1);
    let answer = ask(&engine, &unused, value!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "query_too_deep",
        "unused fragments are walked as well"
    );
}

#[tokio::test]
async fn arguments_that_are_one_struct_stand_one_by_one_in_the_schema() {
    let engine = engine(Limits::default());
    assert!(engine.sdl().contains("\tpost(id: ID!): Post\n"), "{}", engine.sdl());
    assert!(
        engine.sdl().contains("\"\"\"\n\t\tHow many.\n\t\t\"\"\"\n\t\tfirst: Int! = 3\n"),
        "{}",
        engine.sdl()
    );
    assert!(!engine.sdl().contains("Arguments"), "{}", engine.sdl());
    let answer = ask(&engine, "{ posts(first: 99999999999) { count } }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "list_too_long");
    let answer = ask(&engine, "{ post(id: 1) { comments(first: -99999999999) } }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "bad_arguments", "{answer}");
    let answer = ask(&engine, "{ post { id } }", value!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "graphql_validation_failed", "{answer}");
}
