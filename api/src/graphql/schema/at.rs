//! What was loaded for a request, and where in its plan an object stands.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, InputObjectType};
use pressroom_graphql::{Args, Fault, PlanField, response_key, root_field};
use pressroom_schema::Id;

use super::node::NodeData;
use super::objects::{PostData, RevisionData};
use crate::error::{Code, Error};
use crate::page::Page;
use crate::service::Svc;
use crate::service::accounts::{MeView, TokenView, UserView};
use crate::service::posts::{RevisionDiffView, RevisionPair, RevisionView, compare_revisions};
use crate::view::{
    AuthorView, CommentView, LinksView, MediaView, RelatedView, SearchHitView, Shared, SiteView, TagView,
};

macro_rules! entries {
    ($($variant:ident($type:ty),)+) => {
        /// What one field shows of one object.
        #[derive(Debug, Clone)]
        pub(crate) enum Entry { $($variant($type),)+ }

        $(impl Stored for $type {
            fn into_entry(self) -> Entry {
                Entry::$variant(self)
            }

            fn from_entry(entry: &Entry) -> Option<&Self> {
                if let Entry::$variant(value) = entry { Some(value) } else { None }
            }
        })+
    };
}

/// What can be kept in [`Loaded`]: cheap to clone.
pub(crate) trait Stored: Clone {
    /// As it is kept.
    fn into_entry(self) -> Entry;
    /// Back from there; `None` where something else is kept.
    fn from_entry(entry: &Entry) -> Option<&Self>;
}

entries! {
    Site(Arc<SiteView>),
    Post(PostData),
    Posts(Arc<Page<PostData>>),
    Links(Arc<LinksView>),
    Related(Arc<Vec<RelatedView>>),
    Author(Shared<AuthorView>),
    Authors(Arc<Page<Shared<AuthorView>>>),
    Tag(Shared<TagView>),
    Tags(Arc<Page<Shared<TagView>>>),
    Comment(Arc<CommentView>),
    Comments(Arc<Page<Arc<CommentView>>>),
    Hits(Arc<Page<Arc<SearchHitView>>>),
    Media(Arc<MediaView>),
    MediaPage(Arc<Page<Arc<MediaView>>>),
    User(Arc<UserView>),
    Users(Arc<Page<Arc<UserView>>>),
    Me(Arc<MeView>),
    Tokens(Arc<Page<Arc<TokenView>>>),
    Revision(RevisionData),
    Revisions(Arc<Page<Arc<RevisionView>>>),
    Pair(Arc<RevisionPair>),
    Diff(Arc<RevisionDiffView>),
    Node(NodeData),
}

/// What was loaded, by the field of the plan and the object that it is asked of.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    entries: HashMap<(u32, Id), Result<Entry, Error>>,
    /// The arguments with which each field was loaded.
    arguments: HashMap<u32, Arc<dyn Any + Send + Sync>>,
    /// Whether something that was asked for is not there, or not for this caller. Such an answer is not kept: no write tells
    /// that it is there now.
    pub(super) lacks: bool,
}

/// The arguments of a field.
pub(crate) trait Arguments: InputObjectType + PartialEq + 'static {}

impl<T: InputObjectType + PartialEq + 'static> Arguments for T {}

impl Loaded {
    /// The arguments of `field`; `None` where they cannot be read, which its resolver finds as well, and answers.
    pub(super) fn args<T: Arguments>(&mut self, field: &PlanField) -> Option<Arc<T>> {
        let known = self.arguments.get(&field.id).and_then(|args| Arc::clone(args).downcast::<T>().ok());
        if known.is_some() {
            return known;
        }
        let Ok(args) = field.args.read::<T>().map(Arc::new) else {
            self.lacks = true;
            return None;
        };
        self.arguments.insert(field.id, Arc::clone(&args) as Arc<dyn Any + Send + Sync>);
        Some(args)
    }

    /// Compares the revisions that were read to be compared, on the pool: neither the read nor a resolver waits for it.
    ///
    /// # Errors
    /// 503 where too much is being compared.
    pub(super) async fn compare(&mut self, svc: &Svc) -> Result<(), Error> {
        for entry in self.entries.values_mut() {
            if let Ok(Entry::Pair(pair)) = entry {
                let found = compare_revisions(svc, RevisionPair::clone(pair)).await?;
                *entry = Ok(Entry::Diff(Arc::new(found)));
            }
        }
        Ok(())
    }

    /// Keeps what `field` shows of `owner`; [`Id::NIL`] for the root.
    pub(super) fn put(&mut self, field: &PlanField, owner: Id, found: Result<impl Stored, Error>) {
        self.lacks |= found.is_err();
        self.entries.insert((field.id, owner), found.map(Stored::into_entry));
    }
}

/// An object's place in the plan: the field that asked for it, and what was loaded below.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(super) field: Arc<PlanField>,
    pub(super) loaded: Arc<Loaded>,
}

impl At {
    /// The root field that is being resolved.
    pub(super) fn root(ctx: &Context<'_>) -> Result<Self, Fault> {
        let loaded = ctx.data_opt::<Arc<Loaded>>().cloned().ok_or_else(Fault::internal)?;
        Ok(Self { field: root_field(ctx)?, loaded })
    }

    /// The field that is being resolved on an object of type `type_name` which stands here.
    pub(super) fn child(&self, ctx: &Context<'_>, type_name: &str) -> Result<Self, Fault> {
        let field = self.field.child(type_name, response_key(ctx)).ok_or_else(Fault::internal)?;
        Ok(Self { field, loaded: Arc::clone(&self.loaded) })
    }

    /// The same, where it was loaded with the arguments that its resolver has: else what is found here answers something else.
    pub(super) fn with<T: Arguments>(self, args: &Args<T>) -> Result<Self, Fault> {
        let loaded = self.loaded.arguments.get(&self.field.id).and_then(|args| args.downcast_ref::<T>());
        if loaded == Some(&args.0) {
            return Ok(self);
        }
        tracing::error!(field = self.field.name, "a field was not loaded with its arguments");
        Err(Fault::internal())
    }

    /// What this field shows of `owner`; `None` where nothing was found, or nothing that the viewer may know of.
    pub(super) fn find<T: Stored>(&self, owner: Id) -> Result<Option<T>, Fault> {
        match self.loaded.entries.get(&(self.field.id, owner)) {
            None => Ok(None),
            Some(Err(error)) if error.code() == Code::NotFound => Ok(None),
            Some(Err(error)) => Err(Fault::from(error)),
            Some(Ok(entry)) => T::from_entry(entry).cloned().map(Some).ok_or_else(Fault::internal),
        }
    }

    /// What this field shows of `owner`, where the loading step always finds something.
    pub(super) fn take<T: Stored>(&self, owner: Id) -> Result<T, Fault> {
        match self.loaded.entries.get(&(self.field.id, owner)) {
            Some(Err(error)) => Err(Fault::from(error)),
            _ => self.find(owner)?.ok_or_else(Fault::internal),
        }
    }
}
