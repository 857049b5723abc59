"""`tinderbox up` and its neighbours, as fixed names that tools rely on."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest

from support.code import create
from support.server import BINARY
from support.waiting import PATIENCE


def refused(*arguments, **options):
    """What a command that must fail says on standard error."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode not in (0, 101), done
    return done.stderr


def test_health_tells_what_runs(server):
    health = server.health()
    assert health["status"] == "ok"
    assert health["version"]


def test_sigterm_drains_and_exits_0(start):
    assert start().stop() == 0


def test_an_address_beyond_loopback_needs_a_key(tmp_path):
    said = refused("up", "--listen", "0.0.0.0:0", "--data", str(tmp_path / "data"))
    assert "tinderbox keys create" in said


def test_a_data_directory_in_use_is_refused(start):
    first = start()
    said = refused("up", "--listen", "127.0.0.1:0", "--data", str(first.data))
    assert "in use" in said


def test_a_port_in_use_is_told(start, tmp_path):
    first = start()
    said = refused("up", "--listen", first.url.removeprefix("http://"), "--data", str(tmp_path / "other"))
    assert str(first.port) in said


@pytest.mark.parametrize(
    "content, told",
    [("[engine]\nidle = 1\n", "idle"), ("[engine]\nidle_timeout_s = 'x'\n", "idle_timeout_s"), ("[", "config")],
)
def test_a_wrong_configuration_is_told(tmp_path, content, told):
    file = tmp_path / "config.toml"
    file.write_text(content)
    said = refused("up", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"), "--config", str(file))
    assert told in said


def test_config_prints_every_option_as_a_file_that_works(start, tmp_path):
    printed = subprocess.run([BINARY, "config"], capture_output=True, text=True, check=True).stdout
    assert "idle_timeout_s = 1800" in printed
    file = tmp_path / "config.toml"
    file.write_text(printed)
    start("--config", str(file))


def test_testing_adds_reset_and_nothing_else_does(start, server, client, name):
    request = urllib.request.Request(server.url + "/moto-api/reset", b"", method="POST")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=PATIENCE)
    testing = start("--testing")
    functions = client(testing, "lambda")
    assert create(functions, name, Publish=True)["Version"] == "1"
    functions.invoke(FunctionName=name)
    request = urllib.request.Request(testing.url + "/moto-api/reset", b"", method="POST")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200
    assert functions.list_functions()["Functions"] == []
    # Not even of lines that an instance wrote at its end.
    assert client(testing, "logs").describe_log_groups()["logGroups"] == []
    assert create(functions, name, Publish=True)["Version"] == "1"
    assert json.load(functions.invoke(FunctionName=name)["Payload"]) == "hello"


@pytest.mark.parametrize("header, value", [("Origin", "https://evil.example"), ("Host", "evil.example")])
def test_a_foreign_page_cannot_drive_the_platform(server, header, value):
    request = urllib.request.Request(server.url + "/2015-03-31/functions/", headers={header: value})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE)
    assert refused.value.code == 403
