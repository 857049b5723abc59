"""Who may call a REST API, and how much: keys, plans, throttling, authorizers."""

import datetime
import json

import pytest

from support.code import create, python
from support.coverage import covers
from support.gateway import FORBIDDEN, REGION, Api, function_uri, permit
from test_apigateway_resources import refused

TOO_MANY = b'{"message":"Too Many Requests"}'
LIMIT = b'{"message":"Limit Exceeded"}'
UNAUTHORIZED = b'{"message":"Unauthorized"}'

AUTHORIZER = python(
    """
    def lambda_handler(event, context):
        token = event.get('authorizationToken') or event['headers'].get('X-Who') or event['headers'].get('x-who')
        if token == 'nobody':
            raise Exception('Unauthorized')
        if token == 'broken':
            return {'principalId': 'x'}
        effect = 'Deny' if token == 'deny' else 'Allow'
        statement = {'Action': 'execute-api:Invoke', 'Effect': effect, 'Resource': event['methodArn']}
        return {
            'principalId': token,
            'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]},
            'context': {'number': 7, 'flag': True, 'request': context.aws_request_id},
        }
    """
)
ECHO = python(
    """
    import json
    def lambda_handler(event, context):
        return {'statusCode': 200, 'body': json.dumps(event)}
    """
)


@pytest.fixture
def apigateway(server, client):
    return client(server, "apigateway")


@pytest.fixture
def api(server, apigateway, name):
    api = Api(server, apigateway, name)
    yield api
    apigateway.delete_rest_api(restApiId=api.id)


@covers(
    "apigateway.CreateApiKey",
    "apigateway.GetApiKey",
    "apigateway.GetApiKeys",
    "apigateway.UpdateApiKey",
    "apigateway.DeleteApiKey",
)
def test_api_keys(apigateway, name):
    made = apigateway.create_api_key(name=name, enabled=True)
    assert len(made["value"]) == 40 and made["enabled"] and made["ResponseMetadata"]["HTTPStatusCode"] == 201
    shown = apigateway.get_api_key(apiKey=made["id"])
    assert "value" not in shown and shown["name"] == name
    assert apigateway.get_api_key(apiKey=made["id"], includeValue=True)["value"] == made["value"]
    listed = apigateway.get_api_keys(nameQuery=name, includeValues=True)["items"]
    assert [key["value"] for key in listed] == [made["value"]]
    refused("ConflictException", 409, lambda: apigateway.create_api_key(value=made["value"]), "API Key already exists")
    refused("BadRequestException", 400, lambda: apigateway.create_api_key(value="short"), "at least 20 characters")
    change = [{"op": "replace", "path": "/enabled", "value": "false"}]
    assert apigateway.update_api_key(apiKey=made["id"], patchOperations=change)["enabled"] is False
    apigateway.delete_api_key(apiKey=made["id"])
    refused("NotFoundException", 404, lambda: apigateway.get_api_key(apiKey=made["id"]), "Invalid API Key identifier specified")


@covers(
    "apigateway.CreateUsagePlan",
    "apigateway.GetUsagePlan",
    "apigateway.GetUsagePlans",
    "apigateway.UpdateUsagePlan",
    "apigateway.DeleteUsagePlan",
    "apigateway.CreateUsagePlanKey",
    "apigateway.GetUsagePlanKey",
    "apigateway.GetUsagePlanKeys",
    "apigateway.DeleteUsagePlanKey",
    "apigateway.GetUsage",
    "apigateway.UpdateUsage",
)
def test_a_plan_meters_and_throttles(apigateway, api, name):
    api.method(api.root, "GET", apiKeyRequired=True)
    api.mock(api.root, template='{"in": true}')
    api.deploy()
    key = apigateway.create_api_key(name=name, enabled=True)
    headers = {"x-api-key": key["value"]}
    assert api.call("/test")[::2] == (403, FORBIDDEN)
    assert api.call("/test", headers={"x-api-key": "none"})[::2] == (403, FORBIDDEN)
    assert api.call("/test", headers=headers)[::2] == (403, FORBIDDEN), "a key without a plan"

    stages = [{"apiId": api.id, "stage": "test"}]
    refused("NotFoundException", 404, lambda: apigateway.create_usage_plan(name=name, apiStages=[{"apiId": "no", "stage": "no"}]), "API Stage not found")
    quota = {"limit": 3, "period": "MONTH"}
    plan = apigateway.create_usage_plan(name=name, apiStages=stages, quota=quota)["id"]
    belongs = {"usagePlanId": plan, "keyId": key["id"]}
    refused("BadRequestException", 400, lambda: apigateway.create_usage_plan_key(**belongs, keyType="x"))
    added = apigateway.create_usage_plan_key(**belongs, keyType="API_KEY")
    assert (added["value"], added["type"], added["name"]) == (key["value"], "API_KEY", name)
    refused("ConflictException", 409, lambda: apigateway.create_usage_plan_key(**belongs, keyType="API_KEY"))
    assert apigateway.get_usage_plan_key(**belongs)["id"] == key["id"]
    assert [k["id"] for k in apigateway.get_usage_plan_keys(usagePlanId=plan)["items"]] == [key["id"]]
    assert [p["id"] for p in apigateway.get_usage_plans(keyId=key["id"])["items"]] == [plan]

    for _ in range(3):
        assert api.call("/test", headers=headers)[::2] == (200, b'{"in": true}')
    status, answered, body = api.call("/test", headers=headers)
    assert (status, body, answered["x-amzn-ErrorType"]) == (429, LIMIT, "LimitExceededException")
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    usage = apigateway.get_usage(usagePlanId=plan, startDate=today, endDate=today)
    assert usage["items"] == {key["id"]: [[3, 0]]}
    granted = apigateway.update_usage(**belongs, patchOperations=[{"op": "replace", "path": "/remaining", "value": "100"}])
    assert granted["items"] == {key["id"]: [[3, 100]]}
    assert api.call("/test", headers=headers)[0] == 200

    # A rate so slow that nothing is gained while the test runs.
    operations = [
        {"op": "replace", "path": "/throttle/rateLimit", "value": "0.001"},
        {"op": "replace", "path": "/throttle/burstLimit", "value": "2"},
    ]
    updated = apigateway.update_usage_plan(usagePlanId=plan, patchOperations=operations)
    assert updated["throttle"] == {"burstLimit": 2, "rateLimit": 0.001}
    assert [api.call("/test", headers=headers)[0] for _ in range(4)] == [200, 200, 429, 429]
    status, answered, body = api.call("/test", headers=headers)
    assert (status, body, answered["x-amzn-ErrorType"]) == (429, TOO_MANY, "TooManyRequestsException")

    arn = f"arn:aws:apigateway:{REGION}::/usageplans/{plan}"
    apigateway.tag_resource(resourceArn=arn, tags={"a": "1"})
    assert apigateway.get_usage_plan(usagePlanId=plan)["tags"] == {"a": "1"}
    refused("BadRequestException", 400, lambda: apigateway.delete_usage_plan(usagePlanId=plan), "existing API stages")
    apigateway.delete_usage_plan_key(**belongs)
    assert api.call("/test", headers=headers)[0] == 403
    remove = [{"op": "remove", "path": "/apiStages", "value": f"{api.id}:test"}]
    assert apigateway.update_usage_plan(usagePlanId=plan, patchOperations=remove)["apiStages"] == []
    apigateway.delete_usage_plan(usagePlanId=plan)
    refused("NotFoundException", 404, lambda: apigateway.get_usage_plan(usagePlanId=plan), "Invalid Usage Plan ID specified")
    apigateway.delete_api_key(apiKey=key["id"])


def test_a_plan_outlives_its_stages(apigateway, api, name):
    api.method(api.root, "GET")
    api.mock(api.root)
    api.deploy()
    plan = apigateway.create_usage_plan(name=name, apiStages=[{"apiId": api.id, "stage": "test"}])["id"]
    update = lambda *operations: apigateway.update_usage_plan(usagePlanId=plan, patchOperations=list(operations))  # noqa: E731
    none = {"op": "add", "path": "/apiStages", "value": f"{api.id}:none"}
    refused("NotFoundException", 404, lambda: update(none), f"Invalid API Stage {{api: {api.id}, stage: none}} specified for usageplan {plan}")
    refused("BadRequestException", 400, lambda: update({**none, "value": "x"}), "Invalid API Stage specified")
    apigateway.delete_stage(restApiId=api.id, stageName="test")
    assert update({"op": "replace", "path": "/description", "value": "d"})["description"] == "d"
    assert update({"op": "remove", "path": "/apiStages", "value": f"{api.id}:test"})["apiStages"] == []
    apigateway.delete_usage_plan(usagePlanId=plan)


def test_usage_outlives_a_restart(start, client, tmp_path):
    server = start(data=tmp_path / "kept")
    apigateway = client(server, "apigateway")
    api = Api(server, apigateway, "kept")
    api.method(api.root, "GET", apiKeyRequired=True)
    api.mock(api.root)
    api.deploy()
    key = apigateway.create_api_key(enabled=True)
    plan = apigateway.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "test"}])["id"]
    apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    headers = {"x-api-key": key["value"]}
    assert [api.call("/test", headers=headers)[0] for _ in range(5)] == [200] * 5
    assert server.stop() == 0
    server = start(data=tmp_path / "kept")
    api.server = server
    assert api.call("/test", headers=headers)[0] == 200
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    usage = client(server, "apigateway").get_usage(usagePlanId=plan, startDate=today, endDate=today)
    assert usage["items"][key["id"]][0][0] == 6


def test_a_stage_throttles(apigateway, api):
    api.method(api.root, "GET")
    api.mock(api.root)
    api.deploy()
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0.001"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "1"},
    ]
    apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)
    assert [api.call("/test")[::2] for _ in range(2)] == [(200, b""), (429, TOO_MANY)]


@covers(
    "apigateway.CreateAuthorizer",
    "apigateway.GetAuthorizer",
    "apigateway.GetAuthorizers",
    "apigateway.UpdateAuthorizer",
    "apigateway.DeleteAuthorizer",
    "apigateway.FlushStageAuthorizersCache",
)
def test_token_authorizer(apigateway, api, lambda_client, name):
    create(lambda_client, f"{name}-who", AUTHORIZER)
    create(lambda_client, f"{name}-echo", ECHO)
    for function in ("who", "echo"):
        permit(lambda_client, f"{name}-{function}", api.id)
    who = {"restApiId": api.id, "name": "who", "type": "TOKEN", "authorizerUri": function_uri(f"{name}-who")}
    made = apigateway.create_authorizer(**who)
    refused("BadRequestException", 400, lambda: apigateway.create_authorizer(**who), "Authorizer name must be unique. Authorizer who already exists in this RestApi.")
    assert (made["identitySource"], made["authorizerResultTtlInSeconds"]) == ("method.request.header.Authorization", 300)
    authorizer = {"restApiId": api.id, "authorizerId": made["id"]}
    change = [{"op": "replace", "path": "/identityValidationExpression", "value": "[a-z]+"}]
    apigateway.update_authorizer(**authorizer, patchOperations=change)
    assert apigateway.get_authorizer(**authorizer)["identityValidationExpression"] == "[a-z]+"
    assert [a["id"] for a in apigateway.get_authorizers(restApiId=api.id)["items"]] == [made["id"]]
    api.method(api.root, "GET", authorizationType="CUSTOM", authorizerId=made["id"])
    api.function(api.root, f"{name}-echo", "GET")
    api.deploy()

    def ask(token):
        return api.call("/test", headers={"Authorization": token} if token else {})

    status, headers, body = ask(None)
    assert (status, body, headers["x-amzn-ErrorType"]) == (401, UNAUTHORIZED, "UnauthorizedException")
    assert ask("1234")[::2] == (401, UNAUTHORIZED), "not of the form that is asked for"
    assert ask("nobody")[::2] == (401, UNAUTHORIZED)
    denied = b'{"Message":"User is not authorized to access this resource with an explicit deny"}'
    assert ask("deny")[::2] == (403, denied)
    status, headers, body = ask("broken")
    assert (status, body, headers["x-amzn-ErrorType"]) == (500, b'{"message":null}', "AuthorizerConfigurationException")
    first, second = (json.loads(ask("me")[2])["requestContext"]["authorizer"] for _ in range(2))
    assert (first["principalId"], first["number"], first["flag"]) == ("me", "7", "true")
    assert isinstance(first.pop("integrationLatency"), int) and second.pop("integrationLatency") == 0
    assert first == second, "the second was answered from the cache"
    apigateway.flush_stage_authorizers_cache(restApiId=api.id, stageName="test")
    assert json.loads(ask("me")[2])["requestContext"]["authorizer"]["request"] != first["request"]
    refused("ConflictException", 409, lambda: apigateway.delete_authorizer(**authorizer))
    apigateway.delete_method(restApiId=api.id, resourceId=api.root, httpMethod="GET")
    apigateway.delete_authorizer(**authorizer)
    refused("NotFoundException", 404, lambda: apigateway.get_authorizer(**authorizer), "Invalid Authorizer identifier")


def test_request_authorizer(apigateway, api, lambda_client, name):
    create(lambda_client, f"{name}-who", AUTHORIZER)
    permit(lambda_client, f"{name}-who", api.id)
    source = "method.request.header.X-Who, method.request.querystring.q"
    made = apigateway.create_authorizer(
        restApiId=api.id, name="who", type="REQUEST", authorizerUri=function_uri(f"{name}-who"), identitySource=source
    )
    api.method(api.root, "GET", authorizationType="CUSTOM", authorizerId=made["id"])
    api.mock(api.root)
    api.deploy()
    assert api.call("/test", headers={"X-Who": "me"})[::2] == (401, UNAUTHORIZED), "an identity is missing"
    assert api.call("/test?q=1", headers={"X-Who": "me"})[0] == 200
    assert api.call("/test?q=1", headers={"X-Who": "deny"})[0] == 403
    refused(
        "NotImplemented",
        501,
        lambda: apigateway.create_authorizer(restApiId=api.id, name="c", type="COGNITO_USER_POOLS", providerARNs=["x"]),
        "Cognito",
    )
