//! What is measured over HTTP: processor time of the server for each request, against a bare handler that answers the same
//! bytes; and what only time can tell.

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::dev::{AppConfig, Service as _, ServiceFactory as _};
use actix_web::test::TestRequest;
use sha2::{Digest, Sha256};

use crate::corpus::{self, Size};
use crate::http::{CONNECTIONS, Load, Server, get, header, once, post};
use crate::inside::{self, HOT, alternate, hot, scratch};
use crate::table::{Goal, Spread, Table};
use crate::{Answer, cpu};

const ROUNDS: usize = 11;
const SLICE: Duration = Duration::from_millis(80);
const CACHE: u64 = 256 << 20;
const INCLUDE: &str = "include=links,related,adjacent,comments";

/// The path of a post page with everything that hangs on it.
pub fn page(slug: &str) -> String {
    format!("/v1/posts/{slug}?{INCLUDE}")
}

/// The same under another address for each `time` of many, so that it is not yet in the cache.
pub fn page_anew(slug: &str, time: usize) -> String {
    let mut rest: Vec<&str> = INCLUDE.trim_start_matches("include=").split(',').collect();
    let mut names = Vec::new();
    let mut order = time % 24;
    for among in [4, 3, 2, 1] {
        names.push(rest.remove(order % among));
        order /= among;
    }
    // An escaped letter or none, of those that all slugs begin with.
    let at = time / 24 % 5;
    let (before, after) = slug.split_at(at);
    let slug = match after.chars().next().filter(|_| at > 0) {
        Some(letter) => format!("{before}%{:02X}{}", u32::from(letter), &after[letter.len_utf8()..]),
        None => slug.to_owned(),
    };
    format!("/v1/posts/{slug}?include={}", names.join(","))
}

/// A request to the application in process.
pub struct Ask {
    path: String,
    body: Option<String>,
}

impl Ask {
    pub fn get(path: &str) -> Self {
        Self { path: path.to_owned(), body: None }
    }

    /// The page of a post by GraphQL, in words of its own for each `time`.
    pub fn graphql(slug: &str, time: usize) -> Self {
        let body = query(QUERY, slug) + &" ".repeat(time);
        Self { path: "/graphql".to_owned(), body: Some(body) }
    }

    /// The same with all that the REST page shows.
    pub fn whole(slug: &str, time: usize) -> Self {
        let body = query(WHOLE, slug) + &" ".repeat(time);
        Self { path: "/graphql".to_owned(), body: Some(body) }
    }
}

/// A read of each kind that the contract has, of each filter and order.
pub fn reads() -> Vec<Ask> {
    let (post, author, tag) = (corpus::slug(400), corpus::author_slug(3), corpus::tag_slug(4));
    let mut paths: Vec<String> = [
        "/v1/site",
        "/v1/posts",
        "/v1/posts?count=true",
        "/v1/posts?sort=published_at",
        "/v1/posts?sort=-updated_at",
        "/v1/posts?sort=title",
        "/v1/posts?sort=-comment_count",
        "/v1/posts?featured=true",
        "/v1/posts?published_after=2015-02-01T00:00:00Z&published_before=2015-02-10T00:00:00Z",
        "/v1/posts?updated_since=2015-02-01T00:00:00Z",
        "/v1/posts?include=links,related,adjacent,comments",
        "/v1/posts?fields=title,html",
        "/v1/authors",
        "/v1/authors?sort=-post_count",
        "/v1/tags",
        "/v1/tags?sort=-post_count",
        "/v1/search?q=harbour+clock",
        "/feed.xml",
        "/atom.xml",
        "/feed.json",
        "/sitemap.xml",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([
        format!("/v1/posts?tag={tag}"),
        format!("/v1/posts?author={author}"),
        format!("/v1/posts?author={author}&tag={tag}"),
        format!("/v1/posts/{post}"),
        format!("/v1/posts/{}", corpus::post(400)),
        page(&post),
        format!("/v1/posts/{post}/related"),
        format!("/v1/posts/{post}/links"),
        format!("/v1/posts/{post}/comments"),
        format!("/v1/posts/{post}/comments?view=flat"),
        format!("/v1/posts/{post}/comments?sort=newest"),
        format!("/v1/posts/{post}/comments?sort=top"),
        format!("/v1/authors/{author}"),
        format!("/v1/tags/{tag}"),
        format!("/feed.xml?tag={tag}"),
        format!("/feed.json?author={author}"),
    ]);
    paths.iter().map(|path| Ask::get(path)).chain([Ask::graphql(&post, 0)]).collect()
}

/// The whole application without a socket: asks, and wants a 200. Gives the body and `Server-Timing`.
pub fn in_process(
    app: &pressroom::app::App,
) -> Answer<impl FnMut(&Ask) -> Answer<(actix_web::web::Bytes, Option<String>)>> {
    let system = actix_web::rt::System::new();
    let service = system
        .block_on(app.factory().new_service(AppConfig::default()))
        .map_err(|()| "the application does not start")?;
    Ok(move |ask: &Ask| {
        system.block_on(async {
            let request = match &ask.body {
                None => TestRequest::get().uri(&ask.path),
                Some(body) => TestRequest::post()
                    .uri(&ask.path)
                    .insert_header(("content-type", "application/json"))
                    .set_payload(body.clone()),
            };
            let response = service.call(request.to_request()).await.map_err(|e| e.to_string())?;
            let status = response.status();
            let timing =
                response.headers().get("server-timing").and_then(|v| v.to_str().ok()).map(str::to_owned);
            let body = actix_web::body::to_bytes(response.into_body()).await.map_err(|_| "no body")?;
            if status.as_u16() != 200 || body.starts_with(b"{\"errors\"") {
                return Err(format!("{}: {status} {}", ask.path, String::from_utf8_lossy(&body)).into());
            }
            Ok((body, timing))
        })
    })
}

/// Cases for callgrind that go through the whole application.
pub fn repeat(case: &str, path: &Path, slugs: &[String], times: usize) -> Answer<()> {
    let app = crate::app::open(path, CACHE)?;
    let mut ask = in_process(&app)?;
    for n in 0..times {
        let (slug, time) = (&slugs[n % 8], n / 8);
        let each = match case {
            "hit" => Ask::get(&page(slug)),
            "page" => Ask::get(&page_anew(slug, time)),
            "graphql" => Ask::whole(slug, time),
            _ => return Err(format!("there is no case http-{case}").into()),
        };
        std::hint::black_box(ask(&each)?);
    }
    Ok(())
}

/// Asks each once, so that later answers come from the cache, and takes the bodies.
fn bodies(server: &Server, requests: &[Vec<u8>]) -> Answer<Vec<Vec<u8>>> {
    for request in requests {
        once(server.port, request)?;
    }
    requests
        .iter()
        .map(|request| {
            let reply = once(server.port, request)?;
            if reply.status == 200 { Ok(reply.body) } else { Err(format!("status {}", reply.status).into()) }
        })
        .collect()
}

/// Processor time of the bare handler ÷ that of the server, for the same bytes.
#[expect(clippy::too_many_arguments, reason = "both sides and what is asked of them")]
fn against_bare(
    table: &mut Table,
    row: u32,
    what: &str,
    reach: Goal,
    app: &Server,
    bare: &Server,
    requests: Vec<Vec<u8>>,
    status: u16,
) -> Answer<()> {
    let bodies = requests.len().min(HOT);
    let mut base = Load::new(bare.port, alike(&requests[..bodies], status), status, CONNECTIONS)?;
    let mut case = Load::new(app.port, requests, status, CONNECTIONS)?;
    let mut ratios = Vec::new();
    let (mut bases, mut cases) = (Vec::new(), Vec::new());
    base.run(bare, SLICE, false)?;
    case.run(app, SLICE, false)?;
    let mut before = base.run(bare, SLICE, false)?.cpu;
    for _ in 0..ROUNDS {
        let own = case.run(app, SLICE, false)?.cpu;
        let after = base.run(bare, SLICE, false)?.cpu;
        ratios.push(f64::midpoint(before, after) / own);
        bases.push(after);
        cases.push(own);
        before = after;
    }
    let (base, own) = (Spread::of(bases).median / 1000.0, Spread::of(cases).median / 1000.0);
    table.row(row, what, Spread::of(ratios), reach, &format!("{base:.1} ÷ {own:.1} µs"));
    Ok(())
}

fn numbered(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| get(&format!("/{n}"), "")).collect()
}

/// What the bare handler is asked instead: heads of the same length, since reading them is nobody's merit. A POST is no more
/// than a read to it.
fn alike(requests: &[Vec<u8>], status: u16) -> Vec<Vec<u8>> {
    let alike = |(n, request): (usize, &Vec<u8>)| {
        let own = if status == 304 { "/not-modified".to_owned() } else { format!("/{n}") };
        let text = String::from_utf8_lossy(request);
        let Some((line, rest)) = text.split_once("\r\n").filter(|_| text.starts_with("GET ")) else {
            return get(&own, "");
        };
        // Besides the address a line has "GET ", "?" and " HTTP/1.1".
        let padding = "x".repeat(line.len().saturating_sub(own.len() + 14));
        format!("GET {own}?{padding} HTTP/1.1\r\n{rest}").into_bytes()
    };
    requests.iter().enumerate().map(alike).collect()
}

/// Rows 1 to 5, 12, 15, 16, 18.
pub fn rows(table: &mut Table) -> Answer<()> {
    cpu::pin(1);
    corpus::make(Size::S)?;
    table.take(&[1, 2, 3, 4], cached);
    table.take(&[5], uncached);
    table.take(&[12], cached_growth);
    table.take(&[15], invalidated);
    table.take(&[16], beside_slow);
    table.take(&[18], footprint);
    Ok(())
}

fn cached(table: &mut Table) -> Answer<()> {
    let app = Server::app(&corpus::make(Size::S)?, CACHE)?;
    let pages: Vec<Vec<u8>> = hot(Size::S).iter().map(|slug| get(&page(slug), "")).collect();
    let lists: Vec<Vec<u8>> = (0..60)
        .flat_map(|tag| {
            ["", "&sort=published_at"]
                .map(|sort| get(&format!("/v1/posts?tag={}&limit=10{sort}", corpus::tag_slug(tag)), ""))
        })
        .collect();
    let found = bodies(&app, &pages)?;
    let bare = Server::bare(&found)?;
    if table.wants(&[1]) {
        let what = format!("noise: the bare handler against itself, {} bodies", found.len());
        against_bare(table, 1, &what, Goal::AtLeast(0.97, 0.9), &bare, &bare, numbered(found.len()), 200)?;
        against_bare(
            table,
            1,
            "cached post page",
            Goal::AtLeast(0.95, 0.85),
            &app,
            &bare,
            pages.clone(),
            200,
        )?;
        let found = bodies(&app, &lists)?;
        let bare = Server::bare(&found)?;
        against_bare(table, 1, "cached list", Goal::AtLeast(0.95, 0.85), &app, &bare, lists, 200)?;
    }
    if table.wants(&[2]) {
        let conditional: Vec<Vec<u8>> = hot(Size::S)
            .iter()
            .map(|slug| {
                let reply = once(app.port, &get(&page(slug), ""))?;
                let tag = header(&reply.head, "etag").unwrap_or_default();
                Ok(get(&page(slug), &format!("If-None-Match: {tag}\r\n")))
            })
            .collect::<Answer<_>>()?;
        against_bare(
            table,
            2,
            "cached 304 ÷ static 304",
            Goal::AtLeast(0.95, 0.85),
            &app,
            &bare,
            conditional,
            304,
        )?;
    }
    if table.wants(&[3]) {
        // The list whose body comes nearest to 20 KB.
        let mut best = (usize::MAX, 1);
        for limit in 5..=20 {
            let length = once(app.port, &get(&format!("/v1/posts?limit={limit}"), ""))?.body.len();
            best = best.min((length.abs_diff(20_000), limit));
        }
        let path = format!("/v1/posts?limit={}", best.1);
        let zipped = get(&path, "Accept-Encoding: gzip\r\n");
        let plain = once(app.port, &get(&path, ""))?.body;
        // Compressed forms are made when an answer is asked for again.
        let mut length = 0;
        for _ in 0..200 {
            let reply = once(app.port, &zipped)?;
            if header(&reply.head, "content-encoding") == Some("gzip") {
                length = reply.body.len();
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        if length == 0 {
            table.gap(3, "cached with stored gzip", "no gzip was answered");
        } else {
            let bare = Server::bare(std::slice::from_ref(&plain))?;
            let what = format!("cached with stored gzip ({length} bytes) ÷ static {} bytes", plain.len());
            against_bare(table, 3, &what, Goal::AtLeast(1.05, 0.95), &app, &bare, vec![zipped], 200)?;
        }
    }
    if table.wants(&[4]) {
        graphql(table, &app)?;
    }
    Ok(())
}

/// The acceptance's page in one query.
const QUERY: &str = "query Page($slug: String!) { post(slug: $slug) { id slug title html authors { slug name bioHtml postCount } tags { slug name } \
     related(limit: 3) { post { slug title } } previous { slug } next { slug } comments(first: 20) { edges { node { id html author { name } } } } } }";

/// All that the REST page shows, as far as the limit of depth lets it.
const WHOLE: &str = "query Whole($slug: String!) { post(slug: $slug) { ...S subtitle html text status visibility featured updatedAt createdAt \
     version wordCount readingMinutes image { ...I } authors { role ...A } tags { id slug name kind description parent { id slug name } \
     postCount createdAt updatedAt version } commentCount commentsOpen terms { notice url } canonicalUrl seo { title description image } custom \
     links { id relation direction position note origin post { ...S } } related { post { ...S } reason { kind relation score terms } } \
     previous { ...S } next { ...S } comments(first: 20) { edges { node { ...C replies(first: 4) { edges { node { ...C replies(first: 4) { \
     edges { node { id html author { name url } } } } } } } } } pageInfo { hasNextPage endCursor } } } } \
     fragment S on Post { id slug url title excerpt publishedAt language } \
     fragment I on Image { id url alt caption width height mime color variants { url width height mime } } \
     fragment A on Byline { id slug name bioHtml bioMarkdown avatar { ...I } location website social { service handle url } postCount \
     firstPublishedAt lastPublishedAt createdAt updatedAt version } \
     fragment P on Author { id slug name bioHtml bioMarkdown avatar { ...I } location website social { service handle url } postCount \
     firstPublishedAt lastPublishedAt createdAt updatedAt version } \
     fragment C on Comment { id postId parentId depth author { name url avatarUrl isPostAuthor profile { ...P } } html isTombstone createdAt \
     editedAt replyCount permalink score version }";

fn query(text: &str, slug: &str) -> String {
    serde_json::json!({ "query": text, "variables": { "slug": slug } }).to_string()
}

fn graphql(table: &mut Table, app: &Server) -> Answer<()> {
    let slugs = hot(Size::S);
    let posts: Vec<Vec<u8>> = slugs.iter().map(|slug| post("/graphql", &query(QUERY, slug))).collect();
    let first = once(app.port, &posts[0])?;
    if first.status != 200 || String::from_utf8_lossy(&first.body).contains("\"errors\"") {
        let why = String::from_utf8_lossy(&first.body).chars().take(120).collect::<String>();
        table.gap(4, "cached GraphQL", &format!("status {}: {why}", first.status));
        return Ok(());
    }
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let gets: Vec<Vec<u8>> = slugs
        .iter()
        .map(|slug| {
            let variables = serde_json::json!({ "slug": slug }).to_string();
            get(
                &format!("/graphql?query={}&variables={}", encode(QUERY), encode(&variables)),
                "Accept: application/json\r\n",
            )
        })
        .collect();
    let hash = format!("{:x}", Sha256::digest(QUERY));
    let named = serde_json::json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    // Who has the text names it once.
    let variables = serde_json::json!({ "slug": slugs[0] });
    let full = serde_json::json!({ "query": QUERY, "variables": variables, "extensions": named }).to_string();
    once(app.port, &post("/graphql", &full))?;
    let persisted: Vec<Vec<u8>> = slugs
        .iter()
        .map(|slug| {
            let variables = serde_json::json!({ "slug": slug }).to_string();
            let path = format!(
                "/graphql?extensions={}&variables={}",
                encode(&named.to_string()),
                encode(&variables)
            );
            get(&path, "Accept: application/json\r\n")
        })
        .collect();
    let cases = [
        ("by GET", Goal::AtLeast(0.95, 0.8), gets),
        ("by GET, persisted id", Goal::AtLeast(0.95, 0.8), persisted),
        ("by POST", Goal::AtLeast(0.75, 0.65), posts),
    ];
    for (what, reach, requests) in cases {
        let found = bodies(app, &requests)?;
        if found.iter().any(|body| body.starts_with(b"{\"errors\"")) {
            return Err(format!("GraphQL {what} was answered with errors").into());
        }
        let bare = Server::bare(&found)?;
        let what = format!("cached GraphQL {what}");
        against_bare(table, 4, &what, reach, app, &bare, requests, 200)?;
    }
    Ok(())
}

fn uncached(table: &mut Table) -> Answer<()> {
    let app = Server::app(&corpus::make(Size::S)?, inside::CACHE)?;
    let slugs = hot(Size::S);
    let found = bodies(&app, &slugs.iter().map(|slug| get(&page(slug), "")).collect::<Vec<_>>())?;
    let bytes: usize = found.iter().map(Vec::len).sum::<usize>() / found.len();
    let bare = Server::bare(&found)?;
    let times = 1..120;
    let anew = times.flat_map(|time| slugs.iter().map(move |slug| get(&page_anew(slug, time), "")));
    let what = format!("uncached post page over HTTP, {bytes} bytes on average");
    let before = metric(&app, "pressroom_cache_hits_total")?;
    against_bare(table, 5, &what, Goal::AtLeast(0.18, 0.15), &app, &bare, anew.collect(), 200)?;
    let by_hand = Server::by_hand(&corpus::make(Size::S)?)?;
    let pages: Vec<Vec<u8>> = slugs.iter().map(|slug| get(&page(slug), "")).collect();
    if bodies(&by_hand, &pages)? != found {
        return Err("the page by hand has other bytes".into());
    }
    let what = "the same page by hand over rusqlite, on the worker itself";
    against_bare(table, 5, what, Goal::None, &by_hand, &bare, pages, 200)?;
    let alone = |slug: &str, time: usize| {
        let address = page_anew(slug, time * 24);
        get(address.split('?').next().unwrap_or_default(), "")
    };
    let found: Vec<Vec<u8>> =
        slugs.iter().map(|slug| Ok(once(app.port, &alone(slug, 0))?.body)).collect::<Answer<_>>()?;
    let bytes: usize = found.iter().map(Vec::len).sum::<usize>() / found.len();
    let bare = Server::bare(&found)?;
    let all: Vec<String> = (0..Size::S.posts()).map(corpus::slug).collect();
    let anew = (1..5).flat_map(|time| all.iter().map(move |slug| alone(slug, time)));
    let what = format!("uncached post by itself over HTTP, {bytes} bytes on average");
    against_bare(table, 5, &what, Goal::None, &app, &bare, anew.collect(), 200)?;
    if metric(&app, "pressroom_cache_hits_total")? > before {
        return Err("some of the pages came from the cache".into());
    }
    let app = Server::app(&corpus::make(Size::S)?, 0)?;
    let lists = vec![get("/v1/posts?limit=10", "")];
    let found = bodies(&app, &lists)?;
    let bare = Server::bare(&found)?;
    let what = "uncached list of 10 over HTTP, nothing kept of others";
    against_bare(table, 5, what, Goal::None, &app, &bare, lists, 200)
}

fn cached_growth(table: &mut Table) -> Answer<()> {
    let (small, large) =
        (Server::app(&corpus::make(Size::S)?, CACHE)?, Server::app(&corpus::make(Size::L)?, CACHE)?);
    // The same slugs are in both; what the pages name besides may be longer by a digit.
    let pages: Vec<Vec<u8>> = hot(Size::S).iter().map(|slug| get(&page(slug), "")).collect();
    bodies(&small, &pages)?;
    bodies(&large, &pages)?;
    let mut on_small = Load::new(small.port, pages.clone(), 200, CONNECTIONS)?;
    let mut on_large = Load::new(large.port, pages, 200, CONNECTIONS)?;
    let (ratio, base, own) = alternate(
        ROUNDS,
        || Ok(on_small.run(&small, SLICE, false)?.cpu),
        || Ok(on_large.run(&large, SLICE, false)?.cpu),
    )?;
    let note = format!("{:.1} ÷ {:.1} µs", own / 1000.0, base / 1000.0);
    table.row(12, "growth of cached post pages, the same keys", ratio, Goal::AtMost(1.05, 1.15), &note);
    Ok(())
}

fn metric(server: &Server, name: &str) -> Answer<f64> {
    let text = String::from_utf8(once(server.port, &get("/metrics", ""))?.body)?;
    let line = text.lines().find(|l| l.starts_with(name)).ok_or_else(|| format!("no metric {name}"))?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}

fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = ((values.len() - 1) as f64 * share) as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn invalidated(table: &mut Table) -> Answer<()> {
    let path = scratch("invalidated.db")?;
    let mut app = Server::app(&path, CACHE)?;
    let slug = corpus::slug(1_000);
    let request = vec![get(&page(&slug), "")];
    let mut load = Load::new(app.port, request, 200, CONNECTIONS)?;
    load.run(&app, SLICE * 4, false)?;
    let computed = |app: &Server| metric(app, "pressroom_cache_computed_total");
    let mut orders = app.orders()?;
    let (mut ratios, mut quiet, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    let (mut times, mut each) = (0_u32, Vec::new());
    for round in 0..9 {
        let calm = load.run(&app, Duration::from_millis(800), true)?;
        let before = computed(&app)?;
        let tag = corpus::tag_slug(1_000 % 60);
        let editor = std::thread::spawn(move || -> Answer<_> {
            let started = Instant::now();
            for n in 0..8_u32 {
                let until = Duration::from_millis(100) * n + Duration::from_millis(50);
                std::thread::sleep(until.saturating_sub(started.elapsed()));
                if orders.give(&format!("tag {tag} {round}-{n}"))? != "done" {
                    return Err("a tag could not be changed".into());
                }
            }
            Ok(orders)
        });
        let load = load.run(&app, Duration::from_millis(850), true)?;
        orders = editor.join().map_err(|_| "the editor panicked")??;
        // Whoever asks last finds it kept, so that nothing is left over for the next round.
        each.push((computed(&app)? - before) / 8.0);
        times += 8;
        let (a, b) = (percentile(calm.waits, 0.99), percentile(load.waits, 0.99));
        ratios.push(b / a);
        quiet.push(a);
        busy.push(b);
    }
    let what = "computations for one invalidation under 32 connections";
    table.row(15, what, Spread::of(each), Goal::AtMost(1.0, 1.2), &format!("{times} invalidations"));
    let note = format!("{:.0} ÷ {:.0} µs", Spread::of(busy).median, Spread::of(quiet).median);
    let what = "p99 with 10 invalidations a second ÷ without";
    table.row(15, what, Spread::of(ratios), Goal::AtMost(3.0, 5.0), &note);
    Ok(())
}

fn beside_slow(table: &mut Table) -> Answer<()> {
    let app = Server::app(&corpus::make(Size::S)?, CACHE)?;
    let pages: Vec<Vec<u8>> = hot(Size::S).iter().map(|slug| get(&page(slug), "")).collect();
    bodies(&app, &pages)?;
    let mut load = Load::new(app.port, pages, 200, CONNECTIONS)?;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let done = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let port = app.port;
    for client in 0..2_usize {
        let (stop, done) = (stop.clone(), done.clone());
        std::thread::spawn(move || {
            cpu::pin(1);
            let mut n = client;
            loop {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
                // Another address each time, which no cache has.
                n += 2;
                let path = format!(
                    "/v1/posts?published_after=2015-01-01T00:00:00.{:06}Z&limit=20&include=html",
                    n % 1_000_000
                );
                slow(port, &get(&path, "Connection: close\r\n")).unwrap();
                done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        });
    }
    let (mut ratios, mut calm, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let time = Duration::from_millis(300);
    #[expect(clippy::cast_precision_loss, reason = "requests of a slice")]
    let speed = |s: crate::http::Slice| s.requests as f64 / s.seconds;
    for _ in 0..7 {
        let quiet = speed(load.run(&app, time, false)?);
        stop.store(false, std::sync::atomic::Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
        let busy = speed(load.run(&app, time, false)?);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(50));
        ratios.push(busy / quiet);
        calm.push(quiet);
        beside.push(busy);
    }
    let slow = done.load(std::sync::atomic::Ordering::Relaxed);
    let note = format!(
        "{:.0} ÷ {:.0} requests/s; {slow} slow reads meanwhile",
        Spread::of(beside).median,
        Spread::of(calm).median
    );
    table.row(
        16,
        "cached pages beside two clients of slow reads ÷ undisturbed",
        Spread::of(ratios),
        Goal::AtLeast(0.25, 0.15),
        &note,
    );
    Ok(())
}

/// A request that may sleep while it waits.
fn slow(port: u16, request: &[u8]) -> Answer<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err("a slow read failed".into()) }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
fn footprint(table: &mut Table) -> Answer<()> {
    let path = corpus::make(Size::L)?;
    let mut starts = Vec::new();
    for _ in 0..7 {
        let started = Instant::now();
        let app = Server::app(&path, CACHE)?;
        once(app.port, &get("/v1/posts?limit=10", ""))?;
        starts.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    table.row(
        18,
        "start to first answer, 100,000 posts: ms",
        Spread::of(starts),
        Goal::AtMost(150.0, 300.0),
        "",
    );
    let setting = 32_u64 << 20;
    let app = Server::app(&path, setting)?;
    // The allocator gives back what starting took after a while, when it is next asked for something.
    for _ in 0..2 {
        once(app.port, &get("/v1/posts?limit=10", ""))?;
        std::thread::sleep(Duration::from_secs(3));
    }
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let idle = mib(cpu::resident(app.pid())?);
    table.row(
        18,
        "resident memory idle: MiB",
        Spread::exact(idle),
        Goal::AtMost(48.0, 96.0),
        "after two lists and six seconds",
    );
    let pages: Vec<Vec<u8>> = (0..8_000).map(|n| get(&page(&corpus::slug(n * 12)), "")).collect();
    let mut load = Load::new(app.port, pages, 200, CONNECTIONS)?;
    load.run(&app, Duration::from_secs(6), false)?;
    let (all, own) = (mib(cpu::resident(app.pid())?), mib(cpu::anonymous(app.pid())?));
    let note = format!(
        "the cache's setting is 32 MiB; {all:.0} MiB with the pages of the database file that are mapped"
    );
    table.row(
        18,
        "memory under load with the cache full: MiB",
        Spread::exact(own),
        Goal::AtMost(96.0, 192.0),
        &note,
    );
    Ok(())
}
