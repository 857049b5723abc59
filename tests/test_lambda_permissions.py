"""Resource policies: who else may invoke a function, as its owner reads and writes them."""

import json

import pytest

from support.code import ROLE, create
from support.coverage import covers
from support.errors import fails

ACTION = "lambda:InvokeFunction"


@pytest.fixture
def arn(lambda_client, name):
    """A function with version 1 and the alias `live`; its ARN."""
    made = create(lambda_client, name, Publish=True)["FunctionArn"]
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return made


def policy(functions, name, **options):
    """The statements of a policy."""
    found = json.loads(functions.get_policy(FunctionName=name, **options)["Policy"])
    assert (found["Version"], found["Id"]) == ("2012-10-17", "default")
    return found["Statement"]


@covers("lambda.AddPermission", "lambda.GetPolicy", "lambda.RemovePermission")
def test_permissions_come_and_go(lambda_client, name, arn):
    missing = "The resource you requested does not exist."
    assert fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name) == missing
    source = "arn:aws:execute-api:us-east-1:123456789012:abc/*/GET/pets"
    added = lambda_client.add_permission(
        FunctionName=name, StatementId="s1", Action=ACTION, Principal="apigateway.amazonaws.com", SourceArn=source
    )
    first = {
        "Sid": "s1",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": ACTION,
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }
    assert json.loads(added["Statement"]) == first
    # The order of members is AWS's too.
    assert list(json.loads(added["Statement"])) == list(first)
    lambda_client.add_permission(FunctionName=name, StatementId="s2", Action="lambda:*", Principal="111122223333")
    statements = policy(lambda_client, name)
    assert statements[0] == first
    assert statements[1]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    lambda_client.remove_permission(FunctionName=name, StatementId="s1")
    assert [s["Sid"] for s in policy(lambda_client, name)] == ["s2"]
    lambda_client.remove_permission(FunctionName=name, StatementId="s2")
    assert fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name) == missing
    message = fails("ResourceNotFoundException", lambda_client.remove_permission, FunctionName=name, StatementId="s2")
    assert message == "No policy is associated with the given resource."


def test_every_condition(lambda_client, name, arn):
    added = lambda_client.add_permission(
        FunctionName=name,
        StatementId="s",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount="123456789012",
        EventSourceToken="token-1",
        PrincipalOrgID="o-1234567890",
        FunctionUrlAuthType="NONE",
        InvokedViaFunctionUrl=True,
    )
    statement = json.loads(added["Statement"])
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {
        "StringEquals": {
            "AWS:SourceAccount": "123456789012",
            "lambda:FunctionUrlAuthType": "NONE",
            "aws:PrincipalOrgID": "o-1234567890",
            "lambda:EventSourceToken": "token-1",
        },
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
    }


def test_qualifiers_have_policies_of_their_own(lambda_client, name, arn):
    for qualifier in ("1", "live"):
        lambda_client.add_permission(
            FunctionName=name, Qualifier=qualifier, StatementId="s", Action=ACTION, Principal="s3.amazonaws.com"
        )
        assert [s["Resource"] for s in policy(lambda_client, name, Qualifier=qualifier)] == [f"{arn}:{qualifier}"]
    fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name)
    lambda_client.remove_permission(FunctionName=f"{arn}:live", StatementId="s")
    fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name, Qualifier="live")
    assert policy(lambda_client, f"{arn}:1")
    # They go with what they protect.
    lambda_client.delete_alias(FunctionName=name, Name="live")
    lambda_client.delete_function(FunctionName=name, Qualifier="1")
    fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name, Qualifier="1")


def test_revisions(lambda_client, name, arn):
    arguments = {"FunctionName": name, "Action": ACTION, "Principal": "s3.amazonaws.com"}
    before = lambda_client.get_function_configuration(FunctionName=name)["RevisionId"]
    message = fails(
        "PreconditionFailedException", lambda_client.add_permission, **arguments, StatementId="s", RevisionId="x"
    )
    assert message.endswith("Call the GetPolicy API to retrieve the latest Revision Id")
    lambda_client.add_permission(**arguments, StatementId="s", RevisionId=before)
    after = lambda_client.get_policy(FunctionName=name)["RevisionId"]
    assert after == lambda_client.get_function_configuration(FunctionName=name)["RevisionId"] != before
    fails(
        "PreconditionFailedException",
        lambda_client.remove_permission,
        FunctionName=name,
        StatementId="s",
        RevisionId=before,
    )
    lambda_client.remove_permission(FunctionName=name, StatementId="s", RevisionId=after)
    alias = lambda_client.get_alias(FunctionName=name, Name="live")["RevisionId"]
    lambda_client.add_permission(**arguments, Qualifier="live", StatementId="s", RevisionId=alias)
    assert lambda_client.get_alias(FunctionName=name, Name="live")["RevisionId"] != alias


WRONG = [
    ("InvalidParameterValueException", {"Principal": "invalid.nonaws.com"}, "The provided principal was invalid."),
    ("InvalidParameterValueException", {"Qualifier": "$LATEST"}, "We currently do not support adding policies for $LATEST."),
    ("ResourceNotFoundException", {"Qualifier": "none"}, "Cannot find alias arn: {arn}:none"),
    ("ResourceNotFoundException", {"Qualifier": "42"}, "Function not found: {arn}:42"),
    ("ValidationException", {"StatementId": "example.com"}, "Value 'example.com' at 'statementId' failed"),
    ("ValidationException", {"Action": "s3:GetObject"}, "at 'action' failed to satisfy constraint"),
    ("InvalidParameterValueException", {"FunctionUrlAuthType": "NONE"},
     "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"),
    ("ResourceConflictException", {"StatementId": "taken"}, "The statement id (taken) provided already exists."),
]


def test_what_is_no_permission(lambda_client, name, arn):
    arguments = {"FunctionName": name, "StatementId": "s", "Action": ACTION, "Principal": "s3.amazonaws.com"}
    lambda_client.add_permission(**{**arguments, "StatementId": "taken"})
    for code, change, expect in WRONG:
        message = fails(code, lambda_client.add_permission, **{**arguments, **change})
        assert expect.format(arn=arn) in message, message
    assert [s["Sid"] for s in policy(lambda_client, name)] == ["taken"]
    message = fails("ResourceNotFoundException", lambda_client.add_permission, **{**arguments, "FunctionName": f"{name}x"})
    assert message == f"Function not found: {arn}x"
    message = fails("ResourceNotFoundException", lambda_client.remove_permission, FunctionName=name, StatementId="none")
    assert message == "Statement none is not found in resource policy."
    message = fails("ResourceNotFoundException", lambda_client.remove_permission, FunctionName=f"{name}x", StatementId="s")
    assert message == f"No policy found for: {arn}x"


def test_a_policy_has_a_limit(lambda_client, name, arn):
    arguments = {"FunctionName": name, "Action": ACTION, "Principal": "s3.amazonaws.com"}
    for n in range(9):
        lambda_client.add_permission(**arguments, StatementId=f"s{n}", SourceArn="arn:aws:s3:::" + "b" * 2000)
    message = fails(
        "PolicyLengthExceededException",
        lambda_client.add_permission,
        **arguments,
        StatementId="s9",
        SourceArn="arn:aws:s3:::" + "b" * 2000,
    )
    assert message.endswith("is bigger than the limit (20480).")


def test_another_account(client, server, name):
    owner, other = client(server, "lambda", key="333344445555"), client(server, "lambda", key="666677778888")
    arn = create(owner, name, Role=ROLE.replace("123456789012", "333344445555"))["FunctionArn"]
    message = fails("AccessDeniedException", other.invoke, FunctionName=arn)
    assert message.endswith(f"on resource: {arn} because no resource-based policy allows the {ACTION} action")
    owner.add_permission(FunctionName=name, StatementId="s", Action=ACTION, Principal="666677778888")
    assert json.load(other.invoke(FunctionName=arn)["Payload"]) == "hello"
    fails("AccessDeniedException", other.get_function, FunctionName=arn)
    owner.remove_permission(FunctionName=name, StatementId="s")
    fails("AccessDeniedException", other.invoke, FunctionName=arn)


def test_by_command_line(aws, name, arn):
    added = aws(
        "lambda", "add-permission", "--function-name", f"{name}:live", "--statement-id", "gateway", "--action", ACTION,
        "--principal", "apigateway.amazonaws.com",
        "--source-arn", "arn:aws:execute-api:us-east-1:123456789012:abc/*/GET/pets",
    )  # fmt: skip
    assert json.loads(json.loads(added.stdout)["Statement"])["Resource"] == f"{arn}:live"
    found = json.loads(aws("lambda", "get-policy", "--function-name", f"{name}:live").stdout)
    assert [s["Sid"] for s in json.loads(found["Policy"])["Statement"]] == ["gateway"]
    aws("lambda", "remove-permission", "--function-name", f"{name}:live", "--statement-id", "gateway")
    assert aws("lambda", "get-policy", "--function-name", f"{name}:live", check=False).returncode != 0
