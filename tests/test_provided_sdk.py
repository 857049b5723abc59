"""Functions call the platform with the SDK that AWS provides, nothing packaged."""

import json

import pytest

from support.code import NODE, PYTHON, create, node, python

SOURCES = {
    PYTHON: python(
        """
        import boto3

        def lambda_handler(event, context):
            sts = boto3.client("sts", **({"endpoint_url": event["sts"]} if "sts" in event else {}))
            logs = boto3.client("logs")
            groups = logs.describe_log_groups(logGroupNamePrefix=context.log_group_name)["logGroups"]
            return [sts.get_caller_identity()["Arn"], [g["logGroupName"] for g in groups]]
        """
    ),
    NODE: node(
        """
        import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
        import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";

        export const handler = async (event, context) => {
          const sts = new STSClient("sts" in event ? { endpoint: event.sts } : {});
          const logs = new CloudWatchLogsClient({});
          const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: context.logGroupName }));
          const identity = await sts.send(new GetCallerIdentityCommand({}));
          return [identity.Arn, found.logGroups.map((group) => group.logGroupName)];
        };
        """,
        "index.mjs",
    ),
}


@pytest.mark.parametrize("runtime", SOURCES)
@pytest.mark.parametrize("event", [{}, {"sts": "https://sts.us-east-1.amazonaws.com"}], ids=["variable", "tls"])
def test_a_function_acts_as_its_role(lambda_client, name, runtime, event):
    create(lambda_client, name, SOURCES[runtime], runtime, Timeout=120, MemorySize=512)
    lambda_client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    answer = lambda_client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    told = json.load(answer["Payload"])
    assert told == [f"arn:aws:sts::123456789012:assumed-role/lambda-role/{name}", [f"/aws/lambda/{name}"]]


def test_other_credentials_are_refused_inside(lambda_client, name):
    source = """
        import boto3, botocore.exceptions

        def lambda_handler(event, context):
            other = boto3.client("sts", aws_access_key_id="999988887777", aws_secret_access_key="x")
            try:
                return other.get_caller_identity()["Arn"]
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
    """
    create(lambda_client, name, python(source), Timeout=120, MemorySize=512)
    told = json.load(lambda_client.invoke(FunctionName=name)["Payload"])
    assert told in ("InvalidClientTokenId", "UnrecognizedClientException")


def test_module_syntax_of_old_runtimes(lambda_client, name):
    """Up to nodejs22.x a package must say that its .js files are ES modules; nodejs24.x looks for itself."""
    create(lambda_client, name, node("export const handler = async () => 1;\n"), "nodejs22.x")
    failed = lambda_client.invoke(FunctionName=name)
    assert failed["FunctionError"] == "Unhandled"
    assert json.load(failed["Payload"])["errorType"] == "Runtime.UserCodeSyntaxError"
    asked = {"Variables": {"NODE_OPTIONS": "--experimental-require-module"}}
    lambda_client.update_function_configuration(FunctionName=name, Environment=asked)
    assert json.load(lambda_client.invoke(FunctionName=name)["Payload"]) == 1
    lambda_client.update_function_configuration(FunctionName=name, Runtime="nodejs24.x", Environment={"Variables": {}})
    assert json.load(lambda_client.invoke(FunctionName=name)["Payload"]) == 1


def test_callbacks_are_gone(lambda_client, name):
    code = node("exports.handler = (event, context, callback) => callback(null, 1);\n")
    create(lambda_client, name, code, "nodejs22.x")
    assert json.load(lambda_client.invoke(FunctionName=name)["Payload"]) == 1
    lambda_client.update_function_configuration(FunctionName=name, Runtime="nodejs24.x")
    told = json.load(lambda_client.invoke(FunctionName=name)["Payload"])
    assert told["errorType"] == "Runtime.CallbackHandlerDeprecated"


@pytest.mark.parametrize("runtime, there, gone", [("nodejs16.x", "aws-sdk", "@aws-sdk/client-s3"),
                                                  ("nodejs20.x", "@aws-sdk/client-s3", "aws-sdk")])
def test_each_runtime_has_its_own_sdk(lambda_client, name, runtime, there, gone):
    source = """
        const found = (name) => { try { return Boolean(require.resolve(name)); } catch { return false; } };
        exports.handler = async (names) => names.map(found);
    """
    create(lambda_client, name, node(source), runtime)
    names = json.dumps([there, gone]).encode()
    assert json.load(lambda_client.invoke(FunctionName=name, Payload=names)["Payload"]) == [True, False]
