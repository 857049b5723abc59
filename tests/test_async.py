"""Asynchronous events: accepted once they are durable, run in order of arrival, unseen by the caller."""

import json

from support.code import create, python
from support.coverage import covers
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
