//! The sink: lines handed over without waiting are there, or their loss is told.

mod common;

use common::{World, line};
use tinderbox_base::{LogOrigin, LogSink, config};
use tinderbox_logs::{DescribeGroups, DescribeStreams};

#[tokio::test]
async fn a_line_is_readable_right_after_it_was_handed_over() {
    let world = World::new().await;
    world.sink("/aws/lambda/f", "s1", &[(0, "START"), (1, "two\nlines")]);
    assert_eq!(world.texts("/aws/lambda/f", "s1").await, ["START", "two\nlines"]);
    world.sink("/aws/lambda/f", "s1", &[(2, "END")]);
    world.sink("/aws/lambda/f", "s2", &[(3, "other")]);
    assert_eq!(world.filter("/aws/lambda/f", "").await, ["START", "two\nlines", "END", "other"]);
}

#[tokio::test]
async fn lines_are_written_by_themselves() {
    let mut world = World::new().await;
    world.sink("g", "s", &[(0, "a line")]);
    while world.logs.stats().waiting_bytes > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // What was written is there after a kill, when nothing could be flushed.
    world.reopen().await;
    assert_eq!(world.texts("g", "s").await, ["a line"]);
}

#[tokio::test]
async fn many_producers_make_one_group() {
    let world = World::new().await;
    let tasks: Vec<_> = (0..40)
        .map(|i| {
            let (logs, caller) = (world.logs.clone(), world.caller.clone());
            tokio::spawn(async move {
                let stream = format!("s{i}");
                logs.append(
                    &caller.account,
                    &caller.region,
                    "g",
                    &stream,
                    LogOrigin::Platform,
                    vec![line(i, "x")],
                );
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a producer");
    }
    assert_eq!(world.filter("g", "").await.len(), 40);
    let groups = world.logs.describe_groups(&world.caller, DescribeGroups::default()).await.expect("a page");
    assert_eq!(groups.groups.len(), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_dropped_counted_and_told() {
    let world = World::with(config::Logs { buffer_mib: 1, ..config::Logs::default() }).await;
    let long = "x".repeat(300_000);
    // Nothing runs in between: this runtime has one thread, and handing over does not wait.
    for i in 0..5 {
        world.sink("g", "s", &[(i, &long)]);
    }
    assert_eq!(world.logs.stats().dropped_lines, 2);
    let texts = world.texts("g", "s").await;
    assert_eq!(texts.iter().filter(|t| **t == long).count(), 3);
    let told = "[tinderbox] 2 log lines were dropped here: more than 1 MiB were waiting to be written";
    assert_eq!(texts.iter().filter(|t| *t == told).count(), 1, "{:?}", texts.last());
    assert_eq!(world.logs.stats().waiting_bytes, 0);
    world.sink("g", "s", &[(9, "fits again")]);
    assert!(world.texts("g", "s").await.contains(&"fits again".to_owned()));
}

#[tokio::test]
async fn a_deleted_group_is_gone_with_what_waited_and_a_new_one_is_empty() {
    let mut world = World::new().await;
    world.sink("g", "s", &[(0, "old")]);
    world.logs.delete_group(&world.caller, "g").await.expect("deleted");
    let groups = world.logs.describe_groups(&world.caller, DescribeGroups::default()).await.expect("a page");
    assert!(groups.groups.is_empty(), "what waited must not make the group anew");
    world.sink("g", "s", &[(1, "new")]);
    for _ in 0..2 {
        assert_eq!(world.filter("g", "").await, ["new"]);
        let streams = DescribeStreams { group: "g".into(), ..DescribeStreams::default() };
        let page = world.logs.describe_streams(&world.caller, streams).await.expect("a page");
        assert_eq!(page.streams.len(), 1);
        world.logs.sweep().await.expect("a sweep");
        world.reopen().await;
    }
    let files = std::fs::read_dir(world.dir.path().join("logs")).expect("the directory");
    for file in files {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("bytes");
        assert!(!bytes.windows(3).any(|w| w == b"old"), "a deleted group's text is still on disk");
    }
}
