"""awsQuery as STS, IAM and CloudWatch speak it: what cannot be answered, over raw HTTP."""

from xml.etree import ElementTree

import pytest

from support.protocol import TOO_LARGE, complete, scope, unserved
from support.raw import Connection

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


def call(server, body, headers=None):
    with Connection(server) as connection:
        answer = connection.send("POST", "/", {**FORM, **(headers or {})}, body)
        assert answer.header("content-type") == "text/xml"
        assert connection.send("GET", "/health").status == 200
        return answer, complete(answer)


def check(server, body, status, code, text, namespace=STS, headers=None, kind="Sender"):
    answer, request_id = call(server, body, headers)
    root = ElementTree.fromstring(answer.body)
    assert root.tag == f"{namespace}ErrorResponse"
    found = [root.findtext(f"{namespace}Error/{namespace}{name}") for name in ("Type", "Code", "Message")]
    assert (answer.status, *found) == (status, kind, code, text)
    assert root.findtext(f"{namespace}RequestId") == request_id


def test_an_unknown_action(server):
    text = "Could not find operation Nothing for version 2011-06-15"
    check(server, "Action=Nothing&Version=2011-06-15", 400, "InvalidAction", text)


def test_no_action(server):
    text = "The request must contain the parameter Action"
    check(server, "Version=2011-06-15", 400, "MissingAction", text, namespace="")


def test_an_action_that_is_not_there(server):
    name = unserved("sts")["name"]
    text = f"Tinderbox does not implement the operation {name} of STS."
    check(server, f"Action={name}&Version=2011-06-15", 501, "NotImplemented", text, kind="Receiver")


def test_a_service_that_is_not_there(server):
    text = "Tinderbox has no service 'redshift'."
    check(server, "Action=X", 501, "NotImplemented", text, namespace="", headers=scope("redshift"), kind="Receiver")


def test_a_parameter_of_another_type(server):
    body = "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=long"
    check(server, body, 400, "MalformedInput", "STRING_VALUE can not be converted to an Integer")


def test_a_form_that_has_too_many_parameters(server):
    body = "Action=GetCallerIdentity&" + "a&" * 100_001
    check(server, body, 400, "MalformedInput", "The form has too many parameters", namespace="")


def test_a_form_that_is_too_large(server):
    text = "Request must be smaller than 4194304 bytes"
    check(server, b"a" * TOO_LARGE, 413, "RequestEntityTooLargeException", text, namespace="")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_names_its_request(server, method):
    form = "Action=GetCallerIdentity&Version=2011-06-15"
    with Connection(server) as connection:
        if method == "GET":
            answer = connection.send("GET", f"/?{form}")
        else:
            answer = connection.send("POST", "/", FORM, form)
    root = ElementTree.fromstring(answer.body)
    assert answer.status == 200
    assert root.findtext(f"{STS}ResponseMetadata/{STS}RequestId") == complete(answer)


def test_the_first_of_equal_parameters_counts(server):
    answer, _ = call(server, "Action=GetCallerIdentity&Action=Nothing&Version=2011-06-15")
    assert answer.status == 200
