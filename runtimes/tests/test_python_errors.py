"""Python: what the caller and the log get when a function fails."""

import os
import re
import signal

import pytest
from function import REQUEST

S = "\u00a0"  # the log's indentation


def test_an_exception_is_a_document_and_one_event(python):
    python.check(
        "def inner():\n    return {}['x']\n\ndef handler(event, context):\n    return inner()\n",
        error={
            "errorMessage": "'x'",
            "errorType": "KeyError",
            "requestId": REQUEST,
            "stackTrace": [
                '  File "/var/task/app.py", line 5, in handler\n    return inner()\n',
                "  File \"/var/task/app.py\", line 2, in inner\n    return {}['x']\n",
            ],
        },
        logs=[
            (
                "ERROR",
                "[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n"
                f'{S * 2}File "/var/task/app.py", line 5, in handler\n{S * 4}return inner()\n'
                f"{S * 2}File \"/var/task/app.py\", line 2, in inner\n{S * 4}return {{}}['x']",
            )
        ],
    )


@pytest.mark.parametrize(
    "statement, kind, message, title",
    [
        ("raise ValueError('two\\nlines')", "ValueError", "two\nlines", "ValueError: two\nlines"),
        ("raise ValueError()", "ValueError", "", "ValueError"),
        (
            "class Mine(Exception): pass\n    raise Mine(u'gr\\xfc\\xdfe')",
            "Mine",
            "grüße",
            "Mine: grüße",
        ),
        (
            "class Mute(Exception):\n        def __str__(self): 1 / 0\n    raise Mute()",
            "Mute",
            "<exception str() failed>",
            "Mute: <exception str() failed>",
        ),
    ],
)
def test_error_types_and_messages(python, statement, kind, message, title):
    python.check(
        f"def handler(event, context):\n    {statement}\n",
        error={"errorType": kind, "errorMessage": message},
        logs=[("ERROR", re.compile("^" + re.escape(f"[ERROR] {title}\nTraceback (")))],
    )


def test_an_instance_lives_on_after_an_exception(python):
    with python.function("def handler(event, context):\n    return 1 / event\n") as function:
        function.loaded()
        assert function.invoke(0)[1]["errorType"] == "ZeroDivisionError"
        assert function.invoke(1) == (1, None)


@pytest.mark.parametrize(
    "handler, kind, message",
    [
        ("nodot", "Runtime.MalformedHandlerName", re.compile("^Bad handler 'nodot': .*value")),
        (
            "absent.handler",
            "Runtime.ImportModuleError",
            re.compile("^Unable to import module 'absent': No module named '?absent'?$"),
        ),
        ("app.absent", "Runtime.HandlerNotFound", "Handler 'absent' missing on module 'app'"),
        (
            "sys.exit",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
    ],
)
def test_handlers_that_are_not_there(python, handler, kind, message):
    title = f"^\\[ERROR\\] {kind}: .*\nTraceback \\(most recent call last\\):$"
    python.check_init_error(
        "def handler(event, context): pass\n",
        {"errorType": kind, "errorMessage": message, "requestId": "", "stackTrace": []},
        logs=[("ERROR", re.compile(title))],
        handler=handler,
    )


def test_malformed_handler_in_full(python):
    if python.version >= (3,):
        python.check_init_error(
            "",
            {"errorMessage": "Bad handler 'x': not enough values to unpack (expected 2, got 1)"},
            handler="x",
        )


def test_a_missing_import_of_the_function(python):
    python.check_init_error(
        "import absent_module\n",
        {
            "errorType": "Runtime.ImportModuleError",
            "errorMessage": re.compile(
                "^Unable to import module 'app': No module named '?absent_m"
            ),
            "stackTrace": [],
        },
    )


def test_an_exception_while_importing(python):
    source = "def boom():\n    raise ValueError('at import')\n\nboom()\n"
    with python.function(source) as function:
        error = function.loaded()
        assert function.instance.wait() == 1
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "at import")
    # AWS shows the import machinery's frames too; how many there are depends on the version.
    *machinery, module, boom = error["stackTrace"]
    assert machinery and all("importlib" in frame for frame in machinery)
    assert module == '  File "/var/task/app.py", line 4, in <module>\n    boom()\n'
    assert boom.startswith('  File "/var/task/app.py", line 2, in boom\n')


def test_a_syntax_error(python):
    python.check_init_error(
        "x = 1\n\ndef handler(event context):\n    pass\n",
        {
            "errorType": "Runtime.UserCodeSyntaxError",
            "errorMessage": re.compile(r"^Syntax error in module 'app': .+ \(app.py, line 3\)$"),
            "stackTrace": ['  File "/var/task/app.py" Line 3\n    def handler(event context):\n'],
        },
        logs=[("ERROR", re.compile("^\\[ERROR\\] Runtime.UserCodeSyntaxError: Syntax error in"))],
    )


def test_curly_quotes_are_explained(python):
    python.check_init_error(
        "def handler(event, context):\n    return \u201chello\u201d\n",
        {
            "errorType": "Runtime.UserCodeSyntaxError",
            "errorMessage": re.compile("^Syntax error in module 'app': .*line 2"),
        },
        logs=[
            ("ERROR", re.compile("^\\[ERROR\\] Runtime.UserCodeSyntaxError: ")),
            (
                "ERROR",
                re.compile("^\\[ERROR\\] Line 2 of app.py has curly quotes \\(\u201c \u201d\\)"),
            ),
        ],
    )


def test_curly_quotes_inside_text_are_fine(python):
    source = (
        "# -*- coding: utf-8 -*-\ndef handler(event, context):\n    return u'\u201chello\u201d'\n"
    )
    python.check(source, response="\u201chello\u201d")


@pytest.mark.parametrize(
    "statement, status",
    [
        ("sys.exit(3)", 3),
        ("exit(4)", 4),
        ("quit()", 0),
        ("os._exit(5)", 5),
        ("os.kill(os.getpid(), 15)", -15),
        ("raise KeyboardInterrupt", None),
    ],
)
def test_a_function_that_ends_its_process(python, statement, status):
    source = f"import os, sys\ndef handler(event, context):\n    {statement}\n"
    with python.function(source) as function:
        assert function.loaded() is None
        function.send(None)
        with pytest.raises(EOFError):
            function.answer()
        ended = function.instance.wait()
        assert ended == status or (status is None and ended != 0)


def test_a_function_that_ends_its_process_while_importing(python):
    with python.function("import sys\nsys.exit(7)\n") as function:
        with pytest.raises(EOFError):
            function.loaded()
        assert function.instance.wait() == 7


def test_sigterm_ends_an_idle_instance(python):
    with python.function("def handler(event, context): pass\n") as function:
        assert function.loaded() is None
        os.kill(function.instance.pid, signal.SIGTERM)
        assert function.instance.wait() == -signal.SIGTERM


def test_the_engine_closing_its_end_ends_the_instance(python):
    with python.function("def handler(event, context): pass\n") as function:
        assert function.loaded() is None
        function.instance.hang_up()
        assert function.instance.wait() == 0
        assert function.events() == []
