"""The root logger's handler: one record, one event, as AWS formats it."""

import json
import logging
import os
import time

from . import streams

_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_SECONDS = "%Y-%m-%dT%H:%M:%S"
#: Attributes that every record has; a JSON event shows only those that the function added.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "aws_request_id",
    "message",
    "asctime",
    "tenant_id",
}
_LEVELS = (
    (logging.CRITICAL, streams.FATAL),
    (logging.ERROR, streams.ERROR),
    (logging.WARNING, streams.WARN),
    (logging.INFO, streams.INFO),
    (logging.DEBUG, streams.DEBUG),
)


class _Sink(object):
    """What `context.log` writes to."""

    def __init__(self, pipe):
        self._pipe = pipe

    def log(self, text, level=streams.NONE):
        self._pipe.record(level, text)


class LambdaLoggerHandler(logging.Handler):
    """Libraries look for a handler of this name, and set their formatter on it."""

    def __init__(self, pipe):
        logging.Handler.__init__(self)
        self.log_sink = _Sink(pipe)
        self.request_id = ""

    def emit(self, record):
        record.aws_request_id = self.request_id
        self.log_sink.log(self.format(record), _level(record.levelno))


class JsonFormatter(logging.Formatter):
    def __init__(self):
        logging.Formatter.__init__(self, datefmt=_SECONDS + "Z")

    def format(self, record):
        event = [
            ("timestamp", self.formatTime(record, self.datefmt)),
            ("level", record.levelname),
            ("message", _message(record)),
            ("logger", record.name),
        ]
        if record.exc_info:
            kind, error, trace = record.exc_info
            import traceback

            place = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
            event += [
                ("stackTrace", traceback.format_tb(trace)),
                ("errorType", kind.__name__ if kind else None),
                ("errorMessage", str(error)),
            ]
        event.append(("requestId", getattr(record, "aws_request_id", None)))
        if record.exc_info:
            event.append(("location", place))
        names = set(name for name, _ in event)
        event += [
            (name, value)
            for name, value in vars(record).items()
            if name not in _STANDARD and name not in names
        ]
        return _ordered_json([pair for pair in event if pair[1] is not None]) + "\n"


def install(pipe):
    """Gives the root logger its handler, in the format and at the level of the environment.

    Returns the handler, and what renders an error document where the log is JSON (else None).
    """
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler(pipe)
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_TEXT, _SECONDS))
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level)
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)
    return handler, _error_json if as_json else None


def _error_json(error):
    now = time.strftime(_SECONDS + "Z", time.gmtime())
    return _ordered_json([("timestamp", now), ("level", "ERROR")] + list(error.items())) + "\n"


def _ordered_json(pairs):
    """An object with its members in this order, also where dict has none (Python 2.7)."""
    parts = [
        "%s: %s" % (json.dumps(name), json.dumps(value, ensure_ascii=False, default=str))
        for name, value in pairs
    ]
    return "{" + ", ".join(parts) + "}"


def _message(record):
    if isinstance(record.msg, dict) and not record.args:
        return record.msg
    return record.getMessage()


def _level(number):
    for least, level in _LEVELS:
        if number >= least:
            return level
    return streams.NONE
