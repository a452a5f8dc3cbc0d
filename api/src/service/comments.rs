//! stand-in
use super::Service;
use crate::auth::viewer::Viewer;
use crate::error::Result;
use crate::page::{List, PageInfo};
use crate::view::CommentView;
use pressroom_schema::Conn;
use pressroom_schema::posts::PostRow;
pub(crate) fn first_page(
    _s: &Service,
    _c: &mut Conn,
    _v: &Viewer,
    _p: &PostRow,
) -> Result<List<CommentView>> {
    Ok(List { data: vec![], page: PageInfo { next: None, previous: None, total: None } })
}
