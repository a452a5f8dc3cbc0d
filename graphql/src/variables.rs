//! The variables of a request against the types that the operation gives them (`CoerceVariableValues`, section 6.1.2).
//!
//! async-graphql finds a wrong variable only when a resolver takes its argument, as an error of that field; the specification has it
//! refuse the request, before anything runs, and clients want to know the member (no issue known; 8.0.0-rc.5 refuses values of a wrong
//! type while it validates, and tells a missing one at the field still). Unneeded once variables are coerced before execution, with the
//! path of each fault.

use std::collections::BTreeMap;

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Pos, Value, Variables};

use crate::fault::{Fault, code, kind_of, pointer_step};
use crate::types::{SchemaType, TypeIndex};

/// What a custom scalar's value must be; the error is a phrase such as `must be an RFC 3339 date and time`.
pub type ScalarCheck = fn(&Value) -> Result<(), String>;

/// How many faults are told at once.
const MAX_FAULTS: usize = 20;

/// The variables as the operation may use them: those that it declares, with its defaults, numbers for IDs as
/// strings, and single values for lists as lists.
///
/// # Errors
/// One fault for each value at fault, each with a pointer into the request (`/variables/input/title`).
pub(crate) fn coerce(
    operation: &OperationDefinition,
    mut given: Variables,
    types: &TypeIndex,
    scalars: &BTreeMap<&'static str, ScalarCheck>,
) -> Result<Variables, Vec<Fault>> {
    let mut coercion =
        Coercion { types, scalars, faults: Vec::new(), variable: "", position: Pos::default() };
    let mut kept = Variables::default();
    for definition in &operation.variable_definitions {
        let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        (coercion.variable, coercion.position) = (name.as_str(), definition.pos);
        match (given.remove(name), &definition.node.default_value) {
            (Some(mut value), _) => {
                coercion.value(&mut value, ty, &Path::root(name));
                kept.insert(name.clone(), value);
            }
            (None, Some(default)) => {
                kept.insert(name.clone(), default.node.clone());
            }
            (None, None) if !ty.nullable => {
                coercion.fault(
                    &Path::root(name),
                    "required",
                    &format!("is required, of type {ty}, and missing"),
                );
            }
            (None, None) => {}
        }
    }
    if coercion.faults.is_empty() { Ok(kept) } else { Err(coercion.faults) }
}

/// The size of variables in bytes, as far as it is theirs to choose: texts, names, and eight for anything else.
#[must_use]
pub(crate) fn weigh(variables: &Variables) -> usize {
    variables.iter().map(|(name, value)| name.len() + weigh_value(value)).sum()
}

fn weigh_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::List(items) => items.iter().map(weigh_value).sum::<usize>() + 8,
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + weigh_value(value)).sum::<usize>() + 8
        }
        _ => 8,
    }
}

/// Whether the NUL character stands in a text or a name of these variables.
#[must_use]
pub(crate) fn hold_nul(variables: &Variables) -> bool {
    variables.values().any(holds_nul)
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\u{0}'),
        Value::List(items) => items.iter().any(holds_nul),
        Value::Object(members) => {
            members.iter().any(|(name, item)| name.contains('\u{0}') || holds_nul(item))
        }
        _ => false,
    }
}

/// A pointer into the variables that is written only when it is needed.
enum Path<'a> {
    Root(&'a str),
    Member(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    fn root(name: &'a str) -> Self {
        Self::Root(name)
    }

    fn pointer(&self) -> String {
        match self {
            Self::Root(name) => format!("/variables/{}", pointer_step(name)),
            Self::Member(parent, name) => format!("{}/{}", parent.pointer(), pointer_step(name)),
            Self::Item(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

struct Coercion<'a> {
    types: &'a TypeIndex,
    scalars: &'a BTreeMap<&'static str, ScalarCheck>,
    faults: Vec<Fault>,
    variable: &'a str,
    position: Pos,
}

impl Coercion<'_> {
    fn fault(&mut self, path: &Path<'_>, code: &str, problem: &str) {
        if self.faults.len() < MAX_FAULTS {
            let pointer = path.pointer();
            let sentence = match path {
                Path::Root(_) => format!("Variable \"${}\" {problem}.", self.variable),
                _ => format!("Variable \"${}\" {problem}, at {pointer}.", self.variable),
            };
            let fault = Fault::new(code::BAD_VARIABLES, sentence.clone()).at(self.position);
            self.faults.push(fault.member(pointer, code, sentence));
        }
    }

    fn value(&mut self, value: &mut Value, ty: &Type, path: &Path<'_>) {
        if matches!(value, Value::Null) {
            if !ty.nullable {
                self.fault(path, "required", &format!("must be of type {ty}, and is null"));
            }
            return;
        }
        match &ty.base {
            BaseType::List(inner) => {
                if !matches!(value, Value::List(_)) {
                    *value = Value::List(vec![std::mem::take(value)]);
                }
                if let Value::List(items) = value {
                    for (index, item) in items.iter_mut().enumerate() {
                        self.value(item, inner, &Path::Item(path, index));
                    }
                }
            }
            BaseType::Named(name) => self.named(value, name, path),
        }
    }

    fn named(&mut self, value: &mut Value, ty: &str, path: &Path<'_>) {
        let types = self.types;
        let fits = match types.kind(ty) {
            Some(SchemaType::Input { fields, one_of }) => {
                if let Value::Object(members) = value {
                    let known = |name: &Name| fields.iter().any(|field| *name == field.name);
                    let unknown: Vec<Name> = members.keys().filter(|name| !known(name)).cloned().collect();
                    for name in unknown {
                        let problem = format!("has \"{name}\", which {ty} does not have");
                        self.fault(&Path::Member(path, &name), "unknown", &problem);
                    }
                    for field in fields {
                        let path = Path::Member(path, &field.name);
                        match members.get_mut(field.name.as_str()) {
                            Some(member) => self.value(member, &field.ty, &path),
                            None if !field.ty.nullable && field.default.is_none() => {
                                self.fault(&path, "required", &format!("lacks \"{}\"", field.name));
                            }
                            None => {}
                        }
                    }
                    if *one_of
                        && (members.len() != 1 || members.values().any(|value| matches!(value, Value::Null)))
                    {
                        self.fault(
                            path,
                            "one_of",
                            &format!("must have exactly one member of {ty}, and not null"),
                        );
                    }
                    return;
                }
                false
            }
            Some(SchemaType::Enum(names)) => {
                match value {
                    Value::String(name) if names.contains(name) => return,
                    Value::Enum(name) if names.contains(name.as_str()) => return,
                    _ => {}
                }
                let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                names.sort_unstable();
                self.fault(path, "type", &format!("must be one of {}", names.join(", ")));
                return;
            }
            Some(SchemaType::Scalar) | None => match builtin(value, ty) {
                Some(fits) => fits,
                None => match self.scalars.get(ty).map(|check| check(value)) {
                    None | Some(Ok(())) => true,
                    Some(Err(problem)) => {
                        self.fault(path, "type", &problem);
                        return;
                    }
                },
            },
            // Validation says that these cannot be types of variables.
            Some(SchemaType::Object(_) | SchemaType::Interface(_) | SchemaType::Union(_)) => true,
        };
        if !fits {
            self.fault(path, "type", &format!("must be of type {ty}, and is {}", kind_of(value)));
        }
    }
}

/// Whether a value fits a builtin scalar; `None` for other types.
fn builtin(value: &mut Value, ty: &str) -> Option<bool> {
    Some(match (ty, &*value) {
        ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("ID", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            *value = Value::String(number.to_string());
            true
        }
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;
    use async_graphql::value;

    use super::*;

    const SDL: &str = "
        scalar Date
        enum Order { NEW OLD }
        input Pick @oneOf { id: ID, slug: String }
        input Edit { title: String!, tags: [String!], order: Order, at: Date, featured: Boolean! = false }
        type Query { a: Int }
        schema { query: Query }
    ";

    fn coerced(definitions: &str, given: Value) -> Result<Value, Vec<String>> {
        let document = parse_query(format!("query({definitions}) {{ a }}")).unwrap();
        let DocumentOperations::Single(operation) = &document.operations else { panic!() };
        let types = TypeIndex::from_sdl(SDL).unwrap();
        let date: ScalarCheck = |value| match value {
            Value::String(text) if text.ends_with('Z') => Ok(()),
            _ => Err("must be a date".to_owned()),
        };
        let scalars = BTreeMap::from([("Date", date)]);
        coerce(&operation.node, Variables::from_value(given), &types, &scalars)
            .map(Variables::into_value)
            .map_err(|faults| {
                assert!(faults.iter().all(|fault| fault.code() == code::BAD_VARIABLES));
                faults
                    .iter()
                    .map(|fault| &fault.members()[0])
                    .map(|member| format!("{} {}", member.pointer.as_deref().unwrap(), member.code))
                    .collect()
            })
    }

    #[test]
    fn variables_get_their_defaults_and_undeclared_ones_are_dropped() {
        let got = coerced("$a: Int = 2, $b: Int, $c: String", value!({"c": "x", "z": 1}));
        assert_eq!(got.unwrap(), value!({"a": 2, "c": "x"}));
    }

    #[test]
    fn numbers_pass_for_ids_and_single_values_for_lists() {
        let got = coerced("$id: ID!, $tags: [String!]", value!({"id": 5, "tags": "x"}));
        assert_eq!(got.unwrap(), value!({"id": "5", "tags": ["x"]}));
    }

    #[test]
    fn missing_and_null_values_of_non_null_types_are_refused() {
        assert_eq!(coerced("$id: ID!", value!({})).unwrap_err(), ["/variables/id required"]);
        assert_eq!(coerced("$id: ID!", value!({"id": null})).unwrap_err(), ["/variables/id required"]);
        assert_eq!(coerced("$l: [Int!]", value!({"l": [1, null]})).unwrap_err(), ["/variables/l/1 required"]);
        assert!(coerced("$id: ID", value!({"id": null})).is_ok());
    }

    #[test]
    fn values_of_a_wrong_type_are_refused() {
        for (ty, wrong) in [
            ("Int", value!("1")),
            ("Int", value!(1.5)),
            ("Int", value!(3_000_000_000_u32)),
            ("String", value!(1)),
            ("Boolean", value!("true")),
            ("Float", value!("1.0")),
            ("ID", value!(1.5)),
            ("Order", value!("LATER")),
            ("Date", value!("yesterday")),
            ("Edit", value!("x")),
        ] {
            let got = coerced(&format!("$v: {ty}"), value!({"v": wrong}));
            assert_eq!(got.unwrap_err(), ["/variables/v type"], "{ty}");
        }
    }

    #[test]
    fn input_objects_are_checked_member_by_member() {
        let wrong = value!({"e": {"tags": ["x", 1], "order": "NEW", "colour": 1, "featured": null}});
        let mut faults = coerced("$e: Edit", wrong).unwrap_err();
        faults.sort();
        let expected = [
            "/variables/e/colour unknown",
            "/variables/e/featured required",
            "/variables/e/tags/1 type",
            "/variables/e/title required",
        ];
        assert_eq!(faults, expected);
        let right = value!({"e": {"title": "x", "order": "OLD", "at": "2013Z"}});
        assert_eq!(coerced("$e: Edit", right.clone()).unwrap(), right);
    }

    #[test]
    fn a_one_of_object_has_exactly_one_member() {
        assert!(coerced("$p: Pick", value!({"p": {"id": "1"}})).is_ok());
        for wrong in [value!({}), value!({"id": "1", "slug": "x"}), value!({"id": null})] {
            assert_eq!(coerced("$p: Pick", value!({"p": wrong})).unwrap_err(), ["/variables/p one_of"]);
        }
    }

    #[test]
    fn a_flood_of_faults_is_cut() {
        let many = Value::List(vec![Value::Null; 1_000]);
        assert_eq!(coerced("$l: [Int!]", value!({"l": many})).unwrap_err().len(), MAX_FAULTS);
    }

    #[test]
    fn the_weight_of_variables_is_about_their_size() {
        let variables = Variables::from_value(value!({"a": ["xxxxxxxxxx"], "b": {"c": 1}}));
        assert!((20..60).contains(&weigh(&variables)));
    }
}
