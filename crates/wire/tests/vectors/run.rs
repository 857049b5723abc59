//! One vector through a router.

use crate::{
    compare,
    model::{self, Case, Loaded, Serialized, Suite},
    values,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, PoisonError};
use tinderbox_base::SeededRandom;
use tinderbox_wire::{
    Context, Origin, Result, Router, Service, ServiceError, Value, async_trait,
    schema::{Protocol, ServiceSchema},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Input,
    Output,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// Keeps what it was called with and answers what it was told to.
struct Recorder {
    loaded: Loaded,
    answer: Json,
    error: Option<String>,
    seen: Mutex<Option<Value>>,
}

#[async_trait]
impl Service for Recorder {
    fn schema(&self) -> &'static ServiceSchema {
        self.loaded.schema
    }

    async fn call(&self, _: &mut Context, _: usize, input: Value) -> Result<Value> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(input);
        let schema = self.loaded.schema;
        if let Some(error) = &self.error {
            let found =
                schema.error(error).ok_or_else(|| ServiceError::coded("NoSuchError", 500, error.clone()))?;
            let name = schema.shape(found.shape).name;
            return Err(ServiceError::modeled(name, values::read(schema, found.shape, &self.answer)));
        }
        Ok(match self.loaded.output {
            Some(id) => values::read(schema, id, &self.answer),
            None => Value::Struct(Vec::new()),
        })
    }
}

async fn send(recorder: Arc<Recorder>, request: http::Request<Full<Bytes>>) -> http::Response<Bytes> {
    let router = Router::new(Arc::new(SeededRandom::new(1))).mount(recorder);
    let response = router.handle(request, &Origin::Loopback).await;
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body");
    http::Response::from_parts(head, body.to_bytes())
}

/// Reads the vector's request and compares what was read with its `params`.
pub(crate) async fn request(suite: &Suite, case: &Case) -> std::result::Result<(), String> {
    let loaded = model::load(suite, &case.given);
    let serialized = case.serialized.as_ref().ok_or("the vector has no request")?;
    let recorder = Arc::new(Recorder { loaded, answer: json!({}), error: None, seen: Mutex::new(None) });
    let request = http(serialized, is_binary(&loaded)).map_err(|error| error.to_string())?;
    let response = send(recorder.clone(), request).await;
    let seen = recorder.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(seen) = seen else {
        return Err(format!("answered {} {:?}", response.status(), response.body()));
    };
    let seen = loaded.input.map_or(json!({}), |id| values::write(loaded.schema, id, &seen));
    let (seen, params) = (values::plain(&seen), values::plain(&case.params));
    if seen == params { Ok(()) } else { Err(format!("read {seen}, expected {params}")) }
}

/// Writes the vector's result or error and compares the response with the vector's.
pub(crate) async fn response(suite: &Suite, case: &Case) -> std::result::Result<(), String> {
    let loaded = model::load(suite, &case.given);
    let expected = case.response.as_ref().ok_or("the vector has no response")?;
    let recorder = Arc::new(Recorder {
        loaded,
        answer: case.error.clone().unwrap_or(case.result.clone()),
        error: case.error_code.clone(),
        seen: Mutex::new(None),
    });
    let request = loaded.any_request().map_err(|error| error.to_string())?;
    let response = send(recorder, request).await;
    compare::response(&response, expected, loaded.schema)
}

fn is_binary(loaded: &Loaded) -> bool {
    loaded.schema.protocols.contains(&Protocol::RpcV2Cbor)
}

fn http(given: &Serialized, base64: bool) -> std::result::Result<http::Request<Full<Bytes>>, http::Error> {
    let mut builder = http::Request::builder().method(given.method.as_str()).uri(&given.uri);
    for (name, value) in &given.headers {
        builder = builder.header(name, value);
    }
    let body = if base64 { values::unbase64(&given.body) } else { given.body.clone().into() };
    builder.body(Full::new(body))
}
