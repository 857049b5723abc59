"""Lab 1 of the class, by command line, with the class's own handlers."""

import base64
import json
import math
import re

import pytest

from support.code import node, python

EVENT = json.dumps({"key1": "value1", "key2": "value2", "key3": "value3"})
HANDLERS = {
    "nodejs6.10": (
        "index.handler",
        node("exports.handler = (event, context, callback) => {\n    callback(null, 'Hello from Lambda');\n};\n"),
        "Hello from Lambda",
    ),
    "nodejs20.x": (
        "index.handler",
        node("export const handler = async (event) => {\n  return 'Hello from Lambda';\n};\n", "index.mjs"),
        "Hello from Lambda",
    ),
    "python3.6": (
        "lambda_function.lambda_handler",
        python("def lambda_handler(event, context):\n    # TODO implement\n    return 'Hello from Lambda'\n"),
        "Hello from Lambda",
    ),
    "python2.7": (
        "lambda_function.lambda_handler",
        python("def lambda_handler(event, context):\n    return u'Hello from Lambda'\n"),
        "Hello from Lambda",
    ),
}


@pytest.mark.parametrize("runtime", HANDLERS)
def test_lab_1(aws, server, client, name, tmp_path, runtime):
    handler, code, greeting = HANDLERS[runtime]
    (tmp_path / "function.zip").write_bytes(code)
    (tmp_path / "event.json").write_text(EVENT)
    role = json.loads(aws("iam", "get-role", "--role-name", "lambdaSizingFunctionRole", "--output", "json").stdout)
    made = aws(
        *("lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", handler),
        *("--role", role["Role"]["Arn"], "--zip-file", "fileb://function.zip", "--output", "json"),
    )
    made = json.loads(made.stdout)
    assert (made["MemorySize"], made["Timeout"], made["Runtime"], made["State"]) == (128, 3, runtime, "Active")

    invoked = aws(
        *("lambda", "invoke", "--function-name", name, "--payload", "fileb://event.json"),
        *("--log-type", "Tail", "--output", "json", "result.json"),
    )
    answer = json.loads(invoked.stdout)
    assert json.loads((tmp_path / "result.json").read_text()) == greeting, answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    told = re.search(r"\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 128 MB\tMax Memory Used: ", tail)
    assert int(told[2]) == 100 * math.ceil(float(told[1]) / 100), tail
    assert tail.startswith("START RequestId: ")

    logs = client(server, "logs")
    streams = logs.describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    assert len(streams) == 1 and "[$LATEST]" in streams[0]["logStreamName"]
    events = logs.get_log_events(
        logGroupName=f"/aws/lambda/{name}", logStreamName=streams[0]["logStreamName"], startFromHead=True
    )["events"]
    kinds = [event["message"].split()[0] for event in events]
    assert kinds == ["INIT_START", "START", "END", "REPORT"]
    # The log tells which interpreter runs a retired name.
    assert events[0]["message"].startswith("INIT_START Runtime Version: ")


def test_one_console_log_is_one_event(lambda_client, logs_client, name):
    from support.code import NODE, create

    source = "exports.handler = async (event) => { console.log('Stream record: ', JSON.stringify(event, null, 2)); };\n"
    create(lambda_client, name, node(source), NODE)
    lambda_client.invoke(FunctionName=name, Payload=EVENT.encode())
    events = logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"Stream record"')["events"]
    assert len(events) == 1
    time, request_id, level, text = events[0]["message"].split("\t", 3)
    assert level == "INFO" and text.rstrip("\n") == "Stream record:  " + json.dumps(json.loads(EVENT), indent=2)


@pytest.mark.parametrize(
    "runtime, code",
    [
        ("python3.11", python("def lambda_handler(event, context):\n    return \u201chello\u201d\n")),
        ("nodejs20.x", node("exports.handler = async () => { return \u201chello\u201d; };\n")),
    ],
    ids=["python", "node"],
)
def test_curly_quotes_are_named(lambda_client, name, runtime, code):
    handler = HANDLERS["python3.6" if runtime.startswith("python") else "nodejs20.x"][0]
    role = "arn:aws:iam::123456789012:role/lambdaSizingFunctionRole"
    lambda_client.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role=role, Code={"ZipFile": code})
    answer = lambda_client.invoke(FunctionName=name, LogType="Tail")
    assert json.load(answer["Payload"])["errorType"] == "Runtime.UserCodeSyntaxError"
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "\u201c" in tail and "quote" in tail.lower(), tail
    assert ("line 2" if runtime.startswith("python") else ":1") in tail or "line 1" in tail
