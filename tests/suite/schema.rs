//! The schema: both databases describe the same tables, and migrations leave nothing behind and do no harm.

use std::collections::BTreeSet;
use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use pressroom_schema::{Conn, Db, DbSettings, Source, migrate};

use crate::support::postgres::{self, Database};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a database says of its tables, one fact a line, in the same words from both.
type Facts = BTreeSet<String>;

/// Of SQLite. Its types are fewer: what a text or a number stands for shows in its check and its name.
const SQLITE: &[&str] = &[
    "SELECT 'column ' || t.name || '.' || c.name || ' ' || CASE
        WHEN instr(t.sql, 'CHECK (json_valid(' || c.name || '))') THEN 'json'
        WHEN instr(t.sql, 'CHECK (' || c.name || ' IN (0, 1))') THEN 'boolean'
        WHEN c.type = 'TEXT' AND (c.name = 'at' OR c.name GLOB '*_at' OR c.name GLOB '*_until') THEN 'time'
        WHEN c.type = 'BLOB' AND (c.name = 'id' OR c.name GLOB '*_id' OR c.name GLOB '*_by') THEN 'id'
        ELSE lower(c.type) END || iif(c.\"notnull\", ' not null', '') AS line
      FROM tables t, pragma_table_xinfo(t.name) c",
    "SELECT 'primary key ' || t.name || ' (' || group_concat(c.name, ', ' ORDER BY c.pk) || ')' AS line
      FROM tables t, pragma_table_xinfo(t.name) c WHERE c.pk > 0 GROUP BY t.name",
    "SELECT 'foreign key ' || t.name || ' (' || f.\"from\" || ') to ' || f.\"table\" || ' (' || f.\"to\" || ') on delete '
        || lower(f.on_delete) AS line
      FROM tables t, pragma_foreign_key_list(t.name) f",
    "SELECT 'unique ' || t.name || ' (' || group_concat(c.name, ', ' ORDER BY c.seqno) || ')' AS line
      FROM tables t, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) c
      WHERE i.origin = 'u' AND c.key GROUP BY t.name, i.name",
    "SELECT iif(i.\"unique\", 'unique ', '') || 'index ' || t.name || ' ' || i.name || ' ('
        || group_concat(c.name || iif(c.desc, ' desc', ''), ', ' ORDER BY c.seqno) || ')'
        || iif(i.partial, ' partial', '') AS line
      FROM tables t, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) c
      WHERE i.origin = 'c' AND c.key GROUP BY t.name, i.name",
];

/// Of PostgreSQL.
const POSTGRES: &[&str] = &[
    "SELECT 'column ' || t.relname || '.' || c.attname || ' ' || CASE format_type(c.atttypid, c.atttypmod)
        WHEN 'jsonb' THEN 'json' WHEN 'timestamp with time zone' THEN 'time' WHEN 'uuid' THEN 'id'
        WHEN 'bytea' THEN 'blob' WHEN 'bigint' THEN 'integer' ELSE format_type(c.atttypid, c.atttypmod) END
        || CASE WHEN c.attnotnull THEN ' not null' ELSE '' END AS line
      FROM tables t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped",
    "SELECT 'primary key ' || t.relname || ' (' || columns(i.oid) || ')' AS line
      FROM tables t JOIN indexes i ON i.indrelid = t.oid WHERE i.indisprimary",
    "SELECT 'foreign key ' || t.relname || ' (' || a.attname || ') to ' || f.relname || ' (' || b.attname || ') on delete '
        || CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'a' THEN 'no action' ELSE c.confdeltype::text END AS line
      FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' JOIN pg_class f ON f.oid = c.confrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey)
        JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = ANY (c.confkey)",
    "SELECT 'unique ' || t.relname || ' (' || columns(i.oid) || ')' AS line
      FROM tables t JOIN indexes i ON i.indrelid = t.oid JOIN pg_constraint c ON c.conindid = i.oid AND c.contype = 'u'",
    "SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || 'index ' || t.relname || ' ' || i.relname || ' (' || columns(i.oid) || ')'
        || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END AS line
      FROM tables t JOIN indexes i ON i.indrelid = t.oid
      WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u'))",
];

/// The tables that are described: not those of the full-text index, which are each database's own, nor the migrations' list.
const SQLITE_TABLES: &str = "WITH tables AS (SELECT name, sql FROM sqlite_schema WHERE type = 'table'
    AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'search_index*' AND name NOT GLOB '__diesel_*') ";
const POSTGRES_TABLES: &str = "WITH tables AS (SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace = 'public'::regnamespace AND relname NOT IN ('search_index', '__diesel_schema_migrations')),
  indexes AS (SELECT c.oid, c.relname, i.indrelid, i.indisprimary, i.indisunique, i.indpred FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid) ";
const POSTGRES_COLUMNS: &str =
    "CREATE OR REPLACE FUNCTION pg_temp.columns(index oid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(trim(pg_get_indexdef(i.indexrelid, k, true), '\"')
        || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY k)
      FROM pg_index i, generate_series(1, i.indnkeyatts) k WHERE i.indexrelid = $1 $$";

#[expect(clippy::disallowed_methods, reason = "catalogs have no other language than their own")]
fn lines(conn: &mut Conn, sql: &str) -> Vec<String> {
    let lines: Vec<Line> = match conn {
        Conn::Sqlite(c) => diesel::sql_query(sql).load(c),
        Conn::Pg(c) => diesel::sql_query(sql).load(c),
    }
    .unwrap_or_else(|error| panic!("{sql}: {error}"));
    lines.into_iter().map(|l| l.line).collect()
}

fn facts(conn: &mut Conn) -> Facts {
    let queries = match conn {
        Conn::Sqlite(_) => SQLITE.iter().map(|sql| format!("{SQLITE_TABLES}{sql}")).collect::<Vec<_>>(),
        Conn::Pg(c) => {
            c.batch_execute(POSTGRES_COLUMNS).unwrap();
            let own = |sql: &&str| format!("{POSTGRES_TABLES}{sql}").replace("columns(", "pg_temp.columns(");
            POSTGRES.iter().map(own).collect()
        }
    };
    queries.iter().flat_map(|sql| lines(conn, sql)).collect()
}

/// Everything that stands in the database, by name.
fn objects(conn: &mut Conn) -> Facts {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT type || ' ' || name AS line FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' AND name NOT GLOB '__diesel_*'"
        }
        Conn::Pg(_) => {
            "SELECT relkind::text || ' ' || relname AS line FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_diesel%'
             UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
             UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%\\_\\_diesel%'"
        }
    };
    lines(conn, sql).into_iter().collect()
}

/// The names that the migration gives to constraints, which tell a violation's meaning.
fn constraints(conn: &mut Conn) -> Facts {
    match conn {
        Conn::Sqlite(_) => {
            let tables = lines(conn, &format!("{SQLITE_TABLES} SELECT sql AS line FROM tables"));
            let words = tables.iter().flat_map(|sql| sql.split("CONSTRAINT ").skip(1));
            words.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned).collect()
        }
        Conn::Pg(_) => lines(
            conn,
            &format!(
                "{POSTGRES_TABLES} SELECT conname AS line FROM pg_constraint c JOIN tables t ON t.oid = c.conrelid"
            ),
        )
        .into_iter()
        .collect(),
    }
}

/// An empty database, with nobody connected but who opens it.
enum Fresh {
    Sqlite(PathBuf),
    Postgres(Database<'static>),
}

impl Fresh {
    fn sqlite(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pressroom-schema-{}-{name}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        Self::Sqlite(folder)
    }

    /// One of each kind that this machine has.
    fn each(name: &str) -> Vec<Self> {
        let postgres = postgres::cluster().map(|cluster| {
            cluster.template("empty", |_| {});
            Self::Postgres(cluster.create_database_from_template("empty"))
        });
        std::iter::once(Self::sqlite(name)).chain(postgres).collect()
    }

    /// What one instance of the program would hold.
    fn open(&self) -> Db {
        let source = match self {
            Self::Sqlite(folder) => Source::Sqlite(folder.join("pressroom.db")),
            Self::Postgres(database) => {
                Source::Postgres { primary: database.url().to_owned(), replicas: vec![] }
            }
        };
        Db::open(DbSettings { source, readers: 1, queue: 16, durable: false }).unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Self::Sqlite(folder) = self {
            std::fs::remove_dir_all(folder).ok();
        }
    }
}

async fn ask<T: Send + 'static>(db: &Db, f: impl FnOnce(&mut Conn) -> T + Send + 'static) -> T {
    db.raw(move |conn| Ok(f(conn))).await.unwrap()
}

#[tokio::test]
async fn both_databases_describe_the_same_tables() {
    let mut described = Vec::new();
    for fresh in Fresh::each("same") {
        let db = fresh.open();
        db.raw(migrate::up).await.unwrap();
        described.push((ask(&db, facts).await, ask(&db, constraints).await));
    }
    let (sqlite, sqlite_names) = &described[0];
    for kind in ["column posts.title ", "primary key ", "foreign key ", "unique ", "index "] {
        assert!(sqlite.iter().any(|fact| fact.starts_with(kind)), "nothing was read about {kind}");
    }
    let Some((postgres, postgres_names)) = described.get(1) else { return };
    let only = |a: &Facts, b: &Facts| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(only(sqlite, postgres), Vec::<String>::new(), "only SQLite has these");
    assert_eq!(only(postgres, sqlite), Vec::<String>::new(), "only PostgreSQL has these");
    assert_eq!(only(sqlite_names, postgres_names), Vec::<String>::new(), "only SQLite names these");
    // PostgreSQL names every primary key by itself; SQLite those that the migration names.
    let given: Facts = postgres_names.iter().filter(|name| !name.ends_with("_pkey")).cloned().collect();
    assert_eq!(only(&given, sqlite_names), Vec::<String>::new(), "only PostgreSQL names these");
}

#[tokio::test]
async fn text_that_is_sorted_or_compared_by_range_has_the_bytewise_collation_on_postgresql() {
    let Some(fresh @ Fresh::Postgres(_)) = Fresh::each("collation").pop() else { return };
    let db = fresh.open();
    db.raw(migrate::up).await.unwrap();
    let wrong = ask(&db, |conn| {
        lines(
            conn,
            "SELECT t.relname || '.' || c.attname AS line FROM pg_attribute c JOIN pg_class t ON t.oid = c.attrelid
             WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND c.attcollation <> 0
               AND c.attcollation <> '\"C\"'::regcollation
               AND c.attname IN ('slug', 'name_key', 'title_key', 'email_key', 'term')",
        )
    })
    .await;
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn up_down_up_leaves_nothing_and_changes_nothing() {
    for fresh in Fresh::each("down") {
        let db = fresh.open();
        assert!(!db.raw(migrate::up).await.unwrap().is_empty());
        let first = (ask(&db, facts).await, ask(&db, objects).await);
        db.raw(migrate::down).await.unwrap();
        assert_eq!(ask(&db, objects).await, Facts::new());
        assert!(!db.raw(migrate::up).await.unwrap().is_empty());
        assert_eq!((ask(&db, facts).await, ask(&db, objects).await), first);
        assert!(db.raw(migrate::up).await.unwrap().is_empty(), "a second run finds nothing to do");
    }
}

#[tokio::test]
async fn instances_that_migrate_at_once_do_no_harm() {
    for fresh in Fresh::each("at-once") {
        let instances: Vec<Db> = (0..4).map(|_| fresh.open()).collect();
        let started: Vec<_> = instances
            .iter()
            .map(|db| {
                let db = db.clone();
                tokio::spawn(async move { db.raw(migrate::up).await })
            })
            .collect();
        let mut worked = 0;
        for run in started {
            worked += usize::from(!run.await.unwrap().expect("every instance comes up").is_empty());
        }
        assert_eq!(worked, 1, "one instance migrates, the others find nothing to do");
        let all = instances[3].raw(migrate::status).await.unwrap();
        assert!(all.iter().all(|m| m.applied));
    }
}

#[tokio::test]
async fn a_schema_that_is_newer_than_the_program_is_refused_with_a_clear_word() {
    for fresh in Fresh::each("newer") {
        let db = fresh.open();
        db.raw(migrate::up).await.unwrap();
        let before = ask(&db, facts).await;
        ask(&db, |conn| {
            let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
            match conn {
                Conn::Sqlite(c) => c.batch_execute(sql),
                Conn::Pg(c) => c.batch_execute(sql),
            }
            .unwrap();
        })
        .await;
        for refused in [db.raw(migrate::up).await.map(drop), db.raw(migrate::status).await.map(drop)] {
            let why = refused.expect_err("an older program must not use this").to_string();
            assert!(why.contains("99990101000000") && why.contains("newer pressroom"), "{why}");
        }
        assert_eq!(ask(&db, facts).await, before);
    }
}
