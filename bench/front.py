"""The front door: a REST API's proxy to a Python function, beside invoking it and beside a peer's imitation.

The function is invoked with an empty event, and with the event that the API makes of the same request: what differs from the
one is what a request through an API costs, from the other what the gateway does.
"""

import json
import tempfile
import types

import boto3
from measure import rounds
from subjects import PYTHON, call, create, invocations, peer, server
from support.code import python
from support.gateway import Api, permit

CODE = python("def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': '\"hello\"'}\n")
TELLING = python("import json\n\ndef lambda_handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n")
SAME = "Invoke with its event"
PEER = "serverless-offline Python"
ROUTES = {"10 routes": 10, "1,000 routes": 1_000}
REQUESTS = {1: 4_000, 16: 20_000}


def measure(options, table, load):
    """All rows of the gateway."""
    with tempfile.TemporaryDirectory() as data, server(options.binary, data) as ours:
        create(ours.url, "front", PYTHON, CODE)
        paths = dict.fromkeys(("Invoke", SAME), invocations("front"))
        for what, count in ROUTES.items():
            paths[what] = f"/_aws/execute-api/{_api(ours, what, count)}/bench/r{count // 2}"
        addresses = dict.fromkeys(paths, ours.address)
        bodies = {SAME: _event(ours)}
        with tempfile.TemporaryDirectory() as directory:
            run = None
            if options.peers:
                run, paths[PEER] = peer(PEER, directory)
                addresses[PEER] = run.address
            try:
                for connections in (1, 16):
                    _rows(options, table, load, addresses, paths, bodies, connections)
            finally:
                if run:
                    run.__exit__()


def _event(ours):
    """What a function is given for such a request."""
    create(ours.url, "telling", PYTHON, TELLING)
    return json.dumps(call(ours.url, "POST", f"/_aws/execute-api/{_api(ours, SAME, 1, 'telling')}/bench/r0", {}))


def _api(ours, name, count, function="front"):
    """A deployed API with `count` resources, each a proxy to the function; its id."""
    access = {"endpoint_url": ours.url, "region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    api = Api(types.SimpleNamespace(url=ours.url), boto3.client("apigateway", **access), name)
    for n in range(count):
        resource = api.resource(f"r{n}")
        api.method(resource)
        api.function(resource, function)
    permit(boto3.client("lambda", **access), function, api.id)
    api.deploy("bench")
    return api.id


def _rows(options, table, load, addresses, paths, bodies, connections):
    def once():
        told = {}
        for what, path in paths.items():
            requests = REQUESTS[connections] // (8 if what == PEER else 1)
            told[what] = load(
                addresses[what], "--path", path, "--body", bodies.get(what, "{}"), "--connections", connections, "--requests", requests,
                "--warmup", requests // 50,
            )  # fmt: skip
        return told

    told, note = rounds(options.rounds, once)
    name = lambda what: what if what in ("Invoke", SAME, PEER) else f"REST proxy, {what}"  # noqa: E731
    for what in paths:
        label = f"{name(what)}, {connections} conn."
        table.row(f"{label}: p50", [t[what]["p50_us"] for t in told], "us", note=note)
        goal = "≥ 15,000" if connections == 16 and what == "10 routes" else ""
        table.row(f"{label}: rate", [t[what]["per_second"] for t in told], "req/s", goal)
    if connections == 1:
        ratio = lambda a, b: [t[a]["p50_us"] / t[b]["p50_us"] for t in told]  # noqa: E731
        table.row("REST proxy: p50 / Invoke's", ratio("10 routes", "Invoke"), "x", "≤ 1.15")
        table.row("REST proxy: p50 / Invoke's with its event", ratio("10 routes", SAME), "x", "≤ 1.15")
        table.row("REST proxy: p50 with 1,000 routes / with 10", ratio("1,000 routes", "10 routes"), "x", "≈ 1")
    if PEER in paths:
        ratio = [t["10 routes"]["per_second"] / t[PEER]["per_second"] for t in told]
        table.row(f"REST proxy, {connections} conn.: rate / {PEER}'s", ratio, "x", "≥ 1")
