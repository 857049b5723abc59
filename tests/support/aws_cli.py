"""The AWS CLIs of this machine: version 1 beside the tests' Python, version 2 where somebody installed it."""

import functools
import os
import re
import subprocess
import sys

from .waiting import PATIENCE

# The first version 2 that reads AWS_ENDPOINT_URL; an older one would call the real AWS.
READS_ENDPOINT = (2, 13, 0)


@functools.cache
def version(program):
    """The version of an AWS CLI, as numbers; none for what is no AWS CLI."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=PATIENCE).stdout
    except OSError:
        return None
    found = re.match(r"aws-cli/(\d+)\.(\d+)\.(\d+)", said)
    return tuple(int(n) for n in found.groups()) if found else None


@functools.cache
def find(major):
    """The AWS CLI of a major version, or none."""
    places = [os.path.dirname(sys.executable), *os.environ["PATH"].split(":"), "/usr/local/bin", "/usr/bin"]
    programs = [os.path.join(place, "aws") for place in places]
    return next((p for p in programs if os.access(p, os.X_OK) and (version(p) or [0])[0] == major), None)


def directory(major, place):
    """A directory for PATH whose `aws` is that of a major version and calls AWS_ENDPOINT_URL; none without it."""
    program = find(major)
    if program is None:
        return None
    place.mkdir()
    endpoint = "" if major == 1 or version(program) >= READS_ENDPOINT else '--endpoint-url "$AWS_ENDPOINT_URL" '
    (place / "aws").write_text(f'#!/bin/sh\nexec {program} {endpoint}"$@"\n')
    (place / "aws").chmod(0o755)
    return place
