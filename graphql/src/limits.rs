//! How much one query may ask for, decided before it is validated, let alone executed. The specification leaves limits to the
//! server.
//!
//! async-graphql's own limits come after its validation, whose walks expand fragments each time they are spread: 24 fragments that
//! each spread the next one twice, 1 KB in all, keep a thread busy for minutes (no issue known; still so in 8.0.0-rc.5). Here the
//! cost of each fragment is computed once, so that deciding takes time in proportion to the document. Unneeded once validation
//! walks each fragment once, and limits know the sizes of lists, that come in variables too.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field as FieldNode, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Value, Variables};

use crate::fault::{Fault, code};
use crate::scope::{Scope, resolved};
use crate::types::{Field, TypeIndex, named};

/// Selection sets and fragments may be nested this deep in all; async-graphql walks them recursively.
pub(crate) const MAX_NESTING: usize = 64;

/// A document holds at most this many operations, since each is measured by itself.
const MAX_OPERATIONS: usize = 50;

/// The complexity of introspection that is allowed for each type of the schema. The query that GraphiQL and the code
/// generators send comes to about 1,300.
const PER_TYPE: u64 = 3_000;

/// The limits on one request.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Levels of fields: `{ post { title } }` has two.
    pub depth: u32,
    /// Fields that the answer may hold: each counts one, times the size of every list that it is in.
    pub complexity: u64,
    /// Aliases, counted wherever their fragment is spread.
    pub aliases: u64,
    /// Fields of the query or mutation itself.
    pub root_fields: u64,
    /// Directives, counted wherever their fragment is spread.
    pub directives: u64,
    /// Length of a request's body in bytes.
    pub body_bytes: usize,
    /// Length of the document in bytes.
    pub document_bytes: usize,
    /// Size of the variables in bytes, counted as in their JSON but for punctuation. Texts of posts travel here.
    pub variables_bytes: usize,
    /// The largest `first`, `last` or `limit`.
    pub list_first_max: u32,
    /// What a list that takes `first` is counted as, where neither the query nor the schema says.
    pub list_default: u32,
    /// What a list that takes no size is counted as, such as a post's tags.
    pub list_assumed: u32,
    /// Whether `__schema` and `__type` answer.
    pub introspection: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 20,
            complexity: 25_000,
            aliases: 60,
            root_fields: 25,
            directives: 60,
            body_bytes: 2 * 1024 * 1024,
            document_bytes: 64 * 1024,
            variables_bytes: 4 * 1024 * 1024,
            list_first_max: 100,
            list_default: 20,
            list_assumed: 5,
            introspection: true,
        }
    }
}

/// What a selection set comes to with its fragments spread out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Levels of fields.
    pub depth: u32,
    /// Fields, times the lists that they are in.
    pub complexity: u64,
    /// Fields as written.
    pub fields: u64,
    /// Aliases.
    pub aliases: u64,
    /// Directives.
    pub directives: u64,
    /// Fields of the set itself.
    pub width: u64,
    /// The complexity of introspection, which is not in the other numbers.
    pub introspection: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.complexity = self.complexity.saturating_add(other.complexity);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.width = self.width.saturating_add(other.width);
        self.introspection = self.introspection.saturating_add(other.introspection);
    }
}

/// Refuses a document that asks for too much, in any of its operations, or has circular fragments.
///
/// # Errors
/// A fault with the code of the limit.
pub(crate) fn check(
    document: &ExecutableDocument,
    variables: &Variables,
    types: &TypeIndex,
    limits: &Limits,
) -> Result<(), Fault> {
    let operations = document.operations.iter().len();
    if operations > MAX_OPERATIONS {
        let sentence =
            format!("The document has {operations} operations; at most {MAX_OPERATIONS} are allowed.");
        return Err(Fault::new(code::DOCUMENT_TOO_LARGE, sentence));
    }
    let allowed_introspection = u64::try_from(types.len()).unwrap_or(u64::MAX).saturating_mul(PER_TYPE);
    for (_, operation) in document.operations.iter() {
        let (cost, position) = (measure(document, &operation.node, variables, types, limits)?, operation.pos);
        let over = |code: &'static str, what: &str, got: u64, limit: u64| {
            let sentence = format!("The query has {what} of {got}; at most {limit} is allowed.");
            Err(Fault::new(code, sentence).at(position).extension("limit", limit))
        };
        if cost.depth > limits.depth {
            return over(code::TOO_DEEP, "a depth", cost.depth.into(), limits.depth.into());
        }
        if cost.aliases > limits.aliases {
            return over(code::TOO_MANY_ALIASES, "a number of aliases", cost.aliases, limits.aliases);
        }
        if cost.width > limits.root_fields {
            return over(
                code::TOO_MANY_ROOT_FIELDS,
                "a number of root fields",
                cost.width,
                limits.root_fields,
            );
        }
        if cost.directives > limits.directives {
            return over(
                code::TOO_MANY_DIRECTIVES,
                "a number of directives",
                cost.directives,
                limits.directives,
            );
        }
        if cost.complexity > limits.complexity {
            return over(code::TOO_COMPLEX, "a complexity", cost.complexity, limits.complexity);
        }
        if cost.introspection > allowed_introspection {
            return over(code::TOO_COMPLEX, "an introspection", cost.introspection, allowed_introspection);
        }
    }
    Ok(())
}

/// The cost of one operation.
///
/// # Errors
/// Nesting that no walk may follow, circular fragments, a list that is asked for more than the limit, and
/// introspection where it is off.
pub(crate) fn measure(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    types: &TypeIndex,
    limits: &Limits,
) -> Result<Cost, Fault> {
    let mut meter =
        Meter { document, scope: Scope::new(operation, variables), types, limits, fragments: HashMap::new() };
    // Fragments that no operation uses are validated all the same, so they are measured too.
    for name in document.fragments.keys() {
        meter.fragment(name, Pos::default(), 0)?;
    }
    let mut cost = meter.set(&operation.selection_set.node, types.root(operation.ty), 0)?;
    let on_operation = u64::try_from(operation.directives.len()).unwrap_or(u64::MAX);
    cost.directives = cost.directives.saturating_add(on_operation);
    Ok(cost)
}

struct Meter<'a> {
    document: &'a ExecutableDocument,
    scope: Scope<'a>,
    types: &'a TypeIndex,
    limits: &'a Limits,
    /// `None` while the fragment is being measured: to meet it then is a circle.
    fragments: HashMap<&'a str, Option<Cost>>,
}

impl<'a> Meter<'a> {
    fn set(&mut self, set: &'a SelectionSet, parent: &str, nesting: usize) -> Result<Cost, Fault> {
        let mut total = Cost::default();
        for item in &set.items {
            if nesting >= MAX_NESTING {
                let sentence = format!("Selections and fragments are nested more than {MAX_NESTING} deep.");
                return Err(Fault::new(code::TOO_DEEP, sentence).at(item.pos));
            }
            let mut cost = match &item.node {
                Selection::Field(field) => self.field(&field.node, parent, field.pos, nesting)?,
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let parent = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                    self.set(&fragment.node.selection_set.node, parent, nesting + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, item.pos, nesting)?
                }
            };
            let directives = u64::try_from(item.node.directives().len()).unwrap_or(u64::MAX);
            cost.directives = cost.directives.saturating_add(directives);
            total.add(cost);
        }
        Ok(total)
    }

    fn fragment(&mut self, name: &'a Name, position: Pos, nesting: usize) -> Result<Cost, Fault> {
        let Some(fragment) = self.document.fragments.get(name) else {
            // Validation says so better.
            return Ok(Cost::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(cost)) => Ok(*cost),
            Some(None) => {
                let sentence = format!("The fragment \"{name}\" contains itself.");
                Err(Fault::new(code::VALIDATION_FAILED, sentence).at(position))
            }
            None => {
                self.fragments.insert(name, None);
                let condition = fragment.node.type_condition.node.on.node.as_str();
                let cost = self.set(&fragment.node.selection_set.node, condition, nesting + 1)?;
                self.fragments.insert(name, Some(cost));
                Ok(cost)
            }
        }
    }

    fn field(
        &mut self,
        field: &'a FieldNode,
        parent: &str,
        position: Pos,
        nesting: usize,
    ) -> Result<Cost, Fault> {
        let name = field.name.node.as_str();
        let introspecting = matches!(name, "__schema" | "__type");
        if introspecting && !self.limits.introspection {
            let sentence = "Introspection is switched off on this server.";
            return Err(Fault::new(code::INTROSPECTION_DISABLED, sentence).at(position));
        }
        let (size, child) = if introspecting || parent.starts_with("__") {
            (self.introspection_size(name), "__")
        } else {
            let definition = self.types.field(parent, name);
            let child = definition.map_or("", |definition| named(&definition.ty));
            (self.list_size(field, definition, parent, position)?, child)
        };
        let inside = self.set(&field.selection_set.node, child, nesting + 1)?;
        let mut cost = Cost {
            depth: inside.depth.saturating_add(1),
            complexity: inside.complexity.saturating_mul(size).saturating_add(1),
            fields: inside.fields.saturating_add(1),
            aliases: inside.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: inside.directives,
            width: 1,
            introspection: inside.introspection,
        };
        if introspecting {
            // Tools ask for all of the schema in one go, with a query of their own making: it is measured apart.
            cost = Cost { introspection: cost.complexity, width: 1, ..Cost::default() };
        }
        Ok(cost)
    }

    /// How many times the inside of a field may come.
    fn list_size(
        &self,
        field: &FieldNode,
        definition: Option<&Field>,
        parent: &str,
        position: Pos,
    ) -> Result<u64, Fault> {
        let mut asked = None;
        for (name, value) in &field.arguments {
            if !is_size(&name.node) {
                continue;
            }
            let Some(Value::Number(number)) = resolved!(self.scope, value.node) else { continue };
            // What is no integer is refused as such, in the document or in the variables.
            let Some(number) = number.as_i64() else { continue };
            if number > i64::from(self.limits.list_first_max) {
                let most = self.limits.list_first_max;
                let sentence = format!("\"{}\" is {number}; at most {most} is allowed.", name.node);
                let member = format!("/{}", name.node);
                let fault = Fault::new(code::LIST_TOO_LONG, sentence.clone()).at(position);
                return Err(fault.extension("limit", most).member(member, code::LIST_TOO_LONG, sentence));
            }
            let number = u64::try_from(number).unwrap_or(0);
            asked = Some(asked.unwrap_or(0).max(number));
        }
        if let Some(asked) = asked {
            return Ok(asked.max(1));
        }
        let Some(definition) = definition else { return Ok(1) };
        let mut sizes = definition.args.iter().filter(|input| is_size(&input.name)).peekable();
        if sizes.peek().is_some() {
            let default = sizes.find_map(|input| match &input.default {
                Some(Value::Number(number)) => number.as_u64(),
                _ => None,
            });
            return Ok(default.unwrap_or_else(|| self.limits.list_default.into()).max(1));
        }
        // The edges and nodes of a connection were counted with the connection.
        let list = matches!(definition.ty.base, BaseType::List(_)) && !parent.ends_with("Connection");
        Ok(if list { self.limits.list_assumed.max(1).into() } else { 1 })
    }

    /// The lists of introspection by name; `types` is as long as the schema is.
    fn introspection_size(&self, name: &str) -> u64 {
        match name {
            "types" => u64::try_from(self.types.len()).unwrap_or(u64::MAX),
            "fields" | "inputFields" => 12,
            "enumValues" | "directives" => 6,
            "possibleTypes" => 4,
            "args" | "interfaces" => 2,
            _ => 1,
        }
    }
}

fn is_size(argument: &str) -> bool {
    matches!(argument, "first" | "last" | "limit")
}

#[cfg(test)]
#[path = "tests/limits.rs"]
mod tests;
