//! STS.

use std::sync::Arc;
use tinderbox_aws_model_sts::{Sts, types::*};
use tinderbox_base::{Error, ErrorKind};
use tinderbox_identity::{AssumeRole, Identity, SessionCredentials};
use tinderbox_wire::{Context, Result, ServiceError, async_trait};

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

    async fn get_session_token(
        &self,
        cx: &mut Context,
        input: GetSessionTokenRequest,
    ) -> Result<GetSessionTokenResponse> {
        without_mfa(input.serial_number.as_ref(), input.token_code.as_ref())?;
        let credentials = self.identity.get_session_token(&cx.caller, seconds(input.duration_seconds))?;
        Ok(GetSessionTokenResponse { credentials: Some(render(credentials)) })
    }

    async fn assume_role(&self, cx: &mut Context, input: AssumeRoleRequest) -> Result<AssumeRoleResponse> {
        without_mfa(input.serial_number.as_ref(), input.token_code.as_ref())?;
        for (name, given) in [
            ("SourceIdentity", input.source_identity.is_some()),
            ("ProvidedContexts", input.provided_contexts.is_some()),
            ("TransitiveTagKeys", input.transitive_tag_keys.is_some()),
        ] {
            if given {
                let text = format!("Tinderbox does not implement {name} of AssumeRole.");
                return Err(ServiceError::coded("NotImplemented", 501, text));
            }
        }
        let assume = AssumeRole {
            role: input.role_arn,
            session: input.role_session_name,
            seconds: seconds(input.duration_seconds),
            policy: input.policy,
            policy_arns: input.policy_arns.unwrap_or_default().into_iter().filter_map(|p| p.arn).collect(),
            external_id: input.external_id,
            tags: input.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        };
        let assumed = self.identity.assume_role(&cx.caller, assume).await?;
        Ok(AssumeRoleResponse {
            credentials: Some(render(assumed.credentials)),
            assumed_role_user: Some(AssumedRoleUser { assumed_role_id: assumed.id, arn: assumed.arn }),
            ..AssumeRoleResponse::default()
        })
    }

    async fn get_access_key_info(
        &self,
        _: &mut Context,
        input: GetAccessKeyInfoRequest,
    ) -> Result<GetAccessKeyInfoResponse> {
        let account = self.identity.account_of_key(&input.access_key_id)?;
        Ok(GetAccessKeyInfoResponse { account: Some(account.to_string()) })
    }
}

/// Nobody has a second factor here, so no code of one is right.
fn without_mfa(serial_number: Option<&String>, code: Option<&String>) -> Result<()> {
    if serial_number.is_some() || code.is_some() {
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        return Err(Error::new(ErrorKind::Denied, text).into());
    }
    Ok(())
}

fn seconds(given: Option<i64>) -> Option<u32> {
    // The model bounds it.
    given.and_then(|seconds| u32::try_from(seconds).ok())
}

fn render(credentials: SessionCredentials) -> Credentials {
    Credentials {
        access_key_id: credentials.id,
        secret_access_key: credentials.secret.reveal().to_owned(),
        session_token: credentials.token,
        expiration: credentials.expires,
    }
}
