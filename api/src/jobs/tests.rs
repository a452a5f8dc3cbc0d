use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use pressroom_schema::jobs::JobRow;
use pressroom_schema::{ChangeAction, Id, Json, MediaState, Timestamp};
use tokio::sync::Notify;

use super::runner::until;
use super::work::back_off;
use super::*;
use crate::service::media::tests::{Bench, png};
use crate::service::tasks::Task;

fn row(task: &Task) -> JobRow {
    let at = Timestamp::from_micros(0).unwrap();
    task.job(Id::NIL, at)
}

#[test]
fn a_row_asks_for_what_it_was_made_of() {
    for task in [
        Task::MakeVariants(Id::MAX),
        Task::RemoveObjects(vec!["a".into(), "b".into()]),
        Task::RemoveObjects(Vec::new()),
        Task::Cleanup,
    ] {
        assert_eq!(Task::of(&row(&task)).unwrap(), task);
    }
    assert!(Task::of(&JobRow { kind: "brew_tea".into(), ..row(&Task::Cleanup) }).is_err());
    assert!(Task::of(&JobRow { payload: Json::object(), ..row(&Task::MakeVariants(Id::MAX)) }).is_err());
}

#[test]
fn a_failing_job_rests_longer_each_time() {
    let rests: Vec<i64> = (1..=5).map(|n| back_off(n).num_seconds()).collect();
    assert_eq!(rests, [10, 40, 160, 640, 2560]);
    assert_eq!(back_off(1000), back_off(7), "and not for ever");
}

#[test]
fn the_runner_sleeps_until_something_is_due_but_never_long() {
    let now = Timestamp::from_micros(1_000_000_000).unwrap();
    let later = |by| Some(now.plus(by));
    assert_eq!(until(now, None), Duration::from_secs(5));
    assert_eq!(until(now, later(TimeDelta::days(9))), Duration::from_secs(5));
    assert_eq!(until(now, later(TimeDelta::milliseconds(1500))), Duration::from_millis(1501));
    assert_eq!(until(now, later(TimeDelta::zero())), Duration::from_secs(1), "somebody else is at it");
    assert_eq!(until(now, later(TimeDelta::seconds(-9))), Duration::from_secs(1));
}

#[actix_web::test]
async fn a_runner_does_what_an_upload_leaves_to_do_and_stops_when_told() {
    let bench = Bench::new().await;
    let processed = Arc::new(Notify::new());
    let heard = Arc::clone(&processed);
    bench.svc.db.on_commit(move |changes| {
        if changes.iter().any(|change| change.action == ChangeAction::Processed) {
            heard.notify_one();
        }
    });
    let runner = Runner::start(bench.svc.clone());
    // Twice, so that the runner is surely found asleep once: the notice and not the clock must wake it.
    for colour in 0..2 {
        let view = bench.upload(png(400, 200, colour)).await;
        tokio::time::timeout(Duration::from_mins(1), processed.notified()).await.unwrap();
        // A busy machine may take longer than an upload waits.
        assert!(view.state == MediaState::Processing || view.variants.len() == 1, "{view:?}");
    }
    runner.wake();
    runner.stop().await;
    assert_eq!(bench.upload(png(400, 200, 9)).await.state, MediaState::Processing);
    assert_eq!(run_due_once(&bench.svc).await.unwrap(), 1, "nobody else is there to do it");
}
