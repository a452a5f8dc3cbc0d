//! What the suite stands on: databases, and later the application in process, factories and clients.

pub(crate) mod postgres;
pub(crate) mod publication;
