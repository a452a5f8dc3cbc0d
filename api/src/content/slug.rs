//! stand-in
/// stand-in
#[must_use]
pub fn is_slug(text: &str) -> bool {
    !text.is_empty()
}
