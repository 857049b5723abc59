"""AWS CLI version 2, which reads answers more strictly than version 1 and has commands of its own."""

import base64
import json
import subprocess

import pytest

from support import aws_cli
from support.code import create, python
from support.waiting import PATIENCE, wait_until

SPEAKER = python(
    """
    def lambda_handler(event, context):
        print("said", event["word"])
        return event
    """
)


@pytest.fixture
def v2(server, tmp_path):
    """The environment in which `aws` is version 2 and calls the worker's server."""
    directory = aws_cli.directory(2, tmp_path / "bin")
    if directory is None:
        pytest.skip("no AWS CLI version 2 is installed here")
    environment = server.environment()
    return {**environment, "PATH": f"{directory}:{environment['PATH']}"}


def run(v2, *arguments, **options):
    done = subprocess.run(["aws", *arguments], env=v2, capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_function_from_creation_to_deletion(v2, name, tmp_path):
    (tmp_path / "code.zip").write_bytes(SPEAKER)
    (tmp_path / "event.json").write_text('{"word": "hello"}')
    made = run(
        v2, "lambda", "create-function", "--function-name", name, "--runtime", "python3.11",
        "--handler", "lambda_function.lambda_handler", "--role", "arn:aws:iam::123456789012:role/lambda-role",
        "--zip-file", "fileb://code.zip", "--tags", "team=blue", cwd=tmp_path,
    )  # fmt: skip
    assert json.loads(made)["FunctionName"] == name
    run(v2, "lambda", "wait", "function-active-v2", "--function-name", name)
    payload = ("--payload", "fileb://event.json", "out.json")
    told = run(v2, "lambda", "invoke", "--function-name", name, "--log-type", "Tail", *payload, cwd=tmp_path)
    assert json.loads((tmp_path / "out.json").read_text()) == {"word": "hello"}
    assert "said hello" in base64.b64decode(json.loads(told)["LogResult"]).decode()
    listed = json.loads(run(v2, "lambda", "list-functions", "--max-items", "1000"))
    assert name in [function["FunctionName"] for function in listed["Functions"]]
    assert json.loads(run(v2, "sts", "get-caller-identity"))["Account"] == "123456789012"
    run(v2, "lambda", "delete-function", "--function-name", name)
    gone = subprocess.run(["aws", "lambda", "get-function", "--function-name", name], env=v2, capture_output=True, text=True)
    assert gone.returncode == 254 and "ResourceNotFoundException" in gone.stderr


def test_logs_tail(v2, lambda_client, name):
    create(lambda_client, name, SPEAKER)
    for word in ("one", "two"):
        lambda_client.invoke(FunctionName=name, Payload=json.dumps({"word": word}))
    tail = ("logs", "tail", f"/aws/lambda/{name}", "--format", "short")
    wait_until(lambda: "said two" in run(v2, *tail), "the lines are told")
    told = run(v2, *tail)
    assert told.index("said one") < told.index("said two") and told.count("REPORT RequestId") == 2
    assert "said two" in run(v2, *tail, "--filter-pattern", '"said two"')
    assert "said one" not in run(v2, *tail, "--filter-pattern", '"said two"')
    assert run(v2, *tail, "--log-stream-name-prefix", "none/like/it") == ""


def test_logs_tail_follows(v2, lambda_client, name):
    create(lambda_client, name, SPEAKER)
    lambda_client.invoke(FunctionName=name, Payload=b'{"word": "before"}')
    command = ["aws", "logs", "tail", f"/aws/lambda/{name}", "--follow", "--format", "short"]
    follower = subprocess.Popen(command, env={**v2, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True)
    try:
        lines = iter(follower.stdout.readline, "")
        assert any("said before" in line for line in lines)
        lambda_client.invoke(FunctionName=name, Payload=b'{"word": "after"}')
        # What was told once is not told again: each look asks from where the last one ended.
        assert next(line for line in lines if "said" in line).rstrip().endswith("said after")
    finally:
        follower.terminate()
        follower.wait(timeout=PATIENCE)
