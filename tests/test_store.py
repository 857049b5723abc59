"""The store under its operator: `tinderbox store`, and a server whose store is damaged or cannot be written."""

import re
import struct
import subprocess
import zlib

import pytest

from support.code import zipped
from support.server import BINARY
from support.waiting import PATIENCE


def store(data, *arguments, check=True):
    command = [BINARY, "store", *arguments, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
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
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1 and done.stdout == ""
    assert str(named) in done.stderr, done.stderr
    # Nothing was mended, made anew or lost.
    assert {path: path.read_bytes() for path in (filled / "store").rglob("*") if path.is_file()} == before
    checked = store(filled, "check", check=False)
    assert checked.returncode == 1 and str(filled / "store") in checked.stderr


HEAD, SIZES, END = b"tinderbox-store-export 1\n", struct.Struct(">II"), b"\xff\xff\xff\xff"


def changed(exported, change):
    """An export whose rows are what `change` makes of each key and value, with the right sum: a store that is whole."""
    assert exported.startswith(HEAD)
    at, rows = len(HEAD), []
    while exported[at : at + 4] != END:
        key, value = SIZES.unpack_from(exported, at)
        at += SIZES.size
        rows += change(exported[at : at + key], exported[at + key : at + key + value])
        at += key + value
    text = HEAD + b"".join(SIZES.pack(len(key), len(value)) + key + value for key, value in rows)
    text += END + struct.pack(">Q", len(rows))
    return text + struct.pack(">I", zlib.crc32(text))


@pytest.mark.parametrize("functions", [1, 20_000])
def test_a_function_that_cannot_be_read_is_named(filled, name, tmp_path, functions):
    """Also where there are so many functions that they are read when the server listens already."""
    store(filled, "export", str(tmp_path / "export"))

    def damage(key, value):
        if b"index.handler" not in value:
            return [(key, value)]
        uid = re.search(rb'"uid":"([0-9a-f-]+)"', value)[1]
        copies = []
        for number in range(functions):
            # Names and uids as long as before, and in the order in which they are kept.
            new = {name.encode(): b"%0*d" % (len(name), number), uid: b"%s%06d" % (uid[:-6], number)}
            row = [key, value]
            for old, other in new.items():
                row = [part.replace(old, other) for part in row]
            copies.append(tuple(row))
        last, text = copies[-1]
        copies[-1] = (last, text.replace(b'"handler":', b'"handler";'))
        return copies

    data = tmp_path / "other"
    (tmp_path / "damaged").write_bytes(changed((tmp_path / "export").read_bytes(), damage))
    store(data, "import", str(tmp_path / "damaged"))
    assert "is whole" in store(data, "check").stdout
    command = [BINARY, "up", "--listen", "127.0.0.1:0", "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    last = f"{functions - 1:0{len(name)}}"
    assert done.returncode == 1, done
    assert f"what is stored cannot be read: /v1/123456789012/us-east-1/lambda/function/{last}: " in done.stderr, done.stderr
    assert "restore the data directory from a copy" in done.stderr
    # Few are read before anybody is let in.
    assert (done.stdout == "") == (functions == 1), done.stdout
