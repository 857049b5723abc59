//! Answers that nobody gives (`MOCK`): what browsers ask before they call, mostly.

use super::{exchange::Exchange, mapping, trouble::Failed};
use crate::rest_api::model::Integration;
use ::http::Response;
use bytes::Bytes;
use std::sync::LazyLock;

/// The status that a mock's request template names. Tools leave out the quotes, and AWS takes that.
static STATUS: LazyLock<Option<regex::Regex>> =
    LazyLock::new(|| regex::Regex::new(r#"["']?statusCode["']?\s*:\s*["']?(\d{3})\b"#).ok());

/// Answers as the integration's responses say.
pub(super) fn answer(exchange: &mut Exchange, integration: &Integration) -> Result<Response<Bytes>, Failed> {
    let request = mapping::request_body(exchange, integration)?;
    let status = status(&String::from_utf8_lossy(&request)).map(str::to_owned).ok_or_else(|| {
        Failed::misconfigured(
            "Unable to parse statusCode. It should be an integer defined in the request template",
        )
    })?;
    mapping::respond(exchange, integration, Some(&status), Response::new(Bytes::new()))
}

fn status(request: &str) -> Option<&str> {
    STATUS.as_ref()?.captures(request)?.get(1).map(|found| found.as_str())
}

#[cfg(test)]
mod tests {
    #[test]
    fn statuses() {
        fn check(request: &str, expect: Option<&str>) {
            assert_eq!(super::status(request), expect, "{request}");
        }
        check(r#"{"statusCode": 200}"#, Some("200"));
        check("{statusCode:204}", Some("204"));
        check(r#"{ "statusCode" : "404" }"#, Some("404"));
        check(r#"{"statusCode": 2000}"#, None);
        check("{}", None);
    }
}
