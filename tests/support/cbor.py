"""As much CBOR (RFC 8949) as requests and errors need."""

import struct


def dumps(value):
    """A value as CBOR."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(dumps, value))
    if isinstance(value, Moment):
        return b"\xc1" + dumps(value.seconds)
    return _head(5, len(value)) + b"".join(dumps(k) + dumps(v) for k, v in value.items())


class Moment:
    """Seconds since the epoch."""

    def __init__(self, seconds):
        self.seconds = seconds


def _head(major, number):
    for size, code, limit in ((0, None, 24), (1, 24, 1 << 8), (2, 25, 1 << 16), (4, 26, 1 << 32), (8, 27, 1 << 64)):
        if number < limit:
            return bytes([major << 5 | number]) if code is None else bytes([major << 5 | code]) + number.to_bytes(size)
    raise ValueError(number)


def loads(data):
    """CBOR as a value."""
    value, rest = _item(data)
    assert not rest, rest
    return value


_BREAK = object()


def _item(data):
    major, info = data[0] >> 5, data[0] & 31
    data = data[1:]
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    number = int.from_bytes(data[:size]) if size else info
    if major == 7:
        simple = {20: False, 21: True, 22: None, 23: None, 31: _BREAK}
        if info == 27:
            return struct.unpack(">d", data[:8])[0], data[8:]
        return simple[info], data
    data = data[size:]
    if major == 0:
        return number, data
    if major == 1:
        return -1 - number, data
    if major in (2, 3):
        text = data[:number]
        return (text if major == 2 else text.decode()), data[number:]
    if major == 6:
        return _item(data)
    items, count = [], None if info == 31 else number * (2 if major == 5 else 1)
    while count is None or len(items) < count:
        item, data = _item(data)
        if item is _BREAK:
            break
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2], strict=True))), data
