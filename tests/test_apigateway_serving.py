"""What a request to a REST API meets on its way, and what comes back."""

import base64
import gzip
import http.client
import http.server
import json
import re
import threading
import zlib

import pytest

from support.code import create, python
from support.coverage import covers
from support.gateway import FORBIDDEN, INTERNAL, NO_ROUTE, Api, call, permit
from support.waiting import wait_until

ECHO = python(
    """
    import json
    def lambda_handler(event, context):
        return {'statusCode': 200, 'body': json.dumps(event)}
    """
)
# Answers with what the query parameter `answer` says, as JSON.
TOLD = python(
    """
    import json
    def lambda_handler(event, context):
        return json.loads(event['queryStringParameters']['answer'])
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


def function(api, lambda_client, name, code, resource=None, http_method="ANY"):
    """A function that any request to a resource reaches."""
    create(lambda_client, name, code)
    permit(lambda_client, name, api.id)
    resource = resource or api.resource("{proxy+}")
    api.method(resource, http_method)
    api.function(resource, name, http_method)


def test_the_event_is_complete(api, lambda_client, name):
    function(api, lambda_client, name, ECHO)
    api.deploy(variables={"colour": "blue"})
    headers = {"user-AGENT": "tests", "X-oWn": "1", "Content-Type": "text/plain"}
    status, answered, body = api.call("/test/a/b%20c?x=1&x=2&y=%C3%A4", "POST", headers=headers, body="häh?".encode())
    assert status == 200
    event = json.loads(body)
    context = event.pop("requestContext")
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/a/b%20c", "POST")
    assert event["pathParameters"] == {"proxy": "a/b%20c"}
    assert event["queryStringParameters"] == {"x": "2", "y": "ä"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["ä"]}
    assert event["stageVariables"] == {"colour": "blue"}
    assert (event["body"], event["isBase64Encoded"]) == ("häh?", False)
    # Names are as the client wrote them, but for those that every client sends.
    assert event["headers"]["User-Agent"] == "tests" and event["headers"]["Host"].startswith("127.0.0.1:")
    assert event["headers"]["X-oWn"] == "1"
    assert "content-length" not in {name.lower() for name in event["headers"] | event["multiValueHeaders"]}
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert event["multiValueHeaders"]["X-Forwarded-Proto"] == ["http"]
    assert context["resourcePath"] == "/{proxy+}" and context["path"] == "/test/a/b%20c"
    assert (context["stage"], context["apiId"], context["httpMethod"]) == ("test", api.id, "POST")
    assert (context["accountId"], context["protocol"]) == ("123456789012", "HTTP/1.1")
    assert context["requestId"] == answered["x-amzn-RequestId"]
    assert context["extendedRequestId"] == answered["x-amz-apigw-id"]
    assert (context["domainName"], context["domainPrefix"]) == ("127.0.0.1", api.id)
    assert context["identity"]["sourceIp"] == "127.0.0.1" and context["identity"]["userAgent"] == "tests"
    assert context["requestTime"].endswith(" +0000") and isinstance(context["requestTimeEpoch"], int)

    host = f"{api.id}.execute-api.localhost:{api.server.port}"
    event = json.loads(api.call("/test/x", host=host)[2])
    assert event["requestContext"]["domainName"] == f"{api.id}.execute-api.localhost"
    assert event["requestContext"]["domainPrefix"] == api.id
    assert (event["body"], event["queryStringParameters"]) == (None, None)


def test_routes(api, lambda_client, name):
    resource = None
    for path, template in (("a", "/a"), ("{id}", "/{id}"), ("{proxy+}", "/{id}/{proxy+}")):
        # Of variables there is one below a resource.
        resource = api.resource(path, resource if path == "{proxy+}" else None)
        api.method(resource, "GET")
        api.mock(resource, template=json.dumps(template))
    api.deploy()
    found = lambda path: json.loads(api.call(f"/test{path}")[2])  # noqa: E731
    assert [found(path) for path in ("/a", "/a/", "/b", "/a/b", "/b/c/d")] == ["/a", "/a", "/{id}"] + ["/{id}/{proxy+}"] * 2
    assert api.call("/test/a", "POST")[::2] == (403, NO_ROUTE)
    assert api.call("/test")[::2] == (403, NO_ROUTE)
    assert api.call("")[::2] == (403, FORBIDDEN)
    status, headers, body = api.call("/test/a", "HEAD")
    assert (status, body) == (403, b"")


def test_a_method_that_a_better_path_does_not_have(api):
    for path, method in (("a", "POST"), ("{proxy+}", "OPTIONS"), ("any", "ANY")):
        resource = api.resource(path)
        api.method(resource, method)
        api.mock(resource, method, template=json.dumps(path))
    api.deploy()
    found = lambda path, method: json.loads(api.call(path, method)[2])  # noqa: E731
    assert [found("/test/a", "POST"), found("/test/a", "OPTIONS"), found("/test/any", "PATCH")] == ["a", "{proxy+}", "any"]
    # ANY is seven methods, and not all that there are.
    assert api.call("/test/any", "PROPFIND")[::2] == (403, NO_ROUTE)


def test_slashes(api, lambda_client, name):
    function(api, lambda_client, name, ECHO)
    own = api.resource("own")
    api.method(own)
    api.function(own, name)
    api.deploy()
    for asked, path, proxy, whole in (
        ("/test/x/", "/x/", "x", "/test/x/"),
        ("/test/x//y", "/x//y", "x//y", "/test/x//y"),
        ("//test/x", "/x", "x", "/test/x"),
        ("/test//x", "/x", "x", "/test//x"),
        ("/test//own", "/own", None, "/test//own"),
    ):
        for host in (None, f"{api.id}.execute-api.localhost:{api.server.port}"):
            status, _, body = api.call(asked, host=host)
            assert status == 200, (asked, host, body)
            event = json.loads(body)
            assert (event["path"], event["requestContext"]["path"]) == (path, whole)
            assert event["pathParameters"] == ({"proxy": proxy} if proxy else None)


def test_lambda_is_called_by_post(api, lambda_client, name):
    function(api, lambda_client, name, ECHO)
    where = {"restApiId": api.id, "resourceId": api.resource("get"), "httpMethod": "ANY"}
    api.method(where["resourceId"])
    uri = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{uri}/invocations"
    api.client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="GET", uri=uri)
    api.deploy()
    status, headers, body = api.call("/test/get")
    assert (status, body, headers["x-amzn-ErrorType"]) == (500, INTERNAL, "InternalServerErrorException")


def test_traces(api, lambda_client, name):
    function(api, lambda_client, name, ECHO)
    resource = api.resource("mock")
    api.method(resource, "GET")
    api.mock(resource)
    api.deploy()
    root = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
    whole = f"{root};Parent=7fa8c0f79203be72;Sampled=1"

    def told(path, trace=None):
        return api.call(path, headers={"X-Amzn-Trace-Id": trace} if trace else {})[1]["X-Amzn-Trace-Id"]

    assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", told("/test/x"))
    assert re.fullmatch(root + ";Parent=[0-9a-f]{16};Sampled=0", told("/test/x", root))
    assert told("/test/x", whole) == whole
    assert told("/test/mock", whole) is None, "nobody is behind it"


@pytest.mark.parametrize(
    "answer, status, body, headers",
    [
        ({"statusCode": 201, "body": "x"}, 201, b"x", {"Content-Type": "application/json"}),
        ({"statusCode": "404"}, 404, b"", {}),
        ({"statusCode": 200, "headers": {"Content-Type": "text/html", "A": 1}}, 200, b"", {"Content-Type": "text/html", "A": "1"}),
        ({"statusCode": 200, "headers": {"Server": "s", "Date": "d"}}, 200, b"", {"x-amzn-Remapped-Server": "s", "x-amzn-Remapped-Date": "d"}),
        ({"statusCode": 200, "body": "eA==", "isBase64Encoded": True}, 200, b"eA==", {}),
        ("Hello from Lambda", 502, INTERNAL, {"x-amzn-ErrorType": "InternalServerErrorException"}),
        ({"body": "x", "headers": {"A": "1"}}, 200, b"x", {"A": "1"}),
        ({}, 200, b"", {}),
        ({"statusCode": 200, "wrongValue": "x"}, 502, INTERNAL, {}),
        ({"statusCode": 200, "body": {"a": 1}}, 502, INTERNAL, {}),
        ({"statusCode": "ok"}, 502, INTERNAL, {}),
        (None, 502, INTERNAL, {}),
    ],
)
def test_answers(told, answer, status, body, headers):
    found = told(answer)
    assert found[::2] == (status, body)
    for name, value in headers.items():
        assert found[1][name] == value, found[1]


@pytest.fixture(scope="module")
def told(server):
    """Asks an API whose function answers as it is told."""
    from conftest import connect

    lambda_client, apigateway = connect(server, "lambda"), connect(server, "apigateway")
    api = Api(server, apigateway, "told")
    function(api, lambda_client, f"told-{api.id}", TOLD)
    api.deploy()
    from urllib.parse import quote

    yield lambda answer: api.call(f"/test/x?answer={quote(json.dumps(answer))}")
    apigateway.delete_rest_api(restApiId=api.id)


def test_multi_value_headers(told):
    answer = {"statusCode": 200, "headers": {"a": "0"}, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "A": ["1"]}}
    status, headers, _ = told(answer)
    assert status == 200
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"] and headers.get_all("a") == ["1", "0"]


def test_binary(server, apigateway, lambda_client, name):
    api = Api(server, apigateway, name, binaryMediaTypes=["application/octet-stream"])
    code = python(
        """
        def lambda_handler(event, context):
            headers = {'Content-Type': 'application/octet-stream', 'X-Encoded': event['isBase64Encoded']}
            return {'statusCode': 200, 'body': event['body'], 'isBase64Encoded': True, 'headers': headers}
        """
    )
    function(api, lambda_client, name, code)
    api.deploy()
    data = bytes(range(256))
    headers = {"Content-Type": "application/octet-stream", "Accept": "application/octet-stream"}
    status, answered, body = api.call("/test/x", "POST", headers=headers, body=data)
    assert (status, body, answered["X-Encoded"]) == (200, data, "true")
    status, _, body = api.call("/test/x", "POST", headers={**headers, "Accept": "text/plain"}, body=data)
    assert (status, body) == (200, base64.b64encode(data))
    status, _, body = api.call("/test/x", "POST", headers={**headers, "Content-Type": "text/plain"}, body=b"not base64!")
    assert (status, body) == (500, INTERNAL)
    apigateway.delete_rest_api(restApiId=api.id)


def test_too_large_and_too_late(start, client):
    server = start(env={"TINDERBOX_GATEWAY__TIMEOUT_MS": "300"})
    lambda_client, apigateway = client(server, "lambda"), client(server, "apigateway")
    api = Api(server, apigateway, "late")
    code = python("import time\ndef lambda_handler(event, context):\n    time.sleep(2)\n")
    function(api, lambda_client, "late", code)
    api.deploy()
    status, headers, body = api.call("/test/x")
    assert (status, body) == (504, b'{"message": "Endpoint request timed out"}')
    status, headers, body = api.call("/test/x", "POST", body=bytes(10 * 1024 * 1024 + 1))
    assert (status, body, headers["x-amzn-ErrorType"]) == (413, b'{"message":"Request Too Long"}', "RequestTooLargeException")


def test_a_function_without_permission_or_existence(api, lambda_client, name):
    create(lambda_client, name, ECHO)
    resource = api.resource("x")
    api.method(resource)
    api.function(resource, name)
    api.deploy()
    assert api.call("/test/x")[::2] == (500, INTERNAL)
    permit(lambda_client, name, api.id)
    assert api.call("/test/x")[0] == 200
    lambda_client.delete_function(FunctionName=name)
    assert api.call("/test/x")[::2] == (500, INTERNAL)


@covers("apigateway.UpdateStage")
def test_a_stage_canary_is_drawn_and_promoted(apigateway, api):
    resource = api.resource("x")
    api.method(resource, "GET")
    api.mock(resource, template='"one"')
    first = api.deploy("test")
    change = [{"op": "replace", "path": "/responseTemplates/application~1json", "value": '"two"'}]
    where = {"restApiId": api.id, "resourceId": resource, "httpMethod": "GET", "statusCode": "200"}
    apigateway.update_integration_response(**where, patchOperations=change)
    assert api.call("/test/x")[2] == b'"one"', "a change shows only after its deployment"
    second = api.deploy("test", canarySettings={"percentTraffic": 50.0, "stageVariableOverrides": {"v": "2"}})
    stage = apigateway.get_stage(restApiId=api.id, stageName="test")
    assert (stage["deploymentId"], stage["canarySettings"]["deploymentId"]) == (first, second)
    answers = [api.call("/test/x")[2] for _ in range(400)]
    # The binomial distribution's 99.9 %.
    assert 167 <= answers.count(b'"two"') <= 233, answers.count(b'"two"')
    promote = [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]
    stage = apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=promote)
    assert (stage["deploymentId"], stage["variables"]) == (second, {"v": "2"})
    assert stage["canarySettings"]["percentTraffic"] == 0.0
    assert {api.call("/test/x")[2] for _ in range(20)} == {b'"two"'}
    stage = apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=[{"op": "remove", "path": "/canarySettings"}])
    assert "canarySettings" not in stage


def test_cors_as_consoles_set_it(apigateway, api):
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "OPTIONS"}
    api.method(api.root, "OPTIONS")
    names = ("Headers", "Methods", "Origin")
    parameters = {f"method.response.header.Access-Control-Allow-{name}": True for name in names}
    apigateway.put_method_response(**where, statusCode="200", responseParameters=parameters, responseModels={"application/json": "Empty"})
    apigateway.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    values = ("'Content-Type,X-Amz-Date,Authorization,X-Api-Key'", "'GET,OPTIONS'", "'*'")
    apigateway.put_integration_response(**where, statusCode="200", responseParameters=dict(zip(parameters, values)))
    api.deploy()
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    status, headers, body = api.call("/test", "OPTIONS", headers=asked)
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (200, b"", "*")
    assert headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"
    # The platform's own APIs stay closed to that page.
    connection = http.client.HTTPConnection("127.0.0.1", api.server.port)
    connection.request("GET", "/restapis", headers={"Origin": "https://elsewhere.example"})
    assert connection.getresponse().status == 403
    connection.close()


@covers(
    "apigateway.PutGatewayResponse",
    "apigateway.GetGatewayResponse",
    "apigateway.GetGatewayResponses",
    "apigateway.UpdateGatewayResponse",
    "apigateway.DeleteGatewayResponse",
)
def test_gateway_responses(apigateway, api):
    api.method(api.root, "GET")
    api.mock(api.root)
    where = {"restApiId": api.id, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    default = apigateway.get_gateway_response(**where)
    assert (default["defaultResponse"], default["statusCode"]) == (True, "403")
    assert len(apigateway.get_gateway_responses(restApiId=api.id, limit=500)["items"]) == 21
    apigateway.put_gateway_response(
        **where,
        statusCode="404",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
        responseTemplates={"application/json": '{"why": $context.error.messageString, "path": "$context.path"}'},
    )
    api.deploy()
    status, headers, body = api.call("/test/none")
    assert (status, headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert json.loads(body) == {"why": "Missing Authentication Token", "path": "/test/none"}
    change = [{"op": "replace", "path": "/statusCode", "value": "410"}]
    assert apigateway.update_gateway_response(**where, patchOperations=change)["statusCode"] == "410"
    assert api.call("/test/none")[0] == 404, "only after its deployment"
    api.deploy()
    assert api.call("/test/none")[0] == 410
    apigateway.delete_gateway_response(**where)
    assert apigateway.get_gateway_response(**where)["defaultResponse"] is True


def test_access_logs(apigateway, api, logs_client, name):
    api.method(api.root, "GET")
    api.mock(api.root, template='"hi"')
    api.deploy()
    log_format = '{"id":"$context.requestId","status":"$context.status","length":"$context.responseLength","none":"$context.authorizer.x"}'
    operations = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*"},
        {"op": "replace", "path": "/accessLogSettings/format", "value": log_format},
    ]
    apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)
    answers = [api.call("/test"), api.call("/test/none")]

    def lines():
        groups = [g["logGroupName"] for g in logs_client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]]
        events = logs_client.filter_log_events(logGroupName=name)["events"] if name in groups else []
        return [json.loads(event["message"]) for event in events] if len(events) == 2 else None

    found = wait_until(lines, "both requests are in the log")
    assert {line["id"] for line in found} == {headers["x-amzn-RequestId"] for _, headers, _ in answers}
    assert sorted((line["status"], line["length"], line["none"]) for line in found) == [
        ("200", "4", "-"),
        ("403", str(len(NO_ROUTE)), "-"),
    ]


def test_the_status_that_a_function_told_is_logged(apigateway, api, lambda_client, logs_client, name):
    function(api, lambda_client, name, python("def lambda_handler(event, context):\n    return {'statusCode': 404}\n"))
    api.deploy()
    operations = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"},
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId $context.integration.status $context.integrationStatus"},
    ]
    apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)
    status, headers, _ = api.call("/test/x")
    assert status == 404

    def line():
        groups = logs_client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        events = logs_client.filter_log_events(logGroupName=name)["events"] if groups else []
        return [event["message"] for event in events]

    assert wait_until(line, "the request is in the log") == [f"{headers['x-amzn-RequestId']} 404 200"]


def test_compression(server, apigateway, name):
    api = Api(server, apigateway, name, minimumCompressionSize=10)
    api.method(api.root, "GET")
    api.mock(api.root, template="x" * 100)
    api.deploy()
    _, headers, body = api.call("/test", headers={"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip" and gzip.decompress(body) == b"x" * 100
    assert api.call("/test")[2] == b"x" * 100
    apigateway.delete_rest_api(restApiId=api.id)


def test_requests_that_are_compressed(server, apigateway, lambda_client, name):
    api = Api(server, apigateway, name, minimumCompressionSize=10_000_000)
    function(api, lambda_client, name, ECHO)
    api.deploy()

    def ask(coding, body):
        return api.call("/test/x", "POST", headers={"Content-Encoding": coding, "Content-Type": "text/plain"}, body=body)

    for coding, body in (("gzip", gzip.compress(b"hello")), ("deflate", zlib.compress(b"hello")), ("identity", b"hello")):
        status, _, answer = ask(coding, body)
        assert (status, json.loads(answer)["body"]) == (200, "hello"), coding
    for coding, body in (("gzip", b"hello"), ("br", b"hello")):
        assert ask(coding, body)[::2] == (415, b'{"message":"Unsupported Media Type"}'), coding
    assert ask("gzip", gzip.compress(bytes(11 * 1024 * 1024)))[::2] == (413, b'{"message":"Request Too Long"}')
    apigateway.delete_rest_api(restApiId=api.id)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Another server: answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(asked).encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Upstream", "yes")
        self.send_header("x-amzn-RequestId", "theirs")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_http_proxy(api, upstream):
    proxy = api.resource("{proxy+}")
    api.method(proxy, "ANY", requestParameters={"method.request.path.proxy": True})
    api.integrate(
        proxy,
        type="HTTP_PROXY",
        integrationHttpMethod="ANY",
        uri=f"{upstream}/base/{{proxy}}",
        requestParameters={
            "integration.request.path.proxy": "method.request.path.proxy",
            "integration.request.header.X-Stage": "context.stage",
        },
    )
    api.deploy()
    status, headers, body = api.call("/test/a/b?x=1&y=a%20b", "POST", headers={"X-Own": "1", "Host-Not": "2"}, body=b"hi")
    asked = json.loads(body)
    assert (status, headers["X-Upstream"], asked["method"], asked["body"]) == (200, "yes", "POST", "hi")
    assert asked["path"] == "/base/a/b?x=1&y=a%20b"
    assert (asked["headers"]["x-own"], asked["headers"]["x-stage"]) == ("1", "test")
    assert asked["headers"]["host"] == upstream.removeprefix("http://")
    assert headers["x-amzn-Remapped-x-amzn-RequestId"] == "theirs" != headers["x-amzn-RequestId"]
    assert headers["x-amzn-Remapped-Content-Length"] == headers["Content-Length"] == str(len(body))
    assert headers["x-amzn-Remapped-Date"] and headers["X-Amzn-Trace-Id"] is None
    assert api.call("/test/missing")[0] == 404


def test_http_with_mappings(apigateway, api, upstream):
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    api.method(api.root, "GET")
    header = "method.response.header.X-From"
    apigateway.put_method_response(**where, statusCode="200", responseParameters={header: False})
    apigateway.put_method_response(**where, statusCode="410")
    parameters = {
        "integration.request.querystring.q": "method.request.querystring.name",
        "integration.request.header.X-Fixed": "'fixed'",
    }
    api.integrate(api.root, "GET", type="HTTP", integrationHttpMethod="GET", uri=f"{upstream}/${{stageVariables.where}}", requestParameters=parameters)
    apigateway.put_integration_response(**where, statusCode="200", responseParameters={header: "integration.response.header.X-Upstream"})
    apigateway.put_integration_response(**where, statusCode="410", selectionPattern="404", responseTemplates={"text/plain": "gone"})
    api.deploy(variables={"where": "there"})
    status, headers, body = api.call("/test?name=X&other=Y", headers={"X-Own": "1"})
    asked = json.loads(body)
    assert (status, headers["X-From"], asked["path"]) == (200, "yes", "/there?q=X")
    assert asked["headers"]["x-fixed"] == "fixed" and "x-own" not in asked["headers"]
    assert (asked["headers"]["user-agent"], asked["headers"]["accept"]) == (f"AmazonAPIGateway_{api.id}", "application/json")
    assert "content-type" not in asked["headers"] and headers["X-Amzn-Trace-Id"].startswith("Root=")
    change = [{"op": "replace", "path": "/variables/where", "value": "missing"}]
    apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=change)
    status, headers, body = api.call("/test")
    assert (status, body, headers["Content-Type"]) == (410, b"gone", "text/plain")


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
def test_headers_of_requests_that_mappings_set(apigateway, api, upstream, kind):
    def mapped(part, names):
        resource = api.resource(part)
        api.method(resource, "GET")
        parameters = {f"integration.request.header.{name}": f"'{value}'" for name, value in names.items()}
        api.integrate(resource, "GET", type=kind, integrationHttpMethod="POST", uri=f"{upstream}/", requestParameters=parameters)
        where = {"restApiId": api.id, "resourceId": resource, "httpMethod": "GET", "statusCode": "200"}
        apigateway.put_method_response(**where)
        apigateway.put_integration_response(**where)

    mapped("most", {"Host": "other", "Connection": "close", "TE": "gzip", "Expect": "200-ok", "Server": "me", "User-Agent": "mine"})
    mapped("length", {"Content-Length": "0"})
    mapped("encoding", {"Transfer-Encoding": "deflate"})
    api.deploy()
    status, _, body = api.call("/test/most")
    asked = json.loads(body)["headers"]
    assert (status, asked["host"], asked["server"], asked["user-agent"]) == (200, "other", "me", "mine")
    assert not {"connection", "te", "expect"} & set(asked)
    for part in ("length", "encoding"):
        status, headers, body = api.call(f"/test/{part}")
        assert (status, body, headers["x-amzn-ErrorType"]) == (500, INTERNAL, "InternalServerErrorException")


def test_a_server_that_is_not_there(api):
    api.method(api.root, "GET")
    # Port 9 is discard, where nobody listens.
    api.integrate(api.root, "GET", type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://127.0.0.1:9/")
    api.deploy()
    assert api.call("/test")[::2] == (504, b'{"message": "Network error communicating with endpoint"}')


@pytest.mark.parametrize("uri", ["https://${stageVariables.none}", "http://nobody.invalid/"])
def test_an_address_that_leads_nowhere(apigateway, api, uri):
    api.method(api.root, "GET")
    api.integrate(api.root, "GET", type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri)
    tested = apigateway.test_invoke_method(restApiId=api.id, resourceId=api.root, httpMethod="GET")
    assert (tested["status"], tested["headers"]) == (500, {"x-amzn-ErrorType": "InternalServerErrorException"})
    assert "Execution failed due to configuration error: Invalid endpoint address" in tested["log"]


def test_apis_outlive_a_restart(start, client, tmp_path):
    server = start(data=tmp_path / "kept")
    apigateway = client(server, "apigateway")
    api = Api(server, apigateway, "kept")
    api.method(api.root, "GET")
    api.mock(api.root, template='"kept"')
    api.deploy(variables={"a": "1"})
    before = apigateway.get_resources(restApiId=api.id, embed=["methods"])["items"]
    server.kill()
    server = start(data=tmp_path / "kept")
    apigateway = client(server, "apigateway")
    assert call(server, api.id, "/test")[::2] == (200, b'"kept"')
    assert apigateway.get_resources(restApiId=api.id, embed=["methods"])["items"] == before
    assert apigateway.get_stage(restApiId=api.id, stageName="test")["variables"] == {"a": "1"}


def test_a_reset_drops_apis(start, client):
    server = start("--testing")
    apigateway = client(server, "apigateway")
    api = Api(server, apigateway, "dropped")
    api.method(api.root, "GET", apiKeyRequired=True)
    api.mock(api.root)
    api.deploy()
    key = apigateway.create_api_key(enabled=True)["id"]
    plan = apigateway.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "test"}])["id"]
    apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()
    assert apigateway.get_rest_apis()["items"] == []
    assert apigateway.get_usage_plans()["items"] == []
    assert apigateway.get_api_keys()["items"] == []
    assert api.call("/test")[::2] == (403, FORBIDDEN)
