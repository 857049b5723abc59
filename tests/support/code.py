"""Functions as the tests deploy them."""

import io
import textwrap
import zipfile

ROLE = "arn:aws:iam::123456789012:role/lambda-role"
PYTHON, NODE = "python3.11", "nodejs20.x"


def zipped(files):
    """A zip of `files`, name to text or bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if isinstance(content, str):
                content = textwrap.dedent(content)
            entry = zipfile.ZipInfo(name)  # of no particular time: the same files make the same zip
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def python(source):
    """A zip of one Python module, `lambda_function`."""
    return zipped({"lambda_function.py": source})


def node(source, name="index.js"):
    """A zip of one Node module."""
    return zipped({name: source})


def program(name, content, mode=0o755):
    """A zip of one executable file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (0o100000 | mode) << 16
        archive.writestr(entry, content)
    return buffer.getvalue()


HELLO = {
    PYTHON: ("lambda_function.lambda_handler", python("def lambda_handler(event, context):\n    return 'hello'\n")),
    NODE: ("index.handler", node("exports.handler = async () => 'hello';\n")),
}


def create(client, name, code=None, runtime=PYTHON, **options):
    """Creates a function through boto3; by default the hello of `runtime`."""
    handler, hello = HELLO[PYTHON if runtime.startswith("python") else NODE]
    options.setdefault("Handler", handler)
    options.setdefault("Role", ROLE)
    # The three seconds of the default are little on a busy machine, and few tests are about them.
    options.setdefault("Timeout", 30)
    return client.create_function(FunctionName=name, Runtime=runtime, Code={"ZipFile": code or hello}, **options)
