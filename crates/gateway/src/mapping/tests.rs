use super::*;
use proptest::prelude::*;
use serde_json::json;

fn rendered(template: &str, body: &str) -> Result<Rendered, Broken> {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    };
    let context =
        json!({"stage": "lab3", "identity": {"sourceIp": "::1"}, "authorizer": {"principalId": "me"}});
    let given = Given {
        body: body.as_bytes(),
        path: &pairs(&[("id", "7")]),
        query: &pairs(&[("q", "a b"), ("id", "other")]),
        headers: &pairs(&[("Content-Type", "application/json")]),
        context: &context,
        stage_variables: &BTreeMap::from([("fn".to_owned(), "hello".to_owned())]),
    };
    render(&Templates::default(), template, given)
}

#[track_caller]
fn check(template: &str, body: &str, expect: &str) {
    match rendered(template, body) {
        Ok(rendered) => assert_eq!(rendered.text, expect, "{template}"),
        Err(broken) => panic!("{template}: {broken:?}"),
    }
}

const BODY: &str = r#"{"name":"it's \"x\"","n":1.50,"big":10,"tags":["a","b"],"in":{"k":[1,{"z":null}]}}"#;

#[test]
fn input() {
    check("$input.body", BODY, BODY);
    check("$input.body", "", "{}");
    check("#set($result = $input.body)$result", "some raw data", "some raw data");
    check("#set($result = $input.body.testAccess)$result", BODY, "");
    check("[$util.urlEncode($input.body.testAccess)]", BODY, "[]");
    check(
        "$input.json('$')",
        BODY,
        r#"{"name":"it's \"x\"","n":1.5,"big":10,"tags":["a","b"],"in":{"k":[1,{"z":null}]}}"#,
    );
    check("$input.json('$.name')", BODY, r#""it's \"x\"""#);
    check("$input.json('$.none')", BODY, "\"\"");
    check("$input.json('$..z')", BODY, "[null]");
    check("$input.path('$.name') $input.path('$.in.k[0]')", BODY, "it's \"x\" 1");
    check("[$input.path('$.none')]", BODY, "[]");
    check("$input.path('$.in')", BODY, r#"{k=[1,{"z":null}]}"#);
    check("#set($in = $input.path('$'))#foreach($t in $in.tags)$t;#end$in.tags.size()", BODY, "a;b;2");
    check("$input.json('$') $input.path('$').size()", "", "{} 0");
    check(
        "$input.params('id') $input.params('q') $input.params('content-type')",
        "",
        "7 a b application/json",
    );
    check("[$input.params('none')]#if($input.params('none') == '')empty#end", "", "[]empty");
    check("$input.params().querystring.get('id') $input.params().path.id", "", "other 7");
    check("$input.params().keySet()", "", "[path, querystring, header]");
}

#[test]
fn context_and_variables() {
    check("$context.stage $context.identity.sourceIp [$context.none.x]", "", "lab3 ::1 []");
    check("$stageVariables.fn ${stageVariables.none}", "", "hello ");
    check("$context.authorizer.principalId", "", "me");
}

#[test]
fn util() {
    check("$util.escapeJavaScript($input.path('$.name'))", BODY, r#"it\'s \"x\""#);
    check("$util.escapeJavaScript('a/ü')", "", r"a\/\u00FC");
    check("$util.escapeJavaScript($input.json('$.tags'))", BODY, r#"[\"a\",\"b\"]"#);
    check("$util.parseJson('{\"a\":[1]}').a[0]", "", "1");
    check("$util.urlEncode('a b&ü/*') $util.urlDecode('a+b%26')", "", "a+b%26%C3%BC%2F* a b&");
    check("$util.base64Encode('hi') $util.base64Decode('aGk=')", "", "aGk= hi");
}

#[test]
fn overrides() {
    let template = "#set($context.responseOverride.status = 201)#set($context.responseOverride.header.X-A = $input.path('$.big'))\
        #set($context.requestOverride.querystring.page = '2')#set($context.requestOverride.path.id = 'p')";
    let overrides = rendered(template, BODY).expect("a template").overrides;
    assert_eq!(overrides.status, Some(201));
    assert_eq!(overrides.response_headers, [("X-A".to_owned(), "10".to_owned())]);
    assert_eq!(overrides.query, [("page".to_owned(), "2".to_owned())]);
    assert_eq!(overrides.path, [("id".to_owned(), "p".to_owned())]);
    assert!(overrides.request_headers.is_empty());
}

#[test]
fn the_next_template_sees_what_was_set() {
    let first = "#set($context.requestOverride.path.body = 'p')#set($context.responseOverride.header.foo = 'bar')\
        #set($context.responseOverride.custom = 'too')";
    let mut context = json!({});
    rendered(first, BODY).expect("a template").overrides.show(&mut context);
    let expect = json!({
        "requestOverride": {"header": {}, "querystring": {}, "path": {"body": "p"}},
        "responseOverride": {"header": {"foo": "bar"}, "custom": "too"},
    });
    assert_eq!(context, expect);
    let given = Given {
        body: b"",
        path: &[],
        query: &[],
        headers: &[],
        context: &context,
        stage_variables: &BTreeMap::new(),
    };
    let second = "$context.requestOverride.path.body $context.responseOverride.custom#set($context.responseOverride.status = 201)";
    let found = render(&Templates::default(), second, given).expect("a template");
    assert_eq!((found.text.as_str(), found.overrides.status), ("p too", Some(201)));
    assert_eq!(found.overrides.response_headers, [("foo".to_owned(), "bar".to_owned())]);
    let mut context = json!({});
    rendered("$context.stage", BODY).expect("a template").overrides.show(&mut context);
    assert_eq!(context, json!({}));
}

#[test]
fn what_is_broken() {
    assert!(matches!(rendered("$input.json('$')", "{"), Err(Broken::Body(_))));
    assert!(matches!(rendered("$input.path('$[')", "{}"), Err(Broken::Template(_))));
    assert!(matches!(rendered("#if(", "{}"), Err(Broken::Template(_))));
    assert!(matches!(rendered("$util.parseJson('{')", "{}"), Err(Broken::Template(_))));
    check("$input.body", "{", "{");
}

#[test]
fn the_passthrough_template_of_the_console() {
    let template = r###"##  comment
#set($allParams = $input.params())
{
"body-json" : $input.json('$'),
"params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
},
"context" : {
    "stage" : "$context.stage",
    "user" : "$context.identity.user"
    }
}"###;
    let text = rendered(template, r#"{"a":1}"#).expect("a template").text;
    let found: Json = serde_json::from_str(&text).expect("JSON");
    let expect = json!({
        "body-json": {"a": 1},
        "params": {
            "path": {"id": "7"},
            "querystring": {"q": "a b", "id": "other"},
            "header": {"Content-Type": "application\\/json"},
        },
        "context": {"stage": "lab3", "user": ""},
    });
    // A slash may be escaped in JSON too, so that it is read back as it was.
    let header = expect["params"]["header"]["Content-Type"].as_str().map(|text| text.replace("\\/", "/"));
    assert_eq!(found["params"]["header"]["Content-Type"].as_str(), header.as_deref());
    assert_eq!(found["body-json"], expect["body-json"]);
    assert_eq!(found["params"]["querystring"], expect["params"]["querystring"]);
    assert_eq!(found["context"], expect["context"]);
}

proptest! {
    #[test]
    fn any_call_is_answered(method in "(json|path|params|body)", path in "[$.a-c\\[\\]0-9*?@()']{0,12}", body in "[{}\\[\\]\":a-c0-9,]{0,20}") {
        let _ = rendered(&format!("$input.{method}(\"{}\")", path.replace('$', "$D")), &body);
        let _ = rendered(&format!("#set($D = '$')$input.{method}(\"{}\")", path.replace('$', "${D}")), &body);
    }
}
