"""The resource model of REST APIs: every operation through boto3, and what it refuses."""

import botocore.exceptions
import pytest

from support.coverage import covers
from support.gateway import ACCOUNT, REGION, Api, function_uri

LIST = {"limit": 500}


@pytest.fixture
def apigateway(server, client):
    return client(server, "apigateway")


@pytest.fixture
def api(server, apigateway, name):
    api = Api(server, apigateway, name)
    yield api
    apigateway.delete_rest_api(restApiId=api.id)


def refused(code, status, call, *words):
    """Checks that `call` fails with `code`, and that its message has `words`."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    response = caught.value.response
    found = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
    assert found == (code, status), response
    for word in words:
        assert word in response["Error"]["Message"], response


@covers(
    "apigateway.CreateRestApi",
    "apigateway.GetRestApi",
    "apigateway.GetRestApis",
    "apigateway.UpdateRestApi",
    "apigateway.DeleteRestApi",
)
def test_apis(apigateway, name):
    made = apigateway.create_rest_api(name=name, description="d", binaryMediaTypes=["image/png"], tags={"a": "b"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    api = made["id"]
    assert len(api) == 10 and made["apiKeySource"] == "HEADER" and made["tags"] == {"a": "b"}
    assert made["endpointConfiguration"]["types"] == ["EDGE"]
    shown = apigateway.get_rest_api(restApiId=api)
    for volatile in (made, shown):
        volatile.pop("ResponseMetadata")
    assert shown == made
    pages = apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 1})
    assert shown in [item for page in pages for item in page["items"]]
    operations = [
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "add", "path": "/binaryMediaTypes/application~1zip"},
        {"op": "remove", "path": "/binaryMediaTypes/image~1png"},
        {"op": "replace", "path": "/minimumCompressionSize", "value": "100"},
    ]
    updated = apigateway.update_rest_api(restApiId=api, patchOperations=operations)
    assert (updated["name"], updated["binaryMediaTypes"], updated["minimumCompressionSize"]) == (
        "other",
        ["application/zip"],
        100,
    )
    update = lambda op, path, value: apigateway.update_rest_api(restApiId=api, patchOperations=[{"op": op, "path": path, "value": value}])  # noqa: E731
    for op, path, value, told in (
        ("replace", "/nothing", "x", "Invalid patch path /nothing"),
        ("add", "/minimumCompressionSize", "1", "Invalid patch operation specified. Must be one of: [replace]"),
        ("replace", "/minimumCompressionSize", "x", "Invalid minimum compression size, must be between 0 and 10485760"),
        ("replace", "/endpointConfiguration/ipAddressType", "x", "ipAddressType must be either ipv4 or dualstack."),
        ("replace", "/endpointConfiguration/types/0", "x", "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"),
    ):
        refused("BadRequestException", 400, lambda op=op, path=path, value=value: update(op, path, value), told)
    assert "minimumCompressionSize" not in update("replace", "/minimumCompressionSize", "")
    assert update("replace", "/endpointConfiguration/types/0", "REGIONAL")["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    private = update("replace", "/endpointConfiguration/types/REGIONAL", "PRIVATE")["endpointConfiguration"]
    assert private == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}
    refused("BadRequestException", 400, lambda: update("replace", "/endpointConfiguration/ipAddressType", "ipv4"), "Only dualstack")
    assert apigateway.delete_rest_api(restApiId=api)["ResponseMetadata"]["HTTPStatusCode"] == 202
    missing = f"Invalid API identifier specified {ACCOUNT}:{api}"
    refused("NotFoundException", 404, lambda: apigateway.get_rest_api(restApiId=api), missing)
    refused("BadRequestException", 400, lambda: apigateway.create_rest_api(name=" "))
    refused("BadRequestException", 400, lambda: apigateway.create_rest_api(name="x", description=""), "Description cannot be an empty string")
    refused("NotImplemented", 501, lambda: apigateway.create_rest_api(name="x", cloneFrom="y"), "cloneFrom")


@covers(
    "apigateway.CreateResource",
    "apigateway.GetResource",
    "apigateway.GetResources",
    "apigateway.UpdateResource",
    "apigateway.DeleteResource",
)
def test_resources(apigateway, api):
    pets = api.resource("pets")
    pet = api.resource("{id}", pets)
    shown = apigateway.get_resource(restApiId=api.id, resourceId=pet)
    assert (shown["path"], shown["pathPart"], shown["parentId"]) == ("/pets/{id}", "{id}", pets)
    everything = apigateway.get_resources(restApiId=api.id, **LIST)["items"]
    assert {resource["path"] for resource in everything} == {"/", "/pets", "/pets/{id}"}
    root = next(resource for resource in everything if resource["path"] == "/")
    assert root["id"] == api.root and "pathPart" not in root and "parentId" not in root

    refused("ConflictException", 409, lambda: api.resource("pets"), "Another resource with the same parent already has this name: pets")
    for sibling in ("{other}", "{proxy+}"):
        one = "A sibling ({id}) of this resource already has a variable path part -- only one is allowed"
        refused("BadRequestException", 400, lambda sibling=sibling: api.resource(sibling, pets), one)
    refused("BadRequestException", 400, lambda: api.resource("a b"), "Resource's path part only allow")
    greedy = api.resource("{proxy+}", pet)
    refused("BadRequestException", 400, lambda: api.resource("x", greedy), "Cannot create a child of a resource with a greedy path variable: {proxy+}")
    apigateway.delete_resource(restApiId=api.id, resourceId=greedy)
    refused("NotFoundException", 404, lambda: api.resource("x", "nobody"), "Invalid Resource identifier specified")

    rename = [{"op": "replace", "path": "/pathPart", "value": "animals"}]
    assert apigateway.update_resource(restApiId=api.id, resourceId=pets, patchOperations=rename)["path"] == "/animals"
    assert apigateway.get_resource(restApiId=api.id, resourceId=pet)["path"] == "/animals/{id}"
    move = [{"op": "replace", "path": "/parentId", "value": pet}]
    refused("BadRequestException", 400, lambda: apigateway.update_resource(restApiId=api.id, resourceId=pets, patchOperations=move), "Resources cannot be cyclical.")
    root_change = lambda part: apigateway.update_resource(restApiId=api.id, resourceId=api.root, patchOperations=[{"op": "replace", "path": part, "value": "x"}])  # noqa: E731
    refused("BadRequestException", 400, lambda: root_change("/pathPart"), "Root resource cannot update its pathPart.")
    refused("BadRequestException", 400, lambda: root_change("/parentId"), "Root resource cannot update its parentId.")
    wrong = [{"op": "remove", "path": "/pathPart"}]
    refused("BadRequestException", 400, lambda: apigateway.update_resource(restApiId=api.id, resourceId=pets, patchOperations=wrong), "Please choose supported operations")
    apigateway.delete_resource(restApiId=api.id, resourceId=pets)
    assert [r["path"] for r in apigateway.get_resources(restApiId=api.id, **LIST)["items"]] == ["/"]
    refused("BadRequestException", 400, lambda: apigateway.delete_resource(restApiId=api.id, resourceId=api.root))


@covers(
    "apigateway.PutMethod",
    "apigateway.GetMethod",
    "apigateway.UpdateMethod",
    "apigateway.DeleteMethod",
    "apigateway.PutMethodResponse",
    "apigateway.GetMethodResponse",
    "apigateway.UpdateMethodResponse",
    "apigateway.DeleteMethodResponse",
)
def test_methods(apigateway, api):
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    parameters = {"method.request.querystring.q": True}
    made = apigateway.put_method(**where, authorizationType="NONE", requestParameters=parameters)
    assert (made["httpMethod"], made["apiKeyRequired"], made["requestParameters"]) == ("GET", False, parameters)
    refused("ConflictException", 409, lambda: apigateway.put_method(**where, authorizationType="NONE"), "Method already exists for this resource")
    updated = apigateway.update_method(**where, patchOperations=[{"op": "replace", "path": "/apiKeyRequired", "value": "true"}])
    assert updated["apiKeyRequired"] is True
    refused("BadRequestException", 400, lambda: apigateway.update_method(**where, patchOperations=[{"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}]), "authorizer")
    other = {**where, "httpMethod": "FETCH"}
    refused("BadRequestException", 400, lambda: apigateway.put_method(**other, authorizationType="NONE"), "Invalid HttpMethod specified. Valid options are GET,")
    other = {**where, "httpMethod": "PUT", "authorizationType": "NONE"}
    for wrong, told in (
        ({"requestValidatorId": "none"}, "Invalid Request Validator identifier specified"),
        ({"requestModels": {"application/json": "none"}}, "Invalid model identifier specified: none"),
        ({"requestParameters": {"method.request.header.a": True, "method.request.path.a": True}}, "Parameter names must be unique across"),
    ):
        refused("BadRequestException", 400, lambda wrong=wrong: apigateway.put_method(**other, **wrong), told)
    change = lambda op, path, value: apigateway.update_method(**where, patchOperations=[{"op": op, "path": path, "value": value}])  # noqa: E731
    refused("BadRequestException", 400, lambda: change("add", "/operationName", "x"), "Invalid patch operation specified. Must be one of: [replace]")
    refused("BadRequestException", 400, lambda: change("add", "/httpMethod", "PUT"), "Invalid patch path /httpMethod")
    refused("BadRequestException", 400, lambda: change("replace", "/requestValidatorId", "x"), "Invalid Request Validator identifier specified")
    assert "authorizerId" not in change("replace", "/authorizerId", "nobody"), "nobody asks it"

    header = "method.response.header.X-Own"
    response = apigateway.put_method_response(**where, statusCode="200", responseParameters={header: False}, responseModels={"application/json": "Empty"})
    assert response["responseModels"] == {"application/json": "Empty"}
    refused("ConflictException", 409, lambda: apigateway.put_method_response(**where, statusCode="200"))
    change = [{"op": "replace", "path": f"/responseParameters/{header}", "value": "true"}]
    apigateway.update_method_response(**where, statusCode="200", patchOperations=change)
    assert apigateway.get_method_response(**where, statusCode="200")["responseParameters"] == {header: True}
    assert "200" in apigateway.get_method(**where)["methodResponses"]
    embedded = apigateway.get_resources(restApiId=api.id, embed=["methods"])["items"][0]
    assert embedded["resourceMethods"]["GET"]["apiKeyRequired"] is True
    apigateway.delete_method_response(**where, statusCode="200")
    refused("NotFoundException", 404, lambda: apigateway.get_method_response(**where, statusCode="200"), "Invalid Response status code specified")
    apigateway.delete_method(**where)
    refused("NotFoundException", 404, lambda: apigateway.get_method(**where), "Invalid Method identifier specified")


@covers(
    "apigateway.PutIntegration",
    "apigateway.GetIntegration",
    "apigateway.UpdateIntegration",
    "apigateway.DeleteIntegration",
    "apigateway.PutIntegrationResponse",
    "apigateway.GetIntegrationResponse",
    "apigateway.UpdateIntegrationResponse",
    "apigateway.DeleteIntegrationResponse",
)
def test_integrations(apigateway, api):
    where = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    api.method(api.root, "GET")
    refused("NotFoundException", 404, lambda: apigateway.get_integration(**where), "Invalid Integration identifier specified")
    proxy = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": function_uri("f")}
    made = apigateway.put_integration(**where, **proxy)
    assert (made["type"], made["httpMethod"], made["uri"], made["timeoutInMillis"]) == ("AWS_PROXY", "POST", proxy["uri"], 29000)
    assert (made["passthroughBehavior"], made["cacheNamespace"], made["cacheKeyParameters"]) == ("WHEN_NO_MATCH", api.root, [])
    change = [{"op": "replace", "path": "/timeoutInMillis", "value": "1000"}]
    assert apigateway.update_integration(**where, patchOperations=change)["timeoutInMillis"] == 1000

    def wrong(words, **options):
        refused("BadRequestException", 400, lambda: apigateway.put_integration(**where, **{**proxy, **options}), words)

    wrong("Invalid ARN", uri="f")
    wrong("must contain path or action", uri="arn:aws:lambda:us-east-1:123456789012:function:f")
    wrong("currently only supports Lambda", uri=f"arn:aws:apigateway:{REGION}:sqs:path/q")
    wrong("Invalid HTTP endpoint", type="HTTP", uri="ftp://x")
    wrong("Timeout", timeoutInMillis=1)
    without = {**where, "type": "AWS_PROXY", "uri": proxy["uri"]}
    refused("BadRequestException", 400, lambda: apigateway.put_integration(**without), "Enumeration value for HttpMethod must be non-empty")

    refused("NotFoundException", 404, lambda: apigateway.put_integration_response(**where, statusCode="200"), "Invalid Response status code")
    header = "method.response.header.X-Own"
    apigateway.put_method_response(**where, statusCode="200", responseParameters={header: False})
    mapped = {"responseParameters": {header: "'own'"}, "selectionPattern": "2\\d{2}"}
    apigateway.put_integration_response(**where, statusCode="200", **mapped)
    undeclared = {"responseParameters": {"method.response.header.Other": "'x'"}}
    refused("BadRequestException", 400, lambda: apigateway.put_integration_response(**where, statusCode="200", **undeclared), "Other")
    change = [{"op": "add", "path": "/responseTemplates/text~1plain", "value": "hi"}]
    apigateway.update_integration_response(**where, statusCode="200", patchOperations=change)
    shown = apigateway.get_integration_response(**where, statusCode="200")
    assert (shown["responseTemplates"], shown["responseParameters"]) == ({"text/plain": "hi"}, {header: "'own'"})
    apigateway.delete_integration_response(**where, statusCode="200")
    refused("NotFoundException", 404, lambda: apigateway.get_integration_response(**where, statusCode="200"))
    apigateway.delete_integration(**where)
    refused("NotFoundException", 404, lambda: apigateway.delete_integration(**where))


@covers(
    "apigateway.CreateDeployment",
    "apigateway.GetDeployment",
    "apigateway.GetDeployments",
    "apigateway.UpdateDeployment",
    "apigateway.DeleteDeployment",
    "apigateway.CreateStage",
    "apigateway.GetStage",
    "apigateway.GetStages",
    "apigateway.UpdateStage",
    "apigateway.DeleteStage",
)
def test_deployments_and_stages(apigateway, api):
    refused("BadRequestException", 400, api.deploy, "The REST API doesn't contain any methods")
    api.method(api.root, "GET")
    refused("BadRequestException", 400, api.deploy, "No integration defined for method")
    api.mock(api.root)
    first = api.deploy("lab3", description="first")
    shown = apigateway.get_deployment(restApiId=api.id, deploymentId=first, embed=["apisummary"])
    assert shown["apiSummary"] == {"/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    change = [{"op": "replace", "path": "/description", "value": "1st"}]
    apigateway.update_deployment(restApiId=api.id, deploymentId=first, patchOperations=change)
    assert apigateway.get_deployments(restApiId=api.id)["items"][0]["description"] == "1st"
    refused("BadRequestException", 400, lambda: apigateway.delete_deployment(restApiId=api.id, deploymentId=first), "Active stages pointing to this deployment")

    where = {"restApiId": api.id, "stageName": "beta"}
    made = apigateway.create_stage(**where, deploymentId=first, variables={"a": "1"}, tags={"x": "y"})
    assert (made["variables"], made["cacheClusterStatus"], made["methodSettings"]) == ({"a": "1"}, "NOT_AVAILABLE", {})
    refused("ConflictException", 409, lambda: apigateway.create_stage(**where, deploymentId=first), "Stage already exists")
    refused("BadRequestException", 400, lambda: apigateway.create_stage(restApiId=api.id, stageName="no way", deploymentId=first), "Stage name only allows")
    refused("BadRequestException", 400, lambda: apigateway.create_stage(restApiId=api.id, stageName="x", deploymentId="none"), "Deployment id does not exist")
    operations = [
        {"op": "replace", "path": "/variables/b", "value": "2"},
        {"op": "remove", "path": "/variables/a"},
        {"op": "replace", "path": "/~1pets~1{id}/GET/throttling/rateLimit", "value": "5"},
        {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.requestId"},
    ]
    updated = apigateway.update_stage(**where, patchOperations=operations)
    assert updated["variables"] == {"b": "2"}
    assert updated["methodSettings"]["pets/{id}/GET"]["throttlingRateLimit"] == 5.0
    assert updated["methodSettings"]["*/*"]["loggingLevel"] == "INFO"
    assert updated["accessLogSettings"] == {"format": "$context.requestId"}
    bad = [{"op": "replace", "path": "/accessLogSettings/format", "value": "$context.status"}]
    refused("BadRequestException", 400, lambda: apigateway.update_stage(**where, patchOperations=bad), "$context.requestId")
    bad = [{"op": "replace", "path": "/variables/c", "value": "a b"}]
    refused("BadRequestException", 400, lambda: apigateway.update_stage(**where, patchOperations=bad), "Stage variable values")
    stages = apigateway.get_stages(restApiId=api.id, deploymentId=first)["item"]
    assert {stage["stageName"] for stage in stages} == {"lab3", "beta"}
    apigateway.delete_stage(**where)
    refused("NotFoundException", 404, lambda: apigateway.get_stage(**where), "Invalid stage identifier specified")
    apigateway.delete_stage(restApiId=api.id, stageName="lab3")
    apigateway.delete_deployment(restApiId=api.id, deploymentId=first)
    refused("NotFoundException", 404, lambda: apigateway.get_deployment(restApiId=api.id, deploymentId=first), "Invalid Deployment identifier specified")


@covers("apigateway.TagResource", "apigateway.UntagResource", "apigateway.GetTags")
def test_tags(apigateway, api):
    api.method(api.root, "GET")
    api.mock(api.root)
    api.deploy("lab3")
    for arn in (f"arn:aws:apigateway:{REGION}::/restapis/{api.id}", f"arn:aws:apigateway:{REGION}::/restapis/{api.id}/stages/lab3"):
        apigateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        apigateway.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert apigateway.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    refused("BadRequestException", 400, lambda: apigateway.get_tags(resourceArn="arn:aws:s3:::x"))


@covers("apigateway.GetAccount", "apigateway.UpdateAccount")
def test_account(apigateway):
    role = f"arn:aws:iam::{ACCOUNT}:role/lambda-role"
    change = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    apigateway.update_account(patchOperations=change)
    account = apigateway.get_account()
    assert (account["cloudwatchRoleArn"], account["throttleSettings"]["burstLimit"]) == (role, 5000)
    apigateway.update_account(patchOperations=[{"op": "remove", "path": "/cloudwatchRoleArn"}])
    assert "cloudwatchRoleArn" not in apigateway.get_account()


@pytest.mark.parametrize(
    "operation, arguments",
    [
        ("get_export", {"restApiId": "a", "stageName": "b", "exportType": "oas30"}),
        ("import_rest_api", {"body": b"{}"}),
        ("get_domain_names", {}),
    ],
)
def test_what_is_not_there_says_so(apigateway, operation, arguments):
    named = "".join(word.title() for word in operation.split("_"))
    refused("NotImplemented", 501, lambda: getattr(apigateway, operation)(**arguments), named)
