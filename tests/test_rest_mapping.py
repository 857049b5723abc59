"""Mapping of REST APIs: templates, functions behind them, models and validators."""

import json

import pytest

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.web import fetch

SOURCE = """
    def lambda_handler(event, context):
        if event.get('fail'):
            raise Exception('[404] no such pet')
        return {'got': event}
"""


@pytest.fixture
def apis(server, client):
    return client(server, "apigateway")


@pytest.fixture
def api(apis, name):
    id = apis.create_rest_api(name=name)["id"]
    (root,) = apis.get_resources(restApiId=id)["items"]
    pets = apis.create_resource(restApiId=id, parentId=root["id"], pathPart="pets")["id"]
    pet = apis.create_resource(restApiId=id, parentId=pets, pathPart="{id}")["id"]
    return {"restApiId": id, "resourceId": pet}


def function(lambda_client, name):
    arn = create(lambda_client, name, python(SOURCE))["FunctionArn"]
    lambda_client.add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def method(apis, api, integration, responses=({"statusCode": "200"},), **more):
    of = {**api, "httpMethod": "POST"}
    apis.put_method(**of, authorizationType="NONE", **more)
    apis.put_integration(**of, integrationHttpMethod="POST", **integration)
    for response in responses:
        apis.put_method_response(**of, statusCode=response["statusCode"], responseParameters={
            name: False for name in response.get("responseParameters", {})
        })
        apis.put_integration_response(**of, **response)


def deploy(server, apis, api):
    apis.create_deployment(restApiId=api["restApiId"], stageName="t", variables={"color": "blue"})
    return f"{server.url}/_aws/execute-api/{api['restApiId']}/t/pets/7"


def test_functions_behind_templates(server, apis, lambda_client, api, name):
    request = """
        #set($in = $input.path('$'))
        {
          "id": "$input.params('id')",
          "names": [#foreach($pet in $in.pets)"$util.escapeJavaScript($pet.name)"#if($foreach.hasNext), #end#end],
          "raw": $input.json('$.pets[0]'),
          "stage": "$context.stage", "color": "$stageVariables.color", "q": "$input.params().querystring.get('q')"
          #if($in.fail), "fail": true#end
        }
    """
    ok = {
        "statusCode": "200",
        "responseTemplates": {"application/json": '{"seen": $input.json("$.got"), "first": "$input.path("$.got.names[0]")"}'},
        "responseParameters": {"method.response.header.X-Kind": "'pets'"},
    }
    missing = {
        "statusCode": "404",
        "selectionPattern": r"\[404\].*",
        "responseTemplates": {"application/json": '#set($e = $input.path("$.errorMessage")){"message": "$e"}'},
    }
    integration = {
        "type": "AWS", "uri": function(lambda_client, name), "requestTemplates": {"application/json": request},
    }
    method(apis, api, integration, [ok, missing])
    url = deploy(server, apis, api)
    answer = fetch(url + "?q=x", "POST", json.dumps({"pets": [{"name": "Rex"}, {"name": "Tom"}]}))
    assert answer.status == 200, answer.body
    assert answer.headers["x-kind"] == "pets"
    assert answer.json["first"] == "Rex"
    assert answer.json["seen"] == {
        "id": "7", "names": ["Rex", "Tom"], "raw": {"name": "Rex"}, "stage": "t", "color": "blue", "q": "x",
    }
    answer = fetch(url, "POST", json.dumps({"pets": [{}], "fail": True}))
    assert (answer.status, answer.json) == (404, {"message": "[404] no such pet"})
    answer = fetch(url, "POST", "no JSON")
    assert answer.status == 400 and answer.json["message"].startswith("Could not parse request body into json")


def test_passthrough(server, apis, lambda_client, api, name):
    uri = function(lambda_client, name)
    template = {"text/x": '{"mapped": true}'}
    method(apis, api, {"type": "AWS", "uri": uri, "requestTemplates": template, "passthroughBehavior": "WHEN_NO_MATCH"})
    url = deploy(server, apis, api)

    def ask(kind):
        return fetch(url, "POST", '{"a": 1}', {"Content-Type": kind})

    assert ask("text/x").json == {"got": {"mapped": True}}
    assert ask("application/json").json == {"got": {"a": 1}}
    for behavior in ("WHEN_NO_TEMPLATES", "NEVER"):
        patch = [{"op": "replace", "path": "/passthroughBehavior", "value": behavior}]
        apis.update_integration(**api, httpMethod="POST", patchOperations=patch)
        deploy(server, apis, api)
        refused = ask("application/json")
        assert (refused.status, refused.json) == (415, {"message": "Unsupported Media Type"})
        assert ask("text/x").json == {"got": {"mapped": True}}


def test_mock_with_overrides(server, apis, api):
    request = '#if($input.params("id") == "7"){"statusCode": 200}#else{"statusCode": 404}#end'
    response = """#set($context.responseOverride.status = 202)
        #set($context.responseOverride.header.X-Id = $input.params('id')){"id": "$input.params('id')"}"""
    method(
        apis, api, {"type": "MOCK", "requestTemplates": {"application/json": request}},
        [{"statusCode": "200", "responseTemplates": {"application/json": response}}],
    )
    answer = fetch(deploy(server, apis, api), "POST")
    assert (answer.status, answer.headers["x-id"], answer.json) == (202, "7", {"id": "7"})


def test_mocks_and_content_types(server, apis, api):
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    method(apis, api, {**mock, "passthroughBehavior": "WHEN_NO_MATCH"})
    url = deploy(server, apis, api)

    def ask(kind, body=None):
        answer = fetch(url, "POST", body, {"Content-Type": kind} if kind else {})
        return answer.status, answer.headers["content-type"]

    assert ask(None) == ask("application/json; charset=utf-8") == (200, "application/json")
    assert ask("text/plain")[0] == 500, "the body that passes says no status"
    assert ask("text/plain", '{"statusCode": 200}')[0] == 200
    patch = [{"op": "replace", "path": "/passthroughBehavior", "value": "NEVER"}]
    apis.update_integration(**api, httpMethod="POST", patchOperations=patch)
    deploy(server, apis, api)
    assert (ask("text/plain")[0], ask(None)[0]) == (415, 200)


def test_what_a_request_template_sets_is_passed_on(server, apis, api):
    request = """#set($context.requestOverride.path.body = $input.params('id'))
        #set($context.responseOverride.status = 444)#set($context.responseOverride.header.foo = "bar")
        #set($context.responseOverride.custom = "too"){"statusCode": 200}"""
    response = '{"path": "$context.requestOverride.path.body", "status": "$context.responseOverride.status",' \
        ' "foo": "$context.responseOverride.header.foo", "custom": "$context.responseOverride.custom"}'
    method(
        apis, api, {"type": "MOCK", "requestTemplates": {"application/json": request}},
        [{"statusCode": "200", "responseTemplates": {"application/json": response}}],
    )
    answer = fetch(deploy(server, apis, api), "POST")
    assert (answer.status, answer.headers["foo"]) == (444, "bar")
    assert answer.json == {"path": "7", "status": "444", "foo": "bar", "custom": "too"}


@pytest.mark.parametrize("kind", ["AWS", "AWS_PROXY"])
def test_headers_that_no_mapping_gives_to_functions(server, apis, lambda_client, api, name, kind):
    header = "method.request.header.X-Own"
    integration = {"type": kind, "uri": function(lambda_client, name), "requestParameters": {}}
    method(apis, api, integration, requestParameters={header: False})
    url = deploy(server, apis, api)
    assert fetch(url, "POST", headers={"X-Own": "1"}).status == (200 if kind == "AWS" else 502)
    for name in ("Content-Length", "transfer-encoding", "Authorization", "Connection", "Expect", "TE"):
        mapped = {f"integration.request.header.{name}": header}
        apis.put_integration(**api, httpMethod="POST", integrationHttpMethod="POST", **{**integration, "requestParameters": mapped})
        apis.put_integration_response(**api, httpMethod="POST", statusCode="200")
        deploy(server, apis, api)
        refused = fetch(url, "POST", headers={"X-Own": "1"})
        assert (refused.status, refused.json) == (500, {"message": "Internal server error"}), name
        assert refused.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_a_mapping_does_not_frame_the_answer(server, apis, api):
    integration = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    own = ("Content-Length", "Transfer-Encoding", "Connection", "X-Own")
    template = "#set($context.responseOverride.header.Content-MD5 = 'abc')0123456789"
    method(apis, api, integration, [{
        "statusCode": "200", "responseTemplates": {"application/json": template},
        "responseParameters": {f"method.response.header.{name}": "'5'" for name in own},
    }])
    answer = fetch(deploy(server, apis, api), "POST")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, "0123456789", "10")
    assert (answer.headers["x-own"], answer.headers["x-amzn-remapped-content-length"]) == ("5", "5")
    assert (answer.headers["x-amzn-remapped-connection"], answer.headers["x-amzn-remapped-content-md5"]) == ("5", "abc")
    assert "transfer-encoding" not in answer.headers


def test_a_status_that_ends_nothing(server, apis, api):
    method(apis, api, {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}, [{
        "statusCode": "200",
        "responseTemplates": {"application/json": "#set($context.responseOverride.status = 150)"},
    }])
    answer = fetch(deploy(server, apis, api), "POST")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_template_that_is_broken(server, apis, api):
    method(apis, api, {"type": "MOCK", "requestTemplates": {"application/json": "#if("}})
    answer = fetch(deploy(server, apis, api), "POST")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


@covers("apigateway.CreateModel", "apigateway.GetModel", "apigateway.GetModels", "apigateway.UpdateModel",
        "apigateway.DeleteModel", "apigateway.CreateRequestValidator", "apigateway.GetRequestValidator",
        "apigateway.GetRequestValidators", "apigateway.UpdateRequestValidator", "apigateway.DeleteRequestValidator")
def test_models_and_validators(server, apis, api):
    of = {"restApiId": api["restApiId"]}
    assert {model["name"] for model in apis.get_models(**of)["items"]} == {"Empty", "Error"}
    schema = {"type": "object", "required": ["name"], "properties": {"age": {"type": "integer", "minimum": 0}}}
    made = apis.create_model(**of, name="Pet", contentType="application/json", schema=json.dumps(schema))
    assert made["contentType"] == "application/json"
    fails("ConflictException", apis.create_model, **of, name="Pet", contentType="application/json", schema="{}")
    fails("BadRequestException", apis.create_model, **of, name="Pet2", contentType="application/json", schema="no")
    fails("BadRequestException", apis.create_model, **of, name="Pet2", contentType="application/json", schema="")
    validator = apis.create_request_validator(**of, name="all", validateRequestBody=True, validateRequestParameters=True)
    method(
        apis, api, {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}},
        requestValidatorId=validator["id"], requestModels={"application/json": "Pet"},
        requestParameters={"method.request.querystring.q": True, "method.request.header.X-Own": True,
                           "method.request.path.id": True, "method.request.querystring.maybe": False},
    )
    url = deploy(server, apis, api)

    def ask(path, body, **headers):
        answer = fetch(url + path, "POST", json.dumps(body), headers)
        return answer.status, answer.json["message"] if answer.status != 200 else None

    assert ask("?q=1", {"name": "x"}, **{"X-Own": "1"}) == (200, None)
    assert ask("", {"name": "x"}) == (400, "Missing required request parameters: [X-Own, q]")
    for wrong in ({}, {"name": "x", "age": -1}, {"name": "x", "age": 1.5}, []):
        assert ask("?q=1", wrong, **{"X-Own": "1"}) == (400, "Invalid request body")
    # What is changed counts after the next deployment.
    one = {**of, "requestValidatorId": validator["id"]}
    patch = [{"op": "replace", "path": "/validateRequestBody", "value": "false"}]
    assert apis.update_request_validator(**one, patchOperations=patch)["validateRequestBody"] is False
    assert ask("?q=1", {}, **{"X-Own": "1"})[0] == 400
    deploy(server, apis, api)
    assert ask("?q=1", {}, **{"X-Own": "1"})[0] == 200
    assert apis.get_request_validator(**one)["name"] == "all"
    assert [item["id"] for item in apis.get_request_validators(**of)["items"]] == [validator["id"]]
    used = fails("ConflictException", apis.delete_model, **of, modelName="Pet")
    assert "Cannot delete model 'Pet', is referenced in method request: /" in used and used.endswith("/POST"), used
    fails("ConflictException", apis.delete_request_validator, **one)
    patch = [{"op": "replace", "path": "/description", "value": "a pet"}]
    assert apis.update_model(**of, modelName="Pet", patchOperations=patch)["description"] == "a pet"
    assert apis.get_model(**of, modelName="Pet")["description"] == "a pet"
    apis.delete_method(**api, httpMethod="POST")
    apis.delete_model(**of, modelName="Pet")
    apis.delete_request_validator(**one)
    fails("NotFoundException", apis.get_model, **of, modelName="Pet")
    fails("NotFoundException", apis.get_request_validator, **one)
