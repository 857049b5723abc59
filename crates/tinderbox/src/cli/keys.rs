//! `tinderbox keys`: access keys, through the public API or, while no server holds it, in a data directory.
//!
//! The first key of a server that others can reach can be made in its data directory only: nobody could sign for it.

use super::{Failure, Outcome, client::Endpoint, failure::During};
use crate::server::{core::directory, stored::identity};
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use tinderbox_base::{AccountId, Caller, Clock, ErrorKind, OsRandom, Random, Region, RequestId, SystemClock};
use tinderbox_identity::{AccessKey, CreateUser, Identity};
use tinderbox_store::{EmbeddedStore, Store, StoreError};

/// Make, list and revoke access keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    endpoint: Endpoint,
    /// Work on this data directory, which no server may hold at the time, instead of on a running server.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// The account, in a data directory. [default: 123456789012]
    #[arg(long, value_name = "ACCOUNT", global = true, requires = "data")]
    account: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key for the account itself, which may do everything, or for a user.
    Create {
        /// The user; in a data directory it is made if there is none.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// List keys: those of the account itself or of a user; in a data directory all.
    List {
        /// The user.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Revoke a key at once and for good.
    Revoke {
        /// The key's id.
        id: String,
        /// The user it belongs to.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
}

impl Keys {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Outcome {
        match &self.data {
            Some(data) => {
                let account = self.account.as_deref().map(str::parse::<AccountId>).transpose();
                let account = account.during(|| "--account".into())?.unwrap_or_default();
                offline(&self.action, data.clone(), account).await?;
            }
            None => online(&self.action, &self.endpoint).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn offline(action: &Action, data: PathBuf, account: AccountId) -> Outcome<()> {
    let shown = data.display().to_string();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let data = directory(&data).during(|| format!("{shown} cannot be used"))?;
    let store = EmbeddedStore::open(data.join("store"), Arc::clone(&clock)).map_err(|error| {
        let failure = Failure::new(format!("{shown} cannot be opened: {error}"));
        match error {
            StoreError::Locked(_) => failure.help("a server holds it: leave --data out and use --endpoint"),
            _ => failure,
        }
    })?;
    let store: Arc<dyn Store> = Arc::new(store);
    let identity = identity(&store, &clock, &random, &data)
        .during(|| format!("the keys of {shown} cannot be opened"))?;
    let done = match action {
        Action::Create { user } => create(&identity, &account, user.as_deref(), &*random).await,
        Action::List { user } => list(&identity, &account, user.as_deref()).await,
        Action::Revoke { id, user } => {
            let done = identity.delete_access_key(&account, user.as_deref(), id).await;
            done.map(|()| println!("{id} is revoked"))
        }
    };
    done.map_err(|error| Failure::new(error.to_string()))
}

async fn create(
    identity: &Identity,
    account: &AccountId,
    user: Option<&str>,
    random: &dyn Random,
) -> tinderbox_base::Result<()> {
    if let Some(name) = user {
        let caller = Caller::root(account.clone(), Region::default(), RequestId::new(random));
        let create = CreateUser { name: name.to_owned(), ..CreateUser::default() };
        match identity.create_user(&caller, create).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    let (key, secret) = identity.create_access_key(account, user).await?;
    tell(&key.id, secret.reveal());
    Ok(())
}

async fn list(identity: &Identity, account: &AccountId, user: Option<&str>) -> tinderbox_base::Result<()> {
    let keys = match user {
        Some(_) => identity.list_access_keys(account, user).await?,
        None => identity.all_access_keys(account).await?,
    };
    let row = |key: AccessKey| {
        let status = if key.active { "Active" } else { "Inactive" };
        [key.id, key.user.unwrap_or_else(|| "root".into()), status.into(), key.created.to_string()]
    };
    show(keys.into_iter().map(row).collect());
    Ok(())
}

async fn online(action: &Action, endpoint: &Endpoint) -> Outcome<()> {
    let client = endpoint.client();
    let named = |user: &Option<String>| user.iter().map(|u| ("UserName", u.clone())).collect::<Vec<_>>();
    match action {
        Action::Create { user } => {
            let answer = client.iam("CreateAccessKey", &named(user)).await??;
            let (id, secret) = (field(&answer, "AccessKeyId"), field(&answer, "SecretAccessKey"));
            tell(&id, &secret);
        }
        Action::List { user } => {
            let answer = client.iam("ListAccessKeys", &named(user)).await??;
            let row = |member: &str| {
                ["AccessKeyId", "UserName", "Status", "CreateDate"].map(|name| field(member, name))
            };
            show(answer.split("<member>").skip(1).map(row).collect());
        }
        Action::Revoke { id, user } => {
            let parameters = [named(user), vec![("AccessKeyId", id.clone())]].concat();
            client.iam("DeleteAccessKey", &parameters).await??;
            println!("{id} is revoked");
        }
    }
    Ok(())
}

/// The text of the first element called `name`. Nothing that is looked for here needs escaping in XML.
fn field(xml: &str, name: &str) -> String {
    let start = xml.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
    start.and_then(|rest| rest.split_once('<')).map_or_else(String::new, |(text, _)| text.to_owned())
}

/// Tells a new key, as a shell takes it.
fn tell(id: &str, secret: &str) {
    println!("export AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}");
    eprintln!("The secret is not shown again.");
}

fn show(rows: Vec<[String; 4]>) {
    if rows.is_empty() {
        println!("no access keys; `tinderbox keys create` makes one");
        return;
    }
    let head = ["ID", "USER", "STATUS", "CREATED"].map(str::to_owned);
    print!("{}", super::ls::table(&[vec![head], rows].concat()));
}
