//! What ties posts to other posts: curated links in both directions, links in bodies, likeness, neighbours in time. One statement
//! reads all of it, for any number of posts, and with it what else hangs on them. It tells which posts are at the other ends;
//! what is shown of those, [`summaries`] reads.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Integer, Nullable, Text};

use super::PostRow;
use super::refs::{self, Refs, refs as refs_of};
use crate::db::{Conn, MultiBackend};
use crate::sql::{Dialect, Ids, Many, One, id_in, kept, on_inner};
use crate::tables::posts;
use crate::types::{Id, IdSql, JsonSql, JsonText, TimeSql, Timestamp};

/// A post in few words, and what it takes to decide who may see it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = posts)]
pub struct SummaryRow {
    /// Its id.
    pub id: Id,
    /// Name in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// The editor's, or made from the text.
    pub excerpt: String,
    /// When it was, or will be, published.
    pub published_at: Option<Timestamp>,
    /// BCP 47.
    pub language: String,
    /// `draft`, `in_review`, `scheduled`, `published` or `archived`.
    pub status: String,
    /// `public`, `unlisted` or `private`.
    pub visibility: String,
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
            slug: row.slug.clone(),
            title: row.title.clone(),
            excerpt: row.excerpt.clone(),
            published_at: row.published_at,
            language: row.language.clone(),
            status: row.status.clone(),
            visibility: row.visibility.clone(),
            listed: row.listed,
            deleted_at: row.deleted_at,
            owner_id: row.owner_id,
        }
    }
}

/// How two posts, or a post and something elsewhere, are tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TieKind {
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

impl TieKind {
    /// The kind that the statement numbers so; what is no tie has higher numbers.
    fn of(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::Outgoing,
            1 => Self::Incoming,
            2 => Self::BodyOutgoing,
            3 => Self::BodyIncoming,
            4 => Self::Similar,
            5 => Self::Previous,
            6 => Self::Next,
            _ => return None,
        })
    }
}

/// One tie of one post.
#[derive(Debug, Clone)]
pub struct Tie {
    /// What it is.
    pub kind: TieKind,
    /// Whose.
    pub of: Id,
    /// Its place among its kind, where the kind has an order of its own.
    pub position: i32,
    /// The post at the other end.
    pub other: Option<Id>,
    /// The link's id, where it is curated.
    pub link_id: Option<Id>,
    /// What the link means, where it is curated.
    pub relation: Option<String>,
    /// The editor's remark.
    pub note: Option<String>,
    /// Something elsewhere, instead of a post.
    pub external_url: Option<String>,
    /// Its title.
    pub external_title: Option<String>,
    /// Its writer.
    pub external_author: Option<String>,
    /// Its publisher.
    pub external_publisher: Option<String>,
    /// When it was published.
    pub external_published_at: Option<Timestamp>,
    /// When the link was made.
    pub made_at: Option<Timestamp>,
    /// Thousandths of full likeness.
    pub score: i32,
    /// What the two share, most telling first: a list of words.
    pub terms: Option<JsonText>,
}

/// Which ties are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ties {
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
/// site's terms as well: the columns of a [`refs::Row`] are the first of its own.
struct Statement<I, const REFS: bool> {
    posts: I,
    wanted: Ties,
}

impl<DB: Dialect, I: Ids, const REFS: bool> QueryFragment<DB> for Statement<I, REFS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The first branch gives the columns their types.
        const OUTGOING: &str = ") SELECT 0, l.post_id, l.target_post_id, l.position, l.id, l.relation, l.note, l.external_url, l.external_title, \
             l.external_author, l.external_publisher, l.external_published_at, l.created_at, 0, ";
        const OUTGOING_FROM: &str = " FROM g CROSS JOIN links AS l WHERE l.post_id = g.id AND ";
        const INCOMING: &str = " UNION ALL SELECT 1, l.target_post_id, l.post_id, l.position, l.id, l.relation, l.note, NULL, NULL, \
             NULL, NULL, NULL, l.created_at, 0, NULL FROM g CROSS JOIN links AS l WHERE l.target_post_id = g.id AND ";
        const BODY_OUTGOING: &str = " UNION ALL SELECT 2, b.post_id, p.id, b.position, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
             NULL, 0, NULL FROM g CROSS JOIN body_links AS b CROSS JOIN posts AS p \
             WHERE b.post_id = g.id AND p.slug = b.slug AND ";
        const BODY_INCOMING: &str = " UNION ALL SELECT 3, p.id, b.post_id, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, \
             NULL FROM g CROSS JOIN posts AS p CROSS JOIN body_links AS b \
             WHERE p.id = g.id AND b.slug = p.slug AND ";
        const SIMILAR: &str = " UNION ALL SELECT 4, r.post_id, r.related_id, r.position, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
             NULL, NULL, r.score, r.terms FROM g CROSS JOIN related_posts AS r WHERE r.post_id = g.id AND r.position IN \
             (SELECT q.position FROM related_posts AS q WHERE q.post_id = g.id ORDER BY q.position LIMIT ";
        const PREVIOUS: &str = ") UNION ALL SELECT 5, me.id, (SELECT p.id FROM posts AS p WHERE p.listed = TRUE \
             AND (p.sorted_at, p.id) < (me.sorted_at, me.id) ORDER BY p.sorted_at DESC, p.id DESC LIMIT 1), 0, NULL, NULL, NULL, \
             NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL FROM g CROSS JOIN posts AS me WHERE me.id = g.id AND ";
        const NEXT: &str = " UNION ALL SELECT 6, me.id, (SELECT p.id FROM posts AS p WHERE p.listed = TRUE \
             AND (p.sorted_at, p.id) > (me.sorted_at, me.id) ORDER BY p.sorted_at, p.id LIMIT 1), 0, NULL, NULL, NULL, \
             NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL FROM g CROSS JOIN posts AS me WHERE me.id = g.id AND ";
        let Ties { outgoing, links, similar, adjacent } = &self.wanted;
        out.push_sql("WITH g (id) AS (");
        self.posts.push(&mut out)?;
        out.push_sql(OUTGOING);
        out.push_sql(if out.backend().is_sqlite() { "NULL" } else { "CAST(NULL AS jsonb)" });
        for (branch, wanted) in
            [(OUTGOING_FROM, outgoing), (INCOMING, links), (BODY_OUTGOING, links), (BODY_INCOMING, links)]
        {
            out.push_sql(branch);
            DB::truth(&mut out, wanted)?;
        }
        out.push_sql(SIMILAR);
        DB::big(&mut out, similar)?;
        for branch in [PREVIOUS, NEXT] {
            out.push_sql(branch);
            DB::truth(&mut out, adjacent)?;
        }
        if REFS {
            out.push_sql(" UNION ALL ");
            refs::push_branches(&mut out, ", NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL");
        }
        Ok(())
    }
}

type Columns = (
    Integer,
    Nullable<IdSql>,
    Nullable<IdSql>,
    Integer,
    Nullable<IdSql>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<TimeSql>,
    Nullable<TimeSql>,
    Integer,
    Nullable<JsonSql>,
);

kept!([I: Ids + 'static, const REFS: bool] Statement<I, REFS>, rows: Columns);

type Row = (
    i32,
    Option<Id>,
    Option<Id>,
    i32,
    Option<Id>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Timestamp>,
    Option<Timestamp>,
    i32,
    Option<JsonText>,
);

fn load<const REFS: bool>(conn: &mut Conn, posts: &[Id], wanted: Ties) -> crate::Result<Vec<Row>> {
    Ok(if let [post] = posts {
        let statement = Statement::<_, REFS> { posts: One::of(*post), wanted };
        on_inner!(conn, c => statement.load(c))?
    } else {
        let statement = Statement::<_, REFS> { posts: Many::of(posts), wanted };
        on_inner!(conn, c => statement.load(c))?
    })
}

/// The ties among `rows`, in their order.
fn sorted(rows: impl IntoIterator<Item = Row>) -> Vec<Tie> {
    let mut ties: Vec<Tie> = rows.into_iter().filter_map(tie).collect();
    ties.sort_by(|a, b| (a.kind, a.of).cmp(&(b.kind, b.of)).then_with(|| within(a).cmp(&within(b))));
    ties
}

fn tie(row: Row) -> Option<Tie> {
    let (
        kind,
        of,
        other,
        position,
        link_id,
        relation,
        note,
        url,
        title,
        author,
        publisher,
        at,
        made_at,
        score,
        terms,
    ) = row;
    Some(Tie {
        kind: TieKind::of(kind)?,
        of: of?,
        position,
        other,
        link_id,
        relation,
        note,
        external_url: url,
        external_title: title,
        external_author: author,
        external_publisher: publisher,
        external_published_at: at,
        made_at,
        score,
        terms,
    })
}

/// The ties of these posts that are wanted. Each kind is in its own order: curated links and those in bodies as they stand,
/// incoming ones oldest first, similar posts best first.
///
/// # Errors
/// When the database fails.
pub fn ties(conn: &mut Conn, posts: &[Id], wanted: Ties) -> crate::Result<Vec<Tie>> {
    if posts.is_empty() || wanted == Ties::default() {
        return Ok(Vec::new());
    }
    Ok(sorted(load::<false>(conn, posts, wanted)?))
}

/// [`refs`](refs_of) and [`ties`] by one statement.
///
/// # Errors
/// When the database fails.
pub fn refs_and_ties(conn: &mut Conn, posts: &[Id], wanted: Ties) -> crate::Result<(Refs, Vec<Tie>)> {
    if posts.is_empty() || wanted == Ties::default() {
        return Ok((refs_of(conn, posts)?, Vec::new()));
    }
    let (ties, others): (Vec<Row>, Vec<Row>) =
        load::<true>(conn, posts, wanted)?.into_iter().partition(|row| row.0 < refs::FIRST);
    let others = others.into_iter().map(|(kind, of, other, position, none, relation, note, ..)| {
        (kind, of, other, position, none, relation, note)
    });
    Ok((Refs::of(others.collect()), sorted(ties)))
}

/// These posts in few words, in no particular order.
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

/// A tie's place among those of its kind.
fn within(tie: &Tie) -> (Option<Timestamp>, i32, Option<Id>) {
    match tie.kind {
        TieKind::Incoming => (tie.made_at, 0, tie.link_id),
        TieKind::BodyIncoming => (None, 0, tie.other),
        _ => (None, tie.position, tie.link_id),
    }
}
