//! Streams: create, describe in every order, delete.

mod common;

use common::{World, after, failed};
use tinderbox_base::ErrorKind;
use tinderbox_logs::{DescribeStreams, Stream, StreamOrder};

/// The names of all streams, asked for in pages.
async fn names(world: &World, order: StreamOrder, descending: bool, limit: usize) -> Vec<String> {
    let mut describe = DescribeStreams {
        group: "g".into(),
        order,
        descending,
        limit: Some(limit),
        ..DescribeStreams::default()
    };
    let mut names = Vec::new();
    loop {
        let page = world.logs.describe_streams(&world.caller, describe.clone()).await.expect("a page");
        assert!(page.streams.len() <= limit);
        names.extend(page.streams.into_iter().map(|s| s.name));
        match page.token {
            Some(token) => describe.token = Some(token),
            None => return names,
        }
    }
}

#[tokio::test]
async fn orders_and_pages() {
    let world = World::new().await;
    world.group("g").await;
    for (name, time) in [("a", Some(3)), ("c", Some(1)), ("b", None), ("d", Some(2)), ("e", Some(2))] {
        world.stream("g", name).await;
        if let Some(time) = time {
            world.put("g", name, &[(time - 10, "first"), (time, "last")]).await;
        }
    }
    for limit in [1, 2, 5, 50] {
        assert_eq!(names(&world, StreamOrder::Name, false, limit).await, ["a", "b", "c", "d", "e"]);
        assert_eq!(names(&world, StreamOrder::Name, true, limit).await, ["e", "d", "c", "b", "a"]);
        assert_eq!(names(&world, StreamOrder::LastEvent, false, limit).await, ["b", "c", "d", "e", "a"]);
        assert_eq!(names(&world, StreamOrder::LastEvent, true, limit).await, ["a", "e", "d", "c", "b"]);
    }
}

#[tokio::test]
async fn a_stream_tells_its_times() {
    let mut world = World::new().await;
    world.group("g").await;
    world.stream("g", "s").await;
    world.clock.advance(std::time::Duration::from_millis(500));
    world.put("g", "s", &[(-20, "a"), (30, "b")]).await;
    world.clock.advance(std::time::Duration::from_millis(100));
    world.sink("g", "s", &[(10, "c")]);
    let expect = Stream {
        name: "s".into(),
        arn: "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s".into(),
        created: after(0),
        first_event: Some(after(-20)),
        last_event: Some(after(30)),
        last_ingestion: Some(after(600)),
    };
    let describe =
        || DescribeStreams { group: "g".into(), prefix: Some("s".into()), ..DescribeStreams::default() };
    let page = world.logs.describe_streams(&world.caller, describe()).await.expect("a page");
    assert_eq!(page.streams, std::slice::from_ref(&expect));
    // Times that were not stored are found again, and stored ones stay.
    world.reopen().await;
    let page = world.logs.describe_streams(&world.caller, describe()).await.expect("a page");
    assert_eq!(page.streams, std::slice::from_ref(&expect));
    world.logs.close().await.expect("closed");
    world.reopen().await;
    let page = world.logs.describe_streams(&world.caller, describe()).await.expect("a page");
    assert_eq!(page.streams, std::slice::from_ref(&expect));
}

#[tokio::test]
async fn a_prefix_goes_with_names_only() {
    let world = World::new().await;
    world.group("g").await;
    for name in ["x", "ab", "abc", "b"] {
        world.stream("g", name).await;
    }
    let by_prefix = |order| DescribeStreams {
        group: "g".into(),
        prefix: Some("ab".into()),
        order,
        ..DescribeStreams::default()
    };
    let page =
        world.logs.describe_streams(&world.caller, by_prefix(StreamOrder::Name)).await.expect("a page");
    assert_eq!(page.streams.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["ab", "abc"]);
    failed(
        world.logs.describe_streams(&world.caller, by_prefix(StreamOrder::LastEvent)).await,
        ErrorKind::Invalid,
        "Cannot order by LastEventTime with a logStreamNamePrefix.",
    );
}

#[tokio::test]
async fn a_deleted_stream_and_its_events_are_gone_and_do_not_come_back() {
    let mut world = World::new().await;
    world.group("g").await;
    world.stream("g", "keeps").await;
    world.stream("g", "goes").await;
    world.put("g", "keeps", &[(0, "kept")]).await;
    world.put("g", "goes", &[(0, "secret")]).await;
    assert!(on_disk(&world, b"secret"));
    world.logs.delete_stream(&world.caller, "g", "goes").await.expect("deleted");
    assert_eq!(world.filter("g", "").await, ["kept"]);
    world.stream("g", "goes").await;
    assert_eq!(world.texts("g", "goes").await, Vec::<String>::new());
    world.put("g", "goes", &[(1, "new")]).await;
    world.logs.sweep().await.expect("a sweep");
    for _ in 0..2 {
        assert_eq!(world.filter("g", "").await, ["kept", "new"]);
        assert_eq!(world.texts("g", "goes").await, ["new"]);
        world.reopen().await;
    }
    assert!(!on_disk(&world, b"secret"), "a deleted stream's text is still on disk");
}

/// Whether any segment holds the text; the texts of these tests are too short to be compressed.
fn on_disk(world: &World, text: &[u8]) -> bool {
    let files = std::fs::read_dir(world.dir.path().join("logs")).expect("the directory");
    files
        .map(|f| std::fs::read(f.expect("an entry").path()).expect("bytes"))
        .any(|bytes| bytes.windows(text.len()).any(|window| window == text))
}
