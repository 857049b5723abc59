#!/usr/bin/env python3
"""Feeds botocore's protocol vectors to the example `vectors` and compares.

    cargo build -p tinderbox-wire --example vectors
    python3 crates/wire/examples/vectors/run.py target/debug/examples/vectors .../botocore/tests/unit/protocols

Prints what differs and a count for each protocol. Cases that botocore itself ignores are left out, and those that
tell nothing from this side.
"""

import base64
import json
import pathlib
import subprocess
import sys

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import PROTOCOL_PARSERS
from botocore.utils import parse_timestamp
from dateutil.tz import tzutc

PROTOCOLS = ("json", "json_1_0", "query", "rest-json", "rest-xml", "smithy-rpc-v2-cbor")

# Nothing on the wire tells these apart from the absence of the member, or the vector leaves out what names the
# operation, or (the last two) it holds for one of the two protocols that share the model.
UNDECIDABLE = {
    "AwsJson10EndpointTrait",
    "AwsJson10EndpointTraitWithHostLabel",
    "QueryEmptyQueryMaps",
    "RestJsonHttpPrefixHeadersAreNotPresent",
    "RestJsonHttpWithEmptyStructurePayload",
    "RestJsonHttpWithHeadersButNoPayload",
    "RestJsonOmitsEmptyListQueryValues",
    "HttpPrefixHeadersAreNotPresent",
    # An empty prefix takes every header, of which a real response has more than the vector.
    "HttpPrefixHeadersResponse",
    "QueryCompatibleAwsJson10CustomCodeError",
    "QueryCompatibleRpcV2CborCustomCodeError",
}


def seconds(value):
    return parse_timestamp(value).astimezone(tzutc()).timestamp()


def plain(node):
    """Numbers as floats, blobs as text: what both sides can be compared in."""
    if isinstance(node, dict):
        return {k: plain(v) for k, v in node.items() if v is not None}
    if isinstance(node, list):
        return [plain(v) for v in node]
    if isinstance(node, bytes):
        return node.decode()
    if isinstance(node, float) and (node != node or node in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(node)]
    if hasattr(node, "read"):
        return node.read().decode()
    return float(node) if isinstance(node, (int, float)) and not isinstance(node, bool) else node


def ignored(folder, protocol, direction, suite, case):
    lists = json.loads((folder / "protocol-tests-ignore-list.json").read_text())
    entries = [lists["general"].get(direction, {}), lists["protocols"].get(protocol, {}).get(direction, {})]
    return any(suite in e.get("suites", []) or case in e.get("cases", []) for e in entries)


def cases(folder, direction):
    for path in sorted((folder / direction).glob("*.json")):
        if not path.stem.startswith(PROTOCOLS):
            continue
        for suite in json.loads(path.read_text()):
            for case in suite["cases"]:
                if case["id"] not in UNDECIDABLE and not ignored(folder, path.stem, direction, suite["description"], case["id"]):
                    yield path.stem, suite, case


def input_line(suite, case):
    given = case["serialized"]
    body = given.get("body", "")
    if suite["metadata"]["protocol"] != "smithy-rpc-v2-cbor":
        body = base64.b64encode(body.encode()).decode()
    request = {"method": given.get("method", "POST"), "uri": given["uri"], "headers": given.get("headers", {}), "body": body}
    return {"suite": suite, "given": case["given"], "request": request}


def output_line(suite, case):
    line = {"suite": suite, "given": case["given"], "result": case.get("result", case.get("error"))}
    if "error" in case:
        # The code names the error; so does the only error that the operation has.
        line["error"] = case["errorCode"]
        result = dict(case["error"])
        line["result"] = result
    return line


def check_input(suite, case, answer):
    seen, params = plain(answer["seen"]), plain(case["params"])
    given = case["given"].get("input", {}).get("shape")
    members = suite["shapes"].get(given, {}).get("members", {})
    query = {m.get("locationName", n): n for n, m in members.items() if m.get("location") == "querystring"}
    for name in query.values():
        if suite["shapes"][members[name]["shape"]]["type"] == "map":
            # A server puts all parameters into a map of them, a client only those that no member names.
            for side in (seen, params):
                side[name] = {k: v for k, v in (side.get(name) or {}).items() if k not in query}
    return seen, params


def check_output(suite, case, answer):
    service = ServiceModel({**suite, "operations": {case["given"]["name"]: case["given"]}})
    operation = OperationModel(case["given"], service)
    protocol = suite["metadata"]["protocol"]
    shape = operation.output_shape
    if protocol == "query" and shape and shape.members:
        shape.serialization["resultWrapper"] = f"{case['given']['name']}Result"
    response = {
        "status_code": answer["status"],
        "headers": HeadersDict(answer["headers"]),
        "body": base64.b64decode(answer["body"]),
        "context": {"operation_name": case["given"]["name"]},
    }
    parser = PROTOCOL_PARSERS[protocol](timestamp_parser=seconds)
    parsed = parser.parse(response, shape)
    parsed.pop("ResponseMetadata", None)
    if "error" in case:
        code = parsed["Error"]["Code"]
        expected = {"Code": case["errorCode"]}
        status = case["response"]["status_code"]
        return {"Code": code, "status": answer["status"]}, {**expected, "status": status}
    return plain(parsed), plain(case["result"])


def main(binary, folder):
    folder = pathlib.Path(folder)
    failed = 0
    for direction in ("input", "output"):
        chosen = list(cases(folder, direction))
        make = input_line if direction == "input" else output_line
        lines = "\n".join(json.dumps(make(suite, case)) for _, suite, case in chosen)
        done = subprocess.run([binary], input=lines, capture_output=True, text=True, check=True)
        counts = {}
        for (protocol, suite, case), line in zip(chosen, done.stdout.splitlines(), strict=True):
            answer = json.loads(line)
            try:
                if direction == "input":
                    actual, expected = check_input(suite, case, answer)
                else:
                    actual, expected = check_output(suite, case, answer)
            except Exception as error:
                actual, expected = repr(error), None
            good = counts.setdefault(protocol, [0, 0])
            good[0] += actual == expected
            good[1] += 1
            if actual != expected:
                failed += 1
                print(f"{direction} {protocol} {case['id']}: {actual}\n  expected {expected}")
                print(f"  {answer['status']} {base64.b64decode(answer['body'])[:200]} of {case.get('serialized', '')}")
        for protocol, (good, all_of) in counts.items():
            print(f"{direction} {protocol}: {good} of {all_of}")
    return failed


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
