"""Asynchronous events: accepted once they are durable, tried again when they fail, their ends told to whoever wants."""

import json

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.waiting import wait_until


@covers("lambda.Invoke")
def test_events_run_after_202(lambda_client, logs_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    print('ran', event['n'])\n"))
    for n in range(20):
        answer = lambda_client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"n": n}).encode())
        assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""

    def ran():
        try:
            events = logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="ran")["events"]
        except logs_client.exceptions.ResourceNotFoundException:
            return False
        return {int(event["message"].split()[1]) for event in events} == set(range(20))

    wait_until(ran, "every event ran")


def test_a_failing_event_is_logged(lambda_client, logs_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    raise ValueError('told')\n"))
    lambda_client.invoke(FunctionName=name, InvocationType="Event")

    def logged():
        try:
            return logs_client.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="ValueError")["events"]
        except logs_client.exceptions.ResourceNotFoundException:
            return False

    assert "told" in wait_until(logged, "the error is logged")[0]["message"]


FAILING = python(
    """
    def lambda_handler(event, context):
        print("tried", event["n"])
        raise ValueError(event["n"])
    """
)
LISTENER = python(
    """
    import json

    def lambda_handler(event, context):
        print("heard", json.dumps(event))
    """
)
# Waits until the function has an alias `go`.
GATED = python(
    """
    import os, time, urllib.error, urllib.request

    def is_open(name):
        try:
            urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/2015-03-31/functions/{name}/aliases/go").read()
            return True
        except urllib.error.HTTPError:
            return False

    def lambda_handler(event, context):
        while not is_open(context.function_name):
            time.sleep(0.05)
        print("ran", event)
    """
)
# What waits minutes by default waits seconds here.
QUICK = {"env": {"TINDERBOX_FUNCTIONS__ASYNC_RETRY_DELAY_S": "1"}}


def lines(logs, name, word):
    """What follows `word` in a function's log lines that begin with it."""
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", filterPattern=word)
        messages = [event["message"] for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [m.removeprefix(word).strip() for m in messages if m.startswith(f"{word} ")]


def listen(functions, name, **settings):
    """Makes a function that hears of the ends of another's events; the name of its log."""
    listener = create(functions, f"{name}-listener", LISTENER)["FunctionArn"]
    functions.put_function_event_invoke_config(
        FunctionName=name,
        DestinationConfig={"OnSuccess": {"Destination": listener}, "OnFailure": {"Destination": listener}},
        **settings,
    )
    return f"{name}-listener"


def test_a_success_is_told(lambda_client, logs_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    return {'twice': 2 * event['n']}\n"))
    listener = listen(lambda_client, name)
    answer = lambda_client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 21}')
    heard = wait_until(lambda: lines(logs_client, listener, "heard"), "the success is told")
    record = json.loads(heard[0])
    assert record.pop("timestamp").endswith("Z")
    arn = lambda_client.get_function_configuration(FunctionName=name)["FunctionArn"]
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": answer["ResponseMetadata"]["RequestId"],
            "functionArn": f"{arn}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"n": 21},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"twice": 42},
    }


def test_a_failure_is_tried_twice_more_and_told(start, client, name):
    server = start(**QUICK)
    functions, logs = client(server, "lambda"), client(server, "logs")
    create(functions, name, FAILING)
    listener = listen(functions, name)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    heard = wait_until(lambda: lines(logs, listener, "heard"), "the failure is told")
    record = json.loads(heard[0])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorType"] == "ValueError"
    assert lines(logs, name, "tried") == ["1"] * 3
    # Without retries the first failure is the last.
    functions.update_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 2}')
    heard = wait_until(lambda: lines(logs, listener, "heard")[1:], "the second failure is told")
    assert json.loads(heard[0])["requestContext"]["approximateInvokeCount"] == 1


def test_retries_survive_a_kill(start, client, name):
    first = start(env={"TINDERBOX_FUNCTIONS__ASYNC_RETRY_DELAY_S": "3"})
    functions, logs = client(first, "lambda"), client(first, "logs")
    create(functions, name, FAILING)
    listener = listen(functions, name)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    wait_until(lambda: lines(logs, name, "tried"), "the first attempt")
    first.kill()

    second = start(data=first.data, **QUICK)
    logs = client(second, "logs")
    heard = wait_until(lambda: lines(logs, listener, "heard"), "the failure is told")
    assert json.loads(heard[0])["requestContext"]["approximateInvokeCount"] == 3
    # The attempt that the kill cut off, or whose end it kept from being stored, is made again.
    assert 3 <= len(lines(logs, name, "tried")) <= 4


def test_what_cannot_be_delivered_is_logged_once(start, client, name):
    server = start(expect_log="could not be delivered", **QUICK)
    functions, logs = client(server, "lambda"), client(server, "logs")
    queue = "arn:aws:sqs:us-east-1:123456789012:nobody-has-queues-yet"
    create(functions, name, FAILING, DeadLetterConfig={"TargetArn": queue})
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    for n in range(3):
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"n": n}).encode())
    wait_until(lambda: len(lines(logs, name, "tried")) == 3, "every event was tried")
    wait_until(lambda: any(queue in line for line in server.log), "the failed delivery is logged")
    assert sum(queue in line for line in server.log) == 1
    arguments = {"FunctionName": name, "DeadLetterConfig": {"TargetArn": "arn:aws:s3:::bucket"}}
    fails("InvalidParameterValueException", functions.update_function_configuration, **arguments)


def test_a_storm_does_not_hold_up_others(lambda_client, logs_client, name):
    # Each waits until the storm may end; one at a time may run.
    create(lambda_client, name, GATED, Timeout=120)
    lambda_client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    create(lambda_client, f"{name}-quiet", python("def lambda_handler(event, context):\n    print('ran', event)\n"))
    for n in range(60):
        lambda_client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(n).encode())
    lambda_client.invoke(FunctionName=f"{name}-quiet", InvocationType="Event", Payload=b"0")
    wait_until(lambda: lines(logs_client, f"{name}-quiet", "ran"), "the quiet function's event ran")
    assert lines(logs_client, name, "ran") == [], "it did not wait for the storm to end"
    lambda_client.create_alias(FunctionName=name, Name="go", FunctionVersion="$LATEST")
    lambda_client.delete_function_concurrency(FunctionName=name)
    wait_until(lambda: len(lines(logs_client, name, "ran")) == 60, "the storm ended")
