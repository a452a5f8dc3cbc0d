//! stand-in
use super::Service;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::view::LinksView;
use pressroom_schema::revisions::SnapshotLink;
use pressroom_schema::{Conn, Id, Timestamp};
use std::collections::HashMap;

pub(crate) fn set_live_links(_c: &mut Conn, _p: Id, _l: &[SnapshotLink], _now: Timestamp) -> Result<Vec<Id>> {
    Ok(vec![])
}
pub(crate) fn load_links(
    _s: &Service,
    _c: &mut Conn,
    _v: &Viewer,
    _p: &[Id],
) -> Result<HashMap<Id, LinksView>> {
    Ok(HashMap::new())
}
