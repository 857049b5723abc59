//! Test invocations: methods and authorizers as they are now, deployed or not.

use super::{
    RestApis, errors,
    methods::MethodName,
    serve::testing::{TestRequest, TestedAuthorizer, TestedMethod, Tried},
};
use tinderbox_base::{Caller, Result};

impl RestApis {
    /// Tries a method.
    ///
    /// # Errors
    /// `NotFound`, or the request is none that can be.
    pub async fn test_method(
        &self,
        caller: &Caller,
        name: &MethodName,
        test: TestRequest,
    ) -> Result<TestedMethod> {
        let namespace = self.inner.table.of(caller);
        let live = namespace.live(&name.api)?;
        let (edge, api) = (&self.inner.edge, &live.api);
        let tried = Tried { edge, namespace: &namespace, api, runtime: &live.runtime };
        tried.method(&name.resource, &name.http_method, test).await
    }

    /// Tries an authorizer.
    ///
    /// # Errors
    /// `NotFound`, or the request is none that can be.
    pub async fn test_authorizer(
        &self,
        caller: &Caller,
        api: &str,
        id: &str,
        test: TestRequest,
    ) -> Result<TestedAuthorizer> {
        let namespace = self.inner.table.of(caller);
        let live = namespace.live(api)?;
        let authorizer = live.api.definition.authorizers.get(id);
        let authorizer = authorizer.ok_or_else(|| errors::missing("Authorizer"))?;
        let (edge, api) = (&self.inner.edge, &live.api);
        let tried = Tried { edge, namespace: &namespace, api, runtime: &live.runtime };
        tried.authorizer(authorizer, test).await
    }
}
