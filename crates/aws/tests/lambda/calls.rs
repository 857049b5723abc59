//! What each operation answers.

use super::*;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello";

#[tokio::test]
async fn create_function() {
    let server = Server::new().await;
    let reply = server.send("POST", "/2015-03-31/functions", &[], hello().to_string()).await;
    assert_eq!(reply.status, 201);
    let mut shown = reply.json();
    let revision = shown["RevisionId"].take();
    assert_eq!(revision.as_str().map(str::len), Some(36));
    let size = BASE64_STANDARD.decode(zip("1")).expect("bytes").len();
    let sha = shown["CodeSha256"].take();
    assert_eq!(sha.as_str().map(str::len), Some(44));
    let expect = json!({
        "FunctionName": "hello",
        "FunctionArn": ARN,
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::123456789012:role/r",
        "Handler": "app.handler",
        "CodeSize": size,
        "CodeSha256": null,
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2026-01-31T23:59:59.007+0000",
        "Version": "$LATEST",
        "Environment": { "Variables": { "STAGE": "prod" } },
        "TracingConfig": { "Mode": "PassThrough" },
        "RevisionId": null,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": { "Size": 512 },
        "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
        "LoggingConfig": { "LogFormat": "Text", "LogGroup": "/aws/lambda/hello" },
    });
    assert_eq!(shown, expect);
}

#[tokio::test]
async fn get_function_and_its_configuration() {
    let server = Server::with_hello().await;
    let reply = server.get("/2015-03-31/functions/hello").await;
    assert_eq!(reply.status, 200);
    let shown = reply.json();
    assert_eq!(shown["Tags"], json!({ "team": "blue" }));
    assert_eq!(shown["Code"]["RepositoryType"], "S3");
    let location = shown["Code"]["Location"].as_str().expect("a link");
    let token = location.strip_prefix("http://127.0.0.1:4566/_tinderbox/code/").expect("our own link");
    let package = server.functions.code_download(token).await.expect("read").expect("there");
    assert_eq!(BASE64_STANDARD.encode(package), zip("1"));
    let plain = server.get("/2015-03-31/functions/hello/configuration").await.json();
    assert_eq!(plain, shown["Configuration"]);
    let qualified = server.get("/2015-03-31/functions/hello/configuration?Qualifier=$LATEST").await.json();
    assert_eq!(qualified["FunctionArn"], format!("{ARN}:$LATEST"));
    let by_arn = server.get(&format!("/2015-03-31/functions/{}", ARN.replace(':', "%3A"))).await;
    assert_eq!(by_arn.json()["Configuration"]["FunctionName"], "hello");
}

#[tokio::test]
async fn update_function_code_and_configuration() {
    let server = Server::with_hello().await;
    let before = server.get("/2015-03-31/functions/hello/configuration").await.json();
    let body = json!({ "ZipFile": zip("2"), "RevisionId": before["RevisionId"] }).to_string();
    let reply = server.send("PUT", "/2015-03-31/functions/hello/code", &[], body).await;
    assert_eq!(reply.status, 200);
    assert_ne!(reply.json()["CodeSha256"], before["CodeSha256"]);
    let body = json!({ "MemorySize": 256, "Description": "d", "Environment": {} }).to_string();
    let reply = server.send("PUT", "/2015-03-31/functions/hello/configuration", &[], body).await;
    assert_eq!(reply.status, 200);
    let shown = reply.json();
    assert_eq!((&shown["MemorySize"], &shown["Description"]), (&json!(256), &json!("d")));
    assert_eq!(shown["Environment"], json!({ "Variables": {} }));
    assert_eq!(shown["LastUpdateStatus"], "Successful");
}

#[tokio::test]
async fn invoke() {
    let server = Server::with_hello().await;
    let path = "/2015-03-31/functions/hello/invocations";
    let reply = server.send("POST", path, &[("x-amz-log-type", "Tail")], "{\"a\":1}".into()).await;
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, &b"{\"a\":1}"[..]));
    assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
    assert_eq!(reply.header("x-amz-function-error"), None);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.header("x-tinderbox-start").is_some());
    let tail = BASE64_STANDARD.decode(reply.header("x-amz-log-result").expect("a tail")).expect("base64");
    let tail = String::from_utf8(tail).expect("text");
    let id = reply.header("x-amzn-requestid").expect("an id");
    assert!(tail.starts_with(&format!("START RequestId: {id} Version: $LATEST\nEND ")), "{tail}");

    let reply = server.send("POST", path, &[], "\"fail\"".into()).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-amz-function-error")), (200, Some("Unhandled")));
    assert_eq!(reply.json(), json!({ "errorType": "KeyError" }));

    let kind = |kind| [("x-amz-invocation-type", kind)];
    let reply = server.send("POST", path, &kind("Event"), "{}".into()).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (202, 0));
    let reply = server.send("POST", path, &kind("DryRun"), "{}".into()).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(reply.header("x-amz-executed-version"), None);
}

#[tokio::test]
async fn list_functions_in_pages() {
    let server = Server::with_hello().await;
    for name in ["b", "c"] {
        let mut body = hello();
        body["FunctionName"] = name.into();
        assert_eq!(server.send("POST", "/2015-03-31/functions", &[], body.to_string()).await.status, 201);
    }
    let first = server.get("/2015-03-31/functions/?MaxItems=2").await.json();
    let names = |page: &Value| -> Vec<String> {
        let functions = page["Functions"].as_array().expect("a list");
        functions.iter().map(|f| f["FunctionName"].as_str().expect("a name").into()).collect()
    };
    assert_eq!(names(&first), ["b", "c"]);
    assert!(first["Functions"][0].get("State").is_none());
    let marker = first["NextMarker"].as_str().expect("a marker");
    let second = server.get(&format!("/2015-03-31/functions/?MaxItems=2&Marker={marker}")).await.json();
    assert_eq!(names(&second), ["hello"]);
    assert!(second.get("NextMarker").is_none());
    let all = server.get("/2015-03-31/functions/?FunctionVersion=ALL").await.json();
    assert_eq!(all["Functions"][2]["FunctionArn"], format!("{ARN}:$LATEST"));
    let versions = server.get("/2015-03-31/functions/hello/versions").await.json();
    assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(1));
    assert_eq!(versions["Versions"][0]["FunctionArn"], format!("{ARN}:$LATEST"));
}

#[tokio::test]
async fn tags() {
    let server = Server::with_hello().await;
    let path = format!("/2017-03-31/tags/{}", ARN.replace(':', "%3A"));
    let body = json!({ "Tags": { "a": "1" } }).to_string();
    assert_eq!(server.send("POST", &path, &[], body).await.status, 204);
    assert_eq!(server.get(&path).await.json(), json!({ "Tags": { "a": "1", "team": "blue" } }));
    let removed = server.send("DELETE", &format!("{path}?tagKeys=a&tagKeys=team"), &[], String::new()).await;
    assert_eq!(removed.status, 204);
    assert_eq!(server.get(&path).await.json(), json!({ "Tags": {} }));
}

#[tokio::test]
async fn concurrency_and_account() {
    let server = Server::with_hello().await;
    let path = "/2017-10-31/functions/hello/concurrency";
    let body = json!({ "ReservedConcurrentExecutions": 7 }).to_string();
    let reply = server.send("PUT", path, &[], body).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({ "ReservedConcurrentExecutions": 7 })));
    let got = server.get("/2019-09-30/functions/hello/concurrency").await;
    assert_eq!(got.json(), json!({ "ReservedConcurrentExecutions": 7 }));
    let shown = server.get("/2015-03-31/functions/hello").await.json();
    assert_eq!(shown["Concurrency"], json!({ "ReservedConcurrentExecutions": 7 }));
    let account = server.get("/2016-08-19/account-settings").await.json();
    assert_eq!(account["AccountLimit"]["UnreservedConcurrentExecutions"], 993);
    assert_eq!(account["AccountUsage"]["FunctionCount"], 1);
    assert_eq!(server.send("DELETE", path, &[], String::new()).await.status, 204);
    assert_eq!(server.get("/2019-09-30/functions/hello/concurrency").await.json(), json!({}));
}

#[tokio::test]
async fn delete_function() {
    let server = Server::with_hello().await;
    let reply = server.send("DELETE", "/2015-03-31/functions/hello", &[], String::new()).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(server.get("/2015-03-31/functions/hello").await.status, 404);
}

#[tokio::test]
async fn what_tools_ask_along_the_way() {
    let server = Server::with_hello().await;
    let policy = server.get("/2015-03-31/functions/hello/policy").await;
    assert_eq!(
        (policy.status.as_u16(), &policy.json()["Message"]),
        (404, &json!("The resource you requested does not exist."))
    );
    let signing = server.get("/2020-06-30/functions/hello/code-signing-config").await;
    assert_eq!(signing.json()["FunctionName"], "hello");
    let recursion = server.get("/2024-08-31/functions/hello/recursion-config").await;
    assert_eq!(recursion.json(), json!({ "RecursiveLoop": "Terminate" }));
}
