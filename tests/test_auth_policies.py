"""Policies, enforced, and the roles that others assume."""

import json

import botocore.exceptions
import pytest

from support.code import create, python
from support.coverage import covers

ACCOUNT = "123456789012"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def refused(call):
    """The code and message of an error."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def iam(client, enforcing):
    return client(enforcing, "iam", **enforcing.root)


@pytest.fixture
def user(client, enforcing, iam, name):
    """A user without policies: its name, its ARN, and clients that are it."""

    class Someone:
        def __init__(self):
            self.name = name
            self.arn = iam.create_user(UserName=name)["User"]["Arn"]
            key = iam.create_access_key(UserName=name)["AccessKey"]
            self.credentials = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

        def client(self, service):
            return client(enforcing, service, **self.credentials)

        def may(self, *statements):
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))

    return Someone()


@covers("iam.PutUserPolicy", "iam.GetUserPolicy", "iam.ListUserPolicies", "iam.DeleteUserPolicy")
def test_a_user_may_what_its_policies_allow(client, enforcing, iam, user, name):
    create(client(enforcing, "lambda", **enforcing.root), name)
    functions = user.client("lambda")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    nothing = (
        f"User: {user.arn} is not authorized to perform: lambda:InvokeFunction on resource: {arn} "
        "because no identity-based policy allows the lambda:InvokeFunction action"
    )
    assert refused(lambda: functions.invoke(FunctionName=name)) == ("AccessDeniedException", nothing)
    user.may(allow("lambda:InvokeFunction", arn))
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "hello"
    code, message = refused(lambda: functions.get_function(FunctionName=name))
    assert code == "AccessDeniedException" and "lambda:GetFunction on resource" in message
    assert refused(functions.list_functions)[1].endswith(
        "is not authorized to perform: lambda:ListFunctions because no identity-based policy allows the "
        "lambda:ListFunctions action"
    )
    user.may(allow("lambda:*"), {"Sid": "NoInvoke", **deny("lambda:Invoke*")})
    functions.get_function(FunctionName=name)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        functions.invoke(FunctionName=name)
    answer = caught.value.response
    assert answer["Error"]["Message"] == (
        f"User: {user.arn} is not authorized to perform: lambda:InvokeFunction on resource: {arn} with an explicit "
        "deny in an identity-based policy"
    )
    told = answer["ResponseMetadata"]["HTTPHeaders"]["x-tinderbox-denied-by"]
    assert told == "identity-based policy p, statement NoInvoke"
    # The services that speak other protocols say it in theirs.
    assert refused(user.client("logs").describe_log_groups)[0] == "AccessDeniedException"
    assert refused(user.client("iam").list_users)[0] == "AccessDenied"
    # Who one is everyone may ask.
    assert user.client("sts").get_caller_identity()["Arn"] == user.arn

    got = iam.get_user_policy(UserName=name, PolicyName="p")["PolicyDocument"]
    assert got["Statement"][1]["Sid"] == "NoInvoke"
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == ["p"]
    iam.delete_user_policy(UserName=name, PolicyName="p")
    assert refused(lambda: functions.invoke(FunctionName=name))[1] == nothing
    code, message = refused(lambda: iam.put_user_policy(UserName=name, PolicyName="x", PolicyDocument="{}"))
    assert code == "MalformedPolicyDocument"


def test_conditions_and_variables(client, enforcing, user, name):
    root = client(enforcing, "lambda", **enforcing.root)
    create(root, name)
    create(root, name + "-other")
    functions = user.client("lambda")
    own = f"arn:aws:lambda:*:{ACCOUNT}:function:${{aws:username}}"
    user.may(allow("lambda:GetFunction", own))
    functions.get_function(FunctionName=name)
    assert refused(lambda: functions.get_function(FunctionName=name + "-other"))[0] == "AccessDeniedException"
    for condition, may in [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}, False),
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/*"}}, True),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    ]:
        user.may(allow("lambda:GetFunction", Condition=condition))
        if may:
            functions.get_function(FunctionName=name)
        else:
            assert refused(lambda: functions.get_function(FunctionName=name))[0] == "AccessDeniedException", condition


@covers(
    "iam.CreatePolicy",
    "iam.GetPolicy",
    "iam.GetPolicyVersion",
    "iam.ListPolicies",
    "iam.ListPolicyVersions",
    "iam.DeletePolicy",
    "iam.AttachUserPolicy",
    "iam.DetachUserPolicy",
    "iam.ListAttachedUserPolicies",
)
def test_managed_policies(iam, user, name):
    text = document(allow("logs:Describe*"))
    made = iam.create_policy(PolicyName=name, PolicyDocument=text, Description="d")["Policy"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    assert refused(lambda: iam.create_policy(PolicyName=name, PolicyDocument=text))[0] == "EntityAlreadyExists"
    logs = user.client("logs")
    assert refused(logs.describe_log_groups)[0] == "AccessDeniedException"
    iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
    logs.describe_log_groups()
    listed = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    assert listed == [{"PolicyName": name, "PolicyArn": made["Arn"]}]
    assert iam.get_policy(PolicyArn=made["Arn"])["Policy"]["AttachmentCount"] == 1
    assert refused(lambda: iam.delete_policy(PolicyArn=made["Arn"]))[0] == "DeleteConflict"
    version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(text) and version["IsDefaultVersion"]
    assert len(iam.list_policy_versions(PolicyArn=made["Arn"])["Versions"]) == 1
    assert [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"] if p["PolicyName"] == name]
    assert refused(lambda: iam.delete_user(UserName=name))[0] == "DeleteConflict"
    iam.detach_user_policy(UserName=name, PolicyArn=made["Arn"])
    assert refused(logs.describe_log_groups)[0] == "AccessDeniedException"
    iam.delete_policy(PolicyArn=made["Arn"])
    assert refused(lambda: iam.get_policy(PolicyArn=made["Arn"]))[0] == "NoSuchEntity"
    # AWS's own are there by their names.
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    user.client("iam").list_users()
    missing = "arn:aws:iam::aws:policy/Nope"
    assert refused(lambda: iam.attach_user_policy(UserName=name, PolicyArn=missing))[0] == "NoSuchEntity"


@covers("lambda.AddPermission")
def test_a_function_s_policy_grants_too(client, enforcing, user, name):
    root = client(enforcing, "lambda", **enforcing.root)
    create(root, name)
    functions = user.client("lambda")
    assert refused(lambda: functions.invoke(FunctionName=name))[0] == "AccessDeniedException"
    root.add_permission(
        FunctionName=name, StatementId="anna", Action="lambda:InvokeFunction", Principal=user.arn
    )
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "hello"
    assert refused(lambda: functions.get_function(FunctionName=name))[0] == "AccessDeniedException"
    user.may(deny("lambda:InvokeFunction"))
    assert "with an explicit deny in an identity-based policy" in refused(lambda: functions.invoke(FunctionName=name))[1]


def test_apis_are_told_by_method_and_path(client, enforcing, user):
    apis = user.client("apigateway")
    code, message = refused(apis.get_rest_apis)
    assert code == "AccessDeniedException"
    assert "to perform: apigateway:GET on resource: arn:aws:apigateway:us-east-1::/restapis because" in message
    user.may(allow("apigateway:GET", "arn:aws:apigateway:*::/restapis"))
    apis.get_rest_apis()
    assert "::/restapis/x1/stages" in refused(lambda: apis.get_stages(restApiId="x1"))[1]
    client(enforcing, "apigateway", **enforcing.root).get_rest_apis()


def test_a_permissions_boundary(client, enforcing, iam, name):
    limit = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("lambda:*")))["Policy"]["Arn"]
    iam.create_user(UserName=name, PermissionsBoundary=limit)
    assert iam.get_user(UserName=name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit
    key = iam.create_access_key(UserName=name)["AccessKey"]
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    someone = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    client(enforcing, "lambda", **someone).list_functions()
    code, message = refused(client(enforcing, "logs", **someone).describe_log_groups)
    assert message.endswith("because no permissions boundary allows the logs:DescribeLogGroups action")


def trusting(*principals, **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole", **more}
    return document(statement)


@covers(
    "sts.AssumeRole",
    "iam.PutRolePolicy",
    "iam.GetRolePolicy",
    "iam.ListRolePolicies",
    "iam.DeleteRolePolicy",
    "iam.AttachRolePolicy",
    "iam.DetachRolePolicy",
    "iam.ListAttachedRolePolicies",
    "iam.UpdateAssumeRolePolicy",
    "iam.DeleteRole",
)
def test_a_role_is_assumed_by_whom_it_trusts(client, enforcing, iam, user, name):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(user.arn))["Role"]
    sts = user.client("sts")
    assume = {"RoleArn": role["Arn"], "RoleSessionName": "me"}
    given = sts.assume_role(**assume)
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"

    def as_role(service, given=given):
        credentials = given["Credentials"]
        return client(
            enforcing,
            service,
            key=credentials["AccessKeyId"],
            secret=credentials["SecretAccessKey"],
            token=credentials["SessionToken"],
        )

    who = as_role("sts").get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (given["AssumedRoleUser"]["Arn"], f"{role['RoleId']}:me")
    assert refused(as_role("lambda").list_functions)[0] == "AccessDeniedException"
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("lambda:List*")))
    as_role("lambda").list_functions()
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    assert iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"]["Statement"]

    # A session's policy limits it.
    limited = sts.assume_role(**assume, Policy=document(allow("logs:*")))
    code, message = refused(as_role("lambda", limited).list_functions)
    assert message.endswith("because no session policy allows the lambda:ListFunctions action")

    managed = "arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    as_role("logs").describe_log_groups()
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"][0]["PolicyArn"] == managed

    # To trust the account is to let its policies decide.
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusting(f"arn:aws:iam::{ACCOUNT}:root"))
    assert refused(lambda: sts.assume_role(**assume))[1] == (
        f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {role['Arn']} because no "
        "identity-based policy allows the sts:AssumeRole action"
    )
    user.may(allow("sts:AssumeRole", role["Arn"]))
    sts.assume_role(**assume)
    external = trusting(user.arn, Condition={"StringEquals": {"sts:ExternalId": "seven"}})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=external)
    code, message = refused(lambda: sts.assume_role(**assume))
    assert code == "AccessDenied" and "because no role trust policy allows" in message
    sts.assume_role(**assume, ExternalId="seven")
    for seconds, text in [(43200, "MaxSessionDuration"), (3601, "MaxSessionDuration")]:
        assert text in refused(lambda: sts.assume_role(**assume, ExternalId="seven", DurationSeconds=seconds))[1]
    assert refused(lambda: sts.assume_role(RoleArn=role["Arn"] + "x", RoleSessionName="me"))[0] == "AccessDenied"

    iam.detach_role_policy(RoleName=name, PolicyArn=managed)
    assert refused(lambda: iam.delete_role(RoleName=name))[0] == "DeleteConflict"
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    assert refused(as_role("lambda").list_functions)[0] == "AccessDeniedException"


def test_handing_on_a_role_asks_for_it(user, name):
    user.may(allow("lambda:CreateFunction"))
    functions = user.client("lambda")
    code, message = refused(lambda: create(functions, name))
    role = f"arn:aws:iam::{ACCOUNT}:role/lambda-role"
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {role} because" in message
    passing = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    user.may(allow("lambda:*"), allow("iam:PassRole", role, Condition=passing))
    create(functions, name)


CALLS_BACK = """
import boto3, botocore

def told(call):
    try:
        return call()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]

def lambda_handler(event, context):
    listed = told(lambda: len(boto3.client("lambda").list_functions()["Functions"]))
    mine = boto3.client("sts").get_caller_identity()["Arn"]
    other = boto3.client("sts", aws_access_key_id=event["key"], aws_secret_access_key=event["secret"],
                         aws_session_token="")
    wrong = boto3.client("sts", aws_access_key_id=event["key"], aws_secret_access_key="x", aws_session_token="")
    return {
        "listed": listed,
        "mine": mine,
        "other": told(lambda: other.get_caller_identity()["Arn"]),
        "wrong": told(lambda: wrong.get_caller_identity()["Arn"]),
    }
"""


def test_a_function_may_what_its_role_may(client, enforcing, iam, name):
    lambda_trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(lambda_trust))["Role"]["Arn"]
    functions = client(enforcing, "lambda", **enforcing.root)
    create(functions, name, python(CALLS_BACK), Role=role, Timeout=60, MemorySize=512)

    def call():
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(enforcing.root))
        return json.load(answer["Payload"])

    told = call()
    assert told["listed"] == "AccessDeniedException", told
    assert told["mine"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{name}"
    # Another key inside an instance must verify.
    assert (told["other"], told["wrong"]) == (f"arn:aws:iam::{ACCOUNT}:root", "SignatureDoesNotMatch")
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("lambda:ListFunctions")))
    assert call()["listed"] >= 1


@covers("iam.SimulateCustomPolicy", "iam.SimulatePrincipalPolicy")
def test_simulations(iam, user, name):
    def decisions(answer):
        return {r["EvalActionName"]: r["EvalDecision"] for r in answer["EvaluationResults"]}

    actions = ["lambda:GetFunction", "lambda:Invoke", "logs:PutLogEvents"]
    custom = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("lambda:*"), deny("lambda:Invoke*"))], ActionNames=actions
    )
    expect = {"lambda:GetFunction": "allowed", "lambda:Invoke": "explicitDeny", "logs:PutLogEvents": "implicitDeny"}
    assert decisions(custom) == expect
    user.may(allow("logs:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    for region, decision in [("eu-west-1", "allowed"), ("us-east-1", "implicitDeny")]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=user.arn,
            ActionNames=["logs:PutLogEvents"],
            ContextEntries=[
                {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [region], "ContextKeyType": "string"}
            ],
        )
        assert decisions(answer) == {"logs:PutLogEvents": decision}
    matched = answer["EvaluationResults"][0]["MatchedStatements"]
    assert matched == []


def test_without_enforcement_everybody_may(client, server, name):
    """On loopback any credentials do, but keys that we gave still tell who calls."""
    iam = client(server, "iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    someone = {"key": key["AccessKeyId"], "secret": "not even right"}
    assert client(server, "sts", **someone).get_caller_identity()["Arn"] == arn
    client(server, "lambda", **someone).list_functions()
    trust = trusting(f"arn:aws:iam::{ACCOUNT}:root")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = client(server, "sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    assert client(server, "sts", **session).get_caller_identity()["Arn"].endswith(f":assumed-role/{name}/me")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        lambda_role = f"arn:aws:iam::{ACCOUNT}:role/lambda-role"
        client(server, "sts").assume_role(RoleArn=lambda_role, RoleSessionName="me")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
