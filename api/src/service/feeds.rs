//! What readers subscribe to and crawlers ask for: the newest posts of the site, of an author, of a tag; the comments of a post;
//! every address that there is. Only what the public lists show: never a draft, an unlisted or a private post.

use std::collections::HashMap;

use pressroom_schema::feeds::{self as store, Lists};
use pressroom_schema::posts::Ref;
use pressroom_schema::site::SiteRow;
use pressroom_schema::tags::{self, Seen};
use pressroom_schema::{Id, Key, LanguageTag, MediaType, Slug, Timestamp, authors, media, site};

use super::posts::{
    Columns, PostQuery, ProjectedMembers, Projection, author_ids, find_visible, list_in, tag_ids,
};
use super::{Found, Service, Svc, present};
use crate::auth::viewer::{Viewer, Who};
use crate::content::absolute_urls;
use crate::error::{Code, Error, FieldError, Result};
use crate::freshness::{Read, Reader};
use crate::page::{DEFAULT_LIMIT, MAX_LIMIT, PageRequest};
use crate::view::{ImageView, PostView};

/// Which feed. Authors, tags and posts are ids or slugs, former ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedQuery {
    /// Posts with this byline.
    pub author: Option<String>,
    /// Posts with this tag.
    pub tag: Option<String>,
    /// The comments of this post, instead of posts.
    pub post: Option<String>,
    /// How many entries, 1 to 100.
    pub limit: Option<i64>,
}

/// A feed, before it is written in one of the formats.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The site's name, and what of it this is.
    pub title: String,
    /// A sentence on what it is; may be empty.
    pub description: String,
    /// BCP 47.
    pub language: LanguageTag,
    /// The page that shows the same.
    pub home: String,
    /// The parameters of its own address, in their canonical form.
    pub query: String,
    /// The parameters that stay the same when things are renamed.
    pub lasting_query: String,
    /// The site's name, which answers for entries without a byline.
    pub publisher: String,
    /// The site's address.
    pub publisher_url: String,
    /// The site's logo.
    pub logo: Option<String>,
    /// What a reader may reproduce.
    pub rights: Option<String>,
    /// When the newest of its entries changed.
    pub updated: Timestamp,
    /// The entries, newest first.
    pub entries: Vec<Entry>,
}

/// An entry of a feed: a post or a comment.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The id of the post or comment.
    pub id: Id,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its text: HTML in which every address is absolute.
    pub html: String,
    /// What it is about, as plain text.
    pub summary: Option<String>,
    /// When it was published.
    pub published: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// BCP 47.
    pub language: Option<LanguageTag>,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// Slugs and names of its tags.
    pub tags: Vec<(Slug, String)>,
    /// The image at its head.
    pub image: Option<Enclosure>,
    /// What a reader may reproduce.
    pub rights: Option<String>,
}

/// Somebody who wrote an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// A page about the person.
    pub url: Option<String>,
    /// The address of a picture.
    pub avatar: Option<String>,
}

/// A file that comes with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Where it is.
    pub url: String,
    /// Its media type.
    pub mime: MediaType,
    /// Bytes.
    pub length: i64,
}

impl Service {
    fn site_base(&self) -> &str {
        self.config.site_url.trim_end_matches('/')
    }

    /// The address of an author's page on the site.
    pub(crate) fn author_url(&self, slug: &Slug) -> String {
        format!("{}/authors/{slug}", self.site_base())
    }

    /// The address of a tag's page on the site.
    pub(crate) fn tag_url(&self, slug: &Slug) -> String {
        format!("{}/tags/{slug}", self.site_base())
    }

    /// The address of the site's front page.
    pub(crate) fn home_url(&self) -> String {
        format!("{}/", self.site_base())
    }
}

/// The feed.
///
/// # Errors
/// 400 for a bad limit or parameters that do not go together, 404 for an unknown author, tag or post.
pub async fn get_feed(svc: &Svc, viewer: &Viewer, query: FeedQuery) -> Result<Read<Feed>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let mut faults = Vec::new();
    if !(1..=MAX_LIMIT).contains(&limit) {
        faults.push(FieldError::parameter(
            "limit",
            "out_of_range",
            format!("`limit` is {limit}; it must be from 1 to {MAX_LIMIT}."),
        ));
    }
    if query.post.is_some() && (query.author.is_some() || query.tag.is_some()) {
        faults.push(FieldError::parameter(
            "post",
            "exclusive",
            "`post` asks for comments, which no `author` or `tag` can narrow: send it alone.",
        ));
    }
    if !faults.is_empty() {
        return Err(Error::parameters(faults));
    }
    // A feed is the same for everybody: what somebody may see besides has no place in it.
    let public = Viewer { who: Who::Anonymous, ..viewer.clone() };
    let (svc2, public2) = (svc.clone(), public.clone());
    svc.read(&public, move |reader| match &query.post {
        Some(post) => comments_feed(&svc2, reader, &public2, post, &query, limit),
        None => posts_feed(&svc2, reader, &public2, &query, limit),
    })
    .await
}

/// A feed without entries, about the whole site.
fn blank(svc: &Service, reader: &mut Reader<'_>) -> Result<(Feed, SiteRow)> {
    // Before the first change there is no row; the epoch keeps the answer the same from read to read.
    let row = super::site::settings(reader, Timestamp::new(chrono::DateTime::UNIX_EPOCH))?;
    reader.depend(Key::Site);
    let logo = match row.logo_media_id {
        Some(_) => site::logo(reader, &row)?.map(|m| svc.media_url(&m.storage_key)),
        None => None,
    };
    let terms = present::site_terms(reader, &row);
    let feed = Feed {
        title: row.title.clone(),
        description: row.description.clone(),
        language: row.language.clone(),
        home: svc.home_url(),
        query: String::new(),
        lasting_query: String::new(),
        publisher: row.title.clone(),
        publisher_url: svc.home_url(),
        logo,
        rights: terms.notice.or(terms.url),
        updated: row.updated_at,
        entries: Vec::new(),
    };
    Ok((feed, row))
}

impl Feed {
    /// Narrows the feed's name to `what`, and notes the parameter that does it.
    fn narrow(&mut self, what: &str, name: &str, slug: &Slug, id: Id) {
        self.title = format!("{what} – {}", self.title);
        let pair = |value: &str| {
            url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
        };
        for (query, pair) in [(&mut self.query, pair(slug)), (&mut self.lasting_query, pair(&id.to_string()))]
        {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&pair);
        }
    }

    fn finish(&mut self, query: &FeedQuery) {
        if let Some(limit) = query.limit {
            if !self.query.is_empty() {
                self.query.push('&');
            }
            self.query.push_str("limit=");
            self.query.push_str(&limit.to_string());
        }
        if let Some(newest) = self.entries.iter().map(|e| e.updated).max() {
            self.updated = newest;
        }
    }
}

fn posts_feed(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    query: &FeedQuery,
    limit: i64,
) -> Result<Feed> {
    let (mut feed, _) = blank(svc, reader)?;
    let mut wanted = PostQuery {
        page: PageRequest { limit: Some(limit), ..PageRequest::default() },
        ..PostQuery::default()
    };
    if let Some(name) = &query.author {
        let ids = author_ids(reader, std::slice::from_ref(name))?;
        let found = authors::by_ids(reader, &ids)?.pop().ok_or_else(|| Error::not_found("author"))?;
        let author = svc.author(reader, &found);
        feed.narrow(&author.name, "author", &author.slug, author.id);
        feed.home = svc.author_url(&author.slug);
        feed.updated = author.updated_at;
        wanted.authors = vec![author.id.to_string()];
    }
    if let Some(name) = &query.tag {
        let ids = tag_ids(reader, std::slice::from_ref(name))?;
        let found = match ids.as_slice() {
            [id] => tags::find(reader, &Ref::Id(*id), Seen::ByEverybody)?,
            _ => None,
        };
        let (tag, _) = found.ok_or_else(|| Error::not_found("tag"))?;
        feed.narrow(&tag.name, "tag", &tag.slug, tag.id);
        feed.home = svc.tag_url(&tag.slug);
        feed.updated = tag.updated_at;
        if !tag.description.trim().is_empty() {
            feed.description.clone_from(&tag.description);
        }
        reader.depend(Key::Tag(tag.id));
        wanted.tags = vec![tag.id.to_string()];
    }
    let shown = Projection {
        body: Columns { html: true, ..Columns::NONE },
        members: ProjectedMembers { comment_count: false, comment_policy: false, ..ProjectedMembers::ALL },
        ..Projection::default()
    };
    let page = list_in(svc, reader, viewer, &wanted, shown)?;
    let posts: Vec<PostView> = page.items.into_iter().map(|(_, post)| post).collect();
    let images: Vec<Id> = posts.iter().filter_map(|p| p.image.as_ref().map(|i| i.id)).collect();
    let sizes: HashMap<Id, i64> =
        media::by_ids(reader, &images)?.into_iter().map(|m| (m.id, m.byte_size)).collect();
    feed.entries = posts.into_iter().map(|post| entry(svc, post, &sizes)).collect();
    feed.finish(query);
    Ok(feed)
}

fn entry(svc: &Service, post: PostView, sizes: &HashMap<Id, i64>) -> Entry {
    let enclosure = |image: ImageView| Enclosure {
        length: sizes.get(&image.id).copied().unwrap_or_default(),
        url: image.url,
        mime: image.mime,
    };
    let authors = post.authors.into_iter().map(|a| Person {
        url: Some(svc.author_url(&a.author.slug)),
        name: a.author.name.clone(),
        avatar: a.author.avatar.as_ref().map(|image| image.url.clone()),
    });
    Entry {
        id: post.id,
        html: absolute_urls(post.html.as_deref().unwrap_or_default(), &post.url),
        summary: Some(post.excerpt).filter(|text| !text.trim().is_empty()),
        published: post.published_at.unwrap_or(post.created_at),
        updated: post.updated_at,
        language: Some(post.language),
        authors: authors.collect(),
        tags: post.tags.iter().map(|t| (t.slug.clone(), t.name.clone())).collect(),
        image: post.image.map(enclosure),
        rights: post.terms.notice.or(post.terms.url),
        title: post.title,
        url: post.url,
    }
}

fn comments_feed(
    svc: &Service,
    reader: &mut Reader<'_>,
    viewer: &Viewer,
    post: &str,
    query: &FeedQuery,
    limit: i64,
) -> Result<Feed> {
    let (mut feed, _) = blank(svc, reader)?;
    let found = match find_visible(reader, viewer, &Ref::parse(post))? {
        Found::Moved(slug) => {
            // The former name may come to be another post's.
            reader.depend(Key::Posts);
            find_visible(reader, viewer, &Ref::Slug(slug))?
        }
        here @ Found::Here(_) => here,
    };
    let Found::Here((post, _)) = found else { return Err(Error::not_found("post")) };
    if !post.listed {
        return Err(Error::new(Code::NotFound, "There is no such post, or none with a feed."));
    }
    feed.narrow(&format!("Comments on {}", post.content.title), "post", &post.content.slug, post.id);
    feed.description.clone_from(&post.excerpt);
    feed.language.clone_from(&post.content.language);
    feed.home = svc.config.post_url(&post.content.slug);
    feed.updated = post.published_at.unwrap_or(post.created_at);
    reader.depend(Key::Post(post.id));
    reader.depend(Key::Comments(post.id));
    let rows = store::newest_comments(reader, post.id, limit)?;
    feed.entries = rows
        .into_iter()
        .map(|row| Entry {
            id: row.id,
            url: format!("{}#comment-{}", feed.home, row.id),
            title: format!("{} on {}", row.author_name, post.content.title),
            html: absolute_urls(&row.html, &feed.home),
            summary: None,
            published: row.created_at,
            updated: row.edited_at.unwrap_or(row.created_at),
            language: None,
            authors: vec![Person { name: row.author_name, url: None, avatar: None }],
            tags: Vec::new(),
            image: None,
            rights: None,
        })
        .collect();
    feed.finish(query);
    Ok(feed)
}

/// One file of the sitemap, in its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitemapFile {
    /// Its name, without `.xml`.
    pub name: String,
    /// When something in it last changed, where that is known.
    pub changed: Option<Timestamp>,
}

/// An address in the sitemap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitemapUrl {
    /// The page.
    pub url: String,
    /// When it last changed.
    pub changed: Option<Timestamp>,
    /// The image at its head.
    pub image: Option<String>,
}

const SITE_FILE: &str = "site";

/// The sitemap names everything there is.
fn depend_on_all_lists(reader: &mut Reader<'_>) {
    for key in [Key::Site, Key::Posts, Key::Authors, Key::Tags] {
        reader.depend(key);
    }
}

/// The files of the sitemap: `site` has the front page, then come posts, authors and tags.
///
/// # Errors
/// When the database fails.
pub async fn get_sitemap(svc: &Svc) -> Result<Read<Vec<SitemapFile>>> {
    svc.read_slow(|reader| {
        depend_on_all_lists(reader);
        let mut files =
            vec![SitemapFile { name: SITE_FILE.to_owned(), changed: store::last_post_change(reader)? }];
        let posts = store::post_files(reader)?;
        files.extend(
            posts
                .into_iter()
                .map(|(n, changed)| SitemapFile { name: format!("posts-{n}"), changed: Some(changed) }),
        );
        for (name, lists) in [("authors", Lists::Authors), ("tags", Lists::Tags)] {
            let firsts = store::list_files(reader, lists)?;
            files.extend(
                firsts
                    .into_iter()
                    .map(|id| SitemapFile { name: format!("{name}-{}", id.0.simple()), changed: None }),
            );
        }
        Ok(files)
    })
    .await
}

/// The addresses in one file of the sitemap, at most ten thousand.
///
/// # Errors
/// 404 where the index has no file of this name.
pub async fn get_sitemap_file(svc: &Svc, name: &str) -> Result<Read<Vec<SitemapUrl>>> {
    let (svc2, name) = (svc.clone(), name.to_owned());
    svc.read_slow(move |reader| {
        let urls = sitemap_file(&svc2, reader, &name)?;
        if urls.is_empty() { Err(Error::not_found("sitemap")) } else { Ok(urls) }
    })
    .await
}

fn sitemap_file(svc: &Service, reader: &mut Reader<'_>, name: &str) -> Result<Vec<SitemapUrl>> {
    depend_on_all_lists(reader);
    if name == SITE_FILE {
        let changed = store::last_post_change(reader)?;
        return Ok(vec![SitemapUrl { url: svc.home_url(), changed, image: None }]);
    }
    let Some((kind, part)) = name.split_once('-') else { return Ok(Vec::new()) };
    if kind == "posts" {
        // Each file has one name: `posts-01` is none.
        let Some(n) = part.parse().ok().filter(|n: &i64| *n > 0 && n.to_string() == part) else {
            return Ok(Vec::new());
        };
        let rows = store::post_file(reader, n)?;
        return Ok(rows
            .into_iter()
            .map(|(slug, changed, image)| SitemapUrl {
                url: svc.config.post_url(&slug),
                changed: Some(changed),
                image: image.map(|key| svc.media_url(&key)),
            })
            .collect());
    }
    let (lists, url): (_, fn(&Service, &Slug) -> String) = match kind {
        "authors" => (Lists::Authors, Service::author_url),
        "tags" => (Lists::Tags, Service::tag_url),
        _ => return Ok(Vec::new()),
    };
    let Some(first) = uuid::Uuid::try_parse(part).ok().filter(|id| id.simple().to_string() == part) else {
        return Ok(Vec::new());
    };
    let rows = store::list_file(reader, lists, Id(first))?;
    Ok(rows
        .into_iter()
        .map(|(slug, changed, newest)| SitemapUrl {
            url: url(svc, &slug),
            changed: Some(newest.map_or(changed, |newest| newest.max(changed))),
            image: None,
        })
        .collect())
}
