"""Signatures, as botocore and the SDK for JavaScript make them, and as nobody should."""

import datetime
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import botocore.auth
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.code import create
from support.coverage import covers
from support.waiting import PATIENCE

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
SDK = CACHE / "tinderbox" / "sdk" / "node" / "node_modules"


def code_of(call):
    """The error's code and status."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def send(request, body=None):
    """Sends a request; its status and body."""
    sent = urllib.request.Request(request.url, data=body or request.body or None, method=request.method)
    for name, value in request.headers.items():
        sent.add_header(name, value)
    try:
        with urllib.request.urlopen(sent, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def signed(server, method, path, service, body=b"", headers=None, at=None, auth=botocore.auth.SigV4Auth):
    """A request that botocore signed with the account's key, perhaps at another time."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    signer = auth(Credentials(server.root["key"], server.root["secret"]), service, "us-east-1")
    if at is None:
        signer.add_auth(request)
    else:
        now = datetime.datetime.now(datetime.timezone.utc) + at
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.auth, "get_current_datetime", lambda *_: now)
            signer.add_auth(request)
    return request


@covers("sts.GetCallerIdentity", "lambda.ListFunctions", "logs.DescribeLogGroups", "iam.ListRoles", "cloudwatch.ListMetrics")
def test_every_protocol_is_verified(client, enforcing):
    calls = {
        "lambda": (lambda c: c.list_functions(), "InvalidSignatureException", "UnrecognizedClientException", 403),
        "logs": (lambda c: c.describe_log_groups(), "InvalidSignatureException", "UnrecognizedClientException", 400),
        "iam": (lambda c: c.list_roles(), "SignatureDoesNotMatch", "InvalidClientTokenId", 403),
        "sts": (lambda c: c.get_caller_identity(), "SignatureDoesNotMatch", "InvalidClientTokenId", 403),
    }
    for service, (call, mismatch, unknown, status) in calls.items():
        call(client(enforcing, service, **enforcing.root))
        wrong = client(enforcing, service, key=enforcing.root["key"], secret="wrong")
        assert code_of(lambda: call(wrong)) == (mismatch, status), service
        nobody = client(enforcing, service, key="AKIAIOSFODNN7EXAMPLE")
        assert code_of(lambda: call(nobody)) == (unknown, status), service
    metrics = client(enforcing, "cloudwatch", **enforcing.root)
    assert metrics.list_metrics()["Metrics"] == []


def test_unsigned_requests_are_refused(enforcing):
    bare = AWSRequest(method="GET", url=enforcing.url + "/2015-03-31/functions/")
    status, body = send(bare)
    assert (status, json.loads(body)["message"]) == (403, "Missing Authentication Token")
    form = {"content-type": "application/x-www-form-urlencoded"}
    asked = AWSRequest(method="POST", url=enforcing.url + "/", headers=form)
    status, body = send(asked, b"Action=GetCallerIdentity&Version=2011-06-15")
    assert status == 403 and "<Code>MissingAuthenticationToken</Code>" in body
    # Health tells nobody's secrets.
    assert enforcing.health()["status"] == "ok"


@covers("lambda.CreateFunction", "lambda.Invoke", "lambda.TagResource")
def test_paths_queries_and_bodies_of_all_kinds(client, enforcing, name):
    functions = client(enforcing, "lambda", **enforcing.root)
    arn = create(functions, name)["FunctionArn"]
    # An ARN in a path, tag keys in a query string, bytes in a body.
    functions.tag_resource(Resource=arn, Tags={"a b+c/d=é": "x", "e": "y"})
    functions.untag_resource(Resource=arn, TagKeys=["a b+c/d=é"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"e": "y"}
    answer = functions.invoke(FunctionName=arn, Payload=b'{"a": "\xc3\xa9"}', Qualifier="$LATEST")
    assert json.load(answer["Payload"]) == "hello"
    logs = client(enforcing, "logs", **enforcing.root)
    logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"a + b"')


def test_the_body_belongs_to_the_signature(enforcing):
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = signed(enforcing, "POST", "/", "sts", body, form)
    assert send(request)[0] == 200
    # The same signature counts again: two equal requests of one second have it.
    assert send(request)[0] == 200
    status, answer = send(request, b"Action=GetSessionToken&Version=2011-06-15")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in answer


def test_the_path_and_the_target_belong_to_the_signature(enforcing):
    request = signed(enforcing, "GET", "/2015-03-31/functions/", "lambda")
    request.url = enforcing.url + "/2016-08-19/account-settings/"
    status, body = send(request)
    assert status == 403
    assert json.loads(body)["message"].startswith("The request signature we calculated does not match")
    headers = {"content-type": "application/x-amz-json-1.1"}
    unsigned_target = signed(enforcing, "POST", "/", "logs", b"{}", headers)
    unsigned_target.headers["X-Amz-Target"] = "Logs_20140328.DescribeLogGroups"
    status, body = send(unsigned_target)
    assert status == 400 and "must be a 'SignedHeader'" in body


def test_the_moment_of_a_signature(enforcing):
    def check(minutes, service, expect, text=None):
        at = datetime.timedelta(minutes=minutes)
        form = {"content-type": "application/x-www-form-urlencoded"}
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        if service == "sts":
            request = signed(enforcing, "POST", "/", service, body, form, at)
        else:
            request = signed(enforcing, "GET", "/2015-03-31/functions/", service, at=at)
        status, answer = send(request)
        assert status == expect, answer
        assert text is None or text in answer

    check(-14, "sts", 200)
    check(14, "lambda", 200)
    check(-16, "sts", 403, "Signature expired: ")
    check(-16, "sts", 403, "<Code>SignatureDoesNotMatch</Code>")
    check(-16, "lambda", 403, "- 15 min.)")
    check(16, "lambda", 403, "Signature not yet current: ")


def test_scopes_and_algorithms(enforcing):
    def check(change, text):
        request = signed(enforcing, "GET", "/2015-03-31/functions/", "lambda")
        request.headers["Authorization"] = change(request.headers["Authorization"])
        status, body = send(request)
        assert status == 403 and text in body, body

    check(lambda a: a.replace("/us-east-1/", "/nowhere!/"), "Credential should be scoped to a valid region")
    check(lambda a: a.replace("aws4_request", "aws5_request"), "a valid terminator: 'aws4_request'")
    check(lambda a: a.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "AWS4-ECDSA-P256-SHA256")
    check(lambda a: "Bearer x", "not a valid key=value pair")
    check(lambda a: a.split(", Signature")[0], "Authorization header requires 'Signature' parameter.")


def test_presigned_requests(enforcing, client):
    sts = client(enforcing, "sts", **enforcing.root)

    def ask(url):
        return send(AWSRequest(method="GET", url=url))

    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, body = ask(url)
    assert status == 200 and "<Arn>arn:aws:iam::123456789012:root</Arn>" in body
    status, body = ask(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))
    assert status == 403 and "SignatureDoesNotMatch" in body
    gone = datetime.timedelta(seconds=-70)
    query = "/?Action=GetCallerIdentity&Version=2011-06-15"

    def presigner(*arguments):
        return botocore.auth.SigV4QueryAuth(*arguments, expires=60)

    status, body = send(signed(enforcing, "GET", query, "sts", auth=presigner))
    assert status == 200, body
    status, body = send(signed(enforcing, "GET", query, "sts", at=gone, auth=presigner))
    assert status == 403 and "Signature expired" in body


@covers("sts.GetSessionToken")
def test_session_tokens(client, enforcing):
    sts = client(enforcing, "sts", **enforcing.root)
    given = sts.get_session_token(DurationSeconds=900)["Credentials"]
    session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    assert given["AccessKeyId"].startswith("ASIA")
    left = given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(seconds=800) < left <= datetime.timedelta(seconds=900)
    me = client(enforcing, "sts", **session)
    assert me.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    client(enforcing, "lambda", **session).list_functions()
    for broken in [
        {**session, "token": None},
        {**session, "token": given["SessionToken"][:-8] + "AAAAAAA="},
        {**session, "token": "x"},
        {**enforcing.root, "token": given["SessionToken"]},
    ]:
        assert code_of(client(enforcing, "sts", **broken).get_caller_identity) == ("InvalidClientTokenId", 403)
    assert code_of(client(enforcing, "sts", **{**session, "secret": "x"}).get_caller_identity)[0] == "SignatureDoesNotMatch"
    assert code_of(me.get_session_token)[0] == "AccessDenied"


def test_the_aws_cli_signs_too(aws, enforcing):
    told = aws(
        "sts",
        "get-caller-identity",
        server=enforcing,
        credentials=enforcing.root,
    )
    assert json.loads(told.stdout)["Account"] == "123456789012"
    refused = aws("sts", "get-caller-identity", server=enforcing, check=False)
    assert refused.returncode != 0 and "InvalidClientTokenId" in refused.stderr


SIGNED_BY_JAVASCRIPT = """
import { createRequire } from "node:module";
const [modules, url, accessKeyId, secretAccessKey, arn] = process.argv.slice(2);
const load = createRequire(modules + "/");
const { LambdaClient, TagResourceCommand, ListTagsCommand, UntagResourceCommand } = load("@aws-sdk/client-lambda");
const { STSClient, GetSessionTokenCommand, GetCallerIdentityCommand } = load("@aws-sdk/client-sts");
const { SignatureV4 } = load("@smithy/signature-v4");
const { createHash, createHmac } = await import("node:crypto");

class Sha256 {
  constructor(secret) { this.hash = secret ? createHmac("sha256", secret) : createHash("sha256"); }
  update(data) { this.hash.update(data); }
  async digest() { return new Uint8Array(this.hash.digest()); }
}

const config = { endpoint: url, region: "us-east-1", maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } };
const lambda = new LambdaClient(config);
await lambda.send(new TagResourceCommand({ Resource: arn, Tags: { "a b+c/d=\\u00e9": "x", e: "y" } }));
await lambda.send(new UntagResourceCommand({ Resource: arn, TagKeys: ["a b+c/d=\\u00e9"] }));
const told = { tags: (await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags };
const given = (await new STSClient(config).send(new GetSessionTokenCommand({}))).Credentials;
const session = { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken };
told.session = (await new STSClient({ ...config, credentials: session }).send(new GetCallerIdentityCommand({}))).Arn;
const { protocol, hostname, port } = new URL(url);
told.presigned = [];
for (const credentials of [config.credentials, session]) {
  const signer = new SignatureV4({ credentials, region: "us-east-1", service: "sts", sha256: Sha256 });
  const signed = await signer.presign({
    method: "GET", protocol, hostname, port: Number(port), path: "/", headers: { host: `${hostname}:${port}` },
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
  }, { expiresIn: 60 });
  told.presigned.push(`${url}/?${new URLSearchParams(signed.query)}`);
}
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(not (SDK / "@smithy" / "signature-v4").exists(), reason="`make sdk` has not run")
def test_the_sdk_for_javascript_signs_too(client, enforcing, name, tmp_path):
    arn = create(client(enforcing, "lambda", **enforcing.root), name)["FunctionArn"]
    script = tmp_path / "sign.mjs"
    script.write_text(SIGNED_BY_JAVASCRIPT)
    command = ["node", script, SDK, enforcing.url, enforcing.root["key"], enforcing.root["secret"], arn]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["tags"] == {"e": "y"}
    assert told["session"] == "arn:aws:iam::123456789012:root"
    for url in told["presigned"]:
        status, body = send(AWSRequest(method="GET", url=url))
        assert status == 200 and "<Arn>arn:aws:iam::123456789012:root</Arn>" in body, body
        status, body = send(AWSRequest(method="GET", url=url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")))
        assert status == 403 and "SignatureDoesNotMatch" in body
