//! Put-, Update-, Get-, Delete- and ListFunctionEventInvokeConfig.

use super::draft::Draft;
use super::list::{marker, page_size};
use super::table::Namespace;
use super::{Functions, Inner, changes};
use crate::errors;
use crate::model::{EventConfig, MAX_EVENT_AGE_S, MAX_RETRIES, MIN_EVENT_AGE_S};
use crate::names::{FunctionRef, LATEST, Target};
use std::ops::Bound;
use std::sync::Arc;
use tinderbox_base::{Arn, Caller, Result};

/// What a caller sends to set how events are handled.
#[derive(Clone, Debug, Default)]
pub struct EventSettings {
    /// The function's name or ARN.
    pub name: String,
    /// The version or alias.
    pub qualifier: Option<String>,
    /// Retries.
    pub retries: Option<i64>,
    /// Seconds after which an event is given up.
    pub max_age_s: Option<i64>,
    /// Who hears of ends.
    pub destinations: Option<Destinations>,
}

/// Who hears of the ends of events, by ARN; an empty one is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Of events that succeeded.
    pub on_success: Option<String>,
    /// Of events that were given up.
    pub on_failure: Option<String>,
}

/// Whether settings take the place of all that were there, or only of those they name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// All.
    All,
    /// Those named. There must have been some.
    Named,
}

/// Settings that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventConfigFound {
    /// The settings.
    pub config: Arc<EventConfig>,
    /// What they are of.
    pub arn: Arn,
}

/// Some settings, by their qualifiers.
#[derive(Clone, Debug)]
pub struct EventConfigPage {
    /// The settings.
    pub configs: Vec<EventConfigFound>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Functions {
    /// Sets how the events of a function, version or alias are handled. When this returns, it holds.
    pub async fn set_event_config(
        &self,
        caller: &Caller,
        settings: EventSettings,
        replace: Replace,
    ) -> Result<EventConfigFound> {
        let inner = &self.inner;
        let action = match replace {
            Replace::All => "PutFunctionEventInvokeConfig",
            Replace::Named => "UpdateFunctionEventInvokeConfig",
        };
        let EventSettings { name, qualifier, retries, max_age_s, destinations } = settings;
        if retries.is_none() && max_age_s.is_none() && destinations.is_none() {
            return Err(errors::invalid_parameter(
                "You must specify at least one of error handling or destination setting.",
            ));
        }
        let target = inner.target(caller, &name, qualifier.as_deref(), action)?;
        let live = inner.table.get(&target);
        if live.is_none_or(|live| live.behind(target.qualifier.as_deref()).is_none()) {
            return Err(errors::not_found("The function doesn't exist."));
        }
        let retries = retries.map(self::retries).transpose()?;
        let max_age_s = max_age_s.map(age).transpose()?;
        if let Some(destinations) = &destinations {
            check(inner, &target, destinations)?;
        }
        let (of, now) = (target.clone(), inner.clock.now());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = of.qualifier.as_deref().unwrap_or(LATEST);
            let old = draft.parts.event_configs.get(qualifier).map(|config| (**config).clone());
            let old = match replace {
                Replace::All => EventConfig::default(),
                Replace::Named => old.ok_or_else(|| none(&of))?,
            };
            let (on_success, on_failure) = match destinations {
                Some(new) => (given(new.on_success), given(new.on_failure)),
                None => (old.on_success, old.on_failure),
            };
            draft.set_event_config(
                qualifier,
                EventConfig {
                    retries: retries.or(old.retries),
                    max_age_s: max_age_s.or(old.max_age_s),
                    on_success,
                    on_failure,
                    last_modified: now,
                },
            )
        };
        let (_, config) = inner.update(&target, None, decide).await?;
        Ok(EventConfigFound { config, arn: target.qualified_arn() })
    }

    /// How the events of a function, version or alias are handled, if that was set.
    pub fn event_config(
        &self,
        caller: &Caller,
        name: &str,
        qualifier: Option<&str>,
    ) -> Result<EventConfigFound> {
        let target = self.inner.target(caller, name, qualifier, "GetFunctionEventInvokeConfig")?;
        let live = self.inner.table.get(&target).ok_or_else(|| none(&target))?;
        let config = live.event_config(target.qualifier.as_deref()).ok_or_else(|| none(&target))?;
        Ok(EventConfigFound { config: config.clone(), arn: target.qualified_arn() })
    }

    /// Takes back what was set.
    pub async fn delete_event_config(
        &self,
        caller: &Caller,
        name: &str,
        qualifier: Option<&str>,
    ) -> Result<()> {
        let target = self.inner.target(caller, name, qualifier, "DeleteFunctionEventInvokeConfig")?;
        if self.inner.table.get(&target).is_none() {
            return Err(none(&target));
        }
        let of = target.clone();
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = of.qualifier.as_deref().unwrap_or(LATEST);
            if draft.delete_event_config(qualifier) { Ok(()) } else { Err(none(&of)) }
        };
        self.inner.update(&target, None, decide).await.map(|_| ())
    }

    /// What was set of a function and its versions and aliases.
    pub fn list_event_configs(
        &self,
        caller: &Caller,
        name: &str,
        from: Option<&str>,
        max_items: Option<i64>,
    ) -> Result<EventConfigPage> {
        let target = self.inner.target(caller, name, None, "ListFunctionEventInvokeConfigs")?;
        changes::latest(&target)?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::not_found("The function doesn't exist."))?;
        let after = from.filter(|m| !m.is_empty()).map(marker::text).transpose()?;
        let limit = page_size(max_items);
        let start = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rest = live.parts.event_configs.range::<str, _>((start, Bound::Unbounded));
        // One more than is shown tells whether there is another page.
        let mut found: Vec<_> = rest.take(limit + 1).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(qualifier, _)| marker::of(qualifier));
        let configs = found.into_iter().map(|(qualifier, config)| {
            let of = Target { qualifier: Some(qualifier.clone()), ..target.clone() };
            EventConfigFound { config: config.clone(), arn: of.qualified_arn() }
        });
        Ok(EventConfigPage { configs: configs.collect(), next })
    }
}

fn none(target: &Target) -> tinderbox_base::Error {
    errors::not_found(format!("The function {} doesn't have an EventInvokeConfig", target.qualified_arn()))
}

fn given(arn: Option<String>) -> Option<String> {
    arn.filter(|arn| !arn.is_empty())
}

fn retries(n: i64) -> Result<u32> {
    u32::try_from(n).ok().filter(|n| *n <= MAX_RETRIES).ok_or_else(|| {
        let bound = if n < 0 { "greater than or equal to 0" } else { "less than or equal to 2" };
        errors::validation(n, "maximumRetryAttempts", &format!("Member must have value {bound}"))
    })
}

fn age(seconds: i64) -> Result<u32> {
    let range = MIN_EVENT_AGE_S..=MAX_EVENT_AGE_S;
    u32::try_from(seconds).ok().filter(|s| range.contains(s)).ok_or_else(|| {
        let bound = if seconds < i64::from(MIN_EVENT_AGE_S) {
            format!("greater than or equal to {MIN_EVENT_AGE_S}")
        } else {
            format!("less than or equal to {MAX_EVENT_AGE_S}")
        };
        errors::validation(seconds, "maximumEventAgeInSeconds", &format!("Member must have value {bound}"))
    })
}

/// Refuses destinations that AWS refuses. One of a service that is not here is accepted: what is sent
/// there then fails, and the log says so.
fn check(inner: &Inner, target: &Target, destinations: &Destinations) -> Result<()> {
    let (success, failure) = (given(destinations.on_success.clone()), given(destinations.on_failure.clone()));
    let refused = || {
        let shown = |kind: &str, arn: &Option<String>| {
            arn.as_ref().map_or("null".to_owned(), |arn| format!("{kind}(destination={arn})"))
        };
        errors::invalid_parameter(format!(
            "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid.",
            shown("OnSuccess", &success),
            shown("OnFailure", &failure)
        ))
    };
    for (text, failed) in [(&failure, true), (&success, false)] {
        let Some(text) = text else { continue };
        let arn: Arn = text.parse().map_err(|_| refused())?;
        match arn.service.as_str() {
            "lambda" => function(inner, target, text, &arn)?,
            "sqs" | "sns" | "events" => {}
            // Buckets hear of failures only (Lambda guide, "Adding a destination").
            "s3" if failed => {}
            _ => return Err(refused()),
        }
    }
    Ok(())
}

fn function(inner: &Inner, target: &Target, text: &str, arn: &Arn) -> Result<()> {
    let invalid = || errors::invalid_parameter(format!("The destination ARN {text} is invalid."));
    let caller =
        Caller::root(target.account.clone(), target.region.clone(), tinderbox_base::RequestId::nil());
    let to =
        FunctionRef::parse(&arn.to_string()).and_then(|r| r.locate(&caller, None)).map_err(|_| invalid())?;
    if to.account == target.account && to.name == target.name {
        return Err(errors::invalid_parameter("You can't specify the function as a destination for itself."));
    }
    // What another account has is not looked into: its policy decides when something is sent.
    if to.account == target.account && inner.table.get(&to).is_none() {
        return Err(invalid());
    }
    Ok(())
}
