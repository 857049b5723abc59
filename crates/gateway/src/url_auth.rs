//! Who may call a function's URL that wants signed requests (`AWS_IAM`).

use crate::{
    call::Call,
    edge,
    gate::{self, MISSING, Question, Signer, Unsigned},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tinderbox_base::{AccountId, Error, ErrorKind, Region, policy::Policy};

/// The service's name in signatures.
const SERVICE: &str = "lambda";
/// What calling through an URL takes. Both since October 2025 (Lambda guide, "Control access to Lambda function URLs").
const ACTIONS: [&str; 2] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

/// What an URL leads to, where requests must be signed.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// The function's ARN, or its alias's.
    pub arn: String,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// Who else may call it.
    pub policy: Option<Policy>,
}

/// Why a request is not let through.
pub(crate) enum Stopped {
    /// What is wrong with its signature, as the client is told.
    Answered(Response<Bytes>),
    /// They may not, or it cannot be known.
    Refused(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Who signed the request, if they may call what the URL leads to.
pub(crate) async fn signer(call: &Call, url: &Guarded) -> Result<Signer, Stopped> {
    let denied = |reason: String| Stopped::Refused(Error::new(ErrorKind::Denied, reason));
    let signer = call.gate.signer(call, SERVICE, &url.region).await.map_err(|unsigned| match unsigned {
        Unsigned::Refused(kind, message) if kind == MISSING => denied(message),
        Unsigned::Refused(kind, message) => Stopped::Answered(wrong(&kind, &message)),
        Unsigned::Failed(error) => error.into(),
    })?;
    for action in ACTIONS {
        let mut context = gate::context(call, &url.region);
        context.set("lambda:FunctionUrlAuthType", "AWS_IAM");
        context.set("lambda:InvokedViaFunctionUrl", "true");
        let attached = url.policy.as_ref();
        let question = Question { action, resource: &url.arn, owner: &url.account, context, attached };
        if !call.gate.decide(&signer, question).await?.is_allowed() {
            return Err(denied(format!("{} may not {action}", signer.arn)));
        }
    }
    Ok(signer)
}

/// What a client reads whose signature is wrong. What should have been signed, URLs do not tell.
fn wrong(kind: &str, message: &str) -> Response<Bytes> {
    let message = message.split("\n\n").next().unwrap_or_default();
    let mut response = edge::refusal(StatusCode::FORBIDDEN, MISSING, message);
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), kind);
    }
    response
}
