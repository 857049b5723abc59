"""JSON as the AWS runtime reads and writes it.

AWS encodes with simplejson, which differs from the standard library in what a function may
return: Decimals are numbers, named tuples are objects, bytes are UTF-8 text.
"""

import json
import os
import sys

from .faults import Fault

#: Runtimes older than these escape everything that is not ASCII.
_ESCAPING = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11")

_decoder = json.JSONDecoder()
_decode = _decoder.decode
#: The value at a place in a text and where it ends: what `decode` does but for the space around it.
_scan = _decoder.scan_once
_encode = json.JSONEncoder().encode
quote = json.encoder.encode_basestring_ascii


def configure():
    """Chooses the encoding of the runtime that the function asked for."""
    global _encode
    version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python")[2]
    version = version or "%d.%d" % sys.version_info[:2]
    _encode = _encoding(version in _ESCAPING)


def _encoding(escaping):
    """JSONEncoder.encode, which makes the encoder in C that it uses anew for each value."""
    whole = json.JSONEncoder(ensure_ascii=escaping)
    make = getattr(json.encoder, "c_make_encoder", None)
    if sys.version_info[0] == 2 or make is None:
        return whole.encode
    text = json.encoder.encode_basestring_ascii if escaping else json.encoder.encode_basestring
    parents = {}  # that a value has among those being encoded: empty again whenever one is done
    pieces = make(parents, whole.default, text, None, ": ", ", ", False, False, True)

    def encode(value):
        if isinstance(value, str):
            return text(value)
        try:
            return "".join(pieces(value, 0))
        except BaseException:
            parents.clear()
            raise

    return encode


def decode(data):
    """A trusted document (a frame's head) from bytes."""
    return _scan(data.decode("utf-8"), 0)[0]


def decode_event(data):
    try:
        text = data.decode("utf-8")
        try:
            value, end = _scan(text, 0)
            if end == len(text):
                return value
        except StopIteration:
            pass
        return _decode(text)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def decode_client_context(text):
    try:
        return _decode(text)
    except Exception as error:
        message = "Unable to parse Client Context JSON: %s" % error
        raise Fault("Runtime.LambdaContextUnmarshalError", message)


def encode_response(value):
    if isinstance(value, bytes) and bytes is not str:
        return value  # the function made its own document
    try:
        return encode(value)
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def encode(value):
    """The JSON text of `value`, as bytes."""
    try:
        text = _encode(value)
    except TypeError:
        return _encode_special(value)
    if type(value) not in _LEAVES and _holds_named_tuple(value):
        return _encode_special(value)
    return text.encode("utf-8")


_LEAVES = frozenset((type(u""), bytes, int, float, bool, type(None)))


def _holds_named_tuple(value):
    pending = [value]
    leaves = _LEAVES
    for value in pending:  # grows while it is walked
        if isinstance(value, dict):
            value = value.values()
        elif isinstance(value, tuple) and hasattr(value, "_asdict"):
            return True
        elif not isinstance(value, (list, tuple)):
            continue
        for item in value:
            if type(item) not in leaves:
                pending.append(item)
    return False


def _encode_special(value):
    """For what the standard encoder has no notion of: decimals, named tuples, bytes.

    A decimal's digits must appear as they are, which that encoder cannot do. So each becomes a
    string that nobody can guess, and is put in place afterwards.
    """
    mark = "decimal-%s-" % "".join("%02x" % byte for byte in bytearray(os.urandom(16)))
    digits = []
    pieces = _encode(_plain(value, mark, digits, frozenset())).split('"' + mark)
    text = [pieces[0]]
    for piece in pieces[1:]:
        index, rest = piece.split('"', 1)
        text += [digits[int(index)], rest]
    return "".join(text).encode("utf-8")


def _plain(value, mark, digits, parents):
    if isinstance(value, bytes) and bytes is not str:
        return value.decode("utf-8")
    if isinstance(value, (dict, list, tuple)):
        if id(value) in parents:
            raise ValueError("Circular reference detected")
        parents = parents | {id(value)}
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            value = value._asdict()
        if isinstance(value, dict):
            pairs = value.items()
            return dict((_key(key), _plain(item, mark, digits, parents)) for key, item in pairs)
        return [_plain(item, mark, digits, parents) for item in value]
    if _is_decimal(value):
        if value.is_nan():
            return float("nan")
        digits.append(str(value))
        return "%s%d" % (mark, len(digits) - 1)
    return value


def _key(key):
    return key.decode("utf-8") if isinstance(key, bytes) and bytes is not str else key


def _is_decimal(value):
    decimal = sys.modules.get("decimal")  # never imported: never made
    return decimal is not None and isinstance(value, decimal.Decimal)
