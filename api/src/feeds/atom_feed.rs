//! Atom (RFC 4287).

use atom_syndication::{
    Category, Content, Entry as AtomEntry, Feed as AtomFeed, FixedDateTime, Generator, Link,
    Person as AtomPerson, Text,
};
use chrono::SubsecRound;
use pressroom_schema::Timestamp;

use super::address;
use super::text::{clean, failed};
use crate::error::Result;
use crate::service::feeds::{Entry, Feed, Person};

const XHTML: &str = "text/html";

pub(super) fn write(feed: &Feed, base: &str) -> Result<Vec<u8>> {
    let link = |rel: &str, href: String, kind: &str| Link {
        href,
        rel: rel.to_owned(),
        mime_type: Some(kind.to_owned()),
        ..Link::default()
    };
    // The id must outlive renaming, and be none of an entry's.
    let id =
        if feed.lasting_query.is_empty() { feed.home.clone() } else { address(base, &feed.lasting_query) };
    let atom = AtomFeed {
        title: text(&feed.title),
        id,
        updated: time(feed.updated),
        // Answers for entries without a byline: each must have an author (RFC 4287, 4.1.2).
        authors: vec![AtomPerson {
            name: clean(&feed.publisher),
            uri: Some(feed.publisher_url.clone()),
            ..AtomPerson::default()
        }],
        generator: Some(Generator { value: "Pressroom".to_owned(), ..Generator::default() }),
        links: vec![
            link("self", address(base, &feed.query), "application/atom+xml"),
            link("alternate", feed.home.clone(), XHTML),
        ],
        logo: feed.logo.clone(),
        rights: feed.rights.as_deref().map(text),
        subtitle: Some(feed.description.as_str()).filter(|d| !d.trim().is_empty()).map(text),
        entries: feed.entries.iter().map(entry).collect(),
        lang: Some(feed.language.to_string()),
        ..AtomFeed::default()
    };
    atom.write_to(Vec::new()).map_err(failed)
}

fn entry(entry: &Entry) -> AtomEntry {
    let mut links = vec![Link {
        href: entry.url.clone(),
        rel: "alternate".to_owned(),
        mime_type: Some(XHTML.to_owned()),
        hreflang: entry.language.clone().map(Into::into),
        ..Link::default()
    }];
    links.extend(entry.image.as_ref().map(|image| Link {
        href: image.url.clone(),
        rel: "enclosure".to_owned(),
        mime_type: Some(image.mime.to_string()),
        length: Some(image.length.to_string()),
        ..Link::default()
    }));
    AtomEntry {
        title: text(&entry.title),
        id: format!("urn:uuid:{}", entry.id),
        updated: time(entry.updated),
        published: Some(time(entry.published)),
        authors: entry.authors.iter().map(person).collect(),
        categories: entry
            .tags
            .iter()
            .map(|(slug, name)| Category {
                term: slug.to_string(),
                label: Some(clean(name)),
                ..Category::default()
            })
            .collect(),
        links,
        rights: entry.rights.as_deref().map(text),
        summary: entry.summary.as_deref().map(text),
        content: Some(Content {
            value: Some(clean(&entry.html)),
            content_type: Some("html".to_owned()),
            lang: entry.language.clone().map(Into::into),
            ..Content::default()
        }),
        ..AtomEntry::default()
    }
}

fn person(person: &Person) -> AtomPerson {
    AtomPerson { name: clean(&person.name), uri: person.url.clone(), ..AtomPerson::default() }
}

fn text(text: &str) -> Text {
    Text::plain(clean(text))
}

fn time(at: Timestamp) -> FixedDateTime {
    at.utc().trunc_subsecs(3).fixed_offset()
}
