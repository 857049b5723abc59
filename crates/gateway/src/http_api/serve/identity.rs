//! Where in a request the identity is that an authorizer judges.

use super::{StageLive, exchange::Exchange};

/// Whether a text says where an identity is.
pub(in crate::http_api) fn is_sound(source: &str) -> bool {
    const PLACES: [&str; 4] = ["$request.header.", "$request.querystring.", "$context.", "$stageVariables."];
    PLACES.iter().any(|place| source.strip_prefix(place).is_some_and(|name| !name.is_empty()))
}

/// The identity at `source`; none if it is missing or empty.
pub(super) fn of(exchange: &Exchange, stage: &StageLive, source: &str) -> Option<String> {
    let value = if let Some(name) = source.strip_prefix("$request.header.") {
        exchange.call.header(&name.to_ascii_lowercase()).map(str::to_owned)
    } else if let Some(name) = source.strip_prefix("$request.querystring.") {
        let found = exchange.query.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone())
    } else if let Some(name) = source.strip_prefix("$context.") {
        exchange.variable(name)
    } else {
        stage.stage.stage_variables.get(source.strip_prefix("$stageVariables.")?).cloned()
    };
    value.filter(|value| !value.is_empty())
}
