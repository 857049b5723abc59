"""Lab 3 of the class, by command line: an API in front of a function, output for output."""

import json

import pytest

from support.code import ROLE, node, python
from support.gateway import ACCOUNT, FORBIDDEN, INTERNAL, NO_ROUTE, REGION, call, function_uri

TEMPLATES = {
    "nodejs6.10": (
        "index.handler",
        node("exports.handler = (event, context, callback) => {\n    callback(null, 'Hello from Lambda');\n};\n"),
        node(
            """
            exports.handler = (event, context, callback) => {
                callback(null, {
                    statusCode: 200,
                    body: JSON.stringify({message: 'Hello API Gateway'}),
                    headers: {'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json'}
                });
            };
            """
        ),
    ),
    "python3.11": (
        "lambda_function.lambda_handler",
        python("def lambda_handler(event, context):\n    return 'Hello from Lambda'\n"),
        python(
            """
            import json

            def lambda_handler(event, context):
                return {
                    'statusCode': 200,
                    'body': json.dumps({'message': 'Hello API Gateway'}, separators=(',', ':')),
                    'headers': {'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json'},
                }
            """
        ),
    ),
}


def make_api(aws, function, stage="lab3"):
    """What the console does for "Create a new API, Security: Open", one command a step."""

    def run(*arguments):
        done = aws("apigateway", *arguments, "--output", "json")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    made = run("create-rest-api", "--name", f"{function}-API")
    api, root = made["id"], made["rootResourceId"]
    resource = run("create-resource", "--rest-api-id", api, "--parent-id", root, "--path-part", "student0API")["id"]
    where = ("--rest-api-id", api, "--resource-id", resource, "--http-method", "ANY")
    run("put-method", *where, "--authorization-type", "NONE")
    proxy = ("--type", "AWS_PROXY", "--integration-http-method", "POST", "--uri", function_uri(function))
    run("put-integration", *where, *proxy)
    permission = ("--statement-id", "api", "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com")
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*/student0API"
    aws("lambda", "add-permission", "--function-name", function, *permission, "--source-arn", source)
    run("create-deployment", "--rest-api-id", api, "--stage-name", stage)
    return api, resource


@pytest.mark.parametrize("runtime", TEMPLATES)
def test_lab_3(aws, server, name, tmp_path, runtime):
    handler, template, answering = TEMPLATES[runtime]
    (tmp_path / "function.zip").write_bytes(template)
    aws(
        *("lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", handler),
        *("--role", ROLE, "--zip-file", "fileb://function.zip"),
    )
    api, _ = make_api(aws, name)
    stages = json.loads(aws("apigateway", "get-stages", "--rest-api-id", api, "--output", "json").stdout)["item"]
    assert [stage["stageName"] for stage in stages] == ["lab3"]

    # The invoke URL's root.
    for path in ("/lab3", "/lab3/"):
        status, headers, body = call(server, api, path)
        assert (status, body) == (403, NO_ROUTE)
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
        assert headers["Content-Type"] == "application/json"
    # The template returns no status code.
    status, headers, body = call(server, api, "/lab3/student0API")
    assert (status, body, headers["x-amzn-ErrorType"]) == (502, INTERNAL, "InternalServerErrorException")

    (tmp_path / "function.zip").write_bytes(answering)
    aws("lambda", "update-function-code", "--function-name", name, "--zip-file", "fileb://function.zip")
    host = f"{api}.execute-api.localhost:{server.port}"
    for reached in (None, host):
        status, headers, body = call(server, api, "/lab3/student0API", host=reached)
        assert (status, body) == (200, b'{"message":"Hello API Gateway"}')
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Content-Type"] == "application/json"
        assert headers["x-amzn-RequestId"] and headers["x-amz-apigw-id"].endswith("=")
        assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert headers["X-Tinderbox-Start"] == "warm"

    assert call(server, api, "/other/student0API")[::2] == (403, FORBIDDEN)
    assert call(server, "nobody", "/lab3/student0API")[::2] == (403, FORBIDDEN)
    # Without its permission the function is not called.
    aws("lambda", "remove-permission", "--function-name", name, "--statement-id", "api")
    assert call(server, api, "/lab3/student0API")[::2] == (500, INTERNAL)
    aws("apigateway", "delete-rest-api", "--rest-api-id", api)
    assert call(server, api, "/lab3/student0API")[::2] == (403, FORBIDDEN)
