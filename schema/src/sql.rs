//! Pieces of SQL that diesel's own builder cannot say on both databases at once, or that SQLite would prepare
//! anew at each execution. What differs between the databases in a query differs here.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use serde_json::Value;

use crate::db::MultiBackend;
use crate::types::Id;

/// Writes `column`, then the list as each database takes it apart. Subqueries ask for the true backends' fragments too.
macro_rules! in_list {
    ($name:ident, pg: $pg_open:literal, $pg_close:literal, sqlite: $lite_open:literal, $lite_close:literal) => {
        impl<C: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for $name<C> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
                self.column.walk_ast(out.reborrow())?;
                let (open, close) = match out.backend() {
                    MultiBackend::Pg(_) => ($pg_open, $pg_close),
                    MultiBackend::Sqlite(_) => ($lite_open, $lite_close),
                };
                out.push_sql(open);
                out.push_bind_param::<Text, str>(&self.list)?;
                out.push_sql(close);
                Ok(())
            }
        }
        impl<C: QueryFragment<Pg>> QueryFragment<Pg> for $name<C> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                self.column.walk_ast(out.reborrow())?;
                out.push_sql($pg_open);
                out.push_bind_param::<Text, str>(&self.list)?;
                out.push_sql($pg_close);
                Ok(())
            }
        }
        impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for $name<C> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                self.column.walk_ast(out.reborrow())?;
                out.push_sql($lite_open);
                out.push_bind_param::<Text, str>(&self.list)?;
                out.push_sql($lite_close);
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

/// A query that answers the ids of an [`id_list`], one a row.
pub(crate) fn push_ids<'b>(list: &'b str, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
    let (open, close) = match out.backend() {
        MultiBackend::Pg(_) => ("SELECT CAST(jsonb_array_elements_text(CAST(", " AS jsonb)) AS uuid)"),
        MultiBackend::Sqlite(_) => ("SELECT unhex(value) FROM json_each(", ")"),
    };
    out.push_sql(open);
    out.push_bind_param::<Text, str>(list)?;
    out.push_sql(close);
    Ok(())
}

impl<C> diesel::expression::Expression for IdIn<C> {
    type SqlType = Bool;
}
impl<C, QS> diesel::expression::AppearsOnTable<QS> for IdIn<C> {}
impl<C, QS> diesel::expression::SelectableExpression<QS> for IdIn<C> {}
impl<C, G> diesel::expression::ValidGrouping<G> for IdIn<C> {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

in_list!(
    IdIn,
    pg: " = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(", " AS jsonb))::uuid))",
    sqlite: " IN (SELECT unhex(value) FROM json_each(", "))"
);

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

impl<C> diesel::expression::Expression for TextIn<C> {
    type SqlType = Bool;
}
impl<C, QS> diesel::expression::AppearsOnTable<QS> for TextIn<C> {}
impl<C, QS> diesel::expression::SelectableExpression<QS> for TextIn<C> {}
impl<C, G> diesel::expression::ValidGrouping<G> for TextIn<C> {
    type IsAggregate = diesel::expression::is_aggregate::Never;
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

impl<C> diesel::expression::Expression for SnapshotShows<C> {
    type SqlType = Bool;
}
impl<C, QS> diesel::expression::AppearsOnTable<QS> for SnapshotShows<C> {}
impl<C, QS> diesel::expression::SelectableExpression<QS> for SnapshotShows<C> {}
impl<C, G> diesel::expression::ValidGrouping<G> for SnapshotShows<C> {
    type IsAggregate = diesel::expression::is_aggregate::Never;
}

in_list!(
    SnapshotShows,
    pg: " #>> '{image,media_id}' = ", "",
    sqlite: " ->> '$.image.media_id' = ", ""
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
impl<C: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Wanted<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("CASE WHEN ");
        out.push_bind_param::<Bool, bool>(&self.wanted)?;
        out.push_sql(" THEN ");
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" END");
        Ok(())
    }
}

/// A statement without parameters or rows, prepared once and kept.
macro_rules! statement {
    ($name:ident, $sqlite:literal, $pg:literal) => {
        #[derive(Debug, Clone, Copy, QueryId)]
        pub(crate) struct $name;

        impl QueryFragment<MultiBackend> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
                let text = match out.backend() {
                    MultiBackend::Pg(_) => $pg,
                    MultiBackend::Sqlite(_) => $sqlite,
                };
                out.push_sql(text);
                Ok(())
            }
        }
        impl diesel::RunQueryDsl<crate::db::Conn> for $name {}
    };
}

statement!(BeginRead, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
statement!(BeginWrite, "BEGIN IMMEDIATE", "BEGIN ISOLATION LEVEL SERIALIZABLE");
/// [`BeginWrite`] on PostgreSQL, beside other writers but not beside one that is in the line; see [`JoinLine`]. Two commands at
/// once, for the way to the server and back.
pub(crate) const BEGIN_BESIDE_OTHERS: &str =
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT pg_advisory_xact_lock_shared(7240162)";
statement!(Commit, "COMMIT", "COMMIT");
statement!(Rollback, "ROLLBACK", "ROLLBACK");
statement!(Savepoint, "SAVEPOINT op", "SAVEPOINT op");
statement!(Release, "RELEASE op", "RELEASE SAVEPOINT op");
statement!(RollbackTo, "ROLLBACK TO op", "ROLLBACK TO SAVEPOINT op");
statement!(Ping, "SELECT 1", "SELECT 1");
// Writers that cannot win against others take turns, in which nobody else writes. The lock is the connection's, taken before the
// transaction and its snapshot begin. SQLite has one writer.
statement!(JoinLine, "SELECT 1", "SELECT pg_advisory_lock(7240162)");
statement!(LeaveLine, "SELECT 1", "SELECT pg_advisory_unlock(7240162)");
// The log's numbers are given in the order of commits: who holds this lock commits before the next may number.
statement!(LockChanges, "SELECT 1", "SELECT pg_advisory_xact_lock(7240161)");
// Announces the changes to other instances; PostgreSQL only, SQLite's file has one.
statement!(ListenChanges, "SELECT 1", "LISTEN pressroom_changes");
statement!(TellChanges, "SELECT 1", "SELECT pg_notify('pressroom_changes', '')");
