//! On a fresh SQLite file, and a clock that moves only when told.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use pressroom_schema::db::STATEMENTS;
use pressroom_schema::posts::Ref;
use pressroom_schema::{CommentStatus, Id, Timestamp, changes, migrate};
use serde_json::json;

use super::*;
use crate::auth::limit::Limit;
use crate::auth::viewer::{Role, UserViewer, Via, Viewer, Who};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::page::{Page, PageRequest};
use crate::service::accounts::{CreateUser, create_user};
use crate::service::posts::{self, CreatePost};
use crate::service::{Found, IfMatch, Service, Svc};
use crate::view::{CommentView, PostView};

const KIND: &str = "The ferry was late again on Tuesday, and the tide table on the door had it right.";
const SPAM_TEXT: &str = "Buy cheap followers and casino bonus pills now!!! Best price, visit http://buy-followers.example.com/ and http://casino.example.com/ today";

struct Bench {
    svc: Svc,
    post: PostView,
    folder: std::path::PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn guest() -> Viewer {
    Viewer { who: Who::Anonymous, request_id: "r".into(), ip: Some("192.0.2.7".into()), is_kept: false }
}

fn as_writer(view: &CommentView) -> EditAccess {
    EditAccess { edit_token: view.edit_token.clone(), if_match: None }
}

fn codes(error: &Error) -> Vec<(Option<&str>, &str)> {
    error.errors().iter().map(|f| (f.pointer.as_deref(), f.code.as_str())).collect()
}

impl Bench {
    async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pressroom-comments-{}-{number}", std::process::id()));
        let config = Config {
            database_url: format!("sqlite://{}", folder.join("a.db").display()),
            data_dir: folder.clone(),
            weak_passwords: true,
            // A thread of fifty is said at one moment here.
            limit_comments: Limit::OFF,
            ..Config::defaults()
        };
        let clock = Clock::fixed(Timestamp::parse("2013-06-24T14:05:00Z").unwrap());
        let svc = Svc::new(Service::open(config, clock).unwrap());
        svc.db.raw(migrate::up).await.unwrap();
        let post = Self::make_post(&svc, "The tide table", true).await;
        Self { svc, post, folder }
    }

    async fn make_post(svc: &Svc, title: &str, open: bool) -> PostView {
        let input: CreatePost = serde_json::from_value(json!({
            "title": title, "comments_open": open,
            "body": {"format": "markdown", "source": "The ferry keeps the tide table on the chandler's door, and is late."}
        }))
        .unwrap();
        posts::create(svc, &Viewer::system(), input, true).await.unwrap()
    }

    async fn user(&self, name: &str, role: Role) -> Viewer {
        let input = CreateUser {
            email: format!("{name}@example.org"),
            name: name.to_owned(),
            role,
            password: "a long sentence that nobody guesses".to_owned(),
            author: None,
        };
        let view = create_user(&self.svc, &Viewer::system(), input).await.unwrap();
        let user = UserViewer {
            user_id: view.id.0,
            role,
            author_id: None,
            via: Via::Session(uuid::Uuid::nil()),
            scopes: None,
            name: name.to_owned(),
        };
        Viewer { who: Who::User(user), request_id: "r".into(), ip: None, is_kept: false }
    }

    fn here(&self) -> Ref {
        Ref::Id(self.post.id)
    }

    async fn say(&self, viewer: &Viewer, body: &str, parent: Option<Id>) -> Result<CommentView> {
        self.say_as(viewer, "ada", body, parent).await
    }

    async fn say_as(
        &self,
        viewer: &Viewer,
        name: &str,
        body: &str,
        parent: Option<Id>,
    ) -> Result<CommentView> {
        self.svc.clock.advance(TimeDelta::seconds(1));
        let author = matches!(viewer.who, Who::Anonymous).then(|| CommentAuthorInput {
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            url: None,
        });
        let input = AddComment { body: body.to_owned(), parent_id: parent.map(|id| id.to_string()), author };
        add(&self.svc, viewer, &self.here(), input, Origin::default()).await
    }

    async fn decide(&self, id: Id, decision: Moderation) -> CommentView {
        moderate_one(&self.svc, &Viewer::system(), &id.to_string(), decision, None).await.unwrap()
    }

    async fn thread(&self, viewer: &Viewer, query: ThreadQuery) -> Page<CommentView> {
        match list(&self.svc, viewer, &self.here(), query).await.unwrap().value {
            Found::Here(thread) => thread.page,
            Found::Moved(slug) => panic!("moved to {slug}"),
        }
    }

    async fn get(&self, viewer: &Viewer, id: Id) -> Result<CommentView> {
        Ok(get(&self.svc, viewer, &id.to_string(), None).await?.value)
    }

    async fn edit(&self, viewer: &Viewer, id: Id, body: &str, access: EditAccess) -> Result<CommentView> {
        let input = serde_json::from_value(json!({ "body": body })).unwrap();
        update(&self.svc, viewer, &id.to_string(), input, access).await
    }

    async fn comment_count(&self) -> i64 {
        let shown = posts::Projection::default();
        match posts::get(&self.svc, &guest(), &self.here(), None, shown).await.unwrap().value {
            Found::Here(view) => view.comment_count,
            Found::Moved(slug) => panic!("moved to {slug}"),
        }
    }

    async fn last_change(&self) -> (String, Vec<String>) {
        let line = self
            .svc
            .read_private(&Viewer::system(), |conn| Ok(changes::after(conn, 0, 1000)?.pop().unwrap()))
            .await
            .unwrap();
        (format!("{} {}", line.object_type, line.action), line.keys.to().unwrap())
    }

    async fn sound(&self) {
        let faults = self
            .svc
            .read_private(&Viewer::system(), |conn| Ok(pressroom_schema::comments::recount(conn)?))
            .await
            .unwrap();
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[actix_web::test]
async fn a_first_time_guest_waits_and_a_known_one_does_not() {
    let bench = Bench::new().await;
    let first = bench.say(&guest(), KIND, None).await.unwrap();
    assert_eq!(first.status, Some(CommentStatus::Pending));
    assert_eq!(first.markdown.as_deref(), Some(KIND));
    assert!(first.edit_token.as_deref().unwrap().starts_with("pre_"));
    assert!(first.spam.is_none() && first.author_email.is_none());
    assert_eq!(bench.last_change().await, ("comment created".into(), vec![]));
    assert_eq!(bench.get(&guest(), first.id).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(bench.comment_count().await, 0);

    let approved = bench.decide(first.id, Moderation::Approve).await;
    assert_eq!((approved.status, approved.version), (Some(CommentStatus::Approved), 2));
    assert_eq!(bench.comment_count().await, 1);
    let (what, keys) = bench.last_change().await;
    assert_eq!(what, "comment approved");
    assert_eq!(
        keys,
        [
            format!("comments:{0}", bench.post.id),
            format!("comment_count:{}", bench.post.id),
            "posts:discussed".into(),
            "totals".into()
        ]
    );

    bench.svc.clock.advance(TimeDelta::seconds(1));
    let input = AddComment {
        body: "And on Wednesday the ferry was early.".into(),
        parent_id: Some(first.id.to_string()),
        author: Some(CommentAuthorInput { name: "ada".into(), email: "ada@example.org".into(), url: None }),
    };
    let origin = Origin { guest_token: first.guest_token.clone(), ..Origin::default() };
    let second = add(&bench.svc, &guest(), &bench.here(), input, origin).await.unwrap();
    assert_eq!(second.status, Some(CommentStatus::Approved));
    let stranger = bench.say_as(&guest(), "bo", "The door is green, not blue.", None).await.unwrap();
    assert_eq!(stranger.status, Some(CommentStatus::Pending));
    let seen = bench.get(&guest(), second.id).await.unwrap();
    assert_eq!(seen.ancestors.as_deref(), Some(&[first.id][..]));
    assert!(seen.status.is_none() && seen.markdown.is_none() && seen.edit_token.is_none());
    assert_eq!(seen.permalink, format!("{}#comment-{}", bench.post.url, second.id));
    bench.sound().await;
}

#[actix_web::test]
async fn spam_is_held_without_a_sign_of_it_to_its_writer() {
    let bench = Bench::new().await;
    let honest = bench.say(&guest(), KIND, None).await.unwrap();
    let spam = bench.say_as(&guest(), "cheap-followers-shop", SPAM_TEXT, None).await.unwrap();
    assert_eq!(spam.status, honest.status);
    let (mut a, mut b) = (serde_json::to_value(&honest).unwrap(), serde_json::to_value(&spam).unwrap());
    for member in [
        "id",
        "html",
        "markdown",
        "author",
        "created_at",
        "permalink",
        "edit_token",
        "guest_token",
        "editable_until",
    ] {
        a[member].take();
        b[member].take();
    }
    assert_eq!(a, b);

    let editor = bench.user("ed", Role::Editor).await;
    let query = QueueQuery { statuses: vec![CommentStatus::Spam], ..QueueQuery::default() };
    let held = queue(&bench.svc, &editor, query).await.unwrap();
    let held: Vec<&CommentView> = held.items.iter().map(|(_, view)| view).collect();
    assert_eq!(held.iter().map(|c| c.id).collect::<Vec<_>>(), [spam.id]);
    let judgement = held[0].spam.as_ref().unwrap();
    assert!(judgement.score >= 0.75 && !judgement.reasons.is_empty());
    assert_eq!(held[0].author_email.as_deref(), Some("cheap-followers-shop@example.org"));
    assert!(held[0].author.is_some() && !held[0].is_tombstone);

    // Its guest may edit it, which brings nothing back.
    let edited = bench.edit(&guest(), spam.id, KIND, as_writer(&spam)).await.unwrap();
    assert_eq!(edited.status, Some(CommentStatus::Pending));
    assert_eq!(bench.get(&editor, spam.id).await.unwrap().status, Some(CommentStatus::Spam));
    let queued = queue(&bench.svc, &guest(), QueueQuery::default()).await.unwrap_err();
    assert_eq!(queued.code(), Code::Unauthenticated);
}

#[actix_web::test]
async fn replies_are_refused_where_they_have_no_place() {
    let bench = Bench::new().await;
    let user = bench.user("kim", Role::Contributor).await;
    let own = bench.say(&user, "First.", None).await.unwrap();
    let pending = bench.say(&guest(), KIND, None).await.unwrap();
    let other = Bench::make_post(&bench.svc, "Another", true).await;
    let input = AddComment { body: "Elsewhere.".into(), parent_id: None, author: None };
    let elsewhere = add(&bench.svc, &user, &Ref::Slug(other.slug), input, Origin::default()).await.unwrap();
    for parent in [pending.id, elsewhere.id, Id::MAX] {
        let refused = bench.say(&user, "A reply.", Some(parent)).await.unwrap_err();
        assert_eq!(refused.code(), Code::ValidationFailed);
        assert_eq!(codes(&refused), [(Some("/parent_id"), "unknown_comment")]);
    }
    bench.say(&user, "A reply.", Some(own.id)).await.unwrap();
    let again = bench.say(&user, "a  REPLY", Some(own.id)).await.unwrap_err();
    assert_eq!((again.code(), codes(&again)), (Code::Conflict, vec![(Some("/body"), "duplicate")]));
    bench.svc.clock.advance(TimeDelta::seconds(120));
    bench.say(&user, "A reply.", Some(own.id)).await.unwrap();

    let closed = Bench::make_post(&bench.svc, "Closed", false).await;
    let input = AddComment { body: "Too late.".into(), parent_id: None, author: None };
    let refused =
        add(&bench.svc, &user, &Ref::Id(closed.id), input.clone(), Origin::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidState);
    let refused = add(&bench.svc, &user, &Ref::Id(Id::MAX), input, Origin::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    bench.sound().await;
}

#[actix_web::test]
async fn a_guest_edits_with_the_token_until_the_window_closes() {
    let bench = Bench::new().await;
    let mine = bench.say(&guest(), KIND, None).await.unwrap();
    bench.decide(mine.id, Moderation::Approve).await;
    let better = "The ferry was late again on Tuesday, and on Thursday too.";

    let nobody = bench.edit(&guest(), mine.id, better, EditAccess::default()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
    let wrong = EditAccess { edit_token: Some("pre_wrong".into()), if_match: None };
    assert_eq!(bench.edit(&guest(), mine.id, better, wrong).await.unwrap_err().code(), Code::InvalidToken);
    let stale = EditAccess { if_match: Some(IfMatch::Versions(vec![1])), ..as_writer(&mine) };
    assert_eq!(bench.edit(&guest(), mine.id, better, stale).await.unwrap_err().code(), Code::VersionMismatch);

    let edited = bench.edit(&guest(), mine.id, better, as_writer(&mine)).await.unwrap();
    assert_eq!(
        (edited.version, edited.edited_at.is_some(), edited.markdown.as_deref()),
        (3, true, Some(better))
    );
    let same = bench.edit(&guest(), mine.id, better, as_writer(&mine)).await.unwrap();
    assert_eq!(same.version, 3);

    // Turned into spam, it is not shown any more, and its writer is not told why.
    let turned = bench.edit(&guest(), mine.id, SPAM_TEXT, as_writer(&mine)).await.unwrap();
    assert_eq!(turned.status, Some(CommentStatus::Pending));
    assert_eq!(bench.comment_count().await, 0);
    assert_eq!(bench.get(&guest(), mine.id).await.unwrap_err().code(), Code::NotFound);

    bench.svc.clock.advance(TimeDelta::minutes(16));
    assert_eq!(
        bench.edit(&guest(), mine.id, KIND, as_writer(&mine)).await.unwrap_err().code(),
        Code::Forbidden
    );
    let late = delete(&bench.svc, &guest(), &mine.id.to_string(), false, as_writer(&mine)).await.unwrap_err();
    assert_eq!(late.code(), Code::Forbidden);
    bench.sound().await;
}

#[actix_web::test]
async fn a_removed_comment_keeps_its_place_and_nothing_else() {
    let bench = Bench::new().await;
    let (user, admin) = (bench.user("kim", Role::Contributor).await, bench.user("ada", Role::Admin).await);
    let top = bench.say(&user, "I was wrong.", None).await.unwrap();
    let reply = bench.say(&admin, "So was I.", Some(top.id)).await.unwrap();
    delete(&bench.svc, &user, &top.id.to_string(), false, EditAccess::default()).await.unwrap();
    assert_eq!(bench.last_change().await.0, "comment trashed");
    for viewer in [guest(), user.clone(), admin.clone()] {
        let page = bench.thread(&viewer, ThreadQuery::default()).await;
        let shown = &page.items[0].1;
        assert!(shown.is_tombstone && shown.author.is_none() && shown.html.is_empty());
        assert_eq!(shown.replies.as_ref().unwrap()[0].id, reply.id);
    }
    assert_eq!(bench.comment_count().await, 1);
    // A moderator reads what stood there, its writer does not; nor does the writer change it.
    assert!(bench.get(&admin, top.id).await.unwrap().html.contains("wrong"));
    assert!(bench.get(&user, top.id).await.unwrap().is_tombstone);
    let gone = bench.edit(&user, top.id, "No, right.", EditAccess::default()).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);

    let forever = |viewer| {
        let (svc, id) = (bench.svc.clone(), top.id.to_string());
        async move { delete(&svc, &viewer, &id, true, EditAccess::default()).await }
    };
    let editor = bench.user("ed", Role::Editor).await;
    assert_eq!(forever(editor).await.unwrap_err().code(), Code::Forbidden);
    forever(admin.clone()).await.unwrap();
    assert_eq!(bench.last_change().await.0, "comment deleted");
    let again = moderate_one(&bench.svc, &admin, &top.id.to_string(), Moderation::Approve, None).await;
    assert_eq!(again.unwrap_err().code(), Code::InvalidState);
    let changed = bench.edit(&admin, top.id, "New words.", EditAccess::default()).await;
    assert_eq!(changed.unwrap_err().code(), Code::InvalidState);
    bench.sound().await;
}

#[actix_web::test]
async fn many_are_decided_on_together_or_not_at_all() {
    let bench = Bench::new().await;
    let moderator = bench.user("mo", Role::Moderator).await;
    let author = bench.user("au", Role::Author).await;
    let mut ids = Vec::new();
    for n in 0..4 {
        let name = format!("guest{n}");
        ids.push(bench.say_as(&guest(), &name, &format!("{KIND} Number {n}."), None).await.unwrap().id);
    }
    let order =
        |ids: &[Id], action| ModerateComments { ids: ids.iter().map(Id::to_string).collect(), action };
    let mut with_unknown = ids.clone();
    with_unknown.push(Id::MAX);
    let refused =
        moderate(&bench.svc, &moderator, order(&with_unknown, Moderation::Approve)).await.unwrap_err();
    assert_eq!(codes(&refused), [(Some("/ids/4"), "unknown_comment")]);
    // Waiting comments on the posts of others do not exist for an author.
    let refused = moderate(&bench.svc, &author, order(&ids, Moderation::Approve)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ValidationFailed);
    assert_eq!(bench.comment_count().await, 0);

    let done = moderate(&bench.svc, &moderator, order(&ids[..2], Moderation::Approve)).await.unwrap();
    assert_eq!(done.changed, ids[..2]);
    let done = moderate(&bench.svc, &moderator, order(&ids, Moderation::Approve)).await.unwrap();
    assert_eq!(done.changed, ids[2..]);
    assert!(done.comments.iter().map(|c| c.id).eq(ids.iter().copied()));
    assert_eq!(bench.comment_count().await, 4);
    let none = queue(
        &bench.svc,
        &author,
        QueueQuery { statuses: CommentStatus::ALL.to_vec(), ..QueueQuery::default() },
    );
    assert_eq!(none.await.unwrap().items.len(), 0);
    bench.sound().await;
}

#[actix_web::test]
async fn a_thread_nests_to_its_limits_and_every_reply_is_reached_by_its_cursors() {
    let bench = Bench::new().await;
    let user = bench.user("kim", Role::Contributor).await;
    let top = bench.say(&user, "The top.", None).await.unwrap();
    for n in 0..12 {
        bench.say(&user, &format!("Reply {n}"), Some(top.id)).await.unwrap();
    }
    let mut last = top.id;
    for n in 0..6 {
        last = bench.say(&user, &format!("Deeper {n}"), Some(last)).await.unwrap().id;
    }
    let page = bench.thread(&guest(), ThreadQuery { page: counted(), ..ThreadQuery::default() }).await;
    assert_eq!(page.total, Some(1));
    let view = &page.items[0].1;
    assert_eq!((view.reply_count, view.score, view.replies.as_ref().unwrap().len()), (13, 18, 10));
    let next = view.replies_next.as_ref().map(|text| text.parse().unwrap());
    let rest = bench
        .thread(
            &guest(),
            ThreadQuery {
                parent: Some(top.id.to_string()),
                page: PageRequest { after: next, ..counted() },
                ..ThreadQuery::default()
            },
        )
        .await;
    assert_eq!((rest.items.len(), rest.total, rest.has_next), (3, Some(13), false));
    // Four levels below "Deeper 0", which is the last of the three; then a cursor.
    let mut at = &rest.items[2].1;
    for _ in 0..4 {
        at = &at.replies.as_ref().unwrap()[0];
    }
    assert!(at.html.contains("Deeper 4") && at.replies.as_ref().unwrap().is_empty());
    let deeper = bench
        .thread(
            &guest(),
            ThreadQuery {
                parent: Some(at.id.to_string()),
                page: PageRequest {
                    after: at.replies_next.as_ref().map(|text| text.parse().unwrap()),
                    ..PageRequest::default()
                },
                ..ThreadQuery::default()
            },
        )
        .await;
    assert_eq!(deeper.items.len(), 1);
    assert!(!deeper.has_previous && deeper.items[0].1.replies_next.is_none());

    let query = ThreadQuery {
        view: ThreadView::Flat,
        sort: CommentSort::Top,
        page: counted(),
        ..ThreadQuery::default()
    };
    let flat = bench.thread(&guest(), query).await;
    assert_eq!((flat.total, flat.items.len(), flat.has_next), (Some(19), 19, false));
    assert!(flat.items[0].1.id == top.id && flat.items[0].1.replies.is_none());
}

fn counted() -> PageRequest {
    PageRequest { count: true, ..PageRequest::default() }
}

#[actix_web::test]
async fn a_thread_takes_as_many_statements_for_fifty_comments_as_for_two() {
    let bench = Bench::new().await;
    let user = bench.user("kim", Role::Contributor).await;
    let mut seen = Vec::new();
    for size in [2, 50] {
        let mut parent = None;
        for n in 0..size {
            let said = bench.say(&user, &format!("Said {size} {n}"), parent).await.unwrap();
            parent = (n % 3 != 2).then_some(said.id);
        }
        let counts = async |viewer: &Viewer| {
            let count = |work| STATEMENTS.scope(Cell::new(0), work);
            let list = count(async {
                bench.thread(viewer, ThreadQuery { page: counted(), ..ThreadQuery::default() }).await;
                STATEMENTS.with(Cell::get)
            })
            .await;
            let posts = STATEMENTS
                .scope(Cell::new(0), async {
                    let shown = posts::Projection { comments: true, ..posts::Projection::default() };
                    posts::list(&bench.svc, viewer, posts::PostQuery::default(), shown).await.unwrap();
                    STATEMENTS.with(Cell::get)
                })
                .await;
            (list, posts)
        };
        seen.push((counts(&guest()).await, counts(&Viewer::system()).await));
        Bench::make_post(&bench.svc, "One more", true).await;
    }
    assert_eq!(seen[0], seen[1]);
}
