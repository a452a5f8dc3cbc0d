//! The document as it is executed: one operation, variables put in (`CoerceArgumentValues`, section 6.4.1), `@skip` and `@include`
//! applied (sections 3.13.1 and 3.13.2).
//!
//! Where variables are concerned async-graphql 7.2 departs from the specification. An omitted variable counts as null, so that a
//! default of the schema is lost, and a partial update would erase what it does not mention (no issue known; 8.0.0-rc.5 mended the
//! second). The defaults of variables are not seen by `@skip` and `@include` (pull request 1827; still so in 8.0.0-rc.5). And it
//! answers null for an object of which nothing was selected (no issue known; mended in 8.0). All three are put right before it sees
//! the document. Unneeded once the first two are mended as well.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, InlineFragment, OperationDefinition,
    OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};

use crate::arguments::ARGS;
use crate::scope::{Scope, is_conditional, resolved};

/// The response key of a `__typename` that keeps an object from being empty; [`strip`] takes it out again.
const PLACEHOLDER: &str = "__pressroom_placeholder";

/// A document that holds one operation, without variables.
pub(crate) struct Resolved {
    pub(crate) document: ExecutableDocument,
    /// Whether the answer has to go through [`strip`].
    pub(crate) placeholders: bool,
}

/// Resolves the operation. The document must be valid and within the limits: this follows fragments recursively.
pub(crate) fn resolve(
    document: &ExecutableDocument,
    operation: &Positioned<OperationDefinition>,
    scope: &Scope<'_>,
) -> Resolved {
    let mut rewriter = Rewriter {
        document,
        scope,
        fragments: HashMap::new(),
        started: HashSet::new(),
        placeholders: false,
        packs: operation.node.ty == OperationType::Query,
    };
    let definition = OperationDefinition {
        ty: operation.node.ty,
        variable_definitions: Vec::new(),
        directives: Vec::new(),
        selection_set: rewriter.set(&operation.node.selection_set),
    };
    Resolved {
        document: ExecutableDocument {
            operations: DocumentOperations::Single(operation.position_node(definition)),
            fragments: rewriter.fragments,
        },
        placeholders: rewriter.placeholders,
    }
}

/// Takes the placeholders out of an answer.
pub(crate) fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // Found on the way: to look for it by its hash takes longer than to pass by.
            let mut placeholder = None;
            for (n, (name, value)) in members.iter_mut().enumerate() {
                if name == PLACEHOLDER {
                    placeholder = Some(n);
                } else {
                    strip(value);
                }
            }
            if let Some(n) = placeholder {
                members.shift_remove_index(n);
            }
        }
        Value::List(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

struct Rewriter<'a> {
    document: &'a ExecutableDocument,
    scope: &'a Scope<'a>,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
    started: HashSet<&'a str>,
    placeholders: bool,
    /// Whether fields get their arguments together as well. Those of a mutation, which bring long texts, take them one by one.
    packs: bool,
}

impl<'a> Rewriter<'a> {
    fn set(&mut self, set: &'a Positioned<SelectionSet>) -> Positioned<SelectionSet> {
        let kept = set.node.items.iter().filter(|item| self.scope.includes(item.node.directives()));
        let kept: Vec<_> = kept.collect();
        let mut items: Vec<_> =
            kept.into_iter().map(|item| item.position_node(self.selection(&item.node))).collect();
        let certain = items.iter().any(|item| matches!(item.node, Selection::Field(_)));
        if !certain && !set.node.items.is_empty() {
            self.placeholders = true;
            let field = Field {
                alias: Some(set.position_node(Name::new(PLACEHOLDER))),
                name: set.position_node(Name::new("__typename")),
                arguments: Vec::new(),
                directives: Vec::new(),
                selection_set: Positioned::default(),
            };
            items.push(set.position_node(Selection::Field(set.position_node(field))));
        }
        set.position_node(SelectionSet { items })
    }

    fn selection(&mut self, selection: &'a Selection) -> Selection {
        let mut copy = match selection {
            Selection::Field(field) => {
                let constants = field.node.arguments.iter().filter_map(|(name, value)| {
                    Some((name, value.position_node(resolved!(self.scope, value.node)?)))
                });
                let constants: Vec<_> = constants.collect();
                let together = (self.packs && !constants.is_empty()).then(|| {
                    let all = constants.iter().map(|(name, value)| (name.node.clone(), value.node.clone()));
                    let name = field.position_node(Name::new(ARGS));
                    (name, field.position_node(Value::Object(all.collect()).into_value()))
                });
                let arguments = constants.into_iter().map(|(name, value)| {
                    let position = value.pos;
                    (name.clone(), Positioned::new(value.node.into_value(), position))
                });
                let arguments = arguments.chain(together).collect();
                let packs = std::mem::replace(&mut self.packs, true);
                let copy = Field {
                    alias: field.node.alias.clone(),
                    name: field.node.name.clone(),
                    arguments,
                    directives: field.node.directives.clone(),
                    selection_set: self.set(&field.node.selection_set),
                };
                self.packs = packs;
                Selection::Field(field.position_node(copy))
            }
            Selection::InlineFragment(fragment) => {
                let copy = InlineFragment {
                    type_condition: fragment.node.type_condition.clone(),
                    directives: fragment.node.directives.clone(),
                    selection_set: self.set(&fragment.node.selection_set),
                };
                Selection::InlineFragment(fragment.position_node(copy))
            }
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.node.fragment_name.node);
                Selection::FragmentSpread(spread.clone())
            }
        };
        copy.directives_mut().retain(|directive| !is_conditional(directive));
        copy
    }

    fn fragment(&mut self, name: &'a Name) {
        let Some(fragment) = self.document.fragments.get(name) else { return };
        if self.started.insert(name) {
            let definition = FragmentDefinition {
                type_condition: fragment.node.type_condition.clone(),
                directives: Vec::new(),
                selection_set: self.set(&fragment.node.selection_set),
            };
            self.fragments.insert(name.clone(), fragment.position_node(definition));
        }
    }
}
