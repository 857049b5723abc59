//! One operation each of four services, behind four protocols, on one port.
//!
//! `cargo run -p tinderbox-wire --example four_protocols` prints its address; `test_four_protocols.py` beside
//! this file calls it through stock boto3. It shows how handlers are written, and what the wire weighs alone.

use bytes::Bytes;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, sync::Arc};
use tinderbox_aws_model_cloudwatch::{CloudWatch, CloudWatchService, types as cloudwatch};
use tinderbox_aws_model_lambda::{Lambda, LambdaService, errors::ResourceNotFoundException, types as lambda};
use tinderbox_aws_model_logs::{Logs, LogsService, types as logs};
use tinderbox_aws_model_sts::{Sts, StsService, types as sts};
use tinderbox_base::{Arn, Error, OsRandom, Timestamp};
use tinderbox_wire::{Context, Origin, Result, Router, async_trait};

struct Demo;

#[async_trait]
impl Lambda for Demo {
    async fn invoke(
        &self,
        cx: &mut Context,
        input: lambda::InvocationRequest,
    ) -> Result<lambda::InvocationResponse> {
        cx.header("x-tinderbox-start", "warm");
        if input.function_name == "absent" {
            let arn = Arn::new("lambda", &cx.caller.region, &cx.caller.account, "function:absent");
            return Err(ResourceNotFoundException::new(format!("Function not found: {arn}")).into());
        }
        Ok(lambda::InvocationResponse {
            status_code: Some(200),
            executed_version: Some("$LATEST".into()),
            payload: Some(input.payload.unwrap_or(Bytes::from_static(b"null"))),
            ..Default::default()
        })
    }
}

#[async_trait]
impl Logs for Demo {
    async fn describe_log_groups(
        &self,
        cx: &mut Context,
        input: logs::DescribeLogGroupsRequest,
    ) -> Result<logs::DescribeLogGroupsResponse> {
        let name = input.log_group_name_prefix.unwrap_or("/aws/lambda/hello".into());
        if name == "absent" {
            return Err(Error::not_found("The specified log group does not exist.").into());
        }
        let arn = Arn::new("logs", &cx.caller.region, &cx.caller.account, format!("log-group:{name}:*"));
        let group = logs::LogGroup {
            log_group_name: Some(name),
            arn: Some(arn.to_string()),
            creation_time: Some(1_700_000_000_000),
            ..Default::default()
        };
        Ok(logs::DescribeLogGroupsResponse { log_groups: Some(vec![group]), ..Default::default() })
    }
}

#[async_trait]
impl Sts for Demo {
    async fn get_caller_identity(
        &self,
        cx: &mut Context,
        _: sts::GetCallerIdentityRequest,
    ) -> Result<sts::GetCallerIdentityResponse> {
        let account = cx.caller.account.to_string();
        Ok(sts::GetCallerIdentityResponse {
            arn: Some(format!("arn:aws:iam::{account}:root")),
            user_id: Some(account.clone()),
            account: Some(account),
        })
    }
}

#[async_trait]
impl CloudWatch for Demo {
    async fn get_metric_statistics(
        &self,
        _: &mut Context,
        input: cloudwatch::GetMetricStatisticsInput,
    ) -> Result<cloudwatch::GetMetricStatisticsOutput> {
        let point = cloudwatch::Datapoint {
            timestamp: Some(Timestamp::from_millis(input.start_time.as_millis())),
            sum: Some(1.5),
            unit: Some(cloudwatch::StandardUnit::COUNT.into()),
            ..Default::default()
        };
        Ok(cloudwatch::GetMetricStatisticsOutput {
            label: Some(input.metric_name),
            datapoints: Some(vec![point]),
        })
    }

    async fn put_metric_data(&self, _: &mut Context, _: cloudwatch::PutMetricDataInput) -> Result<()> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let router = Router::new(Arc::new(OsRandom))
        .mount(Arc::new(LambdaService(Demo)))
        .mount(Arc::new(LogsService(Demo)))
        .mount(Arc::new(StsService(Demo)))
        .mount(Arc::new(CloudWatchService(Demo)));
    let router = Arc::new(router);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        let service = service_fn(move |request: http::Request<Incoming>| {
            let router = router.clone();
            async move { Ok::<_, Infallible>(router.handle(request, &Origin::Loopback).await) }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new();
            // A client that goes away is no news.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
