"""Errors: the document that the caller gets, the line in the log, and the stack trace in both."""

import os

from . import streams

_OURS = os.path.dirname(os.path.abspath(__file__)) + "/"
_CURLY = u"\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
#: The log shows indented lines with this space, which no console collapses.
_NO_BREAK_SPACE = u"\u00a0"
_Unicode = type(u"")


class Fault(Exception):
    """An error that the runtime itself finds; `kind` is its errorType."""

    def __init__(self, kind, message, trace=(), hint=None):
        Exception.__init__(self, message)
        self.kind = kind
        self.message = message
        self.trace = list(trace)
        self.hint = hint


def document(error_info, request_id=""):
    """The error as the caller sees it, from sys.exc_info()."""
    kind, error, trace = error_info
    if isinstance(error, Fault):
        name, message, frames = error.kind, error.message, error.trace
    else:
        name, message, frames = kind.__name__, _text(error), _frames(trace)
    return {
        "errorMessage": message,
        "errorType": name,
        "requestId": request_id,
        "stackTrace": frames,
    }


def log_text(error):
    """An error document as the text of one log event."""
    title = u"[ERROR]"
    if error["errorType"]:
        title += u" " + _unicode(error["errorType"])
    if error["errorMessage"]:
        title += u": " if error["errorType"] else u" "
        title += _unicode(error["errorMessage"])
    lines = [title, u"Traceback (most recent call last):"]
    for entry in error["stackTrace"]:
        for line in _unicode(entry).splitlines():
            text = line.lstrip(u" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(text)) + text)
    return u"\n".join(lines)


def syntax(module, error):
    """What a SyntaxError while importing the handler becomes."""
    place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
    message = "Syntax error in module '%s': %s" % (module, error)
    return Fault("Runtime.UserCodeSyntaxError", message, [place], _curly_quotes(error))


def _curly_quotes(error):
    """Help for the quotes that word processors and PDFs put in place of the keyboard's."""
    try:
        with open(error.filename, "rb") as source:
            line = source.read().split(b"\n")[error.lineno - 1].decode("utf-8", "replace")
    except (IOError, IndexError, TypeError):
        return None
    quotes = [quote for quote in _CURLY if quote in line]
    if not quotes:
        return None
    return (
        u"Line %d of %s has curly quotes (%s), which Python does not take for quotes; they come "
        u"from text copied out of a PDF or a word processor. Type them again as \" or '."
        % (error.lineno, os.path.basename(error.filename), u" ".join(quotes))
    )


def _frames(trace):
    """Formatted stack frames without our own, which are the outermost."""
    import traceback

    frames = [tuple(frame) for frame in traceback.extract_tb(trace)]
    while frames and frames[0][0].startswith(_OURS):
        del frames[0]
    return traceback.format_list(frames)


def _text(error):
    for convert in (str, _Unicode):  # Python 2.7 may have a message that is not ASCII
        try:
            return convert(error)
        except Exception:
            continue
    return "<exception str() failed>"


def _unicode(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _Unicode(value)


def report(pipe, error, as_json=None):
    """Writes an error document to the log; `as_json` renders it where the log is JSON."""
    pipe.record(streams.ERROR, as_json(error) if as_json else log_text(error))
