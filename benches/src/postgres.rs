//! What is measured on PostgreSQL, by the clock, since most of it happens in processes of the database's own: the post page
//! against one written by hand over libpq, how soon another instance knows of a write, and how publishing grows with its clients.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pressroom::auth::viewer::Viewer;
use pressroom::config::{Config, Switch};
use pressroom::freshness::Reader;
use pressroom::service::Svc;
use pressroom::service::posts::{self, CreatePost};
use tokio::runtime::Runtime;

use crate::baseline::{Row as _, Source as _, Value};
use crate::cluster::Cluster;
use crate::corpus::{self, Size};
use crate::inside::{self, Read, alternate, hot};
use crate::libpq::{Client, Pool};
use crate::over::{self, Ask};
use crate::table::{Goal, Spread, Table};
use crate::{Answer, app, baseline, cpu, serve};

const ROUNDS: usize = 21;
const SLICE: Duration = Duration::from_millis(250);
/// Clients that read at once.
const CLIENTS: usize = 16;
/// What `api/src/freshness/follow.rs` promises, in milliseconds.
const BOUND: f64 = 3_000.0;
/// A role of its own tells the second instance's connections from the first's.
const SECOND: &str = "second";
const WRITES: usize = 200;
const CACHE: u64 = 64 << 20;

/// Rows 17, 19 and 20.
pub fn rows(table: &mut Table) -> Answer<()> {
    if !table.wants(&[17, 19, 20]) {
        return Ok(());
    }
    // The cores are the client's, the server's and the database's alike.
    cpu::unpin();
    let made = Cluster::start().and_then(|cluster| {
        Client::connect(&cluster.url("postgres", "pressroom"))?.run("CREATE DATABASE publication")?;
        corpus::copy(&cluster.url("publication", "pressroom"))?;
        Ok(cluster)
    });
    let cluster = || made.as_ref().map_err(ToString::to_string);
    table.take(&[17], |table| against_hand(table, cluster()?));
    table.take(&[19], |table| two_instances(table, cluster()?));
    table.take(&[20], |table| publishing(table, cluster()?));
    Ok(())
}

fn runtime() -> Answer<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn read_once(svc: &Svc, read: &Read) -> Answer<usize> {
    let (svc2, read) = (svc.clone(), Arc::clone(read));
    let work = move |reader: &mut Reader<'_>| read(&svc2, reader, &Viewer::anonymous("bench", None));
    let read = svc.read(&Viewer::anonymous("bench", None), work).await;
    read.map(|read| read.value).map_err(|e| e.to_string().into())
}

/// The median of what single reads took, in microseconds.
fn waits(mut read: impl FnMut() -> Answer<usize>) -> Answer<f64> {
    let (started, mut waits) = (Instant::now(), Vec::new());
    while started.elapsed() < SLICE {
        let before = Instant::now();
        std::hint::black_box(read()?);
        waits.push(before.elapsed().as_secs_f64() * 1e6);
    }
    Ok(Spread::of(waits).median)
}

#[expect(clippy::cast_precision_loss, reason = "reads of a slice")]
fn speed(count: usize, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// Reads a second of clients that each ask again when they are answered.
fn throughput(runtime: &Runtime, svc: &Svc, read: &Read) -> Answer<f64> {
    let (started, local) = (Instant::now(), tokio::task::LocalSet::new());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (svc, read) = (svc.clone(), Arc::clone(read));
            local.spawn_local(async move {
                let mut count = 0;
                while started.elapsed() < SLICE {
                    std::hint::black_box(read_once(&svc, &read).await?);
                    count += 1;
                }
                Answer::Ok(count)
            })
        })
        .collect();
    let mut total = 0;
    for client in clients {
        total += runtime.block_on(local.run_until(client))??;
    }
    Ok(speed(total, started))
}

/// The same by hand: a thread for each client, connections from a pool.
fn throughput_by_hand(pool: &Pool, read: &(impl Fn(&Client) -> Answer<usize> + Sync)) -> Answer<f64> {
    let started = Instant::now();
    let client = || {
        let mut count = 0;
        while started.elapsed() < SLICE {
            std::hint::black_box(pool.with(read)?);
            count += 1;
        }
        Answer::Ok(count)
    };
    let total = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum::<Answer<usize>>()
    })?;
    Ok(speed(total, started))
}

fn against_hand(table: &mut Table, cluster: &Cluster) -> Answer<()> {
    let url = &cluster.url("publication", "pressroom");
    let app = app::open_with(app::on_postgres(url, inside::CACHE))?;
    let svc = app.service();
    let connections = Config::or_cores(0);
    let pool = Pool::open(url, connections)?;
    let runtime = runtime()?;
    let anybody = Viewer::anonymous("bench", None);
    for slug in inside::telling() {
        let (svc2, name) = (svc.clone(), slug.clone());
        let work = move |reader: &mut Reader<'_>| {
            inside::one_page(&svc2, reader, &Viewer::anonymous("bench", None), &name)
        };
        let ours = runtime.block_on(svc.read(&anybody, work)).map_err(|e| e.to_string())?.value;
        inside::same("page", &ours, &pool.with(|conn| baseline::page(conn, &slug))?)?;
    }
    let slugs = hot(Size::S);
    let ours = inside::page(slugs.clone());
    let next = AtomicUsize::new(0);
    let theirs = |conn: &Client| {
        let n = next.fetch_add(1, Ordering::Relaxed) % slugs.len();
        Ok(baseline::page(conn, &slugs[n])?.len())
    };
    let (ratio, base, own) = alternate(
        ROUNDS,
        || waits(|| pool.with(theirs)),
        || waits(|| runtime.block_on(read_once(svc, &ours))),
    )?;
    table.row(
        17,
        "PostgreSQL, uncached post page ÷ libpq: time of one client",
        ratio,
        Goal::AtMost(0.75, 1.0),
        &format!("{own:.0} ÷ {base:.0} µs"),
    );
    let (ratio, base, own) =
        alternate(ROUNDS, || throughput_by_hand(&pool, &theirs), || throughput(&runtime, svc, &ours))?;
    table.row(
        17,
        "PostgreSQL, uncached post page ÷ libpq: speed at 16 clients",
        ratio,
        Goal::AtLeast(1.3, 1.0),
        &format!("{own:.0} ÷ {base:.0} pages/s, {connections} connections each"),
    );
    Ok(())
}

/// What happens to the second instance's notification connection before a write.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Cut {
    No,
    /// It is ended, and made anew as soon as that is seen.
    Short,
    /// It is ended, and cannot be made anew before the second instance is exact without it.
    Long,
}

impl Cut {
    fn before(write: usize) -> Self {
        match (write % 50, write % 10) {
            (49, _) => Self::Long,
            (_, 4) => Self::Short,
            _ => Self::No,
        }
    }
}

/// Asks again and again until the answer is the right one; for how many milliseconds it was not.
fn until(pause: Duration, mut is_right: impl FnMut() -> Answer<bool>) -> Answer<f64> {
    let started = Instant::now();
    loop {
        // What is asked from here on is to be right.
        let asked = started.elapsed();
        if is_right()? {
            return Ok(asked.as_secs_f64() * 1000.0);
        }
        if asked > Duration::from_secs(15) {
            return Err("the second instance has not come round in 15 seconds".into());
        }
        std::thread::sleep(pause);
    }
}

/// Ends the connection by which the second instance hears of writes.
fn cut(admin: &Client) -> Answer<()> {
    // The last statement of that connection is to listen, or to read the log.
    let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE usename = $1 \
         AND (query LIKE 'LISTEN%' OR query LIKE '%\"changes\".\"seq\"%')";
    let ended = admin.rows(sql, &[Value::Text(SECOND)], |row| row.get::<i64>(0))?;
    if ended == [1] { Ok(()) } else { Err(format!("{ended:?} connections listen").into()) }
}

/// Writes through one instance, and asks another, which has the answer in its cache, until it gives what was written.
fn two_instances(table: &mut Table, cluster: &Cluster) -> Answer<()> {
    let url = cluster.url("publication", "pressroom");
    let admin = Client::connect(&url)?;
    admin.run(&format!("CREATE ROLE {SECOND} SUPERUSER LOGIN"))?;
    let first = app::open_with(app::on_postgres(&url, CACHE))?;
    let second = app::open_with(Config {
        server_timing: Switch::On,
        ..app::on_postgres(&cluster.url("publication", SECOND), CACHE)
    })?;
    let (runtime, mut ask) = (runtime()?, over::in_process(&second)?);
    let slug = corpus::tag_slug(7);
    let read = Ask::get(&format!("/v1/tags/{slug}"));
    let mut times: HashMap<Cut, Vec<f64>> = HashMap::new();
    for n in 0..WRITES {
        until(Duration::from_millis(5), || {
            Ok(ask(&read)?.1.is_some_and(|timing| timing.contains("\"0 statements\"")))
        })?;
        let kind = Cut::before(n);
        if kind == Cut::Long {
            admin.run(&format!("ALTER ROLE {SECOND} NOLOGIN"))?;
        }
        if kind != Cut::No {
            cut(&admin)?;
        }
        runtime.block_on(serve::describe(first.service(), &slug, &n.to_string()))?;
        let written = format!("\"Of {n}\"");
        let stale = until(Duration::from_micros(200), || {
            Ok(String::from_utf8_lossy(&ask(&read)?.0).contains(&written))
        })?;
        if kind == Cut::Long {
            admin.run(&format!("ALTER ROLE {SECOND} LOGIN"))?;
        }
        times.entry(kind).or_default().push(stale);
    }
    let longest = times.values().flatten().copied().fold(0.0, f64::max);
    let what = "two instances on one PostgreSQL";
    for (kind, which) in [
        (Cut::No, "until the other is exact"),
        (Cut::Short, "the same where its notification connection was cut before the write"),
        (Cut::Long, "the same where that could not be made anew"),
    ] {
        let times = times.remove(&kind).unwrap_or_default();
        let note =
            format!("{} writes, at most {:.3}", times.len(), times.iter().copied().fold(0.0, f64::max));
        table.row(19, &format!("{what}: {which}: ms"), Spread::of(times), Goal::None, &note);
    }
    table.row(
        19,
        &format!("{what}: longest time until the other is exact: ms"),
        Spread::exact(longest),
        Goal::AtMost(BOUND, BOUND),
        &format!("{WRITES} writes"),
    );
    Ok(())
}

/// Posts that each number of clients publishes in a round.
const PUBLISHED: usize = 96;

/// Posts a second that `clients` publish, each the next as soon as the last is public.
fn publish(runtime: &Runtime, svc: &Svc, clients: usize, next: &Arc<AtomicUsize>) -> Answer<f64> {
    let (started, local) = (Instant::now(), tokio::task::LocalSet::new());
    let end = next.load(Ordering::Relaxed) + PUBLISHED;
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (svc, next) = (svc.clone(), Arc::clone(next));
            local.spawn_local(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= end {
                        return Answer::Ok(());
                    }
                    let post: CreatePost = serde_json::from_value(corpus::new_post(n))?;
                    posts::create(&svc, &Viewer::system(), post, true).await.map_err(|e| e.to_string())?;
                }
            })
        })
        .collect();
    for client in clients {
        runtime.block_on(local.run_until(client))??;
    }
    next.store(end, Ordering::Relaxed);
    Ok(speed(PUBLISHED, started))
}

/// How much faster more clients publish than one, in a publication of 2,000 posts.
fn publishing(table: &mut Table, cluster: &Cluster) -> Answer<()> {
    let app = app::open_with(app::on_postgres(&cluster.url("publication", "pressroom"), CACHE))?;
    let (svc, runtime, next) = (app.service(), runtime()?, Arc::new(AtomicUsize::new(0)));
    publish(&runtime, svc, 4, &next)?;
    let (mut speeds, mut ratios) = (HashMap::<usize, Vec<f64>>::new(), HashMap::<usize, Vec<f64>>::new());
    for _ in 0..5 {
        let one = publish(&runtime, svc, 1, &next)?;
        speeds.entry(1).or_default().push(one);
        for clients in [4, 16] {
            let many = publish(&runtime, svc, clients, &next)?;
            speeds.entry(clients).or_default().push(many);
            ratios.entry(clients).or_default().push(many / one);
        }
    }
    let mut median = |clients: usize| Spread::of(speeds.remove(&clients).unwrap_or_default()).median;
    let one = median(1);
    for (clients, goal) in [(4, Goal::None), (16, Goal::AtLeast(4.0, 1.5))] {
        table.row(
            20,
            &format!("PostgreSQL, publishing ÷ one client: speed at {clients} clients"),
            Spread::of(ratios.remove(&clients).unwrap_or_default()),
            goal,
            &format!("{:.0} ÷ {one:.0} posts/s", median(clients)),
        );
    }
    let (well, conflicts) = svc.db.runs_of_writes();
    #[expect(clippy::cast_precision_loss, reason = "some hundred writes")]
    let share = conflicts as f64 / (well.max(1)) as f64;
    table.row(
        20,
        "the same: runs that could not be put in an order ÷ writes",
        Spread::exact(share),
        Goal::AtMost(0.0, 0.01),
        &format!("{conflicts} ÷ {well}"),
    );
    Ok(())
}
