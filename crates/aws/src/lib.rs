//! AWS's operations: translators between the wire's generated types and the services. A handler parses,
//! calls and renders; what an operation does is in the services' crates.

pub mod apigateway;
pub mod apigatewayv2;
pub mod authorize;
pub mod cloudwatch;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod sts;
