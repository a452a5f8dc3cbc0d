//! A toy publication that loads as the real one does: posts, their authors and comments, level by level.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, Data, EmptySubscription, ID, InputObject, Interface, MaybeUndefined, Object, Schema,
    SimpleObject, Union, Value,
};

use pressroom_graphql::{
    Args, Call, Engine, Fault, Limits, Outcome, Plan, PlanField, Root, Settings, response_key, root_field,
};

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Counts what would be SQL statements.
#[derive(Default)]
pub(crate) struct Database {
    pub(crate) statements: AtomicUsize,
}

impl Database {
    fn count(&self) {
        self.statements.fetch_add(1, Ordering::SeqCst);
    }

    fn posts(&self, first: usize) -> Vec<u32> {
        self.count();
        (1..=first).map(|id| u32::try_from(id).unwrap()).collect()
    }

    fn authors(&self, posts: &BTreeSet<u32>) -> HashMap<u32, String> {
        self.count();
        posts.iter().map(|post| (*post, if post % 2 == 0 { "grace" } else { "ada" }.to_owned())).collect()
    }

    fn comments(&self, posts: &BTreeSet<u32>, first: usize) -> HashMap<u32, Vec<String>> {
        self.count();
        posts
            .iter()
            .map(|post| (*post, (1..=first).map(|n| format!("comment {n} on {post}")).collect()))
            .collect()
    }
}

/// What was loaded for one request, by the field that asked for it.
#[derive(Default)]
struct Loaded {
    posts: HashMap<u32, Vec<u32>>,
    authors: HashMap<u32, HashMap<u32, String>>,
    comments: HashMap<u32, HashMap<u32, Vec<String>>>,
}

/// Goes down the plan: one statement a field and level, whatever the number of posts.
fn load(db: &Database, roots: &[Arc<PlanField>]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut posts: Vec<(Arc<PlanField>, Vec<u32>)> = Vec::new();
    for field in roots {
        match field.name.as_str() {
            "posts" => {
                let Ok(args) = field.args.read::<PostsArguments>() else { continue };
                let ids = db.posts(usize::try_from(args.first).unwrap());
                loaded.posts.insert(field.id, ids.clone());
                for edges in field.named("PostConnection", "edges") {
                    for node in edges.named("PostEdge", "node") {
                        posts.push((node, ids.clone()));
                    }
                }
            }
            "post" | "node" => {
                let Ok(args) = field.args.read::<IdArguments>() else { continue };
                let id = args.id.parse().unwrap_or(7);
                posts.push((Arc::clone(field), vec![id]));
            }
            "createPost" => posts.push((Arc::clone(field), vec![7])),
            _ => {}
        }
    }
    for (field, ids) in posts {
        let ids: BTreeSet<u32> = ids.into_iter().collect();
        for child in field.children("Post").iter() {
            match child.name.as_str() {
                "author" => drop(loaded.authors.insert(child.id, db.authors(&ids))),
                "comments" => {
                    let Ok(args) = child.args.read::<CommentsArguments>() else { continue };
                    let first = usize::try_from(args.first).unwrap();
                    loaded.comments.insert(child.id, db.comments(&ids, first));
                }
                _ => {}
            }
        }
    }
    loaded
}

#[derive(InputObject)]
struct IdArguments {
    id: ID,
}

#[derive(InputObject)]
struct PostsArguments {
    /// How many.
    #[graphql(default = 3)]
    first: i32,
}

#[derive(InputObject)]
struct CommentsArguments {
    #[graphql(default = 2)]
    first: i32,
}

#[derive(SimpleObject)]
struct Author {
    name: String,
}

struct Page {
    id: ID,
}

#[Object]
impl Page {
    async fn id(&self) -> ID {
        self.id.clone()
    }

    async fn path(&self) -> &str {
        "/about"
    }
}

struct Post {
    id: u32,
    /// The field that asked for this post: its children are what was loaded.
    field: Arc<PlanField>,
    loaded: Arc<Loaded>,
}

#[Object]
impl Post {
    async fn id(&self) -> ID {
        self.id.into()
    }

    async fn title(&self) -> String {
        format!("Post {}", self.id)
    }

    async fn author(&self, ctx: &Context<'_>) -> Result<Author> {
        let name = self.child(ctx).and_then(|child| self.loaded.authors.get(&child.id)?.get(&self.id));
        Ok(Author { name: name.cloned().ok_or_else(Fault::internal)? })
    }

    async fn comments(&self, ctx: &Context<'_>, args: Args<CommentsArguments>) -> Result<Vec<String>> {
        let comments = self.child(ctx).and_then(|child| self.loaded.comments.get(&child.id)?.get(&self.id));
        let comments = comments.cloned().ok_or_else(Fault::internal)?;
        assert_eq!(
            comments.len(),
            usize::try_from(args.first).unwrap(),
            "the plan and the resolver see the same argument"
        );
        Ok(comments)
    }

    async fn secret(&self) -> Result<Option<String>> {
        Err(Fault::new("forbidden", "You may not see that.").status(403))
    }

    async fn promised(&self) -> Result<String> {
        Err(Fault::internal())
    }

    async fn crash(&self) -> Result<Option<String>, std::io::Error> {
        Err(std::io::Error::other("SELECT * FROM /srv/data"))
    }
}

impl Post {
    fn child(&self, ctx: &Context<'_>) -> Option<Arc<PlanField>> {
        self.field.child("Post", response_key(ctx))
    }
}

#[derive(SimpleObject)]
struct PostEdge {
    node: Post,
    cursor: String,
}

struct PostConnection {
    ids: Vec<u32>,
    field: Arc<PlanField>,
    loaded: Arc<Loaded>,
}

#[Object]
impl PostConnection {
    async fn edges(&self, ctx: &Context<'_>) -> Result<Vec<PostEdge>> {
        let edges = self.field.child("PostConnection", response_key(ctx)).ok_or_else(Fault::internal)?;
        let Some(node) = edges.named("PostEdge", "node").first().cloned() else { return Ok(Vec::new()) };
        let edge = |id: &u32| PostEdge {
            node: Post { id: *id, field: Arc::clone(&node), loaded: Arc::clone(&self.loaded) },
            cursor: id.to_string(),
        };
        Ok(self.ids.iter().map(edge).collect())
    }

    async fn count(&self) -> usize {
        self.ids.len()
    }
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID"))]
enum Node {
    Post(Post),
    Page(Page),
}

#[derive(Union)]
enum Hit {
    Post(Post),
    Page(Page),
}

#[derive(InputObject)]
struct PostInput {
    title: String,
    subtitle: MaybeUndefined<String>,
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn post(&self, ctx: &Context<'_>, args: Args<IdArguments>) -> Result<Option<Post>> {
        if args.id.as_str() == "0" {
            return Ok(None);
        }
        Ok(Some(post(ctx, args.id.parse().unwrap_or(1))?))
    }

    async fn posts(&self, ctx: &Context<'_>, args: Args<PostsArguments>) -> Result<PostConnection> {
        let (field, loaded) = (root_field(ctx)?, Arc::clone(loaded(ctx)?));
        let ids = loaded.posts.get(&field.id).cloned().ok_or_else(Fault::internal)?;
        assert_eq!(ids.len(), usize::try_from(args.first).unwrap());
        Ok(PostConnection { ids, field, loaded })
    }

    async fn node(&self, ctx: &Context<'_>, args: Args<IdArguments>) -> Result<Option<Node>> {
        let Args(IdArguments { id }) = args;
        if id.starts_with('p') {
            return Ok(Some(Node::Page(Page { id })));
        }
        Ok(Some(Node::Post(post(ctx, id.parse().unwrap_or(1))?)))
    }

    async fn hits(&self, ctx: &Context<'_>) -> Result<Vec<Hit>> {
        let page = Page { id: "p1".into() };
        Ok(vec![Hit::Page(page), Hit::Post(post(ctx, 1)?)])
    }

    async fn echo(&self, text: Option<String>, #[graphql(default = true)] loud: bool) -> String {
        format!("{}{}", text.unwrap_or_else(|| "nothing".into()), if loud { "!" } else { "" })
    }

    async fn first_letter(&self, of: Option<i32>) -> Option<i32> {
        of
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Writes, and only then loads what the answer needs.
    async fn create_post(&self, ctx: &Context<'_>, input: PostInput) -> Result<Post> {
        if input.title.trim().is_empty() {
            let sentence = "Give a title.";
            let fault = Fault::new("validation_failed", sentence).status(422);
            return Err(fault.member("/title", "required", sentence));
        }
        tokio::task::yield_now().await;
        let field = root_field(ctx)?;
        let loaded = Arc::new(load(
            ctx.data_opt::<Arc<Database>>().ok_or_else(Fault::internal)?,
            std::slice::from_ref(&field),
        ));
        Ok(Post { id: 7, field, loaded })
    }

    async fn patch(&self, input: PostInput) -> String {
        match input.subtitle {
            MaybeUndefined::Undefined => "leave".into(),
            MaybeUndefined::Null => "clear".into(),
            MaybeUndefined::Value(text) => format!("set {text}"),
        }
    }
}

fn loaded<'a>(ctx: &'a Context<'_>) -> Result<&'a Arc<Loaded>> {
    ctx.data_opt::<Arc<Loaded>>().ok_or_else(Fault::internal)
}

fn post(ctx: &Context<'_>, id: u32) -> Result<Post> {
    Ok(Post { id, field: root_field(ctx)?, loaded: Arc::clone(loaded(ctx)?) })
}

pub(crate) fn engine(limits: Limits) -> Engine {
    let settings =
        Settings { limits, registered: vec!["{ registered: echo }".to_owned()], ..Settings::default() };
    Engine::new(|| Schema::build(Root(Query), Root(Mutation), EmptySubscription), settings).unwrap()
}

/// The loading step: what a handler of the real endpoint does with the service and the viewer.
pub(crate) fn preload(db: &Arc<Database>, plan: &Plan) -> Result<Data, Fault> {
    if plan.field("busy").is_some() {
        return Err(Fault::new("unavailable", "Try again in a moment.").status(503).retry_after(1));
    }
    if plan.field("me").is_some() {
        return Err(Fault::new("invalid_token", "The token has expired.").status(401));
    }
    let mut data = Data::default();
    data.insert(Arc::clone(db));
    data.insert(Arc::new(load(db, &plan.fields)));
    Ok(data)
}

/// Executes without HTTP; the answer as JSON would have it.
pub(crate) async fn ask(engine: &Engine, query: &str, variables: Value) -> serde_json::Value {
    let (answer, _) = ask_counting(engine, query, variables).await;
    answer
}

/// The same, with the number of statements that it took.
pub(crate) async fn ask_counting(
    engine: &Engine,
    query: &str,
    variables: Value,
) -> (serde_json::Value, usize) {
    let db = Arc::new(Database::default());
    let call = Call {
        query: Some(query.to_owned()),
        variables: async_graphql::Variables::from_value(variables),
        ..Default::default()
    };
    let answer = match engine.execute(call, async |plan| preload(&db, &plan)).await {
        Outcome::Answered { response, .. } => serde_json::to_value(&response).unwrap(),
        Outcome::Refused(faults) => {
            let errors: Vec<_> = faults.iter().map(Fault::to_request_error).collect();
            serde_json::json!({ "errors": errors })
        }
    };
    (answer, db.statements.load(Ordering::SeqCst))
}
