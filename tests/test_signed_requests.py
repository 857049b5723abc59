"""APIs and function URLs that want signed requests (`AWS_IAM`): who signed, and whether they may."""

import json

import pytest

from support.code import create, python
from support.gateway import ACCOUNT, REGION, Api, permit
from support.signing import fetch_signed, presigned
from support.web import fetch
from test_auth_policies import allow, deny, document, iam, user  # noqa: F401 (fixtures)
from test_function_urls import at as url_at

EVENT = python(
    """
    import json
    def lambda_handler(event, context):
        return {'statusCode': 200, 'body': json.dumps(event)}
    """
)
MISMATCH = "The request signature we calculated does not match the signature you provided."
FORBIDDEN_URL = "Forbidden. For troubleshooting Function URL authorization issues, see: "


def rest_api(server, client, name, **access):
    """A REST API whose `GET /` wants a signature and tells its event: the API and its address."""
    functions = client(server, "lambda", **access)
    create(functions, name, EVENT)
    api = Api(server, client(server, "apigateway", **access), name)
    permit(functions, name, api.id)
    for method in ("GET", "POST"):
        api.method(api.root, method, authorizationType="AWS_IAM")
        api.function(api.root, name, method)
    api.deploy()
    return api, f"{server.url}/_aws/execute-api/{api.id}/test"


def http_api(server, client, name, **access):
    """An HTTP API whose `GET /x` wants a signature and tells its event: its id and its address."""
    functions = client(server, "lambda", **access)
    arn = create(functions, name, EVENT)["FunctionArn"]
    apis = client(server, "apigatewayv2", **access)
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    permit(functions, name, api)
    target = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    made = apis.create_route(
        ApiId=api, RouteKey="GET /x", Target=f"integrations/{target}", AuthorizationType="AWS_IAM"
    )
    assert made["AuthorizationType"] == "AWS_IAM"
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api, f"{server.url}/_aws/execute-api/{api}/x"


def function_url(server, client, name, **access):
    """A function's URL that wants a signature: its clients and its address."""
    functions = client(server, "lambda", **access)
    create(functions, name, EVENT)
    made = functions.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert made["AuthType"] == "AWS_IAM"
    return functions, url_at(server, made["FunctionUrl"])


def refusal(answer):
    body = answer.json
    return answer.status, answer.headers["x-amzn-errortype"], body.get("message") or body.get("Message")


def test_rest_api(client, enforcing, user, name):
    api, url = rest_api(enforcing, client, name, **enforcing.root)
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/test"
    missing = (403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    assert refusal(fetch(url)) == missing
    status, kind, message = refusal(fetch(url, headers={"Authorization": "Bearer x"}))
    assert (status, kind) == (403, "IncompleteSignatureException") and message.startswith("'Bearer' not a valid")
    status, kind, message = refusal(fetch_signed(url, "execute-api", key=user.credentials["key"], secret="wrong"))
    assert (status, kind) == (403, "InvalidSignatureException") and message.startswith(MISMATCH)
    assert "\nGET\n/_aws/execute-api/" in message.replace("'", "\n"), "what should have been signed is told"
    invalid = (403, "UnrecognizedClientException", "The security token included in the request is invalid.")
    assert refusal(fetch_signed(url, "execute-api", key="AKIAIOSFODNN7EXAMPLE")) == invalid
    _, kind, message = refusal(fetch_signed(url, "lambda", **user.credentials))
    assert kind == "InvalidSignatureException" and "scoped to correct service: 'execute-api'" in message
    _, kind, message = refusal(fetch_signed(url, "execute-api", region="eu-west-1", **user.credentials))
    assert kind == "InvalidSignatureException" and "scoped to a valid region" in message

    def ask(**options):
        return fetch_signed(url, "execute-api", **user.credentials, **options)

    nothing = (
        f"User: {user.arn} is not authorized to perform: execute-api:Invoke on resource: "
        f"arn:aws:execute-api:us-east-1:********9012:{api.id}/test/GET/"
    )
    answer = ask()
    assert refusal(answer) == (403, "AccessDeniedException", nothing) and '"Message"' in answer.body
    user.may(allow("execute-api:Invoke", f"{arn}/GET/*"))
    identity = ask().json["requestContext"]["identity"]
    assert identity["userArn"] == user.arn and identity["accessKey"] == user.credentials["key"]
    assert identity["accountId"] == ACCOUNT and identity["user"] == identity["caller"]
    assert identity["user"].startswith("AIDA")
    assert refusal(ask(method="POST", body=b"x"))[0] == 403, "only GET is allowed"
    user.may(allow("execute-api:*"), deny("execute-api:Invoke", f"{arn}/GET/*"))
    assert refusal(ask())[2] == nothing + " with an explicit deny"
    assert ask(method="POST", body=b"x").json["body"] == "x"
    assert refusal(ask(method="POST", body=b"x", sent=b"y"))[2].startswith(MISMATCH)
    user.may(allow("execute-api:Invoke", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.1"}}))
    assert ask().status == 200
    assert fetch(presigned(url + "?a=b&c=d%20e", "execute-api", **user.credentials)).status == 200
    tampered = presigned(url + "?a=b", "execute-api", **user.credentials).replace("a=b", "a=c")
    assert refusal(fetch(tampered))[2].startswith(MISMATCH)
    root = fetch_signed(url, "execute-api", **enforcing.root)
    assert root.json["requestContext"]["identity"]["userArn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_sessions_of_roles(client, enforcing, iam, name):
    api, url = rest_api(enforcing, client, name, **enforcing.root)
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = client(enforcing, "sts", **enforcing.root)
    found = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = {"key": found["AccessKeyId"], "secret": found["SecretAccessKey"], "token": found["SessionToken"]}
    assert fetch_signed(url, "execute-api", **session).status == 403
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("execute-api:Invoke")))
    identity = fetch_signed(url, "execute-api", **session).json["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"
    assert identity["user"].endswith(":me") and identity["user"].startswith("AROA")
    without = {**session, "token": None}
    assert refusal(fetch_signed(url, "execute-api", **without))[1] == "UnrecognizedClientException"


def test_http_api(client, enforcing, user, name):
    api, url = http_api(enforcing, client, name, **enforcing.root)
    forbidden = (403, '{"message":"Forbidden"}')

    def ask(**options):
        answer = fetch_signed(url, "execute-api", **{**user.credentials, **options})
        return answer.status, answer.body

    unsigned = fetch(url)
    assert (unsigned.status, unsigned.body) == forbidden
    assert ask() == forbidden and ask(secret="wrong") == forbidden
    user.may(allow("execute-api:Invoke", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/$default/GET/x"))
    status, body = ask()
    signer = json.loads(body)["requestContext"]["authorizer"]["iam"]
    assert status == 200 and signer["userArn"] == user.arn and signer["accessKey"] == user.credentials["key"]
    assert signer["callerId"] == signer["userId"] and signer["accountId"] == ACCOUNT
    assert signer["cognitoIdentity"] is None and signer["principalOrgId"] is None
    assert ask(secret="wrong") == forbidden


def test_function_urls(client, enforcing, user, name):
    functions, url = function_url(enforcing, client, name, **enforcing.root)
    # What lets everybody in does so only where no signature is asked for.
    functions.add_permission(
        FunctionName=name, StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )

    def ask(**options):
        return fetch_signed(url, "lambda", **{**user.credentials, **options})

    for answer in (fetch(url), ask()):
        status, kind, message = refusal(answer)
        assert (status, kind) == (403, "AccessDeniedException") and message.startswith(FORBIDDEN_URL)
    status, kind, message = refusal(ask(secret="wrong"))
    assert (status, kind) == (403, "InvalidSignatureException") and message.startswith(MISMATCH)
    assert "Canonical String" not in message
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    of_url = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    via_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    user.may(allow("lambda:InvokeFunctionUrl", arn, Condition=of_url))
    assert ask().status == 403, "both actions are needed"
    user.may(
        allow("lambda:InvokeFunctionUrl", arn, Condition=of_url),
        allow("lambda:InvokeFunction", arn, Condition=via_url),
    )
    answer = ask(method="POST", body=b"hi")
    context = answer.json["requestContext"]
    assert (answer.status, answer.json["body"]) == (200, "hi")
    assert context["accountId"] == ACCOUNT and context["authorizer"]["iam"]["userArn"] == user.arn
    assert context["authentication"] is None
    user.may(allow("lambda:*", arn, Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}))
    assert ask().status == 403
    # The function's own policy may let the user in as well.
    for action, more in (
        ("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "AWS_IAM"}),
        ("lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        statement = action.split(":")[1]
        functions.add_permission(FunctionName=name, StatementId=statement, Action=action, Principal=user.arn, **more)
    assert ask().status == 200
    functions.update_function_url_config(FunctionName=name, AuthType="NONE")
    assert fetch(url).status == 403, "nobody let everybody invoke it"


def test_where_any_credentials_are_accepted(client, server, name):
    """Keys that are nobody's are the account itself; those that are somebody's must have signed."""
    api, url = rest_api(server, client, name)
    assert fetch(url).status == 403
    identity = fetch_signed(url, "execute-api").json["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:iam::{ACCOUNT}:root" and identity["accessKey"] == "test"
    assert refusal(fetch_signed(url, "lambda"))[1] == "InvalidSignatureException"
    other = fetch_signed(url, "execute-api", key="999999999999")
    assert refusal(other)[2].startswith("User: arn:aws:iam::999999999999:root is not authorized")
    users = client(server, "iam")
    users.create_user(UserName=name)
    key = users.create_access_key(UserName=name)["AccessKey"]
    known = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    identity = fetch_signed(url, "execute-api", **known).json["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}", "its policies do not count"
    assert refusal(fetch_signed(url, "execute-api", **{**known, "secret": "wrong"}))[2].startswith(MISMATCH)
    _, by_url = function_url(server, client, f"{name}-url")
    assert fetch(by_url).status == 403
    assert fetch_signed(by_url, "lambda").json["requestContext"]["accountId"] == ACCOUNT
    _, by_http = http_api(server, client, f"{name}-http")
    assert fetch(by_http).status == 403
    assert fetch_signed(by_http, "execute-api", **known).status == 200


def test_an_instance_signs_as_its_role(client, server, lambda_client, name):
    _, url = rest_api(server, client, name)
    path = url.removeprefix(server.url)
    source = f"""
        import os, urllib.request
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.session import Session
        def lambda_handler(event, context):
            url = os.environ['AWS_ENDPOINT_URL'] + '{path}'
            request = AWSRequest(method='GET', url=url)
            SigV4Auth(Session().get_credentials(), 'execute-api', 'us-east-1').add_auth(request)
            asked = urllib.request.Request(url, headers=dict(request.headers.items()))
            return urllib.request.urlopen(asked).read().decode()
    """
    create(lambda_client, f"{name}-in", python(source), Timeout=60)
    told = json.loads(json.load(lambda_client.invoke(FunctionName=f"{name}-in")["Payload"]))
    arn = told["requestContext"]["identity"]["userArn"]
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/") and arn.endswith(f"/{name}-in")


@pytest.mark.parametrize("credentials", [None, "arn:aws:iam::*:user/*"])
def test_the_function_is_called_as_who_signed(client, server, lambda_client, name, credentials):
    """With the caller's own credentials, no permission for the gateway is needed."""
    create(lambda_client, name, EVENT)
    api = Api(server, client(server, "apigateway"), name)
    api.method(api.root, "GET", authorizationType="AWS_IAM")
    options = {"credentials": credentials} if credentials else {}
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}/invocations"
    api.integrate(api.root, "GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=uri, **options)
    api.deploy()
    url = f"{server.url}/_aws/execute-api/{api.id}/test"
    assert fetch_signed(url, "execute-api").status == (200 if credentials else 500)
