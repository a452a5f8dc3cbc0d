use uuid::Uuid;

use super::*;
use crate::auth::viewer::{Role, UserViewer, Via};

fn guest() -> Viewer {
    Viewer { who: Who::Anonymous, request_id: String::new(), ip: None, is_kept: false }
}

fn account() -> Viewer {
    let user = UserViewer {
        user_id: Uuid::from_u128(1),
        role: Role::Contributor,
        author_id: None,
        via: Via::Session(Uuid::nil()),
        scopes: None,
        name: "Ada".into(),
    };
    Viewer { who: Who::User(user), request_id: String::new(), ip: None, is_kept: false }
}

fn input(body: &str, author: Option<(&str, &str, Option<&str>)>) -> AddComment {
    AddComment {
        body: body.into(),
        parent_id: None,
        author: author.map(|(name, email, url)| CommentAuthorInput {
            name: name.into(),
            email: email.into(),
            url: url.map(str::to_owned),
        }),
    }
}

fn faults(viewer: &Viewer, input: &AddComment) -> Vec<(String, String)> {
    check(viewer, input).map(drop).map_or_else(
        |e| {
            let named = |f: &FieldError| (f.pointer.clone().unwrap_or_default(), f.code.clone());
            e.errors().iter().map(named).collect()
        },
        |()| Vec::new(),
    )
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect()
}

#[test]
fn a_guest_says_who_they_are_and_an_account_does_not() {
    let ada = Some(("Ada", "ada@example.org", None));
    assert_eq!(faults(&guest(), &input("Hello", ada)), []);
    assert_eq!(faults(&account(), &input("Hello", None)), []);
    assert_eq!(faults(&guest(), &input("Hello", None)), pairs(&[("/author", "required")]));
    assert_eq!(faults(&account(), &input("Hello", ada)), pairs(&[("/author", "not_allowed")]));
}

#[test]
fn every_fault_of_a_comment_is_told_at_once() {
    let long = "x".repeat(BODY_LENGTH + 1);
    assert_eq!(
        faults(&guest(), &input(&long, Some((" ", "nobody", Some("javascript:alert(1)"))))),
        pairs(&[
            ("/body", "too_long"),
            ("/author/name", "blank"),
            ("/author/email", "invalid_email"),
            ("/author/url", "invalid_url"),
        ])
    );
    let ada = Some(("Ada", "ada@example.org", Some("")));
    for blank in ["", " \n\t ", "\u{200b}\u{feff}", "\u{3164}\u{2800}"] {
        assert_eq!(faults(&guest(), &input(blank, ada)), pairs(&[("/body", "blank")]), "{blank:?}");
    }
    assert_eq!(faults(&guest(), &input("a\u{0}b", ada)), pairs(&[("/body", "control_character")]));
    assert_eq!(faults(&guest(), &input(&"é".repeat(BODY_LENGTH), ada)), []);
}

#[test]
fn texts_that_say_the_same_have_one_hash_and_emoji_have_their_own() {
    assert_eq!(text_hash("Great  POST!"), text_hash("great post"));
    assert_ne!(text_hash("Great post"), text_hash("Poor post"));
    assert_ne!(text_hash("👍"), text_hash("👏"));
    assert_eq!(text_hash("👍"), text_hash(" 👍\n"));
}

#[test]
fn scores_are_kept_in_thousandths() {
    assert_eq!([0.0, 0.4217, 1.0, 7.0, -1.0].map(thousandths), [0, 422, 1000, 1000, 0]);
}
