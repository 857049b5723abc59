"""Python: events, responses, the context object."""

import re

import pytest
from function import ARN, REQUEST


def returning(expression, imports=""):
    return f"{imports}\ndef handler(event, context):\n    return {expression}\n"


@pytest.mark.parametrize(
    "event",
    [None, {}, [1, 2.5, "x"], "text", {"é": ["ü", "\u2028", "\U0001f600"]}, pytest.param("x" * 3_000_000, id="large")],
)
def test_events_come_and_go_unchanged(python, event):
    python.check(returning("event"), event, response=event)


@pytest.mark.parametrize(
    "expression, imports, response",
    [
        ("{'a': (1, 2), 'b': None}", "", {"a": [1, 2], "b": None}),
        (
            "{'price': Decimal('1.10'), 'n': Decimal(2)}",
            "from decimal import Decimal",
            {"price": 1.10, "n": 2},
        ),
        (
            "[P(1, [P(2, 3)])]",
            "from collections import namedtuple\nP = namedtuple('P', 'x y')",
            [{"x": 1, "y": [{"x": 2, "y": 3}]}],
        ),
        ("{'body': u'h\\xe4'.encode('utf-8')}", "", {"body": "hä"}),
        ("{b'key': 1, 'd': Decimal(1)}", "from decimal import Decimal", {"key": 1, "d": 1}),
        (
            "defaultdict(list, a=[Decimal(n) for n in range(20000)])",
            "from collections import defaultdict\nfrom decimal import Decimal",
            {"a": list(range(20000))},
        ),
    ],
)
def test_responses_that_json_does_not_know(python, expression, imports, response):
    python.check(returning(expression, imports), response=response)


@pytest.mark.parametrize("number", ["1.10", "12345678901234567890.123456789", "-0.5", "1E+3", "0"])
def test_decimals_keep_their_digits(python, number):
    with python.function(returning(f"Decimal('{number}')", "from decimal import Decimal")) as it:
        it.loaded()
        it.send(None)
        assert it.instance.receive()[2] == number.encode()


def test_bytes_are_the_response_itself(python):
    if python.version >= (3,):
        python.check(returning(r"b'\x00\xff'"), response=b"\x00\xff")


@pytest.mark.parametrize("runtime, escaped", [("python3.11", True), ("python3.12", False)])
def test_older_runtimes_escape(python, runtime, escaped):
    if python.version < (3,):
        return
    env = {"AWS_EXECUTION_ENV": "AWS_Lambda_" + runtime}
    with python.function(returning("'\\xe9'"), env=env) as function:
        function.loaded()
        function.send(None)
        body = function.instance.receive()[2]
    assert body == (b'"\\u00e9"' if escaped else '"é"'.encode())


@pytest.mark.parametrize(
    "expression, message",
    [
        ("{1, 2}", "Object of type set is not JSON serializable"),
        ("object()", "Object of type object is not JSON serializable"),
        ("{(1, 2): 3}", "keys must be "),
        ("[context]", "Object of type LambdaContext is not JSON serializable"),
        ("(lambda a: a.append(a) or a)([])", "Circular reference detected"),
    ],
)
def test_responses_that_are_not_json(python, expression, message):
    if python.version < (3, 7) and "of type" in message:
        message = "is not JSON serializable"  # as these versions say it
    if python.version < (3,) and "keys" in message:
        message = "keys must be a string"
    python.check(
        returning(expression),
        error={
            "errorType": "Runtime.MarshalError",
            "errorMessage": re.compile("^Unable to marshal response: .*" + message),
            "requestId": REQUEST,
            "stackTrace": [],
        },
    )


def test_an_event_that_is_not_json(python):
    message = "Unable to unmarshal input: "
    python.check(
        returning("event"),
        event=b"{",
        error={
            "errorType": "Runtime.UnmarshalError",
            "errorMessage": re.compile("^" + message),
            "stackTrace": [],
        },
    )


CONTEXT = """
def handler(event, context):
    left = context.get_remaining_time_in_millis()
    return {
        "name": context.function_name,
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "id": context.aws_request_id,
        "group": context.log_group_name,
        "stream": context.log_stream_name,
        "identity": context.identity.cognito_identity_id,
        "client": repr(context.client_context),
        "left": isinstance(left, int) and 0 < left <= 3000,
    }
"""
FACTS = {
    "name": "hello",
    "version": "$LATEST",
    "arn": ARN,
    "memory": "128",
    "id": REQUEST,
    "group": "/aws/lambda/hello",
    "stream": "2026/01/02/[$LATEST]0123456789abcdef",
    "identity": None,
    "client": "None",
    "left": True,
}


def test_context(python):
    python.check(CONTEXT, response=FACTS)


def test_context_past_its_deadline(python):
    source = returning("context.get_remaining_time_in_millis()")
    python.check(source, response=0, head={"deadline_ms": 1})


def test_client_context(python):
    source = """
def handler(event, context):
    c = context.client_context
    return [c.custom, c.env, c.client.app_title, c.client.installation_id]
"""
    text = '{"custom": {"k": 1}, "env": {"locale": "de"}, "client": {"app_title": "App"}}'
    python.check(
        source,
        response=[{"k": 1}, {"locale": "de"}, "App", None],
        head={"client_context": text},
    )
    python.check(
        source,
        head={"client_context": "{"},
        error={
            "errorType": "Runtime.LambdaContextUnmarshalError",
            "errorMessage": re.compile("^Unable to parse Client Context JSON: "),
        },
    )


def test_context_repr(python):
    pattern = (
        r"^LambdaContext\(\[aws_request_id=" + REQUEST + ",log_group_name=/aws/lambda/hello,.*"
        r"client_context=None,identity=CognitoIdentity\(\[cognito_identity_id=None,"
        r"cognito_identity_pool_id=None\]\),tenant_id=None\]\)$"
    )
    python.check(returning("repr(context)"), response=re.compile(pattern))


def test_traces_of_many_invocations_take_no_memory(python):
    seen = "[os.environ.get('_X_AMZN_TRACE_ID'), os.popen('echo $_X_AMZN_TRACE_ID').read().strip() if event else None, resident()]"
    resident = "import os\n\ndef resident():\n    return int(open('/proc/self/statm').read().split()[1])\n"
    with python.function(returning(seen, resident)) as function:
        assert function.loaded() is None
        pages = []
        for turn in range(6000):
            trace = f"Root=1-6a3f1c22-{turn:024x};Parent={turn:016x};Sampled=0"
            (here, in_program, resident), _ = function.invoke(event=turn % 1000 == 999, trace=trace)
            assert here == trace and in_program in (None, trace)
            pages.append(resident)
        # Nothing else was said meanwhile, and what is said next is heard.
        assert function.invoke(trace=None)[0][0] is None
        long = "x" * 5000
        assert function.invoke(event=True, trace=long)[0][:2] == [long, long]
        assert function.invoke(event=True, trace="Root=1-a")[0][:2] == ["Root=1-a", "Root=1-a"]
        # What setenv keeps of 5,000 of them is 700 KB.
        assert pages[-1] - pages[1000] < 64, "pages"


def test_trace_is_in_the_environment_of_its_invocation(python):
    with python.function(returning("os.environ.get('_X_AMZN_TRACE_ID')", "import os")) as function:
        function.loaded()
        assert function.invoke(trace="Root=1-a") == ("Root=1-a", None)
        assert function.invoke(trace="Root=1-b") == ("Root=1-b", None)
        assert function.invoke() == (None, None)


def test_globals_and_temporary_state_last_between_invocations(python):
    source = "calls = []\ndef handler(event, context):\n    calls.append(event)\n    return calls\n"
    with python.function(source) as function:
        function.loaded()
        assert function.invoke(1) == ([1], None)
        assert function.invoke(2) == ([1, 2], None)
