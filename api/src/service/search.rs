//! stand-in
use crate::error::Result;
use pressroom_schema::{Conn, Id, Timestamp};
pub(crate) struct Document<'a> {
    pub(crate) title: &'a str,
    pub(crate) subtitle: Option<&'a str>,
    pub(crate) excerpt: Option<&'a str>,
    pub(crate) tags: &'a [String],
    pub(crate) text: &'a str,
}
pub(crate) fn index(_c: &mut Conn, _p: Id, _at: Timestamp, d: &Document<'_>) -> Result<()> {
    let _ = (d.title, d.subtitle, d.excerpt, d.tags, d.text);
    Ok(())
}
pub(crate) fn remove(_c: &mut Conn, _p: Id) -> Result<()> {
    Ok(())
}
pub(crate) fn matching_ids(_c: &mut Conn, _q: &str) -> Result<Vec<Id>> {
    Ok(vec![])
}
