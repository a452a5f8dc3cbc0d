//! Addresses made absolute, for places where a page's own address is not known: feeds.

use url::Url;

use super::tokens::{self, Token};

/// The attributes that hold one address. `srcset` holds several.
const ADDRESSES: [&str; 4] = ["href", "src", "poster", "cite"];

/// Resolves every address in sanitised `html` against `page`, the address of the page that shows it, as a browser would
/// (URL Living Standard). What cannot be resolved stays as it is.
#[must_use]
pub fn absolute_urls(html: &str, page: &str) -> String {
    let Ok(base) = Url::parse(page) else { return html.to_owned() };
    let mut list = tokens::tokenise(html);
    for token in &mut list {
        let Token::Open { attrs, .. } = token else { continue };
        for (name, value) in attrs {
            if ADDRESSES.contains(&&**name) {
                *value = resolved(&base, value);
            } else if &**name == "srcset" {
                let each = value.split(", ").map(|candidate| match candidate.split_once(' ') {
                    Some((address, size)) => format!("{} {size}", resolved(&base, address)),
                    None => resolved(&base, candidate),
                });
                *value = each.collect::<Vec<_>>().join(", ");
            }
        }
    }
    tokens::write(&list)
}

fn resolved(base: &Url, address: &str) -> String {
    // An absolute address stays as it was written.
    match Url::parse(address) {
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            base.join(address).map_or_else(|_| address.to_owned(), String::from)
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::absolute_urls;

    const PAGE: &str = "https://example.org/posts/clock";

    #[test]
    fn links_and_images_become_absolute_and_the_rest_stays() {
        let html = r##"<p>A &amp; B <a href="/x?a=1&amp;b=2">x</a> <a href="#fn">1</a> <a href="mailto:a@b.c">m</a><br><img src="img/y.png" alt="a &quot;b&quot;"></p>"##;
        let want = r#"<p>A &amp; B <a href="https://example.org/x?a=1&amp;b=2">x</a> <a href="https://example.org/posts/clock#fn">1</a> <a href="mailto:a@b.c">m</a><br><img src="https://example.org/posts/img/y.png" alt="a &quot;b&quot;"></p>"#;
        assert_eq!(absolute_urls(html, PAGE), want);
    }

    #[test]
    fn each_address_of_a_srcset_becomes_absolute() {
        let html = r#"<img srcset="/a.png 1x, https://cdn.example/b.png 2x, c.png">"#;
        let want = r#"<img srcset="https://example.org/a.png 1x, https://cdn.example/b.png 2x, https://example.org/posts/c.png">"#;
        assert_eq!(absolute_urls(html, PAGE), want);
    }

    #[test]
    fn without_a_base_nothing_changes() {
        assert_eq!(absolute_urls("<a href=\"/x\">x</a>", "no address"), "<a href=\"/x\">x</a>");
    }
}
