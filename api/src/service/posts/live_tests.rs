//! Which public answers a write of a post touches.

use chrono::TimeDelta;
use pressroom_schema::posts::PostContent;
use pressroom_schema::{PostStatus, Timestamp};
use uuid::Uuid;

use super::*;

const POST: Id = Id(Uuid::from_u128(1));
const OTHER: Id = Id(Uuid::from_u128(2));
const LIST: Id = Id(Uuid::from_u128(3));

fn at(hour: i64) -> Timestamp {
    Timestamp::new(chrono::DateTime::UNIX_EPOCH).plus(TimeDelta::hours(hour))
}

fn draft() -> PostRow {
    let content =
        PostContent { slug: "tides".parse().unwrap(), title: "Tides".into(), ..PostContent::default() };
    PostRow { content, ..PostRow::begin(POST, None, at(0)) }
}

fn with(mut row: PostRow, change: impl FnOnce(&mut PostContent)) -> PostRow {
    change(&mut row.content);
    row
}

fn live() -> PostRow {
    let (status, published_at) = (PostStatus::Published, Some(at(1)));
    PostRow { status, published_at, sorted_at: at(1), listed: true, ..draft() }
}

fn unlisted() -> PostRow {
    PostRow { listed: false, ..with(live(), |content| content.visibility = Visibility::Unlisted) }
}

/// The names, with the ids as numbers.
fn named(keys: &[Key]) -> String {
    let text = keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    [(POST, "1"), (OTHER, "2"), (LIST, "3")]
        .iter()
        .fold(text, |text, (id, number)| text.replace(&id.to_string(), number))
}

#[test]
fn a_write_touches_what_shows_the_post_and_no_more() {
    let own = "posts post:1 links:1 related:1 adjacent:1";
    let none = Around::default();
    let beside = |before: bool, after: bool| Around {
        beside_before: before.then_some(Key::Adjacent(OTHER)).into_iter().collect(),
        beside: after.then_some(Key::Adjacent(OTHER)).into_iter().collect(),
        ..Around::default()
    };
    let scheduled = PostRow { status: PostStatus::Scheduled, published_at: Some(at(9)), ..draft() };
    let taken_back = PostRow { status: PostStatus::Draft, listed: false, ..live() };
    let private =
        PostRow { listed: false, ..with(live(), |content| content.visibility = Visibility::Private) };
    let renamed = |row: PostRow| with(row, |content| content.slug = "ebbs".parse().unwrap());
    let table: Vec<(&str, PostRow, PostRow, Around, String)> = vec![
        (
            "a draft is saved",
            draft(),
            with(draft(), |content| content.title = "Ebbs".into()),
            none.clone(),
            String::new(),
        ),
        ("a draft is renamed", draft(), renamed(draft()), none.clone(), String::new()),
        ("a draft is scheduled", draft(), scheduled, none.clone(), String::new()),
        (
            "a draft is in lists of its own",
            draft(),
            draft(),
            Around { lists: vec![LIST], ..none.clone() },
            String::new(),
        ),
        (
            "what was public once is renamed",
            taken_back.clone(),
            renamed(taken_back.clone()),
            none.clone(),
            "posts".into(),
        ),
        ("only the body changes", live(), live(), beside(true, true), own.into()),
        (
            "the comments are closed",
            live(),
            with(live(), |content| content.featured = true),
            beside(true, true),
            own.into(),
        ),
        (
            "the title changes, which neighbours show",
            live(),
            with(live(), |content| content.title = "Ebbs".into()),
            beside(true, true),
            format!("{own} summary:1 adjacent:2"),
        ),
        ("a renamed post", live(), renamed(live()), none.clone(), format!("{own} summary:1")),
        ("another neighbour", live(), live(), beside(false, true), format!("{own} adjacent:2")),
        (
            "published",
            draft(),
            live(),
            beside(false, true),
            format!("{own} totals posts:listed summary:1 adjacent:2"),
        ),
        (
            "taken back",
            live(),
            taken_back,
            beside(true, false),
            format!("{own} totals posts:listed summary:1 adjacent:2"),
        ),
        ("made private", live(), private, none.clone(), format!("{own} totals posts:listed summary:1")),
        (
            "published for whoever has the address",
            draft(),
            unlisted(),
            none.clone(),
            format!("{own} summary:1"),
        ),
        (
            "published at another time",
            live(),
            PostRow { published_at: Some(at(2)), sorted_at: at(2), ..live() },
            none,
            format!("{own} posts:listed summary:1"),
        ),
        (
            "everything around it changes",
            live(),
            live(),
            Around {
                lists: vec![LIST],
                opened: vec![Key::Tag(OTHER)],
                linked: vec![OTHER],
                related: vec![OTHER],
                ..Around::default()
            },
            format!("{own} authors tags related:2 links:2 author:3 tag:2 tag:3"),
        ),
    ];
    for (what, before, after, around, expected) in table {
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        let keys = named(&touched_keys(&before, &after, &around));
        let mut keys: Vec<&str> = keys.split_whitespace().collect();
        expected.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys, expected, "{what}");
    }
}
