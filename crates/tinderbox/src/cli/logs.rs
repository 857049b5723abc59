//! `tinderbox logs`: a function's log, from every instance, in order.

use super::{Outcome, client::Endpoint};
use serde_json::{Value, json};
use std::{collections::HashSet, process::ExitCode, time::Duration};
use tinderbox_base::{Clock as _, SystemClock, Timestamp};

/// How often `--follow` asks for news.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);
/// How far back each question of `--follow` reaches, for lines of instances that write late.
const OVERLAP: Duration = Duration::from_secs(2);

/// Print a function's log.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// Name of the function.
    function: String,
    /// Go on printing what comes.
    #[arg(long, short)]
    follow: bool,
    /// How far back to begin, in minutes.
    #[arg(long, default_value_t = 10)]
    since: u64,
    /// Only events that match this filter pattern.
    #[arg(long)]
    filter: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Logs {
    /// Prints events until there are no more, or, following, until interrupted.
    pub(crate) async fn run(self) -> Outcome {
        let client = self.endpoint.client();
        let group = format!("/aws/lambda/{}", self.function);
        let clock = SystemClock::default();
        let mut from = Timestamp::from_millis(clock.now().as_millis() - self.since as i64 * 60_000);
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let now = clock.now();
            let mut shown = HashSet::new();
            let mut token = Value::Null;
            loop {
                let mut request = json!({"logGroupName": group, "startTime": from.as_millis()});
                if let Some(filter) = &self.filter {
                    request["filterPattern"] = json!(filter);
                }
                if !token.is_null() {
                    request["nextToken"] = token;
                }
                let page = match client.logs("FilterLogEvents", &request).await? {
                    // A function that has not run yet has no group; whoever follows waits for it.
                    Err(refusal) if self.follow && refusal.code == "ResourceNotFoundException" => Value::Null,
                    answer => answer?,
                };
                for event in page["events"].as_array().into_iter().flatten() {
                    let id = event["eventId"].as_str().unwrap_or_default().to_owned();
                    if !seen.contains(&id) {
                        print_event(event);
                    }
                    shown.insert(id);
                }
                token = page["nextToken"].clone();
                if token.is_null() {
                    break;
                }
            }
            if !self.follow {
                return Ok(ExitCode::SUCCESS);
            }
            // What the next question can show again is at most what this one showed.
            seen = shown;
            from = from.max(Timestamp::from_millis(now.as_millis() - OVERLAP.as_millis() as i64));
            tokio::time::sleep(FOLLOW_INTERVAL).await;
        }
    }
}

fn print_event(event: &Value) {
    let time = Timestamp::from_millis(event["timestamp"].as_i64().unwrap_or_default());
    println!("{time}  {}", event["message"].as_str().unwrap_or_default().trim_end());
}
