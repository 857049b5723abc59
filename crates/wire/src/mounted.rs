//! A service with the look-up tables made from its schema.

use crate::{
    Service,
    route::Paths,
    schema::{OperationSchema, ServiceSchema},
    validate::Patterns,
};
use std::{collections::HashMap, fmt, sync::Arc};

/// A service that a router serves.
pub(crate) struct Mounted {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) schema: &'static ServiceSchema,
    pub(crate) paths: Paths,
    pub(crate) patterns: Patterns,
    names: HashMap<&'static str, usize>,
}

impl Mounted {
    pub(crate) fn new(service: Arc<dyn Service>) -> Self {
        let schema = service.schema();
        let rest = schema.protocols.iter().any(|p| p.is_rest());
        let paths = if rest { Paths::new(schema.operations) } else { Paths::default() };
        let names = schema.operations.iter().enumerate().map(|(i, o)| (o.name, i)).collect();
        Self { service, schema, paths, patterns: Patterns::new(schema), names }
    }

    /// The number of the operation called `name`.
    pub(crate) fn operation(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The operation numbered `index`.
    pub(crate) fn operation_schema(&self, index: usize) -> Option<&'static OperationSchema> {
        self.schema.operations.get(index)
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mounted({})", self.schema.name)
    }
}
