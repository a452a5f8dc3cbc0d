//! Writes the demonstration publication through the use cases, each at the time that it happened.

use std::collections::HashMap;

use async_graphql::MaybeUndefined::{self, Undefined, Value};
use bytes::Bytes;
use chrono::TimeDelta;
use pressroom_schema::posts::Ref;
use pressroom_schema::{AuthorSort, BodyFormat, Id, PostStatus, Timestamp, accounts as rows};
use uuid::Uuid;

use super::{
    ACCOUNTS, AUTHORS, Body, COMMENTS, Comment, Commenter, Fate, POSTS, Picture, Post, SITE, State, TAGS,
    Target, WorkingCopy,
};
use crate::auth::secret::{Secret, SecretKind};
use crate::auth::viewer::{Role, UserViewer, Via, Viewer, Who};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::page::PageRequest;
use crate::service::Svc;
use crate::service::accounts::{self, CreateUser};
use crate::service::authors::{self, CreateAuthor};
use crate::service::comments::{self, AddComment, CommentAuthorInput, EditAccess, Moderation, Origin};
use crate::service::links::{self, ExternalInput, LinkInput, LinksInput};
use crate::service::media::{self, Upload};
use crate::service::posts::{
    self, BodyInput, BylineInput, CreatePost, ImageInput, PostQuery, Projection, SeoInput, TermsInput,
    UpdatePost,
};
use crate::service::site::{self, MediaRefInput, UpdateSite};
use crate::service::social::SocialInput;
use crate::service::tags::{self, CreateTag};

/// The admin whose credentials are printed.
#[derive(Debug, Clone)]
pub struct Admin {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Fills an empty database. `None` where there is content already, which is left alone.
///
/// # Errors
/// When a store fails.
pub async fn load(svc: &Svc) -> Result<Option<Admin>> {
    let system = Viewer::system();
    let one = PageRequest { limit: Some(1), ..PageRequest::default() };
    let query = PostQuery { statuses: PostStatus::ALL.to_vec(), page: one.clone(), ..PostQuery::default() };
    let authors = authors::list(svc, &system, AuthorSort::default(), one).await?.value;
    if !posts::list(svc, &system, query, Projection::default()).await?.value.items.is_empty()
        || !authors.items.is_empty()
    {
        return Ok(None);
    }
    let admin = admin(svc).await?;
    let mut demo = Demo { svc, users: HashMap::new(), posts: HashMap::new() };
    demo.site().await?;
    demo.people().await?;
    demo.tags().await?;
    for post in POSTS {
        demo.post(post).await?;
    }
    for post in POSTS {
        demo.links(post).await?;
    }
    demo.comments().await?;
    for post in POSTS {
        demo.afterwards(post).await?;
    }
    svc.jobs.notify();
    Ok(Some(admin))
}

/// The admin that the settings made, or a new one with a password of its own.
async fn admin(svc: &Svc) -> Result<Admin> {
    if !svc.config.admin_email.is_empty() && !svc.config.admin_password.is_empty() {
        return Ok(Admin {
            email: svc.config.admin_email.clone(),
            password: svc.config.admin_password.clone(),
        });
    }
    let email = "admin@example.org".to_owned();
    let password = password()?;
    if !accounts::create_first_admin(svc, &email, &password).await? {
        return Ok(Admin { email: "(the admin that you made)".into(), password: "(as you chose it)".into() });
    }
    Ok(Admin { email, password })
}

fn password() -> Result<String> {
    let secret = Secret::generate(SecretKind::RefreshToken).map_err(|e| Error::internal(e.to_string()))?;
    Ok(secret.expose().chars().skip(4).filter(char::is_ascii_alphanumeric).take(20).collect())
}

fn time(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).map_err(|e| Error::internal(format!("demo: {text}: {e}")))
}

/// The use cases as they were at another time.
fn at(svc: &Svc, when: Timestamp) -> Svc {
    Svc::new(svc.with_clock(Clock::fixed(when)))
}

fn maybe<T>(value: Option<T>) -> MaybeUndefined<T> {
    value.map_or(Undefined, Value)
}

fn body(body: Body) -> BodyInput {
    BodyInput::new(body.format(), body.source())
}

fn social(list: &[super::Social]) -> Vec<SocialInput> {
    list.iter()
        .map(|s| SocialInput { service: s.service.into(), handle: s.handle.into(), url: Some(s.url.into()) })
        .collect()
}

struct Demo<'a> {
    svc: &'a Svc,
    users: HashMap<&'static str, UserViewer>,
    posts: HashMap<&'static str, Id>,
}

impl Demo<'_> {
    /// The account as a caller that nothing is forbidden to, so that what it makes is its own.
    fn viewer(&self, email: &str) -> Viewer {
        let Some(user) = self.users.get(email) else { return Viewer::system() };
        let who = Who::User(UserViewer { role: Role::Admin, ..user.clone() });
        Viewer { who, ..Viewer::system() }
    }

    async fn picture(&self, svc: &Svc, picture: &Picture, name: &str) -> Result<String> {
        let upload = Upload {
            bytes: Bytes::from_static(picture.file),
            filename: Some(name.to_owned()),
            alt: Some(picture.alt.into()),
            caption: picture.caption.map(str::to_owned),
        };
        Ok(media::upload(svc, &Viewer::system(), upload).await?.id.to_string())
    }

    async fn site(&self) -> Result<()> {
        let svc = at(self.svc, time("2024-01-08T09:00:00Z")?);
        let logo = self.picture(&svc, &SITE.logo, "mark").await?;
        let input = UpdateSite {
            title: Value(SITE.title.into()),
            description: Value(SITE.description.into()),
            language: Value(SITE.language.into()),
            timezone: Value(SITE.timezone.into()),
            logo: Value(MediaRefInput { media_id: logo }),
            terms: Value(TermsInput {
                notice: Value(SITE.terms.notice.into()),
                url: Value(SITE.terms.url.into()),
            }),
            social: Value(social(SITE.social)),
            comments_open: Undefined,
        };
        site::update(&svc, &Viewer::system(), input, None).await.map(drop)
    }

    async fn people(&mut self) -> Result<()> {
        let svc = at(self.svc, time("2024-01-09T09:00:00Z")?);
        for author in AUTHORS {
            let avatar = self.picture(&svc, &author.avatar, author.slug).await?;
            let input = CreateAuthor {
                name: author.name.into(),
                slug: Value(author.slug.into()),
                bio: Value(BodyInput::new(BodyFormat::Markdown, author.bio)),
                avatar: Value(MediaRefInput { media_id: avatar }),
                location: Value(author.location.into()),
                website: maybe(author.website.map(str::to_owned)),
                social: Value(social(author.social)),
            };
            authors::create(&svc, &Viewer::system(), input).await?;
        }
        for account in ACCOUNTS {
            let input = CreateUser {
                email: account.email.into(),
                name: account.name.into(),
                role: account.role,
                password: password()?,
                author: account.author.map(str::to_owned),
            };
            let user = accounts::create_user(&svc, &Viewer::system(), input).await?;
            let id = user.id;
            let row = svc.read_private(&Viewer::system(), move |conn| Ok(rows::find(conn, id)?)).await?;
            let viewer = UserViewer {
                user_id: id.0,
                role: user.role,
                author_id: row.and_then(|r| r.author_id).map(|a| a.0),
                via: Via::Session(Uuid::nil()),
                scopes: None,
                name: user.name,
            };
            self.users.insert(account.email, viewer);
        }
        Ok(())
    }

    async fn tags(&self) -> Result<()> {
        let svc = at(self.svc, time("2024-01-10T09:00:00Z")?);
        for tag in TAGS {
            let input = CreateTag {
                name: tag.name.into(),
                slug: Some(tag.slug.into()),
                kind: Some(tag.kind),
                description: Some(tag.description.into()),
                parent: tag.parent.map(str::to_owned),
            };
            tags::create(&svc, &Viewer::system(), input).await?;
        }
        Ok(())
    }

    async fn post(&mut self, post: &'static Post) -> Result<()> {
        let now = self.svc.now();
        let published = post.state.published_at().map(time).transpose()?;
        let begun = published.unwrap_or(now).plus(TimeDelta::hours(-30));
        let svc = at(self.svc, begun);
        let owner = self.viewer(post.owner);
        let image = self.picture(&svc, &post.image, post.slug).await?;
        let custom = match post.custom {
            Some(text) => {
                Value(serde_json::from_str(text).map_err(|e| Error::internal(format!("demo: {e}")))?)
            }
            None => Undefined,
        };
        let input = CreatePost {
            title: post.title.into(),
            slug: Value(post.slug.into()),
            subtitle: maybe(post.subtitle.map(str::to_owned)),
            excerpt: maybe(post.excerpt.map(str::to_owned)),
            body: Value(body(post.body)),
            image: Value(ImageInput { media_id: Value(image), ..ImageInput::default() }),
            authors: Value(
                post.authors
                    .iter()
                    .map(|b| BylineInput { author: b.author.into(), role: Some(b.role.into()) })
                    .collect(),
            ),
            tags: Value(post.tags.iter().map(|t| (*t).to_owned()).collect()),
            featured: Value(post.featured),
            visibility: Value(post.visibility),
            language: Value(post.language.into()),
            comments_open: Value(true),
            terms: maybe(
                post.terms.map(|t| TermsInput { notice: Value(t.notice.into()), url: Value(t.url.into()) }),
            ),
            seo: maybe(post.seo.map(|s| SeoInput {
                title: Value(s.title.into()),
                description: Value(s.description.into()),
                image: Undefined,
            })),
            custom,
            status: if post.state == State::InReview { Value(PostStatus::InReview) } else { Undefined },
            ..CreatePost::default()
        };
        let made = posts::create(&svc, &owner, input, false).await?;
        self.posts.insert(post.slug, made.id);
        let system = Viewer::system();
        let id = Ref::Id(made.id);
        match post.state {
            State::Published { .. } | State::Archived { .. } => {
                let svc = at(self.svc, published.unwrap_or(now));
                posts::publish(&svc, &system, &id, None, None).await?;
            }
            State::Scheduled { in_days } => {
                let due = now.plus(TimeDelta::days(i64::from(in_days))).to_wire();
                posts::publish(self.svc, &system, &id, Some(&due), None).await?;
            }
            State::Draft | State::InReview => {}
        }
        Ok(())
    }

    async fn links(&self, post: &'static Post) -> Result<()> {
        let Some(id) = self.posts.get(post.slug).filter(|_| !post.links.is_empty()) else { return Ok(()) };
        let when = match post.state.published_at() {
            Some(text) => time(text)?.plus(TimeDelta::hours(1)),
            None => self.svc.now().plus(TimeDelta::hours(-20)),
        };
        let links = post
            .links
            .iter()
            .map(|link| {
                let (target, external) = match link.target {
                    Target::Post(slug) => (Some(slug.to_owned()), None),
                    Target::External { url, title, author, publisher, published_at } => (
                        None,
                        Some(ExternalInput {
                            url: url.into(),
                            title: Some(title.into()),
                            author: author.map(str::to_owned),
                            publisher: publisher.map(str::to_owned),
                            published_at: published_at.map(str::to_owned),
                        }),
                    ),
                };
                LinkInput {
                    relation: link.relation,
                    post: target,
                    external,
                    note: link.note.map(str::to_owned),
                }
            })
            .collect();
        let svc = at(self.svc, when);
        links::set(&svc, &self.viewer(post.owner), &Ref::Id(*id), LinksInput { links }, None).await.map(drop)
    }

    async fn comments(&self) -> Result<()> {
        let mut made: HashMap<&str, Id> = HashMap::new();
        for comment in COMMENTS {
            let id = self.comment(comment, &made).await?;
            made.insert(comment.key, id);
        }
        for comment in COMMENTS.iter().filter(|c| c.fate == Fate::Removed) {
            if let Some(id) = made.get(comment.key) {
                let svc = at(self.svc, time(comment.at)?.plus(TimeDelta::days(3)));
                comments::delete(&svc, &Viewer::system(), &id.to_string(), false, EditAccess::default())
                    .await?;
            }
        }
        Ok(())
    }

    async fn comment(&self, comment: &Comment, made: &HashMap<&str, Id>) -> Result<Id> {
        let when = time(comment.at)?;
        let svc = at(self.svc, when);
        let (viewer, author) = match comment.by {
            Commenter::User(email) => (self.viewer(email), None),
            Commenter::Guest { name, email, url } => (
                Viewer::anonymous("", None),
                Some(CommentAuthorInput {
                    name: name.into(),
                    email: email.into(),
                    url: url.map(str::to_owned),
                }),
            ),
        };
        let input = AddComment {
            body: comment.body.into(),
            parent_id: comment.parent.and_then(|key| made.get(key)).map(ToString::to_string),
            author,
        };
        let post = self.posts.get(comment.post).copied().map_or_else(|| Ref::parse(comment.post), Ref::Id);
        let view = comments::add(&svc, &viewer, &post, input, Origin::default()).await?;
        if matches!(comment.fate, Fate::Approved | Fate::Removed) {
            let svc = at(self.svc, when.plus(TimeDelta::minutes(5)));
            let id = view.id.to_string();
            comments::moderate_one(&svc, &Viewer::system(), &id, Moderation::Approve, None).await?;
        }
        Ok(view.id)
    }

    /// What happened to a post after its readers had seen it.
    async fn afterwards(&self, post: &'static Post) -> Result<()> {
        let Some(id) = self.posts.get(post.slug).copied().map(Ref::Id) else { return Ok(()) };
        if let Some(WorkingCopy { saved_at, title, subtitle, body: text, tags }) = post.working_copy {
            let svc = at(self.svc, time(saved_at)?);
            let input = UpdatePost {
                title: maybe(title.map(str::to_owned)),
                subtitle: maybe(subtitle.map(str::to_owned)),
                body: maybe(text.map(body)),
                tags: maybe(tags.map(|t| t.iter().map(|t| (*t).to_owned()).collect())),
                ..UpdatePost::default()
            };
            posts::update(&svc, &self.viewer(post.owner), &id, input, None, false).await?;
        }
        if let State::Archived { archived_at, .. } = post.state {
            let svc = at(self.svc, time(archived_at)?);
            posts::archive(&svc, &Viewer::system(), &id, None).await?;
        }
        if !post.comments_open {
            let input = UpdatePost { comments_open: Value(false), ..UpdatePost::default() };
            let live = post.state.published_at().is_some() && !matches!(post.state, State::Archived { .. });
            let svc = at(self.svc, self.svc.now().plus(TimeDelta::hours(-1)));
            posts::update(&svc, &Viewer::system(), &id, input, None, live && post.working_copy.is_none())
                .await?;
        }
        Ok(())
    }
}
