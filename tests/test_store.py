"""The store under its operator: `tinderbox store`, and a server whose store is damaged or cannot be written."""

import subprocess

import pytest

from support.code import zipped
from support.server import BINARY


def store(data, *arguments, check=True):
    command = [BINARY, "store", *arguments, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def filled(start, client, name, tmp_path):
    """A data directory with a function and a log group, and no server on it."""
    server = start(data=tmp_path / "data")
    create(client(server, "lambda"), name)
    client(server, "logs").create_log_group(logGroupName=f"/kept/{name}")
    assert server.stop() == 0
    return tmp_path / "data"


def create(functions, name):
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="index.handler",
        Role="arn:aws:iam::123456789012:role/lambda-role",
        Code={"ZipFile": zipped({"index.py": "def handler(event, context):\n    return 'kept'\n"})},
    )


def test_a_store_is_checked_and_compacted(filled):
    assert "is whole" in store(filled, "check").stdout
    assert "bytes and has" in store(filled, "compact").stdout
    assert "is whole" in store(filled, "check").stdout


def test_what_is_exported_is_imported(filled, start, client, name, tmp_path):
    file = tmp_path / "export"
    exported = store(filled, "export", str(file)).stdout.split(" holds ")[1]
    other = tmp_path / "other"
    assert store(other, "import", str(file)).stdout.split(" has ")[1] == exported
    again = store(other, "import", str(file), check=False)
    assert again.returncode == 1 and "there is a store already" in again.stderr
    # Code lies beside the store, as files.
    (filled / "blobs").rename(other / "blobs")
    server = start(data=other)
    found = client(server, "lambda").get_function(FunctionName=name)
    assert found["Configuration"]["Handler"] == "index.handler"
    groups = client(server, "logs").describe_log_groups(logGroupNamePrefix="/kept/")["logGroups"]
    assert [group["logGroupName"] for group in groups] == [f"/kept/{name}"]


def test_a_store_in_use_is_left_alone(start, tmp_path):
    start(data=tmp_path / "data")
    done = store(tmp_path / "data", "check", check=False)
    assert done.returncode == 1 and "is in use by another process" in done.stderr and "stop the server" in done.stderr


@pytest.mark.parametrize("damage", ["cut", "empty", "no format", "newer format"])
def test_a_damaged_store_is_named_and_refused(filled, damage):
    tree, form = filled / "store/rows/tree", filled / "store/format"
    if damage == "cut":
        with tree.open("r+b") as file:
            file.truncate(tree.stat().st_size // 2)
    elif damage == "empty":
        tree.write_bytes(b"")
    elif damage == "no format":
        form.unlink()
    else:
        form.write_text("tinderbox-store 9\n")
    named = {"cut": tree, "empty": tree, "no format": form, "newer format": filled / "store"}[damage]
    before = {path: path.read_bytes() for path in (filled / "store").rglob("*") if path.is_file()}
    command = [BINARY, "up", "--listen", "127.0.0.1:0", "--data", str(filled)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert str(named) in done.stderr, done.stderr
    # Nothing was mended, made anew or lost.
    assert {path: path.read_bytes() for path in (filled / "store").rglob("*") if path.is_file()} == before
    checked = store(filled, "check", check=False)
    assert checked.returncode == 1 and str(filled / "store") in checked.stderr
