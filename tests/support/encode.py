"""An input as a request of each protocol, and what an answer says went wrong. Written from the models' own traits."""

import base64
import dataclasses
import json
import re
import urllib.parse
from xml.etree import ElementTree

from . import cbor
from .cases import Wrong

#: Longer texts than this are not sent in heads.
LONGEST_IN_HEAD = 8_000


class Inexpressible(Exception):
    """The protocol has no way to say this."""


@dataclasses.dataclass
class Request:
    """What goes over the wire."""

    method: str
    path: str
    headers: dict
    body: bytes


def encode(service, protocol, operation, value):
    """The request of `operation` with the input `value`."""
    scope = service.metadata.get("signingName", service.metadata["endpointPrefix"])
    credential = f"test/20260131/us-east-1/{scope}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}
    request = PROTOCOLS[protocol](service, operation, value)
    return dataclasses.replace(request, headers={**headers, **request.headers})


def _plain(service, name, value, wire, binary):
    """A value as JSON or CBOR; `wire`: members go by their names on the wire."""
    if isinstance(value, Wrong):
        return value.raw
    if value is None:
        return None
    shape = service.shape(name)
    kind = shape["type"]
    if kind == "structure" and not shape.get("document"):
        members = shape.get("members", {})
        return {
            (members[m].get("locationName", m) if wire else m): _plain(service, members[m]["shape"], v, wire, binary)
            for m, v in value.items()
        }
    if kind == "list":
        return [_plain(service, shape["member"]["shape"], v, wire, binary) for v in value]
    if kind == "map":
        return {k: _plain(service, shape["value"]["shape"], v, wire, binary) for k, v in value.items()}
    if kind == "blob":
        return value if binary else base64.b64encode(value).decode()
    if kind == "timestamp" and binary:
        return cbor.Moment(value)
    return value


def _json(service, operation, value):
    version = service.metadata["jsonVersion"]
    headers = {
        "Content-Type": f"application/x-amz-json-{version}",
        "X-Amz-Target": f"{service.metadata['targetPrefix']}.{operation}",
    }
    body = _plain(service, service.input(operation), value, wire=True, binary=False)
    return Request("POST", "/", headers, json.dumps(body).encode())


def _cbor(service, operation, value):
    headers = {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
    body = _plain(service, service.input(operation), value, wire=False, binary=True)
    path = f"/service/{service.metadata['targetPrefix']}/operation/{operation}"
    return Request("POST", path, headers, cbor.dumps(body))


def _query(service, operation, value):
    form = [("Action", operation), ("Version", service.metadata["apiVersion"])]
    _form(service, service.input(operation), value, "", form)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request("POST", "/", headers, urllib.parse.urlencode(form).encode())


def _form(service, name, value, prefix, form):
    if isinstance(value, Wrong):
        if not isinstance(value.raw, str) or value.kind in ("List", "Map", "Structure"):
            raise Inexpressible
        return form.append((prefix, value.raw))
    if value is None:
        raise Inexpressible
    shape = service.shape(name)
    kind = shape["type"]
    if kind == "structure":
        if not value and prefix:
            raise Inexpressible
        for member, inner in value.items():
            reference = shape["members"][member]
            inner_shape = service.shape(reference["shape"])
            step = reference.get("locationName", member)
            if reference.get("flattened") or inner_shape.get("flattened"):
                raise Inexpressible
            _form(service, reference["shape"], inner, f"{prefix}.{step}" if prefix else step, form)
    elif kind == "list":
        if not value:
            form.append((prefix, ""))
        step = shape["member"].get("locationName", "member")
        for index, item in enumerate(value, start=1):
            _form(service, shape["member"]["shape"], item, f"{prefix}.{step}.{index}", form)
    elif kind == "map":
        if not value:
            raise Inexpressible
        for index, (key, item) in enumerate(value.items(), start=1):
            entry = f"{prefix}.entry.{index}"
            form.append((f"{entry}.{shape['key'].get('locationName', 'key')}", key))
            _form(service, shape["value"]["shape"], item, f"{entry}.{shape['value'].get('locationName', 'value')}", form)
    else:
        form.append((prefix, _scalar(kind, value)))


def _scalar(kind, value):
    if kind == "blob":
        return base64.b64encode(value).decode()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _rest_json(service, operation, value):
    described = service.operations[operation]
    path, _, query = described["http"]["requestUri"].partition("?")
    query = urllib.parse.parse_qsl(query, keep_blank_values=True)
    name = service.input(operation)
    shape = service.shape(name)
    headers, body = {}, {}
    labels = set()
    for member, inner in value.items():
        reference = shape["members"][member]
        wire = reference.get("locationName", member)
        location = reference.get("location")
        if location == "uri":
            text = _in_head(service, reference["shape"], inner)
            if not text:
                raise Inexpressible
            labels.add(wire)
            path = re.sub(r"\{%s\+?\}" % re.escape(wire), lambda _, t=text: urllib.parse.quote(t, safe=""), path)
        elif location == "querystring":
            query += _query_member(service, reference["shape"], wire, inner)
        elif location == "header":
            text = _in_head(service, reference["shape"], inner)
            if not text or not text.isascii() or not text.isprintable() or text != text.strip():
                raise Inexpressible
            headers[wire] = text
        elif location == "headers":
            raise Inexpressible
        elif member == shape.get("payload"):
            body = _payload(service, reference["shape"], inner)
        else:
            body[wire] = _plain(service, reference["shape"], inner, wire=True, binary=False)
    if "{" in path:
        raise Inexpressible
    path += f"?{urllib.parse.urlencode(query)}" if query else ""
    method = described["http"]["method"]
    if not isinstance(body, bytes):
        in_body = any("location" not in m for m in shape.get("members", {}).values())
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode() if in_body and "payload" not in shape else b""
    return Request(method, path, headers, body)


def _payload(service, name, value):
    if isinstance(value, Wrong) or value is None:
        raise Inexpressible
    if service.shape(name)["type"] == "blob":
        return value
    return json.dumps(_plain(service, name, value, wire=True, binary=False)).encode()


def _query_member(service, name, wire, value):
    shape = service.shape(name)
    if isinstance(value, Wrong) or shape["type"] not in ("list", "map"):
        return [(wire, _in_head(service, name, value))]
    if shape["type"] == "map" or not value:
        raise Inexpressible
    return [(wire, _in_head(service, shape["member"]["shape"], item)) for item in value]


def _in_head(service, name, value):
    if isinstance(value, Wrong):
        if not isinstance(value.raw, str) or value.kind in ("List", "Map", "Structure"):
            raise Inexpressible
        return value.raw
    kind = service.shape(name)["type"]
    if value is None or kind in ("list", "map", "structure"):
        raise Inexpressible
    text = _scalar(kind, value)
    if len(text) > LONGEST_IN_HEAD:
        raise Inexpressible
    return text


PROTOCOLS = {"json": _json, "smithy-rpc-v2-cbor": _cbor, "query": _query, "rest-json": _rest_json}


def error(protocol, answer):
    """The code and the message of an answer that is an error."""
    if protocol == "query":
        root = ElementTree.fromstring(answer.body)
        parts = {element.tag.rsplit("}", 1)[-1]: element.text or "" for element in root.iter()}
        return parts["Code"], parts["Message"]
    told = cbor.loads(answer.body) if protocol == "smithy-rpc-v2-cbor" else json.loads(answer.body)
    code = answer.header("x-amzn-errortype") if protocol == "rest-json" else told["__type"]
    return code, told.get("message", told.get("Message"))
