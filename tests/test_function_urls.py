"""Function URLs: their operations through boto3 and the CLI, and what their clients get."""

import json

from support.code import create, python
from support.coverage import covers
from support.errors import fails
from support.web import fetch

ECHO = python("def lambda_handler(event, context):\n    return event\n")


def at(server, url, path="/"):
    id = url.split("//")[1].split(".")[0]
    return f"{server.url}/_aws/lambda-url/{id}{path}"


def open_to_all(lambda_client, name, **more):
    """Both permissions that an URL needs."""
    lambda_client.add_permission(
        FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
        FunctionUrlAuthType="NONE", **more,
    )
    lambda_client.add_permission(
        FunctionName=name, StatementId="via", Action="lambda:InvokeFunction", Principal="*",
        InvokedViaFunctionUrl=True, **more,
    )


@covers("lambda.CreateFunctionUrlConfig", "lambda.GetFunctionUrlConfig", "lambda.UpdateFunctionUrlConfig",
        "lambda.DeleteFunctionUrlConfig")
def test_life_of_an_url(server, lambda_client, name):
    arn = create(lambda_client, name, ECHO)["FunctionArn"]
    made = lambda_client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert (made["AuthType"], made["InvokeMode"], made["FunctionArn"]) == ("NONE", "BUFFERED", arn)
    url = made["FunctionUrl"]
    port = server.url.rsplit(":", 1)[1]
    assert url.endswith(f".lambda-url.us-east-1.localhost:{port}/")
    refused = fetch(at(server, url))
    assert refused.status == 403 and refused.json["Message"].startswith("Forbidden")
    assert refused.headers["x-amzn-errortype"] == "AccessDeniedException"
    open_to_all(lambda_client, name)
    answer = fetch(at(server, url, "/a%20b?q=1"), "POST", b"hi", {"Content-Type": "text/plain", "Cookie": "c=1"})
    event = answer.json
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert (event["version"], event["rawPath"], event["body"], event["cookies"]) == ("2.0", "/a%20b", "hi", ["c=1"])
    context = event["requestContext"]
    assert (context["accountId"], context["routeKey"], context["stage"]) == ("anonymous", "$default", "$default")
    assert url.startswith(f"http://{context['apiId']}.")
    assert answer.headers["x-amzn-requestid"] == context["requestId"]
    by_name = fetch(server.url, host=url.split("/")[2]).json["requestContext"]
    assert by_name["domainPrefix"] == context["apiId"] and by_name["domainName"] == url.split("/")[2].split(":")[0]
    fails("ResourceConflictException", lambda_client.create_function_url_config, FunctionName=name, AuthType="NONE")
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5}
    changed = lambda_client.update_function_url_config(FunctionName=name, Cors=cors)
    assert changed["Cors"] == cors
    assert lambda_client.get_function_url_config(FunctionName=name)["Cors"] == cors
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    preflight = fetch(at(server, url), "OPTIONS", headers=asked)
    assert preflight.headers["access-control-allow-methods"] == "GET"
    assert fetch(at(server, url), headers=asked).headers["access-control-allow-origin"] == "https://a.example"
    assert "Cors" not in lambda_client.update_function_url_config(FunctionName=name, Cors={})
    assert "access-control-allow-origin" not in fetch(at(server, url), headers=asked).headers
    large = fetch(at(server, url), "POST", b"x" * 6_291_456)
    assert (large.status, large.headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
    text = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    assert large.json == {"Message": text}
    lambda_client.delete_function_url_config(FunctionName=name)
    fails("ResourceNotFoundException", lambda_client.get_function_url_config, FunctionName=name)
    assert fetch(at(server, url)).status == 404


def test_both_permissions_are_needed(server, lambda_client, name):
    create(lambda_client, name, ECHO)
    url = lambda_client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    lambda_client.add_permission(
        FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
        FunctionUrlAuthType="NONE",
    )
    assert fetch(at(server, url)).status == 403
    lambda_client.add_permission(
        FunctionName=name, StatementId="via", Action="lambda:InvokeFunction", Principal="*",
        InvokedViaFunctionUrl=True,
    )
    assert fetch(at(server, url)).status == 200
    lambda_client.remove_permission(FunctionName=name, StatementId="url")
    assert fetch(at(server, url)).status == 403


@covers("lambda.ListFunctionUrlConfigs")
def test_urls_of_aliases(server, lambda_client, name):
    code = "def lambda_handler(event, context):\n    return {'statusCode': 200, 'body': context.function_version}\n"
    create(lambda_client, name, python(code))
    lambda_client.publish_version(FunctionName=name)
    lambda_client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    of = {"FunctionName": name, "Qualifier": "live"}
    missing = fails("ResourceNotFoundException", lambda_client.create_function_url_config, FunctionName=name,
                    Qualifier="none", AuthType="NONE")
    assert missing == "Function does not exist"
    live = lambda_client.create_function_url_config(**of, AuthType="NONE")
    assert live["FunctionArn"].endswith(f"{name}:live")
    lambda_client.create_function_url_config(FunctionName=name, AuthType="NONE")
    listed = lambda_client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert {config["FunctionArn"].split(name)[1] for config in listed} == {"", ":live"}
    page = lambda_client.list_function_url_configs(FunctionName=name, MaxItems=1)
    rest = lambda_client.list_function_url_configs(FunctionName=name, Marker=page["NextMarker"])
    assert len(page["FunctionUrlConfigs"] + rest["FunctionUrlConfigs"]) == 2
    open_to_all(lambda_client, name, Qualifier="live")
    answer = fetch(at(server, live["FunctionUrl"]))
    assert (answer.status, answer.body) == (200, "1")
    lambda_client.delete_alias(FunctionName=name, Name="live")
    assert fetch(at(server, live["FunctionUrl"])).status == 404
    lambda_client.delete_function(FunctionName=name)
    fails("ResourceNotFoundException", lambda_client.list_function_url_configs, FunctionName=name)


def test_functions_that_fail(server, lambda_client, name):
    create(lambda_client, name, python("def lambda_handler(event, context):\n    raise Exception('no')\n"))
    url = lambda_client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    open_to_all(lambda_client, name)
    answer = fetch(at(server, url))
    assert (answer.status, answer.body) == (502, "Internal Server Error")


def test_urls_survive_a_restart(start, client, name):
    server = start()
    lambda_client = client(server, "lambda")
    create(lambda_client, name, ECHO)
    url = lambda_client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    open_to_all(lambda_client, name)
    server.stop()
    again = start(data=server.data)
    assert fetch(at(again, url)).status == 200


def test_aws_cli(server, aws, lambda_client, name):
    create(lambda_client, name, ECHO)
    made = aws("lambda", "create-function-url-config", "--function-name", name, "--auth-type", "NONE")
    url = json.loads(made.stdout)["FunctionUrl"]
    aws("lambda", "add-permission", "--function-name", name, "--statement-id", "url", "--principal", "*",
        "--action", "lambda:InvokeFunctionUrl", "--function-url-auth-type", "NONE")
    aws("lambda", "add-permission", "--function-name", name, "--statement-id", "via", "--principal", "*",
        "--action", "lambda:InvokeFunction", "--invoked-via-function-url")
    assert fetch(at(server, url)).status == 200
