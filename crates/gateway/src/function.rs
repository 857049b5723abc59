//! Calling functions: what an integration's URI names, and the call itself.

use bytes::Bytes;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};
use tinderbox_base::{Arn, Caller, Error, Reply, Targets};

/// The service that functions see as their caller.
pub(crate) const PRINCIPAL: &str = "apigateway.amazonaws.com";

const STAGE_VARIABLE: &str = "${stageVariables.";

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Called {
    /// The function ran: its answer or its error.
    Answered(Reply),
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

/// The function's ARN in `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations`.
pub(crate) fn function_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(":lambda:path/")?;
    let (_, rest) = rest.split_once("/functions/")?;
    uri.starts_with("arn:").then(|| rest.strip_suffix("/invocations"))?
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
