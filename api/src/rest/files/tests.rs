use super::*;

fn bytes_of(range: &str, length: u64) -> Option<Range<u64>> {
    Wanted::parse(range).unwrap_or_else(|| panic!("{range} is one range")).within(length)
}

#[test]
fn one_range_is_understood_in_each_of_its_forms() {
    for (text, range) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-499", 0..500),
        ("bytes=500-999", 500..1000),
        ("bytes=500-", 500..1000),
        ("bytes=999-", 999..1000),
        ("bytes=900-5000", 900..1000),
        ("bytes=-1", 999..1000),
        ("bytes=-1000", 0..1000),
        ("bytes=-5000", 0..1000),
        ("Bytes = 1-2", 1..3),
        ("bytes=0-99999999999999999999999999", 0..1000),
    ] {
        assert_eq!(bytes_of(text, 1000), Some(range), "{text}");
    }
}

#[test]
fn a_range_beyond_the_end_cannot_be_satisfied() {
    for text in ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=99999999999999999999999-"] {
        assert_eq!(bytes_of(text, 1000), None, "{text}");
    }
    for text in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
        assert_eq!(bytes_of(text, 0), None, "{text} of nothing");
    }
}

#[test]
fn what_is_no_single_range_of_bytes_is_passed_over() {
    for text in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=1-2,4-5",
        "bytes=+1-2",
        "bytes=1--2",
        "bytes=0x1-2",
        "seconds=1-2",
        "bytes:0-1",
        "bytes=1 -2",
    ] {
        assert_eq!(Wanted::parse(text), None, "{text:?}");
    }
}

#[test]
fn if_range_must_name_the_very_same_file() {
    let asked = |condition: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=1-"));
        if let Some(condition) = condition {
            headers.insert(header::IF_RANGE, HeaderValue::from_static(condition));
        }
        asked_range(&headers, "\"abc\"")
    };
    assert_eq!(asked(None), Some(Wanted::From(1)));
    assert_eq!(asked(Some("\"abc\"")), Some(Wanted::From(1)));
    for other in ["\"abd\"", "W/\"abc\"", "Mon, 24 Jun 2013 14:05:00 GMT", "abc"] {
        assert_eq!(asked(Some(other)), None, "{other}");
    }
}

#[test]
fn original_and_smaller_widths_have_validators_of_their_own() {
    assert_eq!(etag("3a7b.jpg"), "\"3a7b\"");
    assert_eq!(etag("3a7b-640w.jpg"), "\"3a7b-640w\"");
}

mod through_the_app {
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};

    use super::*;
    use crate::service::media::tests::{Bench, key, png};

    macro_rules! ask {
        ($app:expr, $method:expr, $path:expr $(, $name:expr => $value:expr)*) => {{
            let request = TestRequest::default().method($method).uri(&format!("/media/{}", $path))
                $(.insert_header(($name, $value)))*;
            call_service($app, request.to_request()).await
        }};
    }

    #[actix_web::test]
    async fn a_file_is_served_whole_in_part_or_not_at_all() {
        let bench = Bench::new().await;
        let picture = bench.upload(png(300, 200, 1)).await;
        let stored = bench.svc.media.get(key(&picture.url)).await.unwrap().unwrap().bytes;
        let length = stored.len();
        let path = key(&picture.url).to_owned();
        let app =
            init_service(App::new().app_data(Data::from(bench.svc.clone())).service(get_media_file).route(
                "/media/{a}/{b}/{file}",
                web::head().to(|svc: Data<Service>, path: Path<(String, String, String)>, r: HttpRequest| {
                    serve(svc, path.into_inner(), r)
                }),
            ))
            .await;

        let whole = ask!(&app, Method::GET, path);
        assert_eq!(whole.status(), StatusCode::OK);
        let header = |name: &str| whole.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header("content-security-policy"), "default-src 'none'");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-disposition"), "inline");
        assert_eq!(header("surrogate-key"), format!("file:{}", picture.sha256));
        let etag = header("etag");
        assert_eq!(etag, format!("\"{}\"", picture.sha256));
        assert_eq!(read_body(whole).await, stored);

        let unchanged = ask!(&app, Method::GET, path, "if-none-match" => format!("\"x\", {etag}"));
        assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
        assert!(read_body(unchanged).await.is_empty());

        let part = ask!(&app, Method::GET, path, "range" => "bytes=10-19", "if-range" => etag.clone());
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers().get("content-range").unwrap(), format!("bytes 10-19/{length}").as_str());
        assert_eq!(read_body(part).await, stored.slice(10..20));
        let other = ask!(&app, Method::GET, path, "range" => "bytes=10-19", "if-range" => "\"x\"");
        assert_eq!(other.status(), StatusCode::OK);

        let beyond = ask!(&app, Method::GET, path, "range" => format!("bytes={length}-"));
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers().get("content-range").unwrap(), format!("bytes */{length}").as_str());
        assert_eq!(beyond.headers().get("content-type").unwrap(), "application/problem+json");

        let head = ask!(&app, Method::HEAD, path);
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(
            actix_web::body::MessageBody::size(head.response().body()),
            actix_web::body::BodySize::Sized(length as u64)
        );
        assert!(read_body(head).await.is_empty());
    }

    #[actix_web::test]
    async fn other_names_find_nothing() {
        let bench = Bench::new().await;
        let picture = bench.upload(png(300, 200, 1)).await;
        let path = key(&picture.url).to_owned();
        let app =
            init_service(App::new().app_data(Data::from(bench.svc.clone())).service(get_media_file)).await;
        for name in [
            path.replace(".png", ".jpg"),
            path.replace(".png", "-320w.png"),
            path.to_uppercase(),
            "aa/bb/..%2f..%2fa.db".to_owned(),
            "%2e%2e/%2e%2e/a.db".to_owned(),
            "a/b/c".to_owned(),
        ] {
            assert_eq!(ask!(&app, Method::GET, name).status(), StatusCode::NOT_FOUND, "{name}");
        }
        assert_eq!(ask!(&app, Method::GET, format!("{path}?w=1")).status(), StatusCode::BAD_REQUEST);
    }
}
