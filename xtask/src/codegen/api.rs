//! api.rs: the trait that handlers implement, and its adapter to the wire.

use super::{
    names::{literal, snake},
    output::HEADER,
    select::Selection,
};
use std::fmt::Write as _;

pub(crate) fn emit(selection: &Selection<'_>) -> String {
    let api = &selection.service.api;
    let id = literal(&selection.model.metadata.service_id);
    let (mut methods, mut arms) = (String::new(), String::new());
    for (index, operation) in selection.model.operations.values().enumerate() {
        if !selection.typed(operation) {
            continue;
        }
        let name = &operation.name;
        let method = snake(name);
        let input = operation.input.as_ref().map_or("()", |s| &s.shape);
        let output = operation.output.as_ref().map_or("()", |s| &s.shape);
        let _ = writeln!(
            methods,
            "/// `{name}`.\n\
             async fn {method}(&self, cx: &mut Context, input: {input}) -> Result<{output}> {{\n\
             let _ = (cx, input);\n\
             Err(ServiceError::not_implemented({id}, {}))\n}}\n",
            literal(name)
        );
        let _ = writeln!(
            arms,
            "{index} => Ok(self.0.{method}(cx, FromValue::from_value(input)?).await?.into_value()),"
        );
    }
    let title = &selection.model.metadata.service_full_name;
    format!(
        "{HEADER}
use crate::{{SCHEMA, types::*}};
use tinderbox_wire::{{Context, FromValue, IntoValue, Result, Service, ServiceError, Value, async_trait, schema::ServiceSchema}};

/// The operations of {title}. Those that are not overridden answer that they are not implemented.
#[async_trait]
pub trait {api}: Send + Sync {{
{methods}}}

/// Serves a [`{api}`] to the wire.
#[derive(Clone, Debug)]
pub struct {api}Service<T>(pub T);

#[async_trait]
impl<T: {api}> Service for {api}Service<T> {{
    fn schema(&self) -> &'static ServiceSchema {{
        &SCHEMA
    }}

    async fn call(&self, cx: &mut Context, operation: usize, input: Value) -> Result<Value> {{
        match operation {{
{arms}            _ => Err(ServiceError::not_implemented({id}, \"of this number\")),
        }}
    }}
}}
"
    )
}
