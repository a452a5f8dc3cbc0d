use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A view that stands in many places: a profile, a tag, the summary of a post. Cheap to clone. One that is kept between answers
/// has its JSON with it, which is then copied rather than made.
#[derive(Debug)]
pub struct Shared<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    view: T,
    json: Option<Box<RawValue>>,
}

impl<T> Shared<T> {
    /// Of a view that is shown once.
    pub fn new(view: T) -> Self {
        Self(Arc::new(Inner { view, json: None }))
    }

    /// Writes the members one by one: for `flatten`, which takes no finished object.
    pub(super) fn open<S: Serializer>(this: &Self, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize,
    {
        this.0.view.serialize(serializer)
    }

    /// The length of its JSON, where it has it.
    pub(crate) fn json_len(&self) -> usize {
        self.0.json.as_ref().map_or(0, |json| json.get().len())
    }
}

impl<T: Serialize> Shared<T> {
    /// Of a view that is kept.
    pub(crate) fn kept(view: T) -> Self {
        // Where it cannot be written now, it cannot later either, and says so then.
        let json = serde_json::value::to_raw_value(&view).ok();
        Self(Arc::new(Inner { view, json }))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.view
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.view == other.0.view
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.json {
            Some(json) => json.serialize(serializer),
            None => self.0.view.serialize(serializer),
        }
    }
}
