//! STS.

use std::sync::Arc;
use tinderbox_aws_model_sts::{Sts, types::*};
use tinderbox_identity::Identity;
use tinderbox_wire::{Context, Result, async_trait};

/// The handlers of STS.
#[derive(Clone, Debug)]
pub struct StsHandlers {
    identity: Arc<Identity>,
}

impl StsHandlers {
    /// Handlers that ask `identity`.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self { identity }
    }
}

#[async_trait]
impl Sts for StsHandlers {
    async fn get_caller_identity(
        &self,
        cx: &mut Context,
        _: GetCallerIdentityRequest,
    ) -> Result<GetCallerIdentityResponse> {
        let who = self.identity.caller_identity(&cx.caller).await?;
        Ok(GetCallerIdentityResponse {
            user_id: Some(who.user_id),
            account: Some(who.account.to_string()),
            arn: Some(who.arn),
        })
    }
}
