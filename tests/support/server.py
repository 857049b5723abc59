"""The real binary, on a free port and a data directory of its own."""

import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import threading
import urllib.request

from .waiting import PATIENCE, wait_until

BINARY = os.environ.get("TINDERBOX") or str(
    pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    / "tinderbox/target/release/tinderbox"
)

# A warning or an error in the server's log fails the test that provoked it, unless it expects it.
UNEXPECTED = re.compile(r"\b(WARN|ERROR)\b")


class Server:
    """A running server. As a context it is ended and its log is checked."""

    def __init__(self, data, *arguments, env=None, expect_log=None, command=(BINARY,)):
        self.data = pathlib.Path(data)
        self.command = command
        self.log = []
        self.expect_log = re.compile(expect_log) if expect_log else None
        command = [*command, "up", "--listen", "127.0.0.1:0", "--data", str(self.data), *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        first = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (https?://127\.0\.0\.1:\d+)\n", first)
        if not found:
            self.process.wait(timeout=PATIENCE)
            self._reader.join(timeout=PATIENCE)
            raise AssertionError(f"the server said {first!r} and logged:\n" + "".join(self.log))
        self.url = found[1]
        self._output = threading.Thread(target=self._drain_output, daemon=True)
        self.output = [first]
        self._output.start()
        wait_until(lambda: self.health()["status"] == "ok", "the server is healthy")

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def _drain_output(self):
        for line in self.process.stdout:
            self.output.append(line)

    def wait_for_output(self, text):
        """Waits until a line with `text` was printed."""
        return wait_until(lambda: any(text in line for line in list(self.output)), f"{text!r} is printed")

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def get(self, path):
        """The body of an answer to a plain GET."""
        trust = None
        if self.url.startswith("https"):
            trust = ssl.create_default_context(cafile=self.data / "tls/authority.pem")
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE, context=trust) as answer:
            return answer.read()

    def health(self):
        """What /health answers."""
        return json.loads(self.get("/health"))

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE)

    def environment(self):
        """What the AWS CLI and SDKs need to find this server."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def unexpected_log(self):
        """Warnings and errors that nobody announced."""
        lines = [line for line in self.log if UNEXPECTED.search(line)]
        return [line for line in lines if not (self.expect_log and self.expect_log.search(line))]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            status = self.stop()
        else:
            status = 0
        self._reader.join(timeout=PATIENCE)
        if kind is None:
            assert status == 0, f"the server ended with {status}:\n" + "".join(self.log[-50:])
            assert not self.unexpected_log(), "".join(self.unexpected_log())
