//! Throws made-up inputs at a parser and expects it to answer every one of them.
//!
//! Each parser has a test that hands it to [`run`]. Inputs come from a small committed corpus (`corpus/NAME.txt`, one
//! input a line) by mutation. There is no instrumentation: what tells a new input from an old one is the hash of what
//! the parser made of it, so a target returns its result or its error, not `()`. An input with a new outcome joins
//! the pool that further ones are made from, which is how mutation gets past the first byte.
//!
//! A run is short by default, so that every test run has one; `TINDERBOX_FUZZ_RUNS` makes it long. It replays: the same
//! corpus and number give the same inputs. Why not an engine with coverage: those need a nightly compiler.

mod corpus;
mod mutate;
mod patience;
mod pool;

use patience::{PATIENCE, takes_long};
use pool::Pool;
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::{Duration, Instant},
};

/// How many inputs a parser gets unless the environment says otherwise.
const RUNS: u64 = 20_000;

/// The longest input, in bytes.
pub const MAX_INPUT: usize = 4096;

/// Gives `target` many inputs made from the corpus called `name` and from `words`, which are texts that mean
/// something to it.
///
/// # Panics
/// The target panics, or one input takes five seconds of the processor. The input is printed as a line for the corpus.
pub fn run<O: Hash>(name: &str, words: &[&str], target: impl Fn(&[u8]) -> O) {
    let runs = std::env::var("TINDERBOX_FUZZ_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(RUNS);
    run_times(runs, name, words, target);
}

fn run_times<O: Hash>(runs: u64, name: &str, words: &[&str], target: impl Fn(&[u8]) -> O) {
    let mut pool = Pool::new(corpus::read(name), words);
    let (begin, mut slowest) = (now(), Duration::ZERO);
    for number in 0..runs {
        let input = pool.next(number);
        let before = now();
        let outcome = catch_unwind(AssertUnwindSafe(|| hash(&target(&input)))).unwrap_or_else(|panic| {
            eprintln!(
                "fuzz {name}: it panics at this line for corpus/{name}.txt:\n{}",
                corpus::escaped(&input)
            );
            resume_unwind(panic)
        });
        let took = before.elapsed();
        if took >= PATIENCE && takes_long(PATIENCE, || target(&input)) {
            panic!("fuzz {name}: it takes {took:?} for {}", corpus::escaped(&input));
        }
        slowest = slowest.max(took);
        pool.learn(input, outcome);
    }
    let took = begin.elapsed();
    let rate = runs as f64 / took.as_secs_f64().max(1e-9);
    println!(
        "fuzz {name}: {runs} executions, {rate:.0} a second, {} outcomes, {} inputs kept, slowest {slowest:?}",
        pool.outcomes(),
        pool.len()
    );
    if std::env::var_os("TINDERBOX_FUZZ_SAVE").is_some() {
        corpus::write(name, pool.inputs());
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::disallowed_methods, reason = "a parser that takes long is a finding")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    #[test]
    fn it_gets_past_the_first_byte() {
        // Each further byte that is right is another outcome.
        let reached = Cell::new(0);
        run_times(200_000, "self", &[], |input| {
            let right = input.iter().zip(b"deep").take_while(|(a, b)| a == b).count();
            reached.set(reached.get().max(right));
            right
        });
        assert_eq!(reached.get(), 4);
    }

    #[test]
    fn words_are_used() {
        let found = Cell::new(false);
        run_times(20_000, "self", &["password"], |input| {
            found.set(found.get() || input.windows(8).any(|part| part == b"password"));
        });
        assert!(found.get());
    }

    #[test]
    fn it_replays() {
        let of = || {
            let inputs = RefCell::new(Vec::new());
            run_times(20_000, "self", &["word"], |input| {
                inputs.borrow_mut().push(input.to_vec());
                input.len()
            });
            inputs.into_inner()
        };
        assert!(of() == of());
    }

    #[test]
    #[should_panic(expected = "found")]
    fn a_panic_is_a_failure() {
        run_times(20_000, "self", &["bomb"], |input| {
            assert!(!input.windows(4).any(|part| part == b"bomb"), "found")
        });
    }
}
