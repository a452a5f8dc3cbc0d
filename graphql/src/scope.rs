//! The variables of one request, and what values and directives come to under them (sections 6.1 `GetOperation`, 6.4.1
//! `CoerceArgumentValues`, 3.13). What async-graphql gets wrong with them is said in `resolve.rs`; [`Plan`](crate::Plan) and limits
//! need the same values, so that this stays.

use std::convert::Infallible;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, VariableDefinition,
};
use async_graphql::{Name, Positioned, Value, Variables};
use bytes::Bytes;

use crate::fault::{Fault, code};

/// Stands for a variable that was not given while a value is being put together. Neither GraphQL nor JSON can
/// write a binary value, so it is never mistaken for one of theirs.
const OMITTED: Value = Value::Binary(Bytes::new());

/// The variables that an operation sees: what was given, else the operation's defaults.
pub(crate) struct Scope<'a> {
    definitions: &'a [Positioned<VariableDefinition>],
    values: &'a Variables,
}

/// `resolved!(scope, value)`: what a value of the document comes to; `None` for an omitted variable. A macro,
/// because async-graphql does not export the type of values that may hold variables.
macro_rules! resolved {
    ($scope:expr, $value:expr) => {
        $crate::scope::prune($value.clone().into_const_with(|name| Ok($scope.lookup(&name))))
    };
}
pub(crate) use resolved;

impl<'a> Scope<'a> {
    pub(crate) fn new(operation: &'a OperationDefinition, values: &'a Variables) -> Self {
        Self { definitions: &operation.variable_definitions, values }
    }

    /// The value of a variable, if it was given or has a default.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).or_else(|| {
            let definition = self.definitions.iter().find(|definition| definition.node.name.node == name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }

    /// For [`resolved!`]: the value, or the mark of an omitted one.
    pub(crate) fn lookup(&self, name: &Name) -> Value {
        self.get(name).cloned().unwrap_or(OMITTED)
    }

    /// Whether `@skip` and `@include` leave the selection in (section 3.13 of the specification).
    pub(crate) fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return true,
            };
            let condition = directive.node.get_argument("if").and_then(|value| resolved!(self, value.node));
            condition == Some(Value::Boolean(wanted))
        })
    }
}

/// For [`resolved!`]: takes the marks out. An omitted variable leaves no argument and no member of an object, so
/// that defaults apply and "not given" is not "null"; in a list it leaves null (`CoerceArgumentValues`).
pub(crate) fn prune(value: Result<Value, Infallible>) -> Option<Value> {
    let Ok(value) = value;
    prune_value(value)
}

fn prune_value(value: Value) -> Option<Value> {
    match value {
        Value::Binary(_) => None,
        Value::List(items) => {
            Some(items.into_iter().map(|item| prune_value(item).unwrap_or_default()).collect())
        }
        Value::Object(mut members) => {
            // Most objects lose nothing, so they are not rebuilt.
            members.retain(|_, member| match prune_value(std::mem::take(member)) {
                Some(kept) => {
                    *member = kept;
                    true
                }
                None => false,
            });
            Some(Value::Object(members))
        }
        plain => Some(plain),
    }
}

/// Whether a directive is `@skip` or `@include`.
pub(crate) fn is_conditional(directive: &Positioned<Directive>) -> bool {
    matches!(directive.node.name.node.as_str(), "skip" | "include")
}

/// The operation that a request means (`GetOperation` in section 6.1 of the specification).
///
/// # Errors
/// A fault where `name` names none, or is absent and the document has several.
pub(crate) fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>, Fault> {
    let unknown = |message: String| Err(Fault::new(code::UNKNOWN_OPERATION, message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation),
        (DocumentOperations::Multiple(all), None) => match all.values().next() {
            Some(only) if all.len() == 1 => Ok(only),
            _ => {
                unknown(format!("The document has {} operations; say which one by operationName.", all.len()))
            }
        },
        (DocumentOperations::Multiple(all), Some(name)) if all.contains_key(name) => {
            all.get(name).map_or_else(|| unknown(String::new()), Ok)
        }
        (_, Some(name)) => unknown(format!("The document has no operation named \"{name}\".")),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::Selection;
    use async_graphql::value;

    use super::*;

    fn arguments(query: &str, variables: Value) -> Vec<(String, Option<Value>)> {
        let document = parse_query(query).unwrap();
        let definition = operation(&document, None).unwrap();
        let variables = Variables::from_value(variables);
        let scope = Scope::new(&definition.node, &variables);
        let Selection::Field(field) = &definition.node.selection_set.node.items[0].node else { panic!() };
        let arguments = field.node.arguments.iter();
        arguments.map(|(name, value)| (name.node.to_string(), resolved!(scope, value.node))).collect()
    }

    #[test]
    fn variables_are_put_in_at_any_depth_and_omitted_ones_leave_no_trace() {
        let query = "query($a: Int, $b: Int, $c: Int = 7) { f(x: $a, y: $b, z: $c, o: {a: $a, b: $b, l: [$a, $b, {b: $b}]}) }";
        let got = arguments(query, value!({"a": 1}));
        assert_eq!(got[0].1, Some(value!(1)));
        assert_eq!(got[1].1, None);
        assert_eq!(got[2].1, Some(value!(7)));
        assert_eq!(got[3].1, Some(value!({"a": 1, "l": [1, null, {}]})));
    }

    #[test]
    fn a_given_null_stays_null_and_beats_a_default() {
        let got = arguments("query($a: Int = 3) { f(x: $a, y: {a: $a}) }", value!({"a": null}));
        assert_eq!(got[0].1, Some(Value::Null));
        assert_eq!(got[1].1, Some(value!({"a": null})));
    }

    #[test]
    fn an_operation_is_chosen_by_its_name_or_by_being_alone() {
        let two = parse_query("query A { a } query B { b }").unwrap();
        assert!(operation(&two, Some("B")).is_ok());
        assert_eq!(operation(&two, None).unwrap_err().code(), code::UNKNOWN_OPERATION);
        assert_eq!(operation(&two, Some("C")).unwrap_err().code(), code::UNKNOWN_OPERATION);
        let one = parse_query("query A { a }").unwrap();
        assert!(operation(&one, None).is_ok());
        let anonymous = parse_query("{ a }").unwrap();
        assert!(operation(&anonymous, Some("A")).is_err());
    }
}
