"""Fixtures: a server for a worker's tests, servers of one's own, and real clients."""

import itertools
import os
import subprocess

import boto3
import botocore.config
import pytest

from support import aws_cli
from support.keys import create_key
from support.server import Server
from support.waiting import PATIENCE

_names = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests of a worker that do not end it."""
    with Server(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture(scope="session")
def enforcing(tmp_path_factory):
    """A server of a worker's tests that verifies signatures and enforces policies; `root` is the account's key."""
    data = tmp_path_factory.mktemp("enforcing")
    root = create_key(data)
    with Server(data, env={"TINDERBOX_SERVER__AUTH": "enforce"}) as running:
        running.root = {"key": root[0], "secret": root[1]}
        yield running


@pytest.fixture
def start(tmp_path):
    """Starts servers of the test's own; what still runs at its end is stopped and checked."""
    running = []

    def begin(*arguments, data=None, **options):
        server = Server(data or tmp_path / "data", *arguments, **options)
        running.append(server)
        return server

    yield begin
    for server in running:
        with server:
            pass


@pytest.fixture
def name():
    """A name no other test uses."""
    return f"f{os.getpid()}-{next(_names)}"


def connect(server, service, **options):
    """A boto3 client of `server`."""
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=options.pop("region", "us-east-1"),
        aws_access_key_id=options.pop("key", "test"),
        aws_secret_access_key=options.pop("secret", "test"),
        aws_session_token=options.pop("token", None),
        verify=options.pop("verify", None),
        config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE, **options),
    )


@pytest.fixture
def client():
    """Makes boto3 clients: `client(server, "lambda")`."""
    return connect


@pytest.fixture
def lambda_client(server):
    """Lambda of the worker's server."""
    return connect(server, "lambda")


@pytest.fixture
def logs_client(server):
    """CloudWatch Logs of the worker's server."""
    return connect(server, "logs")


@pytest.fixture
def aws(server, tmp_path):
    """Runs the AWS CLI against the worker's server: `aws("lambda", "list-functions")`."""
    program = aws_cli.find(1)

    def run(*arguments, server=server, check=True, credentials=None, **options):
        environment = server.environment()
        if credentials:
            environment["AWS_ACCESS_KEY_ID"] = credentials["key"]
            environment["AWS_SECRET_ACCESS_KEY"] = credentials["secret"]
        done = subprocess.run(
            [program, *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **options,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
