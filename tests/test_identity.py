"""Roles and who one is."""

import json

import botocore.exceptions
import pytest

from support.coverage import covers

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@covers("sts.GetCallerIdentity")
def test_a_12_digit_key_selects_the_account(client, server):
    def check(key, account):
        told = client(server, "sts", key=key).get_caller_identity()
        assert (told["Account"], told["Arn"]) == (account, f"arn:aws:iam::{account}:root")

    check("test", "123456789012")
    check("999988887777", "999988887777")
    check("AKIAIOSFODNN7EXAMPLE", "123456789012")


@covers("iam.CreateRole", "iam.GetRole", "iam.ListRoles")
def test_roles(client, server, name):
    iam = client(server, "iam")
    names = {role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    assert {"lambdaSizingFunctionRole", "lambda-role"} <= names
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Path="/team/")["Role"]
    assert made["Arn"] == f"arn:aws:iam::123456789012:role/team/{name}"
    got = iam.get_role(RoleName=name)["Role"]
    assert got["RoleId"] == made["RoleId"] and got["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert [r["RoleName"] for r in iam.list_roles(PathPrefix="/team/")["Roles"] if r["RoleName"] == name]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=name + "x")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        iam.create_role(RoleName=name + "y", AssumeRolePolicyDocument="not json")
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"
