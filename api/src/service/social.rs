//! Profiles elsewhere: a service and a handle make an address.

use async_graphql::InputObject;
use serde::Deserialize;
use utoipa::ToSchema;

use super::check::Check;
use super::limits;
use super::present::StoredSocial;

/// Most profiles of one author or site.
pub(crate) const MAX: usize = 20;

/// Services whose addresses follow from the handle, which stands for `{}`.
const KNOWN: [(&str, &str); 17] = [
    ("twitter", "https://twitter.com/{}"),
    ("x", "https://x.com/{}"),
    ("github", "https://github.com/{}"),
    ("gitlab", "https://gitlab.com/{}"),
    ("linkedin", "https://www.linkedin.com/in/{}"),
    ("instagram", "https://www.instagram.com/{}"),
    ("facebook", "https://www.facebook.com/{}"),
    ("youtube", "https://www.youtube.com/@{}"),
    ("bluesky", "https://bsky.app/profile/{}"),
    ("threads", "https://www.threads.net/@{}"),
    ("medium", "https://medium.com/@{}"),
    ("tiktok", "https://www.tiktok.com/@{}"),
    ("telegram", "https://t.me/{}"),
    ("pinterest", "https://www.pinterest.com/{}"),
    ("reddit", "https://www.reddit.com/user/{}"),
    ("flickr", "https://www.flickr.com/people/{}"),
    ("orcid", "https://orcid.org/{}"),
];

/// Most characters of a service's name.
const SERVICE: usize = 40;
/// Most characters of a name there.
const HANDLE: usize = 100;

/// A profile elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct SocialInput {
    /// Which service, in lower case: `twitter`, `mastodon`, `github`, …
    #[schema(example = "mastodon", extensions(("x-is" = json!(limits::line(SERVICE)))))]
    pub service: String,
    /// The name there; for Mastodon with the server: `name@example.social`.
    #[schema(example = "ada@example.social", extensions(("x-is" = json!(limits::line(HANDLE)))))]
    pub handle: String,
    /// The profile's address; needed only for services that we do not know.
    #[serde(default)]
    #[schema(extensions(("x-is" = json!(limits::url()))))]
    pub url: Option<String>,
}

/// Checks profiles and makes their addresses.
pub(crate) fn check_social(check: &mut Check, list: &[SocialInput]) -> Vec<StoredSocial> {
    if list.len() > MAX {
        check.fault("/social", "too_many", format!("At most {MAX} profiles are taken."));
    }
    list.iter()
        .enumerate()
        .map(|(n, input)| {
            let at = |name: &str| format!("/social/{n}/{name}");
            let service = check.line(&at("service"), &input.service, SERVICE).to_lowercase();
            let handle = check.line(&at("handle"), &input.handle, HANDLE).trim_start_matches('@').to_owned();
            if handle.chars().any(|c| c.is_whitespace() || "/?#<>\"\\".contains(c)) {
                check.fault(
                    &at("handle"),
                    "invalid_handle",
                    "`handle` is a name without spaces or slashes; an address goes into `url`.",
                );
            }
            let url = match &input.url {
                Some(url) => check.url(&at("url"), url),
                None => address(&service, &handle).unwrap_or_else(|| {
                    check.fault(
                        &at("url"),
                        "required",
                        format!(
                            "We cannot make an address from `{service}` and `{handle}`; send `url` as well."
                        ),
                    );
                    String::new()
                }),
            };
            StoredSocial { service, handle, url }
        })
        .collect()
}

fn address(service: &str, handle: &str) -> Option<String> {
    if service == "mastodon" {
        let (name, server) = handle.split_once('@')?;
        return (!name.is_empty() && server.contains('.')).then(|| format!("https://{server}/@{name}"));
    }
    KNOWN.iter().find(|(known, _)| *known == service).map(|(_, pattern)| pattern.replace("{}", handle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_becomes_an_address() {
        let of = |service: &str, handle: &str| {
            let mut check = Check::new();
            let made = check_social(
                &mut check,
                &[SocialInput { service: service.into(), handle: handle.into(), url: None }],
            );
            check.done().map(|()| made[0].url.clone())
        };
        assert_eq!(of("Twitter", "@ada").unwrap(), "https://twitter.com/ada");
        assert_eq!(of("mastodon", "@ada@example.social").unwrap(), "https://example.social/@ada");
        assert!(of("mastodon", "ada").is_err());
        assert!(of("letterbox", "ada").is_err());
    }
}
