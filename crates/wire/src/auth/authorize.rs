//! Whether a caller may do what it asks for.

use crate::{
    Origin, ServiceError, Value,
    schema::{OperationSchema, ServiceSchema},
};
use async_trait::async_trait;
use http::HeaderMap;
use tinderbox_base::Caller;

/// Says whether callers may do what they ask for.
#[async_trait]
pub trait Authorize: Send + Sync {
    /// Lets the call go on, or refuses it.
    ///
    /// It is asked once the input is known to fit the model, and before the operation runs.
    async fn authorize(&self, call: &Call<'_>) -> Result<(), Refused>;
}

/// A call that may not go on.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The error that the caller gets.
    pub error: ServiceError,
    /// The policy and statement that refused it, if one did: told in the header `x-tinderbox-denied-by`.
    pub by: Option<String>,
}

impl From<tinderbox_base::Error> for Refused {
    fn from(error: tinderbox_base::Error) -> Self {
        Self { error: error.into(), by: None }
    }
}

/// A call that is to be authorised.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// What service.
    pub service: &'static ServiceSchema,
    /// What operation of it.
    pub operation: &'static OperationSchema,
    /// With what input.
    pub input: &'a Value,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The way it came.
    pub origin: &'a Origin,
    /// The address it came from, where that is known.
    pub peer: Option<std::net::IpAddr>,
}

impl<'a> Call<'a> {
    /// The member of the input called `name`, if the operation has one and the caller gave it.
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        let Value::Struct(values) = self.input else { return None };
        let members = self.service.members(self.operation.input);
        let at = members.iter().position(|member| member.name == name)?;
        values.get(at).filter(|value| !value.is_null())
    }

    /// The same as text; none if it is none.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.member(name).and_then(Value::as_str)
    }
}
