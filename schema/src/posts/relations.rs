//! How posts are related to other posts: curated links in both directions, links in bodies, likeness, neighbours in time. One statement
//! reads all of it, for any number of posts, and with it what else hangs on them. It tells which posts are at the other ends;
//! what is shown of those, [`summaries`] reads.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};

use super::PostRow;
use super::refs::{self, Branch, Refs, Row, RowSql, Select, refs as refs_of};
use crate::db::{Conn, MultiBackend};
use crate::revisions::SnapshotExternal;
use crate::sql::{Dialect, Ids, Many, One, cached_statement, id_in, json_object, on_inner};
use crate::tables::posts;
use crate::types::{Id, JsonText, Timestamp};
use crate::values::{LanguageTag, PostStatus, Relation, Slug, Visibility};

/// The summary of a post, and what it takes to decide who may see it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct SummaryRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: Slug,
    /// Title.
    pub title: String,
    /// The editor's, or made from the text.
    pub excerpt: String,
    /// When it was, or will be, published.
    pub published_at: Option<Timestamp>,
    /// BCP 47.
    pub language: LanguageTag,
    /// How far it has come.
    pub status: PostStatus,
    /// Who finds it.
    pub visibility: Visibility,
    /// Whether the public lists show it.
    pub listed: bool,
    /// When it was moved to the trash.
    pub deleted_at: Option<Timestamp>,
    /// The account that began it.
    pub owner_id: Option<Id>,
}

impl From<&PostRow> for SummaryRow {
    fn from(row: &PostRow) -> Self {
        Self {
            id: row.id,
            slug: row.content.slug.clone(),
            title: row.content.title.clone(),
            excerpt: row.excerpt.clone(),
            published_at: row.published_at,
            language: row.content.language.clone(),
            status: row.status,
            visibility: row.content.visibility,
            listed: row.listed,
            deleted_at: row.deleted_at,
            owner_id: row.owner_id,
        }
    }
}

/// How two posts, or a post and something elsewhere, are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationKind {
    /// A curated link from the post.
    Outgoing,
    /// A curated link to the post.
    Incoming,
    /// A link in the post's body.
    BodyOutgoing,
    /// A link to the post in another's body.
    BodyIncoming,
    /// The other is similar.
    Similar,
    /// The other was published next before it, of those that the public lists show.
    Previous,
    /// The other was published next after it.
    Next,
}

/// One relation of one post.
#[derive(Debug, Clone)]
pub struct PostRelation {
    /// What it is.
    pub kind: RelationKind,
    /// Whose.
    pub of: Id,
    /// Its place among its kind, where the kind has an order of its own.
    pub position: i32,
    /// The post at the other end.
    pub other: Option<Id>,
    /// The link's id, where it is curated.
    pub link_id: Option<Id>,
    /// What the link means, where it is curated.
    pub relation: Option<Relation>,
    /// The editor's remark.
    pub note: Option<String>,
    /// Something elsewhere, instead of a post.
    pub external: Option<SnapshotExternal>,
    /// When the link was made.
    pub made_at: Option<Timestamp>,
    /// Thousandths of full likeness.
    pub score: i32,
    /// What the two share, most telling first: a list of words.
    pub terms: Option<JsonText>,
}

/// Which relations are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedRelations {
    /// Curated links from the posts.
    pub outgoing: bool,
    /// All other links: to the posts, and in bodies.
    pub links: bool,
    /// So many similar posts of each.
    pub similar: i64,
    /// Neighbours in time.
    pub adjacent: bool,
}

/// One text for all values. Branches that are not wanted end before they read anything. With `REFS` it reads bylines, tags and the
/// site's terms as well.
struct Statement<I, const REFS: bool> {
    posts: I,
    wanted: WantedRelations,
}

impl<DB: Dialect, I: Ids, const REFS: bool> QueryFragment<DB> for Statement<I, REFS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let WantedRelations { outgoing, links, similar, adjacent } = &self.wanted;
        let posts = &self.posts;
        let link = Select {
            post_id: "l.post_id",
            other_id: "l.target_post_id",
            position: "l.position",
            link_id: "l.id",
            word: "l.relation",
            note: "l.note",
            made_at: "l.created_at",
            ..Select::NOTHING
        };
        posts.begin(&mut out)?;
        // The first branch gives the columns their types.
        let external = [
            "CASE WHEN l.external_url IS NOT NULL THEN ",
            json_object(out.backend()),
            "('url', l.external_url, 'title', l.external_title, 'author', l.external_author, 'publisher', l.external_publisher, \
             'published_at', l.external_published_at) END",
        ];
        Select { json: &external, ..link }.push(Branch::Relation(RelationKind::Outgoing), &mut out);
        posts.of("links AS l", "l.post_id", &mut out)?;
        out.push_sql(" AND ");
        DB::truth(&mut out, outgoing)?;
        out.push_sql(" UNION ALL ");
        Select { post_id: "l.target_post_id", other_id: "l.post_id", ..link }
            .push(Branch::Relation(RelationKind::Incoming), &mut out);
        posts.of("links AS l", "l.target_post_id", &mut out)?;
        out.push_sql(" AND ");
        DB::truth(&mut out, links)?;
        out.push_sql(" UNION ALL ");
        Select { post_id: "b.post_id", other_id: "p.id", position: "b.position", ..Select::NOTHING }
            .push(Branch::Relation(RelationKind::BodyOutgoing), &mut out);
        posts.of("body_links AS b CROSS JOIN posts AS p", "b.post_id", &mut out)?;
        out.push_sql(" AND p.slug = b.slug AND ");
        DB::truth(&mut out, links)?;
        out.push_sql(" UNION ALL ");
        Select { post_id: "p.id", other_id: "b.post_id", ..Select::NOTHING }
            .push(Branch::Relation(RelationKind::BodyIncoming), &mut out);
        posts.of("posts AS p CROSS JOIN body_links AS b", "p.id", &mut out)?;
        out.push_sql(" AND b.slug = p.slug AND ");
        DB::truth(&mut out, links)?;
        out.push_sql(" UNION ALL ");
        let similar_post = Select {
            post_id: "r.post_id",
            other_id: "r.related_id",
            position: "r.position",
            score: "r.score",
            json: &["r.terms"],
            ..Select::NOTHING
        };
        similar_post.push(Branch::Relation(RelationKind::Similar), &mut out);
        posts.of("related_posts AS r", "r.post_id", &mut out)?;
        out.push_sql(" AND r.position IN (SELECT q.position FROM related_posts AS q WHERE q.post_id = ");
        posts.id(&mut out)?;
        out.push_sql(" ORDER BY q.position LIMIT ");
        DB::big(&mut out, similar)?;
        out.push_sql(")");
        for (kind, neighbour) in [
            (
                RelationKind::Previous,
                "(SELECT p.id FROM posts AS p WHERE p.listed = TRUE \
                 AND (p.sorted_at, p.id) < (me.sorted_at, me.id) ORDER BY p.sorted_at DESC, p.id DESC LIMIT 1)",
            ),
            (
                RelationKind::Next,
                "(SELECT p.id FROM posts AS p WHERE p.listed = TRUE \
                 AND (p.sorted_at, p.id) > (me.sorted_at, me.id) ORDER BY p.sorted_at, p.id LIMIT 1)",
            ),
        ] {
            out.push_sql(" UNION ALL ");
            Select { post_id: "me.id", other_id: neighbour, ..Select::NOTHING }
                .push(Branch::Relation(kind), &mut out);
            posts.of("posts AS me", "me.id", &mut out)?;
            out.push_sql(" AND ");
            DB::truth(&mut out, adjacent)?;
        }
        if REFS {
            out.push_sql(" UNION ALL ");
            refs::push_branches(posts, &mut out)?;
        }
        Ok(())
    }
}

cached_statement!([I: Ids + 'static, const REFS: bool] Statement<I, REFS>, rows: RowSql);

fn load<const REFS: bool>(conn: &mut Conn, posts: &[Id], wanted: WantedRelations) -> crate::Result<Vec<Row>> {
    Ok(if let [post] = posts {
        let statement = Statement::<_, REFS> { posts: One::of(*post), wanted };
        on_inner!(conn, c => statement.load(c))?
    } else {
        let statement = Statement::<_, REFS> { posts: Many::of(posts), wanted };
        on_inner!(conn, c => statement.load(c))?
    })
}

/// The relations among `rows`, in their order.
fn sorted(rows: impl IntoIterator<Item = Row>) -> crate::Result<Vec<PostRelation>> {
    let mut relations: Vec<PostRelation> =
        rows.into_iter().filter_map(|row| relation_of(row).transpose()).collect::<Result<_, _>>()?;
    relations.sort_by(|a, b| (a.kind, a.of).cmp(&(b.kind, b.of)).then_with(|| within(a).cmp(&within(b))));
    Ok(relations)
}

fn relation_of(row: Row) -> crate::Result<Option<PostRelation>> {
    let (Branch::Relation(kind), Some(of)) = (row.branch, row.post_id) else { return Ok(None) };
    let relation = row.word.map(|word| word.parse()).transpose()?;
    let (external, terms) = match (kind, row.json) {
        (RelationKind::Outgoing, Some(json)) => (Some(json.to()?), None),
        (_, json) => (None, json),
    };
    Ok(Some(PostRelation {
        kind,
        of,
        position: row.position,
        other: row.other_id,
        link_id: row.link_id,
        relation,
        note: row.note,
        external,
        made_at: row.made_at,
        score: row.score,
        terms,
    }))
}

/// The relations of these posts that are wanted. Each kind is in its own order: curated links and those in bodies as they stand,
/// incoming ones oldest first, similar posts best first.
///
/// # Errors
/// When the database fails.
pub fn relations(conn: &mut Conn, posts: &[Id], wanted: WantedRelations) -> crate::Result<Vec<PostRelation>> {
    if posts.is_empty() || wanted == WantedRelations::default() {
        return Ok(Vec::new());
    }
    sorted(load::<false>(conn, posts, wanted)?)
}

/// [`refs`](refs_of) and [`relations`] by one statement.
///
/// # Errors
/// When the database fails.
pub fn refs_and_relations(
    conn: &mut Conn,
    posts: &[Id],
    wanted: WantedRelations,
) -> crate::Result<(Refs, Vec<PostRelation>)> {
    if posts.is_empty() || wanted == WantedRelations::default() {
        return Ok((refs_of(conn, posts)?, Vec::new()));
    }
    let (relations, others): (Vec<Row>, Vec<Row>) = load::<true>(conn, posts, wanted)?
        .into_iter()
        .partition(|row| matches!(row.branch, Branch::Relation(_)));
    Ok((Refs::of(others)?, sorted(relations)?))
}

/// Summaries of these posts, in no particular order.
///
/// # Errors
/// When the database fails.
pub fn summaries(conn: &mut Conn, ids: &[Id]) -> crate::Result<Vec<SummaryRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let columns = <SummaryRow as Selectable<MultiBackend>>::construct_selection();
    let query = posts::table.filter(id_in(posts::id, ids)).select(columns);
    Ok(on_inner!(conn, c => query.load(c))?)
}

/// A relation's place among those of its kind.
fn within(relation: &PostRelation) -> (Option<Timestamp>, i32, Option<Id>) {
    match relation.kind {
        RelationKind::Incoming => (relation.made_at, 0, relation.link_id),
        RelationKind::BodyIncoming => (None, 0, relation.other),
        _ => (None, relation.position, relation.link_id),
    }
}
