//! Connections as Relay's cursor specification has them. Cursors are those of REST.

use std::sync::Arc;

use async_graphql::SimpleObject;

use super::arguments::PageArguments;
use crate::error::{Error, FieldError, Result};
use crate::graphql::PlanField;
use crate::page::{BadCursor, MAX_LIMIT, Page, PageRequest};

/// Where a page stands in its list.
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub(crate) struct PageInfo {
    /// Whether rows follow.
    has_next_page: bool,
    /// Whether rows precede.
    has_previous_page: bool,
    /// The cursor of the first row; null where there is none.
    start_cursor: Option<String>,
    /// The cursor of the last row; null where there is none.
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Where the rows of `page` stand that `asked` shows.
    pub(super) fn of<T>(page: &Page<T>, asked: Asked) -> Self {
        let rows = asked.rows(page);
        // The row that was read and is not shown lies beyond the end from which none were asked for.
        let hidden = rows.len() < page.items.len();
        Self {
            has_next_page: page.has_next || (hidden && !asked.from_end),
            has_previous_page: page.has_previous || (hidden && asked.from_end),
            start_cursor: rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// What a connection is asked to show of the page that was read for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Whether no rows: its total, or whether there are any. One is read all the same, to tell that.
    pub(super) none: bool,
    /// Whether the page is counted from the end of the list.
    from_end: bool,
}

impl Asked {
    /// The rows that are shown of `page`.
    pub(super) fn rows<T>(self, page: &Page<T>) -> &[(String, T)] {
        if self.none { &[] } else { &page.items }
    }
}

impl PageArguments {
    /// What is asked of the page that these arguments name.
    pub(super) fn asked(&self) -> Asked {
        Asked { none: self.first.or(self.last) == Some(0), from_end: self.last.is_some() }
    }
}

/// The page that a connection's arguments ask for. The total is counted where `totalCount` is selected.
pub(super) fn page_of(args: &PageArguments, field: &PlanField, connection: &str) -> Result<PageRequest> {
    let (first, last) = (args.first.map(i64::from), args.last.map(i64::from));
    let (after, before) = (args.after.clone(), args.before.clone());
    let refuse = |name: &str, code: &str, why: String| {
        Err(Error::parameters(vec![FieldError::parameter(name, code, why)]))
    };
    for (name, given) in [("first", first), ("last", last)] {
        if let Some(n) = given
            && !(0..=MAX_LIMIT).contains(&n)
        {
            let why = format!("`{name}` is {n}; it must be from 0 to {MAX_LIMIT}.");
            return refuse(name, "out_of_range", why);
        }
    }
    if first.is_some() && last.is_some() {
        return refuse("last", "exclusive", "Give `first` or `last`, not both.".to_owned());
    }
    if after.is_some() && (before.is_some() || last.is_some()) {
        let why = "`after` goes with `first`, and `before` with `last`.".to_owned();
        return refuse("after", "exclusive", why);
    }
    if before.is_some() && first.is_some() {
        let why = "`before` goes with `last`, and `after` with `first`.".to_owned();
        return refuse("before", "exclusive", why);
    }
    let read = |name: &str, text: Option<String>| {
        text.map(|text| text.parse().map_err(|bad: BadCursor| bad.of(name))).transpose()
    };
    Ok(PageRequest {
        limit: first.or(last).map(|n| n.max(1)),
        after: read("after", after)?,
        before: read("before", before)?,
        from_end: last.is_some(),
        count: field.selects(connection, "totalCount"),
    })
}

/// The fields under which a connection's rows stand: `nodes`, and `node` of `edges`. None where it shows no rows.
pub(super) fn rows_of(
    args: &PageArguments,
    field: &PlanField,
    connection: &str,
    edge: &str,
) -> Vec<Arc<PlanField>> {
    if args.asked().none {
        return Vec::new();
    }
    let mut rows = field.named(connection, "nodes");
    for edges in field.named(connection, "edges") {
        rows.extend(edges.named(edge, "node"));
    }
    rows
}

/// A connection of `$node`s, which are made of `$data` with `$node::new(data, at)`.
macro_rules! connection {
    ($(#[doc = $doc:tt])+ $connection:ident, $edge:ident, $node:ident, $data:ty) => {
        #[derive(Debug)]
        $(#[doc = $doc])+
        pub(crate) struct $connection {
            page: std::sync::Arc<crate::page::Page<$data>>,
            asked: $crate::graphql::schema::connection::Asked,
            at: $crate::graphql::schema::at::At,
        }

        impl $connection {
            pub(crate) fn new(
                page: std::sync::Arc<crate::page::Page<$data>>,
                args: &$crate::graphql::schema::arguments::PageArguments,
                at: $crate::graphql::schema::at::At,
            ) -> Self {
                Self { page, asked: args.asked(), at }
            }

            fn rows(&self) -> &[(String, $data)] {
                self.asked.rows(&self.page)
            }
        }

        $(#[doc = $doc])+
        #[async_graphql::Object(serial)]
        impl $connection {
            /// The rows, each with its cursor.
            async fn edges(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> crate::graphql::Result<Vec<$edge>> {
                let at = self.at.child(ctx, stringify!($connection))?;
                let edge = |(cursor, data): &(String, $data)| $edge {
                    cursor: cursor.clone(),
                    data: data.clone(),
                    at: at.clone(),
                };
                Ok(self.rows().iter().map(edge).collect())
            }

            /// The rows without their cursors.
            async fn nodes(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> crate::graphql::Result<Vec<$node>> {
                let at = self.at.child(ctx, stringify!($connection))?;
                Ok(self.rows().iter().map(|(_, data)| $node::new(data.clone(), at.clone())).collect())
            }

            /// Where the page stands in its list.
            async fn page_info(&self) -> $crate::graphql::schema::connection::PageInfo {
                $crate::graphql::schema::connection::PageInfo::of(&self.page, self.asked)
            }

            /// How many rows the whole list has. It is counted only where it is asked for.
            async fn total_count(&self) -> crate::graphql::Result<i64> {
                self.page.total.ok_or_else(crate::graphql::Fault::internal)
            }
        }

        /// A row and its cursor.
        #[derive(Debug)]
        pub(crate) struct $edge {
            cursor: String,
            data: $data,
            at: $crate::graphql::schema::at::At,
        }

        /// A row and its cursor.
        #[async_graphql::Object(serial)]
        impl $edge {
            /// Its place in the list: send as `after` or `before`.
            async fn cursor(&self) -> &str {
                &self.cursor
            }

            /// The row.
            async fn node(&self, ctx: &async_graphql::Context<'_>) -> crate::graphql::Result<$node> {
                Ok($node::new(self.data.clone(), self.at.child(ctx, stringify!($edge))?))
            }
        }
    };
}
pub(super) use connection;
