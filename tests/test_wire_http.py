"""HTTP itself: how bodies come, which version is spoken, what every answer has."""

import json

from support.protocol import complete
from support.raw import Connection, exchange

TARGET = b"X-Amz-Target: Logs_20140328.DescribeLogGroups\r\nContent-Type: application/x-amz-json-1.1\r\n"
HOST = b"Host: 127.0.0.1\r\n"


def head_and_body(received):
    head, _, body = received.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def test_a_body_in_chunks(server):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b'{"logGroup', b'NamePrefix":', b'"none/such"}'))
    request = b"POST / HTTP/1.1\r\n" + HOST + TARGET + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    head, body = head_and_body(exchange(server, request, chunks, b"0\r\n\r\n"))
    assert head[0] == "HTTP/1.1 200 OK"
    assert json.loads(body) == {"logGroups": []}


def test_chunks_that_are_none(server):
    request = b"POST / HTTP/1.1\r\n" + HOST + TARGET + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    head, body = head_and_body(exchange(server, request, b"zz\r\n{}\r\n"))
    assert head[0] == "HTTP/1.1 400 Bad Request"


def test_a_client_that_asks_before_it_sends(server):
    request = b"POST / HTTP/1.1\r\n" + HOST + TARGET + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    told = []

    def wait(connection):
        told.append(connection.recv(1024))

    head, body = head_and_body(exchange(server, request, wait, b"{}"))
    assert told == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert head[0] == "HTTP/1.1 200 OK" and b"logGroups" in body


def test_a_client_that_asks_to_send_too_much_keeps_it(server):
    request = b"POST / HTTP/1.1\r\n" + HOST + TARGET + b"Content-Length: 999999999\r\nExpect: 100-continue\r\n\r\n"
    head, body = head_and_body(exchange(server, request))
    assert head[0] == "HTTP/1.1 400 Bad Request"
    assert "Request must be smaller than" in json.loads(body)["message"]


def test_a_client_that_asks_for_what_is_not_there_keeps_its_body(server):
    target = TARGET.replace(b"DescribeLogGroups", b"Nothing")
    request = b"POST / HTTP/1.1\r\n" + HOST + target + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    head, body = head_and_body(exchange(server, request))
    assert head[0] == "HTTP/1.1 400 Bad Request"
    assert json.loads(body)["__type"] == "UnknownOperationException"


def test_who_would_rather_speak_http_2_is_answered_in_http_1(server):
    """A server may ignore an upgrade (RFC 9110, 7.8); HTTP/2 is spoken with who begins with it."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    head, _ = head_and_body(exchange(server, b"GET /health HTTP/1.1\r\n" + HOST + upgrade))
    assert head[0] == "HTTP/1.1 200 OK"


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def frames(received):
    while len(received) >= 9:
        length, kind = int.from_bytes(received[:3]), received[3]
        yield kind, received[9 : 9 + length]
        received = received[9 + length :]


def test_http_2_from_the_first_byte(server):
    """The preface, settings and one request; the status and the body come back (RFC 9113, RFC 7541)."""
    data, headers, settings, goaway = 0, 1, 4, 7
    end_stream, end_headers = 1, 4
    # GET and http from the static table, then path and authority in so many bytes.
    block = b"\x82\x86" + b"\x04\x07/health" + b"\x01\x09127.0.0.1"
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settings, 0, 0)
    received = b""

    def until_the_body(connection):
        nonlocal received
        while not any(kind == data and b"status" in payload for kind, payload in frames(received)):
            chunk = connection.recv(65536)
            assert chunk, received
            received += chunk

    request = frame(headers, end_stream | end_headers, 1, block)
    exchange(server, preface, request, until_the_body, frame(goaway, 0, 0, bytes(8)))
    found = list(frames(received))
    assert found[0][0] == settings
    # 0x88 is ":status: 200".
    assert next(payload for kind, payload in found if kind == headers)[0] == 0x88
    body = b"".join(payload for kind, payload in found if kind == data)
    assert json.loads(body)["status"] == "ok"


def test_every_answer_has_one_date_and_one_id(server):
    with Connection(server) as connection:
        ids = {complete(connection.send("GET", "/2015-03-31/functions")) for _ in range(5)}
        ids |= {complete(connection.send("GET", "/nowhere")) for _ in range(5)}
    assert len(ids) == 10


def test_the_platforms_own_paths_have_a_date_too(server):
    with Connection(server) as connection:
        assert len(connection.send("GET", "/health").all("date")) == 1
