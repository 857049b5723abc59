//! How long the wire takes from a request's bytes to its response's, in each protocol: routing, decoding, the model's
//! constraints, the generated types, encoding. No socket, and handlers that do nothing.
//!
//! `cargo run --release -p tinderbox-wire --example speed` prints a table.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use std::{fmt::Write as _, sync::Arc, time::Instant};
use tinderbox_aws_model_cloudwatch::{CloudWatch, CloudWatchService, types as cloudwatch};
use tinderbox_aws_model_lambda::{Lambda, LambdaService, types as lambda};
use tinderbox_aws_model_logs::{Logs, LogsService, types as logs};
use tinderbox_aws_model_sts::{Sts, StsService, types as sts};
use tinderbox_base::{OsRandom, Timestamp};
use tinderbox_wire::{Context, Origin, Result, Router, async_trait};

/// Rounds of which the least, the middle and the greatest are told.
const ROUNDS: usize = 9;
/// How long a round takes, in milliseconds.
const ROUND_MS: u128 = 300;
/// Items of the large requests and responses.
const MANY: usize = 500;

struct Nothing;

#[async_trait]
impl Lambda for Nothing {
    async fn invoke(
        &self,
        _: &mut Context,
        input: lambda::InvocationRequest,
    ) -> Result<lambda::InvocationResponse> {
        Ok(lambda::InvocationResponse {
            status_code: Some(200),
            payload: input.payload,
            ..Default::default()
        })
    }
}

#[async_trait]
impl Logs for Nothing {
    async fn put_log_events(
        &self,
        _: &mut Context,
        input: logs::PutLogEventsRequest,
    ) -> Result<logs::PutLogEventsResponse> {
        assert_eq!(input.log_events.len(), MANY);
        Ok(logs::PutLogEventsResponse::default())
    }
}

#[async_trait]
impl Sts for Nothing {
    async fn get_caller_identity(
        &self,
        _: &mut Context,
        _: sts::GetCallerIdentityRequest,
    ) -> Result<sts::GetCallerIdentityResponse> {
        let text = || Some("123456789012".to_owned());
        Ok(sts::GetCallerIdentityResponse { arn: text(), user_id: text(), account: text() })
    }
}

#[async_trait]
impl CloudWatch for Nothing {
    async fn get_metric_statistics(
        &self,
        _: &mut Context,
        input: cloudwatch::GetMetricStatisticsInput,
    ) -> Result<cloudwatch::GetMetricStatisticsOutput> {
        let point = |n: usize| cloudwatch::Datapoint {
            timestamp: Some(Timestamp::from_millis(1_700_000_000_000 + n as i64)),
            sum: Some(1.5),
            unit: Some("Count".into()),
            ..Default::default()
        };
        let datapoints = Some((0..MANY).map(point).collect());
        Ok(cloudwatch::GetMetricStatisticsOutput { label: Some(input.metric_name), datapoints })
    }

    async fn put_metric_data(&self, _: &mut Context, input: cloudwatch::PutMetricDataInput) -> Result<()> {
        assert_eq!(input.metric_data.map(|data| data.len()), Some(MANY));
        Ok(())
    }
}

struct Case {
    what: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Bytes,
}

impl Case {
    fn request(&self) -> Request<Full<Bytes>> {
        let mut builder = Request::builder().method("POST").uri(self.path).header("host", "localhost");
        for (name, value) in self.headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Full::new(self.body.clone())).expect("a request")
    }
}

/// `{"…":[item,item,…]}` of [`MANY`] items.
fn listed(before: &str, item: impl Fn(usize) -> String, after: &str) -> Bytes {
    let items: Vec<String> = (0..MANY).map(item).collect();
    format!("{before}{}{after}", items.join(",")).into()
}

fn datum(n: usize) -> String {
    format!(
        r#"{{"MetricName":"Duration","Timestamp":{},"Value":{n}.5,"Unit":"Milliseconds","Dimensions":[{{"Name":"FunctionName","Value":"f-{n}"}}]}}"#,
        1_700_000_000 + n
    )
}

fn form() -> Bytes {
    let mut text = "Action=PutMetricData&Version=2010-08-01&Namespace=Bench".to_owned();
    for n in 1..=MANY {
        let at = format!("&MetricData.member.{n}.");
        let _ = write!(
            text,
            "{at}MetricName=Duration{at}Timestamp=2026-01-31T12%3A00%3A00Z{at}Value={n}.5{at}Unit=Milliseconds\
             {at}Dimensions.member.1.Name=FunctionName{at}Dimensions.member.1.Value=f-{n}"
        );
    }
    text.into()
}

/// JSON as CBOR, moments tagged as such.
fn cbor(json: &[u8]) -> Bytes {
    fn moments(value: &mut ciborium::Value) {
        match value {
            ciborium::Value::Map(entries) => {
                for (key, value) in entries {
                    if key.as_text().is_some_and(|key| key.ends_with("Time") || key == "Timestamp") {
                        *value = ciborium::Value::Tag(1, Box::new(value.clone()));
                    }
                    moments(value);
                }
            }
            ciborium::Value::Array(items) => items.iter_mut().for_each(moments),
            _ => {}
        }
    }
    let json: serde_json::Value = serde_json::from_slice(json).expect("JSON");
    let mut value = ciborium::Value::serialized(&json).expect("a value");
    moments(&mut value);
    let mut out = Vec::new();
    ciborium::into_writer(&value, &mut out).expect("CBOR");
    out.into()
}

fn cases() -> Vec<Case> {
    const JSON10: (&str, &str) = ("content-type", "application/x-amz-json-1.0");
    const JSON11: (&str, &str) = ("content-type", "application/x-amz-json-1.1");
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const CBOR: [(&str, &str); 2] =
        [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    let invoke = "/2015-03-31/functions/hello/invocations";
    let statistics = &br#"{"Namespace":"n","MetricName":"m","StartTime":1700000000,"EndTime":1700003600,"Period":60,"Statistics":["Sum"]}"#[..];
    let data = listed(r#"{"Namespace":"Bench","MetricData":["#, datum, "]}");
    let events = listed(
        r#"{"logGroupName":"g","logStreamName":"s","logEvents":["#,
        |n| {
            format!(
                r#"{{"timestamp":{},"message":"{}"}}"#,
                1_700_000_000_000_u64 + n as u64,
                "a line of a log ".repeat(6)
            )
        },
        "]}",
    );
    let query = "Action=GetMetricStatistics&Version=2010-08-01&Namespace=n&MetricName=m&StartTime=2026-01-31T12:00:00Z\
        &EndTime=2026-01-31T13:00:00Z&Period=60&Statistics.member.1=Sum";
    let target = |action: &'static str| ("x-amz-target", action);
    let leak = |pairs: Vec<(&'static str, &'static str)>| -> &'static [_] { pairs.leak() };
    let case =
        |what, path, headers, body: &[u8]| Case { what, path, headers, body: Bytes::copy_from_slice(body) };
    let rpc = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    let rpc_statistics = "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics";
    vec![
        case("restJson1, Invoke, 2 bytes", invoke, &[], b"{}"),
        case("restJson1, Invoke, 1 MB", invoke, &[], &vec![b'7'; 1 << 20]),
        case(
            "awsQuery, GetCallerIdentity",
            "/",
            leak(vec![FORM]),
            b"Action=GetCallerIdentity&Version=2011-06-15",
        ),
        case(
            "awsJson1.1, PutLogEvents, 500 events read",
            "/",
            leak(vec![JSON11, target("Logs_20140328.PutLogEvents")]),
            &events,
        ),
        case(
            "awsJson1.0, PutMetricData, 500 data read",
            "/",
            leak(vec![JSON10, target("GraniteServiceVersion20100801.PutMetricData")]),
            &data,
        ),
        case("awsQuery, the same", "/", leak(vec![FORM]), &form()),
        case("rpcv2Cbor, the same", rpc, &CBOR, &cbor(&data)),
        case(
            "awsJson1.0, GetMetricStatistics, 500 points written",
            "/",
            leak(vec![JSON10, target("GraniteServiceVersion20100801.GetMetricStatistics")]),
            statistics,
        ),
        case("awsQuery (XML), the same", "/", leak(vec![FORM]), query.as_bytes()),
        case("rpcv2Cbor, the same", rpc_statistics, &CBOR, &cbor(statistics)),
    ]
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let router = Router::new(Arc::new(OsRandom))
        .mount(Arc::new(LambdaService(Nothing)))
        .mount(Arc::new(LogsService(Nothing)))
        .mount(Arc::new(StsService(Nothing)))
        .mount(Arc::new(CloudWatchService(Nothing)));
    println!("| what | bytes in, out | us: min / median / max | MB a second |\n| --- | --- | --- | --- |");
    for case in cases() {
        let mut rounds = Vec::new();
        let mut size = 0;
        for _ in 0..ROUNDS {
            let (begun, mut count) = (now(), 0_u32);
            while begun.elapsed().as_millis() < ROUND_MS {
                let response = router.handle(case.request(), &Origin::Loopback).await;
                assert_eq!(response.status(), 200, "{}", case.what);
                let body = response.into_body().collect().await.expect("a body").to_bytes();
                (size, count) = (body.len(), count + 1);
            }
            rounds.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(count));
        }
        rounds.sort_by(f64::total_cmp);
        let (least, middle, most) = (rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
        let rate = (case.body.len() + size) as f64 / middle;
        println!(
            "| {} | {}, {size} | {least:.1} / {middle:.1} / {most:.1} | {rate:.0} |",
            case.what,
            case.body.len()
        );
    }
}
