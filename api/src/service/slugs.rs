//! Slugs that nobody chose, and those that somebody else has.

use pressroom_schema::{Conn, Id, Slug, SlugKind, authors, posts, site, tags};

use crate::content::slug::slugify;
use crate::error::{Code, Error, FieldError, Result};

/// A slug that a name gives, and that nothing of this kind has or had: `name`, `name-2`, …, at last with the end of `id`.
pub(crate) fn free(conn: &mut Conn, kind: SlugKind, name: &str, id: Id) -> Result<Slug> {
    let base = slugify(name).unwrap_or_else(|| Slug::of_id(kind, id));
    for slug in std::iter::once(base.clone()).chain((2..50).map(|n| base.numbered(n))) {
        if !is_taken(conn, kind, &slug)? && site::redirect_target(conn, kind, &slug)?.is_none() {
            return Ok(slug);
        }
    }
    Ok(base.with_id(id))
}

fn is_taken(conn: &mut Conn, kind: SlugKind, slug: &Slug) -> Result<bool> {
    Ok(match kind {
        SlugKind::Post => posts::slug_taken(conn, slug, None),
        SlugKind::Author => authors::slug_taken(conn, slug, None),
        SlugKind::Tag => tags::slug_taken(conn, slug, None),
    }?)
}

/// The slug that was chosen belongs to another.
pub(crate) fn taken() -> Error {
    Error::new(Code::Conflict, "This slug is taken. Choose another, or leave it out to have one made.")
        .at(FieldError::body("/slug", "taken", "This slug is taken."))
}
