"""What is measured: this server with its functions, the floors, and peers; each answers one hello over HTTP."""

import base64
import json
import os
import pathlib
import shutil
import socket
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from measure import Run  # noqa: E402
from support.code import HELLO, NODE, PYTHON, ROLE  # noqa: E402
from support.waiting import wait_until  # noqa: E402

LANGUAGES = {"Python": PYTHON, "Node": NODE}
PEERS = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tinderbox/peers"


def call(url, method, path, body=None):
    """One request with a JSON body; its JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def create(url, name, runtime, code=None, **options):
    """Creates a function; by default the hello of `runtime`."""
    handler, hello = HELLO[runtime]
    code = {"ZipFile": base64.b64encode(code or hello).decode()}
    body = {"FunctionName": name, "Runtime": runtime, "Handler": handler, "Role": ROLE, "Code": code, **options}
    return call(url, "POST", "/2015-03-31/functions", body)


def invocations(name):
    """The path that invokes a function."""
    return f"/2015-03-31/functions/{name}/invocations"


def server(binary, data, *arguments):
    """This server, on a free port."""
    return Run(binary, "up", "--listen", "127.0.0.1:0", "--data", str(data), *arguments)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def answers(url):
    """Whether something at `url` says hello."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", method="POST"), timeout=5) as answer:
            return b"hello" in answer.read()
    except (urllib.error.URLError, OSError):
        return False


def peer(name, directory):
    """Starts the peer `name` with its files in `directory`; a Run and the path of its hello."""
    port = free_port()
    started, path = PEER_STARTS[name](pathlib.Path(directory), port)
    wait_until(lambda: started.process.poll() is not None or answers(started.url + path), f"{name} answers", timeout=60)
    if started.process.poll() is not None:
        raise OSError(f"{name} ended with {started.process.returncode}")
    return started, path


def workerd(directory, port):
    (directory / "hello.js").write_text("export default { async fetch(r) { await r.text(); return new Response('\"hello\"'); } };\n")
    (directory / "config.capnp").write_text(
        "using Workerd = import \"/workerd/workerd.capnp\";\n"
        "const config :Workerd.Config = (\n"
        "  services = [(name = \"main\", worker = (modules = [(name = \"hello.js\", esModule = embed \"hello.js\")],\n"
        "    compatibilityDate = \"2025-01-01\"))],\n"
        f"  sockets = [(name = \"http\", address = \"127.0.0.1:{port}\", http = (), service = \"main\")]);\n"
    )
    found = next((PEERS / "workerd/node_modules/@cloudflare").glob("workerd-linux-*/bin/workerd"))
    return Run(str(found), "serve", "config.capnp", url=f"http://127.0.0.1:{port}", cwd=directory), "/"


def framework_python(directory, port):
    (directory / "main.py").write_text("def hello(request):\n    request.get_data()\n    return '\"hello\"'\n")
    program = PEERS / "functions/venv/bin/functions-framework"
    command = (str(program), "--target", "hello", "--host", "127.0.0.1", "--port", str(port))
    return Run(*command, url=f"http://127.0.0.1:{port}", cwd=directory), "/"


def framework_node(directory, port):
    (directory / "index.js").write_text("exports.hello = (request, response) => response.send('\"hello\"');\n")
    program = PEERS / "functions/node_modules/.bin/functions-framework"
    environment = {**os.environ, "NODE_ENV": "production"}
    command = (str(program), "--target=hello", f"--port={port}")
    return Run(*command, url=f"http://127.0.0.1:{port}", cwd=directory, env=environment), "/"


def serverless(runtime):
    """serverless-offline, which asks the same function by an imitation of API Gateway's REST API."""

    def start(directory, port):
        (directory / "lambda_function.py").write_text("def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': '\"hello\"'}\n")
        (directory / "index.js").write_text("exports.handler = async () => ({ statusCode: 200, body: '\"hello\"' });\n")
        handler = HELLO[PYTHON if runtime.startswith("python") else NODE][0]
        (directory / "serverless.yml").write_text(
            f"service: hello\nprovider: {{ name: aws, runtime: {runtime} }}\nplugins: [serverless-offline]\n"
            f"custom: {{ serverless-offline: {{ httpPort: {port}, lambdaPort: {free_port()}, noPrependStageInUrl: true }} }}\n"
            f"functions: {{ hello: {{ handler: {handler}, events: [{{ http: {{ method: post, path: hello }} }}] }} }}\n"
        )
        (directory / "package.json").write_text("{}")
        if not (directory / "node_modules").exists():
            (directory / "node_modules").symlink_to(PEERS / "serverless/node_modules")
        environment = {**os.environ, "SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off", "CI": "1"}
        command = (shutil.which("node"), "node_modules/serverless/bin/serverless.js", "offline", "start")
        return Run(*command, url=f"http://127.0.0.1:{port}", cwd=directory, env=environment), "/hello"

    return start


PEER_STARTS = {
    "workerd": workerd,
    "functions-framework Python": framework_python,
    "functions-framework Node": framework_node,
    "serverless-offline Python": serverless("python3.11"),
    "serverless-offline Node": serverless("nodejs20.x"),
}
