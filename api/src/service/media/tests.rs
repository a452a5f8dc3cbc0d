//! On a fresh SQLite file, a folder for the store, and a clock that stands still.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use pressroom_schema::{MediaState, MediaType, Timestamp, changes, migrate};

use super::*;
use crate::clock::Clock;
use crate::jobs::run_due_once;
use crate::page::PageRequest;
use crate::service::posts::{self, CreatePost, UpdatePost};
use crate::view::PostView;

/// A service of its own whose files go when the test ends.
pub(crate) struct Bench {
    pub(crate) svc: Svc,
    folder: std::path::PathBuf,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pressroom-service-{}-{number}", std::process::id()));
        let config = Config {
            database_url: format!("sqlite://{}", folder.join("a.db").display()),
            media_url: String::new(),
            data_dir: folder.clone(),
            upload_limit: 200_000,
            weak_passwords: true,
            ..Config::defaults()
        };
        let clock = Clock::fixed(Timestamp::parse("2013-06-24T14:05:00Z").unwrap());
        let svc = Svc::new(Service::open(config, clock).unwrap());
        svc.db.raw(migrate::up).await.unwrap();
        Self { svc, folder }
    }

    pub(crate) async fn upload(&self, bytes: Vec<u8>) -> MediaView {
        // Each a moment later than the one before, so that lists have an order to show.
        self.svc.clock.advance(TimeDelta::seconds(1));
        let input = Upload { bytes: bytes.into(), filename: Some("a/map.png".into()), ..Upload::default() };
        upload(&self.svc, &Viewer::system(), input).await.unwrap()
    }

    async fn refused(&self, bytes: &[u8]) -> Error {
        let input = Upload { bytes: Bytes::copy_from_slice(bytes), ..Upload::default() };
        upload(&self.svc, &Viewer::system(), input).await.unwrap_err()
    }

    async fn get(&self, id: Id) -> MediaView {
        get(&self.svc, &Viewer::system(), &id.to_string()).await.unwrap()
    }

    async fn delete(&self, id: Id) -> Result<()> {
        delete(&self.svc, &Viewer::system(), &id.to_string(), None).await
    }

    async fn update(&self, id: Id, json: &str, if_match: Option<IfMatch>) -> Result<MediaView> {
        let input = serde_json::from_str(json).unwrap();
        update(&self.svc, &Viewer::system(), &id.to_string(), input, if_match).await
    }

    async fn post(&self, image: Id, publish: bool) -> PostView {
        let input: CreatePost =
            serde_json::from_value(serde_json::json!({ "title": "A walk", "image": { "media_id": image } }))
                .unwrap();
        posts::create(&self.svc, &Viewer::system(), input, publish).await.unwrap()
    }

    async fn has(&self, url: &str) -> bool {
        self.svc.media.exists(key(url)).await.unwrap()
    }

    async fn last_change(&self) -> (String, Vec<String>) {
        let line = self
            .svc
            .read_private(&Viewer::system(), |conn| Ok(changes::after(conn, 0, 1000)?.pop().unwrap()))
            .await
            .unwrap();
        (format!("{} {}", line.object_type, line.action), line.keys.to().unwrap())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The store's key in an address.
pub(crate) fn key(url: &str) -> &str {
    url.split_once("/media/").unwrap().1
}

/// A chequered PNG in a colour of its own.
pub(crate) fn png(width: u32, height: u32, colour: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        Rgb(if (x / 8 + y / 8) % 2 == 0 { [colour, 40, 90] } else { [250, 250, colour] })
    });
    let mut file = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

#[actix_web::test]
async fn smaller_widths_come_by_themselves_and_the_posts_that_show_them_are_named() {
    let bench = Bench::new().await;
    let view = bench.upload(png(700, 350, 1)).await;
    assert_eq!((view.state, view.variants.len(), view.version), (MediaState::Processing, 0, 1));
    assert_eq!(
        (view.mime.as_str(), view.width, view.height, view.filename.as_str()),
        ("image/png", 700, 350, "map.png")
    );
    assert!(bench.has(&view.url).await);
    let post = bench.post(view.id, true).await;

    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 1);

    let ready = bench.get(view.id).await;
    assert_eq!((ready.state, ready.version), (MediaState::Ready, 1), "an editor's version is not made stale");
    assert_eq!(
        ready.variants.iter().map(|v| (v.width, v.height)).collect::<Vec<_>>(),
        [(320, 160), (640, 320)]
    );
    for variant in &ready.variants {
        assert!(bench.has(&variant.url).await);
    }
    let (change, keys) = bench.last_change().await;
    assert_eq!(change, "media processed");
    assert!(keys.contains(&Key::Post(post.id).to_string()) && keys.contains(&"posts".to_owned()), "{keys:?}");
    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 0);
}

#[actix_web::test]
async fn a_small_picture_is_ready_at_once() {
    let bench = Bench::new().await;
    assert_eq!(bench.upload(png(320, 200, 1)).await.state, MediaState::Ready);
    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 0);
}

#[actix_web::test]
async fn equal_pictures_share_what_is_stored_until_the_last_of_them_goes() {
    let bench = Bench::new().await;
    let first = bench.upload(png(400, 200, 1)).await;
    run_due_once(&bench.svc).await.unwrap();
    let second = bench.upload(png(400, 200, 1)).await;
    assert_ne!(first.id, second.id);
    assert_eq!((first.url.as_str(), second.state), (second.url.as_str(), MediaState::Ready));
    let small = second.variants[0].url.clone();

    bench.delete(first.id).await.unwrap();
    run_due_once(&bench.svc).await.unwrap();
    assert!(bench.has(&second.url).await && bench.has(&small).await);

    bench.delete(second.id).await.unwrap();
    assert_eq!(bench.last_change().await.1, [Key::of_file(key(&second.url)).to_string()]);
    run_due_once(&bench.svc).await.unwrap();
    assert!(!bench.has(&second.url).await && !bench.has(&small).await);
    let gone = get(&bench.svc, &Viewer::system(), &second.id.to_string()).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[actix_web::test]
async fn two_equal_uploads_that_wait_are_both_ready_after_one_pass() {
    let bench = Bench::new().await;
    let (first, second) = (bench.upload(png(400, 200, 1)).await, bench.upload(png(400, 200, 1)).await);
    run_due_once(&bench.svc).await.unwrap();
    for id in [first.id, second.id] {
        let view = bench.get(id).await;
        assert_eq!((view.state, view.variants.len()), (MediaState::Ready, 1));
    }
}

#[actix_web::test]
async fn a_picture_that_is_removed_while_it_waits_leaves_nothing() {
    let bench = Bench::new().await;
    let view = bench.upload(png(400, 200, 1)).await;
    bench.delete(view.id).await.unwrap();
    run_due_once(&bench.svc).await.unwrap();
    assert!(!bench.has(&view.url).await);
    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 0);
}

#[actix_web::test]
async fn what_is_in_use_is_not_removed_and_the_answer_says_by_what() {
    let bench = Bench::new().await;
    let (old, new) = (bench.upload(png(20, 20, 1)).await, bench.upload(png(20, 20, 2)).await);
    let post = bench.post(old.id, true).await;
    let reference = pressroom_schema::posts::Ref::Id(post.id);
    let error = bench.delete(old.id).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidState);
    assert!(error.detail().contains("by the post “A walk”"), "{error}");

    let change: UpdatePost =
        serde_json::from_value(serde_json::json!({ "title": "A run", "image": { "media_id": new.id } }))
            .unwrap();
    posts::update(&bench.svc, &Viewer::system(), &reference, change, None, false).await.unwrap();
    let error = bench.delete(new.id).await.unwrap_err();
    assert!(error.detail().contains("the working copy of the post “A run”"), "{error}");
    assert!(bench.delete(old.id).await.is_err(), "it is still live");

    posts::publish(&bench.svc, &Viewer::system(), &reference, None, None).await.unwrap();
    bench.delete(old.id).await.unwrap();
    posts::trash(&bench.svc, &Viewer::system(), &reference, None).await.unwrap();
    let error = bench.delete(new.id).await.unwrap_err();
    assert!(error.detail().contains("the post “A run” (in the trash)"), "{error}");

    // The first revision shows a picture that is gone; it can be had back without it.
    posts::restore(&bench.svc, &Viewer::system(), &reference).await.unwrap();
    let restored = posts::restore_revision(&bench.svc, &Viewer::system(), &reference, 1, None).await.unwrap();
    assert_eq!((restored.title.as_str(), restored.image), ("A walk", None));
    bench.delete(new.id).await.unwrap();
}

#[actix_web::test]
async fn a_description_changes_by_merge_patch_at_the_version_that_was_seen() {
    let bench = Bench::new().await;
    let id = bench.upload(png(20, 20, 1)).await.id;
    let seen = |version| Some(IfMatch::Versions(vec![version]));
    let view = bench.update(id, r#"{"alt": " A map ", "caption": "A line."}"#, seen(1)).await.unwrap();
    assert_eq!((view.alt.as_str(), view.caption.as_deref(), view.version), ("A map", Some("A line."), 2));
    let stale = bench.update(id, r#"{"alt": "x"}"#, seen(1)).await.unwrap_err();
    assert_eq!((stale.code(), stale.version()), (Code::VersionMismatch, Some(2)));
    let view = bench.update(id, r#"{"caption": null}"#, None).await.unwrap();
    assert_eq!((view.alt.as_str(), view.caption, view.version), ("A map", None, 3));
    let view = bench.update(id, "{}", None).await.unwrap();
    assert_eq!(view.version, 3, "nothing changed");
    let gone = bench.update(Id::MAX, "{}", None).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[actix_web::test]
async fn the_library_is_listed_newest_first_page_by_page() {
    let bench = Bench::new().await;
    let mut ids = Vec::new();
    for colour in 0..5 {
        ids.insert(0, bench.upload(png(20, 20, colour)).await.id);
    }
    let page = |after: Option<&str>, before: Option<&str>, mimes: &[MediaType]| {
        let read = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let (after, before) = (read(after), read(before));
        let page = PageRequest { limit: Some(2), after, before, count: true, ..PageRequest::default() };
        let mimes = mimes.to_vec();
        let svc = bench.svc.clone();
        async move { list(&svc, &Viewer::system(), MediaQuery { owner: None, mimes, page }).await }
    };
    let found = |page: &Page<MediaView>| page.items.iter().map(|(_, v)| v.id).collect::<Vec<_>>();
    let first = page(None, None, &[]).await.unwrap();
    assert_eq!((found(&first), first.total, first.previous()), (ids[..2].to_vec(), Some(5), None));
    let second = page(first.next(), None, &[MediaType::Png, MediaType::Gif]).await.unwrap();
    assert_eq!(found(&second), ids[2..4]);
    let back = page(None, second.previous(), &[]).await.unwrap();
    assert_eq!(found(&back), ids[..2]);
    assert!(page(None, None, &[MediaType::Gif]).await.unwrap().items.is_empty());
    let mine = MediaQuery { owner: Some("me".into()), ..MediaQuery::default() };
    let error = list(&bench.svc, &Viewer::system(), mine).await.unwrap_err();
    assert_eq!(error.errors()[0].parameter.as_deref(), Some("owner"), "the server itself owns nothing");
}

#[actix_web::test]
async fn what_is_no_picture_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    for (bytes, code) in [
        (&b""[..], Code::ValidationFailed),
        (b"%PDF-1.7 and so on", Code::UnsupportedMediaType),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", Code::UnsupportedMediaType),
        (&png(20, 20, 1)[..60], Code::ValidationFailed),
        (&vec![0; 200_001], Code::TooLarge),
    ] {
        let error = bench.refused(bytes).await;
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.errors()[0].pointer.as_deref(), Some("/file"));
    }
}

#[actix_web::test]
async fn a_picture_that_the_store_lost_is_tried_again_and_in_the_end_marked_as_failed() {
    let bench = Bench::new().await;
    let view = bench.upload(png(400, 200, 1)).await;
    bench.svc.media.delete(key(&view.url)).await.unwrap();
    for attempt in 1..=pressroom_schema::jobs::MAX_ATTEMPTS {
        assert_eq!(run_due_once(&bench.svc).await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(run_due_once(&bench.svc).await.unwrap(), 0, "it rests first");
        bench.svc.clock.advance(TimeDelta::hours(2));
    }
    assert_eq!(bench.get(view.id).await.state, MediaState::Failed);
    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 0);
}
