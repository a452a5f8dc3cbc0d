//! `pressroom openapi`, `pressroom graphql-schema` and `pressroom reference`.

use std::io::Write;

use super::Failure;

pub(super) fn openapi() -> Result<(), Failure> {
    write(&crate::openapi::document())
}

pub(super) fn graphql_schema() -> Result<(), Failure> {
    write(&crate::graphql::sdl())
}

pub(super) fn reference(page: crate::reference::Page) -> Result<(), Failure> {
    write(&page.text())
}

fn write(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}
