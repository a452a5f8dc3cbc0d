//! What answers of many kinds show alike: profiles, tags, summaries of posts. Each is kept where the read may keep; those
//! that are not there are read together, by one statement.

use std::collections::HashMap;

use pressroom_schema::posts::{self, SummaryRow};
use pressroom_schema::{Id, entities};
use serde::Serialize;

use super::posts::is_public;
use super::{Service, present};
use crate::error::Result;
use crate::freshness::{Keepable, Part, Reader};
use crate::view::{AuthorView, PostSummary, Shared, TagView};

/// Profiles by id.
pub(crate) type People = Parts<AuthorView>;

/// Tags by id.
pub(crate) type Tags = Parts<TagView>;

/// What was read to be shown, by id.
pub(crate) struct Parts<T>(HashMap<Id, Part<Shared<T>>>);

impl<T> Parts<T> {
    /// One of them, for an answer that shows it.
    pub(crate) fn show(&self, reader: &mut Reader<'_>, id: Id) -> Option<Shared<T>> {
        Some(self.0.get(&id)?.show(reader))
    }
}

/// The posts at the other ends of relations, by id.
pub(crate) type OtherPosts = HashMap<Id, OtherPost>;

/// A post at the other end of a relation.
pub(crate) struct OtherPost {
    summary: Part<Shared<PostSummary>>,
    /// What decides who may know of it, where that is not everybody.
    pub(super) closed: Option<SummaryRow>,
}

impl OtherPost {
    /// Whether the public lists show it.
    pub(super) fn is_listed(&self) -> bool {
        self.summary.peek().listed
    }

    /// What is shown of it.
    pub(super) fn show(&self, reader: &mut Reader<'_>) -> Shared<PostSummary> {
        self.summary.show(reader)
    }
}

impl Service {
    /// What `show` shows, as a part.
    fn part<T: Serialize>(
        reader: &mut Reader<'_>,
        show: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> Part<Shared<T>> {
        let (view, keys) = reader.capture(show);
        Part::of(if reader.keeps_parts() { Shared::kept(view) } else { Shared::new(view) }, keys)
    }

    /// Those of `ids` that are kept; the others are left in it.
    fn kept<F: Keepable>(&self, reader: &Reader<'_>, ids: &mut Vec<Id>) -> HashMap<Id, Part<F>> {
        ids.sort_unstable();
        ids.dedup();
        let mut found = HashMap::with_capacity(ids.len());
        ids.retain(|id| match self.freshness.part(reader, *id) {
            Some(part) => found.insert(*id, part).is_some(),
            None => true,
        });
        found
    }

    /// The profiles and tags with these ids.
    pub(crate) fn people_and_tags(
        &self,
        reader: &mut Reader<'_>,
        mut authors: Vec<Id>,
        mut tags: Vec<Id>,
    ) -> Result<(People, Tags)> {
        let (mut people, mut named) = (self.kept(reader, &mut authors), self.kept(reader, &mut tags));
        let (rows, tag_rows) = entities::by_ids(reader, &authors, &tags)?;
        for row in &rows {
            let part = Self::part(reader, |reader| self.author(reader, row));
            self.freshness.keep(reader, row.0.id, part.clone());
            people.insert(row.0.id, part);
        }
        for row in &tag_rows {
            let part = Self::part(reader, |reader| present::tag(reader, row));
            self.freshness.keep(reader, row.0.id, part.clone());
            named.insert(row.0.id, part);
        }
        Ok((Parts(people), Parts(named)))
    }

    /// The profiles with these ids.
    pub(crate) fn people(&self, reader: &mut Reader<'_>, authors: Vec<Id>) -> Result<People> {
        Ok(self.people_and_tags(reader, authors, Vec::new())?.0)
    }

    /// The tags with these ids, shown.
    pub(crate) fn tags(&self, reader: &mut Reader<'_>, ids: &[Id]) -> Result<HashMap<Id, Shared<TagView>>> {
        let (_, tags) = self.people_and_tags(reader, Vec::new(), ids.to_vec())?;
        Ok(ids.iter().filter_map(|id| Some((*id, tags.show(reader, *id)?))).collect())
    }

    /// Summaries of the posts with these ids.
    pub(crate) fn others(
        &self,
        reader: &mut Reader<'_>,
        ids: impl Iterator<Item = Id>,
    ) -> Result<OtherPosts> {
        let mut ids: Vec<Id> = ids.collect();
        let kept: HashMap<Id, Part<_>> = self.kept(reader, &mut ids);
        let mut others: OtherPosts =
            kept.into_iter().map(|(id, summary)| (id, OtherPost { summary, closed: None })).collect();
        for row in posts::summaries(reader, &ids)? {
            let (id, closed) = (row.id, !is_public(&row));
            let summary = Self::part(reader, |reader| self.summary(reader, &row));
            // What is not public shows where rights are looked at, by its row.
            if !closed {
                self.freshness.keep(reader, id, summary.clone());
            }
            others.insert(id, OtherPost { summary, closed: closed.then_some(row) });
        }
        Ok(others)
    }
}
