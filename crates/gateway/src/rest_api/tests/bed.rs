//! An API over a store in memory, with functions that are none.

use crate::rest_api::{model::*, *};
use crate::{Address, Gateway, Outgoing};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};
use std::{
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};
use tinderbox_base::{
    AccountId, Arn, Caller, Error, ErrorKind, LogLine, LogOrigin, ManualClock, Region, Reply, RequestId,
    SeededRandom, Target, Timestamp,
};
use tinderbox_store::MemoryStore;

/// Answers with what it is told to; what is not told is the event itself as a proxy answer's body.
#[derive(Default)]
pub(super) struct Functions {
    pub(super) answers: Mutex<Vec<(String, Result<Value, ErrorKind>)>>,
    pub(super) calls: Mutex<Vec<(Caller, Arn, Value)>>,
}

#[async_trait::async_trait]
impl Target for Functions {
    async fn call(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<Reply> {
        let event: Value = serde_json::from_slice(&event).expect("an event is JSON");
        let told = {
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers
                .iter()
                .rfind(|(name, _)| arn.resource.ends_with(name.as_str()))
                .map(|(_, answer)| answer.clone())
        };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push((
            caller.clone(),
            arn.clone(),
            event.clone(),
        ));
        let answer = match told {
            Some(Ok(answer)) => answer,
            Some(Err(kind)) => return Err(Error::new(kind, "no")),
            None => json!({"statusCode": 200, "body": event.to_string()}),
        };
        if answer == json!("never") {
            std::future::pending::<()>().await;
        }
        let failed = answer.get("errorMessage").is_some();
        Ok(Reply { payload: answer.to_string().into(), failed, start: Some("warm") })
    }

    async fn send(&self, _: &Caller, _: &Arn, _: Bytes) -> Result<()> {
        Ok(())
    }
}

#[derive(Default)]
pub(super) struct Lines(pub(super) Mutex<Vec<(String, String)>>);

impl LogSink for Lines {
    fn append(&self, _: &AccountId, _: &Region, group: &str, _: &str, _: LogOrigin, lines: Vec<LogLine>) {
        let lines = lines.into_iter().map(|line| (group.to_owned(), line.message));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    }
}

pub(super) struct Bed {
    pub(super) apis: RestApis,
    pub(super) gateway: Gateway,
    pub(super) functions: Arc<Functions>,
    pub(super) lines: Arc<Lines>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<dyn Store>,
    pub(super) caller: Caller,
    pub(super) api: String,
    pub(super) root: String,
}

pub(super) async fn open(
    store: &Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    functions: &Arc<Functions>,
    lines: &Arc<Lines>,
) -> (RestApis, Gateway) {
    let targets = Arc::new(Targets::default());
    targets.connect([("lambda", Arc::clone(functions) as Arc<dyn Target>)]);
    let registry = Arc::new(Registry::default());
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
    let deps = Deps {
        store: Arc::clone(store),
        clock: Arc::clone(clock) as _,
        random: Arc::clone(&random),
        targets,
        log_sink: Arc::clone(lines) as _,
        registry: Arc::clone(&registry),
        config: config::Gateway { timeout_ms: 50 },
    };
    let apis = RestApis::open(deps).await.expect("an empty store opens");
    (apis, Gateway::new(registry, Arc::clone(clock) as _, random))
}

impl Bed {
    pub(super) async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_769_903_999_007)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&clock) as _).expect("memory"));
        let (functions, lines) = (Arc::new(Functions::default()), Arc::new(Lines::default()));
        let (apis, gateway) = open(&store, &clock, &functions, &lines).await;
        let random = SeededRandom::new(1);
        let caller = Caller::root(AccountId::default(), Region::default(), RequestId::new(&random));
        let made =
            apis.create_api(&caller, NewApi { name: "a".into(), ..NewApi::default() }).await.expect("made");
        let (api, root) = (made.id, made.root_resource_id);
        Self { apis, gateway, functions, lines, clock, store, caller, api, root }
    }

    pub(super) fn tell(&self, name: &str, answer: Result<Value, ErrorKind>) {
        self.functions.answers.lock().expect("whole").push((name.to_owned(), answer));
    }

    pub(super) async fn resource(&self, part: &str) -> String {
        let (root, part) = (self.root.clone(), part.to_owned());
        self.apis.create_resource(&self.caller, &self.api, root, part).await.expect("made").id.clone()
    }

    pub(super) fn name(&self, resource: &str, method: &str) -> MethodName {
        MethodName { api: self.api.clone(), resource: resource.into(), http_method: method.into() }
    }

    pub(super) async fn method(&self, resource: &str, http_method: &str, change: impl FnOnce(&mut Method)) {
        let mut method = Method {
            http_method: http_method.into(),
            authorization_type: "NONE".into(),
            ..Method::default()
        };
        change(&mut method);
        self.apis.put_method(&self.caller, self.name(resource, http_method), method).await.expect("a method");
    }

    pub(super) async fn integrate(&self, resource: &str, http_method: &str, function: &str) {
        let integration = Integration {
            kind: IntegrationKind::AwsProxy,
            http_method: Some("POST".into()),
            uri: Some(uri(function)),
            passthrough_behavior: "WHEN_NO_MATCH".into(),
            ..Integration::default()
        };
        let name = self.name(resource, http_method);
        self.apis.put_integration(&self.caller, name, integration).await.expect("an integration");
    }

    pub(super) async fn deploy(&self, canary: Option<Canary>) -> String {
        let new = NewDeployment { stage: Some("lab3".into()), canary, ..NewDeployment::default() };
        self.apis.create_deployment(&self.caller, &self.api, new).await.expect("a deployment").id.clone()
    }

    pub(super) async fn patch_stage(&self, operations: &[(&str, &str, &str)]) -> Result<Arc<Stage>> {
        let operations = operations.iter().map(|(op, path, value)| PatchOperation {
            op: (*op).into(),
            path: (*path).into(),
            value: (*op != "copy").then(|| (*value).into()),
            from: (*op == "copy").then(|| (*value).into()),
        });
        self.apis.update_stage(&self.caller, &self.api, "lab3".into(), operations.collect()).await
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        call(&self.gateway, &self.api, "GET", path, headers).await
    }

    pub(super) async fn expect(&self, path: &str, headers: &[(&str, &str)], status: u16, body: &str) {
        let answer = self.get(path, headers).await;
        assert_eq!(
            (answer.status().as_u16(), &*String::from_utf8_lossy(answer.body())),
            (status, body),
            "{path}"
        );
    }
}

pub(super) fn uri(function: &str) -> String {
    format!(
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:{function}/invocations"
    )
}

pub(super) async fn call(
    gateway: &Gateway,
    api: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(format!("/_aws/execute-api/{api}{path}"));
    for (name, value) in headers.iter().chain([&("host", "127.0.0.1:4566")]) {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    let address = Address::of(request.uri(), request.headers()).expect("an address");
    let gate = Arc::new(crate::gate::Closed);
    let answer = gateway.handle(request, address, Ipv4Addr::LOCALHOST.into(), Vec::new(), gate).await;
    answer.map(|body| match body {
        Outgoing::Whole(bytes) => bytes,
        Outgoing::Parts(_) => panic!("nothing streams here"),
    })
}
