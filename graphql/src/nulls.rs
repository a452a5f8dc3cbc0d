//! Null where a field failed, and further up where the schema does not allow it there (section 6.4.4, Handling Field Errors).
//!
//! async-graphql leaves a failed field out of its object, or its object out of the answer, whatever the field's type (issues 1272 and
//! 1549; still so in 8.0.0-rc.5). Errors have their paths; this goes down each of them. Unneeded once a nullable field that fails is
//! null in its place.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, PathSegment, ServerError, Value, value};

use crate::plan::{Plan, PlanField};
use crate::types::TypeIndex;

/// Puts the nulls of `errors` where they belong in the answer to `plan`.
pub(crate) fn propagate(data: &mut Value, errors: &[ServerError], plan: &Plan, types: &TypeIndex) {
    let mut walk = Walk { types, nulled: Vec::new() };
    let root = Type { base: BaseType::Named(Name::new(types.root(plan.operation))), nullable: true };
    for error in errors.iter().filter(|error| !error.path.is_empty()) {
        walk.follow(data, &root, plan.root(), &error.path, 0);
    }
}

struct Walk<'a> {
    types: &'a TypeIndex,
    /// Where nulls were put: an error below such a place has nothing more to say.
    nulled: Vec<Vec<PathSegment>>,
}

impl Walk<'_> {
    /// Goes `path` down from `value`, which is `depth` steps from the root. Returns whether the value is null now
    /// and its type forbids that, so that what holds it must be null instead.
    fn follow(
        &mut self,
        value: &mut Value,
        ty: &Type,
        field: &PlanField,
        path: &[PathSegment],
        depth: usize,
    ) -> bool {
        let Some(step) = path.get(depth) else {
            *value = Value::Null;
            self.note(path, depth);
            return !ty.nullable;
        };
        let failed = match (step, &ty.base) {
            (PathSegment::Index(index), BaseType::List(inner)) => match value {
                Value::List(items) => {
                    items.get_mut(*index).is_some_and(|item| self.follow(item, inner, field, path, depth + 1))
                }
                // An item that may not be null has taken its list with it.
                _ => !inner.nullable,
            },
            (PathSegment::Field(key), BaseType::Named(type_name)) => {
                self.member(value, type_name, field, path, depth, key)
            }
            _ => false,
        };
        if failed {
            *value = Value::Null;
            self.note(path, depth);
        }
        failed && !ty.nullable
    }

    fn member(
        &mut self,
        value: &mut Value,
        type_name: &str,
        field: &PlanField,
        path: &[PathSegment],
        depth: usize,
        key: &str,
    ) -> bool {
        let siblings = field.any_children();
        let Some(at) = siblings.iter().position(|sibling| sibling.key == key) else { return false };
        let Some(child) = siblings.get(at) else { return false };
        let Some(definition) = self.types.field(type_name, &child.name) else { return false };
        if matches!(value, Value::Null) {
            if path.get(..depth).is_some_and(|here| self.nulled.iter().any(|place| place == here)) {
                return false;
            }
            // All of the object's fields failed, and so async-graphql left out the object as well.
            *value = value!({});
        }
        let Value::Object(members) = value else { return false };
        if !members.contains_key(key) {
            let later = |name: &Name| siblings.iter().skip(at + 1).any(|sibling| *name == sibling.key);
            let place = members.keys().position(later).unwrap_or(members.len());
            members.shift_insert(place, Name::new(key), Value::Null);
        }
        members.get_mut(key).is_some_and(|member| self.follow(member, &definition.ty, child, path, depth + 1))
    }

    fn note(&mut self, path: &[PathSegment], depth: usize) {
        self.nulled.push(path.get(..depth).unwrap_or_default().to_vec());
    }
}
