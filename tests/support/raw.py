"""Plain HTTP, as no SDK sends it."""

import dataclasses
import http.client
import socket

from .waiting import PATIENCE


@dataclasses.dataclass
class Answer:
    """A response. Headers come as they came, in order, and may repeat."""

    status: int
    headers: list
    body: bytes

    def all(self, name):
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The value of a header that is there once."""
        found = self.all(name)
        assert len(found) == 1, f"{name}: {self.headers}"
        return found[0]


class Connection:
    """One connection that is kept open."""

    def __init__(self, server):
        self._http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._http.close()

    def send(self, method, path, headers=None, body=b""):
        """Sends a request and reads its answer."""
        body = body.encode() if isinstance(body, str) else body
        self._http.request(method, path, body=body, headers=headers or {})
        response = self._http.getresponse()
        return Answer(response.status, response.getheaders(), response.read())


def exchange(server, *parts):
    """Sends bytes as they are and reads until the server closes; a part that is a function is called with the socket."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        for part in parts:
            part(connection) if callable(part) else connection.sendall(part)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received
