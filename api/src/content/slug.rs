//! stand-in
/// stand-in
#[must_use]
pub fn is_slug(text: &str) -> bool {
    !text.is_empty()
}
/// stand-in
#[must_use]
pub fn slugify(text: &str) -> String {
    text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "-")
}
