//! Kept counts are what counting would find, whatever was done before.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use diesel::{QueryDsl, RunQueryDsl};
use pressroom::auth::viewer::Role;
use pressroom::clock::Clock;
use pressroom_schema::tables::{authors, post_authors, post_lists, post_tags, posts, tags};
use pressroom_schema::{Conn, Id, Timestamp, Total, comments, site};
use serde_json::{Value, json};

use crate::support::app::{NOW, TestApp, User, at, on_both, text};

/// Numbers that look like chance and are the same in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

type Listed = (Id, bool, String, String, Option<Timestamp>, Option<Timestamp>, Timestamp);

/// A sentence for each kept count or list that is not what counting finds.
fn recount(conn: &mut Conn) -> pressroom_schema::Result<Vec<String>> {
    let mut faults = comments::recount(conn)?;
    let rows: Vec<Listed> = posts::table
        .select((
            posts::id,
            posts::listed,
            posts::status,
            posts::visibility,
            posts::deleted_at,
            posts::published_at,
            posts::sorted_at,
        ))
        .load(conn)?;
    let mut listed = BTreeMap::new();
    for (id, kept, status, visibility, deleted, published, sorted) in rows {
        let is = status == "published" && visibility == "public" && deleted.is_none();
        if is != kept {
            faults.push(format!("post {id}: listed is {kept}"));
        }
        if is {
            assert_eq!(published, Some(sorted));
            listed.insert(id, sorted);
        }
    }
    let mut bearing: BTreeMap<Id, Vec<Timestamp>> = BTreeMap::new();
    let mut lists = BTreeSet::new();
    let mut bearers: Vec<(Id, Id)> =
        post_authors::table.select((post_authors::post_id, post_authors::author_id)).load(conn)?;
    let of_tags: Vec<(Id, Id)> =
        post_tags::table.select((post_tags::post_id, post_tags::tag_id)).load(conn)?;
    bearers.extend(of_tags);
    for (post, list) in bearers {
        if let Some(at) = listed.get(&post) {
            bearing.entry(list).or_default().push(*at);
            lists.insert((list, *at, post));
        }
    }
    let kept: Vec<(Id, Timestamp, Id)> = post_lists::table
        .select((post_lists::list_id, post_lists::sorted_at, post_lists::post_id))
        .load(conn)?;
    if kept.len() != lists.len() || kept.iter().any(|row| !lists.contains(row)) {
        faults.push(format!(
            "the lists of authors and tags have {} rows, and should have {}",
            kept.len(),
            lists.len()
        ));
    }
    let profiles: Vec<(Id, i64, Option<Timestamp>, Option<Timestamp>)> = authors::table
        .select((authors::id, authors::post_count, authors::first_published_at, authors::last_published_at))
        .load(conn)?;
    let total = i64::try_from(profiles.len()).unwrap();
    for (id, count, first, last) in profiles {
        let dates = bearing.remove(&id).unwrap_or_default();
        let found =
            (i64::try_from(dates.len()).unwrap(), dates.iter().min().copied(), dates.iter().max().copied());
        if found != (count, first, last) {
            faults.push(format!("author {id}: {:?}, and should be {found:?}", (count, first, last)));
        }
    }
    let names: Vec<(Id, i64, bool)> =
        tags::table.select((tags::id, tags::post_count, tags::is_public)).load(conn)?;
    let tags_total = i64::try_from(names.iter().filter(|(.., is_public)| *is_public).count()).unwrap();
    for (id, count, is_public) in names {
        if count > 0 && !is_public {
            faults.push(format!("tag {id}: listed posts bear it, and the public may not know of it"));
        }
        let found = i64::try_from(bearing.remove(&id).unwrap_or_default().len()).unwrap();
        if found != count {
            faults.push(format!("tag {id}: post_count is {count}, and should be {found}"));
        }
    }
    for (name, found) in [
        (Total::Posts, i64::try_from(listed.len()).unwrap()),
        (Total::Authors, total),
        (Total::Tags, tags_total),
    ] {
        let kept = site::total(conn, name)?;
        if kept != found {
            faults.push(format!("the site's total of {name} is {kept}, and should be {found}"));
        }
    }
    Ok(faults)
}

/// Does one thing that an editor, an admin or a guest might do. Whether it was possible is no matter here.
async fn act(app: &TestApp, chance: &mut Chance, admin: &User, comments: &mut Vec<String>) {
    let slug = format!("p{}", chance.below(6));
    let path = format!("/v1/posts/{slug}");
    let tags: Vec<&str> = ["Sea", "Maps", "Bread"].into_iter().filter(|_| chance.below(2) == 0).collect();
    let bylines: Vec<&str> = ["ada", "bo"].into_iter().filter(|_| chance.below(2) == 0).collect();
    let visibility = *chance.one_of(&["public", "public", "unlisted", "private"]);
    let post = json!({"title": slug, "tags": tags, "authors": bylines, "visibility": visibility});
    let publish = *chance.one_of(&["", "?publish=true"]);
    let comment = if comments.is_empty() { None } else { Some(chance.one_of(comments).clone()) };
    let ask = match chance.below(18) {
        0..=2 => {
            let mut new = post;
            new["slug"] = json!(slug);
            app.post(&format!("/v1/posts{publish}")).json(&new)
        }
        3 | 4 => app.patch(&format!("{path}{publish}")).json(&post),
        5 => app.post(&format!("{path}/publish")),
        6 => app
            .post(&format!("{path}/publish"))
            .json(&json!({"at": format!("2023-0{}-01T00:00:00Z", 1 + chance.below(9))})),
        7 => app.post(&format!("{path}/{}", chance.one_of(&["unpublish", "archive"]))),
        8 => app.delete(&format!("{path}{}", chance.one_of(&["", "", "?permanent=true"]))),
        9 => app.post(&format!("{path}/restore")),
        10 => app.post(&format!("{path}/revisions/1/restore")),
        11 => app.delete(&format!("/v1/tags/{}", chance.one_of(&["sea", "maps", "bread"]))),
        12..=14 => {
            let mut input = json!({"body": format!("Words {}", chance.below(1_000_000))});
            if let Some(parent) = comment.filter(|_| chance.below(3) > 0) {
                input["parent_id"] = json!(parent);
            }
            app.post(&format!("{path}/comments")).json(&input)
        }
        15 | 16 => {
            let action = *chance.one_of(&["approve", "spam", "trash"]);
            app.post(&format!("/v1/comments/{}/{action}", comment.unwrap_or_default()))
        }
        _ => app.delete(&format!(
            "/v1/comments/{}{}",
            comment.unwrap_or_default(),
            chance.one_of(&["", "?permanent=true"])
        )),
    };
    let answer = ask.by(admin).await;
    assert!(answer.status() < 500, "{}", answer.text());
    if answer.status() == 201 && answer.header("location").starts_with("/v1/comments/") {
        comments.push(text(&answer.json()["id"]));
    }
    app.advance(1);
}

#[actix_web::test]
async fn kept_counts_equal_recounts_whatever_was_done() {
    for seed in [1, 2] {
        on_both(async |app| {
            let admin = app.user(Role::Admin).await;
            for name in ["Ada", "Bo"] {
                app.post("/v1/authors").by(&admin).json(&json!({"name": name})).await.ok();
            }
            let (mut chance, mut comments) = (Chance(seed), Vec::new());
            for step in 0..8 {
                for _ in 0..15 {
                    act(&app, &mut chance, &admin, &mut comments).await;
                }
                let faults = app.svc().db.raw(recount).await.unwrap();
                assert_eq!(faults, [""; 0], "seed {seed}, after {} steps", (step + 1) * 15);
            }
            let site: Value = app.get("/v1/site").await.ok();
            let list = app.get("/v1/posts?count=true&limit=100").await.ok();
            assert_eq!(site["counts"]["posts"], list["page"]["total"]);
            assert_eq!(list["page"]["total"], list["data"].as_array().unwrap().len());
            assert!(!comments.is_empty(), "chance had it that nothing was said");
        })
        .await;
    }
}

/// What one of many editors does: publishes posts under the same author and tags, beside those of the others, and takes some back.
async fn publish_beside_others(app: TestApp, by: User, editor: usize) {
    for n in 0..8 {
        let slug = format!("e{editor}-{n}");
        let post = json!({
            "title": format!("The harbour of {editor} at {n}"),
            "slug": slug,
            "body": { "format": "markdown", "source": "The tide, the ferry and the [harbour](/posts/e0-0)." },
            "authors": [{ "author": "ada" }],
            "tags": ["Harbours", format!("Day {n}")],
        });
        app.post("/v1/posts?publish=true").by(&by).json(&post).await.ok();
        app.comment(&by, &slug, "A fine morning.", None).await;
        match n % 4 {
            1 => drop(app.post(&format!("/v1/posts/{slug}/unpublish")).by(&by).await.ok()),
            2 => drop(app.delete(&format!("/v1/posts/{slug}")).by(&by).await.ok()),
            _ => {}
        }
    }
}

#[actix_web::test]
async fn writers_at_once_on_two_instances_leave_every_count_right_and_none_is_run_twice() {
    on_both(async |app| {
        let second = TestApp::again(Rc::clone(&app.store), app.store.config(), Clock::fixed(at(NOW))).await;
        let admin = app.user(Role::Admin).await;
        app.post("/v1/authors").by(&admin).json(&json!({ "name": "Ada" })).await.ok();
        let editors = (0..12).map(|editor| {
            let app = if editor % 2 == 0 { app.clone() } else { second.clone() };
            actix_web::rt::spawn(publish_beside_others(app, admin.clone(), editor))
        });
        for editor in editors.collect::<Vec<_>>() {
            editor.await.unwrap();
        }
        for app in [&app, &second] {
            let faults = app.svc().db.raw(recount).await.unwrap();
            assert_eq!(faults, [""; 0]);
            let (well, conflicts) = app.svc().db.runs_of_writes();
            assert!(well > 100, "{well} writes");
            assert_eq!(conflicts, 0, "of {well} writes");
        }
        let ada = app.get("/v1/authors/ada").await.ok();
        let harbours = app.get("/v1/tags/harbours").await.ok();
        (ada["post_count"].clone(), harbours["post_count"].clone())
    })
    .await;
}
