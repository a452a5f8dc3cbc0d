//! The pages of `docs/` that are written from tables in the code, so that they cannot say something else than the server does:
//! `pressroom reference PAGE` prints them, and a test compares what stands in the repository.

use std::fmt::Write as _;

use crate::auth::policy::rights_markdown;
use crate::config::Config;
use crate::error::Code;
use pressroom_graphql::code;

/// A page that is written from the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Page {
    /// `docs/errors.md`: every code of an error.
    Errors,
    /// `docs/rights.md`: who may do what.
    Rights,
    /// `.env.example`: every setting.
    Settings,
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 3] = [Self::Errors, Self::Rights, Self::Settings];

    /// Where it stands in the repository.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Errors => "docs/errors.md",
            Self::Rights => "docs/rights.md",
            Self::Settings => ".env.example",
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Errors => errors(),
            Self::Rights => rights_markdown(),
            Self::Settings => Config::example(),
        }
    }
}

fn errors() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         This page is written from the tables of codes (`api/src/error.rs`, `graphql/src/fault.rs`); a test compares them.\n\n\
         REST answers an error as a problem document (RFC 9457, `application/problem+json`):\n\n\
         ```json\n\
         {\n  \"type\": \"urn:pressroom:problem:validation_failed\",\n  \"title\": \"Validation failed\",\n  \"status\": 422,\n  \
         \"detail\": \"…\",\n  \"instance\": \"019f…\",\n  \"code\": \"validation_failed\",\n  \
         \"errors\": [{ \"pointer\": \"/title\", \"code\": \"required\", \"detail\": \"…\" }]\n}\n\
         ```\n\n\
         - `code` is stable, and so is `type`, which bears it; `detail` says in a sentence what to mend and may be reworded.\n\
         - `instance` is the request's id, as in the header `X-Request-Id` and in the server's log.\n\
         - `errors` names each fault: in the body by `pointer` (a JSON pointer, RFC 6901), in the query string or the headers by `parameter`.\n\
         - `version` is there with 412: the object's present version.\n\
         - 401 bears `WWW-Authenticate`; 429 and 503 bear `Retry-After` in seconds; 405 bears `Allow`.\n\n\
         GraphQL tells the same codes in `errors[].extensions.code`, with the same list in `errors[].extensions.errors`.\n\n\
         ## In REST and GraphQL\n\n\
         | code | status | what it means, and how to mend it |\n| --- | --- | --- |\n",
    );
    // Writing to a String cannot fail.
    for kind in Code::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", kind.as_str(), kind.status(), kind.help().trim());
    }
    page.push_str("\n## In GraphQL only\n\n| code | what it means, and how to mend it |\n| --- | --- |\n");
    for (name, help) in code::ALL {
        let _ = writeln!(page, "| `{name}` | {} |", help.trim());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_in_the_repository_are_those_of_the_code() {
        for page in Page::ALL {
            let path = format!("{}/../{}", env!("CARGO_MANIFEST_DIR"), page.path());
            let name = format!("{page:?}").to_lowercase();
            assert!(
                std::fs::read_to_string(path).is_ok_and(|written| written == page.text()),
                "{} is stale: cargo run -- reference {name} > {0}",
                page.path()
            );
        }
    }
}
