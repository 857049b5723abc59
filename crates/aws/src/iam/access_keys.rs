//! Access keys.

use super::paged;
use tinderbox_aws_model_iam::types::{AccessKey as Shown, *};
use tinderbox_identity::{AccessKey, Identity};
use tinderbox_wire::{Context, Result};

/// How the account itself is called where a user's name is due.
const ACCOUNT: &str = "root";

pub(super) async fn create_access_key(
    identity: &Identity,
    cx: &mut Context,
    input: CreateAccessKeyRequest,
) -> Result<CreateAccessKeyResponse> {
    let user = identity.key_owner(&cx.caller, input.user_name)?;
    let (key, secret) = identity.create_access_key(&cx.caller.account, user.as_deref()).await?;
    Ok(CreateAccessKeyResponse {
        access_key: Shown {
            status: status(&key).into(),
            user_name: user.unwrap_or_else(|| ACCOUNT.into()),
            access_key_id: key.id,
            secret_access_key: secret.reveal().to_owned(),
            create_date: Some(key.created),
        },
    })
}

pub(super) async fn list_access_keys(
    identity: &Identity,
    cx: &mut Context,
    input: ListAccessKeysRequest,
) -> Result<ListAccessKeysResponse> {
    let user = identity.key_owner(&cx.caller, input.user_name)?;
    let keys = identity.list_access_keys(&cx.caller.account, user.as_deref()).await?;
    let (keys, marker) = paged(keys, |key| &key.id, input.marker, input.max_items)?;
    let shown = |key: AccessKey| AccessKeyMetadata {
        status: Some(status(&key).into()),
        user_name: Some(key.user.unwrap_or_else(|| ACCOUNT.into())),
        access_key_id: Some(key.id),
        create_date: Some(key.created),
    };
    Ok(ListAccessKeysResponse {
        access_key_metadata: keys.into_iter().map(shown).collect(),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(super) async fn update_access_key(
    identity: &Identity,
    cx: &mut Context,
    input: UpdateAccessKeyRequest,
) -> Result<()> {
    let user = identity.key_owner(&cx.caller, input.user_name)?;
    let active = input.status == StatusType::ACTIVE;
    let account = &cx.caller.account;
    Ok(identity.update_access_key(account, user.as_deref(), &input.access_key_id, active).await?)
}

pub(super) async fn delete_access_key(
    identity: &Identity,
    cx: &mut Context,
    input: DeleteAccessKeyRequest,
) -> Result<()> {
    let user = identity.key_owner(&cx.caller, input.user_name)?;
    Ok(identity.delete_access_key(&cx.caller.account, user.as_deref(), &input.access_key_id).await?)
}

fn status(key: &AccessKey) -> &'static str {
    if key.active { StatusType::ACTIVE } else { StatusType::INACTIVE }
}
