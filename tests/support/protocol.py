"""What every answer has, whatever its protocol."""

import re

from .model import services

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: Bytes of a body that no operation with the usual limit takes.
TOO_LARGE = 4 * 1024 * 1024 + 1


def scope(service):
    """The header of a request signed for `service`; on loopback nobody verifies the signature itself."""
    credential = f"test/20260131/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}


def unserved(name, keep=lambda operation: True):
    """An operation of a model that operations.toml does not list."""
    service = next(service for service in services() if service.name == name)
    names = sorted(set(service.model["operations"]) - set(service.operations))
    return next(service.model["operations"][n] for n in names if keep(service.model["operations"][n]))


def complete(answer):
    """Checks what every answer must have and returns its request id."""
    assert len(answer.all("date")) == 1, answer.headers
    request_id = answer.header("x-amzn-requestid")
    assert UUID.fullmatch(request_id), request_id
    assert answer.header("x-amz-request-id") == request_id
    return request_id
