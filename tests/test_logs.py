"""CloudWatch Logs through boto3 and the AWS CLI."""

import json
import re
import time

import pytest

from support.code import create
from support.coverage import covers


@pytest.fixture
def group(logs_client, name):
    """A log group of the test's own."""
    logs_client.create_log_group(logGroupName=f"/test/{name}")
    return f"/test/{name}"


def put(logs, group, stream, messages, start=None):
    """Creates `stream` and puts `messages` a millisecond apart; the time of the first."""
    start = start or int(time.time() * 1000) - 60_000
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": start + n, "message": message} for n, message in enumerate(messages)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return start


@covers("logs.CreateLogGroup", "logs.DescribeLogGroups", "logs.DeleteLogGroup")
def test_groups(logs_client, name):
    names = [f"/test/{name}/{n}" for n in range(5)]
    for one in names:
        logs_client.create_log_group(logGroupName=one)
    with pytest.raises(logs_client.exceptions.ResourceAlreadyExistsException):
        logs_client.create_log_group(logGroupName=names[0])
    pages = logs_client.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/test/{name}/", PaginationConfig={"PageSize": 2}
    )
    found = [group for page in pages for group in page["logGroups"]]
    assert [group["logGroupName"] for group in found] == names
    assert found[0]["arn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{names[0]}:*"
    logs_client.delete_log_group(logGroupName=names[0])
    with pytest.raises(logs_client.exceptions.ResourceNotFoundException) as caught:
        logs_client.delete_log_group(logGroupName=names[0])
    assert caught.value.response["Error"]["Message"] == "The specified log group does not exist."


@covers("logs.CreateLogStream", "logs.DescribeLogStreams", "logs.DeleteLogStream", "logs.PutLogEvents")
def test_streams(logs_client, group):
    early = put(logs_client, group, "b", ["x"], int(time.time() * 1000) - 120_000)
    late = put(logs_client, group, "a", ["y", "z"])
    described = logs_client.describe_log_streams(logGroupName=group)["logStreams"]
    assert [stream["logStreamName"] for stream in described] == ["a", "b"]
    assert (described[0]["firstEventTimestamp"], described[0]["lastEventTimestamp"]) == (late, late + 1)
    recent = logs_client.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)
    assert [stream["logStreamName"] for stream in recent["logStreams"]] == ["a", "b"]
    assert recent["logStreams"][1]["lastEventTimestamp"] == early
    with pytest.raises(logs_client.exceptions.ResourceAlreadyExistsException):
        logs_client.create_log_stream(logGroupName=group, logStreamName="a")
    logs_client.delete_log_stream(logGroupName=group, logStreamName="a")
    with pytest.raises(logs_client.exceptions.ResourceNotFoundException):
        logs_client.get_log_events(logGroupName=group, logStreamName="a")


@covers("logs.GetLogEvents")
def test_get_log_events_both_ways(logs_client, group):
    messages = [f"line {n}\nand more" for n in range(25)]
    put(logs_client, group, "s", messages)
    read = lambda **options: logs_client.get_log_events(logGroupName=group, logStreamName="s", **options)  # noqa: E731
    forward, token = [], None
    for _ in range(10):
        page = read(startFromHead=True, limit=10, **({"nextToken": token} if token else {}))
        forward += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert forward == messages
    last = read(limit=10)
    assert [event["message"] for event in last["events"]] == messages[15:]
    before = read(limit=10, nextToken=last["nextBackwardToken"])
    assert [event["message"] for event in before["events"]] == messages[5:15]


@covers("logs.FilterLogEvents")
def test_filters(logs_client, group):
    put(logs_client, group, "one", ["ERROR disk full", "INFO all fine", "ERROR net down"])
    put(logs_client, group, "two", ["error lower", "ERROR disk slow"])
    def check(pattern, expect, **options):
        found = logs_client.filter_log_events(logGroupName=group, filterPattern=pattern, **options)["events"]
        assert sorted(event["message"] for event in found) == sorted(expect), pattern
    check("", ["ERROR disk full", "INFO all fine", "ERROR net down", "error lower", "ERROR disk slow"])
    check("ERROR", ["ERROR disk full", "ERROR net down", "ERROR disk slow"])
    check("ERROR disk", ["ERROR disk full", "ERROR disk slow"])
    check('"disk full"', ["ERROR disk full"])
    check("ERROR -disk", ["ERROR net down"])
    check("?fine ?down", ["INFO all fine", "ERROR net down"])
    check("ERROR", ["ERROR disk slow"], logStreamNames=["two"])
    check("ERROR", ["ERROR disk slow"], logStreamNamePrefix="tw")
    pages = logs_client.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    found = [event for page in pages for event in page["events"]]
    assert len(found) == 5 and len({event["eventId"] for event in found}) == 5
    assert [event["timestamp"] for event in found] == sorted(event["timestamp"] for event in found)


@covers("logs.PutRetentionPolicy", "logs.DeleteRetentionPolicy")
def test_retention(logs_client, group):
    retention = lambda: logs_client.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0].get(  # noqa: E731
        "retentionInDays"
    )
    assert retention() is None
    logs_client.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert retention() == 7
    with pytest.raises(logs_client.exceptions.InvalidParameterException):
        logs_client.put_retention_policy(logGroupName=group, retentionInDays=8)
    logs_client.delete_retention_policy(logGroupName=group)
    assert retention() is None


@covers("logs.TagResource", "logs.UntagResource", "logs.ListTagsForResource")
def test_tags(logs_client, group):
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    logs_client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs_client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs_client.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_a_group_made_again_shows_no_old_lines(logs_client, group):
    put(logs_client, group, "s", ["old"])
    logs_client.delete_log_group(logGroupName=group)
    logs_client.create_log_group(logGroupName=group)
    assert logs_client.filter_log_events(logGroupName=group)["events"] == []


def test_wrong_events_are_refused(logs_client, group):
    logs_client.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    put_events = lambda events: logs_client.put_log_events(  # noqa: E731
        logGroupName=group, logStreamName="s", logEvents=events
    )
    with pytest.raises(logs_client.exceptions.InvalidParameterException):
        put_events([{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}])
    hour = 3600 * 1000
    with pytest.raises(logs_client.exceptions.InvalidParameterException):
        put_events([{"timestamp": now - 25 * hour, "message": "a day before"}, {"timestamp": now, "message": "b"}])
    two_weeks_ago = now - 14 * 24 * hour
    answer = put_events(
        [{"timestamp": two_weeks_ago - hour, "message": "old"}, {"timestamp": two_weeks_ago + hour, "message": "kept"}]
    )
    assert answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1
    kept = logs_client.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in kept] == ["kept"]


def test_streams_in_a_shared_group_bear_the_functions_name(lambda_client, logs_client, group, name):
    create(lambda_client, name, LoggingConfig={"LogGroup": group})
    assert lambda_client.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"] == group
    lambda_client.invoke(FunctionName=name)
    (stream,) = logs_client.describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{name}\[\$LATEST\][0-9a-f]{{32}}", stream["logStreamName"])
    assert not logs_client.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]


def test_the_cli_tails(aws, logs_client, group):
    put(logs_client, group, "s", ["first", "second"])
    printed = aws("logs", "filter-log-events", "--log-group-name", group, "--output", "json").stdout
    assert [event["message"] for event in json.loads(printed)["events"]] == ["first", "second"]
