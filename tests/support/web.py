"""Plain HTTP to APIs and function URLs: whatever the status, an answer."""

import http.client
import json
import urllib.parse

from .waiting import PATIENCE


class Answer:
    """A status, headers in the order they came, and a body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read().decode()

    @property
    def json(self):
        return json.loads(self.body)

    def all(self, name):
        return self.headers.get_all(name) or []


def fetch(url, method="GET", body=None, headers=None, host=None):
    """Asks `url`; with `host` the request names another host than it is sent to."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = dict(headers or {})
    if host:
        sent["Host"] = host
    try:
        connection.request(method, target or "/", body=body, headers=sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()
