use pressroom_schema::Place;
use uuid::Uuid;

use super::*;
use crate::error::Code;

fn row(n: u128, parent: Option<u128>, reply_count: i32) -> CommentRow {
    let id = |n| Id(Uuid::from_u128(n));
    let at = Timestamp::from_micros(i64::try_from(n).unwrap()).unwrap();
    CommentRow {
        post_id: id(1),
        id: id(n),
        parent_id: parent.map(id),
        root_id: id(n),
        depth: 0,
        shown: true,
        status: CommentStatus::Approved,
        created_at: at,
        edited_at: None,
        version: 1,
        reply_count,
        score: 0,
        user_id: None,
        author_id: None,
        author_name: "Ada".into(),
        author_url: None,
        editable_until: None,
        html: String::new(),
    }
}

fn view(row: &CommentRow) -> CommentView {
    CommentView {
        id: row.id,
        post_id: row.post_id,
        parent_id: row.parent_id,
        depth: row.depth,
        author: None,
        html: String::new(),
        markdown: None,
        status: None,
        is_tombstone: false,
        created_at: row.created_at,
        edited_at: None,
        reply_count: row.reply_count,
        replies: None,
        replies_next: None,
        ancestors: None,
        permalink: String::new(),
        score: 0,
        version: 1,
        spam: None,
        author_email: None,
        edit_token: None,
        guest_token: None,
        editable_until: None,
    }
}

fn after(text: &str) -> PageRequest {
    PageRequest { after: Some(text.parse().unwrap()), ..PageRequest::default() }
}

#[test]
fn replies_stand_in_their_comments_in_order_and_the_rest_has_a_cursor() {
    let top = row(10, None, 3);
    // As the database may give them: in any order.
    let below = vec![row(22, Some(20), 4), row(21, Some(10), 0), row(20, Some(10), 1)];
    let branches = Branches::of(&[&top], below, BELOW);
    let mut views: HashMap<Id, CommentView> =
        std::iter::once(&top).chain(&branches.rows).map(|row| (row.id, view(row))).collect();
    let view = branches.assemble(top.id, &mut views).unwrap();
    let replies = view.replies.unwrap();
    assert_eq!(replies.iter().map(|r| r.id.0.as_u128()).collect::<Vec<_>>(), [20, 21]);
    assert!(replies[0].replies_next.is_none() && replies[1].replies_next.is_none());
    assert_eq!(replies[1].replies.as_deref().map(<[_]>::len), Some(0));

    // One of three replies is not here: its place is after the last that is.
    let request = after(&view.replies_next.unwrap());
    let window = window(ThreadPart::Replies, &[top.id], CommentSort::Oldest, &request).unwrap().unwrap();
    assert_eq!(
        window.start,
        Start::After(Place { key: KeyValue::Time(replies[1].created_at), id: replies[1].id })
    );
}

#[test]
fn a_comment_none_of_whose_replies_are_given_leads_to_all_of_them() {
    let top = row(10, None, 2);
    let branches = Branches::of(&[&top], Vec::new(), BELOW);
    let mut views = HashMap::from([(top.id, view(&top))]);
    let view = branches.assemble(top.id, &mut views).unwrap();
    assert_eq!(view.replies.as_deref().map(<[_]>::len), Some(0));
    let request = after(&view.replies_next.unwrap());
    let window = window(ThreadPart::Replies, &[top.id], CommentSort::Oldest, &request).unwrap().unwrap();
    assert_eq!(window.start, Start::First);
}

#[test]
fn replies_that_were_cut_off_half_way_are_left_out_with_all_below_them() {
    let (first, second) = (row(10, None, 2), row(11, None, 2));
    let below = vec![row(20, Some(10), 0), row(21, Some(10), 0), row(22, Some(11), 1), row(23, Some(22), 0)];
    let branches = Branches::of(&[&first, &second], below.clone(), Below { most: 4, ..BELOW });
    assert_eq!(branches.rows.iter().map(|r| r.id.0.as_u128()).collect::<Vec<_>>(), [20, 21]);
    // The same rows without a cut are all there is.
    assert_eq!(Branches::of(&[&first, &second], below, BELOW).rows.len(), 4);
}

#[test]
fn of_a_thread_that_was_read_whole_each_comment_keeps_its_first_replies() {
    let (first, second) = (row(10, None, 3), row(11, None, 2));
    let replies = [(20, 10), (21, 10), (22, 10), (23, 11), (24, 11), (30, 20), (31, 22)];
    let below: Vec<CommentRow> = replies.iter().map(|(n, parent)| row(*n, Some(*parent), 1)).collect();
    let found = |most| {
        let limits = Below { per_parent: 2, most, ..BELOW };
        let rows = Branches::of(&[&first, &second], below.clone(), limits).rows;
        rows.iter().map(|row| row.id.0.as_u128()).collect::<Vec<_>>()
    };
    // What hangs on a reply that is not given is not given either.
    assert_eq!(found(100), [20, 21, 23, 24, 30]);
    // Beyond the limit in all, the deepest are left out.
    assert_eq!(found(4), [20, 21, 23, 24]);
    assert_eq!(found(3), [20, 21]);
}

#[test]
fn a_cursor_is_good_for_one_list_in_one_order() {
    let (a, b) = (Id(Uuid::from_u128(1)), Id(Uuid::from_u128(2)));
    let text = cursor(&tag(ThreadPart::Roots, a, CommentSort::Top), &KeyValue::Int(3), a);
    assert!(window(ThreadPart::Roots, &[a], CommentSort::Top, &after(&text)).is_ok());
    for (kind, of, order) in [
        (ThreadPart::Roots, b, CommentSort::Top),
        (ThreadPart::Roots, a, CommentSort::Oldest),
        (ThreadPart::Flat, a, CommentSort::Top),
        (ThreadPart::Replies, a, CommentSort::Top),
    ] {
        let refused = window(kind, &[of], order, &after(&text)).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidCursor);
    }
    assert_eq!(
        window(ThreadPart::Roots, &[a, b], CommentSort::Top, &after(&text)).unwrap_err().code(),
        Code::InvalidCursor
    );
}
