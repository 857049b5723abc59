//! REST APIs themselves: create, read, update, delete.

use super::{
    RestApis, errors,
    model::{Api, Definition, Endpoint, Resource, Settings, Texts},
    models,
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, patch_members},
    resource_policy,
};
use crate::ids;
use crate::page::Page;
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{AccountId, Caller, Error, Region, Result};

/// APIs of one account in one region (quotas: regional APIs, 600).
const MAX_APIS: usize = 600;
/// The longest name (API Gateway API, `name`: no number is given; the console's is this).
const MAX_NAME: usize = 1024;
/// The largest `minimumCompressionSize` (API Gateway API, `minimumCompressionSize`: 0 to 10 MB).
const MAX_COMPRESSION: i64 = 10 * 1024 * 1024;

/// The path of what is a number or, by an empty text, nothing.
const COMPRESSION: &str = "/minimumCompressionSize";

const RULES: [Rule; 9] = [
    ("/name", Kind::Text),
    ("/description", Kind::Text),
    ("/version", Kind::Text),
    ("/apiKeySource", Kind::Text),
    ("/binaryMediaTypes/*", Kind::Member),
    ("/disableExecuteApiEndpoint", Kind::Flag),
    ("/endpointConfiguration/types/*", Kind::Member),
    ("/endpointConfiguration/ipAddressType", Kind::Text),
    ("/policy", Kind::Text),
];

/// What a new API is to be.
#[derive(Clone, Debug, Default)]
pub struct NewApi {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its version, a label.
    pub version: Option<String>,
    /// Media types that are bytes.
    pub binary_media_types: Vec<String>,
    /// Bytes from which answers are compressed.
    pub minimum_compression_size: Option<i64>,
    /// Where API keys come from.
    pub api_key_source: Option<String>,
    /// How it is reached.
    pub endpoint: Option<Endpoint>,
    /// Whether it is not reached by its own address.
    pub disable_execute_api_endpoint: bool,
    /// Who may call it.
    pub policy: Option<String>,
    /// Its tags.
    pub tags: Texts,
}

impl RestApis {
    /// Makes an API with its root resource.
    ///
    /// # Errors
    /// A setting is none that can be, or there are too many APIs.
    pub async fn create_api(&self, caller: &Caller, new: NewApi) -> Result<Settings> {
        if new.description.as_deref() == Some("") {
            return Err(errors::bad("Description cannot be an empty string"));
        }
        let inner = &self.inner;
        let root = Resource { id: ids::api(&*inner.random), path: "/".into(), ..Resource::default() };
        let mut id = ids::api(&*inner.random);
        while inner.registry.has(&id) {
            id = ids::api(&*inner.random);
        }
        let settings = Settings {
            id,
            name: new.name,
            description: new.description,
            created_date: inner.clock.now(),
            version: new.version,
            binary_media_types: new.binary_media_types,
            minimum_compression_size: new.minimum_compression_size,
            api_key_source: new.api_key_source,
            endpoint_configuration: new.endpoint.unwrap_or_default(),
            disable_execute_api_endpoint: new.disable_execute_api_endpoint,
            root_resource_id: root.id.clone(),
            policy: new.policy,
            tags: new.tags,
        };
        let settings = checked(settings, &caller.region, &caller.account)?;
        let api = Api {
            account: caller.account.clone(),
            region: caller.region.clone(),
            definition: Definition {
                settings: settings.clone(),
                resources: BTreeMap::from([(root.id.clone(), Arc::new(root))]),
                models: models::defaults(&*inner.random),
                ..Definition::default()
            },
            deployments: BTreeMap::new(),
            stages: BTreeMap::new(),
        };
        inner
            .alone(caller, move |inner, namespace| async move {
                if namespace.apis().len() >= MAX_APIS {
                    return Err(errors::too_many("APIs", MAX_APIS));
                }
                inner.commit(&namespace, None, api).await
            })
            .await?;
        Ok(settings)
    }

    /// An API.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_api(&self, caller: &Caller, id: &str) -> Result<Settings> {
        Ok(self.inner.table.of(caller).api(id)?.definition.settings.clone())
    }

    /// A page of the APIs.
    ///
    /// # Errors
    /// The limit is none.
    pub fn list_apis(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Settings>> {
        let apis = self.inner.table.of(caller).apis();
        page.of(apis.into_iter().map(|api| api.definition.settings.clone()), |settings| &settings.id)
    }

    /// Changes an API's settings. Requests meet them after the next deployment.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_api(
        &self,
        caller: &Caller,
        id: &str,
        operations: Vec<PatchOperation>,
    ) -> Result<Settings> {
        let change = move |_: &_, api: &mut Api| {
            let (compression, others): (Vec<_>, Vec<_>) =
                operations.into_iter().partition(|operation| operation.path == COMPRESSION);
            let mut patched: Settings = patch_members(&api.definition.settings, &others, &RULES)?;
            let endpoint = &mut patched.endpoint_configuration;
            let told = others.iter().any(|operation| operation.path.ends_with("/ipAddressType"));
            if endpoint.is_private() && !api.definition.settings.endpoint_configuration.is_private() && !told
            {
                endpoint.ip_address_type = "dualstack".into();
            }
            for operation in &compression {
                patched.minimum_compression_size = compression_size(operation)?;
            }
            let patched = checked(patched, &api.region, &api.account)?;
            api.definition.settings = patched.clone();
            Ok(patched)
        };
        self.inner.change(caller, id, change).await
    }

    /// Deletes an API with all that belongs to it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_api(&self, caller: &Caller, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.inner
            .alone(caller, move |inner, namespace| async move {
                let live = namespace.live(&id)?;
                inner.erase(&namespace, &live).await
            })
            .await
    }
}

fn compression_size(operation: &PatchOperation) -> Result<Option<i64>> {
    if operation.op != "replace" {
        return Err(errors::bad("Invalid patch operation specified. Must be one of: [replace]"));
    }
    let size = operation.value.as_deref().filter(|value| !value.is_empty());
    size.map(str::parse).transpose().map_err(|_| no_compression_size())
}

fn no_compression_size() -> Error {
    errors::bad("Invalid minimum compression size, must be between 0 and 10485760")
}

/// The settings, if they can be, with the policy as it is kept. An empty one is none.
fn checked(mut settings: Settings, region: &Region, account: &AccountId) -> Result<Settings> {
    check(&settings)?;
    let policy = settings.policy.filter(|policy| !policy.trim().is_empty());
    settings.policy =
        policy.map(|policy| resource_policy::kept(&policy, region, account, &settings.id)).transpose()?;
    Ok(settings)
}

fn check_endpoint(endpoint: &Endpoint) -> Result<()> {
    let known = ["REGIONAL", "EDGE", "PRIVATE"];
    if endpoint.types.iter().any(|kind| !known.contains(&kind.as_str())) {
        return Err(errors::bad(format!(
            "Invalid EndpointTypes specified. Valid options are {}",
            known.join(",")
        )));
    }
    if endpoint.types.len() > 1 {
        return Err(errors::bad("Cannot create an api with multiple Endpoint Types."));
    }
    match endpoint.ip_address_type.as_str() {
        "dualstack" => Ok(()),
        "ipv4" if endpoint.is_private() => {
            Err(errors::bad("Only dualstack ipAddressType is supported for Private APIs."))
        }
        "ipv4" => Ok(()),
        _ => Err(errors::bad("ipAddressType must be either ipv4 or dualstack.")),
    }
}

fn check(settings: &Settings) -> Result<()> {
    if settings.name.trim().is_empty() {
        return Err(errors::bad("Name cannot be blank"));
    }
    if settings.name.len() > MAX_NAME {
        return Err(errors::bad(format!("Name must be at most {MAX_NAME} characters long")));
    }
    if let Some(source) = settings.api_key_source.as_deref().filter(|s| !["HEADER", "AUTHORIZER"].contains(s))
    {
        return Err(errors::bad(format!("Invalid API key source '{source}' specified")));
    }
    if settings.minimum_compression_size.is_some_and(|size| !(0..=MAX_COMPRESSION).contains(&size)) {
        return Err(no_compression_size());
    }
    check_endpoint(&settings.endpoint_configuration)?;
    let broken = |kind: &&String| !kind.contains('/') || kind.contains(char::is_whitespace);
    if let Some(kind) = settings.binary_media_types.iter().find(broken) {
        return Err(errors::bad(format!("Invalid binary media type '{kind}' specified")));
    }
    Ok(())
}
