//! Writing comments, as a guest or signed in, and what the spam judge is told.

use async_graphql::InputObject;
use pressroom_schema::comments::{self, History, NewComment, Sender, Text};
use pressroom_schema::posts::{PostRow, Ref};
use pressroom_schema::{
    ChangeAction, CommentPolicy, CommentStatus, Conn, EmailKey, Id, Json, ObjectType, Timestamp, Tx, names,
    post_words,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::access::Viewpoint;
use super::commented::{CommentedPosts, guest_of, touched};
use super::guests::{From, MarkKey, token_of};
use super::read::load_one;
use super::{BODY_LENGTH, NAME_LENGTH};
use crate::auth::limit::Class;
use crate::auth::policy::{Action, Target};
use crate::auth::secret::{Secret, SecretKind, hash_secret};
use crate::auth::viewer::{UserViewer, Viewer, Who};
use crate::content::render_comment;
use crate::content::script::is_blank;
use crate::content::spam::{Judgement, PostWords, SpamInput, Verdict, fingerprint, judge, shingles};
use crate::cpu::{Turn, Work};
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::Reader;
use crate::service::check::Check;
use crate::service::posts::{find_visible, too_much};
use crate::service::{Found, Service, Svc, allowed, limits, require};
use crate::view::CommentView;

/// Saying the same in the same place of a thread again within this time is taken for a slip.
const REPEAT_SECONDS: i64 = 60;
/// How long the same text counts against a comment, in days.
const SAME_TEXT_DAYS: i64 = 7;
/// How long comments from the same address count against one, in minutes.
const SAME_SOURCE_MINUTES: i64 = 10;
/// How long marks of spam count against a comment, in days.
const MARKED_DAYS: i64 = 90;
/// Links that a comment may hold before they count against it.
const LINKS_ALLOWED: usize = 2;

/// Who a guest says to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
pub struct CommentAuthorInput {
    /// The name to be shown: one line, at most 100 characters.
    #[schema(example = "Ada", extensions(("x-is" = json!(limits::line(NAME_LENGTH)))))]
    pub name: String,
    /// An e-mail address, never shown to the public.
    #[schema(example = "ada@example.org", format = Email, extensions(("x-is" = json!(limits::email()))))]
    pub email: String,
    /// The guest's own site.
    #[serde(default)]
    #[schema(example = "https://ada.example.org/", format = "uri", extensions(("x-is" = json!(limits::url()))))]
    pub url: Option<String>,
}

/// A comment to be added.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema, InputObject)]
#[serde(deny_unknown_fields)]
#[graphql(name = "AddCommentInput")]
pub struct AddComment {
    /// The text, in Markdown: at most 20,000 characters.
    #[schema(example = "A *fine* morning.", extensions(("x-is" = json!(limits::line(BODY_LENGTH)))))]
    pub body: String,
    /// The comment that it answers, under the same post; left out at the top. An answer to one of the last level stands beside it.
    #[serde(default)]
    #[schema(format = Uuid)]
    pub parent_id: Option<String>,
    /// Who writes: required of guests, refused from accounts, whose own name and profile are shown.
    #[serde(default)]
    pub author: Option<CommentAuthorInput>,
}

/// What a request tells of its sender, besides the viewer.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What the sender's program calls itself: the `User-Agent` header.
    pub user_agent: Option<String>,
    /// By what the guest is known: the `X-Guest-Token` header.
    pub guest_token: Option<String>,
}

/// A guest, checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) url: Option<String>,
}

impl Guest {
    /// An account, for the judge.
    fn of_account(user: &UserViewer) -> Self {
        Self { name: user.name.clone(), ..Self::default() }
    }
}

/// A comment ready to be stored, but for its place.
#[derive(Debug, Clone)]
struct Draft {
    id: Id,
    parent: Option<String>,
    guest: Option<Guest>,
    status: CommentStatus,
    text: Text,
    edit_hash: Option<String>,
    guest_hash: Option<String>,
    user_agent: Option<String>,
}

/// Adds a comment under a post.
///
/// A comment is judged, but for that of who moderates the thread: spam is held without telling. Of guests everything else waits for a
/// moderator but what nothing speaks against, of a guest who was approved before and shows the token of that; of accounts what
/// is in doubt waits. A guest's answer has an edit token, once, and a guest token where none was sent. What it tells does not
/// depend on the name or address.
///
/// # Errors
/// 401 for a bad guest token, 404 where the viewer may not know of the post, 403 by rights, 409 where comments are closed or the same was said a moment ago,
/// 422 with every fault of the input, 429 after too many.
pub async fn add(
    svc: &Svc,
    viewer: &Viewer,
    post: &Ref,
    input: AddComment,
    origin: Origin,
) -> Result<CommentView> {
    let (body, guest) = check(viewer, &input)?;
    let known_by = token_of(viewer, origin.guest_token)?;
    super::admit(svc, viewer, Class::Comments).await?;
    let shown = rendered(svc, &body).await?;
    let now = svc.now();
    let guest_hash = known_by.as_deref().map(hash_secret);
    let key = MarkKey::of(svc).await?;
    // The judge reads the post and takes its time: not inside the transaction that writes.
    let (svc2, viewer2, post2, guest2, shown2) =
        (svc.clone(), viewer.clone(), post.clone(), guest.clone(), shown.clone());
    let guest_hash2 = guest_hash.clone();
    let evidence: Option<Evidence> = svc
        .read_newest(move |reader| {
            let (row, commented, _) = find_open(&svc2, reader, &viewer2, &post2)?;
            if moderates(&viewer2, &commented, row.id)? {
                return Ok(None);
            }
            let email_key = guest2.as_ref().map(|guest| EmailKey::of(&guest.email));
            let marks = key.marks(&From {
                guest_hash: guest_hash2.as_deref(),
                email_key: email_key.as_ref(),
                ip: viewer2.ip.as_deref().filter(|_| guest2.is_some()),
                url: guest2.as_ref().and_then(|guest| guest.url.as_deref()),
                html: &shown2.html,
            });
            let sender = Sender {
                email_key: email_key.as_ref(),
                guest_hash: guest_hash2.as_deref(),
                marks: &marks,
                ip: viewer2.ip.as_deref(),
                text_hash: &shown2.hash,
                shingles: &shown2.shingles,
                except: None,
            };
            let name = guest2.as_ref().map_or("", |guest| &guest.name);
            Evidence::gather(reader, &row, &sender, name, now).map(Some)
        })
        .await?
        .value;
    let (mut status, mut verdict) = (CommentStatus::Approved, None);
    if let Some(evidence) = &evidence {
        let writer = guest.clone().or_else(|| viewer.user().map(Guest::of_account)).unwrap_or_default();
        let found = judged(svc, evidence, &body, &writer, origin.user_agent.as_deref()).await?;
        status = match found.judgement {
            Judgement::Spam => CommentStatus::Spam,
            Judgement::Ham if guest.is_none() || evidence.vouches() => CommentStatus::Approved,
            Judgement::Ham | Judgement::Unsure => CommentStatus::Pending,
        };
        verdict = Some(found);
    }
    let is_editable = svc.config.comment_edit_minutes > 0;
    let token = match &guest {
        Some(_) if is_editable => {
            Some(Secret::generate(SecretKind::EditToken).map_err(|e| Error::internal(e.to_string()))?)
        }
        _ => None,
    };
    let new_guest = match &guest {
        Some(_) if known_by.is_none() => {
            Some(Secret::generate(SecretKind::GuestToken).map_err(|e| Error::internal(e.to_string()))?)
        }
        _ => None,
    };
    let draft = Draft {
        id: svc.clock.new_id(),
        parent: input.parent_id,
        guest,
        status,
        text: text(body, shown, verdict.as_ref()),
        edit_hash: token.as_ref().map(Secret::hash),
        guest_hash: guest_hash.or_else(|| new_guest.as_ref().map(Secret::hash)),
        user_agent: origin.user_agent.map(|agent| agent.chars().take(500).collect()),
    };
    let (svc2, viewer2, post) = (svc.clone(), viewer.clone(), post.clone());
    let mut view = svc.write(viewer, move |tx| add_in(&svc2, tx, &viewer2, &post, &draft)).await?;
    view.edit_token = token.map(|secret| secret.expose().to_owned());
    view.guest_token = new_guest.map(|secret| secret.expose().to_owned());
    Ok(view)
}

fn add_in(svc: &Service, tx: &mut Tx<'_>, viewer: &Viewer, post: &Ref, draft: &Draft) -> Result<CommentView> {
    let now = tx.actor.now;
    let (post, commented, held) = find_open(svc, &mut Reader::new(tx.conn), viewer, post)?;
    let waits = held && draft.status == CommentStatus::Approved && !moderates(viewer, &commented, post.id)?;
    let parent = match &draft.parent {
        None => None,
        Some(text) => {
            let found = match text.parse::<Id>() {
                Ok(id) => comments::by_ids(tx.conn, &[id])?.pop(),
                Err(_) => None,
            };
            let found = found.filter(|row| row.post_id == post.id && row.shown).ok_or_else(|| {
                Error::invalid(
                    "/parent_id",
                    "unknown_comment",
                    "There is no comment with this id under this post that could be answered.",
                )
            })?;
            Some(comments::above(tx.conn, found, svc.config.comment_levels)?)
        }
    };
    let key = draft.guest.as_ref().map(|guest| EmailKey::of(&guest.email));
    let user = viewer.user();
    let user_id = user.map(|user| Id(user.user_id));
    let sender = Sender {
        email_key: key.as_ref(),
        guest_hash: draft.guest_hash.as_deref(),
        marks: &[],
        ip: viewer.ip.as_deref(),
        text_hash: &draft.text.text_hash,
        shingles: &[],
        except: None,
    };
    let since = now.plus(chrono::TimeDelta::seconds(-REPEAT_SECONDS));
    let place = (post.id, parent.as_ref().map(|row| row.id));
    if comments::is_repeated(tx.conn, place, user_id, &sender, since)? {
        let why = "You said the same here a moment ago; it has arrived.";
        return Err(Error::new(Code::Conflict, why).at(FieldError::body("/body", "duplicate", why)));
    }
    let guest = draft.guest.as_ref();
    let minutes = i64::from(svc.config.comment_edit_minutes);
    let new = NewComment {
        id: draft.id,
        post_id: post.id,
        status: if waits { CommentStatus::Pending } else { draft.status },
        created_at: now,
        user_id,
        author_id: user.and_then(|user| user.author_id).map(Id),
        author_name: guest
            .map(|g| g.name.clone())
            .or_else(|| user.map(|u| u.name.clone()))
            .unwrap_or_default(),
        author_url: guest.and_then(|g| g.url.clone()),
        author_email: guest.map(|g| g.email.clone()),
        author_email_key: key.clone(),
        ip: viewer.ip.clone(),
        user_agent: draft.user_agent.clone(),
        edit_hash: draft.edit_hash.clone(),
        guest_hash: draft.guest_hash.clone(),
        editable_until: (minutes > 0).then(|| now.plus(chrono::TimeDelta::minutes(minutes))),
        text: draft.text.clone(),
    };
    let counted = comments::insert(tx.conn, &new, parent.as_ref())?;
    tx.record(
        ObjectType::Comment,
        new.id,
        ChangeAction::Created,
        1,
        touched(post.id, false, counted > 0, counted),
    );
    let writer = if viewer.is_signed_in() { viewer.clone() } else { guest_of(viewer, new.id) };
    load_one(svc, &mut Reader::new(tx.conn), &writer, &commented, new.id, Viewpoint::Single)
}

/// Whether the viewer moderates the thread of this post: what moderators write is not judged and does not wait.
pub(super) fn moderates(viewer: &Viewer, commented: &CommentedPosts, post: Id) -> Result<bool> {
    Ok(allowed(viewer, Action::ModerateThread, &Target::Post(commented.get(post)?.post())))
}

/// The post, if the viewer may comment there now, and whether each comment waits for a moderator.
fn find_open(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: &Ref,
) -> Result<(PostRow, CommentedPosts, bool)> {
    let found = match find_visible(reader, viewer, post)? {
        Found::Here(found) => Found::Here(found),
        // A former slug leads on for writes too.
        Found::Moved(slug) => find_visible(reader, viewer, &Ref::Slug(slug))?,
    };
    let Found::Here((row, _)) = found else { return Err(Error::not_found("post")) };
    let commented = CommentedPosts::of_row(svc, reader, &row)?;
    let place = commented.get(row.id)?;
    require(viewer, Action::AddComment, &Target::Post(place.post()), "post")?;
    if !place.is_live {
        return Err(Error::new(Code::InvalidState, "This post is not published; comments come after."));
    }
    let policy = comments::policy_in_force(reader, row.id)?;
    if policy == CommentPolicy::Closed {
        return Err(Error::new(Code::InvalidState, "Comments on this post are closed."));
    }
    Ok((row, commented, policy == CommentPolicy::Held))
}

/// The body and, of guests, who they say to be.
fn check(viewer: &Viewer, input: &AddComment) -> Result<(String, Option<Guest>)> {
    let mut check = Check::new();
    let body = check_body(&mut check, &input.body);
    let guest = match (&input.author, &viewer.who) {
        (Some(_), Who::User(_)) => {
            check.fault(
                "/author",
                "not_allowed",
                "You are signed in: your account's name and profile are shown. Leave `author` out.",
            );
            None
        }
        (None, Who::User(_)) => None,
        (None, _) => {
            check.fault(
                "/author",
                "required",
                "`author` is required of guests: {name, email, url?}. Or sign in.",
            );
            None
        }
        (Some(author), _) => Some(Guest {
            name: check.guest_name("/author/name", &author.name, NAME_LENGTH),
            email: check.email("/author/email", &author.email),
            url: author
                .url
                .as_deref()
                .filter(|url| !url.trim().is_empty())
                .map(|url| check.guest_url("/author/url", url)),
        }),
    };
    check.done()?;
    Ok((body, guest))
}

pub(super) fn check_body(check: &mut Check, body: &str) -> String {
    let text = check.text("/body", body, BODY_LENGTH).unwrap_or_default();
    if is_blank(&text) {
        check.fault("/body", "blank", "`body` must not be blank.");
    }
    text
}

/// A body as it is shown and as it is known again.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    html: String,
    pub(super) hash: String,
    pub(super) shingles: Vec<i64>,
}

/// The body as HTML, and by what it is known again. A body of nothing but a definition, or of markup that is not let through, shows nothing.
pub(super) async fn rendered(svc: &Svc, body: &str) -> Result<Shown> {
    let source = body.to_owned();
    let work = move |turn: &Turn| {
        let html = render_comment(turn, &source)?;
        Ok(Shown { html, hash: text_hash(&source), shingles: shingles(&source) })
    };
    let shown = svc.cpu.run(Work::Render, body.len(), work).await?.map_err(|why| too_much("/body", why))?;
    if shown.html.trim().is_empty() {
        return Err(Error::invalid(
            "/body",
            "blank",
            "Nothing of `body` would be shown. Write text or Markdown; scripts and the like are taken out.",
        ));
    }
    Ok(shown)
}

/// What the judge says of a comment. The words of the post are taken from its text once, and kept with it.
pub(super) async fn judged(
    svc: &Svc,
    evidence: &Evidence,
    body: &str,
    guest: &Guest,
    user_agent: Option<&str>,
) -> Result<Verdict> {
    let words = match &evidence.words {
        Known::Kept(words) => words.clone(),
        Known::Text(text) => {
            let text = text.clone();
            let take =
                move |turn: &Turn| serde_json::to_string(&PostWords::of(turn, &text)).unwrap_or_default();
            let words = svc.cpu.run(Work::Index, evidence.bytes(), take).await?;
            if let (post, Some(revision)) = evidence.post {
                let kept = words.clone();
                svc.write_for_itself(move |tx| Ok(post_words::keep(tx.conn, post, revision, &kept)?)).await?;
            }
            words
        }
    };
    let (evidence, body, guest) = (evidence.clone(), body.to_owned(), guest.clone());
    let agent = user_agent.unwrap_or_default().to_owned();
    let bytes = body.len() + words.len() / 8;
    let work = move |_: &Turn| {
        let post = serde_json::from_str(&words).unwrap_or_default();
        evidence.judge(&body, &guest, &agent, &post)
    };
    svc.cpu.run(Work::Judge, bytes, work).await
}

/// What texts that say the same have in common. Texts without a word, such as a lone emoji, are compared as they are.
fn text_hash(body: &str) -> String {
    let hash = fingerprint(body);
    if hash == fingerprint("") { format!("{:x}", Sha256::digest(body.trim())) } else { hash }
}

pub(super) fn text(body: String, shown: Shown, verdict: Option<&Verdict>) -> Text {
    Text {
        html: shown.html,
        source: body,
        text_hash: shown.hash,
        shingles: shown.shingles,
        spam_score: verdict.map_or(0, |v| thousandths(v.score)),
        spam_reasons: verdict.map_or_else(Json::list, |v| Json::of(&v.reasons)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to 0..=1000 before")]
pub(super) fn thousandths(score: f64) -> i32 {
    (score * 1000.0).round().clamp(0.0, 1000.0) as i32
}

/// What is known of a post's words.
#[derive(Debug, Clone)]
enum Known {
    /// What was kept of them.
    Kept(String),
    /// The text that they are to be taken from.
    Text(String),
}

/// What the judge is told besides the comment itself.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    title: String,
    words: Known,
    /// Which post, and which of its revisions is live.
    post: (Id, Option<i32>),
    age_days: Option<i64>,
    history: History,
    /// Whether the guest's name is that of an author or account, or of a role.
    name_is_taken: bool,
    is_signed_in: bool,
}

impl Evidence {
    /// Whether what is known of the guest lets a comment through that nothing speaks against.
    fn vouches(&self) -> bool {
        self.history.approved > 0 && self.history.marked == 0 && !self.name_is_taken
    }

    pub(super) fn gather(
        conn: &mut Conn,
        post: &PostRow,
        sender: &Sender<'_>,
        name: &str,
        now: Timestamp,
    ) -> Result<Self> {
        let is_signed_in = sender.email_key.is_none();
        let history = comments::history(
            conn,
            sender,
            now.plus(chrono::TimeDelta::days(-SAME_TEXT_DAYS)),
            now.plus(chrono::TimeDelta::minutes(-SAME_SOURCE_MINUTES)),
            now.plus(chrono::TimeDelta::days(-MARKED_DAYS)),
        )?;
        let kept = match post.live_revision {
            Some(revision) => post_words::find(conn, post.id, revision)?,
            None => None,
        };
        let words = if let Some(words) = kept {
            Known::Kept(words)
        } else {
            let text = pressroom_schema::search::whole_texts(conn, &[post.id])?.pop();
            Known::Text(text.map(|(_, text)| text).unwrap_or_default())
        };
        Ok(Self {
            title: post.content.title.clone(),
            words,
            post: (post.id, post.live_revision),
            age_days: post.published_at.map(|at| (now.utc() - at.utc()).num_days()),
            history,
            name_is_taken: !is_signed_in && (names::is_a_role(name) || names::is_taken(conn, name)?),
            is_signed_in,
        })
    }

    fn bytes(&self) -> usize {
        match &self.words {
            Known::Kept(text) | Known::Text(text) => text.len(),
        }
    }

    fn judge(&self, body: &str, guest: &Guest, user_agent: &str, post: &PostWords) -> Verdict {
        judge(&SpamInput {
            body,
            name: Some(&guest.name),
            email: Some(&guest.email),
            url: guest.url.as_deref(),
            user_agent: Some(user_agent),
            post_title: &self.title,
            post: Some(post),
            post_age_days: self.age_days,
            marked_before: self.history.marked,
            name_is_taken: self.name_is_taken,
            same_text_seen: self.history.same_text,
            recent_from_same_source: self.history.same_source,
            is_signed_in: self.is_signed_in,
            links_allowed: LINKS_ALLOWED,
        })
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
