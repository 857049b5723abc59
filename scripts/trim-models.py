#!/usr/bin/env python3
"""Writes models/NAME.json: the public service models that botocore carries, without their prose.

Run with the names of botocore's data directories, or with none to refresh what models/ has:

    python3 scripts/trim-models.py lambda logs sts iam cloudwatch

Everything but documentation is kept, one shape or operation a line, so that a newer model is a readable
diff and an operation is added to models/operations.toml without running this again.
"""

import gzip
import json
import pathlib
import sys

import botocore

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"
PROSE = {"documentation", "deprecatedMessage", "deprecated", "deprecatedSince", "box"}


def without_prose(node, names=False):
    """`names`: the keys of this object are names that the model chose, not the format's own words."""
    if isinstance(node, dict):
        kept = node.items() if names else ((k, v) for k, v in node.items() if k not in PROSE)
        return {k: without_prose(v, k in ("members", "shapes", "operations") and not names) for k, v in kept}
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    return node


def newest(name):
    folder = pathlib.Path(botocore.__file__).parent / "data" / name
    version = max(p for p in folder.iterdir() if p.is_dir())
    packed = version / "service-2.json.gz"
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads((version / "service-2.json").read_bytes())


def line(node):
    return json.dumps(node, separators=(",", ":"), ensure_ascii=True)


def section(name, entries):
    lines = [f"{line(key)}:{line(value)}" for key, value in sorted(entries.items())]
    return f"{line(name)}:{{\n" + ",\n".join(lines) + "\n}"


def trim(name):
    model = without_prose(newest(name))
    # Older models name their one protocol only.
    model["metadata"].setdefault("protocols", [model["metadata"]["protocol"]])
    parts = [f'"metadata":{line(model["metadata"])}']
    parts += [section(key, model[key]) for key in ("operations", "shapes")]
    (MODELS / f"{name}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    for service in sys.argv[1:] or sorted(p.stem for p in MODELS.glob("*.json")):
        trim(service)
