"""A function on one interpreter: what the tests of both languages are written in."""

import json
import re
import tempfile
import time
from pathlib import Path

import instance as wire

REQUEST = "5f0b4e70-3c0e-4d22-9f63-6f7a2f3c9a11"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
#: The environment of the process before it knows its function.
BOOT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp", "TZ": ":UTC"}
FACTS = {
    "AWS_LAMBDA_FUNCTION_NAME": "hello",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/hello",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef",
    "TZ": ":UTC",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


class Function:
    """Boots, loads `files` (path: text), is there to be invoked, and leaves nothing behind."""

    def __init__(self, argv, files, handler, env=None, head=None, boot=None, settled=False):
        self._folder = tempfile.TemporaryDirectory(prefix="function-")
        self.root = Path(self._folder.name, "task")
        for name, text in files.items():
            file = Path(self._folder.name, "task", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.instance = wire.Instance(argv, {**BOOT, **(boot or {})})
        try:
            kind, self.booted, _ = self.instance.receive()
            assert kind == wire.BOOTED
            if settled:
                self.instance.settle()
            layers = {"layers_root": str(Path(self._folder.name, "layers"))}
            load = {"handler": handler, "task_root": str(self.root), **layers, **(head or {})}
            self.instance.send(wire.LOAD, {**load, "env": {**FACTS, **(env or {})}})
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.instance.close()
        self._folder.cleanup()

    def loaded(self):
        """The error that loading ended with, or None."""
        kind, head, body = self.instance.receive()
        if kind == wire.LOADED:
            return None
        assert kind == wire.INIT_ERROR, kind
        error = self._clean(json.loads(body))
        assert head == {"type": error["errorType"]}
        return error

    def send(self, event, **head):
        """Sends an event: a value, or bytes as they are."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        deadline = int(time.time() * 1000) + 3000
        head = {"id": REQUEST, "deadline_ms": deadline, "arn": ARN, **head}
        self.instance.send(wire.INVOKE, head, body)
        self._sent = head["id"]

    def answer(self):
        """(response, error): one of them None; a response that is not JSON stays bytes."""
        kind, head, body = self.instance.receive()
        assert head["id"] == self._sent
        if kind == wire.RESPONSE:
            return _json_or_bytes(body), None
        assert kind == wire.ERROR, kind
        error = self._clean(json.loads(body))
        assert head["type"] == error["errorType"]
        return None, error

    def invoke(self, event=None, **head):
        self.send(event, **head)
        return self.answer()

    def stream(self, event=None, **head):
        """(content type, chunks, error) of an answer in parts; the error is None if there was none. "END" stands
        among the chunks where the stream ended."""
        self.send(event, **head)
        content_type, chunks = None, []
        while True:
            kind, head, body = self.instance.receive()
            if kind == wire.STREAM:
                assert head["id"] == self._sent and content_type is None
                content_type = head["content_type"]
            elif kind == wire.CHUNK:
                assert content_type and len(body) <= 64 << 10
                chunks.append(body)
            elif kind == wire.STREAM_END:
                chunks.append("END")
            elif kind == wire.RESPONSE:
                assert (head, body) == ({"id": self._sent}, b"")
                return content_type, chunks, None
            else:
                assert kind == wire.ERROR, kind
                error = self._clean(json.loads(body))
                assert head == {"id": self._sent, "type": error["errorType"]}
                return content_type, chunks, error

    def events(self):
        """What was logged since the last call: (level, text without its last newline), with times and paths made stable."""
        return [(level, self._clean(text[:-1] if text.endswith("\n") else text)) for level, text in self.instance.events()]

    def ends(self):
        """Whether a newline ends each event that was logged since the last call."""
        return [text.endswith("\n") for _, text in self.instance.events()]

    def _clean(self, value):
        if isinstance(value, str):
            return _TIME.sub("TIME", value.replace(str(self.root), "/var/task"))
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if isinstance(value, dict):
            return {key: self._clean(item) for key, item in value.items()}
        return value


def _json_or_bytes(body):
    try:
        return json.loads(body)
    except ValueError:
        return body


def matches(actual, expected):
    """Whether a value is the expected one; a compiled pattern in it stands for any such text."""
    if isinstance(expected, re.Pattern):
        return isinstance(actual, str) and bool(expected.search(actual))
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(matches(actual[key], expected[key]) for key in expected)
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(actual, (list, tuple))
            and len(actual) == len(expected)
            and all(map(matches, actual, expected))
        )
    return actual == expected
