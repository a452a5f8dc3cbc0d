//! Posts: reading, writing, publishing.

mod access;
mod body_links;
mod draft;
mod history;
mod input;
mod list_items;
mod live;
mod preview;
mod publish;
mod read;
mod rendering;
mod views;
mod write;

pub(crate) use access::{AccessFacts, find_visible, is_public, is_released, may_read_draft, open};
pub(crate) use draft::judge;
pub use history::{
    DiffLineView, FieldDiffView, RevisionAuthor, RevisionDiffView, RevisionView, diff_revisions,
    get_revision, list_revisions, restore_revision,
};
pub(crate) use history::{
    RevisionPair, compare_revisions, get_revision_in, list_revisions_in, revision_pair_in,
};
#[cfg(test)]
pub(crate) use input::MAX_AUTHORS;
pub use input::{
    BodyInput, BylineForm, BylineInput, CreatePost, ImageInput, PublishInput, SeoInput, TermsInput,
    UpdatePost,
};
pub use list_items::{list_items, list_items_in};
pub(crate) use live::save_links;
pub use pressroom_schema::Perspective;
pub use pressroom_schema::posts::Columns;
pub(crate) use preview::by_preview_in;
pub use preview::{PreviewInput, PreviewView, by_preview, preview, revoke_previews};
pub use publish::{archive, next_due, publish, publish_due, unpublish};
pub use read::{PostQuery, ProjectedMembers, Projection, get, get_in, list, list_in};
pub(crate) use read::{author_ids, language_of, load_lists, load_visible, tag_ids};
pub(crate) use rendering::{ATTEMPTS, keep, too_much};
pub(crate) use views::{PostRelations, load_relations};
pub use write::{create, delete, restore, set_comment_policy, trash, update};
