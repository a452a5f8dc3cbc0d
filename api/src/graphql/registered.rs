//! Registered queries: those that a publication's own frontends ask, known from the start. A frontend then sends the SHA-256
//! of the text instead of the text, by GET, so that a CDN can keep the answer under a short address, and no first request has to
//! bring the text as with automatic persisted queries.

use std::path::Path;

use crate::error::{Error, Result};

/// The files of `folder` that end in `.graphql`, by name: each holds one document.
///
/// # Errors
/// The folder or a file cannot be read.
pub(super) fn read(folder: &Path) -> Result<Vec<(String, String)>> {
    let unreadable = |path: &Path, why: std::io::Error| {
        Error::internal(format!("{} cannot be read: {why}", path.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let path = entry.map_err(|e| unreadable(folder, e))?.path();
        if path.extension().is_some_and(|end| end == "graphql") {
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
            found.push((path.display().to_string(), text));
        }
    }
    found.sort();
    Ok(found)
}

/// The texts under whose hash a document is known: as it stands in its file, and without the blank space around it, since tools
/// differ in which of the two they hash.
pub(super) fn texts(documents: &[(String, String)]) -> Vec<String> {
    let mut texts: Vec<String> =
        documents.iter().flat_map(|(_, text)| [text.clone(), text.trim().to_owned()]).collect();
    texts.sort();
    texts.dedup();
    texts
}
