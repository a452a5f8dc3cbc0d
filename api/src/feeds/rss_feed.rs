//! RSS 2.0 (<https://www.rssboard.org/rss-specification>), with the advice of the RSS Advisory Board's best practices profile:
//! whole texts in `content:encoded`, bylines in `dc:creator`, its own address in `atom:link`.

use std::collections::BTreeMap;

use rss::extension::Extension;
use rss::extension::dublincore::DublinCoreExtension;
use rss::{Category, Channel, Enclosure, Guid, Image, Item};

use super::address;
use super::text::{clean, failed, html};
use crate::error::Result;
use crate::http::validators::http_date;
use crate::service::feeds::{Entry, Feed};

pub(super) fn write(feed: &Feed, base: &str) -> Result<Vec<u8>> {
    let own = Extension {
        name: "atom:link".to_owned(),
        attrs: BTreeMap::from([
            ("href".to_owned(), address(base, &feed.query)),
            ("rel".to_owned(), "self".to_owned()),
            ("type".to_owned(), "application/rss+xml".to_owned()),
        ]),
        ..Extension::default()
    };
    let title = clean(&feed.title);
    let description = clean(&feed.description);
    let channel = Channel {
        link: feed.home.clone(),
        // The specification wants one; a site that says nothing of itself has its name.
        description: if description.trim().is_empty() { title.clone() } else { description },
        language: Some(feed.language.to_string()),
        copyright: feed.rights.as_deref().map(clean),
        last_build_date: Some(http_date(feed.updated)),
        generator: Some("Pressroom".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        image: feed.logo.as_ref().map(|url| Image {
            url: url.clone(),
            title: title.clone(),
            link: feed.home.clone(),
            ..Image::default()
        }),
        items: feed.entries.iter().map(item).collect(),
        namespaces: BTreeMap::from([("atom".to_owned(), "http://www.w3.org/2005/Atom".to_owned())]),
        extensions: BTreeMap::from([("atom".to_owned(), BTreeMap::from([("link".to_owned(), vec![own])]))]),
        title,
        ..Channel::default()
    };
    channel.write_to(Vec::new()).map_err(failed)
}

fn item(entry: &Entry) -> Item {
    let creators: Vec<String> = entry.authors.iter().map(|a| clean(&a.name)).collect();
    Item {
        title: Some(clean(&entry.title)),
        link: Some(entry.url.clone()),
        description: entry.summary.as_deref().map(html),
        content: Some(clean(&entry.html)),
        categories: entry.tags.iter().map(|(_, name)| Category { name: clean(name), domain: None }).collect(),
        enclosure: entry.image.as_ref().map(|image| Enclosure {
            url: image.url.clone(),
            length: image.length.to_string(),
            mime_type: image.mime.to_string(),
        }),
        guid: Some(Guid { value: format!("urn:uuid:{}", entry.id), permalink: false }),
        pub_date: Some(http_date(entry.published)),
        dublin_core_ext: (!creators.is_empty())
            .then(|| DublinCoreExtension { creators, ..DublinCoreExtension::default() }),
        ..Item::default()
    }
}
