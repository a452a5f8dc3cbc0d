//! The arguments of a field as one struct (sections 3.6.1 and 6.4.1).
//!
//! async-graphql takes arguments one by one in the signature of their resolver (issue 1514, open; so in 8.0.0-rc.5). What loads before
//! execution needs the same arguments, and would have to name each of them once more, by text. So an `InputObject` holds them: the
//! loading step reads it from the plan ([`PlanArgs::read`](crate::PlanArgs::read)), and the resolver takes it as [`Args`]. In the
//! schema they stand one by one, as if the resolver had them so. Unneeded once issue 1514 is answered.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputObjectType, InputType, InputValueError,
    InputValueResult, ObjectType, OutputType, Positioned, ServerResult, Value,
};

/// The name by which resolvers take [`Args`], and under which the engine gives it to them.
pub(crate) const ARGS: &str = "args";

/// Marks the type of [`Args`] until the registry has the arguments one by one. No name of GraphQL begins so.
const MARK: char = '*';

/// The arguments of a field: `T` derives `InputObject`, and its members are the arguments. A resolver takes it as its only argument,
/// by the name of `args`.
#[derive(Debug, Clone, PartialEq)]
pub struct Args<T>(pub T);

impl<T> Deref for Args<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: InputObjectType> InputType for Args<T> {
    type RawValueType = T::RawValueType;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry);
        format!("{MARK}{}", T::type_name())
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let given = value.unwrap_or_else(|| Value::Object(IndexMap::new()));
        T::parse(Some(given)).map(Self).map_err(InputValueError::propagate)
    }

    fn to_value(&self) -> Value {
        self.0.to_value()
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_raw_value()
    }
}

/// A root object below which resolvers take [`Args`]: the same object, but for what the schema says of their arguments.
#[derive(Debug, Default)]
pub struct Root<T>(pub T);

impl<T: ObjectType> OutputType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        spread(registry);
        name
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<T: ObjectType> ContainerType for Root<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.resolve_field(ctx).await
    }
}

impl<T: ObjectType> ObjectType for Root<T> {}

/// Puts the members of each [`Args`] in its place.
fn spread(registry: &mut Registry) {
    let inputs = registry.types.iter().filter_map(|(name, ty)| match ty {
        MetaType::InputObject { input_fields, .. } => Some((name.clone(), input_fields.clone())),
        _ => None,
    });
    let inputs: HashMap<_, _> = inputs.collect();
    for ty in registry.types.values_mut() {
        let (MetaType::Object { fields, .. } | MetaType::Interface { fields, .. }) = ty else { continue };
        for field in fields.values_mut() {
            let of = field.args.get(ARGS).and_then(|args| args.ty.strip_prefix(MARK));
            if let Some(members) = of.and_then(|name| inputs.get(name)) {
                field.args.clone_from(members);
            }
        }
    }
}
