"""restJson1 as Lambda speaks it: what cannot be answered, over raw HTTP."""

import json

import pytest

from support.protocol import TOO_LARGE, complete, scope, unserved
from support.raw import Connection

LAMBDA = scope("lambda")
FUNCTIONS = "/2015-03-31/functions"


def check(server, request, status, code, members):
    with Connection(server) as connection:
        answer = connection.send(*request)
        complete(answer)
        assert (answer.status, answer.header("x-amzn-errortype")) == (status, code), answer
        assert answer.header("content-type") == "application/json"
        told = json.loads(answer.body)
        assert {key: told.get(key) for key in members} == members
        # The connection goes on.
        assert connection.send("GET", "/health").status == 200
        return told


def test_an_unknown_path(server):
    told = {"message": "The operation GET /2015-03-31/nothing is unknown"}
    check(server, ("GET", "/2015-03-31/nothing", LAMBDA), 404, "UnknownOperationException", told)


def test_an_operation_that_is_not_there(server):
    operation = unserved("lambda", lambda o: o["http"]["method"] == "GET" and not {"{", "?"} & set(o["http"]["requestUri"]))
    told = {"message": f"Tinderbox does not implement the operation {operation['name']} of Lambda."}
    check(server, ("GET", operation["http"]["requestUri"], LAMBDA), 501, "NotImplemented", told)


def test_a_service_that_is_not_there(server):
    told = {"message": "Tinderbox has no service 'athena'."}
    check(server, ("POST", "/anything", scope("athena"), b"{}"), 501, "NotImplemented", told)


@pytest.mark.parametrize("body", ["{", "nonsense", '{"FunctionName":}', b'{"FunctionName":"\xff"}'])
def test_a_body_that_is_no_json(server, body):
    told = check(server, ("POST", FUNCTIONS, LAMBDA, body), 400, "SerializationException", {})
    assert told["Message"].startswith("Could not parse the body as JSON")


def test_a_member_of_another_type(server):
    told = {"Message": "NUMBER_VALUE can not be converted to a String"}
    check(server, ("POST", FUNCTIONS, LAMBDA, '{"FunctionName":7}'), 400, "SerializationException", told)


def test_a_query_parameter_of_another_type(server):
    told = {"Message": "STRING_VALUE can not be converted to an Integer"}
    check(server, ("GET", f"{FUNCTIONS}?MaxItems=many", LAMBDA), 400, "SerializationException", told)


def test_a_body_that_is_too_large(server):
    told = {"Type": "User", "message": "Request must be smaller than 4194304 bytes for the PutFunctionConcurrency operation"}
    request = ("PUT", "/2017-10-31/functions/f/concurrency", LAMBDA, b" " * TOO_LARGE)
    check(server, request, 413, "RequestTooLargeException", told)


def test_an_error_of_the_model_has_its_members(server):
    told = {"Type": "User", "Message": "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nowhere"}
    check(server, ("GET", f"{FUNCTIONS}/nowhere", LAMBDA), 404, "ResourceNotFoundException", told)
