"""What an invocation can come to, reported exactly as Lambda does, in the response and in the log."""

import base64
import json
import re

import pytest

from support.code import NODE, PYTHON, create, node, python
from support.coverage import covers

REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>[\d.]+) ms\tBilled Duration: (?P<billed>\d+) ms\t"
    r"Memory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB\t(?:Init Duration: (?P<init>[\d.]+) ms\t)?"
    r"(?:Status: (?P<status>\w+))?(?:\tError Type: (?P<error>[\w.]+))?"
)


def invoke(client, name, event=None, **options):
    """Invokes with a log tail: the answer, its payload and the tail."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event or {}).encode(), LogType="Tail", **options)
    payload = answer["Payload"].read()
    tail = base64.b64decode(answer["LogResult"]).decode()
    return answer, json.loads(payload) if payload else None, tail


CASES = {
    # name: (runtime, source, options, expected payload with R for the request id, pattern of the log, REPORT's status and error)
    "python error": (
        PYTHON,
        "def lambda_handler(event, context):\n    raise KeyError('missing')\n",
        {},
        {
            "errorMessage": "'missing'",
            "errorType": "KeyError",
            "requestId": "R",
            "stackTrace": [
                '  File "/var/task/lambda_function.py", line 2, in lambda_handler\n    raise KeyError(\'missing\')\n'
            ],
        },
        r"\[ERROR\] KeyError: 'missing'\nTraceback \(most recent call last\):\n\s+File",
        (None, None),
    ),
    "python import error": (
        PYTHON,
        "import nothere\n",
        {},
        {
            "errorMessage": "Unable to import module 'lambda_function': No module named 'nothere'",
            "errorType": "Runtime.ImportModuleError",
            "requestId": "",
            "stackTrace": [],
        },
        r"\[ERROR\] Runtime\.ImportModuleError: Unable to import module",
        ("error", "Runtime.ImportModuleError"),
    ),
    "python handler missing": (
        PYTHON,
        "x = 1\n",
        {},
        {
            "errorMessage": "Handler 'lambda_handler' missing on module 'lambda_function'",
            "errorType": "Runtime.HandlerNotFound",
            "requestId": "",
            "stackTrace": [],
        },
        r"Runtime\.HandlerNotFound",
        ("error", "Runtime.HandlerNotFound"),
    ),
    "python timeout": (
        PYTHON,
        "import time\ndef lambda_handler(event, context):\n    print('before')\n    time.sleep(30)\n",
        {"Timeout": 3},
        {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: R Error: Task timed out after 3.00 seconds"},
        r"before\n(?s:.*)R Task timed out after 3\.00 seconds",
        ("timeout", None),
    ),
    "python exit": (
        PYTHON,
        "import sys\ndef lambda_handler(event, context):\n    sys.exit(1)\n",
        {},
        {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: R Error: Runtime exited with error: exit status 1"},
        r"REPORT",
        ("error", "Runtime.ExitError"),
    ),
    "python hard exit 0": (
        PYTHON,
        "import os\ndef lambda_handler(event, context):\n    os._exit(0)\n",
        {},
        {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: R Error: Runtime exited without providing a reason"},
        r"REPORT",
        ("error", "Runtime.ExitError"),
    ),
    "python killed": (
        PYTHON,
        "import os\ndef lambda_handler(event, context):\n    os.kill(os.getpid(), 11)\n",
        {},
        {
            "errorType": "Runtime.ExitError",
            "errorMessage": "RequestId: R Error: Runtime exited with error: signal: segmentation fault",
        },
        r"REPORT",
        ("error", "Runtime.ExitError"),
    ),
    "python out of memory": (
        PYTHON,
        "def lambda_handler(event, context):\n    hog = []\n    while True:\n        hog.append(bytearray(8 << 20))\n",
        {"Timeout": 30},
        {"errorType": "Runtime.OutOfMemory", "errorMessage": "RequestId: R Error: Runtime exited with error: signal: killed"},
        r"REPORT",
        ("error", "Runtime.OutOfMemory"),
    ),
    "python not serialisable": (
        PYTHON,
        "def lambda_handler(event, context):\n    return {1, 2}\n",
        {},
        {
            "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
            "errorType": "Runtime.MarshalError",
            "requestId": "R",
            "stackTrace": [],
        },
        r"Runtime\.MarshalError",
        (None, None),
    ),
    "node callback error": (
        NODE,
        "exports.handler = (event, context, callback) => callback(new TypeError('no'));\n",
        {},
        {"errorType": "TypeError", "errorMessage": "no"},
        r"\tR\tERROR\tInvoke Error \t\{\"errorType\":\"TypeError\",\"errorMessage\":\"no\"",
        (None, None),
    ),
    "node rejected": (
        NODE,
        "exports.handler = async () => { throw new Error('late'); };\n",
        {},
        {"errorType": "Error", "errorMessage": "late"},
        r"Invoke Error",
        (None, None),
    ),
    "node module missing": (
        NODE,
        "require('nothere');\n",
        {},
        {"errorType": "Runtime.ImportModuleError"},
        r"Cannot find module 'nothere'",
        ("error", "Runtime.ImportModuleError"),
    ),
    "node exit": (
        NODE,
        "exports.handler = () => process.exit(3);\n",
        {},
        {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: R Error: Runtime exited with error: exit status 3"},
        r"REPORT",
        ("error", "Runtime.ExitError"),
    ),
    "node timeout": (
        NODE,
        "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));\n",
        {"Timeout": 3},
        {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: R Error: Task timed out after 3.00 seconds"},
        r"Task timed out after 3\.00 seconds",
        ("timeout", None),
    ),
}


@covers("lambda.Invoke")
@pytest.mark.parametrize("case", CASES)
def test_failures_are_told_billed_and_logged(lambda_client, name, case):
    runtime, source, options, expected, logged, status = CASES[case]
    create(lambda_client, name, (python if runtime == PYTHON else node)(source), runtime, **options)
    # The second attempt meets either a warm instance or a new one; the answer is the same.
    for _ in range(2):
        answer, payload, tail = invoke(lambda_client, name)
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert answer["StatusCode"] == 200 and answer["FunctionError"] == "Unhandled"
        wanted = json.loads(json.dumps(expected).replace('"R"', f'"{request_id}"').replace(" R ", f" {request_id} "))
        assert {key: payload.get(key) for key in wanted} == wanted
        assert re.search(logged.replace("R Task", f"{request_id} Task").replace(r"\tR\t", rf"\t{request_id}\t"), tail), tail
        report = REPORT.search(tail)
        assert report, tail
        assert report["id"] == request_id
        assert int(report["billed"]) % 100 == 0
        assert int(report["billed"]) >= float(report["duration"])
        assert (report["status"], report["error"]) == status
        if "timeout" in case:
            assert report["billed"] == "3000"


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
def test_a_failure_does_not_outlive_its_instance(lambda_client, name, runtime):
    sources = {
        PYTHON: "import os\ndef lambda_handler(e, c):\n    if e.get('die'):\n        os._exit(9)\n    return 'alive'\n",
        NODE: "exports.handler = async e => { if (e.die) process.exit(9); return 'alive'; };\n",
    }
    create(lambda_client, name, (python if runtime == PYTHON else node)(sources[runtime]), runtime)
    for event, error in [({}, None), ({"die": 1}, "Unhandled"), ({}, None), ({"die": 1}, "Unhandled"), ({}, None)]:
        answer, payload, _ = invoke(lambda_client, name, event)
        assert answer.get("FunctionError") == error
        assert error or payload == "alive"


@covers("lambda.Invoke")
def test_a_log_has_the_form_of_lambdas(lambda_client, logs_client, name):
    source = "def lambda_handler(event, context):\n    print('one')\n    print('two')\n    return event\n"
    create(lambda_client, name, python(source), MemorySize=192)
    answer, payload, tail = invoke(lambda_client, name, {"a": [1, 2.5, "ü"]})
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert payload == {"a": [1, 2.5, "ü"]}
    assert answer["ExecutedVersion"] == "$LATEST"
    lines = tail.splitlines()
    start = lines.index(f"START RequestId: {request_id} Version: $LATEST")
    assert lines[start + 1 : start + 4] == ["one", "two", f"END RequestId: {request_id}"]
    report = REPORT.search(tail)
    assert report["size"] == "192" and 1 <= int(report["used"]) <= 192 and report["init"]
    _, _, again = invoke(lambda_client, name)
    assert REPORT.search(again)["init"] is None
    events = logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    kinds = [event["message"].split()[0] for event in events]
    once = ["START", "one", "two", "END", "REPORT"]
    assert kinds == ["INIT_START", *once, *once]
    assert all(event["message"].endswith("\n") for event in events)
    assert "".join(event["message"] for event in events[1:6]) == tail
