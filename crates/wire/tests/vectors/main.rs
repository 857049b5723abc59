//! Runs public protocol test vectors from the server's side.
//!
//! The vectors (botocore's tests/unit/protocols, trimmed by scripts/trim-vectors.py) are written for clients: a
//! request's `params` and what they serialize to, a response and the `result` that it parses to. Here the serialized
//! request is read and what was read is compared with `params`; the `result` is written and the response compared
//! with the vector's. `failing.txt` names each vector that fails, with the reason; the test fails when another one
//! fails, and also when a named one passes.

mod compare;
mod failing;
mod model;
mod run;
mod values;
mod xml;

use model::Suite;
use run::{Direction, request, response};
use std::collections::{BTreeMap, BTreeSet};

/// The vectors' files, and how many vectors of each direction they hold.
const FILES: [(&str, usize, usize); 9] = [
    ("json_1_0", 21, 32),
    ("json_1_0-query-compatible", 1, 2),
    ("json", 54, 58),
    ("rest-json", 113, 91),
    ("rest-xml", 94, 78),
    ("smithy-rpc-v2-cbor", 15, 35),
    ("smithy-rpc-v2-cbor-query-compatible", 1, 2),
    ("smithy-rpc-v2-cbor-non-query-compatible", 1, 0),
    ("query", 38, 38),
];

fn suites(direction: Direction, file: &str) -> Vec<Suite> {
    let path = format!("{}/tests/vectors/data/{}/{file}.json", env!("CARGO_MANIFEST_DIR"), direction.name());
    let Ok(text) = std::fs::read_to_string(&path) else { return Vec::new() };
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs all vectors of a direction; what differs by name.
async fn differences(direction: Direction) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (file, requests, responses) in FILES {
        let (mut count, mut good) = (0, 0);
        for suite in suites(direction, file) {
            for case in &suite.cases {
                count += 1;
                let outcome = match direction {
                    Direction::Input => request(&suite, case).await,
                    Direction::Output => response(&suite, case).await,
                };
                match outcome {
                    Ok(()) => good += 1,
                    Err(difference) => {
                        found.insert(format!("{} {file} {}", direction.name(), case.id), difference);
                    }
                }
            }
        }
        let expected = if direction == Direction::Input { requests } else { responses };
        assert_eq!(count, expected, "vectors in {}/{file}.json", direction.name());
        println!("{} {file}: {good} of {count}", direction.name());
    }
    found
}

async fn check(direction: Direction) {
    let found = differences(direction).await;
    let listed = failing::listed(direction.name());
    let wrong: Vec<_> = found.iter().filter(|(name, _)| !listed.contains(*name)).collect();
    for (name, difference) in &wrong {
        println!("{name}\n    {difference}");
    }
    let names: BTreeSet<_> = found.keys().cloned().collect();
    let passing: Vec<_> = listed.difference(&names).collect();
    assert!(passing.is_empty(), "listed in failing.txt, and pass or do not exist: {passing:#?}");
    assert!(wrong.is_empty(), "{} vectors fail", wrong.len());
}

#[tokio::test]
async fn requests_are_read() {
    check(Direction::Input).await;
}

#[tokio::test]
async fn responses_are_written() {
    check(Direction::Output).await;
}
