"""Aliases: names that lead to a version, or by weights to one of two, drawn for each request."""

import concurrent.futures
import itertools
import json
import math

import pytest

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.waiting import wait_until

# Standard deviations within which a sum of draws lies with a chance of 99.9 %.
DEVIATIONS = 3.29


def edition(text):
    """Code that answers with `text` and prints it."""
    return python(f"def lambda_handler(event, context):\n    print('ran', {text!r}, event)\n    return {text!r}\n")


@pytest.fixture
def two(lambda_client, name):
    """A function with two versions; its ARN."""
    arn = create(lambda_client, name, edition("one"), Publish=True)["FunctionArn"]
    lambda_client.update_function_code(FunctionName=name, ZipFile=edition("two"), Publish=True)
    return arn


def ask(functions, name, qualifier):
    """What an invocation answers, and which version it was."""
    answer = functions.invoke(FunctionName=name, Qualifier=qualifier)
    return json.load(answer["Payload"]), answer["ExecutedVersion"]


@covers("lambda.CreateAlias", "lambda.GetAlias", "lambda.UpdateAlias", "lambda.DeleteAlias")
def test_an_alias_leads_to_a_version(lambda_client, name, two):
    made = lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
    made.pop("ResponseMetadata")
    assert made == {
        "AliasArn": f"{two}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "d",
        "RevisionId": made["RevisionId"],
    }
    assert ask(lambda_client, name, "live") == ("one", "1")
    moved = lambda_client.update_alias(
        FunctionName=name, Name="live", FunctionVersion="2", RevisionId=made["RevisionId"]
    )
    assert moved["RevisionId"] != made["RevisionId"] and moved["Description"] == "d"
    assert ask(lambda_client, name, "live") == ("two", "2")
    got = lambda_client.get_alias(FunctionName=name, Name="live")
    assert got["FunctionVersion"] == "2" and got["RevisionId"] == moved["RevisionId"]
    shown = lambda_client.get_function(FunctionName=f"{two}:live")["Configuration"]
    assert (shown["FunctionArn"], shown["Version"]) == (f"{two}:live", "2")
    message = fails(
        "PreconditionFailedException", lambda_client.update_alias, FunctionName=name, Name="live", RevisionId="x"
    )
    assert message.startswith("The Revision Id provided does not match the latest Revision Id.")
    lambda_client.delete_alias(FunctionName=name, Name="live")
    lambda_client.delete_alias(FunctionName=name, Name="live")
    message = fails("ResourceNotFoundException", lambda_client.get_alias, FunctionName=name, Name="live")
    assert message == f"Cannot find alias arn: {two}:live"
    message = fails("ResourceNotFoundException", lambda_client.invoke, FunctionName=name, Qualifier="live")
    assert message == f"Function not found: {two}:live"
    message = fails("ResourceNotFoundException", lambda_client.update_alias, FunctionName=name, Name="live")
    assert message == f"Alias not found: {two}:live"


def test_an_alias_of_what_is_edited(lambda_client, name, two):
    lambda_client.create_alias(FunctionName=name, Name="dev", FunctionVersion="$LATEST")
    assert ask(lambda_client, name, "dev") == ("two", "$LATEST")
    lambda_client.update_function_code(FunctionName=name, ZipFile=edition("three"))
    assert ask(lambda_client, name, "dev") == ("three", "$LATEST")


WRONG = [
    ("ResourceNotFoundException", {"FunctionVersion": "10"}, "Function not found: {arn}:10"),
    ("ValidationException", {"Name": "2024"}, "Value '2024' at 'name' failed to satisfy constraint"),
    (
        "InvalidParameterValueException",
        {"weights": {"1": 0.5, "2": 0.5}},
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ),
    ("ValidationException", {"weights": {"2": 2.0}}, "Member must have value less than or equal to 1.0"),
    ("ValidationException", {"weights": {"2": -1.0}}, "Member must have value greater than or equal to 0.0"),
    ("ValidationException", {"weights": {"$LATEST": 0.5}}, "Member must satisfy regular expression pattern: [0-9]+"),
    (
        "InvalidParameterValueException",
        {"weights": {"1": 0.5}},
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ),
    ("ResourceNotFoundException", {"weights": {"10": 0.5}}, "Function not found: {arn}:10"),
    (
        "InvalidParameterValueException",
        {"FunctionVersion": "$LATEST", "weights": {"1": 0.5}},
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
]


@covers("lambda.ListAliases")
def test_what_is_no_alias(client, server, lambda_client, name, two):
    # One that sends whatever it is given.
    careless = client(server, "lambda", parameter_validation=False)
    for code, change, expect in WRONG:
        change = dict(change)
        weights = change.pop("weights", None)
        arguments = {"FunctionName": name, "Name": "live", "FunctionVersion": "1", **change}
        if weights:
            arguments["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        message = fails(code, careless.create_alias, **arguments)
        assert expect.format(arn=two) in message, message
    assert lambda_client.list_aliases(FunctionName=name)["Aliases"] == []
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arguments = {"FunctionName": name, "Name": "live", "FunctionVersion": "1"}
    message = fails("ResourceConflictException", lambda_client.create_alias, **arguments)
    assert message == f"Alias already exists: {two}:live"
    message = fails("ResourceNotFoundException", lambda_client.create_alias, **{**arguments, "FunctionName": f"{name}x"})
    assert message == f"Function not found: {two}x:1"


def test_lists(lambda_client, name, two):
    for alias, version in (("d", "1"), ("a", "2"), ("c", "1"), ("b", "1")):
        lambda_client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    pages = lambda_client.get_paginator("list_aliases")
    found = pages.paginate(FunctionName=name, PaginationConfig={"PageSize": 3})
    assert [[alias["Name"] for alias in page["Aliases"]] for page in found] == [["a", "b", "c"], ["d"]]
    found = lambda_client.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"]
    assert [alias["Name"] for alias in found] == ["b", "c", "d"]


def test_a_version_in_use_stays(lambda_client, name, two):
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    for version in ("1", "2"):
        message = fails(
            "ResourceConflictException", lambda_client.delete_function, FunctionName=name, Qualifier=version
        )
        assert message == "Unable to delete version because the following aliases reference it: [live]"
    message = fails("InvalidParameterValueException", lambda_client.delete_function, FunctionName=f"{name}:live")
    assert message == "Deletion of aliases is not currently supported."
    lambda_client.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    lambda_client.delete_function(FunctionName=name, Qualifier="2")


def within(count, draws, chance):
    """Whether `count` of `draws` lies where it lies 999 times of 1,000, each having this chance."""
    return abs(count - draws * chance) <= DEVIATIONS * math.sqrt(draws * chance * (1 - chance)) + 0.5


def test_weights_are_drawn_for_each_request(client, server, lambda_client, name, two):
    # With halves, whether a call differs from the one before is independent of all others.
    draws, threads, weight = 2000, 4, 0.5
    lambda_client.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )

    def calls(_):
        functions = client(server, "lambda")
        return [ask(functions, name, "live") for _ in range(draws // threads)]

    def fair():
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            served = list(pool.map(calls, range(threads)))
        answers = [answer for thread in served for answer in thread]
        assert set(answers) == {("one", "1"), ("two", "2")}
        second = sum(version == "2" for _, version in answers)
        # Drawn, not dealt: two calls in a row differ as often as chance has it, and no more.
        pairs = [pair for thread in served for pair in itertools.pairwise(thread)]
        changes = sum(one != other for one, other in pairs)
        print(second, changes)
        return within(second, draws, weight) and within(changes, len(pairs), weight)

    # What is fair fails once in 500 runs, so it may try once more: twice is once in 250,000.
    assert fair() or fair()


def test_a_weight_of_nothing_and_of_all(lambda_client, name, two):
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for weight, expect in ((0.0, "one"), (1.0, "two")):
        weights = {"AdditionalVersionWeights": {"2": weight}}
        shown = lambda_client.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)
        assert shown["RoutingConfig"] == weights
        assert {ask(lambda_client, name, "live")[0] for _ in range(20)} == {expect}


def test_a_change_is_in_force_when_it_is_answered(lambda_client, name, two):
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for version in itertools.islice(itertools.cycle("21"), 10):
        lambda_client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        assert ask(lambda_client, name, "live")[1] == version


def test_events_are_drawn_too(lambda_client, logs_client, name, two):
    events = 40
    lambda_client.create_alias(
        FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    for n in range(events):
        lambda_client.invoke(
            FunctionName=name, Qualifier="live", InvocationType="Event", Payload=json.dumps(n).encode()
        )

    def ran():
        try:
            pages = logs_client.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{name}", filterPattern="ran"
            )
            lines = [event["message"].split() for page in pages for event in page["events"]]
        except logs_client.exceptions.ResourceNotFoundException:
            return False
        return len(lines) == events and lines

    lines = wait_until(ran, "every event ran")
    assert {int(line[2]) for line in lines} == set(range(events))
    # All on one side: once in 2^39 runs.
    assert {line[1] for line in lines} == {"one", "two"}


def test_by_command_line(aws, lambda_client, name, two):
    def run(*arguments):
        return json.loads(aws("lambda", *arguments, "--function-name", name).stdout)

    weights = "AdditionalVersionWeights={2=0.5}"
    made = run("create-alias", "--name", "live", "--function-version", "1", "--routing-config", weights)
    assert made["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}
    moved = run("update-alias", "--name", "live", "--function-version", "2", "--routing-config", "{}")
    assert moved["FunctionVersion"] == "2" and "RoutingConfig" not in moved
    assert run("get-alias", "--name", "live") == moved
    assert run("list-aliases")["Aliases"] == [moved]
    aws("lambda", "delete-alias", "--function-name", name, "--name", "live")
    assert run("list-aliases")["Aliases"] == []
