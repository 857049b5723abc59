//! `tinderbox deploy`: create or update a function from a directory.

use super::{
    Client, Failure, Outcome,
    client::Endpoint,
    package::{percent, to_base64, zip},
    project::{FILE, Project},
    watch::Watcher,
};
use http::Method;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Create or update a function from a directory.
#[derive(Debug, clap::Args)]
pub(crate) struct Deploy {
    /// Directory of the function's code.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Deploy again whenever a file changes.
    #[arg(long, short)]
    watch: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Deploy {
    /// Deploys once, or again and again until interrupted.
    pub(crate) async fn run(self) -> Outcome {
        let client = self.endpoint.client();
        let first = deploy(&client, &self.directory).await;
        if !self.watch {
            first?;
            return Ok(ExitCode::SUCCESS);
        }
        // Whoever watches is about to mend the mistake: it is told and the watch goes on.
        if let Err(failure) = first {
            eprintln!("{failure}");
        }
        let mut watcher = Watcher::new(&self.directory)?;
        eprintln!("watching {}; interrupt to stop", self.directory.display());
        loop {
            watcher.changed().await?;
            if let Err(failure) = deploy(&client, &self.directory).await {
                eprintln!("{failure}");
            }
        }
    }
}

/// Deploys `directory` and tells what was done. The name of the function is returned.
pub(crate) async fn deploy(client: &Client, directory: &Path) -> Outcome<String> {
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(100));
    progress.set_message(format!("packing {}", directory.display()));
    let project = Project::read(directory)?;
    let code = zip(directory)?;
    let size = code.len().div_ceil(1024);
    progress.set_message(format!("sending {size} KB to {}", client.endpoint()));
    let path = format!("/2015-03-31/functions/{}", percent(&project.name));
    let done = match client.lambda_json(Method::GET, &format!("{path}/configuration"), &Value::Null).await? {
        Err(refusal) if refusal.code == "ResourceNotFoundException" => {
            create(client, &project, &code).await?
        }
        Err(refusal) => return Err(refusal.into()),
        Ok(current) => update(client, &path, &project, &code, &current).await?,
    };
    progress.finish_and_clear();
    let Project { name, runtime, .. } = &project;
    eprintln!("{done} {name} ({runtime}, {size} KB); try: tinderbox invoke {name}");
    Ok(project.name)
}

async fn create(client: &Client, project: &Project, code: &[u8]) -> Outcome<&'static str> {
    let account = tinderbox_base::AccountId::default();
    let mut request = configuration(project, &account);
    request["FunctionName"] = json!(project.name);
    request["Code"] = json!({"ZipFile": to_base64(code)});
    client.lambda_json(Method::POST, "/2015-03-31/functions", &request).await?.map_err(explain)?;
    Ok("created")
}

async fn update(
    client: &Client,
    path: &str,
    project: &Project,
    code: &[u8],
    current: &Value,
) -> Outcome<&'static str> {
    let account = tinderbox_base::AccountId::default();
    let wanted = configuration(project, &account);
    let is = |name: &str, value: &Value| match name {
        // The service leaves an empty environment out of its answer.
        "Environment" => {
            current[name]["Variables"].as_object().cloned().unwrap_or_default()
                == *value["Variables"].as_object().unwrap_or(&serde_json::Map::new())
        }
        _ => current[name] == *value,
    };
    let changed = wanted.as_object().into_iter().flatten().any(|(name, value)| !is(name, value));
    if changed {
        client.lambda_json(Method::PUT, &format!("{path}/configuration"), &wanted).await?.map_err(explain)?;
    }
    let request = json!({"ZipFile": to_base64(code)});
    let answer =
        client.lambda_json(Method::PUT, &format!("{path}/code"), &request).await?.map_err(explain)?;
    Ok(if changed || answer["CodeSha256"] != current["CodeSha256"] { "updated" } else { "unchanged:" })
}

fn configuration(project: &Project, account: &tinderbox_base::AccountId) -> Value {
    let role = match project.role.starts_with("arn:") {
        true => project.role.clone(),
        false => format!("arn:aws:iam::{account}:role/{}", project.role),
    };
    json!({
        "Runtime": project.runtime,
        "Handler": project.handler,
        "MemorySize": project.memory,
        "Timeout": project.timeout,
        "Role": role,
        "Environment": {"Variables": project.environment},
    })
}

fn explain(refusal: super::client::Refusal) -> Failure {
    Failure::from(refusal).help(format!("the function is described in {FILE} beside its code"))
}
