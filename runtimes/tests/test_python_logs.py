"""Python: print, the standard streams and logging."""

import json

import pytest
from function import REQUEST


def body(*lines):
    return "import json, logging, os, subprocess, sys\ndef handler(event, context):\n" + "".join(
        f"    {line}\n" for line in lines
    )


def test_print_is_raw(python):
    python.check(
        body("print('one')", "print('two\\nthree')", "sys.stdout.write('no newline')"),
        logs=[(None, "one"), (None, "two"), (None, "three"), (None, "no newline")],
    )


def test_both_streams_keep_their_order(python):
    python.check(
        body(
            "sys.stdout.write('a')",
            "sys.stderr.write('b')",
            "sys.stdout.write('c\\n')",
            "os.write(1, b'd\\n')",
            "print('e')",
            "subprocess.call(['echo', 'f'])",
            "sys.stderr.write('g\\n')",
        ),
        logs=[(None, text) for text in ("abc", "d", "e", "f", "g")],
    )


def test_text_of_any_language_whatever_the_locale(python):
    python.check(body("print(u'\\xe9\\u4f60\\U0001f600')"), logs=[(None, "é你😀")])


def test_bytes_can_be_written(python):
    target = "sys.stdout.buffer" if python.version >= (3,) else "sys.stdout"
    python.check(body(f"{target}.write(b'bytes\\n')"), logs=[(None, "bytes")])


def test_a_record_of_several_lines_is_one_event(python):
    python.check(
        body("logging.warning('one\\ntwo')", "logging.error('%s and %d', 'x', 3)"),
        logs=[
            ("WARN", f"[WARNING]\tTIME\t{REQUEST}\tone\ntwo"),
            ("ERROR", f"[ERROR]\tTIME\t{REQUEST}\tx and 3"),
        ],
    )


def test_a_record_after_an_unfinished_line(python):
    python.check(
        body("sys.stdout.write('unfinished')", "logging.warning('record')", "print('next')"),
        logs=[
            (None, "unfinished"),
            ("WARN", f"[WARNING]\tTIME\t{REQUEST}\trecord"),
            (None, "next"),
        ],
    )


@pytest.mark.parametrize(
    "setup, logged",
    [
        ("pass", ["WARNING", "ERROR", "CRITICAL"]),
        ("logging.getLogger().setLevel(logging.INFO)", ["INFO", "WARNING", "ERROR", "CRITICAL"]),
        (
            "logging.getLogger('mine').setLevel('DEBUG')",
            ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        ),
    ],
)
def test_levels(python, setup, logged):
    levels = {"WARNING": "WARN", "CRITICAL": "FATAL"}
    python.check(
        body(
            setup,
            "log = logging.getLogger('mine')",
            "for level in ('debug', 'info', 'warning', 'error', 'critical'):",
            "    getattr(log, level)(level)",
        ),
        logs=[
            (levels.get(name, name), f"[{name}]\tTIME\t{REQUEST}\t{name.lower()}")
            for name in logged
        ],
    )


def test_level_from_the_environment(python):
    python.check(
        body("logging.debug('shown')"),
        env={"AWS_LAMBDA_LOG_LEVEL": "TRACE"},
        logs=[("DEBUG", f"[DEBUG]\tTIME\t{REQUEST}\tshown")],
    )


def test_logging_while_importing_has_no_request(python):
    with python.function("import logging\nlogging.warning('early')\n" + body("pass")) as function:
        function.loaded()
        assert function.events() == [("WARN", "[WARNING]\tTIME\t\tearly")]


def test_exceptions_in_records(python):
    with python.function(
        body("try: 1 / 0", "except Exception: logging.exception('caught')")
    ) as function:
        function.loaded()
        function.invoke()
        [(level, text)] = function.events()
        first, second, *_, last = text.split("\n")
        assert (level, first) == ("ERROR", f"[ERROR]\tTIME\t{REQUEST}\tcaught")
        assert second == "Traceback (most recent call last):"
        assert last.startswith("ZeroDivisionError: ")


def test_a_formatter_of_the_function(python):
    python.check(
        body(
            "handler = logging.getLogger().handlers[0]",
            "handler.setFormatter(logging.Formatter('%(levelname)s %(message)s'))",
            "logging.warning('mine')",
        ),
        logs=[("WARN", "WARNING mine")],
    )


def test_context_log(python):
    python.check(body("context.log('text\\nmore')"), logs=[("NONE", "text\nmore")])


def test_json_format(python):
    with python.function(
        body("logging.warning('w %s', 1, extra={'user': 'u'})", "raise KeyError('k')"),
        env={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"},
    ) as function:
        function.loaded()
        function.invoke()
        (warned, record), (failed, error) = function.events()
        assert (warned, failed) == ("WARN", "ERROR")
        assert json.loads(record) == {
            "timestamp": "TIME",
            "level": "WARNING",
            "message": "w 1",
            "logger": "root",
            "requestId": REQUEST,
            "user": "u",
        }
        error = json.loads(error)
        assert error.pop("stackTrace")[0].startswith('  File "/var/task/app.py", line 4')
        assert error == {
            "timestamp": "TIME",
            "level": "ERROR",
            "errorMessage": "'k'",
            "errorType": "KeyError",
            "requestId": REQUEST,
        }


def test_json_format_of_exceptions(python):
    with python.function(
        body("try: 1 / 0", "except Exception: logging.exception({'a': 1})"),
        env={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    ) as function:
        function.loaded()
        function.invoke()
        [(_, text)] = function.events()
        event = json.loads(text)
        assert event["message"] == {"a": 1}
        assert event["errorType"] == "ZeroDivisionError"
        assert event["location"] == "/var/task/app.py:handler:4"
        assert event["stackTrace"][0].startswith('  File "/var/task/app.py", line 3')


@pytest.mark.parametrize(
    "line, env, ends",
    [
        ("print('one')", {}, True),
        ("sys.stdout.write('one')", {}, False),
        ("logging.warning('one')", {}, True),
        ("logging.warning('one')", {"AWS_LAMBDA_LOG_FORMAT": "JSON"}, True),
        ("context.log('one')", {}, False),
    ],
)
def test_newlines_at_the_end_of_events(python, line, env, ends):
    with python.function(body(line), env=env) as function:
        function.loaded()
        function.invoke()
        assert function.ends() == [ends]


def test_large_output_arrives_whole(python):
    with python.function(body("logging.warning('x' * 900000)", "print('y' * 900000)")) as function:
        function.loaded()
        assert function.invoke() == (None, None)
        (_, record), (_, line) = function.events()
        assert record.endswith("\t" + "x" * 900_000)
        assert line == "y" * 900_000


def test_output_is_whole_although_a_child_made_the_pipe_non_blocking(python):
    flags = "fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_NONBLOCK)"
    child = f"import fcntl, os; {flags}"
    with python.function(
        body(
            f"subprocess.check_call([sys.executable, '-c', {child!r}])",
            "logging.warning('x' * 900000)",
        )
    ) as function:
        function.loaded()
        assert function.invoke() == (None, None)
        [(_, record)] = function.events()
        assert record.endswith("\t" + "x" * 900_000)
