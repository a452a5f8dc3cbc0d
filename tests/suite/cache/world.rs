//! A publication that is written to and read at random: whatever the writes are, no read after one may differ from a fresh one.

use std::collections::BTreeSet;

use pressroom::auth::viewer::Role;
use serde_json::{Value, json};

use super::{assert_exact, assert_exact_for, graphql_address, metric, without_cache};
use crate::support::app::{Answer, TestApp, User, each, text};
use crate::support::postgres::environment;

/// Numbers that look random and are the same in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or_default() % bound.max(1)
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const WORDS: [&str; 8] = ["tide", "harbour", "lantern", "ferry", "clock", "herring", "signal", "rope"];

/// A publication, the names of what is in it, and who writes.
pub(super) struct World {
    pub(super) admin: User,
    pub(super) posts: Vec<String>,
    slugs: BTreeSet<String>,
    comments: Vec<String>,
    authors: Vec<String>,
    tags: Vec<String>,
}

impl World {
    pub(super) async fn new(app: &TestApp) -> Self {
        let admin = app.user(Role::Admin).await;
        let mut world = Self {
            posts: Vec::new(),
            slugs: BTreeSet::new(),
            comments: Vec::new(),
            authors: vec![admin.author.clone()],
            tags: Vec::new(),
            admin,
        };
        for n in 0..3 {
            let made = app
                .post("/v1/authors")
                .by(&world.admin)
                .json(&json!({ "name": format!("Writer {n}") }))
                .await
                .ok();
            world.authors.push(text(&made["id"]));
            let mut tag = json!({ "name": format!("Subject {n}") });
            if n > 0 {
                tag["parent"] = json!("subject-0");
            }
            world.tags.push(text(&app.post("/v1/tags").by(&world.admin).json(&tag).await.ok()["id"]));
        }
        let mut dice = Dice(0x5eed);
        for n in 0..6 {
            let mut post = world.content(&mut dice);
            post["title"] = json!(format!("Post {n}"));
            post["slug"] = json!(format!("post-{n}"));
            post["visibility"] = json!("public");
            let made = app.published(&world.admin, &post).await;
            world.posts.push(text(&made["id"]));
            world.slugs.insert(text(&made["slug"]));
            for body in ["First.", "Second."] {
                let comment = app.comment(&world.admin, &format!("post-{n}"), body, None).await;
                world.comments.push(text(&comment["id"]));
            }
        }
        world
    }

    /// The content of a post: it links to others, bears bylines and tags.
    fn content(&self, dice: &mut Dice) -> Value {
        let words: Vec<&str> = (0..12).map(|_| *dice.pick(&WORDS)).collect();
        let link = format!("[there](https://example.org/post-{})", dice.below(8));
        let mut post = json!({
            "title": format!("{} and {}", words[0], words[1]),
            "body": { "format": "markdown", "source": format!("{} {link}", words.join(" ")) },
            "featured": dice.chance(30),
            "language": dice.pick(&["en", "de"]),
            "visibility": dice.pick(&["public", "public", "public", "unlisted", "private"]),
        });
        post["authors"] =
            (0..=dice.below(2)).map(|_| json!(dice.pick(&self.authors))).collect::<Once>().into();
        let tags: Vec<&String> = self.tags.iter().filter(|_| dice.chance(50)).collect();
        post["tags"] = json!(tags);
        post
    }

    /// Every kind of public read, of what is there and of what may come to be there.
    pub(super) fn reads(&self) -> Vec<String> {
        const ALL: &str = "include=html,text,links,related,adjacent,comments";
        let mut paths: Vec<String> = [
            "/v1/site",
            "/v1/posts",
            "/v1/posts?limit=2&count=true",
            "/v1/posts?sort=published_at&limit=3",
            "/v1/posts?sort=title",
            "/v1/posts?sort=-updated_at&limit=3",
            "/v1/posts?sort=-comment_count&limit=3",
            "/v1/posts?featured=true&count=true",
            "/v1/posts?language=de",
            "/v1/posts?q=harbour",
            "/v1/posts?tag=subject-1&count=true",
            "/v1/posts?tag=subject-1,subject-2&limit=3",
            "/v1/posts?tags_all=subject-0,subject-1",
            "/v1/posts?tag=not-yet",
            "/v1/posts?author=writer-0&count=true",
            "/v1/posts?author=writer-1&tag=subject-0",
            "/v1/posts?author=not-yet",
            "/v1/posts?published_before=2024-05-01T11:00:00Z",
            "/v1/posts?updated_since=2024-05-01T12:00:00Z",
            "/v1/posts?status=published&fields=title,version",
            "/v1/posts?fields=authors,comment_count&limit=4",
            "/v1/posts?fields=tags,terms&include=adjacent",
            "/v1/authors",
            "/v1/authors?sort=-post_count&limit=2&count=true",
            "/v1/tags?count=true",
            "/v1/tags?sort=-post_count&limit=2",
            "/v1/tags?parent=subject-0",
            "/v1/search?q=harbour%20tide",
            "/v1/search?q=lantern&tag=subject-1&count=true",
            "/feed.xml",
            "/atom.xml?author=writer-0",
            "/feed.json?tag=subject-1",
            "/feed.xml?post=post-0",
            "/feed.json?post=post-1",
            "/sitemap.xml",
            "/sitemaps/site.xml",
            "/sitemaps/posts-1.xml",
        ]
        .map(str::to_owned)
        .to_vec();
        paths.push(format!("/v1/posts?limit=20&{ALL}"));
        for post in &self.posts {
            paths.push(format!("/v1/posts/{post}"));
            paths.push(format!("/v1/posts/{post}?{ALL}"));
            // What shows one thing that has a name of its own depends on that alone.
            for member in ["title,adjacent", "authors", "tags", "terms", "comment_count", "links", "related"]
            {
                paths.push(format!("/v1/posts/{post}?fields={member}"));
            }
            paths.push(format!("/v1/posts/{post}/links"));
            paths.push(format!("/v1/posts/{post}/related"));
            paths.push(format!("/v1/posts/{post}/comments"));
            paths.push(format!("/v1/posts/{post}/comments?view=flat&sort=newest&count=true"));
        }
        paths.extend(self.slugs.iter().map(|slug| format!("/v1/posts/{slug}")));
        paths.extend(self.comments.iter().map(|comment| format!("/v1/comments/{comment}")));
        paths.extend(self.authors.iter().map(|author| format!("/v1/authors/{author}")));
        paths.extend(self.tags.iter().map(|tag| format!("/v1/tags/{tag}")));
        const PAGE: &str = "title slug version commentCount terms { notice } authors { name slug postCount role } \
            tags { name postCount parent { name parent { name } } } links { relation post { title slug } } \
            related(limit: 3) { post { title version } reason { kind } } \
            previous { title previous { title } } next { title next { title } } \
            comments(first: 3) { totalCount nodes { html replyCount author { name } replies(first: 2) { nodes { html } } } }";
        let list = "nodes { title slug version authors { name } tags { slug } }";
        paths.extend(
            [
                "{ site { title counts { posts authors tags comments } } }".to_owned(),
                format!("{{ posts(first: 3) {{ totalCount {list} }} }}"),
                format!("{{ posts(first: 3, sort: TITLE) {{ {list} }} }}"),
                format!("{{ posts(first: 20) {{ nodes {{ {PAGE} }} }} }}"),
                "{ posts(first: 4) { nodes { title terms { notice } related { post { tags { name } } } } } }".to_owned(),
                "{ posts(first: 4) { nodes { commentCount previous { commentCount authors { name } } links { post { terms { url } } } } } }"
                    .to_owned(),
                "{ post(slug: \"not-yet\") { title } author(slug: \"not-yet\") { name } tag(slug: \"not-yet\") { name } }"
                    .to_owned(),
                format!("{{ author(slug: \"writer-0\") {{ name postCount posts(first: 3) {{ {list} }} }} }}"),
                format!("{{ tag(slug: \"subject-1\") {{ name postCount posts(first: 3) {{ {list} }} }} }}"),
                "{ authors(first: 3) { nodes { name postCount posts(first: 2) { nodes { title } } } } tags(first: 3) { nodes { name } } }"
                    .to_owned(),
                "{ search(q: \"tide\") { nodes { snippet post { title version } } } }".to_owned(),
            ]
            .iter()
            .chain(&self.posts.iter().map(|id| format!("{{ post(id: \"{id}\") {{ {PAGE} }} }}")).collect::<Vec<_>>())
            .chain(&self.slugs.iter().map(|slug| format!("{{ post(slug: \"{slug}\") {{ title }} }}")).collect::<Vec<_>>())
            .chain(
                &(self.comments.iter().chain(&self.posts))
                    .map(|id| format!("{{ node(id: \"{id}\") {{ __typename ... on Comment {{ html post {{ title }} }} }} }}"))
                    .collect::<Vec<_>>(),
            )
            .map(|query| graphql_address(query)),
        );
        paths
    }

    /// One write of some kind. It may be refused; what counts is what it leaves.
    async fn write(&mut self, app: &TestApp, dice: &mut Dice) -> String {
        let post = dice.pick(&self.posts).clone();
        let comment = dice.pick(&self.comments).clone();
        let (what, ask) = match dice.below(30) {
            0 => {
                let post = self.content(dice);
                ("POST /v1/posts", app.post("/v1/posts").json(&post))
            }
            1 | 2 => {
                let post = self.content(dice);
                ("POST /v1/posts?publish", app.post("/v1/posts?publish=true").json(&post))
            }
            3 => {
                let change = self.content(dice);
                ("PATCH post", app.patch(&format!("/v1/posts/{post}")).json(&change))
            }
            4 | 5 => {
                let change = self.content(dice);
                ("PATCH post?publish", app.patch(&format!("/v1/posts/{post}?publish=true")).json(&change))
            }
            6 => {
                let change = json!({ "slug": format!("post-{}", dice.below(9)) });
                ("PATCH slug", app.patch(&format!("/v1/posts/{post}?publish=true")).json(&change))
            }
            7 => ("publish", app.post(&format!("/v1/posts/{post}/publish"))),
            8 => {
                let when = json!({ "at": format!("2024-04-{:02}T08:00:00Z", 1 + dice.below(28)) });
                ("publish at", app.post(&format!("/v1/posts/{post}/publish")).json(&when))
            }
            9 => ("unpublish", app.post(&format!("/v1/posts/{post}/unpublish"))),
            10 => ("archive", app.post(&format!("/v1/posts/{post}/archive"))),
            11 => ("trash", app.delete(&format!("/v1/posts/{post}"))),
            12 | 13 => ("restore", app.post(&format!("/v1/posts/{post}/restore"))),
            14 => {
                if self.posts.len() > 6 && dice.chance(30) {
                    ("delete", app.delete(&format!("/v1/posts/{post}?permanent=true")))
                } else {
                    let number = 1 + dice.below(3);
                    ("restore revision", app.post(&format!("/v1/posts/{post}/revisions/{number}/restore")))
                }
            }
            15 => {
                let to = dice.pick(&self.posts);
                let links = json!({ "links": [
                    { "relation": "cites", "post": to },
                    { "relation": "cites", "external": { "url": "https://example.com/a" } },
                ] });
                ("PUT links", app.put(&format!("/v1/posts/{post}/links")).json(&links))
            }
            16 => {
                let link = json!({ "relation": "updates", "post": dice.pick(&self.posts), "note": "see" });
                ("POST link", app.post(&format!("/v1/posts/{post}/links")).json(&link))
            }
            17 | 18 => {
                let body = json!({ "body": format!("About the {}.", dice.pick(&WORDS)) });
                ("POST comment", app.post(&format!("/v1/posts/{post}/comments")).json(&body))
            }
            19 => {
                let reply = json!({ "body": "I think so too.", "parent_id": comment });
                let of = app.get(&format!("/v1/comments/{comment}")).by(&self.admin).await;
                let of = if of.status() == 200 { text(&of.json()["post_id"]) } else { post };
                ("POST reply", app.post(&format!("/v1/posts/{of}/comments")).json(&reply))
            }
            20 => {
                let change = json!({ "body": format!("Edited: {}.", dice.pick(&WORDS)) });
                ("PATCH comment", app.patch(&format!("/v1/comments/{comment}")).json(&change))
            }
            21 => {
                let how = dice.pick(&["approve", "spam", "trash"]);
                ("moderate", app.post(&format!("/v1/comments/{comment}/{how}")))
            }
            22 => {
                let how = if dice.chance(30) { "?permanent=true" } else { "" };
                ("DELETE comment", app.delete(&format!("/v1/comments/{comment}{how}")))
            }
            23 => {
                let all = json!({ "ids": [comment, dice.pick(&self.comments)], "action": "approve" });
                ("moderate many", app.post("/v1/comments/moderate").json(&all))
            }
            24 => {
                let author = dice.pick(&self.authors).clone();
                let change = json!({
                    "name": format!("Writer {}", dice.pick(&WORDS)),
                    "location": dice.pick(&WORDS),
                    "slug": format!("writer-{}", dice.below(4)),
                });
                ("PATCH author", app.patch(&format!("/v1/authors/{author}")).json(&change))
            }
            25 => {
                let name = dice.pick(&["Not yet", "Somebody", "Nobody"]);
                if dice.chance(60) {
                    ("POST author", app.post("/v1/authors").json(&json!({ "name": name })))
                } else {
                    let author = dice.pick(&self.authors);
                    ("DELETE author", app.delete(&format!("/v1/authors/{author}")))
                }
            }
            26 => {
                let tag = dice.pick(&self.tags).clone();
                let above = if dice.chance(50) { json!(dice.pick(&self.tags)) } else { Value::Null };
                let change = json!({
                    "name": format!("Subject {}", dice.pick(&WORDS)),
                    "slug": format!("subject-{}", dice.below(4)),
                    "parent": above,
                });
                ("PATCH tag", app.patch(&format!("/v1/tags/{tag}")).json(&change))
            }
            27 => {
                if dice.chance(70) || self.tags.len() < 3 {
                    let name = dice.pick(&["Not yet", "Something"]);
                    ("POST tag", app.post("/v1/tags").json(&json!({ "name": name })))
                } else {
                    let tag = dice.pick(&self.tags);
                    ("DELETE tag", app.delete(&format!("/v1/tags/{tag}")))
                }
            }
            28 => {
                let change = json!({
                    "title": format!("The {}", dice.pick(&WORDS)),
                    "terms": { "notice": dice.pick(&WORDS), "url": Value::Null },
                    "comments_open": dice.chance(90),
                });
                ("PATCH site", app.patch("/v1/site").json(&change))
            }
            _ => {
                let guest =
                    json!({ "body": "Hello.", "author": { "name": "Guest", "email": "g@example.org" } });
                return self.keep(
                    "guest comment",
                    app.post(&format!("/v1/posts/{post}/comments")).json(&guest).await,
                );
            }
        };
        let answer = ask.by(&self.admin).await;
        self.keep(what, answer)
    }

    /// Remembers what a write made.
    fn keep(&mut self, what: &str, answer: Answer) -> String {
        assert!(answer.status() < 500, "{what}: {}", answer.text());
        if answer.status() == 201 {
            let id = text(&answer.json()["id"]);
            match what {
                "POST /v1/posts" | "POST /v1/posts?publish" => self.posts.push(id),
                "POST comment" | "POST reply" | "guest comment" => self.comments.push(id),
                "POST author" => self.authors.push(id),
                "POST tag" => self.tags.push(id),
                _ => {}
            }
        }
        if let Some(slug) = answer.json_or_null()["slug"].as_str()
            && what.contains("post")
        {
            self.slugs.insert(slug.to_owned());
        }
        format!("{what} ({})", answer.status())
    }
}

/// A JSON list of what an iterator gives, each once.
#[derive(Default)]
struct Once(Vec<Value>);

impl FromIterator<Value> for Once {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        let mut all = Self::default();
        for item in items {
            if !all.0.contains(&item) {
                all.0.push(item);
            }
        }
        all
    }
}

impl From<Once> for Value {
    fn from(all: Once) -> Self {
        Self::Array(all.0)
    }
}

trait JsonOrNull {
    fn json_or_null(&self) -> Value;
}

impl JsonOrNull for Answer {
    fn json_or_null(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Writes at random and reads at random, one after the other.
async fn random_rounds(app: &TestApp, rounds: usize, seed: u64) {
    let fresh = without_cache(app).await;
    let mut world = World::new(app).await;
    let mut dice = Dice(0x0123_4567_89ab_cdef ^ seed);
    let mut history = Vec::new();
    for round in 0..rounds {
        // Everything is kept before the write, so that whatever it does not drop shows.
        for _ in 0..6 {
            let path = dice.pick(&world.reads()).clone();
            app.get(&path).await;
        }
        app.advance(1);
        history.push(world.write(app, &mut dice).await);
        let recent = history.iter().rev().take(4).cloned().collect::<Vec<_>>().join(" < ");
        let reads = world.reads();
        if round % 25 == 24 {
            for path in &reads {
                assert_exact(app, &fresh, path, &recent).await;
            }
        }
        for _ in 0..8 {
            assert_exact(app, &fresh, dice.pick(&reads).as_str(), &recent).await;
        }
        for _ in 0..2 {
            let path = dice.pick(&reads).as_str();
            assert_exact_for(app, &fresh, Some(&world.admin), path, &recent).await;
        }
    }
    let (needed, unneeded) = (
        metric(app, "pressroom_cache_dropped_changed_total").await,
        metric(app, "pressroom_cache_dropped_unchanged_total").await,
    );
    let share = 100.0 * unneeded / (needed + unneeded).max(1.0);
    eprintln!(
        "{rounds} rounds: {needed} answers were dropped since they changed, {unneeded} without need ({share:.0} %)"
    );
}

#[actix_web::test]
async fn no_read_after_a_write_differs_from_a_fresh_one() {
    // After a change of what reads depend on or writes touch, thousands of rounds are worth the minutes that they take.
    let rounds = environment("PRESSROOM_TEST_ROUNDS").map_or(150, |rounds| rounds.parse().unwrap());
    // A publication of which most was deleted has little to say: after a while another begins, with other writes.
    for (seed, begun) in (0..).zip((0..rounds).step_by(150)) {
        for app in each().await {
            random_rounds(&app, 150.min(rounds - begun), seed).await;
        }
    }
}
