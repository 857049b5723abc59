"""Who may call an HTTP API: tokens of an issuer, and functions that say so."""

import json
import time

import pytest

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.issuer import Issuer
from support.web import fetch
from test_http_api import ECHO, allow, api_with, at, function


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture
def apis(server, client):
    return client(server, "apigatewayv2")


@pytest.fixture
def api(apis, lambda_client, name):
    arn = create(lambda_client, name, ECHO)["FunctionArn"]
    allow(lambda_client, name)
    return api_with(apis, name, arn, "GET /x")


def protect(apis, api, authorizer, kind, **more):
    (route,) = apis.get_routes(ApiId=api["ApiId"])["Items"]
    apis.update_route(
        ApiId=api["ApiId"], RouteId=route["RouteId"], AuthorizationType=kind,
        AuthorizerId=authorizer["AuthorizerId"], **more,
    )


@covers("apigatewayv2.CreateAuthorizer", "apigatewayv2.GetAuthorizer", "apigatewayv2.GetAuthorizers",
        "apigatewayv2.UpdateAuthorizer", "apigatewayv2.DeleteAuthorizer")
def test_tokens(server, apis, api, issuer):
    of = {"ApiId": api["ApiId"]}
    made = apis.create_authorizer(
        **of, Name="jwt", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["me"], "Issuer": issuer.url},
    )
    protect(apis, api, made, "JWT")

    def ask(token):
        headers = {"Authorization": token} if token else {}
        return fetch(at(server, api, "/x"), headers=headers)

    nothing = ask(None)
    assert (nothing.status, nothing.body) == (401, '{"message":"Unauthorized"}')
    assert nothing.headers["www-authenticate"] == "Bearer"
    good = ask(f"Bearer {issuer.token(sub='u', groups=['a', 'b'])}")
    assert good.status == 200
    jwt = good.json["requestContext"]["authorizer"]["jwt"]
    assert (jwt["claims"]["sub"], jwt["claims"]["groups"], jwt["scopes"]) == ("u", "[a b]", None)
    assert ask(issuer.token()).status == 200, "Bearer may be left out"
    for wrong in (
        issuer.token(aud="other"),
        issuer.token(iss="http://other"),
        issuer.token(exp=int(time.time()) - 1),
        issuer.token(kid="unknown"),
        issuer.token()[:-10] + "AAAAAAAAAA",
        "nonsense",
    ):
        answer = ask(wrong)
        assert (answer.status, answer.body) == (401, '{"message":"Unauthorized"}'), wrong
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    protect(apis, api, made, "JWT", AuthorizationScopes=["read", "write"])
    scoped = ask(issuer.token(scope="other write"))
    assert scoped.json["requestContext"]["authorizer"]["jwt"]["scopes"] == ["other", "write"]
    refused = ask(issuer.token(scope="other"))
    assert (refused.status, refused.body) == (403, '{"message":"Forbidden"}')
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    one = {**of, "AuthorizerId": made["AuthorizerId"]}
    assert apis.get_authorizer(**one)["JwtConfiguration"]["Issuer"] == issuer.url
    assert [item["Name"] for item in apis.get_authorizers(**of)["Items"]] == ["jwt"]
    apis.update_authorizer(**one, JwtConfiguration={"Audience": ["you"], "Issuer": issuer.url})
    assert ask(issuer.token(scope="read")).status == 401
    fails("ConflictException", apis.delete_authorizer, **one)
    (route,) = apis.get_routes(**of)["Items"]
    apis.update_route(**of, RouteId=route["RouteId"], AuthorizationType="NONE")
    apis.delete_authorizer(**one)
    fails("NotFoundException", apis.get_authorizer, **one)
    assert ask(None).status == 200


@covers("apigatewayv2.ResetAuthorizersCache")
def test_functions_that_say_yes_or_no(server, apis, api, lambda_client, name):
    source = """
        asked = 0
        def lambda_handler(event, context):
            global asked
            asked += 1
            assert event['version'] == '2.0' and event['type'] == 'REQUEST', event
            assert event['identitySource'] == [event['headers']['x-key']], event
            return {'isAuthorized': event['headers']['x-key'] == 'open', 'context': {'asked': asked, 'arn': event['routeArn']}}
    """
    arn = function(lambda_client, name + "-who", source)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    made = apis.create_authorizer(
        ApiId=api["ApiId"], Name="fn", AuthorizerType="REQUEST", IdentitySource=["$request.header.X-Key"],
        AuthorizerUri=uri, AuthorizerPayloadFormatVersion="2.0", EnableSimpleResponses=True,
    )
    assert made["AuthorizerResultTtlInSeconds"] == 300
    protect(apis, api, made, "CUSTOM")

    def ask(key):
        return fetch(at(server, api, "/x"), headers={"X-Key": key} if key else {})

    assert (ask(None).status, ask(None).body) == (401, '{"message":"Unauthorized"}')
    assert (ask("closed").status, ask("closed").body) == (403, '{"message":"Forbidden"}')
    first = ask("open").json["requestContext"]["authorizer"]["lambda"]
    assert first["arn"].endswith(f"{api['ApiId']}/$default/GET/x")
    assert ask("open").json["requestContext"]["authorizer"]["lambda"] == first, "the answer is kept"
    apis.reset_authorizers_cache(ApiId=api["ApiId"], StageName="$default")
    assert ask("open").json["requestContext"]["authorizer"]["lambda"]["asked"] != first["asked"]


def test_functions_that_answer_with_a_policy(server, apis, api, lambda_client, name):
    source = """
        def lambda_handler(event, context):
            if event['authorizationToken'] == 'boom':
                raise Exception('boom')
            effect = 'Allow' if event['authorizationToken'] == 'open' else 'Deny'
            statement = {'Action': 'execute-api:Invoke', 'Effect': effect, 'Resource': event['methodArn']}
            policy = {'Version': '2012-10-17', 'Statement': [statement]}
            return {'principalId': 'me', 'policyDocument': policy, 'context': {'n': 1}}
    """
    arn = function(lambda_client, name + "-who", source)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    made = apis.create_authorizer(
        ApiId=api["ApiId"], Name="fn", AuthorizerType="REQUEST", IdentitySource=["$request.querystring.key"],
        AuthorizerUri=uri, AuthorizerPayloadFormatVersion="1.0", AuthorizerResultTtlInSeconds=0,
    )
    protect(apis, api, made, "CUSTOM")

    def ask(key):
        return fetch(at(server, api, f"/x?key={key}"))

    assert ask("open").json["requestContext"]["authorizer"]["lambda"] == {"n": 1}
    assert ask("closed").status == 403
    failed = ask("boom")
    assert (failed.status, failed.body) == (500, '{"message":"Internal Server Error"}')
    assert ask("").status == 401


def test_authorizers_that_cannot_be(apis, api):
    def refused(**more):
        fails("BadRequestException", apis.create_authorizer, ApiId=api["ApiId"], Name="x", **more)

    source = ["$request.header.Authorization"]
    refused(AuthorizerType="JWT", IdentitySource=source)
    refused(AuthorizerType="JWT", IdentitySource=source, JwtConfiguration={"Audience": ["a"], "Issuer": "nowhere"})
    refused(AuthorizerType="JWT", IdentitySource=["header"], JwtConfiguration={"Audience": ["a"], "Issuer": "http://x"})
    refused(AuthorizerType="REQUEST", IdentitySource=source, AuthorizerPayloadFormatVersion="2.0", AuthorizerUri="x")
    json.dumps(apis.get_authorizers(ApiId=api["ApiId"])["Items"])
    assert apis.get_authorizers(ApiId=api["ApiId"])["Items"] == []
