"""Test invocations of REST APIs: methods and authorizers as they are now, and what their logs tell."""

import json
import re

import pytest

from support.code import create, python
from support.coverage import covers
from support.gateway import ACCOUNT, REGION, Api, function_uri, permit
from test_apigateway_access import AUTHORIZER, ECHO
from test_apigateway_resources import refused

LINE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : (.*)")


@pytest.fixture
def apigateway(server, client):
    return client(server, "apigateway")


@pytest.fixture
def api(server, apigateway, name):
    return Api(server, apigateway, name)


def lines(log):
    """What the lines of a log say, without their times."""
    first, *rest = log.splitlines()
    assert re.fullmatch(r"Execution log for request [0-9a-f-]{36}", first)
    return [LINE.fullmatch(line)[1] for line in rest]


def contains(found, *expected):
    """The lines of which each begins as one of `expected`, in that order."""
    rest = iter(found)
    for text in expected:
        assert any(line.startswith(text) for line in rest), (text, found)


@covers("apigateway.TestInvokeMethod")
def test_a_function(apigateway, api, lambda_client, name):
    create(lambda_client, name, ECHO)
    permit(lambda_client, name, api.id)
    pets = api.resource("pets")
    pet = api.resource("{id}", pets)
    api.method(pet, "ANY", authorizationType="AWS_IAM", apiKeyRequired=True)
    api.function(pet, name)
    where = {"restApiId": api.id, "resourceId": pet, "httpMethod": "POST"}
    tested = apigateway.test_invoke_method(
        **where, pathWithQueryString="/pets/7?a=b", headers={"X-One": "1"}, body="hello", stageVariables={"v": "w"},
        multiValueHeaders={"X-Two": ["2", "3"]},
    )
    assert tested["status"] == 200 and tested["latency"] >= 0
    assert tested["headers"]["Content-Type"] == tested["multiValueHeaders"]["Content-Type"][0] == "application/json"
    event = json.loads(tested["body"])
    assert (event["path"], event["resource"], event["httpMethod"], event["body"]) == ("/pets/7", "/pets/{id}", "POST", "hello")
    assert event["pathParameters"] == {"id": "7"} and event["queryStringParameters"] == {"a": "b"}
    assert event["headers"] == {"X-One": "1", "X-Two": "3"} and event["multiValueHeaders"]["X-Two"] == ["2", "3"]
    assert event["stageVariables"] == {"v": "w"}
    context = event["requestContext"]
    assert (context["stage"], context["domainName"], context["domainPrefix"]) == (
        "test-invoke-stage", "testPrefix.testDomainName", "testPrefix",
    )
    identity = context["identity"]
    assert (identity["sourceIp"], identity["apiKey"], identity["apiKeyId"]) == (
        "test-invoke-source-ip", "test-invoke-api-key", "test-invoke-api-key-id",
    )
    assert identity["userArn"] == f"arn:aws:iam::{ACCOUNT}:root"
    uri = f"https://lambda.{REGION}.amazonaws.com/2015-03-31/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}/invocations"
    contains(
        lines(tested["log"]),
        "Starting execution for request: " + context["requestId"],
        "HTTP Method: POST, Resource Path: /pets/7",
        "Method request path: {id=7}",
        "Method request query string: {a=b}",
        "Method request headers: {X-One=1, X-Two=2, X-Two=3}",
        "Method request body before transformations: hello",
        f"Endpoint request URI: {uri}",
        "Endpoint request headers: {",
        'Endpoint request body after transformations: {"resource":"/pets/{id}"',
        f"Sending request to {uri}",
        "Received response. Status: 200, Integration latency: ",
        "Endpoint response headers: {",
        'Endpoint response body before transformations: {"statusCode": 200',
        "Method response body after transformations: {",
        "Method response headers: {",
        "Successfully completed execution",
        "Method completed with status: 200",
    )
    assert all(len(line) < 1100 for line in lines(tested["log"])), "long lines are cut"
    plain = json.loads(apigateway.test_invoke_method(**where)["body"])
    assert plain["headers"] is None and plain["path"] == "/pets/{id}"


def test_what_is_not_deployed(apigateway, api):
    api.method(api.root, "GET")
    api.mock(api.root, template='{"first": "$stageVariables.v $context.stage"}')
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    tested = apigateway.test_invoke_method(**where, stageVariables={"v": "x"})
    assert json.loads(tested["body"]) == {"first": "x test-invoke-stage"}
    told = lines(tested["log"])
    assert not any(line.startswith("Endpoint") for line in told), "nobody is asked"
    contains(told, "Method response body after transformations: ", "Successfully completed execution")
    refused("NotFoundException", 404, lambda: apigateway.test_invoke_method(**{**where, "httpMethod": "PUT"}), "Method")
    refused("NotFoundException", 404, lambda: apigateway.test_invoke_method(**{**where, "resourceId": "none"}), "Resource")


def test_what_goes_wrong(apigateway, api, lambda_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    return 'text'\n"))
    api.method(api.root, "GET")
    api.function(api.root, name, "GET")
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    denied = apigateway.test_invoke_method(**where)
    assert (denied["status"], json.loads(denied["body"])) == (500, {"message": "Internal server error"})
    contains(lines(denied["log"]), "Execution failed due to configuration error: ", "Method completed with status: 500")
    permit(lambda_client, name, api.id)
    malformed = apigateway.test_invoke_method(**where)
    assert malformed["status"] == 502
    contains(
        lines(malformed["log"]),
        "Execution failed due to configuration error: Malformed Lambda proxy response",
        "Method completed with status: 502",
    )


@covers("apigateway.TestInvokeAuthorizer")
def test_an_authorizer(apigateway, api, lambda_client, name):
    create(lambda_client, name, AUTHORIZER)
    permit(lambda_client, name, api.id)
    made = apigateway.create_authorizer(restApiId=api.id, name="who", type="TOKEN", authorizerUri=function_uri(name))
    of = {"restApiId": api.id, "authorizerId": made["id"]}

    def ask(token):
        return apigateway.test_invoke_authorizer(**of, headers={"Authorization": token} if token else {})

    tested = ask("allow-me")
    assert (tested["clientStatus"], tested["principalId"]) == (0, "allow-me")
    statement = json.loads(tested["policy"])["Statement"][0]
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/ESTestInvoke-stage/GET/"
    assert (statement["Effect"], statement["Resource"]) == ("Allow", arn)
    contains(
        lines(tested["log"]),
        f"Starting authorizer: {made['id']} for request: ",
        "Incoming identity: ****w-me",
        "Endpoint request URI: https://lambda.",
        f'Endpoint request body after transformations: {{"type":"TOKEN","methodArn":"{arn}"',
        "Sending request to ",
        'Authorizer result body before parsing: {"principalId": "allow-me"',
        "Using valid authorizer policy for principal: ****w-me",
        "Successfully completed authorizer execution",
    )
    unauthorized = ask("nobody")
    assert unauthorized["clientStatus"] == 401 and "policy" not in unauthorized
    contains(lines(unauthorized["log"]), "Unauthorized request")
    assert ask(None)["clientStatus"] == 401
    broken = ask("broken")
    assert broken["clientStatus"] == 500
    contains(lines(broken["log"]), "Execution failed due to configuration error: ")
    missing = {**of, "authorizerId": "none"}
    refused("NotFoundException", 404, lambda: apigateway.test_invoke_authorizer(**missing), "Authorizer")


@covers("apigateway.GetModelTemplate")
def test_templates_of_models(apigateway, api):
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}},
    }
    apigateway.create_model(restApiId=api.id, name="Pet", contentType="application/json", schema=json.dumps(schema))
    value = apigateway.get_model_template(restApiId=api.id, modelName="Pet")["value"]
    assert value.startswith("#set($inputRoot = $input.path('$'))\n{") and '"name" : "foo"' in value
    assert "#foreach($elem in $inputRoot.tags)\n    42#if($foreach.hasNext),#end" in value
    # The template is one: it makes of a payload what the model says.
    api.method(api.root, "POST")
    api.mock(api.root, "POST", template=value)
    tested = apigateway.test_invoke_method(restApiId=api.id, resourceId=api.root, httpMethod="POST")
    assert tested["status"] == 200 and '"name" : "foo"' in tested["body"]
    refused("NotFoundException", 404, lambda: apigateway.get_model_template(restApiId=api.id, modelName="None"))


def test_aws_cli(aws, apigateway, api):
    api.method(api.root, "GET")
    api.mock(api.root, template='{"ok": true}')
    told = json.loads(
        aws("apigateway", "test-invoke-method", "--rest-api-id", api.id, "--resource-id", api.root,
            "--http-method", "GET", "--path-with-query-string", "/?a=b").stdout
    )
    assert (told["status"], told["body"]) == (200, '{"ok": true}')
