//! Requests that must be signed (`AWS_IAM`).

use super::{StageLive, exchange::Exchange, failed::Failed};
use crate::{
    gate::{self, Question, Signer, Unsigned},
    policy,
};
use tinderbox_base::{Error, policy::Decision};

/// The service's name in signatures.
const SERVICE: &str = "execute-api";

/// Who signed the request, if their policies let them call this. An HTTP API has no policy of its own.
pub(super) async fn signer(exchange: &Exchange, stage: &StageLive) -> Result<Signer, Failed> {
    let (call, api) = (&exchange.call, &exchange.served.api);
    let signer = call.gate.signer(call, SERVICE, &api.region).await.map_err(|unsigned| match unsigned {
        // Of what is wrong with a signature, this kind of API tells its client nothing.
        Unsigned::Refused(kind, message) => Failed::forbidden(format!("{kind}: {message}")),
        Unsigned::Failed(error) => broken(exchange, &error),
    })?;
    let arn = exchange.route_arn(stage, exchange.path_in(stage));
    let question = Question {
        action: policy::ACTION,
        resource: &arn,
        owner: &api.account,
        context: gate::context(call, &api.region),
        attached: None,
    };
    match call.gate.decide(&signer, question).await {
        Ok(Decision::Allowed(_)) => Ok(signer),
        Ok(Decision::Denied(_)) => Err(Failed::forbidden(format!("{} may not call {arn}", signer.arn))),
        Err(error) => Err(broken(exchange, &error)),
    }
}

fn broken(exchange: &Exchange, error: &Error) -> Failed {
    exchange.call.report(error);
    Failed::internal(error.to_string())
}
