//! The scheduler against a made-up world: seeded, without a clock or a process.

mod parts;
mod storm;
mod world;

use super::Settings;
use proptest::prelude::*;
use std::time::Duration;
use world::World;

fn settings() -> Settings {
    Settings {
        account_concurrency: 12,
        idle_timeout: Duration::from_secs(60),
        max_age: Duration::from_secs(300),
        park_after: Duration::from_millis(50),
        stems: 2,
        max_stems: 5,
        max_instances: 25,
        parallel_boots: 4,
        refill_below: 1,
    }
}

/// Steps of a cycle, and cycles unless `TINDERBOX_TORTURE_CYCLES` says otherwise: a thousand are ten million steps.
const CYCLE: usize = 10_000;
const CYCLES: usize = 20;

/// The most events that a request may wait for its answer in the world below, where any of 25 instances may be next to
/// move: a request that is forgotten waits for ever.
const MOST_EVENTS: usize = 5_000;

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn a_long_life() {
    let seed = number("TINDERBOX_TORTURE_SEED").map_or(1, |seed| seed as u64);
    let steps = number("TINDERBOX_TORTURE_CYCLES").unwrap_or(CYCLES) * CYCLE;
    let mut world = World::new(settings(), seed, 17);
    for _ in 0..steps {
        world.step();
    }
    world.end();
    println!("scheduler: {steps} steps, seed {seed}: {:?}", world.seen);
    assert!(world.seen.longest_wait <= MOST_EVENTS, "{:?}", world.seen);
    // A run that meets only one kind of event proves nothing.
    let seen = world.seen;
    assert!(seen.warm > 1000 && seen.spare > 10 && seen.stem > 100 && seen.spawn > 100, "{seen:?}");
    assert!(
        seen.throttled_account > 100 && seen.throttled_reserved > 100 && seen.throttled_capacity > 10,
        "{seen:?}"
    );
    assert!(seen.retired > 10 && seen.failed > 100 && seen.lost > 100 && seen.parked > 100, "{seen:?}");
    assert!(
        seen.ended_idle > 10 && seen.ended_age > 10 && seen.ended_retired > 10 && seen.evicted > 10,
        "{seen:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn short_lives(seed: u64, max_instances in 1..30_usize, stems in 0..4_usize, extra in 0..4_usize, parallel_boots in 1..6_usize, steps in 0..400) {
        let settings = Settings { max_instances, stems, max_stems: stems + extra, parallel_boots, ..settings() };
        let mut world = World::new(settings, seed, 1);
        for _ in 0..steps {
            world.step();
        }
        world.end();
    }
}
