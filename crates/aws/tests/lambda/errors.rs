//! How each operation refuses: status, code, text.

use super::*;

impl Reply {
    /// Status, code and message of an error.
    fn error(&self) -> (u16, String, String) {
        let code = self.header("x-amzn-errortype").unwrap_or_default().to_owned();
        let body = self.json();
        let message = body.get("Message").or(body.get("message")).and_then(Value::as_str);
        (self.status.as_u16(), code, message.unwrap_or_default().to_owned())
    }
}

#[track_caller]
fn check(reply: &Reply, status: u16, code: &str, part: &str) {
    let (found_status, found_code, message) = reply.error();
    assert_eq!((found_status, found_code.as_str()), (status, code), "{message}");
    assert!(message.contains(part), "{message}");
}

#[tokio::test]
async fn missing_functions() {
    let server = Server::new().await;
    let text = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:x";
    let missing = |reply: &Reply, text: &str| check(reply, 404, "ResourceNotFoundException", text);
    missing(&server.get("/2015-03-31/functions/x").await, text);
    missing(&server.get("/2015-03-31/functions/x/configuration").await, text);
    missing(&server.send("DELETE", "/2015-03-31/functions/x", &[], String::new()).await, text);
    let latest = format!("{text}:$LATEST");
    missing(&server.send("POST", "/2015-03-31/functions/x/invocations", &[], "{}".into()).await, &latest);
    let other = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ax";
    missing(
        &server.get(other).await,
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    );
}

#[tokio::test]
async fn bad_creations() {
    let server = Server::with_hello().await;
    let create = async |change: &dyn Fn(&mut Value)| {
        let mut body = hello();
        body["FunctionName"] = "other".into();
        change(&mut body);
        server.send("POST", "/2015-03-31/functions", &[], body.to_string()).await
    };
    let invalid = "InvalidParameterValueException";
    let check = |reply: Reply, status, code, part: &str| check(&reply, status, code, part);
    check(
        create(&|b| b["FunctionName"] = "hello".into()).await,
        409,
        "ResourceConflictException",
        "Function already exist: hello",
    );
    check(
        create(&|b| b["Code"] = json!({})).await,
        400,
        invalid,
        "Please provide a source for function code.",
    );
    check(
        create(&|b| b["Code"] = json!({ "ZipFile": "eA==" })).await,
        400,
        invalid,
        "Could not unzip uploaded file.",
    );
    check(
        create(&|b| b["Code"] = json!({ "S3Bucket": "bucket", "S3Key": "k" })).await,
        400,
        invalid,
        "Code in S3",
    );
    check(
        create(&|b| {
            b["PackageType"] = "Image".into();
            b["Runtime"] = serde_json::Value::Null;
        })
        .await,
        400,
        invalid,
        "PackageType Image is not supported",
    );
    check(
        create(&|b| b["Layers"] = json!(["arn:aws:lambda:us-east-1:123456789012:layer:l:1"])).await,
        400,
        invalid,
        "Layers",
    );
    check(
        create(&|b| b["MemorySize"] = 10_241.into()).await,
        400,
        "ValidationException",
        "less than or equal to 10240",
    );
    check(
        create(&|b| b["Timeout"] = 901.into()).await,
        400,
        "ValidationException",
        "Value '901' at 'timeout'",
    );
    check(
        create(&|b| b["Environment"]["Variables"]["AWS_REGION"] = "x".into()).await,
        400,
        invalid,
        "Reserved keys used in this request: AWS_REGION",
    );
    check(
        create(&|b| b["Role"] = "r1".into()).await,
        400,
        "ValidationException",
        "at 'role' failed to satisfy constraint",
    );
    check(
        create(&|b| b["FunctionName"] = "a b".into()).await,
        400,
        "ValidationException",
        "at 'functionName' failed",
    );
    check(create(&|b| b["Tags"] = json!({ "aws:x": "" })).await, 400, invalid, "aws: prefixed tag key names");
    assert_eq!(server.get("/2015-03-31/functions/other").await.status, 404);
}

#[tokio::test]
async fn bad_updates_and_invocations() {
    let server = Server::with_hello().await;
    let stale = json!({ "RevisionId": "x", "MemorySize": 256 }).to_string();
    let reply = server.send("PUT", "/2015-03-31/functions/hello/configuration", &[], stale).await;
    check(&reply, 412, "PreconditionFailedException", "does not match the latest Revision Id");
    let image = json!({ "ImageUri": "x" }).to_string();
    let reply = server.send("PUT", "/2015-03-31/functions/hello/code", &[], image).await;
    check(&reply, 400, "InvalidParameterValueException", "Please don't provide ImageUri");
    let path = "/2015-03-31/functions/hello/invocations";
    let reply = server.send("POST", path, &[], "{".into()).await;
    check(&reply, 400, "InvalidRequestContentException", "Could not parse request body into json");
    let large = format!("\"{}\"", "x".repeat(6_291_455));
    let reply = server.send("POST", path, &[], large).await;
    check(
        &reply,
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    );
    let large = format!("\"{}\"", "x".repeat(1_048_575));
    let reply = server.send("POST", path, &[("x-amz-invocation-type", "Event")], large).await;
    check(&reply, 413, "RequestEntityTooLargeException", "1048577 byte payload is too large for the Event");
    let body = json!({ "ReservedConcurrentExecutions": 901 }).to_string();
    let reply = server.send("PUT", "/2017-10-31/functions/hello/concurrency", &[], body).await;
    check(&reply, 400, "InvalidParameterValueException", "below its minimum value of [100].");
    let body = json!({ "ReservedConcurrentExecutions": 0 }).to_string();
    assert_eq!(server.send("PUT", "/2017-10-31/functions/hello/concurrency", &[], body).await.status, 200);
    let reply = server.send("POST", path, &[], "{}".into()).await;
    check(&reply, 429, "TooManyRequestsException", "Rate Exceeded.");
    assert_eq!(reply.json()["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let server = Server::with_hello().await;
    let reply = server.send("GET", "/2025-11-30/capacity-providers", &[], String::new()).await;
    assert_eq!(reply.status, 501);
    assert!(String::from_utf8_lossy(&reply.body).contains("ListCapacityProviders"), "{reply:?}");
}
