//! Invoke.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tinderbox_aws_model_lambda::{errors::TooManyRequestsException, types::*};
use tinderbox_functions::{
    Functions, Invocation, InvocationType as Kind, InvokeFault, Invoked, ThrottleReason as Limit,
};
use tinderbox_wire::{Context, Result, ServiceError};

pub(super) async fn invoke(
    functions: &Functions,
    cx: &mut Context,
    input: InvocationRequest,
) -> Result<InvocationResponse> {
    let invocation = Invocation {
        name: input.function_name,
        qualifier: input.qualifier,
        kind: match input.invocation_type.as_deref() {
            Some(InvocationType::EVENT) => Kind::Event,
            Some(InvocationType::DRY_RUN) => Kind::DryRun,
            _ => Kind::RequestResponse,
        },
        payload: input.payload.unwrap_or_default(),
        client_context: input.client_context,
        tail: input.log_type.as_deref() == Some(LogType::TAIL),
    };
    match functions.invoke(&cx.caller, invocation).await.map_err(refusal)? {
        Invoked::Accepted => Ok(InvocationResponse { status_code: Some(202), ..Default::default() }),
        Invoked::Possible => Ok(InvocationResponse { status_code: Some(204), ..Default::default() }),
        Invoked::Answered { payload, failed, version, tail, start } => {
            cx.header("content-type", "application/json");
            if let Some(start) = start {
                cx.header("x-tinderbox-start", start.as_str());
            }
            Ok(InvocationResponse {
                status_code: Some(200),
                function_error: failed.then(|| "Unhandled".into()),
                log_result: tail.map(|tail| BASE64_STANDARD.encode(tail)),
                payload: Some(payload),
                executed_version: Some(version.to_string()),
                ..Default::default()
            })
        }
    }
}

/// Seconds after which a throttled call may find a free instance, for clients that wait as long as they are told.
const RETRY_AFTER: &str = "1";

pub(super) fn refusal(fault: InvokeFault) -> ServiceError {
    match fault {
        InvokeFault::Failed(error) => error.into(),
        InvokeFault::Throttled(limit) => {
            let reason = match limit {
                Limit::Reserved => ThrottleReason::RESERVED_FUNCTION_CONCURRENT_INVOCATION_LIMIT_EXCEEDED,
                Limit::Account | Limit::Capacity => ThrottleReason::CONCURRENT_INVOCATION_LIMIT_EXCEEDED,
            };
            let error = TooManyRequestsException {
                reason: Some(reason.into()),
                retry_after_seconds: Some(RETRY_AFTER.into()),
                ..TooManyRequestsException::new("Rate Exceeded.")
            };
            error.into()
        }
    }
}
