//! An empty publication on a fresh database, and quick ways to fill it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::RunQueryDsl;
use pressroom::auth::viewer::Viewer;
use pressroom::clock::Clock;
use pressroom::config::Config;
use pressroom::service::posts::{self, CreatePost};
use pressroom::service::{Service, Svc};
use pressroom::view::PostView;
use pressroom_schema::authors::AuthorRow;
use pressroom_schema::posts::Ref;
use pressroom_schema::{Id, Json, Timestamp, tables};
use serde_json::Value;

use super::postgres;

/// When the tests take place.
pub(crate) const NOW: &str = "2024-05-01T12:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The use cases on the database under `url`, whose schema is made here.
pub(crate) async fn open(url: &str) -> Svc {
    let config = Config {
        database_url: url.to_owned(),
        site_url: "https://example.org".to_owned(),
        readers: 1,
        writers: 1,
        ..Config::defaults()
    };
    let svc = Arc::new(Service::open(config, Clock::fixed(at(NOW))).unwrap());
    svc.db.raw(pressroom_schema::migrate::up).await.unwrap();
    svc
}

/// A file that is removed when this goes.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            std::fs::remove_file(path).ok();
        }
    }
}

/// Runs `test` on a fresh SQLite database, and on a fresh PostgreSQL database where there is one. Each must answer the same text.
pub(crate) async fn on_both(test: impl AsyncFn(Svc) -> String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("pressroom-suite-{}-{}.db", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let file = File(std::env::temp_dir().join(name));
    let sqlite = test(open(&format!("sqlite://{}", file.0.display())).await).await;
    if let Some(cluster) = postgres::cluster() {
        cluster.template("empty", |_| {});
        let database = cluster.create_database_from_template("empty");
        let postgres = test(open(database.url()).await).await;
        let difference = sqlite.lines().zip(postgres.lines()).find(|(a, b)| a != b);
        assert_eq!(difference, None, "SQLite and PostgreSQL answer differently");
        assert_eq!(sqlite.lines().count(), postgres.lines().count());
    }
}

/// A published post, from the members of `POST /v1/posts`.
pub(crate) async fn publish(svc: &Svc, published: &str, post: Value) -> PostView {
    let system = Viewer::system();
    let input: CreatePost = serde_json::from_value(post).unwrap();
    let draft = posts::create(svc, &system, input, false).await.unwrap();
    posts::publish(svc, &system, &Ref::Id(draft.id), Some(published), None).await.unwrap()
}

/// An author's profile.
pub(crate) async fn author(svc: &Svc, slug: &str, name: &str) -> Id {
    let id = svc.clock.new_id();
    let row = AuthorRow {
        id,
        slug: slug.to_owned(),
        name: name.to_owned(),
        name_key: pressroom_schema::page::sort_key(name),
        bio_format: "markdown".to_owned(),
        bio_source: String::new(),
        bio_html: String::new(),
        avatar_media_id: None,
        location: None,
        website: None,
        social: Json::list(),
        post_count: 0,
        first_published_at: None,
        last_published_at: None,
        version: 1,
        created_at: at(NOW),
        updated_at: at(NOW),
    };
    svc.write(&Viewer::system(), move |tx| {
        diesel::insert_into(tables::authors::table)
            .values(row.clone())
            .execute(tx.conn)
            .map_err(pressroom_schema::StoreError::from)?;
        Ok(())
    })
    .await
    .unwrap();
    id
}
