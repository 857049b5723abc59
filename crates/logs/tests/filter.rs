//! `FilterLogEvents`.

mod common;

use common::{World, after, failed};
use std::collections::HashSet;
use tinderbox_base::ErrorKind;
use tinderbox_logs::{FilterEvents, FilteredPage, Pattern};

fn filter() -> FilterEvents {
    FilterEvents { group: "g".into(), ..FilterEvents::default() }
}

async fn page(world: &World, filter: FilterEvents) -> FilteredPage {
    world.logs.filter_events(&world.caller, filter).await.expect("a page")
}

fn texts(page: &FilteredPage) -> Vec<&str> {
    page.events.iter().map(|e| e.message.as_str()).collect()
}

async fn world() -> World {
    let world = World::new().await;
    world.group("g").await;
    for stream in ["a1", "a2", "b1"] {
        world.stream("g", stream).await;
    }
    world.put("g", "a1", &[(0, "one ERROR"), (4, "five")]).await;
    world.put("g", "a2", &[(1, "two ERROR disk"), (3, "four")]).await;
    world.put("g", "b1", &[(2, "three ERROR")]).await;
    world
}

#[tokio::test]
async fn streams_are_interleaved_by_time() {
    let world = world().await;
    let all = page(&world, filter()).await;
    assert_eq!(texts(&all), ["one ERROR", "two ERROR disk", "three ERROR", "four", "five"]);
    assert_eq!(
        all.events.iter().map(|e| e.stream.as_str()).collect::<Vec<_>>(),
        ["a1", "a2", "b1", "a2", "a1"]
    );
    assert_eq!(all.token, None);
}

#[tokio::test]
async fn pages_cover_everything_once_with_stable_ids() {
    let world = world().await;
    let whole = page(&world, filter()).await;
    let ids: Vec<String> = whole.events.iter().map(|e| e.id.clone()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 5);
    let mut paged = Vec::new();
    let mut next = FilterEvents { limit: Some(2), ..filter() };
    loop {
        let page = page(&world, next.clone()).await;
        assert!(page.events.len() <= 2);
        paged.extend(page.events.into_iter().map(|e| e.id));
        let Some(token) = page.token else { break };
        next.token = Some(token);
    }
    assert_eq!(paged, ids);
}

#[tokio::test]
async fn patterns_streams_and_times_narrow() {
    let world = world().await;
    let pattern = |text| Pattern::parse(text).expect("a pattern");
    let error = page(&world, FilterEvents { pattern: pattern("ERROR -disk"), ..filter() }).await;
    assert_eq!(texts(&error), ["one ERROR", "three ERROR"]);
    let prefix = page(&world, FilterEvents { stream_prefix: Some("a".into()), ..filter() }).await;
    assert_eq!(texts(&prefix), ["one ERROR", "two ERROR disk", "four", "five"]);
    let named = page(&world, FilterEvents { streams: vec!["b1".into(), "a2".into()], ..filter() }).await;
    assert_eq!(texts(&named), ["two ERROR disk", "three ERROR", "four"]);
    let between = page(&world, FilterEvents { start: Some(after(1)), end: Some(after(3)), ..filter() }).await;
    assert_eq!(texts(&between), ["two ERROR disk", "three ERROR", "four"], "both ends are included");
}

#[tokio::test]
async fn what_is_refused() {
    let world = world().await;
    let both = FilterEvents { stream_prefix: Some("a".into()), streams: vec!["b1".into()], ..filter() };
    failed(
        world.logs.filter_events(&world.caller, both).await,
        ErrorKind::Invalid,
        "logStreamNamePrefix and logStreamNames are mutually exclusive parameters. Specify only one of them.",
    );
    let missing = FilterEvents { streams: vec!["nope".into()], ..filter() };
    failed(
        world.logs.filter_events(&world.caller, missing).await,
        ErrorKind::NotFound,
        "The specified log stream does not exist.",
    );
    let token = FilterEvents { token: Some("nope".into()), ..filter() };
    failed(
        world.logs.filter_events(&world.caller, token).await,
        ErrorKind::Invalid,
        "The specified nextToken is invalid.",
    );
    let group = FilterEvents { group: "nope".into(), ..filter() };
    failed(
        world.logs.filter_events(&world.caller, group).await,
        ErrorKind::NotFound,
        "The specified log group does not exist.",
    );
}

/// The way `aws logs tail --follow` polls: from the latest time on, by ids it has not seen.
#[tokio::test]
async fn following_shows_every_event_once() {
    let world = world().await;
    let (mut seen, mut shown, mut start) = (HashSet::new(), Vec::new(), None);
    for round in 0..6 {
        let page = page(&world, FilterEvents { start, ..filter() }).await;
        for event in page.events {
            start = start.max(Some(event.time));
            if seen.insert(event.id) {
                shown.push(event.message);
            }
        }
        world.put("g", "a1", &[(10 + round / 2, &format!("late {round}"))]).await;
    }
    let late: Vec<&str> = shown.iter().skip(5).map(String::as_str).collect();
    assert_eq!(late, ["late 0", "late 1", "late 2", "late 3", "late 4"]);
}
