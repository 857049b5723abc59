//! `kill -9` loses no record that was readable: a child appends, reads back and reports; it is killed at an
//! arbitrary moment; everything it reported is there.

mod common;

use common::{append, batch, texts};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};
use tinderbox_segments::{Options, Order, OwnerId, Position, Query, Segments};

const CHILD: &str = "TINDERBOX_SEGMENTS_CHILD";
const ROUNDS: usize = 12;
const OWNERS: u64 = 6;

fn options() -> Options {
    // Small, so that a kill also hits rolling, sealing and merging.
    Options { roll_bytes: 8 << 10, roll_blocks: 32, disk_bytes: 1 << 30 }
}

/// The child's part; without the variable that names its directory it does nothing.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else { return };
    let segments = Segments::open(dir.as_ref(), options()).expect("segments");
    let mut next: Vec<usize> = (0..OWNERS).map(|owner| texts(&segments, owner).len()).collect();
    let mut out = std::io::stdout();
    for step in 0.. {
        let owner = step % OWNERS;
        let n = next[owner as usize];
        let appended = segments.append(common::at(0), vec![batch(owner, 1, &[(n as i64, &line(owner, n))])]);
        assert!(appended.error.is_none(), "{:?}", appended.error);
        next[owner as usize] += 1;
        let range = Position::at(common::at(n as i64))..Position::MAX;
        let query = Query { range, order: Order::NewestFirst, ..common::everything(owner) };
        let read = segments.read(&query, |_| true).expect("a page");
        if read.records.last().map(common::text) == Some(line(owner, n)) {
            writeln!(out, "{owner} {n}").expect("the parent listens");
        }
        if appended.full {
            segments.maintain().expect("maintenance");
        }
    }
}

fn line(owner: u64, n: usize) -> String {
    format!("owner {owner} line {n}")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the process that is killed must be another one")]
fn killed_at_any_moment_no_readable_record_is_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut reported = vec![0; OWNERS as usize];
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "child", "--nocapture", "--quiet"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut report = |text: String| {
            let Some((owner, n)) = text.split_once(' ') else { return false };
            let (Ok(owner), Ok(n)) = (owner.parse::<usize>(), n.parse::<usize>()) else { return false };
            reported[owner] = n + 1;
            true
        };
        let mut heard = 0;
        while heard < 150 + round * 67 {
            let text = lines.next().expect("the child goes on").expect("a line");
            heard += usize::from(report(text));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        // What it wrote to the pipe before it died was readable as well. The last line may be cut short.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        if let Some((_, whole)) = rest.split_last() {
            whole.iter().cloned().for_each(|text| {
                report(text);
            });
        }
        let segments = Segments::open(dir.path(), options()).expect("segments");
        for owner in 0..OWNERS {
            let found = texts(&segments, owner);
            let expect: Vec<String> = (0..found.len()).map(|n| line(owner, n)).collect();
            assert_eq!(found, expect, "round {round}");
            assert!(found.len() >= reported[owner as usize], "round {round}: owner {owner} lost lines");
        }
        assert!(
            segments.read(&common::everything(OwnerId(99).0), |_| true).expect("a page").records.is_empty()
        );
        append(&segments, vec![batch(OWNERS, 1, &[(0, "between rounds")])]);
        segments.maintain().expect("maintenance");
    }
}
