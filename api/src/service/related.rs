//! Related posts: curated links first, then posts that share words and tags.

use std::collections::{HashMap, HashSet};

use pressroom_schema::posts::{PostRelation, Ref, RelationKind, WantedRelations};
use pressroom_schema::{Conn, Id, ReasonKind, related};

use super::parts::OtherPosts;
use super::posts::{find_visible, load_relations};
use super::{Found, Svc};
use crate::auth::viewer::Viewer;
use crate::cpu::Turn;
use crate::error::Result;
use crate::freshness::{Read, Reader};
use crate::view::{ReasonView, RelatedView};

/// How many are shown where the caller does not say.
pub(crate) const DEFAULT_LIMIT: i64 = 6;
/// The most that are shown.
pub const MAX_LIMIT: i64 = 20;
/// Telling terms kept of each post.
const TERMS: usize = 24;
/// Weight of a word in the title.
const TITLE: i32 = 6;
/// Weight of a tag.
const TAG: i32 = 12;

/// Frequent words of the languages that publications here are mostly written in: they tell nothing of a text's subject.
const STOP_WORDS: &str = "a about after again all also am an and any are as at be because been before being but by can could did do does doing down each even every few first for from further had has have having he her here hers him his how i if in into is it its just last like made make many may me might more most much must my never new no nor not now of off old on once one only or other our out over own per put said same say see she should since so some still such than that the their them then there these they thing things this those three through to too two under until up upon us use very was way we well were what when where which while who whom whose why will with within without would year years yet you your \
    der die das den dem des ein eine einen einem einer und oder aber nicht ist sind war mit von zu zum zur auf für im in es sie er wir ihr als auch nach bei wie so nur noch aus über um \
    le la les un une des du de et ou mais est sont dans par pour sur avec que qui ne pas ce cette il elle nous vous ils elles au aux plus se son sa ses leur \
    el los las una unos unas y o pero es son en con por para del al que se su sus lo como más no \
    os as um uma e ou mas é são em no na nos nas por para com do da dos das ao que se seu sua como mais não \
    il lo gli i uno una e o ma è sono in con per di del della dei che si non come più";

/// Words of a text whose weights are kept until it is known what else the post has.
const COUNTED: usize = 1_000;

/// What a post's subject is judged by.
pub(crate) struct Sources<'a> {
    /// Title.
    pub(crate) title: &'a str,
    /// Names of its tags.
    pub(crate) tags: &'a [String],
    /// What [`count`] says of its plain text.
    pub(crate) text: &'a [(String, i32)],
}

/// The words of a text that may tell its subject and how often they are there, the most frequent first.
pub(crate) fn count(_: &Turn, text: &str) -> Vec<(String, i32)> {
    let mut weights = HashMap::new();
    add(&mut weights, text, 1);
    weightiest(weights, COUNTED)
}

fn add(weights: &mut HashMap<String, i32>, text: &str, weight: i32) {
    use unicode_segmentation::UnicodeSegmentation;
    let stop: HashSet<&str> = STOP_WORDS.split_whitespace().collect();
    for word in text.unicode_words() {
        let word = word.to_lowercase();
        let long = word.chars().count() >= 3 || word.chars().any(|c| u32::from(c) >= 0x2e80);
        if long
            && word.len() <= 60
            && !stop.contains(word.as_str())
            && !word.chars().all(|c| c.is_ascii_digit())
        {
            let entry = weights.entry(word).or_default();
            *entry = (*entry + weight).min(20);
        }
    }
}

fn weightiest(weights: HashMap<String, i32>, most: usize) -> Vec<(String, i32)> {
    let mut terms: Vec<(String, i32)> = weights.into_iter().collect();
    terms.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.truncate(most);
    terms
}

/// A post's telling terms and their weights, weightiest first. Tags bear a mark, so that a tag and a word are two terms.
fn terms(sources: &Sources<'_>) -> Vec<(String, i32)> {
    let mut weights: HashMap<String, i32> = sources.text.iter().cloned().collect();
    add(&mut weights, sources.title, TITLE);
    for tag in sources.tags {
        weights.insert(format!("#{}", tag.to_lowercase()), TAG);
    }
    weightiest(weights, TERMS)
}

/// Brings the relations of a listed post up to date. Answers the posts whose own lists changed.
pub(crate) fn refresh_related(conn: &mut Conn, post: Id, sources: &Sources<'_>) -> Result<Vec<Id>> {
    Ok(related::refresh(conn, post, &terms(sources))?)
}

/// Forgets the relations of a post that is listed no more. Answers the posts whose own lists changed.
pub(crate) fn forget_related(conn: &mut Conn, post: Id) -> Result<Vec<Id>> {
    Ok(related::forget(conn, post)?)
}

/// The related posts among `relations`: curated ones first, then similar ones.
pub(super) fn related_of(
    reader: &mut Reader<'_>,
    relations: &[PostRelation],
    others: &OtherPosts,
    limit: i64,
) -> HashMap<Id, Vec<RelatedView>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut all: HashMap<Id, Vec<RelatedView>> = HashMap::new();
    for relation in relations {
        let Some(id) = relation.other else { continue };
        let Some(post) = others.get(&id).filter(|post| post.is_listed()) else { continue };
        let list = all.entry(relation.of).or_default();
        if list.len() >= limit || list.iter().any(|r| r.post.id == id) {
            continue;
        }
        let reason = match relation.kind {
            RelationKind::Outgoing => ReasonView {
                kind: ReasonKind::Curated,
                relation: relation.relation,
                score: None,
                terms: None,
            },
            RelationKind::Similar => ReasonView {
                kind: ReasonKind::Similar,
                relation: None,
                // Thousandths, shown as hundredths.
                score: Some(f64::from(relation.score / 10) / 100.0),
                terms: Some(relation.terms.as_ref().and_then(|t| t.to().ok()).unwrap_or_default()),
            },
            _ => continue,
        };
        list.push(RelatedView { post: post.show(reader), reason });
    }
    all
}

/// The posts related to one.
///
/// # Errors
/// 404 where there is no such post that the viewer may know of.
pub async fn list(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    limit: i64,
) -> Result<Read<Found<(Id, Vec<RelatedView>)>>> {
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    svc.read(viewer, move |reader| match find_visible(reader, &viewer2, &post)? {
        Found::Moved(slug) => Ok(Found::Moved(slug)),
        Found::Here((row, _)) => {
            let wanted = WantedRelations { outgoing: true, similar: limit, ..WantedRelations::default() };
            let mut relations = load_relations(&svc2, reader, &viewer2, &[row.id], wanted)?;
            Ok(Found::Here((row.id, relations.related.remove(&row.id).unwrap_or_default())))
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telling_terms_are_few_and_without_common_words() {
        let tags = ["Sea".to_owned()];
        let text = "the sea and the harbour and the sea ".repeat(50);
        let text = count(&Turn::here(), &text);
        let terms = terms(&Sources { title: "The Harbour", tags: &tags, text: &text });
        let words: Vec<&str> = terms.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(words, ["harbour", "sea", "#sea"]);
    }
}
