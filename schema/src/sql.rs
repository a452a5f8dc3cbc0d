//! Pieces of SQL that diesel's own builder cannot say on both databases at once, or that SQLite would prepare
//! anew at each execution. What differs between the databases in a query differs here.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use serde_json::Value;

use crate::db::MultiBackend;
use crate::types::{Id, IdSql, TimeSql, Timestamp};

/// What a fragment asks of the database it is written for: which of the two it is, and places for values.
///
/// A query against [`Conn`](crate::db::Conn) is written out anew at each execution, twice, though its statement is kept. The few
/// that every page runs go to the connection inside instead, with [`on_inner!`]: their fragments are written for whichever
/// backend asks.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "a bound value must outlive the statement")]
pub(crate) trait Dialect: Backend {
    /// Whether it is SQLite; else it is PostgreSQL.
    fn is_sqlite(&self) -> bool;
    /// Writes a place for a text.
    fn text<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b str) -> QueryResult<()>;
    /// Writes a place for a truth value.
    fn truth<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b bool) -> QueryResult<()>;
    /// Writes a place for an `integer`.
    fn int<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i32) -> QueryResult<()>;
    /// Writes a place for a `bigint`.
    fn big<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i64) -> QueryResult<()>;
    /// Writes a place for an id.
    fn id<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Id) -> QueryResult<()>;
    /// Writes a place for a moment.
    fn time<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Timestamp) -> QueryResult<()>;
}

macro_rules! dialect {
    ($backend:ty, |$this:ident| $is_sqlite:expr) => {
        impl Dialect for $backend {
            fn is_sqlite(&self) -> bool {
                let $this = self;
                $is_sqlite
            }
            fn text<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b str) -> QueryResult<()> {
                out.push_bind_param::<Text, str>(value)
            }
            fn truth<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b bool) -> QueryResult<()> {
                out.push_bind_param::<Bool, bool>(value)
            }
            fn int<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i32) -> QueryResult<()> {
                out.push_bind_param::<Integer, i32>(value)
            }
            fn big<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b i64) -> QueryResult<()> {
                out.push_bind_param::<BigInt, i64>(value)
            }
            fn id<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Id) -> QueryResult<()> {
                out.push_bind_param::<IdSql, Id>(value)
            }
            fn time<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Timestamp) -> QueryResult<()> {
                out.push_bind_param::<TimeSql, Timestamp>(value)
            }
        }
    };
}
dialect!(MultiBackend, |this| matches!(this, MultiBackend::Sqlite(_)));
dialect!(Sqlite, |_this| true);
dialect!(Pg, |_this| false);

/// Runs `$query` on the connection inside of `$conn`, as `$run` says: `on_inner!(conn, c => query.load(c))`.
macro_rules! on_inner {
    ($conn:expr, $inner:ident => $run:expr) => {
        match $conn {
            crate::db::Conn::Sqlite($inner) => $run,
            crate::db::Conn::Pg($inner) => $run,
        }
    };
}
pub(crate) use on_inner;

/// The function that makes a JSON object of names and values.
pub(crate) fn json_object<DB: Dialect>(backend: &DB) -> &'static str {
    if backend.is_sqlite() { "json_object" } else { "jsonb_build_object" }
}

/// Makes a fragment on a column a condition for `filter`.
macro_rules! condition {
    ($name:ident) => {
        impl<C> diesel::expression::Expression for $name<C> {
            type SqlType = Bool;
        }
        impl<C, QS> diesel::expression::AppearsOnTable<QS> for $name<C> {}
        impl<C, QS> diesel::expression::SelectableExpression<QS> for $name<C> {}
        impl<C, G> diesel::expression::ValidGrouping<G> for $name<C> {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }
    };
}

/// Writes `column`, then the one value it is held against, as each database takes it.
macro_rules! in_list {
    ($name:ident, pg: $pg_open:literal, $pg_close:literal, sqlite: $lite_open:literal, $lite_close:literal) => {
        condition!($name);
        impl<DB: Dialect, C: QueryFragment<DB>> QueryFragment<DB> for $name<C> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                self.column.walk_ast(out.reborrow())?;
                let (open, close) =
                    if out.backend().is_sqlite() { ($lite_open, $lite_close) } else { ($pg_open, $pg_close) };
                out.push_sql(open);
                DB::text(&mut out, &self.list)?;
                out.push_sql(close);
                Ok(())
            }
        }
    };
}

/// `column IN (ids…)` with one bound value, however many ids: the statement is prepared once and kept.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct IdIn<C> {
    column: C,
    list: String,
}

/// See [`IdIn`].
pub(crate) fn id_in<C>(column: C, ids: &[Id]) -> IdIn<C> {
    IdIn { column, list: id_list(ids) }
}

/// Ids as a JSON list of their 32 hexadecimal digits: the form in which statements take a list as one value.
pub(crate) fn id_list(ids: &[Id]) -> String {
    let mut list = String::with_capacity(ids.len() * 35 + 2);
    list.push('[');
    for (n, id) in ids.iter().enumerate() {
        if n > 0 {
            list.push(',');
        }
        list.push('"');
        list.push_str(id.0.simple().encode_lower(&mut uuid::Uuid::encode_buffer()));
        list.push('"');
    }
    list.push(']');
    list
}

/// What a statement is about.
///
/// PostgreSQL plans by how many rows it expects. Of an array that it does not know it expects ten, of JSON a hundred, and would
/// rather read whole tables for those; and while it hopes to do better for the values at hand, it plans anew each time.
pub(crate) trait Ids {
    /// Writes a query that answers them, one a row.
    fn push<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
    /// Writes what a statement begins with of which several parts are about them: see [`Ids::of`].
    fn begin<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
    /// What stands before the tables that are read for each of them.
    const FROM: &'static str;
    /// Writes the one whose turn it is.
    fn id<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
    /// Writes that these tables are read, where this column is each of them in turn.
    fn of<'b, DB: Dialect>(
        &'b self,
        tables: &str,
        column: &str,
        out: &mut AstPass<'_, 'b, DB>,
    ) -> QueryResult<()> {
        for text in [Self::FROM, tables, " WHERE ", column, " = "] {
            out.push_sql(text);
        }
        self.id(out)
    }
}

/// One id, which pages are about: PostgreSQL expects one row, and keeps the plan. It stands wherever it is needed, so that SQLite
/// need make no table of it.
pub(crate) struct One(Id);

impl One {
    pub(crate) fn of(id: Id) -> Self {
        Self(id)
    }
}

impl Ids for One {
    const FROM: &'static str = " FROM ";

    fn push<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (open, close) =
            if out.backend().is_sqlite() { ("SELECT ", "") } else { ("SELECT CAST(", " AS uuid)") };
        out.push_sql(open);
        DB::id(out, &self.0)?;
        out.push_sql(close);
        Ok(())
    }

    fn begin<'b, DB: Dialect>(&'b self, _out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        Ok(())
    }

    fn id<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        DB::id(out, &self.0)
    }
}

/// Any number of ids.
pub(crate) struct Many(String);

impl Many {
    pub(crate) fn of(ids: &[Id]) -> Self {
        Self(id_list(ids))
    }
}

impl Ids for Many {
    const FROM: &'static str = " FROM g CROSS JOIN ";

    fn push<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if out.backend().is_sqlite() {
            out.push_sql("SELECT unhex(value) FROM json_each(");
            DB::text(out, &self.0)?;
        } else {
            out.push_sql("SELECT unnest(");
            push_uuids(&self.0, out)?;
        }
        out.push_sql(")");
        Ok(())
    }

    fn begin<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("WITH g (id) AS (");
        self.push(out)?;
        out.push_sql(") ");
        Ok(())
    }

    fn id<'b, DB: Dialect>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("g.id");
        Ok(())
    }
}

/// A list of ids, as [`id_list`] writes it, as an array of PostgreSQL's.
fn push_uuids<'b, DB: Dialect>(list: &'b str, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()> {
    out.push_sql("CAST(string_to_array(translate(");
    DB::text(out, list)?;
    out.push_sql(", '[\"]', ''), ',') AS uuid[])");
    Ok(())
}

impl<DB: Dialect, C: QueryFragment<DB>> QueryFragment<DB> for IdIn<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        if out.backend().is_sqlite() {
            out.push_sql(" IN (SELECT unhex(value) FROM json_each(");
            DB::text(&mut out, &self.list)?;
            out.push_sql("))");
        } else {
            out.push_sql(" = ANY (");
            push_uuids(&self.list, &mut out)?;
            out.push_sql(")");
        }
        Ok(())
    }
}

condition!(IdIn);

/// `column IN (texts…)` with one bound value.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct TextIn<C> {
    column: C,
    list: String,
}

/// See [`TextIn`].
pub(crate) fn text_in<C, S: AsRef<str>>(column: C, texts: &[S]) -> TextIn<C> {
    let list = Value::Array(texts.iter().map(|t| Value::String(t.as_ref().to_owned())).collect()).to_string();
    TextIn { column, list }
}

in_list!(
    TextIn,
    pg: " = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(", " AS jsonb))))",
    sqlite: " IN (SELECT value FROM json_each(", "))"
);

/// `column.image.media_id = id`, in a column that holds a post's snapshot.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct SnapshotShows<C> {
    column: C,
    list: String,
}

/// See [`SnapshotShows`].
pub(crate) fn snapshot_shows<C>(column: C, media: Id) -> SnapshotShows<C> {
    SnapshotShows { column, list: media.to_string() }
}

in_list!(
    SnapshotShows,
    pg: " #>> '{image,media_id}' = ", "",
    sqlite: " ->> '$.image.media_id' = ", ""
);

/// Whether the byline in a column that holds a post's snapshot names this author.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct SnapshotBears<C> {
    column: C,
    list: String,
}

/// See [`SnapshotBears`].
pub(crate) fn snapshot_bears<C>(column: C, author: Id) -> SnapshotBears<C> {
    SnapshotBears { column, list: format!("%\"{author}\"%") }
}

in_list!(
    SnapshotBears,
    pg: " #>> '{authors}' LIKE ", "",
    sqlite: " ->> '$.authors' LIKE ", ""
);

/// Whether the body in a column that holds a post's snapshot has this in it.
#[derive(Debug, Clone, QueryId)]
pub(crate) struct SnapshotSays<C> {
    column: C,
    list: String,
}

/// See [`SnapshotSays`]. `text` has letters and digits only.
pub(crate) fn snapshot_says<C>(column: C, text: &str) -> SnapshotSays<C> {
    SnapshotSays { column, list: format!("%{text}%") }
}

in_list!(
    SnapshotSays,
    pg: " #>> '{body_source}' LIKE ", "",
    sqlite: " ->> '$.body_source' LIKE ", ""
);

/// `column` where it is wanted, else NULL: a long column that nobody asked for is not read, and the statement stays the same.
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct Wanted<C> {
    column: C,
    wanted: bool,
}

/// See [`Wanted`].
pub(crate) fn wanted<C>(column: C, wanted: bool) -> Wanted<C> {
    Wanted { column, wanted }
}

impl<C: diesel::expression::Expression<SqlType = Text>> diesel::expression::Expression for Wanted<C> {
    type SqlType = Nullable<Text>;
}
impl<C, QS> diesel::expression::AppearsOnTable<QS> for Wanted<C> where
    C: diesel::expression::AppearsOnTable<QS> + diesel::expression::Expression<SqlType = Text>
{
}
impl<C, QS> diesel::expression::SelectableExpression<QS> for Wanted<C> where
    C: diesel::expression::SelectableExpression<QS> + diesel::expression::Expression<SqlType = Text>
{
}
impl<C, G> diesel::expression::ValidGrouping<G> for Wanted<C> {
    type IsAggregate = diesel::expression::is_aggregate::No;
}
impl<DB: Dialect, C: QueryFragment<DB>> QueryFragment<DB> for Wanted<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("CASE WHEN ");
        DB::truth(&mut out, &self.wanted)?;
        out.push_sql(" THEN ");
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" END");
        Ok(())
    }
}

/// Marks a statement whose text is the same for all values on one database, of which a connection has but one, so that it is
/// prepared once and known by its type; `rows` is the type of what it answers.
macro_rules! cached_statement {
    ([$($param:tt)*] $name:ty, rows: $rows:ty) => {
        impl<$($param)*> diesel::query_builder::Query for $name {
            type SqlType = $rows;
        }
        crate::sql::cached_statement!([$($param)*] $name);
    };
    ([$($param:tt)*] $name:ty) => {
        impl<$($param)*> diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
        impl<Connection, $($param)*> diesel::RunQueryDsl<Connection> for $name {}
    };
    ($name:ty, rows: $rows:ty) => {
        crate::sql::cached_statement!([] $name, rows: $rows);
    };
    ($name:ty) => {
        crate::sql::cached_statement!([] $name);
    };
}
pub(crate) use cached_statement;

/// Marks a statement whose text depends on its values, so that it is known by the text and not by its type.
macro_rules! known_by_text {
    ($name:ty, rows: $rows:ty) => {
        impl diesel::query_builder::Query for $name {
            type SqlType = $rows;
        }
        impl diesel::query_builder::QueryId for $name {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<C> diesel::RunQueryDsl<C> for $name {}
    };
}
pub(crate) use known_by_text;

/// A statement without parameters or rows, prepared once and kept.
macro_rules! statement {
    ($name:ident, $sqlite:literal, $pg:literal) => {
        #[derive(Debug, Clone, Copy, QueryId)]
        pub(crate) struct $name;

        impl<DB: Dialect> QueryFragment<DB> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.push_sql(if out.backend().is_sqlite() { $sqlite } else { $pg });
                Ok(())
            }
        }
        impl<C> diesel::RunQueryDsl<C> for $name {}
    };
}

statement!(BeginRead, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
statement!(BeginWrite, "BEGIN IMMEDIATE", "BEGIN ISOLATION LEVEL READ COMMITTED");
/// [`BeginWrite`] on PostgreSQL, after which nobody else writes, in this instance or another, until the transaction has ended. Each
/// of its statements then sees all that was committed before it, and nothing changes between them. The first [`Savepoint`] is set as
/// well: several commands at once, for the way to the server and back.
pub(crate) const BEGIN_ALONE: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7240162); SAVEPOINT op";
/// [`Commit`] on PostgreSQL where the log has new lines: other instances hear of them when, and only when, the transaction commits.
pub(crate) const TELL_AND_COMMIT: &str = "NOTIFY pressroom_changes; COMMIT";
statement!(Commit, "COMMIT", "COMMIT");
// Commits, and begins the next transaction of the same kind, whose snapshot its first statement takes. For PostgreSQL.
statement!(CommitAndBegin, "COMMIT", "COMMIT AND CHAIN");
statement!(Rollback, "ROLLBACK", "ROLLBACK");
statement!(Savepoint, "SAVEPOINT op", "SAVEPOINT op");
statement!(Release, "RELEASE op", "RELEASE SAVEPOINT op");
statement!(RollbackTo, "ROLLBACK TO op", "ROLLBACK TO SAVEPOINT op");
/// [`Release`] and [`Savepoint`] on PostgreSQL at once.
pub(crate) const NEXT_SAVEPOINT: &str = "RELEASE SAVEPOINT op; SAVEPOINT op";
statement!(Ping, "SELECT 1", "SELECT 1");
// Hears of what other instances write; PostgreSQL only, SQLite's file has one.
statement!(ListenChanges, "SELECT 1", "LISTEN pressroom_changes");
