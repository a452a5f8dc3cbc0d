//! Connections as Relay's cursor specification has them. Cursors are those of REST.

use std::sync::Arc;

use async_graphql::SimpleObject;

use crate::error::{Error, FieldError, Result};
use crate::graphql::PlanField;
use crate::page::{MAX_LIMIT, Page, PageRequest};

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
    /// Where the rows stand that `field` shows of `page`.
    pub(super) fn of<T>(page: &Page<T>, field: &PlanField) -> Self {
        let rows = shown(page, field);
        // The row that was read and is not shown lies beyond the end from which none were asked for.
        let (hidden, from_end) = (rows.len() < page.items.len(), field.args.int("last").is_some());
        Self {
            has_next_page: page.has_next || (hidden && !from_end),
            has_previous_page: page.has_previous || (hidden && from_end),
            start_cursor: rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// Whether a connection is asked for no rows: for its total, or whether there are any. One is read all the same, to tell that.
pub(super) fn asks_for_none(field: &PlanField) -> bool {
    field.args.int("first").or_else(|| field.args.int("last")) == Some(0)
}

/// The rows that `field` shows of `page`.
pub(super) fn shown<'a, T>(page: &'a Page<T>, field: &PlanField) -> &'a [(String, T)] {
    if asks_for_none(field) { &[] } else { &page.items }
}

/// The page that a connection's arguments ask for. The total is counted where `totalCount` is selected.
pub(super) fn page_of(field: &PlanField, connection: &str) -> Result<PageRequest> {
    let args = &field.args;
    let text = |name: &str| args.string(name).map(str::to_owned);
    let (first, last) = (args.int("first"), args.int("last"));
    let (after, before) = (text("after"), text("before"));
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
    Ok(PageRequest {
        limit: first.or(last).map(|n| n.max(1)),
        after,
        before,
        from_end: last.is_some(),
        count: field.selects(connection, "totalCount"),
    })
}

/// The fields under which a connection's rows stand: `nodes`, and `node` of `edges`. None where it shows no rows.
pub(super) fn rows_of(field: &PlanField, connection: &str, edge: &str) -> Vec<Arc<PlanField>> {
    if asks_for_none(field) {
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
            at: $crate::graphql::schema::at::At,
        }

        impl $connection {
            pub(crate) fn new(
                page: std::sync::Arc<crate::page::Page<$data>>,
                at: $crate::graphql::schema::at::At,
            ) -> Self {
                Self { page, at }
            }

            fn rows(&self) -> &[(String, $data)] {
                $crate::graphql::schema::connection::shown(&self.page, &self.at.field)
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
                $crate::graphql::schema::connection::PageInfo::of(&self.page, &self.at.field)
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
