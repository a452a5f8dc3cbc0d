use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use diesel::prelude::*;
use uuid::Uuid;

use super::*;
use crate::db::{Db, DbSettings, Freshness, STATEMENTS, Source, Tx};
use crate::page::{Place, Start, Window};
use crate::posts::{NewPost, PostContent, PostRow, Ref};
use crate::types::Timestamp;
use crate::{
    Actor, ActorKind, BodyFormat, CommentSort, CommentStatus, EmailKey, PostStatus, StoreError, Total,
    migrate, site,
};

/// A database of its own, whose file goes with it.
struct Store {
    db: Db,
    folder: PathBuf,
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Store {
    async fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pressroom-{}-{name}", std::process::id()));
        let db = Db::open(DbSettings {
            source: Source::Sqlite(folder.join("test.db")),
            readers: 1,
            queue: 16,
            durable: false,
        })
        .unwrap();
        db.raw(migrate::up).await.unwrap();
        Self { db, folder }
    }

    async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> crate::Result<T> + Send + 'static,
    ) -> T {
        let actor = Actor { kind: ActorKind::System, user_id: None, request_id: String::new(), now: at(0) };
        self.db.write::<T, StoreError, _>(actor, f).await.unwrap()
    }

    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> crate::Result<T> + Send + 'static,
    ) -> T {
        self.db.read::<T, StoreError, _>(Freshness::Primary, f).await.unwrap()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + second * 1_000_000).unwrap()
}

fn id(n: u128) -> Id {
    Id(Uuid::from_u128(n))
}

fn post(n: u128) -> NewPost {
    let row = PostRow {
        content: PostContent {
            slug: format!("post-{n}").parse().unwrap(),
            title: "A post".into(),
            ..PostContent::default()
        },
        status: PostStatus::Published,
        listed: true,
        published_at: Some(at(0)),
        revision: 1,
        live_revision: Some(1),
        title_key: "a post".into(),
        ..PostRow::begin(id(n), None, at(0))
    };
    NewPost {
        row,
        html: String::new(),
        text: String::new(),
        body_format: BodyFormat::Markdown,
        body_source: String::new(),
    }
}

fn comment(n: u128, post: Id, status: CommentStatus, second: i64) -> NewComment {
    NewComment {
        id: id(n),
        post_id: post,
        status,
        created_at: at(second),
        user_id: None,
        author_id: None,
        author_name: "Ada".into(),
        author_url: None,
        author_email: Some("Ada@example.org".into()),
        author_email_key: Some(EmailKey::of("ada@example.org")),
        ip: Some("192.0.2.1".into()),
        user_agent: None,
        edit_hash: Some("hash".into()),
        guest_hash: Some("guest".into()),
        editable_until: None,
        text: Text {
            html: format!("<p>{n}</p>"),
            source: n.to_string(),
            text_hash: format!("text {n}"),
            shingles: Vec::new(),
            spam_score: 0,
            spam_reasons: Json::list(),
        },
    }
}

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

fn get(conn: &mut Conn, n: u128) -> crate::Result<CommentRow> {
    Ok(by_ids(conn, &[id(n)])?.pop().unwrap())
}

fn all(conn: &mut Conn) -> crate::Result<Vec<CommentRow>> {
    Ok(crate::tables::comments::table.select(CommentRow::as_select()).load(conn)?)
}

/// Three posts with the remains of a few hundred random changes. Every tenth of them is checked on the way.
fn shuffle(conn: &mut Conn, seed: u64, changes: u128) -> crate::Result<Vec<String>> {
    for n in 1..=3 {
        crate::posts::insert(conn, &post(n))?;
    }
    let mut dice = Dice(seed);
    let mut faults = Vec::new();
    for n in 0..changes {
        let rows = all(conn)?;
        let chosen = (!rows.is_empty()).then(|| rows[dice.roll(rows.len())].clone());
        match (dice.roll(10), chosen) {
            (0..=4, parent) => {
                // Now and then at the top, now and then in the same moment as another.
                let parent = parent.filter(|_| dice.roll(4) > 0);
                let of = parent.as_ref().map_or_else(|| id(1 + u128::from(dice.0 % 3)), |p| p.post_id);
                let second = i64::try_from(n / 3).unwrap();
                let status =
                    if dice.roll(3) > 0 { CommentStatus::Approved } else { CommentStatus::ALL[dice.roll(4)] };
                insert(conn, &comment(1000 + n, of, status, second), parent.as_ref())?;
            }
            (5..=8, Some(row)) => {
                set_status(conn, &row, CommentStatus::ALL[dice.roll(4)])?;
            }
            (_, Some(row)) => {
                erase(conn, &row)?;
            }
            (_, None) => {}
        }
        if n % 10 == 0 {
            faults.extend(recount(conn)?);
        }
    }
    faults.extend(recount(conn)?);
    Ok(faults)
}

#[tokio::test]
async fn kept_counts_equal_a_recount_whatever_is_done_in_whatever_order() {
    let store = Store::new("counts").await;
    for seed in [3, 0x9e37_79b9_7f4a_7c15] {
        let faults = store
            .write(move |tx| {
                diesel::delete(crate::tables::posts::table).execute(tx.conn)?;
                let kept = site::total(tx.conn, Total::Comments)?;
                site::add_to_total(tx.conn, Total::Comments, -kept)?;
                shuffle(tx.conn, seed, 400)
            })
            .await;
        assert_eq!(faults, Vec::<String>::new());
    }
    let (rows, tombstones) = store
        .read(|conn| {
            let rows = all(conn)?;
            let tombstones = rows.iter().filter(|row| row.is_tombstone()).count();
            Ok((rows.len(), tombstones))
        })
        .await;
    assert!(
        rows > 50 && tombstones > 3,
        "the changes left too little to show anything: {rows}, {tombstones}"
    );
}

#[tokio::test]
async fn a_recount_notices_what_is_wrong() {
    let store = Store::new("recount").await;
    let faults = store
        .write(|tx| {
            crate::posts::insert(tx.conn, &post(1))?;
            insert(tx.conn, &comment(10, id(1), CommentStatus::Approved, 0), None)?;
            diesel::update(crate::tables::comments::table)
                .set((crate::tables::comments::score.eq(7), crate::tables::comments::depth.eq(2)))
                .execute(tx.conn)?;
            crate::posts::set_comment_count(tx.conn, id(1), 5)?;
            site::add_to_total(tx.conn, Total::Comments, 3)?;
            recount(tx.conn)
        })
        .await;
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[tokio::test]
async fn a_removed_comment_with_replies_stays_as_a_tombstone_and_goes_with_its_last_reply() {
    let store = Store::new("tombstone").await;
    store
        .write(|tx| {
            let conn = &mut *tx.conn;
            crate::posts::insert(conn, &post(1))?;
            insert(conn, &comment(10, id(1), CommentStatus::Approved, 0), None)?;
            let top = get(conn, 10)?;
            insert(conn, &comment(11, id(1), CommentStatus::Approved, 1), Some(&top))?;
            let middle = get(conn, 11)?;
            insert(conn, &comment(12, id(1), CommentStatus::Approved, 2), Some(&middle))?;
            assert_eq!(get(conn, 12)?.depth, 2);
            assert_eq!(get(conn, 12)?.root_id, id(10));
            assert_eq!((get(conn, 10)?.reply_count, get(conn, 10)?.score), (1, 2));

            let middle = get(conn, 11)?;
            assert_eq!(set_status(conn, &middle, CommentStatus::Trash)?, -1);
            let middle = get(conn, 11)?;
            assert!(middle.is_tombstone());
            assert_eq!((get(conn, 10)?.reply_count, get(conn, 10)?.score), (1, 2));

            let last = get(conn, 12)?;
            assert_eq!(set_status(conn, &last, CommentStatus::Spam)?, -1);
            assert!(!get(conn, 11)?.shown);
            assert_eq!((get(conn, 10)?.reply_count, get(conn, 10)?.score), (0, 0));

            let last = get(conn, 12)?;
            assert_eq!(set_status(conn, &last, CommentStatus::Approved)?, 1);
            assert!(get(conn, 11)?.is_tombstone());
            assert_eq!((get(conn, 10)?.reply_count, get(conn, 10)?.score), (1, 2));
            assert_eq!(ancestors(conn, id(12), 100)?, [id(10), id(11)]);
            assert_eq!(ancestors(conn, id(12), 1)?, [id(11)]);
            let (row, _) = crate::posts::find(conn, &Ref::Id(id(1)))?.unwrap();
            assert_eq!((row.comment_count, site::total(conn, Total::Comments)?), (2, 2));
            assert_eq!(recount(conn)?, Vec::<String>::new());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn erasing_leaves_nothing_of_the_writer_and_no_row_where_nothing_hangs_on_it() {
    let store = Store::new("erase").await;
    store
        .write(|tx| {
            let conn = &mut *tx.conn;
            crate::posts::insert(conn, &post(1))?;
            insert(conn, &comment(10, id(1), CommentStatus::Approved, 0), None)?;
            let top = get(conn, 10)?;
            insert(conn, &comment(11, id(1), CommentStatus::Approved, 1), Some(&top))?;
            let top = get(conn, 10)?;
            assert_eq!(erase(conn, &top)?, -1);
            let shell = get(conn, 10)?;
            assert!(shell.is_tombstone());
            assert_eq!((shell.author_name.as_str(), shell.html.as_str()), ("", ""));
            let hidden = private(conn, &[id(10)])?.pop().unwrap();
            assert_eq!(
                (hidden.source, hidden.author_email, hidden.author_email_key, hidden.ip, hidden.edit_hash),
                (String::new(), None, None, None, None)
            );
            let reply = get(conn, 11)?;
            assert_eq!(erase(conn, &reply)?, -1);
            assert!(by_ids(conn, &[id(11)])?.is_empty());
            assert!(!get(conn, 10)?.shown);
            assert_eq!(recount(conn)?, Vec::<String>::new());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_guest_is_known_by_the_token_alone() {
    let store = Store::new("known").await;
    store
        .write(|tx| {
            let conn = &mut *tx.conn;
            crate::posts::insert(conn, &post(1))?;
            for (n, guest) in [(10, "one"), (11, "one"), (12, "two")] {
                let known = comment(n, id(1), CommentStatus::Approved, 0);
                insert(conn, &NewComment { guest_hash: Some(guest.into()), ..known }, None)?;
            }
            insert(conn, &comment(13, id(1), CommentStatus::Pending, 0), None)?;
            let key = EmailKey::of("ada@example.org");
            for (guest_hash, except, count) in [
                (Some("one"), None, 2),
                (Some("one"), Some(id(11)), 1),
                (Some("two"), None, 1),
                (Some("guest"), None, 0),
                (None, None, 0),
            ] {
                let email_key = Some(&key);
                let sender = Sender {
                    email_key,
                    guest_hash,
                    marks: &[],
                    ip: None,
                    text_hash: "",
                    shingles: &[],
                    except,
                };
                let found = history(conn, &sender, at(0), at(0), at(0))?;
                assert_eq!((found.approved, found.marked), (count, 0), "{guest_hash:?}");
            }
            mark(conn, id(10), &["a".into(), "b".into()], at(5))?;
            mark(conn, id(11), &["b".into()], at(5))?;
            for (marks, since, count) in
                [(&["a", "b"][..], 0, 2), (&["a"], 0, 1), (&["c"], 0, 0), (&["b"], 6, 0)]
            {
                let marks: Vec<String> = marks.iter().map(ToString::to_string).collect();
                let (email_key, guest_hash) = (None, None);
                let sender = Sender {
                    email_key,
                    guest_hash,
                    marks: &marks,
                    ip: None,
                    text_hash: "",
                    shingles: &[],
                    except: None,
                };
                assert_eq!(history(conn, &sender, at(0), at(0), at(since))?.marked, count, "{marks:?}");
            }
            unmark(conn, id(11))?;
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn the_same_is_said_twice_where_it_stands_in_the_same_place() {
    let store = Store::new("repeated").await;
    store
        .write(|tx| {
            let conn = &mut *tx.conn;
            crate::posts::insert(conn, &post(1))?;
            insert(conn, &comment(10, id(1), CommentStatus::Approved, 0), None)?;
            let top = get(conn, 10)?;
            insert(conn, &comment(11, id(1), CommentStatus::Pending, 0), Some(&top))?;
            let sender = Sender {
                email_key: Some(&EmailKey::of("ada@example.org")),
                guest_hash: Some("guest"),
                marks: &[],
                ip: None,
                text_hash: "text 11",
                shingles: &[],
                except: None,
            };
            let here = (id(1), Some(id(10)));
            assert!(is_repeated(conn, here, None, &sender, at(0))?);
            for elsewhere in [(id(1), None), (id(1), Some(id(12))), (id(2), Some(id(10)))] {
                assert!(!is_repeated(conn, elsewhere, None, &sender, at(0))?, "{elsewhere:?}");
            }
            for (status, is_there) in [
                (CommentStatus::Spam, true),
                (CommentStatus::Approved, true),
                (CommentStatus::Trash, false),
                (CommentStatus::Pending, true),
            ] {
                let reply = get(conn, 11)?;
                set_status(conn, &reply, status)?;
                assert_eq!(is_repeated(conn, here, None, &sender, at(0))?, is_there, "{status}");
            }
            Ok(())
        })
        .await;
}

/// The whole of a list in its order, by filter and sort in memory.
fn expected(rows: &[CommentRow], kind: ThreadPart, of: Id, order: CommentSort) -> Vec<Id> {
    let mut rows: Vec<&CommentRow> = rows
        .iter()
        .filter(|r| r.shown)
        .filter(|r| match kind {
            ThreadPart::Roots => r.post_id == of && r.parent_id.is_none(),
            ThreadPart::Flat => r.post_id == of,
            ThreadPart::Replies => r.parent_id == Some(of),
        })
        .collect();
    rows.sort_by_key(|r| (r.created_at, r.id));
    match order {
        CommentSort::Oldest => {}
        CommentSort::Newest => rows.reverse(),
        CommentSort::Top => rows.sort_by_key(|r| std::cmp::Reverse((r.score, r.id))),
    }
    rows.iter().map(|r| r.id).collect()
}

fn one(
    conn: &mut Conn,
    kind: ThreadPart,
    of: Id,
    order: CommentSort,
    start: Start,
) -> crate::Result<crate::Slice<CommentRow>> {
    let window = Window { start, limit: 3 };
    let mut found = pages(conn, kind, &[of], order, &window, None)?.0;
    assert!(found.len() <= 1);
    Ok(found.pop().map_or_else(crate::Slice::empty, |(group, slice)| {
        assert_eq!(group, of);
        slice
    }))
}

fn place(row: &CommentRow, order: CommentSort) -> Place {
    Place { key: row.key(order), id: row.id }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_in_each_order_and_both_directions() {
    let store = Store::new("pages").await;
    store.write(|tx| shuffle(tx.conn, 77, 500)).await;
    store
        .read(|conn| {
            let rows = all(conn)?;
            let mut lists: Vec<(ThreadPart, Id)> =
                (1..=3).flat_map(|n| [(ThreadPart::Roots, id(n)), (ThreadPart::Flat, id(n))]).collect();
            lists.extend(rows.iter().map(|row| (ThreadPart::Replies, row.id)));
            for (kind, of) in lists {
                for order in [CommentSort::Oldest, CommentSort::Newest, CommentSort::Top] {
                    let whole = expected(&rows, kind, of, order);
                    let mut forward = Vec::new();
                    let mut start = Start::First;
                    loop {
                        let slice = one(conn, kind, of, order, start)?;
                        forward.extend(slice.rows.iter().map(|r| r.id));
                        match slice.rows.last() {
                            Some(last) if slice.has_next => start = Start::After(place(last, order)),
                            _ => break,
                        }
                    }
                    assert_eq!(forward, whole, "{kind:?} {order:?}");
                    let mut backward = Vec::new();
                    let mut start = Start::Last;
                    loop {
                        let slice = one(conn, kind, of, order, start)?;
                        backward.splice(0..0, slice.rows.iter().map(|r| r.id));
                        match slice.rows.first() {
                            Some(first) if slice.has_previous => start = Start::Before(place(first, order)),
                            _ => break,
                        }
                    }
                    assert_eq!(backward, whole, "{kind:?} {order:?} backwards");
                }
            }
            let posts = [id(1), id(2), id(3)];
            let together =
                pages(conn, ThreadPart::Roots, &posts, CommentSort::Top, &Window::first(4), None)?.0;
            assert_eq!(together.len(), 3);
            for (of, slice) in together {
                let whole = expected(&rows, ThreadPart::Roots, of, CommentSort::Top);
                assert!(slice.rows.iter().map(|r| r.id).eq(whole.iter().copied().take(4)));
            }
            for (kind, counts) in [
                (ThreadPart::Roots, count_roots(conn, &posts)?),
                (ThreadPart::Flat, count_shown(conn, &posts)?),
            ] {
                assert_eq!(counts.len(), 3);
                for (of, count) in counts {
                    let whole = expected(&rows, kind, of, CommentSort::Oldest).len();
                    assert_eq!(count, i64::try_from(whole).unwrap());
                }
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn descendants_are_the_first_replies_of_each_down_to_the_depth_asked_for() {
    let store = Store::new("descendants").await;
    store.write(|tx| shuffle(tx.conn, 12_345, 500)).await;
    store
        .read(|conn| {
            let rows = all(conn)?;
            let tops: Vec<Id> = (1..=3)
                .flat_map(|n| expected(&rows, ThreadPart::Roots, id(n), CommentSort::Oldest))
                .collect();
            for (per_parent, levels) in [(1, 1), (2, 3), (10, 4), (3, 0)] {
                let mut wanted: HashSet<Id> = HashSet::new();
                let mut level = tops.clone();
                for _ in 0..levels {
                    level = level
                        .iter()
                        .flat_map(|of| {
                            expected(&rows, ThreadPart::Replies, *of, CommentSort::Oldest)
                                .into_iter()
                                .take(per_parent)
                        })
                        .collect();
                    wanted.extend(&level);
                }
                let found: Vec<Id> = descendants(
                    conn,
                    &tops,
                    Below { per_parent: i64::try_from(per_parent).unwrap(), levels, most: 10_000 },
                )?
                .iter()
                .map(|r| r.id)
                .collect();
                assert_eq!(found.len(), wanted.len());
                assert_eq!(found.into_iter().collect::<HashSet<_>>(), wanted);
            }
            // A limit cuts the deepest level off first.
            let some = descendants(conn, &tops, Below { per_parent: 10, levels: 4, most: 5 })?;
            assert_eq!(some.len(), 5);
            let depths: HashMap<Id, i32> = rows.iter().map(|r| (r.id, r.depth)).collect();
            assert!(some.iter().all(|r| depths[&r.id] == 1));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_page_with_its_replies_is_the_page_and_then_its_replies() {
    let store = Store::new("nested").await;
    store.write(|tx| shuffle(tx.conn, 54_321, 500)).await;
    store
        .read(|conn| {
            let below = Below { per_parent: 2, levels: 3, most: 10_000 };
            let window = Window::first(3);
            let posts: Vec<Id> = (1..=3).map(id).collect();
            for order in [CommentSort::Oldest, CommentSort::Newest, CommentSort::Top] {
                let (alone, none) = pages(conn, ThreadPart::Roots, &posts, order, &window, None)?;
                let (nested, replies) = pages(conn, ThreadPart::Roots, &posts, order, &window, Some(below))?;
                assert!(none.is_empty());
                assert_eq!(alone, nested);
                // The row that tells of a next page brings its own replies along.
                let tops: Vec<Id> =
                    nested.iter().flat_map(|(_, page)| page.rows.iter().map(|r| r.id)).collect();
                let wanted: HashSet<Id> = descendants(conn, &tops, below)?.iter().map(|r| r.id).collect();
                let found: HashSet<Id> = replies.iter().map(|r| r.id).collect();
                assert!(!wanted.is_empty() && wanted.is_subset(&found));
                // Read whole, the pages are the same, and everything hangs on them.
                let (short, all) = whole(conn, &posts, order, &window, below.levels)?;
                assert_eq!(short, nested);
                let every = Below { per_parent: 10_000, ..below };
                let wanted: HashSet<Id> = descendants(conn, &tops, every)?.iter().map(|r| r.id).collect();
                let found: HashSet<Id> = all.iter().map(|r| r.id).collect();
                assert!(wanted.is_subset(&found));
                assert!(all.iter().all(|r| r.shown && (1..=below.levels).contains(&r.depth)));
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_page_takes_as_many_statements_however_many_comments_there_are() {
    let store = Store::new("statements").await;
    let mut seen = HashSet::new();
    for round in 0..3_u128 {
        store
            .write(move |tx| {
                let conn = &mut *tx.conn;
                if round == 0 {
                    crate::posts::insert(conn, &post(1))?;
                }
                let size = [1, 12, 60][usize::try_from(round).unwrap()];
                let mut parent = None;
                for n in 0..size {
                    let n = 1000 * (round + 1) + n;
                    insert(
                        conn,
                        &comment(n, id(1), CommentStatus::Approved, i64::try_from(n).unwrap()),
                        parent.as_ref(),
                    )?;
                    parent = if n % 4 == 0 { None } else { Some(get(conn, n)?) };
                }
                Ok(())
            })
            .await;
        let count = STATEMENTS
            .scope(Cell::new(0), async {
                store
                    .read(|conn| {
                        let found = pages(
                            conn,
                            ThreadPart::Roots,
                            &[id(1)],
                            CommentSort::Newest,
                            &Window::first(50),
                            None,
                        )?
                        .0;
                        let ids: Vec<Id> =
                            found.iter().flat_map(|(_, s)| s.rows.iter().map(|r| r.id)).collect();
                        descendants(conn, &ids, Below { per_parent: 10, levels: 4, most: 1000 })?;
                        by_ids(conn, &ids)?;
                        private(conn, &ids)?;
                        count_roots(conn, &[id(1)])?;
                        ancestors(conn, ids[0], 100)
                    })
                    .await;
                STATEMENTS.with(Cell::get)
            })
            .await;
        seen.insert(count);
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[tokio::test]
async fn each_page_is_read_from_an_index_and_not_from_the_whole_thread() {
    let store = Store::new("plan").await;
    store
        .db
        .raw(|conn| {
            for (kind, order) in [
                (ThreadPart::Roots, CommentSort::Oldest),
                (ThreadPart::Roots, CommentSort::Newest),
                (ThreadPart::Roots, CommentSort::Top),
                (ThreadPart::Flat, CommentSort::Oldest),
                (ThreadPart::Flat, CommentSort::Top),
                (ThreadPart::Replies, CommentSort::Oldest),
            ] {
                let key = if order == CommentSort::Top {
                    threads::KeyOf::Int(3)
                } else {
                    threads::KeyOf::Time(at(1))
                };
                let lines = threads::plan(conn, kind, order, (key, id(1)))?;
                let text = lines.join("\n");
                assert!(!text.contains("TEMP B-TREE"), "{kind:?} {order:?} sorts:\n{text}");
                assert!(
                    lines.iter().all(|l| !l.starts_with("SCAN") || l.contains("VIRTUAL TABLE")),
                    "{kind:?} {order:?} scans:\n{text}"
                );
                let place = if order == CommentSort::Top { "(score,id)" } else { "(created_at,id)" };
                assert!(text.contains(place), "{kind:?} {order:?} does not begin at its place:\n{text}");
            }
            Ok(())
        })
        .await
        .unwrap();
}
