//! Every cell of the table of rights, against expectations written by hand; and what scopes may and may not change.

use std::collections::HashSet;

use super::super::viewer::{GuestViewer, PreviewViewer, Via};
use super::*;

const ME: Uuid = Uuid::from_u128(1);
const MY_PROFILE: Uuid = Uuid::from_u128(2);
const OTHER: Uuid = Uuid::from_u128(3);
const OTHER_PROFILE: Uuid = Uuid::from_u128(4);
const GUESTS: Uuid = Uuid::from_u128(6);

fn viewer(role: Role, scopes: Option<Scopes>) -> Viewer {
    Viewer {
        who: Who::User(UserViewer {
            user_id: ME,
            role,
            author_id: Some(MY_PROFILE),
            via: Via::Session(Uuid::nil()),
            scopes,
            name: "Ada".into(),
        }),
        request_id: String::new(),
        ip: None,
        is_kept: false,
    }
}

fn anonymous() -> Viewer {
    Viewer::anonymous("", None)
}

/// Who holds the edit token of a guest's comment.
fn guest() -> Viewer {
    Viewer { who: Who::Guest(GuestViewer { comment_id: GUESTS }), ..anonymous() }
}

fn post(owner: Uuid, author_ids: &[Uuid], is_live: bool) -> PostTarget<'_> {
    PostTarget { owner_id: Some(owner), author_ids, is_live, is_released: is_live }
}

const MY_LIVE: PostTarget<'static> =
    PostTarget { owner_id: Some(ME), author_ids: &[], is_live: true, is_released: true };
const OTHERS_LIVE: PostTarget<'static> =
    PostTarget { owner_id: Some(OTHER), author_ids: &[OTHER_PROFILE], is_live: true, is_released: true };

/// In the order of the letters in [`POSTS`].
fn posts() -> Vec<Target<'static>> {
    [
        MY_LIVE,
        post(ME, &[OTHER_PROFILE], false),
        post(OTHER, &[OTHER_PROFILE, MY_PROFILE], false),
        OTHERS_LIVE,
        post(OTHER, &[OTHER_PROFILE], false),
        PostTarget { is_released: true, ..post(ME, &[], false) },
    ]
    .map(Target::Post)
    .to_vec()
}

/// In the order of the letters in [`COMMENTS`].
fn comments() -> Vec<Target<'static>> {
    let theirs = CommentTarget {
        id: Uuid::from_u128(5),
        user_id: Some(OTHER),
        post: OTHERS_LIVE,
        is_approved: false,
        in_edit_window: false,
    };
    let guests = CommentTarget { user_id: None, id: GUESTS, ..theirs };
    [
        CommentTarget { user_id: Some(ME), is_approved: true, in_edit_window: true, ..theirs },
        CommentTarget { user_id: Some(ME), ..theirs },
        CommentTarget { is_approved: true, ..theirs },
        theirs,
        CommentTarget { post: MY_LIVE, ..theirs },
        CommentTarget { in_edit_window: true, ..guests },
        guests,
        CommentTarget { is_approved: true, post: post(OTHER, &[], false), ..theirs },
    ]
    .map(Target::Comment)
    .to_vec()
}

/// A: allowed, U: sign in, F: forbidden, H: hidden.
///
/// Columns: own live, own draft, draft with own byline, other's live, other's draft, own scheduled.
const POSTS: &str = "
    action            anonymous preview guest  admin  editor author contributor moderator
    ReadDraft         UHHUHH    UHHUHH  UHHUHH AAAAAA AAAAAA AAAFHA AAAFHA      FHHFHH
    EditPost          UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FAAFHF      FHHFHH
    PublishPost       UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FFFFHF      FHHFHH
    ArchivePost       UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FFFFHF      FHHFHH
    TrashPost         UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FAAFHF      FHHFHH
    DeletePostForever UUUUUU    UUUUUU  UUUUUU AAAAAA FFFFFF FFFFHF FFFFHF      FHHFHH
    RestoreRevision   UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FAAFHF      FHHFHH
    PreviewPost       UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA AAAFHA      FHHFHH
    EditLinks         UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FAAFHF      FHHFHH
    AssignAuthors     UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA FFFFHF FFFFHF      FHHFHH
    AddComment        AHHAHH    UHHUHH  AHHAHH AAAAAA AAAAAA AAAAHA AAAAHA      AHHAHH
    ReadQueue         UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FFFFHF      AAAAAA
    ModerateThread    UUUUUU    UUUUUU  UUUUUU AAAAAA AAAAAA AAAFHA FFFFHF      AAAAAA
";

/// Columns: own in the window; own, pending, after it; other's approved; other's pending; other's pending on an own post;
/// a guest's, whose edit token the column `guest` holds, in the window; the same after it; an approved one on another's draft.
const COMMENTS: &str = "
    action            anonymous preview  guest    admin    editor   author   contributor moderator
    ReadQueue         UUUUUUUU  UUUUUUUU UUUUUUUU AAAAAAAA AAAAAAAA FFFHAHHH FFFHHHHH    AAAAAAAA
    ModerateComment   UUUUUUUU  UUUUUUUU UUUUUUUU AAAAAAAA AAAAAAAA FFFHAHHH FFFHHHHH    AAAAAAAA
    EditOwnComment    UHUHHHHH  UHUHHHHH UHUHHAFH AFFFFFFF AFFFFFFF AFFHFHHH AFFHHHHH    AFFFFFFF
    EditComment       UHUHHHHH  UHUHHHHH UHUHHAFH AAAAAAAA AAAAAAAA AFFHFHHH AFFHHHHH    AAAAAAAA
    DeleteOwnComment  UHUHHHHH  UHUHHHHH UHUHHAFH AAFFFFFF AAFFFFFF AAFHFHHH AAFHHHHH    AAFFFFFF
    DeleteComment     UHUHHHHH  UHUHHHHH UHUHHAFH AAAAAAAA AAAAAAAA AAFHAHHH AAFHHHHH    AAAAAAAA
    SeeCommentPrivate UUUUUUUU  UUUUUUUU UUUUUUUU AAAAAAAA AAAAAAAA FFFHFHHH FFFHHHHH    AAAAAAAA
";

/// Columns: one's own, another's.
const OWNED: &str = "
    action       anonymous preview guest admin editor author contributor moderator
    EditAuthor   UU        UU      UU    AA    AA     AF     AF          AF
    DeleteAuthor UU        UU      UU    AA    AA     FF     FF          FF
    EditMedia    UU        UU      UU    AA    AA     AF     AF          FF
    DeleteMedia  UU        UU      UU    AA    AA     AF     FF          FF
    ListUsers    UU        UU      UU    AA    AF     AF     AF          AF
    EditUser     UU        UU      UU    AA    AF     AF     AF          AF
    AssignRole   UU        UU      UU    AA    FF     FF     FF          FF
    DeleteUser   UU        UU      UU    AA    FF     FF     FF          FF
    ListTokens   UU        UU      UU    AA    AH     AH     AH          AH
    CreateToken  UU        UU      UU    AF    AF     AF     AF          AF
    RevokeToken  UU        UU      UU    AA    AH     AH     AH          AH
";

/// No target.
const COLLECTIONS: &str = "
    action       anonymous preview guest admin editor author contributor moderator
    ReadDraft    U         U       U     A     A      F      F           F
    CreatePost   U         U       U     A     A      A      A           F
    ReadQueue    U         U       U     A     A      F      F           A
    CreateAuthor U         U       U     A     A      F      F           F
    CreateTag    U         U       U     A     A      A      F           F
    EditTag      U         U       U     A     A      F      F           F
    DeleteTag    U         U       U     A     A      F      F           F
    ListMedia    U         U       U     A     A      A      A           F
    UploadMedia  U         U       U     A     A      A      A           F
    EditSite     U         U       U     A     A      F      F           F
    ListUsers    U         U       U     A     F      F      F           F
    CreateUser   U         U       U     A     F      F      F           F
    AssignRole   U         U       U     A     F      F      F           F
    ListTokens   U         U       U     A     F      F      F           F
    ReadChanges  U         U       U     A     A      F      F           F
";

fn owned(action: Action) -> Vec<Target<'static>> {
    match action {
        Action::EditAuthor | Action::DeleteAuthor => {
            vec![Target::Author(MY_PROFILE), Target::Author(OTHER_PROFILE)]
        }
        Action::EditMedia | Action::DeleteMedia => {
            vec![Target::Media { owner: Some(ME) }, Target::Media { owner: Some(OTHER) }]
        }
        Action::ListTokens | Action::CreateToken | Action::RevokeToken => {
            vec![Target::Token { owner: ME }, Target::Token { owner: OTHER }]
        }
        _ => vec![Target::User(ME), Target::User(OTHER)],
    }
}

fn viewers() -> Vec<Viewer> {
    let preview = Viewer { who: Who::Preview(PreviewViewer { post_id: ME }), ..anonymous() };
    [anonymous(), preview, guest()]
        .into_iter()
        .chain(Role::ALL.into_iter().map(|role| viewer(role, None)))
        .collect()
}

fn action(name: &str) -> Action {
    RIGHTS.iter().map(|row| row.action).find(|action| action.as_str() == name).unwrap()
}

fn letter(decision: &Decision) -> char {
    match decision {
        Decision::Allowed => 'A',
        Decision::Unauthenticated => 'U',
        Decision::Forbidden { .. } => 'F',
        Decision::Hidden => 'H',
    }
}

/// Every action, with every target that makes sense for it.
fn cases() -> Vec<(Action, Vec<Target<'static>>, Vec<String>)> {
    let mut cases = Vec::new();
    for (table, targets) in [
        (POSTS, Some(posts())),
        (COMMENTS, Some(comments())),
        (OWNED, None),
        (COLLECTIONS, Some(vec![Target::None])),
    ] {
        for line in table.trim().lines().skip(1) {
            let mut words = line.split_whitespace().map(str::to_owned);
            let action = action(&words.next().unwrap());
            cases.push((action, targets.clone().unwrap_or_else(|| owned(action)), words.collect()));
        }
    }
    cases
}

#[test]
fn every_cell_of_the_table_holds() {
    for (action, targets, expected) in cases() {
        assert_eq!(expected.len(), viewers().len());
        for (viewer, expected) in viewers().iter().zip(&expected) {
            let got: String = targets.iter().map(|target| letter(&may(viewer, action, target))).collect();
            assert_eq!(&got, expected, "{action:?} by {:?}", viewer.user().map(|user| user.role));
        }
    }
}

#[test]
fn every_action_of_the_table_has_its_cells_tested() {
    let tested: HashSet<Action> = cases().iter().map(|case| case.0).collect();
    let missing: Vec<_> = RIGHTS.iter().filter(|row| !tested.contains(&row.action)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for row in RIGHTS {
        assert_eq!(row.action.row(), row);
        assert!(!row.scopes.is_empty(), "{:?} could be done with any token", row.action);
    }
}

#[test]
fn the_server_itself_may_do_everything() {
    for (action, targets, _) in cases() {
        for target in targets {
            assert_eq!(may(&Viewer::system(), action, &target), Decision::Allowed);
        }
        assert_eq!(reach(&Viewer::system(), action), Reach::Everything);
    }
}

/// None, each alone, all but each, each two together, all.
fn scope_sets() -> Vec<Scopes> {
    let but = |left_out: Scope| {
        Scopes::of(&Scope::ALL.into_iter().filter(|scope| *scope != left_out).collect::<Vec<_>>())
    };
    let mut sets = vec![Scopes::NONE, Scopes::all()];
    for a in Scope::ALL {
        sets.push(but(a));
        sets.extend(Scope::ALL.map(|b| Scopes::of(&[a, b])));
    }
    sets
}

#[test]
fn scopes_never_widen_a_role() {
    for (action, targets, _) in cases() {
        for role in Role::ALL {
            for target in &targets {
                let whole = may(&viewer(role, None), action, target);
                for scopes in scope_sets() {
                    let narrowed = may(&viewer(role, Some(scopes)), action, target);
                    match whole {
                        Decision::Allowed => {}
                        Decision::Hidden => {
                            assert_eq!(narrowed, Decision::Hidden, "{action:?} {role} {scopes}");
                        }
                        _ => assert_ne!(narrowed, Decision::Allowed, "{action:?} {role} {scopes}"),
                    }
                }
                assert_eq!(letter(&may(&viewer(role, Some(Scopes::all())), action, target)), letter(&whole));
                assert_ne!(may(&viewer(role, Some(Scopes::NONE)), action, target), Decision::Allowed);
            }
        }
    }
}

#[test]
fn one_more_scope_never_takes_a_right_away() {
    for (action, targets, _) in cases() {
        for target in &targets {
            for scopes in scope_sets() {
                if may(&viewer(Role::Editor, Some(scopes)), action, target) == Decision::Allowed {
                    for more in Scope::ALL {
                        let decision = may(&viewer(Role::Editor, Some(scopes.with(more))), action, target);
                        assert_eq!(decision, Decision::Allowed, "{action:?} {scopes} {more}");
                    }
                }
            }
        }
    }
}

#[test]
fn each_action_takes_the_scope_of_its_row_and_no_other() {
    for row in RIGHTS.iter().filter(|row| !matches!(row.action, Action::EditComment | Action::DeleteComment))
    {
        let (_, targets, _) = cases().into_iter().find(|case| case.0 == row.action).unwrap();
        let target = targets[0];
        for scope in Scope::ALL {
            let held = Scopes::of(&[scope]);
            let enough = row.scopes.iter().any(|needed| held.allows(*needed));
            let decision = may(&viewer(Role::Admin, Some(held)), row.action, &target);
            assert_eq!(decision == Decision::Allowed, enough, "{:?} with {scope}", row.action);
        }
    }
}

#[test]
fn a_token_without_a_right_to_drafts_does_not_learn_of_them() {
    let mute = viewer(Role::Editor, Some(Scopes::of(&[Scope::MediaWrite])));
    let draft = Target::Post(post(OTHER, &[], false));
    assert_eq!(may(&mute, Action::ReadDraft, &draft), Decision::Hidden);
    assert_eq!(may(&mute, Action::EditPost, &draft), Decision::Hidden);
    assert_eq!(letter(&may(&mute, Action::EditPost, &Target::Post(OTHERS_LIVE))), 'F');
}

#[test]
fn a_refusal_names_what_it_takes() {
    let needs = |viewer: &Viewer, action, target: &Target<'_>| match may(viewer, action, target) {
        Decision::Forbidden { needs } => needs,
        other => panic!("{other:?}"),
    };
    let author = viewer(Role::Author, None);
    assert_eq!(needs(&author, Action::EditSite, &Target::None), "one of the roles admin, editor");
    assert_eq!(needs(&author, Action::CreateUser, &Target::None), "the role admin");
    assert_eq!(
        needs(&author, Action::EditPost, &Target::Post(OTHERS_LIVE)),
        "one of the roles admin, editor, author (own), contributor (own, until released)"
    );
    let reader = viewer(Role::Author, Some(Scopes::of(&[Scope::PostsRead])));
    assert_eq!(needs(&reader, Action::CreatePost, &Target::None), "the scope posts:write");
    assert_eq!(
        needs(&reader, Action::CreateTag, &Target::None),
        "one of the scopes taxonomy:write, posts:write"
    );
    assert_eq!(needs(&reader, Action::EditComment, &comments()[0]), "the scope comments:write");
    assert_eq!(
        needs(&author, Action::EditComment, &comments()[1]),
        "the comment's edit window, which is over"
    );
    assert_eq!(
        needs(&guest(), Action::DeleteComment, &comments()[6]),
        "the comment's edit window, which is over"
    );
}

#[test]
fn whether_to_sign_in_is_known_before_the_target_is() {
    for (action, targets, expected) in cases() {
        let always = expected[0].chars().all(|letter| letter == 'U');
        if needs_sign_in(&anonymous(), action) {
            assert!(always, "{action:?}");
            assert!(
                targets.iter().all(|target| may(&anonymous(), action, target) == Decision::Unauthenticated)
            );
        }
        assert!(!needs_sign_in(&viewer(Role::Moderator, None), action));
        assert!(!needs_sign_in(&Viewer::system(), action));
    }
    assert!(needs_sign_in(&anonymous(), Action::EditPost));
    for open in [Action::ReadDraft, Action::AddComment, Action::EditComment, Action::DeleteComment] {
        assert!(!needs_sign_in(&anonymous(), open), "{open:?}");
    }
}

#[test]
fn lists_reach_as_far_as_the_right_does() {
    let by = |role| viewer(role, None);
    assert_eq!(reach(&anonymous(), Action::ReadDraft), Reach::Nothing);
    assert_eq!(reach(&by(Role::Editor), Action::ReadDraft), Reach::Everything);
    assert_eq!(reach(&by(Role::Contributor), Action::ReadDraft), Reach::Own);
    assert_eq!(reach(&by(Role::Moderator), Action::ReadDraft), Reach::Nothing);
    assert_eq!(reach(&by(Role::Author), Action::ReadQueue), Reach::Own);
    assert_eq!(reach(&by(Role::Moderator), Action::ReadQueue), Reach::Everything);
    let token = viewer(Role::Admin, Some(Scopes::of(&[Scope::MediaWrite])));
    assert_eq!(reach(&token, Action::ListTokens), Reach::Nothing);
    assert_eq!(reach(&token, Action::ListMedia), Reach::Everything);
}

#[test]
fn nothing_is_owned_by_nobody() {
    let post = Target::Post(PostTarget { owner_id: None, author_ids: &[], is_live: true, is_released: true });
    let media = Target::Media { owner: None };
    let mut guest = viewer(Role::Author, None);
    if let Who::User(user) = &mut guest.who {
        user.author_id = None;
    }
    assert_eq!(letter(&may(&guest, Action::EditPost, &post)), 'F');
    assert_eq!(letter(&may(&guest, Action::EditMedia, &media)), 'F');
    assert_eq!(letter(&may(&guest, Action::EditAuthor, &Target::Author(MY_PROFILE))), 'F');
}

#[test]
fn nobody_gives_a_role_that_reaches_further_than_their_own() {
    for role in Role::ALL {
        assert!(covers(Role::Admin, role), "an admin may do all that {role} may");
        assert!(covers(role, role));
        assert!(may_grant_role(&viewer(Role::Admin, None), role));
        assert!(may_grant_role(&Viewer::system(), role));
        assert!(!may_grant_role(&anonymous(), role));
        for giver in Role::ALL.into_iter().filter(|giver| *giver != Role::Admin) {
            assert!(!may_grant_role(&viewer(giver, None), role));
        }
    }
    assert!(covers(Role::Editor, Role::Author) && covers(Role::Editor, Role::Moderator));
    assert!(covers(Role::Author, Role::Contributor));
    for (role, other) in [
        (Role::Editor, Role::Admin),
        (Role::Author, Role::Moderator),
        (Role::Moderator, Role::Contributor),
        (Role::Contributor, Role::Author),
    ] {
        assert!(!covers(role, other), "{role} does not cover {other}");
    }
    let narrow = viewer(Role::Admin, Some(Scopes::of(&[Scope::TokensWrite])));
    assert!(!may_grant_role(&narrow, Role::Contributor));
    // A token for accounts gives what its scopes open, and no more.
    let mut scopes = Scopes::of(&[Scope::UsersAdmin]);
    for role in Role::ALL {
        assert!(!may_grant_role(&viewer(Role::Admin, Some(scopes)), role), "{role}");
    }
    for scope in [Scope::CommentsWrite, Scope::CommentsModerate, Scope::TaxonomyWrite] {
        scopes = scopes.with(scope);
    }
    assert!(may_grant_role(&viewer(Role::Admin, Some(scopes)), Role::Moderator));
    assert!(!may_grant_role(&viewer(Role::Admin, Some(scopes)), Role::Contributor));
    for scope in [Scope::PostsWrite, Scope::MediaWrite] {
        scopes = scopes.with(scope);
    }
    assert!(may_grant_role(&viewer(Role::Admin, Some(scopes)), Role::Contributor));
    assert!(!may_grant_role(&viewer(Role::Admin, Some(scopes)), Role::Author));
    let token = viewer(Role::Admin, Some(scopes));
    assert_eq!(scopes_short_of(token.user().unwrap(), Role::Author), [Scope::PostsPublish]);
    for scope in Scope::ALL {
        assert!(
            !may_grant_role(&viewer(Role::Admin, Some(without(scope))), Role::Admin)
                || scope == Scope::PostsRead
        );
    }
    assert!(may_grant_role(&viewer(Role::Admin, Some(Scopes::all())), Role::Admin));
}

fn without(scope: Scope) -> Scopes {
    Scope::ALL.into_iter().filter(|other| *other != scope).fold(Scopes::NONE, Scopes::with)
}

#[test]
fn a_token_passes_on_no_more_than_it_has() {
    let token = viewer(Role::Admin, Some(Scopes::of(&[Scope::TokensWrite, Scope::PostsWrite])));
    assert!(may_grant_scopes(&token, Scopes::of(&[Scope::PostsRead, Scope::PostsWrite])));
    assert!(!may_grant_scopes(&token, Scopes::of(&[Scope::UsersAdmin])));
    assert!(may_grant_scopes(&viewer(Role::Author, None), Scopes::all()), "the role narrows it anyway");
    assert!(!may_grant_scopes(&anonymous(), Scopes::NONE));
}
