//! The mutations: each write of REST under its operation id in camelCase.
//!
//! What is a body in REST is `input` here, with the same words; what stands in the path, the query or a header is an
//! argument: `id`, `publish`, `ifVersion` for `If-Match`, `editToken` for `X-Edit-Token`. The service is the same, and so
//! are rights, rules and errors; pointers in `errors` are those of REST, into `input`. After its write a mutation loads
//! what was asked of its answer in one read.

mod accounts;
mod authors;
mod comments;
mod input;
mod links;
mod media;
mod payload;
mod posts;
mod site;
mod tags;
mod tokens;

use std::sync::Arc;

use async_graphql::{Context, ID, MergedObject, SimpleObject};
use pressroom_schema::Id;

use crate::auth::viewer::Viewer;
use crate::graphql::schema::request::Request;
use crate::graphql::{PlanField, Result, root_field};
use crate::service::{IfMatch, Svc, check};

/// Each write of REST, under its operation id.
#[derive(Debug, Default, MergedObject)]
pub(crate) struct Mutation(
    posts::PostMutations,
    links::LinkMutations,
    comments::CommentMutations,
    authors::AuthorMutations,
    tags::TagMutations,
    site::SiteMutations,
    media::MediaMutations,
    accounts::AccountMutations,
    tokens::TokenMutations,
);

/// What was removed.
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub(crate) struct Deleted {
    /// Its id.
    id: ID,
}

impl Deleted {
    fn of(id: Id) -> Self {
        Self { id: id.to_string().into() }
    }
}

/// The mutation that is being resolved.
struct Call<'a> {
    request: &'a Request,
    /// Its place in the plan.
    field: Arc<PlanField>,
}

impl<'a> Call<'a> {
    /// Once its arguments are known to be texts that a database can store.
    fn of(ctx: &'a Context<'_>) -> Result<Self> {
        let field = root_field(ctx)?;
        refuse_nul(&field)?;
        Ok(Self { request: Request::of(ctx)?, field })
    }

    fn svc(&self) -> &'a Svc {
        &self.request.svc
    }

    fn viewer(&self) -> &'a Viewer {
        &self.request.viewer
    }

    /// Who asks, having signed in: for mutations whose input has rules of its own, which only such callers are told.
    fn signed_in(&self) -> Result<&'a Viewer> {
        self.viewer().require_signed_in()?;
        Ok(self.viewer())
    }
}

/// Refuses the NUL character in arguments, as REST does in its bodies.
fn refuse_nul(field: &PlanField) -> crate::error::Result<()> {
    for (name, value) in field.args.iter() {
        let Ok(json) = value.clone().into_json() else { continue };
        check::refuse_nul(&json, |place| {
            let inside = rest_pointer(&place);
            if name == "input" { inside } else { format!("/{name}{inside}") }
        })?;
    }
    Ok(())
}

/// A pointer into an input, in the words of REST. What is below `custom` is the editors' own, and stays as it is.
fn rest_pointer(pointer: &str) -> String {
    let (ours, theirs) = match pointer.strip_prefix("/custom") {
        Some(theirs) if theirs.is_empty() || theirs.starts_with('/') => ("/custom", theirs),
        _ => (pointer, ""),
    };
    let mut words = String::with_capacity(pointer.len());
    for c in ours.chars() {
        if c.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
    }
    words.push_str(theirs);
    words
}

/// `If-Match`, as an argument.
fn if_version(version: Option<i64>) -> Option<IfMatch> {
    version.map(|version| IfMatch::Versions(vec![version]))
}

#[cfg(test)]
mod tests {
    use super::rest_pointer;

    #[test]
    fn a_pointer_has_rests_words_but_not_below_custom() {
        assert_eq!(rest_pointer("/image/mediaId"), "/image/media_id");
        assert_eq!(rest_pointer("/custom/someKey"), "/custom/someKey");
        assert_eq!(rest_pointer("/customers/0"), "/customers/0");
        assert_eq!(rest_pointer(""), "");
    }
}
