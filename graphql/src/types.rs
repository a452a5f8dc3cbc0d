//! The schema as the engine sees it: types, fields, arguments and their nullability (section 3).
//!
//! async-graphql keeps the registry of a finished schema to itself (pull request 1492 opened that of dynamic schemas alone; so in
//! 8.0.0-rc.5), so this is read from the SDL that the schema prints, once at start. Unneeded once the registry can be read.

use std::collections::{BTreeMap, HashSet};

use async_graphql::Value;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, DirectiveDefinition, FieldDefinition, InputValueDefinition, OperationType, Type, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// Everything the engine knows about the types of a schema.
#[derive(Debug, Default)]
pub(crate) struct TypeIndex {
    kinds: BTreeMap<String, SchemaType>,
    /// Interfaces and unions of each object type.
    abstracts: BTreeMap<String, Vec<String>>,
    /// The arguments of each directive.
    directives: BTreeMap<String, Vec<Input>>,
    /// The arguments of the fields of introspection, which the SDL leaves out; none are of one name and two types.
    introspection: Vec<Input>,
    query: String,
    mutation: Option<String>,
}

/// One type.
#[derive(Debug)]
pub(crate) enum SchemaType {
    Scalar,
    Enum(HashSet<String>),
    Input { fields: Vec<Input>, one_of: bool },
    Object(BTreeMap<String, Field>),
    Interface(BTreeMap<String, Field>),
    Union(Vec<String>),
}

/// An argument of a field, or a member of an input object.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) default: Option<Value>,
}

/// A field of an object or an interface.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) ty: Type,
    pub(crate) args: Vec<Input>,
}

impl TypeIndex {
    /// Reads the SDL of a schema.
    ///
    /// # Errors
    /// The parser's message where `sdl` is not a schema document, or one without a query type.
    pub(crate) fn from_sdl(sdl: &str) -> Result<Self, String> {
        let document = parse_schema(sdl).map_err(|error| error.to_string())?;
        let mut index = Self { introspection: introspection(), ..Self::default() };
        for definition in document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let root = |name: Option<Positioned<Name>>| name.map(|name| name.node.to_string());
                    index.query = root(schema.node.query).unwrap_or_default();
                    index.mutation = root(schema.node.mutation);
                }
                TypeSystemDefinition::Type(ty) => {
                    let name = ty.node.name.node.to_string();
                    let one_of = ty.node.directives.iter().any(|d| d.node.name.node == "oneOf");
                    index.add(name, ty.node.kind, one_of);
                }
                TypeSystemDefinition::Directive(directive) => {
                    let DirectiveDefinition { name, arguments, .. } = directive.node;
                    index.directives.insert(name.node.to_string(), inputs(arguments));
                }
            }
        }
        if index.kinds.contains_key(&index.query) {
            Ok(index)
        } else {
            Err("the schema has no query type".to_owned())
        }
    }

    fn add(&mut self, name: String, kind: TypeKind, one_of: bool) {
        let kind = match kind {
            TypeKind::Scalar => SchemaType::Scalar,
            TypeKind::Enum(ty) => {
                SchemaType::Enum(ty.values.iter().map(|v| v.node.value.node.to_string()).collect())
            }
            TypeKind::InputObject(ty) => SchemaType::Input { fields: inputs(ty.fields), one_of },
            TypeKind::Object(ty) => {
                let interfaces = ty.implements.iter().map(|i| i.node.to_string());
                self.abstracts.entry(name.clone()).or_default().extend(interfaces);
                SchemaType::Object(fields(ty.fields))
            }
            TypeKind::Interface(ty) => SchemaType::Interface(fields(ty.fields)),
            TypeKind::Union(ty) => {
                let members: Vec<String> = ty.members.iter().map(|m| m.node.to_string()).collect();
                for member in &members {
                    self.abstracts.entry(member.clone()).or_default().push(name.clone());
                }
                SchemaType::Union(members)
            }
        };
        self.kinds.insert(name, kind);
    }

    /// The name of the root type of an operation; empty where the schema has none.
    #[must_use]
    pub(crate) fn root(&self, operation: OperationType) -> &str {
        match operation {
            OperationType::Query => &self.query,
            OperationType::Mutation => self.mutation.as_deref().unwrap_or_default(),
            OperationType::Subscription => "",
        }
    }

    /// How many types the schema defines, builtin scalars and introspection aside.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether a fragment `... on condition` applies to an object of type `object`.
    #[must_use]
    pub(crate) fn applies(&self, condition: &str, object: &str) -> bool {
        condition == object
            || self.abstracts.get(object).is_some_and(|all| all.iter().any(|a| a == condition))
    }

    pub(crate) fn kind(&self, name: &str) -> Option<&SchemaType> {
        self.kinds.get(name)
    }

    /// The field of an object or interface; for an interface or union also a field that only its objects have.
    pub(crate) fn field(&self, type_name: &str, field: &str) -> Option<&Field> {
        match self.kinds.get(type_name)? {
            SchemaType::Object(fields) => fields.get(field),
            SchemaType::Interface(fields) => fields.get(field).or_else(|| {
                let mut objects = self.abstracts.iter().filter(|(_, all)| all.iter().any(|a| a == type_name));
                objects.find_map(|(object, _)| self.field(object, field))
            }),
            SchemaType::Union(members) => members.iter().find_map(|member| self.field(member, field)),
            SchemaType::Scalar | SchemaType::Enum(_) | SchemaType::Input { .. } => None,
        }
    }

    /// The arguments of a field, those of introspection included.
    pub(crate) fn arguments(&self, type_name: &str, field: &str) -> &[Input] {
        if field == "__type" || type_name.starts_with("__") {
            return &self.introspection;
        }
        self.field(type_name, field).map(|field| field.args.as_slice()).unwrap_or_default()
    }

    /// The arguments of a directive.
    pub(crate) fn directive(&self, name: &str) -> &[Input] {
        self.directives.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The name of the type inside all lists.
pub(crate) fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

fn introspection() -> Vec<Input> {
    let input = |name: &str, ty: &str, nullable: bool| {
        let ty = Type { base: BaseType::Named(Name::new(ty)), nullable };
        Input { name: name.to_owned(), ty, default: None }
    };
    vec![input("name", "String", false), input("includeDeprecated", "Boolean", true)]
}

fn fields(definitions: Vec<Positioned<FieldDefinition>>) -> BTreeMap<String, Field> {
    let one = |field: Positioned<FieldDefinition>| {
        let FieldDefinition { name, ty, arguments, .. } = field.node;
        let args = inputs(arguments);
        (name.node.to_string(), Field { ty: ty.node, args })
    };
    definitions.into_iter().map(one).collect()
}

fn inputs(definitions: Vec<Positioned<InputValueDefinition>>) -> Vec<Input> {
    let one = |input: Positioned<InputValueDefinition>| {
        let InputValueDefinition { name, ty, default_value, .. } = input.node;
        Input { name: name.node.to_string(), ty: ty.node, default: default_value.map(|value| value.node) }
    };
    definitions.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDL: &str = r#"
        interface Node { id: ID! }
        "A post." type Post implements Node { id: ID!, tags(first: Int! = 20, after: String): [String!]! }
        type Page implements Node { id: ID!, body: String }
        union Hit = Post | Page
        enum Order { NEW OLD }
        input Pick @oneOf { id: ID, slug: String }
        type Query { hit: Hit, node: Node }
        schema { query: Query }
    "#;

    #[test]
    fn fragments_apply_to_the_object_its_interfaces_and_its_unions() {
        let types = TypeIndex::from_sdl(SDL).unwrap();
        assert!(
            types.applies("Post", "Post") && types.applies("Node", "Post") && types.applies("Hit", "Page")
        );
        assert!(!types.applies("Page", "Post") && !types.applies("Other", "Post"));
    }

    #[test]
    fn fields_are_found_on_objects_interfaces_and_unions() {
        let types = TypeIndex::from_sdl(SDL).unwrap();
        assert!(!types.field("Node", "id").unwrap().ty.nullable);
        assert!(types.field("Node", "body").unwrap().ty.nullable);
        assert_eq!(named(&types.field("Hit", "tags").unwrap().ty), "String");
        assert_eq!(types.field("Post", "tags").unwrap().args[0].default, Some(Value::from(20)));
        assert!(matches!(types.kind("Pick"), Some(SchemaType::Input { one_of: true, .. })));
        assert!(types.field("Query", "nothing").is_none());
    }

    #[test]
    fn a_document_without_a_query_type_is_refused() {
        assert!(TypeIndex::from_sdl("type A { b: Int }").is_err());
        assert!(TypeIndex::from_sdl("type {").is_err());
    }
}
