//! A folder on disk, and a bucket behind a small server of our own that checks what is signed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::{Method, StatusCode};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sha2::{Digest, Sha256};

use super::*;

const DIGEST: &str = "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b";

/// A folder of its own that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("pressroom-media-{:016x}", rand::random::<u64>())))
    }

    fn open(&self) -> MediaStore {
        MediaStore::open(self.0.to_str().unwrap(), S3Settings::default()).unwrap()
    }

    fn files(&self) -> Vec<String> {
        fn walk(folder: &FilePath, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { walk(&path, found) } else { found.push(path.display().to_string()) }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, &mut found);
        found
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn keeps_finds_and_forgets(store: &MediaStore) {
    let key = key_for(DIGEST, Some(640), "jpg");
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert!(!store.exists(&key).await.unwrap());
    store.delete(&key).await.unwrap();

    store.put(&key, Bytes::from_static(b"picture"), MediaType::Jpeg).await.unwrap();
    store.put(&key, Bytes::from_static(b"picture"), MediaType::Jpeg).await.unwrap();
    assert!(store.exists(&key).await.unwrap());
    let found = store.get(&key).await.unwrap().unwrap();
    assert_eq!((found.bytes.as_ref(), found.len), (b"picture".as_slice(), 7));

    store.check().await.unwrap();
    store.delete(&key).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), None);
}

#[actix_web::test]
async fn a_folder_is_made_and_keeps_finds_and_forgets() {
    let folder = Folder::new();
    let store = folder.open();
    keeps_finds_and_forgets(&store).await;
    assert_eq!(folder.files(), Vec::<String>::new(), "neither a probe nor half a file is left");
}

#[actix_web::test]
async fn a_folder_may_be_given_as_a_file_url() {
    let folder = Folder::new();
    let url = url::Url::from_file_path(&folder.0).unwrap();
    let store = MediaStore::open(url.as_str(), S3Settings::default()).unwrap();
    store.put(&key_for(DIGEST, None, "png"), Bytes::from_static(b"x"), MediaType::Png).await.unwrap();
    assert_eq!(folder.files(), [folder.0.join(key_for(DIGEST, None, "png")).display().to_string()]);
}

#[actix_web::test]
async fn writers_of_one_object_do_not_disturb_each_other() {
    let folder = Folder::new();
    let store = folder.open();
    let key = key_for(DIGEST, None, "gif");
    let content = Bytes::from(vec![7; 300_000]);
    let writes = (0..16).map(|_| store.put(&key, content.clone(), MediaType::Gif));
    for written in futures_util::future::join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(store.get(&key).await.unwrap().unwrap().bytes, content);
    assert_eq!(folder.files().len(), 1);
}

#[actix_web::test]
async fn no_name_leads_out_of_the_store() {
    let folder = Folder::new();
    let store = folder.open();
    std::fs::write(folder.0.join("secret"), "x").unwrap();
    for key in ["secret", "../secret", "/etc/passwd", "3a/7b/../../secret", ""] {
        assert!(matches!(store.get(key).await, Err(MediaError::Store(_))), "{key}");
        assert!(
            matches!(store.put(key, Bytes::new(), MediaType::Png).await, Err(MediaError::Store(_))),
            "{key}"
        );
        assert!(matches!(store.delete(key).await, Err(MediaError::Store(_))), "{key}");
        assert!(matches!(store.exists(key).await, Err(MediaError::Store(_))), "{key}");
    }
}

#[actix_web::test]
async fn a_vanished_folder_is_told_by_the_step_that_failed() {
    let folder = Folder::new();
    let store = folder.open();
    std::fs::remove_dir_all(&folder.0).unwrap();
    // In place of the folder stands a file, so that it cannot be made again.
    std::fs::write(&folder.0, "x").unwrap();
    let said = store.check().await.unwrap_err().to_string();
    assert!(said.contains("writing failed"), "{said}");
    std::fs::remove_file(&folder.0).unwrap();
}

#[test]
fn keys_are_made_from_the_digest_and_nothing_else_is_one() {
    assert_eq!(key_for(DIGEST, None, "webp"), format!("3a/7b/{DIGEST}.webp"));
    let good = key_for(DIGEST, Some(640), "jpg");
    assert_eq!(good, format!("3a/7b/{DIGEST}-640w.jpg"));
    assert_eq!(mime_for_key(&good), Some(MediaType::Jpeg));
    for bad in [
        String::new(),
        DIGEST.to_owned(),
        format!("{DIGEST}.jpg"),
        format!("3a/7c/{DIGEST}.jpg"),
        format!("/3a/7b/{DIGEST}.jpg"),
        format!("3a/7b//{DIGEST}.jpg"),
        format!("../3a/7b/{DIGEST}.jpg"),
        format!("3a/7b/{DIGEST}.svg"),
        format!("3a/7b/{DIGEST}.jpg.html"),
        format!("3a/7b/{DIGEST}-0640w.jpg"),
        format!("3a/7b/{DIGEST}-+640w.jpg"),
        format!("3a/7b/{DIGEST}-0w.jpg"),
        format!("3a/7b/{DIGEST}-640.jpg"),
        format!("3a/7b/{DIGEST}-99999999999w.jpg"),
        good.to_uppercase(),
        good.replace("-640w", "%2f..%2f"),
        format!("{good}\0"),
        format!("{good} "),
    ] {
        assert!(!is_valid_key(&bad), "{bad}");
        assert_eq!(mime_for_key(&bad), None);
    }
}

#[test]
fn a_setting_that_names_no_store_says_what_to_write() {
    for (url, said) in [
        ("", "give a folder"),
        ("gs://bucket", "gs:// is not supported"),
        ("s3://", "the bucket has no name"),
        ("file://elsewhere/x", "names no folder"),
        ("/dev/null/media", "cannot be used"),
    ] {
        let error = MediaStore::open(url, S3Settings::default()).unwrap_err().to_string();
        assert!(error.contains(said), "{url}: {error}");
    }
    let half = S3Settings { access_key_id: Some("id".to_owned()), ..S3Settings::default() };
    assert!(MediaStore::open("s3://bucket", half).unwrap_err().to_string().contains("needed together"));
}

#[test]
fn a_secret_is_not_shown_when_settings_are_printed() {
    let settings = S3Settings { secret_access_key: Some("hunter2".to_owned()), ..S3Settings::default() };
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn settings_come_from_texts_of_which_the_empty_ones_are_none() {
    let amazon = S3Settings::from_texts("", " ", "id", "secret");
    assert_eq!(
        (amazon.endpoint, amazon.region, amazon.path_style, amazon.allow_http),
        (None, None, false, false)
    );
    let own = S3Settings::from_texts("http://127.0.0.1:9000", "eu", "", "");
    assert_eq!((own.access_key_id, own.path_style, own.allow_http), (None, true, true));
}

#[test]
fn amazon_and_other_services_over_tls_can_be_set_up() {
    for (endpoint, path_style) in [(None, false), (None, true), (Some("https://objects.example.org"), false)]
    {
        let settings = S3Settings { endpoint: endpoint.map(str::to_owned), path_style, ..keys() };
        let store = MediaStore::open("s3://pictures/site", settings).unwrap();
        assert_eq!(store.place(), "s3://pictures/site");
    }
    assert_eq!(with_host_prefix("https://example.org", "b").as_deref(), Some("https://b.example.org"));
}

fn keys() -> S3Settings {
    S3Settings {
        access_key_id: Some("AKIDEXAMPLE".to_owned()),
        secret_access_key: Some("wJalrXUtnFEMI/K7MDENG".to_owned()),
        region: Some("eu-test-1".to_owned()),
        ..S3Settings::default()
    }
}

/// What the server holds: path → (content, type, caching).
type Objects = Mutex<BTreeMap<String, (Bytes, String, String)>>;

/// Answers as a bucket does, and refuses what is not signed for it (AWS signature version 4): the scope must be
/// right and the digest in the header must be that of the body.
async fn bucket(request: HttpRequest, body: Bytes, objects: web::Data<Objects>) -> HttpResponse {
    let header =
        |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let authorization = header("authorization");
    let signed = authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        && authorization.contains("/eu-test-1/s3/aws4_request")
        && authorization.rsplit_once("Signature=").is_some_and(|(_, signature)| signature.len() == 64)
        && header("x-amz-content-sha256") == format!("{:x}", Sha256::digest(&body));
    if !signed {
        return HttpResponse::new(StatusCode::FORBIDDEN);
    }
    let path = request.path().to_owned();
    let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
    match *request.method() {
        Method::PUT => {
            objects.insert(path, (body, header("content-type"), header("cache-control")));
            HttpResponse::Ok().insert_header(("ETag", "\"e\"")).finish()
        }
        Method::GET | Method::HEAD => match objects.get(&path) {
            Some((content, ..)) => HttpResponse::Ok()
                .insert_header(("ETag", "\"e\""))
                .insert_header(("Last-Modified", "Mon, 24 Jun 2013 14:05:00 GMT"))
                .body(content.clone()),
            None => HttpResponse::NotFound().finish(),
        },
        Method::DELETE => {
            objects.remove(&path);
            HttpResponse::NoContent().finish()
        }
        _ => HttpResponse::MethodNotAllowed().finish(),
    }
}

fn serve() -> (String, ServerHandle, web::Data<Objects>) {
    let objects = web::Data::new(Objects::default());
    let shared = objects.clone();
    let server =
        HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(bucket)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
    let endpoint = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (endpoint, handle, objects)
}

#[actix_web::test]
async fn a_bucket_keeps_finds_and_forgets_with_signed_requests() {
    let (endpoint, server, objects) = serve();
    let settings =
        || S3Settings { endpoint: Some(endpoint.clone()), allow_http: true, path_style: true, ..keys() };
    let store = MediaStore::open("s3://pictures/site/media", settings()).unwrap();
    keeps_finds_and_forgets(&store).await;
    assert!(objects.lock().unwrap().is_empty(), "the probe is gone too");

    let key = key_for(DIGEST, None, "png");
    store.put(&key, Bytes::from_static(b"x"), MediaType::Png).await.unwrap();
    let kept = objects.lock().unwrap().clone();
    let (path, (_, mime, caching)) = kept.iter().next().unwrap();
    assert_eq!(path, &format!("/pictures/site/media/{key}"));
    assert_eq!((mime.as_str(), caching.contains("immutable")), ("image/png", true));

    let stranger = S3Settings { access_key_id: Some("OTHER".to_owned()), ..settings() };
    let said = MediaStore::open("s3://pictures", stranger).unwrap().check().await.unwrap_err().to_string();
    assert!(said.contains("writing failed"), "{said}");
    server.stop(false).await;
}
