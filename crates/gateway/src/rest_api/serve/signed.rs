//! Requests that must be signed (`AWS_IAM`).

use super::{
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::{
    gate::{self, Question, Unsigned},
    policy,
};
use std::sync::Arc;
use tinderbox_base::{Error, policy::Decision};

/// The service's name in signatures.
pub(super) const SERVICE: &str = "execute-api";

/// Finds out who signed the request, and lets them pass if their policies and the API's own do: either in the API's
/// account, both from another.
pub(super) async fn authorize(exchange: &mut Exchange) -> Result<(), Failed> {
    let (call, api) = (&exchange.call, Arc::clone(&exchange.served.api));
    let signer = call.gate.signer(call, SERVICE, &api.region).await.map_err(|unsigned| match unsigned {
        Unsigned::Refused(kind, message) => Failed::signature(kind, message),
        Unsigned::Failed(error) => broken(exchange, &error),
    })?;
    let arn = exchange.method_arn(exchange.path());
    let question = Question {
        action: policy::ACTION,
        resource: &arn,
        owner: &api.account,
        context: gate::context(call, &api.region),
        attached: exchange.variant().and_then(|variant| variant.compiled.policy.as_ref()),
    };
    let decision = call.gate.decide(&signer, question).await.map_err(|error| broken(exchange, &error))?;
    let arn_of_signer = signer.arn.clone();
    exchange.signer = Some(signer);
    match decision {
        Decision::Allowed(_) => Ok(()),
        Decision::Denied(denial) => Err(Failed::denied(&arn_of_signer, &arn, policy::is_explicit(&denial))),
    }
}

fn broken(exchange: &Exchange, error: &Error) -> Failed {
    exchange.call.report(error);
    Failed::internal(Trouble::Default5xx, error.to_string())
}
