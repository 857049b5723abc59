//! Groups: create, describe, delete, retention, tags.

mod common;

use common::{World, after, caller, failed};
use std::collections::BTreeMap;
use tinderbox_base::ErrorKind;
use tinderbox_logs::{CreateGroup, DescribeGroups, Group, GroupClass, GroupsPage};

async fn describe(world: &World, describe: DescribeGroups) -> GroupsPage {
    world.logs.describe_groups(&world.caller, describe).await.expect("a page")
}

fn names(page: &GroupsPage) -> Vec<&str> {
    page.groups.iter().map(|g| g.name.as_str()).collect()
}

#[tokio::test]
async fn a_group_is_made_described_and_deleted() {
    let world = World::new().await;
    world.group("/aws/lambda/hello").await;
    let page = describe(&world, DescribeGroups::default()).await;
    let expect = Group {
        name: "/aws/lambda/hello".into(),
        arn: "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello".into(),
        created: after(0),
        retention_days: None,
        class: GroupClass::Standard,
        stored_bytes: 0,
    };
    assert_eq!(page, GroupsPage { groups: vec![expect], token: None });
    world.logs.delete_group(&world.caller, "/aws/lambda/hello").await.expect("deleted");
    assert_eq!(names(&describe(&world, DescribeGroups::default()).await), Vec::<&str>::new());
}

#[tokio::test]
async fn what_aws_says_when_it_fails() {
    let world = World::new().await;
    let (logs, me) = (&world.logs, &world.caller);
    world.group("g").await;
    world.stream("g", "s").await;
    let again = CreateGroup { name: "g".into(), ..CreateGroup::default() };
    failed(logs.create_group(me, again).await, ErrorKind::Conflict, "The specified log group already exists");
    failed(
        logs.create_stream(me, "g", "s").await,
        ErrorKind::Conflict,
        "The specified log stream already exists",
    );
    let no_group = "The specified log group does not exist.";
    failed(logs.delete_group(me, "x").await, ErrorKind::NotFound, no_group);
    failed(logs.create_stream(me, "x", "s").await, ErrorKind::NotFound, no_group);
    failed(logs.set_retention(me, "x", Some(1)).await, ErrorKind::NotFound, no_group);
    failed(logs.put_events(me, "x", "s", vec![]).await, ErrorKind::NotFound, no_group);
    let no_stream = "The specified log stream does not exist.";
    failed(logs.delete_stream(me, "g", "x").await, ErrorKind::NotFound, no_stream);
    failed(logs.put_events(me, "g", "x", vec![]).await, ErrorKind::NotFound, no_stream);
    failed(
        logs.set_retention(me, "g", Some(2)).await,
        ErrorKind::Invalid,
        "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: Member must \
         satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, \
         2557, 2922, 3288, 3653]",
    );
    let bad = DescribeGroups { token: Some("%".into()), ..DescribeGroups::default() };
    failed(logs.describe_groups(me, bad).await, ErrorKind::Invalid, "The specified nextToken is invalid.");
}

#[tokio::test]
async fn groups_are_listed_by_prefix_pattern_and_page() {
    let world = World::new().await;
    for name in ["b/2", "a", "b/1", "b", "c"] {
        world.group(name).await;
    }
    let all = DescribeGroups::default();
    assert_eq!(names(&describe(&world, all.clone()).await), ["a", "b", "b/1", "b/2", "c"]);
    let prefix = DescribeGroups { prefix: Some("b".into()), ..all.clone() };
    assert_eq!(names(&describe(&world, prefix.clone()).await), ["b", "b/1", "b/2"]);
    let pattern = DescribeGroups { pattern: Some("/".into()), ..all.clone() };
    assert_eq!(names(&describe(&world, pattern).await), ["b/1", "b/2"]);
    let first = describe(&world, DescribeGroups { limit: Some(2), ..prefix.clone() }).await;
    assert_eq!(names(&first), ["b", "b/1"]);
    let second = describe(&world, DescribeGroups { limit: Some(2), token: first.token, ..prefix }).await;
    assert_eq!((names(&second), &second.token), (vec!["b/2"], &None));
    let exact = describe(&world, DescribeGroups { limit: Some(5), ..all }).await;
    assert_eq!(exact.token, None);
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let world = World::new().await;
    world.group("g").await;
    let other = caller("111111111111");
    failed(
        world.logs.delete_group(&other, "g").await,
        ErrorKind::NotFound,
        "The specified log group does not exist.",
    );
    let page = world.logs.describe_groups(&other, DescribeGroups::default()).await.expect("a page");
    assert_eq!(page, GroupsPage::default());
}

#[tokio::test]
async fn tags_by_arn() {
    let world = World::new().await;
    let tag = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let create = CreateGroup { name: "g".into(), tags: tag("a", "1"), ..CreateGroup::default() };
    world.logs.create_group(&world.caller, create).await.expect("a group");
    let (logs, me) = (&world.logs, &world.caller);
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
    logs.tag(me, arn, tag("b", "2")).await.expect("tagged");
    logs.untag(me, &format!("{arn}:*"), &["a".into(), "never".into()]).await.expect("untagged");
    assert_eq!(logs.tags(me, arn).await.expect("tags"), tag("b", "2"));
    let no_group = "The specified log group does not exist.";
    failed(logs.tags(me, &format!("{arn}x")).await, ErrorKind::NotFound, no_group);
    failed(logs.tags(me, &arn.replace("123", "321")).await, ErrorKind::NotFound, no_group);
    failed(logs.tags(me, "g").await, ErrorKind::Invalid, "Invalid resource ARN: g");
    let many = (0..51).map(|i| (i.to_string(), String::new())).collect();
    let refused = logs.tag(me, arn, many).await.expect_err("too many tags");
    assert_eq!(refused.code(), Some("TooManyTagsException"));
}

#[tokio::test]
async fn bytes_are_told() {
    let world = World::new().await;
    world.group("g").await;
    world.stream("g", "s").await;
    world.put("g", "s", &[(0, "some text")]).await;
    let page = describe(&world, DescribeGroups::default()).await;
    assert!(page.groups[0].stored_bytes > 0);
}
