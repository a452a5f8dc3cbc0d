//! What answers of many kinds show alike: profiles, tags, posts in few words. Each is kept where the read may keep; those
//! that are not there are read together, by one statement.

use std::collections::HashMap;

use pressroom_schema::posts::{self, SummaryRow};
use pressroom_schema::{Conn, Id, Key, depend, entities};
use serde::Serialize;

use super::posts::is_public;
use super::{Service, present};
use crate::error::Result;
use crate::freshness::Fragment;
use crate::view::{AuthorView, PostSummary, Shared, TagView};

/// Profiles by id.
pub(crate) type People = HashMap<Id, Shared<AuthorView>>;

/// Tags by id.
pub(crate) type Tags = HashMap<Id, Shared<TagView>>;

/// The posts at the other ends of ties, by id.
pub(crate) type Others = HashMap<Id, Other>;

/// A post at the other end of a tie.
pub(crate) struct Other {
    summary: Shared<PostSummary>,
    /// What decides who may know of it, where that is not everybody.
    pub(super) closed: Option<SummaryRow>,
}

impl Other {
    /// Whether the public lists show it.
    pub(super) fn is_listed(&self) -> bool {
        self.summary.listed
    }

    /// What is shown of it.
    pub(super) fn show(&self) -> Shared<PostSummary> {
        depend(Key::Summary(self.summary.id));
        self.summary.clone()
    }
}

impl Service {
    fn share<T: Serialize>(&self, view: T) -> Shared<T> {
        if self.freshness.keeps_fragments() { Shared::kept(view) } else { Shared::new(view) }
    }

    /// Those of `ids` that are kept; the others are left in it.
    fn kept<F: Fragment>(&self, ids: &mut Vec<Id>) -> HashMap<Id, F> {
        ids.sort_unstable();
        ids.dedup();
        let mut found = HashMap::with_capacity(ids.len());
        if self.freshness.keeps_fragments() {
            ids.retain(|id| match self.freshness.fragment(*id) {
                Some(fragment) => found.insert(*id, fragment).is_some(),
                None => true,
            });
        }
        found
    }

    /// The profiles and tags with these ids.
    pub(crate) fn people_and_tags(
        &self,
        conn: &mut Conn,
        mut authors: Vec<Id>,
        mut tags: Vec<Id>,
    ) -> Result<(People, Tags)> {
        let (mut people, mut named): (People, Tags) = (self.kept(&mut authors), self.kept(&mut tags));
        for name in
            people.keys().map(|id| Key::Author(*id)).chain(named.values().flat_map(|tag| names_of(tag)))
        {
            depend(name);
        }
        let (rows, tag_rows) = entities::by_ids(conn, &authors, &tags)?;
        for row in &rows {
            let view = self.share(self.author(row));
            self.freshness.keep(view.id, view.clone(), &[Key::Author(view.id)]);
            people.insert(view.id, view);
        }
        for row in &tag_rows {
            let view = self.share(present::tag(row));
            self.freshness.keep(view.id, view.clone(), &names_of(&view));
            named.insert(view.id, view);
        }
        Ok((people, named))
    }

    /// The profiles with these ids.
    pub(crate) fn people(&self, conn: &mut Conn, authors: Vec<Id>) -> Result<People> {
        Ok(self.people_and_tags(conn, authors, Vec::new())?.0)
    }

    /// The tags with these ids.
    pub(crate) fn tags(&self, conn: &mut Conn, tags: Vec<Id>) -> Result<Tags> {
        Ok(self.people_and_tags(conn, Vec::new(), tags)?.1)
    }

    /// The posts with these ids in few words.
    pub(crate) fn others(&self, conn: &mut Conn, ids: impl Iterator<Item = Id>) -> Result<Others> {
        let mut ids: Vec<Id> = ids.collect();
        let kept: HashMap<Id, Shared<PostSummary>> = self.kept(&mut ids);
        let mut others: Others =
            kept.into_iter().map(|(id, summary)| (id, Other { summary, closed: None })).collect();
        for row in posts::summaries(conn, &ids)? {
            let (id, closed) = (row.id, !is_public(&row));
            let summary = self.share(self.summary(&row));
            // What is not public shows where rights are looked at, by its row.
            if !closed {
                self.freshness.keep(id, summary.clone(), &[Key::Summary(id)]);
            }
            others.insert(id, Other { summary, closed: closed.then_some(row) });
        }
        Ok(others)
    }
}

/// What a tag's fragment depends on: it shows the one above it.
fn names_of(tag: &TagView) -> Vec<Key> {
    let above = tag.parent.as_ref().map(|above| Key::Tag(above.id));
    [Key::Tag(tag.id)].into_iter().chain(above).collect()
}
