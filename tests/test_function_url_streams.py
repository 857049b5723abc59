"""Function URLs whose InvokeMode is RESPONSE_STREAM."""

import json
import subprocess

import pytest
from test_function_urls import at, open_to_all
from test_streaming import open_gate, streaming

from support.code import NODE, create, node
from support.coverage import covers
from support.gateway import ACCOUNT
from support.waiting import PATIENCE, wait_until
from support.web import fetch

FROM = "stream = awslambda.HttpResponseStream.from(stream, %s);\n"


def url_of(server, lambda_client, name, code, auth="NONE", **options):
    """The address of a function that streams."""
    create(lambda_client, name, code, NODE, **options)
    made = lambda_client.create_function_url_config(FunctionName=name, AuthType=auth, InvokeMode="RESPONSE_STREAM")
    assert made["InvokeMode"] == "RESPONSE_STREAM"
    if auth == "NONE":
        open_to_all(lambda_client, name)
    return at(server, made["FunctionUrl"])


@covers("lambda.CreateFunctionUrlConfig")
def test_curl_gets_the_first_chunk_before_the_function_ends(server, lambda_client, name):
    body = FROM % "{ statusCode: 201, headers: { 'Content-Type': 'text/plain', 'X-Own': 'yes' }, cookies: ['a=1', 'b=2'] }"
    body += "stream.write('first\\n'); await gate(); stream.write('second\\n'); stream.end();"
    url = url_of(server, lambda_client, name, streaming(body), Timeout=60)
    with subprocess.Popen(["curl", "-N", "-s", "-i", url], stdout=subprocess.PIPE) as curl:
        try:
            head = []
            while (line := curl.stdout.readline().strip()):
                head.append(line.lower())
            assert head[0].startswith(b"http/1.1 201")
            for header in (b"content-type: text/plain", b"x-own: yes", b"transfer-encoding: chunked",
                           b"set-cookie: a=1", b"set-cookie: b=2"):
                assert header in head
            assert curl.stdout.readline() == b"first\n"
            wait_until(lambda: server.health()["instances"]["busy"] == 1, "it runs, and nothing of the tests before")
            open_gate(lambda_client, name)
            assert curl.stdout.read() == b"second\n"
            assert curl.wait(PATIENCE) == 0
        finally:
            curl.kill()


def test_a_stream_for_those_who_sign(server, lambda_client, name):
    body = "stream.write('first\\n'); await gate(); stream.end(JSON.stringify(event.requestContext.authorizer.iam));"
    url = url_of(server, lambda_client, name, streaming(body), auth="AWS_IAM", Timeout=60)
    unsigned = fetch(url)
    assert (unsigned.status, unsigned.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    signed = ["--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", "test:test"]
    with subprocess.Popen(["curl", "-N", "-s", "-f", *signed, url], stdout=subprocess.PIPE) as curl:
        try:
            assert curl.stdout.readline() == b"first\n"
            open_gate(lambda_client, name)
            assert json.loads(curl.stdout.read())["userArn"] == f"arn:aws:iam::{ACCOUNT}:root"
            assert curl.wait(PATIENCE) == 0
        finally:
            curl.kill()


@pytest.mark.parametrize(
    "body, status, content_type, text",
    [
        ("stream.write('a'); stream.end('b');", 200, "application/octet-stream", "ab"),
        ("stream.end();", 200, "application/octet-stream", ""),
        ("stream.setContentType('text/html'); stream.end('<p>');", 200, "text/html", "<p>"),
        (FROM % "{}" + "stream.end('a');", 200, "application/octet-stream", "a"),
        (FROM % "{ statusCode: 404 }" + "stream.end();", 404, "application/octet-stream", ""),
        (FROM % "{ statusCode: 200 }" + "stream.end(JSON.stringify(event.rawPath));", 200, "application/octet-stream", '"/x"'),
        (FROM % "{ statusCode: 'no' }" + "stream.end('a');", 502, "application/json", "Internal Server Error"),
        ("throw new Error('no');", 502, "application/json", "Internal Server Error"),
        ("process.exit(1);", 502, "application/json", "Internal Server Error"),
    ],
)
def test_answers(server, lambda_client, name, body, status, content_type, text):
    answer = fetch(url_of(server, lambda_client, name, streaming(body)) + "x")
    assert (answer.status, answer.headers["content-type"], answer.body) == (status, content_type, text)
    assert answer.headers["x-tinderbox-start"] and answer.headers["x-amzn-requestid"]


def test_a_handler_that_does_not_stream(server, lambda_client, name):
    code = node("exports.handler = async () => ({ statusCode: 201, body: 'x' });")
    answer = fetch(url_of(server, lambda_client, name, code))
    # Nobody looks into it: this mode passes on what there is.
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == {"statusCode": 201, "body": "x"}


@pytest.mark.parametrize("end", ["throw new Error('no');", "process.exit(1);", "await new Promise((d) => setTimeout(d, 9e4));"])
def test_an_answer_that_breaks_off_is_not_taken_for_complete(server, lambda_client, name, end):
    body = "await new Promise((done) => stream.write('first', done));\n" + end
    url = url_of(server, lambda_client, name, streaming(body), Timeout=5)
    done = subprocess.run(["curl", "-N", "-s", url], capture_output=True, timeout=PATIENCE, check=False)
    # 18: curl's "a file was only partially transferred".
    assert (done.stdout, done.returncode) == (b"first", 18)


@covers("lambda.UpdateFunctionUrlConfig")
def test_the_mode_is_changed(server, lambda_client, name):
    body = FROM % "{ statusCode: 202 }" + "stream.end('a');"
    url = url_of(server, lambda_client, name, streaming(body))
    cors = {"AllowOrigins": ["https://a.example"]}
    changed = lambda_client.update_function_url_config(FunctionName=name, Cors=cors)
    assert changed["InvokeMode"] == "RESPONSE_STREAM"
    answer = fetch(url, headers={"Origin": "https://a.example"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (202, "https://a.example")
    assert lambda_client.update_function_url_config(FunctionName=name, InvokeMode="BUFFERED")["InvokeMode"] == "BUFFERED"
    # In one piece this is metadata, zeros and a body: no JSON, so no answer.
    assert fetch(url).status == 502
