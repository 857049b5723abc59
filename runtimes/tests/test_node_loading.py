"""Node.js: environment, module resolution, handlers, and what a started program inherits."""

import pytest

CJS = "exports.handler = async () => %s;\n"
ESM = "export const handler = async () => %s;\n"
TYPE_MODULE = '{"type": "module"}'


@pytest.mark.parametrize(
    "handler, files",
    [
        ("index.handler", {"index.js": CJS % 1}),
        ("index.handler", {"index.cjs": CJS % 1}),
        ("index.handler", {"index.mjs": ESM % 1}),
        ("index.handler", {"index.js": ESM % 1, "package.json": TYPE_MODULE}),
        ("index.handler", {"index.mjs": "export function handler(e, c, cb) { cb(null, 1); }\n"}),
        ("index.a.b.handler", {"index.js": "exports.a = { b: { handler: async () => 1 } };\n"}),
        ("src/app.handler", {"src/app.js": CJS % 1}),
        ("src/deep/app.handler", {"src/deep/app.mjs": ESM % 1}),
        ("src/app.handler", {"src/app.js": ESM % 1, "src/package.json": TYPE_MODULE}),
        ("folder.handler", {"folder/index.js": CJS % 1}),
        ("index.default", {"index.mjs": "export default async () => 1;\n"}),
        ("package.handler", {"node_modules/package/index.js": CJS % 1}),
        (
            "index.handler",
            {
                "index.mjs": "import { n } from './n.mjs';\n" + ESM % "n",
                "n.mjs": "export const n = 1;\n",
            },
        ),
        # names of our own files
        (
            "runtime.handler",
            {
                "runtime.js": "const { n } = require('./channel');\n" + CJS % "n",
                "channel.js": "exports.n = 1;\n",
            },
        ),
        # the order in which they are tried
        ("index.handler", {"index.js": CJS % 1, "index.mjs": ESM % 2, "index.cjs": CJS % 3}),
        ("index.handler", {"index.mjs": ESM % 1, "index.cjs": CJS % 2}),
        ("index.handler", {"index.js": CJS % 1, "package.json": '{"type": "commonjs"}'}),
    ],
)
def test_handler_names(node, handler, files):
    with node.function("", handler=handler, files=files) as function:
        assert function.loaded() is None
        assert function.invoke() == (1, None)


def test_top_level_await(node):
    if node.version < (16,):
        return  # came with 14.8, behind no flag with 16
    files = {
        "index.mjs": "const n = await new Promise((done) => setTimeout(done, 5, 1));\n" + ESM % "n"
    }
    with node.function("", handler="index.handler", files=files) as function:
        assert function.loaded() is None
        assert function.invoke() == (1, None)


def test_environment(node):
    source = "const seen = process.env.AT_IMPORT;\n" + CJS % (
        "[seen, process.env.TEXT, process.cwd() === __dirname, process.env.PATH]"
    )
    env = {"AT_IMPORT": "yes", "TEXT": "a=b c", "PATH": "/usr/bin"}
    node.check(source, response=["yes", "a=b c", True, "/usr/bin"], env=env)


def test_time_zone(node):
    if node.version < (14,):
        return  # reads it at its start only
    source = CJS % "new Date(0).getHours()"
    node.check(source, response=9, env={"TZ": "Asia/Tokyo"})


def test_node_path(node):
    files = {"../modules/shared/index.js": "exports.n = 1;\n"}
    source = "exports.handler = async () => require('shared').n;\n"
    node.check(source, response=1, files=files, env={"NODE_PATH": "../modules"})


def test_programs_do_not_inherit_the_socket(node):
    command = "readlink /proc/self/fd/3 || echo none"
    source = CJS % f"require('child_process').execSync('{command}').toString()"
    node.check(source, response="none\n")


def test_nothing_of_ours_is_in_the_way(node):
    source = (
        "exports.handler = async function () {\n"
        "  return [typeof gc, require.main === module, Object.keys(require.cache).length > 0];\n"
        "};\n"
    )
    node.check(source, response=["function", False, True])


def test_the_first_request_id_is_not_of_a_rehearsal(node):
    source = "const id = global[Symbol.for('aws.lambda.runtime.requestId')];\n"
    node.check(source + CJS % "id === undefined", response=True)


def test_reports_its_version(node):
    with node.function(CJS % 1) as function:
        assert int(function.booted["version"].split(".")[0]) == node.version[0]


def test_worker_threads(node):
    source = (
        "const { Worker } = require('worker_threads');\n"
        "exports.handler = () => new Promise((done) => {\n"
        "  const worker = new Worker(\n"
        "    \"require('worker_threads').parentPort.postMessage(42)\", { eval: true });\n"
        "  worker.once('message', done);\n"
        "});\n"
    )
    node.check(source, response=42)
