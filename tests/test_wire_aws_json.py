"""awsJson 1.1 as CloudWatch Logs speaks it and 1.0 as CloudWatch does: what cannot be answered, over raw HTTP."""

import json

import pytest

from support.protocol import TOO_LARGE, complete, unserved
from support.raw import Connection

LOGS, CLOUDWATCH = "Logs_20140328", "GraniteServiceVersion20100801"


def call(server, target, body="{}", version="1.1"):
    content_type = f"application/x-amz-json-{version}"
    with Connection(server) as connection:
        answer = connection.send("POST", "/", {"X-Amz-Target": target, "Content-Type": content_type}, body)
        complete(answer)
        assert answer.header("content-type") == content_type
        assert connection.send("GET", "/health").status == 200
        return answer


def check(server, target, body, status, told, version="1.1"):
    answer = call(server, target, body, version)
    assert (answer.status, json.loads(answer.body)) == (status, told)
    return answer


@pytest.mark.parametrize("prefix, version", [(LOGS, "1.1"), (CLOUDWATCH, "1.0")])
def test_an_unknown_operation(server, prefix, version):
    told = {"__type": "UnknownOperationException", "message": "The operation Nothing is unknown"}
    check(server, f"{prefix}.Nothing", "{}", 400, told, version)


def test_a_target_that_names_nothing(server):
    told = {"__type": "UnknownOperationException", "message": "The operation nonsense is unknown"}
    check(server, "nonsense", "{}", 400, told)


def test_an_operation_that_is_not_there(server):
    name = unserved("logs")["name"]
    told = {"__type": "NotImplemented", "message": f"Tinderbox does not implement the operation {name} of CloudWatch Logs."}
    check(server, f"{LOGS}.{name}", "{}", 501, told)


def test_a_service_that_is_not_there(server):
    told = {"__type": "NotImplemented", "message": "Tinderbox has no service 'AmazonAthena'."}
    check(server, "AmazonAthena.ListWorkGroups", "{}", 501, told)


@pytest.mark.parametrize("body", ["{", "nonsense", "{}{}", b"\xff"])
def test_a_body_that_is_no_json(server, body):
    answer = call(server, f"{LOGS}.CreateLogGroup", body)
    told = json.loads(answer.body)
    assert (answer.status, told["__type"]) == (400, "SerializationException")
    assert told["Message"].startswith("Could not parse the body as JSON")


@pytest.mark.parametrize("body", ["null", "[]", "7"])
def test_a_body_that_is_no_object(server, body):
    answer = call(server, f"{LOGS}.CreateLogGroup", body)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")


def test_a_body_that_is_too_large(server):
    text = "Request must be smaller than 4194304 bytes for the CreateLogGroup operation"
    told = {"__type": "InvalidParameterException", "message": text}
    check(server, f"{LOGS}.CreateLogGroup", b" " * TOO_LARGE, 400, told)


def test_services_that_spoke_query_before_tell_its_code_too(server):
    answer = call(server, f"{CLOUDWATCH}.GetMetricStatistics", "{}", "1.0")
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "ValidationError"
    assert answer.header("x-amzn-query-error") == "ValidationError;Sender"
    assert not call(server, f"{LOGS}.CreateLogGroup").all("x-amzn-query-error")
