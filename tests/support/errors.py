"""Errors that a client gets."""

import botocore.exceptions
import pytest


def fails(code, call, **arguments):
    """Calls and expects the error `code`; its message."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return error["Message"]
