//! What the suite stands on: databases, the application in process, factories and clients.

pub(crate) mod app;
pub(crate) mod binary;
pub(crate) mod builders;
pub(crate) mod corpus;
pub(crate) mod faces;
pub(crate) mod graphql;
pub(crate) mod mask;
pub(crate) mod postgres;
pub(crate) mod upload;
