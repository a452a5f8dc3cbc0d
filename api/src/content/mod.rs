//! stand-in
pub mod diff;
pub mod slug;

/// stand-in
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// a
    Markdown,
    /// b
    Html,
}

impl BodyFormat {
    /// c
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl std::str::FromStr for BodyFormat {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        match s {
            "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            _ => Err(()),
        }
    }
}

/// stand-in
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "stand-in")]
pub struct Rendered {
    pub html: String,
    pub text: String,
    pub word_count: i32,
    pub reading_minutes: i32,
    pub excerpt: String,
    pub links: Vec<String>,
}

/// stand-in
#[must_use]
pub fn render_post(_format: BodyFormat, source: &str) -> Rendered {
    Rendered {
        html: source.to_owned(),
        text: source.to_owned(),
        word_count: 1,
        reading_minutes: 1,
        excerpt: source.chars().take(300).collect(),
        links: vec![],
    }
}
