use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, test, web};
use pressroom_schema::{Id, LanguageTag, MediaType, Timestamp};
use utoipa_actix_web::AppExt;

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::service::feeds::{Enclosure, Entry, Person, SitemapFile, SitemapUrl};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A feed with everything that can be awkward in it.
fn awkward() -> Feed {
    let entry = |n: u128, title: &str, html: &str| Entry {
        id: Id(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)),
        url: format!("https://example.org/p{n}"),
        title: title.to_owned(),
        html: html.to_owned(),
        summary: Some("1 < 2 & <b> \u{1}and ]]> so on".to_owned()),
        published: at("2013-06-24T14:05:00.123Z"),
        updated: at("2013-06-25T14:05:00Z"),
        language: "zh-Hant".parse().ok(),
        authors: vec![
            Person {
                name: "Ada & Söhne \u{0}<x>".to_owned(),
                url: Some("https://example.org/authors/ada".to_owned()),
                avatar: Some("https://example.org/media/a.png".to_owned()),
            },
            Person { name: "李四".to_owned(), url: None, avatar: None },
        ],
        tags: vec![("r-and-d".parse().unwrap(), "R & D".to_owned())],
        image: Some(Enclosure {
            url: "https://example.org/media/i.jpg?a=1&b=2".to_owned(),
            mime: MediaType::Jpeg,
            length: 1234,
        }),
        rights: Some("© \"us\"".to_owned()),
    };
    Feed {
        title: "Tags & <Titles> \u{b}– \u{1f570}".to_owned(),
        description: String::new(),
        language: LanguageTag::english(),
        home: "https://example.org/tags/x".to_owned(),
        query: "tag=x&limit=2".to_owned(),
        lasting_query: "tag=01900000-0000-7000-8000-000000000000".to_owned(),
        publisher: "Tags & Co".to_owned(),
        publisher_url: "https://example.org/".to_owned(),
        logo: Some("https://example.org/media/logo.png".to_owned()),
        rights: Some("All rights & wrongs".to_owned()),
        updated: at("2013-06-25T14:05:00Z"),
        entries: vec![
            entry(
                1,
                "A < B && C",
                "<p>a &amp; b ]]&gt; <img src=\"https://e.org/x.png\" alt=\"]]>\"> \u{c}\u{fffe}ü</p>",
            ),
            entry(2, "&lt;b&gt; \u{202e}", "<p dir=\"rtl\">שלום</p>"),
            Entry {
                authors: Vec::new(),
                tags: Vec::new(),
                image: None,
                summary: None,
                language: None,
                rights: None,
                ..entry(3, "Bare", "")
            },
            Entry {
                published: at("0001-01-01T00:00:00Z"),
                updated: at("9999-12-31T23:59:59Z"),
                ..entry(4, "Times", "x")
            },
        ],
    }
}

/// A feed of a site that has nothing yet.
fn empty() -> Feed {
    Feed {
        entries: Vec::new(),
        logo: None,
        rights: None,
        query: String::new(),
        lasting_query: String::new(),
        ..awkward()
    }
}

/// Every well-formed document, for other people's readers to judge as well: they lie where Cargo keeps a test's files.
fn keep(name: &str, bytes: &[u8]) -> String {
    if let Some(folder) = option_env!("CARGO_TARGET_TMPDIR") {
        std::fs::write(std::path::Path::new(folder).join(name), bytes).unwrap();
    }
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Reads the XML to its end, and gives the text of every element called `name`.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut reader = quick_xml::NsReader::from_str(xml);
    let (mut inside, mut out) = (false, Vec::new());
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return out,
            quick_xml::events::Event::Start(tag) if tag.name().as_ref() == name.as_bytes() => {
                inside = true;
                out.push(String::new());
            }
            quick_xml::events::Event::End(tag) if tag.name().as_ref() == name.as_bytes() => inside = false,
            quick_xml::events::Event::Text(text) if inside => {
                out.last_mut().unwrap().push_str(&text.decode().unwrap());
            }
            quick_xml::events::Event::CData(text) if inside => {
                out.last_mut().unwrap().push_str(&text.decode().unwrap());
            }
            quick_xml::events::Event::GeneralRef(entity) if inside => {
                let text = match &*entity.decode().unwrap() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("{other}"),
                };
                out.last_mut().unwrap().push_str(text);
            }
            _ => {}
        }
    }
}

#[actix_web::test]
async fn rss_holds_whatever_a_post_holds() {
    let xml = keep("feed.xml", &rss_feed::write(&awkward(), "https://api.example.org/feed.xml").unwrap());
    assert_eq!(texts(&xml, "title")[..2], ["Tags & <Titles> – \u{1f570}", "Tags & <Titles> – \u{1f570}"]);
    assert_eq!(texts(&xml, "guid")[0], "urn:uuid:01900000-0000-7000-8000-000000000001");
    assert_eq!(texts(&xml, "pubDate")[0], "Mon, 24 Jun 2013 14:05:00 GMT");
    assert_eq!(texts(&xml, "dc:creator")[..2], ["Ada & Söhne <x>", "李四"]);
    assert_eq!(texts(&xml, "category")[0], "R & D");
    assert_eq!(texts(&xml, "description")[1], "1 &lt; 2 &amp; &lt;b&gt; and ]]&gt; so on");
    assert!(texts(&xml, "content:encoded")[0].ends_with("alt=\"]]>\"> ü</p>"));
    assert!(xml.contains("isPermaLink=\"false\""));
    assert!(xml.contains("href=\"https://api.example.org/feed.xml?tag=x&amp;limit=2\""));
    assert!(xml.contains("length=\"1234\""));
    keep("empty-feed.xml", &rss_feed::write(&empty(), "https://api.example.org/feed.xml").unwrap());
}

#[actix_web::test]
async fn atom_holds_whatever_a_post_holds() {
    let xml = keep("atom.xml", &atom_feed::write(&awkward(), "https://api.example.org/atom.xml").unwrap());
    let ids = texts(&xml, "id");
    assert_eq!(ids[0], "https://api.example.org/atom.xml?tag=01900000-0000-7000-8000-000000000000");
    assert_eq!(ids[1], "urn:uuid:01900000-0000-7000-8000-000000000001");
    assert_eq!(texts(&xml, "updated")[1], "2013-06-25T14:05:00+00:00");
    assert_eq!(texts(&xml, "published")[0], "2013-06-24T14:05:00.123+00:00");
    assert_eq!(texts(&xml, "name")[..2], ["Tags & Co", "Ada & Söhne <x>"]);
    assert!(texts(&xml, "content")[0].ends_with("alt=\"]]>\"> ü</p>"));
    assert!(texts(&xml, "subtitle").is_empty());
    keep("empty-atom.xml", &atom_feed::write(&empty(), "https://api.example.org/atom.xml").unwrap());
}

#[actix_web::test]
async fn json_feed_leaves_out_what_is_not_there() {
    let json = keep("feed.json", &json_feed::write(&awkward(), "https://api.example.org/feed.json").unwrap());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(json["feed_url"], "https://api.example.org/feed.json?tag=x&limit=2");
    assert_eq!(json["items"][0]["tags"], serde_json::json!(["R & D"]));
    assert_eq!(json["items"][0]["date_published"], "2013-06-24T14:05:00.123Z");
    let bare: Vec<&String> = json["items"][2].as_object().unwrap().keys().collect();
    assert_eq!(bare, ["content_html", "date_modified", "date_published", "id", "title", "url"]);
    assert!(json.get("description").is_none());
}

#[actix_web::test]
async fn the_sitemap_is_escaped() {
    let changed = Some(at("2024-01-01T00:00:00Z"));
    let file = SitemapFile { name: "posts-1".to_owned(), changed };
    let xml = String::from_utf8(sitemap::index(&[file], "https://a.example/x&y").unwrap()).unwrap();
    assert_eq!(texts(&xml, "loc"), ["https://a.example/x&y/sitemaps/posts-1.xml"]);
    assert_eq!(texts(&xml, "lastmod"), ["2024-01-01T00:00:00.000Z"]);
    let url = |changed, image: Option<&str>| SitemapUrl {
        url: "https://a.example/?p=1&q=2".to_owned(),
        changed,
        image: image.map(str::to_owned),
    };
    let xml = sitemap::file(&[url(changed, Some("https://a.example/i.png?a&b")), url(None, None)]).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    assert_eq!(texts(&xml, "loc"), ["https://a.example/?p=1&q=2"; 2]);
    assert_eq!(texts(&xml, "image:loc"), ["https://a.example/i.png?a&b"]);
}

/// The routes of this module on an empty publication.
macro_rules! served {
    ($app:ident, $name:literal) => {
        let path = std::env::temp_dir().join(format!("pressroom-{}-{}.db", $name, std::process::id()));
        let config = Config {
            database_url: format!("sqlite://{}", path.display()),
            site_url: "https://example.org".to_owned(),
            ..Config::defaults()
        };
        let svc = Arc::new(Service::open(config, Clock::fixed(at("2024-05-01T12:00:00Z"))).unwrap());
        svc.db.raw(|conn| pressroom_schema::migrate::up(conn)).await.unwrap();
        let (app, _) = App::new()
            .into_utoipa_app()
            .app_data(web::Data::from(Arc::clone(&svc)))
            .configure(super::configure)
            .split_for_parts();
        let $app = test::init_service(app).await;
        // Whoever has it open keeps it; nobody else can find it any more.
        let _removed = Removed(path);
    };
}

struct Removed(std::path::PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            std::fs::remove_file(path).ok();
        }
    }
}

#[actix_web::test]
async fn every_feed_is_served_in_its_type_and_spared_when_unchanged() {
    served!(app, "feeds-types");
    for (path, kind) in [
        ("/feed.xml", RSS),
        ("/atom.xml?limit=5", ATOM),
        ("/feed.json", JSON),
        ("/sitemap.xml", XML),
        ("/sitemaps/site.xml", XML),
    ] {
        let answer = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let header =
            |name: header::HeaderName| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), kind);
        assert!(header(header::CACHE_CONTROL).starts_with("public"));
        let again = test::TestRequest::get()
            .uri(path)
            .insert_header((header::IF_NONE_MATCH, header(header::ETAG)))
            .to_request();
        assert_eq!(test::call_service(&app, again).await.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[actix_web::test]
async fn what_is_not_known_is_refused() {
    served!(app, "feeds-unknown");
    for (path, status) in [
        ("/feed.xml?author=nobody", StatusCode::NOT_FOUND),
        ("/atom.xml?tag=nothing", StatusCode::NOT_FOUND),
        ("/feed.json?post=nowhere", StatusCode::NOT_FOUND),
        ("/sitemaps/posts-1.xml", StatusCode::NOT_FOUND),
        ("/sitemaps/../x.xml", StatusCode::NOT_FOUND),
        ("/feed.xml?page=2", StatusCode::BAD_REQUEST),
        ("/feed.xml?limit=0", StatusCode::BAD_REQUEST),
        ("/feed.xml?limit=x", StatusCode::BAD_REQUEST),
        ("/feed.xml?author=a&author=b", StatusCode::BAD_REQUEST),
        ("/sitemap.xml?x", StatusCode::BAD_REQUEST),
    ] {
        let request = test::TestRequest::default().method(Method::GET).uri(path).to_request();
        let answer = test::call_service(&app, request).await;
        assert_eq!(answer.status(), status, "{path}");
    }
}
