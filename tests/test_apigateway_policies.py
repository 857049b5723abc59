"""Policies of REST APIs: who may call, whatever their methods ask for."""

import json

import pytest

from support.code import create, python
from support.gateway import ACCOUNT, REGION, Api, function_uri, permit
from support.signing import fetch_signed
from test_apigateway_resources import refused
from test_auth_policies import allow, deny, document, iam, user  # noqa: F401 (fixtures)

EVERYONE = {"Principal": "*"}
INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
WHO = python(
    """
    def lambda_handler(event, context):
        effect = event['authorizationToken']
        statement = {'Action': 'execute-api:Invoke', 'Effect': 'Deny' if effect == 'deny' else 'Allow',
                     'Resource': event['methodArn'] if effect != 'nothing' else 'arn:aws:execute-api:x:x:x/*'}
        if effect.startswith('ip:'):
            statement['Condition'] = {'IpAddress': {'aws:SourceIp': effect[3:]}}
        return {'principalId': 'me', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}}
    """
)


@pytest.fixture
def apigateway(server, client):
    return client(server, "apigateway")


def told(api, explicit=False, path="test/GET/"):
    """What a client reads whom the policy does not let in."""
    arn = f"arn:aws:execute-api:us-east-1:********9012:{api.id}/{path}"
    how = " with an explicit deny" if explicit else ""
    text = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{how}"
    return 403, json.dumps({"Message": text}, separators=(",", ":")).encode()


def set_policy(apigateway, api, policy):
    change = [{"op": "replace", "path": "/policy", "value": policy}]
    apigateway.update_rest_api(restApiId=api.id, patchOperations=change)


def test_a_policy_counts_once_deployed(server, apigateway, name):
    api = Api(server, apigateway, name, policy=document(deny("execute-api:Invoke", "execute-api:/*/GET/closed", **EVERYONE)))
    shown = apigateway.get_rest_api(restApiId=api.id)["policy"]
    # The service shows it with its quotes escaped, and tools undo that.
    policy = json.loads(json.loads(f'"{shown}"'))
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}"
    assert policy["Statement"][0]["Resource"] == f"{arn}/*/GET/closed", "what is written shortly is written out"
    closed = api.resource("closed")
    for resource in (api.root, closed):
        api.method(resource, "GET")
        api.mock(resource)
    api.deploy()
    status, headers, body = api.call("/test")
    assert (status, body) == told(api) and headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert api.call("/test/closed")[::2] == told(api, True, "test/GET/closed")
    set_policy(apigateway, api, document(allow("execute-api:Invoke", f"{arn}/test/*", **EVERYONE)))
    assert api.call("/test")[::2] == told(api), "before it is deployed, the old one counts"
    api.deploy()
    assert api.call("/test")[0] == 200
    api.deploy("other")
    assert api.call("/other")[::2] == told(api, path="other/GET/")
    set_policy(apigateway, api, "")
    assert "policy" not in apigateway.get_rest_api(restApiId=api.id)
    api.deploy("other")
    assert api.call("/other")[0] == 200
    for broken in ("{}", "no", document(allow("execute-api:Invoke"))):
        refused("BadRequestException", 400, lambda: set_policy(apigateway, api, broken), INVALID)
        refused("BadRequestException", 400, lambda: apigateway.create_rest_api(name=name, policy=broken), INVALID)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}}, 200),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, 403),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, 403),
        ({"StringLike": {"aws:UserAgent": "curl/*"}}, 200),
        ({"StringEquals": {"aws:UserAgent": "wget"}}, 403),
        ({"Bool": {"aws:SecureTransport": "true"}}, 403),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, 403),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 200),
    ],
)
def test_conditions(server, apigateway, name, condition, status):
    policy = document(allow("execute-api:Invoke", "execute-api:/*", Condition=condition, **EVERYONE))
    api = Api(server, apigateway, name, policy=policy)
    api.method(api.root, "GET")
    api.mock(api.root)
    api.deploy()
    assert api.call("/test", headers={"User-Agent": "curl/8"})[0] == status


def test_with_an_authorizer(server, apigateway, lambda_client, name):
    create(lambda_client, name, WHO)
    api = Api(server, apigateway, name)
    permit(lambda_client, name, api.id)
    who = apigateway.create_authorizer(
        restApiId=api.id, name="who", type="TOKEN", authorizerUri=function_uri(name), authorizerResultTtlInSeconds=0
    )
    api.method(api.root, "GET", authorizationType="CUSTOM", authorizerId=who["id"])
    api.mock(api.root)

    def ask(token):
        return api.call("/test", headers={"Authorization": token} if token else {})[::2]

    not_authorized = 403, b'{"Message":"User is not authorized to access this resource"}'
    explicitly = 403, b'{"Message":"User is not authorized to access this resource with an explicit deny"}'
    api.deploy()
    assert ask("allow")[0] == 200 and ask("deny") == explicitly and ask("nothing") == not_authorized
    assert ask("ip:127.0.0.0/8")[0] == 200 and ask("ip:10.0.0.0/8") == not_authorized, "conditions count"
    set_policy(apigateway, api, document(allow("execute-api:Invoke", "execute-api:/*", **EVERYONE)))
    api.deploy()
    assert ask("allow")[0] == 200 and ask("deny") == explicitly and ask("nothing")[0] == 200
    set_policy(apigateway, api, document(allow("execute-api:Invoke", "execute-api:/other/*", **EVERYONE)))
    api.deploy()
    assert ask("allow")[0] == 200 and ask("nothing") == not_authorized
    set_policy(apigateway, api, document(deny("execute-api:Invoke", "execute-api:/*", **EVERYONE)))
    api.deploy()
    assert ask("allow") == told(api, True)
    assert ask(None) == told(api, True), "whom the policy turns away, no authorizer is asked about"


def test_with_signed_requests(client, enforcing, user, name):
    apigateway = client(enforcing, "apigateway", **enforcing.root)
    api = Api(enforcing, apigateway, name)
    api.method(api.root, "GET", authorizationType="AWS_IAM")
    api.mock(api.root)
    url = f"{enforcing.url}/_aws/execute-api/{api.id}/test"

    def ask(statement, identity):
        set_policy(apigateway, api, document({**statement, "Resource": "execute-api:/*"}))
        api.deploy()
        user.may(identity("execute-api:Invoke"))
        return fetch_signed(url, "execute-api", **user.credentials).status

    def nothing(action):
        return allow("execute-api:Nothing")

    mine = {"Principal": {"AWS": user.arn}}
    # Table A of AWS's page: in one account either may allow, and either may deny.
    assert ask(allow("execute-api:Invoke", **mine), allow) == 200
    assert ask(allow("execute-api:Nothing", **mine), allow) == 200
    assert ask(deny("execute-api:Invoke", **mine), allow) == 403
    assert ask(allow("execute-api:Invoke", **mine), nothing) == 200
    assert ask(allow("execute-api:Nothing", **mine), nothing) == 403
    assert ask(allow("execute-api:Invoke", **mine), deny) == 403
    assert ask(allow("execute-api:Invoke", Principal={"AWS": ACCOUNT}), nothing) == 403
    assert ask(allow("execute-api:Invoke", Principal={"AWS": ACCOUNT}), allow) == 200


def test_another_account_needs_the_policy(server, apigateway, name):
    api = Api(server, apigateway, name)
    api.method(api.root, "GET", authorizationType="AWS_IAM")
    api.mock(api.root)
    url = f"{server.url}/_aws/execute-api/{api.id}/test"
    api.deploy()
    assert fetch_signed(url, "execute-api", key="999999999999").status == 403
    set_policy(apigateway, api, document(allow("execute-api:Invoke", "execute-api:/*", Principal={"AWS": "999999999999"})))
    api.deploy()
    assert fetch_signed(url, "execute-api", key="999999999999").status == 200
    assert fetch_signed(url, "execute-api").status == 200
    # Who does not sign is nobody that a policy names.
    assert api.call("/test")[0] == 403


def test_aws_cli(server, aws, name):
    policy = document(allow("execute-api:Invoke", "execute-api:/*", **EVERYONE))
    made = json.loads(aws("apigateway", "create-rest-api", "--name", name, "--policy", policy).stdout)
    assert "execute-api:Invoke" in made["policy"]
