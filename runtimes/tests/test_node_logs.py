"""Node.js: the console and the standard streams."""

import json

import pytest
from function import REQUEST


def body(*lines):
    inside = "".join(f"  {line}\n" for line in lines)
    return "exports.handler = async (event, context) => {\n%s};\n" % inside


def test_console_methods(node):
    methods = [
        ("trace", "TRACE"),
        ("debug", "DEBUG"),
        ("info", "INFO"),
        ("log", "INFO"),
        ("warn", "WARN"),
        ("error", "ERROR"),
        ("fatal", "FATAL"),
    ]
    node.check(
        body(*[f"console.{method}('text');" for method, _ in methods]),
        logs=[(level, f"TIME\t{REQUEST}\t{level}\ttext") for _, level in methods],
    )


@pytest.mark.parametrize(
    "arguments, text",
    [
        ("", ""),
        ("'one\\ntwo'", "one\ntwo"),
        ("'%s is %d', 'x', 3, 'more'", "x is 3 more"),
        ("{ a: [1, { b: 'c' }] }, null, undefined", "{ a: [ 1, { b: 'c' } ] } null undefined"),
        ("'Stream record: ', JSON.stringify({ a: 1 }, null, 2)", 'Stream record:  {\n  "a": 1\n}'),
        ("'\\u00e9\\u4f60\\ud83d\\ude00'", "é你😀"),
        ("'100%'", "100%"),
    ],
)
def test_formatting(node, arguments, text):
    node.check(
        body(f"console.log({arguments});"), logs=[("INFO", f"TIME\t{REQUEST}\tINFO\t{text}")]
    )


def test_standard_streams_are_raw(node):
    node.check(
        body(
            "process.stdout.write('a');",
            "process.stderr.write('b');",
            "process.stdout.write(Buffer.from('c\\n'));",
            "console.log('record');",
            "process.stdout.write('unfinished');",
            "console.log('after');",
            "require('child_process').execFileSync('echo', ['child'], { stdio: 'inherit' });",
            "process.stderr.write('end');",
        ),
        logs=[
            (None, "abc"),
            ("INFO", f"TIME\t{REQUEST}\tINFO\trecord"),
            (None, "unfinished"),
            ("INFO", f"TIME\t{REQUEST}\tINFO\tafter"),
            (None, "child"),
            (None, "end"),
        ],
    )


def test_other_console_methods_work(node):
    node.check(
        body("console.dir({ a: 1 });", "console.table([[1]]);", "console.assert(false, 'untrue');"),
        logs=None,
    )


def test_stream_callbacks_and_events(node):
    node.check(
        body(
            "await new Promise((done) => process.stdout.write('x\\n', done));",
            "return [process.stdout.fd, process.stderr.fd, Boolean(process.stdout.isTTY)];",
        ),
        response=[1, 2, False],
        logs=[(None, "x")],
    )


def test_logging_while_loading_has_no_request(node):
    with node.function("console.log('early');\n" + body()) as function:
        function.loaded()
        assert function.events() == [("INFO", "TIME\tundefined\tINFO\tearly")]


def test_the_request_of_a_record_is_the_current_one(node):
    with node.function(body("console.log(event);")) as function:
        function.loaded()
        function.invoke(1, id="first")
        function.invoke(2, id="second")
        assert function.events() == [
            ("INFO", "TIME\tfirst\tINFO\t1"),
            ("INFO", "TIME\tsecond\tINFO\t2"),
        ]


def test_level_from_the_environment(node):
    node.check(
        body("console.log('hidden');", "console.warn('shown');"),
        env={"AWS_LAMBDA_LOG_LEVEL": "warn"},
        logs=[("WARN", f"TIME\t{REQUEST}\tWARN\tshown")],
    )


@pytest.mark.parametrize(
    "arguments, event",
    [
        ("'text'", {"message": "text"}),
        ("{ a: 1 }", {"message": {"a": 1}}),
        ("'%s!', 'x'", {"message": "x!"}),
        ("{ n: BigInt(1) }", {"message": "{ n: 1n }"}),
    ],
)
def test_json_format(node, arguments, event):
    with node.function(
        body(f"console.info({arguments});"), env={"AWS_LAMBDA_LOG_FORMAT": "JSON"}
    ) as function:
        function.loaded()
        function.invoke()
        [(level, text)] = function.events()
        assert level == "INFO"
        common = {"timestamp": "TIME", "level": "INFO", "requestId": REQUEST}
        assert json.loads(text) == {**common, **event}


def test_json_format_of_errors(node):
    with node.function(
        body("console.error('it failed:', new TypeError('t'));", "throw new RangeError('r');"),
        env={"AWS_LAMBDA_LOG_FORMAT": "json"},
    ) as function:
        function.loaded()
        function.invoke()
        (_, logged), (_, thrown) = function.events()
        logged, thrown = json.loads(logged), json.loads(thrown)["message"]
        assert (logged["errorType"], logged["errorMessage"]) == ("TypeError", "t")
        assert logged["stackTrace"][0] == "TypeError: t"
        assert (thrown["errorType"], thrown["errorMessage"]) == ("RangeError", "r")
        assert thrown["stackTrace"][0] == "RangeError: r"


@pytest.mark.parametrize(
    "line, env, ends",
    [
        ("console.log('one');", {}, True),
        ("console.log('one');", {"AWS_LAMBDA_LOG_FORMAT": "JSON"}, False),
        ("process.stdout.write('one');", {}, False),
        ("process.stdout.write('one\\n');", {}, True),
    ],
)
def test_newlines_at_the_end_of_events(node, line, env, ends):
    with node.function(body(line), env=env) as function:
        function.loaded()
        function.invoke()
        assert function.ends() == [ends]


def test_large_output_arrives_whole(node):
    source = body(
        "console.log('x'.repeat(900000));", "process.stdout.write('y'.repeat(900000) + '\\n');"
    )
    with node.function(source) as function:
        function.loaded()
        assert function.invoke() == (None, None)
        (_, record), (_, line) = function.events()
        assert record.endswith("\t" + "x" * 900_000)
        assert line == "y" * 900_000


def test_output_is_whole_although_a_child_made_the_pipe_non_blocking(node):
    source = body(
        "const { execFileSync } = require('child_process');",
        "execFileSync(process.execPath, ['-e', 'process.stdout.write(\"c\\\\n\")'],"
        " { stdio: 'inherit' });",
        "console.log('x'.repeat(900000));",
    )
    with node.function(source) as function:
        function.loaded()
        assert function.invoke() == (None, None)
        (_, child), (_, record) = function.events()
        assert child == "c"
        assert record.endswith("\t" + "x" * 900_000)


def test_output_before_a_sudden_end_is_not_lost(node):
    with node.function(body("console.log('last');", "process.exit(1);")) as function:
        function.loaded()
        function.send({})
        with pytest.raises(EOFError):
            function.answer()
        assert function.events() == [("INFO", f"TIME\t{REQUEST}\tINFO\tlast")]
