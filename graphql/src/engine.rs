//! From a request to its answer (section 6): plan, load, execute.
//!
//! 1. The document is found among those that were validated before, or parsed, measured and validated.
//! 2. Variables are coerced, and the operation is turned into a [`Plan`].
//! 3. The caller loads what the plan needs, in one read transaction, and gives it as the request's data.
//! 4. async-graphql executes with resolvers that do not wait, so that nothing is fetched twice, and fields keep the order of the
//!    query, as section 7.2.2 wants it: 7.2 answers fields in the order in which they were completed (issue 612; mended in 8.0).
//! 5. Errors get their codes, and nulls their places.
//!
//! There are two schemas, one that validates and one that executes without validation, since async-graphql offers no validation by
//! itself (no issue known; so in 8.0.0-rc.5): with that, one would do.

use std::collections::{BTreeMap, HashSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{
    Data, EmptySubscription, ObjectType, Request, Response, SDLExportOptions, Schema, SchemaBuilder,
    ServerError, ValidationMode, ValidationResult, Value, Variables, async_trait,
};

use crate::documents::{Document, Documents, NO_NUL, parse};
use crate::fault::{Fault, code};
use crate::limits::{self, Limits};
use crate::nulls;
use crate::plan::{Plan, plan_operation};
use crate::resolve::{resolve, strip};
use crate::scope::{Scope, operation};
use crate::types::TypeIndex;
use crate::usages;
use crate::variables::{ScalarCheck, coerce, hold_nul, weigh};

/// Validation tells at most this many errors.
const MAX_VALIDATION_ERRORS: usize = 20;

/// What an engine is made with.
#[derive(Debug)]
pub struct Settings {
    /// See [`Limits`].
    pub limits: Limits,
    /// How the schema's custom scalars are checked in variables; one that is not named here takes any value.
    pub scalars: BTreeMap<&'static str, ScalarCheck>,
    /// Bytes of documents to keep parsed, and of persisted queries to keep.
    pub document_store_bytes: usize,
    /// Documents that clients may name by their SHA-256 from the start.
    pub registered: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            scalars: BTreeMap::new(),
            document_store_bytes: 2 * 1024 * 1024,
            registered: Vec::new(),
        }
    }
}

/// A schema, ready to answer.
pub struct Engine {
    /// Validates and does not execute.
    strict: Box<dyn Run>,
    /// Executes what was validated.
    fast: Box<dyn Run>,
    sdl: String,
    types: Arc<TypeIndex>,
    documents: Documents,
    settings: Settings,
}

/// One request, from whatever transport.
#[derive(Debug, Default)]
pub struct Call {
    /// The document, unless it is named by its hash.
    pub query: Option<String>,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// As they were sent.
    pub variables: Variables,
    /// `extensions.persistedQuery`.
    pub persisted: Option<Value>,
    /// Whether only queries may run, as with GET.
    pub read_only: bool,
}

/// What came of a request.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing was executed; there is no `data`.
    Refused(Vec<Fault>),
    /// It was executed, perhaps with errors in some fields.
    Answered {
        /// Query or mutation.
        operation: OperationType,
        /// `data` and `errors`.
        response: Box<Response>,
    },
}

impl Engine {
    /// Makes an engine of a schema. `build` is called twice: one schema validates what is new, the other executes
    /// what is known to be valid.
    ///
    /// # Errors
    /// The schema has no query type, or prints an SDL that does not parse.
    pub fn new<Q, M>(
        build: impl Fn() -> SchemaBuilder<Q, M, EmptySubscription>,
        settings: Settings,
    ) -> Result<Self, String>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
    {
        let finish = |mut builder: SchemaBuilder<Q, M, EmptySubscription>| {
            if !settings.limits.introspection {
                // Suggestions would tell the names that introspection hides.
                builder = builder.disable_introspection().disable_suggestions();
            }
            builder.limit_recursive_depth(limits::MAX_NESTING * 2).finish()
        };
        let strict = finish(build().extension(ValidateOnly));
        let fast = finish(build().validation_mode(ValidationMode::Fast));
        let sdl = fast.sdl_with_options(SDLExportOptions::new().include_specified_by());
        let types = Arc::new(TypeIndex::from_sdl(&sdl)?);
        let documents = Documents::new(settings.document_store_bytes, &settings.registered);
        Ok(Self { strict: Box::new(strict), fast: Box::new(fast), sdl, types, documents, settings })
    }

    /// The schema in the schema definition language.
    #[must_use]
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// The limits of requests.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Answers a request. `load` gets the plan before anything is executed, and gives the data that resolvers read;
    /// the plan is added to it as `Arc<Plan>`.
    pub async fn execute<L>(&self, call: Call, load: L) -> Outcome
    where
        L: AsyncFnOnce(Arc<Plan>) -> Result<Data, Fault>,
    {
        match self.run(call, load).await {
            Ok((operation, response)) => Outcome::Answered { operation, response: Box::new(response) },
            Err(faults) => Outcome::Refused(faults),
        }
    }

    async fn run<L>(&self, call: Call, load: L) -> Result<(OperationType, Response), Vec<Fault>>
    where
        L: AsyncFnOnce(Arc<Plan>) -> Result<Data, Fault>,
    {
        let limits = &self.settings.limits;
        if weigh(&call.variables) > limits.variables_bytes {
            let sentence = format!("The variables are larger than {} bytes.", limits.variables_bytes);
            return Err(vec![Fault::new(code::VARIABLES_TOO_LARGE, sentence)]);
        }
        let source = self.documents.source(call.query, call.persisted.as_ref()).map_err(one)?;
        let document = self.document(&source.text, &call.variables).await?;
        if let Some(hash) = &source.hash {
            self.documents.persist(hash, &document.text);
        }

        let name = call.operation_name.as_deref();
        let chosen = operation(&document.parsed, name).map_err(one)?;
        let kind = chosen.node.ty;
        if call.read_only && kind != OperationType::Query {
            let sentence = format!("A {kind} needs POST; GET and HEAD only carry queries.");
            return Err(vec![Fault::new(code::METHOD_NOT_ALLOWED, sentence).status(405)]);
        }
        // Mutations refuse it themselves, and name the member, as REST does.
        if kind == OperationType::Query && hold_nul(&call.variables) {
            return Err(vec![Fault::new(code::BAD_REQUEST, NO_NUL)]);
        }
        let variables = coerce(&chosen.node, call.variables, &self.types, &self.settings.scalars)?;
        let plan = Arc::new(plan_operation(&document.parsed, name, &variables, &self.types).map_err(one)?);
        let resolved = resolve(&document.parsed, chosen, &Scope::new(&chosen.node, &variables));

        let mut data = load(Arc::clone(&plan)).await.map_err(one)?;
        data.insert(Arc::clone(&plan));
        let mut request = Request::new(String::new());
        request.data = data;
        request.set_parsed_query(resolved.document);
        let mut running = self.fast.run(request);
        let first = poll_fn(|context| Poll::Ready(running.as_mut().poll(context))).await;
        debug_assert!(
            first.is_ready() || kind != OperationType::Query,
            "a resolver of a query waits; load what it needs before, or its fields come out of order"
        );
        let mut response = match first {
            Poll::Ready(response) => response,
            Poll::Pending => running.await,
        };

        Self::finish_errors(&mut response.errors);
        if !response.errors.is_empty() {
            nulls::propagate(&mut response.data, &response.errors, &plan, &self.types);
        }
        if resolved.placeholders {
            strip(&mut response.data);
        }
        Ok((kind, response))
    }

    /// The document, parsed, within the limits for these variables, and valid.
    async fn document(&self, text: &Arc<str>, variables: &Variables) -> Result<Arc<Document>, Vec<Fault>> {
        let limits = &self.settings.limits;
        if let Some(document) = self.documents.find(text) {
            // What a query costs depends on the sizes of lists, which come in variables.
            if document.takes_variables() {
                limits::check(&document.parsed, variables, &self.types, limits).map_err(one)?;
            }
            return Ok(document);
        }
        let document = Arc::new(parse(text, limits).map_err(one)?);
        limits::check(&document.parsed, variables, &self.types, limits).map_err(one)?;
        self.validate(&document.parsed).await?;
        self.documents.keep(&document);
        Ok(document)
    }

    /// Whether a document is GraphQL and fits the schema. What it costs depends on the variables of each request.
    ///
    /// # Errors
    /// A sentence that says why not, and where.
    pub async fn check(&self, text: &str) -> Result<(), String> {
        let limits = &self.settings.limits;
        let parsed = parse(&Arc::from(text), limits).map_err(|fault| vec![fault]);
        let checked = match parsed {
            Ok(document) => self.validate(&document.parsed).await,
            Err(faults) => Err(faults),
        };
        checked.map_err(|faults| {
            let told = faults.iter().map(|fault| {
                let error = fault.to_request_error();
                let places =
                    error.locations.iter().map(|at| format!(" (line {}, column {})", at.line, at.column));
                format!("{}{}", error.message, places.collect::<String>())
            });
            told.collect::<Vec<_>>().join("; ")
        })
    }

    async fn validate(&self, document: &ExecutableDocument) -> Result<(), Vec<Fault>> {
        let mut request = Request::new(String::new());
        request.set_parsed_query(document.clone());
        let errors = self.strict.run(request).await.errors;
        let fault = |error: ServerError| {
            error
                .locations
                .iter()
                .fold(Fault::new(code::VALIDATION_FAILED, error.message), |fault, &at| fault.at(at))
        };
        let mut faults: Vec<_> = errors.into_iter().take(MAX_VALIDATION_ERRORS).map(fault).collect();
        if faults.is_empty() {
            faults = usages::check(document, &self.types);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Gives every error a code, and no word of what a client has no business with.
    fn finish_errors(errors: &mut Vec<ServerError>) {
        // A field that is asked for twice is resolved twice by async-graphql, and fails twice.
        let mut seen = HashSet::new();
        errors.retain(|error| seen.insert(format!("{:?}{}", error.path, error.message)));
        for error in errors {
            // Where the fault has no place, async-graphql writes line 0, which the specification does not allow.
            error.locations.retain(|position| position.line > 0);
            // What a resolver answers is kept as the source of the error that async-graphql makes of it.
            let fault = match (error.source::<Fault>(), &error.source) {
                (Some(fault), _) => fault.clone(),
                // Without one it is async-graphql's own. In executing what is valid it refuses nothing but a value that
                // an argument's type does not take.
                (None, None) => Fault::new(code::BAD_ARGUMENTS, error.message.clone()),
                (None, Some(_)) => {
                    tracing::error!(cause = %error.message, path = ?error.path, "a resolver failed");
                    Fault::internal()
                }
            };
            fault.write_onto(error);
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn one(fault: Fault) -> Vec<Fault> {
    vec![fault]
}

/// A schema without its three type parameters.
trait Run: Send + Sync {
    fn run(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;
}

impl<Q, M> Run for Schema<Q, M, EmptySubscription>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
{
    fn run(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.execute(request))
    }
}

/// Stops after validation: async-graphql offers no validation by itself.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await?;
        // No errors, and yet not to be executed.
        Err(Vec::new())
    }
}
