//! What tests of several modules share.

use crate::model::{Code, Configuration, Function, Generation, Limits, Settings, Tags, Uid};
use bytes::Bytes;
use std::io::{Cursor, Write};
use tinderbox_base::{AccountId, Region, SeededRandom, Timestamp, config::RetiredRuntimes};
use tinderbox_blobs::Digest;
use zip::{ZipWriter, write::SimpleFileOptions};

/// A package of `files`.
pub(crate) fn zip_of(files: &[(&str, &str)]) -> Bytes {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("written");
    }
    writer.finish().expect("a zip").into_inner().into()
}

/// The function `hello` with `variables`.
pub(crate) fn function(runtime: &str, variables: &[(&str, &str)]) -> Function {
    let random = SeededRandom::new(7);
    let settings = Settings {
        runtime: Some(runtime.into()),
        handler: Some("app.handler".into()),
        role: Some("arn:aws:iam::123456789012:role/r".into()),
        environment: Some(variables.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()),
        ..Settings::default()
    };
    let limits = Limits { max_timeout_s: 900, scratch_mib: 512, retired_runtimes: RetiredRuntimes::Nearest };
    Function {
        account: AccountId::default(),
        region: Region::default(),
        name: "hello".parse().expect("a name"),
        uid: Uid::new(&random),
        generation: Generation::new(&random),
        created: Timestamp::default(),
        last_modified: Timestamp::default(),
        code: Code { sha256: Digest::of(b""), size: 0 },
        configuration: Configuration::new(settings, &limits).expect("a configuration"),
        tags: Tags::default(),
        reserved_concurrency: None,
        revision: None,
        last_number: 0,
        publication: None,
    }
}
