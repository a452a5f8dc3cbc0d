//! stand-in
/// a
pub struct DiffLine {
    /// a
    pub op: &'static str,
    /// b
    pub text: String,
}
/// a
#[must_use]
pub fn line_diff(_a: &str, _b: &str) -> Vec<DiffLine> {
    vec![]
}
