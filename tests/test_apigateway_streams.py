"""REST APIs whose integrations pass answers on as they come (responseTransferMode STREAM)."""

import http.client
import json
import subprocess

import pytest
from test_streaming import open_gate, streaming

from support.code import NODE, create
from support.coverage import covers
from support.errors import fails
from support.gateway import ACCOUNT, INTERNAL, REGION, Api, permit
from support.waiting import PATIENCE

FROM = "stream = awslambda.HttpResponseStream.from(stream, %s);\n"


def uri(function):
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    return f"arn:aws:apigateway:{REGION}:lambda:path/2021-11-15/functions/{arn}/response-streaming-invocations"


def integration(function, **options):
    return {
        "type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri(function), "responseTransferMode": "STREAM", **options,
    }


@pytest.fixture
def api(server, client, lambda_client, name):
    """Makes an API at whose root a streaming function stands."""

    def make(code, timeout=60, **options):
        create(lambda_client, name, code, NODE, Timeout=timeout)
        made = Api(server, client(server, "apigateway"), name)
        made.method(made.root)
        made.integrate(made.root, **integration(name, **options))
        permit(lambda_client, name, made.id)
        made.deploy()
        return made

    return make


@covers("apigateway.PutIntegration")
def test_the_first_chunk_comes_before_the_function_ends(server, lambda_client, name, api):
    head = "{ statusCode: 201, headers: { 'Content-Type': 'text/plain' }, multiValueHeaders: { 'X-Own': ['a', 'b'] }, cookies: ['c=1'] }"
    made = api(streaming(FROM % head + "stream.write('first\\n'); await gate(); stream.end('second\\n');"))
    assert made.client.get_integration(restApiId=made.id, resourceId=made.root, httpMethod="ANY")["responseTransferMode"] == "STREAM"
    url = f"{server.url}/_aws/execute-api/{made.id}/test"
    with subprocess.Popen(["curl", "-N", "-s", "-i", url], stdout=subprocess.PIPE) as curl:
        try:
            lines = []
            while (line := curl.stdout.readline().strip()):
                lines.append(line.lower())
            assert lines[0].startswith(b"http/1.1 201")
            assert {b"content-type: text/plain", b"x-own: a", b"x-own: b", b"set-cookie: c=1", b"transfer-encoding: chunked"} < set(lines)
            assert curl.stdout.readline() == b"first\n"
            open_gate(lambda_client, name)
            assert (curl.stdout.read(), curl.wait(PATIENCE)) == (b"second\n", 0)
        finally:
            curl.kill()


@pytest.mark.parametrize(
    "body",
    ["stream.end('no metadata');", "throw new Error('no');", FROM % "{ statusCode: 'x' }" + "stream.end();"],
)
def test_what_is_no_answer(api, body):
    assert api(streaming(body)).call("/test")[::2] == (502, INTERNAL)


def test_a_timeout_ends_the_answer_and_not_the_function(lambda_client, name, api):
    made = api(streaming(FROM % "{}" + "stream.write('first'); await gate(); stream.end();"), timeoutInMillis=5000)
    with pytest.raises(http.client.IncompleteRead) as caught:
        made.call("/test")
    assert caught.value.partial == b"first"
    open_gate(lambda_client, name)


def test_settings_that_do_not_go_together(server, client, lambda_client, name):
    create(lambda_client, name, streaming("stream.end();"), NODE)
    made = Api(server, client(server, "apigateway"), name)
    made.method(made.root)

    def put(**options):
        return made.client.put_integration(
            restApiId=made.id, resourceId=made.root, httpMethod="ANY", **{**integration(name), **options}
        )

    plain = uri(name).replace("2021-11-15", "2015-03-31").replace("response-streaming-invocations", "invocations")
    fails("BadRequestException", put, uri=plain)
    fails("BadRequestException", put, responseTransferMode="BUFFERED")
    fails("BadRequestException", put, type="AWS")
    fails("BadRequestException", put, timeoutInMillis=900_001)
    assert put(timeoutInMillis=900_000)["timeoutInMillis"] == 900_000
    where = {"restApiId": made.id, "resourceId": made.root, "httpMethod": "ANY"}
    change = [{"op": "replace", "path": "/responseTransferMode", "value": "BUFFERED"}]
    fails("BadRequestException", made.client.update_integration, **where, patchOperations=change)
    assert json.dumps(made.client.get_integration(**where)["responseTransferMode"]) == '"STREAM"'
