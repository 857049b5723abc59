//! The face that a service shows to the wire.

use crate::{Context, ServiceError, Value, schema::ServiceSchema};
use async_trait::async_trait;

/// A service's operations, behind any protocol. Generated adapters implement it for typed handlers.
#[async_trait]
pub trait Service: Send + Sync {
    /// What the service's model says.
    fn schema(&self) -> &'static ServiceSchema;

    /// Runs the operation numbered `operation` in the schema.
    ///
    /// `input` fits the operation's input structure and satisfies its constraints.
    async fn call(&self, cx: &mut Context, operation: usize, input: Value) -> Result<Value, ServiceError>;
}
