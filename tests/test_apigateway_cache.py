"""Stages of REST APIs that keep answers: for how long, by what they are told apart, and how they are made anew."""

import json

import pytest

from support.code import create, python
from support.coverage import covers
from support.gateway import Api, function_uri, permit
from support.signing import fetch_signed
from test_apigateway_resources import refused
from test_auth_policies import allow, iam, user  # noqa: F401 (fixtures)

COUNT = python(
    """
    import json, os
    def lambda_handler(event, context):
        status = int((event['queryStringParameters'] or {}).get('status', 200))
        size = int((event['queryStringParameters'] or {}).get('size', 0))
        return {'statusCode': status, 'body': context.aws_request_id + '.' * size, 'headers': {'X-Own': '1'}}
    """
)


@pytest.fixture
def apigateway(server, client):
    return client(server, "apigateway")


def cached(apigateway, lambda_client, server, name, **integration):
    """An API whose `/x` tells the id of each invocation, with a stage that keeps answers."""
    create(lambda_client, name, COUNT)
    api = Api(server, apigateway, name)
    permit(lambda_client, name, api.id)
    resource = api.resource("x")
    for method in ("GET", "POST"):
        names = {f"method.request.{n}": False for n in ("querystring.q", "querystring.status", "querystring.size")}
        api.method(resource, method, requestParameters=names)
        api.integrate(
            resource, method, type="AWS_PROXY", integrationHttpMethod="POST", uri=function_uri(name), **integration
        )
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
    configure(apigateway, api, ("/*/*/caching/enabled", "true"))
    return api


def configure(apigateway, api, *settings):
    operations = [{"op": "replace", "path": path, "value": value} for path, value in settings]
    return apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)


def ask(api, path="/test/x", **options):
    status, _, body = api.call(path, **options)
    assert status == 200, body
    return body


@covers("apigateway.FlushStageCache")
def test_answers_are_kept(server, apigateway, lambda_client, name):
    api = cached(apigateway, lambda_client, server, name)
    stage = apigateway.get_stage(restApiId=api.id, stageName="test")
    assert (stage["cacheClusterEnabled"], stage["cacheClusterSize"], stage["cacheClusterStatus"]) == (True, "0.5", "AVAILABLE")
    first = ask(api)
    assert ask(api) == first
    assert ask(api, "/test/x?q=1") == first, "what is not a key parameter tells nothing apart"
    status, headers, _ = api.call("/test/x")
    assert headers["X-Own"] == "1" and "X-Tinderbox-Start" not in headers
    assert len({ask(api, method="POST") for _ in range(2)}) == 2, "only GET is kept if nothing else is said"
    flushed = apigateway.flush_stage_cache(restApiId=api.id, stageName="test")
    assert flushed["ResponseMetadata"]["HTTPStatusCode"] == 202
    second = ask(api)
    assert second != first and ask(api) == second
    configure(apigateway, api, ("/~1x/POST/caching/enabled", "true"))
    assert len({ask(api, method="POST") for _ in range(2)}) == 1
    configure(apigateway, api, ("/~1x/GET/caching/enabled", "false"))
    assert len({ask(api) for _ in range(2)}) == 2
    apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=[{"op": "remove", "path": "/~1x/GET"}])
    assert ask(api) == second
    assert configure(apigateway, api, ("/cacheClusterEnabled", "false"))["cacheClusterStatus"] == "NOT_AVAILABLE"
    assert len({ask(api) for _ in range(2)}) == 2
    configure(apigateway, api, ("/cacheClusterEnabled", "true"))
    assert ask(api) != second, "a cache that was taken away is empty"
    refused("NotFoundException", 404, lambda: apigateway.flush_stage_cache(restApiId=api.id, stageName="none"))
    refused("BadRequestException", 400, lambda: configure(apigateway, api, ("/cacheClusterSize", "7")), "cache cluster size")
    refused("BadRequestException", 400, lambda: configure(apigateway, api, ("/*/*/caching/ttlInSeconds", "3601")), "TTL")


def test_key_parameters(server, apigateway, lambda_client, name):
    parameters = ["method.request.querystring.q", "method.request.querystring.status", "method.request.querystring.size"]
    api = cached(apigateway, lambda_client, server, name, cacheKeyParameters=parameters)
    without, one, two, empty = (ask(api, f"/test/x{query}") for query in ("", "?q=1", "?q=2", "?q="))
    assert len({without, one, two}) == 3
    assert (ask(api), ask(api, "/test/x?q=1"), ask(api, "/test/x?q=2&other=3")) == (without, one, two)
    failed = {api.call("/test/x?status=500")[2] for _ in range(2)}
    assert len(failed) == 2, "what went wrong is not kept"
    large = {api.call(f"/test/x?size={1024 * 1024}")[2] for _ in range(2)}
    assert len(large) == 2, "nor is what is larger than a megabyte"


def test_time_to_live(server, apigateway, lambda_client, name):
    api = cached(apigateway, lambda_client, server, name)
    configure(apigateway, api, ("/*/*/caching/ttlInSeconds", "0"))
    assert len({ask(api) for _ in range(2)}) == 2


def test_clients_that_want_another_answer(client, enforcing, user, name):
    apigateway = client(enforcing, "apigateway", **enforcing.root)
    functions = client(enforcing, "lambda", **enforcing.root)
    api = cached(apigateway, functions, enforcing, name)
    anew = {"Cache-Control": "max-age=0"}
    first = ask(api)
    status, headers, body = api.call("/test/x", headers=anew)
    assert (status, body) == (200, first)
    assert headers["Warning"] == "199 Cache-control headers were ignored because the caller was unauthorized."
    strategy = "/*/*/caching/unauthorizedCacheControlHeaderStrategy"
    configure(apigateway, api, (strategy, "SUCCEED_WITHOUT_RESPONSE_HEADER"))
    status, headers, body = api.call("/test/x", headers=anew)
    assert (status, body) == (200, first) and "Warning" not in headers
    configure(apigateway, api, (strategy, "FAIL_WITH_403"))
    assert api.call("/test/x", headers=anew)[0] == 403
    assert ask(api) == first

    def signed():
        url = f"{enforcing.url}/_aws/execute-api/{api.id}/test/x"
        return fetch_signed(url, "execute-api", headers=anew, **user.credentials)

    assert signed().status == 403
    user.may(allow("execute-api:InvalidateCache", f"arn:aws:execute-api:*:*:{api.id}/test/GET/x"))
    second = signed().body.encode()
    assert second != first and ask(api) == second, "the new answer is kept in place of the old"
    configure(apigateway, api, ("/*/*/caching/requireAuthorizationForCacheControl", "false"))
    third = ask(api, headers=anew)
    assert third != second and ask(api) == third


def test_a_canary_has_a_cache_of_its_own(server, apigateway, lambda_client, name):
    api = cached(apigateway, lambda_client, server, name)
    first = ask(api)
    api.deploy(canarySettings={"percentTraffic": 100, "useStageCache": False})
    assert ask(api) != first
    configure(apigateway, api, ("/canarySettings/useStageCache", "true"))
    assert ask(api) == first
    json.dumps(apigateway.get_stage(restApiId=api.id, stageName="test")["canarySettings"])
