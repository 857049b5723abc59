"""Calls the platform as somebody else, and where only the host may call."""
import os
import urllib.error
import urllib.request

def lambda_handler(event, context):
    def ask(path="/", key=None, method="POST", body=b"Action=GetCallerIdentity&Version=2011-06-15", host="sts.amazonaws.com", more=None):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": host, **(more or {})}
        if key:
            scope = "%s/20260101/us-east-1/sts/aws4_request" % key
            headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=00" % scope
        request = urllib.request.Request("http://127.0.0.2:4566" + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return [answer.status, answer.read().decode()]
        except urllib.error.HTTPError as error:
            return [error.code, error.read().decode()]

    return {
        "own": ask(key=os.environ["AWS_ACCESS_KEY_ID"]),
        "unsigned": ask(),
        "other account": ask(key="000000000001"),
        "a user": ask(key="AKIAIOSFODNN7EXAMPLE"),
        "another session": ask(key="ASIAAAAAAAAAAAAAAAAA"),
        "reset": ask("/moto-api/reset", body=b"{}", host="127.0.0.2:4566"),
        "foreign host": ask(host="evil.example"),
        "foreign page": ask(more={"Origin": "https://evil.example"}),
    }
