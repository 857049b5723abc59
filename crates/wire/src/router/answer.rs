//! What every response has in common.

use crate::{Body, codec::Reply};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tinderbox_base::RequestId;

/// Completes a response. `Date` is the server's to add.
pub(super) fn finish(reply: Reply, id: RequestId) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        for name in ["x-amzn-requestid", "x-amz-request-id"] {
            response.headers_mut().insert(HeaderName::from_static(name), value.clone());
        }
    }
    response
}
