//! The schema: what the contract names, on the use cases that REST has too.
//!
//! Objects hold the views that REST shows. What hangs on them is loaded before execution, level by level ([`load`]), and found
//! again under the field of the plan that asked for it ([`at`]). Both read the arguments of a field as one struct ([`arguments`]).
//! Resolvers thus never wait, and each object has its fields resolved in turn (`serial`): in the order of the query, as the
//! specification wants it, and without the bookkeeping of futures that would be polled once.

#![expect(clippy::unused_async, reason = "async-graphql takes no other resolvers")]

mod arguments;
mod at;
mod connection;
mod load;
mod mutation;
mod node;
mod objects;
mod query;
mod request;
mod scalars;

use std::path::Path;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Data, EmptySubscription, SDLExportOptions, Schema, SchemaBuilder};
use pressroom_graphql::{Engine, Fault, Limits, Plan, PlanField, Root, Settings};
use pressroom_schema::Key;

use self::arguments::{CommentArguments, PostArguments, PostsArguments};
use self::mutation::Mutation;
use self::query::Query;
use self::request::Request;
use super::registered;
use crate::auth::limit::Class;
use crate::auth::viewer::Viewer;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::freshness::{Read, Reader};
use crate::service::{Svc, comments, posts};

fn build() -> SchemaBuilder<Root<Query>, Root<Mutation>, EmptySubscription> {
    Schema::build(Root(Query), Root(Mutation::default()), EmptySubscription)
}

/// The schema in the schema definition language: what stands in `schema/schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    build().finish().sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// The engine with the limits and the registered queries that the settings name.
///
/// # Errors
/// When a registered query cannot be read or is not valid; when the schema is not one, which is a defect.
pub async fn engine(config: &Config) -> Result<Engine> {
    let limits = Limits {
        depth: u32::try_from(config.graphql_depth).unwrap_or(u32::MAX),
        complexity: u64::try_from(config.graphql_complexity).unwrap_or(u64::MAX),
        aliases: u64::try_from(config.graphql_aliases).unwrap_or(u64::MAX),
        body_bytes: config.body_limit,
        introspection: config.graphql_introspection.is_on(),
        ..Limits::default()
    };
    let documents = match config.graphql_queries.as_str() {
        "" => Vec::new(),
        folder => registered::read(Path::new(folder))?,
    };
    let registered = registered::texts(&documents);
    let settings = Settings { limits, scalars: scalars::checks(), registered, ..Settings::default() };
    let engine = Engine::new(build, settings).map_err(Error::internal)?;
    for (file, text) in documents {
        engine.check(&text).await.map_err(|why| Error::internal(format!("{file}: {why}")))?;
    }
    Ok(engine)
}

/// What the loading step gives.
pub(super) struct Prepared {
    /// What the resolvers read.
    pub(super) data: Data,
    /// Where the answer is the same for everybody until a write touches what it depends on: the names of that.
    pub(super) public_keys: Option<Vec<Key>>,
    /// Whether a field shows a working copy by a preview token.
    pub(super) previews: bool,
}

fn previews(field: &PlanField) -> bool {
    field.name == "post" && field.args.read::<PostArguments>().is_ok_and(|args| args.preview.is_some())
}

fn edits(field: &PlanField) -> bool {
    field.name == "comment"
        && field.args.read::<CommentArguments>().is_ok_and(|args| args.edit_token.is_some())
}

fn searches(field: &PlanField) -> bool {
    let by_words = |args: PostsArguments| args.filter.is_some_and(|filter| filter.q.is_some());
    field.name == "search"
        || (field.name == "posts" && field.args.read::<PostsArguments>().is_ok_and(by_words))
}

/// The loading step: what the resolvers of `plan` read. A query is read on one snapshot.
///
/// # Errors
/// That the database is busy or out of reach. What one field is refused is told at that field.
pub(super) async fn prepare(
    svc: &Svc,
    viewer: Viewer,
    user_agent: Option<String>,
    plan: &Arc<Plan>,
) -> std::result::Result<Prepared, Fault> {
    let mut data = Data::default();
    let mut public_keys = None;
    let previews = plan.fields.iter().any(|field| previews(field));
    let by_token = previews || plan.fields.iter().any(|field| edits(field));
    if plan.operation == OperationType::Query {
        for field in &plan.fields {
            if searches(field) {
                svc.admit(&viewer, Class::Search).await?;
            } else if edits(field) {
                comments::admit_edit_token(svc, &viewer).await?;
            }
        }
        let Read { value: mut loaded, keys } = if plan.fields.is_empty() {
            Read { value: at::Loaded::default(), keys: Vec::new() }
        } else {
            let (svc2, viewer2, plan2) = (Arc::clone(svc), viewer.clone(), Arc::clone(plan));
            let read = move |reader: &mut Reader<'_>| load::load(&svc2, reader, &viewer2, &plan2.fields);
            let is_slow = plan.fields.iter().any(|field| searches(field));
            let mut attempts = 0;
            loop {
                let read = read.clone();
                let loaded = if is_slow {
                    svc.read_slow(read).await
                } else if by_token {
                    // Whoever holds a preview link or an edit token sees what was saved a moment ago.
                    svc.read_newest(read).await
                } else {
                    svc.read(&viewer, read).await
                };
                attempts += 1;
                match loaded {
                    // What older programs saved is rendered first, as by REST.
                    Err(error) if !error.bodies().is_empty() && attempts < posts::ATTEMPTS => {
                        posts::keep(svc, error.bodies()).await?;
                    }
                    loaded => break loaded?,
                }
            }
        };
        loaded.compare(svc).await?;
        let is_public = !loaded.lacks && !by_token && viewer.is_anybody();
        public_keys = is_public.then_some(keys);
        data.insert(Arc::new(loaded));
    }
    data.insert(Request { svc: Arc::clone(svc), viewer, user_agent });
    Ok(Prepared { data, public_keys, previews })
}
