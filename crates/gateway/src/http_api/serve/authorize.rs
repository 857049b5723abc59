//! Who may call: the route's authorization.

use super::{
    RouteLive, StageLive, claims,
    claims::Token,
    exchange::Exchange,
    failed::Failed,
    identity,
    lambda_authorizer::{self, Decision},
    signed,
};
use crate::gate::Signer;
use std::sync::Arc;

/// What is known of who calls.
#[derive(Debug)]
pub(super) enum Authorization {
    /// A token says it.
    Token(Token),
    /// A function says it.
    Function(Arc<Decision>),
    /// They signed.
    Signed(Box<Signer>),
}

/// Lets the request pass, or says why not.
pub(super) async fn authorize(
    exchange: &mut Exchange,
    stage: &StageLive,
    route: &RouteLive,
) -> Result<(), Failed> {
    let authorization = match route.route.authorization_type.as_str() {
        "NONE" => return Ok(()),
        "JWT" => Authorization::Token(token(exchange, stage, route).await?),
        "CUSTOM" => Authorization::Function(lambda_authorizer::ask(exchange, stage, route).await?),
        "AWS_IAM" => Authorization::Signed(Box::new(signed::signer(exchange, stage).await?)),
        other => return Err(Failed::internal(format!("the authorization type {other} is not there"))),
    };
    exchange.authorization = Some(authorization);
    Ok(())
}

async fn token(exchange: &Exchange, stage: &StageLive, route: &RouteLive) -> Result<Token, Failed> {
    let authorizer =
        route.authorizer.as_ref().ok_or_else(|| Failed::internal("the route has no authorizer"))?;
    let demand = authorizer.jwt.as_ref().ok_or_else(|| Failed::internal("the authorizer has no issuer"))?;
    let source = authorizer.identity_source.first().map(String::as_str).unwrap_or_default();
    let missing = || Failed::unauthorized("the request has no token").with_challenge("Bearer");
    let value = identity::of(exchange, stage, source).ok_or_else(missing)?;
    let token =
        value.get(..7).filter(|start| start.eq_ignore_ascii_case("bearer ")).and_then(|_| value.get(7..));
    let token = token.unwrap_or(&value).trim();
    claims::check(exchange, demand, &route.route.authorization_scopes, token).await
}
