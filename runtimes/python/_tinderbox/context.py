"""The context object, the second argument of every handler."""

import os
import sys
import time

_REPR = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


class _Described(object):
    __slots__ = ()

    def __repr__(self):
        return _describe(self, self.__slots__)


class CognitoIdentity(_Described):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Described):
    __slots__ = (
        "installation_id",
        "app_title",
        "app_version_name",
        "app_version_code",
        "app_package_name",
    )


class ClientContext(_Described):
    __slots__ = ("custom", "env", "client")


class LambdaContext(object):
    def __init__(self, facts, request_id, arn, deadline_ms, client_context, tenant_id):
        self.__dict__.update(facts)
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.tenant_id = tenant_id
        self.client_context = client_context and _client_context(client_context)
        self.identity = identity = CognitoIdentity()
        identity.cognito_identity_id = identity.cognito_identity_pool_id = None
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def log(self, message):
        """Writes the text as it is, past the loggers."""
        import logging

        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                return handler.log_sink.log(str(message))
        sys.stdout.write(str(message))

    def __repr__(self):
        return _describe(self, _REPR)


def facts():
    """What all contexts of a function share; these names are part of its environment."""
    get = os.environ.get
    return {
        "function_name": get("AWS_LAMBDA_FUNCTION_NAME"),
        "function_version": get("AWS_LAMBDA_FUNCTION_VERSION"),
        "memory_limit_in_mb": get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        "log_group_name": get("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name": get("AWS_LAMBDA_LOG_STREAM_NAME"),
    }


def _client_context(values):
    context = _fill(ClientContext(), values)
    if context.client is not None:
        context.client = _fill(Client(), context.client)
    return context


def _fill(target, values):
    for name in target.__slots__:
        setattr(target, name, values.get(name))
    return target


def _describe(thing, names):
    pairs = ",".join("%s=%s" % (name, getattr(thing, name, None)) for name in names)
    return "%s([%s])" % (type(thing).__name__, pairs)
