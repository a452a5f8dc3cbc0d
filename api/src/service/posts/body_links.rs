//! Links in a body that look like posts of this site.

use pressroom_schema::Slug;

use crate::service::Service;

/// The slugs that `hrefs` name, in order, without `own`.
pub(super) fn slugs(svc: &Service, hrefs: &[String], own: &Slug) -> Vec<Slug> {
    let mut found: Vec<Slug> = Vec::new();
    for href in hrefs {
        if let Some(slug) = slug_of(svc, href)
            && slug != *own
            && !found.contains(&slug)
        {
            found.push(slug);
        }
    }
    found.truncate(200);
    found
}

/// A link names a post when, under the site's own address, it has the form of a post's page or of its place in the API.
fn slug_of(svc: &Service, href: &str) -> Option<Slug> {
    let site = url::Url::parse(&svc.config.site_url).ok()?;
    let url = site.join(href).ok()?;
    if url.host_str() != site.host_str() || url.port_or_known_default() != site.port_or_known_default() {
        return None;
    }
    let base = site.path().trim_end_matches('/');
    let path = url.path().strip_prefix(base)?.trim_end_matches('/');
    let (before, after) = svc.config.post_path.split_once("{slug}")?;
    let after = after.trim_end_matches('/');
    let slug = path
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after))
        .or_else(|| path.strip_prefix("/v1/posts/"))?;
    slug.parse().ok()
}
