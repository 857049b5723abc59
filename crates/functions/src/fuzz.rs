//! Packages and names that nobody would send on purpose.

use crate::{names::FunctionRef, package::Plan};
use bytes::Bytes;

#[test]
fn fuzz_package() {
    let words =
        ["PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "index.py", "../", "/", "\\", "a/b", "\u{0}\u{0}"];
    tinderbox_fuzz::run("package", &words, |input| match Plan::read(Bytes::copy_from_slice(input)) {
        Ok(plan) => format!("{} bytes {}", plan.unpacked_size().min(99), plan.has_file("index.py")),
        Err(fault) => format!("{fault:?}").chars().filter(|c| !c.is_ascii_digit()).take(120).collect(),
    });
}

#[test]
fn fuzz_function_names() {
    let words =
        ["arn:aws:lambda:", "us-east-1", ":", "123456789012", "function", "hello", "$LATEST", "-", "_"];
    tinderbox_fuzz::run("function_names", &words, |input| {
        let text = String::from_utf8_lossy(input);
        FunctionRef::parse(&text).map_err(|error| error.message().len().min(40)).map(|parsed| {
            // What is told back in messages is no longer than what came.
            let told = format!("{parsed:?}");
            told.matches("Some").count()
        })
    });
}
