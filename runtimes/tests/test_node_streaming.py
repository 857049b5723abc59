"""Node.js: response streaming."""

import re

import instance as wire
import pytest
from function import REQUEST

OCTETS = "application/octet-stream"


def streaming(body, parameters="event, stream, context", options=""):
    return "exports.handler = awslambda.streamifyResponse(async (%s) => {\n%s\n}%s);\n" % (parameters, body, options)


@pytest.mark.parametrize(
    "body, content_type, chunks",
    [
        ("stream.write('a'); stream.write('b'); stream.end();", OCTETS, [b"a", b"b"]),
        ("stream.end();", OCTETS, []),
        ("stream.end('a');", OCTETS, [b"a"]),
        ("stream.write('a'); stream.end('b', 'utf8');", OCTETS, [b"a", b"b"]),
        ("stream.write(Buffer.from([0, 255])); stream.end();", OCTETS, [b"\x00\xff"]),
        ("stream.write(new Uint8Array([1, 2])); stream.end();", OCTETS, [b"\x01\x02"]),
        ("stream.write('e9', 'hex'); stream.write(''); stream.end();", OCTETS, [b"\xe9"]),
        # what is no bytes is sent as JSON
        ("stream.write({ a: [1] }); stream.write(7); stream.end();", OCTETS, [b'{"a":[1]}', b"7"]),
        ("stream.setContentType('text/html'); stream.write('<p>'); stream.end();", "text/html", [b"<p>"]),
        ("setTimeout(() => stream.end('late'), 20); stream.write('early');", OCTETS, [b"early", b"late"]),
        ("await new Promise((done) => stream.write('a', done)); stream.end();", OCTETS, [b"a"]),
        ("stream.write('a'); await new Promise((done) => stream.end(done));", OCTETS, [b"a"]),
        ("stream.write(event.text); stream.end();", OCTETS, [b"hi"]),
        (
            "const { pipeline } = require('stream'); const { promisify } = require('util');\n"
            "await promisify(pipeline)(require('stream').Readable.from(['a', 'b']), stream);",
            OCTETS,
            [b"a", b"b"],
        ),
        (
            "stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { a: 'b' } });\n"
            "stream.write('body'); stream.end();",
            "application/vnd.awslambda.http-integration-response",
            [b'{"statusCode":201,"headers":{"a":"b"}}', bytes(8), b"body"],
        ),
        (
            "awslambda.HttpResponseStream.from(stream, { statusCode: 204 }).end();",
            "application/vnd.awslambda.http-integration-response",
            [b'{"statusCode":204}', bytes(8)],
        ),
    ],
)
def test_streams(node, body, content_type, chunks):
    if "Readable.from" in body and int(node.version[0]) < 14:
        pytest.skip("this Node.js has no Readable.from that iterates strings apart")
    with node.function(streaming(body)) as function:
        assert function.loaded() is None, function.events()
        for _ in range(2):
            assert function.stream({"text": "hi"}) == (content_type, [*chunks, "END"], None)
        assert function.events() == []


def test_a_large_write_is_cut(node):
    with node.function(streaming("stream.write(Buffer.alloc(150000, 'x')); stream.end('y');")) as function:
        assert function.loaded() is None
        _, chunks, error = function.stream()
        assert [len(chunk) for chunk in chunks[:-1]] == [65536, 65536, 18928, 1] and error is None


def test_chunks_come_as_they_are_written(node):
    body = "stream.write('first'); await new Promise((done) => { global.go = done; setTimeout(done, 60000); });"
    source = streaming(body + "stream.end();") + "setInterval(() => {}, 1000).unref();\n"
    with node.function(source) as function:
        assert function.loaded() is None
        function.send({})
        assert function.instance.receive()[0] == wire.STREAM
        # Nothing ends this handler: its first chunk is here all the same.
        assert function.instance.receive() == (wire.CHUNK, {}, b"first")


def test_a_slow_reader_is_noticed_and_the_loop_goes_on(node):
    body = (
        "let turns = 0; const timer = setInterval(() => turns++, 1);\n"
        "const full = !stream.write(Buffer.alloc(1 << 20, 'x'));\n"
        "setTimeout(() => console.log('still here'), 50);\n"
        "await new Promise((done) => stream.once('drain', done));\n"
        "clearInterval(timer); stream.end(JSON.stringify({ full, turned: turns > 5 }));"
    )
    with node.function(streaming(body)) as function:
        assert function.loaded() is None
        function.send({})
        # The log speaks while nobody reads the answer.
        logged = []
        while not logged:
            logged = function.events()
        assert logged == [("INFO", f"TIME\t{REQUEST}\tINFO\tstill here")]
        parts = []
        while not parts or parts[-1][0] != wire.RESPONSE:
            parts.append(function.instance.receive())
        chunks = [body for kind, _, body in parts if kind == wire.CHUNK]
        assert sum(map(len, chunks[:-1])) == 1 << 20
        assert chunks[-1] == b'{"full":true,"turned":true}'


@pytest.mark.parametrize(
    "body, chunks, error",
    [
        ("throw new TypeError('no');", [], {"errorType": "TypeError", "errorMessage": "no"}),
        ("stream.write('a'); throw new TypeError('no');", [b"a"], {"errorType": "TypeError", "errorMessage": "no"}),
        ("stream.write('a'); await Promise.reject('x');", [b"a"], {"errorType": "string", "errorMessage": "x"}),
        (
            "stream.write('a');",
            [b"a"],
            {"errorType": "string", "errorMessage": "Response stream is not finished."},
        ),
        (
            "stream.write('a'); await new Promise(() => {});",
            [b"a"],
            {"errorType": "string", "errorMessage": "Response stream is not finished."},
        ),
        (
            "stream.write('a'); stream.setContentType('x');",
            [b"a"],
            {
                "errorType": "Runtime.InvalidStreamingOperation",
                "errorMessage": "Cannot set content-type, too late.",
            },
        ),
        (
            "stream.on('error', () => {}); stream.write('a'); await new Promise((done) => setTimeout(done, 20));\n"
            "stream.destroy(); throw new RangeError('gone');",
            [b"a"],
            {"errorType": "RangeError", "errorMessage": "gone"},
        ),
    ],
)
def test_errors_on_the_way(node, body, chunks, error):
    with node.function(streaming(body)) as function:
        assert function.loaded() is None
        for _ in range(2):
            _, got, failed = function.stream({})
            assert got == chunks
            assert {key: failed[key] for key in error} == error
            ((level, text),) = function.events()
            assert level == "ERROR" and text.startswith(f"TIME\t{REQUEST}\tERROR\tInvoke Error \t"), text


def test_an_error_after_the_end_is_logged_only(node):
    with node.function(streaming("stream.end('a'); throw new TypeError('late');")) as function:
        assert function.loaded() is None
        assert function.stream({}) == (OCTETS, [b"a", "END"], None)
        assert len(function.events()) == 1


def test_a_handler_that_is_not_async(node):
    source = "exports.handler = awslambda.streamifyResponse((event, stream) => { stream.write('a'); });"
    with node.function(source) as function:
        assert function.loaded() is None
        _, _, failed = function.stream({})
        assert failed["errorMessage"] == "Streaming does not support non-async handlers."


def test_what_a_handler_returns_is_ignored(node):
    with node.function(streaming("stream.end('a'); return 5;")) as function:
        assert function.loaded() is None
        assert function.stream({}) == (OCTETS, [b"a", "END"], None)
        warned = f"TIME\t{REQUEST}\tWARN\tStreaming handlers ignore return values."
        assert function.events() == [("WARN", warned)]


@pytest.mark.parametrize("waits", [True, False])
def test_the_end_of_the_stream_comes_before_the_end_of_the_invocation(node, waits):
    body = (
        f"context.callbackWaitsForEmptyEventLoop = {str(waits).lower()};\n"
        "setTimeout(() => console.log('after'), 100); stream.end('a');"
    )
    with node.function(streaming(body)) as function:
        assert function.loaded() is None
        assert function.stream({}) == (OCTETS, [b"a", "END"], None)
        assert [text.split("\t")[-1] for _, text in function.events()] == (["after"] if waits else [])


def test_an_uncaught_error_on_the_way(node):
    body = "stream.write('a'); setTimeout(() => { throw new TypeError('no'); }, 1); await new Promise(() => {});"
    with node.function(streaming(body)) as function:
        assert function.loaded() is None
        _, chunks, failed = function.stream({})
        assert (chunks, failed["errorType"]) == ([b"a"], "TypeError")
        assert function.instance.wait() == 129


def test_the_context_and_the_marks_of_a_streaming_handler(node):
    source = streaming("stream.end(Object.keys(context).join());", options=", { highWaterMark: '5' }") + (
        "const mark = (name) => exports.handler[Symbol.for('aws.lambda.runtime.handler.' + name)];\n"
        "console.log(mark('streaming'), mark('streaming.highWaterMark'));\n"
    )
    with node.function(source) as function:
        assert function.loaded() is None
        assert function.events() == [("INFO", "TIME\tundefined\tINFO\tresponse 5")]
        keys = (
            "callbackWaitsForEmptyEventLoop,functionVersion,functionName,memoryLimitInMB,logGroupName,"
            "logStreamName,clientContext,identity,invokedFunctionArn,awsRequestId,tenantId,getRemainingTimeInMillis"
        )
        assert function.stream({}) == (OCTETS, [keys.encode(), "END"], None)


def test_another_way_to_stream_cannot_be_loaded(node):
    source = "exports.handler = () => {}; exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'both';"
    expect = {
        "errorType": "Runtime.MalformedStreamingHandler",
        "errorMessage": re.compile("^Only response streaming is supported.$"),
    }
    node.check_init_error(source, expect)


def test_no_global_is_left_where_it_is_not_wanted(node):
    env = {"AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA": "1"}
    node.check("exports.handler = async () => typeof awslambda;", response="undefined", env=env)
