"""Requests to APIs and function URLs, signed as SDKs sign them."""

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .web import fetch

ROOT = {"key": "test", "secret": "test"}


def signed_headers(url, service, method="GET", body=b"", headers=None, region="us-east-1", key="test", secret="test", token=None):
    """The headers of a request with those that sign it."""
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    return dict(request.headers.items())


def fetch_signed(url, service, method="GET", body=b"", sent=None, **options):
    """Asks `url`, signed for `service`; `sent` is another body than was signed."""
    headers = signed_headers(url, service, method, body, **options)
    return fetch(url, method, body=sent or body or None, headers=headers)


def presigned(url, service, region="us-east-1", key="test", secret="test", token=None, expires=60):
    """An address that is signed in its query string."""
    request = AWSRequest(method="GET", url=url)
    SigV4QueryAuth(Credentials(key, secret, token), service, region, expires=expires).add_auth(request)
    return request.url
