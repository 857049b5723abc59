"""Every constraint of every operation's model, broken once in each place, over raw HTTP.

Cases and expected answers are made from models/*.json, never from the code that is tested; a service that is added to
models/operations.toml is picked up by itself. `-s` prints how many cases were sent.
"""

import collections
import re

import pytest

from support.cases import cases
from support.constraints import OPAQUE, message, violations
from support.encode import PROTOCOLS, Inexpressible, encode, error
from support.model import services
from support.raw import Connection

#: Constraints that are not checked as the model says: service, shape and part of it, each with its reason.
EXCEPTIONS = set()

SERVED = [(service, protocol) for service in services(EXCEPTIONS) for protocol in service.protocols]


@pytest.mark.parametrize("service, protocol", SERVED, ids=lambda value: getattr(value, "name", value))
def test_what_breaks_a_constraint_is_refused_in_the_words_of_aws(server, service, protocol):
    assert protocol in PROTOCOLS, f"{service.name} speaks {protocol}, for which there is no encoder"
    counts, wrong = collections.Counter(), []
    with Connection(server) as connection:
        for operation in service.operations:
            for case in cases(service, operation):
                try:
                    request = encode(service, protocol, operation, case.value)
                except Inexpressible:
                    continue
                expected = expectation(service, protocol, case)
                answer = connection.send(request.method, request.path, request.headers, request.body)
                counts[case.breaks] += 1
                found = outcome(protocol, answer)
                if not same(found, (400, *expected)):
                    wrong.append(f"{case}\n  got      {str(found)[:600]}\n  expected {str((400, *expected))[:600]}")
    print(f"\n{service.name} {protocol}: {counts.total()} cases, {dict(sorted(counts.items()))}")
    assert not wrong, f"{len(wrong)} of {counts.total()} cases:\n" + "\n".join(wrong[:40])


def same(found, expected):
    """Whether an answer is as expected, whatever Java would print of a structure."""
    *fixed, text = expected
    if found[:2] != tuple(fixed) or not isinstance(found[2], str):
        return False
    return re.fullmatch(".*?".join(map(re.escape, text.split(OPAQUE))), found[2], re.DOTALL) is not None


def outcome(protocol, answer):
    try:
        return (answer.status, *error(protocol, answer))
    except Exception as problem:
        return answer.status, repr(problem), answer.body


def expectation(service, protocol, case):
    """The code and the message that the model asks for."""
    if case.wrong:
        code = "MalformedInput" if protocol == "query" else "SerializationException"
        dynamo = protocol == "json" and service.metadata["jsonVersion"] == "1.0"
        return code, case.wrong.message(dynamo)
    found = violations(service, service.input(case.operation), case.value)
    assert found, f"{case} breaks nothing: {case.value}"
    return service.constraint_code, message(found)


def test_every_operation_with_a_constraint_has_cases():
    for service in services(EXCEPTIONS):
        for operation in service.operations:
            shape = service.shape(service.input(operation)) if service.input(operation) else {}
            if shape.get("members"):
                assert any(True for _ in cases(service, operation)), f"{service.name}.{operation}"
