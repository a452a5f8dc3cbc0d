//! Plans without a schema's code: an SDL is enough.

use async_graphql::parser::parse_query;
use async_graphql::{Enum, ID, InputObject, MaybeUndefined, value};

use super::*;

const SDL: &str = r"
    interface Node { id: ID! }
    interface Dated { at: String }
    type Post implements Node & Dated {
        id: ID!, at: String, title: String
        comments(first: Int! = 20, sort: Sort = OLDEST, filter: Filter): [Comment!]!
        author: Author
    }
    type Author implements Node { id: ID!, name: String, posts(first: Int): [Post!]! }
    type Comment { id: ID!, replies(first: Int): [Comment!]! }
    union Hit = Post | Author
    enum Sort { OLDEST NEWEST }
    input Filter { tags: [String!], featured: Boolean }
    type Query { post(id: ID): Post, node(id: ID!): Node, hits: [Hit!]!, a: Int }
    type Mutation { createPost(title: String): Post }
    schema { query: Query, mutation: Mutation }
";

fn plan(query: &str, variables: Value) -> Result<Plan, Fault> {
    let types = Arc::new(TypeIndex::from_sdl(SDL).unwrap());
    plan_operation(&parse_query(query).unwrap(), None, &Variables::from_value(variables), &types)
}

fn keys(fields: &[Arc<PlanField>]) -> Vec<&str> {
    fields.iter().map(|field| field.key.as_str()).collect()
}

#[test]
fn a_plan_is_owned_and_can_be_sent_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Plan>();
    check::<Arc<PlanField>>();
}

#[test]
fn fields_come_in_order_under_their_response_keys() {
    let plan = plan(
        "{ b: a __typename post(id: 1) { title t: title id } __schema { types { name } } a }",
        value!({}),
    );
    let plan = plan.unwrap();
    assert_eq!(keys(&plan.fields), ["b", "post", "a"]);
    let post = plan.field("post").unwrap();
    assert_eq!(keys(&post.children("Post")), ["title", "t", "id"]);
    assert_eq!(post.child("Post", "t").unwrap().name, "title");
    assert_eq!(post.named("Post", "title").len(), 2);
    assert!(post.selects("Post", "id") && !post.selects("Post", "author"));
    assert_eq!(plan.operation, OperationType::Query);
}

#[test]
fn selections_of_one_response_key_are_merged_at_every_level() {
    let query = "{
        post { author { id } } ...A
        ... { post { author { posts { title } } } }
        ... on Query { post { author { posts { author { name } } } } }
    } fragment A on Query { post { author { name posts { id } } } }";
    let plan = plan(query, value!({})).unwrap();
    assert_eq!(keys(&plan.fields), ["post"]);
    let author = plan.fields[0].child("Post", "author").unwrap();
    assert_eq!(keys(&author.children("Author")), ["id", "name", "posts"]);
    let posts = author.child("Author", "posts").unwrap();
    assert_eq!(keys(&posts.children("Post")), ["id", "title", "author"]);
}

#[test]
fn children_are_those_of_the_objects_type() {
    let query = "{ node(id: 1) { id ... on Post { title } ... on Author { name } ... on Dated { at } ... on Node { x: id } }
        hits { ... on Hit { ... on Author { id } } ... on Post { at } } }";
    let plan = plan(query, value!({})).unwrap();
    let node = plan.field("node").unwrap();
    assert_eq!(keys(&node.children("Post")), ["id", "title", "at", "x"]);
    assert_eq!(keys(&node.children("Author")), ["id", "name", "x"]);
    assert_eq!(keys(&node.any_children()), ["id", "title", "name", "at", "x"]);
    let hits = plan.field("hits").unwrap();
    assert_eq!(keys(&hits.children("Author")), ["id"]);
    assert_eq!(keys(&hits.children("Post")), ["at"]);
}

#[test]
fn the_same_child_has_the_same_id_whenever_it_is_asked_for() {
    let plan = plan("{ post { a: comments { id } b: comments { id } } }", value!({})).unwrap();
    let post = plan.field("post").unwrap();
    let (first, second) = (post.child("Post", "a").unwrap(), post.child("Post", "b").unwrap());
    assert_ne!(first.id, second.id);
    assert_eq!(first.id, post.child("Post", "a").unwrap().id);
    assert!(Arc::ptr_eq(&first, &post.child("Post", "a").unwrap()));
}

#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Oldest,
    Newest,
}

#[derive(InputObject, PartialEq, Debug)]
struct Filter {
    tags: Option<Vec<String>>,
    featured: MaybeUndefined<bool>,
}

#[derive(InputObject, PartialEq, Debug)]
struct CommentsArguments {
    first: i32,
    sort: Sort,
    filter: MaybeUndefined<Filter>,
}

#[test]
fn arguments_have_variables_and_defaults_put_in() {
    let query = "query($n: Int = 5, $none: Int, $tags: [String!]) { post {
        a: comments(first: $n, sort: NEWEST, filter: {tags: $tags, featured: $none})
        b: comments(first: $none)
        c: comments(filter: null)
    } }";
    let plan = plan(query, value!({"tags": "x"})).unwrap();
    let post = plan.field("post").unwrap();
    let args = |key: &str| post.child("Post", key).unwrap().args.read::<CommentsArguments>().unwrap();
    let filter = Filter { tags: Some(vec!["x".to_owned()]), featured: MaybeUndefined::Undefined };
    let a = CommentsArguments { first: 5, sort: Sort::Newest, filter: MaybeUndefined::Value(filter) };
    assert_eq!(args("a"), a);
    let b = CommentsArguments { first: 20, sort: Sort::Oldest, filter: MaybeUndefined::Undefined };
    assert_eq!(args("b"), b, "an omitted variable leaves the schema's default");
    assert_eq!(args("c"), CommentsArguments { filter: MaybeUndefined::Null, ..b });
}

#[derive(InputObject, PartialEq, Debug)]
struct IdArguments {
    id: ID,
}

#[test]
fn an_id_is_text_however_it_was_written() {
    let plan = plan("{ a: post(id: 5) { id } b: post(id: \"5\") { id } }", value!({})).unwrap();
    let given: Vec<_> = plan.fields.iter().flat_map(|field| field.args.iter()).collect();
    assert_eq!(given, [("id", &value!("5")), ("id", &value!("5"))]);
    assert_eq!(plan.fields[0].args.read::<IdArguments>().unwrap(), IdArguments { id: "5".into() });
}

#[test]
fn arguments_that_cannot_be_read_are_a_fault() {
    let plan = plan("{ post(id: [1]) { id } a }", value!({})).unwrap();
    let faults =
        plan.fields.iter().map(|field| field.args.read::<IdArguments>().unwrap_err().code().to_owned());
    assert_eq!(faults.collect::<Vec<_>>(), [code::BAD_ARGUMENTS; 2]);
}

#[test]
fn skip_and_include_leave_out_fields_fragments_and_spreads() {
    let query = "query($yes: Boolean!, $no: Boolean = false) {
        a @skip(if: $yes) b: a @include(if: $no) c: a @include(if: $yes) @skip(if: $no)
        ... @skip(if: true) { d: a } ...F @include(if: $no) ...F
    } fragment F on Query { e: a f: a @include(if: false) }";
    let plan = plan(query, value!({"yes": true})).unwrap();
    assert_eq!(keys(&plan.fields), ["c", "e"]);
}

#[test]
fn a_mutation_has_its_root_fields_and_their_children() {
    let query = "mutation($t: String) { a: createPost(title: $t) { id } b: createPost { author { name } } }";
    let plan = plan(query, value!({"t": "x"})).unwrap();
    assert_eq!(plan.operation, OperationType::Mutation);
    assert_eq!(keys(&plan.fields), ["a", "b"]);
    assert_eq!(plan.fields[0].args.iter().next(), Some(("title", &value!("x"))));
    assert!(plan.fields[1].selects("Post", "author"));
}

#[test]
fn unknown_and_circular_fragments_are_refused() {
    for query in ["{ ...Nope }", "{ ...A } fragment A on Query { a ...B } fragment B on Query { ...A }"] {
        assert_eq!(plan(query, value!({})).unwrap_err().code(), code::VALIDATION_FAILED);
    }
}

#[test]
fn fragment_bombs_take_no_time() {
    // Twice as many at each of forty levels.
    let spreads = |name: &str, inside: fn(usize) -> String| {
        let levels = (0..40)
            .map(|n| format!("fragment {name}{n} on Query {{ {} }}", inside(n)))
            .collect::<Vec<_>>()
            .concat();
        format!("{{ ...{name}0 }} {levels} fragment {name}40 on Query {{ a }}")
    };
    let flat = spreads("A", |n| format!("...A{0} ...A{0}", n + 1));
    assert_eq!(plan(&flat, value!({})).unwrap_err().code(), code::TOO_COMPLEX);
    let deep = spreads("B", |n| format!("x: post {{ ...B{0} }} y: post {{ ...B{0} }}", n + 1));
    assert_eq!(plan(&deep, value!({})).unwrap_err().code(), code::TOO_COMPLEX);
    let nested = format!("{} a {}", "{ post ".repeat(60), "}".repeat(60));
    assert!(plan(&nested, value!({})).is_ok());
}
