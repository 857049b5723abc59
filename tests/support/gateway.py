"""APIs as the tests make and call them."""

import http.client
import json

from .waiting import PATIENCE

ACCOUNT, REGION = "123456789012", "us-east-1"
FORBIDDEN = b'{"message":"Forbidden"}'
NO_ROUTE = b'{"message":"Missing Authentication Token"}'
INTERNAL = b'{"message": "Internal server error"}'


def call(server, api, path, method="GET", headers=None, body=None, host=None):
    """Status, headers and body of a request to an API, by its path or, with `host`, by its name."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    headers = dict(headers or {})
    if host:
        headers["Host"] = host
    else:
        path = f"/_aws/execute-api/{api}{path}"
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def function_uri(function):
    """How an integration names a function."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def permit(lambda_client, function, api, **options):
    """Lets any method of an API call a function."""
    lambda_client.add_permission(
        FunctionName=function,
        StatementId=f"api-{api}",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*",
        **options,
    )


class Api:
    """A REST API of the test's own."""

    def __init__(self, server, client, name, **options):
        self.server, self.client = server, client
        made = client.create_rest_api(name=name, **options)
        self.id, self.root = made["id"], made["rootResourceId"]

    def resource(self, part, parent=None):
        made = self.client.create_resource(restApiId=self.id, parentId=parent or self.root, pathPart=part)
        return made["id"]

    def method(self, resource, http_method="ANY", **options):
        options.setdefault("authorizationType", "NONE")
        self.client.put_method(restApiId=self.id, resourceId=resource, httpMethod=http_method, **options)

    def integrate(self, resource, http_method="ANY", **options):
        self.client.put_integration(restApiId=self.id, resourceId=resource, httpMethod=http_method, **options)

    def function(self, resource, function, http_method="ANY"):
        uri = function_uri(function)
        self.integrate(resource, http_method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)

    def mock(self, resource, http_method="GET", status="200", template=None):
        """A method that answers without anyone behind it."""
        where = {"restApiId": self.id, "resourceId": resource, "httpMethod": http_method}
        self.client.put_method_response(**where, statusCode=status)
        request = {"application/json": json.dumps({"statusCode": int(status)})}
        self.integrate(resource, http_method, type="MOCK", requestTemplates=request)
        templates = {"responseTemplates": {"application/json": template}} if template else {}
        self.client.put_integration_response(**where, statusCode=status, **templates)

    def deploy(self, stage="test", **options):
        return self.client.create_deployment(restApiId=self.id, stageName=stage, **options)["id"]

    def call(self, path, *arguments, **options):
        return call(self.server, self.id, path, *arguments, **options)
