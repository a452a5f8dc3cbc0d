//! What is measured in this process, by the processor time of one thread: reads against hand-written ones, growth, statements
//! prepared again, group commit.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pressroom::auth::viewer::Viewer;
use pressroom::config::Switch;
use pressroom::freshness::Reader;
use pressroom::page::{PageRequest, cursor};
use pressroom::service::posts::{self, Columns, PostQuery, ProjectedMembers, Projection};
use pressroom::service::{Found, Svc};
use pressroom_schema::db::STATEMENTS;
use pressroom_schema::posts::{Measures, NewPost, PostContent, PostRow, Ref};
use pressroom_schema::{BodyFormat, ChangeAction, KeyValue, ObjectType, StoreError};
use rusqlite::Connection;

use crate::corpus::{self, Size};
use crate::over::{self, Ask};
use crate::table::{Goal, Spread, Table};
use crate::{Answer, app, baseline, cpu, serve, watch};

const ROUNDS: usize = 21;
const SLICE: Duration = Duration::from_millis(12);
/// Clients that write at once.
const WRITERS: usize = 16;
/// Posts that are read again and again.
pub const HOT: usize = 512;
/// What the cache is set to where nobody sets it. No read here is answered from it, but what pages share is kept in it: profiles,
/// tags, and summaries of the posts that others name.
pub const CACHE: u64 = 64 << 20;

/// What `GET /v1/posts/{post}?include=links,related,adjacent,comments` shows to anybody.
const PAGE: Projection = Projection {
    body: Columns { html: true, text: true, source: false },
    members: ProjectedMembers::ALL,
    links: true,
    related: true,
    adjacent: true,
    comments: true,
    below: None,
};

/// The hot posts, spread over the publication in no order.
pub fn hot(size: Size) -> Vec<String> {
    (0..HOT).map(|n| corpus::slug(n * 1_000_003 % size.posts())).collect()
}

/// A read of ours, on the reader's thread.
pub type Read = Arc<dyn Fn(&Svc, &mut Reader<'_>, &Viewer) -> pressroom::error::Result<usize> + Send + Sync>;

pub fn page(slugs: Vec<String>) -> Read {
    let next = std::sync::atomic::AtomicUsize::new(0);
    Arc::new(move |svc, reader, viewer| {
        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % slugs.len();
        Ok(one_page(svc, reader, viewer, &slugs[n])?.len())
    })
}

pub fn one_page(
    svc: &Svc,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    slug: &str,
) -> pressroom::error::Result<Vec<u8>> {
    match posts::get_in(svc, reader, viewer, &Ref::parse(slug), None, PAGE)? {
        Found::Here(view) => Ok(serde_json::to_vec(&view).unwrap()),
        Found::Moved(_) => Ok(Vec::new()),
    }
}

fn list(query: PostQuery) -> Read {
    Arc::new(move |svc, reader, viewer| {
        let page = posts::list_in(svc, reader, viewer, &query, Projection::default())?;
        Ok(serde_json::to_vec(&page.into_list()).unwrap().len())
    })
}

fn asks(limit: i64) -> PostQuery {
    PostQuery { page: PageRequest { limit: Some(limit), ..PageRequest::default() }, ..PostQuery::default() }
}

/// A page of the list that goes on after post number `n`.
fn deep(mut query: PostQuery, n: usize) -> PostQuery {
    let at = corpus::published(n);
    query.page.after = cursor("posts:-published_at", &KeyValue::Time(at), corpus::post(n)).parse().ok();
    query
}

/// Runs `read` on the reader's thread for a slice; microseconds of its processor time a read.
fn slice(svc: &Svc, read: &Read, time: Duration) -> Answer<f64> {
    let (svc2, read) = (svc.clone(), Arc::clone(read));
    let viewer = Viewer::anonymous("bench", None);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let work = move |reader: &mut Reader<'_>| {
        let viewer = Viewer::anonymous("bench", None);
        let (started, before, mut count) = (Instant::now(), cpu::of_thread(), 0_u32);
        while started.elapsed() < time {
            for _ in 0..8 {
                std::hint::black_box(read(&svc2, reader, &viewer)?);
                count += 1;
            }
        }
        Ok(micros(cpu::of_thread() - before) / f64::from(count))
    };
    runtime.block_on(svc.read(&viewer, work)).map(|read| read.value).map_err(|e| e.to_string().into())
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a slice")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

fn by_hand(conn: &Connection, read: &dyn Fn(&Connection) -> Answer<Vec<u8>>, time: Duration) -> Answer<f64> {
    let (started, before, mut count) = (Instant::now(), cpu::of_thread(), 0_u32);
    while started.elapsed() < time {
        for _ in 0..8 {
            std::hint::black_box(read(conn)?);
            count += 1;
        }
    }
    Ok(micros(cpu::of_thread() - before) / f64::from(count))
}

/// Slices of both in turn: the ratio of `case` to the base before and after it.
pub fn alternate(
    rounds: usize,
    mut base: impl FnMut() -> Answer<f64>,
    mut case: impl FnMut() -> Answer<f64>,
) -> Answer<(Spread, f64, f64)> {
    let (mut ratios, mut bases, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    base()?;
    case()?;
    let mut before = base()?;
    for _ in 0..rounds {
        let own = case()?;
        let after = base()?;
        ratios.push(own / f64::midpoint(before, after));
        bases.push(after);
        cases.push(own);
        before = after;
    }
    Ok((Spread::of(ratios), Spread::of(bases).median, Spread::of(cases).median))
}

/// Rows 6 to 11, 13, 14.
pub fn rows(table: &mut Table) -> Answer<()> {
    cpu::pin(1);
    corpus::make(Size::S)?;
    table.take(&[6], against_hand);
    table.take(&[7], after_a_change);
    table.take(&[8], prepared_again);
    table.take(&[9], statements);
    table.take(&[10, 11], growth);
    table.take(&[13], faces);
    table.take(&[14], group_commit);
    Ok(())
}

/// A copy of the small publication that may be written to.
pub fn scratch(name: &str) -> Answer<std::path::PathBuf> {
    let path = crate::target().join(name);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    std::fs::copy(corpus::make(Size::S)?, &path)?;
    Ok(path)
}

/// Posts with more than a page of comments, with few, and the ends of the publication.
pub fn telling() -> [String; 4] {
    [400, 401, 0, Size::S.posts() - 1].map(corpus::slug)
}

fn check(svc: &Svc, conn: &Connection) -> Answer<()> {
    telling().iter().try_for_each(|slug| check_page(svc, conn, slug))
}

/// Compares the bytes of a page, and of a list, with those of the baseline.
fn check_page(svc: &Svc, conn: &Connection, slug: &str) -> Answer<()> {
    let (svc2, viewer) = (svc.clone(), Viewer::anonymous("bench", None));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let name = slug.to_owned();
    let work = move |reader: &mut Reader<'_>| {
        let viewer = Viewer::anonymous("bench", None);
        let page = one_page(&svc2, reader, &viewer, &name)?;
        let list = posts::list_in(&svc2, reader, &viewer, &asks(10), Projection::default())?;
        Ok((page, serde_json::to_vec(&list.into_list()).unwrap()))
    };
    let (page, list) = runtime.block_on(svc.read(&viewer, work)).map_err(|e| e.to_string())?.value;
    for (what, ours, theirs) in
        [("page", page, baseline::page(conn, slug)?), ("list", list, baseline::list(conn, 10)?)]
    {
        same(what, &ours, &theirs)?;
    }
    Ok(())
}

/// Whether the server's bytes are the baseline's; if not, where they part.
pub fn same(what: &str, ours: &[u8], theirs: &[u8]) -> Answer<()> {
    if ours == theirs {
        return Ok(());
    }
    let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let near = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(bytes.len())..(at + 60).min(bytes.len())])
            .into_owned()
    };
    Err(format!("the {what} differs:\n{}\n{}", near(ours), near(theirs)).into())
}

fn against_hand(table: &mut Table) -> Answer<()> {
    let path = corpus::make(Size::S)?;
    let conn = &baseline::open(&path)?;
    let slugs = hot(Size::S);
    let (keeping, bare) = (app::open(&path, CACHE)?, app::open(&path, 0)?);
    for (app, what, goal) in
        [(&keeping, "", Goal::AtMost(1.25, 1.5)), (&bare, ", nothing kept of others", Goal::None)]
    {
        let svc = app.service();
        // Twice: by what is read, and by what is kept.
        check(svc, conn)?;
        check(svc, conn)?;
        let ours = page(slugs.clone());
        slice(svc, &ours, SLICE * 20)?;
        let next = Cell::new(0);
        let theirs = |conn: &Connection| {
            next.set((next.get() + 1) % slugs.len());
            baseline::page(conn, &slugs[next.get()])
        };
        let (ratio, base, own) =
            alternate(ROUNDS, || by_hand(conn, &theirs, SLICE), || slice(svc, &ours, SLICE))?;
        let name = format!("uncached post page in process ÷ rusqlite{what}");
        table.row(6, &name, ratio, goal, &format!("{own:.1} ÷ {base:.1} µs"));
        let ours = list(asks(10));
        let theirs = |conn: &Connection| baseline::list(conn, 10);
        let (ratio, base, own) =
            alternate(ROUNDS, || by_hand(conn, &theirs, SLICE), || slice(svc, &ours, SLICE))?;
        let name = format!("uncached list of 10 in process ÷ rusqlite{what}");
        table.row(6, &name, ratio, Goal::None, &format!("{own:.1} ÷ {base:.1} µs"));
    }
    Ok(())
}

/// The list is read once after each change of one of its posts, by both: what a write leaves cold is cold for both.
fn after_a_change(table: &mut Table) -> Answer<()> {
    let path = scratch("changed.db")?;
    let (app, conn) = (app::open(&path, 64 << 20)?, baseline::open(&path)?);
    let (svc, conn) = (app.service(), &conn);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let viewer = Viewer { is_kept: true, ..Viewer::anonymous("bench", None) };
    // There is one reader, and this is what its thread has run so far.
    let clock = async || svc.read_private(&viewer, |_| Ok(cpu::of_thread())).await;
    let ours = async || {
        let start = clock().await?;
        let page = posts::list_items(svc, &viewer, asks(10)).await?.value;
        let end = clock().await?;
        let before = cpu::of_thread();
        let bytes = serde_json::to_vec(&page.into_list()).unwrap();
        pressroom::error::Result::Ok((micros(end - start + cpu::of_thread() - before), bytes))
    };
    // What the reader does around a read that does nothing.
    let around = async || {
        let start = clock().await?;
        svc.read(&viewer, |_| Ok(())).await?;
        pressroom::error::Result::Ok(micros(clock().await? - start))
    };
    let theirs = || {
        let before = cpu::of_thread();
        let bytes = baseline::list(conn, 10)?;
        Answer::Ok((micros(cpu::of_thread() - before), bytes))
    };
    let last = Size::S.posts() - 1;
    let (mut ratios, mut owns, mut bases, mut statements) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut writes = Vec::new();
    for n in 0..120_usize {
        let started = Instant::now();
        runtime.block_on(serve::touch(svc, &corpus::slug(last - n % 10), &n.to_string()))?;
        writes.push(started.elapsed().as_secs_f64() * 1000.0);
        let counted = STATEMENTS.scope(Cell::new(0), async {
            let first = if n % 2 == 0 { Some(theirs()?) } else { None };
            let around = around().await.map_err(|e| e.to_string())?;
            STATEMENTS.with(|count| count.set(0));
            let (own, bytes) = ours().await.map_err(|e| e.to_string())?;
            let count = STATEMENTS.with(Cell::get);
            let (base, same) = first.map_or_else(theirs, Ok)?;
            if bytes != same {
                return Err("the list after a change differs".into());
            }
            Answer::Ok((own - around, base, count))
        });
        let (own, base, count) = runtime.block_on(counted)?;
        // The first rounds make the list items and warm what is measured.
        if n >= 20 {
            ratios.push(own / base);
            owns.push(own);
            bases.push(base);
            statements.push(f64::from(count));
        }
    }
    let [own, base, count] = [owns, bases, statements].map(|values| Spread::of(values).median);
    table.row(
        7,
        "list of 10 after one of its posts changed ÷ rusqlite list",
        Spread::of(ratios),
        Goal::AtMost(0.4, 1.3),
        &format!("{own:.1} ÷ {base:.1} µs, {count} statements"),
    );
    table.row(
        7,
        "publishing that change: ms of time",
        Spread::of(writes),
        Goal::None,
        "durable, related posts and all",
    );
    Ok(())
}

/// Every read of the contract, twice: the second time nothing may be prepared.
fn prepared_again(table: &mut Table) -> Answer<()> {
    watch::begin();
    let app = app::open(&Size::S.path(), 0)?;
    let asks = crate::over::reads();
    let mut ask = crate::over::in_process(&app)?;
    for each in &asks {
        ask(each)?;
    }
    let before = watch::warm();
    for each in &asks {
        ask(each)?;
    }
    let (strangers, again) = watch::count(before);
    for text in &strangers {
        eprintln!("prepared after warm-up: {text}");
    }
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let total = (strangers.len() as i64 + again) as f64;
    table.row(
        8,
        "statements prepared or prepared again after warm-up",
        Spread::exact(total),
        Goal::AtMost(0.0, 0.0),
        &format!("{} reads", asks.len()),
    );
    Ok(())
}

/// Statements of a read as the server counts them, for few rows and for many.
fn statements(table: &mut Table) -> Answer<()> {
    let mut config = app::config(&Size::S.path(), 0);
    config.server_timing = Switch::On;
    let app = app::open_with(config)?;
    let mut ask = crate::over::in_process(&app)?;
    let mut count = |each: &Ask| -> Answer<f64> {
        let timing = ask(each)?.1.ok_or("no Server-Timing")?;
        let number = timing.split('"').nth(1).and_then(|text| text.split(' ').next()).unwrap_or_default();
        Ok(number.parse()?)
    };
    // Five comments stand under the one post and more than a page under the other.
    let (few, many) = (corpus::slug(401), corpus::slug(400));
    let cases = [
        ("list, of 2 and of 100", 3.0, Ask::get("/v1/posts?limit=2"), Ask::get("/v1/posts?limit=100")),
        ("post page, 5 and 25 comments", 5.0, Ask::get(&over::page(&few)), Ask::get(&over::page(&many))),
        (
            "GraphQL page, all that REST shows, 5 and 25 comments",
            6.0,
            Ask::whole(&few, 0),
            Ask::whole(&many, 0),
        ),
        (
            "GraphQL page, the acceptance's fields, 5 and 25 comments",
            6.0,
            Ask::graphql(&few, 0),
            Ask::graphql(&many, 0),
        ),
    ];
    for (what, most, few, many) in cases {
        // A document that is met for the first time is no different, but the first connection is.
        let (_, small, large) = (count(&few)?, count(&few)?, count(&many)?);
        let goal = Goal::AtMost(most, if small == large { f64::INFINITY } else { most });
        table.row(
            9,
            &format!("statements: {what}"),
            Spread::exact(large),
            goal,
            &format!("{small} and {large}"),
        );
    }
    Ok(())
}

type Face<'a> = (&'a str, &'a dyn Fn(&str, usize) -> Ask, Goal);

/// The whole application without a socket, all its threads: a page by GraphQL against the same page by REST.
fn faces(table: &mut Table) -> Answer<()> {
    let app = app::open(&Size::S.path(), CACHE)?;
    let ask = std::cell::RefCell::new(crate::over::in_process(&app)?);
    let slugs = hot(Size::S);
    // Each is asked for as nobody has asked before, so that it is computed.
    let next = Cell::new(0);
    let run = |make: &dyn Fn(&str, usize) -> Ask| -> Answer<f64> {
        let (mut taken, started, mut count) = (0, Instant::now(), 0_u32);
        while started.elapsed() < SLICE * 4 {
            let asks: Vec<Ask> = (0..8)
                .map(|_| {
                    next.set(next.get() + 1);
                    make(&slugs[next.get() % slugs.len()], next.get() / slugs.len())
                })
                .collect();
            let before = cpu::of_own_process();
            for each in &asks {
                std::hint::black_box((ask.borrow_mut())(each)?);
            }
            taken += cpu::of_own_process() - before;
            count += 8;
        }
        Ok(micros(taken) / f64::from(count))
    };
    let bytes = |each: &Ask| -> Answer<usize> { Ok((ask.borrow_mut())(each)?.0.len()) };
    let rest = |slug: &str, time: usize| Ask::get(&over::page_anew(slug, time));
    let cases: [Face<'_>; 2] = [
        ("all that REST shows", &Ask::whole, Goal::AtMost(2.2, 6.0)),
        ("the acceptance's fields", &Ask::graphql, Goal::None),
    ];
    for (what, make, goal) in cases {
        let (ours, theirs) = (bytes(&make(&slugs[0], 0))?, bytes(&rest(&slugs[0], 0))?);
        let (ratio, base, own) = alternate(ROUNDS, || run(&rest), || run(make))?;
        let what = format!("uncached GraphQL page ÷ REST page, whole application in process: {what}");
        table.row(13, &what, ratio, goal, &format!("{own:.1} ÷ {base:.1} µs; {ours} and {theirs} bytes"));
    }
    Ok(())
}

fn growth(table: &mut Table) -> Answer<()> {
    let small = app::open(&corpus::make(Size::S)?, CACHE)?;
    let large = app::open(&corpus::make(Size::L)?, CACHE)?;
    let (small, large) = (small.service(), large.service());
    let compare = |table: &mut Table, row: u32, what: &str, reach: Goal, s: Read, l: Read| -> Answer<()> {
        // What is measured is in memory: each slice of the warm-up touches every sampled key.
        for _ in 0..2 {
            slice(small, &s, SLICE * 20)?;
            slice(large, &l, SLICE * 20)?;
        }
        let (ratio, base, own) = alternate(ROUNDS, || slice(small, &s, SLICE), || slice(large, &l, SLICE))?;
        table.row(row, what, ratio, reach, &format!("{own:.1} ÷ {base:.1} µs"));
        Ok(())
    };
    if table.wants(&[10]) {
        let tag = |mut q: PostQuery| {
            q.tags = vec![corpus::tag_slug(7)];
            q
        };
        let author = |mut q: PostQuery| {
            q.authors = vec![corpus::author_slug(7)];
            q
        };
        let middle = |size: Size| size.posts() * 55 / 100;
        let newest = |_: Size| asks(10);
        let cases: [(&str, &dyn Fn(Size) -> PostQuery); 6] = [
            ("newest", &newest),
            ("newest, 45 % deep", &|size| deep(asks(10), middle(size))),
            ("by tag", &|_| tag(asks(10))),
            ("by tag, 45 % deep", &|size| tag(deep(asks(10), middle(size)))),
            ("by author", &|_| author(asks(10))),
            ("by author, 45 % deep", &|size| author(deep(asks(10), middle(size)))),
        ];
        for (what, query) in cases {
            let what = format!("growth of the list {what}");
            compare(table, 10, &what, Goal::AtMost(1.2, 1.5), list(query(Size::S)), list(query(Size::L)))?;
        }
        let counted = |mut q: PostQuery| {
            q.page.count = true;
            q
        };
        let (s, l) = (list(counted(asks(1))), list(counted(asks(1))));
        compare(table, 10, "growth of the list of one, with the total", Goal::AtMost(1.2, 1.5), s, l)?;
        let (s, l) = (list(counted(tag(asks(1)))), list(counted(tag(asks(1)))));
        compare(table, 10, "growth of a tag's list of one, with the total", Goal::AtMost(1.2, 1.5), s, l)?;
    }
    if table.wants(&[11]) {
        compare(
            table,
            11,
            "growth of a post page, 512 hot",
            Goal::AtMost(1.35, 1.6),
            page(hot(Size::S)),
            page(hot(Size::L)),
        )?;
        let all = |size: Size| (0..size.posts()).map(|n| corpus::slug(n * 700_001 % size.posts())).collect();
        compare(
            table,
            11,
            "growth of a post page, uniform",
            Goal::AtMost(1.8, 2.2),
            page(all(Size::S)),
            page(all(Size::L)),
        )?;
    }
    Ok(())
}

/// Posts of 4 KB, written by several clients at once for a while: writes a second.
///
/// `alone` puts work of another kind behind each write, at which a group ends, so that each write has a commit of its own.
fn writes(svc: &Svc, alone: bool, time: Duration) -> Answer<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let count = runtime.block_on(async {
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                let mut all = Vec::new();
                for _ in 0..WRITERS {
                    let svc = svc.clone();
                    all.push(tokio::task::spawn_local(async move {
                        let (started, mut count) = (Instant::now(), 0_u32);
                        while started.elapsed() < time {
                            if alone {
                                let (written, between) =
                                    tokio::join!(biased; write_one(&svc), svc.db.raw(|_| Ok(())));
                                written.unwrap();
                                between.unwrap();
                            } else {
                                write_one(&svc).await.unwrap();
                            }
                            count += 1;
                        }
                        count
                    }));
                }
                let mut total = 0;
                for client in all {
                    total += client.await.unwrap();
                }
                total
            })
            .await
    });
    Ok(f64::from(count) / time.as_secs_f64())
}

async fn write_one(svc: &Svc) -> Result<(), StoreError> {
    let (id, now) = (svc.clock.new_id(), svc.now());
    let actor = svc.actor(&Viewer::system());
    svc.db
        .write(actor, move |tx| {
            let row = PostRow {
                content: PostContent {
                    slug: format!("w-{}", id.0.simple()).parse().unwrap_or_default(),
                    title: "Written".into(),
                    ..PostContent::default()
                },
                measures: Measures { word_count: 600, reading_minutes: 3 },
                revision: 1,
                title_key: "written".into(),
                ..PostRow::begin(id, None, now)
            };
            let post = NewPost {
                row,
                html: "word ".repeat(800),
                text: String::new(),
                body_format: BodyFormat::Markdown,
                body_source: "word ".repeat(800),
            };
            pressroom_schema::posts::insert(tx.conn, &post)?;
            tx.record(ObjectType::Post, id, ChangeAction::Created, 1, Vec::new());
            Ok(())
        })
        .await
}

fn group_commit(table: &mut Table) -> Answer<()> {
    let open = |name: &str, durable: bool| -> Answer<_> {
        let path = scratch(name)?;
        let mut config = app::config(&path, 0);
        if !durable {
            config.durable = Switch::Off;
        }
        app::open_with(config)
    };
    let (durable, relaxed) = (open("durable.db", true)?, open("relaxed.db", false)?);
    let time = Duration::from_millis(400);
    let cases: [(&str, Goal, &Svc, bool); 2] = [
        ("group commit at 16 clients, durable ÷ relaxed", Goal::AtLeast(0.75, 0.6), relaxed.service(), false),
        (
            "group commit ÷ one write a commit at 16 clients, durable",
            Goal::AtLeast(2.5, 2.0),
            durable.service(),
            true,
        ),
    ];
    for (what, goal, base, alone) in cases {
        let (ratio, base, own) =
            alternate(9, || writes(base, alone, time), || writes(durable.service(), false, time))?;
        table.row(14, what, ratio, goal, &format!("{own:.0} ÷ {base:.0} writes/s"));
    }
    Ok(())
}

/// Runs one case so many times, for callgrind: the difference between two numbers of times is the case alone.
pub fn repeat(case: &str, times: usize) -> Answer<()> {
    let size = if case.ends_with("-l") { Size::L } else { Size::S };
    let path = size.path();
    let slugs = hot(size);
    let name = case.trim_end_matches("-l");
    if let "rusqlite-page" | "rusqlite-list" = name {
        let conn = baseline::open(&path)?;
        for n in 0..times {
            let bytes = if name == "rusqlite-page" {
                baseline::page(&conn, &slugs[n % 64])?
            } else {
                baseline::list(&conn, 10)?
            };
            std::hint::black_box(bytes);
        }
        return Ok(());
    }
    if let Some(http) = name.strip_prefix("http-") {
        return crate::over::repeat(http, &path, &slugs, times);
    }
    let app = app::open(&path, if name == "page-alone" { 0 } else { CACHE })?;
    let svc = app.service();
    let read = match name {
        "page" | "page-alone" => page(slugs[..64].to_vec()),
        "list" => list(asks(10)),
        _ => return Err(format!("there is no case {case}").into()),
    };
    let (svc2, viewer) = (svc.clone(), Viewer::anonymous("bench", None));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let work = move |reader: &mut Reader<'_>| {
        for _ in 0..times {
            std::hint::black_box(read(&svc2, reader, &Viewer::anonymous("bench", None))?);
        }
        Ok(())
    };
    runtime.block_on(svc.read(&viewer, work)).map(|read| read.value).map_err(|e| e.to_string().into())
}
