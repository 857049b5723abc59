#!/usr/bin/env python3
"""Trims botocore's protocol test vectors to what crates/wire/tests/vectors reads.

    scripts/trim-vectors.py .../botocore/tests/unit/protocols

One line a suite (a model and the cases that use it); descriptions and what no server sees are left out.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent / "crates/wire/tests/vectors/data"
FILES = (
    "json",
    "json_1_0",
    "json_1_0-query-compatible",
    "query",
    "rest-json",
    "rest-xml",
    "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-non-query-compatible",
    "smithy-rpc-v2-cbor-query-compatible",
)


def undocumented(node):
    if isinstance(node, dict):
        # A member may be called documentation; the text about a shape is a string.
        return {k: undocumented(v) for k, v in node.items() if not (k == "documentation" and isinstance(v, str))}
    return [undocumented(item) for item in node] if isinstance(node, list) else node


def trimmed(suite):
    return {
        "metadata": suite["metadata"],
        "shapes": undocumented(suite["shapes"]),
        "cases": [
            {**{k: v for k, v in case.items() if k not in ("description", "given")}, "given": undocumented(case["given"])}
            for case in suite["cases"]
        ],
    }


def main(folder):
    for direction in ("input", "output"):
        for name in FILES:
            suites = [trimmed(s) for s in json.loads((folder / direction / f"{name}.json").read_text())]
            if suites:
                lines = ",\n".join(json.dumps(s, ensure_ascii=False, separators=(",", ":")) for s in suites)
                target = HERE / direction / f"{name}.json"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
