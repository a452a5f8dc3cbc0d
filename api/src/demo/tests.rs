use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};

use super::*;
use crate::media::{Limits, inspect};

fn time(text: &str) -> DateTime<Utc> {
    let parsed = DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(
        parsed.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true),
        text,
        "not as the wire writes it"
    );
    parsed.to_utc()
}

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Collects names and fails on one that is there twice.
fn unique<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name), "{what} {name} is there twice");
    }
    seen
}

fn posts() -> BTreeMap<&'static str, &'static Post> {
    POSTS.iter().map(|post| (post.slug, post)).collect()
}

fn bodies() -> impl Iterator<Item = (&'static str, Body)> {
    POSTS
        .iter()
        .flat_map(|post| {
            let later = post.working_copy.and_then(|copy| copy.body);
            [Some((post.slug, post.body)), later.map(|body| (post.slug, body))]
        })
        .flatten()
}

/// The site-relative links of a text, in Markdown or in HTML.
fn relative_links(source: &str) -> Vec<&str> {
    ["](/", "href=\"/"]
        .iter()
        .flat_map(|opening| source.split(opening).skip(1))
        .map(|rest| rest.split([')', '"']).next().unwrap_or_default())
        .collect()
}

/// The addresses that a text names, to the end of their host.
fn hosts(source: &str) -> Vec<&str> {
    source
        .split("://")
        .skip(1)
        .map(|rest| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c))).next().unwrap_or("")
        })
        .map(|host| host.trim_end_matches('.'))
        .collect()
}

fn is_example(host: &str) -> bool {
    ["example.org", "example.com"].iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[test]
fn slugs_are_well_formed_and_unique() {
    for slugs in [
        unique("post", POSTS.iter().map(|post| post.slug)),
        unique("author", AUTHORS.iter().map(|author| author.slug)),
        unique("tag", TAGS.iter().map(|tag| tag.slug)),
    ] {
        assert!(!slugs.is_empty());
        for slug in slugs {
            assert!(is_slug(slug), "{slug}");
        }
    }
}

#[test]
fn accounts_cover_the_roles_and_one_author_is_a_guest() {
    let emails = unique("account", ACCOUNTS.iter().map(|account| account.email));
    assert!(emails.iter().all(|email| email.ends_with("@example.org")));
    for role in [Role::Editor, Role::Author, Role::Contributor, Role::Moderator] {
        assert!(ACCOUNTS.iter().any(|account| account.role == role), "nobody is {role}");
    }
    let with_account = unique("profile", ACCOUNTS.iter().filter_map(|account| account.author));
    let profiles = unique("author", AUTHORS.iter().map(|author| author.slug));
    assert!(with_account.is_subset(&profiles));
    assert_eq!(profiles.difference(&with_account).count(), 1, "exactly one guest author");
}

#[test]
fn tags_stand_under_earlier_categories() {
    let mut categories = BTreeSet::new();
    for tag in TAGS {
        assert!(!tag.name.is_empty() && !tag.description.is_empty(), "{}", tag.slug);
        match (tag.kind, tag.parent) {
            (TagKind::Category, parent) => {
                assert!(parent.is_none());
                categories.insert(tag.slug);
            }
            (TagKind::Tag, Some(parent)) => {
                assert!(categories.contains(parent), "{} under {parent}", tag.slug);
            }
            (TagKind::Tag, None) => {}
        }
    }
    for category in categories {
        assert!(TAGS.iter().any(|tag| tag.parent == Some(category)), "{category} has no child");
    }
}

#[test]
fn every_post_names_people_tags_and_an_owner_that_exist() {
    let authors = unique("author", AUTHORS.iter().map(|author| author.slug));
    let tags = unique("tag", TAGS.iter().map(|tag| tag.slug));
    let emails = unique("account", ACCOUNTS.iter().map(|account| account.email));
    let roles = ["author", "editor", "photographer", "translator"];
    for post in POSTS {
        assert!(!post.title.trim().is_empty(), "{}", post.slug);
        assert!(!post.authors.is_empty() && !post.tags.is_empty(), "{}", post.slug);
        unique("byline", post.authors.iter().map(|byline| byline.author));
        for byline in post.authors {
            assert!(authors.contains(byline.author), "{} by {}", post.slug, byline.author);
            assert!(roles.contains(&byline.role), "{}: {}", post.slug, byline.role);
        }
        let later = post.working_copy.and_then(|copy| copy.tags).unwrap_or_default();
        for tag in unique("tag", post.tags.iter().copied()).into_iter().chain(later.iter().copied()) {
            assert!(tags.contains(tag), "{} tagged {tag}", post.slug);
        }
        assert!(emails.contains(post.owner), "{} of {}", post.slug, post.owner);
        assert!(["en", "pt"].contains(&post.language), "{}", post.slug);
    }
    for author in AUTHORS {
        assert!(
            POSTS.iter().any(|post| post.authors.iter().any(|byline| byline.author == author.slug)),
            "{} has no post",
            author.slug
        );
    }
    for tag in TAGS {
        assert!(
            POSTS.iter().any(|post| post.state.published_at().is_some() && post.tags.contains(&tag.slug)),
            "{} is on no post",
            tag.slug
        );
    }
}

#[test]
fn the_texts_are_whole_and_of_the_promised_length() {
    for (slug, body) in bodies() {
        let source = body.source();
        assert!(source.ends_with('\n') && !source.contains('\0') && !source.contains('\r'), "{slug}");
        assert_eq!(body.format() == BodyFormat::Html, source.starts_with('<'), "{slug}");
    }
    for post in POSTS {
        let words = post.body.source().split_whitespace().count();
        let least = if post.state.published_at().is_some() { 350 } else { 150 };
        assert!((least..=900).contains(&words), "{} has {words} words", post.slug);
    }
    let everything: String = bodies().map(|(_, body)| body.source()).collect();
    for construct in [
        "[^moon]:",
        "| :---",
        "- [x] ",
        "- [ ] ",
        "```python",
        "<cite>",
        "~~",
        "####",
        "dir=\"rtl\"",
        "\n1. ",
    ] {
        assert!(everything.contains(construct), "no text shows {construct}");
    }
    assert_eq!(POSTS.iter().filter(|post| post.body.format() == BodyFormat::Html).count(), 1);
}

#[test]
fn each_state_and_feature_has_its_post() {
    let count = |holds: fn(&Post) -> bool| POSTS.iter().filter(|post| holds(post)).count();
    assert_eq!(count(|post| matches!(post.state, State::Published { .. })), 14);
    assert_eq!(count(|post| post.state == State::Draft), 1);
    assert_eq!(count(|post| post.state == State::InReview), 1);
    assert_eq!(count(|post| matches!(post.state, State::Scheduled { in_days: 1.. })), 1);
    assert_eq!(count(|post| matches!(post.state, State::Archived { .. })), 1);
    assert_eq!(count(|post| post.featured), 1);
    assert_eq!(count(|post| post.visibility == Visibility::Unlisted), 1);
    assert_eq!(count(|post| post.terms.is_some()), 1);
    assert_eq!(count(|post| post.seo.is_some()), 1);
    assert_eq!(count(|post| post.working_copy.is_some()), 1);
    for post in POSTS {
        if let Some(custom) = post.custom {
            let value: serde_json::Value = serde_json::from_str(custom).unwrap();
            assert!(value.is_object(), "{}", post.slug);
        }
        if let Some(copy) = post.working_copy {
            assert!(copy.title.is_some_and(|title| title != post.title), "{}", post.slug);
            assert!(copy.body.is_some_and(|body| body != post.body), "{}", post.slug);
        }
    }
}

#[test]
fn published_posts_come_first_and_in_order_of_date() {
    let earliest = time("2024-01-01T00:00:00.000Z");
    let latest = time("2026-06-30T00:00:00.000Z");
    let dates: Vec<_> = POSTS.iter().map_while(|post| post.state.published_at().map(time)).collect();
    assert!(dates.is_sorted());
    assert!(dates.iter().all(|date| (earliest..latest).contains(date)));
    assert!(POSTS.iter().skip(dates.len()).all(|post| post.state.published_at().is_none()));
    for post in POSTS {
        if let State::Archived { published_at, archived_at } = post.state {
            assert!(time(published_at) < time(archived_at), "{}", post.slug);
        }
        if let (Some(published), Some(copy)) = (post.state.published_at(), post.working_copy) {
            assert!(time(published) < time(copy.saved_at), "{}", post.slug);
        }
    }
}

#[test]
fn links_lead_to_live_posts_or_are_citations() {
    let posts = posts();
    let mut used = BTreeSet::new();
    for post in POSTS {
        let mut targets = BTreeSet::new();
        for link in post.links {
            used.insert(link.relation);
            match link.target {
                Target::Post(slug) => {
                    assert_ne!(slug, post.slug, "links to itself");
                    assert_ne!(link.relation, Relation::Cites, "{}", post.slug);
                    let target = posts.get(slug).unwrap_or_else(|| panic!("{} links to {slug}", post.slug));
                    assert!(matches!(target.state, State::Published { .. }), "{} links to {slug}", post.slug);
                    assert!(targets.insert((link.relation, slug)));
                    if link.relation == Relation::TranslationOf {
                        assert_ne!(target.language, post.language, "{}", post.slug);
                    }
                }
                Target::External { url, title, published_at, .. } => {
                    assert_eq!(link.relation, Relation::Cites, "{}", post.slug);
                    assert!(url.starts_with("https://") && !title.is_empty(), "{url}");
                    assert!(targets.insert((link.relation, url)));
                    published_at.map(time);
                }
            }
        }
    }
    assert_eq!(used, BTreeSet::from(Relation::ALL));
}

#[test]
fn body_links_lead_to_other_posts_that_are_live() {
    let posts = posts();
    let mut count = 0;
    for (slug, body) in bodies() {
        for target in relative_links(body.source()) {
            assert_ne!(target, slug, "{slug} links to itself");
            let found = posts.get(target).unwrap_or_else(|| panic!("{slug} links to /{target}"));
            assert!(matches!(found.state, State::Published { .. }), "{slug} links to /{target}");
            count += 1;
        }
    }
    assert!(count > 20, "{count} body links");
    for author in AUTHORS {
        for target in relative_links(author.bio) {
            assert!(posts.contains_key(target), "{} links to /{target}", author.slug);
        }
    }
}

#[test]
fn comments_follow_their_post_and_their_parent() {
    let posts = posts();
    let emails = unique("account", ACCOUNTS.iter().map(|account| account.email));
    let mut seen: BTreeMap<&str, (&Comment, u32)> = BTreeMap::new();
    assert!(COMMENTS.is_sorted_by_key(|comment| time(comment.at)));
    for comment in COMMENTS {
        assert!(!comment.body.trim().is_empty(), "{}", comment.key);
        let post = posts.get(comment.post).unwrap_or_else(|| panic!("{} on {}", comment.key, comment.post));
        assert!(post.comments_open, "{}", comment.key);
        let published = post.state.published_at().unwrap_or_else(|| panic!("{}", comment.key));
        assert!(time(published) < time(comment.at), "{} precedes its post", comment.key);
        match comment.by {
            Commenter::User(email) => assert!(emails.contains(email), "{}", comment.key),
            Commenter::Guest { name, email, url } => {
                assert!(
                    !name.is_empty() && email.contains('@') && !emails.contains(email),
                    "{}",
                    comment.key
                );
                assert!(email.split('@').next_back().is_some_and(is_example), "{email}");
                assert!(url.is_none_or(|url| url.starts_with("https://")), "{}", comment.key);
            }
        }
        let depth = comment.parent.map_or(0, |key| {
            let (parent, depth) = seen.get(key).unwrap_or_else(|| panic!("{} replies to {key}", comment.key));
            assert_eq!(parent.post, comment.post, "{}", comment.key);
            assert!(matches!(parent.fate, Fate::Approved | Fate::Removed), "{}", comment.key);
            depth + 1
        });
        assert!(seen.insert(comment.key, (comment, depth)).is_none(), "{} is there twice", comment.key);
    }
    assert!(seen.values().any(|(_, depth)| *depth >= 5), "no thread is five deep");
}

#[test]
fn each_fate_of_a_comment_is_shown() {
    let of = |fate| COMMENTS.iter().filter(move |comment| comment.fate == fate);
    let pending: Vec<_> = of(Fate::Pending).collect();
    assert_eq!((pending.len(), of(Fate::Spam).count(), of(Fate::Removed).count()), (1, 1, 1));
    for removed in of(Fate::Removed) {
        assert!(
            COMMENTS.iter().any(|comment| comment.parent == Some(removed.key)),
            "a tombstone has replies"
        );
    }
    // Who waits has never been approved before.
    let email = |comment: &Comment| match comment.by {
        Commenter::Guest { email, .. } => Some(email),
        Commenter::User(_) => None,
    };
    for waiting in pending {
        let same = COMMENTS.iter().filter(|comment| email(comment) == email(waiting)).count();
        assert!(email(waiting).is_some() && same == 1, "{}", waiting.key);
    }
    let by_post_author = COMMENTS.iter().any(|comment| {
        let Commenter::User(address) = comment.by else { return false };
        let profile =
            ACCOUNTS.iter().find(|account| account.email == address).and_then(|account| account.author);
        let bylines = posts()[comment.post].authors;
        comment.parent.is_some() && bylines.iter().any(|byline| Some(byline.author) == profile)
    });
    assert!(by_post_author);
}

#[test]
fn pictures_are_described_and_no_two_alike() {
    let portraits = AUTHORS.iter().map(|author| author.avatar);
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for picture in portraits.chain([SITE.logo]).chain(POSTS.iter().map(|post| post.image)) {
        let alt = picture.alt;
        assert!(!alt.trim().is_empty());
        assert!(inspect(picture.file, &Limits::default()).is_ok(), "{alt}");
        assert!(seen.insert(picture.file), "{alt}: the same picture twice");
        bytes += picture.file.len();
    }
    assert!(bytes <= 500_000, "{bytes} bytes in every binary");
}

#[test]
fn every_address_is_one_reserved_for_examples() {
    let data = format!("{SITE:?} {ACCOUNTS:?} {AUTHORS:?} {TAGS:?} {POSTS:?} {COMMENTS:?}");
    let found = hosts(&data);
    assert!(found.len() > 20);
    for host in found {
        assert!(is_example(host), "{host}");
    }
}
