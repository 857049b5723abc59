"""A function that leaves a durable trace of each event: it has run when its number is in a log group."""

from .code import create, python

# PutLogEvents answers once it is on disk.
NOTE = python(
    """
    import json, os, time, urllib.request

    def call(operation, body):
        request = urllib.request.Request(
            os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328." + operation})
        return urllib.request.urlopen(request, timeout=20).read()

    def lambda_handler(event, context):
        if isinstance(event, dict) and "note" in event:
            call("PutLogEvents", {"logGroupName": "/notes", "logStreamName": "done", "logEvents": [
                {"timestamp": int(time.time() * 1000), "message": str(event["note"])}]})
        return event
    """
)


def make(functions, logs, name, **options):
    """The function and the group of its traces."""
    logs.create_log_group(logGroupName="/notes")
    logs.create_log_stream(logGroupName="/notes", logStreamName="done")
    create(functions, name, NOTE, **options)


def noted(logs):
    """The numbers of the events that have run."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/notes")
    return {int(event["message"]) for page in pages for event in page["events"]}
