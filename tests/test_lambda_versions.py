"""Published versions: what was published runs as it was, whatever is edited since."""

import base64
import hashlib
import json
import re
import urllib.request

import pytest

from support.code import NODE, PYTHON, create, node, python
from support.coverage import covers
from support.errors import fails
from support.waiting import PATIENCE, wait_until


def edition(text):
    """Code that answers with `text`."""
    return python(f"def lambda_handler(event, context):\n    return {text!r}\n")


def ask(functions, name, **options):
    """What an invocation answers, and which version it was."""
    answer = functions.invoke(FunctionName=name, **options)
    return json.load(answer["Payload"]), answer["ExecutedVersion"]


def numbers(functions, name):
    """The versions that a function has."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    return [version["Version"] for page in pages for version in page["Versions"]]


@covers("lambda.PublishVersion", "lambda.ListVersionsByFunction")
def test_a_version_stays_what_it_was(lambda_client, name):
    arn = create(lambda_client, name, edition("one"), Description="of the function")["FunctionArn"]
    first = lambda_client.publish_version(FunctionName=name, Description="of the version")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{arn}:1")
    assert (first["Description"], first["State"]) == ("of the version", "Active")
    lambda_client.update_function_code(FunctionName=name, ZipFile=edition("two"))
    lambda_client.update_function_configuration(FunctionName=name, MemorySize=256)
    second = lambda_client.publish_version(FunctionName=name)
    assert (second["Version"], second["MemorySize"], second["Description"]) == ("2", 256, "of the function")
    lambda_client.update_function_code(FunctionName=name, ZipFile=edition("three"))
    assert ask(lambda_client, name, Qualifier="1") == ("one", "1")
    assert ask(lambda_client, f"{name}:2") == ("two", "2")
    assert ask(lambda_client, f"{arn}:1") == ("one", "1")
    assert ask(lambda_client, name) == ("three", "$LATEST")
    assert ask(lambda_client, f"{name}:$LATEST") == ("three", "$LATEST")
    listed = lambda_client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["Version"] for v in listed] == ["$LATEST", "1", "2"]
    assert [v["FunctionArn"] for v in listed] == [f"{arn}:$LATEST", f"{arn}:1", f"{arn}:2"]
    got = lambda_client.get_function(FunctionName=name, Qualifier="1")
    assert got["Configuration"]["MemorySize"] == 128 and got["Configuration"]["FunctionArn"] == f"{arn}:1"
    with urllib.request.urlopen(got["Code"]["Location"], timeout=PATIENCE) as download:
        assert download.read() == edition("one")
    assert lambda_client.get_function_configuration(FunctionName=f"{arn}:2")["Version"] == "2"


@covers("lambda.PublishVersion")
def test_publishing_what_was_published(lambda_client, name):
    code = edition("one")
    made = create(lambda_client, name, code)
    first = lambda_client.publish_version(
        FunctionName=name, CodeSha256=base64.b64encode(hashlib.sha256(code).digest()).decode(), RevisionId=made["RevisionId"]
    )
    again = lambda_client.publish_version(FunctionName=name, Description="another")
    assert (again["Version"], again["RevisionId"], again["Description"]) == ("1", first["RevisionId"], "")
    assert numbers(lambda_client, name) == ["$LATEST", "1"]
    # Publishing gave $LATEST another revision.
    now = lambda_client.get_function_configuration(FunctionName=name)["RevisionId"]
    assert len({now, made["RevisionId"], first["RevisionId"]}) == 3
    message = fails("PreconditionFailedException", lambda_client.publish_version, FunctionName=name, RevisionId="x")
    assert message.startswith("The Revision Id provided does not match the latest Revision Id.")
    message = fails("InvalidParameterValueException", lambda_client.publish_version, FunctionName=name, CodeSha256="x")
    assert message.startswith("CodeSHA256 (x) is different from current CodeSHA256 in $LATEST (")
    fails("ResourceNotFoundException", lambda_client.publish_version, FunctionName=f"{name}-none")


def test_publishing_with_a_change(lambda_client, name):
    made = create(lambda_client, name, edition("one"), Publish=True)
    assert made["Version"] == "1" and made["FunctionArn"].endswith(f":{name}")
    updated = lambda_client.update_function_code(FunctionName=name, ZipFile=edition("two"), Publish=True)
    assert updated["Version"] == "2" and updated["FunctionArn"].endswith(f":{name}:2")
    assert [ask(lambda_client, name, Qualifier=v)[0] for v in ("1", "2")] == ["one", "two"]


@covers("lambda.DeleteFunction")
def test_deleting_versions(lambda_client, name):
    create(lambda_client, name, edition("one"), Publish=True)
    lambda_client.update_function_code(FunctionName=name, ZipFile=edition("two"), Publish=True)
    fails("InvalidParameterValueException", lambda_client.delete_function, FunctionName=name, Qualifier="$LATEST")
    lambda_client.delete_function(FunctionName=name, Qualifier="2")
    lambda_client.delete_function(FunctionName=name, Qualifier="2")
    message = fails("ResourceNotFoundException", lambda_client.invoke, FunctionName=name, Qualifier="2")
    assert message.endswith(f":function:{name}:2")
    # A number is never given twice.
    assert lambda_client.publish_version(FunctionName=name)["Version"] == "3"
    lambda_client.delete_function(FunctionName=f"{name}:1")
    assert numbers(lambda_client, name) == ["$LATEST", "3"]
    lambda_client.delete_function(FunctionName=name)
    fails("ResourceNotFoundException", lambda_client.invoke, FunctionName=name, Qualifier="3")
    create(lambda_client, name, edition("new"), Publish=True)
    # Not even to a function that takes the name of a deleted one.
    assert numbers(lambda_client, name) == ["$LATEST", "4"]


def test_lists_have_pages(lambda_client, client, server, name):
    functions = client(server, "lambda", key="222233335555")
    create(functions, name, edition("0"), Publish=True, Role="arn:aws:iam::222233335555:role/lambda-role")
    for n in range(1, 5):
        functions.update_function_configuration(FunctionName=name, Timeout=3 + n)
        functions.publish_version(FunctionName=name)
    expect = ["$LATEST", "1", "2", "3", "4", "5"]
    paged = functions.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}
    )
    assert [[v["Version"] for v in page["Versions"]] for page in paged] == [expect[:2], expect[2:4], expect[4:]]
    every = functions.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 4}
    )
    assert [f["Version"] for page in every for f in page["Functions"]] == expect
    assert [f["Version"] for f in functions.list_functions()["Functions"]] == ["$LATEST"]


SELF = {
    PYTHON: python(
        """
        import os

        def lambda_handler(event, context):
            env = os.environ
            return [context.function_version, env["AWS_LAMBDA_FUNCTION_VERSION"], context.log_stream_name,
                    context.invoked_function_arn]
        """
    ),
    NODE: node(
        """
        exports.handler = async (event, context) => [context.functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION,
            context.logStreamName, context.invokedFunctionArn];
        """
    ),
}


@pytest.mark.parametrize("runtime", SELF)
def test_a_version_knows_itself(lambda_client, logs_client, name, runtime):
    arn = create(lambda_client, name, SELF[runtime], runtime, Publish=True)["FunctionArn"]
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier, version in (("1", "1"), ("live", "1"), ("$LATEST", "$LATEST")):
        told, executed = ask(lambda_client, name, Qualifier=qualifier)
        assert told[:2] == [version, version] and executed == version
        assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/\[{re.escape(version)}\][0-9a-f]{{32}}", told[2]), told
        assert told[3] == f"{arn}:{qualifier}"
    assert ask(lambda_client, name)[0][3] == arn
    group = f"/aws/lambda/{name}"
    started = lambda: logs_client.filter_log_events(logGroupName=group, filterPattern='"Version: 1"')["events"]
    assert len(wait_until(lambda: len(started()) == 2 and started(), "both invocations of version 1 are logged")) == 2


def test_versions_share_reserved_concurrency(lambda_client, name):
    create(lambda_client, name, edition("one"), Publish=True)
    lambda_client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    for qualifier in ("1", "$LATEST"):
        fails("TooManyRequestsException", lambda_client.invoke, FunctionName=name, Qualifier=qualifier)
    fails(
        "InvalidParameterValueException",
        lambda_client.put_function_concurrency,
        FunctionName=f"{name}:1",
        ReservedConcurrentExecutions=1,
    )
    lambda_client.delete_function_concurrency(FunctionName=name)
    assert ask(lambda_client, name, Qualifier="1") == ("one", "1")


def test_versions_and_aliases_survive_a_kill(start, client, name):
    first = start()
    functions = client(first, "lambda")
    create(functions, name, edition("one"), Publish=True)
    functions.update_function_code(FunctionName=name, ZipFile=edition("two"), Publish=True)
    alias = functions.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    functions.add_permission(
        FunctionName=name, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    alias = functions.get_alias(FunctionName=name, Name="live")
    policy = functions.get_policy(FunctionName=name, Qualifier="live")
    first.kill()

    second = start(data=first.data)
    functions = client(second, "lambda")
    assert numbers(functions, name) == ["$LATEST", "1", "2"]
    for answer in (alias, policy):
        answer.pop("ResponseMetadata")
    again = functions.get_alias(FunctionName=name, Name="live")
    assert {k: again[k] for k in alias} == alias
    assert functions.get_policy(FunctionName=name, Qualifier="live")["Policy"] == policy["Policy"]
    assert [ask(functions, name, Qualifier=v)[0] for v in ("1", "2")] == ["one", "two"]


def test_by_command_line(aws, lambda_client, name, tmp_path):
    create(lambda_client, name, edition("one"))
    made = json.loads(aws("lambda", "publish-version", "--function-name", name, "--description", "first").stdout)
    assert (made["Version"], made["Description"]) == ("1", "first")
    told = json.loads(aws("lambda", "invoke", "--function-name", f"{name}:1", "out.json").stdout)
    assert told["ExecutedVersion"] == "1" and (tmp_path / "out.json").read_text() == '"one"'
    listed = aws(
        "lambda", "list-versions-by-function", "--function-name", name, "--query", "Versions[].Version", "--output", "text"
    )
    assert listed.stdout.split() == ["$LATEST", "1"]
