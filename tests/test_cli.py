"""The command line, as a person uses it."""

import json
import os
import signal
import subprocess

import pytest

from support.server import BINARY
from support.waiting import PATIENCE, wait_until


@pytest.fixture
def cli(server, tmp_path):
    """Runs `tinderbox` against the worker's server, in a directory of the test's own."""

    def run(*arguments, check=True, **options):
        done = subprocess.run(
            [BINARY, *arguments], env=server.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, **options
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.mark.parametrize("language", ["python", "node"])
def test_from_init_to_logs(cli, name, language):
    cli("init", name, "--language", language)
    assert "created" in cli("deploy", name).stderr
    answer = cli("invoke", name, "--payload", '{"name": "Ada"}')
    assert json.loads(json.loads(answer.stdout)["body"]) == "Hello from Ada!"
    assert "REPORT RequestId" in answer.stderr
    assert "greeting Ada" in cli("logs", name).stdout
    assert name in cli("ls").stdout
    assert "unchanged" in cli("deploy", name).stderr


def test_init_overwrites_nothing(cli, name):
    cli("init", name)
    again = cli("init", name, check=False)
    assert again.returncode == 1 and "exists already" in again.stderr


def test_a_failed_function_fails_the_command(cli, name, tmp_path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "lambda_function.py").write_text("def lambda_handler(e, c):\n    raise KeyError('no')\n")
    cli("deploy", name)
    done = cli("invoke", name, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["errorType"] == "KeyError"


def test_watch_deploys_what_changes(cli, server, name, tmp_path):
    project = tmp_path / name
    cli("init", name)
    watching = subprocess.Popen(
        [BINARY, "deploy", "--watch", name],
        env=server.environment(),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in watching.stderr:
            if "watching" in line:
                break
        (project / "lambda_function.py").write_text("def lambda_handler(event, context):\n    return 'changed'\n")
        wait_until(lambda: cli("invoke", name, "-q").stdout == '"changed"\n', "the new code answers")
    finally:
        watching.send_signal(signal.SIGTERM)
        watching.wait(timeout=PATIENCE)
        watching.stderr.close()


def test_follow_prints_what_comes(cli, server, name):
    cli("init", name)
    cli("deploy", name)
    following = subprocess.Popen(
        [BINARY, "logs", name, "--follow"], env=server.environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        cli("invoke", name, "--payload", '{"name": "Grace"}')
        for line in following.stdout:
            if "greeting Grace" in line:
                break
        else:
            raise AssertionError("the line never came")
    finally:
        following.send_signal(signal.SIGTERM)
        following.wait(timeout=PATIENCE)
        following.stdout.close()


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("invoke", "nobody"), "Function not found"),
        (("deploy", "nowhere"), "not a directory"),
        (("invoke", "x", "--payload", "@nofile"), "nofile"),
    ],
)
def test_errors_a_person_understands(cli, arguments, told):
    done = cli(*arguments, check=False)
    assert done.returncode == 1 and told in done.stderr, done


def test_without_a_server_it_says_how_to_start_one(tmp_path):
    env = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = subprocess.run([BINARY, "ls"], env=env, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and "tinderbox up" in done.stderr
