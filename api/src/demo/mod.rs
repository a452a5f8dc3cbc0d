//! The demonstration publication: *Fathom & Furrow*, a small invented magazine, as data.
//!
//! `pressroom serve --demo` writes it into an empty database through the same services that every client uses, so
//! nothing here knows about storage. Places, people and sources are made up, and every address is under the domains
//! that RFC 2606 reserves for examples. Things name one another by slug, e-mail address or key; the tests of this
//! module hold those names together. Passwords are not part of the data: they are made when the data is written.
//!
//! Order matters to whoever writes it: tags list parents first, posts list what was published first, comments are in
//! order of time and parents precede replies. Links and body links may point to posts further down, so the links are
//! written once all posts exist.

mod comments;
mod content;
mod load;
mod posts;
#[cfg(test)]
mod tests;

use pressroom_schema::{BodyFormat, Relation, Role, TagKind, Visibility};

pub use comments::COMMENTS;
pub use content::{ACCOUNTS, AUTHORS, SITE, TAGS};
pub use load::{Admin, load};
pub use posts::POSTS;

/// The settings of the publication.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// Its name.
    pub title: &'static str,
    /// What it is, in a sentence or two of plain text.
    pub description: &'static str,
    /// The language of a post that names none (BCP 47).
    pub language: &'static str,
    /// The time zone of its office (IANA name).
    pub timezone: &'static str,
    /// What a reader may reproduce, for posts without terms of their own.
    pub terms: Terms,
    /// Where else it can be followed.
    pub social: &'static [Social],
    /// Its mark.
    pub logo: Picture,
}

/// What a reader may do with a text.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The notice to show, plain text.
    pub notice: &'static str,
    /// The page that says it in full.
    pub url: &'static str,
}

/// One account on a social network.
#[derive(Debug, Clone, Copy)]
pub struct Social {
    /// The network, in lower case.
    pub service: &'static str,
    /// The name there.
    pub handle: &'static str,
    /// The profile page.
    pub url: &'static str,
}

/// Somebody who can log in.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    /// The address to log in with; also how the rest of the data names this account.
    pub email: &'static str,
    /// The name that is shown beside comments.
    pub name: &'static str,
    /// What the account may do.
    pub role: Role,
    /// The slug of the profile it writes under, where it has one.
    pub author: Option<&'static str>,
}

/// A profile under which posts appear. One without an [`Account`] is a guest author.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    /// Its place in addresses.
    pub slug: &'static str,
    /// The name, in its own script.
    pub name: &'static str,
    /// The biography, in Markdown.
    pub bio: &'static str,
    /// The portrait.
    pub avatar: Picture,
    /// Where they live.
    pub location: &'static str,
    /// Their own page.
    pub website: Option<&'static str>,
    /// Where else they can be followed.
    pub social: &'static [Social],
}

/// A tag or a category.
#[derive(Debug, Clone, Copy)]
pub struct Tag {
    /// Its place in addresses.
    pub slug: &'static str,
    /// The name that is shown.
    pub name: &'static str,
    /// Which of the two it is.
    pub kind: TagKind,
    /// The slug of the one it stands under.
    pub parent: Option<&'static str>,
    /// What it gathers, in a sentence.
    pub description: &'static str,
}

/// A picture.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// A JPEG or PNG file of `pictures/`.
    pub file: &'static [u8],
    /// What is to be seen, for those who do not see it.
    pub alt: &'static str,
    /// The line beneath it.
    pub caption: Option<&'static str>,
}

/// A text as its editor sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// CommonMark with the GitHub extensions and footnotes.
    Markdown(&'static str),
    /// HTML.
    Html(&'static str),
}

impl Body {
    /// In what it is written.
    #[must_use]
    pub const fn format(self) -> BodyFormat {
        match self {
            Self::Markdown(_) => BodyFormat::Markdown,
            Self::Html(_) => BodyFormat::Html,
        }
    }

    /// The text itself.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Markdown(source) | Self::Html(source) => source,
        }
    }
}

/// A post, and what has become of it.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Its place in addresses.
    pub slug: &'static str,
    /// The title, plain text.
    pub title: &'static str,
    /// A second line of title.
    pub subtitle: Option<&'static str>,
    /// The teaser; derived from the body where there is none.
    pub excerpt: Option<&'static str>,
    /// The text.
    pub body: Body,
    /// Where it stands in its life.
    pub state: State,
    /// Who may find it.
    pub visibility: Visibility,
    /// Whether the front page shows it first.
    pub featured: bool,
    /// The language of the text (BCP 47).
    pub language: &'static str,
    /// Who made it, in order.
    pub authors: &'static [Byline],
    /// The slugs of its tags, in order.
    pub tags: &'static [&'static str],
    /// The picture at its head.
    pub image: Picture,
    /// The e-mail address of the account whose post it is.
    pub owner: &'static str,
    /// Whether readers may comment.
    pub comments_open: bool,
    /// Terms of its own, in place of the site's.
    pub terms: Option<Terms>,
    /// What search engines are told in place of title and excerpt.
    pub seo: Option<Seo>,
    /// The editor's own JSON object, as text.
    pub custom: Option<&'static str>,
    /// Curated links, in order.
    pub links: &'static [Link],
    /// A later save that is not published.
    pub working_copy: Option<WorkingCopy>,
}

/// Where a post stands. Dates are RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Being written.
    Draft,
    /// Handed in for review.
    InReview,
    /// Goes out by itself, some days after the data is written.
    Scheduled {
        /// How many days after.
        in_days: u16,
    },
    /// Public since then.
    Published {
        /// The date it bears.
        at: &'static str,
    },
    /// Was public for a while.
    Archived {
        /// The date it bore.
        published_at: &'static str,
        /// When it was put away.
        archived_at: &'static str,
    },
}

impl State {
    /// The date under which the public read it, where it ever did.
    #[must_use]
    pub const fn published_at(self) -> Option<&'static str> {
        match self {
            Self::Published { at } | Self::Archived { published_at: at, .. } => Some(at),
            Self::Draft | Self::InReview | Self::Scheduled { .. } => None,
        }
    }
}

/// One maker of a post.
#[derive(Debug, Clone, Copy)]
pub struct Byline {
    /// The slug of the profile.
    pub author: &'static str,
    /// What they did: `author`, `editor`, `photographer` or `translator`.
    pub role: &'static str,
}

/// What search engines are told.
#[derive(Debug, Clone, Copy)]
pub struct Seo {
    /// The title of the result.
    pub title: &'static str,
    /// The text beneath it.
    pub description: &'static str,
}

/// A typed link of a post.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// How the target stands to the post.
    pub relation: Relation,
    /// The target.
    pub target: Target,
    /// Why it is there.
    pub note: Option<&'static str>,
}

/// What a link points to.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A post of the site, by slug.
    Post(&'static str),
    /// Something elsewhere.
    External {
        /// Its address.
        url: &'static str,
        /// Its title.
        title: &'static str,
        /// Who wrote it.
        author: Option<&'static str>,
        /// Who published it.
        publisher: Option<&'static str>,
        /// When (RFC 3339, UTC).
        published_at: Option<&'static str>,
    },
}

/// What an unpublished save changes; what is `None` stays as it is live.
#[derive(Debug, Clone, Copy)]
pub struct WorkingCopy {
    /// When it was saved (RFC 3339, UTC).
    pub saved_at: &'static str,
    /// The title.
    pub title: Option<&'static str>,
    /// The second line of title.
    pub subtitle: Option<&'static str>,
    /// The text.
    pub body: Option<Body>,
    /// The slugs of the tags, in order.
    pub tags: Option<&'static [&'static str]>,
}

/// A reader's comment.
#[derive(Debug, Clone, Copy)]
pub struct Comment {
    /// How other comments of this data name it; not stored.
    pub key: &'static str,
    /// The slug of the post.
    pub post: &'static str,
    /// The key of the comment it replies to.
    pub parent: Option<&'static str>,
    /// Who wrote it.
    pub by: Commenter,
    /// When (RFC 3339, UTC).
    pub at: &'static str,
    /// The text, in Markdown.
    pub body: &'static str,
    /// What moderation made of it.
    pub fate: Fate,
}

/// Who wrote a comment.
#[derive(Debug, Clone, Copy)]
pub enum Commenter {
    /// Somebody without an account.
    Guest {
        /// The name they gave.
        name: &'static str,
        /// The address they gave, which is never shown.
        email: &'static str,
        /// The page they gave.
        url: Option<&'static str>,
    },
    /// An account, by its e-mail address.
    User(&'static str),
}

/// What becomes of a comment once it has been posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Shown; a first-time guest's is approved by a moderator.
    Approved,
    /// Waits for a moderator.
    Pending,
    /// Held back as spam; the judge should find this by itself.
    Spam,
    /// Shown and answered, then removed: a tombstone.
    Removed,
}
