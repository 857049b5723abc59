"""Node.js: what the caller and the log get when a function fails."""

import json
import os
import re
import signal

import pytest
from function import REQUEST

BODY = "exports.handler = %s;\n"


def test_an_error_is_a_document_and_one_event(node):
    with node.function(
        "function inner() {\n  throw new RangeError('too far');\n}\n"
        "exports.handler = async () => inner();\n"
    ) as function:
        function.loaded()
        _, error = function.invoke()
        trace = error.pop("trace")
        assert error == {"errorType": "RangeError", "errorMessage": "too far"}
        assert trace[:2] == ["RangeError: too far", "    at inner (/var/task/app.js:2:9)"]
        assert re.match(r"    at .*handler.*\(/var/task/app.js:4:3\d\)$", trace[2])
        assert len(trace) == 3  # none of our own frames, nor what is below them
        [(level, text)] = function.events()
        assert level == "ERROR"
        head, document = text.split("Invoke Error \t")
        assert head == f"TIME\t{REQUEST}\tERROR\t"
        assert json.loads(document) == {**error, "stack": trace}


def test_own_properties_of_errors_are_logged(node):
    with node.function(
        BODY % "async () => { throw Object.assign(new Error('e'), {code: 'E1', extra: {n: 1}}); }"
    ) as function:
        function.loaded()
        assert function.invoke()[1].keys() == {"errorType", "errorMessage", "trace"}
        [(_, text)] = function.events()
        document = json.loads(text.split("\t")[-1])
        assert (document["code"], document["extra"]) == ("E1", {"n": 1})


@pytest.mark.parametrize(
    "thrown, error",
    [
        ("'text'", {"errorType": "string", "errorMessage": "text", "trace": []}),
        ("5", {"errorType": "number", "errorMessage": "5", "trace": []}),
        ("({ a: 1 })", {"errorType": "object", "errorMessage": "[object Object]", "trace": []}),
        (
            "({ name: 'N', message: 'M', stack: 'S\\nT' })",
            {"errorType": "N", "errorMessage": "M", "trace": ["S", "T"]},
        ),
        (
            "new (class Mine extends Error { get name() { return 'Mine'; } })('m')",
            {"errorType": "Mine", "errorMessage": "m"},
        ),
        ("Object.create(null)", {"errorType": "handled"}),
    ],
)
@pytest.mark.parametrize("how", ["async () => { throw %s; }", "(e, c, callback) => callback(%s)"])
def test_anything_can_be_thrown(node, how, thrown, error):
    node.check(BODY % (how % thrown), error=error)


@pytest.mark.parametrize("reason", ["", "undefined", "null"])
def test_failing_for_no_reason(node, reason):
    node.check(
        BODY % f"(event, context) => context.fail({reason})",
        error={"errorType": "string", "errorMessage": "handled", "trace": []},
    )


def test_an_instance_lives_on_after_an_error(node):
    source = BODY % "async (event) => { if (event) return event; throw new Error('no'); }"
    with node.function(source) as function:
        function.loaded()
        assert function.invoke(0)[1]["errorMessage"] == "no"
        assert function.invoke(1) == (1, None)


@pytest.mark.parametrize(
    "handler, status, error, title",
    [
        (
            "() => { setTimeout(() => { throw new TypeError('late'); }, 1); }",
            129,
            {"errorType": "TypeError", "errorMessage": "late"},
            "Uncaught Exception",
        ),
        (
            "() => { Promise.reject(new Error('lost')); return new Promise(() => {}); }",
            128,
            {
                "errorType": "Runtime.UnhandledPromiseRejection",
                "errorMessage": "Error: lost",
            },
            "Unhandled Promise Rejection",
        ),
        (
            "(event, context, callback) => { event.e = event; callback(null, event); }",
            129,
            {"errorType": "Error", "errorMessage": "Unable to stringify response body"},
            "Uncaught Exception",
        ),
    ],
)
def test_what_nothing_catches_ends_the_process(node, handler, status, error, title):
    with node.function(BODY % handler) as function:
        function.loaded()
        _, failed = function.invoke({})
        assert {key: failed[key] for key in error} == error
        assert function.instance.wait() == status
        [(level, text)] = function.events()
        assert level == "ERROR"
        assert text.startswith(f'TIME\t{REQUEST}\tERROR\t{title} \t{{"errorType":')


@pytest.mark.parametrize(
    "statement, status", [("process.exit(3)", 3), ("process.exit()", 0), ("process.abort()", -6)]
)
def test_a_function_that_ends_its_process(node, statement, status):
    with node.function(BODY % f"async () => {{ {statement}; }}") as function:
        function.loaded()
        function.send({})
        with pytest.raises(EOFError):
            function.answer()
        assert function.instance.wait() == status


@pytest.mark.parametrize(
    "handler, kind, message",
    [
        ("app", "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "../app.handler",
            "Runtime.MalformedHandlerName",
            "'../app.handler' is not a valid handler name. Use absolute paths when specifying root "
            "directories in handler names.",
        ),
        ("app.absent", "Runtime.HandlerNotFound", "app.absent is undefined or not exported"),
        ("app.object", "Runtime.HandlerNotFound", "app.object is not a function"),
        (
            "app.object.deep.er",
            "Runtime.HandlerNotFound",
            "app.object.deep.er is undefined or not exported",
        ),
        (
            "absent.handler",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'absent'\nRequire stack:\n- /var/runtime/index.mjs",
        ),
    ],
)
def test_handlers_that_are_not_there(node, handler, kind, message):
    start = 'TIME\tundefined\tERROR\tUncaught Exception \t{"errorType":"%s"' % kind
    node.check_init_error(
        "exports.object = { deep: {} };\n",
        {"errorType": kind, "errorMessage": message},
        logs=[("ERROR", re.compile("^" + re.escape(start)))],
        handler=handler,
    )


def test_a_missing_import_of_the_function(node):
    node.check_init_error(
        "require('absent-package');\n",
        {
            "errorType": "Runtime.ImportModuleError",
            "errorMessage": "Error: Cannot find module 'absent-package'\nRequire stack:\n"
            "- /var/task/app.js\n- /var/runtime/index.mjs",
        },
    )


def test_an_exception_while_loading(node):
    with node.function(
        "function boom() {\n  throw new Error('at load');\n}\nboom();\n"
    ) as function:
        error = function.loaded()
        assert function.instance.wait() == 129
    assert (error["errorType"], error["errorMessage"]) == ("Error", "at load")
    assert error["trace"][:2] == ["Error: at load", "    at boom (/var/task/app.js:2:9)"]
    assert not any("runtimes/node" in line for line in error["trace"])


def test_a_rejection_that_nobody_awaits_while_loading(node):
    with node.function(
        "Promise.reject(new Error('early'));\nexports.handler = async () => 1;\n",
    ) as function:
        error = function.loaded()
        assert error["errorType"] == "Runtime.UnhandledPromiseRejection"
        assert function.instance.wait() == 128


@pytest.mark.parametrize("name", ["script.js", "module.mjs"])
def test_a_syntax_error(node, name):
    node.check_init_error(
        "",
        {
            "errorType": "Runtime.UserCodeSyntaxError",
            "errorMessage": re.compile("^SyntaxError: "),
        },
        files={name: "const x = 1;\n\nconst y = (;\n"},
        handler=name.split(".")[0] + ".handler",
    )


@pytest.mark.parametrize("name", ["script.js", "module.mjs", "script.cjs"])
def test_curly_quotes_are_explained(node, name):
    text = "const greeting = 1;\nconst text = \u201chello\u201d;\n"
    node.check_init_error(
        "",
        {"errorType": "Runtime.UserCodeSyntaxError"},
        files={name: text},
        handler=name.split(".")[0] + ".handler",
        logs=[
            ("ERROR", re.compile("Uncaught Exception")),
            (
                "ERROR",
                re.compile(f"\tERROR\tLine 2 of {name} has curly quotes \\(\u201c \u201d\\)"),
            ),
        ],
    )


def test_curly_quotes_inside_text_are_fine(node):
    node.check(BODY % "async () => '\u201chello\u201d'", response="\u201chello\u201d")


def test_a_top_level_await_that_never_ends(node):
    if node.version < (16,):
        return
    files = {"module.mjs": "await new Promise(() => {});\nexport const handler = () => {};\n"}
    with node.function("", files=files, handler="module.handler") as function:
        with pytest.raises(EOFError):
            function.loaded()
        assert function.instance.wait() == 13


def test_sigterm_ends_an_idle_instance(node):
    with node.function(BODY % "async () => 1") as function:
        assert function.loaded() is None
        os.kill(function.instance.pid, signal.SIGTERM)
        assert function.instance.wait() == -signal.SIGTERM


def test_the_engine_closing_its_end_ends_the_instance(node):
    with node.function(BODY % "async () => 1") as function:
        assert function.loaded() is None
        function.instance.hang_up()
        assert function.instance.wait() == 0
        assert function.events() == []
