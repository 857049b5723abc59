"""Access keys: made, listed, switched off and revoked, by IAM and by the command line, and what servers ask for."""

import json
import os
import shutil
import subprocess
import sys

import botocore.exceptions
import pytest

from support.coverage import covers
from support.keys import create_key, tinderbox
from support.server import BINARY
from support.waiting import PATIENCE


def environment(server, key, secret):
    return {**server.environment(), "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}


def code_of(call):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


@covers(
    "iam.CreateUser",
    "iam.GetUser",
    "iam.ListUsers",
    "iam.DeleteUser",
    "iam.CreateAccessKey",
    "iam.ListAccessKeys",
    "iam.UpdateAccessKey",
    "iam.DeleteAccessKey",
    "sts.GetAccessKeyInfo",
)
def test_users_and_their_keys(client, enforcing, name):
    iam = client(enforcing, "iam", **enforcing.root)
    made = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::123456789012:user/team/{name}" and made["UserId"].startswith("AIDA")
    assert iam.get_user(UserName=name)["User"] == made
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/team/")["Users"] if u["UserName"] == name]
    assert code_of(lambda: iam.create_user(UserName=name.upper())) == "EntityAlreadyExists"

    key = iam.create_access_key(UserName=name)["AccessKey"]
    assert (key["UserName"], key["Status"]) == (name, "Active")
    credentials = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    sts = client(enforcing, "sts", **credentials)
    who = sts.get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (made["Arn"], made["UserId"])
    root = client(enforcing, "sts", **enforcing.root)
    assert root.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == "123456789012"

    second = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    assert code_of(lambda: iam.create_access_key(UserName=name)) == "LimitExceeded"
    listed = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    assert {k["AccessKeyId"] for k in listed} == {key["AccessKeyId"], second}
    assert "SecretAccessKey" not in json.dumps(listed, default=str)

    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Active")
    assert sts.get_caller_identity()["Arn"] == made["Arn"]
    assert code_of(lambda: iam.delete_user(UserName=name)) == "DeleteConflict"
    for id in (key["AccessKeyId"], second):
        iam.delete_access_key(UserName=name, AccessKeyId=id)
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    assert code_of(lambda: iam.delete_access_key(UserName=name, AccessKeyId=second)) == "NoSuchEntity"
    iam.delete_user(UserName=name)
    assert code_of(lambda: iam.get_user(UserName=name)) == "NoSuchEntity"
    assert code_of(lambda: iam.create_access_key(UserName=name)) == "NoSuchEntity"


def test_keys_survive_a_restart(client, start, tmp_path):
    data = tmp_path / "data"
    key, secret = create_key(data)
    enforce = {"TINDERBOX_SERVER__AUTH": "enforce"}
    first = start(data=data, env=enforce)
    sts = client(first, "sts", key=key, secret=secret)
    given = sts.get_session_token()["Credentials"]
    made = client(first, "iam", key=key, secret=secret).create_access_key()["AccessKey"]
    assert first.stop() == 0
    again = start(data=data, env=enforce)
    for known in (
        {"key": key, "secret": secret},
        {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]},
        {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]},
    ):
        assert client(again, "sts", **known).get_caller_identity()["Account"] == "123456789012"
    # No secret lies in the data directory in clear, and what decrypts them is the owner's alone.
    secrets = [secret.encode(), made["SecretAccessKey"].encode()]
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(s in content for s in secrets), path
    assert (data / "keys/secrets.key").stat().st_mode & 0o777 == 0o600


def test_the_command_line_on_a_data_directory(tmp_path):
    data = tmp_path / "data"
    assert "no access keys" in tinderbox("keys", "list", "--data", str(data)).stdout
    key, _ = create_key(data)
    other, _ = create_key(data, "--user", "anna", "--account", "111122223333")
    listed = tinderbox("keys", "list", "--data", str(data)).stdout
    assert key in listed and "root" in listed and other not in listed
    listed = tinderbox("keys", "list", "--data", str(data), "--account", "111122223333").stdout
    assert other in listed and "anna" in listed
    tinderbox("keys", "revoke", key, "--data", str(data))
    assert key not in tinderbox("keys", "list", "--data", str(data)).stdout
    refused = tinderbox("keys", "revoke", key, "--data", str(data), check=False)
    assert refused.returncode == 1 and "cannot be found" in refused.stderr


def test_the_command_line_on_a_server(client, enforcing, name):
    root = environment(enforcing, enforcing.root["key"], enforcing.root["secret"])
    client(enforcing, "iam", **enforcing.root).create_user(UserName=name)
    told = tinderbox("keys", "create", "--user", name, env=root).stdout
    variables = dict(line.removeprefix("export ").split("=", 1) for line in told.splitlines())
    sts = client(enforcing, "sts", key=variables["AWS_ACCESS_KEY_ID"], secret=variables["AWS_SECRET_ACCESS_KEY"])
    assert sts.get_caller_identity()["Arn"].endswith(f":user/{name}")
    listed = tinderbox("keys", "list", "--user", name, env=root).stdout
    assert variables["AWS_ACCESS_KEY_ID"] in listed and "Active" in listed
    tinderbox("keys", "revoke", variables["AWS_ACCESS_KEY_ID"], "--user", name, env=root)
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    # The other commands sign too.
    assert tinderbox("ls", env=root).returncode == 0
    refused = tinderbox("ls", env=enforcing.environment(), check=False)
    assert refused.returncode == 1 and "security token" in refused.stderr
    held = tinderbox("keys", "list", "--data", str(enforcing.data), check=False)
    assert held.returncode == 1 and "a server holds it" in held.stderr


def test_a_server_that_asks_for_signatures_needs_a_key(tmp_path):
    def refused(*arguments, env=None):
        command = [BINARY, "up", "--data", str(tmp_path / "data"), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, **(env or {})}
        )
        assert done.returncode == 1, done.stderr
        return done.stderr

    told = refused("--listen", "0.0.0.0:0")
    assert f"tinderbox keys create --data {tmp_path / 'data'}" in told
    told = refused("--listen", "127.0.0.1:0", env={"TINDERBOX_SERVER__AUTH": "enforce"})
    assert "tinderbox keys create" in told


def test_tls_on_loopback(client, start, tmp_path):
    running = start(env={"TINDERBOX_SERVER__TLS": "on"})
    assert running.url.startswith("https://127.0.0.1:")
    authority = str(running.data / "tls/authority.pem")
    sts = client(running, "sts", verify=authority)
    assert sts.get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(botocore.exceptions.SSLError):
        client(running, "sts").get_caller_identity()


PUBLIC = """
import subprocess, sys, boto3, botocore
binary, data, key, secret = sys.argv[1:5]
run = lambda *a: subprocess.run(a, check=True)
run("ip", "link", "set", "lo", "up")
run("ip", "addr", "add", "10.99.0.1/24", "dev", "lo")
server = subprocess.Popen([binary, "up", "--listen", "10.99.0.1:4566", "--data", data], stdout=subprocess.PIPE, text=True)
try:
    assert server.stdout.readline() == "listening on https://10.99.0.1:4566\\n"
    def sts(**credentials):
        return boto3.client("sts", endpoint_url="https://10.99.0.1:4566", region_name="us-east-1",
            verify=data + "/tls/authority.pem", config=botocore.config.Config(retries={"total_max_attempts": 1}),
            **credentials)
    me = sts(aws_access_key_id=key, aws_secret_access_key=secret).get_caller_identity()
    assert me["Account"] == "123456789012", me
    try:
        sts(aws_access_key_id="test", aws_secret_access_key="test").get_caller_identity()
        raise SystemExit("anyone may call")
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidClientTokenId", error
finally:
    server.terminate()
    assert server.wait(timeout=120) == 0
print("served")
"""


def test_an_address_that_others_can_reach(tmp_path):
    if not shutil.which("ip") or subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        pytest.skip("this host lets nobody make a network namespace")
    data = tmp_path / "data"
    key, secret = create_key(data)
    command = ["unshare", "-n", sys.executable, "-c", PUBLIC, BINARY, str(data), key, secret]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.stdout.strip().endswith("served"), done.stdout + done.stderr
