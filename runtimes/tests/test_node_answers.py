"""Node.js: the ways to answer, events, responses, the context object."""

import re
import socket

import pytest
from function import ARN, REQUEST

BODY = "exports.handler = %s;\n"
WITHOUT_CALLBACKS = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}


@pytest.mark.parametrize(
    "handler",
    [
        "async (event) => event",
        "(event) => Promise.resolve(event)",
        "(event) => ({ then: (resolve) => resolve(event) })",
        "(event, context, callback) => callback(null, event)",
        "(event, context, callback) => callback(undefined, event)",
        "(event, context, callback) => { setTimeout(() => callback(null, event), 5); }",
        "(event, context) => context.succeed(event)",
        "(event, context) => context.done(null, event)",
        "(event, context) => { setTimeout(context.succeed, 5, event); }",
        "function (event, context, callback) { process.nextTick(callback, null, event); }",
        # the first answer counts
        "(event, context) => { context.succeed(event); context.fail('late'); }",
        "async (event, context, callback) => { callback(null, event); return 'second'; }",
    ],
)
def test_ways_to_succeed(node, handler):
    with node.function(BODY % handler) as function:
        assert function.loaded() is None
        for event in ({"n": 1}, {"n": 2}, "x"):
            assert function.invoke(event) == (event, None)
        assert function.events() == []


@pytest.mark.parametrize(
    "handler",
    [
        "async () => { throw new TypeError('no'); }",
        "() => { throw new TypeError('no'); }",
        "() => Promise.reject(new TypeError('no'))",
        "(event, context, callback) => callback(new TypeError('no'))",
        "(event, context, callback) => { setTimeout(callback, 5, new TypeError('no')); }",
        "(event, context) => context.fail(new TypeError('no'))",
        "(event, context) => context.done(new TypeError('no'))",
        "async () => { await null; null.x; }",
    ],
)
def test_ways_to_fail(node, handler):
    message = "no" if "null.x" not in handler else re.compile("null")
    node.check(BODY % handler, error={"errorType": "TypeError", "errorMessage": message})


@pytest.mark.parametrize(
    "handler, response",
    [
        ("async () => undefined", None),
        ("async () => null", None),
        ("() => 5", None),  # neither a promise nor a callback
        ("() => {}", None),
        ("async () => () => 1", None),
        ("() => new Promise(() => {})", None),  # nothing will ever settle it
        ("async () => ({ a: undefined, d: new Date(0) })", {"d": "1970-01-01T00:00:00.000Z"}),
        ("async () => [undefined, NaN]", [None, None]),
        ("async () => ({ toJSON: () => 'text' })", "text"),
        pytest.param("async () => 'x'.repeat(3000000)", "x" * 3_000_000, id="large"),
        ("(e, c, cb) => { cb(null, '\\u00fc\\u2028\\ud83d\\ude00') }", "ü\u2028😀"),
    ],
)
def test_responses(node, handler, response):
    node.check(BODY % handler, response=response)


@pytest.mark.parametrize("event", [None, [], {"é": ["\u2028", "😀"]}, pytest.param("x" * 3_000_000, id="large")])
def test_events_come_and_go_unchanged(node, event):
    node.check(BODY % "async (event) => event", event, response=event)


@pytest.mark.parametrize(
    "handler",
    [
        "async (e) => { e.e = e; return e; }",
        "async () => ({ n: BigInt(1) })",
        "(e, context) => { e.e = e; context.succeed(e); }",
    ],
)
def test_a_response_that_is_not_json(node, handler):
    node.check(
        BODY % handler,
        {},
        error={"errorType": "Error", "errorMessage": "Unable to stringify response body"},
    )


def test_an_event_that_is_not_json(node):
    node.check(BODY % "async () => 1", b"{", error={"errorType": "SyntaxError"})


def test_an_answer_waits_for_the_event_loop(node):
    """A callback's result is sent once nothing is left to do; by default."""
    with node.function(
        "let ticks = 0;\n"
        "exports.handler = (event, context, callback) => {\n"
        "  setTimeout(() => { ticks += 1; console.log('tick'); }, 30);\n"
        "  callback(null, event);\n"
        "};\n"
    ) as function:
        function.loaded()
        assert function.invoke(1) == (1, None)
        assert function.events() == [("INFO", f"TIME\t{REQUEST}\tINFO\ttick")]


def test_an_answer_that_does_not_wait_leaves_handles_open(node):
    with node.function(
        "exports.handler = (event, context, callback) => {\n"
        "  context.callbackWaitsForEmptyEventLoop = false;\n"
        "  setInterval(() => {}, 1e6);\n"
        "  callback(null, event);\n"
        "};\n"
    ) as function:
        function.loaded()
        assert function.invoke(1) == (1, None)
        assert function.invoke(2) == (2, None)


def test_promises_do_not_wait_for_the_event_loop(node):
    with node.function(
        "exports.handler = async (event) => { setInterval(() => {}, 1e6); return event; };\n"
    ) as function:
        function.loaded()
        assert function.invoke(1) == (1, None)
        assert function.invoke(2) == (2, None)


def test_background_work_goes_on_in_the_next_invocation(node):
    with node.function(
        "let finished = 0;\n"
        "exports.handler = async (event) => {\n"
        "  if (event === 'start') setTimeout(() => { finished += 1; }, 1);\n"
        "  else while (!finished) await new Promise((resolve) => setTimeout(resolve, 1));\n"
        "  return finished;\n"
        "};\n"
    ) as function:
        function.loaded()
        assert function.invoke("start") == (0, None)
        assert function.invoke("next") == (1, None)


def test_a_connection_closed_while_idle_is_not_used_again(node):
    """The handler's turn comes after the news that its server has hung up."""
    source = (
        "const http = require('http');\n"
        "const agent = new http.Agent({ keepAlive: true });\n"
        "exports.handler = (port) => new Promise((done, fail) => {\n"
        "  http.get({ agent, port, host: '127.0.0.1' }, (response) => {\n"
        "    response.resume();\n"
        "    response.once('end', () => setImmediate(done, response.statusCode));\n"
        "  }).on('error', fail);\n"
        "});\n"
    )
    with node.function(source) as function, socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        function.loaded()
        for _ in range(3):
            function.send(server.getsockname()[1])
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n")
                assert function.answer() == (204, None)


CONTEXT = (
    BODY
    % """async (event, context) => ({
  names: Object.keys(context),
  name: context.functionName,
  version: context.functionVersion,
  arn: context.invokedFunctionArn,
  memory: context.memoryLimitInMB,
  id: context.awsRequestId,
  group: context.logGroupName,
  stream: context.logStreamName,
  undefined: [context.identity, context.clientContext].map((value) => value === undefined),
  waits: context.callbackWaitsForEmptyEventLoop,
  left: context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 3000,
})"""
)


def test_context(node):
    node.check(
        CONTEXT,
        response={
            "names": [
                "callbackWaitsForEmptyEventLoop",
                "succeed",
                "fail",
                "done",
                "functionVersion",
                "functionName",
                "memoryLimitInMB",
                "logGroupName",
                "logStreamName",
                "clientContext",
                "identity",
                "invokedFunctionArn",
                "awsRequestId",
                "tenantId",
                "getRemainingTimeInMillis",
            ],
            "name": "hello",
            "version": "$LATEST",
            "arn": ARN,
            "memory": "128",
            "id": REQUEST,
            "group": "/aws/lambda/hello",
            "stream": "2026/01/02/[$LATEST]0123456789abcdef",
            "undefined": [True, True],
            "waits": True,
            "left": True,
        },
    )


def test_client_context(node):
    source = BODY % "async (event, context) => context.clientContext.custom.k"
    node.check(source, response=1, head={"client_context": '{"custom": {"k": 1}}'})
    node.check(
        source,
        head={"client_context": "{"},
        error={"errorMessage": re.compile("^Cannot parse ClientContext as json: SyntaxError")},
    )


def test_trace_is_in_the_environment_of_its_invocation(node):
    with node.function(BODY % "async () => process.env._X_AMZN_TRACE_ID") as function:
        function.loaded()
        assert function.invoke(trace="Root=1-a") == ("Root=1-a", None)
        assert function.invoke(trace="Root=1-b") == ("Root=1-b", None)
        assert function.invoke() == (None, None)


SHOWN = """
const { execSync } = require("child_process");
const { inspect } = require("util");
const { env } = process;
const NAME = "_X_AMZN_TRACE_ID";
const inProgram = () => execSync("echo $" + NAME).toString().trim();
// inspect looks past proxies, at the real environment.
exports.handler = async (asked) =>
  asked
    ? [env[NAME], inProgram(), NAME in env, Object.keys(env).filter((key) => key === NAME).length, { ...env }[NAME]]
    : [env[NAME], inspect(env).includes(env[NAME])];
"""


def test_traces_of_many_invocations_take_no_memory(node):
    """What C's setenv was given it keeps for ever: it is given some, and then no more."""
    with node.function(SHOWN) as function:
        assert function.loaded() is None
        traces = [f"Root=1-6a3f1c22-{turn:024x}" for turn in range(600)]
        told = [function.invoke(trace=trace)[0] for trace in traces]
        assert [here for here, _ in told] == traces
        assert [really for _, really in told[:200]] == [True] * 200
        assert [really for _, really in told[300:]] == [False] * 300
        assert function.invoke(event=True, trace="Root=1-a")[0] == ["Root=1-a", "Root=1-a", True, 1, "Root=1-a"]
        assert function.invoke(event=True)[0][:4] == [None, "", False, 0]


def test_the_environment_is_one(node):
    """What a function does with it is what it would do without a trace."""
    source = """
    const { execSync } = require("child_process");
    process.env.NUMBER = 1;
    delete process.env.GONE;
    Object.assign(process.env, { _X_AMZN_TRACE_ID: "mine", ADDED: "a b" });
    const inProgram = execSync("echo $NUMBER-$GONE-$ADDED-$_X_AMZN_TRACE_ID").toString().trim();
    delete process.env._X_AMZN_TRACE_ID;
    process.env.TZ = "XYZ-3";
    exports.handler = async () => [
      process.env.NUMBER, process.env.GONE, "GONE" in process.env, inProgram, process.env.nothing,
      Object.getOwnPropertyDescriptor(process.env, "ADDED").value, new Date(0).getHours(),
      JSON.parse(JSON.stringify(process.env)).ADDED,
    ];
    """
    expect = ["1", None, False, "1--a b-mine", None, "a b", 3, "a b"]
    if node.version < (13,):
        expect[6] = 0  # Node.js 12 reads the time zone once
    node.check(source, response=expect, env={"GONE": "no"})


def test_an_environment_of_the_functions_own_has_the_trace_too(node):
    source = "process.env = { A: '1' };\n" + BODY % "async () => process.env"
    with node.function(source) as function:
        function.loaded()
        assert function.invoke(trace="Root=1-a") == ({"A": "1", "_X_AMZN_TRACE_ID": "Root=1-a"}, None)
        assert function.invoke() == ({"A": "1"}, None)


@pytest.mark.parametrize(
    "handler, response",
    [
        ("async (event) => event", {"n": 1}),
        ("(event) => Promise.resolve(event)", {"n": 1}),
        ("() => 5", 5),
        ("() => {}", None),
        ("function () { return arguments.length; }", 2),
        ("(...all) => all.length", 2),
        ("async (event, context) => ['done', 'fail', 'succeed'].map((way) => typeof context[way])", ["undefined"] * 3),
        ("async (event, context) => 'callbackWaitsForEmptyEventLoop' in context", False),
        ("async () => { setTimeout(() => {}, 60000); return 1; }", 1),
    ],
)
def test_without_callbacks(node, handler, response):
    with node.function(BODY % handler, env=WITHOUT_CALLBACKS) as function:
        assert function.loaded() is None
        for _ in range(2):
            assert function.invoke({"n": 1}) == (response, None)


@pytest.mark.parametrize("handler", ["async () => { throw new TypeError('no'); }", "() => { throw new TypeError('no'); }"])
def test_failures_without_callbacks(node, handler):
    error = {"errorType": "TypeError", "errorMessage": "no"}
    node.check(BODY % handler, error=error, env=WITHOUT_CALLBACKS)


@pytest.mark.parametrize("handler", ["(event, context, callback) => callback(null, 1)", "async (a, b, c, d) => 1"])
def test_callbacks_that_are_gone(node, handler):
    message = re.compile("^ERROR: AWS Lambda has removed support for callback-based function handlers starting with")
    error = {"errorType": "Runtime.CallbackHandlerDeprecated", "errorMessage": message}
    logs = [("ERROR", re.compile(r"TIME\tundefined\tERROR\tInit Error \t{\"errorType\":\"Runtime.CallbackHandlerDeprecated\""))]
    node.check_init_error(BODY % handler, error, logs, env=WITHOUT_CALLBACKS)
