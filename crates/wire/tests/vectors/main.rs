//! Runs public protocol test vectors from the server's side.
//!
//! The vectors (botocore's tests/unit/protocols) are written for clients: a request's `params` and what they
//! serialize to, a response and the `result` that it parses to. Here the serialized request is read, and what was
//! read is printed to be compared with `params`; the `result` is written, and the response is printed to be parsed
//! by botocore. `run.py` beside this file does both comparisons. One JSON object a line, in and out.

mod model;
mod values;

use http_body_util::{BodyExt, Full};
use model::{Loaded, Suite};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeMap,
    io::BufRead,
    sync::{Arc, Mutex, PoisonError},
};
use tinderbox_base::SeededRandom;
use tinderbox_wire::{
    Context, Origin, Result, Router, Service, ServiceError, Value, async_trait, schema::ServiceSchema,
};

/// One line of input.
#[derive(Debug, Deserialize)]
struct Line {
    suite: Suite,
    given: model::Operation,
    /// The request to read, or none to write `result`.
    request: Option<Serialized>,
    result: Option<Json>,
    /// The error to write instead, by its shape's name.
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Serialized {
    method: String,
    uri: String,
    headers: BTreeMap<String, String>,
    /// Base64.
    body: String,
}

/// Keeps what it was called with and answers what it was told to.
struct Recorder {
    loaded: Loaded,
    answer: Option<Json>,
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
        let none = json!({});
        let answer = self.answer.as_ref().unwrap_or(&none);
        if let Some(error) = &self.error {
            let found =
                schema.error(error).ok_or_else(|| ServiceError::coded("NoSuchError", 500, error.clone()))?;
            let name = schema.shape(found.shape).name;
            return Err(ServiceError::modeled(name, values::read(schema, found.shape, answer)));
        }
        Ok(match self.loaded.output {
            Some(id) => values::read(schema, id, answer),
            None => Value::Struct(Vec::new()),
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        println!("{}", run(line).await?);
    }
    Ok(())
}

async fn run(line: Line) -> std::result::Result<Json, Box<dyn std::error::Error>> {
    let loaded = model::load(&line.suite, &line.given);
    let (schema, input) = (loaded.schema, loaded.input);
    let request = match &line.request {
        Some(given) => given.http()?,
        None => loaded.any_request()?,
    };
    let recorder =
        Arc::new(Recorder { loaded, answer: line.result, error: line.error, seen: Mutex::new(None) });
    let router = Router::new(Arc::new(SeededRandom::new(1))).mount(recorder.clone());
    let response = router.handle(request, &Origin::Loopback).await;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers: BTreeMap<_, _> = head
        .headers
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    let seen = recorder.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let seen = seen.map(|value| input.map_or(json!({}), |id| values::write(schema, id, &value)));
    Ok(
        json!({ "seen": seen, "status": head.status.as_u16(), "headers": headers, "body": values::base64(&body) }),
    )
}

impl Serialized {
    fn http(&self) -> std::result::Result<http::Request<Full<bytes::Bytes>>, Box<dyn std::error::Error>> {
        let mut builder = http::Request::builder().method(self.method.as_str()).uri(&self.uri);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        Ok(builder.body(Full::new(values::unbase64(&self.body)))?)
    }
}
