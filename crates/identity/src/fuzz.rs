//! Policies that nobody would write.

use crate::policy::check_trust;

#[test]
fn fuzz_trust_policy() {
    let words = [
        "{\"Version\":\"2012-10-17\",\"Statement\":",
        "[{",
        "}]",
        "}",
        "\"Effect\":\"Allow\"",
        "\"Deny\"",
        "\"Action\":",
        "\"sts:AssumeRole\"",
        "\"Principal\":",
        "{\"Service\":\"lambda.amazonaws.com\"}",
        "\"*\"",
        "\"Resource\":",
        "\"NotAction\":",
        ",",
        "null",
        "[[",
    ];
    tinderbox_fuzz::run("trust_policy", &words, |input| {
        let text = String::from_utf8_lossy(input);
        check_trust(&text).map_err(|error| error.message().chars().take(60).collect::<String>())
    });
}
