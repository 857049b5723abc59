"""Log events as JSON: where that is configured, what they say, and which of them are kept."""

import base64
import json

import pytest

from support.code import NODE, PYTHON, create, node, program, python
from support.errors import fails
from support.waiting import wait_until

SOURCES = {
    PYTHON: python("""
        import logging
        def lambda_handler(event, context):
            print("printed")
            log = logging.getLogger("mine")
            log.debug("small")
            log.info("%s and %d", "text", 3, extra={"user": "u"})
            log.error({"code": 7})
            return event
    """),
    NODE: node("""
        exports.handler = async (event) => {
            process.stdout.write("printed\\n");
            console.debug("small");
            console.info("%s and %d", "text", 3);
            console.error({ code: 7 });
            return event;
        };
    """),
}


def deploy(client, name, runtime=PYTHON, code=None, **logging):
    logging = {"LogFormat": "JSON", **logging}
    return create(client, name, code or SOURCES[runtime], runtime, LoggingConfig=logging)["LoggingConfig"]


def run(client, name, **options):
    """Invokes; the events of the log's tail, and the request's id."""
    answer = client.invoke(FunctionName=name, Payload=b"{}", LogType="Tail", **options)
    tail = base64.b64decode(answer["LogResult"]).decode()
    return [json.loads(line) if line.startswith("{") else line for line in tail.splitlines()], answer


def kinds(events):
    """Of each event its type, its level, or itself."""
    return [event if isinstance(event, str) else event.get("type") or event["level"] for event in events]


def test_configuration(lambda_client, name):
    group = {"LogGroup": f"/aws/lambda/{name}"}
    create(lambda_client, name)
    update = lambda **logging: lambda_client.update_function_configuration(  # noqa: E731
        FunctionName=name, LoggingConfig=logging
    )["LoggingConfig"]
    levels = lambda application, system: {  # noqa: E731
        "LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system
    }
    code = "InvalidParameterValueException"
    message = 'LogLevel is not supported when LogFormat is set to "Text".'
    assert fails(code, update, ApplicationLogLevel="DEBUG").startswith(message)
    assert update(LogFormat="JSON") == {**levels("INFO", "INFO"), **group}
    assert update(ApplicationLogLevel="TRACE") == {**levels("TRACE", "INFO"), **group}
    assert update(SystemLogLevel="WARN", LogGroup="mine") == {**levels("TRACE", "WARN"), "LogGroup": "mine"}
    told = lambda_client.get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert told == {**levels("TRACE", "WARN"), "LogGroup": "mine"}
    assert fails(code, update, LogFormat="Text", SystemLogLevel="INFO").startswith(message)
    assert update(LogFormat="Text") == {"LogFormat": "Text", "LogGroup": "mine"}


@pytest.mark.parametrize("runtime", SOURCES)
def test_events(lambda_client, logs_client, name, runtime):
    assert deploy(lambda_client, name, runtime)["ApplicationLogLevel"] == "INFO"
    events, answer = run(lambda_client, name)
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert kinds(events) == [
        *("platform.initStart", "platform.start"), "printed", "INFO", "ERROR", "platform.report"
    ]
    init, start, _, info, error, report = events
    assert init["record"]["functionName"] == name and init["record"]["instanceMaxMemory"] == 128 << 20
    assert start["record"]["requestId"] == report["record"]["requestId"] == request_id
    assert (start["record"]["version"], report["record"]["status"]) == ("$LATEST", "success")
    metrics = report["record"]["metrics"]
    assert metrics["billedDurationMs"] >= metrics["durationMs"] > 0 and metrics["initDurationMs"] > 0
    assert (info["message"], info["requestId"], error["message"]) == ("text and 3", request_id, {"code": 7})
    assert runtime == NODE or (info["logger"], info["user"]) == ("mine", "u")

    # The log is ordered by times: what is printed has that of its reading.
    stored = logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    messages = [event["message"] for event in stored]
    read = lambda text: json.loads(text) if text.startswith("{") else text.rstrip()  # noqa: E731
    in_order = sorted(messages, key=lambda text: events.index(read(text)))
    assert len(in_order) == len(events)
    ended = [text.endswith("\n") for text in in_order]
    assert ended == [False, False, True, runtime == PYTHON, runtime == PYTHON, False]


@pytest.mark.parametrize("runtime", SOURCES)
def test_levels(lambda_client, name, runtime):
    deploy(lambda_client, name, runtime, ApplicationLogLevel="DEBUG", SystemLogLevel="DEBUG")
    events, _ = run(lambda_client, name)
    assert kinds(events) == [
        *("platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start"),
        *("printed", "DEBUG", "INFO", "ERROR", "platform.runtimeDone", "platform.report"),
    ]
    done = events[-2]["record"]
    assert (done["status"], done["metrics"]["producedBytes"]) == ("success", 2)
    few = {"ApplicationLogLevel": "ERROR", "SystemLogLevel": "WARN"}
    lambda_client.update_function_configuration(FunctionName=name, LoggingConfig=few)
    assert kinds(run(lambda_client, name)[0]) == ["ERROR"]


def test_failures(lambda_client, name):
    source = "import os, time\ndef lambda_handler(event, context):\n    time.sleep(9) if event else os._exit(1)\n"
    deploy(lambda_client, name, code=python(source), SystemLogLevel="WARN")
    (done, report), answer = run(lambda_client, name)
    assert answer["FunctionError"] == "Unhandled"
    assert (done["type"], report["type"]) == ("platform.runtimeDone", "platform.report")
    for event in (done, report):
        assert (event["record"]["status"], event["record"]["errorType"]) == ("error", "Runtime.ExitError")
    deploy(lambda_client, f"{name}-init", code=python("import nothere\n"), SystemLogLevel="WARN")
    events, _ = run(lambda_client, f"{name}-init")
    assert kinds(events) == ["ERROR", *(f"platform.{kind}" for kind in ("initRuntimeDone", "initReport", "runtimeDone", "report"))]
    assert events[2]["record"]["errorType"] == "Runtime.ImportModuleError"


# Answers with its event, and then still has something to say.
BOOTSTRAP = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while [[ -n $api ]]; do
    id=$(curl -sS -D - -o /tmp/event "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    echo '{"level": "debug", "message": "small"}'
    echo '{"level": "WARN", "message": "large"}'
    curl -sS -X POST "$api/$id/response" --data-binary @/tmp/event > /dev/null
    sleep 0.3
    echo "after $id"
done
"""


def test_a_custom_runtime(lambda_client, logs_client, name):
    deploy(lambda_client, name, "provided.al2023", program("bootstrap", BOOTSTRAP))
    events, answer = run(lambda_client, name)
    assert kinds(events)[2:] == ["WARN", "platform.report"]
    # It works on until it asks for its next event.
    wanted = f"after {answer['ResponseMetadata']['RequestId']}\n"
    said = lambda: logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="after")["events"]  # noqa: E731
    (event,) = wait_until(said, "it has come to its end")
    assert event["message"] == wanted


@pytest.mark.parametrize(
    "content, mode, reason",
    [
        (BOOTSTRAP.partition("\n")[2], 0o755, "exec format error"),
        (BOOTSTRAP, 0o644, "permission denied"),
        ("#!/nowhere\n", 0o755, "no such file or directory"),
    ],
)
def test_programs_that_cannot_be_started(lambda_client, name, content, mode, reason):
    create(lambda_client, name, program("bootstrap", content, mode), "provided.al2023", Handler="x")
    answer = lambda_client.invoke(FunctionName=name, LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    message = f"RequestId: {request_id} Error: fork/exec /var/task/bootstrap: {reason}"
    assert json.load(answer["Payload"]) == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": message}
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"{message}\nRuntime.InvalidEntrypoint\nEND RequestId: {request_id}\nREPORT " in tail
    assert tail.endswith("\tStatus: error\tError Type: Runtime.InvalidEntrypoint\n")
