"""Calls the example `four_protocols` through stock boto3; `pytest crates/wire/examples` builds and starts it."""

import datetime
import os
import pathlib
import subprocess

import boto3
import botocore.config
import botocore.exceptions
import botocore.session
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
START = datetime.datetime(2026, 1, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
LOGIN = {
    "region_name": "eu-west-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "config": botocore.config.Config(retries={"total_max_attempts": 1}),
}


@pytest.fixture(scope="session")
def endpoint():
    subprocess.run(["cargo", "build", "-q", "-p", "tinderbox-wire", "--example", "four_protocols"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    server = subprocess.Popen([target / "debug/examples/four_protocols"], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().removeprefix("listening on ").strip()
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def client(endpoint):
    return lambda service, **login: boto3.client(service, endpoint_url=endpoint, **{**LOGIN, **login})


def failure(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def test_rest_json(client):
    functions = client("lambda")
    reply = functions.invoke(FunctionName="hello", Payload=b'{"a": 1}')
    assert reply["Payload"].read() == b'{"a": 1}'
    assert reply["ExecutedVersion"] == "$LATEST"
    assert reply["ResponseMetadata"]["HTTPHeaders"]["x-tinderbox-start"] == "warm"
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:absent"
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="Function not found: " + arn):
        functions.invoke(FunctionName="absent")
    code, status, message = failure(functions.list_layers)
    assert (code, status) == ("NotImplemented", 501) and "ListLayers of Lambda" in message


def test_aws_json(client):
    logs = client("logs", aws_access_key_id="000000000007")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["arn"] == "arn:aws:logs:eu-west-1:000000000007:log-group:/aws/lambda/hello:*"
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="does not exist"):
        logs.describe_log_groups(logGroupNamePrefix="absent")
    code, status, message = failure(logs.describe_log_groups, logGroupNamePrefix="not a name")
    assert (code, status) == ("InvalidParameterException", 400)
    assert message.startswith("1 validation error detected: Value 'not a name' at 'logGroupNamePrefix' failed")


def test_query(client):
    sts = client("sts")
    identity = sts.get_caller_identity()
    assert identity["Account"] == "123456789012" and identity["Arn"] == "arn:aws:iam::123456789012:root"
    code, status, message = failure(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert (code, status) == ("NotImplemented", 501) and "GetAccessKeyInfo of STS" in message
    code, status, message = failure(sts.assume_role, RoleArn="arn:aws:iam::1:role/x", RoleSessionName="a b")
    assert (code, status) == ("ValidationError", 400) and "'roleSessionName'" in message


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_three_protocols_of_one_service(endpoint, protocol):
    session = botocore.session.Session()
    # botocore takes the best protocol that a model lists. Its loader hands out one document a session, so
    # narrowing that list makes this session's client speak another.
    model = session.get_component("data_loader").load_service_model("cloudwatch", "service-2")
    assert protocol in model["metadata"]["protocols"]
    model["metadata"].update(protocol=protocol, protocols=[protocol])
    cloudwatch = session.create_client("cloudwatch", endpoint_url=endpoint, **LOGIN)
    reply = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": "hello & <co>"}],
        StartTime=START,
        EndTime=START,
        Period=60,
        Statistics=["Sum"],
    )
    assert reply["Label"] == "Invocations"
    (point,) = reply["Datapoints"]
    assert (point["Timestamp"], point["Sum"], point["Unit"]) == (START, 1.5, "Count")
    # Large enough that botocore compresses it.
    data = [{"MetricName": f"m{i}", "Values": [1.0, 2.5], "Counts": [1.0, 3.0], "Timestamp": START} for i in range(500)]
    cloudwatch.put_metric_data(Namespace="test", MetricData=data)
    code, status, message = failure(cloudwatch.list_metrics, Namespace="AWS/Lambda")
    assert (code, status) == ("NotImplemented", 501) and "ListMetrics of CloudWatch" in message
    code, status, message = failure(cloudwatch.put_metric_data, Namespace=":" * 300, MetricData=[])
    assert code == "ValidationError" and status == 400 and "at 'namespace'" in message
