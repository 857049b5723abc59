"""Answers as they come: through boto3, the SDK for JavaScript v3, plain Invoke and the Runtime API."""

import base64
import json
import os
import pathlib
import shutil
import subprocess

import botocore.exceptions
import pytest

from support.code import NODE, PYTHON, create, node, program, python
from support.coverage import covers
from support.errors import fails
from support.waiting import PATIENCE, wait_until

HERE = pathlib.Path(__file__).resolve().parent
SDK = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tinderbox/sdk/node"
# Waits until the function has an alias `go`, which a test makes once it has read what it wants to read before.
GATE = """
const http = require("http");
const isOpen = (name) => new Promise((done, fail) => {
  http.get(`${process.env.AWS_ENDPOINT_URL}/2015-03-31/functions/${name}/aliases/go`, (answer) => {
    answer.resume();
    answer.on("end", () => done(answer.statusCode === 200));
  }).on("error", fail);
});
const gate = async () => {
  while (!(await isOpen(process.env.AWS_LAMBDA_FUNCTION_NAME))) await new Promise((done) => setTimeout(done, 20));
};
"""


def streaming(body):
    """A Node.js function whose streaming handler has this body."""
    return node(GATE + "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {\n%s\n});" % body)


GATED = streaming("stream.write('first '); await gate(); stream.write('second'); console.log('told'); stream.end();")


def open_gate(lambda_client, name):
    lambda_client.create_alias(FunctionName=name, Name="go", FunctionVersion="$LATEST")


def stream(lambda_client):
    return lambda_client.invoke_with_response_stream


def invoke(lambda_client, name, event=None, **options):
    return stream(lambda_client)(FunctionName=name, Payload=json.dumps(event or {}), **options)


def read(answer):
    """All chunks in one, and the last event."""
    chunks, last = [], None
    for event in answer["EventStream"]:
        assert last is None, "InvokeComplete is the last"
        if "PayloadChunk" in event:
            chunks.append(event["PayloadChunk"]["Payload"])
        else:
            last = event["InvokeComplete"]
    return b"".join(chunks), last


@covers("lambda.InvokeWithResponseStream")
def test_chunks_come_before_the_function_ends(server, lambda_client, name):
    create(lambda_client, name, GATED, NODE, Timeout=60)
    answer = invoke(lambda_client, name, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["transfer-encoding"] == "chunked" and headers["x-tinderbox-start"]
    events = iter(answer["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"first "}}
    wait_until(lambda: server.health()["instances"]["busy"] == 1, "it runs, and nothing of the tests before")
    open_gate(lambda_client, name)
    assert next(events) == {"PayloadChunk": {"Payload": b"second"}}
    (last,) = events
    assert last["InvokeComplete"].keys() == {"LogResult"}
    lines = base64.b64decode(last["InvokeComplete"]["LogResult"]).decode().splitlines()
    id = headers["x-amzn-requestid"]
    assert lines[0] == f"START RequestId: {id} Version: $LATEST"
    assert lines[1].endswith(f"\t{id}\tINFO\ttold") and lines[2] == f"END RequestId: {id}"
    assert lines[3].startswith(f"REPORT RequestId: {id}\tDuration: ") and "Status" not in lines[3]
    assert read(invoke(lambda_client, name)) == (b"first second", {})


def test_sdk_for_javascript(server, lambda_client, name):
    if not SDK.is_dir() or not shutil.which("node"):
        pytest.skip("no SDK for JavaScript here: `make sdk`")
    create(lambda_client, name, GATED, NODE, Timeout=60)
    command = ["node", HERE / "streaming/sdk.mjs", SDK, server.url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        try:
            told = lambda: json.loads(client.stdout.readline())  # noqa: E731
            head = told()
            assert (head["status"], head["version"]) == (200, "$LATEST")
            assert head["type"] == "application/vnd.amazon.eventstream"
            assert told() == {"chunk": "first "}
            open_gate(lambda_client, name)
            assert told() == {"chunk": "second"}
            log = base64.b64decode(told()["InvokeComplete"]["LogResult"]).decode()
            assert f"END RequestId: {head['id']}" in log
            assert client.wait(PATIENCE) == 0
        finally:
            client.kill()


@pytest.mark.parametrize(
    "runtime, code, expect",
    [
        (PYTHON, python("def lambda_handler(event, context):\n    return event\n"), (b'{"a": 1}', {})),
        (NODE, node("exports.handler = async (event) => event;"), (b'{"a":1}', {})),
    ],
    ids=["python", "node"],
)
def test_a_handler_that_does_not_stream_is_one_chunk(lambda_client, name, runtime, code, expect):
    create(lambda_client, name, code, runtime)
    answer = invoke(lambda_client, name, {"a": 1})
    events = list(answer["EventStream"])
    assert [event.keys() for event in events] == [{"PayloadChunk"}, {"InvokeComplete"}]
    assert (events[0]["PayloadChunk"]["Payload"], events[1]["InvokeComplete"]) == expect


def test_plain_invoke_of_a_streaming_function(lambda_client, name):
    create(lambda_client, name, streaming("stream.write('{\"a\":'); stream.write('[1]}'); stream.end();"), NODE)
    answer = lambda_client.invoke(FunctionName=name)
    assert json.load(answer["Payload"]) == {"a": [1]} and "FunctionError" not in answer
    events = lambda_client.invoke(FunctionName=name, InvocationType="Event")
    assert events["StatusCode"] == 202


FAILURES = {
    "throws": ("throw new TypeError('no');", "TypeError", "no", r"Invoke Error"),
    "exits": ("process.exit(3);", "Runtime.ExitError", "exit status 3", r"Error Type: Runtime.ExitError"),
    "times out": ("await new Promise((done) => setTimeout(done, 60000));", "Sandbox.Timedout", "timed out after 4.00 seconds", r"Status: timeout"),
    "takes all memory": (
        "const kept = []; for (;;) kept.push(Buffer.alloc(10 << 20, 1));", "Runtime.OutOfMemory", "signal: killed",
        r"Error Type: Runtime.OutOfMemory",
    ),
    "is not finished": ("return;", "string", "Response stream is not finished.", r"not finished"),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("begun", [True, False], ids=["on the way", "at once"])
def test_failures(lambda_client, name, case, begun):
    body, kind, message, logged = FAILURES[case]
    # What was written is out once the callback is called: an exit would take it along.
    first = "await new Promise((done) => stream.write('first', done));\n" if begun else ""
    # What it does before takes time, too.
    create(lambda_client, name, streaming(first + body), NODE, Timeout=4 if case == "times out" else 60)
    got, last = read(invoke(lambda_client, name, LogType="Tail"))
    assert got == (b"first" if begun else b"")
    assert last["ErrorCode"] == "Unhandled"
    details = json.loads(last["ErrorDetails"])
    assert details["errorType"] == kind and message in details["errorMessage"]
    log = base64.b64decode(last["LogResult"]).decode()
    assert logged in log and log.count("\nREPORT ") == 1, log
    # The next one is served, by this instance or another.
    assert read(invoke(lambda_client, name))[0] == got


def test_what_is_refused_before(lambda_client, name):
    fails("ResourceNotFoundException", stream(lambda_client), FunctionName=name)
    create(lambda_client, name, streaming("stream.end('a');"), NODE)
    dry = invoke(lambda_client, name, InvocationType="DryRun")
    assert dry["StatusCode"] == 204
    fails("InvalidRequestContentException", stream(lambda_client), FunctionName=name, Payload=b"{")
    fails("ResourceNotFoundException", stream(lambda_client), FunctionName=name, Qualifier="9")
    lambda_client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(lambda_client, name)
    assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"


def test_versions_and_aliases(lambda_client, name):
    create(lambda_client, name, streaming("stream.end(context.functionVersion);"), NODE, Publish=True)
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    answer = invoke(lambda_client, name, Qualifier="live")
    assert answer["ExecutedVersion"] == "1" and read(answer) == (b"1", {})


def test_sizes(lambda_client, name):
    body = """
        const part = Buffer.alloc(1 << 20, "x");
        for (let sent = 0; sent < event.mib; sent++) {
          if (!stream.write(part)) await new Promise((done) => stream.once("drain", done));
        }
        stream.end();
    """
    create(lambda_client, name, streaming(body), NODE, Timeout=120, MemorySize=512)
    got, last = read(invoke(lambda_client, name, {"mib": 8}))
    assert (len(got), last) == (8 << 20, {})
    # In one piece it is too large, and there is no more to it than that.
    whole = lambda_client.invoke(FunctionName=name, Payload=json.dumps({"mib": 8}))
    assert json.load(whole["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"
    size = 0
    for event in invoke(lambda_client, name, {"mib": 201})["EventStream"]:
        size += len(event["PayloadChunk"]["Payload"]) if "PayloadChunk" in event else 0
    assert size == 200 << 20
    details = json.loads(event["InvokeComplete"]["ErrorDetails"])
    assert details == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (209715200 bytes).",
    }


def test_a_reader_that_goes_away_does_not_end_the_function(server, lambda_client, client, name):
    body = "stream.write('first'); await gate(); stream.write(Buffer.alloc(4 << 20)); stream.end(); console.log('done');"
    create(lambda_client, name, streaming(body), NODE, Timeout=60)
    answer = invoke(lambda_client, name)
    assert next(iter(answer["EventStream"])) == {"PayloadChunk": {"Payload": b"first"}}
    answer["EventStream"].close()
    open_gate(lambda_client, name)
    logs = client(server, "logs")

    def reported():
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        messages = [event["message"] for event in found]
        return messages if any(message.startswith("REPORT ") for message in messages) else None

    messages = wait_until(reported, "the function has run to its end")
    assert any(message.rstrip().endswith("\tdone") for message in messages)
    wait_until(lambda: server.health()["instances"]["busy"] == 0, "nothing runs any more")
    assert read(invoke(lambda_client, name))[1] == {}


# Answers as the event says: its lines are the chunks; `error` and `break` end them otherwise than well.
RUNTIME = """#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
    id=$(curl -sS -D - -o /tmp/event "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    exec 5<> "/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
    printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n' "$id" >&5
    printf 'Lambda-Runtime-Function-Response-Mode: streaming\\r\\nContent-Type: text/plain\\r\\n' >&5
    printf 'Transfer-Encoding: chunked\\r\\nTrailer: Lambda-Runtime-Function-Error-Type\\r\\n\\r\\n' >&5
    end='0\\r\\n\\r\\n'
    for word in $(tr -d '"' < /tmp/event); do
        case $word in
        error) end='0\\r\\nLambda-Runtime-Function-Error-Type: Mine\\r\\nLambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\\r\\n\\r\\n' ;;
        break) end='5\\r\\nab' ;;
        *) printf '%x\\r\\n%s\\r\\n' ${#word} "$word" >&5 ;;
        esac
    done
    printf "$end" >&5
    [[ $end == 5* ]] || cat <&5 > /tmp/reply
    exec 5>&-
done
"""


def test_a_custom_runtime_streams(lambda_client, name):
    create(lambda_client, name, program("bootstrap", RUNTIME), "provided.al2023", Handler="x", Timeout=20)
    assert read(invoke(lambda_client, name, "a bc")) == (b"abc", {})
    got, last = read(invoke(lambda_client, name, "a error"))
    assert (got, last) == (b"a", {"ErrorCode": "Unhandled", "ErrorDetails": '{"a":1}'})
    got, last = read(invoke(lambda_client, name, "a break"))
    # What came of the chunk that was not to be completed is passed on, too.
    assert (got, json.loads(last["ErrorDetails"])) == (b"aab", {"errorType": "Runtime.TruncatedResponse"})
    whole = lambda_client.invoke(FunctionName=name, Payload=json.dumps("[1 ]"))
    assert json.load(whole["Payload"]) == [1]
    assert read(invoke(lambda_client, name, "x" * 100000))[0] == b"x" * 100000


def test_policies(client, enforcing, name):
    root, iam = client(enforcing, "lambda", **enforcing.root), client(enforcing, "iam", **enforcing.root)
    create(root, name, streaming("stream.end('a');"), NODE)
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    user = client(enforcing, "lambda", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    message = fails("AccessDeniedException", stream(user), FunctionName=name)
    assert "lambda:InvokeFunction" in message
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"arn:aws:lambda:*:*:function:{name}"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    assert read(invoke(user, name)) == (b"a", {})
