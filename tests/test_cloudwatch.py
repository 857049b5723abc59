"""CloudWatch: one operation so far, over each of the three protocols the service declares."""

import urllib.parse
import urllib.request

import pytest

from support.coverage import covers
from support.waiting import PATIENCE


@covers("cloudwatch.ListMetrics")
def test_no_metric_is_kept_and_none_is_listed(client, server):
    assert client(server, "cloudwatch").list_metrics()["Metrics"] == []


@pytest.mark.parametrize(
    "headers, path, body, answer",
    [
        ({"content-type": "application/x-amz-json-1.0", "x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}, "/", b"{}", b"{"),
        ({"content-type": "application/x-www-form-urlencoded"}, "/", b"Action=ListMetrics&Version=2010-08-01", b"<ListMetricsResponse"),
        ({"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, "/service/GraniteServiceVersion20100801/operation/ListMetrics", b"\xa0", b"\xbf"),
    ],
    ids=["json", "query", "cbor"],
)
def test_one_handler_answers_three_protocols(server, headers, path, body, answer):
    request = urllib.request.Request(server.url + urllib.parse.quote(path), body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        assert response.status == 200
        assert len(response.headers.get_all("date")) == 1
        assert response.headers["x-amzn-requestid"]
        content = response.read()
    assert answer in content[:80] or content[:1] in (b"\xa0", b"\xa1"), content
