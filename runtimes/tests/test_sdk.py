"""The SDKs that AWS provides are there for functions that bring none: see scripts/sdk."""

import interpreters
import pytest

SDK = interpreters.CACHE / "sdk"


def installed(part):
    folder = SDK / part
    if not folder.is_dir():
        pytest.skip(f"no {folder}: scripts/sdk installs it")
    return str(folder)


def test_boto3(python):
    version = "%d.%d" % python.version
    folder = installed("python" if python.version >= (3, 10) else "python" + version)
    source = (
        "import boto3\n"
        "client = boto3.client('sqs', region_name='us-east-1', endpoint_url='http://127.0.0.1:9',\n"
        "                      aws_access_key_id='a', aws_secret_access_key='b')\n"
        "def handler(event, context):\n"
        "    return [client.meta.region_name, boto3.__file__]\n"
    )
    with python.function(source, env={"LAMBDA_RUNTIME_DIR": folder}) as function:
        assert function.loaded() is None
        (region, file), _ = function.invoke()
        assert region == "us-east-1"
        assert file.startswith(folder)


@pytest.mark.parametrize("kind", ["require", "import"])
def test_node_sdk(node, kind):
    if node.version < (20,):
        return  # for these AWS's clients are no longer made
    folder = installed("node") + "/node_modules"
    # On the platform NODE_PATH serves `require`, and a link in the root directory `import`.
    clients = ["client-sqs", "client-s3", "client-sfn", "client-eventbridge", "client-secrets-manager", "lib-dynamodb"]
    load = {"require": "require('%s')", "import": "await import('%s')"}[kind]
    source = "exports.handler = async () => [%s].map((sdk) => typeof sdk);\n"
    source %= ", ".join(load % ("@aws-sdk/" + client) for client in clients)
    with node.function(source, env={"NODE_PATH": folder}) as function:
        (function.root.parent / "node_modules").symlink_to(folder)
        assert function.loaded() is None
        assert function.invoke() == (["object"] * len(clients), None)


def test_the_second_node_sdk_is_for_old_runtimes_alone(node):
    source = "exports.handler = async () => { try { require('aws-sdk'); } catch (e) { return e.code; } };\n"
    node.check(source, response="MODULE_NOT_FOUND", env={"NODE_PATH": installed("node") + "/node_modules"})


def test_old_node_sdk(node):
    source = (
        "const { SQS } = require('aws-sdk');\n"
        "exports.handler = async () => new SQS({ region: 'us-east-1' }).config.region;\n"
    )
    env = {"NODE_PATH": installed("node16") + "/node_modules"}
    node.check(source, response="us-east-1", env=env)
