//! What belongs to posts: bylines, tags, decisions on comments, and what they have from the site, by one statement.

use std::collections::HashMap;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use diesel::{QueryResult, Queryable, RunQueryDsl};

use super::relations::RelationKind;
use crate::db::Conn;
use crate::sql::{Dialect, Ids, Many, One, cached_statement, on_inner};
use crate::types::{Id, IdSql, JsonSql, JsonText, TimeSql, Timestamp};
use crate::values::CommentPolicy;

/// Bylines, tags and decisions on comments of posts as they are live, by id, and what the site has for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// Post, author, role: by post, in the order of the byline.
    pub authors: Vec<(Id, Id, String)>,
    /// Post, tag: by post, in the editor's order.
    pub tags: Vec<(Id, Id)>,
    /// What was decided of comments under those posts that do not follow the site.
    pub policies: HashMap<Id, CommentPolicy>,
    /// What posts have from the site where they have nothing of their own.
    pub defaults: SiteDefaults,
}

/// What the site has for the posts that have nothing of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteDefaults {
    /// What a reader may reproduce.
    pub terms_notice: Option<String>,
    /// Where that is set out.
    pub terms_url: Option<String>,
    /// Whether comments are taken.
    pub comments_open: bool,
}

impl Default for SiteDefaults {
    /// Of a site that nobody has set up yet: it takes comments.
    fn default() -> Self {
        Self { terms_notice: None, terms_url: None, comments_open: true }
    }
}

/// Which branch of a statement a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(super) enum Branch {
    Author,
    Tag,
    Policy,
    Defaults,
    Relation(RelationKind),
}

impl Branch {
    const NAMES: [(Self, &'static str); 11] = [
        (Self::Author, "author"),
        (Self::Tag, "tag"),
        (Self::Policy, "policy"),
        (Self::Defaults, "defaults"),
        (Self::Relation(RelationKind::Outgoing), "outgoing"),
        (Self::Relation(RelationKind::Incoming), "incoming"),
        (Self::Relation(RelationKind::BodyOutgoing), "body_outgoing"),
        (Self::Relation(RelationKind::BodyIncoming), "body_incoming"),
        (Self::Relation(RelationKind::Similar), "similar"),
        (Self::Relation(RelationKind::Previous), "previous"),
        (Self::Relation(RelationKind::Next), "next"),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(branch, _)| *branch == self).map_or("", |(_, name)| name)
    }

    fn named(name: &[u8]) -> deserialize::Result<Self> {
        let found = Self::NAMES.into_iter().find(|(_, known)| known.as_bytes() == name);
        Ok(found.ok_or("a branch without a name")?.0)
    }
}

impl FromSql<Text, Pg> for Branch {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Self::named(value.as_bytes())
    }
}

impl FromSql<Text, Sqlite> for Branch {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Self::named(value.read_text().as_bytes())
    }
}

/// A row of a statement with branches. What its branch has nothing for is null, or 0.
#[derive(Queryable)]
pub(super) struct Row {
    pub(super) branch: Branch,
    /// The post that it is about; none for the site's defaults.
    pub(super) post_id: Option<Id>,
    /// What is at the other end: an author, a tag, another post.
    pub(super) other_id: Option<Id>,
    /// Its place among its kind; 1 where the site takes comments.
    pub(super) position: i32,
    /// A curated link's id.
    pub(super) link_id: Option<Id>,
    /// An author's role, a link's relation, what was decided of comments, the notice of the site's terms.
    pub(super) word: Option<String>,
    /// The remark on a link, the address of the site's terms.
    pub(super) note: Option<String>,
    /// When a link was made.
    pub(super) made_at: Option<Timestamp>,
    /// How alike two posts are.
    pub(super) score: i32,
    /// The other end of a link elsewhere, what two similar posts share.
    pub(super) json: Option<JsonText>,
}

/// The columns of a [`Row`].
pub(super) type RowSql = (
    Text,
    Nullable<IdSql>,
    Nullable<IdSql>,
    Integer,
    Nullable<IdSql>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<TimeSql>,
    Integer,
    Nullable<JsonSql>,
);

/// What a branch selects for the columns of a [`Row`], in SQL.
pub(super) struct Select<'a> {
    pub(super) post_id: &'a str,
    pub(super) other_id: &'a str,
    pub(super) position: &'a str,
    pub(super) link_id: &'a str,
    pub(super) word: &'a str,
    pub(super) note: &'a str,
    pub(super) made_at: &'a str,
    pub(super) score: &'a str,
    /// In parts.
    pub(super) json: &'a [&'a str],
}

impl Select<'_> {
    pub(super) const NOTHING: Self = Self {
        post_id: "NULL",
        other_id: "NULL",
        position: "0",
        link_id: "NULL",
        word: "NULL",
        note: "NULL",
        made_at: "NULL",
        score: "0",
        json: &["NULL"],
    };

    /// Writes the branch as far as its tables.
    pub(super) fn push<DB: Dialect>(&self, branch: Branch, out: &mut AstPass<'_, '_, DB>) {
        out.push_sql("SELECT '");
        out.push_sql(branch.name());
        out.push_sql("'");
        let columns = [
            self.post_id,
            self.other_id,
            self.position,
            self.link_id,
            self.word,
            self.note,
            self.made_at,
            self.score,
        ];
        for column in columns {
            out.push_sql(", ");
            out.push_sql(column);
        }
        out.push_sql(", ");
        for part in self.json {
            out.push_sql(part);
        }
    }
}

/// Bylines, tags, decisions on comments and what the site has for all, as branches of a statement.
pub(super) fn push_branches<'b, DB: Dialect>(
    posts: &'b impl Ids,
    out: &mut AstPass<'_, 'b, DB>,
) -> QueryResult<()> {
    let author = Select {
        post_id: "a.post_id",
        other_id: "a.author_id",
        position: "a.position",
        word: "a.role",
        ..Select::NOTHING
    };
    author.push(Branch::Author, out);
    posts.of("post_authors AS a", "a.post_id", out)?;
    out.push_sql(" UNION ALL ");
    let tag =
        Select { post_id: "t.post_id", other_id: "t.tag_id", position: "t.position", ..Select::NOTHING };
    tag.push(Branch::Tag, out);
    posts.of("post_tags AS t", "t.post_id", out)?;
    out.push_sql(" UNION ALL ");
    Select { post_id: "c.post_id", word: "c.policy", ..Select::NOTHING }.push(Branch::Policy, out);
    posts.of("comment_policies AS c", "c.post_id", out)?;
    out.push_sql(" UNION ALL ");
    let defaults = Select {
        word: "s.terms_notice",
        note: "s.terms_url",
        position: "CASE WHEN s.comments_open THEN 1 ELSE 0 END",
        ..Select::NOTHING
    };
    defaults.push(Branch::Defaults, out);
    out.push_sql(" FROM site AS s WHERE s.id = 1");
    Ok(())
}

impl Refs {
    /// What the branches gave.
    pub(super) fn of(mut rows: Vec<Row>) -> crate::Result<Self> {
        rows.sort_by_key(|row| (row.post_id, row.position));
        let mut refs = Self::default();
        for row in rows {
            match (row.branch, row.post_id, row.other_id) {
                (Branch::Author, Some(post), Some(author)) => {
                    refs.authors.push((post, author, row.word.unwrap_or_default()));
                }
                (Branch::Tag, Some(post), Some(tag)) => refs.tags.push((post, tag)),
                (Branch::Policy, Some(post), _) => {
                    let policy = row.word.map(|word| word.parse()).transpose()?;
                    refs.policies.extend(policy.map(|policy| (post, policy)));
                }
                (Branch::Defaults, ..) => {
                    refs.defaults = SiteDefaults {
                        terms_notice: row.word,
                        terms_url: row.note,
                        comments_open: row.position == 1,
                    };
                }
                _ => {}
            }
        }
        Ok(refs)
    }
}

/// One text for all values.
struct Statement<I> {
    posts: I,
}

impl<DB: Dialect, I: Ids> QueryFragment<DB> for Statement<I> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.posts.begin(&mut out)?;
        push_branches(&self.posts, &mut out)
    }
}

cached_statement!([I: Ids + 'static] Statement<I>, rows: RowSql);

/// What hangs on these posts.
///
/// # Errors
/// When the database fails.
pub fn refs(conn: &mut Conn, posts: &[Id]) -> crate::Result<Refs> {
    Refs::of(if let [post] = posts {
        let statement = Statement { posts: One::of(*post) };
        on_inner!(conn, c => statement.load(c))?
    } else {
        let statement = Statement { posts: Many::of(posts) };
        on_inner!(conn, c => statement.load(c))?
    })
}
