//! What is sent with a file, and what is asked of the library.

use async_graphql::{InputObject, MaybeUndefined};
use bytes::Bytes;
use pressroom_schema::media::{Filter, MediaRow};
use pressroom_schema::{Id, MediaType};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::viewer::Viewer;
use crate::content::script::{is_blank, is_invisible, upsets_a_line};
use crate::error::{Error, FieldError, Result};
use crate::page::PageRequest;
use crate::service::check::Check;
use crate::service::limits;

/// Longest description or caption, in characters.
const TEXT: usize = 1_000;
/// Longest file name, in characters.
const NAME: usize = 200;

/// An image as it comes in.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// The file's content.
    pub bytes: Bytes,
    /// The name that the file had where it comes from.
    pub filename: Option<String>,
    /// What it shows, for those who cannot see it.
    pub alt: Option<String>,
    /// A line under it.
    pub caption: Option<String>,
}

impl Upload {
    pub(super) fn check(&self) -> Result<(String, Option<String>)> {
        let mut check = Check::new();
        let alt = check.short("/alt", self.alt.as_deref().unwrap_or_default(), TEXT);
        let caption = check.short("/caption", self.caption.as_deref().unwrap_or_default(), TEXT);
        check.done()?;
        Ok((alt, Some(caption).filter(|text| !text.is_empty())))
    }
}

/// Changes to what is said about a file: what is left out stays, null clears (RFC 7396).
#[derive(Debug, Clone, Default, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[graphql(name = "UpdateMediaInput")]
#[schema(example = json!({ "alt": "A clock with one hand", "caption": null }))]
pub struct UpdateMedia {
    /// What it shows, for those who cannot see it; empty where it is decoration.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(TEXT)))))]
    pub alt: MaybeUndefined<String>,
    /// A line under it.
    #[serde(default)]
    #[schema(value_type = Option<String>, extensions(("x-is" = json!(limits::text(TEXT)))))]
    pub caption: MaybeUndefined<String>,
}

/// Changes that were checked; empty clears.
pub(super) struct Described {
    alt: Option<String>,
    caption: Option<String>,
}

impl UpdateMedia {
    pub(super) fn check(&self) -> Result<Described> {
        let mut check = Check::new();
        let mut line = |pointer: &str, value: &MaybeUndefined<String>| match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(String::new()),
            MaybeUndefined::Value(text) => Some(check.short(pointer, text, TEXT)),
        };
        let described = Described { alt: line("/alt", &self.alt), caption: line("/caption", &self.caption) };
        check.done()?;
        Ok(described)
    }
}

impl Described {
    pub(super) fn apply(&self, row: &mut MediaRow) {
        if let Some(alt) = &self.alt {
            row.alt.clone_from(alt);
        }
        if let Some(caption) = &self.caption {
            row.caption = Some(caption.clone()).filter(|text| !text.is_empty());
        }
    }
}

/// Which files of the library.
#[derive(Debug, Clone, Default)]
pub struct MediaQuery {
    /// Uploaded by this account: its id, or `me`.
    pub owner: Option<String>,
    /// Of one of these media types; empty for any.
    pub mimes: Vec<MediaType>,
    /// Which page.
    pub page: PageRequest,
}

impl MediaQuery {
    pub(super) fn filter(&self, viewer: &Viewer) -> Result<Filter> {
        let mut errors = Vec::new();
        let owner = match self.owner.as_deref() {
            None => None,
            Some("me") => viewer.user().map(|user| Id(user.user_id)),
            Some(id) => id.parse().ok(),
        };
        if self.owner.is_some() && owner.is_none() {
            errors.push(FieldError::parameter(
                "owner",
                "invalid",
                "`owner` must be an account's id, or `me` for one's own.",
            ));
        }
        if errors.is_empty() {
            Ok(Filter { owner, mimes: self.mimes.clone() })
        } else {
            Err(Error::parameters(errors))
        }
    }
}

/// A file's name as the library shows it: the last part of its path, on one line, without characters that hide or
/// turn round what stands beside them. `image.jpg` where nothing is left.
pub(super) fn filename(sent: Option<&str>, extension: &str) -> String {
    let last = sent.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let hides = |c: char| c.is_control() || is_invisible(c) || upsets_a_line(c);
    let clean: String = last.chars().filter(|c| !hides(*c)).collect();
    let clean = clean.trim();
    if is_blank(&clean.replace('.', "")) {
        return format!("image.{extension}");
    }
    if clean.chars().count() <= NAME {
        return clean.to_owned();
    }
    // What is cut off is the middle: the ending tells people what the file is.
    let ending: Vec<char> = match clean.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 10 => format!(".{ending}").chars().collect(),
        _ => Vec::new(),
    };
    clean.chars().take(NAME - ending.len()).chain(ending.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_the_last_part_of_a_path_on_one_line() {
        for (sent, kept) in [
            ("map.png", "map.png"),
            ("C:\\fakepath\\Karte 1.png", "Karte 1.png"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb\u{0}.jpg", "ab.jpg"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("地図.png", "地図.png"),
            ("..", "image.png"),
            (" / ", "image.png"),
            ("\u{2800}.\u{3164}", "image.png"),
            ("a\u{2028}\u{feff}b\u{fe0f}.png", "ab.png"),
            ("", "image.png"),
        ] {
            assert_eq!(filename(Some(sent), "png"), kept, "{sent:?}");
        }
        assert_eq!(filename(None, "webp"), "image.webp");
    }

    #[test]
    fn a_long_file_name_is_cut_before_its_ending() {
        let name = filename(Some(&format!("{}.jpeg", "ä".repeat(500))), "jpg");
        assert_eq!(name.chars().count(), 200);
        assert!(name.ends_with("ä.jpeg"));
        assert_eq!(filename(Some(&"a.b".repeat(100)), "jpg").chars().count(), 200);
    }

    #[test]
    fn null_and_blank_clear_a_description_and_what_is_left_out_stays() {
        let check = |json: &str| serde_json::from_str::<UpdateMedia>(json).unwrap().check().unwrap();
        let nothing = check("{}");
        assert!(nothing.alt.is_none() && nothing.caption.is_none());
        let cleared = check(r#"{"alt": null, "caption": "  "}"#);
        assert_eq!((cleared.alt, cleared.caption), (Some(String::new()), Some(String::new())));
        let set = check(r#"{"alt": " A map ", "caption": "A line."}"#);
        assert_eq!((set.alt, set.caption), (Some("A map".into()), Some("A line.".into())));
        let long = serde_json::from_str::<UpdateMedia>(r#"{"alt": "a\nb"}"#).unwrap();
        assert_eq!(long.check().err().unwrap().errors()[0].pointer.as_deref(), Some("/alt"));
    }
}
