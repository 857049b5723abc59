//! `PutLogEvents` and `GetLogEvents`.

mod common;

use common::{DAY, World, after, failed, line};
use proptest::prelude::*;
use tinderbox_base::ErrorKind;
use tinderbox_logs::{EventsPage, GetEvents, Rejected};

fn get() -> GetEvents {
    GetEvents { group: "g".into(), stream: "s".into(), ..GetEvents::default() }
}

async fn page(world: &World, get: GetEvents) -> (Vec<String>, EventsPage) {
    let page = world.logs.get_events(&world.caller, get).await.expect("a page");
    (page.events.iter().map(|e| e.message.clone()).collect(), page)
}

async fn world() -> World {
    let world = World::new().await;
    world.group("g").await;
    world.stream("g", "s").await;
    world
}

#[tokio::test]
async fn forward_to_the_end_and_on_when_more_comes() {
    let world = world().await;
    world.put("g", "s", &[(0, "a"), (1, "b"), (2, "c")]).await;
    let (texts, first) = page(&world, GetEvents { from_head: true, limit: Some(2), ..get() }).await;
    assert_eq!(texts, ["a", "b"]);
    let on = |token: &str| GetEvents { token: Some(token.into()), from_head: true, limit: Some(2), ..get() };
    let (texts, second) = page(&world, on(&first.forward)).await;
    assert_eq!(texts, ["c"]);
    let (texts, end) = page(&world, on(&second.forward)).await;
    assert!(texts.is_empty());
    assert_eq!(end.forward, second.forward, "the same token says that this is the end");
    world.put("g", "s", &[(2, "d")]).await;
    let (texts, _) = page(&world, on(&end.forward)).await;
    assert_eq!(texts, ["d"]);
    // Turning around at the end skips nothing.
    let (texts, _) = page(&world, GetEvents { token: Some(end.backward), ..get() }).await;
    assert_eq!(texts, ["a", "b", "c"]);
}

#[tokio::test]
async fn backward_to_the_beginning() {
    let world = world().await;
    world.put("g", "s", &[(0, "a"), (1, "b"), (2, "c")]).await;
    let (texts, latest) = page(&world, GetEvents { limit: Some(2), ..get() }).await;
    assert_eq!(texts, ["b", "c"], "without a token the latest, in order of time");
    let on = |token: &str| GetEvents { token: Some(token.into()), limit: Some(2), ..get() };
    let (texts, earlier) = page(&world, on(&latest.backward)).await;
    assert_eq!(texts, ["a"]);
    let (texts, end) = page(&world, on(&earlier.backward)).await;
    assert!(texts.is_empty());
    assert_eq!(end.backward, earlier.backward);
    let (texts, _) = page(&world, on(&end.forward)).await;
    assert_eq!(texts, ["a", "b"], "the token's direction counts");
}

#[tokio::test]
async fn an_empty_stream_has_tokens_that_work_later() {
    for from_head in [true, false] {
        let world = world().await;
        let (texts, empty) = page(&world, GetEvents { from_head, ..get() }).await;
        assert!(texts.is_empty());
        let on = |token: &str| GetEvents { token: Some(token.into()), from_head, ..get() };
        let (_, again) = page(&world, on(&empty.forward)).await;
        assert_eq!(again.forward, empty.forward);
        let (_, again) = page(&world, on(&empty.backward)).await;
        assert_eq!(again.backward, empty.backward);
        world.put("g", "s", &[(0, "a")]).await;
        let (texts, _) = page(&world, on(&empty.forward)).await;
        assert!(texts.iter().all(|t| t == "a") && !texts.is_empty());
    }
}

#[tokio::test]
async fn times_bound_the_page() {
    let world = world().await;
    world.put("g", "s", &[(0, "a"), (1, "b"), (2, "c"), (3, "d")]).await;
    let between = GetEvents { start: Some(after(1)), end: Some(after(3)), ..get() };
    assert_eq!(page(&world, between.clone()).await.0, ["b", "c"], "the end is left out");
    let (_, first) = page(&world, GetEvents { from_head: true, limit: Some(1), ..between.clone() }).await;
    let (texts, _) = page(&world, GetEvents { token: Some(first.forward), ..between }).await;
    assert_eq!(texts, ["c"]);
    let none = GetEvents { start: Some(after(3)), end: Some(after(1)), ..get() };
    assert!(page(&world, none).await.0.is_empty());
}

#[tokio::test]
async fn a_page_is_a_megabyte() {
    let world = world().await;
    let long = "x".repeat(400_000);
    for _ in 0..3 {
        world.put("g", "s", &[(0, &long)]).await;
    }
    let (texts, first) = page(&world, GetEvents { from_head: true, ..get() }).await;
    assert_eq!(texts.len(), 2);
    let (texts, _) = page(&world, GetEvents { token: Some(first.forward), ..get() }).await;
    assert_eq!(texts.len(), 1);
}

#[tokio::test]
async fn old_and_new_events_are_rejected_and_the_rest_is_taken() {
    let world = world().await;
    let days = |n: i64| n * 24 * 3600 * 1000;
    let put = |events| world.logs.put_events(&world.caller, "g", "s", events);
    let events = vec![line(-days(14) - 1, "old"), line(-days(14) + 1, "young enough")];
    let rejected = put(events).await.expect("a put").rejected;
    assert_eq!(rejected, Some(Rejected { too_old_end: Some(1), ..Rejected::default() }));
    let rejected = put(vec![line(0, "now"), line(days(1) / 12 + 1, "new")]).await.expect("a put").rejected;
    assert_eq!(rejected, Some(Rejected { too_new_start: Some(1), ..Rejected::default() }));
    assert_eq!(world.texts("g", "s").await, ["young enough", "now"]);
    failed(
        put(vec![line(1, "b"), line(0, "a")]).await,
        ErrorKind::Invalid,
        "Log events in a single PutLogEvents request must be in chronological order.",
    );
}

#[tokio::test]
async fn expired_events_are_not_shown_and_then_removed() {
    let world = world().await;
    world.put("g", "s", &[(0, "old")]).await;
    world.logs.set_retention(&world.caller, "g", Some(1)).await.expect("a retention");
    world.clock.advance(DAY / 2);
    world.put("g", "s", &[(12 * 3600 * 1000, "young")]).await;
    assert_eq!(world.texts("g", "s").await, ["old", "young"]);
    world.clock.advance(DAY / 2 + std::time::Duration::from_millis(1));
    assert_eq!(world.texts("g", "s").await, ["young"]);
    assert_eq!(world.filter("g", "").await, ["young"]);
    world.clock.advance(DAY * 2);
    world.logs.sweep().await.expect("a sweep");
    world.logs.set_retention(&world.caller, "g", None).await.expect("no retention");
    // Even without the retention: what was swept is gone from disk.
    assert_eq!(world.texts("g", "s").await, Vec::<String>::new());
}

#[tokio::test]
async fn wrong_tokens() {
    let world = world().await;
    for token in ["", "x", "f/1/s", "f/00000000000000000000000000000000000000000000000000000001"] {
        failed(
            world.logs.get_events(&world.caller, GetEvents { token: Some(token.into()), ..get() }).await,
            ErrorKind::Invalid,
            "The specified nextToken is invalid.",
        );
    }
}

#[tokio::test]
async fn a_group_may_be_named_by_its_arn() {
    let world = world().await;
    world.put("g", "s", &[(0, "a")]).await;
    for group in [
        "arn:aws:logs:us-east-1:123456789012:log-group:g",
        "arn:aws:logs:us-east-1:123456789012:log-group:g:*",
    ] {
        assert_eq!(page(&world, GetEvents { group: group.into(), ..get() }).await.0, ["a"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever is put, walking the pages in either direction gives every event once, in order of time and then
    /// of arrival.
    #[test]
    fn both_ways_give_everything_once(
        puts in prop::collection::vec(prop::collection::vec(0i64..30, 1..8), 1..8),
        limit in 1usize..7,
        reopen: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut world = world().await;
            let mut model: Vec<(i64, String)> = Vec::new();
            for mut times in puts {
                times.sort_unstable();
                let events: Vec<(i64, String)> =
                    times.into_iter().enumerate().map(|(i, t)| (t, format!("{}", model.len() + i))).collect();
                let borrowed: Vec<(i64, &str)> = events.iter().map(|(t, m)| (*t, m.as_str())).collect();
                world.put("g", "s", &borrowed).await;
                model.extend(events);
            }
            if reopen {
                world.reopen().await;
            }
            model.sort_by_key(|(time, _)| *time);
            let expect: Vec<String> = model.into_iter().map(|(_, text)| text).collect();
            for forward in [true, false] {
                let (mut found, mut token) = (Vec::new(), None);
                loop {
                    let get = GetEvents { from_head: forward, limit: Some(limit), token: token.clone(), ..get() };
                    let (texts, page) = page(&world, get).await;
                    let next = Some(if forward { page.forward } else { page.backward });
                    if next == token {
                        assert!(texts.is_empty());
                        break;
                    }
                    if forward { found.extend(texts) } else { found.splice(0..0, texts); }
                    token = next;
                }
                assert_eq!(found, expect);
            }
        });
    }
}
