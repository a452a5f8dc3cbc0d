//! Images: taken by their content, cleaned, kept, and made smaller in the background.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use pressroom::auth::viewer::Role;
use pressroom::config::Config;
use pressroom::jobs::run_due_once;
use serde_json::{Value, json};

use super::{column, is_stale, markdown, named};
use crate::support::app::{Answer, Store, TestApp, User, on_both, text};

pub(super) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        Rgb(if (x / 8 + y / 8) % 2 == 0 { [200, 40, 90] } else { [250, 250, 40] })
    });
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A form with a file and what is said about it (RFC 7578).
fn form(name: &str, file: &[u8], fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(
            format!("--line\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(format!("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n").bytes());
    body.extend(file);
    body.extend(b"\r\n--line--\r\n");
    body
}

pub(super) async fn upload(app: &TestApp, by: &User, file: &[u8]) -> Answer {
    app.post("/v1/media").by(by).body("multipart/form-data; boundary=line", form("map.png", file, &[])).await
}

/// The path of an address of this server.
fn path(url: &Value) -> String {
    text(url).replace("https://example.org", "")
}

/// A JPEG with Exif data (an APP1 segment) after its first marker.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0SECRETPLACE";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat()
}

#[actix_web::test]
async fn an_upload_is_kept_described_and_served_for_ever() {
    on_both(async |app| {
        let author = app.user(Role::Author).await;
        let file = picture(64, 32, ImageFormat::Png);
        let body = form("../maps/Map of the bay.png", &file, &[("alt", "A map"), ("caption", "The bay.")]);
        let made = app.post("/v1/media").by(&author).body("multipart/form-data; boundary=line", body).await;
        assert_eq!(made.status(), 201);
        let media = made.ok();
        for (member, value) in [
            ("mime", json!("image/png")),
            ("width", json!(64)),
            ("height", json!(32)),
            ("alt", json!("A map")),
            ("caption", json!("The bay.")),
            ("filename", json!("Map of the bay.png")),
            ("animated", json!(false)),
            ("state", json!("ready")),
        ] {
            assert_eq!(media[member], value, "{member}");
        }
        assert_eq!(made.header("location"), format!("/v1/media/{}", text(&media["id"])));
        let served = app.get(&path(&media["url"])).await;
        assert_eq!((served.status(), served.header("content-type")), (200, "image/png"));
        assert!(image::load_from_memory(&served.body).is_ok_and(|image| image.width() == 64));
        assert!(served.header("cache-control").contains("immutable"));
        let again = app.get(&path(&media["url"])).header("If-None-Match", served.header("etag")).await;
        assert_eq!((again.status(), again.text()), (304, String::new()));
        let part = app.get(&path(&media["url"])).header("Range", "bytes=1-3").await;
        assert_eq!((part.status(), part.text()), (206, "PNG".to_owned()));
        app.get(&path(&media["url"]))
            .header("Range", "bytes=999999-")
            .await
            .problem(416, "range_not_satisfiable");
        assert_eq!(column(&app.get("/v1/media?owner=me").by(&author).await.ok(), "id"), [text(&media["id"])]);
        app.get("/v1/media").await.problem(401, "unauthenticated");
    })
    .await;
}

#[actix_web::test]
async fn smaller_widths_are_made_in_the_background_and_shown_with_the_post() {
    on_both(async |app| {
        let editor = app.user(Role::Editor).await;
        let media = upload(&app, &editor, &picture(900, 300, ImageFormat::Jpeg)).await.ok();
        assert_eq!((&media["state"], &media["variants"]), (&json!("processing"), &json!([])));
        app.published(
            &editor,
            &json!({"title": "P", "slug": "p", "image": {"media_id": media["id"], "alt": "Here"}}),
        )
        .await;
        run_due_once(app.svc()).await.unwrap();
        let ready = app.get(&format!("/v1/media/{}", text(&media["id"]))).by(&editor).await.ok();
        assert_eq!(ready["state"], "ready");
        let image = app.get("/v1/posts/p").await.ok()["image"].clone();
        assert_eq!(
            (&image["alt"], &image["width"], &image["variants"]),
            (&json!("Here"), &json!(900), &ready["variants"])
        );
        let variants = image["variants"].as_array().unwrap();
        assert!(!variants.is_empty());
        for variant in variants {
            let served = app.get(&path(&variant["url"])).await;
            assert_eq!(
                (served.status(), served.header("content-type")),
                (200, text(&variant["mime"]).as_str())
            );
            let made = image::load_from_memory(&served.body).unwrap();
            assert_eq!(
                (json!(made.width()), json!(made.height())),
                (variant["width"].clone(), variant["height"].clone())
            );
            assert!(made.width() < 900);
        }
    })
    .await;
}

#[actix_web::test]
async fn where_a_photograph_was_taken_is_not_passed_on() {
    on_both(async |app| {
        let author = app.user(Role::Author).await;
        let file = with_exif(&picture(48, 48, ImageFormat::Jpeg));
        assert!(file.windows(11).any(|w| w == b"SECRETPLACE"));
        let media = upload(&app, &author, &file).await.ok();
        let served = app.get(&path(&media["url"])).await;
        assert_eq!(served.status(), 200);
        assert!(!served.body.windows(11).any(|w| w == b"SECRETPLACE"));
        assert!(image::load_from_memory(&served.body).is_ok());
    })
    .await;
}

#[actix_web::test]
async fn what_only_looks_like_an_image_is_refused() {
    let app = TestApp::open(Store::sqlite()).await;
    let author = app.user(Role::Author).await;
    let png = picture(64, 64, ImageFormat::Png);
    for fake in [
        b"<script>alert(1)</script>".to_vec(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec(),
        b"%PDF-1.7".to_vec(),
    ] {
        upload(&app, &author, &fake).await.problem(415, "unsupported_media_type");
    }
    let empty = upload(&app, &author, &[]).await;
    assert_eq!(named(&empty.problem(422, "validation_failed")), ["/file"]);
    for broken in [png[..png.len() / 2].to_vec(), [&png[..60], &[0; 40][..], &png[100..]].concat()] {
        upload(&app, &author, &broken).await.problem(422, "validation_failed");
    }
    let without =
        app.post("/v1/media").by(&author).body("multipart/form-data; boundary=line", "--line--\r\n").await;
    assert_eq!(named(&without.problem(422, "validation_failed")), ["/file"]);
    app.post("/v1/media")
        .by(&author)
        .json(&json!({"file": "x"}))
        .await
        .problem(415, "unsupported_media_type");
    assert_eq!(app.get("/v1/media?count=true").by(&author).await.ok()["page"]["total"], 0);
}

#[actix_web::test]
async fn an_image_with_too_many_pixels_or_bytes_is_refused_unopened() {
    let store = Store::sqlite();
    let config = Config { pixel_limit: 10_000, upload_limit: 20_000, ..store.config() };
    let app = TestApp::with(store, config).await;
    let author = app.user(Role::Author).await;
    let bomb = picture(200, 100, ImageFormat::Png);
    assert!(bomb.len() < 20_000);
    let refused = upload(&app, &author, &bomb).await.problem(422, "validation_failed");
    assert!(refused.to_string().contains("pixels"), "{refused}");
    upload(&app, &author, &vec![0; 30_000]).await.problem(413, "too_large");
    upload(&app, &author, &picture(100, 100, ImageFormat::Png)).await.ok();
}

#[actix_web::test]
async fn what_is_said_about_a_file_can_be_changed_and_a_file_in_use_stays() {
    on_both(async |app| {
        let (editor, author) = (app.user(Role::Editor).await, app.user(Role::Author).await);
        let made = upload(&app, &author, &picture(64, 64, ImageFormat::Png)).await;
        let media = made.ok();
        let place = format!("/v1/media/{}", text(&media["id"]));
        let changed = app
            .patch(&place)
            .by(&author)
            .header("If-Match", made.header("etag"))
            .json(&json!({"alt": "New", "caption": null}))
            .await
            .ok();
        assert_eq!(
            (&changed["alt"], &changed["caption"], &changed["version"]),
            (&json!("New"), &Value::Null, &json!(2))
        );
        is_stale(
            &app.patch(&place)
                .by(&author)
                .header("If-Match", made.header("etag"))
                .json(&json!({"alt": "X"}))
                .await,
            2,
        );
        let other = app.user(Role::Author).await;
        app.patch(&place).by(&other).json(&json!({"alt": "X"})).await.problem(403, "forbidden");
        app.delete(&place).by(&other).await.problem(403, "forbidden");
        app.published(&editor, &json!({"title": "P", "slug": "p", "image": {"media_id": media["id"]}})).await;
        assert_eq!(app.get("/v1/posts/p").await.ok()["image"]["alt"], "New");
        let kept = app.delete(&place).by(&author).await.problem(409, "invalid_state");
        assert!(kept["detail"].as_str().unwrap().contains('P'), "{kept}");
        let body = markdown(&format!("![A square]({})", text(&media["url"])));
        app.patch("/v1/posts/p?publish=true")
            .by(&editor)
            .json(&json!({"image": null, "body": body}))
            .await
            .ok();
        let kept = app.delete(&place).by(&author).await.problem(409, "invalid_state");
        assert!(kept["detail"].as_str().unwrap().contains("the post “P”"), "{kept}");
        app.patch("/v1/posts/p").by(&editor).json(&json!({"body": markdown("None.")})).await.ok();
        app.delete(&place).by(&author).await.problem(409, "invalid_state");
        app.post("/v1/posts/p/publish").by(&editor).await.ok();
        app.patch("/v1/posts/p").by(&editor).json(&json!({"body": body})).await.ok();
        let kept = app.delete(&place).by(&author).await.problem(409, "invalid_state");
        assert!(kept["detail"].as_str().unwrap().contains("the working copy of the post “P”"), "{kept}");
        app.patch("/v1/posts/p?publish=true").by(&editor).json(&json!({"body": null})).await.ok();
        assert_eq!(app.delete(&place).by(&author).await.status(), 204);
        run_due_once(app.svc()).await.unwrap();
        app.get(&path(&media["url"])).await.problem(404, "not_found");
        let unknown = app
            .post("/v1/posts")
            .by(&editor)
            .json(&json!({"title": "Q", "image": {"media_id": media["id"]}}))
            .await;
        assert_eq!(named(&unknown.problem(422, "validation_failed")), ["/image/media_id"]);
    })
    .await;
}
