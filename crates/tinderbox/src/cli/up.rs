//! `tinderbox up`: the platform in the foreground.

use super::{Client, Failure, Outcome, deploy, failure::During};
use crate::server::{self, Server};
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use std::{path::PathBuf, process::ExitCode};
use tinderbox_base::config::Config;

/// Start the platform in the foreground.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Address and port to listen on; port 0 picks a free one. [default: 127.0.0.1:4566]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Directory that holds all durable state. [default: .tinderbox]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// File of options; `tinderbox config` prints them all.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Run functions as plain processes of this user: no isolation. Never for others' code.
    #[arg(long, value_parser = ["full", "none"])]
    isolation: Option<String>,
    /// Serve POST /moto-api/reset, which drops all state.
    #[arg(long)]
    testing: bool,
    /// Deploy the function in this directory once the platform runs. May be repeated.
    #[arg(long, value_name = "DIR")]
    deploy: Vec<PathBuf>,
}

impl Up {
    /// Serves until SIGTERM or SIGINT, then drains.
    pub(crate) fn run(self) -> Outcome {
        let config = self.config()?;
        server::log::start();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.during(|| "cannot start".into())?;
        let outcome = runtime.block_on(async {
            let server = Server::start(config, self.testing).await?;
            let url = server.url();
            println!("listening on {url}");
            if server.must_sign() && !self.deploy.is_empty() {
                eprintln!(
                    "not deployed: requests must be signed here; use `tinderbox deploy` with an access key"
                );
            }
            let directories = if server.must_sign() { Vec::new() } else { self.deploy };
            let deploying = tokio::spawn(deploy_all(url, directories));
            let served = server.run().await;
            deploying.abort();
            served.map(|()| ExitCode::SUCCESS)
        });
        // What still blocks a thread must not hold up the end.
        runtime.shutdown_background();
        outcome
    }

    fn config(&self) -> Outcome<Config> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = &self.config {
            if !file.is_file() {
                return Err(Failure::new(format!("{} is not a file", file.display())));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        figment =
            figment.merge(Env::prefixed("TINDERBOX_").split("__").filter(|key| key.as_str().contains('.')));
        if let Some(listen) = &self.listen {
            figment = figment.merge(("server.listen", listen));
        }
        if let Some(data) = &self.data {
            figment = figment.merge(("server.data", data));
        }
        if let Some(isolation) = &self.isolation {
            figment = figment.merge(("engine.isolation", isolation));
        }
        figment.extract().map_err(|error| {
            Failure::new(format!("the configuration cannot be used: {error}"))
                .help("`tinderbox config` prints every option with its default")
        })
    }
}

/// Deploys what the arguments named, and says how to go on.
async fn deploy_all(url: String, directories: Vec<PathBuf>) {
    let client = Client::new(&url);
    let mut first = None;
    for directory in directories {
        match deploy::deploy(&client, &directory).await {
            Ok(name) => first = first.or(Some(name)),
            Err(failure) => eprintln!("{failure}"),
        }
    }
    let Some(name) = first else { return };
    println!(
        "\nTinderbox runs. In another terminal:\n\n\
         \x20 export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n\
         \x20 export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n\
         \x20 aws lambda invoke --function-name {name} /dev/stdout\n\n\
         Interrupt to stop; everything is kept."
    );
}
