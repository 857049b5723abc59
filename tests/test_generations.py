"""A request accepted after an update's reply never runs old code, under load."""

import concurrent.futures
import json
import threading

import pytest

from support.code import NODE, PYTHON, create, node, python
from support.waiting import PATIENCE, wait_until

SOURCES = {
    PYTHON: lambda n: python(f"import time\ndef lambda_handler(event, context):\n    time.sleep(0.01)\n    return {n}\n"),
    NODE: lambda n: node(f"exports.handler = async () => {n};\n"),
}


@pytest.mark.parametrize("runtime", SOURCES)
def test_no_request_runs_old_code(client, server, name, runtime):
    functions = client(server, "lambda", max_pool_connections=8)
    source = SOURCES[runtime]
    create(functions, name, source(0), runtime)
    deployed = 0
    stop = threading.Event()
    wrong, ran_in_all = [], []

    def load():
        while not stop.is_set():
            oldest = deployed
            ran = json.load(functions.invoke(FunctionName=name)["Payload"])
            if ran < oldest:
                wrong.append((ran, oldest))
            ran_in_all.append(ran)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(load) for _ in range(4)]
        try:
            for n in range(1, 16):
                functions.update_function_code(FunctionName=name, ZipFile=source(n))
                deployed = n
                assert json.load(functions.invoke(FunctionName=name)["Payload"]) == n
            wait_until(lambda: len(ran_in_all) > 15, "enough requests came in between")
        finally:
            stop.set()
        [worker.result(timeout=PATIENCE) for worker in workers]
    assert not wrong
