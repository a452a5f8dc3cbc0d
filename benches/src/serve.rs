//! What the child processes do: the application, or a bare handler, on one worker pinned to core 0. Each says its port, and
//! does what it is told on its standard input.

use std::io::{BufRead, Write};
use std::net::TcpListener;
use std::path::Path;
use std::rc::Rc;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use pressroom::auth::viewer::Viewer;
use pressroom::service::posts::{self, UpdatePost};
use pressroom::service::tags::{self, UpdateTag};
use pressroom_schema::posts::Ref;

use rusqlite::Connection;

use crate::{Answer, app, baseline, cpu};

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// The application.
pub fn app(path: &Path, cache: u64) -> Answer<()> {
    cpu::pin(0);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let app = app::open(path, cache)?;
    actix_web::rt::System::new().block_on(async move {
        let service = app.service().clone();
        let server = app.serve(listener, 1)?;
        say(&port.to_string());
        std::thread::spawn(move || commands(&service));
        server.await?;
        Ok(())
    })
}

/// `tag SLUG N` gives a tag another description, on which the pages of all posts that bear it depend.
fn commands(service: &pressroom::service::Svc) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        let (Some("tag"), Some(slug), Some(n)) = (words.next(), words.next(), words.next()) else {
            say("what?");
            continue;
        };
        match runtime.block_on(describe(service, slug, n)) {
            Ok(()) => say("done"),
            Err(e) => say(&e),
        }
    }
}

/// Gives a tag another description.
pub async fn describe(service: &pressroom::service::Svc, slug: &str, n: &str) -> Result<(), String> {
    let change: UpdateTag = serde_json::from_value(serde_json::json!({ "description": format!("Of {n}") }))
        .map_err(|e| e.to_string())?;
    tags::update(service, &Viewer::system(), &Ref::parse(slug), change, None)
        .await
        .map(drop)
        .map_err(|e| e.to_string())
}

/// Changes a post's subtitle and publishes it, as an editor would.
pub async fn touch(service: &pressroom::service::Svc, slug: &str, n: &str) -> Result<(), String> {
    let change: UpdatePost = serde_json::from_value(serde_json::json!({ "subtitle": format!("Line {n}") }))
        .map_err(|e| e.to_string())?;
    posts::update(service, &Viewer::system(), &Ref::parse(slug), change, None, true)
        .await
        .map(drop)
        .map_err(|e| e.to_string())
}

/// A handler that has nothing to do but to answer: number n under `/n`, and 304 under `/not-modified`.
pub fn bare(path: &Path) -> Answer<()> {
    cpu::pin(0);
    let all = std::fs::read(path)?;
    let (mut bodies, mut rest) = (Vec::new(), all.as_slice());
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let (body, after) = after.split_at(usize::try_from(u64::from_le_bytes(*length))?);
        bodies.push(Bytes::copy_from_slice(body));
        rest = after;
    }
    let bodies = web::Data::new(bodies);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(bodies.clone())
                .route("/not-modified", web::get().to(async || HttpResponse::NotModified().finish()))
                .route("/{n}", web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        say(&port.to_string());
        server.await?;
        Ok(())
    })
}

async fn answer(request: HttpRequest, bodies: web::Data<Vec<Bytes>>) -> HttpResponse {
    let n: usize = request.match_info().get("n").unwrap_or_default().parse().unwrap_or(0);
    match bodies.get(n) {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// The post page by hand and nothing else: read on the worker itself, without cache, validators or names.
pub fn by_hand(path: &Path) -> Answer<()> {
    cpu::pin(0);
    let path = path.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Rc::new(baseline::open(&path).unwrap()))
                .route("/v1/posts/{slug}", web::get().to(page_by_hand))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        say(&port.to_string());
        server.await?;
        Ok(())
    })
}

async fn page_by_hand(request: HttpRequest) -> HttpResponse {
    let slug = request.match_info().get("slug").unwrap_or_default();
    match request.app_data::<Rc<Connection>>().map(|conn| baseline::page(&**conn, slug)) {
        Some(Ok(body)) => HttpResponse::Ok().content_type("application/json").body(body),
        _ => HttpResponse::InternalServerError().finish(),
    }
}
