//! Calling functions: what an integration's URI names, and the call itself.

use bytes::Bytes;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};
use tinderbox_base::{Arn, Caller, Error, Reply, StreamedReply, Targets};

/// The service that functions see as their caller.
pub(crate) const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// What ends the URI of an integration that asks for an answer as it comes.
pub(crate) const STREAMED: &str = "/response-streaming-invocations";

const STAGE_VARIABLE: &str = "${stageVariables.";

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Called<R = Reply> {
    /// The function ran: its answer or its error.
    Answered(R),
    /// It was not run.
    Refused(Error),
    /// It did not answer in time, and may still run.
    TimedOut,
}

/// Calls the function `arn` names, and waits at most `timeout` for its answer.
pub(crate) async fn call(
    targets: &Targets,
    caller: Caller,
    arn: Arn,
    event: Bytes,
    timeout: Duration,
) -> Called {
    let target = match targets.of(&arn) {
        Ok(target) => Arc::clone(target),
        Err(error) => return Called::Refused(error),
    };
    let mut work = Box::pin(async move { target.call(&caller, &arn, event).await });
    match tokio::time::timeout(timeout, work.as_mut()).await {
        Ok(Ok(reply)) => Called::Answered(reply),
        Ok(Err(error)) => Called::Refused(error),
        Err(_) => {
            // Who stops waiting does not stop the function.
            tokio::spawn(work);
            Called::TimedOut
        }
    }
}

/// Calls the function `arn` names for an answer as it comes, of which `begin` makes something once it has begun; for that
/// it waits at most `timeout`.
pub(crate) async fn stream<R>(
    targets: &Targets,
    caller: Caller,
    arn: Arn,
    event: Bytes,
    timeout: Duration,
    begin: impl AsyncFnOnce(StreamedReply) -> R,
) -> Called<R> {
    let target = match targets.of(&arn) {
        Ok(target) => Arc::clone(target),
        Err(error) => return Called::Refused(error),
    };
    let work = async { Ok(begin(target.stream(&caller, &arn, event).await?).await) };
    match tokio::time::timeout(timeout, work).await {
        Ok(Ok(begun)) => Called::Answered(begun),
        Ok(Err(error)) => Called::Refused(error),
        Err(_) => Called::TimedOut,
    }
}

/// The function's ARN in `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations`, or after
/// `/2021-11-15/` with `response-streaming-invocations`.
pub(crate) fn function_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(":lambda:path/")?;
    let (_, rest) = rest.split_once("/functions/")?;
    let arn = rest.strip_suffix("/invocations").or_else(|| rest.strip_suffix(STREAMED))?;
    uri.starts_with("arn:").then_some(arn)
}

/// The text with each `${stageVariables.NAME}` replaced by that variable; what is not set becomes nothing.
pub(crate) fn with_variables<'t>(text: &'t str, variables: &BTreeMap<String, String>) -> Cow<'t, str> {
    if !text.contains(STAGE_VARIABLE) {
        return text.into();
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(STAGE_VARIABLE) {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push_str(STAGE_VARIABLE);
            rest = after;
            continue;
        };
        out.push_str(variables.get(name).map_or("", String::as_str));
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        fn check(uri: &str, expect: Option<&str>) {
            assert_eq!(function_of(uri), expect, "{uri}");
        }
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello:live";
        let path = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions";
        check(&format!("{path}/{arn}/invocations"), Some(arn));
        check(&format!("{path}/{arn}/response-streaming-invocations"), Some(arn));
        check(&format!("{path}/{arn}"), None);
        check("arn:aws:apigateway:us-east-1:sqs:path/123456789012/jobs", None);
        check("https://example.com/functions/x/invocations", None);
    }

    #[test]
    fn variables() {
        let variables = BTreeMap::from([("fn".to_owned(), "hello".to_owned())]);
        let check = |text: &str, expect: &str| assert_eq!(with_variables(text, &variables), expect);
        check("function:${stageVariables.fn}:live", "function:hello:live");
        check("${stageVariables.fn}${stageVariables.other}.", "hello.");
        check("${stageVariables.fn", "${stageVariables.fn");
        check("plain", "plain");
    }
}
