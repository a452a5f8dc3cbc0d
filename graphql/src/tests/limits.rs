//! Costs and limits without a schema's code.

use async_graphql::parser::parse_query;
use async_graphql::value;

use super::*;

const SDL: &str = r"
    type Query { post(id: ID): Post, posts(first: Int, last: Int): PostConnection!, tags: [Tag!]! }
    type PostConnection { edges: [PostEdge!]!, nodes: [Post!]! }
    type PostEdge { node: Post!, cursor: String! }
    type Post { id: ID!, title: String, tags: [Tag!]!, related(limit: Int! = 3): [Post!]!, comments(first: Int): CommentConnection! }
    type CommentConnection { nodes: [Comment!]! }
    type Comment { id: ID! }
    type Tag { id: ID!, name: String! }
    schema { query: Query }
";

/// The query that GraphiQL and the code generators send: all that the specification lets ask, types nine deep.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

fn types() -> TypeIndex {
    TypeIndex::from_sdl(SDL).unwrap()
}

fn cost(query: &str, variables: Value) -> Cost {
    let document = parse_query(query).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    measure(&document, &operation.node, &Variables::from_value(variables), &types(), &Limits::default())
        .unwrap()
}

fn refusal(query: &str, limits: &Limits) -> Fault {
    check(&parse_query(query).unwrap(), &Variables::default(), &types(), limits).unwrap_err()
}

#[test]
fn a_connection_multiplies_by_the_size_that_is_asked_for() {
    let query = |size: &str| format!("query($n: Int = 7) {{ posts{size} {{ nodes {{ id title }} }} }}");
    // posts, then for each post: nodes, id and title.
    assert_eq!(cost(&query("(first: 10)"), value!({})).complexity, 1 + 10 * 3);
    assert_eq!(cost(&query("(last: 4)"), value!({})).complexity, 1 + 4 * 3);
    assert_eq!(cost(&query("(first: $n)"), value!({"n": 50})).complexity, 1 + 50 * 3);
    assert_eq!(cost(&query("(first: $n)"), value!({})).complexity, 1 + 7 * 3);
    assert_eq!(cost(&query(""), value!({})).complexity, 1 + 20 * 3, "the default of lists");
    assert_eq!(cost(&query("(first: 0)"), value!({})).complexity, 1 + 3);
}

#[test]
fn lists_multiply_one_another_and_plain_lists_count_as_a_few() {
    let query = "{ posts(first: 10) { edges { node { comments(first: 5) { nodes { id } } tags { name } related { id } } } } }";
    let node = (1 + 5 * 2) + (1 + 5) + (1 + 3);
    assert_eq!(cost(query, value!({})).complexity, 1 + 10 * (2 + node));
}

#[test]
fn depth_aliases_fields_and_directives_are_counted_through_fragments() {
    let query = "query @a { x: post { ...P } post @b { ...P ... on Post { y: id } } }
        fragment P on Post { t: title @c related { id } }";
    let got = cost(query, value!({}));
    assert_eq!((got.depth, got.aliases, got.directives, got.width, got.fields), (3, 4, 4, 2, 9));
}

#[test]
fn each_limit_has_its_code() {
    let small =
        Limits { depth: 3, complexity: 100, aliases: 2, root_fields: 3, directives: 1, ..Limits::default() };
    for (query, code) in [
        ("{ post { related { related { id } } } }", code::TOO_DEEP),
        ("{ posts(first: 60) { nodes { id } } }", code::TOO_COMPLEX),
        ("{ a: post { id } b: post { id } c: post { id } }", code::TOO_MANY_ALIASES),
        ("{ post { id } post { id } post { id } tags { id } }", code::TOO_MANY_ROOT_FIELDS),
        ("{ post @include(if: true) { id @include(if: true) } }", code::TOO_MANY_DIRECTIVES),
        ("{ posts(first: 101) { nodes { id } } }", code::LIST_TOO_LONG),
    ] {
        assert_eq!(refusal(query, &small).code(), code, "{query}");
    }
    let within = "query A { tags { id } } query B { posts { nodes { id title } } }";
    assert!(check(&parse_query(within).unwrap(), &Variables::default(), &types(), &small).is_ok());
    let many = (0..60).map(|n| format!("query Q{n} {{ tags {{ id }} }}")).collect::<Vec<_>>().concat();
    assert_eq!(refusal(&many, &small).code(), code::DOCUMENT_TOO_LARGE);
    let other = "query A { tags { id } } query B { posts(first: 90) { nodes { id } } }";
    assert_eq!(refusal(other, &small).code(), code::TOO_COMPLEX, "operations that are not chosen count too");
}

#[test]
fn fragment_bombs_are_measured_once_each_and_refused() {
    let levels = (0..60)
        .map(|n| format!("fragment F{n} on Post {{ ...F{0} ...F{0} }}", n + 1))
        .collect::<Vec<_>>()
        .concat();
    let bomb = format!("{{ post {{ ...F0 }} }} {levels} fragment F60 on Post {{ id }}");
    assert_eq!(refusal(&bomb, &Limits::default()).code(), code::TOO_COMPLEX);
    let got = cost(&bomb, value!({}));
    assert_eq!(got.fields, (1u64 << 60) + 1);
    let wide = (0..60)
        .map(|n| format!("fragment F{n} on Post {{ {} }}", format!("...F{} ", n + 1).repeat(20)))
        .collect::<Vec<_>>()
        .concat();
    let wide = format!("{{ post {{ ...F0 }} }} {wide} fragment F60 on Post {{ id }}");
    assert_eq!(cost(&wide, value!({})).fields, u64::MAX, "no overflow");
}

#[test]
fn circular_fragments_are_refused_wherever_they_are() {
    let used = "{ post { ...A } } fragment A on Post { related { ...A } }";
    assert_eq!(refusal(used, &Limits::default()).code(), code::VALIDATION_FAILED);
    let unused = "{ post { id } } fragment A on Post { ...B } fragment B on Post { ...A }";
    assert_eq!(refusal(unused, &Limits::default()).code(), code::VALIDATION_FAILED);
}

#[test]
fn introspection_by_tools_always_passes_and_abuse_does_not() {
    let limits = Limits { depth: 1, complexity: 1, ..Limits::default() };
    let all = parse_query(INTROSPECTION).unwrap();
    check(&all, &Variables::default(), &types(), &limits).unwrap();
    let fields = |inside: &str| format!("fields {{ type {{ {inside} }} }}");
    let nested = (0..4).fold("name".to_owned(), |inside, _| fields(&inside));
    let abuse = format!("{{ __schema {{ types {{ {nested} }} }} }}");
    assert_eq!(refusal(&abuse, &limits).code(), code::TOO_COMPLEX);
    let off = Limits { introspection: false, ..Limits::default() };
    assert_eq!(refusal("{ x: __type(name: \"Post\") { name } }", &off).code(), code::INTROSPECTION_DISABLED);
    assert_eq!(refusal(INTROSPECTION, &off).code(), code::INTROSPECTION_DISABLED);
    check(&parse_query("{ __typename }").unwrap(), &Variables::default(), &types(), &off).unwrap();
}
