//! stand-in
use super::Service;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::view::RelatedView;
use pressroom_schema::{Conn, Id};
use std::collections::HashMap;
pub(crate) const DEFAULT_LIMIT: i64 = 6;
pub(crate) struct Sources<'a> {
    pub(crate) title: &'a str,
    pub(crate) tags: &'a [String],
    pub(crate) text: &'a str,
}
pub(crate) fn refresh_related(_c: &mut Conn, _p: Id, s: &Sources<'_>) -> Result<Vec<Id>> {
    let _ = (s.title, s.tags, s.text);
    Ok(vec![])
}
pub(crate) fn forget_related(_c: &mut Conn, _p: Id) -> Result<Vec<Id>> {
    Ok(vec![])
}
pub(crate) fn load_related(
    _s: &Service,
    _c: &mut Conn,
    _v: &Viewer,
    _p: &[Id],
    _l: i64,
) -> Result<HashMap<Id, Vec<RelatedView>>> {
    Ok(HashMap::new())
}
