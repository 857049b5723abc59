"""Every command in README and docs works as written, in order, page by page."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from support import aws_cli
from support.server import BINARY
from support.waiting import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Pages explain with other fences; only `sh` blocks are commands a reader copies.
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = {page: BLOCK.findall(page.read_text()) for page in PAGES}
DEFAULT = "http://127.0.0.1:4566"


@pytest.mark.parametrize("cli", [1, 2], ids=["cli-v1", "cli-v2"])
@pytest.mark.parametrize("page", [p for p in PAGES if COMMANDS[p]], ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_work_as_written(page, cli, start, tmp_path):
    aws = aws_cli.directory(cli, tmp_path / "aws-cli")
    if aws is None or (cli == 2 and "aws " not in "".join(COMMANDS[page])):
        pytest.skip(f"no AWS CLI version {cli} is installed here, or the page has no use for it")
    server = start("--deploy", str(ROOT / "examples/hello-python"))
    server.wait_for_output("aws lambda invoke")
    script = "\n".join(COMMANDS[page]).replace(DEFAULT, server.url)
    reader = tmp_path / "reader"
    reader.mkdir()
    # Under its own name, whatever the file that is tested is called.
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "tinderbox").symlink_to(os.path.abspath(BINARY))
    directories = [str(aws), str(programs), os.path.dirname(sys.executable), os.environ["PATH"]]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=reader,
        env={**server.environment(), "PATH": ":".join(directories)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
    )
    if cli == 2 and "Unknown options: " in done.stderr:
        pytest.skip(f"this AWS CLI is too old: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = set(re.findall(r"expect-error: (\S+)", page.read_text()))
    failed = set(re.findall(r'"errorType": ?"([^"]+)"', done.stdout))
    assert failed == expected, done.stdout


def test_links_lead_somewhere():
    for page in [*PAGES, ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
