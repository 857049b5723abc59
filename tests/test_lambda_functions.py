"""The Lambda API's functions: every operation through boto3, and its errors."""

import base64
import hashlib
import io
import json
import urllib.request
import zipfile

import botocore.exceptions
import pytest

from support.code import NODE, PYTHON, ROLE, create, node, python, zipped
from support.coverage import covers
from support.errors import fails
from support.waiting import PATIENCE


@covers("lambda.CreateFunction", "lambda.GetFunction", "lambda.GetFunctionConfiguration")
def test_create_and_get(lambda_client, name):
    code = python("def lambda_handler(event, context):\n    return 1\n")
    made = create(
        lambda_client,
        name,
        code,
        Description="of a test",
        Timeout=7,
        MemorySize=300,
        Environment={"Variables": {"AA": "1"}},
        Tags={"k": "v"},
    )
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert made["CodeSize"] == len(code)
    assert made["FunctionArn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    assert (made["State"], made["LastUpdateStatus"], made["Version"]) == ("Active", "Successful", "$LATEST")
    assert made["Environment"] == {"Variables": {"AA": "1"}}
    assert made["PackageType"] == "Zip" and made["Architectures"] == ["x86_64"]
    assert made["EphemeralStorage"] == {"Size": 512}
    got = lambda_client.get_function(FunctionName=name)
    made.pop("ResponseMetadata")
    assert got["Configuration"] == made
    assert got["Tags"] == {"k": "v"}
    with urllib.request.urlopen(got["Code"]["Location"], timeout=PATIENCE) as download:
        assert download.read() == code
    for reference in (made["FunctionArn"], f"123456789012:function:{name}", f"{name}:$LATEST"):
        assert lambda_client.get_function_configuration(FunctionName=reference)["RevisionId"] == made["RevisionId"]
    message = fails(
        "ResourceConflictException",
        lambda_client.create_function,
        FunctionName=name,
        Runtime=PYTHON,
        Handler="a.b",
        Role=ROLE,
        Code={"ZipFile": code},
    )
    assert message == f"Function already exist: {name}"


@covers("lambda.UpdateFunctionConfiguration", "lambda.UpdateFunctionCode")
def test_updates(lambda_client, name):
    made = create(lambda_client, name)
    changed = lambda_client.update_function_configuration(
        FunctionName=name, MemorySize=512, Timeout=9, Description="new", Environment={"Variables": {"BB": "2"}}
    )
    assert (changed["MemorySize"], changed["Timeout"], changed["Description"]) == (512, 9, "new")
    assert changed["RevisionId"] != made["RevisionId"] and changed["CodeSha256"] == made["CodeSha256"]
    fails(
        "PreconditionFailedException",
        lambda_client.update_function_configuration,
        FunctionName=name,
        Timeout=10,
        RevisionId=made["RevisionId"],
    )
    code = python("import os\ndef lambda_handler(event, context):\n    return os.environ['BB']\n")
    dry = lambda_client.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)
    assert dry["CodeSha256"] != made["CodeSha256"]
    assert lambda_client.get_function_configuration(FunctionName=name)["CodeSha256"] == made["CodeSha256"]
    updated = lambda_client.update_function_code(FunctionName=name, ZipFile=code, RevisionId=changed["RevisionId"])
    assert updated["CodeSha256"] == dry["CodeSha256"]
    assert json.load(lambda_client.invoke(FunctionName=name)["Payload"]) == "2"


@covers("lambda.DeleteFunction")
def test_delete(lambda_client, name):
    create(lambda_client, name)
    lambda_client.invoke(FunctionName=name)
    lambda_client.delete_function(FunctionName=name)
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    for call in (lambda_client.get_function, lambda_client.delete_function):
        message = fails("ResourceNotFoundException", call, FunctionName=name)
        assert message == f"Function not found: {arn}"
    # An invocation is always of a version, and AWS names it.
    message = fails("ResourceNotFoundException", lambda_client.invoke, FunctionName=name)
    assert message == f"Function not found: {arn}:$LATEST"


@covers("lambda.ListFunctions")
def test_list_pages(client, server, name):
    # An account of its own, so that other tests' functions do not show.
    functions = client(server, "lambda", key="111122223333")
    names = sorted(f"{name}-{n}" for n in range(5))
    for one in names:
        create(functions, one, Role="arn:aws:iam::111122223333:role/lambda-role")
    first = functions.list_functions(MaxItems=2)
    assert len(first["Functions"]) == 2 and first["NextMarker"]
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert sorted(f["FunctionName"] for page in pages for f in page["Functions"]) == names
    assert fails("ResourceNotFoundException", client(server, "lambda").get_function, FunctionName=names[0])


@covers("lambda.TagResource", "lambda.UntagResource", "lambda.ListTags")
def test_tags(lambda_client, name):
    arn = create(lambda_client, name, Tags={"a": "1"})["FunctionArn"]
    lambda_client.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    assert lambda_client.list_tags(Resource=arn)["Tags"] == {"a": "3", "b": "2"}
    lambda_client.untag_resource(Resource=arn, TagKeys=["a", "nothere"])
    assert lambda_client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    fails("ResourceNotFoundException", lambda_client.list_tags, Resource=arn + "x")


@covers(
    "lambda.PutFunctionConcurrency",
    "lambda.GetFunctionConcurrency",
    "lambda.DeleteFunctionConcurrency",
    "lambda.GetAccountSettings",
)
def test_reserved_concurrency(client, server, name):
    functions = client(server, "lambda", key="222233334444")
    create(functions, name, Role="arn:aws:iam::222233334444:role/lambda-role")
    settings = functions.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountUsage"]["FunctionCount"] == 1
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    message = fails("TooManyRequestsException", functions.invoke, FunctionName=name)
    assert message == "Rate Exceeded."
    assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=900)
    assert functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    fails(
        "InvalidParameterValueException",
        functions.put_function_concurrency,
        FunctionName=name,
        ReservedConcurrentExecutions=901,
    )
    functions.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "hello"


def slip():
    """A zip with an entry that climbs out."""
    return zipped({"../../etc/evil.py": "x = 1", "lambda_function.py": "x = 1"})


def bomb():
    """A small zip of more than 250 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros", "w") as entry:
            for _ in range(27):
                entry.write(bytes(10 << 20))
    return buffer.getvalue()


WRONG = {
    "no zip": ({"Code": {"ZipFile": b"not a zip"}}, "InvalidParameterValueException"),
    "empty zip": ({"Code": {"ZipFile": b""}}, "InvalidParameterValueException"),
    "zip slip": ({"Code": {"ZipFile": slip()}}, "InvalidParameterValueException"),
    "bomb": ({"Code": {"ZipFile": bomb()}}, "InvalidParameterValueException"),
    "runtime": ({"Runtime": "cobol85"}, "InvalidParameterValueException"),
    "role": ({"Role": "arn:aws:iam::123456789012:role/nobody-made-this"}, "InvalidParameterValueException"),
    "reserved variable": ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
    "large environment": ({"Environment": {"Variables": {"AA": "x" * 5000}}}, "InvalidParameterValueException"),
    "timeout": ({"Timeout": 901}, "ValidationException"),
    "memory": ({"MemorySize": 10_241}, "ValidationException"),
    "name": ({"FunctionName": "a b"}, "ValidationException"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_makes_nothing(lambda_client, name, case):
    options, code = WRONG[case]
    options = {"FunctionName": name, "Runtime": PYTHON, "Handler": "a.b", "Role": ROLE, **options}
    options.setdefault("Code", {"ZipFile": python("x = 1\n")})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        lambda_client.create_function(**options)
    assert caught.value.response["Error"]["Code"] == code, caught.value.response["Error"]
    fails("ResourceNotFoundException", lambda_client.get_function, FunctionName=name)


@covers("lambda.Invoke")
def test_invocation_types_and_limits(lambda_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    return len(str(event))\n"))
    assert lambda_client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert lambda_client.invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202
    large = json.dumps("x" * (6 * 1024 * 1024 - 100)).encode()
    assert json.load(lambda_client.invoke(FunctionName=name, Payload=large)["Payload"]) == len(large) - 2
    too_large = json.dumps("x" * (6 * 1024 * 1024)).encode()
    fails("RequestEntityTooLargeException", lambda_client.invoke, FunctionName=name, Payload=too_large)
    fails("RequestEntityTooLargeException", lambda_client.invoke, FunctionName=name, InvocationType="Event", Payload=large)
    fails("InvalidRequestContentException", lambda_client.invoke, FunctionName=name, Payload=b"{not json")
    fails("ResourceNotFoundException", lambda_client.invoke, FunctionName=name, Qualifier="7")


@pytest.mark.parametrize("runtime", [PYTHON, NODE])
def test_a_response_too_large_is_an_error(lambda_client, name, runtime):
    source = {
        PYTHON: python("def lambda_handler(event, context):\n    return 'x' * (7 << 20)\n"),
        NODE: node("exports.handler = async () => 'x'.repeat(7 << 20);\n"),
    }
    create(lambda_client, name, source[runtime], runtime)
    answer = lambda_client.invoke(FunctionName=name)
    assert json.load(answer["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"


@covers("lambda.Invoke")
def test_the_context_is_complete(lambda_client, name):
    client_context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    python_source = """
        import os

        def lambda_handler(event, context):
            assert 20_000 < context.get_remaining_time_in_millis() <= 30_000
            return [
                context.function_name, context.function_version, context.invoked_function_arn,
                int(context.memory_limit_in_mb), context.aws_request_id, context.log_group_name,
                context.log_stream_name, context.client_context.custom["a"],
                os.environ["AWS_LAMBDA_FUNCTION_NAME"], os.environ["AWS_REGION"], os.environ["LAMBDA_TASK_ROOT"],
            ]
    """
    node_source = """
        exports.handler = async (event, context) => {
          const left = context.getRemainingTimeInMillis();
          if (!(left > 20_000 && left <= 30_000)) throw new Error(`left ${left}`);
          return [
            context.functionName, context.functionVersion, context.invokedFunctionArn,
            Number(context.memoryLimitInMB), context.awsRequestId, context.logGroupName,
            context.logStreamName, context.clientContext.custom.a,
            process.env.AWS_LAMBDA_FUNCTION_NAME, process.env.AWS_REGION, process.env.LAMBDA_TASK_ROOT,
          ];
        };
    """
    for runtime, code in ((PYTHON, python(python_source)), (NODE, node(node_source))):
        one = f"{name}-{runtime.split('.')[0]}"
        made = create(lambda_client, one, code, runtime, MemorySize=256, Timeout=30)
        answer = lambda_client.invoke(FunctionName=one, ClientContext=client_context)
        told = json.load(answer["Payload"])
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert told[:6] == [one, "$LATEST", made["FunctionArn"], 256, request_id, f"/aws/lambda/{one}"], told
        assert "[$LATEST]" in told[6]
        assert told[7:] == ["b", one, "us-east-1", "/var/task"]


@covers(
    "lambda.ListVersionsByFunction",
    "lambda.GetPolicy",
    "lambda.GetFunctionCodeSigningConfig",
    "lambda.GetFunctionRecursionConfig",
)
def test_what_other_tools_read(lambda_client, name):
    create(lambda_client, name)
    versions = lambda_client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST"]
    fails("ResourceNotFoundException", lambda_client.get_policy, FunctionName=name)
    assert not lambda_client.get_function_code_signing_config(FunctionName=name).get("CodeSigningConfigArn")
    assert lambda_client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"


def test_what_is_not_implemented_says_so(lambda_client):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        lambda_client.list_capacity_providers()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "ListCapacityProviders" in answer["Error"]["Message"]


@covers(
    "lambda.ListLayers",
    "lambda.ListLayerVersions",
    "lambda.ListCodeSigningConfigs",
    "lambda.ListEventSourceMappings",
    "lambda.ListProvisionedConcurrencyConfigs",
    "lambda.GetProvisionedConcurrencyConfig",
)
def test_lists_of_what_no_function_has(lambda_client, name):
    create(lambda_client, name, Publish=True)
    of = {"FunctionName": name}
    assert lambda_client.list_layers()["Layers"] == []
    assert lambda_client.list_layer_versions(LayerName=name)["LayerVersions"] == []
    assert lambda_client.list_code_signing_configs()["CodeSigningConfigs"] == []
    assert lambda_client.list_event_source_mappings(**of)["EventSourceMappings"] == []
    assert lambda_client.list_provisioned_concurrency_configs(**of)["ProvisionedConcurrencyConfigs"] == []
    message = fails(
        "ProvisionedConcurrencyConfigNotFoundException",
        lambda_client.get_provisioned_concurrency_config,
        Qualifier="1",
        **of,
    )
    assert message == "No Provisioned Concurrency Config found for this function"
    fails("ResourceNotFoundException", lambda_client.list_provisioned_concurrency_configs, FunctionName=name + "x")


def test_another_account_reads_what_it_may(client, server, lambda_client, name):
    arn = create(lambda_client, name)["FunctionArn"]
    other = client(server, "lambda", key="111122223333")
    refused = fails("AccessDeniedException", other.get_function, FunctionName=arn)
    assert "not authorized to perform: lambda:GetFunction" in refused
    lambda_client.add_permission(
        FunctionName=name, StatementId="read", Action="lambda:GetFunction", Principal="111122223333"
    )
    assert other.get_function(FunctionName=arn)["Configuration"]["FunctionArn"] == arn
    fails("AccessDeniedException", other.get_function_configuration, FunctionName=arn)
    fails("AccessDeniedException", other.get_function, FunctionName=arn + "x")
