//! Who may call: the method's authorization, and the API's policy.

use super::{authorizer, compiled::Route, exchange::Exchange, signed, trouble::Failed};
use crate::{
    gate,
    policy::{self, Asked},
};
use tinderbox_base::policy::{Decision, Policy};

/// Lets the request pass, or says why not.
pub(super) async fn authorize(exchange: &mut Exchange, route: &Route) -> Result<(), Failed> {
    match route.method.authorization_type.as_str() {
        "AWS_IAM" => signed::authorize(exchange).await,
        "CUSTOM" => authorizer::authorize(exchange, route).await,
        _ => match decided(exchange, None) {
            Some(Decision::Denied(denial)) => Err(denied(exchange, policy::is_explicit(&denial))),
            Some(Decision::Allowed(_)) | None => Ok(()),
        },
    }
}

/// What the API's policy decides, together with an authorizer's; none if it has none.
pub(super) fn decided(exchange: &Exchange, answered: Option<&Policy>) -> Option<Decision> {
    let own = exchange.variant().and_then(|variant| variant.compiled.policy.as_ref());
    if own.is_none() && answered.is_none() {
        return None;
    }
    let (arn, api) = (exchange.method_arn(exchange.path()), &exchange.served.api);
    let context = gate::context(&exchange.call, &api.region);
    Some(policy::judge(Asked { arn: &arn, owner: &api.account, context: &context }, answered, own))
}

/// Nobody in particular, whom the API's policy does not let in.
pub(super) fn denied(exchange: &Exchange, explicit: bool) -> Failed {
    Failed::denied("anonymous", &exchange.method_arn(exchange.path()), explicit)
}
