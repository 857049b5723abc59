//! CreateFunctionUrlConfig, GetFunctionUrlConfig, UpdateFunctionUrlConfig, DeleteFunctionUrlConfig,
//! ListFunctionUrlConfigs, and calls through those URLs.

use super::draft::Draft;
use super::invoke::{Invoked, Requested};
use super::list::{marker, page_size};
use super::permissions::URL_ACTION;
use super::table::Namespace;
use super::target::refusal;
use super::{Functions, InvocationType, Streamed, changes, url_index};
use crate::errors;
use crate::model::{Access, FunctionUrl, UrlCors};
use crate::names::{LATEST, Target};
use bytes::Bytes;
use std::ops::Bound;
use std::sync::Arc;
use tinderbox_base::{
    AccountId, Arn, Caller, Error, Principal, Region, Reply, RequestId, Result, StreamedReply,
};

/// What may be done through an URL, in policies. New URLs need both since October 2025 (Lambda guide, "Control
/// access to Lambda function URLs").
const THROUGH_URL: [&str; 2] = [URL_ACTION, "lambda:InvokeFunction"];
/// The kind of an URL that lets in who did not sign.
const OPEN: &str = "NONE";
/// Who calls without having said who they are.
const ANONYMOUS: &str = "anonymous";
/// Entries of one list of a CORS configuration, and their length (Lambda API, Cors).
const MAX_CORS_ENTRIES: usize = 100;
const MAX_CORS_AGE_S: i64 = 86_400;

/// What a caller says about an URL.
#[derive(Clone, Debug, Default)]
pub struct UrlSettings {
    /// The function's name or ARN.
    pub function: String,
    /// The alias.
    pub qualifier: Option<String>,
    /// `NONE` or `AWS_IAM`.
    pub auth_type: Option<String>,
    /// Which pages of other origins may call.
    pub cors: Option<UrlCors>,
    /// `BUFFERED` or `RESPONSE_STREAM`.
    pub invoke_mode: Option<String>,
}

/// An URL with what it leads to.
#[derive(Clone, Debug)]
pub struct UrlFound {
    /// Its record.
    pub url: Arc<FunctionUrl>,
    /// The function, or the alias.
    pub arn: Arn,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
}

/// A page of URLs.
#[derive(Clone, Debug)]
pub struct UrlPage {
    /// The URLs.
    pub urls: Vec<UrlFound>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Functions {
    /// Gives a function or an alias an URL.
    ///
    /// # Errors
    /// There is no such function or alias, it has an URL, or the settings are none that can be.
    pub async fn create_url(&self, caller: &Caller, new: UrlSettings) -> Result<UrlFound> {
        let target = self.of_url(caller, &new, "CreateFunctionUrlConfig")?;
        check(&new)?;
        let cors = new.cors.filter(|cors| !cors.is_empty());
        self.inner.table.get(&target).ok_or_else(no_function)?;
        let (inner, named) = (self.inner.clone(), target.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = existing(draft, &named)?;
            if draft.parts.urls.contains_key(qualifier) {
                return Err(errors::conflict(format!(
                    "Failed to create function url config for [functionArn = {}]. Error message:  \
                     FunctionUrlConfig exists for this Lambda function",
                    named.arn()
                )));
            }
            let now = inner.clock.now();
            draft.set_url(
                qualifier,
                FunctionUrl {
                    id: FunctionUrl::new_id(&*inner.random),
                    auth_type: new.auth_type.unwrap_or_else(|| "NONE".into()),
                    cors,
                    invoke_mode: new.invoke_mode.unwrap_or_else(|| "BUFFERED".into()),
                    created: now,
                    last_modified: now,
                },
            )
        };
        let (_, url) = self.inner.update(&target, None, decide).await?;
        Ok(found(&target, url))
    }

    /// Changes an URL; what is none stays as it is, and a CORS configuration that says nothing takes back the one it has.
    ///
    /// # Errors
    /// There is no such URL, or the settings are none that can be.
    pub async fn update_url(&self, caller: &Caller, change: UrlSettings) -> Result<UrlFound> {
        let target = self.of_url(caller, &change, "UpdateFunctionUrlConfig")?;
        check(&change)?;
        self.inner.table.get(&target).ok_or_else(no_function)?;
        let (inner, named) = (self.inner.clone(), target.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = existing(draft, &named)?;
            let old = draft.parts.urls.get(qualifier).cloned().ok_or_else(missing)?;
            let mut url = FunctionUrl::clone(&old);
            url.auth_type = change.auth_type.unwrap_or(url.auth_type);
            url.cors = change.cors.or(url.cors).filter(|cors| !cors.is_empty());
            url.invoke_mode = change.invoke_mode.unwrap_or(url.invoke_mode);
            url.last_modified = inner.clock.now();
            draft.set_url(qualifier, url)
        };
        let (_, url) = self.inner.update(&target, None, decide).await?;
        Ok(found(&target, url))
    }

    /// The URL of a function or an alias.
    ///
    /// # Errors
    /// There is none.
    pub fn url(&self, caller: &Caller, wanted: &UrlSettings) -> Result<UrlFound> {
        let target = self.of_url(caller, wanted, "GetFunctionUrlConfig")?;
        let live = self.inner.table.get(&target).ok_or_else(missing)?;
        let url = live.parts.urls.get(target.qualifier.as_deref().unwrap_or(LATEST));
        Ok(found(&target, url.cloned().ok_or_else(missing)?))
    }

    /// Deletes the URL of a function or an alias.
    ///
    /// # Errors
    /// There is none.
    pub async fn delete_url(&self, caller: &Caller, wanted: &UrlSettings) -> Result<()> {
        let target = self.of_url(caller, wanted, "DeleteFunctionUrlConfig")?;
        if self.inner.table.get(&target).is_none() {
            return Err(missing());
        }
        let qualifier = target.qualifier.clone().unwrap_or_else(|| LATEST.into());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            if draft.delete_url(&qualifier) { Ok(()) } else { Err(missing()) }
        };
        self.inner.update(&target, None, decide).await.map(drop)
    }

    /// A page of the URLs of a function and its aliases.
    ///
    /// # Errors
    /// There is no such function, or the marker is none.
    pub fn list_urls(
        &self,
        caller: &Caller,
        function: &str,
        from: Option<&str>,
        max_items: Option<i64>,
    ) -> Result<UrlPage> {
        let target = self.inner.target(caller, function, None, "ListFunctionUrlConfigs")?;
        changes::latest(&target)?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        let after = from.filter(|m| !m.is_empty()).map(marker::text).transpose()?;
        let limit = page_size(max_items);
        let start = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = live.parts.urls.range::<str, _>((start, Bound::Unbounded)).peekable();
        let (mut urls, mut last) = (Vec::new(), None);
        for (qualifier, url) in rest.by_ref().take(limit) {
            urls.push(found(&url_index::target(&live, qualifier), url.clone()));
            last = Some(qualifier);
        }
        let next = last.filter(|_| rest.peek().is_some()).map(|qualifier| marker::of(qualifier));
        Ok(UrlPage { urls, next })
    }

    /// The URL of this id.
    pub fn find_url(&self, id: &str) -> Option<UrlFound> {
        let target = self.inner.urls.get(id)?;
        let live = self.inner.table.get(&target)?;
        let url = live.parts.urls.get(target.qualifier.as_deref().unwrap_or(LATEST))?;
        (url.id == id).then(|| found(&target, url.clone()))
    }

    /// Invokes what an URL leads to, for somebody whom the front door let through by their signature, or for somebody
    /// who did not say who they are.
    ///
    /// # Errors
    /// `Denied` for the latter, unless the URL is open and the resource policy lets everybody do both things that
    /// this takes; others as of Invoke.
    pub async fn call_url(
        &self,
        id: &str,
        event: Bytes,
        trace: Option<String>,
        let_through: bool,
    ) -> Result<Reply> {
        let (target, caller) = self.through_url(id, trace, let_through)?;
        match self.invoke_target(&caller, &target, of_url(event)).await.map_err(refusal)? {
            Invoked::Answered { payload, failed, start, .. } => {
                Ok(Reply { payload, failed, start: start.map(|start| start.as_str()) })
            }
            Invoked::Accepted | Invoked::Possible => {
                Ok(Reply { payload: Bytes::new(), failed: false, start: None })
            }
        }
    }

    /// The same, for an answer that is wanted as it comes.
    ///
    /// # Errors
    /// As of [`Self::call_url`].
    pub async fn stream_url(
        &self,
        id: &str,
        event: Bytes,
        trace: Option<String>,
        let_through: bool,
    ) -> Result<StreamedReply> {
        let (target, caller) = self.through_url(id, trace, let_through)?;
        match self.stream_target(&caller, target, of_url(event)).await.map_err(refusal)? {
            Streamed::Answering(streaming) => Ok(streaming.into_reply()),
            Streamed::Possible => Err(missing()),
        }
    }

    /// What an URL leads to, and as whom it is called, for somebody who was let through or if everybody may.
    fn through_url(&self, id: &str, trace: Option<String>, let_through: bool) -> Result<(Target, Caller)> {
        let target = self.inner.urls.get(id).ok_or_else(missing)?;
        let live = self.inner.table.get(&target).ok_or_else(missing)?;
        let url = live.parts.urls.get(target.qualifier.as_deref().unwrap_or(LATEST)).ok_or_else(missing)?;
        let own =
            Caller::root(target.account.clone(), target.region.clone(), RequestId::new(&*self.inner.random));
        let nobody = Caller { principal: Principal::Service(ANONYMOUS.into()), ..own.clone() };
        let policy = live.policy(target.qualifier.as_deref()).filter(|_| url.auth_type == OPEN);
        for action in THROUGH_URL.into_iter().filter(|_| !let_through) {
            let access = Access { caller: &nobody, action, function_url: Some(&url.auth_type) };
            if !policy.is_some_and(|policy| policy.allows(&access)) {
                return Err(errors::access_denied(
                    ANONYMOUS,
                    action.trim_start_matches("lambda:"),
                    target.arn(),
                ));
            }
        }
        Ok((target, Caller { trace, ..own }))
    }

    fn of_url(&self, caller: &Caller, settings: &UrlSettings, action: &str) -> Result<Target> {
        let target = self.inner.target(caller, &settings.function, settings.qualifier.as_deref(), action)?;
        let version = |qualifier: &str| qualifier == LATEST || qualifier.bytes().all(|b| b.is_ascii_digit());
        match target.qualifier.as_deref() {
            Some(qualifier) if version(qualifier) => Err(errors::invalid_parameter(
                "Function URLs are for functions and aliases, not for versions.",
            )),
            _ => Ok(target),
        }
    }
}

fn of_url(event: Bytes) -> Requested {
    Requested { kind: InvocationType::RequestResponse, payload: event, client_context: None, tail: false }
}

/// The key of the URL of `target`, which must exist.
fn existing<'t>(draft: &Draft, target: &'t Target) -> Result<&'t str> {
    match target.qualifier.as_deref() {
        None => Ok(LATEST),
        Some(alias) if draft.parts.aliases.contains_key(alias) => Ok(alias),
        Some(_) => Err(no_function()),
    }
}

fn found(target: &Target, url: Arc<FunctionUrl>) -> UrlFound {
    UrlFound { url, arn: target.arn(), account: target.account.clone(), region: target.region.clone() }
}

fn no_function() -> Error {
    errors::not_found("Function does not exist")
}

fn missing() -> Error {
    errors::not_found("The resource you requested does not exist.")
}

fn check(settings: &UrlSettings) -> Result<()> {
    match settings.auth_type.as_deref() {
        None | Some(OPEN | "AWS_IAM") => {}
        Some(other) => return Err(errors::invalid_parameter(format!("Invalid AuthType {other}"))),
    }
    match settings.invoke_mode.as_deref() {
        None | Some("BUFFERED" | "RESPONSE_STREAM") => {}
        Some(other) => return Err(errors::invalid_parameter(format!("Invalid InvokeMode {other}"))),
    }
    let Some(cors) = &settings.cors else { return Ok(()) };
    let lists = [&cors.allow_headers, &cors.allow_methods, &cors.allow_origins, &cors.expose_headers];
    if lists.iter().any(|list| list.as_ref().is_some_and(|list| list.len() > MAX_CORS_ENTRIES)) {
        let text = format!("A list of the CORS configuration has more than {MAX_CORS_ENTRIES} entries");
        return Err(errors::invalid_parameter(text));
    }
    if cors.max_age.is_some_and(|age| !(0..=MAX_CORS_AGE_S).contains(&age)) {
        return Err(errors::invalid_parameter(format!("MaxAge must be between 0 and {MAX_CORS_AGE_S}")));
    }
    Ok(())
}
