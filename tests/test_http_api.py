"""HTTP APIs (API Gateway v2): every operation through boto3, and what clients of the APIs get."""

import json

import botocore.exceptions
import pytest

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.web import fetch

ECHO = python("def lambda_handler(event, context):\n    return event\n")


@pytest.fixture
def apis(server, client):
    return client(server, "apigatewayv2")


@pytest.fixture
def echo(lambda_client, name):
    """A function that answers with its event, and that API Gateway may call."""
    arn = create(lambda_client, name, ECHO)["FunctionArn"]
    allow(lambda_client, name)
    return arn


def allow(lambda_client, name):
    lambda_client.add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )


def function(lambda_client, name, source):
    arn = create(lambda_client, name, python(source))["FunctionArn"]
    allow(lambda_client, name)
    return arn


def at(server, api, path=""):
    return f"{server.url}/_aws/execute-api/{api['ApiId']}{path}"


def api_with(apis, name, arn, *keys, version="2.0", **settings):
    """An API of which each route calls the function, deployed automatically."""
    api = apis.create_api(Name=name, ProtocolType="HTTP", **settings)
    of = {"ApiId": api["ApiId"]}
    integration = apis.create_integration(
        **of, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion=version
    )
    for key in keys:
        apis.create_route(**of, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")
    apis.create_stage(**of, StageName="$default", AutoDeploy=True)
    return api


@covers("apigatewayv2.CreateApi", "apigatewayv2.GetApi", "apigatewayv2.GetApis", "apigatewayv2.UpdateApi")
def test_quick_create(server, apis, lambda_client, echo, name):
    api = apis.create_api(Name=name, ProtocolType="HTTP", Target=echo, Tags={"a": "1"})
    id = api["ApiId"]
    port = server.url.rsplit(":", 1)[1]
    assert api["ApiEndpoint"] == f"http://{id}.execute-api.localhost:{port}"
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    (route,) = apis.get_routes(ApiId=id)["Items"]
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("$default", True)
    (integration,) = apis.get_integrations(ApiId=id)["Items"]
    assert (integration["PayloadFormatVersion"], integration["IntegrationUri"]) == ("2.0", echo)
    (stage,) = apis.get_stages(ApiId=id)["Items"]
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    answer = fetch(at(server, api, "/any/path?q=1&q=2"), "POST", b'{"x":1}', {"Content-Type": "application/json"})
    event = answer.json
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["apigw-requestid"] == event["requestContext"]["requestId"]
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/any/path")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("q=1&q=2", {"q": "1,2"})
    assert (event["body"], event["isBase64Encoded"]) == ('{"x":1}', False)
    context = event["requestContext"]
    assert (context["apiId"], context["stage"], context["accountId"]) == (id, "$default", "123456789012")
    assert context["http"]["method"] == "POST" and context["http"]["sourceIp"] == "127.0.0.1"
    by_name = fetch(server.url, headers={}, host=f"{id}.execute-api.localhost:{port}")
    assert by_name.json["requestContext"]["domainPrefix"] == id
    assert apis.get_api(ApiId=id)["Tags"] == {"a": "1"}
    assert id in [item["ApiId"] for item in apis.get_apis()["Items"]]
    changed = apis.update_api(ApiId=id, Description="new", DisableExecuteApiEndpoint=True)
    assert (changed["Description"], changed["Name"]) == ("new", name)
    assert fetch(at(server, api)).status == 404


@covers("apigatewayv2.CreateRoute", "apigatewayv2.GetRoute", "apigatewayv2.GetRoutes", "apigatewayv2.CreateIntegration")
def test_routes(server, apis, echo, name):
    api = api_with(apis, name, echo, "GET /pets/{id}", "ANY /pets/{id}/{rest+}", "$default", "POST /pets/mine")

    def key(method, path):
        return fetch(at(server, api, path), method).json["routeKey"]

    assert key("GET", "/pets/7") == "GET /pets/{id}"
    assert key("GET", "/pets/mine") == "GET /pets/{id}"
    assert key("POST", "/pets/mine") == "POST /pets/mine"
    assert key("DELETE", "/pets/7") == "$default"
    assert key("PUT", "/pets/7/a/b") == "ANY /pets/{id}/{rest+}"
    event = fetch(at(server, api, "/pets/a%20b/c")).json
    assert event["pathParameters"] == {"id": "a b", "rest": "c"}
    routes = apis.get_routes(ApiId=api["ApiId"])["Items"]
    assert {route["RouteKey"] for route in routes} >= {"$default", "GET /pets/{id}"}
    one = routes[0]
    assert apis.get_route(ApiId=api["ApiId"], RouteId=one["RouteId"])["RouteKey"] == one["RouteKey"]


@covers("apigatewayv2.UpdateRoute", "apigatewayv2.DeleteRoute")
def test_changes_of_routes(server, apis, echo, name):
    api = api_with(apis, name, echo, "GET /a")
    (route,) = apis.get_routes(ApiId=api["ApiId"])["Items"]
    of = {"ApiId": api["ApiId"], "RouteId": route["RouteId"]}
    assert fetch(at(server, api, "/a")).status == 200
    apis.update_route(**of, RouteKey="GET /b")
    assert fetch(at(server, api, "/a")).status == 404
    assert fetch(at(server, api, "/b")).status == 200
    assert "already exists" in fails(
        "ConflictException", apis.create_route, ApiId=api["ApiId"], RouteKey="GET /b", Target=route["Target"]
    )
    fails("BadRequestException", apis.create_route, ApiId=api["ApiId"], RouteKey="GET b")
    fails("BadRequestException", apis.create_route, ApiId=api["ApiId"], RouteKey="GET /c", Target="integrations/no")
    apis.delete_route(**of)
    answer = fetch(at(server, api, "/b"))
    assert (answer.status, answer.body) == (404, '{"message":"Not Found"}')
    fails("NotFoundException", apis.get_route, **of)


@covers("apigatewayv2.GetIntegration", "apigatewayv2.GetIntegrations", "apigatewayv2.UpdateIntegration",
        "apigatewayv2.DeleteIntegration")
def test_integrations(server, apis, lambda_client, echo, name):
    api = api_with(apis, name, echo, "GET /a", "GET /a/{id}", version="1.0")
    (integration,) = apis.get_integrations(ApiId=api["ApiId"])["Items"]
    of = {"ApiId": api["ApiId"], "IntegrationId": integration["IntegrationId"]}
    assert apis.get_integration(**of)["TimeoutInMillis"] == 30000
    # In format 1.0 an answer without a status is none.
    answer = fetch(at(server, api, "/a"))
    assert (answer.status, answer.body) == (500, '{"message":"Internal Server Error"}')
    source = "import json\ndef lambda_handler(event, context):\n    return {'statusCode': 203, 'body': json.dumps(event)}\n"
    other = function(lambda_client, name + "-old", source)
    apis.update_integration(**of, IntegrationUri=other)
    answer = fetch(at(server, api, "/a/7?x=1&x=2"), headers={"X-One": "1"})
    event = answer.json
    assert answer.status == 203
    assert (event["version"], event["resource"], event["httpMethod"]) == ("1.0", "/a/{id}", "GET")
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["pathParameters"] == {"id": "7"}
    assert event["requestContext"]["resourceId"] == "GET /a/{id}"
    fails("ConflictException", apis.delete_integration, **of)
    for route in apis.get_routes(ApiId=api["ApiId"])["Items"]:
        apis.delete_route(ApiId=api["ApiId"], RouteId=route["RouteId"])
    apis.delete_integration(**of)
    fails("NotFoundException", apis.get_integration, **of)
    fails("BadRequestException", apis.create_integration, ApiId=api["ApiId"], IntegrationType="MOCK")
    fails("BadRequestException", apis.create_integration, ApiId=api["ApiId"], IntegrationType="AWS_PROXY")


def test_answers_of_functions(server, apis, lambda_client, name):
    source = """
        def lambda_handler(event, context):
            import json
            what = event['queryStringParameters']['what']
            return {
                'text': 'Hello',
                'none': None,
                'list': [1, 2],
                'status': {'statusCode': 201, 'body': 'made'},
                'cookies': {'statusCode': 200, 'cookies': ['a=1', 'b=2'], 'headers': {'X-A': 'b', 'Content-Type': 'x/y'}},
                'bytes': {'statusCode': 200, 'body': 'aGk=', 'isBase64Encoded': True},
                'wrong': {'statusCode': 'no'},
            }[what]
    """
    arn = function(lambda_client, name, source)
    api = api_with(apis, name, arn, "$default")

    def ask(what):
        answer = fetch(at(server, api, f"/?what={what}"))
        return answer.status, answer.headers["content-type"], answer.body

    assert ask("text") == (200, "application/json", "Hello")
    assert ask("none") == (200, "application/json", "null")
    assert ask("list") == (200, "application/json", "[1, 2]")
    assert ask("status") == (201, "text/plain; charset=utf-8", "made")
    assert ask("bytes")[2] == "hi"
    assert ask("wrong") == (500, "application/json", '{"message":"Internal Server Error"}')
    assert ask("missing") == (500, "application/json", '{"message":"Internal Server Error"}')
    cookies = fetch(at(server, api, "/?what=cookies"))
    assert (cookies.all("set-cookie"), cookies.headers["x-a"]) == (["a=1", "b=2"], "b")
    assert cookies.headers["content-type"] == "x/y"


def test_bodies_and_cookies(server, apis, echo, name):
    api = api_with(apis, name, echo, "$default")
    form = fetch(at(server, api), "POST", b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}).json
    assert (form["body"], form["isBase64Encoded"]) == ("YT0x", True)
    event = fetch(at(server, api), headers={"Cookie": "a=1; b=2", "X-Two": "1"}).json
    assert event["cookies"] == ["a=1", "b=2"]
    assert "body" not in event and "queryStringParameters" not in event
    assert event["headers"]["x-two"] == "1"
    large = fetch(at(server, api), "POST", b"x" * (10 * 1024 * 1024 + 1))
    assert large.status == 413


def test_without_permission(server, apis, lambda_client, name):
    arn = create(lambda_client, name, ECHO)["FunctionArn"]
    api = api_with(apis, name, arn, "$default")
    answer = fetch(at(server, api))
    assert (answer.status, answer.body) == (500, '{"message":"Internal Server Error"}')
    lambda_client.add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api['ApiId']}/*/$default",
    )
    assert fetch(at(server, api)).status == 200


@covers("apigatewayv2.CreateStage", "apigatewayv2.GetStage", "apigatewayv2.GetStages", "apigatewayv2.UpdateStage",
        "apigatewayv2.DeleteStage", "apigatewayv2.CreateDeployment", "apigatewayv2.GetDeployment",
        "apigatewayv2.GetDeployments", "apigatewayv2.UpdateDeployment", "apigatewayv2.DeleteDeployment")
def test_stages_and_deployments(server, apis, echo, name):
    api = apis.create_api(Name=name, ProtocolType="HTTP")
    of = {"ApiId": api["ApiId"]}
    fails("BadRequestException", apis.create_deployment, **of)
    integration = apis.create_integration(
        **of, IntegrationType="AWS_PROXY", IntegrationUri=echo, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    apis.create_route(**of, RouteKey="GET /{proxy+}", Target=target)
    apis.create_stage(**of, StageName="dev", StageVariables={"color": "blue"})
    assert fetch(at(server, api, "/dev/x")).status == 404
    first = apis.create_deployment(**of, Description="one", StageName="dev")
    assert (first["DeploymentStatus"], first["AutoDeployed"]) == ("DEPLOYED", False)
    event = fetch(at(server, api, "/dev/x")).json
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/dev/x", "dev")
    assert event["stageVariables"] == {"color": "blue"}
    assert event["pathParameters"] == {"proxy": "x"}
    # What is changed is not served before it is deployed.
    apis.create_route(**of, RouteKey="POST /x", Target=target)
    assert fetch(at(server, api, "/dev/x"), "POST").status == 404
    second = apis.create_deployment(**of)
    apis.update_stage(**of, StageName="dev", DeploymentId=second["DeploymentId"])
    assert fetch(at(server, api, "/dev/x"), "POST").json["routeKey"] == "POST /x"
    # An update adds variables, and takes away those that it gives no value.
    changed = apis.update_stage(**of, StageName="dev", StageVariables={"size": "1"})
    assert changed["StageVariables"] == {"color": "blue", "size": "1"}
    changed = apis.update_stage(**of, StageName="dev", StageVariables={"color": ""})
    assert changed["StageVariables"] == {"size": "1"}
    # A first segment that names no stage belongs to the path.
    apis.create_stage(**of, StageName="$default", AutoDeploy=True)
    assert fetch(at(server, api, "/other/x")).json["pathParameters"] == {"proxy": "other/x"}
    assert fetch(at(server, api, "/dev/x")).json["requestContext"]["stage"] == "dev"
    auto = apis.get_stage(**of, StageName="$default")
    assert "Successfully deployed" in auto["LastDeploymentStatusMessage"]
    apis.create_route(**of, RouteKey="PUT /new", Target=target)
    assert fetch(at(server, api, "/new"), "PUT").status == 200
    assert apis.get_stage(**of, StageName="$default")["DeploymentId"] != auto["DeploymentId"]
    assert {stage["StageName"] for stage in apis.get_stages(**of)["Items"]} == {"dev", "$default"}
    one = {"DeploymentId": first["DeploymentId"]}
    assert apis.update_deployment(**of, **one, Description="uno")["Description"] == "uno"
    assert apis.get_deployment(**of, **one)["Description"] == "uno"
    fails("BadRequestException", apis.delete_deployment, **of, DeploymentId=second["DeploymentId"])
    apis.delete_deployment(**of, **one)
    fails("NotFoundException", apis.get_deployment, **of, **one)
    left = [deployment["DeploymentId"] for deployment in apis.get_deployments(**of)["Items"]]
    assert second["DeploymentId"] in left and len(left) == 2
    apis.delete_stage(**of, StageName="dev")
    assert fetch(at(server, api, "/dev/x")).json["requestContext"]["stage"] == "$default"


@covers("apigatewayv2.DeleteCorsConfiguration")
def test_cors(server, apis, echo, name):
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-a"], "MaxAge": 60}
    api = api_with(apis, name, echo, "GET /x", CorsConfiguration=cors)
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    answer = fetch(at(server, api, "/none"), "OPTIONS", headers=asked)
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-allow-methods"] == "GET,PUT"
    assert answer.headers["access-control-max-age"] == "60"
    assert fetch(at(server, api, "/x"), headers={"Origin": "https://a.example"}).headers["access-control-allow-origin"]
    other = fetch(at(server, api, "/x"), headers={"Origin": "https://b.example"})
    assert (other.status, other.headers["access-control-allow-origin"]) == (200, None)
    fails(
        "BadRequestException", apis.update_api, ApiId=api["ApiId"],
        CorsConfiguration={"AllowOrigins": ["*"], "AllowCredentials": True},
    )
    apis.delete_cors_configuration(ApiId=api["ApiId"])
    assert "CorsConfiguration" not in apis.get_api(ApiId=api["ApiId"])
    assert fetch(at(server, api, "/none"), "OPTIONS", headers=asked).status == 404


@covers("apigatewayv2.TagResource", "apigatewayv2.UntagResource", "apigatewayv2.GetTags", "apigatewayv2.DeleteApi")
def test_tags_and_deletion(server, apis, echo, name):
    api = apis.create_api(Name=name, ProtocolType="HTTP", Target=echo)
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api['ApiId']}"
    apis.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    apis.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert apis.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
    apis.delete_api(ApiId=api["ApiId"])
    fails("NotFoundException", apis.get_api, ApiId=api["ApiId"])
    answer = fetch(at(server, api))
    assert answer.status in (403, 404)


@covers("apigatewayv2.DeleteAccessLogSettings", "apigatewayv2.DeleteRouteSettings")
def test_access_log_and_throttling(server, apis, lambda_client, logs_client, name):
    told = function(lambda_client, name, "def lambda_handler(event, context):\n    return {'statusCode': 203 // (event['rawPath'] != '/f')}\n")
    logs_client.create_log_group(logGroupName=name)
    group = logs_client.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"]
    api = api_with(apis, name, told, "GET /x", "GET /y", "GET /z", "GET /f")
    signed = [route["RouteId"] for route in apis.get_routes(ApiId=api["ApiId"])["Items"] if route["RouteKey"] == "GET /z"]
    apis.update_route(ApiId=api["ApiId"], RouteId=signed[0], AuthorizationType="AWS_IAM")
    of = {"ApiId": api["ApiId"], "StageName": "$default"}
    names = {"id": "requestId", "status": "status", "key": "routeKey", "told": "integration.status", "error": "authorizer.error"}
    form = json.dumps({key: f"$context.{name}" for key, name in names.items()})
    apis.update_stage(
        **of,
        AccessLogSettings={"DestinationArn": group, "Format": form},
        RouteSettings={"GET /y": {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 0.001}},
    )
    answer = fetch(at(server, api, "/x"))
    wanted = {"id": answer.headers["apigw-requestid"], "status": "203", "key": "GET /x", "told": "203", "error": "-"}
    lines = lambda: [json.loads(event["message"]) for event in logs_client.filter_log_events(logGroupName=name)["events"]]  # noqa: E731
    assert wanted in lines()
    assert fetch(at(server, api, "/z")).status == 403
    (refused,) = [line for line in lines() if line["key"] == "GET /z"]
    assert refused["told"] == "-" and refused["error"].startswith("MissingAuthenticationTokenException")
    assert fetch(at(server, api, "/f")).status == 500
    (failed,) = [line for line in lines() if line["key"] == "GET /f"]
    assert (failed["status"], failed["error"]) == ("500", "-"), "no authorizer failed"
    assert fetch(at(server, api, "/y")).status == 203
    limited = fetch(at(server, api, "/y"))
    assert (limited.status, limited.body) == (429, '{"message":"Too Many Requests"}')
    apis.delete_route_settings(**of, RouteKey="GET /y")
    assert fetch(at(server, api, "/y")).status == 203
    apis.delete_access_log_settings(**of)
    assert "AccessLogSettings" not in apis.get_stage(**of)


def test_http_proxy(server, apis, echo, name):
    behind = api_with(apis, name + "-behind", echo, "$default")
    api = apis.create_api(Name=name, ProtocolType="HTTP")
    of = {"ApiId": api["ApiId"]}
    integration = apis.create_integration(
        **of,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=at(server, behind, "/${stageVariables.at}/{proxy}"),
        PayloadFormatVersion="1.0",
    )
    apis.create_route(**of, RouteKey="ANY /{proxy+}", Target=f"integrations/{integration['IntegrationId']}")
    apis.create_stage(**of, StageName="$default", AutoDeploy=True, StageVariables={"at": "deep"})
    answer = fetch(at(server, api, "/a/b%20c?q=1"), "PUT", b"hi", {"Content-Type": "text/plain", "X-Own": "me"})
    event = answer.json
    assert (event["rawPath"], event["rawQueryString"]) == ("/deep/a/b c", "q=1")
    assert (event["requestContext"]["http"]["method"], event["body"]) == ("PUT", "hi")
    assert event["headers"]["x-own"] == "me" and "for=127.0.0.1" in event["headers"]["forwarded"]
    apis.update_integration(
        **of, IntegrationId=integration["IntegrationId"], IntegrationUri="http://127.0.0.1:9/{proxy}"
    )
    answer = fetch(at(server, api, "/x"))
    assert (answer.status, answer.body) == (503, '{"message":"Service Unavailable"}')


def test_timeout(server, apis, lambda_client, name):
    source = "import time\ndef lambda_handler(event, context):\n    time.sleep(2)\n"
    arn = function(lambda_client, name, source)
    api = api_with(apis, name, arn, "$default")
    (integration,) = apis.get_integrations(ApiId=api["ApiId"])["Items"]
    apis.update_integration(ApiId=api["ApiId"], IntegrationId=integration["IntegrationId"], TimeoutInMillis=200)
    answer = fetch(at(server, api))
    assert (answer.status, answer.body) == (503, '{"message":"Service Unavailable"}')


def test_what_is_absent(apis, echo, name):
    api = api_with(apis, name, echo, "$default")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        apis.get_models(ApiId=api["ApiId"])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        apis.create_api(Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_apis_survive_a_restart(start, client, tmp_path, name):
    server = start()
    lambda_client, apis = client(server, "lambda"), client(server, "apigatewayv2")
    arn = create(lambda_client, name, ECHO)["FunctionArn"]
    allow(lambda_client, name)
    api = api_with(apis, name, arn, "GET /x")
    server.stop()
    again = start(data=server.data)
    assert fetch(at(again, api, "/x")).json["routeKey"] == "GET /x"
    assert client(again, "apigatewayv2").get_api(ApiId=api["ApiId"])["Name"] == name


def test_aws_cli(server, aws, lambda_client, echo, name):
    made = json.loads(aws("apigatewayv2", "create-api", "--name", name, "--protocol-type", "HTTP", "--target", echo).stdout)
    shown = json.loads(aws("apigatewayv2", "get-routes", "--api-id", made["ApiId"]).stdout)
    assert [route["RouteKey"] for route in shown["Items"]] == ["$default"]
    assert fetch(at(server, made)).status == 200
    aws("apigatewayv2", "delete-api", "--api-id", made["ApiId"])


def test_parameter_mappings(server, apis, echo, name):
    api = api_with(apis, name, echo, "GET /pets/{id}")
    (integration,) = apis.get_integrations(ApiId=api["ApiId"])["Items"]
    of = {"ApiId": api["ApiId"], "IntegrationId": integration["IntegrationId"]}
    request = {
        "append:header.x-stage": "$context.stage",
        "overwrite:header.x-id": "pet-${request.path.id}",
        "remove:header.x-secret": "''",
        "append:querystring.from": "$request.header.x-from",
        "overwrite:path": "/inner/$request.path.id",
    }
    response = {"200": {"overwrite:statuscode": "203", "append:header.x-seen": "$response.body.routeKey"}}
    changed = apis.update_integration(**of, RequestParameters=request, ResponseParameters=response)
    assert (changed["RequestParameters"], changed["ResponseParameters"]) == (request, response)
    answer = fetch(at(server, api, "/pets/7?q=1"), headers={"X-Secret": "s", "X-From": "a b", "X-Id": "no"})
    event = answer.json
    assert (answer.status, answer.headers["x-seen"]) == (203, "GET /pets/{id}")
    assert (event["headers"]["x-stage"], event["headers"]["x-id"]) == ("$default", "pet-7")
    assert "x-secret" not in event["headers"]
    assert event["queryStringParameters"] == {"q": "1", "from": "a b"}
    assert event["rawPath"] == "/inner/7"
    fails("BadRequestException", apis.update_integration, **of, RequestParameters={"append:header.host": "x"})
    fails("BadRequestException", apis.update_integration, **of, RequestParameters={"append:cookie.x": "x"})
    taken_back = apis.update_integration(**of, RequestParameters={key: "" for key in request if "remove" not in key})
    assert list(taken_back["RequestParameters"]) == ["remove:header.x-secret"]
