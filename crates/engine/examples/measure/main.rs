//! Measures the engine alone, without HTTP in front: warm and stem invocations of a hello function.
//!
//! `cargo run --release -p tinderbox-engine --example measure [warm rounds] [cold rounds]`, as root. Prints one
//! line a measurement; what it prints is what was measured on this machine in this run and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool that ends with a panic, and reads the clock"
)]

#[path = "../../tests/real/bed.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod bed;

use bed::{Bed, Shape, function};
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tinderbox_engine::{Outcome, RuntimeClass, StartKind};

const PYTHON: (&str, &str) = ("index.py", "def handler(event, context):\n    return 'hello'\n");
const NODE: (&str, &str) = ("index.js", "exports.handler = async () => 'hello';\n");

fn main() {
    tinderbox_sandbox::entrypoint();
    let mut arguments = std::env::args().skip(1).map(|a| a.parse().unwrap());
    let (warm, cold) = (arguments.next().unwrap_or(10_000), arguments.next().unwrap_or(100));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (name, class, code) in [("python", bed::python(), PYTHON), ("node", bed::node(), NODE)] {
            if let Some(class) = class {
                warm_one(name, &class, code, warm).await;
                warm_many(name, &class, code, warm).await;
                stems(name, &class, code, cold).await;
                twenty(name, &class, code).await;
            }
        }
    });
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "{what}: n {} p50 {:.0} us p90 {:.0} us p99 {:.0} us max {:.0} us",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

async fn warm_one(name: &str, class: &Arc<RuntimeClass>, code: (&str, &str), rounds: usize) {
    let bed = Bed::new().await;
    let hello = function(class, code.0, code.1, Shape::default());
    for _ in 0..500 {
        bed.invoke(&hello, "{}").await;
    }
    let mut times = Vec::with_capacity(rounds);
    let mut handler = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begin = Instant::now();
        let response = bed.invoke(&hello, "{}").await;
        times.push(begin.elapsed());
        assert_eq!(response.start, StartKind::Warm);
        handler.push(response.report.duration);
    }
    print(&format!("{name} warm, one caller"), times);
    print(&format!("{name} warm, one caller, of it until the answer"), handler);
    bed.end().await;
}

async fn warm_many(name: &str, class: &Arc<RuntimeClass>, code: (&str, &str), rounds: usize) {
    let bed = Arc::new(Bed::new().await);
    let hello = Arc::new(function(class, code.0, code.1, Shape::default()));
    futures_util::future::join_all((0..16).map(|_| bed.invoke(&hello, "{}"))).await;
    let left = Arc::new(AtomicUsize::new(rounds));
    let begin = Instant::now();
    let callers = (0..16).map(|_| {
        let (bed, hello, left) = (bed.clone(), hello.clone(), left.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                let begin = Instant::now();
                bed.invoke(&hello, "{}").await;
                times.push(begin.elapsed());
            }
            times
        })
    });
    let times = futures_util::future::join_all(callers).await;
    let rate = rounds as f64 / begin.elapsed().as_secs_f64();
    print(
        &format!("{name} warm, 16 callers, {rate:.0}/s"),
        times.into_iter().flat_map(Result::unwrap).collect(),
    );
    Arc::into_inner(bed).unwrap().end().await;
}

async fn stems(name: &str, class: &Arc<RuntimeClass>, code: (&str, &str), rounds: usize) {
    let bed = Bed::new().await;
    bed.engine.prepare(class);
    let (mut times, mut inits) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bed.until(|s| s.stems == 2 && s.booting == 0).await;
        // A stem that has just booted still prepares itself; what is measured is one that has waited.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let hello = function(class, code.0, code.1, Shape::default());
        let begin = Instant::now();
        let response = bed.invoke(&hello, "{}").await;
        times.push(begin.elapsed());
        assert_eq!(response.start, StartKind::Stem);
        inits.extend(response.report.init);
        bed.engine.retire(&hello.version.id);
    }
    print(&format!("{name} cold from a stem"), times);
    print(&format!("{name} cold from a stem, of it initialisation"), inits);
    bed.end().await;
}

async fn twenty(name: &str, class: &Arc<RuntimeClass>, code: (&str, &str)) {
    let bed = Bed::new().await;
    bed.engine.prepare(class);
    bed.until(|s| s.stems == 2).await;
    let hello = function(class, code.0, code.1, Shape::default());
    let begin = Instant::now();
    let each = (0..20).map(|_| async {
        assert!(matches!(bed.invoke(&hello, "{}").await.outcome, Outcome::Success(_)));
        begin.elapsed()
    });
    print(&format!("{name} fresh function, 20 at once"), futures_util::future::join_all(each).await);
    bed.end().await;
}
