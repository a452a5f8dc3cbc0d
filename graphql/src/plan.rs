//! What a query asks for, as a tree that outlives the request's document and can be walked while loading (`CollectFields`, section
//! 6.3.2).
//!
//! async-graphql's `Lookahead` lives in one resolver, and knows neither the type of the object that a fragment applies to nor the
//! defaults of arguments (issues 557 and 573 asked for parts of it; so in 8.0.0-rc.5); its `DataLoader` makes resolvers wait. A plan is
//! made before execution. Loading goes through it level by level and fetches for all parents of a field at once; the resolvers, which
//! must not wait, then find their value under the field's response key. Variables, defaults, fragments, `@skip` and `@include` are
//! dealt with here, once. Nothing planned upstream makes this unnecessary.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Context, InputObjectType, Name, Value, Variables};

use crate::fault::{Fault, code};
use crate::scope::{Scope, operation, resolved};
use crate::types::{TypeIndex, named};

/// A plan has at most this many fields once its fragments are spread out.
const MAX_FIELDS: u64 = 20_000;
/// Selection sets and fragments are nested at most this deep.
const MAX_NESTING: usize = 100;

/// The operation of one request.
#[derive(Debug)]
pub struct Plan {
    /// Query or mutation.
    pub operation: OperationType,
    /// The root fields in the order of the query; fields of introspection are left out.
    pub fields: Vec<Arc<PlanField>>,
    root: PlanField,
}

/// One field as the query asks for it, all selections of the same response key merged.
#[derive(Debug)]
pub struct PlanField {
    /// Different for each field of a plan: a key for what was loaded for it.
    pub id: u32,
    /// The response key: the alias, or else the name.
    pub key: String,
    /// The name in the schema.
    pub name: String,
    /// The arguments, with variables put in and the schema's defaults applied.
    pub args: PlanArgs,
    selections: Vec<Arc<Selections>>,
    shared: Arc<Shared>,
    /// Children by object type; a plan knows no more than a few types for each field.
    children: Mutex<Vec<(String, Children)>>,
}

/// Fields in the order of the query; cheap to clone.
pub type Children = Arc<[Arc<PlanField>]>;

/// The arguments of a field.
#[derive(Debug, Clone, Default)]
pub struct PlanArgs(Vec<(Name, Value)>);

#[derive(Debug)]
struct Shared {
    types: Arc<TypeIndex>,
    next_id: AtomicU32,
}

/// A selection set, or the inside of a fragment; named fragments are shared, so nothing is copied out.
type Selections = Vec<Selected>;

#[derive(Debug)]
enum Selected {
    Field { key: Name, name: Name, args: Vec<(Name, Value)>, selections: Arc<Selections> },
    Fragment { condition: Option<Name>, selections: Arc<Selections> },
}

/// Makes the plan of the operation that `operation_name` means, or of the only one.
///
/// `variables` are taken as they are; [`coerce`](super::variables::coerce) checks them against their types.
///
/// # Errors
/// No such operation, an unknown or circular fragment, or more than 20,000 fields when fragments are spread out.
pub(crate) fn plan_operation(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
    types: &Arc<TypeIndex>,
) -> Result<Plan, Fault> {
    let definition = &operation(document, operation_name)?.node;
    let scope = Scope::new(definition, variables);
    let mut reader = Reader { document, scope, fragments: HashMap::new() };
    let (selections, fields) = reader.selections(&definition.selection_set.node, 0)?;
    if fields > MAX_FIELDS {
        return Err(Fault::new(code::TOO_COMPLEX, format!("The query has more than {MAX_FIELDS} fields.")));
    }
    let shared = Arc::new(Shared { types: Arc::clone(types), next_id: AtomicU32::new(0) });
    let root = PlanField::new(
        &shared,
        String::new(),
        String::new(),
        PlanArgs::default(),
        vec![Arc::new(selections)],
    );
    let fields = root.children(types.root(definition.ty)).to_vec();
    Ok(Plan { operation: definition.ty, fields, root })
}

impl Plan {
    /// The root field with this response key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Arc<PlanField>> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The field above the root fields, for walks that treat all levels alike.
    pub(crate) fn root(&self) -> &PlanField {
        &self.root
    }
}

/// The response key of the field that is being resolved: what its value was loaded under.
#[must_use]
pub fn response_key<'a>(ctx: &Context<'a>) -> &'a str {
    ctx.item.node.response_key().node.as_str()
}

/// The plan of the root field that is being resolved, for mutations that load their answer after their write.
///
/// # Errors
/// Only where the schema is executed without the engine.
pub fn root_field(ctx: &Context<'_>) -> Result<Arc<PlanField>, Fault> {
    let plan = ctx.data_opt::<Arc<Plan>>();
    plan.and_then(|plan| plan.field(response_key(ctx))).cloned().ok_or_else(Fault::internal)
}

impl PlanField {
    fn new(
        shared: &Arc<Shared>,
        key: String,
        name: String,
        args: PlanArgs,
        selections: Vec<Arc<Selections>>,
    ) -> Self {
        Self {
            id: shared.next_id.fetch_add(1, Ordering::Relaxed),
            key,
            name,
            args,
            selections,
            shared: Arc::clone(shared),
            children: Mutex::new(Vec::new()),
        }
    }

    /// The fields asked of an object of this type, in the order of the query, fragments spread out as far as
    /// they apply to it. Always the same fields, with the same ids, for the same type.
    #[must_use]
    pub fn children(&self, type_name: &str) -> Children {
        self.collect(type_name, Some(type_name))
    }

    /// The child with this response key on an object of this type.
    #[must_use]
    pub fn child(&self, type_name: &str, key: &str) -> Option<Arc<PlanField>> {
        self.children(type_name).iter().find(|field| field.key == key).cloned()
    }

    /// The children with this name, one for each alias, on an object of this type.
    #[must_use]
    pub fn named(&self, type_name: &str, name: &str) -> Vec<Arc<PlanField>> {
        self.children(type_name).iter().filter(|field| field.name == name).cloned().collect()
    }

    /// Whether an object of this type is asked for this field, under any alias.
    #[must_use]
    pub fn selects(&self, type_name: &str, name: &str) -> bool {
        self.children(type_name).iter().any(|field| field.name == name)
    }

    /// The children on whatever type, each fragment taken as applying.
    pub(crate) fn any_children(&self) -> Children {
        self.collect("", None)
    }

    fn collect(&self, slot: &str, object: Option<&str>) -> Children {
        // Held while collecting: two callers must not make two sets of ids for one type.
        let mut known = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, children)) = known.iter().find(|(name, _)| name == slot) {
            return Arc::clone(children);
        }
        let mut collector = Collector {
            types: &self.shared.types,
            object,
            order: Vec::new(),
            index: HashMap::new(),
            seen: HashSet::new(),
        };
        for selections in &self.selections {
            collector.add(selections);
        }
        let field = |found: Found| {
            let args = PlanArgs(self.coerced(object, &found));
            Arc::new(Self::new(
                &self.shared,
                found.key.to_string(),
                found.name.to_string(),
                args,
                found.selections,
            ))
        };
        let children: Children = collector.order.into_iter().map(field).collect();
        known.push((slot.to_owned(), Arc::clone(&children)));
        children
    }

    /// The arguments as given, IDs as text, and the schema's defaults for the rest.
    fn coerced(&self, object: Option<&str>, found: &Found<'_>) -> Vec<(Name, Value)> {
        let mut args = found.args.to_vec();
        if let Some(field) = object.and_then(|object| self.shared.types.field(object, found.name)) {
            for input in &field.args {
                match (args.iter_mut().find(|(name, _)| *name == input.name), &input.default) {
                    (Some((_, value)), _) => {
                        if let Value::Number(number) = value
                            && named(&input.ty) == "ID"
                        {
                            *value = Value::String(number.to_string());
                        }
                    }
                    (None, Some(default)) => args.push((Name::new(&input.name), default.clone())),
                    (None, None) => {}
                }
            }
        }
        args
    }
}

impl PlanArgs {
    /// The arguments that were given or have a default, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The arguments as the struct that the resolver takes, see [`Args`](crate::Args).
    ///
    /// # Errors
    /// `bad_arguments` with async-graphql's sentence.
    pub fn read<T: InputObjectType>(&self) -> Result<T, Fault> {
        T::parse(Some(Value::Object(self.0.iter().cloned().collect()))).map_err(|error| {
            let message = error.into_server_error(async_graphql::Pos::default()).message;
            Fault::new(code::BAD_ARGUMENTS, message)
        })
    }
}

/// A field while its selections are being gathered.
struct Found<'a> {
    key: &'a Name,
    name: &'a Name,
    args: &'a [(Name, Value)],
    selections: Vec<Arc<Selections>>,
}

/// `CollectFields` of the specification (section 6.3.2).
struct Collector<'a> {
    types: &'a TypeIndex,
    object: Option<&'a str>,
    order: Vec<Found<'a>>,
    index: HashMap<&'a str, usize>,
    seen: HashSet<*const Selections>,
}

impl<'a> Collector<'a> {
    fn add(&mut self, selections: &'a Arc<Selections>) {
        // A fragment that is spread twice adds nothing the second time; without this, spreads multiply.
        if !self.seen.insert(Arc::as_ptr(selections)) {
            return;
        }
        for selected in selections.iter() {
            match selected {
                Selected::Field { key, name, args, selections } => {
                    let next = self.order.len();
                    let at = *self.index.entry(key).or_insert(next);
                    match self.order.get_mut(at) {
                        Some(found) => found.selections.push(Arc::clone(selections)),
                        None => self.order.push(Found {
                            key,
                            name,
                            args,
                            selections: vec![Arc::clone(selections)],
                        }),
                    }
                }
                Selected::Fragment { condition, selections } => {
                    let applies = match (condition, self.object) {
                        (Some(condition), Some(object)) => self.types.applies(condition, object),
                        _ => true,
                    };
                    if applies {
                        self.add(selections);
                    }
                }
            }
        }
    }
}

/// Turns the document into owned selections, each named fragment once.
struct Reader<'a> {
    document: &'a ExecutableDocument,
    scope: Scope<'a>,
    /// `None` while the fragment is being read: to meet it then is a circle.
    fragments: HashMap<&'a str, Option<(Arc<Selections>, u64)>>,
}

impl<'a> Reader<'a> {
    /// The selections and how many fields they come to when fragments are spread out.
    fn selections(&mut self, set: &'a SelectionSet, nesting: usize) -> Result<(Selections, u64), Fault> {
        if nesting > MAX_NESTING {
            return Err(Fault::new(
                code::TOO_DEEP,
                format!("The query is nested more than {MAX_NESTING} deep."),
            ));
        }
        let mut selections = Vec::with_capacity(set.items.len());
        let mut fields = 0u64;
        for item in &set.items {
            if !self.scope.includes(item.node.directives()) {
                continue;
            }
            let (selected, count) = match &item.node {
                Selection::Field(field) if field.node.name.node.starts_with("__") => continue,
                Selection::Field(field) => {
                    let (inner, count) = self.selections(&field.node.selection_set.node, nesting + 1)?;
                    let args = field.node.arguments.iter();
                    let args = args.filter_map(|(name, value)| {
                        Some((name.node.clone(), resolved!(self.scope, value.node)?))
                    });
                    let selected = Selected::Field {
                        key: field.node.response_key().node.clone(),
                        name: field.node.name.node.clone(),
                        args: args.collect(),
                        selections: Arc::new(inner),
                    };
                    (selected, count.saturating_add(1))
                }
                Selection::InlineFragment(fragment) => {
                    let condition =
                        fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.clone());
                    let (inner, count) = self.selections(&fragment.node.selection_set.node, nesting + 1)?;
                    (Selected::Fragment { condition, selections: Arc::new(inner) }, count)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, nesting)?
                }
            };
            fields = fields.saturating_add(count);
            selections.push(selected);
        }
        Ok((selections, fields))
    }

    fn fragment(&mut self, name: &'a Name, nesting: usize) -> Result<(Selected, u64), Fault> {
        let invalid = |problem: &str| {
            Fault::new(code::VALIDATION_FAILED, format!("The fragment \"{name}\" {problem}."))
        };
        let definition = self.document.fragments.get(name).ok_or_else(|| invalid("is not defined"))?;
        let (selections, count) = match self.fragments.get(name.as_str()) {
            Some(Some((selections, count))) => (Arc::clone(selections), *count),
            Some(None) => return Err(invalid("contains itself")),
            None => {
                self.fragments.insert(name, None);
                let (inner, count) = self.selections(&definition.node.selection_set.node, nesting + 1)?;
                let inner = Arc::new(inner);
                self.fragments.insert(name, Some((Arc::clone(&inner), count)));
                (inner, count)
            }
        };
        let condition = Some(definition.node.type_condition.node.on.node.clone());
        Ok((Selected::Fragment { condition, selections }, count))
    }
}

#[cfg(test)]
#[path = "tests/plan.rs"]
mod tests;
