"""How asynchronous events are handled, as its owner reads and writes it."""

import datetime
import json

import pytest

from support.code import create
from support.coverage import covers
from support.errors import fails


@pytest.fixture
def arn(lambda_client, name):
    """A function with version 1 and the alias `live`, and another one to name; its ARN."""
    made = create(lambda_client, name, Publish=True)["FunctionArn"]
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    create(lambda_client, f"{name}-other")
    return made


@covers(
    "lambda.PutFunctionEventInvokeConfig",
    "lambda.UpdateFunctionEventInvokeConfig",
    "lambda.GetFunctionEventInvokeConfig",
    "lambda.DeleteFunctionEventInvokeConfig",
)
def test_settings_come_and_go(lambda_client, name, arn):
    message = fails("ResourceNotFoundException", lambda_client.get_function_event_invoke_config, FunctionName=name)
    assert message == f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"
    put = lambda_client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    put.pop("ResponseMetadata")
    changed = put.pop("LastModified")
    assert abs(changed - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=5)
    assert put == {
        "FunctionArn": f"{arn}:$LATEST",
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    }
    destinations = {"OnFailure": {"Destination": f"{arn}-other"}}
    updated = lambda_client.update_function_event_invoke_config(FunctionName=name, DestinationConfig=destinations)
    assert updated["MaximumRetryAttempts"] == 0
    assert updated["DestinationConfig"] == {"OnSuccess": {}, **destinations}
    got = lambda_client.get_function_event_invoke_config(FunctionName=f"{name}:$LATEST")
    assert got["DestinationConfig"] == updated["DestinationConfig"]
    replaced = lambda_client.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    assert replaced["MaximumEventAgeInSeconds"] == 60 and "MaximumRetryAttempts" not in replaced
    assert replaced["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    lambda_client.delete_function_event_invoke_config(FunctionName=name)
    fails("ResourceNotFoundException", lambda_client.delete_function_event_invoke_config, FunctionName=name)


@covers("lambda.ListFunctionEventInvokeConfigs")
def test_each_qualifier_has_its_own(lambda_client, name, arn):
    for qualifier in ("1", "live", "$LATEST"):
        lambda_client.put_function_event_invoke_config(FunctionName=name, Qualifier=qualifier, MaximumRetryAttempts=1)
    pages = lambda_client.get_paginator("list_function_event_invoke_configs")
    found = pages.paginate(FunctionName=name, PaginationConfig={"PageSize": 2})
    arns = [config["FunctionArn"] for page in found for config in page["FunctionEventInvokeConfigs"]]
    assert arns == [f"{arn}:$LATEST", f"{arn}:1", f"{arn}:live"]
    lambda_client.delete_alias(FunctionName=name, Name="live")
    left = lambda_client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    assert [config["FunctionArn"] for config in left] == arns[:2]


WRONG = [
    ("InvalidParameterValueException", {}, "You must specify at least one of error handling or destination setting."),
    ("ResourceNotFoundException", {"Qualifier": "none", "MaximumRetryAttempts": 1}, "The function doesn't exist."),
    ("ValidationException", {"MaximumRetryAttempts": 3}, "Member must have value less than or equal to 2"),
    ("ValidationException", {"MaximumEventAgeInSeconds": 59}, "Member must have value greater than or equal to 60"),
    ("InvalidParameterValueException", {"to": "{arn}x"}, "The destination ARN {arn}x is invalid."),
    ("InvalidParameterValueException", {"to": "{arn}"}, "You can't specify the function as a destination for itself."),
    (
        "InvalidParameterValueException",
        {"to": "arn:aws:iam::123456789012:role/r"},
        "The provided destination config DestinationConfig(onSuccess=null, "
        "onFailure=OnFailure(destination=arn:aws:iam::123456789012:role/r)) is invalid.",
    ),
    ("ValidationException", {"to": "nowhere"}, "at 'destinationConfig.onFailure.destination' failed"),
]


def test_what_is_refused(client, server, lambda_client, name, arn):
    careless = client(server, "lambda", parameter_validation=False)
    for code, arguments, expect in WRONG:
        arguments = dict(arguments)
        if to := arguments.pop("to", None):
            arguments["DestinationConfig"] = {"OnFailure": {"Destination": to.format(arn=arn)}}
        message = fails(code, careless.put_function_event_invoke_config, FunctionName=name, **arguments)
        assert expect.format(arn=arn) in message, message
    listed = lambda_client.list_function_event_invoke_configs(FunctionName=name)
    assert listed["FunctionEventInvokeConfigs"] == []


def test_by_command_line(aws, name, arn):
    config = '{"OnSuccess": {"Destination": "%s-other"}}' % arn
    put = json.loads(
        aws(
            "lambda", "put-function-event-invoke-config", "--function-name", name, "--maximum-retry-attempts", "1",
            "--destination-config", config,
        ).stdout
    )  # fmt: skip
    got = json.loads(aws("lambda", "get-function-event-invoke-config", "--function-name", name).stdout)
    assert got == put and got["DestinationConfig"]["OnSuccess"]["Destination"] == f"{arn}-other"
