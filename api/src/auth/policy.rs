//! May this viewer do this to that? Pure: what has to be known of the target is handed in.
//!
//! The table of rights ([`RIGHTS`]) says who may; this module applies it. Three rules need more than one viewer and one
//! target, and live in the services: the last admin can be neither demoted, disabled nor removed; a token made by a token has
//! none of the scopes that its maker lacks ([`may_grant_scopes`] decides); nobody gives a role that reaches further than their
//! own, and no token one that reaches further than its scopes ([`may_grant_role`] decides).

use std::fmt::Write as _;

use uuid::Uuid;

pub use super::rights::{Action, Grant, RIGHTS, RightsRow};
use super::scope::{Scope, Scopes};
use super::viewer::{Role, UserViewer, Viewer, Who};

/// What it is to be done to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Nothing that there is already, or a whole collection (see [`reach`] for lists).
    None,
    /// A post.
    Post(PostTarget<'a>),
    /// A comment.
    Comment(CommentTarget<'a>),
    /// An author profile, by its id.
    Author(Uuid),
    /// An uploaded image.
    Media {
        /// The account that uploaded it.
        owner: Option<Uuid>,
    },
    /// An account, by its id.
    User(Uuid),
    /// An API token.
    Token {
        /// The account that it acts as.
        owner: Uuid,
    },
}

/// A post, for questions of rights.
#[derive(Debug, Clone, Copy)]
pub struct PostTarget<'a> {
    /// The account that made it.
    pub owner_id: Option<Uuid>,
    /// The profiles on its byline, in the working copy or live.
    pub author_ids: &'a [Uuid],
    /// Whether everybody may read it under its address. Where not, those who may not read drafts must not learn of it.
    pub is_live: bool,
    /// Whether it is live, for everybody or for those with rights, or will be by itself (`scheduled`). From then on every
    /// edit may reach readers without another look, so those who may not publish may not edit either.
    pub is_released: bool,
}

/// A comment, for questions of rights.
#[derive(Debug, Clone, Copy)]
pub struct CommentTarget<'a> {
    /// Its id.
    pub id: Uuid,
    /// The account that wrote it; guests have none.
    pub user_id: Option<Uuid>,
    /// The post that it is under.
    pub post: PostTarget<'a>,
    /// Whether it is approved, so that everybody who may read the post may read it.
    pub is_approved: bool,
    /// Whether it may still be edited by whoever wrote it (`editable_until` is ahead).
    pub in_edit_window: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allowed,
    /// Sign in first.
    Unauthenticated,
    /// No; this is what it would take.
    Forbidden {
        /// Roles or scopes, as the end of a sentence "it needs …".
        needs: String,
    },
    /// No, and the caller may not learn that it exists.
    Hidden,
}

/// How much of a collection a viewer may see; lists take it as an argument of their query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// None of it.
    Nothing,
    /// What is their own, or on their own posts.
    Own,
    /// All of it.
    Everything,
}

/// May `viewer` do `action` to `target`?
///
/// [`Action::EditComment`] and [`Action::DeleteComment`] are answered for one's own comments too: what the rows
/// [`Action::EditOwnComment`] and [`Action::DeleteOwnComment`] allow, they allow.
#[must_use]
pub fn may(viewer: &Viewer, action: Action, target: &Target<'_>) -> Decision {
    if is_allowed(viewer, action, target) {
        return Decision::Allowed;
    }
    refuse(viewer, action, target)
}

/// Whether the answer to any question about this action is "sign in first", so that it can be given before the target is
/// looked for, and does not tell whether there is one. Reading is no such action: a draft looks like nothing at all.
#[must_use]
pub fn needs_sign_in(viewer: &Viewer, action: Action) -> bool {
    let open = |action: Action| action.row().anonymous != Grant::No;
    !viewer.is_signed_in()
        && action != Action::ReadDraft
        && !open(action)
        && !own_form(action).is_some_and(open)
}

/// Whether nobody can use the right of this name in the table of rights without signing in: what the contract says of an operation.
#[must_use]
pub fn needs_token(right: &str) -> bool {
    let open = |action: Action| action.row().anonymous != Grant::No;
    RIGHTS
        .iter()
        .find(|row| row.action.as_str() == right)
        .is_some_and(|row| !open(row.action) && !own_form(row.action).is_some_and(open))
}

/// How much of the collection that `action` lists the viewer may see.
#[must_use]
pub fn reach(viewer: &Viewer, action: Action) -> Reach {
    let row = action.row();
    match &viewer.who {
        Who::System => Reach::Everything,
        Who::Anonymous | Who::Preview(_) | Who::Guest(_) => Reach::Nothing,
        Who::User(user) if !user.holds_scope(row.scopes) => Reach::Nothing,
        Who::User(user) => match row.grant(user.role) {
            Grant::No => Reach::Nothing,
            Grant::Any => Reach::Everything,
            _ => Reach::Own,
        },
    }
}

/// Whether one role may do everything that another may.
#[must_use]
pub fn covers(role: Role, other: Role) -> bool {
    RIGHTS.iter().all(|row| row.grant(role).covers(row.grant(other)))
}

/// Whether `viewer` may give an account this role: it takes [`Action::AssignRole`], and the role must not reach further than
/// the viewer's own, nor further than the scopes of the token that it comes by: whoever holds a token for accounts could
/// otherwise make one that may do everything, and log in with it.
#[must_use]
pub fn may_grant_role(viewer: &Viewer, role: Role) -> bool {
    is_allowed(viewer, Action::AssignRole, &Target::None)
        && viewer.user().is_none_or(|user| covers(user.role, role) && scopes_short_of(user, role).is_empty())
}

/// The scopes that the viewer's token lacks of those that open what `role` may do. What every account may do with its own e-mail
/// address, name and tokens is not counted: it reaches nobody else.
#[must_use]
pub fn scopes_short_of(user: &UserViewer, role: Role) -> Vec<Scope> {
    let is_of_oneself = |row: &RightsRow| {
        row.grant(role) == Grant::Own
            && row.scopes.iter().all(|scope| matches!(scope, Scope::UsersAdmin | Scope::TokensWrite))
    };
    let closed = RIGHTS
        .iter()
        .filter(|row| row.grant(role) != Grant::No && !is_of_oneself(row) && !user.holds_scope(row.scopes));
    let lacking: Scopes =
        closed.filter_map(|row| row.scopes.first()).fold(Scopes::NONE, |set, scope| set.with(*scope));
    lacking.iter().collect()
}

/// Whether `viewer` works here, and so may know the names of what is not out yet: tags that only drafts bear, and posts that link to
/// another but stand in no list.
#[must_use]
pub fn sees_behind_the_lists(viewer: &Viewer) -> bool {
    viewer.is_signed_in()
}

/// Whether `viewer` reads the working copy of this post as its readers will: by a preview link. That is less than
/// [`Action::ReadDraft`], which shows the source, the revisions and the trash besides.
#[must_use]
pub fn reads_by_preview(viewer: &Viewer, post: Uuid) -> bool {
    viewer.previewed() == Some(post)
}

/// Whether `viewer` may make a token of these scopes: a token may pass on what it has itself, and no more.
#[must_use]
pub fn may_grant_scopes(viewer: &Viewer, scopes: Scopes) -> bool {
    match &viewer.who {
        Who::System => true,
        Who::Anonymous | Who::Preview(_) | Who::Guest(_) => false,
        Who::User(user) => user.scopes.is_none_or(|own| own.covers(scopes)),
    }
}

fn own_form(action: Action) -> Option<Action> {
    match action {
        Action::EditComment => Some(Action::EditOwnComment),
        Action::DeleteComment => Some(Action::DeleteOwnComment),
        _ => None,
    }
}

fn is_allowed(viewer: &Viewer, action: Action, target: &Target<'_>) -> bool {
    let row = action.row();
    let by_row = match &viewer.who {
        Who::System => true,
        Who::Anonymous | Who::Guest(_) => reaches(row.anonymous, viewer, target),
        // A link to read by is for nothing that is done; see [`reads_by_preview`].
        Who::Preview(_) => false,
        Who::User(user) => user.holds_scope(row.scopes) && reaches(row.grant(user.role), viewer, target),
    };
    by_row || own_form(action).is_some_and(|own| is_allowed(viewer, own, target))
}

fn reaches(grant: Grant, viewer: &Viewer, target: &Target<'_>) -> bool {
    let user = viewer.user();
    match (grant, target) {
        (Grant::Any, _) => true,
        (Grant::Own, _) => owns(viewer, target),
        (Grant::OwnDraft, Target::Post(post)) => !post.is_released && owns(viewer, target),
        (Grant::OnOwnPost, Target::Comment(comment)) => owns_post(user, &comment.post),
        (Grant::OnOwnPost, Target::Post(post)) => owns_post(user, post),
        (Grant::OwnRecent, Target::Comment(comment)) => comment.in_edit_window && owns(viewer, target),
        (Grant::OwnOrOnOwnPost, Target::Comment(comment)) => {
            owns(viewer, target) || owns_post(user, &comment.post)
        }
        (Grant::Readable, Target::Post(post)) => may_read(viewer, post),
        (Grant::Readable, Target::Comment(comment)) => may_read(viewer, &comment.post),
        _ => false,
    }
}

fn owns(viewer: &Viewer, target: &Target<'_>) -> bool {
    let user = viewer.user();
    let is_user = |id: Uuid| user.is_some_and(|user| user.user_id == id);
    match target {
        Target::None => false,
        Target::Post(post) => owns_post(user, post),
        Target::Comment(comment) => {
            (comment.in_edit_window && viewer.guest_of() == Some(comment.id))
                || comment.user_id.is_some_and(is_user)
        }
        Target::Author(id) => user.is_some_and(|user| user.author_id == Some(*id)),
        Target::Media { owner } => owner.is_some_and(is_user),
        Target::User(id) => is_user(*id),
        Target::Token { owner } => is_user(*owner),
    }
}

fn owns_post(user: Option<&UserViewer>, post: &PostTarget<'_>) -> bool {
    user.is_some_and(|user| {
        post.owner_id == Some(user.user_id) || user.author_id.is_some_and(|id| post.author_ids.contains(&id))
    })
}

fn may_read(viewer: &Viewer, post: &PostTarget<'_>) -> bool {
    post.is_live || is_allowed(viewer, Action::ReadDraft, &Target::Post(*post))
}

/// Whether the viewer may know that the target is there.
fn may_know(viewer: &Viewer, target: &Target<'_>) -> bool {
    match target {
        Target::Post(post) => may_read(viewer, post),
        Target::Comment(comment) => {
            viewer.guest_of() == Some(comment.id)
                || owns(viewer, target)
                || is_allowed(viewer, Action::ModerateComment, target)
                || (comment.is_approved && may_read(viewer, &comment.post))
        }
        Target::Token { .. } => is_allowed(viewer, Action::ListTokens, target),
        // Profiles and images are public, and accounts are asked for before they are looked up.
        Target::None | Target::Author(_) | Target::Media { .. } | Target::User(_) => true,
    }
}

fn refuse(viewer: &Viewer, action: Action, target: &Target<'_>) -> Decision {
    if needs_sign_in(viewer, action) {
        return Decision::Unauthenticated;
    }
    // A token that is yet to be made is nothing to hide.
    if action != Action::CreateToken && !may_know(viewer, target) {
        return Decision::Hidden;
    }
    // Whoever wrote it comes too late; signing in would not help.
    if let Target::Comment(comment) = target
        && !comment.in_edit_window
        && is_allowed(viewer, action, &Target::Comment(CommentTarget { in_edit_window: true, ..*comment }))
    {
        return Decision::Forbidden { needs: "the comment's edit window, which is over".into() };
    }
    match &viewer.who {
        Who::User(user) => Decision::Forbidden { needs: needs(user, action, target) },
        Who::Anonymous | Who::Preview(_) | Who::Guest(_) | Who::System => Decision::Unauthenticated,
    }
}

/// What would have to be different for the answer to be yes.
fn needs(user: &UserViewer, action: Action, target: &Target<'_>) -> String {
    let unscoped = Viewer {
        who: Who::User(UserViewer { scopes: None, ..user.clone() }),
        request_id: String::new(),
        ip: None,
        is_kept: false,
    };
    let own = own_form(action).filter(|own| is_allowed(&unscoped, *own, target));
    let row = own.unwrap_or(action).row();
    if is_allowed(&unscoped, action, target) {
        return one_of(
            "the scope",
            "one of the scopes",
            &row.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        );
    }
    let roles: Vec<String> = Role::ALL
        .into_iter()
        .filter_map(|role| match row.grant(role) {
            Grant::No => None,
            Grant::Any => Some(role.to_string()),
            grant => Some(format!("{role} ({})", grant.label())),
        })
        .collect();
    one_of("the role", "one of the roles", &roles)
}

fn one_of(one: &str, many: &str, names: &[String]) -> String {
    match names {
        [name] => format!("{one} {name}"),
        names => format!("{many} {}", names.join(", ")),
    }
}

/// What a role is for.
const fn role_about(role: Role) -> &'static str {
    match role {
        Role::Admin => "runs the publication: everything, accounts and every token included",
        Role::Editor => {
            "is answerable for all content: every post, comment, author, tag and image, and the site's settings"
        }
        Role::Author => "writes and publishes own posts, and looks after the comments on them",
        Role::Contributor => {
            "writes own drafts; somebody else publishes them, and from then on they are closed to the contributor"
        }
        Role::Moderator => "looks after comments, and otherwise reads what everybody reads",
    }
}

/// What a scope is for.
const fn scope_about(scope: Scope) -> &'static str {
    match scope {
        Scope::PostsRead => "read drafts, revisions and previews",
        Scope::PostsWrite => {
            "create, edit, trash and restore posts, and curate their links; includes `posts:read`"
        }
        Scope::PostsPublish => "publish, schedule, unpublish and archive posts; includes `posts:read`",
        Scope::CommentsWrite => "write comments, and edit or remove one's own",
        Scope::CommentsModerate => {
            "read the moderation queue, and approve, mark, edit or remove comments of others"
        }
        Scope::MediaWrite => "list, upload, edit and remove images",
        Scope::TaxonomyWrite => "create, edit and remove authors and tags",
        Scope::SiteWrite => "edit the site's settings",
        Scope::UsersAdmin => "list, create, edit and remove accounts",
        Scope::TokensWrite => "list, create and revoke API tokens",
        Scope::ChangesRead => "read the log of changes",
    }
}

/// The table of rights as a page: `docs/rights.md`.
#[must_use]
pub fn rights_markdown() -> String {
    let mut page = String::from(
        "# Who may do what\n\n\
         This page is written from the table that the server decides by (`api/src/auth/rights.rs`); a test compares them.\n\n\
         ## Roles\n\n\
         An account has one role. An author profile is something else: a name on a byline, with or without an account.\n\n\
         | role | what it is for |\n| --- | --- |\n",
    );
    // Writing to a String cannot fail.
    for role in Role::ALL {
        let _ = writeln!(page, "| `{role}` | {} |", role_about(role));
    }
    page.push_str(
        "\n## Rights\n\n\
         Published content, profiles, tags and approved comments are read by everybody, without a token, and are not in the table.\n\n\
         | action | what | no token | admin | editor | author | contributor | moderator | scope of an API token |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in RIGHTS {
        let scopes: Vec<String> = row.scopes.iter().map(|scope| format!("`{scope}`")).collect();
        let _ = write!(page, "| `{}` | {} | {} |", row.action.as_str(), about(row), row.anonymous.label());
        for role in Role::ALL {
            let _ = write!(page, " {} |", row.grant(role).label());
        }
        let _ = writeln!(page, " {} |", scopes.join(" or "));
    }
    page.push_str(
        "\n\"Own\" is: the post that one made, or has a byline on by one's author profile; one's own upload, profile, account, \
         token or comment. \"Until released\" ends when the post is published or scheduled. The edit window of a comment is a setting; a guest's comment \
         belongs to whoever holds the edit token that its writer was given.\n\n\
         Callers without an account may show a token that is good for one thing:\n\n\
         | token | what its holder may, besides what everybody may |\n| --- | --- |\n\
         | a preview token (`preview=`) | read one post's working copy as its readers will: the post, its links, related posts and comments, under its id and any slug of it. \
         Not its source, its revisions or its place in the trash, and of other posts, comments and tags nothing that is not public. It ends when it expires, \
         when somebody who may make one revokes it, and when the account (or API token) that made it may no longer read the post |\n\
         | an edit token (`X-Edit-Token`) | read the own comment with its state and source, while it waits too; change and remove it for as long as the edit window lasts |\n\n\
         Besides:\n\n\
         - Nobody gives a role that reaches further than their own, and no API token one of which its scopes do not open everything that the role may do; \
         taking a role away, enabling an account and giving it an author profile count as giving it its role.\n\
         - Passwords are changed by people who logged in, never by API tokens, and so is an account's own e-mail address. One's own password and \
         e-mail address take the present password besides.\n\
         - The last admin can be neither demoted, disabled nor removed.\n\
         - The command line on the server's own machine is bound by none of this.\n\n\
         ## Scopes of API tokens\n\n\
         An API token may do what its scopes *and* its owner's present role allow: scopes only narrow. Where the owner is \
         demoted or disabled, so is the token. A token that makes a token gives it no scope that it lacks itself, and it ends with it: when a token is revoked, so is every token that it made, and so on. \
         A new password ends all API tokens of the account. \
         Access tokens from a login have no scopes and may do what the role allows.\n\n\
         | scope | what it is for |\n| --- | --- |\n",
    );
    for scope in Scope::ALL {
        let _ = writeln!(page, "| `{scope}` | {} |", scope_about(scope));
    }
    page.push_str(
        "\n## How a refusal looks\n\n\
         | status | when |\n| --- | --- |\n\
         | 401 | the action needs a caller who signed in, and there was no token, or a bad one |\n\
         | 403 | the caller may know of the object, but may not do this to it; the detail names the role or scope that it takes |\n\
         | 404 | the caller may not learn that the object exists: a draft of others, a comment that is not approved, a token of others |\n",
    );
    page
}

fn about(row: &RightsRow) -> String {
    let text = row.about.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_end_matches('.');
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
