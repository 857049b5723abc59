"""Lab 4 of the class, by command line: two versions behind an alias, half of the requests each."""

import concurrent.futures
import json
import math

from support.code import ROLE, node
from support.gateway import ACCOUNT, INTERNAL, REGION, call, function_uri
from test_lab3 import make_api

CALLS = 400


def version(number):
    return node(
        f"""
        exports.handler = (event, context, callback) => {{
            callback(null, {{statusCode: 200, body: JSON.stringify({{message: 'Version {number}'}})}});
        }};
        """
    )


def test_lab_4(aws, server, name, tmp_path):
    def run(*arguments):
        done = aws(*arguments, "--output", "json")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    (tmp_path / "1.zip").write_bytes(version(1))
    (tmp_path / "2.zip").write_bytes(version(2))
    run(
        *("lambda", "create-function", "--function-name", name, "--runtime", "nodejs6.10", "--handler", "index.handler"),
        *("--role", ROLE, "--zip-file", "fileb://1.zip"),
    )
    api, resource = make_api(aws, name)
    wired = call(server, api, "/lab3/student0API")
    assert wired[::2] == (200, b'{"message":"Version 1"}')

    publish = ("lambda", "publish-version", "--function-name", name, "--description")
    assert run(*publish, "first")["Version"] == "1"
    run("lambda", "update-function-code", "--function-name", name, "--zip-file", "fileb://2.zip")
    assert run(*publish, "second")["Version"] == "2"
    versions = run("lambda", "list-versions-by-function", "--function-name", name)["Versions"]
    assert [v["Version"] for v in versions] == ["$LATEST", "1", "2"]
    run(
        *("lambda", "create-alias", "--function-name", name, "--name", "canary", "--function-version", "1"),
        *("--routing-config", json.dumps({"AdditionalVersionWeights": {"2": 0.5}})),
    )

    where = ("--rest-api-id", api, "--resource-id", resource, "--http-method", "ANY")
    change = [{"op": "replace", "path": "/uri", "value": function_uri(f"{name}:canary")}]
    updated = run("apigateway", "update-integration", *where, "--patch-operations", json.dumps(change))
    assert updated["uri"].endswith(f":function:{name}:canary/invocations")

    # Before the deployment the old wiring still answers: $LATEST, which is the second by now.
    assert {call(server, api, "/lab3/student0API")[2] for _ in range(10)} == {b'{"message":"Version 2"}'}
    deployed = run("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "lab3", "--description", "canary")
    assert deployed["description"] == "canary"
    # The dialog "Add Permission to Lambda Function": without it the alias may not be called.
    assert call(server, api, "/lab3/student0API")[::2] == (500, INTERNAL)
    aws(
        *("lambda", "add-permission", "--function-name", name, "--qualifier", "canary", "--statement-id", "api"),
        *("--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com", "--source-arn"),
        f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*/student0API",
    )
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: call(server, api, "/lab3/student0API")[2], range(CALLS)))
    second = answers.count(b'{"message":"Version 2"}')
    assert second + answers.count(b'{"message":"Version 1"}') == CALLS
    # The binomial distribution's 99.9 %.
    assert abs(second - CALLS / 2) <= 3.29 * math.sqrt(CALLS / 4), second
    changes = sum(a != b for a, b in zip(answers, answers[1:]))
    assert changes < CALLS * 0.65, "they come at random, not in turn"
    aws("apigateway", "delete-rest-api", "--rest-api-id", api)
