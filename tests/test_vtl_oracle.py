"""Mapping templates against another implementation: npm's apigw-vtl-emulator.

What it renders must be JSON, for a function to take it as its event. What is known to differ is not among the cases: a
`#break` inside `#if` there ends the loop only after the rest of its turn, and a missing parameter is `null`.
"""

import json
import pathlib
import shutil
import subprocess

import pytest

from support.code import create, python
from support.waiting import PATIENCE
from support.web import fetch

HERE = pathlib.Path(__file__).resolve().parent
BODY = {
    "name": "Ada", "age": 36, "score": 2.5, "ok": True, "tags": ["x", "y", "z"], "empty": [],
    "pets": [{"name": "Rex", "kind": "dog"}, {"name": "Tom", "kind": "cat"}], "deep": {"a": {"b": [1, 2, 3]}},
}
CASES = [
    """{"body": $input.json('$')}""",
    """{"name": $input.json('$.name'), "b": $input.json('$.deep.a.b'), "one": $input.json('$.pets[1].kind')}""",
    """{"name": "$input.path('$.name')", "age": $input.path('$.age'), "ok": $input.path('$.ok')}""",
    """#set($root = $input.path('$')){"n": "$root.name", "k": "$root.pets[0].kind", "d": $root.deep.a.b[2]}""",
    """#set($root = $input.path('$'))[#foreach($t in $root.tags)"$t"#if($foreach.hasNext),#end#end]""",
    """#set($root = $input.path('$'))[#foreach($p in $root.pets){"i": $foreach.index, "c": $foreach.count, "n": "$p.name"}#if($foreach.hasNext),#end#end]""",
    """{"size": $input.path('$.tags').size(), "first": "$input.path('$.tags').get(0)"}""",
    """#if($input.path('$.ok')){"r": "yes"}#else{"r": "no"}#end""",
    """#set($a = $input.path('$.age'))#if($a > 40){"r": "old"}#elseif($a >= 36){"r": "right"}#else{"r": "young"}#end""",
    """#set($a = 7)#set($b = 3){"r": [#set($c = $a + $b)$c, #set($c = $a * $b)$c, #set($c = $a - $b)$c, #set($c = $a % $b)$c]}""",
    """#set($s = "Hello ${input.path('$.name')}!"){"s": "$s"}""",
    """#set($s = 'a-b-c'){"u": "$s.toUpperCase()", "i": $s.indexOf('b'), "sub": "$s.substring(2)"}""",
    """#set($l = ["a", "b"])#set($x = $l.add("c")){"l": [#foreach($i in $l)"$i"#if($foreach.hasNext),#end#end]}""",
    """#set($m = {"k": 1, "j": "two"}){"k": $m.k, "j": "$m.get('j')", "keys": [#foreach($k in $m.keySet())"$k"#if($foreach.hasNext),#end#end]}""",
    """{"r": [#foreach($i in [1..4])$i#if($foreach.hasNext),#end#end]}""",
    """## a comment\n#* another *#{"r": 1}""",
    """{"q": "$input.params('q')"}""",
    """{"p": "$input.params().querystring.get('q')", "i": "$input.params('id')"}""",
    """{"e": "$util.escapeJavaScript('a"b')", "b": "$util.base64Encode('hi')", "d": "$util.base64Decode('aGk=')"}""",
    """#set($j = $util.parseJson('{"a": [1, {"b": "c"}]}')){"r": "$j.a[1].b"}""",
    """{"stage": "$context.stage", "method": "$context.httpMethod"}""",
    """#if($input.path('$.name') == "Ada" && !$input.path('$.none')){"r": true}#else{"r": false}#end""",
    """#if($input.path('$.age') < 30 || $input.path('$.score') == 2.5){"r": true}#else{"r": false}#end""",
    """#set($x = "outer")#foreach($p in [1])#set($x = "inner")#end{"x": "$x"}""",
    """#macro(pair $k $v)"$k": "$v"#end{#pair("a" "b")}""",
]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    at = tmp_path_factory.mktemp("vtl-oracle")
    for command in (["npm", "pack", "--silent", "apigw-vtl-emulator@1.3.1"],
                    ["npm", "install", "--silent", "--no-audit", "--no-fund", "velocityjs@2.1.7"]):
        done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            pytest.skip(f"{' '.join(command)}: {done.stderr[-300:]}")
    archive, = at.glob("*.tgz")
    shutil.unpack_archive(archive, at)

    def render(cases):
        done = subprocess.run(
            ["node", str(HERE / "vtl_oracle/render.cjs"), str(at)],
            input=json.dumps(cases), capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return render


def test_templates_render_as_elsewhere(server, client, lambda_client, oracle, name):
    apis = client(server, "apigateway")
    function = create(lambda_client, name, python("def lambda_handler(event, context):\n    return event\n"))
    lambda_client.add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    id = apis.create_rest_api(name=name)["id"]
    (root,) = apis.get_resources(restApiId=id)["items"]
    path = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
    for number, template in enumerate(CASES):
        made = apis.create_resource(restApiId=id, parentId=root["id"], pathPart=f"c{number}")["id"]
        of = {"restApiId": id, "resourceId": made, "httpMethod": "POST"}
        apis.put_method(**of, authorizationType="NONE")
        apis.put_integration(
            **of, type="AWS", integrationHttpMethod="POST", uri=f"{path}/{function['FunctionArn']}/invocations",
            requestTemplates={"application/json": template},
        )
        apis.put_method_response(**of, statusCode="200")
        apis.put_integration_response(**of, statusCode="200")
    apis.create_deployment(restApiId=id, stageName="t")
    params = {"path": {}, "querystring": {"q": "v w", "id": "7"}, "header": {}}
    context = {"params": params, "context": {"stage": "t", "httpMethod": "POST"}, "stage": "t", "httpMethod": "POST"}
    body = json.dumps(BODY)
    expected = oracle([{"template": template, "body": body, "context": context} for template in CASES])
    for number, (template, theirs) in enumerate(zip(CASES, expected)):
        ours = fetch(f"{server.url}/_aws/execute-api/{id}/t/c{number}?q=v%20w&id=7", "POST", body)
        assert ours.status == 200, (template, ours.body)
        assert ours.json == json.loads(theirs), template
