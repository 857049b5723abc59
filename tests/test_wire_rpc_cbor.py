"""rpcv2Cbor as CloudWatch speaks it: what cannot be answered, over raw HTTP."""

import pytest

from support import cbor
from support.protocol import TOO_LARGE, complete, unserved
from support.raw import Connection

HEADERS = {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
SERVICE = "GraniteServiceVersion20100801"


def call(server, operation, body=b"\xa0", service=SERVICE):
    with Connection(server) as connection:
        answer = connection.send("POST", f"/service/{service}/operation/{operation}", HEADERS, body)
        complete(answer)
        assert answer.header("smithy-protocol") == "rpc-v2-cbor"
        assert answer.header("content-type") == "application/cbor"
        assert connection.send("GET", "/health").status == 200
        return answer


def check(server, operation, body, status, told, **options):
    answer = call(server, operation, body, **options)
    assert (answer.status, cbor.loads(answer.body)) == (status, told)
    return answer


def test_an_unknown_operation(server):
    told = {"__type": "UnknownOperationException", "message": "The operation Nothing is unknown"}
    answer = check(server, "Nothing", b"\xa0", 404, told)
    assert answer.header("x-amzn-query-error") == "UnknownOperationException;Sender"


def test_an_operation_that_is_not_there(server):
    name = unserved("cloudwatch")["name"]
    told = {"__type": "NotImplemented", "message": f"Tinderbox does not implement the operation {name} of CloudWatch."}
    check(server, name, b"\xa0", 501, told)


def test_a_service_that_is_not_there(server):
    told = {"__type": "NotImplemented", "message": "Tinderbox has no service 'Other'."}
    check(server, "Anything", b"\xa0", 501, told, service="Other")


@pytest.mark.parametrize("body", [b"\xff", b"\xbf", b"\xa1", b"\xa1\x01\x02", b"\xa0\xa0", b"\x1c"])
def test_a_body_that_is_no_cbor(server, body):
    answer = call(server, "ListMetrics", body)
    assert (answer.status, cbor.loads(answer.body)["__type"]) == (400, "SerializationException")


def test_a_member_of_another_type(server):
    text = "NUMBER_VALUE can not be converted to a String"
    told = {"__type": "SerializationException", "message": text}
    check(server, "ListMetrics", cbor.dumps({"Namespace": 7}), 400, told)


def test_a_body_that_is_too_large(server):
    text = "Request must be smaller than 4194304 bytes for the ListMetrics operation"
    answer = call(server, "ListMetrics", b"\xa0" * TOO_LARGE)
    assert (answer.status, cbor.loads(answer.body)["message"]) == (413, text)


def test_a_broken_constraint_tells_the_query_code(server):
    answer = call(server, "PutMetricData")
    assert (answer.status, cbor.loads(answer.body)["__type"]) == (400, "ValidationError")
    assert answer.header("x-amzn-query-error") == "ValidationError;Sender"
