//! Where values stand in a document: the rules of validation that async-graphql leaves out (section 5).
//!
//! async-graphql 7.2 has a rule for the places of variables and never reports one (5.8.5; pull request 1669 touches it; still so in
//! 8.0.0-rc.5); it passes over the whole value where a variable stands anywhere in it (5.6.2 and 5.6.4, members of input objects; no
//! issue known; mended in 8.0.0-rc.5); and it takes a string for an enum value, as JSON writes those (5.6.1; no issue known; still so
//! in 8.0.0-rc.5). So these come after its own rules. Unneeded once it has the first and the last as well.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field as FieldNode, Selection, SelectionSet, Type,
    VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, Value};
use bytes::Bytes;

use crate::fault::{Fault, code, kind_of};
use crate::types::{Input, SchemaType, TypeIndex, named};

/// How many faults are told at once.
const MAX_FAULTS: usize = 20;

/// What is wrong with the values of a document that async-graphql found valid; empty where nothing is.
pub(crate) fn check(document: &ExecutableDocument, types: &TypeIndex) -> Vec<Fault> {
    let mut reader = Reader { types, part: Part::default(), faults: Vec::new() };
    let mut fragments = HashMap::new();
    for (name, fragment) in &document.fragments {
        let (fragment, condition) = (&fragment.node, &fragment.node.type_condition.node.on.node);
        let part = reader.part(&fragment.directives, &fragment.selection_set.node, condition);
        fragments.insert(name.as_str(), part);
    }
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let root = types.root(operation.ty);
        let part = reader.part(&operation.directives, &operation.selection_set.node, root);
        reader.defaults(&operation.variable_definitions);
        reader.hold(&operation.variable_definitions, &part, &fragments);
    }
    reader.faults
}

/// A place that takes a value.
#[derive(Clone)]
struct Place<'a> {
    ty: &'a Type,
    /// Whether the schema says what stands there where nothing is given.
    has_default: bool,
    /// The argument and the members below it, as in `filter.status`.
    path: String,
    position: Pos,
}

impl<'a> Place<'a> {
    fn of(input: &'a Input, path: String, position: Pos) -> Self {
        Self { ty: &input.ty, has_default: input.default.is_some(), path, position }
    }

    /// The place of an item, where this one takes a list.
    fn item(&self, ty: &'a Type) -> Self {
        Self { ty, has_default: false, path: self.path.clone(), position: self.position }
    }

    /// `IsVariableUsageAllowed` of the specification.
    fn takes(&self, variable: &VariableDefinition) -> bool {
        let ty = &variable.var_type.node;
        let has_default = variable.default_value.as_ref().is_some_and(|value| value.node != Value::Null);
        let is_given = !ty.nullable || has_default || self.has_default;
        (is_given || self.ty.nullable) && fits(&ty.base, &self.ty.base)
    }
}

/// Whether every value of `given` but null is one of `wanted` (`AreTypesCompatible` of the specification).
fn fits(given: &BaseType, wanted: &BaseType) -> bool {
    match (given, wanted) {
        (BaseType::Named(given), BaseType::Named(wanted)) => given == wanted,
        (BaseType::List(given), BaseType::List(wanted)) => {
            (wanted.nullable || !given.nullable) && fits(&given.base, &wanted.base)
        }
        _ => false,
    }
}

/// A variable where it is used.
struct Usage<'a> {
    variable: String,
    place: Place<'a>,
}

/// What an operation or a fragment holds itself, its spreads aside.
#[derive(Default)]
struct Part<'a> {
    usages: Vec<Usage<'a>>,
    spreads: Vec<&'a str>,
}

/// For `into_const_with`: a variable as a value that can be told from all others, since neither GraphQL nor JSON can write a
/// binary value.
fn mark(name: &Name) -> Value {
    Value::Binary(Bytes::copy_from_slice(name.as_bytes()))
}

struct Reader<'a> {
    types: &'a TypeIndex,
    /// What is being read.
    part: Part<'a>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn part(
        &mut self,
        directives: &'a [Positioned<Directive>],
        set: &'a SelectionSet,
        parent: &str,
    ) -> Part<'a> {
        self.directives(directives);
        self.set(set, parent);
        std::mem::take(&mut self.part)
    }

    fn set(&mut self, set: &'a SelectionSet, parent: &str) {
        for item in &set.items {
            self.directives(item.node.directives());
            match &item.node {
                Selection::Field(field) => self.field(&field.node, parent),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                    self.set(&fragment.node.selection_set.node, parent);
                }
                Selection::FragmentSpread(spread) => {
                    self.part.spreads.push(spread.node.fragment_name.node.as_str());
                }
            }
        }
    }

    fn field(&mut self, field: &'a FieldNode, parent: &str) {
        let (types, name) = (self.types, field.name.node.as_str());
        let given = field.arguments.iter().map(|(name, value)| {
            let marked = value.node.clone().into_const_with(|name| Ok::<_, Infallible>(mark(&name)));
            (&name.node, value.pos, marked)
        });
        self.arguments(given, types.arguments(parent, name));
        let child = if parent.starts_with("__") || matches!(name, "__schema" | "__type") {
            "__"
        } else {
            types.field(parent, name).map_or("", |definition| named(&definition.ty))
        };
        self.set(&field.selection_set.node, child);
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) {
        for directive in directives {
            let given = directive.node.arguments.iter().map(|(name, value)| {
                let marked = value.node.clone().into_const_with(|name| Ok::<_, Infallible>(mark(&name)));
                (&name.node, value.pos, marked)
            });
            let inputs = self.types.directive(&directive.node.name.node);
            self.arguments(given, inputs);
        }
    }

    fn arguments<'n>(
        &mut self,
        given: impl Iterator<Item = (&'n Name, Pos, Result<Value, Infallible>)>,
        inputs: &'a [Input],
    ) {
        for (name, position, value) in given {
            let Ok(value) = value;
            if let Some(input) = inputs.iter().find(|input| *name == input.name) {
                self.value(&value, &Place::of(input, name.to_string(), position));
            }
        }
    }

    /// The defaults of an operation's variables.
    fn defaults(&mut self, variables: &'a [Positioned<VariableDefinition>]) {
        for variable in variables {
            if let Some(default) = &variable.node.default_value {
                let (ty, path) = (&variable.node.var_type.node, format!("${}", variable.node.name.node));
                let place = Place { ty, has_default: false, path, position: default.pos };
                self.value(&default.node, &place);
            }
        }
    }

    fn value(&mut self, value: &Value, place: &Place<'a>) {
        match (value, &place.ty.base) {
            (Value::Binary(name), _) => {
                let variable = String::from_utf8_lossy(name).into_owned();
                self.part.usages.push(Usage { variable, place: place.clone() });
            }
            (Value::Null, _) if place.ty.nullable => {}
            (Value::Null, _) => self.wrong(value, place),
            (Value::List(items), BaseType::List(inner)) => {
                let place = place.item(inner);
                for item in items {
                    self.value(item, &place);
                }
            }
            (single, BaseType::List(inner)) => self.value(single, &place.item(inner)),
            (single, BaseType::Named(name)) => self.named(single, name, place),
        }
    }

    /// Scalars are left to those who read them: async-graphql, and resolvers.
    fn named(&mut self, value: &Value, ty: &str, place: &Place<'a>) {
        let types = self.types;
        match (types.kind(ty), value) {
            (Some(SchemaType::Input { fields, .. }), Value::Object(members)) => {
                self.members(members, fields, place);
            }
            (Some(SchemaType::Enum(names)), Value::Enum(name)) if names.contains(name.as_str()) => {}
            (Some(SchemaType::Input { .. } | SchemaType::Enum(_)), _) => self.wrong(value, place),
            _ => {}
        }
    }

    fn members(&mut self, members: &IndexMap<Name, Value>, fields: &'a [Input], place: &Place<'a>) {
        let Place { ty, path, position, .. } = place;
        for name in members.keys() {
            if !fields.iter().any(|field| *name == field.name) {
                let sentence = format!("\"{path}\" has \"{name}\", which {} does not have.", named(ty));
                self.fault(sentence, &[*position]);
            }
        }
        for field in fields {
            let member = Place::of(field, format!("{path}.{}", field.name), *position);
            match members.get(field.name.as_str()) {
                Some(value) => self.value(value, &member),
                None if !field.ty.nullable && !member.has_default => {
                    self.fault(format!("\"{path}\" lacks \"{}\".", field.name), &[*position]);
                }
                None => {}
            }
        }
    }

    /// Holds the variables of an operation against the places where they stand, in its fragments too.
    fn hold(
        &mut self,
        variables: &[Positioned<VariableDefinition>],
        own: &Part<'_>,
        fragments: &HashMap<&str, Part<'_>>,
    ) {
        let variables: HashMap<&str, _> =
            variables.iter().map(|variable| (variable.node.name.node.as_str(), variable)).collect();
        let (mut parts, mut seen) = (vec![own], HashSet::new());
        while let Some(part) = parts.pop() {
            for Usage { variable: name, place } in &part.usages {
                // That a variable is not declared, async-graphql has said.
                let Some(variable) = variables.get(name.as_str()) else { continue };
                if !place.takes(&variable.node) {
                    let Place { path, ty: wanted, .. } = place;
                    let given = &variable.node.var_type.node;
                    let sentence =
                        format!("\"{path}\" must be of type {wanted}, and \"${name}\" is of type {given}.");
                    self.fault(sentence, &[variable.pos, place.position]);
                }
            }
            for name in &part.spreads {
                if seen.insert(*name) {
                    parts.extend(fragments.get(*name));
                }
            }
        }
    }

    fn wrong(&mut self, value: &Value, place: &Place<'_>) {
        let sentence = format!("\"{}\" must be of type {}, and is {}.", place.path, place.ty, kind_of(value));
        self.fault(sentence, &[place.position]);
    }

    fn fault(&mut self, sentence: String, positions: &[Pos]) {
        if self.faults.len() < MAX_FAULTS {
            let fault = Fault::new(code::VALIDATION_FAILED, sentence);
            self.faults.push(positions.iter().fold(fault, |fault, &position| fault.at(position)));
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    const SDL: &str = "
        enum Sort { NEW OLD }
        input Filter { q: String, words: [String!], all: [[Int]], sort: [Sort!], loud: Boolean! = true, id: ID! }
        type Query {
            find(q: String!, sort: Sort! = NEW, n: Int): Query!
            list(ids: [ID!]!, words: [String], filter: Filter): Query!
            title: String
        }
        directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
        schema { query: Query }
    ";

    fn faults(document: &str) -> Vec<String> {
        let types = TypeIndex::from_sdl(SDL).unwrap();
        let found = check(&parse_query(document).unwrap(), &types);
        assert!(found.iter().all(|fault| fault.code() == code::VALIDATION_FAILED));
        found.iter().map(|fault| fault.message().to_owned()).collect()
    }

    #[test]
    fn variables_stand_where_their_types_allow() {
        for document in [
            "query($q: String!) { find(q: $q) { title } }",
            "query($q: String = \"x\") { find(q: $q) { title } }",
            "query($s: Sort) { find(q: \"x\", sort: $s) { title } }",
            "query($s: Sort!, $n: Int!) { find(q: \"x\", sort: $s, n: $n) { title } }",
            "query($i: [ID!]!, $w: [String!]!) { list(ids: $i, words: $w) { title } }",
            "query($i: ID!, $w: String) { list(ids: [$i], words: [$w]) { title } }",
            "query($f: Filter) { list(ids: [], filter: $f) { title } }",
            "query($q: String, $l: Boolean, $a: [Int!]) { list(ids: [], filter: {id: 1, q: $q, loud: $l, all: [$a]}) { title } }",
            "query($b: Boolean = false) { title @include(if: $b) }",
            "query($n: String!, $d: Boolean) { __type(name: $n) { fields(includeDeprecated: $d) { name } } }",
        ] {
            assert_eq!(faults(document), [""; 0], "{document}");
        }
    }

    #[test]
    fn variables_of_other_types_are_refused_at_any_depth() {
        for (document, place) in [
            ("query($q: Int!) { find(q: $q) { title } }", "\"q\" must be of type String!"),
            ("query($q: String) { find(q: $q) { title } }", "\"q\" must be of type String!"),
            ("query($q: String = null) { find(q: $q) { title } }", "\"q\" must be of type String!"),
            ("query($s: String) { find(q: \"x\", sort: $s) { title } }", "\"sort\" must be of type Sort!"),
            ("query($i: [ID]!) { list(ids: $i) { title } }", "\"ids\" must be of type [ID!]!"),
            ("query($i: ID!) { list(ids: $i) { title } }", "\"ids\" must be of type [ID!]!"),
            ("query($i: ID) { list(ids: [1, $i]) { title } }", "\"ids\" must be of type ID!"),
            (
                "query($w: Int) { list(ids: [], filter: {id: 1, words: [$w]}) { title } }",
                "\"filter.words\" must be of type String!",
            ),
            (
                "query($a: Int) { list(ids: [], filter: {id: 1, all: [$a]}) { title } }",
                "\"filter.all\" must be of type [Int]",
            ),
            ("query($b: Boolean) { title @include(if: $b) }", "\"if\" must be of type Boolean!"),
            ("query($b: Boolean) { ... @include(if: $b) { title } }", "\"if\" must be of type Boolean!"),
            ("query($n: String) { __type(name: $n) { name } }", "\"name\" must be of type String!"),
        ] {
            let got = faults(document);
            assert!(got.len() == 1 && got[0].starts_with(place), "{document} {got:?}");
        }
    }

    #[test]
    fn each_operation_answers_for_the_fragments_that_it_spreads() {
        let fragments = "fragment A on Query { ...B ...B } fragment B on Query { find(q: $q) { title } }";
        let refused = ["\"q\" must be of type String!, and \"$q\" is of type Int."];
        assert_eq!(faults(&format!("query($q: Int) {{ ...A title }} {fragments}")), refused);
        let two = format!("query One($q: String!) {{ ...A }} query Two($q: Int) {{ ...B }} {fragments}");
        assert_eq!(faults(&two), refused);
        assert_eq!(faults(&format!("query($q: String!) {{ ...A }} {fragments}")), [""; 0]);
    }

    #[test]
    fn a_string_is_no_enum_value() {
        for (document, place) in [
            ("{ find(q: \"x\", sort: \"NEW\") { title } }", "\"sort\" must be of type Sort!"),
            (
                "{ list(ids: [], filter: {id: 1, sort: [NEW, \"OLD\"]}) { title } }",
                "\"filter.sort\" must be of type Sort!",
            ),
            (
                "query($s: Sort = \"NEW\") { find(q: \"x\", sort: $s) { title } }",
                "\"$s\" must be of type Sort",
            ),
        ] {
            assert_eq!(faults(document), [format!("{place}, and is a string.")], "{document}");
        }
        for document in [
            "{ find(q: \"x\", sort: NEW) { title } }",
            "query($s: Sort = OLD) { find(q: \"NEW\", sort: $s) { title } }",
            "{ list(ids: [], filter: {id: 1, sort: NEW}) { title } }",
        ] {
            assert_eq!(faults(document), [""; 0], "{document}");
        }
    }

    #[test]
    fn an_object_with_variables_has_the_members_of_its_type() {
        let query = |filter: &str| {
            faults(&format!("query($q: String) {{ list(ids: [], filter: {{{filter}}}) {{ title }} }}"))
        };
        assert_eq!(query("id: 1, q: $q"), [""; 0]);
        assert_eq!(query("id: 1, qq: $q"), ["\"filter\" has \"qq\", which Filter does not have."]);
        assert_eq!(query("q: $q"), ["\"filter\" lacks \"id\"."]);
        assert_eq!(query("q: $q, id: null"), ["\"filter.id\" must be of type ID!, and is null."]);
        assert_eq!(
            query("q: $q, id: 1, sort: LATE"),
            ["\"filter.sort\" must be of type Sort!, and is an enum value."]
        );
    }

    #[test]
    fn a_flood_of_faults_is_cut() {
        let fields: String = (0..100).map(|n| format!("f{n}: find(q: $q) {{ title }} ")).collect();
        assert_eq!(faults(&format!("query($q: Int) {{ {fields} }}")).len(), MAX_FAULTS);
    }
}
